/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <pool> */
#define VR_ERROR_DOMAIN VIR_FROM_STORAGE
#include "model/pool.h"

#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "model/text.h"
#include "tables.h"
#include "model/domain/tables.h"

VR_ENUM_NAMES(vr_pool_type, VR_POOL_TYPES)
VR_ENUM_NAMES(vr_pool_adapter_type, VR_POOL_ADAPTERS)
VR_ENUM_NAMES(vr_pool_auth_type, VR_POOL_AUTHS)
VR_ENUM_NAMES(vr_pool_refresh_allocation, VR_POOL_REFRESH_ALLOCATIONS)

/* ---- what each type is like -------------------------------------------------------------------------------------- */
static const char *const fs_formats[] = { "auto", "ext2", "ext3", "ext4", "ufs", "iso9660", "udf", "gfs", "gfs2",
                                          "vfat", "hfs+", "xfs", "ocfs2", "vmfs", NULL };
static const char *const netfs_formats[] = { "auto", "nfs", "glusterfs", "cifs", NULL };
static const char *const logical_formats[] = { "lvm2", "unknown", NULL };
static const char *const disk_formats[] = { "unknown", "dos", "dvh", "gpt", "mac", "bsd", "pc98", "sun", "lvm2", NULL };
static const char *const file_formats[] = { "raw", "none", "dir", "bochs", "cloop", "dmg", "iso", "vpc", "vdi", "fat",
                                            "vhd", "ploop", "cow", "qcow", "qcow2", "qed", "vmdk", NULL };
static const char *const partition_formats[] = { "none", "linux", "fat16", "fat32", "linux-swap", "linux-lvm",
                                                 "linux-raid", "extended", NULL };

static const struct pool_kind {
    const char *const *formats, *const *volume_formats;
    bool need_host, need_device, need_dir, need_adapter, need_initiator;
    const char *target_dir; /* the target is this and the source's name, whatever the document says */
} kinds[VR_POOL_COUNT] = {
    [VR_POOL_DIR] = { .volume_formats = file_formats },
    [VR_POOL_FS] = { fs_formats, file_formats, .need_device = true },
    [VR_POOL_NETFS] = { netfs_formats, file_formats, .need_host = true, .need_dir = true },
    [VR_POOL_LOGICAL] = { logical_formats, .target_dir = "/dev/" },
    [VR_POOL_DISK] = { disk_formats, partition_formats, .need_device = true },
    [VR_POOL_ISCSI] = { .need_host = true },
    [VR_POOL_ISCSI_DIRECT] = { .need_host = true, .need_initiator = true },
    [VR_POOL_SCSI] = { .need_adapter = true },
    [VR_POOL_RBD] = { .volume_formats = file_formats, .need_host = true },
    [VR_POOL_SHEEPDOG] = { .volume_formats = file_formats, .need_host = true },
    [VR_POOL_GLUSTER] = { .volume_formats = file_formats, .need_host = true, .need_dir = true },
    [VR_POOL_ZFS] = { .volume_formats = file_formats, .target_dir = "/dev/zvol/" },
    [VR_POOL_VSTORAGE] = { .volume_formats = file_formats },
};

const char *const *vr_pool_formats(enum vr_pool_type type)
{
    return type < VR_POOL_COUNT ? kinds[type].formats : NULL;
}

const char *const *vr_pool_volume_formats(enum vr_pool_type type)
{
    return type < VR_POOL_COUNT ? kinds[type].volume_formats : NULL;
}

#define D struct vr_pool_def
#define B(T) VR_BIT(VR_POOL_##T)
#define TYPE(mask) VR_WHEN(D, type, mask)
#define WITH_HOST (B(NETFS) | B(ISCSI) | B(ISCSI_DIRECT) | B(RBD) | B(SHEEPDOG) | B(GLUSTER))
#define WITH_DEVICE (B(FS) | B(LOGICAL) | B(DISK) | B(ISCSI) | B(ISCSI_DIRECT) | B(ZFS))
#define WITH_NAME (B(LOGICAL) | B(RBD) | B(SHEEPDOG) | B(GLUSTER) | B(ZFS) | B(VSTORAGE))
#define WITHOUT_TARGET (B(RBD) | B(SHEEPDOG) | B(GLUSTER) | B(ISCSI_DIRECT))

/* Read whatever the type is, since their mistakes count; written where the type has them. */
#define WRITTEN_FOR(name, mask)                                                                    \
    static bool name(const void *base, const struct vr_format *f)                                  \
    {                                                                                              \
        return (mask) >> ((const D *)base)->type & 1;                                              \
    }
WRITTEN_FOR(with_host, WITH_HOST)
WRITTEN_FOR(with_device, WITH_DEVICE)
WRITTEN_FOR(with_dir, B(NETFS) | B(GLUSTER))
WRITTEN_FOR(with_adapter, B(SCSI))
WRITTEN_FOR(with_name, WITH_NAME)
WRITTEN_FOR(with_initiator, B(ISCSI) | B(ISCSI_DIRECT))
WRITTEN_FOR(with_target, ~WITHOUT_TARGET)

/* ---- source ------------------------------------------------------------------------------------------------------ */
#define HOST struct vr_pool_host
static const struct vr_row host_rows[] = {
    VR_A_STR(HOST, name, "name", .required = true, .missing = "missing storage pool host name"),
    VR_A_OINT(HOST, port, "port"),
    VR_END,
};
static bool host_read(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    HOST *h = obj;
    h->port.set = h->port.v != 0;
    return true;
}
static const struct vr_xml_elem host_elem = { .name = "host", .size = sizeof(HOST), .rows = host_rows,
                                              .after_parse = host_read };

#define EXTENT struct vr_pool_extent
static const struct vr_row extent_rows[] = {
    VR_A_U64(EXTENT, start, "start", .zero = true), VR_A_U64(EXTENT, end, "end", .zero = true), VR_END,
};
static const struct vr_xml_elem extent_elem = { .name = "freeExtent", .size = sizeof(EXTENT), .rows = extent_rows };
static const struct vr_row device_rows[] = {
    VR_A_STR(struct vr_pool_device, path, "path", .required = true, .missing =
             "missing storage pool source device path"),
    VR_A_YESNO(struct vr_pool_device, part_separator, "part_separator"),
    VR_LISTED(struct vr_pool_device, free_extents, "freeExtent", extent_elem, .format_only = true),
    VR_END,
};
static const struct vr_xml_elem device_elem = { .name = "device", .size = sizeof(struct vr_pool_device),
                                                .rows = device_rows };

#define A struct vr_pool_adapter
#define FC .sel = VR_MEMBER_INT(A, type) + 1, .of = VR_BIT(VR_POOL_ADAPTER_FC_HOST)
#define SCSI .sel = VR_MEMBER_INT(A, type) + 1, .of = VR_BIT(VR_POOL_ADAPTER_SCSI_HOST)
static const struct vr_row parent_rows[] = {
    VR_A_OINT(A, unique_id, "unique_id", .required = true, .bad = "Missing or invalid scsi adapter 'unique_id' value",
              .missing = "Missing or invalid scsi adapter 'unique_id' value"),
    VR_PART(A, address, "address", vr_pci_place_rows, .has = VR_HAS(A, has_address), .if_has = true, .required = true,
            .missing = "Missing scsi_host PCI address element", .after = vr_pci_address_check),
    VR_END,
};
static const struct vr_row adapter_rows[] = {
    VR_A_ENUM(A, type, "type", vr_pool_adapter_type_names),
    VR_A_STR(A, parent, "parent", FC), VR_A_STR(A, parent_wwnn, "parent_wwnn", FC, .type = "wwn"),
    VR_A_STR(A, parent_wwpn, "parent_wwpn", FC, .type = "wwn"),
    VR_A_STR(A, parent_fabric_wwn, "parent_fabric_wwn", FC, .type = "wwn"),
    VR_A_YESNO(A, managed, "managed", FC),
    VR_A_STR(A, wwnn, "wwnn", FC, .type = "wwn"), VR_A_STR(A, wwpn, "wwpn", FC, .type = "wwn"),
    VR_A_STR(A, name, "name", SCSI),
    VR_GROUP("parentaddr", parent_rows, SCSI, .has = VR_HAS(A, has_parent), .if_has = true),
    VR_END,
};

/* Without a type it is a host bus adapter called by name. */
static bool adapter_type(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    if (!vr_xml_get(node, "type") && vr_xml_get(node, "name"))
        ((A *)obj)->type = VR_POOL_ADAPTER_SCSI_HOST;
    return true;
}

static bool fc_host_check(struct vr_parse *p, const struct vr_xml_node *node, const A *a, struct vr_error **err)
{
    if (!a->wwnn || !a->wwpn)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("'wwnn' and 'wwpn' must be specified for adapter type 'fchost'"));
    const char *const names[] = { a->wwnn, a->wwpn, a->parent_wwnn, a->parent_wwpn, a->parent_fabric_wwn };
    for (size_t i = 0; i < VR_COUNT(names); i++)
        if (names[i] && !vr_wwn_check(names[i], err))
            return vr_xml_locate(err, node);
    if (a->parent_wwnn && !a->parent_wwpn)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("when providing parent_wwnn='%s', the parent_wwpn must also be provided"),
                             a->parent_wwnn);
    if (!a->parent_wwnn && a->parent_wwpn)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("when providing parent_wwpn='%s', the parent_wwnn must also be provided"),
                             a->parent_wwpn);
    return true;
}

static bool adapter_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const A *a = obj;
    if (a->type == VR_POOL_ADAPTER_FC_HOST)
        return fc_host_check(p, node, a, err);
    if (a->type == VR_POOL_ADAPTER_SCSI_HOST && !a->name && !a->has_parent)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Either 'name' or 'parent' must be specified for the 'scsi_host' adapter"));
    if (a->type == VR_POOL_ADAPTER_SCSI_HOST && a->name && a->has_parent)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Both 'name' and 'parent' cannot be specified for the 'scsi_host' adapter"));
    return true;
}
static const struct vr_xml_elem adapter_elem = { .name = "adapter", .size = sizeof(A), .rows = adapter_rows,
                                                 .before_parse = adapter_type, .after_parse = adapter_check };

#define AUTH struct vr_pool_auth
static const struct vr_row auth_rows[] = {
    VR_A_ENUM(AUTH, type, "type", vr_pool_auth_type_names, .bad = "unknown auth type '%s'",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_STR(AUTH, username, "username", .unless_empty = true, .required = true, .missing = "missing username for auth"),
    VR_CHILD(AUTH, secret, "secret", vr_secret_ref_elem, .required = true, .missing =
             "Missing <secret> element in auth"),
    VR_END,
};
static bool auth_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    if (!((const AUTH *)obj)->type)
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("storage pool missing auth type"));
    return true;
}
static const struct vr_xml_elem auth_elem = { .name = "auth", .size = sizeof(AUTH), .rows = auth_rows,
                                              .after_parse = auth_check };

static const struct vr_row dir_rows[] = { VR_A_STR(D, source.dir, "path", .type = "dirPath"), VR_END };
static const struct vr_row iqn_rows[] = { VR_A_STR(D, source.initiator, "name"), VR_END };
static const struct vr_row initiator_rows[] = { VR_GROUP("iqn", iqn_rows), VR_END };
static const struct vr_row format_rows[] = { VR_A_STR(D, source.format, "type", .type = "poolFormat"), VR_END };
static const struct vr_row vendor_rows[] = { VR_A_STR(D, source.vendor, "name"), VR_END };
static const struct vr_row product_rows[] = { VR_A_STR(D, source.product, "name"), VR_END };
static const struct vr_row protocol_rows[] = { VR_A_STR(D, source.protocol_version, "ver", .unless_empty = true),
                                               VR_END };

static const struct vr_row source_rows[] = {
    VR_LISTED(D, source.hosts, "host", host_elem, .when = with_host),
    VR_LISTED(D, source.devices, "device", device_elem, .when = with_device),
    VR_GROUP("dir", dir_rows, .when = with_dir),
    VR_CHILD(D, source.adapter, "adapter", adapter_elem, .when = with_adapter),
    VR_T_STR(D, source.name, "name", .when = with_name),
    VR_GROUP("initiator", initiator_rows, .when = with_initiator),
    VR_GROUP("format", format_rows),
    VR_CHILD(D, source.auth, "auth", auth_elem),
    VR_GROUP("vendor", vendor_rows),
    VR_GROUP("product", product_rows),
    VR_GROUP("protocol", protocol_rows),
    VR_END,
};

/* The format is one of the type's; types without any ignore what is said. */
static bool source_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    D *d = base;
    const char *const *formats = vr_pool_formats(d->type);
    if (!formats) {
        d->source.format = NULL;
    } else if (d->source.format && vr_name_index(formats, d->source.format) < 0) {
        const char *near = vr_name_nearest(formats, d->source.format);
        vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown pool format type %s"), d->source.format);
        if (near)
            vr_error_suffix(err, _("; did you mean '%s'?"), near);
        return vr_xml_locate(err, vr_xml_child(node, "format"));
    }
    if (d->source.dir)
        d->source.dir = vr_path_sanitize(p->arena, d->source.dir);
    if (d->source.protocol_version && d->type != VR_POOL_NETFS)
        d->source.protocol_version = NULL;
    if (d->source.protocol_version && d->source.format && !vr_streq(d->source.format, "nfs") &&
        !vr_streq(d->source.format, "auto"))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                             _("storage pool protocol ver unsupported for pool type '%s'"), d->source.format);
    return true;
}

/* ---- the pool ---------------------------------------------------------------------------------------------------- */
static const struct vr_row cow_rows[] = { VR_A_YESNO(D, cow, "state"), VR_END };
static const struct vr_row features_rows[] = { VR_GROUP("cow", cow_rows), VR_END };
static const struct vr_row target_rows[] = {
    VR_T_STR(D, target, "path", .unless_empty = true, .type = "absFilePath"),
    VR_PART(D, perms, "permissions", vr_permissions_rows),
    VR_END,
};
static const struct vr_row refresh_volume_rows[] = {
    VR_A_ENUM(D, refresh, "allocation", vr_pool_refresh_allocation_names, .bad =
              "unknown storage pool volume refresh allocation type %s", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_END,
};
static const struct vr_row refresh_rows[] = { VR_GROUP("volume", refresh_volume_rows), VR_END };

#define FS_NS "http://libvirt.org/schemas/storagepool/fs/1.0"
#define RBD_NS "http://libvirt.org/schemas/storagepool/rbd/1.0"
static const struct vr_row mount_option_rows[] = {
    VR_A_STR(struct vr_pool_option, name, "name", .required = true, .missing = "no fs mount option name specified"),
    VR_END,
};
static const struct vr_xml_elem mount_option_elem = { .name = "option", .size = sizeof(struct vr_pool_option),
                                                      .rows = mount_option_rows };
static const struct vr_row config_option_rows[] = {
    VR_A_STR(struct vr_pool_option, name, "name", .required = true, .missing = "no rbd option name specified"),
    VR_A_STR(struct vr_pool_option, value, "value", .required = true, .missing = "no rbd option value specified"),
    VR_END,
};
static const struct vr_xml_elem config_option_elem = { .name = "option", .size = sizeof(struct vr_pool_option),
                                                       .rows = config_option_rows };

static void namespaces(struct vr_format *f, const void *base)
{
    const D *d = base;
    if (d->mount_options.n && (B(FS) | B(NETFS)) >> d->type & 1)
        vr_format_attr(f, "xmlns:fs", FS_NS);
    if (d->config_options.n && d->type == VR_POOL_RBD)
        vr_format_attr(f, "xmlns:rbd", RBD_NS);
}
static const struct vr_custom_ops root_ops = { .format_attrs = namespaces };

#define BYTES(m) VR_T_SIZE(D, m, #m, .scale = 1, .default_unit = 1, .show_unit = "bytes", .zero = true, .format_only = true)
static const struct vr_row pool_rows[] = {
    VR_A_ENUM(D, type, "type", vr_pool_type_names, .required = true),
    VR_CUSTOM(root_ops),
    VR_T_STR(D, name, "name", .type = "objectName"),
    VR_T_UUID(D, uuid, has_uuid, "uuid", .bad = "malformed uuid element"),
    BYTES(capacity), BYTES(allocation), BYTES(available),
    VR_GROUP("features", features_rows),
    VR_GROUP("source", source_rows, .after = source_read, .present_always = true, .never_short = true),
    VR_GROUP("target", target_rows, .when = with_target),
    VR_GROUP("refresh", refresh_rows),
    VR_LISTED(D, mount_options, "option", mount_option_elem, .wrap = "mount_opts", .ns = FS_NS, .prefix = "fs",
              TYPE(B(FS) | B(NETFS))),
    VR_LISTED(D, config_options, "option", config_option_elem, .wrap = "config_opts", .ns = RBD_NS, .prefix = "rbd",
              TYPE(B(RBD))),
    VR_END,
};

static bool source_check(struct vr_parse *p, const struct vr_xml_node *node, const D *d, struct vr_error **err)
{
    const struct pool_kind *k = &kinds[d->type];
    const char *missing = NULL;
    int code = VIR_ERR_XML_ERROR;
    if (k->need_initiator && !d->source.initiator) {
        missing = _("missing initiator IQN");
        code = VIR_ERR_CONFIG_UNSUPPORTED;
    } else if (k->need_host && !d->source.hosts.n) {
        missing = _("missing storage pool source host name");
    } else if (k->need_dir && !d->source.dir) {
        missing = _("missing storage pool source path");
    } else if (k->need_adapter && (!d->source.adapter || !d->source.adapter->type)) {
        missing = _("missing storage pool source adapter");
    } else if (k->need_device && !d->source.devices.n) {
        missing = _("missing storage pool source device name");
    }
    return !missing || vr_parse_fail(p, node, err, code, "%s", missing);
}

/* Where the volumes are seen: some types have it from their source. */
static bool target_check(struct vr_parse *p, const struct vr_xml_node *node, D *d, struct vr_error **err)
{
    if (WITHOUT_TARGET >> d->type & 1) {
        d->target = NULL;
        memset(&d->perms, 0, sizeof(d->perms));
        return true;
    }
    if (kinds[d->type].target_dir)
        d->target = vr_arena_printf(p->arena, "%s%s", kinds[d->type].target_dir, d->source.name);
    if (!d->target)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing storage pool target path"));
    d->target = vr_path_sanitize(p->arena, d->target);
    return true;
}

static bool pool_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    D *d = obj;
    const struct vr_xml_node *source = vr_xml_child(node, "source");
    if (!source && !source_read(p, node, d, err))
        return false;
    if (!d->source.format && vr_pool_formats(d->type))
        d->source.format = vr_pool_formats(d->type)[0];
    bool named = WITH_NAME >> d->type & 1;
    if (!d->name && named)
        d->name = d->source.name;
    if (!d->name)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing pool source name element"));
    if (strchr(d->name, '/'))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("name %s cannot contain '/'"), d->name);
    if (d->type == VR_POOL_RBD && !d->source.name)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("element 'name' is mandatory for RBD pool"));
    if (named && !d->source.name)
        d->source.name = d->name;
    if (d->type == VR_POOL_GLUSTER && !d->source.dir)
        d->source.dir = "/";
    return source_check(p, source ? source : node, d, err) && target_check(p, node, d, err);
}

const struct vr_xml_elem vr_pool_elem = { .name = "pool", .size = sizeof(D), .rows = pool_rows,
                                          .after_parse = pool_after };

static bool pool_complete(void *def, unsigned flags, struct vr_error **err)
{
    D *d = def;
    if (!d->has_uuid) {
        vr_uuid_generate(&d->uuid);
        d->has_uuid = true;
    }
    if (flags & VR_FORM_TEST) { /* the mock hypervisor has no storage drivers, which are who know these */
        d->mount_options.n = 0;
        d->config_options.n = 0;
    }
    return true;
}

const struct vr_document vr_pool_def_document = {
    .family = "pool", .schema = "storagepool", .title = "Storage pool", .what = "(storage_pool_definition)",
    .domain = VIR_FROM_STORAGE, .elem = &vr_pool_elem, .complete = pool_complete,
};

/* ---- source alone: discovery ------------------------------------------------------------------------------------- */
struct vr_pool_def *vr_pool_source_parse(enum vr_pool_type type, const char *xml, size_t len, struct vr_error **err)
{
    VR_AUTO(vr_arena) *tree = vr_arena_new();
    struct vr_xml_node *root = vr_xml_parse(tree, xml, len, "(storage_source_specification)", VIR_FROM_STORAGE, err);
    if (!root)
        return NULL;
    VR_AUTO(vr_pool_def) *d = vr_pool_def_new();
    d->type = type;
    if (!vr_xml_is(root, "source", NULL)) {
        vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1, _("expecting root element of '%s', not '%s'"),
                        "source", root->name);
        vr_xml_locate(err, root);
        return NULL;
    }
    struct vr_parse p = { .arena = d->arena, .domain = VIR_FROM_STORAGE, .root = d };
    if (!vr_rows_parse(&p, source_rows, root, d, err) || !source_read(&p, root, d, err))
        return NULL;
    return vr_take(d);
}

static const struct vr_row alone_rows[] = {
    VR_GROUP("source", source_rows, .present_always = true, .never_short = true), VR_END,
};

void vr_pool_source_format(struct vr_format *f, const D *def)
{
    vr_rows_format_children(f, alone_rows, def);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <domainbackup> */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include "base/str.h"

VR_ENUM_NAMES(vr_backup_mode, VR_BACKUP_MODES)
VR_ENUM_NAMES(vr_backup_disk_mode, VR_BACKUP_DISK_MODES)
VR_ENUM_NAMES(vr_backup_state, VR_BACKUP_STATES)

#define D struct vr_backup_def
#define DISK struct vr_backup_disk
#define SRC struct vr_storage_source

static bool stored(const void *base, const struct vr_format *f)
{
    return ((const DISK *)base)->store != NULL && ((const DISK *)base)->backup != VR_TRI_NO;
}
static bool placed(const void *base, const struct vr_format *f)
{
    return stored(base, f) && ((const DISK *)base)->store->path;
}
/* push writes a <target>, pull needs <scratch> space; the backup's mode is known before its disks are read */
static bool is_push(const struct vr_format *f)
{
    return ((const D *)f->root)->mode != VR_BACKUP_PULL;
}
static bool target_shown(const void *base, const struct vr_format *f)
{
    return placed(base, f) && is_push(f);
}
static bool scratch_shown(const void *base, const struct vr_format *f)
{
    return placed(base, f) && !is_push(f);
}
static bool copied(const void *base, const struct vr_format *f)
{
    return ((const DISK *)base)->backup != VR_TRI_NO;
}

static const struct vr_row type_rows[] = {
    VR_A_ENUM(SRC, type, "type", vr_storage_type_names), VR_END,
};
static const struct vr_xml_elem type_elem = { .name = "source", .size = sizeof(SRC), .rows = type_rows };
static const struct vr_row index_rows[] = { VR_A_UINT(SRC, id, "index", .type = "positiveInteger"), VR_END };
static const struct vr_xml_elem index_elem = { .name = "source", .size = sizeof(SRC), .rows = index_rows };
static const struct vr_row driver_rows[] = { VR_INLINE_PTR(DISK, store, vr_source_format_elem), VR_END };
static const struct vr_row store_rows[] = {
    VR_A_STR(SRC, path, "file", VR_WHEN(SRC, type, VR_BIT(VR_STORAGE_FILE)), .type = "absFilePath"),
    VR_A_STR(SRC, path, "dev", VR_WHEN(SRC, type, VR_BIT(VR_STORAGE_BLOCK)), .type = "absFilePath"),
    VR_LISTED(SRC, seclabels, "seclabel", vr_seclabel_source_elem),
    VR_CHILD(SRC, encryption, "encryption", vr_encryption_elem, .never_short = true),
    VR_END,
};
static const struct vr_xml_elem store_elem = { .name = "target", .size = sizeof(SRC), .rows = store_rows };

static const struct vr_row disk_rows[] = {
    VR_A_STR(DISK, name, "name", .required = true, .type = "diskTarget"),
    VR_A_YESNO(DISK, backup, "backup"),
    VR_A_ENUM(DISK, state, "state", vr_backup_state_names, .only = VR_FORM_STATUS),
    VR_INLINE_PTR(DISK, store, type_elem, .when = stored),
    VR_A_ENUM(DISK, mode, "backupmode", vr_backup_disk_mode_names, .when = copied),
    VR_A_STR(DISK, incremental, "incremental", .when = copied),
    VR_A_STR(DISK, export_name, "exportname", .when = copied),
    VR_A_STR(DISK, export_bitmap, "exportbitmap", .when = copied),
    VR_INLINE_PTR(DISK, store, index_elem, .when = stored),
    VR_GROUP("driver", driver_rows, .when = stored),
    VR_CHILD(DISK, store, "target", store_elem, .when = target_shown),
    VR_CHILD(DISK, store, "scratch", store_elem, .when = scratch_shown),
    VR_END,
};

static bool disk_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    DISK *d = obj;
    d->store = vr_arena_new_of(p->arena, SRC);
    d->store->type = VR_STORAGE_FILE;
    return true;
}

static bool disk_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    DISK *d = obj;
    const D *b = p->root;
    if (!d->backup)
        d->backup = VR_TRI_YES;
    if (d->backup == VR_TRI_NO)
        return true;
    if (b->mode != VR_BACKUP_PULL && (d->export_name || d->export_bitmap))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("exportname and exportbitmap are only supported with 'pull' mode"));
    if (d->incremental && d->mode == VR_BACKUP_DISK_FULL)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("'full' backup mode incompatible with 'incremental' backup"));
    static const uint64_t known = VR_BIT(VR_STORAGE_FILE) | VR_BIT(VR_STORAGE_BLOCK);
    if (!(known >> d->store->type & 1))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("unsupported backup type '%s'"),
                             vr_storage_type_names[d->store->type]);
    /* the other mode's place says nothing */
    bool push = b->mode != VR_BACKUP_PULL;
    if (!vr_xml_child(node, push ? "target" : "scratch")) {
        d->store->path = NULL;
        d->store->encryption = NULL;
        d->store->seclabels.n = 0;
    }
    d->store->id = 0;
    return true;
}
static const struct vr_xml_elem disk_elem = { .name = "disk", .size = sizeof(DISK), .rows = disk_rows,
                                              .before_parse = disk_before, .after_parse = disk_check };

#define SRV struct vr_backup_server
static const struct vr_row server_rows[] = {
    VR_A_ENUM(SRV, transport, "transport", vr_host_transport_names),
    VR_A_YESNO(SRV, tls, "tls"),
    VR_A_STR(SRV, name, "name"),
    VR_A_OUINT(SRV, port, "port", .max = 65535),
    VR_A_STR(SRV, socket, "socket", .type = "absFilePath"),
    VR_END,
};
static bool server_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    SRV *s = obj;
    if (!s->transport)
        s->transport = VR_TRANSPORT_TCP;
    if (s->transport == VR_TRANSPORT_RDMA)
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("transport rdma is not supported for <server>"));
    if (s->transport == VR_TRANSPORT_UNIX && (!s->socket || *s->socket != '/'))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("backup socket path '%s' must be absolute"),
                             s->socket ? s->socket : "");
    return true;
}
static const struct vr_xml_elem server_elem = { .name = "server", .size = sizeof(SRV), .rows = server_rows,
                                                .after_parse = server_check };

static bool is_pull(const void *base)
{
    return ((const D *)base)->mode == VR_BACKUP_PULL;
}
static const struct vr_row backup_rows[] = {
    VR_A_ENUM(D, mode, "mode", vr_backup_mode_names),
    VR_T_STR(D, incremental, "incremental", .unless_empty = true),
    VR_CHILD(D, server, "server", server_elem, .reads = is_pull),
    VR_LISTED(D, disks, "disk", disk_elem, .wrap = "disks"),
    VR_END,
};

static bool backup_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    D *b = obj;
    const char *mode = vr_xml_get(node, "mode");
    b->mode = mode && vr_streq(mode, "pull") ? VR_BACKUP_PULL : VR_BACKUP_PUSH;
    return true;
}
static const struct vr_xml_elem backup_elem = { .name = "domainbackup", .size = sizeof(D), .rows = backup_rows,
                                                .before_parse = backup_before };

const struct vr_document vr_backup_def_document = {
    .family = "backup", .schema = "domainbackup", .title = "Domain backup", .what = "(domain_backup)",
    .domain = VIR_FROM_DOMAIN, .elem = &backup_elem, .always_strict = true,
};

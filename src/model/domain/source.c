/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <source> of disks, of the chain below and of <nvram>: where bytes are, how to reach and how to read them. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include <string.h>
#include "base/str.h"

VR_ENUM_NAMES(vr_storage_type, VR_STORAGE_TYPES)
VR_ENUM_NAMES(vr_storage_format, VR_STORAGE_FORMATS)
VR_ENUM_NAMES(vr_net_protocol, VR_NET_PROTOCOLS)
VR_ENUM_NAMES(vr_host_transport, VR_HOST_TRANSPORTS)
VR_ENUM_NAMES(vr_encryption_format, VR_ENCRYPTION_FORMATS)

#define SRC struct vr_storage_source
#define TYPE(mask) VR_WHEN(SRC, type, mask)
#define B(T) VR_BIT(VR_STORAGE_##T)

/* ---- secrets, authentication, encryption ------------------------------------------------------------------------- */
#define SECRET struct vr_secret_ref
static const struct vr_row secret_rows[] = {
    VR_A_STR(SECRET, type, "type"),
    VR_A_UUID(SECRET, uuid, has_uuid, "uuid", .bad = "invalid secret uuid '%s'", .bad_domain =
              VR_DOMAIN(VIR_FROM_NONE)),
    VR_A_STR(SECRET, usage, "usage"),
    VR_END,
};

/* Exactly one of both names it. */
static bool secret_named(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    bool uuid = vr_xml_get(node, "uuid"), usage = vr_xml_get(node, "usage");
    if (uuid != usage)
        return true;
    vr_error_report(err, VIR_FROM_NONE, VIR_ERR_XML_ERROR, -1, "%s",
                    usage ? _("either secret uuid or usage expected") : _("missing secret uuid or usage attribute"));
    return vr_xml_locate(err, node);
}
const struct vr_xml_elem vr_secret_ref_elem = { .name = "secret", .size = sizeof(SECRET), .rows = secret_rows,
                                                .before_parse = secret_named };

#define AUTH struct vr_storage_auth
#define OF_STORAGE .bad_domain = VR_DOMAIN(VIR_FROM_STORAGE)
static const struct vr_row auth_rows[] = {
    VR_A_STR(AUTH, username, "username", .required = true, .missing = "missing username for auth", OF_STORAGE),
    VR_CHILD(AUTH, secret, "secret", vr_secret_ref_elem, .required = true, .missing =
             "Missing <secret> element in auth", OF_STORAGE),
    VR_END,
};
const struct vr_xml_elem vr_auth_elem = { .name = "auth", .size = sizeof(AUTH), .rows = auth_rows };

/* What opens an encrypted image is a passphrase. */
static bool passphrase_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const SECRET *s = obj;
    if (vr_streq0(s->type, "passphrase"))
        return true;
    if (s->type)
        vr_error_report(err, VIR_FROM_STORAGE, VIR_ERR_CONFIG_UNSUPPORTED, -1,
                        _("unknown volume encryption secret type %s"), s->type);
    else
        vr_error_report(err, VIR_FROM_STORAGE, VIR_ERR_XML_ERROR, -1, _("unknown volume encryption secret type"));
    return vr_xml_locate(err, node);
}
static const struct vr_xml_elem passphrase_elem = { .name = "secret", .size = sizeof(SECRET), .rows = secret_rows,
                                                    .before_parse = secret_named, .after_parse = passphrase_check };

#define ENC struct vr_encryption
static const struct vr_row cipher_rows[] = {
    VR_A_STR(ENC, cipher_name, "name", .required = true, .missing = "cipher info missing 'name' attribute",
             OF_STORAGE),
    VR_A_UINT(ENC, cipher_size, "size", .required = true, .zero = true),
    VR_A_STR(ENC, cipher_mode, "mode"),
    VR_A_STR(ENC, cipher_hash, "hash"),
    VR_END,
};
static const struct vr_row ivgen_rows[] = {
    VR_A_STR(ENC, ivgen_name, "name", .required = true, .missing = "missing ivgen info name string", OF_STORAGE),
    VR_A_STR(ENC, ivgen_hash, "hash"),
    VR_END,
};
static bool has_cipher(const void *base, const struct vr_format *f)
{
    return ((const ENC *)base)->cipher_name != NULL;
}
static const struct vr_row encryption_rows[] = {
    VR_A_ENUM(ENC, format, "format", vr_encryption_format_names, .required = true,
              .bad = "unknown volume encryption format type %s", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED, OF_STORAGE,
              .missing = "unknown volume encryption format"),
    VR_A_STR(ENC, engine, "engine", .words = VR_WORDS("qemu", "librbd")),
    VR_LISTED(ENC, secrets, "secret", passphrase_elem),
    VR_GROUP("cipher", cipher_rows, .when = has_cipher),
    VR_GROUP("ivgen", ivgen_rows),
    VR_END,
};

static bool encryption_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const ENC *e = obj;
    if (e->cipher_name || !e->ivgen_name)
        return true;
    vr_error_report(err, VIR_FROM_STORAGE, VIR_ERR_XML_ERROR, -1, _("ivgen element found, but cipher is missing"));
    return vr_xml_locate(err, node);
}
const struct vr_xml_elem vr_encryption_elem = {
    .name = "encryption", .size = sizeof(ENC), .rows = encryption_rows, .after_parse = encryption_check,
};

/* ---- small structs ----------------------------------------------------------------------------------------------- */
static bool timeout_said(const void *base, const struct vr_format *f)
{
    const struct vr_reconnect *r = base;
    return r->timeout || r->enabled == VR_TRI_YES;
}
static const struct vr_row reconnect_rows[] = {
    VR_A_YESNO(struct vr_reconnect, enabled, "enabled"),
    VR_A_UINT(struct vr_reconnect, timeout, "timeout", .zero = true, .when = timeout_said),
    VR_END,
};

static bool reconnect_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    struct vr_reconnect *r = obj;
    if (r->enabled == VR_TRI_YES && !vr_xml_get(node, "timeout"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing timeout for chardev with reconnect enabled"));
    return true;
}
static bool reconnect_skipped(const void *obj, const struct vr_format *f)
{
    return !((const struct vr_reconnect *)obj)->enabled;
}
const struct vr_xml_elem vr_reconnect_elem = {
    .skip_format = reconnect_skipped, .name = "reconnect", .size = sizeof(struct vr_reconnect), .rows = reconnect_rows,
        .after_parse = reconnect_check,
};

#define PR struct vr_reservations
static const struct vr_row reservations_source_rows[] = {
    VR_A_STR(PR, source_type, "type"),
    VR_A_STR(PR, path, "path"),
    VR_A_STR(PR, mode, "mode"),
    VR_CHILD(PR, reconnect, "reconnect", vr_reconnect_elem),
    VR_END,
};

static bool reservations_source_shown(const void *base, const struct vr_format *f)
{
    return ((const PR *)base)->managed != VR_TRI_YES || !vr_inactive(f);
}
static const struct vr_row reservations_rows[] = {
    VR_A_YESNO(PR, managed, "managed", .required = true),
    VR_GROUP("source", reservations_source_rows, .when = reservations_source_shown),
    VR_END,
};
static const struct vr_xml_elem reservations_elem = { .name = "reservations", .size = sizeof(PR), .rows =
    reservations_rows };

#define HOST struct vr_storage_host
static const struct vr_row host_rows[] = {
    VR_A_STR(HOST, name, "name"),
    VR_A_OUINT(HOST, port, "port", .max = 65535, .bad = "failed to parse port number '%s'",
               .bad_domain = VR_DOMAIN(VIR_FROM_NONE), .bad_code = VIR_ERR_INVALID_ARG),
    VR_A_ENUM(HOST, transport, "transport", vr_host_transport_names, .unset = VR_TRANSPORT_TCP,
              .bad = "unknown protocol transport type '%s'", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_STR(HOST, socket, "socket"),
    VR_END,
};

static bool host_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    HOST *h = obj;
    if (h->transport == VR_TRANSPORT_UNIX && !h->socket)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing socket for unix transport"));
    if (h->transport != VR_TRANSPORT_UNIX && h->socket)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("transport '%s' does not support socket attribute"),
                             h->transport == VR_TRANSPORT_RDMA ? "rdma" : "tcp");
    if (h->transport != VR_TRANSPORT_UNIX && !h->name)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing name for host"));
    return true;
}
static const struct vr_xml_elem host_elem = { .name = "host", .size = sizeof(HOST), .rows = host_rows, .after_parse =
    host_check };

static const struct vr_row cookie_value_rows[] = {
    VR_A_STR(struct vr_cookie, name, "name"),
    VR_C_STR(struct vr_cookie, value),
    VR_END,
};
const struct vr_xml_elem vr_cookie_elem = { .name = "cookie", .size = sizeof(struct vr_cookie), .rows =
    cookie_value_rows };

static const struct vr_row slice_rows[] = {
    VR_A_STR(struct vr_slice, type, "type"),
    VR_A_U64(struct vr_slice, offset, "offset", .zero = true, .bad =
             "malformed value '%s' of 'offset' attribute of slice"),
    VR_A_U64(struct vr_slice, size, "size", .required = true, .nonzero = true, .bad =
             "malformed value '%s' of 'size' attribute of slice"),
    VR_END,
};
static const struct vr_xml_elem slice_elem = { .name = "slice", .size = sizeof(struct vr_slice), .rows = slice_rows };

static const struct vr_row initiator_iqn_rows[] = { VR_A_STR(SRC, initiator_iqn, "name"), VR_END };
static const struct vr_row initiator_rows[] = { VR_GROUP("iqn", initiator_iqn_rows), VR_END };
static const struct vr_row snapshot_rows[] = { VR_A_STR(SRC, snapshot, "name"), VR_END };
static const struct vr_row config_rows[] = { VR_A_STR(SRC, config, "file"), VR_END };
static const struct vr_row ssl_rows[] = { VR_A_YESNO(SRC, ssl_verify, "verify"), VR_END };
static const struct vr_row readahead_rows[] = { VR_A_OU64(SRC, readahead, "size"), VR_END };
static const struct vr_row timeout_rows[] = { VR_A_OUINT(SRC, timeout, "seconds"), VR_END };
static const struct vr_row identity_rows[] = {
    VR_A_STR(SRC, nfs_user, "user"),
    VR_A_STR(SRC, nfs_group, "group"),
    VR_A_STR(SRC, ssh_username, "username"),
    VR_A_STR(SRC, ssh_keyfile, "keyfile"),
    VR_A_STR(SRC, ssh_agentsock, "agentsock"),
    VR_END,
};
static const struct vr_row known_hosts_rows[] = { VR_A_STR(SRC, ssh_known_hosts, "path"), VR_END };
static const struct vr_row slices_rows[] = { VR_CHILD(SRC, slice, "slice", slice_elem), VR_END };

/* ---- the source -------------------------------------------------------------------------------------------------- */
static const struct vr_row source_type_only_rows[] = {
    VR_A_ENUM(SRC, type, "type", vr_storage_type_names),
    VR_END,
};
const struct vr_xml_elem vr_source_type_elem = { .name = "source", .size = sizeof(SRC), .rows = source_type_only_rows };

const struct vr_row vr_source_format_rows[] = {
    VR_A_ENUM(SRC, format, "type", vr_storage_format_names, .bad = "unknown driver format value '%s'",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_END,
};
const struct vr_xml_elem vr_source_format_elem = { .name = "source", .size = sizeof(SRC), .rows =
    vr_source_format_rows };

static bool index_shown(const void *base, const struct vr_format *f)
{
    return !vr_inactive(f);
}
static bool top_index_shown(const void *base, const struct vr_format *f)
{
    return !vr_inactive(f) && !((const SRC *)base)->below;
}

/* Stock takes a guest over only with the names of its block nodes. */
static const struct vr_row node_name_rows[] = {
    VR_A_STR(struct vr_node_name, type, "type"), VR_A_STR(struct vr_node_name, name, "name"), VR_END,
};
static const struct vr_xml_elem node_name_elem = {
    .name = "nodename", .size = sizeof(struct vr_node_name), .rows = node_name_rows,
};
static const struct vr_row source_private_rows[] = {
    VR_LISTED(SRC, node_names, "nodename", node_name_elem, .wrap = "nodenames"), VR_END,
};

const struct vr_row vr_source_rows[] = {
    VR_A_STR(SRC, path, "file", TYPE(B(FILE)), .unless_empty = true),
    VR_A_STR(SRC, path, "dev", TYPE(B(BLOCK)), .unless_empty = true),
    VR_A_STR(SRC, path, "dir", TYPE(B(DIR)), .unless_empty = true),
    VR_A_STR(SRC, path, "dev", TYPE(B(VHOST_VDPA))),
    VR_A_ENUM(SRC, protocol, "protocol", vr_net_protocol_names, TYPE(B(NETWORK)), .required = true,),
    VR_A_STR(SRC, name, "name", TYPE(B(NETWORK))),
    VR_A_STR(SRC, query, "query", TYPE(B(NETWORK))),
    VR_A_YESNO(SRC, tls, "tls", TYPE(B(NETWORK))),
    VR_A_STR(SRC, tls_hostname, "tlsHostname", TYPE(B(NETWORK))),
    VR_A_STR(SRC, pool, "pool", TYPE(B(VOLUME))),
    VR_A_STR(SRC, volume, "volume", TYPE(B(VOLUME))),
    VR_A_STR(SRC, mode, "mode", TYPE(B(VOLUME))),
    /* nvme says type='pci' of its address, vhostuser 'unix' of its socket */
    VR_A_STR(SRC, vhost_type, "type", TYPE(B(NVME) | B(VHOST_USER))),
    VR_A_YESNO(SRC, managed, "managed", TYPE(B(NVME))),
    VR_A_U64(SRC, nvme_namespace, "namespace", TYPE(B(NVME))),
    VR_A_STR(SRC, vhost_path, "path", TYPE(B(VHOST_USER))),
    VR_A_STR(SRC, fdgroup, "fdgroup"),
    VR_A_STR(SRC, startup_policy, "startupPolicy"),
    VR_A_UINT(SRC, id, "index", .when = top_index_shown, .not_inactive_parse = true),

    VR_LISTED(SRC, hosts, "host", host_elem, TYPE(B(NETWORK))),
    VR_GROUP("snapshot", snapshot_rows, TYPE(B(NETWORK))),
    VR_GROUP("config", config_rows, TYPE(B(NETWORK))),
    VR_GROUP("initiator", initiator_rows, TYPE(B(NETWORK) | B(VOLUME))),
    VR_GROUP("ssl", ssl_rows, TYPE(B(NETWORK))),
    VR_LISTED(SRC, cookies, "cookie", vr_cookie_elem, .wrap = "cookies", TYPE(B(NETWORK)), .only = VR_FORM_SECURE),
    VR_GROUP("readahead", readahead_rows, TYPE(B(NETWORK))),
    VR_GROUP("timeout", timeout_rows, TYPE(B(NETWORK))),
    VR_GROUP("identity", identity_rows, TYPE(B(NETWORK))),
    VR_GROUP("knownHosts", known_hosts_rows, TYPE(B(NETWORK))),
    VR_PART(SRC, nvme_address, "address", vr_pci_place_rows, TYPE(B(NVME)), .after = vr_pci_address_check),
    VR_CHILD(SRC, reconnect, "reconnect", vr_reconnect_elem, TYPE(B(VHOST_USER))),
    VR_LISTED(SRC, seclabels, "seclabel", vr_seclabel_source_elem),
    VR_GROUP("slices", slices_rows),
    VR_CHILD(SRC, auth, "auth", vr_auth_elem),
    VR_CHILD(SRC, encryption, "encryption", vr_encryption_elem, .never_short = true),
    VR_CHILD(SRC, reservations, "reservations", reservations_elem),
    VR_GROUP("privateData", source_private_rows, .only = VR_FORM_STATUS),
    VR_END,
};

/* The secret of a login must be of the protocol's kind. */
bool vr_source_auth_check(struct vr_parse *p, const struct vr_xml_node *node, const SRC *src,
                          const struct vr_storage_auth *auth,
                          struct vr_error **err)
{
    const char *want = src->protocol == VR_PROTO_ISCSI ? "iscsi" : src->protocol == VR_PROTO_RBD ? "ceph" : NULL;
    static const char *const types[] = { "none", "volume", "ceph", "iscsi", "tls", "vtpm", NULL };
    const char *type = auth && auth->secret ? auth->secret->type : NULL;
    if (src->type == VR_STORAGE_NETWORK && auth && (!type || vr_name_index(types, type) < 0))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown secret type '%s'"),
                             type ? type : "<null>");
    if (src->type != VR_STORAGE_NETWORK || !want || !type || vr_streq(type, want))
        return true;
    return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("invalid secret type '%s'"), type);
}

bool vr_source_check(struct vr_parse *p, const struct vr_xml_node *node, SRC *src, struct vr_error **err)
{
    if (src->type == VR_STORAGE_NETWORK) {
        if (src->tls == VR_TRI_YES && src->protocol != VR_PROTO_NBD && src->protocol != VR_PROTO_VXHS)
            return true; /* refused by the driver */
        /* <source name='pool/image:snapshot:option'> : only the image name for rbd; volume and path for gluster */
        if (!src->name && src->protocol != VR_PROTO_NBD)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing name for disk source"));
        /* a target without a unit means the first one */
        if (src->protocol == VR_PROTO_ISCSI && src->name && !strchr(src->name, '/'))
            src->name = vr_arena_printf(p->arena, "%s/0", src->name);
        if (!vr_source_auth_check(p, node, src, src->auth, err))
            return false;
    }
    if (src->type == VR_STORAGE_NVME) {
        if (!src->vhost_type || !vr_streq(src->vhost_type, "pci"))
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("unsupported source type '%s'"),
                                 src->vhost_type ? src->vhost_type : "");
        if (!src->nvme_namespace)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                                 _("Missing required attribute 'namespace' in element 'source'"));
        if (!src->managed)
            src->managed = VR_TRI_YES;
    }
    if (src->type == VR_STORAGE_VHOST_USER) {
        if (!src->vhost_type || !src->vhost_path)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing '%s' attribute for vhostuser disk source"),
                                 src->vhost_type ? "path" : "type");
        if (!vr_streq(src->vhost_type, "unix"))
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("invalid 'type' attribute for vhostuser disk source"));
    }
    if (src->startup_policy) {
        static const char *const policies[] = { "default", "mandatory", "requisite", "optional", NULL };
        if (vr_name_index(policies, src->startup_policy) < 0)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                                 _("Invalid value for attribute 'startupPolicy' in element 'source': '%s'."),
                                     src->startup_policy);
        if (vr_streq(src->startup_policy, "default"))
            src->startup_policy = NULL;
    }
    return true;
}

static bool body_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    return vr_source_check(p, node, obj, err);
}

/* <source> itself, through a pointer that type= made before. */
const struct vr_xml_elem vr_source_body_elem = {
    .name = "source", .size = sizeof(SRC), .rows = vr_source_rows, .after_parse = body_check,
};

/* ---- the chain below --------------------------------------------------------------------------------------------- */
static const struct vr_row max_size_rows[] = {
    VR_T_OSIZE(SRC, metadata_cache_max, "max_size", .scale = 1, .default_unit = 1, .show_unit = "bytes"),
    VR_END,
};
static const struct vr_row format_rows[] = {
    VR_A_ENUM(SRC, format, "type", vr_storage_format_names, .required = true, .missing =
              "missing disk backing store format",
              .bad = "unknown storage source format '%s'", .bad_code = VIR_ERR_XML_ERROR),
    VR_GROUP("metadata_cache", max_size_rows),
    VR_END,
};

static bool backing_source_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    ((SRC *)base)->below = true;
    return vr_source_check(p, node, base, err);
}

static const struct vr_row backing_rows[] = {
    VR_A_ENUM(SRC, type, "type", vr_storage_type_names, .bad = "unknown disk backing store type '%s'",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_UINT(SRC, id, "index", .when = index_shown, .not_inactive_parse = true),
    VR_GROUP("format", format_rows),
    VR_GROUP("source", vr_source_rows, .after = backing_source_read),
    VR_CHILD(SRC, backing, "backingStore", vr_backing_elem),
    VR_END,
};

static bool backing_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const SRC *s = obj;
    if (s->type == VR_STORAGE_UNSET)
        return true;
    if (!vr_xml_child(node, "format"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing disk backing store format"));
    if (!vr_xml_child(node, "source"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing disk backing store source"));
    return true;
}

static bool backing_skipped(const void *obj, const struct vr_format *f)
{
    return vr_inactive(f) && ((const SRC *)obj)->detected;
}
const struct vr_xml_elem vr_backing_elem = {
    .name = "backingStore", .size = sizeof(SRC), .rows = backing_rows, .after_parse = backing_check,
    .skip_format = backing_skipped,
};

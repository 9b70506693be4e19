/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images that are not on this host: how QEMU's driver of each protocol is told where they are. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/alloc.h"
#include "qemu/command/blocks.h"

#define GLUSTER_DEBUG 4 /* qemu.conf's default of gluster_debug_level */

static struct vr_json *inet(const struct vr_storage_host *host, unsigned default_port, bool typed)
{
    struct vr_json *o = vr_json_object();
    if (host->transport == VR_TRANSPORT_UNIX) {
        vr_json_add_str(o, "type", "unix");
        vr_json_add_str(o, "path", host->socket);
        return o;
    }
    if (typed)
        vr_json_add_str(o, "type", "inet");
    vr_json_add_str(o, "host", host->name);
    vr_json_add_strf(o, "port", "%u", host->port.set ? host->port.v : default_port);
    return o;
}

static bool one_host(const struct vr_storage_source *s, const char *what, struct vr_error **err)
{
    return s->hosts.n == 1 ||
           vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("%s protocol accepts only one host"), what);
}

static bool nbd(struct vr_json *props, const struct vr_storage_source *s, const struct vr_storage_auth *auth,
                struct vr_error **err)
{
    if (!one_host(s, "nbd", err))
        return false;
    vr_json_add_str(props, "driver", "nbd");
    vr_json_add(props, "server", inet(s->hosts.v[0], 10809, true));
    vr_json_add_str(props, "export", s->name);
    if (s->tls == VR_TRI_YES) {
        vr_json_add_strf(props, "tls-creds", "obj%s_tls0", s->node_storage);
        vr_json_add_str(props, "tls-hostname", s->tls_hostname);
    }
    if (s->reconnect)
        add_uint_if(props, "reconnect-delay", s->reconnect->timeout);
    return true;
}

static bool rbd(struct vr_json *props, const struct vr_storage_source *s, const struct vr_storage_auth *auth,
                struct vr_error **err)
{
    const char *slash = s->name ? strchr(s->name, '/') : NULL;
    if (!slash)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("missing volume name and path for gluster volume '%s'"),
                       s->name ? s->name : "");
    vr_json_add_str(props, "driver", "rbd");
    vr_json_add_strf(props, "pool", "%.*s", (int)(slash - s->name), s->name);
    vr_json_add_str(props, "image", slash + 1);
    vr_json_add_str(props, "snapshot", s->snapshot);
    vr_json_add_str(props, "conf", s->config);
    if (s->hosts.n) {
        struct vr_json *servers = vr_json_array();
        for (size_t i = 0; i < s->hosts.n; i++)
            vr_json_append(servers, inet(s->hosts.v[i], 6789, false));
        vr_json_add(props, "server", servers);
    }
    if (s->encryption && vr_streq0(s->encryption->engine, "librbd")) {
        struct vr_json *encrypt = vr_json_object();
        vr_json_add_str(encrypt, "format", vr_encryption_format_names[s->encryption->format]);
        vr_json_add_strf(encrypt, "key-secret", "%s-encryption-secret0", s->node_format);
        vr_json_add(props, "encrypt", encrypt);
    }
    if (auth) {
        struct vr_json *ways = vr_json_array();
        vr_json_append(ways, vr_json_str("cephx"));
        vr_json_append(ways, vr_json_str("none"));
        vr_json_add_str(props, "user", auth->username);
        vr_json_add(props, "auth-client-required", ways);
        vr_json_add_strf(props, "key-secret", "%s-auth-secret0", s->node_storage);
    }
    return true;
}

static bool iscsi(struct vr_json *props, const struct vr_storage_source *s, const struct vr_storage_auth *auth,
                struct vr_error **err)
{
    if (!one_host(s, "iscsi", err))
        return false;
    uint64_t lun = 0;
    const char *slash = s->name ? strchr(s->name, '/') : NULL;
    if (slash && !vr_parse_u64(slash + 1, 10, UINT32_MAX, &lun))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("cannot parse target for lunStr '%s'"), slash + 1);
    const struct vr_storage_host *h = s->hosts.v[0];
    bool v6 = h->name && strchr(h->name, ':');
    vr_json_add_str(props, "driver", "iscsi");
    vr_json_add_strf(props, "portal", "%s%s%s:%u", v6 ? "[" : "", h->name, v6 ? "]" : "",
                     h->port.set ? h->port.v : 3260);
    vr_json_add_strf(props, "target", "%.*s", slash ? (int)(slash - s->name) : (int)strlen(s->name), s->name);
    vr_json_add_uint(props, "lun", lun);
    vr_json_add_str(props, "transport", "tcp");
    if (auth) {
        vr_json_add_str(props, "user", auth->username);
        /* a whole SCSI host device has one node, named otherwise, and its secret with it */
        if (vr_ends_with(s->node_storage, "-backend"))
            vr_json_add_strf(props, "password-secret", "%s-secret0", s->node_storage);
        else
            vr_json_add_strf(props, "password-secret", "%s-auth-secret0", s->node_storage);
    }
    vr_json_add_str(props, "initiator-name", s->initiator_iqn);
    return true;
}

static bool http(struct vr_json *props, const struct vr_storage_source *s, const struct vr_storage_auth *auth,
                 struct vr_error **err)
{
    static const unsigned ports[] = { [VR_PROTO_HTTP] = 80, [VR_PROTO_HTTPS] = 443, [VR_PROTO_FTP] = 21,
                                      [VR_PROTO_FTPS] = 990, [VR_PROTO_TFTP] = 69 };
    const char *scheme = vr_net_protocol_names[s->protocol];
    if (!one_host(s, scheme, err))
        return false;
    const struct vr_storage_host *h = s->hosts.v[0];
    vr_json_add_str(props, "driver", scheme);
    vr_json_add_strf(props, "url", "%s://%s:%u/%s%s%s", scheme, h->name, h->port.set ? h->port.v : ports[s->protocol],
                     s->name ? s->name : "", s->query ? "?" : "", s->query ? s->query : "");
    if (auth) {
        vr_json_add_str(props, "username", auth->username);
        vr_json_add_strf(props, "password-secret", "%s-auth-secret0", s->node_storage);
    }
    if (s->ssl_verify != VR_TRI_UNSET)
        vr_json_add_bool(props, "sslverify", s->ssl_verify == VR_TRI_YES);
    if (s->cookies.n)
        vr_json_add_strf(props, "cookie-secret", "%s-httpcookie-secret0", s->node_storage);
    if (s->timeout.set)
        vr_json_add_uint(props, "timeout", s->timeout.v);
    if (s->readahead.set)
        vr_json_add_uint(props, "readahead", s->readahead.v);
    return true;
}

static bool gluster(struct vr_json *props, const struct vr_storage_source *s, const struct vr_storage_auth *auth,
                    struct vr_error **err)
{
    const char *slash = s->name ? strchr(s->name, '/') : NULL;
    if (!slash)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("missing volume name and path for gluster volume '%s'"),
                       s->name ? s->name : "");
    vr_json_add_str(props, "driver", "gluster");
    vr_json_add_strf(props, "volume", "%.*s", (int)(slash - s->name), s->name);
    vr_json_add_str(props, "path", slash + 1);
    struct vr_json *servers = vr_json_array();
    for (size_t i = 0; i < s->hosts.n; i++)
        vr_json_append(servers, inet(s->hosts.v[i], 24007, true));
    vr_json_add(props, "server", servers);
    vr_json_add_uint(props, "debug", GLUSTER_DEBUG);
    return true;
}

static bool nfs(struct vr_json *props, const struct vr_storage_source *s, const struct vr_storage_auth *auth,
                struct vr_error **err)
{
    if (!one_host(s, "nfs", err))
        return false;
    struct vr_json *server = vr_json_object();
    vr_json_add_str(server, "host", s->hosts.v[0]->name);
    vr_json_add_str(server, "type", "inet");
    vr_json_add_str(props, "driver", "nfs");
    vr_json_add(props, "server", server);
    vr_json_add_str(props, "path", s->name);
    /* Numbers by now: names were looked up where that may take its time. */
    const char *const ids[] = { s->nfs_user, s->nfs_group };
    for (size_t i = 0; i < VR_COUNT(ids); i++) {
        uint64_t id;
        if (!ids[i])
            continue;
        if (!vr_parse_u64(ids[i] + (*ids[i] == '+'), 10, UINT32_MAX, &id))
            return vr_fail(err, VIR_ERR_INVALID_ARG, _("Failed to parse %s '%s'"), i ? "group" : "user", ids[i]);
        vr_json_add_uint(props, i ? "group" : "user", id);
    }
    return true;
}

static bool ssh(struct vr_json *props, const struct vr_storage_source *s, const struct vr_storage_auth *auth,
                struct vr_error **err)
{
    if (!one_host(s, "ssh", err))
        return false;
    vr_json_add_str(props, "driver", "ssh");
    vr_json_add_str(props, "path", s->name);
    vr_json_add(props, "server", inet(s->hosts.v[0], 22, false));
    if (auth)
        vr_json_add_str(props, "user", auth->username);
    return true;
}

/* No QEMU of today has it; what it says of that is the answer. */
static bool sheepdog(struct vr_json *props, const struct vr_storage_source *s, const struct vr_storage_auth *auth,
                     struct vr_error **err)
{
    if (!one_host(s, "sheepdog", err))
        return false;
    vr_json_add_str(props, "driver", "sheepdog");
    vr_json_add(props, "server", inet(s->hosts.v[0], 7000, true));
    vr_json_add_str(props, "vdi", s->name);
    return true;
}

static bool vxhs(struct vr_json *props, const struct vr_storage_source *s, const struct vr_storage_auth *auth,
                 struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("VxHS protocol is not supported with this QEMU binary"));
}

void vr_qemu_nvme_node(struct vr_json *props, const struct vr_storage_source *s)
{
    vr_json_add_str(props, "driver", "nvme");
    vr_json_add_strf(props, "device", "%04x:%02x:%02x.%x", s->nvme_address.domain, s->nvme_address.bus,
                     s->nvme_address.slot, s->nvme_address.function);
    vr_json_add_uint(props, "namespace", s->nvme_namespace);
}

bool vr_qemu_protocol_node(struct vr_json *props, const struct vr_storage_source *s, const struct vr_storage_auth *auth,
                           struct vr_error **err)
{
    static bool (*const builders[])(struct vr_json *props, const struct vr_storage_source *s,
                                    const struct vr_storage_auth *auth, struct vr_error **err) = {
        [VR_PROTO_NBD] = nbd,     [VR_PROTO_RBD] = rbd,   [VR_PROTO_SHEEPDOG] = sheepdog, [VR_PROTO_GLUSTER] = gluster,
        [VR_PROTO_ISCSI] = iscsi, [VR_PROTO_HTTP] = http, [VR_PROTO_HTTPS] = http,        [VR_PROTO_FTP] = http,
        [VR_PROTO_FTPS] = http,   [VR_PROTO_TFTP] = http, [VR_PROTO_SSH] = ssh,           [VR_PROTO_VXHS] = vxhs,
        [VR_PROTO_NFS] = nfs,
    };
    if (s->protocol <= 0 || (size_t)s->protocol >= VR_COUNT(builders) || !builders[s->protocol])
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("a network disk without a protocol"));
    return builders[s->protocol](props, s, auth, err);
}

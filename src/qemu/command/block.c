/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The block graph: which nodes a disk's chain has, their names, and each one as blockdev-add takes it. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/alloc.h"
#include "qemu/command/blocks.h"

bool vr_qemu_disk_empty(const struct vr_disk *disk)
{
    const struct vr_storage_source *s = disk->src;
    if (!s || s->type == VR_STORAGE_UNSET)
        return true;
    switch (s->type) {
    case VR_STORAGE_FILE:
    case VR_STORAGE_BLOCK:
    case VR_STORAGE_DIR:
        return !s->path;
    case VR_STORAGE_NETWORK:
        return s->protocol == VR_PROTO_UNSET;
    default:
        return false;
    }
}

void vr_qemu_prepare_disk(struct vr_domain_def *def, struct vr_disk *disk, unsigned *next)
{
    if (disk->bus == VR_DISK_BUS_SD)
        return;
    if (disk->shareable && !disk->readonly && disk->cache == VR_CACHE_UNSET)
        disk->cache = VR_CACHE_NONE; /* others write to it: what one host caches would be stale */
    /* an empty drive takes a number too: stock's count, which tools know */
    for (struct vr_storage_source *s = disk->src; s && s->type != VR_STORAGE_UNSET; s = s->backing) {
        s->id = (*next)++;
        s->node_storage = vr_arena_printf(def->arena, "libvirt-%u-storage", s->id);
        s->node_format = vr_arena_printf(def->arena, "libvirt-%u-format", s->id);
        s->readonly = s != disk->src || disk->readonly || disk->device == VR_DISK_CDROM;
    }
}

void vr_qemu_prepare_blocks(struct vr_domain_def *def, unsigned *next)
{
    for (size_t i = def->disks.n; i > 0; i--)
        vr_qemu_prepare_disk(def, def->disks.v[i - 1], next);
}

static void add_cache(struct vr_json *props, enum vr_disk_cache cache)
{
    if (cache == VR_CACHE_UNSET)
        return;
    struct vr_json *c = vr_json_object();
    vr_json_add_bool(c, "direct", cache == VR_CACHE_NONE || cache == VR_CACHE_DIRECTSYNC);
    vr_json_add_bool(c, "no-flush", cache == VR_CACHE_UNSAFE);
    vr_json_add(props, "cache", c);
}

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

static bool nbd(struct vr_json *props, const struct vr_storage_source *s, struct vr_error **err)
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

static bool rbd(struct vr_json *props, const struct vr_storage_source *s, struct vr_error **err)
{
    const char *slash = s->name ? strchr(s->name, '/') : NULL;
    if (!slash)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("missing volume name and path for gluster volume '%s'"),
                       s->name ? s->name : "");
    if (s->auth)
        return not_yet(err, "a password of network storage");
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
    return true;
}

static bool iscsi(struct vr_json *props, const struct vr_storage_source *s, struct vr_error **err)
{
    if (!one_host(s, "iscsi", err))
        return false;
    if (s->auth)
        return not_yet(err, "a password of network storage");
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
    vr_json_add_str(props, "initiator-name", s->initiator_iqn);
    return true;
}

static bool http(struct vr_json *props, const struct vr_storage_source *s, struct vr_error **err)
{
    if (!one_host(s, "http", err))
        return false;
    if (s->auth || s->cookies.n)
        return not_yet(err, "a password or a cookie of network storage");
    const char *scheme = vr_net_protocol_names[s->protocol];
    const struct vr_storage_host *h = s->hosts.v[0];
    unsigned port = s->protocol == VR_PROTO_HTTP    ? 80
                    : s->protocol == VR_PROTO_HTTPS ? 443
                    : s->protocol == VR_PROTO_FTP   ? 21
                                                    : 990;
    vr_json_add_str(props, "driver", scheme);
    vr_json_add_strf(props, "url", "%s://%s:%u/%s%s%s", scheme, h->name, h->port.set ? h->port.v : port,
                     s->name ? s->name : "", s->query ? "?" : "", s->query ? s->query : "");
    if (s->ssl_verify != VR_TRI_UNSET)
        vr_json_add_bool(props, "sslverify", s->ssl_verify == VR_TRI_YES);
    if (s->readahead.set)
        vr_json_add_uint(props, "readahead", s->readahead.v);
    if (s->timeout.set)
        vr_json_add_uint(props, "timeout", s->timeout.v);
    return true;
}

static bool nvme(struct vr_json *props, const struct vr_storage_source *s)
{
    vr_json_add_str(props, "driver", "nvme");
    vr_json_add_strf(props, "device", "%04x:%02x:%02x.%x", s->nvme_address.domain, s->nvme_address.bus,
                     s->nvme_address.slot, s->nvme_address.function);
    vr_json_add_uint(props, "namespace", s->nvme_namespace);
    return true;
}

static bool network(struct vr_json *props, const struct vr_storage_source *s, struct vr_error **err)
{
    switch (s->protocol) {
    case VR_PROTO_NBD:
        return nbd(props, s, err);
    case VR_PROTO_RBD:
        return rbd(props, s, err);
    case VR_PROTO_ISCSI:
        return iscsi(props, s, err);
    case VR_PROTO_HTTP:
    case VR_PROTO_HTTPS:
    case VR_PROTO_FTP:
    case VR_PROTO_FTPS:
        return http(props, s, err);
    case VR_PROTO_VXHS:
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("VxHS protocol is not supported with this QEMU binary"));
    default:
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("disk source protocol '%s' is not supported by this build: the "
                         "guest is kept but cannot be started"),
                       vr_net_protocol_names[s->protocol]);
    }
}

static const char *aio_name(enum vr_disk_io io)
{
    return io == VR_IO_UNSET ? NULL : vr_disk_io_names[io];
}

/* fat: a directory of the host as a file system of the guest */
static void directory(struct vr_json *props, const struct vr_disk *disk, const struct vr_storage_source *s)
{
    vr_json_add_str(props, "driver", "vvfat");
    vr_json_add_str(props, "dir", s->path);
    vr_json_add_bool(props, "floppy", disk && disk->device == VR_DISK_FLOPPY);
    vr_json_add_bool(props, "rw", !s->readonly);
}

static struct vr_json *storage_node(const struct vr_disk *disk, const struct vr_storage_source *s,
                                    struct vr_error **err)
{
    VR_AUTO(vr_json) *props = vr_json_object();
    bool ok = true;
    switch (s->type) {
    case VR_STORAGE_FILE:
    case VR_STORAGE_BLOCK:
        vr_json_add_str(props, "driver", s->type == VR_STORAGE_FILE ? "file" : "host_device");
        vr_json_add_str(props, "filename", s->path);
        vr_json_add_str(props, "aio", disk ? aio_name(disk->io) : NULL);
        break;
    case VR_STORAGE_DIR:
        directory(props, disk, s);
        break;
    case VR_STORAGE_NETWORK:
        ok = network(props, s, err);
        break;
    case VR_STORAGE_NVME:
        ok = nvme(props, s);
        break;
    case VR_STORAGE_VOLUME:
        ok = vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("storage source pool '%s' volume '%s' is not translated"), s->pool,
                     s->volume);
        break;
    default:
        ok = vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                     _("disk type '%s' is not supported by this build: the guest is kept "
                       "but cannot be started"),
                     vr_storage_type_names[s->type]);
        break;
    }
    if (!ok)
        return NULL;
    vr_json_add_str(props, "node-name", s->node_storage);
    add_cache(props, disk ? disk->cache : VR_CACHE_UNSET);
    /* opened read-only until a writer comes, so that two guests may have a read-only image */
    vr_json_add_bool(props, "auto-read-only", true);
    vr_json_add_str(props, "discard", "unmap");
    return vr_json_ref(props);
}

static const char *format_driver(const struct vr_storage_source *s)
{
    switch (s->format) {
    case VR_FORMAT_UNSET:
    case VR_FORMAT_RAW:
    case VR_FORMAT_FAT:
    case VR_FORMAT_DIR:
        return "raw";
    case VR_FORMAT_VHD:
        return "vpc";
    case VR_FORMAT_PLOOP:
        return "parallels";
    default:
        return vr_storage_format_names[s->format];
    }
}

static bool has_backing_property(enum vr_storage_format f)
{
    return f == VR_FORMAT_QCOW2 || f == VR_FORMAT_QCOW || f == VR_FORMAT_QED || f == VR_FORMAT_VMDK;
}

static struct vr_json *format_node(const struct vr_disk *disk, const struct vr_storage_source *s, struct vr_error **err)
{
    if (s->encryption || (disk && disk->encryption && s == disk->src))
        return not_yet(err, "an encrypted disk"), NULL;
    if (s->slice)
        return not_yet(err, "a slice of a disk image"), NULL;
    struct vr_json *props = vr_json_object();
    vr_json_add_str(props, "node-name", s->node_format);
    vr_json_add_bool(props, "read-only", s->readonly);
    if (disk && s == disk->src) {
        if (disk->discard != VR_DISCARD_UNSET)
            vr_json_add_str(props, "discard", vr_discard_names[disk->discard]);
        if (disk->detect_zeroes != VR_ZEROES_UNSET)
            /* QEMU refuses unmap without discard=unmap; stock writes "on" then */
            vr_json_add_str(props, "detect-zeroes",
                            disk->detect_zeroes == VR_ZEROES_UNMAP && disk->discard != VR_DISCARD_UNMAP
                                ? "on"
                                : vr_detect_zeroes_names[disk->detect_zeroes]);
    }
    add_cache(props, disk ? disk->cache : VR_CACHE_UNSET);
    vr_json_add_str(props, "driver", format_driver(s));
    if (s->metadata_cache_max.set)
        vr_json_add_uint(props, "cache-size", s->metadata_cache_max.v);
    vr_json_add_str(props, "file", s->node_storage);
    if (s->backing && has_backing_property(s->format)) {
        if (s->backing->type == VR_STORAGE_UNSET)
            vr_json_add(props, "backing", vr_json_null());
        else
            vr_json_add_str(props, "backing", s->backing->node_format);
    }
    return props;
}

struct vr_json *vr_qemu_block_node(const struct vr_disk *disk, const struct vr_storage_source *src, bool storage,
                                   struct vr_error **err)
{
    return storage ? storage_node(disk, src, err) : format_node(disk, src, err);
}

/* The chain from its end: a node must exist before another names it. */
bool cmd_chain(struct build *b, const struct vr_disk *disk, const struct vr_storage_source *src, unsigned depth)
{
    if (depth > 200)
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("the backing chain of disk '%s' is too long"),
                       disk->target);
    if (src->backing && src->backing->type != VR_STORAGE_UNSET && !cmd_chain(b, disk, src->backing, depth + 1))
        return false;
    if (src->type == VR_STORAGE_NETWORK && src->tls == VR_TRI_YES) {
        struct vr_json *tls = vr_json_object();
        vr_json_add_str(tls, "qom-type", "tls-creds-x509");
        vr_json_add_strf(tls, "id", "obj%s_tls0", src->node_storage);
        vr_json_add_str(tls, "dir", b->run->tls_dir);
        vr_json_add_str(tls, "endpoint", "client");
        vr_json_add_bool(tls, "verify-peer", true);
        cmd_json(b, "-object", tls);
    }
    return cmd_json(b, "-blockdev", vr_qemu_block_node(disk, src, true, b->err)) &&
           cmd_json(b, "-blockdev", vr_qemu_block_node(disk, src, false, b->err));
}

/* Firmware: two flash chips, code and variables. */
static bool flash(struct build *b, const char *name, const char *path, bool readonly, enum vr_storage_format format)
{
    struct vr_json *storage = vr_json_object();
    vr_json_add_str(storage, "driver", "file");
    vr_json_add_str(storage, "filename", path);
    vr_json_add_strf(storage, "node-name", "libvirt-%s-storage", name);
    vr_json_add_bool(storage, "auto-read-only", true);
    vr_json_add_str(storage, "discard", "unmap");
    cmd_json(b, "-blockdev", storage);
    struct vr_json *node = vr_json_object();
    vr_json_add_strf(node, "node-name", "libvirt-%s-format", name);
    vr_json_add_bool(node, "read-only", readonly);
    vr_json_add_str(node, "driver", format == VR_FORMAT_QCOW2 ? "qcow2" : "raw");
    vr_json_add_strf(node, "file", "libvirt-%s-storage", name);
    return cmd_json(b, "-blockdev", node);
}

bool build_pflash(struct build *b)
{
    const struct vr_os *os = &b->def->os;
    if (os->loader_type != VR_LOADER_PFLASH || !os->loader)
        return true;
    if (!flash(b, "pflash0", os->loader, os->loader_readonly != VR_TRI_NO, os->loader_format))
        return false;
    if (!os->nvram)
        return true;
    if (os->nvram->type == VR_STORAGE_FILE && os->nvram->path)
        return flash(b, "pflash1", os->nvram->path, false, os->nvram_format);
    struct vr_storage_source vars = *os->nvram;
    vars.node_storage = "libvirt-pflash1-storage";
    vars.node_format = "libvirt-pflash1-format";
    vars.readonly = false;
    vars.format = os->nvram_format;
    vars.backing = NULL;
    return cmd_json(b, "-blockdev", vr_qemu_block_node(NULL, &vars, true, b->err)) &&
           cmd_json(b, "-blockdev", vr_qemu_block_node(NULL, &vars, false, b->err));
}

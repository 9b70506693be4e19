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

static void add_node_name(struct vr_domain_def *def, struct vr_storage_source *s, const char *type, const char *name)
{
    struct vr_node_name *n = vr_arena_new_of(def->arena, struct vr_node_name);
    *n = (struct vr_node_name){ type, name };
    VR_LIST_ADD(def->arena, &s->node_names, n);
}

/* The counters of a virtio disk are those of the device behind its transport. */
static const char *qom_name(struct vr_domain_def *def, const struct vr_disk *disk)
{
    return disk->bus == VR_DISK_BUS_VIRTIO
               ? vr_arena_printf(def->arena, "/machine/peripheral/%s/virtio-backend", disk->info.alias)
               : disk->info.alias;
}

void vr_qemu_prepare_disk(struct vr_domain_def *def, struct vr_disk *disk, unsigned *next)
{
    if (disk->bus == VR_DISK_BUS_SD)
        return;
    if (disk->shareable && !disk->readonly && disk->cache == VR_CACHE_UNSET)
        disk->cache = VR_CACHE_NONE; /* others write to it: what one host caches would be stale */
    if (disk->info.alias)
        disk->qom_name = qom_name(def, disk);
    /* an empty drive takes a number too: stock's count, which tools know */
    for (struct vr_storage_source *s = disk->src; s && s->type != VR_STORAGE_UNSET; s = s->backing) {
        s->id = (*next)++;
        s->below = s != disk->src;
        s->node_storage = vr_arena_printf(def->arena, "libvirt-%u-storage", s->id);
        s->node_format = vr_arena_printf(def->arena, "libvirt-%u-format", s->id);
        s->node_names.n = 0;
        add_node_name(def, s, "storage", s->node_storage);
        add_node_name(def, s, "format", s->node_format);
        s->readonly = s != disk->src || disk->readonly || disk->device == VR_DISK_CDROM;
        if (s->encryption && !s->encryption->engine)
            s->encryption->engine = "qemu"; /* told in the live document, as stock does */
    }
    if (disk->encryption && !disk->encryption->engine)
        disk->encryption->engine = "qemu";
}

void vr_qemu_prepare_blocks(struct vr_domain_def *def, unsigned *next)
{
    for (size_t i = def->disks.n; i > 0; i--)
        vr_qemu_prepare_disk(def, def->disks.v[i - 1], next);
    for (size_t i = 0; i < def->hostdevs.n; i++)
        if (def->hostdevs.v[i]->mode == VR_HOSTDEV_MODE_SUBSYS && def->hostdevs.v[i]->type == VR_HOSTDEV_SCSI)
            def->hostdevs.v[i]->block_id = (*next)++;
}

bool vr_qemu_needs_pr_helper(const struct vr_domain_def *def)
{
    for (size_t i = 0; i < def->disks.n; i++)
        for (const struct vr_storage_source *s = def->disks.v[i]->src; s; s = s->backing)
            if (s->reservations && s->reservations->managed == VR_TRI_YES)
                return true;
    return false;
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

/* SCSI reservations go through a helper that may issue them: one of ours for the whole guest, or the document's own. */
static void add_pr_manager(struct vr_json *props, const struct vr_storage_source *s)
{
    if (s->reservations && s->reservations->managed == VR_TRI_YES)
        vr_json_add_str(props, "pr-manager", "pr-helper0");
    else if (s->reservations)
        vr_json_add_strf(props, "pr-manager", "pr-helper-%s", s->node_storage);
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
        vr_json_add_str(props, "filename", s->fdset_path ? s->fdset_path : s->path);
        vr_json_add_str(props, "aio", disk ? aio_name(disk->io) : NULL);
        add_pr_manager(props, s);
        break;
    case VR_STORAGE_DIR:
        directory(props, disk, s);
        break;
    case VR_STORAGE_NETWORK:
        ok = vr_qemu_protocol_node(props, s, vr_qemu_auth_of(disk, s), err);
        break;
    case VR_STORAGE_NVME:
        vr_qemu_nvme_node(props, s);
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
    if (s->fdset_path) /* QEMU looks for a descriptor that was opened in just this way */
        vr_json_add_bool(props, "read-only", s->readonly);
    else
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

static bool is_raw(const struct vr_storage_source *s)
{
    return vr_streq(format_driver(s), "raw");
}

/* An image that is one part of a file; a raw one says so itself, others stand on a raw node that cuts it out. */
char *vr_qemu_slice_name(const struct vr_storage_source *s)
{
    return s->slice && !is_raw(s) ? vr_printf("libvirt-%u-slice-sto", s->id) : NULL;
}

static struct vr_json *slice_node(const struct vr_storage_source *s, const char *name)
{
    struct vr_json *props = vr_json_object();
    vr_json_add_str(props, "driver", "raw");
    vr_json_add_str(props, "node-name", name);
    vr_json_add_uint(props, "offset", s->slice->offset);
    vr_json_add_uint(props, "size", s->slice->size);
    vr_json_add_str(props, "file", s->node_storage);
    vr_json_add_bool(props, "auto-read-only", true);
    vr_json_add_str(props, "discard", "unmap");
    return props;
}

/* The format's driver, with what opens it when it is encrypted: LUKS by itself, or inside of qcow2 and qcow. */
static void add_format(struct vr_json *props, const struct vr_storage_source *s, const struct vr_encryption *e)
{
    bool here = e && !vr_streq0(e->engine, "librbd"); /* that one is the storage node's */
    if (here && is_raw(s)) {
        vr_json_add_str(props, "driver", "luks");
        vr_json_add_strf(props, "key-secret", "%s-encryption-secret0", s->node_format);
        return;
    }
    vr_json_add_str(props, "driver", format_driver(s));
    if (!here)
        return;
    struct vr_json *encrypt = vr_json_object();
    vr_json_add_str(encrypt, "format", e->format == VR_ENCRYPTION_QCOW ? "aes" : "luks");
    vr_json_add_strf(encrypt, "key-secret", "%s-encryption-secret0", s->node_format);
    vr_json_add(props, "encrypt", encrypt);
}

/* stock's name for each: the node's, and a number. */
static void pass_group(struct build *b, const struct vr_storage_source *source)
{
    struct vr_storage_source *src = (struct vr_storage_source *)(uintptr_t)source; /* of this run's own definition */
    src->fdset_path = NULL;
    if (!src->fdgroup || b->run->native)
        return;
    int fd = b->run->fd_of(b->run->opaque, VR_QEMU_FD_DISK, src->node_storage, 0);
    if (fd < 0)
        return;
    unsigned set = b->fd_sets++;
    for (unsigned nth = 0; fd >= 0; fd = b->run->fd_of(b->run->opaque, VR_QEMU_FD_DISK, src->node_storage, ++nth)) {
        cmd_arg(b, "-add-fd");
        cmd_argf(b, "set=%u,fd=%d,opaque=%s%u", set, fd, src->node_storage, nth);
    }
    src->fdset_path = vr_arena_printf(b->def->arena, "/dev/fdset/%u", set);
}

static bool has_backing_property(enum vr_storage_format f)
{
    return f == VR_FORMAT_QCOW2 || f == VR_FORMAT_QCOW || f == VR_FORMAT_QED || f == VR_FORMAT_VMDK;
}

static struct vr_json *format_node(const struct vr_disk *disk, const struct vr_storage_source *s, struct vr_error **err)
{
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
    add_format(props, s, vr_qemu_encryption_of(disk, s));
    if (s->metadata_cache_max.set)
        vr_json_add_uint(props, "cache-size", s->metadata_cache_max.v);
    if (s->slice && is_raw(s)) {
        vr_json_add_uint(props, "offset", s->slice->offset);
        vr_json_add_uint(props, "size", s->slice->size);
    }
    vr_autofree char *slice = vr_qemu_slice_name(s);
    vr_json_add_str(props, "file", slice ? slice : s->node_storage);
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

/* ---- what a node needs beside itself ------------------------------------------------------------------------------ */

const struct vr_encryption *vr_qemu_encryption_of(const struct vr_disk *disk, const struct vr_storage_source *s)
{
    return s->encryption ? s->encryption : disk && s == disk->src ? disk->encryption : NULL;
}

const struct vr_storage_auth *vr_qemu_auth_of(const struct vr_disk *disk, const struct vr_storage_source *s)
{
    return s->auth ? s->auth : disk && s == disk->src ? disk->auth : NULL;
}

static struct vr_json *tls_object(const struct vr_storage_source *s, const struct vr_qemu_run *run)
{
    struct vr_json *tls = vr_json_object();
    vr_json_add_str(tls, "qom-type", "tls-creds-x509");
    vr_json_add_strf(tls, "id", "obj%s_tls0", s->node_storage);
    vr_json_add_str(tls, "dir", run->tls_dir);
    vr_json_add_str(tls, "endpoint", "client");
    vr_json_add_bool(tls, "verify-peer", true);
    return tls;
}

static struct vr_json *helper_object(const struct vr_storage_source *s)
{
    struct vr_json *o = vr_json_object();
    vr_json_add_str(o, "qom-type", "pr-manager-helper");
    vr_json_add_strf(o, "id", "pr-helper-%s", s->node_storage);
    vr_json_add_str(o, "path", s->reservations->path);
    return o;
}

struct vr_json *vr_qemu_secret_object(const struct vr_qemu_run *run, const char *id)
{
    for (size_t i = 0; run->secrets && i < run->secrets->n; i++) {
        const struct vr_qemu_secret *s = &run->secrets->v[i];
        if (!vr_streq(s->object, id))
            continue;
        struct vr_json *o = vr_json_object();
        vr_json_add_str(o, "qom-type", "secret");
        vr_json_add_str(o, "id", id);
        vr_json_add_str(o, "data", s->data);
        vr_json_add_str(o, "keyid", "masterKey0");
        vr_json_add_str(o, "iv", s->iv);
        vr_json_add_str(o, "format", "base64");
        return o;
    }
    return NULL;
}

struct vr_json *vr_qemu_block_object(const struct vr_storage_source *s, const struct vr_qemu_run *run, unsigned nth)
{
    static const char *const secrets[] = { "storage-auth", "storage-httpcookie", "format-encryption" };
    for (size_t i = 0; i < VR_COUNT(secrets); i++) {
        vr_autofree char *id = vr_printf("libvirt-%u-%s-secret0", s->id, secrets[i]);
        struct vr_json *o = vr_qemu_secret_object(run, id);
        if (o && nth-- == 0)
            return o;
        vr_json_free(o);
    }
    if (s->reservations && s->reservations->managed != VR_TRI_YES && nth-- == 0)
        return helper_object(s);
    if (s->type == VR_STORAGE_NETWORK && s->tls == VR_TRI_YES && nth-- == 0)
        return tls_object(s, run);
    return NULL;
}

struct vr_json *vr_qemu_block_slice(const struct vr_storage_source *s)
{
    vr_autofree char *name = vr_qemu_slice_name(s);
    return name ? slice_node(s, name) : NULL;
}

/* The chain from its end: a node must exist before another names it. */
bool cmd_chain(struct build *b, const struct vr_disk *disk, const struct vr_storage_source *src, unsigned depth)
{
    if (depth > 200)
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("the backing chain of disk '%s' is too long"),
                       disk->target);
    if (src->backing && src->backing->type != VR_STORAGE_UNSET && !cmd_chain(b, disk, src->backing, depth + 1))
        return false;
    vr_autofree char *key = vr_printf("%s-encryption-secret0", src->node_format);
    struct vr_json *object = vr_qemu_encryption_of(disk, src) && !b->run->native ? vr_qemu_secret_object(b->run, key) : NULL;
    if (vr_qemu_encryption_of(disk, src) && !b->run->native && !object)
        return vr_fail(b->err, VIR_ERR_INTERNAL_ERROR, _("no secret opens the encrypted disk '%s'"), disk->target);
    vr_json_free(object);
    for (unsigned i = 0; (object = vr_qemu_block_object(src, b->run, i)); i++)
        cmd_json(b, "-object", object);
    pass_group(b, src);
    if (!cmd_json(b, "-blockdev", vr_qemu_block_node(disk, src, true, b->err)))
        return false;
    struct vr_json *slice = vr_qemu_block_slice(src);
    return (!slice || cmd_json(b, "-blockdev", slice)) &&
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

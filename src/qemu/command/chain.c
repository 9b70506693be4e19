/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Headers of image files are written by guests and strangers: every offset and length in them is checked. */
#define VR_ERROR_DOMAIN VIR_FROM_STORAGE
#include "qemu/command/chain.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"

#define MAX_LAYERS 200
#define MAX_NAME 4096
#define HEAD 65536 /* a header and its extensions lie within the first cluster; names are below 1 KiB */

struct head {
    unsigned char b[HEAD];
    size_t len;
};

static uint32_t be32(const struct head *h, size_t at)
{
    const unsigned char *p = h->b + at;
    return at + 4 > h->len ? 0 : (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static uint64_t be64(const struct head *h, size_t at)
{
    return (uint64_t)be32(h, at) << 32 | be32(h, at + 4);
}

static uint64_t le(const struct head *h, size_t at, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = bytes; at + bytes <= h->len && i > 0; i--)
        v = v << 8 | h->b[at + i - 1];
    return v;
}

static bool read_head(const char *path, struct head *h, enum vr_storage_type *type, struct vr_error **err)
{
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Cannot access storage file '%s'"), path);
    *type = S_ISBLK(st.st_mode) ? VR_STORAGE_BLOCK : VR_STORAGE_FILE;
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
        h->len = 0; /* a character device or a pipe has no header to read */
        return true;
    }
    while (h->len < HEAD) {
        ssize_t n = pread(fd, h->b + h->len, HEAD - h->len, h->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot read header '%s'"), path);
        if (n == 0)
            break;
        h->len += n;
    }
    return true;
}

static bool magic(const struct head *h, const char *bytes, size_t len)
{
    return h->len >= len && memcmp(h->b, bytes, len) == 0;
}

static enum vr_storage_format probe_format(const struct head *h)
{
    if (magic(h, "QFI\xfb", 4))
        return be32(h, 4) == 1 ? VR_FORMAT_QCOW : VR_FORMAT_QCOW2;
    if (magic(h, "QED\0", 4))
        return VR_FORMAT_QED;
    if (magic(h, "KDMV", 4))
        return VR_FORMAT_VMDK;
    if (magic(h, "conectix", 8))
        return VR_FORMAT_VPC;
    return VR_FORMAT_RAW;
}

static bool take_name(const struct head *h, uint64_t offset, uint64_t length, struct vr_arena *arena, const char **out)
{
    if (!offset || !length)
        return true;
    if (length > MAX_NAME || offset > HEAD || offset + length > h->len)
        return false;
    *out = vr_arena_strndup(arena, (const char *)h->b + offset, length);
    return **out != '\0';
}

/* Extensions of qcow2: type, length, data padded to eight bytes. 0xE2792ACA is the format of the image below. */
static void qcow2_format(const struct head *h, struct vr_arena *arena, const char **format)
{
    size_t at = be32(h, 4) >= 3 ? be32(h, 100) : 72;
    while (at >= 72 && at + 8 <= h->len) {
        uint32_t type = be32(h, at), length = be32(h, at + 4);
        if (type == 0 || length > h->len - at - 8)
            return;
        if (type == 0xE2792ACA && length < 64)
            *format = vr_arena_strndup(arena, (const char *)h->b + at + 8, length);
        at += 8 + ((size_t)length + 7) / 8 * 8;
    }
}

static bool below(const struct head *h, enum vr_storage_format format, struct vr_arena *arena, const char **name,
                  const char **below_format)
{
    switch (format) {
    case VR_FORMAT_QCOW2:
        if (!magic(h, "QFI\xfb", 4))
            return true;
        qcow2_format(h, arena, below_format);
        return take_name(h, be64(h, 8), be32(h, 16), arena, name);
    case VR_FORMAT_QCOW:
        return !magic(h, "QFI\xfb", 4) || take_name(h, be64(h, 8), be32(h, 16), arena, name);
    case VR_FORMAT_QED:
        if (!magic(h, "QED\0", 4) || !(le(h, 16, 8) & 1))
            return true;
        *below_format = le(h, 16, 8) & 4 ? "raw" : NULL;
        return take_name(h, le(h, 56, 4), le(h, 60, 4), arena, name);
    default:
        return true;
    }
}

static const char *resolve(struct vr_arena *arena, const char *image, const char *name)
{
    const char *slash = strrchr(image, '/');
    if (vr_starts_with(name, "file://"))
        return vr_arena_strdup(arena, name + 7);
    if (vr_starts_with(name, "file:"))
        name += 5;
    if (*name == '/' || !slash)
        return vr_arena_strdup(arena, name);
    return vr_arena_printf(arena, "%.*s/%s", (int)(slash - image), image, name);
}

/* "nbd:host:10809", "json:{...}": images elsewhere than on this host */
static bool remote_name(const char *name)
{
    size_t word = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+");
    return name[word] == ':' && word > 0 && !vr_starts_with(name, "file:");
}

static bool next_layer(struct vr_image_chain *chain, const char **path, enum vr_storage_format *format, bool *end,
                       struct vr_error **err)
{
    struct head *h = vr_alloc(sizeof(*h));
    struct head *l = vr_alloc(sizeof(*l));
    const char *name = NULL, *text = NULL;
    enum vr_storage_type type;
    bool ok = read_head(*path, h, &type, err);
    if (ok && !below(h, *format, chain->arena, &name, &text))
        ok = vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("invalid header of image '%s'"), *path);
    *end = ok && !name;
    if (ok && name && remote_name(name))
        ok = vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                     _("backing image '%s' of image '%s' is not on this host, which this "
                       "build cannot follow: write the chain into the definition with <backingStore>"),
                     name, *path);
    if (ok && name) {
        struct vr_image_layer *layer = vr_arena_new_of(chain->arena, struct vr_image_layer);
        layer->path = resolve(chain->arena, *path, name);
        ok = read_head(layer->path, l, &type, err) ||
             vr_error_prefix(err, _("backing image of '%s': "), *path);
        if (ok) {
            int known = text ? vr_name_index(vr_storage_format_names, text) : -1;
            layer->type = type;
            layer->format = known > 0 ? (enum vr_storage_format)known : probe_format(l);
            if (known <= 0 && layer->format != VR_FORMAT_RAW)
                ok =
                    vr_fail(err, VIR_ERR_OPERATION_FAILED,
                            _("format of backing image '%s' of image '%s' was not specified in the image metadata (See "
                              "https://libvirt.org/kbase/backing_chains.html for troubleshooting)"),
                            layer->path, *path);
            VR_LIST_ADD(chain->arena, &chain->layers, layer);
            *path = layer->path;
            *format = layer->format;
        }
    }
    vr_autofree_cleanup(&h);
    vr_autofree_cleanup(&l);
    return ok;
}

struct vr_image_chain *vr_image_chain_probe(const char *path, enum vr_storage_format format, struct vr_error **err)
{
    struct vr_arena *arena = vr_arena_new();
    struct vr_image_chain *chain = vr_arena_new_of(arena, struct vr_image_chain);
    chain->arena = arena;
    const char *top = path;
    bool end = false;
    while (!end) {
        if (chain->layers.n > MAX_LAYERS) {
            vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("backing store for '%s' is self-referential or too long"), top);
            vr_image_chain_free(chain);
            return NULL;
        }
        if (!next_layer(chain, &path, &format, &end, err)) {
            vr_image_chain_free(chain);
            return NULL;
        }
    }
    return chain;
}

void vr_image_chain_free(struct vr_image_chain *chain)
{
    if (chain)
        vr_arena_free(chain->arena);
}

struct vr_storage_source *vr_image_chain_open_end(struct vr_disk *disk)
{
    struct vr_storage_source *s = disk->src;
    while (s && s->backing && s->backing->type != VR_STORAGE_UNSET)
        s = s->backing;
    if (!s || s->backing || !s->path || s->fdgroup || (s->type != VR_STORAGE_FILE && s->type != VR_STORAGE_BLOCK))
        return NULL;
    return s;
}

void vr_image_chain_apply(struct vr_domain_def *def, struct vr_storage_source *end, const struct vr_image_chain *chain)
{
    for (size_t i = 0; i < chain->layers.n; i++) {
        const struct vr_image_layer *layer = chain->layers.v[i];
        struct vr_storage_source *s = vr_arena_new_of(def->arena, struct vr_storage_source);
        s->type = layer->type;
        s->path = vr_arena_strdup(def->arena, layer->path);
        s->format = layer->format;
        s->detected = true;
        s->readonly = true;
        end->backing = s;
        end = s;
    }
    end->backing = vr_arena_new_of(def->arena, struct vr_storage_source); /* nothing below: <backingStore/> */
}

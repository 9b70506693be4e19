/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One device at a time: as a document, in and out of a definition; and each device's info in turn. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include <string.h>
#include "base/str.h"
#include "model/domain_xml.h"

VR_ENUM_NAMES(vr_device_kind, VR_DEVICE_KINDS)

#define NO_INFO SIZE_MAX
#define D struct vr_domain_def

/* Where a kind lives: its table, its list or place in the definition, its info. */
struct place {
    const struct vr_xml_elem *elem;
    size_t offset, info;
    bool single;
};
#define LIST(K, m, el, S) [VR_DEVICE_##K] = { &vr_##el##_elem, offsetof(D, m), offsetof(struct S, info), false }
#define BARE(K, m, el) [VR_DEVICE_##K] = { &vr_##el##_elem, offsetof(D, m), NO_INFO, false }
#define ONE(K, m, el, S) [VR_DEVICE_##K] = { &vr_##el##_elem, offsetof(D, m), offsetof(struct S, info), true }
static const struct place places[VR_DEVICE_COUNT] = {
    LIST(DISK, disks, disk, vr_disk), LIST(CONTROLLER, controllers, controller, vr_controller), BARE(LEASE, leases,
        lease),
    LIST(FILESYSTEM, filesystems, filesystem, vr_filesystem), LIST(INTERFACE, interfaces, interface, vr_interface),
    LIST(SMARTCARD, smartcards, smartcard, vr_smartcard), LIST(SERIAL, serials, serial, vr_chr),
    LIST(PARALLEL, parallels, parallel, vr_chr), LIST(CONSOLE, consoles, console, vr_chr),
    LIST(CHANNEL, channels, channel, vr_chr), LIST(INPUT, inputs, input, vr_input), LIST(TPM, tpms, tpm, vr_tpm),
    BARE(GRAPHICS, graphics, graphics), LIST(SOUND, sounds, sound, vr_sound), BARE(AUDIO, audios, audio),
    LIST(VIDEO, videos, video, vr_video), LIST(HOSTDEV, hostdevs, hostdev, vr_hostdev),
    LIST(REDIRDEV, redirdevs, redirdev, vr_redirdev), LIST(HUB, hubs, hub, vr_hub),
    LIST(WATCHDOG, watchdogs, watchdog, vr_watchdog), ONE(MEMBALLOON, memballoon, memballoon, vr_memballoon),
    LIST(RNG, rngs, rng, vr_rng), ONE(NVRAM, nvram_device, nvram_device, vr_nvram_device), LIST(PANIC, panics, panic,
        vr_panic),
    LIST(SHMEM, shmems, shmem, vr_shmem), LIST(MEMORY, memories, memory, vr_memory), LIST(CRYPTO, cryptos, crypto,
        vr_crypto),
    ONE(IOMMU, iommu, iommu, vr_iommu), ONE(VSOCK, vsock, vsock, vr_vsock),
};

static struct vr_list *list_of(const D *def, enum vr_device_kind kind)
{
    return (struct vr_list *)((char *)(uintptr_t)def + places[kind].offset);
}

struct vr_device_info *vr_device_info_of(const struct vr_device *dev)
{
    size_t at = places[dev->kind].info;
    return at == NO_INFO || !dev->v ? NULL : (struct vr_device_info *)((char *)dev->v + at);
}

bool vr_domain_each_info(D *def, bool (*fn)(D *def, const char *kind, void *device, struct vr_device_info *info,
                                            void *opaque),
                         void *opaque)
{
    for (enum vr_device_kind k = VR_DEVICE_UNSET + 1; k < VR_DEVICE_COUNT; k++) {
        const struct place *p = &places[k];
        if (p->info == NO_INFO)
            continue;
        void **one = (void **)((char *)def + p->offset);
        struct vr_list *list = list_of(def, k);
        size_t n = p->single ? *one != NULL : list->n;
        for (size_t i = 0; i < n; i++) {
            void *dev = p->single ? *one : list->v[i];
            if (!fn(def, vr_device_kind_names[k], dev, (struct vr_device_info *)((char *)dev + p->info), opaque))
                return false;
        }
    }
    return true;
}

int vr_disk_target_index(const char *name)
{
    static const char *const prefixes[] = { "xvd", "ubd", "fd", "hd", "vd", "sd" };
    for (size_t i = 0; name && i < VR_COUNT(prefixes); i++) {
        if (!vr_starts_with(name, prefixes[i]))
            continue;
        const char *p = name + strlen(prefixes[i]);
        int index = 0;
        if (*p < 'a' || *p > 'z')
            return -1;
        for (int k = 0; *p >= 'a' && *p <= 'z'; k++, p++) {
            if (index > 1000000)
                return -1;
            index = (index + (k > 0)) * 26 + (*p - 'a');
        }
        if (strspn(p, "0123456789") != strlen(p) || (p[0] == '0' && p[1]))
            return -1;
        return index;
    }
    return -1;
}

/* Disks are kept by bus and target, controllers by type and index, as stock's lists are; all else in arrival order. */
static int disk_order(const struct vr_disk *a, const struct vr_disk *b)
{
    if (a->bus != b->bus)
        return a->bus < b->bus ? -1 : 1;
    int x = vr_disk_target_index(a->target), y = vr_disk_target_index(b->target);
    return x < y ? -1 : x > y;
}

static size_t disk_position(const D *def, const struct vr_disk *fresh)
{
    /* behind the last one that sorts before it on the same bus; a bus not seen yet goes to the end */
    size_t at = def->disks.n;
    bool seen = false;
    for (size_t i = def->disks.n; i-- > 0;) {
        const struct vr_disk *d = def->disks.v[i];
        if (d->bus != fresh->bus)
            continue;
        if (!seen)
            at = i + 1;
        seen = true;
        if (disk_order(d, fresh) <= 0) {
            at = i + 1;
            break;
        }
        at = i;
    }
    return at;
}

static size_t controller_position(const D *def, const struct vr_controller *fresh)
{
    size_t at = SIZE_MAX;
    for (size_t i = def->controllers.n; i-- > 0;) {
        const struct vr_controller *c = def->controllers.v[i];
        if (c->type != fresh->type)
            continue;
        if (!fresh->index.set)
            return i + 1;
        if (c->index.set && c->index.v > fresh->index.v)
            at = i;
        else if (c->index.set && c->index.v == fresh->index.v && !fresh->info.master_startport.set &&
                 c->info.master_startport.set)
            at = i; /* the master of a set stands before its companions */
        else if (at == SIZE_MAX)
            at = i + 1;
    }
    return at == SIZE_MAX ? def->controllers.n : at;
}

void vr_domain_add_device(D *def, const struct vr_device *dev)
{
    const struct place *p = &places[dev->kind];
    if (p->single) {
        *(void **)((char *)def + p->offset) = dev->v;
        return;
    }
    struct vr_list *list = list_of(def, dev->kind);
    size_t at = dev->kind == VR_DEVICE_DISK ? disk_position(def, dev->v) :
                dev->kind == VR_DEVICE_CONTROLLER ? controller_position(def, dev->v) : list->n;
    vr_list_insert(def->arena, list, at, dev->v);
}

bool vr_domain_remove_device(D *def, const struct vr_device *dev)
{
    const struct place *p = &places[dev->kind];
    if (p->single) {
        void **slot = (void **)((char *)def + p->offset);
        bool there = *slot == dev->v;
        if (there)
            *slot = NULL;
        return there;
    }
    struct vr_list *list = list_of(def, dev->kind);
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i] == dev->v) {
            vr_list_remove(list, i);
            return true;
        }
    return false;
}

struct vr_device vr_device_copy(struct vr_arena *arena, const struct vr_device *dev)
{
    return (struct vr_device){ dev->kind, vr_elem_copy(arena, places[dev->kind].elem, dev->v) };
}

char *vr_device_format(const struct vr_device *dev, unsigned flags)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    struct vr_buf out = VR_BUF_INIT;
    struct vr_format f = { .out = &out, .scratch = scratch, .flags = flags };
    vr_elem_format(&f, places[dev->kind].elem, NULL, dev->v);
    return vr_buf_take(&out);
}

bool vr_device_parse(struct vr_arena *arena, const D *def, const char *xml, size_t len, unsigned flags,
                     struct vr_device *out,
                     struct vr_error **err)
{
    VR_AUTO(vr_arena) *tree = vr_arena_new();
    struct vr_xml_node *root = vr_xml_parse(tree, xml, len, "(device_definition)", VIR_FROM_DOMAIN, err);
    if (!root)
        return false;
    int kind = root->ns ? -1 : vr_name_index(vr_device_kind_names + 1, root->name);
    if (kind < 0) {
        vr_fail(err, VIR_ERR_XML_ERROR, _("unknown device type '%s'"), root->name);
        return vr_xml_locate(err, root);
    }
    struct vr_device dev = { .kind = (enum vr_device_kind)(kind + 1) };
    const struct place *p = &places[dev.kind];
    if ((flags & VR_DOMAIN_VALIDATE) && !vr_elem_validate(p->elem, root, NULL, err))
        return false;
    dev.v = vr_elem_new(arena, p->elem);
    struct vr_parse parse = { .arena = arena, .flags = flags, .domain = VIR_FROM_DOMAIN };
    if (!vr_elem_parse(&parse, p->elem, root, dev.v, err))
        return false;
    if (!(flags & VR_DOMAIN_RAW) && !vr_device_complete(def, &dev, flags, err))
        return false;
    *out = dev;
    return true;
}

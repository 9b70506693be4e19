/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is it the same machine? A guest that moves, is restored or goes back to a snapshot must find the hardware it knew. Each
 * device kind is a table of members that a guest can see; the first that differs is told in stock's words.
 */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include <string.h>
#include "abi.h"
#include "base/str.h"
#include "model/domain_xml.h"
#include "tables.h"

#define D struct vr_domain_def

bool vr_abi_differs(struct vr_error **err, int domain, const char *label, const char *was, const char *now, bool quoted)
{
    if (quoted)
        return vr_error_report(err, domain, VIR_ERR_CONFIG_UNSUPPORTED, -1,
                               _("Target %s '%s' does not match source '%s'"), label, now, was);
    return vr_error_report(err, domain, VIR_ERR_CONFIG_UNSUPPORTED, -1, _("Target %s %s does not match source %s"), label,
                           now, was);
}

static const char *text_of(struct vr_arena *arena, const struct vr_abi_member *m, const void *obj)
{
    static const char *const tri[] = { "default", "on", "off", NULL };
    const void *at = (const char *)obj + m->offset;
    switch (m->kind) {
    case VR_ABI_TEXT: {
        const char *t = *(const char *const *)at;
        return t ? t : m->unset ? m->unset : "<null>";
    }
    case VR_ABI_WORD: {
        int v;
        memcpy(&v, at, sizeof(v));
        return v ? m->names[v] : m->unset ? m->unset : "default";
    }
    case VR_ABI_SWITCH: return tri[*(const enum vr_tri *)at];
    case VR_ABI_TRI_NUMBER: return vr_arena_printf(arena, "%u", (unsigned)*(const enum vr_tri *)at);
    case VR_ABI_NUMBER: return vr_arena_printf(arena, "%u", *(const unsigned *)at);
    case VR_ABI_BIG: return vr_arena_printf(arena, "%llu", (unsigned long long)*(const uint64_t *)at);
    case VR_ABI_OPTIONAL: {
        const struct vr_oint *o = at;
        return vr_arena_printf(arena, "%d", o->set ? o->v : m->absent);
    }
    case VR_ABI_END: break;
    }
    return "";
}

bool vr_abi_members(const struct vr_abi_member *members, const void *a, const void *b, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    for (const struct vr_abi_member *m = members; m->kind != VR_ABI_END; m++) {
        const char *was = text_of(arena, m, a), *now = text_of(arena, m, b);
        if (!vr_streq(was, now))
            return vr_abi_differs(err, VIR_FROM_DOMAIN, m->label, was, now, m->quoted);
    }
    return true;
}

/* ---- what every device has ---------------------------------------------------------------------------------------- */
static const char *place(struct vr_arena *arena, const struct vr_device_info *i, const char **what)
{
    switch (i->type) {
    case VR_ADDRESS_PCI:
        *what = "PCI";
        return vr_arena_printf(arena, "%04x:%02x:%02x.%x", i->pci.domain, i->pci.bus, i->pci.slot, i->pci.function);
    case VR_ADDRESS_DRIVE:
        *what = "drive";
        return vr_arena_printf(arena, "%u:%u:%u", i->drive.controller, i->drive.bus, i->drive.unit);
    case VR_ADDRESS_VIRTIO_SERIAL:
        *what = "virtio serial";
        return vr_arena_printf(arena, "%u:%u:%u", i->vioserial.controller, i->vioserial.bus, i->vioserial.port);
    case VR_ADDRESS_CCID:
        *what = "ccid";
        return vr_arena_printf(arena, "%u:%u", i->ccid.controller, i->ccid.slot);
    case VR_ADDRESS_ISA:
        *what = "isa";
        return vr_arena_printf(arena, "%u:%u", i->isa.iobase, i->isa.irq);
    default: return NULL; /* usb ports and the like are the guest's to find */
    }
}

static bool info_check(const struct vr_device_info *a, const struct vr_device_info *b, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    if (a->type != b->type)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Target device address type %s does not match source %s"),
                       b->type ? vr_address_type_names[b->type] : "none",
                       a->type ? vr_address_type_names[a->type] : "none");
    if (a->type == VR_ADDRESS_DIMM) {
        if (a->dimm.slot != b->dimm.slot)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Target device dimm slot %u does not match source %u"),
                           b->dimm.slot, a->dimm.slot);
        if (a->dimm.base.v != b->dimm.base.v)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("Target device dimm base address '%llx' does not match source '%llx'"),
                           (unsigned long long)b->dimm.base.v, (unsigned long long)a->dimm.base.v);
        return true;
    }
    const char *what = NULL, *was = place(arena, a, &what), *now = place(arena, b, &what);
    if (vr_streq0(was, now))
        return true;
    /* stock's sentence about PCI lacks a blank, and scripts know it so */
    return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, a->type == VR_ADDRESS_PCI ?
                   _("Target device %s address %sdoes not match source %s") :
                   _("Target device %s address %s does not match source %s"), what, now, was);
}

#define V struct vr_virtio_options
static bool virtio_check(const V *a, const V *b, bool always, struct vr_error **err)
{
    static const struct {
        const char *name;
        size_t offset;
    } options[] = { { "iommu", offsetof(V, iommu) }, { "ats", offsetof(V, ats) }, { "packed", offsetof(V, packed) },
                    { "page_per_vq", offsetof(V, page_per_vq) } };
    static const char *const tri[] = { "default", "on", "off" };
    static const V none;
    if (!always && !memcmp(a, &none, sizeof(none)) != !memcmp(b, &none, sizeof(none)))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Target device virtio options don't match the source"));
    for (size_t i = 0; i < VR_COUNT(options); i++) {
        enum vr_tri was = *(const enum vr_tri *)((const char *)a + options[i].offset);
        enum vr_tri now = *(const enum vr_tri *)((const char *)b + options[i].offset);
        if (was != now)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("Target device %s option '%s' does not match source '%s'"), options[i].name, tri[now],
                           tri[was]);
    }
    return true;
}

/* ---- device kinds -------------------------------------------------------------------------------------------------- */
#define DISK struct vr_disk
static const struct vr_abi_member disk_members[] = {
    ABI_WORD(DISK, device, "disk device", vr_disk_device_names), ABI_WORD(DISK, bus, "disk bus", vr_disk_bus_names),
    ABI_TEXT(DISK, target, "disk"), ABI_TEXT(DISK, serial, "disk serial"),
    ABI_TEXT(DISK, wwn, "disk wwn", .quoted = true),
    ABI_WORD(DISK, model, "disk model", vr_virtio_model_names, .quoted = true),
    ABI_NUMBER(DISK, queues, "disk queue count"), ABI_LAST,
};
#define CTL struct vr_controller
static const struct vr_abi_member controller_members[] = {
    ABI_WORD(CTL, type, "controller type", vr_controller_type_names),
    ABI_OPTIONAL(CTL, index, "controller index", -1),
    ABI_WORD(CTL, model, "controller model", vr_controller_model_names),
    ABI_OPTIONAL(CTL, ports, "controller ports", -1), ABI_OPTIONAL(CTL, vectors, "controller vectors", -1), ABI_LAST,
};
static const struct vr_abi_member filesystem_members[] = {
    ABI_TEXT(struct vr_filesystem, target_dir, "filesystem guest target"),
    ABI_WORD(struct vr_filesystem, model, "filesystem model", vr_virtio_model_names, .quoted = true), ABI_LAST,
};
static const struct vr_abi_member interface_members[] = {
    ABI_TEXT(struct vr_interface, model, "network card model"),
    ABI_NUMBER(struct vr_interface, mtu, "network card MTU"), ABI_LAST,
};
static const struct vr_abi_member input_members[] = {
    ABI_WORD(struct vr_input, type, "input device type", vr_input_type_names),
    ABI_WORD(struct vr_input, bus, "input device bus", vr_input_bus_names),
    ABI_WORD(struct vr_input, model, "input model", vr_virtio_model_names, .quoted = true), ABI_LAST,
};
static const struct vr_abi_member sound_members[] = {
    ABI_WORD(struct vr_sound, model, "sound card model", vr_sound_model_names), ABI_LAST,
};
#define VIDEO struct vr_video
static const struct vr_abi_member video_members[] = {
    ABI_WORD(VIDEO, type, "video card model", vr_video_type_names), ABI_NUMBER(VIDEO, ram, "video card ram"),
    ABI_NUMBER(VIDEO, vram, "video card vram"), ABI_NUMBER(VIDEO, vram64, "video card vram64"),
    ABI_NUMBER(VIDEO, vgamem, "video card vgamem"), ABI_NUMBER(VIDEO, heads, "video card heads"),
    ABI_TRI_NUMBER(VIDEO, accel2d, "video card 2d accel"), ABI_TRI_NUMBER(VIDEO, accel3d, "video card 3d accel"),
    ABI_LAST,
};
static const struct vr_abi_member hostdev_members[] = {
    ABI_WORD(struct vr_hostdev, mode, "host device mode", vr_hostdev_mode_names),
    ABI_WORD(struct vr_hostdev, type, "host device subsystem", vr_hostdev_type_names), ABI_LAST,
};
static const struct vr_abi_member smartcard_members[] = {
    ABI_WORD(struct vr_smartcard, mode, "smartcard mode", vr_smartcard_mode_names), ABI_LAST,
};
#define CHR struct vr_chr
static const struct vr_abi_member serial_members[] = {
    ABI_WORD(CHR, serial_target, "serial type", vr_serial_target_names, .unset = "none"),
    ABI_WORD(CHR, serial_model, "serial model", vr_serial_model_names, .unset = "none"),
    ABI_OPTIONAL(CHR, port, "serial port", -1), ABI_LAST,
};
static const struct vr_abi_member parallel_members[] = { ABI_OPTIONAL(CHR, port, "parallel port", -1), ABI_LAST };
static const struct vr_abi_member channel_members[] = {
    ABI_WORD(CHR, channel_target, "channel type", vr_channel_target_names), ABI_TEXT(CHR, name, "channel name"),
    ABI_TEXT(CHR, address, "channel addr"), ABI_LAST,
};
static const struct vr_abi_member console_members[] = {
    ABI_WORD(CHR, console_target, "console type", vr_console_target_names, .unset = "serial"), ABI_LAST,
};
static const struct vr_abi_member hub_members[] = { ABI_TEXT(struct vr_hub, type, "hub device type"), ABI_LAST };
static const struct vr_abi_member redirdev_members[] = {
    ABI_TEXT(struct vr_redirdev, bus, "redirected device bus"), ABI_LAST,
};
static const struct vr_abi_member watchdog_members[] = {
    ABI_WORD(struct vr_watchdog, model, "watchdog model", vr_watchdog_model_names), ABI_LAST,
};
static const struct vr_abi_member balloon_members[] = {
    ABI_WORD(struct vr_memballoon, model, "balloon model", vr_memballoon_model_names),
    ABI_SWITCH(struct vr_memballoon, autodeflate, "balloon autodeflate attribute value", .quoted = true),
    ABI_SWITCH(struct vr_memballoon, free_page_reporting, "balloon freePageReporting attribute value", .quoted = true),
    ABI_LAST,
};
static const struct vr_abi_member rng_members[] = {
    ABI_WORD(struct vr_rng, model, "RNG model", vr_virtio_model_names, .quoted = true), ABI_LAST,
};
static const struct vr_abi_member panic_members[] = {
    ABI_WORD(struct vr_panic, model, "panic model", vr_panic_model_names, .quoted = true), ABI_LAST,
};
#define IOMMU struct vr_iommu
static const struct vr_abi_member iommu_members[] = {
    ABI_WORD(IOMMU, model, "domain IOMMU device model", vr_iommu_model_names, .quoted = true),
    ABI_SWITCH(IOMMU, intremap, "domain IOMMU device intremap value", .quoted = true),
    ABI_SWITCH(IOMMU, caching_mode, "domain IOMMU device caching mode", .quoted = true),
    ABI_SWITCH(IOMMU, eim, "domain IOMMU device eim value", .quoted = true),
    ABI_SWITCH(IOMMU, iotlb, "domain IOMMU device iotlb value", .quoted = true),
    ABI_NUMBER(IOMMU, aw_bits, "domain IOMMU device aw_bits value", .quoted = true), ABI_LAST,
};
static const struct vr_abi_member vsock_members[] = {
    ABI_WORD(struct vr_vsock, model, "domain vsock device model", vr_virtio_model_names, .quoted = true), ABI_LAST,
};
static const struct vr_abi_member no_members[] = { ABI_LAST };

/* Members whose sentences are their own. */
static bool interface_more(const void *x, const void *y, struct vr_error **err)
{
    const struct vr_interface *a = x, *b = y;
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    if (memcmp(&a->mac, &b->mac, sizeof(a->mac)))
        return vr_abi_differs(err, VIR_FROM_DOMAIN, "network card mac", vr_mac_text(arena, &a->mac),
                              vr_mac_text(arena, &b->mac), false);
    return true;
}
static bool redirdev_more(const void *x, const void *y, struct vr_error **err)
{
    const struct vr_redirdev *a = x, *b = y;
    return a->src.type == b->src.type ||
           vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                   _("Target redirected device source type %s does not match source device source type %s"),
                   vr_chr_type_names[b->src.type], vr_chr_type_names[a->src.type]);
}
static bool tpm_more(const void *x, const void *y, struct vr_error **err)
{
    return ((const struct vr_tpm *)x)->model == ((const struct vr_tpm *)y)->model ||
           vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Target TPM device model doesn't match source"));
}
static bool shmem_more(const void *x, const void *y, struct vr_error **err)
{
    const struct vr_shmem *a = x, *b = y;
    if (!vr_streq0(a->model, b->model))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("Target shared memory model '%s' does not match source model '%s'"), b->model ? b->model : "",
                       a->model ? a->model : "");
    if (a->size_bytes != b->size_bytes)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("Target shared memory size '%llu' does not match source size '%llu'"),
                       (unsigned long long)b->size_bytes, (unsigned long long)a->size_bytes);
    return true;
}
static bool memory_more(const void *x, const void *y, struct vr_error **err)
{
    const struct vr_memory *a = x, *b = y;
    if (a->model != b->model)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("Target memory device model '%s' doesn't match source model '%s'"),
                       vr_memory_model_names[b->model], vr_memory_model_names[a->model]);
    if (a->node.v != b->node.v)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("Target memory device targetNode '%d' doesn't match source targetNode '%d'"), (int)b->node.v,
                       (int)a->node.v);
    if (a->size_kib != b->size_kib)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("Target memory device size '%llu' doesn't match source memory device size '%llu'"),
                       (unsigned long long)b->size_kib, (unsigned long long)a->size_kib);
    return true;
}

/* One row for each kind, in the order stock looks. */
#define KIND(S, list_, called, rows, ...)                                                          \
    { .list = VR_MEMBER_LIST(D, list_), .name = called, .members = rows, .info = offsetof(struct S, info) + 1, __VA_ARGS__ }
#define VIRTIO(S) .virtio = offsetof(struct S, virtio) + 1
static const struct kind {
    size_t list;
    const char *name;
    const struct vr_abi_member *members;
    bool (*more)(const void *a, const void *b, struct vr_error **err);
    size_t info, virtio;
    bool virtio_always;
} kinds[] = {
    KIND(vr_disk, disks, "disk", disk_members, VIRTIO(vr_disk), .virtio_always = true),
    KIND(vr_controller, controllers, "controller", controller_members, VIRTIO(vr_controller)),
    KIND(vr_filesystem, filesystems, "filesystem", filesystem_members, VIRTIO(vr_filesystem)),
    KIND(vr_interface, interfaces, "net card", interface_members, VIRTIO(vr_interface), .more = interface_more),
    KIND(vr_input, inputs, "input device", input_members, VIRTIO(vr_input)),
    KIND(vr_sound, sounds, "sound card", sound_members,),
    KIND(vr_video, videos, "video card", video_members, VIRTIO(vr_video)),
    KIND(vr_hostdev, hostdevs, "host device", hostdev_members,),
    KIND(vr_smartcard, smartcards, "smartcard", smartcard_members,),
    KIND(vr_chr, serials, "serial port", serial_members,),
    KIND(vr_chr, parallels, "parallel port", parallel_members,),
    KIND(vr_chr, channels, "channel", channel_members,),
    KIND(vr_chr, consoles, "console", console_members,),
    KIND(vr_hub, hubs, "hub device", hub_members,),
    KIND(vr_redirdev, redirdevs, "redirected devices", redirdev_members, .more = redirdev_more),
    KIND(vr_watchdog, watchdogs, "watchdog", watchdog_members,),
    KIND(vr_rng, rngs, "RNG device", rng_members, VIRTIO(vr_rng)),
    KIND(vr_panic, panics, "panic device", panic_members,),
    KIND(vr_shmem, shmems, "shared memory device", no_members, .more = shmem_more),
    KIND(vr_tpm, tpms, "TPM device", no_members, .more = tpm_more),
    KIND(vr_memory, memories, "memory device", no_members, .more = memory_more),
};

static bool device_check(const struct kind *k, const void *a, const void *b, struct vr_error **err)
{
    const char *x = a, *y = b;
    return (!k->more || k->more(a, b, err)) && vr_abi_members(k->members, a, b, err) &&
           (!k->virtio || virtio_check((const V *)(x + k->virtio - 1), (const V *)(y + k->virtio - 1), k->virtio_always,
                                       err)) &&
           info_check((const struct vr_device_info *)(x + k->info - 1), (const struct vr_device_info *)(y + k->info - 1),
                      err);
}

static bool lists_check(const D *a, const D *b, struct vr_error **err)
{
    for (size_t i = 0; i < VR_COUNT(kinds); i++) {
        const struct kind *k = &kinds[i];
        const struct vr_list *x = (const void *)((const char *)a + k->list);
        const struct vr_list *y = (const void *)((const char *)b + k->list);
        if (x->n != y->n)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Target domain %s count %zu does not match source %zu"),
                           k->name, y->n, x->n);
        for (size_t n = 0; n < x->n; n++)
            if (!device_check(k, x->v[n], y->v[n], err))
                return false;
    }
    return true;
}

/* Devices of which there is one or none. */
static bool singles_check(const D *a, const D *b, struct vr_error **err)
{
    if (!a->memballoon != !b->memballoon)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("Target domain memory balloon count %d does not match source %d"), b->memballoon != NULL,
                       a->memballoon != NULL);
    static const struct kind balloon = { .members = balloon_members, .info = offsetof(struct vr_memballoon, info) + 1,
                                         VIRTIO(vr_memballoon) };
    if (a->memballoon && !device_check(&balloon, a->memballoon, b->memballoon, err))
        return false;
    if (!a->iommu != !b->iommu)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Target domain IOMMU device count does not match source"));
    static const struct kind iommu = { .members = iommu_members, .info = offsetof(IOMMU, info) + 1 };
    if (a->iommu && !device_check(&iommu, a->iommu, b->iommu, err))
        return false;
    if (!a->vsock != !b->vsock)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Target domain vsock device count does not match source"));
    static const struct kind vsock = { .members = vsock_members, .info = offsetof(struct vr_vsock, info) + 1 };
    return !a->vsock || device_check(&vsock, a->vsock, b->vsock, err);
}

static bool filter_check(const D *a, const D *b, struct vr_error **err)
{
    if (a->redirfilter.n != b->redirfilter.n)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("Target domain USB redirection filter count %zu does not match source %zu"), b->redirfilter.n,
                       a->redirfilter.n);
    for (size_t i = 0; i < a->redirfilter.n; i++) {
        const struct vr_redir_filter *x = a->redirfilter.v[i], *y = b->redirfilter.v[i];
        const char *what = x->usb_class.v != y->usb_class.v ? "Class code" :
                           x->vendor.v != y->vendor.v       ? "vendor ID" :
                           x->product.v != y->product.v     ? "product ID" :
                           !vr_streq0(x->version_text, y->version_text) ? "version" : NULL;
        if (what)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Target USB %s does not match source"), what);
        if (x->allow != y->allow)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Target USB allow '%s' does not match source '%s'"),
                           y->allow == VR_TRI_YES ? "yes" : "no", x->allow == VR_TRI_YES ? "yes" : "no");
    }
    return true;
}

bool vr_domain_abi_check(const D *old, const D *new_, struct vr_error **err)
{
    return vr_abi_identity(old, new_, err) && vr_abi_memory(old, new_, err) && vr_abi_vcpus(old, new_, err) &&
           vr_abi_machine(old, new_, err) && vr_abi_features(old, new_, err) && vr_abi_timers(old, new_, err) &&
           vr_abi_cpu(old->cpu, new_->cpu, err) && vr_abi_sysinfo(old, new_, err) && lists_check(old, new_, err) &&
           filter_check(old, new_, err) && singles_check(old, new_, err);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Completion: everything a definition gets that no hypervisor needs to be asked for. Each step is a function named after
 * what it fills in; their order is the order in which one may rest on another.
 */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/str.h"
#include "model/domain_xml.h"
#include "tables.h"

#define D struct vr_domain_def

/* ---- os, clock, life cycle --------------------------------------------------------------------------------------- */

static bool any_boot_order(D *def, const char *kind, void *device, struct vr_device_info *info, void *opaque)
{
    return info->boot_order == 0;
}

static void complete_os(D *d, unsigned flags)
{
    if (!d->os.type)
        d->os.type = "xen";
    if (!d->os.arch && (flags & VR_DOMAIN_TEST))
        d->os.arch = "i686";
    bool per_device = !vr_domain_each_info(d, any_boot_order, NULL);
    if (!d->os.boot.n && !per_device && vr_streq(d->os.type, "hvm")) {
        struct vr_boot *b = vr_arena_new_of(d->arena, struct vr_boot);
        b->dev = VR_BOOT_HD;
        VR_LIST_ADD(d->arena, &d->os.boot, b);
    }
    if (d->os.loader && !d->os.loader_type)
        d->os.loader_type = VR_LOADER_ROM;
    if (d->os.nvram && !d->os.nvram->format)
        d->os.nvram->format = VR_FORMAT_RAW;
}

static bool complete_clock(D *d, struct vr_error **err)
{
    struct vr_clock *c = &d->clock;
    if (!c->offset)
        c->offset = VR_CLOCK_UTC;
    int64_t v = 0;
    bool number = c->adjustment && vr_text_i64(c->adjustment, 10, INT64_MIN, INT64_MAX, &v);
    if ((c->offset == VR_CLOCK_UTC || c->offset == VR_CLOCK_LOCALTIME) && c->adjustment && !vr_streq(c->adjustment,
        "reset")) {
        if (!number)
            return vr_fail(err, VIR_ERR_XML_ERROR, _("unknown clock adjustment '%s'"), c->adjustment);
        c->basis = c->offset == VR_CLOCK_UTC ? "utc" : "localtime";
        c->offset = VR_CLOCK_VARIABLE;
    }
    if (c->offset == VR_CLOCK_VARIABLE) {
        c->adjustment = vr_arena_printf(d->arena, "%lld", (long long)v);
        if (!c->basis)
            c->basis = "utc";
        else if (!vr_streq(c->basis, "utc") && !vr_streq(c->basis, "localtime"))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown clock basis '%s'"), c->basis);
    }
    if (c->offset == VR_CLOCK_TIMEZONE && !c->timezone)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("missing '%s' attribute for clock with offset='%s'"), "timezone",
                       "timezone");
    if (c->offset == VR_CLOCK_ABSOLUTE && !c->start.set)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("missing '%s' attribute for clock with offset='%s'"), "start",
                       "absolute");
    return true;
}

static void complete_actions(D *d)
{
    if (!d->on_poweroff)
        d->on_poweroff = VR_ACTION_DESTROY;
    if (!d->on_reboot)
        d->on_reboot = VR_ACTION_RESTART;
    if (!d->on_crash)
        d->on_crash = VR_ACTION_DESTROY;
}

/* ---- character devices ------------------------------------------------------------------------------------------- */

static void number_ports(struct vr_chr **v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i]->port.set)
            continue;
        int top = -1;
        for (size_t k = 0; k < n; k++)
            if (v[k]->port.set && v[k]->port.v > top)
                top = v[k]->port.v;
        v[i]->port = (struct vr_oint){ true, top + 1 };
    }
}

static struct vr_chr *chr_like(D *d, const struct vr_xml_elem *elem, const struct vr_chr *from, enum vr_chr_kind kind)
{
    struct vr_chr *c = vr_elem_copy(d->arena, elem, from);
    c->kind = kind;
    return c;
}

/* The first console of a full machine is its first serial port seen a second time. */
static bool complete_consoles(D *d, struct vr_error **err)
{
    bool hvm = vr_streq(d->os.type, "hvm");
    for (size_t i = 0; i < d->consoles.n; i++) {
        struct vr_chr *c = d->consoles.v[i];
        if (!c->console_target)
            c->console_target = vr_streq(d->os.type, "hvm") ? VR_CONSOLE_SERIAL : vr_streq(d->os.type,
                "uml") ? VR_CONSOLE_UML :
                                d->type == VR_VIRT_LXC ? VR_CONSOLE_LXC : VR_CONSOLE_XEN;
        if (hvm && i > 0 && c->console_target == VR_CONSOLE_SERIAL)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Only the first console can be a serial port"));
    }
    if (hvm && d->consoles.n && d->consoles.v[0]->console_target == VR_CONSOLE_SERIAL) {
        if (!d->serials.n) {
            struct vr_chr *s = chr_like(d, &vr_serial_elem, d->consoles.v[0], VR_CHR_KIND_SERIAL);
            s->console_target = VR_CONSOLE_UNSET;
            VR_LIST_ADD(d->arena, &d->serials, s);
            s->port = (struct vr_oint){ true, 0 };
        }
        struct vr_chr *c = chr_like(d, &vr_console_elem, d->serials.v[0], VR_CHR_KIND_CONSOLE);
        c->console_target = VR_CONSOLE_SERIAL;
        c->serial_target = VR_SERIAL_UNSET;
        c->serial_model = VR_SERIAL_MODEL_UNSET;
        d->consoles.v[0] = c;
    } else if (hvm && !d->consoles.n && d->serials.n) {
        const struct vr_chr *s = d->serials.v[0];
        if (s->serial_target == VR_SERIAL_USB || s->serial_target == VR_SERIAL_PCI ||
            s->serial_target == VR_SERIAL_ISA_DEBUG)
            return true;
        struct vr_chr *c = chr_like(d, &vr_console_elem, s, VR_CHR_KIND_CONSOLE);
        c->console_target = VR_CONSOLE_SERIAL;
        c->serial_target = VR_SERIAL_UNSET;
        c->serial_model = VR_SERIAL_MODEL_UNSET;
        VR_LIST_ADD(d->arena, &d->consoles, c);
    }
    return true;
}

/* ---- network cards ----------------------------------------------------------------------------------------------- */

static void complete_interface(struct vr_interface *n)
{
    if (!n->has_mac) {
        unsigned char tail[3] = { 0 };
        if (getrandom(tail, sizeof(tail), 0) != (ssize_t)sizeof(tail))
            abort();
        n->mac = (struct vr_mac){ { 0x52, 0x54, 0x00, tail[0], tail[1], tail[2] } };
        n->has_mac = true;
    }
}

/* ---- input, video, sound ----------------------------------------------------------------------------------------- */

static bool is_x86(const D *d)
{
    return !d->os.arch || vr_streq(d->os.arch, "i686") || vr_streq(d->os.arch, "x86_64");
}

static enum vr_input_bus ps2_bus(const D *d)
{
    return vr_streq(d->os.type,
                    "hvm") ? VR_INPUT_BUS_PS2 : d->type == VR_VIRT_VZ ? VR_INPUT_BUS_PARALLELS : VR_INPUT_BUS_XEN;
}

static void complete_input(const D *d, struct vr_input *i)
{
    if (i->bus)
        return;
    bool plain = i->type == VR_INPUT_MOUSE || i->type == VR_INPUT_KEYBOARD;
    if (vr_streq(d->os.type, "hvm"))
        i->bus = plain && is_x86(d) ? VR_INPUT_BUS_PS2 : VR_INPUT_BUS_USB;
    else
        i->bus = d->type == VR_VIRT_VZ ? VR_INPUT_BUS_PARALLELS : VR_INPUT_BUS_XEN;
}

static void want_input(D *d, enum vr_input_type type, enum vr_input_bus bus)
{
    for (size_t i = 0; i < d->inputs.n; i++)
        if (d->inputs.v[i]->type == type && d->inputs.v[i]->bus == bus)
            return;
    struct vr_arena *own = vr_arena_child(d->arena);
    struct vr_input *input = vr_arena_new_of(own, struct vr_input);
    input->arena = own;
    input->type = type;
    input->bus = bus;
    VR_LIST_ADD(d->arena, &d->inputs, input);
}

static void complete_inputs(D *d, unsigned flags)
{
    for (size_t i = 0; i < d->inputs.n; i++)
        complete_input(d, d->inputs.v[i]);
    if (d->graphics.n && is_x86(d) && !(flags & VR_DOMAIN_TEST)) {
        want_input(d, VR_INPUT_MOUSE, ps2_bus(d));
        want_input(d, VR_INPUT_KEYBOARD, ps2_bus(d));
    }
}

static unsigned power_of_two(unsigned v)
{
    unsigned p = 1;
    while (p < v && p < 1u << 31)
        p <<= 1;
    return v ? p : 0;
}

static void complete_video(const D *d, struct vr_video *v, unsigned flags)
{
    if (v->type == VR_VIDEO_DEFAULT && (d->type == VR_VIRT_TEST || (flags & VR_DOMAIN_TEST)))
        v->type = d->os.arch && vr_starts_with(d->os.arch, "ppc64") ? VR_VIDEO_VGA : VR_VIDEO_CIRRUS;
    if (v->type == VR_VIDEO_QXL && !v->ram)
        v->ram = 64 * 1024;
    if (v->type == VR_VIDEO_QXL && !v->vram)
        v->vram = 64 * 1024;
    if (!v->vram) {
        switch (v->type) {
        case VR_VIDEO_VGA:
        case VR_VIDEO_CIRRUS:
        case VR_VIDEO_VMVGA:
        case VR_VIDEO_BOCHS:
            v->vram = d->type == VR_VIRT_VBOX ? 8 * 1024 : d->type == VR_VIRT_VMWARE ? 4 * 1024 : 16 * 1024;
            break;
        case VR_VIDEO_XEN: v->vram = 4 * 1024; break;
        default: break;
        }
    }
    if (v->type == VR_VIDEO_QXL) { /* the device wants powers of two */
        v->ram = power_of_two(v->ram);
        v->vram = power_of_two(v->vram);
        v->vgamem = power_of_two(v->vgamem);
    }
    if (v->type == VR_VIDEO_NONE)
        v->heads = 0;
}

static bool complete_videos(D *d, unsigned flags, struct vr_error **err)
{
    if (!d->videos.n && d->graphics.n) { /* what is shown needs a card */
        struct vr_arena *own = vr_arena_child(d->arena);
        struct vr_video *v = vr_arena_new_of(own, struct vr_video);
        v->arena = own;
        v->type = VR_VIDEO_DEFAULT;
        v->heads = 1;
        VR_LIST_ADD(d->arena, &d->videos, v);
    }
    size_t primary = d->videos.n;
    for (size_t i = 0; i < d->videos.n; i++)
        if (d->videos.v[i]->primary == VR_TRI_YES) {
            if (primary != d->videos.n)
                return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Only one primary video device is supported"));
            primary = i;
        }
    if (primary == d->videos.n)
        primary = 0;
    if (d->videos.n && primary) {
        struct vr_video *first = d->videos.v[primary];
        VR_LIST_REMOVE(&d->videos, primary);
        VR_LIST_INSERT(d->arena, &d->videos, 0, first);
    }
    for (size_t i = 0; i < d->videos.n; i++) {
        d->videos.v[i]->primary = i == 0 && d->videos.v[i]->type != VR_VIDEO_NONE ? VR_TRI_YES : VR_TRI_UNSET;
        complete_video(d, d->videos.v[i], flags);
    }
    return true;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static bool interface_named(const D *d, const char *name)
{
    for (size_t i = 0; i < d->interfaces.n; i++)
        if (d->interfaces.v[i]->target && vr_streq(d->interfaces.v[i]->target, name))
            return true;
    return false;
}

/* The mock's interfaces have names on a host: the first testnetN that is free in this domain. */
static void name_interfaces(D *d)
{
    unsigned next = 0;
    for (size_t i = 0; i < d->interfaces.n; i++) {
        struct vr_interface *nic = d->interfaces.v[i];
        while (!nic->target) {
            const char *name = vr_arena_printf(nic->arena, "testnet%u", next++);
            if (!interface_named(d, name))
                nic->target = name;
        }
    }
}

bool vr_domain_complete(D *d, unsigned flags, struct vr_error **err)
{
    if (!d->uuid_set) {
        vr_uuid_generate(&d->uuid);
        d->uuid_set = true;
    }
    if (!vr_domain_complete_numa(d, err))
        return false;
    vr_domain_complete_cputune(d);
    complete_os(d, flags);
    complete_actions(d);
    vr_domain_complete_iothreads(d);
    if (!vr_domain_complete_vcpus(d, err) || !vr_domain_complete_memory(d, flags, err) || !complete_clock(d, err))
        return false;
    vr_domain_complete_sort_controllers(d);
    vr_domain_complete_number_controllers(d);
    for (size_t i = 0; i < d->interfaces.n; i++)
        complete_interface(d->interfaces.v[i]);
    if (flags & VR_DOMAIN_TEST)
        name_interfaces(d);
    number_ports(d->serials.v, d->serials.n);
    number_ports(d->parallels.v, d->parallels.n);
    for (size_t i = 0; i < d->consoles.n; i++) /* a console's port is its place, whatever was said */
        d->consoles.v[i]->port = (struct vr_oint){ true, (int)i };
    if (!complete_consoles(d, err))
        return false;
    complete_inputs(d, flags);
    return complete_videos(d, flags, err) && vr_domain_complete_disks(d, flags, err) && vr_domain_complete_controllers(d, flags, err);
}

bool vr_device_complete(const D *def, struct vr_device *dev, unsigned flags, struct vr_error **err)
{
    switch (dev->kind) {
    case VR_DEVICE_DISK: return vr_domain_complete_disk_address(def, dev->v, flags, err);
    case VR_DEVICE_INTERFACE: complete_interface(dev->v); return true;
    case VR_DEVICE_INPUT: complete_input(def, dev->v); return true;
    case VR_DEVICE_VIDEO: complete_video(def, dev->v, flags); return true;
    case VR_DEVICE_CONTROLLER: {
        struct vr_controller *c = dev->v;
        for (int i = 0; !c->index.set; i++)
            if (!vr_domain_complete_have_controller(def, c->type, i))
                c->index = (struct vr_oint){ true, i };
        return true;
    }
    default: return true;
    }
}

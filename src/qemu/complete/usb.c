/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* USB ports: what the document says first, then the first free one on any bus; hubs are added when ports run short. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/str.h"
#include "qemu/complete/parts.h"

#define HUB_PORTS 8
#define MAX_DEPTH 4
#define MAX_PORTS 31
#define MAX_HUBS 1024 /* added for one guest: more only with a document of thousands of USB devices */

struct hub {
    unsigned ports;
    bool used[MAX_PORTS + 1];
    struct hub *child[MAX_PORTS + 1];
};
struct usb {
    struct vr_domain_def *def;
    struct hub **bus; /* by index, NULL: no such bus */
    size_t n;
};

static struct hub *hub_new(struct usb *usb, unsigned ports)
{
    struct hub *h = vr_arena_new_of(usb->def->arena, struct hub);
    h->ports = ports > MAX_PORTS ? MAX_PORTS : ports;
    return h;
}

static unsigned controller_ports(const struct vr_controller *c)
{
    switch (c->model) {
    case VR_CMODEL_PIIX3_UHCI:
    case VR_CMODEL_PIIX4_UHCI:
    case VR_CMODEL_VT82C686B_UHCI:
        return 2;
    case VR_CMODEL_EHCI:
    case VR_CMODEL_ICH9_EHCI1:
        return 6;
    case VR_CMODEL_PCI_OHCI:
        return 3;
    case VR_CMODEL_NEC_XHCI:
    case VR_CMODEL_QEMU_XHCI:
        return c->ports.set && c->ports.v > 0 ? c->ports.v : 4;
    case VR_CMODEL_UNSET:
        return 2;
    default:
        return 0; /* companions have none of their own */
    }
}

static bool parse_port(const char *text, unsigned path[MAX_DEPTH], unsigned *depth)
{
    *depth = 0;
    while (*text) {
        char *end;
        unsigned long v = strtoul(text, &end, 10);
        if (end == text || v > MAX_PORTS || *depth >= MAX_DEPTH || (*end && *end != '.'))
            return false;
        path[(*depth)++] = v;
        text = *end ? end + 1 : end;
    }
    return *depth > 0;
}

static bool reserve(struct usb *usb, const struct vr_device_info *info, bool is_hub, struct vr_error **err)
{
    unsigned path[MAX_DEPTH], depth;
    if (!parse_port(info->usb.port, path, &depth))
        return vr_fail(err, VIR_ERR_XML_ERROR, _("Cannot parse <address> '%s' attribute"), "port");
    if (info->usb.bus >= usb->n || !usb->bus[info->usb.bus])
        return vr_fail(err, VIR_ERR_XML_ERROR, _("Missing USB bus %u"), info->usb.bus);
    struct hub *hub = usb->bus[info->usb.bus];
    for (unsigned i = 0;; i++) {
        if (path[i] < 1 || path[i] > hub->ports)
            return vr_fail(err, VIR_ERR_XML_ERROR, _("port %u out of range in USB address bus: %u port: %s"), path[i],
                           info->usb.bus, info->usb.port);
        if (i == depth - 1)
            break;
        if (!hub->child[path[i]])
            return vr_fail(err, VIR_ERR_XML_ERROR, _("there is no hub at port %u in USB address bus: %u port: %s"),
                           path[i], info->usb.bus, info->usb.port);
        hub = hub->child[path[i]];
    }
    unsigned last = path[depth - 1];
    if (hub->used[last])
        return vr_fail(err, VIR_ERR_XML_ERROR, _("Duplicate USB address bus %u port %s"), info->usb.bus,
                       info->usb.port);
    hub->used[last] = true;
    if (is_hub && depth < MAX_DEPTH)
        hub->child[last] = hub_new(usb, HUB_PORTS);
    return true;
}

static bool find_free(struct hub *hub, unsigned path[MAX_DEPTH], unsigned depth, unsigned *length)
{
    for (unsigned p = 1; p <= hub->ports; p++) {
        if (!hub->used[p]) {
            path[depth] = p;
            *length = depth + 1;
            return true;
        }
    }
    for (unsigned p = 1; p <= hub->ports && depth + 1 < MAX_DEPTH; p++) {
        path[depth] = p;
        if (hub->child[p] && find_free(hub->child[p], path, depth + 1, length))
            return true;
    }
    return false;
}

static bool assign(struct usb *usb, struct vr_device_info *info, bool is_hub, struct vr_error **err)
{
    bool fixed = info->type == VR_ADDRESS_USB;
    for (size_t b = fixed ? info->usb.bus : 0; b < usb->n; b++) {
        unsigned path[MAX_DEPTH], length;
        if (usb->bus[b] && find_free(usb->bus[b], path, 0, &length)) {
            char text[64];
            size_t at = 0;
            for (unsigned i = 0; i < length; i++)
                at += snprintf(text + at, sizeof(text) - at, "%s%u", i ? "." : "", path[i]);
            info->type = VR_ADDRESS_USB;
            info->usb.bus = b;
            info->usb.port = vr_arena_strdup(usb->def->arena, text);
            info->assigned = true;
            return reserve(usb, info, is_hub, err);
        }
        if (fixed)
            break;
    }
    if (fixed && (info->usb.bus >= usb->n || !usb->bus[info->usb.bus]))
        return vr_fail(err, VIR_ERR_XML_ERROR, _("USB bus %u requested but no controller with that index is present"),
                       info->usb.bus);
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("No free USB ports"));
}

typedef bool (*usb_fn)(struct usb *usb, struct vr_device_info *info, bool is_hub, struct vr_error **err);

/* Every device on USB, in stock's order. */
static bool each(struct usb *usb, usb_fn fn, bool hubs, struct vr_error **err)
{
    struct vr_domain_def *def = usb->def;
    for (size_t i = 0; hubs && i < def->hubs.n; i++)
        if (!fn(usb, &def->hubs.v[i]->info, true, err))
            return false;
    for (size_t i = 0; i < def->hostdevs.n; i++)
        if (def->hostdevs.v[i]->mode == VR_HOSTDEV_MODE_SUBSYS && def->hostdevs.v[i]->type == VR_HOSTDEV_USB &&
            !fn(usb, &def->hostdevs.v[i]->info, false, err))
            return false;
    for (size_t i = 0; i < def->disks.n; i++)
        if (def->disks.v[i]->bus == VR_DISK_BUS_USB && !fn(usb, &def->disks.v[i]->info, false, err))
            return false;
    for (size_t i = 0; i < def->controllers.n; i++)
        if (def->controllers.v[i]->type == VR_CONTROLLER_CCID && !fn(usb, &def->controllers.v[i]->info, false, err))
            return false;
    for (size_t i = 0; i < def->inputs.n; i++)
        if (def->inputs.v[i]->bus == VR_INPUT_BUS_USB && !fn(usb, &def->inputs.v[i]->info, false, err))
            return false;
    for (size_t i = 0; i < def->serials.n; i++)
        if (def->serials.v[i]->serial_target == VR_SERIAL_USB && !fn(usb, &def->serials.v[i]->info, false, err))
            return false;
    for (size_t i = 0; i < def->sounds.n; i++)
        if (def->sounds.v[i]->model == VR_SOUND_USB && !fn(usb, &def->sounds.v[i]->info, false, err))
            return false;
    for (size_t i = 0; i < def->redirdevs.n; i++)
        if (!fn(usb, &def->redirdevs.v[i]->info, false, err))
            return false;
    return true;
}

static bool has_port(const struct vr_device_info *info)
{
    return info->type == VR_ADDRESS_USB && info->usb.port;
}

static bool reserve_given(struct usb *usb, struct vr_device_info *info, bool is_hub, struct vr_error **err)
{
    return !has_port(info) || is_hub || reserve(usb, info, is_hub, err);
}

static bool assign_missing(struct usb *usb, struct vr_device_info *info, bool is_hub, struct vr_error **err)
{
    if (has_port(info) || (info->type != VR_ADDRESS_UNSET && info->type != VR_ADDRESS_USB))
        return true;
    return assign(usb, info, is_hub, err);
}

static unsigned free_ports(const struct hub *hub)
{
    unsigned n = 0;
    for (unsigned p = 1; p <= hub->ports; p++)
        n += hub->child[p] ? free_ports(hub->child[p]) : !hub->used[p];
    return n;
}

static bool count_missing_fn(struct usb *usb, struct vr_device_info *info, bool is_hub, struct vr_error **err)
{
    return has_port(info) || info->type != VR_ADDRESS_UNSET;
}

static size_t count_missing(struct usb *usb)
{
    /* each() stops at the first one missing, so ask list by list: the lists are short, the walk is what we share */
    size_t n = 0;
    struct vr_domain_def *def = usb->def;
#define COUNT(list, cond)                                                                                              \
    for (size_t i = 0; i < def->list.n; i++)                                                                           \
        n += (cond) && !count_missing_fn(usb, &def->list.v[i]->info, false, NULL);
    COUNT(hostdevs, def->hostdevs.v[i]->mode == VR_HOSTDEV_MODE_SUBSYS && def->hostdevs.v[i]->type == VR_HOSTDEV_USB)
    COUNT(disks, def->disks.v[i]->bus == VR_DISK_BUS_USB)
    COUNT(controllers, def->controllers.v[i]->type == VR_CONTROLLER_CCID)
    COUNT(inputs, def->inputs.v[i]->bus == VR_INPUT_BUS_USB)
    COUNT(serials, def->serials.v[i]->serial_target == VR_SERIAL_USB)
    COUNT(sounds, def->sounds.v[i]->model == VR_SOUND_USB)
    COUNT(redirdevs, true)
#undef COUNT
    return n;
}

static bool add_hubs(struct usb *usb, struct vr_error **err)
{
    size_t available = 0, missing = count_missing(usb);
    for (size_t b = 0; b < usb->n; b++)
        available += usb->bus[b] ? free_ports(usb->bus[b]) : 0;
    if (missing <= available)
        return true;
    size_t needed = (missing - available + 1 + HUB_PORTS - 2) / (HUB_PORTS - 1);
    if (needed > MAX_HUBS)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("No free USB ports"));
    for (size_t i = 0; i < needed; i++) {
        struct vr_hub *hub = VR_NEW_DEVICE(usb->def, vr_hub);
        hub->type = "usb";
        VR_LIST_ADD(usb->def->arena, &usb->def->hubs, hub);
        if (!assign(usb, &hub->info, true, err))
            return false;
    }
    return true;
}

bool vr_complete_usb(struct vr_domain_def *def, struct vr_error **err)
{
    struct usb usb = { .def = def };
    int last = -1;
    for (size_t i = 0; i < def->controllers.n; i++) {
        const struct vr_controller *c = def->controllers.v[i];
        if (c->type == VR_CONTROLLER_USB && c->model == VR_CMODEL_NONE)
            return true;
        if (c->type == VR_CONTROLLER_USB && c->index.v > last)
            last = c->index.v;
    }
    if (last > 65535)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("Controller index %d is too high"), last);
    usb.n = last + 1;
    usb.bus = vr_arena_alloc(def->arena, (usb.n + 1) * sizeof(*usb.bus));
    for (size_t i = 0; i < def->controllers.n; i++) {
        const struct vr_controller *c = def->controllers.v[i];
        unsigned ports = c->type == VR_CONTROLLER_USB ? controller_ports(c) : 0;
        if (ports && c->index.v >= 0 && !usb.bus[c->index.v])
            usb.bus[c->index.v] = hub_new(&usb, ports);
    }
    /* Hubs that have a place come first, shorter paths before longer ones: a hub may sit on a later one. */
    for (unsigned depth = 1; depth <= MAX_DEPTH; depth++) {
        for (size_t i = 0; i < def->hubs.n; i++) {
            const struct vr_device_info *info = &def->hubs.v[i]->info;
            unsigned path[MAX_DEPTH], length = 0;
            if (has_port(info) && (!parse_port(info->usb.port, path, &length) ? depth == 1 : length == depth) &&
                !reserve(&usb, info, true, err))
                return false;
        }
    }
    if (usb.n && (!add_hubs(&usb, err)))
        return false;
    return each(&usb, reserve_given, true, err) && each(&usb, assign_missing, true, err);
}

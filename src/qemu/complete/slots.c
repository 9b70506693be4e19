/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Places on the small buses: virtio-serial ports, CCID slots, DIMM slots. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include <stdlib.h>
#include "base/alloc.h"
#include "base/str.h"
#include "qemu/complete/parts.h"

#define SERIAL_PORTS 31

static struct vr_controller *serial_controller(struct vr_domain_def *def, unsigned index)
{
    return vr_qemu_find_controller(def, VR_CONTROLLER_VIRTIO_SERIAL, index);
}

static unsigned max_ports(const struct vr_controller *c)
{
    return c->ports.set && c->ports.v >= 0 ? (unsigned)c->ports.v : SERIAL_PORTS;
}

static bool on_virtio_serial(const struct vr_chr *c)
{
    return c->kind == VR_CHR_KIND_CHANNEL ? c->channel_target == VR_CHANNEL_VIRTIO
                                          : c->kind == VR_CHR_KIND_CONSOLE && c->console_target == VR_CONSOLE_VIRTIO;
}

static bool complete_address(const struct vr_device_info *info)
{
    return info->type == VR_ADDRESS_VIRTIO_SERIAL && info->vioserial.port != 0;
}

struct ports {
    struct vr_domain_def *def;
    const struct vr_chr **taken; /* who has a place already */
    size_t n;
};

static bool taken(const struct ports *p, unsigned controller, unsigned port)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->taken[i]->info.vioserial.controller == controller && p->taken[i]->info.vioserial.port == port)
            return true;
    return false;
}

static bool reserve(struct ports *p, const struct vr_chr *c, struct vr_error **err)
{
    const struct vr_device_info *info = &c->info;
    const struct vr_controller *k = serial_controller(p->def, info->vioserial.controller);
    if (info->vioserial.bus != 0)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("Unsupported virtio serial bus %u"), info->vioserial.bus);
    if (!k)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("virtio serial controller %u is missing"), info->vioserial.controller);
    if (info->vioserial.port >= max_ports(k))
        return vr_fail(err, VIR_ERR_XML_ERROR, _("virtio serial controller %u does not have port %u"),
                       info->vioserial.controller, info->vioserial.port);
    if (taken(p, info->vioserial.controller, info->vioserial.port))
        return vr_fail(err, VIR_ERR_XML_ERROR, _("virtio serial port %u on controller %u is already occupied"),
                       info->vioserial.port, info->vioserial.controller);
    p->taken[p->n++] = c;
    return true;
}

static bool free_port(const struct ports *p, const struct vr_controller *k, unsigned first, unsigned *port)
{
    for (unsigned i = first; i < max_ports(k); i++) {
        if (!taken(p, k->index.v, i)) {
            *port = i;
            return true;
        }
    }
    return false;
}

static bool assign(struct ports *p, struct vr_chr *c, bool allow_zero, struct vr_error **err)
{
    struct vr_device_info *info = &c->info;
    unsigned port = 0;
    const struct vr_controller *found = NULL;
    if (info->type == VR_ADDRESS_VIRTIO_SERIAL) {
        const struct vr_controller *k = serial_controller(p->def, info->vioserial.controller);
        if (!k)
            return vr_fail(err, VIR_ERR_XML_ERROR, _("virtio serial controller %u is missing"),
                           info->vioserial.controller);
        if (!free_port(p, k, allow_zero ? 0 : 1, &port))
            return vr_fail(err, VIR_ERR_XML_ERROR, _("Unable to find a free port on virtio-serial controller %u"),
                           info->vioserial.controller);
        found = k;
    }
    for (unsigned i = 0, seen = 0; !found && i < 1024 && seen < p->def->controllers.n; i++) {
        const struct vr_controller *k = serial_controller(p->def, i);
        seen += k != NULL;
        if (k && free_port(p, k, allow_zero ? 0 : 1, &port))
            found = k;
    }
    if (!found) {
        int next = 0;
        for (size_t i = 0; i < p->def->controllers.n; i++)
            if (p->def->controllers.v[i]->type == VR_CONTROLLER_VIRTIO_SERIAL &&
                p->def->controllers.v[i]->index.v >= next)
                next = p->def->controllers.v[i]->index.v + 1;
        found = vr_complete_add_controller(p->def, VR_CONTROLLER_VIRTIO_SERIAL, next, VR_CMODEL_UNSET);
        if (!free_port(p, found, allow_zero ? 0 : 1, &port))
            return vr_fail(err, VIR_ERR_XML_ERROR, "%s", _("Unable to find a free virtio-serial port"));
    }
    info->type = VR_ADDRESS_VIRTIO_SERIAL;
    info->vioserial.controller = found->index.v;
    info->vioserial.bus = 0;
    info->vioserial.port = port;
    info->assigned = true;
    p->taken[p->n++] = c;
    return true;
}

bool vr_complete_virtio_serial(struct vr_domain_def *def, struct vr_error **err)
{
    struct ports p = { .def = def };
    p.taken = vr_realloc(NULL, def->consoles.n + def->channels.n + 1, sizeof(*p.taken));
    bool ok = true;
    for (size_t i = 0; ok && i < def->consoles.n; i++)
        if (on_virtio_serial(def->consoles.v[i]) && complete_address(&def->consoles.v[i]->info))
            ok = reserve(&p, def->consoles.v[i], err);
    for (size_t i = 0; ok && i < def->channels.n; i++)
        if (on_virtio_serial(def->channels.v[i]) && complete_address(&def->channels.v[i]->info))
            ok = reserve(&p, def->channels.v[i], err);
    for (size_t i = 0; ok && i < def->consoles.n; i++)
        if (on_virtio_serial(def->consoles.v[i]) && !complete_address(&def->consoles.v[i]->info))
            ok = assign(&p, def->consoles.v[i], true, err);
    for (size_t i = 0; ok && i < def->channels.n; i++)
        if (on_virtio_serial(def->channels.v[i]) && !complete_address(&def->channels.v[i]->info))
            ok = assign(&p, def->channels.v[i], false, err);
    free(p.taken);
    return ok;
}

bool vr_complete_ccid(struct vr_domain_def *def, struct vr_error **err)
{
    for (size_t i = 0; i < def->smartcards.n; i++) {
        struct vr_device_info *info = &def->smartcards.v[i]->info;
        if (info->type != VR_ADDRESS_UNSET)
            continue;
        for (unsigned k = 0; k < 256 && info->type == VR_ADDRESS_UNSET; k++) {
            bool used = false;
            for (size_t o = 0; o < def->smartcards.n; o++) {
                const struct vr_device_info *other = &def->smartcards.v[o]->info;
                used = used || (other->type == VR_ADDRESS_CCID && other->ccid.controller == k);
            }
            if (used)
                continue;
            info->type = VR_ADDRESS_CCID;
            info->ccid.controller = k;
            info->ccid.slot = 0;
            info->assigned = true;
        }
        vr_complete_want_controller(def, VR_CONTROLLER_CCID, info->ccid.controller);
    }
    return true;
}

bool vr_complete_memory_slots(struct vr_domain_def *def, struct vr_error **err)
{
    if (!def->memories.n || !def->memory_slots)
        return true;
    for (size_t i = 0; i < def->memories.n; i++) {
        struct vr_memory *m = def->memories.v[i];
        if (m->model != VR_MEMORY_DIMM && m->model != VR_MEMORY_NVDIMM)
            continue;
        if (m->info.type == VR_ADDRESS_DIMM && m->info.dimm.slot >= def->memory_slots)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("memory device slot '%u' exceeds slots count '%u'"),
                           m->info.dimm.slot, def->memory_slots);
        if (m->info.type != VR_ADDRESS_UNSET)
            continue;
        unsigned slot = 0;
        for (size_t o = 0; o < def->memories.n; o++) {
            if (def->memories.v[o]->info.type == VR_ADDRESS_DIMM && def->memories.v[o]->info.dimm.slot == slot) {
                slot++;
                o = (size_t)-1; /* start over: the list is in any order */
            }
        }
        if (slot >= def->memory_slots)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("count of memory devices requiring memory slots '%zu' "
                           "exceeds slots count '%u'"), def->memories.n, def->memory_slots);
        m->info.type = VR_ADDRESS_DIMM;
        m->info.dimm.slot = slot;
        m->info.assigned = true;
    }
    return true;
}

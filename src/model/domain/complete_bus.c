/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Completion of what sits on buses: drive addresses, and the controllers that addresses imply. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "model/domain_xml.h"
#include "tables.h"

#define D struct vr_domain_def

/* ---- disks ------------------------------------------------------------------------------------------------------- */

static bool drive_used(const D *d, enum vr_disk_bus bus, const struct vr_device_info *want, const void *self)
{
    for (size_t i = 0; i < d->disks.n; i++) {
        const struct vr_disk *o = d->disks.v[i];
        if (o == self || o->bus != bus || o->info.type != VR_ADDRESS_DRIVE)
            continue;
        if (!memcmp(&o->info.drive, &want->drive, sizeof(want->drive)))
            return true;
    }
    for (size_t i = 0; bus == VR_DISK_BUS_SCSI && i < d->hostdevs.n; i++) {
        const struct vr_hostdev *h = d->hostdevs.v[i];
        if (h != self && h->type == VR_HOSTDEV_SCSI && h->info.type == VR_ADDRESS_DRIVE &&
            !memcmp(&h->info.drive, &want->drive, sizeof(want->drive)))
            return true;
    }
    return false;
}

bool vr_domain_complete_disk_address(const D *d, struct vr_disk *k, unsigned flags, struct vr_error **err)
{
    if (k->info.type != VR_ADDRESS_UNSET)
        return true;
    int index = vr_disk_target_index(k->target);
    if (index < 0)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("Unknown disk name '%s' and no address specified"), k->target);
    unsigned n = (unsigned)index, wide = 7; /* as narrow buses have it, whatever the controller can */
    struct vr_device_info *info = &k->info;
    switch (k->bus) {
    case VR_DISK_BUS_SCSI:
        info->drive.controller = n / wide;
        info->drive.unit = n % wide;
        info->type = VR_ADDRESS_DRIVE;
        /* A host device may sit there already: it cannot move, the disk can. */
        while (drive_used(d, k->bus, info, k)) {
            if (++info->drive.unit >= wide) {
                info->drive.unit = 0;
                info->drive.controller++;
            }
        }
        return true;
    case VR_DISK_BUS_IDE:
        info->drive.controller = n / 4;
        info->drive.bus = n % 4 / 2;
        info->drive.unit = n % 2;
        break;
    case VR_DISK_BUS_SATA:
        info->drive.controller = n / 6;
        info->drive.unit = n % 6;
        break;
    case VR_DISK_BUS_FDC:
        info->drive.controller = n / 2;
        info->drive.unit = n % 2;
        break;
    default: return true;
    }
    info->type = VR_ADDRESS_DRIVE;
    return true;
}

static void sort_disks(D *d)
{
    VR_LIST(struct vr_disk) all = { d->disks.v, d->disks.n };
    d->disks.v = NULL;
    d->disks.n = 0;
    for (size_t i = 0; i < all.n; i++)
        vr_domain_add_device(d, &(struct vr_device){ VR_DEVICE_DISK, all.v[i] });
}

/* ---- controllers ------------------------------------------------------------------------------------------------- */

bool vr_domain_complete_have_controller(const D *d, enum vr_controller_type type, int index)
{
    for (size_t i = 0; i < d->controllers.n; i++)
        if (d->controllers.v[i]->type == type && d->controllers.v[i]->index.v == index &&
            d->controllers.v[i]->index.set)
            return true;
    return false;
}

static void want_controller(D *d, enum vr_controller_type type, int index)
{
    if (vr_domain_complete_have_controller(d, type, index))
        return;
    struct vr_arena *own = vr_arena_child(d->arena);
    struct vr_controller *c = vr_arena_new_of(own, struct vr_controller);
    c->arena = own;
    c->type = type;
    c->index = (struct vr_oint){ true, index };
    for (size_t i = d->controllers.n; type == VR_CONTROLLER_SCSI && i-- > 0 && !c->model;)
        if (d->controllers.v[i]->type == type)
            c->model = d->controllers.v[i]->model; /* one more of the kind that is there */
    c->implied = true;
    VR_LIST_ADD(d->arena, &d->controllers, c); /* at the end, as stock does, until the document is read again */
}

#define MAX_IMPLIED 1024 /* an address may name any controller number: do not make millions of them */

static bool want_controllers(D *d, enum vr_controller_type type, int64_t top, struct vr_error **err)
{
    if (top >= MAX_IMPLIED)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("address names controller %lld of type '%s', which is not defined"),
                       (long long)top,
                       vr_controller_type_names[type]);
    for (int i = 0; i <= top; i++)
        want_controller(d, type, i);
    return true;
}

static bool is_ich9(const struct vr_controller *c)
{
    return c->type == VR_CONTROLLER_USB && (c->model == VR_CMODEL_ICH9_UHCI1 || c->model == VR_CMODEL_ICH9_UHCI2 ||
                                            c->model == VR_CMODEL_ICH9_UHCI3 || c->model == VR_CMODEL_ICH9_EHCI1);
}

/* The controllers of one ICH9 set share a number: the last set that still lacks this model, or -1. */
static int open_ich9_set(const D *d, const struct vr_controller *fresh, size_t before)
{
    for (size_t i = before; i-- > 0;) {
        const struct vr_controller *c = d->controllers.v[i];
        if (c->type != VR_CONTROLLER_USB)
            continue;
        if (!is_ich9(c) || !c->index.set)
            return -1;
        for (size_t k = 0; k < d->controllers.n; k++) {
            const struct vr_controller *o = d->controllers.v[k];
            if (o->type == VR_CONTROLLER_USB && o->index.set && o->index.v == c->index.v && o->model == fresh->model)
                return -1;
        }
        return c->index.v;
    }
    return -1;
}

void vr_domain_complete_number_controllers(D *d)
{
    for (size_t i = 0; i < d->controllers.n; i++) {
        struct vr_controller *c = d->controllers.v[i];
        if (c->index.set)
            continue;
        int index = is_ich9(c) ? open_ich9_set(d, c, i) : -1;
        if (index >= 0) {
            c->index = (struct vr_oint){ true, index };
            continue;
        }
        index = 0;
        while (vr_domain_complete_have_controller(d, c->type, index))
            index++;
        c->index = (struct vr_oint){ true, index };
    }
}

void vr_domain_complete_sort_controllers(D *d)
{
    VR_LIST(struct vr_controller) all = { d->controllers.v, d->controllers.n };
    d->controllers.v = NULL;
    d->controllers.n = 0;
    for (size_t i = 0; i < all.n; i++)
        vr_domain_add_device(d, &(struct vr_device){ VR_DEVICE_CONTROLLER, all.v[i] });
}

static bool controllers_of_disks(D *d, enum vr_controller_type type, enum vr_disk_bus bus, struct vr_error **err)
{
    int64_t top = -1;
    for (size_t i = 0; i < d->disks.n; i++) {
        const struct vr_disk *k = d->disks.v[i];
        if (k->bus == bus && k->info.type == VR_ADDRESS_DRIVE && (int64_t)k->info.drive.controller > top)
            top = k->info.drive.controller;
    }
    return want_controllers(d, type, top, err);
}

static bool controllers_of_ports(D *d, struct vr_error **err)
{
    const struct { struct vr_chr **v; size_t n; } lists[] = { { d->channels.v, d->channels.n }, { d->consoles.v,
        d->consoles.n } };
    for (size_t l = 0; l < VR_COUNT(lists); l++) {
        for (size_t i = 0; i < lists[l].n; i++) {
            const struct vr_chr *c = lists[l].v[i];
            bool virtio = c->kind == VR_CHR_KIND_CHANNEL ? c->channel_target == VR_CHANNEL_VIRTIO : c->console_target == VR_CONSOLE_VIRTIO;
            if (!virtio)
                continue;
            unsigned index = c->info.type == VR_ADDRESS_VIRTIO_SERIAL ? c->info.vioserial.controller : 0;
            if (index >= MAX_IMPLIED)
                return want_controllers(d, VR_CONTROLLER_VIRTIO_SERIAL, index, err);
            want_controller(d, VR_CONTROLLER_VIRTIO_SERIAL, (int)index);
        }
    }
    return true;
}

static bool smartcard_addresses(D *d, struct vr_error **err)
{
    for (size_t i = 0; i < d->smartcards.n; i++) {
        struct vr_device_info *info = &d->smartcards.v[i]->info;
        if (info->type == VR_ADDRESS_UNSET) {
            unsigned slot = 0;
            for (size_t k = 0; k < d->smartcards.n; k++) {
                const struct vr_device_info *o = &d->smartcards.v[k]->info;
                if (o->type == VR_ADDRESS_CCID && o->ccid.controller == 0 && o->ccid.slot == slot) {
                    slot++;
                    k = (size_t)-1;
                }
            }
            info->type = VR_ADDRESS_CCID;
            info->ccid.controller = 0;
            info->ccid.slot = slot;
        }
        if (info->type == VR_ADDRESS_CCID) {
            if (info->ccid.controller >= MAX_IMPLIED)
                return want_controllers(d, VR_CONTROLLER_CCID, info->ccid.controller, err);
            want_controller(d, VR_CONTROLLER_CCID, (int)info->ccid.controller);
        }
    }
    return true;
}

static bool scsi_hostdevs(D *d, unsigned flags, struct vr_error **err)
{
    int64_t top = -1;
    const unsigned wide = 7; /* host devices keep to narrow buses whatever the controller can */
    for (size_t i = 0; i < d->hostdevs.n; i++) {
        struct vr_hostdev *h = d->hostdevs.v[i];
        if (h->type != VR_HOSTDEV_SCSI || h->mode != VR_HOSTDEV_MODE_SUBSYS)
            continue;
        if (h->info.type == VR_ADDRESS_UNSET) {
            h->info.type = VR_ADDRESS_DRIVE;
            while (drive_used(d, VR_DISK_BUS_SCSI, &h->info, h)) {
                if (++h->info.drive.unit == 7)
                    h->info.drive.unit++;
                if (h->info.drive.unit >= wide) {
                    h->info.drive.unit = 0;
                    h->info.drive.controller++;
                }
            }
        }
        if (h->info.type == VR_ADDRESS_DRIVE && (int64_t)h->info.drive.controller > top)
            top = h->info.drive.controller;
    }
    return want_controllers(d, VR_CONTROLLER_SCSI, top, err);
}

bool vr_domain_complete_controllers(D *d, unsigned flags, struct vr_error **err)
{
    return controllers_of_disks(d, VR_CONTROLLER_SCSI, VR_DISK_BUS_SCSI, err) &&
           controllers_of_disks(d, VR_CONTROLLER_FDC, VR_DISK_BUS_FDC, err) &&
           controllers_of_disks(d, VR_CONTROLLER_IDE, VR_DISK_BUS_IDE, err) &&
           controllers_of_disks(d, VR_CONTROLLER_SATA, VR_DISK_BUS_SATA, err) && controllers_of_ports(d, err) &&
           smartcard_addresses(d, err) && scsi_hostdevs(d, flags, err);
}

bool vr_domain_complete_disks(D *d, unsigned flags, struct vr_error **err)
{
    for (size_t i = 0; i < d->disks.n; i++)
        if (!vr_domain_complete_disk_address(d, d->disks.v[i], flags, err))
            return false;
    sort_disks(d);
    return true;
}

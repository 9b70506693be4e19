/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Controllers that are not in the document but without which its devices would have nothing to be plugged into. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "qemu/complete/parts.h"
#include "base/str.h"

#define MAX_IMPLIED 1024 /* a controller number beyond this is an error of the document, not a wish for a thousand */

struct vr_controller *vr_qemu_find_controller(const struct vr_domain_def *def, enum vr_controller_type type, int index)
{
    for (size_t i = 0; i < def->controllers.n; i++)
        if (def->controllers.v[i]->type == type && def->controllers.v[i]->index.set &&
            def->controllers.v[i]->index.v == index)
            return def->controllers.v[i];
    return NULL;
}

struct vr_controller *vr_complete_add_controller(struct vr_domain_def *def, enum vr_controller_type type, int index,
                                                 enum vr_controller_model model)
{
    struct vr_controller *c = VR_NEW_DEVICE(def, vr_controller);
    c->type = type;
    c->index = (struct vr_oint){ true, index };
    c->model = model;
    VR_LIST_ADD(def->arena, &def->controllers, c);
    return c;
}

void vr_complete_own_controller(struct vr_domain_def *def, enum vr_controller_type type, int index,
                                enum vr_controller_model model)
{
    struct vr_controller *c = vr_complete_add_controller(def, type, index, model);
    size_t at = 0, last = def->controllers.n - 1;
    while (at < last && !def->controllers.v[at]->implied)
        at++;
    VR_LIST_REMOVE(&def->controllers, last);
    VR_LIST_INSERT(def->arena, &def->controllers, at, c);
}

void vr_complete_want_controller(struct vr_domain_def *def, enum vr_controller_type type, int index)
{
    if (!vr_qemu_find_controller(def, type, index))
        vr_complete_add_controller(def, type, index, VR_CMODEL_UNSET);
}

static bool for_disks(struct vr_domain_def *def, enum vr_disk_bus bus, enum vr_controller_type type,
                      struct vr_error **err)
{
    int last = -1;
    for (size_t i = 0; i < def->disks.n; i++) {
        const struct vr_disk *d = def->disks.v[i];
        if (d->bus != bus || d->info.type != VR_ADDRESS_DRIVE)
            continue;
        if (d->info.drive.controller >= MAX_IMPLIED)
            return vr_fail(err, VIR_ERR_XML_ERROR, _("disk '%s' is on controller %u, which is too high"), d->target,
                           d->info.drive.controller);
        if ((int)d->info.drive.controller > last)
            last = d->info.drive.controller;
    }
    for (int i = 0; i <= last; i++)
        vr_complete_want_controller(def, type, i);
    return true;
}

static bool for_chr(struct vr_domain_def *def, const struct vr_chr *c, struct vr_error **err)
{
    bool virtio = c->kind == VR_CHR_KIND_CHANNEL ? c->channel_target == VR_CHANNEL_VIRTIO
                                                 : c->console_target == VR_CONSOLE_VIRTIO;
    if (!virtio || (c->info.type != VR_ADDRESS_UNSET && c->info.type != VR_ADDRESS_VIRTIO_SERIAL))
        return true;
    unsigned index = c->info.type == VR_ADDRESS_VIRTIO_SERIAL ? c->info.vioserial.controller : 0;
    if (index >= MAX_IMPLIED)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("virtio serial controller %u is missing"), index);
    vr_complete_want_controller(def, VR_CONTROLLER_VIRTIO_SERIAL, index);
    return true;
}

bool vr_complete_controllers(struct vr_domain_def *def, struct vr_error **err)
{
    if (!for_disks(def, VR_DISK_BUS_SCSI, VR_CONTROLLER_SCSI, err) ||
        !for_disks(def, VR_DISK_BUS_FDC, VR_CONTROLLER_FDC, err) ||
        !for_disks(def, VR_DISK_BUS_IDE, VR_CONTROLLER_IDE, err) ||
        !for_disks(def, VR_DISK_BUS_SATA, VR_CONTROLLER_SATA, err))
        return false;
    for (size_t i = 0; i < def->channels.n; i++)
        if (!for_chr(def, def->channels.v[i], err))
            return false;
    for (size_t i = 0; i < def->consoles.n; i++)
        if (!for_chr(def, def->consoles.v[i], err))
            return false;
    for (size_t i = 0; i < def->smartcards.n; i++) {
        const struct vr_device_info *info = &def->smartcards.v[i]->info;
        unsigned index = info->type == VR_ADDRESS_CCID ? info->ccid.controller : 0;
        if (index >= MAX_IMPLIED)
            return vr_fail(err, VIR_ERR_XML_ERROR, _("ccid controller %u is missing"), index);
        vr_complete_want_controller(def, VR_CONTROLLER_CCID, index);
    }
    for (size_t i = 0; i < def->hostdevs.n; i++) {
        const struct vr_hostdev *h = def->hostdevs.v[i];
        if (h->mode == VR_HOSTDEV_MODE_SUBSYS && h->type == VR_HOSTDEV_SCSI && h->info.type == VR_ADDRESS_DRIVE) {
            if (h->info.drive.controller >= MAX_IMPLIED)
                return vr_fail(err, VIR_ERR_XML_ERROR, _("scsi controller %u is missing"), h->info.drive.controller);
            for (unsigned k = 0; k <= h->info.drive.controller; k++)
                vr_complete_want_controller(def, VR_CONTROLLER_SCSI, k);
        }
    }
    return true;
}

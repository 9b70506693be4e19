/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about one device or a pair of the same kind, and about the clock. They need no hypervisor. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include <string.h>
#include "base/str.h"
#include "model/domain_xml.h"
#include "tables.h"

#define D struct vr_domain_def
#define UNSUPPORTED VIR_ERR_CONFIG_UNSUPPORTED
#define BIT(P, X) VR_BIT(P##_##X)

/* ---- clock ------------------------------------------------------------------------------------------------------- */

static bool check_timer(const struct vr_clock_timer *t, struct vr_error **err)
{
    const unsigned ticks = BIT(VR_TIMER, PLATFORM) | BIT(VR_TIMER, PIT) | BIT(VR_TIMER, RTC) | BIT(VR_TIMER, HPET) |
        BIT(VR_TIMER, TSC) | BIT(VR_TIMER, ARMVTIMER);
    const unsigned tracks = BIT(VR_TIMER, PLATFORM) | BIT(VR_TIMER, RTC);
    const unsigned is = VR_BIT(t->name);
    bool catchup = t->catchup.threshold || t->catchup.slew || t->catchup.limit;
    const char *what = t->tickpolicy && !(is & ticks) ? "tickpolicy" : NULL;
    if (!what && catchup && t->tickpolicy != VR_TICK_CATCHUP)
        return vr_fail(err, VIR_ERR_XML_ERROR,
                       _("setting of timer catchup policies is only supported with tickpolicy='catchup'"));
    if (!what && !(is & BIT(VR_TIMER, TSC)))
        what = t->frequency ? "frequency" : t->mode ? "mode" : NULL;
    if (!what && t->track && !(is & tracks))
        what = "track";
    return !what || vr_fail(err, UNSUPPORTED, _("timer %s doesn't support setting of timer %s"),
                            vr_timer_name_names[t->name], what);
}

bool vr_domain_check_clock(const D *d, struct vr_error **err)
{
    for (size_t i = 0; i < d->clock.timers.n; i++)
        if (!check_timer(d->clock.timers.v[i], err))
            return false;
    return true;
}

/* ---- disks ------------------------------------------------------------------------------------------------------- */

static bool check_disk(const struct vr_disk *k, struct vr_error **err)
{
    const unsigned drives = BIT(VR_DISK_BUS, IDE) | BIT(VR_DISK_BUS, FDC) | BIT(VR_DISK_BUS, SCSI) | BIT(VR_DISK_BUS, SATA);
    if ((VR_BIT(k->bus) & drives) && k->info.type != VR_ADDRESS_UNSET && k->info.type != VR_ADDRESS_DRIVE &&
        k->info.type != VR_ADDRESS_UNASSIGNED)
        return vr_fail(err, UNSUPPORTED, _("Invalid address type '%s' for the disk '%s' with the bus type '%s'"),
                       vr_address_type_names[k->info.type], k->target, vr_disk_bus_names[k->bus]);
    if (k->src->type == VR_STORAGE_VHOST_USER && k->bus != VR_DISK_BUS_VIRTIO)
        return vr_fail(err, UNSUPPORTED, _("vhostuser disk supports only virtio bus"));
    return true;
}

static bool check_unassigned(D *d, const char *kind, void *device, struct vr_device_info *info, void *opaque)
{
    return info->type != VR_ADDRESS_UNASSIGNED || vr_streq(kind, "hostdev") ||
           vr_fail(opaque, UNSUPPORTED, _("address of type '%s' is supported only for hostdevs"), "unassigned");
}

/* ---- input ------------------------------------------------------------------------------------------------------- */

static bool check_input(const struct vr_input *i, struct vr_error **err)
{
    const char *type = vr_input_type_names[i->type];
    if (i->model && i->bus != VR_INPUT_BUS_VIRTIO)
        return vr_fail(err, UNSUPPORTED, _("only bus 'virtio' is supported for input model '%s'"),
                       vr_virtio_model_names[i->model]);
    if (i->type == VR_INPUT_PASSTHROUGH && i->bus != VR_INPUT_BUS_VIRTIO)
        return vr_fail(err, UNSUPPORTED, _("only bus 'virtio' is supported for 'passthrough' input devices"));
    if (i->type == VR_INPUT_EVDEV && i->bus != VR_INPUT_BUS_NONE)
        return vr_fail(err, UNSUPPORTED, _("input evdev doesn't support bus element"));
    return type != NULL;
}

/* What the kind of guest has no bus for; told before anything else about the device. */
static bool check_input_bus(const D *d, const struct vr_input *i, struct vr_error **err)
{
    const char *os = d->os.type ? d->os.type : "hvm";
    bool pointing = i->type == VR_INPUT_MOUSE || i->type == VR_INPUT_KEYBOARD;
    bool xen = vr_streq(os, "xen"), ps2 = i->bus == VR_INPUT_BUS_PS2;
    enum vr_input_bus bus = i->bus ? i->bus : xen ? VR_INPUT_BUS_XEN : VR_INPUT_BUS_UNSET;
    if (!xen && !vr_streq(os, "hvm"))
        return d->type == VR_VIRT_VZ || d->type == VR_VIRT_PARALLELS || d->type == VR_VIRT_BHYVE ||
               vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Input devices are not supported by this virtualization driver."));
    if (xen ? bus != VR_INPUT_BUS_XEN : bus == VR_INPUT_BUS_XEN)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("unsupported input bus %s"), vr_input_bus_names[bus]);
    if ((xen || ps2) && !pointing)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("%s bus does not support %s input device"), vr_input_bus_names[bus],
                       vr_input_type_names[i->type]);
    return true;
}

/* ---- the others -------------------------------------------------------------------------------------------------- */

static bool usb_disabled(const D *d)
{
    for (size_t i = 0; i < d->controllers.n; i++)
        if (d->controllers.v[i]->type == VR_CONTROLLER_USB && d->controllers.v[i]->model == VR_CMODEL_NONE)
            return true;
    return false;
}

static bool check_usb(const D *d, struct vr_error **err)
{
    if (!usb_disabled(d))
        return true;
    for (size_t i = 0; i < d->redirdevs.n; i++)
        return vr_fail(err, UNSUPPORTED, _("cannot add redirected USB device: USB is disabled for this domain"));
    for (size_t i = 0; i < d->hostdevs.n; i++)
        if (d->hostdevs.v[i]->type == VR_HOSTDEV_USB)
            return vr_fail(err, UNSUPPORTED, _("Can't add host USB device: USB is disabled in this host"));
    return true;
}

static bool check_panics(const D *d, struct vr_error **err)
{
    for (size_t i = 0; i < d->panics.n; i++)
        for (size_t k = 0; k < i; k++)
            if (d->panics.v[i]->model == d->panics.v[k]->model)
                return vr_fail(err, VIR_ERR_XML_ERROR, _("Multiple panic devices with model '%s'"),
                               d->panics.v[i]->model ? vr_panic_model_names[d->panics.v[i]->model] : "default");
    return true;
}

static bool check_audios(const D *d, struct vr_error **err)
{
    for (size_t i = 0; i < d->audios.n; i++)
        for (size_t k = 0; k < i; k++)
            if (d->audios.v[i]->id == d->audios.v[k]->id)
                return vr_fail(err, VIR_ERR_XML_ERROR, _("audio ID %u is used multiple times"), d->audios.v[i]->id);
    return true;
}

bool vr_domain_check_devices(const D *d, struct vr_error **err)
{
    if (!vr_domain_each_info((D *)(uintptr_t)d, check_unassigned, err))
        return false;
    for (size_t i = 0; i < d->disks.n; i++)
        if (!check_disk(d->disks.v[i], err))
            return false;
    for (size_t i = 0; i < d->inputs.n; i++)
        if (!check_input_bus(d, d->inputs.v[i], err) || !check_input(d->inputs.v[i], err))
            return false;
    for (size_t i = 0; i < d->controllers.n; i++) {
        const struct vr_controller *c = d->controllers.v[i];
        if (c->type == VR_CONTROLLER_PCI && c->index.v > 255)
            return vr_fail(err, UNSUPPORTED, _("PCI controller index %d too high, maximum is 255"), c->index.v);
    }
    return check_usb(d, err) && check_panics(d, err) && check_audios(d, err);
}

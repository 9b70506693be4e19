/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of devices in a running guest. Clients, hot-plug and migration address devices by them: they are stock's. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <string.h>
#include <stdlib.h>
#include "base/str.h"
#include "qemu/complete/complete.h"

/* Users may name a device themselves, with this prefix; such names stay. */
static bool own_name(const struct vr_device_info *info)
{
    return info->alias && vr_starts_with(info->alias, "ua-");
}

/* "vdab" -> 27, or -1: letters behind the two-letter prefix as a number in base 26. */
int vr_qemu_disk_index(const char *target)
{
    return vr_disk_target_index(target);
}

static bool disk_alias(struct vr_domain_def *def, struct vr_disk *d, struct vr_error **err)
{
    if (own_name(&d->info))
        return true;
    const struct vr_device_info *i = &d->info;
    const char *prefix = vr_disk_bus_names[d->bus];
    if (i->type == VR_ADDRESS_DRIVE) {
        const struct vr_controller *c = NULL;
        if (d->bus == VR_DISK_BUS_SCSI)
            c = vr_qemu_find_controller(def, VR_CONTROLLER_SCSI, i->drive.controller);
        bool wide = c && c->model != VR_CMODEL_LSILOGIC;
        /* a parallel SCSI bus has one target per unit, so four numbers would say one thing twice */
        d->info.alias = wide ? vr_arena_printf(def->arena, "%s%u-%u-%u-%u", prefix, i->drive.controller, i->drive.bus,
                                               i->drive.target, i->drive.unit)
                             : vr_arena_printf(def->arena, "%s%u-%u-%u", prefix, i->drive.controller, i->drive.bus,
                                               i->drive.unit);
        return true;
    }
    int index = vr_qemu_disk_index(d->target);
    if (index < 0)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("invalid device name '%s'"), d->target ? d->target : "");
    d->info.alias = vr_arena_printf(def->arena, "%s-disk%d", prefix, index);
    return true;
}

static void controller_alias(struct vr_domain_def *def, struct vr_controller *c)
{
    int n = c->index.v;
    if (own_name(&c->info))
        return;
    switch (c->type) {
    case VR_CONTROLLER_PCI:
        c->info.alias = vr_arena_printf(def->arena, c->model == VR_CMODEL_PCIE_ROOT ? "pcie.%d" : "pci.%d", n);
        return;
    case VR_CONTROLLER_IDE:
        if (n == 0 && vr_qemu_is_i440fx(def))
            c->info.alias = "ide"; /* QEMU's own names of what the board has */
        break;
    case VR_CONTROLLER_SATA:
        if (n == 0 && vr_qemu_is_q35(def))
            c->info.alias = "ide";
        break;
    case VR_CONTROLLER_USB:
        if (n == 0)
            c->info.alias = "usb";
        break;
    default:
        break;
    }
    if ((c->type == VR_CONTROLLER_IDE && n == 0 && vr_qemu_is_i440fx(def)) ||
        (c->type == VR_CONTROLLER_SATA && n == 0 && vr_qemu_is_q35(def)) || (c->type == VR_CONTROLLER_USB && n == 0))
        return;
    c->info.alias = vr_arena_printf(def->arena, "%s%d", vr_controller_type_names[c->type], n);
}

static void memory_alias(struct vr_domain_def *def, struct vr_memory *m, unsigned index)
{
    static const char *const prefix[] = { [VR_MEMORY_DIMM] = "dimm", [VR_MEMORY_NVDIMM] = "nvdimm",
                                          [VR_MEMORY_VIRTIO_PMEM] = "virtiopmem", [VR_MEMORY_VIRTIO_MEM] = "virtiomem",
                                          [VR_MEMORY_SGX_EPC] = "epc" };
    if (own_name(&m->info) || m->model <= 0 || m->model > VR_MEMORY_SGX_EPC)
        return;
    m->info.alias = vr_arena_printf(def->arena, "%s%u", prefix[m->model],
                                    m->info.type == VR_ADDRESS_DIMM ? m->info.dimm.slot : index);
}

static bool is_hostdev(const struct vr_interface *n)
{
    return vr_net_type_now(n) == VR_NET_HOSTDEV;
}

static struct vr_hostdev *hostdev_of(struct vr_interface *n)
{
    const struct vr_net_actual *a = n->actual;
    struct vr_hostdev *h = vr_arena_new_of(n->arena, struct vr_hostdev);
    h->arena = n->arena;
    h->of_interface = true;
    h->mode = VR_HOSTDEV_MODE_SUBSYS;
    h->type = !a && vr_streq0(n->source_addr_type, "usb") ? VR_HOSTDEV_USB : VR_HOSTDEV_PCI;
    h->managed = a ? a->managed : n->managed;
    h->driver_name = a ? a->host_driver : n->driver_name_text;
    h->pci = a ? a->pci : n->source_pci;
    h->usb_bus = n->source_usb_bus;
    h->usb_device = n->source_usb_device;
    h->teaming.type = n->teaming_type;
    h->teaming.persistent = n->teaming_persistent;
    h->info = n->info;
    return h;
}

void vr_qemu_net_hostdevs(struct vr_domain_def *def)
{
    size_t count = 0;
    for (size_t i = 0; i < def->hostdevs.n; i++)
        if (def->hostdevs.v[i]->of_interface)
            return; /* they are there */
    for (size_t i = 0; i < def->interfaces.n; i++) {
        if (!is_hostdev(def->interfaces.v[i]))
            continue;
        struct vr_hostdev *h = hostdev_of(def->interfaces.v[i]);
        VR_LIST_ADD(def->arena, &def->hostdevs, h);
        memmove(&def->hostdevs.v[count + 1], &def->hostdevs.v[count], (def->hostdevs.n - 1 - count) * sizeof(h));
        def->hostdevs.v[count++] = h;
    }
}

/* One that is a host device bears that one's name, and takes no number from the others. */
static void net_aliases(struct vr_domain_def *def)
{
    size_t number = 0, hostdev = 0;
    for (size_t i = 0; i < def->interfaces.n; i++) {
        struct vr_interface *n = def->interfaces.v[i];
        if (is_hostdev(n))
            n->info.alias = def->hostdevs.v[hostdev++]->info.alias;
        else if (!own_name(&n->info))
            n->info.alias = vr_arena_printf(def->arena, "net%zu", number++);
    }
}

#define NUMBERED(list, prefix)                                                                                         \
    for (size_t i = 0; i < def->list.n; i++)                                                                           \
        if (!own_name(&def->list.v[i]->info))                                                                          \
            def->list.v[i]->info.alias = vr_arena_printf(def->arena, prefix "%zu", i);
#define ONE(member, name)                                                                                              \
    if (def->member && !own_name(&def->member->info))                                                                  \
        def->member->info.alias = name;

bool vr_qemu_aliases(struct vr_domain_def *def, struct vr_error **err)
{
    for (size_t i = 0; i < def->disks.n; i++)
        if (!disk_alias(def, def->disks.v[i], err))
            return false;
    vr_qemu_net_hostdevs(def);
    NUMBERED(filesystems, "fs");
    NUMBERED(sounds, "sound");
    NUMBERED(hostdevs, "hostdev");
    net_aliases(def);
    NUMBERED(redirdevs, "redir");
    NUMBERED(videos, "video");
    for (size_t i = 0; i < def->controllers.n; i++)
        controller_alias(def, def->controllers.v[i]);
    NUMBERED(inputs, "input");
    NUMBERED(parallels, "parallel");
    NUMBERED(serials, "serial");
    NUMBERED(channels, "channel");
    NUMBERED(consoles, "console");
    /* the first console of a PC is its first serial port under another name */
    if (def->consoles.n && def->serials.n && def->consoles.v[0]->console_target == VR_CONSOLE_SERIAL &&
        !own_name(&def->consoles.v[0]->info))
        def->consoles.v[0]->info.alias = def->serials.v[0]->info.alias;
    NUMBERED(hubs, "hub");
    NUMBERED(shmems, "shmem");
    NUMBERED(smartcards, "smartcard");
    NUMBERED(watchdogs, "watchdog");
    NUMBERED(rngs, "rng");
    NUMBERED(tpms, "tpm");
    NUMBERED(cryptos, "crypto");
    for (size_t i = 0; i < def->memories.n; i++)
        memory_alias(def, def->memories.v[i], i);
    if (def->memballoon && def->memballoon->model != VR_MEMBALLOON_NONE)
        ONE(memballoon, "balloon0");
    ONE(nvram_device, "nvram");
    ONE(vsock, "vsock0");
    ONE(iommu, "iommu0");
    return true;
}

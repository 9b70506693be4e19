/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "hostdev.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "sysfile.h"

#define ENTRIES_MAX 65536 /* of one directory of /sys */

/* Calls fn with each name of a directory until it returns false; false when there is no such directory (errno set). */
static bool each_entry(const char *path, bool (*fn)(const char *name, void *opaque), void *opaque)
{
    vr_autofree char *real = vr_sys_path("%s", path);
    DIR *dir = opendir(real);
    if (!dir)
        return false;
    struct dirent *e;
    for (unsigned n = 0; n < ENTRIES_MAX && (e = readdir(dir)); n++)
        if (e->d_name[0] != '.' && !fn(e->d_name, opaque))
            break;
    closedir(dir);
    return true;
}

/* ---- USB ---------------------------------------------------------------------------------------------------------- */

#define USB_DEVICES "/sys/bus/usb/devices"

struct usb_search {
    const struct vr_usb_wanted *wanted;
    unsigned bus, device, matches;
};

static bool number_of(const char *name, const char *file, int base, unsigned *out)
{
    uint64_t v = 0;
    vr_autofree char *text = vr_sys_read(USB_DEVICES "/%s/%s", name, file);
    bool ok = text && vr_parse_u64(text, base, 0xffff, &v);
    *out = (unsigned)v;
    return ok;
}

static bool usb_one(const char *name, void *opaque)
{
    struct usb_search *s = opaque;
    const struct vr_usb_wanted *w = s->wanted;
    unsigned vendor, product, bus, device;
    if (strchr(name, ':')) /* an interface of a device */
        return true;
    if (!number_of(name, "idVendor", 16, &vendor) || !number_of(name, "idProduct", 16, &product) ||
        !number_of(name, "busnum", 10, &bus) || !number_of(name, "devnum", 10, &device))
        return true; /* unplugged this moment */
    if ((w->by_id && (w->vendor != vendor || w->product != product)) ||
        ((w->bus || w->device) && (w->bus != bus || w->device != device)))
        return true;
    s->bus = bus;
    s->device = device;
    s->matches++;
    return true;
}

bool vr_usb_find(const struct vr_usb_wanted *wanted, unsigned *bus, unsigned *device, bool *found, struct vr_error **err)
{
    struct usb_search s = { .wanted = wanted };
    if (!each_entry(USB_DEVICES, usb_one, &s))
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot open directory '%s'"), USB_DEVICES);
    if (s.matches > 1)
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("multiple USB devices for %x:%x, use <address> to specify one"),
                       wanted->vendor, wanted->product);
    *found = s.matches == 1;
    *bus = s.bus;
    *device = s.device;
    return true;
}

/* ---- SCSI --------------------------------------------------------------------------------------------------------- */

static bool first_name(const char *name, void *opaque)
{
    char **out = opaque;
    *out = vr_strdup(name);
    return false;
}

char *vr_scsi_generic_node(const char *adapter, unsigned bus, unsigned target, unsigned long long unit,
                           struct vr_error **err)
{
    uint64_t host;
    if (!adapter || !vr_starts_with(adapter, "scsi_host") || !vr_parse_u64(adapter + 9, 10, UINT32_MAX, &host)) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Cannot parse adapter '%s'"), adapter ? adapter : "");
        return NULL;
    }
    vr_autofree char *dir =
        vr_printf("/sys/bus/scsi/devices/%u:%u:%u:%llu/scsi_generic", (unsigned)host, bus, target, unit);
    char *name = NULL;
    if (!each_entry(dir, first_name, &name) || !name) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno ? errno : ENOENT, _("cannot open directory '%s'"), dir);
        return NULL;
    }
    char *node = vr_printf("/dev/%s", name);
    free(name);
    return node;
}

/* ---- PCI ---------------------------------------------------------------------------------------------------------- */

#define PCI_DEVICES "/sys/bus/pci/devices"
#define IOMMU_GROUPS "/sys/kernel/iommu_groups"

/* The last name of a link that stands in DIRECTORY/DEVICE. */
static char *link_name(const char *directory, const char *device, const char *link)
{
    vr_autofree char *path = vr_sys_path("%s/%s/%s", directory, device, link);
    char target[1024];
    ssize_t n = readlink(path, target, sizeof(target) - 1);
    if (n <= 0)
        return NULL;
    target[n] = 0;
    const char *slash = strrchr(target, '/');
    return vr_strdup(slash ? slash + 1 : target);
}

bool vr_vfio_usable(void)
{
    char *group = NULL;
    bool groups = each_entry(IOMMU_GROUPS, first_name, &group) && group;
    free(group);
    return groups && vr_sys_exists("/dev/vfio/vfio");
}

bool vr_pci_require(const char *name, struct vr_error **err)
{
    if (vr_sys_exists(PCI_DEVICES "/%s/config", name))
        return true;
    return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, ENOENT, _("Device %s not found: could not access %s/%s/config"), name,
                         PCI_DEVICES, name);
}

char *vr_pci_driver(const char *name)
{
    return link_name(PCI_DEVICES, name, "driver");
}

/* A file of /sys that changes something; missing ones of a driver that is not loaded are told with what helps. */
static bool change(const char *text, const char *path, struct vr_error **err)
{
    int rc = vr_sys_write(text, "%s", path);
    return !rc || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, rc, _("failed to write '%s' to '%s'"), text, path);
}

static bool probe_again(const char *name, const char *override, struct vr_error **err)
{
    vr_autofree char *path = vr_printf(PCI_DEVICES "/%s/driver_override", name);
    if (!change(override, path, err))
        return false;
    vr_autofree char *driver = vr_pci_driver(name);
    if (driver) {
        vr_autofree char *unbind = vr_printf(PCI_DEVICES "/%s/driver/unbind", name);
        if (!change(name, unbind, err))
            return false;
    }
    return change(name, "/sys/bus/pci/drivers_probe", err);
}

bool vr_pci_to_vfio(const char *name, struct vr_error **err)
{
    vr_autofree char *driver = vr_pci_driver(name);
    if (driver && vr_streq(driver, "vfio-pci"))
        return true;
    if (!vr_sys_exists("/sys/bus/pci/drivers/vfio-pci"))
        return vr_fail(err, VIR_ERR_OPERATION_FAILED,
                       _("the kernel driver vfio-pci is not loaded: PCI device %s cannot be given to a guest; 'modprobe "
                         "vfio-pci' loads it"), name);
    if (!probe_again(name, "vfio-pci", err))
        return false;
    vr_autofree char *now = vr_pci_driver(name);
    if (now && vr_streq(now, "vfio-pci"))
        return true;
    vr_pci_from_vfio(name, NULL);
    return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("PCI device %s was not taken by vfio-pci but by '%s'"), name,
                   now ? now : "no driver");
}

bool vr_pci_from_vfio(const char *name, struct vr_error **err)
{
    return probe_again(name, "\n", err);
}

char *vr_pci_vfio_node(const char *name, struct vr_error **err)
{
    vr_autofree char *group = link_name(PCI_DEVICES, name, "iommu_group");
    if (group)
        return vr_printf("/dev/vfio/%s", group);
    vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("PCI device %s is in no IOMMU group: the host's IOMMU does not cover it"), name);
    return NULL;
}

struct group_check {
    const char *wanted;
    struct vr_error **err;
    bool ok;
};

static bool group_one(const char *name, void *opaque)
{
    struct group_check *c = opaque;
    vr_autofree char *driver = vr_pci_driver(name);
    vr_autofree char *class = vr_sys_read(PCI_DEVICES "/%s/class", name);
    bool bridge = class && vr_starts_with(class, "0x06");
    if (!driver || bridge || vr_streq(driver, "vfio-pci") || vr_streq(driver, "pci-stub"))
        return true;
    c->ok = vr_fail(c->err, VIR_ERR_OPERATION_INVALID,
                    _("PCI device %s cannot be given to a guest: %s of the same IOMMU group is used by the host's driver "
                      "'%s'; 'virsh nodedev-detach pci_...' takes it from it"), c->wanted, name, driver);
    return false;
}

bool vr_pci_group_ready(const char *name, struct vr_error **err)
{
    struct group_check c = { name, err, true };
    vr_autofree char *group = link_name(PCI_DEVICES, name, "iommu_group");
    if (!group)
        return true;
    vr_autofree char *dir = vr_printf(IOMMU_GROUPS "/%s/devices", group);
    each_entry(dir, group_one, &c);
    return c.ok;
}

char *vr_mdev_vfio_node(const char *uuid, struct vr_error **err)
{
    vr_autofree char *group = link_name("/sys/bus/mdev/devices", uuid, "iommu_group");
    if (group)
        return vr_printf("/dev/vfio/%s", group);
    vr_fail(err, VIR_ERR_DEVICE_MISSING, _("mediated device '%s' not found"), uuid);
    return NULL;
}

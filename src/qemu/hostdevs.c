/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#define VR_LOG_SOURCE "qemu.hostdev"
#include "hostdevs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "deadlines.h"
#include "domain.h"
#include "driver.h"
#include "host/hostdev.h"
#include "model/domain.h"

static bool is_subsys(const struct vr_hostdev *h, enum vr_hostdev_type type)
{
    return h->mode == VR_HOSTDEV_MODE_SUBSYS && h->type == type;
}

static void pci_name(const struct vr_pci_address *a, char name[VR_PCI_NAME])
{
    snprintf(name, VR_PCI_NAME, "%04x:%02x:%02x.%x", a->domain & 0xffff, a->bus & 0xff, a->slot & 0x1f, a->function & 7);
}

/* ---- workers work on copies --------------------------------------------------------------------------------------- */

enum what { USB, SCSI, PCI, MDEV };
struct item {
    enum what what;
    size_t index;               /* of the device in its list */
    bool nvme;                  /* a disk, not a hostdev */
    struct vr_usb_wanted usb;
    char *adapter;
    unsigned bus, target;
    unsigned long long unit;
    char *name;                 /* PCI, or uuid of a mediated device */
    bool managed;
    bool found;                 /* results */
    unsigned usb_bus, usb_device;
    char *node;
};
struct items {
    struct item *v;
    size_t n, cap;
    bool want_vfio;             /* a device is to be VFIO's: the host must have it */
    bool said_vfio;             /* the document says so itself */
    struct vr_error *err;
};

static void items_free(void *arg)
{
    struct items *all = arg;
    for (size_t i = 0; i < all->n; i++) {
        free(all->v[i].adapter);
        free(all->v[i].name);
        free(all->v[i].node);
    }
    free(all->v);
    vr_error_free(all->err);
    free(all);
}

static struct item *add(struct items *all, enum what what, size_t index)
{
    VR_GROW(all->v, all->n, all->cap);
    all->v[all->n] = (struct item){ .what = what, .index = index };
    return &all->v[all->n++];
}

static void add_hostdev(struct items *all, const struct vr_hostdev *h, size_t index)
{
    char name[VR_PCI_NAME], uuid[VR_UUID_TEXT];
    if (is_subsys(h, VR_HOSTDEV_USB)) {
        struct item *i = add(all, USB, index);
        i->usb = (struct vr_usb_wanted){ h->has_vendor, h->vendor, h->product, h->usb_bus, h->usb_device };
    } else if (is_subsys(h, VR_HOSTDEV_SCSI) && !h->iscsi) {
        struct item *i = add(all, SCSI, index);
        i->adapter = vr_strdup(h->adapter_name);
        i->bus = h->scsi.bus;
        i->target = h->scsi.target;
        i->unit = h->scsi.unit;
    } else if (is_subsys(h, VR_HOSTDEV_PCI)) {
        struct item *i = add(all, PCI, index);
        pci_name(&h->pci, name);
        i->name = vr_strdup(name);
        i->managed = h->managed == VR_TRI_YES;
        all->want_vfio = true;
        all->said_vfio |= h->driver_name && vr_streq(h->driver_name, "vfio");
    } else if (is_subsys(h, VR_HOSTDEV_MDEV)) {
        add(all, MDEV, index)->name = vr_strdup(vr_uuid_format(&h->mdev_uuid, uuid));
    }
}

static struct items *items_of(const struct vr_domain_def *def)
{
    struct items *all = vr_new(struct items);
    char name[VR_PCI_NAME];
    for (size_t i = 0; i < def->hostdevs.n; i++)
        add_hostdev(all, def->hostdevs.v[i], i);
    for (size_t i = 0; i < def->disks.n; i++)
        for (const struct vr_storage_source *s = def->disks.v[i]->src; s; s = s->backing) {
            if (s->type != VR_STORAGE_NVME)
                continue;
            struct item *item = add(all, PCI, i);
            pci_name(&s->nvme_address, name);
            item->name = vr_strdup(name);
            item->managed = s->managed == VR_TRI_YES;
            item->nvme = true;
        }
    return all;
}

static bool look(struct items *all, struct item *i)
{
    switch (i->what) {
    case USB:
        return vr_usb_find(&i->usb, &i->usb_bus, &i->usb_device, &i->found, &all->err);
    case SCSI:
        i->node = vr_scsi_generic_node(i->adapter, i->bus, i->target, i->unit, &all->err);
        return i->node != NULL;
    case PCI:
        return vr_pci_require(i->name, &all->err);
    case MDEV:
        i->node = vr_mdev_vfio_node(i->name, &all->err);
        return i->node != NULL;
    }
    return false;
}

static void look_task(void *arg)
{
    struct items *all = arg;
    bool mdev = false;
    for (size_t i = 0; i < all->n; i++)
        mdev |= all->v[i].what == MDEV;
    if ((all->want_vfio || mdev) && !vr_vfio_usable()) {
        const char *text = mdev ? _("Mediated host device assignment requires VFIO support")
                           : all->said_vfio ? _("host doesn't support VFIO PCI passthrough")
                                            : _("host doesn't support passthrough of host PCI devices");
        vr_error_report(&all->err, VIR_FROM_QEMU, VIR_ERR_CONFIG_UNSUPPORTED, -1, "%s", text);
        return;
    }
    for (size_t i = 0; i < all->n && look(all, &all->v[i]); i++)
        ;
}

/* Only SCSI nodes, which a shown command line names. */
static void show_task(void *arg)
{
    struct items *all = arg;
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].what == SCSI && !look(all, &all->v[i]))
            return;
}

static void bind_task(void *arg)
{
    struct items *all = arg;
    for (size_t i = 0; i < all->n; i++) {
        struct item *p = &all->v[i];
        if (p->what != PCI)
            continue;
        vr_autofree char *driver = vr_pci_driver(p->name);
        if (!p->managed && (!driver || !vr_streq(driver, "vfio-pci"))) {
            vr_fail(&all->err, VIR_ERR_OPERATION_INVALID,
                    _("Unmanaged PCI device %s must be manually detached from the host"), p->name);
            return;
        }
        if (!vr_pci_to_vfio(p->name, &all->err))
            return;
    }
    /* Of a group that is given as a whole each part is with VFIO by now. */
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].what == PCI && (!vr_pci_group_ready(all->v[i].name, &all->err) ||
                                      !(all->v[i].node = vr_pci_vfio_node(all->v[i].name, &all->err))))
            return;
}

static void give_back_task(void *arg)
{
    struct items *all = arg;
    for (size_t i = 0; i < all->n; i++) {
        struct item *p = &all->v[i];
        vr_autofree char *driver = p->what == PCI && p->managed ? vr_pci_driver(p->name) : NULL;
        VR_AUTO(vr_error) *err = NULL;
        if (driver && vr_streq(driver, "vfio-pci") && !vr_pci_from_vfio(p->name, &err))
            vr_warn("%s", vr_error_text(err));
    }
}

/* True: the items are the caller's to free. */
VR_SUSPENDS static bool run(struct items *all, const char *name, void (*task)(void *arg), struct vr_error **err)
{
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, name, task, all, items_free, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    if (!all->err)
        return true;
    vr_error_move(err, &all->err);
    items_free(all);
    return false;
}

/* ---- what the definition learns ----------------------------------------------------------------------------------- */

static bool missing_usb(const struct vr_hostdev *h, struct vr_error **err)
{
    if (h->has_vendor && (h->usb_bus || h->usb_device))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Did not find USB device %04x:%04x bus:%u device:%u"), h->vendor,
                       h->product, h->usb_bus, h->usb_device);
    if (h->has_vendor)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Did not find USB device %04x:%04x"), h->vendor, h->product);
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Did not find USB device bus:%u device:%u"), h->usb_bus, h->usb_device);
}

static bool learn(struct vr_domain_def *def, const struct items *all, struct vr_error **err)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct item *p = &all->v[i];
        struct vr_hostdev *h = p->nvme ? NULL : def->hostdevs.v[p->index];
        if (p->what == USB && !p->found) {
            if (!vr_streq0(h->startup_policy, "optional"))
                return missing_usb(h, err);
            h->missing = VR_TRI_YES;
        } else if (p->what == USB) {
            h->usb_bus = p->usb_bus;
            h->usb_device = p->usb_device;
        } else if (h && p->node) {
            h->host_node = vr_arena_strdup(def->arena, p->node);
        }
    }
    return true;
}

/* ---- who has what ------------------------------------------------------------------------------------------------- */

/* What tells a device from any other, or "" for kinds that several guests may have. */
static void identity(const struct vr_hostdev *h, char *text, size_t size)
{
    char name[VR_PCI_NAME], uuid[VR_UUID_TEXT];
    *text = 0;
    if (is_subsys(h, VR_HOSTDEV_USB) && h->missing != VR_TRI_YES)
        snprintf(text, size, "USB device %03u:%03u", h->usb_bus, h->usb_device);
    else if (is_subsys(h, VR_HOSTDEV_PCI)) {
        pci_name(&h->pci, name);
        snprintf(text, size, "PCI device %s", name);
    } else if (is_subsys(h, VR_HOSTDEV_MDEV))
        snprintf(text, size, "mediated device %s", vr_uuid_format(&h->mdev_uuid, uuid));
    else if (is_subsys(h, VR_HOSTDEV_SCSI) && !h->iscsi && !h->shareable)
        snprintf(text, size, "SCSI device %s:%u:%u:%llu", h->adapter_name ? h->adapter_name : "", h->scsi.bus,
                 h->scsi.target, (unsigned long long)h->scsi.unit);
}

static bool has_nvme(const struct vr_domain_def *def, const char *wanted)
{
    char name[VR_PCI_NAME], text[64];
    for (size_t i = 0; i < def->disks.n; i++)
        for (const struct vr_storage_source *s = def->disks.v[i]->src; s; s = s->backing) {
            if (s->type != VR_STORAGE_NVME)
                continue;
            pci_name(&s->nvme_address, name);
            snprintf(text, sizeof(text), "PCI device %s", name);
            if (vr_streq(text, wanted))
                return true;
        }
    return false;
}

static bool has(const struct vr_domain_def *def, const char *wanted)
{
    char text[128];
    for (size_t i = 0; i < def->hostdevs.n; i++) {
        identity(def->hostdevs.v[i], text, sizeof(text));
        if (*text && vr_streq(text, wanted))
            return true;
    }
    return vr_starts_with(wanted, "PCI") && has_nvme(def, wanted);
}

static bool free_for(const struct vr_domain *dom, const char *wanted, struct vr_error **err)
{
    VR_AUTO_DOMAINS all = vr_domain_list_all(vr_qemu.domains);
    for (size_t i = 0; i < all.n; i++) {
        const struct vr_domain *other = all.v[i];
        if (other != dom && other->live && has(other->live, wanted))
            return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("%s is in use by driver %s, domain %s"), wanted, "QEMU",
                           other->name);
    }
    return true;
}

static bool check_free(const struct vr_domain *dom, struct vr_error **err)
{
    const struct vr_domain_def *def = dom->live;
    char text[128], other[128], name[VR_PCI_NAME];
    for (size_t i = 0; i < def->hostdevs.n; i++) {
        identity(def->hostdevs.v[i], text, sizeof(text));
        if (!*text)
            continue;
        for (size_t k = 0; k < i; k++) {
            identity(def->hostdevs.v[k], other, sizeof(other));
            if (vr_streq(text, other))
                return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Device %s is already in use"), strrchr(text, ' ') + 1);
        }
        if (!free_for(dom, text, err))
            return false;
    }
    for (size_t i = 0; i < def->disks.n; i++)
        if (def->disks.v[i]->src && def->disks.v[i]->src->type == VR_STORAGE_NVME) {
            pci_name(&def->disks.v[i]->src->nvme_address, name);
            snprintf(text, sizeof(text), "PCI device %s", name);
            /* several namespaces of one controller may be this guest's */
            if (!free_for(dom, text, err))
                return false;
        }
    return true;
}

/* ---- the interface ------------------------------------------------------------------------------------------------ */

static bool check_drivers(struct vr_domain_def *def, struct vr_error **err)
{
    for (size_t i = 0; i < def->hostdevs.n; i++) {
        struct vr_hostdev *h = def->hostdevs.v[i];
        if (is_subsys(h, VR_HOSTDEV_SCSI) && h->managed == VR_TRI_YES)
            return vr_fail(err, VIR_ERR_XML_ERROR, "%s", _("SCSI host device doesn't support managed mode"));
        if (!is_subsys(h, VR_HOSTDEV_PCI))
            continue;
        if (h->driver_name && !vr_streq(h->driver_name, "vfio") && !vr_streq(h->driver_name, "default"))
            return vr_error_report(err, VIR_FROM_QEMU, VIR_ERR_INTERNAL_ERROR, -1,
                                   _("invalid PCI passthrough type '%s'"), h->driver_name);
    }
    return true;
}

VR_SUSPENDS bool vr_hostdevs_take(struct vr_domain *dom, bool *taken, struct vr_error **err)
{
    struct vr_domain_def *def = dom->live;
    if (!check_drivers(def, err))
        return false;
    struct items *all = items_of(def);
    if (!all->n) {
        items_free(all);
        return true;
    }
    if (!run(all, "find host devices", look_task, err))
        return false;
    bool ok = learn(def, all, err) && check_free(dom, err);
    if (ok)
        *taken = true; /* no other guest starts with them from here on: the live definition says who has them */
    if (!ok) {
        items_free(all);
        return false;
    }
    if (!run(all, "take host devices", bind_task, err))
        return false;
    ok = learn(def, all, err);
    for (size_t i = 0; i < def->hostdevs.n; i++)
        if (is_subsys(def->hostdevs.v[i], VR_HOSTDEV_PCI))
            def->hostdevs.v[i]->driver_name = "vfio";
    items_free(all);
    return ok;
}

VR_SUSPENDS void vr_hostdevs_give_back(struct vr_domain *dom)
{
    VR_AUTO(vr_error) *err = NULL;
    struct items *all = items_of(dom->live);
    if (!all->n)
        items_free(all);
    else if (run(all, "give back host devices", give_back_task, &err))
        items_free(all);
    else
        vr_warn("domain '%s': %s", dom->name, vr_error_text(err));
}

VR_SUSPENDS bool vr_hostdevs_show(struct vr_domain_def *def, struct vr_error **err)
{
    struct items *all = items_of(def);
    if (!all->n) {
        items_free(all);
        return true;
    }
    if (!run(all, "find host devices", show_task, err))
        return false;
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].node)
            def->hostdevs.v[all->v[i].index]->host_node = vr_arena_strdup(def->arena, all->v[i].node);
    items_free(all);
    return true;
}

void vr_hostdevs_each_node(const struct vr_domain_def *def, void (*fn)(const char *path, void *opaque), void *opaque)
{
    char usb[32];
    bool vfio = false;
    for (size_t i = 0; i < def->hostdevs.n; i++) {
        const struct vr_hostdev *h = def->hostdevs.v[i];
        if (is_subsys(h, VR_HOSTDEV_USB) && h->missing != VR_TRI_YES) {
            snprintf(usb, sizeof(usb), "/dev/bus/usb/%03u/%03u", h->usb_bus, h->usb_device);
            fn(usb, opaque);
        } else if (h->host_node) {
            fn(h->host_node, opaque);
            vfio |= vr_starts_with(h->host_node, "/dev/vfio/");
        }
    }
    if (vfio)
        fn("/dev/vfio/vfio", opaque);
}

bool vr_hostdevs_pin_memory(const struct vr_domain_def *def)
{
    for (size_t i = 0; i < def->hostdevs.n; i++)
        if (is_subsys(def->hostdevs.v[i], VR_HOSTDEV_PCI) || is_subsys(def->hostdevs.v[i], VR_HOSTDEV_MDEV))
            return true;
    for (size_t i = 0; i < def->disks.n; i++)
        for (const struct vr_storage_source *s = def->disks.v[i]->src; s; s = s->backing)
            if (s->type == VR_STORAGE_NVME)
                return true;
    return false;
}

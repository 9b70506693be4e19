/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which PCI address each device gets: the document's, the chipset's, then free slots in stock's order. Done twice: a
 * dry run shows how many buses are missing, these become controllers, and the real run starts from the larger topology.
 */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <stdlib.h>
#include "base/alloc.h"
#include "base/str.h"
#include "qemu/complete/parts.h"
#include "qemu/complete/pci.h"

#define MAX_ICH9 64
#define MAX_PLACED 8 /* primary video, sound, bridge: each once */

struct assign {
    struct vr_domain_def *def;
    struct vr_pci_set set;
    bool pcie; /* the guest has a pcie-root */
    bool dry;
    const struct vr_device_info *placed[MAX_PLACED]; /* by the chipset step; a dry run does not write addresses */
    size_t n_placed;
    struct {
        int index; /* of the USB bus */
        struct vr_pci_address at;
    } ich9[MAX_ICH9]; /* where the functions of one USB 2 controller sit in this run */
    size_t n_ich9;
};

/* ---- what each device needs -------------------------------------------------------------------------------------- */

static unsigned pci_flags(void)
{
    return VR_PCI_DEVICE | VR_PCI_HOTPLUG;
}

static unsigned pcie_flags(const struct assign *a)
{
    return a->pcie ? VR_PCIE_DEVICE | VR_PCI_HOTPLUG : pci_flags();
}

static unsigned virtio_flags(const struct assign *a, enum vr_virtio_model model)
{
    return model == VR_VIRTIO_MODEL_TRANSITIONAL ? pci_flags() : pcie_flags(a);
}

static unsigned controller_flags(const struct assign *a, const struct vr_controller *c)
{
    switch (c->type) {
    case VR_CONTROLLER_PCI:
        return vr_pci_controller_connects(c->model);
    case VR_CONTROLLER_USB:
        if (c->model == VR_CMODEL_NONE)
            return 0;
        return (c->model == VR_CMODEL_NEC_XHCI || c->model == VR_CMODEL_QEMU_XHCI ? pcie_flags(a) : pci_flags()) &
               ~VR_PCI_HOTPLUG;
    case VR_CONTROLLER_SCSI:
        if (c->model == VR_CMODEL_VIRTIO_SCSI || c->model == VR_CMODEL_VIRTIO_NON_TRANSITIONAL)
            return pcie_flags(a);
        return c->model == VR_CMODEL_IBMVSCSI || c->model == VR_CMODEL_NCR53C90 ? 0 : pci_flags();
    case VR_CONTROLLER_VIRTIO_SERIAL:
        return c->model == VR_CMODEL_VIRTIO_TRANSITIONAL ? pci_flags() : pcie_flags(a);
    case VR_CONTROLLER_SATA:
    case VR_CONTROLLER_IDE:
        return pci_flags();
    default:
        return 0;
    }
}

static unsigned net_flags(const struct assign *a, const struct vr_interface *net)
{
    if (net->type == VR_NET_HOSTDEV)
        return pcie_flags(a);
    if (!net->model || vr_streq(net->model, "usb-net"))
        return 0;
    if (vr_streq(net->model, "virtio") || vr_streq(net->model, "virtio-non-transitional") ||
        vr_streq(net->model, "e1000e") || vr_streq(net->model, "igb"))
        return pcie_flags(a);
    /* Stock knows these by name, and takes what it does not know for something modern. */
    static const char *const plain[] = { "rtl8139", "e1000", "vmxnet", "vmxnet2", "vmxnet3", "virtio-transitional",
                                         "netfront", "Am79C970A", "Am79C973", "82540EM", "82545EM", "82543GC", "vlance",
                                         "lan9118", "scm91c111", "spapr-vlan", NULL };
    return vr_name_index(plain, net->model) >= 0 ? pci_flags() : pcie_flags(a);
}

static unsigned video_flags(const struct assign *a, const struct vr_video *video)
{
    switch (video->type) {
    case VR_VIDEO_NONE:
    case VR_VIDEO_RAMFB:
        return 0;
    case VR_VIDEO_VIRTIO:
    case VR_VIDEO_BOCHS:
        return pcie_flags(a);
    default:
        return pci_flags();
    }
}

static unsigned hostdev_flags(const struct assign *a, const struct vr_hostdev *h)
{
    if (h->mode != VR_HOSTDEV_MODE_SUBSYS)
        return 0;
    switch (h->type) {
    case VR_HOSTDEV_PCI:
        return pcie_flags(a);
    case VR_HOSTDEV_MDEV:
        return vr_streq0(h->model, "vfio-pci") ? pcie_flags(a) : 0;
    case VR_HOSTDEV_SCSI_HOST:
        return vr_streq0(h->model, "virtio-transitional") ? pci_flags() : pcie_flags(a);
    default:
        return 0;
    }
}

static unsigned sound_flags(const struct vr_sound *s)
{
    return s->model == VR_SOUND_SB16 || s->model == VR_SOUND_PCSPK || s->model == VR_SOUND_USB ? 0 : pci_flags();
}

static unsigned memballoon_flags(const struct assign *a, const struct vr_memballoon *b)
{
    switch (b->model) {
    case VR_MEMBALLOON_VIRTIO_TRANSITIONAL:
        return pci_flags();
    case VR_MEMBALLOON_VIRTIO:
    case VR_MEMBALLOON_VIRTIO_NON_TRANSITIONAL:
        return pcie_flags(a);
    default:
        return 0;
    }
}

/* ---- one walk over all devices that may sit on PCI, in the order in which stock hands out slots -------------------
 */

typedef bool (*visit_fn)(struct assign *a, struct vr_device_info *info, unsigned flags,
                         struct vr_controller *controller, struct vr_error **err);

#define VISIT(list, type, flag_expr)                                                                                   \
    for (size_t i = 0; i < (list).n; i++) {                                                                            \
        struct type *d = (list).v[i];                                                                                  \
        unsigned flags = (flag_expr);                                                                                  \
        if (flags && !visit(a, &d->info, flags, NULL, err))                                                            \
            return false;                                                                                              \
    }

static bool visit_controllers(struct assign *a, bool pci, visit_fn visit, struct vr_error **err)
{
    for (size_t i = 0; i < a->def->controllers.n; i++) {
        struct vr_controller *c = a->def->controllers.v[i];
        unsigned flags = controller_flags(a, c);
        if ((c->type == VR_CONTROLLER_PCI) == pci && flags && !visit(a, &c->info, flags, c, err))
            return false;
    }
    return true;
}

static bool visit_all(struct assign *a, visit_fn visit, struct vr_error **err)
{
    struct vr_domain_def *def = a->def;
    if (!visit_controllers(a, true, visit, err))
        return false;
    VISIT(def->filesystems, vr_filesystem, virtio_flags(a, d->model));
    VISIT(def->interfaces, vr_interface, net_flags(a, d));
    VISIT(def->sounds, vr_sound, sound_flags(d));
    if (!visit_controllers(a, false, visit, err))
        return false;
    VISIT(def->disks, vr_disk, d->bus == VR_DISK_BUS_VIRTIO ? virtio_flags(a, d->model) : 0);
    VISIT(def->hostdevs, vr_hostdev, hostdev_flags(a, d));
    if (def->memballoon) {
        unsigned flags = memballoon_flags(a, def->memballoon);
        if (flags && !visit(a, &def->memballoon->info, flags, NULL, err))
            return false;
    }
    VISIT(def->rngs, vr_rng, virtio_flags(a, d->model));
    VISIT(def->watchdogs, vr_watchdog, d->model == VR_WATCHDOG_I6300ESB ? pci_flags() : 0);
    VISIT(def->videos, vr_video, video_flags(a, d));
    VISIT(def->shmems, vr_shmem, pci_flags());
    VISIT(def->inputs, vr_input, d->bus == VR_INPUT_BUS_VIRTIO ? virtio_flags(a, d->model) : 0);
    VISIT(def->serials, vr_chr, d->serial_target == VR_SERIAL_PCI ? pci_flags() : 0);
    VISIT(def->panics, vr_panic, d->model == VR_PANIC_PVPANIC ? pci_flags() : 0);
    VISIT(def->memories, vr_memory,
          d->model == VR_MEMORY_VIRTIO_PMEM || d->model == VR_MEMORY_VIRTIO_MEM ? pcie_flags(a) : 0);
    if (def->vsock && !visit(a, &def->vsock->info, virtio_flags(a, def->vsock->model), NULL, err))
        return false;
    VISIT(def->cryptos, vr_crypto, pcie_flags(a));
    if (def->iommu && def->iommu->model == VR_IOMMU_VIRTIO &&
        !visit(a, &def->iommu->info, (pcie_flags(a) & ~VR_PCI_HOTPLUG) | VR_PCI_INTEGRATED, NULL, err))
        return false;
    return true;
}

static bool address_empty(const struct vr_pci_address *p)
{
    return !p->domain && !p->bus && !p->slot && !p->function;
}

static bool wanted(const struct vr_device_info *info)
{
    return info->type == VR_ADDRESS_UNSET || (info->type == VR_ADDRESS_PCI && address_empty(&info->pci));
}

static bool present(const struct vr_device_info *info)
{
    return info->type == VR_ADDRESS_PCI && !address_empty(&info->pci);
}

static void remember(struct assign *a, const struct vr_device_info *info)
{
    if (a->n_placed < MAX_PLACED)
        a->placed[a->n_placed++] = info;
}

static void settle(struct assign *a, struct vr_device_info *info, const struct vr_pci_address *at)
{
    if (a->dry)
        return;
    enum vr_tri multi = info->pci.multifunction;
    struct vr_ouint uid = info->pci.zpci_uid, fid = info->pci.zpci_fid;
    info->type = VR_ADDRESS_PCI;
    info->pci = *at;
    info->pci.multifunction = at->multifunction ? at->multifunction : multi;
    info->pci.zpci_uid = uid;
    info->pci.zpci_fid = fid;
    info->assigned = true;
}

/* ---- addresses of the document ----------------------------------------------------------------------------------- */

static bool same_slot(const struct vr_pci_address *at, unsigned slot, unsigned function)
{
    return !at->domain && !at->bus && at->slot == slot && at->function == function;
}

/* PIIX3 functions are reserved by the chipset step, which also checks them. */
static bool is_chipset(const struct assign *a, const struct vr_controller *c)
{
    if (!c || !c->index.set || c->index.v != 0)
        return false;
    if (vr_qemu_is_i440fx(a->def))
        return c->type == VR_CONTROLLER_IDE || (c->type == VR_CONTROLLER_USB && c->model == VR_CMODEL_PIIX3_UHCI);
    return vr_qemu_is_q35(a->def) && c->type == VR_CONTROLLER_SATA;
}

static bool collect(struct assign *a, struct vr_device_info *info, unsigned flags, struct vr_controller *controller,
                    struct vr_error **err)
{
    if (!present(info) || is_chipset(a, controller))
        return true;
    unsigned relaxed = flags & ~VR_PCI_HOTPLUG; /* written by hand, or kept from before */
    return vr_pci_reserve(&a->set, &info->pci, relaxed, true, err);
}

/* ---- the chipset's --------------------------------------------------------------------------------------------- */

static bool integrated(struct assign *a, struct vr_controller *c, unsigned slot, unsigned function,
                       const char *complaint, struct vr_error **err)
{
    struct vr_pci_address at = { .slot = slot, .function = function };
    if (present(&c->info) && !same_slot(&c->info.pci, slot, function))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", complaint);
    if (!vr_pci_reserve(&a->set, &at, VR_PCI_DEVICE | VR_PCIE_DEVICE, true, err))
        return false;
    if (wanted(&c->info))
        settle(a, &c->info, &at);
    return true;
}

static bool primary_video(struct assign *a, unsigned slot, struct vr_error **err)
{
    if (!a->def->videos.n)
        return true;
    struct vr_video *video = a->def->videos.v[0];
    unsigned flags = video_flags(a, video);
    struct vr_pci_address at = { .slot = slot };
    if (!flags || !wanted(&video->info) || vr_pci_slot_used(&a->set, &at))
        return true; /* a taken slot: the video gets a free one like everything else */
    if (!vr_pci_reserve(&a->set, &at, (flags | VR_PCI_DEVICE | VR_PCIE_DEVICE) & ~VR_PCI_HOTPLUG, true, err))
        return false;
    settle(a, &video->info, &at);
    remember(a, &video->info);
    return true;
}

static bool chipset_piix3(struct assign *a, struct vr_error **err)
{
    for (size_t i = 0; i < a->def->controllers.n; i++) {
        struct vr_controller *c = a->def->controllers.v[i];
        if (!is_chipset(a, c))
            continue;
        if (c->type == VR_CONTROLLER_IDE
                ? !integrated(a, c, 1, 1, _("Primary IDE controller must have PCI address 0:0:1.1"), err)
                : !integrated(a, c, 1, 2, _("PIIX3 USB controller at index 0 must have PCI address 0:0:1.2"), err))
            return false;
    }
    struct vr_pci_address isa = { .slot = 1 };
    if (a->set.n && !vr_pci_reserve(&a->set, &isa, VR_PCI_DEVICE, false, err))
        return false;
    return primary_video(a, 2, err);
}

static int ich9_function(enum vr_controller_model model)
{
    switch (model) {
    case VR_CMODEL_ICH9_UHCI1:
        return 0;
    case VR_CMODEL_ICH9_UHCI2:
        return 1;
    case VR_CMODEL_ICH9_UHCI3:
        return 2;
    case VR_CMODEL_ICH9_EHCI1:
        return 7;
    default:
        return -1;
    }
}

/* The slot where another controller of the same USB bus sits, or where the chipset would have it. */
static bool ich9_usb(struct assign *a, struct vr_controller *c, bool chipset, struct vr_error **err)
{
    int function = ich9_function(c->model);
    struct vr_pci_address at = { 0 };
    bool found = false;
    for (size_t i = 0; i < a->n_ich9 && !found; i++) {
        if (a->ich9[i].index == c->index.v) {
            at = a->ich9[i].at;
            found = true;
        }
    }
    for (size_t i = 0; i < a->def->controllers.n && !found; i++) {
        const struct vr_controller *other = a->def->controllers.v[i];
        if (other != c && other->type == VR_CONTROLLER_USB && other->index.v == c->index.v &&
            ich9_function(other->model) >= 0 && present(&other->info)) {
            at = other->info.pci;
            found = true;
        }
    }
    if (!found && chipset) {
        static const unsigned slots[] = { 0x1d, 0x1a };
        for (size_t i = 0; i < VR_COUNT(slots) && !found; i++) {
            at = (struct vr_pci_address){ .slot = slots[i] };
            found = !vr_pci_slot_used(&a->set, &at);
        }
    }
    if (!found) {
        struct vr_pci_address probe = { 0 };
        if (!vr_pci_reserve_next(&a->set, pci_flags(), &probe, err))
            return false;
        a->set.bus[probe.bus].slot[probe.slot].functions &= ~(1u << probe.function);
        at = probe;
    }
    at.function = function;
    at.multifunction = function == 0 ? VR_TRI_ON : VR_TRI_UNSET;
    if (!vr_pci_reserve(&a->set, &at, VR_PCI_DEVICE, true, err))
        return false;
    if (a->n_ich9 < MAX_ICH9) {
        a->ich9[a->n_ich9].index = c->index.v;
        a->ich9[a->n_ich9++].at = at;
    }
    settle(a, &c->info, &at);
    return true;
}

static bool chipset_q35(struct assign *a, struct vr_error **err)
{
    for (size_t i = 0; i < a->def->controllers.n; i++) {
        struct vr_controller *c = a->def->controllers.v[i];
        if (is_chipset(a, c)) {
            if (!integrated(a, c, 0x1f, 2, _("Primary SATA controller must have PCI address 0:0:1f.2"), err))
                return false;
        } else if (c->type == VR_CONTROLLER_USB && ich9_function(c->model) >= 0 && wanted(&c->info)) {
            if (!ich9_usb(a, c, true, err))
                return false;
        } else if (c->type == VR_CONTROLLER_PCI && c->model == VR_CMODEL_DMI_TO_PCI_BRIDGE && wanted(&c->info)) {
            struct vr_pci_address at = { .slot = 0x1e };
            if (vr_pci_slot_used(&a->set, &at))
                continue;
            if (!vr_pci_reserve(&a->set, &at, VR_PCI_DMI_BRIDGE, false, err))
                return false;
            settle(a, &c->info, &at);
            remember(a, &c->info);
        }
    }
    for (unsigned function = 0; function <= 3 && a->set.n; function += 3) { /* ISA bridge and SMBus */
        struct vr_pci_address at = { .slot = 0x1f, .function = function };
        if (!vr_pci_reserve(&a->set, &at, VR_PCIE_DEVICE, false, err))
            return false;
    }
    if (!primary_video(a, 1, err))
        return false;
    for (size_t i = 0; i < a->def->sounds.n; i++) {
        struct vr_sound *s = a->def->sounds.v[i];
        struct vr_pci_address at = { .slot = 0x1b };
        if (s->model != VR_SOUND_ICH9 || !wanted(&s->info) || vr_pci_slot_used(&a->set, &at))
            continue;
        if (!vr_pci_reserve(&a->set, &at, VR_PCI_DEVICE, true, err))
            return false;
        settle(a, &s->info, &at);
        remember(a, &s->info);
    }
    return true;
}

/* ---- everything else --------------------------------------------------------------------------------------------- */

static bool give(struct assign *a, struct vr_device_info *info, unsigned flags, struct vr_controller *c,
                 struct vr_error **err)
{
    if (!wanted(info))
        return true;
    if (c && c->type == VR_CONTROLLER_PCI && (c->model == VR_CMODEL_PCI_ROOT || c->model == VR_CMODEL_PCIE_ROOT))
        return true;
    if (c && is_chipset(a, c))
        return true; /* the chipset step took it, dry or not */
    for (size_t i = 0; i < a->n_placed; i++)
        if (a->placed[i] == info)
            return true;
    if (c && c->type == VR_CONTROLLER_USB && ich9_function(c->model) >= 0) /* on Q35 the chipset step placed it */
        return vr_qemu_is_q35(a->def) || ich9_usb(a, c, false, err);
    struct vr_pci_address at = { 0 };
    if (!vr_pci_reserve_next(&a->set, flags, &at, err))
        return false;
    settle(a, info, &at);
    return true;
}

static bool create_set(struct assign *a, struct vr_error **err)
{
    int last = -1;
    for (size_t i = 0; i < a->def->controllers.n; i++)
        if (a->def->controllers.v[i]->type == VR_CONTROLLER_PCI && a->def->controllers.v[i]->index.v > last)
            last = a->def->controllers.v[i]->index.v;
    if (last >= VR_PCI_MAX_BUSES)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Index for '%s' controllers must not be higher than 255"),
                       "pci");
    a->n_placed = 0;
    a->n_ich9 = 0;
    memset(a->set.bus, 0, sizeof(a->set.bus));
    a->set.n = last + 1;
    for (size_t i = 0; i < a->def->controllers.n; i++) {
        const struct vr_controller *c = a->def->controllers.v[i];
        if (c->type == VR_CONTROLLER_PCI &&
            !vr_pci_bus_init(&a->set.bus[c->index.v], c->model, c->hotplug == VR_TRI_OFF, err))
            return false;
    }
    for (int i = 1; i <= last; i++) {
        /* a gap in the numbering: stock fills it with bridges */
        if (a->set.bus[i].model == VR_CMODEL_UNSET &&
            !vr_pci_bus_init(&a->set.bus[i], a->pcie ? VR_CMODEL_PCIE_ROOT_PORT : VR_CMODEL_PCI_BRIDGE, false, err))
            return false;
    }
    if (last >= 0 && a->set.bus[0].model == VR_CMODEL_UNSET)
        return vr_fail(err, VIR_ERR_XML_ERROR, "%s", _("A PCI controller with index=0 is missing"));
    return visit_all(a, collect, err);
}

static bool chipset(struct assign *a, struct vr_error **err)
{
    if (vr_qemu_is_i440fx(a->def))
        return chipset_piix3(a, err);
    return !vr_qemu_is_q35(a->def) || chipset_q35(a, err);
}

/* How many buses the devices need; adds the controllers that are missing. */
static bool dry_run(struct assign *a, int max_index, struct vr_error **err)
{
    a->dry = a->set.dry_run = true;
    if (!create_set(a, err) || !chipset(a, err))
        return false;
    bool full = true;
    for (unsigned i = 0; i < a->set.n; i++)
        full = full && vr_pci_bus_full(&a->set.bus[i]);
    struct vr_pci_address ignored;
    /* One slot stays free on a PCI guest, for the bridge that a later device may need. */
    if (!full && !a->pcie && !vr_pci_reserve_next(&a->set, pci_flags(), &ignored, err))
        return false;
    if (!visit_all(a, give, err))
        return false;
    /* Who left all of PCI Express to us can hot-plug one device. */
    if (max_index <= 0 && (int)a->set.n > max_index + 1 && a->pcie &&
        !vr_pci_reserve_next(&a->set, VR_PCIE_DEVICE | VR_PCI_HOTPLUG, &ignored, err))
        return false;
    for (unsigned i = max_index + 1; i < a->set.n; i++)
        vr_complete_add_controller(a->def, VR_CONTROLLER_PCI, i, a->set.bus[i].model);
    return true;
}

static void name_models(struct vr_domain_def *def)
{
    static const struct {
        enum vr_controller_model model;
        const char *name;
    } names[] = {
        { VR_CMODEL_PCI_BRIDGE, "pci-bridge" },
        { VR_CMODEL_PCI_EXPANDER, "pxb" },
        { VR_CMODEL_DMI_TO_PCI_BRIDGE, "i82801b11-bridge" },
        { VR_CMODEL_PCIE_TO_PCI_BRIDGE, "pcie-pci-bridge" },
        { VR_CMODEL_PCIE_ROOT_PORT, "pcie-root-port" },
        { VR_CMODEL_PCIE_SWITCH_UPSTREAM, "x3130-upstream" },
        { VR_CMODEL_PCIE_SWITCH_DOWNSTREAM, "xio3130-downstream" },
        { VR_CMODEL_PCIE_EXPANDER, "pxb-pcie" },
    };
    for (size_t i = 0; i < def->controllers.n; i++) {
        struct vr_controller *c = def->controllers.v[i];
        for (size_t n = 0; c->type == VR_CONTROLLER_PCI && !c->pci_model_name && n < VR_COUNT(names); n++)
            if (names[n].model == c->model)
                c->pci_model_name = names[n].name;
    }
}

/* An expander's bus number must leave room below for the buses of the guest's root. */
static bool expander_bus_number(struct vr_domain_def *def, struct vr_controller *c, struct vr_error **err)
{
    int lowest = 256;
    for (size_t i = 0; i < def->controllers.n; i++) {
        const struct vr_controller *o = def->controllers.v[i];
        if (o->type == VR_CONTROLLER_PCI && o->bus_nr.set && o->bus_nr.v < lowest)
            lowest = o->bus_nr.v;
    }
    int children = 0;
    for (size_t i = 0; i < def->controllers.n; i++) {
        const struct vr_controller *o = def->controllers.v[i];
        if (o->type == VR_CONTROLLER_PCI && present(&o->info) && (int)o->info.pci.bus == c->index.v)
            children++;
    }
    int number = lowest - children - 2;
    if (number < 0)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("No more available bus numbers for PCI expander controllers"));
    c->bus_nr.set = true;
    c->bus_nr.v = number;
    return true;
}

/* Numbers that follow from the final position. */
static bool targets(struct vr_domain_def *def, struct vr_error **err)
{
    for (size_t i = 0; i < def->controllers.n; i++) {
        struct vr_controller *c = def->controllers.v[i];
        if (c->type != VR_CONTROLLER_PCI)
            continue;
        switch (c->model) {
        case VR_CMODEL_PCI_BRIDGE:
            if (!c->chassis_nr.set)
                c->chassis_nr = (struct vr_oint){ true, c->index.v };
            break;
        case VR_CMODEL_PCIE_ROOT_PORT:
            if (!c->chassis.set)
                c->chassis = (struct vr_oint){ true, c->index.v };
            if (!c->port.set)
                c->port = (struct vr_oint){ true, (int)(c->info.pci.slot << 3 | c->info.pci.function) };
            break;
        case VR_CMODEL_PCIE_SWITCH_DOWNSTREAM:
            if (!c->chassis.set)
                c->chassis = (struct vr_oint){ true, c->index.v };
            if (!c->port.set)
                c->port = (struct vr_oint){ true, (int)c->info.pci.slot };
            break;
        case VR_CMODEL_PCI_EXPANDER:
        case VR_CMODEL_PCIE_EXPANDER:
            if (!c->bus_nr.set && !expander_bus_number(def, c, err))
                return false;
            break;
        default:
            break;
        }
    }
    return true;
}

static bool set_multifunction(struct assign *a, struct vr_device_info *info, unsigned flags, struct vr_controller *c,
                              struct vr_error **err)
{
    if (present(info) && info->pci.function == 0 && !info->pci.multifunction && info->pci.bus < a->set.n &&
        info->pci.slot < 32 && (a->set.bus[info->pci.bus].slot[info->pci.slot].functions & ~1u) &&
        !(info->pci.bus == 0 && info->pci.slot == 0x1f))
        info->pci.multifunction = VR_TRI_ON;
    return true;
}

bool vr_complete_pci(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    int max_index = -1;
    for (size_t i = 0; i < def->controllers.n; i++)
        if (def->controllers.v[i]->type == VR_CONTROLLER_PCI && def->controllers.v[i]->index.v > max_index)
            max_index = def->controllers.v[i]->index.v;
    if (max_index < 0)
        return true; /* a machine without PCI (isapc) */
    struct assign *a = vr_alloc(sizeof(*a)); /* 256 buses: too large for a fiber's stack */
    a->def = def;
    a->pcie = vr_qemu_has_pcie_root(def);
    a->set.pcie_to_pci = vr_qemu_caps_has(caps, VR_QEMU_PCIE_PCI_BRIDGE);
    bool ok = dry_run(a, max_index, err);
    if (ok) {
        name_models(def);
        a->dry = a->set.dry_run = false;
        ok = create_set(a, err) && chipset(a, err) && visit_all(a, give, err) && visit_all(a, set_multifunction, err) &&
             targets(def, err);
    }
    free(a);
    return ok;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Controllers, IOMMU, hubs. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/alloc.h"
#include "qemu/command/build.h"

static const char *scsi_driver(enum vr_controller_model model)
{
    switch (model) {
    case VR_CMODEL_LSILOGIC:
        return "lsi";
    case VR_CMODEL_LSISAS1068:
        return "mptsas1068";
    case VR_CMODEL_LSISAS1078:
        return "megasas";
    case VR_CMODEL_VMPVSCSI:
        return "pvscsi";
    case VR_CMODEL_AM53C974:
        return "am53c974";
    case VR_CMODEL_DC390:
        return "dc-390";
    case VR_CMODEL_IBMVSCSI:
        return "spapr-vscsi";
    default:
        return NULL;
    }
}

static enum vr_virtio_model virtio_model(enum vr_controller_model model)
{
    return model == VR_CMODEL_VIRTIO_TRANSITIONAL       ? VR_VIRTIO_MODEL_TRANSITIONAL
           : model == VR_CMODEL_VIRTIO_NON_TRANSITIONAL ? VR_VIRTIO_MODEL_NON_TRANSITIONAL
                                                        : VR_VIRTIO_MODEL_UNSET;
}

static struct vr_json *scsi(const struct vr_domain_def *def, const struct vr_controller *c, struct vr_error **err)
{
    struct vr_json *props;
    if (c->model == VR_CMODEL_VIRTIO_SCSI || virtio_model(c->model)) {
        props = virtio_device("virtio-scsi", def, &c->info, virtio_model(c->model), &c->virtio);
        if (c->iothread.set && c->iothread.v)
            vr_json_add_strf(props, "iothread", "iothread%u", c->iothread.v);
    } else {
        const char *driver = scsi_driver(c->model);
        if (!driver)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Unsupported controller model: %s"),
                           vr_controller_model_names[c->model]), NULL;
        props = vr_json_object();
        vr_json_add_str(props, "driver", driver);
    }
    vr_json_add_str(props, "id", c->info.alias);
    add_uint_if(props, "num_queues", c->queues);
    add_uint_if(props, "cmd_per_lun", c->cmd_per_lun);
    add_uint_if(props, "max_sectors", c->max_sectors);
    add_tri(props, "ioeventfd", c->ioeventfd);
    return props;
}

/* The controller whose companion this one is: the first of its number that is none itself. */
static const char *master_alias(const struct vr_domain_def *def, const struct vr_controller *c)
{
    for (size_t i = 0; i < def->controllers.n; i++) {
        const struct vr_controller *m = def->controllers.v[i];
        if (m->type == VR_CONTROLLER_USB && m->index.v == c->index.v && !m->info.master_startport.set)
            return m->info.alias;
    }
    return c->info.alias;
}

static struct vr_json *usb(const struct vr_domain_def *def, const struct vr_controller *c, struct vr_error **err)
{
    static const struct {
        enum vr_controller_model model;
        const char *driver;
    } drivers[] = {
        { VR_CMODEL_PIIX3_UHCI, "piix3-usb-uhci" }, { VR_CMODEL_PIIX4_UHCI, "piix4-usb-uhci" },
        { VR_CMODEL_EHCI, "usb-ehci" },             { VR_CMODEL_ICH9_EHCI1, "ich9-usb-ehci1" },
        { VR_CMODEL_ICH9_UHCI1, "ich9-usb-uhci1" }, { VR_CMODEL_ICH9_UHCI2, "ich9-usb-uhci2" },
        { VR_CMODEL_ICH9_UHCI3, "ich9-usb-uhci3" }, { VR_CMODEL_VT82C686B_UHCI, "vt82c686b-usb-uhci" },
        { VR_CMODEL_PCI_OHCI, "pci-ohci" },         { VR_CMODEL_NEC_XHCI, "nec-usb-xhci" },
        { VR_CMODEL_QEMU_XHCI, "qemu-xhci" },
    };
    const char *driver = NULL;
    for (size_t i = 0; i < VR_COUNT(drivers); i++)
        if (drivers[i].model == c->model)
            driver = drivers[i].driver;
    if (!driver)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("%s controller model is not supported on this QEMU"),
                       c->model ? vr_controller_model_names[c->model] : "usb"), NULL;
    struct vr_json *props = vr_json_object();
    vr_json_add_str(props, "driver", driver);
    if (c->ports.set && c->ports.v > 0) { /* both protocol versions get as many */
        vr_json_add_uint(props, "p2", c->ports.v);
        vr_json_add_uint(props, "p3", c->ports.v);
    }
    if (c->info.master_startport.set) {
        vr_json_add_strf(props, "masterbus", "%s.0", master_alias(def, c));
        vr_json_add_uint(props, "firstport", c->info.master_startport.v);
    } else {
        vr_json_add_str(props, "id", c->info.alias);
    }
    return props;
}

static bool pci_target(const struct vr_controller *c, struct vr_json *props, const char *alias, struct vr_error **err)
{
    switch (c->model) {
    case VR_CMODEL_PCI_BRIDGE:
        vr_json_add_uint(props, "chassis_nr", c->chassis_nr.v);
        vr_json_add_str(props, "id", alias);
        return true;
    case VR_CMODEL_PCI_EXPANDER:
    case VR_CMODEL_PCIE_EXPANDER:
        vr_json_add_uint(props, "bus_nr", c->bus_nr.v);
        vr_json_add_str(props, "id", alias);
        if (c->node.set && c->node.v >= 0)
            vr_json_add_uint(props, "numa_node", c->node.v);
        return true;
    case VR_CMODEL_DMI_TO_PCI_BRIDGE:
    case VR_CMODEL_PCIE_SWITCH_UPSTREAM:
    case VR_CMODEL_PCIE_TO_PCI_BRIDGE:
        vr_json_add_str(props, "id", alias);
        return true;
    case VR_CMODEL_PCIE_ROOT_PORT:
    case VR_CMODEL_PCIE_SWITCH_DOWNSTREAM:
        vr_json_add_uint(props, "port", c->port.v);
        vr_json_add_uint(props, "chassis", c->chassis.v);
        vr_json_add_str(props, "id", alias);
        add_tri(props, "hotplug", c->hotplug);
        if (c->mem_reserve_kib > UINT64_MAX / 1024)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("memReserve '%lu' KiB is more than there can be"), c->mem_reserve_kib);
        if (c->mem_reserve_kib)
            vr_json_add_uint(props, "mem-reserve", c->mem_reserve_kib * 1024);
        return true;
    default:
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unsupported PCI controller model"));
    }
}

static struct vr_json *pci(const struct vr_controller *c, struct vr_error **err)
{
    if (!c->pci_model_name)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("PCI controller model was not set correctly")), NULL;
    struct vr_json *props = vr_json_object();
    vr_json_add_str(props, "driver", c->pci_model_name);
    if (pci_target(c, props, c->info.alias, err))
        return props;
    vr_json_free(props);
    return NULL;
}

struct vr_json *vr_qemu_controller_device(const struct vr_domain_def *def, const struct vr_controller *c,
                                          struct vr_error **err)
{
    VR_AUTO(vr_json) *props = NULL;
    switch (c->type) {
    case VR_CONTROLLER_SCSI:
        props = scsi(def, c, err);
        break;
    case VR_CONTROLLER_VIRTIO_SERIAL:
        props = virtio_device("virtio-serial", def, &c->info, virtio_model(c->model), &c->virtio);
        vr_json_add_str(props, "id", c->info.alias);
        if (c->ports.set && c->ports.v >= 0)
            vr_json_add_uint(props, "max_ports", c->ports.v);
        if (c->vectors.set && c->vectors.v >= 0)
            vr_json_add_uint(props, "vectors", c->vectors.v);
        break;
    case VR_CONTROLLER_CCID:
        props = vr_json_object();
        vr_json_add_str(props, "driver", "usb-ccid");
        vr_json_add_str(props, "id", c->info.alias);
        break;
    case VR_CONTROLLER_SATA:
        props = vr_json_object();
        vr_json_add_str(props, "driver", "ahci");
        vr_json_add_str(props, "id", c->info.alias);
        break;
    case VR_CONTROLLER_USB:
        props = usb(def, c, err);
        break;
    case VR_CONTROLLER_PCI:
        props = pci(c, err);
        break;
    default:
        vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Unsupported controller type: %s"),
                vr_controller_type_names[c->type]);
        break;
    }
    if (!props || !add_address(props, def, &c->info, err))
        return NULL;
    return vr_json_ref(props);
}

/* What the board has by itself, or what is no device of its own. */
static bool on_board(const struct vr_domain_def *def, const struct vr_controller *c)
{
    switch (c->type) {
    case VR_CONTROLLER_PCI:
        return c->model == VR_CMODEL_PCI_ROOT || c->model == VR_CMODEL_PCIE_ROOT;
    case VR_CONTROLLER_IDE:
        return c->index.v == 0 && vr_qemu_is_i440fx(def);
    case VR_CONTROLLER_SATA:
        return c->index.v == 0 && vr_qemu_is_q35(def);
    case VR_CONTROLLER_USB:
        return c->model == VR_CMODEL_NONE;
    case VR_CONTROLLER_FDC:
        return true;
    default:
        return false;
    }
}

/* Q35 has no floppy controller of its own; a PC's own one takes its boot order as a global. */
static bool floppy_controller(struct build *b)
{
    unsigned boot[2] = { 0, 0 }, legacy = boot_position(b->def, VR_BOOT_FD);
    if (!vr_qemu_find_controller(b->def, VR_CONTROLLER_FDC, 0))
        return true;
    for (size_t i = 0; i < b->def->disks.n; i++) {
        const struct vr_disk *d = b->def->disks.v[i];
        if (d->bus != VR_DISK_BUS_FDC || d->info.drive.unit > 1)
            continue;
        boot[d->info.drive.unit] = d->info.boot_order ? d->info.boot_order : legacy;
        legacy = 0; /* the first one boots */
    }
    if (vr_qemu_is_q35(b->def)) {
        struct vr_json *fdc = vr_json_object();
        vr_json_add_str(fdc, "driver", "isa-fdc");
        add_uint_if(fdc, "bootindexA", boot[0]);
        add_uint_if(fdc, "bootindexB", boot[1]);
        return cmd_json(b, "-device", fdc);
    }
    for (int unit = 0; unit < 2; unit++) {
        if (boot[unit]) {
            cmd_arg(b, "-global");
            cmd_argf(b, "isa-fdc.bootindex%c=%u", unit ? 'B' : 'A', boot[unit]);
        }
    }
    return true;
}

bool build_controllers(struct build *b)
{
    static const enum vr_controller_type order[] = {
        VR_CONTROLLER_PCI,           VR_CONTROLLER_USB,  VR_CONTROLLER_SCSI,   VR_CONTROLLER_IDE, VR_CONTROLLER_SATA,
        VR_CONTROLLER_VIRTIO_SERIAL, VR_CONTROLLER_CCID, VR_CONTROLLER_XENBUS, VR_CONTROLLER_ISA
    };
    for (size_t o = 0; o < VR_COUNT(order); o++) {
        for (size_t i = 0; i < b->def->controllers.n; i++) {
            const struct vr_controller *c = b->def->controllers.v[i];
            if (c->type != order[o] || on_board(b->def, c))
                continue;
            if (c->type == VR_CONTROLLER_IDE)
                return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                               vr_qemu_is_i440fx(b->def)
                                   ? _("Only a single IDE controller is supported for this machine type")
                                   : _("IDE controllers are unsupported for this QEMU binary or machine type"));
            if (!cmd_device(b, vr_qemu_controller_device(b->def, c, b->err)))
                return false;
        }
    }
    return floppy_controller(b);
}

bool build_hubs(struct build *b)
{
    for (size_t i = 0; i < b->def->hubs.n; i++) {
        const struct vr_hub *h = b->def->hubs.v[i];
        struct vr_json *props = vr_json_object();
        vr_json_add_str(props, "driver", "usb-hub");
        vr_json_add_str(props, "id", h->info.alias);
        if (!add_address(props, b->def, &h->info, b->err)) {
            vr_json_free(props);
            return false;
        }
        if (!cmd_device(b, props))
            return false;
    }
    return true;
}

bool build_iommu(struct build *b)
{
    const struct vr_iommu *m = b->def->iommu;
    if (!m)
        return true;
    struct vr_json *props = vr_json_object();
    switch (m->model) {
    case VR_IOMMU_INTEL:
        vr_json_add_str(props, "driver", "intel-iommu");
        vr_json_add_str(props, "id", m->info.alias);
        add_tri_onoff(props, "intremap", m->intremap);
        add_tri(props, "caching-mode", m->caching_mode);
        add_tri_onoff(props, "eim", m->eim);
        add_tri(props, "device-iotlb", m->iotlb);
        add_uint_if(props, "aw-bits", m->aw_bits);
        return cmd_device(b, props);
    case VR_IOMMU_VIRTIO:
        vr_json_add_str(props, "driver", "virtio-iommu");
        vr_json_add_str(props, "id", m->info.alias);
        if (!add_address(props, b->def, &m->info, b->err)) {
            vr_json_free(props);
            return false;
        }
        return cmd_device(b, props);
    default:
        vr_json_free(props);
        return not_yet(b->err, "this model of IOMMU");
    }
}

bool build_globals(struct build *b)
{
    for (size_t i = 0; i < b->def->controllers.n; i++) {
        const struct vr_controller *c = b->def->controllers.v[i];
        if (c->type == VR_CONTROLLER_PCI && c->has_pcihole64) {
            cmd_arg(b, "-global");
            cmd_argf(b, "%s.pci-hole64-size=%lluK", c->model == VR_CMODEL_PCIE_ROOT ? "q35-pcihost" : "i440FX-pcihost",
                     (unsigned long long)c->pcihole64_kib);
        }
        if (c->type == VR_CONTROLLER_PCI && c->model == VR_CMODEL_PCI_ROOT && c->hotplug != VR_TRI_UNSET) {
            cmd_arg(b, "-global");
            cmd_argf(b, "PIIX4_PM.acpi-root-pci-hotplug=%s", c->hotplug == VR_TRI_ON ? "on" : "off");
        }
    }
    return true;
}

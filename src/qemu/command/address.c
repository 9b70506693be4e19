/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties that devices of all kinds share: where they are plugged in, boot order, ROM, virtio options. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/alloc.h"
#include "qemu/command/build.h"

void add_tri(struct vr_json *props, const char *key, enum vr_tri v)
{
    if (v != VR_TRI_UNSET)
        vr_json_add_bool(props, key, v == VR_TRI_YES);
}

void add_tri_onoff(struct vr_json *props, const char *key, enum vr_tri v)
{
    if (v != VR_TRI_UNSET)
        vr_json_add_str(props, key, v == VR_TRI_ON ? "on" : "off");
}

void add_uint_if(struct vr_json *props, const char *key, uint64_t v)
{
    if (v)
        vr_json_add_uint(props, key, v);
}

void add_boot(struct vr_json *props, const struct vr_device_info *info, unsigned bootindex)
{
    add_uint_if(props, "bootindex", info->boot_order ? info->boot_order : bootindex);
    if (info->loadparm)
        vr_json_add_str(props, "loadparm", info->loadparm);
}

void add_rom(struct vr_json *props, const struct vr_device_info *info)
{
    if (info->rom_enabled == VR_TRI_NO) {
        vr_json_add_str(props, "romfile", "");
        return;
    }
    if (info->rom_bar != VR_TRI_UNSET)
        vr_json_add_uint(props, "rombar", info->rom_bar == VR_TRI_ON);
    if (info->rom_file)
        vr_json_add_str(props, "romfile", info->rom_file);
}

/* QEMU's name of a PCI bus. Those of the board keep QEMU's own names, whatever alias the document gives them. */
static bool pci_bus_name(const struct vr_domain_def *def, unsigned bus, struct vr_json *props, struct vr_error **err)
{
    const struct vr_controller *c = vr_qemu_find_controller(def, VR_CONTROLLER_PCI, bus);
    if (!c)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR,
                       _("Could not find PCI controller with index '%u' required for device "
                         "address"),
                       bus);
    if (c->model == VR_CMODEL_PCIE_ROOT)
        vr_json_add_str(props, "bus", "pcie.0");
    else if (c->model == VR_CMODEL_PCI_ROOT)
        vr_json_add_str(props, "bus", "pci.0");
    else
        vr_json_add_str(props, "bus", c->info.alias);
    return true;
}

static bool pci_address(struct vr_json *props, const struct vr_domain_def *def, const struct vr_device_info *info,
                        struct vr_error **err)
{
    if (info->pci.domain != 0)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("Only PCI device addresses with domain=0 are supported"));
    if (!pci_bus_name(def, info->pci.bus, props, err))
        return false;
    add_tri(props, "multifunction", info->pci.multifunction);
    vr_autofree char *addr = info->pci.function ? vr_printf("0x%x.0x%x", info->pci.slot, info->pci.function)
                                                : vr_printf("0x%x", info->pci.slot);
    vr_json_add_str(props, "addr", addr);
    if (info->acpi_index.set)
        vr_json_add_uint(props, "acpi-index", info->acpi_index.v);
    return true;
}

bool add_address(struct vr_json *props, const struct vr_domain_def *def, const struct vr_device_info *info,
                 struct vr_error **err)
{
    const struct vr_controller *c;
    switch (info->type) {
    case VR_ADDRESS_PCI:
        return pci_address(props, def, info, err);
    case VR_ADDRESS_USB:
        c = vr_qemu_find_controller(def, VR_CONTROLLER_USB, info->usb.bus);
        if (!c)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Device alias was not set for USB controller with index %u"),
                           info->usb.bus);
        vr_json_add_strf(props, "bus", "%s.0", c->info.alias);
        if (info->usb.port)
            vr_json_add_str(props, "port", info->usb.port);
        return true;
    case VR_ADDRESS_SPAPR_VIO:
        if (info->spaprvio.reg.set)
            vr_json_add_uint(props, "reg", info->spaprvio.reg.v);
        return true;
    case VR_ADDRESS_ISA:
        if (info->isa.iobase)
            vr_json_add_uint(props, "iobase", info->isa.iobase);
        add_uint_if(props, "irq", info->isa.irq);
        return true;
    case VR_ADDRESS_DIMM:
        vr_json_add_uint(props, "slot", info->dimm.slot);
        if (info->dimm.base.set && info->dimm.base.v)
            vr_json_add_uint(props, "addr", info->dimm.base.v);
        return true;
    case VR_ADDRESS_CCW:
    case VR_ADDRESS_VIRTIO_MMIO:
    case VR_ADDRESS_VIRTIO_S390:
        return not_yet(err, vr_address_type_names[info->type]);
    default:
        return true;
    }
}

struct vr_json *virtio_device(const char *base, const struct vr_domain_def *def, const struct vr_device_info *info,
                              enum vr_virtio_model model, const struct vr_virtio_options *options)
{
    struct vr_json *props = vr_json_object();
    const char *suffix = model == VR_VIRTIO_MODEL_TRANSITIONAL       ? "-transitional"
                         : model == VR_VIRTIO_MODEL_NON_TRANSITIONAL ? "-non-transitional"
                                                                     : "";
    vr_json_add_strf(props, "driver", "%s-pci%s", base, suffix);
    if (options) {
        add_tri(props, "iommu_platform", options->iommu);
        add_tri(props, "ats", options->ats);
        add_tri(props, "packed", options->packed);
        add_tri(props, "page-per-vq", options->page_per_vq);
    }
    return props;
}

unsigned boot_position(const struct vr_domain_def *def, enum vr_boot_device dev)
{
    for (size_t i = 0; i < def->os.boot.n; i++)
        if (def->os.boot.v[i]->dev == dev)
            return i + 1;
    return 0;
}

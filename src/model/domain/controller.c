/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <controller> */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include <string.h>
#include "base/str.h"

VR_ENUM_NAMES(vr_controller_type, VR_CONTROLLER_TYPES)
VR_ENUM_NAMES(vr_controller_model, VR_CONTROLLER_MODELS)

#define CTL struct vr_controller
#define B(T) VR_BIT(VR_CONTROLLER_##T)
#define FOR(mask) VR_WHEN(CTL, type, mask)
#define M(T) VR_BIT(VR_CMODEL_##T)

/* Which models a type knows. */
static const uint64_t models_of[VR_CONTROLLER_COUNT] = {
    [VR_CONTROLLER_PCI] = M(PCI_ROOT) | M(PCIE_ROOT) | M(PCI_BRIDGE) | M(DMI_TO_PCI_BRIDGE) | M(PCIE_TO_PCI_BRIDGE) |
                          M(PCIE_ROOT_PORT) | M(PCIE_SWITCH_UPSTREAM) | M(PCIE_SWITCH_DOWNSTREAM) | M(PCI_EXPANDER) |
                          M(PCIE_EXPANDER),
    [VR_CONTROLLER_SCSI] = M(AUTO) | M(BUSLOGIC) | M(LSILOGIC) | M(LSISAS1068) | M(VMPVSCSI) | M(IBMVSCSI) |
        M(VIRTIO_SCSI) |
                           M(LSISAS1078) | M(VIRTIO_TRANSITIONAL) | M(VIRTIO_NON_TRANSITIONAL) | M(NCR53C90) |
                               M(DC390) |
                           M(AM53C974),
    [VR_CONTROLLER_USB] = M(PIIX3_UHCI) | M(PIIX4_UHCI) | M(EHCI) | M(ICH9_EHCI1) | M(ICH9_UHCI1) | M(ICH9_UHCI2) |
                          M(ICH9_UHCI3) | M(VT82C686B_UHCI) | M(PCI_OHCI) | M(NEC_XHCI) | M(QUSB1) | M(QUSB2) |
                              M(QEMU_XHCI) |
                          M(NONE),
    [VR_CONTROLLER_IDE] = M(PIIX3) | M(PIIX4) | M(ICH6),
    [VR_CONTROLLER_VIRTIO_SERIAL] = M(VIRTIO) | M(VIRTIO_TRANSITIONAL) | M(VIRTIO_NON_TRANSITIONAL),
};

/* Names a chassis number is written in decimal but may come in any base. */
static const struct vr_row target_rows[] = {
    VR_A_OINT(CTL, chassis_nr, "chassisNr", .radix = VR_RADIX_ANY, .bad = "Invalid chassisNr '%s' in PCI controller",
              .bad_code = VIR_ERR_XML_ERROR),
    VR_A_OINT(CTL, chassis, "chassis", .radix = VR_RADIX_ANY, .bad = "Invalid chassis '%s' in PCI controller",
              .bad_code = VIR_ERR_XML_ERROR),
    VR_A_OINT(CTL, port, "port", .radix = VR_RADIX_ANY, .print = "0x%x", .bad = "Invalid port '%s' in PCI controller",
              .bad_code = VIR_ERR_XML_ERROR),
    VR_A_OINT(CTL, bus_nr, "busNr", .radix = VR_RADIX_ANY, .bad = "Invalid busNr '%s' in PCI controller", .bad_code =
              VIR_ERR_XML_ERROR),
    VR_A_OINT(CTL, target_index, "index", .radix = VR_RADIX_ANY, .bad = "Invalid target index '%s' in PCI controller",
              .bad_code = VIR_ERR_XML_ERROR),
    VR_A_ONOFF(CTL, hotplug, "hotplug"),
    VR_A_U64(CTL, mem_reserve_kib, "memReserve", .since = "10.3"),
    VR_ROW_("node", VR_K_OINT, VR_AT_TEXT, VR_MEMBER_SIZED(CTL, node, 8), .bad =
            "Invalid NUMA node '%s' in PCI controller"),
    VR_END,
};
static const struct vr_row pci_model_rows[] = { VR_A_STR(CTL, pci_model_name, "name"), VR_END };
static const struct vr_row driver_rows[] = {
    VR_A_UINT(CTL, queues, "queues", .bad = "Malformed 'queues' value '%s'", .bad_code = VIR_ERR_XML_ERROR),
    VR_A_UINT(CTL, cmd_per_lun, "cmd_per_lun", .bad = "Malformed 'cmd_per_lun' value '%s'", .bad_code =
              VIR_ERR_XML_ERROR),
    VR_A_UINT(CTL, max_sectors, "max_sectors", .bad = "Malformed 'max_sectors' value %s", .bad_code =
              VIR_ERR_XML_ERROR),
    VR_A_ONOFF(CTL, ioeventfd, "ioeventfd"),
    VR_A_OUINT(CTL, iothread, "iothread", .nonzero = true),
    VR_INLINE_PART(CTL, virtio, vr_virtio_rows),
    VR_END,
};

/* model= has names per type, so it is read and written here. */
static bool model_parse(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    CTL *c = base;
    const char *name = vr_xml_get(node, "model");
    if (!name)
        return true;
    int m = *name ? vr_name_index(vr_controller_model_names, name) : -1;
    if (m < 0 || !(models_of[c->type] >> m & 1))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("Unknown model type '%s'"), name);
    c->model = (enum vr_controller_model)m;
    return true;
}

static void model_format(struct vr_format *f, const void *base)
{
    const CTL *c = base;
    if (c->model)
        vr_format_attr(f, "model", vr_controller_model_names[c->model]);
}
static const char *const model_names[] = { "model", NULL };
static const struct vr_custom_ops model_ops = { .attrs = model_names, .parse = model_parse, .format_attrs =
    model_format };

static bool hole_said(const void *base, const struct vr_format *f)
{
    return ((const CTL *)base)->has_pcihole64;
}
static const struct vr_row hole_rows[] = {
    VR_C_SIZE(CTL, pcihole64_kib, .zero = true, .when = hole_said), VR_END,
};

static const struct vr_row controller_rows[] = {
    VR_A_ENUM(CTL, type, "type", vr_controller_type_names),
    VR_A_OINT(CTL, index, "index"),
    VR_CUSTOM(model_ops),
    VR_A_OINT(CTL, ports, "ports", FOR(B(VIRTIO_SERIAL) | B(USB))),
    VR_A_OINT(CTL, vectors, "vectors", FOR(B(VIRTIO_SERIAL))),
    VR_A_OINT(CTL, max_grant_frames, "maxGrantFrames", FOR(B(XENBUS))),
    VR_A_OINT(CTL, max_event_channels, "maxEventChannels", FOR(B(XENBUS))),
    VR_GROUP("model", pci_model_rows, FOR(B(PCI))),
    VR_GROUP("target", target_rows, FOR(B(PCI))),
    VR_GROUP("driver", driver_rows),
    VR_INFO(CTL),
    VR_GROUP("pcihole64", hole_rows, FOR(B(PCI)), .has = VR_HAS(CTL, has_pcihole64)),
    VR_END,
};

#undef B
static bool not_negative(struct vr_parse *p, const struct vr_xml_node *node, const struct vr_oint *v, const char *name,
                         struct vr_error **err)
{
    if (!v->set || v->v >= 0)
        return true;
    vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1,
                    _("Invalid value for attribute '%s' in element '%s': '%d'. Expected non-negative value"), name, node->name, v->v);
    return vr_xml_locate(err, node);
}

static bool pci_check(struct vr_parse *p, const struct vr_xml_node *node, CTL *c, struct vr_error **err)
{
    if (c->model == VR_CMODEL_PCI_ROOT || c->model == VR_CMODEL_PCIE_ROOT) {
        if (c->info.type != VR_ADDRESS_UNSET)
            return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                                 _("pci-root and pcie-root controllers should not have an address"));
    }
    const struct vr_xml_node *target = vr_xml_child(node, "target");
    if (target && (!not_negative(p, target, &c->chassis_nr, "chassisNr", err) || !not_negative(p, target, &c->chassis, "chassis", err)))
        return false;
    if (c->chassis_nr.set && (c->chassis_nr.v < 1 || c->chassis_nr.v > 255))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                             _("PCI controller chassisNr '%d' out of range - must be 1-255"), c->chassis_nr.v);
    if (c->chassis.set && (c->chassis.v < 0 || c->chassis.v > 255))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("PCI controller chassis '%d' out of range - must be 0-255"),
                             c->chassis.v);
    if (c->port.set && (c->port.v < 0 || c->port.v > 255))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("PCI controller port '%d' out of range - must be 0-255"),
                             c->port.v);
    if (c->bus_nr.set && (c->bus_nr.v < 1 || c->bus_nr.v > 254))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("PCI controller busNr '%d' out of range - must be 1-254"),
                             c->bus_nr.v);
    return true;
}

static bool controller_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    ((CTL *)obj)->type = VR_CONTROLLER_IDE; /* when none is said */
    if (vr_xml_count(node, "model") > 1)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Multiple <model> elements in controller definition not allowed"));
    if (vr_xml_count(node, "target") > 1)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Multiple <target> elements in controller definition not allowed"));
    int64_t v;
    const char *index = vr_xml_get(node, "index");
    if (index && vr_text_i64(index, 10, INT32_MIN, -1, &v)) {
        vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1,
                        _("Invalid value for attribute 'index' in element 'controller': '%s'. Expected non-negative value"), index);
        return vr_xml_locate(err, node);
    }
    return true;
}

static bool controller_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    CTL *c = obj;
    if (c->type == VR_CONTROLLER_IDE && c->model == VR_CMODEL_UNSET)
        return true;
    if (c->type == VR_CONTROLLER_PCI)
        return pci_check(p, node, c, err);
    if (c->type == VR_CONTROLLER_USB && !c->info.master_startport.set) {
        /* the companions of one EHCI controller start at fixed ports of it */
        int at = c->model == VR_CMODEL_ICH9_UHCI1 ? 0 : c->model == VR_CMODEL_ICH9_UHCI2 ? 2 : c->model == VR_CMODEL_ICH9_UHCI3 ? 4 : -1;
        c->info.master_startport.set = at >= 0;
        c->info.master_startport.v = at >= 0 ? (unsigned)at : 0;
    }
    return not_negative(p, node, &c->ports, "ports", err);
}

const struct vr_xml_elem vr_controller_elem = {
    .name = "controller", .size = sizeof(CTL), .rows = controller_rows, .own_arena = true, .before_parse =
        controller_before,
    .after_parse = controller_after,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <capability> of node devices. */
#define VR_ERROR_DOMAIN VIR_FROM_NODEDEV
#include "nodedev.h"

#include <stdlib.h>
#include "base/alloc.h"
#include "base/str.h"
#include "tables.h"
#include "model/domain/tables.h"

VR_ENUM_NAMES(vr_nodedev_type, VR_NODEDEV_TYPES)
VR_ENUM_NAMES(vr_drm_type, VR_DRM_TYPES)
VR_ENUM_NAMES(vr_pci_link_validity, VR_PCI_LINKS)
VR_ENUM_NAMES(vr_pci_speed, VR_PCI_SPEEDS)

#define CAP struct vr_nodedev_cap
#define B(T) VR_BIT(VR_NODEDEV_##T)
#define OF(mask) VR_WHEN(CAP, type, mask)
#define INTERNAL .bad_code = VIR_ERR_INTERNAL_ERROR, .missing_code = VIR_ERR_INTERNAL_ERROR
#define UNSUPPORTED .bad_code = VIR_ERR_CONFIG_UNSUPPORTED, .missing_code = VIR_ERR_CONFIG_UNSUPPORTED
/* A number that must be there, and how both mistakes are told. */
#define NEEDED(m, n, mask, what, ...)                                                              \
    VR_T_OUINT(CAP, m, n, OF(mask), .required = true, INTERNAL, .missing = "no " what " supplied for '%N'",    \
               .bad = "invalid " what " supplied for '%N'", .radix = VR_RADIX_ANY, __VA_ARGS__)
#define TEXT(m, n, mask) VR_T_STR(CAP, m, n, OF(mask), .unless_empty = true)

/* ---- system ------------------------------------------------------------------------------------------------------ */
static const struct vr_row hardware_rows[] = {
    VR_T_STR(CAP, hw_vendor, "vendor", .unless_empty = true), VR_T_STR(CAP, hw_version, "version", .unless_empty = true),
    VR_T_STR(CAP, hw_serial, "serial", .unless_empty = true),
    VR_T_UUID(CAP, hw_uuid, has_hw_uuid, "uuid", .required = true, INTERNAL,
              .missing = "no system UUID supplied for '%N'", .bad = "malformed uuid element for '%N'"),
    VR_END,
};
static const struct vr_row firmware_rows[] = {
    VR_T_STR(CAP, fw_vendor, "vendor", .unless_empty = true), VR_T_STR(CAP, fw_version, "version", .unless_empty = true),
    VR_T_STR(CAP, fw_release, "release_date", .unless_empty = true),
    VR_END,
};

/* ---- pci and usb ------------------------------------------------------------------------------------------------- */
#define IDS(which, bus, shown)                                                                     \
    static const struct vr_row bus##_##which##_rows[] = {                                          \
        VR_A_OUINT(CAP, which##_id, "id", .print = "0x%04x", .radix = 16, .required = true, INTERNAL,    \
                   .missing = "no " shown " ID supplied for '%N'", .bad = "invalid " shown " ID supplied for '%N'"), \
        VR_C_STR(CAP, which, .unless_empty = true),                                                \
        VR_END,                                                                                    \
    }
IDS(product, pci, "PCI product");
IDS(vendor, pci, "PCI vendor");
IDS(product, usb, "USB product");
IDS(vendor, usb, "USB vendor");
#define IDENTITY(which, bus, mask, shown)                                                          \
    VR_GROUP(#which, bus##_##which##_rows, OF(mask), .required = true, .missing_code = VIR_ERR_INTERNAL_ERROR, \
             .missing = "no " shown " ID supplied for '%N'")

#define PCI struct vr_pci_address
static const struct vr_row place_rows[] = {
    VR_A_UINT(PCI, domain, "domain", .print = "0x%04x", .radix = VR_RADIX_ANY, .zero = true, .required = true),
    VR_A_UINT(PCI, bus, "bus", .print = "0x%02x", .radix = VR_RADIX_ANY, .zero = true, .required = true),
    VR_A_UINT(PCI, slot, "slot", .print = "0x%02x", .radix = VR_RADIX_ANY, .zero = true, .required = true),
    VR_A_UINT(PCI, function, "function", .print = "0x%x", .radix = VR_RADIX_ANY, .zero = true, .required = true),
    VR_END,
};
const struct vr_xml_elem vr_nodedev_place_elem = { .name = "address", .size = sizeof(PCI), .rows = place_rows };

static const struct vr_row iommu_rows[] = {
    VR_A_OUINT(CAP, iommu_group, "number", .required = true),
    VR_LISTED(CAP, iommu_devices, "address", vr_nodedev_place_elem),
    VR_END,
};
static bool iommu_shown(const void *base, const struct vr_format *f)
{
    const CAP *c = base;
    return c->iommu_group.set && c->iommu_devices.n;
}
static const struct vr_row numa_rows[] = {
    VR_A_OINT(CAP, numa_node, "node", INTERNAL, .bad = "invalid NUMA node ID supplied for '%N'"), VR_END,
};
#define LINK struct vr_pci_link
static const struct vr_row link_rows[] = {
    VR_A_ENUM(LINK, validity, "validity", vr_pci_link_validity_names, .lenient = true),
    VR_A_OINT(LINK, port, "port"),
    VR_A_ENUM(LINK, speed, "speed", vr_pci_speed_names),
    VR_A_OUINT(LINK, width, "width"),
    VR_END,
};
static bool link_skipped(const void *obj, const struct vr_format *f)
{
    return !((const LINK *)obj)->validity;
}
static const struct vr_xml_elem link_elem = { .name = "link", .size = sizeof(LINK), .rows = link_rows,
                                              .skip_format = link_skipped };
static const struct vr_row express_rows[] = { VR_LISTED(CAP, links, "link", link_elem), VR_END };

/* ---- net --------------------------------------------------------------------------------------------------------- */
static const char *const features[] = { "rx", "tx", "sg", "tso", "gso", "gro", "lro", "rxvlan", "txvlan", "ntuple",
                                        "rxhash", "rdma", "txudptnl", "switchdev", NULL };
static const struct vr_row feature_rows[] = {
    VR_A_STR(struct vr_named_text, name, "name", .words = features, .required = true,
             .missing = "missing network device feature name", .bad = "unknown network device feature '%s'"),
    VR_END,
};
static const struct vr_xml_elem feature_elem = { .name = "feature", .size = sizeof(struct vr_named_text),
                                                 .rows = feature_rows };

/* ---- mediated devices -------------------------------------------------------------------------------------------- */
static const struct vr_row mdev_type_rows[] = {
    VR_A_STR(CAP, mdev_type, "id", .required = true, UNSUPPORTED, .missing =
             "missing type id attribute for '%N'"),
    VR_END,
};
static const struct vr_row mdev_iommu_rows[] = {
    VR_A_OUINT(CAP, iommu_group, "number", INTERNAL, .bad = "invalid iommuGroup number attribute for '%N'"), VR_END,
};
static const struct vr_row attr_rows[] = {
    VR_A_STR(struct vr_mdev_attr, name, "name"), VR_A_STR(struct vr_mdev_attr, value, "value"), VR_END,
};
static const struct vr_xml_elem attr_elem = { .name = "attr", .size = sizeof(struct vr_mdev_attr), .rows = attr_rows };

/* ---- channels ---------------------------------------------------------------------------------------------------- */
#define CCW struct vr_ccw_place
#define PLACE(m, form)                                                                             \
    VR_T_OUINT(CCW, m, #m, .print = form, .radix = VR_RADIX_ANY, .required = true, UNSUPPORTED,    \
               .missing = "missing " #m " value for '%N'", .bad = "invalid " #m " value '%s' for '%N'")
static const struct vr_row ccw_rows[] = { PLACE(cssid, "0x%x"), PLACE(ssid, "0x%x"), PLACE(devno, "0x%04x"), VR_END };
static const struct vr_xml_elem channel_elem = { .name = "channel_dev_addr", .size = sizeof(CCW), .rows = ccw_rows };

#define AP(m, n, mask, form, ...)                                                                  \
    VR_T_OUINT(CAP, m, n, OF(mask), .print = form, .radix = VR_RADIX_ANY, .required = true, UNSUPPORTED,   \
               .missing = "missing " n " value for '%N'", .bad = "invalid " n " value '%s' for '%N'")

/* ---- all --------------------------------------------------------------------------------------------------------- */
static bool sized(const void *base, const struct vr_format *f)
{
    const CAP *c = base;
    for (size_t i = 0; i < c->subs.n; i++)
        if (c->subs.v[i]->type == VR_NODEDEV_SUB_REMOVABLE)
            return false;
    return true;
}
static const struct vr_row device_rows[] = {
    VR_GROUP("hardware", hardware_rows, OF(B(SYSTEM)), .required = true, .missing_code = VIR_ERR_INTERNAL_ERROR,
             .missing = "no system UUID supplied for '%N'"),
    VR_GROUP("firmware", firmware_rows, OF(B(SYSTEM))),
    NEEDED(number, "number", B(USB_INTERFACE), "USB interface number",),
    VR_T_OUINT(CAP, klass, "class", OF(B(PCI)), .print = "0x%06x", .radix = VR_RADIX_ANY, .max = 0xffffff, INTERNAL,
               .bad = "invalid PCI class supplied for '%N'", .type = "hexNumber"),
    NEEDED(klass, "class", B(USB_INTERFACE), "USB interface class",),
    NEEDED(subclass, "subclass", B(USB_INTERFACE), "USB interface subclass",),
    NEEDED(protocol, "protocol", B(USB_INTERFACE), "USB interface protocol",),
    TEXT(description, "description", B(USB_INTERFACE)),
    NEEDED(domain, "domain", B(PCI), "PCI domain ID",),
    NEEDED(bus, "bus", B(PCI), "PCI bus ID",),
    NEEDED(slot, "slot", B(PCI), "PCI slot ID",),
    NEEDED(function, "function", B(PCI), "PCI function ID",),
    NEEDED(bus, "bus", B(USB_DEVICE), "USB bus number",),
    NEEDED(device, "device", B(USB_DEVICE), "USB device number",),
    IDENTITY(product, pci, B(PCI), "PCI product"), IDENTITY(vendor, pci, B(PCI), "PCI vendor"),
    IDENTITY(product, usb, B(USB_DEVICE), "USB product"), IDENTITY(vendor, usb, B(USB_DEVICE), "USB vendor"),
    VR_T_STR(CAP, interface, "interface", OF(B(NET)), .required = true, INTERNAL, .missing =
             "no network interface supplied for '%N'"),
    TEXT(address, "address", B(NET)),
    VR_PART(CAP, link, "link", vr_host_link_rows, OF(B(NET))),
    VR_LISTED(CAP, features, "feature", feature_elem, OF(B(NET))),
    VR_T_OUINT(CAP, host, "host", OF(B(SCSI_HOST)), .lenient = true),
    VR_T_OUINT(CAP, unique_id, "unique_id", OF(B(SCSI_HOST)), .lenient = true),
    NEEDED(host, "host", B(SCSI), "SCSI host ID",),
    NEEDED(bus, "bus", B(SCSI), "SCSI bus ID",),
    NEEDED(target_number, "target", B(SCSI), "SCSI target ID",),
    NEEDED(lun, "lun", B(SCSI), "SCSI LUN ID",),
    TEXT(scsi_type, "type", B(SCSI)),
    VR_T_STR(CAP, target, "target", OF(B(SCSI_TARGET)), .required = true, INTERNAL, .missing =
             "no target name supplied for '%N'"),
    VR_T_STR(CAP, block, "block", OF(B(STORAGE)), .required = true, INTERNAL, .missing =
             "no block device path supplied for '%N'"),
    TEXT(storage_bus, "bus", B(STORAGE)), TEXT(drive_type, "drive_type", B(STORAGE)), TEXT(model, "model", B(STORAGE)),
    TEXT(vendor, "vendor", B(STORAGE)), TEXT(serial, "serial", B(STORAGE)),
    TEXT(chardev, "char", B(SCSI_GENERIC)), TEXT(chardev, "chardev", B(VDPA)),
    VR_T_ENUM(CAP, drm, "type", vr_drm_type_names, OF(B(DRM)), .required = true, UNSUPPORTED,
              .missing = "unknown drm type '(null)' for '%N'", .bad = "unknown drm type '%s' for '%N'"),
    VR_GROUP("type", mdev_type_rows, OF(B(MDEV)), .required = true, .missing_code = VIR_ERR_CONFIG_UNSUPPORTED,
             .missing = "missing type id attribute for '%N'"),
    TEXT(mdev_uuid, "uuid", B(MDEV)), TEXT(parent_addr, "parent_addr", B(MDEV)),
    VR_LISTED(CAP, mdev_attrs, "attr", attr_elem, OF(B(MDEV))),
    VR_GROUP("iommuGroup", mdev_iommu_rows, OF(B(MDEV))),
    VR_INLINE_PART(CAP, ccw, ccw_rows, OF(B(CCW) | B(CSS))),
    VR_CHILD(CAP, channel, "channel_dev_addr", channel_elem, OF(B(CSS))),
    AP(ap_adapter, "ap-adapter", B(AP_CARD) | B(AP_QUEUE), "0x%02x"), AP(ap_domain, "ap-domain", B(AP_QUEUE), "0x%04x"),
    VR_LISTED(CAP, subs, "capability", vr_nodedev_sub_elem,
              OF(B(PCI) | B(NET) | B(SCSI_HOST) | B(SCSI_TARGET) | B(STORAGE) | B(CSS) | B(AP_MATRIX))),
    VR_T_OU64(CAP, size, "size", OF(B(STORAGE)), .when = sized, INTERNAL, .bad = "invalid size supplied for '%N'"),
    VR_T_U64(CAP, block_size, "logical_block_size", OF(B(STORAGE)), .when = sized, .lenient = true),
    VR_T_U64(CAP, blocks, "num_blocks", OF(B(STORAGE)), .when = sized, .lenient = true),
    VR_LISTED(CAP, subs, "capability", vr_nodedev_hotplug_elem, OF(B(STORAGE)), .format_only = true),
    VR_GROUP("iommuGroup", iommu_rows, OF(B(PCI)), .when = iommu_shown),
    VR_GROUP("numa", numa_rows, OF(B(PCI))),
    VR_GROUP("pci-express", express_rows, OF(B(PCI)), .has = VR_HAS(CAP, pci_express), .if_has = true),
    VR_END,
};
static const struct vr_row cap_rows[] = {
    VR_A_ENUM(CAP, type, "type", vr_nodedev_type_names, .required = true),
    VR_T_STR(CAP, product, "product", OF(B(SYSTEM)), .unless_empty = true),
    VR_INLINE(device_rows),
    VR_END,
};

static bool fail(struct vr_parse *p, const struct vr_xml_node *node, struct vr_error **err, int code, const char *text)
{
    return vr_parse_fail(p, node, err, code, "%s", text);
}

/* Which capabilities may stand inside which, and what is said otherwise (NULL: it is ignored). */
static const struct nesting {
    enum vr_nodedev_type type;
    uint64_t may;
    const char *missing, *unknown; /* with the device's name; unknown: with the type before it */
    int missing_code, unknown_code;
} nestings[] = {
#define S(T) VR_BIT(VR_NODEDEV_SUB_##T)
    { VR_NODEDEV_PCI, S(PHYS_FUNCTION) | S(VIRT_FUNCTIONS) | S(PCI_BRIDGE) | S(CARDBUS_BRIDGE) | S(MDEV_TYPES) | S(VPD),
      "Missing capability type", NULL, VIR_ERR_XML_ERROR, 0 },
    { VR_NODEDEV_CSS, S(MDEV_TYPES), "Missing capability type", NULL, VIR_ERR_XML_ERROR, 0 },
    { VR_NODEDEV_AP_MATRIX, S(MDEV_TYPES), "Missing capability type", NULL, VIR_ERR_XML_ERROR, 0 },
    { VR_NODEDEV_NET, S(NET_80203) | S(NET_80211), NULL, "invalid network type supplied", 0,
      VIR_ERR_CONFIG_UNSUPPORTED },
    { VR_NODEDEV_SCSI_HOST, S(FC_HOST) | S(VPORT_OPS), "missing SCSI host capability type for '%N'",
      "unknown SCSI host capability type", VIR_ERR_INTERNAL_ERROR, VIR_ERR_INTERNAL_ERROR },
    { VR_NODEDEV_SCSI_TARGET, S(FC_REMOTE_PORT), "missing type for SCSI target capability for '%N'",
      "unknown SCSI target capability type", VIR_ERR_INTERNAL_ERROR, VIR_ERR_INTERNAL_ERROR },
    { VR_NODEDEV_STORAGE, S(REMOVABLE) | S(HOTPLUGGABLE), "missing storage capability type for '%N'",
      "unknown storage capability type", VIR_ERR_INTERNAL_ERROR, VIR_ERR_INTERNAL_ERROR },
};

static bool inner_check(struct vr_parse *p, const struct vr_xml_node *node, const CAP *c, const struct nesting *n,
                        struct vr_error **err)
{
    for (const struct vr_xml_node *k = node->first; k; k = k->next) {
        if (!vr_xml_is(k, "capability", NULL))
            continue;
        const char *type = vr_xml_get(k, "type");
        int t = type ? vr_name_index(vr_nodedev_subtype_names, type) : 0;
        if (!type && !n->missing)
            continue;
        if (!type && vr_ends_with(n->missing, "%N'"))
            return vr_parse_fail(p, k, err, n->missing_code, "%.*s%s'", (int)strlen(n->missing) - 3, n->missing,
                                 p->about);
        if (!type)
            return fail(p, k, err, n->missing_code, n->missing);
        if ((t > 0 && n->may >> t & 1) || !n->unknown)
            continue;
        if (c->type == VR_NODEDEV_NET)
            return vr_parse_fail(p, k, err, n->unknown_code, "%s for '%s'", n->unknown, p->about);
        return vr_parse_fail(p, k, err, n->unknown_code, "%s '%s' for '%s'", n->unknown, type, p->about);
    }
    return true;
}

static int sub_order(const void *a, const void *b)
{
    const struct vr_nodedev_sub *const *x = a, *const *y = b;
    return (*x)->type < (*y)->type ? -1 : (*x)->type > (*y)->type;
}

static bool storage_check(struct vr_parse *p, const struct vr_xml_node *node, const CAP *c, struct vr_error **err)
{
    for (size_t i = 0; i < c->subs.n; i++)
        if (c->subs.v[i]->type == VR_NODEDEV_SUB_REMOVABLE)
            return true;
    return c->size.set || vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("no size supplied for '%s'"), p->about);
}

static bool cap_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    CAP *c = obj;
    const struct nesting *n = NULL;
    for (size_t i = 0; i < VR_COUNT(nestings); i++)
        if (nestings[i].type == c->type)
            n = &nestings[i];
    if (n && !inner_check(p, node, c, n, err))
        return false;
    for (size_t i = c->subs.n; i-- > 0;)
        if (!n || !(n->may >> c->subs.v[i]->type & 1))
            VR_LIST_REMOVE(&c->subs, i);
    if (c->subs.n)
        vr_sort(c->subs.v, c->subs.n, sizeof(c->subs.v[0]), sub_order);
    if (c->type == VR_NODEDEV_SCSI_HOST && !c->host.set && !(p->flags & VR_NODEDEV_CREATE))
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("no SCSI host ID supplied for '%s'"), p->about);
    if (c->type == VR_NODEDEV_AP_QUEUE && c->ap_domain.v > 255)
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                             _("ap-domain value '%s' is out of range for '%s'"),
                             vr_xml_text(p->arena, vr_xml_child(node, "ap-domain")), p->about);
    struct vr_uuid uuid;
    if (c->mdev_uuid && !vr_uuid_parse(c->mdev_uuid, &uuid))
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("Invalid uuid '%s' for new mdev device"),
                             c->mdev_uuid);
    if (c->type == VR_NODEDEV_MDEV && !c->iommu_group.v)
        c->iommu_group.set = false;
    return c->type != VR_NODEDEV_STORAGE || storage_check(p, node, c, err);
}

const struct vr_xml_elem vr_nodedev_cap_elem = { .name = "capability", .size = sizeof(CAP), .rows = cap_rows,
                                                 .after_parse = cap_after, .never_short = true };

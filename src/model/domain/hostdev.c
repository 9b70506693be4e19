/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <hostdev> */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include "base/str.h"

VR_ENUM_NAMES(vr_hostdev_mode, VR_HOSTDEV_MODES)
VR_ENUM_NAMES(vr_hostdev_type, VR_HOSTDEV_TYPES)

#define HD struct vr_hostdev
#define B(T) VR_BIT(VR_HOSTDEV_##T)
#define FOR(mask) VR_WHEN(HD, type, mask)

static const struct vr_row vendor_rows[] = {
    VR_A_UINT(HD, vendor, "id", .print = "0x%04x", .radix = VR_RADIX_ANY, .zero = true, .required = true, .max =
              0xffff), VR_END,
};
static const struct vr_row product_rows[] = {
    VR_A_UINT(HD, product, "id", .print = "0x%04x", .radix = VR_RADIX_ANY, .zero = true, .required = true, .max =
              0xffff), VR_END,
};
static bool bus_said(const void *base, const struct vr_format *f)
{
    const HD *h = base;
    return h->usb_bus || h->usb_device;
}
static const struct vr_row usb_address_rows[] = {
    VR_A_UINT(HD, usb_bus, "bus", .zero = true, .when = bus_said, .required = true),
    VR_A_UINT(HD, usb_device, "device", .zero = true, .when = bus_said, .required = true),
    VR_A_STR(HD, sgio, "port", .validate_only = true),
    VR_END,
};
static bool vendor_known(const void *base, const struct vr_format *f)
{
    return ((const HD *)base)->has_vendor;
}
static bool missing_shown(const void *base, const struct vr_format *f)
{
    return !vr_inactive(f) && ((const HD *)base)->missing == VR_TRI_YES;
}
static const struct vr_row usb_source_rows[] = {
    VR_A_STR(HD, startup_policy, "startupPolicy", .words = VR_WORDS("mandatory", "requisite", "optional")),
    VR_A_YESNO(HD, missing, "missing", .when = missing_shown),
    VR_A_STR(HD, guest_reset, "guestReset"),
    VR_GROUP("vendor", vendor_rows, .has = VR_HAS(HD, has_vendor), .when = vendor_known),
    VR_GROUP("product", product_rows, .has = VR_HAS(HD, has_product), .when = vendor_known),
    VR_GROUP("address", usb_address_rows),
    VR_END,
};
static const struct vr_row pci_source_rows[] = {
    VR_A_YESNO(HD, write_filtering, "writeFiltering"),
    VR_PART(HD, pci, "address", vr_pci_place_rows, .after = vr_pci_address_check),
    VR_END,
};
static const struct vr_row adapter_rows[] = { VR_A_STR(HD, adapter_name, "name"), VR_END };
static const struct vr_row scsi_address_rows[] = {
    VR_A_UINT(HD, scsi.bus, "bus", .zero = true),
    VR_A_UINT(HD, scsi.target, "target", .zero = true),
    VR_A_U64(HD, scsi.unit, "unit", .zero = true),
    VR_END,
};
static bool is_iscsi(const void *base, const struct vr_format *f)
{
    const HD *h = base;
    return h->scsi_protocol && vr_streq(h->scsi_protocol, "iscsi");
}
static bool is_adapter(const void *base, const struct vr_format *f)
{
    return !is_iscsi(base, f);
}
/* iscsi: protocol= and name= as a network disk's, with host, auth and initiator */
static const struct vr_row scsi_source_rows[] = {
    VR_A_STR(HD, scsi_protocol, "protocol", .when = is_iscsi),
    VR_GROUP("adapter", adapter_rows, .when = is_adapter),
    VR_GROUP("address", scsi_address_rows, .when = is_adapter),
    VR_END,
};
static bool iscsi_parse(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    HD *h = base;
    const struct vr_xml_node *s = vr_xml_child(node, "source");
    if (!s || !is_iscsi(h, NULL))
        return true;
    h->iscsi = vr_arena_new_of(p->arena, struct vr_storage_source);
    h->iscsi->type = VR_STORAGE_NETWORK;
    return vr_rows_parse(p, vr_source_rows, s, h->iscsi, err) && vr_source_check(p, s, h->iscsi, err);
}
static void iscsi_format(struct vr_format *f, const void *base)
{
    const HD *h = base;
    if (h->iscsi)
        vr_elem_format(f, &vr_source_body_elem, "source", h->iscsi);
}
static const struct vr_row iscsi_members[] = { VR_CHILD(HD, iscsi, "source", vr_source_body_elem), VR_END };
static const struct vr_custom_ops iscsi_ops = { .rows = iscsi_members, .parse = iscsi_parse, .format = iscsi_format };

static const struct vr_row host_source_rows[] = {
    VR_A_STR(HD, vhost_protocol, "protocol"),
    VR_A_STR(HD, wwpn, "wwpn"),
    VR_END,
};
static const struct vr_row mdev_address_rows[] = {
    VR_ROW_("uuid", VR_K_UUID, VR_AT_ATTR, VR_MEMBER(HD, mdev_uuid, struct vr_uuid),
            .bad = "Cannot parse uuid attribute of element <address>", .bad_code = VIR_ERR_INTERNAL_ERROR, .has =
                VR_HAS(HD, has_mdev_uuid)), VR_END,
};
static const struct vr_row mdev_source_rows[] = { VR_GROUP("address", mdev_address_rows), VR_END };
static const struct vr_row block_rows[] = { VR_T_STR(HD, caps_path, "block"), VR_END };
static const struct vr_row char_rows[] = { VR_T_STR(HD, caps_path, "char"), VR_END };
static const struct vr_row iface_rows[] = { VR_T_STR(HD, caps_iface, "interface"), VR_END };

static const struct vr_row driver_rows[] = { VR_A_STR(HD, driver_name, "name", .words = VR_WORDS("default", "kvm",
    "vfio", "xen")), VR_END };
static const struct vr_row teaming_rows[] = {
    VR_A_STR(HD, teaming.type, "type", .required = true, .words = VR_WORDS("persistent", "transient"),
             .bad = "unknown teaming type '%s'", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_STR(HD, teaming.persistent, "persistent"),
    VR_END,
};
static bool not_iscsi_source(const void *base, const struct vr_format *f)
{
    return !is_iscsi(base, f);
}
static const struct vr_row hostdev_rows[] = {
    VR_A_ENUM(HD, mode, "mode", vr_hostdev_mode_names, .bad = "unknown hostdev mode '%s'", .bad_code =
              VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_ENUM(HD, type, "type", vr_hostdev_type_names, .required = true, .missing = "missing source address type",
              .bad = "unknown host device source address type '%s'", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_YESNO(HD, managed, "managed", .lenient = true),
    VR_A_STR(HD, sgio, "sgio", FOR(B(SCSI))),
    VR_A_YESNO(HD, rawio, "rawio", FOR(B(SCSI))),
    VR_A_STR(HD, model, "model", FOR(B(MDEV) | B(SCSI_HOST))),
    VR_A_ONOFF(HD, display, "display", FOR(B(MDEV))),
    VR_A_ONOFF(HD, ramfb, "ramfb", FOR(B(MDEV))),
    VR_GROUP("driver", driver_rows, FOR(B(PCI))),
    VR_GROUP("source", usb_source_rows, FOR(B(USB)), .present_always = true),
    VR_GROUP("source", pci_source_rows, FOR(B(PCI)), .present_always = true),
    VR_GROUP("source", scsi_source_rows, FOR(B(SCSI)), .when = not_iscsi_source),
    VR_CUSTOM(iscsi_ops),
    VR_GROUP("source", host_source_rows, FOR(B(SCSI_HOST))),
    VR_GROUP("source", mdev_source_rows, FOR(B(MDEV))),
    VR_GROUP("source", block_rows, FOR(B(STORAGE))),
    VR_GROUP("source", char_rows, FOR(B(MISC))),
    VR_GROUP("source", iface_rows, FOR(B(NET))),
    VR_GROUP("teaming", teaming_rows),
    VR_LISTED(HD, ips, "ip", vr_net_ip_elem, FOR(B(NET))),
    VR_LISTED(HD, routes, "route", vr_net_route_elem, FOR(B(NET))),
    VR_PRESENT(HD, readonly, "readonly"),
    VR_PRESENT(HD, shareable, "shareable"),
    VR_INFO(HD),
    VR_END,
};

static bool mdev_check(struct vr_parse *p, const struct vr_xml_node *node, HD *h, struct vr_error **err)
{
    static const char *const models[] = { "vfio-pci", "vfio-ccw", "vfio-ap", NULL };
    static const enum vr_address_type fits[] = { VR_ADDRESS_PCI, VR_ADDRESS_CCW, VR_ADDRESS_UNSET };
    if (!h->model)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Missing 'model' attribute in mediated device's <hostdev> element"));
    int m = vr_name_index(models, h->model);
    if (m < 0)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("unknown hostdev model '%s'"), h->model);
    if (h->info.type != VR_ADDRESS_UNSET && h->info.type != fits[m] && h->info.type != VR_ADDRESS_UNASSIGNED)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Unsupported address type '%s' with mediated device model '%s'"),
                             vr_address_type_names[h->info.type], h->model);
    if (!h->has_mdev_uuid)
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                             _("Missing 'uuid' attribute for element <address>"));
    return true;
}

static bool hostdev_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    HD *h = obj;
    if (!h->mode)
        h->mode = VR_HOSTDEV_MODE_SUBSYS;
    if (!vr_xml_child(node, "source"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Missing <source> element in hostdev device"));
    if (h->type != VR_HOSTDEV_USB && vr_xml_get(vr_xml_child(node, "source"), "startupPolicy"))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                             _("Setting startupPolicy is only allowed for USB devices"));
    if (!h->managed)
        h->managed = h->type == VR_HOSTDEV_SCSI_HOST || h->type == VR_HOSTDEV_MDEV ? VR_TRI_NO : VR_TRI_NO;
    if (h->type == VR_HOSTDEV_USB && !h->has_vendor && !vr_xml_child(vr_xml_child(node, "source"), "address"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("vendor cannot be 0."));
    if (h->type == VR_HOSTDEV_SCSI && h->scsi_protocol && !vr_streq(h->scsi_protocol, "iscsi") &&
        !vr_streq(h->scsi_protocol, "adapter"))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("Unknown SCSI subsystem protocol '%s'"),
                             h->scsi_protocol);
    if (h->type == VR_HOSTDEV_SCSI && !is_iscsi(h, NULL) && !h->adapter_name)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("'adapter' name must be specified for scsi hostdev source"));
    if (h->type == VR_HOSTDEV_SCSI_HOST && h->vhost_protocol && vr_streq(h->vhost_protocol, "vhost") && !h->wwpn)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing vhost-scsi hostdev source wwpn"));
    if (h->type == VR_HOSTDEV_MDEV)
        return mdev_check(p, node, h, err);
    return true;
}

static bool hostdev_skipped(const void *obj, const struct vr_format *f)
{
    return ((const HD *)obj)->of_interface;
}

const struct vr_xml_elem vr_hostdev_elem = {
    .name = "hostdev", .size = sizeof(HD), .rows = hostdev_rows, .own_arena = true, .after_parse = hostdev_after,
    .skip_format = hostdev_skipped,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <networkport>: what a guest's interface is plugged into. */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#include "tables.h"

#include <string.h>
#include "base/str.h"
#include "model/domain/tables.h"

VR_ENUM_NAMES(vr_plug, VR_PLUGS)

#define PORT struct vr_network_port
#define FOR(T) VR_WHEN(PORT, plug, VR_BIT(VR_PLUG_##T))
#define ON_BRIDGE VR_WHEN(PORT, plug, VR_BIT(VR_PLUG_NETWORK) | VR_BIT(VR_PLUG_BRIDGE))

static const struct vr_row owner_rows[] = {
    VR_T_STR(PORT, owner_name, "name"),
    VR_T_UUID(PORT, owner_uuid, has_owner_uuid, "uuid", .bad = "Unable to parse UUID '%s'", .bad_code = VIR_ERR_INTERNAL_ERROR),
    VR_END,
};
static const struct vr_row mac_rows[] = {
    VR_ROW_AUX_("address", VR_K_CODEC, VR_AT_ATTR, offsetof(PORT, has_mac), &vr_mac_codec, .bad =
            "Unable to parse MAC '%s'", .bad_code = VIR_ERR_XML_ERROR),
    VR_END,
};
static const struct vr_row isolated_rows[] = { VR_A_YESNO(PORT, isolated, "isolated"), VR_END };
static const struct vr_row trust_rows[] = { VR_A_YESNO(PORT, trust_guest_rx_filters, "trustGuest"), VR_END };
static const struct vr_row driver_rows[] = { VR_A_STR(PORT, driver, "name", .required = true, .missing =
                                             "Missing network port driver name"), VR_END };
static const struct vr_row address_rows[] = {
    VR_INLINE_PART(PORT, pci, vr_pci_place_rows, .after = vr_pci_address_check), VR_END,
};
static const struct vr_row plug_rows[] = {
    VR_A_ENUM(PORT, plug, "type", vr_plug_names, .bad = "Invalid network port plug type '%s'"),
    VR_A_STR(PORT, bridge, "bridge", ON_BRIDGE, .required = true, .missing = "Missing network port bridge name"),
    VR_A_ENUM(PORT, mac_table, "macTableManager", vr_mac_table_names, ON_BRIDGE, .bad =
              "Invalid macTableManager setting '%s' in network port"),
    VR_A_STR(PORT, dev, "dev", FOR(DIRECT), .required = true, .missing = "Missing network port link device name"),
    VR_A_ENUM(PORT, mode, "mode", vr_macvtap_mode_names, FOR(DIRECT), .bad = "Invalid mode setting '%s' in network port"),
    VR_A_YESNO(PORT, managed, "managed", FOR(HOSTDEV)),
    VR_GROUP("driver", driver_rows, FOR(HOSTDEV)),
    VR_GROUP("address", address_rows, FOR(HOSTDEV), .required = true, .missing = "Missing network port PCI address"),
    VR_END,
};

static const struct vr_row port_rows[] = {
    VR_T_UUID(PORT, uuid, has_uuid, "uuid", .bad = "Unable to parse UUID '%s'", .bad_code = VIR_ERR_INTERNAL_ERROR),
    VR_GROUP("owner", owner_rows),
    VR_T_STR(PORT, group, "group"),
    VR_GROUP("mac", mac_rows),
    VR_CHILD(PORT, virtualport, "virtualport", vr_vport_elem),
    VR_CHILD(PORT, bandwidth, "bandwidth", vr_bandwidth_elem),
    VR_CHILD(PORT, vlan, "vlan", vr_vlan_elem),
    VR_GROUP("port", isolated_rows),
    VR_GROUP("rxfilters", trust_rows),
    VR_GROUP("plug", plug_rows),
    VR_END,
};

static bool port_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const struct vr_xml_node *uuid = vr_xml_child(node, "uuid"), *owner = vr_xml_child(node, "owner");
    if (!uuid)
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("network port has no uuid"));
    if (!owner || !vr_xml_child(owner, "name"))
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("network port has no owner name"));
    if (!vr_xml_child(owner, "uuid"))
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("network port has no owner UUID"));
    const struct vr_xml_node *mac = vr_xml_child(node, "mac");
    if (!mac || !vr_xml_get(mac, "address"))
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("network port has no mac"));
    return true;
}

static const struct vr_xml_elem port_elem = {
    .name = "networkport", .size = sizeof(PORT), .rows = port_rows, .before_parse = port_before,
};
const struct vr_document vr_network_port_document = {
    .family = "networkport", .schema = "networkport", .title = "Port of a virtual network", .what = "(networkport_definition)",
    .domain = VIR_FROM_NETWORK, .elem = &port_elem,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <interface> of the host: itself, as a bridge's member and as a bond's member. */
#define VR_ERROR_DOMAIN VIR_FROM_INTERFACE
#include "model/host_interface.h"

#include "base/str.h"
#include "tables.h"

VR_ENUM_NAMES(vr_host_interface_type, VR_HOST_INTERFACE_TYPES)
VR_ENUM_NAMES(vr_host_interface_start, VR_HOST_INTERFACE_STARTS)
VR_ENUM_NAMES(vr_host_link_state, VR_HOST_LINK_STATES)
VR_ENUM_NAMES(vr_bond_mode, VR_BOND_MODES)
VR_ENUM_NAMES(vr_bond_carrier, VR_BOND_CARRIERS)
VR_ENUM_NAMES(vr_bond_validate, VR_BOND_VALIDATES)
VR_ENUM_NAMES(vr_host_family, VR_HOST_FAMILIES)

#define D struct vr_host_interface_def
#define IS(mask) VR_WHEN(D, type, mask)
#define B(T) VR_BIT(VR_HOST_IF_##T)

/* ---- protocols --------------------------------------------------------------------------------------------------- */
#define IP struct vr_host_ip
static const struct vr_row ip_rows[] = { VR_A_STR(IP, address, "address", .type = "ipAddr"),
                                         VR_A_OINT(IP, prefix, "prefix", .radix = VR_RADIX_ANY), VR_END };
static bool ip_read(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    IP *ip = obj;
    ip->prefix.set = ip->address && ip->prefix.v != 0;
    return true;
}
static bool ip_skipped(const void *obj, const struct vr_format *f)
{
    return !((const IP *)obj)->address;
}
static const struct vr_xml_elem ip_elem = { .name = "ip", .size = sizeof(IP), .rows = ip_rows, .after_parse = ip_read,
                                            .skip_format = ip_skipped };

#define PR struct vr_host_protocol
static const struct vr_row nothing[] = { VR_END };
static const struct vr_row dhcp_rows[] = { VR_A_YESNO(PR, dhcp_peerdns, "peerdns"), VR_END };
static const struct vr_row route_rows[] = { VR_A_STR(PR, gateway, "gateway", .unless_empty = true, .type = "ipAddr"), VR_END };
static const struct vr_row protocol_rows[] = {
    VR_A_ENUM(PR, family, "family", vr_host_family_names, .required = true, .missing =
              "protocol misses the family attribute", .bad = "unsupported protocol family '%s'"),
    VR_GROUP("autoconf", nothing, .has = VR_HAS(PR, autoconf), .if_has = true, VR_WHEN(PR, family, VR_BIT(VR_HOST_FAMILY_IPV6))),
    VR_GROUP("dhcp", dhcp_rows, .has = VR_HAS(PR, dhcp), .if_has = true),
    VR_LISTED(PR, ips, "ip", ip_elem),
    VR_GROUP("route", route_rows),
    VR_END,
};
static const struct vr_xml_elem protocol_elem = { .name = "protocol", .size = sizeof(PR), .rows = protocol_rows,
                                                  .never_short = true };

/* ---- parts of interfaces ----------------------------------------------------------------------------------------- */
static const struct vr_row start_rows[] = {
    VR_A_ENUM(D, start, "mode", vr_host_interface_start_names, .unless_empty = true, .bad = "unknown interface startmode %s"), VR_END,
};
static const struct vr_row mtu_rows[] = {
    VR_A_UINT(D, mtu, "size", .unless_empty = true, .bad = "interface mtu value is improper", .bad_code = VIR_ERR_INTERNAL_ERROR,
              .bad_domain = VR_DOMAIN(VIR_FROM_NONE)),
    VR_END,
};
static const struct vr_row mac_rows[] = { VR_A_STR(D, mac, "address", .type = "macAddr"), VR_END };
const struct vr_row vr_host_link_rows[] = {
    VR_A_UINT(struct vr_host_link, speed, "speed"),
    VR_A_ENUM(struct vr_host_link, state, "state", vr_host_link_state_names),
    VR_END,
};

static const struct vr_row miimon_rows[] = {
    VR_A_UINT(D, bond.freq, "freq", .zero = true, .required = true, .missing =
              "bond interface miimon freq missing or invalid", .bad = "bond interface miimon freq missing or invalid"),
    VR_A_UINT(D, bond.downdelay, "downdelay", .bad = "bond interface miimon downdelay invalid"),
    VR_A_UINT(D, bond.updelay, "updelay", .bad = "bond interface miimon updelay invalid"),
    VR_A_ENUM(D, bond.carrier, "carrier", vr_bond_carrier_names, .bad = "unknown mii bonding carrier %s"),
    VR_END,
};
static const struct vr_row arpmon_rows[] = {
    VR_A_UINT(D, bond.interval, "interval", .zero = true, .required = true, .missing =
              "bond interface arpmon interval missing or invalid", .bad =
                  "bond interface arpmon interval missing or invalid"),
    VR_A_STR(D, bond.target, "target", .required = true, .missing = "bond interface arpmon target missing"),
    VR_A_ENUM(D, bond.validate, "validate", vr_bond_validate_names, .bad = "unknown arp bonding validate %s"),
    VR_END,
};
/* One of both watches the link; where a document has both, the first kind counts. */
static bool arpmon_counts(const void *base)
{
    return !((const D *)base)->bond.miimon;
}
static bool arpmon_shown(const void *base, const struct vr_format *f)
{
    return arpmon_counts(base);
}
static const struct vr_xml_elem bond_member_elem, bridge_member_elem;
static const struct vr_row bond_rows[] = {
    VR_A_ENUM(D, bond.mode, "mode", vr_bond_mode_names, .unless_empty = true, .bad = "unknown bonding mode %s"),
    VR_GROUP("miimon", miimon_rows, .has = VR_HAS(D, bond.miimon), .if_has = true),
    VR_GROUP("arpmon", arpmon_rows, .has = VR_HAS(D, bond.arpmon), .if_has = true, .reads = arpmon_counts, .when = arpmon_shown),
    VR_LISTED(D, members, "interface", bond_member_elem),
    VR_END,
};
static const struct vr_row bridge_rows[] = {
    VR_A_ONOFF(D, bridge.stp, "stp", .lenient = true),
    VR_A_STR(D, bridge.delay, "delay", .type = "timeval"),
    VR_LISTED(D, members, "interface", bridge_member_elem),
    VR_END,
};
static const struct vr_row vlan_dev_rows[] = {
    VR_A_STR(D, vlan.dev, "name", .required = true, .missing = "vlan interface misses name attribute"), VR_END,
};
static const struct vr_row vlan_rows[] = {
    VR_A_STR(D, vlan.tag, "tag", .required = true, .missing = "vlan interface misses the tag attribute", .type =
             "vlanId"),
    VR_GROUP("interface", vlan_dev_rows, .required = true, .missing = "vlan interface misses name attribute"),
    VR_END,
};

/* ---- the three places an interface may stand in ------------------------------------------------------------------ */
#define HEAD VR_A_ENUM(D, type, "type", vr_host_interface_type_names, .required = true), \
    VR_A_STR(D, name, "name", .type = "deviceName")
#define MEMBER_TAIL VR_PART(D, link, "link", vr_host_link_rows), VR_GROUP("mac", mac_rows, IS(B(ETHERNET)))
#define BOND VR_GROUP("bond", bond_rows, .first_only = true, IS(B(BOND)), .has = VR_HAS(D, bond.set), .if_has = true, .required = true, .missing = \
                      "bond interface misses the bond element", .never_short = true)
#define VLAN VR_GROUP("vlan", vlan_rows, .first_only = true, IS(B(VLAN)), .has = VR_HAS(D, vlan.set), .if_has = true, .required = true, .missing = \
                      "vlan interface misses the vlan element", .never_short = true)

static const struct vr_row bond_member_rows[] = { HEAD, MEMBER_TAIL, VR_END };
static const struct vr_row bridge_member_rows[] = { HEAD, MEMBER_TAIL, BOND, VLAN, VR_END };
static const struct vr_row interface_rows[] = {
    HEAD,
    VR_GROUP("start", start_rows),
    VR_GROUP("mtu", mtu_rows),
    VR_LISTED(D, protocols, "protocol", protocol_elem),
    MEMBER_TAIL,
    VR_GROUP("bridge", bridge_rows, .first_only = true, IS(B(BRIDGE)), .has = VR_HAS(D, bridge.set), .if_has = true, .required = true, .missing =
             "bridge interface misses the bridge element", .never_short = true),
    BOND, VLAN,
    VR_END,
};

static bool must_be(struct vr_parse *p, const struct vr_xml_node *node, const D *d, uint64_t mask,
                    struct vr_error **err)
{
    if (!d->name)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("interface has no name"));
    return (mask >> d->type & 1) ||
           vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("interface has unsupported type '%s'"),
                         vr_host_interface_type_names[d->type]);
}
static bool bond_member_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    return must_be(p, node, obj, B(ETHERNET), err);
}
static bool bridge_member_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    return must_be(p, node, obj, B(ETHERNET) | B(BOND) | B(VLAN), err);
}
static bool interface_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    return must_be(p, node, obj, ~0ull, err);
}

static const struct vr_xml_elem bond_member_elem = {
    .name = "interface", .size = sizeof(D), .rows = bond_member_rows, .after_parse = bond_member_check, .never_short =
        true,
};
static const struct vr_xml_elem bridge_member_elem = {
    .name = "interface", .size = sizeof(D), .rows = bridge_member_rows, .after_parse = bridge_member_check,
    .never_short = true,
};
static const struct vr_xml_elem interface_elem = {
    .name = "interface", .size = sizeof(D), .rows = interface_rows, .after_parse = interface_check, .never_short = true,
};

const struct vr_document vr_host_interface_def_document = {
    .family = "interface", .schema = "interface", .title = "Host interface", .what = "(interface_definition)",
    .domain = VIR_FROM_INTERFACE, .elem = &interface_elem,
};

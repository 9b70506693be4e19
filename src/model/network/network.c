/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <network>: the document's own rows, port groups, and the rules between a forward mode and the rest. */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#include "tables.h"

#include <string.h>
#include <sys/random.h>
#include "base/str.h"
#include "model/metadata.h"

VR_ENUM_NAMES(vr_mac_table, VR_MAC_TABLE_MANAGERS)

#define D struct vr_network_def
#define DNSMASQ_NS "http://libvirt.org/schemas/network/dnsmasq/1.0"

/* ---- <portgroup> ------------------------------------------------------------------------------------------------- */
#define GROUP struct vr_portgroup
static const struct vr_row portgroup_rows[] = {
    VR_A_STR(GROUP, name, "name", .unless_empty = true),
    VR_A_BOOL(GROUP, is_default, "default", .lenient = true),
    VR_A_YESNO(GROUP, trust_guest_rx_filters, "trustGuestRxFilters"),
    VR_CHILD(GROUP, vlan, "vlan", vr_vlan_elem),
    VR_CHILD(GROUP, virtualport, "virtualport", vr_vport_elem),
    VR_CHILD(GROUP, bandwidth, "bandwidth", vr_bandwidth_plain_elem),
    VR_END,
};
static bool portgroup_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    return ((GROUP *)obj)->name ||
           vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Missing required name attribute in portgroup"));
}
const struct vr_xml_elem vr_portgroup_elem = {
    .name = "portgroup", .size = sizeof(GROUP), .rows = portgroup_rows, .after_parse = portgroup_after,
    .never_short = true,
};

/* ---- <dnsmasq:options> ------------------------------------------------------------------------------------------- */
static const struct vr_row option_rows[] = {
    VR_A_STR(struct vr_dnsmasq_option, value, "value", .required = true, .missing = "No dnsmasq options value specified",
             .missing_code = VIR_ERR_INTERNAL_ERROR),
    VR_END,
};
static const struct vr_xml_elem option_elem = {
    .name = "option", .size = sizeof(struct vr_dnsmasq_option), .rows = option_rows,
};
static void options_ns_format(struct vr_format *f, const void *base)
{
    if (((const D *)base)->dnsmasq_options.n)
        vr_format_attr(f, "xmlns:dnsmasq", DNSMASQ_NS);
}
static const struct vr_custom_ops options_ns_ops = { .format_attrs = options_ns_format };

/* ---- the document ------------------------------------------------------------------------------------------------ */
static bool live(const void *base, const struct vr_format *f)
{
    return !(f->flags & VR_FORM_INACTIVE);
}
static bool has_bridge(const void *base, const struct vr_format *f)
{
    const D *d = base;
    return d->bridge || vr_network_makes_bridge(d);
}
static bool makes_bridge(const void *base, const struct vr_format *f)
{
    return vr_network_makes_bridge(base);
}
static bool forward_shown(const void *base, const struct vr_format *f)
{
    return ((const D *)base)->forward.mode != VR_FORWARD_UNSET;
}
static bool domain_shown(const void *base, const struct vr_format *f)
{
    return ((const D *)base)->domain != NULL;
}

static const struct vr_row bridge_rows[] = {
    VR_A_STR(D, bridge, "name", .unless_empty = true),
    VR_A_STR(D, zone, "zone", .unless_empty = true),
    VR_A_ONOFF(D, stp, "stp", .lenient = true, .when = makes_bridge),
    VR_A_U64(D, delay, "delay", .bad = "", .zero = true, .lenient = true, .when = makes_bridge),
    VR_A_ENUM(D, mac_table, "macTableManager", vr_mac_table_names, .lenient = true),
    VR_END,
};
static bool bridge_after(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const D *d = base;
    const char *delay = vr_xml_get(node, "delay"), *manager = vr_xml_get(node, "macTableManager");
    uint64_t v;
    if (delay && !vr_text_u64(delay, 10, UINT64_MAX, &v))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid delay value in network '%s'"), vr_net_name(p));
    if (manager && !d->mac_table)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid macTableManager setting '%s' in network '%s'"),
                             manager, vr_net_name(p));
    return true;
}

static const struct vr_row mtu_rows[] = { VR_A_UINT(D, mtu, "size", .lenient = true), VR_END };
static bool mtu_after(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const char *size = vr_xml_get(node, "size");
    uint64_t v;
    if (size && !vr_text_u64(size, 10, UINT32_MAX, &v))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid mtu size '%s' in network '%s'"), size,
                             vr_net_name(p));
    return true;
}

static const struct vr_row mac_rows[] = {
    VR_ROW_AUX_("address", VR_K_CODEC, VR_AT_ATTR, offsetof(D, has_mac), &vr_mac_codec, .lenient = true), VR_END,
};
static bool mac_after(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const D *d = base;
    const char *text = vr_xml_get(node, "address");
    if (text && !d->has_mac)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid bridge mac address '%s' in network '%s'"), text,
                             vr_net_name(p));
    if (d->has_mac && (d->mac.b[0] & 1))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Invalid multicast bridge mac address '%s' in network '%s'"), text, vr_net_name(p));
    return true;
}

static const struct vr_row domain_rows[] = {
    VR_A_STR(D, domain, "name", .unless_empty = true),
    VR_A_YESNO(D, domain_local_only, "localOnly"),
    VR_END,
};
static const struct vr_row port_rows[] = { VR_A_YESNO(D, isolated, "isolated"), VR_END };

static const struct vr_row network_rows[] = {
    VR_CUSTOM(options_ns_ops),
    VR_A_UINT(D, connections, "connections", .when = live, .not_inactive_parse = true, .lenient = true),
    VR_A_YESNO(D, ipv6, "ipv6", .lenient = true, .unset = VR_TRI_NO),
    VR_A_YESNO(D, trust_guest_rx_filters, "trustGuestRxFilters"),
    VR_T_STR(D, name, "name"),
    VR_T_UUID(D, uuid, has_uuid, "uuid", .bad = "malformed uuid element", .bad_code = VIR_ERR_INTERNAL_ERROR),
    VR_T_STR(D, title, "title"),
    VR_T_STR(D, description, "description"),
    VR_RAW(D, metadata, "metadata"),
    VR_PART(D, forward, "forward", vr_network_forward_rows, .when = forward_shown, .present_always = true,
            .after = vr_network_forward_after),
    VR_GROUP("bridge", bridge_rows, .when = has_bridge, .after = bridge_after),
    VR_GROUP("mtu", mtu_rows, .after = mtu_after),
    VR_GROUP("mac", mac_rows, .after = mac_after),
    VR_GROUP("domain", domain_rows, .when = domain_shown),
    VR_PART(D, dns, "dns", vr_network_dns_rows, .after = vr_network_dns_after),
    VR_CHILD(D, vlan, "vlan", vr_vlan_elem),
    VR_CHILD(D, bandwidth, "bandwidth", vr_bandwidth_plain_elem),
    VR_GROUP("port", port_rows),
    VR_LISTED(D, ips, "ip", vr_network_ip_elem),
    VR_LISTED(D, routes, "route", vr_network_route_elem),
    VR_CHILD(D, virtualport, "virtualport", vr_vport_typed_elem),
    VR_LISTED(D, portgroups, "portgroup", vr_portgroup_elem),
    VR_LISTED(D, dnsmasq_options, "option", option_elem, .wrap = "options", .prefix = "dnsmasq", .ns = DNSMASQ_NS),
    VR_END,
};

/* Errors below tell the network's name, so that is read and judged first. */
static bool network_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    D *d = obj;
    const struct vr_xml_node *name = vr_xml_child(node, "name");
    const char *text = name ? vr_xml_text(p->arena, name) : "";
    if (!*text) {
        vr_fail_bare(err, VIR_ERR_NO_NAME);
        return vr_xml_locate(err, name ? name : node);
    }
    d->name = vr_arena_strdup(p->arena, text);
    if (strchr(text, '/')) {
        vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_DETAIL, -1, _("invalid char in %s: %c"), "name", '/');
        return vr_xml_locate(err, name);
    }
    if (vr_streq(text, ".") || vr_streq(text, "..")) /* files and directories are called after networks */
        return vr_parse_fail(p, name, err, VIR_ERR_XML_ERROR, _("name cannot be '%s'"), text);
    const char *ipv6 = vr_xml_get(node, "ipv6");
    if (ipv6 && !vr_streq(ipv6, "yes") && !vr_streq(ipv6, "no"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid ipv6 setting '%s' in network '%s'"), ipv6, text);
    return true;
}

/* About the document as a whole: no place in it would help. */
#define FAIL(code, ...) vr_fail(err, (code), __VA_ARGS__)

static bool routed_check(const D *d, struct vr_error **err)
{
    const char *mode = vr_forward_text(d->forward.mode);
    if (!d->forward.mode)
        return true;
    if (!d->ips.n) /* pointless without the network we are on */
        return FAIL(VIR_ERR_XML_ERROR, _("%s forwarding requested, but no IP address provided for network '%s'"), mode, d->name);
    if (d->forward.interfaces.n > 1)
        return FAIL(VIR_ERR_XML_ERROR, _("multiple forwarding interfaces specified for network '%s', only one is supported"),
                    d->name);
    if (d->forward.mode == VR_FORWARD_OPEN && d->forward.interfaces.n)
        return FAIL(VIR_ERR_XML_ERROR, _("forward dev not allowed for network '%s' with forward mode='%s'"), d->name, mode);
    if (d->forward.mode == VR_FORWARD_OPEN && d->zone)
        return FAIL(VIR_ERR_XML_ERROR, _("bridge zone not allowed in %s mode (network '%s')"), mode, d->name);
    return true;
}

static bool attached_check(const D *d, struct vr_error **err)
{
    const char *mode = vr_forward_text(d->forward.mode);
    if (d->forward.mode != VR_FORWARD_BRIDGE && d->bridge)
        return FAIL(VIR_ERR_XML_ERROR, _("bridge name not allowed in %s mode (network '%s')"), mode, d->name);
    if (d->forward.mode != VR_FORWARD_BRIDGE && d->mac_table)
        return FAIL(VIR_ERR_XML_ERROR, _("bridge macTableManager setting not allowed in %s mode (network '%s')"), mode, d->name);
    if (d->delay || d->stp || d->zone)
        return FAIL(VIR_ERR_XML_ERROR,
                    _("bridge delay/stp/zone options only allowed in route, nat, and isolated mode, not in %s (network '%s')"),
                    mode, d->name);
    if (d->bridge && (d->forward.interfaces.n || d->forward.pfs.n))
        return FAIL(VIR_ERR_XML_ERROR,
                    _("A network with forward mode='%s' can specify a bridge name or a forward dev, but not both "
                      "(network '%s')"), mode, d->name);
    if (d->mtu)
        return FAIL(VIR_ERR_XML_ERROR,
                    _("mtu size only allowed in open, route, nat, and isolated mode, not in %s (network '%s')"), mode, d->name);
    return true;
}

static bool network_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    D *d = obj;
    d->has_forward = vr_xml_child(node, "forward") != NULL;
    if (!d->forward.mode) { /* none: what was said about it goes */
        struct vr_network_forward none = { 0 };
        d->forward = none;
    }
    if (!d->domain)
        d->domain_local_only = VR_TRI_UNSET;
    if (p->flags & VR_FORM_RAW)
        return true;
    if (!vr_network_routes_check(d, err))
        return false;
    bool own = vr_network_makes_bridge(d);
    if (!(own ? routed_check(d, err) : attached_check(d, err)))
        return false;
    if (own && !d->stp)
        d->stp = VR_TRI_ON;
    return true;
}

bool vr_network_complete_mac(D *d)
{
    if (d->has_mac || !vr_network_makes_bridge(d))
        return false;
    d->mac = (struct vr_mac){ { 0x52, 0x54, 0x00 } };
    if (getrandom(d->mac.b + 3, 3, 0) != 3)
        memset(d->mac.b + 3, 0x5a, 3); /* never: three bytes are always there once the system runs */
    return d->has_mac = true;
}

static bool network_complete(void *def, unsigned flags, struct vr_error **err)
{
    D *d = def;
    if (!d->has_uuid)
        vr_uuid_generate(&d->uuid);
    d->has_uuid = true;
    if (flags & VR_FORM_TEST) /* the mock hypervisor makes no bridges and knows no dnsmasq:options */
        d->dnsmasq_options.n = 0;
    else
        vr_network_complete_mac(d);
    return true;
}

static bool network_check(const void *def, unsigned flags, struct vr_error **err)
{
    return (flags & VR_FORM_TEST) || vr_network_check(def, err);
}

const struct vr_xml_elem vr_network_elem = {
    .name = "network", .size = sizeof(D), .rows = network_rows, .before_parse = network_before, .after_parse = network_after,
};
const struct vr_document vr_network_def_document = {
    .family = "network", .schema = "network", .title = "Virtual network", .what = "(network_definition)",
    .domain = VIR_FROM_NETWORK, .elem = &vr_network_elem, .complete = network_complete, .check = network_check,
};

char *vr_network_metadata_get(const D *def, const char *uri)
{
    return vr_metadata_get(def->metadata, uri);
}

bool vr_network_metadata_set(D *def, const char *key, const char *uri, const char *xml, struct vr_error **err)
{
    return vr_metadata_set(def->arena, &def->metadata, key, uri, xml, VIR_FROM_NETWORK, err);
}

/* ---- completion and lookups -------------------------------------------------------------------------------------- */

GROUP *vr_network_portgroup(const D *d, const char *name)
{
    for (size_t i = 0; i < d->portgroups.n; i++)
        if (name ? vr_streq(d->portgroups.v[i]->name, name) : d->portgroups.v[i]->is_default)
            return d->portgroups.v[i];
    return NULL;
}

const struct vr_network_ip *vr_network_dhcp_ip(const D *d, enum vr_ip_family family)
{
    for (size_t i = 0; i < d->ips.n; i++)
        if (d->ips.v[i]->address.family == family && (d->ips.v[i]->ranges.n || d->ips.v[i]->hosts.n))
            return d->ips.v[i];
    return NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <ip> and <route> of a network: addresses, DHCP ranges and hosts, and whether they fit each other. */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#include "tables.h"

#include <string.h>
#include "base/str.h"

VR_ENUM_NAMES(vr_lease_unit, VR_LEASE_UNITS)

const char vr_network_partial = 0;

#define LEASE_MIN_S 120

/* ---- <lease> ----------------------------------------------------------------------------------------------------- */
#define LEASE struct vr_net_lease
static bool unit_shown(const void *base, const struct vr_format *f)
{
    return ((const LEASE *)base)->expiry.v != 0;
}
static const struct vr_row lease_rows[] = {
    VR_A_OU64(LEASE, expiry, "expiry", .zero = true),
    VR_A_ENUM(LEASE, unit, "unit", vr_lease_unit_names, .when = unit_shown),
    VR_END,
};
static bool lease_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    LEASE *l = obj;
    if (l->expiry.v && !l->unit)
        l->unit = VR_LEASE_MINUTES;
    uint64_t per = l->unit == VR_LEASE_SECONDS ? 1 : l->unit == VR_LEASE_MINUTES ? 60 : 3600;
    if (l->expiry.v && l->expiry.v < LEASE_MIN_S && l->expiry.v * per < LEASE_MIN_S)
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                             _("The minimum lease time should be greater than 2 minutes"));
    return true;
}
static bool lease_skipped(const void *obj, const struct vr_format *f)
{
    return !((const LEASE *)obj)->expiry.set;
}
static const struct vr_xml_elem lease_elem = {
    .name = "lease", .size = sizeof(LEASE), .rows = lease_rows, .after_parse = lease_after, .skip_format = lease_skipped,
};

/* ---- <range> ----------------------------------------------------------------------------------------------------- */
#define RANGE struct vr_net_range
static const struct vr_row range_rows[] = {
    VR_A_IP(RANGE, start, "start"),
    VR_A_IP(RANGE, end, "end"),
    VR_CHILD(RANGE, lease, "lease", lease_elem),
    VR_END,
};

static bool fail_socket_address(struct vr_error **err, const struct vr_xml_node *node, const char *text)
{
    vr_error_report(err, VIR_FROM_NONE, VIR_ERR_SYSTEM_ERROR, -1,
                    _("Cannot parse socket address '%s': Name or service not known"), text);
    return vr_xml_locate(err, node);
}

static bool range_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const RANGE *r = obj;
    const struct { const char *name; const struct vr_ipaddr *ip; } ends[] = { { "start", &r->start }, { "end", &r->end } };
    for (size_t i = 0; i < VR_COUNT(ends); i++) {
        const char *text = vr_xml_get(node, ends[i].name);
        if (!text)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                                 _("Missing '%s' attribute in dhcp range for network '%s'"), ends[i].name, vr_net_name(p));
        if (!vr_ip_set(ends[i].ip))
            return fail_socket_address(err, node, text);
    }
    return true;
}
const struct vr_xml_elem vr_net_range_elem = {
    .name = "range", .size = sizeof(RANGE), .rows = range_rows, .after_parse = range_after,
};

/* An internal error without a domain, as stock's: its helper knows nothing of networks. */
#define FAIL_RANGE(...) (vr_error_report(err, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, -1, __VA_ARGS__), vr_xml_locate(err, node))

/* Whether start..end lies in the network of `ip`. */
static bool range_in_net(const struct vr_xml_node *node, const struct vr_network_ip *ip, const struct vr_ipaddr *start,
                         const struct vr_ipaddr *end, const char *s, const char *e, struct vr_error **err)
{
    char n[VR_IP_TEXT];
    int prefix = vr_network_ip_prefix(ip);
    vr_ip_text(&ip->address, n);
    if (prefix < 0)
        return FAIL_RANGE(_("bad prefix %d for network %s when  checking range %s - %s"), prefix, n, s, e);
    if (!vr_ip_same_net(start, &ip->address, (unsigned)prefix) || !vr_ip_same_net(end, &ip->address, (unsigned)prefix))
        return FAIL_RANGE(_("range %s - %s is not entirely within network %s/%d"), s, e, n, prefix);
    struct vr_ipaddr net = vr_ip_network(&ip->address, (unsigned)prefix);
    struct vr_ipaddr all = vr_ip_broadcast(&ip->address, (unsigned)prefix);
    if (start->family == VR_IP_V4 && vr_ip_equal(start, &net))
        return FAIL_RANGE(_("start of range %s - %s in network %s/%d is the network address"), s, e, n, prefix);
    if (start->family == VR_IP_V4 && vr_ip_equal(end, &all))
        return FAIL_RANGE(_("end of range %s - %s in network %s/%d is the broadcast address"), s, e, n, prefix);
    return true;
}

bool vr_net_range_check(struct vr_parse *p, const struct vr_xml_node *node, const struct vr_network_ip *ip,
                        const struct vr_ipaddr *start, const struct vr_ipaddr *end, struct vr_error **err)
{
    char s[VR_IP_TEXT], e[VR_IP_TEXT], n[VR_IP_TEXT];
    vr_ip_text(start, s);
    vr_ip_text(end, e);
    if (start->family != end->family)
        return FAIL_RANGE(_("mismatch of address family in range %s - %s"), s, e);
    if (ip && start->family != ip->address.family)
        return FAIL_RANGE(_("mismatch of address family in range %s - %s for network %s"), s, e, vr_ip_text(&ip->address, n));
    if (ip && !range_in_net(node, ip, start, end, s, e, err))
        return false;
    /* all but the last sixteen bits must be the same */
    unsigned common = vr_ip_bits(start) - 16;
    if (!vr_ip_same_net(start, end, common))
        return FAIL_RANGE(_("range %s - %s is too large (> 65535)"), s, e);
    if (vr_ip_compare(start, end) > 0) {
        if (start->family == VR_IP_V4)
            return FAIL_RANGE(_("range %s - %s is reversed "), s, e);
        return FAIL_RANGE(_("range %s - %s start larger than end"), s, e);
    }
    return true;
}

/* ---- <host> ------------------------------------------------------------------------------------------------------ */
#define HOST struct vr_net_host
static const struct vr_row host_rows[] = {
    VR_A_STR(HOST, mac, "mac"),
    VR_A_STR(HOST, id, "id"),
    VR_A_STR(HOST, name, "name", .unless_empty = true),
    VR_A_IP(HOST, ip, "ip"),
    VR_CHILD(HOST, lease, "lease", lease_elem),
    VR_END,
};
const struct vr_xml_elem vr_net_host_elem = { .name = "host", .size = sizeof(HOST), .rows = host_rows };

#define FAIL_HOST(...) vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, __VA_ARGS__)
static bool host_keys_check(struct vr_parse *p, const struct vr_xml_node *node, const HOST *h, bool ipv6, struct vr_error **err)
{
    const char *net = vr_net_name(p);
    struct vr_mac mac;
    if (h->mac && ipv6)
        return FAIL_HOST(_("Invalid to specify MAC address '%s' in network '%s' IPv6 static host definition"), h->mac, net);
    if (h->mac && !vr_mac_parse(h->mac, &mac))
        return FAIL_HOST(_("Cannot parse MAC address '%s' in network '%s'"), h->mac, net);
    if (h->mac && (mac.b[0] & 1))
        return FAIL_HOST(_("expected unicast mac address, found multicast '%s' in network '%s'"), h->mac, net);
    if (h->id) {
        const char *odd = h->id + strspn(h->id, "0123456789abcdefABCDEF:");
        if (*odd)
            return FAIL_HOST(_("Invalid character '%c' in id '%s' of network '%s'"), *odd, h->id, net);
    }
    return true;
}

bool vr_net_host_check(struct vr_parse *p, const struct vr_xml_node *node, const HOST *h, bool ipv6, struct vr_error **err)
{
    const char *net = vr_net_name(p), *ip = vr_xml_get(node, "ip");
    if (!host_keys_check(p, node, h, ipv6, err))
        return false;
    if (ip && !vr_ip_set(&h->ip))
        return FAIL_HOST(_("Invalid IP address in static host definition for network '%s'"), net);
    if (vr_partial(p))
        return h->mac || h->name || ip ||
               FAIL_HOST(_("At least one of name, mac, or ip attribute must be specified for static host definition in "
                           "network '%s' "), net);
    if (ipv6 && !h->id && !h->name)
        return FAIL_HOST(_("Static host definition in IPv6 network '%s' must have id or name attribute"), net);
    if (!ipv6 && !h->mac && !h->name)
        return FAIL_HOST(_("Static host definition in IPv4 network '%s' must have mac or name attribute"), net);
    if (!ip)
        return FAIL_HOST(_("Missing IP address in static host definition for network '%s'"), net);
    return true;
}

/* ---- <ip> -------------------------------------------------------------------------------------------------------- */
#define IP struct vr_network_ip
static const struct vr_row tftp_rows[] = { VR_A_STR(IP, tftp_root, "root", .unless_empty = true), VR_END };
static const struct vr_row bootp_rows[] = {
    VR_A_STR(IP, boot_file, "file", .unless_empty = true),
    VR_A_IP(IP, boot_server, "server"),
    VR_END,
};
static bool boot_shown(const void *base, const struct vr_format *f)
{
    return ((const IP *)base)->boot_file != NULL;
}
static bool bootp_after(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    IP *ip = base;
    const char *server = vr_xml_get(node, "server");
    if (ip->boot_file && server && !vr_ip_set(&ip->boot_server))
        return fail_socket_address(err, node, server);
    if (!ip->boot_file)
        ip->boot_server = (struct vr_ipaddr){ 0 };
    return true;
}
static const struct vr_row dhcp_rows[] = {
    VR_LISTED(IP, ranges, "range", vr_net_range_elem),
    VR_LISTED(IP, hosts, "host", vr_net_host_elem),
    VR_GROUP("bootp", bootp_rows, .when = boot_shown, .after = bootp_after),
    VR_END,
};
static bool dhcp_shown(const void *base, const struct vr_format *f)
{
    const IP *ip = base;
    return ip->ranges.n || ip->hosts.n;
}
static const struct vr_row ip_rows[] = {
    VR_A_STR(IP, family, "family"),
    VR_A_IP(IP, address, "address"),
    VR_A_IP(IP, netmask, "netmask"),
    VR_A_OUINT(IP, prefix, "prefix"),
    VR_A_YESNO(IP, local_ptr, "localPtr"),
    VR_GROUP("tftp", tftp_rows),
    VR_GROUP("dhcp", dhcp_rows, .when = dhcp_shown),
    VR_END,
};

#define FAIL_IP(code, ...) vr_parse_fail(p, node, err, (code), __VA_ARGS__)
static bool ip4_check(struct vr_parse *p, const struct vr_xml_node *node, const IP *ip, struct vr_error **err)
{
    const char *net = vr_net_name(p), *address = vr_xml_get(node, "address"), *netmask = vr_xml_get(node, "netmask");
    if (ip->address.family != VR_IP_V4 && !ip->family)
        return FAIL_IP(VIR_ERR_CONFIG_UNSUPPORTED, _("no family specified for non-IPv4 address '%s' in network '%s'"), address,
                       net);
    if (ip->address.family != VR_IP_V4)
        return FAIL_IP(VIR_ERR_CONFIG_UNSUPPORTED, _("%s family specified for non-IPv4 address '%s' in network '%s'"),
                       ip->family, address, net);
    if (netmask && ip->prefix.set && ip->prefix.v)
        return FAIL_IP(VIR_ERR_CONFIG_UNSUPPORTED, _("Network '%s' IP address cannot have both a prefix and a netmask"), net);
    if (netmask && ip->netmask.family != VR_IP_V4)
        return FAIL_IP(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("Invalid netmask '%s' for address '%s' in network '%s' (both must be IPv4)"), netmask, address, net);
    if (ip->prefix.v > 32)
        return FAIL_IP(VIR_ERR_CONFIG_UNSUPPORTED, _("Invalid IPv4 prefix '%u' in network '%s'"), ip->prefix.v, net);
    return true;
}

static bool ip6_check(struct vr_parse *p, const struct vr_xml_node *node, const IP *ip, struct vr_error **err)
{
    const char *net = vr_net_name(p), *address = vr_xml_get(node, "address");
    if (ip->address.family != VR_IP_V6)
        return FAIL_IP(VIR_ERR_CONFIG_UNSUPPORTED, _("Family 'ipv6' specified for non-IPv6 address '%s' in network '%s'"),
                       address, net);
    if (vr_xml_get(node, "netmask"))
        return FAIL_IP(VIR_ERR_CONFIG_UNSUPPORTED, _("netmask not allowed for IPv6 address '%s' in network '%s'"), address,
                       net);
    if (ip->prefix.v > 128)
        return FAIL_IP(VIR_ERR_CONFIG_UNSUPPORTED, _("Invalid IPv6 prefix '%u' in network '%s'"), ip->prefix.v, net);
    if (ip->tftp_root)
        return FAIL_IP(VIR_ERR_CONFIG_UNSUPPORTED, _("Unsupported <tftp> element in an IPv6 element in network '%s'"), net);
    return true;
}

static bool ip_dhcp_check(struct vr_parse *p, const struct vr_xml_node *node, IP *ip, struct vr_error **err)
{
    bool ipv6 = ip->address.family == VR_IP_V6;
    for (size_t i = 0; i < ip->ranges.n; i++)
        if (!vr_net_range_check(p, node, ip, &ip->ranges.v[i]->start, &ip->ranges.v[i]->end, err))
            return false;
    size_t at = 0;
    for (const struct vr_xml_node *d = vr_xml_child(node, "dhcp"); d; d = vr_xml_sibling(d))
        for (const struct vr_xml_node *h = vr_xml_child(d, "host"); h && at < ip->hosts.n; h = vr_xml_sibling(h))
            if (!vr_net_host_check(p, h, ip->hosts.v[at++], ipv6, err))
                return false;
    if (ipv6) { /* DHCPv6 has no such thing */
        ip->boot_file = NULL;
        ip->boot_server = (struct vr_ipaddr){ 0 };
    }
    return true;
}

static bool ip_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    IP *ip = obj;
    const char *net = vr_net_name(p), *address = vr_said(node, "address"), *netmask = vr_xml_get(node, "netmask");
    if (!address)
        return FAIL_IP(VIR_ERR_XML_ERROR, _("Missing required address attribute in network '%s'"), net);
    if (!vr_ip_set(&ip->address))
        return FAIL_IP(VIR_ERR_XML_ERROR, _("Invalid address '%s' in network '%s'"), address, net);
    if (netmask && !vr_ip_set(&ip->netmask))
        return FAIL_IP(VIR_ERR_XML_ERROR, _("Invalid netmask '%s' in network '%s'"), netmask, net);
    if (!ip->prefix.v)
        ip->prefix.set = false;
    if (!ip->family || vr_streq(ip->family, "ipv4")) {
        if (!ip4_check(p, node, ip, err))
            return false;
    } else if (vr_streq(ip->family, "ipv6")) {
        if (!ip6_check(p, node, ip, err))
            return false;
    } else {
        return FAIL_IP(VIR_ERR_XML_ERROR, _("Unrecognized family '%s' in network '%s'"), ip->family, net);
    }
    return ip_dhcp_check(p, node, ip, err);
}
const struct vr_xml_elem vr_network_ip_elem = {
    .name = "ip", .size = sizeof(IP), .rows = ip_rows, .after_parse = ip_after, .never_short = true,
};

/* What applies when neither prefix nor netmask is written: the class of the address, or 64. */
static int class_prefix(const struct vr_ipaddr *ip)
{
    if (ip->family == VR_IP_V6)
        return 64;
    if (vr_ip_is_any(ip))
        return 0;
    if (!(ip->b[0] & 0x80))
        return 8;
    return (ip->b[0] & 0xc0) == 0x80 ? 16 : 24;
}

int vr_network_ip_prefix(const IP *ip)
{
    if (ip->prefix.set && ip->prefix.v)
        return (int)ip->prefix.v;
    if (vr_ip_set(&ip->netmask))
        return vr_ip_mask_prefix(&ip->netmask);
    return class_prefix(&ip->address);
}

/* ---- <route> ----------------------------------------------------------------------------------------------------- */
#define ROUTE struct vr_network_route
static const struct vr_row route_rows[] = {
    VR_A_STR(ROUTE, family, "family"),
    VR_A_IP(ROUTE, address, "address"),
    VR_A_IP(ROUTE, netmask, "netmask"),
    VR_A_OUINT(ROUTE, prefix, "prefix", .zero = true),
    VR_A_IP(ROUTE, gateway, "gateway"),
    VR_A_OUINT(ROUTE, metric, "metric", .nonzero = true),
    VR_END,
};

int vr_network_route_prefix(const ROUTE *r)
{
    if (r->prefix.set)
        return (int)r->prefix.v;
    if (vr_ip_set(&r->netmask))
        return vr_ip_mask_prefix(&r->netmask);
    return 0;
}

#define FAIL_ROUTE(fmt, ...) vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("%s: " fmt " in route definition"), vr_net_name(p), \
                                           ##__VA_ARGS__)
static bool route4_check(struct vr_parse *p, const struct vr_xml_node *node, const ROUTE *r, struct vr_error **err)
{
    const char *address = vr_xml_get(node, "address");
    if (r->address.family != VR_IP_V4)
        return r->family ? FAIL_ROUTE("IPv4 family specified for non-IPv4 address '%s'", address)
                         : FAIL_ROUTE("No family specified for non-IPv4 address '%s'", address);
    if (r->gateway.family != VR_IP_V4) /* stock names the address here, too */
        return r->family ? FAIL_ROUTE("IPv4 family specified for non-IPv4 gateway '%s'", address)
                         : FAIL_ROUTE("No family specified for non-IPv4 gateway '%s'", address);
    if (vr_ip_set(&r->netmask) && r->netmask.family != VR_IP_V4)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("%s: Invalid netmask '%s' for address '%s' (both must be IPv4)"),
                             vr_net_name(p), vr_xml_get(node, "netmask"), address);
    if (vr_ip_set(&r->netmask) && r->prefix.set)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("%s: Route definition cannot have both a prefix and a netmask"),
                             vr_net_name(p));
    if (r->prefix.v > 32)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("%s: Invalid prefix %u specified in route definition, must be 0 - 32"), vr_net_name(p),
                             r->prefix.v);
    return true;
}

static bool route6_check(struct vr_parse *p, const struct vr_xml_node *node, const ROUTE *r, struct vr_error **err)
{
    const char *address = vr_xml_get(node, "address");
    if (r->address.family != VR_IP_V6)
        return FAIL_ROUTE("ipv6 family specified for non-IPv6 address '%s'", address);
    if (vr_ip_set(&r->netmask))
        return FAIL_ROUTE("Specifying netmask invalid for IPv6 address '%s'", address);
    if (r->gateway.family != VR_IP_V6)
        return FAIL_ROUTE("ipv6 specified for non-IPv6 gateway address '%s'", vr_xml_get(node, "gateway"));
    if (r->prefix.v > 128)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("%s: Invalid prefix %u specified in route definition, must be 0 - 128"), vr_net_name(p),
                             r->prefix.v);
    return true;
}

static bool route_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const ROUTE *r = obj;
    const char *address = vr_said(node, "address"), *gateway = vr_said(node, "gateway"), *netmask = vr_said(node, "netmask");
    if (!address)
        return FAIL_ROUTE("Missing required address attribute");
    if (!vr_ip_set(&r->address))
        return FAIL_ROUTE("Bad network address '%s'", address);
    if (!gateway)
        return FAIL_ROUTE("Missing required gateway attribute");
    if (!vr_ip_set(&r->gateway))
        return FAIL_ROUTE("Bad gateway address '%s'", gateway);
    if (netmask && !vr_ip_set(&r->netmask))
        return FAIL_ROUTE("Bad netmask address '%s'", netmask);
    if (!r->family || vr_streq(r->family, "ipv4")) {
        if (!route4_check(p, node, r, err))
            return false;
    } else if (vr_streq(r->family, "ipv6")) {
        if (!route6_check(p, node, r, err))
            return false;
    } else {
        return FAIL_ROUTE("Unrecognized family '%s'", r->family);
    }
    int prefix = vr_network_route_prefix(r);
    struct vr_ipaddr net = vr_ip_network(&r->address, prefix < 0 ? 0 : (unsigned)prefix);
    if (prefix < 0 || !vr_ip_equal(&net, &r->address))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("%s: Address '%s' in route definition is not a network address"), vr_net_name(p), address);
    return true;
}
const struct vr_xml_elem vr_network_route_elem = {
    .name = "route", .size = sizeof(ROUTE), .rows = route_rows, .after_parse = route_after,
};

bool vr_network_routes_check(const struct vr_network_def *def, struct vr_error **err)
{
    char text[VR_IP_TEXT];
    for (size_t i = 0; i < def->routes.n; i++) {
        const struct vr_ipaddr *gw = &def->routes.v[i]->gateway;
        bool reached = false;
        for (size_t k = 0; k < def->ips.n && !reached; k++) {
            int prefix = vr_network_ip_prefix(def->ips.v[k]);
            reached = prefix >= 0 && def->ips.v[k]->address.family == gw->family &&
                      vr_ip_same_net(gw, &def->ips.v[k]->address, (unsigned)prefix);
        }
        if (!reached)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("unreachable static route gateway '%s' specified for network '%s'"), vr_ip_text(gw, text),
                           def->name);
    }
    return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <rule>: what each protocol's element may say, and of which kind each value is. */
#define VR_ERROR_DOMAIN VIR_FROM_NWFILTER
#include "tables.h"

#include <string.h>
#include <strings.h>
#include "base/str.h"

VR_ENUM_NAMES(vr_nwfilter_action, VR_NWFILTER_ACTIONS)
VR_ENUM_NAMES(vr_nwfilter_direction, VR_NWFILTER_DIRECTIONS)
VR_ENUM_NAMES(vr_nwfilter_protocol, VR_NWFILTER_PROTOCOLS)

#define M struct vr_nwfilter_match
#define V(m, n, t) VR_A_STR(M, m, n, .type = t)

/* match='yes' is what not saying it means, and alone it says nothing */
static bool match_shown(const void *base, const struct vr_format *f)
{
    M m = *(const M *)base;
    if (m.match != VR_TRI_NO)
        return false;
    static const M nothing;
    m.match = VR_TRI_UNSET;
    m.comment = NULL;
    return memcmp(&m, &nothing, sizeof(m)) != 0;
}
#define MATCH VR_A_YESNO(M, match, "match", .lenient = true, .when = match_shown)
#define COMMENT V(comment, "comment", "nwComment")
#define MACS V(srcmacaddr, "srcmacaddr", "nwMac"), V(srcmacmask, "srcmacmask", "nwMacMask"), \
    V(dstmacaddr, "dstmacaddr", "nwMac"), V(dstmacmask, "dstmacmask", "nwMacMask")
#define PAIR(m, n, t) V(m, n, t), V(m##_hi, n "-hi", t)
#define ADDRESSES(ip, mask) V(srcipaddr, "srcipaddr", ip), V(srcipmask, "srcipmask", mask), \
    V(dstipaddr, "dstipaddr", ip), V(dstipmask, "dstipmask", mask)
#define PORTS V(srcportstart, "srcportstart", "nw16"), V(srcportend, "srcportend", "nw16"), \
    V(dstportstart, "dstportstart", "nw16"), V(dstportend, "dstportend", "nw16")
/* dstipto of the IPv6 protocols takes an IPv4 address in every stock release: what was defined there must load here. */
#define UPPER(ip, mask, ...)                                                                       \
    MATCH, V(srcmacaddr, "srcmacaddr", "nwMac"), ADDRESSES(ip, mask), V(srcipfrom, "srcipfrom", ip),      \
    V(srcipto, "srcipto", ip), V(dstipfrom, "dstipfrom", ip), V(dstipto, "dstipto", "nwIpv4"),            \
    V(dscp, "dscp", "nw6"), V(connlimit_above, "connlimit-above", "nw16"), V(state, "state", "nwState"), __VA_ARGS__ \
    V(ipset, "ipset", "nwIpset"), V(ipsetflags, "ipsetflags", "nwIpsetFlags"), COMMENT, VR_END
#define IPV4(...) UPPER("nwIpv4", "nwMask4", __VA_ARGS__)
#define IPV6(...) UPPER("nwIpv6", "nwMask6", __VA_ARGS__)
#define TYPES V(type, "type", "nw8"), V(code, "code", "nw8"),

static const struct vr_row mac_rows[] = { MATCH, MACS, V(protocolid, "protocolid", "nwFrame"), COMMENT, VR_END };
static const struct vr_row vlan_rows[] = { MATCH, MACS, V(vlanid, "vlanid", "nw12"),
                                           V(encap_protocol, "encap-protocol", "nwFrame"), COMMENT, VR_END };
static const struct vr_row stp_rows[] = {
    MATCH, V(srcmacaddr, "srcmacaddr", "nwMac"), V(srcmacmask, "srcmacmask", "nwMacMask"),
    V(stp_type, "type", "nw8"), V(stp_flags, "flags", "nw8"), PAIR(root_priority, "root-priority", "nw16"),
    V(root_address, "root-address", "nwMac"), V(root_address_mask, "root-address-mask", "nwMacMask"),
    PAIR(root_cost, "root-cost", "nw32"), PAIR(sender_priority, "sender-priority", "nw16"),
    V(sender_address, "sender-address", "nwMac"), V(sender_address_mask, "sender-address-mask", "nwMacMask"),
    PAIR(port, "port", "nw16"), PAIR(age, "age", "nw16"), PAIR(max_age, "max-age", "nw16"),
    PAIR(hello_time, "hello-time", "nw16"), PAIR(forward_delay, "forward-delay", "nw16"), COMMENT, VR_END,
};
static const struct vr_row arp_rows[] = {
    MATCH, MACS, V(hwtype, "hwtype", "nw16"), V(protocoltype, "protocoltype", "nw16"), V(opcode, "opcode", "nwOpcode"),
    V(arpsrcmacaddr, "arpsrcmacaddr", "nwMac"), V(arpdstmacaddr, "arpdstmacaddr", "nwMac"),
    V(arpsrcipaddr, "arpsrcipaddr", "nwIpv4"), V(arpsrcipmask, "arpsrcipmask", "nwMask4"),
    V(arpdstipaddr, "arpdstipaddr", "nwIpv4"), V(arpdstipmask, "arpdstipmask", "nwMask4"),
    V(gratuitous, "gratuitous", "nwBool"), COMMENT, VR_END,
};
static const struct vr_row ip_rows[] = {
    MATCH, MACS, ADDRESSES("nwIpv4", "nwMask4"), V(protocol, "protocol", "nwIpProtocol"), PORTS,
    V(dscp, "dscp", "nw6"), COMMENT, VR_END,
};
static const struct vr_row ipv6_rows[] = {
    MATCH, MACS, ADDRESSES("nwIpv6", "nwMask6"), V(protocol, "protocol", "nwIpProtocol"), PORTS, V(type, "type", "nw8"),
    V(typeend, "typeend", "nw8"), V(code, "code", "nw8"), V(codeend, "codeend", "nw8"), COMMENT, VR_END,
};
static const struct vr_row tcp_rows[] = { IPV4(PORTS, V(tcp_flags, "flags", "nwTcpFlags"),) };
static const struct vr_row ports_rows[] = { IPV4(PORTS,) };
static const struct vr_row icmp_rows[] = { IPV4(TYPES) };
static const struct vr_row plain_rows[] = { IPV4() };
static const struct vr_row tcp6_rows[] = {
    VR_A_STR(M, tcp_flags, "flags", .type = "nwTcpFlags", .validate_only = true), IPV6(PORTS,),
};
static const struct vr_row ports6_rows[] = { IPV6(PORTS,) };
static const struct vr_row icmpv6_rows[] = { IPV6(TYPES) };
static const struct vr_row plain6_rows[] = { IPV6() };

/* One line for each protocol: its table and its element. */
#define PROTOCOLS(X)                                                                               \
    X(MAC, "mac", mac_rows) X(VLAN, "vlan", vlan_rows) X(STP, "stp", stp_rows) X(ARP, "arp", arp_rows)    \
    X(RARP, "rarp", arp_rows) X(IP, "ip", ip_rows) X(IPV6, "ipv6", ipv6_rows) X(TCP, "tcp", tcp_rows)     \
    X(UDP, "udp", ports_rows) X(UDPLITE, "udplite", plain_rows) X(ESP, "esp", plain_rows)                 \
    X(AH, "ah", plain_rows) X(SCTP, "sctp", ports_rows) X(ICMP, "icmp", icmp_rows) X(IGMP, "igmp", plain_rows) \
    X(ALL, "all", plain_rows) X(TCP_IPV6, "tcp-ipv6", tcp6_rows) X(UDP_IPV6, "udp-ipv6", ports6_rows)     \
    X(UDPLITE_IPV6, "udplite-ipv6", plain6_rows) X(ESP_IPV6, "esp-ipv6", plain6_rows)                     \
    X(AH_IPV6, "ah-ipv6", plain6_rows) X(SCTP_IPV6, "sctp-ipv6", ports6_rows) X(ICMPV6, "icmpv6", icmpv6_rows) \
    X(ALL_IPV6, "all-ipv6", plain6_rows)
#define ELEM(id, n, r) static const struct vr_xml_elem id##_elem = { .name = n, .size = sizeof(M), .rows = r };
PROTOCOLS(ELEM)
#define TABLE(id, n, r) [VR_NWFILTER_PROTO_##id] = r,
const struct vr_row *const vr_nwfilter_match_rows[VR_NWFILTER_PROTO_COUNT] = { PROTOCOLS(TABLE) };

#define R struct vr_nwfilter_rule
/* Only "false", written in any way, says something. */
static bool statematch_parse(struct vr_arena *arena, const char *text, void *field)
{
    return *(bool *)field = vr_streq(text, "0") || !strcasecmp(text, "false");
}
static const char *statematch_format(struct vr_arena *scratch, const void *field)
{
    return *(const bool *)field ? "false" : NULL;
}
static bool statematch_equal(const void *a, const void *b)
{
    return *(const bool *)a == *(const bool *)b;
}
static void statematch_random(struct vr_arena *arena, uint64_t *seed, void *field)
{
    *(bool *)field = true;
}
static const struct vr_codec_ops statematch_codec = { statematch_parse, statematch_format, NULL, statematch_equal,
                                                      statematch_random };
#define CHILD(id, n, r) VR_CHILD(R, match, n, id##_elem, VR_WHEN(R, protocol, VR_BIT(VR_NWFILTER_PROTO_##id))),
const struct vr_row vr_nwfilter_rule_rows[] = {
    VR_A_ENUM(R, action, "action", vr_nwfilter_action_names, .required = true,
              .missing = "rule node requires action attribute", .missing_code = VIR_ERR_INTERNAL_ERROR,
              .bad = "unknown rule action attribute value", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_ENUM(R, direction, "direction", vr_nwfilter_direction_names, .required = true,
              .missing = "rule node requires direction attribute", .missing_code = VIR_ERR_INTERNAL_ERROR,
              .bad = "unknown rule direction attribute value", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_OINT(R, priority, "priority", .lenient = true),
    VR_A_CODEC(R, no_statematch, "statematch", statematch_codec, .lenient = true, .type = "nwStatematch"),
    VR_A_ENUM(R, protocol, "", vr_nwfilter_protocol_names, .by_child = true),
    PROTOCOLS(CHILD)
    VR_END,
};

/* The last bad value is the one that is told, as stock does. */
static bool values_check(struct vr_parse *p, const struct vr_xml_node *node, const struct vr_row *rows, M *m,
                         struct vr_error **err)
{
    const struct vr_row *bad = NULL;
    const char *said = NULL;
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        const char **value = (const char **)((char *)m + row->offset);
        if (row->kind != VR_K_STR || row->more->validate_only || !*value)
            continue;
        const char *good = vr_nwfilter_value(p->arena, row->more->type, *value);
        if (!good) {
            bad = row;
            said = *value;
        } else {
            *value = good;
        }
    }
    return !bad || vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("%s has illegal value %s"), bad->name, said);
}

static bool ports_check(struct vr_parse *p, const struct vr_xml_node *node, const R *rule, struct vr_error **err)
{
    const M *m = rule->match;
    static const char *const with_ports[] = { "tcp", "udp", "33", "0x21", "sctp", NULL };
    if (rule->protocol != VR_NWFILTER_PROTO_IP && rule->protocol != VR_NWFILTER_PROTO_IPV6)
        return true;
    if (!m->srcportstart && !m->srcportend && !m->dstportstart && !m->dstportend)
        return true;
    if (m->protocol && vr_name_index(with_ports, m->protocol) >= 0)
        return true;
    return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR,
                         _("%s rule with port specification requires protocol specification with protocol to be "
                           "either one of tcp(6), udp(17), dccp(33), or sctp(132)"),
                         rule->protocol == VR_NWFILTER_PROTO_IP ? "IP" : "IPv6");
}

bool vr_nwfilter_rule_check(struct vr_parse *p, const struct vr_xml_node *node, R *rule, struct vr_error **err)
{
    if (!rule->priority.set || rule->priority.v < -1000 || rule->priority.v > 1000)
        rule->priority = (struct vr_oint){ true, 500 };
    const struct vr_row *rows = vr_nwfilter_match_rows[rule->protocol];
    if (!rule->match)
        return true;
    /* elements of the same name add to the first */
    const struct vr_xml_node *first = vr_xml_child(node, vr_nwfilter_protocol_names[rule->protocol]);
    for (const struct vr_xml_node *more = vr_xml_sibling(first); more; more = vr_xml_sibling(more))
        if (!vr_rows_parse(p, rows, more, rule->match, err))
            return false;
    return values_check(p, first, rows, rule->match, err) && ports_check(p, first, rule, err);
}

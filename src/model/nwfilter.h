/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * <filter>: rules for a guest's network traffic, and <filterbinding>: a filter on one interface. Values of rules are kept as
 * the text they are written in: a number ("0x12", "80"), an address, a word, or a variable ("$IP", "$PORTS[@1]").
 */
#include "model/common.h"
#include "model/document.h"
#include "model/interface.h"

#define VR_NWFILTER_ACTIONS(X, P)                                                                  \
    X(P, DROP, "drop") X(P, ACCEPT, "accept") X(P, REJECT, "reject") X(P, RETURN, "return") X(P, CONTINUE, "continue")
VR_ENUM(vr_nwfilter_action, VR_NWFILTER, VR_NWFILTER_ACTIONS);
#define VR_NWFILTER_DIRECTIONS(X, P) X(P, IN, "in") X(P, OUT, "out") X(P, INOUT, "inout")
VR_ENUM(vr_nwfilter_direction, VR_NWFILTER_DIR, VR_NWFILTER_DIRECTIONS);

/* What a rule looks at: the name of its element. */
#define VR_NWFILTER_PROTOCOLS(X, P)                                                                \
    X(P, MAC, "mac") X(P, VLAN, "vlan") X(P, STP, "stp") X(P, ARP, "arp") X(P, RARP, "rarp") X(P, IP, "ip") X(P, IPV6, "ipv6") \
    X(P, TCP, "tcp") X(P, UDP, "udp") X(P, UDPLITE, "udplite") X(P, ESP, "esp") X(P, AH, "ah") X(P, SCTP, "sctp") \
    X(P, ICMP, "icmp") X(P, IGMP, "igmp") X(P, ALL, "all") X(P, TCP_IPV6, "tcp-ipv6") X(P, UDP_IPV6, "udp-ipv6") \
    X(P, UDPLITE_IPV6, "udplite-ipv6") X(P, ESP_IPV6, "esp-ipv6") X(P, AH_IPV6, "ah-ipv6") X(P, SCTP_IPV6, "sctp-ipv6") \
    X(P, ICMPV6, "icmpv6") X(P, ALL_IPV6, "all-ipv6")
VR_ENUM(vr_nwfilter_protocol, VR_NWFILTER_PROTO, VR_NWFILTER_PROTOCOLS);

/** Every attribute any protocol has; which are valid where, and of which kind, says rules.c. */
struct vr_nwfilter_match {
    enum vr_tri match; /* no: what does not match */
    const char *srcmacaddr, *srcmacmask, *dstmacaddr, *dstmacmask, *protocolid, *vlanid, *encap_protocol;
    const char *stp_type, *stp_flags, *root_priority, *root_priority_hi, *root_address, *root_address_mask, *root_cost,
        *root_cost_hi, *sender_priority, *sender_priority_hi, *sender_address, *sender_address_mask, *port, *port_hi, *age,
        *age_hi, *max_age, *max_age_hi, *hello_time, *hello_time_hi, *forward_delay, *forward_delay_hi;
    const char *hwtype, *protocoltype, *opcode, *arpsrcmacaddr, *arpdstmacaddr, *arpsrcipaddr, *arpsrcipmask, *arpdstipaddr,
        *arpdstipmask, *gratuitous;
    const char *srcipaddr, *srcipmask, *dstipaddr, *dstipmask, *srcipfrom, *srcipto, *dstipfrom, *dstipto, *protocol,
        *srcportstart, *srcportend, *dstportstart, *dstportend, *dscp, *connlimit_above, *state, *tcp_flags, *type, *typeend,
        *code, *codeend, *ipset, *ipsetflags;
    const char *comment;
};

struct vr_nwfilter_rule {
    enum vr_nwfilter_action action;
    enum vr_nwfilter_direction direction;
    struct vr_oint priority; /* -1000 to 1000; completed to 500 */
    bool no_statematch;      /* statematch='false': no connection tracking */
    enum vr_nwfilter_protocol protocol;
    struct vr_nwfilter_match *match; /* NULL: the rule is about all traffic */
};

#define VR_NWFILTER_ENTRIES(X, P) X(P, RULE, "rule") X(P, REF, "filterref")
VR_ENUM(vr_nwfilter_entry_kind, VR_NWFILTER_ENTRY, VR_NWFILTER_ENTRIES);
/** Rules and references to other filters, in the order they count. */
struct vr_nwfilter_entry {
    enum vr_nwfilter_entry_kind kind;
    struct vr_nwfilter_rule *rule;
    struct vr_filterref *ref;
};

struct vr_nwfilter_def {
    struct vr_arena *arena;
    const char *name, *chain;
    struct vr_oint priority; /* completed by chain */
    bool has_uuid;
    struct vr_uuid uuid;
    VR_LIST(struct vr_nwfilter_entry) entries;
};
VR_DOCUMENT(vr_nwfilter_def);

/** The number in a value; false for a variable or anything else. */
bool vr_nwfilter_number(const char *value, unsigned *out);

struct vr_nwfilter_binding_def {
    struct vr_arena *arena;
    const char *owner_name;
    bool has_owner_uuid;
    struct vr_uuid owner_uuid;
    const char *portdev, *linkdev;
    bool has_mac;
    struct vr_mac mac;
    struct vr_filterref *filterref; /* parameters sorted by name */
};
VR_DOCUMENT(vr_nwfilter_binding_def);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The tables of <network> and what their hooks share. Nothing outside this directory needs them by name. */
#include "model/codec.h"
#include "model/network.h"
#include "model/netparts.h"
#include "schema/schema.h"

/** An address attribute. Bad text counts as not said: the hook beside the table has the sentence, which names the network. */
#define VR_A_IP(S, m, n, ...)                                                                      \
    VR_ROW_AUX_(n, VR_K_CODEC, VR_AT_ATTR, VR_MEMBER(S, m, struct vr_ipaddr), &vr_ip_codec, .lenient = true, __VA_ARGS__)

/** Set as a parse's `opaque`: the element tells which record to delete, so not everything must be there. */
extern const char vr_network_partial;
static inline bool vr_partial(const struct vr_parse *p)
{
    return p->opaque == &vr_network_partial;
}
/** The network's name, for errors. */
static inline const char *vr_net_name(const struct vr_parse *p)
{
    const char *name = ((const struct vr_network_def *)p->root)->name;
    return name ? name : "";
}
/** An attribute's text, or NULL also for an empty one. */
static inline const char *vr_said(const struct vr_xml_node *node, const char *name)
{
    const char *text = vr_xml_get(node, name);
    return text && *text ? text : NULL;
}

/* dns.c */
extern const struct vr_row vr_network_dns_rows[];
extern const struct vr_xml_elem vr_dns_txt_elem, vr_dns_srv_elem, vr_dns_host_elem;
bool vr_network_dns_after(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err);
/* forward.c */
extern const struct vr_row vr_network_forward_rows[];
extern const struct vr_xml_elem vr_forward_interface_elem;
bool vr_network_forward_after(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err);
/* ip.c */
extern const struct vr_xml_elem vr_network_ip_elem, vr_network_route_elem, vr_net_range_elem, vr_net_host_elem;
bool vr_net_range_check(struct vr_parse *p, const struct vr_xml_node *node, const struct vr_network_ip *ip,
                        const struct vr_ipaddr *start, const struct vr_ipaddr *end, struct vr_error **err);
bool vr_net_host_check(struct vr_parse *p, const struct vr_xml_node *node, const struct vr_net_host *host, bool ipv6,
                       struct vr_error **err);
bool vr_network_routes_check(const struct vr_network_def *def, struct vr_error **err);
/* check.c */
/** No text that would break out of a line of dnsmasq's configuration. */
bool vr_network_check_texts(const struct vr_network_def *def, struct vr_error **err);
/* network.c */
extern const struct vr_xml_elem vr_network_elem, vr_portgroup_elem;

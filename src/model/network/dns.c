/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <dns> of a network: forwarders, TXT, SRV and host records. */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#include "tables.h"

#include <string.h>

/* A service's name must fit a DNS record beside the rest. */
#define SRV_NAME_MAX 482
/* What may follow the underscore of _service._protocol. */
#define SRV_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+/"

#define FORWARDER struct vr_dns_forwarder
static const struct vr_row forwarder_rows[] = {
    VR_A_STR(FORWARDER, domain, "domain"),
    VR_A_IP(FORWARDER, addr, "addr"),
    VR_END,
};
static bool forwarder_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const FORWARDER *f = obj;
    const char *addr = vr_xml_get(node, "addr");
    if (addr && !vr_ip_set(&f->addr))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid forwarder IP address '%s' in network '%s'"),
                             addr, vr_net_name(p));
    if (!addr && !f->domain)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Invalid forwarder element, must contain at least one of addr or domain"));
    return true;
}
static const struct vr_xml_elem forwarder_elem = {
    .name = "forwarder", .size = sizeof(FORWARDER), .rows = forwarder_rows, .after_parse = forwarder_after,
};

#define TXT struct vr_dns_txt
static const struct vr_row txt_rows[] = { VR_A_STR(TXT, name, "name"), VR_A_STR(TXT, value, "value"), VR_END };
static bool txt_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const TXT *t = obj;
    if (!t->name)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL,
                             _("missing required name attribute in DNS TXT record of network %s"), vr_net_name(p));
    if (strpbrk(t->name, " ,"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL,
                             _("prohibited character in DNS TXT record name '%s' of network %s"), t->name, vr_net_name(p));
    if (!t->value && !vr_partial(p))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL,
                             _("missing required value attribute in DNS TXT record named '%s' of network %s"), t->name,
                             vr_net_name(p));
    return true;
}
const struct vr_xml_elem vr_dns_txt_elem = {
    .name = "txt", .size = sizeof(TXT), .rows = txt_rows, .after_parse = txt_after,
};

#define SRV struct vr_dns_srv
static const struct vr_row srv_rows[] = {
    VR_A_STR(SRV, service, "service"),
    VR_A_STR(SRV, protocol, "protocol"),
    VR_A_STR(SRV, domain, "domain"),
    VR_A_STR(SRV, target, "target"),
    VR_A_UINT(SRV, port, "port", .lenient = true, .max = 65535),
    VR_A_UINT(SRV, priority, "priority", .lenient = true, .max = 65535),
    VR_A_UINT(SRV, weight, "weight", .lenient = true, .max = 65535),
    VR_END,
};

static bool srv_number(struct vr_parse *p, const struct vr_xml_node *node, const SRV *s, const char *name, unsigned min,
                       const char *bad, struct vr_error **err)
{
    const char *text = vr_xml_get(node, name);
    uint64_t v;
    if (!text)
        return true;
    if (!vr_text_u64(text, 10, 65535, &v) || v < min)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL, _("%s DNS SRV %s attribute for service '%s' in network '%s'"),
                             bad, name, s->service ? s->service : "", vr_net_name(p));
    if (!s->target)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL,
                             _("DNS SRV %s attribute not permitted without target for service '%s' in network '%s'"), name,
                             s->service ? s->service : "", vr_net_name(p));
    return true;
}

static bool srv_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const SRV *s = obj;
    if (!s->service && !vr_partial(p))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL,
                             _("missing required service attribute in DNS SRV record of network '%s'"), vr_net_name(p));
    if (s->service && strlen(s->service) > SRV_NAME_MAX)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL,
                             _("service attribute '%s' in network '%s' is too long, limit is %d bytes"), s->service,
                             vr_net_name(p), SRV_NAME_MAX);
    if (s->service && s->service[strspn(s->service, SRV_LETTERS)])
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL,
                             _("invalid character in service attribute '%s' in DNS SRV record of network '%s'"),
                             s->service, vr_net_name(p));
    if (!s->protocol && !vr_partial(p))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL,
                             _("missing required protocol attribute in DNS SRV record '%s' of network '%s'"), s->service,
                             vr_net_name(p));
    if (s->protocol && s->protocol[strspn(s->protocol, SRV_LETTERS)])
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL,
                             _("invalid character in protocol attribute '%s' in DNS SRV record of network '%s'"),
                             s->protocol, vr_net_name(p));
    return srv_number(p, node, s, "port", 1, "invalid", err) && srv_number(p, node, s, "priority", 0, "Invalid", err) &&
           srv_number(p, node, s, "weight", 0, "invalid", err);
}
const struct vr_xml_elem vr_dns_srv_elem = {
    .name = "srv", .size = sizeof(SRV), .rows = srv_rows, .after_parse = srv_after,
};

#define HOST struct vr_dns_host
static const struct vr_row host_rows[] = { VR_A_IP(HOST, ip, "ip"), VR_STRS(HOST, names, "hostname"), VR_END };
static bool host_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const HOST *h = obj;
    const char *ip = vr_xml_get(node, "ip");
    if (!ip && !vr_partial(p))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL, _("Missing IP address in network '%s' DNS HOST record"),
                             vr_net_name(p));
    if (ip && !vr_ip_set(&h->ip))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL, _("Invalid IP address in network '%s' DNS HOST record"),
                             vr_net_name(p));
    for (size_t i = 0; i < h->names.n; i++)
        if (!*h->names.v[i])
            return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL, _("Missing hostname in network '%s' DNS HOST record"),
                                 vr_net_name(p));
    if (!h->names.n && !vr_partial(p))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL, _("Missing hostname in network '%s' DNS HOST record"),
                             vr_net_name(p));
    if (!h->names.n && !ip)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL,
                             _("Missing ip and hostname in network '%s' DNS HOST record"), vr_net_name(p));
    return true;
}
const struct vr_xml_elem vr_dns_host_elem = {
    .name = "host", .size = sizeof(HOST), .rows = host_rows, .after_parse = host_after,
};

#define DNS struct vr_network_dns
const struct vr_row vr_network_dns_rows[] = {
    VR_A_YESNO(DNS, enable, "enable"),
    VR_A_YESNO(DNS, forward_plain_names, "forwardPlainNames"),
    VR_LISTED(DNS, forwarders, "forwarder", forwarder_elem),
    VR_LISTED(DNS, txts, "txt", vr_dns_txt_elem),
    VR_LISTED(DNS, srvs, "srv", vr_dns_srv_elem),
    VR_LISTED(DNS, hosts, "host", vr_dns_host_elem),
    VR_END,
};

bool vr_network_dns_after(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const DNS *d = base;
    if (d->enable == VR_TRI_NO && (d->forwarders.n || d->txts.n || d->srvs.n || d->hosts.n))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Extra data in disabled network '%s'"), vr_net_name(p));
    return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One section of a network changed: virNetworkUpdate. Each section that can be is a row with three functions over its list; the
 * element is read by the same table as in the document, so its errors are the same.
 */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#include "tables.h"

#include <strings.h>
#include <string.h>
#include "base/str.h"

#define D struct vr_network_def
#define INVALID(...) vr_fail(err, VIR_ERR_OPERATION_INVALID, __VA_ARGS__)

/** What a section's function gets. */
struct update {
    D *def;
    unsigned command;
    int parent_index;
    void *item;                 /* the element read, in def->arena */
    const struct vr_xml_node *node;
    struct vr_parse *parse;
};

static bool adds(const struct update *u)
{
    return u->command == VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST || u->command == VIR_NETWORK_UPDATE_COMMAND_ADD_LAST;
}
static bool modifies(const struct update *u)
{
    return u->command == VIR_NETWORK_UPDATE_COMMAND_MODIFY;
}

static void insert(const struct update *u, void *list)
{
    struct vr_list *l = list;
    vr_list_insert(u->def->arena, l, u->command == VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST ? 0 : l->n, u->item);
}

/* ---- DHCP: which <ip> -------------------------------------------------------------------------------------------- */

static struct vr_network_ip *dhcp_parent(const struct update *u, struct vr_error **err)
{
    D *d = u->def;
    if (u->parent_index >= 0) {
        if ((size_t)u->parent_index < d->ips.n)
            return d->ips.v[u->parent_index];
        INVALID(_("couldn't update dhcp host entry - no <ip> element found at index %d in network '%s'"), u->parent_index, d->name);
        return NULL;
    }
    for (size_t i = 0; i < d->ips.n; i++)
        if (d->ips.v[i]->ranges.n || d->ips.v[i]->hosts.n)
            return d->ips.v[i];
    if (d->ips.n)
        return d->ips.v[0];
    INVALID(_("couldn't update dhcp host entry - no <ip> element found in network '%s'"), d->name);
    return NULL;
}

/* DHCP of one family is served for one address only. */
static bool only_parent(const struct update *u, const struct vr_network_ip *ip, struct vr_error **err)
{
    const struct vr_network_ip *has = vr_network_dhcp_ip(u->def, ip->address.family);
    if (!has || has == ip)
        return true;
    return INVALID(_("dhcp is supported only for a single %s address on each network"),
                   ip->address.family == VR_IP_V4 ? "IPv4" : "IPv6");
}

/* ---- sections ------------------------------------------------------------------------------------------------------ */

static bool same_mac(const char *a, const char *b)
{
    struct vr_mac x, y;
    return a && b && vr_mac_parse(a, &x) && vr_mac_parse(b, &y) && memcmp(&x, &y, sizeof(x)) == 0;
}

static const char *or_unknown(const char *text)
{
    return text ? text : "unknown";
}

static bool no_such_host(const D *d, const struct vr_net_host *h, struct vr_error **err)
{
    char ip[VR_IP_TEXT];
    return INVALID(_("couldn't locate an existing dhcp host entry with \"mac='%s'\" \"name='%s'\" \"ip='%s'\" in network '%s'"),
                   or_unknown(h->mac), or_unknown(h->name), vr_ip_set(&h->ip) ? vr_ip_text(&h->ip, ip) : "unknown", d->name);
}

static bool host_update(const struct update *u, struct vr_error **err)
{
    struct vr_net_host *h = u->item;
    struct vr_network_ip *ip = dhcp_parent(u, err);
    char text[VR_IP_TEXT];
    if (!ip || !vr_net_host_check(u->parse, u->node, h, ip->address.family == VR_IP_V6, err))
        return false;
    if ((adds(u) || modifies(u)) && vr_ip_set(&h->ip) && h->ip.family != ip->address.family)
        return INVALID(_("the address family of a host entry IP must match the address family of the dhcp element's parent"));
    for (size_t i = 0; i < ip->hosts.n; i++) {
        struct vr_net_host *x = ip->hosts.v[i];
        bool mac = same_mac(h->mac, x->mac), name = h->name && vr_streq0(h->name, x->name);
        bool address = vr_ip_set(&h->ip) && vr_ip_equal(&h->ip, &x->ip);
        if (modifies(u) && (mac || name || address)) {
            ip->hosts.v[i] = h;
            return true;
        }
        if (adds(u) && (mac || name || address))
            return INVALID(_("there is an existing dhcp host entry in network '%s' that matches "
                             "\"<host mac='%s' name='%s' ip='%s'/>\""), u->def->name, h->mac ? h->mac : "unknown",
                           h->name ? h->name : "(null)", vr_ip_set(&h->ip) ? vr_ip_text(&h->ip, text) : "unknown");
        if (!adds(u) && !modifies(u) && (!h->mac || mac) && (!h->name || name) && (!vr_ip_set(&h->ip) || address)) {
            VR_LIST_REMOVE(&ip->hosts, i);
            return true;
        }
    }
    if (modifies(u))
        return no_such_host(u->def, h, err);
    if (!adds(u))
        return INVALID(_("couldn't locate a matching dhcp host entry in network '%s'"), u->def->name);
    if (!only_parent(u, ip, err))
        return false;
    insert(u, &ip->hosts);
    return true;
}

static bool range_update(const struct update *u, struct vr_error **err)
{
    struct vr_net_range *r = u->item;
    struct vr_network_ip *ip = dhcp_parent(u, err);
    char start[VR_IP_TEXT], end[VR_IP_TEXT];
    if (!ip)
        return false;
    if (!vr_net_range_check(u->parse, u->node, ip, &r->start, &r->end, err))
        return false;
    size_t at = 0;
    while (at < ip->ranges.n && (!vr_ip_equal(&r->start, &ip->ranges.v[at]->start) || !vr_ip_equal(&r->end, &ip->ranges.v[at]->end)))
        at++;
    if (adds(u) && at < ip->ranges.n)
        return INVALID(_("there is an existing dhcp range entry in network '%s' that matches \"<range start='%s' end='%s'/>\""),
                       u->def->name, vr_ip_text(&r->start, start), vr_ip_text(&r->end, end));
    if (adds(u)) {
        if (!only_parent(u, ip, err))
            return false;
        insert(u, &ip->ranges);
        return true;
    }
    if (at == ip->ranges.n)
        return INVALID(_("couldn't locate a matching dhcp range entry in network '%s'"), u->def->name);
    VR_LIST_REMOVE(&ip->ranges, at);
    return true;
}

static bool forward_interface_update(const struct update *u, struct vr_error **err)
{
    struct vr_forward_interface *i = u->item;
    struct vr_network_forward *f = &u->def->forward;
    size_t at = 0;
    while (at < f->interfaces.n && !vr_streq(f->interfaces.v[at]->dev, i->dev))
        at++;
    bool found = at < f->interfaces.n;
    if (adds(u) && found)
        return INVALID(_("there is an existing interface entry in network '%s' that matches \"<interface dev='%s'>\""),
                       u->def->name, i->dev);
    if (adds(u)) {
        insert(u, &f->interfaces);
    } else {
        if (!found)
            return INVALID(_("couldn't find an interface entry in network '%s' matching <interface dev='%s'>"), u->def->name, i->dev);
        if (f->interfaces.v[at]->connections)
            return INVALID(_("unable to delete interface '%s' in network '%s'. It is currently being used  by %d domains."), i->dev,
                           u->def->name, (int)f->interfaces.v[at]->connections);
        VR_LIST_REMOVE(&f->interfaces, at);
    }
    f->dev = f->interfaces.n ? f->interfaces.v[0]->dev : NULL;
    return true;
}

static bool portgroup_update(const struct update *u, struct vr_error **err)
{
    struct vr_portgroup *g = u->item;
    D *d = u->def;
    size_t at = d->portgroups.n, standard = d->portgroups.n;
    for (size_t i = 0; i < d->portgroups.n; i++) {
        if (vr_streq(d->portgroups.v[i]->name, g->name))
            at = i;
        if (d->portgroups.v[i]->is_default)
            standard = i;
    }
    bool found = at < d->portgroups.n;
    if (!found && !adds(u))
        return INVALID(_("couldn't find a portgroup entry in network '%s' matching <portgroup name='%s'>"), d->name, g->name);
    if (found && adds(u))
        return INVALID(_("there is an existing portgroup entry in network '%s' that matches \"<portgroup name='%s'>\""), d->name,
                       g->name);
    if (g->is_default && standard < d->portgroups.n && standard != at && (adds(u) || modifies(u)))
        return INVALID(_("a different portgroup entry in network '%s' is already set as the default. Only one default is allowed."),
                       d->name);
    if (modifies(u))
        d->portgroups.v[at] = g;
    else if (adds(u))
        insert(u, &d->portgroups);
    else
        VR_LIST_REMOVE(&d->portgroups, at);
    return true;
}

/* ---- DNS ----------------------------------------------------------------------------------------------------------- */

static bool dns_allowed(const struct update *u, struct vr_error **err)
{
    return !adds(u) || u->def->dns.enable != VR_TRI_NO ||
           vr_fail(err, VIR_ERR_XML_ERROR, _("Extra data in disabled network '%s'"), u->def->name);
}

/* One name may have many addresses, so for what is added only the address counts. */
static bool hosts_meet(const struct vr_dns_host *a, const struct vr_dns_host *b, bool names)
{
    if (vr_ip_set(&a->ip) && vr_ip_equal(&a->ip, &b->ip))
        return true;
    for (size_t i = 0; names && i < a->names.n; i++)
        for (size_t k = 0; k < b->names.n; k++)
            if (vr_streq(a->names.v[i], b->names.v[k]))
                return true;
    return false;
}

static bool dns_host_update(const struct update *u, struct vr_error **err)
{
    struct vr_network_dns *dns = &u->def->dns;
    size_t count = 0, at = 0;
    for (size_t i = 0; i < dns->hosts.n; i++)
        if (hosts_meet(u->item, dns->hosts.v[i], !adds(u))) {
            count++;
            at = i;
        }
    if (adds(u)) {
        if (count)
            return INVALID(_("there is already at least one DNS HOST record with a matching field in network %s"), u->def->name);
        insert(u, &dns->hosts);
        return true;
    }
    if (!count)
        return INVALID(_("couldn't locate a matching DNS HOST record in network %s"), u->def->name);
    if (count > 1)
        return INVALID(_("multiple matching DNS HOST records were found in network %s"), u->def->name);
    VR_LIST_REMOVE(&dns->hosts, at);
    return true;
}

static bool fits(const char *want, const char *is)
{
    return !want || vr_streq0(want, is);
}

static bool dns_srv_update(const struct update *u, struct vr_error **err)
{
    struct vr_network_dns *dns = &u->def->dns;
    const struct vr_dns_srv *s = u->item;
    size_t count = 0, at = 0;
    for (size_t i = 0; i < dns->srvs.n; i++) {
        const struct vr_dns_srv *x = dns->srvs.v[i];
        if (fits(s->domain, x->domain) && fits(s->service, x->service) && fits(s->protocol, x->protocol) &&
            fits(s->target, x->target) && (!s->port || s->port == x->port) && (!s->priority || s->priority == x->priority) &&
            (!s->weight || s->weight == x->weight)) {
            count++;
            at = i;
        }
    }
    if (adds(u)) {
        if (count)
            return INVALID(_("there is already at least one DNS SRV record matching all specified fields in network %s"),
                           u->def->name);
        insert(u, &dns->srvs);
        return true;
    }
    if (!count)
        return INVALID(_("couldn't locate a matching DNS SRV record in network %s"), u->def->name);
    if (count > 1)
        return INVALID(_("multiple DNS SRV records matching all specified fields were found in network %s"), u->def->name);
    VR_LIST_REMOVE(&dns->srvs, at);
    return true;
}

static bool dns_txt_update(const struct update *u, struct vr_error **err)
{
    struct vr_network_dns *dns = &u->def->dns;
    const struct vr_dns_txt *t = u->item;
    size_t at = 0;
    while (at < dns->txts.n && !vr_streq(t->name, dns->txts.v[at]->name))
        at++;
    if (adds(u)) {
        if (at < dns->txts.n)
            return INVALID(_("there is already a DNS TXT record with name '%s' in network %s"), t->name, u->def->name);
        insert(u, &dns->txts);
        return true;
    }
    if (at == dns->txts.n)
        return INVALID(_("couldn't locate a matching DNS TXT record in network %s"), u->def->name);
    VR_LIST_REMOVE(&dns->txts, at);
    return true;
}

/* ---- the call ------------------------------------------------------------------------------------------------------ */

static const struct section {
    const char *name;           /* as errors call it */
    const struct vr_xml_elem *elem;
    bool (*run)(const struct update *u, struct vr_error **err);
    const char *no_modify;      /* entries are only added and deleted; NULL: they can be modified */
    bool dns;
} sections[VIR_NETWORK_SECTION_LAST] = {
    [VIR_NETWORK_SECTION_BRIDGE] = { .name = "bridge" },
    [VIR_NETWORK_SECTION_DOMAIN] = { .name = "domain" },
    [VIR_NETWORK_SECTION_IP] = { .name = "ip" },
    [VIR_NETWORK_SECTION_IP_DHCP_HOST] = { "dhcp host", &vr_net_host_elem, host_update, NULL, false },
    [VIR_NETWORK_SECTION_IP_DHCP_RANGE] = { "dhcp range", &vr_net_range_elem, range_update,
        "dhcp ranges cannot be modified, only added or deleted", false },
    [VIR_NETWORK_SECTION_FORWARD] = { .name = "forward" },
    [VIR_NETWORK_SECTION_FORWARD_INTERFACE] = { "forward interface", &vr_forward_interface_elem, forward_interface_update,
        "forward interface entries cannot be modified, only added or deleted", false },
    [VIR_NETWORK_SECTION_FORWARD_PF] = { .name = "forward pf" },
    [VIR_NETWORK_SECTION_PORTGROUP] = { "portgroup", &vr_portgroup_elem, portgroup_update, NULL, false },
    [VIR_NETWORK_SECTION_DNS_HOST] = { "dns host", &vr_dns_host_elem, dns_host_update,
        "DNS HOST records cannot be modified, only added or deleted", true },
    [VIR_NETWORK_SECTION_DNS_TXT] = { "dns txt", &vr_dns_txt_elem, dns_txt_update,
        "DNS TXT records cannot be modified, only added or deleted", true },
    [VIR_NETWORK_SECTION_DNS_SRV] = { "dns srv", &vr_dns_srv_elem, dns_srv_update,
        "DNS SRV records cannot be modified, only added or deleted", true },
};

static bool known_command(unsigned command)
{
    return command > VIR_NETWORK_UPDATE_COMMAND_NONE && command < VIR_NETWORK_UPDATE_COMMAND_LAST;
}

bool vr_network_update(D *def, unsigned command, unsigned section, int parent_index, const char *xml, struct vr_error **err)
{
    VR_AUTO(vr_arena) *tree = vr_arena_new();
    struct vr_xml_node *root = vr_xml_parse(tree, xml, strlen(xml), "network_update_xml", VIR_FROM_NETWORK, err);
    if (!root)
        return false;
    if (section >= VR_COUNT(sections) || !sections[section].name)
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, _("can't update unrecognized section of network"));
    const struct section *s = &sections[section];
    if (!s->run)
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, _("can't update '%s' section of network '%s'"), s->name, def->name);
    bool refused = s->no_modify && command == VIR_NETWORK_UPDATE_COMMAND_MODIFY;
    if (refused && s->dns)
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s", s->no_modify);
    if (!vr_xml_is(root, s->elem->name, NULL))
        return vr_fail(err, VIR_ERR_XML_ERROR, _("unexpected element <%s>, expecting <%s>, while updating network '%s'"), root->name,
                       s->elem->name, def->name);
    if (refused)
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s", s->no_modify);
    if (section == VIR_NETWORK_SECTION_FORWARD_INTERFACE && !vr_said(root, "dev"))
        return vr_fail(err, VIR_ERR_XML_ERROR, _("missing dev attribute in <interface> element"));
    bool partial = command == VIR_NETWORK_UPDATE_COMMAND_DELETE || (s->dns && !known_command(command));
    struct vr_parse p = { .arena = def->arena, .flags = VR_FORM_INACTIVE, .domain = VIR_FROM_NETWORK, .root = def,
                          .opaque = partial ? (void *)(uintptr_t)&vr_network_partial : NULL };
    struct update u = { .def = def, .command = command, .parent_index = parent_index, .node = root, .parse = &p };
    u.item = vr_elem_new(def->arena, s->elem);
    if (!vr_elem_parse(&p, s->elem, root, u.item, err))
        return false;
    if (!known_command(command))
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, _("unrecognized network update command code %d"), (int)command);
    return (!s->dns || dns_allowed(&u, err)) && s->run(&u, err) && vr_network_check_texts(def, err) &&
           (command == VIR_NETWORK_UPDATE_COMMAND_DELETE || vr_network_makes_sense(def, err));
}

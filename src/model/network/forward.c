/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <forward> of a network: its mode, NAT's addresses and ports, the pool of physical devices. */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#include "tables.h"

#include <string.h>
#include "base/str.h"
#include "model/domain/tables.h"

VR_ENUM_NAMES(vr_forward, VR_FORWARDS)

const char *vr_forward_text(enum vr_forward mode)
{
    return mode ? vr_forward_names[mode] : "none";
}

#define FWD struct vr_network_forward

static bool live(const void *base, const struct vr_format *f)
{
    return !(f->flags & VR_FORM_INACTIVE);
}
#define CONNECTIONS(S) VR_A_UINT(S, connections, "connections", .when = live, .not_inactive_parse = true, .lenient = true)

static const struct vr_row pf_rows[] = {
    VR_A_STR(struct vr_forward_pf, dev, "dev"),
    CONNECTIONS(struct vr_forward_pf),
    VR_END,
};
static const struct vr_xml_elem pf_elem = { .name = "pf", .size = sizeof(struct vr_forward_pf), .rows = pf_rows };

static const struct vr_row interface_rows[] = {
    VR_A_STR(struct vr_forward_interface, dev, "dev"),
    CONNECTIONS(struct vr_forward_interface),
    VR_END,
};
static bool interface_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const struct vr_forward_interface *i = obj;
    return (i->dev && *i->dev) || vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
           _("Missing required dev attribute in <forward> <interface> element of network %s"), vr_net_name(p));
}
const struct vr_xml_elem vr_forward_interface_elem = {
    .name = "interface", .size = sizeof(struct vr_forward_interface), .rows = interface_rows, .after_parse = interface_after,
};

static const struct vr_row address_rows[] = {
    VR_A_STR(struct vr_forward_address, type, "type"),
    VR_INLINE_PART(struct vr_forward_address, pci, vr_pci_place_rows, .after = vr_pci_address_check),
    CONNECTIONS(struct vr_forward_address),
    VR_END,
};
static bool address_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const char *type = vr_xml_get(node, "type");
    if (!type)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing address type in network %s"), vr_net_name(p));
    if (!vr_streq(type, "pci"))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown address type '%s' in network %s"), type,
                             vr_net_name(p));
    return true;
}
static const struct vr_xml_elem address_elem = {
    .name = "address", .size = sizeof(struct vr_forward_address), .rows = address_rows, .before_parse = address_before,
};

/* ---- <nat> ------------------------------------------------------------------------------------------------------- */
static const struct vr_row nat_address_rows[] = { VR_A_IP(FWD, nat_start, "start"), VR_A_IP(FWD, nat_end, "end"), VR_END };

static bool nat_address_end(struct vr_parse *p, const struct vr_xml_node *node, const struct vr_ipaddr *ip, const char *which,
                            struct vr_error **err)
{
    const char *text = vr_xml_get(node, which);
    if (!text)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("missing '%s' attribute in <address> element in <nat> in <forward> in network %s"), which,
                             vr_net_name(p));
    if (ip->family != VR_IP_V4)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Bad ipv4 %s address '%s' in <nat> in <forward> in network '%s'"), which, text,
                             vr_net_name(p));
    return true;
}
static bool nat_address_after(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const FWD *f = base;
    return nat_address_end(p, node, &f->nat_start, "start", err) && nat_address_end(p, node, &f->nat_end, "end", err) &&
           vr_net_range_check(p, node, NULL, &f->nat_start, &f->nat_end, err);
}

static const struct vr_row nat_port_rows[] = {
    VR_A_OUINT(FWD, port_start, "start", .lenient = true, .min = 1, .max = 65535),
    VR_A_OUINT(FWD, port_end, "end", .lenient = true, .min = 1, .max = 65535),
    VR_END,
};
static bool nat_port_after(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const FWD *f = base;
    bool start = f->port_start.set && f->port_start.v, end = f->port_end.set && f->port_end.v >= f->port_start.v;
    return (start && end) || vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL,
           _("Missing or invalid '%s' attribute in <port> in <nat> in <forward> in network %s"), start ? "end" : "start",
           vr_net_name(p));
}

static const struct vr_row nat_rows[] = {
    VR_A_YESNO(FWD, nat_ipv6, "ipv6"),
    VR_GROUP("address", nat_address_rows, .after = nat_address_after),
    VR_GROUP("port", nat_port_rows, .after = nat_port_after),
    VR_END,
};
static bool nat_after(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    static const char *const once[] = { "address", "port" };
    const FWD *f = base;
    if (f->mode != VR_FORWARD_NAT && vr_said(node->parent, "mode")) /* not said: NAT */
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("The <nat> element can only be used when <forward> 'mode' is 'nat' in network %s"),
                             vr_net_name(p));
    for (size_t i = 0; i < VR_COUNT(once); i++)
        if (vr_xml_count(node, once[i]) > 1)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                                 _("Only one <%s> element is allowed in <nat> in <forward> in network %s"), once[i],
                                 vr_net_name(p));
    return true;
}

/* ---- the element ------------------------------------------------------------------------------------------------- */
static bool dev_shown(const void *base, const struct vr_format *f)
{
    return ((const FWD *)base)->interfaces.n > 0;
}
static bool managed_shown(const void *base, const struct vr_format *f)
{
    return ((const FWD *)base)->mode == VR_FORWARD_HOSTDEV;
}
static const struct vr_row driver_rows[] = { VR_A_STR(FWD, driver, "name"), VR_END };

const struct vr_row vr_network_forward_rows[] = {
    VR_A_STR(FWD, dev, "dev", .unless_empty = true, .when = dev_shown),
    VR_A_ENUM(FWD, mode, "mode", vr_forward_names, .lenient = true),
    VR_A_YESNO(FWD, managed, "managed", .lenient = true, .when = managed_shown),
    VR_GROUP("driver", driver_rows),
    VR_GROUP("nat", nat_rows, .after = nat_after),
    VR_LISTED(FWD, pfs, "pf", pf_elem),
    VR_LISTED(FWD, interfaces, "interface", vr_forward_interface_elem),
    VR_LISTED(FWD, addresses, "address", address_elem),
    VR_END,
};

/* The mode stands first: nothing else may be read before it is known to be one. Returns false on failure. */
static bool mode_known(struct vr_parse *p, const struct vr_xml_node *node, FWD *f, struct vr_error **err)
{
    const char *mode = vr_said(node, "mode");
    if (!mode)
        f->mode = VR_FORWARD_NAT;
    else if (!f->mode && !vr_streq(mode, "none"))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown forwarding type '%s'"), mode);
    return true;
}

static bool pool_check(struct vr_parse *p, const struct vr_xml_node *node, const FWD *f, struct vr_error **err)
{
    for (size_t i = 0; i < f->interfaces.n; i++)
        for (size_t k = 0; k < i; k++)
            if (vr_streq(f->interfaces.v[i]->dev, f->interfaces.v[k]->dev))
                return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                                     _("interface '%s' can only be listed once in network %s"), f->interfaces.v[i]->dev,
                                     vr_net_name(p));
    for (size_t i = 0; i < f->addresses.n; i++)
        for (size_t k = 0; k < i; k++) {
            const struct vr_pci_address *a = &f->addresses.v[i]->pci, *b = &f->addresses.v[k]->pci;
            if (a->domain == b->domain && a->bus == b->bus && a->slot == b->slot && a->function == b->function)
                return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                                     _("PCI device '%04x:%02x:%02x.%x' can only be listed once in network %s"), a->domain,
                                     a->bus, a->slot, a->function, vr_net_name(p));
        }
    return true;
}

bool vr_network_forward_after(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    FWD *f = base;
    if (!mode_known(p, node, f, err))
        return false;
    static const char *const drivers[] = { "default", "kvm", "vfio", NULL };
    if (f->driver && vr_name_index(drivers, f->driver) < 0)
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                             _("Unknown forward <driver name='%s'/> in network %s"), f->driver, vr_net_name(p));
    if (f->driver && vr_streq(f->driver, "default"))
        f->driver = NULL;
    f->managed = f->mode != VR_FORWARD_HOSTDEV ? VR_TRI_UNSET : f->managed == VR_TRI_YES ? VR_TRI_YES : VR_TRI_NO;
    if (vr_xml_count(node, "nat") > 1)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Only one <nat> element is allowed in <forward> of network %s"), vr_net_name(p));
    if (vr_xml_count(node, "pf") > 1)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Only one <pf> element is allowed in <forward> of network %s"), vr_net_name(p));
    if (f->pfs.n && !f->pfs.v[0]->dev)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Missing required dev attribute in <pf> element of network '%s'"), vr_net_name(p));
    if (f->dev && (f->addresses.n || f->pfs.n))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("the <forward> 'dev' attribute cannot be used when <address> or <pf> sub-elements are present "
                               "in network %s"), vr_net_name(p));
    if (f->dev && f->interfaces.n && !vr_streq(f->dev, f->interfaces.v[0]->dev))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("<forward dev='%s'> must match first <interface dev='%s'/> in network %s"), f->dev,
                             f->interfaces.v[0]->dev, vr_net_name(p));
    if (f->dev && !f->interfaces.n) {
        struct vr_forward_interface *only = vr_arena_new_of(p->arena, struct vr_forward_interface);
        only->dev = f->dev;
        VR_LIST_ADD(p->arena, &f->interfaces, only);
    }
    if (f->interfaces.n)
        f->dev = f->interfaces.v[0]->dev;
    return pool_check(p, node, f, err);
}

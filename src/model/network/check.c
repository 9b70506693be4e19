/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the network driver refuses beyond the parser: elements a forward mode cannot have, port groups that contradict each
 * other, and, which stock lets pass, texts that would break out of a line of dnsmasq's configuration.
 */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#include "tables.h"

#include <string.h>
#include <strings.h>
#include "base/str.h"

#define D struct vr_network_def

static bool unsupported(const D *d, const char *what, struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Unsupported %s element in network %s with forward mode='%s'"), what,
                   d->name, vr_forward_text(d->forward.mode));
}

/* Networks that plug guests into something that is there already configure nothing of the host. */
static bool attached_check(const D *d, struct vr_error **err)
{
    if (vr_network_makes_bridge(d))
        return true;
    if (d->has_mac)
        return unsupported(d, "<mac>", err);
    if (d->ips.n)
        return unsupported(d, "<ip>", err);
    if (d->dns.txts.n || d->dns.hosts.n || d->dns.srvs.n || d->dns.forwarders.n)
        return unsupported(d, "<dns>", err);
    if (d->domain)
        return unsupported(d, "<domain>", err);
    if (d->bandwidth)
        return unsupported(d, "network-wide <bandwidth>", err);
    return true;
}

static bool pool_check(const D *d, struct vr_error **err)
{
    bool hostdev = d->forward.mode == VR_FORWARD_HOSTDEV;
    if (hostdev && d->forward.interfaces.n)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("hostdev network '%s' lists '%s' in the device pool, but hostdev networks require all devices to be "
                         "listed by PCI address, not network device name"), d->name, d->forward.interfaces.v[0]->dev);
    if (!hostdev && d->forward.addresses.n)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("network '%s' has forward mode '%s'  but lists a device by PCI address in the device pool. This is only "
                         "supported for networks with forward mode 'hostdev'"), d->name, vr_forward_text(d->forward.mode));
    return true;
}

static bool one_dhcp_each(const D *d, struct vr_error **err)
{
    const struct vr_network_ip *seen[VR_IP_V6 + 1] = { NULL };
    for (size_t i = 0; i < d->ips.n; i++) {
        const struct vr_network_ip *ip = d->ips.v[i];
        if (!ip->ranges.n && !ip->hosts.n)
            continue;
        if (seen[ip->address.family])
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("Multiple %s dhcp sections found -- dhcp is supported only for a single %s address on each network"),
                           ip->address.family == VR_IP_V4 ? "IPv4" : "IPv6", ip->address.family == VR_IP_V4 ? "IPv4" : "IPv6");
        seen[ip->address.family] = ip;
    }
    return true;
}

static bool vlan_allowed(const D *d)
{
    switch (d->forward.mode) {
    case VR_FORWARD_HOSTDEV:
    case VR_FORWARD_PASSTHROUGH: return true;
    case VR_FORWARD_BRIDGE: return d->virtualport && d->virtualport->type == VR_VPORT_OVS;
    default: return false;
    }
}

static bool portgroups_check(const D *d, struct vr_error **err)
{
    bool allowed = vlan_allowed(d), bad = false;
    bool bandwidth = vr_network_makes_bridge(d) || (d->forward.mode == VR_FORWARD_BRIDGE && d->bridge);
    const struct vr_portgroup *standard = NULL;
    for (size_t i = 0; i < d->portgroups.n; i++) {
        const struct vr_portgroup *g = d->portgroups.v[i];
        if (g->vlan && g->virtualport)
            bad |= d->forward.mode != VR_FORWARD_BRIDGE || g->virtualport->type != VR_VPORT_OVS;
        else if (g->vlan)
            bad |= !allowed;
        for (size_t k = i + 1; k < d->portgroups.n; k++)
            if (vr_streq(g->name, d->portgroups.v[k]->name))
                return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                               _("multiple <portgroup> elements with the same name (%s) in network '%s'"), g->name, d->name);
        if (g->is_default && standard)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("network '%s' has multiple default <portgroup> elements (%s and %s), but only one default is "
                             "allowed"), d->name, standard->name, g->name);
        if (g->is_default)
            standard = g;
        if (g->bandwidth && !bandwidth)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("Unsupported <bandwidth> element in network '%s' in portgroup '%s' with forward mode='%s'"), d->name,
                           g->name, vr_forward_text(d->forward.mode));
    }
    if (bad || (d->vlan && !allowed && !standard))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("<vlan> element specified for network %s, whose type doesn't support vlan configuration"), d->name);
    return true;
}

/* ---- texts that go into files of dnsmasq's ----------------------------------------------------------------------- */

/* Control characters end lines; `also` is what separates the fields where the text goes. */
static bool text_check(const D *d, const char *text, const char *what, const char *also, struct vr_error **err)
{
    for (const char *c = text; c && *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f || strchr(also, *c))
            return vr_error_report(err, VIR_FROM_NETWORK, VIR_ERR_XML_ERROR, -1,
                                   (unsigned char)*c < 0x20 || *c == 0x7f
                                       ? _("%s of network '%s' contains a control character (code %d), which dnsmasq's "
                                           "configuration cannot hold")
                                       : _("%s of network '%s' contains a character (code %d) that has a meaning of its own in "
                                           "dnsmasq's configuration"), what, d->name, *c);
    return true;
}

static bool dns_texts_check(const D *d, struct vr_error **err)
{
    const struct vr_network_dns *dns = &d->dns;
    for (size_t i = 0; i < dns->forwarders.n; i++)
        if (!text_check(d, dns->forwarders.v[i]->domain, "the domain of a DNS forwarder", " ,/#\"", err))
            return false;
    for (size_t i = 0; i < dns->txts.n; i++)
        if (!text_check(d, dns->txts.v[i]->name, "the name of a DNS TXT record", "\"", err) ||
            !text_check(d, dns->txts.v[i]->value, "the value of a DNS TXT record", "", err))
            return false;
    for (size_t i = 0; i < dns->srvs.n; i++)
        if (!text_check(d, dns->srvs.v[i]->domain, "the domain of a DNS SRV record", " ,\"", err) ||
            !text_check(d, dns->srvs.v[i]->target, "the target of a DNS SRV record", " ,\"", err))
            return false;
    for (size_t i = 0; i < dns->hosts.n; i++)
        for (size_t k = 0; k < dns->hosts.v[i]->names.n; k++)
            if (!text_check(d, dns->hosts.v[i]->names.v[k], "the hostname of a DNS host record", " ,\"#", err))
                return false;
    return true;
}

bool vr_network_check_texts(const D *d, struct vr_error **err)
{
    if (!text_check(d, d->domain, "the domain", " ,/#\"", err) || !text_check(d, d->zone, "the firewall zone", " ", err))
        return false;
    for (size_t i = 0; i < d->ips.n; i++) {
        const struct vr_network_ip *ip = d->ips.v[i];
        for (size_t k = 0; k < ip->hosts.n; k++)
            if (!text_check(d, ip->hosts.v[k]->name, "the name of a DHCP host", " ,\"#", err))
                return false;
        if (!text_check(d, ip->tftp_root, "the TFTP directory", ",\"", err) ||
            !text_check(d, ip->boot_file, "the boot file", ",\"", err))
            return false;
    }
    for (size_t i = 0; i < d->dnsmasq_options.n; i++)
        if (!text_check(d, d->dnsmasq_options.v[i]->value, "a dnsmasq option", "", err))
            return false;
    return dns_texts_check(d, err);
}

/* What the kernel takes for the name of a device; "%d" was replaced by now. */
static bool devices_check(const D *d, struct vr_error **err)
{
    const char *b = d->bridge;
    if (b && (strlen(b) > 15 || strpbrk(b, "/ \t\n\r\v\f:") || vr_streq(b, ".") || vr_streq(b, "..")))
        return vr_fail(err, VIR_ERR_XML_ERROR, _("bridge name '%s' of network '%s' is not a name a network device can have"), b,
                       d->name);
    return true;
}

/* ---- what is new must make sense ----------------------------------------------------------------------------------- */

/* What of a static host another one has, too; NULL: nothing. */
static const char *shared_key(const struct vr_net_host *a, const struct vr_net_host *b)
{
    struct vr_mac x, y;
    if (a->mac && b->mac && vr_mac_parse(a->mac, &x) && vr_mac_parse(b->mac, &y) && memcmp(&x, &y, sizeof(x)) == 0)
        return "MAC address";
    if (a->id && b->id && strcasecmp(a->id, b->id) == 0)
        return "id";
    if (a->name && b->name && strcasecmp(a->name, b->name) == 0)
        return "name";
    return vr_ip_set(&a->ip) && vr_ip_equal(&a->ip, &b->ip) ? "IP address" : NULL;
}

static bool hosts_make_sense(const D *d, const struct vr_network_ip *ip, unsigned prefix, struct vr_error **err)
{
    char text[VR_IP_TEXT], net[VR_IP_TEXT];
    for (size_t i = 0; i < ip->hosts.n; i++) {
        const struct vr_net_host *h = ip->hosts.v[i];
        vr_ip_text(&h->ip, text);
        if (vr_ip_set(&h->ip) && (h->ip.family != ip->address.family || !vr_ip_same_net(&h->ip, &ip->address, prefix)))
            return vr_fail(err, VIR_ERR_XML_ERROR, _("the DHCP host with address %s is not within network '%s', which is %s/%u"), text,
                           d->name, vr_ip_text(&ip->address, net), prefix);
        for (size_t k = 0; k < i; k++) {
            const char *key = shared_key(h, ip->hosts.v[k]);
            if (key)
                return vr_fail(err, VIR_ERR_XML_ERROR, _("two DHCP hosts of network '%s' have the same %s: those with addresses %s and %s"),
                               d->name, key, vr_ip_text(&ip->hosts.v[k]->ip, net), text);
        }
    }
    return true;
}

bool vr_network_makes_sense(const D *d, struct vr_error **err)
{
    char a[VR_IP_TEXT], b[VR_IP_TEXT];
    for (size_t i = 0; i < d->ips.n; i++) {
        const struct vr_network_ip *ip = d->ips.v[i];
        int prefix = vr_network_ip_prefix(ip);
        if (prefix < 0)
            return vr_fail(err, VIR_ERR_XML_ERROR, _("netmask '%s' in network '%s' is none: a one follows a zero"),
                           vr_ip_text(&ip->netmask, a), d->name);
        for (size_t k = 0; k < ip->ranges.n; k++)
            for (size_t m = 0; m < k; m++)
                if (vr_ip_compare(&ip->ranges.v[k]->start, &ip->ranges.v[m]->end) <= 0 &&
                    vr_ip_compare(&ip->ranges.v[m]->start, &ip->ranges.v[k]->end) <= 0)
                    return vr_fail(err, VIR_ERR_XML_ERROR, _("the DHCP ranges of network '%s' that begin with %s and %s overlap"), d->name,
                                   vr_ip_text(&ip->ranges.v[m]->start, a), vr_ip_text(&ip->ranges.v[k]->start, b));
        if (!hosts_make_sense(d, ip, (unsigned)prefix, err))
            return false;
        for (size_t k = 0; k < i; k++)
            if (vr_ip_equal(&ip->address, &d->ips.v[k]->address))
                return vr_fail(err, VIR_ERR_XML_ERROR, _("address %s is given twice in network '%s'"), vr_ip_text(&ip->address, a), d->name);
    }
    return true;
}

bool vr_network_check(const D *d, struct vr_error **err)
{
    if (strchr(d->name, '\n'))
        return vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_DETAIL, -1, _("invalid char in %s: %c"), "name", '\n');
    return attached_check(d, err) && pool_check(d, err) && one_dhcp_each(d, err) && portgroups_check(d, err) &&
           devices_check(d, err) && vr_network_check_texts(d, err);
}

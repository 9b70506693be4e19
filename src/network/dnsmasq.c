/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines of dnsmasq's configuration, in the order in which stock has them, since people compare such files. */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.dnsmasq"
#include "dnsmasq.h"

#include <stdlib.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"

#define D struct vr_network_def

void vr_dnsmasq_files_done(struct vr_dnsmasq_files *files)
{
    free(files->conf);
    free(files->hosts);
    free(files->addn_hosts);
    *files = (struct vr_dnsmasq_files){ 0 };
}

static bool dns_on(const D *def)
{
    return def->dns.enable != VR_TRI_NO;
}

bool vr_dnsmasq_serves_dhcp(const D *def)
{
    return vr_network_dhcp_ip(def, VR_IP_V4) || vr_network_dhcp_ip(def, VR_IP_V6);
}

bool vr_dnsmasq_wanted(const D *def)
{
    bool tftp = false, v6 = false;
    for (size_t i = 0; i < def->ips.n; i++) {
        tftp |= def->ips.v[i]->tftp_root != NULL;
        v6 |= def->ips.v[i]->address.family == VR_IP_V6;
    }
    return def->ips.n && (dns_on(def) || tftp || v6 || vr_dnsmasq_serves_dhcp(def));
}

/* ---- DNS ---------------------------------------------------------------------------------------------------------- */

static void forwarders(struct vr_buf *b, const D *def)
{
    char text[VR_IP_TEXT];
    bool everything = false;
    for (size_t i = 0; i < def->dns.forwarders.n; i++) {
        const struct vr_dns_forwarder *f = def->dns.forwarders.v[i];
        vr_buf_str(b, "server=");
        if (f->domain)
            vr_buf_printf(b, "/%s/", f->domain);
        if (vr_ip_set(&f->addr))
            vr_buf_printf(b, "%s\n", vr_ip_text(&f->addr, text));
        else
            vr_buf_str(b, "#\n"); /* "#": the host's own servers for that domain */
        everything |= !f->domain;
    }
    if (everything)
        vr_buf_str(b, "no-resolv\n");
}

/* local=/ZONE/ of the addresses of a network, when its prefix ends where a label of the zone does. */
static bool ptr_zone(struct vr_buf *b, const struct vr_network_ip *ip, struct vr_error **err)
{
    int prefix = vr_network_ip_prefix(ip);
    bool v4 = ip->address.family == VR_IP_V4;
    int step = v4 ? 8 : 4;
    if (prefix < 0 || prefix % step || prefix > (v4 ? 24 : 124) || prefix < step)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("PTR domain for %s network with prefix %u cannot be automatically created"), v4 ? "IPv4" : "IPv6",
                       (unsigned)prefix);
    vr_buf_str(b, "local=/");
    for (int i = prefix / step - 1; i >= 0; i--) {
        if (v4)
            vr_buf_printf(b, "%u.", ip->address.b[i]);
        else
            vr_buf_printf(b, "%x.", ip->address.b[i / 2] >> (i % 2 ? 0 : 4) & 15);
    }
    vr_buf_str(b, v4 ? "in-addr.arpa/\n" : "ip6.arpa/\n");
    return true;
}

static bool zones(struct vr_buf *b, const D *def, struct vr_error **err)
{
    if (def->domain) {
        if (def->domain_local_only == VR_TRI_YES)
            vr_buf_printf(b, "local=/%s/\n", def->domain);
        vr_buf_printf(b, "domain=%s\nexpand-hosts\n", def->domain);
    }
    for (size_t i = 0; dns_on(def) && i < def->ips.n; i++)
        if (def->ips.v[i]->local_ptr == VR_TRI_YES && !ptr_zone(b, def->ips.v[i], err))
            return false;
    if (dns_on(def) && def->dns.forward_plain_names == VR_TRI_NO)
        vr_buf_str(b, "domain-needed\nlocal=//\n");
    return true;
}

static void records(struct vr_buf *b, const D *def)
{
    for (size_t i = 0; i < def->dns.txts.n; i++)
        vr_buf_printf(b, "txt-record=%s,%s\n", def->dns.txts.v[i]->name, def->dns.txts.v[i]->value);
    for (size_t i = 0; i < def->dns.srvs.n; i++) {
        const struct vr_dns_srv *s = def->dns.srvs.v[i];
        vr_buf_printf(b, "srv-host=_%s._%s", s->service, s->protocol);
        if (s->domain)
            vr_buf_printf(b, ".%s", s->domain);
        /* a target of "." means that the service is not there, which dnsmasq says by naming none */
        if (s->target && !(s->target[0] == '.' && !s->target[1])) {
            vr_buf_printf(b, ",%s", s->target);
            if (s->port || s->priority || s->weight)
                vr_buf_printf(b, ",%u", s->port ? s->port : 1);
            if (s->priority || s->weight)
                vr_buf_printf(b, ",%u", s->priority);
            if (s->weight)
                vr_buf_printf(b, ",%u", s->weight);
        }
        vr_buf_char(b, '\n');
    }
}

/* ---- DHCP --------------------------------------------------------------------------------------------------------- */

static void lease_time(struct vr_buf *b, const struct vr_net_lease *lease)
{
    if (!lease || !lease->expiry.set)
        return;
    if (!lease->expiry.v)
        vr_buf_str(b, ",infinite");
    else
        vr_buf_printf(b, ",%llu%c", (unsigned long long)lease->expiry.v,
                      lease->unit == VR_LEASE_SECONDS ? 's' : lease->unit == VR_LEASE_HOURS ? 'h' : 'm');
}

/* Returns how many addresses the ranges have. */
static uint64_t dhcp_ranges(struct vr_buf *b, const struct vr_network_ip *ip)
{
    char start[VR_IP_TEXT], end[VR_IP_TEXT], mask_text[VR_IP_TEXT];
    bool v4 = ip->address.family == VR_IP_V4;
    int prefix = vr_network_ip_prefix(ip);
    struct vr_ipaddr mask = vr_ip_mask(&ip->address, prefix < 0 ? 0 : (unsigned)prefix);
    uint64_t count = 0;
    for (size_t i = 0; i < ip->ranges.n; i++) {
        const struct vr_net_range *r = ip->ranges.v[i];
        vr_buf_printf(b, "dhcp-range=%s,%s,", vr_ip_text(&r->start, start), vr_ip_text(&r->end, end));
        if (v4)
            vr_buf_str(b, vr_ip_text(&mask, mask_text));
        else
            vr_buf_printf(b, "%d", prefix);
        lease_time(b, r->lease);
        vr_buf_char(b, '\n');
        count += vr_ip_count(&r->start, &r->end);
    }
    if (!ip->ranges.n && ip->hosts.n) {
        vr_buf_printf(b, "dhcp-range=%s,static", vr_ip_text(&ip->address, start));
        if (!v4)
            vr_buf_printf(b, ",%d", prefix);
        vr_buf_char(b, '\n');
    }
    return count;
}

static void tftp_and_boot(struct vr_buf *b, const struct vr_network_ip *ip)
{
    char text[VR_IP_TEXT];
    if (!ip->boot_file)
        return;
    if (vr_ip_set(&ip->boot_server))
        vr_buf_printf(b, "dhcp-boot=%s,,%s\n", ip->boot_file, vr_ip_text(&ip->boot_server, text));
    else
        vr_buf_printf(b, "dhcp-boot=%s\n", ip->boot_file);
}

/* Stateful DHCPv6 for one address excludes announcements for the others: stock, too, warns and leaves them out. */
static void announcements(struct vr_buf *b, const D *def)
{
    char text[VR_IP_TEXT];
    if (vr_network_dhcp_ip(def, VR_IP_V6)) {
        vr_buf_str(b, "enable-ra\n");
        return;
    }
    for (size_t i = 0; i < def->ips.n; i++)
        if (def->ips.v[i]->address.family == VR_IP_V6)
            vr_buf_printf(b, "dhcp-range=%s,ra-only\n", vr_ip_text(&def->ips.v[i]->address, text));
}

static void dhcp(struct vr_buf *b, const D *def, const struct vr_dnsmasq_paths *paths)
{
    const struct vr_network_ip *v4 = vr_network_dhcp_ip(def, VR_IP_V4), *v6 = vr_network_dhcp_ip(def, VR_IP_V6);
    for (size_t i = 0; i < def->ips.n; i++)
        if (def->ips.v[i]->tftp_root)
            vr_buf_printf(b, "enable-tftp\ntftp-root=%s\n", def->ips.v[i]->tftp_root);
    uint64_t leases = 0;
    if (v4) {
        leases += dhcp_ranges(b, v4);
        vr_buf_str(b, "dhcp-no-override\ndhcp-authoritative\n");
        tftp_and_boot(b, v4);
    }
    if (v6)
        leases += dhcp_ranges(b, v6);
    if (leases)
        vr_buf_printf(b, "dhcp-lease-max=%llu\n", (unsigned long long)leases);
    if (v4 || v6)
        vr_buf_printf(b, "dhcp-hostsfile=%s\n", paths->hosts_file);
    if (dns_on(def))
        vr_buf_printf(b, "addn-hosts=%s\n", paths->addn_hosts);
    if (def->mtu && (v4 || v6))
        vr_buf_printf(b, "dhcp-option=option:mtu,%u\n", def->mtu);
    announcements(b, def);
}

static char *conf_text(const D *def, const struct vr_dnsmasq_paths *paths, struct vr_error **err)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    vr_buf_printf(&b, "##WARNING:  THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE\n"
                      "##OVERWRITTEN AND LOST.  Changes to this configuration should be made using:\n"
                      "##    virsh net-edit %s\n## or other application using the libvirt API.\n##\n"
                      "## dnsmasq conf file created by libvirt\n", def->name);
    vr_buf_str(&b, "strict-order\n");
    if (!dns_on(def))
        vr_buf_str(&b, "port=0\n");
    else
        forwarders(&b, def);
    if (!zones(&b, def, err))
        return NULL;
    vr_buf_printf(&b, "pid-file=%s\nexcept-interface=lo\nbind-dynamic\ninterface=%s\n", paths->pid_file, def->bridge);
    if (!def->forward.mode) /* an isolated network is nobody's way out: no router, no answers from elsewhere */
        vr_buf_str(&b, "dhcp-option=3\nno-resolv\nra-param=*,0,0\n");
    if (dns_on(def))
        records(&b, def);
    dhcp(&b, def, paths);
    for (size_t i = 0; i < def->dnsmasq_options.n; i++)
        vr_buf_printf(&b, "%s\n", def->dnsmasq_options.v[i]->value);
    return vr_buf_take(&b);
}

/* ---- the files beside --------------------------------------------------------------------------------------------- */

static void host_line(struct vr_buf *b, const struct vr_net_host *h, bool v6)
{
    char text[VR_IP_TEXT];
    vr_ip_text(&h->ip, text);
    if (v6) {
        if (h->id)
            vr_buf_printf(b, "id:%s,", h->id);
        if (h->name)
            vr_buf_printf(b, "%s,", h->name);
        vr_buf_printf(b, "[%s]", text);
    } else if (h->mac) {
        vr_buf_printf(b, "%s,%s", h->mac, text);
        if (h->name)
            vr_buf_printf(b, ",%s", h->name);
    } else {
        vr_buf_printf(b, "%s,%s", h->name, text);
    }
    lease_time(b, h->lease);
    vr_buf_char(b, '\n');
}

static char *hosts_text(const D *def)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    static const enum vr_ip_family families[] = { VR_IP_V4, VR_IP_V6 };
    for (size_t f = 0; f < VR_COUNT(families); f++) {
        const struct vr_network_ip *ip = vr_network_dhcp_ip(def, families[f]);
        for (size_t i = 0; ip && i < ip->hosts.n; i++)
            host_line(&b, ip->hosts.v[i], families[f] == VR_IP_V6);
    }
    return vr_buf_take(&b);
}

static char *addn_text(const D *def)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    char text[VR_IP_TEXT];
    for (size_t i = 0; i < def->dns.hosts.n; i++) {
        const struct vr_dns_host *h = def->dns.hosts.v[i];
        vr_buf_printf(&b, "%s\t", vr_ip_text(&h->ip, text));
        for (size_t k = 0; k < h->names.n; k++)
            vr_buf_printf(&b, "%s\t", h->names.v[k]);
        vr_buf_char(&b, '\n');
    }
    return vr_buf_take(&b);
}

bool vr_dnsmasq_write(const D *def, const struct vr_dnsmasq_paths *paths, struct vr_dnsmasq_files *out, struct vr_error **err)
{
    struct vr_dnsmasq_files files = { .conf = conf_text(def, paths, err) };
    if (!files.conf)
        return false;
    files.hosts = hosts_text(def);
    files.addn_hosts = addn_text(def);
    *out = files;
    return true;
}

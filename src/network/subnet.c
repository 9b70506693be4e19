/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.subnet"
/*
 * A subnet that the host reaches already. Stock refuses to start such a network, which is how a fresh installation inside a
 * guest fails: both have 192.168.122.0/24. Here the running network moves to the next free subnet of its private range;
 * its definition stays what it is, and is tried first at the next start.
 */
#include <string.h>
#include "base/log.h"
#include "host/bridge.h"
#include "start.h"

static uint32_t number(const struct vr_ipaddr *ip)
{
    return (uint32_t)ip->b[0] << 24 | (uint32_t)ip->b[1] << 16 | (uint32_t)ip->b[2] << 8 | ip->b[3];
}

static void shift(struct vr_ipaddr *ip, uint32_t by)
{
    uint32_t n = number(ip) + by;
    for (int i = 0; i < 4; i++)
        ip->b[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* The private range an address is in: base and length of its prefix; 0 for public ones, which nobody may move. */
static unsigned private_range(uint32_t n)
{
    if (n >> 24 == 10)
        return 8;
    if (n >> 20 == 0xac1)
        return 12;
    return n >> 16 == 0xc0a8 ? 16 : 0;
}

static bool overlaps(const struct vr_ipaddr *address, unsigned prefix, const char *bridge, char ifname[VR_IFNAME])
{
    char text[VR_IP_TEXT];
    struct vr_ipaddr net = vr_ip_network(address, prefix);
    return vr_route_overlap(vr_ip_text(&net, text), prefix, bridge, ifname);
}

/* As stock asks: only the very same IPv4 network is taken; one inside or around it has other routes. */
static bool taken(const struct vr_ipaddr *address, unsigned prefix, const char *bridge, char ifname[VR_IFNAME])
{
    char text[VR_IP_TEXT];
    struct vr_ipaddr net = vr_ip_network(address, prefix);
    return address->family == VR_IP_V4 && vr_route_same(vr_ip_text(&net, text), prefix, bridge, ifname);
}

static bool other_ip_overlaps(const struct vr_network_def *def, const struct vr_network_ip *self, const struct vr_ipaddr *address,
                              unsigned prefix)
{
    for (size_t i = 0; i < def->ips.n; i++) {
        const struct vr_network_ip *ip = def->ips.v[i];
        int p = vr_network_ip_prefix(ip);
        if (ip != self && p >= 0 && ip->address.family == address->family &&
            vr_ip_same_net(&ip->address, address, (unsigned)p < prefix ? (unsigned)p : prefix))
            return true;
    }
    return false;
}

/* How far to go; 0: nowhere. */
static uint32_t free_distance(const struct vr_network_def *def, const struct vr_network_ip *ip, unsigned prefix)
{
    uint32_t old = number(&ip->address), step = 1u << (32 - prefix);
    unsigned range = private_range(old);
    if (!range || prefix < range)
        return 0;
    char ifname[VR_IFNAME];
    uint32_t low = old >> (32 - range) << (32 - range), size = 1u << (32 - range);
    for (uint32_t k = 1; k < size / step && k < 4096; k++) {
        uint32_t n = low + (old - low + k * step) % size; /* goes around within the range */
        struct vr_ipaddr at = ip->address;
        shift(&at, n - old);
        if (!overlaps(&at, prefix, def->bridge, ifname) && !other_ip_overlaps(def, ip, &at, prefix))
            return n - old;
    }
    return 0;
}

static void move_one(struct vr_ipaddr *ip, const struct vr_ipaddr *old, unsigned prefix, uint32_t by)
{
    if (ip->family == VR_IP_V4 && vr_ip_same_net(ip, old, prefix))
        shift(ip, by);
}

static void move(struct vr_network_def *def, struct vr_network_ip *ip, unsigned prefix, uint32_t by)
{
    const struct vr_ipaddr old = ip->address;
    for (size_t i = 0; i < ip->ranges.n; i++) {
        move_one(&ip->ranges.v[i]->start, &old, prefix, by);
        move_one(&ip->ranges.v[i]->end, &old, prefix, by);
    }
    for (size_t i = 0; i < ip->hosts.n; i++)
        move_one(&ip->hosts.v[i]->ip, &old, prefix, by);
    move_one(&ip->boot_server, &old, prefix, by);
    for (size_t i = 0; i < def->dns.hosts.n; i++)
        move_one(&def->dns.hosts.v[i]->ip, &old, prefix, by);
    for (size_t i = 0; i < def->routes.n; i++)
        move_one(&def->routes.v[i]->gateway, &old, prefix, by);
    shift(&ip->address, by);
}

bool vr_net_find_subnet(struct vr_network_def *def, bool *moved, struct vr_error **err)
{
    char ifname[VR_IFNAME], from[VR_IP_TEXT], to[VR_IP_TEXT];
    for (size_t i = 0; i < def->ips.n; i++) {
        struct vr_network_ip *ip = def->ips.v[i];
        int prefix = vr_network_ip_prefix(ip);
        if (prefix < 0 || !taken(&ip->address, (unsigned)prefix, def->bridge, ifname))
            continue;
        uint32_t by = free_distance(def, ip, (unsigned)prefix);
        if (!by)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Network is already in use by interface %s"), ifname);
        vr_ip_text(&ip->address, from);
        move(def, ip, (unsigned)prefix, by);
        vr_warn("network '%s': the host reaches %s/%d by way of %s already, so it runs with %s/%d instead until it is stopped; "
                "its definition is unchanged", def->name, from, prefix, ifname, vr_ip_text(&ip->address, to), prefix);
        *moved = true;
    }
    for (size_t i = 0; i < def->routes.n; i++) {
        const struct vr_network_route *r = def->routes.v[i];
        int prefix = vr_network_route_prefix(r);
        if (prefix > 0 && taken(&r->address, (unsigned)prefix, def->bridge, ifname))
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Route address '%s' conflicts with IP address for '%s'"),
                           vr_ip_text(&r->address, from), ifname);
    }
    return true;
}

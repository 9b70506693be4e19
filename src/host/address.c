/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses, routes, neighbours, ports and forwarding entries: single requests to rtnetlink and its dumps. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/alloc.h"
#include "base/str.h"
#include "bridge.h"
#include "nlmsg.h"

#ifndef NDA_MAX
#error "linux/neighbour.h is too old"
#endif

static int talk(struct vr_nl *m)
{
    return vr_nl_talk(m, NETLINK_ROUTE, NULL, 0, NULL);
}

struct ip {
    int family;
    size_t size;
    uint8_t b[16];
};

static bool parse_ip(const char *text, struct ip *out)
{
    *out = (struct ip){ 0 };
    if (inet_pton(AF_INET, text, out->b) == 1) {
        out->family = AF_INET;
        out->size = 4;
    } else if (inet_pton(AF_INET6, text, out->b) == 1) {
        out->family = AF_INET6;
        out->size = 16;
    }
    return out->size != 0;
}

/* ---- addresses and routes ------------------------------------------------------------------------------------------ */

int vr_address_add(const char *link_name, const struct vr_ip_spec *spec)
{
    struct vr_link link;
    struct ip ip, peer;
    struct vr_nl m;
    int e = vr_link_get(link_name, 0, &link);
    if (e)
        return e;
    if (!parse_ip(spec->address, &ip) || spec->prefix > ip.size * 8 ||
        (spec->peer && (!parse_ip(spec->peer, &peer) || peer.family != ip.family)))
        return EINVAL;
    struct ifaddrmsg a = { .ifa_family = (uint8_t)ip.family, .ifa_prefixlen = (uint8_t)spec->prefix, .ifa_index = link.index };
    vr_nl_init(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a));
    vr_nl_attr(&m, IFA_LOCAL, ip.b, ip.size);
    vr_nl_attr(&m, IFA_ADDRESS, spec->peer ? peer.b : ip.b, ip.size);
    if (ip.family == AF_INET && spec->prefix && spec->prefix < 31 && !spec->peer) {
        uint32_t host_bits = htonl(0xffffffffu >> spec->prefix), broadcast;
        memcpy(&broadcast, ip.b, 4);
        broadcast |= host_bits;
        vr_nl_attr(&m, IFA_BROADCAST, &broadcast, 4);
    }
    return talk(&m);
}

int vr_route_add(const char *link_name, const struct vr_route_spec *spec)
{
    struct vr_link link;
    struct ip to = { 0 }, gateway = { 0 };
    struct vr_nl m;
    int e = vr_link_get(link_name, 0, &link);
    if (e)
        return e;
    if ((spec->gateway && !parse_ip(spec->gateway, &gateway)) || (spec->address && !parse_ip(spec->address, &to)))
        return EINVAL;
    int family = gateway.family ? gateway.family : to.family;
    if (!family || (to.family && to.family != family) || spec->prefix > to.size * 8)
        return EINVAL;
    struct rtmsg r = { .rtm_family = (uint8_t)family, .rtm_dst_len = (uint8_t)spec->prefix, .rtm_table = RT_TABLE_MAIN,
                       .rtm_protocol = RTPROT_STATIC, .rtm_type = RTN_UNICAST,
                       .rtm_scope = gateway.family ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK };
    vr_nl_init(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &r, sizeof(r));
    if (to.family)
        vr_nl_attr(&m, RTA_DST, to.b, to.size);
    if (gateway.family)
        vr_nl_attr(&m, RTA_GATEWAY, gateway.b, gateway.size);
    vr_nl_u32(&m, RTA_OIF, link.index);
    if (spec->metric)
        vr_nl_u32(&m, RTA_PRIORITY, spec->metric);
    return talk(&m);
}

static bool same_net(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    return memcmp(a, b, whole) == 0 && (!rest || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

struct overlap {
    struct ip ip;
    unsigned prefix, except, found;
    bool same; /* only a route to the very same network */
};

static void see_route(const struct nlmsghdr *h, void *opaque)
{
    struct overlap *o = opaque;
    const struct rtmsg *r = NLMSG_DATA(h);
    if (o->found || h->nlmsg_type != RTM_NEWROUTE || h->nlmsg_len < NLMSG_LENGTH(sizeof(*r)) ||
        r->rtm_family != o->ip.family || r->rtm_table == RT_TABLE_LOCAL || r->rtm_type != RTN_UNICAST || !r->rtm_dst_len)
        return;
    const uint8_t *to = NULL;
    uint32_t link = 0;
    size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*r));
    for (const struct rtattr *a = RTM_RTA(r); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (a->rta_type == RTA_DST && RTA_PAYLOAD(a) == o->ip.size)
            to = RTA_DATA(a);
        else if (a->rta_type == RTA_OIF && RTA_PAYLOAD(a) == 4)
            memcpy(&link, RTA_DATA(a), 4);
    }
    unsigned shorter = r->rtm_dst_len < o->prefix ? r->rtm_dst_len : o->prefix;
    /* Every link has fe80::/64: that is no network of anybody's. */
    if (!to || link == o->except || (r->rtm_family == AF_INET6 && to[0] == 0xfe && (to[1] & 0xc0) == 0x80))
        return;
    if (same_net(to, o->ip.b, shorter) && (!o->same || r->rtm_dst_len == o->prefix))
        o->found = link;
}

static bool find_route(const char *address, unsigned prefix, bool same, const char *except, char ifname[VR_IFNAME])
{
    struct overlap o = { .prefix = prefix, .same = same };
    struct vr_link link;
    struct vr_nl m;
    if (!parse_ip(address, &o.ip) || prefix > o.ip.size * 8)
        return false;
    if (except && vr_link_get(except, 0, &link) == 0)
        o.except = link.index;
    struct rtmsg any = { .rtm_family = (uint8_t)o.ip.family };
    vr_nl_init(&m, RTM_GETROUTE, 0, &any, sizeof(any));
    if (vr_nl_dump(&m, NETLINK_ROUTE, see_route, &o) || !o.found || vr_link_get(NULL, o.found, &link))
        return false;
    memcpy(ifname, link.name, VR_IFNAME);
    return true;
}

bool vr_route_overlap(const char *address, unsigned prefix, const char *except, char ifname[VR_IFNAME])
{
    return find_route(address, prefix, false, except, ifname);
}

bool vr_route_same(const char *address, unsigned prefix, const char *except, char ifname[VR_IFNAME])
{
    return find_route(address, prefix, true, except, ifname);
}

struct wanted_address {
    struct ip ip;
    unsigned index;
    bool found;
};

static void see_address(const struct nlmsghdr *h, void *opaque)
{
    struct wanted_address *w = opaque;
    const struct ifaddrmsg *a = NLMSG_DATA(h);
    if (h->nlmsg_type != RTM_NEWADDR || h->nlmsg_len < NLMSG_LENGTH(sizeof(*a)) || a->ifa_index != w->index)
        return;
    size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*a));
    for (const struct rtattr *t = IFA_RTA(a); RTA_OK(t, left); t = RTA_NEXT(t, left))
        if ((t->rta_type == IFA_LOCAL || t->rta_type == IFA_ADDRESS) && RTA_PAYLOAD(t) == w->ip.size)
            w->found |= memcmp(RTA_DATA(t), w->ip.b, w->ip.size) == 0;
}

bool vr_link_has_address(const char *name, const char *address)
{
    struct wanted_address w = { .found = false };
    struct vr_link link;
    struct vr_nl m;
    if (vr_link_get(name, 0, &link) || !parse_ip(address, &w.ip))
        return false;
    w.index = link.index;
    struct ifaddrmsg any = { .ifa_family = (uint8_t)w.ip.family };
    vr_nl_init(&m, RTM_GETADDR, 0, &any, sizeof(any));
    return vr_nl_dump(&m, NETLINK_ROUTE, see_address, &w) == 0 && w.found;
}

/* ---- lists --------------------------------------------------------------------------------------------------------- */

struct names {
    char **v;
    size_t n, cap;
};

static bool is_bridge(const struct rtattr *info)
{
    size_t left = RTA_PAYLOAD(info);
    for (const struct rtattr *a = RTA_DATA(info); RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == IFLA_INFO_KIND)
            return RTA_PAYLOAD(a) >= 6 && strncmp(RTA_DATA(a), "bridge", RTA_PAYLOAD(a)) == 0;
    return false;
}

static void see_link(const struct nlmsghdr *h, void *opaque)
{
    struct names *names = opaque;
    const struct ifinfomsg *info = NLMSG_DATA(h);
    if (h->nlmsg_type != RTM_NEWLINK || h->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
        return;
    const struct rtattr *name = NULL;
    bool bridge = false;
    size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*info));
    for (const struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (a->rta_type == IFLA_IFNAME)
            name = a;
        else if (a->rta_type == IFLA_LINKINFO)
            bridge = is_bridge(a);
    }
    if (!name || !bridge)
        return;
    VR_GROW(names->v, names->n + 1, names->cap);
    names->v[names->n++] = vr_strndup(RTA_DATA(name), RTA_PAYLOAD(name));
}

char **vr_bridge_list(size_t *count)
{
    struct names names = { 0 };
    struct vr_nl m;
    struct ifinfomsg any = { .ifi_family = AF_UNSPEC };
    vr_nl_init(&m, RTM_GETLINK, 0, &any, sizeof(any));
    vr_nl_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    vr_nl_dump(&m, NETLINK_ROUTE, see_link, &names);
    *count = names.n;
    return names.v;
}

void vr_names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

/* ---- ports --------------------------------------------------------------------------------------------------------- */

static int set_port(const char *port, unsigned attr, bool on)
{
    struct vr_link link;
    struct vr_nl m;
    int e = vr_link_get(port, 0, &link);
    if (e)
        return e;
    struct ifinfomsg info = { .ifi_family = AF_BRIDGE, .ifi_index = (int)link.index };
    vr_nl_init(&m, RTM_SETLINK, 0, &info, sizeof(info));
    struct rtattr *nest = vr_nl_attr(&m, IFLA_PROTINFO | NLA_F_NESTED, NULL, 0);
    vr_nl_u8(&m, attr, on);
    vr_nl_end(&m, nest);
    return talk(&m);
}

int vr_port_set_learning(const char *port, bool on)
{
    return set_port(port, IFLA_BRPORT_LEARNING, on);
}

int vr_port_set_unicast_flood(const char *port, bool on)
{
    return set_port(port, IFLA_BRPORT_UNICAST_FLOOD, on);
}

static int change_fdb(const char *port, const uint8_t mac[6], int type, int flags)
{
    struct vr_link link;
    struct vr_nl m;
    int e = vr_link_get(port, 0, &link);
    if (e)
        return e;
    struct ndmsg nd = { .ndm_family = AF_BRIDGE, .ndm_ifindex = (int)link.index, .ndm_state = NUD_NOARP, .ndm_flags = NTF_MASTER };
    vr_nl_init(&m, type, flags, &nd, sizeof(nd));
    vr_nl_attr(&m, NDA_LLADDR, mac, 6);
    return talk(&m);
}

int vr_fdb_add(const char *port, const uint8_t mac[6])
{
    return change_fdb(port, mac, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
}

int vr_fdb_delete(const char *port, const uint8_t mac[6])
{
    return change_fdb(port, mac, RTM_DELNEIGH, 0);
}

/* ---- neighbours ---------------------------------------------------------------------------------------------------- */

#define MAX_NEIGHBOURS 65536

struct neighbours {
    struct vr_neighbour *v;
    size_t n, cap;
};

static void see_neighbour(const struct nlmsghdr *h, void *opaque)
{
    struct neighbours *list = opaque;
    const struct ndmsg *nd = NLMSG_DATA(h);
    if (h->nlmsg_type != RTM_NEWNEIGH || h->nlmsg_len < NLMSG_LENGTH(sizeof(*nd)) || list->n >= MAX_NEIGHBOURS ||
        !(nd->ndm_state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)) ||
        (nd->ndm_family != AF_INET && nd->ndm_family != AF_INET6))
        return;
    struct vr_neighbour found = { .family = nd->ndm_family, .index = (unsigned)nd->ndm_ifindex };
    size_t size = nd->ndm_family == AF_INET ? 4 : 16, left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*nd));
    bool has_mac = false;
    const struct rtattr *a = (const struct rtattr *)(const void *)((const char *)nd + NLMSG_ALIGN(sizeof(*nd)));
    for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (a->rta_type == NDA_DST && RTA_PAYLOAD(a) == size)
            inet_ntop(nd->ndm_family, RTA_DATA(a), found.address, sizeof(found.address));
        else if (a->rta_type == NDA_LLADDR && RTA_PAYLOAD(a) == 6) {
            memcpy(found.mac, RTA_DATA(a), 6);
            has_mac = true;
        }
    }
    if (!has_mac || !*found.address)
        return;
    VR_GROW(list->v, list->n + 1, list->cap);
    list->v[list->n++] = found;
}

int vr_neighbours_read(struct vr_neighbour **out, size_t *count)
{
    struct neighbours list = { 0 };
    struct vr_nl m;
    struct ndmsg any = { .ndm_family = AF_UNSPEC };
    vr_nl_init(&m, RTM_GETNEIGH, 0, &any, sizeof(any));
    int e = vr_nl_dump(&m, NETLINK_ROUTE, see_neighbour, &list);
    if (e && e != EINTR) {
        free(list.v);
        return e;
    }
    *out = list.v;
    *count = list.n;
    return 0;
}

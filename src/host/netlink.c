/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netlink.h"
#include <errno.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "nlmsg.h"

#define ANSWER_ROOM 32768 /* all that a link can tell, its virtual functions left out */

static void link_request(struct vr_nl *m, int type, int flags, unsigned index, unsigned set, unsigned mask)
{
    struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = (int)index, .ifi_flags = set, .ifi_change = mask };
    vr_nl_init(m, type, flags, &info, sizeof(info));
}

static int talk(struct vr_nl *m)
{
    return vr_nl_talk(m, NETLINK_ROUTE, NULL, 0, NULL);
}

static void read_kind(const struct rtattr *info, struct vr_link *out)
{
    size_t left = RTA_PAYLOAD(info);
    for (const struct rtattr *a = RTA_DATA(info); RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == IFLA_INFO_KIND && RTA_PAYLOAD(a) < sizeof(out->kind))
            memcpy(out->kind, RTA_DATA(a), RTA_PAYLOAD(a));
}

int vr_link_get(const char *name, unsigned index, struct vr_link *out)
{
    struct vr_nl m;
    vr_autofree char *answer = vr_alloc(ANSWER_ROOM);
    size_t len = 0;
    link_request(&m, RTM_GETLINK, 0, name ? 0 : index, 0, 0);
    vr_nl_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    if (name && !vr_nl_name(&m, IFLA_IFNAME, name))
        return ENODEV;
    int e = vr_nl_talk(&m, NETLINK_ROUTE, answer, ANSWER_ROOM, &len);
    if (e)
        return e;
    const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)answer;
    if (h->nlmsg_type != RTM_NEWLINK || h->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg)))
        return EBADMSG;
    const struct ifinfomsg *info = NLMSG_DATA(h);
    struct vr_link link = { .index = (unsigned)info->ifi_index, .flags = info->ifi_flags };
    size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*info));
    for (const struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        size_t size = RTA_PAYLOAD(a);
        if (a->rta_type == IFLA_MTU && size == 4)
            memcpy(&link.mtu, RTA_DATA(a), 4);
        else if (a->rta_type == IFLA_MASTER && size == 4)
            memcpy(&link.master, RTA_DATA(a), 4);
        else if (a->rta_type == IFLA_ADDRESS && size == 6) {
            memcpy(link.mac, RTA_DATA(a), 6);
            link.has_mac = true;
        } else if (a->rta_type == IFLA_IFNAME && size < sizeof(link.name) + 1)
            memcpy(link.name, RTA_DATA(a), size);
        else if (a->rta_type == IFLA_LINKINFO)
            read_kind(a, &link);
    }
    link.name[sizeof(link.name) - 1] = link.kind[sizeof(link.kind) - 1] = '\0';
    *out = link;
    return 0;
}

static int change(const char *name, unsigned attr, const void *data, size_t len, unsigned set, unsigned mask)
{
    struct vr_link link;
    struct vr_nl m;
    int e = vr_link_get(name, 0, &link);
    if (e)
        return e;
    link_request(&m, RTM_NEWLINK, 0, link.index, set, mask);
    if (attr)
        vr_nl_attr(&m, attr, data, len);
    return talk(&m);
}

int vr_link_set_master(const char *name, const char *bridge)
{
    struct vr_link link = { 0 };
    int e = bridge ? vr_link_get(bridge, 0, &link) : 0;
    uint32_t index = link.index;
    return e ? e : change(name, IFLA_MASTER, &index, sizeof(index), 0, 0);
}

int vr_link_set_mac(const char *name, const uint8_t mac[6])
{
    return change(name, IFLA_ADDRESS, mac, 6, 0, 0);
}

int vr_link_set_mtu(const char *name, unsigned mtu)
{
    uint32_t v = mtu;
    return change(name, IFLA_MTU, &v, sizeof(v), 0, 0);
}

int vr_link_set_up(const char *name, bool up)
{
    return change(name, 0, NULL, 0, up ? IFF_UP : 0, IFF_UP);
}

int vr_link_set_isolated(const char *name, bool isolated)
{
    struct vr_link link;
    struct vr_nl m;
    int e = vr_link_get(name, 0, &link);
    if (e)
        return e;
    link_request(&m, RTM_SETLINK, 0, link.index, 0, 0);
    ((struct ifinfomsg *)NLMSG_DATA(&m.u.header))->ifi_family = AF_BRIDGE;
    uint8_t v = isolated;
    struct rtattr *nest = vr_nl_attr(&m, IFLA_PROTINFO | NLA_F_NESTED, NULL, 0);
    vr_nl_attr(&m, IFLA_BRPORT_ISOLATED, &v, 1);
    vr_nl_end(&m, nest);
    return talk(&m);
}

int vr_link_set_noqueue(const char *name)
{
    struct vr_link link;
    struct vr_nl m;
    int e = vr_link_get(name, 0, &link);
    if (e)
        return e;
    struct tcmsg tc = { .tcm_family = AF_UNSPEC, .tcm_ifindex = (int)link.index, .tcm_parent = TC_H_ROOT };
    vr_nl_init(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &tc, sizeof(tc));
    vr_nl_str(&m, TCA_KIND, "noqueue");
    return talk(&m);
}

int vr_link_delete(const char *name)
{
    struct vr_link link;
    struct vr_nl m;
    int e = vr_link_get(name, 0, &link);
    if (e)
        return e;
    link_request(&m, RTM_DELLINK, 0, link.index, 0, 0);
    return talk(&m);
}

int vr_link_new_bridge(const char *name)
{
    struct vr_nl m;
    link_request(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0, 0);
    if (!vr_nl_name(&m, IFLA_IFNAME, name))
        return EINVAL;
    struct rtattr *info = vr_nl_attr(&m, IFLA_LINKINFO, NULL, 0);
    vr_nl_attr(&m, IFLA_INFO_KIND, "bridge", 6);
    vr_nl_end(&m, info);
    return talk(&m);
}

int vr_link_new_macvtap(const char *name, const char *parent, uint32_t mode, const uint8_t mac[6])
{
    struct vr_link link;
    struct vr_nl m;
    int e = vr_link_get(parent, 0, &link);
    if (e)
        return e;
    link_request(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0, 0);
    if (!vr_nl_name(&m, IFLA_IFNAME, name))
        return EINVAL;
    vr_nl_u32(&m, IFLA_LINK, link.index);
    vr_nl_attr(&m, IFLA_ADDRESS, mac, 6);
    struct rtattr *info = vr_nl_attr(&m, IFLA_LINKINFO, NULL, 0);
    vr_nl_attr(&m, IFLA_INFO_KIND, "macvtap", 7);
    struct rtattr *data = vr_nl_attr(&m, IFLA_INFO_DATA, NULL, 0);
    vr_nl_u32(&m, IFLA_MACVLAN_MODE, mode);
    vr_nl_end(&m, data);
    vr_nl_end(&m, info);
    return talk(&m);
}

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

#define ANSWER_ROOM 32768 /* all that a link can tell, its virtual functions left out */

/* One request; every message here fits, whatever a name's length. */
struct request {
    union {
        struct nlmsghdr header;
        char bytes[1024];
    } u;
};

static void request_init(struct request *r, int type, int flags, unsigned index, unsigned set, unsigned mask)
{
    memset(r, 0, sizeof(*r));
    r->u.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
    r->u.header.nlmsg_type = (unsigned short)type;
    r->u.header.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags);
    r->u.header.nlmsg_seq = 1;
    struct ifinfomsg *info = NLMSG_DATA(&r->u.header);
    info->ifi_family = AF_UNSPEC;
    info->ifi_index = (int)index;
    info->ifi_flags = set;
    info->ifi_change = mask;
}

static struct rtattr *add_attr(struct request *r, unsigned type, const void *data, size_t len)
{
    struct rtattr *a = (struct rtattr *)(void *)(r->u.bytes + NLMSG_ALIGN(r->u.header.nlmsg_len));
    a->rta_type = (unsigned short)type;
    a->rta_len = (unsigned short)RTA_LENGTH(len);
    if (len)
        memcpy(RTA_DATA(a), data, len);
    r->u.header.nlmsg_len = (unsigned)(NLMSG_ALIGN(r->u.header.nlmsg_len) + RTA_ALIGN(a->rta_len));
    return a;
}

static void add_u32(struct request *r, unsigned type, uint32_t v)
{
    add_attr(r, type, &v, sizeof(v));
}

static void end_nest(struct request *r, struct rtattr *nest)
{
    nest->rta_len = (unsigned short)(r->u.bytes + r->u.header.nlmsg_len - (char *)nest);
}

/* Sends and waits for the kernel, which answers within send(). *answer may be NULL. */
static int talk(struct request *r, char *answer, size_t room, size_t *len)
{
    vr_autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    char own[2048]; /* an acknowledgement repeats the request */
    if (!answer) {
        answer = own;
        room = sizeof(own);
        r->u.header.nlmsg_flags |= NLM_F_ACK;
    }
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    if (fd < 0 || sendto(fd, r, r->u.header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
        return errno;
    ssize_t n;
    do
        n = recv(fd, answer, room, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno;
    const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)answer;
    if (!NLMSG_OK(h, (size_t)n))
        return EBADMSG;
    if (h->nlmsg_type == NLMSG_ERROR) {
        const struct nlmsgerr *e = NLMSG_DATA(h);
        return h->nlmsg_len < NLMSG_LENGTH(sizeof(*e)) ? EBADMSG : -e->error;
    }
    if (len)
        *len = (size_t)n;
    return 0;
}

static bool add_name(struct request *r, unsigned type, const char *name)
{
    size_t len = strlen(name) + 1;
    if (len < 2 || len > VR_IFNAME)
        return false;
    add_attr(r, type, name, len);
    return true;
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
    struct request r;
    vr_autofree char *answer = vr_alloc(ANSWER_ROOM);
    size_t len = 0;
    request_init(&r, RTM_GETLINK, 0, name ? 0 : index, 0, 0);
    add_u32(&r, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    if (name && !add_name(&r, IFLA_IFNAME, name))
        return ENODEV;
    int e = talk(&r, answer, ANSWER_ROOM, &len);
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
    struct request r;
    int e = vr_link_get(name, 0, &link);
    if (e)
        return e;
    request_init(&r, RTM_NEWLINK, 0, link.index, set, mask);
    if (attr)
        add_attr(&r, attr, data, len);
    return talk(&r, NULL, 0, NULL);
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
    struct request r;
    int e = vr_link_get(name, 0, &link);
    if (e)
        return e;
    request_init(&r, RTM_SETLINK, 0, link.index, 0, 0);
    ((struct ifinfomsg *)NLMSG_DATA(&r.u.header))->ifi_family = AF_BRIDGE;
    uint8_t v = isolated;
    struct rtattr *nest = add_attr(&r, IFLA_PROTINFO | NLA_F_NESTED, NULL, 0);
    add_attr(&r, IFLA_BRPORT_ISOLATED, &v, 1);
    end_nest(&r, nest);
    return talk(&r, NULL, 0, NULL);
}

int vr_link_set_noqueue(const char *name)
{
    struct vr_link link;
    struct request r;
    int e = vr_link_get(name, 0, &link);
    if (e)
        return e;
    request_init(&r, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, 0, 0, 0);
    r.u.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg));
    struct tcmsg *tc = NLMSG_DATA(&r.u.header);
    memset(tc, 0, sizeof(*tc));
    tc->tcm_family = AF_UNSPEC;
    tc->tcm_ifindex = (int)link.index;
    tc->tcm_parent = TC_H_ROOT;
    add_attr(&r, TCA_KIND, "noqueue", sizeof("noqueue"));
    return talk(&r, NULL, 0, NULL);
}

int vr_link_delete(const char *name)
{
    struct vr_link link;
    struct request r;
    int e = vr_link_get(name, 0, &link);
    if (e)
        return e;
    request_init(&r, RTM_DELLINK, 0, link.index, 0, 0);
    return talk(&r, NULL, 0, NULL);
}

int vr_link_new_bridge(const char *name)
{
    struct request r;
    request_init(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0, 0);
    if (!add_name(&r, IFLA_IFNAME, name))
        return EINVAL;
    struct rtattr *info = add_attr(&r, IFLA_LINKINFO, NULL, 0);
    add_attr(&r, IFLA_INFO_KIND, "bridge", 6);
    end_nest(&r, info);
    return talk(&r, NULL, 0, NULL);
}

int vr_link_new_macvtap(const char *name, const char *parent, uint32_t mode, const uint8_t mac[6])
{
    struct vr_link link;
    struct request r;
    int e = vr_link_get(parent, 0, &link);
    if (e)
        return e;
    request_init(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0, 0);
    if (!add_name(&r, IFLA_IFNAME, name))
        return EINVAL;
    add_u32(&r, IFLA_LINK, link.index);
    add_attr(&r, IFLA_ADDRESS, mac, 6);
    struct rtattr *info = add_attr(&r, IFLA_LINKINFO, NULL, 0);
    add_attr(&r, IFLA_INFO_KIND, "macvtap", 7);
    struct rtattr *data = add_attr(&r, IFLA_INFO_DATA, NULL, 0);
    add_u32(&r, IFLA_MACVLAN_MODE, mode);
    end_nest(&r, data);
    end_nest(&r, info);
    return talk(&r, NULL, 0, NULL);
}

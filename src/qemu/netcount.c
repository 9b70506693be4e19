/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters of one host interface, by one netlink request: reading them takes no lock that a link change could hold. */
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "stats.h"

static const struct rtnl_link_stats64 *find_stats(const struct nlmsghdr *h, size_t len)
{
    if (!NLMSG_OK(h, len) || h->nlmsg_type != RTM_NEWLINK)
        return NULL;
    size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof(struct ifinfomsg));
    const struct rtattr *a = IFLA_RTA(NLMSG_DATA(h));
    for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == IFLA_STATS64 && RTA_PAYLOAD(a) >= offsetof(struct rtnl_link_stats64, tx_dropped) + 8)
            return RTA_DATA(a);
    return NULL;
}

bool vr_net_counters_read(const char *ifname, bool swap, struct vr_net_counters *out)
{
    struct {
        struct nlmsghdr h;
        struct ifinfomsg ifi;
        char attrs[64];
    } req = { 0 };
    size_t name_len = strlen(ifname) + 1;
    if (name_len > 16)
        return false;
    struct rtattr *a = (struct rtattr *)req.attrs;
    a->rta_type = IFLA_IFNAME;
    a->rta_len = (unsigned short)RTA_LENGTH(name_len);
    memcpy(RTA_DATA(a), ifname, name_len);
    req.h.nlmsg_len = (unsigned)(NLMSG_LENGTH(sizeof(req.ifi)) + RTA_ALIGN(a->rta_len));
    req.h.nlmsg_type = RTM_GETLINK;
    req.h.nlmsg_flags = NLM_F_REQUEST;
    vr_autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    union {
        struct nlmsghdr h;
        char bytes[6000];
    } answer;
    ssize_t n = -1;
    if (fd >= 0 && send(fd, &req, req.h.nlmsg_len, 0) > 0)
        n = recv(fd, &answer, sizeof(answer), 0); /* the kernel answers within send() */
    const struct rtnl_link_stats64 *found = n > 0 ? find_stats(&answer.h, (size_t)n) : NULL;
    if (!found)
        return false;
    struct rtnl_link_stats64 s;
    memset(&s, 0, sizeof(s));
    memcpy(&s, found, offsetof(struct rtnl_link_stats64, tx_dropped) + 8);
    struct vr_net_counters c = { s.rx_bytes, s.rx_packets, s.rx_errors, s.rx_dropped,
                                 s.tx_bytes, s.tx_packets, s.tx_errors, s.tx_dropped };
    if (swap)
        c = (struct vr_net_counters){ c.tx_bytes, c.tx_packets, c.tx_errs, c.tx_drop,
                                      c.rx_bytes, c.rx_packets, c.rx_errs, c.rx_drop };
    *out = c;
    return true;
}

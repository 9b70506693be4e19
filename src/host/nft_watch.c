/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_FIREWALL
#define VR_LOG_SOURCE "host.nft"
/* Looking at the kernel's rule set, and hearing of its changes, by nfnetlink. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "loop/loop.h"
#include "nft.h"
#include "nlmsg.h"

#define MAX_CHAINS 65536
#define MAX_RULES 65536
#define RECEIVE_BUFFER (4 << 20) /* a transaction of some ten thousand rules */
#define COMMENT_TYPE 0           /* nft's own format of a rule's user data: type, length, text */

const char *vr_nft_family_name(uint8_t family)
{
    static const struct {
        uint8_t family;
        const char *name;
    } names[] = { { NFPROTO_INET, "inet" }, { NFPROTO_IPV4, "ip" }, { NFPROTO_IPV6, "ip6" }, { NFPROTO_BRIDGE, "bridge" },
                  { NFPROTO_ARP, "arp" }, { NFPROTO_NETDEV, "netdev" } };
    for (size_t i = 0; i < VR_COUNT(names); i++)
        if (names[i].family == family)
            return names[i].name;
    return "?";
}

/* ---- reading attributes -------------------------------------------------------------------------------------------- */

static unsigned type_of(const struct rtattr *a)
{
    return a->rta_type & NLA_TYPE_MASK;
}

static void read_name(const struct rtattr *a, char out[VR_NFT_NAME])
{
    size_t len = RTA_PAYLOAD(a);
    if (len >= VR_NFT_NAME)
        len = VR_NFT_NAME - 1;
    memcpy(out, RTA_DATA(a), len);
    out[len] = '\0';
}

static uint32_t read_u32(const struct rtattr *a)
{
    uint32_t v = 0;
    if (RTA_PAYLOAD(a) == 4)
        memcpy(&v, RTA_DATA(a), 4);
    return ntohl(v);
}

static const struct rtattr *first_attr(const struct nlmsghdr *h, size_t *left)
{
    if (h->nlmsg_len < NLMSG_LENGTH(sizeof(struct nfgenmsg))) {
        *left = 0;
        return NULL;
    }
    *left = h->nlmsg_len - NLMSG_LENGTH(sizeof(struct nfgenmsg));
    return (const struct rtattr *)(const void *)((const char *)NLMSG_DATA(h) + NLMSG_ALIGN(sizeof(struct nfgenmsg)));
}

static uint8_t family_of(const struct nlmsghdr *h)
{
    return ((const struct nfgenmsg *)NLMSG_DATA(h))->nfgen_family;
}

static void dump_request(struct vr_nl *m, int type, uint8_t family)
{
    struct nfgenmsg g = { .nfgen_family = family, .version = NFNETLINK_V0 };
    vr_nl_init(m, NFNL_SUBSYS_NFTABLES << 8 | type, 0, &g, sizeof(g));
}

/* ---- chains -------------------------------------------------------------------------------------------------------- */

struct chains {
    struct vr_nft_chain *v;
    size_t n, cap;
};

static void read_hook(const struct rtattr *nest, struct vr_nft_chain *c)
{
    size_t left = RTA_PAYLOAD(nest);
    c->base = true;
    for (const struct rtattr *a = RTA_DATA(nest); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (type_of(a) == NFTA_HOOK_HOOKNUM)
            c->hook = read_u32(a);
        else if (type_of(a) == NFTA_HOOK_PRIORITY)
            c->priority = (int)read_u32(a);
    }
}

static void see_chain(const struct nlmsghdr *h, void *opaque)
{
    struct chains *list = opaque;
    size_t left;
    if (list->n >= MAX_CHAINS)
        return;
    struct vr_nft_chain c = { 0 };
    const struct rtattr *a = first_attr(h, &left);
    if (!a)
        return;
    c.family = family_of(h);
    for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        switch (type_of(a)) {
        case NFTA_CHAIN_TABLE: read_name(a, c.table); break;
        case NFTA_CHAIN_NAME: read_name(a, c.name); break;
        case NFTA_CHAIN_HOOK: read_hook(a, &c); break;
        case NFTA_CHAIN_POLICY: c.drop = read_u32(a) == NF_DROP; break;
        case NFTA_CHAIN_USE: c.use = read_u32(a); break;
        default: break;
        }
    }
    VR_GROW(list->v, list->n + 1, list->cap);
    list->v[list->n++] = c;
}

bool vr_nft_chains(struct vr_nft_chain **out, size_t *count)
{
    struct chains list = { 0 };
    struct vr_nl m;
    dump_request(&m, NFT_MSG_GETCHAIN, AF_UNSPEC);
    if (vr_nl_dump(&m, NETLINK_NETFILTER, see_chain, &list)) {
        free(list.v);
        return false;
    }
    *out = list.v;
    *count = list.n;
    return true;
}

/* ---- rules --------------------------------------------------------------------------------------------------------- */

struct rules {
    const char *table, *chain;
    uint8_t family;
    struct vr_nft_rule_info *v;
    size_t n, cap;
};

static void read_comment(const struct rtattr *a, char out[VR_NFT_NAME])
{
    const uint8_t *p = RTA_DATA(a);
    size_t left = RTA_PAYLOAD(a);
    while (left >= 2 && (size_t)p[1] + 2 <= left) {
        size_t len = p[1];
        if (p[0] == COMMENT_TYPE) {
            len = len < VR_NFT_NAME ? len : VR_NFT_NAME - 1;
            memcpy(out, p + 2, len);
            out[len] = '\0';
            return;
        }
        p += len + 2;
        left -= len + 2;
    }
}

static void see_rule(const struct nlmsghdr *h, void *opaque)
{
    struct rules *list = opaque;
    size_t left;
    char table[VR_NFT_NAME] = "", chain[VR_NFT_NAME] = "";
    struct vr_nft_rule_info r = { 0 };
    const struct rtattr *a = first_attr(h, &left);
    if (!a || list->n >= MAX_RULES || family_of(h) != list->family)
        return;
    for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        switch (type_of(a)) {
        case NFTA_RULE_TABLE: read_name(a, table); break;
        case NFTA_RULE_CHAIN: read_name(a, chain); break;
        case NFTA_RULE_USERDATA: read_comment(a, r.comment); break;
        case NFTA_RULE_HANDLE:
            if (RTA_PAYLOAD(a) == 8)
                memcpy(&r.handle, RTA_DATA(a), 8);
            r.handle = be64toh(r.handle);
            break;
        default: break;
        }
    }
    if (!vr_streq(table, list->table) || !vr_streq(chain, list->chain))
        return;
    VR_GROW(list->v, list->n + 1, list->cap);
    list->v[list->n++] = r;
}

bool vr_nft_rules(uint8_t family, const char *table, const char *chain, struct vr_nft_rule_info **out, size_t *count)
{
    struct rules list = { .table = table, .chain = chain, .family = family };
    struct vr_nl m;
    dump_request(&m, NFT_MSG_GETRULE, family);
    vr_nl_str(&m, NFTA_RULE_TABLE, table);
    vr_nl_str(&m, NFTA_RULE_CHAIN, chain);
    if (vr_nl_dump(&m, NETLINK_NETFILTER, see_rule, &list)) {
        free(list.v);
        return false;
    }
    *out = list.v;
    *count = list.n;
    return true;
}

/* ---- sizes --------------------------------------------------------------------------------------------------------- */

struct counted {
    uint8_t family;
    const char *table;
    unsigned type;
    size_t n;
};

static void count_message(const struct nlmsghdr *h, void *opaque)
{
    struct counted *c = opaque;
    size_t left;
    char table[VR_NFT_NAME] = "";
    const struct rtattr *a = first_attr(h, &left);
    if (!a || (h->nlmsg_type & 0xff) != c->type || family_of(h) != c->family)
        return;
    for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (type_of(a) == NFTA_RULE_TABLE)
            read_name(a, table);
        else if (c->type == NFT_MSG_NEWSETELEM && type_of(a) == NFTA_SET_ELEM_LIST_ELEMENTS) {
            size_t inner = RTA_PAYLOAD(a);
            for (const struct rtattr *e = RTA_DATA(a); RTA_OK(e, inner); e = RTA_NEXT(e, inner))
                c->n++;
        }
    }
    if (c->type != NFT_MSG_NEWSETELEM && vr_streq(table, c->table))
        c->n++;
}

static bool count(uint8_t family, const char *table, const char *set, int get, unsigned type, size_t *out)
{
    struct counted c = { .family = family, .table = table, .type = type };
    struct vr_nl m;
    dump_request(&m, get, family);
    if (get != NFT_MSG_GETCHAIN)
        vr_nl_str(&m, NFTA_RULE_TABLE, table);
    if (set)
        vr_nl_str(&m, NFTA_SET_ELEM_LIST_SET, set);
    int e = vr_nl_dump(&m, NETLINK_NETFILTER, count_message, &c);
    *out += c.n;
    return e == 0 || e == ENOENT;
}

bool vr_nft_table_size(uint8_t family, const char *table, const char *const *sets, struct vr_nft_size *out)
{
    struct vr_nft_size size = { 0 };
    bool ok = count(family, table, NULL, NFT_MSG_GETCHAIN, NFT_MSG_NEWCHAIN, &size.chains) &&
              count(family, table, NULL, NFT_MSG_GETRULE, NFT_MSG_NEWRULE, &size.rules);
    for (; ok && sets && *sets; sets++)
        ok = count(family, table, *sets, NFT_MSG_GETSETELEM, NFT_MSG_NEWSETELEM, &size.elements);
    if (ok)
        *out = size;
    return ok;
}

/* ---- listening ----------------------------------------------------------------------------------------------------- */

static struct {
    int fd;
    struct vr_watch *watch;
    uint8_t family;
    char table[VR_NFT_NAME];
    void (*fn)(const struct vr_nft_event *event, void *opaque);
    void *opaque;
    struct vr_nft_event event; /* of the transaction that is being told */
} watch = { .fd = -1 };

static void end_of_transaction(const struct nlmsghdr *h)
{
    size_t left;
    char program[VR_NFT_NAME] = "";
    const struct rtattr *a = first_attr(h, &left);
    for (; a && RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (type_of(a) == NFTA_GEN_PROC_PID)
            watch.event.pid = (pid_t)read_u32(a);
        else if (type_of(a) == NFTA_GEN_PROC_NAME)
            read_name(a, program);
    }
    memcpy(watch.event.program, program, sizeof(watch.event.program) - 1);
    struct vr_nft_event event = watch.event;
    watch.event = (struct vr_nft_event){ 0 };
    if (event.mine || event.chains || event.lost)
        watch.fn(&event, watch.opaque);
}

/* Table, chain, rule and set messages all have the table's name as their first attribute. */
static void note_change(const struct nlmsghdr *h, unsigned type)
{
    size_t left;
    char table[VR_NFT_NAME] = "";
    const struct rtattr *a = first_attr(h, &left);
    for (; a && RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (type_of(a) == 1) {
            read_name(a, table);
            break;
        }
    if (family_of(h) == watch.family && vr_streq(table, watch.table))
        watch.event.mine = true;
    else if (type != NFT_MSG_NEWSETELEM && type != NFT_MSG_DELSETELEM)
        watch.event.chains = true;
}

static void see_event(const struct nlmsghdr *h)
{
    unsigned type = h->nlmsg_type & 0xff;
    if (h->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES || h->nlmsg_len < NLMSG_LENGTH(sizeof(struct nfgenmsg)))
        return;
    if (type == NFT_MSG_NEWGEN)
        end_of_transaction(h);
    else
        note_change(h, type);
}

static void on_readable(void *unused)
{
    static union {
        struct nlmsghdr h;
        char bytes[65536];
    } in;
    for (int turns = 0; turns < 64; turns++) { /* then others have their turn */
        ssize_t n = recv(watch.fd, &in, sizeof(in), MSG_DONTWAIT);
        if (n < 0 && errno == ENOBUFS) {
            struct vr_nft_event lost = { .lost = true };
            watch.event = (struct vr_nft_event){ 0 };
            watch.fn(&lost, watch.opaque);
            continue;
        }
        if (n <= 0)
            break;
        size_t left = (size_t)n;
        for (const struct nlmsghdr *h = &in.h; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left))
            see_event(h);
    }
    vr_watch_notify(watch.watch, EPOLLIN, on_readable, NULL, NULL);
}

bool vr_nft_watch_start(uint8_t family, const char *table, void (*fn)(const struct vr_nft_event *event, void *opaque),
                        void *opaque, struct vr_error **err)
{
    vr_autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
    struct sockaddr_nl own = { .nl_family = AF_NETLINK };
    const int group = NFNLGRP_NFTABLES, room = RECEIVE_BUFFER;
    if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0 ||
        setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", _("cannot listen to changes of the firewall's rules"));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)); /* without the privilege: the ordinary room */
    struct vr_watch *w = vr_watch_new(fd, err);
    if (!w)
        return false;
    watch.fd = vr_take_fd(&fd);
    watch.watch = w;
    watch.family = family;
    strncpy(watch.table, table, sizeof(watch.table) - 1);
    watch.fn = fn;
    watch.opaque = opaque;
    if (vr_watch_notify(w, EPOLLIN, on_readable, NULL, err))
        return true;
    vr_nft_watch_stop();
    return false;
}

void vr_nft_watch_stop(void)
{
    vr_watch_free(vr_take(watch.watch));
    if (watch.fd >= 0)
        close(vr_take_fd(&watch.fd));
}

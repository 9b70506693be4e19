/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_FIREWALL
#include "nft_trace.h"
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "loop/child.h"
#include "loop/loop.h"

#define RECEIVE_BUFFER (1 << 20)

struct vr_nft_trace {
    int fd;
    struct vr_watch *watch;
    size_t at, len;         /* what of the buffer is still to be read */
    union {
        struct nlmsghdr h;
        char bytes[65536];
    } in;
};

struct vr_nft_trace *vr_nft_trace_open(struct vr_error **err)
{
    struct vr_nft_trace *t = vr_new(struct vr_nft_trace);
    struct sockaddr_nl own = { .nl_family = AF_NETLINK };
    const int group = NFNLGRP_NFTRACE, room = RECEIVE_BUFFER;
    t->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
    if (t->fd < 0 || bind(t->fd, (struct sockaddr *)&own, sizeof(own)) < 0 ||
        setsockopt(t->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", _("cannot listen to the kernel's packet trace"));
    else
        t->watch = vr_watch_new(t->fd, err);
    if (!t->watch) {
        vr_nft_trace_free(t);
        return NULL;
    }
    setsockopt(t->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
    return t;
}

void vr_nft_trace_free(struct vr_nft_trace *trace)
{
    if (!trace)
        return;
    vr_watch_free(trace->watch);
    if (trace->fd >= 0)
        close(trace->fd);
    free(trace);
}

/* ---- one message --------------------------------------------------------------------------------------------------- */

static void read_text(const struct rtattr *a, char *out, size_t room)
{
    size_t len = RTA_PAYLOAD(a) < room ? RTA_PAYLOAD(a) : room - 1;
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

static uint64_t read_u64(const struct rtattr *a)
{
    uint64_t v = 0;
    if (RTA_PAYLOAD(a) == 8)
        memcpy(&v, RTA_DATA(a), 8);
    return be64toh(v);
}

static uint32_t read_verdict(const struct rtattr *nest)
{
    size_t left = RTA_PAYLOAD(nest);
    for (const struct rtattr *a = RTA_DATA(nest); RTA_OK(a, left); a = RTA_NEXT(a, left))
        if ((a->rta_type & NLA_TYPE_MASK) == NFTA_VERDICT_CODE)
            return read_u32(a);
    return UINT32_MAX;
}

static void set_verdict(struct vr_nft_step *s, uint32_t code)
{
    s->dropped = code == NF_DROP;
    s->accepted = code == NF_ACCEPT;
}

static bool read_step(const struct nlmsghdr *h, struct vr_nft_step *s)
{
    *s = (struct vr_nft_step){ 0 };
    if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE) || h->nlmsg_len < NLMSG_LENGTH(sizeof(struct nfgenmsg)))
        return false;
    const struct nfgenmsg *g = NLMSG_DATA(h);
    s->family = g->nfgen_family;
    size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*g));
    const struct rtattr *a = (const struct rtattr *)(const void *)((const char *)g + NLMSG_ALIGN(sizeof(*g)));
    for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        switch (a->rta_type & NLA_TYPE_MASK) {
        case NFTA_TRACE_TABLE: read_text(a, s->table, sizeof(s->table)); break;
        case NFTA_TRACE_CHAIN: read_text(a, s->chain, sizeof(s->chain)); break;
        case NFTA_TRACE_ID: s->id = read_u32(a); break;
        case NFTA_TRACE_TYPE: s->policy = read_u32(a) == NFT_TRACETYPE_POLICY; break;
        case NFTA_TRACE_RULE_HANDLE: s->rule = read_u64(a); break;
        case NFTA_TRACE_VERDICT: set_verdict(s, read_verdict(a)); break;
        case NFTA_TRACE_POLICY: set_verdict(s, read_u32(a)); break;
        case NFTA_TRACE_IIF: if_indextoname(read_u32(a), s->in); break;
        case NFTA_TRACE_OIF: if_indextoname(read_u32(a), s->out); break;
        default: break;
        }
    }
    return true;
}

VR_SUSPENDS bool vr_nft_trace_next(struct vr_nft_trace *t, struct vr_nft_step *step, vr_time deadline, struct vr_error **err)
{
    for (;;) {
        while (t->at < t->len) {
            const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)(t->in.bytes + t->at);
            if (!NLMSG_OK(h, t->len - t->at))
                break;
            t->at += NLMSG_ALIGN(h->nlmsg_len);
            if (read_step(h, step))
                return true;
        }
        t->at = t->len = 0;
        ssize_t n = recv(t->fd, &t->in, sizeof(t->in), MSG_DONTWAIT);
        if (n > 0)
            t->len = (size_t)n;
        else if (n < 0 && errno == EAGAIN && !vr_watch_wait(t->watch, EPOLLIN, NULL, deadline, err))
            return false;
        else if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", _("cannot read the kernel's packet trace"));
    }
}

/* ---- a rule's text -------------------------------------------------------------------------------------------------- */

VR_SUSPENDS char *vr_nft_rule_text(uint8_t family, const char *table, const char *chain, uint64_t handle, vr_time deadline)
{
    const char *const argv[] = { "/usr/sbin/nft", "-a", "list", "chain", vr_nft_family_name(family), table, chain, NULL };
    const struct vr_child child = { .argv = argv, .deadline = deadline };
    vr_autochild struct vr_child_result result = { 0 };
    if (!vr_child_run_ok(&child, &result, NULL) || !result.out.len)
        return NULL;
    vr_autofree char *mark = vr_printf(" # handle %" PRIu64 "\n", handle);
    char *end = strstr(result.out.data, mark);
    if (!end)
        return NULL;
    char *begin = end;
    while (begin > result.out.data && begin[-1] != '\n')
        begin--;
    begin += strspn(begin, " \t");
    return vr_strndup(begin, (size_t)(end - begin));
}

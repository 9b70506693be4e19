/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tc.h"
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <arpa/inet.h>
#include "base/cleanup.h"
#include "netlink.h"
#include "nlmsg.h"

#define HANDLE(major, minor) ((uint32_t)(major) << 16 | (uint32_t)(minor))
#define ROOT 1
#define CLASS_NETWORK 1
#define POLICER_MTU 65536
#define MIN_MTU 1600        /* a token bucket must hold one packet at least */
#define CLASS_MAX 0xffff
#define MAC_FILTER_PRIO 2   /* before the one that takes all */
#define SLACK_MS 10         /* how much a bucket without a burst of its own holds: a scheduler tick at any HZ */

static int talk(struct vr_nl *m)
{
    return vr_nl_talk(m, NETLINK_ROUTE, NULL, 0, NULL);
}

static int init(struct vr_nl *m, int type, int flags, const char *link_name, uint32_t handle, uint32_t parent, uint32_t info)
{
    struct vr_link link;
    int e = vr_link_get(link_name, 0, &link);
    if (e)
        return e;
    struct tcmsg tc = { .tcm_family = AF_UNSPEC, .tcm_ifindex = (int)link.index, .tcm_handle = handle, .tcm_parent = parent,
                        .tcm_info = info };
    vr_nl_init(m, type, flags, &tc, sizeof(tc));
    return 0;
}

/* ---- units --------------------------------------------------------------------------------------------------------- */

static uint64_t bytes_per_second(uint64_t kilobytes)
{
    return kilobytes > UINT64_MAX / 1000 ? UINT64_MAX : kilobytes * 1000;
}

static uint32_t clamp32(uint64_t v)
{
    return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* The kernel counts a bucket by the time its bytes take, in ticks of 64 ns. */
static uint32_t bucket_ticks(uint64_t rate, uint64_t bytes)
{
    return clamp32((uint64_t)((double)bytes * 1e9 / (double)rate / 64));
}

static void set_rate(struct tc_ratespec *spec, uint64_t rate)
{
    spec->rate = clamp32(rate);
    spec->linklayer = TC_LINKLAYER_ETHERNET;
}

static uint64_t bucket_of(uint64_t rate, uint64_t burst_kib)
{
    uint64_t bytes = burst_kib ? burst_kib * 1024 : rate / 1000 * SLACK_MS;
    return bytes < MIN_MTU ? MIN_MTU : bytes;
}

/* ---- shaping ------------------------------------------------------------------------------------------------------- */

static int add_root(const char *link, uint32_t default_class)
{
    struct vr_nl m;
    struct tc_htb_glob glob = { .version = 3, .rate2quantum = 10, .defcls = default_class };
    int e = init(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, link, HANDLE(ROOT, 0), TC_H_ROOT, 0);
    if (e)
        return e;
    vr_nl_str(&m, TCA_KIND, "htb");
    struct rtattr *options = vr_nl_attr(&m, TCA_OPTIONS, NULL, 0);
    vr_nl_attr(&m, TCA_HTB_INIT, &glob, sizeof(glob));
    vr_nl_end(&m, options);
    return talk(&m);
}

static int put_class(const char *link, unsigned parent, unsigned id, uint64_t rate_kb, uint64_t ceil_kb, uint64_t burst_kib,
                     int flags)
{
    struct vr_nl m;
    struct tc_htb_opt opt = { 0 };
    uint64_t rate = bytes_per_second(rate_kb ? rate_kb : 1), ceil = bytes_per_second(ceil_kb ? ceil_kb : rate_kb ? rate_kb : 1);
    int e = init(&m, RTM_NEWTCLASS, flags, link, HANDLE(ROOT, id), HANDLE(ROOT, parent), 0);
    if (e)
        return e;
    if (ceil < rate)
        ceil = rate;
    set_rate(&opt.rate, rate);
    set_rate(&opt.ceil, ceil);
    opt.buffer = bucket_ticks(rate, bucket_of(rate, burst_kib));
    opt.cbuffer = bucket_ticks(ceil, bucket_of(ceil, 0));
    /* How much a class may send before the next has its turn: between a packet and some. */
    opt.quantum = clamp32(rate / 100 < 1500 ? 1500 : rate / 100 > 60000 ? 60000 : rate / 100);
    vr_nl_str(&m, TCA_KIND, "htb");
    struct rtattr *options = vr_nl_attr(&m, TCA_OPTIONS, NULL, 0);
    vr_nl_attr(&m, TCA_HTB_PARMS, &opt, sizeof(opt));
    if (rate > UINT32_MAX)
        vr_nl_attr(&m, TCA_HTB_RATE64, &rate, sizeof(rate));
    if (ceil > UINT32_MAX)
        vr_nl_attr(&m, TCA_HTB_CEIL64, &ceil, sizeof(ceil));
    vr_nl_end(&m, options);
    return talk(&m);
}

/* Connections of one class share it fairly; a kernel without this queue has a plain one. */
static int add_fair_queue(const char *link, unsigned class_id)
{
    struct vr_nl m;
    struct tc_sfq_qopt opt = { .perturb_period = 10 };
    int e = init(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, link, HANDLE(class_id + 1, 0), HANDLE(ROOT, class_id), 0);
    if (e)
        return e;
    vr_nl_str(&m, TCA_KIND, "sfq");
    vr_nl_attr(&m, TCA_OPTIONS, &opt, sizeof(opt));
    e = talk(&m);
    return e == ENOENT || e == EOPNOTSUPP ? 0 : e;
}

static int delete_qdisc(const char *link, uint32_t handle, uint32_t parent)
{
    struct vr_nl m;
    int e = init(&m, RTM_DELQDISC, 0, link, handle, parent, 0);
    e = e ? e : talk(&m);
    /* What the kernel gives a link by itself cannot be deleted: that is no error. */
    return e == ENOENT || e == EINVAL || e == EOPNOTSUPP ? 0 : e;
}

int vr_tc_shape(const char *link, const struct vr_tc_rate *rate, bool classes)
{
    int e = delete_qdisc(link, 0, TC_H_ROOT);
    if (e)
        return e;
    uint64_t average = rate->average ? rate->average : rate->floor;
    e = add_root(link, classes ? VR_TC_CLASS_UNCLAIMED : CLASS_NETWORK);
    if (!e)
        e = put_class(link, 0, CLASS_NETWORK, average, rate->peak, rate->burst, NLM_F_CREATE);
    if (!e && classes)
        e = put_class(link, CLASS_NETWORK, VR_TC_CLASS_UNCLAIMED, average, rate->peak, rate->burst, NLM_F_CREATE);
    return e ? e : add_fair_queue(link, classes ? VR_TC_CLASS_UNCLAIMED : CLASS_NETWORK);
}

/* ---- policing ------------------------------------------------------------------------------------------------------ */

static int add_ingress(const char *link)
{
    struct vr_nl m;
    int e = init(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, link, HANDLE(0xffff, 0), TC_H_INGRESS, 0);
    if (e)
        return e;
    vr_nl_str(&m, TCA_KIND, "ingress");
    return talk(&m);
}

/* A filter that every packet passes. */
static void match_all(struct vr_nl *m)
{
    struct {
        struct tc_u32_sel sel;
        struct tc_u32_key key;
    } all = { .sel = { .flags = TC_U32_TERMINAL, .nkeys = 1 } };
    vr_nl_attr(m, TCA_U32_SEL, &all, sizeof(all));
}

int vr_tc_police(const char *link, const struct vr_tc_rate *rate)
{
    struct vr_nl m;
    uint32_t table[256] = { 0 }; /* asked for, and not used with a link layer that is named */
    uint64_t bytes = bytes_per_second(rate->average), burst = (rate->burst ? rate->burst : rate->average) * 1024;
    int e = delete_qdisc(link, HANDLE(0xffff, 0), TC_H_INGRESS);
    e = e ? e : add_ingress(link);
    e = e ? e : init(&m, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, link, 0, HANDLE(0xffff, 0),
                     HANDLE(1, htons(ETH_P_ALL)));
    if (e)
        return e;
    struct tc_police police = { .action = TC_POLICE_SHOT, .mtu = POLICER_MTU, .burst = bucket_ticks(bytes, burst) };
    set_rate(&police.rate, bytes);
    police.rate.cell_log = 8; /* 256 cells of 256 bytes: the largest packet */
    vr_nl_str(&m, TCA_KIND, "u32");
    struct rtattr *options = vr_nl_attr(&m, TCA_OPTIONS, NULL, 0);
    vr_nl_u32(&m, TCA_U32_CLASSID, HANDLE(0, 1));
    struct rtattr *nest = vr_nl_attr(&m, TCA_U32_POLICE, NULL, 0);
    vr_nl_attr(&m, TCA_POLICE_TBF, &police, sizeof(police));
    vr_nl_attr(&m, TCA_POLICE_RATE, table, sizeof(table));
    if (bytes > UINT32_MAX)
        vr_nl_attr(&m, TCA_POLICE_RATE64, &bytes, sizeof(bytes));
    vr_nl_end(&m, nest);
    match_all(&m);
    vr_nl_end(&m, options);
    e = talk(&m);
    if (!e)
        return 0;
    delete_qdisc(link, HANDLE(0xffff, 0), TC_H_INGRESS);
    return e == ENOENT || e == EOPNOTSUPP || e == EINVAL ? ENOTSUP : e;
}

int vr_tc_clear(const char *link)
{
    int e = delete_qdisc(link, 0, TC_H_ROOT);
    int f = delete_qdisc(link, HANDLE(0xffff, 0), TC_H_INGRESS);
    return e ? e : f;
}

/* ---- classes of guests --------------------------------------------------------------------------------------------- */

static uint32_t filter_handle(unsigned id)
{
    return 0x80000000u | (id & 0xfff); /* u32's own root table, one node per class */
}

/* Frames for this address: its six bytes stand 14 before the network header. */
static int add_mac_filter(const char *bridge, unsigned id, const uint8_t mac[6])
{
    struct vr_nl m;
    struct {
        struct tc_u32_sel sel;
        struct tc_u32_key keys[2];
    } s = { .sel = { .flags = TC_U32_TERMINAL, .nkeys = 2 } };
    s.keys[0].mask = htonl(0x0000ffff);
    s.keys[0].val = htonl((uint32_t)mac[0] << 8 | mac[1]);
    s.keys[0].off = -16;
    s.keys[1].mask = 0xffffffff;
    memcpy(&s.keys[1].val, mac + 2, 4);
    s.keys[1].off = -12;
    int e = init(&m, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_REPLACE, bridge, filter_handle(id), HANDLE(ROOT, 0),
                 HANDLE(MAC_FILTER_PRIO, htons(ETH_P_ALL)));
    if (e)
        return e;
    vr_nl_str(&m, TCA_KIND, "u32");
    struct rtattr *options = vr_nl_attr(&m, TCA_OPTIONS, NULL, 0);
    vr_nl_u32(&m, TCA_U32_CLASSID, HANDLE(ROOT, id));
    vr_nl_attr(&m, TCA_U32_SEL, &s, sizeof(s));
    vr_nl_end(&m, options);
    return talk(&m);
}

int vr_tc_class_add(const char *bridge, unsigned id, const uint8_t mac[6], const struct vr_tc_rate *network, uint64_t floor)
{
    if (id < VR_TC_CLASS_FIRST || id > 0xfff)
        return ERANGE;
    int e = put_class(bridge, CLASS_NETWORK, id, floor, network->peak ? network->peak : network->average, 0, NLM_F_CREATE);
    e = e ? e : add_fair_queue(bridge, id);
    e = e ? e : add_mac_filter(bridge, id, mac);
    if (e)
        vr_tc_class_delete(bridge, id);
    return e;
}

int vr_tc_class_delete(const char *bridge, unsigned id)
{
    struct vr_nl m;
    int e = init(&m, RTM_DELTFILTER, 0, bridge, filter_handle(id), HANDLE(ROOT, 0), HANDLE(MAC_FILTER_PRIO, htons(ETH_P_ALL)));
    if (e)
        return e;
    vr_nl_str(&m, TCA_KIND, "u32");
    talk(&m); /* the filter may be gone, or never have been */
    e = init(&m, RTM_DELTCLASS, 0, bridge, HANDLE(ROOT, id), HANDLE(ROOT, CLASS_NETWORK), 0);
    e = e ? e : talk(&m);
    return e == ENOENT ? 0 : e;
}

int vr_tc_class_rate(const char *bridge, unsigned id, uint64_t rate, uint64_t ceil)
{
    return put_class(bridge, CLASS_NETWORK, id, rate, ceil, 0, 0);
}

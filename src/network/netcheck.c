/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.check"
#include "netcheck.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "firewall.h"
#include "host/bridge.h"
#include "host/nft.h"
#include "host/nft_trace.h"
#include "host/sysfile.h"
#include "host/tap.h"
#include "loop/loop.h"
#include "model/network.h"

#define TABLE "vireo_check"
#define PROBE_TARGET "192.0.2.1"    /* documentation's network: nobody is there to be bothered */
#define PROBE_PORT 33434            /* as traceroute asks */
#define TTL 2                       /* the next router drops it */
#define TRACE_WAIT VR_MS(700)       /* after the last step of a packet */
#define PORT_FORWARDING 3           /* BR_STATE_FORWARDING */
#define STP_WAIT VR_SEC(35)         /* two forward delays of the largest kind, and some */
#define STEP_SPAN VR_SEC(20)

struct probe {
    const struct vr_network_def *def;
    struct vr_tap tap;
    uint8_t source[4], gateway[4];
    char source_text[VR_IP_TEXT], gateway_text[VR_IP_TEXT];
    uint8_t bridge_mac[6];
    struct vr_buf *report;
    bool good;
};

static void bad(struct probe *p)
{
    p->good = false;
}

/* ---- the packet ---------------------------------------------------------------------------------------------------- */

static uint16_t checksum(const uint8_t *data, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)data[i] << 8 | data[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

/* Ethernet, IPv4, UDP without a checksum, eight bytes of nothing. */
#define FRAME_LEN (14 + 20 + 8 + 8)
static void make_frame(const struct probe *p, const uint8_t target[4], unsigned port, uint8_t frame[FRAME_LEN])
{
    static const uint8_t own_mac[6] = { 0x52, 0x54, 0x00, 0xfe, 0xc4, 0xec };
    memset(frame, 0, FRAME_LEN);
    memcpy(frame, p->bridge_mac, 6);
    memcpy(frame + 6, own_mac, 6);
    frame[12] = ETH_P_IP >> 8;
    frame[13] = ETH_P_IP & 0xff;
    uint8_t *ip = frame + 14, *udp = ip + 20;
    ip[0] = 0x45;
    ip[3] = FRAME_LEN - 14;
    ip[8] = TTL;
    ip[9] = IPPROTO_UDP;
    memcpy(ip + 12, p->source, 4);
    memcpy(ip + 16, target, 4);
    uint16_t sum = checksum(ip, 20);
    memcpy(ip + 10, &sum, 2);
    udp[0] = PROBE_PORT >> 8;
    udp[1] = PROBE_PORT & 0xff;
    udp[2] = (uint8_t)(port >> 8);
    udp[3] = (uint8_t)port;
    udp[5] = 16;
}

/* ---- tracing ------------------------------------------------------------------------------------------------------- */

static void delete_table(struct vr_json *commands, const char *verb)
{
    struct vr_json *table = vr_json_object();
    vr_json_add_str(table, "family", "inet");
    vr_json_add_str(table, "name", TABLE);
    vr_nft_command(commands, verb, "table", table);
}

/* Before all others the mark; behind all others, where it arrives or leaves, a rule that shows it came so far. */
VR_SUSPENDS static bool mark_packets(const struct probe *p, struct vr_error **err)
{
    static const struct {
        const char *chain, *hook;
        int priority;
    } chains[] = { { "begin", "prerouting", -350 }, { "arrived", "input", 400 }, { "left", "postrouting", 400 } };
    struct vr_json *commands = vr_json_array();
    delete_table(commands, "add");
    delete_table(commands, "delete");
    delete_table(commands, "add");
    for (size_t i = 0; i < VR_COUNT(chains); i++) {
        vr_nft_base_chain(commands, "inet", TABLE, chains[i].chain, "filter", chains[i].hook, chains[i].priority);
        struct vr_json *expr = vr_json_array();
        if (i == 0) {
            vr_nft_meta(expr, "iifname", "==", p->def->bridge);
            vr_nft_address(expr, "ip", "saddr", "==", p->source_text, 32, 32);
            struct vr_json *key = vr_json_add_str(vr_json_object(), "key", "nftrace"), *mangle = vr_json_object();
            vr_json_add(mangle, "key", vr_json_add(vr_json_object(), "meta", key));
            vr_json_add_int(mangle, "value", 1);
            vr_json_append(expr, vr_json_add(vr_json_object(), "mangle", mangle));
        } else {
            vr_nft_plain(expr, "counter");
            vr_nft_plain(expr, "accept");
        }
        vr_nft_rule(commands, "add", "inet", TABLE, chains[i].chain, expr, NULL);
    }
    return vr_nft_run(commands, vr_after(STEP_SPAN), err);
}

VR_SUSPENDS static void unmark_packets(void)
{
    struct vr_json *commands = vr_json_array();
    VR_AUTO(vr_error) *err = NULL;
    delete_table(commands, "add");
    delete_table(commands, "delete");
    if (!vr_nft_run(commands, vr_after(STEP_SPAN), &err))
        vr_warn("table inet " TABLE " is left behind: %s", vr_error_text(err));
}

enum fate { FATE_SILENT, FATE_SEEN, FATE_ARRIVED, FATE_LEFT, FATE_DROPPED };

/* Follows what was sent until nothing more is told. `last` is the step that decided, or the last one. */
VR_SUSPENDS static enum fate follow(struct vr_nft_trace *trace, struct vr_nft_step *last)
{
    enum fate fate = FATE_SILENT;
    struct vr_nft_step step;
    while (vr_nft_trace_next(trace, &step, vr_after(TRACE_WAIT), NULL)) {
        bool ours = step.family == NFPROTO_INET && vr_streq(step.table, TABLE);
        if (fate == FATE_SILENT)
            fate = FATE_SEEN;
        if (fate != FATE_DROPPED)
            *last = step;
        if (step.dropped)
            fate = FATE_DROPPED;
        else if (ours && vr_streq(step.chain, "arrived"))
            fate = FATE_ARRIVED;
        else if (ours && vr_streq(step.chain, "left"))
            fate = FATE_LEFT;
    }
    return fate;
}

VR_SUSPENDS static void tell_drop(struct probe *p, const struct vr_nft_step *step)
{
    bool own = step->family == NFPROTO_INET && vr_streq(step->table, VR_FIREWALL_TABLE);
    vr_buf_printf(p->report, "dropped in table %s %s, chain %s", vr_nft_family_name(step->family), step->table, step->chain);
    if (step->policy) {
        vr_buf_str(p->report, ", by the chain's policy");
    } else {
        vr_autofree char *rule = vr_nft_rule_text(step->family, step->table, step->chain, step->rule, vr_after(STEP_SPAN));
        vr_buf_printf(p->report, ", by the rule \"%s\"", rule ? rule : "(gone since)");
    }
    if (own)
        vr_buf_str(p->report, " (the network's own rules)");
    vr_buf_char(p->report, '\n');
}

/* ---- the tap ------------------------------------------------------------------------------------------------------- */

VR_SUSPENDS static bool plug_in(struct probe *p, vr_time deadline, struct vr_error **err)
{
    struct vr_tap_spec spec = { .name = "vchk%d", .bridge = p->def->bridge, .mac = { 0x52, 0x54, 0x00, 0xfe, 0xc4, 0xec } };
    struct vr_link link;
    if (!vr_tap_open(&spec, &p->tap, vr_after(STEP_SPAN), err))
        return false;
    int e = vr_link_get(p->def->bridge, 0, &link);
    if (e)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("cannot look at bridge '%s'"), p->def->bridge);
    memcpy(p->bridge_mac, link.mac, 6);
    vr_time end = vr_after(STP_WAIT) < deadline ? vr_after(STP_WAIT) : deadline;
    for (;;) { /* the kernel has no event for a port's state that would be worth a socket here */
        uint64_t state = 0;
        if (vr_sys_read_u64(&state, "/sys/class/net/%s/brport/state", p->tap.name) && state == PORT_FORWARDING)
            return true;
        if (vr_now() >= end)
            return vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, _("the port for the test on bridge '%s' does not begin to forward"),
                           p->def->bridge);
        if (!vr_sleep_until(vr_after(VR_MS(50)), err))
            return false;
    }
}

/* ---- findings ------------------------------------------------------------------------------------------------------ */

VR_SUSPENDS static bool probe_to(struct probe *p, struct vr_nft_trace *trace, const uint8_t target[4], unsigned port,
                                 const char *what, struct vr_error **err)
{
    uint8_t frame[FRAME_LEN];
    struct vr_nft_step last = { 0 };
    make_frame(p, target, port, frame);
    if (write(p->tap.fds[0], frame, FRAME_LEN) != FRAME_LEN) /* a tap takes a frame or drops it: it never waits */
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot send through '%s'"), p->tap.name);
    enum fate fate = follow(trace, &last);
    bool outside = port == PROBE_PORT, promised = !outside || p->def->forward.mode != VR_FORWARD_UNSET;
    vr_buf_printf(p->report, "%s: ", what);
    switch (fate) {
    case FATE_DROPPED:
        if (promised)
            bad(p);
        tell_drop(p, &last);
        break;
    case FATE_LEFT:
        vr_buf_printf(p->report, "passes, leaves by %s\n", *last.out ? last.out : "the host's route");
        if (!promised)
            bad(p);
        break;
    case FATE_ARRIVED:
        vr_buf_str(p->report, outside ? "ends at the host itself, which does not hand it on\n" : "passes\n");
        if (outside && promised)
            bad(p);
        break;
    default:
        vr_buf_printf(p->report, "is lost %s\n", fate == FATE_SEEN ? "between two chains: the host has no route for it, or does not "
                                                 "forward" : "before any chain saw it");
        if (promised)
            bad(p);
    }
    return true;
}

static const char *mode_text(const struct vr_network_def *def)
{
    return def->forward.mode == VR_FORWARD_UNSET ? "isolated" : vr_forward_text(def->forward.mode);
}

static void check_host(struct probe *p)
{
    struct vr_link link;
    char text[VR_IP_TEXT];
    if (vr_link_get(p->def->bridge, 0, &link) || !(link.flags & IFF_UP)) {
        vr_buf_printf(p->report, "bridge: '%s' is %s\n", p->def->bridge, vr_link_get(p->def->bridge, 0, &link) ? "missing" : "down");
        bad(p);
    }
    for (size_t i = 0; i < p->def->ips.n; i++) {
        vr_ip_text(&p->def->ips.v[i]->address, text);
        if (*text && !vr_link_has_address(p->def->bridge, text)) {
            vr_buf_printf(p->report, "address: %s is missing on '%s'\n", text, p->def->bridge);
            bad(p);
        }
    }
    vr_autofree char *forward = vr_sys_read("/proc/sys/net/ipv4/ip_forward");
    if (p->def->forward.mode != VR_FORWARD_UNSET && !vr_streq0(forward, "1")) {
        vr_buf_str(p->report, "forwarding: off (net.ipv4.ip_forward)\n");
        bad(p);
    }
    struct vr_firewall_obstacle *v = NULL;
    size_t n = 0;
    if (!vr_firewall_obstacles(&v, &n))
        return;
    for (size_t i = 0; i < n; i++)
        vr_buf_printf(p->report, "table %s %s, chain %s: drops what it has no rule for%s\n", v[i].family, v[i].table, v[i].chain,
                      v[i].passed ? "; rules for this network are there" : "");
    free(v);
}

VR_SUSPENDS static void check_rules(struct probe *p)
{
    bool repaired = false;
    VR_AUTO(vr_error) *err = NULL;
    if (!vr_firewall_check(&repaired, vr_after(STEP_SPAN), &err)) {
        vr_buf_printf(p->report, "rules: %s\n", vr_error_text(err));
        bad(p);
    } else {
        vr_buf_printf(p->report, "rules: %s\n", repaired ? "were missing and are written again" : "in place");
    }
}

/* The last address but the broadcast's: DHCP ranges rarely reach it; the trace must not see a guest's packets. */
static const struct vr_network_ip *choose_source(struct probe *p)
{
    for (size_t i = 0; i < p->def->ips.n; i++) {
        const struct vr_network_ip *ip = p->def->ips.v[i];
        int prefix = vr_network_ip_prefix(ip);
        if (ip->address.family != VR_IP_V4 || prefix < 0 || prefix > 30)
            continue;
        struct vr_ipaddr source = vr_ip_broadcast(&ip->address, (unsigned)prefix);
        source.b[3]--;
        if (vr_ip_equal(&source, &ip->address))
            source.b[3]--;
        memcpy(p->source, source.b, 4);
        memcpy(p->gateway, ip->address.b, 4);
        vr_ip_text(&source, p->source_text);
        vr_ip_text(&ip->address, p->gateway_text);
        return ip;
    }
    return NULL;
}

VR_SUSPENDS static bool send_probes(struct probe *p, const struct vr_network_ip *ip, struct vr_error **err)
{
    VR_AUTO(vr_nft_trace) *trace = vr_nft_trace_open(err);
    uint8_t target[4];
    if (!trace || !mark_packets(p, err))
        return false;
    inet_pton(AF_INET, PROBE_TARGET, target);
    vr_autofree char *out = vr_printf("packet from %s to the outside (%s)", p->source_text, PROBE_TARGET);
    vr_autofree char *dns = vr_printf("packet from %s to %s, DNS", p->source_text, p->gateway_text);
    vr_autofree char *dhcp = vr_printf("packet from %s to %s, DHCP", p->source_text, p->gateway_text);
    bool ok = probe_to(p, trace, target, PROBE_PORT, out, err) &&
              (p->def->dns.enable == VR_TRI_NO || probe_to(p, trace, p->gateway, 53, dns, err)) &&
              (!(ip->ranges.n || ip->hosts.n) || probe_to(p, trace, p->gateway, 67, dhcp, err));
    vr_shield(vr_after(STEP_SPAN))
        unmark_packets();
    return ok;
}

VR_SUSPENDS bool vr_netcheck_run(const struct vr_network_def *def, struct vr_buf *report, bool *good, vr_time deadline,
                                 struct vr_error **err)
{
    struct probe p = { .def = def, .report = report, .good = true };
    vr_buf_printf(report, "network '%s': bridge %s, %s\n", def->name, def->bridge, mode_text(def));
    if (def->forward.mode != VR_FORWARD_OPEN)
        check_rules(&p);
    check_host(&p);
    const struct vr_network_ip *ip = choose_source(&p);
    bool ok = true;
    if (!ip)
        vr_buf_str(report, "no packet is sent: the network has no IPv4 address\n");
    else
        ok = plug_in(&p, deadline, err) && send_probes(&p, ip, err);
    vr_tap_done(&p.tap);
    *good = p.good;
    return ok;
}

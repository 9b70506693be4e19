/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_FIREWALL
#define VR_LOG_SOURCE "network.firewall"
/*
 * Others' tables. iptables (the one over nftables) and Docker keep theirs in table "filter" of families ip and ip6. What
 * they drop is dropped, whatever our own table says, so rules that let our bridges through stand at the head of their
 * chains, each in a form that iptables reads and prints, with a comment that tells whose it is.
 */
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "firewall_internal.h"

#define MARK "vireo:"
#define FILTER "filter"

enum place { FORWARDED, RECEIVED, SENT };

static const struct place_row {
    uint8_t family;
    const char *chain;
    enum place place;
    bool always;    /* a chain made for others' rules; else only where something may be dropped */
} places[] = {
    { NFPROTO_IPV4, "DOCKER-USER", FORWARDED, true },
    { NFPROTO_IPV6, "DOCKER-USER", FORWARDED, true },
    { NFPROTO_IPV4, "FORWARD", FORWARDED, false },
    { NFPROTO_IPV6, "FORWARD", FORWARDED, false },
    { NFPROTO_IPV4, "INPUT", RECEIVED, false },
    { NFPROTO_IPV6, "INPUT", RECEIVED, false },
    { NFPROTO_IPV4, "OUTPUT", SENT, false },
    { NFPROTO_IPV6, "OUTPUT", SENT, false },
};

/* Services of the host that guests need, and the answers. */
static const struct {
    enum place place;
    bool tftp, only4, only6;
    const char *protocol;
    unsigned port;
} services[] = {
    { RECEIVED, false, false, false, "udp", 53 }, { RECEIVED, false, false, false, "tcp", 53 },
    { RECEIVED, false, true, false, "udp", 67 },  { RECEIVED, false, false, true, "udp", 547 },
    { RECEIVED, true, true, false, "udp", 69 },   { SENT, false, true, false, "udp", 68 },
    { SENT, false, false, true, "udp", 546 },
};

struct context {
    const struct place_row *row;
    const struct vr_firewall_net *net;
    struct vr_json *commands;   /* NULL: only count */
    char comment[VR_NFT_NAME];
    size_t n;
};

static void add(struct context *c, const char *in, const char *out, const char *protocol, unsigned port)
{
    c->n++;
    if (!c->commands)
        return;
    struct vr_json *expr = vr_json_array();
    if (in)
        vr_nft_meta(expr, "iifname", "==", in);
    if (out)
        vr_nft_meta(expr, "oifname", "==", out);
    if (protocol)
        vr_nft_port(expr, protocol, "dport", port);
    vr_nft_plain(expr, "accept");
    vr_nft_rule(c->commands, "insert", vr_nft_family_name(c->row->family), FILTER, c->row->chain, expr, c->comment);
}

static bool has_family(const struct vr_firewall_net *net, uint8_t family)
{
    for (size_t i = 0; i < net->subnet_count; i++)
        if (net->subnets[i].ipv6 == (family == NFPROTO_IPV6))
            return true;
    return false;
}

/* Adds (or only counts) the rules of one network in one chain. */
static size_t rules_for(struct context *c)
{
    const struct vr_firewall_net *net = c->net;
    bool v6 = c->row->family == NFPROTO_IPV6;
    c->n = 0;
    if (c->row->place == FORWARDED) {
        if (net->mode == VR_FIREWALL_ISOLATED || !has_family(net, c->row->family)) {
            add(c, net->bridge, net->bridge, NULL, 0);
        } else {
            add(c, net->bridge, NULL, NULL, 0);
            add(c, NULL, net->bridge, NULL, 0);
        }
        return c->n;
    }
    for (size_t i = 0; i < VR_COUNT(services) && has_family(net, c->row->family); i++) {
        if (services[i].place != c->row->place || (services[i].only4 && v6) || (services[i].only6 && !v6) ||
            (services[i].tftp && !net->tftp))
            continue;
        bool received = c->row->place == RECEIVED;
        add(c, received ? net->bridge : NULL, received ? NULL : net->bridge, services[i].protocol, services[i].port);
    }
    return c->n;
}

/* ---- comparing ----------------------------------------------------------------------------------------------------- */

static const struct vr_nft_chain *find_chain(const struct vr_nft_chain *chains, size_t n, uint8_t family, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (chains[i].family == family && vr_streq(chains[i].table, FILTER) && vr_streq(chains[i].name, name))
            return &chains[i];
    return NULL;
}

static bool wanted_in(const struct place_row *row, const struct vr_nft_chain *chains, size_t n)
{
    const struct vr_nft_chain *chain = find_chain(chains, n, row->family, row->chain);
    if (!chain || row->always)
        return chain != NULL;
    if (row->place == FORWARDED && find_chain(chains, n, row->family, "DOCKER-USER"))
        return false; /* FORWARD asks that one first */
    return chain->base && (chain->drop || chain->use);
}

static void delete_rule(struct vr_json *commands, const struct place_row *row, uint64_t handle)
{
    struct vr_json *rule = vr_json_object();
    vr_json_add_str(rule, "family", vr_nft_family_name(row->family));
    vr_json_add_str(rule, "table", FILTER);
    vr_json_add_str(rule, "chain", row->chain);
    vr_json_add_uint(rule, "handle", handle);
    vr_nft_command(commands, "delete", "rule", rule);
}

static size_t count_marked(const struct vr_nft_rule_info *rules, size_t n, const char *comment)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += vr_streq(rules[i].comment, comment);
    return count;
}

static void sync_place(const struct place_row *row, bool wanted, struct vr_json *commands)
{
    struct vr_nft_rule_info *rules = NULL;
    size_t n = 0;
    if (!vr_nft_rules(row->family, FILTER, row->chain, &rules, &n))
        return;
    bool *keep = vr_alloc(n + 1);
    for (size_t i = 0; wanted && i < vr_firewall_count(); i++) {
        struct context c = { .row = row, .net = vr_firewall_at(i) };
        snprintf(c.comment, sizeof(c.comment), MARK "%s", c.net->bridge);
        bool same = rules_for(&c) == count_marked(rules, n, c.comment);
        for (size_t r = 0; same && r < n; r++)
            keep[r] |= vr_streq(rules[r].comment, c.comment);
        c.commands = commands;
        if (!same)
            rules_for(&c);
    }
    for (size_t r = 0; r < n; r++)
        if (!keep[r] && vr_starts_with(rules[r].comment, MARK))
            delete_rule(commands, row, rules[r].handle);
    free(keep);
    free(rules);
}

VR_SUSPENDS bool vr_firewall_foreign_sync_locked(vr_time deadline, struct vr_error **err)
{
    struct vr_nft_chain *chains = NULL;
    size_t n = 0;
    if (!vr_nft_chains(&chains, &n))
        return true; /* it changes just now: an event follows */
    struct vr_json *commands = vr_json_array();
    for (size_t i = 0; i < VR_COUNT(places); i++)
        if (find_chain(chains, n, places[i].family, places[i].chain))
            sync_place(&places[i], wanted_in(&places[i], chains, n), commands);
    free(chains);
    if (vr_json_len(commands))
        return vr_nft_run(commands, deadline, err);
    vr_json_free(commands);
    return true;
}

/* ---- who may drop -------------------------------------------------------------------------------------------------- */

bool vr_firewall_obstacles(struct vr_firewall_obstacle **out, size_t *count)
{
    struct vr_nft_chain *chains = NULL;
    size_t n = 0, cap = 0;
    if (!vr_nft_chains(&chains, &n))
        return false;
    struct vr_firewall_obstacle *v = NULL;
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        const struct vr_nft_chain *c = &chains[i];
        if (!c->base || !c->drop || c->hook != NF_INET_FORWARD ||
            (c->family != NFPROTO_IPV4 && c->family != NFPROTO_IPV6 && c->family != NFPROTO_INET) ||
            (c->family == NFPROTO_INET && vr_streq(c->table, VR_FIREWALL_TABLE)))
            continue;
        VR_GROW(v, *count + 1, cap);
        struct vr_firewall_obstacle *o = &v[(*count)++];
        *o = (struct vr_firewall_obstacle){ .family = vr_nft_family_name(c->family) };
        snprintf(o->table, sizeof(o->table), "%s", c->table);
        snprintf(o->chain, sizeof(o->chain), "%s", c->name);
        o->passed = c->family != NFPROTO_INET && vr_streq(c->table, FILTER) && vr_streq(c->name, "FORWARD");
    }
    free(chains);
    *out = v;
    return true;
}

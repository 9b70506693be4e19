/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of each kind of network, as commands for nft. */
#include <stdio.h>
#include <string.h>
#include "base/alloc.h"
#include "base/json.h"
#include "firewall_internal.h"
#include "host/nft.h"

#define FAMILY VR_FIREWALL_FAMILY
#define TABLE VR_FIREWALL_TABLE
#define PRIORITY_FILTER 0
#define PRIORITY_SRCNAT 100
#define LOW_PORT 1024
#define HIGH_PORT 65535

/* Maps from a bridge's name to its chain: a packet looks its bridge up instead of going past the rules of all others. */
const struct vr_firewall_map vr_firewall_maps[] = {
    { "guest_out", "iifname", "forward", "out" },
    { "guest_in", "oifname", "forward", "in" },
    { "guest_nat", "iifname", "postrouting", "nat" },
};
const char *const vr_firewall_map_names[] = { "guest_out", "guest_in", "guest_nat", NULL };

static void add_chain(struct vr_json *commands, const char *name)
{
    vr_nft_command(commands, "add", "chain", vr_nft_object(FAMILY, TABLE, name));
    vr_nft_command(commands, "flush", "chain", vr_nft_object(FAMILY, TABLE, name));
}

static void rule(struct vr_json *commands, const char *chain, struct vr_json *expr)
{
    vr_nft_rule(commands, "add", FAMILY, TABLE, chain, expr, NULL);
}

void vr_firewall_table(struct vr_json *commands, const char *verb)
{
    struct vr_json *table = vr_json_object();
    vr_json_add_str(table, "family", FAMILY);
    vr_json_add_str(table, "name", TABLE);
    vr_nft_command(commands, verb, "table", table);
}

void vr_firewall_skeleton(struct vr_json *commands)
{
    vr_firewall_table(commands, "add");
    for (size_t i = 0; i < VR_FIREWALL_MAPS; i++) {
        struct vr_json *map = vr_nft_object(FAMILY, TABLE, vr_firewall_maps[i].name);
        vr_json_add_str(map, "type", "ifname");
        vr_json_add_str(map, "map", "verdict");
        vr_nft_command(commands, "add", "map", map);
    }
    vr_nft_base_chain(commands, FAMILY, TABLE, "forward", "filter", "forward", PRIORITY_FILTER);
    vr_nft_base_chain(commands, FAMILY, TABLE, "postrouting", "nat", "postrouting", PRIORITY_SRCNAT);
    vr_nft_command(commands, "flush", "chain", vr_nft_object(FAMILY, TABLE, "forward"));
    vr_nft_command(commands, "flush", "chain", vr_nft_object(FAMILY, TABLE, "postrouting"));
    for (size_t i = 0; i < VR_FIREWALL_MAPS; i++) {
        struct vr_json *expr = vr_json_array();
        vr_nft_vmap(expr, vr_firewall_maps[i].key, vr_firewall_maps[i].name);
        rule(commands, vr_firewall_maps[i].chain, expr);
    }
}

static void chain_name(char out[VR_NFT_NAME], const char *kind, const char *bridge)
{
    snprintf(out, VR_NFT_NAME, "%s_%s", kind, bridge);
}

void vr_firewall_element(struct vr_json *commands, const char *verb, const struct vr_firewall_map *map, const char *bridge)
{
    char chain[VR_NFT_NAME];
    chain_name(chain, map->kind, bridge);
    struct vr_json *elements = vr_json_array();
    if (strcmp(verb, "delete") == 0) {
        vr_json_append(elements, vr_json_str(bridge));
    } else {
        struct vr_json *target = vr_json_add_str(vr_json_object(), "target", chain), *pair = vr_json_array();
        vr_json_append(pair, vr_json_str(bridge));
        vr_json_append(pair, vr_json_add(vr_json_object(), "jump", target));
        vr_json_append(elements, pair);
    }
    vr_nft_command(commands, verb, "element", vr_json_add(vr_nft_object(FAMILY, TABLE, map->name), "elem", elements));
}

/* ---- filtering ----------------------------------------------------------------------------------------------------- */

static const char *ip_of(const struct vr_firewall_subnet *s)
{
    return s->ipv6 ? "ip6" : "ip";
}

static unsigned bits_of(const struct vr_firewall_subnet *s)
{
    return s->ipv6 ? 128 : 32;
}

static void match_subnet(struct vr_json *expr, const struct vr_firewall_subnet *s, const char *field, const char *op)
{
    vr_nft_address(expr, ip_of(s), field, op, s->address, s->prefix, bits_of(s));
}

/* Is this subnet's traffic given another source address? Then only answers come in. */
static bool is_natted(const struct vr_firewall_net *net, const struct vr_firewall_subnet *s)
{
    return net->mode == VR_FIREWALL_NAT && (!s->ipv6 || net->nat_ipv6);
}

/*
 * From the bridge: to itself always (frames between guests come here when bridges hand them to the packet filter), else
 * with an address of the network, to where it may. "return" leaves the last word to the bridge a packet goes to.
 */
static void add_out(struct vr_json *commands, const struct vr_firewall_net *net, const char *chain)
{
    struct vr_json *expr = vr_json_array();
    vr_nft_meta(expr, "oifname", "==", net->bridge);
    vr_nft_plain(expr, "accept");
    rule(commands, chain, expr);
    for (size_t i = 0; net->mode != VR_FIREWALL_ISOLATED && i < net->subnet_count; i++) {
        expr = vr_json_array();
        match_subnet(expr, &net->subnets[i], "saddr", "==");
        if (net->forward_dev)
            vr_nft_meta(expr, "oifname", "==", net->forward_dev);
        vr_nft_plain(expr, "return");
        rule(commands, chain, expr);
    }
    expr = vr_json_array();
    vr_nft_reject(expr);
    rule(commands, chain, expr);
}

static void add_in(struct vr_json *commands, const struct vr_firewall_net *net, const char *chain)
{
    struct vr_json *expr;
    for (size_t i = 0; net->mode != VR_FIREWALL_ISOLATED && i < net->subnet_count; i++) {
        expr = vr_json_array();
        match_subnet(expr, &net->subnets[i], "daddr", "==");
        if (net->forward_dev)
            vr_nft_meta(expr, "iifname", "==", net->forward_dev);
        if (is_natted(net, &net->subnets[i]))
            vr_nft_established(expr);
        vr_nft_plain(expr, "accept");
        rule(commands, chain, expr);
    }
    expr = vr_json_array();
    vr_nft_reject(expr);
    rule(commands, chain, expr);
}

/* ---- source addresses ---------------------------------------------------------------------------------------------- */

/* What is for the neighbours of the outgoing device keeps its address: no answer would find its way. */
static void spare_local_groups(struct vr_json *commands, const char *chain, const struct vr_firewall_subnet *s)
{
    static const struct {
        bool ipv6;
        const char *address;
        unsigned prefix;
    } groups[] = { { false, "224.0.0.0", 24 }, { false, "255.255.255.255", 32 }, { true, "ff02::", 16 } };
    for (size_t i = 0; i < VR_COUNT(groups); i++) {
        if (groups[i].ipv6 != s->ipv6)
            continue;
        struct vr_json *expr = vr_json_array();
        match_subnet(expr, s, "saddr", "==");
        vr_nft_address(expr, ip_of(s), "daddr", "==", groups[i].address, groups[i].prefix, bits_of(s));
        vr_nft_plain(expr, "return");
        rule(commands, chain, expr);
    }
}

static struct vr_json *range_of(struct vr_json *low, struct vr_json *high)
{
    struct vr_json *pair = vr_json_array();
    vr_json_append(pair, low);
    vr_json_append(pair, high);
    return vr_json_add(vr_json_object(), "range", pair);
}

static void translate(struct vr_json *expr, const struct vr_firewall_net *net, const struct vr_firewall_subnet *s, bool ports)
{
    struct vr_json *how = vr_json_object();
    bool named = net->nat_start && !s->ipv6;
    if (named) {
        vr_json_add_str(how, "family", "ip");
        if (!net->nat_end || strcmp(net->nat_start, net->nat_end) == 0)
            vr_json_add_str(how, "addr", net->nat_start);
        else
            vr_json_add(how, "addr", range_of(vr_json_str(net->nat_start), vr_json_str(net->nat_end)));
    }
    if (ports) {
        unsigned low = net->port_start ? net->port_start : LOW_PORT, high = net->port_end ? net->port_end : HIGH_PORT;
        vr_json_add(how, "port", low == high ? vr_json_uint(low) : range_of(vr_json_uint(low), vr_json_uint(high)));
    }
    bool bare = !named && !ports;
    if (bare)
        vr_json_free(how);
    vr_json_append(expr, vr_json_add(vr_json_object(), named ? "snat" : "masquerade", bare ? vr_json_null() : how));
}

/* Unprivileged ports: what a guest sends from port 53 or 123 must not look like the host's own service. */
static void add_nat(struct vr_json *commands, const struct vr_firewall_net *net, const char *chain)
{
    static const char *const protocols[] = { "tcp", "udp", NULL };
    for (size_t i = 0; i < net->subnet_count; i++) {
        const struct vr_firewall_subnet *s = &net->subnets[i];
        if (!is_natted(net, s))
            continue;
        spare_local_groups(commands, chain, s);
        for (size_t p = 0; p < VR_COUNT(protocols); p++) {
            struct vr_json *expr = vr_json_array();
            match_subnet(expr, s, "saddr", "==");
            match_subnet(expr, s, "daddr", "!=");
            if (net->forward_dev)
                vr_nft_meta(expr, "oifname", "==", net->forward_dev);
            if (protocols[p])
                vr_nft_meta(expr, "l4proto", "==", protocols[p]);
            translate(expr, net, s, protocols[p] != NULL);
            rule(commands, chain, expr);
        }
    }
}

/* ---- a network ----------------------------------------------------------------------------------------------------- */

bool vr_firewall_uses(const struct vr_firewall_net *net, const struct vr_firewall_map *map)
{
    return net->mode != VR_FIREWALL_OPEN && (map != &vr_firewall_maps[2] || net->mode == VR_FIREWALL_NAT);
}

void vr_firewall_add_net(struct vr_json *commands, const struct vr_firewall_net *net)
{
    static void (*const fill[])(struct vr_json *, const struct vr_firewall_net *, const char *) = { add_out, add_in, add_nat };
    for (size_t i = 0; i < VR_FIREWALL_MAPS; i++) {
        char chain[VR_NFT_NAME];
        if (!vr_firewall_uses(net, &vr_firewall_maps[i]))
            continue;
        chain_name(chain, vr_firewall_maps[i].kind, net->bridge);
        add_chain(commands, chain);
        fill[i](commands, net, chain);
        vr_firewall_element(commands, "add", &vr_firewall_maps[i], net->bridge);
    }
}

/* Adding first makes the removal succeed whatever is missing. */
void vr_firewall_drop_net(struct vr_json *commands, const struct vr_firewall_net *net)
{
    for (size_t i = 0; i < VR_FIREWALL_MAPS; i++) {
        char chain[VR_NFT_NAME];
        if (!vr_firewall_uses(net, &vr_firewall_maps[i]))
            continue;
        chain_name(chain, vr_firewall_maps[i].kind, net->bridge);
        add_chain(commands, chain);
        vr_firewall_element(commands, "add", &vr_firewall_maps[i], net->bridge);
        vr_firewall_element(commands, "delete", &vr_firewall_maps[i], net->bridge);
        vr_nft_command(commands, "delete", "chain", vr_nft_object(FAMILY, TABLE, chain));
    }
}

struct vr_json *vr_firewall_commands(const struct vr_firewall_net *const *nets, size_t count)
{
    struct vr_json *commands = vr_json_array();
    vr_firewall_table(commands, "add");
    vr_firewall_table(commands, "delete");
    vr_firewall_skeleton(commands);
    for (size_t i = 0; i < count; i++)
        vr_firewall_add_net(commands, nets[i]);
    return commands;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.start"
#include "start.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "dhcpd.h"
#include "dnsmasq.h"
#include "driver.h"
#include "driver/hook.h"
#include "driver/netport.h"
#include "events.h"
#include "firewall.h"
#include "host/bridge.h"
#include "host/netlink.h"
#include "host/tc.h"
#include "ports.h"
#include "status.h"

#define BRIDGES_MAX 256
#define NAT_PORT_FIRST 1024
#define NAT_PORT_LAST 65535

/* ---- the bridge's name --------------------------------------------------------------------------------------------- */

/* A definition that was not parsed yet is asked by its text first: most do not mention the name at all. */
static bool config_has_bridge(struct vr_net *net, const char *bridge)
{
    if (net->config_text) {
        vr_autofree char *text = vr_unpack(net->config_text);
        if (!strstr(text, bridge))
            return false;
    }
    struct vr_network_def *config = net->persistent ? vr_net_config(net, NULL) : NULL;
    return config && vr_streq0(config->bridge, bridge);
}

/* By name: whoever is called so is what the definition replaces, or is refused for that. */
static bool bridge_taken(const char *bridge, const char *except)
{
    size_t pos = 0;
    for (struct vr_net *n; (n = vr_net_list_each(vr_networks.list, true, &pos));)
        if (!vr_streq(n->name, except) && ((n->live && vr_streq0(n->live->bridge, bridge)) || config_has_bridge(n, bridge)))
            return true;
    return false;
}

bool vr_net_name_bridge(struct vr_network_def *def, struct vr_error **err)
{
    if (!vr_network_makes_bridge(def))
        return true;
    const char *at = def->bridge ? strstr(def->bridge, "%d") : NULL;
    if (def->bridge && !at) {
        if (bridge_taken(def->bridge, def->name))
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("bridge name '%s' already in use."), def->bridge);
        return true;
    }
    /* only "virbr%d" itself or a template may come here: what stands around the number */
    int head = at ? (int)(at - def->bridge) : 5;
    const char *start = at ? def->bridge : "virbr", *tail = at ? at + 2 : "";
    for (unsigned i = 0; i < BRIDGES_MAX; i++) {
        vr_autofree char *name = vr_printf("%.*s%u%s", head, start, i, tail);
        if (!bridge_taken(name, def->name) && !if_nametoindex(name)) {
            def->bridge = vr_arena_strdup(def->arena, name);
            return true;
        }
    }
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Bridge generation exceeded max id %d"), BRIDGES_MAX);
}

/* ---- bridge, addresses, routes ------------------------------------------------------------------------------------- */

struct bridge_plan {
    struct vr_bridge_spec spec;
    struct vr_ip_spec *ips;
    struct vr_route_spec *routes;
    struct vr_arena *arena;
};

static void plan_done(struct bridge_plan *plan)
{
    vr_arena_free(plan->arena);
}
#define AUTO_PLAN __attribute__((cleanup(plan_done))) struct bridge_plan

static const char *ip_text(struct bridge_plan *plan, const struct vr_ipaddr *ip)
{
    return vr_ip_text(ip, vr_arena_alloc(plan->arena, VR_IP_TEXT));
}

static bool plan_bridge(struct bridge_plan *plan, const struct vr_network_def *def, struct vr_error **err)
{
    plan->arena = vr_arena_new();
    struct vr_bridge_spec *s = &plan->spec;
    *s = (struct vr_bridge_spec){
        .name = def->bridge, .has_mac = def->has_mac, .stp = def->stp != VR_TRI_NO, .mtu = def->mtu,
        .delay_ms = def->delay > UINT32_MAX / 1000 ? UINT32_MAX : (unsigned)def->delay * 1000,
        .vlan_filtering = def->mac_table == VR_MAC_TABLE_LIBVIRT, .no_ipv6 = true,
    };
    memcpy(s->mac, def->mac.b, sizeof(s->mac));
    plan->ips = vr_arena_alloc(plan->arena, (def->ips.n + 1) * sizeof(*plan->ips));
    for (size_t i = 0; i < def->ips.n; i++) {
        const struct vr_network_ip *ip = def->ips.v[i];
        int prefix = vr_network_ip_prefix(ip);
        if (prefix < 0)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("bridge '%s' has an invalid netmask or IP address"), def->bridge);
        plan->ips[i] = (struct vr_ip_spec){ .address = ip_text(plan, &ip->address), .prefix = (unsigned)prefix };
        bool v6 = ip->address.family == VR_IP_V6;
        s->no_ipv6 &= !v6;
        if (def->forward.mode)
            *(v6 ? &s->forward6 : &s->forward4) = true;
    }
    plan->routes = vr_arena_alloc(plan->arena, (def->routes.n + 1) * sizeof(*plan->routes));
    for (size_t i = 0; i < def->routes.n; i++) {
        const struct vr_network_route *r = def->routes.v[i];
        int prefix = vr_network_route_prefix(r);
        if (prefix < 0)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR,
                           _("network '%s' has an invalid netmask or IP address in route definition"), def->name);
        plan->routes[i] = (struct vr_route_spec){ .address = ip_text(plan, &r->address), .prefix = (unsigned)prefix,
            .gateway = ip_text(plan, &r->gateway), .metric = r->metric.set ? r->metric.v : 1 };
    }
    s->addresses = plan->ips;
    s->address_count = def->ips.n;
    s->routes = plan->routes;
    s->route_count = def->routes.n;
    return true;
}

VR_SUSPENDS static bool make_bridge(const struct vr_network_def *def, bool existing, struct vr_error **err)
{
    AUTO_PLAN plan = { 0 };
    if (!plan_bridge(&plan, def, err))
        return false;
    plan.spec.existing = existing;
    return vr_bridge_up(&plan.spec, vr_after(VR_NET_SPAN_STEP), err);
}

/* ---- bandwidth ----------------------------------------------------------------------------------------------------- */

struct shaping {
    char bridge[VR_IFNAME];
    struct vr_tc_rate in, out;
    int errnum;
};

static struct vr_tc_rate rate_of(const struct vr_bandwidth_side *s)
{
    struct vr_tc_rate r = { 0 };
    if (s)
        r = (struct vr_tc_rate){ .average = s->average.v, .peak = s->peak.v, .burst = s->burst.v, .floor = s->floor.v };
    return r;
}

static void shape_task(void *arg)
{
    struct shaping *s = arg;
    /* seen from the guests: what goes into the network leaves the host through the bridge */
    if (s->in.average)
        s->errnum = vr_tc_shape(s->bridge, &s->in, true);
    if (!s->errnum && s->out.average)
        s->errnum = vr_tc_police(s->bridge, &s->out);
}

VR_SUSPENDS static bool set_bandwidth(const struct vr_network_def *def, struct vr_error **err)
{
    if (!def->bandwidth || (!def->bandwidth->in && !def->bandwidth->out))
        return true;
    struct shaping *s = vr_new(struct shaping);
    snprintf(s->bridge, sizeof(s->bridge), "%s", def->bridge);
    s->in = rate_of(def->bandwidth->in);
    s->out = rate_of(def->bandwidth->out);
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "bandwidth", shape_task, s, free, vr_after(VR_NET_SPAN_STEP), err))
        return false;
    int errnum = s->errnum;
    free(s);
    return !errnum || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errnum, _("cannot set bandwidth limits on %s"), def->bridge);
}

/* ---- networks with a bridge of their own --------------------------------------------------------------------------- */

/* Nobody comes back for what is left, so each step is tried twice. */
VR_SUSPENDS static void unmake(struct vr_net *net)
{
    const struct vr_network_def *def = net->live;
    VR_AUTO(vr_error) *rules_err = NULL, *bridge_err = NULL;
    vr_shield(vr_after(VR_NET_SPAN_CLEANUP)) {
        vr_dhcpd_stop(net);
        if (!vr_firewall_remove(def->bridge, vr_after(VR_NET_SPAN_STEP), NULL) &&
            !vr_firewall_remove(def->bridge, vr_after(VR_NET_SPAN_STEP), &rules_err))
            vr_warn("rules of network '%s' are left in the packet filter: %s", net->name, vr_error_text(rules_err));
        if (!vr_bridge_down(def->bridge, vr_after(VR_NET_SPAN_STEP), NULL) &&
            !vr_bridge_down(def->bridge, vr_after(VR_NET_SPAN_STEP), &bridge_err))
            vr_warn("bridge '%s' of network '%s' is left: %s", def->bridge, net->name, vr_error_text(bridge_err));
    }
}

/* Packet filter and DHCP server do not depend on each other, and each waits for a process: they wait together. */
struct rules_job {
    const struct vr_network_def *def;
    bool done, good;
    struct vr_error *err;
    struct vr_cond cond;
};

VR_SUSPENDS static void rules_main(void *arg)
{
    struct rules_job *job = arg;
    job->good = vr_firewall_up(job->def, vr_after(VR_NET_SPAN_STEP), &job->err);
    job->done = true;
    vr_cond_broadcast(&job->cond);
}

VR_SUSPENDS static bool rules_and_dhcp(struct vr_net *net, struct vr_error **err)
{
    struct rules_job job = { .def = net->live };
    if (!vr_fiber_start(vr_networks.work, "network rules", rules_main, &job, err))
        return false;
    bool dhcp = false;
    VR_AUTO(vr_error) *dhcp_err = NULL;
    vr_shield(vr_after(2 * VR_NET_SPAN_STEP)) { /* the fiber uses our stack: its end is waited for */
        dhcp = vr_dhcpd_start(net, &dhcp_err);
        while (!job.done)
            if (!vr_cond_wait(&job.cond, vr_after(VR_NET_SPAN_STEP), NULL) && !job.done)
                vr_yield();
    }
    if (!job.good)
        return vr_error_move(err, &job.err);
    return dhcp || vr_error_move(err, &dhcp_err);
}

VR_SUSPENDS static bool make(struct vr_net *net, struct vr_error **err)
{
    struct vr_network_def *def = net->live;
    bool moved = false;
    if (!vr_net_find_subnet(def, &moved, err))
        return false;
    if (vr_network_dhcp_ip(def, VR_IP_V6))
        for (size_t i = 0; i < def->ips.n; i++)
            if (def->ips.v[i]->address.family == VR_IP_V6 && !def->ips.v[i]->ranges.n && !def->ips.v[i]->hosts.n)
                vr_warn("network '%s': for IPv6, addresses beside the one with DHCP are not announced to guests", net->name);
    if (def->forward.mode == VR_FORWARD_NAT && !def->forward.port_start.set) {
        def->forward.port_start = (struct vr_ouint){ true, NAT_PORT_FIRST };
        def->forward.port_end = (struct vr_ouint){ true, NAT_PORT_LAST };
    }
    struct vr_link found;
    if (vr_link_get(def->bridge, 0, &found) == 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, EEXIST, _("error creating bridge interface %s"), def->bridge);
    if (!make_bridge(def, false, err))
        return false;
    bool good = rules_and_dhcp(net, err) && set_bandwidth(def, err);
    if (!good)
        unmake(net);
    return good;
}

/* ---- start --------------------------------------------------------------------------------------------------------- */

static void forget_live(struct vr_net *net)
{
    vr_network_def_free(vr_take(net->live));
    vr_ports_forget(net);
    free(vr_take(net->classes));
    free(vr_take(net->status_extra));
    net->class_words = 0;
    net->floor_sum = 0;
}

/* Stock notes in the record that a script had its hands in it. */
static void note_hook(struct vr_net *net)
{
    if (!net->status_extra)
        net->status_extra = vr_strdup("  <taint flag='hook-script'/>\n");
}

VR_SUSPENDS bool vr_net_start(struct vr_net *net, struct vr_network_def *def, struct vr_error **err)
{
    if (net->live) {
        vr_network_def_free(def);
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("network is already active"));
    }
    net->live = def;
    net->starting = true;
    def->uuid = net->uuid;
    bool own = vr_network_makes_bridge(def);
    bool made = false;
    bool good = vr_net_name_bridge(def, err) && vr_net_hook(net, "start", "begin", NULL, err) &&
                (own ? make(net, err) : vr_net_fill_pool(def, err));
    made = good && own;
    if (good && vr_hook_present("network"))
        note_hook(net);
    good = good && vr_net_hook(net, "started", "begin", NULL, err) && vr_net_save_status(net, err);
    if (!good) {
        if (made)
            unmake(net);
        vr_autofree char *bridge = vr_strdup(net->live->bridge);
        vr_shield(vr_after(VR_NET_SPAN_CLEANUP)) {
            forget_live(net);
            vr_net_save_status(net, NULL);
            if (!net->persistent && own && bridge)
                vr_dhcpd_remove_leases(bridge);
        }
        net->starting = false;
        return false;
    }
    net->starting = false;
    vr_net_emit_lifecycle(net, VIR_NETWORK_EVENT_STARTED);
    vr_netport_started(net->name);
    return true;
}

VR_SUSPENDS bool vr_net_start_persistent(struct vr_net *net, struct vr_error **err)
{
    if (net->live)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("network is already active"));
    struct vr_network_def *config = vr_net_config(net, err);
    return config && vr_net_start(net, vr_network_def_copy(config), err);
}

VR_SUSPENDS void vr_net_stop(struct vr_net *net)
{
    VR_AUTO(vr_error) *err = NULL, *hook_err = NULL;
    vr_autofree char *bridge = vr_strdup(net->live->bridge);
    bool own = vr_network_makes_bridge(net->live);
    vr_shield(vr_after(2 * VR_NET_SPAN_CLEANUP)) {
        if (own)
            unmake(net);
        vr_ports_remove_files(net);
        if (!vr_net_hook(net, "stopped", "end", NULL, &hook_err))
            vr_warn("network '%s': %s", net->name, vr_error_text(hook_err));
        forget_live(net);
        if (!vr_net_save_status(net, NULL) && !vr_net_save_status(net, &err))
            vr_warn("the record of network '%s' is left: %s", net->name, vr_error_text(err));
        if (!net->persistent && own)
            vr_dhcpd_remove_leases(bridge);
    }
    vr_net_emit_lifecycle(net, VIR_NETWORK_EVENT_STOPPED);
}

/* ---- a new daemon -------------------------------------------------------------------------------------------------- */

static bool bridge_is_whole(const struct vr_network_def *def)
{
    char text[VR_IP_TEXT];
    struct vr_link link;
    if (vr_link_get(def->bridge, 0, &link) != 0 || !(link.flags & IFF_UP))
        return false;
    for (size_t i = 0; i < def->ips.n; i++)
        if (!vr_link_has_address(def->bridge, vr_ip_text(&def->ips.v[i]->address, text)))
            return false;
    return true;
}

VR_SUSPENDS void vr_net_repair(struct vr_net *net)
{
    VR_AUTO(vr_error) *err = NULL;
    if (!net->live || !vr_network_makes_bridge(net->live))
        return;
    struct vr_link link;
    bool there = vr_link_get(net->live->bridge, 0, &link) == 0;
    if (!bridge_is_whole(net->live)) {
        vr_warn("bridge '%s' of network '%s' %s; it is made again", net->live->bridge, net->name,
                there ? "lacks an address or is down" : "is gone");
        if (!make_bridge(net->live, there, &err) || (!there && !set_bandwidth(net->live, &err))) {
            vr_logerr("network '%s' cannot be repaired: %s", net->name, vr_error_text(err));
            return;
        }
        if (!there)
            vr_netport_started(net->name);
    }
    vr_firewall_adopt_def(net->live);
    if (!vr_dnsmasq_wanted(net->live) || net->dhcpd || vr_dhcpd_adopt(net))
        return;
    vr_warn("dnsmasq of network '%s' is gone; it is started again", net->name);
    if (!vr_dhcpd_start(net, &err))
        vr_logerr("dnsmasq of network '%s' cannot be started: %s", net->name, vr_error_text(err));
}

VR_SUSPENDS bool vr_net_refresh_firewall(struct vr_net *net, struct vr_error **err)
{
    if (!net->live || !vr_network_makes_bridge(net->live))
        return true;
    return make_bridge(net->live, true, err) && vr_firewall_up(net->live, vr_after(VR_NET_SPAN_STEP), err);
}

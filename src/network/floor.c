/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.floor"
#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "driver.h"
#include "host/netlink.h"
#include "host/tc.h"
#include "model/codec.h"

#define CLASS_MAX 65535

static uint64_t floor_of(const struct vr_bandwidth *b)
{
    return b && b->in ? b->in->floor.v : 0;
}

static const struct vr_bandwidth_side *network_in(const struct vr_net *net)
{
    return net->live->bandwidth ? net->live->bandwidth->in : NULL;
}

/* What the ports' floors add up to must fit into what the network may send. */
static bool check(const struct vr_net *net, const struct vr_network_port *port, uint64_t sum, struct vr_error **err)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    const char *mac = vr_mac_text(scratch, &port->mac);
    const struct vr_bandwidth_side *in = network_in(net);
    if (!vr_network_makes_bridge(net->live))
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED,
                       _("Invalid use of 'floor' on interface with MAC address %s - 'floor' is only supported for interface type "
                         "'network' with forward type 'nat', 'route', 'open' or none"), mac);
    if (!in || !in->average.v)
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED,
                       _("Invalid use of 'floor' on interface with MAC address %s - network '%s' has no inbound QoS set"), mac,
                       net->name);
    if (in->peak.v && sum > in->peak.v)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID,
                       _("Cannot plug '%s' interface into '%s' because new combined inbound floor=%llu would overcommit peak=%llu "
                         "on network '%s'"), mac, net->live->bridge, (unsigned long long)sum, (unsigned long long)in->peak.v,
                       net->name);
    if (!in->peak.v && sum > in->average.v)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID,
                       _("Cannot plug '%s' interface into '%s' because new combined inbound floor=%llu would overcommit average=%llu "
                         "on network '%s'"), mac, net->live->bridge, (unsigned long long)sum, (unsigned long long)in->average.v,
                       net->name);
    return true;
}

/* ---- on a worker ---------------------------------------------------------------------------------------------------- */

struct class_task {
    char bridge[VR_IFNAME];
    unsigned id;
    bool remove;            /* before an add: replaces */
    uint64_t floor;         /* 0: no new class */
    uint8_t mac[6];
    struct vr_tc_rate network;
    uint64_t rest;          /* of the class for everybody else */
    int errnum;
};

static void class_run(void *arg)
{
    struct class_task *t = arg;
    if (t->remove)
        t->errnum = vr_tc_class_delete(t->bridge, t->id);
    if (!t->errnum && t->floor)
        t->errnum = vr_tc_class_add(t->bridge, t->id, t->mac, &t->network, t->floor);
    if (!t->errnum)
        t->errnum = vr_tc_class_rate(t->bridge, VR_TC_CLASS_UNCLAIMED, t->rest, t->network.peak ? t->network.peak : t->network.average);
}

VR_SUSPENDS static bool apply(struct vr_net *net, const struct vr_network_port *port, unsigned id, bool remove, uint64_t floor,
                              uint64_t sum, struct vr_error **err)
{
    const struct vr_bandwidth_side *in = network_in(net);
    struct class_task *t = vr_new(struct class_task);
    snprintf(t->bridge, sizeof(t->bridge), "%s", net->live->bridge);
    t->id = id;
    t->remove = remove;
    t->floor = floor;
    memcpy(t->mac, port->mac.b, sizeof(t->mac));
    t->network = (struct vr_tc_rate){ .average = in->average.v, .peak = in->peak.v, .burst = in->burst.v };
    t->rest = in->average.v > sum ? in->average.v - sum : 1;
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "bandwidth class", class_run, t, free, vr_after(VR_NET_SPAN_STEP), err))
        return false;
    int errnum = t->errnum;
    free(t);
    return !errnum || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errnum, _("cannot set the guaranteed rate on %s"), net->live->bridge);
}

static unsigned next_class(const struct vr_net *net)
{
    for (unsigned id = VR_TC_CLASS_FIRST; id <= CLASS_MAX; id++)
        if (!vr_net_class_taken(net, id))
            return id;
    return 0;
}

VR_SUSPENDS bool vr_floor_change(struct vr_net *net, struct vr_network_port *port, struct vr_bandwidth *fresh, struct vr_error **err)
{
    unsigned old_id = port->bandwidth ? port->bandwidth->class_id : 0;
    uint64_t was = old_id ? floor_of(port->bandwidth) : 0, is = floor_of(fresh); /* one without a class was never plugged */
    if (!was && !is)
        return true;
    uint64_t sum = net->floor_sum - (was < net->floor_sum ? was : net->floor_sum) + is;
    if (is && !check(net, port, sum, err))
        return false;
    unsigned id = was && old_id ? old_id : next_class(net);
    if (!id)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Could not generate next class ID"));
    if (network_in(net) && !apply(net, port, id, was && old_id, is, sum, err))
        return false;
    net->floor_sum = sum;
    vr_net_class_mark(net, id, is != 0);
    if (fresh)
        fresh->class_id = is ? id : 0;
    return true;
}

VR_SUSPENDS bool vr_floor_plug(struct vr_net *net, struct vr_network_port *port, struct vr_error **err)
{
    struct vr_bandwidth *wanted = port->bandwidth;
    port->bandwidth = NULL;
    bool good = vr_floor_change(net, port, wanted, err);
    port->bandwidth = wanted;
    return good;
}

VR_SUSPENDS bool vr_floor_unplug(struct vr_net *net, struct vr_network_port *port, struct vr_error **err)
{
    bool good = vr_floor_change(net, port, NULL, err);
    if (port->bandwidth)
        port->bandwidth->class_id = 0;
    return good;
}

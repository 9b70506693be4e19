/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#define VR_LOG_SOURCE "host.bandwidth"
#include "bandwidth.h"
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "loop/loop.h"
#include "model/interface.h"
#include "netlink.h"
#include "nft.h"
#include "tc.h"

#define POLICE_TABLE "vireo_police"

enum op { SET, PLUG, UNPLUG };
struct task {
    enum op op;
    char link[VR_IFNAME];
    struct vr_tc_rate sent, received, network;
    bool shape, police, classes;
    unsigned class_id;
    uint8_t mac[6];
    uint64_t floor, floors;
    int e;
    bool no_policer;
};

static struct vr_tc_rate rate_of(const struct vr_bandwidth_side *side)
{
    struct vr_tc_rate r = { 0 };
    if (side)
        r = (struct vr_tc_rate){ side->average.v, side->peak.v, side->burst.v, side->floor.v };
    return r;
}

static int set_unclaimed(const struct task *t)
{
    uint64_t average = t->network.average, rest = average > t->floors ? average - t->floors : 1;
    return vr_tc_class_rate(t->link, VR_TC_CLASS_UNCLAIMED, rest, t->network.peak ? t->network.peak : average);
}

static int set(struct task *t)
{
    int e = vr_tc_clear(t->link);
    if (!e && t->shape)
        e = vr_tc_shape(t->link, &t->sent, t->classes);
    if (!e && t->police) {
        e = vr_tc_police(t->link, &t->received);
        t->no_policer = e == ENOTSUP;
        e = t->no_policer ? 0 : e;
    }
    if (e)
        vr_tc_clear(t->link);
    return e;
}

static void task_run(void *arg)
{
    struct task *t = arg;
    if (t->op == SET) {
        t->e = set(t);
    } else if (t->op == PLUG) {
        t->e = vr_tc_class_add(t->link, t->class_id, t->mac, &t->network, t->floor);
        t->e = t->e ? t->e : set_unclaimed(t);
    } else {
        t->e = vr_tc_class_delete(t->link, t->class_id);
        t->e = t->e ? t->e : set_unclaimed(t);
    }
}

/* ---- a kernel without a policer ------------------------------------------------------------------------------------ */

/* Is there a chain for this link, and for how many others? */
static bool has_chain(const char *link, size_t *others)
{
    struct vr_nft_chain *chains = NULL;
    size_t n = 0;
    bool there = false;
    if (!vr_nft_chains(&chains, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (chains[i].family != NFPROTO_NETDEV || !vr_streq(chains[i].table, POLICE_TABLE))
            continue;
        there |= vr_streq(chains[i].name, link);
        *others += !vr_streq(chains[i].name, link);
    }
    free(chains);
    return there;
}

/* Some kernels leave the chain of a device that is gone. The last one takes the table with it. */
VR_SUSPENDS static bool unlimit_by_filter(const char *link, vr_time deadline, struct vr_error **err)
{
    size_t others = 0;
    if (!has_chain(link, &others))
        return true;
    struct vr_json *commands = vr_json_array();
    if (others) {
        vr_nft_command(commands, "flush", "chain", vr_nft_object("netdev", POLICE_TABLE, link));
        vr_nft_command(commands, "delete", "chain", vr_nft_object("netdev", POLICE_TABLE, link));
    } else {
        struct vr_json *table = vr_json_object();
        vr_json_add_str(table, "family", "netdev");
        vr_json_add_str(table, "name", POLICE_TABLE);
        vr_nft_command(commands, "delete", "table", table);
    }
    return vr_nft_run(commands, deadline, err);
}

VR_SUSPENDS bool vr_bandwidth_forget(const char *link, vr_time deadline, struct vr_error **err)
{
    return unlimit_by_filter(link, deadline, err);
}

VR_SUSPENDS static bool limit_by_filter(const char *link, const struct vr_tc_rate *rate, vr_time deadline,
                                        struct vr_error **err)
{
    struct vr_json *commands = vr_json_array(), *table = vr_json_object(), *expr = vr_json_array(), *limit = vr_json_object();
    vr_json_add_str(table, "family", "netdev");
    vr_json_add_str(table, "name", POLICE_TABLE);
    vr_nft_command(commands, "add", "table", table);
    struct vr_json *chain = vr_nft_object("netdev", POLICE_TABLE, link);
    vr_json_add_str(chain, "type", "filter");
    vr_json_add_str(chain, "hook", "ingress");
    vr_json_add_int(chain, "prio", 0);
    vr_json_add_str(chain, "dev", link);
    vr_json_add_str(chain, "policy", "accept");
    vr_nft_command(commands, "add", "chain", chain);
    vr_nft_command(commands, "flush", "chain", vr_nft_object("netdev", POLICE_TABLE, link));
    vr_json_add_uint(limit, "rate", rate->average * 1000);
    vr_json_add_str(limit, "rate_unit", "bytes");
    vr_json_add_str(limit, "per", "second");
    vr_json_add_bool(limit, "inv", true);
    vr_json_add_uint(limit, "burst", (rate->burst ? rate->burst : rate->average) * 1024);
    vr_json_add_str(limit, "burst_unit", "bytes");
    vr_json_append(expr, vr_json_add(vr_json_object(), "limit", limit));
    vr_nft_plain(expr, "drop");
    vr_nft_rule(commands, "add", "netdev", POLICE_TABLE, link, expr, NULL);
    return vr_nft_run(commands, deadline, err);
}

/* ---- the calls ----------------------------------------------------------------------------------------------------- */

/* The task stays the caller's when true. */
VR_SUSPENDS static bool run(struct task *t, const char *link, vr_time deadline, struct vr_error **err)
{
    if (strlen(link) >= VR_IFNAME) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("interface name '%s' is too long"), link);
        free(t);
        return false;
    }
    snprintf(t->link, sizeof(t->link), "%s", link);
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "bandwidth", task_run, t, free, deadline, err))
        return false;
    if (!t->e)
        return true;
    vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, t->e, _("cannot set bandwidth limits on %s"), link);
    free(t);
    return false;
}

VR_SUSPENDS bool vr_bandwidth_set(const char *link, const struct vr_bandwidth *limits, enum vr_bandwidth_side_of side,
                                  bool classes, vr_time deadline, struct vr_error **err)
{
    struct task *t = vr_new(struct task);
    const struct vr_bandwidth_side *in = limits ? limits->in : NULL, *out = limits ? limits->out : NULL;
    const struct vr_bandwidth_side *sent = side == VR_BANDWIDTH_TAP ? in : out, *received = side == VR_BANDWIDTH_TAP ? out : in;
    t->op = SET;
    t->sent = rate_of(sent);
    t->received = rate_of(received);
    /* A floor alone is no limit of the link: it is its share of the bridge. */
    t->shape = t->sent.average != 0;
    t->police = t->received.average != 0;
    t->classes = classes;
    if (!run(t, link, deadline, err))
        return false;
    bool by_filter = t->no_policer;
    struct vr_tc_rate limit = t->received;
    free(t);
    if (by_filter)
        return limit_by_filter(link, &limit, deadline, err);
    return unlimit_by_filter(link, deadline, err);
}

VR_SUSPENDS bool vr_bandwidth_plug(const char *bridge, unsigned class_id, const uint8_t mac[6], uint64_t floor,
                                   const struct vr_bandwidth *network, uint64_t floors, vr_time deadline,
                                   struct vr_error **err)
{
    struct task *t = vr_new(struct task);
    t->op = PLUG;
    t->class_id = class_id;
    memcpy(t->mac, mac, 6);
    t->floor = floor;
    t->floors = floors;
    t->network = rate_of(network ? network->in : NULL);
    if (!run(t, bridge, deadline, err))
        return false;
    free(t);
    return true;
}

VR_SUSPENDS bool vr_bandwidth_unplug(const char *bridge, unsigned class_id, const struct vr_bandwidth *network,
                                     uint64_t floors, vr_time deadline, struct vr_error **err)
{
    struct task *t = vr_new(struct task);
    t->op = UNPLUG;
    t->class_id = class_id;
    t->floors = floors;
    t->network = rate_of(network ? network->in : NULL);
    if (!run(t, bridge, deadline, err))
        return false;
    free(t);
    return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.netfollow"
/* Receive filters: a guest that is trusted may change its address, and what stands before it on the host follows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "deadlines.h"
#include "definition.h"
#include "domain.h"
#include "host/bridge.h"
#include "host/tap.h"
#include "loop/loop.h"
#include "monitor.h"
#include "nets.h"
#include "netswitch.h"
#include "process.h"

bool vr_net_trusts_guest(const struct vr_interface *net)
{
    return (net->actual ? net->actual->trust_guest_rx_filters : net->trust_guest_rx_filters) == VR_TRI_YES;
}

struct follow_task {
    char name[VR_IFNAME];
    uint8_t mac[6];
    bool fdb;           /* a bridge that is told addresses; else a macvtap device */
    int e;
};

static void follow_run(void *arg)
{
    struct follow_task *t = arg;
    t->e = t->fdb ? vr_fdb_add(t->name, t->mac) : vr_link_set_mac(t->name, t->mac);
}

/* "52:54:00:12:34:56", of a guest: nothing else is taken, and no group address. */
static bool parse_mac(const char *text, uint8_t mac[6])
{
    unsigned v[6];
    char rest;
    if (!text || strlen(text) != 17 ||
        sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &rest) != 6 || (v[0] & 1))
        return false;
    for (int i = 0; i < 6; i++)
        mac[i] = (uint8_t)v[i];
    return true;
}

VR_SUSPENDS static void follow_one(struct vr_domain *dom, const char *target, bool fdb, const struct vr_json *answer)
{
    struct follow_task *t = vr_new(struct follow_task);
    snprintf(t->name, sizeof(t->name), "%s", target);
    t->fdb = fdb;
    if (!parse_mac(vr_json_get_str(answer, "main-mac"), t->mac)) {
        free(t);
        return;
    }
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "receive filter", follow_run, t, free, vr_after(VR_SPAN_LAUNCH), NULL))
        return;
    if (t->e)
        vr_warn("domain '%s': '%s' does not follow the guest's address: %s", dom->name, t->name, strerror(t->e));
    free(t);
}

VR_SUSPENDS void vr_nets_follow_guest(struct vr_domain *dom)
{
    struct vr_domain_def *def = vr_definition_copy(dom->live); /* the document may change while QEMU answers */
    for (size_t i = 0; dom->run && dom->run->monitor && i < def->interfaces.n; i++) {
        const struct vr_interface *net = def->interfaces.v[i];
        bool fdb = net->actual && net->actual->mac_table;
        if (!vr_net_trusts_guest(net) || !net->target || !net->info.alias || (!vr_net_is_macvtap(net) && !fdb))
            continue;
        struct vr_json *args = vr_json_object();
        VR_AUTO(vr_json) *ret = NULL;
        VR_AUTO(vr_error) *err = NULL;
        vr_json_add_str(args, "name", net->info.alias);
        if (!vr_monitor_call(dom->run->monitor, VR_QMP_QUERY, "query-rx-filter", args, &ret, vr_after(VR_SPAN_QUERY), &err)) {
            vr_warn("domain '%s': %s", dom->name, vr_error_text(err));
            break;
        }
        follow_one(dom, net->target, fdb, vr_json_at(ret, 0));
    }
    vr_domain_def_free(def);
}

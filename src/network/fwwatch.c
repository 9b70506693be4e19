/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_FIREWALL
#define VR_LOG_SOURCE "network.firewall"
/*
 * Others flush the rule set, reload firewalld, start Docker. The kernel tells of each transaction; then what is there is
 * compared with what should be, and written again where it differs.
 */
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "firewall_internal.h"
#include "host/nft.h"
#include "loop/loop.h"

#define CHECK_SPAN VR_SEC(20)
/* Somebody who removes the rules as fast as they come back: then not as fast as possible. */
#define REPAIRS_IN_A_ROW 50
#define ROW_SPAN VR_SEC(10)
#define FIGHT_PAUSE VR_MS(300)

static struct {
    bool running, dirty;
    bool zones;             /* firewalld changed its rules: it may have forgotten our bridges */
    struct vr_group *group;
    char who[48];           /* who made the last change, for the log */
    unsigned repairs, in_a_row;
    vr_time row_began;
    char *known_obstacles;  /* as they were told last */
} state;

unsigned vr_fwwatch_repairs(void)
{
    return state.repairs;
}

/* Told once as long as they stay the same. */
static void tell_obstacles(void)
{
    struct vr_firewall_obstacle *v = NULL;
    size_t n = 0;
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    if (!vr_firewall_obstacles(&v, &n))
        return;
    for (size_t i = 0; i < n; i++)
        if (!v[i].passed)
            vr_buf_printf(&text, "%schain %s in table %s %s", text.len ? ", " : "", v[i].chain, v[i].family, v[i].table);
    free(v);
    if (vr_streq0(text.data, state.known_obstacles))
        return;
    free(state.known_obstacles);
    state.known_obstacles = vr_strdup(text.data);
    for (size_t i = 0; text.len && i < vr_firewall_count(); i++)
        if (vr_firewall_at(i)->mode != VR_FIREWALL_ISOLATED)
            vr_warn("network '%s': packets that it forwards are dropped by the policy of %s, unless a rule there lets those "
                    "from and to '%s' pass; 'virsh net-check %s' follows one on its way", vr_firewall_at(i)->name, text.data,
                    vr_firewall_at(i)->bridge, vr_firewall_at(i)->name);
}

VR_SUSPENDS static void check_once(void)
{
    VR_AUTO(vr_error) *err = NULL;
    bool repaired = false;
    if (!vr_firewall_check(&repaired, vr_after(CHECK_SPAN), &err))
        vr_logerr("rules of virtual networks: %s", vr_error_text(err));
    if (repaired) {
        state.repairs++;
        vr_warn("rules of virtual networks were changed by %s; they are written again", state.who);
    }
    if (state.zones) {
        state.zones = false;
        vr_firewall_zones(vr_after(CHECK_SPAN));
    }
    tell_obstacles();
    if (!repaired)
        return;
    if (vr_now() - state.row_began > ROW_SPAN) {
        state.row_began = vr_now();
        state.in_a_row = 0;
    }
    if (++state.in_a_row > REPAIRS_IN_A_ROW)
        vr_sleep_until(vr_after(FIGHT_PAUSE), NULL);
}

VR_SUSPENDS static void watch_main(void *unused)
{
    while (state.dirty && !vr_cancelled()) {
        state.dirty = false;
        check_once();
    }
    state.running = false;
}

static void on_event(const struct vr_nft_event *event, void *unused)
{
    if (!vr_firewall_count())
        return;
    if (event->mine || event->lost)
        snprintf(state.who, sizeof(state.who), "'%.31s'", *event->program ? event->program : "another program");
    state.zones |= vr_starts_with(event->program, "firewalld");
    state.dirty = true;
    if (!state.running)
        state.running = vr_fiber_start(state.group, "firewall watch", watch_main, NULL, NULL);
}

bool vr_fwwatch_start(struct vr_error **err)
{
    if (state.group)
        return true;
    if (!vr_nft_watch_start(NFPROTO_INET, VR_FIREWALL_TABLE, on_event, NULL, err))
        return false;
    state.group = vr_group_new("firewall");
    return true;
}

VR_SUSPENDS void vr_fwwatch_stop(void)
{
    vr_nft_watch_stop();
    if (!state.group)
        return;
    vr_group_close(state.group);
    vr_group_free(vr_take(state.group));
    free(vr_take(state.known_obstacles));
    state.running = state.dirty = false;
}

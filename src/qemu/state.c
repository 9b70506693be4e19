/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.state"
#include "state.h"
#include <stddef.h>
#include "base/log.h"
#include "base/str.h"
#include "domain.h"
#include "events.h"
#include "status.h"

#define REASONS_MAX 16
static const struct {
    const char *name;
    const char *reasons[REASONS_MAX];
} states[] = {
    [VIR_DOMAIN_NOSTATE] = { "no state", { "unknown" } },
    [VIR_DOMAIN_RUNNING] = { "running", { "unknown", "booted", "migrated", "restored", "from snapshot", "unpaused",
                                          "migration canceled", "save canceled", "wakeup", "crashed", "post-copy",
                                          "post-copy failed" } },
    [VIR_DOMAIN_BLOCKED] = { "blocked", { "unknown" } },
    [VIR_DOMAIN_PAUSED] = { "paused", { "unknown", "user", "migration", "save", "dump", "ioerror", "watchdog",
                                        "from snapshot", "shutdown", "snapshot", "panicked", "starting up",
                                        "post-copy", "post-copy failed", "api error" } },
    [VIR_DOMAIN_SHUTDOWN] = { "shutdown", { "unknown", "user" } },
    [VIR_DOMAIN_SHUTOFF] = { "shutoff", { "unknown", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed",
                                          "from snapshot", "daemon" } },
    [VIR_DOMAIN_CRASHED] = { "crashed", { "unknown", "panicked" } },
    [VIR_DOMAIN_PMSUSPENDED] = { "pmsuspended", { "unknown" } },
};

const char *vr_state_name(int state)
{
    return state >= 0 && (size_t)state < VR_COUNT(states) ? states[state].name : "no state";
}

const char *vr_state_reason_name(int state, int reason)
{
    if (state < 0 || (size_t)state >= VR_COUNT(states) || reason < 0 || reason >= REASONS_MAX || !states[state].reasons[reason])
        return "unknown";
    return states[state].reasons[reason];
}

bool vr_state_parse(const char *state, const char *reason, int *state_out, int *reason_out)
{
    for (size_t s = 0; s < VR_COUNT(states); s++) {
        if (!vr_streq(states[s].name, state))
            continue;
        for (int r = 0; r < REASONS_MAX && states[s].reasons[r]; r++) {
            if (!reason || vr_streq(states[s].reasons[r], reason)) {
                *state_out = (int)s;
                *reason_out = r;
                return true;
            }
        }
    }
    return false;
}

void vr_state_set(struct vr_domain *dom, int state, int reason, int event, int detail)
{
    vr_info("domain '%s': %s (%s) -> %s (%s)", dom->name, vr_state_name(dom->state),
            vr_state_reason_name(dom->state, dom->reason), vr_state_name(state), vr_state_reason_name(state, reason));
    dom->state = state;
    dom->reason = reason;
    if (dom->run)
        vr_status_changed(dom);
    if (event != VR_NO_EVENT)
        vr_emit_lifecycle(dom, event, detail);
}

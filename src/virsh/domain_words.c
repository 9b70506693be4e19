/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain_words.h"

#include <string.h>
#include "base/alloc.h"

const char *vr_word(const char *const *words, size_t n, int index, const char *other)
{
    return index >= 0 && (size_t)index < n && words[index] ? words[index] : other;
}

static const char *const states[] = {
    [VIR_DOMAIN_NOSTATE] = "no state", [VIR_DOMAIN_RUNNING] = "running",     [VIR_DOMAIN_BLOCKED] = "idle",
    [VIR_DOMAIN_PAUSED] = "paused",    [VIR_DOMAIN_SHUTDOWN] = "in shutdown", [VIR_DOMAIN_SHUTOFF] = "shut off",
    [VIR_DOMAIN_CRASHED] = "crashed",  [VIR_DOMAIN_PMSUSPENDED] = "pmsuspended",
};

const char *vr_domain_state_word(int state)
{
    return vr_word(states, VR_COUNT(states), state, _("no state"));
}

static const char *const running[] = { "unknown", "booted", "migrated", "restored", "from snapshot", "unpaused",
                                       "migration canceled", "save canceled", "event wakeup", "crashed", "post-copy",
                                       "post-copy failed" };
static const char *const paused[] = { "unknown", "user", "migrating", "saving", "dumping", "I/O error", "watchdog",
                                      "from snapshot", "shutting down", "creating snapshot", "crashed", "starting up",
                                      "post-copy", "post-copy failed" };
static const char *const shutting[] = { "unknown", "user" };
static const char *const shutoff[] = { "unknown", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed",
                                       "from snapshot", "daemon" };
static const char *const crashed[] = { "unknown", "panicked" };

const char *vr_domain_reason_word(int state, int reason)
{
    switch (state) {
    case VIR_DOMAIN_RUNNING: return vr_word(running, VR_COUNT(running), reason, _("unknown"));
    case VIR_DOMAIN_PAUSED: return vr_word(paused, VR_COUNT(paused), reason, _("unknown"));
    case VIR_DOMAIN_SHUTDOWN: return vr_word(shutting, VR_COUNT(shutting), reason, _("unknown"));
    case VIR_DOMAIN_SHUTOFF: return vr_word(shutoff, VR_COUNT(shutoff), reason, _("unknown"));
    case VIR_DOMAIN_CRASHED: return vr_word(crashed, VR_COUNT(crashed), reason, _("unknown"));
    default: return _("unknown");
    }
}

bool vr_domain_title(struct vr_cmd *cmd, virDomainPtr dom, char **out)
{
    char *title = virDomainGetMetadata(dom, VIR_DOMAIN_METADATA_TITLE, NULL, 0);
    if (!title) {
        if (vr_last_code(cmd) != VIR_ERR_NO_DOMAIN_METADATA && vr_last_code(cmd) != VIR_ERR_NO_SUPPORT &&
            vr_last_code(cmd) != VIR_ERR_NO_DOMAIN)
            return false;
        vr_forget_error(cmd);
        title = vr_strdup("");
    }
    *out = title;
    return true;
}

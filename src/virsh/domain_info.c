/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest is and does: dominfo, domstate, domcontrol, domtime, dommemstat. */
#include "virsh.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/alloc.h"
#include "domain_words.h"

static void security(struct vr_cmd *cmd, virDomainPtr dom, struct vr_info *info)
{
    virSecurityModel model;
    if (virNodeGetSecurityModel(vr_conn(cmd), &model) < 0) {
        vr_forget_error(cmd);
        return;
    }
    if (!model.model[0])
        return;
    vr_info_str(info, _("Security model:"), "%s", model.model);
    vr_info_str(info, _("Security DOI:"), "%s", model.doi);
    virSecurityLabel *label = vr_alloc(sizeof(*label)); /* 4 KiB and a bit */
    if (virDomainGetSecurityLabel(dom, label) < 0)
        vr_forget_error(cmd);
    else if (label->label[0])
        vr_info_str(info, _("Security label:"), "%s (%s)", label->label, label->enforcing ? "enforcing" : "permissive");
    free(label);
}

static void messages(struct vr_cmd *cmd, virDomainPtr dom, struct vr_info *info)
{
    char **texts;
    int n = virDomainGetMessages(dom, &texts, 0);
    if (n < 0)
        vr_forget_error(cmd);
    for (int i = 0; i < n; i++) {
        if (i == 0)
            vr_info_str(info, _("Messages:"), "%s", texts[i]);
        else
            vr_info_line(info, "%-15s %s\n", "", texts[i]);
        vr_info_down(info, "all_messages");
        vr_info_json(info, "text", texts[i]);
        vr_info_up(info);
        free(texts[i]);
    }
    if (n > 0)
        free(texts);
}

static bool dominfo_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    VR_AUTO(vr_info) *info = vr_info_new(cmd, "%-15s %s\n");
    unsigned id = virDomainGetID(dom);
    char uuid[VIR_UUID_STRING_BUFLEN];
    if (id == (unsigned)-1)
        vr_info_str(info, _("Id:"), "-");
    else
        vr_info_uint(info, _("Id:"), id, NULL);
    vr_info_str(info, _("Name:"), "%s", virDomainGetName(dom));
    if (virDomainGetUUIDString(dom, uuid) == 0)
        vr_info_str(info, _("UUID:"), "%s", uuid);
    vr_autofree char *os = virDomainGetOSType(dom);
    if (os)
        vr_info_str(info, _("OS Type:"), "%s", os);
    virDomainInfo di;
    if (virDomainGetInfo(dom, &di) < 0)
        return false;
    vr_info_str(info, _("State:"), "%s", vr_domain_state_word(di.state));
    vr_info_uint(info, _("CPU(s):"), di.nrVirtCpu, NULL);
    if (di.cpuTime)
        vr_info_str(info, _("CPU time:"), "%.1lfs", (double)di.cpuTime / 1e9);
    if (di.maxMem == (unsigned long)-1)
        vr_info_str(info, _("Max memory:"), "%s", _("no limit"));
    else
        vr_info_uint(info, _("Max memory:"), di.maxMem, "KiB");
    vr_info_uint(info, _("Used memory:"), di.memory, "KiB");
    int persistent = virDomainIsPersistent(dom), autostart;
    vr_info_str(info, _("Persistent:"), "%s", persistent < 0 ? _("unknown") : persistent ? _("yes") : _("no"));
    if (virDomainGetAutostart(dom, &autostart) == 0)
        vr_info_bool(info, _("Autostart:"), autostart, _("enable"), _("disable"));
    int saved = virDomainHasManagedSaveImage(dom, 0);
    vr_info_str(info, _("Managed save:"), "%s", saved < 0 ? _("unknown") : saved ? _("yes") : _("no"));
    vr_forget_error(cmd);
    security(cmd, dom, info);
    messages(cmd, dom, info);
    vr_info_done(vr_take(info));
    return true;
}
static const struct vr_opt dominfo_opts[] = {
    VR_OPT_DOMAIN,
    { 0 },
};
const struct vr_command vr_cmd_dominfo = {
    "dominfo", dominfo_opts, dominfo_run, VR_CMD_JSON, N_("tell about a guest"),
    N_("Prints the main facts about a guest."), NULL,
};

static bool domstate_run(struct vr_cmd *cmd)
{
    int state, reason;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || virDomainGetState(dom, &state, &reason, 0) < 0)
        return false;
    if (vr_json_wanted(cmd)) {
        struct vr_info *info = vr_info_new(cmd, "");
        vr_info_str(info, "state", "%s", vr_domain_state_word(state));
        vr_info_str(info, "reason", "%s", vr_domain_reason_word(state, reason));
        vr_info_done(info);
    } else if (vr_opt_bool(cmd, "reason")) {
        vr_print(cmd, "%s (%s)\n", vr_domain_state_word(state), vr_domain_reason_word(state, reason));
    } else {
        vr_print(cmd, "%s\n", vr_domain_state_word(state));
    }
    return true;
}
static const struct vr_opt domstate_opts[] = {
    VR_OPT_DOMAIN,
    { "reason", VR_OPT_BOOL, .help = N_("and why") },
    { 0 },
};
const struct vr_command vr_cmd_domstate = {
    "domstate", domstate_opts, domstate_run, VR_CMD_JSON, N_("tell a guest's state"), NULL, NULL,
};

static const char *const control_states[] = { "ok", "background job", "occupied", "error" };
static const char *const control_reasons[] = { "", "unknown", "monitor failure", "internal (locking) error" };

static bool domcontrol_run(struct vr_cmd *cmd)
{
    virDomainControlInfo ci;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || virDomainGetControlInfo(dom, &ci, 0) < 0)
        return false;
    const char *state = vr_word(control_states, VR_COUNT(control_states), (int)ci.state, _("unknown"));
    const char *reason = vr_word(control_reasons, VR_COUNT(control_reasons), (int)ci.details, _("unknown"));
    if (vr_json_wanted(cmd)) {
        struct vr_info *info = vr_info_new(cmd, "");
        vr_info_str(info, "state", "%s", state);
        vr_info_uint(info, "state time", ci.stateTime, "ms");
        if (*reason && ci.state == VIR_DOMAIN_CONTROL_ERROR)
            vr_info_str(info, "reason", "%s", reason);
        vr_info_done(info);
    } else if (ci.state == VIR_DOMAIN_CONTROL_OK) {
        vr_print(cmd, "%s\n", state);
    } else if (ci.state == VIR_DOMAIN_CONTROL_ERROR && ci.details > 0) {
        vr_print(cmd, "%s: %s (%0.3fs)\n", state, reason, (double)ci.stateTime / 1000.0);
    } else {
        vr_print(cmd, "%s (%0.3fs)\n", state, (double)ci.stateTime / 1000.0);
    }
    return true;
}
static const struct vr_opt domcontrol_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { 0 },
};
const struct vr_command vr_cmd_domcontrol = {
    "domcontrol", domcontrol_opts, domcontrol_run, VR_CMD_JSON, N_("tell what a guest's control channel does"),
    NULL, NULL,
};

static bool show_time(struct vr_cmd *cmd, virDomainPtr dom, bool pretty)
{
    long long seconds;
    unsigned nseconds;
    if (virDomainGetTime(dom, &seconds, &nseconds, 0) < 0)
        return false;
    if (vr_json_wanted(cmd)) {
        struct vr_info *info = vr_info_new(cmd, "");
        vr_info_int(info, "seconds", seconds, NULL);
        vr_info_uint(info, "nanoseconds", nseconds, NULL);
        vr_info_done(info);
    } else if (pretty) {
        char text[64];
        time_t t = seconds;
        struct tm tm;
        if (!gmtime_r(&t, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
            return vr_complain(cmd, "%s", _("Unable to format date"));
        vr_print(cmd, _("Time: %s"), text);
    } else {
        vr_print(cmd, _("Time: %lld"), seconds);
    }
    return true;
}

static bool domtime_run(struct vr_cmd *cmd)
{
    bool now = vr_opt_bool(cmd, "now"), sync = vr_opt_bool(cmd, "sync"), pretty = vr_opt_bool(cmd, "pretty");
    long long seconds = 0;
    unsigned nseconds = 0;
    if (!vr_opt_exclusive(cmd, "time", "now") || !vr_opt_exclusive(cmd, "time", "sync") || !vr_opt_exclusive(cmd, "now", "sync"))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    int set = vr_opt_ll(cmd, "time", &seconds);
    if (set < 0)
        return false;
    if (!set && !now && !sync)
        return show_time(cmd, dom, pretty);
    if (now) {
        struct timespec ts;
        if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
            return vr_complain(cmd, "%s", _("Unable to get current time"));
        seconds = ts.tv_sec;
        nseconds = (unsigned)ts.tv_nsec;
    }
    return virDomainSetTime(dom, seconds, nseconds, sync ? VIR_DOMAIN_TIME_SYNC : 0) == 0;
}
static const struct vr_opt domtime_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "now", VR_OPT_BOOL, .help = N_("to this host's time") },
    { "pretty", VR_OPT_BOOL, .help = N_("as a date") },
    { "sync", VR_OPT_BOOL, .help = N_("from the guest's clock chip") },
    { "time", VR_OPT_INT, .help = N_("to these seconds since 1970") },
    { 0 },
};
const struct vr_command vr_cmd_domtime = {
    "domtime", domtime_opts, domtime_run, VR_CMD_JSON, N_("show or set a guest's clock"), NULL, NULL,
};

static const char *const memory_words[VIR_DOMAIN_MEMORY_STAT_NR] = {
    [VIR_DOMAIN_MEMORY_STAT_SWAP_IN] = "swap_in", [VIR_DOMAIN_MEMORY_STAT_SWAP_OUT] = "swap_out",
    [VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT] = "major_fault", [VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT] = "minor_fault",
    [VIR_DOMAIN_MEMORY_STAT_UNUSED] = "unused", [VIR_DOMAIN_MEMORY_STAT_AVAILABLE] = "available",
    [VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON] = "actual", [VIR_DOMAIN_MEMORY_STAT_RSS] = "rss",
    [VIR_DOMAIN_MEMORY_STAT_USABLE] = "usable", [VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE] = "last_update",
    [VIR_DOMAIN_MEMORY_STAT_DISK_CACHES] = "disk_caches", [VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC] = "hugetlb_pgalloc",
    [VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL] = "hugetlb_pgfail",
};

static bool dommemstat_run(struct vr_cmd *cmd)
{
    unsigned flags;
    int period = -1;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    const char *name = virDomainGetName(dom);
    int set = vr_opt_int(cmd, "period", &period);
    if (set < 0)
        return false;
    if (set) {
        if (period < 0)
            return vr_complain(cmd, _("Invalid collection period value '%d'"), period);
        if (virDomainSetMemoryStatsPeriod(dom, period, flags) < 0)
            return vr_complain(cmd, "%s", _("Unable to change balloon collection period."));
        return true;
    }
    virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
    int n = virDomainMemoryStats(dom, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0);
    if (n < 0)
        return vr_complain(cmd, _("Failed to get memory statistics for domain %s"), name);
    struct vr_info *info = vr_info_new(cmd, "%s %s\n");
    for (int i = 0; i < n; i++) {
        const char *word = vr_word(memory_words, VR_COUNT(memory_words), stats[i].tag, NULL);
        if (word)
            vr_info_uint(info, word, stats[i].val, NULL);
    }
    vr_info_done(info);
    return true;
}
static const struct vr_opt dommemstat_opts[] = {
    VR_OPT_DOMAIN,
    { "period", VR_OPT_INT, .flags = VR_KEYWORD, .help = N_("seconds between updates") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_dommemstat = {
    "dommemstat", dommemstat_opts, dommemstat_run, VR_CMD_JSON, N_("tell a guest's memory statistics, or set how often they are renewed"),
    NULL, NULL,
};

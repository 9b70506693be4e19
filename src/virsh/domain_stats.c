/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics: domstats, cpu-stats. */
#include "virsh.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "typed.h"

static const struct {
    const char *option;
    unsigned flag;
} stat_groups[] = {
    { "state", VIR_DOMAIN_STATS_STATE },         { "cpu-total", VIR_DOMAIN_STATS_CPU_TOTAL },
    { "balloon", VIR_DOMAIN_STATS_BALLOON },     { "vcpu", VIR_DOMAIN_STATS_VCPU },
    { "interface", VIR_DOMAIN_STATS_INTERFACE }, { "block", VIR_DOMAIN_STATS_BLOCK },
    { "perf", VIR_DOMAIN_STATS_PERF },           { "iothread", VIR_DOMAIN_STATS_IOTHREAD },
    { "memory", VIR_DOMAIN_STATS_MEMORY },       { "dirtyrate", VIR_DOMAIN_STATS_DIRTYRATE },
    { "vm", VIR_DOMAIN_STATS_VM },
};
static const struct {
    const char *option;
    unsigned flag;
} stat_flags[] = {
    { "list-active", VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE },
    { "list-inactive", VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE },
    { "list-persistent", VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT },
    { "list-transient", VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT },
    { "list-running", VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING },
    { "list-paused", VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED },
    { "list-shutoff", VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF },
    { "list-other", VIR_CONNECT_GET_ALL_DOMAINS_STATS_OTHER },
    { "enforce", VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS },
    { "backing", VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING },
    { "nowait", VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT },
};

static void print_record(struct vr_cmd *cmd, struct vr_info *json, const virDomainStatsRecord *r)
{
    if (vr_json_wanted(cmd)) {
        vr_info_down(json, "domains");
        vr_info_json(json, "name", virDomainGetName(r->dom));
        vr_info_down(json, "stats");
        for (int i = 0; i < r->nparams; i++)
            vr_typed_info(json, &r->params[i]);
        vr_info_up(json);
        vr_info_up(json);
        return;
    }
    vr_print(cmd, _("Domain: '%s'\n"), virDomainGetName(r->dom));
    for (int i = 0; i < r->nparams; i++) {
        vr_autofree char *text = vr_typed_text(&r->params[i]);
        vr_print(cmd, "  %s=%s\n", r->params[i].field, text);
    }
}

static bool domstats_run(struct vr_cmd *cmd)
{
    unsigned stats = 0, flags = 0;
    for (size_t i = 0; i < VR_COUNT(stat_groups); i++)
        stats |= vr_opt_bool(cmd, stat_groups[i].option) ? stat_groups[i].flag : 0;
    for (size_t i = 0; i < VR_COUNT(stat_flags); i++)
        flags |= vr_opt_bool(cmd, stat_flags[i].option) ? stat_flags[i].flag : 0;
    virDomainPtr *doms = NULL;
    size_t n_doms = 0, cap = 0;
    virDomainStatsRecordPtr *records = NULL;
    bool ok = true;
    const char *word;
    for (size_t i = 0; ok && (word = vr_opt_argv(cmd, i)); i++) {
        virDomainPtr dom = vr_domain_text(cmd, word, VR_BY_ANY);
        if (!dom) {
            ok = vr_complain(cmd, _("failed to get domain '%s'"), word);
            break;
        }
        VR_GROW(doms, n_doms + 1, cap);
        doms[n_doms++] = dom;
        doms[n_doms] = NULL;
    }
    int n = -1;
    if (ok)
        n = doms ? virDomainListGetStats(doms, stats, &records, flags)
                 : virConnectGetAllDomainStats(vr_conn(cmd), stats, &records, flags);
    struct vr_info *json = vr_info_new(cmd, "");
    for (int i = 0; i < n; i++) {
        print_record(cmd, json, records[i]);
        if (!vr_json_wanted(cmd) && i + 1 < n)
            vr_print(cmd, "\n");
    }
    if (n >= 0)
        vr_info_done(vr_take(json));
    vr_info_free(json);
    virDomainStatsRecordListFree(records);
    for (size_t i = 0; i < n_doms; i++)
        virDomainFree(doms[i]);
    free(doms);
    return n >= 0;
}
static const struct vr_opt domstats_opts[] = {
    { "state", VR_OPT_BOOL, .help = N_("state") },
    { "cpu-total", VR_OPT_BOOL, .help = N_("CPU time") },
    { "balloon", VR_OPT_BOOL, .help = N_("memory balloon") },
    { "vcpu", VR_OPT_BOOL, .help = N_("virtual CPUs") },
    { "interface", VR_OPT_BOOL, .help = N_("interfaces") },
    { "block", VR_OPT_BOOL, .help = N_("disks") },
    { "perf", VR_OPT_BOOL, .help = N_("performance counters") },
    { "iothread", VR_OPT_BOOL, .help = N_("I/O threads") },
    { "memory", VR_OPT_BOOL, .help = N_("memory bandwidth") },
    { "dirtyrate", VR_OPT_BOOL, .help = N_("dirty rate") },
    { "vm", VR_OPT_BOOL, .help = N_("what the hypervisor itself counts") },
    { "list-active", VR_OPT_BOOL, .help = N_("only running guests") },
    { "list-inactive", VR_OPT_BOOL, .help = N_("only guests that do not run") },
    { "list-persistent", VR_OPT_BOOL, .help = N_("only guests with a stored definition") },
    { "list-transient", VR_OPT_BOOL, .help = N_("only guests without one") },
    { "list-running", VR_OPT_BOOL, .help = N_("only guests that run") },
    { "list-paused", VR_OPT_BOOL, .help = N_("only paused guests") },
    { "list-shutoff", VR_OPT_BOOL, .help = N_("only guests that are shut off") },
    { "list-other", VR_OPT_BOOL, .help = N_("only guests in other states") },
    { "raw", VR_OPT_BOOL, .help = N_("times and sizes as they are") },
    { "enforce", VR_OPT_BOOL, .help = N_("fail when something cannot be told") },
    { "backing", VR_OPT_BOOL, .help = N_("with backing images") },
    { "nowait", VR_OPT_BOOL, .help = N_("only what can be told at once") },
    { "domain", VR_OPT_ARGV, .help = N_("only of these guests"), .complete = vr_complete_domain },
    { 0 },
};
const struct vr_command vr_cmd_domstats = {
    "domstats", domstats_opts, domstats_run, VR_CMD_JSON, N_("statistics of guests"),
    N_("Statistics of the named guests, or of all; the options choose groups."), NULL,
};

/* ---- cpu-stats ----------------------------------------------------------------------------------------------------- */

static void print_times(struct vr_cmd *cmd, struct vr_info *json, const virTypedParameter *params, int n)
{
    for (int i = 0; i < n; i++) {
        const virTypedParameter *p = &params[i];
        bool time = vr_streq(p->field, VIR_DOMAIN_CPU_STATS_CPUTIME) || vr_streq(p->field, VIR_DOMAIN_CPU_STATS_VCPUTIME) ||
            vr_streq(p->field, VIR_DOMAIN_CPU_STATS_USERTIME) || vr_streq(p->field, VIR_DOMAIN_CPU_STATS_SYSTEMTIME);
        if (vr_json_wanted(cmd)) {
            vr_typed_info(json, p);
        } else if (time && p->type == VIR_TYPED_PARAM_ULLONG) {
            vr_print(cmd, "\t%-12s %9lld.%09lld seconds\n", p->field, (long long)p->value.ul / 1000000000,
                     (long long)p->value.ul % 1000000000);
        } else {
            vr_autofree char *text = vr_typed_text(p);
            vr_print(cmd, "\t%-12s %s\n", p->field, text);
        }
    }
}

static bool cpu_stats_of_cpus(struct vr_cmd *cmd, virDomainPtr dom, struct vr_info *json, int from, int count)
{
    const char *name = virDomainGetName(dom);
    int max = virDomainGetCPUStats(dom, NULL, 0, 0, 0, 0);
    if (max < 0)
        return vr_complain(cmd, _("Failed to retrieve CPU statistics for domain '%s'"), name);
    if (from >= max)
        return vr_complain(cmd, _("Start CPU %d is out of range (min: 0, max: %d)"), from, max - 1);
    if (count < 0 || count > max - from) {
        if (count > max - from)
            vr_print(cmd, _("Only %d CPUs available to show\n"), max - from);
        count = max - from;
    }
    int each = virDomainGetCPUStats(dom, NULL, 0, 0, 1, 0);
    if (each < 0)
        return vr_complain(cmd, _("Failed to retrieve CPU statistics for domain '%s'"), name);
    if (!each) {
        vr_print(cmd, "%s", _("No per-CPU stats available"));
        return true;
    }
    VR_AUTO(vr_typed) *params = vr_typed_new();
    while (count > 0) {
        int part = count > 128 ? 128 : count; /* what one call carries */
        vr_typed_room(params, each * part);
        int got = virDomainGetCPUStats(dom, params->params, (unsigned)each, from, (unsigned)part, 0);
        if (got < 0)
            return vr_complain(cmd, _("Failed to retrieve CPU statistics for domain '%s'"), name);
        for (int i = 0; i < part; i++) {
            if (!params->params[i * each].type)
                continue; /* a CPU that is not there */
            if (vr_json_wanted(cmd)) {
                vr_info_down(json, "cpus");
                vr_info_int(json, "cpu", from + i, NULL);
            } else {
                vr_print(cmd, "CPU%zu:\n", (size_t)(from + i));
            }
            print_times(cmd, json, params->params + i * each, got);
            vr_info_up(json);
        }
        from += part;
        count -= part;
    }
    return true;
}

static bool cpu_stats_total(struct vr_cmd *cmd, virDomainPtr dom, struct vr_info *json)
{
    const char *name = virDomainGetName(dom);
    int n = virDomainGetCPUStats(dom, NULL, 0, -1, 1, 0);
    if (n < 0)
        return vr_complain(cmd, _("Failed to retrieve CPU statistics for domain '%s'"), name);
    if (!vr_json_wanted(cmd))
        vr_print(cmd, "%s", n ? _("Total:\n") : _("No total stats available"));
    if (!n)
        return true;
    VR_AUTO(vr_typed) *params = vr_typed_new();
    vr_typed_room(params, n);
    int got = virDomainGetCPUStats(dom, params->params, (unsigned)n, -1, 1, 0);
    if (got < 0)
        return vr_complain(cmd, _("Failed to retrieve CPU statistics for domain '%s'"), name);
    vr_info_down(json, "total");
    print_times(cmd, json, params->params, got);
    vr_info_up(json);
    return true;
}

static bool cpu_stats_run(struct vr_cmd *cmd)
{
    int from = 0, count = -1;
    bool total = vr_opt_bool(cmd, "total");
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    int set_from = vr_opt_int(cmd, "start", &from), set_count = set_from < 0 ? -1 : vr_opt_int(cmd, "count", &count);
    if (set_from < 0 || set_count < 0)
        return false;
    if (from < 0)
        return vr_complain(cmd, "%s", _("Invalid value for start CPU"));
    if (set_count && count < 0)
        return vr_complain(cmd, "%s", _("Invalid value for number of CPUs to show"));
    bool both = !total && !set_from && !set_count;
    VR_AUTO(vr_info) *json = vr_info_new(cmd, "");
    if ((both || set_from || set_count) && !cpu_stats_of_cpus(cmd, dom, json, from, count))
        return false;
    if ((both || total) && !cpu_stats_total(cmd, dom, json))
        return false;
    vr_info_done(vr_take(json));
    return true;
}
static const struct vr_opt cpu_stats_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "total", VR_OPT_BOOL, .help = N_("the sum over all CPUs") },
    { "start", VR_OPT_INT, .help = N_("first CPU") },
    { "count", VR_OPT_INT, .help = N_("how many CPUs") },
    { 0 },
};
const struct vr_command vr_cmd_cpu_stats = {
    "cpu-stats", cpu_stats_opts, cpu_stats_run, VR_CMD_JSON, N_("CPU time of a guest, in all and by host CPU"),
    NULL, NULL,
};

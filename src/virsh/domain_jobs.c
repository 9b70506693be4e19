/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* domjobinfo and domjobabort: the one long job a guest may have. */
#include "virsh.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "domain_words.h"
#include "typed.h"

static const char *const job_types[] = { "None", "Bounded", "Unbounded", "Completed", "Failed", "Cancelled" };
static const char *const operations[] = { "Unknown", "Start", "Save", "Restore", "Incoming migration", "Outgoing migration",
                                          "Snapshot", "Snapshot revert", "Dump", "Backup", "Snapshot delete" };

enum field_kind { F_MS, F_SIZE, F_RATE, F_PAGES_S, F_BYTES, F_COUNT, F_COUNT13, F_INT13, F_TEXT };
/* In the order shown: those of memory with its sizes, the others behind the sizes of the file. */
static const struct field {
    const char *field, *label;
    enum field_kind kind;
} fields[] = {
    { VIR_DOMAIN_JOB_MEMORY_BPS, N_("Memory bandwidth:"), F_RATE },
    { VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE, N_("Dirty rate:"), F_PAGES_S },
    { VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE, N_("Page size:"), F_BYTES },
    { VIR_DOMAIN_JOB_MEMORY_ITERATION, N_("Iteration:"), F_COUNT },
    { VIR_DOMAIN_JOB_MEMORY_POSTCOPY_REQS, N_("Postcopy requests:"), F_COUNT },
};
static const struct field later[] = {
    { VIR_DOMAIN_JOB_DISK_BPS, N_("File bandwidth:"), F_RATE },
    { VIR_DOMAIN_JOB_MEMORY_CONSTANT, N_("Constant pages:"), F_COUNT },
    { VIR_DOMAIN_JOB_MEMORY_NORMAL, N_("Normal pages:"), F_COUNT },
    { VIR_DOMAIN_JOB_MEMORY_NORMAL_BYTES, N_("Normal data:"), F_SIZE },
    { VIR_DOMAIN_JOB_DOWNTIME, NULL, F_MS },
    { VIR_DOMAIN_JOB_DOWNTIME_NET, N_("Downtime w/o network:"), F_MS },
    { VIR_DOMAIN_JOB_SETUP_TIME, N_("Setup time:"), F_MS },
    { VIR_DOMAIN_JOB_COMPRESSION_CACHE, N_("Compression cache:"), F_SIZE },
    { VIR_DOMAIN_JOB_COMPRESSION_BYTES, N_("Compressed data:"), F_SIZE },
    { VIR_DOMAIN_JOB_COMPRESSION_PAGES, N_("Compressed pages:"), F_COUNT13 },
    { VIR_DOMAIN_JOB_COMPRESSION_CACHE_MISSES, N_("Compression cache misses:"), F_COUNT13 },
    { VIR_DOMAIN_JOB_COMPRESSION_OVERFLOW, N_("Compression overflows:"), F_COUNT13 },
    { VIR_DOMAIN_JOB_AUTO_CONVERGE_THROTTLE, N_("Auto converge throttle:"), F_INT13 },
    { VIR_DOMAIN_JOB_DISK_TEMP_USED, N_("Temporary disk space use:"), F_SIZE },
    { VIR_DOMAIN_JOB_DISK_TEMP_TOTAL, N_("Temporary disk space total:"), F_SIZE },
    { VIR_DOMAIN_JOB_ERRMSG, N_("Error message:"), F_TEXT },
};

static void show_size(struct vr_cmd *cmd, const char *label, unsigned long long bytes, bool per_second)
{
    const char *unit;
    double v = vr_pretty_size(bytes, &unit);
    vr_print(cmd, "%-17s %-.3lf %s%s\n", label, v, unit, per_second ? "/s" : "");
}

static void show_field(struct vr_cmd *cmd, const struct vr_typed *params, const struct field *f, const char *label)
{
    const virTypedParameter *p = vr_typed_find(params, f->field);
    if (!p)
        return;
    unsigned long long v = p->type == VIR_TYPED_PARAM_ULLONG ? p->value.ul : 0;
    switch (f->kind) {
    case F_MS: vr_print(cmd, "%-17s %-12llu ms\n", label, v); break;
    case F_SIZE: show_size(cmd, label, v, false); break;
    case F_RATE: if (v) show_size(cmd, label, v, true); break;
    case F_PAGES_S: vr_print(cmd, "%-17s %-12llu pages/s\n", label, v); break;
    case F_BYTES: vr_print(cmd, "%-17s %-12llu bytes\n", label, v); break;
    case F_COUNT: vr_print(cmd, "%-17s %-12llu\n", label, v); break;
    case F_COUNT13: vr_print(cmd, "%-17s %-13llu\n", label, v); break;
    case F_INT13: vr_print(cmd, "%-17s %-13d\n", label, p->type == VIR_TYPED_PARAM_INT ? p->value.i : 0); break;
    case F_TEXT: vr_print(cmd, "%-17s %s\n", label, p->type == VIR_TYPED_PARAM_STRING ? p->value.s : ""); break;
    }
}

static unsigned long long number(const struct vr_typed *params, const char *field)
{
    const virTypedParameter *p = vr_typed_find(params, field);
    return p && p->type == VIR_TYPED_PARAM_ULLONG ? p->value.ul : 0;
}

/* Processed, remaining and total of data, memory or file. */
static void show_group(struct vr_cmd *cmd, const char *const labels[3], unsigned long long done, unsigned long long left,
                       unsigned long long total)
{
    if (!total && !left)
        return;
    show_size(cmd, labels[0], done, false);
    show_size(cmd, labels[1], left, false);
    show_size(cmd, labels[2], total, false);
}

/* The older call, as parameters of the newer one. */
static bool old_info(virDomainPtr dom, int *type, struct vr_typed *params)
{
    virDomainJobInfo i;
    if (virDomainGetJobInfo(dom, &i) < 0)
        return false;
    *type = i.type;
    const struct { const char *field; unsigned long long value; } rows[] = {
        { VIR_DOMAIN_JOB_TIME_ELAPSED, i.timeElapsed }, { VIR_DOMAIN_JOB_TIME_REMAINING, i.timeRemaining },
        { VIR_DOMAIN_JOB_DATA_TOTAL, i.dataTotal }, { VIR_DOMAIN_JOB_DATA_PROCESSED, i.dataProcessed },
        { VIR_DOMAIN_JOB_DATA_REMAINING, i.dataRemaining }, { VIR_DOMAIN_JOB_MEMORY_TOTAL, i.memTotal },
        { VIR_DOMAIN_JOB_MEMORY_PROCESSED, i.memProcessed }, { VIR_DOMAIN_JOB_MEMORY_REMAINING, i.memRemaining },
        { VIR_DOMAIN_JOB_DISK_TOTAL, i.fileTotal }, { VIR_DOMAIN_JOB_DISK_PROCESSED, i.fileProcessed },
        { VIR_DOMAIN_JOB_DISK_REMAINING, i.fileRemaining },
    };
    for (size_t k = 0; k < VR_COUNT(rows); k++)
        vr_typed_ull(params, rows[k].field, rows[k].value);
    return true;
}

static void show_people(struct vr_cmd *cmd, int type, const struct vr_typed *p)
{
    static const char *const data[] = { N_("Data processed:"), N_("Data remaining:"), N_("Data total:") };
    static const char *const memory[] = { N_("Memory processed:"), N_("Memory remaining:"), N_("Memory total:") };
    static const char *const file[] = { N_("File processed:"), N_("File remaining:"), N_("File total:") };
    const virTypedParameter *op = vr_typed_find(p, VIR_DOMAIN_JOB_OPERATION);
    vr_print(cmd, "%-17s %-12s\n", _("Operation:"),
             vr_word(operations, VR_COUNT(operations), op && op->type == VIR_TYPED_PARAM_INT ? op->value.i : 0, _("unknown")));
    vr_print(cmd, "%-17s %-12llu ms\n", _("Time elapsed:"), number(p, VIR_DOMAIN_JOB_TIME_ELAPSED));
    show_field(cmd, p, &(struct field){ VIR_DOMAIN_JOB_TIME_ELAPSED_NET, NULL, F_MS }, _("Time elapsed w/o network:"));
    if (type == VIR_DOMAIN_JOB_BOUNDED)
        vr_print(cmd, "%-17s %-12llu ms\n", _("Time remaining:"), number(p, VIR_DOMAIN_JOB_TIME_REMAINING));
    show_group(cmd, data, number(p, VIR_DOMAIN_JOB_DATA_PROCESSED), number(p, VIR_DOMAIN_JOB_DATA_REMAINING),
               number(p, VIR_DOMAIN_JOB_DATA_TOTAL));
    unsigned long long total = number(p, VIR_DOMAIN_JOB_MEMORY_TOTAL), left = number(p, VIR_DOMAIN_JOB_MEMORY_REMAINING);
    show_group(cmd, memory, number(p, VIR_DOMAIN_JOB_MEMORY_PROCESSED), left, total);
    for (size_t i = 0; (total || left) && i < VR_COUNT(fields); i++)
        show_field(cmd, p, &fields[i], fields[i].label);
    show_group(cmd, file, number(p, VIR_DOMAIN_JOB_DISK_PROCESSED), number(p, VIR_DOMAIN_JOB_DISK_REMAINING),
               number(p, VIR_DOMAIN_JOB_DISK_TOTAL));
    for (size_t i = 0; i < VR_COUNT(later); i++)
        show_field(cmd, p, &later[i], later[i].label ? later[i].label
                   : type == VIR_DOMAIN_JOB_COMPLETED ? _("Total downtime:") : _("Expected downtime:"));
}

static bool domjobinfo_run(struct vr_cmd *cmd)
{
    bool raw = vr_opt_bool(cmd, "rawstats"), any = vr_opt_bool(cmd, "anystats");
    unsigned flags = (vr_opt_bool(cmd, "completed") ? VIR_DOMAIN_JOB_STATS_COMPLETED : 0) |
        (vr_opt_bool(cmd, "keep-completed") ? VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED : 0);
    int type = 0;
    if (!vr_opt_requires(cmd, "keep-completed", "completed"))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    VR_AUTO(vr_typed) *params = vr_typed_new();
    if (virDomainGetJobStats(dom, &type, &params->params, &params->n, flags) < 0) {
        if (vr_last_code(cmd) != VIR_ERR_NO_SUPPORT)
            return false;
        if (flags || raw)
            return vr_complain(cmd, "%s", _("Optional flags or --rawstats are not supported by the daemon"));
        vr_forget_error(cmd);
        if (!old_info(dom, &type, params))
            return false;
    }
    if (vr_json_wanted(cmd)) {
        struct vr_info *json = vr_info_new(cmd, "");
        vr_info_str(json, "type", "%s", vr_word(job_types, VR_COUNT(job_types), type, _("unknown")));
        for (int i = 0; i < params->n; i++)
            vr_typed_info(json, &params->params[i]);
        vr_info_done(json);
        return true;
    }
    if (raw) {
        vr_print(cmd, "Job type: %d\n\n", type);
        for (int i = 0; i < params->n; i++) {
            vr_autofree char *text = vr_typed_text(&params->params[i]);
            vr_print(cmd, "%s: %s\n", params->params[i].field, text);
        }
        return true;
    }
    vr_print(cmd, "%-17s %-12s\n", _("Job type:"), vr_word(job_types, VR_COUNT(job_types), type, _("unknown")));
    if (any || type == VIR_DOMAIN_JOB_BOUNDED || type == VIR_DOMAIN_JOB_UNBOUNDED ||
        (type == VIR_DOMAIN_JOB_COMPLETED && flags))
        show_people(cmd, type, params);
    return true;
}
static const struct vr_opt domjobinfo_opts[] = {
    VR_OPT_DOMAIN,
    { "completed", VR_OPT_BOOL, .help = N_("the last job that ended") },
    { "keep-completed", VR_OPT_BOOL, .help = N_("do not forget it afterwards") },
    { "anystats", VR_OPT_BOOL, .help = N_("of any kind of job") },
    { "rawstats", VR_OPT_BOOL, .help = N_("as name=value") },
    { 0 },
};
const struct vr_command vr_cmd_domjobinfo = {
    "domjobinfo", domjobinfo_opts, domjobinfo_run, VR_CMD_JSON, N_("tell how far a guest's job is"), NULL, NULL,
};

static bool domjobabort_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    bool postcopy = vr_opt_bool(cmd, "postcopy");
    return dom && (postcopy ? virDomainAbortJobFlags(dom, VIR_DOMAIN_ABORT_JOB_POSTCOPY) : virDomainAbortJob(dom)) == 0;
}
static const struct vr_opt domjobabort_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "postcopy", VR_OPT_BOOL, .help = N_("interrupt the post-copy phase") },
    { 0 },
};
const struct vr_command vr_cmd_domjobabort = {
    "domjobabort", domjobabort_opts, domjobabort_run, 0, N_("end a guest's job"), NULL, NULL,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* Questions whose parts are not built, answered as far as the answer is known without them. */
#include <string.h>
#include "base/json.h"
#include "base/str.h"
#include "definition.h"
#include "monitor.h"
#include "rows.h"

/* ---- what only the guest agent could tell ------------------------------------------------------------------------- */

bool vr_rows_no_agent(const struct vr_domain *dom, struct vr_error **err)
{
    for (size_t i = 0; i < dom->live->channels.n; i++) {
        const struct vr_chr *chr = dom->live->channels.v[i];
        if (chr->channel_target == VR_CHANNEL_VIRTIO && chr->name && vr_streq(chr->name, "org.qemu.guest_agent.0"))
            return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s", _("the QEMU guest agent is not supported yet"));
    }
    return vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, "%s", _("QEMU guest agent is not configured"));
}

static bool agent_only(const struct vr_nonnull_domain *named, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_running(named, err);
    return dom && vr_rows_no_agent(dom, err);
}

static bool get_hostname(struct vr_call *call, const struct vr_domain_get_hostname_args *in,
                         struct vr_domain_get_hostname_ret *out, struct vr_error **err)
{
    return agent_only(&in->dom, err);
}

static bool get_time(struct vr_call *call, const struct vr_domain_get_time_args *in, struct vr_domain_get_time_ret *out,
                     struct vr_error **err)
{
    return agent_only(&in->dom, err);
}

static bool get_fsinfo(struct vr_call *call, const struct vr_domain_get_fsinfo_args *in, struct vr_domain_get_fsinfo_ret *out,
                       struct vr_error **err)
{
    return agent_only(&in->dom, err);
}

static bool get_guest_info(struct vr_call *call, const struct vr_domain_get_guest_info_args *in,
                           struct vr_domain_get_guest_info_ret *out, struct vr_error **err)
{
    return agent_only(&in->dom, err);
}

static bool get_guest_vcpus(struct vr_call *call, const struct vr_domain_get_guest_vcpus_args *in,
                            struct vr_domain_get_guest_vcpus_ret *out, struct vr_error **err)
{
    return agent_only(&in->dom, err);
}

static bool pm_suspend(struct vr_call *call, const struct vr_domain_pm_suspend_for_duration_args *in, struct vr_void *out,
                       struct vr_error **err)
{
    if (in->duration)
        return vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, "%s", _("Duration not supported. Use 0 for now"));
    if (in->target > VIR_NODE_SUSPEND_TARGET_HYBRID)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("Unknown suspend target: %u"), in->target);
    return agent_only(&in->dom, err);
}

/* ---- jobs, snapshots, checkpoints --------------------------------------------------------------------------------- */

static bool abort_job(struct vr_call *call, const struct vr_domain_abort_job_args *in, struct vr_void *out,
                      struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_running(&in->dom, err);
    return dom && vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("no job is active on the domain"));
}

/* Descriptions that another daemon stored are seen, but not yet read: then "none" would be a lie. */
static bool none_stored(unsigned stored, const char *what, struct vr_error **err)
{
    if (!stored)
        return true;
    return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, _("%u %s are stored for this domain, and they are not supported yet"),
                   stored, what);
}

static bool snapshot_num(struct vr_call *call, const struct vr_domain_snapshot_num_args *in,
                         struct vr_domain_snapshot_num_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    return dom && none_stored(dom->snapshots, "snapshots", err);
}

static bool list_snapshot_names(struct vr_call *call, const struct vr_domain_snapshot_list_names_args *in,
                                struct vr_domain_snapshot_list_names_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    return dom && none_stored(dom->snapshots, "snapshots", err);
}

static bool list_all_snapshots(struct vr_call *call, const struct vr_domain_list_all_snapshots_args *in,
                               struct vr_domain_list_all_snapshots_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    return dom && none_stored(dom->snapshots, "snapshots", err);
}

static bool has_current_snapshot(struct vr_call *call, const struct vr_domain_has_current_snapshot_args *in,
                                 struct vr_domain_has_current_snapshot_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    return dom && none_stored(dom->snapshots, "snapshots", err);
}

static bool list_all_checkpoints(struct vr_call *call, const struct vr_domain_list_all_checkpoints_args *in,
                                 struct vr_domain_list_all_checkpoints_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    return dom && none_stored(dom->checkpoints, "checkpoints", err);
}

/* ---- disks -------------------------------------------------------------------------------------------------------- */

static int disk_error_of(const struct vr_json *blocks, const struct vr_disk *disk)
{
    size_t len = disk->info.alias ? strlen(disk->info.alias) : 0;
    for (size_t i = 0; len && i < vr_json_len(blocks); i++) {
        const struct vr_json *entry = vr_json_at(blocks, i);
        const char *qdev = vr_json_get_str(entry, "qdev"), *status = vr_json_get_str(entry, "io-status");
        const char *at = qdev ? strstr(qdev, disk->info.alias) : NULL;
        if (!at || (at > qdev && at[-1] != '/') || (at[len] && at[len] != '/') || !status)
            continue;
        return vr_streq(status, "failed")    ? VIR_DOMAIN_DISK_ERROR_UNSPEC
               : vr_streq(status, "nospace") ? VIR_DOMAIN_DISK_ERROR_NO_SPACE : VIR_DOMAIN_DISK_ERROR_NONE;
    }
    return VIR_DOMAIN_DISK_ERROR_NONE;
}

VR_SUSPENDS static bool get_disk_errors(struct vr_call *call, const struct vr_domain_get_disk_errors_args *in,
                                        struct vr_domain_get_disk_errors_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job_running(call, dom, VR_JOB_QUERY, err) : NULL;
    struct vr_monitor *mon = job ? vr_process_monitor(dom, err) : NULL;
    if (!mon)
        return false;
    if (!in->maxerrors) { /* only asked how many there could be */
        out->nerrors = (int32_t)dom->live->disks.n;
        return true;
    }
    VR_AUTO(vr_json) *blocks = NULL;
    if (!vr_monitor_call(mon, VR_QMP_QUERY, "query-block", NULL, &blocks, vr_after(VR_SPAN_QUERY), err) ||
        !vr_domain_require_active(dom, err))
        return false;
    out->errors = vr_arena_alloc(call->arena, (dom->live->disks.n + 1) * sizeof(*out->errors));
    for (size_t i = 0; i < dom->live->disks.n && out->errors_count < in->maxerrors; i++) {
        int error = disk_error_of(blocks, dom->live->disks.v[i]);
        if (error == VIR_DOMAIN_DISK_ERROR_NONE)
            continue;
        const char *target = vr_arena_strdup(call->arena, dom->live->disks.v[i]->target);
        out->errors[out->errors_count++] = (struct vr_domain_disk_error){ target, error };
    }
    out->nerrors = (int32_t)out->errors_count;
    return true;
}

/* ---- tuning, as definitions say it -------------------------------------------------------------------------------- */

static bool get_perf_events(struct vr_call *call, const struct vr_domain_get_perf_events_args *in,
                            struct vr_domain_get_perf_events_ret *out, struct vr_error **err)
{
    static const char *const names[] = {
        "cmt", "mbmt", "mbml", "cpu_cycles", "instructions", "cache_references", "cache_misses", "branch_instructions",
        "branch_misses", "bus_cycles", "stalled_cycles_frontend", "stalled_cycles_backend", "ref_cpu_cycles", "cpu_clock",
        "task_clock", "page_faults", "context_switches", "cpu_migrations", "page_faults_min", "page_faults_maj",
        "alignment_faults", "emulation_faults",
    };
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    const struct vr_domain_def *def = dom ? vr_domain_affect_one(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    struct vr_params p = { .arena = call->arena };
    for (size_t i = 0; i < VR_COUNT(names); i++) {
        bool enabled = false;
        for (size_t j = 0; j < def->perf_events.n; j++)
            if (vr_streq0(def->perf_events.v[j]->name, names[i]))
                enabled = def->perf_events.v[j]->enabled == VR_TRI_YES;
        vr_params_bool(&p, enabled, "%s", names[i]);
    }
    out->params = p.v;
    out->params_count = p.n;
    return true;
}

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)
/* ROOTS is the lowest of the filters, TOPOLOGICAL the highest: with nothing to filter each may be asked for. */
#define SNAPSHOT_FLAGS (2 * VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL - 1)
#define CHECKPOINT_FLAGS (2 * VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES - 1)

const struct vr_driver_row vr_rows_misc[] = {
    VR_ROW(domain_get_hostname, get_hostname,
           VIR_DOMAIN_GET_HOSTNAME_LEASE | VIR_DOMAIN_GET_HOSTNAME_AGENT),
    VR_ROW(domain_get_time, get_time, 0),
    VR_ROW(domain_get_fsinfo, get_fsinfo, 0),
    VR_ROW(domain_get_guest_info, get_guest_info, 0),
    VR_ROW(domain_get_guest_vcpus, get_guest_vcpus, 0),
    VR_ROW(domain_pm_suspend_for_duration, pm_suspend, 0),
    VR_ROW(domain_abort_job, abort_job, 0),
    VR_ROW(domain_snapshot_num, snapshot_num, SNAPSHOT_FLAGS),
    VR_ROW(domain_snapshot_list_names, list_snapshot_names, SNAPSHOT_FLAGS),
    VR_ROW(domain_list_all_snapshots, list_all_snapshots, SNAPSHOT_FLAGS),
    VR_ROW(domain_has_current_snapshot, has_current_snapshot, 0),
    VR_ROW(domain_list_all_checkpoints, list_all_checkpoints, CHECKPOINT_FLAGS),
    VR_ROW(domain_get_disk_errors, get_disk_errors, 0),
    VR_ROW(domain_get_perf_events, get_perf_events, AFFECT),
    { 0 },
};

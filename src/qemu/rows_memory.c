/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* Memory sizes. */
#include "base/json.h"
#include "definition.h"
#include "monitor.h"
#include "rows.h"
#include "stats.h"
#include "status.h"

struct memory_edit {
    uint64_t kib;
    bool maximum;
};

static bool edit_memory(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config, void *arg,
                        struct vr_error **err)
{
    const struct memory_edit *edit = arg;
    if (edit->maximum) {
        if (live)
            return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("cannot resize the maximum memory on an active domain"));
        if (config->cpu && config->cpu->cells.n)
            return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s",
                           _("initial memory size of a domain with NUMA nodes cannot be modified with this API"));
        if (config->max_memory_kib && config->max_memory_kib < edit->kib)
            return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s",
                           _("cannot set initial memory size greater than the maximum memory size"));
        config->memory_kib = edit->kib;
        if (config->current_memory_kib > edit->kib)
            config->current_memory_kib = edit->kib;
        return true;
    }
    if ((live && edit->kib > live->memory_kib) || (config && edit->kib > config->memory_kib))
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", _("cannot set memory higher than max memory"));
    if (live && !vr_has_balloon(live))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("Unable to change memory of active domain without the "
                                                               "balloon device and guest OS balloon driver"));
    /* The live figure follows from QEMU's BALLOON_CHANGE as the guest gives pages back. */
    if (config)
        config->current_memory_kib = edit->kib;
    return true;
}

VR_SUSPENDS static bool set_memory(struct vr_call *call, const struct vr_nonnull_domain *named, uint64_t kib, unsigned flags,
                                   struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(named, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job(call, dom, VR_JOB_MODIFY, err) : NULL;
    struct vr_affect affect;
    if (!job || !vr_domain_affect(dom, flags, &affect, err))
        return false;
    struct memory_edit edit = { kib, flags & VIR_DOMAIN_MEM_MAXIMUM };
    if (kib > UINT64_MAX / 1024)
        return vr_fail(err, VIR_ERR_OVERFLOW, "%s", _("memory size is too large"));
    if (affect.live) {
        /* Both sides are checked before QEMU is told anything. */
        if (!edit_memory(dom, affect.live, NULL, &edit, err))
            return false;
        if (affect.config && kib > affect.config->memory_kib)
            return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", _("cannot set memory higher than max memory"));
        struct vr_monitor *mon = vr_process_monitor(dom, err);
        if (!mon)
            return false;
        struct vr_json *args = vr_json_object();
        vr_json_add_uint(args, "value", kib * 1024);
        if (!vr_monitor_call(mon, VR_QMP_MODIFY, "balloon", args, NULL, vr_after(VR_SPAN_MODIFY), err))
            return false;
    }
    return !affect.config || vr_rows_edit(dom, VIR_DOMAIN_AFFECT_CONFIG, edit_memory, &edit, err);
}

VR_SUSPENDS static bool domain_set_memory(struct vr_call *call, const struct vr_domain_set_memory_args *in,
                                          struct vr_void *out, struct vr_error **err)
{
    return set_memory(call, &in->dom, in->memory, VIR_DOMAIN_AFFECT_LIVE, err);
}

VR_SUSPENDS static bool domain_set_memory_flags(struct vr_call *call, const struct vr_domain_set_memory_flags_args *in,
                                                struct vr_void *out, struct vr_error **err)
{
    return set_memory(call, &in->dom, in->memory, in->flags, err);
}

VR_SUSPENDS static bool domain_set_max_memory(struct vr_call *call, const struct vr_domain_set_max_memory_args *in,
                                              struct vr_void *out, struct vr_error **err)
{
    return set_memory(call, &in->dom, in->memory, VIR_DOMAIN_MEM_MAXIMUM, err);
}

/* ---- the balloon's reporting interval ----------------------------------------------------------------------------- */

static bool edit_period(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config, void *arg,
                        struct vr_error **err)
{
    unsigned period = *(const unsigned *)arg;
    struct vr_domain_def *both[] = { live, config };
    for (size_t i = 0; i < VR_COUNT(both); i++) {
        if (!both[i])
            continue;
        if (!vr_has_balloon(both[i]))
            return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s",
                           _("Memory balloon model must be virtio to set the collection period"));
        both[i]->memballoon->period = period;
    }
    return true;
}

VR_SUSPENDS static bool set_memory_stats_period(struct vr_call *call, const struct vr_domain_set_memory_stats_period_args *in,
                                                struct vr_void *out, struct vr_error **err)
{
    if (in->period < 0)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("invalid value for collection period '%d'"), in->period);
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job(call, dom, VR_JOB_MODIFY, err) : NULL;
    struct vr_affect affect;
    if (!job || !vr_domain_affect(dom, in->flags, &affect, err))
        return false;
    unsigned period = (unsigned)in->period;
    if (affect.live) {
        struct vr_monitor *mon = vr_process_monitor(dom, err);
        if (!mon)
            return false;
        if (!vr_has_balloon(affect.live) || !affect.live->memballoon->info.alias)
            return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s",
                           _("Memory balloon model must be virtio to set the collection period"));
        struct vr_json *args = vr_json_object();
        vr_json_add_strf(args, "path", "/machine/peripheral/%s", affect.live->memballoon->info.alias);
        vr_json_add_str(args, "property", "guest-stats-polling-interval");
        vr_json_add_uint(args, "value", period);
        if (!vr_monitor_call(mon, VR_QMP_MODIFY, "qom-set", args, NULL, vr_after(VR_SPAN_MODIFY), err))
            return false;
    }
    if (!vr_rows_edit(dom, in->flags, edit_period, &period, err))
        return false;
    if (affect.live)
        vr_rows_flush(dom);
    return true;
}

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)

const struct vr_driver_row vr_rows_memory[] = {
    VR_ROW(domain_set_memory, domain_set_memory, 0),
    VR_ROW(domain_set_memory_flags, domain_set_memory_flags, AFFECT | VIR_DOMAIN_MEM_MAXIMUM),
    VR_ROW(domain_set_max_memory, domain_set_max_memory, 0),
    VR_ROW(domain_set_memory_stats_period, set_memory_stats_period, AFFECT),
    { 0 },
};

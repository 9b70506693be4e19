/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* Calls that change the machine: pools of huge pages, page merging, sleep. */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "host/node.h"
#include "host/suspend.h"
#include "rows.h"

/* ---- pages -------------------------------------------------------------------------------------------------------- */

/* Filling a pool may take the kernel seconds: it is done on a worker, on copies. */
struct pages_task {
    uint32_t *sizes;
    uint64_t *counts;
    size_t n, done;
    int first;
    unsigned cells;
    bool add, ok;
    struct vr_error *err;
};

static void pages_free(void *arg)
{
    struct pages_task *t = arg;
    free(t->sizes);
    free(t->counts);
    vr_error_free(t->err);
    free(t);
}

static void pages_run(void *arg)
{
    struct pages_task *t = arg;
    t->ok = vr_node_alloc_pages(t->sizes, t->counts, t->n, t->first, t->cells, t->add, &t->done, &t->err);
}

VR_SUSPENDS static bool alloc_pages(struct vr_call *call, const struct vr_node_alloc_pages_args *in,
                                    struct vr_node_alloc_pages_ret *out, struct vr_error **err)
{
    if (in->page_sizes_count != in->page_counts_count)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("number of page sizes and of page counts differ"));
    struct pages_task *t = vr_new(struct pages_task);
    *t = (struct pages_task){ .n = in->page_sizes_count, .first = in->start_cell, .cells = in->cell_count,
                              .add = !(in->flags & VIR_NODE_ALLOC_PAGES_SET) };
    t->sizes = vr_memdup(in->page_sizes, t->n * sizeof(*t->sizes));
    t->counts = vr_memdup(in->page_counts, t->n * sizeof(*t->counts));
    if (!vr_worker_run(VR_POOL_CPU, NULL, "huge pages", pages_run, t, pages_free, vr_after(VR_SPAN_MODIFY), err))
        return false;
    bool ok = t->ok || vr_error_move(err, &t->err);
    out->ret = (int32_t)t->done;
    pages_free(t);
    return ok;
}

/* ---- page merging ------------------------------------------------------------------------------------------------- */

struct ksm_task {
    char *field;
    uint64_t value;
    bool ok;
    struct vr_error *err;
};

static void ksm_free(void *arg)
{
    struct ksm_task *t = arg;
    free(t->field);
    vr_error_free(t->err);
    free(t);
}

static void ksm_run(void *arg)
{
    struct ksm_task *t = arg;
    t->ok = vr_node_ksm_set(t->field, t->value, &t->err);
}

VR_SUSPENDS static bool set_memory_parameters(struct vr_call *call, const struct vr_node_set_memory_parameters_args *in,
                                              struct vr_void *out, struct vr_error **err)
{
    static const struct vr_param_known known[] = {
        { "shm_pages_to_scan", VIR_TYPED_PARAM_UINT, false },
        { "shm_sleep_millisecs", VIR_TYPED_PARAM_UINT, false },
        { "shm_merge_across_nodes", VIR_TYPED_PARAM_UINT, false },
        { NULL, 0, false },
    };
    if (!vr_params_check(in->params, in->params_count, known, err)) /* all, before the first is set */
        return false;
    for (uint32_t i = 0; i < in->params_count; i++) {
        struct ksm_task *t = vr_new(struct ksm_task);
        t->field = vr_strdup(in->params[i].field);
        t->value = in->params[i].value.ui;
        if (!vr_worker_run(VR_POOL_CPU, NULL, "ksm", ksm_run, t, ksm_free, vr_after(VR_SPAN_MODIFY), err))
            return false;
        bool ok = t->ok || vr_error_move(err, &t->err);
        ksm_free(t);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- sleep -------------------------------------------------------------------------------------------------------- */

#define SHORTEST_SLEEP 60        /* seconds; below that the alarm may ring before the machine sleeps */
#define ANSWER_FIRST VR_SEC(10)  /* the caller's reply, and others', leave the machine before it sleeps */

static bool suspending;

VR_SUSPENDS static void suspend_main(void *arg)
{
    unsigned target = (unsigned)(uintptr_t)arg;
    VR_AUTO(vr_error) *err = NULL;
    if (vr_sleep_until(vr_after(ANSWER_FIRST), &err) && !vr_host_suspend(target, &err))
        vr_logerr("the host does not go to sleep: %s", vr_error_text(err));
    suspending = false;
}

VR_SUSPENDS static bool node_suspend(struct vr_call *call, const struct vr_node_suspend_for_duration_args *in,
                                     struct vr_void *out, struct vr_error **err)
{
    if (!vr_host_can_suspend(in->target, err))
        return false;
    if (suspending)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("Suspend operation already in progress"));
    if (in->duration < SHORTEST_SLEEP)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", _("Suspend duration is too short"));
    suspending = true;
    if (vr_host_wake_after(in->duration, err) &&
        vr_fiber_start(vr_qemu.group, "node suspend", suspend_main, (void *)(uintptr_t)in->target, err))
        return true;
    suspending = false;
    return false;
}

/* ---- memory encryption -------------------------------------------------------------------------------------------- */

static bool sev_info(struct vr_call *call, const struct vr_node_get_sev_info_args *in, struct vr_node_get_sev_info_ret *out,
                     struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s", _("QEMU does not support SEV guest"));
}

const struct vr_driver_row vr_rows_host[] = {
    VR_ROW(node_alloc_pages, alloc_pages, VIR_NODE_ALLOC_PAGES_SET),
    VR_ROW(node_set_memory_parameters, set_memory_parameters, 0),
    VR_ROW(node_suspend_for_duration, node_suspend, 0),
    VR_ROW(node_get_sev_info, sev_info, VIR_TYPED_PARAM_STRING_OKAY),
    { 0 },
};

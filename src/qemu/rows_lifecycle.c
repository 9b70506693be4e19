/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* Suspend, resume, shutdown, reboot, reset, destroy. */
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "monitor.h"
#include "rows.h"
#include "state.h"
#include "status.h"
#include "driver/store.h"

VR_SUSPENDS static bool domain_suspend(struct vr_call *call, const struct vr_domain_suspend_args *in, struct vr_void *out,
                                       struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job_running(call, dom, VR_JOB_MODIFY, err) : NULL;
    if (!job)
        return false;
    if (dom->state == VIR_DOMAIN_PMSUSPENDED)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("domain is pmsuspended"));
    if (dom->state != VIR_DOMAIN_PAUSED && !vr_process_pause(dom, VIR_DOMAIN_PAUSED_USER, err))
        return false;
    vr_rows_flush(dom);
    return true;
}

VR_SUSPENDS static bool domain_resume(struct vr_call *call, const struct vr_domain_resume_args *in, struct vr_void *out,
                                      struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job_running(call, dom, VR_JOB_MODIFY, err) : NULL;
    if (!job)
        return false;
    if (dom->state == VIR_DOMAIN_PMSUSPENDED)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("domain is pmsuspended"));
    if (dom->state == VIR_DOMAIN_RUNNING)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("domain is already running"));
    bool panicked = dom->state == VIR_DOMAIN_CRASHED && dom->reason == VIR_DOMAIN_CRASHED_PANICKED;
    if ((dom->state == VIR_DOMAIN_PAUSED || panicked) && !vr_process_resume(dom, VIR_DOMAIN_RUNNING_UNPAUSED, err))
        return false;
    vr_rows_flush(dom);
    return true;
}

/* ---- shutdown and reboot ------------------------------------------------------------------------------------------ */

/* Presses the power button; the guest does the rest when it likes. */
VR_SUSPENDS static bool press_power(struct vr_domain *dom, bool reboot, struct vr_error **err)
{
    struct vr_monitor *mon = vr_process_monitor(dom, err);
    if (!mon)
        return false;
    struct vr_guest_run *run = dom->run;
    bool before = run->fake_reboot;
    run->fake_reboot = reboot;
    if (vr_monitor_call(mon, VR_QMP_MODIFY, "system_powerdown", NULL, NULL, vr_after(VR_SPAN_MODIFY), err)) {
        vr_status_changed(dom);
        return true;
    }
    run->fake_reboot = before;
    return false;
}

VR_SUSPENDS static bool shutdown(struct vr_call *call, const struct vr_nonnull_domain *named, unsigned flags,
                                 struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(named, err);
    VR_AUTO(vr_job) *job = NULL;
    if (!dom)
        return false;
    if (!vr_domain_is_active(dom)) /* here stock reports as the driver, not as the document */
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("domain is not running"));
    if (!(job = vr_rows_job_running(call, dom, VR_JOB_MODIFY, err)))
        return false;
    if ((flags & VIR_DOMAIN_SHUTDOWN_GUEST_AGENT) && !(flags & VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN))
        return vr_rows_no_agent(dom, err);
    if (!press_power(dom, false, err))
        return false;
    vr_rows_flush(dom);
    return true;
}

VR_SUSPENDS static bool domain_shutdown(struct vr_call *call, const struct vr_domain_shutdown_args *in, struct vr_void *out,
                                        struct vr_error **err)
{
    return shutdown(call, &in->dom, 0, err);
}

VR_SUSPENDS static bool domain_shutdown_flags(struct vr_call *call, const struct vr_domain_shutdown_flags_args *in,
                                              struct vr_void *out, struct vr_error **err)
{
    return shutdown(call, &in->dom, in->flags, err);
}

VR_SUSPENDS static bool domain_reboot(struct vr_call *call, const struct vr_domain_reboot_args *in, struct vr_void *out,
                                      struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job_running(call, dom, VR_JOB_MODIFY, err) : NULL;
    if (!job)
        return false;
    if ((in->flags & VIR_DOMAIN_REBOOT_GUEST_AGENT) && !(in->flags & VIR_DOMAIN_REBOOT_ACPI_POWER_BTN))
        return vr_rows_no_agent(dom, err);
    if (!press_power(dom, true, err))
        return false;
    vr_rows_flush(dom);
    return true;
}

VR_SUSPENDS static bool domain_reset(struct vr_call *call, const struct vr_domain_reset_args *in, struct vr_void *out,
                                     struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job_running(call, dom, VR_JOB_MODIFY, err) : NULL;
    struct vr_monitor *mon = job ? vr_process_monitor(dom, err) : NULL;
    if (!mon || !vr_monitor_call(mon, VR_QMP_MODIFY, "system_reset", NULL, NULL, vr_after(VR_SPAN_MODIFY), err))
        return false;
    if (!dom->run)
        return vr_domain_require_active(dom, err);
    dom->run->fake_reboot = false;
    if (dom->state == VIR_DOMAIN_CRASHED)
        vr_state_set(dom, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_CRASHED, VR_NO_EVENT, 0);
    return true;
}

/* ---- destroy ------------------------------------------------------------------------------------------------------ */


VR_SUSPENDS static bool remove_logs(struct vr_domain *dom, struct vr_error **err)
{
    vr_autofree char *log = vr_printf("%s/%s.log", vr_qemu.log_dir, dom->name);
    if (!vr_store_remove(log, vr_after(VR_SPAN_STORE), err))
        return false;
    for (int i = 0; i < 3; i++) { /* what log rotation left */
        vr_autofree char *rotated = vr_printf("%s.%d", log, i);
        if (!vr_store_remove(rotated, vr_after(VR_SPAN_STORE), err))
            return false;
    }
    return true;
}

VR_SUSPENDS static bool destroy(struct vr_call *call, const struct vr_nonnull_domain *named, unsigned flags,
                                struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_running(named, err);
    if (!dom)
        return false;
    bool graceful = flags & VIR_DOMAIN_DESTROY_GRACEFUL;
    struct vr_guest_run *run = dom->run;
    uint64_t serial = run ? run->serial : 0;

    /*
     * The process goes before the job comes: whoever holds the job may wait for this very QEMU. A start that is still at
     * work sees its guest die, and cleans up by itself.
     */
    if (run) {
        run->destroying = true;
        if (!vr_process_kill(dom, graceful, err)) {
            if (vr_process_same_run(dom, serial))
                dom->run->destroying = false;
            return false;
        }
    }
    VR_AUTO(vr_job) *job = NULL;
    vr_shield(vr_after(VR_SPAN_JOB)) /* the guest is dead: its end is told to the last */
        job = vr_rows_job(call, dom, VR_JOB_DESTROY, err);
    if (!job)
        return false;
    if (!vr_process_same_run(dom, serial))
        return vr_domain_is_active(dom) ? true : vr_domain_require_active(dom, err);
    vr_process_stop(dom, VIR_DOMAIN_SHUTOFF_DESTROYED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
    return !(flags & VIR_DOMAIN_DESTROY_REMOVE_LOGS) || remove_logs(dom, err);
}

VR_SUSPENDS static bool domain_destroy(struct vr_call *call, const struct vr_domain_destroy_args *in, struct vr_void *out,
                                       struct vr_error **err)
{
    return destroy(call, &in->dom, 0, err);
}

VR_SUSPENDS static bool domain_destroy_flags(struct vr_call *call, const struct vr_domain_destroy_flags_args *in,
                                             struct vr_void *out, struct vr_error **err)
{
    return destroy(call, &in->dom, in->flags, err);
}

const struct vr_driver_row vr_rows_lifecycle[] = {
    VR_ROW(domain_suspend, domain_suspend, 0),
    VR_ROW(domain_resume, domain_resume, 0),
    VR_ROW(domain_shutdown, domain_shutdown, 0),
    VR_ROW(domain_shutdown_flags, domain_shutdown_flags, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN | VIR_DOMAIN_SHUTDOWN_GUEST_AGENT),
    VR_ROW(domain_reboot, domain_reboot, VIR_DOMAIN_REBOOT_ACPI_POWER_BTN | VIR_DOMAIN_REBOOT_GUEST_AGENT),
    VR_ROW(domain_reset, domain_reset, 0),
    VR_ROW(domain_destroy, domain_destroy, 0),
    VR_ROW(domain_destroy_flags, domain_destroy_flags, VIR_DOMAIN_DESTROY_GRACEFUL | VIR_DOMAIN_DESTROY_REMOVE_LOGS),
    { 0 },
};

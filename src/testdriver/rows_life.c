/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting, stopping and what lies between. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <stdlib.h>
#include "internal.h"

static struct vr_test_domain *start(struct vr_call *call, const struct vr_nonnull_domain *d, struct vr_error **err)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_test_domain *dom = vr_test_domain_of(call, d, err);
    if (!dom)
        return NULL;
    if (dom->state != VIR_DOMAIN_SHUTOFF) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, "Domain '%s' is already running", dom->def->name);
        return NULL;
    }
    dom->saved = false;
    vr_test_domain_start(test, dom, VIR_DOMAIN_RUNNING_BOOTED);
    vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
    return dom;
}

VR_FN(create_plain, domain_create_args, void)
{
    return start(call, &in->dom, err) != NULL;
}

VR_FN(create_with_flags, domain_create_with_flags_args, domain_create_with_flags_ret)
{
    struct vr_test_domain *dom = start(call, &in->dom, err);
    if (dom)
        out->dom = vr_test_domain_name(call->arena, dom);
    return dom != NULL;
}

VR_FN(create_with_files, domain_create_with_files_args, domain_create_with_files_ret)
{
    struct vr_test_domain *dom = start(call, &in->dom, err);
    if (dom)
        out->dom = vr_test_domain_name(call->arena, dom);
    return dom != NULL;
}

static bool destroy(struct vr_call *call, const struct vr_nonnull_domain *d, struct vr_error **err)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_test_domain *dom = vr_test_domain_of(call, d, err);
    if (!dom)
        return false;
    if (!vr_test_active(dom))
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_INVALID, -1, "%s", "domain is not running");
    vr_test_domain_stop(dom, VIR_DOMAIN_SHUTOFF_DESTROYED);
    vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
    vr_test_domain_settle(test, dom);
    return true;
}

VR_FN(destroy_plain, domain_destroy_args, void)
{
    return destroy(call, &in->dom, err);
}

VR_FN(destroy_flags, domain_destroy_flags_args, void)
{
    return destroy(call, &in->dom, err);
}

VR_FN(suspend, domain_suspend_args, void)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    if (dom->state == VIR_DOMAIN_SHUTOFF || dom->state == VIR_DOMAIN_PAUSED)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "domain '%s' not running", dom->def->name);
    dom->state = VIR_DOMAIN_PAUSED;
    dom->reason = VIR_DOMAIN_PAUSED_USER;
    vr_test_domain_event(vr_test_of(call), dom, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
    return true;
}

VR_FN(resume, domain_resume_args, void)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    if (dom->state != VIR_DOMAIN_PAUSED)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "domain '%s' not paused", dom->def->name);
    dom->state = VIR_DOMAIN_RUNNING;
    dom->reason = VIR_DOMAIN_RUNNING_UNPAUSED;
    vr_test_domain_event(vr_test_of(call), dom, VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
    return true;
}

/* What the definition says shall follow: the guest ends, or starts again at once. */
static void end_as(struct vr_test *test, struct vr_test_domain *dom, enum vr_lifecycle_action action)
{
    if (action == VR_ACTION_RESTART || action == VR_ACTION_RENAME_RESTART || action == VR_ACTION_COREDUMP_RESTART) {
        dom->state = VIR_DOMAIN_RUNNING;
        dom->reason = VIR_DOMAIN_RUNNING_BOOTED;
        return;
    }
    vr_test_domain_stop(dom, VIR_DOMAIN_SHUTOFF_SHUTDOWN);
    vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);
    vr_test_domain_settle(test, dom);
}

static bool shut_down(struct vr_call *call, const struct vr_nonnull_domain *d, struct vr_error **err)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, d, err);
    if (!dom)
        return false;
    if (dom->state == VIR_DOMAIN_SHUTOFF)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "domain '%s' not running", dom->def->name);
    end_as(vr_test_of(call), dom, dom->def->on_poweroff);
    return true;
}

VR_FN(shutdown_plain, domain_shutdown_args, void)
{
    return shut_down(call, &in->dom, err);
}

VR_FN(shutdown_flags, domain_shutdown_flags_args, void)
{
    return shut_down(call, &in->dom, err);
}

static struct vr_test_domain *running(struct vr_call *call, const struct vr_nonnull_domain *d, struct vr_error **err)
{
    return vr_test_domain_running(call, d, err);
}

VR_FN(reboot, domain_reboot_args, void)
{
    struct vr_test_domain *dom = running(call, &in->dom, err);
    if (dom)
        end_as(vr_test_of(call), dom, dom->def->on_reboot);
    return dom != NULL;
}

VR_FN(reset, domain_reset_args, void)
{
    return running(call, &in->dom, err) != NULL; /* goes on as if nothing had been */
}

const struct vr_driver_row vr_test_life_rows[] = {
    VR_ROW(domain_create, create_plain, 0),
    VR_ROW(domain_create_with_flags, create_with_flags, 0),
    VR_ROW(domain_create_with_files, create_with_files, 0),
    VR_ROW(domain_destroy, destroy_plain, 0),
    VR_ROW(domain_destroy_flags, destroy_flags, VIR_DOMAIN_DESTROY_GRACEFUL),
    VR_ROW(domain_suspend, suspend, 0),
    VR_ROW(domain_resume, resume, 0),
    VR_ROW(domain_shutdown, shutdown_plain, 0),
    VR_ROW(domain_shutdown_flags, shutdown_flags, 0),
    VR_ROW(domain_reboot, reboot, VIR_DOMAIN_REBOOT_ACPI_POWER_BTN | VIR_DOMAIN_REBOOT_GUEST_AGENT |
           VIR_DOMAIN_REBOOT_INITCTL | VIR_DOMAIN_REBOOT_SIGNAL | VIR_DOMAIN_REBOOT_PARAVIRT),
    VR_ROW(domain_reset, reset, 0),
    { 0 },
};

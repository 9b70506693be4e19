/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "fault.h"

#include <string.h>
#include "internal.h"

#if VR_TEST_HOOKS

bool vr_fault_armed;
static struct vr_fault fault;
static size_t seen;

bool vr_fault_arm(const struct vr_fault *wanted, struct vr_error **err)
{
    if (vr_fault_armed)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("a fault is armed already"));
    fault = *wanted;
    seen = 0;
    vr_fault_armed = true;
    return true;
}

size_t vr_fault_disarm(void)
{
    vr_fault_armed = false;
    return seen;
}

bool vr_fault_check(struct vr_fiber *fiber, const char *what, struct vr_error **err)
{
    if (fault.scope && strncmp(fiber->name, fault.scope, strlen(fault.scope)) != 0)
        return false;
    if (++seen != fault.at)
        return false;
    switch (fault.kind) {
    case VR_FAULT_TIMEOUT:
        return !vr_wake_result(VR_WAKE_TIMEOUT, what, err);
    case VR_FAULT_CANCEL:
        vr_fiber_cancel(fiber); /* the caller's own check for cancel comes next, and honours a shield */
        return false;
    case VR_FAULT_CALL:
        fault.fn(what, fault.opaque);
        return false;
    default:
        return false;
    }
}

#else

bool vr_fault_arm(const struct vr_fault *wanted, struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_NO_SUPPORT, _("this build has no test hooks"));
}

size_t vr_fault_disarm(void)
{
    return 0;
}

#endif

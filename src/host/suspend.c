/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "suspend.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "api/constants.h"
#include "loop/child.h"

#define ASK_FOR VR_SEC(10)
#define SLEEP_FOR VR_SEC(60) /* systemctl returns when the machine goes down, or when it is up again */

static const struct {
    const char *question, *verb, *name;
} targets[] = {
    [VIR_NODE_SUSPEND_TARGET_MEM] = { "CanSuspend", "suspend", "Suspend-to-RAM" },
    [VIR_NODE_SUSPEND_TARGET_DISK] = { "CanHibernate", "hibernate", "Suspend-to-Disk" },
    [VIR_NODE_SUSPEND_TARGET_HYBRID] = { "CanHybridSleep", "hybrid-sleep", "Hybrid-Suspend" },
};

static bool known(unsigned target, struct vr_error **err)
{
    return target < sizeof(targets) / sizeof(targets[0]) || vr_fail(err, VIR_ERR_INVALID_ARG, "%s", _("Invalid suspend target"));
}

VR_SUSPENDS bool vr_host_can_suspend(unsigned target, struct vr_error **err)
{
    if (!known(target, err))
        return false;
    const char *argv[] = { "/usr/bin/busctl", "--system", "--auto-start=no", "--timeout=5", "call", "org.freedesktop.login1",
                           "/org/freedesktop/login1", "org.freedesktop.login1.Manager", targets[target].question, NULL };
    vr_autochild struct vr_child_result r = { 0 };
    VR_AUTO(vr_error) *unheard = NULL;
    if (vr_child_run_ok(&(struct vr_child){ .argv = argv, .deadline = vr_after(ASK_FOR) }, &r, &unheard) && r.out.data &&
        strstr(r.out.data, "\"yes\""))
        return true;
    if (unheard && unheard->code == VIR_ERR_OPERATION_ABORTED)
        return vr_error_move(err, &unheard);
    vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, "%s", _(targets[target].name));
    if (r.out.data && strchr(r.out.data, '"'))
        vr_error_suffix(err, _(" (systemd-logind's %s says %.*s)"), targets[target].question,
                        (int)strcspn(strchr(r.out.data, '"') + 1, "\"\n"), strchr(r.out.data, '"') + 1);
    else
        vr_error_suffix(err, "%s", _(" (systemd-logind, which would do it, does not answer on the system bus)"));
    return false;
}

VR_SUSPENDS bool vr_host_wake_after(uint64_t seconds, struct vr_error **err)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, seconds);
    const char *argv[] = { "/usr/sbin/rtcwake", "-m", "no", "-s", text, NULL };
    vr_autochild struct vr_child_result r = { 0 };
    return vr_child_run_ok(&(struct vr_child){ .argv = argv, .deadline = vr_after(ASK_FOR) }, &r, err);
}

VR_SUSPENDS bool vr_host_suspend(unsigned target, struct vr_error **err)
{
    if (!known(target, err))
        return false;
    const char *argv[] = { "/usr/bin/systemctl", targets[target].verb, NULL };
    vr_autochild struct vr_child_result r = { 0 };
    return vr_child_run_ok(&(struct vr_child){ .argv = argv, .deadline = vr_after(SLEEP_FOR) }, &r, err);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.process"
/* The end of a guest. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "deadlines.h"
#include "definition.h"
#include "driver.h"
#include "driver/call.h"
#include "guestlog.h"
#include "hooks.h"
#include "hostside.h"
#include "loop/loop.h"
#include "monitor.h"
#include "ports.h"
#include "process.h"
#include "rundir.h"
#include "state.h"
#include "status.h"
#include "transient.h"

static bool send_signal(const struct vr_guest_run *run, int signum)
{
    return syscall(SYS_pidfd_send_signal, run->pidfd, signum, NULL, 0) == 0 || errno == ESRCH;
}

/* A stopped process takes no SIGTERM until somebody continues it: there is nothing to wait for. */
static bool is_stopped(pid_t pid)
{
    vr_autofree char *path = vr_printf("/proc/%d/stat", (int)pid);
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[512];
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n <= 0)
        return false;
    text[n] = 0;
    const char *paren = strrchr(text, ')');
    return paren && paren[1] == ' ' && (paren[2] == 'T' || paren[2] == 't');
}

VR_SUSPENDS static bool wait_gone(struct vr_guest_run *run, vr_time span)
{
    struct vr_exit ended;
    if (!vr_pidfd_wait(run->pidfd, &ended, vr_after(span), NULL))
        return false;
    run->gone = true;
    if (ended.known && ended.code != CLD_EXITED)
        vr_info("domain '%s': QEMU ended by signal %d", run->dom->name, ended.status);
    return true;
}

VR_SUSPENDS bool vr_process_kill(struct vr_domain *dom, bool graceful, struct vr_error **err)
{
    struct vr_guest_run *run = dom->run;
    if (!run || run->gone || run->pidfd < 0)
        return true;
    uint64_t serial = run->serial;
    if (graceful || !is_stopped(run->pid)) {
        if (!send_signal(run, SIGTERM))
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to terminate process %lld with SIG%s"),
                                 (long long)run->pid, "TERM");
        /* A graceful destroy waits half as long again: it has nothing else to try. */
        if (wait_gone(run, graceful ? VR_SPAN_TERM * 3 / 2 : VR_SPAN_TERM) || !vr_process_same_run(dom, serial))
            return true;
        if (vr_cancelled())
            return vr_fail(err, VIR_ERR_OPERATION_ABORTED, "%s", _("the call was cancelled"));
        if (graceful)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, EBUSY, _("Failed to terminate process %lld with SIG%s"),
                                 (long long)run->pid, "TERM");
    }
    if (!send_signal(run, SIGKILL))
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to terminate process %lld with SIG%s"),
                             (long long)run->pid, "KILL");
    if (wait_gone(run, VR_SPAN_TERM * 3) || !vr_process_same_run(dom, serial))
        return true;
    return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, EBUSY, _("Failed to terminate process %lld with SIG%s"),
                         (long long)run->pid, "KILL");
}

VR_SUSPENDS static void take_down(struct vr_domain *dom, int reason)
{
    struct vr_guest_run *run = dom->run;
    VR_AUTO(vr_error) *err = NULL;
    if (!vr_process_kill(dom, false, &err))
        /* In an uninterruptible wait, on a dead disk most likely. The records are given up; the process ends some day. */
        vr_logerr("domain '%s': %s", dom->name, vr_error_text(err));
    if (run->monitor) {
        vr_monitor_drain(run->monitor, vr_after(VR_SEC(1)));
        vr_monitor_close(run->monitor);
    }
    vr_group_close(run->group);
    if (run->autodestroy) {
        vr_conn_off_close(run->autodestroy, dom);
        run->autodestroy = NULL;
        vr_domain_unref(dom); /* the hook's; the caller's job holds another */
    }
    vr_qemu_hook(dom, "stopped", "end", NULL);
    vr_guestlog_line(run->log_path, "shutting down, reason=%s", vr_state_reason_name(VIR_DOMAIN_SHUTOFF, reason));
    vr_hostside_release(dom);
    vr_transient_remove(dom);
    vr_error_free(vr_take(err));
    if (!vr_status_remove(dom, vr_after(VR_SPAN_STORE), &err))
        vr_logerr("domain '%s': %s", dom->name, vr_error_text(err));
    vr_rundir_remove(run);
    vr_qemu_hook(dom, "release", "end", NULL);
}

VR_SUSPENDS void vr_process_stop(struct vr_domain *dom, int reason, int detail)
{
    struct vr_guest_run *run = dom->run;
    if (!run || run->stopping)
        return;
    run->stopping = true;
    vr_shield(vr_after(VR_SPAN_TERM * 4 + VR_SPAN_CLEANUP + VR_SPAN_HOOK * 2))
        take_down(dom, reason);

    vr_domain_list_set_id(vr_qemu.domains, dom, -1);
    dom->run = NULL;
    vr_guest_run_free(run);
    /* The event carries the guest as it was, without its id: as stock's does after the stop. */
    struct vr_domain_def *live = vr_take(dom->live);
    vr_ports_release(live);
    dom->taint = 0;
    dom->deprecations = 0;
    dom->updated = false;
    vr_state_set(dom, VIR_DOMAIN_SHUTOFF, reason, detail < 0 ? VR_NO_EVENT : VIR_DOMAIN_EVENT_STOPPED, detail);
    vr_domain_def_free(live);
    if (!dom->persistent)
        vr_domain_list_remove(vr_qemu.domains, dom);
}

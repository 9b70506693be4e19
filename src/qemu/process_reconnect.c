/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.process"
/* A new daemon finds the guests of the last one. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "deadlines.h"
#include "definition.h"
#include "driver.h"
#include "emulators.h"
#include "hooks.h"
#include "hostside.h"
#include "loop/loop.h"
#include "monitor.h"
#include "nets.h"
#include "ports.h"
#include "process.h"
#include "state.h"
#include "status.h"

/* ---- is it that process? ------------------------------------------------------------------------------------------ */

struct look {
    pid_t pid;
    char uuid[VR_UUID_TEXT];
    bool is_ours;
};

/* /proc/PID/cmdline takes the process's mmap lock, which a sick QEMU may hold: hence on a worker. */
static void look_task(void *arg)
{
    struct look *look = arg;
    vr_autofree char *path = vr_printf("/proc/%d/cmdline", (int)look->pid);
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 1 << 20, len = 0;
    vr_autofree char *text = vr_alloc(size);
    for (ssize_t n; fd >= 0 && len < size && (n = read(fd, text + len, size - len)) > 0;)
        len += (size_t)n;
    look->is_ours = memmem(text, len, look->uuid, strlen(look->uuid)) != NULL;
}

/* The pid of a status document, if a process of that number still is this guest. */
VR_SUSPENDS static bool find_process(struct vr_domain *dom)
{
    struct vr_guest_run *run = dom->run;
    if (run->pid <= 1)
        return false;
    run->pidfd = (int)syscall(SYS_pidfd_open, run->pid, 0);
    if (run->pidfd < 0)
        return false;
    struct look *look = vr_new(struct look);
    look->pid = run->pid;
    vr_uuid_format(&dom->uuid, look->uuid);
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "look at a process", look_task, look, free, vr_after(VR_SPAN_QUERY), NULL))
        return true; /* it cannot be looked at, so it is not gone; the monitor will tell */
    bool ours = look->is_ours;
    free(look);
    return ours;
}

/* ---- one guest ---------------------------------------------------------------------------------------------------- */

VR_SUSPENDS static bool is_same_guest(struct vr_domain *dom, struct vr_error **err)
{
    VR_AUTO(vr_json) *ret = NULL;
    char mine[VR_UUID_TEXT];
    if (!vr_monitor_call(dom->run->monitor, VR_QMP_QUERY, "query-uuid", NULL, &ret, vr_after(VR_SPAN_QUERY), err))
        return false;
    const char *uuid = vr_json_get_str(ret, "UUID");
    if (uuid && vr_streq(uuid, vr_uuid_format(&dom->uuid, mine)))
        return true;
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("the monitor of domain '%s' belongs to another guest"), dom->name);
}

VR_SUSPENDS static bool connect_again(struct vr_domain *dom, struct vr_error **err)
{
    struct vr_guest_run *run = dom->run;
    vr_ports_note(dom->live);
    run->caps = vr_emulator_caps(dom->live->emulator, vr_after(VR_SPAN_LAUNCH), err);
    if (!run->caps) {
        /* The program may have been removed since; the guest runs all the same. */
        vr_warn("domain '%s': %s", dom->name, vr_error_text(*err));
        vr_error_free(vr_take(*err));
    }
    if (!vr_process_open_monitor(dom, vr_after(VR_SPAN_RECONNECT), err) || !is_same_guest(dom, err))
        return false;
    return vr_process_refresh(dom, err) && vr_qemu_hook(dom, "reconnect", "begin", err);
}

VR_SUSPENDS static void reconnect_one(struct vr_domain *dom)
{
    struct vr_guest_run *run = dom->run;
    VR_AUTO(vr_error) *err = NULL;
    bool alive = find_process(dom);
    vr_hostside_found(dom, alive);
    if (!alive) {
        run->gone = true;
        bool shutdown = dom->state == VIR_DOMAIN_SHUTDOWN;
        vr_info("domain '%s' ended while nobody looked", dom->name);
        vr_process_stop(dom, shutdown ? VIR_DOMAIN_SHUTOFF_SHUTDOWN : VIR_DOMAIN_SHUTOFF_CRASHED,
                        shutdown ? VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN : VIR_DOMAIN_EVENT_STOPPED_FAILED);
        return;
    }
    bool was_starting = dom->state == VIR_DOMAIN_PAUSED && dom->reason == VIR_DOMAIN_PAUSED_STARTING_UP;
    if (was_starting) {
        /* Its start call never returned: nobody believes that it runs. */
        vr_warn("domain '%s' was being started when the daemon ended; it is taken down", dom->name);
        vr_process_stop(dom, VIR_DOMAIN_SHUTOFF_FAILED, VIR_DOMAIN_EVENT_STOPPED_FAILED);
        return;
    }
    if (!connect_again(dom, &err)) {
        if (run->destroying)
            return;
        if (err && err->code == VIR_ERR_OPERATION_TIMEOUT) {
            /* Stopped or overloaded: it stays listed as it was, and is tried again until it answers or ends. */
            vr_logerr("domain '%s': %s; it is kept and tried again", dom->name, vr_error_text(err));
            return;
        }
        vr_logerr("domain '%s': cannot be found again: %s", dom->name, vr_error_text(err));
        vr_process_stop(dom, VIR_DOMAIN_SHUTOFF_FAILED, VIR_DOMAIN_EVENT_STOPPED_FAILED);
        return;
    }
    vr_nets_reclaim(dom);
    vr_info("domain '%s' found running with pid %d", dom->name, (int)run->pid);
    if (dom->state == VIR_DOMAIN_SHUTDOWN)
        vr_process_after_shutdown(dom);
    VR_AUTO(vr_error) *flush_err = NULL;
    if (!vr_status_flush(dom, vr_after(VR_SPAN_STORE), &flush_err))
        vr_warn("domain '%s': %s", dom->name, vr_error_text(flush_err));
}

VR_SUSPENDS static void reconnect_main(void *arg)
{
    VR_AUTO_DOMAIN *dom = arg;
    uint64_t serial = dom->run->serial;
    vr_time pause = VR_SEC(1);
    while (vr_process_same_run(dom, serial) && !dom->run->monitor) {
        VR_AUTO(vr_error) *err = NULL;
        VR_AUTO(vr_job) *job = vr_job_begin(dom, VR_JOB_MODIFY, "qemuProcessReconnect", vr_after(VR_SPAN_JOB), &err);
        if (job && vr_process_same_run(dom, serial))
            reconnect_one(dom);
        vr_job_free(vr_take(job));
        if (!vr_process_same_run(dom, serial) || dom->run->monitor)
            return;
        /* Not a poll of a healthy guest: only one whose QEMU did not answer comes here, with growing pauses. */
        if (!vr_sleep_until(vr_after(pause), NULL))
            return;
        pause = pause < VR_SEC(60) ? pause * 2 : pause;
    }
}

VR_SUSPENDS void vr_process_reconnect_all(void)
{
    VR_AUTO_DOMAINS all = vr_domain_list_all(vr_qemu.domains);
    for (size_t i = 0; i < all.n; i++) {
        VR_AUTO(vr_error) *err = NULL;
        if (!all.v[i]->run)
            continue;
        if (!vr_fiber_start(vr_qemu.group, "reconnect", reconnect_main, vr_domain_ref(all.v[i]), &err)) {
            vr_logerr("domain '%s': %s", all.v[i]->name, vr_error_text(err));
            vr_domain_unref(all.v[i]);
        }
    }
}

VR_SUSPENDS void vr_process_forget(struct vr_domain *dom)
{
    struct vr_guest_run *run = dom->run;
    if (!run)
        return;
    vr_status_flush(dom, vr_after(VR_SPAN_STORE), NULL);
    vr_monitor_close(run->monitor);
    vr_group_close(run->group);
    dom->run = NULL;
    vr_guest_run_free(run);
}

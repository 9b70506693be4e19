/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.events"
/*
 * What QEMU tells by events. Handlers run on the guest's monitor reader: they record, pass on and return. Whatever must wait
 * (a reset, the end of the guest) starts a fiber of its own.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "deadlines.h"
#include "definition.h"
#include "domain.h"
#include "driver/event.h"
#include "driver.h"
#include "events.h"
#include "guestlog.h"
#include "loop/loop.h"
#include "monitor.h"
#include "nets.h"
#include "process.h"
#include "state.h"
#include "status.h"

struct later {
    struct vr_domain *dom;
    uint64_t serial; /* of the run that asked: the guest may be in another one when its turn comes */
    VR_SUSPENDS void (*react)(struct vr_domain *dom, struct vr_job *job);
    enum vr_job_kind kind;
    const char *owner;
};

VR_SUSPENDS static void later_main(void *arg)
{
    struct later *l = arg;
    VR_AUTO(vr_error) *err = NULL;
    {
        VR_AUTO(vr_job) *job = NULL;
        /* QEMU's reaction cannot be dropped because a call is slow: ask again until the guest is gone or another run. */
        while (!job && vr_process_same_run(l->dom, l->serial)) {
            vr_error_free(vr_take(err));
            job = vr_job_begin(l->dom, l->kind, l->owner, vr_after(VR_SPAN_JOB), &err);
            if (!job && err->code == VIR_ERR_OPERATION_ABORTED)
                break; /* the daemon exits: the next start finds the guest */
        }
        if (job && vr_process_same_run(l->dom, l->serial))
            l->react(l->dom, job);
    }
    vr_domain_unref(l->dom);
    free(l);
}

static void later(struct vr_domain *dom, const char *owner, enum vr_job_kind kind,
                  VR_SUSPENDS void (*react)(struct vr_domain *dom, struct vr_job *job))
{
    struct later *l = vr_new(struct later);
    *l = (struct later){ vr_domain_ref(dom), dom->run->serial, react, kind, owner };
    VR_AUTO(vr_error) *err = NULL;
    if (!vr_fiber_start(vr_qemu.group, owner, later_main, l, &err)) {
        vr_logerr("domain '%s': cannot react (%s): %s", dom->name, owner, vr_error_text(err));
        vr_domain_unref(l->dom);
        free(l);
    }
}

/* ---- running and paused ------------------------------------------------------------------------------------------- */

static int suspended_detail(int reason)
{
    switch (reason) {
    case VIR_DOMAIN_PAUSED_MIGRATION: return VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED;
    case VIR_DOMAIN_PAUSED_FROM_SNAPSHOT: return VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT;
    case VIR_DOMAIN_PAUSED_POSTCOPY: return VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY;
    case VIR_DOMAIN_PAUSED_POSTCOPY_FAILED: return VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED;
    case VIR_DOMAIN_PAUSED_API_ERROR: return VIR_DOMAIN_EVENT_SUSPENDED_API_ERROR;
    case VIR_DOMAIN_PAUSED_IOERROR: return VIR_DOMAIN_EVENT_SUSPENDED_IOERROR;
    case VIR_DOMAIN_PAUSED_WATCHDOG: return VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG;
    default: return VIR_DOMAIN_EVENT_SUSPENDED_PAUSED;
    }
}

static int resumed_detail(int reason)
{
    switch (reason) {
    case VIR_DOMAIN_RUNNING_MIGRATED: return VIR_DOMAIN_EVENT_RESUMED_MIGRATED;
    case VIR_DOMAIN_RUNNING_FROM_SNAPSHOT: return VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT;
    case VIR_DOMAIN_RUNNING_POSTCOPY: return VIR_DOMAIN_EVENT_RESUMED_POSTCOPY;
    default: return VIR_DOMAIN_EVENT_RESUMED_UNPAUSED;
    }
}

static void on_stop(struct vr_domain *dom, const struct vr_json *data)
{
    struct vr_guest_run *run = dom->run;
    int reason = run->paused_reason;
    run->paused_reason = VIR_DOMAIN_PAUSED_UNKNOWN;
    if (dom->state != VIR_DOMAIN_RUNNING) /* paused already with a better reason, or on its way down */
        return;
    vr_state_set(dom, VIR_DOMAIN_PAUSED, reason, VIR_DOMAIN_EVENT_SUSPENDED, suspended_detail(reason));
}

static void on_resume(struct vr_domain *dom, const struct vr_json *data)
{
    struct vr_guest_run *run = dom->run;
    int reason = run->running_reason ? run->running_reason : VIR_DOMAIN_RUNNING_UNPAUSED;
    run->running_reason = VIR_DOMAIN_RUNNING_UNKNOWN;
    if (dom->state == VIR_DOMAIN_RUNNING)
        return;
    vr_state_set(dom, VIR_DOMAIN_RUNNING, reason, VIR_DOMAIN_EVENT_RESUMED, resumed_detail(reason));
}

/* ---- the guest's end ---------------------------------------------------------------------------------------------- */

static void on_shutdown(struct vr_domain *dom, const struct vr_json *data)
{
    struct vr_guest_run *run = dom->run;
    if (run->got_shutdown) /* QEMU repeats it on a second SIGTERM */
        return;
    run->got_shutdown = true;
    bool guest = false;
    int detail = VIR_DOMAIN_EVENT_SHUTDOWN_FINISHED;
    if (vr_json_get_bool(data, "guest", &guest))
        detail = guest ? VIR_DOMAIN_EVENT_SHUTDOWN_GUEST : VIR_DOMAIN_EVENT_SHUTDOWN_HOST;
    vr_state_set(dom, VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_UNKNOWN, VIR_DOMAIN_EVENT_SHUTDOWN, detail);
    if (!run->destroying && !run->stopping)
        vr_process_after_shutdown(dom);
}

VR_SUSPENDS static void fake_reboot(struct vr_domain *dom, struct vr_job *job)
{
    struct vr_guest_run *run = dom->run;
    VR_AUTO(vr_error) *err = NULL;
    bool crashed = dom->state == VIR_DOMAIN_CRASHED;
    run->fake_reboot = false;
    struct vr_monitor *mon = vr_process_monitor(dom, &err);
    bool ok = mon && vr_monitor_call(mon, VR_QMP_MODIFY, "system_reset", NULL, NULL, vr_after(VR_SPAN_MODIFY), &err);
    if (ok && dom->run == run) {
        run->got_shutdown = false;
        ok = vr_process_resume(dom, crashed ? VIR_DOMAIN_RUNNING_CRASHED : VIR_DOMAIN_RUNNING_BOOTED, &err);
    }
    if (ok || dom->run != run)
        return;
    vr_logerr("domain '%s': cannot restart the guest in its process: %s", dom->name, vr_error_text(err));
    vr_process_stop(dom, VIR_DOMAIN_SHUTOFF_FAILED, VIR_DOMAIN_EVENT_STOPPED_FAILED);
}

VR_SUSPENDS static void end_after_shutdown(struct vr_domain *dom, struct vr_job *job)
{
    vr_process_stop(dom, VIR_DOMAIN_SHUTOFF_SHUTDOWN, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);
}

void vr_process_after_shutdown(struct vr_domain *dom)
{
    enum vr_lifecycle_action action = dom->live->on_poweroff;
    if (dom->run->fake_reboot || action == VR_ACTION_RESTART || action == VR_ACTION_RENAME_RESTART)
        later(dom, "qemuProcessFakeReboot", VR_JOB_MODIFY, fake_reboot);
    else if (action == VR_ACTION_PRESERVE)
        vr_info("domain '%s': kept after its power-off (on_poweroff is 'preserve')", dom->name);
    else
        later(dom, "processMonitorEOFEvent", VR_JOB_DESTROY, end_after_shutdown);
}

VR_SUSPENDS static void after_panic(struct vr_domain *dom, struct vr_job *job)
{
    switch (dom->live->on_crash) {
    case VR_ACTION_PRESERVE:
        break;
    case VR_ACTION_RESTART:
    case VR_ACTION_RENAME_RESTART:
    case VR_ACTION_COREDUMP_RESTART:
        if (dom->live->on_crash == VR_ACTION_COREDUMP_RESTART)
            vr_logerr("domain '%s': no core dump is made before the restart (not built)", dom->name);
        fake_reboot(dom, job);
        break;
    default:
        if (dom->live->on_crash == VR_ACTION_COREDUMP_DESTROY)
            vr_logerr("domain '%s': no core dump is made before the end (not built)", dom->name);
        vr_process_stop(dom, VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_EVENT_STOPPED_CRASHED);
    }
}

static void on_panic(struct vr_domain *dom, const struct vr_json *data)
{
    const struct vr_json *info = vr_json_get_object(data, "info");
    if (info) {
        vr_autofree char *text = vr_json_print(info);
        vr_guestlog_line(dom->run->log_path, "panic %s", text);
    }
    vr_state_set(dom, VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED, VIR_DOMAIN_EVENT_CRASHED,
                 VIR_DOMAIN_EVENT_CRASHED_PANICKED);
    later(dom, "processGuestPanicEvent", VR_JOB_DESTROY, after_panic);
}

VR_SUSPENDS static void end_of_process(struct vr_domain *dom, struct vr_job *job)
{
    struct vr_guest_run *run = dom->run;
    /* A QEMU that closed its monitor is on its way out; one that talks nonsense is kept, but no longer spoken to. */
    bool shutdown = run->got_shutdown;
    vr_process_stop(dom, shutdown ? VIR_DOMAIN_SHUTOFF_SHUTDOWN : VIR_DOMAIN_SHUTOFF_CRASHED,
                    shutdown ? VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN : VIR_DOMAIN_EVENT_STOPPED_FAILED);
}

/* A guest whose monitor is of no use any more: its end is seen through the process alone. */
VR_SUSPENDS static void watch_process_main(void *arg)
{
    VR_AUTO_DOMAIN *dom = arg;
    struct vr_guest_run *run = dom->run;
    /* A descriptor of its own: who kills the guest waits on the other one. */
    vr_autoclose int fd = run->pidfd >= 0 ? fcntl(run->pidfd, F_DUPFD_CLOEXEC, 3) : -1;
    while (fd >= 0 && !run->gone) {
        VR_AUTO(vr_error) *err = NULL;
        struct vr_exit ended;
        if (vr_pidfd_wait(fd, &ended, vr_after(VR_SEC(3600)), &err)) {
            run->gone = true;
            later(dom, "processMonitorEOFEvent", VR_JOB_DESTROY, end_of_process);
        } else if (err->code != VIR_ERR_OPERATION_TIMEOUT) {
            return;
        }
    }
}

static void on_ended(void *opaque, const struct vr_error *why)
{
    struct vr_domain *dom = opaque;
    struct vr_guest_run *run = dom->run;
    if (!run || run->stopping || run->starting || run->destroying)
        return; /* whoever starts or ends it sees this itself */
    if (why->int1 == 0) {
        later(dom, "processMonitorEOFEvent", VR_JOB_DESTROY, end_of_process);
        return;
    }
    vr_emit_control_error(dom);
    vr_logerr("domain '%s': its monitor cannot be used any more: %s", dom->name, vr_error_text(why));
    VR_AUTO(vr_error) *err = NULL;
    if (!vr_fiber_start(run->group, "watch process", watch_process_main, vr_domain_ref(dom), &err)) {
        vr_logerr("domain '%s': %s", dom->name, vr_error_text(err));
        vr_domain_unref(dom);
    }
}

/* ---- after doubt -------------------------------------------------------------------------------------------------- */

VR_SUSPENDS static void read_again(struct vr_domain *dom, struct vr_job *job)
{
    VR_AUTO(vr_error) *err = NULL;
    if (!vr_process_refresh(dom, &err))
        vr_warn("domain '%s': cannot read its state again: %s", dom->name, vr_error_text(err));
}

static void on_settled(void *opaque, const char *command, bool failed)
{
    struct vr_domain *dom = opaque;
    if (!dom->run || dom->run->stopping)
        return;
    vr_warn("domain '%s': '%s' has %s after all; reading the guest's state again", dom->name, command,
            failed ? "failed" : "been done");
    later(dom, "afterDoubt", VR_JOB_MODIFY, read_again);
}

/* ---- devices and the rest ----------------------------------------------------------------------------------------- */

static void on_reset(struct vr_domain *dom, const struct vr_json *data)
{
    vr_emit_reboot(dom);
    vr_status_changed(dom);
}

static void on_rtc_change(struct vr_domain *dom, const struct vr_json *data)
{
    int64_t offset;
    if (vr_json_get_int(data, "offset", &offset))
        vr_emit_rtc_change(dom, offset);
}

static void on_watchdog(struct vr_domain *dom, const struct vr_json *data)
{
    static const char *const actions[] = { "none", "pause", "reset", "poweroff", "shutdown", "debug", "inject-nmi", NULL };
    const char *text = vr_json_get_str(data, "action");
    int action = text ? vr_name_index(actions, text) : -1;
    if (action < 0)
        action = VIR_DOMAIN_EVENT_WATCHDOG_NONE;
    vr_emit_watchdog(dom, action);
    if (action == VIR_DOMAIN_EVENT_WATCHDOG_PAUSE && dom->state == VIR_DOMAIN_RUNNING)
        vr_state_set(dom, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_WATCHDOG, VIR_DOMAIN_EVENT_SUSPENDED,
                     VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG);
}

/* The disk whose image node or frontend QEMU names. */
static struct vr_disk *find_disk(struct vr_domain *dom, const struct vr_json *data)
{
    const char *qdev = vr_json_get_str(data, "qom-path");
    const char *id = vr_json_get_str(data, "id");
    const char *device = vr_json_get_str(data, "device");
    for (size_t i = 0; i < dom->live->disks.n; i++) {
        struct vr_disk *disk = dom->live->disks.v[i];
        const char *alias = disk->info.alias;
        if (!alias)
            continue;
        if ((id && vr_streq(id, alias)) || (device && vr_streq(device, alias)))
            return disk;
        /* "/machine/peripheral/virtio-disk0/virtio-backend" names the frontend by a path component */
        size_t len = strlen(alias);
        for (const char *at = qdev ? strstr(qdev, alias) : NULL; at; at = strstr(at + 1, alias))
            if (at > qdev && at[-1] == '/' && (!at[len] || at[len] == '/'))
                return disk;
    }
    return NULL;
}

static void on_io_error(struct vr_domain *dom, const struct vr_json *data)
{
    static const char *const actions[] = { "ignore", "stop", "report", NULL };
    const char *text = vr_json_get_str(data, "action");
    int action = text ? vr_name_index(actions, text) : -1;
    if (action < 0)
        action = VIR_DOMAIN_EVENT_IO_ERROR_NONE;
    bool nospace = false;
    vr_json_get_bool(data, "nospace", &nospace);
    const struct vr_disk *disk = find_disk(dom, data);
    const char *path = disk ? vr_disk_path(disk) : NULL;
    vr_emit_io_error(dom, path ? path : "", disk ? disk->info.alias : "", action, nospace ? "enospc" : "");
    if (action == VIR_DOMAIN_EVENT_IO_ERROR_PAUSE && dom->state == VIR_DOMAIN_RUNNING)
        vr_state_set(dom, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR, VIR_DOMAIN_EVENT_SUSPENDED,
                     VIR_DOMAIN_EVENT_SUSPENDED_IOERROR);
}

static struct vr_emit_graphics_end graphics_end(const struct vr_json *end)
{
    static const char *const families[] = { "ipv4", "ipv6", "unix", NULL };
    const char *family = vr_json_get_str(end, "family"), *host = vr_json_get_str(end, "host"),
               *service = vr_json_get_str(end, "service");
    int index = family ? vr_name_index(families, family) : -1;
    return (struct vr_emit_graphics_end){ index < 0 ? 0 : index, host ? host : "", service ? service : "" };
}

static void graphics_event(struct vr_domain *dom, const struct vr_json *data, int phase, const char *default_auth)
{
    const struct vr_json *server = vr_json_get_object(data, "server"), *client = vr_json_get_object(data, "client");
    if (!server || !client)
        return;
    struct vr_emit_graphics_end local = graphics_end(server), remote = graphics_end(client);
    const char *auth = vr_json_get_str(server, "auth");
    vr_emit_graphics(dom, phase, &local, &remote, auth ? auth : default_auth, vr_json_get_str(client, "x509_dname"),
                     vr_json_get_str(client, "sasl_username"));
}

static void on_vnc_connected(struct vr_domain *dom, const struct vr_json *data)
{
    graphics_event(dom, data, VIR_DOMAIN_EVENT_GRAPHICS_CONNECT, "");
}
static void on_vnc_initialized(struct vr_domain *dom, const struct vr_json *data)
{
    graphics_event(dom, data, VIR_DOMAIN_EVENT_GRAPHICS_INITIALIZE, "");
}
static void on_vnc_disconnected(struct vr_domain *dom, const struct vr_json *data)
{
    graphics_event(dom, data, VIR_DOMAIN_EVENT_GRAPHICS_DISCONNECT, "");
}

static void on_tray_moved(struct vr_domain *dom, const struct vr_json *data)
{
    bool open = false;
    struct vr_disk *disk = find_disk(dom, data);
    if (!disk || !vr_json_get_bool(data, "tray-open", &open))
        return;
    vr_emit_tray_change(dom, disk->info.alias, open ? VIR_DOMAIN_EVENT_TRAY_CHANGE_OPEN : VIR_DOMAIN_EVENT_TRAY_CHANGE_CLOSE);
    disk->tray = open ? VR_TRAY_OPEN : VR_TRAY_CLOSED;
    vr_status_changed(dom);
}

static void on_suspend(struct vr_domain *dom, const struct vr_json *data)
{
    if (dom->state == VIR_DOMAIN_RUNNING)
        vr_state_set(dom, VIR_DOMAIN_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED_UNKNOWN, VIR_DOMAIN_EVENT_PMSUSPENDED,
                     VIR_DOMAIN_EVENT_PMSUSPENDED_MEMORY);
    vr_emit_pm_suspend(dom);
}

static void on_suspend_disk(struct vr_domain *dom, const struct vr_json *data)
{
    if (dom->state == VIR_DOMAIN_RUNNING)
        vr_state_set(dom, VIR_DOMAIN_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED_UNKNOWN, VIR_DOMAIN_EVENT_PMSUSPENDED,
                     VIR_DOMAIN_EVENT_PMSUSPENDED_DISK);
    vr_emit_pm_suspend_disk(dom);
}

static void on_wakeup(struct vr_domain *dom, const struct vr_json *data)
{
    if (dom->state == VIR_DOMAIN_PMSUSPENDED)
        vr_state_set(dom, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_WAKEUP, VIR_DOMAIN_EVENT_STARTED,
                     VIR_DOMAIN_EVENT_STARTED_WAKEUP);
    vr_emit_pm_wakeup(dom);
}

static void on_balloon_change(struct vr_domain *dom, const struct vr_json *data)
{
    uint64_t bytes;
    if (!vr_json_get_uint(data, "actual", &bytes))
        return;
    vr_emit_balloon_change(dom, bytes / 1024);
    dom->live->current_memory_kib = bytes / 1024;
    vr_status_changed(dom);
}

static void on_device_deleted(struct vr_domain *dom, const struct vr_json *data)
{
    const char *alias = vr_json_get_str(data, "device"); /* absent for parts that only QEMU knows */
    if (alias)
        vr_emit_device_removed(dom, alias);
}

static void on_unplug_error(struct vr_domain *dom, const struct vr_json *data)
{
    const char *alias = vr_json_get_str(data, "device");
    if (alias)
        vr_emit_device_removal_failed(dom, alias);
}

static void on_port_change(struct vr_domain *dom, const struct vr_json *data)
{
    const char *id = vr_json_get_str(data, "id");
    bool open = false;
    if (!id || !vr_json_get_bool(data, "open", &open))
        return;
    for (size_t i = 0; i < dom->live->channels.n; i++) {
        struct vr_chr *chr = dom->live->channels.v[i];
        if (!chr->info.alias || !vr_streq(chr->info.alias, id) || chr->channel_target != VR_CHANNEL_VIRTIO)
            continue;
        enum vr_channel_state state = open ? VR_CHANNEL_STATE_CONNECTED : VR_CHANNEL_STATE_DISCONNECTED;
        if (chr->state == state)
            return;
        chr->state = state;
        vr_status_changed(dom);
        if (chr->name && vr_streq(chr->name, "org.qemu.guest_agent.0"))
            vr_emit_agent_lifecycle(dom, open ? VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED
                                              : VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED,
                                    VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL);
        return;
    }
}

/* The guest listens to another address now; who trusts it with that has the host's end follow. */
VR_SUSPENDS static void follow_rx_filters(struct vr_domain *dom, struct vr_job *job)
{
    vr_nets_follow_guest(dom);
}

static void on_rx_filter(struct vr_domain *dom, const struct vr_json *data)
{
    for (size_t i = 0; i < dom->live->interfaces.n; i++)
        if (vr_net_trusts_guest(dom->live->interfaces.v[i])) {
            later(dom, "rx filters", VR_JOB_QUERY, follow_rx_filters);
            return;
        }
}

static const struct {
    const char *name;
    void (*fn)(struct vr_domain *dom, const struct vr_json *data);
} handlers[] = {
    { "BALLOON_CHANGE", on_balloon_change },
    { "BLOCK_IO_ERROR", on_io_error },
    { "DEVICE_DELETED", on_device_deleted },
    { "DEVICE_TRAY_MOVED", on_tray_moved },
    { "DEVICE_UNPLUG_GUEST_ERROR", on_unplug_error },
    { "GUEST_PANICKED", on_panic },
    { "NIC_RX_FILTER_CHANGED", on_rx_filter },
    { "RESET", on_reset },
    { "RESUME", on_resume },
    { "RTC_CHANGE", on_rtc_change },
    { "SHUTDOWN", on_shutdown },
    { "SPICE_CONNECTED", on_vnc_connected },
    { "SPICE_DISCONNECTED", on_vnc_disconnected },
    { "SPICE_INITIALIZED", on_vnc_initialized },
    { "STOP", on_stop },
    { "SUSPEND", on_suspend },
    { "SUSPEND_DISK", on_suspend_disk },
    { "VNC_CONNECTED", on_vnc_connected },
    { "VNC_DISCONNECTED", on_vnc_disconnected },
    { "VNC_INITIALIZED", on_vnc_initialized },
    { "VSERPORT_CHANGE", on_port_change },
    { "WAKEUP", on_wakeup },
    { "WATCHDOG", on_watchdog },
};

static void pass_on(struct vr_domain *dom, const char *name, const struct vr_json *data, const struct vr_json *event)
{
    if (!vr_event_wanted(VR_EVENTS_QEMU_MONITOR, 0))
        return;
    const struct vr_json *stamp = vr_json_get_object(event, "timestamp");
    int64_t seconds = -1, micros = 0;
    vr_json_get_int(stamp, "seconds", &seconds);
    vr_json_get_int(stamp, "microseconds", &micros);
    vr_autofree char *details = data ? vr_json_print(data) : NULL;
    struct vr_event_object object = { dom->name, dom->uuid.b, dom->id };
    vr_event_emit_monitor(&object, name, seconds, (unsigned)micros, details);
}

static void on_event(void *opaque, const char *name, const struct vr_json *data, const struct vr_json *event)
{
    struct vr_domain *dom = opaque;
    if (!dom->run || !dom->live)
        return;
    pass_on(dom, name, data, event);
    for (size_t i = 0; i < VR_COUNT(handlers); i++)
        if (vr_streq(handlers[i].name, name))
            handlers[i].fn(dom, data);
}

const struct vr_monitor_handler vr_process_monitor_handler = { on_event, on_ended, on_settled };

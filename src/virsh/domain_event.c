/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* event: waits for events of guests and prints them as they come. */
#include "virsh.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "domain_words.h"
#include "event_wait.h"
#include "typed.h"

/* What a callback gets: which event, and the wait that counts it. */
struct listener {
    struct vr_event_wait *wait;
    const char *name;
    int id;
};

/* One event: "event 'NAME' for domain 'DOM'" and what @fmt makes, as one piece of text. */
static void tell(struct listener *l, virDomainPtr dom, const char *fmt, ...) VR_PRINTF(3, 4);
static void tell(struct listener *l, virDomainPtr dom, const char *fmt, ...)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    vr_buf_printf(&text, _("event '%s' for domain '%s'"), l->name, virDomainGetName(dom));
    va_list ap;
    va_start(ap, fmt);
    vr_buf_vprintf(&text, fmt, ap);
    va_end(ap);
    vr_event_came(l->wait, text.data);
}

#define WORD(table, index) vr_word(table, VR_COUNT(table), index, _("unknown"))

static const char *const lifecycle[] = { "Defined", "Undefined", "Started", "Suspended", "Resumed", "Stopped", "Shutdown",
                                         "PMSuspended", "Crashed" };
static const char *const defined[] = { "Added", "Updated", "Renamed", "Snapshot" };
static const char *const undefined[] = { "Removed", "Renamed" };
static const char *const started[] = { "Booted", "Migrated", "Restored", "Snapshot", "Event wakeup" };
static const char *const suspended[] = { "Paused", "Migrated", "I/O Error", "Watchdog", "Restored", "Snapshot", "API error",
                                         "Post-copy", "Post-copy Error" };
static const char *const resumed[] = { "Unpaused", "Migrated", "Snapshot", "Post-copy" };
static const char *const stopped[] = { "Shutdown", "Destroyed", "Crashed", "Migrated", "Saved", "Failed", "Snapshot" };
static const char *const shut_down[] = { "Finished", "Finished after guest request", "Finished after host request" };
static const char *const pm_suspended[] = { "Memory", "Disk" };
static const char *const crashed[] = { "Panicked", "Crashloaded" };
static const struct { const char *const *words; size_t n; } details[] = {
    { defined, VR_COUNT(defined) }, { undefined, VR_COUNT(undefined) }, { started, VR_COUNT(started) },
    { suspended, VR_COUNT(suspended) }, { resumed, VR_COUNT(resumed) }, { stopped, VR_COUNT(stopped) },
    { shut_down, VR_COUNT(shut_down) }, { pm_suspended, VR_COUNT(pm_suspended) }, { crashed, VR_COUNT(crashed) },
};

static int on_lifecycle(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *opaque)
{
    const char *word = event >= 0 && (size_t)event < VR_COUNT(details)
        ? vr_word(details[event].words, details[event].n, detail, _("unknown")) : _("unknown");
    tell(opaque, dom, ": %s %s\n", WORD(lifecycle, event), word);
    return 0;
}

static void on_generic(virConnectPtr conn, virDomainPtr dom, void *opaque)
{
    tell(opaque, dom, "\n");
}

static void on_rtc(virConnectPtr conn, virDomainPtr dom, long long offset, void *opaque)
{
    tell(opaque, dom, ": %lld\n", offset);
}

static const char *const watchdog_actions[] = { "none", "pause", "reset", "poweroff", "shutdown", "debug", "inject-nmi" };

static void on_watchdog(virConnectPtr conn, virDomainPtr dom, int action, void *opaque)
{
    tell(opaque, dom, ": %s\n", WORD(watchdog_actions, action));
}

static const char *const io_actions[] = { "none", "pause", "report" };

static void on_io_error(virConnectPtr conn, virDomainPtr dom, const char *path, const char *alias, int action, void *opaque)
{
    tell(opaque, dom, ": %s (%s) %s\n", path, alias, WORD(io_actions, action));
}

static void on_io_error_reason(virConnectPtr conn, virDomainPtr dom, const char *path, const char *alias, int action,
                               const char *reason, void *opaque)
{
    tell(opaque, dom, ": %s (%s) %s due to %s\n", path, alias, WORD(io_actions, action), reason);
}

static const char *const phases[] = { "connect", "initialize", "disconnect" };
static const char *const families[] = { "IPv4", "IPv6", "unix" };

static void on_graphics(virConnectPtr conn, virDomainPtr dom, int phase, const virDomainEventGraphicsAddress *local,
                        const virDomainEventGraphicsAddress *remote, const char *scheme,
                        const virDomainEventGraphicsSubject *subject, void *opaque)
{
    vr_autobuf struct vr_buf who = VR_BUF_INIT;
    for (int i = 0; i < subject->nidentity; i++)
        vr_buf_printf(&who, "\t%s=%s\n", subject->identities[i].type, subject->identities[i].name);
    tell(opaque, dom, ": %s local[%s %s %s] remote[%s %s %s] %s\n%s", WORD(phases, phase), WORD(families, local->family),
         local->node, local->service, WORD(families, remote->family), remote->node, remote->service, scheme,
         who.data ? who.data : "");
}

static const char *const job_types[] = { "Unknown job", "Block Pull", "Block Copy", "Block Commit", "Active Block Commit", "Backup" };
static const char *const job_states[] = { "completed", "failed", "canceled", "ready" };

static void on_block_job(virConnectPtr conn, virDomainPtr dom, const char *disk, int type, int status, void *opaque)
{
    tell(opaque, dom, ": %s for %s %s\n", WORD(job_types, type), disk, WORD(job_states, status));
}

static const char *const disk_reasons[] = { "changed", "dropped" };

static void on_disk_change(virConnectPtr conn, virDomainPtr dom, const char *old, const char *new, const char *alias, int reason,
                           void *opaque)
{
    tell(opaque, dom, " disk %s: %s -> %s: %s\n", alias, old ? old : "", new ? new : "", WORD(disk_reasons, reason));
}

static const char *const tray_reasons[] = { "opened", "closed" };

static void on_tray(virConnectPtr conn, virDomainPtr dom, const char *alias, int reason, void *opaque)
{
    tell(opaque, dom, " disk %s: %s\n", alias, WORD(tray_reasons, reason));
}

static void on_pm(virConnectPtr conn, virDomainPtr dom, int reason, void *opaque)
{
    tell(opaque, dom, "\n");
}

static void on_balloon(virConnectPtr conn, virDomainPtr dom, unsigned long long actual, void *opaque)
{
    tell(opaque, dom, ": %lluKiB\n", actual);
}

static void on_device(virConnectPtr conn, virDomainPtr dom, const char *alias, void *opaque)
{
    tell(opaque, dom, ": %s\n", alias);
}

static void tell_params(struct listener *l, virDomainPtr dom, virTypedParameterPtr params, int n)
{
    vr_autobuf struct vr_buf lines = VR_BUF_INIT;
    for (int i = 0; i < n; i++) {
        vr_autofree char *value = vr_typed_text(&params[i]);
        vr_buf_printf(&lines, "\t%s: %s\n", params[i].field, value);
    }
    tell(l, dom, ":\n%s", lines.data ? lines.data : "");
}

static void on_params(virConnectPtr conn, virDomainPtr dom, virTypedParameterPtr params, int n, void *opaque)
{
    tell_params(opaque, dom, params, n);
}

static const char *const agent_states[] = { "unknown", "connected", "disconnected" };
static const char *const agent_reasons[] = { "unknown", "domain started", "channel event" };

static void on_agent(virConnectPtr conn, virDomainPtr dom, int state, int reason, void *opaque)
{
    tell(opaque, dom, ": state: '%s' reason: '%s'\n", WORD(agent_states, state), WORD(agent_reasons, reason));
}

static void on_iteration(virConnectPtr conn, virDomainPtr dom, int iteration, void *opaque)
{
    tell(opaque, dom, ": iteration: '%d'\n", iteration);
}

static const char *const metadata_types[] = { "description", "title", "element" };

static void on_metadata(virConnectPtr conn, virDomainPtr dom, int type, const char *uri, void *opaque)
{
    tell(opaque, dom, ": type %s, uri %s\n", WORD(metadata_types, type), uri ? uri : "N/A");
}

static void on_threshold(virConnectPtr conn, virDomainPtr dom, const char *dev, const char *path, unsigned long long threshold,
                         unsigned long long excess, void *opaque)
{
    tell(opaque, dom, ": dev: %s(%s) %llu %llu\n", dev, path ? path : "", threshold, excess);
}

static const char *const recipients[] = { "hypervisor", "guest" };
static const char *const failure_actions[] = { "ignore", "inject", "fatal", "reset" };

static void on_memory_failure(virConnectPtr conn, virDomainPtr dom, int recipient, int action, unsigned flags, void *opaque)
{
    tell(opaque, dom, ":\nrecipient: %s\naction: %s\nflags:\n\taction required: %d\n\trecursive: %d\n", WORD(recipients, recipient),
         WORD(failure_actions, action), !!(flags & VIR_DOMAIN_MEMORY_FAILURE_ACTION_REQUIRED),
         !!(flags & VIR_DOMAIN_MEMORY_FAILURE_RECURSIVE));
}

static void on_memory_size(virConnectPtr conn, virDomainPtr dom, const char *alias, unsigned long long size, void *opaque)
{
    tell(opaque, dom, ":\nalias: %s\nsize: %llu\n", alias, size);
}

#define EVENT(name, id, function) { name, VIR_DOMAIN_EVENT_ID_##id, VR_EVENT_CALLBACK(function) }
static const struct {
    const char *name;
    int id;
    virConnectDomainEventGenericCallback callback;
} events[] = {
    EVENT("lifecycle", LIFECYCLE, on_lifecycle), EVENT("reboot", REBOOT, on_generic), EVENT("rtc-change", RTC_CHANGE, on_rtc),
    EVENT("watchdog", WATCHDOG, on_watchdog), EVENT("io-error", IO_ERROR, on_io_error), EVENT("graphics", GRAPHICS, on_graphics),
    EVENT("io-error-reason", IO_ERROR_REASON, on_io_error_reason), EVENT("control-error", CONTROL_ERROR, on_generic),
    EVENT("block-job", BLOCK_JOB, on_block_job), EVENT("disk-change", DISK_CHANGE, on_disk_change),
    EVENT("tray-change", TRAY_CHANGE, on_tray), EVENT("pm-wakeup", PMWAKEUP, on_pm), EVENT("pm-suspend", PMSUSPEND, on_pm),
    EVENT("balloon-change", BALLOON_CHANGE, on_balloon), EVENT("pm-suspend-disk", PMSUSPEND_DISK, on_pm),
    EVENT("device-removed", DEVICE_REMOVED, on_device), EVENT("block-job-2", BLOCK_JOB_2, on_block_job),
    EVENT("tunable", TUNABLE, on_params), EVENT("agent-lifecycle", AGENT_LIFECYCLE, on_agent),
    EVENT("device-added", DEVICE_ADDED, on_device), EVENT("migration-iteration", MIGRATION_ITERATION, on_iteration),
    EVENT("job-completed", JOB_COMPLETED, on_params), EVENT("device-removal-failed", DEVICE_REMOVAL_FAILED, on_device),
    EVENT("metadata-change", METADATA_CHANGE, on_metadata), EVENT("block-threshold", BLOCK_THRESHOLD, on_threshold),
    EVENT("memory-failure", MEMORY_FAILURE, on_memory_failure),
    EVENT("memory-device-size-change", MEMORY_DEVICE_SIZE_CHANGE, on_memory_size),
};

static void complete_event(struct vr_cmd *cmd, struct vr_completion *to)
{
    for (size_t i = 0; i < VR_COUNT(events); i++)
        vr_complete_add(to, events[i].name);
}

static bool event_run(struct vr_cmd *cmd)
{
    const char *name;
    bool all = vr_opt_bool(cmd, "all");
    vr_auto(domain) virDomainPtr dom = NULL;
    if (!vr_opt_exclusive(cmd, "all", "event") || !vr_opt_exclusive(cmd, "list", "all") || !vr_opt_exclusive(cmd, "list", "event"))
        return false;
    if (vr_opt_bool(cmd, "list")) {
        for (size_t i = 0; i < VR_COUNT(events); i++)
            vr_print(cmd, "%s\n", events[i].name);
        return true;
    }
    if (!vr_opt_string(cmd, "event", &name))
        return false;
    size_t first = 0, end = VR_COUNT(events);
    if (name) {
        while (first < end && !vr_streq(events[first].name, name))
            first++;
        if (first == end)
            return vr_complain(cmd, _("unknown event type %s"), name);
        end = first + 1;
    } else if (!all) {
        return vr_complain(cmd, "%s", _("one of --list, --all, or --event <type> is required"));
    }
    struct vr_event_wait wait;
    if (!vr_event_wait_init(cmd, &wait))
        return false;
    bool ok = !vr_opt_raw(cmd, "domain") || (dom = vr_domain(cmd));
    struct listener listeners[VR_COUNT(events)];
    for (size_t i = first; i < end; i++)
        listeners[i].id = -1;
    for (size_t i = first; ok && i < end; i++) {
        listeners[i] = (struct listener){ &wait, events[i].name, -1 };
        listeners[i].id = virConnectDomainEventRegisterAny(vr_conn(cmd), dom, events[i].id, events[i].callback, &listeners[i], NULL);
        ok = listeners[i].id >= 0 || all; /* what a server has not is left out of "all" */
        if (listeners[i].id < 0 && all)
            vr_forget_error(cmd);
    }
    ok = ok && vr_event_wait_run(&wait);
    for (size_t i = first; i < end; i++) {
        if (listeners[i].id >= 0)
            virConnectDomainEventDeregisterAny(vr_conn(cmd), listeners[i].id);
    }
    vr_event_wait_done(&wait);
    return ok;
}
static const struct vr_opt event_opts[] = {
    { "domain", VR_OPT_STRING, .help = N_("only of this guest"), .complete = vr_complete_domain },
    { "event", VR_OPT_STRING, .help = N_("the event"), .complete = complete_event },
    { "all", VR_OPT_BOOL, .help = N_("any event") },
    { "loop", VR_OPT_BOOL, .help = N_("until interrupted or timed out") },
    { "timeout", VR_OPT_INT, .help = N_("give up after so many seconds") },
    { "list", VR_OPT_BOOL, .help = N_("list the events") },
    { "timestamp", VR_OPT_BOOL, .help = N_("with the time") },
    { 0 },
};
const struct vr_command vr_cmd_event = {
    "event", event_opts, event_run, 0, N_("wait for events of guests"),
    N_("Prints events of guests as they come, or the names of all events."), NULL,
};

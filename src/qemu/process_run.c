/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.process"
/* What every part of a guest's life uses: its run record, its monitor, reading QEMU's state into the records. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "conf.h"
#include "deadlines.h"
#include "driver.h"
#include "guestlog.h"
#include "hostside.h"
#include "loop/loop.h"
#include "monitor.h"
#include "process.h"
#include "qemu/caps/caps.h"
#include "state.h"
#include "status.h"

struct vr_guest_run *vr_guest_run_new(struct vr_domain *dom)
{
    static uint64_t last_serial;
    struct vr_guest_run *run = vr_new(struct vr_guest_run);
    run->dom = dom;
    run->serial = ++last_serial;
    run->pidfd = -1;
    run->group = vr_group_new(dom->name);
    run->started = vr_now();
    return run;
}

void vr_guest_run_set_devices(struct vr_guest_run *run, const char *const *ids, size_t count)
{
    for (size_t i = 0; run->device_ids && run->device_ids[i]; i++)
        free(run->device_ids[i]);
    free(vr_take(run->device_ids));
    if (!count)
        return;
    run->device_ids = vr_alloc((count + 1) * sizeof(*run->device_ids));
    for (size_t i = 0; i < count; i++)
        run->device_ids[i] = vr_strdup(ids[i]);
}

/* The id in the value of a -device option: {"driver":"x","id":"y"} or x,id=y; malloc'd. */
static char *device_id(const char *value)
{
    static const char *const keys[] = { "\"id\":\"", ",id=" };
    bool json = value[0] == '{';
    const char *at = strstr(value, keys[!json]);
    if (!at)
        return NULL;
    at += strlen(keys[!json]);
    return vr_strndup(at, strcspn(at, json ? "\"" : ","));
}

void vr_guest_run_note_devices(struct vr_guest_run *run, char *const *argv)
{
    const char **ids = NULL;
    size_t n = 0, cap = 0;
    for (size_t i = 0; argv[i] && argv[i + 1]; i++) {
        char *id = vr_streq(argv[i], "-device") ? device_id(argv[i + 1]) : NULL;
        if (!id)
            continue;
        VR_GROW(ids, n, cap);
        ids[n++] = id;
    }
    vr_guest_run_set_devices(run, ids, n);
    while (n)
        free((void *)(uintptr_t)ids[--n]);
    free(ids);
}

void vr_guest_run_free(struct vr_guest_run *run)
{
    if (!run)
        return;
    vr_monitor_unref(run->monitor);
    vr_group_free(run->group);
    vr_hostside_free(run->hostside);
    vr_qemu_caps_unref(run->caps);
    if (run->pidfd >= 0)
        close(run->pidfd);
    free(run->lib_dir);
    free(run->channel_dir);
    free(run->memory_dir);
    free(run->monitor_path);
    free(run->pid_path);
    free(run->log_path);
    free(run->vcpu_tids);
    free(run->cpu_path);
    free(run->status_extras);
    vr_guest_run_set_devices(run, NULL, 0);
    vr_error_free(run->status_error);
    free(run);
}

/* The id and the first 20 characters of the name: enough to tell guests apart and short enough for socket paths. */
static char *short_name(int id, const char *name)
{
    size_t len = 0;
    for (int characters = 0; name[len] && characters < 20; characters++) {
        len++;
        while ((name[len] & 0xc0) == 0x80) /* not in the middle of a UTF-8 sequence */
            len++;
    }
    return vr_printf("%d-%.*s", id, (int)len, name);
}

void vr_guest_run_paths(struct vr_guest_run *run, int id, const char *name)
{
    vr_autofree char *id_name = short_name(id, name);
    run->lib_dir = vr_printf("%s/domain-%s", vr_qemu.lib_dir, id_name);
    run->channel_dir = vr_printf("%s/domain-%s", vr_qemu.channel_dir, id_name);
    run->memory_dir = vr_guest_run_memory_dir(id, name);
    run->monitor_path = vr_printf("%s/monitor.sock", run->lib_dir);
    run->pid_path = vr_printf("%s/%s.pid", vr_qemu.state_dir, name);
    run->log_path = vr_printf("%s/%s.log", vr_qemu.log_dir, name);
}

char *vr_guest_run_memory_dir(int id, const char *name)
{
    vr_autofree char *id_name = short_name(id, name);
    if (vr_qemu.conf->memory_backing_dir)
        return vr_printf("%s/libvirt/qemu/%s", vr_qemu.conf->memory_backing_dir, id_name);
    return vr_printf("%s/ram/%s", vr_qemu.lib_dir, id_name);
}

void vr_domain_taint(struct vr_domain *dom, enum vr_taint taint)
{
    if (!dom->run || (dom->taint & (1u << taint)))
        return;
    dom->taint |= 1u << taint;
    char uuid[VR_UUID_TEXT];
    vr_warn("Domain id=%d name='%s' uuid=%s is tainted: %s", dom->id, dom->name, vr_uuid_format(&dom->uuid, uuid),
            vr_taint_names[taint]);
    vr_guestlog_line(dom->run->log_path, "Domain id=%d is tainted: %s", dom->id, vr_taint_names[taint]);
    vr_status_changed(dom);
}

bool vr_process_same_run(const struct vr_domain *dom, uint64_t serial)
{
    return dom->run && dom->run->serial == serial;
}

struct vr_monitor *vr_process_monitor(struct vr_domain *dom, struct vr_error **err)
{
    if (!vr_domain_require_active(dom, err))
        return NULL;
    if (dom->run && dom->run->monitor)
        return dom->run->monitor;
    vr_fail(err, VIR_ERR_OPERATION_FAILED, _("the monitor of domain '%s' is not connected"), dom->name);
    return NULL;
}

VR_SUSPENDS bool vr_process_open_monitor(struct vr_domain *dom, vr_time deadline, struct vr_error **err)
{
    struct vr_guest_run *run = dom->run;
    run->monitor = vr_monitor_open(run->monitor_path, run->group, dom->name, &vr_process_monitor_handler, dom, deadline, err);
    return run->monitor != NULL;
}

/* ---- the virtual CPUs --------------------------------------------------------------------------------------------- */

VR_SUSPENDS bool vr_process_resume(struct vr_domain *dom, int reason, struct vr_error **err)
{
    struct vr_guest_run *run = dom->run;
    struct vr_monitor *mon = vr_process_monitor(dom, err);
    if (!mon)
        return false;
    run->running_reason = reason;
    bool ok = vr_monitor_call(mon, VR_QMP_MODIFY, "cont", NULL, NULL, vr_after(VR_SPAN_MODIFY), err);
    if (ok || !vr_monitor_in_doubt(mon)) /* else the late event still wants to know why */
        run->running_reason = VIR_DOMAIN_RUNNING_UNKNOWN;
    /* The RESUME event came before the reply; a QEMU that runs already sends none. */
    if (ok && dom->state != VIR_DOMAIN_RUNNING && dom->state != VIR_DOMAIN_SHUTDOWN && dom->state != VIR_DOMAIN_CRASHED)
        vr_state_set(dom, VIR_DOMAIN_RUNNING, reason, VR_NO_EVENT, 0);
    return ok;
}

VR_SUSPENDS bool vr_process_pause(struct vr_domain *dom, int reason, struct vr_error **err)
{
    struct vr_guest_run *run = dom->run;
    struct vr_monitor *mon = vr_process_monitor(dom, err);
    if (!mon)
        return false;
    run->paused_reason = reason;
    bool ok = vr_monitor_call(mon, VR_QMP_MODIFY, "stop", NULL, NULL, vr_after(VR_SPAN_MODIFY), err);
    if (ok || !vr_monitor_in_doubt(mon))
        run->paused_reason = VIR_DOMAIN_PAUSED_UNKNOWN;
    if (ok && dom->state == VIR_DOMAIN_RUNNING)
        vr_state_set(dom, VIR_DOMAIN_PAUSED, reason, VR_NO_EVENT, 0);
    return ok;
}

/* ---- reading QEMU into the records -------------------------------------------------------------------------------- */

#define VCPUS_MAX 4096

static void take_cpus(struct vr_domain *dom, const struct vr_json *cpus)
{
    size_t count = dom->live->vcpus <= VCPUS_MAX ? dom->live->vcpus : VCPUS_MAX;
    pid_t *tids = vr_alloc((count + 1) * sizeof(*tids));
    bool one_thread = false;
    pid_t first = 0;
    for (size_t i = 0; i < vr_json_len(cpus); i++) {
        const struct vr_json *cpu = vr_json_at(cpus, i);
        uint64_t index, tid;
        if (!vr_json_get_uint(cpu, "cpu-index", &index) || index >= count || !vr_json_get_uint(cpu, "thread-id", &tid) ||
            tid > INT32_MAX)
            continue;
        /* Round-robin TCG runs all vcpus on one thread: then a vcpu has none of its own. */
        one_thread |= first && first == (pid_t)tid;
        first = first ? first : (pid_t)tid;
        tids[index] = (pid_t)tid;
    }
    const char *path = vr_json_get_str(vr_json_at(cpus, 0), "qom-path");
    if (path && strlen(path) < 1024) {
        free(dom->run->cpu_path);
        dom->run->cpu_path = vr_strdup(path);
    }
    if (one_thread)
        memset(tids, 0, count * sizeof(*tids));
    free(dom->run->vcpu_tids);
    dom->run->vcpu_tids = tids;
    dom->run->vcpu_count = count;
}

static void take_pty(struct vr_domain_def *def, struct vr_chr *chr, const char *label, const char *filename, bool open)
{
    if (!chr->info.alias || strncmp(label, "char", 4) != 0 || !vr_streq(label + 4, chr->info.alias))
        return;
    if (chr->src.type == VR_CHR_PTY && vr_starts_with(filename, "pty:"))
        chr->src.path = vr_arena_strdup(def->arena, filename + 4);
    if (chr->kind == VR_CHR_KIND_CHANNEL && chr->channel_target == VR_CHANNEL_VIRTIO)
        chr->state = open ? VR_CHANNEL_STATE_CONNECTED : VR_CHANNEL_STATE_DISCONNECTED;
}

static void take_chardevs(struct vr_domain *dom, const struct vr_json *chardevs)
{
    struct vr_domain_def *def = dom->live;
    for (size_t i = 0; i < vr_json_len(chardevs); i++) {
        const struct vr_json *entry = vr_json_at(chardevs, i);
        const char *label = vr_json_get_str(entry, "label"), *filename = vr_json_get_str(entry, "filename");
        bool open = false;
        vr_json_get_bool(entry, "frontend-open", &open);
        if (!label || !filename || strlen(filename) > 4096)
            continue;
        for (size_t j = 0; j < def->serials.n; j++)
            take_pty(def, def->serials.v[j], label, filename, open);
        for (size_t j = 0; j < def->parallels.n; j++)
            take_pty(def, def->parallels.v[j], label, filename, open);
        for (size_t j = 0; j < def->channels.n; j++)
            take_pty(def, def->channels.v[j], label, filename, open);
        for (size_t j = 0; j < def->consoles.n; j++)
            take_pty(def, def->consoles.v[j], label, filename, open);
    }
    /* The first console is the first serial port seen again. */
    if (def->consoles.n && def->serials.n && def->consoles.v[0]->console_target == VR_CONSOLE_SERIAL)
        def->consoles.v[0]->src.path = def->serials.v[0]->src.path;
}

/* What "query-status" tells, as a state of ours; the reason only where QEMU's word names one. */
static void take_status(struct vr_domain *dom, const struct vr_json *status)
{
    const char *word = vr_json_get_str(status, "status");
    bool running = false;
    if (!word || !vr_json_get_bool(status, "running", &running))
        return;
    if (running && dom->state != VIR_DOMAIN_RUNNING) {
        vr_state_set(dom, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED, VIR_DOMAIN_EVENT_RESUMED,
                     VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
    } else if (!running && dom->state == VIR_DOMAIN_RUNNING) {
        if (vr_streq(word, "shutdown")) {
            dom->run->got_shutdown = true;
            vr_state_set(dom, VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_UNKNOWN, VIR_DOMAIN_EVENT_SHUTDOWN,
                         VIR_DOMAIN_EVENT_SHUTDOWN_FINISHED);
        } else if (vr_streq(word, "guest-panicked")) {
            vr_state_set(dom, VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED, VIR_DOMAIN_EVENT_CRASHED,
                         VIR_DOMAIN_EVENT_CRASHED_PANICKED);
        } else if (vr_streq(word, "suspended")) {
            vr_state_set(dom, VIR_DOMAIN_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED_UNKNOWN, VIR_DOMAIN_EVENT_PMSUSPENDED,
                         VIR_DOMAIN_EVENT_PMSUSPENDED_MEMORY);
        } else {
            int reason = vr_streq(word, "io-error") ? VIR_DOMAIN_PAUSED_IOERROR
                         : vr_streq(word, "watchdog") ? VIR_DOMAIN_PAUSED_WATCHDOG : VIR_DOMAIN_PAUSED_UNKNOWN;
            vr_state_set(dom, VIR_DOMAIN_PAUSED, reason, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
        }
    }
}

VR_SUSPENDS bool vr_process_refresh(struct vr_domain *dom, struct vr_error **err)
{
    struct vr_monitor *mon = vr_process_monitor(dom, err);
    if (!mon)
        return false;
    struct vr_guest_run *run = dom->run;
    vr_time deadline = vr_after(VR_SPAN_QUERY);
    VR_AUTO(vr_json) *cpus = NULL;
    VR_AUTO(vr_json) *chardevs = NULL;
    VR_AUTO(vr_json) *status = NULL;
    if (!vr_monitor_call(mon, VR_QMP_QUERY, "query-cpus-fast", NULL, &cpus, deadline, err) ||
        !vr_monitor_call(mon, VR_QMP_QUERY, "query-chardev", NULL, &chardevs, deadline, err))
        return false;
    if (!run->starting && !vr_monitor_call(mon, VR_QMP_QUERY, "query-status", NULL, &status, deadline, err))
        return false;
    take_cpus(dom, cpus);
    take_chardevs(dom, chardevs);
    if (status)
        take_status(dom, status);
    vr_status_changed(dom);
    return true;
}

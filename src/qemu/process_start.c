/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.process"
/* The start of a guest, step by step. */
#include <fcntl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "conf.h"
#include "config.h"
#include "deadlines.h"
#include "definition.h"
#include "fdgroups.h"
#include "driver.h"
#include "driver/call.h"
#include "guestlog.h"
#include "hooks.h"
#include "hostcheck.h"
#include "hostside.h"
#include "images.h"
#include "loop/loop.h"
#include "modules.h"
#include "monitor.h"
#include "nets.h"
#include "ports.h"
#include "preflight.h"
#include "process.h"
#include "qemu/caps/caps.h"
#include "qemu/command/command.h"
#include "qemu/complete/complete.h"
#include "rundir.h"
#include "secrets.h"
#include "sources.h"
#include "startfds.h"
#include "state.h"
#include "stats.h"
#include "status.h"
#include "transient.h"
#include "vcpuplug.h"

/* What one start has in hand until the guest runs. */
struct start {
    struct vr_domain *dom;
    struct vr_guest_run *run;
    struct vr_start_fds fds;
    struct vr_qemu_command *command;
    struct vr_rundir files;
    struct vr_guest_secrets secrets;
    char *memory_dir;
};

static void start_done(struct start *s)
{
    vr_start_fds_done(&s->fds);
    vr_qemu_command_free(s->command);
    vr_secrets_done(&s->secrets);
    if (s->files.log_fd >= 0)
        close(s->files.log_fd);
    if (s->files.monitor_fd >= 0)
        close(s->files.monitor_fd);
    free(s->memory_dir);
}

/* ---- the log's header --------------------------------------------------------------------------------------------- */

/* The command as a shell would take it: options on lines of their own, their values beside them. */
static char *log_header(struct start *s)
{
    const struct vr_qemu_caps *caps = s->run->caps;
    struct utsname uts = { 0 };
    uname(&uts);
    vr_autofree char *first =
        vr_guestlog_stamp("starting up libvirt version: %d.%d.%d, package: vireo %s, qemu version: %u.%u.%u%s, "
                          "kernel: %s, hostname: %s", VR_API_LEVEL / 1000000, VR_API_LEVEL / 1000 % 1000,
                          VR_API_LEVEL % 1000, VR_VERSION, caps->major, caps->minor, caps->micro,
                          caps->package ? caps->package : "", uts.release, uts.nodename);
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    vr_buf_str(&b, first);
    for (size_t i = 0; i < s->command->env.n; i++) {
        const char *equals = strchr(s->command->env.v[i], '=');
        int name_len = equals ? (int)(equals - s->command->env.v[i]) + 1 : 0;
        vr_buf_printf(&b, "%.*s", name_len, s->command->env.v[i]);
        vr_buf_shell(&b, s->command->env.v[i] + name_len);
        vr_buf_str(&b, " \\\n");
    }
    for (size_t i = 0; i < s->command->args.n; i++) {
        const char *arg = s->command->args.v[i];
        if (i)
            vr_buf_str(&b, *arg == '-' || i == 1 ? " \\\n" : " ");
        vr_buf_shell(&b, arg);
    }
    vr_buf_char(&b, '\n');
    return vr_buf_take(&b);
}

/* ---- steps before the process ------------------------------------------------------------------------------------- */

/* The live definition gets everything that only a run has: id, aliases, ports, block nodes. */
VR_SUSPENDS static bool prepare_definition(struct start *s, struct vr_error **err)
{
    struct vr_domain *dom = s->dom;
    struct vr_domain_def *def = dom->live;
    const struct vr_qemu_conf *conf = vr_qemu.conf;
    const struct vr_qemu_run where = { .private_dir = s->run->lib_dir, .channel_dir = s->run->channel_dir,
                                       .vnc_listen = conf->vnc_listen, .spice_listen = conf->spice_listen };
    if (!vr_hostside_check(def, err) || !vr_hostside_user(dom, err) || !vr_nets_allocate(dom, err) || !vr_qemu_check(def, s->run->caps, err) ||
        !vr_qemu_aliases(def, err) || !vr_hostcheck(def, true, err) || !vr_sources_translate(dom, def, err) ||
        !vr_secrets_check(def, err) || !vr_sources_drop_missing(dom, err) ||
        !vr_hostside_devices(dom, err) ||
        !vr_images_firmware(def, s->run->uid, s->run->gid, vr_qemu.privileged, err) || !vr_images_detect(def, err) ||
        !vr_qemu_cpu_expand(def, s->run->caps, err) || !vr_qemu_round_memory(def, err))
        return false;
    vr_qemu_prepare_live(def, &where);
    s->run->memory_files = vr_qemu_needs_memory_dir(def);
    if (!vr_ports_reserve(def, err))
        return false;
    unsigned next = 1;
    vr_qemu_prepare_blocks(def, &next);
    if (!vr_preflight(dom, err) || !vr_transient_prepare(dom, &next, err))
        return false;
    s->run->nodename_index = next - 1;
    def->current_memory_kib = vr_qemu_total_memory(def); /* until a balloon driver in the guest acts, it has all of it */
    return true;
}

static bool build_command(struct start *s, struct vr_error **err)
{
    const struct vr_guest_run *run = s->run;
    struct vr_qemu_run where = {
        .caps = run->caps,
        .private_dir = run->lib_dir,
        .memory_dir = s->memory_dir,
        .channel_dir = run->channel_dir,
        .tls_dir = vr_qemu.conf->default_tls_x509_cert_dir,
        .vnc_listen = vr_qemu.conf->vnc_listen,
        .spice_listen = vr_qemu.conf->spice_listen,
        .secrets = &s->secrets.list,
        .no_sandbox = vr_qemu.conf->seccomp_sandbox == 0,
        .fd_of = vr_start_fds_number,
        .opaque = &s->fds,
    };
    s->command = vr_qemu_command_build(s->dom->live, &where, err);
    s->dom->live->memory_kib = vr_qemu_total_memory(s->dom->live); /* with the modules, as live documents tell it */
    return s->command != NULL;
}

static void note_taints(struct start *s)
{
    const struct vr_domain_def *def = s->dom->live;
    if (vr_qemu.privileged && vr_qemu.conf->uid == 0)
        vr_domain_taint(s->dom, VR_TAINT_HIGH_PRIVILEGES);
    if (def->qemu && (def->qemu->args.n || def->qemu->env.n))
        vr_domain_taint(s->dom, VR_TAINT_CUSTOM_ARGV);
    if (def->cpu && def->cpu->mode == VR_CPU_MODE_HOST_PASSTHROUGH)
        vr_domain_taint(s->dom, VR_TAINT_HOST_CPU);
    if (def->os.dtb)
        vr_domain_taint(s->dom, VR_TAINT_CUSTOM_DTB);
}

/* Copies of what clients gave: their own stay for the next start. */
static bool add_groups(struct start *s, struct vr_error **err)
{
    const struct vr_domain_def *def = s->dom->live;
    for (size_t i = 0; i < def->disks.n; i++)
        for (const struct vr_storage_source *src = def->disks.v[i]->src; src; src = src->backing) {
            const struct vr_fdgroup *g = src->fdgroup ? vr_fdgroup_find(s->dom, src->fdgroup) : NULL;
            if (src->fdgroup && !g) /* its client left meanwhile */
                return vr_fail(err, VIR_ERR_INVALID_ARG, _("file descriptor group '%s' was not associated with the domain"),
                               src->fdgroup);
            for (size_t n = 0; g && n < g->n; n++) {
                int fd = fcntl(g->fds[n], F_DUPFD_CLOEXEC, 0);
                if (fd < 0)
                    return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno,
                                         _("failed to duplicate file descriptor for fd group '%s'"), src->fdgroup);
                vr_start_fds_add(&s->fds, VR_QEMU_FD_DISK, src->node_storage, (unsigned)n, fd);
            }
        }
    return true;
}

/* The header can only be written when the command is known, the command only when its descriptors are. */
VR_SUSPENDS static bool prepare_files(struct start *s, struct vr_error **err)
{
    struct vr_guest_run *run = s->run;
    bool owned = vr_qemu.privileged;
    uid_t uid = run->uid;
    gid_t gid = run->gid;
    /* The monitor's number is fixed before its socket exists: it is always the first. */
    vr_start_fds_add(&s->fds, VR_QEMU_FD_MONITOR, NULL, 0, -1);
    if (!vr_rundir_prepare(run, uid, gid, owned, "", &s->files, err) ||
        !vr_secrets_resolve(s->dom->live, run->lib_dir, &s->secrets, err) || !vr_hostside_helpers(s->dom, err) ||
        !vr_start_fds_open(&s->fds, s->dom->live, run->channel_dir, uid, gid, owned, err) ||
        !add_groups(s, err) || !vr_nets_open(s->dom, &s->fds, err) || !build_command(s, err))
        return false;
    s->fds.v[0].fd = vr_take_fd(&s->files.monitor_fd);
    vr_autofree char *header = log_header(s);
    return vr_guestlog_append(run->log_path, header, &run->log_start, err);
}

/* ---- steps with the process --------------------------------------------------------------------------------------- */

/* What QEMU said before it ended is the best explanation there is. */
VR_SUSPENDS static bool explain(struct start *s, struct vr_error **err)
{
    struct vr_guest_run *run = s->run;
    struct vr_exit ended;
    if (!run->gone && run->pidfd >= 0 && vr_pidfd_wait(run->pidfd, &ended, vr_after(VR_MS(500)), NULL))
        run->gone = true;
    if (!run->gone)
        return false;
    vr_autofree char *tail = vr_guestlog_read(run->log_path, run->log_start);
    vr_error_free(vr_take(*err));
    if (*tail)
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("process exited while connecting to monitor: %s"), tail);
    else
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("process exited while connecting to monitor"));
    vr_hostside_explain(s->dom, err);
    vr_preflight_explain(s->dom, err);
    return false;
}

VR_SUSPENDS static bool set_passwords(struct vr_domain *dom, struct vr_monitor *mon, struct vr_error **err)
{
    for (size_t i = 0; i < dom->live->graphics.n; i++) {
        const struct vr_graphics *g = dom->live->graphics.v[i];
        if (!g->passwd || (g->type != VR_GRAPHICS_VNC && g->type != VR_GRAPHICS_SPICE))
            continue;
        const char *protocol = g->type == VR_GRAPHICS_VNC ? "vnc" : "spice";
        struct vr_json *args = vr_json_object();
        vr_json_add_str(args, "protocol", protocol);
        vr_json_add_str(args, "password", g->passwd);
        if (g->connected)
            vr_json_add_str(args, "connected", g->connected);
        if (!vr_monitor_call(mon, VR_QMP_MODIFY, "set_password", args, NULL, vr_after(VR_SPAN_MODIFY), err))
            return false;
        args = vr_json_object();
        vr_json_add_str(args, "protocol", protocol);
        if (g->passwd_valid_to) {
            struct tm tm = { 0 };
            const char *end = strptime(g->passwd_valid_to, "%Y-%m-%dT%H:%M:%S", &tm);
            if (!end || *end) {
                vr_json_free(args);
                return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("cannot parse password validity time '%s', expect YYYY-MM-DDTHH:MM:SS"),
                               g->passwd_valid_to);
            }
            vr_json_add_strf(args, "time", "%lld", (long long)timegm(&tm));
        } else {
            vr_json_add_str(args, "time", "never");
        }
        if (!vr_monitor_call(mon, VR_QMP_MODIFY, "expire_password", args, NULL, vr_after(VR_SPAN_MODIFY), err))
            return false;
    }
    return true;
}

/* What the guest's CPU really is: asked of QEMU, since its accelerator decides; told in the live document. */
VR_SUSPENDS static bool note_cpu(struct vr_domain *dom, struct vr_monitor *mon, struct vr_error **err)
{
    const struct vr_cpu *cpu = dom->live->cpu;
    if (!cpu || !cpu->model || !vr_qemu_is_x86(dom->live) ||
        (cpu->mode != VR_CPU_MODE_UNSET && cpu->mode != VR_CPU_MODE_CUSTOM) || !dom->run->cpu_path)
        return true;
    struct vr_json *props = vr_json_object();
    for (size_t i = 0; i < cpu->features.n; i++) {
        const struct vr_cpu_feature *f = cpu->features.v[i];
        const char *name = vr_qemu_cpu_feature(f->name);
        if (name)
            vr_json_add_bool(props, name, f->policy != VR_CPU_POLICY_DISABLE && f->policy != VR_CPU_POLICY_FORBID);
    }
    struct vr_json *model = vr_json_object();
    vr_json_add_str(model, "name", cpu->model);
    if (vr_json_len(props))
        vr_json_add(model, "props", props);
    else
        vr_json_free(props);
    struct vr_json *args = vr_json_object();
    vr_json_add_str(args, "type", "full");
    vr_json_add(args, "model", model);
    VR_AUTO(vr_json) *expanded = NULL;
    VR_AUTO(vr_json) *unavailable = NULL;
    if (!vr_monitor_call(mon, VR_QMP_QUERY, "query-cpu-model-expansion", args, &expanded, vr_after(VR_SPAN_QUERY), err))
        return false;
    args = vr_json_object();
    vr_json_add_str(args, "path", dom->run->cpu_path);
    vr_json_add_str(args, "property", "unavailable-features");
    if (!vr_monitor_call(mon, VR_QMP_QUERY, "qom-get", args, &unavailable, vr_after(VR_SPAN_QUERY), err))
        return false;
    return vr_qemu_cpu_live(dom->live, vr_json_get_object(vr_json_get_object(expanded, "model"), "props"), unavailable, err);
}

/* Limits of disks cannot be said on the command line: they are set before the guest's first instruction. */
VR_SUSPENDS static bool set_throttles(struct vr_domain *dom, struct vr_monitor *mon, struct vr_error **err)
{
    for (size_t i = 0; i < dom->live->disks.n; i++) {
        struct vr_json *args = vr_qemu_disk_throttle(dom->live->disks.v[i]);
        if (args && !vr_monitor_call(mon, VR_QMP_MODIFY, "block_set_io_throttle", args, NULL, vr_after(VR_SPAN_MODIFY), err))
            return false;
    }
    return true;
}

/* A guest that must not come back from a reboot: its QEMU turns one into a power-off. */
VR_SUSPENDS static bool set_reboot(struct vr_domain *dom, struct vr_monitor *mon, struct vr_error **err)
{
    if (dom->live->on_reboot != VR_ACTION_DESTROY)
        return true;
    struct vr_json *args = vr_json_object();
    vr_json_add_str(args, "reboot", "shutdown");
    return vr_monitor_call(mon, VR_QMP_MODIFY, "set-action", args, NULL, vr_after(VR_SPAN_MODIFY), err);
}

VR_SUSPENDS static bool set_links(struct vr_domain *dom, struct vr_monitor *mon, struct vr_error **err)
{
    for (size_t i = 0; i < dom->live->interfaces.n; i++) {
        const struct vr_interface *net = dom->live->interfaces.v[i];
        if (net->link != VR_LINK_DOWN || !net->info.alias)
            continue;
        struct vr_json *args = vr_json_object();
        vr_json_add_str(args, "name", net->info.alias);
        vr_json_add_bool(args, "up", false);
        if (!vr_monitor_call(mon, VR_QMP_MODIFY, "set_link", args, NULL, vr_after(VR_SPAN_MODIFY), err))
            return false;
    }
    return true;
}

VR_SUSPENDS static bool set_balloon(struct vr_domain *dom, uint64_t target_kib, struct vr_monitor *mon, struct vr_error **err)
{
    const struct vr_domain_def *def = dom->live;
    if (!vr_has_balloon(def))
        return true;
    if (def->memballoon->period && def->memballoon->info.alias) {
        struct vr_json *args = vr_json_object();
        vr_json_add_strf(args, "path", "/machine/peripheral/%s", def->memballoon->info.alias);
        vr_json_add_str(args, "property", "guest-stats-polling-interval");
        vr_json_add_uint(args, "value", def->memballoon->period);
        if (!vr_monitor_call(mon, VR_QMP_MODIFY, "qom-set", args, NULL, vr_after(VR_SPAN_MODIFY), err))
            return false;
    }
    if (target_kib >= def->memory_kib)
        return true;
    struct vr_json *args = vr_json_object();
    vr_json_add_uint(args, "value", target_kib * 1024);
    return vr_monitor_call(mon, VR_QMP_MODIFY, "balloon", args, NULL, vr_after(VR_SPAN_MODIFY), err);
}

VR_SUSPENDS static bool launch(struct start *s, struct vr_error **err)
{
    struct vr_guest_run *run = s->run;
    if (!vr_hostside_launch(s->dom, s->command, &s->fds, s->files.log_fd, err))
        return false;
    /* Only QEMU may hold its end of things now: else its death would not be seen. */
    vr_start_fds_done(&s->fds);
    return vr_rundir_write_pid(run, err);
}

VR_SUSPENDS static bool bring_up(struct start *s, uint64_t balloon_kib, unsigned flags, struct vr_error **err)
{
    struct vr_domain *dom = s->dom;
    struct vr_guest_run *run = s->run;
    bool ok = vr_process_open_monitor(dom, vr_after(VR_SPAN_HANDSHAKE), err) && vr_vcpus_plug(dom, err) &&
              vr_process_refresh(dom, err) && vr_modules_refresh(dom, err);
    struct vr_monitor *mon = run->monitor;
    ok = ok && vr_transient_raise(dom, err) && vr_hostside_threads(dom, err) && note_cpu(dom, mon, err) && set_passwords(dom, mon, err) &&
         set_reboot(dom, mon, err) && set_links(dom, mon, err) && set_throttles(dom, mon, err) &&
         set_balloon(dom, balloon_kib, mon, err);
    if (ok && (flags & VR_START_PAUSED))
        vr_state_set(dom, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, VR_NO_EVENT, 0);
    else if (ok)
        ok = vr_process_resume(dom, VIR_DOMAIN_RUNNING_BOOTED, err);
    return ok || explain(s, err);
}

/* ---- autodestroy -------------------------------------------------------------------------------------------------- */

/* Runs on a fiber after the owner's connection closed. */
VR_SUSPENDS static void owner_gone(void *opaque)
{
    VR_AUTO_DOMAIN *dom = opaque;
    struct vr_guest_run *run = dom->run;
    if (!run)
        return;
    uint64_t serial = run->serial;
    run->autodestroy = NULL;
    run->destroying = true;
    vr_process_kill(dom, false, NULL);
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_job) *job = vr_job_begin(dom, VR_JOB_DESTROY, "qemuProcessAutoDestroy", vr_after(VR_SPAN_JOB), &err);
    if (!job)
        vr_logerr("domain '%s': cannot destroy it after its owner left: %s", dom->name, vr_error_text(err));
    else if (vr_process_same_run(dom, serial))
        vr_process_stop(dom, VIR_DOMAIN_SHUTOFF_DESTROYED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
}

/* ---- all together ------------------------------------------------------------------------------------------------- */

VR_SUSPENDS static bool start_steps(struct start *s, unsigned flags, struct vr_error **err)
{
    struct vr_domain *dom = s->dom;
    uint64_t balloon_kib = dom->live->current_memory_kib;
    if (!vr_qemu_hook(dom, "prepare", "begin", err) || !prepare_definition(s, err) || !prepare_files(s, err))
        return false;
    note_taints(s);
    if (!vr_qemu_hook(dom, "start", "begin", err) || !launch(s, err) || !bring_up(s, balloon_kib, flags, err) ||
        !vr_qemu_hook(dom, "started", "begin", err))
        return false;
    s->run->starting = false;
    if (s->run->gone || (!vr_monitor_alive(s->run->monitor) && explain(s, err)))
        return false;
    return vr_status_flush(dom, vr_after(VR_SPAN_STORE), err);
}

VR_SUSPENDS bool vr_process_start(struct vr_domain *dom, struct vr_domain_def *def, unsigned flags,
                                  struct vr_conn *conn, struct vr_error **err)
{
    struct vr_qemu_caps *caps = NULL;
    struct vr_domain_def *live = NULL;
    if (vr_qemu.stopping)
        vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("the daemon is shutting down"));
    else if (vr_qemu_conf_require_user(vr_qemu.conf, err))
        live = vr_definition_for_run(def, &caps, vr_after(VR_SPAN_LAUNCH), err);
    vr_domain_def_free(def);
    if (!live)
        return false;

    struct start s = { .dom = dom, .files = { -1, -1, 0 } };
    bool ok = false;
    vr_shield(vr_after(VR_SPAN_LAUNCH * 2 + VR_SPAN_HANDSHAKE + VR_SPAN_MODIFY + VR_SPAN_HOOK * 3)) {
        s.run = dom->run = vr_guest_run_new(dom);
        s.run->caps = caps;
        s.run->starting = true;
        dom->live = live;
        dom->live->id = ++vr_qemu.last_id;
        vr_guest_run_paths(s.run, dom->live->id, dom->name);
        s.memory_dir = vr_guest_run_memory_dir(dom->live->id, dom->name);
        vr_domain_list_set_id(vr_qemu.domains, dom, dom->live->id);
        vr_state_set(dom, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP, VR_NO_EVENT, 0);
        ok = start_steps(&s, flags, err);
        start_done(&s);
        if (!ok)
            vr_process_stop(dom, VIR_DOMAIN_SHUTOFF_FAILED, VR_NO_EVENT);
    }
    if (ok && (flags & VR_START_AUTODESTROY)) {
        dom->run->autodestroy = conn;
        vr_conn_on_close(conn, dom, owner_gone, vr_domain_ref(dom));
    }
    return ok;
}

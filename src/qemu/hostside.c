/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.hostside"
#include "hostside.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "conf.h"
#include "deadlines.h"
#include "domain.h"
#include "driver.h"
#include "host/cgroup.h"
#include "host/dac.h"
#include "host/launch.h"
#include "helpers.h"
#include "hostdevs.h"
#include "host/netlink.h"
#include "host/user.h"
#include "loop/loop.h"
#include "nets.h"
#include "perf.h"
#include "placement.h"
#include "process.h"
#include "qemu/command/command.h"
#include "qemu/complete/complete.h"
#include "startfds.h"
#include "status.h"

/* What one guest holds of the host. */
struct vr_hostside {
    struct vr_dac_list owners;  /* given to QEMU's user, to be given back */
    bool owners_set;
    bool devices_taken;         /* hostdevs.c may have to give back */
    struct vr_cgroup *cgroup;   /* NULL: in none */
    struct vr_perf *perf;       /* NULL: nothing is counted */
    struct vr_helpers *helpers; /* programs beside QEMU */
};

static struct vr_hostside *hostside_of(struct vr_guest_run *run)
{
    if (!run->hostside)
        run->hostside = vr_new(struct vr_hostside);
    return run->hostside;
}

const struct vr_cgroup *vr_hostside_cgroup(const struct vr_domain *dom)
{
    return dom->run && dom->run->hostside ? dom->run->hostside->cgroup : NULL;
}

/* ---- what nobody would enforce ------------------------------------------------------------------------------------ */

static bool check_labels(struct vr_seclabel *const *v, size_t n, struct vr_error **err)
{
    for (size_t i = 0; i < n; i++)
        if (v[i]->model && !vr_streq(v[i]->model, "dac") && !vr_streq(v[i]->model, "none"))
            return vr_error_report(err, VIR_FROM_SECURITY, VIR_ERR_CONFIG_UNSUPPORTED, -1,
                                   _("Security driver model '%s' is not available"), v[i]->model);
    return true;
}

bool vr_hostside_check(const struct vr_domain_def *def, struct vr_error **err)
{
    if (!check_labels(def->seclabels.v, def->seclabels.n, err))
        return false;
    /* With nothing to be checked there is nothing that could differ. */
    if (def->cpu && def->cpu->match == VR_CPU_MATCH_STRICT && def->cpu->check != VR_CPU_CHECK_NONE &&
        def->type == VR_VIRT_KVM)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("a CPU with match='strict' can be started with check='none' only"));
    for (size_t i = 0; i < def->disks.n; i++)
        for (const struct vr_storage_source *s = def->disks.v[i]->src; s; s = s->backing)
            if (!check_labels(s->seclabels.v, s->seclabels.n, err))
                return false;
    const struct {
        struct vr_chr *const *v;
        size_t n;
    } lists[] = { { def->serials.v, def->serials.n }, { def->parallels.v, def->parallels.n },
                  { def->channels.v, def->channels.n }, { def->consoles.v, def->consoles.n } };
    for (size_t l = 0; l < VR_COUNT(lists); l++)
        for (size_t i = 0; i < lists[l].n; i++)
            if (!check_labels(lists[l].v[i]->src.seclabels.v, lists[l].v[i]->src.seclabels.n, err))
                return false;
    return true;
}

/* ---- as whom it runs ---------------------------------------------------------------------------------------------- */

static struct vr_seclabel *dac_label(const struct vr_domain_def *def)
{
    for (size_t i = 0; i < def->seclabels.n; i++)
        if (def->seclabels.v[i]->model && vr_streq(def->seclabels.v[i]->model, "dac"))
            return def->seclabels.v[i];
    return NULL;
}

struct who {
    char *label;
    uid_t uid;
    gid_t gid;
    struct vr_error *err;
};

static void who_free(void *arg)
{
    struct who *who = arg;
    vr_error_free(who->err);
    free(who->label);
    free(who);
}

/* A label that holds names asks name services. */
static void who_task(void *arg)
{
    struct who *who = arg;
    vr_label_parse(who->label, &who->uid, &who->gid, &who->err);
}

VR_SUSPENDS bool vr_hostside_user(struct vr_domain *dom, struct vr_error **err)
{
    struct vr_guest_run *run = dom->run;
    const struct vr_seclabel *label = dac_label(dom->live);
    run->uid = vr_qemu.conf->uid;
    run->gid = vr_qemu.conf->gid;
    if (!vr_qemu.privileged || !label || !label->label || !label->type || !vr_streq(label->type, "static"))
        return true;
    struct who *who = vr_new(struct who);
    who->label = vr_strdup(label->label);
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "user of the guest", who_task, who, who_free, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    bool ok = !who->err;
    vr_error_move(err, &who->err);
    if (ok) {
        run->uid = who->uid;
        run->gid = who->gid;
    }
    who_free(who);
    return ok;
}

VR_SUSPENDS bool vr_hostside_devices(struct vr_domain *dom, struct vr_error **err)
{
    return vr_hostdevs_take(dom, &hostside_of(dom->run)->devices_taken, err);
}

VR_SUSPENDS bool vr_hostside_helpers(struct vr_domain *dom, struct vr_error **err)
{
    return vr_helpers_start(dom, &hostside_of(dom->run)->helpers, err);
}

VR_SUSPENDS void vr_hostside_explain(struct vr_domain *dom, struct vr_error **err)
{
    if (dom->run->hostside)
        vr_helpers_explain(dom->run->hostside->helpers, err);
}

const struct vr_perf *vr_hostside_perf(const struct vr_domain *dom)
{
    return dom->run && dom->run->hostside ? dom->run->hostside->perf : NULL;
}

/* ---- owners ------------------------------------------------------------------------------------------------------- */

static bool list_owners(struct vr_domain *dom, struct vr_dac_list *out, struct vr_error **err)
{
    struct vr_dac_user user = { vr_qemu.conf->uid, vr_qemu.conf->gid, vr_qemu.conf->remember_owner };
    return vr_dac_of_domain(dom->live, &user, out, err);
}

VR_SUSPENDS static bool take_owners(struct vr_domain *dom, struct vr_error **err)
{
    struct vr_hostside *host = hostside_of(dom->run);
    if (!vr_qemu.privileged || !vr_qemu.conf->dynamic_ownership)
        return true;
    if (!list_owners(dom, &host->owners, err) || !vr_dac_set(&host->owners, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    host->owners_set = true;
    return true;
}

/* The live document tells whose the guest is. */
static void note_label(struct vr_domain *dom)
{
    struct vr_domain_def *def = dom->live;
    if (!vr_qemu.privileged)
        return;
    struct vr_seclabel *label = dac_label(def);
    if (!label) {
        label = vr_arena_new_of(def->arena, struct vr_seclabel);
        label->type = "dynamic";
        label->model = "dac";
        label->relabel = VR_TRI_YES;
        VR_LIST_ADD(def->arena, &def->seclabels, label);
    }
    if (vr_streq0(label->type, "dynamic"))
        label->label = vr_arena_printf(def->arena, "+%u:+%u", (unsigned)dom->run->uid, (unsigned)dom->run->gid);
    if (label->label && label->relabel != VR_TRI_NO)
        label->imagelabel = label->label;
}

/* ---- the process -------------------------------------------------------------------------------------------------- */

/* Device nodes that this guest's QEMU opens by path: they must be in its private /dev. */
struct devices {
    char **v;
    size_t n, cap;
};

static void devices_add(struct devices *d, const char *path)
{
    if (!path || !vr_starts_with(path, "/dev/"))
        return;
    VR_GROW(d->v, d->n + 1, d->cap);
    for (size_t i = 0; i < d->n; i++)
        if (vr_streq(d->v[i], path))
            return;
    d->v[d->n++] = vr_strdup(path);
    d->v[d->n] = NULL;
}

static void add_node(const char *path, void *opaque)
{
    devices_add(opaque, path);
}

static void devices_done(struct devices *d)
{
    for (size_t i = 0; i < d->n; i++)
        free(d->v[i]);
    free(d->v);
}

static void collect_devices(const struct vr_domain_def *def, struct devices *d)
{
    vr_hostdevs_each_node(def, add_node, d);
    for (size_t i = 0; i < def->disks.n; i++)
        for (const struct vr_storage_source *s = def->disks.v[i]->src; s && s->type != VR_STORAGE_UNSET; s = s->backing)
            devices_add(d, s->path);
    for (size_t i = 0; i < def->rngs.n; i++)
        devices_add(d, def->rngs.v[i]->file);
    for (size_t i = 0; i < def->inputs.n; i++)
        devices_add(d, def->inputs.v[i]->evdev);
    for (size_t i = 0; i < def->serials.n; i++)
        if (def->serials.v[i]->src.type == VR_CHR_DEV)
            devices_add(d, def->serials.v[i]->src.path);
    for (size_t i = 0; i < def->tpms.n; i++)
        devices_add(d, def->tpms.v[i]->device_path);
}

static long long core_limit(const struct vr_qemu_conf *conf)
{
    uint64_t bytes;
    if (!conf->max_core)
        return 0;
    if (vr_streq(conf->max_core, "unlimited"))
        return VR_LAUNCH_UNLIMITED;
    return vr_parse_u64(conf->max_core, 10, INT64_MAX, &bytes) ? (long long)bytes : VR_LAUNCH_KEEP;
}

/* How much memory QEMU may keep from being swapped: all that devices of the host write to, and what it needs itself. */
static long long memory_lock(const struct vr_domain_def *def)
{
    const uint64_t own_kib = 1024 * 1024;
    if (def->memtune && def->memtune->hard_limit_kib)
        return def->memtune->hard_limit_kib > INT64_MAX / 1024 ? VR_LAUNCH_UNLIMITED
                                                               : (long long)def->memtune->hard_limit_kib * 1024;
    if (def->memory_backing.locked)
        return VR_LAUNCH_UNLIMITED;
    if (vr_hostdevs_pin_memory(def))
        return def->memory_kib > INT64_MAX / 1024 - own_kib ? VR_LAUNCH_UNLIMITED
                                                            : (long long)(def->memory_kib + own_kib) * 1024;
    return VR_LAUNCH_KEEP;
}

/* SCSI commands that the kernel lets only trusted programs send. */
static bool wants_raw_io(const struct vr_domain_def *def)
{
    for (size_t i = 0; i < def->disks.n; i++)
        if (def->disks.v[i]->rawio == VR_TRI_YES)
            return true;
    for (size_t i = 0; i < def->hostdevs.n; i++)
        if (def->hostdevs.v[i]->rawio == VR_TRI_YES)
            return true;
    return false;
}

static void fill_identity(struct vr_launch_spec *spec, const struct vr_guest_run *run, const struct vr_domain_def *def,
                          const char *const *devices)
{
    const struct vr_qemu_conf *conf = vr_qemu.conf;
    if (!vr_qemu.privileged)
        return;
    spec->private_dev = conf->mount_namespace;
    spec->devices = devices;
    spec->optional_devices =
        conf->cgroup_device_acl ? (const char *const *)conf->cgroup_device_acl : vr_launch_default_devices;
    spec->set_ids = true;
    spec->uid = run->uid;
    spec->gid = run->gid;
    bool usual = run->uid == conf->uid && run->gid == conf->gid;
    spec->groups = usual ? conf->groups : &run->gid;
    spec->group_count = usual ? conf->group_count : 1;
    spec->clear_caps = run->uid != 0;
    spec->raw_io = wants_raw_io(def);
}

VR_SUSPENDS static struct vr_launch *start_process(struct vr_domain *dom, struct vr_qemu_command *command,
                                                   struct vr_start_fds *fds, int log_fd, struct vr_error **err)
{
    const struct vr_qemu_conf *conf = vr_qemu.conf;
    struct vr_launch_fd *passed = vr_alloc((fds->n + 2) * sizeof(*passed));
    size_t n = 0;
    passed[n++] = (struct vr_launch_fd){ log_fd, 1 };
    passed[n++] = (struct vr_launch_fd){ log_fd, 2 };
    for (size_t i = 0; i < fds->n; i++)
        if (fds->v[i].fd >= 0)
            passed[n++] = (struct vr_launch_fd){ fds->v[i].fd, fds->v[i].number };
    struct devices devices = { 0 };
    collect_devices(dom->live, &devices);
    struct vr_launch_spec spec = VR_LAUNCH_SPEC_INIT;
    spec.program = command->args.v[0];
    spec.argv = vr_qemu_command_argv(command);
    vr_guest_run_note_devices(dom->run, spec.argv);
    spec.env = vr_qemu_command_envp(command);
    spec.fds = passed;
    spec.fd_count = n;
    spec.limit_core = core_limit(conf);
    if (conf->max_files)
        spec.limit_nofile = conf->max_files;
    if (conf->max_processes)
        spec.limit_nproc = conf->max_processes;
    spec.limit_memlock = memory_lock(dom->live);
    spec.set_umask = true;
    spec.umask = 002;
    fill_identity(&spec, dom->run, dom->live, (const char *const *)devices.v);
    struct vr_launch *launch = vr_launch_start(&spec, vr_after(VR_SPAN_LAUNCH), err);
    free(passed);
    devices_done(&devices);
    return launch;
}

struct appid {
    struct vr_cgroup *group; /* borrowed: the guest's, which waits for this */
    char *id;
    struct vr_error *err;
};

static void appid_free(void *arg)
{
    struct appid *a = arg;
    vr_error_free(a->err);
    free(a->id);
    free(a);
}

static void appid_task(void *arg)
{
    struct appid *a = arg;
    vr_cgroup_set_appid(a->group, a->id, &a->err);
}

/* <fibrechannel appid=>: switches of a storage network tell guests apart by it. */
VR_SUSPENDS static bool tell_appid(struct vr_domain *dom, struct vr_error **err)
{
    struct vr_cgroup *group = hostside_of(dom->run)->cgroup;
    if (!group) {
        vr_warn("domain '%s': its fibre channel application id is not told: it is in no control group", dom->name);
        return true;
    }
    struct appid *a = vr_new(struct appid);
    a->group = group;
    a->id = vr_strdup(dom->live->resource_appid);
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "fibre channel id", appid_task, a, appid_free, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    bool ok = !a->err;
    vr_error_move(err, &a->err);
    appid_free(a);
    return ok;
}

/* While the process waits: its QEMU begins life inside. */
VR_SUSPENDS static bool enter_cgroups(struct vr_domain *dom, struct vr_error **err)
{
    if (!vr_qemu.cgroups)
        return true;
    const struct vr_domain_def *def = dom->live;
    int *indexes = vr_alloc((def->interfaces.n + 1) * sizeof(*indexes));
    struct devices devices = { 0 };
    const char *const *usual = vr_qemu.conf->cgroup_device_acl ? (const char *const *)vr_qemu.conf->cgroup_device_acl
                                                               : vr_launch_default_devices;
    for (size_t i = 0; usual[i]; i++)
        devices_add(&devices, usual[i]);
    collect_devices(def, &devices);
    struct vr_cgroup_start start = { .host = vr_qemu.cgroups, .def = def, .id = def->id, .pid = dom->run->pid,
                                     .devices = (const char *const *)devices.v, .interfaces = indexes };
    for (size_t i = 0; i < def->interfaces.n; i++) {
        struct vr_link link;
        if (def->interfaces.v[i]->target && vr_link_get(def->interfaces.v[i]->target, 0, &link) == 0)
            indexes[start.interface_count++] = (int)link.index;
    }
    bool ok = vr_cgroup_start(&start, &hostside_of(dom->run)->cgroup, vr_after(VR_SPAN_LAUNCH), err);
    if (ok && def->resource_appid)
        ok = tell_appid(dom, err);
    free(indexes);
    devices_done(&devices);
    /* Told where the kernel has groups, whether or not the guest got one, as stock does: it is where it would be. */
    bool kernel_has_groups = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0 ||
                             access("/sys/fs/cgroup/cpu", F_OK) == 0;
    if (ok && kernel_has_groups && !def->resource_partition)
        dom->live->resource_partition = "/machine";
    return ok;
}

VR_SUSPENDS bool vr_hostside_launch(struct vr_domain *dom, struct vr_qemu_command *command, struct vr_start_fds *fds,
                                    int log_fd, struct vr_error **err)
{
    struct vr_guest_run *run = dom->run;
    if (!take_owners(dom, err))
        return false;
    note_label(dom);
    VR_AUTO(vr_launch) *launch = start_process(dom, command, fds, log_fd, err);
    if (!launch)
        return false;
    /*
     * It waits, and ends by itself when this daemon does. Once QEMU runs it must be findable by the next daemon, so its pid
     * is on disk before it may go.
     */
    run->pid = vr_launch_pid(launch);
    run->pidfd = fcntl(vr_launch_pidfd(launch), F_DUPFD_CLOEXEC, 3);
    vr_status_changed(dom);
    if (!vr_placement_process(dom, err) || !enter_cgroups(dom, err) ||
        !vr_status_flush(dom, vr_after(VR_SPAN_STORE), err) || !vr_launch_go(launch, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    close(run->pidfd);
    run->pidfd = vr_launch_take_pidfd(launch);
    return true;
}

VR_SUSPENDS bool vr_hostside_threads(struct vr_domain *dom, struct vr_error **err)
{
    struct vr_hostside *host = hostside_of(dom->run);
    return vr_perf_open(dom->live, dom->run->pid, &host->perf, err) && vr_placement_threads(dom, host->cgroup, err);
}

/* ---- the end ------------------------------------------------------------------------------------------------------ */

VR_SUSPENDS void vr_hostside_release(struct vr_domain *dom)
{
    vr_nets_release(dom);
    struct vr_hostside *host = vr_take(dom->run->hostside);
    if (!host)
        return;
    VR_AUTO(vr_error) *err = NULL;
    vr_helpers_stop(dom, vr_take(host->helpers));
    if (host->devices_taken)
        vr_hostdevs_give_back(dom);
    if (host->owners_set && !vr_dac_restore(&host->owners, vr_after(VR_SPAN_CLEANUP), &err))
        vr_warn("domain '%s': %s", dom->name, vr_error_text(err));
    vr_error_free(vr_take(err));
    if (host->cgroup && !vr_cgroup_stop(host->cgroup, vr_after(VR_SPAN_CLEANUP), &err))
        vr_warn("domain '%s': %s", dom->name, vr_error_text(err));
    vr_hostside_free(host);
}

/* By the pid only while it is the guest's: the number may be another process's by now, in another guest's group. */
static struct vr_cgroup *find_cgroup(const struct vr_domain *dom, bool alive)
{
    if (!vr_qemu.cgroups || vr_qemu.cgroups->why_none)
        return NULL;
    if (alive)
        return vr_cgroup_of_pid(vr_qemu.cgroups, dom->run->pid);
    vr_autofree char *machine = vr_machine_name("qemu", dom->live->id, dom->name);
    return vr_cgroup_left_behind(vr_qemu.cgroups, dom->live->resource_partition, machine);
}

VR_SUSPENDS void vr_hostside_found(struct vr_domain *dom, bool alive)
{
    if (dom->run->hostside)
        return; /* known from an earlier try */
    struct vr_hostside *host = hostside_of(dom->run);
    VR_AUTO(vr_error) *err = NULL;
    vr_nets_found(dom);
    vr_qemu_net_hostdevs(dom->live);
    host->cgroup = find_cgroup(dom, alive);
    host->devices_taken = true; /* the live definition says what */
    host->helpers = vr_helpers_find(dom);
    if (alive && !vr_perf_open(dom->live, dom->run->pid, &host->perf, &err)) /* counted anew from now on */
        vr_warn("domain '%s': %s", dom->name, vr_error_text(err));
    vr_error_free(vr_take(err));
    if (!vr_qemu.privileged || !vr_qemu.conf->dynamic_ownership)
        return;
    host->owners_set = list_owners(dom, &host->owners, &err);
    if (!host->owners_set)
        vr_warn("domain '%s': owners of its files will not be restored: %s", dom->name, vr_error_text(err));
}

void vr_hostside_free(struct vr_hostside *host)
{
    if (!host)
        return;
    vr_dac_list_done(&host->owners);
    vr_cgroup_free(host->cgroup);
    vr_helpers_forget(host->helpers);
    vr_perf_free(host->perf);
    free(host);
}

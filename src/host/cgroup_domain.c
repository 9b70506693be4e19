/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest's definition asks of its control groups, and doing it on workers. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "host.cgroup"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "cgroup.h"
#include "loop/loop.h"
#include "machinebus.h"
#include "model/domain.h"

/* Settings in the order in which they are written; all texts in `arena`. */
struct plan {
    struct vr_arena *arena;
    VR_LIST(struct vr_cgroup_setting) settings;
};

static void plan_add(struct plan *p, struct vr_cgroup_setting s)
{
    s.sub = vr_arena_strdup(p->arena, s.sub);
    s.text = vr_arena_strdup(p->arena, s.text);
    s.device = vr_arena_strdup(p->arena, s.device);
    struct vr_cgroup_setting *copy = vr_arena_memdup(p->arena, &s, sizeof(s));
    /* Grown by hand: the lists of documents live in a library above this room. */
    struct vr_cgroup_setting **more = vr_arena_alloc(p->arena, (p->settings.n + 1) * sizeof(*more));
    if (p->settings.n)
        memcpy(more, p->settings.v, p->settings.n * sizeof(*more));
    more[p->settings.n] = copy;
    p->settings.v = more;
    p->settings.n++;
}

/* "0-3,5" */
static char *set_text(const struct vr_cpuset *set)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    size_t bits = set->words * 64;
    for (size_t i = 0; i < bits; i++) {
        if (!(set->bits[i / 64] >> (i % 64) & 1))
            continue;
        size_t last = i;
        while (last + 1 < bits && (set->bits[(last + 1) / 64] >> ((last + 1) % 64) & 1))
            last++;
        vr_buf_printf(&b, last > i ? "%s%zu-%zu" : "%s%zu", b.len ? "," : "", i, last);
        i = last;
    }
    return vr_buf_take(&b);
}

static void plan_set(struct plan *p, enum vr_cgroup_key key, const char *sub, const struct vr_cpuset *set)
{
    if (!set)
        return;
    vr_autofree char *text = set_text(set);
    plan_add(p, (struct vr_cgroup_setting){ key, sub, 0, text, NULL });
}

static void plan_time(struct plan *p, const char *sub, const struct vr_ou64 *period, bool quota_set, int64_t quota)
{
    if (period->set && period->v)
        plan_add(p, (struct vr_cgroup_setting){ VR_CG_CPU_PERIOD_US, sub, (int64_t)period->v, NULL, NULL });
    if (quota_set && quota)
        plan_add(p, (struct vr_cgroup_setting){ VR_CG_CPU_QUOTA_US, sub, quota, NULL, NULL });
}

static void plan_memory(struct plan *p, const struct vr_memtune *m)
{
    const struct {
        enum vr_cgroup_key key;
        uint64_t kib;
    } limits[] = { { VR_CG_MEMORY_HARD_KIB, m->hard_limit_kib },
                   { VR_CG_MEMORY_SOFT_KIB, m->soft_limit_kib },
                   { VR_CG_MEMORY_SWAP_KIB, m->swap_hard_limit_kib } }; /* hard first: swap must not be below it */
    for (size_t i = 0; i < VR_COUNT(limits); i++)
        if (limits[i].kib)
            plan_add(p, (struct vr_cgroup_setting){
                            limits[i].key, NULL,
                            limits[i].kib > INT64_MAX / 1024 ? VR_CG_UNLIMITED : (int64_t)limits[i].kib, NULL, NULL });
}

static void plan_blkio(struct plan *p, const struct vr_blkiotune *b)
{
    if (b->weight)
        plan_add(p, (struct vr_cgroup_setting){ VR_CG_BLKIO_WEIGHT, NULL, b->weight, NULL, NULL });
    for (size_t i = 0; i < b->devices.n; i++) {
        const struct vr_blkio_device *d = b->devices.v[i];
        const struct {
            enum vr_cgroup_key key;
            uint64_t v;
        } values[] = { { VR_CG_BLKIO_DEVICE_WEIGHT, d->weight.set ? d->weight.v : 0 },
                       { VR_CG_BLKIO_READ_IOPS, d->read_iops_sec }, { VR_CG_BLKIO_WRITE_IOPS, d->write_iops_sec },
                       { VR_CG_BLKIO_READ_BPS, d->read_bytes_sec }, { VR_CG_BLKIO_WRITE_BPS, d->write_bytes_sec } };
        for (size_t j = 0; j < VR_COUNT(values); j++)
            if (values[j].v)
                plan_add(p, (struct vr_cgroup_setting){ values[j].key, NULL, (int64_t)values[j].v, NULL, d->path });
    }
}

/* Nodes whose memory is all that the guest may use; NULL: any. */
static const struct vr_cpuset *bound_nodes(const struct vr_domain_def *def)
{
    const struct vr_numatune *n = def->numatune;
    bool bound = n && n->has_memory && (!n->mode || vr_streq(n->mode, "strict") || vr_streq(n->mode, "restrictive"));
    return bound ? n->nodeset : NULL;
}

static void plan_start(struct plan *p, const struct vr_domain_def *def)
{
    const struct vr_cputune *c = def->cputune;
    if (c && c->shares.set)
        plan_add(p, (struct vr_cgroup_setting){ VR_CG_CPU_SHARES, NULL, (int64_t)c->shares.v, NULL, NULL });
    if (c)
        plan_time(p, NULL, &c->global_period, c->global_quota.set, c->global_quota.v);
    if (def->memtune)
        plan_memory(p, def->memtune);
    if (def->blkiotune)
        plan_blkio(p, def->blkiotune);
    plan_set(p, VR_CG_CPUSET_MEMS, "emulator", bound_nodes(def));
    plan_set(p, VR_CG_CPUSET_CPUS, "emulator", c && c->emulatorpin ? c->emulatorpin : def->cpuset);
    if (c)
        plan_time(p, "emulator", &c->emulator_period, c->emulator_quota.set, c->emulator_quota.v);
}

static void plan_thread(struct plan *p, const struct vr_domain_def *def, const char *name)
{
    const struct vr_cputune *c = def->cputune;
    const struct vr_cpuset *cpus = def->cpuset;
    uint64_t number;
    bool vcpu = vr_starts_with(name, "vcpu");
    if (c && vr_parse_u64(name + strlen(vcpu ? "vcpu" : "iothread"), 10, UINT32_MAX, &number)) {
        struct vr_vcpu_pin *const *pins = vcpu ? c->vcpupins.v : c->iothreadpins.v;
        size_t n = vcpu ? c->vcpupins.n : c->iothreadpins.n;
        for (size_t i = 0; i < n; i++)
            if (pins[i]->id == number)
                cpus = pins[i]->cpus;
    }
    plan_set(p, VR_CG_CPUSET_MEMS, name, bound_nodes(def));
    plan_set(p, VR_CG_CPUSET_CPUS, name, cpus);
    if (c && vcpu)
        plan_time(p, name, &c->period, c->quota.set, c->quota.v);
    else if (c)
        plan_time(p, name, &c->iothread_period, c->iothread_quota.set, c->iothread_quota.v);
}

/* Whether anything is said of threads: then all need groups, since a limit of one kind must not bind another. */
static bool tells_threads_apart(const struct vr_domain_def *def)
{
    const struct vr_cputune *c = def->cputune;
    if (def->cpuset || bound_nodes(def))
        return true;
    return c && (c->emulatorpin || c->vcpupins.n || c->iothreadpins.n || c->period.set || c->quota.set ||
                 c->emulator_period.set || c->emulator_quota.set || c->iothread_period.set || c->iothread_quota.set);
}

/* ---- workers ------------------------------------------------------------------------------------------------ */

enum what { MAKE, ADOPT, THREADS, APPLY, REMOVE };
struct cgroup_task {
    enum what what;
    struct vr_arena *arena;
    struct plan plan;
    const struct vr_cgroup_host *host;
    const char *partition, *machine;
    const char *const *devices;
    pid_t pid;                  /* to be moved in; 0: none */
    struct vr_cgroup_thread *threads;
    size_t thread_count;
    struct vr_cgroup *group;    /* made here, or a copy of the caller's */
    bool keep_group;            /* handed over */
    bool ok;
    struct vr_error *err;
};

static struct cgroup_task *task_new(enum what what, const struct vr_cgroup *group)
{
    struct cgroup_task *t = vr_new(struct cgroup_task);
    t->what = what;
    t->plan.arena = t->arena = vr_arena_new();
    if (group) {
        t->group = vr_new(struct vr_cgroup);
        t->group->host = group->host;
        t->group->path = vr_strdup(group->path);
        t->group->nested = group->nested;
    }
    return t;
}

static void task_free(void *arg)
{
    struct cgroup_task *t = arg;
    /* Nobody took what was made: the caller gave up waiting. */
    if ((t->what == MAKE || t->what == ADOPT) && t->group && !t->keep_group)
        vr_cgroup_remove(t->group, NULL);
    if (!t->keep_group)
        vr_cgroup_free(t->group);
    vr_arena_free(t->arena);
    vr_error_free(t->err);
    free(t);
}

static bool task_settings(struct cgroup_task *t)
{
    for (size_t i = 0; i < t->plan.settings.n; i++)
        if (!vr_cgroup_set(t->group, t->plan.settings.v[i], &t->err))
            return false;
    return true;
}

static void task_run(void *arg)
{
    struct cgroup_task *t = arg;
    if (t->what == REMOVE) {
        t->ok = vr_cgroup_remove(t->group, &t->err);
        return;
    }
    if (t->what == MAKE)
        t->group = vr_cgroup_create(t->host, t->partition, t->machine, &t->err);
    else if (t->what == ADOPT)
        t->group = vr_cgroup_adopt(t->host, t->machine, t->pid, &t->err);
    if (!t->group || (t->devices && !vr_cgroup_allow_devices(t->group, t->devices, &t->err)))
        return;
    for (size_t i = 0; i < t->thread_count; i++)
        if (!vr_cgroup_add_thread(t->group, t->threads[i].name, t->threads[i].tid, &t->err))
            return;
    /* The limits are there before the process is. */
    t->ok = task_settings(t) && (t->what != MAKE || !t->pid || vr_cgroup_enter(t->group, t->pid, &t->err));
}

/* True: the task ended well and is still the caller's. */
VR_SUSPENDS static bool run(struct cgroup_task *t, vr_time deadline, struct vr_error **err)
{
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "cgroup", task_run, t, task_free, deadline, err))
        return false;
    if (t->ok)
        return true;
    vr_error_move(err, &t->err);
    task_free(t);
    return false;
}

static const char *const *copy_texts(struct vr_arena *arena, const char *const *texts)
{
    size_t n = 0;
    while (texts && texts[n])
        n++;
    const char **copy = vr_arena_alloc(arena, (n + 1) * sizeof(*copy));
    for (size_t i = 0; i < n; i++)
        copy[i] = vr_arena_strdup(arena, texts[i]);
    return texts ? copy : NULL;
}

/*
 * On a host without groups stock starts what asks for shares, weights and limits, and tells nobody; only bounded CPU time
 * ends the start. So that guests of either start on both, the same is done here, and said in the log.
 */
static bool check_without(const struct plan *p, const struct vr_cgroup_host *host, const struct vr_domain_def *def,
                          struct vr_error **err)
{
    const struct vr_cputune *c = def->cputune;
    bool global = c && (c->global_period.set || c->global_quota.set);
    if (c && (global || c->period.set || c->quota.set || c->emulator_period.set || c->emulator_quota.set ||
              c->iothread_period.set || c->iothread_quota.set))
        return vr_error_report(err, global ? VIR_FROM_DOMAIN : VIR_FROM_QEMU, VIR_ERR_CONFIG_UNSUPPORTED, -1,
                               _("cgroup cpu is required for scheduler tuning: %s"), host->why_none);
    bool limits = def->resource_partition != NULL;
    for (size_t i = 0; i < p->settings.n; i++)
        limits |= p->settings.v[i]->key != VR_CG_CPUSET_CPUS && p->settings.v[i]->key != VR_CG_CPUSET_MEMS;
    if (limits)
        vr_warn("guest '%s' runs without the shares and limits of its definition: %s", def->name, host->why_none);
    return true;
}

/* What the definition asks for and this host cannot do. */
static bool check_plan(const struct plan *p, const struct vr_cgroup_host *host, const struct vr_domain_def *def,
                       struct vr_error **err)
{
    if (host->why_none)
        return check_without(p, host, def, err);
    for (size_t i = 0; i < p->settings.n; i++) {
        const struct vr_cgroup_setting *s = p->settings.v[i];
        /* Without groups CPU sets of threads are kept by their affinity alone. */
        if (s->key != VR_CG_CPUSET_CPUS && s->key != VR_CG_CPUSET_MEMS && !vr_cgroup_require(host, s->key, err))
            return false;
    }
    return true;
}

static void drop_cpusets(struct plan *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->settings.n; i++)
        if (p->settings.v[i]->key != VR_CG_CPUSET_CPUS && p->settings.v[i]->key != VR_CG_CPUSET_MEMS)
            p->settings.v[kept++] = p->settings.v[i];
    p->settings.n = kept;
}

/* Asks machined where there is a systemd. DONE: the process is in its scope. */
VR_SUSPENDS static enum vr_machined ask_machined(const struct vr_cgroup_start *start, const char *name,
                                                 vr_time deadline, struct vr_error **err)
{
    if (!start->host->systemd || !start->pid)
        return VR_MACHINED_ABSENT;
    struct vr_machine machine = { name, start->def->uuid, start->pid, start->def->resource_partition,
                                  start->interfaces, start->interface_count };
    return vr_machined_create(&machine, deadline, err);
}

#define TERMINATE_SPAN VR_SEC(5)

/*
 * In a container the trees may be visible and not ours to change. A guest that asks for nothing of them then runs
 * without a group; that is said in the log.
 */
static bool can_do_without(const struct cgroup_task *t, const struct vr_cgroup_start *start)
{
    return !t->plan.settings.n && !start->def->resource_partition;
}

static bool is_not_ours(const struct vr_error *err)
{
    return err && (err->int1 == EROFS || err->int1 == EACCES || err->int1 == EPERM);
}

VR_SUSPENDS bool vr_cgroup_start(const struct vr_cgroup_start *start, struct vr_cgroup **out, vr_time deadline,
                                 struct vr_error **err)
{
    const struct vr_cgroup_host *host = start->host;
    struct cgroup_task *t = task_new(MAKE, NULL);
    plan_start(&t->plan, start->def);
    bool possible = check_plan(&t->plan, host, start->def, err);
    if (!possible || host->why_none) {
        task_free(t);
        if (possible)
            *out = NULL;
        return possible;
    }
    if (!vr_cgroup_host_has(host, VR_CGROUP_CPUSET))
        drop_cpusets(&t->plan);
    vr_autofree char *name = vr_machine_name("qemu", start->id, start->def->name);
    enum vr_machined machined = ask_machined(start, name, deadline, err);
    if (machined == VR_MACHINED_FAILED) {
        task_free(t);
        return false;
    }
    t->what = machined == VR_MACHINED_DONE ? ADOPT : MAKE;
    t->host = host;
    t->pid = start->pid;
    t->machine = vr_arena_strdup(t->arena, name);
    t->partition = vr_arena_strdup(t->arena, start->def->resource_partition);
    t->devices = copy_texts(t->arena, start->devices);
    bool optional = machined != VR_MACHINED_DONE && can_do_without(t, start);
    VR_AUTO(vr_error) *why = NULL;
    if (!run(t, deadline, &why)) {
        if (machined == VR_MACHINED_DONE)
            vr_shield(vr_after(TERMINATE_SPAN))
                vr_machined_terminate(name, vr_after(TERMINATE_SPAN));
        if (!optional || !is_not_ours(why))
            return vr_error_move(err, &why);
        vr_warn("guest '%s' runs without a control group: %s", start->def->name, vr_error_text(why));
        *out = NULL;
        return true;
    }
    *out = t->group;
    t->keep_group = true;
    task_free(t);
    return true;
}

VR_SUSPENDS bool vr_cgroup_threads(const struct vr_cgroup *group, const struct vr_domain_def *def,
                                   const struct vr_cgroup_thread *threads, size_t count, vr_time deadline,
                                   struct vr_error **err)
{
    /*
     * The first move of a thread waits some ten milliseconds for a grace period of the kernel, on the way of every
     * start. Where nothing depends on it the threads stay where the process is.
     */
    if (!tells_threads_apart(def))
        return true;
    struct cgroup_task *t = task_new(THREADS, group);
    for (size_t i = 0; i < count; i++)
        plan_thread(&t->plan, def, threads[i].name);
    if (!vr_cgroup_host_has(group->host, VR_CGROUP_CPU) && !vr_cgroup_host_has(group->host, VR_CGROUP_CPUSET)) {
        /* Threads have no groups of their own then; only a limit that was asked for makes that an error. */
        bool ok = true;
        for (size_t i = 0; ok && i < t->plan.settings.n; i++)
            if (t->plan.settings.v[i]->key == VR_CG_CPU_PERIOD_US || t->plan.settings.v[i]->key == VR_CG_CPU_QUOTA_US)
                ok = vr_cgroup_require(group->host, t->plan.settings.v[i]->key, err);
        task_free(t);
        return ok;
    }
    t->threads = vr_arena_memdup(t->arena, threads, count * sizeof(*threads));
    t->thread_count = count;
    if (!run(t, deadline, err))
        return false;
    task_free(t);
    return true;
}

VR_SUSPENDS bool vr_cgroup_apply(const struct vr_cgroup *group, const struct vr_cgroup_setting *setting,
                                 vr_time deadline, struct vr_error **err)
{
    struct cgroup_task *t = task_new(APPLY, group);
    plan_add(&t->plan, *setting);
    if (!run(t, deadline, err))
        return false;
    task_free(t);
    return true;
}

VR_SUSPENDS bool vr_cgroup_stop(const struct vr_cgroup *group, vr_time deadline, struct vr_error **err)
{
    struct cgroup_task *t = task_new(REMOVE, group);
    if (group->machine)
        vr_machined_terminate(group->machine, vr_sooner(deadline, vr_after(TERMINATE_SPAN)));
    if (!run(t, deadline, err))
        return false;
    task_free(t);
    return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "placement.h"
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "deadlines.h"
#include "domain.h"
#include "driver.h"
#include "host/cgroup.h"
#include "model/domain.h"
#include "monitor.h"
#include "process.h"

#define CPUS_MAX VR_CPUSET_MAX
#define IOTHREADS_MAX 4096

/* ---- one thread --------------------------------------------------------------------------------------------------- */

/* NULL: every CPU there is. */
static bool set_affinity(pid_t tid, const struct vr_cpuset *cpus, struct vr_error **err)
{
    size_t size = CPU_ALLOC_SIZE(CPUS_MAX);
    cpu_set_t *mask = CPU_ALLOC(CPUS_MAX);
    if (!mask)
        abort();
    CPU_ZERO_S(size, mask);
    if (cpus)
        for (int cpu = vr_cpuset_next(cpus, 0); cpu >= 0 && cpu < CPUS_MAX; cpu = vr_cpuset_next(cpus, (unsigned)cpu + 1))
            CPU_SET_S((size_t)cpu, size, mask);
    else
        memset(mask, 0xff, size);
    int rc = sched_setaffinity(tid, size, mask);
    int errnum = errno;
    CPU_FREE(mask);
    return rc == 0 || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errnum, _("cannot set CPU affinity on process %d"), (int)tid);
}

static bool set_scheduler(pid_t tid, const struct vr_sched *sched, struct vr_error **err)
{
    static const struct {
        const char *name;
        int policy;
    } policies[] = { { "batch", SCHED_BATCH }, { "idle", SCHED_IDLE }, { "fifo", SCHED_FIFO }, { "rr", SCHED_RR } };
    for (size_t i = 0; sched && sched->scheduler && i < VR_COUNT(policies); i++) {
        if (!vr_streq(sched->scheduler, policies[i].name))
            continue;
        bool timed = policies[i].policy == SCHED_FIFO || policies[i].policy == SCHED_RR;
        struct sched_param param = { .sched_priority = timed && sched->priority.set ? sched->priority.v : 0 };
        if (timed && (param.sched_priority < sched_get_priority_min(policies[i].policy) ||
                      param.sched_priority > sched_get_priority_max(policies[i].policy)))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Scheduler priority %d out of range [%d, %d]"),
                           param.sched_priority, sched_get_priority_min(policies[i].policy),
                           sched_get_priority_max(policies[i].policy));
        if (sched_setscheduler(tid, policies[i].policy, &param) < 0)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Cannot set scheduler parameters for pid %d"), (int)tid);
        return true;
    }
    return true;
}

static const struct vr_cpuset *pin_of(struct vr_vcpu_pin *const *pins, size_t n, unsigned id)
{
    for (size_t i = 0; i < n; i++)
        if (pins[i]->id == id)
            return pins[i]->cpus;
    return NULL;
}

static const struct vr_sched *sched_of(struct vr_sched *const *list, size_t n, unsigned id)
{
    for (size_t i = 0; i < n; i++)
        if (list[i]->ids && vr_cpuset_has(list[i]->ids, id))
            return list[i];
    return NULL;
}

/* ---- all of them -------------------------------------------------------------------------------------------------- */

bool vr_placement_process(struct vr_domain *dom, struct vr_error **err)
{
    const struct vr_domain_def *def = dom->live;
    const struct vr_cpuset *cpus = def->cputune && def->cputune->emulatorpin ? def->cputune->emulatorpin : def->cpuset;
    return !cpus || set_affinity(dom->run->pid, cpus, err);
}

struct threads {
    struct vr_cgroup_thread *v;
    size_t n, cap;
};

static bool place(struct threads *threads, const struct vr_domain_def *def, bool vcpu, unsigned id, pid_t tid,
                  struct vr_error **err)
{
    const struct vr_cputune *c = def->cputune;
    VR_GROW(threads->v, threads->n, threads->cap);
    struct vr_cgroup_thread *t = &threads->v[threads->n++];
    snprintf(t->name, sizeof(t->name), "%s%u", vcpu ? "vcpu" : "iothread", id);
    t->tid = tid;
    const struct vr_cpuset *cpus = def->cpuset;
    const struct vr_sched *sched = NULL;
    if (c) {
        const struct vr_cpuset *own = vcpu ? pin_of(c->vcpupins.v, c->vcpupins.n, id)
                                           : pin_of(c->iothreadpins.v, c->iothreadpins.n, id);
        sched = vcpu ? sched_of(c->vcpusched.v, c->vcpusched.n, id) : sched_of(c->iothreadsched.v, c->iothreadsched.n, id);
        cpus = own ? own : cpus;
    }
    /* Where nothing was said of it, it must not stay where the emulator was put: it inherited that. */
    bool inherited = c && c->emulatorpin;
    if ((cpus || inherited) && !set_affinity(tid, cpus, err))
        return false;
    return set_scheduler(tid, sched, err);
}

VR_SUSPENDS static bool place_iothreads(struct vr_domain *dom, struct threads *threads, struct vr_error **err)
{
    VR_AUTO(vr_json) *list = NULL;
    if (!dom->live->iothread_list.n)
        return true;
    if (!vr_monitor_call(dom->run->monitor, VR_QMP_QUERY, "query-iothreads", NULL, &list, vr_after(VR_SPAN_QUERY), err))
        return false;
    for (size_t i = 0; i < vr_json_len(list) && i < IOTHREADS_MAX; i++) {
        const char *name = vr_json_get_str(vr_json_at(list, i), "id");
        uint64_t id, tid;
        if (!name || !vr_starts_with(name, "iothread") || !vr_parse_u64(name + 8, 10, UINT32_MAX, &id) ||
            !vr_json_get_uint(vr_json_at(list, i), "thread-id", &tid) || !tid || tid > INT32_MAX)
            continue;
        if (!place(threads, dom->live, false, (unsigned)id, (pid_t)tid, err))
            return false;
    }
    return true;
}

static bool place_vcpus(struct vr_domain *dom, struct threads *threads, struct vr_error **err)
{
    for (size_t i = 0; i < dom->run->vcpu_count; i++)
        if (dom->run->vcpu_tids[i] && !place(threads, dom->live, true, (unsigned)i, dom->run->vcpu_tids[i], err))
            return false;
    return true;
}

VR_SUSPENDS bool vr_placement_threads(struct vr_domain *dom, const struct vr_cgroup *cgroup, struct vr_error **err)
{
    const struct vr_cputune *c = dom->live->cputune;
    struct threads threads = { 0 };
    bool ok = place_vcpus(dom, &threads, err) && place_iothreads(dom, &threads, err) &&
              (!c || set_scheduler(dom->run->pid, c->emulatorsched, err));
    if (ok && cgroup)
        ok = vr_cgroup_threads(cgroup, dom->live, threads.v, threads.n, vr_after(VR_SPAN_LAUNCH), err);
    free(threads.v);
    return ok;
}

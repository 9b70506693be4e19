/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* Virtual CPUs: how many, where they ran, where they may run. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "definition.h"
#include "procstat.h"
#include "rows.h"
#include "stats.h"

static bool get_vcpus_flags(struct vr_call *call, const struct vr_domain_get_vcpus_flags_args *in,
                            struct vr_domain_get_vcpus_flags_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    struct vr_domain_def *def = dom ? vr_domain_affect_one(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    if (in->flags & VIR_DOMAIN_VCPU_GUEST) {
        if (!vr_domain_is_active(dom))
            return vr_fail(err, VIR_ERR_INVALID_ARG, "%s",
                           _("vCPU count provided by the guest agent can only be requested for live domains"));
        return vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, "%s", _("QEMU guest agent is not configured"));
    }
    out->num = (int32_t)(in->flags & VIR_DOMAIN_VCPU_MAXIMUM ? def->vcpus : vr_vcpus_online(def));
    return true;
}

static bool get_max_vcpus(struct vr_call *call, const struct vr_domain_get_max_vcpus_args *in,
                          struct vr_domain_get_max_vcpus_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_running(&in->dom, err);
    if (!dom)
        return false;
    out->num = (int32_t)dom->live->vcpus;
    return true;
}

/* The affinity of a thread (0: this daemon's machine) as the wire's bit map of `len` bytes. */
static void affinity(pid_t tid, uint8_t *map, size_t len)
{
    size_t size = 2048;
    cpu_set_t *set = vr_alloc(size);
    if (tid && sched_getaffinity(tid, size, set) == 0) {
        for (size_t cpu = 0; cpu < len * 8; cpu++)
            if (CPU_ISSET_S(cpu, size, set))
                map[cpu / 8] |= (uint8_t)(1u << (cpu % 8));
    }
    free(set);
}

static bool get_vcpus(struct vr_call *call, const struct vr_domain_get_vcpus_args *in, struct vr_domain_get_vcpus_ret *out,
                      struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    if (!vr_domain_is_active(dom))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("cannot retrieve vcpu information for inactive domain"));
    if (in->maxinfo < 0 || in->maxinfo > REMOTE_VCPUINFO_MAX)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("maxinfo > REMOTE_VCPUINFO_MAX"));
    if (in->maplen < 0 || (in->maxinfo > 0 && (int64_t)in->maxinfo * in->maplen > REMOTE_CPUMAPS_MAX))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("maxinfo * maplen > REMOTE_CPUMAPS_MAX"));
    const struct vr_domain_def *def = dom->live;
    const struct vr_guest_run *run = dom->run;
    uint32_t most = (uint32_t)in->maxinfo, count = 0;
    out->info = vr_arena_alloc(call->arena, (most + 1) * sizeof(*out->info));
    uint8_t *maps = in->maplen ? vr_arena_alloc(call->arena, (size_t)most * (size_t)in->maplen + 1) : NULL;
    for (unsigned i = 0; i < def->vcpus && count < most; i++) {
        if (!vr_vcpu_online(def, i))
            continue;
        pid_t tid = run && i < run->vcpu_count ? run->vcpu_tids[i] : 0;
        struct vr_procstat s = { 0 };
        if (tid)
            vr_procstat_read(run->pid, tid, &s);
        out->info[count] = (struct vr_vcpu_info){ .number = i, .state = VIR_VCPU_RUNNING,
                                                  .cpu_time = s.user_ns + s.system_ns, .cpu = s.cpu };
        if (maps)
            affinity(tid ? tid : run ? run->pid : 0, maps + (size_t)count * (size_t)in->maplen, (size_t)in->maplen);
        count++;
    }
    out->info_count = count;
    out->cpumaps = maps;
    out->cpumaps_len = maps ? count * (uint32_t)in->maplen : 0;
    return true;
}

/* ---- changing the count ------------------------------------------------------------------------------------------- */

struct vcpu_edit {
    unsigned count;
    bool maximum;
};

static bool edit_vcpus(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config, void *arg,
                       struct vr_error **err)
{
    const struct vcpu_edit *edit = arg;
    if (edit->maximum) {
        if (config->cpu && config->cpu->topology.sockets) {
            unsigned dies = config->cpu->topology.dies ? config->cpu->topology.dies : 1;
            unsigned product = config->cpu->topology.sockets * dies * config->cpu->topology.cores * config->cpu->topology.threads;
            if (product != edit->count)
                return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", _("CPU topology doesn't match the desired vcpu count"));
        }
        config->vcpus = edit->count;
        if (config->current_vcpus.set && config->current_vcpus.v >= edit->count)
            config->current_vcpus = (struct vr_ouint){ 0 };
    } else {
        if (edit->count > config->vcpus)
            return vr_fail(err, VIR_ERR_INVALID_ARG,
                           _("requested vcpus is greater than max allowable vcpus for the persistent domain: %u > %u"),
                           edit->count, config->vcpus);
        config->current_vcpus = edit->count < config->vcpus ? (struct vr_ouint){ true, edit->count } : (struct vr_ouint){ 0 };
    }
    /* Which ones are on is said one by one only where the document did so; a plain count takes its place. */
    config->vcpu_list.n = 0;
    return true;
}

VR_SUSPENDS static bool set_vcpus(struct vr_call *call, const struct vr_nonnull_domain *named, unsigned count, unsigned flags,
                                  struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(named, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job(call, dom, VR_JOB_MODIFY, err) : NULL;
    struct vr_affect affect;
    if (!job || !vr_domain_affect(dom, flags, &affect, err))
        return false;
    if (!count)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", _("nvcpus in virDomainSetVcpusFlags must not be zero"));
    if (flags & VIR_DOMAIN_VCPU_GUEST)
        return vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, "%s", _("QEMU guest agent is not configured"));
    if (flags & VIR_DOMAIN_VCPU_HOTPLUGGABLE)
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s", _("vcpus cannot be made hotpluggable yet"));
    if (affect.live) {
        if (flags & VIR_DOMAIN_VCPU_MAXIMUM)
            return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", _("maximum vcpu count of a live domain can't be modified"));
        if (count > affect.live->vcpus)
            return vr_fail(err, VIR_ERR_INVALID_ARG,
                           _("requested vcpus is greater than max allowable vcpus for the live domain: %u > %u"), count,
                           affect.live->vcpus);
        if (count != vr_vcpus_online(affect.live))
            return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s",
                           _("vcpus of a running domain cannot be added or removed yet"));
    }
    struct vcpu_edit edit = { count, flags & VIR_DOMAIN_VCPU_MAXIMUM };
    return !affect.config || vr_rows_edit(dom, VIR_DOMAIN_AFFECT_CONFIG, edit_vcpus, &edit, err);
}

VR_SUSPENDS static bool domain_set_vcpus(struct vr_call *call, const struct vr_domain_set_vcpus_args *in,
                                         struct vr_void *out, struct vr_error **err)
{
    return set_vcpus(call, &in->dom, in->nvcpus, VIR_DOMAIN_AFFECT_LIVE, err);
}

VR_SUSPENDS static bool domain_set_vcpus_flags(struct vr_call *call, const struct vr_domain_set_vcpus_flags_args *in,
                                               struct vr_void *out, struct vr_error **err)
{
    return set_vcpus(call, &in->dom, in->nvcpus, in->flags, err);
}

/* ---- pinning, as the definitions say it --------------------------------------------------------------------------- */

static const struct vr_cpuset *pin_of(const struct vr_domain_def *def, unsigned vcpu)
{
    for (size_t i = 0; def->cputune && i < def->cputune->vcpupins.n; i++)
        if (def->cputune->vcpupins.v[i]->id == vcpu)
            return def->cputune->vcpupins.v[i]->cpus;
    return def->cpuset;
}

/* The bit map of a set; without one, of every CPU the machine has. */
static void fill_map(const struct vr_cpuset *set, uint8_t *map, size_t len)
{
    long cpus = sysconf(_SC_NPROCESSORS_CONF);
    for (size_t cpu = 0; cpu < len * 8 && cpu < (size_t)cpus; cpu++)
        if (!set || vr_cpuset_has(set, (unsigned)cpu))
            map[cpu / 8] |= (uint8_t)(1u << (cpu % 8));
}

static bool get_vcpu_pin_info(struct vr_call *call, const struct vr_domain_get_vcpu_pin_info_args *in,
                              struct vr_domain_get_vcpu_pin_info_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    struct vr_domain_def *def = dom ? vr_domain_affect_one(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    if (in->ncpumaps < 0 || in->ncpumaps > REMOTE_VCPUINFO_MAX)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("ncpumaps > REMOTE_VCPUINFO_MAX"));
    if (in->maplen < 0 || (int64_t)in->ncpumaps * in->maplen > REMOTE_CPUMAPS_MAX)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("ncpumaps * maplen > REMOTE_CPUMAPS_MAX"));
    uint32_t count = def->vcpus < (unsigned)in->ncpumaps ? def->vcpus : (uint32_t)in->ncpumaps;
    size_t len = (size_t)in->maplen;
    uint8_t *maps = vr_arena_alloc(call->arena, count * len + 1);
    for (uint32_t i = 0; i < count; i++)
        fill_map(pin_of(def, i), maps + i * len, len);
    out->cpumaps = maps;
    out->cpumaps_len = (uint32_t)(count * len);
    out->num = (int32_t)count;
    return true;
}

static bool get_emulator_pin_info(struct vr_call *call, const struct vr_domain_get_emulator_pin_info_args *in,
                                  struct vr_domain_get_emulator_pin_info_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    struct vr_domain_def *def = dom ? vr_domain_affect_one(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    if (in->maplen < 0 || in->maplen > REMOTE_CPUMAPS_MAX)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("maplen > REMOTE_CPUMAPS_MAX"));
    uint8_t *map = vr_arena_alloc(call->arena, (size_t)in->maplen + 1);
    fill_map(def->cputune && def->cputune->emulatorpin ? def->cputune->emulatorpin : def->cpuset, map, (size_t)in->maplen);
    out->cpumaps = map;
    out->cpumaps_len = (uint32_t)in->maplen;
    out->ret = 1;
    return true;
}

static bool get_iothread_info(struct vr_call *call, const struct vr_domain_get_iothread_info_args *in,
                              struct vr_domain_get_iothread_info_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    struct vr_domain_def *def = dom ? vr_domain_affect_one(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    size_t len = ((size_t)sysconf(_SC_NPROCESSORS_CONF) + 7) / 8;
    if (def->iothread_list.n > REMOTE_IOTHREAD_INFO_MAX)
        return vr_fail(err, VIR_ERR_RPC, _("Too many IOThreads in info: %zu for limit %d"), def->iothread_list.n,
                       REMOTE_IOTHREAD_INFO_MAX);
    out->info = vr_arena_alloc(call->arena, (def->iothread_list.n + 1) * sizeof(*out->info));
    for (size_t i = 0; i < def->iothread_list.n; i++) {
        const struct vr_cpuset *set = def->cpuset;
        unsigned id = def->iothread_list.v[i]->id;
        for (size_t j = 0; def->cputune && j < def->cputune->iothreadpins.n; j++)
            if (def->cputune->iothreadpins.v[j]->id == id)
                set = def->cputune->iothreadpins.v[j]->cpus;
        uint8_t *map = vr_arena_alloc(call->arena, len);
        fill_map(set, map, len);
        out->info[out->info_count++] = (struct vr_domain_iothread_info){ id, (uint32_t)len, map };
    }
    out->ret = out->info_count;
    return true;
}

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)

const struct vr_driver_row vr_rows_vcpu[] = {
    VR_ROW(domain_get_vcpus_flags, get_vcpus_flags, AFFECT | VIR_DOMAIN_VCPU_MAXIMUM | VIR_DOMAIN_VCPU_GUEST),
    VR_ROW(domain_get_max_vcpus, get_max_vcpus, 0),
    VR_ROW(domain_get_vcpus, get_vcpus, 0),
    VR_ROW(domain_set_vcpus, domain_set_vcpus, 0),
    VR_ROW(domain_set_vcpus_flags, domain_set_vcpus_flags,
           AFFECT | VIR_DOMAIN_VCPU_MAXIMUM | VIR_DOMAIN_VCPU_GUEST | VIR_DOMAIN_VCPU_HOTPLUGGABLE),
    VR_ROW(domain_get_vcpu_pin_info, get_vcpu_pin_info, AFFECT),
    VR_ROW(domain_get_emulator_pin_info, get_emulator_pin_info, AFFECT),
    VR_ROW(domain_get_iothread_info, get_iothread_info, AFFECT),
    { 0 },
};

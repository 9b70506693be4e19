/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processors, where they may run, and IOThreads. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <stdlib.h>
#include "internal.h"

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)

static unsigned current(const struct vr_domain_def *def)
{
    return def->current_vcpus.set ? def->current_vcpus.v : def->vcpus;
}

/* ---- how many ---------------------------------------------------------------------------------------------------- */

static bool set_vcpus(struct vr_call *call, const struct vr_nonnull_domain *d, unsigned n, unsigned flags,
                      struct vr_error **err)
{
    struct vr_domain_def *live, *config;
    struct vr_test_domain *dom = vr_test_domain_of(call, d, err);
    if (n > VR_TEST_VCPUS_MAX)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "requested cpu amount exceeds maximum supported amount (%d > %d)", (int)n,
                       VR_TEST_VCPUS_MAX);
    if (!dom || !vr_test_defs(dom, flags, &live, &config, err))
        return false;
    const struct vr_domain_def *least = live;
    if (config && !(flags & VIR_DOMAIN_VCPU_MAXIMUM) && (!least || config->vcpus < least->vcpus))
        least = config;
    if (least && n > least->vcpus)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "requested cpu amount exceeds maximum (%u > %u)", n, least->vcpus);
    if (config && flags & VIR_DOMAIN_VCPU_MAXIMUM) {
        unsigned now = current(config);
        config->vcpus = n;
        config->current_vcpus = now < n ? (struct vr_ouint){ true, now } : (struct vr_ouint){ 0 };
    } else if (config) {
        config->current_vcpus = n < config->vcpus ? (struct vr_ouint){ true, n } : (struct vr_ouint){ 0 };
    }
    if (live)
        live->current_vcpus = n < live->vcpus ? (struct vr_ouint){ true, n } : (struct vr_ouint){ 0 };
    return true;
}

VR_FN(set_vcpus_plain, domain_set_vcpus_args, void)
{
    return set_vcpus(call, &in->dom, in->nvcpus, VIR_DOMAIN_AFFECT_LIVE, err);
}

VR_FN(set_vcpus_flags, domain_set_vcpus_flags_args, void)
{
    return set_vcpus(call, &in->dom, in->nvcpus, in->flags, err);
}

VR_FN(get_vcpus_flags, domain_get_vcpus_flags_args, domain_get_vcpus_flags_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    const struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    if (def)
        out->num = (int)(in->flags & VIR_DOMAIN_VCPU_MAXIMUM ? def->vcpus : current(def));
    return def != NULL;
}

VR_FN(get_max_vcpus, domain_get_max_vcpus_args, domain_get_max_vcpus_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    const struct vr_domain_def *def = dom ? vr_test_one_def(dom, VIR_DOMAIN_AFFECT_LIVE, err) : NULL;
    if (def)
        out->num = (int)def->vcpus;
    return def != NULL;
}

/* ---- sets of host processors ------------------------------------------------------------------------------------- */

/* Bits of the wire's form as a set; bits for processors the host does not have are dropped. */
static struct vr_cpuset *set_of(struct vr_arena *arena, const uint8_t *map, uint32_t len, unsigned cpus)
{
    size_t words = (cpus + 63) / 64 + 1;
    struct vr_cpuset *set = vr_arena_alloc(arena, sizeof(*set) + words * sizeof(set->bits[0]));
    set->words = words;
    for (unsigned i = 0; i < cpus && i / 8 < len; i++)
        if (map[i / 8] & 1 << i % 8)
            set->bits[i / 64] |= 1ull << i % 64;
    return set;
}

/* A set as bits of the wire's form; NULL: all processors of the host. */
static void put_set(uint8_t *map, unsigned len, const struct vr_cpuset *set, unsigned cpus)
{
    for (unsigned i = 0; i < cpus && i / 8 < len; i++)
        if (set ? vr_cpuset_has(set, i) : true)
            map[i / 8] |= (uint8_t)(1 << i % 8);
}

static struct vr_vcpu_pin *find_pin(const struct vr_domain_def *def, unsigned id)
{
    for (size_t i = 0; def->cputune && i < def->cputune->vcpupins.n; i++)
        if (def->cputune->vcpupins.v[i]->id == id)
            return def->cputune->vcpupins.v[i];
    return NULL;
}

static const struct vr_cpuset *pinned(const struct vr_domain_def *def, unsigned id)
{
    const struct vr_vcpu_pin *pin = find_pin(def, id);
    return pin ? pin->cpus : def->cpuset;
}

static struct vr_cputune *cputune(struct vr_domain_def *def)
{
    if (!def->cputune)
        def->cputune = vr_arena_new_of(def->arena, struct vr_cputune);
    return def->cputune;
}

VR_FN(get_vcpus, domain_get_vcpus_args, domain_get_vcpus_ret)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    if (!vr_test_active(dom))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", "cannot list vcpus for an inactive domain");
    unsigned n = current(dom->def), cpus = test->node.cpus;
    if ((unsigned)in->maxinfo < n)
        n = (unsigned)in->maxinfo;
    unsigned maplen = (unsigned)in->maplen;
    struct vr_vcpu_info *info = vr_arena_alloc(call->arena, n * sizeof(*info) + 1);
    uint8_t *maps = vr_arena_alloc(call->arena, (size_t)n * maplen + 1);
    for (unsigned i = 0; i < n; i++) {
        const struct vr_cpuset *set = pinned(dom->def, i);
        info[i] = (struct vr_vcpu_info){ .number = i, .state = VIR_VCPU_RUNNING, .cpu = -1,
                                         .cpu_time = (uint64_t)(vr_wall_now() / 10000) };
        for (unsigned cpu = 0; cpu < cpus; cpu++)
            if (!set || vr_cpuset_has(set, cpu))
                info[i].cpu = (int)cpu;
        put_set(maps + (size_t)i * maplen, maplen, set, cpus);
    }
    out->info = info;
    out->info_count = n;
    out->cpumaps = maps;
    out->cpumaps_len = n * maplen;
    return true;
}

static bool pin_vcpu(struct vr_call *call, const struct vr_nonnull_domain *d, unsigned vcpu, const uint8_t *map,
                     uint32_t len, struct vr_error **err)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, d, err);
    if (!dom)
        return false;
    struct vr_domain_def *def = dom->def;
    if (!vr_test_active(dom))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", "cannot pin vcpus on an inactive domain");
    if (vcpu >= current(def))
        return vr_fail(err, VIR_ERR_INVALID_ARG, "requested vcpu '%d' is not present in the domain", (int)vcpu);
    struct vr_vcpu_pin *pin = find_pin(def, vcpu);
    if (!pin) {
        struct vr_cputune *tune = cputune(def);
        size_t at = 0;
        while (at < tune->vcpupins.n && tune->vcpupins.v[at]->id < vcpu)
            at++;
        pin = vr_arena_new_of(def->arena, struct vr_vcpu_pin);
        pin->id = vcpu;
        VR_LIST_INSERT(def->arena, &tune->vcpupins, at, pin);
    }
    pin->cpus = set_of(def->arena, map, len, vr_test_of(call)->node.cpus);
    return true;
}

VR_FN(pin_vcpu_plain, domain_pin_vcpu_args, void)
{
    return pin_vcpu(call, &in->dom, in->vcpu, in->cpumap, in->cpumap_len, err);
}

VR_FN(pin_vcpu_flags, domain_pin_vcpu_flags_args, void)
{
    return pin_vcpu(call, &in->dom, in->vcpu, in->cpumap, in->cpumap_len, err);
}

VR_FN(get_vcpu_pin_info, domain_get_vcpu_pin_info_args, domain_get_vcpu_pin_info_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    const struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    unsigned n = def->vcpus < (unsigned)in->ncpumaps ? def->vcpus : (unsigned)in->ncpumaps;
    unsigned maplen = (unsigned)in->maplen;
    out->cpumaps = vr_arena_alloc(call->arena, (size_t)n * maplen + 1);
    out->cpumaps_len = n * maplen;
    out->num = (int)n;
    for (unsigned i = 0; i < n; i++)
        put_set((uint8_t *)out->cpumaps + (size_t)i * maplen, maplen, pinned(def, i), vr_test_of(call)->node.cpus);
    return true;
}

static bool nothing(const uint8_t *map, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        if (map[i])
            return false;
    return true;
}

VR_FN(pin_emulator, domain_pin_emulator_args, void)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    if (nothing(in->cpumap, in->cpumap_len))
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "Empty cpu list for pinning");
    cputune(def)->emulatorpin = set_of(def->arena, in->cpumap, in->cpumap_len, vr_test_of(call)->node.cpus);
    return true;
}

VR_FN(get_emulator_pin_info, domain_get_emulator_pin_info_args, domain_get_emulator_pin_info_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    const struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    const struct vr_cpuset *set = def->cputune ? def->cputune->emulatorpin : NULL;
    out->cpumaps = vr_arena_alloc(call->arena, (size_t)in->maplen + 1);
    out->cpumaps_len = (uint32_t)in->maplen;
    out->ret = 1;
    put_set((uint8_t *)out->cpumaps, (unsigned)in->maplen, set ? set : def->cpuset, vr_test_of(call)->node.cpus);
    return true;
}

/* ---- time used --------------------------------------------------------------------------------------------------- */

#define TOTAL_CPU_TIME 48772617035ull
#define TOTAL_VCPU_TIME 46303481255ull
#define STAT_CPUS 2

VR_FN(get_cpu_stats, domain_get_cpu_stats_args, domain_get_cpu_stats_ret)
{
    struct vr_test_domain *dom = vr_test_domain_running(call, &in->dom, err);
    if (!dom)
        return false;
    struct vr_test_params p = { .arena = call->arena };
    bool total = in->start_cpu == -1;
    unsigned per_cpu = total ? 3 : 2;
    if (in->nparams == 0) { /* how much there is */
        out->nparams = in->ncpus == 0 ? STAT_CPUS : (int)per_cpu;
        return true;
    }
    if (total) {
        vr_test_param_ullong(&p, VIR_DOMAIN_CPU_STATS_CPUTIME, TOTAL_CPU_TIME);
        vr_test_param_ullong(&p, VIR_DOMAIN_CPU_STATS_USERTIME, 5540000000ull);
        vr_test_param_ullong(&p, VIR_DOMAIN_CPU_STATS_SYSTEMTIME, 6460000000ull);
    } else {
        if (in->start_cpu >= STAT_CPUS)
            return vr_fail(err, VIR_ERR_INVALID_ARG, "start_cpu %d larger than maximum of %d", in->start_cpu,
                           STAT_CPUS - 1);
        for (unsigned i = (unsigned)in->start_cpu; i < STAT_CPUS && i - (unsigned)in->start_cpu < in->ncpus; i++) {
            vr_test_param_ullong(&p, VIR_DOMAIN_CPU_STATS_CPUTIME, TOTAL_CPU_TIME / STAT_CPUS + i);
            if (in->nparams > 1)
                vr_test_param_ullong(&p, VIR_DOMAIN_CPU_STATS_VCPUTIME, TOTAL_VCPU_TIME / STAT_CPUS + i);
        }
    }
    out->params = p.v;
    out->params_count = total && in->nparams < p.n ? in->nparams : p.n;
    out->nparams = (int)(in->nparams < per_cpu ? in->nparams : per_cpu);
    return true;
}

/* ---- IOThreads --------------------------------------------------------------------------------------------------- */

static size_t find_iothread(const struct vr_domain_def *def, unsigned id)
{
    size_t i = 0;
    while (i < def->iothread_list.n && def->iothread_list.v[i]->id != id)
        i++;
    return i;
}

static struct vr_vcpu_pin *iothread_pin(const struct vr_domain_def *def, unsigned id)
{
    for (size_t i = 0; def->cputune && i < def->cputune->iothreadpins.n; i++)
        if (def->cputune->iothreadpins.v[i]->id == id)
            return def->cputune->iothreadpins.v[i];
    return NULL;
}

VR_FN(add_iothread, domain_add_iothread_args, void)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (in->iothread_id == 0)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "invalid value of 0 for iothread_id");
    struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    if (find_iothread(def, in->iothread_id) < def->iothread_list.n)
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_INVALID_ARG, -1,
                               "an IOThread is already using iothread_id '%u'", in->iothread_id);
    struct vr_iothread *io = vr_arena_new_of(def->arena, struct vr_iothread);
    io->id = in->iothread_id;
    VR_LIST_ADD(def->arena, &def->iothread_list, io);
    def->iothreads = (unsigned)def->iothread_list.n;
    return true;
}

VR_FN(del_iothread, domain_del_iothread_args, void)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (in->iothread_id == 0)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "invalid value of 0 for iothread_id");
    struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    size_t at = find_iothread(def, in->iothread_id);
    if (at == def->iothread_list.n)
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_INVALID_ARG, -1,
                               "cannot find IOThread '%u' in iothreadids list", in->iothread_id);
    for (size_t i = 0; i < def->disks.n; i++)
        if (def->disks.v[i]->iothread.set && def->disks.v[i]->iothread.v == in->iothread_id)
            return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_INVALID_ARG, -1,
                                   "cannot remove IOThread %u since it is being used by disk '%s'", in->iothread_id,
                                   def->disks.v[i]->target);
    VR_LIST_REMOVE(&def->iothread_list, at);
    def->iothreads = (unsigned)def->iothread_list.n;
    for (size_t i = def->cputune ? def->cputune->iothreadpins.n : 0; i-- > 0;)
        if (def->cputune->iothreadpins.v[i]->id == in->iothread_id)
            VR_LIST_REMOVE(&def->cputune->iothreadpins, i);
    return true;
}

VR_FN(get_iothread_info, domain_get_iothread_info_args, domain_get_iothread_info_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    const struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    /* The mock's guest sees as many processors as it has itself. */
    unsigned cpus = current(def), len = (cpus + 7) / 8;
    struct vr_domain_iothread_info *info = vr_arena_alloc(call->arena, def->iothread_list.n * sizeof(*info) + 1);
    for (size_t i = 0; i < def->iothread_list.n; i++) {
        const struct vr_vcpu_pin *pin = iothread_pin(def, def->iothread_list.v[i]->id);
        const struct vr_cpuset *set = pin ? pin->cpus : def->cpuset;
        unsigned most = set ? vr_test_of(call)->node.cpus : cpus;
        unsigned bytes = set ? (most + 7) / 8 : len;
        info[i].iothread_id = def->iothread_list.v[i]->id;
        info[i].cpumap = vr_arena_alloc(call->arena, bytes + 1);
        info[i].cpumap_len = bytes;
        put_set((uint8_t *)info[i].cpumap, bytes, set, most);
    }
    out->info = info;
    out->info_count = out->ret = (uint32_t)def->iothread_list.n;
    return true;
}

VR_FN(pin_iothread, domain_pin_iothread_args, void)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (dom && nothing(in->cpumap, in->cpumap_len))
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "Empty iothread cpumap list for pinning");
    struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    if (find_iothread(def, in->iothreads_id) == def->iothread_list.n)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "iothreadid %d not found", (int)in->iothreads_id);
    struct vr_vcpu_pin *pin = iothread_pin(def, in->iothreads_id);
    if (!pin) {
        pin = vr_arena_new_of(def->arena, struct vr_vcpu_pin);
        pin->id = in->iothreads_id;
        VR_LIST_ADD(def->arena, &cputune(def)->iothreadpins, pin);
    }
    pin->cpus = set_of(def->arena, in->cpumap, in->cpumap_len, vr_test_of(call)->node.cpus);
    return true;
}

VR_FN(set_iothread_params, domain_set_iothread_params_args, void)
{
    static const struct vr_test_param known[] = {
        { VIR_DOMAIN_IOTHREAD_POLL_MAX_NS, VIR_TYPED_PARAM_ULLONG },
        { VIR_DOMAIN_IOTHREAD_POLL_GROW, VIR_TYPED_PARAM_UINT },
        { VIR_DOMAIN_IOTHREAD_POLL_SHRINK, VIR_TYPED_PARAM_UINT },
        { 0 },
    };
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (in->iothread_id == 0)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "invalid value of 0 for iothread_id");
    struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    if (!def || !vr_test_params_known(in->params, in->params_count, known, err))
        return false;
    if (find_iothread(def, in->iothread_id) == def->iothread_list.n)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "cannot find IOThread '%u' in iothreadids", in->iothread_id);
    return true; /* polling is a running emulator's: no document shows it */
}

const struct vr_driver_row vr_test_vcpu_rows[] = {
    VR_ROW(domain_set_vcpus, set_vcpus_plain, 0),
    VR_ROW(domain_set_vcpus_flags, set_vcpus_flags, AFFECT | VIR_DOMAIN_VCPU_MAXIMUM),
    VR_ROW(domain_get_vcpus_flags, get_vcpus_flags, AFFECT | VIR_DOMAIN_VCPU_MAXIMUM),
    VR_ROW(domain_get_max_vcpus, get_max_vcpus, 0),
    VR_ROW(domain_get_vcpus, get_vcpus, 0),
    VR_ROW(domain_pin_vcpu, pin_vcpu_plain, 0),
    VR_ROW(domain_pin_vcpu_flags, pin_vcpu_flags, 0),
    VR_ROW(domain_get_vcpu_pin_info, get_vcpu_pin_info, UINT32_MAX), /* others than AFFECT say nothing */
    VR_ROW(domain_pin_emulator, pin_emulator, AFFECT),
    VR_ROW(domain_get_emulator_pin_info, get_emulator_pin_info, AFFECT),
    VR_ROW(domain_get_cpu_stats, get_cpu_stats, VIR_TYPED_PARAM_STRING_OKAY),
    VR_ROW(domain_add_iothread, add_iothread, AFFECT),
    VR_ROW(domain_del_iothread, del_iothread, AFFECT),
    VR_ROW(domain_get_iothread_info, get_iothread_info, AFFECT),
    VR_ROW(domain_pin_iothread, pin_iothread, AFFECT),
    VR_ROW(domain_set_iothread_params, set_iothread_params, VIR_DOMAIN_AFFECT_LIVE),
    { 0 },
};

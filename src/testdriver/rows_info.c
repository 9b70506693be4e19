/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* State, memory and other plain facts of a domain. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <stdlib.h>
#include "internal.h"

static unsigned vcpus(const struct vr_domain_def *def)
{
    return def->current_vcpus.set ? def->current_vcpus.v : def->vcpus;
}

VR_FN(get_info, domain_get_info_args, domain_get_info_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    out->state = (unsigned char)dom->state;
    out->max_mem = dom->def->memory_kib;
    out->memory = dom->def->current_memory_kib;
    out->nr_virt_cpu = (unsigned short)vcpus(dom->def);
    out->cpu_time = (uint64_t)(vr_wall_now() / 1000 * 1000);
    return true;
}

VR_FN(get_state, domain_get_state_args, domain_get_state_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    out->state = dom->state;
    out->reason = dom->reason;
    return true;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

VR_FN(get_max_memory, domain_get_max_memory_args, domain_get_max_memory_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (dom)
        out->memory = dom->def->memory_kib;
    return dom != NULL;
}

static bool set_memory(struct vr_call *call, const struct vr_nonnull_domain *d, uint64_t kib, unsigned flags,
                       struct vr_error **err)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, d, err);
    struct vr_domain_def *def = dom ? vr_test_one_def(dom, flags, err) : NULL;
    if (!def)
        return false;
    if (flags & VIR_DOMAIN_MEM_MAXIMUM) {
        if (vr_test_active(dom) && def == dom->def)
            return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s",
                           "cannot resize the maximum memory on an active domain");
        def->memory_kib = kib;
        if (def->current_memory_kib > kib)
            def->current_memory_kib = kib;
        return true;
    }
    if (kib > def->memory_kib)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "cannot set memory higher than max memory");
    def->current_memory_kib = kib;
    return true;
}

VR_FN(set_max_memory, domain_set_max_memory_args, void)
{
    return set_memory(call, &in->dom, in->memory, VIR_DOMAIN_MEM_MAXIMUM, err);
}

VR_FN(set_memory_plain, domain_set_memory_args, void)
{
    return set_memory(call, &in->dom, in->memory, VIR_DOMAIN_AFFECT_LIVE, err);
}

VR_FN(set_memory_flags, domain_set_memory_flags_args, void)
{
    return set_memory(call, &in->dom, in->memory, in->flags, err);
}

VR_FN(memory_stats, domain_memory_stats_args, domain_memory_stats_ret)
{
    struct vr_test_domain *dom = vr_test_domain_running(call, &in->dom, err);
    if (!dom)
        return false;
    if (!dom->def->memballoon || dom->def->memballoon->model == VR_MEMBALLOON_NONE)
        return true; /* nobody who could tell */
    uint64_t actual = dom->def->current_memory_kib;
    const struct vr_domain_memory_stat stats[] = {
        { VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, actual },
        { VIR_DOMAIN_MEMORY_STAT_SWAP_IN, 0 },
        { VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, 0 },
        { VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, 0 },
        { VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, 0 },
        { VIR_DOMAIN_MEMORY_STAT_UNUSED, actual / 2 },
        { VIR_DOMAIN_MEMORY_STAT_AVAILABLE, actual },
        { VIR_DOMAIN_MEMORY_STAT_USABLE, actual / 2 },
        { VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE, 627319920 },
        { VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, actual / 8 },
        { VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC, 0 },
        { VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL, 0 },
        { VIR_DOMAIN_MEMORY_STAT_RSS, actual / 2 },
    };
    out->stats = vr_arena_memdup(call->arena, stats, sizeof(stats));
    out->stats_count = in->max_stats < VR_COUNT(stats) ? in->max_stats : VR_COUNT(stats);
    return true;
}

VR_FN(set_memory_stats_period, domain_set_memory_stats_period_args, void)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    if (!def->memballoon || def->memballoon->model == VR_MEMBALLOON_NONE)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s",
                       "No memory balloon device configured, can not set the collection period");
    def->memballoon->period = (unsigned)in->period;
    return true;
}

VR_FN(get_security_label, domain_get_security_label_args, domain_get_security_label_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom || !vr_test_active(dom))
        return dom != NULL;
    out->label = vr_arena_strdup(call->arena, "libvirt-test");
    out->label_count = sizeof("libvirt-test");
    out->enforcing = 1;
    return true;
}

/* No guest of the mock is protected, so there is nothing to tell of one. */
VR_FN(get_launch_security, domain_get_launch_security_info_args, domain_get_launch_security_info_ret)
{
    return vr_test_domain_of(call, &in->dom, err) != NULL;
}

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)
const struct vr_driver_row vr_test_info_rows[] = {
    VR_ROW(domain_get_info, get_info, 0),
    VR_ROW(domain_get_state, get_state, 0),
    VR_ROW(domain_get_max_memory, get_max_memory, 0),
    VR_ROW(domain_set_max_memory, set_max_memory, 0),
    VR_ROW(domain_set_memory, set_memory_plain, 0),
    VR_ROW(domain_set_memory_flags, set_memory_flags, AFFECT | VIR_DOMAIN_MEM_MAXIMUM),
    VR_ROW(domain_memory_stats, memory_stats, 0),
    VR_ROW(domain_set_memory_stats_period, set_memory_stats_period, AFFECT),
    VR_ROW(domain_get_launch_security_info, get_launch_security, 0),
    VR_ROW(domain_get_security_label, get_security_label, 0),
    { 0 },
};

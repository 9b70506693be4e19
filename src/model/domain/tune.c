/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What limits and places a guest: cputune, memtune, blkiotune, numatune, memoryBacking. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN

#include <stdlib.h>
#include "base/str.h"
#include "tables.h"

VR_ENUM_NAMES(vr_placement, VR_PLACEMENTS)

/* ---- cputune ----------------------------------------------------------------------------------------------------- */

static const struct vr_row vcpupin_rows[] = {
    VR_A_UINT(struct vr_vcpu_pin, id, "vcpu", .required = true, .zero = true, .goes = VR_GOES_HOST),
    VR_A_CPUSET(struct vr_vcpu_pin, cpus, "cpuset", .required = true, .missing = "missing cpuset for vcpupin", .goes = VR_GOES_HOST),
    VR_END,
};
static const struct vr_row iothreadpin_rows[] = {
    VR_A_UINT(struct vr_vcpu_pin, id, "iothread", .required = true, .nonzero = true, .goes = VR_GOES_HOST),
    VR_A_CPUSET(struct vr_vcpu_pin, cpus, "cpuset", .required = true, .missing = "Missing 'cpuset' attribute in iothreadpin", .goes = VR_GOES_HOST),
    VR_END,
};
static const struct vr_xml_elem vcpupin_elem = { .name = "vcpupin", .size = sizeof(struct vr_vcpu_pin), .rows = vcpupin_rows };
static const struct vr_xml_elem iothreadpin_elem = { .name = "iothreadpin", .size = sizeof(struct vr_vcpu_pin), .rows = iothreadpin_rows };

static const struct vr_row emulatorpin_rows[] = {
    VR_A_CPUSET(struct vr_cputune, emulatorpin, "cpuset", .required = true, .missing = "Missing 'cpuset' attribute in emulatorpin",
               .goes = VR_GOES_HOST),
    VR_END,
};

#define SCHED_ROWS(attribute)                                                                      \
    {                                                                                              \
        VR_A_CPUSET(struct vr_sched, ids, attribute, .goes = VR_GOES_HOST),        \
        VR_A_STR(struct vr_sched, scheduler, "scheduler", .required = true, .goes = VR_GOES_HOST), \
        VR_A_OINT(struct vr_sched, priority, "priority", .goes = VR_GOES_HOST),                    \
        VR_END,                                                                                    \
    }
static const struct vr_row vcpusched_rows[] = SCHED_ROWS("vcpus");
static const struct vr_row iothreadsched_rows[] = SCHED_ROWS("iothreads");
static const struct vr_row emulatorsched_rows[] = {
    VR_A_STR(struct vr_sched, scheduler, "scheduler", .required = true, .goes = VR_GOES_HOST),
    VR_A_OINT(struct vr_sched, priority, "priority", .goes = VR_GOES_HOST),
    VR_END,
};

static bool check_sched(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    static const char *const names[] = { "batch", "idle", "fifo", "rr", NULL };
    const struct vr_sched *s = obj;
    int which = vr_name_index(names, s->scheduler);
    if (which < 0)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid scheduler attribute: '%s'"), s->scheduler);
    if (which >= 2 && !s->priority.set)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Missing required attribute 'priority' in element '%s'"), node->name);
    return true;
}

static const struct vr_xml_elem vcpusched_elem = {
    .name = "vcpusched", .size = sizeof(struct vr_sched), .rows = vcpusched_rows, .after_parse = check_sched,
};
static const struct vr_xml_elem iothreadsched_elem = {
    .name = "iothreadsched", .size = sizeof(struct vr_sched), .rows = iothreadsched_rows, .after_parse = check_sched,
};
static const struct vr_xml_elem emulatorsched_elem = {
    .name = "emulatorsched", .size = sizeof(struct vr_sched), .rows = emulatorsched_rows, .after_parse = check_sched,
};

static const struct vr_row cache_rows[] = {
    VR_A_UINT(struct vr_cache_alloc, id, "id", .required = true, .zero = true, .goes = VR_GOES_NOTYET),
    VR_A_UINT(struct vr_cache_alloc, level, "level", .required = true, .zero = true, .goes = VR_GOES_NOTYET),
    VR_A_STR(struct vr_cache_alloc, type, "type", .required = true, .goes = VR_GOES_NOTYET),
    VR_A_SIZE(struct vr_cache_alloc, size_kib, "size", .required = true, .goes = VR_GOES_NOTYET),
    VR_END,
};
static const struct vr_row cache_monitor_rows[] = {
    VR_A_UINT(struct vr_cache_monitor, level, "level", .goes = VR_GOES_NOTYET),
    VR_A_CPUSET(struct vr_cache_monitor, vcpus, "vcpus", .required = true, .goes = VR_GOES_NOTYET),
    VR_END,
};
static const struct vr_row memory_monitor_rows[] = {
    VR_A_CPUSET(struct vr_cache_monitor, vcpus, "vcpus", .required = true, .goes = VR_GOES_NOTYET),
    VR_END,
};
static const struct vr_row bandwidth_rows[] = {
    VR_A_UINT(struct vr_memory_bandwidth, id, "id", .required = true, .zero = true, .goes = VR_GOES_NOTYET),
    VR_A_UINT(struct vr_memory_bandwidth, bandwidth, "bandwidth", .required = true, .zero = true, .goes = VR_GOES_NOTYET),
    VR_END,
};
static const struct vr_xml_elem cache_elem = { .name = "cache", .size = sizeof(struct vr_cache_alloc), .rows = cache_rows };
static const struct vr_xml_elem cache_monitor_elem = { .name = "monitor", .size = sizeof(struct vr_cache_monitor), .rows = cache_monitor_rows };
static const struct vr_xml_elem memory_monitor_elem = { .name = "monitor", .size = sizeof(struct vr_cache_monitor), .rows = memory_monitor_rows };
static const struct vr_xml_elem bandwidth_elem = { .name = "node", .size = sizeof(struct vr_memory_bandwidth), .rows = bandwidth_rows };

static const struct vr_row cachetune_rows[] = {
    VR_A_CPUSET(struct vr_cachetune, vcpus, "vcpus", .required = true, .goes = VR_GOES_NOTYET),
    VR_A_STR(struct vr_cachetune, id, "id", .never = VR_FORM_INACTIVE),
    VR_LISTED(struct vr_cachetune, caches, "cache", cache_elem),
    VR_LISTED(struct vr_cachetune, monitors, "monitor", cache_monitor_elem),
    VR_END,
};
static const struct vr_row memorytune_rows[] = {
    VR_A_CPUSET(struct vr_memorytune, vcpus, "vcpus", .required = true, .goes = VR_GOES_NOTYET),
    VR_A_STR(struct vr_memorytune, id, "id", .never = VR_FORM_INACTIVE),
    VR_LISTED(struct vr_memorytune, nodes, "node", bandwidth_elem),
    VR_LISTED(struct vr_memorytune, monitors, "monitor", memory_monitor_elem),
    VR_END,
};
static const struct vr_xml_elem cachetune_elem = { .name = "cachetune", .size = sizeof(struct vr_cachetune), .rows = cachetune_rows };
static const struct vr_xml_elem memorytune_elem = { .name = "memorytune", .size = sizeof(struct vr_memorytune), .rows = memorytune_rows };

#define TUNE_BAD(name) .bad = "can't parse cputune " name " value"
static const struct vr_row cputune_rows[] = {
    VR_T_OU64(struct vr_cputune, shares, "shares", TUNE_BAD("shares"), .goes = VR_GOES_CGROUP),
    VR_T_OU64(struct vr_cputune, period, "period", TUNE_BAD("period"), .goes = VR_GOES_CGROUP),
    VR_T_OI64(struct vr_cputune, quota, "quota", TUNE_BAD("quota"), .goes = VR_GOES_CGROUP),
    VR_T_OU64(struct vr_cputune, global_period, "global_period", TUNE_BAD("global period"), .goes = VR_GOES_CGROUP),
    VR_T_OI64(struct vr_cputune, global_quota, "global_quota", TUNE_BAD("global quota"), .goes = VR_GOES_CGROUP),
    VR_T_OU64(struct vr_cputune, emulator_period, "emulator_period", TUNE_BAD("emulator period"), .goes = VR_GOES_CGROUP),
    VR_T_OI64(struct vr_cputune, emulator_quota, "emulator_quota", TUNE_BAD("emulator quota"), .goes = VR_GOES_CGROUP),
    VR_T_OU64(struct vr_cputune, iothread_period, "iothread_period", TUNE_BAD("iothread period"), .goes = VR_GOES_CGROUP),
    VR_T_OI64(struct vr_cputune, iothread_quota, "iothread_quota", TUNE_BAD("iothread quota"), .goes = VR_GOES_CGROUP),
    VR_LISTED(struct vr_cputune, vcpupins, "vcpupin", vcpupin_elem),
    VR_GROUP("emulatorpin", emulatorpin_rows),
    VR_LISTED(struct vr_cputune, iothreadpins, "iothreadpin", iothreadpin_elem),
    VR_CHILD(struct vr_cputune, emulatorsched, "emulatorsched", emulatorsched_elem),
    VR_LISTED(struct vr_cputune, vcpusched, "vcpusched", vcpusched_elem),
    VR_LISTED(struct vr_cputune, iothreadsched, "iothreadsched", iothreadsched_elem),
    VR_LISTED(struct vr_cputune, cachetunes, "cachetune", cachetune_elem),
    VR_LISTED(struct vr_cputune, memorytunes, "memorytune", memorytune_elem),
    VR_END,
};

static bool period_ok(struct vr_parse *p, const struct vr_xml_node *node, const char *name, struct vr_ou64 v, struct vr_error **err)
{
    return !v.set || (v.v >= 1000 && v.v <= 1000000) ||
           vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Value of cputune '%s' must be in range [%llu, %llu]"), name, 1000ull,
                         1000000ull);
}

static bool quota_ok(struct vr_parse *p, const struct vr_xml_node *node, const char *name, bool set, int64_t v, struct vr_error **err)
{
    return !set || v < 0 || (v >= 1000 && v <= 17592186044415ll) ||
           vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Value of cputune '%s' must be in range [%llu, %llu]"), name, 1000ull,
                         17592186044415ull);
}

static int by_id(const void *a, const void *b)
{
    const struct vr_vcpu_pin *x = *(void *const *)a, *y = *(void *const *)b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* What an element per vCPU would say: stock prints one <vcpusched> for each vCPU, in order. */
static int by_first(const void *a, const void *b)
{
    const struct vr_sched *x = *(void *const *)a, *y = *(void *const *)b;
    return vr_cpuset_next(x->ids, 0) - vr_cpuset_next(y->ids, 0);
}

static bool check_cputune(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    struct vr_cputune *t = obj;
    if (!period_ok(p, node, "period", t->period, err) || !quota_ok(p, node, "quota", t->quota.set, t->quota.v, err) ||
        !period_ok(p, node, "global_period", t->global_period, err) ||
        !quota_ok(p, node, "global_quota", t->global_quota.set, t->global_quota.v, err) ||
        !period_ok(p, node, "emulator_period", t->emulator_period, err) ||
        !quota_ok(p, node, "emulator_quota", t->emulator_quota.set, t->emulator_quota.v, err) ||
        !period_ok(p, node, "iothread_period", t->iothread_period, err) ||
        !quota_ok(p, node, "iothread_quota", t->iothread_quota.set, t->iothread_quota.v, err))
        return false;
    qsort(t->vcpupins.v, t->vcpupins.n, sizeof(void *), by_id);
    for (size_t i = 1; i < t->vcpupins.n; i++)
        if (t->vcpupins.v[i]->id == t->vcpupins.v[i - 1]->id)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("duplicate vcpupin for vcpu '%u'"), t->vcpupins.v[i]->id);
    qsort(t->iothreadpins.v, t->iothreadpins.n, sizeof(void *), by_id);
    qsort(t->vcpusched.v, t->vcpusched.n, sizeof(void *), by_first);
    qsort(t->iothreadsched.v, t->iothreadsched.n, sizeof(void *), by_first);
    return true;
}

const struct vr_xml_elem vr_cputune_elem = {
    .name = "cputune", .size = sizeof(struct vr_cputune), .rows = cputune_rows, .after_parse = check_cputune,
};

/* ---- memtune, blkiotune ------------------------------------------------------------------------------------------ */

#define UNLIMITED_KIB 9007199254740991ll
static const struct vr_row memtune_rows[] = {
    VR_T_SIZE(struct vr_memtune, hard_limit_kib, "hard_limit", .unset = UNLIMITED_KIB, .goes = VR_GOES_CGROUP),
    VR_T_SIZE(struct vr_memtune, soft_limit_kib, "soft_limit", .unset = UNLIMITED_KIB, .goes = VR_GOES_CGROUP),
    VR_T_SIZE(struct vr_memtune, min_guarantee_kib, "min_guarantee", .goes = VR_GOES_DOCUMENT),
    VR_T_SIZE(struct vr_memtune, swap_hard_limit_kib, "swap_hard_limit", .unset = UNLIMITED_KIB, .goes = VR_GOES_CGROUP),
    VR_END,
};
const struct vr_xml_elem vr_memtune_elem = { .name = "memtune", .size = sizeof(struct vr_memtune), .rows = memtune_rows };

static const struct vr_row blkio_device_rows[] = {
    VR_T_STR(struct vr_blkio_device, path, "path", .required = true, .missing = "missing per-device path", .goes = VR_GOES_CGROUP),
    VR_T_OUINT(struct vr_blkio_device, weight, "weight", .goes = VR_GOES_CGROUP),
    VR_T_U64(struct vr_blkio_device, read_iops_sec, "read_iops_sec", .goes = VR_GOES_CGROUP),
    VR_T_U64(struct vr_blkio_device, write_iops_sec, "write_iops_sec", .goes = VR_GOES_CGROUP),
    VR_T_U64(struct vr_blkio_device, read_bytes_sec, "read_bytes_sec", .goes = VR_GOES_CGROUP),
    VR_T_U64(struct vr_blkio_device, write_bytes_sec, "write_bytes_sec", .goes = VR_GOES_CGROUP),
    VR_END,
};
static const struct vr_xml_elem blkio_device_elem = { .name = "device", .size = sizeof(struct vr_blkio_device), .rows = blkio_device_rows };
static const struct vr_row blkiotune_rows[] = {
    VR_T_UINT(struct vr_blkiotune, weight, "weight", .goes = VR_GOES_CGROUP),
    VR_LISTED(struct vr_blkiotune, devices, "device", blkio_device_elem),
    VR_END,
};
static bool check_blkiotune(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    struct vr_blkiotune *t = obj;
    for (size_t i = 0; i < t->devices.n; i++)
        for (size_t j = 0; j < i; j++)
            if (vr_streq(t->devices.v[i]->path, t->devices.v[j]->path))
                return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("duplicate blkio device path '%s'"), t->devices.v[i]->path);
    return true;
}
const struct vr_xml_elem vr_blkiotune_elem = {
    .name = "blkiotune", .size = sizeof(struct vr_blkiotune), .rows = blkiotune_rows, .after_parse = check_blkiotune,
};

/* ---- numatune ---------------------------------------------------------------------------------------------------- */

static bool placement_auto(const void *base, const struct vr_format *f)
{
    (void)f;
    return ((const struct vr_numatune *)base)->placement == VR_PLACEMENT_AUTO;
}
static bool placement_static(const void *base, const struct vr_format *f)
{
    (void)f;
    return ((const struct vr_numatune *)base)->placement != VR_PLACEMENT_AUTO;
}
static const struct vr_row numa_memory_rows[] = {
    VR_A_STR(struct vr_numatune, mode, "mode", .goes = VR_GOES_ARGV),
    VR_A_CPUSET(struct vr_numatune, nodeset, "nodeset", .when = placement_static, .goes = VR_GOES_ARGV),
    VR_A_ENUM(struct vr_numatune, placement, "placement", vr_placement_names, .when = placement_auto, .goes = VR_GOES_NOTYET,
              .unset = VR_PLACEMENT_STATIC),
    VR_END,
};
static const struct vr_row memnode_rows[] = {
    VR_A_UINT(struct vr_numatune_node, cellid, "cellid", .required = true, .zero = true, .goes = VR_GOES_ARGV),
    VR_A_STR(struct vr_numatune_node, mode, "mode", .goes = VR_GOES_ARGV),
    VR_A_CPUSET(struct vr_numatune_node, nodeset, "nodeset", .required = true, .goes = VR_GOES_ARGV),
    VR_END,
};
static const struct vr_xml_elem memnode_elem = { .name = "memnode", .size = sizeof(struct vr_numatune_node), .rows = memnode_rows };
static const struct vr_row numatune_rows[] = {
    VR_GROUP("memory", numa_memory_rows, .has = VR_HAS(struct vr_numatune, has_memory)),
    VR_LISTED(struct vr_numatune, nodes, "memnode", memnode_elem),
    VR_END,
};

static int by_cell(const void *a, const void *b)
{
    const struct vr_numatune_node *x = *(void *const *)a, *y = *(void *const *)b;
    return x->cellid < y->cellid ? -1 : x->cellid > y->cellid;
}

static bool check_numatune(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    static const char *const modes[] = { "strict", "preferred", "interleave", "restrictive", NULL };
    struct vr_numatune *t = obj;
    if (t->mode && vr_name_index(modes, t->mode) < 0)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid value for attribute 'mode' in element 'memory': '%s'."), t->mode);
    if (t->has_memory && !t->mode)
        t->mode = "strict";
    if (t->has_memory && !t->placement)
        t->placement = t->nodeset ? VR_PLACEMENT_STATIC : VR_PLACEMENT_AUTO;
    if (t->placement == VR_PLACEMENT_STATIC && t->has_memory && !t->nodeset)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("nodeset for NUMA memory tuning must be set if 'placement' is 'static'"));
    for (size_t i = 0; i < t->nodes.n; i++) {
        struct vr_numatune_node *n = t->nodes.v[i];
        if (!n->mode)
            n->mode = "strict";
        if (vr_name_index(modes, n->mode) < 0)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid value for attribute 'mode' in element 'memnode': '%s'."), n->mode);
    }
    qsort(t->nodes.v, t->nodes.n, sizeof(void *), by_cell);
    for (size_t i = 1; i < t->nodes.n; i++)
        if (t->nodes.v[i]->cellid == t->nodes.v[i - 1]->cellid)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Multiple memnode elements with cellid %u"), t->nodes.v[i]->cellid);
    return true;
}
const struct vr_xml_elem vr_numatune_elem = {
    .name = "numatune", .size = sizeof(struct vr_numatune), .rows = numatune_rows, .after_parse = check_numatune,
};

/* ---- memoryBacking ----------------------------------------------------------------------------------------------- */

static const struct vr_row page_rows[] = {
    VR_A_SIZE(struct vr_hugepage, size_kib, "size", .required = true, .goes = VR_GOES_ARGV),
    VR_A_CPUSET(struct vr_hugepage, nodeset, "nodeset", .goes = VR_GOES_ARGV),
    VR_END,
};
static const struct vr_xml_elem page_elem = { .name = "page", .size = sizeof(struct vr_hugepage), .rows = page_rows };
static const struct vr_row hugepages_rows[] = {
    VR_LISTED(struct vr_memory_backing, pages, "page", page_elem), VR_END,
};
static const struct vr_row mb_source_rows[] = {
    VR_A_STR(struct vr_memory_backing, source_type, "type", .goes = VR_GOES_ARGV), VR_END,
};
static const struct vr_row mb_access_rows[] = {
    VR_A_ENUM(struct vr_memory_backing, access, "mode", vr_mem_access_names, .goes = VR_GOES_ARGV), VR_END,
};
static const struct vr_row mb_allocation_rows[] = {
    VR_A_STR(struct vr_memory_backing, allocation_mode, "mode", .goes = VR_GOES_ARGV),
    VR_A_UINT(struct vr_memory_backing, allocation_threads, "threads", .goes = VR_GOES_ARGV),
    VR_END,
};
const struct vr_row vr_memory_backing_rows[] = {
    VR_GROUP("hugepages", hugepages_rows, .has = VR_HAS(struct vr_memory_backing, hugepages)),
    VR_PRESENT(struct vr_memory_backing, nosharepages, "nosharepages", .goes = VR_GOES_ARGV),
    VR_PRESENT(struct vr_memory_backing, locked, "locked", .goes = VR_GOES_ARGV),
    VR_GROUP("source", mb_source_rows),
    VR_GROUP("access", mb_access_rows),
    VR_GROUP("allocation", mb_allocation_rows),
    VR_PRESENT(struct vr_memory_backing, discard, "discard", .goes = VR_GOES_ARGV),
    VR_END,
};

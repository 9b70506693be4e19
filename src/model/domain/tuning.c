/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tuning and placement: blkiotune, memtune, memoryBacking, vcpus, iothreads, cputune, numatune, idmap, perf ... */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include <string.h>
#include "base/str.h"

/* ---- blkiotune, memtune ------------------------------------------------------------------------------------------ */
#define BD struct vr_blkio_device
static const struct vr_row blkio_device_rows[] = {
    VR_T_STR(BD, path, "path", .required = true, .missing = "missing per-device path"),
    VR_T_OUINT(BD, weight, "weight"),
    VR_T_U64(BD, read_iops_sec, "read_iops_sec", .max = UINT32_MAX),
    VR_T_U64(BD, write_iops_sec, "write_iops_sec", .max = UINT32_MAX),
    VR_T_U64(BD, read_bytes_sec, "read_bytes_sec"),
    VR_T_U64(BD, write_bytes_sec, "write_bytes_sec"),
    VR_END,
};
static const struct vr_xml_elem blkio_device_elem = { .name = "device", .size = sizeof(BD), .rows = blkio_device_rows };
static const struct vr_row blkiotune_rows[] = {
    VR_T_UINT(struct vr_blkiotune, weight, "weight"),
    VR_LISTED(struct vr_blkiotune, devices, "device", blkio_device_elem),
    VR_END,
};
static bool blkiotune_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const struct vr_blkiotune *b = obj;
    for (size_t i = 0; i < b->devices.n; i++)
        for (size_t k = 0; k < i; k++)
            if (vr_streq(b->devices.v[i]->path, b->devices.v[k]->path))
                return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("duplicate blkio device path '%s'"),
                                     b->devices.v[i]->path);
    return true;
}
static bool blkiotune_skipped(const void *obj, const struct vr_format *f)
{
    const struct vr_blkiotune *b = obj;
    return !b->weight && !b->devices.n;
}
const struct vr_xml_elem vr_blkiotune_elem = {
    .name = "blkiotune", .size = sizeof(struct vr_blkiotune), .rows = blkiotune_rows, .after_parse = blkiotune_after,
    .skip_format = blkiotune_skipped,
};

#define MT struct vr_memtune
/* the most the kernel takes counts as "no limit", which is not written */
#define NO_LIMIT 9007199254740991ull
static const struct vr_row memtune_rows[] = {
    VR_T_SIZE(MT, hard_limit_kib, "hard_limit"), VR_T_SIZE(MT, soft_limit_kib, "soft_limit"),
    VR_T_SIZE(MT, min_guarantee_kib, "min_guarantee"), VR_T_SIZE(MT, swap_hard_limit_kib, "swap_hard_limit"), VR_END,
};
static bool memtune_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    MT *m = obj;
    uint64_t *all[] = { &m->hard_limit_kib, &m->soft_limit_kib, &m->swap_hard_limit_kib };
    for (size_t i = 0; i < VR_COUNT(all); i++)
        if (*all[i] >= NO_LIMIT)
            *all[i] = 0;
    return true;
}
static bool memtune_skipped(const void *obj, const struct vr_format *f)
{
    const MT *m = obj;
    return !m->hard_limit_kib && !m->soft_limit_kib && !m->min_guarantee_kib && !m->swap_hard_limit_kib;
}
const struct vr_xml_elem vr_memtune_elem = {
    .name = "memtune", .size = sizeof(MT), .rows = memtune_rows, .after_parse = memtune_after, .skip_format =
        memtune_skipped,
};

/* ---- memoryBacking ----------------------------------------------------------------------------------------------- */
#define MB struct vr_memory_backing
static const struct vr_row page_rows[] = {
    VR_A_SIZE(struct vr_hugepage, size_kib, "size", .zero = true),
    VR_A_CPUSET(struct vr_hugepage, nodeset, "nodeset"),
    VR_END,
};
static bool page_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const struct vr_hugepage *h = obj;
    if (!vr_xml_get(node, "size"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing element or attribute '%s'"), "./@size");
    if (!h->size_kib)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL, _("hugepage size can't be zero"));
    if (h->nodeset && !vr_cpuset_count(h->nodeset))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("Invalid value of 'nodeset': %s"),
                             vr_xml_get(node, "nodeset"));
    return true;
}
static const struct vr_xml_elem page_elem = { .name = "page", .size = sizeof(struct vr_hugepage), .rows = page_rows,
    .after_parse = page_after };
static const struct vr_row hugepages_rows[] = { VR_LISTED(MB, pages, "page", page_elem), VR_END };
static const struct vr_row mb_source_rows[] = { VR_A_STR(MB, source_type, "type", .required = true, .words =
                                                         VR_WORDS("file", "anonymous", "memfd")), VR_END };
static const struct vr_row mb_access_rows[] = { VR_A_ENUM(MB, access, "mode", vr_mem_access_names, .required = true),
    VR_END };
static const struct vr_row mb_allocation_rows[] = {
    VR_A_STR(MB, allocation_mode, "mode", .words = VR_WORDS("immediate", "ondemand"),
             .bad = "unknown memoryBacking/allocation/mode '%s'", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED), VR_A_UINT(MB,
                 allocation_threads, "threads", .nonzero = true), VR_END,
};
const struct vr_row vr_memory_backing_rows[] = {
    VR_GROUP("hugepages", hugepages_rows, .has = VR_HAS(MB, hugepages)),
    VR_PRESENT(MB, nosharepages, "nosharepages"),
    VR_PRESENT(MB, locked, "locked"),
    VR_GROUP("source", mb_source_rows),
    VR_GROUP("access", mb_access_rows),
    VR_GROUP("allocation", mb_allocation_rows),
    VR_PRESENT(MB, discard, "discard"),
    VR_END,
};

/* ---- vcpus, iothreads -------------------------------------------------------------------------------------------- */
static const struct vr_row vcpu_rows[] = {
    VR_A_UINT(struct vr_vcpu, id, "id", .zero = true, .required = true, .bad = "missing or invalid vcpu id", .missing =
              "missing or invalid vcpu id"),
    VR_A_YESNO(struct vr_vcpu, enabled, "enabled", .required = true, .missing = "missing vcpu enabled state"),
    VR_A_YESNO(struct vr_vcpu, hotpluggable, "hotpluggable"),
    VR_A_UINT(struct vr_vcpu, order, "order", .nonzero = true),
    VR_END,
};
const struct vr_xml_elem vr_vcpu_elem = { .name = "vcpu", .size = sizeof(struct vr_vcpu), .rows = vcpu_rows };

static const struct vr_row iothread_poll_rows[] = {
    VR_A_OU64(struct vr_iothread, poll_max_ns, "max", .since = "9.4"),
    VR_A_OU64(struct vr_iothread, poll_grow, "grow", .since = "9.4"),
    VR_A_OU64(struct vr_iothread, poll_shrink, "shrink", .since = "9.4"),
    VR_END,
};
static const struct vr_row iothread_rows[] = {
    VR_A_UINT(struct vr_iothread, id, "id", .required = true, .nonzero = true),
    VR_A_OINT(struct vr_iothread, thread_pool_min, "thread_pool_min", .unset = -1),
    VR_A_OINT(struct vr_iothread, thread_pool_max, "thread_pool_max", .unset = -1),
    VR_GROUP("poll", iothread_poll_rows),
    VR_END,
};
const struct vr_xml_elem vr_iothread_elem = { .name = "iothread", .size = sizeof(struct vr_iothread), .rows =
    iothread_rows };

/* ---- cputune ----------------------------------------------------------------------------------------------------- */
#define CT struct vr_cputune
static const struct vr_row vcpupin_rows[] = {
    VR_A_UINT(struct vr_vcpu_pin, id, "vcpu", .zero = true, .required = true, .missing = "missing vcpu id in vcpupin"),
    VR_A_CPUSET(struct vr_vcpu_pin, cpus, "cpuset", .required = true, .missing = "missing cpuset for vcpupin"),
    VR_END,
};
static const struct vr_row iothreadpin_rows[] = {
    VR_A_UINT(struct vr_vcpu_pin, id, "iothread", .nonzero = true, .required = true),
    VR_A_CPUSET(struct vr_vcpu_pin, cpus, "cpuset", .required = true, .missing = "missing cpuset for iothread pin"),
    VR_END,
};
static const struct vr_xml_elem vcpupin_elem = { .name = "vcpupin", .size = sizeof(struct vr_vcpu_pin), .rows =
    vcpupin_rows };
static const struct vr_xml_elem iothreadpin_elem = { .name = "iothreadpin", .size = sizeof(struct vr_vcpu_pin), .rows =
    iothreadpin_rows };

#define SCHED struct vr_sched
static const struct vr_row sched_tail_rows[] = {
    VR_A_STR(SCHED, scheduler, "scheduler", .required = true),
    VR_A_OINT(SCHED, priority, "priority", .bad = "Missing scheduler priority", .bad_code = VIR_ERR_XML_ERROR),
    VR_END,
};
static const struct vr_row vcpusched_rows[] = { VR_A_CPUSET(SCHED, ids, "vcpus", .required = true),
    VR_INLINE(sched_tail_rows), VR_END };
static const struct vr_row iothreadsched_rows[] = { VR_A_CPUSET(SCHED, ids, "iothreads", .required = true),
    VR_INLINE(sched_tail_rows), VR_END };
static bool sched_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    static const char *const names[] = { "batch", "idle", "fifo", "rr", NULL };
    SCHED *s = obj;
    int k = vr_name_index(names, s->scheduler);
    if (k < 0) {
        vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1,
                        _("Invalid value for attribute 'scheduler' in element '%s': '%s'."), node->name, s->scheduler);
        return vr_xml_locate(err, node);
    }
    if (k >= 2 && !s->priority.set)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Missing scheduler priority"));
    if (k < 2)
        s->priority.set = false;
    return true;
}
static const struct vr_xml_elem vcpusched_elem = { .name = "vcpusched", .size = sizeof(SCHED), .rows = vcpusched_rows,
    .after_parse = sched_after };
static const struct vr_xml_elem iothreadsched_elem = { .name = "iothreadsched", .size = sizeof(SCHED), .rows =
    iothreadsched_rows, .after_parse = sched_after };
static const struct vr_xml_elem emulatorsched_elem = { .name = "emulatorsched", .size = sizeof(SCHED), .rows =
    sched_tail_rows, .after_parse = sched_after };

static const struct vr_row emulatorpin_rows[] = {
    VR_A_CPUSET(CT, emulatorpin, "cpuset", .required = true, .missing = "missing cpuset for emulatorpin",
                .missing_code = VIR_ERR_INTERNAL_ERROR), VR_END,
};

static const struct vr_row cache_alloc_rows[] = {
    VR_A_UINT(struct vr_cache_alloc, id, "id", .zero = true, .required = true),
    VR_A_UINT(struct vr_cache_alloc, level, "level", .zero = true, .required = true),
    VR_A_STR(struct vr_cache_alloc, type, "type", .required = true, .words = VR_WORDS("both", "code", "data")),
    VR_A_SIZE(struct vr_cache_alloc, size_kib, "size"),
    VR_END,
};
static const struct vr_xml_elem cache_alloc_elem = { .name = "cache", .size = sizeof(struct vr_cache_alloc), .rows =
    cache_alloc_rows };
static const struct vr_row monitor_rows[] = {
    VR_A_UINT(struct vr_cache_monitor, level, "level"),
    VR_A_CPUSET(struct vr_cache_monitor, vcpus, "vcpus", .required = true),
    VR_END,
};
static const struct vr_xml_elem monitor_elem = { .name = "monitor", .size = sizeof(struct vr_cache_monitor), .rows =
    monitor_rows };
static bool id_shown(const void *base, const struct vr_format *f)
{
    return !vr_inactive(f);
}
static const struct vr_row cachetune_rows[] = {
    VR_A_CPUSET(struct vr_cachetune, vcpus, "vcpus", .required = true),
    VR_A_STR(struct vr_cachetune, id, "id", .when = id_shown, .not_inactive_parse = true),
    VR_LISTED(struct vr_cachetune, caches, "cache", cache_alloc_elem),
    VR_LISTED(struct vr_cachetune, monitors, "monitor", monitor_elem),
    VR_END,
};
static bool monitors_fit(struct vr_parse *p, const struct vr_xml_node *node, const struct vr_cpuset *vcpus,
                         struct vr_cache_monitor *const *v, size_t n, struct vr_error **err)
{
    for (size_t i = 0; i < n; i++) {
        for (int c = vr_cpuset_next(v[i]->vcpus, 0); c >= 0; c = vr_cpuset_next(v[i]->vcpus, (unsigned)c + 1)) {
            if (!vr_cpuset_has(vcpus, (unsigned)c))
                return vr_parse_fail(p, node, err, VIR_ERR_INVALID_ARG, _("Monitor vcpus conflicts with allocation"));
            for (size_t k = 0; k < i; k++)
                if (vr_cpuset_has(v[k]->vcpus, (unsigned)c) && !vr_cpuset_equal(v[k]->vcpus, vcpus) &&
                    !vr_cpuset_equal(v[i]->vcpus, vcpus))
                    return vr_parse_fail(p, node, err, VIR_ERR_INVALID_ARG, _("Monitor vcpus conflicts with monitors"));
        }
    }
    return true;
}
static bool cachetune_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const struct vr_cachetune *t = obj;
    return monitors_fit(p, node, t->vcpus, t->monitors.v, t->monitors.n, err);
}
static const struct vr_xml_elem cachetune_elem = {
    .name = "cachetune", .size = sizeof(struct vr_cachetune), .rows = cachetune_rows, .after_parse = cachetune_after,
};
static const struct vr_row mb_node_rows[] = {
    VR_A_UINT(struct vr_memory_bandwidth, id, "id", .zero = true, .required = true),
    VR_A_UINT(struct vr_memory_bandwidth, bandwidth, "bandwidth", .zero = true, .required = true),
    VR_END,
};
static const struct vr_xml_elem mb_node_elem = { .name = "node", .size = sizeof(struct vr_memory_bandwidth), .rows =
    mb_node_rows };
static const struct vr_row memorytune_rows[] = {
    VR_A_CPUSET(struct vr_memorytune, vcpus, "vcpus", .required = true),
    VR_A_STR(struct vr_memorytune, id, "id", .when = id_shown, .not_inactive_parse = true),
    VR_LISTED(struct vr_memorytune, nodes, "node", mb_node_elem),
    VR_LISTED(struct vr_memorytune, monitors, "monitor", monitor_elem),
    VR_END,
};
static bool memorytune_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const struct vr_memorytune *t = obj;
    for (size_t i = 0; i < t->nodes.n; i++)
        for (size_t k = 0; k < i; k++)
            if (t->nodes.v[i]->id == t->nodes.v[k]->id) {
                vr_error_report(err, VIR_FROM_RESCTRL, VIR_ERR_XML_ERROR, -1,
                                _("Memory Bandwidth already defined for node %u"), t->nodes.v[i]->id);
                return vr_xml_locate(err, node);
            }
    return monitors_fit(p, node, t->vcpus, t->monitors.v, t->monitors.n, err);
}
static bool memorytune_skipped(const void *obj, const struct vr_format *f)
{
    const struct vr_memorytune *t = obj;
    return !t->nodes.n && !t->monitors.n;
}
static const struct vr_xml_elem memorytune_elem = {
    .name = "memorytune", .size = sizeof(struct vr_memorytune), .rows = memorytune_rows, .after_parse =
        memorytune_after,
    .skip_format = memorytune_skipped,
};

#define U64(m, n) VR_T_OU64(CT, m, n, .bad = "can't parse cputune " n " value", .bad_code = VIR_ERR_XML_ERROR)
#define I64(m, n) VR_T_OI64(CT, m, n, .bad = "can't parse cputune " n " value", .bad_code = VIR_ERR_XML_ERROR)
static const struct vr_row cputune_rows[] = {
    U64(shares, "shares"), U64(period, "period"), I64(quota, "quota"), U64(global_period, "global_period"),
    I64(global_quota, "global_quota"), U64(emulator_period, "emulator_period"), I64(emulator_quota, "emulator_quota"),
    U64(iothread_period, "iothread_period"), I64(iothread_quota, "iothread_quota"),
    VR_LISTED(CT, vcpupins, "vcpupin", vcpupin_elem),
    VR_GROUP("emulatorpin", emulatorpin_rows),
    VR_LISTED(CT, iothreadpins, "iothreadpin", iothreadpin_elem),
    VR_CHILD(CT, emulatorsched, "emulatorsched", emulatorsched_elem),
    VR_LISTED(CT, vcpusched, "vcpusched", vcpusched_elem),
    VR_LISTED(CT, iothreadsched, "iothreadsched", iothreadsched_elem),
    VR_LISTED(CT, cachetunes, "cachetune", cachetune_elem),
    VR_LISTED(CT, memorytunes, "memorytune", memorytune_elem),
    VR_END,
};

static bool cputune_range(struct vr_parse *p, const struct vr_xml_node *node, struct vr_error **err, const char *name,
                          bool set,
                          int64_t v, int64_t lo, int64_t hi)
{
    if (!set || v == 0 || (v >= lo && v <= hi) || (v < 0 && hi > 1000000))
        return true;
    return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                         _("Value of cputune '%s' must be in range [%lld, %lld]"), name,
                         (long long)lo, (long long)hi);
}
static bool cputune_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const CT *c = obj;
#define PERIOD(m) cputune_range(p, node, err, #m, c->m.set, (int64_t)c->m.v, 1000, 1000000)
#define QUOTA(m) cputune_range(p, node, err, #m, c->m.set, c->m.v, 1000, 17592186044415ll)
    return PERIOD(period) && QUOTA(quota) && PERIOD(global_period) && QUOTA(global_quota) && PERIOD(emulator_period) &&
           QUOTA(emulator_quota) && PERIOD(iothread_period) && QUOTA(iothread_quota);
}
const struct vr_xml_elem vr_cputune_elem = { .name = "cputune", .size = sizeof(CT), .rows = cputune_rows, .after_parse =
    cputune_after };

/* ---- numatune ---------------------------------------------------------------------------------------------------- */
#define NT struct vr_numatune
static const struct vr_row numa_memory_rows[] = {
    VR_A_STR(NT, mode, "mode"),
    VR_A_CPUSET(NT, nodeset, "nodeset"),
    VR_A_ENUM(NT, placement, "placement", vr_placement_names, .unset = VR_PLACEMENT_STATIC,
              .bad = "Unsupported NUMA memory placement mode '%s'", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_END,
};
static const struct vr_row memnode_rows[] = {
    VR_A_UINT(struct vr_numatune_node, cellid, "cellid", .zero = true, .required = true),
    VR_A_STR(struct vr_numatune_node, mode, "mode"),
    VR_A_CPUSET(struct vr_numatune_node, nodeset, "nodeset", .required = true),
    VR_END,
};
static bool memnode_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    struct vr_numatune_node *n = obj;
    if (!n->mode)
        n->mode = "strict";
    if (!vr_cpuset_count(n->nodeset))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("Invalid value of 'nodeset': %s"),
                             vr_xml_get(node, "nodeset"));
    return true;
}
static const struct vr_xml_elem memnode_elem = {
    .name = "memnode", .size = sizeof(struct vr_numatune_node), .rows = memnode_rows, .after_parse = memnode_after,
};
static const struct vr_row numatune_rows[] = {
    VR_GROUP("memory", numa_memory_rows, .has = VR_HAS(NT, has_memory)),
    VR_LISTED(NT, nodes, "memnode", memnode_elem),
    VR_END,
};
static bool numatune_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    static const char *const modes[] = { "strict", "preferred", "interleave", "restrictive", NULL };
    NT *n = obj;
    if (n->mode && vr_name_index(modes, n->mode) < 0)
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("Unsupported NUMA memory tuning mode '%s'"),
                             n->mode);
    if (n->nodeset && !vr_cpuset_count(n->nodeset))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("Invalid value of 'nodeset': %s"),
                             vr_xml_get(vr_xml_child(node, "memory"), "nodeset"));
    if (n->has_memory && !n->placement)
        n->placement = n->nodeset ? VR_PLACEMENT_STATIC : VR_PLACEMENT_UNSET;
    if (n->has_memory && n->placement == VR_PLACEMENT_AUTO)
        n->nodeset = NULL;
    if (n->has_memory && n->placement == VR_PLACEMENT_STATIC && !n->nodeset)
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                             _("nodeset for NUMA memory tuning must be set if 'placement' is 'static'"));
    if (n->has_memory && !n->mode)
        n->mode = "strict";
    for (size_t i = 0; i < n->nodes.n; i++) {
        const struct vr_numatune_node *m = n->nodes.v[i];
        if (n->mode && vr_streq(n->mode, "restrictive") != vr_streq(m->mode, "restrictive"))
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, vr_streq(n->mode, "restrictive") ?
                                 _("'restrictive' mode is required in memnode element when mode is 'restrictive' in memory element") :
                                 _("'restrictive' mode is required in memory element when mode is 'restrictive' in memnode element"));
        for (size_t k = 0; k < i; k++)
            if (n->nodes.v[k]->cellid == m->cellid)
                return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Multiple memnode elements with cellid %u"),
                                     m->cellid);
    }
    return true;
}
static bool numatune_skipped(const void *obj, const struct vr_format *f)
{
    const NT *n = obj;
    return !n->has_memory && !n->nodes.n;
}
const struct vr_xml_elem vr_numatune_elem = {
    .name = "numatune", .size = sizeof(NT), .rows = numatune_rows, .after_parse = numatune_after, .skip_format =
        numatune_skipped,
};

/* ---- idmap, perf, launchSecurity, keywrap ------------------------------------------------------------------------ */
static const struct vr_row idmap_rows[] = {
    VR_A_UINT(struct vr_idmap, start, "start", .zero = true, .required = true),
    VR_A_UINT(struct vr_idmap, target, "target", .zero = true, .required = true),
    VR_A_UINT(struct vr_idmap, count, "count", .zero = true, .required = true),
    VR_END,
};
const struct vr_xml_elem vr_idmap_elem = { .name = "uid", .size = sizeof(struct vr_idmap), .rows = idmap_rows };

static const struct vr_row perf_rows[] = {
    VR_A_STR(struct vr_perf_event, name, "name", .required = true, .missing = "missing name for event"),
    VR_A_YESNO(struct vr_perf_event, enabled, "enabled", .required = true),
    VR_END,
};
const struct vr_xml_elem vr_perf_event_elem = { .name = "event", .size = sizeof(struct vr_perf_event), .rows =
    perf_rows };

#define LS struct vr_launch_security
static bool is_sev(const void *base, const struct vr_format *f)
{
    const LS *l = base;
    return l->type && vr_streq(l->type, "sev");
}
static const struct vr_row launch_rows[] = {
    VR_A_STR(LS, type, "type", .required = true, .words = VR_WORDS("sev", "s390-pv")),
    VR_A_YESNO(LS, kernel_hashes, "kernelHashes", .when = is_sev),
    VR_T_OUINT(LS, cbitpos, "cbitpos", .when = is_sev),
    VR_T_OUINT(LS, reduced_phys_bits, "reducedPhysBits", .when = is_sev),
    VR_T_UINT(LS, policy, "policy", .when = is_sev, .radix = VR_RADIX_ANY, .print = "0x%04x", .zero = true),
    VR_T_STR(LS, dh_cert, "dhCert", .when = is_sev, .unless_empty = true),
    VR_T_STR(LS, session, "session", .when = is_sev, .unless_empty = true),
    VR_END,
};
static bool launch_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    static const char *const types[] = { "sev", "s390-pv", NULL };
    const LS *l = obj;
    if (vr_name_index(types, l->type) < 0) {
        vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1,
                        _("Invalid value for attribute 'type' in element 'launchSecurity': '%s'."), l->type);
        return vr_xml_locate(err, node);
    }
    if (is_sev(l, NULL) && !vr_xml_child(node, "policy"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("failed to get launch security policy"));
    return true;
}
const struct vr_xml_elem vr_launch_security_elem = {
    .name = "launchSecurity", .size = sizeof(LS), .rows = launch_rows, .after_parse = launch_after,
};

static const struct vr_row keywrap_rows[] = {
    VR_A_STR(struct vr_keywrap, name, "name", .required = true),
    VR_A_ONOFF(struct vr_keywrap, state, "state", .required = true),
    VR_END,
};
const struct vr_xml_elem vr_keywrap_elem = { .name = "cipher", .size = sizeof(struct vr_keywrap), .rows =
    keywrap_rows };

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* Figures: of one disk, one interface, one guest's memory, and of many guests at once. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "definition.h"
#include "monitor.h"
#include "procstat.h"
#include "rows.h"
#include "stats.h"

/* ---- disks -------------------------------------------------------------------------------------------------------- */

/* Counters of the disk at `path` (target or image), or with "" of all disks together. Under a query job. */
VR_SUSPENDS static bool read_counters(struct vr_domain *dom, const char *path, struct vr_block_counters *out,
                                      struct vr_error **err)
{
    struct vr_disk *disk = NULL;
    if (*path && !(disk = vr_disk_find(dom->live, path)))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("invalid path: %s"), path);
    if (disk && !disk->info.alias)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("missing disk device alias name for %s"), disk->target);
    struct vr_monitor *mon = vr_process_monitor(dom, err);
    VR_AUTO(vr_json) *stats = NULL;
    if (!mon || !vr_monitor_call(mon, VR_QMP_QUERY, "query-blockstats", NULL, &stats, vr_after(VR_SPAN_QUERY), err))
        return false;
    *out = (struct vr_block_counters){ 0 };
    if (disk) {
        if (!vr_block_counters_add(stats, disk, out))
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("cannot find statistics for device '%s'"), disk->info.alias);
        return true;
    }
    for (size_t i = 0; i < dom->live->disks.n; i++)
        vr_block_counters_add(stats, dom->live->disks.v[i], out);
    return true;
}

VR_SUSPENDS static bool block_stats(struct vr_call *call, const struct vr_domain_block_stats_args *in,
                                    struct vr_domain_block_stats_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job_running(call, dom, VR_JOB_QUERY, err) : NULL;
    struct vr_block_counters c;
    if (!job || !read_counters(dom, in->path, &c, err))
        return false;
    out->rd_req = (int64_t)c.rd_req;
    out->rd_bytes = (int64_t)c.rd_bytes;
    out->wr_req = (int64_t)c.wr_req;
    out->wr_bytes = (int64_t)c.wr_bytes;
    out->errs = -1; /* QEMU does not count them */
    return true;
}

#define BLOCK_PARAMS 8
VR_SUSPENDS static bool block_stats_flags(struct vr_call *call, const struct vr_domain_block_stats_flags_args *in,
                                          struct vr_domain_block_stats_flags_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job_running(call, dom, VR_JOB_QUERY, err) : NULL;
    struct vr_block_counters c;
    if (!job || !read_counters(dom, in->path, &c, err))
        return false;
    if (in->nparams == 0) { /* only asked how many there are */
        out->nparams = BLOCK_PARAMS;
        return true;
    }
    struct vr_params p = { .arena = call->arena };
    vr_params_llong(&p, (int64_t)c.wr_bytes, VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES);
    vr_params_llong(&p, (int64_t)c.wr_req, VIR_DOMAIN_BLOCK_STATS_WRITE_REQ);
    vr_params_llong(&p, (int64_t)c.rd_bytes, VIR_DOMAIN_BLOCK_STATS_READ_BYTES);
    vr_params_llong(&p, (int64_t)c.rd_req, VIR_DOMAIN_BLOCK_STATS_READ_REQ);
    vr_params_llong(&p, (int64_t)c.fl_req, VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ);
    vr_params_llong(&p, (int64_t)c.wr_ns, VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES);
    vr_params_llong(&p, (int64_t)c.rd_ns, VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES);
    vr_params_llong(&p, (int64_t)c.fl_ns, VIR_DOMAIN_BLOCK_STATS_FLUSH_TOTAL_TIMES);
    out->params = p.v;
    out->params_count = in->nparams > 0 && (uint32_t)in->nparams < p.n ? (uint32_t)in->nparams : p.n;
    out->nparams = (int32_t)out->params_count;
    return true;
}

VR_SUSPENDS static bool block_info(struct vr_call *call, const struct vr_domain_get_block_info_args *in,
                                   struct vr_domain_get_block_info_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job(call, dom, VR_JOB_QUERY, err) : NULL;
    if (!job)
        return false;
    struct vr_domain_def *def = vr_domain_current(dom, err);
    if (!def)
        return false;
    const struct vr_disk *disk = vr_disk_find(def, in->path);
    if (!disk)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("invalid path %s not assigned to domain"), in->path);
    if (!vr_disk_path(disk))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("disk '%s' does not currently have a source assigned"), in->path);
    return vr_image_sizes(dom, disk, &out->capacity, &out->allocation, &out->physical, err);
}

/* ---- interfaces --------------------------------------------------------------------------------------------------- */

static bool interface_stats(struct vr_call *call, const struct vr_domain_interface_stats_args *in,
                            struct vr_domain_interface_stats_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_running(&in->dom, err);
    if (!dom)
        return false;
    const struct vr_interface *net = vr_rows_find_net(dom->live, in->device, err);
    struct vr_net_counters c;
    if (!net)
        return false;
    if (!net->target || !vr_net_counters_of(net, &c))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("Interface not found"));
    out->rx_bytes = (int64_t)c.rx_bytes;
    out->rx_packets = (int64_t)c.rx_packets;
    out->rx_errs = (int64_t)c.rx_errs;
    out->rx_drop = (int64_t)c.rx_drop;
    out->tx_bytes = (int64_t)c.tx_bytes;
    out->tx_packets = (int64_t)c.tx_packets;
    out->tx_errs = (int64_t)c.tx_errs;
    out->tx_drop = (int64_t)c.tx_drop;
    return true;
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

VR_SUSPENDS static bool memory_stats(struct vr_call *call, const struct vr_domain_memory_stats_args *in,
                                     struct vr_domain_memory_stats_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job_running(call, dom, VR_JOB_QUERY, err) : NULL;
    struct vr_monitor *mon = job ? vr_process_monitor(dom, err) : NULL;
    struct vr_balloon_stats b;
    if (!mon || !vr_balloon_stats_read(dom, mon, vr_after(VR_SPAN_QUERY), &b, err) || !vr_domain_require_active(dom, err))
        return false;
    struct vr_procstat proc;
    bool has_rss = vr_procstat_read(dom->run->pid, 0, &proc);
    const struct {
        int tag;
        uint64_t v;
    } all[] = {
        { VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, dom->live->current_memory_kib },
        { VIR_DOMAIN_MEMORY_STAT_SWAP_IN, b.swap_in },
        { VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, b.swap_out },
        { VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, b.major_fault },
        { VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, b.minor_fault },
        { VIR_DOMAIN_MEMORY_STAT_UNUSED, b.unused },
        { VIR_DOMAIN_MEMORY_STAT_AVAILABLE, b.available },
        { VIR_DOMAIN_MEMORY_STAT_USABLE, b.usable },
        { VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE, b.has_last_update ? b.last_update : VR_NOT_TOLD },
        { VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, b.disk_caches },
        { VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC, b.hugetlb_pgalloc },
        { VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL, b.hugetlb_pgfail },
        { VIR_DOMAIN_MEMORY_STAT_RSS, has_rss ? proc.rss_kib : VR_NOT_TOLD },
    };
    out->stats = vr_arena_alloc(call->arena, sizeof(*out->stats) * VR_COUNT(all));
    for (size_t i = 0; i < VR_COUNT(all) && out->stats_count < in->max_stats; i++)
        if (all[i].v != VR_NOT_TOLD)
            out->stats[out->stats_count++] = (struct vr_domain_memory_stat){ all[i].tag, all[i].v };
    return true;
}

/* ---- many guests at once ------------------------------------------------------------------------------------------ */

/* So many guests are asked at a time: each costs a fiber, and QEMU's answers are bound by its CPU anyway. */
#define ASKERS_MAX 64

struct bulk {
    struct vr_call *call;
    const struct vr_domain_array *doms;
    struct vr_params *params;   /* one per guest */
    unsigned groups;
    bool backing, nowait;
    vr_time deadline;
    size_t next;
};

VR_SUSPENDS static void collect_one(struct bulk *b, size_t i)
{
    struct vr_domain *dom = b->doms->v[i];
    struct vr_monitor *mon = NULL;
    VR_AUTO(vr_job) *job = NULL;
    if (vr_stats_need_monitor(dom, b->groups)) {
        job = b->nowait ? vr_job_try(dom, VR_JOB_QUERY, "virConnectGetAllDomainStats")
                        : vr_job_begin(dom, VR_JOB_QUERY, "virConnectGetAllDomainStats", b->deadline, NULL);
        if (job && dom->run && dom->run->monitor && !vr_monitor_overdue(dom->run->monitor, NULL))
            mon = dom->run->monitor;
    }
    vr_stats_collect(dom, b->groups, b->backing, mon, b->deadline, &b->params[i]);
}

/* Takes the next guest that needs its QEMU, until none is left. */
VR_SUSPENDS static void asker_main(void *arg)
{
    struct bulk *b = arg;
    while (b->next < b->doms->n) {
        size_t i = b->next++;
        if (vr_stats_need_monitor(b->doms->v[i], b->groups))
            collect_one(b, i);
    }
}

VR_SUSPENDS static void collect_all(struct bulk *b)
{
    size_t asking = 0;
    for (size_t i = 0; i < b->doms->n; i++)
        asking += vr_stats_need_monitor(b->doms->v[i], b->groups);
    struct vr_group *group = asking > 1 ? vr_group_new("statistics") : NULL;
    for (size_t i = 1; i < asking && i < ASKERS_MAX; i++)
        if (!vr_fiber_start(group, "statistics", asker_main, b, NULL))
            break; /* too many fibers: those that run take more guests each */
    for (size_t i = 0; i < b->doms->n; i++)
        if (!vr_stats_need_monitor(b->doms->v[i], b->groups))
            vr_stats_collect(b->doms->v[i], b->groups, b->backing, NULL, b->deadline, &b->params[i]);
    asker_main(b);
    if (group) {
        /* Each of its waits ends at the shared deadline; results lie in the call's arena, so they must end before it. */
        vr_group_join(group, b->deadline + VR_SEC(1), NULL);
        vr_group_close(group);
        vr_group_free(group);
    }
}

static struct vr_domain_array choose(struct vr_call *call, const struct vr_connect_get_all_domain_stats_args *in)
{
    struct vr_domain_array all = { 0 };
    if (!in->doms_count) {
        all = vr_domain_list_all(vr_qemu.domains);
    } else {
        all.v = vr_alloc(in->doms_count * sizeof(*all.v));
        for (uint32_t i = 0; i < in->doms_count; i++) {
            struct vr_domain *dom = vr_domain_by_uuid(vr_qemu.domains, in->doms[i].uuid);
            if (dom)
                all.v[all.n++] = dom;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < all.n; i++) {
        /* The low filter bits are those of the listing call. */
        if (vr_rows_list_filter(all.v[i], in->flags & 0xff) && vr_rows_visible(call, all.v[i]))
            all.v[kept++] = all.v[i];
        else
            vr_domain_unref(all.v[i]);
    }
    all.n = kept;
    return all;
}

VR_SUSPENDS static bool get_all_stats(struct vr_call *call, const struct vr_connect_get_all_domain_stats_args *in,
                                      struct vr_connect_get_all_domain_stats_ret *out, struct vr_error **err)
{
    if ((in->flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS) && (in->stats & ~(unsigned)VR_STATS_GROUPS))
        return vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, _("Stats types bits 0x%x are not supported by this daemon or QEMU"),
                       in->stats & ~(unsigned)VR_STATS_GROUPS);
    VR_AUTO_DOMAINS doms = choose(call, in);
    bool nowait = in->flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT;
    struct bulk b = {
        .call = call,
        .doms = &doms,
        .params = vr_arena_alloc(call->arena, (doms.n + 1) * sizeof(*b.params)),
        .groups = in->stats ? in->stats : VR_STATS_GROUPS,
        .backing = in->flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING,
        .nowait = nowait,
        .deadline = vr_after(nowait ? VR_SPAN_STATS_NOWAIT : VR_SPAN_STATS),
    };
    for (size_t i = 0; i < doms.n; i++)
        b.params[i].arena = call->arena;
    collect_all(&b);
    out->ret_stats = vr_arena_alloc(call->arena, (doms.n + 1) * sizeof(*out->ret_stats));
    for (size_t i = 0; i < doms.n; i++) {
        struct vr_domain_stats_record *record = &out->ret_stats[out->ret_stats_count++];
        vr_rows_fill(call, &record->dom, doms.v[i]);
        record->params = b.params[i].v;
        record->params_count = b.params[i].n;
    }
    return true;
}

#define ALL_STATS_FLAGS                                                                            \
    (0xffu | VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT | VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING | \
     VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS)

const struct vr_driver_row vr_rows_stats[] = {
    VR_ROW(domain_block_stats, block_stats, 0),
    VR_ROW(domain_block_stats_flags, block_stats_flags, VIR_TYPED_PARAM_STRING_OKAY),
    VR_ROW(domain_get_block_info, block_info, 0),
    VR_ROW(domain_interface_stats, interface_stats, 0),
    VR_ROW(domain_memory_stats, memory_stats, 0),
    VR_ROW(connect_get_all_domain_stats, get_all_stats, ALL_STATS_FLAGS),
    { 0 },
};

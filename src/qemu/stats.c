/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.stats"
#include "stats.h"
#include <string.h>
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "brief.h"
#include "definition.h"
#include "monitor.h"
#include "process.h"
#include "procstat.h"
#include "rows.h"

/* ---- vcpus of a definition ---------------------------------------------------------------------------------------- */

bool vr_vcpu_online(const struct vr_domain_def *def, unsigned vcpu)
{
    for (size_t i = 0; i < def->vcpu_list.n; i++)
        if (def->vcpu_list.v[i]->id == vcpu)
            return def->vcpu_list.v[i]->enabled != VR_TRI_NO;
    return vcpu < (def->current_vcpus.set ? def->current_vcpus.v : def->vcpus);
}

unsigned vr_vcpus_online(const struct vr_domain_def *def)
{
    if (!def->vcpu_list.n)
        return def->current_vcpus.set ? def->current_vcpus.v : def->vcpus;
    unsigned n = 0;
    for (unsigned i = 0; i < def->vcpus; i++)
        n += vr_vcpu_online(def, i);
    return n;
}

bool vr_has_balloon(const struct vr_domain_def *def)
{
    return def->memballoon && def->memballoon->model != VR_MEMBALLOON_NONE && def->memballoon->model != VR_MEMBALLOON_XEN;
}

/* ---- groups that need no monitor ---------------------------------------------------------------------------------- */

static void stats_state(struct vr_domain *dom, struct vr_params *p)
{
    vr_params_int(p, dom->state, VIR_DOMAIN_STATS_STATE_STATE);
    vr_params_int(p, dom->reason, VIR_DOMAIN_STATS_STATE_REASON);
}

static void stats_cpu(struct vr_domain *dom, struct vr_params *p)
{
    struct vr_procstat s;
    if (!dom->run || !vr_procstat_read(dom->run->pid, 0, &s))
        return;
    vr_params_ullong(p, s.user_ns + s.system_ns, VIR_DOMAIN_STATS_CPU_TIME);
    vr_params_ullong(p, s.user_ns, VIR_DOMAIN_STATS_CPU_USER);
    vr_params_ullong(p, s.system_ns, VIR_DOMAIN_STATS_CPU_SYSTEM);
    vr_params_uint(p, 0, VIR_DOMAIN_STATS_CPU_CACHE_MONITOR_COUNT); /* no cachetune monitor is ever set up yet */
    if (dom->live->type == VR_VIRT_QEMU) { /* halt polling is KVM's: software emulation does none */
        vr_params_ullong(p, 0, VIR_DOMAIN_STATS_CPU_HALTPOLL_SUCCESS_TIME);
        vr_params_ullong(p, 0, VIR_DOMAIN_STATS_CPU_HALTPOLL_FAIL_TIME);
    }
}

static void stats_vcpu(struct vr_domain *dom, const struct vr_domain_def *def, struct vr_params *p)
{
    vr_params_uint(p, vr_vcpus_online(def), VIR_DOMAIN_STATS_VCPU_CURRENT);
    vr_params_uint(p, def->vcpus, VIR_DOMAIN_STATS_VCPU_MAXIMUM);
    for (unsigned i = 0; dom->run && i < def->vcpus && i < dom->run->vcpu_count; i++) {
        pid_t tid = dom->run->vcpu_tids[i];
        struct vr_procstat s;
        uint64_t ns;
        if (!vr_vcpu_online(def, i))
            continue;
        vr_params_int(p, VIR_VCPU_RUNNING, VIR_DOMAIN_STATS_VCPU_PREFIX "%u" VIR_DOMAIN_STATS_VCPU_SUFFIX_STATE, i);
        if (!tid || !vr_procstat_read(dom->run->pid, tid, &s))
            continue;
        vr_params_ullong(p, s.user_ns + s.system_ns, VIR_DOMAIN_STATS_VCPU_PREFIX "%u" VIR_DOMAIN_STATS_VCPU_SUFFIX_TIME, i);
        if (vr_procstat_wait(dom->run->pid, tid, &ns))
            vr_params_ullong(p, ns, VIR_DOMAIN_STATS_VCPU_PREFIX "%u" VIR_DOMAIN_STATS_VCPU_SUFFIX_WAIT, i);
        if (vr_procstat_delay(dom->run->pid, tid, &ns))
            vr_params_ullong(p, ns, VIR_DOMAIN_STATS_VCPU_PREFIX "%u" VIR_DOMAIN_STATS_VCPU_SUFFIX_DELAY, i);
    }
}

/* A tap or bridge port sends what the guest receives; a macvtap device looks as the guest does. */
bool vr_net_counters_of(const struct vr_interface *net, struct vr_net_counters *out)
{
    return net->target && vr_net_counters_read(net->target, vr_net_type_now(net) != VR_NET_DIRECT, out);
}

static void stats_net(struct vr_domain *dom, const struct vr_domain_def *def, struct vr_params *p)
{
    if (!dom->run)
        return;
    vr_params_uint(p, (uint32_t)def->interfaces.n, VIR_DOMAIN_STATS_NET_COUNT);
    for (unsigned i = 0; i < def->interfaces.n; i++) {
        const struct vr_interface *net = def->interfaces.v[i];
        struct vr_net_counters c;
        if (!net->target)
            continue;
        vr_params_str(p, net->target, VIR_DOMAIN_STATS_NET_PREFIX "%u" VIR_DOMAIN_STATS_NET_SUFFIX_NAME, i);
        if (!vr_net_counters_of(net, &c))
            continue;
#define NET(value, suffix) vr_params_ullong(p, value, VIR_DOMAIN_STATS_NET_PREFIX "%u" VIR_DOMAIN_STATS_NET_SUFFIX_##suffix, i)
        NET(c.rx_bytes, RX_BYTES);
        NET(c.rx_packets, RX_PKTS);
        NET(c.rx_errs, RX_ERRS);
        NET(c.rx_drop, RX_DROP);
        NET(c.tx_bytes, TX_BYTES);
        NET(c.tx_packets, TX_PKTS);
        NET(c.tx_errs, TX_ERRS);
        NET(c.tx_drop, TX_DROP);
#undef NET
    }
}

/* ---- balloon ------------------------------------------------------------------------------------------------------ */

/* Only a polling interval makes the guest report; a custom monitor command could have set one behind our back. */
static bool balloon_reports(const struct vr_domain *dom)
{
    return vr_has_balloon(dom->live) && dom->live->memballoon->info.alias &&
           (dom->live->memballoon->period || (dom->taint & (1u << VR_TAINT_CUSTOM_MONITOR)));
}

bool vr_balloon_stats_read(struct vr_domain *dom, struct vr_monitor *monitor, vr_time deadline,
                           struct vr_balloon_stats *out, struct vr_error **err)
{
    memset(out, 0xff, sizeof(*out));
    out->has_last_update = vr_has_balloon(dom->live);
    out->last_update = 0;
    if (!balloon_reports(dom))
        return true;
    struct vr_json *args = vr_json_object();
    vr_json_add_strf(args, "path", "/machine/peripheral/%s", dom->live->memballoon->info.alias);
    vr_json_add_str(args, "property", "guest-stats");
    VR_AUTO(vr_json) *ret = NULL;
    if (!vr_monitor_call(monitor, VR_QMP_QUERY, "qom-get", args, &ret, deadline, err))
        return false;
    int64_t update = 0;
    vr_json_get_int(ret, "last-update", &update);
    out->last_update = update > 0 ? (uint64_t)update : 0;
    const struct vr_json *stats = vr_json_get_object(ret, "stats");
    const struct {
        const char *name;
        uint64_t *to;
        unsigned divide;
    } rows[] = {
        { "stat-swap-in", &out->swap_in, 1024 }, { "stat-swap-out", &out->swap_out, 1024 },
        { "stat-major-faults", &out->major_fault, 1 }, { "stat-minor-faults", &out->minor_fault, 1 },
        { "stat-free-memory", &out->unused, 1024 }, { "stat-total-memory", &out->available, 1024 },
        { "stat-available-memory", &out->usable, 1024 }, { "stat-disk-caches", &out->disk_caches, 1024 },
        { "stat-htlb-pgalloc", &out->hugetlb_pgalloc, 1 }, { "stat-htlb-pgfail", &out->hugetlb_pgfail, 1 },
    };
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        uint64_t v;
        if (vr_json_get_uint(stats, rows[i].name, &v) && v != UINT64_MAX)
            *rows[i].to = v / rows[i].divide;
    }
    return true;
}

VR_SUSPENDS static void stats_balloon(struct vr_domain *dom, const struct vr_domain_def *def, struct vr_monitor *monitor,
                                      vr_time deadline, struct vr_params *p)
{
    vr_params_ullong(p, dom->run && !vr_has_balloon(def) ? def->memory_kib : def->current_memory_kib,
                     VIR_DOMAIN_STATS_BALLOON_CURRENT);
    vr_params_ullong(p, def->memory_kib, VIR_DOMAIN_STATS_BALLOON_MAXIMUM);
    if (!dom->run)
        return;
    struct vr_balloon_stats b;
    if ((monitor || !balloon_reports(dom)) && vr_balloon_stats_read(dom, monitor, deadline, &b, NULL)) {
#define BALLOON(member, name)                                                                      \
    if (b.member != VR_NOT_TOLD)                                                                   \
    vr_params_ullong(p, b.member, VIR_DOMAIN_STATS_BALLOON_##name)
        BALLOON(swap_in, SWAP_IN);
        BALLOON(swap_out, SWAP_OUT);
        BALLOON(major_fault, MAJOR_FAULT);
        BALLOON(minor_fault, MINOR_FAULT);
        BALLOON(unused, UNUSED);
        BALLOON(available, AVAILABLE);
        if (b.has_last_update)
            vr_params_ullong(p, b.last_update, VIR_DOMAIN_STATS_BALLOON_LAST_UPDATE);
        BALLOON(usable, USABLE);
        BALLOON(disk_caches, DISK_CACHES);
        BALLOON(hugetlb_pgalloc, HUGETLB_PGALLOC);
        BALLOON(hugetlb_pgfail, HUGETLB_PGFAIL);
#undef BALLOON
    }
    struct vr_procstat s;
    if (dom->run && vr_procstat_read(dom->run->pid, 0, &s))
        vr_params_ullong(p, s.rss_kib, VIR_DOMAIN_STATS_BALLOON_RSS);
}

/* ---- iothreads and dirty rate ------------------------------------------------------------------------------------- */

VR_SUSPENDS static void stats_iothread(struct vr_domain *dom, struct vr_monitor *monitor, vr_time deadline,
                                       struct vr_params *p)
{
    VR_AUTO(vr_json) *ret = NULL;
    if (!vr_monitor_call(monitor, VR_QMP_QUERY, "query-iothreads", NULL, &ret, deadline, NULL) || !vr_json_len(ret))
        return;
    vr_params_uint(p, (uint32_t)vr_json_len(ret), VIR_DOMAIN_STATS_IOTHREAD_COUNT);
    for (size_t i = 0; i < vr_json_len(ret); i++) {
        const struct vr_json *thread = vr_json_at(ret, i);
        const char *id = vr_json_get_str(thread, "id");
        uint64_t number, v;
        if (!id || !vr_starts_with(id, "iothread") || !vr_parse_u64(id + 8, 10, UINT32_MAX, &number))
            continue;
#define IOTHREAD(key, type, suffix)                                                                \
    if (vr_json_get_uint(thread, key, &v))                                                         \
    vr_params_##type(p, v, VIR_DOMAIN_STATS_IOTHREAD_PREFIX "%u" VIR_DOMAIN_STATS_IOTHREAD_SUFFIX_##suffix, (unsigned)number)
        IOTHREAD("poll-max-ns", ullong, POLL_MAX_NS);
        IOTHREAD("poll-grow", uint, POLL_GROW);
        IOTHREAD("poll-shrink", uint, POLL_SHRINK);
#undef IOTHREAD
    }
}

/* A measurement is only ever begun through a custom monitor command, as long as there is no call for it. */
static bool dirtyrate_known_unstarted(const struct vr_domain *dom)
{
    return !(dom->taint & (1u << VR_TAINT_CUSTOM_MONITOR));
}

VR_SUSPENDS static void stats_dirtyrate(struct vr_domain *dom, struct vr_monitor *monitor, vr_time deadline,
                                        struct vr_params *p)
{
    static const char *const statuses[] = { "unstarted", "measuring", "measured", NULL };
    int status = 0;
    int64_t start = 0, period = 0, rate = 0;
    const char *mode = "page-sampling";
    VR_AUTO(vr_json) *ret = NULL;
    if (!dirtyrate_known_unstarted(dom)) {
        if (!monitor || !vr_monitor_call(monitor, VR_QMP_QUERY, "query-dirty-rate", NULL, &ret, deadline, NULL))
            return;
        const char *text = vr_json_get_str(ret, "status"), *said = vr_json_get_str(ret, "mode");
        status = text ? vr_name_index(statuses, text) : -1;
        if (status < 0)
            return;
        mode = said ? said : mode;
        vr_json_get_int(ret, "start-time", &start);
        vr_json_get_int(ret, "calc-time", &period);
    }
    vr_params_int(p, status, VIR_DOMAIN_STATS_DIRTYRATE_CALC_STATUS);
    vr_params_llong(p, start, VIR_DOMAIN_STATS_DIRTYRATE_CALC_START_TIME);
    vr_params_int(p, (int32_t)period, VIR_DOMAIN_STATS_DIRTYRATE_CALC_PERIOD);
    vr_params_str(p, mode, VIR_DOMAIN_STATS_DIRTYRATE_CALC_MODE);
    if (status == 2 && vr_json_get_int(ret, "dirty-rate", &rate))
        vr_params_llong(p, rate, VIR_DOMAIN_STATS_DIRTYRATE_MEGABYTES_PER_SECOND);
}

/* ---- all together ------------------------------------------------------------------------------------------------- */

bool vr_stats_need_monitor(const struct vr_domain *dom, unsigned groups)
{
    if (!dom->run || !dom->live)
        return false;
    return ((groups & VIR_DOMAIN_STATS_BALLOON) && balloon_reports(dom)) ||
           ((groups & VIR_DOMAIN_STATS_BLOCK) && dom->live->disks.n) ||
           ((groups & VIR_DOMAIN_STATS_IOTHREAD) && dom->live->iothreads) ||
           ((groups & VIR_DOMAIN_STATS_DIRTYRATE) && !dirtyrate_known_unstarted(dom));
}

VR_SUSPENDS void vr_stats_collect(struct vr_domain *dom, unsigned groups, bool backing, struct vr_monitor *monitor,
                                  vr_time deadline, struct vr_params *p)
{
    if (groups & VIR_DOMAIN_STATS_STATE)
        stats_state(dom, p);
    if (!dom->run && !dom->config && dom->config_brief && !backing) {
        vr_brief_stats(dom->config_brief, groups, p);
        return;
    }
    struct vr_domain_def *def = vr_domain_current(dom, NULL);
    if (!def)
        return; /* a configuration file that does not parse: there is nothing more to say */
    uint64_t serial = dom->run ? dom->run->serial : 0;
#define STILL_THERE() (!serial || vr_process_same_run(dom, serial))
    if (groups & VIR_DOMAIN_STATS_CPU_TOTAL)
        stats_cpu(dom, p);
    if (groups & VIR_DOMAIN_STATS_BALLOON)
        stats_balloon(dom, def, monitor, deadline, p);
    if ((groups & VIR_DOMAIN_STATS_VCPU) && STILL_THERE())
        stats_vcpu(dom, def, p);
    if ((groups & VIR_DOMAIN_STATS_INTERFACE) && STILL_THERE())
        stats_net(dom, def, p);
    if ((groups & VIR_DOMAIN_STATS_BLOCK) && STILL_THERE())
        vr_stats_block(dom, def, backing, monitor, deadline, p);
    if ((groups & VIR_DOMAIN_STATS_IOTHREAD) && monitor && STILL_THERE() && def->iothreads)
        stats_iothread(dom, monitor, deadline, p);
    if ((groups & VIR_DOMAIN_STATS_DIRTYRATE) && dom->run && STILL_THERE())
        stats_dirtyrate(dom, monitor, deadline, p);
#undef STILL_THERE
}

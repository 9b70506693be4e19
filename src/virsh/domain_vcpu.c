/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual CPUs and I/O threads: how many, where, which. */
#include "virsh.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "cpulist.h"
#include "domain_devices.h"
#include "domain_words.h"
#include "typed.h"

/* ---- how many ------------------------------------------------------------------------------------------------------ */

/* One count; a server without the flags call is asked the older ways. -1 with the error kept. */
static int count_vcpus(virDomainPtr dom, unsigned flags)
{
    return virDomainGetVcpusFlags(dom, flags);
}

static void print_count(struct vr_cmd *cmd, struct vr_info *json, virDomainPtr dom, const char *what, const char *where,
                        unsigned flags)
{
    int n = count_vcpus(dom, flags);
    if (n < 0) {
        vr_forget_error(cmd); /* does not apply */
        return;
    }
    if (vr_json_wanted(cmd)) {
        vr_autofree char *member = vr_printf("%s %s", what, where);
        vr_info_int(json, member, n, NULL);
    } else {
        vr_print(cmd, "%-12s %-12s %3d\n", what, where, n);
    }
}

static bool vcpucount_run(struct vr_cmd *cmd)
{
    bool maximum = vr_opt_bool(cmd, "maximum"), active = vr_opt_bool(cmd, "active"), guest = vr_opt_bool(cmd, "guest");
    bool config = vr_opt_bool(cmd, "config"), live = vr_opt_bool(cmd, "live"), current = vr_opt_bool(cmd, "current");
    if (!vr_opt_exclusive(cmd, "live", "config") || !vr_opt_exclusive(cmd, "active", "maximum") ||
        !vr_opt_exclusive(cmd, "guest", "config"))
        return false;
    unsigned flags = (config ? VIR_DOMAIN_AFFECT_CONFIG : 0) | (live ? VIR_DOMAIN_AFFECT_LIVE : 0) |
        (maximum ? VIR_DOMAIN_VCPU_MAXIMUM : 0) | (guest ? VIR_DOMAIN_VCPU_GUEST : 0);
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    struct vr_info *json = vr_info_new(cmd, "");
    if (!(maximum || active || guest || config || live || current)) {
        print_count(cmd, json, dom, _("maximum"), _("config"), VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_VCPU_MAXIMUM);
        print_count(cmd, json, dom, _("maximum"), _("live"), VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_VCPU_MAXIMUM);
        print_count(cmd, json, dom, _("current"), _("config"), VIR_DOMAIN_AFFECT_CONFIG);
        print_count(cmd, json, dom, _("current"), _("live"), VIR_DOMAIN_AFFECT_LIVE);
        vr_info_done(json);
        return true;
    }
    int n = count_vcpus(dom, flags);
    if (n >= 0 && vr_json_wanted(cmd))
        vr_info_int(json, "vcpus", n, NULL);
    else if (n >= 0)
        vr_print(cmd, "%d\n", n);
    if (n >= 0)
        vr_info_done(json);
    else
        vr_info_free(json);
    if (n >= 0)
        return true;
    return vr_complain(cmd, "%s", guest ? _("Failed to retrieve vCPU count from the guest")
                                : maximum ? _("Failed to retrieve maximum vcpu count")
                                          : _("Failed to retrieve current vcpu count"));
}
static const struct vr_opt vcpucount_opts[] = {
    VR_OPT_DOMAIN,
    { "maximum", VR_OPT_BOOL, .help = N_("the maximum") },
    { "active", VR_OPT_BOOL, .help = N_("how many are in use") },
    { "live", VR_OPT_BOOL, .help = N_("of the running guest") },
    { "config", VR_OPT_BOOL, .help = N_("of the stored definition") },
    { "current", VR_OPT_BOOL, .help = N_("of whichever applies now") },
    { "guest", VR_OPT_BOOL, .help = N_("as the guest sees it") },
    { 0 },
};
const struct vr_command vr_cmd_vcpucount = {
    "vcpucount", vcpucount_opts, vcpucount_run, VR_CMD_JSON, N_("tell how many virtual CPUs a guest has"), NULL, NULL,
};

static bool setvcpus_run(struct vr_cmd *cmd)
{
    unsigned flags, count = 0;
    bool maximum = vr_opt_bool(cmd, "maximum"), guest = vr_opt_bool(cmd, "guest"), hot = vr_opt_bool(cmd, "hotpluggable");
    if (!vr_opt_affect(cmd, &flags) || !vr_opt_exclusive(cmd, "guest", "config") || !vr_opt_exclusive(cmd, "guest", "hotpluggable") ||
        !vr_opt_exclusive(cmd, "maximum", "hotpluggable") || !vr_opt_requires(cmd, "maximum", "config"))
        return false;
    bool plain = !(maximum || guest || hot || vr_opt_bool(cmd, "config") || vr_opt_bool(cmd, "live") || vr_opt_bool(cmd, "current"));
    flags |= (guest ? VIR_DOMAIN_VCPU_GUEST : 0) | (maximum ? VIR_DOMAIN_VCPU_MAXIMUM : 0) | (hot ? VIR_DOMAIN_VCPU_HOTPLUGGABLE : 0);
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || vr_opt_uint(cmd, "count", &count) < 0)
        return false;
    if (count == 0)
        return vr_complain(cmd, "%s", _("Can't set 0 processors for a VM"));
    return (plain ? virDomainSetVcpus(dom, count) : virDomainSetVcpusFlags(dom, count, flags)) == 0;
}
static const struct vr_opt setvcpus_opts[] = {
    VR_OPT_DOMAIN,
    { "count", VR_OPT_INT, .flags = VR_REQUIRED, .help = N_("how many") },
    { "maximum", VR_OPT_BOOL, .help = N_("the maximum") },
    VR_OPTS_AFFECT,
    { "guest", VR_OPT_BOOL, .help = N_("as the guest sees it") },
    { "hotpluggable", VR_OPT_BOOL, .help = N_("such that they can be unplugged") },
    { 0 },
};
const struct vr_command vr_cmd_setvcpus = {
    "setvcpus", setvcpus_opts, setvcpus_run, 0, N_("change how many virtual CPUs a guest has"), NULL, NULL,
};

static bool setvcpu_run(struct vr_cmd *cmd)
{
    bool enable = vr_opt_bool(cmd, "enable"), disable = vr_opt_bool(cmd, "disable");
    unsigned flags;
    const char *list;
    if (!vr_opt_affect(cmd, &flags) || !vr_opt_exclusive(cmd, "enable", "disable"))
        return false;
    if (!enable && !disable)
        return vr_complain(cmd, "%s", _("one of --enable, --disable is required"));
    if (!vr_opt_string(cmd, "vcpulist", &list))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    return dom && virDomainSetVcpu(dom, list, enable, flags) == 0;
}
static const struct vr_opt setvcpu_opts[] = {
    VR_OPT_DOMAIN,
    { "vcpulist", VR_OPT_DATA, .help = N_("virtual CPUs") },
    { "enable", VR_OPT_BOOL, .help = N_("turn on") },
    { "disable", VR_OPT_BOOL, .help = N_("turn off") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_setvcpu = {
    "setvcpu", setvcpu_opts, setvcpu_run, 0, N_("plug or unplug particular virtual CPUs"), NULL, NULL,
};

static bool guestvcpus_run(struct vr_cmd *cmd)
{
    bool enable = vr_opt_bool(cmd, "enable"), disable = vr_opt_bool(cmd, "disable");
    const char *list;
    if (!vr_opt_exclusive(cmd, "enable", "disable") || !vr_opt_requires(cmd, "enable", "cpulist") ||
        !vr_opt_requires(cmd, "disable", "cpulist") || !vr_opt_string(cmd, "cpulist", &list))
        return false;
    if (list && !enable && !disable)
        return vr_complain(cmd, "%s", _("One of options --enable or --disable is required by option --cpulist"));
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    if (list)
        return virDomainSetGuestVcpus(dom, list, enable, 0) == 0;
    virTypedParameterPtr params = NULL;
    unsigned n = 0;
    if (virDomainGetGuestVcpus(dom, &params, &n, 0) < 0)
        return false;
    struct vr_info *info = vr_info_new(cmd, "%-15s: %s\n");
    for (unsigned i = 0; i < n; i++)
        vr_typed_info(info, &params[i]);
    vr_info_done(info);
    virTypedParamsFree(params, (int)n);
    return true;
}
static const struct vr_opt guestvcpus_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "cpulist", VR_OPT_STRING, .help = N_("the guest's CPUs") },
    { "enable", VR_OPT_BOOL, .help = N_("turn on") },
    { "disable", VR_OPT_BOOL, .help = N_("turn off") },
    { 0 },
};
const struct vr_command vr_cmd_guestvcpus = {
    "guestvcpus", guestvcpus_opts, guestvcpus_run, VR_CMD_JSON, N_("show or change which virtual CPUs the guest's system uses"),
    NULL, NULL,
};

/* ---- what they do -------------------------------------------------------------------------------------------------- */

static const char *const vcpu_states[] = { "offline", "running", "blocked" };

static void print_affinity(struct vr_cmd *cmd, struct vr_info *info, const unsigned char *map, int map_len, int max_cpu, bool pretty)
{
    vr_autofree char *list = vr_cpulist_text(map, map_len, max_cpu);
    if (vr_json_wanted(cmd)) {
        vr_info_str(info, _("CPU Affinity:"), "%s", list);
    } else if (pretty) {
        vr_print(cmd, _("%-15s %s (out of %d)\n"), _("CPU Affinity:"), list, max_cpu);
    } else {
        vr_autofree char *text = vr_alloc((size_t)max_cpu + 1);
        for (int i = 0; i < max_cpu; i++)
            text[i] = VIR_CPU_USED(map, i) ? 'y' : '-';
        vr_print(cmd, "%-15s %s\n", _("CPU Affinity:"), text);
    }
}

/* Of one that does not run: numbers and affinity only. */
static bool vcpuinfo_inactive(struct vr_cmd *cmd, virDomainPtr dom, struct vr_info *info, int max_cpu, bool pretty)
{
    VR_AUTO(vr_query) *doc = vr_domain_query(cmd, dom, VIR_DOMAIN_XML_INACTIVE);
    if (!doc)
        return false;
    long long maximum = 0, current;
    if (!vr_query_int(doc, NULL, "string(/domain/vcpu)", &maximum) || maximum < 1 || maximum > 65536)
        return vr_complain(cmd, "%s", _("Failed to retrieve vcpu state bitmap"));
    if (!vr_query_int(doc, NULL, "string(/domain/vcpu/@current)", &current))
        current = maximum;
    vr_autofree bool *on = vr_alloc((size_t)maximum * sizeof(*on));
    for (long long i = 0; i < current && i < maximum; i++)
        on[i] = true;
    vr_autofree struct vr_query_node **nodes = NULL;
    long n = vr_query_nodes(doc, NULL, "/domain/vcpus/vcpu", &nodes, NULL);
    for (long i = 0; i < n; i++) {
        long long id;
        vr_autofree char *enabled = vr_query_text(doc, nodes[i], "string(@enabled)");
        if (enabled && vr_query_int(doc, nodes[i], "string(@id)", &id) && id >= 0 && id < maximum)
            on[id] = vr_streq(enabled, "yes");
    }
    int map_len = VIR_CPU_MAPLEN(max_cpu);
    vr_autofree unsigned char *maps = vr_alloc((size_t)map_len * (size_t)maximum + 1);
    int got = virDomainGetVcpuPinInfo(dom, (int)maximum, maps, map_len, VIR_DOMAIN_AFFECT_CONFIG);
    if (got < 0)
        return false;
    bool first = true;
    for (long long i = 0; i < got; i++) {
        if (!on[i])
            continue;
        if (!first && !vr_json_wanted(cmd))
            vr_print(cmd, "\n");
        first = false;
        vr_info_down(info, "vcpus");
        vr_info_uint(info, _("VCPU:"), (unsigned long long)i, NULL);
        vr_info_str(info, _("CPU:"), "%s", _("N/A"));
        vr_info_str(info, _("State:"), "%s", _("N/A"));
        vr_info_str(info, _("CPU time"), "%s", _("N/A"));
        print_affinity(cmd, info, maps + i * map_len, map_len, max_cpu, pretty);
        vr_info_up(info);
    }
    return true;
}

static bool vcpuinfo_active(struct vr_cmd *cmd, virDomainPtr dom, struct vr_info *info, int max_cpu, bool pretty)
{
    virDomainInfo di;
    if (virDomainGetInfo(dom, &di) < 0)
        return false;
    int count = di.nrVirtCpu, map_len = VIR_CPU_MAPLEN(max_cpu);
    vr_autofree virVcpuInfo *cpus = vr_alloc(((size_t)count + 1) * sizeof(*cpus));
    vr_autofree unsigned char *maps = vr_alloc((size_t)map_len * ((size_t)count + 1));
    int n = virDomainGetVcpus(dom, cpus, count, maps, map_len);
    if (n < 0) {
        if (vr_last_code(cmd) == VIR_ERR_OPERATION_INVALID) {
            vr_forget_error(cmd);
            return vcpuinfo_inactive(cmd, dom, info, max_cpu, pretty);
        }
        return false;
    }
    for (int i = 0; i < n; i++) {
        if (i && !vr_json_wanted(cmd))
            vr_print(cmd, "\n");
        vr_info_down(info, "vcpus");
        vr_info_uint(info, _("VCPU:"), cpus[i].number, NULL);
        if (cpus[i].cpu >= 0)
            vr_info_int(info, _("CPU:"), cpus[i].cpu, NULL);
        else
            vr_info_str(info, _("CPU:"), "%s", _("N/A"));
        vr_info_str(info, _("State:"), "%s", vr_word(vcpu_states, VR_COUNT(vcpu_states), cpus[i].state, _("no state")));
        if (cpus[i].cpuTime)
            vr_info_str(info, _("CPU time:"), "%.1lfs", (double)cpus[i].cpuTime / 1e9);
        print_affinity(cmd, info, maps + i * map_len, map_len, max_cpu, pretty);
        vr_info_up(info);
    }
    return true;
}

static bool vcpuinfo_run(struct vr_cmd *cmd)
{
    bool pretty = vr_opt_bool(cmd, "pretty");
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    int max_cpu = vr_host_cpus(cmd);
    if (max_cpu < 0)
        return false;
    VR_AUTO(vr_info) *info = vr_info_new(cmd, "%-15s %s\n");
    if (!vcpuinfo_active(cmd, dom, info, max_cpu, pretty))
        return false;
    vr_info_done(vr_take(info));
    return true;
}
static const struct vr_opt vcpuinfo_opts[] = {
    VR_OPT_DOMAIN,
    { "pretty", VR_OPT_BOOL, .help = N_("affinity as a list") },
    { 0 },
};
const struct vr_command vr_cmd_vcpuinfo = {
    "vcpuinfo", vcpuinfo_opts, vcpuinfo_run, VR_CMD_JSON, N_("tell what a guest's virtual CPUs do"), NULL, NULL,
};

/* ---- where they run ------------------------------------------------------------------------------------------------ */

static bool show_vcpu_pins(struct vr_cmd *cmd, virDomainPtr dom, int max_cpu, bool one, unsigned vcpu, unsigned flags)
{
    int count = virDomainGetVcpusFlags(dom, VIR_DOMAIN_VCPU_MAXIMUM | flags);
    if (count < 0) {
        vr_forget_error(cmd);
        if (flags & VIR_DOMAIN_AFFECT_LIVE)
            return vr_complain(cmd, "%s", _("cannot get vcpupin for offline domain"));
        return vr_complain(cmd, "%s", _("cannot get vcpupin for transient domain"));
    }
    if (one && vcpu >= (unsigned)count)
        return vr_complain(cmd, flags & VIR_DOMAIN_AFFECT_CONFIG || virDomainIsActive(dom) < 1
            ? _("vcpu %d is out of range of persistent cpu count %d") : _("vcpu %d is out of range of live cpu count %d"), (int)vcpu, count);
    int map_len = VIR_CPU_MAPLEN(max_cpu);
    vr_autofree unsigned char *maps = vr_alloc((size_t)map_len * (size_t)count + 1);
    int n = virDomainGetVcpuPinInfo(dom, count, maps, map_len, flags);
    if (n < 0)
        return false;
    struct vr_table *table = vr_table_new(cmd, _("#VCPU"), _("CPU Affinity"), NULL);
    for (int i = 0; i < n; i++) {
        vr_autofree char *list = vr_cpulist_text(maps + i * map_len, map_len, max_cpu);
        char number[16];
        snprintf(number, sizeof(number), "%d", i);
        if (!one || (unsigned)i == vcpu)
            vr_table_row(table, number, list);
    }
    vr_table_print(table);
    return true;
}

static bool vcpupin_run(struct vr_cmd *cmd)
{
    unsigned flags, vcpu = 0;
    const char *list;
    if (!vr_opt_affect(cmd, &flags) || !vr_opt_string(cmd, "cpulist", &list))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    int one = vr_opt_uint(cmd, "vcpu", &vcpu);
    if (one < 0)
        return false;
    if (!list && !vr_opt_exclusive(cmd, "live", "config"))
        return false;
    if (list && !one)
        return vr_complain(cmd, "%s", _("vcpupin: Missing vCPU number in pin mode."));
    int max_cpu = vr_host_cpus(cmd);
    if (max_cpu < 0)
        return false;
    if (!list)
        return show_vcpu_pins(cmd, dom, max_cpu, one, vcpu, flags);
    int map_len;
    vr_autofree unsigned char *map = vr_cpulist_parse(cmd, list, max_cpu, &map_len);
    if (!map)
        return false;
    bool plain = !vr_opt_bool(cmd, "live") && !vr_opt_bool(cmd, "config") && !vr_opt_bool(cmd, "current");
    return (plain ? virDomainPinVcpu(dom, vcpu, map, map_len) : virDomainPinVcpuFlags(dom, vcpu, map, map_len, flags)) == 0;
}
static const struct vr_opt vcpupin_opts[] = {
    VR_OPT_DOMAIN,
    { "vcpu", VR_OPT_INT, .help = N_("number of a virtual CPU") },
    { "cpulist", VR_OPT_STRING, .flags = VR_EMPTY_OK, .help = N_("host CPUs: 0-3,^2; r for all") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_vcpupin = {
    "vcpupin", vcpupin_opts, vcpupin_run, VR_CMD_JSON, N_("show or set where virtual CPUs run"), NULL, NULL,
};

static bool emulatorpin_run(struct vr_cmd *cmd)
{
    unsigned flags;
    const char *list;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "cpulist", &list))
        return false;
    int max_cpu = vr_host_cpus(cmd);
    if (max_cpu < 0)
        return false;
    if (!list) {
        int map_len = VIR_CPU_MAPLEN(max_cpu);
        vr_autofree unsigned char *map = vr_alloc((size_t)map_len + 1);
        if (virDomainGetEmulatorPinInfo(dom, map, map_len, flags) < 0)
            return false;
        vr_autofree char *text = vr_cpulist_text(map, map_len, max_cpu);
        if (vr_json_wanted(cmd)) {
            vr_json_value(cmd, "cpu_affinity", text);
            return true;
        }
        vr_print_extra(cmd, "%s %s\n", _("emulator:"), _("CPU Affinity"));
        vr_print_extra(cmd, "----------------------------------\n");
        vr_print(cmd, "       *: %s\n", text);
        return true;
    }
    int map_len;
    vr_autofree unsigned char *map = vr_cpulist_parse(cmd, list, max_cpu, &map_len);
    return map && virDomainPinEmulator(dom, map, map_len, flags) == 0;
}
static const struct vr_opt emulatorpin_opts[] = {
    VR_OPT_DOMAIN,
    { "cpulist", VR_OPT_STRING, .flags = VR_EMPTY_OK, .help = N_("host CPUs: 0-3,^2; r for all") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_emulatorpin = {
    "emulatorpin", emulatorpin_opts, emulatorpin_run, VR_CMD_JSON, N_("show or set where a guest's emulator threads run"),
    NULL, NULL,
};

/* ---- I/O threads --------------------------------------------------------------------------------------------------- */

static bool iothreadinfo_run(struct vr_cmd *cmd)
{
    unsigned flags;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    int max_cpu = vr_host_cpus(cmd);
    if (max_cpu < 0)
        return false;
    virDomainIOThreadInfoPtr *all = NULL;
    int n = virDomainGetIOThreadInfo(dom, &all, flags);
    if (n < 0)
        return vr_complain(cmd, "%s", _("Unable to get domain IOThreads information"));
    if (n == 0 && !vr_json_wanted(cmd)) {
        vr_print_extra(cmd, "%s", _("No IOThreads found for the domain"));
        free(all);
        return true;
    }
    struct vr_table *table = vr_table_new(cmd, _("#IOThread ID"), _("CPU Affinity"), NULL);
    for (int i = 0; i < n; i++) {
        vr_autofree char *list = vr_cpulist_text(all[i]->cpumap, all[i]->cpumaplen, max_cpu);
        char id[16];
        snprintf(id, sizeof(id), "%u", all[i]->iothread_id);
        vr_table_row(table, id, list);
        virDomainIOThreadInfoFree(all[i]);
    }
    free(all);
    vr_table_print(table);
    return true;
}
static const struct vr_opt iothreadinfo_opts[] = {
    VR_OPT_DOMAIN,
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_iothreadinfo = {
    "iothreadinfo", iothreadinfo_opts, iothreadinfo_run, VR_CMD_JSON, N_("list a guest's I/O threads"), NULL, NULL,
};

static bool iothreadpin_run(struct vr_cmd *cmd)
{
    unsigned flags, id = 0;
    const char *list;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || vr_opt_uint(cmd, "iothread", &id) < 0 || !vr_opt_string(cmd, "cpulist", &list))
        return false;
    int max_cpu = vr_host_cpus(cmd), map_len;
    if (max_cpu < 0)
        return false;
    vr_autofree unsigned char *map = vr_cpulist_parse(cmd, list, max_cpu, &map_len);
    return map && virDomainPinIOThread(dom, id, map, map_len, flags) == 0;
}
static const struct vr_opt iothreadpin_opts[] = {
    VR_OPT_DOMAIN,
    { "iothread", VR_OPT_INT, .flags = VR_REQUIRED, .help = N_("number of the thread") },
    { "cpulist", VR_OPT_DATA, .help = N_("host CPUs: 0-3,^2; r for all") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_iothreadpin = {
    "iothreadpin", iothreadpin_opts, iothreadpin_run, 0, N_("set where an I/O thread runs"), NULL, NULL,
};

/* The option "id", which counts from 1. */
static bool opt_iothread(struct vr_cmd *cmd, unsigned *id)
{
    int v = 0;
    if (vr_opt_int(cmd, "id", &v) < 0)
        return false;
    if (v <= 0)
        return vr_complain(cmd, _("Invalid IOThread id value: '%d'"), v);
    *id = (unsigned)v;
    return true;
}

static bool iothreadadd_run(struct vr_cmd *cmd)
{
    unsigned flags, id = 0;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    return dom && opt_iothread(cmd, &id) && virDomainAddIOThread(dom, id, flags) == 0;
}
static const struct vr_opt iothreadadd_opts[] = {
    VR_OPT_DOMAIN,
    { "id", VR_OPT_INT, .flags = VR_REQUIRED, .help = N_("number of the thread") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_iothreadadd = {
    "iothreadadd", iothreadadd_opts, iothreadadd_run, 0, N_("give a guest another I/O thread"), NULL, NULL,
};

static bool iothreaddel_run(struct vr_cmd *cmd)
{
    unsigned flags, id = 0;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    return dom && opt_iothread(cmd, &id) && virDomainDelIOThread(dom, id, flags) == 0;
}
static const struct vr_opt iothreaddel_opts[] = {
    VR_OPT_DOMAIN,
    { "id", VR_OPT_INT, .flags = VR_REQUIRED, .help = N_("number of the thread") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_iothreaddel = {
    "iothreaddel", iothreaddel_opts, iothreaddel_run, 0, N_("take an I/O thread from a guest"), NULL, NULL,
};

static bool iothreadset_run(struct vr_cmd *cmd)
{
    unsigned flags, id = 0;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !opt_iothread(cmd, &id))
        return false;
    VR_AUTO(vr_typed) *params = vr_typed_new();
    unsigned long long ns;
    int got = vr_opt_ull(cmd, "poll-max-ns", &ns);
    if (got < 0)
        return false;
    if (got)
        vr_typed_ull(params, VIR_DOMAIN_IOTHREAD_POLL_MAX_NS, ns);
    static const struct { const char *option, *field; bool is_signed; } rows[] = {
        { "poll-grow", VIR_DOMAIN_IOTHREAD_POLL_GROW, false },
        { "poll-shrink", VIR_DOMAIN_IOTHREAD_POLL_SHRINK, false },
        { "thread-pool-min", VIR_DOMAIN_IOTHREAD_THREAD_POOL_MIN, true },
        { "thread-pool-max", VIR_DOMAIN_IOTHREAD_THREAD_POOL_MAX, true },
    };
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        unsigned u;
        int v;
        got = rows[i].is_signed ? vr_opt_int(cmd, rows[i].option, &v) : vr_opt_uint(cmd, rows[i].option, &u);
        if (got < 0)
            return false;
        if (got && rows[i].is_signed)
            vr_typed_int(params, rows[i].field, v);
        else if (got)
            vr_typed_uint(params, rows[i].field, u);
    }
    if (!params->n)
        return vr_complain(cmd, "%s", _("Not enough arguments passed, nothing to set"));
    return virDomainSetIOThreadParams(dom, id, params->params, params->n, flags) == 0;
}
static const struct vr_opt iothreadset_opts[] = {
    VR_OPT_DOMAIN,
    { "id", VR_OPT_INT, .flags = VR_REQUIRED, .help = N_("number of the thread") },
    { "poll-max-ns", VR_OPT_INT, .help = N_("longest polling, in ns") },
    { "poll-grow", VR_OPT_INT, .help = N_("by what polling time grows") },
    { "poll-shrink", VR_OPT_INT, .help = N_("by what polling time shrinks") },
    { "thread-pool-min", VR_OPT_INT, .help = N_("least worker threads") },
    { "thread-pool-max", VR_OPT_INT, .help = N_("most worker threads") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_iothreadset = {
    "iothreadset", iothreadset_opts, iothreadset_run, 0, N_("change how an I/O thread polls and how many workers it has"),
    NULL, NULL,
};

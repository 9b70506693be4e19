/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's memory and processor time: free, in pages, spent. */
#include "document.h"
#include "groups.h"
#include "virsh.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"

/* ---- NUMA cells --------------------------------------------------------------------------------------------------- */

/* Cells and page sizes of the capabilities document. */
static char **cells(struct vr_cmd *cmd)
{
    vr_autofree char *xml = virConnectGetCapabilities(vr_conn(cmd));
    if (!xml) {
        vr_complain(cmd, "%s", _("unable to get node capabilities"));
        return NULL;
    }
    char **found = vr_document_nodes(cmd, xml, "(capabilities)", "/capabilities/host/topology/cells/cell");
    if (found && !*found) {
        vr_document_nodes_free(found);
        vr_complain(cmd, "%s", _("could not get information about NUMA topology"));
        return NULL;
    }
    return found;
}

static bool cell_number(struct vr_cmd *cmd, const char *cell, const char *xpath, unsigned long *out)
{
    vr_autofree char *text = vr_document_string(cell, xpath);
    uint64_t value;
    if (!text || !vr_parse_u64(text, 10, UINT_MAX, &value))
        return vr_complain(cmd, "%s", _("conversion from string failed"));
    *out = value;
    return true;
}

static bool freecell_all(struct vr_cmd *cmd)
{
    char **all = cells(cmd);
    if (!all)
        return false;
    size_t n = 0;
    while (all[n])
        n++;
    vr_autofree unsigned long long *sizes = vr_alloc((n + 1) * sizeof(*sizes));
    vr_autofree unsigned long *ids = vr_alloc((n + 1) * sizeof(*ids));
    unsigned long long total = 0;
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++) {
        ok = cell_number(cmd, all[i], "string(./@id)", &ids[i]);
        if (ok && virNodeGetCellsFreeMemory(vr_conn(cmd), &sizes[i], (int)ids[i], 1) != 1)
            ok = vr_complain(cmd, _("failed to get free memory for NUMA node number: %lu"), ids[i]);
        total += sizes[i];
    }
    vr_document_nodes_free(all);
    if (!ok)
        return false;
    if (vr_json_wanted(cmd)) {
        struct vr_table *table = vr_table_new(cmd, "#Cell", "#Free KiB", NULL);
        for (size_t i = 0; i < n; i++) {
            vr_autofree char *id = vr_printf("%lu", ids[i]), *size = vr_printf("%llu", sizes[i] / 1024);
            vr_table_row(table, id, size);
        }
        vr_table_print(table);
        return true;
    }
    for (size_t i = 0; i < n; i++)
        vr_print(cmd, "%5lu: %10llu KiB\n", ids[i], sizes[i] / 1024);
    vr_print_extra(cmd, "--------------------\n");
    vr_print_extra(cmd, "%5s: %10llu KiB\n", _("Total"), total / 1024);
    return true;
}

static bool freecell_run(struct vr_cmd *cmd)
{
    int cell = -1;
    unsigned long long bytes;
    if (!vr_opt_exclusive(cmd, "all", "cellno"))
        return false;
    int given = vr_opt_int(cmd, "cellno", &cell);
    if (given < 0)
        return false;
    if (vr_opt_bool(cmd, "all"))
        return freecell_all(cmd);
    if (given && cell != -1) {
        if (virNodeGetCellsFreeMemory(vr_conn(cmd), &bytes, cell, 1) != 1)
            return false;
    } else if (!(bytes = virNodeGetFreeMemory(vr_conn(cmd)))) {
        return false;
    }
    struct vr_info *info = vr_info_new(cmd, "%s: %s\n");
    vr_autofree char *label = given && cell != -1 ? vr_printf("%d", cell) : vr_strdup(_("Total"));
    vr_info_uint(info, label, bytes / 1024, _("KiB"));
    vr_info_done(info);
    return true;
}
const struct vr_command vr_cmd_freecell = {
    "freecell",
    (const struct vr_opt[]){ { "cellno", VR_OPT_INT, .help = N_("the NUMA cell's number") },
                             { "all", VR_OPT_BOOL, .help = N_("each cell, and their sum") }, { 0 } },
    freecell_run, VR_CMD_JSON, N_("show the host's free memory"), NULL, NULL,
};

/* ---- pages -------------------------------------------------------------------------------------------------------- */

static void free_pages_lines(struct vr_cmd *cmd, struct vr_table *json, unsigned long cell, const unsigned *sizes,
                             const unsigned long long *counts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (json) {
            vr_autofree char *id = vr_printf("%lu", cell), *size = vr_printf("%u", sizes[i]), *count = vr_printf("%llu", counts[i]);
            vr_table_row(json, id, size, count);
        } else {
            vr_print(cmd, "%uKiB: %lld\n", sizes[i], (long long)counts[i]);
        }
    }
}

static int by_size(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return x < y ? -1 : x > y;
}

/* The page sizes of the host, smallest first. */
static unsigned *page_sizes(struct vr_cmd *cmd, char **all, size_t *n)
{
    unsigned *sizes = NULL;
    size_t cap = 0;
    *n = 0;
    for (; *all; all++) {
        char **pages = vr_document_nodes(cmd, *all, "(capabilities)", "/cell/pages");
        for (char **p = pages; p && *p; p++) {
            unsigned long size;
            bool known = false;
            if (!cell_number(cmd, *p, "string(./@size)", &size))
                continue;
            for (size_t i = 0; i < *n; i++)
                known |= sizes[i] == size;
            if (!known) {
                VR_GROW(sizes, *n, cap);
                sizes[(*n)++] = (unsigned)size;
            }
        }
        vr_document_nodes_free(pages);
    }
    if (*n)
        vr_sort(sizes, *n, sizeof(*sizes), by_size);
    else
        vr_complain(cmd, "%s", _("could not get information about supported page sizes"));
    return sizes;
}

static bool freepages_all(struct vr_cmd *cmd, bool one_size, unsigned wanted, struct vr_table *json)
{
    char **all = cells(cmd);
    if (!all)
        return false;
    size_t n = 1;
    vr_autofree unsigned *sizes = one_size ? vr_memdup(&wanted, sizeof(wanted)) : page_sizes(cmd, all, &n);
    bool ok = n > 0;
    vr_autofree unsigned long long *counts = vr_alloc((n + 1) * sizeof(*counts));
    for (char **c = all; *c && ok; c++) {
        unsigned long id;
        ok = cell_number(cmd, *c, "string(./@id)", &id) &&
            virNodeGetFreePages(vr_conn(cmd), (unsigned)n, sizes, (int)id, 1, counts, 0) >= 0;
        if (!ok)
            break;
        if (!json)
            vr_print(cmd, _("Node %d:\n"), (int)id);
        free_pages_lines(cmd, json, id, sizes, counts, n);
        if (!json)
            vr_print(cmd, "\n");
    }
    vr_document_nodes_free(all);
    return ok;
}

static bool freepages_one(struct vr_cmd *cmd, bool have_size, unsigned size, struct vr_table *json)
{
    int cell = 0;
    unsigned long long count;
    if (!vr_opt_raw(cmd, "cellno"))
        return vr_complain(cmd, "%s", _("missing cellno argument"));
    if (vr_opt_int(cmd, "cellno", &cell) < 0)
        return false;
    if (cell < -1)
        return vr_complain(cmd, "%s", _("cell number must be non-negative integer or -1"));
    if (!have_size)
        return vr_complain(cmd, "%s", _("missing pagesize argument"));
    if (virNodeGetFreePages(vr_conn(cmd), 1, &size, cell, 1, &count, 0) < 0)
        return false;
    free_pages_lines(cmd, json, (unsigned long)cell, &size, &count, 1);
    return true;
}

static bool freepages_run(struct vr_cmd *cmd)
{
    unsigned long long bytes = 0;
    if (!vr_opt_exclusive(cmd, "all", "cellno"))
        return false;
    int given = vr_opt_scaled(cmd, "pagesize", &bytes, 1024, UINT_MAX);
    if (given < 0)
        return false;
    VR_AUTO(vr_table) *json = vr_json_wanted(cmd) ? vr_table_new(cmd, "#Cell", "#Page KiB", "#Free", NULL) : NULL;
    unsigned size = (unsigned)(bytes / 1024);
    bool ok = vr_opt_bool(cmd, "all") ? freepages_all(cmd, given > 0, size, json) : freepages_one(cmd, given > 0, size, json);
    if (ok && json)
        vr_table_print(vr_take(json));
    return ok;
}
const struct vr_command vr_cmd_freepages = {
    "freepages",
    (const struct vr_opt[]){
        { "cellno", VR_OPT_INT, .help = N_("the NUMA cell's number; -1: all cells together") },
        { "pagesize", VR_OPT_INT, .help = N_("size of the pages, as 2M; without suffix in KiB") },
        { "all", VR_OPT_BOOL, .help = N_("each cell and each size") },
        { 0 } },
    freepages_run, VR_CMD_JSON, N_("show how many pages of memory are free"), NULL, NULL,
};

static bool allocpages_run(struct vr_cmd *cmd)
{
    bool all = vr_opt_bool(cmd, "all");
    unsigned flags = vr_opt_bool(cmd, "add") ? VIR_NODE_ALLOC_PAGES_ADD : VIR_NODE_ALLOC_PAGES_SET;
    unsigned long long bytes = 0, count = 0;
    int cell = -1;
    if (!vr_opt_exclusive(cmd, "all", "cellno") || (vr_opt_raw(cmd, "cellno") && vr_opt_int(cmd, "cellno", &cell) < 0) ||
        vr_opt_scaled(cmd, "pagesize", &bytes, 1024, (unsigned long long)UINT_MAX * 1024) < 0 || vr_opt_ull(cmd, "pagecount", &count) < 0)
        return false;
    unsigned size = (unsigned)(bytes / 1024);
    if (!all)
        return virNodeAllocPages(vr_conn(cmd), 1, &size, &count, cell, 1, flags) >= 0;
    char **each = cells(cmd);
    bool ok = each != NULL;
    for (char **c = each; ok && *c; c++) {
        unsigned long id;
        ok = cell_number(cmd, *c, "string(./@id)", &id) &&
            virNodeAllocPages(vr_conn(cmd), 1, &size, &count, (int)id, 1, flags) >= 0;
    }
    vr_document_nodes_free(each);
    return ok;
}
const struct vr_command vr_cmd_allocpages = {
    "allocpages",
    (const struct vr_opt[]){
        { "pagesize", VR_OPT_INT, VR_REQUIRED, N_("size of the pages, as 2M; without suffix in KiB") },
        { "pagecount", VR_OPT_INT, VR_REQUIRED, N_("how many there are to be, with --add how many more") },
        { "cellno", VR_OPT_INT, .help = N_("the NUMA cell's number") },
        { "add", VR_OPT_BOOL, .help = N_("add to those there are") },
        { "all", VR_OPT_BOOL, .help = N_("the same on each cell") },
        { 0 } },
    allocpages_run, 0, N_("set how many huge pages the host keeps"), NULL, NULL,
};

/* ---- statistics --------------------------------------------------------------------------------------------------- */

static bool nodememstats_run(struct vr_cmd *cmd)
{
    int cell = VIR_NODE_MEMORY_STATS_ALL_CELLS, n = 0;
    if (vr_opt_int(cmd, "cell", &cell) < 0)
        return false;
    if (virNodeGetMemoryStats(vr_conn(cmd), cell, NULL, &n, 0) != 0)
        return vr_complain(cmd, "%s", _("Unable to get number of memory stats"));
    vr_autofree virNodeMemoryStats *stats = vr_alloc(((size_t)n + 1) * sizeof(*stats));
    if (n && virNodeGetMemoryStats(vr_conn(cmd), cell, stats, &n, 0) != 0)
        return vr_complain(cmd, "%s", _("Unable to get memory stats"));
    struct vr_info *info = vr_info_new(cmd, "%-7s: %24s\n"); /* the number in 20 columns, and its unit */
    for (int i = 0; i < n; i++)
        vr_info_uint(info, stats[i].field, stats[i].value, "KiB");
    vr_info_done(info);
    return true;
}
const struct vr_command vr_cmd_nodememstats = {
    "nodememstats", (const struct vr_opt[]){ { "cell", VR_OPT_INT, .help = N_("the NUMA cell's number") }, { 0 } }, nodememstats_run,
    VR_CMD_JSON, N_("show how the host's memory is used"), NULL, NULL,
};

/* In the order they are shown. */
static const struct { const char *field, *label; } times[] = {
    { VIR_NODE_CPU_STATS_USER, N_("user:") },     { VIR_NODE_CPU_STATS_KERNEL, N_("system:") }, { VIR_NODE_CPU_STATS_IDLE, N_("idle:") },
    { VIR_NODE_CPU_STATS_IOWAIT, N_("iowait:") }, { VIR_NODE_CPU_STATS_INTR, N_("intr:") },     { VIR_NODE_CPU_STATS_UTILIZATION, N_("usage:") },
};
struct sample {
    unsigned long long value[VR_COUNT(times)];
    bool present[VR_COUNT(times)];
};
#define TIME_IDLE 2
#define TIME_USAGE 5

static bool take_sample(struct vr_cmd *cmd, int cpu, struct sample *out)
{
    int n = 0;
    *out = (struct sample){ 0 };
    if (virNodeGetCPUStats(vr_conn(cmd), cpu, NULL, &n, 0) != 0)
        return vr_complain(cmd, "%s", _("Unable to get number of cpu stats"));
    if (n == 0)
        return true;
    vr_autofree virNodeCPUStats *stats = vr_alloc((size_t)n * sizeof(*stats));
    if (virNodeGetCPUStats(vr_conn(cmd), cpu, stats, &n, 0) != 0)
        return vr_complain(cmd, "%s", _("Unable to get node cpu stats"));
    for (int i = 0; i < n; i++) {
        for (size_t t = 0; t < VR_COUNT(times); t++) {
            if (vr_streq(stats[i].field, times[t].field)) {
                out->value[t] = stats[i].value;
                out->present[t] = true;
            }
        }
    }
    return true;
}

static void percent_line(struct vr_info *info, const char *label, double percent)
{
    vr_info_str(info, label, "%.1lf%%", percent);
}

static void print_percent(struct vr_cmd *cmd, const struct sample *a, const struct sample *b)
{
    struct vr_info *info = vr_info_new(cmd, "%-15s %6s\n");
    if (b->present[TIME_USAGE]) {
        percent_line(info, _("usage:"), (double)b->value[TIME_USAGE]);
        percent_line(info, _("idle:"), 100.0 - (double)b->value[TIME_USAGE]);
        vr_info_done(info);
        return;
    }
    double total = 0, spent[VR_COUNT(times)];
    for (size_t t = 0; t < TIME_USAGE; t++) {
        spent[t] = (double)(b->value[t] - a->value[t]);
        total += b->present[t] ? spent[t] : 0;
    }
    bool known = total > 0; /* a host whose clocks stand still spends nothing */
    percent_line(info, _("usage:"), known ? (total - spent[TIME_IDLE]) / total * 100 : 0);
    if (!known)
        total = 1;
    for (size_t t = 0; t < TIME_USAGE; t++)
        if (b->present[t])
            percent_line(info, times[t].label, spent[t] / total * 100);
    vr_info_done(info);
}

static bool nodecpustats_run(struct vr_cmd *cmd)
{
    int cpu = VIR_NODE_CPU_STATS_ALL_CPUS;
    struct sample a, b;
    if (vr_opt_int(cmd, "cpu", &cpu) < 0 || !take_sample(cmd, cpu, &a))
        return false;
    if (vr_opt_bool(cmd, "percent")) {
        b = a;
        if (!a.present[TIME_USAGE]) { /* times: what was spent within a second */
            sleep(1);
            if (!take_sample(cmd, cpu, &b))
                return false;
        }
        print_percent(cmd, &a, &b);
        return true;
    }
    struct vr_info *info = vr_info_new(cmd, "%-15s %20s\n");
    for (size_t t = 0; t < TIME_USAGE; t++)
        if (a.present[t])
            vr_info_uint(info, times[t].label, a.value[t], NULL);
    vr_info_done(info);
    return true;
}
const struct vr_command vr_cmd_nodecpustats = {
    "nodecpustats",
    (const struct vr_opt[]){ { "cpu", VR_OPT_INT, .help = N_("the processor's number; -1: all") },
                             { "percent", VR_OPT_BOOL, .help = N_("of the next second, not nanoseconds since the start") }, { 0 } },
    nodecpustats_run, VR_CMD_JSON, N_("show what the host's processors spend their time on"), NULL, NULL,
};

/* ---- merging of equal pages --------------------------------------------------------------------------------------- */

static bool add_tune(struct vr_cmd *cmd, const char *option, const char *field, virTypedParameterPtr *params, int *n, int *max)
{
    unsigned value = 0;
    int given = vr_opt_uint(cmd, option, &value);
    return given >= 0 && (!given || virTypedParamsAddUInt(params, n, max, field, value) == 0);
}

static bool show_tune(struct vr_cmd *cmd)
{
    int n = 0;
    if (virNodeGetMemoryParameters(vr_conn(cmd), NULL, &n, 0) != 0)
        return vr_complain(cmd, "%s", _("Unable to get number of memory parameters"));
    if (n == 0)
        return true;
    virTypedParameterPtr params = vr_alloc((size_t)n * sizeof(*params));
    bool ok = virNodeGetMemoryParameters(vr_conn(cmd), params, &n, 0) == 0 ||
        vr_complain(cmd, "%s", _("Unable to get memory parameters"));
    if (ok) {
        struct vr_info *info = vr_info_new(cmd, "\t%-15s %s\n");
        vr_info_line(info, "%s\n", _("Shared memory:"));
        for (int i = 0; i < n; i++) {
            if (params[i].type == VIR_TYPED_PARAM_ULLONG)
                vr_info_uint(info, params[i].field, params[i].value.ul, NULL);
            else
                vr_info_uint(info, params[i].field, params[i].value.ui, NULL);
        }
        vr_info_done(info);
    }
    virTypedParamsFree(params, n);
    return ok;
}

static bool memory_tune_run(struct vr_cmd *cmd)
{
    virTypedParameterPtr params = NULL;
    int n = 0, max = 0;
    bool ok = add_tune(cmd, "shm-pages-to-scan", VIR_NODE_MEMORY_SHARED_PAGES_TO_SCAN, &params, &n, &max) &&
        add_tune(cmd, "shm-sleep-millisecs", VIR_NODE_MEMORY_SHARED_SLEEP_MILLISECS, &params, &n, &max) &&
        add_tune(cmd, "shm-merge-across-nodes", VIR_NODE_MEMORY_SHARED_MERGE_ACROSS_NODES, &params, &n, &max);
    if (ok && n == 0)
        return show_tune(cmd);
    if (ok && virNodeSetMemoryParameters(vr_conn(cmd), params, n, 0) != 0)
        ok = vr_complain(cmd, "%s", _("Unable to change memory parameters"));
    virTypedParamsFree(params, n);
    return ok;
}
const struct vr_command vr_cmd_node_memory_tune = {
    "node-memory-tune",
    (const struct vr_opt[]){
        { "shm-pages-to-scan", VR_OPT_INT, .help = N_("how many pages are looked at before a rest") },
        { "shm-sleep-millisecs", VR_OPT_INT, .help = N_("how long the rest is, in milliseconds") },
        { "shm-merge-across-nodes", VR_OPT_INT, .help = N_("1: pages of different NUMA nodes are merged too") },
        { 0 } },
    memory_tune_run, VR_CMD_JSON, N_("show or set how the host merges equal pages"), NULL, NULL,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#define VR_LOG_SOURCE "host.node"
#include "node.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "sysfile.h"

#define CPU_DIR "/sys/devices/system/cpu"
#define NODE_DIR "/sys/devices/system/node"

/* ---- topology ----------------------------------------------------------------------------------------------- */

static unsigned topology_number(unsigned cpu, const char *name)
{
    uint64_t v;
    /* A kernel without the file, or -1 in it, means that there is only one. */
    return vr_sys_read_u64(&v, CPU_DIR "/cpu%u/topology/%s", cpu, name) && v <= UINT32_MAX ? (unsigned)v : 0;
}

static bool is_online(unsigned cpu)
{
    vr_autofree char *text = vr_sys_read(CPU_DIR "/cpu%u/online", cpu);
    return !text || text[0] != '0'; /* the first processor often has no such file */
}

static void read_cpu(struct vr_node_cpu *cpu, unsigned id, unsigned node)
{
    *cpu = (struct vr_node_cpu){ .id = id, .node = node, .online = is_online(id) };
    if (!cpu->online)
        return;
    cpu->socket = topology_number(id, "physical_package_id");
    cpu->die = topology_number(id, "die_id");
    cpu->core = topology_number(id, "core_id");
    cpu->siblings = vr_sys_read(CPU_DIR "/cpu%u/topology/thread_siblings_list", id);
    if (!cpu->siblings)
        cpu->siblings = vr_printf("%u", id);
}

static void read_memory(struct vr_node_cell *cell, bool numa)
{
    vr_autofree char *text = numa ? vr_sys_read(NODE_DIR "/node%u/meminfo", cell->id) : vr_sys_read("/proc/meminfo");
    char prefix[32] = "", key[64];
    if (numa)
        snprintf(prefix, sizeof(prefix), "Node %u ", cell->id);
    snprintf(key, sizeof(key), "%sMemTotal:", prefix);
    if (text)
        vr_sys_field(text, key, &cell->memory_kib);
    snprintf(key, sizeof(key), "%sMemFree:", prefix);
    if (text)
        vr_sys_field(text, key, &cell->free_kib);
}

static void read_distances(struct vr_node_cell *cell, size_t count)
{
    vr_autofree char *text = vr_sys_read(NODE_DIR "/node%u/distance", cell->id);
    cell->distances = vr_alloc((count + 1) * sizeof(*cell->distances));
    for (char *at = text; at && *at && cell->distance_count < count;) {
        char *end;
        unsigned long v = strtoul(at, &end, 10);
        if (end == at)
            break;
        cell->distances[cell->distance_count++] = (unsigned)v;
        at = end;
    }
}

static bool read_cell(struct vr_node_cell *cell, unsigned id, bool numa)
{
    vr_autofree unsigned *cpus = NULL;
    size_t n = 0;
    vr_autofree char *dir = numa ? vr_printf(NODE_DIR "/node%u", id) : vr_strdup(CPU_DIR);
    cell->id = id;
    if (!vr_sys_numbered(dir, "cpu", &cpus, &n))
        return false;
    cell->cpus = vr_alloc((n + 1) * sizeof(*cell->cpus));
    for (size_t i = 0; i < n && cpus[i] <= VR_NODE_MAX_CPU; i++)
        read_cpu(&cell->cpus[cell->cpu_count++], cpus[i], id);
    read_memory(cell, numa);
    return true;
}

struct vr_node_topology *vr_node_topology_read(struct vr_error **err)
{
    VR_AUTO(vr_node_topology) *t = vr_new(struct vr_node_topology);
    vr_autofree unsigned *nodes = NULL;
    size_t n = 0;
    bool numa = vr_sys_numbered(NODE_DIR, "node", &nodes, &n) && n > 0;
    t->cells = vr_alloc(((numa ? n : 1) + 1) * sizeof(*t->cells));
    for (t->count = 0; t->count < (numa ? n : 1); t->count++)
        if (!read_cell(&t->cells[t->count], numa ? nodes[t->count] : 0, numa)) {
            vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot opendir %s"), CPU_DIR);
            return NULL;
        }
    for (size_t i = 0; numa && i < n; i++)
        read_distances(&t->cells[i], n);
    return vr_take(t);
}

void vr_node_topology_free(struct vr_node_topology *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++) {
        for (size_t j = 0; j < t->cells[i].cpu_count; j++)
            free(t->cells[i].cpus[j].siblings);
        free(t->cells[i].cpus);
        free(t->cells[i].distances);
    }
    free(t->cells);
    free(t);
}

/* ---- virNodeInfo -------------------------------------------------------------------------------------------- */

static unsigned count_threads(const char *siblings)
{
    vr_autofree unsigned *list = NULL;
    size_t n = 0;
    return vr_sys_list_parse(siblings, VR_NODE_MAX_CPU, &list, &n) && n ? (unsigned)n : 1;
}

static bool same_core(const struct vr_node_cpu *a, const struct vr_node_cpu *b)
{
    return a->socket == b->socket && a->die == b->die && a->core == b->core;
}

/* Sockets in this cell, and the largest number of cores in one of them. */
static void count_cell(const struct vr_node_cell *cell, struct vr_node_info *info, unsigned *offline)
{
    unsigned sockets = 0;
    for (size_t i = 0; i < cell->cpu_count; i++) {
        const struct vr_node_cpu *cpu = &cell->cpus[i];
        if (!cpu->online) {
            (*offline)++;
            continue;
        }
        info->cpus++;
        unsigned threads = count_threads(cpu->siblings), cores = 0;
        info->threads = threads > info->threads ? threads : info->threads;
        bool first_of_socket = true;
        for (size_t j = 0; j < cell->cpu_count; j++) {
            const struct vr_node_cpu *other = &cell->cpus[j];
            if (!other->online || other->socket != cpu->socket)
                continue;
            first_of_socket &= j >= i;
            bool first_of_core = true;
            for (size_t k = 0; k < j; k++)
                first_of_core &= !cell->cpus[k].online || !same_core(&cell->cpus[k], other);
            cores += first_of_core;
        }
        sockets += first_of_socket;
        info->cores = cores > info->cores ? cores : info->cores;
    }
    info->sockets = sockets > info->sockets ? sockets : info->sockets;
}

static unsigned read_mhz(void)
{
    vr_autofree char *text = vr_sys_read("/proc/cpuinfo");
    const char *at = text ? strstr(text, "cpu MHz") : NULL, *colon = at ? strchr(at, ':') : NULL;
    return colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
}

bool vr_node_info_read(struct vr_node_info *out, struct vr_error **err)
{
    struct vr_node_info info = { .mhz = read_mhz() };
    struct utsname uts;
    unsigned offline = 0;
    VR_AUTO(vr_node_topology) *t = vr_node_topology_read(err);
    if (!t)
        return false;
    uname(&uts);
    snprintf(info.model, sizeof(info.model), "%.31s", uts.machine);
    info.nodes = (unsigned)t->count;
    for (size_t i = 0; i < t->count; i++) {
        count_cell(&t->cells[i], &info, &offline);
        info.memory_kib += t->cells[i].memory_kib;
    }
    if (!info.cpus || !info.sockets)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", info.cpus ? _("no sockets found") : _("no CPUs found"));
    /* Four numbers cannot tell of an irregular host; stock then says one socket with a core per processor. */
    if (info.nodes * info.sockets * info.cores * info.threads != info.cpus + offline) {
        info.nodes = info.sockets = info.threads = 1;
        info.cores = info.cpus + offline;
    }
    *out = info;
    return true;
}

/* ---- memory ------------------------------------------------------------------------------------------------- */

bool vr_node_free_memory(uint64_t *bytes, struct vr_error **err)
{
    vr_autofree unsigned *nodes = NULL;
    size_t n = 0;
    bool numa = vr_sys_numbered(NODE_DIR, "node", &nodes, &n) && n > 0;
    uint64_t kib = 0;
    for (size_t i = 0; i < (numa ? n : 1); i++) {
        struct vr_node_cell cell = { .id = numa ? nodes[i] : 0 };
        read_memory(&cell, numa);
        kib += cell.free_kib;
    }
    if (!kib)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Cannot determine free memory"));
    *bytes = kib * 1024;
    return true;
}

/* The highest node number; 0 on a host without NUMA. */
static int max_node(bool *numa)
{
    vr_autofree unsigned *nodes = NULL;
    size_t n = 0;
    *numa = vr_sys_numbered(NODE_DIR, "node", &nodes, &n) && n > 0;
    return *numa && nodes[n - 1] <= VR_NODE_MAX_CPU ? (int)nodes[n - 1] : 0;
}

bool vr_node_cells_free(int first, int max, uint64_t *bytes, size_t *count, struct vr_error **err)
{
    bool numa;
    int last = max_node(&numa);
    if (first < 0 || first > last)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("start cell %d out of range (0-%d)"), first, last);
    size_t n = 0;
    for (int node = first; node <= last && (int)n < max; node++) {
        struct vr_node_cell cell = { .id = (unsigned)node };
        read_memory(&cell, numa);
        bytes[n++] = cell.free_kib * 1024;
    }
    *count = n;
    return true;
}

/* Stock leaves the code's sentence out of these two. */
static bool bad_argument(struct vr_error **err, const char *text)
{
    if (!vr_fail(err, VIR_ERR_INVALID_ARG, "%s", text) && err && *err) {
        free((*err)->message);
        (*err)->message = vr_strdup(text);
    }
    return false;
}

bool vr_node_memory_stats(int cell, struct vr_node_value out[VR_NODE_VALUES], size_t *count, struct vr_error **err)
{
    static const char *const fields[] = { "total", "free", "buffers", "cached" };
    static const char *const keys[] = { "MemTotal:", "MemFree:", "Buffers:", "Cached:" };
    bool numa, whole = cell == -1;
    int last = max_node(&numa);
    if (cell < -1 || cell > last) {
        vr_autofree char *text = vr_printf("cellNum in virHostMemGetStats must be less than or equal to %d", last);
        return bad_argument(err, text);
    }
    vr_autofree char *text =
        whole || !numa ? vr_sys_read("/proc/meminfo") : vr_sys_read(NODE_DIR "/node%d/meminfo", cell);
    if (!text)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot open %s"), whole ? "/proc/meminfo" : NODE_DIR);
    char prefix[32] = "", key[64];
    if (!whole && numa)
        snprintf(prefix, sizeof(prefix), "Node %d ", cell);
    size_t n = 0;
    for (size_t i = 0; i < VR_COUNT(keys); i++) {
        snprintf(key, sizeof(key), "%s%s", prefix, keys[i]);
        if (vr_sys_field(text, key, &out[n].value))
            out[n++].field = fields[i];
    }
    *count = n;
    return n > 0 || vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("no available memory line found"));
}

/* ---- processor time ----------------------------------------------------------------------------------------- */

bool vr_node_cpu_stats(int cpu, struct vr_node_value out[VR_NODE_VALUES], size_t *count, struct vr_error **err)
{
    if (cpu < -1)
        return bad_argument(err, "cpuNum in virNodeGetCPUStats only accepts -1 as a negative value");
    vr_autofree char *text = vr_sys_read("/proc/stat");
    if (!text)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot open %s"), "/proc/stat");
    char name[32] = "cpu ";
    if (cpu >= 0)
        snprintf(name, sizeof(name), "cpu%d ", cpu);
    const char *line = text;
    while (line && strncmp(line, name, strlen(name)) != 0)
        if ((line = strchr(line, '\n')))
            line++;
    unsigned long long user, nice, sys, idle, iowait, irq = 0, softirq = 0;
    if (!line)
        return bad_argument(err, "Invalid cpuNum in virHostCPUGetStatsLinux");
    int n = sscanf(line + strlen(name), "%llu %llu %llu %llu %llu %llu %llu", &user, &nice, &sys, &idle, &iowait, &irq,
                   &softirq);
    if (n < 4)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("cannot parse /proc/stat"));
    const uint64_t tick_ns = 1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK);
    out[0] = (struct vr_node_value){ "kernel", (sys + irq + softirq) * tick_ns };
    out[1] = (struct vr_node_value){ "user", (user + nice) * tick_ns };
    out[2] = (struct vr_node_value){ "idle", idle * tick_ns };
    out[3] = (struct vr_node_value){ "iowait", n > 4 ? iowait * tick_ns : 0 };
    *count = 4;
    return true;
}

bool vr_node_cpu_map(unsigned char **map, size_t *length, unsigned *present, unsigned *online, struct vr_error **err)
{
    vr_autofree char *there = vr_sys_read(CPU_DIR "/present"), *on = vr_sys_read(CPU_DIR "/online");
    vr_autofree unsigned *all = NULL, *up = NULL;
    size_t all_count = 0, up_count = 0;
    if (!there || !on || !vr_sys_list_parse(there, VR_NODE_MAX_CPU, &all, &all_count) ||
        !vr_sys_list_parse(on, VR_NODE_MAX_CPU, &up, &up_count) || !all_count)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("cannot read the CPU map of the host"));
    /* The API's map has a bit per present processor, counting numbers that are not used. */
    *present = all[all_count - 1] + 1;
    *length = (*present + 7) / 8;
    *map = vr_alloc(*length);
    *online = 0;
    for (size_t i = 0; i < up_count; i++)
        if (up[i] < *present) {
            (*map)[up[i] / 8] |= (unsigned char)(1u << (up[i] % 8));
            (*online)++;
        }
    return true;
}

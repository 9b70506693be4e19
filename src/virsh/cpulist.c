/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpulist.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"

#define MOST_CPUS 16384
#define LIST_CPUS 1024 /* what a list may name */

int vr_host_cpus(struct vr_cmd *cmd)
{
    int n = virNodeGetCPUMap(vr_conn(cmd), NULL, NULL, 0);
    if (n < 0) { /* an older server */
        virNodeInfo info;
        vr_forget_error(cmd);
        if (virNodeGetInfo(vr_conn(cmd), &info) < 0)
            return -1;
        n = (int)VIR_NODEINFO_MAXCPUS(info);
    }
    return n > MOST_CPUS ? MOST_CPUS : n;
}

char *vr_cpulist_text(const unsigned char *map, int map_len, int max_cpu)
{
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    int end = map_len * 8 < max_cpu ? map_len * 8 : max_cpu;
    for (int i = 0; i < end; i++) {
        int first = i;
        if (!VIR_CPU_USED(map, i))
            continue;
        while (i + 1 < end && VIR_CPU_USED(map, i + 1))
            i++;
        vr_buf_printf(&out, "%s%d", out.len ? "," : "", first);
        if (i > first)
            vr_buf_printf(&out, "-%d", i);
    }
    return vr_buf_take(&out);
}

/* "3", "1-4" into a range; *drop: "^3". */
static bool range(char *word, long *first, long *last, bool *drop)
{
    uint64_t a, b;
    word += strspn(word, " ");
    *drop = *word == '^';
    char *dash = strchr(word, '-');
    if (dash)
        *dash = '\0';
    if (!vr_parse_u64(word + *drop, 10, INT_MAX, &a))
        return false;
    b = a;
    if (dash && (*drop || !vr_parse_u64(dash + 1, 10, INT_MAX, &b) || b < a))
        return false;
    *first = (long)a;
    *last = (long)b;
    return true;
}

unsigned char *vr_cpulist_parse(struct vr_cmd *cmd, const char *list, int max_cpu, int *map_len)
{
    vr_autofree unsigned char *map = NULL;
    *map_len = VIR_CPU_MAPLEN(max_cpu);
    map = vr_alloc((size_t)*map_len + 1);
    if (vr_streq(list, "r")) {
        for (int i = 0; i < max_cpu; i++)
            VIR_USE_CPU(map, i);
        return vr_take(map);
    }
    vr_autofree char *copy = vr_strdup(list);
    long highest = -1;
    bool any = false;
    for (char *rest = copy, *word; (word = strsep(&rest, ","));) {
        long first, last;
        bool drop;
        if (!range(word, &first, &last, &drop) || last >= LIST_CPUS) {
            vr_complain(cmd, _("Invalid cpulist '%s'"), list);
            vr_late_error(cmd, _("invalid argument: Failed to parse bitmap '%s'"), list);
            return NULL;
        }
        for (long i = first; i <= last && i < max_cpu; i++) {
            if (drop)
                VIR_UNUSE_CPU(map, i);
            else
                VIR_USE_CPU(map, i);
        }
        if (!drop && last > highest)
            highest = last;
    }
    if (highest >= max_cpu) {
        vr_complain(cmd, _("CPU %d in cpulist '%s' exceed the maxcpu %d"), (int)highest, list, max_cpu);
        return NULL;
    }
    for (int i = 0; i < *map_len; i++)
        any |= map[i] != 0;
    if (!any) {
        vr_complain(cmd, _("Invalid cpulist '%s'"), list);
        return NULL;
    }
    return vr_take(map);
}

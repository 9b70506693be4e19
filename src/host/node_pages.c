/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages of the host: ordinary ones, pools of huge ones, and pages merged by KSM. */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "node.h"
#include "sysfile.h"

#define HOST_POOLS "/sys/kernel/mm/hugepages"
#define KSM_DIR "/sys/kernel/mm/ksm"
#define MAX_SIZES 64

static uint64_t ordinary_kib(void)
{
    return (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* Pools are directories "hugepages-2048kB", of the host or of one node. */
static char *pool_dir(int node, uint64_t size_kib)
{
    return node < 0 ? vr_printf(HOST_POOLS "/hugepages-%lukB", size_kib)
                    : vr_printf("/sys/devices/system/node/node%d/hugepages/hugepages-%lukB", node, size_kib);
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

void vr_node_page_sizes(uint64_t **sizes, size_t *count)
{
    uint64_t *list = vr_alloc(MAX_SIZES * sizeof(*list));
    size_t n = 0;
    list[n++] = ordinary_kib();
    /* Sizes are powers of two: asking for each is simpler than reading a directory whose names carry a suffix. */
    for (uint64_t kib = 8; kib <= (UINT64_C(1) << 40) && n < MAX_SIZES; kib *= 2) {
        vr_autofree char *dir = pool_dir(-1, kib);
        if (kib != list[0] && vr_sys_exists("%s", dir))
            list[n++] = kib;
    }
    vr_sort(list + 1, n - 1, sizeof(*list), by_size);
    *sizes = list;
    *count = n;
}

static bool ordinary_pages(int node, uint64_t *total, uint64_t *free_pages)
{
    struct vr_node_value values[VR_NODE_VALUES];
    size_t n = 0, size_count = 0;
    uint64_t kib = ordinary_kib(), all = 0, unused = 0, pools = 0;
    if (!vr_node_memory_stats(node, values, &n, NULL))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (vr_streq(values[i].field, "total"))
            all = values[i].value;
        else if (vr_streq(values[i].field, "free"))
            unused = values[i].value;
    }
    /* Memory in pools of huge pages is not there for ordinary ones. */
    vr_autofree uint64_t *sizes = NULL;
    vr_node_page_sizes(&sizes, &size_count);
    for (size_t i = 1; i < size_count; i++) {
        uint64_t pool_total, pool_free;
        if (vr_node_pages(node, sizes[i], &pool_total, &pool_free, NULL))
            pools += pool_total * sizes[i];
    }
    *total = (all > pools ? all - pools : 0) / kib;
    *free_pages = unused / kib;
    return true;
}

bool vr_node_pages(int node, uint64_t size_kib, uint64_t *total, uint64_t *free_pages, struct vr_error **err)
{
    if (size_kib == ordinary_kib() && ordinary_pages(node, total, free_pages))
        return true;
    vr_autofree char *dir = pool_dir(node, size_kib);
    if (vr_sys_read_u64(total, "%s/nr_hugepages", dir) && vr_sys_read_u64(free_pages, "%s/free_hugepages", dir))
        return true;
    if (node < 0)
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("page size %u is not available"), (unsigned)size_kib);
    return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("page size %u is not available on node %d"), (unsigned)size_kib,
                   node);
}

static bool check_cells(int first, unsigned cells, int *last, struct vr_error **err)
{
    uint64_t bytes[1];
    size_t n;
    vr_autofree unsigned *nodes = NULL;
    size_t count = 0;
    int highest =
        vr_sys_numbered("/sys/devices/system/node", "node", &nodes, &count) && count ? (int)nodes[count - 1] : 0;
    if (first > highest)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("start cell %d out of range (0-%d)"), first, highest);
    if (first >= 0 && !vr_node_cells_free(first, 1, bytes, &n, err))
        return false;
    int64_t wanted = (int64_t)first + cells - 1;
    *last = first < 0 ? first : wanted > highest ? highest : (int)wanted;
    return true;
}

bool vr_node_free_pages(const uint32_t *sizes_kib, size_t size_count, int first, unsigned cells, uint64_t *counts,
                        size_t *written, struct vr_error **err)
{
    int last;
    size_t n = 0;
    first = first < -1 ? -1 : first;
    if (!check_cells(first, cells, &last, err))
        return false;
    for (int cell = first; cell <= last; cell++)
        for (size_t i = 0; i < size_count; i++) {
            uint64_t total;
            if (!vr_node_pages(cell, sizes_kib[i], &total, &counts[n], err))
                return false;
            n++;
        }
    *written = n;
    return true;
}

static bool set_pool(int node, uint64_t size_kib, uint64_t count, bool add, struct vr_error **err)
{
    vr_autofree char *dir = pool_dir(node, size_kib);
    uint64_t now, got;
    if (size_kib == ordinary_kib())
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, _("system pages pool can't be modified"));
    if (!vr_sys_read_u64(&now, "%s/nr_hugepages", dir)) {
        uint64_t unused;
        return vr_node_pages(node, size_kib, &now, &unused, err);
    }
    uint64_t want = add ? now + count : count;
    char text[32];
    snprintf(text, sizeof(text), "%lu", want);
    int e = vr_sys_write(text, "%s/nr_hugepages", dir);
    if (e)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Unable to write to: %s"), dir);
    /* The kernel takes what it finds and says nothing. */
    if (!vr_sys_read_u64(&got, "%s/nr_hugepages", dir) || got == want)
        return true;
    return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("Unable to allocate %llu pages. Allocated only %llu"),
                   (unsigned long long)count, (unsigned long long)(got > now ? got - now : 0));
}

bool vr_node_alloc_pages(const uint32_t *sizes_kib, const uint64_t *counts, size_t size_count, int first,
                         unsigned cells, bool add, size_t *done, struct vr_error **err)
{
    int last;
    *done = 0;
    first = first < -1 ? -1 : first;
    if (!check_cells(first, cells, &last, err))
        return false;
    for (int cell = first; cell <= last; cell++)
        for (size_t i = 0; i < size_count; i++)
            if (!set_pool(cell, sizes_kib[i], counts[i], add, err))
                return false;
            else
                ++*done;
    return true;
}

/* ---- KSM ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *field, *file;
    bool wide, writable;
} ksm[] = {
    { "shm_pages_to_scan", "pages_to_scan", false, true },
    { "shm_sleep_millisecs", "sleep_millisecs", false, true },
    { "shm_pages_shared", "pages_shared", true, false },
    { "shm_pages_sharing", "pages_sharing", true, false },
    { "shm_pages_unshared", "pages_unshared", true, false },
    { "shm_pages_volatile", "pages_volatile", true, false },
    { "shm_full_scans", "full_scans", true, false },
    { "shm_merge_across_nodes", "merge_across_nodes", false, true },
};

void vr_node_ksm_read(struct vr_node_ksm out[VR_NODE_KSM_MAX], size_t *count)
{
    size_t n = 0;
    for (size_t i = 0; i < VR_COUNT(ksm); i++)
        if (vr_sys_read_u64(&out[n].value, KSM_DIR "/%s", ksm[i].file)) {
            out[n].field = ksm[i].field;
            out[n].wide = ksm[i].wide;
            out[n++].writable = ksm[i].writable;
        }
    *count = n;
}

bool vr_node_ksm_set(const char *field, uint64_t value, struct vr_error **err)
{
    for (size_t i = 0; i < VR_COUNT(ksm); i++) {
        if (!vr_streq(field, ksm[i].field) || !ksm[i].writable)
            continue;
        char text[32];
        snprintf(text, sizeof(text), "%lu", value);
        if (!vr_sys_exists(KSM_DIR "/%s", ksm[i].file))
            return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("Parameter '%s' is not supported by this kernel"), field);
        int e = vr_sys_write(text, KSM_DIR "/%s", ksm[i].file);
        return !e || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("failed to set %s"), field);
    }
    return vr_fail(err, VIR_ERR_INVALID_ARG, _("parameter '%s' not supported"), field);
}

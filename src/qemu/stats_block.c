/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
/* The block group of the statistics. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "definition.h"
#include "monitor.h"
#include "rows.h"
#include "stats.h"

/* "/machine/peripheral/virtio-disk0/virtio-backend" or "/machine/peripheral/ide0-0-0": a component is the alias. */
static bool names_alias(const char *qdev, const char *alias)
{
    size_t len = strlen(alias);
    for (const char *at = qdev; at; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, alias, len) == 0 && (!at[len] || at[len] == '/'))
            return true;
    }
    return false;
}

static const struct vr_json *find_entry(const struct vr_json *blockstats, const struct vr_disk *disk)
{
    if (!disk->info.alias)
        return NULL;
    for (size_t i = 0; i < vr_json_len(blockstats); i++) {
        const struct vr_json *entry = vr_json_at(blockstats, i);
        const char *qdev = vr_json_get_str(entry, "qdev"), *device = vr_json_get_str(entry, "device");
        if (qdev && *qdev ? names_alias(qdev, disk->info.alias)
                          : device && vr_starts_with(device, "drive-") && vr_streq(device + 6, disk->info.alias))
            return entry;
    }
    return NULL;
}

static void add_stats(const struct vr_json *stats, struct vr_block_counters *out)
{
    const struct {
        const char *name;
        uint64_t *to;
    } rows[] = {
        { "rd_operations", &out->rd_req }, { "rd_bytes", &out->rd_bytes }, { "rd_total_time_ns", &out->rd_ns },
        { "wr_operations", &out->wr_req }, { "wr_bytes", &out->wr_bytes }, { "wr_total_time_ns", &out->wr_ns },
        { "flush_operations", &out->fl_req }, { "flush_total_time_ns", &out->fl_ns },
        { "wr_highest_offset", &out->highest_write },
    };
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        uint64_t v;
        if (vr_json_get_uint(stats, rows[i].name, &v))
            *rows[i].to += v;
    }
}

bool vr_block_counters_add(const struct vr_json *blockstats, const struct vr_disk *disk, struct vr_block_counters *out)
{
    const struct vr_json *entry = find_entry(blockstats, disk);
    if (entry)
        add_stats(vr_json_get_object(entry, "stats"), out);
    return entry != NULL;
}

/* The block node of a source in the reply of query-named-block-nodes. */
static const struct vr_json *find_node(const struct vr_json *nodes, const struct vr_storage_source *src)
{
    for (size_t i = 0; i < vr_json_len(nodes); i++) {
        const struct vr_json *node = vr_json_at(nodes, i);
        const char *name = vr_json_get_str(node, "node-name");
        if (name && ((src->node_format && vr_streq(name, src->node_format)) ||
                     (!src->node_format && src->node_storage && vr_streq(name, src->node_storage))))
            return node;
    }
    return NULL;
}

struct sizes {
    char *path;
    uint64_t size, used;
    int errnum;
};

static void sizes_task(void *arg)
{
    struct sizes *s = arg;
    struct stat st;
    if (stat(s->path, &st) < 0) {
        s->errnum = errno;
        return;
    }
    s->used = (uint64_t)st.st_blocks * 512;
    s->size = (uint64_t)st.st_size;
    if (S_ISBLK(st.st_mode)) {
        vr_autoclose int fd = open(s->path, O_RDONLY | O_CLOEXEC);
        off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
        if (end < 0)
            s->errnum = errno;
        else
            s->size = s->used = (uint64_t)end;
    }
}

static void sizes_free(void *arg)
{
    struct sizes *s = arg;
    free(s->path);
    free(s);
}

VR_SUSPENDS static bool file_sizes(const char *path, struct sizes *out, struct vr_error **err)
{
    struct sizes *s = vr_new(struct sizes);
    s->path = vr_strdup(path);
    if (!vr_worker_run(VR_POOL_STORAGE, path, "image size", sizes_task, s, sizes_free, vr_after(VR_SPAN_QUERY), err))
        return false;
    int errnum = s->errnum;
    *out = (struct sizes){ NULL, s->size, s->used, 0 };
    if (errnum)
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errnum, _("cannot stat file '%s'"), path);
    sizes_free(s);
    return !errnum;
}

struct walk {
    struct vr_params *p;
    const struct vr_json *stats, *nodes;
    unsigned index;
};

#define BLOCK(type, value, suffix)                                                                 \
    vr_params_##type(w->p, value, VIR_DOMAIN_STATS_BLOCK_PREFIX "%u" VIR_DOMAIN_STATS_BLOCK_SUFFIX_##suffix, w->index)

VR_SUSPENDS static void one_source(struct walk *w, const struct vr_disk *disk, const struct vr_storage_source *src, bool top)
{
    BLOCK(str, disk->target ? disk->target : "", NAME);
    if (src->path)
        BLOCK(str, src->path, PATH);
    if (src->id && vr_disk_path(disk)) /* an empty drive has an id too, but nothing behind it */
        BLOCK(uint, src->id, BACKINGINDEX);
    if (!w->stats)
        return;
    struct vr_block_counters c = { 0 };
    if (top && vr_block_counters_add(w->stats, disk, &c)) {
        BLOCK(ullong, c.rd_req, RD_REQS);
        BLOCK(ullong, c.rd_bytes, RD_BYTES);
        BLOCK(ullong, c.rd_ns, RD_TIMES);
        BLOCK(ullong, c.wr_req, WR_REQS);
        BLOCK(ullong, c.wr_bytes, WR_BYTES);
        BLOCK(ullong, c.wr_ns, WR_TIMES);
        BLOCK(ullong, c.fl_req, FL_REQS);
        BLOCK(ullong, c.fl_ns, FL_TIMES);
    }
    const struct vr_json *image = vr_json_get_object(find_node(w->nodes, src), "image");
    uint64_t capacity, actual;
    if (!image || !vr_json_get_uint(image, "virtual-size", &capacity))
        return;
    BLOCK(ullong, c.highest_write, ALLOCATION);
    BLOCK(ullong, capacity, CAPACITY);
    if (!vr_json_get_uint(image, "actual-size", &actual))
        return;
    struct sizes file;
    /* A file with nothing written yet: then its length is told, as stock does. The guest's job keeps `src` alive. */
    if (!actual && src->path && src->type == VR_STORAGE_FILE && file_sizes(src->path, &file, NULL))
        actual = file.size;
    BLOCK(ullong, actual, PHYSICAL);
}

VR_SUSPENDS void vr_stats_block(struct vr_domain *dom, struct vr_domain_def *def, bool backing, struct vr_monitor *monitor,
                                vr_time deadline, struct vr_params *p)
{
    VR_AUTO(vr_json) *stats = NULL;
    VR_AUTO(vr_json) *nodes = NULL;
    uint64_t serial = dom->run ? dom->run->serial : 0;
    if (monitor && def->disks.n) {
        struct vr_json *flat = vr_json_object();
        vr_json_add_bool(flat, "flat", true);
        if (!vr_monitor_call(monitor, VR_QMP_QUERY, "query-blockstats", NULL, &stats, deadline, NULL))
            vr_json_free(flat);
        else
            vr_monitor_call(monitor, VR_QMP_QUERY, "query-named-block-nodes", flat, &nodes, deadline, NULL);
        if (serial && !vr_process_same_run(dom, serial))
            return; /* the guest ended, and `def` with it */
    }
    vr_params_uint(p, 0, VIR_DOMAIN_STATS_BLOCK_COUNT);
    uint32_t count_at = p->n - 1;
    struct walk w = { p, stats, nodes, 0 };
    for (size_t i = 0; i < def->disks.n; i++) {
        const struct vr_disk *disk = def->disks.v[i];
        const struct vr_storage_source *src = disk->src;
        one_source(&w, disk, src, true);
        w.index++;
        for (src = src->backing; backing && src && src->type != VR_STORAGE_UNSET; src = src->backing) {
            one_source(&w, disk, src, false);
            w.index++;
        }
    }
    p->v[count_at].value.ui = w.index; /* by index: the array moves as it grows */
}

/* ---- one image's sizes -------------------------------------------------------------------------------------------- */

VR_SUSPENDS bool vr_image_sizes(struct vr_domain *dom, const struct vr_disk *disk, uint64_t *capacity, uint64_t *allocation,
                                uint64_t *physical, struct vr_error **err)
{
    const struct vr_storage_source *src = disk->src;
    bool local = src->type == VR_STORAGE_FILE || src->type == VR_STORAGE_BLOCK;
    vr_autofree char *path = vr_strdup(src->path);
    struct sizes file = { 0 };
    VR_AUTO(vr_json) *nodes = NULL;
    if (dom->run) {
        struct vr_json *flat = vr_json_object();
        vr_json_add_bool(flat, "flat", true);
        struct vr_monitor *mon = vr_process_monitor(dom, err);
        if (!mon || !vr_monitor_call(mon, VR_QMP_QUERY, "query-named-block-nodes", flat, &nodes, vr_after(VR_SPAN_QUERY), err))
            return false;
    }
    const struct vr_json *image = nodes ? vr_json_get_object(find_node(nodes, src), "image") : NULL;
    uint64_t virtual_size, actual_size;
    if (local && !file_sizes(path, &file, err))
        return false;
    if (image && vr_json_get_uint(image, "virtual-size", &virtual_size) && vr_json_get_uint(image, "actual-size", &actual_size)) {
        *capacity = virtual_size;
        *allocation = actual_size;
        *physical = local ? file.size : actual_size;
        return true;
    }
    if (!local)
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, _("the size of the image of disk '%s' is known only while it runs"),
                       disk->target);
    /* What a qcow2 file claims to hold stands in its header, which only image tools read. */
    if (src->format > VR_FORMAT_RAW)
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED,
                       _("the capacity of disk '%s' is known only while the domain runs: its image is no raw one"), disk->target);
    *capacity = file.size;
    *allocation = file.used;
    *physical = file.size;
    return true;
}

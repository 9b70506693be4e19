/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "brief.h"
#include <string.h>
#include "base/alloc.h"
#include "definition.h"
#include "rows.h"
#include "stats.h"

static size_t room_for(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *put(char **at, const char *text)
{
    if (!text)
        return NULL;
    const char *copy = *at;
    *at = stpcpy(*at, text) + 1;
    return copy;
}

struct vr_brief *vr_brief_new(const struct vr_domain_def *def)
{
    size_t texts = 0;
    for (size_t i = 0; i < def->disks.n; i++)
        texts += room_for(def->disks.v[i]->target) + room_for(def->disks.v[i]->src->path);
    size_t head = sizeof(struct vr_brief) + def->disks.n * sizeof(struct vr_brief_disk);
    struct vr_brief *b = vr_alloc(head + texts);
    char *at = (char *)b + head;
    b->memory_kib = def->memory_kib;
    b->current_memory_kib = def->current_memory_kib;
    b->vcpus = def->vcpus;
    b->vcpus_online = vr_vcpus_online(def);
    b->disk_count = (uint32_t)def->disks.n;
    for (size_t i = 0; i < def->disks.n; i++) {
        const struct vr_disk *disk = def->disks.v[i];
        b->disks[i].target = put(&at, disk->target);
        b->disks[i].path = put(&at, disk->src->path);
        b->disks[i].id = vr_disk_path(disk) ? disk->src->id : 0;
    }
    return b;
}

void vr_brief_stats(const struct vr_brief *b, unsigned groups, struct vr_params *p)
{
    if (groups & VIR_DOMAIN_STATS_BALLOON) {
        vr_params_ullong(p, b->current_memory_kib, VIR_DOMAIN_STATS_BALLOON_CURRENT);
        vr_params_ullong(p, b->memory_kib, VIR_DOMAIN_STATS_BALLOON_MAXIMUM);
    }
    if (groups & VIR_DOMAIN_STATS_VCPU) {
        vr_params_uint(p, b->vcpus_online, VIR_DOMAIN_STATS_VCPU_CURRENT);
        vr_params_uint(p, b->vcpus, VIR_DOMAIN_STATS_VCPU_MAXIMUM);
    }
    if (!(groups & VIR_DOMAIN_STATS_BLOCK))
        return;
    vr_params_uint(p, b->disk_count, VIR_DOMAIN_STATS_BLOCK_COUNT);
    for (uint32_t i = 0; i < b->disk_count; i++) {
        const struct vr_brief_disk *disk = &b->disks[i];
#define BLOCK(type, value, suffix)                                                                 \
    vr_params_##type(p, value, VIR_DOMAIN_STATS_BLOCK_PREFIX "%u" VIR_DOMAIN_STATS_BLOCK_SUFFIX_##suffix, i)
        BLOCK(str, disk->target ? disk->target : "", NAME);
        if (disk->path)
            BLOCK(str, disk->path, PATH);
        if (disk->id)
            BLOCK(uint, disk->id, BACKINGINDEX);
#undef BLOCK
    }
}

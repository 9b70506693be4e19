/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The few values of a definition that statistics of a guest tell which does not run: kept when the definition is packed. */
#include <stddef.h>
#include <stdint.h>

struct vr_domain_def;
struct vr_params;

struct vr_brief_disk {
    const char *target, *path; /* path NULL: an empty drive */
    unsigned id;               /* of its image in the chain; 0: none */
};
struct vr_brief {
    uint64_t memory_kib, current_memory_kib;
    unsigned vcpus, vcpus_online;
    uint32_t disk_count;
    struct vr_brief_disk disks[];
};

/** One piece of memory, malloc'd. */
struct vr_brief *vr_brief_new(const struct vr_domain_def *def);
/** What vr_stats_collect would say of the definition, in its order, without the backing images. */
void vr_brief_stats(const struct vr_brief *brief, unsigned groups, struct vr_params *out);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Figures about one guest, group by group, as typed parameters; and what single calls need of the same sources. */
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/error.h"

struct vr_disk;
struct vr_domain;
struct vr_domain_def;
struct vr_interface;
struct vr_json;
struct vr_monitor;
struct vr_params;

/**
 * vr_stats_collect - the groups of VIR_DOMAIN_STATS_* of one guest
 * @monitor: of a guest whose job is held; NULL: only what can be told without QEMU
 * @backing: also the images below each disk's
 *
 * What cannot be had is left out, as stock does.
 */
VR_SUSPENDS void vr_stats_collect(struct vr_domain *dom, unsigned groups, bool backing, struct vr_monitor *monitor,
                                  vr_time deadline, struct vr_params *out);
/** True when these groups of this guest need QEMU itself. */
bool vr_stats_need_monitor(const struct vr_domain *dom, unsigned groups);
#define VR_STATS_GROUPS                                                                            \
    (VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_VCPU | \
     VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK | VIR_DOMAIN_STATS_PERF | VIR_DOMAIN_STATS_IOTHREAD | \
     VIR_DOMAIN_STATS_MEMORY | VIR_DOMAIN_STATS_DIRTYRATE)
/** The block group; stats_block.c. */
VR_SUSPENDS void vr_stats_block(struct vr_domain *dom, struct vr_domain_def *def, bool backing, struct vr_monitor *monitor,
                                vr_time deadline, struct vr_params *out);

/** Counters of one disk as QEMU keeps them. */
struct vr_block_counters {
    uint64_t rd_req, rd_bytes, rd_ns, wr_req, wr_bytes, wr_ns, fl_req, fl_ns;
    uint64_t highest_write;
};
/** Adds the counters of `disk` found in the reply of query-blockstats. False when QEMU does not know the disk. */
bool vr_block_counters_add(const struct vr_json *blockstats, const struct vr_disk *disk, struct vr_block_counters *out);

#define VR_NOT_TOLD UINT64_MAX
/** What the balloon driver in the guest reported, KiB and counts; VR_NOT_TOLD where it said nothing. */
struct vr_balloon_stats {
    uint64_t swap_in, swap_out, major_fault, minor_fault, unused, available, usable, disk_caches, hugetlb_pgalloc,
        hugetlb_pgfail;
    uint64_t last_update;
    bool has_last_update;
};
/** Of a running guest; `monitor` may be NULL when vr_stats_need_monitor says that the balloon group needs none. */
VR_SUSPENDS bool vr_balloon_stats_read(struct vr_domain *dom, struct vr_monitor *monitor, vr_time deadline,
                                       struct vr_balloon_stats *out, struct vr_error **err);

bool vr_vcpu_online(const struct vr_domain_def *def, unsigned vcpu);
unsigned vr_vcpus_online(const struct vr_domain_def *def);
/** Does the guest have a virtio memory balloon? */
bool vr_has_balloon(const struct vr_domain_def *def);

struct vr_net_counters {
    uint64_t rx_bytes, rx_packets, rx_errs, rx_drop, tx_bytes, tx_packets, tx_errs, tx_drop;
};
/** Of a host interface, seen from the guest when `swap`. False: no such interface. */
bool vr_net_counters_read(const char *ifname, bool swap, struct vr_net_counters *out);
/** Of a guest's interface, seen from the guest. */
bool vr_net_counters_of(const struct vr_interface *net, struct vr_net_counters *out);

/**
 * The sizes of a disk's image in bytes: from QEMU while the guest runs (under a query job), else from the file itself, on
 * a storage worker.
 */
VR_SUSPENDS bool vr_image_sizes(struct vr_domain *dom, const struct vr_disk *disk, uint64_t *capacity, uint64_t *allocation,
                                uint64_t *physical, struct vr_error **err);

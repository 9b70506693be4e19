/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What the host is: processors, memory, NUMA nodes. Reads /proc and /sys each time it is asked (milliseconds on a large
 * host), except where said. Error texts and codes are stock's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/uuid.h"

#define VR_NODE_MAX_CPU 16383

/** As virNodeInfo. */
struct vr_node_info {
    char model[32];     /* "x86_64" */
    uint64_t memory_kib;
    unsigned cpus, mhz, nodes, sockets, cores, threads; /* sockets per node, cores per socket, threads per core */
};
bool vr_node_info_read(struct vr_node_info *out, struct vr_error **err);

/** One processor and where it sits; offline ones have only a number. */
struct vr_node_cpu {
    unsigned id, node, socket, die, core;
    bool online;
    char *siblings;     /* threads of its core, "0,4" */
};
/** A NUMA node. */
struct vr_node_cell {
    unsigned id;
    uint64_t memory_kib, free_kib;
    struct vr_node_cpu *cpus;
    size_t cpu_count;
    unsigned *distances; /* one per node of `vr_node_topology.cells`, or NULL */
    size_t distance_count;
};
struct vr_node_topology {
    struct vr_node_cell *cells;
    size_t count;
};
/** A host without NUMA has one cell with all processors and memory. */
struct vr_node_topology *vr_node_topology_read(struct vr_error **err);
void vr_node_topology_free(struct vr_node_topology *topology);
VR_DEFINE_AUTO(vr_node_topology)

/** Bytes. */
bool vr_node_free_memory(uint64_t *bytes, struct vr_error **err);
/** Free bytes of cells from `first` on, at most `max`; *count says how many. */
bool vr_node_cells_free(int first, int max, uint64_t *bytes, size_t *count, struct vr_error **err);

struct vr_node_value {
    const char *field;  /* static */
    uint64_t value;
};
#define VR_NODE_VALUES 4
/** kernel, user, idle, iowait in ns; cpu -1: of all. */
bool vr_node_cpu_stats(int cpu, struct vr_node_value out[VR_NODE_VALUES], size_t *count, struct vr_error **err);
/** total, free, buffers, cached in KiB; cell -1: of the host; a cell has only the first two. */
bool vr_node_memory_stats(int cell, struct vr_node_value out[VR_NODE_VALUES], size_t *count, struct vr_error **err);

/** Bits of the processors that are present and of those that are online; malloc'd, `*length` bytes each. */
bool vr_node_cpu_map(unsigned char **map, size_t *length, unsigned *present, unsigned *online, struct vr_error **err);

/** Sizes of pages in KiB, ascending, the ordinary one first; malloc'd. */
void vr_node_page_sizes(uint64_t **sizes, size_t *count);
/** Free and all pages of a size on a node; node -1: the host. */
bool vr_node_pages(int node, uint64_t size_kib, uint64_t *total, uint64_t *free_pages, struct vr_error **err);
/** As virNodeGetFreePages: counts[cell][size], cell by cell. Returns how many were written through *written. */
bool vr_node_free_pages(const uint32_t *sizes_kib, size_t size_count, int first, unsigned cells, uint64_t *counts,
                        size_t *written, struct vr_error **err);
/** As virNodeAllocPages: sets the pools to `counts`, or adds to them; *done says how many pools were seen to. */
bool vr_node_alloc_pages(const uint32_t *sizes_kib, const uint64_t *counts, size_t size_count, int first,
                         unsigned cells, bool add, size_t *done, struct vr_error **err);

/** KSM: "shm_pages_to_scan" and so on; wide: 64 bits in the API. */
struct vr_node_ksm {
    const char *field;
    bool wide, writable;
    uint64_t value;
};
#define VR_NODE_KSM_MAX 8
/** Those that the kernel has. */
void vr_node_ksm_read(struct vr_node_ksm out[VR_NODE_KSM_MAX], size_t *count);
/** A /sys write: on a worker. */
bool vr_node_ksm_set(const char *field, uint64_t value, struct vr_error **err);

/** Highest number of vcpus of a KVM guest. */
bool vr_host_kvm_max_vcpus(int *out, struct vr_error **err);

/**
 * The host's uuid: of libvirtd.conf when set, else the firmware's, else one made up for this run.
 */
const struct vr_uuid *vr_host_uuid(void);
/** libvirtd.conf: host_uuid. */
void vr_host_uuid_set(const struct vr_uuid *uuid);

/* ---- the processor ------------------------------------------------------------------------------------------ */

struct vr_host_cpu {
    char arch[32];
    const char *vendor;         /* "Intel", "AMD", "Hygon"; NULL: another */
    unsigned family, model, stepping;
    uint64_t microcode;         /* 0 = unknown */
    unsigned phys_bits;         /* 0 = unknown */
    uint64_t tsc_hz;            /* 0 = unknown (asks KVM) */
    bool tsc_scaling;
    const char **features;      /* names as documents write them, in their order; static texts */
    size_t feature_count;
};
/** Read once. Opens /dev/kvm the first time: on a worker, or at start. */
const struct vr_host_cpu *vr_host_cpu(void);

/* ---- <host> of the capabilities document -------------------------------------------------------------------- */

struct vr_host_xml_extra {
    const char *cpu_model;          /* NULL: unknown, left out, and all features are listed */
    const char *const *cpu_features; /* what the host has beyond the model; NULL-terminated; NULL: all */
    bool dac;                       /* a security model "dac" with this base label */
    unsigned uid, gid;
};
/** "  <host>...</host>\n\n", indented as the document is. Blocks for some milliseconds. */
bool vr_host_xml(struct vr_buf *b, const struct vr_host_xml_extra *extra, struct vr_error **err);

/** <sysinfo type='smbios'> of the host; CONFIG_UNSUPPORTED when the firmware's tables cannot be read. Blocks. */
bool vr_host_sysinfo(struct vr_buf *b, struct vr_error **err);

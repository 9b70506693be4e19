/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <cpu> with its NUMA cells, as in domains. */
#include "model/common.h"

#define VR_CPU_MODES(X, P) X(P, CUSTOM, "custom") X(P, HOST_MODEL, "host-model") X(P, HOST_PASSTHROUGH, "host-passthrough") X(P, MAXIMUM, "maximum")
VR_ENUM(vr_cpu_mode, VR_CPU_MODE, VR_CPU_MODES);
#define VR_CPU_MATCHES(X, P) X(P, MINIMUM, "minimum") X(P, EXACT, "exact") X(P, STRICT, "strict")
VR_ENUM(vr_cpu_match, VR_CPU_MATCH, VR_CPU_MATCHES);
#define VR_CPU_CHECKS(X, P) X(P, NONE, "none") X(P, PARTIAL, "partial") X(P, FULL, "full")
VR_ENUM(vr_cpu_check, VR_CPU_CHECK, VR_CPU_CHECKS);
#define VR_CPU_FALLBACKS(X, P) X(P, ALLOW, "allow") X(P, FORBID, "forbid")
VR_ENUM(vr_cpu_fallback, VR_CPU_FALLBACK, VR_CPU_FALLBACKS);
#define VR_CPU_POLICIES(X, P) X(P, FORCE, "force") X(P, REQUIRE, "require") X(P, OPTIONAL, "optional") X(P, DISABLE, "disable") X(P, FORBID, "forbid")
VR_ENUM(vr_cpu_policy, VR_CPU_POLICY, VR_CPU_POLICIES);
#define VR_CPU_CACHE_MODES(X, P) X(P, EMULATE, "emulate") X(P, PASSTHROUGH, "passthrough") X(P, DISABLE, "disable")
VR_ENUM(vr_cpu_cache_mode, VR_CPU_CACHE, VR_CPU_CACHE_MODES);
#define VR_MEM_ACCESSES(X, P) X(P, SHARED, "shared") X(P, PRIVATE, "private")
VR_ENUM(vr_mem_access, VR_MEM_ACCESS, VR_MEM_ACCESSES);

struct vr_cpu_feature {
    enum vr_cpu_policy policy;
    const char *name;
};

struct vr_numa_distance {
    unsigned id, value;
};
struct vr_numa_cache {
    unsigned level;
    const char *associativity, *policy;
    uint64_t size_kib, line_bytes;
};
struct vr_numa_cell {
    struct vr_ouint id;
    struct vr_cpuset *cpus;
    uint64_t memory_kib;
    enum vr_mem_access mem_access;
    enum vr_tri discard;
    VR_LIST(struct vr_numa_distance) distances;
    VR_LIST(struct vr_numa_cache) caches;
};
struct vr_numa_interconnect {
    bool bandwidth; /* else latency */
    unsigned initiator, target;
    struct vr_ouint cache;
    const char *type;
    uint64_t value;
};

struct vr_cpu {
    enum vr_cpu_mode mode;
    enum vr_cpu_match match;
    enum vr_cpu_check check;
    enum vr_tri migratable;
    const char *model, *vendor, *vendor_id;
    enum vr_cpu_fallback fallback;
    struct {
        unsigned sockets, dies, cores, threads;
    } topology;
    struct {
        bool set;
        struct vr_oint level;
        enum vr_cpu_cache_mode mode;
    } cache;
    struct {
        const char *mode;
        struct vr_oint bits;
    } maxphysaddr;
    VR_LIST(struct vr_cpu_feature) features;
    VR_LIST(struct vr_numa_cell) cells;
    VR_LIST(struct vr_numa_interconnect) interconnects;
};

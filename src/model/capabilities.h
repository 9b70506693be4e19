/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <capabilities>, <domainCapabilities>, <storagepoolCapabilities> and <cpu> alone: what a host and its hypervisor can do. */
#include "model/common.h"
#include "model/cpu.h"
#include "model/document.h"

/* ---- cpu --------------------------------------------------------------------------------------------------------- */
struct vr_cpu_pages {
    const char *unit; /* "KiB" */
    uint64_t size;
};
struct vr_cpu_counter {
    const char *name;
    uint64_t frequency; /* Hz */
    enum vr_tri scaling;
};
/** A CPU as a host has it: what it is, not what is asked for. */
struct vr_host_cpu {
    const char *arch;
    struct {
        bool set, pae, nonpae, vmx, svm;
    } flags; /* <features>: only of hosts that describe no model */
    const char *model, *vendor;
    struct vr_ouint microcode;
    struct vr_ouint family, signature_model, stepping;
    struct vr_cpu_counter *counter;
    struct {
        unsigned sockets, dies, cores, threads;
    } topology;
    const char *physaddr_mode;
    unsigned physaddr_bits;
    VR_LIST(struct vr_cpu_feature) features; /* names; a policy only where a guest's CPU was expanded */
    VR_LIST(struct vr_cpu_pages) pages;
};
#define VR_CPU_OF_HOST (1u << 19) /* parse: a guest's CPU is an error (baseline) */
/* What <arch> makes of a <cpu> document. */
#define VR_CPU_KINDS(X, P) X(P, HOST, "arch")
VR_ENUM(vr_cpu_kind, VR_CPU_KIND, VR_CPU_KINDS);
struct vr_cpu_def {
    struct vr_arena *arena;
    enum vr_cpu_kind kind;    /* UNSET: as a guest asks for one */
    struct vr_cpu *guest;
    struct vr_host_cpu *host; /* kind HOST */
};
VR_DOCUMENT(vr_cpu_def);

/* ---- capabilities ------------------------------------------------------------------------------------------------ */
struct vr_caps_pages {
    const char *unit;
    uint64_t size, count;
};
struct vr_caps_cpu {
    unsigned id;
    struct vr_ouint socket, die, core;
    struct vr_cpuset *siblings;
};
struct vr_caps_cell {
    unsigned id;
    uint64_t memory_kib;
    VR_LIST(struct vr_caps_pages) pages;
    VR_LIST(struct vr_numa_distance) distances;
    VR_LIST(struct vr_numa_cache) caches;
    bool has_cpus;
    unsigned n_cpus;
    VR_LIST(struct vr_caps_cpu) cpus;
};
struct vr_caps_control {
    uint64_t granularity;
    struct vr_ou64 min;
    const char *unit, *type;
    unsigned max_allocs;
};
struct vr_caps_bank {
    unsigned id, level;
    const char *type;
    uint64_t size;
    const char *unit;
    struct vr_cpuset *cpus;
    VR_LIST(struct vr_caps_control) controls;
};
struct vr_caps_text {
    const char *name;
};
struct vr_caps_monitor {
    struct vr_ouint level, reuse_threshold;
    unsigned max_monitors;
    VR_LIST(struct vr_caps_text) features;
};
struct vr_caps_bandwidth_node {
    unsigned id;
    struct vr_cpuset *cpus;
    VR_LIST(struct vr_caps_control) controls;
};
struct vr_caps_baselabel {
    const char *type, *text;
};
struct vr_caps_secmodel {
    const char *model, *doi;
    VR_LIST(struct vr_caps_baselabel) baselabels;
};
struct vr_caps_host {
    bool has_uuid;
    struct vr_uuid uuid;
    struct vr_host_cpu *cpu;
    struct {
        bool set, mem, disk, hybrid;
    } power;
    enum vr_tri iommu;
    bool migration, live;
    VR_LIST(const char) uri_transports;
    unsigned n_cells;
    bool has_topology;
    VR_LIST(struct vr_caps_cell) cells;
    VR_LIST(struct vr_numa_interconnect) interconnects;
    VR_LIST(struct vr_caps_bank) banks;
    struct vr_caps_monitor *cache_monitor;
    VR_LIST(struct vr_caps_bandwidth_node) bandwidth_nodes;
    struct vr_caps_monitor *bandwidth_monitor;
    VR_LIST(struct vr_caps_secmodel) secmodels;
};
struct vr_caps_machine {
    const char *canonical, *name;
    unsigned max_cpus;
    enum vr_tri deprecated;
};
struct vr_caps_domain {
    const char *type, *emulator, *loader;
    VR_LIST(struct vr_caps_machine) machines;
};
struct vr_caps_toggle {
    const char *initially; /* "on", "off" */
    enum vr_tri toggle;
};
struct vr_caps_guest {
    const char *os_type, *arch;
    unsigned word_bits;
    const char *emulator, *loader;
    VR_LIST(struct vr_caps_machine) machines;
    VR_LIST(struct vr_caps_domain) domains;
    bool has_features, pae, nonpae, ia64_be, cpuselection, deviceboot, external_snapshot;
    struct vr_caps_toggle *acpi, *apic, *disksnapshot, *hap;
};
struct vr_capabilities_def {
    struct vr_arena *arena;
    struct vr_caps_host host;
    VR_LIST(struct vr_caps_guest) guests;
};
VR_DOCUMENT(vr_capabilities_def);

/* ---- domain capabilities ----------------------------------------------------------------------------------------- */
struct vr_caps_enum {
    const char *name;
    VR_LIST(const char) values;
};
/** A device or feature: is it there, and which values may be said about it. */
struct vr_caps_part {
    enum vr_tri supported;
    VR_LIST(const char) values;
    VR_LIST(struct vr_caps_enum) enums;
};
struct vr_caps_model {
    enum vr_tri deprecated;
    const char *usable, *fallback, *vendor_id, *vendor, *name;
};
struct vr_caps_mode {
    const char *name;
    enum vr_tri supported;
    VR_LIST(struct vr_caps_enum) enums;
    VR_LIST(struct vr_caps_model) models;
    const char *vendor;
    VR_LIST(struct vr_cpu_feature) features;
};
struct vr_caps_sev {
    enum vr_tri supported;
    struct vr_ouint cbitpos, reduced_phys_bits, max_guests, max_es_guests;
};
struct vr_caps_sgx_section {
    unsigned node;
    uint64_t size_kib;
};
struct vr_caps_sgx {
    enum vr_tri supported;
    const char *flc, *sgx1, *sgx2;
    struct vr_ou64 size_kib;
    VR_LIST(struct vr_caps_sgx_section) sections;
};
struct vr_domaincaps_def {
    struct vr_arena *arena;
    const char *path, *domain, *machine, *arch;
    unsigned max_vcpus;
    struct vr_caps_part *iothreads, *os, *loader, *memory_backing;
    VR_LIST(struct vr_caps_mode) modes;
    struct vr_caps_part *disk, *graphics, *video, *hostdev, *rng, *filesystem, *tpm, *redirdev, *channel, *crypto, *interface,
        *panic, *console;
    struct vr_caps_part *gic, *vmcoreinfo, *genid, *backing_store_input, *backup, *async_teardown, *s390_pv, *ps2, *hyperv;
    struct vr_caps_sev *sev;
    struct vr_caps_sgx *sgx;
};
VR_DOCUMENT(vr_domaincaps_def);

/* ---- storage pool capabilities ----------------------------------------------------------------------------------- */
struct vr_caps_options {
    const char *default_format;
    VR_LIST(struct vr_caps_enum) enums;
};
struct vr_caps_pool {
    const char *type;
    enum vr_tri supported;
    struct vr_caps_options *pool, *volume;
};
struct vr_poolcaps_def {
    struct vr_arena *arena;
    VR_LIST(struct vr_caps_pool) pools;
};
VR_DOCUMENT(vr_poolcaps_def);

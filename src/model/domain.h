/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <domain>: a guest's definition. Everything lives in `arena`, devices in child arenas of it. */
#include "model/chardev.h"
#include "model/common.h"
#include "model/controller.h"
#include "model/cpu.h"
#include "model/devices.h"
#include "model/disk.h"
#include "model/graphics.h"
#include "model/interface.h"

#define VR_VIRT_TYPES(X, P)                                                                        \
    X(P, QEMU, "qemu") X(P, KQEMU, "kqemu") X(P, KVM, "kvm") X(P, XEN, "xen") X(P, LXC, "lxc") X(P, UML, "uml") \
    X(P, OPENVZ, "openvz") X(P, TEST, "test") X(P, VMWARE, "vmware") X(P, HYPERV, "hyperv") X(P, VBOX, "vbox") \
    X(P, PHYP, "phyp") X(P, PARALLELS, "parallels") X(P, BHYVE, "bhyve") X(P, VZ, "vz") X(P, HVF, "hvf")
VR_ENUM(vr_virt_type, VR_VIRT, VR_VIRT_TYPES);

#define VR_BOOT_DEVICES(X, P) X(P, FD, "fd") X(P, CDROM, "cdrom") X(P, HD, "hd") X(P, NETWORK, "network")
VR_ENUM(vr_boot_device, VR_BOOT, VR_BOOT_DEVICES);

#define VR_LIFECYCLE_ACTIONS(X, P)                                                                 \
    X(P, DESTROY, "destroy") X(P, RESTART, "restart") X(P, RENAME_RESTART, "rename-restart")       \
    X(P, PRESERVE, "preserve") X(P, COREDUMP_DESTROY, "coredump-destroy") X(P, COREDUMP_RESTART, "coredump-restart")
VR_ENUM(vr_lifecycle_action, VR_ACTION, VR_LIFECYCLE_ACTIONS);
#define VR_LOCK_FAILURES(X, P) X(P, POWEROFF, "poweroff") X(P, RESTART, "restart") X(P, PAUSE, "pause") X(P, IGNORE, "ignore")
VR_ENUM(vr_lock_failure, VR_LOCK_FAILURE, VR_LOCK_FAILURES);

#define VR_PLACEMENTS(X, P) X(P, STATIC, "static") X(P, AUTO, "auto")
VR_ENUM(vr_placement, VR_PLACEMENT, VR_PLACEMENTS);

/* ---- os ---------------------------------------------------------------------------------------------------------- */

#define VR_LOADER_TYPES(X, P) X(P, ROM, "rom") X(P, PFLASH, "pflash") X(P, NONE, "none")
VR_ENUM(vr_loader_type, VR_LOADER, VR_LOADER_TYPES);
#define VR_FIRMWARES(X, P) X(P, BIOS, "bios") X(P, EFI, "efi")
VR_ENUM(vr_firmware, VR_FIRMWARE, VR_FIRMWARES);
struct vr_boot {
    enum vr_boot_device dev;
};
struct vr_firmware_feature {
    enum vr_tri enabled;
    const char *name; /* "enrolled-keys", "secure-boot" */
};
struct vr_acpi_table {
    const char *type, *path;
};
struct vr_os {
    const char *type, *arch, *machine;  /* <type arch= machine=>hvm</type> */
    enum vr_firmware firmware;
    VR_LIST(struct vr_firmware_feature) firmware_features;
    const char *loader;
    enum vr_tri loader_readonly, loader_secure, loader_stateless;
    enum vr_loader_type loader_type;
    enum vr_storage_format loader_format, nvram_format;
    const char *nvram_template;
    struct vr_storage_source *nvram;    /* NULL: no <nvram> */
    bool nvram_typed;                   /* <nvram type=><source/>, not just a path */
    const char *kernel, *initrd, *cmdline, *dtb, *shim;
    VR_LIST(struct vr_acpi_table) acpi_tables;
    VR_LIST(struct vr_boot) boot;
    bool has_bootmenu, has_bios;
    enum vr_tri bootmenu;
    unsigned bootmenu_timeout;
    enum vr_tri bios_useserial;
    struct vr_oint reboot_timeout;
    const char *smbios_mode;            /* "emulate", "host", "sysinfo" */
    /* xen, lxc */
    const char *root, *bootloader, *bootloader_args, *init, *initdir, *inituser, *initgroup;
    VR_LIST(const char) initargs;
    VR_LIST(struct vr_cookie) initenv;
};

/* ---- sysinfo ----------------------------------------------------------------------------------------------------- */

struct vr_sysinfo_entry {
    const char *name, *value, *file;    /* fwcfg: file= */
};
struct vr_sysinfo_group {
    VR_LIST(struct vr_sysinfo_entry) entries;
};
struct vr_sysinfo {
    const char *type;                   /* "smbios", "fwcfg" */
    struct vr_sysinfo_group *bios, *system, *chassis, *oem_strings;
    VR_LIST(struct vr_sysinfo_group) base_boards;
    VR_LIST(struct vr_sysinfo_entry) fwcfg;
};

/* ---- features ---------------------------------------------------------------------------------------------------- */

/** A feature that is an element with state='on|off', or just present: UNSET = absent, with `present` for bare ones. */
struct vr_feature {
    bool present;
    enum vr_tri state;
};
struct vr_hyperv {
    bool present;
    const char *mode;                   /* "custom", "passthrough" */
    struct vr_feature relaxed, vapic, spinlocks, vpindex, runtime, synic, stimer, reset, vendor_id, frequencies,
        reenlightenment, tlbflush, ipi, evmcs, avic;
    unsigned spinlock_retries;
    enum vr_tri stimer_direct;
    const char *vendor_id_value;
};
struct vr_domain_features {
    bool present;                       /* <features> was there */
    bool acpi, hap_bare, pae, privnet, viridian;
    struct vr_feature apic, hap, pvspinlock, pmu, vmport, smm, vmcoreinfo, htm, nested_hv, ccf_assist, ibs_dummy, async_teardown;
    enum vr_tri apic_eoi;
    struct vr_hyperv hyperv;
    struct {
        bool present;
        struct vr_feature hidden, hint_dedicated, poll_control, pv_ipi, dirty_ring;
        unsigned dirty_ring_size;
    } kvm;
    struct {
        bool present;
        struct vr_feature e820_host, passthrough;
        const char *passthrough_mode;
    } xen;
    struct vr_ou64 smm_tseg_kib;
    bool gic;
    const char *gic_version;
    const char *ioapic;                 /* driver= "kvm", "qemu" */
    struct {
        bool present;
        const char *resizing;
        uint64_t maxpagesize_kib;
    } hpt;
    const char *capabilities_policy;
    VR_LIST(struct vr_cookie) capabilities; /* name, state */
    const char *cfpc, *sbbc, *ibs;
    struct {
        bool present;
        const char *unknown;            /* msrs unknown= */
    } msrs;
    struct vr_feature tcg;
    struct vr_ou64 tcg_tb_cache_kib;
};

/* ---- clock ------------------------------------------------------------------------------------------------------- */

#define VR_CLOCK_OFFSETS(X, P)                                                                     \
    X(P, UTC, "utc") X(P, LOCALTIME, "localtime") X(P, VARIABLE, "variable") X(P, TIMEZONE, "timezone") X(P, ABSOLUTE, "absolute")
VR_ENUM(vr_clock_offset, VR_CLOCK, VR_CLOCK_OFFSETS);
#define VR_TIMER_NAMES(X, P)                                                                       \
    X(P, PLATFORM, "platform") X(P, PIT, "pit") X(P, RTC, "rtc") X(P, HPET, "hpet") X(P, TSC, "tsc") \
    X(P, KVMCLOCK, "kvmclock") X(P, HYPERVCLOCK, "hypervclock") X(P, ARMVTIMER, "armvtimer")
VR_ENUM(vr_timer_name, VR_TIMER, VR_TIMER_NAMES);
#define VR_TICK_POLICIES(X, P) X(P, DELAY, "delay") X(P, CATCHUP, "catchup") X(P, MERGE, "merge") X(P, DISCARD, "discard")
VR_ENUM(vr_tick_policy, VR_TICK, VR_TICK_POLICIES);
struct vr_clock_timer {
    enum vr_timer_name name;
    const char *track, *mode;
    enum vr_tick_policy tickpolicy;
    struct {
        uint64_t threshold, slew, limit;
    } catchup;
    uint64_t frequency;
    enum vr_tri present;
};
struct vr_clock {
    enum vr_clock_offset offset;
    const char *adjustment;             /* "reset" or a number */
    const char *basis;                  /* variable: "utc", "localtime" */
    const char *timezone;
    struct vr_ou64 start;               /* absolute */
    VR_LIST(struct vr_clock_timer) timers;
};

/* ---- tuning ------------------------------------------------------------------------------------------------------ */

struct vr_vcpu_pin {
    unsigned id; /* vcpu= or iothread= */
    struct vr_cpuset *cpus;
};
struct vr_sched {
    struct vr_cpuset *ids; /* vcpus= or iothreads= */
    const char *scheduler;
    struct vr_oint priority;
};
struct vr_cache_alloc {
    unsigned id, level;
    const char *type;
    uint64_t size_kib;
};
struct vr_cache_monitor {
    unsigned level;
    struct vr_cpuset *vcpus;
};
struct vr_cachetune {
    struct vr_cpuset *vcpus;
    const char *id;
    VR_LIST(struct vr_cache_alloc) caches;
    VR_LIST(struct vr_cache_monitor) monitors;
};
struct vr_memory_bandwidth {
    unsigned id, bandwidth;
};
struct vr_memorytune {
    struct vr_cpuset *vcpus;
    const char *id;
    VR_LIST(struct vr_memory_bandwidth) nodes;
    VR_LIST(struct vr_cache_monitor) monitors;
};
struct vr_quota { /* microseconds per period; below 0: none */
    bool set;
    int64_t v;
};
struct vr_cputune {
    struct vr_ou64 shares, period, global_period, emulator_period, iothread_period;
    struct vr_quota quota, global_quota, emulator_quota, iothread_quota;
    VR_LIST(struct vr_vcpu_pin) vcpupins, iothreadpins;
    struct vr_cpuset *emulatorpin;
    VR_LIST(struct vr_sched) vcpusched, iothreadsched;
    struct vr_sched *emulatorsched;
    VR_LIST(struct vr_cachetune) cachetunes;
    VR_LIST(struct vr_memorytune) memorytunes;
};
struct vr_memtune { /* KiB; 0 = not said */
    uint64_t hard_limit_kib, soft_limit_kib, min_guarantee_kib, swap_hard_limit_kib;
};
struct vr_blkio_device {
    const char *path;
    struct vr_ouint weight;
    uint64_t read_bytes_sec, write_bytes_sec, read_iops_sec, write_iops_sec;
};
struct vr_blkiotune {
    unsigned weight;
    VR_LIST(struct vr_blkio_device) devices;
};
struct vr_hugepage {
    uint64_t size_kib;
    struct vr_cpuset *nodeset;
};
struct vr_memory_backing {
    bool present, hugepages, nosharepages, locked, discard;
    VR_LIST(struct vr_hugepage) pages;
    const char *source_type;            /* "file", "anonymous", "memfd" */
    enum vr_mem_access access;
    const char *allocation_mode;        /* "immediate", "ondemand" */
    unsigned allocation_threads;
};
struct vr_numatune_node {
    unsigned cellid;
    const char *mode;
    struct vr_cpuset *nodeset;
};
struct vr_numatune {
    bool has_memory;
    const char *mode;                   /* "strict", "preferred", "interleave", "restrictive" */
    enum vr_placement placement;
    struct vr_cpuset *nodeset;
    VR_LIST(struct vr_numatune_node) nodes;
};
struct vr_vcpu {
    unsigned id;
    enum vr_tri enabled, hotpluggable;
    unsigned order;
};
struct vr_iothread {
    unsigned id;
    struct vr_oint thread_pool_min, thread_pool_max;
    struct vr_ou64 poll_max_ns, poll_grow, poll_shrink;
    bool implied; /* by <iothreads>N alone: not printed in <iothreadids> */
};
struct vr_launch_security {
    const char *type;                   /* "sev", "s390-pv" */
    enum vr_tri kernel_hashes;
    struct vr_ouint cbitpos, reduced_phys_bits;
    unsigned policy;
    const char *dh_cert, *session;
};
/** <keywrap><cipher>: s390 only. */
struct vr_keywrap {
    const char *name; /* "aes", "dea" */
    enum vr_tri state;
};
struct vr_perf_event {
    const char *name;
    enum vr_tri enabled;
};
struct vr_idmap {
    unsigned start, target, count;
};

/* ---- qemu: namespace --------------------------------------------------------------------------------------------- */

struct vr_qemu_override_property {
    const char *name, *type, *value;
};
struct vr_qemu_override {
    const char *alias;
    VR_LIST(struct vr_qemu_override_property) properties;
};
struct vr_qemu_extras {
    VR_LIST(const char) args;
    VR_LIST(struct vr_cookie) env;
    VR_LIST(const char) capabilities_add, capabilities_del;
    const char *deprecation_behavior;
    VR_LIST(struct vr_qemu_override) overrides;
};

/* ---- the domain -------------------------------------------------------------------------------------------------- */

struct vr_domain_def {
    struct vr_arena *arena;
    enum vr_virt_type type;
    int id;                             /* -1: not running */
    struct vr_uuid uuid;
    bool uuid_set;
    const char *name;
    bool has_genid;
    struct vr_uuid genid;
    const char *title, *description;
    const char *metadata;               /* the children of <metadata>, as text; NULL = none */

    uint64_t max_memory_kib;            /* <maxMemory> */
    unsigned memory_slots;
    uint64_t memory_kib;                /* <memory>: without hot-plugged devices' share, as in the document */
    enum vr_tri dump_core;
    uint64_t current_memory_kib;
    struct vr_blkiotune *blkiotune;
    struct vr_memtune *memtune;
    struct vr_memory_backing memory_backing;
    unsigned vcpus;                     /* <vcpu>N: the maximum */
    struct vr_ouint current_vcpus;      /* current= */
    enum vr_placement vcpu_placement;
    struct vr_cpuset *cpuset;
    VR_LIST(struct vr_vcpu) vcpu_list;  /* <vcpus> */
    unsigned iothreads;                 /* <iothreads> */
    VR_LIST(struct vr_iothread) iothread_list;
    struct vr_oint default_iothread_min, default_iothread_max; /* <defaultiothread> */
    struct vr_cputune *cputune;
    struct vr_numatune *numatune;
    const char *resource_partition, *resource_appid;
    VR_LIST(struct vr_sysinfo) sysinfos;
    struct vr_os os;
    VR_LIST(struct vr_idmap) uidmap, gidmap;
    struct vr_domain_features features;
    struct vr_cpu *cpu;
    struct vr_clock clock;
    enum vr_lifecycle_action on_poweroff, on_reboot, on_crash;
    enum vr_lock_failure on_lockfailure;
    enum vr_tri pm_suspend_to_mem, pm_suspend_to_disk;
    VR_LIST(struct vr_perf_event) perf_events;

    /* <devices> */
    const char *emulator;
    VR_LIST(struct vr_disk) disks;
    VR_LIST(struct vr_controller) controllers;
    VR_LIST(struct vr_lease) leases;
    VR_LIST(struct vr_filesystem) filesystems;
    VR_LIST(struct vr_interface) interfaces;
    VR_LIST(struct vr_smartcard) smartcards;
    VR_LIST(struct vr_chr) serials, parallels, consoles, channels;
    VR_LIST(struct vr_input) inputs;
    VR_LIST(struct vr_tpm) tpms;
    VR_LIST(struct vr_graphics) graphics;
    VR_LIST(struct vr_sound) sounds;
    VR_LIST(struct vr_audio) audios;
    VR_LIST(struct vr_video) videos;
    VR_LIST(struct vr_hostdev) hostdevs;
    VR_LIST(struct vr_redirdev) redirdevs;
    bool has_redirfilter;
    VR_LIST(struct vr_redir_filter) redirfilter;
    VR_LIST(struct vr_hub) hubs;
    VR_LIST(struct vr_watchdog) watchdogs;
    struct vr_memballoon *memballoon;
    VR_LIST(struct vr_rng) rngs;
    struct vr_nvram_device *nvram_device;
    VR_LIST(struct vr_panic) panics;
    VR_LIST(struct vr_shmem) shmems;
    VR_LIST(struct vr_memory) memories;
    struct vr_iommu *iommu;
    struct vr_vsock *vsock;
    VR_LIST(struct vr_crypto) cryptos;

    VR_LIST(struct vr_seclabel) seclabels;
    VR_LIST(struct vr_keywrap) keywrap;
    struct vr_launch_security *launch_security;
    struct vr_qemu_extras *qemu;        /* qemu:commandline and friends; NULL = none */
    const char *lxc_namespace;          /* lxc: content kept as text */
    const char *xen_commandline;        /* xen: content kept as text */
};

/** Calls fn for the info of each device that has one, in document order; stops at false, which is returned. */
bool vr_domain_each_info(struct vr_domain_def *def,
                         bool (*fn)(struct vr_domain_def *def, const char *kind, void *device, struct vr_device_info *info,
                                    void *opaque),
                         void *opaque);

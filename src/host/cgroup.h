/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Control groups of guests. The tree is the one stock makes on a host without systemd:
 *     /machine/qemu-1-NAME.libvirt-qemu            the whole guest: memory, block I/O, CPU share
 *         emulator, vcpu0, vcpu1, ..., iothread1   threads: CPU time and CPU sets
 * in each v1 hierarchy, or once in the v2 one. On a host that systemd manages, machined makes the guest's group, as the
 * scope /machine.slice/machine-qemu\x2d1\x2dNAME.scope (in v2 with a group "libvirt" below it, so that systemd's own
 * group holds no process); where machined is not installed the tree above is made there too, as stock does. Where
 * vr_cgroup_host.why_none is set there are no groups, and a guest whose definition needs one does not start.
 *
 * Everything without VR_SUSPENDS blocks and is for workers (an attach waits for a grace period of the kernel).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/clock.h"
#include "base/error.h"

enum vr_cgroup_controller {
    VR_CGROUP_CPU, VR_CGROUP_CPUACCT, VR_CGROUP_CPUSET, VR_CGROUP_MEMORY, VR_CGROUP_DEVICES, VR_CGROUP_FREEZER,
    VR_CGROUP_BLKIO, VR_CGROUP_NET_CLS, VR_CGROUP_PERF_EVENT, VR_CGROUP_COUNT
};
/** "cpu", "cpuacct", ..., NULL at the end. */
extern const char *const vr_cgroup_controller_names[];

/** What the host has. */
struct vr_cgroup_host {
    char *v1[VR_CGROUP_COUNT];  /* mount points; NULL: not in a v1 hierarchy */
    char *v2;                   /* mount point of the unified hierarchy, or NULL */
    unsigned v2_controllers;    /* bits by controller */
    bool v2_tree;               /* groups are made in the v2 hierarchy too */
    bool systemd;               /* groups are asked of machined first */
    const char *why_none;       /* not NULL: there are no groups for guests, and why */
};
/**
 * vr_cgroup_host_read - look at the mounted hierarchies
 * @wanted: names of qemu.conf's cgroup_controllers, NULL-terminated; NULL: all there are
 */
struct vr_cgroup_host *vr_cgroup_host_read(const char *const *wanted);
void vr_cgroup_host_free(struct vr_cgroup_host *host);
VR_DEFINE_AUTO(vr_cgroup_host)
bool vr_cgroup_host_has(const struct vr_cgroup_host *host, enum vr_cgroup_controller controller);

/** The groups of one guest. */
struct vr_cgroup {
    const struct vr_cgroup_host *host; /* borrowed; outlives it */
    char *path;                 /* "/machine/qemu-1-t.libvirt-qemu", or a scope */
    bool nested;                /* in v2 the guest is in "libvirt" below it */
    char *machine;              /* known to machined by this name; NULL: made by us */
};
/** "qemu-1-name": the guest's machine name; what a name may not hold is left out. malloc'd. */
char *vr_machine_name(const char *driver, int id, const char *name);
/**
 * vr_cgroup_create - make the guest's groups and the one of its emulator threads
 * @partition: <resource><partition>, NULL: "/machine"
 *
 * An old group of that name, left by a crash, is removed first. NULL on failure, nothing left.
 */
struct vr_cgroup *vr_cgroup_create(const struct vr_cgroup_host *host, const char *partition, const char *machine,
                                   struct vr_error **err);
/** The groups of a process that runs already, by /proc/PID/cgroup; NULL: it is in none of ours. */
struct vr_cgroup *vr_cgroup_of_pid(const struct vr_cgroup_host *host, pid_t pid);
/** The group that vr_cgroup_create made for a guest whose process is gone, if it is there still. */
struct vr_cgroup *vr_cgroup_left_behind(const struct vr_cgroup_host *host, const char *partition, const char *machine);
void vr_cgroup_free(struct vr_cgroup *group);
VR_DEFINE_AUTO(vr_cgroup)
/** Moves a process into the guest's groups, as one of its emulator threads. */
bool vr_cgroup_enter(const struct vr_cgroup *group, pid_t pid, struct vr_error **err);
/** The group of a process that machined has put into a scope, with what is ours below it. */
struct vr_cgroup *vr_cgroup_adopt(const struct vr_cgroup_host *host, const char *machine, pid_t pid,
                                  struct vr_error **err);
/** Makes the group of a thread ("vcpu0", "iothread1") if it is not there and moves the thread in. */
bool vr_cgroup_add_thread(const struct vr_cgroup *group, const char *sub, pid_t tid, struct vr_error **err);
/** Removes all of it; waits up to a second for the kernel to let go of processes that ended. */
bool vr_cgroup_remove(const struct vr_cgroup *group, struct vr_error **err);

/* ---- limits and figures (cgroup_set.c) ---------------------------------------------------------------------- */

enum vr_cgroup_key {
    VR_CG_CPU_SHARES, VR_CG_CPU_PERIOD_US, VR_CG_CPU_QUOTA_US,           /* quota < 0: none */
    VR_CG_MEMORY_HARD_KIB, VR_CG_MEMORY_SOFT_KIB, VR_CG_MEMORY_SWAP_KIB, /* VR_CG_UNLIMITED: none */
    VR_CG_BLKIO_WEIGHT,
    VR_CG_BLKIO_DEVICE_WEIGHT, VR_CG_BLKIO_READ_BPS, VR_CG_BLKIO_WRITE_BPS, /* 0: none */
    VR_CG_BLKIO_READ_IOPS, VR_CG_BLKIO_WRITE_IOPS,
    VR_CG_CPUSET_CPUS, VR_CG_CPUSET_MEMS,                                /* text */
    VR_CG_KEYS
};
#define VR_CG_UNLIMITED INT64_MAX

struct vr_cgroup_setting {
    enum vr_cgroup_key key;
    const char *sub;        /* NULL: the whole guest; "emulator", "vcpu0" */
    int64_t value;
    const char *text;       /* of CPUSET keys */
    const char *device;     /* path of a block device, of BLKIO_DEVICE and the like */
};
/** Writes one; CONFIG_UNSUPPORTED in stock's words when the host has no controller for it. */
bool vr_cgroup_set(const struct vr_cgroup *group, const struct vr_cgroup_setting *setting, struct vr_error **err);
/** Reads one that is a number. */
bool vr_cgroup_get(const struct vr_cgroup *group, enum vr_cgroup_key key, const char *sub, int64_t *value,
                   struct vr_error **err);
/** Without groups: false with the error that a guest's start must end with if it needs this setting. */
bool vr_cgroup_require(const struct vr_cgroup_host *host, enum vr_cgroup_key key, struct vr_error **err);

struct vr_cgroup_usage {
    uint64_t cpu_ns, user_ns, system_ns;
    uint64_t memory_kib;
    bool has_cpu, has_memory;
};
void vr_cgroup_usage_read(const struct vr_cgroup *group, const char *sub, struct vr_cgroup_usage *out);

/**
 * Tells the kernel's fibre channel driver by which id a group's traffic is known. CONFIG_UNSUPPORTED where there is no such
 * driver, or the guest is in no group of block I/O.
 */
bool vr_cgroup_set_appid(const struct vr_cgroup *group, const char *appid, struct vr_error **err);
/** v1: which devices the guest may open. `paths` NULL-terminated; other devices are denied; ptys are allowed. */
bool vr_cgroup_allow_devices(const struct vr_cgroup *group, const char *const *paths, struct vr_error **err);

/* ---- a guest's whole definition (cgroup_domain.c) ----------------------------------------------------------- */

struct vr_domain_def;
struct vr_cgroup_start {
    const struct vr_cgroup_host *host;
    const struct vr_domain_def *def;
    int id;
    pid_t pid;                      /* of the guest, which has not been let go yet */
    const char *const *devices;     /* that it may open (v1 `devices`), NULL-terminated; NULL: no such limit */
    const int *interfaces;          /* indexes of its network devices, for machined */
    size_t interface_count;
};
/**
 * vr_cgroup_start - the groups of a guest, with everything its definition asks for, and its process in them
 *
 * To be called between vr_launch_start and vr_launch_go. *out is NULL when the host has no groups and the definition
 * needs none. On failure no group is left, but the process may have been moved: end it.
 */
VR_SUSPENDS bool vr_cgroup_start(const struct vr_cgroup_start *start, struct vr_cgroup **out, vr_time deadline,
                                 struct vr_error **err);

struct vr_cgroup_thread {
    char name[24];          /* "vcpu0", "iothread1" */
    pid_t tid;
};
/**
 * Groups of vcpus and I/O threads, with their limits, once QEMU has told their thread ids. Does nothing for a
 * definition that says nothing of threads; once it does (a quota set while the guest runs), call it with all threads.
 */
VR_SUSPENDS bool vr_cgroup_threads(const struct vr_cgroup *group, const struct vr_domain_def *def,
                                   const struct vr_cgroup_thread *threads, size_t count, vr_time deadline,
                                   struct vr_error **err);
/** vr_cgroup_set on a worker. */
VR_SUSPENDS bool vr_cgroup_apply(const struct vr_cgroup *group, const struct vr_cgroup_setting *setting,
                                 vr_time deadline, struct vr_error **err);
/** Once the guest's process has ended. */
VR_SUSPENDS bool vr_cgroup_stop(const struct vr_cgroup *group, vr_time deadline, struct vr_error **err);

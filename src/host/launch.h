/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Starting a guest's process through vireo-launch (launch/protocol.h). Two steps: vr_launch_start prepares everything
 * and stops before exec, so that the caller can record the pid; vr_launch_go lets it run. The process is the daemon's
 * child all the time and keeps its pid.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/clock.h"
#include "base/error.h"

/** A descriptor of ours (borrowed) and its number in the new program. 0, 1 and 2 are /dev/null unless named. */
struct vr_launch_fd {
    int fd, target;
};

#define VR_LAUNCH_UNLIMITED (-1LL)
#define VR_LAUNCH_KEEP (-2LL) /* a limit that is not touched */

/** What the process shall be. All pointers are borrowed for the call; zero means "as it is", except for the limits. */
struct vr_launch_spec {
    const char *program;            /* absolute path */
    char *const *argv;              /* NULL-terminated */
    char *const *env;               /* NULL-terminated; the whole environment */
    const char *directory;          /* NULL: "/" */
    const struct vr_launch_fd *fds;
    size_t fd_count;
    const char *const *cgroups;     /* directories to enter, NULL-terminated; NULL: none */
    long long limit_core, limit_nofile, limit_nproc, limit_memlock; /* bytes or counts, or the names above */
    const unsigned *cpus;           /* affinity */
    size_t cpu_count;
    const char *scheduler;          /* "batch", "idle", "fifo", "rr" */
    unsigned priority;              /* of fifo and rr */
    bool set_oom_score_adj;
    int oom_score_adj;
    bool set_umask;
    mode_t umask;
    bool private_dev;               /* own mount namespace and /dev, holding: */
    const char *const *devices;     /* that must exist; NULL-terminated */
    const char *const *optional_devices; /* left out where the host has none */
    bool set_ids;                   /* run as: */
    uid_t uid;
    gid_t gid;
    const gid_t *groups;            /* supplementary */
    size_t group_count;
    bool clear_caps;                /* no capability, none to be gained */
    bool raw_io;                    /* but CAP_SYS_RAWIO it keeps */
    bool no_new_privs;
};
#define VR_LAUNCH_SPEC_INIT                                                                        \
    { .limit_core = VR_LAUNCH_KEEP, .limit_nofile = VR_LAUNCH_KEEP, .limit_nproc = VR_LAUNCH_KEEP,  \
      .limit_memlock = VR_LAUNCH_KEEP }

/** The devices every guest may use when qemu.conf's cgroup_device_acl does not say otherwise; NULL-terminated. */
extern const char *const vr_launch_default_devices[];

struct vr_launch;

/**
 * vr_launch_start - a process that is all the specification says and waits before exec
 *
 * NULL on failure, with nothing left: INTERNAL_ERROR "Process exited prior to exec: libvirt: QEMU Driver error : ..."
 * naming the step, or OPERATION_TIMEOUT at the deadline.
 */
VR_SUSPENDS struct vr_launch *vr_launch_start(const struct vr_launch_spec *spec, vr_time deadline,
                                              struct vr_error **err);
pid_t vr_launch_pid(const struct vr_launch *launch);
/** Readable once the process has ended. Borrowed; vr_launch_take_pidfd hands it over. */
int vr_launch_pidfd(const struct vr_launch *launch);
/**
 * vr_launch_go - exec
 *
 * True once the new program has replaced vireo-launch. False: it could not (the error says why), the process is gone.
 */
VR_SUSPENDS bool vr_launch_go(struct vr_launch *launch, vr_time deadline, struct vr_error **err);
/** The pidfd becomes the caller's, who also waits for the process then; the launch can be freed without harm to it. */
int vr_launch_take_pidfd(struct vr_launch *launch);
/** Kills the process unless its pidfd was taken; it is reaped in the background. NULL is fine. Does not suspend. */
void vr_launch_free(struct vr_launch *launch);
VR_DEFINE_AUTO(vr_launch)

/* ---- the mount namespace of a running guest ----------------------------------------------------------------- */

enum vr_ns_op { VR_NS_MKNOD, VR_NS_CHOWN, VR_NS_UNLINK };
struct vr_ns_task {
    enum vr_ns_op op;
    const char *path;
    mode_t mode;        /* VR_NS_MKNOD: kind and permissions, */
    dev_t device;       /* number, */
    uid_t uid;          /* owner; also VR_NS_CHOWN */
    gid_t gid;
};
/**
 * vr_ns_run - do tasks in the mount namespace of a process, in order; all or nothing
 * @pidfd: whose; -1: the host's own
 *
 * A node that exists with the same number is left as it is; a missing path is no error of unlink.
 */
VR_SUSPENDS bool vr_ns_run(int pidfd, const struct vr_ns_task *tasks, size_t count, vr_time deadline,
                           struct vr_error **err);

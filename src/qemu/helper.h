/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Programs that serve one guest beside its QEMU: a TPM emulator, a daemon of a shared folder, a helper for SCSI
 * reservations, a bus of the guest's own. Each is started before QEMU, watched, and ended after it. A pid file tells the
 * next daemon which process it is; that it still is the same one is seen by its program and a word of its command line.
 */
#include "base/error.h"
#include "host/launch.h"
#include "loop/loop.h"

struct vr_guest_run;

struct vr_helper_spec {
    struct vr_guest_run *run;   /* whose it is; outlives it */
    const char *what;           /* for people: "TPM Emulator" */
    const char *token;          /* part of its command line that no other guest's has */
    const char *guest_log;      /* where the start is noted */
    const char *log_path;       /* its own stdout and stderr; NULL: nowhere */
    const char *pid_path;
    char *const *argv;          /* NULL-terminated; argv[0] an absolute path */
    const struct vr_launch_fd *fds;
    size_t fd_count;
    bool set_ids;               /* runs as: */
    uid_t uid;
    gid_t gid;
};

struct vr_helper;

/** Started and running; NULL on failure with nothing left. */
VR_SUSPENDS struct vr_helper *vr_helper_start(const struct vr_helper_spec *spec, struct vr_error **err);
/** Runs a program of that kind to its end; false when it says it failed, with the end of its log. */
VR_SUSPENDS bool vr_helper_run(const struct vr_helper_spec *spec, vr_time span, struct vr_error **err);
/** One that an earlier daemon started; NULL: it is gone. Reads /proc and the pid file: on a worker. */
VR_SUSPENDS struct vr_helper *vr_helper_find(struct vr_guest_run *run, const char *what, const char *token, const char *program, const char *pid_path);
/** Waits a little for it to end by itself, then ends it; removes its pid file and frees it. */
VR_SUSPENDS void vr_helper_stop(struct vr_helper *helper);
/** Forgets it; the process lives on. */
void vr_helper_forget(struct vr_helper *helper);
/** "TPM Emulator ended: LAST LINES" when it has ended although nobody wanted that; malloc'd, else NULL. */
VR_SUSPENDS char *vr_helper_obituary(struct vr_helper *helper);

/* ---- their files, on a worker ---- */
struct vr_helper_dir {
    const char *path;
    mode_t mode;
    bool owned;                 /* given to: */
    uid_t uid;
    gid_t gid;
};
/** Makes directories in order; ones that are there get the owner. *created tells of the last one. */
VR_SUSPENDS bool vr_helper_dirs(const struct vr_helper_dir *dirs, size_t n, bool *created, struct vr_error **err);
/** A listening socket at a path, given to a user when @owned; -1 on failure. */
VR_SUSPENDS int vr_helper_listen(const char *path, mode_t mode, bool owned, uid_t uid, gid_t gid, struct vr_error **err);
/** Removes a file or a whole tree; failures are logged. */
VR_SUSPENDS void vr_helper_remove(const char *path);
/** A small file as a whole. */
VR_SUSPENDS bool vr_helper_write(const char *path, const char *text, mode_t mode, struct vr_error **err);
/**
 * The program that QEMU's packages describe for a type of vhost-user device ("fs", "gpu"): the first by the name of its
 * description. malloc'd, NULL when there is none. Blocks.
 */
char *vr_helper_described(const char *type);

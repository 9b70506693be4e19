/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* A running guest's files: private directories, master key, monitor socket, log. Made before and removed after its life. */
#include <stdbool.h>
#include <sys/types.h>
#include "base/error.h"

struct vr_guest_run;

/** What vr_rundir_prepare made. */
struct vr_rundir {
    int monitor_fd; /* listening */
    int log_fd;     /* appending */
    off_t log_start;
};

/**
 * vr_rundir_prepare - make the directories and files of a guest that is about to start, on a worker
 * @uid, @gid: QEMU's user, who gets the private directories
 * @owned:     change owners (false when QEMU runs as ourselves)
 * @header:    text put at the end of the log first
 *
 * On failure nothing is left but the log.
 */
VR_SUSPENDS bool vr_rundir_prepare(const struct vr_guest_run *run, uid_t uid, gid_t gid, bool owned, const char *header,
                                   struct vr_rundir *out, struct vr_error **err);
/** Removes what vr_rundir_prepare made (not the log), and whatever QEMU put beside. Failures are logged. */
VR_SUSPENDS void vr_rundir_remove(const struct vr_guest_run *run);
/** Writes the pid file, on a worker. */
VR_SUSPENDS bool vr_rundir_write_pid(const struct vr_guest_run *run, struct vr_error **err);
/**
 * vr_give_dir - set mode and owner of a directory whose name others may be able to change
 * @mode, @uid: (mode_t)-1 and (uid_t)-1 leave what is there
 *
 * Blocks. Fails when @path is a link or no directory: above it may be directories that belong to QEMU's user, and a link put
 * there must not make root give away something else.
 */
bool vr_give_dir(const char *path, mode_t mode, uid_t uid, gid_t gid, struct vr_error **err);
/** Removes a tree without following links; blocks. `false`: something is left, errno says why. */
bool vr_remove_tree(const char *path);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Who has a file open or listens on a port: for people who are told that they cannot. Both block: for workers. */
#include <stdbool.h>
#include <sys/types.h>

/** "process 123 (qemu-img)" of one that has the file open, not `except`; malloc'd, NULL when nobody is seen. */
char *vr_who_has_file(const char *path, pid_t except);
/** The same of one that listens on a TCP port of this network namespace. */
char *vr_who_listens(unsigned port);

/** As whom a path is to be opened. */
struct vr_opener {
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t group_count;
};
/**
 * vr_why_not_reachable - the first directory on the way to a path that a user may not pass
 *
 * malloc'd text: "'/root' belongs to root:root with mode 0700, so that user 64055 cannot pass it; 'chmod o+x /root' would let
 * it"; NULL: the way is open, or rules beyond owner and mode (an access list) decide.
 */
char *vr_why_not_reachable(const char *path, const struct vr_opener *who);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Descriptors that a guest's QEMU inherits, and the numbers they have there. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/error.h"
#include "model/domain.h"
#include "qemu/command/command.h"

struct vr_start_fd {
    enum vr_qemu_fd kind;
    char *alias;
    unsigned nth;
    int fd;         /* ours, owned */
    int number;     /* QEMU's */
};
struct vr_start_fds {
    struct vr_start_fd *v;
    size_t n, cap;
};

/** Takes `fd` into the set and gives it the next number. */
void vr_start_fds_add(struct vr_start_fds *fds, enum vr_qemu_fd kind, const char *alias, unsigned nth, int fd);
/** The number in QEMU, or -1; `opaque` is the set: fits struct vr_qemu_run. */
int vr_start_fds_number(void *opaque, enum vr_qemu_fd kind, const char *alias, unsigned nth);
void vr_start_fds_done(struct vr_start_fds *fds);
/**
 * Opens what character devices name: files, logs, listening sockets (on a storage worker). Sockets without a path get
 * one in `channel_dir`.
 */
VR_SUSPENDS bool vr_start_fds_open(struct vr_start_fds *fds, struct vr_domain_def *def, const char *channel_dir,
                                   uid_t uid, gid_t gid, bool owned, struct vr_error **err);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* How the emulator of a probe is started; between the files of this room. */
#include <fcntl.h>
#include "qemu/caps/caps.h"

/* argv[0] is the path; qmp_fd becomes descriptor 3, log_fd 2. */
struct vr_probe_program {
    char *const *argv, *const *env;
    int qmp_fd, log_fd;
};
/** Has vr_qemu_caps_probe_as been told whom to become? */
bool vr_probe_has_user(void);
/**
 * Starts it as that user. Blocks, until the program runs or @deadline. *pid is the caller's to kill and reap, also after a
 * failure, unless it is -1.
 */
bool vr_probe_start_as_user(const struct vr_probe_program *what, pid_t *pid, vr_time deadline, struct vr_error **err);

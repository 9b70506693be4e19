/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What runs at the other end of a secure shell, and the program that gets us there. */
#include <stdbool.h>
#include "base/arena.h"
#include "params.h"

/** For the remote shell: finds the daemon's socket there, by virt-ssh-helper or netcat as the parameters say. */
const char *vr_ssh_remote_command(struct vr_arena *arena, const struct vr_remote_params *p, const char *server_uri,
                                  const char *socket_path, bool readonly);
/** The argument vector of the ssh program; NULL-terminated, in the arena. */
const char *const *vr_ssh_argv(struct vr_arena *arena, const struct vr_remote_params *p, const struct vr_uri *uri,
                               const char *remote_command);
/** Variables of the environment the ssh program uses. */
extern const char *const vr_ssh_environment[];

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What makes a process a daemon: the background, the pid file, the service manager. Before the loop, no fibers. */
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

/**
 * vr_go_background - carry on in a new session, detached
 * @ready_fd: receives where vr_background_ready reports to
 *
 * Returns in the child only. The first process waits for the report and exits: 0, or 1 with a word on stderr.
 */
bool vr_go_background(int *ready_fd, struct vr_error **err);
/** Tells the waiting first process that all is well and lets go of the terminal. Closes @ready_fd. */
void vr_background_ready(int ready_fd);

/**
 * vr_pid_file_take - claim a pid file by a lock that ends with this process
 * Returns its descriptor, to be kept open; -1 with an error that names who holds it.
 */
int vr_pid_file_take(const char *path, struct vr_error **err);
void vr_pid_file_drop(const char *path, int fd);

/** Allows as many descriptors as the system lets us have, within reason: each client and guest needs some. */
void vr_raise_descriptor_limit(void);

/** Makes a directory and those above it; an existing one is left as it is. */
bool vr_make_directories(const char *path, unsigned mode, struct vr_error **err);

/** Tells the service manager, if there is one ("READY=1"). */
void vr_service_notify(const char *state);
/** Sockets passed by the service manager: how many, beginning with descriptor 3. They are made close-on-exec. */
size_t vr_service_sockets(void);

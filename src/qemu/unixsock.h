/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* UNIX sockets at paths that may be longer than sun_path holds (a private root, long guest names). */
#include <stdbool.h>
#include <sys/types.h>
#include "base/error.h"

/** A nonblocking, close-on-exec stream socket connected to `path`, or -1. Never blocks. */
int vr_unix_connect(const char *path, struct vr_error **err);
/** A close-on-exec listening socket at `path` (an old one is replaced) with `mode`, or -1. */
int vr_unix_listen(const char *path, mode_t mode, struct vr_error **err);
/** Gives the socket at `path` to a user; refuses whatever else (another file, a link) stands there. */
bool vr_unix_give(const char *path, uid_t uid, gid_t gid, struct vr_error **err);

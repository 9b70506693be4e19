/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Which local socket a URI means, and getting connected to it: monolithic and per-driver daemons, system and session. */
#include "params.h"

struct vr_socket_choice {
    const char *path;    /* the one to connect to */
    const char *tried[8]; /* what was looked for and is not there */
    size_t tried_count;
    const char *program; /* session: the daemon that makes it when nobody does; NULL: none is started */
};

/** The per-user daemon is meant: not root, and the URI says so or there is none. */
bool vr_socket_session(const struct vr_uri *uri);
/**
 * vr_socket_choose - the socket's path, as stock chooses it
 * @readonly: the socket for readers, where there is one
 */
bool vr_socket_choose(struct vr_arena *arena, const struct vr_uri *uri, const struct vr_remote_params *p, bool readonly,
                      struct vr_socket_choice *out, struct vr_error **err);
/** Connects, starts the session daemon when needed. Blocks. -1 with an error that tells of each socket tried. */
int vr_socket_connect(struct vr_arena *arena, const struct vr_socket_choice *choice, struct vr_error **err);
/** A UNIX socket by path; -1 with an error. */
int vr_socket_connect_path(const char *path, struct vr_error **err);
/** $XDG_RUNTIME_DIR/libvirt, or what stands in for it. In the arena. */
const char *vr_socket_user_dir(struct vr_arena *arena);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* From a URI to a connected socket. */
#include <stdbool.h>
#include "uri.h"

struct vr_transport {
    bool unix_socket;
    bool session;  /* the per-user daemon */
};

/**
 * vr_transport_connect - connect to the daemon a URI means
 * @uri:   NULL when the application said none: the monolithic daemon's socket
 * @flags: VIR_CONNECT_RO picks the read-only socket
 *
 * Blocks. -1 with an error that names what was tried.
 */
int vr_transport_connect(struct vr_arena *arena, const struct vr_uri *uri, unsigned flags, struct vr_transport *how,
                         struct vr_error **err);
/** A UNIX socket by path; -1 with an error. */
int vr_transport_unix(const char *path, struct vr_error **err);
/** $XDG_RUNTIME_DIR/libvirt, or what stands in for it. In the arena. */
const char *vr_transport_user_dir(struct vr_arena *arena);

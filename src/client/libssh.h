/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* A secure shell without the ssh program: libssh, opened when first asked for. */
#include "api/public.h"
#include "child.h"
#include "params.h"

/** The parameters are ones that can be followed: for before anybody is connected to. */
bool vr_libssh_params(const struct vr_remote_params *p, struct vr_error **err);
/**
 * vr_libssh_connect - log in, run a command there
 * @sock: a connected socket; taken over, also after a failure
 * @auth: asked for passwords and unknown host keys; NULL: nobody can be asked
 * @out:  no process, but its socket and complaints are as a program's; a thread of ours carries the bytes
 *
 * Blocks.
 */
bool vr_libssh_connect(struct vr_arena *arena, const struct vr_remote_params *p, const struct vr_uri *uri, int sock,
                       virConnectAuthPtr auth, const char *remote_command, struct vr_child *out, struct vr_error **err);

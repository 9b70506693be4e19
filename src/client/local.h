/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Connections without a daemon: the driver runs in this process. A call is the same struct that would travel, handed to
 * the driver's row with a struct vr_call beside it, under the driver's lock; events and stream data go where those that
 * come from a socket go.
 */
#include <stdbool.h>
#include "api/api.h"
#include "api/public.h"
#include "base/arena.h"
#include "base/error.h"
#include "remote.h"
#include "uri.h"

struct vr_local;

/** This URI means a driver inside the library: a local scheme, no transport, no host. */
bool vr_local_wants(const struct vr_uri *uri);
/** Opens it; may call @auth's callback. @remote and @conn, borrowed, are where events go. NULL on failure. */
struct vr_local *vr_local_open(const struct vr_uri *uri, unsigned flags, virConnectAuthPtr auth,
                               struct vr_remote *remote, virConnectPtr conn, struct vr_error **err);
/** The connection's last user is gone; no call runs. NULL is allowed. */
void vr_local_close(struct vr_local *l);

/** The driver has a function for this call. */
bool vr_local_has(const struct vr_api_call *call);
/** Runs it. Must not be called with a lock held: the application's event loop is told of what happened. */
bool vr_local_call(struct vr_local *l, const struct vr_api_call *call, const void *args, struct vr_arena *arena,
                   void *ret, struct vr_extras *extras, struct vr_error **err);
/** What a daemon would answer about a feature (VR_FEATURE_*). */
bool vr_local_feature(int feature);

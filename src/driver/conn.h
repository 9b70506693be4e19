/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The daemon's side of `struct vr_conn`. */
#include "driver/call.h"

/** The connection is closed: runs every hook once, newest first, and forgets them. Hooks may suspend. */
VR_SUSPENDS void vr_conn_closed(struct vr_conn *conn);

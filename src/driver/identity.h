/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Making a caller's identity. Who reads one needs call.h only. */
#include "driver/call.h"

/**
 * vr_identity_of_peer - what the kernel tells about the other end of a connected socket
 * @fd:       UNIX or TCP socket
 * @readonly: it came in on the read-only socket
 *
 * Never suspends. A TCP peer has no uid and no pid. Reports SYSTEM_ERROR when the kernel refuses to say who a local
 * peer is: such a connection must not be served.
 */
struct vr_identity *vr_identity_of_peer(int fd, bool readonly, struct vr_error **err);
/** A copy with one reference, to be completed before anyone else sees it. */
struct vr_identity *vr_identity_copy(const struct vr_identity *id);
/** Start time of a process in clock ticks since boot (field 22 of its stat), 0 when it is gone. */
uint64_t vr_process_start_time(pid_t pid);

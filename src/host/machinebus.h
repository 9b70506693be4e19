/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * systemd-machined: it gives a guest's process a scope of its own, which is where control groups of guests are on hosts
 * that systemd manages, and lists guests in `machinectl`. Spoken to over the system bus, asynchronously.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"

enum vr_machined { VR_MACHINED_DONE, VR_MACHINED_ABSENT, VR_MACHINED_FAILED };

struct vr_machine {
    const char *name;           /* "qemu-1-web" */
    struct vr_uuid uuid;
    pid_t leader;               /* moved into the scope, with its children */
    const char *partition;      /* "/machine/prod"; NULL: "/machine" */
    const int *interfaces;      /* indexes of its network devices */
    size_t interface_count;
};
/** ABSENT: no bus, or nobody answers to that name on it; err is not set. FAILED: err says what machined said. */
VR_SUSPENDS enum vr_machined vr_machined_create(const struct vr_machine *machine, vr_time deadline,
                                                struct vr_error **err);
/** Ends what is left of a machine; one that is gone already is fine. */
VR_SUSPENDS void vr_machined_terminate(const char *name, vr_time deadline);
/** Closes the bus. */
void vr_machined_done(void);

/** "/machine/prod-a" -> "machine-prod\x2da.slice"; malloc'd. */
char *vr_slice_name(const char *partition);

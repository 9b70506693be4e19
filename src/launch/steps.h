/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What is done to the process before it becomes the guest's. Each step reports the first thing that failed. */
#include <stdbool.h>
#include <stddef.h>
#include "spec.h"

/** Why a step failed; `text` says on what. */
struct launch_failure {
    const char *step;
    int errnum;
    char text[512];
};
/** Fills *f; returns false. */
bool launch_failed(struct launch_failure *f, const char *step, int errnum, const char *fmt, ...) VR_PRINTF(4, 5);

/** Everything up to exec. `fds` are the received descriptors; *channel may be moved to another number. */
bool launch_prepare(const struct launch_spec *spec, int *fds, int *channel, struct launch_failure *f);
/** A mount namespace of its own whose /dev holds only what the specification lists. */
bool launch_private_dev(const struct launch_spec *spec, struct launch_failure *f);
/** Tasks in another process's mount namespace. */
bool launch_enter(const struct launch_spec *spec, int pidfd, struct launch_failure *f);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* A program whose standard input and output are the connection: ssh, or what `ext` names. */
#include <stdbool.h>
#include <sys/types.h>
#include "base/error.h"

struct vr_child {
    pid_t pid;   /* 0: none */
    int fd;      /* our end of its stdin and stdout, one socket */
    int complaints; /* what it says on stderr; -1: none */
};

/**
 * vr_child_start - run argv[0] (searched in PATH)
 * @keep: more variables of the environment to hand on than the usual ones; NULL-terminated
 *
 * It gets no descriptors but these and default signals. A program that cannot be run counts as started: it has
 * complained, and its socket is at its end.
 */
bool vr_child_start(const char *const *argv, const char *const *keep, struct vr_child *out, struct vr_error **err);
/** What it wrote to stderr so far, malloc'd, without the last newline; waits for at most @wait_ms. */
char *vr_child_complaint(int complaints, int wait_ms);
/** Closes everything, waits a moment for it to end by itself, then makes it. */
void vr_child_end(struct vr_child *child);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Running a program and waiting for it: hook scripts, qemu-img, nft. Guests are not started this way; they outlive the
 * daemon, see src/launch.
 */
#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "loop.h"

/** What to run. Everything is borrowed for the call. */
struct vr_child {
    const char *const *argv; /* NULL at the end; argv[0] is the program's absolute path */
    const char *const *env;  /* NULL at the end; NULL: PATH, LANG=C and nothing else */
    const char *dir;         /* working directory; NULL: "/" */
    const void *input;       /* for its standard input; NULL: /dev/null */
    size_t input_len;
    size_t output_max;       /* more standard output than this is an error and ends it; 0: 1 MiB */
    size_t error_max;        /* of standard error the last so many bytes are kept; 0: 16 KiB */
    const int *fds;          /* descriptors that it finds as 3, 4, ...; at most 60 */
    size_t fd_count;
    vr_time deadline;        /* it is killed then, with the process group it made */
};

struct vr_child_result {
    struct vr_exit exit;
    struct vr_buf out, err;  /* NUL-terminated when not empty */
};
void vr_child_result_done(struct vr_child_result *result);
/** vr_autochild struct vr_child_result r = { 0 }: emptied at the end of the scope. */
#define vr_autochild __attribute__((cleanup(vr_child_result_done)))

/**
 * vr_child_run - run a program to its end
 * @result: zeroed by the caller; filled also on failure, with what was read until then
 *
 * True when the program ran and ended by itself, whatever its exit status. False: it could not be executed
 * (SYSTEM_ERROR), was killed at the deadline (OPERATION_TIMEOUT), by a cancel (OPERATION_ABORTED) or for too much
 * output (OPERATION_FAILED). It starts with default signal dispositions, an empty signal mask and a session of its own, and
 * no descriptors but those named. Processes it leaves behind after a normal end are not killed; when they hold its
 * output open, reading ends one second later.
 */
VR_SUSPENDS bool vr_child_run(const struct vr_child *child, struct vr_child_result *result, struct vr_error **err);

/** vr_child_run, and an exit status other than 0 or a fatal signal is INTERNAL_ERROR with its standard error. */
VR_SUSPENDS bool vr_child_run_ok(const struct vr_child *child, struct vr_child_result *result, struct vr_error **err);

/** The arguments joined with blanks, for messages: malloc'd, cut after 1 KiB. */
char *vr_child_text(const struct vr_child *child);

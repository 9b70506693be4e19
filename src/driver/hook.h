/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Hook scripts: what an administrator put at /etc/libvirt/hooks/DRIVER and, in order of their names, into
 * /etc/libvirt/hooks/DRIVER.d/. They run as children with a deadline and may call the daemon back, so whoever calls a
 * hook holds nothing that such a call needs.
 */
#include <stdbool.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/paths.h"

/**
 * vr_hooks_load - look which drivers have scripts
 *
 * Blocks in the kernel: before the loop, or on a worker. Without scripts a hook costs nothing later; scripts that come
 * afterwards are seen with the next load. A session has no hooks. Callable from any thread.
 */
void vr_hooks_load(const struct vr_dirs *dirs);
/** Whether a driver ("qemu") has scripts: lets callers leave out costly input. */
bool vr_hook_present(const char *driver);

/** One occasion; everything is borrowed. */
struct vr_hook {
    const char *driver;     /* "qemu" */
    const char *object;     /* the guest's name, "-" */
    const char *operation;  /* "prepare" */
    const char *sub;        /* "begin", "end", "-" */
    const char *extra;      /* "-" */
    const char *input;      /* a document for standard input, or NULL */
    vr_time deadline;       /* for all scripts together */
};

/**
 * vr_hook_call - run the scripts of a driver one after the other
 * @output: receives malloc'd standard output of the last script that wrote something but blanks, else NULL; may be NULL.
 *          What one script wrote so is the next one's input
 *
 * All are run, also after one that fails; false then, with HOOK_SCRIPT_FAILED for the first. True at once when there are
 * none.
 */
VR_SUSPENDS bool vr_hook_call(const struct vr_hook *hook, char **output, struct vr_error **err);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* A guest's log, /var/log/libvirt/qemu/NAME.log: QEMU's stderr with our lines between. */
#include <stdbool.h>
#include <sys/types.h>
#include "base/cleanup.h"
#include "base/error.h"

/** "2026-11-25 13:08:34.533+0000: " + text + newline; malloc'd. */
char *vr_guestlog_stamp(const char *fmt, ...) VR_PRINTF(1, 2);
/** Appends a stamped line, in order, by and by. Never suspends; a line that cannot be written is reported in our log. */
void vr_guestlog_line(const char *path, const char *fmt, ...) VR_PRINTF(2, 3);
/**
 * What QEMU wrote since `start` (our own lines and the pty notes left out), at most 4 KiB from the end, without the last
 * newline; malloc'd, "" when there is nothing. Blocks: for a worker.
 */
char *vr_guestlog_tail(const char *path, off_t start);
/** The same on a worker. */
VR_SUSPENDS char *vr_guestlog_read(const char *path, off_t start);
/** Appends text as it is, on a worker; *end is the log's size afterwards. */
VR_SUSPENDS bool vr_guestlog_append(const char *path, const char *text, off_t *end, struct vr_error **err);

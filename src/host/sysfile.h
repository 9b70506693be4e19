/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Small files of /proc, /sys and control groups. All block, shortly. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/cleanup.h"

/** Tests: a tree that stands for the host's / in this room; NULL: the host's own. */
void vr_sys_set_root(const char *root);
/** malloc'd path with the tests' root before it. */
char *vr_sys_path(const char *fmt, ...) VR_PRINTF(1, 2);

#define VR_SYS_MAX_FILE (4u << 20)
/** The whole file without trailing blanks and newlines; malloc'd. NULL with errno set. */
char *vr_sys_read(const char *fmt, ...) VR_PRINTF(1, 2);
struct vr_buf;
/** Adds the bytes of a file as they are. */
bool vr_sys_read_bytes(struct vr_buf *b, const char *path);
/** A number in decimal alone in a file. */
bool vr_sys_read_u64(uint64_t *out, const char *fmt, ...) VR_PRINTF(2, 3);
/** Writes `text` with one write(); 0 or an errno. */
int vr_sys_write(const char *text, const char *fmt, ...) VR_PRINTF(2, 3);
bool vr_sys_exists(const char *fmt, ...) VR_PRINTF(1, 2);

/** "0-3,8" as numbers, at most `max_number`; malloc'd, count in *n. False for anything else. */
bool vr_sys_list_parse(const char *text, unsigned max_number, unsigned **out, size_t *n);
/** Numbers N of entries "prefixN" in a directory, ascending; malloc'd. */
bool vr_sys_numbered(const char *directory, const char *prefix, unsigned **out, size_t *n);
/** The value after "key" and blanks at the start of a line of `text` ("MemFree:"); false when there is none. */
bool vr_sys_field(const char *text, const char *key, uint64_t *out);

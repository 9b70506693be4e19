/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Where log lines go and which of them, in the words of configuration files, LIBVIRT_LOG_FILTERS, LIBVIRT_LOG_OUTPUTS
 * and the admin interface:
 *     filters   "1:qemu 3:rpc*"       LEVEL:MATCH, the level for sources that match (a pattern; found anywhere)
 *     outputs   "3:stderr 1:file:/x"  LEVEL:stderr | LEVEL:file:PATH | LEVEL:syslog:NAME | LEVEL:journald
 * Levels: 1 debug, 2 info, 3 warning, 4 error. A line goes to an output when the first filter that names its source, or
 * else the general level, lets it through, and the output's own level too.
 *
 * Any thread may log while settings change. Setting outputs opens files, which can block: not on the loop.
 */
#include <stdbool.h>
#include <stddef.h>
#include "error.h"
#include "log.h"

/** Replaces all filters; NULL or "" for none. On failure nothing changes. Reports INVALID_ARG as stock does. */
bool vr_log_set_filters(const char *filters, struct vr_error **err);
/**
 * Replaces all outputs; NULL or "" goes back to the default. On failure nothing changes. Reports INVALID_ARG, or
 * SYSTEM_ERROR for a file that cannot be opened.
 */
bool vr_log_set_outputs(const char *outputs, struct vr_error **err);
/** What "" means for outputs; at first "3:stderr". Takes effect with the next vr_log_set_outputs. */
void vr_log_set_default_outputs(const char *outputs);

/** malloc'd text as vr_log_set_filters takes it, and how many there are (*count may be omitted). */
char *vr_log_get_filters(size_t *count);
char *vr_log_get_outputs(size_t *count);

/**
 * vr_log_set_deferral - lines go to a queue of the program's first
 * @defer: returns true when it took the line (copied), which it gives to vr_log_emit later; NULL: lines are written at once
 *
 * For a program whose main thread must not wait for a log's disk or pipe. Called on the thread that logs; must not log.
 */
void vr_log_set_deferral(bool (*defer)(enum vr_log_level level, const char *source, const char *line));
/** Writes a complete line to the outputs now. Blocks as long as they do. */
void vr_log_emit(enum vr_log_level level, const char *source, const char *line);

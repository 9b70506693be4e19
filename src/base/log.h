/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Log lines in stock's form: "TIME: PID: LEVEL : FUNCTION:LINE : TEXT". Levels, filters and outputs are set once by
 * the program; the default is warnings and errors to stderr. Each .c file names itself before including this header:
 *     #define VR_LOG_SOURCE "qemu.monitor"
 */
#include <stdarg.h>
#include <stdbool.h>
#include "cleanup.h"

#ifndef VR_LOG_SOURCE
#define VR_LOG_SOURCE "vireo"
#endif

enum vr_log_level { VR_LOG_DEBUG = 1, VR_LOG_INFO, VR_LOG_WARN, VR_LOG_ERROR };

#define vr_debug(...) vr_log_at(VR_LOG_DEBUG, __VA_ARGS__)
#define vr_info(...) vr_log_at(VR_LOG_INFO, __VA_ARGS__)
#define vr_warn(...) vr_log_at(VR_LOG_WARN, __VA_ARGS__)
#define vr_logerr(...) vr_log_at(VR_LOG_ERROR, __VA_ARGS__)
#define vr_log_at(level, ...)                                                                      \
    do {                                                                                           \
        if ((int)(level) >= vr_log_floor)                                                          \
            vr_log_write((level), VR_LOG_SOURCE, __func__, __LINE__, __VA_ARGS__);                 \
    } while (0)

/** The lowest level that any output or filter lets through; read by the macros only. */
extern int vr_log_floor;

/** @function NULL: the line does not say where it comes from. */
void vr_log_write(enum vr_log_level level, const char *source, const char *function, int line, const char *fmt, ...)
    VR_PRINTF(5, 6);
/** Sets the level of lines that no filter names. */
void vr_log_set_level(enum vr_log_level level);
enum vr_log_level vr_log_level(void);
/** The lowest level that a filter lets through; 0: there are no filters. Filters themselves: log_settings.h. */
void vr_log_set_filter_floor(int level);
/** Where lines go: called with a complete line, newline included. NULL is stderr. Must not block or log. */
void vr_log_set_sink(void (*sink)(enum vr_log_level level, const char *source, const char *line, void *opaque),
                     void *opaque);

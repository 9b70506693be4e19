/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "alloc.h"

int vr_log_floor = VR_LOG_WARN;
static void (*log_sink)(enum vr_log_level, const char *, const char *, void *);
static void *log_sink_opaque;

static const char *const level_names[] = { "", "debug", "info", "warning", "error" };

void vr_log_write(enum vr_log_level level, const char *source, const char *function, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vr_autofree char *text = vr_vprintf(fmt, ap);
    va_end(ap);
    struct timespec ts;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    char stamp[40];
    strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
    vr_autofree char *where = function ? vr_printf("%s:%d : ", function, line) : NULL;
    vr_autofree char *whole = vr_printf("%s.%03ld+0000: %ld: %s : %s%s\n", stamp, ts.tv_nsec / 1000000,
                                        (long)syscall(SYS_gettid), level_names[level], where ? where : "", text);
    if (log_sink) {
        log_sink(level, source, whole, log_sink_opaque);
    } else {
        ssize_t ignored = write(STDERR_FILENO, whole, strlen(whole));
        (void)ignored;
    }
}

static enum vr_log_level default_level = VR_LOG_WARN;
static int filter_floor;

static void set_floor(void)
{
    vr_log_floor = filter_floor && filter_floor < (int)default_level ? filter_floor : (int)default_level;
}

void vr_log_set_level(enum vr_log_level level)
{
    default_level = level;
    set_floor();
}

enum vr_log_level vr_log_level(void)
{
    return default_level;
}

void vr_log_set_filter_floor(int level)
{
    filter_floor = level;
    set_floor();
}

void vr_log_set_sink(void (*sink)(enum vr_log_level, const char *, const char *, void *), void *opaque)
{
    log_sink = sink;
    log_sink_opaque = opaque;
}

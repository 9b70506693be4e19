/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "alloc.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "clock.h"

void vr_autofree_cleanup(void *pointer_to_pointer)
{
    void *p;
    memcpy(&p, pointer_to_pointer, sizeof(p));
    free(p);
}

void vr_autoclose_cleanup(int *fd)
{
    if (*fd >= 0) {
        int saved = errno;
        close(*fd);
        errno = saved;
    }
}

static void *must(void *p)
{
    if (!p) {
        static const char text[] = "out of memory: giving up; guests keep running\n";
        ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
        (void)ignored;
        abort();
    }
    return p;
}

void *vr_alloc(size_t size)
{
    return must(calloc(1, size ? size : 1));
}

void *vr_try_alloc(size_t size)
{
    return calloc(1, size ? size : 1);
}

void *vr_realloc(void *old, size_t count, size_t size)
{
    return must(reallocarray(old, count ? count : 1, size));
}

char *vr_strdup(const char *text)
{
    return text ? must(strdup(text)) : NULL;
}

char *vr_strndup(const char *text, size_t length)
{
    return text ? must(strndup(text, length)) : NULL;
}

void *vr_memdup(const void *data, size_t size)
{
    void *copy = vr_alloc(size);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

char *vr_vprintf(const char *fmt, va_list ap)
{
    char *text = NULL;
    return vasprintf(&text, fmt, ap) < 0 ? must(NULL) : text;
}

char *vr_printf(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = vr_vprintf(fmt, ap);
    va_end(ap);
    return text;
}

static vr_time clock_ns(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return VR_SEC(ts.tv_sec) + ts.tv_nsec;
}

static vr_time skipped; /* atomic: workers look at the clock too */

void vr_clock_skip(vr_time span)
{
    __atomic_fetch_add(&skipped, span, __ATOMIC_RELAXED);
}

vr_time vr_now(void)
{
    return clock_ns(CLOCK_MONOTONIC) + __atomic_load_n(&skipped, __ATOMIC_RELAXED);
}

vr_time vr_wall_now(void)
{
    return clock_ns(CLOCK_REALTIME);
}

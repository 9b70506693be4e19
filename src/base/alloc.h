/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Small allocations abort the process when memory is gone: guests survive and the next start finds them. Sizes that
 * come from outside are bounded by the caller, or go through vr_try_alloc and report.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include "cleanup.h"

void *vr_alloc(size_t size);                      /* zeroed; never NULL */
void *vr_try_alloc(size_t size);                  /* zeroed; NULL when there is no memory */
void *vr_realloc(void *old, size_t count, size_t size); /* checked multiplication; never NULL */
char *vr_strdup(const char *text);                /* NULL stays NULL */
char *vr_strndup(const char *text, size_t length);
void *vr_memdup(const void *data, size_t size);
char *vr_printf(const char *fmt, ...) VR_PRINTF(1, 2); /* malloc'd text, never NULL */
char *vr_vprintf(const char *fmt, va_list ap) VR_PRINTF(1, 0);

/** Sorts `n` elements of `size` bytes at `v`. An empty array may be NULL, which qsort() itself does not allow. */
static inline void vr_sort(void *v, size_t n, size_t size, int (*order)(const void *, const void *))
{
    if (n > 1)
        qsort(v, n, size, order);
}

#define vr_new(type) ((type *)vr_alloc(sizeof(type)))

/** Room for one more element in a malloc'd array: grows `array` (any pointer) so that index `count` is valid. */
#define VR_GROW(array, count, capacity)                                                            \
    do {                                                                                           \
        if ((count) >= (capacity)) {                                                               \
            (capacity) = (capacity) ? (capacity) * 2 : 8;                                          \
            (array) = vr_realloc((array), (capacity), sizeof(*(array)));                           \
        }                                                                                          \
    } while (0)

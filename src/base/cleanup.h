/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Ownership that reads top to bottom: scope-bound cleanup plus an explicit take. */
#include <stddef.h>

/** VR_AUTO(vr_thing) *x: `vr_thing_free(x)` at the end of the scope; free functions take NULL. */
#define VR_AUTO(type) __attribute__((cleanup(type##_auto))) struct type

/** Put after the declaration of `void type_free(struct type *)` to make VR_AUTO(type) work. */
#define VR_DEFINE_AUTO(type)                                                                       \
    static inline __attribute__((unused)) void type##_auto(struct type **p)                        \
    {                                                                                              \
        type##_free(*p);                                                                           \
    }

/** vr_autofree char *s: free(s) at the end of the scope. */
#define vr_autofree __attribute__((cleanup(vr_autofree_cleanup)))
/** vr_autoclose int fd: close(fd) at the end of the scope when fd >= 0; keeps errno. */
#define vr_autoclose __attribute__((cleanup(vr_autoclose_cleanup)))

void vr_autofree_cleanup(void *pointer_to_pointer);
void vr_autoclose_cleanup(int *fd);

/** The value of *fd, which becomes -1: ownership moves to the caller. */
static inline int vr_take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

/** The value of a pointer variable, which becomes NULL: ownership moves to the caller. */
#define vr_take(pointer)                                                                           \
    ({                                                                                             \
        __typeof__(pointer) vr_taken_ = (pointer);                                                 \
        (pointer) = NULL;                                                                          \
        vr_taken_;                                                                                 \
    })

#define VR_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define VR_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define VR_MUST_CHECK __attribute__((warn_unused_result))
/**
 * Marks every function that may switch fibers, its callers included. The compiler sees nothing; tools/suspends.py
 * reads the mark and the call graph and fails the build when an unmarked function reaches a marked one.
 */
#define VR_SUSPENDS

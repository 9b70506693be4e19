/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Tests run waiting code again and again, each time failing another suspension: the N-th call of a VR_SUSPENDS
 * primitive in scope ends with a timeout or a cancel, or calls the test's own function (which may kill a peer) and goes
 * on. Compiled in when the build has -Dtest_hooks=true; otherwise arming reports NO_SUPPORT and nothing is checked.
 */
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "config.h"

enum vr_fault_kind {
    VR_FAULT_COUNT,   /* only counts */
    VR_FAULT_TIMEOUT, /* this wait reports OPERATION_TIMEOUT as if its deadline had passed */
    VR_FAULT_CANCEL,  /* the fiber is cancelled here; sticky as ever, held off by a shield as ever */
    VR_FAULT_CALL     /* fn(what, opaque) is called, on the fiber, and must not suspend; the wait then goes on */
};

struct vr_fault {
    const char *scope; /* fibers whose name begins with this text; NULL = every fiber */
    size_t at;         /* 1 = the first suspension after arming */
    enum vr_fault_kind kind;
    void (*fn)(const char *what, void *opaque);
    void *opaque;
};

/** Starts counting; one fault at a time. `fault` is copied, its texts are borrowed. */
bool vr_fault_arm(const struct vr_fault *fault, struct vr_error **err);
/** Stops. Returns the number of suspensions that were in scope: when it is below `at`, the fault never happened. */
size_t vr_fault_disarm(void);

/** A test outside the process may ask from now on, by the file VIREO_FAULT names (fault_board.h). */
void vr_fault_board_open(void);

/* Called by every wait. True: *err is set and the wait must fail. */
struct vr_fiber;
#if VR_TEST_HOOKS
extern bool vr_fault_armed;
bool vr_fault_check(struct vr_fiber *fiber, const char *what, struct vr_error **err);
#define vr_fault_hit(fiber, what, err) (__builtin_expect(vr_fault_armed, 0) && vr_fault_check((fiber), (what), (err)))
#else
#define vr_fault_hit(fiber, what, err) false
#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What the files of this room share: the one loop's state, a fiber's state, and the single way to suspend
 * (vr_park / vr_wake). tools/gdb/vireo-fibers.py reads vr_loop, struct vr_fiber and struct vr_stack by name.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include "loop.h"
#include "sanitize.h"

#define VR_STACK_USABLE ((size_t)256 * 1024)
#define VR_STACK_GUARD ((size_t)64 * 1024)
/* Bytes at the top of a recycled stack that stay resident; what lies deeper is given back. */
#define VR_STACK_KEEP ((size_t)64 * 1024)
/* Each stack is two mappings, and vm.max_map_count is 65,530 by default. */
#define VR_FIBER_MAX 8192
/* Unused stacks kept for the next fibers, each with the pages it touched; making one costs 5 us. */
#define VR_STACK_SPARE 64

/* A mistake in the program, not a condition of the world: nothing sensible can go on. */
#define vr_require(cond, ...)                                                                      \
    do {                                                                                           \
        if (__builtin_expect(!(cond), 0))                                                          \
            vr_require_failed(__func__, __VA_ARGS__);                                              \
    } while (0)
void vr_require_failed(const char *function, const char *fmt, ...) VR_PRINTF(2, 3) __attribute__((noreturn, cold));

/* ---- heap of timers (timer.c) ---- */

struct vr_heap_node {
    vr_time when;
    uint64_t seq;  /* equal times fire in the order they were set */
    size_t index;  /* 1-based place in the heap; 0 = not armed */
    void (*fire)(struct vr_heap_node *node);
};
void vr_heap_set(struct vr_heap_node *node, vr_time when);
void vr_heap_clear(struct vr_heap_node *node);
/** The earliest time, or INT64_MAX. */
vr_time vr_heap_next(void);
/** Fires what is due; each node at most once per call, so that a timer re-armed in the past cannot hold the loop. */
void vr_heap_run(vr_time now);
void vr_heap_done(void);

/* ---- fibers ---- */

enum vr_fiber_state { VR_FIBER_READY, VR_FIBER_RUNNING, VR_FIBER_PARKED, VR_FIBER_ENDED };
enum vr_wake { VR_WAKE_EVENT, VR_WAKE_TIMEOUT, VR_WAKE_CANCEL, VR_WAKE_ABORT };

struct vr_stack {
    char *map;              /* guard first, then the usable part, which grows down towards the guard */
    sigjmp_buf registers;   /* of the code that is parked on this stack */
    bool entered;           /* its bootstrap function runs, so that `registers` may be jumped to */
    void *fake;             /* AddressSanitizer's */
    void *tsan;             /* ThreadSanitizer's */
    unsigned valgrind_id;
    unsigned uses;          /* since its deep pages were given back */
    struct vr_fiber *fiber;
    struct vr_stack *next;
};

struct vr_waiter {
    struct vr_cond *cond; /* NULL when not queued */
    struct vr_fiber *fiber;
    struct vr_waiter *prev, *next;
};

struct vr_fiber {
    struct vr_stack *stack;
    void (*fn)(void *arg);
    void *arg;
    char name[48];
    const char *note;       /* borrowed, vr_fiber_note */
    uint64_t id;
    enum vr_fiber_state state;
    enum vr_wake wake;      /* why the last park ended */
    bool cancelled;
    int shields;
    vr_time shield_deadline;
    const char *wait_what;  /* static text: what kind of wait it is parked in */
    int wait_fd;            /* with it: a descriptor or -1 */
    const struct vr_fiber *wait_owner; /* with it: who holds the lock, or NULL */
    vr_time wait_since, started;
    struct vr_heap_node timer;
    struct vr_waiter *waiter; /* where it is queued while parked in a condition */
    int locks;              /* vr_locks it holds */
    struct vr_fiber *ready_next;
    struct vr_group *group;
    struct vr_fiber *group_prev, *group_next;
    struct vr_fiber *all_prev, *all_next;
};

struct vr_group {
    char *name;
    struct vr_fiber *first, *last;
    size_t count;
    bool cancelled;
    struct vr_cond empty;
};

struct vr_idle {
    bool (*fn)(void *opaque);
    void *opaque;
    struct vr_idle *next;
};

struct vr_loop_state {
    struct sd_event *event;
    bool event_shared;        /* somebody else, sd-bus, has sources in it */
    bool quit;
    int code;
    struct vr_fiber *current;
    struct vr_fiber *ready_first, *ready_last;
    struct vr_fiber *all_first;
    size_t fiber_count;
    uint64_t next_id;
    struct vr_group *root;
    struct vr_idle *idle_first, *idle_last;
    int atomic_depth;
    vr_time now;              /* of the last look at the clock in this turn */

    sigjmp_buf main_registers;
    const void *main_bottom;  /* the scheduler's own stack, for AddressSanitizer */
    size_t main_size;
    void *main_fake;
    void *main_tsan;
    struct vr_stack *entering;
    struct vr_stack *spare;
    size_t spare_count;

    bool test_clock;
};
extern struct vr_loop_state vr_loop;

/** Runs `fiber` until it parks, yields or ends. Scheduler only. */
void vr_fiber_resume(struct vr_fiber *fiber);
void vr_fiber_release(struct vr_fiber *fiber);
void vr_stacks_done(void);
void vr_ready_push(struct vr_fiber *fiber);
/** Back to the scheduler; returns when resumed. The one place where fibers switch. */
VR_SUSPENDS void vr_switch_out(void);

/**
 * Every VR_SUSPENDS function calls this first, also when it will not have to wait: it fails for a cancelled fiber, so
 * that code unwinds at its next wait, and it is where tests inject a failure.
 */
bool vr_wait_enter(const char *what, struct vr_error **err);

/**
 * vr_park - suspend the running fiber until vr_wake, the deadline or cancel
 * @what: static text for dumps and errors, "a condition"
 *
 * The caller has queued itself where its event will find it, and takes itself out again when the result is not
 * VR_WAKE_EVENT (a queued f->waiter is taken out here). Cancel and the shield's deadline are applied.
 */
VR_SUSPENDS enum vr_wake vr_park(const char *what, vr_time deadline);
/** The same, deaf to cancel and shield deadline: for joins that must be complete. */
VR_SUSPENDS enum vr_wake vr_park_deaf(const char *what, vr_time deadline);
/** Makes a parked fiber ready. False when it is not parked any more (an earlier wake wins). */
bool vr_wake(struct vr_fiber *fiber, enum vr_wake why);
/** Reports why a wait did not end by its event; returns true for VR_WAKE_EVENT. */
bool vr_wake_result(enum vr_wake why, const char *what, struct vr_error **err);
void vr_cond_queue(struct vr_cond *cond, struct vr_waiter *waiter);
void vr_waiter_unlink(struct vr_waiter *waiter);

/** "'name' (state), waiting for ..., 1.2 s" of a fiber; malloc'd. */
char *vr_fiber_describe(const struct vr_fiber *fiber, vr_time now);

void vr_group_add(struct vr_group *group, struct vr_fiber *fiber);
void vr_group_remove(struct vr_fiber *fiber);

/* ---- descriptors (poll.c) ---- */

struct vr_poll {
    int fd;
    uint32_t armed;  /* what the epoll set reports for it; 0: it is no member */
    bool late;       /* fn may free watches: called after those that may not */
    void (*fn)(struct vr_poll *poll, uint32_t events);
};
bool vr_poll_init(struct vr_error **err);
void vr_poll_done(void);
bool vr_poll_add(struct vr_poll *poll, uint32_t events, struct vr_error **err);
/** Changes interest; 0 takes it out of the set, and cannot fail. */
bool vr_poll_set(struct vr_poll *poll, uint32_t events, struct vr_error **err);
/** Waits for at most `span` (negative: without end) and calls the functions. False: nothing happened. */
bool vr_poll_wait(vr_time span);

/* ---- the rest ---- */

bool vr_post_init(struct vr_error **err);
void vr_post_done(void);
/** A post whose node the caller owns. */
struct vr_post {
    void (*fn)(void *arg);
    void *arg;
    struct vr_post *next;
    bool owned;
};
void vr_loop_post_node(struct vr_post *post);

void vr_signals_done(void);
/** Ends the threads; what they report last is taken by vr_post_done, and then vr_workers_forget frees the rest. */
void vr_workers_done(void);
void vr_workers_forget(void);
/** Tasks that run or wait on a thread; the test clock stands still while there are any. */
size_t vr_workers_busy(void);

bool vr_crash_init(void);      /* guard.c: the handler that names the fiber whose stack ran over */
void vr_watchdog_init(void);   /* watchdog.c */
void vr_watchdog_done(void);
void vr_watchdog_begin(struct vr_fiber *fiber, vr_time now);
/** Logs a slice that was too long. */
void vr_watchdog_end(struct vr_fiber *fiber, vr_time started, vr_time now);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * The event loop and its fibers. One thread owns all state; requests, monitors and background jobs are stackful
 * fibers on it, so waiting reads as straight-line code. Rules and traps: docs/fibers.md.
 *
 * All functions here are called on the loop thread unless they say otherwise. A function marked VR_SUSPENDS may run
 * other fibers before it returns; it must not be called from a source callback or a callback of a foreign library.
 * errno does not survive one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

/**
 * Makes the process's one loop. Signals named by vr_loop_on_signal must be blocked before any thread starts. Ignores
 * SIGPIPE, dumps the fibers on SIGUSR2, and installs handlers for SIGSEGV and SIGBUS that name a fiber whose stack ran
 * over, and for SIGVTALRM, the watchdog of slow slices.
 */
bool vr_loop_init(struct vr_error **err);
/** Runs until vr_loop_quit; returns its code. Fibers that still exist are the caller's to cancel before. */
int vr_loop_run(void);
void vr_loop_quit(int code);
/** Frees the loop. Waits up to 5 s per pool for tasks on workers; fibers that still exist are named in the log. */
void vr_loop_done(void);
/** Calls `fn` on the loop, outside any fiber, when `signum` (blocked by this call) arrives. */
bool vr_loop_on_signal(int signum, void (*fn)(int signum, void *opaque), void *opaque, struct vr_error **err);
/** Runs `fn` once on the loop when it is idle (no fiber runnable, no event ready), in slices: again while true. */
void vr_loop_when_idle(bool (*fn)(void *opaque), void *opaque);
/** The sd_event behind it, for sd-bus only. */
struct sd_event;
struct sd_event *vr_loop_event(void);

/* ---- fibers ------------------------------------------------------------------------------------------------------ */

struct vr_fiber;
struct vr_group;

/**
 * vr_fiber_start - run fn(arg) on a fiber of its own, from the next turn of the loop on
 * @group: where it belongs; NULL = the loop's own group
 * @name:  shown by SIGUSR2, the watchdog and gdb; copied, at most 47 bytes
 *
 * The fiber frees itself when fn returns; a started fiber always runs, also when its group was cancelled. False when
 * there are too many (8,192): RESOURCE_BUSY, fn was not called.
 */
bool vr_fiber_start(struct vr_group *group, const char *name, void (*fn)(void *arg), void *arg, struct vr_error **err);
/** The running fiber, NULL outside. */
struct vr_fiber *vr_fiber_self(void);
const char *vr_fiber_name(const struct vr_fiber *fiber);
/**
 * What the fiber waits for, told in dumps and in its errors: "waiting for monitor reply to query-block". The text is
 * borrowed until the next call; NULL ends it.
 */
void vr_fiber_note(const char *text);
size_t vr_fiber_count(void);
/** Writes name, wait and age of each fiber through the log (SIGUSR2). */
void vr_fiber_dump(void);

/** Makes the fiber's current and later waits fail with OPERATION_ABORTED; sticky; not delivered inside a shield. */
void vr_fiber_cancel(struct vr_fiber *fiber);
/** True when the running fiber was cancelled and is not shielded. */
bool vr_cancelled(void);

/**
 * Groups: per client, per domain, per operation. Closing a group cancels its fibers and waits for them. A group is
 * freed by whoever made it, after vr_group_close.
 */
struct vr_group *vr_group_new(const char *name);
/** Cancels its fibers, and those that are started in it later. NULL: the loop's own group. */
void vr_group_cancel(struct vr_group *group);
size_t vr_group_count(const struct vr_group *group);
/**
 * Cancels, then waits until the last fiber ended, deaf to cancel and to shields' deadlines, since what the group's
 * fibers use is often freed next. A fiber of the group itself must not call it. With an empty group it may be called
 * outside fibers and does not suspend.
 */
VR_SUSPENDS void vr_group_close(struct vr_group *group);
/** Waits without cancelling; false at the deadline or cancel. */
VR_SUSPENDS bool vr_group_join(struct vr_group *group, vr_time deadline, struct vr_error **err);
void vr_group_free(struct vr_group *group);

/**
 * Cleanup that must wait runs inside a shield: cancel is not delivered, waits end at the shield's deadline at the
 * latest. Shields nest; the earlier deadline holds.
 *     vr_shield(vr_after(VR_SEC(5))) { ... }
 * It is left by falling out, break, return or goto.
 */
#define vr_shield(deadline) VR_SHIELD_AS_(VR_PASTE_(vr_shield_, __LINE__), deadline)
#define VR_SHIELD_AS_(name, deadline)                                                              \
    for (__attribute__((cleanup(vr_shield_end))) struct vr_shield name = vr_shield_begin(deadline); name.active;      \
         name.active = false)
#define VR_PASTE_(a, b) VR_PASTE2_(a, b)
#define VR_PASTE2_(a, b) a##b
struct vr_shield {
    bool active;
    vr_time outer_deadline;
};
struct vr_shield vr_shield_begin(vr_time deadline);
void vr_shield_end(struct vr_shield *shield);

/* ---- waits: all return false with OPERATION_TIMEOUT at the deadline, OPERATION_ABORTED when cancelled ----------- */

VR_SUSPENDS bool vr_sleep_until(vr_time when, struct vr_error **err);
/** Lets other runnable fibers go first. */
VR_SUSPENDS void vr_yield(void);

/** A condition: any number of fibers wait in FIFO order. Zero-initialised; nothing to free; re-check after waking. */
struct vr_cond {
    struct vr_waiter *first, *last;
};
VR_SUSPENDS bool vr_cond_wait(struct vr_cond *cond, vr_time deadline, struct vr_error **err);
void vr_cond_signal(struct vr_cond *cond);
void vr_cond_broadcast(struct vr_cond *cond);
bool vr_cond_has_waiters(const struct vr_cond *cond);

/** One persistent source per descriptor. At most one fiber waits for each direction; the fd stays the caller's. */
struct vr_watch;
struct vr_watch *vr_watch_new(int fd, struct vr_error **err);
/** Free it before closing the descriptor, and not while a fiber waits on it. */
void vr_watch_free(struct vr_watch *watch);
VR_DEFINE_AUTO(vr_watch)
/** events: EPOLLIN and/or EPOLLOUT; EPOLLHUP and EPOLLERR always end the wait. *got may be NULL. */
VR_SUSPENDS bool vr_watch_wait(struct vr_watch *watch, uint32_t events, uint32_t *got, vr_time deadline,
                               struct vr_error **err);
/**
 * vr_watch_notify - call fn(opaque) once on the loop, outside any fiber, when one of `events` comes
 *
 * For a descriptor on which nothing may come for long, so that no stack waits for it. EPOLLHUP and EPOLLERR count
 * always. Replaces what was asked for before; fn NULL takes it back.
 */
bool vr_watch_notify(struct vr_watch *watch, uint32_t events, void (*fn)(void *opaque), void *opaque,
                     struct vr_error **err);
/** Makes waits on it, now and later, end with OPERATION_ABORTED (for a reader that another fiber closes). */
void vr_watch_abort(struct vr_watch *watch);

/** Reads/writes exactly as read(2)/write(2) on a nonblocking fd, waiting first when they would block. -1 = error. */
VR_SUSPENDS ssize_t vr_fd_read(struct vr_watch *watch, int fd, void *data, size_t len, vr_time deadline,
                               struct vr_error **err);
VR_SUSPENDS ssize_t vr_fd_write(struct vr_watch *watch, int fd, const void *data, size_t len, vr_time deadline,
                                struct vr_error **err);

/** Waits for a child or any process by pidfd; *status as waitid(2) si_status/si_code when it is our child. */
struct vr_exit {
    bool known;   /* false: not our child, only known to be gone */
    int code;     /* CLD_EXITED, CLD_KILLED, CLD_DUMPED */
    int status;   /* exit status or signal */
};
VR_SUSPENDS bool vr_pidfd_wait(int pidfd, struct vr_exit *exit, vr_time deadline, struct vr_error **err);

/* ---- timers without a fiber -------------------------------------------------------------------------------------- */

struct vr_timer;
/** Calls fn on the loop at `when`, once; fn may re-arm it. Freeing disarms. */
struct vr_timer *vr_timer_new(void (*fn)(void *opaque), void *opaque);
void vr_timer_set(struct vr_timer *timer, vr_time when); /* 0 disarms */
void vr_timer_free(struct vr_timer *timer);

/* ---- FIFO lock --------------------------------------------------------------------------------------------------- */

/** A fiber mutex with owner and age; the base of the domain's jobs. Zero-initialised. */
struct vr_lock {
    struct vr_fiber *owner;
    vr_time since;
    struct vr_cond queue;
};
VR_SUSPENDS bool vr_lock_take(struct vr_lock *lock, vr_time deadline, struct vr_error **err);
void vr_lock_release(struct vr_lock *lock);

/* ---- workers ----------------------------------------------------------------------------------------------------- */

enum vr_pool {
    VR_POOL_STORE,   /* definitions and status files */
    VR_POOL_LAUNCH,  /* fork/exec helpers, cgroup, mount, chown, link-changing netlink */
    VR_POOL_CPU,     /* crypto, big documents */
    VR_POOL_STORAGE, /* guest images: may hang on a dead mount; quota per mount */
    VR_POOL_COUNT
};
/**
 * vr_worker_run - run task(arg) on a worker thread and wait for it
 * @mount: VR_POOL_STORAGE: the mount the task touches (for the quota); else NULL
 * @free_arg: called with arg once nobody uses it any more, on the loop or, for an abandoned task, on its thread
 *
 * `task` is pure: it works on arg alone, which holds copies, and leaves its results there. Returns true when the task
 * ended (whatever it found; the caller reads arg, which stays valid until vr_worker_run's caller calls free_arg
 * itself). False: arg is no longer the caller's, and free_arg was called or will be when the task ends. Past the
 * deadline or when cancelled the task is abandoned; one that is still running at its deadline makes further tasks for
 * that mount fail at once with OPERATION_TIMEOUT until it ends. A cancel while the task runs does not stop it: what
 * must be seen through to its end (a definition being written) runs in a shield.
 */
VR_SUSPENDS bool vr_worker_run(enum vr_pool pool, const char *mount, const char *name, void (*task)(void *arg),
                               void *arg, void (*free_arg)(void *arg), vr_time deadline, struct vr_error **err);

/** Queues fn(arg) to run on the loop; callable from any thread. What is still queued when the loop ends is dropped. */
void vr_loop_post(void (*fn)(void *arg), void *arg);

/* ---- checks ------------------------------------------------------------------------------------------------------ */

/** Asserts that no fiber switch happens until the end of the scope. */
#define VR_ATOMIC_SECTION()                                                                        \
    __attribute__((cleanup(vr_atomic_end), unused)) int VR_PASTE_(vr_atomic_, __LINE__) = vr_atomic_begin()
int vr_atomic_begin(void);
void vr_atomic_end(int *token);

/**
 * Test clock: when nothing is ready, no event has come and no worker is busy, vr_now() is moved to the next timer
 * instead of waiting for it. Deadlines of hours pass in no time; what waits for another process must not use it.
 */
void vr_loop_test_clock(bool on);

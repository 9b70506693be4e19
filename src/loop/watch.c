/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
/*
 * Waiting for descriptors. One persistent, level-triggered registration per descriptor. Interest stays after a wait,
 * since the usual reader comes straight back (no epoll_ctl per wait); an event that finds nobody drops it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "internal.h"

/* A fiber whose reads never block gives way after this long. */
#define PUMP_SLICE VR_MS(2)

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

struct side {
    struct vr_fiber *fiber; /* who waits, or NULL */
    uint32_t events;
};

struct vr_watch {
    struct vr_poll poll;
    bool aborted;
    struct side in, out;    /* one fiber may be on both */
    bool drained;           /* the last read took all there was: wait before the next */
    uint32_t got_in, got_out; /* what ended the last waits */
    void (*notify)(void *opaque); /* whom to call when no fiber waits, or NULL */
    void *notify_opaque;
    uint32_t notify_events;
};

static void leave(struct vr_watch *watch, const struct vr_fiber *fiber)
{
    if (watch->in.fiber == fiber)
        watch->in.fiber = NULL;
    if (watch->out.fiber == fiber)
        watch->out.fiber = NULL;
}

/* Always delivered by epoll, whatever was asked for. */
#define GONE ((uint32_t)(EPOLLHUP | EPOLLERR))

static void on_io(struct vr_poll *poll, uint32_t events)
{
    struct vr_watch *watch = (struct vr_watch *)((char *)poll - offsetof(struct vr_watch, poll));
    struct vr_fiber *in = watch->in.fiber, *out = watch->out.fiber;
    void (*notify)(void *opaque) = events & (watch->notify_events | GONE) ? watch->notify : NULL;
    if (notify) {
        watch->notify = NULL;
        watch->notify_events = 0;
    }
    uint32_t wanted = (in ? watch->in.events : 0) | (out ? watch->out.events : 0) | watch->notify_events |
                      (notify ? events & (EPOLLIN | EPOLLOUT) : 0); /* who is called asks again, most likely */
    /* Nobody waits for what happened: without this the level-triggered event would come back at once. */
    if ((events & ~wanted & ~GONE) || !wanted)
        vr_poll_set(poll, wanted, NULL);
    if (in && (events & (watch->in.events | GONE))) {
        watch->got_in = events;
        leave(watch, in);
        vr_wake(in, VR_WAKE_EVENT);
    }
    if (out && out != in && (events & (watch->out.events | GONE))) {
        watch->got_out = events;
        leave(watch, out);
        vr_wake(out, VR_WAKE_EVENT);
    }
    if (notify)
        notify(watch->notify_opaque); /* last: it may free the watch */
}

bool vr_watch_notify(struct vr_watch *watch, uint32_t events, void (*fn)(void *opaque), void *opaque,
                     struct vr_error **err)
{
    watch->notify = NULL;
    watch->notify_events = 0;
    if (!fn)
        return true;
    if (!vr_poll_set(&watch->poll, watch->poll.armed | events, err))
        return false;
    watch->notify = fn;
    watch->notify_opaque = opaque;
    watch->notify_events = events;
    return true;
}

struct vr_watch *vr_watch_new(int fd, struct vr_error **err)
{
    struct vr_watch *watch = vr_new(struct vr_watch);
    watch->poll.fd = fd;
    watch->poll.fn = on_io;
    /* Most are read from next; and what cannot be watched, a plain file, is known at once. */
    if (!vr_poll_add(&watch->poll, EPOLLIN, err)) {
        free(watch);
        return NULL;
    }
    return watch;
}

void vr_watch_free(struct vr_watch *watch)
{
    if (!watch)
        return;
    vr_require(!watch->in.fiber && !watch->out.fiber, "descriptor %d: freed while '%s' waits for it", watch->poll.fd,
               watch->in.fiber ? watch->in.fiber->name : watch->out.fiber->name);
    vr_poll_set(&watch->poll, 0, NULL);
    free(watch);
}

/* `what`: static text that says what is expected of the descriptor. */
VR_SUSPENDS static bool wait_for(struct vr_watch *watch, const char *what, uint32_t events, uint32_t *got,
                                 vr_time deadline, struct vr_error **err)
{
    struct vr_fiber *self = vr_loop.current;
    if (!vr_wait_enter(what, err))
        return false;
    if (watch->aborted)
        return vr_wake_result(VR_WAKE_ABORT, what, err);
    bool out = events & EPOLLOUT, in = events & ~(uint32_t)EPOLLOUT;
    vr_require(events && !(in && watch->in.fiber) && !(out && watch->out.fiber), "descriptor %d: second waiter '%s'",
               watch->poll.fd, self->name);
    if (in)
        watch->in = (struct side){ self, events };
    if (out)
        watch->out = (struct side){ self, events };
    if (!vr_poll_set(&watch->poll, watch->poll.armed | events, err)) {
        leave(watch, self);
        return false;
    }
    self->wait_fd = watch->poll.fd;
    enum vr_wake why = vr_park(what, deadline);
    leave(watch, self);
    if (why == VR_WAKE_EVENT && got)
        *got = in ? watch->got_in : watch->got_out;
    return vr_wake_result(why, what, err);
}

VR_SUSPENDS bool vr_watch_wait(struct vr_watch *watch, uint32_t events, uint32_t *got, vr_time deadline,
                               struct vr_error **err)
{
    return wait_for(watch, "an event", events, got, deadline, err);
}

void vr_watch_abort(struct vr_watch *watch)
{
    watch->aborted = true;
    struct vr_fiber *in = watch->in.fiber, *out = watch->out.fiber;
    watch->in.fiber = watch->out.fiber = NULL;
    if (in)
        vr_wake(in, VR_WAKE_ABORT);
    if (out && out != in)
        vr_wake(out, VR_WAKE_ABORT);
}

/* ---- reading and writing ---- */

/* A peer that always has data must not keep the loop: the pump gives way now and then. */
static VR_SUSPENDS void give_way(void)
{
    if (vr_now() - vr_loop.now > PUMP_SLICE)
        vr_yield();
}

VR_SUSPENDS ssize_t vr_fd_read(struct vr_watch *watch, int fd, void *data, size_t len, vr_time deadline,
                               struct vr_error **err)
{
    if (!vr_wait_enter("data", err))
        return -1;
    if (watch->drained) {
        /* Saves the read that would most likely find nothing; a deadline in the past still gets what is there. */
        watch->drained = false;
        if (deadline > vr_loop.now && !wait_for(watch, "data", EPOLLIN, NULL, deadline, err))
            return -1;
    }
    for (;;) {
        ssize_t n = read(fd, data, len);
        if (n >= 0) {
            watch->drained = (size_t)n < len;
            give_way();
            return n;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN) {
            vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot read data"));
            return -1;
        }
        if (!wait_for(watch, "data", EPOLLIN, NULL, deadline, err))
            return -1;
    }
}

VR_SUSPENDS ssize_t vr_fd_write(struct vr_watch *watch, int fd, const void *data, size_t len, vr_time deadline,
                                struct vr_error **err)
{
    if (!vr_wait_enter("room to write", err))
        return -1;
    for (;;) {
        ssize_t n = write(fd, data, len);
        if (n >= 0) {
            give_way();
            return n;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN) {
            vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot write data"));
            return -1;
        }
        if (!wait_for(watch, "room to write", EPOLLOUT, NULL, deadline, err))
            return -1;
    }
}

/* ---- processes ---- */

enum reaped { REAPED, RUNNING, NOT_OURS, FAILED };

static enum reaped try_reap(int pidfd, struct vr_exit *out)
{
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    while (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) < 0) {
        if (errno == ECHILD)
            return NOT_OURS;
        if (errno != EINTR)
            return FAILED;
    }
    if (!info.si_pid)
        return RUNNING;
    *out = (struct vr_exit){ .known = true, .code = info.si_code, .status = info.si_status };
    return REAPED;
}

VR_SUSPENDS bool vr_pidfd_wait(int pidfd, struct vr_exit *exit, vr_time deadline, struct vr_error **err)
{
    struct vr_exit found = { .known = false };
    if (!vr_wait_enter("a process to end", err))
        return false;
    enum reaped reaped = try_reap(pidfd, &found);
    if (reaped == RUNNING || reaped == NOT_OURS) {
        /* A duplicate, so that several fibers may wait for one process: epoll takes a descriptor once. */
        vr_autoclose int fd = fcntl(pidfd, F_DUPFD_CLOEXEC, 3);
        if (fd < 0)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot watch a process"));
        VR_AUTO(vr_watch) *watch = vr_watch_new(fd, err);
        if (!watch || !wait_for(watch, "a process to end", EPOLLIN, NULL, deadline, err))
            return false;
        reaped = try_reap(pidfd, &found);
    }
    if (reaped == FAILED)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot wait for a process"));
    if (exit)
        *exit = found;
    return true;
}

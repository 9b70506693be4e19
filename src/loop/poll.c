/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
/*
 * Where the loop waits. Descriptors of fibers are in an epoll set of our own, and sd-event, with its signals and
 * sd-bus, is one member of it. The other way round, each sd_event_run asks the kernel again and hands out one event:
 * with fifty busy connections that was 24 us for a round trip, and this is 6.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "internal.h"

#define BATCH 64

static int epoll_fd = -1;
static struct vr_poll event_poll;
static bool event_armed;   /* sd_event_prepare was called and sd_event_wait was not */
static bool no_pwait2;     /* old kernel, or Valgrind */

/* Runs what sd-event has ready; one source per call, as it wants it, the rest on the loop's next turns. */
static void run_event(struct vr_poll *poll, uint32_t events)
{
    int r = event_armed ? 0 : sd_event_prepare(vr_loop.event); /* 1: something is pending, no need to ask */
    if (r == 0)
        r = sd_event_wait(vr_loop.event, 0);
    event_armed = false;
    if (r > 0)
        r = sd_event_dispatch(vr_loop.event);
    vr_require(r >= 0, "sd-event: %s", strerror(-r));
}

bool vr_poll_add(struct vr_poll *poll, uint32_t events, struct vr_error **err)
{
    struct epoll_event event = { .events = events, .data.ptr = poll };
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, poll->fd, &event) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot watch descriptor %d"), poll->fd);
    poll->armed = events;
    return true;
}

bool vr_poll_set(struct vr_poll *poll, uint32_t events, struct vr_error **err)
{
    if (events == poll->armed)
        return true;
    /* A member is told of hang-ups whether it asks or not: without interest it must not be one. */
    int op = !events ? EPOLL_CTL_DEL : poll->armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    struct epoll_event event = { .events = events, .data.ptr = poll };
    if (epoll_ctl(epoll_fd, op, poll->fd, &event) < 0 && events)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot watch descriptor %d"), poll->fd);
    poll->armed = events;
    return true;
}

bool vr_poll_init(struct vr_error **err)
{
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot create an epoll set"));
    event_poll = (struct vr_poll){ .fd = sd_event_get_fd(vr_loop.event), .fn = run_event, .late = true };
    event_armed = false;
    return vr_poll_add(&event_poll, EPOLLIN, err);
}

void vr_poll_done(void)
{
    if (epoll_fd >= 0)
        close(epoll_fd);
    epoll_fd = -1;
}

/* span < 0: until something happens. */
static int wait_events(struct epoll_event *events, vr_time span)
{
    if (span > 0 && !no_pwait2) {
        struct timespec ts = { .tv_sec = span / VR_SEC(1), .tv_nsec = span % VR_SEC(1) };
        int n = epoll_pwait2(epoll_fd, events, BATCH, &ts, NULL);
        if (n >= 0 || errno != ENOSYS)
            return n;
        no_pwait2 = true;
    }
    vr_time ms = (span + VR_MS(1) - 1) / VR_MS(1);
    return epoll_wait(epoll_fd, events, BATCH, span < 0 ? -1 : ms > 1000000 ? 1000000 : (int)ms);
}

bool vr_poll_wait(vr_time span)
{
    struct epoll_event events[BATCH];
    bool any = false;
    if (vr_loop.event_shared && !event_armed) {
        /* sd-bus decides in its prepare step what to wait for, and may have something to do without a wait. */
        int r = sd_event_prepare(vr_loop.event);
        vr_require(r >= 0, "sd-event: %s", strerror(-r));
        event_armed = r == 0;
        if (r > 0) {
            r = sd_event_dispatch(vr_loop.event);
            vr_require(r >= 0, "sd-event: %s", strerror(-r));
            any = true;
            span = 0;
        }
    }
    int n = wait_events(events, span);
    vr_require(n >= 0 || errno == EINTR, "epoll: %s", strerror(errno));
    /* Functions that may do anything, and so may free a watch, come after all that only wakes fibers. */
    for (int late = 0; late <= 1; late++) {
        for (int i = 0; i < n; i++) {
            struct vr_poll *poll = events[i].data.ptr;
            if (poll->late == late)
                poll->fn(poll, events[i].events);
        }
    }
    if (vr_loop.event_shared && event_armed)
        run_event(&event_poll, 0); /* ends this cycle, so that the next turn prepares again */
    return any || n > 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#define VR_LOG_SOURCE "loop"
/*
 * The scheduler: runs what is ready, then asks once for what happened. Event callbacks only mark fibers ready; all
 * switching is done here, between two waits.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/log_settings.h"
#include "fault.h"
#include "internal.h"

struct vr_loop_state vr_loop;

void vr_require_failed(const char *function, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vr_autofree char *text = vr_vprintf(fmt, ap);
    va_end(ap);
    vr_log_set_deferral(NULL); /* there is no later */
    vr_logerr("%s: %s; this is a bug", function, text);
    abort();
}

static void on_dump(int signum, void *opaque)
{
    vr_fiber_dump();
}

bool vr_loop_init(struct vr_error **err)
{
    vr_fault_board_open();
    vr_require(!vr_loop.event, "there is a loop already");
    memset(&vr_loop, 0, sizeof(vr_loop));
    int r = sd_event_new(&vr_loop.event);
    if (r < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, -r, _("cannot create the event loop"));
    vr_loop.now = vr_now();
    vr_loop.root = vr_group_new("loop");
    signal(SIGPIPE, SIG_IGN); /* a peer that went away is an error of write(2) */
    if (!vr_poll_init(err) || !vr_post_init(err) || !vr_loop_on_signal(SIGUSR2, on_dump, NULL, err)) {
        vr_loop_done();
        return false;
    }
    vr_crash_init();
    vr_watchdog_init();
    return true;
}

struct sd_event *vr_loop_event(void)
{
    vr_loop.event_shared = true;
    return vr_loop.event;
}

void vr_ready_push(struct vr_fiber *fiber)
{
    fiber->state = VR_FIBER_READY;
    fiber->ready_next = NULL;
    if (vr_loop.ready_last)
        vr_loop.ready_last->ready_next = fiber;
    else
        vr_loop.ready_first = fiber;
    vr_loop.ready_last = fiber;
}

/* One batch: what becomes ready meanwhile waits for the next turn, so that events are looked at in between. */
static void run_ready(void)
{
    struct vr_fiber *fiber = vr_loop.ready_first;
    vr_loop.ready_first = vr_loop.ready_last = NULL;
    while (fiber) {
        struct vr_fiber *next = fiber->ready_next;
        vr_time started = vr_loop.now;
        vr_watchdog_begin(fiber, started);
        vr_fiber_resume(fiber);
        vr_loop.now = vr_now();
        vr_watchdog_end(fiber, started, vr_loop.now);
        if (fiber->state == VR_FIBER_ENDED)
            vr_fiber_release(fiber);
        fiber = next;
    }
}

void vr_loop_when_idle(bool (*fn)(void *opaque), void *opaque)
{
    struct vr_idle *idle = vr_new(struct vr_idle);
    idle->fn = fn;
    idle->opaque = opaque;
    if (vr_loop.idle_last)
        vr_loop.idle_last->next = idle;
    else
        vr_loop.idle_first = idle;
    vr_loop.idle_last = idle;
}

static void run_idle_slice(void)
{
    struct vr_idle *idle = vr_loop.idle_first;
    vr_loop.idle_first = idle->next;
    if (!vr_loop.idle_first)
        vr_loop.idle_last = NULL;
    if (idle->fn(idle->opaque))
        vr_loop_when_idle(idle->fn, idle->opaque);
    free(idle);
    vr_loop.now = vr_now();
}

static vr_time span_until(vr_time next)
{
    return next == INT64_MAX ? -1 : next <= vr_loop.now ? 0 : next - vr_loop.now;
}

int vr_loop_run(void)
{
    vr_require(vr_loop.event && !vr_loop.current, "not now");
    vr_loop.quit = false;
    vr_loop.now = vr_now();
    while (!vr_loop.quit) {
        run_ready();
        /* A fiber that the batch started, such as a call's, goes on at once: what it takes is less than to look. */
        if (vr_loop.ready_first && !vr_loop.quit)
            run_ready();
        vr_heap_run(vr_loop.now);
        if (vr_loop.quit)
            break;
        vr_time next = vr_heap_next();
        bool jump = vr_loop.test_clock && next != INT64_MAX && !vr_workers_busy();
        bool poll = vr_loop.ready_first || vr_loop.idle_first || jump;
        bool happened = vr_poll_wait(poll ? 0 : span_until(next));
        vr_loop.now = vr_now();
        if (happened || vr_loop.ready_first || vr_loop.quit)
            continue;
        if (vr_loop.idle_first) {
            run_idle_slice();
        } else if (jump && next > vr_loop.now) {
            vr_clock_skip(next - vr_loop.now);
            vr_loop.now = vr_now();
        }
    }
    return vr_loop.code;
}

void vr_loop_quit(int code)
{
    vr_loop.quit = true;
    vr_loop.code = code;
}

void vr_loop_test_clock(bool on)
{
    vr_loop.test_clock = on;
}

void vr_loop_done(void)
{
    if (!vr_loop.event)
        return;
    vr_workers_done();
    vr_watchdog_done();
    vr_post_done();
    vr_workers_forget();
    vr_signals_done();
    vr_poll_done();
    if (vr_loop.fiber_count) {
        vr_warn("the loop ends with fibers in it");
        vr_fiber_dump(); /* their stacks stay: what a parked fiber holds is never freed under it */
    } else {
        vr_group_free(vr_loop.root);
    }
    while (vr_loop.idle_first) {
        struct vr_idle *idle = vr_loop.idle_first;
        vr_loop.idle_first = idle->next;
        free(idle);
    }
    vr_stacks_done();
    vr_heap_done();
    sd_event_unref(vr_loop.event);
    vr_loop.event = NULL;
}

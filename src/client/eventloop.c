/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Event loops. An application registers its own functions or takes the loop built in here: descriptors and timers, one
 * poll per virEventRunDefaultImpl. Any thread may add, change and remove; callbacks run without the lock held, and what
 * was removed is freed by the thread that runs the loop, after its callback returned.
 */
#define VR_ERROR_DOMAIN VIR_FROM_EVENT
#include "eventloop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "error.h"

struct watch {
    int id, fd, events;
    bool removed;
    virEventHandleCallback cb;
    void *opaque;
    virFreeCallback ff;
};

struct timer {
    int id, frequency_ms; /* negative: off */
    vr_time due;
    bool removed;
    virEventTimeoutCallback cb;
    void *opaque;
    virFreeCallback ff;
};

/* Elements are pointers: a callback may add while the loop stands on one. */
static struct {
    pthread_mutex_t lock;
    struct watch **watches;
    size_t watch_count, watch_cap;
    struct timer **timers;
    size_t timer_count, timer_cap;
    int next_id;
    int wake; /* eventfd: the loop must look again */
    bool running;
    pthread_t thread; /* that runs it */
} loop = { .lock = PTHREAD_MUTEX_INITIALIZER, .next_id = 1, .wake = -1 };

static virEventAddHandleFunc add_handle;
static virEventUpdateHandleFunc update_handle;
static virEventRemoveHandleFunc remove_handle;
static virEventAddTimeoutFunc add_timeout;
static virEventUpdateTimeoutFunc update_timeout;
static virEventRemoveTimeoutFunc remove_timeout;

/* Called with the lock held. */
static void wake(void)
{
    if (loop.wake >= 0 && loop.running && !pthread_equal(loop.thread, pthread_self()))
        (void)!write(loop.wake, &(uint64_t){ 1 }, sizeof(uint64_t));
}

static int default_add_handle(int fd, int events, virEventHandleCallback cb, void *opaque, virFreeCallback ff)
{
    struct watch *w = vr_new(struct watch);
    *w = (struct watch){ .fd = fd, .events = events, .cb = cb, .opaque = opaque, .ff = ff };
    pthread_mutex_lock(&loop.lock);
    int id = w->id = loop.next_id++;
    VR_GROW(loop.watches, loop.watch_count, loop.watch_cap);
    loop.watches[loop.watch_count++] = w;
    wake();
    pthread_mutex_unlock(&loop.lock);
    return id;
}

static void default_update_handle(int id, int events)
{
    pthread_mutex_lock(&loop.lock);
    for (size_t i = 0; i < loop.watch_count; i++)
        if (loop.watches[i]->id == id && !loop.watches[i]->removed)
            loop.watches[i]->events = events;
    wake();
    pthread_mutex_unlock(&loop.lock);
}

static int default_remove_handle(int id)
{
    int result = -1;
    pthread_mutex_lock(&loop.lock);
    for (size_t i = 0; i < loop.watch_count; i++) {
        if (loop.watches[i]->id == id && !loop.watches[i]->removed) {
            loop.watches[i]->removed = true;
            result = 0;
        }
    }
    wake();
    pthread_mutex_unlock(&loop.lock);
    return result;
}

static vr_time due_at(int frequency_ms)
{
    return frequency_ms < 0 ? 0 : vr_after(VR_MS(frequency_ms));
}

static int default_add_timeout(int frequency, virEventTimeoutCallback cb, void *opaque, virFreeCallback ff)
{
    struct timer *t = vr_new(struct timer);
    *t = (struct timer){ .frequency_ms = frequency, .due = due_at(frequency), .cb = cb, .opaque = opaque, .ff = ff };
    pthread_mutex_lock(&loop.lock);
    int id = t->id = loop.next_id++;
    VR_GROW(loop.timers, loop.timer_count, loop.timer_cap);
    loop.timers[loop.timer_count++] = t;
    wake();
    pthread_mutex_unlock(&loop.lock);
    return id;
}

static void default_update_timeout(int id, int frequency)
{
    pthread_mutex_lock(&loop.lock);
    for (size_t i = 0; i < loop.timer_count; i++) {
        if (loop.timers[i]->id == id && !loop.timers[i]->removed) {
            loop.timers[i]->frequency_ms = frequency;
            loop.timers[i]->due = due_at(frequency);
        }
    }
    wake();
    pthread_mutex_unlock(&loop.lock);
}

static int default_remove_timeout(int id)
{
    int result = -1;
    pthread_mutex_lock(&loop.lock);
    for (size_t i = 0; i < loop.timer_count; i++) {
        if (loop.timers[i]->id == id && !loop.timers[i]->removed) {
            loop.timers[i]->removed = true;
            result = 0;
        }
    }
    wake();
    pthread_mutex_unlock(&loop.lock);
    return result;
}

/* ---- one turn ---------------------------------------------------------------------------------------------------- */

static short to_poll(int events)
{
    return (short)((events & VIR_EVENT_HANDLE_READABLE ? POLLIN : 0) |
                   (events & VIR_EVENT_HANDLE_WRITABLE ? POLLOUT : 0));
}

static int from_poll(short events)
{
    return (events & POLLIN ? VIR_EVENT_HANDLE_READABLE : 0) | (events & POLLOUT ? VIR_EVENT_HANDLE_WRITABLE : 0) |
           (events & (POLLERR | POLLNVAL) ? VIR_EVENT_HANDLE_ERROR : 0) |
           (events & POLLHUP ? VIR_EVENT_HANDLE_HANGUP : 0);
}

/* Takes what was removed out of the lists and frees it without the lock: free functions may call back in. */
static void sweep(void)
{
    for (;;) {
        struct watch *w = NULL;
        struct timer *t = NULL;
        pthread_mutex_lock(&loop.lock);
        for (size_t i = 0; i < loop.watch_count && !w; i++) {
            if (loop.watches[i]->removed) {
                w = loop.watches[i];
                memmove(&loop.watches[i], &loop.watches[i + 1], (--loop.watch_count - i) * sizeof(w));
            }
        }
        for (size_t i = 0; i < loop.timer_count && !w && !t; i++) {
            if (loop.timers[i]->removed) {
                t = loop.timers[i];
                memmove(&loop.timers[i], &loop.timers[i + 1], (--loop.timer_count - i) * sizeof(t));
            }
        }
        pthread_mutex_unlock(&loop.lock);
        if (w && w->ff)
            w->ff(w->opaque);
        if (t && t->ff)
            t->ff(t->opaque);
        free(w);
        free(t);
        if (!w && !t)
            return;
    }
}

static int wait_ms(void)
{
    vr_time soonest = 0;
    for (size_t i = 0; i < loop.timer_count; i++) {
        struct timer *t = loop.timers[i];
        if (!t->removed && t->frequency_ms >= 0 && (!soonest || t->due < soonest))
            soonest = t->due;
    }
    if (!soonest)
        return -1;
    vr_time left = (soonest - vr_now() + VR_MS(1) - 1) / VR_MS(1);
    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Both run callbacks with the lock released; the lists only grow meanwhile, since sweep() is this thread's. */
static void run_timers(void)
{
    size_t count = loop.timer_count;
    vr_time now = vr_now();
    for (size_t i = 0; i < count; i++) {
        struct timer *t = loop.timers[i];
        if (t->removed || t->frequency_ms < 0 || t->due > now)
            continue;
        t->due = vr_after(VR_MS(t->frequency_ms));
        pthread_mutex_unlock(&loop.lock);
        t->cb(t->id, t->opaque);
        pthread_mutex_lock(&loop.lock);
    }
}

static void run_watches(const struct pollfd *fds, const int *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!fds[i].revents)
            continue;
        struct watch *w = NULL;
        for (size_t k = 0; k < loop.watch_count && !w; k++)
            if (loop.watches[k]->id == ids[i] && !loop.watches[k]->removed)
                w = loop.watches[k];
        if (!w || !w->events)
            continue;
        int got = from_poll(fds[i].revents) & (w->events | VIR_EVENT_HANDLE_ERROR | VIR_EVENT_HANDLE_HANGUP);
        if (!got)
            continue;
        pthread_mutex_unlock(&loop.lock);
        w->cb(w->id, w->fd, got, w->opaque);
        pthread_mutex_lock(&loop.lock);
    }
}

int virEventRunDefaultImpl(void)
{
    vr_last_reset();
    sweep();
    pthread_mutex_lock(&loop.lock);
    loop.running = true;
    loop.thread = pthread_self();
    size_t count = 0;
    struct pollfd *fds = vr_realloc(NULL, loop.watch_count + 1, sizeof(*fds));
    int *ids = vr_realloc(NULL, loop.watch_count + 1, sizeof(*ids));
    for (size_t i = 0; i < loop.watch_count; i++) {
        struct watch *w = loop.watches[i];
        if (w->removed || !w->events)
            continue;
        fds[count] = (struct pollfd){ .fd = w->fd, .events = to_poll(w->events) };
        ids[count++] = w->id;
    }
    fds[count] = (struct pollfd){ .fd = loop.wake, .events = POLLIN };
    int timeout = wait_ms();
    pthread_mutex_unlock(&loop.lock);
    int n;
    do
        n = poll(fds, count + 1, timeout);
    while (n < 0 && errno == EINTR);
    int failed = n < 0 ? errno : 0;
    pthread_mutex_lock(&loop.lock);
    loop.running = false;
    if (n > 0 && fds[count].revents)
        (void)!read(loop.wake, &(uint64_t){ 0 }, sizeof(uint64_t));
    if (n >= 0) {
        run_timers();
        if (n > 0)
            run_watches(fds, ids, count);
    }
    pthread_mutex_unlock(&loop.lock);
    free(fds);
    free(ids);
    sweep();
    if (!failed)
        return 0;
    struct vr_error *err = NULL;
    vr_fail_errno(&err, VIR_ERR_SYSTEM_ERROR, failed, "%s", "Unable to poll on file handles");
    vr_last_report(NULL, &err);
    return -1;
}

/* ---- the public calls -------------------------------------------------------------------------------------------- */

void virEventRegisterImpl(virEventAddHandleFunc addHandle, virEventUpdateHandleFunc updateHandle,
                          virEventRemoveHandleFunc removeHandle, virEventAddTimeoutFunc addTimeout,
                          virEventUpdateTimeoutFunc updateTimeout, virEventRemoveTimeoutFunc removeTimeout)
{
    add_handle = addHandle;
    update_handle = updateHandle;
    remove_handle = removeHandle;
    add_timeout = addTimeout;
    update_timeout = updateTimeout;
    remove_timeout = removeTimeout;
}

int virEventRegisterDefaultImpl(void)
{
    vr_last_reset();
    pthread_mutex_lock(&loop.lock);
    if (loop.wake < 0)
        loop.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int failed = loop.wake < 0 ? errno : 0;
    pthread_mutex_unlock(&loop.lock);
    if (failed) {
        struct vr_error *err = NULL;
        vr_fail_errno(&err, VIR_ERR_SYSTEM_ERROR, failed, "%s", "Unable to setup wakeup pipe");
        vr_last_report(NULL, &err);
        return -1;
    }
    virEventRegisterImpl(default_add_handle, default_update_handle, default_remove_handle, default_add_timeout,
                         default_update_timeout, default_remove_timeout);
    return 0;
}

int virEventAddHandle(int fd, int events, virEventHandleCallback cb, void *opaque, virFreeCallback ff)
{
    return add_handle ? add_handle(fd, events, cb, opaque, ff) : -1;
}

void virEventUpdateHandle(int watch, int events)
{
    if (update_handle)
        update_handle(watch, events);
}

int virEventRemoveHandle(int watch)
{
    return remove_handle ? remove_handle(watch) : -1;
}

int virEventAddTimeout(int frequency, virEventTimeoutCallback cb, void *opaque, virFreeCallback ff)
{
    return add_timeout ? add_timeout(frequency, cb, opaque, ff) : -1;
}

void virEventUpdateTimeout(int timer, int frequency)
{
    if (update_timeout)
        update_timeout(timer, frequency);
}

int virEventRemoveTimeout(int timer)
{
    return remove_timeout ? remove_timeout(timer) : -1;
}

bool vr_eventloop_there(void)
{
    return add_handle != NULL;
}

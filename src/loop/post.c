/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
/* The way from other threads to the loop: a locked list and an eventfd. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/alloc.h"
#include "internal.h"

/* Static, not in vr_loop: a thread that was abandoned may post after the loop is gone. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct vr_post *first, *last;
static int wake_fd = -1;

static struct vr_post *take_all(void)
{
    pthread_mutex_lock(&lock);
    struct vr_post *taken = first;
    first = last = NULL;
    pthread_mutex_unlock(&lock);
    return taken;
}

static void on_wake(struct vr_poll *poll, uint32_t events)
{
    uint64_t count;
    ssize_t n = read(poll->fd, &count, sizeof(count));
    (void)n; /* EAGAIN: another turn took them all */
    for (struct vr_post *post = take_all(), *next; post; post = next) {
        next = post->next;
        void (*fn)(void *) = post->fn;
        void *arg = post->arg;
        if (post->owned)
            free(post);
        fn(arg); /* may free a node that is not ours */
    }
}

static struct vr_poll wake_poll = { .fn = on_wake, .late = true };

bool vr_post_init(struct vr_error **err)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot create an eventfd"));
    wake_poll.fd = fd;
    if (!vr_poll_add(&wake_poll, EPOLLIN, err)) {
        close(fd);
        return false;
    }
    pthread_mutex_lock(&lock);
    wake_fd = fd;
    if (first) {
        ssize_t n = write(wake_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
        (void)n;
    }
    pthread_mutex_unlock(&lock);
    return true;
}

void vr_post_done(void)
{
    pthread_mutex_lock(&lock);
    if (wake_fd >= 0)
        close(wake_fd);
    wake_fd = -1;
    pthread_mutex_unlock(&lock);
    for (struct vr_post *post = take_all(), *next; post; post = next) {
        next = post->next;
        if (post->owned)
            free(post); /* there is no loop any more to run it on */
        else
            post->fn(post->arg); /* a task that ended just now */
    }
}

void vr_loop_post_node(struct vr_post *post)
{
    post->next = NULL;
    pthread_mutex_lock(&lock);
    bool was_empty = !first;
    if (last)
        last->next = post;
    else
        first = post;
    last = post;
    if (was_empty && wake_fd >= 0) {
        ssize_t n = write(wake_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
        (void)n; /* EAGAIN: the counter is full of wake-ups already */
    }
    pthread_mutex_unlock(&lock);
}

void vr_loop_post(void (*fn)(void *arg), void *arg)
{
    struct vr_post *post = vr_new(struct vr_post);
    post->fn = fn;
    post->arg = arg;
    post->owned = true;
    vr_loop_post_node(post);
}

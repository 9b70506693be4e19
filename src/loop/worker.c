/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#define VR_LOG_SOURCE "loop.worker"
/*
 * Threads for what may block in the kernel or burns CPU, in pools by purpose. A task past its deadline is abandoned
 * together with its thread: the pool makes another one, and the old one ends when the kernel lets it go. Tasks on
 * guest storage count per mount, so that one dead server takes a few threads and no more.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "internal.h"

#define THREAD_STACK ((size_t)2 * 1024 * 1024)
#define THREAD_IDLE_S 10
/* Tasks of one mount that run at a time. */
#define MOUNT_QUOTA 4
/* Threads a pool may have lost to tasks that never end; beyond it new tasks of the pool fail at once. */
#define LOST_MAX 64

enum state { QUEUED, RUNNING, DONE };

struct mount {
    char *path;
    size_t running;         /* with a thread or queued for one */
    size_t waiting;         /* fibers that wait for room; they hold on to the struct */
    size_t stuck;           /* of the running, past their deadline */
    vr_time stuck_since;
    const char *stuck_name;
    struct vr_cond room;
};

struct task {
    struct pool *pool;
    char *name;
    void (*fn)(void *arg);
    void *arg;
    void (*free_arg)(void *arg);
    struct vr_post done;    /* posted by the thread as its last act with the task */
    struct task *next;

    /* under the pool's lock */
    enum state state;
    bool orphaned;          /* nobody waits: the thread frees arg */
    bool lost;              /* past its deadline: its thread does not come back to the pool */

    /* loop only */
    struct vr_fiber *fiber; /* who waits */
    bool fiber_done, thread_done;
    struct mount *mount;
    vr_time deadline;
    struct vr_timer *overdue;
    bool counted_stuck;
};

struct pool {
    const char *name;
    size_t max;
    pthread_mutex_t lock;
    pthread_cond_t work, ended;
    struct task *first, *last;
    size_t threads, idle, starting, queued, lost;
    bool stopping, ready;
};

static struct pool pools[VR_POOL_COUNT] = {
    [VR_POOL_STORE] = { .name = "store", .max = 8 },
    [VR_POOL_LAUNCH] = { .name = "launch", .max = 16 },
    [VR_POOL_CPU] = { .name = "cpu", .max = 4 },
    [VR_POOL_STORAGE] = { .name = "storage", .max = 64 },
};
static struct vr_map *mounts; /* by path; loop only */
static size_t busy;           /* tasks not yet reported done; loop only */

size_t vr_workers_busy(void)
{
    return busy;
}

/* ---- the threads' side ---- */

static struct task *next_task(struct pool *pool)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += THREAD_IDLE_S;
    pool->idle++;
    int r = 0;
    while (!pool->first && !pool->stopping && r != ETIMEDOUT)
        r = pthread_cond_timedwait(&pool->work, &pool->lock, &until);
    pool->idle--;
    struct task *task = pool->first;
    if (task) {
        pool->first = task->next;
        if (!pool->first)
            pool->last = NULL;
        pool->queued--;
        task->state = RUNNING;
    }
    return task;
}

static void *thread_main(void *opaque)
{
    struct pool *pool = opaque;
    pthread_mutex_lock(&pool->lock);
    pool->starting--;
    struct task *task;
    while ((task = next_task(pool))) {
        pthread_mutex_unlock(&pool->lock);
        task->fn(task->arg);
        pthread_mutex_lock(&pool->lock);
        task->state = DONE;
        bool orphaned = task->orphaned, lost = task->lost;
        void (*free_arg)(void *) = task->free_arg;
        void *arg = task->arg;
        if (lost)
            pool->lost--;
        pthread_mutex_unlock(&pool->lock);
        if (orphaned && free_arg)
            free_arg(arg);
        vr_loop_post_node(&task->done); /* the loop may free the task from here on */
        if (lost)
            return NULL;
        pthread_mutex_lock(&pool->lock);
    }
    pool->threads--;
    pthread_cond_broadcast(&pool->ended);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* With the pool's lock held. Signals stay with the loop's thread, but for those that a fault raises. */
static int thread_start(struct pool *pool)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT };
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, old;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, THREAD_STACK);
    sigfillset(&all);
    for (size_t i = 0; i < VR_COUNT(faults); i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int r = pthread_create(&thread, &attr, thread_main, pool);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    if (r == 0) {
        pool->threads++;
        pool->starting++;
    }
    return r;
}

/*
 * With the lock held. An idle thread is spoken for by one queued task: a second task must not wait behind the first,
 * which may block for ever.
 */
static int threads_for_queue(struct pool *pool)
{
    int r = 0;
    while (r == 0 && pool->queued > pool->idle + pool->starting && pool->threads < pool->max)
        r = thread_start(pool);
    return r;
}

/* ---- the loop's side ---- */

static void pool_init(struct pool *pool)
{
    if (pool->ready)
        return;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, &attr);
    pthread_cond_init(&pool->ended, &attr);
    pthread_condattr_destroy(&attr);
    pool->ready = true;
}

static struct mount *mount_get(const char *path)
{
    if (!mounts)
        mounts = vr_map_new();
    struct mount *mount = vr_map_get_str(mounts, path);
    if (!mount) {
        mount = vr_new(struct mount);
        mount->path = vr_strdup(path);
        vr_map_put_str(mounts, path, mount);
    }
    return mount;
}

static void mount_put(struct mount *mount)
{
    if (mount->running || mount->waiting)
        return;
    vr_map_remove_str(mounts, mount->path);
    free(mount->path);
    free(mount);
}

static void task_free(struct task *task)
{
    vr_timer_free(task->overdue);
    free(task->name);
    free(task);
}

/* The task does not use its mount any more. */
static void leave_mount(struct task *task)
{
    struct mount *mount = task->mount;
    if (!mount)
        return;
    task->mount = NULL;
    mount->running--;
    if (task->counted_stuck && --mount->stuck == 0)
        vr_warn("'%s' answers again: '%s' ended", mount->path, task->name);
    if (task->counted_stuck)
        mount->stuck_name = NULL;
    vr_cond_signal(&mount->room);
    mount_put(mount);
}

static void on_done(void *arg)
{
    struct task *task = arg;
    busy--;
    task->thread_done = true;
    leave_mount(task);
    if (task->fiber)
        vr_wake(task->fiber, VR_WAKE_EVENT);
    if (task->fiber_done)
        task_free(task);
}

/* A task nobody waits for any more is past its deadline: its thread is written off, its mount is not to be touched. */
static void on_overdue(void *opaque)
{
    struct task *task = opaque;
    struct pool *pool = task->pool;
    pthread_mutex_lock(&pool->lock);
    bool stuck = task->state == RUNNING && !task->lost;
    if (stuck) {
        task->lost = true;
        pool->threads--;
        pool->lost++;
        threads_for_queue(pool); /* when it fails, the next task tries again */
    }
    pthread_mutex_unlock(&pool->lock);
    if (!stuck)
        return;
    vr_warn("task '%s' is abandoned on the %s pool with its thread%s%s", task->name, pool->name,
            task->mount ? "; it waits for " : "", task->mount ? task->mount->path : "");
    if (task->mount) {
        task->counted_stuck = true;
        task->mount->stuck++;
        task->mount->stuck_since = vr_loop.now;
        task->mount->stuck_name = task->name;
        vr_cond_broadcast(&task->mount->room); /* those who queue for it fail now */
    }
}

/* Takes a task that no thread has begun out of the queue, or marks it so that its thread frees arg. */
static enum state unqueue(struct task *task)
{
    struct pool *pool = task->pool;
    pthread_mutex_lock(&pool->lock);
    enum state state = task->state;
    if (state == QUEUED) {
        struct task *before = NULL;
        for (struct task *t = pool->first; t != task; t = t->next)
            before = t;
        if (before)
            before->next = task->next;
        else
            pool->first = task->next;
        if (pool->last == task)
            pool->last = before;
        pool->queued--;
    } else if (state == RUNNING) {
        task->orphaned = true;
    }
    pthread_mutex_unlock(&pool->lock);
    return state;
}

/* True: handed to a thread or queued for one. */
static bool submit(struct pool *pool, struct task *task, struct vr_error **err)
{
    pthread_mutex_lock(&pool->lock);
    if (pool->lost >= LOST_MAX) {
        pthread_mutex_unlock(&pool->lock);
        return vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, _("%d earlier tasks like '%s' have not ended"), LOST_MAX,
                       task->name);
    }
    task->next = NULL;
    if (pool->last)
        pool->last->next = task;
    else
        pool->first = task;
    pool->last = task;
    pool->queued++;
    int r = threads_for_queue(pool);
    bool nobody = r != 0 && !pool->threads;
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    if (nobody) {
        unqueue(task);
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, r, _("cannot start a thread for '%s'"), task->name);
    }
    busy++;
    return true;
}

static bool mount_stuck(const struct mount *mount, struct vr_error **err)
{
    if (!mount->stuck)
        return false;
    vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, _("'%s' does not answer: '%s' has been waiting for it for %.0f s"),
            mount->path, mount->stuck_name ? mount->stuck_name : "an earlier task",
            (double)(vr_now() - mount->stuck_since) / 1e9);
    return true;
}

/* Counts the caller in at its mount, waiting while the quota is used up. */
static VR_SUSPENDS struct mount *enter_mount(const char *path, vr_time deadline, struct vr_error **err)
{
    struct mount *mount = mount_get(path);
    for (;;) {
        if (mount_stuck(mount, err)) {
            mount_put(mount);
            return NULL;
        }
        if (mount->running < MOUNT_QUOTA)
            break;
        mount->waiting++;
        bool woken = vr_cond_wait(&mount->room, deadline, err);
        mount->waiting--;
        if (!woken) {
            vr_cond_signal(&mount->room); /* in case the room was meant for this one */
            mount_put(mount);
            return NULL;
        }
    }
    mount->running++;
    return mount;
}

VR_SUSPENDS bool vr_worker_run(enum vr_pool which, const char *mount_path, const char *name, void (*fn)(void *arg),
                               void *arg, void (*free_arg)(void *arg), vr_time deadline, struct vr_error **err)
{
    static const char what[] = "a worker";
    struct pool *pool = &pools[which];
    struct mount *mount = NULL;
    pool_init(pool);
    if (!vr_wait_enter(what, err) || (mount_path && !(mount = enter_mount(mount_path, deadline, err)))) {
        if (free_arg)
            free_arg(arg);
        return false;
    }
    struct task *task = vr_new(struct task);
    *task = (struct task){ .pool = pool, .name = vr_strdup(name), .fn = fn, .arg = arg, .free_arg = free_arg,
                           .fiber = vr_loop.current, .mount = mount, .deadline = deadline };
    task->done.fn = on_done;
    task->done.arg = task;
    if (!submit(pool, task, err)) {
        leave_mount(task);
        task_free(task);
        if (free_arg)
            free_arg(arg);
        return false;
    }
    enum vr_wake why = vr_park(what, deadline);
    task->fiber = NULL;
    task->fiber_done = true;
    if (why == VR_WAKE_EVENT) {
        task_free(task);
        return true;
    }
    switch (unqueue(task)) {
    case QUEUED:
        busy--;
        leave_mount(task);
        task_free(task);
        if (free_arg)
            free_arg(arg);
        break;
    case RUNNING:
        /* Cancelled before the deadline: it may well end by itself, and is only written off when it does not. */
        task->overdue = vr_timer_new(on_overdue, task);
        if (why == VR_WAKE_TIMEOUT || deadline <= vr_loop.now)
            on_overdue(task);
        else
            vr_timer_set(task->overdue, deadline);
        break;
    default: /* it ended just now: its result counts */
        if (task->thread_done)
            task_free(task); /* else on_done will */
        return true;
    }
    return vr_wake_result(why, name, err);
}

void vr_workers_done(void)
{
    for (size_t i = 0; i < VR_POOL_COUNT; i++) {
        struct pool *pool = &pools[i];
        if (!pool->ready)
            continue;
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += 5;
        pthread_mutex_lock(&pool->lock);
        pool->stopping = true;
        pthread_cond_broadcast(&pool->work);
        int r = 0;
        while (pool->threads && r != ETIMEDOUT)
            r = pthread_cond_timedwait(&pool->ended, &pool->lock, &until);
        if (pool->threads)
            vr_warn("%zu threads of the %s pool do not end", pool->threads, pool->name);
        pool->stopping = false;
        pthread_mutex_unlock(&pool->lock);
    }
}

void vr_workers_forget(void)
{
    if (mounts && !vr_map_count(mounts)) {
        vr_map_free(mounts);
        mounts = NULL;
    }
}

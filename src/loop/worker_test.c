/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdatomic.h>
#include <unistd.h>
#include "base/alloc.h"
#include "loop.h"

static void (*body)(void);
static void run_body(void *opaque)
{
    body();
    vr_loop_quit(0);
}

static void in_loop(void (*fn)(void))
{
    VR_AUTO(vr_error) *err = NULL;
    body = fn;
    EXPECT_OK(vr_loop_init(&err), err);
    EXPECT_OK(vr_fiber_start(NULL, "main", run_body, NULL, &err), err);
    vr_loop_run();
    EXPECT_EQ(vr_fiber_count(), 0);
    vr_loop_done();
}

struct job {
    int in, out;
    pthread_t thread;
    int gate;   /* pipe end the task reads from before it ends, or -1 */
};
static atomic_int freed;

static void job_free(void *arg)
{
    free(arg);
    freed++;
}

static struct job *job_new(int in, int gate)
{
    struct job *j = vr_new(struct job);
    j->in = in;
    j->gate = gate;
    return j;
}

static void square(void *arg)
{
    struct job *j = arg;
    char c;
    if (j->gate >= 0) {
        ssize_t n = read(j->gate, &c, 1);
        (void)n;
    }
    j->out = j->in * j->in;
    j->thread = pthread_self();
}

static int results[16], codes[16];
static char messages[4][300];

static int failed(int i, struct vr_error **err)
{
    snprintf(messages[i], sizeof(messages[i]), "%s", vr_error_text(*err));
    int code = *err ? (*err)->code : 0;
    vr_error_free(vr_take(*err));
    return code;
}

static void one_task(void)
{
    VR_AUTO(vr_error) *err = NULL;
    struct job *j = job_new(12, -1);
    if (vr_worker_run(VR_POOL_CPU, NULL, "square", square, j, job_free, vr_after(VR_SEC(5)), &err)) {
        results[0] = j->out;
        results[1] = !pthread_equal(j->thread, pthread_self());
        job_free(j);
    }
}

VR_TEST(a_task_runs_on_another_thread_and_its_result_comes_back)
{
    in_loop(one_task);
    EXPECT_EQ(results[0], 144);
    EXPECT_EQ(results[1], 1);
    EXPECT_EQ(freed, 1);
}

static int gate[2];
static int overdue_wait_ms;
static void silent_mount(void)
{
    VR_AUTO(vr_error) *err = NULL;
    codes[0] = vr_worker_run(VR_POOL_STORAGE, "/srv/dead", "stat of a.img", square, job_new(1, gate[0]), job_free,
                             vr_after(VR_MS(overdue_wait_ms)), &err) ? 0 : failed(0, &err);
    results[0] = freed; /* the thread still has it */
    vr_time before = vr_now();
    codes[1] = vr_worker_run(VR_POOL_STORAGE, "/srv/dead", "stat of b.img", square, job_new(1, -1), job_free,
                             vr_after(VR_SEC(50)), &err) ? 0 : failed(1, &err);
    results[1] = vr_now() - before < VR_SEC(10);
    struct job *j = job_new(3, -1);
    codes[2] = vr_worker_run(VR_POOL_STORAGE, "/srv/live", "stat of c.img", square, j, job_free, vr_after(VR_SEC(5)),
                             &err);
    job_free(j);
    results[2] = (int)write(gate[1], "x", 1); /* the mount answers again */
    for (int i = 0; i < 500 && freed < 3; i++)
        vr_sleep_until(vr_after(VR_MS(2)), NULL);
    vr_sleep_until(vr_after(VR_MS(20)), NULL);
    j = job_new(3, -1);
    codes[3] = vr_worker_run(VR_POOL_STORAGE, "/srv/dead", "stat of d.img", square, j, job_free, vr_after(VR_SEC(5)),
                             &err);
    job_free(j);
}

VR_TEST(a_mount_that_does_not_answer_fails_at_once_for_the_next_and_recovers)
{
    overdue_wait_ms = 20;
    EXPECT_EQ(pipe(gate), 0);
    in_loop(silent_mount);
    EXPECT_EQ(codes[0], VIR_ERR_OPERATION_TIMEOUT);
    EXPECT_STR_HAS(messages[0], "stat of a.img");
    EXPECT_EQ(results[0], 0);
    EXPECT_EQ(codes[1], VIR_ERR_OPERATION_TIMEOUT);
    EXPECT_STR_HAS(messages[1], "'/srv/dead' does not answer: 'stat of a.img'");
    EXPECT_EQ(results[1], 1);
    EXPECT_EQ(codes[2], 1);
    EXPECT_EQ(codes[3], 1);
    EXPECT_EQ(freed, 4);
}

static void blocked(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_autofree char *mount = vr_printf("/mnt/%d", (int)(intptr_t)arg % 40);
    struct job *j = job_new(1, gate[0]);
    if (vr_worker_run(VR_POOL_STORAGE, mount, "open", square, j, job_free, vr_after(VR_SEC(60)), &err))
        job_free(j);
}

static void keepalive(void *arg)
{
    while (vr_sleep_until(vr_after(VR_MS(1)), NULL))
        results[3]++;
}

static void full_storage(void)
{
    struct vr_group *g = vr_group_new("storage"), *alive = vr_group_new("keepalive");
    vr_fiber_start(alive, "keepalive", keepalive, NULL, NULL);
    for (intptr_t i = 0; i < 400; i++) /* 40 mounts, 10 tasks each: more than the pool has threads */
        vr_fiber_start(g, "blocked", blocked, (void *)i, NULL);
    vr_sleep_until(vr_after(VR_MS(20)), NULL);
    for (int i = 0; i < 100; i++) {
        struct job *j = job_new(i, -1);
        if (vr_worker_run(VR_POOL_STORE, NULL, "write a definition", square, j, job_free, vr_after(VR_SEC(5)), NULL))
            results[0] += j->out == i * i, job_free(j);
    }
    while (results[3] < 20 && vr_sleep_until(vr_after(VR_MS(1)), NULL))
        ;
    results[1] = (int)vr_group_count(g);
    vr_group_close(alive);
    vr_group_free(alive);
    close(gate[1]); /* end of file for all of them */
    results[2] = vr_group_join(g, vr_after(VR_SEC(20)), NULL);
    vr_group_free(g);
    close(gate[0]);
}

VR_TEST(a_storage_pool_that_is_wholly_blocked_stops_neither_a_durable_define_nor_keepalive)
{
    EXPECT_EQ(pipe(gate), 0);
    in_loop(full_storage);
    EXPECT_EQ(results[0], 100);
    EXPECT_EQ(results[1], 400);
    EXPECT(results[3] >= 20);
    EXPECT_EQ(results[2], 1);
    EXPECT_EQ(freed, 500);
}

static void blocked_launch(void *arg)
{
    struct job *j = job_new(1, gate[0]);
    if (vr_worker_run(VR_POOL_LAUNCH, NULL, "block", square, j, job_free, vr_after(VR_SEC(60)), NULL))
        job_free(j);
}

static void quick_launch(void *arg)
{
    vr_worker_run(VR_POOL_LAUNCH, NULL, "quick", square, arg, NULL, vr_after(VR_SEC(60)), NULL);
}

static void behind_a_blocked_one(void)
{
    /* One idle thread, two tasks at once, the first blocks: the second must get a thread of its own. */
    struct job *j = job_new(1, -1);
    if (vr_worker_run(VR_POOL_LAUNCH, NULL, "warm up", square, j, job_free, vr_after(VR_SEC(5)), NULL))
        job_free(j);
    struct vr_group *g = vr_group_new("blocked");
    vr_fiber_start(g, "blocked", blocked_launch, NULL, NULL);
    j = job_new(5, -1);
    vr_fiber_start(g, "quick", quick_launch, j, NULL);
    vr_sleep_until(vr_after(VR_MS(300)), NULL);
    results[0] = j->out;
    close(gate[1]);
    vr_group_join(g, vr_after(VR_SEC(5)), NULL);
    vr_group_free(g);
    job_free(j);
}

VR_TEST(a_task_does_not_wait_behind_a_blocked_one_while_the_pool_has_room)
{
    EXPECT_EQ(pipe(gate), 0);
    in_loop(behind_a_blocked_one);
    EXPECT_EQ(results[0], 25);
}

static void cancelled_waiter(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    codes[0] = vr_worker_run(VR_POOL_STORAGE, "/srv/slow", "open", square, job_new(1, gate[0]), job_free,
                             vr_after(VR_SEC(60)), &err) ? 0 : failed(0, &err);
}

static void cancel_while_running(void)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_group *g = vr_group_new("clients");
    vr_fiber_start(g, "client", cancelled_waiter, NULL, NULL);
    vr_sleep_until(vr_after(VR_MS(10)), NULL);
    vr_group_close(g);
    vr_group_free(g);
    results[0] = freed;
    /* Its deadline has not passed: the mount is not yet held for dead. */
    struct job *j = job_new(2, -1);
    codes[1] = vr_worker_run(VR_POOL_STORAGE, "/srv/slow", "open", square, j, job_free, vr_after(VR_SEC(5)), &err);
    job_free(j);
    close(gate[1]);
    for (int i = 0; i < 500 && freed < 2; i++)
        vr_sleep_until(vr_after(VR_MS(2)), NULL);
}

VR_TEST(a_cancelled_caller_leaves_at_once_and_the_task_ends_by_itself)
{
    EXPECT_EQ(pipe(gate), 0);
    in_loop(cancel_while_running);
    EXPECT_EQ(codes[0], VIR_ERR_OPERATION_ABORTED);
    EXPECT_EQ(results[0], 0);
    EXPECT_EQ(codes[1], 1);
    EXPECT_EQ(freed, 2);
}

static struct vr_cond posted;
static int posts;
static void on_post(void *arg)
{
    if (++posts == 1000)
        vr_cond_signal(&posted);
}

static void poster(void *arg)
{
    for (int i = 0; i < 250; i++)
        vr_loop_post(on_post, NULL);
}

static void post_one(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_worker_run(VR_POOL_CPU, NULL, "poster", poster, NULL, NULL, vr_after(VR_SEC(5)), &err);
}

static void post_many(void)
{
    for (int i = 0; i < 4; i++)
        vr_fiber_start(NULL, "posting", post_one, NULL, NULL);
    while (posts < 1000 && vr_cond_wait(&posted, vr_after(VR_SEC(5)), NULL))
        ;
    vr_sleep_until(vr_after(VR_MS(50)), NULL);
}

VR_TEST(posts_of_other_threads_all_arrive)
{
    in_loop(post_many);
    EXPECT_EQ(posts, 1000);
}

VR_TESTS("worker", a_task_runs_on_another_thread_and_its_result_comes_back,
         a_mount_that_does_not_answer_fails_at_once_for_the_next_and_recovers,
         a_storage_pool_that_is_wholly_blocked_stops_neither_a_durable_define_nor_keepalive,
         a_task_does_not_wait_behind_a_blocked_one_while_the_pool_has_room,
         a_cancelled_caller_leaves_at_once_and_the_task_ends_by_itself, posts_of_other_threads_all_arrive)

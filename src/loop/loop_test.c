/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "loop.h"
#include "sanitize.h"

/* Runs fn on a fiber of a fresh loop until it and what it started ended; the test's assertions come afterwards. */
struct run {
    void (*fn)(void *arg);
    void *arg;
};

static void run_body(void *opaque)
{
    const struct run *run = opaque;
    run->fn(run->arg);
    vr_loop_quit(0);
}

static void in_loop(void (*fn)(void *arg), void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    struct run run = { fn, arg };
    EXPECT_OK(vr_loop_init(&err), err);
    EXPECT_OK(vr_fiber_start(NULL, "main", run_body, &run, &err), err);
    EXPECT_EQ(vr_loop_run(), 0);
    EXPECT_EQ(vr_fiber_count(), 0);
    vr_loop_done();
}

static struct vr_error *want_error; /* of the last wait that failed */
static int code_of(struct vr_error **err)
{
    int code = *err ? (*err)->code : 0;
    vr_error_free(want_error);
    want_error = *err;
    *err = NULL;
    return code;
}

/* ---- order ---- */

static char trace[4096];
static void note(const char *text)
{
    strncat(trace, text, sizeof(trace) - strlen(trace) - 1);
}

static void say_twice(void *arg)
{
    note(arg);
    vr_yield();
    note(arg);
}

static void start_three(void *arg)
{
    struct vr_group *g = vr_group_new("three");
    vr_fiber_start(g, "a", say_twice, "a", NULL);
    vr_fiber_start(g, "b", say_twice, "b", NULL);
    vr_fiber_start(g, "c", say_twice, "c", NULL);
    note("-");
    vr_group_join(g, vr_after(VR_SEC(5)), NULL);
    note(".");
    vr_group_free(g);
}

VR_TEST(fibers_run_in_the_order_they_became_ready)
{
    in_loop(start_three, NULL);
    EXPECT_STR(trace, "-abcabc.");
}

/* ---- time ---- */

static void sleeper(void *arg)
{
    static const char *const names[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" };
    int n = (int)(intptr_t)arg;
    vr_sleep_until(vr_after(VR_SEC(3600 * (n + 1))), NULL);
    note(names[n]);
}

static void sleep_sort(void *arg)
{
    static const int order[] = { 4, 1, 9, 0, 7, 2, 8, 3, 6, 5 };
    vr_loop_test_clock(true);
    struct vr_group *g = vr_group_new("sleepers");
    for (size_t i = 0; i < VR_COUNT(order); i++)
        vr_fiber_start(g, "sleeper", sleeper, (void *)(intptr_t)order[i], NULL);
    vr_group_join(g, vr_after(VR_SEC(3600 * 100)), NULL);
    vr_group_free(g);
}

VR_TEST(hours_of_sleep_pass_at_once_and_in_order_on_the_test_clock)
{
    vr_time before = vr_now();
    in_loop(sleep_sort, NULL);
    EXPECT_STR(trace, "0123456789");
    EXPECT(vr_now() - before >= VR_SEC(36000));
}

static struct vr_timer *timer;
static int timer_hits;
static void on_timer(void *opaque)
{
    if (++timer_hits < 3)
        vr_timer_set(timer, vr_after(VR_MS(1)));
}

static void timers(void *arg)
{
    timer = vr_timer_new(on_timer, NULL);
    struct vr_timer *never = vr_timer_new(on_timer, NULL);
    vr_timer_set(timer, vr_after(VR_MS(1)));
    vr_timer_set(never, vr_after(VR_MS(5)));
    vr_timer_set(never, 0);
    vr_sleep_until(vr_after(VR_MS(30)), NULL);
    vr_timer_free(never);
    vr_timer_free(timer);
}

VR_TEST(a_timer_fires_once_and_may_be_set_again_by_its_function)
{
    in_loop(timers, NULL);
    EXPECT_EQ(timer_hits, 3);
}

/* ---- conditions ---- */

static struct vr_cond cond;
static int woken[8], codes[8];

static void wait_cond(void *arg)
{
    int i = (int)(intptr_t)arg;
    VR_AUTO(vr_error) *err = NULL;
    if (vr_cond_wait(&cond, vr_after(VR_MS(i == 0 ? 5 : 5000)), &err))
        woken[i] = 1;
    else
        codes[i] = code_of(&err);
}

static void signal_past_a_timeout(void *arg)
{
    struct vr_group *g = vr_group_new("waiters");
    for (intptr_t i = 0; i < 3; i++)
        vr_fiber_start(g, "waiter", wait_cond, (void *)i, NULL);
    vr_sleep_until(vr_after(VR_MS(20)), NULL); /* the first times out */
    vr_cond_signal(&cond);                       /* must reach the second, not the one that left */
    vr_yield();
    vr_yield();
    codes[7] = woken[1] && !woken[2];
    vr_group_close(g);
    vr_group_free(g);
}

VR_TEST(a_signal_is_not_lost_on_a_waiter_that_timed_out)
{
    in_loop(signal_past_a_timeout, NULL);
    EXPECT_EQ(codes[0], VIR_ERR_OPERATION_TIMEOUT);
    EXPECT_EQ(codes[7], 1);
    EXPECT_EQ(codes[2], VIR_ERR_OPERATION_ABORTED); /* by closing the group */
    EXPECT_FALSE(vr_cond_has_waiters(&cond));
}

/* ---- lock ---- */

static struct vr_lock lock;
static void locker(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    if (!vr_lock_take(&lock, vr_after(VR_SEC(5)), &err)) {
        note("x");
        return;
    }
    note(arg);
    vr_yield();
    note(arg);
    vr_lock_release(&lock);
}

static void lock_order(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_group *g = vr_group_new("lockers");
    vr_lock_take(&lock, vr_after(VR_SEC(1)), NULL);
    codes[0] = vr_lock_take(&lock, vr_after(VR_SEC(1)), &err) ? 0 : code_of(&err);
    for (const char *const *n = (const char *const[]){ "a", "b", "c", NULL }; *n; n++)
        vr_fiber_start(g, *n, locker, (void *)*n, NULL);
    vr_yield();
    vr_lock_release(&lock);
    vr_group_join(g, vr_after(VR_SEC(5)), NULL);
    vr_group_free(g);
}

VR_TEST(a_lock_goes_to_who_waited_longest_and_is_not_recursive)
{
    in_loop(lock_order, NULL);
    EXPECT_STR(trace, "aabbcc");
    EXPECT_EQ(codes[0], VIR_ERR_INTERNAL_ERROR);
}

static void hold(void *arg)
{
    vr_lock_take(&lock, vr_after(VR_SEC(1)), NULL);
    vr_sleep_until(vr_after(VR_SEC(10)), NULL);
    vr_lock_release(&lock);
}

static void lock_timeout(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_loop_test_clock(true);
    vr_fiber_start(NULL, "the holder", hold, NULL, NULL);
    vr_yield();
    if (!vr_lock_take(&lock, vr_after(VR_SEC(2)), &err))
        codes[0] = code_of(&err);
    vr_sleep_until(vr_after(VR_SEC(20)), NULL);
}

VR_TEST(a_lock_that_is_not_had_in_time_names_its_holder)
{
    in_loop(lock_timeout, NULL);
    EXPECT_EQ(codes[0], VIR_ERR_OPERATION_TIMEOUT);
    EXPECT_STR_HAS(want_error->message, "'the holder' for 2.0 s");
    EXPECT(lock.owner == NULL);
}

/* ---- cancel and shields ---- */

static void cancelled_body(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    codes[0] = vr_sleep_until(vr_after(VR_SEC(60)), &err) ? 0 : code_of(&err);
    codes[1] = vr_cancelled();
    codes[2] = vr_sleep_until(vr_after(VR_SEC(60)), &err) ? 0 : code_of(&err); /* sticky */
    vr_shield(vr_after(VR_MS(20))) {
        codes[3] = vr_cancelled();
        codes[4] = vr_sleep_until(vr_after(VR_MS(1)), &err) ? -1 : code_of(&err);
        codes[5] = vr_sleep_until(vr_after(VR_SEC(60)), &err) ? 0 : code_of(&err); /* the shield's deadline */
        vr_shield(vr_after(VR_SEC(60))) /* an inner one cannot be longer */
            codes[6] = vr_sleep_until(vr_after(VR_SEC(30)), &err) ? 0 : code_of(&err);
        break;
    }
    codes[7] = vr_cancelled();
}

static void cancel_it(void *arg)
{
    struct vr_group *g = vr_group_new("victims");
    vr_fiber_start(g, "victim", cancelled_body, NULL, NULL);
    vr_yield();
    vr_group_close(g);
    vr_group_free(g);
}

VR_TEST(cancel_is_sticky_and_a_shield_keeps_it_out_until_its_own_deadline)
{
    in_loop(cancel_it, NULL);
    EXPECT_EQ(codes[0], VIR_ERR_OPERATION_ABORTED);
    EXPECT_EQ(codes[1], 1);
    EXPECT_EQ(codes[2], VIR_ERR_OPERATION_ABORTED);
    EXPECT_EQ(codes[3], 0);
    EXPECT_EQ(codes[4], -1);
    EXPECT_EQ(codes[5], VIR_ERR_OPERATION_TIMEOUT);
    EXPECT_EQ(codes[6], VIR_ERR_OPERATION_TIMEOUT);
    EXPECT_EQ(codes[7], 1);
}

static void born_cancelled(void *arg)
{
    note("ran");
    codes[0] = vr_cancelled();
}

static void start_in_cancelled(void *arg)
{
    struct vr_group *g = vr_group_new("closed");
    vr_group_cancel(g);
    vr_fiber_start(g, "late", born_cancelled, NULL, NULL);
    vr_group_close(g);
    vr_group_free(g);
}

VR_TEST(a_fiber_started_in_a_cancelled_group_still_runs_its_cleanup)
{
    in_loop(start_in_cancelled, NULL);
    EXPECT_STR(trace, "ran");
    EXPECT_EQ(codes[0], 1);
}

/* ---- descriptors ---- */

static int pair[2];
static char received[64];

static void reader(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_watch) *w = vr_watch_new(pair[0], &err);
    for (;;) {
        char data[16];
        ssize_t n = vr_fd_read(w, pair[0], data, sizeof(data) - 1, vr_after(VR_SEC(5)), &err);
        if (n <= 0)
            break;
        data[n] = 0;
        strcat(received, data);
    }
}

static void write_slowly(void *arg)
{
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
    struct vr_group *g = vr_group_new("readers");
    vr_fiber_start(g, "reader", reader, NULL, NULL);
    VR_AUTO(vr_watch) *w = vr_watch_new(pair[1], NULL);
    for (int i = 0; i < 3; i++) {
        codes[i] = (int)vr_fd_write(w, pair[1], "ab;", 3, vr_after(VR_SEC(1)), NULL);
        vr_sleep_until(vr_after(VR_MS(2)), NULL);
    }
    shutdown(pair[1], SHUT_WR);
    vr_group_join(g, vr_after(VR_SEC(5)), NULL);
    vr_group_free(g);
    close(pair[0]);
}

VR_TEST(what_is_written_is_read_until_the_end)
{
    in_loop(write_slowly, NULL);
    EXPECT_STR(received, "ab;ab;ab;");
    EXPECT_EQ(codes[2], 3);
    close(pair[1]);
}

static void write_until_full(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
    VR_AUTO(vr_watch) *w = vr_watch_new(pair[1], NULL);
    static char block[65536];
    ssize_t n;
    while ((n = vr_fd_write(w, pair[1], block, sizeof(block), vr_after(VR_MS(20)), &err)) > 0)
        codes[1]++;
    codes[0] = code_of(&err);
    close(pair[0]);
    n = vr_fd_write(w, pair[1], block, sizeof(block), vr_after(VR_MS(20)), &err);
    codes[2] = n < 0 && err && err->int1 == EPIPE;
    vr_error_free(vr_take(err));
    close(pair[1]);
}

VR_TEST(a_writer_to_a_full_socket_times_out_and_a_gone_peer_is_an_error)
{
    in_loop(write_until_full, NULL);
    EXPECT_EQ(codes[0], VIR_ERR_OPERATION_TIMEOUT);
    EXPECT(codes[1] > 0);
    EXPECT_EQ(codes[2], 1);
}

static struct vr_watch *shared;
static void wait_in(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    uint32_t got = 0;
    int i = (int)(intptr_t)arg;
    if (!vr_watch_wait(shared, i ? EPOLLOUT : EPOLLIN, &got, vr_after(VR_SEC(5)), &err))
        codes[i] = code_of(&err);
    else
        woken[i] = (int)got;
}

static void abort_watch(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
    shared = vr_watch_new(pair[0], NULL);
    struct vr_group *g = vr_group_new("both");
    vr_fiber_start(g, "in", wait_in, (void *)0, NULL);
    vr_fiber_start(g, "out", wait_in, (void *)1, NULL);
    for (int i = 0; i < 400 && vr_group_count(g) == 2; i++)
        vr_sleep_until(vr_after(VR_MS(5)), NULL);
    codes[4] = (int)vr_group_count(g);
    vr_watch_abort(shared);
    vr_group_join(g, vr_after(VR_SEC(1)), NULL);
    codes[5] = vr_watch_wait(shared, EPOLLOUT, NULL, vr_after(VR_SEC(1)), &err) ? 0 : code_of(&err);
    vr_watch_free(shared);
    vr_group_free(g);
    close(pair[0]);
    close(pair[1]);
}

VR_TEST(each_direction_has_its_own_waiter_and_abort_ends_both_for_good)
{
    in_loop(abort_watch, NULL);
    EXPECT_EQ(woken[1] & EPOLLOUT, EPOLLOUT);
    EXPECT_EQ(codes[4], 1);
    EXPECT_EQ(codes[0], VIR_ERR_OPERATION_ABORTED);
    EXPECT_EQ(codes[5], VIR_ERR_OPERATION_ABORTED);
}

static int turns;
static void count_turns(void *opaque)
{
    turns++;
}

static void hang_up_unattended(void *arg)
{
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
    VR_AUTO(vr_watch) *w = vr_watch_new(pair[0], NULL);
    vr_watch_wait(w, EPOLLIN, NULL, vr_after(VR_MS(1)), NULL); /* leaves interest armed */
    close(pair[1]);
    struct timespec before, after;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    vr_sleep_until(vr_after(VR_MS(200)), NULL);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    turns = (int)((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000);
    close(pair[0]);
}

VR_TEST(a_hang_up_that_nobody_waits_for_does_not_spin_the_loop)
{
    in_loop(hang_up_unattended, NULL);
    EXPECT(turns < 100); /* ms of CPU in 200 ms */
}

static struct vr_exit exits[3];
static void child_ends(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    pid_t pid = fork();
    if (pid == 0) {
        usleep(20000);
        _exit(7);
    }
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    codes[0] = vr_pidfd_wait(fd, &exits[0], vr_after(VR_MS(1)), &err) ? 0 : code_of(&err);
    codes[1] = vr_pidfd_wait(fd, &exits[0], vr_after(VR_SEC(5)), &err);
    close(fd);
    pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    fd = (int)syscall(SYS_pidfd_open, pid, 0);
    kill(pid, SIGKILL);
    codes[2] = vr_pidfd_wait(fd, &exits[1], vr_after(VR_SEC(5)), &err);
    close(fd);
}

VR_TEST(a_process_is_waited_for_and_its_end_told)
{
    if (vr_on_valgrind())
        return; /* it does not know pidfd_open */
    in_loop(child_ends, NULL);
    EXPECT_EQ(codes[0], VIR_ERR_OPERATION_TIMEOUT);
    EXPECT_EQ(codes[1], 1);
    EXPECT(exits[0].known && exits[0].code == CLD_EXITED && exits[0].status == 7);
    EXPECT(exits[1].known && exits[1].code == CLD_KILLED && exits[1].status == SIGKILL);
}

/* ---- signals, idle work, limits ---- */

static int signals_seen;
static void on_usr1(int signum, void *opaque)
{
    signals_seen++;
    vr_cond_signal(opaque);
}

static void send_signal(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    codes[0] = vr_loop_on_signal(SIGUSR1, on_usr1, &cond, &err);
    kill(getpid(), SIGUSR1);
    codes[1] = vr_cond_wait(&cond, vr_after(VR_SEC(5)), &err);
}

VR_TEST(a_signal_reaches_its_function_on_the_loop)
{
    in_loop(send_signal, NULL);
    EXPECT_EQ(codes[0], 1);
    EXPECT_EQ(codes[1], 1);
    EXPECT_EQ(signals_seen, 1);
}

static int on_sd_time(sd_event_source *s, uint64_t usec, void *opaque)
{
    note("t");
    vr_cond_signal(&cond);
    return 0;
}

static int on_sd_defer(sd_event_source *s, void *opaque)
{
    note("d");
    return 0;
}

static void keep_lines(enum vr_log_level level, const char *source, const char *line, void *opaque)
{
    note(line);
}

static void noted_waiter(void *arg)
{
    vr_fiber_note("waiting for monitor reply to query-block");
    vr_cond_wait(&cond, vr_after(VR_SEC(5)), NULL);
}

static void dump_on_signal(void *arg)
{
    struct vr_group *g = vr_group_new("guest f36");
    vr_fiber_start(g, "call domain_block_stats", noted_waiter, NULL, NULL);
    vr_lock_take(&lock, vr_after(VR_SEC(1)), NULL);
    vr_fiber_start(g, "the next call", locker, "x", NULL);
    vr_yield();
    kill(getpid(), SIGUSR2);
    for (int i = 0; i < 100 && !strstr(trace, "'the next call'"); i++)
        vr_sleep_until(vr_after(VR_MS(2)), NULL);
    vr_lock_release(&lock);
    vr_group_close(g);
    vr_group_free(g);
}

VR_TEST(sigusr2_tells_what_each_fiber_waits_for)
{
    vr_log_set_sink(keep_lines, NULL);
    in_loop(dump_on_signal, NULL);
    vr_log_set_sink(NULL, NULL);
    EXPECT_STR_HAS(trace, "'call domain_block_stats' of 'guest f36': parked, waiting for a condition "
                          "(waiting for monitor reply to query-block) for 0.");
    EXPECT_STR_HAS(trace, "'the next call' of 'guest f36': parked, waiting for a lock of 'main' for 0.");
}

/* As sd-bus does: sources of its own that need sd-event's whole cycle, beside descriptors of ours. */
static void foreign_sources(void *arg)
{
    sd_event_source *t = NULL, *d = NULL;
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
    VR_AUTO(vr_watch) *w = vr_watch_new(pair[0], NULL);
    codes[0] = sd_event_add_time_relative(vr_loop_event(), &t, CLOCK_MONOTONIC, 20000, 1, on_sd_time, NULL);
    codes[1] = sd_event_add_defer(vr_loop_event(), &d, on_sd_defer, NULL);
    for (int i = 0; i < 3; i++) {
        char c = 0;
        codes[2] += (int)write(pair[1], "x", 1);
        codes[3] += (int)vr_fd_read(w, pair[0], &c, 1, vr_after(VR_SEC(5)), NULL);
        vr_yield();
    }
    codes[4] = vr_cond_wait(&cond, vr_after(VR_SEC(5)), NULL);
    sd_event_source_unref(t);
    sd_event_source_unref(d);
}

VR_TEST(sources_of_sd_event_run_beside_the_loops_own)
{
    in_loop(foreign_sources, NULL);
    EXPECT(codes[0] >= 0 && codes[1] >= 0);
    EXPECT_EQ(codes[3], 3);
    EXPECT_EQ(codes[4], 1);
    EXPECT_STR(trace, "dt");
    close(pair[0]);
    close(pair[1]);
}

static bool idle_slice(void *opaque)
{
    note("i");
    if (++turns < 3)
        return true;
    vr_cond_signal(&cond);
    return false;
}

static void idle_work(void *arg)
{
    vr_loop_when_idle(idle_slice, NULL);
    vr_yield();
    note("y");
    codes[0] = vr_cond_wait(&cond, vr_after(VR_SEC(5)), NULL);
}

VR_TEST(idle_work_runs_in_slices_and_only_when_nothing_else_does)
{
    in_loop(idle_work, NULL);
    EXPECT_STR(trace, "yiii");
    EXPECT_EQ(codes[0], 1);
}

static void wait_for_all(void *arg)
{
    vr_cond_wait(&cond, vr_after(VR_SEC(100)), NULL);
}

static void too_many(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_group *g = vr_group_new("many");
    while (vr_fiber_start(g, "one of many", wait_for_all, NULL, &err))
        turns++;
    codes[0] = code_of(&err);
    vr_yield();
    vr_group_close(g);
    codes[1] = vr_fiber_start(g, "after", count_turns, NULL, &err);
    vr_group_close(g);
    vr_group_free(g);
}

VR_TEST(one_fiber_too_many_is_refused_and_the_loop_goes_on)
{
    in_loop(too_many, NULL);
    EXPECT_EQ(codes[0], VIR_ERR_RESOURCE_BUSY);
    EXPECT_EQ(codes[1], 1);
    EXPECT_EQ(turns, 8192); /* 8,191 beside the main one, and the one after */
}

VR_TESTS("loop", fibers_run_in_the_order_they_became_ready,
         hours_of_sleep_pass_at_once_and_in_order_on_the_test_clock,
         a_timer_fires_once_and_may_be_set_again_by_its_function, a_signal_is_not_lost_on_a_waiter_that_timed_out,
         a_lock_goes_to_who_waited_longest_and_is_not_recursive, a_lock_that_is_not_had_in_time_names_its_holder,
         cancel_is_sticky_and_a_shield_keeps_it_out_until_its_own_deadline,
         a_fiber_started_in_a_cancelled_group_still_runs_its_cleanup, what_is_written_is_read_until_the_end,
         a_writer_to_a_full_socket_times_out_and_a_gone_peer_is_an_error,
         each_direction_has_its_own_waiter_and_abort_ends_both_for_good,
         a_hang_up_that_nobody_waits_for_does_not_spin_the_loop, a_process_is_waited_for_and_its_end_told,
         a_signal_reaches_its_function_on_the_loop, sigusr2_tells_what_each_fiber_waits_for,
         sources_of_sd_event_run_beside_the_loops_own, idle_work_runs_in_slices_and_only_when_nothing_else_does,
         one_fiber_too_many_is_refused_and_the_loop_goes_on)

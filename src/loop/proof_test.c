/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
/*
 * What must hold before anything is built on fibers: switches that sanitizers and Valgrind accept, a guard that names
 * its fiber, unwinding from every suspension, and no client waiting for another's.
 */
#include "base/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "fault.h"
#include "loop.h"
#include "sanitize.h"

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

/* ---- the switch ---- */

static long switches;
static void ping_pong(void *arg)
{
    volatile double x = 1.5; /* floating point and locals survive */
    char local[64];
    snprintf(local, sizeof(local), "%p", arg);
    for (int i = 0; i < 50000; i++) {
        x += 1;
        vr_yield();
        switches++;
    }
    char again[64];
    snprintf(again, sizeof(again), "%p", arg);
    if (x < 50001 || x > 50002 || strcmp(local, again) != 0)
        switches = -1000000;
}

static void two_players(void)
{
    struct vr_group *g = vr_group_new("game");
    vr_time before = vr_now();
    vr_fiber_start(g, "ping", ping_pong, (void *)1, NULL);
    vr_fiber_start(g, "pong", ping_pong, (void *)2, NULL);
    vr_group_join(g, vr_after(VR_SEC(100)), NULL);
    printf("a switch and back through the scheduler: %.0f ns\n", (double)(vr_now() - before) / 100000);
    vr_group_free(g);
}

VR_TEST(a_hundred_thousand_switches_keep_registers_and_locals)
{
    in_loop(two_players);
    EXPECT_EQ(switches, 100000);
}

/* ---- the guard ---- */

static __attribute__((noinline)) int deeper(int n)
{
    volatile char frame[1024];
    frame[0] = (char)n;
    return n > 1000000 ? 0 : deeper(n + 1) + frame[0];
}

static void overflow(void)
{
    exit(deeper(0));
}

/* Runs fn in a loop of another process; returns how that ended and what it wrote to stderr. */
static int in_other_process(void (*fn)(void), char *text, size_t size)
{
    int out[2];
    EXPECT_EQ(pipe(out), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], STDERR_FILENO);
        close(out[0]);
        in_loop(fn);
        _exit(0);
    }
    close(out[1]);
    size_t got = 0;
    for (ssize_t n; got < size - 1 && (n = read(out[0], text + got, size - 1 - got)) > 0;)
        got += (size_t)n;
    text[got] = 0;
    close(out[0]);
    int status;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return status;
}

VR_TEST(a_fiber_that_runs_over_its_stack_is_named)
{
    if (vr_on_valgrind())
        return; /* it grows and watches stacks in its own way */
    static char text[8192];
    int status = in_other_process(overflow, text, sizeof(text));
    EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_STR_HAS(text, "fiber 'main' ran over its stack");
}

/* ---- the watchdog ---- */

static void keep_the_loop(void)
{
    vr_time end = vr_after(VR_MS(1200));
    while (vr_now() < end)
        ;
}

VR_TEST(a_fiber_that_does_not_give_way_is_reported_with_a_backtrace_and_aborted_when_asked)
{
    if (vr_on_valgrind())
        return;
    static char text[8192];
    unsetenv("VIREO_SLICE_ABORT_MS");
    int status = in_other_process(keep_the_loop, text, sizeof(text));
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_STR_HAS(text, "fiber 'main' holds up the loop:\n");
    EXPECT_STR_HAS(text, "proof_test");
    EXPECT_STR_HAS(text, "fiber 'main' ran for 1");
    setenv("VIREO_SLICE_ABORT_MS", "300", 1);
    status = in_other_process(keep_the_loop, text, sizeof(text));
    EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    EXPECT_STR_HAS(text, "fiber 'main' does not give way; aborting");
}

/* ---- unwinding from every suspension ---- */

/* A monitor that answers each line with "ok\n"; objects are counted like a driver's live ones. */
static int wire[2];
static int live_objects;
static struct vr_lock job;
static int undone;

struct object {
    char *name;
};
static void object_free(struct object *o)
{
    if (!o)
        return;
    live_objects--;
    free(o->name);
    free(o);
}
VR_DEFINE_AUTO(object)

static struct object *object_new(int i)
{
    struct object *o = vr_new(struct object);
    o->name = vr_printf("node%d", i);
    live_objects++;
    return o;
}

static void monitor(void *arg)
{
    VR_AUTO(vr_watch) *w = vr_watch_new(wire[1], NULL);
    char c;
    while (vr_fd_read(w, wire[1], &c, 1, vr_after(VR_SEC(100)), NULL) == 1)
        if (c == '\n' && vr_fd_write(w, wire[1], "ok\n", 3, vr_after(VR_SEC(1)), NULL) != 3)
            break;
}

VR_SUSPENDS static bool command(struct vr_watch *w, const char *text, vr_time deadline, struct vr_error **err)
{
    vr_autofree char *line = vr_printf("%s\n", text);
    if (vr_fd_write(w, wire[0], line, strlen(line), deadline, err) < 0)
        return false;
    char reply[3];
    for (size_t got = 0; got < sizeof(reply);) {
        ssize_t n = vr_fd_read(w, wire[0], reply + got, sizeof(reply) - got, deadline, err);
        if (n <= 0)
            return vr_error_prefix(err, "monitor command '%s': ", text);
        got += (size_t)n;
    }
    return true;
}

VR_SUSPENDS static bool ten_steps(struct vr_watch *w, struct vr_error **err)
{
    vr_time deadline = vr_after(VR_SEC(10));
    struct object *made[10] = { NULL };
    if (!vr_lock_take(&job, deadline, err))
        return false;
    int done = 0;
    for (; done < 10; done++) {
        VR_AUTO(object) *o = object_new(done);
        vr_autofree char *text = vr_printf("blockdev-add %s", o->name);
        if (!command(w, text, deadline, err))
            break;
        made[done] = vr_take(o);
    }
    bool ok = done == 10;
    while (done--) {
        if (!ok) {
            /* Undoing waits too, and must not be cut short by what made it necessary. */
            vr_shield(vr_after(VR_SEC(5))) {
                if (command(w, "blockdev-del", vr_after(VR_SEC(1)), NULL))
                    undone++;
            }
        }
        object_free(made[done]);
    }
    vr_lock_release(&job);
    return ok;
}

static struct outcome {
    enum vr_fault_kind kind;
    size_t at, seen;
    bool ok, rolled_back;
    int code;
} outcome;

static void operation(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_watch) *w = vr_watch_new(wire[0], NULL);
    undone = 0;
    outcome.ok = ten_steps(w, &err);
    outcome.code = err ? err->code : 0;
}

static void one_round(void)
{
    struct vr_fault fault = { .scope = "operation", .at = outcome.at, .kind = outcome.kind };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, wire) < 0)
        return;
    struct vr_group *peer = vr_group_new("peer"), *g = vr_group_new("op");
    vr_fiber_start(peer, "monitor", monitor, NULL, NULL);
    vr_fault_arm(&fault, NULL);
    vr_fiber_start(g, "operation", operation, NULL, NULL);
    vr_group_join(g, vr_after(VR_SEC(60)), NULL);
    outcome.seen = vr_fault_disarm();
    vr_group_close(peer);
    vr_group_free(peer);
    vr_group_free(g);
    close(wire[0]);
    close(wire[1]);
}

static int failures_of(enum vr_fault_kind kind)
{
    int failures = 0;
    outcome.kind = kind;
    for (outcome.at = 1;; outcome.at++) {
        in_loop(one_round);
        EXPECT_EQ(live_objects, 0);
        EXPECT(job.owner == NULL && !vr_cond_has_waiters(&job.queue));
        if (outcome.seen < outcome.at) {
            EXPECT(outcome.ok); /* the fault lies behind the end: an undisturbed run */
            return failures;
        }
        EXPECT_FALSE(outcome.ok);
        EXPECT_EQ(outcome.code, kind == VR_FAULT_CANCEL ? VIR_ERR_OPERATION_ABORTED : VIR_ERR_OPERATION_TIMEOUT);
        failures++;
    }
}

VR_TEST(ten_monitor_steps_unwind_from_a_cancel_or_timeout_at_each_suspension)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_fault probe = { .kind = VR_FAULT_COUNT };
    if (!vr_fault_arm(&probe, &err)) {
        EXPECT_EQ(err->code, VIR_ERR_NO_SUPPORT); /* a build without test hooks */
        return;
    }
    vr_fault_disarm();
    int cancels = failures_of(VR_FAULT_CANCEL), timeouts = failures_of(VR_FAULT_TIMEOUT);
    printf("unwound from %d cancels and %d timeouts\n", cancels, timeouts);
    EXPECT(cancels >= 21); /* the lock, and at least a write and a read for each command */
    EXPECT_EQ(cancels, timeouts);
}

/* ---- one silent monitor, many callers ---- */

#define PARKED 5000
static struct vr_lock silent_job;
static int parked_ended, round_trips, parked_while_serving, last_parked;
static vr_time slowest;

static void parked_call(void *arg)
{
    vr_fiber_note("waiting for monitor reply to query-block");
    if (vr_lock_take(&silent_job, vr_after(VR_SEC(300)), NULL)) {
        vr_sleep_until(vr_after(VR_SEC(300)), NULL); /* the monitor is silent */
        vr_lock_release(&silent_job);
    }
    parked_ended++;
}

static void others_go_on(void)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, wire) < 0)
        return;
    struct vr_group *stuck = vr_group_new("silent guest"), *peer = vr_group_new("other guest");
    for (int i = 0; i < PARKED; i++)
        vr_fiber_start(stuck, "call on the silent guest", parked_call, NULL, NULL);
    vr_yield();
    vr_fiber_start(peer, "monitor", monitor, NULL, NULL);
    {
        VR_AUTO(vr_watch) *w = vr_watch_new(wire[0], NULL);
        for (int i = 0; i < 1000; i++) {
            vr_time before = vr_now();
            if (!command(w, "query-status", vr_after(VR_SEC(20)), NULL))
                break;
            vr_time took = vr_now() - before;
            slowest = took > slowest ? took : slowest;
            round_trips++;
        }
    }
    parked_while_serving = (int)vr_group_count(stuck);
    vr_time before = vr_now();
    vr_group_close(stuck);
    printf("%d calls parked; 1,000 calls on another guest, the slowest %.3f ms; the parked ones cancelled in %.1f ms\n",
           parked_while_serving, (double)slowest / 1e6, (double)(vr_now() - before) / 1e6);
    vr_group_close(peer);
    vr_group_free(stuck);
    vr_group_free(peer);
    close(wire[0]);
    close(wire[1]);
    last_parked = parked_ended;
}

VR_TEST(five_thousand_calls_on_a_silent_guest_do_not_delay_another)
{
    in_loop(others_go_on);
    EXPECT_EQ(round_trips, 1000);
    EXPECT_EQ(parked_while_serving, PARKED);
    EXPECT_EQ(last_parked, PARKED);
    EXPECT(silent_job.owner == NULL);
}

VR_TESTS("proof", a_hundred_thousand_switches_keep_registers_and_locals, a_fiber_that_runs_over_its_stack_is_named,
         a_fiber_that_does_not_give_way_is_reported_with_a_backtrace_and_aborted_when_asked,
         ten_monitor_steps_unwind_from_a_cancel_or_timeout_at_each_suspension,
         five_thousand_calls_on_a_silent_guest_do_not_delay_another)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_LOG_SOURCE "loop.watchdog"
/*
 * A fiber that keeps the loop from everyone else is a bug: a system call that blocks, or work that belongs on a
 * worker. A timer signal to the loop's thread looks at the running slice; it is armed when a slice begins and not
 * re-armed while the loop is idle, so an idle daemon is not woken by it and a busy one pays one system call per tick.
 */
#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "base/str.h"
#include "internal.h"

#define TICK_SIGNAL SIGVTALRM /* one that debuggers pass on in silence */

/*
 * A slice that only waited for a processor is not the fiber's fault. Between two ticks of one slice it must have worked
 * this long, or have slept in a system call, or it must last so long that the reason does not matter.
 */
#define WORKED VR_MS(5)
#define STUCK VR_MS(500)

static vr_time warn_after, abort_after;
static timer_t timer;
static bool timer_made;
static volatile sig_atomic_t armed;
static struct vr_fiber *volatile slice_fiber; /* NULL: between slices */
static volatile vr_time slice_start;
static volatile sig_atomic_t reported;
/* At the first tick in a slice: its start, and what the thread had used by then. */
static vr_time first_slice, first_cpu;
static long first_sleeps;

static vr_time thread_cpu(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return VR_SEC(ts.tv_sec) + ts.tv_nsec;
}

static long thread_sleeps(void)
{
    struct rusage use;
    return getrusage(RUSAGE_THREAD, &use) == 0 ? use.ru_nvcsw : 0;
}

static void arm(vr_time span)
{
    struct itimerspec when = { .it_value = { span / VR_SEC(1), span % VR_SEC(1) } };
    armed = 1;
    timer_settime(timer, 0, &when, NULL);
}

static void say(const char *text)
{
    ssize_t n = write(STDERR_FILENO, text, strlen(text));
    (void)n;
}

static void say_where(const struct vr_fiber *fiber, const char *verb)
{
    void *frames[48];
    say("fiber '");
    say(fiber->name);
    say(verb);
    backtrace_symbols_fd(frames, backtrace(frames, VR_COUNT(frames)), STDERR_FILENO);
}

/* Only what is safe in a signal handler (backtrace is, once its library is loaded). */
static void on_tick(int signum)
{
    const struct vr_fiber *fiber = slice_fiber;
    if (!fiber) {
        armed = 0;
        return;
    }
    vr_time ran = vr_now() - slice_start;
    if (abort_after && ran >= abort_after) {
        say_where(fiber, "' does not give way; aborting:\n");
        abort();
    }
    if (first_slice != slice_start) {
        first_slice = slice_start;
        first_cpu = thread_cpu();
        first_sleeps = thread_sleeps();
    } else if (!reported && ran >= warn_after &&
               (ran >= STUCK || thread_cpu() - first_cpu >= WORKED || thread_sleeps() != first_sleeps)) {
        reported = 1;
        say_where(fiber, "' holds up the loop:\n");
    }
    arm(warn_after);
}

static void preload_unwinder(void)
{
    void *frame[2];
    backtrace(frame, 2);
}

void vr_watchdog_init(void)
{
    warn_after = VR_MS(10);
    abort_after = 0;
    const char *text = getenv("VIREO_SLICE_ABORT_MS"); /* for test runs */
    uint64_t ms;
    if (text && vr_parse_u64(text, 10, 3600 * 1000, &ms))
        abort_after = VR_MS(ms);
    if (VR_ASAN || vr_on_valgrind()) /* everything is slower there by such a factor */
        warn_after *= 20;
    preload_unwinder();
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_tick;
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = TICK_SIGNAL };
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, TICK_SIGNAL);
    if (sigaction(TICK_SIGNAL, &action, NULL) < 0 || pthread_sigmask(SIG_UNBLOCK, &set, NULL) != 0 ||
        timer_create(CLOCK_MONOTONIC, &event, &timer) < 0) {
        vr_warn("no watch over slow fibers: a timer cannot be made");
        return;
    }
    timer_made = true;
}

void vr_watchdog_done(void)
{
    if (timer_made)
        timer_delete(timer);
    timer_made = false;
    armed = 0;
}

void vr_watchdog_begin(struct vr_fiber *fiber, vr_time now)
{
    slice_start = now;
    reported = 0;
    slice_fiber = fiber;
    if (!armed && timer_made)
        arm(warn_after);
}

void vr_watchdog_end(struct vr_fiber *fiber, vr_time started, vr_time now)
{
    slice_fiber = NULL;
    if (__builtin_expect(reported || now - started >= STUCK, 0))
        vr_warn("fiber '%s' ran for %.1f ms without giving way", fiber->name, (double)(now - started) / 1e6);
}

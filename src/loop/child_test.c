/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "child.h"
#include "fault.h"
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

/* One run of a shell script; the test looks at these afterwards. */
static struct vr_child child;
static struct vr_child_result result;
static struct vr_error *error;
static bool ok;
static vr_time took;
static vr_time span = VR_SEC(20);

static void shell(void)
{
    vr_time before = vr_now();
    child.deadline = before + span;
    ok = vr_child_run_ok(&child, &result, &error);
    took = vr_now() - before;
}

static void run_shell(const char *script)
{
    const char *argv[] = { "/bin/sh", "-c", script, NULL };
    child.argv = argv;
    vr_child_result_done(&result);
    memset(&result, 0, sizeof(result));
    vr_error_free(vr_take(error));
    in_loop(shell);
}

VR_TEST(what_a_program_writes_and_how_it_ended_come_back)
{
    run_shell("echo out; echo err >&2");
    EXPECT_OK(ok, error);
    EXPECT_STR(result.out.data, "out\n");
    EXPECT_STR(result.err.data, "err\n");
    EXPECT_EQ(result.exit.code, CLD_EXITED);
}

VR_TEST(a_failure_is_told_with_the_command_and_its_last_words)
{
    run_shell("echo no such image >&2; exit 3");
    EXPECT_FALSE(ok);
    EXPECT_EQ(error->code, VIR_ERR_INTERNAL_ERROR);
    EXPECT_STR_HAS(error->message, "Child process (/bin/sh -c echo no such image >&2; exit 3) unexpected exit status 3: "
                                   "no such image");
    run_shell("kill -TERM $$");
    EXPECT_STR_HAS(error->message, "unexpected fatal signal 15");
}

VR_TEST(input_and_output_larger_than_the_pipes_do_not_block_each_other)
{
    size_t len = 900 * 1000;
    char *text = vr_alloc(len);
    memset(text, 'x', len);
    child.input = text;
    child.input_len = len;
    run_shell("cat");
    EXPECT_OK(ok, error);
    EXPECT_EQ(result.out.len, len);
    run_shell("exit 0"); /* it does not read: no SIGPIPE for us, no hang */
    EXPECT_OK(ok, error);
    free(text);
}

static void run_missing(void)
{
    child.argv = (const char *const[]){ "/does/not/exist", NULL };
    child.deadline = vr_after(VR_SEC(5));
    ok = vr_child_run(&child, &result, &error);
}

VR_TEST(a_program_that_is_not_there_is_named)
{
    in_loop(run_missing);
    EXPECT_FALSE(ok);
    EXPECT_STR(error->message, "cannot execute binary /does/not/exist: No such file or directory");
}

VR_TEST(at_the_deadline_the_program_and_its_children_are_killed)
{
    span = VR_MS(vr_on_valgrind() ? 2000 : 200);
    run_shell("sleep 100 & echo $$; sleep 100; true");
    EXPECT_FALSE(ok);
    EXPECT_EQ(error->code, VIR_ERR_OPERATION_TIMEOUT);
    EXPECT_STR_HAS(error->message, "'/bin/sh -c sleep 100");
    EXPECT(took < VR_SEC(15));
    pid_t group = (pid_t)atol(result.out.data);
    EXPECT(group > 1);
    int tries = 0; /* the grandchild is reaped by init, when that gets to it */
    while (kill(-group, 0) == 0 && tries++ < 500)
        usleep(10000);
    EXPECT(kill(-group, 0) < 0 && errno == ESRCH);
}

VR_TEST(too_much_output_ends_it)
{
    child.output_max = 100000;
    run_shell("while :; do echo yes yes yes yes yes yes yes yes; done");
    EXPECT_FALSE(ok);
    EXPECT_EQ(error->code, VIR_ERR_OPERATION_FAILED);
    EXPECT_STR_HAS(error->message, "more than 100000 bytes");
}

VR_TEST(of_standard_error_the_end_is_kept)
{
    child.error_max = 100;
    run_shell("i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1");
    EXPECT_EQ(result.err.len, 100);
    EXPECT_STR_HAS(error->message, "line 1999");
}

VR_TEST(something_left_behind_that_holds_the_output_does_not_hold_us)
{
    run_shell("sleep 30 & echo $!");
    EXPECT_OK(ok, error);
    EXPECT(took < VR_SEC(15));
    kill((pid_t)atol(result.out.data), SIGKILL);
}

VR_TEST(it_gets_its_descriptors_and_no_others_and_clean_signals)
{
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    EXPECT_EQ(write(ends[1], "given\n", 6), 6);
    close(ends[1]);
    child.fds = ends;
    child.fd_count = 1;
    run_shell("cat <&3; ls /proc/self/fd | tr '\\n' ' '; grep -E 'SigBlk|SigIgn' /proc/self/status");
    EXPECT_OK(ok, error);
    EXPECT_STR_HAS(result.out.data, "given\n0 1 2 3 4 "); /* 4 is ls's own */
    EXPECT_STR_HAS(result.out.data, "SigBlk:\t0000000000000000");
    const char *ignored = strstr(result.out.data, "SigIgn:\t");
    EXPECT(ignored != NULL);
    /* glibc's posix_spawn leaves its own two signals, 32 and 33, ignored. */
    EXPECT_EQ(strtoull(ignored + 8, NULL, 16) & ~0x180000000ull, 0);
    close(ends[0]);
}

static int count_fds(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static struct vr_fault fault;
static size_t seen;
static void faulted(void *arg)
{
    child.deadline = vr_after(VR_SEC(10));
    vr_autochild struct vr_child_result r = { 0 };
    VR_AUTO(vr_error) *err = NULL;
    ok = vr_child_run(&child, &r, &err);
}

static void fault_round(void)
{
    struct vr_group *g = vr_group_new("faulted");
    vr_fault_arm(&fault, NULL);
    vr_fiber_start(g, "victim", faulted, NULL, NULL);
    vr_group_join(g, vr_after(VR_SEC(30)), NULL);
    seen = vr_fault_disarm();
    vr_group_free(g);
    vr_sleep_until(vr_after(VR_MS(20)), NULL); /* a start that was given up ends on its thread */
}

VR_TEST(a_cancel_or_timeout_at_any_suspension_leaves_no_descriptor_and_no_zombie)
{
    static const char *const argv[] = { "/bin/cat", NULL };
    child.argv = argv;
    child.input = "text";
    child.input_len = 4;
    int before = count_fds(), rounds = 0;
    for (int kind = VR_FAULT_TIMEOUT; kind <= VR_FAULT_CANCEL; kind++) {
        for (fault.at = 1; fault.at < 100; fault.at++) {
            /* The pumps read until end of file, which a cancel of theirs alone only brings forward. */
            fault = (struct vr_fault){ .scope = "victim", .at = fault.at, .kind = (enum vr_fault_kind)kind };
            in_loop(fault_round);
            EXPECT_EQ(count_fds(), before);
            EXPECT(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
            if (seen < fault.at)
                break;
            rounds++;
        }
        EXPECT(ok);
    }
    EXPECT(rounds >= 4);
}

VR_TESTS("child", what_a_program_writes_and_how_it_ended_come_back,
         a_failure_is_told_with_the_command_and_its_last_words,
         input_and_output_larger_than_the_pipes_do_not_block_each_other, a_program_that_is_not_there_is_named,
         at_the_deadline_the_program_and_its_children_are_killed, too_much_output_ends_it,
         of_standard_error_the_end_is_kept, something_left_behind_that_holds_the_output_does_not_hold_us,
         it_gets_its_descriptors_and_no_others_and_clean_signals,
         a_cancel_or_timeout_at_any_suspension_leaves_no_descriptor_and_no_zombie)

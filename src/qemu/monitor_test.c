/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"
#include "base/test_dir.h"
/* The monitor against a QEMU that behaves, is silent, lies, floods or dies. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "loop/loop.h"
#include "monitor.h"
#include "unixsock.h"

#define GREETING "{\"QMP\": {\"version\": {\"qemu\": {\"major\": 7}}, \"capabilities\": [\"oob\"]}}\r\n"

/* ---- the other side: a process of its own, plain blocking code ---------------------------------------------------- */

static FILE *fake_in;
static int fake_fd;

static void fake_send(const char *text)
{
    for (size_t at = 0, len = strlen(text); at < len;) {
        ssize_t n = write(fake_fd, text + at, len - at);
        if (n <= 0)
            _exit(0);
        at += (size_t)n;
    }
}

/* Reads one command; returns its id. */
static int fake_command(char *name, size_t size)
{
    static char line[65536];
    if (!fgets(line, sizeof(line), fake_in))
        _exit(0);
    const char *execute = strstr(line, "\"execute\":\""), *id = strstr(line, "\"id\":");
    snprintf(name, size, "%.*s", execute ? (int)strcspn(execute + 11, "\"") : 0, execute ? execute + 11 : "");
    return id ? atoi(id + 5) : -1;
}

static void fake_reply(int id, const char *ret)
{
    char text[256];
    snprintf(text, sizeof(text), "{\"return\": %s, \"id\": %d}\r\n", ret, id);
    fake_send(text);
}

static void fake_begin(void)
{
    char name[64];
    fake_send(GREETING);
    fake_reply(fake_command(name, sizeof(name)), "{}");
}

static char dir[] = "/tmp/vireo-monitor-XXXXXX";
static char path[64];

static pid_t fake_start(void (*play)(void))
{
    if (!vr_test_dir(dir))
        return -1;
    snprintf(path, sizeof(path), "%s/m", dir);
    int listener = vr_unix_listen(path, 0700, NULL);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(60);
        fake_fd = accept(listener, NULL, NULL);
        fake_in = fdopen(dup(fake_fd), "r");
        play();
        _exit(0);
    }
    close(listener);
    return pid;
}

/* ---- this side ---------------------------------------------------------------------------------------------------- */

static char events[256];
static char settled[64];
static int ended;
static void on_event(void *opaque, const char *name, const struct vr_json *data, const struct vr_json *event)
{
    if (strlen(events) + strlen(name) + 2 < sizeof(events))
        strcat(strcat(events, name), " ");
}
static void on_ended(void *opaque, const struct vr_error *why)
{
    ended++;
}
static void on_settled(void *opaque, const char *command, bool failed)
{
    snprintf(settled, sizeof(settled), "%s:%d", command, failed);
}
static const struct vr_monitor_handler handler = { on_event, on_ended, on_settled };

static struct vr_group *group;
static struct vr_monitor *mon;
static struct vr_error *open_err, *errs[4];
static char *texts[4];
static bool oks[4];

struct play {
    void (*body)(void);
};

static void play_main(void *arg)
{
    const struct play *play = arg;
    group = vr_group_new("test");
    mon = vr_monitor_open(path, group, "tiny", &handler, NULL, vr_after(VR_SEC(5)), &open_err);
    if (mon && play->body)
        play->body();
    vr_monitor_close(mon);
    vr_group_close(group);
    vr_group_free(group);
    vr_monitor_unref(mon);
    vr_loop_quit(0);
}

static void run(void (*fake)(void), void (*body)(void))
{
    VR_AUTO(vr_error) *err = NULL;
    vr_log_set_level(VR_LOG_ERROR);
    signal(SIGPIPE, SIG_IGN);
    pid_t pid = fake_start(fake);
    EXPECT(pid > 0);
    struct play play = { body };
    EXPECT_OK(vr_loop_init(&err), err);
    EXPECT_OK(vr_fiber_start(NULL, "test", play_main, &play, &err), err);
    EXPECT_EQ(vr_loop_run(), 0);
    EXPECT_EQ(vr_fiber_count(), 0);
    vr_loop_done();
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    unlink(path);
    rmdir(dir);
}

static void call(int slot, enum vr_qmp_class cls, const char *command, vr_time span)
{
    VR_AUTO(vr_json) *ret = NULL;
    oks[slot] = vr_monitor_call(mon, cls, command, NULL, &ret, vr_after(span), &errs[slot]);
    texts[slot] = ret ? vr_json_print(ret) : NULL;
}

/* ---- plays -------------------------------------------------------------------------------------------------------- */

static void answers_in_reverse(void)
{
    char a[64], b[64], event[] = "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"STOP\"}\r\n";
    fake_begin();
    int first = fake_command(a, sizeof(a)), second = fake_command(b, sizeof(b));
    char text[96];
    snprintf(text, sizeof(text), "\"%s\"", b);
    fake_reply(second, text);
    fake_send(event);
    snprintf(text, sizeof(text), "\"%s\"", a);
    fake_reply(first, text);
    pause();
}

static void call_second(void *arg)
{
    call(1, VR_QMP_QUERY, "query-b", VR_SEC(5));
}

static void two_calls(void)
{
    struct vr_group *g = vr_group_new("second");
    vr_fiber_start(g, "second", call_second, NULL, NULL);
    call(0, VR_QMP_QUERY, "query-a", VR_SEC(5));
    vr_group_join(g, vr_after(VR_SEC(5)), NULL);
    vr_group_free(g);
}

VR_TEST(replies_find_their_command_in_any_order)
{
    run(answers_in_reverse, two_calls);
    EXPECT(oks[0] && oks[1]);
    EXPECT_STR(texts[0], "\"query-a\"");
    EXPECT_STR(texts[1], "\"query-b\"");
    EXPECT_STR(events, "STOP ");
    EXPECT_EQ(ended, 0);
}

static void refuses(void)
{
    char name[64], text[160];
    fake_begin();
    int id = fake_command(name, sizeof(name));
    snprintf(text, sizeof(text), "{\"id\": %d, \"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"no such device\"}}\n", id);
    fake_send(text);
    pause();
}

static void one_call(void)
{
    call(0, VR_QMP_MODIFY, "device_del", VR_SEC(5));
}

VR_TEST(an_error_of_qemu_carries_its_words_and_class)
{
    run(refuses, one_call);
    EXPECT_FALSE(oks[0]);
    EXPECT_STR(errs[0]->message, "internal error: unable to execute QEMU command 'device_del': no such device");
    EXPECT_STR(errs[0]->str3, "DeviceNotFound");
}

static void wakes_late(void)
{
    char name[64];
    fake_begin();
    int id = fake_command(name, sizeof(name));
    usleep(400000);
    fake_reply(id, "{}");
    fake_reply(fake_command(name, sizeof(name)), "1");
    pause();
}

static void call_past_deadline(void)
{
    call(0, VR_QMP_MODIFY, "stop", VR_MS(50));
    call(1, VR_QMP_MODIFY, "cont", VR_SEC(5));  /* in doubt: refused at once */
    oks[3] = vr_monitor_in_doubt(mon);
    vr_sleep_until(vr_after(VR_MS(600)), NULL);
    call(2, VR_QMP_QUERY, "query-status", VR_SEC(5));
}

VR_TEST(a_late_modifying_command_is_in_doubt_until_its_reply_comes)
{
    run(wakes_late, call_past_deadline);
    EXPECT_EQ(errs[0]->code, VIR_ERR_OPERATION_TIMEOUT);
    EXPECT_STR_HAS(errs[0]->message, "'stop'");
    EXPECT_EQ(errs[1]->code, VIR_ERR_OPERATION_TIMEOUT);
    EXPECT_STR_HAS(errs[1]->message, "'stop'");
    EXPECT_STR_HAS(errs[1]->message, "'cont' was not sent");
    EXPECT(oks[3]);
    EXPECT_STR(settled, "stop:0");
    EXPECT_OK(oks[2], errs[2]);
    EXPECT_STR(texts[2], "1");
}

static void late_query(void)
{
    call(0, VR_QMP_QUERY, "query-block", VR_MS(50));
    call(1, VR_QMP_QUERY, "query-status", VR_SEC(5)); /* waits for the late one, then goes */
}

VR_TEST(a_late_query_only_delays_the_next_command)
{
    run(wakes_late, late_query);
    EXPECT_EQ(errs[0]->code, VIR_ERR_OPERATION_TIMEOUT);
    EXPECT_OK(oks[1], errs[1]);
    EXPECT_STR(settled, "");
}

static void says_nothing(void)
{
    pause();
}

static void opens_quickly(void *arg)
{
    group = vr_group_new("test");
    mon = vr_monitor_open(path, group, "tiny", &handler, NULL, vr_after(VR_MS(100)), &open_err);
    vr_group_close(group);
    vr_group_free(group);
    vr_loop_quit(0);
}

VR_TEST(a_silent_qemu_ends_the_open_at_its_deadline)
{
    VR_AUTO(vr_error) *err = NULL;
    pid_t pid = fake_start(says_nothing);
    EXPECT_OK(vr_loop_init(&err), err);
    EXPECT_OK(vr_fiber_start(NULL, "test", opens_quickly, NULL, &err), err);
    vr_loop_run();
    EXPECT_EQ(vr_fiber_count(), 0);
    vr_loop_done();
    kill(pid, SIGKILL);
    EXPECT(mon == NULL);
    EXPECT_EQ(open_err->code, VIR_ERR_OPERATION_TIMEOUT);
}

static void greets_wrongly(void)
{
    fake_send("{\"hello\": 1}\n");
    pause();
}

VR_TEST(a_wrong_greeting_is_refused)
{
    run(greets_wrongly, NULL);
    EXPECT_STR_HAS(open_err->message, "did not begin with a QMP greeting");
}

static void talks_garbage(void)
{
    char name[64];
    fake_begin();
    fake_command(name, sizeof(name));
    fake_send("\x01\xff{[nonsense\n");
    pause();
}

VR_TEST(garbage_ends_the_monitor_and_the_call_but_nothing_else)
{
    run(talks_garbage, one_call);
    EXPECT_FALSE(oks[0]);
    EXPECT_STR_HAS(errs[0]->message, "monitor of guest 'tiny'");
    EXPECT_EQ(ended, 1);
}

static void sends_one_endless_line(void)
{
    static char block[1 << 16];
    char name[64];
    fake_begin();
    fake_command(name, sizeof(name));
    memset(block, 'x', sizeof(block) - 1);
    for (;;)
        fake_send(block);
}

VR_TEST(an_endless_message_is_cut_off)
{
    run(sends_one_endless_line, one_call);
    EXPECT_FALSE(oks[0]);
    EXPECT_STR_HAS(errs[0]->message, "No complete monitor response found");
    EXPECT_EQ(ended, 1);
}

static void sends_wrong_ids(void)
{
    char name[64];
    fake_begin();
    int id = fake_command(name, sizeof(name));
    fake_reply(id + 1000, "{}");
    fake_send("{\"return\": {}}\n{\"return\": {}, \"id\": \"x\"}\n{\"return\": {}, \"id\": -1}\n{\"foo\": 1}\n");
    fake_reply(id, "{}");
    fake_reply(id, "{}"); /* once more */
    fake_reply(fake_command(name, sizeof(name)), "{}");
    pause();
}

static void two_in_turn(void)
{
    call(0, VR_QMP_QUERY, "query-a", VR_SEC(5));
    call(1, VR_QMP_QUERY, "query-b", VR_SEC(5));
}

VR_TEST(replies_nobody_asked_for_are_dropped)
{
    run(sends_wrong_ids, two_in_turn);
    EXPECT_OK(oks[0], errs[0]);
    EXPECT_OK(oks[1], errs[1]);
    EXPECT_EQ(ended, 0);
}

static void dies_mid_reply(void)
{
    char name[64];
    fake_begin();
    fake_command(name, sizeof(name));
    fake_send("{\"return\": {\"a\": [1, 2,");
    _exit(1);
}

VR_TEST(death_in_the_middle_of_a_reply_fails_the_call)
{
    run(dies_mid_reply, one_call);
    EXPECT_FALSE(oks[0]);
    EXPECT_EQ(errs[0]->code, VIR_ERR_OPERATION_FAILED);
    EXPECT_STR_HAS(errs[0]->message, "domain is no longer running");
    EXPECT_EQ(ended, 1);
}

static void nests_deeply(void)
{
    static char deep[200001];
    char name[64];
    fake_begin();
    fake_command(name, sizeof(name));
    memset(deep, '[', sizeof(deep) - 1);
    fake_send(deep);
    fake_send("\n");
    pause();
}

VR_TEST(deep_nesting_is_refused_not_recursed_into)
{
    run(nests_deeply, one_call);
    EXPECT_FALSE(oks[0]);
    EXPECT_EQ(ended, 1);
}

static void floods_events(void)
{
    char name[64];
    fake_begin();
    int id = fake_command(name, sizeof(name));
    for (int i = 0; i < 20000; i++)
        fake_send("{\"event\": \"RESET\", \"timestamp\": {\"seconds\": 1, \"microseconds\": 2}}\n");
    fake_reply(id, "{}");
    pause();
}

static int ticks;
static void tick(void *arg)
{
    while (!vr_cancelled()) {
        ticks++;
        if (!vr_sleep_until(vr_after(VR_MS(1)), NULL))
            return;
    }
}

static void call_beside_ticks(void)
{
    struct vr_group *g = vr_group_new("ticks");
    vr_fiber_start(g, "tick", tick, NULL, NULL);
    call(0, VR_QMP_QUERY, "query-a", VR_SEC(20));
    vr_group_close(g);
    vr_group_free(g);
}

VR_TEST(a_flood_of_events_does_not_stop_other_fibers)
{
    run(floods_events, call_beside_ticks);
    EXPECT_OK(oks[0], errs[0]);
    EXPECT(ticks > 3);
}

static void echoes_id(void)
{
    char name[64];
    fake_begin();
    fake_reply(fake_command(name, sizeof(name)), "{\"status\": \"running\"}");
    pause();
}

static void raw_call(void)
{
    texts[0] = vr_monitor_raw(mon, "{\"execute\":\"query-status\"}", vr_after(VR_SEC(5)), &errs[0]);
    texts[1] = vr_monitor_raw(mon, "query-status", vr_after(VR_SEC(5)), &errs[1]);
}

VR_TEST(a_raw_command_answers_in_the_form_of_stock)
{
    run(echoes_id, raw_call);
    EXPECT_STR(texts[0], "{\"return\":{\"status\":\"running\"},\"id\":\"libvirt-1\"}");
    EXPECT(texts[1] == NULL);
    EXPECT_STR_HAS(errs[1]->message, "cannot parse json");
}

static void never_reads(void)
{
    fake_begin();
    pause();
}

static void fill_socket(void)
{
    struct vr_json *big = vr_json_object();
    char *text = vr_alloc(1 << 20);
    memset(text, 'x', (1 << 20) - 1);
    vr_json_add_str(big, "x", text);
    free(text);
    oks[0] = vr_monitor_call(mon, VR_QMP_MODIFY, "big", big, NULL, vr_after(VR_MS(100)), &errs[0]);
}

VR_TEST(a_qemu_that_does_not_read_costs_one_timeout)
{
    run(never_reads, fill_socket);
    EXPECT_FALSE(oks[0]);
    EXPECT_EQ(errs[0]->code, VIR_ERR_OPERATION_TIMEOUT);
}

VR_TESTS("qemu_monitor", replies_find_their_command_in_any_order, an_error_of_qemu_carries_its_words_and_class,
         a_late_modifying_command_is_in_doubt_until_its_reply_comes, a_late_query_only_delays_the_next_command,
         a_silent_qemu_ends_the_open_at_its_deadline, a_wrong_greeting_is_refused,
         garbage_ends_the_monitor_and_the_call_but_nothing_else, an_endless_message_is_cut_off,
         replies_nobody_asked_for_are_dropped, death_in_the_middle_of_a_reply_fails_the_call,
         deep_nesting_is_refused_not_recursed_into, a_flood_of_events_does_not_stop_other_fibers,
         a_raw_command_answers_in_the_form_of_stock, a_qemu_that_does_not_read_costs_one_timeout)

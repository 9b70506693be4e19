/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/paths.h"
#include "base/str.h"
#include "launch.h"
#include "launch/protocol.h"
#include "loop/loop.h"

/* What a scenario found, for assertions after the loop ended. */
static struct vr_error *error;
static bool started, went;
static struct vr_exit ended;
static struct vr_buf output = VR_BUF_INIT;

static struct vr_launch_spec spec = VR_LAUNCH_SPEC_INIT;
static struct vr_launch_fd fds[8];
static char *const no_env[] = { (char *)"A=1", NULL };

static void (*body)(void);
static void run_body(void *arg)
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
    vr_loop_done();
}

/* Runs spec.program with its output into `output`. */
static void run_spec(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    fds[spec.fd_count++] = (struct vr_launch_fd){ ends[1], 1 };
    spec.fds = fds;
    spec.env = spec.env ? spec.env : no_env;
    struct vr_launch *l = vr_launch_start(&spec, vr_after(VR_SEC(20)), &error);
    close(ends[1]);
    started = l != NULL;
    if (l) {
        went = vr_launch_go(l, vr_after(VR_SEC(20)), &error);
        struct vr_watch *watch = vr_watch_new(ends[0], &error);
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        char chunk[4096];
        ssize_t n;
        while (went && (n = vr_fd_read(watch, ends[0], chunk, sizeof(chunk), vr_after(VR_SEC(20)), &error)) > 0)
            vr_buf_add(&output, chunk, (size_t)n);
        vr_watch_free(watch);
        if (went)
            vr_pidfd_wait(vr_launch_pidfd(l), &ended, vr_after(VR_SEC(20)), &error);
    }
    vr_launch_free(l);
    close(ends[0]);
}

static char *shell_argv[4] = { (char *)"sh", (char *)"-c", NULL, NULL };
static void shell(const char *script)
{
    shell_argv[2] = (char *)script;
    spec.program = "/bin/sh";
    spec.argv = shell_argv;
    in_loop(run_spec);
}

static bool need_root(const char *what)
{
    if (geteuid() == 0)
        return true;
    printf("skipped: %s needs root\n", what);
    return false;
}

VR_TEST(the_program_runs_with_its_environment_and_nothing_else)
{
    spec.directory = "/usr";
    shell("pwd; env; ls /proc/self/fd; grep -E 'SigBlk|SigIgn' /proc/self/status; exit 7");
    EXPECT_OK(went, error);
    EXPECT_EQ(ended.code, CLD_EXITED);
    EXPECT_EQ(ended.status, 7);
    EXPECT_STR_HAS(output.data, "/usr\n");
    EXPECT_STR_HAS(output.data, "A=1\n");
    EXPECT_STR_HAS(output.data, "\n0\n1\n2\n3\nSig"); /* 3 is ls reading the directory */
    EXPECT_STR_HAS(output.data, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000");
}

static pid_t paused_pid;
static char paused_comm[64];
static void start_and_drop(void)
{
    static char *argv[] = { (char *)"true", NULL };
    spec.program = "/bin/true";
    spec.argv = argv;
    struct vr_launch *l = vr_launch_start(&spec, vr_after(VR_SEC(20)), &error);
    if (!l)
        return;
    started = true;
    paused_pid = vr_launch_pid(l);
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)paused_pid);
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, paused_comm, sizeof(paused_comm) - 1);
    paused_comm[n > 0 ? n : 0] = '\0';
    vr_launch_free(l);
    vr_sleep_until(vr_after(VR_MS(300)), NULL);
}

VR_TEST(it_waits_for_go_and_a_dropped_launch_leaves_no_process)
{
    in_loop(start_and_drop);
    EXPECT_OK(started, error);
    EXPECT_STR(paused_comm, "vireo-launch\n");
    EXPECT(kill(paused_pid, 0) < 0 && errno == ESRCH);
}

static bool ended_alone;
static void forget_before_go(void)
{
    static char *argv[] = { (char *)"sleep", (char *)"100", NULL };
    spec.program = "/bin/sleep";
    spec.argv = argv;
    struct vr_launch *l = vr_launch_start(&spec, vr_after(VR_SEC(20)), &error);
    if (!l)
        return;
    int pidfd = vr_launch_take_pidfd(l);
    vr_launch_free(l); /* closes the socket, as the daemon's death does; nobody kills the process */
    ended_alone = vr_pidfd_wait(pidfd, &ended, vr_after(VR_SEC(20)), &error);
    close(pidfd);
}

VR_TEST(without_its_daemon_it_ends_and_no_guest_starts)
{
    in_loop(forget_before_go);
    EXPECT_OK(ended_alone, error);
    EXPECT(ended.code == CLD_EXITED && ended.status == EXIT_FAILURE);
}

static void too_late(void)
{
    static char *argv[] = { (char *)"true", NULL };
    spec.program = "/bin/true";
    spec.argv = argv;
    struct vr_launch *l = vr_launch_start(&spec, vr_after(VR_SEC(20)), &error);
    if (!l)
        return;
    started = true;
    kill(vr_launch_pid(l), SIGKILL);
    vr_pidfd_wait(vr_launch_pidfd(l), &ended, vr_after(VR_SEC(20)), NULL);
    went = vr_launch_go(l, vr_after(VR_SEC(20)), &error);
    vr_launch_free(l);
}

VR_TEST(a_process_that_died_before_go_is_told)
{
    in_loop(too_late);
    EXPECT(started);
    EXPECT_FALSE(went);
    EXPECT_STR_HAS(error->message, "ended before its time: Broken pipe");
}

static vr_time began, past;
static void start_stopped(void)
{
    static char *argv[] = { (char *)"true", NULL };
    spec.program = "/bin/true";
    spec.argv = argv;
    began = vr_now();
    started = vr_launch_start(&spec, vr_after(VR_MS(300)), &error) != NULL;
    past = vr_now() - began;
}

VR_TEST(a_helper_that_hangs_ends_at_the_deadline)
{
    char dir[] = "/tmp/vireo-launch-XXXXXX";
    ck_assert(mkdtemp(dir) != NULL);
    vr_autofree char *helper = vr_printf("%s/vireo-launch", dir);
    FILE *f = fopen(helper, "we");
    fprintf(f, "#!/bin/sh\nexec sleep 100\n");
    fclose(f);
    chmod(helper, 0755);
    setenv("VIREO_HELPERS", dir, 1);
    in_loop(start_stopped);
    unlink(helper);
    rmdir(dir);
    EXPECT_FALSE(started);
    EXPECT_EQ(error->code, VIR_ERR_OPERATION_TIMEOUT);
    EXPECT(past < VR_SEC(3));
}

VR_TEST(descriptors_arrive_under_the_numbers_asked_for_even_when_they_cross)
{
    int a[2], b[2];
    ck_assert(pipe2(a, O_CLOEXEC) == 0 && pipe2(b, O_CLOEXEC) == 0);
    ck_assert(write(a[1], "first\n", 6) == 6 && write(b[1], "other\n", 6) == 6);
    /* Each goes to a number that the other, or the program's own socket, has now. */
    fds[0] = (struct vr_launch_fd){ a[0], b[0] };
    fds[1] = (struct vr_launch_fd){ b[0], VR_LAUNCH_FD };
    spec.fd_count = 2;
    vr_autofree char *script = vr_printf("read x <&%d; read y <&3; echo $x $y", b[0]);
    if (b[0] > 9)
        vr_buf_str(&output, "first other\n"); /* dash takes one digit; harmless, since Check's processes have few */
    else
        shell(script);
    EXPECT_STR(output.data, "first other\n");
}

VR_TEST(more_descriptors_than_one_message_holds)
{
    static struct vr_launch_fd many[600];
    for (int i = 0; i < 599; i++)
        many[i] = (struct vr_launch_fd){ 0, 100 + i };
    int ends[2];
    ck_assert(pipe2(ends, O_CLOEXEC) == 0);
    (void)ends;
    memcpy(fds, many, sizeof(fds));
    /* run_spec adds to `fds`; this one has a list of its own. */
    spec.fds = many;
    spec.fd_count = 599;
    static char *argv[] = { (char *)"true", NULL };
    spec.program = "/bin/true";
    spec.argv = argv;
    in_loop(start_and_drop);
    EXPECT_OK(started, error);
}

VR_TEST(a_program_that_is_not_there_is_named)
{
    static char *argv[] = { (char *)"x", NULL };
    spec.program = "/nonexistent/qemu";
    spec.argv = argv;
    in_loop(run_spec);
    EXPECT(started);
    EXPECT_FALSE(went);
    EXPECT_EQ(error->code, VIR_ERR_INTERNAL_ERROR);
    EXPECT_STR_HAS(error->message, "cannot execute binary /nonexistent/qemu: No such file or directory");
    EXPECT_STR_HAS(error->message, "step 'exec'");
}

VR_TEST(a_step_that_fails_is_named)
{
    static const char *const groups[] = { "/nonexistent/group", NULL };
    spec.cgroups = groups;
    shell("true");
    EXPECT_FALSE(started);
    EXPECT_STR_HAS(error->message, "Process exited prior to exec: libvirt: QEMU Driver error : ");
    EXPECT_STR_HAS(error->message, "'/nonexistent/group': No such file or directory (step 'cgroup')");
}

VR_TEST(limits_umask_and_affinity_hold)
{
    static const unsigned cpus[] = { 0 };
    spec.limit_core = 0;
    spec.limit_nofile = 512;
    spec.set_umask = true;
    spec.umask = 027;
    spec.cpus = cpus;
    spec.cpu_count = 1;
    spec.set_oom_score_adj = true;
    spec.oom_score_adj = 500;
    shell("ulimit -c; ulimit -n; umask; grep Cpus_allowed_list /proc/self/status; cat /proc/self/oom_score_adj");
    EXPECT_OK(went, error);
    EXPECT_STR(output.data, "0\n512\n0027\nCpus_allowed_list:\t0\n500\n");
}

VR_TEST(a_bad_descriptor_number_is_refused_before_a_process_exists)
{
    fds[0] = (struct vr_launch_fd){ 0, 70000 };
    spec.fd_count = 1;
    shell("true");
    EXPECT_FALSE(started);
    EXPECT_STR_HAS(error->message, "70000");
}

VR_TEST(as_another_user_nothing_of_root_is_left)
{
    if (!need_root(__func__))
        return;
    static const gid_t groups[] = { 4321, 99 };
    spec.set_ids = true;
    spec.uid = 12345;
    spec.gid = 4321;
    spec.groups = groups;
    spec.group_count = 2;
    spec.clear_caps = true;
    spec.no_new_privs = true;
    shell("grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs)' /proc/self/status");
    EXPECT_OK(went, error);
    EXPECT_STR_HAS(output.data, "Uid:\t12345\t12345\t12345\t12345\nGid:\t4321\t4321\t4321\t4321\nGroups:\t99 4321 \n");
    EXPECT_STR_HAS(output.data, "CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n");
    EXPECT_STR_HAS(output.data, "NoNewPrivs:\t1");
}

VR_TEST(root_without_capabilities_cannot_change_owners)
{
    if (!need_root(__func__))
        return;
    spec.set_ids = true;
    spec.clear_caps = true;
    shell("exec 2>&1; touch /tmp/vireo-launch-test; chown 5 /tmp/vireo-launch-test; rm -f /tmp/vireo-launch-test");
    EXPECT_OK(went, error);
    EXPECT_STR_HAS(output.data, "not permitted");
}

VR_TEST(the_private_dev_holds_what_was_listed)
{
    if (!need_root(__func__))
        return;
    static const char *const devices[] = { "/dev/null", "/dev/ptmx", "/dev/urandom", "/dev/fd", NULL };
    static const char *const optional[] = { "/dev/vireo-none", NULL };
    spec.private_dev = true;
    spec.devices = devices;
    spec.optional_devices = optional;
    shell("cd /dev; ls -1 | tr '\\n' ' '; stat -c '%t:%T %a %F' null; readlink fd; test -c pts/ptmx && echo pts");
    EXPECT_OK(went, error);
    EXPECT_STR_HAS(output.data, "fd null ptmx pts ");
    EXPECT_STR_HAS(output.data, "urandom");
    EXPECT(!strstr(output.data, "zero"));
    EXPECT_STR_HAS(output.data, "1:3 666 character special file\n/proc/self/fd\npts\n");
    EXPECT(access("/dev/zero", F_OK) == 0); /* the host's is untouched */
}

VR_TEST(a_listed_device_that_is_missing_fails_by_name)
{
    if (!need_root(__func__))
        return;
    static const char *const devices[] = { "/dev/vireo-none", NULL };
    spec.private_dev = true;
    spec.devices = devices;
    shell("true");
    EXPECT_FALSE(started);
    EXPECT_STR_HAS(error->message, "Unable to stat /dev/vireo-none: No such file or directory");
}

static void plug_node(void)
{
    static char *argv[] = { (char *)"sleep", (char *)"100", NULL };
    spec.program = "/bin/sleep";
    spec.argv = argv;
    spec.env = no_env;
    struct vr_launch *l = vr_launch_start(&spec, vr_after(VR_SEC(20)), &error);
    if (!l || !vr_launch_go(l, vr_after(VR_SEC(20)), &error))
        return;
    started = true;
    int pidfd = vr_launch_pidfd(l);
    struct vr_ns_task make[] = {
        { VR_NS_MKNOD, "/dev/sub/disk", S_IFBLK | 0640, makedev(7, 3), 11, 12 },
        { VR_NS_CHOWN, "/dev/sub/disk", 0, 0, 13, 14 },
    };
    struct vr_ns_task half[] = {
        { VR_NS_MKNOD, "/dev/other", S_IFCHR | 0600, makedev(1, 3), 0, 0 },
        { VR_NS_CHOWN, "/dev/nothing", 0, 0, 1, 1 },
    };
    bool ok = vr_ns_run(pidfd, make, 2, vr_after(VR_SEC(20)), &error);
    struct stat st;
    vr_autofree char *node = vr_printf("/proc/%d/root/dev/sub/disk", (int)vr_launch_pid(l));
    vr_autofree char *other = vr_printf("/proc/%d/root/dev/other", (int)vr_launch_pid(l));
    if (ok && stat(node, &st) == 0)
        vr_buf_printf(&output, "%u:%u %o %u:%u\n", major(st.st_rdev), minor(st.st_rdev), st.st_mode, st.st_uid,
                      st.st_gid);
    VR_AUTO(vr_error) *expected = NULL;
    if (!vr_ns_run(pidfd, half, 2, vr_after(VR_SEC(20)), &expected))
        vr_buf_printf(&output, "%s, %s\n", vr_error_text(expected), access(other, F_OK) < 0 ? "undone" : "left");
    vr_launch_free(l);
    vr_sleep_until(vr_after(VR_MS(100)), NULL);
}

VR_TEST(a_node_is_made_in_a_running_guests_dev_and_a_failure_is_undone)
{
    if (!need_root(__func__))
        return;
    static const char *const devices[] = { "/dev/null", NULL };
    spec.private_dev = true;
    spec.devices = devices;
    in_loop(plug_node);
    EXPECT_OK(started, error);
    EXPECT_OK(!error, error);
    EXPECT_STR_HAS(output.data, "7:3 60640 13:14\n");
    EXPECT_STR_HAS(output.data, "Unable to stat /dev/nothing: No such file or directory");
    EXPECT_STR_HAS(output.data, ", undone\n");
    EXPECT(access("/dev/sub", F_OK) < 0);
}

/* ---- hostile orders ----------------------------------------------------------------------------------------- */

static char *helper_path(void)
{
    return vr_helper_path("vireo-launch");
}

/* What the program answers to raw bytes; "" when it just ends. */
static char *answer_to(const void *data, size_t len)
{
    int pair[2];
    ck_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    vr_autofree char *helper = helper_path();
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pair[1], VR_LAUNCH_FD);
        close(pair[0]);
        execl(helper, helper, (char *)NULL);
        _exit(127);
    }
    close(pair[1]);
    send(pair[0], data, len, MSG_NOSIGNAL);
    shutdown(pair[0], SHUT_WR);
    vr_autobuf struct vr_buf got = VR_BUF_INIT;
    char chunk[4096];
    ssize_t n;
    while ((n = read(pair[0], chunk, sizeof(chunk))) > 0)
        vr_buf_add(&got, chunk, (size_t)n);
    int status = 0;
    waitpid(pid, &status, 0);
    close(pair[0]);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE, "status %x", status);
    if (got.len > sizeof(struct vr_launch_header))
        vr_buf_consume(&got, sizeof(struct vr_launch_header));
    return vr_buf_take(&got);
}

static char *answer_to_json(const char *json)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    struct vr_launch_header h = { VR_LAUNCH_MAGIC, (uint32_t)strlen(json), 0 };
    vr_buf_add(&b, &h, sizeof(h));
    vr_buf_str(&b, json);
    return answer_to(b.data, b.len);
}

VR_TEST(orders_that_are_wrong_are_refused)
{
    static const struct {
        const char *json, *says;
    } cases[] = {
        { "{", "json" },
        { "{\"mode\":\"dance\"}", "'mode' is unknown" },
        { "{\"mode\":\"exec\"}", "'program' or 'argv' is missing" },
        { "{\"mode\":\"exec\",\"program\":\"sh\",\"argv\":[\"x\"]}", "'program' is not an absolute path" },
        { "{\"mode\":\"exec\",\"program\":\"/bin/sh\",\"argv\":[]}", "'argv' is missing" },
        { "{\"mode\":\"exec\",\"program\":\"/bin/sh\",\"argv\":[1]}", "'argv' is not an array of text" },
        { "{\"mode\":\"exec\",\"program\":\"/bin/sh\",\"argv\":[\"x\"],\"fds\":[5]}", "'fds' does not match" },
        { "{\"mode\":\"exec\",\"program\":\"/bin/sh\",\"argv\":[\"x\"],\"uid\":5}", "'uid' needs gid" },
        { "{\"mode\":\"exec\",\"program\":\"/bin/sh\",\"argv\":[\"x\"],\"uid\":4294967295}", "'uid' is out of range" },
        { "{\"mode\":\"exec\",\"program\":\"/bin/sh\",\"argv\":[\"x\"],\"limits\":{\"stack\":1}}",
          "'stack' is no limit" },
        { "{\"mode\":\"exec\",\"program\":\"/bin/sh\",\"argv\":[\"x\"],\"surprise\":1}", "'surprise' is unknown" },
        { "{\"mode\":\"exec\",\"program\":\"/bin/sh\",\"argv\":[\"x\"],\"dev\":{"
          "\"devices\":[\"/etc/x\"],\"optional\":[],\"keep\":[]}}",
          "not below /dev" },
        { "{\"mode\":\"exec\",\"program\":\"/bin/sh\",\"argv\":[\"x\"],\"dev\":{\"devices\":[\"/dev/../etc\"],"
          "\"optional\":[],\"keep\":[]}}",
          "not below /dev" },
        { "{\"mode\":\"enter\"}", "'tasks' is missing" },
        { "{\"mode\":\"enter\",\"tasks\":[{\"op\":\"mknod\",\"path\":\"/dev/x\",\"mode\":420,\"major\":1,\"minor\":1,"
          "\"uid\":0,\"gid\":0}]}",
          "'mode' is no device's" },
    };
    for (size_t i = 0; i < VR_COUNT(cases); i++) {
        vr_autofree char *answer = answer_to_json(cases[i].json);
        if (geteuid() != 0 && strstr(cases[i].json, "\"dev\""))
            continue;
        ck_assert_msg(strstr(answer, cases[i].says), "%s: %s", cases[i].json, answer);
    }
}

VR_TEST(a_header_that_is_none_of_ours_ends_it)
{
    struct vr_launch_header huge = { VR_LAUNCH_MAGIC, UINT32_MAX, 0 }, foreign = { 1, 2, 0 },
                            many = { VR_LAUNCH_MAGIC, 2, UINT32_MAX }, none = { VR_LAUNCH_MAGIC, 2, 1 };
    vr_autofree char *a = answer_to(&huge, sizeof(huge)), *b = answer_to(&foreign, sizeof(foreign)),
                     *c = answer_to(&many, sizeof(many)), *d = answer_to(&none, sizeof(none)), *e = answer_to("x", 1);
    EXPECT_STR(a, "");
    EXPECT_STR(b, "");
    EXPECT_STR(c, "");
    EXPECT_STR(d, "");
    EXPECT_STR(e, "");
}

VR_TESTS("launch", the_program_runs_with_its_environment_and_nothing_else,
         it_waits_for_go_and_a_dropped_launch_leaves_no_process,
         without_its_daemon_it_ends_and_no_guest_starts, a_process_that_died_before_go_is_told,
         a_helper_that_hangs_ends_at_the_deadline,
         descriptors_arrive_under_the_numbers_asked_for_even_when_they_cross, more_descriptors_than_one_message_holds,
         a_program_that_is_not_there_is_named, a_step_that_fails_is_named, limits_umask_and_affinity_hold,
         a_bad_descriptor_number_is_refused_before_a_process_exists, as_another_user_nothing_of_root_is_left,
         root_without_capabilities_cannot_change_owners, the_private_dev_holds_what_was_listed,
         a_listed_device_that_is_missing_fails_by_name, a_node_is_made_in_a_running_guests_dev_and_a_failure_is_undone,
         orders_that_are_wrong_are_refused, a_header_that_is_none_of_ours_ends_it)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#define VR_LOG_SOURCE "loop.child"
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"

#define FDS_MAX 60
/* Where descriptors for the child are kept until they get their numbers: above all of these. */
#define FD_FLOOR 128
/* How long its output is read after it ended, when something it left behind holds the pipe open. */
#define DRAIN VR_SEC(1)
/* How long a killed process may take to be gone before it is left to a fiber of its own. */
#define KILL_WAIT VR_SEC(5)

/* ---- starting, on the launch pool: exec reads the program's file, which may lie on a dead mount ---- */

struct spawn {
    char **argv, **env;
    char *dir;
    int in, out, err;         /* the child's ends; in = -1: /dev/null */
    int fds[FDS_MAX];
    size_t fd_count;
    pid_t pid;                /* result; 0: none */
    int pidfd;
    int errnum;
};

static char **copy_list(const char *const *list)
{
    size_t n = 0;
    while (list[n])
        n++;
    char **copy = vr_alloc((n + 1) * sizeof(*copy));
    for (size_t i = 0; i < n; i++)
        copy[i] = vr_strdup(list[i]);
    return copy;
}

static void free_list(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void spawn_free(void *arg)
{
    struct spawn *s = arg;
    if (s->pid > 0) { /* nobody waited for the start: undo it; this is the abandoned thread, which may block */
        kill(-s->pid, SIGKILL);
        while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close_fd(&s->pidfd);
    close_fd(&s->in);
    close_fd(&s->out);
    close_fd(&s->err);
    for (size_t i = 0; i < s->fd_count; i++)
        close_fd(&s->fds[i]);
    free_list(s->argv);
    free_list(s->env);
    free(s->dir);
    free(s);
}

static int file_actions(const struct spawn *s, posix_spawn_file_actions_t *actions)
{
    int r = s->in < 0 ? posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0)
                      : posix_spawn_file_actions_adddup2(actions, s->in, 0);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(actions, s->out, 1);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(actions, s->err, 2);
    for (size_t i = 0; r == 0 && i < s->fd_count; i++)
        r = posix_spawn_file_actions_adddup2(actions, s->fds[i], 3 + (int)i);
    if (r == 0)
        r = posix_spawn_file_actions_addclosefrom_np(actions, 3 + (int)s->fd_count);
    if (r == 0)
        r = posix_spawn_file_actions_addchdir_np(actions, s->dir);
    return r;
}

static void spawn_task(void *arg)
{
    struct spawn *s = arg;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    s->errnum = file_actions(s, &actions);
    pid_t pid = 0;
    if (s->errnum == 0)
        s->errnum = posix_spawn(&pid, s->argv[0], &actions, &attr, s->argv, s->env);
    if (s->errnum == 0) {
        s->pid = pid; /* not reaped by anyone else, so the number is still ours */
        s->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (s->pidfd < 0)
            s->errnum = errno;
    }
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
}

/* ---- our side ---- */

struct run {
    const struct vr_child *child;
    struct vr_child_result *result;
    pid_t pid;
    int pidfd;
    int in, out, err;         /* our ends */
    bool too_much;
    size_t output_max, error_max;
};

static void run_kill(const struct run *run)
{
    kill(-run->pid, SIGKILL); /* its session; the leader is not reaped yet, so the number is its */
}

VR_SUSPENDS static void feed(void *arg)
{
    struct run *run = arg;
    const char *at = run->child->input;
    size_t left = run->child->input_len;
    {
        VR_AUTO(vr_watch) *watch = vr_watch_new(run->in, NULL);
        while (watch && left) {
            ssize_t n = vr_fd_write(watch, run->in, at, left, run->child->deadline, NULL);
            if (n <= 0)
                break; /* it does not want more */
            at += n;
            left -= (size_t)n;
        }
    }
    close_fd(&run->in); /* end of file for it */
}

VR_SUSPENDS static void read_out(void *arg)
{
    struct run *run = arg;
    struct vr_buf *out = &run->result->out;
    VR_AUTO(vr_watch) *watch = vr_watch_new(run->out, NULL);
    for (;;) {
        ssize_t n = watch ? vr_fd_read(watch, run->out, vr_buf_room(out, 16384), 16384, INT64_MAX, NULL) : -1;
        if (n <= 0)
            return;
        vr_buf_added(out, (size_t)n);
        if (out->len > run->output_max) {
            run->too_much = true;
            run_kill(run);
            return;
        }
    }
}

VR_SUSPENDS static void read_err(void *arg)
{
    struct run *run = arg;
    struct vr_buf *err = &run->result->err;
    VR_AUTO(vr_watch) *watch = vr_watch_new(run->err, NULL);
    for (;;) {
        ssize_t n = watch ? vr_fd_read(watch, run->err, vr_buf_room(err, 4096), 4096, INT64_MAX, NULL) : -1;
        if (n <= 0)
            return;
        vr_buf_added(err, (size_t)n);
        if (err->len > run->error_max)
            vr_buf_consume(err, err->len - run->error_max);
    }
}

/* A process that SIGKILL does not end sits in the kernel; somebody must still take its exit status one day. */
VR_SUSPENDS static void reap_late(void *arg)
{
    int pidfd = (int)(intptr_t)arg;
    for (;;) {
        VR_AUTO(vr_error) *err = NULL;
        if (vr_pidfd_wait(pidfd, NULL, vr_after(VR_SEC(3600)), &err) || err->code != VIR_ERR_OPERATION_TIMEOUT)
            break;
    }
    close(pidfd);
}

VR_SUSPENDS static void run_end(struct run *run)
{
    run_kill(run);
    vr_shield(vr_after(KILL_WAIT)) {
        if (vr_pidfd_wait(run->pidfd, &run->result->exit, vr_after(KILL_WAIT), NULL))
            break;
        vr_autofree char *text = vr_child_text(run->child);
        vr_warn("'%s' (pid %ld) does not end after SIGKILL", text, (long)run->pid);
        if (vr_fiber_start(NULL, "late reaper", reap_late, (void *)(intptr_t)run->pidfd, NULL))
            run->pidfd = -1;
    }
}

static bool pipe_ends(int *ours, int *theirs, bool we_read, struct vr_error **err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot create pipe"));
    *ours = ends[we_read ? 0 : 1];
    int fd = ends[we_read ? 1 : 0];
    fcntl(*ours, F_SETFL, O_NONBLOCK);
    *theirs = fcntl(fd, F_DUPFD_CLOEXEC, FD_FLOOR);
    int errnum = errno;
    close(fd);
    return *theirs >= 0 || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errnum, _("cannot create pipe"));
}

static bool prepare(struct run *run, struct spawn *s, struct vr_error **err)
{
    const struct vr_child *child = run->child;
    static const char *const plain_env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                             "LANG=C", "LC_ALL=C", NULL };
    s->in = s->out = s->err = s->pidfd = -1;
    s->argv = copy_list(child->argv);
    s->env = copy_list(child->env ? child->env : plain_env);
    s->dir = vr_strdup(child->dir ? child->dir : "/");
    if (child->fd_count > FDS_MAX)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("more than %d descriptors for '%s'"), FDS_MAX, child->argv[0]);
    for (size_t i = 0; i < child->fd_count; i++) {
        s->fds[i] = fcntl(child->fds[i], F_DUPFD_CLOEXEC, FD_FLOOR);
        if (s->fds[i] < 0)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot duplicate descriptor %d"), child->fds[i]);
        s->fd_count = i + 1;
    }
    return (!child->input || pipe_ends(&run->in, &s->in, false, err)) && pipe_ends(&run->out, &s->out, true, err) &&
           pipe_ends(&run->err, &s->err, true, err);
}

VR_SUSPENDS static bool start(struct run *run, struct vr_error **err)
{
    struct spawn *s = vr_new(struct spawn);
    if (!prepare(run, s, err)) {
        spawn_free(s);
        return false;
    }
    vr_autofree char *name = vr_printf("start of %s", run->child->argv[0]);
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, name, spawn_task, s, spawn_free, run->child->deadline, err))
        return false;
    int errnum = s->errnum;
    if (errnum == 0) {
        run->pid = s->pid;
        run->pidfd = vr_take_fd(&s->pidfd);
        s->pid = 0;
    }
    spawn_free(s);
    if (errnum)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errnum, _("cannot execute binary %s"), run->child->argv[0]);
    return true;
}

/* Reports why the run did not end by itself. */
static bool run_failed(const struct run *run, struct vr_error *cause, vr_time began, struct vr_error **err)
{
    vr_autofree char *text = vr_child_text(run->child);
    if (run->too_much)
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("'%s' was killed: it wrote more than %zu bytes"), text,
                       run->output_max);
    if (cause->code == VIR_ERR_OPERATION_TIMEOUT)
        return vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, _("'%s' was killed after %.1f s"), text,
                       (double)(vr_now() - began) / 1e9);
    vr_error_prefix(&cause, _("'%s' was killed: "), text);
    struct vr_error *copy = vr_error_copy(cause);
    return vr_error_move(err, &copy);
}

VR_SUSPENDS static bool attend(struct run *run, struct vr_group *pumps, struct vr_error **err)
{
    vr_time began = vr_now();
    VR_AUTO(vr_error) *cause = NULL;
    bool ok = (run->in < 0 || vr_fiber_start(pumps, "child input", feed, run, &cause)) &&
              vr_fiber_start(pumps, "child output", read_out, run, &cause) &&
              vr_fiber_start(pumps, "child errors", read_err, run, &cause) &&
              vr_pidfd_wait(run->pidfd, &run->result->exit, run->child->deadline, &cause);
    if (!ok) {
        run_end(run);
    } else {
        /* What it wrote last is still in the pipes. Something it left behind may hold them open: then not for long. */
        VR_AUTO(vr_error) *late = NULL;
        if (!vr_group_join(pumps, vr_after(DRAIN), &late) && late->code != VIR_ERR_OPERATION_TIMEOUT)
            ok = vr_error_move(&cause, &late);
    }
    vr_group_close(pumps);
    return (ok && !run->too_much) || run_failed(run, cause, began, err);
}

VR_SUSPENDS bool vr_child_run(const struct vr_child *child, struct vr_child_result *result, struct vr_error **err)
{
    struct run run = { .child = child, .result = result, .pidfd = -1, .in = -1, .out = -1, .err = -1 };
    run.output_max = child->output_max ? child->output_max : 1024 * 1024;
    run.error_max = child->error_max ? child->error_max : 16 * 1024;
    bool ok = start(&run, err);
    if (ok) {
        struct vr_group *pumps = vr_group_new("child");
        ok = attend(&run, pumps, err);
        vr_group_free(pumps);
    }
    close_fd(&run.in);
    close_fd(&run.out);
    close_fd(&run.err);
    close_fd(&run.pidfd);
    return ok;
}

VR_SUSPENDS bool vr_child_run_ok(const struct vr_child *child, struct vr_child_result *result, struct vr_error **err)
{
    if (!vr_child_run(child, result, err))
        return false;
    const struct vr_exit *exit = &result->exit;
    if (exit->code == CLD_EXITED && exit->status == 0)
        return true;
    vr_autofree char *text = vr_child_text(child);
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Child process (%s) unexpected %s %d%s%s"), text,
                   exit->code == CLD_EXITED ? "exit status" : "fatal signal", exit->status,
                   result->err.len ? ": " : "", result->err.len ? result->err.data : "");
}

char *vr_child_text(const struct vr_child *child)
{
    struct vr_buf text = VR_BUF_INIT;
    for (size_t i = 0; child->argv[i] && text.len <= 1024; i++)
        vr_buf_printf(&text, "%s%s", i ? " " : "", child->argv[i]);
    char *joined = vr_buf_take(&text);
    if (strlen(joined) > 1024)
        strcpy(joined + 1020, "...");
    return joined;
}

void vr_child_result_done(struct vr_child_result *result)
{
    vr_buf_done(&result->out);
    vr_buf_done(&result->err);
}

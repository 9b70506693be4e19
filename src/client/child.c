/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"

#define COMPLAINT_MAX 4096

/* What programs commonly need to know; the rest of the environment is the application's. */
static const char *const usual[] = { "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LD_PRELOAD", "LD_LIBRARY_PATH",
                                     NULL };

static size_t add_variables(char **to, size_t n, const char *const *names)
{
    for (; names && *names; names++) {
        const char *value = getenv(*names);
        if (value)
            to[n++] = vr_printf("%s=%s", *names, value);
    }
    return n;
}

static int spawn(const char *const *argv, const char *const *keep, int io, int errors, pid_t *pid)
{
    char *env[64] = { vr_strdup("LC_ALL=C") };
    add_variables(env, add_variables(env, 1, usual), keep);
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, io, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, io, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int rc = posix_spawnp(pid, argv[0], &files, &attributes, (char *const *)argv, env);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    for (size_t i = 0; env[i]; i++)
        free(env[i]);
    return rc;
}

/* Not one of the three the child's own ends are put over. */
static bool above_stderr(int *fd)
{
    int high = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(*fd);
    *fd = high;
    return high >= 0;
}

bool vr_child_start(const char *const *argv, const char *const *keep, struct vr_child *out, struct vr_error **err)
{
    int io[2] = { -1, -1 }, errors[2] = { -1, -1 };
    struct vr_child child = { 0 };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, io) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", "unable to create socket pair");
    if (pipe2(errors, O_CLOEXEC) < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", "unable to create pipe");
        close(io[0]);
        close(io[1]);
        return false;
    }
    bool ok = above_stderr(&io[1]) && above_stderr(&errors[1]);
    int rc = ok ? spawn(argv, keep, io[1], errors[1], &child.pid) : errno;
    if (rc != 0) {
        child.pid = 0;
        vr_autofree char *text = vr_printf("libvirt:  error : cannot execute binary %s: %s", argv[0], strerror(rc));
        (void)!write(errors[1], text, strlen(text));
    }
    close(io[1]);
    close(errors[1]);
    child.fd = io[0];
    child.complaints = errors[0];
    *out = child;
    return true;
}

char *vr_child_complaint(int complaints, int wait_ms)
{
    struct vr_buf text = VR_BUF_INIT;
    vr_time end = vr_now() + VR_MS(wait_ms);
    while (text.len < COMPLAINT_MAX) {
        struct pollfd p = { .fd = complaints, .events = POLLIN };
        vr_time left = end - vr_now();
        int n = poll(&p, 1, left > 0 ? (int)(left / VR_MS(1)) : 0);
        if (n < 0 && errno == EINTR)
            continue;
        ssize_t got = n > 0 ? read(complaints, vr_buf_room(&text, 1024), 1024) : 0;
        if (got <= 0)
            break;
        vr_buf_added(&text, (size_t)got);
    }
    size_t len = text.len;
    while (len && (text.data[len - 1] == '\n' || text.data[len - 1] == '\r'))
        len--;
    char *copy = vr_strndup(len ? text.data : "", len);
    vr_buf_done(&text);
    return copy;
}

/* True when it is gone, reaped by us or by an application that waits for all children. */
static bool gone(pid_t pid, int pidfd, int ms)
{
    vr_time end = vr_now() + VR_MS(ms);
    for (;;) {
        pid_t got = waitpid(pid, NULL, WNOHANG);
        if (got == pid || (got < 0 && errno != EINTR))
            return true;
        vr_time left = end - vr_now();
        if (left <= 0)
            return false;
        struct pollfd p = { .fd = pidfd, .events = POLLIN };
        poll(&p, 1, pidfd >= 0 ? (int)(left / VR_MS(1)) + 1 : 10);
    }
}

void vr_child_end(struct vr_child *child)
{
    if (child->complaints >= 0)
        close(child->complaints);
    child->complaints = -1;
    if (child->pid <= 0)
        return;
    int pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
    if (!gone(child->pid, pidfd, 500)) {
        kill(child->pid, SIGTERM);
        if (!gone(child->pid, pidfd, 2000)) {
            kill(child->pid, SIGKILL);
            gone(child->pid, pidfd, 5000);
        }
    }
    if (pidfd >= 0)
        close(pidfd);
    child->pid = 0;
}

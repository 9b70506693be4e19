/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#define VR_LOG_SOURCE "daemon.process"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/str.h"

#define SOCKETS_FIRST 3
#define DESCRIPTORS 65536

/* ---- background ---- */

static _Noreturn void wait_for_child(int fd, pid_t child)
{
    char ok = 0;
    ssize_t n;
    do
        n = read(fd, &ok, 1);
    while (n < 0 && errno == EINTR);
    if (n == 1 && ok == 1)
        _exit(EXIT_SUCCESS);
    int status = 0;
    waitpid(child, &status, 0);
    /* What went wrong was told by the child. */
    _exit(WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

bool vr_go_background(int *ready_fd, struct vr_error **err)
{
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to fork as daemon"));
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to fork as daemon"));
    if (child > 0) {
        close(pipe_fds[1]);
        wait_for_child(pipe_fds[0], child);
    }
    close(pipe_fds[0]);
    setsid();
    if (chdir("/") != 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot change to root directory"));
    *ready_fd = pipe_fds[1];
    return true;
}

void vr_background_ready(int ready_fd)
{
    vr_autoclose int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; null >= 0 && fd < 3; fd++)
        dup2(null, fd);
    char ok = 1;
    ssize_t ignored = write(ready_fd, &ok, 1);
    (void)ignored;
    close(ready_fd);
}

/* ---- pid file ---- */

static bool lock_file(int fd, const char *path, struct vr_error **err)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };
    if (fcntl(fd, F_SETLK, &lock) == 0)
        return true;
    int why = errno;
    vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, why, _("Failed to acquire pid file '%s'"), vr_path_shown(path));
    lock.l_type = F_WRLCK;
    if ((why == EAGAIN || why == EACCES) && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        vr_error_suffix(err, _("; it is held by process %d"), (int)lock.l_pid);
    return false;
}

int vr_pid_file_take(const char *path, struct vr_error **err)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
    for (;;) {
        vr_autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0) {
            vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to open pid file '%s'"), vr_path_shown(path));
            return -1;
        }
        if (!lock_file(fd, path, err))
            return -1;
        /* Whoever held it may have removed it between our open and our lock. */
        struct stat ours, there;
        if (fstat(fd, &ours) == 0 && (stat(path, &there) != 0 || ours.st_ino != there.st_ino ||
                                      ours.st_dev != there.st_dev))
            continue;
        if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)n) != n) {
            vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to write to pid file '%s'"),
                          vr_path_shown(path));
            return -1;
        }
        return vr_take_fd(&fd);
    }
}

void vr_pid_file_drop(const char *path, int fd)
{
    if (fd < 0)
        return;
    unlink(path); /* while the lock is held: nobody else's is removed */
    close(fd);
}

/* ---- descriptors ---- */

void vr_raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        vr_debug("cannot raise the limit of descriptors: %s", strerror(errno));
}

/* ---- directories ---- */

bool vr_make_directories(const char *path, unsigned mode, struct vr_error **err)
{
    vr_autofree char *copy = vr_strdup(path);
    for (char *at = copy + 1;; at++) {
        if (*at != '/' && *at != 0)
            continue;
        char end = *at;
        *at = 0;
        if (mkdir(copy, (mode_t)mode) != 0 && errno != EEXIST)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("unable to create directory '%s'"),
                                 vr_path_shown(copy));
        if (!end)
            return true;
        *at = end;
    }
}

/* ---- service manager ---- */

void vr_service_notify(const char *state)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t len = name ? strlen(name) : 0;
    if (!len || (name[0] != '/' && name[0] != '@') || len >= sizeof(address.sun_path))
        return;
    memcpy(address.sun_path, name, len);
    if (name[0] == '@')
        address.sun_path[0] = 0;
    vr_autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
                         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
        vr_debug("cannot notify the service manager: %s", strerror(errno));
}

size_t vr_service_sockets(void)
{
    uint64_t pid, count;
    const char *pid_text = getenv("LISTEN_PID"), *count_text = getenv("LISTEN_FDS");
    if (!pid_text || !count_text || !vr_parse_u64(pid_text, 10, INT32_MAX, &pid) || (pid_t)pid != getpid() ||
        !vr_parse_u64(count_text, 10, 1024, &count))
        return 0;
    for (int fd = SOCKETS_FIRST; fd < SOCKETS_FIRST + (int)count; fd++) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    }
    /* Children must not take them for theirs. */
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return count;
}

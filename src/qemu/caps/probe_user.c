/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The emulator of a probe becomes QEMU's user before it runs: it is named by a document, and root must not run what a
 * document names. vireo-launch does it, as for guests; this is its other end for a worker, without a loop.
 */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/json.h"
#include "launch/protocol.h"
#include "qemu/caps/probe.h"

#define FD_COUNT 2

static struct {
    char *helper; /* NULL: emulators run as whoever we are */
    uid_t uid;
    gid_t gid;
    gid_t *groups;
    size_t group_count;
} user;

void vr_qemu_caps_probe_as(const char *helper, uid_t uid, gid_t gid, const gid_t *groups, size_t group_count)
{
    free(user.helper);
    free(user.groups);
    user.helper = vr_strdup(helper);
    user.uid = uid;
    user.gid = gid;
    user.groups = vr_alloc((group_count + 1) * sizeof(*groups));
    for (size_t i = 0; i < group_count; i++)
        user.groups[i] = groups[i];
    user.group_count = group_count;
}

bool vr_probe_has_user(void)
{
    return user.helper != NULL;
}

static char *specification(const struct vr_probe_program *what)
{
    struct vr_json *fds = vr_json_array(), *groups = vr_json_array(), *argv = vr_json_array(), *env = vr_json_array();
    VR_AUTO(vr_json) *root = vr_json_add_str(vr_json_object(), "mode", "exec");
    for (size_t i = 0; what->argv[i]; i++)
        vr_json_append(argv, vr_json_str(what->argv[i]));
    for (size_t i = 0; what->env[i]; i++)
        vr_json_append(env, vr_json_str(what->env[i]));
    vr_json_append(vr_json_append(fds, vr_json_int(2)), vr_json_int(3));
    for (size_t i = 0; i < user.group_count; i++)
        vr_json_append(groups, vr_json_uint(user.groups[i]));
    vr_json_add_str(root, "program", what->argv[0]);
    vr_json_add(root, "argv", argv);
    vr_json_add(root, "env", env);
    vr_json_add(root, "fds", fds);
    vr_json_add_uint(root, "uid", user.uid);
    vr_json_add_uint(root, "gid", user.gid);
    vr_json_add(root, "groups", groups);
    vr_json_add_bool(root, "clear_caps", user.uid != 0); /* as for guests */
    vr_json_add_bool(root, "no_new_privs", true);
    return vr_json_print(root);
}

/* The header, one byte with the two descriptors, the text: some hundred bytes, which a new socket takes without waiting. */
static bool send_specification(int fd, const char *text, const struct vr_probe_program *what)
{
    struct vr_launch_header header = { VR_LAUNCH_MAGIC, (uint32_t)strlen(text), FD_COUNT };
    char byte = 'f';
    union {
        char bytes[CMSG_SPACE(FD_COUNT * sizeof(int))];
        struct cmsghdr align;
    } control = { { 0 } };
    struct iovec iov = { &byte, 1 };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(FD_COUNT * sizeof(int));
    memcpy(CMSG_DATA(c), (int[FD_COUNT]){ what->log_fd, what->qmp_fd }, FD_COUNT * sizeof(int));
    return send(fd, &header, sizeof(header), MSG_NOSIGNAL) == (ssize_t)sizeof(header) &&
           sendmsg(fd, &m, MSG_NOSIGNAL) == 1 && send(fd, text, header.length, MSG_NOSIGNAL) == (ssize_t)header.length;
}

/* How much came before the end; -1 at the deadline or when the far end is gone with what was sent to it unread. */
static ssize_t read_exactly(int fd, void *data, size_t len, vr_time deadline)
{
    size_t got = 0;
    while (got < len) {
        vr_time left = deadline - vr_now();
        struct pollfd p = { fd, POLLIN, 0 };
        if (left <= 0)
            return -1;
        if (poll(&p, 1, left > VR_SEC(1) ? 1000 : (int)(left / VR_MS(1)) + 1) <= 0)
            continue;
        ssize_t n = recv(fd, (char *)data + got, len - got, MSG_DONTWAIT);
        if (n == 0)
            break;
        if (n > 0)
            got += (size_t)n;
        else if (errno != EAGAIN && errno != EINTR)
            return -1;
    }
    return (ssize_t)got;
}

/* One answer: 1 ready, 0 the socket was closed, -1 failed. */
static int answer(int fd, const char *path, vr_time deadline, struct vr_error **err)
{
    struct vr_launch_header header;
    ssize_t n = read_exactly(fd, &header, sizeof(header), deadline);
    if (n == 0)
        return 0;
    vr_autofree char *text = NULL;
    if (n == (ssize_t)sizeof(header) && header.magic == VR_LAUNCH_MAGIC && header.length <= VR_LAUNCH_MAX_ANSWER) {
        text = vr_alloc(header.length + 1);
        if (read_exactly(fd, text, header.length, deadline) != (ssize_t)header.length)
            text[0] = '\0';
    }
    VR_AUTO(vr_json) *body = text && *text ? vr_json_parse(text, strlen(text), NULL) : NULL;
    bool ready = false;
    if (vr_json_get_bool(body, "ready", &ready) && ready)
        return 1;
    int64_t errnum = 0;
    vr_json_get_int(body, "errno", &errnum);
    const char *why = vr_json_get_str(body, "text");
    vr_fail_errno(err, VIR_ERR_INTERNAL_ERROR, errnum > 0 && errnum < 4096 ? (int)errnum : -1,
                  _("Failed to start QEMU binary %s for probing: %s"), path, why ? why : "vireo-launch did not answer");
    return -1;
}

static bool converse(int fd, const struct vr_probe_program *what, vr_time deadline, struct vr_error **err)
{
    const char *path = what->argv[0], go = VR_LAUNCH_GO;
    vr_autofree char *text = specification(what);
    if (!send_specification(fd, text, what))
        return vr_fail_errno(err, VIR_ERR_INTERNAL_ERROR, errno, _("Failed to start QEMU binary %s for probing"), path);
    int got = answer(fd, path, deadline, err);
    if (got == 1 && send(fd, &go, 1, MSG_NOSIGNAL) == 1)
        got = answer(fd, path, deadline, err) == 0 ? 2 : -1; /* closed by exec */
    if (got == 0 || got == 1)
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Failed to start QEMU binary %s for probing: vireo-launch ended"), path);
    return got == 2;
}

bool vr_probe_start_as_user(const struct vr_probe_program *what, pid_t *pid, vr_time deadline, struct vr_error **err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", _("cannot make a socket pair"));
    vr_autoclose int ours = pair[0];
    char *argv[] = { user.helper, NULL }, *env[] = { (char *)"LC_ALL=C", NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, 0, 2);
    posix_spawn_file_actions_adddup2(&actions, pair[1], VR_LAUNCH_FD);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    int rc = posix_spawn(pid, user.helper, &actions, &attr, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    close(pair[1]);
    if (rc != 0) {
        *pid = -1;
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, rc, _("cannot execute binary %s"), user.helper);
    }
    return converse(ours, what, deadline, err);
}

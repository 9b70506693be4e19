/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vireo-launch: becomes a guest's process. The daemon never forks itself; it starts this small program, tells it over a
 * socket what to become, and hears about each thing that went wrong (protocol.h). Not for people: it has no options.
 */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "protocol.h"
#include "steps.h"

static bool read_all(int fd, void *data, size_t len)
{
    char *at = data;
    while (len) {
        ssize_t n = read(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static void answer(int channel, struct vr_json *body)
{
    vr_autofree char *text = vr_json_print(body);
    struct vr_launch_header header = { VR_LAUNCH_MAGIC, (uint32_t)strlen(text), 0 };
    vr_autofree char *message = vr_alloc(sizeof(header) + header.length);
    memcpy(message, &header, sizeof(header));
    memcpy(message + sizeof(header), text, header.length);
    /* The daemon may be gone: then nobody listens, and SIGPIPE must not hide the exit status. */
    (void)!send(channel, message, sizeof(header) + header.length, MSG_NOSIGNAL);
}

static int fail(int channel, const struct launch_failure *f)
{
    VR_AUTO(vr_json) *body = vr_json_object();
    vr_json_add_str(body, "step", f->step);
    vr_json_add_int(body, "errno", f->errnum);
    vr_json_add_str(body, "text", f->text);
    answer(channel, body);
    return EXIT_FAILURE;
}

/* One batch: a byte of data that carries the descriptors. */
static bool receive_batch(int channel, int *fds, size_t count)
{
    char byte;
    struct iovec iov = { &byte, 1 };
    union {
        char bytes[CMSG_SPACE(VR_LAUNCH_FD_BATCH * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
    if (recvmsg(channel, &m, MSG_CMSG_CLOEXEC) != 1 || (m.msg_flags & MSG_CTRUNC))
        return false;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(count * sizeof(int)))
        return false;
    memcpy(fds, CMSG_DATA(c), count * sizeof(int));
    return true;
}

/* The whole order of the daemon; false: it is gone, or is none of ours. */
static bool receive(int channel, char **text, size_t *len, int **fds, size_t *fd_count)
{
    struct vr_launch_header header;
    if (!read_all(channel, &header, sizeof(header)) || header.magic != VR_LAUNCH_MAGIC ||
        header.length > VR_LAUNCH_MAX_SPEC || header.fd_count > VR_LAUNCH_MAX_FDS)
        return false;
    *fds = vr_alloc((header.fd_count + 1) * sizeof(int));
    for (size_t have = 0; have < header.fd_count; have += VR_LAUNCH_FD_BATCH) {
        size_t count = header.fd_count - have;
        if (!receive_batch(channel, *fds + have, count < VR_LAUNCH_FD_BATCH ? count : VR_LAUNCH_FD_BATCH))
            return false;
    }
    *text = vr_alloc(header.length + 1);
    *len = header.length;
    *fd_count = header.fd_count;
    return read_all(channel, *text, header.length);
}

static int become(int channel, const struct launch_spec *spec, int *fds)
{
    struct launch_failure f = { 0 };
    if (!launch_prepare(spec, fds, &channel, &f))
        return fail(channel, &f);
    VR_AUTO(vr_json) *ready = vr_json_add_bool(vr_json_object(), "ready", true);
    answer(channel, ready);
    char go;
    if (!read_all(channel, &go, 1) || go != VR_LAUNCH_GO)
        return EXIT_FAILURE;
    execve(spec->program, spec->argv, spec->env);
    launch_failed(&f, "exec", errno, "cannot execute binary %s", spec->program);
    return fail(channel, &f);
}

int main(int argc, char **argv)
{
    int channel = VR_LAUNCH_FD;
    vr_autofree int *fds = NULL;
    int type;
    socklen_t size = sizeof(type);
    if (argc > 1 || getsockopt(channel, SOL_SOCKET, SO_TYPE, &type, &size) < 0) {
        fprintf(stderr, "%s is started by libvirtd, with a socket as descriptor %d\n", argv[0], VR_LAUNCH_FD);
        return EXIT_FAILURE;
    }
    fcntl(channel, F_SETFD, FD_CLOEXEC);
    vr_autofree char *text = NULL;
    size_t len = 0, fd_count = 0;
    if (!receive(channel, &text, &len, &fds, &fd_count))
        return EXIT_FAILURE;

    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct launch_spec spec;
    struct launch_failure f = { 0 };
    if (!launch_spec_parse(text, len, fd_count, arena, &spec, &err)) {
        launch_failed(&f, "specification", EINVAL, "%s", vr_error_text(err));
        return fail(channel, &f);
    }
    if (!spec.enter)
        return become(channel, &spec, fds);
    if (!launch_enter(&spec, fd_count ? fds[0] : -1, &f))
        return fail(channel, &f);
    VR_AUTO(vr_json) *ready = vr_json_add_bool(vr_json_object(), "ready", true);
    answer(channel, ready);
    return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_LIBSSH
#include "libssh.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/paths.h"
#include "libssh_internal.h"
#include "wire/late.h"

#define BACKLOG (1024u * 1024) /* bytes held for a side that does not read */

struct vr_libssh vr_libssh;

static bool load(struct vr_error **err)
{
    static const char *const names[] = {
#define NAME(name) "ssh_" #name,
        VR_LIBSSH_FUNCTIONS(NAME)
#undef NAME
    };
    static atomic_bool loaded;
    return vr_late_load("libssh.so.4", names, VR_COUNT(names), &vr_libssh, &loaded, err);
}

/* ---- carrying bytes ---------------------------------------------------------------------------------------------- */

struct pump {
    ssh_session session;
    ssh_channel channel;
    int fd, complaints; /* the library's side: a socket and the writing end of a pipe */
    struct vr_buf in, out; /* from the channel, to the channel */
    bool local_end, eof_sent;
};

static void complain(struct pump *p, const char *text)
{
    (void)!write(p->complaints, text, strlen(text));
}

/* False when the channel cannot go on. */
static bool from_channel(struct pump *p)
{
    char data[4096];
    int n = 1;
    while (p->in.len < BACKLOG && (n = vr_libssh.channel_read_nonblocking(p->channel, data, sizeof(data), 0)) > 0)
        vr_buf_add(&p->in, data, (size_t)n);
    int e;
    while ((e = vr_libssh.channel_read_nonblocking(p->channel, data, sizeof(data), 1)) > 0)
        (void)!write(p->complaints, data, (size_t)e); /* the pipe does not block; what does not fit is lost */
    return n != SSH_ERROR;
}

static bool to_channel(struct pump *p)
{
    while (p->out.len) {
        uint32_t window = vr_libssh.channel_window_size(p->channel);
        if (!window)
            return true;
        uint32_t len = p->out.len < window ? (uint32_t)p->out.len : window;
        int n = vr_libssh.channel_write(p->channel, p->out.data, len);
        if (n == SSH_AGAIN || n == 0)
            return true;
        if (n < 0)
            return false;
        vr_buf_consume(&p->out, (size_t)n);
    }
    if (p->local_end && !p->eof_sent) {
        vr_libssh.channel_send_eof(p->channel);
        p->eof_sent = true;
    }
    return true;
}

static bool local(struct pump *p, short events)
{
    if (events & (POLLIN | POLLHUP | POLLERR) && !p->local_end && p->out.len < BACKLOG) {
        char data[4096];
        ssize_t n = recv(p->fd, data, sizeof(data), MSG_DONTWAIT);
        if (n > 0)
            vr_buf_add(&p->out, data, (size_t)n);
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            p->local_end = true;
    }
    while (p->in.len) {
        ssize_t n = send(p->fd, p->in.data, p->in.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        vr_buf_consume(&p->in, (size_t)n);
    }
    return true;
}

static void *pump(void *opaque)
{
    struct pump *p = opaque;
    bool ok = true;
    while (ok) {
        ok = from_channel(p) && to_channel(p);
        bool over = vr_libssh.channel_is_eof(p->channel) || vr_libssh.channel_is_closed(p->channel);
        ok = ok && local(p, 0) && !(over && !p->in.len) && !(p->local_end && p->eof_sent);
        if (!ok)
            break;
        struct pollfd fds[2] = {
            { .fd = p->fd, .events = (short)((p->out.len < BACKLOG ? POLLIN : 0) | (p->in.len ? POLLOUT : 0)) },
            { .fd = vr_libssh.get_fd(p->session), .events = p->in.len < BACKLOG ? POLLIN : 0 },
        };
        if (vr_libssh.get_poll_flags(p->session) & SSH_WRITE_PENDING || p->out.len)
            fds[1].events |= POLLOUT;
        if (p->out.len && !vr_libssh.channel_window_size(p->channel))
            fds[1].events = POLLIN;
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
        if (fds[1].revents & POLLOUT)
            vr_libssh.blocking_flush(p->session, 0);
        ok = local(p, fds[0].revents);
    }
    int status = vr_libssh.channel_get_exit_status(p->channel);
    if (status > 0) {
        vr_autofree char *text = vr_printf("Remote program terminated with non-zero code: %d", status);
        complain(p, text);
    }
    vr_libssh.channel_close(p->channel);
    vr_libssh.channel_free(p->channel);
    vr_libssh.disconnect(p->session);
    vr_libssh.free(p->session);
    close(p->fd);
    close(p->complaints);
    vr_buf_done(&p->in);
    vr_buf_done(&p->out);
    free(p);
    return NULL;
}

static bool start_pump(struct pump *from, struct vr_error **err)
{
    struct pump *p = vr_memdup(from, sizeof(*from));
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the application's */
    int rc = pthread_create(&thread, &attributes, pump, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (rc == 0)
        return true;
    free(p);
    return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, rc, "%s", "cannot start a thread");
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

static bool open_channel(struct pump *p, const char *command, struct vr_error **err)
{
    p->channel = vr_libssh.channel_new(p->session);
    if (!p->channel)
        return vr_fail(err, VIR_ERR_LIBSSH, "failed to create libssh channel: %s", vr_libssh.get_error(p->session));
    if (vr_libssh.channel_open_session(p->channel) != SSH_OK)
        return vr_fail(err, VIR_ERR_LIBSSH, "failed to open ssh channel: %s", vr_libssh.get_error(p->session));
    if (vr_libssh.channel_request_exec(p->channel, command) != SSH_OK)
        return vr_fail(err, VIR_ERR_LIBSSH, "failed to execute command '%s': %s", command,
                       vr_libssh.get_error(p->session));
    return true;
}

static bool set_options(ssh_session s, const struct vr_libssh_who *who, const char *known_hosts, struct vr_error **err)
{
    unsigned port = (unsigned)who->port;
    if (vr_libssh.options_set(s, SSH_OPTIONS_HOST, who->host) == 0 &&
        vr_libssh.options_set(s, SSH_OPTIONS_PORT, &port) == 0 &&
        (!who->user || vr_libssh.options_set(s, SSH_OPTIONS_USER, who->user) == 0) &&
        vr_libssh.options_set(s, SSH_OPTIONS_KNOWNHOSTS, known_hosts) == 0)
        return true;
    return vr_fail(err, VIR_ERR_LIBSSH, "%s", vr_libssh.get_error(s));
}

static const char *known_hosts_file(struct vr_arena *arena, const struct vr_remote_params *p)
{
    if (p->known_hosts)
        return p->known_hosts;
    struct vr_dirs dirs;
    vr_dirs_init(&dirs, true);
    const char *path = vr_arena_printf(arena, "%s/known_hosts", dirs.config);
    vr_dirs_done(&dirs);
    return path;
}

static bool establish(struct vr_arena *arena, struct pump *p, int sock, const struct vr_libssh_who *who, const char *command,
                      struct vr_error **err)
{
    p->session = vr_libssh.new();
    if (!p->session || vr_libssh.options_set(p->session, SSH_OPTIONS_FD, &sock) != 0) {
        close(sock);
        return vr_fail(err, VIR_ERR_LIBSSH, "%s", "Failed to initialize libssh session");
    }
    if (!set_options(p->session, who, known_hosts_file(arena, who->p), err))
        return false;
    if (vr_libssh.connect(p->session) != SSH_OK)
        return vr_fail(err, VIR_ERR_LIBSSH, "SSH session handshake failed: %s", vr_libssh.get_error(p->session));
    return vr_libssh_check_host(p->session, who, err) && vr_libssh_login(arena, p->session, who, err) &&
           open_channel(p, command, err);
}

bool vr_libssh_connect(struct vr_arena *arena, const struct vr_remote_params *params, const struct vr_uri *uri,
                       int sock, virConnectAuthPtr auth, const char *command, struct vr_child *out, struct vr_error **err)
{
    struct vr_libssh_who who = { .p = params, .host = uri->host ? uri->host : "localhost", .user = uri->user,
                                 .port = uri->port ? uri->port : 22, .auth = auth };
    struct pump p = { .fd = -1, .complaints = -1 };
    int io[2], errors[2];
    if (!load(err)) {
        close(sock);
        return false;
    }
    if (!establish(arena, &p, sock, &who, command, err)) {
        if (p.channel)
            vr_libssh.channel_free(p.channel);
        if (p.session) {
            vr_libssh.disconnect(p.session);
            vr_libssh.free(p.session);
        }
        return false;
    }
    vr_libssh.set_blocking(p.session, 0);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, io) == 0) {
        if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) == 0) {
            p.fd = io[1];
            p.complaints = errors[1];
            if (start_pump(&p, err)) {
                *out = (struct vr_child){ .fd = io[0], .complaints = errors[0] };
                return true;
            }
            close(errors[0]);
            close(errors[1]);
        }
        close(io[0]);
        close(io[1]);
    }
    vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", "unable to create socket pair");
    vr_libssh.channel_free(p.channel);
    vr_libssh.disconnect(p.session);
    vr_libssh.free(p.session);
    return false;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * console: a guest's serial line on this terminal. What the guest sends comes on the thread of events; the main thread
 * reads keys and hands them on, and waits, without reading more, while the guest takes none.
 */
#include "domain_console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "base/alloc.h"

struct console {
    struct vr_cmd *cmd;
    virStreamPtr stream;
    int wake[2];          /* a byte: the stream ended, or takes data again */
    pthread_mutex_t lock;
    bool ended, failed;   /* guarded */
    char keys[1024];      /* main thread only: not sent yet */
    size_t used;
};

static void wake(struct console *c)
{
    ssize_t n = write(c->wake[1], "x", 1); /* full: the other side wakes anyway */
    (void)n;
}

static void end(struct console *c, bool failed)
{
    pthread_mutex_lock(&c->lock);
    c->ended = true;
    c->failed |= failed;
    pthread_mutex_unlock(&c->lock);
    wake(c);
}

static bool ended(struct console *c)
{
    pthread_mutex_lock(&c->lock);
    bool is = c->ended;
    pthread_mutex_unlock(&c->lock);
    return is;
}

/* On the thread of events. */
static void on_stream(virStreamPtr stream, int events, void *opaque)
{
    struct console *c = opaque;
    char data[4096];
    if (ended(c))
        return;
    if (events & VIR_STREAM_EVENT_READABLE) {
        int n = virStreamRecv(stream, data, sizeof(data));
        if (n == -2)
            return;
        if (n <= 0) {
            end(c, n < 0);
            return;
        }
        if (!vr_write_all(STDOUT_FILENO, data, (size_t)n)) {
            vr_complain(c->cmd, "%s", _("cannot write to stdout"));
            end(c, true);
            return;
        }
    }
    if (events & VIR_STREAM_EVENT_WRITABLE) {
        virStreamEventUpdateCallback(stream, VIR_STREAM_EVENT_READABLE);
        wake(c);
    }
    if (events & (VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP) && !(events & VIR_STREAM_EVENT_READABLE))
        end(c, false);
}

/* Sends what was typed. False: the console ended. */
static bool send_keys(struct console *c)
{
    size_t done = 0;
    while (done < c->used) {
        int n = virStreamSend(c->stream, c->keys + done, c->used - done);
        if (n == -2) {
            virStreamEventUpdateCallback(c->stream, VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_WRITABLE);
            break;
        }
        if (n < 0) {
            end(c, true);
            return false;
        }
        done += (size_t)n;
    }
    memmove(c->keys, c->keys + done, c->used - done);
    c->used -= done;
    return true;
}

/* Reads keys; false when the escape character was among them, or input ended. */
static bool read_keys(struct console *c)
{
    ssize_t n = read(STDIN_FILENO, c->keys, sizeof(c->keys));
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n < 0)
        vr_complain(c->cmd, "%s", _("cannot read from stdin"));
    if (n <= 0)
        return false;
    const char *escape = memchr(c->keys, c->cmd->sh->escape, (size_t)n);
    c->used = escape ? (size_t)(escape - c->keys) : (size_t)n;
    return send_keys(c) && !escape;
}

static void exchange(struct console *c)
{
    while (!ended(c)) {
        struct pollfd fds[2] = { { .fd = c->wake[0], .events = POLLIN }, { .fd = c->used ? -1 : STDIN_FILENO, .events = POLLIN } };
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return;
        char byte[64];
        if (fds[0].revents && read(c->wake[0], byte, sizeof(byte)) > 0 && c->used && !ended(c) && !send_keys(c))
            return;
        if (fds[1].revents && !ended(c) && !read_keys(c))
            return;
    }
}

static bool on_terminal(struct console *c, virDomainPtr dom, const char *device, unsigned flags)
{
    struct termios before;
    if (!vr_tty_raw(c->cmd->sh, &before))
        return false;
    bool ok = virDomainOpenConsole(dom, device, c->stream, flags) == 0 &&
        virStreamEventAddCallback(c->stream, VIR_STREAM_EVENT_READABLE, on_stream, c, NULL) == 0;
    if (ok) {
        exchange(c);
        virStreamEventRemoveCallback(c->stream);
        ok = !c->failed && (c->ended ? virStreamFinish(c->stream) : virStreamAbort(c->stream)) == 0;
    }
    vr_tty_restore(&before);
    return ok;
}

bool vr_console_run(struct vr_cmd *cmd, virDomainPtr dom, const char *device, unsigned flags)
{
    int state, reason;
    if (virDomainGetState(dom, &state, &reason, 0) < 0)
        return vr_complain(cmd, "%s", _("Unable to get domain status"));
    if (state == VIR_DOMAIN_SHUTOFF)
        return vr_complain(cmd, "%s", _("The domain is not running"));
    if (!isatty(STDIN_FILENO))
        return vr_complain(cmd, "%s", _("Cannot run interactive console without a controlling TTY"));
    vr_print_extra(cmd, _("Connected to domain '%s'\n"), virDomainGetName(dom));
    int escape = (unsigned char)cmd->sh->escape;
    if (escape < 32)
        vr_print_extra(cmd, _("Escape character is ^%c (Ctrl + %c)\n"), escape | 0x40, escape | 0x40);
    else
        vr_print_extra(cmd, _("Escape character is %c\n"), escape);
    fflush(stdout);
    struct console c = { .cmd = cmd, .lock = PTHREAD_MUTEX_INITIALIZER };
    if (pipe2(c.wake, O_CLOEXEC | O_NONBLOCK) < 0)
        return vr_complain(cmd, "%s: %s", _("cannot initialize console condition"), strerror(errno));
    vr_events_now();
    vr_auto(stream) virStreamPtr stream = c.stream = virStreamNew(vr_conn(cmd), VIR_STREAM_NONBLOCK);
    bool ok = stream && on_terminal(&c, dom, device, flags);
    close(c.wake[0]);
    close(c.wake[1]);
    return ok;
}

static bool console_run(struct vr_cmd *cmd)
{
    const char *device;
    unsigned flags = 0;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "devname", &device))
        return false;
    flags |= vr_opt_bool(cmd, "force") ? VIR_DOMAIN_CONSOLE_FORCE : 0;
    flags |= vr_opt_bool(cmd, "safe") ? VIR_DOMAIN_CONSOLE_SAFE : 0;
    return vr_console_run(cmd, dom, device, flags);
}
static const struct vr_opt console_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "devname", VR_OPT_STRING, .help = N_("alias of a console, serial or parallel device") },
    { "force", VR_OPT_BOOL, .help = N_("even if somebody else has it") },
    { "safe", VR_OPT_BOOL, .help = N_("only when the console can be had for oneself") },
    { 0 },
};
const struct vr_command vr_cmd_console = {
    "console", console_opts, console_run, 0, N_("talk to a guest's console"),
    N_("Connects this terminal to a guest's console until the escape character is typed."), NULL,
};

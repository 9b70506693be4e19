/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * virt-ssh-helper [-r] URI: what the client library runs at the other end of a secure shell. It finds the local socket the
 * URI means, as the library would, starting a session's daemon when needed, and carries bytes between it and its
 * standard input and output.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "api/public.h"
#include "base/buf.h"
#include "transport.h"

#define CHUNK 65536
#define BACKLOG (1024u * 1024) /* bytes held for a side that does not take them */

static const char *self = "virt-ssh-helper";

/* One direction. */
struct way {
    int from, to;
    bool is_socket_to; /* the end of input is told by shutting down */
    bool ended, closed;
    struct vr_buf waiting;
};

static bool take(struct way *w)
{
    ssize_t n = read(w->from, vr_buf_room(&w->waiting, CHUNK), CHUNK);
    if (n > 0)
        vr_buf_added(&w->waiting, (size_t)n);
    else if (n == 0)
        w->ended = true;
    else if (errno != EAGAIN && errno != EINTR)
        return false;
    return true;
}

/* Never blocks: a side that does not read must not stop the other. */
static bool give(struct way *w, bool may_write)
{
    if (w->waiting.len && may_write) {
        ssize_t n = send(w->to, w->waiting.data, w->waiting.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == ENOTSOCK) /* a pipe that is writable takes this much at once */
            n = write(w->to, w->waiting.data, w->waiting.len < PIPE_BUF ? w->waiting.len : PIPE_BUF);
        if (n > 0)
            vr_buf_consume(&w->waiting, (size_t)n);
        else if (n < 0 && errno != EAGAIN && errno != EINTR)
            return false;
    }
    if (w->ended && !w->waiting.len && !w->closed) {
        w->closed = true;
        if (w->is_socket_to)
            shutdown(w->to, SHUT_WR);
    }
    return true;
}

/* Ends when the daemon has closed its side and everything of it was handed on. */
static bool carry(int sock)
{
    struct way up = { .from = STDIN_FILENO, .to = sock, .is_socket_to = true };
    struct way down = { .from = sock, .to = STDOUT_FILENO };
    while (!down.closed) {
        struct pollfd fds[4] = {
            { .fd = up.ended || up.waiting.len > BACKLOG ? -1 : up.from, .events = POLLIN },
            { .fd = up.waiting.len ? up.to : -1, .events = POLLOUT },
            { .fd = down.ended || down.waiting.len > BACKLOG ? -1 : down.from, .events = POLLIN },
            { .fd = down.to, .events = (short)(down.waiting.len ? POLLOUT : 0) }, /* also tells that nobody reads */
        };
        if (poll(fds, 4, -1) < 0 && errno != EINTR)
            return false;
        if (fds[3].revents & (POLLERR | POLLNVAL))
            return true; /* the other end of the shell is gone */
        if ((fds[0].revents && !take(&up)) || (fds[2].revents && !take(&down)))
            return false;
        if (!give(&up, fds[1].revents & POLLOUT) || !give(&down, fds[3].revents & POLLOUT))
            return false;
    }
    return true;
}

static int usage(FILE *to, int code)
{
    fprintf(to, "Usage:\n  %s [-r|--readonly] URI\n\nCarries a connection between standard input and output and the local "
            "socket of the daemon that URI means.\nRun by the client library at the other end of a secure shell.\n\n"
            "  -r, --readonly  use the socket for readers\n  -V, --version   show the version\n"
            "  -h, --help      show this\n", self);
    return code;
}

static int connect_to(const char *text, bool readonly)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    VR_AUTO(vr_error) *err = NULL;
    struct vr_uri uri;
    struct vr_remote_params p;
    struct vr_transport how;
    bool given = *text != '\0';
    if ((given && !vr_uri_parse(arena, text, &uri, &err)) || !vr_remote_params(given ? &uri : NULL, &p, &err)) {
        fprintf(stderr, "%s: cannot parse URI transport '%s': %s\n", self, text, vr_error_text(err));
        return -1;
    }
    if (p.transport != VR_TRANSPORT_UNIX) {
        fprintf(stderr, "%s: unexpected URI transport '%s'\n", self, text);
        return -1;
    }
    if (!vr_transport_connect(arena, given ? &uri : NULL, &p, NULL, readonly ? VIR_CONNECT_RO : 0, &how, &err)) {
        fprintf(stderr, "%s: cannot connect to '%s': %s\n", self, text, vr_error_text(err));
        return -1;
    }
    return how.fd;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "readonly", no_argument, NULL, 'r' }, { "version", no_argument, NULL, 'V' },
        { "help", no_argument, NULL, 'h' }, { 0 },
    };
    bool readonly = false;
    int option;
    while ((option = getopt_long(argc, argv, "rVh", options, NULL)) != -1) {
        if (option == 'r') {
            readonly = true;
        } else if (option == 'V') {
            printf("%s (libvirt) %d.%d.%d\n", self, LIBVIR_VERSION_NUMBER / 1000000, LIBVIR_VERSION_NUMBER / 1000 % 1000,
                   LIBVIR_VERSION_NUMBER % 1000);
            return EXIT_SUCCESS;
        } else {
            return usage(option == 'h' ? stdout : stderr, option == 'h' ? EXIT_SUCCESS : EXIT_FAILURE);
        }
    }
    if (optind + 1 != argc)
        return usage(stderr, EXIT_FAILURE);
    signal(SIGPIPE, SIG_IGN);
    int sock = connect_to(argv[optind], readonly);
    if (sock < 0)
        return EXIT_FAILURE;
    if (!carry(sock)) {
        fprintf(stderr, "%s: could not proxy traffic: %s\n", self, strerror(errno));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

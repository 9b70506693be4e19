/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#define VR_LOG_SOURCE "daemon.listener"
/* Listening sockets: made, or given by the system's manager; one accepting fiber each. */
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/paths.h"
#include "client.h"

#define ACCEPTS_PER_TURN 64 /* then others get their turn */

struct vr_listener {
    struct vr_listener *next;
    struct vr_server *server;
    struct vr_service service;
    int fd;
    bool is_tcp;
    struct vr_watch *watch;
    char *path;             /* made here, to be removed; NULL: not ours */
    dev_t dev;
    ino_t ino;
    bool accepting;         /* the fiber exists */
    struct vr_cond ended;
};

static void free_listener(struct vr_listener *l)
{
    vr_watch_free(l->watch);
    if (l->fd >= 0)
        close(l->fd);
    free(l->path);
    free(l);
}

static void add(struct vr_server *server, int fd, const struct vr_service *service, bool is_tcp, const char *path)
{
    struct vr_listener *l = vr_new(struct vr_listener);
    struct stat st;
    *l = (struct vr_listener){ .next = server->listeners, .server = server, .service = *service, .fd = fd,
                               .is_tcp = is_tcp, .path = vr_strdup(path) };
    if (path && stat(path, &st) == 0) {
        l->dev = st.st_dev;
        l->ino = st.st_ino;
    }
    server->listeners = l;
}

static int backlog(const struct vr_server *server)
{
    return server->limits.max_queued > INT_MAX ? INT_MAX : (int)server->limits.max_queued;
}

/* ---- UNIX ---- */

/* Does anybody answer on this path? A socket file of a process that is gone refuses. */
static bool somebody_listens(const struct sockaddr_un *address)
{
    vr_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN);
}

bool vr_listen_unix(struct vr_server *server, const char *path, const struct vr_service *service, unsigned mode,
                    gid_t gid, struct vr_error **err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *shown = vr_path_shown(path);
    if (strlen(path) >= sizeof(address.sun_path))
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, ENAMETOOLONG, _("Path %s too long for unix socket"), shown);
    strcpy(address.sun_path, path);
    if (somebody_listens(&address))
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, EADDRINUSE, _("Failed to bind socket to '%s'"), shown);
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path);
    vr_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to create socket"));
    /* Nobody gets in before mode and group are right. */
    mode_t old = umask(0177);
    int rc = bind(fd, (struct sockaddr *)&address, sizeof(address));
    int why = errno;
    umask(old);
    if (rc != 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, why, _("Failed to bind socket to '%s'"), shown);
    if ((gid != (gid_t)-1 && chown(path, (uid_t)-1, gid) != 0) || chmod(path, (mode_t)mode) != 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to change permissions of '%s'"), shown);
        unlink(path);
        return false;
    }
    if (listen(fd, backlog(server)) != 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to listen on socket"));
        unlink(path);
        return false;
    }
    add(server, vr_take_fd(&fd), service, false, path);
    return true;
}

/* ---- TCP ---- */

static int listen_on(const struct vr_server *server, const struct addrinfo *a)
{
    vr_autoclose int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        return -1;
    /* Both families side by side, whatever the system's default is. */
    if (a->ai_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
        return -1;
    if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, backlog(server)) != 0)
        return -1;
    return vr_take_fd(&fd);
}

bool vr_listen_tcp(struct vr_server *server, const char *node, const char *port, const struct vr_service *service,
                   struct vr_error **err)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | (node ? AI_ADDRCONFIG : 0) };
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(node, port, &hints, &found);
    if (rc != 0)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, _("Unable to resolve address '%s' service '%s': %s"),
                       node ? node : "*", port, gai_strerror(rc));
    size_t count = 0;
    int why = 0;
    for (const struct addrinfo *a = found; a; a = a->ai_next) {
        int fd = listen_on(server, a);
        if (fd >= 0) {
            add(server, fd, service, true, NULL);
            count++;
        } else if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) {
            why = errno;
        }
    }
    freeaddrinfo(found);
    if (count && !why)
        return true;
    return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, why ? why : EADDRNOTAVAIL, _("Unable to bind to port %s"), port);
}

bool vr_listen_fd(struct vr_server *server, int fd, const struct vr_service *service, struct vr_error **err)
{
    int domain = 0, listening = 0;
    socklen_t len = sizeof(int);
    vr_autoclose int owned = fd;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("descriptor %d is no socket"), fd);
    if (!listening)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("descriptor %d does not listen"), fd);
    add(server, vr_take_fd(&owned), service, domain != AF_UNIX, NULL);
    return true;
}

/* ---- accepting ---- */

static VR_SUSPENDS void serve_one(struct vr_listener *l, int fd)
{
    VR_AUTO(vr_error) *err = NULL;
    int on = 1;
    if (l->is_tcp)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (!vr_server_accept(l->server, fd, &l->service, &err))
        vr_logerr("cannot serve a client: %s", vr_error_text(err));
}

/* One connection; false when there is none now. */
static VR_SUSPENDS bool accept_one(struct vr_listener *l)
{
    int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        serve_one(l, fd);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        /* The connection stays in the queue, and the socket readable: without a pause this would spin. */
        vr_warn("cannot accept a connection: %s", strerror(errno));
        vr_sleep_until(vr_after(VR_MS(250)), NULL);
        return false;
    }
    return errno == EINTR || errno == ECONNABORTED;
}

VR_SUSPENDS static void run_listener(void *arg)
{
    struct vr_listener *l = arg;
    while (!l->server->stopping && !vr_cancelled()) {
        if (vr_server_full(l->server, &l->service)) {
            /* Fibers that are not clients come and go without a word: look again now and then. */
            vr_cond_wait(&l->server->room, vr_after(VR_MS(200)), NULL);
            continue;
        }
        VR_AUTO(vr_error) *err = NULL;
        if (!vr_watch_wait(l->watch, EPOLLIN, NULL, vr_after(VR_SEC(3600)), &err))
            continue;
        for (int i = 0; i < ACCEPTS_PER_TURN && !l->server->stopping && !vr_server_full(l->server, &l->service); i++)
            if (!accept_one(l))
                break;
    }
    l->accepting = false;
    vr_cond_broadcast(&l->ended);
}

bool vr_listen_start(struct vr_server *server, struct vr_error **err)
{
    for (struct vr_listener *l = server->listeners; l; l = l->next) {
        l->watch = vr_watch_new(l->fd, err);
        l->accepting = l->watch && vr_fiber_start(server->group, "listener", run_listener, l, err);
        if (!l->accepting)
            return false;
    }
    return true;
}

VR_SUSPENDS void vr_listen_stop(struct vr_server *server)
{
    server->stopping = true;
    vr_cond_broadcast(&server->room);
    while (server->listeners) {
        struct vr_listener *l = server->listeners;
        struct stat st;
        if (l->watch)
            vr_watch_abort(l->watch);
        while (l->accepting)
            vr_shield(vr_after(VR_SEC(60)))
                vr_cond_wait(&l->ended, vr_after(VR_SEC(60)), NULL);
        /* Another daemon may have put its own socket there meanwhile. */
        if (l->path && stat(l->path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
            unlink(l->path);
        server->listeners = l->next;
        free_listener(l);
    }
}

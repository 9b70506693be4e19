/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_REMOTE
#include "transport.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "api/public.h"
#include "base/alloc.h"
#include "base/paths.h"
#include "base/str.h"

#define TCP_PORT 16509
#define DAEMON_TRIES 500 /* of 10 ms, while a session daemon starts */

/* ---- UNIX -------------------------------------------------------------------------------------------------------- */

static bool unix_address(const char *path, struct sockaddr_un *to, struct vr_error **err)
{
    *to = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(to->sun_path))
        return vr_error_report(err, VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, ENAMETOOLONG,
                               "Path %s too long for unix socket", path);
    strcpy(to->sun_path, path);
    return true;
}

/* -1 with errno set. */
static int try_unix(const struct sockaddr_un *to)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int rc;
    do
        rc = connect(fd, (const struct sockaddr *)to, sizeof(*to));
    while (rc < 0 && errno == EINTR);
    if (rc == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* Who may write that socket: what a user wants to know who may not. */
static void add_permissions(const char *path, struct vr_error **err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return;
    char space[4096];
    struct group entry, *group = NULL;
    if (getgrgid_r(st.st_gid, &entry, space, sizeof(space), &group) != 0)
        group = NULL;
    vr_error_suffix(err, " (mode %04o, owner %u, group %s)", st.st_mode & 07777, st.st_uid,
                    group ? group->gr_name : "?");
}

int vr_transport_unix(const char *path, struct vr_error **err)
{
    struct sockaddr_un to;
    if (!unix_address(path, &to, err))
        return -1;
    int fd = try_unix(&to);
    if (fd < 0) {
        int why = errno;
        vr_error_report(err, VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, why, "Failed to connect socket to '%s'", path);
        if (why == EACCES)
            add_permissions(path, err);
    }
    return fd;
}

const char *vr_transport_user_dir(struct vr_arena *arena)
{
    const char *run = getenv("XDG_RUNTIME_DIR");
    if (run && *run)
        return vr_arena_printf(arena, "%s/libvirt", run);
    const char *cache = getenv("XDG_CACHE_HOME");
    if (cache && *cache)
        return vr_arena_printf(arena, "%s/libvirt", cache);
    const char *home = getenv("HOME");
    return vr_arena_printf(arena, "%s/.cache/libvirt", home ? home : "");
}

static const char *system_path(struct vr_arena *arena, const char *file)
{
    vr_autofree char *path = vr_path("/var/run/libvirt/%s", file);
    return vr_arena_strdup(arena, path);
}

/* Starts the session daemon as stock's client does and connects as soon as it answers. */
static int start_session(struct vr_arena *arena, const char *path, struct vr_error **err)
{
    struct sockaddr_un to;
    if (!unix_address(path, &to, err))
        return -1;
    const char *program = getenv("LIBVIRTD_PATH");
    if (!program || !*program)
        program = "/usr/sbin/libvirtd";
    const char *dir = vr_transport_user_dir(arena);
    mkdir(dir, 0700);
    const char *lock_path = vr_arena_printf(arena, "%s/libvirtd.lock", dir);
    vr_autoclose int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "Unable to obtain lock '%s'", lock_path);
        return -1;
    }
    bool started = false;
    for (int i = 0; i < DAEMON_TRIES; i++) {
        int fd = try_unix(&to);
        if (fd >= 0) {
            unlink(lock_path);
            return fd;
        }
        if (errno != ENOENT && errno != ECONNREFUSED)
            break;
        if (!started) {
            pid_t child;
            /* --daemon makes the program leave the session by itself */
            char *const argv[] = { (char *)program, (char *)"--timeout=120", (char *)"--daemon", NULL };
            int rc = posix_spawn(&child, program, NULL, NULL, argv, environ);
            if (rc != 0) {
                vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, rc, "Failed to start the session daemon '%s'", program);
                return -1;
            }
            int status;
            pid_t ended;
            while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR)
                continue;
            if (ended == child && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
                unlink(lock_path);
                vr_fail(err, VIR_ERR_INTERNAL_ERROR, "the session daemon '%s' ended with %s %d", program,
                        WIFEXITED(status) ? "exit code" : "signal",
                        WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
                return -1;
            }
            started = true;
        }
        usleep(10 * 1000);
    }
    int why = errno;
    unlink(lock_path);
    vr_error_report(err, VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, why, "Failed to connect socket to '%s'", path);
    return -1;
}

/* The driver's own daemon of a host that runs one per driver. */
static const char *modular(struct vr_arena *arena, const char *dir, const char *driver, const char *suffix)
{
    return dir ? vr_arena_printf(arena, "%s/virt%sd-sock", dir, driver)
               : system_path(arena, vr_arena_printf(arena, "virt%sd-sock%s", driver, suffix));
}

static int connect_unix(struct vr_arena *arena, const struct vr_uri *uri, unsigned flags, bool session,
                        struct vr_error **err)
{
    const char *mode = uri ? vr_uri_param(uri, "mode") : NULL;
    const char *suffix = flags & VIR_CONNECT_RO && !session ? "-ro" : "";
    const char *dir = session ? vr_transport_user_dir(arena) : NULL;
    const char *socket_path = uri ? vr_uri_param(uri, "socket") : NULL;
    if (socket_path)
        return vr_transport_unix(socket_path, err);
    const char *legacy = dir ? vr_arena_printf(arena, "%s/libvirt-sock", dir)
                             : system_path(arena, vr_arena_printf(arena, "libvirt-sock%s", suffix));
    const char *direct = uri && !vr_streq(uri->driver, "remote") ? modular(arena, dir, uri->driver, suffix) : NULL;
    if (mode && !vr_streq(mode, "auto") && !vr_streq(mode, "legacy") && !vr_streq(mode, "direct")) {
        vr_fail(err, VIR_ERR_INVALID_ARG, "Unknown remote mode '%s'", mode);
        return -1;
    }
    if (direct && (!mode || vr_streq(mode, "auto"))) {
        if (access(direct, F_OK) == 0)
            return vr_transport_unix(direct, err);
    } else if (mode && vr_streq(mode, "direct")) {
        if (!direct) {
            vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "Direct mode needs a driver in the URI");
            return -1;
        }
        return vr_transport_unix(direct, err);
    }
    const char *autostart = getenv("LIBVIRT_AUTOSTART");
    if (session && !(autostart && vr_streq(autostart, "0")))
        return start_session(arena, legacy, err);
    return vr_transport_unix(legacy, err);
}

/* ---- TCP --------------------------------------------------------------------------------------------------------- */

static int connect_tcp(const struct vr_uri *uri, struct vr_error **err)
{
    const char *host = uri->host ? uri->host : "localhost";
    char port[16];
    snprintf(port, sizeof(port), "%d", uri->port ? uri->port : TCP_PORT);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *found = NULL;
    int rc = getaddrinfo(host, port, &hints, &found);
    if (rc == EAI_NONAME || rc == EAI_ADDRFAMILY) { /* AI_ADDRCONFIG hides ::1 where only loopback has IPv6 */
        hints.ai_flags = 0;
        rc = getaddrinfo(host, port, &hints, &found);
    }
    if (rc != 0) {
        vr_error_report(err, VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, -1, "Unable to resolve address '%s' service '%s': %s",
                        host, port, gai_strerror(rc));
        return -1;
    }
    int fd = -1, why = 0;
    for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
            why = fd < 0 ? errno : 0;
            continue;
        }
        why = errno;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    if (fd < 0) {
        vr_error_report(err, VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, why, "unable to connect to server at '%s:%s'", host,
                        port);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    return fd;
}

int vr_transport_connect(struct vr_arena *arena, const struct vr_uri *uri, unsigned flags, struct vr_transport *how,
                         struct vr_error **err)
{
    *how = (struct vr_transport){ .unix_socket = true };
    const char *transport = uri ? uri->transport : NULL;
    if (!transport)
        transport = uri && uri->host ? "tls" : "unix";
    if (vr_streq(transport, "unix")) {
        if (uri && uri->host) {
            vr_fail(err, VIR_ERR_INVALID_ARG, "using unix socket and remote server '%s' is not supported.", uri->host);
            return -1;
        }
        how->session = geteuid() != 0 && (!uri || vr_streq(uri->path, "/session") || vr_streq(uri->driver, "test"));
        return connect_unix(arena, uri, flags, how->session, err);
    }
    if (vr_streq(transport, "tcp")) {
        how->unix_socket = false;
        return connect_tcp(uri, err);
    }
    static const char *const known[] = { "tls", "ssh", "libssh2", "libssh", "ext", NULL };
    if (vr_name_index(known, transport) < 0)
        vr_fail(err, VIR_ERR_INVALID_ARG, "%s",
                "remote_open: transport in URL not recognised (should be tls|unix|ssh|ext|tcp|libssh2|libssh)");
    else
        vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "transport '%s' is not built into this library; unix and tcp are",
                transport);
    return -1;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#define VR_LOG_SOURCE "remote.remote_sockets"
#include "unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
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
#include "base/buf.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/str.h"

#define DAEMON_TRIES 500 /* of 10 ms, while a session daemon starts */

/* ---- one socket -------------------------------------------------------------------------------------------------- */

static bool unix_address(const char *path, struct sockaddr_un *to, struct vr_error **err)
{
    *to = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(to->sun_path))
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, ENAMETOOLONG, "Path %s too long for unix socket", path);
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

/* ---- what to say when nobody answers ----------------------------------------------------------------------------- */

static bool in_group(gid_t gid)
{
    gid_t groups[1024];
    int n = getgroups((int)VR_COUNT(groups), groups);
    for (int i = 0; i < n; i++)
        if (groups[i] == gid)
            return true;
    return getegid() == gid;
}

static void describe_owner(struct vr_buf *b, const struct stat *st)
{
    char space[2048];
    struct passwd person, *owner = NULL;
    struct group entry, *group = NULL;
    if (getpwuid_r(st->st_uid, &person, space, sizeof(space), &owner) == 0 && owner)
        vr_buf_printf(b, "mode %04o, owner %s, group ", st->st_mode & 07777, owner->pw_name);
    else
        vr_buf_printf(b, "mode %04o, owner %u, group ", st->st_mode & 07777, st->st_uid);
    if (getgrgid_r(st->st_gid, &entry, space, sizeof(space), &group) == 0 && group)
        vr_buf_str(b, group->gr_name);
    else
        vr_buf_printf(b, "%u", st->st_gid);
    bool others = st->st_mode & S_IWOTH, members = st->st_mode & S_IWGRP;
    uid_t me = geteuid();
    if (me != 0 && me != st->st_uid && !others && members && !in_group(st->st_gid))
        vr_buf_printf(b, ", which user %u is not in", me);
    else if (me != 0 && me != st->st_uid && !others && !members)
        vr_buf_str(b, ", for its owner alone");
}

static void describe(struct vr_buf *b, const char *path)
{
    struct stat st;
    if (b->len)
        vr_buf_str(b, "; ");
    vr_buf_printf(b, "%s: ", path);
    if (stat(path, &st) == 0) {
        describe_owner(b, &st);
    } else if (errno == EACCES) {
        vr_autofree char *copy = vr_strdup(path);
        const char *dir = dirname(copy);
        vr_buf_printf(b, "cannot look into %s", dir);
        if (stat(dir, &st) == 0) {
            vr_buf_str(b, ", ");
            describe_owner(b, &st);
        }
    } else {
        vr_buf_str(b, errno == ENOENT ? "not there" : strerror(errno));
    }
}

/* Stock's sentence, then each place that was looked at, when that tells more than the sentence. */
static void report(const struct vr_socket_choice *c, int why, struct vr_error **err)
{
    vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, why, "Failed to connect socket to '%s'", c->path);
    if (c->tried_count == 0 && why == ENOENT)
        return;
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    for (size_t i = 0; i < c->tried_count; i++)
        describe(&b, c->tried[i]);
    describe(&b, c->path);
    vr_error_suffix(err, " (tried %s)", b.data);
}

int vr_socket_connect_path(const char *path, struct vr_error **err)
{
    struct vr_arena *arena = vr_arena_new();
    int fd = vr_socket_connect(arena, &(struct vr_socket_choice){ .path = path }, err);
    vr_arena_free(arena);
    return fd;
}

/* ---- which ------------------------------------------------------------------------------------------------------- */

bool vr_socket_session(const struct vr_uri *uri)
{
    if (geteuid() == 0)
        return false;
    return !uri || vr_streq(uri->path, "/session") || vr_streq(uri->driver, "test");
}

const char *vr_socket_user_dir(struct vr_arena *arena)
{
    struct vr_dirs dirs;
    vr_dirs_init(&dirs, true);
    const char *run = vr_arena_strdup(arena, dirs.run);
    vr_dirs_done(&dirs);
    return run;
}

static const char *daemon_socket(struct vr_arena *arena, const char *session_dir, const char *daemon, bool readonly)
{
    const char *file = vr_arena_printf(arena, "%s-sock%s", daemon, readonly && !session_dir ? "-ro" : "");
    if (session_dir)
        return vr_arena_printf(arena, "%s/%s", session_dir, file);
    vr_autofree char *path = vr_path("/var/run/libvirt/%s", file);
    return vr_arena_strdup(arena, path);
}

static bool there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Looks for one of several daemons when the URI names no driver and there is no monolithic one. */
static const char *any_direct(struct vr_arena *arena, const char *dir, bool readonly, struct vr_socket_choice *out)
{
    static const char *const system[] = { "xen", "qemu", "lxc", "vbox", "bhyve", "vz", NULL };
    static const char *const session[] = { "qemu", "vbox", NULL };
    for (const char *const *d = dir ? session : system; *d; d++) {
        const char *path = daemon_socket(arena, dir, vr_arena_printf(arena, "virt%sd", *d), readonly);
        if (there(path))
            return path;
        if (vr_streq(*d, "qemu")) /* the others are not worth naming */
            out->tried[out->tried_count++] = path;
    }
    return NULL;
}

static const char *session_program(struct vr_arena *arena, const char *daemon)
{
    static const char *const from_env[] = { "VIRTD_PATH", "LIBVIRTD_PATH", NULL };
    const char *autostart = getenv("LIBVIRT_AUTOSTART");
    if (autostart && vr_streq(autostart, "0"))
        return NULL;
    for (const char *const *name = from_env; *name; name++) {
        const char *path = getenv(*name);
        if (path && *path)
            return path;
    }
    return vr_arena_printf(arena, "/usr/sbin/%s", daemon);
}

bool vr_socket_choose(struct vr_arena *arena, const struct vr_uri *uri, const struct vr_remote_params *p, bool readonly,
                      struct vr_socket_choice *out, struct vr_error **err)
{
    *out = (struct vr_socket_choice){ .path = p->socket };
    if (p->socket)
        return true;
    bool session = vr_socket_session(uri);
    const char *dir = session ? vr_socket_user_dir(arena) : NULL;
    const char *driver = uri ? uri->driver : NULL;
    const char *daemon = driver ? vr_arena_printf(arena, "virt%sd", driver) : NULL;
    const char *direct = driver ? daemon_socket(arena, dir, daemon, readonly) : NULL;
    const char *legacy = daemon_socket(arena, dir, "libvirt", readonly);
    bool local = p->transport == VR_TRANSPORT_UNIX;
    if (p->mode == VR_MODE_DIRECT && !local)
        return vr_error_report(err, VIR_FROM_REMOTE, VIR_ERR_OPERATION_UNSUPPORTED, -1,
                               "Cannot use direct socket mode for %s transport", vr_transport_names[p->transport]);
    bool use_direct = p->mode == VR_MODE_DIRECT;
    if (use_direct && !driver)
        return vr_error_report(err, VIR_FROM_REMOTE, VIR_ERR_OPERATION_UNSUPPORTED, -1, "%s",
                               "Cannot use direct socket mode if no URI is set");
    if (p->mode == VR_MODE_AUTO && local && driver) {
        use_direct = there(direct);
        if (!use_direct && session && !there(legacy)) /* only the driver's own daemon may be installed */
            use_direct = !there("/usr/sbin/libvirtd") && there(vr_arena_printf(arena, "/usr/sbin/%s", daemon));
        if (!use_direct)
            out->tried[out->tried_count++] = direct;
    } else if (p->mode == VR_MODE_AUTO && local && !there(legacy)) {
        const char *other = any_direct(arena, dir, readonly, out);
        if (other) {
            out->path = other;
            return true;
        }
    }
    out->path = use_direct ? direct : legacy;
    if (session && local)
        out->program = session_program(arena, use_direct ? daemon : "libvirtd");
    vr_debug("Chosen UNIX sockname=%s daemon_path=%s with mode=%s", out->path, out->program ? out->program : "<null>",
             use_direct ? "direct" : "legacy");
    return true;
}

/* ---- a session daemon -------------------------------------------------------------------------------------------- */

static bool run_daemon(const char *program, struct vr_error **err)
{
    pid_t child;
    /* --daemon makes the program leave the session by itself */
    char *const argv[] = { (char *)program, (char *)"--timeout=120", (char *)"--daemon", NULL };
    int rc = posix_spawn(&child, program, NULL, NULL, argv, environ);
    if (rc != 0)
        return vr_error_report(err, VIR_FROM_REMOTE, VIR_ERR_SYSTEM_ERROR, rc, "Failed to start the session daemon '%s'",
                               program);
    int status;
    pid_t ended;
    while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR)
        continue;
    if (ended != child || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return true;
    return vr_error_report(err, VIR_FROM_REMOTE, VIR_ERR_INTERNAL_ERROR, -1, "the session daemon '%s' ended with %s %d",
                           program, WIFEXITED(status) ? "exit code" : "signal",
                           WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

/* Directories of the session are made on the way to its lock, as the daemon would. */
static void make_dirs(const char *dir)
{
    vr_autofree char *copy = vr_strdup(dir);
    for (char *at = copy + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        mkdir(copy, 0700);
        *at = '/';
    }
    mkdir(dir, 0700);
}

/* Tries until the daemon answers, having started it once. */
static int connect_starting(const struct sockaddr_un *to, const struct vr_socket_choice *c, struct vr_error **err)
{
    bool started = false;
    for (int i = 0; i < DAEMON_TRIES; i++) {
        int fd = try_unix(to);
        if (fd >= 0)
            return fd;
        if (errno != ENOENT && errno != ECONNREFUSED)
            break;
        if (!started && !run_daemon(c->program, err))
            return -1;
        started = true;
        usleep(10 * 1000);
    }
    report(c, errno, err);
    return -1;
}

static int start_session(struct vr_arena *arena, const struct vr_socket_choice *c, const struct sockaddr_un *to,
                         struct vr_error **err)
{
    vr_autofree char *name = vr_strdup(c->program);
    const char *dir = vr_socket_user_dir(arena);
    make_dirs(dir);
    const char *lock_path = vr_arena_printf(arena, "%s/%s.lock", dir, basename(name));
    vr_autoclose int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) < 0) {
        vr_error_report(err, VIR_FROM_REMOTE, VIR_ERR_SYSTEM_ERROR, errno, "Unable to obtain lock '%s'", lock_path);
        return -1;
    }
    int fd = connect_starting(to, c, err);
    unlink(lock_path);
    return fd;
}

int vr_socket_connect(struct vr_arena *arena, const struct vr_socket_choice *c, struct vr_error **err)
{
    struct sockaddr_un to;
    if (!unix_address(c->path, &to, err))
        return -1;
    if (c->program)
        return start_session(arena, c, &to, err);
    int fd = try_unix(&to);
    if (fd < 0)
        report(c, errno, err);
    return fd;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "host.launch"
#include "launch.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/str.h"
#include "launch/protocol.h"
#include "loop/loop.h"

const char *const vr_launch_default_devices[] = {
    "/dev/null", "/dev/full", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/ptmx", "/dev/kvm", NULL,
};
/* Mounts below /dev that a guest's process goes on seeing. */
static const char *const kept_mounts[] = { "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/hugepages", NULL };

/* SIGKILL is certain unless the kernel is stuck; then the process becomes init's when the daemon ends. */
#define REAP_SPAN VR_SEC(60)

struct vr_launch {
    pid_t pid;
    int pidfd, socket;
    struct vr_watch *watch;
};

/* ---- the specification as JSON ------------------------------------------------------------------------------ */

static struct vr_json *texts(const char *const *list)
{
    struct vr_json *array = vr_json_array();
    for (; list && *list; list++)
        vr_json_append(array, vr_json_str(*list));
    return array;
}

static void add_limit(struct vr_json *limits, const char *name, long long value)
{
    if (value != VR_LAUNCH_KEEP)
        vr_json_add_int(limits, name, value);
}

static char *spec_print(const struct vr_launch_spec *spec)
{
    VR_AUTO(vr_json) *root = vr_json_add_str(vr_json_object(), "mode", "exec");
    vr_json_add_str(root, "program", spec->program);
    vr_json_add(root, "argv", texts((const char *const *)spec->argv));
    vr_json_add(root, "env", texts((const char *const *)spec->env));
    vr_json_add_str(root, "cwd", spec->directory);
    struct vr_json *fds = vr_json_array(), *limits = vr_json_object();
    for (size_t i = 0; i < spec->fd_count; i++)
        vr_json_append(fds, vr_json_int(spec->fds[i].target));
    vr_json_add(root, "fds", fds);
    if (spec->cgroups)
        vr_json_add(root, "cgroups", texts(spec->cgroups));
    add_limit(limits, "core", spec->limit_core);
    add_limit(limits, "nofile", spec->limit_nofile);
    add_limit(limits, "nproc", spec->limit_nproc);
    add_limit(limits, "memlock", spec->limit_memlock);
    vr_json_add(root, "limits", limits);
    if (spec->cpu_count) {
        struct vr_json *cpus = vr_json_array();
        for (size_t i = 0; i < spec->cpu_count; i++)
            vr_json_append(cpus, vr_json_uint(spec->cpus[i]));
        vr_json_add(root, "cpus", cpus);
    }
    if (spec->scheduler) {
        struct vr_json *scheduler = vr_json_add_str(vr_json_object(), "policy", spec->scheduler);
        vr_json_add(root, "scheduler", vr_json_add_uint(scheduler, "priority", spec->priority));
    }
    if (spec->set_oom_score_adj)
        vr_json_add_int(root, "oom_score_adj", spec->oom_score_adj);
    if (spec->set_umask)
        vr_json_add_int(root, "umask", spec->umask);
    if (spec->private_dev) {
        struct vr_json *dev = vr_json_add(vr_json_object(), "devices", texts(spec->devices));
        vr_json_add(dev, "optional", texts(spec->optional_devices));
        vr_json_add(root, "dev", vr_json_add(dev, "keep", texts(kept_mounts)));
    }
    if (spec->set_ids) {
        struct vr_json *groups = vr_json_array();
        for (size_t i = 0; i < spec->group_count; i++)
            vr_json_append(groups, vr_json_uint(spec->groups[i]));
        vr_json_add_uint(root, "uid", spec->uid);
        vr_json_add_uint(root, "gid", spec->gid);
        vr_json_add(root, "groups", groups);
    }
    vr_json_add_bool(root, "clear_caps", spec->clear_caps);
    vr_json_add_bool(root, "raw_io", spec->raw_io);
    vr_json_add_bool(root, "no_new_privs", spec->no_new_privs);
    return vr_json_print(root);
}

/* ---- spawning, on a worker ---------------------------------------------------------------------------------- */

struct spawn_task {
    char *helper, *json;
    int *fds;               /* duplicates: the caller may close its own when it gives up */
    size_t fd_count;
    vr_time deadline;
    pid_t pid;
    int pidfd, socket;
    struct vr_error *err;
};

/* A fiber that waits for a killed child; its argument is the pidfd. */
VR_SUSPENDS static void reap(void *arg)
{
    int pidfd = (int)(intptr_t)arg;
    struct vr_exit gone;
    if (!vr_pidfd_wait(pidfd, &gone, vr_after(REAP_SPAN), NULL))
        vr_warn("a killed process that was to become a guest's did not end");
    close(pidfd);
}

static void reap_on_loop(void *arg)
{
    if (!vr_fiber_start(NULL, "reap", reap, arg, NULL))
        close((int)(intptr_t)arg);
}

/* From any thread. */
static void kill_and_reap(int pidfd)
{
    pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
    vr_loop_post(reap_on_loop, (void *)(intptr_t)pidfd);
}

static void spawn_free(void *arg)
{
    struct spawn_task *t = arg;
    if (t->pidfd >= 0)
        kill_and_reap(t->pidfd);
    if (t->socket >= 0)
        close(t->socket);
    for (size_t i = 0; i < t->fd_count; i++)
        close(t->fds[i]);
    vr_error_free(t->err);
    free(t->fds);
    free(t->helper);
    free(t->json);
    free(t);
}

/* Waits until the socket takes data; the far end may be slow or stopped. */
static bool wait_writable(struct spawn_task *t)
{
    vr_time left = t->deadline - vr_now();
    struct pollfd p = { t->socket, POLLOUT, 0 };
    return left > 0 && poll(&p, 1, (int)(left / VR_MS(1)) + 1) == 1;
}

static bool send_some(struct spawn_task *t, const struct msghdr *m, ssize_t *sent)
{
    for (;;) {
        *sent = sendmsg(t->socket, m, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (*sent > 0)
            return true;
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN || !wait_writable(t))
            return false;
    }
}

static bool send_bytes(struct spawn_task *t, const void *data, size_t len)
{
    ssize_t sent;
    while (len) {
        struct iovec iov = { (void *)data, len };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
        if (!send_some(t, &m, &sent))
            return false;
        data = (const char *)data + sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool send_fds(struct spawn_task *t, const int *fds, size_t count)
{
    char byte = 'f';
    ssize_t sent;
    struct iovec iov = { &byte, 1 };
    union {
        char bytes[CMSG_SPACE(VR_LAUNCH_FD_BATCH * sizeof(int))];
        struct cmsghdr align;
    } control = { { 0 } };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                        .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    return send_some(t, &m, &sent);
}

static bool send_spec(struct spawn_task *t)
{
    struct vr_launch_header header = { VR_LAUNCH_MAGIC, (uint32_t)strlen(t->json), (uint32_t)t->fd_count };
    bool ok = send_bytes(t, &header, sizeof(header));
    for (size_t i = 0; ok && i < t->fd_count; i += VR_LAUNCH_FD_BATCH) {
        size_t left = t->fd_count - i;
        ok = send_fds(t, t->fds + i, left < VR_LAUNCH_FD_BATCH ? left : VR_LAUNCH_FD_BATCH);
    }
    return ok && send_bytes(t, t->json, header.length);
}

static int spawn_program(struct spawn_task *t, int far_end)
{
    char *argv[] = { t->helper, NULL };
    /* The loader looks at the environment: ours is no business of a program that is about to become someone else. */
    char *env[] = { (char *)"LC_ALL=C", NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, 0, 2);
    posix_spawn_file_actions_adddup2(&actions, far_end, VR_LAUNCH_FD);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    int result = posix_spawn(&t->pid, t->helper, &actions, &attr, argv, env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

static void spawn_run(void *arg)
{
    struct spawn_task *t = arg;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
        vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, errno, _("unable to create socket pair"));
        return;
    }
    /* Nonblocking is ours alone: the flag belongs to each end. */
    t->socket = pair[0];
    /* Numbers 0 to 3 are overwritten in the child before the socket is copied there. */
    int far_end = fcntl(pair[1], F_DUPFD_CLOEXEC, VR_LAUNCH_FD + 1);
    close(pair[1]);
    fcntl(far_end, F_SETFL, 0);
    int failed = spawn_program(t, far_end);
    close(far_end);
    if (failed) {
        vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, failed, _("cannot execute binary %s"), t->helper);
        return;
    }
    t->pidfd = pidfd_open(t->pid, 0);
    if (t->pidfd < 0)
        vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot open pidfd of %d"), (int)t->pid);
    else if (!send_spec(t))
        vr_fail(&t->err, VIR_ERR_INTERNAL_ERROR, _("vireo-launch (pid %d) did not take its specification"),
                (int)t->pid);
}

/* ---- talking to the program, on the loop -------------------------------------------------------------------- */

VR_SUSPENDS static bool read_exactly(struct vr_launch *l, void *data, size_t len, size_t *got, vr_time deadline,
                                     struct vr_error **err)
{
    *got = 0;
    while (*got < len) {
        ssize_t n = vr_fd_read(l->watch, l->socket, (char *)data + *got, len - *got, deadline, err);
        if (n < 0) {
            if (err && *err && (*err)->int1 == ECONNRESET) { /* it died with something unread: tell that, not "data" */
                vr_error_free(vr_take(*err));
                vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("vireo-launch (pid %d) ended unexpectedly"), (int)l->pid);
            }
            return false;
        }
        if (n == 0)
            return true;
        *got += (size_t)n;
    }
    return true;
}

enum reply { REPLY_NONE, REPLY_READY, REPLY_FAILED };

/* Reads one message. REPLY_NONE: the socket was closed. REPLY_FAILED: *err is set. */
VR_SUSPENDS static enum reply read_reply(struct vr_launch *l, vr_time deadline, struct vr_error **err)
{
    struct vr_launch_header header;
    size_t got;
    if (!read_exactly(l, &header, sizeof(header), &got, deadline, err))
        return REPLY_FAILED;
    if (got == 0)
        return REPLY_NONE;
    vr_autofree char *text = NULL;
    if (got == sizeof(header) && header.magic == VR_LAUNCH_MAGIC && header.length <= VR_LAUNCH_MAX_ANSWER) {
        text = vr_alloc(header.length + 1);
        if (!read_exactly(l, text, header.length, &got, deadline, err))
            return REPLY_FAILED;
    }
    VR_AUTO(vr_json) *body = text && got == header.length ? vr_json_parse(text, got, NULL) : NULL;
    bool ready = false;
    int64_t errnum = 0;
    const char *what = vr_json_get_str(body, "text"), *step = vr_json_get_str(body, "step");
    if (vr_json_get_bool(body, "ready", &ready) && ready)
        return REPLY_READY;
    if (!what || !step) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("unexpected answer of vireo-launch (pid %d)"), (int)l->pid);
        return REPLY_FAILED;
    }
    vr_json_get_int(body, "errno", &errnum);
    /* Stock's wording, then the step. */
    if (errnum > 0)
        vr_fail(err, VIR_ERR_INTERNAL_ERROR,
                _("Process exited prior to exec: libvirt: QEMU Driver error : %s: %s (step '%s')"), what,
                strerror((int)errnum), step);
    else
        vr_fail(err, VIR_ERR_INTERNAL_ERROR,
                _("Process exited prior to exec: libvirt: QEMU Driver error : %s (step '%s')"), what, step);
    return REPLY_FAILED;
}

void vr_launch_free(struct vr_launch *l)
{
    if (!l)
        return;
    vr_watch_free(l->watch);
    if (l->socket >= 0)
        close(l->socket);
    if (l->pidfd >= 0)
        kill_and_reap(l->pidfd);
    free(l);
}

static bool check_fds(const struct vr_launch_fd *fds, size_t count, struct vr_error **err)
{
    if (count > VR_LAUNCH_MAX_FDS)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("too many descriptors for a guest: %zu"), count);
    for (size_t i = 0; i < count; i++)
        if (fds[i].target < 0 || fds[i].target > VR_LAUNCH_MAX_TARGET)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("descriptor number %d is out of range"), fds[i].target);
    return true;
}

/* Spawns with `json` (consumed) and these descriptors, and waits for the answer. */
VR_SUSPENDS static struct vr_launch *start(char *json, const int *fds, size_t fd_count, vr_time deadline,
                                           struct vr_error **err)
{
    struct spawn_task *t = vr_new(struct spawn_task);
    t->helper = vr_helper_path("vireo-launch");
    t->json = json;
    t->fds = vr_alloc((fd_count + 1) * sizeof(*t->fds));
    t->pidfd = t->socket = -1;
    t->deadline = deadline;
    for (size_t i = 0; i < fd_count; i++) {
        t->fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);
        if (t->fds[i] < 0) {
            vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot duplicate descriptor %d"), fds[i]);
            spawn_free(t);
            return NULL;
        }
        t->fd_count++;
    }
    if (strlen(json) > VR_LAUNCH_MAX_SPEC) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("the command line of a guest is too long"));
        spawn_free(t);
        return NULL;
    }
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "launch", spawn_run, t, spawn_free, deadline, err))
        return NULL;
    struct vr_launch *l = vr_new(struct vr_launch);
    l->pid = t->pid;
    l->pidfd = vr_take_fd(&t->pidfd);
    l->socket = vr_take_fd(&t->socket);
    bool ok = !t->err || vr_error_move(err, &t->err);
    spawn_free(t);
    enum reply reply = REPLY_FAILED;
    if (ok && (l->watch = vr_watch_new(l->socket, err)))
        reply = read_reply(l, deadline, err);
    if (reply == REPLY_READY)
        return l;
    if (reply == REPLY_NONE)
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("vireo-launch (pid %d) ended unexpectedly"), (int)l->pid);
    vr_launch_free(l);
    return NULL;
}

VR_SUSPENDS struct vr_launch *vr_launch_start(const struct vr_launch_spec *spec, vr_time deadline,
                                              struct vr_error **err)
{
    if (!check_fds(spec->fds, spec->fd_count, err))
        return NULL;
    vr_autofree int *fds = vr_alloc((spec->fd_count + 1) * sizeof(*fds));
    for (size_t i = 0; i < spec->fd_count; i++)
        fds[i] = spec->fds[i].fd;
    return start(spec_print(spec), fds, spec->fd_count, deadline, err);
}

pid_t vr_launch_pid(const struct vr_launch *l)
{
    return l->pid;
}

int vr_launch_pidfd(const struct vr_launch *l)
{
    return l->pidfd;
}

int vr_launch_take_pidfd(struct vr_launch *l)
{
    return vr_take_fd(&l->pidfd);
}

VR_SUSPENDS bool vr_launch_go(struct vr_launch *l, vr_time deadline, struct vr_error **err)
{
    const char go = VR_LAUNCH_GO;
    if (send(l->socket, &go, 1, MSG_NOSIGNAL) != 1)
        return vr_fail_errno(err, VIR_ERR_INTERNAL_ERROR, errno, _("vireo-launch (pid %d) ended before its time"),
                             (int)l->pid);
    /* exec closes the socket; so does death, which the caller sees by the pidfd as any later death. */
    return read_reply(l, deadline, err) == REPLY_NONE;
}

/* ---- the namespace of a running guest ----------------------------------------------------------------------- */

VR_SUSPENDS bool vr_ns_run(int pidfd, const struct vr_ns_task *tasks, size_t count, vr_time deadline,
                           struct vr_error **err)
{
    static const char *const ops[] = { "mknod", "chown", "unlink" };
    VR_AUTO(vr_json) *root = vr_json_add_str(vr_json_object(), "mode", "enter");
    vr_json_add_bool(root, "namespace", pidfd >= 0);
    struct vr_json *list = vr_json_array();
    for (size_t i = 0; i < count; i++) {
        struct vr_json *one = vr_json_add_str(vr_json_object(), "op", ops[tasks[i].op]);
        vr_json_add_str(one, "path", tasks[i].path);
        if (tasks[i].op == VR_NS_MKNOD) {
            vr_json_add_uint(one, "mode", tasks[i].mode);
            vr_json_add_uint(one, "major", major(tasks[i].device));
            vr_json_add_uint(one, "minor", minor(tasks[i].device));
        }
        if (tasks[i].op != VR_NS_UNLINK) {
            vr_json_add_uint(one, "uid", tasks[i].uid);
            vr_json_add_uint(one, "gid", tasks[i].gid);
        }
        vr_json_append(list, one);
    }
    vr_json_add(root, "tasks", list);
    VR_AUTO(vr_launch) *l = start(vr_json_print(root), &pidfd, pidfd >= 0 ? 1 : 0, deadline, err);
    return l != NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.helper"
#include "helper.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "deadlines.h"
#include "domain.h"
#include "guestlog.h"
#include "host/sysfile.h"
#include "process.h"
#include "rundir.h"
#include "unixsock.h"

/* A helper that ends with its QEMU does so at once; one that does not is told to. */
#define LINGER VR_MS(500)
#define TERM VR_SEC(3)
#define DOUBT VR_MS(500)

struct vr_helper {
    char *what, *pid_path, *log_path;
    off_t log_start;
    pid_t pid;
    int pidfd;
    struct vr_watch *watch;
    struct vr_timer *doubt;     /* it ended: has its guest too? */
    struct vr_guest_run *run;
    bool ended;
};

/* ---- files -------------------------------------------------------------------------------------------------------- */

enum file_task { MAKE_DIRS, LISTEN, REMOVE, OPEN_LOG, WRITE, FIND };
struct files {
    enum file_task what;
    struct vr_helper_dir *dirs;
    size_t n;
    bool created;
    char *path, *text, *token;
    mode_t mode;
    bool owned;
    uid_t uid;
    gid_t gid;
    int fd;                 /* result */
    pid_t pid;
    off_t end;
    struct vr_error *err;
};

static void files_free(void *arg)
{
    struct files *f = arg;
    for (size_t i = 0; i < f->n; i++)
        free((char *)(uintptr_t)f->dirs[i].path);
    free(f->dirs);
    free(f->path);
    free(f->text);
    free(f->token);
    if (f->fd >= 0)
        close(f->fd);
    vr_error_free(f->err);
    free(f);
}

static bool make_dir(const struct vr_helper_dir *d, bool *created, struct vr_error **err)
{
    *created = mkdir(d->path, d->mode) == 0;
    if (!*created && errno != EEXIST)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot create directory '%s'"), d->path);
    return vr_give_dir(d->path, *created ? d->mode : (mode_t)-1, d->owned ? d->uid : (uid_t)-1,
                       d->owned ? d->gid : (gid_t)-1, err);
}

static void write_file(struct files *f)
{
    /* Anew: what QEMU's user may have put there (a pipe, a link) must neither be written to nor waited for. */
    unlink(f->path);
    vr_autoclose int fd = open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, f->mode);
    if (fd < 0 || write(fd, f->text, strlen(f->text)) != (ssize_t)strlen(f->text))
        vr_fail_errno(&f->err, VIR_ERR_SYSTEM_ERROR, errno, _("failed to write '%s'"), f->path);
}

static ssize_t read_proc(pid_t pid, const char *file, char *text, size_t size)
{
    vr_autofree char *path = vr_printf("/proc/%d/%s", (int)pid, file);
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -1 : read(fd, text, size);
}

/* By pidfd first: what is looked at afterwards is that very process, whoever gets its number later. */
static void find_process(struct files *f)
{
    char text[32] = "", line[4096];
    uint64_t pid;
    vr_autoclose int fd = open(f->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n <= 0)
        return;
    text[strcspn(text, "\n")] = 0;
    if (!vr_parse_u64(text, 10, INT32_MAX, &pid) || pid < 2)
        return;
    vr_autoclose int process = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    n = process < 0 ? -1 : read_proc((pid_t)pid, "cmdline", line, sizeof(line));
    if (n <= 0)
        return;
    if (!vr_streq0(line, f->text) || !memmem(line, (size_t)n, f->token, strlen(f->token)))
        return;
    f->pid = (pid_t)pid;
    f->fd = vr_take_fd(&process);
}

static void files_task(void *arg)
{
    struct files *f = arg;
    switch (f->what) {
    case MAKE_DIRS:
        for (size_t i = 0; i < f->n && !f->err; i++)
            make_dir(&f->dirs[i], &f->created, &f->err);
        return;
    case LISTEN:
        f->fd = vr_unix_listen(f->path, f->mode, &f->err);
        if (f->fd >= 0 && f->owned)
            vr_unix_give(f->path, f->uid, f->gid, &f->err);
        return;
    case REMOVE:
        if (!vr_remove_tree(f->path))
            vr_fail_errno(&f->err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot remove '%s'"), f->path);
        return;
    case OPEN_LOG:
        f->fd = open(f->path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (f->fd < 0)
            vr_fail_errno(&f->err, VIR_ERR_SYSTEM_ERROR, errno, _("failed to create logfile %s"), f->path);
        else
            f->end = lseek(f->fd, 0, SEEK_END);
        return;
    case WRITE:
        write_file(f);
        return;
    case FIND:
        find_process(f);
        return;
    }
}

static struct files *files_new(enum file_task what, const char *path)
{
    struct files *f = vr_new(struct files);
    f->what = what;
    f->path = vr_strdup(path);
    f->fd = -1;
    return f;
}

/* True: done, and still the caller's. */
VR_SUSPENDS static bool run_files(struct files *f, struct vr_error **err)
{
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "helper files", files_task, f, files_free, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    if (!f->err)
        return true;
    vr_error_move(err, &f->err);
    files_free(f);
    return false;
}

VR_SUSPENDS bool vr_helper_dirs(const struct vr_helper_dir *dirs, size_t n, bool *created, struct vr_error **err)
{
    struct files *f = files_new(MAKE_DIRS, NULL);
    f->dirs = vr_memdup(dirs, n * sizeof(*dirs));
    f->n = n;
    for (size_t i = 0; i < n; i++)
        f->dirs[i].path = vr_strdup(dirs[i].path);
    if (!run_files(f, err))
        return false;
    if (created)
        *created = f->created;
    files_free(f);
    return true;
}

VR_SUSPENDS int vr_helper_listen(const char *path, mode_t mode, bool owned, uid_t uid, gid_t gid, struct vr_error **err)
{
    struct files *f = files_new(LISTEN, path);
    f->mode = mode;
    f->owned = owned;
    f->uid = uid;
    f->gid = gid;
    if (!run_files(f, err))
        return -1;
    int fd = vr_take_fd(&f->fd);
    files_free(f);
    return fd;
}

VR_SUSPENDS void vr_helper_remove(const char *path)
{
    VR_AUTO(vr_error) *err = NULL;
    struct files *f = files_new(REMOVE, path);
    if (run_files(f, &err))
        files_free(f);
    else
        vr_warn("%s", vr_error_text(err));
}

VR_SUSPENDS bool vr_helper_write(const char *path, const char *text, mode_t mode, struct vr_error **err)
{
    struct files *f = files_new(WRITE, path);
    f->text = vr_strdup(text);
    f->mode = mode;
    if (!run_files(f, err))
        return false;
    files_free(f);
    return true;
}

#define VHOST_USER_DIR "/usr/share/qemu/vhost-user"

char *vr_helper_described(const char *type)
{
    vr_autofree char *best = NULL;
    char *program = NULL;
    DIR *dir = opendir(VHOST_USER_DIR);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (!vr_ends_with(e->d_name, ".json") || (best && strcmp(e->d_name, best) > 0))
            continue;
        vr_autofree char *text = vr_sys_read(VHOST_USER_DIR "/%s", e->d_name);
        VR_AUTO(vr_json) *json = text ? vr_json_parse(text, strlen(text), NULL) : NULL;
        const char *its_type = vr_json_get_str(json, "type"), *binary = vr_json_get_str(json, "binary");
        if (!its_type || !binary || !vr_streq(its_type, type) || *binary != '/')
            continue;
        free(best);
        best = vr_strdup(e->d_name);
        free(program);
        program = vr_strdup(binary);
    }
    if (dir)
        closedir(dir);
    return program;
}

/* ---- processes ---------------------------------------------------------------------------------------------------- */

static struct vr_helper *helper_new(const char *what, const char *pid_path, const char *log_path)
{
    struct vr_helper *h = vr_new(struct vr_helper);
    h->what = vr_strdup(what);
    h->pid_path = vr_strdup(pid_path);
    h->log_path = vr_strdup(log_path);
    h->pidfd = -1;
    return h;
}

void vr_helper_forget(struct vr_helper *h)
{
    if (!h)
        return;
    vr_watch_free(h->watch);
    vr_timer_free(h->doubt);
    if (h->pidfd >= 0)
        close(h->pidfd);
    free(h->what);
    free(h->pid_path);
    free(h->log_path);
    free(h);
}

/* A helper ends with its QEMU, a moment before anybody knows of that. One that ended alone leaves its guest without. */
static void on_doubt(void *opaque)
{
    struct vr_helper *h = opaque;
    struct pollfd p = { h->run->pidfd, POLLIN, 0 };
    if (h->run->stopping || h->run->gone || h->run->pidfd < 0 || poll(&p, 1, 0) != 0)
        return;
    vr_warn("domain '%s': %s with pid %d has ended while the guest runs", h->run->dom->name, h->what, (int)h->pid);
    vr_guestlog_line(h->run->log_path, "%s has ended while the guest runs", h->what);
}

static void on_end(void *opaque)
{
    struct vr_helper *h = opaque;
    h->ended = true;
    if (!h->doubt)
        h->doubt = vr_timer_new(on_doubt, h);
    vr_timer_set(h->doubt, vr_after(DOUBT));
}

static void watch(struct vr_helper *h)
{
    h->watch = vr_watch_new(h->pidfd, NULL);
    if (h->watch)
        vr_watch_notify(h->watch, EPOLLIN, on_end, h, NULL);
}

static void note_start(const struct vr_helper_spec *spec)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    for (size_t i = 0; spec->argv[i]; i++) {
        if (i)
            vr_buf_char(&b, ' ');
        vr_buf_shell(&b, spec->argv[i]);
    }
    vr_guestlog_line(spec->guest_log, "Starting external device: %s\n%s", spec->what, b.data);
}

VR_SUSPENDS static struct vr_helper *launch(const struct vr_helper_spec *spec, struct vr_error **err)
{
    static const char *const env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
                                       "HOME=/", NULL };
    struct files *log = NULL;
    if (spec->log_path && !run_files(log = files_new(OPEN_LOG, spec->log_path), err))
        return NULL;
    struct vr_launch_fd *fds = vr_alloc((spec->fd_count + 2) * sizeof(*fds));
    size_t n = 0;
    if (log) {
        fds[n++] = (struct vr_launch_fd){ log->fd, 1 };
        fds[n++] = (struct vr_launch_fd){ log->fd, 2 };
    }
    for (size_t i = 0; i < spec->fd_count; i++)
        fds[n++] = spec->fds[i];
    struct vr_launch_spec s = VR_LAUNCH_SPEC_INIT;
    s.program = spec->argv[0];
    s.argv = spec->argv;
    s.env = (char *const *)(uintptr_t)env;
    s.fds = fds;
    s.fd_count = n;
    s.set_umask = true;
    s.umask = 0077;
    s.set_ids = spec->set_ids;
    s.uid = spec->uid;
    s.gid = spec->gid;
    s.groups = &spec->gid;
    s.group_count = 1;
    s.clear_caps = spec->set_ids && spec->uid != 0;
    struct vr_helper *h = helper_new(spec->what, spec->pid_path, spec->log_path);
    h->run = spec->run;
    VR_AUTO(vr_launch) *l = vr_launch_start(&s, vr_after(VR_SPAN_LAUNCH), err);
    free(fds);
    if (log) {
        h->log_start = log->end;
        files_free(log);
    }
    if (!l || !vr_launch_go(l, vr_after(VR_SPAN_LAUNCH), err)) {
        vr_helper_forget(h);
        vr_error_prefix(err, _("cannot start %s: "), spec->what);
        return NULL;
    }
    h->pid = vr_launch_pid(l);
    h->pidfd = vr_launch_take_pidfd(l);
    return h;
}

VR_SUSPENDS struct vr_helper *vr_helper_start(const struct vr_helper_spec *spec, struct vr_error **err)
{
    note_start(spec);
    struct vr_helper *h = launch(spec, err);
    if (!h)
        return NULL;
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", (int)h->pid);
    if (!vr_helper_write(spec->pid_path, pid, 0644, err)) {
        vr_helper_stop(h);
        return NULL;
    }
    watch(h);
    return h;
}

VR_SUSPENDS static void end(struct vr_helper *h, vr_time linger)
{
    struct vr_exit how;
    static const int signals[] = { SIGTERM, SIGKILL };
    vr_watch_free(vr_take(h->watch));
    vr_timer_free(vr_take(h->doubt));
    if (h->pidfd < 0 || vr_pidfd_wait(h->pidfd, &how, vr_after(linger), NULL))
        return;
    for (size_t i = 0; i < VR_COUNT(signals); i++) {
        syscall(SYS_pidfd_send_signal, h->pidfd, signals[i], NULL, 0);
        if (vr_pidfd_wait(h->pidfd, &how, vr_after(TERM), NULL))
            return;
    }
    vr_logerr("%s with pid %d does not end", h->what, (int)h->pid);
}

VR_SUSPENDS void vr_helper_stop(struct vr_helper *h)
{
    if (!h)
        return;
    end(h, LINGER);
    if (h->pid_path)
        vr_helper_remove(h->pid_path);
    vr_helper_forget(h);
}

VR_SUSPENDS bool vr_helper_run(const struct vr_helper_spec *spec, vr_time span, struct vr_error **err)
{
    struct vr_helper *h = launch(spec, err);
    if (!h)
        return false;
    struct vr_exit how;
    bool ok = vr_pidfd_wait(h->pidfd, &how, vr_after(span), err);
    if (!ok) {
        vr_error_prefix(err, _("%s did not end in time: "), spec->what);
        end(h, 0);
    } else if (!how.known || how.code != 1 /* CLD_EXITED */ || how.status != 0) {
        vr_autofree char *tail = h->log_path ? vr_guestlog_read(h->log_path, h->log_start) : vr_strdup("");
        ok = vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Could not run '%s'. exitstatus: %d; %s"), spec->argv[0], how.status,
                     tail);
    }
    vr_helper_forget(h);
    return ok;
}

VR_SUSPENDS struct vr_helper *vr_helper_find(struct vr_guest_run *run, const char *what, const char *token,
                                             const char *program, const char *pid_path)
{
    struct files *f = files_new(FIND, pid_path);
    f->token = vr_strdup(token);
    f->text = vr_strdup(program);
    if (!run_files(f, NULL))
        return NULL;
    struct vr_helper *h = NULL;
    if (f->fd >= 0) {
        h = helper_new(what, pid_path, NULL);
        h->run = run;
        h->pid = f->pid;
        h->pidfd = vr_take_fd(&f->fd);
        watch(h);
    }
    files_free(f);
    return h;
}

VR_SUSPENDS char *vr_helper_obituary(struct vr_helper *h)
{
    struct vr_exit how;
    if (h->watch) /* only one may wait */
        vr_watch_free(vr_take(h->watch));
    if (!h->ended && !vr_pidfd_wait(h->pidfd, &how, vr_after(VR_MS(20)), NULL))
        return NULL;
    vr_autofree char *tail = h->log_path ? vr_guestlog_read(h->log_path, h->log_start) : vr_strdup("");
    return vr_printf(_("%s has ended%s%s"), h->what, *tail ? ": " : "", tail);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rundir"
#include "rundir.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "deadlines.h"
#include "loop/loop.h"
#include "process.h"
#include "unixsock.h"

#define MASTER_KEY_LEN 32
/* QEMU's user may write below its directory; nothing honest is deeper than this. */
#define TREE_DEPTH_MAX 32

/* Everything the worker needs, copied: it must not look at the run. */
struct files {
    char *lib_dir, *channel_dir, *memory_dir, *monitor_path, *log_path, *pid_path, *header;
    uid_t uid;
    gid_t gid;
    pid_t pid;
    bool owned, memory_files;
    struct vr_rundir out;
    struct vr_error *err;
};

static void files_free(void *arg)
{
    struct files *f = arg;
    if (f->out.monitor_fd >= 0)
        close(f->out.monitor_fd);
    if (f->out.log_fd >= 0)
        close(f->out.log_fd);
    vr_error_free(f->err);
    free(f->lib_dir);
    free(f->channel_dir);
    free(f->memory_dir);
    free(f->monitor_path);
    free(f->log_path);
    free(f->pid_path);
    free(f->header);
    free(f);
}

static struct files *files_new(const struct vr_guest_run *run)
{
    struct files *f = vr_new(struct files);
    f->lib_dir = vr_strdup(run->lib_dir);
    f->channel_dir = vr_strdup(run->channel_dir);
    f->memory_dir = vr_strdup(run->memory_dir);
    f->memory_files = run->memory_files;
    f->monitor_path = vr_strdup(run->monitor_path);
    f->log_path = vr_strdup(run->log_path);
    f->pid_path = vr_strdup(run->pid_path);
    f->pid = run->pid;
    f->out.monitor_fd = f->out.log_fd = -1;
    return f;
}

/* ---- on the worker ------------------------------------------------------------------------------------------------ */

static bool remove_below(int dir_fd, int depth)
{
    DIR *dir = fdopendir(dir_fd);
    if (!dir) {
        close(dir_fd);
        return false;
    }
    bool ok = true;
    for (struct dirent *e; (e = readdir(dir));) {
        if (vr_streq(e->d_name, ".") || vr_streq(e->d_name, ".."))
            continue;
        if (unlinkat(dirfd(dir), e->d_name, 0) == 0)
            continue;
        if ((errno != EISDIR && errno != EPERM) || depth >= TREE_DEPTH_MAX) {
            ok = false;
            continue;
        }
        int sub = openat(dirfd(dir), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (sub < 0 || !remove_below(sub, depth + 1) || unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR) < 0)
            ok = false;
    }
    closedir(dir);
    return ok;
}

bool vr_remove_tree(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || unlink(path) == 0;
    return remove_below(fd, 0) && rmdir(path) == 0;
}

static bool make_dirs(const char *path, mode_t mode, struct vr_error **err)
{
    vr_autofree char *dir = vr_strdup(path);
    for (char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(dir, 0755) < 0 && errno != EEXIST)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot create directory '%s'"), dir);
        *slash = '/';
    }
    if (mkdir(dir, mode) < 0 && errno != EEXIST)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot create directory '%s'"), dir);
    return true;
}

bool vr_give_dir(const char *path, mode_t mode, uid_t uid, gid_t gid, struct vr_error **err)
{
    vr_autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot open directory '%s'"), path);
    if (mode != (mode_t)-1 && fchmod(fd, mode) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot set mode of '%s'"), path);
    if (uid != (uid_t)-1 && fchown(fd, uid, gid) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("unable to set ownership of '%s' to user %d:%d"), path, (int)uid,
                             (int)gid);
    return true;
}

static bool make_private_dir(const struct files *f, const char *path, struct vr_error **err)
{
    /* What a guest of the same id and name left behind (a crash of the machine) must not be trusted. */
    if (!vr_remove_tree(path))
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot remove old directory '%s'"), path);
    return make_dirs(path, 0750, err) &&
           vr_give_dir(path, 0750, f->owned ? f->uid : (uid_t)-1, f->owned ? f->gid : (gid_t)-1, err);
}

static bool write_new_file(const char *path, const void *data, size_t len, mode_t mode, int *keep, struct vr_error **err)
{
    /* Anew: the directory may be QEMU's user's, and a hard link that was put there would be written to and given away. */
    unlink(path);
    vr_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0 || write(fd, data, len) != (ssize_t)len)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("failed to write '%s'"), path);
    if (keep)
        *keep = vr_take_fd(&fd);
    return true;
}

static bool write_master_key(const struct files *f, struct vr_error **err)
{
    unsigned char key[MASTER_KEY_LEN];
    if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", _("failed to generate the master key"));
    vr_autofree char *path = vr_printf("%s/master-key.aes", f->lib_dir);
    vr_autoclose int fd = -1;
    bool ok = write_new_file(path, key, sizeof(key), 0600, &fd, err);
    explicit_bzero(key, sizeof(key));
    if (ok && f->owned && fchown(fd, f->uid, f->gid) < 0)
        ok = vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Cannot chown '%s'"), path);
    return ok;
}

static bool open_log(struct files *f, struct vr_error **err)
{
    vr_autofree char *dir = vr_strdup(f->log_path);
    char *slash = strrchr(dir, '/');
    if (slash)
        *slash = 0;
    if (!make_dirs(dir, 0755, err))
        return false;
    f->out.log_fd = open(f->log_path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (f->out.log_fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("failed to create logfile %s"), f->log_path);
    size_t len = strlen(f->header);
    if (write(f->out.log_fd, f->header, len) != (ssize_t)len)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("failed to write '%s'"), f->log_path);
    f->out.log_start = lseek(f->out.log_fd, 0, SEEK_END);
    return true;
}

static void prepare_task(void *arg)
{
    struct files *f = arg;
    if (make_private_dir(f, f->lib_dir, &f->err) && make_private_dir(f, f->channel_dir, &f->err) &&
        (!f->memory_files || make_private_dir(f, f->memory_dir, &f->err)) && write_master_key(f, &f->err) && open_log(f, &f->err) &&
        (f->out.monitor_fd = vr_unix_listen(f->monitor_path, 0775, &f->err)) >= 0)
        return;
    vr_remove_tree(f->lib_dir);
    vr_remove_tree(f->channel_dir);
    if (f->memory_files)
        vr_remove_tree(f->memory_dir);
}

static void remove_task(void *arg)
{
    struct files *f = arg;
    if (!vr_remove_tree(f->lib_dir))
        vr_fail_errno(&f->err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot remove '%s'"), f->lib_dir);
    if (!vr_remove_tree(f->channel_dir))
        vr_fail_errno(&f->err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot remove '%s'"), f->channel_dir);
    if (f->memory_dir && !vr_remove_tree(f->memory_dir)) /* a guest found again may have one */
        vr_fail_errno(&f->err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot remove '%s'"), f->memory_dir);
    if (unlink(f->pid_path) < 0 && errno != ENOENT)
        vr_fail_errno(&f->err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot remove '%s'"), f->pid_path);
}

static void pid_task(void *arg)
{
    struct files *f = arg;
    vr_autofree char *text = vr_printf("%d", (int)f->pid);
    vr_autofree char *dir = vr_strdup(f->pid_path);
    char *slash = strrchr(dir, '/');
    *slash = 0;
    if (make_dirs(dir, 0755, &f->err))
        write_new_file(f->pid_path, text, strlen(text), 0644, NULL, &f->err);
}

/* ---- on the loop -------------------------------------------------------------------------------------------------- */

/* Runs the task; on true the files are the caller's to free. */
VR_SUSPENDS static bool run_task(struct files *f, const char *name, void (*task)(void *arg), vr_time deadline,
                                 struct vr_error **err)
{
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, name, task, f, files_free, deadline, err))
        return false;
    if (!f->err)
        return true;
    vr_error_move(err, &f->err);
    files_free(f);
    return false;
}

VR_SUSPENDS bool vr_rundir_prepare(const struct vr_guest_run *run, uid_t uid, gid_t gid, bool owned, const char *header,
                                   struct vr_rundir *out, struct vr_error **err)
{
    struct files *f = files_new(run);
    f->header = vr_strdup(header);
    f->uid = uid;
    f->gid = gid;
    f->owned = owned;
    if (!run_task(f, "prepare guest files", prepare_task, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    *out = f->out;
    f->out.monitor_fd = f->out.log_fd = -1;
    files_free(f);
    return true;
}

VR_SUSPENDS void vr_rundir_remove(const struct vr_guest_run *run)
{
    VR_AUTO(vr_error) *err = NULL;
    struct files *f = files_new(run);
    if (run_task(f, "remove guest files", remove_task, vr_after(VR_SPAN_CLEANUP), &err))
        files_free(f);
    else
        vr_warn("%s", vr_error_text(err));
}

VR_SUSPENDS bool vr_rundir_write_pid(const struct vr_guest_run *run, struct vr_error **err)
{
    struct files *f = files_new(run);
    if (!run_task(f, "write pid file", pid_task, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    files_free(f);
    return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tasks in the mount namespace of a running guest: a device node for hot-plug, its owner, its removal. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "steps.h"

/* What a task changed, for going back. */
struct done {
    bool changed;
    uid_t uid;
    gid_t gid;
};

static bool make_parents(const char *path, struct launch_failure *f)
{
    vr_autofree char *part = vr_strdup(path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0755) < 0 && errno != EEXIST)
            return launch_failed(f, "enter", errno, "cannot create directory '%s'", part);
        *slash = '/';
    }
    return true;
}

static bool do_mknod(const struct launch_task *t, struct done *done, struct launch_failure *f)
{
    struct stat st;
    if (!make_parents(t->path, f))
        return false;
    if (lstat(t->path, &st) == 0) {
        bool same = (st.st_mode & S_IFMT) == (t->mode & S_IFMT) && st.st_rdev == t->device;
        return same || launch_failed(f, "enter", EEXIST, "'%s' is something else already", t->path);
    }
    if (mknod(t->path, (t->mode & S_IFMT) | 0600, t->device) < 0)
        return launch_failed(f, "enter", errno, "Unable to create device %s", t->path);
    done->changed = true;
    if (lchown(t->path, t->uid, t->gid) < 0)
        return launch_failed(f, "enter", errno, "Failed to chown device %s", t->path);
    if (chmod(t->path, t->mode & 07777) < 0)
        return launch_failed(f, "enter", errno, "Failed to set permissions for device %s", t->path);
    return true;
}

static bool do_chown(const struct launch_task *t, struct done *done, struct launch_failure *f)
{
    struct stat st;
    if (stat(t->path, &st) < 0)
        return launch_failed(f, "enter", errno, "Unable to stat %s", t->path);
    if (chown(t->path, t->uid, t->gid) < 0)
        return launch_failed(f, "enter", errno, "unable to set user and group to '%u:%u' on '%s'", t->uid, t->gid,
                             t->path);
    *done = (struct done){ true, st.st_uid, st.st_gid };
    return true;
}

static void undo(const struct launch_task *t, const struct done *done)
{
    if (!done->changed)
        return;
    /* Going back is best effort: what made the task fail may keep this from working too. */
    if (t->op == LAUNCH_MKNOD)
        (void)!unlink(t->path);
    else if (t->op == LAUNCH_CHOWN)
        (void)!chown(t->path, done->uid, done->gid);
}

bool launch_enter(const struct launch_spec *spec, int pidfd, struct launch_failure *f)
{
    if (spec->enter_namespace && setns(pidfd, CLONE_NEWNS) < 0)
        return launch_failed(f, "enter", errno, "cannot enter the guest's mount namespace");
    umask(0);
    struct done *done = vr_alloc((spec->task_count + 1) * sizeof(*done));
    size_t i = 0;
    bool ok = true;
    for (; ok && i < spec->task_count; i++) {
        const struct launch_task *t = &spec->tasks[i];
        if (t->op == LAUNCH_MKNOD)
            ok = do_mknod(t, &done[i], f);
        else if (t->op == LAUNCH_CHOWN)
            ok = do_chown(t, &done[i], f);
        else
            ok = unlink(t->path) == 0 || errno == ENOENT ||
                 launch_failed(f, "enter", errno, "cannot remove '%s'", t->path);
    }
    while (!ok && i--)
        undo(&spec->tasks[i], &done[i]);
    free(done);
    return ok;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_SECURITY
#define VR_LOG_SOURCE "host.dac"
#include "dac.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utmpx.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "loop/loop.h"
#include "mounts.h"

#define ATTR_OWNER "trusted.libvirt.security.dac"
#define ATTR_COUNT "trusted.libvirt.security.ref_dac"
#define ATTR_TIME "trusted.libvirt.security.timestamp_dac"
#define MAX_ATTR 64
#define MAX_COUNT 1000000
/* Two ways of computing the time of boot differ by a second of rounding. */
#define BOOT_SLACK 2

void vr_dac_add(struct vr_dac_list *list, const char *path, uid_t uid, gid_t gid, bool remember, bool restore)
{
    if (!path || path[0] != '/')
        return;
    for (size_t i = 0; i < list->n; i++)
        if (vr_streq(list->v[i].path, path))
            return;
    VR_GROW(list->v, list->n, list->cap);
    list->v[list->n++] = (struct vr_dac_item){ vr_strdup(path), uid, gid, remember, restore };
}

void vr_dac_list_done(struct vr_dac_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->v[i].path);
    free(list->v);
    *list = (struct vr_dac_list){ 0 };
}

/* ---- what the attributes say -------------------------------------------------------------------------------- */

/* Seconds since 1970; 0 = unknown. */
static uint64_t boot_time(void)
{
    static uint64_t known;
    if (known)
        return known;
    uint64_t found = 0;
    struct utmpx *entry, want = { .ut_type = BOOT_TIME };
    setutxent();
    if ((entry = getutxid(&want)))
        found = (uint64_t)entry->ut_tv.tv_sec;
    endutxent();
    FILE *f = found ? NULL : fopen("/proc/stat", "re");
    char *line = NULL;
    size_t room = 0;
    while (f && getline(&line, &room, f) > 0)
        if (sscanf(line, "btime %lu", &found) == 1)
            break;
    free(line);
    if (f)
        fclose(f);
    return known = found;
}

struct memory {
    bool supported;     /* the file system keeps such attributes and we may read them */
    bool present;
    uid_t uid;
    gid_t gid;
    uint64_t count;
};

/* 1 found, 0 absent, -1 unsupported, -2 other error (errno). */
static int get_attr(const char *path, const char *name, char text[MAX_ATTR + 1])
{
    ssize_t n = getxattr(path, name, text, MAX_ATTR);
    if (n >= 0) {
        text[n] = '\0';
        return 1;
    }
    if (errno == ENODATA || errno == ERANGE)
        return 0;
    return errno == ENOTSUP || errno == ENOSYS || errno == EPERM ? -1 : -2;
}

static bool parse_owner(const char *text, uid_t *uid, gid_t *gid)
{
    const char *colon = strchr(text, ':');
    char user[MAX_ATTR + 1];
    uint64_t u, g;
    if (text[0] != '+' || !colon || colon[1] != '+')
        return false;
    snprintf(user, sizeof(user), "%.*s", (int)(colon - text - 1), text + 1);
    if (!vr_parse_u64(user, 10, UINT32_MAX - 1, &u) || !vr_parse_u64(colon + 2, 10, UINT32_MAX - 1, &g))
        return false;
    *uid = (uid_t)u;
    *gid = (gid_t)g;
    return true;
}

/* Reads and, where an earlier boot or a stranger wrote them, disregards the attributes. */
static bool recall(const char *path, struct memory *m, struct vr_error **err)
{
    char count[MAX_ATTR + 1], owner[MAX_ATTR + 1], when[MAX_ATTR + 1];
    *m = (struct memory){ 0 };
    int found = get_attr(path, ATTR_COUNT, count);
    if (found == -2)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to get XATTR %s on %s"), ATTR_COUNT, path);
    m->supported = found >= 0;
    if (found != 1)
        return true;
    uint64_t time;
    if (get_attr(path, ATTR_TIME, when) != 1 || !vr_parse_u64(when, 10, UINT64_MAX / 2, &time))
        return true;
    uint64_t boot = boot_time();
    if (boot && (time > boot + BOOT_SLACK || time + BOOT_SLACK < boot)) {
        vr_info("'%s': the remembered owner is of an earlier boot", path);
        return true;
    }
    m->present = vr_parse_u64(count, 10, MAX_COUNT, &m->count) && m->count > 0 &&
                 get_attr(path, ATTR_OWNER, owner) == 1 && parse_owner(owner, &m->uid, &m->gid);
    return true;
}

static bool put_attr(const char *path, const char *name, const char *text, struct vr_error **err)
{
    return setxattr(path, name, text, strlen(text), 0) == 0 ||
           vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to set XATTR %s on %s"), name, path);
}

static void forget(const char *path)
{
    /* Each on its own: a half-written set is void too. */
    removexattr(path, ATTR_COUNT);
    removexattr(path, ATTR_OWNER);
    removexattr(path, ATTR_TIME);
}

static bool put_count(const char *path, uint64_t count, struct vr_error **err)
{
    char text[32];
    snprintf(text, sizeof(text), "%lu", count);
    return put_attr(path, ATTR_COUNT, text, err);
}

/* The count is written last: it is what makes the rest count. */
static bool remember_first(const char *path, uid_t uid, gid_t gid, struct vr_error **err)
{
    char owner[MAX_ATTR], when[32];
    snprintf(owner, sizeof(owner), "+%u:+%u", uid, gid);
    snprintf(when, sizeof(when), "%lu", boot_time());
    removexattr(path, ATTR_COUNT);
    if (put_attr(path, ATTR_OWNER, owner, err) && put_attr(path, ATTR_TIME, when, err) && put_count(path, 1, err))
        return true;
    forget(path);
    return false;
}

/* ---- one path ----------------------------------------------------------------------------------------------- */

/*
 * Another daemon on a shared file system may do the same at the same moment. Byte 1 is the one stock locks for this;
 * QEMU's own locks are elsewhere. -1 with err set when it stays taken, -2 when the path has no lock to take.
 */
static int lock_path(const char *path, const struct stat *st, struct vr_error **err)
{
    if (!S_ISREG(st->st_mode))
        return -2;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -2; /* a read-only file system, or squashed root: then nothing will be changed either */
    for (int tries = 0; tries < 10; tries++) {
        struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 1 };
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
            return fd;
        if (errno != EAGAIN && errno != EACCES) {
            close(fd);
            return -2;
        }
        usleep(100000); /* on a worker thread; the holder needs microseconds */
    }
    close(fd);
    vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, EAGAIN, _("unable to lock %s for metadata change"), path);
    return -1;
}

/*
 * A guest that broke out acts as QEMU's user. A link of that user's could lead root to any file of the host, so it is
 * not followed; those of everybody else (an administrator's, a volume manager's) are.
 */
static bool is_planted(const struct vr_dac_item *item)
{
    struct stat st;
    return item->uid != 0 && lstat(item->path, &st) == 0 && S_ISLNK(st.st_mode) && st.st_uid == item->uid;
}

/* By descriptor, so that what is given away is what was looked at. */
static int give(const char *path, const struct stat *seen, uid_t uid, gid_t gid)
{
    struct stat now;
    vr_autoclose int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &now) < 0)
        return -1;
    if (now.st_dev != seen->st_dev || now.st_ino != seen->st_ino) {
        errno = ESTALE;
        return -1;
    }
    return fchownat(fd, "", uid, gid, AT_EMPTY_PATH);
}

static bool change_owner(const char *path, const struct stat *st, uid_t uid, gid_t gid, struct vr_error **err)
{
    if (st->st_uid == uid && st->st_gid == gid)
        return true;
    if (give(path, st, uid, gid) == 0)
        return true;
    if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EPERM || errno == EROFS) {
        vr_info("setting user and group to '%u:%u' on '%s': %s", uid, gid, path, strerror(errno));
        return true;
    }
    return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("unable to set user and group to '%ld:%ld' on '%s'"),
                         (long)uid, (long)gid, path);
}

static bool set_locked(const struct vr_dac_item *item, const struct stat *st, struct vr_error **err)
{
    struct memory m = { 0 };
    if (item->remember && !recall(item->path, &m, err))
        return false;
    if (!m.supported)
        return change_owner(item->path, st, item->uid, item->gid, err);
    if (m.present && (st->st_uid != item->uid || st->st_gid != item->gid))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID,
                       _("Setting different DAC user or group on %s which is already in use"), item->path);
    if (m.present ? !put_count(item->path, m.count + 1, err)
                  : !remember_first(item->path, st->st_uid, st->st_gid, err))
        return false;
    if (change_owner(item->path, st, item->uid, item->gid, err))
        return true;
    if (m.present)
        put_count(item->path, m.count, NULL);
    else
        forget(item->path);
    return false;
}

bool vr_dac_set_one(const struct vr_dac_item *item, struct vr_error **err)
{
    struct stat st;
    if (is_planted(item))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID,
                       _("'%s' is a link that QEMU's user made: its target is not given away; remove the link"),
                       item->path);
    if (stat(item->path, &st) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("unable to stat: %s"), item->path);
    int lock = item->remember ? lock_path(item->path, &st, err) : -2;
    if (lock == -1)
        return false;
    bool ok = set_locked(item, &st, err);
    if (lock >= 0)
        close(lock);
    return ok;
}

static bool restore_locked(const struct vr_dac_item *item, const struct stat *st, struct vr_error **err)
{
    struct memory m = { 0 };
    if (item->remember && !recall(item->path, &m, err))
        return false;
    if (!m.present) {
        /* Nobody wrote down whose it was. Root's is the one answer that gives no stranger access. */
        if (m.supported)
            forget(item->path);
        return change_owner(item->path, st, 0, 0, err);
    }
    if (m.count > 1)
        return put_count(item->path, m.count - 1, err);
    forget(item->path);
    return change_owner(item->path, st, m.uid, m.gid, err);
}

bool vr_dac_restore_one(const struct vr_dac_item *item, struct vr_error **err)
{
    struct stat st;
    if (!item->restore || is_planted(item))
        return true;
    if (stat(item->path, &st) < 0)
        return errno == ENOENT || errno == ENOTDIR ||
               vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("unable to stat: %s"), item->path);
    int lock = item->remember ? lock_path(item->path, &st, err) : -2;
    if (lock == -1)
        return false;
    bool ok = restore_locked(item, &st, err);
    if (lock >= 0)
        close(lock);
    return ok;
}

/* ---- lists, on workers -------------------------------------------------------------------------------------- */

struct dac_task {
    struct vr_dac_item item; /* its path is the task's own */
    bool restore, ok;
    struct vr_error *err;
};

static void task_free(void *arg)
{
    struct dac_task *t = arg;
    free(t->item.path);
    vr_error_free(t->err);
    free(t);
}

static void task_run(void *arg)
{
    struct dac_task *t = arg;
    t->ok = t->restore ? vr_dac_restore_one(&t->item, &t->err) : vr_dac_set_one(&t->item, &t->err);
}

VR_SUSPENDS static bool run_one(const struct vr_dac_item *item, bool restore, vr_time deadline, struct vr_error **err)
{
    struct dac_task *t = vr_new(struct dac_task);
    t->item = *item;
    t->item.path = vr_strdup(item->path);
    t->restore = restore;
    vr_autofree char *mount = vr_mount_of(item->path);
    if (!vr_worker_run(VR_POOL_STORAGE, mount, "owner", task_run, t, task_free, deadline, err))
        return vr_error_prefix(err, _("owner of '%s': "), item->path);
    bool ok = t->ok || vr_error_move(err, &t->err);
    task_free(t);
    return ok;
}

#define UNDO_SPAN VR_SEC(10)

VR_SUSPENDS bool vr_dac_set(const struct vr_dac_list *list, vr_time deadline, struct vr_error **err)
{
    size_t i = 0;
    while (i < list->n && run_one(&list->v[i], false, deadline, err))
        i++;
    if (i == list->n)
        return true;
    vr_shield(vr_after(UNDO_SPAN)) {
        while (i--) {
            VR_AUTO(vr_error) *undo = NULL;
            if (list->v[i].restore && !run_one(&list->v[i], true, vr_after(UNDO_SPAN), &undo))
                vr_warn("cannot give back '%s': %s", list->v[i].path, vr_error_text(undo));
        }
    }
    return false;
}

VR_SUSPENDS bool vr_dac_restore(const struct vr_dac_list *list, vr_time deadline, struct vr_error **err)
{
    bool ok = true;
    for (size_t i = list->n; i--;)
        if (list->v[i].restore)
            ok &= run_one(&list->v[i], true, deadline, err);
    return ok;
}

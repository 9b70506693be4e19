/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#define VR_LOG_SOURCE "driver.store"
#include "store.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "loop/loop.h"

/* So many changes at most go to the worker in one trip, so that the first of them does not wait for ever. */
#define BATCH_MAX 64

enum op_kind { OP_WRITE, OP_REMOVE, OP_LINK, OP_RENAME };

struct op {
    int refs;           /* the waiter's and the batch's */
    struct op *next;
    enum op_kind kind;
    char *path;
    char *text;         /* OP_WRITE: content; OP_LINK: target; OP_RENAME: the new path */
    bool done;
    struct vr_error *err;
    struct vr_cond cond;
};

/* A worker's private copy of an operation, and how far it came. */
struct change {
    enum op_kind kind;
    enum { CHANGE_NONE, CHANGE_NEW, CHANGE_SWAPPED, CHANGE_REMOVED, CHANGE_RENAMED, CHANGE_FOR_GOOD } state;
    char *path, *text;
    struct vr_error *err;
};
struct batch {
    struct change v[BATCH_MAX];
    size_t n;
};

static struct op *queue_first, **queue_last = &queue_first;
static bool keeper_runs;

static void op_unref(struct op *op)
{
    if (--op->refs)
        return;
    vr_error_free(op->err);
    free(op->path);
    free(op->text);
    free(op);
}

/* ---- on the worker: touches nothing but its batch's texts --------------------------------------------------------- */

static bool make_parents(const char *path, struct vr_error **err)
{
    vr_autofree char *dir = vr_strdup(path);
    for (char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(dir, 0755) < 0 && errno != EEXIST)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot create config directory %s"), dir);
        *slash = '/';
    }
    return true;
}

static bool write_aside(const char *aside, const char *text, bool sync, struct vr_error **err)
{
    vr_autoclose int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot create config file '%s'"), aside);
    size_t len = strlen(text);
    for (size_t at = 0; at < len;) {
        ssize_t n = write(fd, text + at, len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot write config file '%s'"), aside);
        at += (size_t)n;
    }
    if (sync && fsync(fd) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot sync config file '%s'"), aside);
    return true;
}

/*
 * Until the directory is synced the old state lies aside, so that a change that cannot be made durable is taken back:
 * memory, disk and the caller's error must say the same.
 */
static char *aside_of(const char *path)
{
    return vr_printf("%s" VR_STORE_ASIDE, path);
}

/* Puts what lies aside in the place of `path`, what was there aside. */
static bool put_in_place(struct change *c, const char *aside, struct vr_error **err)
{
    if (renameat2(AT_FDCWD, aside, AT_FDCWD, c->path, RENAME_EXCHANGE) == 0) {
        c->state = CHANGE_SWAPPED;
        return true;
    }
    /* Nothing was there to be kept; or the file system cannot swap, and the old state is gone with the new one's arrival. */
    bool is_new = errno == ENOENT;
    if (rename(aside, c->path) == 0) {
        c->state = is_new ? CHANGE_NEW : CHANGE_FOR_GOOD;
        return true;
    }
    int saved = errno;
    unlink(aside);
    return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, saved, _("cannot rename '%s' as '%s'"), aside, c->path);
}

static bool change_make(struct change *c, struct vr_error **err)
{
    vr_autofree char *aside = aside_of(c->path);
    switch (c->kind) {
    case OP_WRITE:
        if (access(c->path, F_OK) < 0 && !make_parents(c->path, err))
            return false;
        if (!write_aside(aside, c->text, true, err)) {
            unlink(aside);
            return false;
        }
        return put_in_place(c, aside, err);
    case OP_LINK:
        if (!make_parents(c->path, err))
            return false;
        unlink(aside);
        if (symlink(c->text, aside) < 0)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to create symlink '%s' to '%s'"), c->path, c->text);
        return put_in_place(c, aside, err);
    case OP_REMOVE:
        if (rename(c->path, aside) == 0)
            c->state = CHANGE_REMOVED;
        else if (errno != ENOENT && errno != ENOTDIR)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot remove config %s"), c->path);
        return true;
    case OP_RENAME:
        if (rename(c->path, c->text) < 0)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot rename '%s' as '%s'"), c->path, c->text);
        c->state = CHANGE_RENAMED;
        return true;
    }
    return true;
}

/* The change is on disk: the old state goes. A crash before that leaves a file aside, which the next start removes. */
static void change_settle(struct change *c)
{
    vr_autofree char *aside = aside_of(c->path);
    if (c->state == CHANGE_SWAPPED || c->state == CHANGE_REMOVED)
        unlink(aside);
}

static void change_undo(struct change *c)
{
    vr_autofree char *aside = aside_of(c->path);
    switch (c->state) {
    case CHANGE_SWAPPED:
    case CHANGE_REMOVED: rename(aside, c->path); break;
    case CHANGE_NEW: unlink(c->path); break;
    case CHANGE_RENAMED: rename(c->text, c->path); break;
    default: break;
    }
}

static size_t dir_len(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash != path ? (size_t)(slash - path) : 1;
}

static bool same_dir(const char *a, const char *b)
{
    return dir_len(a) == dir_len(b) && strncmp(a, b, dir_len(a)) == 0;
}

static bool sync_dir(const char *path, struct vr_error **err)
{
    vr_autofree char *dir = vr_strndup(path, dir_len(path));
    vr_autoclose int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return true; /* nothing was ever stored there */
    /* EINVAL: a file system that cannot sync directories writes them through. */
    if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot sync config directory '%s'"), dir);
    return true;
}

static void batch_task(void *arg)
{
    struct batch *batch = arg;
    struct change *v = batch->v;
    for (size_t i = 0; i < batch->n; i++)
        change_make(&v[i], &v[i].err);
    for (size_t i = 0; i < batch->n; i++) {
        size_t j = 0; /* the first of this directory syncs it for all */
        while (!same_dir(v[j].path, v[i].path))
            j++;
        if (j < i)
            continue;
        VR_AUTO(vr_error) *err = NULL;
        bool synced = sync_dir(v[i].path, &err);
        for (size_t k = i; synced && k < batch->n; k++)
            if (same_dir(v[k].path, v[i].path))
                change_settle(&v[k]);
        for (size_t k = batch->n; !synced && k-- > i;) {
            struct vr_error *copy = vr_error_copy(err);
            if (same_dir(v[k].path, v[i].path)) { /* the last change goes first */
                change_undo(&v[k]);
                vr_error_move(&v[k].err, &copy);
            }
            vr_error_free(copy);
        }
    }
}

static void batch_free(void *arg)
{
    struct batch *batch = arg;
    for (size_t i = 0; i < batch->n; i++) {
        free(batch->v[i].path);
        free(batch->v[i].text);
        vr_error_free(batch->v[i].err);
    }
    free(batch);
}

/* ---- on the loop -------------------------------------------------------------------------------------------------- */

VR_SUSPENDS static void run_batch(struct op **ops, size_t n)
{
    struct batch *batch = vr_new(struct batch);
    batch->n = n;
    for (size_t i = 0; i < n; i++) {
        batch->v[i].kind = ops[i]->kind;
        batch->v[i].path = vr_strdup(ops[i]->path);
        batch->v[i].text = vr_strdup(ops[i]->text);
    }
    VR_AUTO(vr_error) *err = NULL;
    bool ended = vr_worker_run(VR_POOL_STORE, NULL, "store", batch_task, batch, batch_free, vr_after(VR_SPAN_STORE), &err);
    for (size_t i = 0; i < n; i++) {
        ops[i]->err = ended ? vr_take(batch->v[i].err) : vr_error_copy(err);
        ops[i]->done = true;
        vr_cond_broadcast(&ops[i]->cond);
        op_unref(ops[i]);
    }
    if (ended)
        batch_free(batch);
}

VR_SUSPENDS static void keeper_main(void *arg)
{
    while (queue_first) {
        struct op *ops[BATCH_MAX];
        size_t n = 0;
        while (queue_first && n < BATCH_MAX) {
            ops[n++] = queue_first;
            queue_first = queue_first->next;
        }
        if (!queue_first)
            queue_last = &queue_first;
        run_batch(ops, n);
    }
    keeper_runs = false;
}

VR_SUSPENDS static bool op_submit(enum op_kind kind, const char *path, const char *text, vr_time deadline,
                                  struct vr_error **err)
{
    struct op *op = vr_new(struct op);
    op->refs = 2;
    op->kind = kind;
    op->path = vr_strdup(path);
    op->text = vr_strdup(text);
    *queue_last = op;
    queue_last = &op->next;
    if (!keeper_runs) {
        /* A fiber of its own: the change must not depend on the life of the call that asked for it. */
        if (!vr_fiber_start(NULL, "store", keeper_main, NULL, err)) {
            queue_first = NULL; /* ours is the only one: nobody kept the queue */
            queue_last = &queue_first;
            op->refs = 1;
            op_unref(op);
            return false;
        }
        keeper_runs = true;
    }
    VR_AUTO(vr_error) *wait_err = NULL;
    while (!op->done && !wait_err)
        vr_cond_wait(&op->cond, deadline, &wait_err);
    bool ok = op->done && !op->err;
    if (op->done)
        vr_error_move(err, &op->err);
    else if (wait_err->code == VIR_ERR_OPERATION_TIMEOUT)
        vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, _("'%s' could not be written in time; it may still be"), path);
    else
        vr_error_move(err, &wait_err);
    op_unref(op);
    return ok;
}

VR_SUSPENDS bool vr_store_write(const char *path, const char *text, vr_time deadline, struct vr_error **err)
{
    return op_submit(OP_WRITE, path, text, deadline, err);
}

/* Asked once for each directory: the last one's answer is kept. */
static bool in_memory(const char *path)
{
    static char *known;
    static bool yes;
    if (known && same_dir(known, path))
        return yes;
    vr_autofree char *dir = vr_strndup(path, dir_len(path));
    struct statfs fs;
    if (statfs(dir, &fs) < 0)
        return false;
    free(known);
    known = vr_strdup(path);
    yes = fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC;
    return yes;
}

static bool write_now(const char *path, const char *text, struct vr_error **err)
{
    vr_autofree char *aside = aside_of(path);
    bool ok = write_aside(aside, text, false, err);
    if (ok && rename(aside, path) < 0)
        ok = vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot rename '%s' as '%s'"), aside, path);
    if (!ok)
        unlink(aside);
    return ok;
}

VR_SUSPENDS bool vr_store_write_state(const char *path, const char *text, vr_time deadline, struct vr_error **err)
{
    /* Never past a change of the same file that is still on its way. */
    if (!keeper_runs && in_memory(path))
        return write_now(path, text, err);
    return op_submit(OP_WRITE, path, text, deadline, err);
}

VR_SUSPENDS bool vr_store_remove(const char *path, vr_time deadline, struct vr_error **err)
{
    return op_submit(OP_REMOVE, path, NULL, deadline, err);
}

VR_SUSPENDS bool vr_store_link(const char *path, const char *target, vr_time deadline, struct vr_error **err)
{
    return op_submit(OP_LINK, path, target, deadline, err);
}

VR_SUSPENDS bool vr_store_rename(const char *from, const char *to, vr_time deadline, struct vr_error **err)
{
    return op_submit(OP_RENAME, from, to, deadline, err);
}

char *vr_store_document(const char *command, const char *name, const char *xml)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    vr_buf_str(&b, "<!--\n"
                   "WARNING: THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE\n"
                   "OVERWRITTEN AND LOST. Changes to this xml configuration should be made using:\n");
    if (name && strstr(name, "--")) /* which no comment may contain */
        name = NULL;
    vr_buf_printf(&b, "  virsh %s%s%s\n", command, name ? " " : "", name ? name : "");
    vr_buf_str(&b, "or other application using the libvirt API.\n-->\n\n");
    vr_buf_str(&b, xml);
    return vr_buf_take(&b);
}

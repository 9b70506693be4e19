/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "stored.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "loop/loop.h"
#include "store.h"

#define SUFFIX ".xml"

char *vr_stored_read(const char *path, size_t *len, struct vr_error **err)
{
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe by that name must not hold us up */
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot open '%s'"), path);
        return NULL;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > (off_t)VR_STORED_MAX) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("'%s' is no document"), path);
        return NULL;
    }
    vr_autofree char *text = vr_alloc((size_t)st.st_size + 1);
    size_t at = 0;
    while (at < (size_t)st.st_size) {
        ssize_t n = read(fd, text + at, (size_t)st.st_size - at);
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR) {
            vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot read '%s'"), path);
            return NULL;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    *len = at;
    return vr_take(text);
}

bool vr_stored_each(const char *directory, vr_stored_fn fn, void *opaque, struct vr_error **err)
{
    DIR *dir = opendir(directory);
    if (!dir)
        return errno == ENOENT || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to open dir '%s'"), directory);
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.' || !vr_ends_with(e->d_name, SUFFIX))
            continue;
        vr_autofree char *path = vr_printf("%s/%s", directory, e->d_name);
        vr_autofree char *name = vr_strndup(e->d_name, strlen(e->d_name) - strlen(SUFFIX));
        fn(path, name, opaque);
    }
    closedir(dir);
    return true;
}

void vr_stored_tidy(const char *directory)
{
    DIR *dir = opendir(directory);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (vr_ends_with(e->d_name, SUFFIX VR_STORE_ASIDE))
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
}

/* ---- all at once, off the loop ------------------------------------------------------------------------------------ */

void vr_stored_free(struct vr_stored *all)
{
    if (!all)
        return;
    for (size_t i = 0; i < all->n; i++) {
        free(all->v[i].path);
        free(all->v[i].name);
        free(all->v[i].text);
        vr_error_free(all->v[i].err);
    }
    free(all->v);
    free(all->directory);
    vr_error_free(all->err);
    free(all);
}

static void free_arg(void *arg)
{
    vr_stored_free(arg);
}

static void read_one(const char *path, const char *name, void *opaque)
{
    struct vr_stored *all = opaque;
    VR_GROW(all->v, all->n, all->cap);
    struct vr_stored_file *f = &all->v[all->n++];
    *f = (struct vr_stored_file){ .path = vr_strdup(path), .name = vr_strdup(name) };
    f->text = vr_stored_read(path, &f->len, &f->err);
}

static void read_all(void *arg)
{
    struct vr_stored *all = arg;
    vr_stored_each(all->directory, read_one, all, &all->err);
}

VR_SUSPENDS struct vr_stored *vr_stored_all(const char *directory, vr_time deadline, struct vr_error **err)
{
    struct vr_stored *all = vr_new(struct vr_stored);
    all->directory = vr_strdup(directory);
    if (!vr_worker_run(VR_POOL_STORE, NULL, "read definitions again", read_all, all, free_arg, deadline, err))
        return NULL;
    if (all->err) {
        vr_error_move(err, &all->err);
        vr_stored_free(all);
        return NULL;
    }
    return all;
}

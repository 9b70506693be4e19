/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.files"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "driver.h"
#include "loop/loop.h"

static void files_free(void *arg)
{
    struct vr_net_files *f = arg;
    for (size_t i = 0; i < f->n; i++) {
        free(f->v[i].path);
        free(f->v[i].text);
    }
    vr_error_free(f->err);
    free(f);
}

void vr_net_files_add(struct vr_net_files *f, char *path, char *text, mode_t mode)
{
    f->v[f->n].path = path;
    f->v[f->n].text = text;
    f->v[f->n++].mode = mode;
}

/* A reader never sees half of one. */
static bool write_file(const char *path, const char *text, mode_t mode, struct vr_error **err)
{
    vr_autofree char *aside = vr_printf("%s.new", path);
    unlink(aside);
    vr_autoclose int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    size_t len = strlen(text);
    bool good = fd >= 0 && fchmod(fd, mode) == 0 && write(fd, text, len) == (ssize_t)len && rename(aside, path) == 0;
    if (good)
        return true;
    vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("couldn't write dnsmasq config file '%s'"), path);
    unlink(aside);
    return false;
}

static void files_task(void *arg)
{
    struct vr_net_files *f = arg;
    for (size_t i = 0; i < f->n; i++) {
        if (f->v[i].text && !f->err)
            write_file(f->v[i].path, f->v[i].text, f->v[i].mode, &f->err);
        else if (!f->v[i].text && unlink(f->v[i].path) < 0 && errno != ENOENT)
            vr_fail_errno(&f->err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot remove '%s'"), f->v[i].path);
    }
}

VR_SUSPENDS bool vr_net_files_run(struct vr_net_files *f, struct vr_error **err)
{
    if (!vr_worker_run(VR_POOL_STORE, NULL, "dnsmasq files", files_task, f, files_free, vr_after(VR_NET_SPAN_STEP), err))
        return false;
    bool good = !f->err || vr_error_move(err, &f->err);
    files_free(f);
    return good;
}

VR_SUSPENDS bool vr_net_file_write(const char *name, const char *text, struct vr_error **err)
{
    struct vr_net_files *f = vr_new(struct vr_net_files);
    vr_net_files_add(f, vr_printf("%s/%s", vr_networks.dnsmasq_dir, name), vr_strdup(text), 0644);
    return vr_net_files_run(f, err);
}

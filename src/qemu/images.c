/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.images"
#include "images.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "deadlines.h"
#include "driver.h"
#include "host/mounts.h"
#include "loop/loop.h"
#include "model/domain.h"
#include "qemu/caps/firmware.h"
#include "qemu/command/chain.h"
#include "qemu/complete/complete.h"

/* ---- chains ------------------------------------------------------------------------------------------------------- */

struct probe {
    char *path;
    enum vr_storage_format format;
    struct vr_image_chain *chain;
    struct vr_error *err;
};

static void probe_task(void *arg)
{
    struct probe *p = arg;
    p->chain = vr_image_chain_probe(p->path, p->format, &p->err);
}

static void probe_free(void *arg)
{
    struct probe *p = arg;
    vr_image_chain_free(p->chain);
    vr_error_free(p->err);
    free(p->path);
    free(p);
}

VR_SUSPENDS static bool detect_one(struct vr_domain_def *live, struct vr_disk *disk, struct vr_error **err)
{
    struct vr_storage_source *end = vr_image_chain_open_end(disk);
    if (!end || !end->path)
        return true;
    struct probe *p = vr_new(struct probe);
    p->path = vr_strdup(end->path);
    p->format = end->format;
    vr_autofree char *mount = vr_mount_of(end->path);
    if (!vr_worker_run(VR_POOL_STORAGE, mount, "read image chain", probe_task, p, probe_free, vr_after(VR_SPAN_LAUNCH), err))
        return vr_error_prefix(err, _("disk '%s': "), disk->target);
    bool ok = p->chain != NULL;
    if (ok)
        vr_image_chain_apply(live, end, p->chain);
    else
        vr_error_move(err, &p->err);
    probe_free(p);
    return ok;
}

VR_SUSPENDS bool vr_images_detect(struct vr_domain_def *live, struct vr_error **err)
{
    for (size_t i = 0; i < live->disks.n; i++)
        if (!detect_one(live, live->disks.v[i], err))
            return false;
    return true;
}

/* ---- firmware ----------------------------------------------------------------------------------------------------- */

struct variables {
    char *path, *template;
    uid_t uid;
    gid_t gid;
    bool owned;
    struct vr_error *err;
};

static void variables_free(void *arg)
{
    struct variables *v = arg;
    vr_error_free(v->err);
    free(v->path);
    free(v->template);
    free(v);
}

/* Written aside and renamed: a guest must never find half a file of variables. */
static void variables_task(void *arg)
{
    struct variables *v = arg;
    if (access(v->path, F_OK) == 0)
        return;
    vr_autofree char *aside = vr_printf("%s.new", v->path);
    vr_autoclose int from = open(v->template, O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        vr_fail_errno(&v->err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to open file '%s'"), v->template);
        return;
    }
    unlink(aside); /* the directory is QEMU's user's: neither a link nor a pipe of his is opened */
    vr_autoclose int to = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0) {
        vr_fail_errno(&v->err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to create file '%s'"), v->path);
        return;
    }
    char block[4096];
    ssize_t n;
    while ((n = read(from, block, sizeof(block))) > 0 && write(to, block, (size_t)n) == n)
        ;
    if (n != 0 || (v->owned && fchown(to, v->uid, v->gid) < 0) || fsync(to) < 0 || rename(aside, v->path) < 0) {
        vr_fail_errno(&v->err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to write to file '%s'"), v->path);
        unlink(aside);
    }
}

VR_SUSPENDS static bool make_variables(struct vr_domain_def *live, uid_t uid, gid_t gid, bool owned, struct vr_error **err)
{
    if (!live->os.nvram || !live->os.nvram->path || live->os.nvram->type == VR_STORAGE_NETWORK)
        return true;
    if (!live->os.nvram_template)
        return true; /* QEMU says so when the file is not there */
    struct variables *v = vr_new(struct variables);
    v->path = vr_strdup(live->os.nvram->path);
    v->template = vr_strdup(live->os.nvram_template);
    v->uid = uid;
    v->gid = gid;
    v->owned = owned;
    if (!vr_worker_run(VR_POOL_STORAGE, NULL, "firmware variables", variables_task, v, variables_free, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    bool ok = !v->err;
    vr_error_move(err, &v->err);
    variables_free(v);
    return ok;
}

struct firmwares {
    struct vr_firmware_list *list;
};

static void firmwares_task(void *arg)
{
    ((struct firmwares *)arg)->list = vr_firmware_load(NULL);
}

static void firmwares_free(void *arg)
{
    vr_firmware_list_free(((struct firmwares *)arg)->list);
    free(arg);
}

VR_SUSPENDS struct vr_firmware_list *vr_images_firmware_list(struct vr_error **err)
{
    struct firmwares *f = vr_new(struct firmwares);
    if (!vr_worker_run(VR_POOL_STORE, NULL, "firmware descriptors", firmwares_task, f, firmwares_free,
                       vr_after(VR_SPAN_QUERY), err))
        return NULL;
    struct vr_firmware_list *list = vr_take(f->list);
    firmwares_free(f);
    return list;
}

VR_SUSPENDS bool vr_images_firmware(struct vr_domain_def *live, uid_t uid, gid_t gid, bool owned, struct vr_error **err)
{
    if (live->os.firmware != VR_FIRMWARE_UNSET) {
        VR_AUTO(vr_firmware_list) *list = vr_images_firmware_list(err);
        if (!list)
            return false;
        vr_autofree char *nvram_dir = vr_printf("%s/nvram", vr_qemu.lib_dir);
        if (!vr_qemu_fill_firmware(live, list, nvram_dir, err))
            return false;
    }
    return make_variables(live, uid, gid, owned, err);
}

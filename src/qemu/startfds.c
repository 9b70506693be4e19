/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "startfds.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "deadlines.h"
#include "loop/loop.h"
#include "unixsock.h"

/* 0 to 2 are the standard ones. */
#define FIRST_NUMBER 3

void vr_start_fds_add(struct vr_start_fds *fds, enum vr_qemu_fd kind, const char *alias, unsigned nth, int fd)
{
    VR_GROW(fds->v, fds->n, fds->cap);
    fds->v[fds->n] = (struct vr_start_fd){ kind, vr_strdup(alias), nth, fd, FIRST_NUMBER + (int)fds->n };
    fds->n++;
}

int vr_start_fds_number(void *opaque, enum vr_qemu_fd kind, const char *alias, unsigned nth)
{
    const struct vr_start_fds *fds = opaque;
    for (size_t i = 0; i < fds->n; i++) {
        const struct vr_start_fd *f = &fds->v[i];
        /* There is one monitor and one vsock: their alias says nothing. */
        if (f->kind == kind && f->nth == nth && (!f->alias || (alias && vr_streq(f->alias, alias))))
            return f->number;
    }
    return -1;
}

void vr_start_fds_done(struct vr_start_fds *fds)
{
    for (size_t i = 0; i < fds->n; i++) {
        if (fds->v[i].fd >= 0)
            close(fds->v[i].fd);
        free(fds->v[i].alias);
    }
    free(fds->v);
    *fds = (struct vr_start_fds){ 0 };
}

/* ---- what is to be opened, and the worker that does --------------------------------------------------------------- */

enum open_kind { OPEN_FILE, OPEN_LISTEN, OPEN_DEVICE };
struct opening {
    enum open_kind what;
    enum vr_qemu_fd kind;
    char *alias, *path;
    unsigned nth;
    bool truncate;
    int fd;
};
struct openings {
    struct opening *v;
    size_t n, cap;
    uid_t uid;
    gid_t gid;
    bool owned;
    struct vr_error *err;
};

static void openings_free(void *arg)
{
    struct openings *o = arg;
    for (size_t i = 0; i < o->n; i++) {
        if (o->v[i].fd >= 0)
            close(o->v[i].fd);
        free(o->v[i].alias);
        free(o->v[i].path);
    }
    free(o->v);
    vr_error_free(o->err);
    free(o);
}

/* What stock says of each kind of device. */
static void cannot_open(struct openings *o, const struct opening *w, int errnum)
{
    switch (w->kind) {
    case VR_QEMU_FD_VSOCK:
        vr_fail(&o->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("unable to open vhost-vsock device"));
        break;
    case VR_QEMU_FD_VHOST_SCSI:
        vr_error_report(&o->err, VIR_FROM_NONE, VIR_ERR_CONFIG_UNSUPPORTED, -1,
                        _("vhost-scsi device file '%s' cannot be found"), w->path);
        break;
    case VR_QEMU_FD_TPM:
        vr_fail_errno(&o->err, VIR_ERR_SYSTEM_ERROR, errnum,
                      w->nth ? _("Could not open TPM device's cancel path %s") : _("Could not open TPM device %s"), w->path);
        break;
    default:
        vr_fail_errno(&o->err, VIR_ERR_SYSTEM_ERROR, errnum, _("unable to open %s"), w->path);
        break;
    }
}

static void open_task(void *arg)
{
    struct openings *o = arg;
    for (size_t i = 0; i < o->n && !o->err; i++) {
        struct opening *w = &o->v[i];
        if (w->what == OPEN_LISTEN) {
            w->fd = vr_unix_listen(w->path, 0775, &o->err);
            if (w->fd >= 0 && o->owned)
                vr_unix_give(w->path, o->uid, o->gid, &o->err);
        } else if (w->what == OPEN_DEVICE) {
            w->fd = open(w->path, O_RDWR | O_CLOEXEC);
            if (w->fd < 0)
                cannot_open(o, w, errno);
        } else {
            w->fd = open(w->path, O_WRONLY | O_CREAT | O_CLOEXEC | (w->truncate ? O_TRUNC : O_APPEND), 0600);
            if (w->fd < 0)
                vr_fail_errno(&o->err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to create file '%s'"), w->path);
        }
    }
}

static void want(struct openings *o, enum open_kind what, enum vr_qemu_fd kind, const char *alias, unsigned nth,
                 const char *path, bool truncate)
{
    VR_GROW(o->v, o->n, o->cap);
    o->v[o->n++] = (struct opening){ what, kind, vr_strdup(alias), vr_strdup(path), nth, truncate, -1 };
}

static void want_chr(struct openings *o, struct vr_domain_def *def, struct vr_chr *chr, const char *channel_dir)
{
    struct vr_chr_source *src = &chr->src;
    const char *alias = chr->info.alias;
    if (!alias || o->err)
        return;
    /* Its socket, made by root over whatever is there, is called after the channel and must stay in the guest's directory. */
    if (chr->kind == VR_CHR_KIND_CHANNEL && src->type == VR_CHR_UNIX && src->path && chr->name && strchr(chr->name, '/') &&
        vr_starts_with(src->path, channel_dir)) {
        vr_fail(&o->err, VIR_ERR_XML_ERROR, _("the name '%s' of a channel whose socket has no path cannot contain '/'"),
                chr->name);
        return;
    }
    if (chr->kind == VR_CHR_KIND_CHANNEL && src->type == VR_CHR_UNIX && !src->path) {
        src->mode = VR_CHR_SOURCE_BIND;
        src->path = vr_arena_printf(def->arena, "%s/%s", channel_dir, chr->name ? chr->name : alias);
    }
    if (src->type == VR_CHR_FILE && src->path)
        want(o, OPEN_FILE, VR_QEMU_FD_CHARDEV_LOG, alias, 0, src->path, src->append != VR_TRI_ON);
    if (src->type == VR_CHR_UNIX && src->path && src->mode == VR_CHR_SOURCE_BIND)
        want(o, OPEN_LISTEN, VR_QEMU_FD_CHARDEV, alias, 0, src->path, false);
    if (src->log_file)
        want(o, OPEN_FILE, VR_QEMU_FD_CHARDEV_LOG, alias, 1, src->log_file, src->log_append != VR_TRI_ON);
}

/* A TPM of the host, and the file by which a command of its is given up; where that is depends on the kernel's age. */
static void want_tpm(struct openings *o, const struct vr_tpm *tpm)
{
    const char *path = tpm->device_path ? tpm->device_path : "/dev/tpm0";
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    vr_autofree char *cancel = vr_printf("/sys/class/tpm/%s/device/cancel", name);
    vr_autofree char *old = vr_printf("/sys/class/misc/%s/device/cancel", name);
    want(o, OPEN_DEVICE, VR_QEMU_FD_TPM, tpm->info.alias, 0, path, false);
    want(o, OPEN_DEVICE, VR_QEMU_FD_TPM, tpm->info.alias, 1, access(cancel, F_OK) < 0 && access(old, F_OK) == 0 ? old : cancel,
         false);
}

VR_SUSPENDS bool vr_start_fds_open(struct vr_start_fds *fds, struct vr_domain_def *def, const char *channel_dir,
                                   uid_t uid, gid_t gid, bool owned, struct vr_error **err)
{
    struct openings *o = vr_new(struct openings);
    o->uid = uid;
    o->gid = gid;
    o->owned = owned;
    for (size_t i = 0; i < def->serials.n; i++)
        want_chr(o, def, def->serials.v[i], channel_dir);
    for (size_t i = 0; i < def->parallels.n; i++)
        want_chr(o, def, def->parallels.v[i], channel_dir);
    for (size_t i = 0; i < def->channels.n; i++)
        want_chr(o, def, def->channels.v[i], channel_dir);
    for (size_t i = 0; i < def->consoles.n; i++) /* one on a serial port is that port, seen again */
        if (def->consoles.v[i]->console_target != VR_CONSOLE_SERIAL)
            want_chr(o, def, def->consoles.v[i], channel_dir);
    for (size_t i = 0; i < def->tpms.n; i++)
        if (def->tpms.v[i]->backend == VR_TPM_BACKEND_PASSTHROUGH)
            want_tpm(o, def->tpms.v[i]);
    if (def->vsock)
        want(o, OPEN_DEVICE, VR_QEMU_FD_VSOCK, NULL, 0, "/dev/vhost-vsock", false);
    for (size_t i = 0; i < def->hostdevs.n; i++) {
        const struct vr_hostdev *h = def->hostdevs.v[i];
        if (h->mode == VR_HOSTDEV_MODE_SUBSYS && h->type == VR_HOSTDEV_SCSI_HOST)
            want(o, OPEN_DEVICE, VR_QEMU_FD_VHOST_SCSI, h->info.alias, 0, "/dev/vhost-scsi", false);
    }
    if (!o->n || o->err) {
        bool ok = !o->err;
        vr_error_move(err, &o->err);
        openings_free(o);
        return ok;
    }
    if (!vr_worker_run(VR_POOL_STORAGE, NULL, "open character devices", open_task, o, openings_free,
                       vr_after(VR_SPAN_LAUNCH), err))
        return false;
    bool ok = !o->err;
    vr_error_move(err, &o->err);
    for (size_t i = 0; ok && i < o->n; i++)
        vr_start_fds_add(fds, o->v[i].kind, o->v[i].alias, o->v[i].nth, vr_take_fd(&o->v[i].fd));
    openings_free(o);
    return ok;
}

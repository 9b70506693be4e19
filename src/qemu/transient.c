/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.transient"
#include "transient.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "deadlines.h"
#include "domain.h"
#include "driver.h"
#include "helper.h"
#include "host/mounts.h"
#include "loop/child.h"
#include "model/domain.h"
#include "monitor.h"
#include "process.h"
#include "qemu/command/command.h"

#define IMAGE_SPAN VR_SEC(60)

static char *suffix_of(const struct vr_domain *dom)
{
    return vr_printf(".TRANSIENT-%s", dom->name);
}

static bool is_transient(const struct vr_disk *disk)
{
    return disk->transient == VR_TRI_YES && disk->src && disk->src->path &&
           (disk->src->type == VR_STORAGE_FILE || disk->src->type == VR_STORAGE_BLOCK);
}

static bool is_shared(const struct vr_disk *disk)
{
    return disk->transient_share_backing == VR_TRI_YES;
}

/* ---- the image ---------------------------------------------------------------------------------------------------- */

struct upper {
    char *path;
    bool owned, remove;
    uid_t uid;
    gid_t gid;
    struct vr_error *err;
};

static void upper_free(void *arg)
{
    struct upper *u = arg;
    vr_error_free(u->err);
    free(u->path);
    free(u);
}

static void upper_task(void *arg)
{
    struct upper *u = arg;
    if (u->remove && unlink(u->path) < 0 && errno != ENOENT)
        vr_fail_errno(&u->err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot remove '%s'"), u->path);
    if (!u->remove && u->owned && lchown(u->path, u->uid, u->gid) < 0)
        vr_fail_errno(&u->err, VIR_ERR_SYSTEM_ERROR, errno, _("unable to set user and group to '%d:%d' on '%s'"),
                      (int)u->uid, (int)u->gid, u->path);
}

VR_SUSPENDS static bool on_worker(const struct vr_guest_run *run, const char *path, bool away, struct vr_error **err)
{
    struct upper *u = vr_new(struct upper);
    u->path = vr_strdup(path);
    u->remove = away;
    u->owned = vr_qemu.privileged;
    u->uid = run->uid;
    u->gid = run->gid;
    vr_autofree char *mount = vr_mount_of(path);
    if (!vr_worker_run(VR_POOL_STORAGE, mount, "transient image", upper_task, u, upper_free, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    bool ok = !u->err;
    vr_error_move(err, &u->err);
    upper_free(u);
    return ok;
}

/* One of that name is this guest's, from a run that ended with the host. */
VR_SUSPENDS static bool make_image(struct vr_domain *dom, const struct vr_disk *disk, const char *path, struct vr_error **err)
{
    const char *format = vr_storage_format_names[disk->src->format];
    const char *const argv[] = { "/usr/bin/qemu-img", "create", "-q", "-f", "qcow2", "-F", format, "-b", disk->src->path,
                                 path, NULL };
    const struct vr_child child = { .argv = argv, .deadline = vr_after(IMAGE_SPAN) };
    vr_autochild struct vr_child_result result = { 0 };
    if (!on_worker(dom->run, path, true, err) || !vr_child_run_ok(&child, &result, err))
        return vr_error_prefix(err, _("transient disk '%s': "), disk->target);
    return on_worker(dom->run, path, false, err);
}

static struct vr_storage_source *upper_source(struct vr_domain_def *def, const struct vr_disk *disk, const char *path,
                                              unsigned number)
{
    struct vr_storage_source *s = vr_arena_new_of(def->arena, struct vr_storage_source);
    s->type = VR_STORAGE_FILE;
    s->path = vr_arena_strdup(def->arena, path);
    s->format = VR_FORMAT_QCOW2;
    s->id = number;
    s->node_storage = vr_arena_printf(def->arena, "libvirt-%u-storage", number);
    s->node_format = vr_arena_printf(def->arena, "libvirt-%u-format", number);
    s->backing = disk->src;
    s->backing->below = true;
    return s;
}

/* ---- the interface ------------------------------------------------------------------------------------------------ */

VR_SUSPENDS bool vr_transient_prepare(struct vr_domain *dom, unsigned *next, struct vr_error **err)
{
    struct vr_domain_def *def = dom->live;
    vr_autofree char *suffix = suffix_of(dom);
    for (size_t i = 0; i < def->disks.n; i++) {
        struct vr_disk *disk = def->disks.v[i];
        if (disk->transient != VR_TRI_YES)
            continue;
        if (!is_transient(disk))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("transient disk '%s' is not an image of this host"), disk->target);
        vr_autofree char *path = vr_printf("%s%s", disk->src->path, suffix);
        if (!make_image(dom, disk, path, err))
            return false;
        if (!is_shared(disk))
            continue;
        disk->src->readonly = true;
        disk->src = upper_source(def, disk, path, (*next)++);
    }
    return true;
}

VR_SUSPENDS static bool call(struct vr_domain *dom, const char *command, struct vr_json *args, struct vr_error **err)
{
    return args && vr_monitor_call(dom->run->monitor, VR_QMP_MODIFY, command, args, NULL, vr_after(VR_SPAN_MODIFY), err);
}

/* Its node stands on nothing: what is below is told by the snapshot. */
static struct vr_json *upper_node(const struct vr_disk *disk, const struct vr_storage_source *s, bool storage,
                                  struct vr_error **err)
{
    struct vr_json *node = vr_qemu_block_node(disk, s, storage, err);
    if (node && !storage) {
        vr_json_remove(node, "backing");
        vr_json_add(node, "backing", vr_json_null());
    }
    return node;
}

VR_SUSPENDS bool vr_transient_raise(struct vr_domain *dom, struct vr_error **err)
{
    struct vr_domain_def *def = dom->live;
    vr_autofree char *suffix = suffix_of(dom);
    for (size_t i = 0; i < def->disks.n; i++) {
        struct vr_disk *disk = def->disks.v[i];
        if (!is_transient(disk) || is_shared(disk) || vr_ends_with(disk->src->path, suffix))
            continue;
        vr_autofree char *path = vr_printf("%s%s", disk->src->path, suffix);
        struct vr_storage_source *upper = upper_source(def, disk, path, ++dom->run->nodename_index);
        struct vr_storage_source *base = disk->src;
        disk->src = upper; /* cache modes and the like are the disk's own, so the upper node has them */
        struct vr_json *snapshot = vr_json_object();
        vr_json_add_str(snapshot, "node", base->node_format);
        vr_json_add_str(snapshot, "overlay", upper->node_format);
        bool ok = call(dom, "blockdev-add", upper_node(disk, upper, true, err), err) &&
                  call(dom, "blockdev-add", upper_node(disk, upper, false, err), err);
        if (!ok) {
            vr_json_free(snapshot);
            return false;
        }
        if (!call(dom, "blockdev-snapshot", snapshot, err))
            return false;
        base->readonly = true;
    }
    return true;
}

VR_SUSPENDS void vr_transient_remove(struct vr_domain *dom)
{
    const struct vr_domain_def *def = dom->live;
    vr_autofree char *suffix = suffix_of(dom);
    for (size_t i = 0; i < def->disks.n; i++) {
        const struct vr_disk *disk = def->disks.v[i];
        if (!is_transient(disk))
            continue;
        VR_AUTO(vr_error) *err = NULL;
        vr_autofree char *path = vr_ends_with(disk->src->path, suffix) ? vr_strdup(disk->src->path)
                                                                       : vr_printf("%s%s", disk->src->path, suffix);
        if (!on_worker(dom->run, path, true, &err))
            vr_warn("domain '%s': %s", dom->name, vr_error_text(err));
    }
}

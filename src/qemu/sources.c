/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.sources"
#include "sources.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "api/constants.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "deadlines.h"
#include "domain.h"
#include "fdgroups.h"
#include "driver.h"
#include "events.h"
#include "host/mounts.h"
#include "host/user.h"
#include "model/domain.h"

/* ---- users of NFS by libnfs --------------------------------------------------------------------------------------- */

struct identity {
    char *user, *group;
    uid_t uid;
    gid_t gid;
    struct vr_error *err;
};

static void identity_free(void *arg)
{
    struct identity *id = arg;
    vr_error_free(id->err);
    free(id->user);
    free(id->group);
    free(id);
}

/* "name" asks name services, which may take their time. */
static void identity_task(void *arg)
{
    struct identity *id = arg;
    if (id->user && !vr_user_parse(id->user, &id->uid, NULL))
        vr_error_report(&id->err, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, -1, _("Failed to parse user '%s'"), id->user);
    else if (id->group && !vr_group_parse(id->group, &id->gid, NULL))
        vr_error_report(&id->err, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, -1, _("Failed to parse group '%s'"), id->group);
}

VR_SUSPENDS static bool resolve_identity(struct vr_domain_def *def, struct vr_storage_source *s, struct vr_error **err)
{
    struct identity *id = vr_new(struct identity);
    id->user = vr_strdup(s->nfs_user);
    id->group = vr_strdup(s->nfs_group);
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "users of storage", identity_task, id, identity_free, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    bool ok = !id->err;
    vr_error_move(err, &id->err);
    if (ok && s->nfs_user)
        s->nfs_user = vr_arena_printf(def->arena, "+%u", (unsigned)id->uid);
    if (ok && s->nfs_group)
        s->nfs_group = vr_arena_printf(def->arena, "+%u", (unsigned)id->gid);
    identity_free(id);
    return ok;
}

/* ---- each source -------------------------------------------------------------------------------------------------- */

VR_SUSPENDS static bool translate(struct vr_domain *dom, struct vr_domain_def *def, struct vr_storage_source *s, struct vr_error **err)
{
    if (s->fdgroup && (!dom || !vr_fdgroup_find(dom, s->fdgroup)))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("file descriptor group '%s' was not associated with the domain"),
                       s->fdgroup);
    /* No pool can be defined yet, so none has that name. */
    if (s->type == VR_STORAGE_VOLUME)
        return vr_error_report(err, VIR_FROM_STORAGE, VIR_ERR_NO_STORAGE_POOL, -1,
                               _("no storage pool with matching name '%s'"), s->pool ? s->pool : "");
    if (s->type == VR_STORAGE_NETWORK && s->protocol == VR_PROTO_NFS && (s->nfs_user || s->nfs_group))
        return resolve_identity(def, s, err);
    return true;
}

VR_SUSPENDS bool vr_sources_translate(struct vr_domain *dom, struct vr_domain_def *def, struct vr_error **err)
{
    for (size_t i = 0; i < def->disks.n; i++)
        for (struct vr_storage_source *s = def->disks.v[i]->src; s && s->type != VR_STORAGE_UNSET; s = s->backing)
            if (!translate(dom, def, s, err))
                return false;
    return true;
}

/* ---- images that may be missing ----------------------------------------------------------------------------------- */

struct look {
    char *path;
    bool there;
};

static void look_free(void *arg)
{
    struct look *look = arg;
    free(look->path);
    free(look);
}

static void look_task(void *arg)
{
    struct look *look = arg;
    look->there = access(look->path, F_OK) == 0;
}

VR_SUSPENDS static bool is_there(const char *path, bool *there, struct vr_error **err)
{
    struct look *look = vr_new(struct look);
    look->path = vr_strdup(path);
    vr_autofree char *mount = vr_mount_of(path);
    if (!vr_worker_run(VR_POOL_STORAGE, mount, "look for image", look_task, look, look_free, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    *there = look->there;
    look_free(look);
    return true;
}

VR_SUSPENDS bool vr_sources_drop_missing(struct vr_domain *dom, struct vr_error **err)
{
    struct vr_domain_def *def = dom->live;
    for (size_t i = def->disks.n; i > 0; i--) {
        struct vr_disk *disk = def->disks.v[i - 1];
        const struct vr_storage_source *s = disk->src;
        bool there = true, removable = disk->device == VR_DISK_CDROM || disk->device == VR_DISK_FLOPPY;
        if (!s || !s->path || !vr_streq0(s->startup_policy, "optional") ||
            (s->type != VR_STORAGE_FILE && s->type != VR_STORAGE_BLOCK))
            continue;
        if (!is_there(s->path, &there, err))
            return false;
        if (there)
            continue;
        vr_warn("domain '%s': '%s' of disk '%s' is missing: the guest starts without it, as its startupPolicy says", dom->name,
                s->path, disk->target);
        vr_emit_disk_change(dom, s->path, NULL, disk->info.alias,
                            removable ? VIR_DOMAIN_EVENT_DISK_CHANGE_MISSING_ON_START : VIR_DOMAIN_EVENT_DISK_DROP_MISSING_ON_START);
        if (removable)
            disk->src = vr_arena_new_of(def->arena, struct vr_storage_source);
        else
            VR_LIST_REMOVE(&def->disks, i - 1);
    }
    return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a request says about disks, completed to one entry for each disk of the guest. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN_SNAPSHOT
#include "tables.h"

#include <string.h>
#include "base/str.h"

static bool source_empty(const struct vr_disk *k)
{
    const struct vr_storage_source *s = k->src;
    return !s || (!s->path && s->type != VR_STORAGE_NETWORK && s->type != VR_STORAGE_VOLUME &&
                  s->type != VR_STORAGE_NVME && s->type != VR_STORAGE_VHOST_USER);
}

/* The domain's own names differ in order: "internal" and so on by word. */
static enum vr_snapshot_location of_disk(const struct vr_disk *k)
{
    int i = k->snapshot ? vr_name_index(vr_snapshot_location_names, vr_snapshot_mode_names[k->snapshot]) : 0;
    return i > 0 ? (enum vr_snapshot_location)i : VR_SNAPSHOT_UNSET;
}

/* "/images/vda.qcow2" and snapshot "s" make "/images/vda.s". */
static bool name_image(struct vr_snapshot_def *def, struct vr_snapshot_disk *d, const struct vr_disk *k,
                       struct vr_error **err)
{
    if (d->location != VR_SNAPSHOT_EXTERNAL || d->src->path || d->src->name)
        return true;
    if (d->src->type != VR_STORAGE_FILE)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("cannot generate external snapshot name for disk '%s' on a '%s' device"), d->name,
                       vr_storage_type_names[d->src->type]);
    const char *path = k->src ? k->src->path : NULL;
    if (!path)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("cannot generate external snapshot name for disk '%s' without source"), d->name);
    if (k->src->type != VR_STORAGE_FILE)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("source for disk '%s' is not a regular file; refusing to generate external snapshot name"),
                       d->name);
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t keep = dot && (!slash || dot > slash) ? (size_t)(dot - path) : strlen(path);
    d->src->path = vr_arena_printf(def->arena, "%.*s.%s", (int)keep, path, def->name);
    return true;
}

static bool settle(struct vr_snapshot_disk *d, const struct vr_disk *k, enum vr_snapshot_location usual, bool uniform,
                   struct vr_error **err)
{
    enum vr_snapshot_location own = of_disk(k);
    if (!d->location) {
        d->location = own && (!uniform || own == usual || own == VR_SNAPSHOT_NO) ? own : usual;
    } else if (uniform && d->location != usual && !(d->location == VR_SNAPSHOT_NO && own == VR_SNAPSHOT_NO)) {
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("disk '%s' must use snapshot mode '%s'"), d->name,
                       vr_snapshot_location_names[usual]);
    }
    if (d->src->path && d->location != VR_SNAPSHOT_EXTERNAL)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("file '%s' for disk '%s' requires use of external snapshot mode"), d->src->path, d->name);
    d->name = k->target;
    return true;
}

bool vr_snapshot_align_disks(struct vr_snapshot_def *def, const struct vr_domain_def *domain,
                             enum vr_snapshot_location usual, bool uniform, struct vr_error **err)
{
    const struct vr_domain_def *guest = def->domain ? def->domain : domain;
    if (!guest)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("missing domain in snapshot"));
    if (!guest->disks.n && !def->disks.n)
        return true;
    struct vr_snapshot_disk **asked =
        vr_arena_alloc(def->arena, (guest->disks.n + 1) * sizeof(*asked));
    for (size_t i = 0; i < def->disks.n; i++) {
        struct vr_snapshot_disk *d = def->disks.v[i];
        const struct vr_disk *k = vr_moment_disk(guest, d->name);
        if (!k)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("no disk named '%s'"), d->name);
        size_t at = 0;
        while (guest->disks.v[at] != k)
            at++;
        if (asked[at])
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("disk '%s' specified twice"), k->target);
        asked[at] = d;
        if (!settle(d, k, usual, uniform, err))
            return false;
    }
    def->disks.v = NULL;
    def->disks.n = 0;
    for (size_t i = 0; i < guest->disks.n; i++) {
        const struct vr_disk *k = guest->disks.v[i];
        struct vr_snapshot_disk *d = asked[i];
        if (!d) {
            d = vr_arena_new_of(def->arena, struct vr_snapshot_disk);
            d->src = vr_arena_new_of(def->arena, struct vr_storage_source);
            d->src->type = VR_STORAGE_FILE;
            d->name = vr_arena_strdup(def->arena, k->target);
            enum vr_snapshot_location own = of_disk(k);
            d->location = source_empty(k) ? VR_SNAPSHOT_NO : own ? own : usual;
        } else {
            d->name = vr_arena_strdup(def->arena, k->target);
        }
        VR_LIST_ADD(def->arena, &def->disks, d);
        if (!name_image(def, d, k, err))
            return false;
    }
    return true;
}

bool vr_snapshot_is_external(const struct vr_snapshot_def *def)
{
    bool external = def->memory == VR_SNAPSHOT_EXTERNAL;
    for (size_t i = 0; i < def->disks.n; i++)
        external |= def->disks.v[i]->location == VR_SNAPSHOT_EXTERNAL;
    return external;
}

bool vr_snapshot_align_redefined(struct vr_snapshot_def *def, const struct vr_domain_def *domain, struct vr_error **err)
{
    bool external = def->state == VR_SNAPSHOT_STATE_DISK_SNAPSHOT || vr_snapshot_is_external(def);
    return vr_snapshot_align_disks(def, domain, external ? VR_SNAPSHOT_EXTERNAL : VR_SNAPSHOT_INTERNAL, !external, err);
}

/* ---- checkpoints ------------------------------------------------------------------------------------------------- */
#undef VR_ERROR_DOMAIN
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN_CHECKPOINT

bool vr_checkpoint_align_disks(struct vr_checkpoint_def *def, const struct vr_domain_def *domain, struct vr_error **err)
{
    const struct vr_domain_def *guest = def->domain ? def->domain : domain;
    if (!guest)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("missing domain in checkpoint"));
    if (def->disks.n > guest->disks.n)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("too many disk checkpoint requests for domain"));
    bool all = !def->disks.n;
    struct vr_checkpoint_disk **asked = vr_arena_alloc(def->arena, (guest->disks.n + 1) * sizeof(*asked));
    for (size_t i = 0; i < def->disks.n; i++) {
        struct vr_checkpoint_disk *d = def->disks.v[i];
        const struct vr_disk *k = vr_moment_disk(guest, d->name);
        if (!k)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("no disk named '%s'"), d->name);
        size_t at = 0;
        while (guest->disks.v[at] != k)
            at++;
        if (asked[at])
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("disk '%s' specified twice"), k->target);
        if (d->type == VR_CHECKPOINT_BITMAP && (source_empty(k) || k->readonly))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("disk '%s' is empty or readonly"), k->target);
        asked[at] = d;
    }
    def->disks.v = NULL;
    def->disks.n = 0;
    for (size_t i = 0; i < guest->disks.n; i++) {
        const struct vr_disk *k = guest->disks.v[i];
        struct vr_checkpoint_disk *d = asked[i];
        if (!d) {
            d = vr_arena_new_of(def->arena, struct vr_checkpoint_disk);
            d->type = all && !source_empty(k) && !k->readonly ? VR_CHECKPOINT_BITMAP : VR_CHECKPOINT_NO;
        }
        d->name = vr_arena_strdup(def->arena, k->target);
        if (d->type == VR_CHECKPOINT_BITMAP && !d->bitmap)
            d->bitmap = def->name;
        VR_LIST_ADD(def->arena, &def->disks, d);
    }
    return true;
}

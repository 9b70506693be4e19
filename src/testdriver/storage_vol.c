/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes, which take room and hold nothing; and which pools would share their storage. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include "storage.h"

#include <stdlib.h>

/* ---- two pools on one storage ------------------------------------------------------------------------------------ */

static bool same_device(const struct vr_pool_source *a, const struct vr_pool_source *b)
{
    for (size_t i = 0; i < a->devices.n; i++)
        for (size_t k = 0; k < b->devices.n; k++)
            if (vr_streq0(a->devices.v[i]->path, b->devices.v[k]->path))
                return true;
    return false;
}

static bool same_host(const struct vr_pool_source *a, const struct vr_pool_source *b)
{
    return a->hosts.n == 1 && b->hosts.n == 1 && vr_streq0(a->hosts.v[0]->name, b->hosts.v[0]->name) &&
           a->hosts.v[0]->port.set == b->hosts.v[0]->port.set && a->hosts.v[0]->port.v == b->hosts.v[0]->port.v;
}

static const char *host_number(const char *name)
{
    return vr_starts_with(name, "scsi_") ? name + strlen("scsi_") : name;
}

static bool same_adapter(const struct vr_pool_adapter *a, const struct vr_pool_adapter *b)
{
    if (!a || !b || a->type != b->type)
        return false;
    if (a->type == VR_POOL_ADAPTER_FC_HOST)
        return vr_streq0(a->wwnn, b->wwnn) && vr_streq0(a->wwpn, b->wwpn);
    if (a->name && b->name)
        return vr_streq(host_number(a->name), host_number(b->name));
    return a->has_parent && b->has_parent && a->unique_id.v == b->unique_id.v &&
           memcmp(&a->address, &b->address, sizeof(a->address)) == 0;
}

static bool is_on_devices(enum vr_pool_type type)
{
    return type == VR_POOL_FS || type == VR_POOL_LOGICAL || type == VR_POOL_DISK || type == VR_POOL_ZFS;
}

static bool share(const struct vr_pool_def *a, const struct vr_pool_def *b)
{
    const struct vr_pool_source *s = &a->source, *t = &b->source;
    if (is_on_devices(a->type) && is_on_devices(b->type))
        return same_device(s, t);
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VR_POOL_DIR:
        return vr_streq0(a->target, b->target);
    case VR_POOL_NETFS:
        return vr_streq0(s->dir, t->dir) && same_host(s, t);
    case VR_POOL_GLUSTER:
        return vr_streq0(s->name, t->name) && vr_streq0(s->dir, t->dir) && same_host(s, t);
    case VR_POOL_SCSI:
        return same_adapter(s->adapter, t->adapter);
    case VR_POOL_ISCSI:
    case VR_POOL_ISCSI_DIRECT:
        return same_device(s, t) && same_host(s, t) && vr_streq0(s->initiator, t->initiator);
    case VR_POOL_SHEEPDOG:
        return same_host(s, t);
    case VR_POOL_VSTORAGE:
        return vr_streq0(s->name, t->name);
    default:
        return a->type == VR_POOL_MPATH; /* there is one multipath per host */
    }
}

struct vr_test_pool *vr_test_pool_conflict(const struct vr_test *test, const struct vr_pool_def *def)
{
    VR_TEST_EACH(vr_test_pool, pool, test->pools)
        if (!vr_streq(pool->def->name, def->name) && share(pool->def, def))
            return pool;
    return NULL;
}

/* ---- volumes ----------------------------------------------------------------------------------------------------- */

static struct vr_volume_def *find_volume(const struct vr_test_pool *pool, const char *name)
{
    VR_TEST_EACH(vr_volume_def, vol, pool->volumes)
        if (vr_streq(vol->name, name))
            return vol;
    return NULL;
}

static struct vr_nonnull_storage_vol name_of(struct vr_arena *arena, const struct vr_test_pool *pool,
                                             const struct vr_volume_def *vol)
{
    return (struct vr_nonnull_storage_vol){ .pool = vr_arena_strdup(arena, pool->def->name),
                                            .name = vr_arena_strdup(arena, vol->name),
                                            .key = vr_arena_strdup(arena, vol->key) };
}

/* The volume a call is about, and its pool. */
static struct vr_volume_def *volume_of(struct vr_call *call, const struct vr_nonnull_storage_vol *v,
                                       struct vr_test_pool **pool, struct vr_error **err)
{
    *pool = vr_test_pool_active(call, v->pool, err);
    struct vr_volume_def *vol = *pool ? find_volume(*pool, v->name) : NULL;
    if (*pool && !vol)
        vr_fail(err, VIR_ERR_NO_STORAGE_VOL, "no storage vol with matching name '%s'", v->name);
    return vol;
}

bool vr_test_pool_add_volume(struct vr_test_pool *pool, const char *xml, size_t len, unsigned flags,
                             struct vr_volume_def **out, struct vr_error **err)
{
    VR_AUTO(vr_volume_def) *vol = vr_volume_def_parse(xml, len, flags | VR_FORM_TEST | VR_VOLUME_IN(pool->def->type), err);
    if (!vol)
        return false;
    if (find_volume(pool, vol->name))
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, "%s", "storage vol already exists");
    if (!vol->allocation.set)
        vol->allocation = vol->capacity;
    if (vol->allocation.v > pool->def->available)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "Not enough free space in pool for volume '%s'", vol->name);
    const char *dir = pool->def->target ? pool->def->target : "(null)"; /* as stock's has it for pools without a place */
    vol->key = vol->path = vr_arena_printf(vol->arena, "%s/%s", dir, vol->name);
    pool->def->allocation += vol->allocation.v;
    pool->def->available = pool->def->capacity - pool->def->allocation;
    *out = vr_take(vol);
    vr_test_list_add(&pool->volumes, *out);
    return true;
}

VR_FN(create_xml, storage_vol_create_xml_args, storage_vol_create_xml_ret)
{
    struct vr_volume_def *vol;
    struct vr_test_pool *pool = vr_test_pool_active(call, in->pool.name, err);
    if (!pool || !vr_test_pool_add_volume(pool, in->xml, strlen(in->xml),
                                          in->flags & VIR_STORAGE_VOL_CREATE_VALIDATE ? VR_FORM_VALIDATE : 0, &vol, err))
        return false;
    out->vol = name_of(call->arena, pool, vol);
    return true;
}

VR_FN(create_xml_from, storage_vol_create_xml_from_args, storage_vol_create_xml_from_ret)
{
    struct vr_volume_def *vol;
    struct vr_test_pool *pool = vr_test_pool_active(call, in->pool.name, err);
    if (!pool)
        return false;
    if (!find_volume(pool, in->clonevol.name))
        return vr_fail(err, VIR_ERR_NO_STORAGE_VOL, "no storage vol with matching name '%s'", in->clonevol.name);
    if (!vr_test_pool_add_volume(pool, in->xml, strlen(in->xml),
                                 in->flags & VIR_STORAGE_VOL_CREATE_VALIDATE ? VR_FORM_VALIDATE : 0, &vol, err))
        return false;
    out->vol = name_of(call->arena, pool, vol);
    return true;
}

VR_FN(delete_volume, storage_vol_delete_args, void)
{
    struct vr_test_pool *pool;
    struct vr_volume_def *vol = volume_of(call, &in->vol, &pool, err);
    if (!vol)
        return false;
    pool->def->allocation -= vol->allocation.v;
    pool->def->available = pool->def->capacity - pool->def->allocation;
    vr_test_list_remove(&pool->volumes, vol);
    vr_volume_def_free(vol);
    return true;
}

VR_FN(lookup_by_name, storage_vol_lookup_by_name_args, storage_vol_lookup_by_name_ret)
{
    struct vr_nonnull_storage_vol wanted = { .pool = in->pool.name, .name = in->name };
    struct vr_test_pool *pool;
    struct vr_volume_def *vol = volume_of(call, &wanted, &pool, err);
    if (vol)
        out->vol = name_of(call->arena, pool, vol);
    return vol != NULL;
}

/* Key and path are one here. */
static bool lookup(struct vr_call *call, const char *what, const char *text, struct vr_nonnull_storage_vol *out,
                   struct vr_error **err)
{
    VR_TEST_EACH(vr_test_pool, pool, vr_test_of(call)->pools) {
        for (size_t i = 0; pool->active && i < pool->volumes.n; i++) {
            const struct vr_volume_def *vol = pool->volumes.v[i];
            if (vr_streq(vol->key, text)) {
                *out = name_of(call->arena, pool, vol);
                return true;
            }
        }
    }
    return vr_fail(err, VIR_ERR_NO_STORAGE_VOL, "no storage vol with matching %s '%s'", what, text);
}

VR_FN(lookup_by_key, storage_vol_lookup_by_key_args, storage_vol_lookup_by_key_ret)
{
    return lookup(call, "key", in->key, &out->vol, err);
}

VR_FN(lookup_by_path, storage_vol_lookup_by_path_args, storage_vol_lookup_by_path_ret)
{
    return lookup(call, "path", in->path, &out->vol, err);
}

VR_FN(get_info, storage_vol_get_info_args, storage_vol_get_info_ret)
{
    struct vr_test_pool *pool;
    struct vr_volume_def *vol = volume_of(call, &in->vol, &pool, err);
    if (!vol)
        return false;
    bool file = pool->def->type == VR_POOL_DIR || pool->def->type == VR_POOL_FS || pool->def->type == VR_POOL_NETFS;
    out->type = file ? VIR_STORAGE_VOL_FILE : VIR_STORAGE_VOL_BLOCK;
    out->capacity = vol->capacity.v;
    out->allocation = vol->allocation.v;
    return true;
}

VR_FN(get_xml, storage_vol_get_xml_desc_args, storage_vol_get_xml_desc_ret)
{
    struct vr_test_pool *pool;
    struct vr_volume_def *vol = volume_of(call, &in->vol, &pool, err);
    if (!vol)
        return false;
    vr_autofree char *text = vr_volume_def_format(vol, 0);
    out->xml = vr_arena_strdup(call->arena, text);
    return true;
}

VR_FN(get_path, storage_vol_get_path_args, storage_vol_get_path_ret)
{
    struct vr_test_pool *pool;
    struct vr_volume_def *vol = volume_of(call, &in->vol, &pool, err);
    if (vol)
        out->name = vr_arena_strdup(call->arena, vol->path);
    return vol != NULL;
}

VR_FN(num_of_volumes, storage_pool_num_of_volumes_args, storage_pool_num_of_volumes_ret)
{
    struct vr_test_pool *pool = vr_test_pool_active(call, in->pool.name, err);
    if (pool)
        out->num = (int)pool->volumes.n;
    return pool != NULL;
}

VR_FN(list_volumes, storage_pool_list_volumes_args, storage_pool_list_volumes_ret)
{
    struct vr_test_pool *pool = vr_test_pool_active(call, in->pool.name, err);
    if (!pool)
        return false;
    const char **names = vr_arena_alloc(call->arena, pool->volumes.n * sizeof(*names) + 1);
    VR_TEST_EACH(vr_volume_def, vol, pool->volumes)
        if (out->names_count < (uint32_t)in->maxnames)
            names[out->names_count++] = vr_arena_strdup(call->arena, vol->name);
    out->names = names;
    return true;
}

VR_FN(list_all_volumes, storage_pool_list_all_volumes_args, storage_pool_list_all_volumes_ret)
{
    char text[VR_UUID_TEXT];
    struct vr_test_pool *pool = NULL;
    VR_TEST_EACH(vr_test_pool, candidate, vr_test_of(call)->pools)
        if (memcmp(candidate->def->uuid.b, in->pool.uuid, 16) == 0)
            pool = candidate;
    if (!pool)
        return vr_fail(err, VIR_ERR_NO_STORAGE_POOL, "no storage pool with matching uuid '%s'",
                       vr_uuid_format((const struct vr_uuid *)in->pool.uuid, text));
    if (!pool->active)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", "storage pool is not active");
    struct vr_nonnull_storage_vol *list = vr_arena_alloc(call->arena, pool->volumes.n * sizeof(*list) + 1);
    VR_TEST_EACH(vr_volume_def, vol, pool->volumes)
        list[out->ret++] = name_of(call->arena, pool, vol);
    out->vols = list;
    out->vols_count = in->need_results ? out->ret : 0;
    return true;
}

const struct vr_driver_row vr_test_volume_rows[] = {
    VR_ROW(storage_vol_create_xml, create_xml, VIR_STORAGE_VOL_CREATE_VALIDATE),
    VR_ROW(storage_vol_create_xml_from, create_xml_from, VIR_STORAGE_VOL_CREATE_VALIDATE),
    VR_ROW(storage_vol_delete, delete_volume, 0),
    VR_ROW(storage_vol_lookup_by_name, lookup_by_name, 0),
    VR_ROW(storage_vol_lookup_by_key, lookup_by_key, 0),
    VR_ROW(storage_vol_lookup_by_path, lookup_by_path, 0),
    VR_ROW(storage_vol_get_info, get_info, 0),
    VR_ROW(storage_vol_get_xml_desc, get_xml, 0),
    VR_ROW(storage_vol_get_path, get_path, 0),
    VR_ROW(storage_pool_num_of_volumes, num_of_volumes, 0),
    VR_ROW(storage_pool_list_volumes, list_volumes, 0),
    VR_ROW(storage_pool_list_all_volumes, list_all_volumes, 0),
    { 0 },
};

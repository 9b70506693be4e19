/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools: a hundred GiB each, wherever they say they are. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include "storage.h"

#include <stdlib.h>
#include "schema/xml.h"

#define POOL_BYTES (100ull * 1024 * 1024 * 1024)
#define STORAGE_FAIL(err, code, ...) vr_error_report((err), VIR_FROM_STORAGE, (code), -1, __VA_ARGS__)

static struct vr_test_pool *find_name(const struct vr_test *test, const char *name)
{
    VR_TEST_EACH(vr_test_pool, pool, test->pools)
        if (vr_streq(pool->def->name, name))
            return pool;
    return NULL;
}

static struct vr_test_pool *find_uuid(const struct vr_test *test, const unsigned char *uuid)
{
    VR_TEST_EACH(vr_test_pool, pool, test->pools)
        if (memcmp(pool->def->uuid.b, uuid, 16) == 0)
            return pool;
    return NULL;
}

struct vr_test_pool *vr_test_pool_of(struct vr_call *call, const char *name, struct vr_error **err)
{
    struct vr_test_pool *pool = find_name(vr_test_of(call), name);
    if (!pool)
        vr_fail(err, VIR_ERR_NO_STORAGE_POOL, "no storage pool with matching name '%s'", name);
    return pool;
}

struct vr_test_pool *vr_test_pool_active(struct vr_call *call, const char *name, struct vr_error **err)
{
    struct vr_test_pool *pool = vr_test_pool_of(call, name, err);
    if (pool && !pool->active) {
        vr_fail(err, VIR_ERR_OPERATION_INVALID, "storage pool '%s' is not active", name);
        return NULL;
    }
    return pool;
}

static struct vr_test_pool *inactive(struct vr_call *call, const char *name, struct vr_error **err)
{
    struct vr_test_pool *pool = vr_test_pool_of(call, name, err);
    if (pool && pool->active) {
        vr_fail(err, VIR_ERR_OPERATION_INVALID, "storage pool '%s' is active", name);
        return NULL;
    }
    return pool;
}

struct vr_nonnull_storage_pool vr_test_pool_name(struct vr_arena *arena, const struct vr_test_pool *pool)
{
    struct vr_nonnull_storage_pool p = { .name = vr_arena_strdup(arena, pool->def->name) };
    memcpy(p.uuid, pool->def->uuid.b, 16);
    return p;
}

static void tell(struct vr_test *test, const struct vr_test_pool *pool, int event)
{
    struct vr_event_object about = { .name = pool->def->name, .uuid = pool->def->uuid.b };
    struct vr_storage_pool_event_lifecycle_msg m = { .pool = { .name = pool->def->name }, .event = event };
    memcpy(m.pool.uuid, pool->def->uuid.b, 16);
    vr_test_event(test, VR_EVENTS_STORAGE_POOL, VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE, &about, &m);
}

static void free_pool(struct vr_test_pool *pool)
{
    VR_TEST_EACH(vr_volume_def, vol, pool->volumes)
        vr_volume_def_free(vol);
    vr_test_list_done(&pool->volumes);
    vr_pool_def_free(pool->def);
    free(pool);
}

void vr_test_pools_free(struct vr_test *test)
{
    VR_TEST_EACH(vr_test_pool, pool, test->pools)
        free_pool(pool);
    vr_test_list_done(&test->pools);
}

/* ---- adding ------------------------------------------------------------------------------------------------------ */

/* Consumes @def. One that exists keeps what it is until the daemon restarts, as stock's mock has no restart. */
static struct vr_test_pool *add(struct vr_test *test, struct vr_pool_def *def, bool live, struct vr_error **err)
{
    char uuid[VR_UUID_TEXT];
    struct vr_test_pool *pool = find_uuid(test, def->uuid.b), *named = find_name(test, def->name);
    const struct vr_test_pool *conflict = vr_test_pool_conflict(test, def);
    bool ok = true;
    if (conflict)
        ok = STORAGE_FAIL(err, VIR_ERR_OPERATION_FAILED, "Storage source conflict with pool: '%s'", conflict->def->name);
    else if (pool && !vr_streq(pool->def->name, def->name))
        ok = STORAGE_FAIL(err, VIR_ERR_OPERATION_FAILED, "pool '%s' is already defined with uuid %s", pool->def->name,
                          vr_uuid_format(&def->uuid, uuid));
    else if (pool && live && pool->active)
        ok = STORAGE_FAIL(err, VIR_ERR_OPERATION_INVALID, "pool is already active as '%s'", pool->def->name);
    else if (!pool && named)
        ok = STORAGE_FAIL(err, VIR_ERR_OPERATION_FAILED, "pool '%s' already exists with uuid %s", def->name,
                          vr_uuid_format(&named->def->uuid, uuid));
    if (!ok) {
        vr_pool_def_free(def);
        return NULL;
    }
    def->capacity = def->available = POOL_BYTES;
    def->allocation = 0;
    if (!pool) {
        pool = vr_new(struct vr_test_pool);
        pool->def = def;
        vr_test_list_add(&test->pools, pool);
    } else if (pool->active) {
        vr_pool_def_free(def); /* runs on as it is */
    } else {
        vr_pool_def_free(pool->def);
        pool->def = def;
    }
    return pool;
}

static struct vr_pool_def *parse(const char *xml, size_t len, unsigned flags, struct vr_error **err)
{
    return vr_pool_def_parse(xml, len, flags | VR_FORM_TEST, err);
}

bool vr_test_load_pool(struct vr_test *test, struct vr_arena *arena, const char *text, size_t len, const char *path,
                       struct vr_error **err)
{
    struct vr_pool_def *def = parse(text, len, 0, err);
    struct vr_test_pool *pool = def ? add(test, def, false, err) : NULL;
    if (!pool)
        return false;
    pool->persistent = pool->active = true;
    const struct vr_xml_node *root = vr_xml_parse(arena, text, len, "(storage_pool_definition)", VIR_FROM_STORAGE, err);
    for (const struct vr_xml_node *n = root ? vr_xml_child(root, "volume") : NULL; n; n = vr_xml_sibling(n)) {
        size_t size = 0;
        struct vr_volume_def *vol;
        vr_autofree char *xml = vr_test_object_text(n, path, &size, err);
        if (!xml || !vr_test_pool_add_volume(pool, xml, size, 0, &vol, err))
            return false;
    }
    return root != NULL;
}

VR_FN(define_xml, storage_pool_define_xml_args, storage_pool_define_xml_ret)
{
    struct vr_pool_def *def = parse(in->xml, strlen(in->xml),
                                    in->flags & VIR_STORAGE_POOL_DEFINE_VALIDATE ? VR_FORM_VALIDATE : 0, err);
    struct vr_test_pool *pool = def ? add(vr_test_of(call), def, false, err) : NULL;
    if (!pool)
        return false;
    pool->persistent = true;
    tell(vr_test_of(call), pool, VIR_STORAGE_POOL_EVENT_DEFINED);
    out->pool = vr_test_pool_name(call->arena, pool);
    return true;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

/* Pools on a virtual fibre channel adapter bring the adapter with them. */
static const struct vr_pool_adapter *vhba(const struct vr_test_pool *pool)
{
    const struct vr_pool_adapter *a = pool->def->source.adapter;
    return a && a->type == VR_POOL_ADAPTER_FC_HOST ? a : NULL;
}

static bool set_active(struct vr_test *test, struct vr_test_pool *pool, bool active, struct vr_error **err)
{
    const struct vr_pool_adapter *a = vhba(pool);
    if (a && active && !vr_test_vport_create(test, a->wwnn, a->wwpn, err))
        return false;
    if (a && !active)
        vr_test_vport_destroy(test, a->wwnn, a->wwpn);
    pool->active = active;
    return true;
}

VR_FN(create_xml, storage_pool_create_xml_args, storage_pool_create_xml_ret)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_pool_def *def = parse(in->xml, strlen(in->xml), 0, err);
    struct vr_test_pool *pool = def ? add(test, def, true, err) : NULL;
    if (!pool)
        return false;
    if (!set_active(test, pool, true, err)) {
        if (!pool->persistent) {
            vr_test_list_remove(&test->pools, pool);
            free_pool(pool);
        }
        return false;
    }
    tell(test, pool, VIR_STORAGE_POOL_EVENT_STARTED);
    out->pool = vr_test_pool_name(call->arena, pool);
    return true;
}

VR_FN(create, storage_pool_create_args, void)
{
    struct vr_test_pool *pool = inactive(call, in->pool.name, err);
    if (!pool || !set_active(vr_test_of(call), pool, true, err))
        return false;
    tell(vr_test_of(call), pool, VIR_STORAGE_POOL_EVENT_STARTED);
    return true;
}

VR_FN(build, storage_pool_build_args, void)
{
    struct vr_test_pool *pool = inactive(call, in->pool.name, err);
    if (pool)
        tell(vr_test_of(call), pool, VIR_STORAGE_POOL_EVENT_CREATED);
    return pool != NULL;
}

VR_FN(destroy, storage_pool_destroy_args, void)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_test_pool *pool = vr_test_pool_active(call, in->pool.name, err);
    if (!pool)
        return false;
    set_active(test, pool, false, NULL);
    tell(test, pool, VIR_STORAGE_POOL_EVENT_STOPPED);
    if (!pool->persistent) {
        vr_test_list_remove(&test->pools, pool);
        free_pool(pool);
    }
    return true;
}

VR_FN(delete_pool, storage_pool_delete_args, void)
{
    struct vr_test_pool *pool = inactive(call, in->pool.name, err);
    if (pool)
        tell(vr_test_of(call), pool, VIR_STORAGE_POOL_EVENT_DELETED);
    return pool != NULL;
}

VR_FN(undefine, storage_pool_undefine_args, void)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_test_pool *pool = inactive(call, in->pool.name, err);
    if (!pool)
        return false;
    tell(test, pool, VIR_STORAGE_POOL_EVENT_UNDEFINED);
    vr_test_list_remove(&test->pools, pool);
    free_pool(pool);
    return true;
}

VR_FN(refresh, storage_pool_refresh_args, void)
{
    struct vr_test_pool *pool = vr_test_pool_active(call, in->pool.name, err);
    if (!pool)
        return false;
    struct vr_event_object about = { .name = pool->def->name, .uuid = pool->def->uuid.b };
    struct vr_storage_pool_event_refresh_msg m = { .pool = vr_test_pool_name(call->arena, pool) };
    vr_test_event(vr_test_of(call), VR_EVENTS_STORAGE_POOL, VIR_STORAGE_POOL_EVENT_ID_REFRESH, &about, &m);
    return true;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

VR_FN(lookup_by_name, storage_pool_lookup_by_name_args, storage_pool_lookup_by_name_ret)
{
    struct vr_test_pool *pool = vr_test_pool_of(call, in->name, err);
    if (pool)
        out->pool = vr_test_pool_name(call->arena, pool);
    return pool != NULL;
}

static struct vr_test_pool *by_uuid(struct vr_call *call, const unsigned char *uuid, struct vr_error **err)
{
    char text[VR_UUID_TEXT];
    struct vr_test_pool *pool = find_uuid(vr_test_of(call), uuid);
    if (!pool)
        vr_fail(err, VIR_ERR_NO_STORAGE_POOL, "no storage pool with matching uuid '%s'",
                vr_uuid_format((const struct vr_uuid *)uuid, text));
    return pool;
}

VR_FN(lookup_by_uuid, storage_pool_lookup_by_uuid_args, storage_pool_lookup_by_uuid_ret)
{
    struct vr_test_pool *pool = by_uuid(call, in->uuid, err);
    if (pool)
        out->pool = vr_test_pool_name(call->arena, pool);
    return pool != NULL;
}

VR_FN(lookup_by_volume, storage_pool_lookup_by_volume_args, storage_pool_lookup_by_volume_ret)
{
    struct vr_test_pool *pool = vr_test_pool_of(call, in->vol.pool, err);
    if (pool)
        out->pool = vr_test_pool_name(call->arena, pool);
    return pool != NULL;
}

static uint32_t names(struct vr_call *call, bool active, int most, const char ***out)
{
    struct vr_test *test = vr_test_of(call);
    uint32_t n = 0;
    *out = vr_arena_alloc(call->arena, test->pools.n * sizeof(**out) + 1);
    VR_TEST_EACH(vr_test_pool, pool, test->pools)
        if (pool->active == active && (most < 0 || n < (uint32_t)most))
            (*out)[n++] = vr_arena_strdup(call->arena, pool->def->name);
    return n;
}

VR_FN(num_of_pools, void, connect_num_of_storage_pools_ret)
{
    const char **unused;
    out->num = (int)names(call, true, -1, &unused);
    return true;
}

VR_FN(num_of_defined_pools, void, connect_num_of_defined_storage_pools_ret)
{
    const char **unused;
    out->num = (int)names(call, false, -1, &unused);
    return true;
}

VR_FN(list_pools, connect_list_storage_pools_args, connect_list_storage_pools_ret)
{
    out->names_count = names(call, true, in->maxnames, &out->names);
    return true;
}

VR_FN(list_defined_pools, connect_list_defined_storage_pools_args, connect_list_defined_storage_pools_ret)
{
    out->names_count = names(call, false, in->maxnames, &out->names);
    return true;
}

#define POOL_STATES 0x3fu
#define POOL_TYPES 0xfffc0u

static bool fits(const struct vr_test_pool *pool, unsigned flags)
{
    static const unsigned bits[VR_POOL_COUNT] = {
        [VR_POOL_DIR] = VIR_CONNECT_LIST_STORAGE_POOLS_DIR, [VR_POOL_FS] = VIR_CONNECT_LIST_STORAGE_POOLS_FS,
        [VR_POOL_NETFS] = VIR_CONNECT_LIST_STORAGE_POOLS_NETFS, [VR_POOL_LOGICAL] = VIR_CONNECT_LIST_STORAGE_POOLS_LOGICAL,
        [VR_POOL_DISK] = VIR_CONNECT_LIST_STORAGE_POOLS_DISK, [VR_POOL_ISCSI] = VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI,
        [VR_POOL_ISCSI_DIRECT] = VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI_DIRECT,
        [VR_POOL_SCSI] = VIR_CONNECT_LIST_STORAGE_POOLS_SCSI, [VR_POOL_MPATH] = VIR_CONNECT_LIST_STORAGE_POOLS_MPATH,
        [VR_POOL_RBD] = VIR_CONNECT_LIST_STORAGE_POOLS_RBD, [VR_POOL_SHEEPDOG] = VIR_CONNECT_LIST_STORAGE_POOLS_SHEEPDOG,
        [VR_POOL_GLUSTER] = VIR_CONNECT_LIST_STORAGE_POOLS_GLUSTER, [VR_POOL_ZFS] = VIR_CONNECT_LIST_STORAGE_POOLS_ZFS,
        [VR_POOL_VSTORAGE] = VIR_CONNECT_LIST_STORAGE_POOLS_VSTORAGE,
    };
    return VR_TEST_FITS(flags, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE, VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE, pool->active) &&
           VR_TEST_FITS(flags, VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT, VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT,
                        pool->persistent) &&
           VR_TEST_FITS(flags, VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART, VIR_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART,
                        pool->autostart) &&
           (!(flags & POOL_TYPES) || flags & bits[pool->def->type]);
}

VR_FN(list_all_pools, connect_list_all_storage_pools_args, connect_list_all_storage_pools_ret)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_nonnull_storage_pool *list = vr_arena_alloc(call->arena, test->pools.n * sizeof(*list) + 1);
    VR_TEST_EACH(vr_test_pool, pool, test->pools)
        if (fits(pool, in->flags))
            list[out->ret++] = vr_test_pool_name(call->arena, pool);
    out->pools = list;
    out->pools_count = in->need_results ? out->ret : 0;
    return true;
}

VR_FN(get_info, storage_pool_get_info_args, storage_pool_get_info_ret)
{
    struct vr_test_pool *pool = vr_test_pool_of(call, in->pool.name, err);
    if (!pool)
        return false;
    out->state = pool->active ? VIR_STORAGE_POOL_RUNNING : VIR_STORAGE_POOL_INACTIVE;
    out->capacity = pool->def->capacity;
    out->allocation = pool->def->allocation;
    out->available = pool->def->available;
    return true;
}

VR_FN(get_xml, storage_pool_get_xml_desc_args, storage_pool_get_xml_desc_ret)
{
    struct vr_test_pool *pool = vr_test_pool_of(call, in->pool.name, err);
    if (!pool)
        return false;
    vr_autofree char *text = vr_pool_def_format(pool->def, 0);
    out->xml = vr_arena_strdup(call->arena, text);
    return true;
}

VR_FN(get_autostart, storage_pool_get_autostart_args, storage_pool_get_autostart_ret)
{
    struct vr_test_pool *pool = vr_test_pool_of(call, in->pool.name, err);
    if (pool)
        out->autostart = pool->autostart;
    return pool != NULL;
}

VR_FN(set_autostart, storage_pool_set_autostart_args, void)
{
    struct vr_test_pool *pool = vr_test_pool_of(call, in->pool.name, err);
    if (!pool)
        return false;
    if (!pool->persistent)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "pool has no config file");
    pool->autostart = in->autostart != 0;
    return true;
}

VR_FN(is_active, storage_pool_is_active_args, storage_pool_is_active_ret)
{
    struct vr_test_pool *pool = by_uuid(call, in->pool.uuid, err);
    if (pool)
        out->active = pool->active;
    return pool != NULL;
}

VR_FN(is_persistent, storage_pool_is_persistent_args, storage_pool_is_persistent_ret)
{
    struct vr_test_pool *pool = by_uuid(call, in->pool.uuid, err);
    if (pool)
        out->persistent = pool->persistent;
    return pool != NULL;
}

/* What discovery finds here: two volume groups, one share on every server. */
VR_FN(find_sources, connect_find_storage_pool_sources_args, connect_find_storage_pool_sources_ret)
{
    enum vr_pool_type type = (enum vr_pool_type)vr_name_index(vr_pool_type_names, in->type);
    if (type == VR_POOL_DIR)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "unknown storage pool type %s", in->type);
    if (type != VR_POOL_LOGICAL && type != VR_POOL_NETFS)
        return vr_fail(err, VIR_ERR_NO_SUPPORT, "pool type '%s' does not support source discovery", in->type);
    VR_AUTO(vr_pool_def) *spec = in->src_spec ? vr_pool_source_parse(type, in->src_spec, strlen(in->src_spec), err) : NULL;
    if (in->src_spec && !spec)
        return false;
    if (type == VR_POOL_LOGICAL) {
        out->xml = "<sources>\n"
                   "  <source>\n    <device path='/dev/sda20'/>\n    <name>testvg1</name>\n    <format type='lvm2'/>\n"
                   "  </source>\n"
                   "  <source>\n    <device path='/dev/sda21'/>\n    <name>testvg2</name>\n    <format type='lvm2'/>\n"
                   "  </source>\n</sources>\n";
        return true;
    }
    if (!spec || !spec->source.hosts.n || !spec->source.hosts.v[0]->name)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "hostname must be specified for netfs sources");
    out->xml = vr_arena_printf(call->arena, "<sources>\n  <source>\n    <host name='%s'/>\n    <dir path='/testshare'/>\n"
                               "    <format type='nfs'/>\n  </source>\n</sources>\n", spec->source.hosts.v[0]->name);
    return true;
}

const struct vr_driver_row vr_test_pool_rows[] = {
    VR_ROW(storage_pool_define_xml, define_xml, VIR_STORAGE_POOL_DEFINE_VALIDATE),
    VR_ROW(storage_pool_create_xml, create_xml, 0),
    VR_ROW(storage_pool_create, create, 0),
    VR_ROW(storage_pool_build, build, 0),
    VR_ROW(storage_pool_destroy, destroy, 0),
    VR_ROW(storage_pool_delete, delete_pool, 0),
    VR_ROW(storage_pool_undefine, undefine, 0),
    VR_ROW(storage_pool_refresh, refresh, 0),
    VR_ROW(storage_pool_lookup_by_name, lookup_by_name, 0),
    VR_ROW(storage_pool_lookup_by_uuid, lookup_by_uuid, 0),
    VR_ROW(storage_pool_lookup_by_volume, lookup_by_volume, 0),
    VR_ROW(connect_num_of_storage_pools, num_of_pools, 0),
    VR_ROW(connect_num_of_defined_storage_pools, num_of_defined_pools, 0),
    VR_ROW(connect_list_storage_pools, list_pools, 0),
    VR_ROW(connect_list_defined_storage_pools, list_defined_pools, 0),
    VR_ROW(connect_list_all_storage_pools, list_all_pools, POOL_STATES | POOL_TYPES),
    VR_ROW(storage_pool_get_info, get_info, 0),
    VR_ROW(storage_pool_get_xml_desc, get_xml, 0),
    VR_ROW(storage_pool_get_autostart, get_autostart, 0),
    VR_ROW(storage_pool_set_autostart, set_autostart, 0),
    VR_ROW(storage_pool_is_active, is_active, 0),
    VR_ROW(storage_pool_is_persistent, is_persistent, 0),
    VR_ROW(connect_find_storage_pool_sources, find_sources, 0),
    { 0 },
};

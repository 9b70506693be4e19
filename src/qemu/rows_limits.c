/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* Limits of a guest's memory, where its memory may be, and its share of block devices: memtune, numatune, blkiotune. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "host/cgroup.h"
#include "hostside.h"
#include "rows.h"

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)
/* Strings are in every reply that needs them, as in stock's. */
#define WITHOUT_STRINGS(flags) ((flags) & ~(unsigned)VIR_TYPED_PARAM_STRING_OKAY)

static bool need_controller(const struct vr_domain *dom, enum vr_cgroup_controller controller, const char *otherwise,
                            struct vr_error **err)
{
    const struct vr_cgroup *group = vr_hostside_cgroup(dom);
    return (group && vr_cgroup_host_has(group->host, controller)) || vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _(otherwise));
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

static const struct memory_limit {
    const char *name;
    enum vr_cgroup_key key;
    size_t offset;
} memory_limits[] = {
    { VIR_DOMAIN_MEMORY_HARD_LIMIT, VR_CG_MEMORY_HARD_KIB, offsetof(struct vr_memtune, hard_limit_kib) },
    { VIR_DOMAIN_MEMORY_SOFT_LIMIT, VR_CG_MEMORY_SOFT_KIB, offsetof(struct vr_memtune, soft_limit_kib) },
    { VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT, VR_CG_MEMORY_SWAP_KIB, offsetof(struct vr_memtune, swap_hard_limit_kib) },
};
#define NO_MEMORY_CONTROLLER "cgroup memory controller is not mounted"
#define UNLIMITED VIR_DOMAIN_MEMORY_PARAM_UNLIMITED

static uint64_t *limit_of(struct vr_memtune *m, const struct memory_limit *l)
{
    return (uint64_t *)(void *)((char *)m + l->offset);
}

static bool get_memory(struct vr_call *call, const struct vr_domain_get_memory_parameters_args *in,
                       struct vr_domain_get_memory_parameters_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    const struct vr_domain_def *def = dom ? vr_domain_affect_one(dom, WITHOUT_STRINGS(in->flags), err) : NULL;
    if (!def)
        return false;
    bool live = def == dom->live;
    out->nparams = VR_COUNT(memory_limits);
    if (in->nparams == 0) /* only asked how many there are */
        return true;
    if (live && !need_controller(dom, VR_CGROUP_MEMORY, NO_MEMORY_CONTROLLER, err))
        return false;
    struct vr_params p = { .arena = call->arena };
    for (size_t i = 0; i < VR_COUNT(memory_limits) && (int64_t)i < in->nparams; i++) {
        int64_t told = 0;
        uint64_t kib = def->memtune ? *limit_of(def->memtune, &memory_limits[i]) : 0;
        if (live && vr_cgroup_get(vr_hostside_cgroup(dom), memory_limits[i].key, NULL, &told, NULL))
            kib = told == VR_CG_UNLIMITED ? 0 : (uint64_t)told;
        vr_params_ullong(&p, kib && kib < UNLIMITED ? kib : UNLIMITED, "%s", memory_limits[i].name);
    }
    out->params = p.v;
    out->params_count = p.n;
    return true;
}

struct changes {
    const struct vr_typed_param *params;
    uint32_t count;
};

static bool change_memory(struct vr_domain_def *def, const struct changes *c, struct vr_error **err)
{
    if (!def)
        return true;
    if (!def->memtune)
        def->memtune = vr_arena_new_of(def->arena, struct vr_memtune);
    for (size_t i = 0; i < VR_COUNT(memory_limits); i++) {
        const struct vr_typed_param *p = vr_params_find(c->params, c->count, memory_limits[i].name);
        if (p)
            *limit_of(def->memtune, &memory_limits[i]) = p->value.ul < UNLIMITED ? p->value.ul : 0;
    }
    uint64_t hard = def->memtune->hard_limit_kib, swap = def->memtune->swap_hard_limit_kib;
    return (hard ? hard : UNLIMITED) <= (swap ? swap : UNLIMITED) ||
           vr_fail(err, VIR_ERR_INVALID_ARG, "%s",
                   _("memory hard_limit tunable value must be lower than or equal to swap_hard_limit"));
}

static bool edit_memory(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config, void *arg,
                        struct vr_error **err)
{
    return change_memory(live, arg, err) && change_memory(config, arg, err);
}

VR_SUSPENDS static bool apply_memory(struct vr_domain *dom, void *arg, struct vr_error **err)
{
    const struct changes *c = arg;
    const struct vr_cgroup *group = vr_hostside_cgroup(dom);
    const struct vr_typed_param *hard = vr_params_find(c->params, c->count, VIR_DOMAIN_MEMORY_HARD_LIMIT);
    int64_t swap_now = VR_CG_UNLIMITED;
    vr_cgroup_get(group, VR_CG_MEMORY_SWAP_KIB, NULL, &swap_now, NULL);
    /* The kernel keeps memory at or below memory with swap, so the one that makes room goes first. */
    bool swap_first = hard && (hard->value.ul >= UNLIMITED || (swap_now != VR_CG_UNLIMITED && hard->value.ul > (uint64_t)swap_now));
    for (size_t n = 0; n < VR_COUNT(memory_limits); n++) {
        const struct memory_limit *l = &memory_limits[swap_first ? VR_COUNT(memory_limits) - 1 - n : n];
        if (!vr_params_find(c->params, c->count, l->name))
            continue;
        uint64_t kib = *limit_of(dom->live->memtune, l);
        struct vr_cgroup_setting setting = { l->key, NULL, kib ? (int64_t)kib : VR_CG_UNLIMITED, NULL, NULL };
        if (!vr_cgroup_apply(group, &setting, vr_after(VR_SPAN_MODIFY), err))
            return false;
    }
    return true;
}

VR_SUSPENDS static bool set_memory(struct vr_call *call, const struct vr_domain_set_memory_parameters_args *in,
                                   struct vr_void *out, struct vr_error **err)
{
    static const struct vr_param_known known[] = {
        { VIR_DOMAIN_MEMORY_HARD_LIMIT, VIR_TYPED_PARAM_ULLONG, false },
        { VIR_DOMAIN_MEMORY_SOFT_LIMIT, VIR_TYPED_PARAM_ULLONG, false },
        { VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT, VIR_TYPED_PARAM_ULLONG, false },
        { NULL, 0, false },
    };
    struct changes changes = { in->params, in->params_count };
    if (!vr_params_check(in->params, in->params_count, known, err))
        return false;
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job(call, dom, VR_JOB_MODIFY, err) : NULL;
    struct vr_affect affect;
    return job && vr_domain_affect(dom, in->flags, &affect, err) &&
           (!affect.live || need_controller(dom, VR_CGROUP_MEMORY, NO_MEMORY_CONTROLLER, err)) &&
           vr_rows_edit_applied(dom, in->flags, edit_memory, apply_memory, &changes, err);
}

/* ---- nodes -------------------------------------------------------------------------------------------------------- */

static const char *const numa_modes[] = { "strict", "preferred", "interleave", "restrictive", NULL };
#define NO_CPUSET_CONTROLLER "cgroup cpuset controller is not mounted"

static bool get_numa(struct vr_call *call, const struct vr_domain_get_numa_parameters_args *in,
                     struct vr_domain_get_numa_parameters_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    const struct vr_domain_def *def = dom ? vr_domain_affect_one(dom, WITHOUT_STRINGS(in->flags), err) : NULL;
    if (!def)
        return false;
    const struct vr_numatune *n = def->numatune && def->numatune->has_memory ? def->numatune : NULL;
    int mode = n && n->mode ? vr_name_index(numa_modes, n->mode) : 0;
    const char *nodes = n && n->nodeset ? vr_cpuset_format(call->arena, n->nodeset) : "";
    struct vr_params p = { .arena = call->arena };
    vr_params_int(&p, mode, VIR_DOMAIN_NUMA_MODE);
    vr_params_str(&p, nodes, VIR_DOMAIN_NUMA_NODESET);
    out->nparams = (int32_t)p.n;
    out->params = p.v;
    out->params_count = in->nparams < 0 ? 0 : (uint32_t)in->nparams < p.n ? (uint32_t)in->nparams : p.n;
    return true;
}

static bool change_numa(struct vr_domain_def *def, const struct changes *c, struct vr_error **err)
{
    if (!def)
        return true;
    const struct vr_typed_param *mode = vr_params_find(c->params, c->count, VIR_DOMAIN_NUMA_MODE);
    const struct vr_typed_param *nodes = vr_params_find(c->params, c->count, VIR_DOMAIN_NUMA_NODESET);
    if (!def->numatune)
        def->numatune = vr_arena_new_of(def->arena, struct vr_numatune);
    struct vr_numatune *n = def->numatune;
    if (mode)
        n->mode = numa_modes[mode->value.i];
    if (nodes && !vr_cpuset_parse(def->arena, nodes->value.s, &n->nodeset))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("Invalid nodeset of 'numatune': %s"), nodes->value.s);
    if (!n->mode)
        n->mode = numa_modes[0];
    n->has_memory = n->nodeset != NULL;
    n->placement = VR_PLACEMENT_STATIC;
    return n->has_memory || vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("nodeset for NUMA memory tuning must be set if 'placement' is 'static'"));
}

static bool edit_numa(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config, void *arg,
                      struct vr_error **err)
{
    return change_numa(live, arg, err) && change_numa(config, arg, err);
}

VR_SUSPENDS static bool apply_numa(struct vr_domain *dom, void *arg, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_cgroup_setting setting = { VR_CG_CPUSET_MEMS, NULL, 0, vr_cpuset_format(arena, dom->live->numatune->nodeset), NULL };
    return vr_cgroup_apply(vr_hostside_cgroup(dom), &setting, vr_after(VR_SPAN_MODIFY), err);
}

static bool may_change_live_numa(const struct vr_domain *dom, const struct changes *c, struct vr_error **err)
{
    if (!need_controller(dom, VR_CGROUP_CPUSET, NO_CPUSET_CONTROLLER, err))
        return false;
    const struct vr_numatune *n = dom->live->numatune;
    const char *now = n && n->mode ? n->mode : numa_modes[0];
    const struct vr_typed_param *mode = vr_params_find(c->params, c->count, VIR_DOMAIN_NUMA_MODE);
    if (mode && !vr_streq(now, numa_modes[mode->value.i]))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("can't change numatune mode for running domain"));
    if (!vr_streq(now, "strict") && !vr_streq(now, "restrictive"))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("change of nodeset for running domain requires strict numa mode"));
    return true;
}

VR_SUSPENDS static bool set_numa(struct vr_call *call, const struct vr_domain_set_numa_parameters_args *in, struct vr_void *out,
                                 struct vr_error **err)
{
    static const struct vr_param_known known[] = {
        { VIR_DOMAIN_NUMA_MODE, VIR_TYPED_PARAM_INT, false },
        { VIR_DOMAIN_NUMA_NODESET, VIR_TYPED_PARAM_STRING, false },
        { NULL, 0, false },
    };
    struct changes changes = { in->params, in->params_count };
    if (!vr_params_check(in->params, in->params_count, known, err))
        return false;
    const struct vr_typed_param *mode = vr_params_find(in->params, in->params_count, VIR_DOMAIN_NUMA_MODE);
    if (mode && (mode->value.i < 0 || mode->value.i >= (int)VR_COUNT(numa_modes) - 1))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("unsupported numatune mode: '%d'"), mode->value.i);
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job(call, dom, VR_JOB_MODIFY, err) : NULL;
    struct vr_affect affect;
    return job && vr_domain_affect(dom, in->flags, &affect, err) &&
           (!affect.live || may_change_live_numa(dom, &changes, err)) &&
           vr_rows_edit_applied(dom, in->flags, edit_numa, apply_numa, &changes, err);
}

/* ---- block devices ------------------------------------------------------------------------------------------------ */

#define NO_BLKIO "blkio cgroup isn't mounted"
#define DEVICES_MAX 1024

static const struct device_limit {
    const char *name;
    enum vr_cgroup_key key;
    size_t offset;
    bool weight; /* a struct vr_ouint, else a uint64_t */
} device_limits[] = {
    { VIR_DOMAIN_BLKIO_DEVICE_WEIGHT, VR_CG_BLKIO_DEVICE_WEIGHT, offsetof(struct vr_blkio_device, weight), true },
    { VIR_DOMAIN_BLKIO_DEVICE_READ_IOPS, VR_CG_BLKIO_READ_IOPS, offsetof(struct vr_blkio_device, read_iops_sec), false },
    { VIR_DOMAIN_BLKIO_DEVICE_WRITE_IOPS, VR_CG_BLKIO_WRITE_IOPS, offsetof(struct vr_blkio_device, write_iops_sec), false },
    { VIR_DOMAIN_BLKIO_DEVICE_READ_BPS, VR_CG_BLKIO_READ_BPS, offsetof(struct vr_blkio_device, read_bytes_sec), false },
    { VIR_DOMAIN_BLKIO_DEVICE_WRITE_BPS, VR_CG_BLKIO_WRITE_BPS, offsetof(struct vr_blkio_device, write_bytes_sec), false },
};

static uint64_t device_value(const struct vr_blkio_device *d, const struct device_limit *l)
{
    const char *at = (const char *)d + l->offset;
    if (!l->weight)
        return *(const uint64_t *)(const void *)at;
    const struct vr_ouint *weight = (const void *)at;
    return weight->set ? weight->v : 0;
}

static bool get_blkio(struct vr_call *call, const struct vr_domain_get_blkio_parameters_args *in,
                      struct vr_domain_get_blkio_parameters_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    const struct vr_domain_def *def = dom ? vr_domain_affect_one(dom, WITHOUT_STRINGS(in->flags), err) : NULL;
    if (!def)
        return false;
    bool live = def == dom->live;
    out->nparams = VR_COUNT(device_limits) + 1;
    if (in->nparams == 0)
        return true;
    if (live && !need_controller(dom, VR_CGROUP_BLKIO, NO_BLKIO, err))
        return false;
    const struct vr_blkiotune *b = def->blkiotune;
    struct vr_params p = { .arena = call->arena };
    int64_t weight = b ? b->weight : 0;
    if (live)
        vr_cgroup_get(vr_hostside_cgroup(dom), VR_CG_BLKIO_WEIGHT, NULL, &weight, NULL);
    vr_params_uint(&p, (uint32_t)weight, VIR_DOMAIN_BLKIO_WEIGHT);
    for (size_t i = 0; i < VR_COUNT(device_limits); i++) {
        vr_autobuf struct vr_buf text = VR_BUF_INIT;
        for (size_t j = 0; b && j < b->devices.n; j++) {
            uint64_t value = device_value(b->devices.v[j], &device_limits[i]);
            if (value)
                vr_buf_printf(&text, "%s%s,%lu", text.len ? "," : "", b->devices.v[j]->path, value);
        }
        vr_params_str(&p, text.len ? text.data : "", "%s", device_limits[i].name);
    }
    out->nparams = (int32_t)p.n;
    out->params = p.v;
    out->params_count = in->nparams < 0 ? 0 : (uint32_t)in->nparams < p.n ? (uint32_t)in->nparams : p.n;
    return true;
}

static struct vr_blkio_device *device_of(struct vr_domain_def *def, const char *path, size_t len)
{
    struct vr_blkiotune *b = def->blkiotune;
    for (size_t i = 0; i < b->devices.n; i++)
        if (strlen(b->devices.v[i]->path) == len && memcmp(b->devices.v[i]->path, path, len) == 0)
            return b->devices.v[i];
    if (b->devices.n >= DEVICES_MAX)
        return NULL;
    struct vr_blkio_device *d = vr_arena_new_of(def->arena, struct vr_blkio_device);
    d->path = vr_arena_strndup(def->arena, path, len);
    VR_LIST_ADD(def->arena, &b->devices, d);
    return d;
}

/* "/dev/sda,500,/dev/sdb,700" */
static bool change_devices(struct vr_domain_def *def, const struct device_limit *l, const char *text, struct vr_error **err)
{
    for (const char *at = text; *at;) {
        size_t path_len = strcspn(at, ",");
        const char *number = at[path_len] ? at + path_len + 1 : at + path_len;
        size_t number_len = strcspn(number, ",");
        vr_autofree char *digits = vr_strndup(number, number_len);
        uint64_t value;
        struct vr_blkio_device *d = NULL;
        if (path_len && vr_parse_u64(digits, 10, l->weight ? UINT32_MAX : INT64_MAX, &value))
            d = device_of(def, at, path_len);
        if (!d)
            return vr_fail(err, VIR_ERR_INVALID_ARG, _("unable to parse blkio device '%s' '%s'"), l->name, text);
        if (l->weight)
            d->weight = (struct vr_ouint){ value != 0, (unsigned)value };
        else
            *(uint64_t *)(void *)((char *)d + l->offset) = value;
        at = number + number_len + (number[number_len] == ',');
    }
    return true;
}

static bool change_blkio(struct vr_domain_def *def, const struct changes *c, struct vr_error **err)
{
    if (!def)
        return true;
    if (!def->blkiotune)
        def->blkiotune = vr_arena_new_of(def->arena, struct vr_blkiotune);
    const struct vr_typed_param *weight = vr_params_find(c->params, c->count, VIR_DOMAIN_BLKIO_WEIGHT);
    if (weight)
        def->blkiotune->weight = weight->value.ui;
    for (size_t i = 0; i < VR_COUNT(device_limits); i++) {
        const struct vr_typed_param *p = vr_params_find(c->params, c->count, device_limits[i].name);
        if (p && !change_devices(def, &device_limits[i], p->value.s, err))
            return false;
    }
    return true;
}

/* Devices of which nothing is said any more. */
static void drop_empty(struct vr_domain_def *def)
{
    size_t kept = 0;
    for (size_t i = 0; def && i < def->blkiotune->devices.n; i++) {
        bool any = false;
        for (size_t j = 0; j < VR_COUNT(device_limits); j++)
            any = any || device_value(def->blkiotune->devices.v[i], &device_limits[j]);
        if (any)
            def->blkiotune->devices.v[kept++] = def->blkiotune->devices.v[i];
    }
    if (def)
        def->blkiotune->devices.n = kept;
}

static bool edit_blkio(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config, void *arg,
                       struct vr_error **err)
{
    if (!change_blkio(live, arg, err) || !change_blkio(config, arg, err))
        return false;
    drop_empty(config);
    return true;
}

VR_SUSPENDS static bool apply_blkio(struct vr_domain *dom, void *arg, struct vr_error **err)
{
    const struct changes *c = arg;
    const struct vr_cgroup *group = vr_hostside_cgroup(dom);
    const struct vr_typed_param *weight = vr_params_find(c->params, c->count, VIR_DOMAIN_BLKIO_WEIGHT);
    struct vr_cgroup_setting whole = { VR_CG_BLKIO_WEIGHT, NULL, weight ? weight->value.ui : 0, NULL, NULL };
    if (weight && !vr_cgroup_apply(group, &whole, vr_after(VR_SPAN_MODIFY), err))
        return false;
    for (size_t i = 0; i < VR_COUNT(device_limits); i++) {
        if (!vr_params_find(c->params, c->count, device_limits[i].name))
            continue;
        for (size_t j = 0; j < dom->live->blkiotune->devices.n; j++) {
            const struct vr_blkio_device *d = dom->live->blkiotune->devices.v[j];
            struct vr_cgroup_setting one = { device_limits[i].key, NULL, (int64_t)device_value(d, &device_limits[i]), NULL, d->path };
            if (!vr_cgroup_apply(group, &one, vr_after(VR_SPAN_MODIFY), err))
                return false;
        }
    }
    drop_empty(dom->live);
    return true;
}

VR_SUSPENDS static bool set_blkio(struct vr_call *call, const struct vr_domain_set_blkio_parameters_args *in,
                                  struct vr_void *out, struct vr_error **err)
{
    struct vr_param_known known[VR_COUNT(device_limits) + 2] = { { VIR_DOMAIN_BLKIO_WEIGHT, VIR_TYPED_PARAM_UINT, false } };
    for (size_t i = 0; i < VR_COUNT(device_limits); i++)
        known[i + 1] = (struct vr_param_known){ device_limits[i].name, VIR_TYPED_PARAM_STRING, false };
    struct changes changes = { in->params, in->params_count };
    if (!vr_params_check(in->params, in->params_count, known, err))
        return false;
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job(call, dom, VR_JOB_MODIFY, err) : NULL;
    struct vr_affect affect;
    return job && vr_domain_affect(dom, in->flags, &affect, err) &&
           (!affect.live || need_controller(dom, VR_CGROUP_BLKIO, NO_BLKIO, err)) &&
           vr_rows_edit_applied(dom, in->flags, edit_blkio, apply_blkio, &changes, err);
}

const struct vr_driver_row vr_rows_limits[] = {
    VR_ROW(domain_get_memory_parameters, get_memory, AFFECT | VIR_TYPED_PARAM_STRING_OKAY),
    VR_ROW(domain_set_memory_parameters, set_memory, AFFECT),
    VR_ROW(domain_get_numa_parameters, get_numa, AFFECT | VIR_TYPED_PARAM_STRING_OKAY),
    VR_ROW(domain_set_numa_parameters, set_numa, AFFECT),
    VR_ROW(domain_get_blkio_parameters, get_blkio, AFFECT | VIR_TYPED_PARAM_STRING_OKAY),
    VR_ROW(domain_set_blkio_parameters, set_blkio, AFFECT),
    { 0 },
};

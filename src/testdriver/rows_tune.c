/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scheduler, memory, NUMA, block I/O weights, bandwidth, perf events: parameters that only the documents remember. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <stdlib.h>
#include "internal.h"

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)
#define STRINGS VIR_TYPED_PARAM_STRING_OKAY
#define DOMAIN_FAIL(err, code, ...) vr_error_report((err), VIR_FROM_DOMAIN, (code), -1, __VA_ARGS__)

/* The caller asked how many there are, or for as many as fit. */
#define GIVE(p, in, out)                                                                                               \
    do {                                                                                                               \
        (out)->nparams = (int)(p).n;                                                                                   \
        if ((in)->nparams > 0) {                                                                                       \
            (out)->params = (p).v;                                                                                     \
            (out)->params_count = (p).n < (uint32_t)(in)->nparams ? (p).n : (uint32_t)(in)->nparams;                   \
            (out)->nparams = (int)(out)->params_count;                                                                 \
        }                                                                                                              \
    } while (0)

/* ---- scheduler --------------------------------------------------------------------------------------------------- */

VR_FN(get_scheduler_type, domain_get_scheduler_type_args, domain_get_scheduler_type_ret)
{
    out->type = "fair";
    out->nparams = 1;
    return true;
}

VR_FN(get_scheduler, domain_get_scheduler_parameters_args, domain_get_scheduler_parameters_ret)
{
    struct vr_test_params p = { .arena = call->arena };
    if (!vr_test_domain_of(call, &in->dom, err))
        return false;
    vr_test_param_uint(&p, VIR_DOMAIN_SCHEDULER_WEIGHT, 50);
    out->params = p.v;
    out->params_count = in->nparams > 0 ? 1 : 0;
    return true;
}

VR_FN(get_scheduler_flags, domain_get_scheduler_parameters_flags_args, domain_get_scheduler_parameters_flags_ret)
{
    struct vr_test_params p = { .arena = call->arena };
    if (!vr_test_domain_of(call, &in->dom, err))
        return false;
    vr_test_param_uint(&p, VIR_DOMAIN_SCHEDULER_WEIGHT, 50);
    out->params = p.v;
    out->params_count = in->nparams > 0 ? 1 : 0;
    return true;
}

static const struct vr_test_param scheduler_params[] = { { VIR_DOMAIN_SCHEDULER_WEIGHT, VIR_TYPED_PARAM_UINT }, { 0 } };

/* The one weight there is stays what it is, whatever is asked for: stock's mock answers 50 for ever. */
VR_FN(set_scheduler, domain_set_scheduler_parameters_args, void)
{
    return vr_test_params_known(in->params, in->params_count, scheduler_params, err) &&
           vr_test_domain_of(call, &in->dom, err);
}

VR_FN(set_scheduler_flags, domain_set_scheduler_parameters_flags_args, void)
{
    return vr_test_params_known(in->params, in->params_count, scheduler_params, err) &&
           vr_test_domain_of(call, &in->dom, err);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    size_t offset;
} memory_places[] = {
    { VIR_DOMAIN_MEMORY_HARD_LIMIT, offsetof(struct vr_memtune, hard_limit_kib) },
    { VIR_DOMAIN_MEMORY_SOFT_LIMIT, offsetof(struct vr_memtune, soft_limit_kib) },
    { VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT, offsetof(struct vr_memtune, swap_hard_limit_kib) },
};

static uint64_t *memory_place(struct vr_memtune *m, size_t i)
{
    return (uint64_t *)(void *)((char *)m + memory_places[i].offset);
}

static uint64_t limit_of(uint64_t kib)
{
    return kib == 0 || kib > VIR_DOMAIN_MEMORY_PARAM_UNLIMITED ? VIR_DOMAIN_MEMORY_PARAM_UNLIMITED : kib;
}

VR_FN(get_memory, domain_get_memory_parameters_args, domain_get_memory_parameters_ret)
{
    struct vr_test_params p = { .arena = call->arena };
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    const struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    for (size_t i = 0; i < VR_COUNT(memory_places); i++)
        vr_test_param_ullong(&p, memory_places[i].name,
                             limit_of(def->memtune ? *memory_place(def->memtune, i) : 0));
    GIVE(p, in, out);
    return true;
}

VR_FN(set_memory, domain_set_memory_parameters_args, void)
{
    static const struct vr_test_param known[] = {
        { VIR_DOMAIN_MEMORY_HARD_LIMIT, VIR_TYPED_PARAM_ULLONG }, { VIR_DOMAIN_MEMORY_SOFT_LIMIT, VIR_TYPED_PARAM_ULLONG },
        { VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT, VIR_TYPED_PARAM_ULLONG }, { 0 },
    };
    if (!vr_test_params_known(in->params, in->params_count, known, err))
        return false;
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    struct vr_memtune wanted = def->memtune ? *def->memtune : (struct vr_memtune){ 0 };
    bool bounded = false;
    for (uint32_t k = 0; k < in->params_count; k++) {
        for (size_t i = 0; i < VR_COUNT(memory_places); i++)
            if (vr_streq(memory_places[i].name, in->params[k].field))
                *memory_place(&wanted, i) = in->params[k].value.ul;
        bounded |= !vr_streq(in->params[k].field, VIR_DOMAIN_MEMORY_SOFT_LIMIT);
    }
    uint64_t hard = wanted.hard_limit_kib, swap = limit_of(wanted.swap_hard_limit_kib);
    if (bounded && hard > swap)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s",
                       "memory hard_limit tunable value must be lower than or equal to swap_hard_limit");
    for (size_t i = 0; i < VR_COUNT(memory_places); i++)
        if (*memory_place(&wanted, i) >= VIR_DOMAIN_MEMORY_PARAM_UNLIMITED)
            *memory_place(&wanted, i) = 0; /* which documents do not say */
    if (!def->memtune)
        def->memtune = vr_arena_new_of(def->arena, struct vr_memtune);
    *def->memtune = wanted;
    return true;
}

/* ---- NUMA -------------------------------------------------------------------------------------------------------- */

static const char *const numa_modes[] = { "strict", "preferred", "interleave", "restrictive", NULL };

VR_FN(get_numa, domain_get_numa_parameters_args, domain_get_numa_parameters_ret)
{
    struct vr_test_params p = { .arena = call->arena };
    if (in->nparams == 0) { /* how many there are, whatever is asked about */
        out->nparams = 2;
        return true;
    }
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    const struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags & ~STRINGS, err) : NULL;
    if (!def)
        return false;
    const struct vr_numatune *n = def->numatune;
    int mode = n && n->mode ? vr_name_index(numa_modes, n->mode) : 0;
    vr_test_param_int(&p, VIR_DOMAIN_NUMA_MODE, mode < 0 ? 0 : mode);
    vr_test_param_string(&p, VIR_DOMAIN_NUMA_NODESET, n && n->nodeset ? vr_cpuset_format(call->arena, n->nodeset) : "");
    GIVE(p, in, out);
    return true;
}

VR_FN(set_numa, domain_set_numa_parameters_args, void)
{
    static const struct vr_test_param known[] = {
        { VIR_DOMAIN_NUMA_MODE, VIR_TYPED_PARAM_INT }, { VIR_DOMAIN_NUMA_NODESET, VIR_TYPED_PARAM_STRING }, { 0 },
    };
    if (!vr_test_params_known(in->params, in->params_count, known, err))
        return false;
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    struct vr_domain_def *live, *config;
    if (!dom)
        return false;
    int mode = -1;
    const char *nodes = NULL;
    struct vr_cpuset *set = NULL;
    for (uint32_t i = 0; i < in->params_count; i++) {
        const struct vr_typed_param *t = &in->params[i];
        if (vr_streq(t->field, VIR_DOMAIN_NUMA_NODESET)) {
            nodes = t->value.s;
            if (!vr_cpuset_parse(call->arena, nodes, &set) || !set)
                return vr_error_report(err, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, -1, "Failed to parse bitmap '%s'", nodes);
            if (vr_cpuset_count(set) == 0)
                return vr_fail(err, VIR_ERR_OPERATION_INVALID, "Invalid nodeset of 'numatune': %s", nodes);
            continue;
        }
        mode = t->value.i;
        if (mode < 0 || mode >= VIR_DOMAIN_NUMATUNE_MEM_LAST)
            return vr_fail(err, VIR_ERR_INVALID_ARG, "unsupported numatune mode: '%d'", mode);
    }
    if (!vr_test_defs(dom, in->flags, &live, &config, err))
        return false;
    int now = live && live->numatune && live->numatune->mode ? vr_name_index(numa_modes, live->numatune->mode) : -1;
    if (live && mode != -1 && now != -1 && now != mode)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", "can't change numatune mode for running domain");
    for (int i = 0; i < 2; i++) {
        struct vr_domain_def *def = i ? config : live;
        if (!def)
            continue;
        if (!nodes && !(def->numatune && def->numatune->nodeset))
            return DOMAIN_FAIL(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                               "nodeset for NUMA memory tuning must be set if 'placement' is 'static'");
        if (!def->numatune)
            def->numatune = vr_arena_new_of(def->arena, struct vr_numatune);
        def->numatune->has_memory = true;
        if (mode != -1 || !def->numatune->mode)
            def->numatune->mode = numa_modes[mode == -1 ? 0 : mode];
        if (nodes) {
            vr_cpuset_parse(def->arena, nodes, &def->numatune->nodeset);
            def->numatune->placement = VR_PLACEMENT_STATIC;
        }
    }
    return true;
}

/* ---- block I/O weights ------------------------------------------------------------------------------------------- */

enum blkio_kind { BLKIO_WEIGHT, BLKIO_READ_IOPS, BLKIO_WRITE_IOPS, BLKIO_READ_BYTES, BLKIO_WRITE_BYTES, BLKIO_KINDS };
static const char *const blkio_names[BLKIO_KINDS + 1] = {
    VIR_DOMAIN_BLKIO_DEVICE_WEIGHT, VIR_DOMAIN_BLKIO_DEVICE_READ_IOPS, VIR_DOMAIN_BLKIO_DEVICE_WRITE_IOPS,
    VIR_DOMAIN_BLKIO_DEVICE_READ_BPS, VIR_DOMAIN_BLKIO_DEVICE_WRITE_BPS, NULL,
};

static uint64_t blkio_value(const struct vr_blkio_device *d, enum blkio_kind kind)
{
    const uint64_t values[] = { d->weight.set ? d->weight.v : 0, d->read_iops_sec, d->write_iops_sec, d->read_bytes_sec,
                                d->write_bytes_sec };
    return values[kind];
}

static void set_blkio_value(struct vr_blkio_device *d, enum blkio_kind kind, uint64_t value)
{
    uint64_t *places[] = { NULL, &d->read_iops_sec, &d->write_iops_sec, &d->read_bytes_sec, &d->write_bytes_sec };
    if (kind == BLKIO_WEIGHT)
        d->weight = value ? (struct vr_ouint){ true, (unsigned)value } : (struct vr_ouint){ 0 };
    else
        *places[kind] = value;
}

static const char *blkio_text(struct vr_arena *arena, const struct vr_blkiotune *b, enum blkio_kind kind)
{
    const char *text = "";
    for (size_t i = 0; b && i < b->devices.n; i++) {
        uint64_t value = blkio_value(b->devices.v[i], kind);
        if (value)
            text = vr_arena_printf(arena, "%s%s%s,%llu", text, *text ? "," : "", b->devices.v[i]->path,
                                   (unsigned long long)value);
    }
    return text;
}

VR_FN(get_blkio, domain_get_blkio_parameters_args, domain_get_blkio_parameters_ret)
{
    struct vr_test_params p = { .arena = call->arena };
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    const struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags & ~STRINGS, err) : NULL;
    if (!def)
        return false;
    vr_test_param_uint(&p, VIR_DOMAIN_BLKIO_WEIGHT, def->blkiotune ? def->blkiotune->weight : 0);
    for (int kind = 0; kind < BLKIO_KINDS; kind++)
        vr_test_param_string(&p, blkio_names[kind], blkio_text(call->arena, def->blkiotune, (enum blkio_kind)kind));
    GIVE(p, in, out);
    return true;
}

struct blkio_item {
    const char *path;
    uint64_t value;
};

/* "/dev/a,1,/dev/b,2" */
static bool split_blkio(struct vr_arena *arena, const char *name, const char *text, struct blkio_item **items,
                        size_t *count, struct vr_error **err)
{
    size_t commas = 0;
    for (const char *c = text; *c; c++)
        commas += *c == ',';
    if (!*text) {
        *count = 0;
        return true;
    }
    if (commas % 2 == 0)
        return DOMAIN_FAIL(err, VIR_ERR_INVALID_ARG, "unable to parse blkio device '%s' '%s'", name, text);
    *count = 0;
    *items = vr_arena_alloc(arena, (commas + 1) / 2 * sizeof(**items));
    while (*text) {
        struct blkio_item *item = &(*items)[(*count)++];
        size_t len = strcspn(text, ",");
        item->path = vr_arena_strndup(arena, text, len);
        text += len + 1;
        len = strcspn(text, ",");
        const char *value = vr_arena_strndup(arena, text, len);
        if (!vr_parse_u64(value, 10, strstr(name, "bytes") ? UINT64_MAX : UINT32_MAX, &item->value))
            return DOMAIN_FAIL(err, VIR_ERR_INVALID_ARG, "invalid value '%s' for parameter '%s' of device '%s'", value,
                               name, item->path);
        text += len + (text[len] == ',');
    }
    return true;
}

static void merge_blkio(struct vr_domain_def *def, enum blkio_kind kind, const struct blkio_item *items, size_t count)
{
    struct vr_blkiotune *b = def->blkiotune;
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < b->devices.n && !vr_streq(b->devices.v[at]->path, items[i].path))
            at++;
        if (at == b->devices.n) {
            struct vr_blkio_device *device = vr_arena_new_of(def->arena, struct vr_blkio_device);
            device->path = vr_arena_strdup(def->arena, items[i].path);
            VR_LIST_ADD(def->arena, &b->devices, device);
        }
        set_blkio_value(b->devices.v[at], kind, items[i].value);
        const struct vr_blkio_device *d = b->devices.v[at];
        if (!d->weight.set && !d->read_iops_sec && !d->write_iops_sec && !d->read_bytes_sec && !d->write_bytes_sec)
            VR_LIST_REMOVE(&b->devices, at); /* nothing is left to say of it */
    }
}

static bool apply_blkio(struct vr_arena *arena, struct vr_domain_def *def, const struct vr_typed_param *params,
                        uint32_t count, struct vr_error **err)
{
    if (!def->blkiotune)
        def->blkiotune = vr_arena_new_of(def->arena, struct vr_blkiotune);
    for (uint32_t i = 0; i < count; i++) {
        struct blkio_item *items = NULL;
        size_t n = 0;
        int kind = vr_name_index(blkio_names, params[i].field);
        if (kind < 0)
            def->blkiotune->weight = params[i].value.ui;
        else if (split_blkio(arena, params[i].field, params[i].value.s, &items, &n, err))
            merge_blkio(def, (enum blkio_kind)kind, items, n);
        else
            return false;
    }
    return true;
}

VR_FN(set_blkio, domain_set_blkio_parameters_args, void)
{
    static const struct vr_test_param known[] = {
        { VIR_DOMAIN_BLKIO_WEIGHT, VIR_TYPED_PARAM_UINT },
        { VIR_DOMAIN_BLKIO_DEVICE_WEIGHT, VIR_TYPED_PARAM_STRING },
        { VIR_DOMAIN_BLKIO_DEVICE_READ_IOPS, VIR_TYPED_PARAM_STRING },
        { VIR_DOMAIN_BLKIO_DEVICE_WRITE_IOPS, VIR_TYPED_PARAM_STRING },
        { VIR_DOMAIN_BLKIO_DEVICE_READ_BPS, VIR_TYPED_PARAM_STRING },
        { VIR_DOMAIN_BLKIO_DEVICE_WRITE_BPS, VIR_TYPED_PARAM_STRING },
        { 0 },
    };
    if (!vr_test_params_known(in->params, in->params_count, known, err))
        return false;
    struct vr_domain_def *live, *config;
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    return dom && vr_test_defs(dom, in->flags, &live, &config, err) &&
           (!live || apply_blkio(call->arena, live, in->params, in->params_count, err)) &&
           (!config || apply_blkio(call->arena, config, in->params, in->params_count, err));
}

/* ---- bandwidth of an interface ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool inbound;
    size_t offset;
} bandwidth_places[] = {
    { VIR_DOMAIN_BANDWIDTH_IN_AVERAGE, true, offsetof(struct vr_bandwidth_side, average) },
    { VIR_DOMAIN_BANDWIDTH_IN_PEAK, true, offsetof(struct vr_bandwidth_side, peak) },
    { VIR_DOMAIN_BANDWIDTH_IN_BURST, true, offsetof(struct vr_bandwidth_side, burst) },
    { VIR_DOMAIN_BANDWIDTH_IN_FLOOR, true, offsetof(struct vr_bandwidth_side, floor) },
    { VIR_DOMAIN_BANDWIDTH_OUT_AVERAGE, false, offsetof(struct vr_bandwidth_side, average) },
    { VIR_DOMAIN_BANDWIDTH_OUT_PEAK, false, offsetof(struct vr_bandwidth_side, peak) },
    { VIR_DOMAIN_BANDWIDTH_OUT_BURST, false, offsetof(struct vr_bandwidth_side, burst) },
};

static struct vr_ou64 *bandwidth_place(struct vr_bandwidth_side *side, size_t i)
{
    return (struct vr_ou64 *)(void *)((char *)side + bandwidth_places[i].offset);
}

VR_FN(get_interface, domain_get_interface_parameters_args, domain_get_interface_parameters_ret)
{
    struct vr_test_params p = { .arena = call->arena };
    if (in->nparams == 0) { /* how many there are, whatever is asked about */
        out->nparams = VR_COUNT(bandwidth_places);
        return true;
    }
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags & ~STRINGS, err) : NULL;
    struct vr_interface *nic = def ? vr_test_find_interface(def, in->device, err) : NULL;
    if (!nic)
        return false;
    for (size_t i = 0; i < VR_COUNT(bandwidth_places); i++) {
        struct vr_bandwidth_side *side = !nic->bandwidth                 ? NULL
                                         : bandwidth_places[i].inbound ? nic->bandwidth->in
                                                                       : nic->bandwidth->out;
        vr_test_param_uint(&p, bandwidth_places[i].name, side ? (unsigned)bandwidth_place(side, i)->v : 0);
    }
    GIVE(p, in, out);
    return true;
}

/* A side without an average is one without limits: it goes. */
static void set_bandwidth(struct vr_domain_def *def, struct vr_interface *nic, const struct vr_typed_param *params,
                          uint32_t count)
{
    struct vr_arena *arena = nic->arena;
    if (!nic->bandwidth)
        nic->bandwidth = vr_arena_new_of(arena, struct vr_bandwidth);
    struct vr_bandwidth_side *sides[2] = { vr_arena_new_of(arena, struct vr_bandwidth_side),
                                           vr_arena_new_of(arena, struct vr_bandwidth_side) };
    bool given[2] = { false, false };
    for (uint32_t k = 0; k < count; k++) {
        for (size_t i = 0; i < VR_COUNT(bandwidth_places); i++) {
            if (!vr_streq(bandwidth_places[i].name, params[k].field))
                continue;
            int which = bandwidth_places[i].inbound ? 0 : 1;
            if (params[k].value.ui)
                *bandwidth_place(sides[which], i) = (struct vr_ou64){ true, params[k].value.ui };
            /* Only these say that a side is meant; peak and burst without them change nothing. */
            given[which] |= bandwidth_places[i].offset == offsetof(struct vr_bandwidth_side, average) ||
                            bandwidth_places[i].offset == offsetof(struct vr_bandwidth_side, floor);
        }
    }
    if (given[0])
        nic->bandwidth->in = sides[0]->average.v || sides[0]->floor.v ? sides[0] : NULL;
    if (given[1])
        nic->bandwidth->out = sides[1]->average.v ? sides[1] : NULL;
    if (!nic->bandwidth->in && !nic->bandwidth->out)
        nic->bandwidth = NULL;
}

VR_FN(set_interface, domain_set_interface_parameters_args, void)
{
    static const struct vr_test_param known[] = {
        { VIR_DOMAIN_BANDWIDTH_IN_AVERAGE, VIR_TYPED_PARAM_UINT }, { VIR_DOMAIN_BANDWIDTH_IN_PEAK, VIR_TYPED_PARAM_UINT },
        { VIR_DOMAIN_BANDWIDTH_IN_BURST, VIR_TYPED_PARAM_UINT }, { VIR_DOMAIN_BANDWIDTH_IN_FLOOR, VIR_TYPED_PARAM_UINT },
        { VIR_DOMAIN_BANDWIDTH_OUT_AVERAGE, VIR_TYPED_PARAM_UINT }, { VIR_DOMAIN_BANDWIDTH_OUT_PEAK, VIR_TYPED_PARAM_UINT },
        { VIR_DOMAIN_BANDWIDTH_OUT_BURST, VIR_TYPED_PARAM_UINT }, { 0 },
    };
    if (!vr_test_params_known(in->params, in->params_count, known, err))
        return false;
    struct vr_domain_def *live, *config;
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom || !vr_test_defs(dom, in->flags, &live, &config, err))
        return false;
    struct vr_interface *nics[2] = { NULL, NULL };
    if (live && !(nics[0] = vr_test_find_interface(live, in->device, err)))
        return false;
    if (config && !(nics[1] = vr_test_find_interface(config, in->device, err)))
        return false;
    if (live)
        set_bandwidth(live, nics[0], in->params, in->params_count);
    if (config)
        set_bandwidth(config, nics[1], in->params, in->params_count);
    return true;
}

/* ---- perf events ------------------------------------------------------------------------------------------------- */

static const struct vr_test_param perf_params[] = {
    { "cmt", VIR_TYPED_PARAM_BOOLEAN }, { "mbmt", VIR_TYPED_PARAM_BOOLEAN }, { "mbml", VIR_TYPED_PARAM_BOOLEAN },
    { "cpu_cycles", VIR_TYPED_PARAM_BOOLEAN }, { "instructions", VIR_TYPED_PARAM_BOOLEAN },
    { "cache_references", VIR_TYPED_PARAM_BOOLEAN }, { "cache_misses", VIR_TYPED_PARAM_BOOLEAN },
    { "branch_instructions", VIR_TYPED_PARAM_BOOLEAN }, { "branch_misses", VIR_TYPED_PARAM_BOOLEAN },
    { "bus_cycles", VIR_TYPED_PARAM_BOOLEAN }, { "stalled_cycles_frontend", VIR_TYPED_PARAM_BOOLEAN },
    { "stalled_cycles_backend", VIR_TYPED_PARAM_BOOLEAN }, { "ref_cpu_cycles", VIR_TYPED_PARAM_BOOLEAN },
    { "cpu_clock", VIR_TYPED_PARAM_BOOLEAN }, { "task_clock", VIR_TYPED_PARAM_BOOLEAN },
    { "page_faults", VIR_TYPED_PARAM_BOOLEAN }, { "context_switches", VIR_TYPED_PARAM_BOOLEAN },
    { "cpu_migrations", VIR_TYPED_PARAM_BOOLEAN }, { "page_faults_min", VIR_TYPED_PARAM_BOOLEAN },
    { "page_faults_maj", VIR_TYPED_PARAM_BOOLEAN }, { "alignment_faults", VIR_TYPED_PARAM_BOOLEAN },
    { "emulation_faults", VIR_TYPED_PARAM_BOOLEAN }, { 0 },
};

static struct vr_perf_event *find_perf(const struct vr_domain_def *def, const char *name)
{
    for (size_t i = 0; i < def->perf_events.n; i++)
        if (vr_streq(def->perf_events.v[i]->name, name))
            return def->perf_events.v[i];
    return NULL;
}

VR_FN(get_perf, domain_get_perf_events_args, domain_get_perf_events_ret)
{
    struct vr_test_params p = { .arena = call->arena };
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    const struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags & ~STRINGS, err) : NULL;
    if (!def)
        return false;
    for (const struct vr_test_param *k = perf_params; k->name; k++) {
        const struct vr_perf_event *event = find_perf(def, k->name);
        vr_test_param_bool(&p, k->name, event && event->enabled == VR_TRI_YES);
    }
    out->params = p.v;
    out->params_count = p.n;
    return true;
}

/* The document lists events in their fixed order. */
static void set_perf(struct vr_domain_def *def, const char *name, bool on)
{
    struct vr_perf_event *event = find_perf(def, name);
    if (!event) {
        size_t at = 0;
        for (const struct vr_test_param *k = perf_params; !vr_streq(k->name, name); k++)
            at += find_perf(def, k->name) != NULL;
        event = vr_arena_new_of(def->arena, struct vr_perf_event);
        event->name = vr_arena_strdup(def->arena, name);
        VR_LIST_INSERT(def->arena, &def->perf_events, at, event);
    }
    event->enabled = on ? VR_TRI_YES : VR_TRI_NO;
}

VR_FN(set_perf_events, domain_set_perf_events_args, void)
{
    if (!vr_test_params_known(in->params, in->params_count, perf_params, err))
        return false;
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    struct vr_domain_def *live, *config;
    if (!dom || !vr_test_defs(dom, in->flags, &live, &config, err))
        return false;
    for (uint32_t i = 0; i < in->params_count; i++) {
        if (live)
            set_perf(live, in->params[i].field, in->params[i].value.b);
        if (config)
            set_perf(config, in->params[i].field, in->params[i].value.b);
    }
    return true;
}

const struct vr_driver_row vr_test_tune_rows[] = {
    VR_ROW(domain_get_scheduler_type, get_scheduler_type, 0),
    VR_ROW(domain_get_scheduler_parameters, get_scheduler, 0),
    VR_ROW(domain_get_scheduler_parameters_flags, get_scheduler_flags, 0),
    VR_ROW(domain_set_scheduler_parameters, set_scheduler, 0),
    VR_ROW(domain_set_scheduler_parameters_flags, set_scheduler_flags, 0),
    VR_ROW(domain_get_memory_parameters, get_memory, AFFECT | STRINGS),
    VR_ROW(domain_set_memory_parameters, set_memory, AFFECT),
    VR_ROW(domain_get_numa_parameters, get_numa, AFFECT | STRINGS),
    VR_ROW(domain_set_numa_parameters, set_numa, AFFECT),
    VR_ROW(domain_get_blkio_parameters, get_blkio, AFFECT | STRINGS),
    VR_ROW(domain_set_blkio_parameters, set_blkio, AFFECT),
    VR_ROW(domain_get_interface_parameters, get_interface, AFFECT | STRINGS),
    VR_ROW(domain_set_interface_parameters, set_interface, AFFECT),
    VR_ROW(domain_get_perf_events, get_perf, AFFECT | STRINGS),
    VR_ROW(domain_set_perf_events, set_perf_events, AFFECT),
    { 0 },
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Throttling of disks. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <stdlib.h>
#include "internal.h"

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)
#define MOST 1000000000000000ull

/* In the order in which they are told; the name of the group stands between. */
static const struct place {
    const char *name;
    size_t offset;
} places[] = {
#define PLACE(member) { #member, offsetof(struct vr_iotune, member) }
    PLACE(total_bytes_sec), PLACE(read_bytes_sec), PLACE(write_bytes_sec),
    PLACE(total_iops_sec), PLACE(read_iops_sec), PLACE(write_iops_sec),
    PLACE(total_bytes_sec_max), PLACE(read_bytes_sec_max), PLACE(write_bytes_sec_max),
    PLACE(total_iops_sec_max), PLACE(read_iops_sec_max), PLACE(write_iops_sec_max),
    PLACE(size_iops_sec),
    { NULL, 0 }, /* group_name */
    PLACE(total_bytes_sec_max_length), PLACE(read_bytes_sec_max_length), PLACE(write_bytes_sec_max_length),
    PLACE(total_iops_sec_max_length), PLACE(read_iops_sec_max_length), PLACE(write_iops_sec_max_length),
#undef PLACE
};
#define RATES 6 /* the first ones: rates, each with a burst RATES further on */

static uint64_t *value_at(const struct vr_iotune *t, size_t i)
{
    return (uint64_t *)(void *)((char *)t + places[i].offset);
}

static int place_of(const char *name)
{
    for (size_t i = 0; i < VR_COUNT(places); i++)
        if (places[i].name && vr_streq(places[i].name, name))
            return (int)i;
    return -1;
}

struct vr_disk *vr_test_find_disk(const struct vr_domain_def *def, const char *name)
{
    for (size_t i = 0; i < def->disks.n; i++) {
        struct vr_disk *d = def->disks.v[i];
        if (vr_streq(d->target, name) || (d->src && d->src->path && vr_streq(d->src->path, name)))
            return d;
    }
    return NULL;
}

static struct vr_disk *find_disk(const struct vr_domain_def *def, const char *name, struct vr_error **err)
{
    struct vr_disk *disk = vr_test_find_disk(def, name);
    if (!disk)
        vr_fail(err, VIR_ERR_INVALID_ARG, "disk '%s' was not found in the domain config", name);
    return disk;
}

VR_FN(get_iotune, domain_get_block_io_tune_args, domain_get_block_io_tune_ret)
{
    struct vr_test_params p = { .arena = call->arena };
    if (in->nparams == 0) { /* how many there are, whatever is asked about */
        out->nparams = VR_COUNT(places);
        return true;
    }
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    const struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags & AFFECT, err) : NULL;
    if (!def)
        return false;
    const struct vr_disk *disk = find_disk(def, in->disk ? in->disk : "", err);
    if (!disk)
        return false;
    for (size_t i = 0; i < VR_COUNT(places); i++) {
        if (places[i].name)
            vr_test_param_ullong(&p, places[i].name, *value_at(&disk->iotune, i));
        else
            vr_test_param_string(&p, VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME,
                                 disk->iotune.group_name ? disk->iotune.group_name : "");
    }
    out->nparams = (int)p.n;
    if (in->nparams > 0) {
        out->params = p.v;
        out->params_count = p.n < (uint32_t)in->nparams ? p.n : (uint32_t)in->nparams;
        out->nparams = (int)out->params_count;
    }
    return true;
}

/* Total and a direction exclude each other, for rates and for bursts. */
static bool no_mix(const struct vr_iotune *t, size_t first, const char *what, struct vr_error **err)
{
    bool total = *value_at(t, first), parts = *value_at(t, first + 1) || *value_at(t, first + 2);
    return !(total && parts) ||
           vr_fail(err, VIR_ERR_INVALID_ARG, "total and read/write of %s cannot be set at the same time", what);
}

static bool consistent(const struct vr_iotune *t, struct vr_error **err)
{
    if (!no_mix(t, 0, "bytes_sec", err) || !no_mix(t, 3, "iops_sec", err) || !no_mix(t, 6, "bytes_sec_max", err) ||
        !no_mix(t, 9, "iops_sec_max", err))
        return false;
    return true;
}

static bool below_bursts(const struct vr_iotune *t, struct vr_error **err)
{
    for (size_t i = 0; i < RATES; i++)
        if (*value_at(t, i) > *value_at(t, i + RATES))
            return vr_fail(err, VIR_ERR_INVALID_ARG, "%s cannot be set higher than %s ", places[i].name,
                           places[i + RATES].name);
    return true;
}

static bool read_params(const struct vr_domain_set_block_io_tune_args *in, struct vr_iotune *wanted, bool *set,
                        struct vr_error **err)
{
    for (uint32_t k = 0; k < in->params_count; k++) {
        const struct vr_typed_param *t = &in->params[k];
        if (t->value.type == VIR_TYPED_PARAM_STRING) {
            wanted->group_name = t->value.s;
            continue;
        }
        int i = place_of(t->field);
        if (t->value.ul > MOST)
            return vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, "block I/O throttle limit value must be no more than %llu",
                           MOST);
        *value_at(wanted, (size_t)i) = t->value.ul;
        set[i] = true;
    }
    return true;
}

VR_FN(set_iotune, domain_set_block_io_tune_args, void)
{
    struct vr_test_param known[VR_COUNT(places) + 1] = { { 0 } };
    for (size_t i = 0; i < VR_COUNT(places); i++)
        known[i] = places[i].name ? (struct vr_test_param){ places[i].name, VIR_TYPED_PARAM_ULLONG, false }
                                  : (struct vr_test_param){ VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME, VIR_TYPED_PARAM_STRING, false };
    if (!vr_test_params_known(in->params, in->params_count, known, err))
        return false;
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    struct vr_disk *disk = def ? find_disk(def, in->disk, err) : NULL;
    if (!disk)
        return false;
    struct vr_iotune wanted = disk->iotune;
    bool set[VR_COUNT(places)] = { false };
    if (!read_params(in, &wanted, set, err) || !consistent(&wanted, err) || !below_bursts(&wanted, err))
        return false;
    if (wanted.group_name)
        wanted.group_name = vr_arena_strdup(disk->arena, wanted.group_name);
    disk->iotune = wanted;
    return true;
}

const struct vr_driver_row vr_test_iotune_rows[] = {
    VR_ROW(domain_get_block_io_tune, get_iotune, AFFECT | VIR_TYPED_PARAM_STRING_OKAY),
    VR_ROW(domain_set_block_io_tune, set_iotune, AFFECT),
    { 0 },
};

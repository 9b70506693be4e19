/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a set of features to a model. Newest models are tried first; one of the same family and model number as the
 * processor is preferred, then the one that leaves the fewest differences to be spelled out.
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "qemu/caps/caps.h"
#include "qemu/caps/cpu_choose.h"

static const char *vendor_name(const char *id)
{
    static const char *const vendors[][2] = { { "GenuineIntel", "Intel" }, { "AuthenticAMD", "AMD" },
                                              { "HygonGenuine", "Hygon" } };
    for (size_t i = 0; id && i < VR_COUNT(vendors); i++)
        if (vr_streq(vendors[i][0], id))
            return vendors[i][1];
    return NULL;
}

static const struct vr_qemu_cpu_model *emulator_has(const struct vr_qemu_accel_caps *accel, const char *name)
{
    for (size_t i = 0; i < accel->n_cpus; i++)
        if (vr_streq(accel->cpus[i].name, name))
            return &accel->cpus[i];
    return NULL;
}

/* What has to be said beside the model's name; returns how many features that are. */
static size_t differences(const struct vr_cpu_set *data, size_t model, const struct vr_qemu_cpu_model *cpu,
                          struct vr_cpu_choice *out)
{
    struct vr_cpu_set expected = *vr_cpu_model_features(model);
    size_t n = 0;
    /* What the emulator would put into the model and cannot: it has to be switched off by name. */
    for (size_t i = 0; cpu->blockers && cpu->blockers[i]; i++) {
        int f = vr_cpu_feature_find(cpu->blockers[i]);
        if (f >= 0 && !vr_cpu_set_has(data, f))
            vr_cpu_set_put(&expected, f, true);
    }
    memset(&out->require, 0, sizeof(out->require));
    memset(&out->disable, 0, sizeof(out->disable));
    for (size_t f = 0; f < vr_cpu_feature_count(); f++) {
        bool has = vr_cpu_set_has(data, f), wants = vr_cpu_set_has(&expected, f);
        if (has == wants)
            continue;
        vr_cpu_set_put(has ? &out->require : &out->disable, f, true);
        n++;
    }
    out->model = model;
    return n;
}

/* One processor to be described. `accel` NULL: the host's own, for which only models it has all of will do. */
struct processor {
    struct vr_cpu_set data;
    const char *vendor; /* as documents write it */
    unsigned family, number;
    const struct vr_qemu_accel_caps *accel;
};

static bool describes(const struct processor *p, size_t m, struct vr_cpu_choice *out, size_t *count)
{
    static const struct vr_qemu_cpu_model no_emulator = { .name = "" };
    const struct vr_cpu_model_row *row = &vr_cpu_models[m];
    const struct vr_qemu_cpu_model *cpu = p->accel ? emulator_has(p->accel, row->name) : &no_emulator;
    if (!cpu || (p->accel ? !row->decode_guest : !row->decode_host) ||
        (row->vendor && p->vendor && !vr_streq(row->vendor, p->vendor)))
        return false;
    out->vendor = p->vendor;
    *count = differences(&p->data, m, cpu, out);
    if (p->accel)
        return true;
    for (size_t f = 0; f < vr_cpu_feature_count(); f++)
        if (vr_cpu_set_has(&out->disable, f))
            return false;
    return true;
}

static bool choose(const struct processor *p, struct vr_cpu_choice *out)
{
    size_t count = 0, best = 0;
    bool found = false, found_signature = false;
    while (vr_cpu_models[count].name)
        count++;
    for (size_t m = count; m-- > 0;) {
        struct vr_cpu_choice candidate = { 0 };
        size_t n;
        if (!describes(p, m, &candidate, &n))
            continue;
        bool signature = vr_cpu_model_has_signature(m, p->family, p->number);
        if (found && found_signature && !signature)
            continue;
        if (found && best <= n && !(signature && !found_signature))
            continue;
        *out = candidate;
        best = n;
        found = true;
        found_signature = signature;
    }
    return found;
}

bool vr_cpu_choose(const struct vr_qemu_accel_caps *accel, bool migratable, struct vr_cpu_choice *out)
{
    struct processor p = { .vendor = vendor_name(accel->host_vendor), .family = accel->host_family,
                           .number = accel->host_model, .accel = accel };
    if (!accel->available || !accel->host_features || !accel->host_features[0])
        return false;
    for (size_t i = 0; accel->host_features[i]; i++) {
        int f = vr_cpu_feature_find(accel->host_features[i]);
        if (f >= 0 && (!migratable || vr_cpu_feature_migratable(f)))
            vr_cpu_set_put(&p.data, f, true);
    }
    return choose(&p, out);
}

bool vr_cpu_choose_host(const char *const *features, size_t n, const char *vendor, unsigned family, unsigned number,
                        struct vr_cpu_choice *out)
{
    struct processor p = { .vendor = vendor, .family = family, .number = number };
    for (size_t i = 0; i < n; i++) {
        int f = vr_cpu_feature_find(features[i]);
        if (f >= 0)
            vr_cpu_set_put(&p.data, f, true);
    }
    return choose(&p, out);
}

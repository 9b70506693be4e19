/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* x86 CPU models as documents know them: sets of named features. Pure; the parsed map is made once and never changes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vr_cpu_model_row {
    const char *name, *base, *vendor; /* vendor NULL: any */
    bool decode_host, decode_guest;   /* may be chosen when a processor is described by a model */
    const char *signatures, *delta;   /* "6.60 6.63"; "+more -less ~once had" */
};
extern const struct vr_cpu_model_row vr_cpu_models[];
extern const char vr_cpu_features[];

#define VR_CPU_FEATURES_MAX 320
/** A set of features, by their position in the map. */
struct vr_cpu_set {
    uint64_t bits[VR_CPU_FEATURES_MAX / 64];
};

/** Number of features; their names by position. */
size_t vr_cpu_feature_count(void);
const char *vr_cpu_feature_name(size_t index);
bool vr_cpu_feature_migratable(size_t index);
/** Position of a feature by documents' or QEMU's spelling, or -1. */
int vr_cpu_feature_find(const char *name);

/** Position of a model in vr_cpu_models, or -1. */
int vr_cpu_model_find(const char *name);
const struct vr_cpu_set *vr_cpu_model_features(size_t model);
/** Whether a model once had a feature that its name no longer promises (EPYC: monitor). */
bool vr_cpu_model_removed(size_t model, size_t feature);
bool vr_cpu_model_has_signature(size_t model, unsigned family, unsigned number);

static inline bool vr_cpu_set_has(const struct vr_cpu_set *s, size_t i)
{
    return s->bits[i / 64] >> (i % 64) & 1;
}
static inline void vr_cpu_set_put(struct vr_cpu_set *s, size_t i, bool on)
{
    if (on)
        s->bits[i / 64] |= UINT64_C(1) << (i % 64);
    else
        s->bits[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

/**
 * vr_cpu_names - the models that documents of an architecture may name, NULL-terminated
 *
 * KNOWN with an empty list: any name goes. NONE: CPUs of this architecture are not described by models.
 */
enum vr_cpu_names_result { VR_CPU_NAMES_KNOWN, VR_CPU_NAMES_NONE, VR_CPU_NAMES_UNKNOWN };
enum vr_cpu_names_result vr_cpu_names(const char *arch, const char *const **names);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Which model describes a processor best. */
#include "model/cpu_map.h"

struct vr_qemu_accel_caps;

/** A processor described as documents do: a model, and features it has more and less. */
struct vr_cpu_choice {
    int model; /* in vr_cpu_models */
    const char *vendor;
    struct vr_cpu_set require, disable;
};
/**
 * The model that describes the accelerator's richest CPU best: what <cpu mode='host-model'/> stands for. False when the
 * emulator told nothing about it. @migratable: without the features that bind a guest to this host.
 */
bool vr_cpu_choose(const struct vr_qemu_accel_caps *accel, bool migratable, struct vr_cpu_choice *out);
/**
 * The model that describes the host's own processor, of those whose features it all has. @features: as documents write
 * them. False when there is none.
 */
bool vr_cpu_choose_host(const char *const *features, size_t n, const char *vendor, unsigned family, unsigned number,
                        struct vr_cpu_choice *out);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Storage pools of the mock and their volumes. */
#include "internal.h"
#include "model/pool.h"
#include "model/volume.h"

struct vr_test_pool {
    struct vr_pool_def *def;
    struct vr_test_list volumes; /* of struct vr_volume_def */
    bool active, persistent, autostart;
};

/** NULL with NO_STORAGE_POOL. */
struct vr_test_pool *vr_test_pool_of(struct vr_call *call, const char *name, struct vr_error **err);
/** The same, and it must run. */
struct vr_test_pool *vr_test_pool_active(struct vr_call *call, const char *name, struct vr_error **err);
struct vr_nonnull_storage_pool vr_test_pool_name(struct vr_arena *arena, const struct vr_test_pool *pool);
/** Another pool that would use the same storage, or NULL. */
struct vr_test_pool *vr_test_pool_conflict(const struct vr_test *test, const struct vr_pool_def *def);
/** A volume of the host's document. */
bool vr_test_pool_add_volume(struct vr_test_pool *pool, const char *xml, size_t len, unsigned flags,
                             struct vr_volume_def **out, struct vr_error **err);

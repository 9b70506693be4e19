/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Random values of any table, for tests: every length, option and arm is drawn, limits are respected. */
#include "api/describe.h"
#include "base/arena.h"

/** Fills *value (type->size bytes). The same seed gives the same value; *seed moves on. */
void vr_xdr_random(const struct vr_struct *type, struct vr_arena *arena, void *value, uint64_t *seed);
uint64_t vr_random_next(uint64_t *seed);

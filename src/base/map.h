/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Hash map from bytes (text, uuid, number) to pointers. Keys are copied, values borrowed. Iteration order is insertion
 * order, and stays valid when the current element is removed during vr_map_each.
 */
#include <stdbool.h>
#include <stddef.h>
#include "cleanup.h"

struct vr_map;

struct vr_map *vr_map_new(void);
void vr_map_free(struct vr_map *map);
VR_DEFINE_AUTO(vr_map)

/** Adds or replaces; returns the value that was there before, or NULL. */
void *vr_map_put(struct vr_map *map, const void *key, size_t key_len, void *value);
void *vr_map_get(const struct vr_map *map, const void *key, size_t key_len);
/** Removes; returns the value that was there, or NULL. */
void *vr_map_remove(struct vr_map *map, const void *key, size_t key_len);
size_t vr_map_count(const struct vr_map *map);
/** Iterates: start with *pos = 0; false at the end. */
bool vr_map_each(const struct vr_map *map, size_t *pos, void **value);

void *vr_map_put_str(struct vr_map *map, const char *key, void *value);
void *vr_map_get_str(const struct vr_map *map, const char *key);
void *vr_map_remove_str(struct vr_map *map, const char *key);

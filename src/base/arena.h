/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Arena: memory that is given back all at once. A parsed document lives in one, with a child arena per device, so
 * that unplugging a device frees one child. Not thread-safe; an arena belongs to whoever made it.
 */
#include <stdarg.h>
#include <stddef.h>
#include "cleanup.h"

struct vr_arena;

struct vr_arena *vr_arena_new(void);
/** A child is freed with its parent, or earlier by vr_arena_free. */
struct vr_arena *vr_arena_child(struct vr_arena *parent);
void vr_arena_free(struct vr_arena *arena);
VR_DEFINE_AUTO(vr_arena)

void *vr_arena_alloc(struct vr_arena *arena, size_t size); /* zeroed, 16-byte aligned; aborts without memory */
char *vr_arena_strdup(struct vr_arena *arena, const char *text); /* NULL stays NULL */
char *vr_arena_strndup(struct vr_arena *arena, const char *text, size_t length);
void *vr_arena_memdup(struct vr_arena *arena, const void *data, size_t size);
char *vr_arena_printf(struct vr_arena *arena, const char *fmt, ...) VR_PRINTF(2, 3);
char *vr_arena_vprintf(struct vr_arena *arena, const char *fmt, va_list ap) VR_PRINTF(2, 0);
/** Bytes handed out by this arena and its children. */
size_t vr_arena_size(const struct vr_arena *arena);

#define vr_arena_new_of(arena, type) ((type *)vr_arena_alloc((arena), sizeof(type)))

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xdr_random.h"

#include <string.h>
#include "xdr.h"

#define MOST_ELEMENTS 4
#define MOST_TEXT 21

/* xorshift64*: good enough to reach every arm, and the same on every machine. */
uint64_t vr_random_next(uint64_t *seed)
{
    uint64_t x = *seed ? *seed : 88172645463325252u;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *seed = x;
    return x * 2685821657736338717u;
}

static uint32_t below(uint64_t *seed, uint32_t n)
{
    return n ? (uint32_t)(vr_random_next(seed) >> 33) % n : 0;
}

/* Small numbers, edges and anything. */
static uint64_t number(uint64_t *seed)
{
    static const uint64_t edges[] = { 0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, INT64_MAX,
                                      0x8000000000000000u, UINT64_MAX };
    switch (below(seed, 3)) {
    case 0:
        return below(seed, 100);
    case 1:
        return edges[below(seed, VR_COUNT(edges))];
    default:
        return vr_random_next(seed);
    }
}

static uint32_t length(uint64_t *seed, uint32_t limit, uint32_t most)
{
    uint32_t cap = limit < most ? limit : most;
    return below(seed, cap + 1);
}

static const char *text(struct vr_arena *arena, uint64_t *seed, uint32_t limit)
{
    uint32_t len = length(seed, limit, MOST_TEXT);
    char *t = vr_arena_alloc(arena, len + 1);
    for (uint32_t i = 0; i < len; i++)
        t[i] = (char)(1 + below(seed, 255));
    return t;
}

static void one(const struct vr_field *f, struct vr_arena *arena, void *base, void *at, uint64_t *seed)
{
    uint64_t n = number(seed);
    switch ((enum vr_kind)f->kind) {
    case VR_KIND_STRING:
        *(const char **)at = text(arena, seed, f->limit);
        return;
    case VR_KIND_BYTES: {
        uint32_t len = length(seed, f->limit, MOST_TEXT);
        uint8_t *data = vr_arena_alloc(arena, len + 1);
        for (uint32_t i = 0; i < len; i++)
            data[i] = (uint8_t)below(seed, 256);
        *(const uint8_t **)at = data;
        memcpy((char *)base + f->count_offset, &len, 4);
        return;
    }
    case VR_KIND_UUID:
        for (int i = 0; i < 16; i++)
            ((unsigned char *)at)[i] = (unsigned char)below(seed, 256);
        return;
    case VR_KIND_STRUCT:
    case VR_KIND_UNION:
        vr_xdr_random(f->sub, arena, at, seed);
        return;
    default:
        /* The low bytes of a little-endian number: 1, 2, 4 or 8 of them. */
        memcpy(at, &n, vr_field_size(f));
        return;
    }
}

static void field(const struct vr_field *f, struct vr_arena *arena, void *base, uint64_t *seed)
{
    char *at = (char *)base + f->offset;
    switch ((enum vr_shape)f->shape) {
    case VR_SHAPE_ONE:
        one(f, arena, base, at, seed);
        return;
    case VR_SHAPE_OPTIONAL:
        if (below(seed, 2))
            return;
        if (f->kind == VR_KIND_STRING) {
            *(const char **)(void *)at = text(arena, seed, f->limit);
            return;
        }
        *(void **)(void *)at = vr_arena_alloc(arena, vr_field_size(f));
        one(f, arena, base, *(void **)(void *)at, seed);
        return;
    case VR_SHAPE_COUNTED: {
        uint32_t count = length(seed, f->count_limit, MOST_ELEMENTS);
        char *items = vr_arena_alloc(arena, (count + 1) * vr_field_size(f));
        for (uint32_t i = 0; i < count; i++)
            one(f, arena, items, items + i * vr_field_size(f), seed);
        *(void **)(void *)at = items;
        memcpy((char *)base + f->count_offset, &count, 4);
        return;
    }
    case VR_SHAPE_FIXED:
        for (uint32_t i = 0; i < f->count_limit; i++)
            one(f, arena, base, at + i * vr_field_size(f), seed);
        return;
    }
}

void vr_xdr_random(const struct vr_struct *type, struct vr_arena *arena, void *value, uint64_t *seed)
{
    memset(value, 0, type->size);
    if (type->is_union) {
        const struct vr_field *arm = &type->fields[below(seed, type->field_count)];
        memcpy((char *)value + type->tag_offset, &arm->tag, 4);
        field(arm, arena, value, seed);
        return;
    }
    for (uint16_t i = 0; i < type->field_count; i++)
        field(&type->fields[i], arena, value, seed);
}

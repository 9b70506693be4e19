/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"

#define CHUNK_BYTES 1008 /* most documents are small and many are held: start small, grow by doubling */
#define CHUNK_MAX (64 * 1024)

struct chunk {
    struct chunk *next;
    size_t used, size;
    _Alignas(16) unsigned char data[];
};

struct vr_arena {
    struct vr_arena *parent, *children, *next, *prev;
    struct chunk *chunks;
    size_t bytes, next_size;
};

struct vr_arena *vr_arena_new(void)
{
    struct vr_arena *a = vr_new(struct vr_arena);
    a->next_size = CHUNK_BYTES;
    return a;
}

struct vr_arena *vr_arena_child(struct vr_arena *parent)
{
    struct vr_arena *a = vr_arena_new();
    a->parent = parent;
    a->next = parent->children;
    if (a->next)
        a->next->prev = a;
    parent->children = a;
    return a;
}

void vr_arena_free(struct vr_arena *a)
{
    if (!a)
        return;
    while (a->children)
        vr_arena_free(a->children);
    if (a->prev)
        a->prev->next = a->next;
    else if (a->parent)
        a->parent->children = a->next;
    if (a->next)
        a->next->prev = a->prev;
    for (struct chunk *c = a->chunks; c;) {
        struct chunk *next = c->next;
        free(c);
        c = next;
    }
    free(a);
}

void *vr_arena_alloc(struct vr_arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        abort();
    size = (size + 15) & ~(size_t)15;
    struct chunk *c = a->chunks;
    if (!c || c->size - c->used < size) {
        size_t room = size > a->next_size / 4 ? size : a->next_size;
        struct chunk *fresh = vr_alloc(sizeof(*fresh) + room);
        fresh->size = room;
        if (c && room == size && c->used < c->size) { /* a big block does not end the chunk in use */
            fresh->next = c->next;
            c->next = fresh;
        } else {
            fresh->next = c;
            a->chunks = fresh;
            if (a->next_size < CHUNK_MAX)
                a->next_size *= 2;
        }
        c = fresh;
    }
    void *p = c->data + c->used;
    c->used += size;
    a->bytes += size;
    return p;
}

char *vr_arena_strndup(struct vr_arena *a, const char *text, size_t length)
{
    if (!text)
        return NULL;
    size_t n = strnlen(text, length);
    char *copy = vr_arena_alloc(a, n + 1);
    memcpy(copy, text, n);
    return copy;
}

char *vr_arena_strdup(struct vr_arena *a, const char *text)
{
    return text ? vr_arena_strndup(a, text, strlen(text)) : NULL;
}

void *vr_arena_memdup(struct vr_arena *a, const void *data, size_t size)
{
    void *copy = vr_arena_alloc(a, size ? size : 1);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

char *vr_arena_vprintf(struct vr_arena *a, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0)
        abort();
    char *text = vr_arena_alloc(a, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, fmt, ap);
    return text;
}

char *vr_arena_printf(struct vr_arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = vr_arena_vprintf(a, fmt, ap);
    va_end(ap);
    return text;
}

size_t vr_arena_size(const struct vr_arena *a)
{
    size_t n = a->bytes;
    for (const struct vr_arena *c = a->children; c; c = c->next)
        n += vr_arena_size(c);
    return n;
}

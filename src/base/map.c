/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"
#include "str.h"

/* Entries stand in insertion order; `slots` holds indexes + 1 into them, open addressing. A removed entry keeps its
 * place with a NULL key until the next rebuild, so that positions held by iterators stay right. */
struct entry {
    void *key;
    size_t key_len;
    uint64_t hash;
    void *value;
};

struct vr_map {
    struct entry *entries;
    size_t used, cap, live;
    uint32_t *slots;
    size_t slot_count; /* a power of two */
};

struct vr_map *vr_map_new(void)
{
    return vr_new(struct vr_map);
}

void vr_map_free(struct vr_map *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->used; i++)
        free(m->entries[i].key);
    free(m->entries);
    free(m->slots);
    free(m);
}

static void index_entries(struct vr_map *m)
{
    memset(m->slots, 0, m->slot_count * sizeof(*m->slots));
    for (size_t i = 0; i < m->used; i++) {
        if (!m->entries[i].key)
            continue;
        size_t s = m->entries[i].hash & (m->slot_count - 1);
        while (m->slots[s])
            s = (s + 1) & (m->slot_count - 1);
        m->slots[s] = (uint32_t)i + 1;
    }
}

static void make_room(struct vr_map *m)
{
    if (m->used < m->cap && (m->used + 1) * 4 < m->slot_count * 3)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < m->used; i++)
        if (m->entries[i].key)
            m->entries[kept++] = m->entries[i];
    m->used = kept;
    size_t want = 16;
    while (want * 3 < (kept + 1) * 6)
        want *= 2;
    if (want != m->slot_count) {
        m->slot_count = want;
        m->slots = vr_realloc(m->slots, want, sizeof(*m->slots));
    }
    m->cap = want * 3 / 4;
    m->entries = vr_realloc(m->entries, m->cap, sizeof(*m->entries));
    index_entries(m);
}

static struct entry *find(const struct vr_map *m, const void *key, size_t len, uint64_t hash)
{
    if (!m->slot_count)
        return NULL;
    for (size_t s = hash & (m->slot_count - 1); m->slots[s]; s = (s + 1) & (m->slot_count - 1)) {
        struct entry *e = &m->entries[m->slots[s] - 1];
        if (e->key && e->hash == hash && e->key_len == len && memcmp(e->key, key, len) == 0)
            return e;
    }
    return NULL;
}

void *vr_map_put(struct vr_map *m, const void *key, size_t len, void *value)
{
    uint64_t hash = vr_hash_bytes(key, len);
    struct entry *e = find(m, key, len, hash);
    if (e) {
        void *old = e->value;
        e->value = value;
        return old;
    }
    make_room(m);
    m->entries[m->used] = (struct entry){ vr_memdup(key, len), len, hash, value };
    size_t s = hash & (m->slot_count - 1);
    while (m->slots[s])
        s = (s + 1) & (m->slot_count - 1);
    m->slots[s] = (uint32_t)++m->used;
    m->live++;
    return NULL;
}

void *vr_map_get(const struct vr_map *m, const void *key, size_t len)
{
    struct entry *e = find(m, key, len, vr_hash_bytes(key, len));
    return e ? e->value : NULL;
}

void *vr_map_remove(struct vr_map *m, const void *key, size_t len)
{
    struct entry *e = find(m, key, len, vr_hash_bytes(key, len));
    if (!e)
        return NULL;
    void *old = e->value;
    free(e->key);
    *e = (struct entry){ 0 };
    m->live--;
    return old;
}

size_t vr_map_count(const struct vr_map *m)
{
    return m->live;
}

bool vr_map_each(const struct vr_map *m, size_t *pos, void **value)
{
    while (*pos < m->used) {
        struct entry *e = &m->entries[(*pos)++];
        if (e->key) {
            *value = e->value;
            return true;
        }
    }
    return false;
}

void *vr_map_put_str(struct vr_map *m, const char *key, void *value)
{
    return vr_map_put(m, key, strlen(key), value);
}

void *vr_map_get_str(const struct vr_map *m, const char *key)
{
    return vr_map_get(m, key, strlen(key));
}

void *vr_map_remove_str(struct vr_map *m, const char *key)
{
    return vr_map_remove(m, key, strlen(key));
}

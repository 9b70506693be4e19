/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random structs for tests: every value may be there or not, texts hold what needs escaping, numbers touch their limits. */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "shape.h"

#include <limits.h>
#include <string.h>

static uint64_t next(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15ull); /* splitmix64 */
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static uint64_t below(uint64_t *seed, uint64_t n)
{
    return n ? next(seed) % n : 0;
}

static const char *text(struct vr_arena *arena, uint64_t *seed)
{
    static const char letters[] = "abcXYZ019-_./:<>&'\" \xc3\xa4";
    size_t n = 1 + below(seed, 12);
    char *t = vr_arena_alloc(arena, n * 2 + 2);
    size_t at = 0;
    t[at++] = 'a'; /* values of blanks alone are another matter */
    for (size_t i = 0; i < n; i++) {
        size_t k = below(seed, sizeof(letters) - 2);
        if (letters[k] == '\xc3') {
            t[at++] = '\xc3';
            t[at++] = '\xa4';
        } else if (letters[k] != '\xa4') {
            t[at++] = letters[k];
        }
    }
    return t;
}

static uint64_t number(uint64_t *seed, const struct vr_row *row, uint64_t type_max)
{
    uint64_t hi = row->more->max ? row->more->max : type_max, lo = row->more->min ? row->more->min : !row->more->zero;
    switch (below(seed, 4)) {
    case 0: return lo;
    case 1: return hi;
    default: return hi == UINT64_MAX && !lo ? next(seed) : lo + below(seed, hi - lo + 1);
    }
}

static int choice(uint64_t *seed, const char *const *names)
{
    int n = 0;
    while (names[n])
        n++;
    return n > 1 ? 1 + (int)below(seed, (uint64_t)n - 1) : 0;
}

struct oint { bool set; int v; };
struct ouint { bool set; unsigned v; };
struct ou64 { bool set; uint64_t v; };
struct oi64 { bool set; int64_t v; };

struct maker {
    uint64_t *seed;
    bool customs; /* members behind custom rows, too: such texts need not read back */
};

static void random_rows(struct vr_arena *arena, const struct vr_row *rows, void *base, struct maker *k, int depth);

static void *random_struct(struct vr_arena *arena, const struct vr_xml_elem *elem, struct maker *k, int depth)
{
    void *obj = vr_elem_new(arena, elem);
    random_rows(elem->own_arena ? *(struct vr_arena **)obj : arena, elem->rows, obj, k, depth);
    return obj;
}

static const char *string(struct vr_arena *arena, const struct vr_row *row, uint64_t *seed)
{
    const struct vr_datatype *type = vr_row_datatype(row);
    if (type && !row->more->words)
        return type->samples[below(seed, 2)];
    if (!row->more->words)
        return text(arena, seed);
    size_t n = 0;
    while (row->more->words[n])
        n++;
    return row->more->words[below(seed, n)];
}

static char *kept_text(struct vr_arena *arena, const struct vr_row *row)
{
    return vr_arena_printf(arena, "<%s xmlns:n=\"urn:n\"><a:b xmlns:a=\"urn:x\" c=\"1\"/></%s>", row->name, row->name);
}

void vr_row_random(struct vr_arena *arena, const struct vr_row *row, void *base, uint64_t *seed)
{
    void *m = (char *)base + row->offset;
    switch ((enum vr_row_kind)row->kind) {
    case VR_K_STR: *(const char **)m = string(arena, row, seed); break;
    case VR_K_ENUM: *(int *)m = choice(seed, row->aux); break;
    case VR_K_YESNO:
    case VR_K_ONOFF: *(int *)m = 1 + (int)below(seed, 2); break;
    case VR_K_BOOL:
    case VR_K_PRESENT: *(bool *)m = true; break;
    case VR_K_UINT: *(unsigned *)m = (unsigned)number(seed, row, UINT_MAX); break;
    case VR_K_OUINT: *(struct ouint *)m = (struct ouint){ true, (unsigned)number(seed, row, UINT_MAX) }; break;
    case VR_K_OINT: *(struct oint *)m = (struct oint){ true, (int)number(seed, row, INT_MAX) }; break;
    case VR_K_U64: *(uint64_t *)m = number(seed, row, UINT64_MAX); break;
    case VR_K_OU64: *(struct ou64 *)m = (struct ou64){ true, number(seed, row, UINT64_MAX) }; break;
    case VR_K_OI64: *(struct oi64 *)m = (struct oi64){ true, (int64_t)next(seed) }; break;
    case VR_K_SIZE: *(uint64_t *)m = 1 + below(seed, 1ull << 40); break;
    case VR_K_OSIZE: *(struct ou64 *)m = (struct ou64){ true, below(seed, 1ull << 40) }; break;
    case VR_K_UUID:
        for (int i = 0; i < 16; i++)
            ((unsigned char *)m)[i] = (unsigned char)next(seed);
        *((bool *)base + row->more->has - 1) = true;
        break;
    case VR_K_CODEC: {
        const struct vr_codec_ops *ops = row->aux;
        if (ops->random)
            ops->random(arena, seed, m);
        break;
    }
    case VR_K_RAW: *(const char **)m = kept_text(arena, row); break;
    default: break;
    }
}

/* An item of a list; of several names one. */
static void *random_item(struct vr_arena *arena, const struct vr_row *row, int kinds, struct maker *k, int depth)
{
    const struct vr_xml_elem *elem = vr_row_elem(row);
    void *obj = vr_elem_new(arena, elem);
    if (kinds) {
        int kind = 1 + (int)below(k->seed, (uint64_t)kinds);
        memcpy((char *)obj + row->more->kind_at - 1, &kind, sizeof(kind));
    }
    random_rows(elem->own_arena ? *(struct vr_arena **)obj : arena, elem->rows, obj, k, depth);
    return obj;
}

static void random_rows(struct vr_arena *arena, const struct vr_row *rows, void *base, struct maker *k, int depth)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        void *m = (char *)base + row->offset;
        bool want = below(k->seed, 2) || row->more->required || row->more->by_child;
        const struct vr_row_more *more = row->more;
        if (more->hidden || more->validate_only || (more->format_only && !k->customs) ||
            (more->reads && !more->reads(base)) || !vr_row_active(row, base))
            continue;
        switch ((enum vr_row_kind)row->kind) {
        case VR_K_GROUP:
            if (row->more->has)
                *((bool *)base + row->more->has - 1) = want;
            if (want || !row->more->has)
                random_rows(arena, row->aux, m, k, depth);
            break;
        case VR_K_INLINE: random_rows(arena, row->aux, m, k, depth); break;
        case VR_K_INLINE_PTR:
            if (!*(void **)m)
                *(void **)m = vr_elem_new(arena, vr_row_elem(row));
            random_rows(arena, vr_row_elem(row)->rows, *(void **)m, k, depth);
            break;
        case VR_K_CHILD:
            if (!*(void **)m && (!want || (depth > 6 && !row->more->required)))
                break;
            if (!*(void **)m)
                *(void **)m = vr_elem_new(arena, vr_row_elem(row));
            random_rows(arena, vr_row_elem(row)->rows, *(void **)m, k, depth + 1);
            break;
        case VR_K_LIST:
        case VR_K_STRS: {
            struct vr_ptr_list *list = m;
            int kinds = 0;
            while (row->more->names && row->more->names[kinds])
                kinds++;
            for (uint64_t n = depth > 6 ? 0 : below(k->seed, 3); n && !(list->n && row->kind == VR_K_STRS); n--)
                vr_ptr_list_add(arena, list,
                                row->kind == VR_K_STRS ? (void *)text(arena, k->seed)
                                                       : random_item(arena, row, kinds, k, depth + 1));
            break;
        }
        case VR_K_RAW:
            if (want)
                *(const char **)m = kept_text(arena, row);
            break;
        case VR_K_CUSTOM: {
            const struct vr_custom_ops *ops = row->aux;
            if (k->customs && ops->rows)
                random_rows(arena, ops->rows, base, k, depth);
            break;
        }
        default:
            if (want)
                vr_row_random(arena, row, base, k->seed);
        }
    }
}

void *vr_elem_random(struct vr_arena *arena, const struct vr_xml_elem *elem, uint64_t *seed)
{
    struct maker k = { .seed = seed };
    return random_struct(arena, elem, &k, 0);
}

void *vr_elem_random_all(struct vr_arena *arena, const struct vr_xml_elem *elem, uint64_t *seed)
{
    struct maker k = { .seed = seed, .customs = true };
    return random_struct(arena, elem, &k, 0);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests: a row that reads a value must also write it. Each value in a struct is set to one thing, then to another;
 * a row is good once both gave different texts.
 */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "shape.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"

struct walker {
    struct vr_second *s;
    struct vr_arena *arena;
    const struct vr_xml_elem *elem;
    void *root;
    uint64_t seed;
};

bool vr_second_is_good(const struct vr_second *s, const struct vr_row *row)
{
    for (size_t i = 0; i < s->good.n; i++)
        if (s->good.v[i] == row)
            return true;
    return false;
}

/* Both forms: what only a definition or only a record has must show somewhere. */
static char *text_of(struct walker *w)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    struct vr_buf out = VR_BUF_INIT;
    const unsigned forms[] = { VR_FORM_SECURE | VR_FORM_STATUS, VR_FORM_SECURE | VR_FORM_INACTIVE };
    for (size_t i = 0; i < VR_COUNT(forms); i++) {
        struct vr_format f = { .out = &out, .scratch = scratch, .flags = forms[i], .root = w->root };
        vr_elem_format(&f, w->elem, NULL, w->root);
    }
    return vr_buf_take(&out);
}

static size_t value_size(const struct vr_row *row)
{
    switch ((enum vr_row_kind)row->kind) {
    case VR_K_STR:
    case VR_K_RAW: return sizeof(char *);
    case VR_K_ENUM:
    case VR_K_YESNO:
    case VR_K_ONOFF:
    case VR_K_UINT: return sizeof(int);
    case VR_K_BOOL:
    case VR_K_PRESENT: return sizeof(bool);
    case VR_K_OUINT:
    case VR_K_OINT: return 2 * sizeof(int);
    case VR_K_U64:
    case VR_K_SIZE: return sizeof(uint64_t);
    case VR_K_OU64:
    case VR_K_OI64:
    case VR_K_OSIZE:
    case VR_K_UUID: return 16;
    default: return 0;
    }
}

static bool can_write(const struct vr_row *row)
{
    return !row->more->hidden && !row->more->validate_only && !row->more->read_only && !row->more->by_child;
}

static void try_value(struct walker *w, const struct vr_row *row, void *base)
{
    if (!can_write(row) || vr_second_is_good(w->s, row))
        return;
    char *m = (char *)base + row->offset;
    bool *has = row->more->has ? (bool *)base + row->more->has - 1 : NULL, had = has && *has;
    size_t size = value_size(row);
    char kept[16];
    if (row->kind == VR_K_CODEC) { /* a codec's member has no size that is known here: it may only become another value */
        vr_autofree char *first = text_of(w);
        vr_row_random(w->arena, row, base, &w->seed);
        vr_autofree char *second = text_of(w);
        if (!vr_streq(first, second))
            vr_ptr_list_add(w->s->arena, &w->s->good, (void *)row);
        return;
    }
    memcpy(kept, m, size);
    char *texts[4] = { NULL };
    for (int i = 0; i < 4; i++) { /* absent, then three values: two of them may be the same */
        if (i == 0)
            memset(m, 0, size);
        else
            vr_row_random(w->arena, row, base, &w->seed);
        if (has && i == 0)
            *has = false;
        texts[i] = text_of(w);
    }
    const char *const *words = vr_row_words(row);
    bool one = row->kind == VR_K_PRESENT || row->kind == VR_K_BOOL || row->kind == VR_K_RAW || (words && !words[1]);
    bool differ = one ? !vr_streq(texts[0], texts[1])
                      : !vr_streq(texts[1], texts[2]) || !vr_streq(texts[1], texts[3]);
    for (int i = 0; i < 4; i++)
        free(texts[i]);
    memcpy(m, kept, size);
    if (has)
        *has = had;
    if (differ)
        vr_ptr_list_add(w->s->arena, &w->s->good, (void *)row);
}

static void walk(struct walker *w, const struct vr_row *rows, void *base)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        if (!vr_row_active(row, base) || row->more->hidden || row->more->validate_only)
            continue;
        void *m = (char *)base + row->offset;
        switch ((enum vr_row_kind)row->kind) {
        case VR_K_GROUP:
        case VR_K_INLINE: walk(w, row->aux, m); break;
        case VR_K_CHILD:
        case VR_K_INLINE_PTR:
            if (*(void **)m)
                walk(w, vr_row_elem(row)->rows, *(void **)m);
            break;
        case VR_K_LIST: {
            struct vr_ptr_list *list = m;
            for (size_t i = 0; i < list->n; i++)
                walk(w, vr_row_elem(row)->rows, list->v[i]);
            break;
        }
        case VR_K_STRS: break;
        case VR_K_CUSTOM:
            if (((const struct vr_custom_ops *)row->aux)->rows)
                walk(w, ((const struct vr_custom_ops *)row->aux)->rows, base);
            break;
        default: try_value(w, row, base);
        }
    }
}

void vr_elem_second_values(struct vr_second *s, const struct vr_xml_elem *elem, void *obj, uint64_t seed)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct walker w = { .s = s, .arena = arena, .elem = elem, .root = obj, .seed = seed };
    walk(&w, elem->rows, obj);
}

struct lister {
    struct vr_second *s;
    struct vr_ptr_list good; /* places where some row showed: several rows may describe one */
    void (*fn)(const char *path, void *opaque);
    void *opaque;
};
static void list_good(const char *path, const struct vr_row *row, void *opaque)
{
    struct lister *l = opaque;
    if (vr_second_is_good(l->s, row))
        vr_ptr_list_add(l->s->arena, &l->good, vr_arena_strdup(l->s->arena, path));
}
static void list_bad(const char *path, const struct vr_row *row, void *opaque)
{
    struct lister *l = opaque;
    if ((!value_size(row) && row->kind != VR_K_CODEC) || !can_write(row) || vr_second_is_good(l->s, row))
        return;
    vr_ptr_list_add(l->s->arena, &l->s->good, (void *)row); /* telling once is enough */
    for (size_t i = 0; i < l->good.n; i++)
        if (vr_streq(l->good.v[i], path))
            return;
    l->fn(path, l->opaque);
}
void vr_second_each_bad(struct vr_second *s, const struct vr_xml_elem *elem,
                        void (*fn)(const char *path, void *opaque), void *opaque)
{
    struct lister l = { .s = s, .fn = fn, .opaque = opaque };
    vr_elem_each_row(elem, list_good, &l);
    vr_elem_each_row(elem, list_bad, &l);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every place where a document of some table can say something, as paths: "/domain/devices/disk/driver/@cache". */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "schema.h"

#include <string.h>
#include "base/str.h"

#define MAX_NESTING 24 /* chains of backing images repeat without end */

struct walker {
    struct vr_arena *scratch;
    void (*fn)(const char *path, void *opaque);
    void (*each_row)(const char *path, const struct vr_row *row, void *opaque);
    void *opaque;
    const struct vr_row *above[MAX_NESTING];
    size_t depth;
};

static void walk(struct walker *w, const char *path, const struct vr_row *rows);

static void told(struct walker *w, const struct vr_row *row, const char *path)
{
    if (w->fn)
        w->fn(path, w->opaque);
    else
        w->each_row(path, row, w->opaque);
}

static void below(struct walker *w, const char *path, const struct vr_row *rows)
{
    for (size_t i = 0; i < w->depth; i++)
        if (w->above[i] == rows)
            return; /* a table inside itself says nothing new */
    if (w->depth == MAX_NESTING)
        return;
    w->above[w->depth++] = rows;
    walk(w, path, rows);
    w->depth--;
}

static void walk(struct walker *w, const char *path, const struct vr_row *rows)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        if (row->more->hidden || row->more->by_child)
            continue;
        const char *here = path;
        if (row->more->wrap)
            here = vr_arena_printf(w->scratch, "%s/%s", here, row->more->wrap);
        if (row->name)
            here = vr_arena_printf(w->scratch, "%s/%s%s", here, row->at == VR_AT_ATTR ? "@" : "", row->name);
        switch ((enum vr_row_kind)row->kind) {
        case VR_K_GROUP:
        case VR_K_INLINE: below(w, here, row->aux); break;
        case VR_K_CHILD:
        case VR_K_LIST:
        case VR_K_INLINE_PTR: below(w, here, vr_row_elem(row)->rows); break;
        case VR_K_CUSTOM: {
            const struct vr_custom_ops *ops = row->aux;
            for (const char *const *a = ops->attrs; a && *a; a++)
                told(w, row, vr_arena_printf(w->scratch, "%s/@%s", path, *a));
            if (ops->rows)
                below(w, path, ops->rows);
            break;
        }
        default: told(w, row, here);
        }
    }
}

void vr_elem_each_path(const struct vr_xml_elem *elem, void (*fn)(const char *path, void *opaque), void *opaque)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    struct walker w = { .scratch = scratch, .fn = fn, .opaque = opaque };
    below(&w, vr_arena_printf(scratch, "/%s", elem->name), elem->rows);
}

void vr_elem_each_row(const struct vr_xml_elem *elem,
                      void (*fn)(const char *path, const struct vr_row *row, void *opaque), void *opaque)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    struct walker w = { .scratch = scratch, .each_row = fn, .opaque = opaque };
    below(&w, vr_arena_printf(scratch, "/%s", elem->name), elem->rows);
}

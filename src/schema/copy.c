/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deep copies. A struct is first copied as bytes; a pointer that still equals the original's was not copied yet, so two
 * rows over one member (file= and dev= of a source) do no harm.
 */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "schema.h"

#include <string.h>

static void copy_rows(struct vr_arena *arena, const struct vr_row *rows, const void *from, void *to);

static void *copy_struct(struct vr_arena *arena, const struct vr_xml_elem *elem, const void *obj)
{
    void *copy = vr_elem_new(arena, elem);
    struct vr_arena *own = elem->own_arena ? *(struct vr_arena **)copy : NULL;
    memcpy(copy, obj, elem->size);
    if (own)
        *(struct vr_arena **)copy = own;
    copy_rows(own ? own : arena, elem->rows, obj, copy);
    return copy;
}

void *vr_elem_copy(struct vr_arena *arena, const struct vr_xml_elem *elem, const void *obj)
{
    return obj ? copy_struct(arena, elem, obj) : NULL;
}

static void copy_list(struct vr_arena *arena, const struct vr_row *row, const void *from, void *to)
{
    const struct vr_ptr_list *old = from;
    struct vr_ptr_list *list = to;
    if (!old->v || list->v != old->v)
        return;
    *list = (struct vr_ptr_list){ NULL, 0 };
    for (size_t i = 0; i < old->n; i++)
        vr_ptr_list_add(arena, list,
                        row->kind == VR_K_STRS ? vr_arena_strdup(arena, old->v[i])
                                               : copy_struct(arena, vr_row_elem(row), old->v[i]));
}

/* Recursive tables (backing chains) end with their data: a copy recurses as deep as the document was. */
static void copy_rows(struct vr_arena *arena, const struct vr_row *rows, const void *from, void *to)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        const void *a = (const char *)from + row->offset;
        void *b = (char *)to + row->offset;
        switch ((enum vr_row_kind)row->kind) {
        case VR_K_STR:
        case VR_K_RAW:
            if (*(const char *const *)a == *(const char **)b)
                *(const char **)b = vr_arena_strdup(arena, *(const char *const *)a);
            break;
        case VR_K_CODEC: {
            const struct vr_codec_ops *ops = row->aux;
            if (ops->copy)
                ops->copy(arena, b);
            break;
        }
        case VR_K_LIST:
        case VR_K_STRS: copy_list(arena, row, a, b); break;
        case VR_K_GROUP:
        case VR_K_INLINE: copy_rows(arena, row->aux, a, b); break;
        case VR_K_CHILD:
        case VR_K_INLINE_PTR: {
            void *old = *(void *const *)a, **fresh = b;
            if (old && *fresh == old)
                *fresh = copy_struct(arena, vr_row_elem(row), old);
            else if (old && *fresh) /* another row made it; this one may cover other members */
                copy_rows(vr_row_elem(row)->own_arena ? *(struct vr_arena **)*fresh : arena, vr_row_elem(row)->rows,
                          old, *fresh);
            break;
        }
        case VR_K_CUSTOM: {
            const struct vr_custom_ops *ops = row->aux;
            if (ops->rows)
                copy_rows(arena, ops->rows, from, to);
            break;
        }
        default: break;
        }
    }
}

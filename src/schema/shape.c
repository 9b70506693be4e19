/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gathering what all rows say about one element. */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "shape.h"

#include <string.h>
#include "base/str.h"

static bool is_size(const struct vr_row *row)
{
    return row->kind == VR_K_SIZE || row->kind == VR_K_OSIZE;
}

static const struct vr_row **row_added(struct vr_arena *arena, const struct vr_row **rows, size_t *n,
                                       const struct vr_row *row)
{
    for (size_t i = 0; i < *n; i++)
        if (rows[i] == row)
            return rows;
    struct vr_ptr_list list = { (void **)rows, *n };
    vr_ptr_list_add(arena, &list, (void *)row);
    *n = list.n;
    return (const struct vr_row **)list.v;
}

static struct vr_shape_attr *attr_named(struct vr_shapes *s, struct vr_shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->n_attrs; i++)
        if (vr_streq(shape->attrs[i].name, name))
            return &shape->attrs[i];
    if (!(shape->n_attrs & (shape->n_attrs + 1)) || !shape->n_attrs) {
        struct vr_shape_attr *grown = vr_arena_alloc(s->arena, (shape->n_attrs * 2 + 2) * sizeof(*grown));
        if (shape->n_attrs)
            memcpy(grown, shape->attrs, shape->n_attrs * sizeof(*grown));
        shape->attrs = grown;
    }
    struct vr_shape_attr *a = &shape->attrs[shape->n_attrs++];
    *a = (struct vr_shape_attr){ .name = name };
    return a;
}

static struct vr_shape_child *child_named(struct vr_shapes *s, struct vr_shape *shape, const char *name,
                                          const struct vr_row *row)
{
    for (size_t i = 0; i < shape->n_children; i++)
        if (vr_streq(shape->children[i].name, name) && vr_streq0(shape->children[i].ns, row->more->ns))
            return &shape->children[i];
    if (!(shape->n_children & (shape->n_children + 1)) || !shape->n_children) {
        struct vr_shape_child *grown = vr_arena_alloc(s->arena, (shape->n_children * 2 + 2) * sizeof(*grown));
        if (shape->n_children)
            memcpy(grown, shape->children, shape->n_children * sizeof(*grown));
        shape->children = grown;
    }
    struct vr_shape_child *c = &shape->children[shape->n_children++];
    *c = (struct vr_shape_child){ .name = name, .ns = row->more->ns, .prefix = row->more->prefix };
    return c;
}

/* Whether a row always counts: one that depends on another value cannot demand anything here. */
static bool demands(const struct vr_shapes *s, const struct vr_row *row)
{
    return !s->conditional && row->more->required && !row->more->sel && !row->more->reads;
}

/* A row of a unit attribute, for values without a table of their own. */
static const struct vr_row unit_row = VR_ROW_("unit", VR_K_STR, VR_AT_ATTR, 0, .type = "unit");

static void add_attr(struct vr_shapes *s, struct vr_shape *shape, const char *name, const struct vr_row *row,
                     bool required)
{
    struct vr_shape_attr *a = attr_named(s, shape, name);
    if (row)
        a->rows = row_added(s->arena, a->rows, &a->n_rows, row);
    if (required && a->demanded_by != s->table) {
        a->demanded++;
        a->demanded_by = s->table;
    }
}

static void gather(struct vr_shapes *s, struct vr_shape *shape, const struct vr_row *rows)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        if (row->more->hidden || row->more->by_child)
            continue;
        if (row->kind == VR_K_INLINE || row->kind == VR_K_INLINE_PTR) {
            bool sometimes = row->more->sel || row->more->reads;
            s->conditional += sometimes;
            gather(s, shape, row->kind == VR_K_INLINE ? row->aux : vr_row_elem(row)->rows);
            s->conditional -= sometimes;
        } else if (row->kind == VR_K_CUSTOM) {
            const struct vr_custom_ops *ops = row->aux;
            for (const char *const *a = ops->attrs; a && *a; a++)
                add_attr(s, shape, *a, NULL, false);
            if (ops->rows)
                gather(s, shape, ops->rows);
        } else if (row->at == VR_AT_ATTR) {
            add_attr(s, shape, row->name, row, demands(s, row));
        } else if (row->at == VR_AT_CONTENT) {
            shape->text = row_added(s->arena, shape->text, &shape->n_text, row);
        } else if (row->more->names && !row->more->wrap) {
            for (const char *const *name = row->more->names; *name; name++) {
                struct vr_shape_child *c = child_named(s, shape, *name, row);
                c->rows = row_added(s->arena, c->rows, &c->n_rows, row);
                c->many = true;
            }
        } else {
            struct vr_shape_child *c = child_named(s, shape, row->more->wrap ? row->more->wrap : row->name, row);
            c->rows = row_added(s->arena, c->rows, &c->n_rows, row);
            c->many |= !row->more->wrap && (row->kind == VR_K_LIST || row->kind == VR_K_STRS || row->more->many);
            if (demands(s, row) && c->demanded_by != s->table) {
                c->demanded++;
                c->demanded_by = s->table;
            }
        }
        if (is_size(row) && row->at != VR_AT_TEXT)
            add_attr(s, shape, row->more->attr ? row->more->attr : "unit", &unit_row, false);
    }
}

/* A row whose element holds nothing but a value. */
static void gather_value(struct vr_shapes *s, struct vr_shape *shape, const struct vr_row *row)
{
    if (row->kind == VR_K_STRS && row->more->attr) {
        add_attr(s, shape, row->more->attr, NULL, true);
    } else if (row->kind != VR_K_PRESENT) {
        shape->text = row_added(s->arena, shape->text, &shape->n_text, row);
        if (is_size(row))
            add_attr(s, shape, row->more->attr ? row->more->attr : "unit", &unit_row, false);
    }
}

static void settle(struct vr_shape *shape, size_t tables)
{
    for (size_t i = 0; i < shape->n_attrs; i++)
        shape->attrs[i].required = shape->attrs[i].demanded == tables;
    for (size_t i = 0; i < shape->n_children; i++)
        shape->children[i].required = shape->children[i].demanded == tables;
}

static struct vr_shape *known(struct vr_shapes *s, const struct vr_ptr_list *key)
{
    for (size_t i = 0; i < s->made.n; i++) {
        struct vr_shape *shape = s->made.v[i];
        if (shape->key.n == key->n && !memcmp(shape->key.v, key->v, key->n * sizeof(*key->v)))
            return shape;
    }
    return NULL;
}

static struct vr_shape *fresh(struct vr_shapes *s, const struct vr_ptr_list *key)
{
    struct vr_shape *shape = vr_arena_new_of(s->arena, struct vr_shape);
    shape->key = *key;
    shape->number = (unsigned)s->made.n;
    vr_ptr_list_add(s->arena, &s->made, shape);
    return shape;
}

const struct vr_shape *vr_shape_root(struct vr_shapes *s, const struct vr_xml_elem *elem)
{
    struct vr_ptr_list key = { NULL, 0 };
    vr_ptr_list_add(s->arena, &key, (void *)elem->rows);
    struct vr_shape *shape = known(s, &key);
    if (!shape) {
        shape = fresh(s, &key);
        s->table = 1;
        gather(s, shape, elem->rows);
        settle(shape, 1);
    }
    return shape;
}

/*
 * The table below a row, or the row itself where its element holds a value or a list's items: marked, since a table
 * begins where its first row does.
 */
static const void *below(const struct vr_row *row)
{
    if (!row->more->wrap && row->kind == VR_K_GROUP)
        return row->aux;
    if (!row->more->wrap && (row->kind == VR_K_CHILD || row->kind == VR_K_LIST))
        return vr_row_elem(row)->rows;
    return (const void *)((uintptr_t)row | 1);
}

const struct vr_shape *vr_shape_child(struct vr_shapes *s, const struct vr_shape_child *child)
{
    struct vr_ptr_list key = { NULL, 0 };
    for (size_t i = 0; i < child->n_rows; i++)
        vr_ptr_list_add(s->arena, &key, (void *)below(child->rows[i]));
    struct vr_shape *shape = known(s, &key);
    if (shape)
        return shape;
    shape = fresh(s, &key);
    for (size_t i = 0; i < child->n_rows; i++) {
        const struct vr_row *row = child->rows[i];
        s->table = i + 1;
        if (row->more->wrap) { /* the wrapper holds the same row without a wrapper */
            struct vr_row *inner = vr_arena_alloc(s->arena, 2 * sizeof(*inner));
            inner[0] = *row;
            struct vr_row_more *more = vr_arena_new_of(s->arena, struct vr_row_more);
            *more = *row->more;
            more->wrap = NULL;
            more->required = false;
            inner[0].more = more;
            gather(s, shape, inner);
        } else if (row->kind == VR_K_GROUP) {
            gather(s, shape, row->aux);
        } else if (row->kind == VR_K_CHILD || row->kind == VR_K_LIST) {
            gather(s, shape, vr_row_elem(row)->rows);
        } else if (row->kind == VR_K_RAW) {
            shape->anything = true;
        } else {
            gather_value(s, shape, row);
        }
    }
    /* an element that may count as absent demands nothing */
    const struct vr_row *first = child->rows[0];
    bool lax = first->kind == VR_K_CHILD && vr_row_elem(first)->skip_parse;
    settle(shape, lax ? SIZE_MAX : child->n_rows);
    return shape;
}

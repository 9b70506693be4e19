/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * --validate: which names may stand where is known from the tables. Several rows may describe one element (a <source>
 * per disk type); a name that any of them knows is good.
 */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "schema.h"

#include <string.h>
#include "base/str.h"


/* The tables that describe one element. Everything is in a scratch arena: documents nest deeper than stacks like. */
struct tables {
    struct vr_ptr_list rows; /* const struct vr_row * */
    bool anything;           /* kept as text: not looked into */
    bool unit;               /* a scaled size: may say its unit */
};

struct validator {
    struct vr_arena *scratch;
    struct vr_ptr_list names; /* what may stand here: filled when an error is being made */
    bool collect;
    struct vr_error **err;
};

static const struct vr_row no_rows[] = { VR_END };

static void may(struct validator *v, const char *name)
{
    if (v->collect)
        vr_ptr_list_add(v->scratch, &v->names, (void *)name);
}

static void add_table(struct validator *v, struct tables *t, const struct vr_row *rows)
{
    vr_ptr_list_add(v->scratch, &t->rows, (void *)rows);
}

static bool is_size(const struct vr_row *row)
{
    return row->kind == VR_K_SIZE || row->kind == VR_K_OSIZE;
}

/* What follows below an element that `row` describes. */
static void tables_below(struct validator *v, const struct vr_row *row, struct tables *out)
{
    if (row->wrap) { /* the wrapper holds the same row without a wrapper */
        struct vr_row *inner = vr_arena_alloc(v->scratch, 2 * sizeof(*inner));
        inner[0] = *row;
        inner[0].wrap = NULL;
        add_table(v, out, inner);
        return;
    }
    switch ((enum vr_kind)row->kind) {
    case VR_K_GROUP: add_table(v, out, row->aux); break;
    case VR_K_CHILD:
    case VR_K_LIST: add_table(v, out, vr_row_elem(row)->rows); break;
    case VR_K_RAW: out->anything = true; break;
    case VR_K_STRS:
        if (row->attr) {
            struct vr_row *inner = vr_arena_alloc(v->scratch, 2 * sizeof(*inner));
            inner[0] = (struct vr_row){ .kind = VR_K_STR, .at = VR_AT_ATTR, .name = row->attr };
            add_table(v, out, inner);
            break;
        }
        add_table(v, out, no_rows);
        break;
    default:
        out->unit |= is_size(row);
        add_table(v, out, no_rows);
    }
}

static bool attr_known(struct validator *v, const struct vr_row *rows, const char *name)
{
    bool known = false;
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        if (row->kind == VR_K_INLINE) {
            known |= attr_known(v, row->aux, name);
        } else if (row->kind == VR_K_INLINE_PTR) {
            known |= attr_known(v, vr_row_elem(row)->rows, name);
        } else if (row->kind == VR_K_CUSTOM) {
            const struct vr_custom_ops *ops = row->aux;
            for (const char *const *a = ops->attrs; a && *a; a++) {
                known |= vr_streq(*a, name);
                may(v, *a);
            }
            if (ops->rows)
                known |= attr_known(v, ops->rows, name);
        } else if (row->at == VR_AT_ATTR && row->name) {
            known |= vr_streq(row->name, name);
            may(v, row->name);
        }
        if (is_size(row) && row->at != VR_AT_TEXT)
            known |= vr_streq(row->attr ? row->attr : "unit", name);
    }
    return known;
}

static bool child_known(struct validator *v, const struct vr_row *rows, const struct vr_xml_node *c,
                        struct tables *below)
{
    bool known = false;
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        if (row->kind == VR_K_INLINE) {
            known |= child_known(v, row->aux, c, below);
        } else if (row->kind == VR_K_INLINE_PTR) {
            known |= child_known(v, vr_row_elem(row)->rows, c, below);
        } else if (row->kind == VR_K_CUSTOM) {
            const struct vr_custom_ops *ops = row->aux;
            if (ops->rows)
                known |= child_known(v, ops->rows, c, below);
        } else if (row->at == VR_AT_TEXT && row->name && !row->hidden) {
            const char *name = row->wrap ? row->wrap : row->name;
            may(v, name);
            if (vr_streq(name, c->name) && vr_streq0(row->ns, c->ns)) {
                known = true;
                if (!v->collect)
                    tables_below(v, row, below);
            }
        }
    }
    return known;
}

static bool unknown(struct validator *v, const struct tables *t, const struct vr_xml_node *node,
                    const struct vr_xml_node *child, const char *attr)
{
    struct tables none = { .anything = false };
    v->collect = true;
    for (size_t i = 0; i < t->rows.n; i++) {
        if (child)
            child_known(v, t->rows.v[i], child, &none);
        else
            attr_known(v, t->rows.v[i], attr);
    }
    vr_ptr_list_add(v->scratch, &v->names, NULL);
    const char *name = child ? child->name : attr;
    const char *near = vr_name_nearest((const char *const *)v->names.v, name);
    vr_fail(v->err, VIR_ERR_XML_INVALID_SCHEMA, _("unknown %s '%s' in element '%s'"), child ? "element" : "attribute",
            name,
            node->name);
    if (near)
        vr_error_suffix(v->err, _("; did you mean '%s'?"), near);
    return vr_xml_locate(v->err, child ? child : node);
}

static bool validate(struct validator *v, const struct tables *t, const struct vr_xml_node *node)
{
    if (t->anything)
        return true;
    for (size_t i = 0; i < node->n_attrs; i++) {
        bool known = node->attrs[i].ns != NULL || (t->unit && vr_streq(node->attrs[i].name, "unit"));
        for (size_t k = 0; k < t->rows.n && !known; k++)
            known = attr_known(v, t->rows.v[k], node->attrs[i].name);
        if (!known)
            return unknown(v, t, node, NULL, node->attrs[i].name);
    }
    for (const struct vr_xml_node *c = node->first; c; c = c->next) {
        if (c->kind != VR_XML_ELEMENT)
            continue;
        struct tables below = { .anything = false };
        bool known = false;
        for (size_t k = 0; k < t->rows.n; k++)
            known |= child_known(v, t->rows.v[k], c, &below);
        if (!known)
            return unknown(v, t, node, c, NULL);
        if (!validate(v, &below, c))
            return false;
    }
    return true;
}

bool vr_elem_validate(const struct vr_xml_elem *elem, const struct vr_xml_node *node, struct vr_error **err)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    struct validator v = { .scratch = scratch, .err = err };
    struct tables t = { .anything = false };
    add_table(&v, &t, elem->rows);
    return validate(&v, &t, node);
}

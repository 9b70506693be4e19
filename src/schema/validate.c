/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * --validate: which names may stand where, what must stand there and what values may be is known from the tables. Several
 * rows may describe one element (a <source> for each type of disk); what any of them knows is good.
 */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "shape.h"

#include <string.h>
#include "base/str.h"

struct validator {
    struct vr_shapes shapes; /* in an arena: documents nest deeper than stacks like */
    const char *schema; /* of the published schema, for the error's first line; or NULL */
    struct vr_error **err;
};

static bool invalid(struct validator *v, const struct vr_xml_node *where, const char *const *names, const char *name,
                    const char *text)
{
    if (v->schema) /* stock's first line; its next ones are a validator's guesses, ours name the place */
        vr_fail(v->err, VIR_ERR_XML_INVALID_SCHEMA, _("Unable to validate doc against %s/%s.rng\n%s"),
                VR_SCHEMA_DIR, v->schema, text);
    else
        vr_fail(v->err, VIR_ERR_XML_INVALID_SCHEMA, "%s", text);
    const char *near = names ? vr_name_nearest(names, name) : NULL;
    if (near)
        vr_error_suffix(v->err, _("; did you mean '%s'?"), near);
    return vr_xml_locate(v->err, where);
}

static bool unknown(struct validator *v, const struct vr_shape *shape, const struct vr_xml_node *node,
                    const struct vr_xml_node *child, const char *attr)
{
    struct vr_ptr_list names = { NULL, 0 };
    for (size_t i = 0; child && i < shape->n_children; i++)
        vr_ptr_list_add(v->shapes.arena, &names, (void *)shape->children[i].name);
    for (size_t i = 0; !child && i < shape->n_attrs; i++)
        vr_ptr_list_add(v->shapes.arena, &names, (void *)shape->attrs[i].name);
    vr_ptr_list_add(v->shapes.arena, &names, NULL);
    if (child)
        return invalid(v, child, (const char *const *)names.v, child->name,
                       vr_arena_printf(v->shapes.arena, _("unknown element '%s' in element '%s'"), child->name, node->name));
    return invalid(v, node, (const char *const *)names.v, attr,
                   vr_arena_printf(v->shapes.arena, _("unknown attribute '%s' in element '%s'"), attr, node->name));
}

static bool bad_value(struct validator *v, const struct vr_row **rows, size_t n, const struct vr_xml_node *node,
                      const char *attr, const char *value)
{
    const char *const *words = NULL;
    for (size_t i = 0; i < n && !words; i++)
        words = vr_row_words(rows[i]);
    if (!attr)
        return invalid(v, node, words, value,
                   vr_arena_printf(v->shapes.arena, _("invalid value '%s' of element '%s'"), value, node->name));
    const char *what = vr_arena_printf(v->shapes.arena, "%s='%s'", attr, value);
    return invalid(v, node, words, value,
                   vr_arena_printf(v->shapes.arena, _("invalid attribute %s in element '%s'"), what, node->name));
}

static bool accepted(struct validator *v, const struct vr_row **rows, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (vr_row_accepts(v->shapes.arena, rows[i], text))
            return true;
    return n == 0;
}

static bool attributes(struct validator *v, const struct vr_shape *shape, const struct vr_xml_node *node)
{
    for (size_t i = 0; i < node->n_attrs; i++) {
        const struct vr_xml_attr *a = &node->attrs[i];
        size_t k = 0;
        while (!a->ns && k < shape->n_attrs && !vr_streq(shape->attrs[k].name, a->name))
            k++;
        if (a->ns)
            continue;
        if (k == shape->n_attrs)
            return unknown(v, shape, node, NULL, a->name);
        if (!accepted(v, shape->attrs[k].rows, shape->attrs[k].n_rows, a->value))
            return bad_value(v, shape->attrs[k].rows, shape->attrs[k].n_rows, node, a->name, a->value);
    }
    for (size_t k = 0; k < shape->n_attrs; k++)
        if (shape->attrs[k].required && !vr_xml_get(node, shape->attrs[k].name))
            return invalid(v, node, NULL, NULL,
                           vr_arena_printf(v->shapes.arena, _("attribute '%s' is missing in element '%s'"),
                                           shape->attrs[k].name, node->name));
    return true;
}

static bool validate(struct validator *v, const struct vr_shape *shape, const struct vr_xml_node *node);

static bool child_valid(struct validator *v, const struct vr_shape *shape, const struct vr_xml_node *node,
                        const struct vr_xml_node *c)
{
    for (size_t k = 0; k < shape->n_children; k++) {
        const struct vr_shape_child *child = &shape->children[k];
        if (vr_streq(child->name, c->name) && vr_streq0(child->ns, c->ns))
            return validate(v, vr_shape_child(&v->shapes, child), c);
    }
    return unknown(v, shape, node, c, NULL);
}

static bool validate(struct validator *v, const struct vr_shape *shape, const struct vr_xml_node *node)
{
    if (shape->anything)
        return true;
    if (!attributes(v, shape, node))
        return false;
    for (const struct vr_xml_node *c = node->first; c; c = c->next)
        if (c->kind == VR_XML_ELEMENT && !child_valid(v, shape, node, c))
            return false;
    for (size_t k = 0; k < shape->n_children; k++)
        if (shape->children[k].required && !shape->children[k].ns && !vr_xml_child(node, shape->children[k].name))
            return invalid(v, node, NULL, NULL,
                           vr_arena_printf(v->shapes.arena, _("element '%s' is missing in element '%s'"),
                                           shape->children[k].name, node->name));
    if (shape->n_text && !shape->n_children) {
        const char *text = vr_xml_text(v->shapes.arena, node);
        if (!accepted(v, shape->text, shape->n_text, text))
            return bad_value(v, shape->text, shape->n_text, node, NULL, text);
    }
    return true;
}

bool vr_elem_validate(const struct vr_xml_elem *elem, const struct vr_xml_node *node, const char *schema,
                      struct vr_error **err)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    struct validator v = { .shapes.arena = scratch, .schema = schema, .err = err };
    return validate(&v, vr_shape_root(&v.shapes, elem), node);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reference page of a document, in Markdown: every element once, with what it may say. */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "shape.h"

#include <inttypes.h>
#include <string.h>
#include "base/str.h"

struct page {
    struct vr_buf *out;
    struct vr_shapes shapes;
    const char **first; /* by shape number: where it was described */
    size_t room;
};

/* One value's type for people. */
static const char *type_name(const struct vr_row *row)
{
    const struct vr_datatype *t = vr_row_datatype(row);
    if (vr_row_words(row))
        return "word";
    if (t)
        return t->name;
    return row->kind == VR_K_CODEC ? "special text" : "text";
}

static void add_types(struct page *p, const struct vr_row **rows, size_t n)
{
    const char *had[8] = { NULL };
    size_t count = 0;
    for (size_t i = 0; i < n && count < VR_COUNT(had) - 1; i++) {
        const char *name = type_name(rows[i]);
        if (vr_name_index(had, name) >= 0)
            continue;
        vr_buf_printf(p->out, "%s%s", count ? " or " : "", name);
        had[count++] = name;
    }
    if (!n)
        vr_buf_str(p->out, "text");
}

/* Words, or the limits of a number. */
static void add_values(struct page *p, const struct vr_row **rows, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        const char *const *words = vr_row_words(rows[i]);
        for (const char *const *x = words; x && *x; x++) {
            bool before = false;
            for (size_t k = 0; k < i; k++)
                before |= vr_row_words(rows[k]) && vr_name_index(vr_row_words(rows[k]), *x) >= 0;
            if (!before)
                vr_buf_printf(p->out, "%s`%s`", any ? ", " : "", *x);
            any = true;
        }
        if (!words && rows[i]->more->max)
            vr_buf_printf(p->out, "%s%" PRIu64 " to %" PRIu64, any ? ", " : "", rows[i]->more->min, rows[i]->more->max);
        any |= !words && rows[i]->more->max;
    }
}

static void add_default(struct page *p, const struct vr_row **rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct vr_row *row = rows[i];
        if (row->kind == VR_K_ENUM && row->more->unset > 0)
            vr_buf_printf(p->out, "`%s`", ((const char *const *)row->aux)[row->more->unset]);
        else if (row->more->unset && row->kind != VR_K_YESNO && row->kind != VR_K_ONOFF)
            vr_buf_printf(p->out, "%" PRId64, row->more->unset);
        else if ((row->kind == VR_K_SIZE || row->kind == VR_K_OSIZE) && i == 0)
            vr_buf_printf(p->out, "in %s", row->more->default_unit == 1 ? "bytes" : "KiB without a unit");
        else
            continue;
        return;
    }
}

static const char *since(const struct vr_row **rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!rows[i]->more->since)
            return "";
    return n ? rows[0]->more->since : "";
}

static void add_row(struct page *p, const char *name, const struct vr_row **rows, size_t n, bool required)
{
    vr_buf_printf(p->out, "| %s | ", name);
    add_types(p, rows, n);
    vr_buf_str(p->out, " | ");
    add_values(p, rows, n);
    vr_buf_printf(p->out, " | %s", required ? "must be said" : "");
    if (!required)
        add_default(p, rows, n);
    vr_buf_printf(p->out, " | %s |\n", since(rows, n));
}

static void remember(struct page *p, unsigned number, const char *path)
{
    if (number >= p->room) {
        size_t room = (number + 1) * 2;
        const char **grown = vr_arena_alloc(p->shapes.arena, room * sizeof(*grown));
        if (p->room)
            memcpy(grown, p->first, p->room * sizeof(*grown));
        p->first = grown;
        p->room = room;
    }
    p->first[number] = path;
}

static void add_element(struct page *p, const struct vr_shape *shape, const char *path, const char *notes)
{
    const char *before = shape->number < p->room ? p->first[shape->number] : NULL;
    vr_buf_printf(p->out, "\n## %s\n\n", path);
    if (*notes)
        vr_buf_printf(p->out, "%s\n\n", notes);
    if (before) {
        vr_buf_printf(p->out, "As `%s`.\n", before);
        return;
    }
    remember(p, shape->number, path);
    if (shape->anything) {
        vr_buf_str(p->out, "Whatever stands here is kept as it is.\n");
        return;
    }
    if (shape->n_attrs || shape->n_text)
        vr_buf_str(p->out, "| Attribute | Type | Values | Default | Since |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < shape->n_attrs; i++) {
        const struct vr_shape_attr *a = &shape->attrs[i];
        add_row(p, vr_arena_printf(p->shapes.arena, "`%s`", a->name), a->rows, a->n_rows, a->required);
    }
    if (shape->n_text)
        add_row(p, "(its text)", shape->text, shape->n_text, false);
    for (size_t i = 0; i < shape->n_children; i++) {
        const struct vr_shape_child *c = &shape->children[i];
        const char *below = vr_arena_printf(p->shapes.arena, "%s/%s%s%s", path, c->prefix ? c->prefix : "",
                                            c->prefix ? ":" : "", c->name);
        const char *release = since(c->rows, c->n_rows);
        add_element(p, vr_shape_child(&p->shapes, c), below,
                    vr_arena_printf(p->shapes.arena, "%s%s%s%s",
                                    c->many ? "Any number of them. " : c->required ? "Must be there. " : "",
                                    *release ? "Since " : "", release, *release ? "." : ""));
    }
}

void vr_reference_write(struct vr_buf *out, const struct vr_xml_elem *elem, const char *title)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct page p = { .out = out, .shapes.arena = arena };
    vr_buf_printf(out, "# %s: `<%s>`\n\nMade from the tables that read such documents. Sizes may have a `unit`; a release is "
                  "named where something came after 9.0.0.\n", title, elem->name);
    add_element(&p, vr_shape_root(&p.shapes, elem), vr_arena_printf(arena, "/%s", elem->name), "");
}

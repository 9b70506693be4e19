/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The published schema of a document: RELAX NG in its XML form, one definition for each shape of an element. */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "shape.h"

#include <inttypes.h>
#include <string.h>
#include "base/str.h"

struct writer {
    struct vr_buf *out;
    int indent;
    struct vr_shapes shapes;
};

static void line(struct writer *w, const char *fmt, ...) VR_PRINTF(2, 3);
static void line(struct writer *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vr_buf_spaces(w->out, (size_t)w->indent);
    vr_buf_vprintf(w->out, fmt, ap);
    vr_buf_char(w->out, '\n');
    va_end(ap);
}

/* Patterns are texts of elements: markup is escaped, a line break is the escape that expressions know. */
static void add_pattern(struct writer *w, const char *pattern)
{
    vr_buf_spaces(w->out, (size_t)w->indent);
    vr_buf_str(w->out, "<param name=\"pattern\">");
    for (const char *p = pattern; *p; p++) {
        char one[2] = { *p, 0 };
        if (*p == '\n')
            vr_buf_str(w->out, "\\n");
        else
            vr_xml_escape(w->out, one);
    }
    vr_buf_str(w->out, "</param>\n");
}

static void add_type(struct writer *w, const struct vr_datatype *t)
{
    bool numeric = !vr_streq(t->base, "string");
    if (!t->pattern && !t->has_range) {
        line(w, "<data type=\"%s\"/>", t->base);
        return;
    }
    line(w, "<data type=\"%s\">", t->base);
    w->indent += 2;
    if (t->pattern)
        add_pattern(w, t->pattern);
    if (t->has_range && numeric) {
        line(w, "<param name=\"minInclusive\">%" PRId64 "</param>", t->min);
        line(w, "<param name=\"maxInclusive\">%" PRIu64 "</param>", t->max);
    } else if (t->has_range) { /* words and variables, too: only numbers are bounded */
        line(w, "<except>");
        line(w, "  <data type=\"integer\"><param name=\"minExclusive\">%" PRIu64 "</param></data>", t->max);
        if (t->min > 0)
            line(w, "  <data type=\"integer\"><param name=\"maxExclusive\">%" PRId64 "</param></data>", t->min);
        line(w, "</except>");
    }
    w->indent -= 2;
    line(w, "</data>");
}

/* What an attribute or an element's text may be: any of what the rows say; true when that is any text at all. */
static bool any_text(const struct vr_row **rows, size_t n)
{
    bool any = n == 0;
    for (size_t i = 0; i < n; i++)
        any |= !vr_row_words(rows[i]) && !vr_row_datatype(rows[i]);
    return any;
}

static void add_values(struct writer *w, const struct vr_row **rows, size_t n)
{
    if (any_text(rows, n)) {
        line(w, "<text/>");
        return;
    }
    struct vr_ptr_list words = { NULL, 0 }, types = { NULL, 0 };
    bool empty = false;
    for (size_t i = 0; i < n; i++) {
        const char *const *names = vr_row_words(rows[i]);
        const struct vr_datatype *t = names ? NULL : vr_row_datatype(rows[i]);
        empty |= rows[i]->more->unless_empty;
        bool had = false;
        for (size_t k = 0; t && k < types.n; k++)
            had |= types.v[k] == t;
        if (t && !had)
            vr_ptr_list_add(w->shapes.arena, &types, (void *)t);
        for (; names && *names; names++) {
            vr_ptr_list_add(w->shapes.arena, &words, NULL);
            words.n--; /* the terminator stays behind the last one */
            if (!words.n || vr_name_index((const char *const *)words.v, *names) < 0)
                vr_ptr_list_add(w->shapes.arena, &words, (void *)*names);
        }
    }
    bool choice = words.n + types.n + empty > 1;
    if (choice) {
        line(w, "<choice>");
        w->indent += 2;
    }
    for (size_t i = 0; i < words.n; i++) {
        vr_buf_spaces(w->out, (size_t)w->indent);
        vr_buf_str(w->out, "<value>");
        vr_xml_escape(w->out, words.v[i]);
        vr_buf_str(w->out, "</value>\n");
    }
    if (empty)
        line(w, "<value></value>");
    for (size_t i = 0; i < types.n; i++)
        add_type(w, types.v[i]);
    if (choice) {
        w->indent -= 2;
        line(w, "</choice>");
    }
}

static void add_attribute(struct writer *w, const struct vr_shape_attr *a)
{
    if (!a->required) {
        line(w, "<optional>");
        w->indent += 2;
    }
    line(w, "<attribute name=\"%s\">", a->name);
    w->indent += 2;
    add_values(w, a->rows, a->n_rows);
    w->indent -= 2;
    line(w, "</attribute>");
    if (!a->required) {
        w->indent -= 2;
        line(w, "</optional>");
    }
}

static void add_child(struct writer *w, const struct vr_shape_child *c)
{
    const char *around = c->many ? "zeroOrMore" : c->required ? NULL : "optional";
    unsigned number = vr_shape_child(&w->shapes, c)->number;
    if (around) {
        line(w, "<%s>", around);
        w->indent += 2;
    }
    if (c->ns)
        line(w, "<element name=\"%s\" ns=\"%s\"><ref name=\"e%u\"/></element>", c->name, c->ns, number);
    else
        line(w, "<element name=\"%s\"><ref name=\"e%u\"/></element>", c->name, number);
    if (around) {
        w->indent -= 2;
        line(w, "</%s>", around);
    }
}

static void add_shape(struct writer *w, const struct vr_shape *shape)
{
    line(w, "<define name=\"e%u\">", shape->number);
    w->indent += 2;
    if (shape->anything)
        line(w, "<ref name=\"anything\"/>");
    else if (!shape->n_attrs && !shape->n_children && !shape->n_text)
        line(w, "<empty/>");
    for (size_t i = 0; i < shape->n_attrs; i++)
        add_attribute(w, &shape->attrs[i]);
    if (shape->n_children) {
        line(w, "<interleave>");
        w->indent += 2;
        for (size_t i = 0; i < shape->n_children; i++)
            add_child(w, &shape->children[i]);
        if (shape->n_text)
            line(w, "<text/>");
        w->indent -= 2;
        line(w, "</interleave>");
    } else if (shape->n_text) {
        add_values(w, shape->text, shape->n_text);
    }
    w->indent -= 2;
    line(w, "</define>");
}

void vr_schema_write(struct vr_buf *out, const struct vr_xml_elem *elem, const char *title)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct writer w = { .out = out, .shapes.arena = arena };
    vr_buf_str(out, "<?xml version=\"1.0\"?>\n<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->\n");
    vr_buf_printf(out, "<!-- %s: made from the tables that read such documents -->\n", title);
    vr_buf_str(out, "<grammar xmlns=\"http://relaxng.org/ns/structure/1.0\" "
                    "datatypeLibrary=\"http://www.w3.org/2001/XMLSchema-datatypes\">\n");
    w.indent = 2;
    line(&w, "<start>");
    line(&w, "  <element name=\"%s\"><ref name=\"e%u\"/></element>", elem->name,
         vr_shape_root(&w.shapes, elem)->number);
    line(&w, "</start>");
    /* shapes are found while those before them are written */
    for (size_t i = 0; i < w.shapes.made.n; i++)
        add_shape(&w, w.shapes.made.v[i]);
    line(&w, "<define name=\"anything\">");
    line(&w, "  <zeroOrMore>");
    line(&w, "    <choice>");
    line(&w, "      <attribute><anyName/><text/></attribute>");
    line(&w, "      <element><anyName/><ref name=\"anything\"/></element>");
    line(&w, "      <text/>");
    line(&w, "    </choice>");
    line(&w, "  </zeroOrMore>");
    line(&w, "</define>");
    vr_buf_str(out, "</grammar>\n");
}

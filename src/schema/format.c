/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing: rows in order, stock's layout (two blanks per level, single quotes, <a/> for empty elements). */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "schema.h"

#include <string.h>

static bool printed(const struct vr_format *f, const struct vr_row *row, const void *base)
{
    return !row->hidden && !row->validate_only && !row->read_only && !row->by_child && vr_row_active(row, base) && (!row->only || (f->flags & row->only)) &&
           !(f->flags & row->never) && (!row->if_has || *((const bool *)base + row->has - 1)) && (!row->when || row->when(base, f));
}

void vr_format_attr(struct vr_format *f, const char *name, const char *value)
{
    if (!value)
        return;
    vr_buf_char(f->out, ' ');
    vr_buf_str(f->out, name);
    vr_buf_str(f->out, "='");
    vr_xml_escape(f->out, value);
    vr_buf_char(f->out, '\'');
}

void vr_format_attrf(struct vr_format *f, const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vr_autobuf struct vr_buf value = VR_BUF_INIT;
    vr_buf_vprintf(&value, fmt, ap);
    va_end(ap);
    vr_format_attr(f, name, value.data ? value.data : "");
}

void vr_format_line(struct vr_format *f, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vr_buf_spaces(f->out, (size_t)f->indent);
    vr_buf_vprintf(f->out, fmt, ap);
    va_end(ap);
    vr_buf_char(f->out, '\n');
}

static void cut(struct vr_buf *b, size_t len)
{
    b->len = len;
    if (b->data)
        b->data[len] = 0;
}

static const char *unit_of(const struct vr_row *row)
{
    return row->show_unit ? row->show_unit : "KiB";
}

static bool is_size(const struct vr_row *row)
{
    return row->kind == VR_K_SIZE || row->kind == VR_K_OSIZE;
}

void vr_rows_format_attrs(struct vr_format *f, const struct vr_row *rows, const void *base)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        if (!printed(f, row, base))
            continue;
        if (row->kind == VR_K_INLINE) {
            vr_rows_format_attrs(f, row->aux, (const char *)base + row->offset);
        } else if (row->kind == VR_K_INLINE_PTR) {
            const void *inner = *(void *const *)((const char *)base + row->offset);
            if (inner)
                vr_rows_format_attrs(f, vr_row_elem(row)->rows, inner);
        } else if (row->kind == VR_K_CUSTOM) {
            const struct vr_custom_ops *ops = row->aux;
            if (ops->format_attrs)
                ops->format_attrs(f, base);
        } else if (row->at == VR_AT_ATTR && row->name) {
            const char *value = vr_row_text(f->scratch, row, base);
            vr_format_attr(f, row->name, value);
            if (value && is_size(row))
                vr_format_attr(f, row->attr ? row->attr : "unit", unit_of(row));
        } else if (row->at == VR_AT_CONTENT && is_size(row) && vr_row_text(f->scratch, row, base)) {
            vr_format_attr(f, row->attr ? row->attr : "unit", unit_of(row));
        }
    }
}

/* The element's own text, or NULL when it has none. */
static const char *content(struct vr_format *f, const struct vr_row *rows, const void *base)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        if (!printed(f, row, base))
            continue;
        const char *text = NULL;
        if (row->kind == VR_K_INLINE)
            text = content(f, row->aux, (const char *)base + row->offset);
        else if (row->at == VR_AT_CONTENT)
            text = vr_row_text(f->scratch, row, base);
        if (text)
            return text;
    }
    return NULL;
}

static void tag(struct vr_buf *out, const char *prefix, const char *name)
{
    if (prefix) {
        vr_buf_str(out, prefix);
        vr_buf_char(out, ':');
    }
    vr_buf_str(out, name);
}

/* One element over `rows`; nothing at all when it would be empty and `keep` is not set. */
static void element(struct vr_format *f, const char *prefix, const char *name, const struct vr_row *rows,
                    const void *base, bool keep, bool open, bool airy)
{
    size_t start = f->out->len;
    vr_buf_spaces(f->out, (size_t)f->indent);
    vr_buf_char(f->out, '<');
    tag(f->out, prefix, name);
    size_t bare = f->out->len;
    vr_rows_format_attrs(f, rows, base);
    bool attrs = f->out->len != bare;
    const char *text = content(f, rows, base);
    if (text) {
        vr_buf_char(f->out, '>');
        vr_xml_escape(f->out, text);
        vr_buf_str(f->out, "</");
        tag(f->out, prefix, name);
        vr_buf_str(f->out, ">\n");
        return;
    }
    size_t head = f->out->len;
    vr_buf_str(f->out, airy ? ">\n\n" : ">\n");
    size_t body = f->out->len;
    f->indent += 2;
    vr_rows_format_children(f, rows, base);
    f->indent -= 2;
    if (f->out->len != body || open) {
        vr_buf_spaces(f->out, (size_t)f->indent);
        vr_buf_str(f->out, "</");
        tag(f->out, prefix, name);
        vr_buf_str(f->out, ">\n");
        return;
    }
    if (!attrs && !keep) {
        cut(f->out, start);
        return;
    }
    cut(f->out, head);
    vr_buf_str(f->out, "/>\n");
}

static const void *shown(const struct vr_format *f, const struct vr_xml_elem *elem, const void *obj)
{
    return elem->shown ? elem->shown(obj, f) : obj;
}

void vr_elem_format(struct vr_format *f, const struct vr_xml_elem *elem, const char *name, const void *obj)
{
    if (elem->skip_format && elem->skip_format(obj, f))
        return;
    element(f, NULL, name ? name : elem->name, elem->rows, shown(f, elem, obj), true, elem->never_short,
            elem->airy);
}

static void format_text(struct vr_format *f, const struct vr_row *row, const void *base)
{
    const char *text = vr_row_text(f->scratch, row, base);
    if (!text)
        return;
    vr_buf_spaces(f->out, (size_t)f->indent);
    vr_buf_char(f->out, '<');
    tag(f->out, row->prefix, row->name);
    if (row->kind == VR_K_PRESENT) {
        vr_buf_str(f->out, "/>\n");
        return;
    }
    if (is_size(row))
        vr_format_attr(f, row->attr ? row->attr : "unit", unit_of(row));
    vr_buf_char(f->out, '>');
    vr_xml_escape(f->out, text);
    vr_buf_str(f->out, "</");
    tag(f->out, row->prefix, row->name);
    vr_buf_str(f->out, ">\n");
}

static void format_strs(struct vr_format *f, const struct vr_row *row, const void *base)
{
    const struct vr_ptr_list *list = (const void *)((const char *)base + row->offset);
    for (size_t i = 0; i < list->n; i++) {
        vr_buf_spaces(f->out, (size_t)f->indent);
        vr_buf_char(f->out, '<');
        tag(f->out, row->prefix, row->name);
        if (row->attr) {
            vr_format_attr(f, row->attr, list->v[i]);
            vr_buf_str(f->out, "/>\n");
            continue;
        }
        vr_buf_char(f->out, '>');
        vr_xml_escape(f->out, list->v[i]);
        vr_buf_str(f->out, "</");
        tag(f->out, row->prefix, row->name);
        vr_buf_str(f->out, ">\n");
    }
}

static const char *item_name(const struct vr_row *row, const void *item)
{
    int kind = 1;
    if (!row->names)
        return row->name;
    memcpy(&kind, (const char *)item + row->kind_at - 1, sizeof(kind));
    return row->names[kind - 1];
}

static void format_list(struct vr_format *f, const struct vr_row *row, const void *base)
{
    const struct vr_ptr_list *list = (const void *)((const char *)base + row->offset);
    const struct vr_xml_elem *elem = vr_row_elem(row);
    size_t start = f->out->len;
    if (row->wrap) {
        vr_format_line(f, "<%s%s%s>", row->prefix ? row->prefix : "", row->prefix ? ":" : "", row->wrap);
        f->indent += 2;
    }
    size_t body = f->out->len;
    for (size_t i = 0; i < list->n; i++)
        if (!elem->skip_format || !elem->skip_format(list->v[i], f)) {
            element(f, row->prefix, item_name(row, list->v[i]), elem->rows, shown(f, elem, list->v[i]), true,
                    elem->never_short, false);
            if (row->airy)
                vr_buf_char(f->out, '\n');
        }
    if (!row->wrap)
        return;
    f->indent -= 2;
    bool said = row->has && *((const bool *)base + row->has - 1);
    if (f->out->len != body) {
        vr_format_line(f, "</%s%s%s>", row->prefix ? row->prefix : "", row->prefix ? ":" : "", row->wrap);
    } else {
        cut(f->out, start);
        if (said)
            vr_format_line(f, "<%s/>", row->wrap);
    }
}

/* The kept text carries the indent of its first home; elsewhere it is read and laid out anew. */
static void format_raw(struct vr_format *f, const struct vr_row *row, const void *base)
{
    const char *text = *(const char *const *)((const char *)base + row->offset);
    VR_AUTO(vr_error) *err = NULL;
    struct vr_xml_node *tree = text ? vr_xml_parse(f->scratch, text, strlen(text), "(kept text)", VIR_FROM_XML, &err) : NULL;
    if (!tree)
        return;
    vr_buf_spaces(f->out, (size_t)f->indent);
    vr_xml_print(f->out, tree, f->indent / 2);
    vr_buf_char(f->out, '\n');
}

void vr_rows_format_children(struct vr_format *f, const struct vr_row *rows, const void *base)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        if (!printed(f, row, base))
            continue;
        const void *m = (const char *)base + row->offset;
        switch ((enum vr_row_kind)row->kind) {
        case VR_K_GROUP:
            element(f, row->prefix, row->name, row->aux, m,
                    row->present_always || (row->has && *((const bool *)base + row->has - 1)), row->never_short, false);
            if (row->airy)
                vr_buf_char(f->out, '\n');
            break;
        case VR_K_CHILD:
            if (*(void *const *)m && !(vr_row_elem(row)->skip_format && vr_row_elem(row)->skip_format(*(void *const *)m,
                f)))
                element(f, row->prefix, row->name, vr_row_elem(row)->rows, *(void *const *)m, !row->unless_empty,
                        row->never_short, false);
            break;
        case VR_K_LIST: format_list(f, row, base); break;
        case VR_K_STRS: format_strs(f, row, base); break;
        case VR_K_RAW: format_raw(f, row, base); break;
        case VR_K_INLINE: vr_rows_format_children(f, row->aux, m); break;
        case VR_K_INLINE_PTR:
            if (*(void *const *)m)
                vr_rows_format_children(f, vr_row_elem(row)->rows, *(void *const *)m);
            break;
        case VR_K_CUSTOM: {
            const struct vr_custom_ops *ops = row->aux;
            if (ops->format)
                ops->format(f, base);
            break;
        }
        default:
            if (row->at == VR_AT_TEXT)
                format_text(f, row, base);
        }
    }
}

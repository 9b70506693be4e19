/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing: rows in order, stock's layout (two blanks per level, single quotes, <a/> for empty elements). */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "schema.h"

#include <string.h>

static bool printed(const struct vr_format *f, const struct vr_row *row, const void *base)
{
    const struct vr_row_more *m = row->more;
    if (m == &vr_row_plain)
        return true;
    return !m->hidden && !m->validate_only && !m->read_only && !m->by_child && vr_row_active(row, base) &&
           (!m->only || (f->flags & m->only)) && !(f->flags & m->never) &&
           (!m->if_has || *((const bool *)base + m->has - 1)) && (!m->when || m->when(base, f));
}

static bool may_say_any(const struct vr_row *rows, const void *base);

/* Bytes at the member's begin that are all 0 when nothing is said; 0: not told by them. */
static const uint8_t said_bytes[] = {
    [VR_K_STR] = 8, [VR_K_RAW] = 8, [VR_K_CHILD] = 8, [VR_K_INLINE_PTR] = 8, [VR_K_U64] = 8, [VR_K_SIZE] = 8,
    [VR_K_ENUM] = 4, [VR_K_YESNO] = 4, [VR_K_ONOFF] = 4, [VR_K_UINT] = 4,
    [VR_K_BOOL] = 1, [VR_K_PRESENT] = 1,
    [VR_K_OUINT] = 1, [VR_K_OINT] = 1, [VR_K_OU64] = 1, [VR_K_OI64] = 1, [VR_K_OSIZE] = 1, /* these begin with `bool set` */
    [VR_K_CUSTOM] = 0,
};

/*
 * Most rows say nothing about most structs, so that is looked at before anything else. False: the row adds no text in
 * any form. True may be wrong.
 */
static bool may_say(const struct vr_row *row, const void *base)
{
    const void *m = (const char *)base + row->offset;
    const struct vr_row_more *more = row->more;
    switch (said_bytes[row->kind]) {
    case 8: return *(const uint64_t *)m != 0 || more->zero;
    case 4: return *(const uint32_t *)m != 0 || more->zero;
    case 1: return *(const bool *)m;
    }
    switch ((enum vr_row_kind)row->kind) {
    case VR_K_UUID: return *((const bool *)base + more->has - 1);
    case VR_K_LIST: return ((const struct vr_ptr_list *)m)->n != 0 || (more->wrap && more->has);
    case VR_K_STRS: return ((const struct vr_ptr_list *)m)->n != 0;
    case VR_K_GROUP:
        return more->present_always || more->has || more->airy || more->never_short || may_say_any(row->aux, m);
    default: return true;
    }
}

static bool may_say_any(const struct vr_row *rows, const void *base)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++)
        if (row->kind == VR_K_INLINE ? may_say_any(row->aux, (const char *)base + row->offset) : may_say(row, base))
            return true;
    return false;
}

/* Which rows each of the three parts of an element can come from. */
static bool for_start_tag(const struct vr_row *row)
{
    return row->at != VR_AT_TEXT || row->kind == VR_K_CUSTOM;
}

static bool for_children(const struct vr_row *row)
{
    return row->at == VR_AT_TEXT || row->kind == VR_K_INLINE || row->kind == VR_K_INLINE_PTR;
}

void vr_format_attr(struct vr_format *f, const char *name, const char *value)
{
    if (!value)
        return;
    size_t len = strlen(name);
    char *to = vr_buf_room(f->out, len + 3);
    *to++ = ' ';
    memcpy(to, name, len);
    memcpy(to + len, "='", 2);
    vr_buf_added(f->out, len + 3);
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
    return row->more->show_unit ? row->more->show_unit : "KiB";
}

static bool is_size(const struct vr_row *row)
{
    return row->kind == VR_K_SIZE || row->kind == VR_K_OSIZE;
}

void vr_rows_format_attrs(struct vr_format *f, const struct vr_row *rows, const void *base)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        if (!for_start_tag(row) || !may_say(row, base) || !printed(f, row, base))
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
                vr_format_attr(f, row->more->attr ? row->more->attr : "unit", unit_of(row));
        } else if (row->at == VR_AT_CONTENT && is_size(row) && vr_row_text(f->scratch, row, base)) {
            vr_format_attr(f, row->more->attr ? row->more->attr : "unit", unit_of(row));
        }
    }
}

/* The element's own text, or NULL when it has none. */
static const char *content(struct vr_format *f, const struct vr_row *rows, const void *base)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        if ((row->at != VR_AT_CONTENT && row->kind != VR_K_INLINE) || !may_say(row, base) || !printed(f, row, base))
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

static void start_of(struct vr_format *f, const char *prefix, const char *name)
{
    vr_buf_spaces(f->out, (size_t)f->indent);
    vr_buf_char(f->out, '<');
    tag(f->out, prefix, name);
}

static void end_of(struct vr_format *f, const char *prefix, const char *name)
{
    vr_buf_add(f->out, "</", 2);
    tag(f->out, prefix, name);
    vr_buf_add(f->out, ">\n", 2);
}

/* One element over `rows`; nothing at all when it would be empty and `keep` is not set. */
static void element(struct vr_format *f, const char *prefix, const char *name, const struct vr_row *rows,
                    const void *base, bool keep, bool open, bool airy)
{
    size_t start = f->out->len;
    start_of(f, prefix, name);
    size_t bare = f->out->len;
    vr_rows_format_attrs(f, rows, base);
    bool attrs = f->out->len != bare;
    const char *text = content(f, rows, base);
    if (text) {
        vr_buf_char(f->out, '>');
        vr_xml_escape(f->out, text);
        end_of(f, prefix, name);
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
        end_of(f, prefix, name);
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
    start_of(f, row->more->prefix, row->name);
    if (row->kind == VR_K_PRESENT) {
        vr_buf_str(f->out, "/>\n");
        return;
    }
    if (is_size(row))
        vr_format_attr(f, row->more->attr ? row->more->attr : "unit", unit_of(row));
    vr_buf_char(f->out, '>');
    vr_xml_escape(f->out, text);
    end_of(f, row->more->prefix, row->name);
}

static void format_strs(struct vr_format *f, const struct vr_row *row, const void *base)
{
    const struct vr_ptr_list *list = (const void *)((const char *)base + row->offset);
    for (size_t i = 0; i < list->n; i++) {
        start_of(f, row->more->prefix, row->name);
        if (row->more->attr) {
            vr_format_attr(f, row->more->attr, list->v[i]);
            vr_buf_str(f->out, "/>\n");
            continue;
        }
        vr_buf_char(f->out, '>');
        vr_xml_escape(f->out, list->v[i]);
        end_of(f, row->more->prefix, row->name);
    }
}

static const char *item_name(const struct vr_row *row, const void *item)
{
    int kind = 1;
    if (!row->more->names)
        return row->name;
    memcpy(&kind, (const char *)item + row->more->kind_at - 1, sizeof(kind));
    return row->more->names[kind - 1];
}

static void format_list(struct vr_format *f, const struct vr_row *row, const void *base)
{
    const struct vr_ptr_list *list = (const void *)((const char *)base + row->offset);
    const struct vr_xml_elem *elem = vr_row_elem(row);
    size_t start = f->out->len;
    if (row->more->wrap) {
        start_of(f, row->more->prefix, row->more->wrap);
        vr_buf_add(f->out, ">\n", 2);
        f->indent += 2;
    }
    size_t body = f->out->len;
    for (size_t i = 0; i < list->n; i++)
        if (!elem->skip_format || !elem->skip_format(list->v[i], f)) {
            element(f, row->more->prefix, item_name(row, list->v[i]), elem->rows, shown(f, elem, list->v[i]), true,
                    elem->never_short, false);
            if (row->more->airy)
                vr_buf_char(f->out, '\n');
        }
    if (!row->more->wrap)
        return;
    f->indent -= 2;
    bool said = row->more->has && *((const bool *)base + row->more->has - 1);
    if (f->out->len != body) {
        vr_buf_spaces(f->out, (size_t)f->indent);
        end_of(f, row->more->prefix, row->more->wrap);
    } else {
        cut(f->out, start);
        if (said)
            vr_format_line(f, "<%s/>", row->more->wrap);
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
        if (!for_children(row) || !may_say(row, base) || !printed(f, row, base))
            continue;
        const struct vr_row_more *more = row->more;
        const void *m = (const char *)base + row->offset;
        switch ((enum vr_row_kind)row->kind) {
        case VR_K_GROUP:
            element(f, more->prefix, row->name, row->aux, m,
                    more->present_always || (more->has && *((const bool *)base + more->has - 1)), more->never_short, false);
            if (more->airy)
                vr_buf_char(f->out, '\n');
            break;
        case VR_K_CHILD:
            if (*(void *const *)m && !(vr_row_elem(row)->skip_format && vr_row_elem(row)->skip_format(*(void *const *)m,
                f)))
                element(f, more->prefix, row->name, vr_row_elem(row)->rows, *(void *const *)m, !more->unless_empty,
                        more->never_short, false);
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

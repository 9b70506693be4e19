/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading: rows drive it, the tree is only looked at. Errors name the value in stock's words, then its place. */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "schema.h"

#include <string.h>
#include "base/str.h"

bool vr_parse_fail(struct vr_parse *p, const struct vr_xml_node *node, struct vr_error **err, int code, const char *fmt,
                   ...)
{
    va_list ap;
    va_start(ap, fmt);
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    vr_buf_vprintf(&text, fmt, ap);
    va_end(ap);
    vr_error_report(err, p->domain, code, -1, "%s", text.data ? text.data : "");
    return vr_xml_locate(err, node);
}

/* A row's own sentence with %s and %N replaced; the formats are ours, so only these directives are looked for. */
static void fill(struct vr_buf *out, const char *sentence, const char *value, const char *about)
{
    for (const char *at = sentence; *at; at++) {
        if (at[0] == '%' && (at[1] == 's' || at[1] == 'N'))
            vr_buf_str(out, *++at == 's' ? value : about ? about : "");
        else
            vr_buf_char(out, *at);
    }
}

static bool fail_bad(struct vr_parse *p, const struct vr_row *row, const struct vr_xml_node *node, const char *text,
                     const char *why, struct vr_error **err)
{
    vr_autobuf struct vr_buf m = VR_BUF_INIT;
    if (why && !strcmp(why, VR_WHY_UNIT)) {
        vr_error_report(err, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, -1, _("unknown suffix '%s'"), vr_xml_get(node,
            row->more->attr ? row->more->attr : "unit"));
    } else if (why && !strcmp(why, VR_WHY_OVERFLOW)) {
        const char *unit = vr_xml_get(node, row->more->attr ? row->more->attr : "unit");
        vr_error_report(err, VIR_FROM_NONE, VIR_ERR_OVERFLOW, -1, _("value too large: %s%s"), text, unit ? unit : "");
    } else if (row->more->bad) {
        fill(&m, row->more->bad, text, p->about);
        vr_error_report(err, row->more->bad_domain ? row->more->bad_domain - 1 : p->domain,
                        row->more->bad_code ? row->more->bad_code : VIR_ERR_XML_ERROR, -1, "%s", m.data);
    } else if (row->kind == VR_K_SIZE || row->kind == VR_K_OSIZE) {
        vr_fail(err, VIR_ERR_XML_ERROR, _("Invalid value '%s' for element or attribute './%s%s%s'"), text,
                row->at == VR_AT_ATTR ? "@" : "",
                row->name ? row->name : node->name, row->at == VR_AT_ATTR ? "" : "[1]");
    } else if (row->at == VR_AT_ATTR && why && !strncmp(why, "Zero", 4)) {
        vr_fail(err, VIR_ERR_XML_ERROR, _("Invalid value for attribute '%s' in element '%s': %s"), row->name,
                node->name, why);
    } else if (row->at == VR_AT_ATTR) {
        vr_fail(err, VIR_ERR_XML_ERROR, _("Invalid value for attribute '%s' in element '%s': '%s'.%s%s"), row->name,
                node->name, text, why ? " " : "", why ? why : "");
    } else {
        vr_fail(err, VIR_ERR_XML_ERROR, _("Invalid value for element '%s': '%s'.%s%s"),
                row->name ? row->name : node->name,
                text, why ? " " : "", why ? why : "");
    }
    if (row->kind == VR_K_ENUM || row->more->words) {
        const char *near = vr_name_nearest(row->more->words ? row->more->words : (const char *const *)row->aux + 1, text);
        if (near)
            vr_error_suffix(err, _("; did you mean '%s'?"), near);
    }
    return vr_xml_locate(err, node);
}

static bool fail_missing(struct vr_parse *p, const struct vr_row *row, const struct vr_xml_node *node,
                         struct vr_error **err)
{
    int domain = row->more->bad_domain ? row->more->bad_domain - 1 : p->domain;
    if (row->more->missing) {
        /* some of stock's codes have a fixed sentence and no detail */
        if (!*row->more->missing) {
            vr_error_report(err, domain, row->more->missing_code, -1, NULL);
        } else {
            vr_autobuf struct vr_buf m = VR_BUF_INIT;
            fill(&m, row->more->missing, "", p->about);
            int code = row->more->missing_code;
            vr_error_report(err, domain, code ? code : VIR_ERR_XML_ERROR, -1, "%s", m.data);
        }
    } else if (row->at == VR_AT_ATTR) {
        vr_fail(err, VIR_ERR_XML_ERROR, _("Missing required attribute '%s' in element '%s'"), row->name, node->name);
    } else {
        vr_error_report(err, domain, VIR_ERR_XML_ERROR, -1, _("missing element '%s' in element '%s'"), row->name,
                        node->name);
    }
    return vr_xml_locate(err, node);
}

static const struct vr_xml_node *first_child(const struct vr_xml_node *node, const char *name, const char *ns)
{
    for (const struct vr_xml_node *c = node->first; c; c = c->next)
        if (vr_xml_is(c, name, ns))
            return c;
    return NULL;
}

static void parse_by_child(const struct vr_row *row, const struct vr_xml_node *node, void *base)
{
    for (const struct vr_xml_node *c = node->first; c; c = c->next) {
        int v = c->kind == VR_XML_ELEMENT && !c->ns ? vr_name_index(row->aux, c->name) : -1;
        if (v > 0) {
            memcpy((char *)base + row->offset, &v, sizeof(v));
            return;
        }
    }
}

static bool parse_value(struct vr_parse *p, const struct vr_row *row, const struct vr_xml_node *node, void *base,
                        struct vr_error **err)
{
    const char *text = NULL, *unit = NULL, *why;
    const struct vr_xml_node *where = node;
    const char *unit_name = row->more->attr ? row->more->attr : "unit";
    if (row->at == VR_AT_ATTR) {
        text = vr_xml_get(node, row->name);
        unit = vr_xml_get(node, unit_name);
    } else {
        if (row->at == VR_AT_TEXT)
            where = first_child(node, row->name, row->more->ns);
        if (where) {
            text = vr_xml_text(p->arena, where);
            unit = vr_xml_get(where, unit_name);
        }
    }
    if (row->kind == VR_K_PRESENT) {
        *(bool *)((char *)base + row->offset) = where != NULL;
        return where || !row->more->required || fail_missing(p, row, node, err);
    }
    if (!text || (!*text && !row->more->keep_empty && (row->at != VR_AT_ATTR || row->more->unless_empty)))
        return !row->more->required || fail_missing(p, row, node, err);
    if (vr_row_read(p->arena, row, text, unit, base, &why) || row->more->lenient)
        return true;
    return fail_bad(p, row, where, text, why, err);
}

void *vr_elem_new(struct vr_arena *arena, const struct vr_xml_elem *elem)
{
    if (!elem->own_arena)
        return vr_arena_alloc(arena, elem->size);
    struct vr_arena *own = vr_arena_child(arena);
    void *obj = vr_arena_alloc(own, elem->size);
    *(struct vr_arena **)obj = own;
    return obj;
}

bool vr_elem_parse(struct vr_parse *p, const struct vr_xml_elem *elem, const struct vr_xml_node *node, void *obj,
                   struct vr_error **err)
{
    struct vr_arena *outer = p->arena;
    int outer_domain = p->domain;
    bool hooks = !(p->flags & VR_FORM_NO_HOOKS);
    if (elem->error_domain)
        p->domain = elem->error_domain - 1;
    if (elem->own_arena)
        p->arena = *(struct vr_arena **)obj;
    bool good = (!hooks || !elem->before_parse || elem->before_parse(p, node, obj, err)) &&
                vr_rows_parse(p, elem->rows, node, obj, err) &&
                (!hooks || !elem->after_parse || elem->after_parse(p, node, obj, err));
    p->arena = outer;
    p->domain = outer_domain;
    return good;
}

/* Which of a list's names a child has, from 1; 0 for none. */
static int item_kind(const struct vr_row *row, const struct vr_xml_node *c)
{
    if (!row->more->names)
        return vr_xml_is(c, row->name, row->more->ns);
    for (int i = 0; row->more->names[i]; i++)
        if (vr_xml_is(c, row->more->names[i], row->more->ns))
            return i + 1;
    return 0;
}

static bool parse_list(struct vr_parse *p, const struct vr_row *row, const struct vr_xml_node *node, void *base,
                       struct vr_error **err)
{
    const struct vr_xml_elem *elem = vr_row_elem(row);
    struct vr_ptr_list *list = (void *)((char *)base + row->offset);
    if (row->more->wrap) {
        node = first_child(node, row->more->wrap, row->more->ns);
        if (node && row->more->has)
            *((bool *)base + row->more->has - 1) = true;
    }
    for (const struct vr_xml_node *c = node ? node->first : NULL; c; c = c->next) {
        int kind = item_kind(row, c);
        if (!kind || (elem->skip_parse && elem->skip_parse(c)))
            continue;
        void *obj = vr_elem_new(p->arena, elem);
        if (row->more->kind_at)
            memcpy((char *)obj + row->more->kind_at - 1, &kind, sizeof(kind));
        if (!vr_elem_parse(p, elem, c, obj, err))
            return false;
        vr_ptr_list_add(p->arena, list, obj);
    }
    return true;
}

static bool parse_strs(struct vr_parse *p, const struct vr_row *row, const struct vr_xml_node *node, void *base,
                       struct vr_error **err)
{
    struct vr_ptr_list *list = (void *)((char *)base + row->offset);
    if (row->more->wrap)
        node = first_child(node, row->more->wrap, row->more->ns);
    for (const struct vr_xml_node *c = node ? node->first : NULL; c; c = c->next) {
        if (!vr_xml_is(c, row->name, row->more->ns))
            continue;
        const char *text = row->more->attr ? vr_xml_get(c, row->more->attr) : vr_xml_text(p->arena, c);
        if (!text)
            return fail_missing(p, row, c, err);
        vr_ptr_list_add(p->arena, list, vr_arena_strdup(p->arena, text));
    }
    return true;
}

static bool declares(const struct vr_xml_node *n, const char *prefix)
{
    for (size_t i = 0; i < n->n_nsdecls; i++)
        if (vr_streq0(n->nsdecls[i].prefix, prefix))
            return true;
    return false;
}

/* Is a prefix that n uses declared at or below the kept element? */
static bool declared_within(const struct vr_xml_node *kept, const struct vr_xml_node *n, const char *prefix)
{
    for (; n != kept; n = n->parent)
        if (declares(n, prefix))
            return true;
    return declares(kept, prefix);
}

/* A prefix declared further up would be lost with the surroundings: the kept element declares it. */
static void declare(struct vr_arena *arena, struct vr_xml_node *kept, const struct vr_xml_node *n, const char *prefix,
                    const char *uri)
{
    if (!uri || vr_streq0(prefix, "xml") || declared_within(kept, n, prefix))
        return;
    struct vr_xml_nsdecl *more = vr_arena_alloc(arena, (kept->n_nsdecls + 1) * sizeof(*more));
    if (kept->n_nsdecls)
        memcpy(more, kept->nsdecls, kept->n_nsdecls * sizeof(*more));
    more[kept->n_nsdecls++] = (struct vr_xml_nsdecl){ prefix, uri };
    kept->nsdecls = more;
}

/* Recursion: bounded by VR_XML_MAX_DEPTH, which the parser keeps. */
static void declare_all(struct vr_arena *arena, struct vr_xml_node *kept, const struct vr_xml_node *n)
{
    if (n->kind != VR_XML_ELEMENT)
        return;
    declare(arena, kept, n, n->prefix, n->ns);
    for (size_t i = 0; i < n->n_attrs; i++)
        if (n->attrs[i].prefix)
            declare(arena, kept, n, n->attrs[i].prefix, n->attrs[i].ns);
    for (const struct vr_xml_node *c = n->first; c; c = c->next)
        declare_all(arena, kept, c);
}

static bool same_ns_before(const struct vr_xml_node *parent, const struct vr_xml_node *n)
{
    for (const struct vr_xml_node *c = parent->first; c != n; c = c->next)
        if (c->kind == VR_XML_ELEMENT && vr_streq0(c->ns, n->ns))
            return true;
    return false;
}

/* Kept is the element itself with its attributes and declarations, and of its children what calls can find. */
static bool parse_raw(struct vr_parse *p, const struct vr_row *row, const struct vr_xml_node *node, void *base)
{
    struct vr_xml_node *child = (struct vr_xml_node *)(uintptr_t)first_child(node, row->name, row->more->ns);
    if (!child)
        return true;
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    declare_all(p->arena, child, child);
    struct vr_xml_node shell = *child;
    shell.prefix = NULL;
    int level = 0;
    for (const struct vr_xml_node *n = child; n; n = n->parent)
        level++;
    for (struct vr_xml_node *c = child->first; c; c = c->next) {
        /* kept are elements of a namespace, the first of each: calls find them by it */
        if (c->kind != VR_XML_ELEMENT || !c->ns || same_ns_before(child, c))
            continue;
        vr_buf_char(&text, '\n');
        vr_xml_print(&text, c, level);
    }
    shell.first = NULL;
    vr_autobuf struct vr_buf whole = VR_BUF_INIT;
    vr_xml_print(&whole, &shell, 0);
    if (text.len) {
        whole.len -= 2; /* the "/>" of an empty element */
        vr_buf_printf(&whole, ">%s\n</%s>", text.data, row->name);
    }
    *(const char **)((char *)base + row->offset) = vr_arena_strdup(p->arena, whole.data);
    return true;
}

static bool parse_part(struct vr_parse *p, const struct vr_row *row, const struct vr_xml_node *node, void *base,
                       struct vr_error **err)
{
    return vr_rows_parse(p, row->aux, node, base, err) &&
           (!row->more->after || (p->flags & VR_FORM_NO_HOOKS) || row->more->after(p, node, base, err));
}

/* A second element of a group's name adds to its lists and says nothing else, as paths over both would find it. */
static bool parse_lists(struct vr_parse *p, const struct vr_row *rows, const struct vr_xml_node *node, void *base,
                        struct vr_error **err)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++)
        if (row->kind == VR_K_LIST && !row->more->hidden && vr_row_active(row, base) && !parse_list(p, row, node, base, err))
            return false;
    return true;
}

static bool parse_element(struct vr_parse *p, const struct vr_row *row, const struct vr_xml_node *node, void *base,
                          struct vr_error **err)
{
    const struct vr_xml_node *child = first_child(node, row->name, row->more->ns);
    if (child && row->kind == VR_K_CHILD && vr_row_elem(row)->skip_parse && vr_row_elem(row)->skip_parse(child))
        child = NULL;
    if (!child)
        return !row->more->required || fail_missing(p, row, node, err);
    if (row->more->has)
        *((bool *)base + row->more->has - 1) = true;
    if (row->kind == VR_K_GROUP) {
        if (!parse_part(p, row, child, (char *)base + row->offset, err))
            return false;
        for (const struct vr_xml_node *more = row->more->first_only ? NULL : child->next; more; more = more->next)
            if (vr_xml_is(more, row->name, row->more->ns) && !parse_lists(p, row->aux, more, (char *)base + row->offset, err))
                return false;
        return true;
    }
    void **slot = (void **)((char *)base + row->offset);
    if (!*slot)
        *slot = vr_elem_new(p->arena, vr_row_elem(row));
    return vr_elem_parse(p, vr_row_elem(row), child, *slot, err);
}

bool vr_rows_parse(struct vr_parse *p, const struct vr_row *rows, const struct vr_xml_node *node, void *base,
                   struct vr_error **err)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END; row++) {
        bool good = true;
        const struct vr_row_more *more = row->more;
        if (more->hidden || more->validate_only || more->format_only || (more->reads && !more->reads(base)) ||
            !vr_row_active(row, base) || (more->not_inactive_parse && (p->flags & VR_FORM_INACTIVE)))
            continue;
        switch ((enum vr_row_kind)row->kind) {
        case VR_K_GROUP:
        case VR_K_CHILD: good = parse_element(p, row, node, base, err); break;
        case VR_K_LIST: good = parse_list(p, row, node, base, err); break;
        case VR_K_STRS: good = parse_strs(p, row, node, base, err); break;
        case VR_K_RAW: good = parse_raw(p, row, node, base); break;
        case VR_K_INLINE: good = parse_part(p, row, node, (char *)base + row->offset, err); break;
        case VR_K_INLINE_PTR: {
            void **slot = (void **)((char *)base + row->offset);
            if (!*slot)
                *slot = vr_elem_new(p->arena, vr_row_elem(row));
            good = vr_rows_parse(p, vr_row_elem(row)->rows, node, *slot, err);
            break;
        }
        case VR_K_CUSTOM: {
            const struct vr_custom_ops *ops = row->aux;
            good = !ops->parse || ops->parse(p, node, base, err);
            break;
        }
        default:
            if (row->more->by_child)
                parse_by_child(row, node, base);
            else
                good = parse_value(p, row, node, base, err);
        }
        if (!good)
            return false;
    }
    return true;
}

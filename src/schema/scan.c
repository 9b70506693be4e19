/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pre-scan: one pass over the bytes, no recursion, no allocation but the position table. libxml2 2.9 needs quadratic
 * time for many attributes, so the limits are enforced before it sees the text.
 */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "xml.h"

#include <string.h>
#include "base/alloc.h"

struct scanner {
    struct vr_arena *arena;
    const char *text, *end, *at, *line_start;
    unsigned line;
    struct vr_error **err;
    struct { const char *name; size_t len; } open[VR_XML_MAX_DEPTH];
    size_t depth, elements, cap;
    bool keep, seen_root;
    const char *capture; /* start of the text of /root/name or /root/uuid */
    struct vr_xml_scan *out;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void advance(struct scanner *s, const char *to)
{
    for (const char *nl; (nl = memchr(s->at, '\n', (size_t)(to - s->at)));) {
        s->line++;
        s->line_start = s->at = nl + 1;
    }
    s->at = to;
}

static bool limit(struct scanner *s, const char *what, size_t most)
{
    return vr_fail(s->err, VIR_ERR_XML_ERROR, _("document has more than %zu %s (line %u, column %u)"), most, what,
                   s->line,
                   (unsigned)(s->at - s->line_start) + 1);
}

static bool broken(struct scanner *s, const char *what)
{
    return vr_fail(s->err, VIR_ERR_XML_DETAIL, _("%s (line %u, column %u)"), what, s->line,
                   (unsigned)(s->at - s->line_start) + 1);
}

static const char *find(const char *from, const char *end, const char *what)
{
    return memmem(from, (size_t)(end - from), what, strlen(what));
}

/* Skips to behind `close`; false when it never comes. */
static bool skip_to(struct scanner *s, size_t skip, const char *close)
{
    const char *p = (size_t)(s->end - s->at) > skip ? find(s->at + skip, s->end, close) : NULL;
    if (!p)
        return false;
    advance(s, p + strlen(close));
    return true;
}

static const char *trimmed(struct vr_arena *arena, const char *from, const char *to)
{
    while (from < to && blank(*from))
        from++;
    while (to > from && blank(to[-1]))
        to--;
    return vr_arena_strndup(arena, from, (size_t)(to - from));
}

static bool end_tag(struct scanner *s)
{
    const char *name = s->at + 2, *p = name;
    while (p < s->end && *p != '>' && !blank(*p))
        p++;
    size_t len = (size_t)(p - name);
    while (p < s->end && blank(*p))
        p++;
    if (p >= s->end || *p != '>')
        return broken(s, "end tag does not close");
    if (!s->depth || s->open[s->depth - 1].len != len || memcmp(s->open[s->depth - 1].name, name, len))
        return broken(s, "end tag does not match its start tag");
    if (s->depth == 2 && s->capture) {
        const char **slot = len == 4 && !memcmp(name, "name", 4) ? &s->out->name : &s->out->uuid;
        if (!*slot)
            *slot = trimmed(s->arena, s->capture, s->at);
    }
    s->capture = NULL;
    s->depth--;
    advance(s, p + 1);
    return true;
}

static void note_position(struct scanner *s)
{
    if (!s->keep)
        return;
    if (s->elements >= s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        struct vr_xml_position *grown = vr_arena_alloc(s->arena, cap * sizeof(*grown));
        if (s->elements)
            memcpy(grown, s->out->elements, s->elements * sizeof(*grown));
        s->out->elements = grown;
        s->cap = cap;
    }
    s->out->elements[s->elements] =
        (struct vr_xml_position){ s->line, (unsigned)(s->at - s->line_start) + 1 };
}

/* The attributes of a start tag, from behind its name: sets *self_closed; leaves *at behind '>'. */
static bool attributes(struct scanner *s, const char *p, bool *self_closed)
{
    size_t count = 0;
    for (;;) {
        while (p < s->end && blank(*p))
            p++;
        if (p >= s->end)
            return broken(s, "start tag does not close");
        if (*p == '>') {
            *self_closed = false;
            advance(s, p + 1);
            return true;
        }
        if (*p == '/' && p + 1 < s->end && p[1] == '>') {
            *self_closed = true;
            advance(s, p + 2);
            return true;
        }
        if (*p == '<')
            return broken(s, "'<' inside a start tag");
        while (p < s->end && *p != '=' && *p != '>' && *p != '<' && !blank(*p))
            p++;
        while (p < s->end && blank(*p))
            p++;
        if (p >= s->end || *p != '=')
            return broken(s, "attribute without a value");
        p++;
        while (p < s->end && blank(*p))
            p++;
        if (p >= s->end || (*p != '\'' && *p != '"'))
            return broken(s, "attribute value is not quoted");
        const char *close = memchr(p + 1, *p, (size_t)(s->end - p - 1));
        if (!close)
            return broken(s, "attribute value does not end");
        p = close + 1;
        if (++count > VR_XML_MAX_ATTRS)
            return limit(s, "attributes in one element", VR_XML_MAX_ATTRS);
    }
}

static bool start_tag(struct scanner *s)
{
    const char *name = s->at + 1, *p = name;
    while (p < s->end && *p != '>' && *p != '/' && *p != '<' && !blank(*p))
        p++;
    size_t len = (size_t)(p - name);
    if (!len)
        return broken(s, "element without a name");
    if (s->depth == 0 && s->seen_root)
        return broken(s, "text after the root element");
    note_position(s);
    if (++s->elements > VR_XML_MAX_ELEMENTS)
        return limit(s, "elements", VR_XML_MAX_ELEMENTS);
    if (s->depth == 0)
        s->out->root = vr_arena_strndup(s->arena, name, len);
    s->seen_root = true;
    bool closed = false;
    if (!attributes(s, p, &closed))
        return false;
    s->capture = NULL;
    if (closed)
        return true;
    if (s->depth >= VR_XML_MAX_DEPTH)
        return limit(s, "elements inside each other", VR_XML_MAX_DEPTH);
    s->open[s->depth].name = name;
    s->open[s->depth].len = len;
    s->depth++;
    if (s->depth == 2 && len == 4 && (!memcmp(name, "name", 4) || !memcmp(name, "uuid", 4)))
        s->capture = s->at;
    return true;
}

static bool markup(struct scanner *s)
{
    size_t left = (size_t)(s->end - s->at);
    if (left >= 4 && !memcmp(s->at, "<!--", 4))
        return skip_to(s, 4, "-->") || broken(s, "comment does not end");
    if (left >= 9 && !memcmp(s->at, "<![CDATA[", 9))
        return skip_to(s, 9, "]]>") || broken(s, "CDATA section does not end");
    if (left >= 2 && !memcmp(s->at, "<?", 2))
        return skip_to(s, 2, "?>") || broken(s, "processing instruction does not end");
    if (left >= 2 && s->at[1] == '!')
        return vr_fail(s->err, VIR_ERR_XML_ERROR,
                       _("DOCTYPE and entity declarations are not allowed (line %u, column %u)"),
                       s->line, (unsigned)(s->at - s->line_start) + 1);
    if (left >= 2 && s->at[1] == '/')
        return end_tag(s);
    return start_tag(s);
}

bool vr_xml_scan(struct vr_arena *arena, const char *xml, size_t len, bool keep_positions, struct vr_xml_scan *out,
                 struct vr_error **err)
{
    *out = (struct vr_xml_scan){ 0 };
    if (len > VR_XML_MAX_BYTES)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("document is larger than %u bytes"), VR_XML_MAX_BYTES);
    struct scanner s = { .arena = arena, .text = xml, .end = xml + len, .at = xml, .line_start = xml, .line = 1,
                         .err = err, .keep = keep_positions, .out = out };
    if (memchr(xml, 0, len))
        return broken(&s, "document holds a NUL byte");
    while (s.at < s.end) {
        const char *lt = memchr(s.at, '<', (size_t)(s.end - s.at));
        advance(&s, lt ? lt : s.end);
        if (lt && !markup(&s))
            return false;
    }
    if (s.depth)
        return broken(&s, "document ends inside an element");
    if (!s.seen_root)
        return broken(&s, "document has no element");
    out->n_elements = s.elements;
    return true;
}

bool vr_xml_identity(const char *xml, size_t len, char **name, struct vr_uuid *uuid, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_xml_scan scan;
    *name = NULL;
    if (!vr_xml_scan(arena, xml, len, false, &scan, err))
        return false;
    if (scan.name && scan.uuid && !strchr(scan.name, '&') && vr_uuid_parse(scan.uuid, uuid))
        *name = vr_strdup(scan.name);
    return true;
}

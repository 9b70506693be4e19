/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a tree back as text: for the parts of documents that are kept as they came (metadata, foreign namespaces). */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "xml.h"

#include <string.h>

void vr_xml_escape(struct vr_buf *out, const char *text)
{
    static const bool special[256] = { [0] = true, ['<'] = true, ['>'] = true, ['&'] = true, ['\''] = true, ['"'] = true };
    for (const char *p = text; *p;) {
        size_t plain = 0;
        while (!special[(unsigned char)p[plain]])
            plain++;
        vr_buf_add(out, p, plain);
        p += plain;
        switch (*p) {
        case '<': vr_buf_str(out, "&lt;"); break;
        case '>': vr_buf_str(out, "&gt;"); break;
        case '&': vr_buf_str(out, "&amp;"); break;
        case '\'': vr_buf_str(out, "&apos;"); break;
        case '"': vr_buf_str(out, "&quot;"); break;
        default: return;
        }
        p++;
    }
}

/* libxml2's own escaping, which differs from ours: quotes only in attributes, line breaks there as references. */
static void escape_text(struct vr_buf *out, const char *text, bool attribute)
{
    for (const char *p = text; *p; p++) {
        switch (*p) {
        case '<': vr_buf_str(out, "&lt;"); break;
        case '>': vr_buf_str(out, "&gt;"); break;
        case '&': vr_buf_str(out, "&amp;"); break;
        case '\r': vr_buf_str(out, "&#13;"); break;
        case '"':
            vr_buf_str(out, attribute ? "&quot;" : "\"");
            break;
        case '\n':
        case '\t':
            if (attribute)
                vr_buf_str(out, *p == '\n' ? "&#10;" : "&#9;");
            else
                vr_buf_char(out, *p);
            break;
        default: vr_buf_char(out, *p);
        }
    }
}

static void name_of(struct vr_buf *out, const char *prefix, const char *name)
{
    if (prefix) {
        vr_buf_str(out, prefix);
        vr_buf_char(out, ':');
    }
    vr_buf_str(out, name);
}

static bool blank_text(const struct vr_xml_node *n)
{
    return n->kind == VR_XML_TEXT && n->text[strspn(n->text, " \t\r\n")] == 0;
}

static void start_tag(struct vr_buf *out, const struct vr_xml_node *node)
{
    vr_buf_char(out, '<');
    name_of(out, node->prefix, node->name);
    for (size_t i = 0; i < node->n_nsdecls; i++) {
        vr_buf_str(out, node->nsdecls[i].prefix ? " xmlns:" : " xmlns");
        vr_buf_str(out, node->nsdecls[i].prefix ? node->nsdecls[i].prefix : "");
        vr_buf_str(out, "=\"");
        escape_text(out, node->nsdecls[i].uri ? node->nsdecls[i].uri : "", true);
        vr_buf_char(out, '"');
    }
    for (size_t i = 0; i < node->n_attrs; i++) {
        vr_buf_char(out, ' ');
        name_of(out, node->attrs[i].prefix, node->attrs[i].name);
        vr_buf_str(out, "=\"");
        escape_text(out, node->attrs[i].value, true);
        vr_buf_char(out, '"');
    }
}

/* Inside text that counts nothing is indented: level -1. */
void vr_xml_print(struct vr_buf *out, const struct vr_xml_node *node, int level)
{
    switch (node->kind) {
    case VR_XML_TEXT: escape_text(out, node->text, false); return;
    case VR_XML_CDATA:
        vr_buf_printf(out, "<![CDATA[%s]]>", node->text);
        return;
    case VR_XML_COMMENT:
        vr_buf_printf(out, "<!--%s-->", node->text);
        return;
    case VR_XML_ELEMENT: break;
    }
    start_tag(out, node);
    bool mixed = false, any = false;
    for (const struct vr_xml_node *c = node->first; c; c = c->next) {
        any = any || !blank_text(c);
        mixed = mixed || (c->kind == VR_XML_CDATA) || (c->kind == VR_XML_TEXT && !blank_text(c));
    }
    if (!node->first || (!any && node->first->next)) {
        vr_buf_str(out, "/>");
        return;
    }
    vr_buf_char(out, '>');
    for (const struct vr_xml_node *c = node->first; c; c = c->next) {
        if (any && !mixed && blank_text(c))
            continue;
        if (any && !mixed && level >= 0) {
            vr_buf_char(out, '\n');
            vr_buf_spaces(out, (size_t)(level + 1) * 2);
        }
        vr_xml_print(out, c, mixed || level < 0 ? -1 : level + 1);
    }
    if (any && !mixed && level >= 0) {
        vr_buf_char(out, '\n');
        vr_buf_spaces(out, (size_t)level * 2);
    }
    vr_buf_str(out, "</");
    name_of(out, node->prefix, node->name);
    vr_buf_char(out, '>');
}

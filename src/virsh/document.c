/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "schema/xmlread_query.h"
#include "xml_output.h"

bool vr_document_print(struct vr_cmd *cmd, char *xml)
{
    vr_autofree char *mine = xml;
    return mine && vr_print_xml(cmd, mine);
}

char *vr_document_string(const char *xml, const char *xpath)
{
    VR_AUTO(vr_query) *doc = vr_query_new(xml, "(document)", NULL);
    return doc ? vr_query_text(doc, NULL, xpath) : NULL;
}

bool vr_document_true(const char *xml, const char *xpath)
{
    VR_AUTO(vr_query) *doc = vr_query_new(xml, "(document)", NULL);
    return doc && vr_query_true(doc, NULL, xpath);
}

char **vr_document_nodes(struct vr_cmd *cmd, const char *xml, const char *what, const char *xpath)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_query) *doc = vr_query_new(xml, what, &err);
    vr_autofree struct vr_query_node **found = NULL;
    long n = doc ? vr_query_nodes(doc, NULL, xpath, &found, &err) : -1;
    if (n < 0) {
        vr_complain(cmd, "%s", vr_error_text(err));
        return NULL;
    }
    char **nodes = vr_alloc(((size_t)n + 1) * sizeof(*nodes));
    for (long i = 0; i < n; i++)
        nodes[i] = vr_query_print(doc, found[i]);
    return nodes;
}

void vr_document_nodes_free(char **nodes)
{
    for (size_t i = 0; nodes && nodes[i]; i++)
        free(nodes[i]);
    free(nodes);
}

char *vr_document_with(struct vr_cmd *cmd, const char *xml, const char *what, const char *xpath, const char *text)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_query) *doc = vr_query_new(xml, what, &err);
    vr_autofree struct vr_query_node **found = NULL;
    long n = doc ? vr_query_nodes(doc, NULL, xpath, &found, &err) : -1;
    if (n < 1) {
        if (n < 0)
            vr_complain(cmd, "%s", vr_error_text(err));
        else
            vr_complain(cmd, _("%s has no %s"), what, xpath);
        return NULL;
    }
    vr_query_set_text(found[0], text);
    return vr_query_print(doc, vr_query_root(doc));
}

void vr_document_escape(struct vr_buf *to, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': vr_buf_str(to, "&amp;"); break;
        case '<': vr_buf_str(to, "&lt;"); break;
        case '>': vr_buf_str(to, "&gt;"); break;
        case '"': vr_buf_str(to, "&quot;"); break;
        case '\'': vr_buf_str(to, "&apos;"); break;
        default: vr_buf_char(to, *text);
        }
    }
}

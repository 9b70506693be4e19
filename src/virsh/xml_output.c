/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml_output.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "schema/xmlread_query.h"

static char *selected(struct vr_cmd *cmd, const char *xml, const char *path, bool wrap)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_query) *doc = vr_query_new_tidy(xml, _("(domain_definition)"), &err);
    vr_autofree struct vr_query_node **nodes = NULL;
    long n = doc ? vr_query_nodes(doc, NULL, path, &nodes, &err) : -1;
    if (n < 0) {
        vr_complain(cmd, "%s", err ? err->message : "");
        return NULL;
    }
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    if (wrap) {
        vr_autofree char *text = vr_query_print_wrapped("nodes", nodes, (size_t)n);
        vr_buf_printf(&out, "%s\n", text);
    }
    for (long i = 0; i < n && !wrap; i++) {
        vr_autofree char *text = vr_query_print(doc, nodes[i]);
        vr_buf_printf(&out, "%s\n", text);
    }
    return vr_buf_take(&out);
}

bool vr_print_xml(struct vr_cmd *cmd, const char *xml)
{
    const char *path;
    vr_autofree char *part = NULL;
    if (!vr_opt_string(cmd, "xpath", &path))
        return false;
    if (path && !(part = selected(cmd, xml, path, vr_opt_bool(cmd, "wrap"))))
        return false;
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, "xml", part ? part : xml);
    else
        vr_print(cmd, "%s", part ? part : xml);
    return true;
}

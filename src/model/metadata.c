/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/metadata.h"

#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "schema/xml.h"

static struct vr_xml_node *metadata_tree(struct vr_arena *arena, const char *metadata)
{
    if (!metadata || !*metadata)
        return NULL;
    return vr_xml_parse(arena, metadata, strlen(metadata), "(metadata)", VIR_FROM_XML, NULL);
}

/* Who asks by namespace gets the element without it, as stock gives it: without its prefix, all the way down. */
/* Recursion: bounded by VR_XML_MAX_DEPTH, which the parser keeps. */
static void leave_namespace(struct vr_xml_node *n, const char *uri)
{
    if (n->kind != VR_XML_ELEMENT)
        return;
    if (vr_streq0(n->ns, uri))
        n->prefix = n->ns = NULL;
    for (size_t i = 0; i < n->n_attrs; i++)
        if (vr_streq0(n->attrs[i].ns, uri))
            n->attrs[i].prefix = n->attrs[i].ns = NULL;
    size_t kept = 0;
    for (size_t i = 0; i < n->n_nsdecls; i++)
        if (!vr_streq0(n->nsdecls[i].uri, uri))
            n->nsdecls[kept++] = n->nsdecls[i];
    n->n_nsdecls = kept;
    for (struct vr_xml_node *c = n->first; c; c = c->next)
        leave_namespace(c, uri);
}

char *vr_metadata_get(const char *metadata, const char *uri)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_xml_node *root = metadata_tree(arena, metadata);
    for (struct vr_xml_node *c = root ? root->first : NULL; c; c = c->next) {
        if (c->kind != VR_XML_ELEMENT || !vr_streq0(c->ns, uri))
            continue;
        struct vr_buf out = VR_BUF_INIT;
        leave_namespace(c, uri);
        vr_xml_print(&out, c, 0);
        return vr_buf_take(&out);
    }
    return NULL;
}

/* Elements of no namespace get the one asked for. */
/* Recursion: bounded by VR_XML_MAX_DEPTH, which the parser keeps. */
static void give_namespace(struct vr_xml_node *n, const char *key, const char *uri)
{
    if (n->kind != VR_XML_ELEMENT)
        return;
    if (!n->ns) {
        n->prefix = key;
        n->ns = uri;
    }
    for (struct vr_xml_node *c = n->first; c; c = c->next)
        give_namespace(c, key, uri);
}

static bool put_in_namespace(struct vr_arena *arena, struct vr_xml_node *n, const char *key, const char *uri)
{
    struct vr_xml_nsdecl *decls = vr_arena_alloc(arena, (n->n_nsdecls + 1) * sizeof(*decls));
    for (size_t i = 0; i < n->n_nsdecls; i++) {
        if (vr_streq0(n->nsdecls[i].prefix, key))
            return false;
        decls[i] = n->nsdecls[i];
    }
    decls[n->n_nsdecls++] = (struct vr_xml_nsdecl){ key, uri };
    n->nsdecls = decls;
    give_namespace(n, key, uri);
    return true;
}

bool vr_metadata_set(struct vr_arena *keep, const char **metadata, const char *key, const char *uri, const char *xml, int domain,
                     struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    struct vr_xml_node *fresh = NULL;
    if (xml) {
        fresh = vr_xml_parse(arena, xml, strlen(xml), "(metadata_xml)", domain, err);
        if (!fresh)
            return false;
        if (!put_in_namespace(arena, fresh, key, uri)) {
            vr_error_report(err, VIR_FROM_XML, VIR_ERR_INTERNAL_ERROR, -1, _("failed to create a new XML namespace"));
            return false;
        }
    }
    if (!*metadata && !fresh)
        return true;
    struct vr_xml_node *root = metadata_tree(arena, *metadata ? *metadata : "<metadata/>");
    if (!root)
        return true; /* cannot be: it was read before */
    struct vr_xml_node **end = &root->first;
    for (struct vr_xml_node *c = root->first; c; c = c->next)
        if (c->kind == VR_XML_ELEMENT && !vr_streq0(c->ns, uri)) {
            *end = c;
            end = &c->next;
        }
    *end = fresh;
    vr_xml_print(&text, root, 0);
    *metadata = vr_arena_strdup(keep, text.data);
    return true;
}

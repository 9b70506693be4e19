/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole document: the passes in order, text out, copies, comparison, metadata. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "model/domain_xml.h"

#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "tables.h"

#define D struct vr_domain_def

static void domain_start(void *def)
{
    ((D *)def)->id = -1;
}

static bool domain_complete(void *def, unsigned flags, struct vr_error **err)
{
    return vr_domain_complete(def, flags, err);
}

static bool domain_check(const void *def, unsigned flags, struct vr_error **err)
{
    return vr_domain_check(def, err);
}

const struct vr_document vr_domain_document = {
    .family = "domain", .schema = "domain", .title = "Domain", .what = "(domain_definition)",
    .domain = VIR_FROM_DOMAIN, .elem = &vr_domain_elem, .start = domain_start, .complete = domain_complete,
    .check = domain_check,
};

void vr_domain_free(D *def)
{
    vr_document_free(def);
}

D *vr_domain_parse(const char *xml, size_t len, unsigned flags, struct vr_error **err)
{
    return vr_document_parse(&vr_domain_document, xml, len, flags, err);
}

char *vr_domain_format(const D *def, unsigned flags)
{
    return vr_document_format(&vr_domain_document, def, flags);
}

D *vr_domain_copy(const D *def)
{
    return vr_document_copy(&vr_domain_document, def);
}

bool vr_domain_diff(const D *a, const D *b, unsigned flags,
                    bool (*fn)(const char *path, const char *old, const char *new_, void *opaque), void *opaque)
{
    return vr_document_diff(&vr_domain_document, a, b, flags, fn, opaque);
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

static struct vr_xml_node *metadata_tree(struct vr_arena *arena, const D *def)
{
    if (!def->metadata || !*def->metadata)
        return NULL;
    vr_autofree char *whole = vr_printf("<metadata>%s</metadata>", def->metadata);
    return vr_xml_parse(arena, whole, strlen(whole), "(metadata)", VIR_FROM_DOMAIN, NULL);
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

char *vr_domain_metadata_get(const D *def, const char *uri)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_xml_node *root = metadata_tree(arena, def);
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

/* The element gets the prefix asked for; its own declarations of that prefix go. */
static void put_in_namespace(struct vr_arena *arena, struct vr_xml_node *n, const char *key, const char *uri)
{
    struct vr_xml_nsdecl *decls = vr_arena_alloc(arena, (n->n_nsdecls + 1) * sizeof(*decls));
    size_t count = 0;
    decls[count++] = (struct vr_xml_nsdecl){ key, uri };
    for (size_t i = 0; i < n->n_nsdecls; i++)
        if (!vr_streq0(n->nsdecls[i].prefix, key))
            decls[count++] = n->nsdecls[i];
    n->nsdecls = decls;
    n->n_nsdecls = count;
    n->prefix = key;
    n->ns = uri;
}

bool vr_domain_metadata_set(D *def, const char *key, const char *uri, const char *xml, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    struct vr_xml_node *fresh = NULL;
    if (xml) {
        fresh = vr_xml_parse(arena, xml, strlen(xml), "(metadata_xml)", VIR_FROM_DOMAIN, err);
        if (!fresh)
            return false;
        put_in_namespace(arena, fresh, key, uri);
    }
    struct vr_xml_node *root = metadata_tree(arena, def);
    for (struct vr_xml_node *c = root ? root->first : NULL; c; c = c->next) {
        if ((c->kind != VR_XML_ELEMENT && c->kind != VR_XML_COMMENT) || (c->kind == VR_XML_ELEMENT && vr_streq0(c->ns,
            uri)))
            continue;
        if (text.len)
            vr_buf_char(&text, '\n');
        vr_xml_print(&text, c, 2);
    }
    if (fresh) {
        if (text.len)
            vr_buf_char(&text, '\n');
        vr_xml_print(&text, fresh, 2);
    }
    def->metadata = text.len ? vr_arena_strdup(def->arena, text.data) : NULL;
    return true;
}

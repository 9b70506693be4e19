/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole document: the passes in order, text out, copies, comparison, metadata. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "model/domain_xml.h"

#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "tables.h"

#define D struct vr_domain_def

void vr_domain_free(D *def)
{
    if (def)
        vr_arena_free(def->arena); /* the struct lives in it */
}

static D *def_new(void)
{
    struct vr_arena *arena = vr_arena_new();
    D *def = vr_arena_new_of(arena, D);
    def->arena = arena;
    def->id = -1;
    return def;
}

D *vr_domain_parse(const char *xml, size_t len, unsigned flags, struct vr_error **err)
{
    VR_AUTO(vr_arena) *tree = vr_arena_new();
    struct vr_xml_node *root = vr_xml_parse(tree, xml, len, "(domain_definition)", VIR_FROM_DOMAIN, err);
    if (!root)
        return NULL;
    if (!vr_xml_is(root, "domain", NULL)) {
        vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1, _("expecting root element of '%s', not '%s'"),
                        "domain", root->name);
        vr_xml_locate(err, root);
        return NULL;
    }
    if ((flags & VR_DOMAIN_VALIDATE) && !vr_elem_validate(&vr_domain_elem, root, err))
        return NULL;
    VR_AUTO(vr_domain_def) *def = def_new();
    struct vr_parse p = { .arena = def->arena, .flags = flags, .domain = VIR_FROM_DOMAIN, .root = def };
    if (!vr_elem_parse(&p, &vr_domain_elem, root, def, err))
        return NULL;
    if (!(flags & VR_DOMAIN_RAW) && (!vr_domain_complete(def, flags, err) || (!(flags & VR_DOMAIN_UNCHECKED) &&
        !vr_domain_check(def, err))))
        return NULL;
    return vr_take(def);
}

char *vr_domain_format(const D *def, unsigned flags)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    struct vr_buf out = VR_BUF_INIT;
    struct vr_format f = { .out = &out, .scratch = scratch, .flags = flags, .root = def };
    vr_elem_format(&f, &vr_domain_elem, NULL, def);
    return vr_buf_take(&out);
}

D *vr_domain_copy(const D *def)
{
    struct vr_arena *arena = vr_arena_new();
    D *copy = vr_elem_copy(arena, &vr_domain_elem, def);
    copy->arena = arena;
    return copy;
}

bool vr_domain_diff(const D *a, const D *b, unsigned flags,
                    bool (*fn)(const char *path, const char *old, const char *new_, void *opaque), void *opaque)
{
    return vr_elem_diff(&vr_domain_elem, a, b, flags, fn, opaque);
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

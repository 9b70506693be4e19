/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all document families share: the passes in order, text out, copies, comparison. */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "model/document.h"

#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "model/capabilities.h"
#include "model/domain_xml.h"
#include "model/host_interface.h"
#include "model/network.h"
#include "model/moment.h"
#include "model/nodedev.h"
#include "model/nwfilter.h"
#include "model/pool.h"
#include "model/secret.h"
#include "model/volume.h"
#include "schema/schema.h"

const struct vr_document *const vr_documents[] = {
    &vr_domain_document,
    &vr_pool_def_document,
    &vr_volume_def_document,
    &vr_secret_def_document,
    &vr_host_interface_def_document,
    &vr_nodedev_def_document,
    &vr_nwfilter_def_document,
    &vr_nwfilter_binding_def_document,
    &vr_network_def_document,
    &vr_network_port_document,
    &vr_snapshot_def_document,
    &vr_checkpoint_def_document,
    &vr_backup_def_document,
    &vr_cpu_def_document,
    &vr_capabilities_def_document,
    &vr_domaincaps_def_document,
    &vr_poolcaps_def_document,
    NULL,
};

const struct vr_document *vr_document_find(const char *family)
{
    for (const struct vr_document *const *d = vr_documents; *d; d++)
        if (vr_streq((*d)->family, family))
            return *d;
    return NULL;
}

/* The first member of every document's struct. */
static struct vr_arena **arena_of(void *def)
{
    return def;
}

void *vr_document_new(const struct vr_document *doc)
{
    struct vr_arena *arena = vr_arena_new();
    void *def = vr_arena_alloc(arena, doc->elem->size);
    *arena_of(def) = arena;
    if (doc->start)
        doc->start(def);
    return def;
}

void vr_document_free(void *def)
{
    if (def)
        vr_arena_free(*arena_of(def)); /* the struct lives in it */
}

static bool fill(const struct vr_document *doc, void *def, const struct vr_xml_node *root, unsigned flags,
                 struct vr_error **err)
{
    struct vr_parse p = { .arena = *arena_of(def), .flags = flags, .domain = doc->domain, .root = def };
    if (!vr_elem_parse(&p, doc->elem, root, def, err))
        return false;
    if (flags & VR_FORM_RAW)
        return true;
    return (!doc->complete || doc->complete(def, flags, err)) &&
           ((flags & VR_FORM_UNCHECKED) || !doc->check || doc->check(def, flags, err));
}

void *vr_document_read(const struct vr_document *doc, const struct vr_xml_node *root, unsigned flags,
                       struct vr_error **err)
{
    if (!vr_xml_is(root, doc->elem->name, doc->elem->ns)) {
        vr_fail(err, VIR_ERR_XML_ERROR, _("expecting root element of '%s', not '%s'"), doc->elem->name, root->name);
        vr_xml_locate(err, root);
        return NULL;
    }
    if (((flags & VR_FORM_VALIDATE) || (doc->always_strict && !(flags & VR_FORM_STATUS))) && !vr_elem_validate(doc->elem, root, doc->schema, err))
        return NULL;
    void *def = vr_document_new(doc);
    if (fill(doc, def, root, flags, err))
        return def;
    vr_document_free(def);
    return NULL;
}

void *vr_document_parse(const struct vr_document *doc, const char *xml, size_t len, unsigned flags,
                        struct vr_error **err)
{
    VR_AUTO(vr_arena) *tree = vr_arena_new();
    const struct vr_xml_node *root = vr_xml_parse(tree, xml, len, doc->what, doc->domain, err);
    return root ? vr_document_read(doc, root, flags, err) : NULL;
}

void vr_document_format_into(struct vr_format *f, const struct vr_document *doc, const void *def)
{
    const void *outer = f->root;
    f->root = def;
    vr_elem_format(f, doc->elem, NULL, def);
    f->root = outer;
}

char *vr_document_format(const struct vr_document *doc, const void *def, unsigned flags)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    struct vr_buf out = VR_BUF_INIT;
    struct vr_format f = { .out = &out, .scratch = scratch, .flags = flags, .root = def };
    vr_elem_format(&f, doc->elem, NULL, def);
    return vr_buf_take(&out);
}

void *vr_document_copy(const struct vr_document *doc, const void *def)
{
    if (!def)
        return NULL;
    struct vr_arena *arena = vr_arena_new();
    void *copy = vr_elem_copy(arena, doc->elem, def);
    *arena_of(copy) = arena;
    return copy;
}

bool vr_document_diff(const struct vr_document *doc, const void *a, const void *b, unsigned flags, vr_diff_fn fn,
                      void *opaque)
{
    return vr_elem_diff(doc->elem, a, b, flags, fn, opaque);
}

void *vr_document_random(const struct vr_document *doc, uint64_t *seed)
{
    struct vr_arena *arena = vr_arena_new();
    void *def = vr_elem_random(arena, doc->elem, seed);
    *arena_of(def) = arena;
    return def;
}

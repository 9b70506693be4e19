/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole document: the passes in order, text out, copies, comparison, metadata. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "model/domain_xml.h"

#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "model/metadata.h"
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

char *vr_domain_metadata_get(const D *def, const char *uri)
{
    return vr_metadata_get(def->metadata, uri);
}

bool vr_domain_metadata_set(D *def, const char *key, const char *uri, const char *xml, struct vr_error **err)
{
    return vr_metadata_set(def->arena, &def->metadata, key, uri, xml, VIR_FROM_DOMAIN, err);
}

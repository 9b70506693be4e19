/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target: any bytes as a document of a family (-DFAMILY="pool"; see src/wire/meson.build for how a build that fuzzes
 * is made). What is accepted must be written, read back, written the same, and be the same as its copy.
 */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "document_fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "model/moment.h"

struct doc {
    void *def;
};
static void doc_done(struct doc *d)
{
    vr_document_free(d->def);
}
#define AUTO_DOC __attribute__((cleanup(doc_done))) struct doc

static bool tell(const char *path, const char *old, const char *new_, void *opaque)
{
    fprintf(stderr, "%s: '%s' became '%s'\n", path, old, new_);
    return true;
}

static void find(const char *what, const char *a, const char *b)
{
    fprintf(stderr, "%s\n%s\n---\n%s\n", what, a, b ? b : "(nothing)");
    abort();
}

bool vr_document_fuzz(const struct vr_document *doc, const void *data, size_t size, unsigned flags)
{
    AUTO_DOC def = { vr_document_parse(doc, data, size, flags, NULL) };
    if (!def.def)
        return false;
    unsigned forms = flags | VR_FORM_SECURE;
    vr_autofree char *first = vr_document_format(doc, def.def, forms);
    AUTO_DOC copy = { vr_document_copy(doc, def.def) };
    vr_autofree char *copied = vr_document_format(doc, copy.def, forms);
    if (strcmp(first, copied) || !vr_document_diff(doc, def.def, copy.def, forms, tell, NULL))
        find("the copy differs", first, copied);
    VR_AUTO(vr_error) *err = NULL;
    AUTO_DOC again = { vr_document_parse(doc, first, strlen(first), flags, &err) };
    if (!again.def)
        find("what we write is refused", first, vr_error_text(err));
    vr_autofree char *second = vr_document_format(doc, again.def, forms);
    AUTO_DOC third = { vr_document_parse(doc, second, strlen(second), flags, NULL) };
    vr_autofree char *last = third.def ? vr_document_format(doc, third.def, forms) : NULL;
    if (!last || strcmp(second, last)) /* the first reading may sort; from then on nothing may change */
        find("it changes when it is read again", second, last);
    return true;
}

unsigned vr_document_fuzz_flags(const struct vr_document *doc)
{
    bool moment = doc == &vr_snapshot_def_document || doc == &vr_checkpoint_def_document;
    return VR_FORM_INACTIVE | (moment ? VR_MOMENT_REDEFINE : 0);
}

#ifdef FAMILY
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const struct vr_document *doc;
    if (!doc)
        doc = vr_document_find(FAMILY);
    vr_document_fuzz(doc, data, size, vr_document_fuzz_flags(doc));
    return 0;
}
#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What holds for every family: random instances survive text and copies, hostile text is refused. */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "model/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/alloc.h"
#include "base/str.h"
#include "base/test.h"
#include "schema/shape.h"

#define FORMS (VR_FORM_SECURE | VR_FORM_STATUS)

static bool first_difference(const char *path, const char *old, const char *new_, void *opaque)
{
    ck_abort_msg("%s: '%s' became '%s'", path, old, new_);
    return false;
}

static void expect_same(const struct vr_document *doc, const char *a, const char *b)
{
    size_t at = 0;
    while (a[at] && a[at] == b[at])
        at++;
    size_t from = at > 200 ? at - 200 : 0;
    if (a[at] || b[at])
        ck_abort_msg("%s: texts part at %zu:\n%.400s\n---\n%.400s", doc->family, at, a + from, b + from);
}

static size_t rounds(size_t usual)
{
    return getenv("VIREO_LONG") ? usual * 400 : usual;
}

static void round_trip(const struct vr_document *doc, uint64_t *seed)
{
    VR_AUTO(vr_error) *err = NULL;
    void *def = vr_document_random(doc, seed);
    vr_autofree char *text = vr_document_format(doc, def, FORMS);
    void *again = vr_document_parse(doc, text, strlen(text), VR_FORM_NO_HOOKS | VR_FORM_RAW | VR_FORM_STATUS |
                                    VR_FORM_VALIDATE, &err);
    ck_assert_msg(again, "%s: %s: %.3000s", doc->family, vr_error_text(err), text);
    vr_autofree char *second = vr_document_format(doc, again, FORMS);
    expect_same(doc, text, second);
    void *copy = vr_document_copy(doc, def);
    vr_document_diff(doc, def, copy, FORMS, first_difference, NULL);
    vr_document_free(def); /* the copy must not lean on the original */
    vr_autofree char *third = vr_document_format(doc, copy, FORMS);
    expect_same(doc, text, third);
    vr_document_free(again);
    vr_document_free(copy);
}

VR_TEST(random_documents_survive_text_and_copies)
{
    uint64_t seed = 11;
    for (const struct vr_document *const *d = vr_documents; *d; d++)
        for (size_t i = 0; i < rounds(vr_streq((*d)->family, "domain") ? 30 : 300); i++)
            round_trip(*d, &seed);
}

/* Places that a changed member alone cannot show, with the reason. */
static const char *const excused[] = {
    "/domain/features/smm/tseg",                     /* written by its custom row when smm is on */
    "/domain/devices/disk/transient/@shareBacking",  /* within <transient/>, a member without a row */
    "/domain/devices/disk/address/@cssid", "/domain/devices/disk/address/@ssid", "/domain/devices/disk/address/@devno",
    /* with a flag that reading sets */
    "/domain/devices/graphics/@listen", "/domain/devices/graphics/@socket", /* written from the first <listen> */
    "/domain/devices/graphics/listen/@fromConfig",   /* one value only */
    NULL,
};
static void tell(const char *path, void *opaque)
{
    if (vr_name_index(excused, path) < 0)
        vr_buf_printf(opaque, "%s\n", path);
}

VR_TEST(a_second_value_of_every_row_changes_the_text)
{
    uint64_t seed = 5;
    vr_autobuf struct vr_buf bad = VR_BUF_INIT;
    VR_AUTO(vr_arena) *all = vr_arena_new();
    struct vr_second s = { .arena = all };
    for (const struct vr_document *const *d = vr_documents; *d; d++) {
        bool large = vr_streq((*d)->family, "domain");
        bool repeats = vr_streq((*d)->family, "snapshot") || vr_streq((*d)->family, "checkpoint");
        for (int i = 0; i < (large ? 600 : repeats ? 20 : 600); i++) {
            VR_AUTO(vr_arena) *arena = vr_arena_new();
            vr_elem_second_values(&s, (*d)->elem, vr_elem_random_all(arena, (*d)->elem, &seed), seed);
        }
        vr_second_each_bad(&s, (*d)->elem, tell, &bad);
    }
    fputs(bad.data ? bad.data : "", stderr);
    ck_assert_msg(!bad.len, "values that never show:\n%.3000s", bad.data);
}

VR_TEST(families_have_names_of_their_own)
{
    for (const struct vr_document *const *d = vr_documents; *d; d++)
        EXPECT(vr_document_find((*d)->family) == *d);
    EXPECT(vr_document_find("nonsense") == NULL);
}

static void refused(const struct vr_document *doc, const char *xml, const char *why)
{
    VR_AUTO(vr_error) *err = NULL;
    struct timespec a, b;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    void *def = vr_document_parse(doc, xml, strlen(xml), 0, &err);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    double ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
    ck_assert_msg(!def, "%s: %s: accepted", doc->family, why);
    ck_assert_msg(ms < 50, "%s: %s took %.0f ms", doc->family, why, ms);
}

VR_TEST(hostile_documents_are_refused_in_fifty_milliseconds)
{
    for (const struct vr_document *const *d = vr_documents; *d; d++) {
        const char *root = (*d)->elem->name;
        vr_autobuf struct vr_buf deep = VR_BUF_INIT, many = VR_BUF_INIT, wide = VR_BUF_INIT, entity = VR_BUF_INIT;
        for (int i = 0; i < 100000; i++)
            vr_buf_printf(&deep, "<%s>", root);
        refused(*d, deep.data, "depth");
        vr_buf_printf(&many, "<%s>", root);
        for (int i = 0; i < 250000; i++)
            vr_buf_str(&many, "<a/>");
        vr_buf_printf(&many, "</%s>", root);
        refused(*d, many.data, "elements");
        vr_buf_printf(&wide, "<%s", root);
        for (int i = 0; i < 100000; i++)
            vr_buf_printf(&wide, " a%d='1'", i);
        vr_buf_str(&wide, "/>");
        refused(*d, wide.data, "attributes");
        vr_buf_printf(&entity, "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><%s>&b;</%s>", root, root);
        refused(*d, entity.data, "entities");
        vr_autobuf struct vr_buf large = VR_BUF_INIT;
        vr_buf_printf(&large, "<%s>", root);
        char *room = vr_buf_room(&large, VR_XML_MAX_BYTES);
        memset(room, 'a', VR_XML_MAX_BYTES);
        vr_buf_added(&large, VR_XML_MAX_BYTES);
        refused(*d, large.data, "size");
    }
}

VR_TESTS("documents", random_documents_survive_text_and_copies, a_second_value_of_every_row_changes_the_text,
         families_have_names_of_their_own,
         hostile_documents_are_refused_in_fifty_milliseconds)

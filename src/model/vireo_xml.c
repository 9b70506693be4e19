/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vireo-xml: a document read, completed and written, without a daemon. For tests and for looking at what a document
 * becomes:
 *     vireo-xml [--family NAME] [--raw] [--live] [--validate] [--test] [--redefine] [--create] [--batch] FILE...
 *     vireo-xml [--family NAME] --diff A B      what differs between two, one line each
 *     vireo-xml --abi A B     may a guest that ran as A go on as B? prints the first obstacle
 *     vireo-xml --families    names of the families
 *     vireo-xml [--family NAME] --schema | --reference      the published schema, the reference page
 *     vireo-xml [--family NAME] --random SEED               a document that the tables make up
 *     vireo-xml --rows [STATE]    how many places of the document go where when a guest starts, or which
 * --batch prints "ok LENGTH" or "error CODE DOMAIN LENGTH" before each text, for programs that compare many.
 */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/domain/tables.h"
#include "model/domain_xml.h"
#include "model/moment.h"
#include "model/nodedev.h"
#include "schema/shape.h"
#include "schema/schema.h"

static bool read_all(const char *path, struct vr_buf *out, struct vr_error **err)
{
    FILE *f = vr_streq(path, "-") ? stdin : fopen(path, "re");
    if (!f)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot open '%s'"), path);
    char piece[4096];
    for (size_t n; (n = fread(piece, 1, sizeof(piece), f)) > 0;)
        vr_buf_add(out, piece, n);
    bool good = !ferror(f);
    if (f != stdin)
        fclose(f);
    return good || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot read '%s'"), path);
}

struct doc {
    void *def;
};
static void doc_done(struct doc *d)
{
    vr_document_free(d->def);
}
#define AUTO_DOC __attribute__((cleanup(doc_done))) struct doc

static void *read_document(const struct vr_document *doc, const char *path, unsigned flags, struct vr_error **err)
{
    vr_autobuf struct vr_buf xml = VR_BUF_INIT;
    if (!read_all(path, &xml, err))
        return NULL;
    return vr_document_parse(doc, xml.data ? xml.data : "", xml.len, flags, err);
}

/* What a driver does next with a moment that is told again: one entry for each disk. */
static bool align(const struct vr_document *doc, void *def, struct vr_error **err)
{
    if (doc == &vr_snapshot_def_document)
        return vr_snapshot_align_redefined(def, NULL, err);
    return doc != &vr_checkpoint_def_document || vr_checkpoint_align_disks(def, NULL, err);
}

static bool one(const struct vr_document *doc, const char *path, unsigned flags, bool batch)
{
    VR_AUTO(vr_error) *err = NULL;
    AUTO_DOC d = { read_document(doc, path, flags, &err) };
    void *def = d.def && (!(flags & VR_MOMENT_REDEFINE) || align(doc, d.def, &err)) ? d.def : NULL;
    if (!def) {
        if (batch)
            printf("error %d %d %zu\n%s\n", err->code, err->domain, strlen(err->message), err->message);
        else
            fprintf(stderr, "vireo-xml: %s: %s\n", path, vr_error_text(err));
        return false;
    }
    vr_autofree char *text = vr_document_format(doc, def, flags | VR_FORM_SECURE);
    if (batch)
        printf("ok %zu\n", strlen(text));
    fputs(text, stdout);
    return true;
}

static void print_path(const char *path, void *wanted)
{
    if (vr_domain_goes(path, NULL) == *(const enum vr_goes *)wanted)
        puts(path);
}

/* "--rows notyet": the places themselves; without a word, how many there are of each. */
static int print_rows(const char *state)
{
    if (state) {
        int wanted = vr_name_index(vr_goes_names, state);
        enum vr_goes goes = wanted;
        if (wanted < 0)
            return 2;
        vr_elem_each_path(&vr_domain_elem, print_path, &goes);
        return 0;
    }
    size_t counts[VR_GOES_NOTYET + 1];
    vr_autofree char *unstated = vr_domain_count_goes(counts);
    for (int i = VR_GOES_NOTYET; i > VR_GOES_UNSTATED; i--)
        printf("%s%zu %s", i == VR_GOES_NOTYET ? "" : ", ", counts[i], vr_goes_names[i]);
    printf("\n");
    if (unstated)
        fprintf(stderr, "vireo-xml: no rule says where %s goes\n", unstated);
    return unstated ? 1 : 0;
}

static bool print_difference(const char *path, const char *old, const char *new_, void *opaque)
{
    printf("%s: '%s' became '%s'\n", path, old, new_);
    return true;
}

/* 0 when both say the same, 1 when they differ, 2 when one cannot be read. */
static int compare(const struct vr_document *doc, const char *const files[2], unsigned flags, bool abi)
{
    VR_AUTO(vr_error) *err = NULL;
    AUTO_DOC a = { read_document(doc, files[0], flags, &err) };
    AUTO_DOC b = { a.def ? read_document(doc, files[1], flags, &err) : NULL };
    if (!b.def) {
        fprintf(stderr, "vireo-xml: %s: %s\n", files[a.def ? 1 : 0], vr_error_text(err));
        return 2;
    }
    if (abi && doc == &vr_domain_document) {
        if (vr_domain_abi_check(a.def, b.def, &err))
            return 0;
        printf("%d/%d %s\n", err->code, err->domain, err->message);
        return 1;
    }
    return vr_document_diff(doc, a.def, b.def, flags | VR_FORM_SECURE, print_difference, NULL) ? 0 : 1;
}

static int print_random(const struct vr_document *doc, const char *text)
{
    uint64_t seed;
    if (!vr_parse_u64(text, 10, UINT64_MAX, &seed))
        return 2;
    AUTO_DOC d = { vr_document_random(doc, &seed) };
    vr_autofree char *xml = vr_document_format(doc, d.def, VR_FORM_SECURE);
    fputs(xml, stdout);
    return 0;
}

static int print_families(void)
{
    for (const struct vr_document *const *d = vr_documents; *d; d++)
        printf("%-20s %s (%s.rng)\n", (*d)->family, (*d)->title, (*d)->schema);
    return 0;
}

int main(int argc, char **argv)
{
    if ((argc == 2 || argc == 3) && vr_streq(argv[1], "--rows"))
        return print_rows(argv[2]);
    if (argc == 2 && vr_streq(argv[1], "--families"))
        return print_families();
    static const struct { const char *name; unsigned set, clear; } options[] = {
        { "--raw", VR_DOMAIN_RAW, 0 }, { "--live", 0, VR_DOMAIN_INACTIVE }, { "--validate", VR_DOMAIN_VALIDATE, 0 },
        { "--test", VR_DOMAIN_TEST, 0 }, { "--redefine", VR_MOMENT_REDEFINE, 0 },
        { "--create", VR_NODEDEV_CREATE, 0 },
    };
    unsigned flags = VR_DOMAIN_INACTIVE;
    const struct vr_document *doc = &vr_domain_document;
    const char *files[2] = { NULL, NULL };
    size_t n_files = 0;
    bool batch = false, good = true, diff = false, abi = false;
    for (int i = 1; i < argc; i++) {
        bool option = vr_streq(argv[i], "--batch") || vr_streq(argv[i], "--diff") || vr_streq(argv[i], "--abi");
        batch |= vr_streq(argv[i], "--batch");
        abi |= vr_streq(argv[i], "--abi");
        diff |= vr_streq(argv[i], "--diff") || abi;
        for (size_t k = 0; k < VR_COUNT(options); k++)
            if (vr_streq(argv[i], options[k].name)) {
                flags = (flags | options[k].set) & ~options[k].clear;
                option = true;
            }
        if (vr_streq(argv[i], "--family") && i + 1 < argc) {
            doc = vr_document_find(argv[++i]);
            if (!doc) {
                fprintf(stderr, "vireo-xml: there is no family '%s'; --families lists them\n", argv[i]);
                return 2;
            }
            continue;
        }
        if (vr_streq(argv[i], "--random") && i + 1 < argc)
            return print_random(doc, argv[i + 1]);
        if (vr_streq(argv[i], "--schema") || vr_streq(argv[i], "--reference")) {
            vr_autobuf struct vr_buf text = VR_BUF_INIT;
            (vr_streq(argv[i], "--schema") ? vr_schema_write : vr_reference_write)(&text, doc->elem, doc->title);
            fputs(text.data, stdout);
            return fflush(stdout) ? 1 : 0;
        }
        if (option)
            continue;
        if (argv[i][0] == '-' && argv[i][1]) {
            fprintf(stderr, "usage: vireo-xml [--family NAME] [--raw] [--live] [--validate] [--test] [--redefine] [--create] [--batch] FILE...\n"
                            "       vireo-xml [--family NAME] --diff A B\n");
            return 2;
        }
        if (!diff)
            good &= one(doc, argv[i], flags, batch);
        else if (n_files < 2)
            files[n_files++] = argv[i];
    }
    if (diff)
        return n_files == 2 ? compare(doc, files, flags, abi) : 2;
    return good ? 0 : 1;
}

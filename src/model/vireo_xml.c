/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vireo-xml: a definition read, completed and written, without a daemon. For tests and for looking at what a document
 * becomes:
 *     vireo-xml [--raw] [--live] [--validate] [--test] [--batch] FILE...
 *     vireo-xml --rows        how many places of the document go where when a guest starts
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
#include "model/domain_xml.h"

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

static bool one(const char *path, unsigned flags, bool batch)
{
    vr_autobuf struct vr_buf xml = VR_BUF_INIT;
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_domain_def) *def = NULL;
    if (read_all(path, &xml, &err))
        def = vr_domain_parse(xml.data ? xml.data : "", xml.len, flags, &err);
    if (!def) {
        if (batch)
            printf("error %d %d %zu\n%s\n", err->code, err->domain, strlen(err->message), err->message);
        else
            fprintf(stderr, "vireo-xml: %s: %s\n", path, vr_error_text(err));
        return false;
    }
    vr_autofree char *text = vr_domain_format(def, flags | VR_DOMAIN_SECURE);
    if (batch)
        printf("ok %zu\n", strlen(text));
    fputs(text, stdout);
    return true;
}

static int print_rows(void)
{
    size_t counts[VR_GOES_NOTYET + 1];
    vr_autofree char *unstated = vr_domain_count_goes(counts);
    for (int i = VR_GOES_NOTYET; i > VR_GOES_UNSTATED; i--)
        printf("%s%zu %s", i == VR_GOES_NOTYET ? "" : ", ", counts[i], vr_goes_names[i]);
    printf("\n");
    if (unstated)
        fprintf(stderr, "vireo-xml: no rule says where %s goes\n", unstated);
    return unstated ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && vr_streq(argv[1], "--rows"))
        return print_rows();
    static const struct { const char *name; unsigned set, clear; } options[] = {
        { "--raw", VR_DOMAIN_RAW, 0 }, { "--live", 0, VR_DOMAIN_INACTIVE }, { "--validate", VR_DOMAIN_VALIDATE, 0 },
        { "--test", VR_DOMAIN_TEST, 0 },
    };
    unsigned flags = VR_DOMAIN_INACTIVE;
    bool batch = false, good = true;
    for (int i = 1; i < argc; i++) {
        bool option = vr_streq(argv[i], "--batch");
        batch |= option;
        for (size_t k = 0; k < VR_COUNT(options); k++)
            if (vr_streq(argv[i], options[k].name)) {
                flags = (flags | options[k].set) & ~options[k].clear;
                option = true;
            }
        if (!option && argv[i][0] == '-' && argv[i][1]) {
            fprintf(stderr, "usage: vireo-xml [--raw] [--live] [--validate] [--test] [--batch] FILE...\n");
            return 2;
        }
        if (!option)
            good &= one(argv[i], flags, batch);
    }
    return good ? 0 : 1;
}

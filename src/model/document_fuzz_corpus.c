/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fuzz targets of documents as an ordinary test, and their corpus: the files of tests/fuzz/FAMILY (what a fuzzer found
 * goes there) and documents made up from the tables.
 *     document_fuzz_corpus DIR            runs the corpus of every family, each also cut short and with bytes changed
 *     FAMILY_fuzz_corpus --write TO       writes the corpus of one as files, for libFuzzer to start from
 */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "document_fuzz.h"

#define MADE_UP 12
#define CUTS 40
#define CHANGES 60

static unsigned count;

typedef void (*use_fn)(const struct vr_document *doc, const char *data, size_t len, const char *to);

#ifdef FAMILY
static void write_one(const struct vr_document *doc, const char *data, size_t len, const char *to)
{
    vr_autofree char *path = vr_printf("%s/%s-%u", to, doc->family, count++);
    FILE *f = fopen(path, "we");
    if (!f || fwrite(data, 1, len, f) != len || fclose(f))
        abort();
}
#else
static unsigned accepted;

static void run(const struct vr_document *doc, const char *data, size_t len)
{
    /* Of exactly that size, so that a sanitizer sees a byte too many. */
    vr_autofree char *copy = vr_alloc(len ? len : 1);
    memcpy(copy, data, len);
    accepted += vr_document_fuzz(doc, copy, len, vr_document_fuzz_flags(doc));
    count++;
}

static void replay(const struct vr_document *doc, const char *data, size_t len, const char *to)
{
    (void)to;
    unsigned random = (unsigned)len;
    run(doc, data, len);
    for (size_t cut = 0; cut < len; cut += len / CUTS + 1)
        run(doc, data, cut);
    for (int n = 0; n < CHANGES && len; n++) {
        vr_autofree char *changed = vr_strndup(data, len);
        for (int k = 0; k < 1 + n % 3; k++) {
            random = random * 1103515245 + 12345;
            changed[random % len] = (char)((random >> 16) & 0x7f);
        }
        run(doc, changed, len);
    }
}
#endif

static void each_input(const struct vr_document *doc, const char *from, use_fn use, const char *to)
{
    vr_autofree char *where = vr_printf("%s/%s", from, doc->family);
    DIR *dir = opendir(where);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        vr_autofree char *path = vr_printf("%s/%s", where, e->d_name);
        FILE *f = fopen(path, "re");
        if (!f)
            abort();
        vr_autobuf struct vr_buf text = VR_BUF_INIT;
        char piece[4096];
        for (size_t n; (n = fread(piece, 1, sizeof(piece), f)) > 0;)
            vr_buf_add(&text, piece, n);
        fclose(f);
        use(doc, text.data ? text.data : "", text.len, to);
    }
    if (dir)
        closedir(dir);
    uint64_t seed = 3;
    for (int i = 0; i < MADE_UP; i++) {
        void *def = vr_document_random(doc, &seed);
        vr_autofree char *text = vr_document_format(doc, def, VR_FORM_SECURE);
        use(doc, text, strlen(text), to);
        vr_document_free(def);
    }
}

int main(int argc, char **argv)
{
#ifdef FAMILY
    if (argc == 3 && vr_streq(argv[1], "--write")) {
        each_input(vr_document_find(FAMILY), SEEDS, write_one, argv[2]);
        return 0;
    }
    return 2;
#else
    if (argc != 2)
        return 2;
    alarm(280);
    for (const struct vr_document *const *d = vr_documents; *d; d++) {
        count = accepted = 0;
        each_input(*d, argv[1], replay, NULL);
        printf("%s: %u inputs, %u accepted\n", (*d)->family, count, accepted);
    }
    return 0;
#endif
}

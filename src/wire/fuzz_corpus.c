/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fuzz target as an ordinary test, and its corpus.
 *     wire_fuzz_corpus [SEED]        runs the corpus, each file also cut short and with bytes changed
 *     wire_fuzz_corpus --write DIR   writes the corpus as files, for libFuzzer to start from
 * The corpus is made from the tables: for each procedure a call, a reply and an event with random content, plus errors,
 * stream packets and holes. So a new procedure is in it without a file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "api/api.h"
#include "base/alloc.h"
#include "message.h"
#include "xdr_random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void (*use_fn)(const char *name, const struct vr_buf *b, void *opaque);

static void random_value(const struct vr_struct *type, struct vr_arena *arena, void **value, uint64_t *seed)
{
    *value = vr_arena_alloc(arena, type->size);
    vr_xdr_random(type, arena, *value, seed);
}

static void each_input(use_fn use, uint64_t *seed, void *opaque)
{
    for (const struct vr_api_program *const *p = vr_api_programs; *p; p++)
        for (uint32_t i = 0; i < (*p)->call_count; i++) {
            const struct vr_api_call *c = (*p)->calls[i];
            VR_AUTO(vr_arena) *arena = vr_arena_new();
            vr_autobuf struct vr_buf b = VR_BUF_INIT;
            struct vr_message_header h = { .prog = (*p)->number, .vers = 1, .proc = (int32_t)c->number, .serial = 3 };
            struct vr_error e = { .code = 38, .domain = 7, .level = 2, .message = (char *)c->name };
            void *value;
            vr_buf_char(&b, (char)vr_random_next(seed)); /* the pieces it comes in */
            if (c->type == VR_API_CALL) {
                random_value(c->args, arena, &value, seed);
                if (!vr_message_call(&b, c, 3, value, 0, NULL))
                    abort();
                random_value(c->ret, arena, &value, seed);
                if (!vr_message_reply(&b, &h, c->ret, value, 0, NULL))
                    abort();
                if (c->stream != VR_API_STREAM_NONE) {
                    vr_message_stream_data(&b, &h, "some data", 9);
                    vr_message_stream_hole(&b, &h, 4096, 0);
                    vr_message_stream_end(&b, &h, VIR_NET_OK);
                }
                vr_message_error_reply(&b, &h, &e);
            } else {
                random_value(c->msg, arena, &value, seed);
                if (!vr_message_event(&b, c, value, NULL))
                    abort();
            }
            use(c->name, &b, opaque);
        }
}

struct tally {
    uint64_t seed;
    size_t runs;
};

/* The input as it is, cut at a few places, and with a few bytes changed. */
static void run(const char *name, const struct vr_buf *b, void *opaque)
{
    struct tally *t = opaque;
    (void)name;
    LLVMFuzzerTestOneInput((const uint8_t *)b->data, b->len);
    t->runs++;
    vr_autofree uint8_t *copy = vr_memdup(b->data, b->len);
    for (int round = 0; round < 40; round++) {
        size_t len = round % 4 ? b->len : 1 + vr_random_next(&t->seed) % b->len;
        for (uint64_t changes = 1 + vr_random_next(&t->seed) % 3; changes; changes--)
            copy[vr_random_next(&t->seed) % b->len] = (uint8_t)vr_random_next(&t->seed);
        LLVMFuzzerTestOneInput(copy, len);
        memcpy(copy, b->data, b->len);
        t->runs++;
    }
}

static void write_file(const char *name, const struct vr_buf *b, void *opaque)
{
    vr_autofree char *path = vr_printf("%s/%s", (const char *)opaque, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(b->data, 1, b->len, f) != b->len || fclose(f) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        uint64_t seed = 1;
        each_input(write_file, &seed, argv[2]);
        return 0;
    }
    struct tally t = { .seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1 };
    uint64_t seed = t.seed;
    each_input(run, &seed, &t);
    printf("%zu inputs\n", t.runs);
    return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The client's fuzz target as an ordinary test, and its corpus.
 *     client_fuzz_corpus [SEED]        runs the corpus, each input also cut short and with bytes changed
 *     client_fuzz_corpus --write DIR   writes the corpus as files, for libFuzzer to start from
 * Texts stand here; a server's bytes are made from the tables: for each procedure a reply, an error, the packets of its stream.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "api/api.h"
#include "base/alloc.h"
#include "wire/message.h"
#include "wire/xdr_random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void (*use_fn)(const char *name, const struct vr_buf *b, void *opaque);

static const char *const texts[] = {
    "\0qemu:///system", "\0qemu+ssh://user@[fe80::1%25eth0]:22/system?keyfile=/k&no_verify=1&command=/opt/my%20ssh",
    "\0qemu+tls://host.example.com:16514/system?pkipath=/tmp&tls_priority=NORMAL:-VERS-TLS1.0&x=y#z",
    "\0test+unix:///default?socket=%2Ftmp%2Fsock;mode=direct", "\0remote:///?name=qemu:///system&proxy=netcat", "\0:", "\0a:%00%zz%4",
    "\0xen://u:p@h:99999/", "\0qemu+ext://h/?command=&no_tty=-99999999999999999999", "\0qemu://[::1/",
    "\1uri_default = \"qemu:///system\"\nuri_aliases = [\n  \"a=qemu+ssh://a/system\", # one\n  'b=test:///default',\n]\nx = 5\n",
    "\1uri_aliases = [", "\1uri_aliases = [ \"a\" \"b\" ]", "\1a=\"", "\1# nothing", "\1uri_default = \"\"\"long\ntext\"\"\"\n",
    "\2[credentials-one]\nauthname=fred\npassword=p=q\n\n[auth-libvirt-host]\ncredentials=one\n",
    "\2[auth-libvirt-default]\ncredentials = none\n", "\2[auth-libvirt-host]\nx=y\n", "\2key=value\n", "\2[open\n", "\2;\n#\n \t\r\n=\n",
};

static void each_text(use_fn use, void *opaque)
{
    for (size_t i = 0; i < VR_COUNT(texts); i++) {
        vr_autobuf struct vr_buf b = VR_BUF_INIT;
        vr_autofree char *name = vr_printf("text-%zu", i);
        vr_buf_char(&b, texts[i][0]);
        vr_buf_str(&b, texts[i] + 1);
        use(name, &b, opaque);
    }
}

static void start(struct vr_buf *b, uint16_t number)
{
    vr_buf_char(b, 3);
    vr_buf_char(b, (char)(number >> 8));
    vr_buf_char(b, (char)number);
}

static void each_reply(use_fn use, uint64_t *seed, void *opaque)
{
    uint16_t number = 0;
    for (const struct vr_api_program *const *p = vr_api_programs; *p; p++)
        for (uint32_t i = 0; i < (*p)->call_count; i++, number++) {
            const struct vr_api_call *c = (*p)->calls[i];
            VR_AUTO(vr_arena) *arena = vr_arena_new();
            vr_autobuf struct vr_buf b = VR_BUF_INIT;
            struct vr_message_header h = { .prog = (*p)->number, .vers = (*p)->version, .proc = (int32_t)c->number };
            struct vr_error e = { .code = 38, .domain = 7, .level = 2, .message = (char *)c->name };
            if (c->type != VR_API_CALL)
                continue;
            void *ret = vr_arena_alloc(arena, c->ret->size + 1);
            vr_xdr_random(c->ret, arena, ret, seed);
            start(&b, number);
            if (vr_random_next(seed) % 4 == 0)
                vr_message_keepalive(&b, VR_PROC_KEEPALIVE_PING);
            if (!vr_message_reply(&b, &h, c->ret, ret, 0, NULL))
                abort();
            if (c->stream != VR_API_STREAM_NONE) {
                vr_message_stream_data(&b, &h, "some data", 9);
                vr_message_stream_hole(&b, &h, 4096, 0);
                vr_message_stream_data(&b, &h, NULL, 0);
                vr_message_stream_end(&b, &h, VIR_NET_OK);
            }
            use(c->name, &b, opaque);
            vr_buf_consume(&b, b.len);
            start(&b, number);
            vr_message_error_reply(&b, &h, &e);
            vr_autofree char *name = vr_printf("%s-error", c->name);
            use(name, &b, opaque);
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
    for (int round = 0; round < 24; round++) {
        size_t len = round % 4 ? b->len : 1 + vr_random_next(&t->seed) % b->len;
        for (uint64_t changes = 1 + vr_random_next(&t->seed) % 3; changes; changes--)
            copy[vr_random_next(&t->seed) % b->len] = (uint8_t)vr_random_next(&t->seed);
        copy[0] = (uint8_t)b->data[0]; /* the kind stays */
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
    uint64_t seed = 1;
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        each_text(write_file, argv[2]);
        each_reply(write_file, &seed, argv[2]);
        return 0;
    }
    struct tally t = { .seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1 };
    seed = t.seed;
    each_text(run, &t);
    each_reply(run, &seed, &t);
    printf("%zu inputs\n", t.runs);
    return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <fcntl.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/test.h"
#include "filter.h"
#include "message.h"
#include "xdr.h"

static const struct vr_message_header asked = {
    .prog = 0x20008086, .vers = 1, .proc = 60, .type = VIR_NET_CALL, .serial = 9, .status = VIR_NET_OK,
};

static bool open_fd(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

VR_TEST(a_call_looks_as_the_protocol_says)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    struct vr_connect_supports_feature_args args = { .feature = 10 };
    EXPECT_OK(vr_message_call(&b, &vr_api_connect_supports_feature, 7, &args, 0, &err), err);
    static const char expected[] = "\0\0\0\x20" "\x20\0\x80\x86" "\0\0\0\1" "\0\0\0\x3c" "\0\0\0\0" "\0\0\0\7"
                                   "\0\0\0\0" "\0\0\0\xa";
    EXPECT_EQ(b.len, 32);
    EXPECT(memcmp(b.data, expected, 32) == 0);
}

VR_TEST(packets_are_found_however_the_bytes_come)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    for (uint32_t serial = 0; serial < 5; serial++) {
        struct vr_connect_open_args args = { .name = serial % 2 ? "qemu:///system" : NULL };
        EXPECT_OK(vr_message_call(&b, &vr_api_connect_open, serial, &args, 0, &err), err);
    }
    vr_message_keepalive(&b, VR_PROC_KEEPALIVE_PING);
    for (size_t step = 1; step <= b.len; step++) {
        struct vr_packet_reader r;
        struct vr_packet p;
        vr_packet_reader_init(&r, false);
        uint32_t seen = 0;
        for (size_t at = 0; at < b.len; at += step) {
            size_t n = b.len - at < step ? b.len - at : step;
            if (step % 2) {
                vr_packet_feed(&r, b.data + at, n);
            } else {
                size_t room;
                void *to = vr_packet_room(&r, &room);
                EXPECT(room >= n);
                memcpy(to, b.data + at, n);
                vr_packet_received(&r, n);
            }
            while (vr_packet_next(&r, &p, &err) == VR_PACKET_READY) {
                if (seen < 5) {
                    EXPECT_EQ(p.header.serial, seen);
                    EXPECT_EQ(p.payload_len, seen % 2 ? 28 : 8);
                } else {
                    EXPECT_EQ(p.header.prog, 0x6b656570);
                    EXPECT_EQ(p.header.type, VIR_NET_MESSAGE);
                    EXPECT_EQ(p.payload_len, 0);
                }
                seen++;
                vr_packet_done(&r, &p);
            }
            EXPECT(err == NULL);
        }
        EXPECT_EQ(seen, 6);
        vr_packet_reader_done(&r);
    }
}

VR_TEST(bad_lengths_and_headers_end_the_connection)
{
    struct { const char *bytes; size_t len; const char *why; } cases[] = {
        { "\0\0\0\0", 4, "packet 0 bytes received from server too small, want 4" },
        { "\0\0\0\3", 4, "packet 3 bytes received from server too small, want 4" },
        { "\2\0\0\5", 4, "packet 33554433 bytes received from server too large, want 33554432" },
        { "\377\377\377\377", 4, "too large" },
        { "\0\0\0\x1b", 4, "Unable to decode message header" },
        { "\0\0\0\x1c" "\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\4" "\0\0\0\0\0\0\0\0", 28, "Unable to decode number of FDs" },
        { "\0\0\0\x20" "\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\4" "\0\0\0\0\0\0\0\0" "\0\0\0\x21", 32, "too many FDs 33" },
    };
    for (size_t i = 0; i < VR_COUNT(cases); i++) {
        VR_AUTO(vr_error) *err = NULL;
        struct vr_packet_reader r;
        struct vr_packet p;
        vr_packet_reader_init(&r, true);
        vr_packet_feed(&r, cases[i].bytes, cases[i].len);
        EXPECT_EQ(vr_packet_next(&r, &p, &err), VR_PACKET_FATAL);
        EXPECT_STR_HAS(err->message, cases[i].why);
        EXPECT_EQ(err->code, VIR_ERR_RPC);
        VR_AUTO(vr_error) *again = NULL;
        EXPECT_EQ(vr_packet_next(&r, &p, &again), VR_PACKET_FATAL);
        vr_packet_reader_done(&r);
    }
}

VR_TEST(unknown_types_and_states_are_the_receivers_to_judge)
{
    struct vr_packet_reader r;
    struct vr_packet p;
    vr_packet_reader_init(&r, false);
    vr_packet_feed(&r, "\0\0\0\x1c" "\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\7" "\0\0\0\0\377\377\377\377", 28);
    EXPECT_EQ(vr_packet_next(&r, &p, NULL), VR_PACKET_READY);
    EXPECT_EQ(p.header.type, 7);
    EXPECT_EQ(p.header.status, -1);
    vr_packet_reader_done(&r);
}

VR_TEST(the_longest_packet_is_taken_and_a_lower_limit_holds)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_packet_reader r;
    struct vr_packet p;
    vr_packet_reader_init(&r, false);
    r.limit = 64;
    vr_packet_feed(&r, "\0\0\0\x41", 4);
    EXPECT_EQ(vr_packet_next(&r, &p, &err), VR_PACKET_FATAL);
    vr_packet_reader_done(&r);

    /* A claim of 32 MiB takes no 32 MiB. */
    vr_packet_reader_init(&r, false);
    vr_packet_feed(&r, "\2\0\0\4" "\x20\0\x80\x86" "\0\0\0\1" "\0\0\0\1" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0", 28);
    EXPECT_EQ(vr_packet_next(&r, &p, NULL), VR_PACKET_MORE);
    size_t room;
    vr_packet_room(&r, &room);
    EXPECT(room >= 4096 && room <= 1024 * 1024);
    size_t left = 33554436 - 28;
    vr_autofree char *zeros = vr_alloc(65536);
    while (left) {
        size_t n = left < 65536 ? left : 65536;
        EXPECT_EQ(vr_packet_next(&r, &p, NULL), VR_PACKET_MORE);
        vr_packet_feed(&r, zeros, n);
        left -= n;
    }
    EXPECT_EQ(vr_packet_next(&r, &p, NULL), VR_PACKET_READY);
    EXPECT_EQ(p.payload_len, 33554408);
    vr_packet_done(&r, &p);
    EXPECT(r.in.cap <= 65536); /* and it is given back */
    vr_packet_reader_done(&r);
}

VR_TEST(descriptors_go_to_their_packet_and_are_closed_when_nobody_takes_them)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_packet_reader r;
    struct vr_packet p;
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    struct vr_domain_open_graphics_args args = { .dom = { .name = "g" } };
    EXPECT_OK(vr_message_call(&b, &vr_api_domain_open_graphics, 0, &args, 2, &err), err);
    size_t first = b.len;
    vr_buf_add(&b, "\0\0", 2); /* one byte for each descriptor */
    EXPECT_OK(vr_message_call(&b, &vr_api_domain_open_graphics, 1, &args, 0, &err), err);
    int fds[3];
    for (size_t i = 0; i < VR_COUNT(fds); i++)
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);

    vr_packet_reader_init(&r, true);
    vr_packet_feed(&r, b.data, first);
    EXPECT_EQ(vr_packet_next(&r, &p, &err), VR_PACKET_MORE);
    EXPECT_OK(vr_packet_feed_fd(&r, fds[0], &err), err);
    vr_packet_feed(&r, b.data + first, 1);
    EXPECT_EQ(vr_packet_next(&r, &p, &err), VR_PACKET_MORE);
    EXPECT_OK(vr_packet_feed_fd(&r, fds[1], &err), err);
    vr_packet_feed(&r, b.data + first + 1, b.len - first - 1);
    EXPECT_EQ(vr_packet_next(&r, &p, &err), VR_PACKET_READY);
    EXPECT_EQ(p.fd_count, 2);
    EXPECT_EQ(p.fds[0], fds[0]);
    EXPECT_EQ(p.fds[1], fds[1]);
    p.fds[1] = -1; /* taken */
    struct vr_domain_open_graphics_args back;
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    EXPECT_OK(vr_xdr_decode(&vr_domain_open_graphics_args_struct, p.payload, p.payload_len, arena, &back, &err), err);
    vr_packet_done(&r, &p);
    EXPECT_FALSE(open_fd(fds[0]));
    EXPECT(open_fd(fds[1]));
    EXPECT_EQ(vr_packet_next(&r, &p, &err), VR_PACKET_READY);
    EXPECT_EQ(p.header.serial, 1);
    EXPECT_EQ(p.fd_count, 0);
    vr_packet_done(&r, &p);
    EXPECT_OK(vr_packet_feed_fd(&r, fds[2], &err), err);
    vr_packet_reader_done(&r);
    EXPECT_FALSE(open_fd(fds[2]));
}

VR_TEST(descriptors_are_bounded_and_refused_where_they_cannot_come)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_packet_reader r;
    struct vr_packet p;
    vr_packet_reader_init(&r, true);
    for (int i = 0; i < VIR_NET_MESSAGE_NUM_FDS_MAX; i++)
        EXPECT_OK(vr_packet_feed_fd(&r, open("/dev/null", O_RDONLY | O_CLOEXEC), &err), err);
    int extra = open("/dev/null", O_RDONLY | O_CLOEXEC);
    EXPECT_FALSE(vr_packet_feed_fd(&r, extra, &err));
    EXPECT_FALSE(open_fd(extra));
    EXPECT_EQ(vr_packet_next(&r, &p, NULL), VR_PACKET_FATAL);
    vr_packet_reader_done(&r);

    VR_AUTO(vr_error) *err2 = NULL;
    vr_packet_reader_init(&r, true);
    vr_packet_feed(&r, "\0\0\0\x20" "\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\4" "\0\0\0\0\0\0\0\0" "\0\0\0\1" "x", 33);
    EXPECT_EQ(vr_packet_next(&r, &p, &err2), VR_PACKET_FATAL);
    EXPECT_STR_HAS(err2->message, "1 announced, 0 came");
    vr_packet_reader_done(&r);

    vr_packet_reader_init(&r, false);
    vr_packet_feed(&r, "\0\0\0\x20" "\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\4" "\0\0\0\0\0\0\0\0" "\0\0\0\1" "x", 33);
    EXPECT_EQ(vr_packet_next(&r, &p, NULL), VR_PACKET_FATAL);
    vr_packet_reader_done(&r);

    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    struct vr_domain_open_graphics_args args = { .dom = { .name = "g" } };
    VR_AUTO(vr_error) *err3 = NULL;
    EXPECT_FALSE(vr_message_call(&b, &vr_api_domain_open_graphics, 0, &args, 33, &err3));
    EXPECT_STR_HAS(err3->message, "Too many FDs to send 33, expected 32 maximum");
    EXPECT_EQ(b.len, 0);
}

static struct vr_packet only_packet(struct vr_packet_reader *r, const struct vr_buf *b)
{
    struct vr_packet p = { 0 };
    vr_packet_reader_init(r, false);
    vr_packet_feed(r, b->data, b->len);
    EXPECT_EQ(vr_packet_next(r, &p, NULL), VR_PACKET_READY);
    return p;
}

VR_TEST(an_error_arrives_as_it_was_reported)
{
    VR_AUTO(vr_error) *err = NULL, *bad = NULL;
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    vr_fail(&err, VIR_ERR_NO_DOMAIN, "no domain with matching name '%s'", "x");
    vr_message_error_reply(&b, &asked, err);
    struct vr_packet_reader r;
    struct vr_packet p = only_packet(&r, &b);
    EXPECT_EQ(p.header.type, VIR_NET_REPLY);
    EXPECT_EQ(p.header.status, VIR_NET_ERROR);
    EXPECT_EQ(p.header.serial, 9);
    EXPECT_EQ(p.header.proc, 60);
    VR_AUTO(vr_error) *back = vr_message_error_decode(&p, &bad);
    EXPECT(back != NULL);
    EXPECT_EQ(back->code, VIR_ERR_NO_DOMAIN);
    EXPECT_EQ(back->domain, VIR_FROM_QEMU);
    EXPECT_EQ(back->level, VIR_ERR_ERROR);
    EXPECT_STR(back->message, err->message);
    EXPECT_STR(back->str1, err->str1);
    EXPECT_STR(back->str2, err->str2);
    EXPECT_EQ(back->int1, err->int1);
    vr_packet_reader_done(&r);
}

VR_TEST(an_error_nobody_explained_or_too_long_still_goes_out)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT, c = VR_BUF_INIT;
    vr_message_error_reply(&b, &asked, NULL);
    struct vr_packet_reader r;
    struct vr_packet p = only_packet(&r, &b);
    VR_AUTO(vr_error) *back = vr_message_error_decode(&p, NULL);
    EXPECT_EQ(back->code, VIR_ERR_INTERNAL_ERROR);
    EXPECT_STR(back->message, "Library function returned error but did not set virError");
    vr_packet_reader_done(&r);

    size_t len = 5 * 1024 * 1024;
    char *text = vr_alloc(len + 1);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(i % 2 ? 0xA4 : 0xC3); /* two-byte characters; the cut must not fall within one */
    struct vr_error huge = { .code = 1, .domain = 1, .level = 2, .message = text };
    vr_message_stream_error(&c, &asked, &huge);
    p = only_packet(&r, &c);
    EXPECT_EQ(p.header.type, VIR_NET_STREAM);
    VR_AUTO(vr_error) *cut = vr_message_error_decode(&p, NULL);
    EXPECT(cut && strlen(cut->message) > 1000000 && strlen(cut->message) % 2 == 0);
    vr_packet_reader_done(&r);
    free(text);
}

VR_TEST(stream_packets_carry_raw_bytes_and_holes)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_autobuf struct vr_buf b = VR_BUF_INIT, h = VR_BUF_INIT, e = VR_BUF_INIT, bad = VR_BUF_INIT;
    vr_message_stream_data(&b, &asked, "abcde", 5);
    EXPECT_EQ(b.len, 33);
    EXPECT(memcmp(b.data, "\0\0\0\x21", 4) == 0);
    struct vr_packet_reader r;
    struct vr_packet p = only_packet(&r, &b);
    EXPECT_EQ(p.header.type, VIR_NET_STREAM);
    EXPECT_EQ(p.header.status, VIR_NET_CONTINUE);
    EXPECT_EQ(p.header.serial, 9);
    EXPECT_EQ(p.payload_len, 5);
    EXPECT(memcmp(p.payload, "abcde", 5) == 0);
    vr_packet_reader_done(&r);

    vr_message_stream_end(&e, &asked, VIR_NET_OK);
    EXPECT_EQ(e.len, 28);

    int64_t length = 0;
    vr_message_stream_hole(&h, &asked, 1234567890123, 0);
    p = only_packet(&r, &h);
    EXPECT_OK(vr_message_stream_hole_decode(&p, &length, &err), err);
    EXPECT_EQ(length, 1234567890123);
    vr_packet_reader_done(&r);
    vr_message_stream_hole(&bad, &asked, -1, 0);
    p = only_packet(&r, &bad);
    EXPECT_FALSE(vr_message_stream_hole_decode(&p, &length, &err));
    vr_packet_reader_done(&r);
}

VR_TEST(a_reply_with_descriptors_announces_them)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    struct vr_void nothing = { 0 };
    EXPECT_OK(vr_message_reply(&b, &asked, &vr_void_struct, &nothing, 1, &err), err);
    EXPECT_EQ(b.len, 32);
    EXPECT(memcmp(b.data + 12 + 4, "\0\0\0\5", 4) == 0);
    EXPECT(memcmp(b.data + 28, "\0\0\0\1", 4) == 0);
}

/* ---- filters ----------------------------------------------------------------------------------------------------- */

/* Adds a key to each byte; not ready before the peer's hello byte came; says hello itself. */
struct toy {
    struct vr_filter base;
    char key;
    bool greeted, ready;
};

static bool toy_decode(struct vr_filter *f, struct vr_buf *in, struct vr_buf *out, struct vr_error **err)
{
    struct toy *t = (struct toy *)f;
    if (!t->ready && in->len) {
        if (in->data[0] != '!')
            return vr_fail(err, VIR_ERR_RPC, "no hello");
        vr_buf_consume(in, 1);
        t->ready = true;
    }
    for (size_t i = 0; t->ready && i < in->len; i++)
        vr_buf_char(out, (char)(in->data[i] - t->key));
    vr_buf_consume(in, in->len);
    return true;
}

static bool toy_encode(struct vr_filter *f, struct vr_buf *in, struct vr_buf *out, struct vr_error **err)
{
    struct toy *t = (struct toy *)f;
    (void)err;
    if (!t->greeted)
        vr_buf_char(out, '!');
    t->greeted = true;
    if (!t->ready)
        return true;
    for (size_t i = 0; i < in->len; i++)
        vr_buf_char(out, (char)(in->data[i] + t->key));
    vr_buf_consume(in, in->len);
    return true;
}

static bool toy_ready(const struct vr_filter *f)
{
    return ((const struct toy *)f)->ready;
}

static void toy_free(struct vr_filter *f)
{
    free(f);
}

static const struct vr_filter_ops toy_ops = { "toy", toy_decode, toy_encode, toy_ready, toy_free };

static struct vr_filter *toy_new(char key)
{
    struct toy *t = vr_new(struct toy);
    t->base.ops = &toy_ops;
    t->key = key;
    return &t->base;
}

VR_TEST(an_empty_stack_passes_bytes_as_they_are)
{
    struct vr_filters s = { 0 };
    vr_autobuf struct vr_buf plain = VR_BUF_INIT, wire = VR_BUF_INIT;
    EXPECT(vr_filters_empty(&s) && vr_filters_ready(&s));
    EXPECT(vr_filters_received(&s, "in", 2, &plain, NULL));
    EXPECT(vr_filters_send(&s, "out", 3, &wire, NULL));
    EXPECT_STR(plain.data, "in");
    EXPECT_STR(wire.data, "out");
    vr_filters_done(&s);
}

VR_TEST(stacked_filters_undo_each_other_and_hold_bytes_until_ready)
{
    struct vr_filters a = { 0 }, b = { 0 };
    vr_autobuf struct vr_buf to_a = VR_BUF_INIT, to_b = VR_BUF_INIT, got = VR_BUF_INIT, none = VR_BUF_INIT;
    for (char key = 1; key <= 2; key++) {
        vr_filters_push(&a, toy_new(key));
        vr_filters_push(&b, toy_new(key));
    }
    EXPECT(vr_filters_send(&a, "secret", 6, &to_b, NULL)); /* held: nobody is ready */
    EXPECT_STR(to_b.data, "!");
    EXPECT(vr_filters_send(&b, NULL, 0, &to_a, NULL));
    for (int round = 0; round < 4; round++) {
        EXPECT(vr_filters_received(&a, to_a.data, to_a.len, &none, NULL));
        vr_buf_consume(&to_a, to_a.len);
        EXPECT(vr_filters_received(&b, to_b.data, to_b.len, &got, NULL));
        vr_buf_consume(&to_b, to_b.len);
        EXPECT(vr_filters_send(&a, NULL, 0, &to_b, NULL));
        EXPECT(vr_filters_send(&b, NULL, 0, &to_a, NULL));
    }
    EXPECT(vr_filters_ready(&a) && vr_filters_ready(&b));
    EXPECT_STR(got.data, "secret");
    EXPECT_EQ(none.len, 0);
    vr_filters_done(&a);
    vr_filters_done(&b);
}

VR_TEST(a_filter_that_refuses_ends_the_connection)
{
    struct vr_filters s = { 0 };
    VR_AUTO(vr_error) *err = NULL;
    vr_autobuf struct vr_buf plain = VR_BUF_INIT;
    vr_filters_push(&s, toy_new(1));
    EXPECT_FALSE(vr_filters_received(&s, "?", 1, &plain, &err));
    EXPECT_STR_HAS(err->message, "no hello");
    vr_filters_done(&s);
}

VR_TESTS("message", a_call_looks_as_the_protocol_says, packets_are_found_however_the_bytes_come,
         bad_lengths_and_headers_end_the_connection, unknown_types_and_states_are_the_receivers_to_judge,
         the_longest_packet_is_taken_and_a_lower_limit_holds,
         descriptors_go_to_their_packet_and_are_closed_when_nobody_takes_them,
         descriptors_are_bounded_and_refused_where_they_cannot_come, an_error_arrives_as_it_was_reported,
         an_error_nobody_explained_or_too_long_still_goes_out, stream_packets_carry_raw_bytes_and_holes,
         a_reply_with_descriptors_announces_them, an_empty_stack_passes_bytes_as_they_are,
         stacked_filters_undo_each_other_and_hold_bytes_until_ready, a_filter_that_refuses_ends_the_connection)

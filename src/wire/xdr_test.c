/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include "api/api.h"
#include "base/alloc.h"
#include "base/test.h"
#include "xdr.h"
#include "xdr_random.h"

/* Calls fn for the tables of every procedure of every program. */
static void each_struct(void (*fn)(const struct vr_struct *type, void *opaque), void *opaque)
{
    for (const struct vr_api_program *const *p = vr_api_programs; *p; p++)
        for (uint32_t i = 0; i < (*p)->call_count; i++) {
            const struct vr_api_call *c = (*p)->calls[i];
            fn(c->args, opaque);
            fn(c->ret, opaque);
            if (c->msg)
                fn(c->msg, opaque);
        }
    fn(&vr_message_error_struct, opaque);
    fn(&vr_message_header_struct, opaque);
    fn(&vr_stream_hole_struct, opaque);
}

static struct vr_buf random_bytes(const struct vr_struct *type, uint64_t *seed)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    VR_AUTO(vr_error) *err = NULL;
    struct vr_buf out = VR_BUF_INIT;
    void *value = vr_arena_alloc(arena, type->size);
    vr_xdr_random(type, arena, value, seed);
    if (!vr_xdr_encode(type, value, &out, &err))
        ck_abort_msg("%s: %s", type->name, vr_error_text(err));
    return out;
}

/* Decodes a copy that ends where its memory ends, so that a checking build sees any read past it. */
static bool decode_copy(const struct vr_struct *type, const void *bytes, size_t len, struct vr_buf *again,
                        struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    vr_autofree char *copy = len ? vr_memdup(bytes, len) : vr_alloc(1);
    void *value = vr_arena_alloc(arena, type->size);
    size_t before = vr_arena_size(arena);
    bool ok = vr_xdr_decode(type, copy, len, arena, value, err);
    size_t took = vr_arena_size(arena) - before;
    ck_assert_msg(took <= VR_XDR_EXPANSION * len + VR_XDR_EXPANSION * len, "%s: %zu bytes of memory for %zu read",
                  type->name, took, len);
    if (ok && again)
        ck_assert(vr_xdr_encode(type, value, again, err));
    return ok;
}

static void round_trip(const struct vr_struct *type, void *opaque)
{
    uint64_t *seed = opaque;
    for (int i = 0; i < 20; i++) {
        VR_AUTO(vr_error) *err = NULL;
        vr_autobuf struct vr_buf first = random_bytes(type, seed), second = VR_BUF_INIT;
        ck_assert_msg(decode_copy(type, first.data, first.len, &second, &err), "%s: %s", type->name,
                      vr_error_text(err));
        ck_assert_msg(first.len % 4 == 0 && first.len >= type->wire_min, "%s: %zu bytes", type->name, first.len);
        ck_assert_msg(first.len == second.len && (!first.len || memcmp(first.data, second.data, first.len) == 0),
                      "%s changed on a round trip", type->name);
    }
}

VR_TEST(every_struct_survives_a_round_trip)
{
    uint64_t seed = 1;
    each_struct(round_trip, &seed);
}

static void truncate(const struct vr_struct *type, void *opaque)
{
    uint64_t *seed = opaque;
    vr_autobuf struct vr_buf b = random_bytes(type, seed);
    for (size_t len = 0; len < b.len; len++) {
        VR_AUTO(vr_error) *err = NULL;
        ck_assert_msg(!decode_copy(type, b.data, len, NULL, &err), "%s: %zu of %zu bytes were enough", type->name, len,
                      b.len);
        EXPECT_EQ(err->code, VIR_ERR_RPC);
        EXPECT_STR_HAS(err->message, "Unable to decode message payload");
    }
    VR_AUTO(vr_error) *err = NULL;
    vr_buf_add(&b, "\0\0\0\0", 4);
    ck_assert_msg(!decode_copy(type, b.data, b.len, NULL, &err), "%s: bytes after it were taken", type->name);
}

VR_TEST(no_struct_is_read_from_fewer_or_more_bytes_than_it_has)
{
    uint64_t seed = 2;
    each_struct(truncate, &seed);
}

static void flip(const struct vr_struct *type, void *opaque)
{
    uint64_t *seed = opaque;
    vr_autobuf struct vr_buf b = random_bytes(type, seed);
    for (size_t i = 0; i < b.len * 8; i++) {
        VR_AUTO(vr_error) *err = NULL;
        vr_autobuf struct vr_buf again = VR_BUF_INIT;
        b.data[i / 8] = (char)(b.data[i / 8] ^ (1 << (i % 8)));
        /* What is accepted is something a peer could have written: writing it again gives as many bytes. */
        if (decode_copy(type, b.data, b.len, &again, &err))
            ck_assert_msg(again.len == b.len, "%s with bit %zu flipped", type->name, i);
        else
            EXPECT_EQ(err->code, VIR_ERR_RPC);
        b.data[i / 8] = (char)(b.data[i / 8] ^ (1 << (i % 8)));
    }
}

VR_TEST(flipped_bits_are_refused_or_mean_another_value)
{
    uint64_t seed = 3;
    each_struct(flip, &seed);
}

VR_TEST(bytes_on_the_wire_are_those_of_the_protocol)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    struct vr_domain_set_memory_flags_args args = {
        .dom = { .name = "guest", .uuid = "0123456789abcde", .id = -1 }, .memory = 0x1122334455u, .flags = 3,
    };
    EXPECT_OK(vr_xdr_encode(&vr_domain_set_memory_flags_args_struct, &args, &b, &err), err);
    static const char expected[] = "\0\0\0\5guest\0\0\0" "0123456789abcde\0" "\377\377\377\377"
                                   "\0\0\0\x11\x22\x33\x44\x55" "\0\0\0\3";
    EXPECT_EQ(b.len, sizeof(expected) - 1);
    EXPECT(memcmp(b.data, expected, b.len) == 0);

    /* An absent string, a present one, a list of typed parameters. */
    vr_autobuf struct vr_buf o = VR_BUF_INIT;
    struct vr_connect_open_args open = { .name = NULL, .flags = 1 };
    EXPECT_OK(vr_xdr_encode(&vr_connect_open_args_struct, &open, &o, &err), err);
    open.name = "test";
    EXPECT_OK(vr_xdr_encode(&vr_connect_open_args_struct, &open, &o, &err), err);
    EXPECT_EQ(o.len, 8 + 16);
    EXPECT(memcmp(o.data, "\0\0\0\0\0\0\0\1" "\0\0\0\1\0\0\0\4test\0\0\0\1", 24) == 0);

    vr_autobuf struct vr_buf t = VR_BUF_INIT;
    struct vr_typed_param list[] = { { "a", { .type = VIR_TYPED_PARAM_INT, .i = -2 } },
                                     { "b", { .type = VIR_TYPED_PARAM_DOUBLE, .d = 1.0 } },
                                     { "c", { .type = VIR_TYPED_PARAM_STRING, .s = "x" } } };
    struct vr_domain_get_memory_parameters_ret ret = { .params_count = 3, .params = list, .nparams = 7 };
    EXPECT_OK(vr_xdr_encode(&vr_domain_get_memory_parameters_ret_struct, &ret, &t, &err), err);
    static const char params[] = "\0\0\0\3" "\0\0\0\1a\0\0\0\0\0\0\1\377\377\377\376" 
                                 "\0\0\0\1b\0\0\0\0\0\0\5\x3f\xf0\0\0\0\0\0\0"
                                 "\0\0\0\1c\0\0\0\0\0\0\7\0\0\0\1x\0\0\0" "\0\0\0\7";
    EXPECT_EQ(t.len, sizeof(params) - 1);
    EXPECT(memcmp(t.data, params, t.len) == 0);

    /* Characters take a unit each, in a fixed array and in a counted one. */
    vr_autobuf struct vr_buf n = VR_BUF_INIT;
    struct vr_node_get_info_ret info = { .model = "x86_64", .threads = 2 };
    EXPECT_OK(vr_xdr_encode(&vr_node_get_info_ret_struct, &info, &n, &err), err);
    EXPECT_EQ(n.len, 32 * 4 + 8 + 6 * 4);
    EXPECT(memcmp(n.data, "\0\0\0x\0\0\08", 8) == 0);
}

VR_TEST(a_claimed_count_takes_no_memory)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_connect_list_all_domains_ret ret;
    const char claim[] = "\0\0\x40\0" "\0\0\0\0";
    EXPECT_FALSE(vr_xdr_decode(&vr_connect_list_all_domains_ret_struct, claim, 8, arena, &ret, &err));
    EXPECT_EQ(vr_arena_size(arena), 0);
    EXPECT(ret.domains == NULL && ret.domains_count == 0);
}

VR_TEST(limits_hold_in_both_directions)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    struct vr_typed_param list[17] = { 0 };
    for (size_t i = 0; i < VR_COUNT(list); i++)
        list[i] = (struct vr_typed_param){ "p", { .type = VIR_TYPED_PARAM_INT, .i = 1 } };
    struct vr_domain_set_memory_parameters_args args = { .dom = { .name = "g" }, .params_count = 16, .params = list };
    EXPECT_OK(vr_xdr_encode(&vr_domain_set_memory_parameters_args_struct, &args, &b, &err), err);
    size_t before = b.len;
    args.params_count = 17;
    EXPECT_FALSE(vr_xdr_encode(&vr_domain_set_memory_parameters_args_struct, &args, &b, &err));
    EXPECT_STR_HAS(err->message, "'params' of domain_set_memory_parameters_args has too many elements");
    EXPECT_EQ(b.len, before);

    /* 17 in the bytes, by hand: the count stands after name, uuid and id. */
    VR_AUTO(vr_error) *err2 = NULL;
    b.data[8 + 16 + 4 + 3] = 17;
    EXPECT_FALSE(decode_copy(&vr_domain_set_memory_parameters_args_struct, b.data, b.len, NULL, &err2));
    EXPECT_STR_HAS(err2->message, "too many elements");

    vr_autofree char *longest = vr_alloc(REMOTE_STRING_MAX + 2);
    memset(longest, 'x', REMOTE_STRING_MAX);
    struct vr_domain_lookup_by_name_args look = { .name = longest };
    vr_autobuf struct vr_buf s = VR_BUF_INIT;
    VR_AUTO(vr_error) *err3 = NULL;
    EXPECT_OK(vr_xdr_encode(&vr_domain_lookup_by_name_args_struct, &look, &s, &err3), err3);
    EXPECT(decode_copy(&vr_domain_lookup_by_name_args_struct, s.data, s.len, NULL, &err3));
    longest[REMOTE_STRING_MAX] = 'x';
    EXPECT_FALSE(vr_xdr_encode(&vr_domain_lookup_by_name_args_struct, &look, &s, &err3));
    EXPECT_STR_HAS(err3->message, "too long");
}

VR_TEST(what_no_honest_peer_sends_is_refused)
{
    struct { const char *bytes; size_t len; const char *why; } cases[] = {
        { "\0\0\0\2\0\0\0\1" "ab\0\0" "\0\0\0\0", 16, "neither there nor absent" },
        { "\0\0\0\1\0\0\0\2" "ab\0x" "\0\0\0\0", 16, "badly padded" },
        { "\0\0\0\1\0\0\0\2" "a\0\0\0" "\0\0\0\0", 16, "NUL byte" },
        { "\0\0\0\1\377\377\377\377" "ab\0\0" "\0\0\0\0", 16, "too long" },
        { "\0\0\0\0\0\0\0\0\0\0\0\0", 12, "4 bytes follow" },
    };
    for (size_t i = 0; i < VR_COUNT(cases); i++) {
        VR_AUTO(vr_error) *err = NULL;
        EXPECT_FALSE(decode_copy(&vr_connect_open_args_struct, cases[i].bytes, cases[i].len, NULL, &err));
        EXPECT_STR_HAS(err->message, cases[i].why);
    }
    VR_AUTO(vr_error) *err = NULL;
    EXPECT_FALSE(decode_copy(&vr_typed_param_struct, "\0\0\0\0\0\0\0\x8\0\0\0\0", 12, NULL, &err));
    EXPECT_STR_HAS(err->message, "unknown type 8");
}

VR_TEST(a_string_that_must_be_there_is_not_sent_as_nothing)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    struct vr_connect_get_hostname_ret ret = { NULL };
    EXPECT_FALSE(vr_xdr_encode(&vr_connect_get_hostname_ret_struct, &ret, &b, &err));
    EXPECT_STR_HAS(err->message, "'hostname' of connect_get_hostname_ret is missing");
    EXPECT_EQ(b.len, 0);
}

/* ---- what the tables say about calls ----------------------------------------------------------------------------- */

VR_TEST(read_only_rules_look_at_the_arguments)
{
    struct vr_domain_get_xml_desc_args args = { .flags = VIR_DOMAIN_XML_INACTIVE };
    EXPECT_FALSE(vr_condition_holds(&vr_api_domain_get_xml_desc.readonly_refused, &args));
    args.flags |= VIR_DOMAIN_XML_SECURE;
    EXPECT(vr_condition_holds(&vr_api_domain_get_xml_desc.readonly_refused, &args));
    struct vr_domain_interface_addresses_args addresses = { .source = VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP };
    EXPECT_FALSE(vr_condition_holds(&vr_api_domain_interface_addresses.readonly_refused, &addresses));
    addresses.source = VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT;
    EXPECT(vr_condition_holds(&vr_api_domain_interface_addresses.readonly_refused, &addresses));
    EXPECT(vr_condition_holds(&vr_api_domain_suspend.readonly_refused, &args));
    EXPECT_FALSE(vr_condition_holds(&vr_api_connect_get_type.readonly_refused, &args));
}

VR_TEST(access_entries_apply_by_flags)
{
    const struct vr_api_call *c = &vr_api_domain_set_memory_flags;
    struct vr_domain_set_memory_flags_args args = { .flags = VIR_DOMAIN_AFFECT_LIVE };
    EXPECT_EQ(c->access_count, 3);
    int applied = 0;
    for (int i = 0; i < c->access_count; i++)
        applied += vr_condition_holds(&c->access[i].condition, &args);
    EXPECT_EQ(applied, 1); /* domain:write alone; CURRENT or CONFIG also need domain:save */
    args.flags = 0;
    EXPECT(vr_condition_holds(&c->access[1].condition, &args) != vr_condition_holds(&c->access[2].condition, &args));
    args.flags = VIR_DOMAIN_AFFECT_CONFIG;
    EXPECT(vr_condition_holds(&c->access[2].condition, &args));
    EXPECT_EQ(vr_api_flags(c, &args), VIR_DOMAIN_AFFECT_CONFIG);
}

VR_TEST(wide_flags_are_read_whole)
{
    struct vr_domain_migrate_perform3_args args = { .flags = 0x100000001u };
    EXPECT_EQ(vr_api_domain_migrate_perform3.flags_width, 8);
    EXPECT_EQ(vr_api_flags(&vr_api_domain_migrate_perform3, &args), 0x100000001);
}

VR_TEST(every_domain_event_has_a_modern_form_and_the_old_ones_a_twin)
{
    for (int id = 0; id < VIR_DOMAIN_EVENT_ID_LAST && id <= VIR_DOMAIN_EVENT_ID_NIC_MAC_CHANGE; id++) {
        const struct vr_api_call *e = vr_api_event_find(VR_OBJECT_DOMAIN, id);
        ck_assert_msg(e, "no event %d", id);
        EXPECT_STR(e->msg->fields[0].name, "callback_id");
        EXPECT((e->twin != NULL) == (id <= VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED));
    }
    struct vr_domain_event_callback_lifecycle_msg m = {
        .callback_id = 5, .msg = { .dom = { .name = "g" }, .event = 4 },
    };
    const struct vr_api_call *e = vr_api_event_find(VR_OBJECT_DOMAIN, VIR_DOMAIN_EVENT_ID_LIFECYCLE);
    EXPECT_EQ(e->number, 318);
    EXPECT_EQ(e->twin->number, 107);
    const struct vr_domain_event_lifecycle_msg *old = (const void *)((const char *)&m + e->legacy_offset);
    EXPECT_STR(old->dom.name, "g");
    EXPECT_EQ(old->event, 4);
    EXPECT(vr_api_event_find(VR_OBJECT_DOMAIN, 4711) == NULL && vr_api_event_find(VR_OBJECT_DOMAIN, -1) == NULL);
    EXPECT(vr_api_event_find(VR_OBJECT_SECRET, VIR_SECRET_EVENT_ID_VALUE_CHANGED)->number == 383);
}

VR_TEST(programs_and_procedures_are_found)
{
    size_t all = 0;
    for (const struct vr_api_program *const *p = vr_api_programs; *p; p++)
        all += (*p)->call_count;
    EXPECT_EQ(all, 497);
    const struct vr_api_program *remote = vr_api_program_find(0x20008086);
    EXPECT(remote == &vr_remote_program && vr_api_program_find(0x20008085) == NULL);
    EXPECT(vr_api_call_find(remote, 0) == NULL && vr_api_call_find(remote, remote->call_count + 1) == NULL);
    EXPECT(vr_api_call_find(remote, 1) == &vr_api_connect_open);
    EXPECT(vr_api_call_named("qemu_domain_attach") == &vr_api_qemu_domain_attach);
    EXPECT(vr_api_call_named("domain_levitate") == NULL);
    int open = 0;
    for (uint32_t i = 1; i <= remote->call_count; i++)
        open += !vr_api_call_find(remote, i)->needs_auth;
    EXPECT_EQ(open, 5);
}

VR_TESTS("xdr", every_struct_survives_a_round_trip, no_struct_is_read_from_fewer_or_more_bytes_than_it_has,
         flipped_bits_are_refused_or_mean_another_value, bytes_on_the_wire_are_those_of_the_protocol,
         a_claimed_count_takes_no_memory, limits_hold_in_both_directions, what_no_honest_peer_sends_is_refused,
         a_string_that_must_be_there_is_not_sent_as_nothing, read_only_rules_look_at_the_arguments,
         access_entries_apply_by_flags, wide_flags_are_read_whole,
         every_domain_event_has_a_modern_form_and_the_old_ones_a_twin, programs_and_procedures_are_found)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "test.h"

#include <errno.h>
#include <stdint.h>
#include "alloc.h"
#include "arena.h"
#include "base64.h"
#include "buf.h"
#include "error.h"
#include "json.h"
#include "map.h"
#include "str.h"
#include "uuid.h"

VR_TEST(an_error_says_what_stock_says)
{
    VR_AUTO(vr_error) *err = NULL;
    EXPECT_FALSE(vr_fail(&err, VIR_ERR_NO_DOMAIN, _("no domain with matching name '%s'"), "x"));
    EXPECT_STR(err->message, "Domain not found: no domain with matching name 'x'");
    EXPECT_EQ(err->domain, VIR_FROM_QEMU);
    EXPECT_EQ(err->level, VIR_ERR_ERROR);
    vr_fail(&err, VIR_ERR_INTERNAL_ERROR, "second"); /* the first cause wins */
    EXPECT_EQ(err->code, VIR_ERR_NO_DOMAIN);
    vr_error_suffix(&err, "; defined here: %s", "y");
    EXPECT_STR_HAS(err->message, "'x'; defined here: y");
}

VR_TEST(an_errno_ends_the_message)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_fail_errno(&err, VIR_ERR_SYSTEM_ERROR, ENOENT, _("cannot open '%s'"), "/x");
    EXPECT_STR(err->message, "cannot open '/x': No such file or directory");
    EXPECT_EQ(err->int1, ENOENT);
}

VR_TEST(numbers_from_outside_are_bounded)
{
    uint64_t u = 7;
    int64_t i = 7;
    EXPECT(vr_parse_u64("18446744073709551615", 10, UINT64_MAX, &u));
    EXPECT(u == UINT64_MAX);
    EXPECT_FALSE(vr_parse_u64("18446744073709551616", 10, UINT64_MAX, &u));
    EXPECT_FALSE(vr_parse_u64("-1", 10, UINT64_MAX, &u));
    EXPECT_FALSE(vr_parse_u64("1 ", 10, UINT64_MAX, &u));
    EXPECT_FALSE(vr_parse_u64("", 10, UINT64_MAX, &u));
    EXPECT(vr_parse_i64("-5", 10, -5, 5, &i));
    EXPECT_EQ(i, -5);
    EXPECT_FALSE(vr_parse_i64("-6", 10, -5, 5, &i));
}

VR_TEST(a_map_keeps_order_and_survives_removal_while_iterating)
{
    VR_AUTO(vr_map) *m = vr_map_new();
    int values[1000];
    for (int i = 0; i < 1000; i++)
        vr_map_put(m, &i, sizeof(i), &values[i]);
    size_t pos = 0, seen = 0;
    void *v;
    while (vr_map_each(m, &pos, &v)) {
        EXPECT(v == &values[seen++]);
        int key = (int)((int *)v - values);
        if (key % 2)
            EXPECT(vr_map_remove(m, &key, sizeof(key)) == v);
    }
    EXPECT_EQ(seen, 1000);
    EXPECT_EQ(vr_map_count(m), 500);
    int k = 501;
    EXPECT(!vr_map_get(m, &k, sizeof(k)));
    k = 500;
    EXPECT(vr_map_get(m, &k, sizeof(k)) == &values[500]);
}

VR_TEST(an_arena_frees_children_alone)
{
    VR_AUTO(vr_arena) *a = vr_arena_new();
    struct vr_arena *c = vr_arena_child(a), *d = vr_arena_child(a);
    EXPECT_STR(vr_arena_printf(c, "%d", 5), "5");
    vr_arena_alloc(d, 200000);
    size_t with = vr_arena_size(a);
    vr_arena_free(d);
    EXPECT(vr_arena_size(a) < with - 190000);
}

VR_TEST(json_keeps_64_bits_and_order)
{
    VR_AUTO(vr_error) *err = NULL;
    const char *text = "{\"b\":18446744073709551615,\"a\":-9223372036854775808,\"n\":null}";
    VR_AUTO(vr_json) *v = vr_json_parse(text, strlen(text), &err);
    EXPECT_OK(v, err);
    vr_autofree char *out = vr_json_print(v);
    EXPECT_STR(out, text);
    int64_t i;
    EXPECT_FALSE(vr_json_get_int(v, "b", &i));
    EXPECT(vr_json_get(v, "n") != NULL);
    EXPECT(vr_json_get(v, "m") == NULL);
    EXPECT(!vr_json_parse("{\"a\":1}x", 8, &err));
    EXPECT_STR_HAS(err->message, "cannot parse json");
}

VR_TEST(a_uuid_is_read_as_people_write_it)
{
    struct vr_uuid u;
    char text[VR_UUID_TEXT];
    EXPECT(vr_uuid_parse(" C7A5FDBDEDAF9455926AD65C16DB1809 ", &u));
    EXPECT_STR(vr_uuid_format(&u, text), "c7a5fdbd-edaf-9455-926a-d65c16db1809");
    EXPECT_FALSE(vr_uuid_parse("c7a5fdbd-edaf-9455-926a-d65c16db180", &u));
    EXPECT_FALSE(vr_uuid_parse("c7a5fdbd-edaf-9455-926a-d65c16db18091", &u));
}

VR_TEST(the_nearest_name_is_near)
{
    static const char *const names[] = { "writeback", "writethrough", "none", NULL };
    EXPECT_STR(vr_name_nearest(names, "writebak"), "writeback");
    EXPECT(!vr_name_nearest(names, "qwertyuiop"));
}

VR_TEST(base64_goes_both_ways_and_refuses_what_it_is_not)
{
    static const char *const pairs[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foobar", "Zm9vYmFy" } };
    static const char *const bad[] = { "Z", "Zg=", "Zg===", "Z*==", "====", "Zg==Zg==", "=g==" };
    size_t len;
    for (size_t i = 0; i < VR_COUNT(pairs); i++) {
        vr_autofree char *text = vr_base64_encode(pairs[i][0], strlen(pairs[i][0]));
        EXPECT_STR(text, pairs[i][1]);
        vr_autofree char *bytes = vr_base64_decode(text, &len);
        EXPECT(bytes && len == strlen(pairs[i][0]));
        EXPECT_STR(bytes, pairs[i][0]);
    }
    for (size_t i = 0; i < VR_COUNT(bad); i++) {
        vr_autofree char *bytes = vr_base64_decode(bad[i], &len);
        ck_assert_msg(!bytes, "'%s' is taken for base64", bad[i]);
    }
}

VR_TESTS("base", base64_goes_both_ways_and_refuses_what_it_is_not, an_error_says_what_stock_says, an_errno_ends_the_message, numbers_from_outside_are_bounded,
         a_map_keeps_order_and_survives_removal_while_iterating, an_arena_frees_children_alone,
         json_keeps_64_bits_and_order, a_uuid_is_read_as_people_write_it, the_nearest_name_is_near)

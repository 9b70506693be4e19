/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/test.h"
#include "client/uri.h"

static struct vr_uri parsed;
static struct vr_arena *arena;

static bool parse(const char *text)
{
    if (!arena)
        arena = vr_arena_new();
    VR_AUTO(vr_error) *err = NULL;
    return vr_uri_parse(arena, text, &parsed, &err);
}

VR_TEST(a_uri_has_driver_transport_user_host_port_and_path)
{
    EXPECT(parse("qemu+tcp://me@box.example:1234/system"));
    EXPECT_STR(parsed.driver, "qemu");
    EXPECT_STR(parsed.transport, "tcp");
    EXPECT_STR(parsed.user, "me");
    EXPECT_STR(parsed.host, "box.example");
    EXPECT_EQ(parsed.port, 1234);
    EXPECT_STR(parsed.path, "/system");
}

VR_TEST(ipv6_addresses_stand_in_brackets)
{
    EXPECT(parse("qemu+tcp://[fe80::1]:77/system"));
    EXPECT_STR(parsed.host, "fe80::1");
    EXPECT_EQ(parsed.port, 77);
    EXPECT(parse("qemu+tcp://[::1]/system"));
    EXPECT_STR(parsed.host, "::1");
    EXPECT_EQ(parsed.port, 0);
    EXPECT_FALSE(parse("qemu+tcp://[::1/system"));
    EXPECT_FALSE(parse("qemu+tcp://[::1]x/system"));
}

VR_TEST(parameters_are_decoded_and_the_last_of_a_name_counts)
{
    EXPECT(parse("qemu:///system?socket=/tmp/a%20b&x&socket=/c;y=1"));
    EXPECT_STR(vr_uri_param(&parsed, "socket"), "/c");
    EXPECT_STR(vr_uri_param(&parsed, "x"), "");
    EXPECT_STR(vr_uri_param(&parsed, "y"), "1");
    EXPECT(vr_uri_param(&parsed, "z") == NULL);
    EXPECT(parse("qemu:///system?socket=%2fa%00b%zz%4"));
    EXPECT_STR(vr_uri_param(&parsed, "socket"), "/a%00b%zz%4");
}

VR_TEST(the_server_sees_neither_transport_nor_host_nor_what_is_the_clients)
{
    EXPECT(parse("qemu+tcp://me@box/system?socket=/a&mine=1&mode=legacy"));
    EXPECT_STR(vr_uri_for_server(arena, &parsed), "qemu:///system?mine=1");
    EXPECT(parse("qemu+unix:///session"));
    EXPECT_STR(vr_uri_for_server(arena, &parsed), "qemu:///session");
    EXPECT(parse("qemu+unix:///system?name=test:///default"));
    EXPECT_STR(vr_uri_for_server(arena, &parsed), "test:///default");
    EXPECT(parse("remote+tcp://box/"));
    EXPECT_STR(vr_uri_for_server(arena, &parsed), "");
}

VR_TEST(what_is_no_uri_is_refused)
{
    static const char *const bad[] = { "", ":", "://", "nonsense", "qemu+tcp://box:99999/system",
                                       "qemu+tcp://box:12x/system", "qemu:///sys tem", "qemu:///a\"b", "qemu:///\x01",
                                       "qe mu:///system" };
    for (size_t i = 0; i < VR_COUNT(bad); i++)
        ck_assert_msg(!parse(bad[i]), "accepted '%s'", bad[i]);
}

VR_TEST(size_and_number_of_parameters_are_bounded)
{
    char *text = malloc(200000);
    strcpy(text, "qemu:///system?");
    for (int i = 0; i < 65; i++)
        strcat(text, "a=b&");
    EXPECT_FALSE(parse(text));
    memset(text, 'a', 100000);
    memcpy(text, "q://", 4);
    text[100000] = '\0';
    EXPECT_FALSE(parse(text));
    free(text);
}

/* Any bytes: no crash, and what is accepted can be told to the server. */
VR_TEST(random_bytes_are_accepted_or_refused)
{
    static const char letters[] = "qemu+:/?#@[]=&;%041af.~\x7f\xc3 -_";
    unsigned seed = 1;
    for (int round = 0; round < 100000; round++) {
        char text[48];
        size_t len = (seed = seed * 1103515245 + 12345) >> 16 & 31;
        strcpy(text, round & 1 ? "qemu://" : "q:");
        size_t at = strlen(text);
        for (size_t i = 0; i < len; i++)
            text[at++] = letters[((seed = seed * 1103515245 + 12345) >> 16) % (sizeof(letters) - 1)];
        text[at] = '\0';
        struct vr_arena *mine = vr_arena_new();
        struct vr_uri uri;
        if (vr_uri_parse(mine, text, &uri, NULL))
            EXPECT(vr_uri_for_server(mine, &uri) != NULL);
        vr_arena_free(mine);
    }
}

VR_TESTS("uri", a_uri_has_driver_transport_user_host_port_and_path, ipv6_addresses_stand_in_brackets,
         parameters_are_decoded_and_the_last_of_a_name_counts,
         the_server_sees_neither_transport_nor_host_nor_what_is_the_clients, what_is_no_uri_is_refused,
         size_and_number_of_parameters_are_bounded, random_bytes_are_accepted_or_refused)

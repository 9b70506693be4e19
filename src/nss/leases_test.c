/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "leases.h"

#include <arpa/inet.h>
#include "base/test.h"
#include "base/test_dir.h"

static char dir[64];

static void put(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
}

static void make_dir(void)
{
    strcpy(dir, "/tmp/nss-XXXXXX");
    EXPECT(vr_test_dir(dir) != NULL);
}

/* "10.0.0.5 fd00::5": what is found, in order. */
static char *found(const char *name, int family, bool guest)
{
    static char all[4096];
    struct nss_found f = { 0 };
    all[0] = 0;
    nss_find(dir, name, family, guest, &f);
    for (size_t i = 0; i < f.n; i++) {
        char text[INET6_ADDRSTRLEN];
        strcat(all, i ? " " : "");
        strcat(all, inet_ntop(f.v[i].family, f.v[i].bytes, text, sizeof(text)));
    }
    free(f.v);
    return all;
}

#define LEASES                                                                                     \
    "[\n  {\n    \"ip-address\": \"10.0.0.5\",\n    \"mac-address\": \"52:54:00:11:22:33\",\n    \"hostname\": \"Web\",\n" \
    "    \"client-id\": \"01:52\",\n    \"expiry-time\": 4000000000\n  },\n"                       \
    "  { \"iaid\": \"1\", \"ip-address\": \"fd00::5\", \"mac-address\": \"52:54:00:11:22:33\", \"hostname\": \"web\", \"expiry-time\": 0 },\n" \
    "  { \"ip-address\": \"10.0.0.6\", \"mac-address\": \"52:54:00:11:22:34\", \"hostname\": \"old\", \"expiry-time\": 1000 },\n" \
    "  { \"ip-address\": \"10.0.0.7\", \"mac-address\": \"52:54:00:11:22:35\", \"expiry-time\": 4000000000 }\n]\n"

VR_TEST(names_are_found_in_leases_that_have_not_expired)
{
    make_dir();
    put("virbr0.status", LEASES);
    put("virbr1.status", "");
    put("virbr2.other", LEASES);
    EXPECT_STR(found("web", AF_UNSPEC, false), "10.0.0.5 fd00::5");
    EXPECT_STR(found("WEB", AF_INET, false), "10.0.0.5");
    EXPECT_STR(found("web", AF_INET6, false), "fd00::5");
    EXPECT_STR(found("old", AF_UNSPEC, false), "");
    EXPECT_STR(found("", AF_UNSPEC, false), "");
    EXPECT_STR(found("nobody", AF_UNSPEC, false), "");
}

VR_TEST(guests_are_found_by_their_mac_addresses)
{
    make_dir();
    put("virbr0.status", LEASES);
    put("virbr0.macs", "[{\"domain\": \"vm\", \"macs\": [\"52:54:00:11:22:35\", \"52:54:00:11:22:33\"]},"
                       "{\"macs\": [\"52:54:00:11:22:34\"], \"domain\": \"gone\"}]");
    EXPECT_STR(found("vm", AF_INET, true), "10.0.0.5 10.0.0.7");
    EXPECT_STR(found("gone", AF_UNSPEC, true), "");
    EXPECT_STR(found("web", AF_UNSPEC, true), "");
}

/* Whatever the files hold, the program that asks for a name must live on. */
VR_TEST(broken_files_are_no_answer_and_no_crash)
{
    make_dir();
    for (size_t n = 0; n < sizeof(LEASES); n++) {
        char cut[sizeof(LEASES)];
        memcpy(cut, LEASES, n);
        cut[n] = 0;
        put("virbr0.status", cut);
        put("virbr0.macs", cut);
        found("web", AF_UNSPEC, false);
        found("web", AF_UNSPEC, true);
    }
    static const char *const bad[] = { "[[[[[[[[[[[[[[[[[[[[[[[[", "{}", "null", "[{\"ip-address\": {\"a\": [1,2]}}]", "[1,2,3]",
        "[{\"hostname\": \"web\", \"ip-address\": \"no address\"}]", "[{\"hostname\": \"web\", \"ip-address\": 5}]",
        "[{\"hostname\": \"web\\u0041\\", "\xff\xfe[", "[{\"expiry-time\": 99999999999999999999999999}]" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put("virbr0.status", bad[i]);
        EXPECT_STR(found("web", AF_UNSPEC, false), "");
    }
}

VR_TESTS("nss", names_are_found_in_leases_that_have_not_expired, guests_are_found_by_their_mac_addresses,
         broken_files_are_no_answer_and_no_crash)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * A test is a sentence. Thin macros over Check, which runs each test in a process of its own.
 *     VR_TEST(disk_driver_names_the_bad_cache_mode) { EXPECT_EQ(1, 1); }
 *     VR_TESTS("disk", disk_driver_names_the_bad_cache_mode, ...)      defines main()
 * Assertions leave the test by longjmp: use them outside fibers, or collect results and assert after the loop ended.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#define VR_TEST(name) START_TEST(name)
#undef END_TEST
#define END_TEST
#define EXPECT(cond) ck_assert_msg((cond), "expected: %s", #cond)
#define EXPECT_FALSE(cond) ck_assert_msg(!(cond), "expected not: %s", #cond)
#define EXPECT_EQ(a, b) ck_assert_int_eq((long long)(a), (long long)(b))
#define EXPECT_STR(a, b) ck_assert_pstr_eq((a), (b))
#define EXPECT_STR_HAS(text, part)                                                                 \
    do {                                                                                           \
        const char *vr_text_ = (text);                                                             \
        ck_assert_msg(vr_text_ && strstr(vr_text_, (part)), "expected '%s' to contain '%s'",       \
                      vr_text_ ? vr_text_ : "(null)", (part));                                     \
    } while (0)
/** Checks that a call succeeded and shows its error otherwise. */
#define EXPECT_OK(call, err) ck_assert_msg((call), "%s failed: %s", #call, vr_error_text(err))

#define VR_TESTS(suite_name, ...)                                                                  \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const all[] = { __VA_ARGS__ };                                                \
        Suite *s = suite_create(suite_name);                                                       \
        TCase *t = tcase_create(suite_name);                                                       \
        tcase_set_timeout(t, 120);                                                                 \
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)                                  \
            tcase_add_test(t, all[i]);                                                             \
        suite_add_tcase(s, t);                                                                     \
        SRunner *r = srunner_create(s);                                                            \
        srunner_run_all(r, CK_NORMAL);                                                             \
        int failed = srunner_ntests_failed(r);                                                     \
        srunner_free(r);                                                                           \
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;                                               \
    }

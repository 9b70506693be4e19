/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_LOG_SOURCE "qemu.monitor"
#include <stdio.h>
#include <unistd.h>
#include "alloc.h"
#include "buf.h"
#include "log.h"
#include "log_settings.h"
#include "test.h"

static char *file_text(const char *path)
{
    struct vr_buf b = VR_BUF_INIT;
    FILE *f = fopen(path, "r");
    if (f) {
        char part[4096];
        size_t n;
        while ((n = fread(part, 1, sizeof(part), f)) > 0)
            vr_buf_add(&b, part, n);
        fclose(f);
    }
    return vr_buf_take(&b);
}

static char *temporary_dir(void)
{
    char *dir = vr_strdup("/tmp/vireo-log-XXXXXX");
    ck_assert(mkdtemp(dir) != NULL);
    return dir;
}

/* What a 9.0.0 daemon answered to these settings over its admin socket. */
VR_TEST(filters_are_read_and_shown_as_stock_does)
{
    static const struct { const char *set, *shown; size_t count; } good[] = {
        { "1:qemu", "1:*qemu* ", 1 }, { "1:a*b 2:c.d", "1:*a*b* 2:*c.d* ", 2 }, { "+1:qemu", "1:*qemu* ", 1 },
        { "  1:a   2:b ", "1:*a* 2:*b* ", 2 }, { "4:a:b", "4:*a* ", 1 }, { "", "", 0 },
    };
    static const struct { const char *set, *error; } bad[] = {
        { "x", "invalid argument: Malformed format for filter 'x'" },
        { "1", "invalid argument: Malformed format for filter '1'" },
        { "1:", "invalid argument: Invalid match string ''" },
        { "1: a", "invalid argument: Invalid match string ''" },
        { "0:a", "invalid argument: Invalid priority '0' for filter '0:a'" },
        { "5:a", "invalid argument: Invalid priority '5' for filter '5:a'" },
    };
    for (size_t i = 0; i < VR_COUNT(good); i++) {
        VR_AUTO(vr_error) *err = NULL;
        size_t count = 99;
        EXPECT_OK(vr_log_set_filters(good[i].set, &err), err);
        vr_autofree char *shown = vr_log_get_filters(&count);
        EXPECT_STR(shown, good[i].shown);
        EXPECT_EQ(count, good[i].count);
    }
    for (size_t i = 0; i < VR_COUNT(bad); i++) {
        VR_AUTO(vr_error) *err = NULL;
        EXPECT_OK(vr_log_set_filters("2:kept", NULL), err);
        EXPECT_FALSE(vr_log_set_filters(bad[i].set, &err));
        EXPECT_EQ(err->code, VIR_ERR_INVALID_ARG);
        EXPECT_STR(err->message, bad[i].error);
        vr_autofree char *shown = vr_log_get_filters(NULL);
        EXPECT_STR(shown, "2:*kept* ");
    }
}

VR_TEST(outputs_are_read_and_shown_as_stock_does)
{
    static const struct { const char *set, *shown; size_t count; } good[] = {
        { "1:stderr", "1:stderr", 1 }, { "1:stderr 2:stderr", "2:stderr", 1 }, { "3:syslog:x", "3:syslog:x", 1 },
        { "3:syslog:", "3:syslog:", 1 }, { "", "3:stderr", 1 }, { NULL, "3:stderr", 1 },
    };
    static const struct { const char *set, *error; } bad[] = {
        { "1:qemu", "invalid argument: Invalid log destination 'qemu' for log output '1:qemu'" },
        { "bad", "invalid argument: Malformed format for log output 'bad'" },
        { "1:", "invalid argument: Invalid log destination '' for log output '1:'" },
        { "0:a", "invalid argument: Invalid log priority '0' for log output '0:a'" },
        { "3:file", "invalid argument: Log output '3:file' does not meet the format requirements for destination type "
                    "'file'" },
        { "3:syslog", "invalid argument: Log output '3:syslog' does not meet the format requirements for destination "
                      "type 'syslog'" },
        { "3:journald:x", "invalid argument: Log output '3:journald:x' does not meet the format requirements for "
                          "destination type 'journald'" },
        { "1:stderr:x", "invalid argument: Log output '1:stderr:x' does not meet the format requirements for "
                        "destination type 'stderr'" },
        { "1:file:/nosuch/dir/x", "failed to open /nosuch/dir/x: No such file or directory" },
        { "3:file:/", "failed to open /: Is a directory" },
    };
    for (size_t i = 0; i < VR_COUNT(good); i++) {
        VR_AUTO(vr_error) *err = NULL;
        size_t count = 99;
        EXPECT_OK(vr_log_set_outputs(good[i].set, &err), err);
        vr_autofree char *shown = vr_log_get_outputs(&count);
        EXPECT_STR(shown, good[i].shown);
        EXPECT_EQ(count, good[i].count);
    }
    for (size_t i = 0; i < VR_COUNT(bad); i++) {
        VR_AUTO(vr_error) *err = NULL;
        EXPECT_FALSE(vr_log_set_outputs(bad[i].set, &err));
        EXPECT_STR(err->message, bad[i].error);
        vr_autofree char *shown = vr_log_get_outputs(NULL);
        EXPECT_STR(shown, "3:stderr");
    }
}

VR_TEST(lines_go_where_their_level_and_source_say)
{
    vr_autofree char *dir = temporary_dir();
    vr_autofree char *all = vr_printf("%s/all", dir), *few = vr_printf("%s/few", dir);
    vr_autofree char *set = vr_printf("1:file:%s 4:file:%s", all, few);
    VR_AUTO(vr_error) *err = NULL;
    EXPECT_OK(vr_log_set_outputs(set, &err), err);
    vr_debug("unseen");
    vr_warn("seen");
    vr_logerr("grave");
    EXPECT_OK(vr_log_set_filters("1:qemu 4:loop", &err), err);
    vr_debug("detail");
    vr_log_write(VR_LOG_WARN, "loop.fiber", "f", 1, "quiet");
    vr_log_write(VR_LOG_ERROR, "loop.fiber", "f", 1, "broken");
    vr_log_write(VR_LOG_INFO, "daemon", "f", 1, "unasked");
    EXPECT_OK(vr_log_set_filters(NULL, &err), err);
    vr_debug("unseen again");
    vr_log_set_level(VR_LOG_DEBUG);
    vr_debug("now all");
    vr_autofree char *a = file_text(all), *f = file_text(few);
    static const char *const in[] = { ": seen\n", ": grave\n", ": detail\n", ": broken\n", ": now all\n" };
    for (size_t i = 0; i < VR_COUNT(in); i++)
        EXPECT_STR_HAS(a, in[i]);
    EXPECT(strstr(a, "unseen") == NULL && strstr(a, "quiet") == NULL && strstr(a, "unasked") == NULL);
    EXPECT_STR_HAS(f, "grave");
    EXPECT_STR_HAS(f, "broken");
    EXPECT(strstr(f, "seen") == NULL && strstr(f, "detail") == NULL);
    EXPECT_OK(vr_log_set_outputs(NULL, &err), err);
    unlink(all);
    unlink(few);
    rmdir(dir);
}

VR_TEST(the_default_output_is_the_programs_choice)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_log_set_default_outputs("2:stderr");
    EXPECT_OK(vr_log_set_outputs("", &err), err);
    vr_autofree char *shown = vr_log_get_outputs(NULL);
    EXPECT_STR(shown, "2:stderr");
}

VR_TESTS("log", filters_are_read_and_shown_as_stock_does, outputs_are_read_and_shown_as_stock_does,
         lines_go_where_their_level_and_source_say, the_default_output_is_the_programs_choice)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines into commands, without a connection. */
#include "inside.h"

#include <limits.h>
#include "base/alloc.h"
#include "base/error.h"
#include "base/test.h"

static bool nothing(struct vr_cmd *cmd)
{
    return true;
}
static const struct vr_opt opts[] = {
    { "name", VR_OPT_DATA, .help = "" },
    { "alias", VR_OPT_ALIAS, .alias_of = "mode=fast" },
    { "mode", VR_OPT_STRING, .help = "" },
    { "count", VR_OPT_INT, .help = "" },
    { "quick", VR_OPT_BOOL, .help = "" },
    { 0 },
};
static const struct vr_command do_command = { "do", opts, nothing, VR_CMD_OFFLINE | VR_CMD_JSON, "", NULL, NULL };
static const struct vr_command *const commands[] = { &do_command, &vr_cmd_help, &vr_cmd_echo, NULL };
static const struct vr_group groups[] = { { "All", "all", commands }, { 0 } };
static const struct vr_program program = { .name = "x", .env_prefix = "X", .groups = groups };
static struct vr_shell shell = { .program = &program, .debug = VR_SH_ERROR, .log_fd = -1, .silent = true };

static struct vr_cmd *parsed(const char *line)
{
    struct vr_cmd *all = NULL;
    EXPECT(vr_parse_line(&shell, line, &all));
    return all;
}

static bool refused(const char *line)
{
    struct vr_cmd *all = NULL;
    bool ok = vr_parse_line(&shell, line, &all);
    vr_cmd_free(all);
    return !ok;
}

VR_TEST(quotes_keep_blanks_and_semicolons)
{
    struct vr_cmd *c = parsed("do 'a;b c' \"d\\\"e\" ; do f # comment");
    EXPECT_STR(vr_opt_raw(c, "name"), "a;b c");
    EXPECT_STR(vr_opt_raw(c, "mode"), "d\"e");
    EXPECT_STR(vr_opt_raw(c->next, "name"), "f");
    EXPECT(!c->next->next);
    vr_cmd_free(c);
}

VR_TEST(broken_lines_run_nothing)
{
    EXPECT(refused("do a; nosuch"));
    EXPECT(refused("do \"a"));
    EXPECT(refused("do a\\"));
    EXPECT(refused("do"));
    EXPECT(refused("do a --quick=1"));
    EXPECT(refused("do a --quick --quick"));
    EXPECT(refused("do a --mode"));
    EXPECT(refused("do a b 1 c"));
    EXPECT(refused("do a --alias --mode slow"));
}

VR_TEST(aliases_preset_their_option_and_json_is_understood)
{
    struct vr_cmd *c = parsed("do a --alias --json");
    EXPECT_STR(vr_opt_raw(c, "mode"), "fast");
    EXPECT(vr_json_wanted(c));
    vr_cmd_free(c);
}

VR_TEST(two_dashes_end_options)
{
    struct vr_cmd *c = parsed("do -- --quick");
    EXPECT_STR(vr_opt_raw(c, "name"), "--quick");
    EXPECT_FALSE(vr_opt_bool(c, "quick"));
    vr_cmd_free(c);
}

VR_TEST(numbers_are_whole_and_in_range)
{
    static const struct { const char *line; int got, value; } rows[] = {
        { "do a --count 5", 1, 5 }, { "do a --count -7", 1, -7 }, { "do a --count +3", 1, 3 }, { "do a", 0, 0 },
        { "do a --count 5x", -1, 0 }, { "do a --count ''", -1, 0 }, { "do a --count 2147483648", -1, 0 },
        { "do a --count 0x10", -1, 0 }, { "do a --count 99999999999999999999", -1, 0 },
    };
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        struct vr_cmd *c = parsed(rows[i].line);
        int v = 0;
        EXPECT_EQ(vr_opt_int(c, "count", &v), rows[i].got);
        EXPECT_EQ(v, rows[i].value);
        vr_cmd_free(c);
    }
}

VR_TEST(sizes_have_suffixes_and_do_not_overflow)
{
    static const struct { const char *text; int got; unsigned long long value; } rows[] = {
        { "3", 1, 3072 }, { "3k", 1, 3072 }, { "3KiB", 1, 3072 }, { "3KB", 1, 3000 }, { "3b", 1, 3 }, { "1bytes", 1, 1 },
        { "2G", 1, 2ULL << 30 }, { "15E", 1, 15ULL << 60 }, { "16E", -1, 0 }, { "3X", -1, 0 }, { "-3", -1, 0 }, { "k", -1, 0 },
        { "3 k", -1, 0 }, { "3kX", -1, 0 },
    };
    struct vr_cmd *c = parsed("do a");
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        unsigned long long v = 0;
        EXPECT_EQ(vr_scale(c, rows[i].text, &v, 1024, ULLONG_MAX), rows[i].got);
        EXPECT(v == rows[i].value);
    }
    free(vr_take(shell.late));
    vr_cmd_free(c);
}

static size_t candidates(const char *line, const char *first)
{
    char **found = vr_complete(&shell, line);
    size_t n = 0;
    EXPECT_STR(found ? found[0] : NULL, first);
    for (; found && found[n]; n++)
        free(found[n]);
    free(found);
    return n;
}

VR_TEST(completion_knows_commands_options_and_topics)
{
    EXPECT_EQ(candidates("d", "do"), 1);
    EXPECT_EQ(candidates("", "do"), 3);
    EXPECT_EQ(candidates("do a --qu", "--quick"), 1);
    EXPECT_EQ(candidates("do a --quick --qu", NULL), 0);
    EXPECT_EQ(candidates("help ec", "echo"), 1);
    EXPECT_EQ(candidates("do x; ec", "echo"), 1);
    EXPECT_EQ(candidates("nosuch a", NULL), 0);
}

VR_TESTS("shell", quotes_keep_blanks_and_semicolons, broken_lines_run_nothing, aliases_preset_their_option_and_json_is_understood,
         two_dashes_end_options, numbers_are_whole_and_in_range, sizes_have_suffixes_and_do_not_overflow,
         completion_knows_commands_options_and_topics)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf.h"

#include <stdio.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/test.h"

struct sample {
    char *name, *size;
    bool on;
    int64_t number;
    int line;
    char **list, **either, **guards;
    char *auth;
};

static const char *const auth_names[] = { "none", "sasl", NULL };
static const char *const harmless[] = { "none", NULL };
#define KEY(key, kind, what, ...)                                                                  \
    { .name = #key, .type = VR_CONF_##kind, .effect = VR_CONF_##what, .offset = offsetof(struct sample, key), ##__VA_ARGS__ }
static const struct vr_conf_key keys[] = {
    KEY(name, STRING, WORKS),
    KEY(size, INT_OR_STRING, WORKS),
    KEY(on, BOOL, WORKS),
    KEY(number, INT, WORKS, .min = 1, .max = 10, .line_offset = offsetof(struct sample, line)),
    KEY(list, LIST, WORKS),
    KEY(either, STRING_OR_LIST, WITHOUT_EFFECT),
    KEY(guards, LIST, PROTECTS, .harmless = harmless),
    KEY(auth, STRING, PROTECTS, .values = auth_names, .harmless = harmless),
    { 0 }
};

static char log_text[4096];
static void keep_log(enum vr_log_level level, const char *source, const char *line, void *opaque)
{
    size_t at = strlen(log_text);
    snprintf(log_text + at, sizeof(log_text) - at, "%s", line);
}

static bool read_text(const char *text, struct sample *out, struct vr_error **err)
{
    memset(out, 0, sizeof(*out));
    VR_AUTO(vr_conf) *conf = vr_conf_parse("/etc/x.conf", text, strlen(text), err);
    return conf && vr_conf_apply(conf, keys, out, err);
}

static void expect_error(const char *text, const char *part)
{
    struct sample s;
    VR_AUTO(vr_error) *err = NULL;
    EXPECT_FALSE(read_text(text, &s, &err));
    EXPECT_EQ(err->code, VIR_ERR_CONF_SYNTAX);
    EXPECT_STR_HAS(err->message, part);
    vr_conf_release(keys, &s);
}

VR_TEST(every_form_of_value_is_read)
{
    struct sample s;
    VR_AUTO(vr_error) *err = NULL;
    EXPECT_OK(read_text("# comment\n"
                        "name = 'single \"quoted\"' # trailing\n"
                        "size=\"\"\"two\nlines\"\"\"\n"
                        "\ton\t=\t1\r\n"
                        "number = 7\n"
                        "list = [ \"a\", 'b' # in between\n , \"c\", ]\n"
                        "either = \"one\"", &s, &err), err);
    EXPECT_STR(s.name, "single \"quoted\"");
    EXPECT_STR(s.size, "two\nlines");
    EXPECT(s.on);
    EXPECT_EQ(s.number, 7);
    EXPECT_EQ(s.line, 6);
    EXPECT_STR(s.list[0], "a");
    EXPECT_STR(s.list[2], "c");
    EXPECT(!s.list[3]);
    EXPECT_STR(s.either[0], "one");
    EXPECT(!s.either[1]);
    vr_conf_release(keys, &s);
    EXPECT(!s.list && !s.name);
}

VR_TEST(numbers_keep_their_digits_where_texts_are_allowed)
{
    struct sample s;
    VR_AUTO(vr_error) *err = NULL;
    EXPECT_OK(read_text("size = -12\nlist = []\nauth=\"none\"\nguards = [\"none\"]", &s, &err), err);
    EXPECT_STR(s.size, "-12");
    EXPECT(s.list && !s.list[0]);
    vr_conf_release(keys, &s);
}

VR_TEST(the_last_assignment_counts)
{
    struct sample s;
    VR_AUTO(vr_error) *err = NULL;
    EXPECT_OK(read_text("number = 3\nnumber = 4\nname='a'\nname='b'", &s, &err), err);
    EXPECT_EQ(s.number, 4);
    EXPECT_STR(s.name, "b");
    vr_conf_release(keys, &s);
}

VR_TEST(syntax_errors_name_file_and_line)
{
    expect_error("\nname", "/etc/x.conf:2: expecting an assignment");
    expect_error("name = ", "/etc/x.conf:1: expecting a value");
    expect_error("name = frog", "/etc/x.conf:1: expecting a value");
    expect_error("name = 'x", "/etc/x.conf:1: unterminated string");
    expect_error("name = 'x\n'", "unterminated string");
    expect_error("name = 'x' 'y'", "expecting a separator");
    expect_error("list = [ 'a' 'b' ]", "expecting a separator in list");
    expect_error("list = [ 'a',\n\n", "/etc/x.conf:3: list is not closed with ]");
    expect_error("list = [ 1 ]", "expecting a value");
    expect_error("= 3", "expecting a name");
    expect_error("number = 99999999999999999999", "unterminated number");
    expect_error("number = -", "unterminated number");
}

VR_TEST(wrong_values_name_file_line_and_key)
{
    expect_error("\nname = 1", "/etc/x.conf:2: name: expected a string");
    expect_error("on = 2", "on: expected 0 or 1");
    expect_error("on = 'x'", "on: expected 0 or 1");
    expect_error("number = 11", "number: 11 is not within 1..10");
    expect_error("number = 'x'", "number: expected an integer");
    expect_error("list = 'x'", "list: expected a list of strings");
    expect_error("either = 1", "either: expected a string or a list");
    expect_error("auth = 'frog'", "auth: 'frog' is not one of 'none', 'sasl'");
}

VR_TEST(protection_that_is_not_built_stops)
{
    expect_error("auth = 'sasl'", "/etc/x.conf:1: auth: this build cannot");
    expect_error("guards = [ 'none', 'polkit' ]", "guards: this build cannot");
}

VR_TEST(unknown_keys_and_keys_without_effect_are_told)
{
    struct sample s;
    VR_AUTO(vr_error) *err = NULL;
    vr_log_set_sink(keep_log, NULL);
    EXPECT_OK(read_text("nam = 'x'\neither = 'y'", &s, &err), err);
    EXPECT_STR_HAS(log_text, "/etc/x.conf:1: nam: there is no such key; did you mean 'name'?");
    EXPECT_STR_HAS(log_text, "/etc/x.conf:2: either has no effect");
    vr_conf_release(keys, &s);
}

VR_TEST(what_is_no_text_or_too_long_is_refused)
{
    VR_AUTO(vr_error) *err = NULL;
    EXPECT(!vr_conf_parse("x", "a\0b", 3, &err));
    EXPECT_STR_HAS(err->message, "not a text file");
    vr_error_free(vr_take(err));
    vr_autofree char *big = vr_alloc(VR_CONF_SIZE_MAX + 1);
    memset(big, '\n', VR_CONF_SIZE_MAX + 1);
    EXPECT(!vr_conf_parse("x", big, VR_CONF_SIZE_MAX + 1, &err));
    EXPECT_STR_HAS(err->message, "longer than");
}

VR_TEST(no_mutation_of_a_file_breaks_the_parser)
{
    static const char base[] = "name = 'x'\nlist = [ \"a\", 'b' ] # c\nsize = \"\"\"x\"\"\"\nnumber = 5\non = 1\n";
    static const char pieces[] = "='\"[],#\n\r\t 0-a\xff_";
    unsigned seed = 12345;
    for (int round = 0; round < 20000; round++) {
        char text[sizeof(base)];
        memcpy(text, base, sizeof(base));
        size_t len = sizeof(base) - 1;
        for (int k = 0; k < 1 + round % 4; k++) {
            seed = seed * 1103515245 + 12345;
            text[(seed >> 8) % len] = pieces[(seed >> 20) % (sizeof(pieces) - 1)];
        }
        seed = seed * 1103515245 + 12345;
        len = 1 + (seed >> 10) % len;
        /* Exactly as long as it is, so that a read past the end is seen by a sanitizer. */
        vr_autofree char *exact = vr_memdup(text, len);
        VR_AUTO(vr_error) *err = NULL;
        VR_AUTO(vr_conf) *conf = vr_conf_parse("x", exact, len, &err);
        EXPECT((conf != NULL) != (err != NULL));
    }
}

VR_TEST(a_missing_file_is_empty_where_that_is_allowed)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_conf) *none = vr_conf_load("/nonexistent/x.conf", true, &err);
    EXPECT(none && none->count == 0);
    EXPECT(!vr_conf_load("/nonexistent/x.conf", false, &err));
    EXPECT_STR_HAS(err->message, "Failed to open file '/nonexistent/x.conf': No such file");
}

VR_TESTS("conf", every_form_of_value_is_read, numbers_keep_their_digits_where_texts_are_allowed, the_last_assignment_counts,
         syntax_errors_name_file_and_line, wrong_values_name_file_line_and_key, protection_that_is_not_built_stops,
         unknown_keys_and_keys_without_effect_are_told, what_is_no_text_or_too_long_is_refused,
         no_mutation_of_a_file_breaks_the_parser, a_missing_file_is_empty_where_that_is_allowed)

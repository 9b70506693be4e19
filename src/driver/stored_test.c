/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/test_dir.h"
#include "stored.h"

static char *directory(void)
{
    static char pattern[] = "/tmp/vireo-stored-XXXXXX";
    static char *made;
    return made ? made : (made = vr_test_dir(pattern));
}

static char *put(const char *name, const char *text)
{
    char *path = vr_printf("%s/%s", directory(), name);
    FILE *f = fopen(path, "w");
    EXPECT_EQ(f && fputs(text, f) >= 0 && fclose(f) == 0, true);
    return path;
}

static void note(const char *path, const char *name, void *opaque)
{
    VR_AUTO(vr_error) *err = NULL;
    size_t len = 0;
    vr_autofree char *text = vr_stored_read(path, &len, &err);
    vr_buf_printf(opaque, "%s=%s;", name, text ? text : vr_error_text(err));
}

VR_TEST(only_documents_are_read_and_what_a_crash_left_aside_goes)
{
    vr_autofree char *good = put("a.xml", "<a/>"), *aside = put("b.xml.new", "<b"), *other = put("c.txt", "c");
    vr_autofree char *hidden = put(".d.xml", "<d/>"), *strange = put("e.xml.renew", "e");
    struct vr_buf seen = { 0 };
    EXPECT_OK(vr_stored_each(directory(), note, &seen, NULL), NULL);
    vr_autofree char *text = vr_buf_take(&seen);
    EXPECT_STR(text, "a=<a/>;");
    vr_stored_tidy(directory());
    EXPECT_EQ(access(aside, F_OK), -1);
    EXPECT_EQ(access(good, F_OK) + access(other, F_OK) + access(hidden, F_OK) + access(strange, F_OK), 0);
}

VR_TEST(a_directory_that_is_missing_has_no_documents)
{
    vr_autofree char *path = vr_printf("%s/none", directory());
    EXPECT_OK(vr_stored_each(path, note, NULL, NULL), NULL);
    vr_stored_tidy(path);
}

VR_TEST(what_is_no_file_of_a_sane_size_is_refused_by_name)
{
    VR_AUTO(vr_error) *err = NULL, *second = NULL;
    vr_autofree char *pipe = vr_printf("%s/pipe.xml", directory()), *large = put("large.xml", "");
    size_t len = 0;
    EXPECT_EQ(mkfifo(pipe, 0600), 0);
    EXPECT_FALSE(vr_stored_read(pipe, &len, &err));
    EXPECT_STR_HAS(vr_error_text(err), "pipe.xml");
    EXPECT_EQ(truncate(large, (off_t)VR_STORED_MAX + 1), 0);
    EXPECT_FALSE(vr_stored_read(large, &len, &second));
}

VR_TESTS("stored", only_documents_are_read_and_what_a_crash_left_aside_goes, a_directory_that_is_missing_has_no_documents,
         what_is_no_file_of_a_sane_size_is_refused_by_name)

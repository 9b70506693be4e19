/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"
#include "base/test_dir.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "guestlog.h"
#include "loop/loop.h"
#include "driver/store.h"

static char dir[] = "/tmp/vireo-store-XXXXXX";
static struct vr_error *errs[64];
static bool oks[64];

static char *path_of(const char *name)
{
    return vr_printf("%s/%s", dir, name);
}

static char *content(const char *name)
{
    static char text[65536];
    vr_autofree char *path = path_of(name);
    vr_autoclose int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    text[n < 0 ? 0 : n] = 0;
    return n < 0 ? NULL : text;
}

struct body {
    void (*fn)(void);
};
static void body_main(void *arg)
{
    ((struct body *)arg)->fn();
    vr_loop_quit(0);
}

static void run(void (*fn)(void))
{
    VR_AUTO(vr_error) *err = NULL;
    struct body body = { fn };
    vr_log_set_level(VR_LOG_ERROR);
    EXPECT(vr_test_dir(dir) != NULL);
    EXPECT_OK(vr_loop_init(&err), err);
    EXPECT_OK(vr_fiber_start(NULL, "test", body_main, &body, &err), err);
    EXPECT_EQ(vr_loop_run(), 0);
    EXPECT_EQ(vr_fiber_count(), 0);
    vr_loop_done();
}

static void write_into(int slot, const char *name, const char *text)
{
    vr_autofree char *path = path_of(name);
    oks[slot] = vr_store_write(path, text, vr_after(VR_SEC(10)), &errs[slot]);
}

static void write_twice(void)
{
    write_into(0, "a/b/c.xml", "one");
    write_into(1, "a/b/c.xml", "two");
}

VR_TEST(a_write_makes_directories_and_replaces_whole_files)
{
    run(write_twice);
    EXPECT_OK(oks[0], errs[0]);
    EXPECT_OK(oks[1], errs[1]);
    EXPECT_STR(content("a/b/c.xml"), "two");
    EXPECT(content("a/b/c.xml.new") == NULL);
    struct stat st;
    vr_autofree char *path = path_of("a/b/c.xml");
    EXPECT_EQ(stat(path, &st), 0);
    EXPECT_EQ(st.st_mode & 0777, 0600);
}

static char memory[] = "/dev/shm/vr-store-XXXXXX";

static void queued_first(void *arg)
{
    vr_autofree char *path = vr_printf("%s/s.xml", memory);
    oks[0] = vr_store_write(path, "older", vr_after(VR_SEC(10)), &errs[0]);
}

static void state_behind_another_change(void)
{
    vr_autofree char *path = vr_printf("%s/s.xml", memory);
    struct vr_group *g = vr_group_new("writers");
    vr_fiber_start(g, "writer", queued_first, NULL, NULL);
    vr_yield(); /* the older text is on its way */
    oks[1] = vr_store_write_state(path, "newer", vr_after(VR_SEC(10)), &errs[1]);
    vr_group_join(g, vr_after(VR_SEC(30)), NULL);
    vr_group_free(g);
    vr_autofree char *missing = vr_printf("%s/below/t.xml", memory);
    oks[2] = vr_store_write_state(missing, "made", vr_after(VR_SEC(10)), &errs[2]);
    oks[3] = vr_store_write_state(missing, "again", vr_after(VR_SEC(10)), &errs[3]);
}

static bool holds(const char *name, const char *text)
{
    vr_autofree char *path = vr_printf("%s/%s", memory, name);
    char got[64] = "";
    FILE *f = fopen(path, "re");
    bool same = f && fgets(got, sizeof(got), f) && !strcmp(got, text);
    if (f)
        fclose(f);
    unlink(path);
    return same;
}

VR_TEST(state_is_written_at_once_but_never_past_an_older_change)
{
    if (!mkdtemp(memory))
        return; /* no file system in memory here */
    run(state_behind_another_change);
    for (int i = 0; i < 4; i++)
        EXPECT_OK(oks[i], errs[i]);
    EXPECT(holds("s.xml", "newer"));
    EXPECT(holds("below/t.xml", "again"));
    vr_autofree char *below = vr_printf("%s/below", memory);
    EXPECT_EQ(rmdir(below), 0);
    EXPECT_EQ(rmdir(memory), 0); /* nothing lies aside */
}

static int next_slot;
static void one_of_many(void *arg)
{
    int slot = next_slot++;
    vr_autofree char *name = vr_printf("f%d.xml", slot % 60);
    vr_autofree char *text = vr_printf("text %d", slot % 60);
    write_into(slot % 60, name, text);
}

static void write_many(void)
{
    struct vr_group *g = vr_group_new("writers");
    for (int i = 0; i < 180; i++)
        vr_fiber_start(g, "writer", one_of_many, NULL, NULL);
    vr_group_join(g, vr_after(VR_SEC(30)), NULL);
    vr_group_free(g);
}

VR_TEST(writers_that_come_together_all_find_their_text_on_disk)
{
    run(write_many);
    for (int i = 0; i < 60; i++) {
        char name[16], text[16];
        snprintf(name, sizeof(name), "f%d.xml", i);
        snprintf(text, sizeof(text), "text %d", i);
        EXPECT_OK(oks[i], errs[i]);
        EXPECT_STR(content(name), text);
    }
}

static void write_badly(void)
{
    write_into(0, "file", "x");
    write_into(1, "file/below.xml", "x"); /* its directory is a file */
    write_into(2, "good.xml", "x");
}

VR_TEST(a_write_that_fails_names_its_file_and_harms_no_other)
{
    run(write_badly);
    EXPECT_OK(oks[0], errs[0]);
    EXPECT_FALSE(oks[1]);
    EXPECT_STR_HAS(errs[1]->message, "file/below.xml");
    EXPECT_EQ(errs[1]->code, VIR_ERR_SYSTEM_ERROR);
    EXPECT_OK(oks[2], errs[2]);
}

static void links(void)
{
    vr_autofree char *link = path_of("autostart/x.xml");
    vr_autofree char *target = path_of("x.xml");
    vr_autofree char *other = path_of("y.xml");
    write_into(0, "x.xml", "x");
    oks[1] = vr_store_link(link, other, vr_after(VR_SEC(10)), &errs[1]);
    oks[2] = vr_store_link(link, target, vr_after(VR_SEC(10)), &errs[2]);
    oks[3] = content("autostart/x.xml") != NULL;
    oks[4] = vr_store_remove(link, vr_after(VR_SEC(10)), &errs[4]);
    oks[5] = vr_store_remove(link, vr_after(VR_SEC(10)), &errs[5]);
    oks[6] = vr_store_rename(target, other, vr_after(VR_SEC(10)), &errs[6]);
}

VR_TEST(links_are_replaced_and_removing_what_is_gone_is_no_error)
{
    run(links);
    for (int i = 0; i < 7; i++)
        EXPECT_OK(oks[i], errs[i]);
    EXPECT_STR(content("y.xml"), "x");
}

static void cancelled_writer(void *arg)
{
    write_into(0, "kept.xml", "kept");
}

static void cancel_one(void)
{
    struct vr_group *g = vr_group_new("cancelled");
    vr_fiber_start(g, "writer", cancelled_writer, NULL, NULL);
    vr_yield();
    vr_group_close(g);
    vr_group_free(g);
    write_into(1, "after.xml", "x"); /* queued behind it */
}

VR_TEST(a_cancelled_waiter_leaves_its_change_to_be_made)
{
    run(cancel_one);
    EXPECT_FALSE(oks[0]);
    EXPECT_EQ(errs[0]->code, VIR_ERR_OPERATION_ABORTED);
    EXPECT_OK(oks[1], errs[1]);
    EXPECT_STR(content("kept.xml"), "kept");
}

VR_TEST(a_stored_document_begins_with_the_warning)
{
    vr_autofree char *text = vr_store_document("edit", "tiny", "<domain/>\n");
    EXPECT_STR_HAS(text, "<!--\nWARNING: THIS IS AN AUTO-GENERATED FILE.");
    EXPECT_STR_HAS(text, "  virsh edit tiny\n");
    EXPECT(vr_ends_with(text, "-->\n\n<domain/>\n"));
    vr_autofree char *dashes = vr_store_document("edit", "a--b", "<domain/>\n"); /* no "--" inside a comment */
    EXPECT_STR_HAS(dashes, "  virsh edit\n");
}

VR_TEST(the_tail_of_a_log_is_what_qemu_said)
{
    EXPECT(vr_test_dir(dir) != NULL);
    vr_autofree char *path = path_of("x.log");
    FILE *f = fopen(path, "w");
    fprintf(f, "before\n");
    long start = ftell(f);
    fprintf(f, "2026-11-25 13:08:34.533+0000: Domain id=1 is tainted: custom-argv\n"
               "char device redirected to /dev/pts/0 (label charserial0)\n"
               "2026-11-25T13:08:36.9Z qemu-system-x86_64: -foo: invalid option\nsecond \033[1mline\n");
    fclose(f);
    vr_autofree char *tail = vr_guestlog_tail(path, start);
    EXPECT_STR(tail, "2026-11-25T13:08:36.9Z qemu-system-x86_64: -foo: invalid option\nsecond  [1mline");
    vr_autofree char *none = vr_guestlog_tail("/nonexistent", 0);
    EXPECT_STR(none, "");
}

VR_TESTS("qemu_store", a_write_makes_directories_and_replaces_whole_files,
         writers_that_come_together_all_find_their_text_on_disk, a_write_that_fails_names_its_file_and_harms_no_other,
         state_is_written_at_once_but_never_past_an_older_change,
         links_are_replaced_and_removing_what_is_gone_is_no_error, a_cancelled_waiter_leaves_its_change_to_be_made,
         a_stored_document_begins_with_the_warning, the_tail_of_a_log_is_what_qemu_said)

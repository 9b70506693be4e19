/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "base/alloc.h"
#include "dac.h"
#include "loop/loop.h"
#include "model/domain.h"
#include "mounts.h"
#include "user.h"

#define ATTR(name) "trusted.libvirt.security." name

static char dir[] = "/tmp/vireo-dac-XXXXXX";
static struct vr_error *error;

/* A file of 5:6 in a directory of its own; false: this test cannot run here. */
static bool setup(char **path)
{
    if (geteuid() != 0) {
        printf("skipped: changing owners needs root\n");
        return false;
    }
    ck_assert(mkdtemp(dir) != NULL);
    *path = vr_printf("%s/disk.img", dir);
    int fd = open(*path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ck_assert(fd >= 0);
    close(fd);
    ck_assert(chown(*path, 5, 6) == 0);
    if (setxattr(*path, ATTR("test"), "x", 1, 0) < 0) {
        printf("skipped: no trusted attributes on the file system of /tmp\n");
        unlink(*path);
        rmdir(dir);
        return false;
    }
    removexattr(*path, ATTR("test"));
    return true;
}

static void teardown(char *path)
{
    unlink(path);
    rmdir(dir);
    free(path);
}

/* "uid:gid count" of a file; count "-" without attributes. */
static const char *state(const char *path)
{
    static char text[128];
    char count[32];
    struct stat st;
    if (stat(path, &st) < 0)
        return "gone";
    ssize_t n = getxattr(path, ATTR("ref_dac"), count, sizeof(count) - 1);
    count[n > 0 ? n : 0] = '\0';
    snprintf(text, sizeof(text), "%u:%u %s", st.st_uid, st.st_gid, n > 0 ? count : "-");
    return text;
}

static struct vr_dac_item item(char *path, uid_t uid, gid_t gid)
{
    return (struct vr_dac_item){ path, uid, gid, true, true };
}

VR_TEST(an_owner_is_remembered_counted_and_put_back)
{
    char *path, owner[64] = { 0 };
    if (!setup(&path))
        return;
    struct vr_dac_item i = item(path, 100, 101);
    EXPECT_OK(vr_dac_set_one(&i, &error), error);
    EXPECT_STR(state(path), "100:101 1");
    EXPECT(getxattr(path, ATTR("dac"), owner, sizeof(owner) - 1) > 0);
    EXPECT_STR(owner, "+5:+6");
    EXPECT_OK(vr_dac_set_one(&i, &error), error);
    EXPECT_STR(state(path), "100:101 2");
    EXPECT_OK(vr_dac_restore_one(&i, &error), error);
    EXPECT_STR(state(path), "100:101 1");
    EXPECT_OK(vr_dac_restore_one(&i, &error), error);
    EXPECT_STR(state(path), "5:6 -");
    EXPECT(getxattr(path, ATTR("dac"), owner, sizeof(owner)) < 0 &&
           getxattr(path, ATTR("timestamp_dac"), owner, 64) < 0);
    teardown(path);
}

VR_TEST(a_file_in_use_as_one_user_is_not_given_to_another)
{
    char *path;
    if (!setup(&path))
        return;
    struct vr_dac_item first = item(path, 100, 101), second = item(path, 200, 201);
    EXPECT_OK(vr_dac_set_one(&first, &error), error);
    EXPECT_FALSE(vr_dac_set_one(&second, &error));
    EXPECT_EQ(error->code, VIR_ERR_OPERATION_INVALID);
    EXPECT_STR_HAS(error->message, "Setting different DAC user or group on");
    EXPECT_STR(state(path), "100:101 1");
    teardown(path);
}

VR_TEST(what_an_earlier_boot_remembered_is_void)
{
    char *path;
    if (!setup(&path))
        return;
    ck_assert(setxattr(path, ATTR("dac"), "+77:+78", 7, 0) == 0 && setxattr(path, ATTR("ref_dac"), "3", 1, 0) == 0 &&
              setxattr(path, ATTR("timestamp_dac"), "12345", 5, 0) == 0);
    struct vr_dac_item i = item(path, 100, 101);
    EXPECT_OK(vr_dac_set_one(&i, &error), error);
    EXPECT_STR(state(path), "100:101 1");
    EXPECT_OK(vr_dac_restore_one(&i, &error), error);
    EXPECT_STR(state(path), "5:6 -");
    teardown(path);
}

VR_TEST(attributes_that_make_no_sense_are_void)
{
    char *path;
    if (!setup(&path))
        return;
    ck_assert(setxattr(path, ATTR("dac"), "+5:-6\n", 6, 0) == 0 &&
              setxattr(path, ATTR("ref_dac"), "99999999999999999999999", 23, 0) == 0);
    struct vr_dac_item i = item(path, 100, 101);
    EXPECT_OK(vr_dac_restore_one(&i, &error), error);
    EXPECT_STR(state(path), "0:0 -");
    teardown(path);
}

VR_TEST(without_remembering_a_file_goes_to_root)
{
    char *path;
    if (!setup(&path))
        return;
    struct vr_dac_item i = { path, 100, 101, false, true };
    EXPECT_OK(vr_dac_set_one(&i, &error), error);
    EXPECT_STR(state(path), "100:101 -");
    EXPECT_OK(vr_dac_restore_one(&i, &error), error);
    EXPECT_STR(state(path), "0:0 -");
    i.restore = false;
    EXPECT_OK(vr_dac_set_one(&i, &error), error);
    EXPECT_OK(vr_dac_restore_one(&i, &error), error);
    EXPECT_STR(state(path), "100:101 -");
    teardown(path);
}

static bool result;
static struct vr_dac_list list;
static void set_list(void *arg)
{
    result = vr_dac_set(&list, vr_after(VR_SEC(20)), &error);
    vr_loop_quit(0);
}

VR_TEST(a_link_of_qemus_user_is_not_followed_another_one_is)
{
    char *path;
    if (!setup(&path))
        return;
    vr_autofree char *link = vr_printf("%s/link", dir);
    EXPECT_EQ(symlink(path, link), 0);
    VR_AUTO(vr_error) *err = NULL;
    struct vr_dac_item planted = { link, 77, 78, false, true };
    EXPECT_EQ(lchown(link, 77, 78), 0);
    EXPECT_FALSE(vr_dac_set_one(&planted, &err));
    EXPECT_STR_HAS(err->message, link);
    EXPECT_STR(state(path), "5:6 -");
    EXPECT(vr_dac_restore_one(&planted, NULL));
    EXPECT_STR(state(path), "5:6 -");
    EXPECT_EQ(lchown(link, 0, 0), 0);
    EXPECT(vr_dac_set_one(&planted, NULL));
    EXPECT_STR(state(path), "77:78 -");
    unlink(link);
    teardown(path);
}

VR_TEST(a_list_is_all_or_nothing)
{
    char *path;
    VR_AUTO(vr_error) *err = NULL;
    if (!setup(&path))
        return;
    vr_autofree char *missing = vr_printf("%s/none", dir);
    vr_dac_add(&list, path, 100, 101, true, true);
    vr_dac_add(&list, path, 100, 101, true, true);
    EXPECT_EQ(list.n, 1);
    vr_dac_add(&list, missing, 100, 101, true, true);
    EXPECT_OK(vr_loop_init(&err), err);
    EXPECT_OK(vr_fiber_start(NULL, "set", set_list, NULL, &err), err);
    vr_loop_run();
    vr_loop_done();
    EXPECT_FALSE(result);
    EXPECT_STR_HAS(error->message, "unable to stat: ");
    EXPECT_STR_HAS(error->message, "/none: No such file or directory");
    EXPECT_STR(state(path), "5:6 -");
    vr_dac_list_done(&list);
    teardown(path);
}

/* ---- which paths -------------------------------------------------------------------------------------------- */

static bool has(const char *path, bool remember, bool restore)
{
    for (size_t i = 0; i < list.n; i++)
        if (strcmp(list.v[i].path, path) == 0)
            return list.v[i].remember == remember && list.v[i].restore == restore;
    return false;
}

VR_TEST(a_definitions_paths_are_those_qemu_opens)
{
    struct vr_storage_source base = { .type = VR_STORAGE_FILE, .path = "/i/base" };
    struct vr_storage_source top = { .type = VR_STORAGE_FILE, .path = "/i/top", .backing = &base };
    struct vr_storage_source cd = { .type = VR_STORAGE_FILE, .path = "/i/cd.iso" };
    struct vr_storage_source net = { .type = VR_STORAGE_NETWORK, .path = "/i/net" };
    struct vr_disk a = { .src = &top }, b = { .src = &cd, .device = VR_DISK_CDROM }, c = { .src = &net };
    struct vr_disk *disks[] = { &a, &b, &c };
    struct vr_chr port = { .src = { .type = VR_CHR_DEV, .path = "/dev/ttyS7" } }, *ports[] = { &port };
    struct vr_domain_def def = { .disks = { disks, 3 }, .serials = { ports, 1 }, .os = { .kernel = "/k/vmlinuz" } };
    struct vr_dac_user user = { 100, 101, true };
    EXPECT_OK(vr_dac_of_domain(&def, &user, &list, &error), error);
    EXPECT_EQ(list.n, 5);
    EXPECT(has("/i/top", true, true));
    EXPECT(has("/i/base", false, false));
    EXPECT(has("/i/cd.iso", false, false));
    EXPECT(has("/dev/ttyS7", true, true));
    EXPECT(has("/k/vmlinuz", true, true));
    vr_dac_list_done(&list);
}

VR_TEST(labels_of_the_domain_and_of_a_source_decide)
{
    struct vr_seclabel own = { .model = "dac", .type = "static", .label = "+7:+8" },
                       off = { .model = "dac", .relabel = VR_TRI_NO };
    struct vr_seclabel *owns[] = { &own }, *offs[] = { &off };
    struct vr_storage_source one = { .type = VR_STORAGE_FILE, .path = "/i/one" };
    struct vr_storage_source two = { .type = VR_STORAGE_BLOCK, .path = "/dev/two", .seclabels = { offs, 1 } };
    struct vr_disk a = { .src = &one }, b = { .src = &two }, *disks[] = { &a, &b };
    struct vr_domain_def def = { .disks = { disks, 2 }, .seclabels = { owns, 1 } };
    struct vr_dac_user user = { 100, 101, true };
    EXPECT_OK(vr_dac_of_domain(&def, &user, &list, &error), error);
    EXPECT_EQ(list.n, 1);
    EXPECT_STR(list.v[0].path, "/i/one");
    EXPECT(list.v[0].uid == 7 && list.v[0].gid == 8);
    vr_dac_list_done(&list);
    own.relabel = VR_TRI_NO;
    EXPECT_OK(vr_dac_of_domain(&def, &user, &list, &error), error);
    EXPECT_EQ(list.n, 0);
}

VR_TEST(users_are_names_or_numbers)
{
    uid_t uid;
    gid_t gid;
    EXPECT_OK(vr_user_parse("root", &uid, &error), error);
    EXPECT_EQ(uid, 0);
    EXPECT_OK(vr_user_parse("+12", &uid, &error), error);
    EXPECT_EQ(uid, 12);
    EXPECT_OK(vr_label_parse("+12:+13", &uid, &gid, &error), error);
    EXPECT(uid == 12 && gid == 13);
    EXPECT_OK(vr_label_parse("root", &uid, &gid, &error), error);
    EXPECT(uid == 0 && gid == 0);
    gid_t *groups;
    size_t count = 0;
    bool own = false, asked = false;
    EXPECT_OK(vr_user_groups(0, 4321, &groups, &count, &error), error);
    for (size_t i = 0; i < count; i++) {
        own |= groups[i] == 0;
        asked |= groups[i] == 4321;
    }
    EXPECT(own && asked);
    free(groups);
    EXPECT_OK(vr_user_groups(3999999, 4321, &groups, &count, &error), error);
    EXPECT(count == 1 && groups[0] == 4321);
    free(groups);
    EXPECT_FALSE(vr_user_parse("no such user", &uid, &error));
    EXPECT_STR_HAS(error->message, "Failed to parse user 'no such user'");
    EXPECT_FALSE(vr_group_parse("+-1", &gid, NULL));
    EXPECT_FALSE(vr_user_parse("+4294967295", &uid, NULL));
    EXPECT_FALSE(vr_label_parse(":5", &uid, &gid, NULL));
}

VR_TEST(a_mount_is_found_by_name)
{
    vr_autofree char *proc = vr_mount_of("/proc/sys/none"), *other = vr_mount_of("/procession"),
                     *none = vr_mount_of("x");
    EXPECT_STR(proc, "/proc");
    EXPECT_STR(other, "/");
    EXPECT_STR(none, "/");
}

VR_TESTS("dac", a_link_of_qemus_user_is_not_followed_another_one_is,
         an_owner_is_remembered_counted_and_put_back, a_file_in_use_as_one_user_is_not_given_to_another,
         what_an_earlier_boot_remembered_is_void, attributes_that_make_no_sense_are_void,
         without_remembering_a_file_goes_to_root, a_list_is_all_or_nothing, a_definitions_paths_are_those_qemu_opens,
         labels_of_the_domain_and_of_a_source_decide, users_are_names_or_numbers, a_mount_is_found_by_name)

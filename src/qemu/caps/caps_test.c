/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/test.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "qemu/caps/caps_xml.h"

/* Replies of a small made-up emulator. */
static const char small[] =
    "{\"query-version\":{\"qemu\":{\"major\":7,\"minor\":2,\"micro\":22},\"package\":\"P\"},"
    "\"query-target\":{\"arch\":\"x86_64\"},"
    "\"query-machines\":[{\"name\":\"none\",\"cpu-max\":1},"
    "{\"name\":\"pc-q35-7.2\",\"alias\":\"q35\",\"cpu-max\":288,\"default-cpu-type\":\"qemu64-x86_64-cpu\"},"
    "{\"name\":\"pc-i440fx-7.2\",\"alias\":\"pc\",\"is-default\":true,\"cpu-max\":255,\"default-ram-id\":\"pc.ram\"}],"
    "\"query-cpu-definitions\":[{\"name\":\"qemu64\",\"unavailable-features\":[]},"
    "{\"name\":\"Haswell\",\"unavailable-features\":[\"hle\",\"rtm\"]}],"
    "\"query-commands\":[{\"name\":\"blockdev-backup\"}],"
    "\"query-command-line-options\":[{\"option\":\"sandbox\",\"parameters\":[{\"name\":\"elevateprivileges\"}]}],"
    "\"qom-list-types\":[{\"name\":\"virtio-blk-pci\"},{\"name\":\"qemu-xhci\"}]}";

static struct vr_qemu_caps *make(const char *replies_text, struct vr_error **err)
{
    VR_AUTO(vr_json) *replies = vr_json_parse(replies_text, strlen(replies_text), err);
    ck_assert_ptr_nonnull(replies);
    VR_AUTO(vr_json) *properties = vr_json_parse("{\"mch\":[{\"name\":\"extended-tseg-mbytes\"}]}", 42, NULL);
    struct vr_qemu_replies tcg = { replies, properties };
    VR_AUTO(vr_json) *doc = vr_qemu_caps_reduce(&tcg, NULL, err);
    return doc ? vr_qemu_caps_from_json(doc, "/usr/bin/qemu-system-x86_64", err) : NULL;
}

VR_TEST(replies_become_machines_models_and_features)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *caps = make(small, &err);
    EXPECT_OK(caps != NULL, err);
    EXPECT_EQ(vr_qemu_caps_version(caps), 7002022);
    EXPECT_EQ(caps->n_machines, 2); /* none is no machine */
    EXPECT_STR(vr_qemu_caps_machine(caps, "pc")->name, "pc-i440fx-7.2");
    EXPECT_STR(vr_qemu_caps_machine(caps, "q35")->default_cpu, "qemu64");
    EXPECT_STR(vr_qemu_caps_default_machine(caps)->default_ram_id, "pc.ram");
    EXPECT(vr_qemu_caps_machine(caps, "pc-1.0") == NULL);
    EXPECT(vr_qemu_caps_has(caps, VR_QEMU_VIRTIO_BLK));
    EXPECT(vr_qemu_caps_has(caps, VR_QEMU_SANDBOX));
    EXPECT(vr_qemu_caps_has(caps, VR_QEMU_BACKUP));
    EXPECT_FALSE(vr_qemu_caps_has(caps, VR_QEMU_QXL));
    EXPECT_FALSE(caps->kvm.available);
    EXPECT_STR(caps->tcg.cpus[1].blockers[1], "rtm");
    vr_qemu_caps_unref(caps);
}

VR_TEST(an_old_emulator_is_refused_by_its_version)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_autofree char *old = vr_strdup(small);
    memcpy(strstr(old, "\"major\":7"), "\"major\":4", 9);
    EXPECT(make(old, &err) == NULL);
    EXPECT_STR_HAS(err->message, "QEMU version >= 6.2.0 is required, but 4.2.22 found");
}

VR_TEST(a_reply_of_the_wrong_shape_is_an_error)
{
    VR_AUTO(vr_error) *err = NULL;
    EXPECT(make("{\"query-version\":{\"qemu\":7}}", &err) == NULL);
    EXPECT_EQ(err->code, VIR_ERR_INTERNAL_ERROR);
}

VR_TEST(the_document_names_aliases_after_their_machine)
{
    struct vr_qemu_caps *caps = make(small, NULL);
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    vr_qemu_caps_guests_xml(&text, &caps, 1);
    EXPECT_STR_HAS(text.data, "      <machine maxCpus='255'>pc-i440fx-7.2</machine>\n"
                              "      <machine canonical='pc-i440fx-7.2' maxCpus='255'>pc</machine>\n"
                              "      <machine maxCpus='288'>pc-q35-7.2</machine>\n");
    EXPECT(strstr(text.data, "kvm") == NULL);
    vr_qemu_caps_unref(caps);
}

VR_TEST(domain_capabilities_refuse_a_machine_the_emulator_lacks)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *caps = make(small, NULL);
    struct vr_qemu_domcaps_query query = { .machine = "pseries" };
    EXPECT(vr_qemu_domcaps_xml(caps, &query, &err) == NULL);
    EXPECT_STR_HAS(err->message, "the machine 'pseries' is not supported by emulator");
    query.machine = "q35";
    vr_autofree char *xml = vr_qemu_domcaps_xml(caps, &query, NULL);
    EXPECT_STR_HAS(xml, "<model usable='no' vendor='Intel'>Haswell</model>");
    EXPECT(strstr(xml, "<value>ide</value>") == NULL);
    vr_qemu_caps_unref(caps);
}

VR_TEST(a_missing_emulator_names_the_file)
{
    VR_AUTO(vr_error) *err = NULL;
    EXPECT(vr_qemu_caps_load("/nowhere/qemu-system-none", NULL, vr_after(VR_SEC(5)), &err) == NULL);
    EXPECT_EQ(err->code, VIR_ERR_SYSTEM_ERROR);
    EXPECT_STR_HAS(err->message, "Cannot check QEMU binary /nowhere/qemu-system-none: No such file or directory");
}

VR_TEST(an_emulator_that_says_nothing_is_given_up_in_time)
{
    char dir[] = "/tmp/vr-caps-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    vr_autofree char *path = vr_printf("%s/qemu", dir);
    FILE *f = fopen(path, "w");
    fputs("#!/bin/sh\nexec sleep 60\n", f);
    fchmod(fileno(f), 0755);
    fclose(f);
    VR_AUTO(vr_error) *err = NULL;
    vr_time before = vr_now();
    EXPECT(vr_qemu_caps_load(path, NULL, vr_after(VR_MS(300)), &err) == NULL);
    EXPECT(vr_now() - before < VR_SEC(5));
    EXPECT_EQ(err->code, VIR_ERR_OPERATION_TIMEOUT);
    unlink(path);
    rmdir(dir);
}

VR_TEST(an_emulator_that_dies_is_quoted)
{
    char dir[] = "/tmp/vr-caps-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    vr_autofree char *path = vr_printf("%s/qemu", dir);
    FILE *f = fopen(path, "w");
    fputs("#!/bin/sh\necho 'no such thing' >&2\nexit 1\n", f);
    fchmod(fileno(f), 0755);
    fclose(f);
    VR_AUTO(vr_error) *err = NULL;
    EXPECT(vr_qemu_caps_load(path, NULL, vr_after(VR_SEC(20)), &err) == NULL);
    EXPECT_STR_HAS(err->message, "no such thing");
    unlink(path);
    rmdir(dir);
}

VR_TEST(a_real_emulator_is_probed_once_and_then_read_from_the_cache)
{
    const char *path = "/usr/bin/qemu-system-x86_64";
    if (access(path, X_OK) < 0)
        return; /* nothing to probe on this machine */
    char dir[] = "/tmp/vr-caps-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *caps = vr_qemu_caps_load(path, dir, vr_after(VR_SEC(60)), &err);
    EXPECT_OK(caps != NULL, err);
    EXPECT(vr_qemu_caps_machine(caps, "q35") != NULL);
    EXPECT(vr_qemu_caps_has(caps, VR_QEMU_VIRTIO_BLK));
    EXPECT(vr_qemu_caps_fresh(caps));
    vr_time before = vr_now();
    struct vr_qemu_caps *again =
        vr_qemu_caps_load(path, dir, before, &err); /* no time left: only the cache can answer */
    EXPECT_OK(again != NULL, err);
    EXPECT_EQ(again->n_machines, caps->n_machines);
    EXPECT_EQ(memcmp(again->features, caps->features, sizeof(caps->features)), 0);
    vr_qemu_caps_unref(again);
    vr_qemu_caps_unref(caps);
    vr_autofree char *clean = vr_printf("rm -rf %s", dir);
    EXPECT_EQ(system(clean), 0);
}

VR_TESTS("qemu capabilities", replies_become_machines_models_and_features, an_old_emulator_is_refused_by_its_version,
         a_reply_of_the_wrong_shape_is_an_error, the_document_names_aliases_after_their_machine,
         domain_capabilities_refuse_a_machine_the_emulator_lacks, a_missing_emulator_names_the_file,
         an_emulator_that_says_nothing_is_given_up_in_time, an_emulator_that_dies_is_quoted,
         a_real_emulator_is_probed_once_and_then_read_from_the_cache)

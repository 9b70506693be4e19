/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "model/domain_xml.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/test.h"
#include "tables.h"

#define HEAD "<domain type='kvm'><name>d</name><memory>1024</memory><os><type arch='x86_64'>hvm</type></os>"
#define DEVICES HEAD "<devices>"
#define TAIL "</devices></domain>"

static struct vr_domain_def *parse(const char *xml, struct vr_error **err)
{
    return vr_domain_parse(xml, strlen(xml), VR_DOMAIN_INACTIVE, err);
}

static void expect_error(const char *xml, int code, const char *text)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_domain_def) *def = parse(xml, &err);
    ck_assert_msg(def == NULL, "accepted: %s", xml);
    ck_assert_msg(err->code == code && strstr(err->message, text) == err->message, "%d %s instead of %d %s", err->code,
                  err->message,
                  code, text);
}

VR_TEST(errors_have_stocks_codes_and_begin_with_its_words)
{
    expect_error("<domain/>", VIR_ERR_NO_NAME, "missing name information");
    expect_error("<a/>", VIR_ERR_XML_ERROR, "XML error: expecting root element of 'domain', not 'a'");
    expect_error("<domain type='test'><name>d</name></domain>", VIR_ERR_XML_ERROR,
                 "XML error: an os <type> must be specified");
    expect_error("<domain type='test'><name>a/b</name><os><type>hvm</type></os></domain>", VIR_ERR_XML_ERROR,
                 "XML error: name a/b cannot contain '/'");
    expect_error("<domain type='test'><name>..</name><os><type>hvm</type></os></domain>", VIR_ERR_XML_ERROR,
                 "XML error: name cannot be '..'");
    expect_error("<domain type='test'><name>a\nb</name><os><type>hvm</type></os></domain>", VIR_ERR_XML_DETAIL,
                 "invalid char in name: \n");
    expect_error("<domain type='test'><name>d</name><uuid>x</uuid><os><type>hvm</type></os></domain>",
                 VIR_ERR_INTERNAL_ERROR, "internal error: malformed uuid element");
    expect_error("<domain type='test'><name>d</name><os><type>hvm</type></os></domain>", VIR_ERR_XML_ERROR,
                 "XML error: Memory size must be specified");
    expect_error(DEVICES "<disk/>" TAIL, VIR_ERR_NO_TARGET, "missing target information for device");
    expect_error(DEVICES "<disk><target dev='vda' bus='q'/></disk>" TAIL, VIR_ERR_XML_ERROR,
                 "XML error: Invalid value for attribute 'bus' in element 'target': 'q'.");
    expect_error(DEVICES "<controller type='usb' model='q'/>" TAIL, VIR_ERR_CONFIG_UNSUPPORTED,
                 "unsupported configuration: Unknown model type 'q'");
    expect_error(DEVICES "<interface type='bridge'/>" TAIL, VIR_ERR_XML_ERROR,
                 "XML error: interface type='bridge' requires a 'source' element");
    expect_error(DEVICES "<sound model='ich6'><address type='pci' slot='0x20'/></sound>" TAIL, VIR_ERR_XML_ERROR,
                 "XML error: Invalid PCI address slot='0x20', must be <= 0x1F");
    expect_error(DEVICES "<rng/>" TAIL, VIR_ERR_XML_ERROR, "XML error: missing RNG device model");
    expect_error(HEAD "<features><acpy/></features></domain>", VIR_ERR_CONFIG_UNSUPPORTED,
                 "unsupported configuration: unexpected feature 'acpy'; did you mean 'acpi'?");
}

VR_TEST(a_small_definition_is_completed)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_domain_def) *def =
        parse(DEVICES "<disk><source file='/b'/><target dev='sdb'/></disk><disk><source file='/a'/><target dev='sda'/></disk>"
        "<interface type='user'/><serial type='pty'/><graphics type='vnc'/>" TAIL, &err);
    EXPECT_OK(def, err);
    EXPECT(def->uuid_set && !vr_uuid_is_zero(&def->uuid));
    EXPECT_EQ(def->vcpus, 1);
    EXPECT_EQ(def->current_memory_kib, 1024);
    EXPECT_EQ(def->os.boot.n, 1);
    EXPECT_STR(def->disks.v[0]->target, "sda");
    EXPECT_EQ(def->disks.v[1]->info.drive.unit, 1);
    EXPECT_EQ(def->controllers.n, 1);
    EXPECT(def->interfaces.v[0]->has_mac && def->interfaces.v[0]->mac.b[0] == 0x52);
    EXPECT_EQ(def->consoles.n, 1);
    EXPECT_EQ(def->graphics.v[0]->autoport, VR_TRI_YES);
    EXPECT_EQ(def->videos.n, 1);
}

VR_TEST(completing_twice_changes_nothing)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_domain_def) *def =
        parse(DEVICES "<disk><source file='/a'/><target dev='sda'/></disk><serial type='pty'/><graphics type='spice' autoport='yes'/>"
        "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel><interface type='user'/>" TAIL, &err);
    EXPECT_OK(def, err);
    vr_autofree char *first = vr_domain_format(def, VR_DOMAIN_INACTIVE | VR_DOMAIN_SECURE);
    VR_AUTO(vr_domain_def) *again = parse(first, &err);
    EXPECT_OK(again, err);
    vr_autofree char *second = vr_domain_format(again, VR_DOMAIN_INACTIVE | VR_DOMAIN_SECURE);
    EXPECT_STR(first, second);
}

static bool count(const char *path, const char *old, const char *new_, void *opaque)
{
    ++*(int *)opaque;
    return true;
}

/* Long texts: shows only where they part. */
static void expect_same(const char *a, const char *b)
{
    size_t at = 0;
    while (a[at] && a[at] == b[at])
        at++;
    if (!a[at] && !b[at])
        return;
    size_t from = at > 150 ? at - 150 : 0;
    ck_abort_msg("texts part at %zu:\n%.300s\n---\n%.300s", at, a + from, b + from);
}

VR_TEST(random_definitions_survive_text_and_copies)
{
    uint64_t seed = 7;
    for (int i = 0; i < 60; i++) {
        VR_AUTO(vr_arena) *arena = vr_arena_new();
        VR_AUTO(vr_error) *err = NULL;
        struct vr_domain_def *def = vr_elem_random(arena, &vr_domain_elem, &seed);
        def->id = -1;
        unsigned forms = VR_DOMAIN_SECURE | VR_DOMAIN_STATUS;
        vr_autofree char *text = vr_domain_format(def, forms);
        VR_AUTO(vr_domain_def) *again = vr_domain_parse(text, strlen(text), VR_FORM_NO_HOOKS | VR_DOMAIN_RAW |
                                                        VR_DOMAIN_STATUS, &err);
        ck_assert_msg(again, "%s: %.1500s", vr_error_text(err), text);
        again->id = -1;
        vr_autofree char *second = vr_domain_format(again, forms);
        expect_same(text, second);
        VR_AUTO(vr_domain_def) *copy = vr_domain_copy(def);
        int differences = 0;
        EXPECT(vr_domain_diff(def, copy, forms, count, &differences));
        memset(def, 0xa5, sizeof(*def)); /* the copy must not lean on the original */
        vr_arena_free(vr_take(arena));
        vr_autofree char *third = vr_domain_format(copy, forms);
        expect_same(text, third);
    }
}

VR_TEST(random_devices_survive_one_by_one)
{
    static const struct vr_xml_elem *const all[] = { &vr_disk_elem, &vr_controller_elem, &vr_interface_elem,
        &vr_graphics_elem,
        &vr_hostdev_elem, &vr_serial_elem, &vr_console_elem, &vr_channel_elem, &vr_input_elem, &vr_sound_elem,
            &vr_audio_elem,
        &vr_video_elem, &vr_memballoon_elem, &vr_rng_elem, &vr_watchdog_elem, &vr_panic_elem, &vr_tpm_elem,
            &vr_hub_elem,
        &vr_smartcard_elem, &vr_redirdev_elem, &vr_filesystem_elem, &vr_memory_elem, &vr_shmem_elem, &vr_iommu_elem,
        &vr_vsock_elem, &vr_crypto_elem, &vr_lease_elem, &vr_cpu_elem, &vr_cputune_elem, &vr_numatune_elem,
            &vr_sysinfo_elem };
    uint64_t seed = 99;
    for (size_t e = 0; e < VR_COUNT(all); e++) {
        for (int i = 0; i < 50; i++) {
            VR_AUTO(vr_arena) *arena = vr_arena_new();
            VR_AUTO(vr_error) *err = NULL;
            void *obj = vr_elem_random(arena, all[e], &seed), *again = vr_elem_new(arena, all[e]);
            vr_autobuf struct vr_buf one = VR_BUF_INIT;
            vr_autobuf struct vr_buf two = VR_BUF_INIT;
            struct vr_format f = { .out = &one, .scratch = arena, .flags = VR_DOMAIN_SECURE | VR_DOMAIN_STATUS };
            vr_elem_format(&f, all[e], NULL, obj);
            if (!one.len)
                continue;
            struct vr_xml_node *root = vr_xml_parse(arena, one.data, one.len, "(test)", VIR_FROM_DOMAIN, &err);
            struct vr_parse p = { .arena = arena, .flags = VR_FORM_NO_HOOKS | VR_DOMAIN_STATUS, .domain =
                VIR_FROM_DOMAIN };
            ck_assert_msg(root && vr_elem_parse(&p, all[e], root, again, &err), "%s: %.1500s", vr_error_text(err),
                          one.data);
            EXPECT_OK(vr_elem_validate(all[e], root, NULL, &err), err);
            f.out = &two;
            vr_elem_format(&f, all[e], NULL, again);
            expect_same(one.data, two.data);
        }
    }
}

VR_TEST(a_live_document_keeps_what_a_definition_drops)
{
    static const char xml[] = DEVICES "<disk><source file='/a'/><target dev='vda'/><alias name='virtio-disk0'/></disk>"
        "<interface type='user'><target dev='vnet3'/><alias name='ua-mine'/></interface><serial type='pty'><source path='/dev/pts/3'/></serial>" TAIL;
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_domain_def) *live = vr_domain_parse(xml, strlen(xml), 0, &err);
    EXPECT_OK(live, err);
    vr_autofree char *text = vr_domain_format(live, 0);
    EXPECT_STR_HAS(text, "virtio-disk0");
    EXPECT_STR_HAS(text, "vnet3");
    EXPECT_STR_HAS(text, "<console type='pty' tty='/dev/pts/3'>");
    VR_AUTO(vr_domain_def) *def = parse(xml, &err);
    EXPECT_OK(def, err);
    vr_autofree char *kept = vr_domain_format(def, VR_DOMAIN_INACTIVE);
    EXPECT_FALSE(strstr(kept, "virtio-disk0") || strstr(kept, "vnet3") || strstr(kept, "pts/3"));
    EXPECT_STR_HAS(kept, "ua-mine");
}

VR_TEST(secrets_are_printed_only_when_asked_for)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_domain_def) *def = parse(DEVICES "<graphics type='vnc' passwd='hush'/>" TAIL, &err);
    EXPECT_OK(def, err);
    vr_autofree char *open = vr_domain_format(def, VR_DOMAIN_INACTIVE);
    EXPECT_FALSE(strstr(open, "hush"));
    vr_autofree char *secure = vr_domain_format(def, VR_DOMAIN_INACTIVE | VR_DOMAIN_SECURE);
    EXPECT_STR_HAS(secure, "passwd='hush'");
}

VR_TEST(devices_come_and_go)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_domain_def) *def = parse(DEVICES "<disk><source file='/a'/><target dev='vdb'/></disk>" TAIL, &err);
    EXPECT_OK(def, err);
    static const char xml[] = "<disk type='block'><source dev='/dev/x'/><target dev='vda'/></disk>";
    struct vr_device dev;
    EXPECT_OK(vr_device_parse(def->arena, def, xml, strlen(xml), VR_DOMAIN_INACTIVE, &dev, &err), err);
    EXPECT_EQ(dev.kind, VR_DEVICE_DISK);
    vr_domain_add_device(def, &dev);
    EXPECT(def->disks.v[0] == dev.v);
    vr_autofree char *text = vr_device_format(&dev, VR_DOMAIN_INACTIVE);
    EXPECT_STR(text, "<disk type='block' device='disk'>\n  <source dev='/dev/x'/>\n  <target dev='vda' bus='virtio'/>\n</disk>\n");
    struct vr_device copy = vr_device_copy(def->arena, &dev);
    EXPECT(vr_device_info_of(&copy) != vr_device_info_of(&dev));
    EXPECT(vr_domain_remove_device(def, &dev));
    EXPECT_FALSE(vr_domain_remove_device(def, &dev));
    EXPECT_EQ(def->disks.n, 1);
    EXPECT_FALSE(vr_device_parse(def->arena, def, "<nope/>", 7, 0, &dev, &err));
    EXPECT_STR_HAS(err->message, "unknown device type 'nope'");
}

VR_TEST(metadata_is_found_replaced_and_removed_by_namespace)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_domain_def) *def = parse(HEAD "<metadata><a:x xmlns:a='urn:a'>1</a:x><plain/></metadata></domain>",
                                        &err);
    EXPECT_OK(def, err);
    vr_autofree char *a = vr_domain_metadata_get(def, "urn:a");
    EXPECT_STR(a, "<x>1</x>");
    EXPECT_OK(vr_domain_metadata_set(def, "b", "urn:b", "<y/>", &err), err);
    vr_autofree char *b = vr_domain_metadata_get(def, "urn:b");
    EXPECT_STR(b, "<y/>");
    EXPECT_OK(vr_domain_metadata_set(def, NULL, "urn:a", NULL, &err), err);
    EXPECT(vr_domain_metadata_get(def, "urn:a") == NULL);
    EXPECT_FALSE(vr_domain_metadata_set(def, "b", "urn:b", "<broken", &err));
    vr_autofree char *text = vr_domain_format(def, VR_DOMAIN_INACTIVE);
    EXPECT_STR_HAS(text, "  <metadata>\n    <b:y xmlns:b=\"urn:b\"/>\n  </metadata>\n");
}

VR_TEST(metadata_asked_for_by_namespace_comes_without_it)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_domain_def) *def = parse(HEAD "<metadata><k:a xmlns:k='urn:k' xmlns:o='urn:o' k:z='1' o:z='3'><k:b>"
                                        "<o:c k:t='4'/></k:b></k:a><d xmlns='urn:d'><e/></d></metadata></domain>", &err);
    EXPECT_OK(def, err);
    vr_autofree char *k = vr_domain_metadata_get(def, "urn:k");
    EXPECT_STR(k, "<a xmlns:o=\"urn:o\" z=\"1\" o:z=\"3\">\n  <b>\n    <o:c t=\"4\"/>\n  </b>\n</a>");
    vr_autofree char *d = vr_domain_metadata_get(def, "urn:d");
    EXPECT_STR(d, "<d>\n  <e/>\n</d>");
    vr_autofree char *text = vr_domain_format(def, VR_DOMAIN_INACTIVE); /* the document keeps it */
    EXPECT_STR_HAS(text, "<k:a xmlns:k=\"urn:k\" xmlns:o=\"urn:o\" k:z=\"1\"");
}

VR_TEST(hostile_numbers_do_not_size_anything)
{
    expect_error(DEVICES "<disk><source file='/a'/><target dev='sda'/><address type='drive' controller='4294967295'/></disk>" TAIL,
                 VIR_ERR_XML_ERROR, "XML error: ");
    expect_error(DEVICES "<disk><source file='/a'/><target dev='sdzzzzzzzzzz'/></disk>" TAIL, VIR_ERR_XML_ERROR,
                 "XML error: Unknown disk name");
    expect_error(HEAD "<vcpu cpuset='0-4294967295'>1</vcpu></domain>", VIR_ERR_INVALID_ARG, "invalid argument: ");
    expect_error(HEAD "<vcpu>4294967295</vcpu></domain>", VIR_ERR_XML_ERROR, "XML error: ");
    expect_error(HEAD "<iothreads>4294967295</iothreads></domain>", VIR_ERR_XML_ERROR, "XML error: ");
    VR_AUTO(vr_error) *err = NULL;
    vr_autobuf struct vr_buf deep = VR_BUF_INIT;
    vr_buf_str(&deep, DEVICES "<disk><source file='/a'/><target dev='vda'/>");
    for (int i = 0; i < 100; i++)
        vr_buf_str(&deep, "<backingStore type='file'><format type='raw'/><source file='/a'/>");
    for (int i = 0; i < 100; i++)
        vr_buf_str(&deep, "</backingStore>");
    vr_buf_str(&deep, "</disk>" TAIL);
    VR_AUTO(vr_domain_def) *def = parse(deep.data, &err);
    EXPECT_OK(def, err);
    VR_AUTO(vr_domain_def) *copy = vr_domain_copy(def);
    EXPECT(copy->disks.v[0]->src->backing->backing != def->disks.v[0]->src->backing->backing);
}

VR_TEST(cpu_sets_are_read_and_written_canonically)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_cpuset *s;
    EXPECT(vr_cpuset_parse(arena, "0-3,^2, 8 ,9", &s));
    EXPECT_STR(vr_cpuset_format(arena, s), "0-1,3,8-9");
    EXPECT_EQ(vr_cpuset_count(s), 5);
    EXPECT_EQ(vr_cpuset_next(s, 4), 8);
    static const char *const bad[] = { "", "a", "3-1", "1,", "^", "1-", "99999999999" };
    for (size_t i = 0; i < VR_COUNT(bad); i++)
        ck_assert_msg(!vr_cpuset_parse(arena, bad[i], &s), "'%s'", bad[i]);
}

static void expect_obstacle(const char *a, const char *b, const char *text)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_domain_def) *old = parse(a, &err);
    EXPECT_OK(old, err);
    VR_AUTO(vr_domain_def) *fresh = parse(b, &err);
    EXPECT_OK(fresh, err);
    fresh->uuid = old->uuid;
    for (size_t i = 0; i < old->interfaces.n && i < fresh->interfaces.n; i++)
        fresh->interfaces.v[i]->mac = old->interfaces.v[i]->mac;
    bool same = vr_domain_abi_check(old, fresh, &err);
    ck_assert_msg(same == !text, "%s", vr_error_text(err));
    if (text) {
        EXPECT_EQ(err->code, VIR_ERR_CONFIG_UNSUPPORTED);
        EXPECT_STR_HAS(err->message, text);
    }
}

VR_TEST(what_a_guest_would_notice_is_told_in_stocks_words)
{
#define WITH(x) DEVICES x TAIL
    expect_obstacle(WITH(""), WITH(""), NULL);
    expect_obstacle(WITH("<disk><source file='/a'/><target dev='sda'/></disk>"),
                    WITH("<disk><source file='/b'/><target dev='sda'/></disk>"), NULL);
    expect_obstacle(WITH("<disk><source file='/a'/><target dev='sda'/></disk>"), WITH(""),
                    "Target domain disk count 0 does not match source 1");
    expect_obstacle(WITH("<disk><source file='/a'/><target dev='sda'/><serial>a</serial></disk>"),
                    WITH("<disk><source file='/a'/><target dev='sda'/></disk>"),
                    "Target disk serial <null> does not match source a");
    expect_obstacle(WITH("<sound model='ich6'><address type='pci' slot='4'/></sound>"),
                    WITH("<sound model='ich6'><address type='pci' slot='5'/></sound>"),
                    "Target device PCI address 0000:00:05.0does not match source 0000:00:04.0");
    expect_obstacle(HEAD "<features><acpi/></features></domain>", HEAD "</domain>",
                    "State of feature 'acpi' differs: source: 'on', destination: 'default'");
    expect_obstacle(HEAD "<cpu match='exact'><model>qemu64</model></cpu></domain>",
                    HEAD "<cpu match='exact'><model>Nehalem</model></cpu></domain>",
                    "Target CPU model Nehalem does not match source qemu64");
}

VR_TESTS("domain", what_a_guest_would_notice_is_told_in_stocks_words, errors_have_stocks_codes_and_begin_with_its_words, a_small_definition_is_completed,
         completing_twice_changes_nothing,
         random_definitions_survive_text_and_copies, random_devices_survive_one_by_one,
             a_live_document_keeps_what_a_definition_drops,
         secrets_are_printed_only_when_asked_for, devices_come_and_go,
             metadata_is_found_replaced_and_removed_by_namespace, metadata_asked_for_by_namespace_comes_without_it,
         hostile_numbers_do_not_size_anything, cpu_sets_are_read_and_written_canonically)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/test.h"
#include "base/alloc.h"
#include "base/str.h"
#include "qemu/complete/parts.h"
#include "qemu/complete/pci.h"

static const char emulator[] =
    "{\"format\":4,\"major\":7,\"minor\":2,\"micro\":0,\"arch\":\"x86_64\",\"machines\":["
    "{\"name\":\"pc-q35-7.2\",\"alias\":\"q35\",\"max\":288,\"cpu\":\"qemu64\",\"ram\":\"pc.ram\"},"
    "{\"name\":\"pc-i440fx-7.2\",\"alias\":\"pc\",\"default\":true,\"max\":255,\"cpu\":\"qemu64\",\"ram\":\"pc.ram\"}],"
    "\"tcg\":{\"cpus\":[{\"name\":\"qemu64\"},{\"name\":\"EPYC\",\"lacks\":[\"vme\",\"xsavec\"]}],"
    "\"vendor\":\"AuthenticAMD\",\"family\":15,\"model\":107,\"host-features\":[\"fpu\",\"sse2\",\"hypervisor\"]},"
    "\"tpm-models\":[],\"tpm-types\":[],"
    "\"features\":[\"piix3-usb-uhci\",\"qemu-xhci\",\"pcie-pci-bridge\",\"pcie-root-port\",\"cirrus-vga\","
    "\"lsi53c895a\"]}";

static struct vr_qemu_caps *caps(void)
{
    VR_AUTO(vr_json) *doc = vr_json_parse(emulator, strlen(emulator), NULL);
    struct vr_qemu_caps *c = vr_qemu_caps_from_json(doc, "/usr/bin/qemu-system-x86_64", NULL);
    ck_assert_ptr_nonnull(c);
    return c;
}

static struct vr_domain_def *guest(const char *machine)
{
    struct vr_arena *arena = vr_arena_new();
    struct vr_domain_def *def = vr_arena_new_of(arena, struct vr_domain_def);
    def->arena = arena;
    def->type = VR_VIRT_QEMU;
    def->name = "g";
    def->vcpus = 1;
    def->emulator = "/usr/bin/qemu-system-x86_64";
    def->os.arch = "x86_64";
    def->os.type = "hvm";
    def->os.machine = machine;
    return def;
}

static struct vr_disk *add_virtio_disk(struct vr_domain_def *def, const char *target)
{
    struct vr_disk *d = VR_NEW_DEVICE(def, vr_disk);
    d->bus = VR_DISK_BUS_VIRTIO;
    d->device = VR_DISK_DISK;
    d->target = target;
    d->src = vr_arena_new_of(def->arena, struct vr_storage_source);
    d->src->type = VR_STORAGE_FILE;
    d->src->path = "/x";
    VR_LIST_ADD(def->arena, &def->disks, d);
    return d;
}

static const char *at(const struct vr_device_info *info)
{
    return info->type == VR_ADDRESS_PCI ? vr_pci_text(&info->pci) : "none";
}

VR_TEST(a_pc_gets_its_chipset_addresses_and_a_default_cpu)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest(NULL);
    struct vr_disk *disk = add_virtio_disk(def, "vda");
    EXPECT_OK(vr_qemu_complete(def, c, &err), err);
    EXPECT_STR(def->os.machine, "pc-i440fx-7.2");
    EXPECT_STR(def->cpu->model, "qemu64");
    const struct vr_controller *usb = vr_qemu_find_controller(def, VR_CONTROLLER_USB, 0);
    EXPECT_EQ(usb->model, VR_CMODEL_PIIX3_UHCI);
    EXPECT_STR(at(&usb->info), "0000:00:01.2");
    EXPECT_STR(at(&disk->info), "0000:00:02.0");
    EXPECT_STR(at(&def->memballoon->info), "0000:00:03.0");
    EXPECT_EQ(def->inputs.n, 2);
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(q35_gets_a_root_port_per_device_and_a_spare_one)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("q35");
    EXPECT_OK(vr_qemu_complete(def, c, &err), err);
    const struct vr_controller *port = vr_qemu_find_controller(def, VR_CONTROLLER_PCI, 3);
    ck_assert_ptr_nonnull(port);
    EXPECT_EQ(port->model, VR_CMODEL_PCIE_ROOT_PORT);
    EXPECT_STR(at(&port->info), "0000:00:01.2");
    EXPECT_EQ(port->port.v, 0xa);
    EXPECT(vr_qemu_find_controller(def, VR_CONTROLLER_PCI, 4) == NULL);
    EXPECT_EQ(vr_qemu_find_controller(def, VR_CONTROLLER_PCI, 1)->info.pci.multifunction, VR_TRI_ON);
    EXPECT_STR(at(&vr_qemu_find_controller(def, VR_CONTROLLER_USB, 0)->info), "0000:01:00.0");
    EXPECT_STR(at(&def->memballoon->info), "0000:02:00.0");
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(a_second_completion_changes_nothing)
{
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("q35");
    add_virtio_disk(def, "vda");
    EXPECT(vr_qemu_complete(def, c, NULL));
    size_t controllers = def->controllers.n, inputs = def->inputs.n;
    EXPECT(vr_qemu_complete(def, c, NULL));
    EXPECT_EQ(def->controllers.n, controllers);
    EXPECT_EQ(def->inputs.n, inputs);
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(more_devices_than_slots_get_bridges)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("pc");
    for (int i = 0; i < 70; i++)
        add_virtio_disk(def, "vda");
    EXPECT_OK(vr_qemu_complete(def, c, &err), err);
    EXPECT_EQ(vr_qemu_find_controller(def, VR_CONTROLLER_PCI, 1)->model, VR_CMODEL_PCI_BRIDGE);
    EXPECT_EQ(vr_qemu_find_controller(def, VR_CONTROLLER_PCI, 1)->chassis_nr.v, 1);
    for (size_t i = 0; i < def->disks.n; i++)
        for (size_t k = 0; k < i; k++)
            EXPECT(memcmp(&def->disks.v[i]->info.pci, &def->disks.v[k]->info.pci, 4 * sizeof(unsigned)) != 0);
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(two_devices_at_one_address_are_refused)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("pc");
    for (int i = 0; i < 2; i++) {
        struct vr_disk *d = add_virtio_disk(def, "vda");
        d->info.type = VR_ADDRESS_PCI;
        d->info.pci.slot = 7;
    }
    EXPECT_FALSE(vr_qemu_complete(def, c, &err));
    EXPECT_EQ(err->code, VIR_ERR_XML_ERROR);
    EXPECT_STR(err->message, "XML error: Attempted double use of PCI Address 0000:00:07.0");
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(an_unknown_machine_is_answered_with_those_that_exist)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("pc-i440fx-12.0");
    EXPECT_FALSE(vr_qemu_complete(def, c, &err));
    EXPECT(vr_starts_with(err->message, "unsupported configuration: Emulator '/usr/bin/qemu-system-x86_64' does not "
                                        "support machine type 'pc-i440fx-12.0'"));
    EXPECT_STR_HAS(err->message, "pc-i440fx-7.2");
    EXPECT_STR_HAS(err->message, "q35 (now pc-q35-7.2)");
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(kvm_without_kvm_says_what_would_work)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("pc");
    def->type = VR_VIRT_KVM;
    EXPECT_FALSE(vr_qemu_complete(def, c, &err));
    EXPECT_STR_HAS(err->message, "does not support virt type 'kvm'");
    EXPECT_STR_HAS(err->message, "type='qemu'");
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(usb_devices_beyond_the_ports_get_hubs)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("pc");
    for (int i = 0; i < 16; i++) {
        struct vr_input *in = VR_NEW_DEVICE(def, vr_input);
        in->type = VR_INPUT_TABLET;
        in->bus = VR_INPUT_BUS_USB;
        VR_LIST_ADD(def->arena, &def->inputs, in);
    }
    EXPECT_OK(vr_qemu_complete(def, c, &err), err);
    EXPECT_EQ(def->hubs.n, 3);
    EXPECT_STR(def->hubs.v[2]->info.usb.port, "1.1");
    EXPECT_STR(def->inputs.v[0]->info.usb.port, "1.2");
    EXPECT_STR(def->inputs.v[15]->info.usb.port, "2.1");
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(a_usb_port_behind_no_hub_is_refused)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("pc");
    struct vr_input *in = VR_NEW_DEVICE(def, vr_input);
    in->type = VR_INPUT_TABLET;
    in->bus = VR_INPUT_BUS_USB;
    in->info.type = VR_ADDRESS_USB;
    in->info.usb.port = "1.2.3";
    VR_LIST_ADD(def->arena, &def->inputs, in);
    EXPECT_FALSE(vr_qemu_complete(def, c, &err));
    EXPECT_STR(err->message, "XML error: there is no hub at port 1 in USB address bus: 0 port: 1.2.3");
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(aliases_follow_targets_and_addresses)
{
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("pc");
    struct vr_disk *disk = add_virtio_disk(def, "vdab");
    struct vr_disk *own = add_virtio_disk(def, "vdb");
    own->info.alias = "ua-mine";
    EXPECT(vr_qemu_complete(def, c, NULL));
    EXPECT(vr_qemu_aliases(def, NULL));
    EXPECT_STR(disk->info.alias, "virtio-disk27");
    EXPECT_STR(own->info.alias, "ua-mine");
    EXPECT_STR(vr_qemu_find_controller(def, VR_CONTROLLER_PCI, 0)->info.alias, "pci.0");
    EXPECT_STR(vr_qemu_find_controller(def, VR_CONTROLLER_USB, 0)->info.alias, "usb");
    EXPECT_STR(def->memballoon->info.alias, "balloon0");
    EXPECT_EQ(vr_qemu_disk_index("sdz"), 25);
    EXPECT_EQ(vr_qemu_disk_index("zzz"), -1);
    EXPECT_EQ(vr_qemu_disk_index("vdzzzzzzzzzzzzzzzzzzzzzzzz"), -1);
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(host_model_becomes_a_model_with_differences)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("pc");
    def->cpu = vr_arena_new_of(def->arena, struct vr_cpu);
    def->cpu->mode = VR_CPU_MODE_HOST_MODEL;
    EXPECT_OK(vr_qemu_complete(def, c, &err), err);
    EXPECT_OK(vr_qemu_cpu_expand(def, c, &err), err);
    EXPECT_EQ(def->cpu->mode, VR_CPU_MODE_CUSTOM);
    EXPECT_STR(def->cpu->model, "qemu64"); /* three features: far from EPYC */
    EXPECT_STR(def->cpu->features.v[0]->name, "hypervisor");
    EXPECT_EQ(def->cpu->features.v[0]->policy, VR_CPU_POLICY_REQUIRE);
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(a_running_guest_tells_what_its_cpu_really_has)
{
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("pc");
    EXPECT(vr_qemu_complete(def, c, NULL));
    static const char reply[] =
        "{\"hypervisor\":true,\"lahf-lm\":true,\"sse2\":true,\"x2apic\":false,\"phys-bits\":40}";
    static const char lacks[] = "[\"lahf-lm\"]";
    VR_AUTO(vr_json) *props = vr_json_parse(reply, strlen(reply), NULL);
    VR_AUTO(vr_json) *unavailable = vr_json_parse(lacks, strlen(lacks), NULL);
    EXPECT(vr_qemu_cpu_live(def, props, unavailable, NULL));
    EXPECT_EQ(def->cpu->check, VR_CPU_CHECK_FULL);
    bool hypervisor = false;
    for (size_t i = 0; i < def->cpu->features.n; i++) {
        const struct vr_cpu_feature *f = def->cpu->features.v[i];
        hypervisor = hypervisor || (vr_streq(f->name, "hypervisor") && f->policy == VR_CPU_POLICY_REQUIRE);
        EXPECT_FALSE(vr_streq(f->name, "sse2"));
        EXPECT_FALSE(vr_streq(f->name, "lahf_lm")); /* neither in the model nor there */
    }
    EXPECT(hypervisor);
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(a_host_that_lacks_what_is_promised_is_named)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("pc");
    def->cpu = vr_arena_new_of(def->arena, struct vr_cpu);
    def->cpu->mode = VR_CPU_MODE_CUSTOM;
    def->cpu->model = "486";
    def->cpu->check = VR_CPU_CHECK_PARTIAL;
    EXPECT(vr_qemu_complete(def, c, NULL));
    EXPECT_FALSE(vr_qemu_cpu_expand(def, c, &err));
    EXPECT_EQ(err->code, VIR_ERR_CPU_INCOMPATIBLE);
    EXPECT_STR_HAS(err->message, "Host CPU does not provide required features: vme,pse");
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(a_guest_checked_in_full_must_have_exactly_what_is_promised)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("pc");
    def->cpu = vr_arena_new_of(def->arena, struct vr_cpu);
    def->cpu->mode = VR_CPU_MODE_CUSTOM;
    def->cpu->model = "486";
    def->cpu->check = VR_CPU_CHECK_FULL;
    EXPECT(vr_qemu_complete(def, c, NULL));
    static const char reply[] = "{\"fpu\":true,\"pse\":true,\"sse\":true}";
    VR_AUTO(vr_json) *props = vr_json_parse(reply, strlen(reply), NULL);
    EXPECT_FALSE(vr_qemu_cpu_live(def, props, NULL, &err));
    EXPECT_STR_HAS(err->message, "guest CPU doesn't match specification: extra features: sse, missing features: vme");
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TEST(what_the_chipset_has_a_place_for_needs_no_bridge)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_qemu_caps *c = caps();
    struct vr_domain_def *def = guest("q35");
    struct vr_sound *sound = VR_NEW_DEVICE(def, vr_sound);
    sound->model = VR_SOUND_ICH9;
    VR_LIST_ADD(def->arena, &def->sounds, sound);
    EXPECT_OK(vr_qemu_complete(def, c, &err), err);
    EXPECT_STR(at(&sound->info), "0000:00:1b.0");
    for (size_t i = 0; i < def->controllers.n; i++)
        EXPECT(def->controllers.v[i]->model != VR_CMODEL_PCIE_TO_PCI_BRIDGE);
    vr_arena_free(def->arena);
    vr_qemu_caps_unref(c);
}

VR_TESTS("qemu completion", what_the_chipset_has_a_place_for_needs_no_bridge,
         a_pc_gets_its_chipset_addresses_and_a_default_cpu, q35_gets_a_root_port_per_device_and_a_spare_one,
         a_second_completion_changes_nothing, more_devices_than_slots_get_bridges,
         two_devices_at_one_address_are_refused, an_unknown_machine_is_answered_with_those_that_exist,
         kvm_without_kvm_says_what_would_work, usb_devices_beyond_the_ports_get_hubs,
         a_usb_port_behind_no_hub_is_refused, aliases_follow_targets_and_addresses,
         host_model_becomes_a_model_with_differences, a_running_guest_tells_what_its_cpu_really_has,
         a_host_that_lacks_what_is_promised_is_named, a_guest_checked_in_full_must_have_exactly_what_is_promised)

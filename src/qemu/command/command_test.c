/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/test.h"
#include <fcntl.h>
#include <unistd.h>
#include "base/alloc.h"
#include "qemu/command/build.h"
#include "qemu/command/chain.h"

static const char emulator[] =
    "{\"format\":4,\"major\":7,\"minor\":2,\"micro\":0,\"arch\":\"x86_64\",\"machines\":["
    "{\"name\":\"pc-i440fx-7.2\",\"alias\":\"pc\",\"default\":true,\"max\":255,\"cpu\":\"qemu64\",\"ram\":\"pc.ram\"}],"
    "\"tcg\":{\"cpus\":[{\"name\":\"qemu64\"}],\"host-features\":[]},\"tpm-models\":[],\"tpm-types\":[],"
    "\"features\":[\"piix3-usb-uhci\",\"-sandbox.elevateprivileges\"]}";

static struct vr_qemu_caps *caps(void)
{
    VR_AUTO(vr_json) *doc = vr_json_parse(emulator, strlen(emulator), NULL);
    struct vr_qemu_caps *c = vr_qemu_caps_from_json(doc, "/usr/bin/qemu-system-x86_64", NULL);
    ck_assert_ptr_nonnull(c);
    return c;
}

static struct vr_domain_def *guest(void)
{
    struct vr_arena *arena = vr_arena_new();
    struct vr_domain_def *def = vr_arena_new_of(arena, struct vr_domain_def);
    def->arena = arena;
    def->type = VR_VIRT_QEMU;
    def->id = 1;
    def->name = "a,b";
    def->vcpus = 2;
    def->memory_kib = 219100;
    def->emulator = "/usr/bin/qemu-system-x86_64";
    def->os.arch = "x86_64";
    def->os.type = "hvm";
    struct vr_disk *d = vr_arena_new_of(arena, struct vr_disk);
    d->arena = vr_arena_child(arena);
    d->bus = VR_DISK_BUS_VIRTIO;
    d->device = VR_DISK_DISK;
    d->target = "vda";
    d->src = vr_arena_new_of(arena, struct vr_storage_source);
    d->src->type = VR_STORAGE_FILE;
    d->src->path = "/images/a.qcow2";
    d->src->format = VR_FORMAT_QCOW2;
    d->src->backing = vr_arena_new_of(arena, struct vr_storage_source);
    d->cache = VR_CACHE_NONE;
    VR_LIST_ADD(arena, &def->disks, d);
    return def;
}

static int no_fd(void *opaque, enum vr_qemu_fd kind, const char *alias, unsigned nth)
{
    return kind == VR_QEMU_FD_MONITOR ? 17 : -1;
}

static struct vr_qemu_command *build(struct vr_domain_def *def, struct vr_error **err)
{
    struct vr_qemu_caps *c = caps();
    struct vr_qemu_run run = {
        .caps = c, .private_dir = "/p", .memory_dir = "/m", .channel_dir = "/c", .fd_of = no_fd
    };
    unsigned next = 1;
    struct vr_qemu_command *cmd = NULL;
    if (vr_qemu_complete(def, c, err) && vr_qemu_aliases(def, err) && vr_qemu_round_memory(def, err)) {
        vr_qemu_prepare_blocks(def, &next);
        cmd = vr_qemu_command_build(def, &run, err);
    }
    vr_qemu_caps_unref(c);
    return cmd;
}

static bool has_pair(const struct vr_qemu_command *cmd, const char *option, const char *value)
{
    for (size_t i = 0; i + 1 < cmd->args.n; i++)
        if (vr_streq(cmd->args.v[i], option) && vr_streq(cmd->args.v[i + 1], value))
            return true;
    return false;
}

VR_TEST(a_plain_guest_has_the_words_of_stock)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_domain_def *def = guest();
    VR_AUTO(vr_qemu_command) *cmd = build(def, &err);
    EXPECT_OK(cmd != NULL, err);
    EXPECT_STR(cmd->args.v[0], "/usr/bin/qemu-system-x86_64");
    EXPECT(has_pair(cmd, "-name", "guest=a,,b,debug-threads=on"));
    EXPECT(has_pair(cmd, "-machine", "pc-i440fx-7.2,usb=off,dump-guest-core=off,memory-backend=pc.ram"));
    EXPECT(has_pair(cmd, "-m", "214"));
    EXPECT(has_pair(cmd, "-object", "{\"qom-type\":\"memory-backend-ram\",\"id\":\"pc.ram\",\"size\":224395264}"));
    EXPECT(has_pair(cmd, "-smp", "2,sockets=2,cores=1,threads=1"));
    EXPECT(has_pair(cmd, "-chardev", "socket,id=charmonitor,fd=17,server=on,wait=off"));
    EXPECT(has_pair(cmd, "-blockdev", "{\"driver\":\"file\",\"filename\":\"/images/a.qcow2\",\"node-name\":"
                    "\"libvirt-1-storage\",\"cache\":{\"direct\":true,\"no-flush\":false},\"auto-read-only\":true,"
                    "\"discard\":\"unmap\"}"));
    EXPECT(has_pair(cmd, "-blockdev",
                    "{\"node-name\":\"libvirt-1-format\",\"read-only\":false,\"cache\":{\"direct\":true,"
                    "\"no-flush\":false},\"driver\":\"qcow2\",\"file\":\"libvirt-1-storage\",\"backing\":null}"));
    EXPECT(has_pair(cmd, "-device", "{\"driver\":\"virtio-blk-pci\",\"bus\":\"pci.0\",\"addr\":\"0x2\",\"drive\":"
                    "\"libvirt-1-format\",\"id\":\"virtio-disk0\",\"write-cache\":\"on\"}"));
    EXPECT(has_pair(cmd, "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"));
    char **argv = vr_qemu_command_argv(cmd);
    EXPECT(argv[cmd->args.n] == NULL);
    vr_arena_free(def->arena);
}

VR_TEST(what_nobody_enforces_is_not_started)
{
    struct vr_domain_def *def = guest();
    VR_AUTO(vr_error) *err = NULL;
    def->disks.v[0]->encryption = vr_arena_new_of(def->arena, struct vr_encryption);
    EXPECT(build(def, &err) == NULL);
    EXPECT_EQ(err->code, VIR_ERR_INTERNAL_ERROR);
    EXPECT_STR_HAS(err->message, "no secret opens the encrypted disk 'vda'");
    vr_arena_free(def->arena);
}

VR_TEST(a_tap_without_a_descriptor_is_an_error)
{
    struct vr_domain_def *def = guest();
    VR_AUTO(vr_error) *err = NULL;
    struct vr_interface *n = vr_arena_new_of(def->arena, struct vr_interface);
    n->type = VR_NET_BRIDGE;
    n->bridge = "br0";
    n->model = "virtio";
    VR_LIST_ADD(def->arena, &def->interfaces, n);
    EXPECT(build(def, &err) == NULL);
    EXPECT_STR_HAS(err->message, "has no descriptor");
    vr_arena_free(def->arena);
}

VR_TEST(short_names_keep_characters_whole)
{
    struct vr_domain_def def = { .id = 3, .name = "ääääääääääääääääääääää" };
    vr_autofree char *name = vr_qemu_short_name(&def);
    EXPECT_STR(name, "3-ääääääääääääääääääää");
}

/* ---- chains ------------------------------------------------------------------------------------------------------ */

static char *write_image(const char *dir, const char *name, const unsigned char *bytes, size_t len)
{
    char *path = vr_printf("%s/%s", dir, name);
    vr_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    EXPECT_EQ(write(fd, bytes, len), (ssize_t)len);
    return path;
}

/* A qcow2 header, version 2, with the name of the image below and its format as an extension. */
static size_t qcow2(unsigned char *b, const char *below, const char *format)
{
    memset(b, 0, 512);
    memcpy(b, "QFI\xfb", 4);
    b[7] = 2;
    size_t at = 72;
    if (format) {
        static const unsigned char type[] = { 0xE2, 0x79, 0x2A, 0xCA };
        memcpy(b + at, type, 4);
        b[at + 7] = strlen(format);
        memcpy(b + at + 8, format, strlen(format));
    }
    if (below) {
        b[14] = 1; /* offset 256 */
        b[19] = strlen(below);
        memcpy(b + 256, below, strlen(below));
    }
    return 512;
}

VR_TEST(a_chain_is_followed_to_its_end)
{
    VR_AUTO(vr_error) *err = NULL;
    char dir[] = "/tmp/vr-chain-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    unsigned char b[512];
    vr_autofree char *top = write_image(dir, "top", b, qcow2(b, "mid", "qcow2"));
    vr_autofree char *mid = write_image(dir, "mid", b, qcow2(b, "base", NULL));
    vr_autofree char *base = write_image(dir, "base", (const unsigned char *)"raw", 3);
    VR_AUTO(vr_image_chain) *chain = vr_image_chain_probe(top, VR_FORMAT_QCOW2, &err);
    EXPECT_OK(chain != NULL, err);
    EXPECT_EQ(chain->layers.n, 2);
    EXPECT_STR(chain->layers.v[0]->path, mid);
    EXPECT_EQ(chain->layers.v[0]->format, VR_FORMAT_QCOW2);
    EXPECT_STR(chain->layers.v[1]->path, base);
    EXPECT_EQ(chain->layers.v[1]->format, VR_FORMAT_RAW);

    struct vr_domain_def *def = guest();
    struct vr_disk *d = def->disks.v[0];
    d->src->backing = NULL;
    vr_image_chain_apply(def, vr_image_chain_open_end(d), chain);
    EXPECT_EQ(d->src->backing->format, VR_FORMAT_QCOW2);
    EXPECT_EQ(d->src->backing->backing->backing->type, VR_STORAGE_UNSET);
    EXPECT(vr_image_chain_open_end(d) == NULL);
    vr_arena_free(def->arena);
    vr_autofree char *clean = vr_printf("rm -rf %s", dir);
    EXPECT_EQ(system(clean), 0);
}

VR_TEST(an_image_that_names_itself_ends)
{
    VR_AUTO(vr_error) *err = NULL;
    char dir[] = "/tmp/vr-chain-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    unsigned char b[512];
    vr_autofree char *path = write_image(dir, "x", b, qcow2(b, "x", "qcow2"));
    EXPECT(vr_image_chain_probe(path, VR_FORMAT_QCOW2, &err) == NULL);
    EXPECT_STR_HAS(err->message, "self-referential");
    vr_autofree char *clean = vr_printf("rm -rf %s", dir);
    EXPECT_EQ(system(clean), 0);
}

VR_TEST(hostile_headers_are_refused)
{
    char dir[] = "/tmp/vr-chain-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    unsigned char b[512];
    for (unsigned i = 8; i < 20; i++) { /* each byte of the offset and the length of the name */
        VR_AUTO(vr_error) *err = NULL;
        qcow2(b, "base", "raw");
        b[i] = 0xff;
        vr_autofree char *path = write_image(dir, "h", b, sizeof(b));
        VR_AUTO(vr_image_chain) *chain = vr_image_chain_probe(path, VR_FORMAT_QCOW2, &err);
        EXPECT(chain == NULL);
    }
    VR_AUTO(vr_error) *err = NULL;
    qcow2(b, NULL, "raw");
    b[78] = 0xff; /* an extension longer than the file */
    vr_autofree char *path = write_image(dir, "h", b, sizeof(b));
    VR_AUTO(vr_image_chain) *chain = vr_image_chain_probe(path, VR_FORMAT_QCOW2, &err);
    EXPECT_OK(chain != NULL, err);
    EXPECT_EQ(chain->layers.n, 0);
    vr_autofree char *clean = vr_printf("rm -rf %s", dir);
    EXPECT_EQ(system(clean), 0);
}

VR_TESTS("qemu command line", a_plain_guest_has_the_words_of_stock, what_nobody_enforces_is_not_started,
         a_tap_without_a_descriptor_is_an_error, short_names_keep_characters_whole, a_chain_is_followed_to_its_end,
         an_image_that_names_itself_ends, hostile_headers_are_refused)

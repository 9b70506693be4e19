/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vireo-argv: a definition on stdin; on stdout, as one JSON object, the completed document and the command line that a
 * guest of it would be started with. Starts nothing and changes nothing: for tests, and for people who want to see.
 *     vireo-argv [--native] [--no-images] [--caps FILE] [--cache DIR] < domain.xml
 * --native   as domxml-to-native shows it: paths in place of descriptors, no look into images
 * --caps     a recorded capabilities document in place of a probe
 */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/domain_xml.h"
#include "qemu/command/chain.h"
#include "qemu/command/command.h"
#include "qemu/complete/complete.h"

struct options {
    bool native, no_images;
    const char *caps, *cache;
};

static bool read_all(int fd, struct vr_buf *out)
{
    for (;;) {
        ssize_t n = read(fd, vr_buf_room(out, 65536), 65536);
        if (n <= 0)
            return n == 0;
        vr_buf_added(out, n);
        if (out->len > 16 * 1024 * 1024)
            return false;
    }
}

static struct vr_qemu_caps *load_caps(const struct options *o, const char *emulator, struct vr_error **err)
{
    if (!o->caps)
        return vr_qemu_caps_load(emulator, o->cache, vr_after(VR_SEC(60)), err);
    FILE *f = fopen(o->caps, "r");
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    bool ok = f && read_all(fileno(f), &text);
    if (f)
        fclose(f);
    if (!ok)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, _("cannot read '%s'"), o->caps), NULL;
    VR_AUTO(vr_json) *doc = vr_json_parse(text.data ? text.data : "", text.len, err);
    return doc ? vr_qemu_caps_from_json(doc, emulator, err) : NULL;
}

/* Numbers that no real descriptor has, so that output is the same on each run. */
static int fd_of(void *opaque, enum vr_qemu_fd kind, const char *alias, unsigned nth)
{
    return kind == VR_QEMU_FD_VHOST || kind == VR_QEMU_FD_VSOCK ? -1 : 30 + (int)nth;
}

static bool prepare(struct vr_domain_def *def, const struct options *o, const struct vr_qemu_caps *caps,
                    const struct vr_qemu_run *run, struct vr_error **err)
{
    unsigned node = 1;
    if (o->native && !vr_qemu_native_prepare(def, caps, err))
        return false;
    VR_AUTO(vr_firmware_list) *firmware = vr_firmware_load(NULL);
    if (!vr_qemu_aliases(def, err) || !vr_qemu_round_memory(def, err) || !vr_qemu_cpu_expand(def, caps, err) ||
        !vr_qemu_fill_firmware(def, firmware, "/var/lib/libvirt/qemu/nvram", err))
        return false;
    for (size_t i = 0; !o->native && i < def->disks.n; i++) {
        struct vr_storage_source *end = vr_image_chain_open_end(def->disks.v[i]);
        if (!end)
            continue;
        VR_AUTO(vr_image_chain) *chain =
            vr_image_chain_probe(o->no_images ? "/dev/null" : end->path, end->format, err);
        if (!chain)
            return false;
        vr_image_chain_apply(def, end, chain);
    }
    if (!o->native)
        vr_qemu_prepare_live(def, run);
    vr_qemu_native_ports(def);
    vr_qemu_prepare_blocks(def, &node);
    return true;
}

static struct vr_json *words(const char **v, size_t n)
{
    struct vr_json *array = vr_json_array();
    for (size_t i = 0; i < n; i++)
        vr_json_append(array, vr_json_str(v[i]));
    return array;
}

static bool run(struct vr_domain_def *def, const struct options *o, struct vr_json *out, struct vr_error **err)
{
    if (!vr_qemu_complete_emulator(def, "x86_64", err))
        return false;
    struct vr_qemu_caps *caps = load_caps(o, def->emulator, err);
    if (!caps)
        return false;
    bool ok = vr_qemu_complete(def, caps, err) && vr_qemu_check(def, caps, err);
    vr_autofree char *xml = ok ? vr_domain_format(def, VR_DOMAIN_INACTIVE | VR_DOMAIN_SECURE) : NULL;
    if (ok) {
        vr_json_add_str(out, "xml", xml);
        vr_json_remove(out, "stage");
        vr_json_add_str(out, "stage", "start");
        def->id = o->native ? -1 : 1;
        vr_autofree char *name = vr_qemu_short_name(def);
        vr_autofree char *dir = vr_printf("/var/lib/libvirt/qemu/domain-%s", name);
        vr_autofree char *ram = vr_printf("/var/lib/libvirt/qemu/ram/%s", name);
        vr_autofree char *channels = vr_printf("/var/lib/libvirt/qemu/channel/target/domain-%s", name);
        struct vr_qemu_run how = { .caps = caps, .private_dir = dir, .memory_dir = ram, .channel_dir = channels,
                                   .tls_dir = "/etc/pki/qemu", .native = o->native, .fd_of = fd_of };
        VR_AUTO(vr_qemu_command) *cmd =
            prepare(def, o, caps, &how, err) ? vr_qemu_command_build(def, &how, err) : NULL;
        ok = cmd != NULL;
        if (ok) {
            vr_autofree char *live = vr_domain_format(def, VR_DOMAIN_SECURE);
            vr_json_add_str(out, "live", live);
            vr_json_add(out, "argv", words(cmd->args.v, cmd->args.n));
            vr_json_add(out, "env", words(cmd->env.v, cmd->env.n));
        }
    }
    vr_qemu_caps_unref(caps);
    return ok;
}

int main(int argc, char **argv)
{
    struct options o = { 0 };
    for (int i = 1; i < argc; i++) {
        if (vr_streq(argv[i], "--native")) {
            o.native = true;
        } else if (vr_streq(argv[i], "--no-images")) {
            o.no_images = true;
        } else if (vr_streq(argv[i], "--caps") && i + 1 < argc) {
            o.caps = argv[++i];
        } else if (vr_streq(argv[i], "--cache") && i + 1 < argc) {
            o.cache = argv[++i];
        } else {
            fprintf(stderr, "usage: vireo-argv [--native] [--no-images] [--caps FILE] [--cache DIR] < domain.xml\n");
            return 2;
        }
    }
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    if (!read_all(STDIN_FILENO, &text)) {
        fprintf(stderr, "vireo-argv: cannot read the document\n");
        return 2;
    }
    VR_AUTO(vr_json) *out = vr_json_object();
    VR_AUTO(vr_error) *err = NULL;
    vr_json_add_str(out, "stage", "define");
    struct vr_domain_def *def = vr_domain_parse(text.data ? text.data : "", text.len, VR_DOMAIN_INACTIVE, &err);
    if (!def || !run(def, &o, out, &err)) {
        struct vr_json *e = vr_json_object();
        vr_json_add_int(e, "code", err ? err->code : 0);
        vr_json_add_str(e, "message", vr_error_text(err));
        vr_json_add(out, "error", e);
    }
    vr_domain_free(def);
    vr_autofree char *result = vr_json_print(out);
    printf("%s\n", result);
    return 0;
}

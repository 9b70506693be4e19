/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* A document as QEMU's command line, for people who want to see it. Nothing is started, opened or reserved. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "conf.h"
#include "definition.h"
#include "qemu/caps/firmware.h"
#include "qemu/command/command.h"
#include "qemu/complete/complete.h"
#include "hostcheck.h"
#include "hostdevs.h"
#include "rows.h"
#include "secrets.h"
#include "sources.h"

/* Stands for the descriptors that a start would pass. */
static int shown_fd(void *opaque, enum vr_qemu_fd kind, const char *alias, unsigned nth)
{
    /* Stock opens these to show them, and where there is none it says so. */
    if (kind == VR_QEMU_FD_VHOST_SCSI)
        return access("/dev/vhost-scsi", R_OK | W_OK) == 0 ? 30 : -1;
    bool none = kind == VR_QEMU_FD_VHOST || kind == VR_QEMU_FD_VSOCK || (kind == VR_QEMU_FD_TPM && access("/dev/tpm0", F_OK) < 0);
    return none ? -1 : 30 + (int)nth;
}

VR_SUSPENDS static bool prepare(struct vr_domain_def *def, const struct vr_qemu_caps *caps,
                                struct vr_guest_secrets *secrets, struct vr_error **err)
{
    unsigned next = 1;
    vr_autofree char *nvram = vr_printf("%s/nvram", vr_qemu.lib_dir);
    VR_AUTO(vr_firmware_list) *firmware = vr_firmware_load(NULL);
    if (!vr_qemu_native_prepare(def, caps, err) || !vr_qemu_aliases(def, err) || !vr_qemu_round_memory(def, err) ||
        !vr_qemu_cpu_expand(def, caps, err) || !vr_qemu_fill_firmware(def, firmware, nvram, err))
        return false;
    vr_qemu_native_ports(def);
    vr_qemu_prepare_blocks(def, &next);
    return vr_hostcheck(def, false, err) && vr_sources_translate(NULL, def, err) && vr_hostdevs_show(def, err) &&
           vr_secrets_resolve(def, NULL, secrets, err);
}

static void print(struct vr_buf *out, const struct vr_qemu_command *cmd)
{
    for (size_t i = 0; i < cmd->env.n; i++) {
        const char *equals = strchr(cmd->env.v[i], '=');
        size_t name = equals ? (size_t)(equals - cmd->env.v[i]) + 1 : 0;
        vr_buf_add(out, cmd->env.v[i], name);
        vr_buf_shell(out, cmd->env.v[i] + name);
        vr_buf_char(out, ' ');
    }
    for (size_t i = 0; i < cmd->args.n; i++) {
        if (i)
            vr_buf_char(out, ' ');
        vr_buf_shell(out, cmd->args.v[i]);
    }
}

VR_SUSPENDS static bool xml_to_native(struct vr_call *call, const struct vr_connect_domain_xml_to_native_args *in,
                                      struct vr_connect_domain_xml_to_native_ret *out, struct vr_error **err)
{
    if (!vr_streq(in->native_format, "qemu-argv"))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("unsupported config type %s"), in->native_format);
    struct vr_qemu_caps *caps = NULL;
    struct vr_domain_def *def = vr_definition_new(in->domain_xml, false, &caps, vr_after(VR_SPAN_LAUNCH), err);
    if (!def)
        return false;
    def->id = -1;
    vr_autofree char *name = vr_qemu_short_name(def);
    vr_autofree char *dir = vr_printf("%s/domain-%s", vr_qemu.lib_dir, name);
    vr_autofree char *memory = vr_printf("%s/ram/%s", vr_qemu.lib_dir, name);
    vr_autofree char *channels = vr_printf("%s/channel/target/domain-%s", vr_qemu.lib_dir, name);
    struct vr_guest_secrets secrets = { 0 };
    const struct vr_qemu_run run = {
        .secrets = &secrets.list,
        .caps = caps, .private_dir = dir, .memory_dir = memory, .channel_dir = channels,
        .tls_dir = vr_qemu.conf->default_tls_x509_cert_dir, .vnc_listen = vr_qemu.conf->vnc_listen,
        .spice_listen = vr_qemu.conf->spice_listen, .no_sandbox = vr_qemu.conf->seccomp_sandbox == 0, .native = true,
        .fd_of = shown_fd,
    };
    VR_AUTO(vr_qemu_command) *cmd = prepare(def, caps, &secrets, err) ? vr_qemu_command_build(def, &run, err) : NULL;
    vr_secrets_done(&secrets);
    vr_domain_free(def);
    vr_qemu_caps_unref(caps);
    if (!cmd)
        return false;
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    print(&text, cmd);
    out->native_config = vr_arena_strdup(call->arena, text.data);
    return true;
}

const struct vr_driver_row vr_rows_native[] = {
    VR_ROW(connect_domain_xml_to_native, xml_to_native, 0),
    { 0 },
};

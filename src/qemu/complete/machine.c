/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Architecture, emulator, machine type and default CPU. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <stdlib.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "qemu/complete/parts.h"

bool vr_qemu_is_x86(const struct vr_domain_def *def)
{
    return def->os.arch && (vr_streq(def->os.arch, "x86_64") || vr_streq(def->os.arch, "i686"));
}

bool vr_qemu_is_i440fx(const struct vr_domain_def *def)
{
    const char *m = def->os.machine;
    return vr_qemu_is_x86(def) && m &&
           (vr_streq(m, "pc") || vr_starts_with(m, "pc-0.") || vr_starts_with(m, "pc-1.") ||
            vr_starts_with(m, "pc-i440") || vr_starts_with(m, "rhel"));
}

bool vr_qemu_is_q35(const struct vr_domain_def *def)
{
    const char *m = def->os.machine;
    return vr_qemu_is_x86(def) && m && (vr_starts_with(m, "pc-q35") || vr_streq(m, "q35"));
}

bool vr_qemu_has_pcie_root(const struct vr_domain_def *def)
{
    const struct vr_controller *root = vr_qemu_find_controller(def, VR_CONTROLLER_PCI, 0);
    return root && root->model == VR_CMODEL_PCIE_ROOT;
}

bool vr_qemu_complete_emulator(struct vr_domain_def *def, const char *host_arch, struct vr_error **err)
{
    if (!def->os.type)
        def->os.type = "hvm";
    if (!def->os.arch)
        def->os.arch = vr_arena_strdup(def->arena, host_arch);
    if (def->emulator)
        return true;
    vr_autofree char *path = vr_qemu_default_emulator(def->os.arch);
    if (!path)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("No emulator found for arch '%s'"), def->os.arch);
    /* A 64-bit PC emulator runs 32-bit guests where the 32-bit one is not installed. */
    if (vr_streq(def->os.arch, "i686") && access(path, X_OK) < 0 && access("/usr/bin/qemu-system-x86_64", X_OK) == 0) {
        free(path);
        path = vr_strdup("/usr/bin/qemu-system-x86_64");
    }
    def->emulator = vr_arena_strdup(def->arena, path);
    return true;
}

static bool arch_fits(const struct vr_qemu_caps *caps, const char *arch)
{
    return vr_streq(caps->arch, arch) || (vr_streq(caps->arch, "x86_64") && vr_streq(arch, "i686"));
}

/* How much of the beginning two names share, for choosing what to offer. */
static size_t common(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] && a[n] == b[n])
        n++;
    return n;
}

/* What would be valid here: the machine names nearest to the wrong one, and the current defaults. */
static void name_machines(const struct vr_qemu_caps *caps, const char *wrong, struct vr_error **err)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    size_t best = 0;
    for (size_t i = 0; i < caps->n_machines; i++)
        if (common(caps->machines[i].name, wrong) > best)
            best = common(caps->machines[i].name, wrong);
    unsigned shown = 0;
    for (size_t i = 0; best >= 3 && i < caps->n_machines && shown < 6; i++) {
        if (common(caps->machines[i].name, wrong) == best) {
            vr_buf_printf(&text, "%s%s", text.len ? ", " : "", caps->machines[i].name);
            shown++;
        }
    }
    for (size_t i = 0; i < caps->n_machines; i++)
        if (caps->machines[i].alias)
            vr_buf_printf(&text, "%s%s (now %s)", text.len ? ", " : "", caps->machines[i].alias,
                          caps->machines[i].name);
    if (text.len)
        vr_error_suffix(err, _("; it has: %s"), text.data);
}

/* Variables of a firmware that is named by hand: a file of the guest's own, in stock's place. */
static void nvram_path(struct vr_domain_def *def)
{
    struct vr_os *os = &def->os;
    if (os->loader_type != VR_LOADER_PFLASH || os->loader_readonly != VR_TRI_YES || !os->loader ||
        os->loader_stateless == VR_TRI_YES)
        return;
    if (!os->nvram)
        os->nvram = vr_arena_new_of(def->arena, struct vr_storage_source);
    if (os->nvram->type == VR_STORAGE_UNSET)
        os->nvram->type = VR_STORAGE_FILE;
    if (os->nvram->type == VR_STORAGE_FILE && !os->nvram->path)
        os->nvram->path = vr_arena_printf(def->arena, "/var/lib/libvirt/qemu/nvram/%s_VARS.fd", def->name);
}

bool vr_complete_machine(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    if (def->os.type && !vr_streq(def->os.type, "hvm"))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Emulator '%s' does not support os type '%s'"), def->emulator,
                       def->os.type);
    if (!arch_fits(caps, def->os.arch))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Emulator '%s' does not support arch '%s'"), def->emulator,
                       def->os.arch);
    if (def->type == VR_VIRT_KVM && !caps->kvm.available) {
        vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Emulator '%s' does not support virt type '%s'"), def->emulator,
                "kvm");
        return vr_error_suffix(err, "%s",
                               _("; this host has no usable /dev/kvm: type='qemu' runs the guest in software"));
    }
    if (def->type != VR_VIRT_KVM && def->type != VR_VIRT_QEMU)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Emulator '%s' does not support virt type '%s'"),
                       def->emulator, vr_virt_type_names[def->type]);
    const struct vr_qemu_machine *m = def->os.machine ? vr_qemu_caps_machine(caps, def->os.machine)
                                                      : vr_qemu_caps_default_machine(caps);
    if (!m && !def->os.machine)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("could not find capabilities for arch=%s"), def->os.arch);
    if (!m) {
        vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Emulator '%s' does not support machine type '%s'"), def->emulator,
                def->os.machine);
        name_machines(caps, def->os.machine, err);
        return false;
    }
    if (!vr_streq0(def->os.machine, m->name))
        def->os.machine = vr_arena_strdup(def->arena, m->name);
    nvram_path(def);
    return true;
}

bool vr_complete_cpu(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    struct vr_cpu *cpu = def->cpu;
    if (cpu && cpu->check == VR_CPU_CHECK_UNSET) {
        switch (cpu->mode) {
        case VR_CPU_MODE_HOST_PASSTHROUGH:
        case VR_CPU_MODE_MAXIMUM:
            cpu->check = VR_CPU_CHECK_NONE;
            break;
        case VR_CPU_MODE_HOST_MODEL:
            cpu->check = VR_CPU_CHECK_PARTIAL;
            break;
        default:
            /* TCG provides what it provides, whatever the host has */
            if (cpu->model)
                cpu->check = def->type == VR_VIRT_QEMU ? VR_CPU_CHECK_NONE : VR_CPU_CHECK_PARTIAL;
            break;
        }
    }
    if (cpu && cpu->mode == VR_CPU_MODE_HOST_PASSTHROUGH &&
        cpu->migratable == VR_TRI_UNSET && vr_qemu_is_x86(def))
        /* the switch belongs to the 64-bit emulator's CPUs; stock asks no more */
        cpu->migratable = vr_streq(caps->arch, "x86_64") ? VR_TRI_YES : VR_TRI_NO;
    if (cpu && ((cpu->mode != VR_CPU_MODE_UNSET && cpu->mode != VR_CPU_MODE_CUSTOM) || cpu->model))
        return true;
    const struct vr_qemu_machine *m = vr_qemu_caps_machine(caps, def->os.machine);
    if (!m || !m->default_cpu)
        return true;
    if (!cpu)
        cpu = def->cpu = vr_arena_new_of(def->arena, struct vr_cpu);
    cpu->mode = VR_CPU_MODE_CUSTOM;
    cpu->match = VR_CPU_MATCH_EXACT;
    cpu->check = VR_CPU_CHECK_NONE;
    cpu->fallback = VR_CPU_FALLBACK_FORBID;
    cpu->model = vr_arena_strdup(def->arena, m->default_cpu);
    return true;
}

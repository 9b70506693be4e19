/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The domain capabilities document: which values of a definition this emulator and machine can do. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "qemu/caps/caps_xml.h"
#include "qemu/caps/cpu_choose.h"

struct doc {
    struct vr_buf out;
    const struct vr_qemu_caps *caps;
    unsigned depth;
};

static void line(struct doc *d, const char *fmt, ...) VR_PRINTF(2, 3);
static void line(struct doc *d, const char *fmt, ...)
{
    va_list ap;
    vr_buf_spaces(&d->out, 2 * d->depth);
    va_start(ap, fmt);
    vr_buf_vprintf(&d->out, fmt, ap);
    va_end(ap);
    vr_buf_char(&d->out, '\n');
}

static void open_tag(struct doc *d, const char *text)
{
    line(d, "<%s>", text);
    d->depth++;
}

static void close_tag(struct doc *d, const char *name)
{
    d->depth--;
    line(d, "</%s>", name);
}

/* A value of an enumeration and the feature it needs; VR_QEMU_FEATURE_COUNT: always there. */
struct value {
    const char *name;
    enum vr_qemu_feature needs;
};
#define ALWAYS VR_QEMU_FEATURE_COUNT

static bool has(const struct doc *d, enum vr_qemu_feature f)
{
    return f == ALWAYS || vr_qemu_caps_has(d->caps, f);
}

static void enumeration(struct doc *d, const char *name, const struct value *values, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++)
        any = any || (values[i].name && has(d, values[i].needs));
    if (!any) {
        line(d, "<enum name='%s'/>", name);
        return;
    }
    line(d, "<enum name='%s'>", name);
    d->depth++;
    for (size_t i = 0; i < n; i++)
        if (values[i].name && has(d, values[i].needs))
            line(d, "<value>%s</value>", values[i].name);
    close_tag(d, "enum");
}
#define ENUM(d, name, ...)                                                                                             \
    do {                                                                                                               \
        const struct value values_[] = { __VA_ARGS__ };                                                                \
        enumeration((d), (name), values_, VR_COUNT(values_));                                                          \
    } while (0)
#define V(text) { text, ALWAYS }

static void os(struct doc *d, const struct vr_qemu_domcaps_query *q, const char *arch, const char *machine)
{
    bool uefi = false, bios = false, secure = false;
    for (size_t i = 0; q->firmware && i < q->firmware->n; i++) {
        const struct vr_firmware_image *fw = &q->firmware->v[i];
        if (!vr_firmware_fits(fw, arch, machine))
            continue;
        uefi = uefi || fw->uefi;
        bios = bios || fw->bios;
        secure = secure || fw->requires_smm;
    }
    open_tag(d, "os supported='yes'");
    ENUM(d, "firmware", { bios ? "bios" : NULL, ALWAYS }, { uefi ? "efi" : NULL, ALWAYS });
    open_tag(d, "loader supported='yes'");
    bool any = false;
    for (size_t i = 0; q->firmware && i < q->firmware->n; i++)
        if (vr_firmware_fits(&q->firmware->v[i], arch, machine)) {
            line(d, "<value>%s</value>", q->firmware->v[i].executable);
            any = true;
        }
    /* Where no description speaks of the machine, what stock is built to look for. */
    static const char *const usual[] = { "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_CODE.secboot.fd",
                                         "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF32_CODE.fd" };
    for (size_t i = 0; !any && i < VR_COUNT(usual); i++)
        if (access(usual[i], R_OK) == 0)
            line(d, "<value>%s</value>", usual[i]);
    ENUM(d, "type", V("rom"), V("pflash"));
    ENUM(d, "readonly", V("yes"), V("no"));
    ENUM(d, "secure", { secure ? "yes" : NULL, ALWAYS }, V("no"));
    close_tag(d, "loader");
    close_tag(d, "os");
}

/* Versioned names (Haswell-v4) and QEMU's own (max, host, base) are not for documents. */
static bool documented(const char *model)
{
    return vr_qemu_cpu_vendor(model) != NULL;
}

const char *vr_qemu_cpu_vendor(const char *model)
{
    int m = vr_cpu_model_find(model);
    return m < 0 ? NULL : vr_cpu_models[m].vendor ? vr_cpu_models[m].vendor : "unknown";
}

static void host_model(struct doc *d, const struct vr_qemu_accel_caps *accel)
{
    struct vr_cpu_choice choice;
    if (!vr_cpu_choose(accel, false, &choice)) {
        line(d, "<mode name='host-model' supported='no'/>");
        return;
    }
    open_tag(d, "mode name='host-model' supported='yes'");
    line(d, "<model fallback='forbid'>%s</model>", vr_cpu_models[choice.model].name);
    if (choice.vendor)
        line(d, "<vendor>%s</vendor>", choice.vendor);
    for (int on = 1; on >= 0; on--)
        for (size_t i = 0; i < vr_cpu_feature_count(); i++)
            if (vr_cpu_set_has(on ? &choice.require : &choice.disable, i))
                line(d, "<feature policy='%s' name='%s'/>", on ? "require" : "disable", vr_cpu_feature_name(i));
    close_tag(d, "mode");
}

static void cpu(struct doc *d, const struct vr_qemu_accel_caps *accel, bool kvm)
{
    open_tag(d, "cpu");
    if (kvm) {
        open_tag(d, "mode name='host-passthrough' supported='yes'");
        ENUM(d, "hostPassthroughMigratable", V("on"), V("off"));
        close_tag(d, "mode");
    } else {
        line(d, "<mode name='host-passthrough' supported='no'/>");
    }
    open_tag(d, "mode name='maximum' supported='yes'");
    ENUM(d, "maximumMigratable", V("on"), V("off"));
    close_tag(d, "mode");
    host_model(d, accel);
    open_tag(d, "mode name='custom' supported='yes'");
    for (size_t i = 0; i < accel->n_cpus; i++) {
        const struct vr_qemu_cpu_model *m = &accel->cpus[i];
        if (documented(m->name))
            line(d, "<model usable='%s' vendor='%s'%s>%s</model>", m->blockers ? "no" : "yes",
                 vr_qemu_cpu_vendor(m->name), m->deprecated ? " deprecated='yes'" : "", m->name);
    }
    close_tag(d, "mode");
    close_tag(d, "cpu");
}

static void disk(struct doc *d, bool ide)
{
    open_tag(d, "disk supported='yes'");
    ENUM(d, "diskDevice", V("disk"), V("cdrom"), V("floppy"), V("lun"));
    ENUM(d, "bus", { ide ? "ide" : NULL, ALWAYS }, V("fdc"), V("scsi"), { "virtio", VR_QEMU_VIRTIO_BLK },
         { "usb", VR_QEMU_USB_STORAGE }, { "sata", VR_QEMU_AHCI });
    ENUM(d, "model", { "virtio", VR_QEMU_VIRTIO_BLK }, { "virtio-transitional", VR_QEMU_VIRTIO_BLK_TRANSITIONAL },
         { "virtio-non-transitional", VR_QEMU_VIRTIO_BLK_TRANSITIONAL });
    close_tag(d, "disk");
}

static void tpm(struct doc *d)
{
    bool tis = has(d, VR_QEMU_TPM_TIS), crb = has(d, VR_QEMU_TPM_CRB);
    if ((!tis && !crb) || !d->caps->tpm_backends[0]) {
        line(d, "<tpm supported='no'/>");
        return;
    }
    bool emulator = false, passthrough = false;
    for (size_t i = 0; d->caps->tpm_backends[i]; i++) {
        emulator = emulator || vr_streq(d->caps->tpm_backends[i], "emulator");
        passthrough = passthrough || vr_streq(d->caps->tpm_backends[i], "passthrough");
    }
    open_tag(d, "tpm supported='yes'");
    ENUM(d, "model", { "tpm-tis", VR_QEMU_TPM_TIS }, { "tpm-crb", VR_QEMU_TPM_CRB });
    /* An emulated one needs the swtpm program; without it only what is there is offered. */
    bool swtpm = access("/usr/bin/swtpm", X_OK) == 0;
    ENUM(d, "backendModel", { passthrough ? "passthrough" : NULL, ALWAYS },
         { emulator && swtpm ? "emulator" : NULL, ALWAYS }, { emulator && swtpm ? "external" : NULL, ALWAYS });
    if (emulator && swtpm)
        ENUM(d, "backendVersion", V("1.2"), V("2.0"));
    else
        line(d, "<enum name='backendVersion'/>");
    close_tag(d, "tpm");
}

/* @ide: the board has such controllers */
static void devices(struct doc *d, bool ide)
{
    open_tag(d, "devices");
    disk(d, ide);
    open_tag(d, "graphics supported='yes'");
    ENUM(d, "type", V("sdl"), { "vnc", VR_QEMU_VNC }, { "spice", VR_QEMU_SPICE }, V("egl-headless"),
         { "dbus", VR_QEMU_CHARDEV_DBUS });
    close_tag(d, "graphics");
    open_tag(d, "video supported='yes'");
    ENUM(d, "modelType", { "vga", VR_QEMU_VGA }, { "cirrus", VR_QEMU_CIRRUS }, { "vmvga", VR_QEMU_VMVGA },
         { "qxl", VR_QEMU_QXL }, { "virtio", VR_QEMU_VIRTIO_GPU }, V("none"), { "bochs", VR_QEMU_BOCHS },
         { "ramfb", VR_QEMU_RAMFB });
    close_tag(d, "video");
    open_tag(d, "hostdev supported='yes'");
    ENUM(d, "mode", V("subsystem"));
    ENUM(d, "startupPolicy", V("default"), V("mandatory"), V("requisite"), V("optional"));
    ENUM(d, "subsysType", V("usb"), V("pci"), V("scsi"));
    line(d, "<enum name='capsType'/>");
    line(d, "<enum name='pciBackend'/>");
    close_tag(d, "hostdev");
    open_tag(d, "rng supported='yes'");
    ENUM(d, "model", { "virtio", VR_QEMU_VIRTIO_RNG }, { "virtio-transitional", VR_QEMU_VIRTIO_BLK_TRANSITIONAL },
         { "virtio-non-transitional", VR_QEMU_VIRTIO_BLK_TRANSITIONAL });
    ENUM(d, "backendModel", { "random", VR_QEMU_RNG_RANDOM }, { "egd", VR_QEMU_RNG_EGD },
         { "builtin", VR_QEMU_RNG_BUILTIN });
    close_tag(d, "rng");
    open_tag(d, "filesystem supported='yes'");
    ENUM(d, "driverType", { "path", VR_QEMU_VIRTIO_9P }, { "handle", VR_QEMU_VIRTIO_9P },
         { "virtiofs", VR_QEMU_VHOST_USER_FS });
    close_tag(d, "filesystem");
    tpm(d);
    if (has(d, VR_QEMU_USB_REDIR)) {
        open_tag(d, "redirdev supported='yes'");
        ENUM(d, "bus", V("usb"));
        close_tag(d, "redirdev");
    } else {
        line(d, "<redirdev supported='no'/>");
    }
    open_tag(d, "channel supported='yes'");
    ENUM(d, "type", V("pty"), V("unix"), { "spicevmc", VR_QEMU_CHARDEV_SPICEVMC });
    close_tag(d, "channel");
    close_tag(d, "devices");
}

static void features(struct doc *d)
{
    open_tag(d, "features");
    line(d, "<gic supported='no'/>");
    line(d, "<vmcoreinfo supported='%s'/>", has(d, VR_QEMU_VMCOREINFO) ? "yes" : "no");
    line(d, "<genid supported='%s'/>", has(d, VR_QEMU_VMGENID) ? "yes" : "no");
    line(d, "<backingStoreInput supported='yes'/>");
    line(d, "<backup supported='%s'/>", has(d, VR_QEMU_BACKUP) ? "yes" : "no");
    line(d, "<sev supported='no'/>");
    line(d, "<sgx supported='no'/>");
    /* What each emulator takes as a number or a text; the switches it would tell of with KVM alone. */
    open_tag(d, "hyperv supported='yes'");
    ENUM(d, "features", V("spinlocks"), V("vendor_id"));
    close_tag(d, "hyperv");
    close_tag(d, "features");
}

char *vr_qemu_domcaps_xml(const struct vr_qemu_caps *caps, const struct vr_qemu_domcaps_query *query,
                          struct vr_error **err)
{
    const char *arch = query->arch ? query->arch : caps->arch;
    const char *virt = query->virt_type ? query->virt_type : caps->kvm.available ? "kvm" : "qemu";
    const struct vr_qemu_machine *m = query->machine ? vr_qemu_caps_machine(caps, query->machine)
                                                     : vr_qemu_caps_default_machine(caps);
    bool kvm = vr_streq(virt, "kvm");
    if (!vr_streq(arch, caps->arch) && !(vr_streq(caps->arch, "x86_64") && vr_streq(arch, "i686")))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("Emulator '%s' does not support arch '%s'"), caps->path, arch), NULL;
    if (!kvm && !vr_streq(virt, "qemu"))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("the accel '%s' is not supported by '%s' on this host"), virt,
                       caps->path), NULL;
    if (kvm && !caps->kvm.available)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("the accel '%s' is not supported by '%s' on this host"), virt,
                       caps->path), NULL;
    if (!m)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("the machine '%s' is not supported by emulator '%s'"),
                       query->machine ? query->machine : "", caps->path), NULL;
    struct doc d = { .out = VR_BUF_INIT, .caps = caps };
    open_tag(&d, "domainCapabilities");
    line(&d, "<path>%s</path>", caps->path);
    line(&d, "<domain>%s</domain>", virt);
    line(&d, "<machine>%s</machine>", m->name);
    line(&d, "<arch>%s</arch>", arch);
    line(&d, "<vcpu max='%u'/>", m->max_cpus);
    line(&d, "<iothreads supported='%s'/>", has(&d, VR_QEMU_IOTHREAD) ? "yes" : "no");
    os(&d, query, arch, m->name);
    cpu(&d, kvm ? &caps->kvm : &caps->tcg, kvm);
    open_tag(&d, "memoryBacking supported='yes'");
    ENUM(&d, "sourceType", V("file"), V("anonymous"), { "memfd", VR_QEMU_MEMFD });
    close_tag(&d, "memoryBacking");
    devices(&d, vr_starts_with(m->name, "pc-") && !vr_starts_with(m->name, "pc-q35"));
    features(&d);
    close_tag(&d, "domainCapabilities");
    return vr_buf_take(&d.out);
}

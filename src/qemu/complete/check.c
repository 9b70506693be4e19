/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stock's QEMU driver refuses to define. The sentences are stock's: people and scripts know them. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <unistd.h>
#include "base/str.h"
#include "qemu/complete/complete.h"

typedef bool check_fn(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err);

static bool check_os(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    const struct vr_qemu_machine *m = vr_qemu_caps_machine(caps, def->os.machine);
    if (m && m->max_cpus && def->vcpus > m->max_cpus)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Maximum CPUs greater than specified machine type limit %u"),
                       m->max_cpus);
    if (def->os.firmware == VR_FIRMWARE_BIOS && (def->os.nvram || def->os.loader_stateless == VR_TRI_NO))
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_XML_DETAIL, -1, "%s",
                               _("Only EFI firmware permits NVRAM"));
    if (def->os.firmware == VR_FIRMWARE_UNSET && def->os.firmware_features.n)
        return vr_error_report(
            err, VIR_FROM_DOMAIN, VIR_ERR_XML_DETAIL, -1, "%s",
            _("cannot use feature-based firmware autoselection when firmware autoselection is disabled"));
    if (def->os.bios_useserial == VR_TRI_YES && !def->serials.n)
        return vr_fail(err, VIR_ERR_XML_ERROR, "%s", _("need at least one serial port to use BIOS serial output"));
    if (def->os.bootmenu_timeout > 65535)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("invalid value for boot menu timeout, must be in range [0,65535]"));
    bool uefi = def->os.firmware == VR_FIRMWARE_EFI || (def->os.loader && def->os.loader_type == VR_LOADER_PFLASH);
    if (uefi && !def->features.acpi)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("UEFI requires ACPI on this architecture"));
    return true;
}

static bool check_features(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    const struct vr_domain_features *f = &def->features;
    const struct {
        bool present;
        const char *name;
    } foreign[] = { { f->hpt.present, "hpt" },
                    { f->htm.present || f->htm.state, "htm" },
                    { f->nested_hv.present || f->nested_hv.state, "nested-hv" },
                    { f->ccf_assist.present || f->ccf_assist.state, "ccf-assist" },
                    { f->cfpc != NULL, "cfpc" },
                    { f->sbbc != NULL, "sbbc" },
                    { f->ibs != NULL, "ibs" } };
    for (size_t i = 0; i < VR_COUNT(foreign); i++)
        if (foreign[i].present)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("The '%s' feature is not supported for architecture '%s' or machine type '%s'"),
                           foreign[i].name, def->os.arch, def->os.machine);
    if (f->async_teardown.present || f->async_teardown.state)
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_CONFIG_UNSUPPORTED, -1, _("unexpected feature '%s'"),
                               "async-teardown");
    if (f->gic && vr_qemu_is_x86(def))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("The '%s' feature is not supported for architecture '%s' or machine type '%s'"), "gic",
                       def->os.arch, def->os.machine);
    if (f->smm_tseg_kib.set) {
        if (!vr_qemu_is_q35(def))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("SMM TSEG is only supported with q35 machine type"));
        if (f->smm_tseg_kib.v % 1024)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("SMM TSEG size must be divisible by 1 MiB"));
    }
    return true;
}

static bool check_cpu(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    const struct vr_cpu *cpu = def->cpu;
    unsigned ordered = 0, unordered = 0;
    for (size_t i = 0; i < def->vcpu_list.n; i++) {
        bool online = def->vcpu_list.v[i]->enabled == VR_TRI_YES;
        ordered += online && def->vcpu_list.v[i]->order;
        unordered += online && !def->vcpu_list.v[i]->order;
    }
    if (ordered && unordered)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("all vcpus must have either set or unset order"));
    if (!cpu)
        return true;
    if (cpu->topology.sockets) {
        uint64_t total = (uint64_t)cpu->topology.sockets * (cpu->topology.dies ? cpu->topology.dies : 1) *
                         cpu->topology.cores * cpu->topology.threads;
        if (total != def->vcpus)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("CPU topology doesn't match maximum vcpu count"));
    }
    if (cpu->cache.set && cpu->cache.mode == VR_CPU_CACHE_PASSTHROUGH && cpu->mode != VR_CPU_MODE_HOST_PASSTHROUGH &&
        cpu->mode != VR_CPU_MODE_MAXIMUM)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("CPU cache mode '%s' can only be used with '%s' / '%s' CPUs"),
                       "passthrough", "host-passthrough", "maximum");
    if (cpu->cache.set && cpu->cache.mode == VR_CPU_CACHE_EMULATE && cpu->cache.level.set && cpu->cache.level.v != 3)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("CPU cache mode '%s' can only be used with level='3'"),
                       "emulate");
    return true;
}

static bool check_controllers(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    for (size_t i = 0; i < def->controllers.n; i++) {
        const struct vr_controller *c = def->controllers.v[i];
        if (c->type == VR_CONTROLLER_USB && c->ports.set && c->ports.v > 15 &&
            (c->model == VR_CMODEL_QEMU_XHCI || c->model == VR_CMODEL_NEC_XHCI))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("'%s' controller only supports up to '%u' ports"),
                           vr_controller_model_names[c->model], 15u);
        if (c->type == VR_CONTROLLER_SCSI && c->model == VR_CMODEL_BUSLOGIC)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Unsupported controller model: %s"), "buslogic");
        if (c->type == VR_CONTROLLER_PCI && (c->model == VR_CMODEL_PCI_ROOT || c->model == VR_CMODEL_PCIE_ROOT) &&
            c->index.v != 0)
            return vr_fail(err, VIR_ERR_XML_ERROR, "%s", _("pci-root and pcie-root controllers should have index 0"));
        if (c->type == VR_CONTROLLER_PCI && (c->model == VR_CMODEL_PCI_ROOT || c->model == VR_CMODEL_PCIE_ROOT) &&
            c->info.type != VR_ADDRESS_UNSET)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("pci-root and pcie-root controllers should not have an address"));
        if (c->type == VR_CONTROLLER_PCI && c->model == VR_CMODEL_PCI_EXPANDER && !vr_qemu_is_i440fx(def))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("pci-expander-bus controllers are only supported on 440fx-based machinetypes"));
    }
    return true;
}

/* The old controllers know no targets: a device's number on them is its unit. */
static bool narrow_target(const struct vr_domain_def *def, const struct vr_device_info *info, struct vr_error **err)
{
    const struct vr_controller *c =
        info->type == VR_ADDRESS_DRIVE ? vr_qemu_find_controller(def, VR_CONTROLLER_SCSI, (int)info->drive.controller) : NULL;
    if (!c || c->model != VR_CMODEL_LSILOGIC || !info->drive.target)
        return true;
    return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("target must be 0 for controller model '%s'"), "lsilogic");
}

static bool check_disks(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    for (size_t i = 0; i < def->disks.n; i++) {
        const struct vr_disk *d = def->disks.v[i];
        if (d->src && d->src->format == VR_FORMAT_DIR)
            return vr_fail(
                err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                _("'directory' storage format is not directly supported by QEMU, use 'dir' disk type instead"));
        if (d->src && d->src->format == VR_FORMAT_ISO)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("storage format 'iso' is not directly supported by QEMU, use 'raw' instead"));
        const struct vr_encryption *e = d->src && d->src->encryption ? d->src->encryption : d->encryption;
        if (e && d->src->format != VR_FORMAT_RAW && d->src->format != VR_FORMAT_QCOW2)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("encryption is supported only with 'raw' and 'qcow2' image format"));
        const struct vr_storage_auth *auth = d->src && d->src->auth ? d->src->auth : d->auth;
        if (auth && auth->secret && auth->secret->type && d->src && d->src->type == VR_STORAGE_NETWORK &&
            ((d->src->protocol == VR_PROTO_ISCSI && !vr_streq(auth->secret->type, "iscsi")) ||
             (d->src->protocol == VR_PROTO_RBD && !vr_streq(auth->secret->type, "ceph"))))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("invalid secret type '%s'"), auth->secret->type);
        if (d->sgio && vr_streq(d->sgio, "unfiltered"))
            return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_CONFIG_UNSUPPORTED, -1, "%s",
                                   _("unfiltered sgio is no longer supported"));
        if (d->src && vr_streq0(d->src->startup_policy, "requisite") && d->device != VR_DISK_CDROM &&
            d->device != VR_DISK_FLOPPY)
            return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_XML_ERROR, -1, "%s",
                                   _("disk startupPolicy 'requisite' is allowed only for cdrom or floppy"));
        if (d->bus == VR_DISK_BUS_SCSI && !narrow_target(def, &d->info, err))
            return false;
        if ((d->vendor || d->product) && d->bus != VR_DISK_BUS_SCSI)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("Only scsi disk supports vendor and product"));
        if (d->bus == VR_DISK_BUS_FDC && d->device != VR_DISK_FLOPPY)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("unsupported disk type '%s' with bus '%s'"),
                           vr_disk_device_names[d->device], "fdc");
    }
    return true;
}

static bool check_iommu(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    const struct vr_iommu *m = def->iommu;
    if (!m)
        return true;
    if (m->model == VR_IOMMU_INTEL && !vr_qemu_is_q35(def))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("IOMMU device: '%s' is only supported with Q35 machines"),
                       "intel");
    if (m->model == VR_IOMMU_SMMUV3)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("IOMMU device: '%s' is only supported with ARM Virt machines"), "smmuv3");
    if (m->model == VR_IOMMU_VIRTIO && !vr_qemu_is_q35(def))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("IOMMU device: '%s' is only supported with Q35 and ARM Virt machines"), "virtio");
    if (m->model == VR_IOMMU_VIRTIO && !def->features.acpi)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("IOMMU device: '%s' requires ACPI"), "virtio");
    return true;
}

/* TLS for SPICE is not built: a definition that insists on it is refused, as stock refuses it with TLS off. */
static bool check_spice(const struct vr_graphics *g, struct vr_error **err)
{
    if (g->tls_port.set && g->tls_port.v > 0)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("spice TLS port set in XML configuration, but TLS is disabled in qemu.conf"));
    for (size_t i = 0; i < g->channels.n; i++)
        if (vr_streq0(g->channels.v[i]->mode, "secure"))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("spice secure channels set in XML configuration, but TLS is disabled in qemu.conf"));
    if (vr_streq0(g->default_mode, "secure"))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("spice defaultMode secure requested in XML configuration, but TLS is disabled in qemu.conf"));
    return true;
}

static bool check_graphics(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    bool screen = false, headless = false;
    for (size_t i = 0; i < def->graphics.n; i++) {
        screen = screen || def->graphics.v[i]->type == VR_GRAPHICS_VNC || def->graphics.v[i]->type == VR_GRAPHICS_SPICE;
        headless = headless || def->graphics.v[i]->type == VR_GRAPHICS_EGL_HEADLESS;
        if (def->graphics.v[i]->type == VR_GRAPHICS_SPICE && !vr_qemu_caps_has(caps, VR_QEMU_SPICE))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("spice graphics are not supported with this QEMU"));
        if (def->graphics.v[i]->type == VR_GRAPHICS_SPICE && !check_spice(def->graphics.v[i], err))
            return false;
    }
    for (size_t i = 0; i < def->audios.n; i++) {
        bool spice = false;
        for (size_t k = 0; k < def->graphics.n; k++)
            spice |= def->graphics.v[k]->type == VR_GRAPHICS_SPICE;
        if (def->audios.v[i]->type == VR_AUDIO_SPICE && !spice)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("Spice audio is not supported without spice graphics"));
    }
    for (size_t i = 0; i < def->videos.n; i++) {
        enum vr_video_type type = def->videos.v[i]->type;
        if (type == VR_VIDEO_GOP || type == VR_VIDEO_XEN || type == VR_VIDEO_VBOX || type == VR_VIDEO_PARALLELS)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("domain configuration does not support video model '%s'"), vr_video_type_names[type]);
    }
    if (headless && !screen)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("graphics type 'egl-headless' is only supported with one of: '%s', '%s' graphics types"),
                       "vnc", "spice");
    return true;
}

static bool check_tpm(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    unsigned n = 0;
    bool swtpm = access("/usr/bin/swtpm", X_OK) == 0;
    for (size_t i = 0; i < def->tpms.n; i++) {
        const struct vr_tpm *t = def->tpms.v[i];
        if (t->model == VR_TPM_CRB && t->version == VR_TPM_VERSION_V1_2 && t->backend == VR_TPM_BACKEND_EMULATOR)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Unsupported interface '%s' for TPM 1.2"), "tpm-crb");
        if (t->backend == VR_TPM_BACKEND_EMULATOR && !swtpm)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("TPM version '%s' is not supported"),
                           vr_tpm_version_names[t->version]);
        if (t->backend == VR_TPM_BACKEND_EXTERNAL && !swtpm)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("The QEMU executable %s does not support TPM backend type %s"), def->emulator, "external");
    }
    for (size_t i = 0; i < def->tpms.n; i++)
        n += def->tpms.v[i]->model != VR_TPM_SPAPR_PROXY;
    if (n > 1)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("only a single TPM non-proxy device is supported"));
    return true;
}

static bool reconnect_has_time(const struct vr_chr_source *s, struct vr_error **err)
{
    if (!s || !s->reconnect || s->reconnect->enabled != VR_TRI_YES || s->reconnect->timeout)
        return true;
    return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", _("chardev reconnect source timeout cannot be '0'"));
}

static bool check_reconnects(const struct vr_domain_def *def, struct vr_error **err)
{
    const struct { struct vr_chr **v; size_t n;
    } lists[] = {
        { def->serials.v, def->serials.n },
        { def->parallels.v, def->parallels.n },
        { def->consoles.v, def->consoles.n },
        { def->channels.v, def->channels.n },
    };
    for (size_t l = 0; l < VR_COUNT(lists); l++)
        for (size_t i = 0; i < lists[l].n; i++)
            if (!reconnect_has_time(&lists[l].v[i]->src, err))
                return false;
    for (size_t i = 0; i < def->redirdevs.n; i++)
        if (!reconnect_has_time(&def->redirdevs.v[i]->src, err))
            return false;
    return true;
}

static bool source_has_path(const struct vr_chr_source *s, struct vr_error **err)
{
    if (!s || s->type != VR_CHR_UNIX || s->path)
        return true;
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("Missing source path attribute for char device"));
}

static bool check_hostdev(const struct vr_domain_def *def, const struct vr_hostdev *h, struct vr_error **err)
{
    if (h->mode == VR_HOSTDEV_MODE_CAPS)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("hostdev mode 'capabilities' is not supported in %s"), "qemu");
    if (h->type == VR_HOSTDEV_MDEV && h->model && !vr_streq(h->model, "vfio-pci"))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("VFIO %s device assignment is not supported by this version of QEMU"),
                       vr_streq(h->model, "vfio-ccw") ? "CCW" : "AP");
    if (h->type == VR_HOSTDEV_PCI && h->write_filtering)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("Write filtering of PCI device configuration space is not supported by qemu"));
    if (h->sgio && vr_streq(h->sgio, "unfiltered"))
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_CONFIG_UNSUPPORTED, -1, "%s",
                               _("unfiltered sgio is no longer supported"));
    return h->type != VR_HOSTDEV_SCSI || narrow_target(def, &h->info, err);
}

static bool check_filesystems(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    const struct vr_memory_backing *m = &def->memory_backing;
    bool shared = m->access == VR_MEM_ACCESS_SHARED;
    for (size_t i = 0; def->cpu && i < def->cpu->cells.n; i++) /* a cell may say it for itself */
        shared = i == 0 ? def->cpu->cells.v[i]->mem_access == VR_MEM_ACCESS_SHARED || shared
                        : shared && (def->cpu->cells.v[i]->mem_access != VR_MEM_ACCESS_PRIVATE);
    for (size_t i = 0; i < def->filesystems.n; i++)
        if (def->filesystems.v[i]->driver == VR_FS_DRIVER_VIRTIOFS && !shared)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("'%s' requires shared memory"), "virtiofs");
    return true;
}

static bool check_sources(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    if (!check_reconnects(def, err))
        return false;
    for (size_t i = 0; i < def->rngs.n; i++)
        if (!source_has_path(def->rngs.v[i]->chardev, err))
            return false;
    for (size_t i = 0; i < def->smartcards.n; i++)
        if (!source_has_path(def->smartcards.v[i]->chardev, err))
            return false;
    for (size_t i = 0; i < def->redirdevs.n; i++)
        if (!source_has_path(&def->redirdevs.v[i]->src, err))
            return false;
    for (size_t i = 0; i < def->hostdevs.n; i++) {
        const struct vr_hostdev *h = def->hostdevs.v[i];
        if (!check_hostdev(def, h, err))
            return false;
        if (h->type == VR_HOSTDEV_SCSI_HOST && h->info.boot_order)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("booting from assigned devices is not supported by vhost SCSI devices"));
        if (h->info.pci.zpci_uid.set || h->info.pci.zpci_fid.set)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("This QEMU binary doesn't support zPCI"));
    }
    return true;
}

static bool check_interfaces(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    for (size_t i = 0; i < def->interfaces.n; i++) {
        const struct vr_interface *n = def->interfaces.v[i];
        bool has_device = n->type == VR_NET_NETWORK || n->type == VR_NET_BRIDGE || n->type == VR_NET_ETHERNET;
        if (n->guest_routes.n || (n->guest_ips.n && n->type != VR_NET_USER))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("Invalid attempt to set network interface guest-side IP route and/or address info, not "
                             "supported by QEMU"));
        if (n->mtu && !has_device && n->type != VR_NET_VHOSTUSER && !vr_streq0(n->backend_type, "passt"))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("setting MTU on interface type %s is not supported yet"),
                           vr_net_type_names[n->type]);
        if (n->coalesce_rx_frames.set && !has_device)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("coalesce settings on interface type %s are not supported"),
                           vr_net_type_names[n->type]);
        if (vr_streq0(n->teaming_type, "persistent") && !(n->model && vr_starts_with(n->model, "virtio")))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("virtio-net teaming persistent interface must be <model type='virtio'/>, not '%s'"),
                           n->model ? n->model : "");
    }
    return true;
}

static bool check_rest(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    for (size_t i = 0; i < def->watchdogs.n; i++)
        if (def->watchdogs.v[i]->model == VR_WATCHDOG_DIAG288)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("%s model of watchdog is allowed for s390 and s390x only"),
                           "diag288");
    for (size_t i = 0; i < def->memories.n; i++)
        if (def->memories.v[i]->model == VR_MEMORY_NVDIMM && def->memories.v[i]->has_uuid)
            return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_CONFIG_UNSUPPORTED, -1, "%s",
                                   _("UUID is not supported for NVDIMM device"));
    for (size_t i = 0; i < def->interfaces.n; i++)
        if (vr_streq0(def->interfaces.v[i]->model, "usb-net"))
            return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_INTERNAL_ERROR, -1, "%s",
                                   _("Cannot automatically add a new PCI bus for a device with connect flags 00"));
    if (def->memtune && def->memtune->min_guarantee_kib)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Parameter '%s' not supported by QEMU."), "min_guarantee");
    if (def->launch_security && vr_streq0(def->launch_security->type, "s390-pv"))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("S390 PV launch security is not supported with this QEMU binary"));
    if (def->launch_security && def->launch_security->type && vr_streq(def->launch_security->type, "sev"))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("SEV launch security is not supported with this QEMU binary"));
    for (size_t i = 0; i < def->shmems.n; i++)
        if (vr_streq0(def->shmems.v[i]->model, "ivshmem"))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("ivshmem device is not supported with this QEMU binary"));
    if (def->type != VR_VIRT_KVM && def->cputune && (def->cputune->cachetunes.n || def->cputune->memorytunes.n))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("cachetune is only supported for KVM domains"));
    for (size_t i = 0; i < def->inputs.n; i++) {
        const struct vr_controller *c = vr_qemu_find_controller(def, VR_CONTROLLER_USB, 0);
        if (def->inputs.v[i]->bus == VR_INPUT_BUS_USB && c && c->model == VR_CMODEL_NONE)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("Can't add USB input device. USB bus is disabled"));
    }
    if (def->hubs.n) {
        const struct vr_controller *c = vr_qemu_find_controller(def, VR_CONTROLLER_USB, 0);
        if (c && c->model == VR_CMODEL_NONE)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("Can't add USB hub: USB is disabled for this domain"));
    }
    if (def->max_memory_kib && !(def->cpu && def->cpu->cells.n) && vr_qemu_is_x86(def))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("At least one numa node has to be configured when enabling memory hotplug"));
    return true;
}

bool vr_qemu_check(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    static check_fn *const checks[] = { check_os,    check_features, check_cpu, check_controllers, check_disks,
                                        check_iommu, check_graphics, check_tpm, check_sources, check_filesystems, check_interfaces,
                                        check_rest };
    for (size_t i = 0; i < VR_COUNT(checks); i++)
        if (!checks[i](def, caps, err))
            return false;
    return true;
}

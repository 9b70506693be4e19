/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libvirt 9.0.0 records of an emulator in the status document of each guest it runs, and insists on when it takes a
 * guest over: names, each with the feature by which this build of QEMU has it. What has none is in every QEMU from 7.2 on.
 */
#include "qemu/caps/stock_flags.h"
#include "base/buf.h"
#include "qemu/caps/caps.h"

#define ALWAYS VR_QEMU_FEATURE_COUNT

static const struct {
    const char *name;
    enum vr_qemu_feature feature;
} flags[] = {
    { "kvm", VR_QEMU_KVM }, { "sdl", ALWAYS }, { "no-hpet", ALWAYS }, { "spice", VR_QEMU_SPICE }, { "hda-duplex", VR_QEMU_HDA_DUPLEX },
    { "ccid-emulated", VR_QEMU_CCID_EMULATED }, { "ccid-passthru", VR_QEMU_CCID_PASSTHRU },
    { "piix3-usb-uhci", VR_QEMU_PIIX3_UHCI }, { "piix4-usb-uhci", VR_QEMU_PIIX4_UHCI },
    { "usb-ehci", VR_QEMU_USB_EHCI }, { "ich9-usb-ehci1", VR_QEMU_ICH9_EHCI1 }, { "pci-ohci", VR_QEMU_PCI_OHCI },
    { "usb-redir", VR_QEMU_USB_REDIR }, { "usb-hub", VR_QEMU_USB_HUB }, { "ich9-ahci", VR_QEMU_AHCI },
    { "no-acpi", ALWAYS }, { "virtio-blk-pci.scsi", ALWAYS }, { "scsi-disk.channel", ALWAYS },
    { "scsi-block", ALWAYS }, { "hda-micro", VR_QEMU_HDA_MICRO }, { "nec-usb-xhci", VR_QEMU_NEC_XHCI },
    { "lsi", VR_QEMU_LSI }, { "virtio-scsi-pci", VR_QEMU_VIRTIO_SCSI }, { "disable-s3", VR_QEMU_PIIX_DISABLE_S3 },
    { "disable-s4", VR_QEMU_PIIX_DISABLE_S4 }, { "usb-redir.filter", VR_QEMU_USB_REDIR }, { "ide-drive.wwn", ALWAYS },
    { "scsi-disk.wwn", ALWAYS }, { "seccomp-sandbox", VR_QEMU_SANDBOX }, { "vnc", VR_QEMU_VNC },
    { "qxl", VR_QEMU_QXL }, { "VGA", VR_QEMU_VGA }, { "cirrus-vga", VR_QEMU_CIRRUS },
    { "vmware-svga", VR_QEMU_VMVGA }, { "usb-serial", VR_QEMU_USB_SERIAL }, { "virtio-rng", VR_QEMU_VIRTIO_RNG },
    { "rng-random", VR_QEMU_RNG_RANDOM }, { "rng-egd", VR_QEMU_RNG_EGD }, { "megasas", VR_QEMU_MEGASAS },
    { "tpm-passthrough", ALWAYS }, { "tpm-tis", VR_QEMU_TPM_TIS }, { "pci-bridge", VR_QEMU_PCI_BRIDGE },
    { "vfio-pci", VR_QEMU_VFIO_PCI }, { "dmi-to-pci-bridge", VR_QEMU_DMI_TO_PCI },
    { "usb-storage", VR_QEMU_USB_STORAGE }, { "usb-storage.removable", VR_QEMU_USB_STORAGE },
    { "virtio-mmio", ALWAYS }, { "ich9-intel-hda", VR_QEMU_ICH9_HDA },
    { "kvm-pit-lost-tick-policy", VR_QEMU_KVM_PIT }, { "pvpanic", VR_QEMU_PVPANIC }, { "usb-kbd", VR_QEMU_USB_KBD },
    { "usb-audio", VR_QEMU_USB_AUDIO }, { "rtc-reset-reinjection", ALWAYS }, { "iothread", VR_QEMU_IOTHREAD },
    { "migrate-rdma", ALWAYS }, { "VGA.vgamem_mb", VR_QEMU_VGA }, { "vmware-svga.vgamem_mb", VR_QEMU_VMVGA },
    { "qxl.vgamem_mb", VR_QEMU_QXL }, { "pc-dimm", VR_QEMU_PC_DIMM }, { "machine-vmport-opt", ALWAYS },
    { "pci-serial", VR_QEMU_PCI_SERIAL }, { "gpex-pcihost", ALWAYS }, { "ioh3420", VR_QEMU_IOH3420 },
    { "x3130-upstream", VR_QEMU_X3130_UPSTREAM }, { "xio3130-downstream", VR_QEMU_XIO3130_DOWNSTREAM },
    { "rtl8139", ALWAYS }, { "e1000", ALWAYS }, { "virtio-net", VR_QEMU_VIRTIO_NET },
    { "virtio-gpu", VR_QEMU_VIRTIO_GPU }, { "virtio-keyboard", VR_QEMU_VIRTIO_INPUT },
    { "virtio-mouse", VR_QEMU_VIRTIO_INPUT }, { "virtio-tablet", VR_QEMU_VIRTIO_INPUT },
    { "virtio-input-host", VR_QEMU_VIRTIO_INPUT_HOST }, { "ich9-disable-s3", VR_QEMU_ICH9_DISABLE_S3 },
    { "ich9-disable-s4", VR_QEMU_ICH9_DISABLE_S4 }, { "virtio-balloon-pci.deflate-on-oom", VR_QEMU_VIRTIO_BALLOON },
    { "mptsas1068", VR_QEMU_MPTSAS }, { "spice-gl", VR_QEMU_SPICE }, { "qxl.vram64_size_mb", VR_QEMU_QXL },
    { "pxb", VR_QEMU_PXB }, { "pxb-pcie", VR_QEMU_PXB_PCIE }, { "intel-iommu", VR_QEMU_INTEL_IOMMU },
    { "query-hotpluggable-cpus", ALWAYS }, { "virtio-vga", VR_QEMU_VIRTIO_VGA },
    { "ivshmem-plain", VR_QEMU_IVSHMEM_PLAIN }, { "ivshmem-doorbell", VR_QEMU_IVSHMEM_DOORBELL },
    { "vhost-scsi", VR_QEMU_VHOST_SCSI }, { "query-cpu-model-expansion", ALWAYS },
    { "spice-rendernode", VR_QEMU_SPICE }, { "nvdimm", VR_QEMU_NVDIMM }, { "pcie-root-port", VR_QEMU_PCIE_ROOT_PORT },
    { "query-cpu-definitions", ALWAYS }, { "cpu-cache", ALWAYS }, { "qemu-xhci", VR_QEMU_QEMU_XHCI },
    { "intel-iommu.intremap", VR_QEMU_INTEL_IOMMU }, { "intel-iommu.caching-mode", VR_QEMU_INTEL_IOMMU },
    { "intel-iommu.eim", VR_QEMU_INTEL_IOMMU }, { "intel-iommu.device-iotlb", VR_QEMU_INTEL_IOMMU },
    { "chardev-reconnect", ALWAYS }, { "vmcoreinfo", VR_QEMU_VMCOREINFO }, { "isa-serial", VR_QEMU_ISA_SERIAL },
    { "pcie-pci-bridge", VR_QEMU_PCIE_PCI_BRIDGE }, { "nbd-tls", ALWAYS }, { "tpm-crb", VR_QEMU_TPM_CRB },
    { "pr-manager-helper", VR_QEMU_PR_MANAGER }, { "screendump_device", ALWAYS },
    { "hda-output", VR_QEMU_HDA_OUTPUT }, { "vmgenid", VR_QEMU_VMGENID }, { "vhost-vsock", VR_QEMU_VHOST_VSOCK },
    { "tpm-emulator", ALWAYS }, { "mch", ALWAYS }, { "mch.extended-tseg-mbytes", VR_QEMU_MCH_TSEG },
    { "egl-headless", ALWAYS }, { "vfio-pci.display", VR_QEMU_VFIO_PCI }, { "memory-backend-memfd", VR_QEMU_MEMFD },
    { "memory-backend-memfd.hugetlb", VR_QEMU_MEMFD }, { "iothread.poll-max-ns", VR_QEMU_IOTHREAD },
    { "egl-headless.rendernode", ALWAYS }, { "memory-backend-file.pmem", ALWAYS },
    { "nvdimm.unarmed", VR_QEMU_NVDIMM }, { "virtio-pci-non-transitional", VR_QEMU_VIRTIO_BLK_TRANSITIONAL },
    { "nbd-bitmap", ALWAYS }, { "x86-max-cpu", ALWAYS }, { "cpu-unavailable-features", ALWAYS },
    { "canonical-cpu-features", ALWAYS }, { "bochs-display", VR_QEMU_BOCHS }, { "migration-file-drop-cache", ALWAYS },
    { "dbus-vmstate", ALWAYS }, { "vhost-user-gpu", VR_QEMU_VHOST_USER_GPU },
    { "vhost-user-vga", VR_QEMU_VHOST_USER_VGA }, { "incremental-backup", ALWAYS }, { "ramfb", VR_QEMU_RAMFB },
    { "drive-nvme", ALWAYS }, { "smp-dies", ALWAYS }, { "i8042", ALWAYS }, { "rng-builtin", VR_QEMU_RNG_BUILTIN },
    { "vhost-user-fs", VR_QEMU_VHOST_USER_FS }, { "query-named-block-nodes.flat", ALWAYS },
    { "blockdev-snapshot.allow-write-only-overlay", ALWAYS }, { "blockdev-reopen", ALWAYS },
    { "fsdev.multidevs", ALWAYS }, { "pcie-root-port.hotplug", VR_QEMU_ROOT_PORT_HOTPLUG },
    { "aio.io_uring", ALWAYS }, { "tcg", VR_QEMU_TCG }, { "virtio-blk-pci.scsi.default.disabled", ALWAYS },
    { "pvscsi", VR_QEMU_PVSCSI }, { "cpu.migratable", ALWAYS }, { "intel-iommu.aw-bits", VR_QEMU_IOMMU_AW_BITS },
    { "numa.hmat", ALWAYS }, { "usb-host.hostdevice", VR_QEMU_USB_HOST },
    { "virtio-balloon.free-page-reporting", VR_QEMU_BALLOON_REPORTING }, { "block-export-add", ALWAYS },
    { "netdev.vhost-vdpa", ALWAYS }, { "dc390", VR_QEMU_DC390 }, { "am53c974", VR_QEMU_AM53C974 },
    { "virtio-pmem-pci", VR_QEMU_VIRTIO_PMEM }, { "vhost-user-fs.bootindex", VR_QEMU_VHOST_USER_FS },
    { "vhost-user-blk", VR_QEMU_VHOST_USER_BLK }, { "cpu-max", ALWAYS },
    { "memory-backend-file.x-use-canonical-path-for-ramblock-id", ALWAYS },
    { "migration-param.block-bitmap-mapping", ALWAYS }, { "vnc-power-control", VR_QEMU_VNC_POWER_CONTROL },
    { "object.qapified", ALWAYS }, { "rotation-rate", VR_QEMU_IDE_ROTATION }, { "compat-deprecated", ALWAYS },
    { "acpi-index", VR_QEMU_PCI_ACPI_INDEX }, { "input-linux", VR_QEMU_INPUT_LINUX },
    { "virtio-gpu-gl-pci", VR_QEMU_VIRTIO_GPU_GL }, { "virtio-vga-gl", VR_QEMU_VIRTIO_VGA_GL },
    { "confidential-guest-support", ALWAYS }, { "set-action", ALWAYS }, { "virtio-blk.queue-size", ALWAYS },
    { "virtio-mem-pci", VR_QEMU_VIRTIO_MEM }, { "memory-backend-file.reserve", ALWAYS },
    { "piix4.acpi-root-pci-hotplug", VR_QEMU_PIIX4_ACPI_ROOT_HOTPLUG }, { "netdev.json", ALWAYS },
    { "query-dirty-rate", ALWAYS }, { "rbd-encryption", ALWAYS }, { "sev-guest-kernel-hashes", ALWAYS },
    { "sev-inject-launch-secret", ALWAYS }, { "device.json+hotplug", ALWAYS },
    { "virtio-mem-pci.prealloc", VR_QEMU_VIRTIO_MEM }, { "calc-dirty-rate", VR_QEMU_CALC_DIRTY_RATE },
    { "dirtyrate-param.mode", ALWAYS }, { "blockdev.nbd.tls-hostname", ALWAYS },
    { "memory-backend-file.prealloc-threads", ALWAYS }, { "virtio-iommu-pci", VR_QEMU_VIRTIO_IOMMU },
    { "virtio-iommu.boot-bypass", VR_QEMU_VIRTIO_IOMMU }, { "virtio-net.rss", VR_QEMU_VIRTIO_NET_RSS },
    { "chardev.qemu-vdagent", VR_QEMU_CHARDEV_VDAGENT }, { "display-dbus", VR_QEMU_CHARDEV_DBUS },
    { "iothread.thread-pool-max", VR_QEMU_IOTHREAD }, { "usb-host.guest-resets-all", VR_QEMU_USB_HOST_RESETS_ALL },
    { "migration.blocked-reasons", ALWAYS }, { "query-stats", VR_QEMU_STATS },
    { "query-stats-schemas", VR_QEMU_STATS }, { "thread-context", VR_QEMU_THREAD_CONTEXT },
    { "screenshot-format-png", ALWAYS }, { "netdev.stream", ALWAYS },
};

char *vr_qemu_stock_flags(const struct vr_qemu_caps *caps)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    vr_buf_str(&b, "  <qemuCaps>\n");
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (flags[i].feature == VR_QEMU_KVM ? caps->kvm.available : flags[i].feature == ALWAYS || vr_qemu_caps_has(caps, flags[i].feature)) {
            vr_buf_str(&b, "    <flag name='"); /* written at each change of state: no printf */
            vr_buf_str(&b, flags[i].name);
            vr_buf_str(&b, "'/>\n");
        }
    vr_buf_str(&b, "  </qemuCaps>\n");
    return vr_buf_take(&b);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What may differ from one build of QEMU to the next, by name. A row says how the feature is recognised:
 *   TYPE   an object type exists                      PROP   a property of a device type exists
 *   OPTION a parameter of a command line option       COMMAND a QMP command       MIGRATION a migration capability
 */
#define VR_QEMU_FEATURES(T, P, O, C, M)                                                                                \
    T(VIRTIO_BLK, "virtio-blk-pci") T(VIRTIO_BLK_TRANSITIONAL, "virtio-blk-pci-transitional")                          \
    T(VIRTIO_NET, "virtio-net-pci") T(VIRTIO_SCSI, "virtio-scsi-pci") T(VIRTIO_SERIAL, "virtio-serial-pci")            \
    T(VIRTIO_RNG, "virtio-rng-pci") T(VIRTIO_BALLOON, "virtio-balloon-pci") T(VIRTIO_9P, "virtio-9p-pci")              \
    T(VIRTIO_INPUT, "virtio-keyboard-pci") T(VIRTIO_INPUT_HOST, "virtio-input-host-pci")                               \
    T(VIRTIO_GPU, "virtio-gpu-pci") T(VIRTIO_GPU_GL, "virtio-gpu-gl-pci") T(VIRTIO_VGA, "virtio-vga")                  \
    T(VIRTIO_VGA_GL, "virtio-vga-gl") T(VIRTIO_CRYPTO, "virtio-crypto-pci") T(VIRTIO_IOMMU, "virtio-iommu-pci")        \
    T(VIRTIO_MEM, "virtio-mem-pci") T(VIRTIO_PMEM, "virtio-pmem-pci") T(VHOST_VSOCK, "vhost-vsock-pci")                \
    T(VHOST_SCSI, "vhost-scsi-pci") T(VHOST_USER_FS, "vhost-user-fs-pci") T(VHOST_USER_BLK, "vhost-user-blk-pci")      \
    T(VHOST_USER_GPU, "vhost-user-gpu-pci") T(VHOST_USER_VGA, "vhost-user-vga")                                        \
    T(PIIX3_UHCI, "piix3-usb-uhci") T(PIIX4_UHCI, "piix4-usb-uhci") T(USB_EHCI, "usb-ehci")                            \
    T(ICH9_EHCI1, "ich9-usb-ehci1") T(ICH9_UHCI1, "ich9-usb-uhci1") T(NEC_XHCI, "nec-usb-xhci")                        \
    T(QEMU_XHCI, "qemu-xhci") T(PCI_OHCI, "pci-ohci")                                                                  \
    T(PCI_BRIDGE, "pci-bridge") T(PCIE_PCI_BRIDGE, "pcie-pci-bridge") T(DMI_TO_PCI, "i82801b11-bridge")                \
    T(IOH3420, "ioh3420") T(PCIE_ROOT_PORT, "pcie-root-port") T(X3130_UPSTREAM, "x3130-upstream")                      \
    T(XIO3130_DOWNSTREAM, "xio3130-downstream") T(PXB, "pxb") T(PXB_PCIE, "pxb-pcie")                                  \
    T(AHCI, "ich9-ahci") T(LSI, "lsi53c895a") T(MEGASAS, "megasas") T(MPTSAS, "mptsas1068") T(PVSCSI, "pvscsi")        \
    T(AM53C974, "am53c974") T(DC390, "dc390")                                                                          \
    T(CIRRUS, "cirrus-vga") T(VGA, "VGA") T(VMVGA, "vmware-svga") T(QXL, "qxl-vga") T(QXL_SECONDARY, "qxl")            \
    T(BOCHS, "bochs-display") T(RAMFB, "ramfb") T(SECONDARY_VGA, "secondary-vga")                                      \
    T(AC97, "AC97") T(ES1370, "ES1370") T(SB16, "sb16") T(PCSPK, "isa-pcspk") T(INTEL_HDA, "intel-hda")                \
    T(ICH9_HDA, "ich9-intel-hda") T(USB_AUDIO, "usb-audio") T(HDA_DUPLEX, "hda-duplex") T(HDA_MICRO, "hda-micro")      \
    T(HDA_OUTPUT, "hda-output")                                                                                        \
    T(USB_STORAGE, "usb-storage") T(USB_HOST, "usb-host") T(USB_REDIR, "usb-redir") T(USB_HUB, "usb-hub")              \
    T(USB_KBD, "usb-kbd") T(USB_SERIAL, "usb-serial") T(USB_CCID, "usb-ccid")                                          \
    T(CCID_EMULATED, "ccid-card-emulated") T(CCID_PASSTHRU, "ccid-card-passthru")                                      \
    T(PCI_SERIAL, "pci-serial") T(ISA_SERIAL, "isa-serial") T(ISA_DEBUGCON, "isa-debugcon")                            \
    T(VFIO_PCI, "vfio-pci") T(VFIO_PCI_NOHOTPLUG, "vfio-pci-nohotplug") T(VMCOREINFO, "vmcoreinfo")                    \
    T(VMGENID, "vmgenid") T(PVPANIC, "pvpanic") T(PVPANIC_PCI, "pvpanic-pci") T(HYPERV_SYNIC, "hyperv-synic")          \
    T(I6300ESB, "i6300esb") T(IB700, "ib700") T(INTEL_IOMMU, "intel-iommu") T(SMMUV3, "arm-smmuv3")                    \
    T(IVSHMEM_PLAIN, "ivshmem-plain") T(IVSHMEM_DOORBELL, "ivshmem-doorbell") T(NVDIMM, "nvdimm")                      \
    T(PC_DIMM, "pc-dimm") T(SGX_EPC, "sgx-epc") T(SEV_GUEST, "sev-guest") T(IOTHREAD, "iothread")                      \
    T(THREAD_CONTEXT, "thread-context")                                                                                \
    T(MEMFD, "memory-backend-memfd") T(MEMORY_FILE, "memory-backend-file") T(RNG_RANDOM, "rng-random")                 \
    T(RNG_EGD, "rng-egd") T(RNG_BUILTIN, "rng-builtin") T(INPUT_LINUX, "input-linux")                                  \
    T(TLS_CREDS_X509, "tls-creds-x509") T(PR_MANAGER, "pr-manager-helper") T(SECRET, "secret")                         \
    T(TPM_TIS, "tpm-tis") T(TPM_CRB, "tpm-crb") T(CHARDEV_SPICEVMC, "chardev-spicevmc")                                \
    T(CHARDEV_SPICEPORT, "chardev-spiceport") T(CHARDEV_VDAGENT, "chardev-qemu-vdagent")                               \
    T(CHARDEV_DBUS, "chardev-dbus") T(KVM_PIT, "kvm-pit") T(KVM, "kvm-accel") T(TCG, "tcg-accel")                      \
    P(VIRTIO_NET_RSS, "virtio-net-pci", "rss") P(VIRTIO_NET_FAILOVER, "virtio-net-pci", "failover")                    \
    P(VIRTIO_PACKED, "virtio-blk-pci", "packed") P(VIRTIO_PAGE_PER_VQ, "virtio-blk-pci", "page-per-vq")                \
    P(BALLOON_REPORTING, "virtio-balloon-pci", "free-page-reporting")                                                  \
    P(USB_HOST_RESETS_ALL, "usb-host", "guest-resets-all") P(ROOT_PORT_HOTPLUG, "pcie-root-port", "hotplug")           \
    P(PIIX4_ACPI_ROOT_HOTPLUG, "PIIX4_PM", "acpi-root-pci-hotplug") P(MCH_TSEG, "mch", "extended-tseg-mbytes")         \
    P(PIIX_DISABLE_S3, "PIIX4_PM", "disable_s3") P(PIIX_DISABLE_S4, "PIIX4_PM", "disable_s4")                          \
    P(ICH9_DISABLE_S3, "ICH9-LPC", "disable_s3") P(ICH9_DISABLE_S4, "ICH9-LPC", "disable_s4")                          \
    P(ICH9_NOREBOOT, "ICH9-LPC", "noreboot") P(VIRTIO_GPU_BLOB, "virtio-gpu-pci", "blob")                              \
    P(IOMMU_AW_BITS, "intel-iommu", "aw-bits")                                                                         \
    P(IDE_ROTATION, "ide-hd", "rotation_rate") P(PCI_ACPI_INDEX, "virtio-net-pci", "acpi-index")                       \
    O(SANDBOX, "sandbox", "elevateprivileges") C(SPICE, "query-spice")                  \
    O(VNC, "vnc", "vnc") O(VNC_POWER_CONTROL, "vnc", "power-control") O(FW_CFG, "fw_cfg", "name")                      \
    C(DUMP_COMPLETED, "dump-guest-memory") C(DISPLAY_RELOAD, "display-reload") C(NBD_SERVER, "nbd-server-start")       \
    C(CALC_DIRTY_RATE, "calc-dirty-rate") C(BACKUP, "blockdev-backup") C(STATS, "query-stats")                         \
    M(MIGRATION_POSTCOPY, "postcopy-ram") M(MIGRATION_DIRTY_LIMIT, "dirty-limit")

#define VR_QEMU_ENUM_T(id, ...) VR_QEMU_##id,
enum vr_qemu_feature {
    VR_QEMU_FEATURES(VR_QEMU_ENUM_T, VR_QEMU_ENUM_T, VR_QEMU_ENUM_T, VR_QEMU_ENUM_T, VR_QEMU_ENUM_T)
        VR_QEMU_FEATURE_COUNT
};

enum vr_qemu_feature_how {
    VR_QEMU_BY_TYPE,
    VR_QEMU_BY_PROPERTY,
    VR_QEMU_BY_OPTION,
    VR_QEMU_BY_COMMAND,
    VR_QEMU_BY_MIGRATION
};
struct vr_qemu_feature_row {
    const char *name; /* in cache files */
    enum vr_qemu_feature_how how;
    const char *object, *member; /* member NULL for types, commands and migration capabilities */
};
extern const struct vr_qemu_feature_row vr_qemu_feature_rows[];

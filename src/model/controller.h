/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "model/common.h"

#define VR_CONTROLLER_TYPES(X, P)                                                                  \
    X(P, IDE, "ide") X(P, FDC, "fdc") X(P, SCSI, "scsi") X(P, SATA, "sata")                        \
    X(P, VIRTIO_SERIAL, "virtio-serial") X(P, CCID, "ccid") X(P, USB, "usb") X(P, PCI, "pci")      \
    X(P, XENBUS, "xenbus") X(P, ISA, "isa")
VR_ENUM(vr_controller_type, VR_CONTROLLER, VR_CONTROLLER_TYPES);

/* The models of all types in one list: a model name is checked against the type by a table in controller.c. */
#define VR_CONTROLLER_MODELS(X, P)                                                                 \
    X(P, PCI_ROOT, "pci-root") X(P, PCIE_ROOT, "pcie-root") X(P, PCI_BRIDGE, "pci-bridge")         \
    X(P, DMI_TO_PCI_BRIDGE, "dmi-to-pci-bridge") X(P, PCIE_TO_PCI_BRIDGE, "pcie-to-pci-bridge")    \
    X(P, PCIE_ROOT_PORT, "pcie-root-port") X(P, PCIE_SWITCH_UPSTREAM, "pcie-switch-upstream-port") \
    X(P, PCIE_SWITCH_DOWNSTREAM, "pcie-switch-downstream-port") X(P, PCI_EXPANDER, "pci-expander-bus") \
    X(P, PCIE_EXPANDER, "pcie-expander-bus")                                                       \
    X(P, AUTO, "auto") X(P, BUSLOGIC, "buslogic") X(P, LSILOGIC, "lsilogic") X(P, LSISAS1068, "lsisas1068") \
    X(P, VMPVSCSI, "vmpvscsi") X(P, IBMVSCSI, "ibmvscsi") X(P, VIRTIO_SCSI, "virtio-scsi")         \
    X(P, LSISAS1078, "lsisas1078") X(P, VIRTIO_TRANSITIONAL, "virtio-transitional")                \
    X(P, VIRTIO_NON_TRANSITIONAL, "virtio-non-transitional") X(P, NCR53C90, "ncr53c90")            \
    X(P, DC390, "dc390") X(P, AM53C974, "am53c974")                                                \
    X(P, PIIX3_UHCI, "piix3-uhci") X(P, PIIX4_UHCI, "piix4-uhci") X(P, EHCI, "ehci")               \
    X(P, ICH9_EHCI1, "ich9-ehci1") X(P, ICH9_UHCI1, "ich9-uhci1") X(P, ICH9_UHCI2, "ich9-uhci2")   \
    X(P, ICH9_UHCI3, "ich9-uhci3") X(P, VT82C686B_UHCI, "vt82c686b-uhci") X(P, PCI_OHCI, "pci-ohci") \
    X(P, NEC_XHCI, "nec-xhci") X(P, QUSB1, "qusb1") X(P, QUSB2, "qusb2") X(P, QEMU_XHCI, "qemu-xhci") \
    X(P, NONE, "none") X(P, PIIX3, "piix3") X(P, PIIX4, "piix4") X(P, ICH6, "ich6")                \
    X(P, VIRTIO, "virtio")
VR_ENUM(vr_controller_model, VR_CMODEL, VR_CONTROLLER_MODELS);

struct vr_controller {
    struct vr_arena *arena;
    enum vr_controller_type type;
    struct vr_oint index;               /* index=; assigned by completion when not said */
    enum vr_controller_model model;
    /* <driver> */
    unsigned queues, cmd_per_lun, max_sectors;
    enum vr_tri ioeventfd;
    struct vr_ouint iothread;
    struct vr_virtio_options virtio;
    /* virtio-serial, usb, xenbus */
    struct vr_oint ports, vectors;
    struct vr_oint max_grant_frames, max_event_channels;
    /* pci */
    const char *pci_model_name;         /* <model name='pcie-root-port'/> */
    struct vr_oint chassis_nr, chassis, port, bus_nr, node, target_index;
    uint64_t mem_reserve_kib; /* of a bridge's memory window, for devices plugged in later; 0 = the firmware's choice */
    enum vr_tri hotplug;
    uint64_t pcihole64_kib;
    bool has_pcihole64;
    struct vr_device_info info;
    /** Added by completion in this run, not in the document: a driver's own controllers come before it in stock's order. */
    bool implied;
};

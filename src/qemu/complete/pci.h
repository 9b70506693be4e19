/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * A guest's PCI topology while addresses are given out: buses with what may be plugged into them, and which functions
 * are taken. Knows nothing of devices but the kind of connection each one needs.
 */
#include <stdbool.h>
#include "model/controller.h"
#include "base/error.h"

enum vr_pci_connect {
    VR_PCI_DEVICE = 1 << 0,
    VR_PCIE_DEVICE = 1 << 1,
    VR_PCI_BRIDGE = 1 << 2,
    VR_PCI_DMI_BRIDGE = 1 << 3,
    VR_PCI_ROOT_PORT = 1 << 4,
    VR_PCI_UPSTREAM = 1 << 5,
    VR_PCI_DOWNSTREAM = 1 << 6,
    VR_PCI_EXPANDER = 1 << 7,
    VR_PCIE_EXPANDER = 1 << 8,
    VR_PCIE_TO_PCI = 1 << 9,
    VR_PCI_TYPES = (1 << 10) - 1,
    VR_PCI_HOTPLUG = 1 << 10,
    VR_PCI_AGGREGATE = 1 << 11, /* may share a slot with others of its kind, one function each */
    VR_PCI_INTEGRATED = 1 << 12, /* may be given a slot of the PCI Express root itself */
};

struct vr_pci_slot {
    uint8_t functions; /* bit per function */
    bool aggregate;
};
struct vr_pci_bus {
    enum vr_controller_model model;
    unsigned flags, min_slot, max_slot;
    struct vr_pci_slot slot[32];
};
#define VR_PCI_MAX_BUSES 256
struct vr_pci_set {
    struct vr_pci_bus bus[VR_PCI_MAX_BUSES];
    unsigned n;
    bool dry_run;         /* buses may be added when nothing fits */
    bool pcie_to_pci;     /* the emulator has pcie-pci-bridge */
};

bool vr_pci_bus_init(struct vr_pci_bus *bus, enum vr_controller_model model, bool no_hotplug, struct vr_error **err);
/** What a controller of this model needs from the bus it is plugged into; 0: a root. */
unsigned vr_pci_controller_connects(enum vr_controller_model model);
/** Takes one function that the document named, or that the chipset has. */
bool vr_pci_reserve(struct vr_pci_set *set, const struct vr_pci_address *at, unsigned flags, bool from_config,
                    struct vr_error **err);
/** Takes a whole free slot (or, with VR_PCI_AGGREGATE, the next function of a shared one). */
bool vr_pci_reserve_next(struct vr_pci_set *set, unsigned flags, struct vr_pci_address *out, struct vr_error **err);
bool vr_pci_slot_used(const struct vr_pci_set *set, const struct vr_pci_address *at);
bool vr_pci_bus_full(const struct vr_pci_bus *bus);
/** "0000:00:01.0", in a static thread-local buffer. */
const char *vr_pci_text(const struct vr_pci_address *at);

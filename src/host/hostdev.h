/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Devices of the host for guests: found in /sys, taken from their driver for VFIO, given back. Everything here blocks and
 * is for workers; tests set another root by vr_sys_set_root.
 */
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

/* ---- USB ---- */
struct vr_usb_wanted {
    bool by_id;             /* vendor and product count */
    unsigned vendor, product;
    unsigned bus, device;   /* 0: anywhere */
};
/** What "/dev/bus/usb/BUS/DEVICE" a wanted device is. *found false (and true returned) when no such device is plugged in. */
bool vr_usb_find(const struct vr_usb_wanted *wanted, unsigned *bus, unsigned *device, bool *found, struct vr_error **err);

/* ---- SCSI ---- */
/** "/dev/sg0" of a device behind "scsi_host0"; malloc'd. SYSTEM_ERROR names the directory that is not there. */
char *vr_scsi_generic_node(const char *adapter, unsigned bus, unsigned target, unsigned long long unit,
                           struct vr_error **err);

/* ---- PCI by VFIO ---- */
#define VR_PCI_NAME 16 /* "0000:06:12.5" */
/** Whether the host has an IOMMU with groups, and VFIO. */
bool vr_vfio_usable(void);
/** SYSTEM_ERROR "Device 0000:06:12.5 not found: ..." when the host has no such device. */
bool vr_pci_require(const char *name, struct vr_error **err);
/** Name of the driver that has the device ("e1000e"); malloc'd, NULL: none has. */
char *vr_pci_driver(const char *name);
/**
 * vr_pci_to_vfio - take a device from its driver and give it to vfio-pci; nothing when it is there already
 *
 * Undone by vr_pci_from_vfio, which lets the kernel choose the driver again.
 */
bool vr_pci_to_vfio(const char *name, struct vr_error **err);
bool vr_pci_from_vfio(const char *name, struct vr_error **err);
/** "/dev/vfio/5": what QEMU opens for a device; malloc'd. NULL with an error when it is in no IOMMU group. */
char *vr_pci_vfio_node(const char *name, struct vr_error **err);
/**
 * vr_pci_group_ready - whether every device of the group is with VFIO or with nobody
 *
 * The kernel lets no guest have a part of a group whose other part a host's driver uses: OPERATION_INVALID names it.
 */
bool vr_pci_group_ready(const char *name, struct vr_error **err);
/** "/dev/vfio/7" of a mediated device; DEVICE_MISSING when there is none of that uuid. malloc'd. */
char *vr_mdev_vfio_node(const char *uuid, struct vr_error **err);

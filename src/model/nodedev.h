/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <device>: a device of the host, as the node device calls list and make it. */
#include "model/common.h"
#include "model/document.h"
#include "model/host_interface.h"

#define VR_NODEDEV_CREATE (1u << 19) /* parse: a device to be made: its name does not count, some numbers may be missing */

#define VR_NODEDEV_TYPES(X, P)                                                                     \
    X(P, SYSTEM, "system") X(P, PCI, "pci") X(P, USB_DEVICE, "usb_device") X(P, USB_INTERFACE, "usb") X(P, NET, "net") \
    X(P, SCSI_HOST, "scsi_host") X(P, SCSI_TARGET, "scsi_target") X(P, SCSI, "scsi") X(P, STORAGE, "storage") \
    X(P, SCSI_GENERIC, "scsi_generic") X(P, DRM, "drm") X(P, MDEV, "mdev") X(P, CCW, "ccw") X(P, CSS, "css") \
    X(P, VDPA, "vdpa") X(P, AP_CARD, "ap_card") X(P, AP_QUEUE, "ap_queue") X(P, AP_MATRIX, "ap_matrix")
VR_ENUM(vr_nodedev_type, VR_NODEDEV, VR_NODEDEV_TYPES);

/* What a capability may have inside, in the order they are written. */
#define VR_NODEDEV_SUBTYPES(X, P)                                                                  \
    X(P, PHYS_FUNCTION, "phys_function") X(P, VIRT_FUNCTIONS, "virt_functions") X(P, PCI_BRIDGE, "pci-bridge") \
    X(P, CARDBUS_BRIDGE, "cardbus-bridge") X(P, MDEV_TYPES, "mdev_types") X(P, VPD, "vpd") X(P, NET_80203, "80203") \
    X(P, NET_80211, "80211") X(P, FC_HOST, "fc_host") X(P, VPORT_OPS, "vport_ops") X(P, FC_REMOTE_PORT, "fc_remote_port") \
    X(P, REMOVABLE, "removable") X(P, HOTPLUGGABLE, "hotpluggable")
VR_ENUM(vr_nodedev_subtype, VR_NODEDEV_SUB, VR_NODEDEV_SUBTYPES);

#define VR_DRM_TYPES(X, P) X(P, PRIMARY, "primary") X(P, CONTROL, "control") X(P, RENDER, "render")
VR_ENUM(vr_drm_type, VR_DRM, VR_DRM_TYPES);
#define VR_DEVNODE_TYPES(X, P) X(P, DEV, "dev") X(P, LINK, "link")
VR_ENUM(vr_devnode_type, VR_DEVNODE, VR_DEVNODE_TYPES);
#define VR_PCI_LINKS(X, P) X(P, CAP, "cap") X(P, STA, "sta")
VR_ENUM(vr_pci_link_validity, VR_PCI_LINK, VR_PCI_LINKS);
#define VR_PCI_SPEEDS(X, P) X(P, 2_5, "2.5") X(P, 5, "5") X(P, 8, "8") X(P, 16, "16") X(P, 32, "32") X(P, 64, "64")
VR_ENUM(vr_pci_speed, VR_PCI_SPEED, VR_PCI_SPEEDS);

struct vr_devnode {
    enum vr_devnode_type type;
    const char *path;
};
struct vr_mdev_type {
    const char *id, *name, *api;
    struct vr_ouint instances;
};
struct vr_vpd_field {
    const char *index, *value;
};
struct vr_vpd_fields {
    const char *access; /* "readonly", "readwrite" */
    const char *change_level, *manufacture_id, *part_number, *serial_number, *asset_tag;
    VR_LIST(struct vr_vpd_field) vendor_fields, system_fields;
};
struct vr_nodedev_sub {
    enum vr_nodedev_subtype type;
    VR_LIST(struct vr_pci_address) addresses; /* phys_function: one; virt_functions */
    unsigned max_count;
    VR_LIST(struct vr_mdev_type) mdev_types;
    const char *vpd_name;
    VR_LIST(struct vr_vpd_fields) vpd_fields;
    const char *wwnn, *wwpn, *fabric_wwn; /* fc_host; wwpn of fc_remote_port too */
    struct vr_ouint max_vports, vports;
    const char *rport;
    struct vr_ouint media_available; /* removable */
    struct vr_ou64 media_size;
    const char *media_label;
    uint64_t block_size, blocks;
};
struct vr_pci_link {
    enum vr_pci_link_validity validity;
    struct vr_oint port;
    enum vr_pci_speed speed;
    struct vr_ouint width;
};
struct vr_named_text {
    const char *name;
};
struct vr_mdev_attr {
    const char *name, *value;
};
struct vr_ccw_place {
    struct vr_ouint cssid, ssid, devno;
};

/** One <capability>. Members hold what the type says; see the comments. */
struct vr_nodedev_cap {
    enum vr_nodedev_type type;
    VR_LIST(struct vr_nodedev_sub) subs;
    const char *product, *vendor;                 /* system, pci, usb_device; storage: vendor */
    struct vr_ouint product_id, vendor_id;
    const char *hw_vendor, *hw_version, *hw_serial, *fw_vendor, *fw_version, *fw_release; /* system */
    bool has_hw_uuid;
    struct vr_uuid hw_uuid;
    struct vr_ouint klass;                        /* pci: 24 bits; usb */
    struct vr_ouint domain, bus, slot, function;  /* pci; bus: usb_device, scsi too */
    struct vr_ouint iommu_group;                  /* pci, mdev */
    VR_LIST(struct vr_pci_address) iommu_devices;
    struct vr_oint numa_node;
    bool pci_express;
    VR_LIST(struct vr_pci_link) links;
    struct vr_ouint device, number, subclass, protocol; /* usb_device: device; usb: the others */
    const char *description;
    const char *interface, *address;              /* net */
    struct vr_host_link link;
    VR_LIST(struct vr_named_text) features;
    struct vr_ouint host, unique_id, lun, target_number; /* scsi_host, scsi */
    const char *target, *scsi_type;               /* scsi_target; scsi */
    const char *block, *storage_bus, *drive_type, *model, *serial; /* storage */
    struct vr_ou64 size;
    uint64_t block_size, blocks;
    const char *chardev;                          /* scsi_generic, vdpa */
    enum vr_drm_type drm;
    const char *mdev_type, *mdev_uuid, *parent_addr; /* mdev */
    VR_LIST(struct vr_mdev_attr) mdev_attrs;
    struct vr_ccw_place ccw;                      /* ccw, css */
    struct vr_ccw_place *channel;                 /* css */
    struct vr_ouint ap_adapter, ap_domain;
};

struct vr_nodedev_def {
    struct vr_arena *arena;
    const char *name, *path, *driver;
    VR_LIST(struct vr_devnode) devnodes; /* the device's own node first, then its links */
    const char *parent, *parent_wwnn, *parent_wwpn, *parent_fabric_wwn; /* wwns: only when one is made */
    VR_LIST(struct vr_nodedev_cap) caps;
};
VR_DOCUMENT(vr_nodedev_def);

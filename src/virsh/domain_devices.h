/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Devices as a guest's document has them. */
#include "virsh.h"
#include "schema/xmlread_query.h"

struct vr_disk_row {
    char *type, *device, *target, *source, *protocol; /* NULL: not there */
    bool has_source;
};
struct vr_disks {
    struct vr_disk_row *rows;
    size_t n;
};
/** @flags of virDomainGetXMLDesc. NULL, reported. */
struct vr_disks *vr_disks_of(struct vr_cmd *cmd, virDomainPtr dom, unsigned flags);
void vr_disks_free(struct vr_disks *disks);
VR_DEFINE_AUTO(vr_disks)

struct vr_interface_row {
    char *device, *type, *source, *model, *mac, *link;
};
struct vr_interfaces {
    struct vr_interface_row *rows;
    size_t n;
};
struct vr_interfaces *vr_interfaces_of(struct vr_cmd *cmd, virDomainPtr dom, unsigned flags);
void vr_interfaces_free(struct vr_interfaces *interfaces);
VR_DEFINE_AUTO(vr_interfaces)

/** The document, parsed. NULL, reported: the call's own error, or why it is no XML. */
struct vr_query *vr_domain_query(struct vr_cmd *cmd, virDomainPtr dom, unsigned flags);

vr_completer vr_complete_disk, vr_complete_interface, vr_complete_mac;

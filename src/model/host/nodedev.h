/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Tables of node devices that stand in several files. */
#include "model/nodedev.h"
#include "schema/schema.h"

extern const struct vr_xml_elem vr_nodedev_cap_elem;     /* <capability> of a device */
extern const struct vr_xml_elem vr_nodedev_sub_elem;     /* <capability> inside one */
extern const struct vr_xml_elem vr_nodedev_hotplug_elem; /* the same, of storage that can be pulled out: written late */
extern const struct vr_xml_elem vr_nodedev_place_elem;   /* <address> of a PCI device, all of it */

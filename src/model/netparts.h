/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Tables of the parts that interfaces, networks and their ports have in common. */
#include "model/interface.h"
#include "schema/schema.h"

/** What the document says, nothing made up for it. */
extern const struct vr_xml_elem vr_vport_elem;
/** The same, for places where its type must be said. */
extern const struct vr_xml_elem vr_vport_typed_elem;
/** Ids that must last are made when they are not there, as for a guest's interface. */
extern const struct vr_xml_elem vr_vport_interface_elem;
extern const struct vr_xml_elem vr_vlan_elem;
/** Interfaces and ports: with a floor; the class only in live documents. */
extern const struct vr_xml_elem vr_bandwidth_elem;
/** Networks and port groups: neither floor nor class. */
extern const struct vr_xml_elem vr_bandwidth_plain_elem;
/** The rows, for documents that have the class in a place of their own. */
extern const struct vr_row vr_bandwidth_side_rows[];

/** What the document says about a virtual port must be allowed for its type: stock's errors. */
bool vr_vport_check(const struct vr_vport *v, struct vr_error **err);

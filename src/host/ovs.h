/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Ports of Open vSwitch bridges, by its program ovs-vsctl. */
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/error.h"

struct vr_bandwidth;
struct vr_uuid;
struct vr_vlan;
struct vr_vport;

struct vr_ovs_port {
    const char *bridge, *name;
    const uint8_t *mac;
    const struct vr_uuid *vm_uuid;
    const struct vr_vport *vport;   /* its interfaceid, and profile when there is one */
    const struct vr_vlan *vlan;     /* NULL: none */
};
/** Adds, or moves, a link to a bridge. INTERNAL_ERROR with what ovs-vsctl said, or what to install. */
VR_SUSPENDS bool vr_ovs_add(const struct vr_ovs_port *port, vr_time deadline, struct vr_error **err);
/**
 * vr_ovs_limit - what a port may carry, by the switch's own means; NULL or empty limits take them away
 *
 * Replaces what was there, in one transaction. Of @port only its name and its guest's uuid count.
 */
VR_SUSPENDS bool vr_ovs_limit(const struct vr_ovs_port *port, const struct vr_bandwidth *limits, vr_time deadline,
                              struct vr_error **err);
/** With its limits, when it had any. One that is not there is fine. */
VR_SUSPENDS bool vr_ovs_remove(const char *name, bool limited, vr_time deadline, struct vr_error **err);

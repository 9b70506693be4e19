/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Guaranteed rates: a class of the bridge for each port with a floor, and the rest for all others. Under the network's lock. */
#include <stdbool.h>
#include "base/cleanup.h"
#include "base/error.h"
#include "net.h"

/** A new port's floor, if it has one: checked against the network's rate, class made, bandwidth->class_id set. */
VR_SUSPENDS bool vr_floor_plug(struct vr_net *net, struct vr_network_port *port, struct vr_error **err);
VR_SUSPENDS bool vr_floor_unplug(struct vr_net *net, struct vr_network_port *port, struct vr_error **err);
/** From the port's bandwidth to @fresh (which is not stored yet); sets its class_id. */
VR_SUSPENDS bool vr_floor_change(struct vr_net *net, struct vr_network_port *port, struct vr_bandwidth *fresh, struct vr_error **err);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Ports: what guests' interfaces are plugged into. All under the network's lock. */
#include <stdbool.h>
#include "base/cleanup.h"
#include "base/error.h"
#include "net.h"

/**
 * vr_ports_create - a port on an active network
 * @port:    what is wanted; receives what the network made of it, and belongs to the network on success
 * @reclaim: it existed before (its plug says what it held)
 */
VR_SUSPENDS bool vr_ports_create(struct vr_net *net, struct vr_network_port *port, bool reclaim, struct vr_error **err);
/** Gives it back; the struct is freed. */
VR_SUSPENDS bool vr_ports_delete(struct vr_net *net, struct vr_network_port *port, struct vr_error **err);
/** Another bandwidth, which changes owner (copied); NULL: none. */
VR_SUSPENDS bool vr_ports_set_bandwidth(struct vr_net *net, struct vr_network_port *port, const struct vr_bandwidth *bandwidth,
                                        struct vr_error **err);
/** Counts connections anew from the ports: after they were loaded. */
void vr_ports_recount(struct vr_net *net);
/** Drops them from memory: the network ended. */
void vr_ports_forget(struct vr_net *net);
/** Removes their files and the list of MAC addresses. */
VR_SUSPENDS void vr_ports_remove_files(struct vr_net *net);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* A network's life on the host: begun, ended, repaired. All under the network's lock. */
#include <stdbool.h>
#include "base/cleanup.h"
#include "base/error.h"
#include "net.h"

/**
 * Gives the bridge of a definition its name (none, or a pattern with "%d"), and refuses one that another network has. Asked at
 * define and create.
 */
bool vr_net_name_bridge(struct vr_network_def *def, struct vr_error **err);
/** Rules of definitions that need a look at the host: devices of a pool must be virtual functions. */
bool vr_net_check_host(const struct vr_network_def *def, struct vr_error **err);

/**
 * vr_net_start - make a network active
 * @def: what it shall be, a copy of its own; consumed in any case
 *
 * Hooks, bridge with addresses and routes, packet filter, DHCP server, bandwidth, status on disk, then the event. On failure
 * nothing of it is left and the network is not active.
 */
VR_SUSPENDS bool vr_net_start(struct vr_net *net, struct vr_network_def *def, struct vr_error **err);
/** From the persistent definition: net-start, autostart, a guest that needs it. */
VR_SUSPENDS bool vr_net_start_persistent(struct vr_net *net, struct vr_error **err);
/** The end of an active network; ports are forgotten. What cannot be taken away is told in the log. Emits the event. */
VR_SUSPENDS void vr_net_stop(struct vr_net *net);
/** A new daemon: what the network has on the host is looked at, and made again where it is missing. */
VR_SUSPENDS void vr_net_repair(struct vr_net *net);
/** The live definition's rules and addresses changed. */
VR_SUSPENDS bool vr_net_refresh_firewall(struct vr_net *net, struct vr_error **err);

/* pool.c */
/** Devices of a pool named by its physical function (<pf>) are looked up and added to the live definition. */
bool vr_net_fill_pool(struct vr_network_def *def, struct vr_error **err);

/* subnet.c */
/**
 * A network whose IPv4 addresses the host reaches already gets the next free ones: everything in @def that lies in that subnet
 * moves along. False with stock's error when there are none. *moved tells, for the log.
 */
bool vr_net_find_subnet(struct vr_network_def *def, bool *moved, struct vr_error **err);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * The seam between a hypervisor driver and the network driver: one table of functions, set by whichever driver answers
 * for networks, so that neither includes the other. What a guest's <interface type='network'> is plugged into is a
 * "port" of the network, the struct behind <networkport> (model/network.h).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/cleanup.h"
#include "base/error.h"
#include "base/uuid.h"

struct vr_network_port;

/** One DHCP lease, for domifaddr. */
struct vr_netport_lease {
    bool ipv6;
    char address[46];
    unsigned prefix;
};

struct vr_netport_ops {
    /**
     * Makes a port on a network by name. @wanted: owner, MAC, and what the interface itself says (group, vlan,
     * virtualport, bandwidth, isolated, trustGuestRxFilters): see vr_network_port_of_interface. A persistent network that
     * is not active is started first. *out is the port with what the network made of it: plug (kind, bridge, macvtap
     * device and mode, or PCI device), merged vlan, virtualport, bandwidth, class; the caller frees it. Runs hooks.
     */
    VR_SUSPENDS bool (*allocate)(const char *network, const struct vr_network_port *wanted, struct vr_network_port **out,
                                 struct vr_error **err);
    /**
     * After a restart of the daemon: this running guest holds the port @known (uuid, plug and the rest from the guest's
     * status). Takes it back into the books when the network forgot it. False when the network is gone or not active.
     */
    VR_SUSPENDS bool (*reclaim)(const char *network, const struct vr_network_port *known, struct vr_error **err);
    /** The port as it is now, a copy; NULL with NO_NETWORK or NO_NETWORK_PORT. */
    struct vr_network_port *(*lookup)(const char *network, const struct vr_uuid *port, struct vr_error **err);
    /** Gives a port back; one that is not there is no error. Frees its device, class and records. Runs hooks. */
    VR_SUSPENDS bool (*release)(const char *network, const struct vr_uuid *port, struct vr_error **err);
    /** A guest's new bandwidth (floor included): changes the port's record and its class on the bridge. */
    VR_SUSPENDS bool (*set_bandwidth)(const char *network, const struct vr_uuid *port, const void *bandwidth,
                                      struct vr_error **err);
    /** Leases of one MAC ("52:54:..."), in *out (malloc'd array), as virNetworkGetDHCPLeases. */
    VR_SUSPENDS bool (*leases)(const char *network, const char *mac, struct vr_netport_lease **out, size_t *count,
                               struct vr_error **err);
    /** The bridge of an active network, malloc'd; for listen addresses use `address`. */
    char *(*bridge)(const char *network, struct vr_error **err);
    /** The host's address on the network, for <listen type='network'>: malloc'd text. */
    char *(*address)(const char *network, struct vr_error **err);
};

/** NULL when this daemon has no network driver. */
const struct vr_netport_ops *vr_netport(void);
/** The same, or VIR_ERR_NO_SUPPORT. */
const struct vr_netport_ops *vr_netport_required(struct vr_error **err);
/** NULL takes it back. */
void vr_netport_set(const struct vr_netport_ops *ops);

/**
 * The bridge of a network was made anew (its network was restarted): hypervisor drivers plug their guests' taps in again.
 * It runs on a fiber and may suspend. One listener.
 */
void vr_netport_on_started(VR_SUSPENDS void (*network_started)(const char *network));
VR_SUSPENDS void vr_netport_started(const char *network);

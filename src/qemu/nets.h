/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * The host's side of a guest's network cards: ports of virtual networks, tap and macvtap devices, Open vSwitch ports,
 * passt processes, limits. Taken when a guest starts, given back at its end from the live document alone, so that a
 * daemon which did not see the start can do it.
 */
#include <stdbool.h>
#include "base/error.h"
#include "model/interface.h"

struct vr_domain;
struct vr_domain_def;
struct vr_start_fds;

/** Asks networks for ports: fills `actual` and portid of interfaces of type network. Before the document is checked. */
VR_SUSPENDS bool vr_nets_allocate(struct vr_domain *dom, struct vr_error **err);
/** Makes devices and opens descriptors, which join `fds`. */
VR_SUSPENDS bool vr_nets_open(struct vr_domain *dom, struct vr_start_fds *fds, struct vr_error **err);
/** Gives back everything; failures are logged. Twice is harmless. */
VR_SUSPENDS void vr_nets_release(struct vr_domain *dom);
/** A running guest of the last daemon: names in use are noted. */
void vr_nets_found(const struct vr_domain *dom);
/** The same, on a fiber: its ports are told to the networks again, taps whose bridge was made anew plugged in again. */
VR_SUSPENDS void vr_nets_reclaim(struct vr_domain *dom);

/** A network's bridge was made anew: its running guests are plugged in again, in the background. Fits netport.h. */
VR_SUSPENDS void vr_nets_network_started(const char *network);

/** trustGuestRxFilters, of the network where it says so. */
bool vr_net_trusts_guest(const struct vr_interface *net);
/** Under a job: asks QEMU which addresses trusted guests listen to, and has macvtap devices and told bridges follow. */
VR_SUSPENDS void vr_nets_follow_guest(struct vr_domain *dom);

/* One interface, for hot-plug: as the three above. */
VR_SUSPENDS bool vr_net_allocate_one(struct vr_domain *dom, struct vr_domain_def *def, struct vr_interface *net,
                                     struct vr_error **err);
VR_SUSPENDS bool vr_net_open_one(struct vr_domain *dom, struct vr_domain_def *def, struct vr_interface *net,
                                 struct vr_start_fds *fds, struct vr_error **err);
VR_SUSPENDS void vr_net_release_one(struct vr_domain *dom, struct vr_interface *net);

/** Puts new limits on a running interface: link, class on the bridge, and the port's record. */
VR_SUSPENDS bool vr_net_set_limits(const struct vr_domain_def *def, struct vr_interface *net, const struct vr_bandwidth *limits,
                                   struct vr_error **err);

/** The socket of an interface's passt process: malloc'd. */
char *vr_passt_socket(int id, const char *name, const char *alias);
/** Starts it for an interface of type user with backend passt; it listens when this returns. */
VR_SUSPENDS bool vr_passt_start(const struct vr_domain *dom, const struct vr_domain_def *def, struct vr_interface *net,
                                struct vr_error **err);
VR_SUSPENDS void vr_passt_stop(int id, const char *name, const char *alias);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* A network's dnsmasq as a process: started, watched, found again by the next daemon. All under the network's lock. */
#include <stdbool.h>
#include <sys/types.h>
#include "base/cleanup.h"
#include "base/error.h"

struct vr_net;
struct vr_dhcpd;

/** Writes the files and starts one if the live definition wants it; nothing is left of them on failure. */
VR_SUSPENDS bool vr_dhcpd_start(struct vr_net *net, struct vr_error **err);
/** Ends it and removes its files; leases stay. */
VR_SUSPENDS void vr_dhcpd_stop(struct vr_net *net);
/**
 * The live definition changed: files are written again. @restart: what changed is read only at its start; else it is told
 * to read its hosts again.
 */
VR_SUSPENDS bool vr_dhcpd_refresh(struct vr_net *net, bool restart, struct vr_error **err);
/** Takes over the process of the last daemon; false when there is none. Blocks in /proc; before the loop or on its own. */
bool vr_dhcpd_adopt(struct vr_net *net);
/** Lets go of it without ending it; NULL is fine. */
void vr_dhcpd_forget(struct vr_dhcpd *dhcpd);
pid_t vr_dhcpd_pid(const struct vr_net *net); /* 0: none */
/** Removes what a network that is gone for good leaves: leases of that bridge. */
VR_SUSPENDS void vr_dhcpd_remove_leases(const char *bridge);

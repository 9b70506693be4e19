/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "firewall.h"
#include "host/nft.h"

/** A map of the table: by which name of a packet it is asked, where, and what its networks' chains are called. */
struct vr_firewall_map {
    const char *name, *key, *chain, *kind;
};
#define VR_FIREWALL_MAPS 3
extern const struct vr_firewall_map vr_firewall_maps[VR_FIREWALL_MAPS];
extern const char *const vr_firewall_map_names[]; /* NULL-terminated */

/** The table itself: "add", "delete". */
void vr_firewall_table(struct vr_json *commands, const char *verb);
/** Table, maps and base chains, whether or not they are there. */
void vr_firewall_skeleton(struct vr_json *commands);
void vr_firewall_element(struct vr_json *commands, const char *verb, const struct vr_firewall_map *map, const char *bridge);
/** Does this network have a chain of this kind? */
bool vr_firewall_uses(const struct vr_firewall_net *net, const struct vr_firewall_map *map);
void vr_firewall_add_net(struct vr_json *commands, const struct vr_firewall_net *net);
void vr_firewall_drop_net(struct vr_json *commands, const struct vr_firewall_net *net);
/** Puts the bridge into its firewalld zone where firewalld runs; a zone that is asked for where it does not is an error. */
VR_SUSPENDS bool vr_firewall_zone_set(const struct vr_firewall_net *net, vr_time deadline, struct vr_error **err);
VR_SUSPENDS void vr_firewall_zone_unset(const struct vr_firewall_net *net, vr_time deadline);
/** All of them: firewalld read its files again and forgot. With the lock held, and taking it. */
VR_SUSPENDS void vr_firewall_zones_again(vr_time deadline);
VR_SUSPENDS void vr_firewall_zones(vr_time deadline);
/** Removes marked rules of networks that are no longer remembered, adds what is missing: called with the lock held. */
VR_SUSPENDS bool vr_firewall_foreign_sync_locked(vr_time deadline, struct vr_error **err);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Network links by rtnetlink. What changes a link takes the kernel's rtnl lock, which another program may hold for
 * long: those are for workers. Reading one link does not wait. Each returns 0 or an errno; callers name the object.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VR_IFNAME 16 /* with the NUL */

struct vr_link {
    unsigned index, mtu, master;    /* master: 0 = none */
    unsigned flags;                 /* IFF_* */
    uint8_t mac[6];
    bool has_mac;
    char name[VR_IFNAME];
    char kind[VR_IFNAME];           /* "bridge", "tun", "macvtap", ... or "" */
};

/** By name, or by index when `name` is NULL. */
int vr_link_get(const char *name, unsigned index, struct vr_link *out);
int vr_link_set_master(const char *name, const char *bridge); /* NULL: leaves its bridge */
int vr_link_set_mac(const char *name, const uint8_t mac[6]);
int vr_link_set_mtu(const char *name, unsigned mtu);
int vr_link_set_up(const char *name, bool up);
/** A bridge port that talks to no other isolated port. */
int vr_link_set_isolated(const char *name, bool isolated);
/** Packets are handed on at once, without a queue of the kernel's: QEMU has its own. */
int vr_link_set_noqueue(const char *name);
int vr_link_delete(const char *name);
int vr_link_new_bridge(const char *name);
/** mode: MACVLAN_MODE_* of linux/if_link.h */
int vr_link_new_macvtap(const char *name, const char *parent, uint32_t mode, const uint8_t mac[6]);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The network driver's one state. Made at daemon start; read by every file of this room. */
#include <stdbool.h>
#include "base/clock.h"
#include "driver/call.h"

struct vr_group;
struct vr_net_list;

struct vr_networks {
    bool privileged, session;
    bool stopping;          /* the daemon exits: nothing is started or repaired any more */
    struct vr_net_list *list;
    struct vr_group *group; /* fibers that start DHCP servers again */
    struct vr_group *work;  /* starts and repairs: at the end of the daemon they are waited for, a while */
    /* malloc'd directories, root applied */
    char *config_dir;       /* /etc/libvirt/qemu/networks */
    char *autostart_dir;    /* /etc/libvirt/qemu/networks/autostart */
    char *state_dir;        /* /run/libvirt/network */
    char *dnsmasq_dir;      /* /var/lib/libvirt/dnsmasq */
};
extern struct vr_networks vr_networks;
extern const struct vr_driver vr_network_driver;

/* Deadlines: one table. */
#define VR_NET_SPAN_LOCK VR_SEC(30)     /* for another change of the same network to end */
#define VR_NET_SPAN_STEP VR_SEC(30)     /* one step of a start or stop: bridge, rules, DHCP server */
#define VR_NET_SPAN_HOOK VR_SEC(60)
#define VR_NET_SPAN_CLEANUP VR_SEC(90)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Bridges of virtual networks, addresses and routes on any link, and what a port of a bridge may do. All by rtnetlink. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/error.h"
#include "netlink.h"

/** An address with the length of its network: both families. */
struct vr_ip_spec {
    const char *address;    /* text */
    unsigned prefix;
    const char *peer;       /* the other end of a link between two; NULL: none */
};
struct vr_route_spec {
    const char *address;    /* destination; NULL: everywhere */
    unsigned prefix;
    const char *gateway;
    unsigned metric;        /* 0: the kernel's choice */
};

struct vr_bridge_spec {
    const char *name;
    bool has_mac;
    uint8_t mac[6];
    bool stp;
    unsigned delay_ms;      /* forward delay, as the document says it in seconds times 1000 */
    unsigned mtu;           /* 0: the kernel's */
    bool vlan_filtering;    /* macTableManager='libvirt' */
    bool no_ipv6;           /* the bridge itself speaks no IPv6: no address of that family, and none is wanted */
    bool existing;          /* it is there already, with addresses perhaps: only what is missing is made (repair) */
    bool forward4, forward6; /* the host hands on packets of that family */
    const struct vr_ip_spec *addresses;
    size_t address_count;
    const struct vr_route_spec *routes;
    size_t route_count;
};

/**
 * vr_bridge_up - make a bridge with all that belongs to it and set it up
 *
 * One hop to a worker. On failure nothing is left of what was made; a bridge that was there before (`existing`) stays.
 * SYSTEM_ERROR with stock's sentences.
 */
VR_SUSPENDS bool vr_bridge_up(const struct vr_bridge_spec *spec, vr_time deadline, struct vr_error **err);
/** Sets it down and deletes it; true when it is gone already. Addresses and routes go with it. */
VR_SUSPENDS bool vr_bridge_down(const char *name, vr_time deadline, struct vr_error **err);
/** Of a bridge or any link: true when it has this address. Does not suspend (a dump). */
bool vr_link_has_address(const char *name, const char *address);
/** All links whose kind is "bridge", as names; malloc'd array and texts, free with vr_names_free. Does not suspend. */
char **vr_bridge_list(size_t *count);
void vr_names_free(char **names, size_t count);

/**
 * vr_route_overlap - does the host reach this network already?
 * @ifname: receives the link, when true
 *
 * Routes that are not the default, of any link but `except` (NULL: none). Does not suspend.
 */
bool vr_route_overlap(const char *address, unsigned prefix, const char *except, char ifname[VR_IFNAME]);
/** The same for a route to exactly this network, neither a larger one nor a part. */
bool vr_route_same(const char *address, unsigned prefix, const char *except, char ifname[VR_IFNAME]);

/** Addresses and routes on an existing link, in order (an <interface type='ethernet'>). */
VR_SUSPENDS bool vr_link_addresses(const char *name, const struct vr_ip_spec *addresses, size_t address_count,
                                   const struct vr_route_spec *routes, size_t route_count, vr_time deadline,
                                   struct vr_error **err);

/* ---- for workers: each blocks on the rtnl lock and returns 0 or an errno ------------------------------------------- */

int vr_address_add(const char *link, const struct vr_ip_spec *ip);
int vr_route_add(const char *link, const struct vr_route_spec *route);
/** What the kernel's learning would do is told to it by us: macTableManager='libvirt'. */
int vr_port_set_learning(const char *port, bool on);
int vr_port_set_unicast_flood(const char *port, bool on);
/** An entry of the bridge's forwarding table on one of its ports, never forgotten. */
int vr_fdb_add(const char *port, const uint8_t mac[6]);
int vr_fdb_delete(const char *port, const uint8_t mac[6]);

/* ---- neighbours ---------------------------------------------------------------------------------------------------- */

struct vr_neighbour {
    int family;         /* AF_INET, AF_INET6 */
    unsigned index;     /* link */
    uint8_t mac[6];
    char address[46];   /* text */
};
/** Those the kernel knows to be there, of all links; malloc'd. 0 or an errno. A dump. */
int vr_neighbours_read(struct vr_neighbour **out, size_t *count);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <interface> as a document of its own: a network interface of the host and how it is configured. */
#include "model/common.h"
#include "model/document.h"

#define VR_HOST_INTERFACE_TYPES(X, P) X(P, ETHERNET, "ethernet") X(P, BRIDGE, "bridge") X(P, BOND, "bond") X(P, VLAN, "vlan")
VR_ENUM(vr_host_interface_type, VR_HOST_IF, VR_HOST_INTERFACE_TYPES);
#define VR_HOST_INTERFACE_STARTS(X, P) X(P, ONBOOT, "onboot") X(P, NONE, "none") X(P, HOTPLUG, "hotplug")
VR_ENUM(vr_host_interface_start, VR_HOST_IF_START, VR_HOST_INTERFACE_STARTS);
#define VR_HOST_LINK_STATES(X, P)                                                                  \
    X(P, UNKNOWN, "unknown") X(P, NOTPRESENT, "notpresent") X(P, DOWN, "down") X(P, LOWERLAYERDOWN, "lowerlayerdown") \
    X(P, TESTING, "testing") X(P, DORMANT, "dormant") X(P, UP, "up")
VR_ENUM(vr_host_link_state, VR_HOST_LINK, VR_HOST_LINK_STATES);
#define VR_BOND_MODES(X, P)                                                                        \
    X(P, BALRR, "balance-rr") X(P, ABACKUP, "active-backup") X(P, BALXOR, "balance-xor") X(P, BCAST, "broadcast") \
    X(P, 8023AD, "802.3ad") X(P, BALTLB, "balance-tlb") X(P, BALALB, "balance-alb")
VR_ENUM(vr_bond_mode, VR_BOND, VR_BOND_MODES);
#define VR_BOND_CARRIERS(X, P) X(P, IOCTL, "ioctl") X(P, NETIF, "netif")
VR_ENUM(vr_bond_carrier, VR_BOND_CARRIER, VR_BOND_CARRIERS);
#define VR_BOND_VALIDATES(X, P) X(P, NONE, "none") X(P, ACTIVE, "active") X(P, BACKUP, "backup") X(P, ALL, "all")
VR_ENUM(vr_bond_validate, VR_BOND_VALIDATE, VR_BOND_VALIDATES);
#define VR_HOST_FAMILIES(X, P) X(P, IPV4, "ipv4") X(P, IPV6, "ipv6")
VR_ENUM(vr_host_family, VR_HOST_FAMILY, VR_HOST_FAMILIES);

struct vr_host_ip {
    const char *address;
    struct vr_oint prefix;
};
struct vr_host_protocol {
    enum vr_host_family family;
    bool autoconf; /* ipv6 */
    bool dhcp;
    enum vr_tri dhcp_peerdns;
    VR_LIST(struct vr_host_ip) ips;
    const char *gateway;
};

/** <link speed= state=>, as node devices have it too. */
struct vr_host_link {
    unsigned speed; /* Mbit/s; 0 = not said */
    enum vr_host_link_state state;
};

struct vr_host_interface_def {
    struct vr_arena *arena; /* NULL in interfaces inside others, which live in the outermost one's */
    enum vr_host_interface_type type;
    const char *name;
    enum vr_host_interface_start start;
    unsigned mtu;
    VR_LIST(struct vr_host_protocol) protocols;
    struct vr_host_link link;
    const char *mac;
    struct {
        bool set;
        enum vr_tri stp;
        const char *delay;
    } bridge;
    struct {
        bool set;
        enum vr_bond_mode mode;
        bool miimon, arpmon;
        unsigned freq, downdelay, updelay; /* milliseconds */
        enum vr_bond_carrier carrier;
        unsigned interval;
        const char *target;
        enum vr_bond_validate validate;
    } bond;
    struct {
        bool set;
        const char *tag, *dev;
    } vlan;
    VR_LIST(struct vr_host_interface_def) members; /* of a bridge or a bond */
};
VR_DOCUMENT(vr_host_interface_def);

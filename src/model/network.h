/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <network>: a virtual network as its document tells it. Tables and rules are in model/network/. */
#include "model/document.h"
#include "model/interface.h"
#include "model/ipaddr.h"

/* UNSET is an isolated network; "none" is accepted for it. */
#define VR_FORWARDS(X, P)                                                                          \
    X(P, NAT, "nat") X(P, ROUTE, "route") X(P, OPEN, "open") X(P, BRIDGE, "bridge") X(P, PRIVATE, "private") \
    X(P, VEPA, "vepa") X(P, PASSTHROUGH, "passthrough") X(P, HOSTDEV, "hostdev")
VR_ENUM(vr_forward, VR_FORWARD, VR_FORWARDS);
/** The mode as messages and port documents name it: "none" for an isolated network. */
const char *vr_forward_text(enum vr_forward mode);

#define VR_MAC_TABLE_MANAGERS(X, P) X(P, KERNEL, "kernel") X(P, LIBVIRT, "libvirt")
VR_ENUM(vr_mac_table, VR_MAC_TABLE, VR_MAC_TABLE_MANAGERS);

#define VR_LEASE_UNITS(X, P) X(P, SECONDS, "seconds") X(P, MINUTES, "minutes") X(P, HOURS, "hours")
VR_ENUM(vr_lease_unit, VR_LEASE, VR_LEASE_UNITS);

/** <lease expiry= unit=>: 0 is infinite. */
struct vr_net_lease {
    struct vr_ou64 expiry;
    enum vr_lease_unit unit;
};
struct vr_net_range {
    struct vr_ipaddr start, end;
    struct vr_net_lease *lease; /* NULL: the DHCP server's own */
};
struct vr_net_host {
    const char *mac, *id, *name;
    struct vr_ipaddr ip;
    struct vr_net_lease *lease;
};
struct vr_network_ip {
    const char *family;         /* as written: "ipv4", "ipv6", NULL */
    struct vr_ipaddr address, netmask;
    struct vr_ouint prefix;     /* as written; 0 is as good as not said. vr_network_ip_prefix has what it amounts to */
    enum vr_tri local_ptr;
    const char *tftp_root;
    VR_LIST(struct vr_net_range) ranges;
    VR_LIST(struct vr_net_host) hosts;
    const char *boot_file;
    struct vr_ipaddr boot_server;
};
/** The prefix length that applies: of prefix=, netmask= or the address class; -1 for a netmask that is none. */
int vr_network_ip_prefix(const struct vr_network_ip *ip);

struct vr_network_route {
    const char *family;
    struct vr_ipaddr address, netmask, gateway;
    struct vr_ouint prefix;
    struct vr_ouint metric;     /* not set: 1 */
};
int vr_network_route_prefix(const struct vr_network_route *route);

struct vr_dns_forwarder {
    const char *domain;
    struct vr_ipaddr addr;
};
struct vr_dns_txt {
    const char *name, *value;
};
struct vr_dns_srv {
    const char *service, *protocol, *domain, *target;
    unsigned port, priority, weight;
};
struct vr_dns_host {
    struct vr_ipaddr ip;
    VR_LIST(const char) names;
};
struct vr_network_dns {
    enum vr_tri enable, forward_plain_names;
    VR_LIST(struct vr_dns_forwarder) forwarders;
    VR_LIST(struct vr_dns_txt) txts;
    VR_LIST(struct vr_dns_srv) srvs;
    VR_LIST(struct vr_dns_host) hosts;
};

struct vr_portgroup {
    const char *name;
    bool is_default;
    enum vr_tri trust_guest_rx_filters;
    struct vr_vlan *vlan;
    struct vr_vport *virtualport;
    struct vr_bandwidth *bandwidth;
};

/** A physical device of a pool: `dev` for a network card, else `pci`. */
struct vr_forward_interface {
    const char *dev;
    unsigned connections;       /* live: ports that use it */
};
struct vr_forward_address {
    const char *type;           /* "pci" */
    struct vr_pci_address pci;
    unsigned connections;
};
struct vr_forward_pf {
    const char *dev;
    unsigned connections;
};
struct vr_network_forward {
    enum vr_forward mode;
    const char *dev;            /* as written; the same as interfaces.v[0]->dev */
    enum vr_tri managed;
    const char *driver;         /* "vfio", "kvm" */
    VR_LIST(struct vr_forward_pf) pfs;      /* at most one */
    VR_LIST(struct vr_forward_interface) interfaces;
    VR_LIST(struct vr_forward_address) addresses;
    enum vr_tri nat_ipv6;
    struct vr_ipaddr nat_start, nat_end;
    struct vr_ouint port_start, port_end;   /* nat ports */
};

struct vr_dnsmasq_option {
    const char *value;
};

struct vr_network_def {
    struct vr_arena *arena;
    unsigned connections;       /* live: ports in use */
    enum vr_tri ipv6;           /* ipv6='yes': guests may talk IPv6 to each other without an address of the network */
    enum vr_tri trust_guest_rx_filters;
    const char *name;
    bool has_uuid;              /* always after a parse */
    struct vr_uuid uuid;
    const char *title, *description;
    const char *metadata;
    bool has_forward;           /* a <forward> element was there */
    struct vr_network_forward forward;
    const char *bridge, *zone;
    enum vr_tri stp;            /* NO, or else yes */
    uint64_t delay;             /* seconds */
    enum vr_mac_table mac_table;
    unsigned mtu;               /* 0: the kernel's */
    bool has_mac;
    struct vr_mac mac;
    const char *domain;
    enum vr_tri domain_local_only;
    struct vr_network_dns dns;
    struct vr_vlan *vlan;
    struct vr_bandwidth *bandwidth;
    enum vr_tri isolated;       /* <port isolated=> */
    VR_LIST(struct vr_network_ip) ips;
    VR_LIST(struct vr_network_route) routes;
    struct vr_vport *virtualport;
    VR_LIST(struct vr_portgroup) portgroups;
    VR_LIST(struct vr_dnsmasq_option) dnsmasq_options;
};

/** True for the modes in which the network has a bridge of its own that is made at its start: nat, route, open, isolated. */
static inline bool vr_network_makes_bridge(const struct vr_network_def *def)
{
    return def->forward.mode <= VR_FORWARD_OPEN;
}

VR_DOCUMENT(vr_network_def);

/**
 * The rules of the network driver, beyond what a parse refuses: elements that a forward mode cannot have, more than one
 * DHCP range set per family, port groups. Part of a parse, except with VR_FORM_TEST.
 */
bool vr_network_check(const struct vr_network_def *def, struct vr_error **err);

/**
 * Asked of what is new (define, create, update), not of what is stored, since stock takes these: ranges that overlap, static
 * hosts outside the subnet, or two with the same MAC address, id, name or IP address.
 */
bool vr_network_makes_sense(const struct vr_network_def *def, struct vr_error **err);

/** Gives a network that makes its bridge a random MAC address when it has none; true when one was made. */
bool vr_network_complete_mac(struct vr_network_def *def);
/** The port group of that name, or without a name the default one; NULL when there is none. */
struct vr_portgroup *vr_network_portgroup(const struct vr_network_def *def, const char *name);
/** The first <ip> of a family with a DHCP range or host, or NULL. */
const struct vr_network_ip *vr_network_dhcp_ip(const struct vr_network_def *def, enum vr_ip_family family);

/** As for domains: text of the <metadata> child with a namespace (malloc'd, NULL: none), and its replacement. */
char *vr_network_metadata_get(const struct vr_network_def *def, const char *uri);
bool vr_network_metadata_set(struct vr_network_def *def, const char *key, const char *uri, const char *xml,
                             struct vr_error **err);

/**
 * vr_network_update - change one section, as virNetworkUpdate does
 * @command, @section: enum virNetworkUpdateCommand, virNetworkUpdateSection
 * @parent_index: which <ip> for the DHCP sections; -1: the one that has DHCP, or the first that fits
 *
 * Works on @def in place; on failure @def may be changed in part and must be thrown away.
 */
bool vr_network_update(struct vr_network_def *def, unsigned command, unsigned section, int parent_index, const char *xml,
                       struct vr_error **err);

/* ---- <networkport> ----------------------------------------------------------------------------------------------- */

#define VR_PLUGS(X, P) X(P, NETWORK, "network") X(P, BRIDGE, "bridge") X(P, DIRECT, "direct") X(P, HOSTDEV, "hostdev-pci")
VR_ENUM(vr_plug, VR_PLUG, VR_PLUGS);

struct vr_network_port {
    struct vr_arena *arena;
    bool has_uuid, has_owner_uuid;
    struct vr_uuid uuid, owner_uuid;
    const char *owner_name;
    const char *group;
    bool has_mac;
    struct vr_mac mac;
    struct vr_vport *virtualport;
    struct vr_bandwidth *bandwidth;
    enum vr_tri trust_guest_rx_filters;
    struct vr_vlan *vlan;
    enum vr_tri isolated;
    enum vr_plug plug;          /* UNSET: none */
    const char *bridge;         /* NETWORK, BRIDGE */
    enum vr_mac_table mac_table;
    const char *dev;            /* DIRECT */
    enum vr_macvtap_mode mode;
    enum vr_tri managed;        /* HOSTDEV */
    const char *driver;
    struct vr_pci_address pci;
};

VR_DOCUMENT(vr_network_port);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <interface>: a guest's network card and what it is plugged into. */
#include "model/disk.h"

#define VR_NET_TYPES(X, P)                                                                         \
    X(P, USER, "user") X(P, ETHERNET, "ethernet") X(P, VHOSTUSER, "vhostuser") X(P, SERVER, "server") \
    X(P, CLIENT, "client") X(P, MCAST, "mcast") X(P, NETWORK, "network") X(P, BRIDGE, "bridge")    \
    X(P, INTERNAL, "internal") X(P, DIRECT, "direct") X(P, HOSTDEV, "hostdev") X(P, UDP, "udp")    \
    X(P, VDPA, "vdpa") X(P, DUMMY, "null") X(P, VDS, "vds")
VR_ENUM(vr_net_type, VR_NET, VR_NET_TYPES);

#define VR_MACVTAP_MODES(X, P) X(P, VEPA, "vepa") X(P, PRIVATE, "private") X(P, BRIDGE, "bridge") X(P, PASSTHROUGH, "passthrough")
VR_ENUM(vr_macvtap_mode, VR_MACVTAP, VR_MACVTAP_MODES);

#define VR_LINK_STATES(X, P) X(P, UP, "up") X(P, DOWN, "down")
VR_ENUM(vr_link_state, VR_LINK, VR_LINK_STATES);

#define VR_NET_BACKENDS(X, P) X(P, QEMU, "qemu") X(P, VHOST, "vhost")
VR_ENUM(vr_net_driver, VR_NET_DRIVER, VR_NET_BACKENDS);

#define VR_TX_MODES(X, P) X(P, IOTHREAD, "iothread") X(P, TIMER, "timer")
VR_ENUM(vr_tx_mode, VR_TX, VR_TX_MODES);

#define VR_VPORT_TYPES(X, P) X(P, QBG, "802.1Qbg") X(P, QBH, "802.1Qbh") X(P, OVS, "openvswitch") X(P, MIDONET, "midonet")
VR_ENUM(vr_vport_type, VR_VPORT, VR_VPORT_TYPES);

struct vr_vport {
    enum vr_vport_type type;
    struct vr_ouint managerid, typeid_, typeidversion;
    bool has_instanceid, has_interfaceid;
    struct vr_uuid instanceid, interfaceid;
    const char *profileid;
};

struct vr_bandwidth_side {
    struct vr_ou64 average, peak, burst, floor;
};
struct vr_bandwidth {
    struct vr_bandwidth_side *in, *out;
    unsigned class_id; /* live */
};

struct vr_vlan_tag {
    unsigned id;
    const char *native_mode; /* "tagged", "untagged" */
};
struct vr_vlan {
    enum vr_tri trunk;
    VR_LIST(struct vr_vlan_tag) tags;
};

struct vr_filter_parameter {
    const char *name, *value;
};
struct vr_filterref {
    const char *filter;
    VR_LIST(struct vr_filter_parameter) parameters;
};

/** <ip> and <route> inside <interface> (and its <source>, <guest>). */
struct vr_net_ip {
    const char *address, *family, *peer;
    struct vr_ouint prefix;
};
struct vr_net_route {
    const char *family, *address, *netmask, *gateway;
    struct vr_ouint prefix, metric;
};
struct vr_port_forward_range {
    unsigned start, end, to;
    enum vr_tri exclude;
};
struct vr_port_forward {
    const char *proto, *address, *dev;
    VR_LIST(struct vr_port_forward_range) ranges;
};

/** <driver><host .../><guest .../></driver> offload switches. */
struct vr_net_offloads {
    enum vr_tri csum, gso, tso4, tso6, ecn, ufo, mrg_rxbuf;
};

/** What an <interface type='network'> is plugged into while its guest runs: told by its network (driver/netport.h). */
struct vr_net_actual {
    enum vr_net_type type;          /* NETWORK (a bridge that the network made), BRIDGE, DIRECT, HOSTDEV */
    enum vr_tri managed, trust_guest_rx_filters, isolated;
    const char *bridge;             /* NETWORK, BRIDGE */
    const char *mac_table;          /* "libvirt", or NULL */
    const char *dev;                /* DIRECT */
    enum vr_macvtap_mode mode;
    const char *host_driver;        /* HOSTDEV: "vfio" */
    const char *pci_type;           /* "pci", or NULL */
    struct vr_pci_address pci;
    unsigned class_id;              /* of its floor on the bridge */
    struct vr_vlan *vlan;
    struct vr_vport *virtualport;
    struct vr_bandwidth *bandwidth;
};

struct vr_interface {
    struct vr_arena *arena;
    enum vr_net_type type;
    enum vr_tri managed;            /* hostdev */
    enum vr_tri trust_guest_rx_filters;
    bool has_mac;
    struct vr_mac mac;
    const char *mac_type;           /* "generated", "static" */
    enum vr_tri mac_check;

    /* <source>, by type */
    const char *network, *portgroup, *bridge, *dev, *internal_name;
    bool has_portid;
    struct vr_uuid portid;
    enum vr_macvtap_mode mode;
    struct vr_net_actual *actual;   /* live: what a network resolved to; NULL: nothing, or not a network's */
    const char *address;            /* server, client, mcast, udp */
    unsigned port;
    const char *local_address;      /* udp: <local address= port=> */
    unsigned local_port;
    const char *vhost_type, *vhost_path, *vhost_mode; /* vhostuser: type= path= mode= */
    struct vr_reconnect *reconnect;
    const char *source_addr_type;   /* hostdev: <source><address type='pci'|'usb'> */
    struct vr_pci_address source_pci;
    unsigned source_usb_bus, source_usb_device;
    struct {
        bool has_switchid;
        struct vr_uuid switchid;
        unsigned portid, portgroupid_set, connectionid;
        const char *portgroupid;
    } vds;
    const char *logfile;            /* backend logFile= (passt) */
    const char *passt_socket;       /* while it runs: where passt listens; in no document */

    struct vr_vlan *vlan;
    struct vr_vport *virtualport;
    const char *backend_type, *backend_tap, *backend_vhost; /* <backend type= tap= vhost=> */
    VR_LIST(struct vr_net_ip) guest_ips, host_ips;
    VR_LIST(struct vr_net_route) guest_routes, host_routes;
    VR_LIST(struct vr_port_forward) port_forwards;
    const char *script, *downscript;
    const char *target;             /* <target dev=> */
    enum vr_tri target_managed;
    const char *guest_dev, *guest_actual; /* <guest dev= actual=> */
    const char *model;              /* <model type=>, free text checked by the driver */
    const char *driver_name_text;
    enum vr_net_driver driver;
    enum vr_tx_mode txmode;
    enum vr_tri ioeventfd, event_idx, rss, rss_hash_report;
    unsigned queues, rx_queue_size, tx_queue_size;
    struct vr_net_offloads *host_offloads, *guest_offloads;
    struct vr_virtio_options virtio;
    struct vr_filterref *filterref;
    struct vr_bandwidth *bandwidth;
    const char *teaming_type, *teaming_persistent;
    enum vr_link_state link;
    unsigned mtu;
    struct vr_ouint coalesce_rx_frames;
    struct vr_ou64 sndbuf;          /* <tune><sndbuf> */
    enum vr_tri isolated;           /* <port isolated=> */
    struct vr_device_info info;
};

/* What holds while the guest runs: the network's word where there is one, else the document's own. */
enum vr_net_type vr_net_type_now(const struct vr_interface *n);
const char *vr_net_bridge_now(const struct vr_interface *n);
const char *vr_net_dev_now(const struct vr_interface *n);
enum vr_macvtap_mode vr_net_mode_now(const struct vr_interface *n);
const struct vr_vlan *vr_net_vlan_now(const struct vr_interface *n);
const struct vr_vport *vr_net_vport_now(const struct vr_interface *n);
const struct vr_bandwidth *vr_net_bandwidth_now(const struct vr_interface *n);
bool vr_net_isolated_now(const struct vr_interface *n);

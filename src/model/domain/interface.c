/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <interface>, and its <filterref>. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include <string.h>
#include "base/str.h"
#include "model/netparts.h"

VR_ENUM_NAMES(vr_net_type, VR_NET_TYPES)
VR_ENUM_NAMES(vr_macvtap_mode, VR_MACVTAP_MODES)
VR_ENUM_NAMES(vr_link_state, VR_LINK_STATES)
VR_ENUM_NAMES(vr_net_driver, VR_NET_BACKENDS)
VR_ENUM_NAMES(vr_tx_mode, VR_TX_MODES)

#define NET struct vr_interface
#define B(T) VR_BIT(VR_NET_##T)
#define FOR(mask) VR_WHEN(NET, type, mask)

/* ---- <filterref> ----------------------------------------------------------------------------------------------------- */
static const struct vr_row filter_parameter_rows[] = {
    VR_A_STR(struct vr_filter_parameter, name, "name"),
    VR_A_STR(struct vr_filter_parameter, value, "value"),
    VR_END,
};
static const struct vr_xml_elem filter_parameter_elem = {
    .name = "parameter", .size = sizeof(struct vr_filter_parameter), .rows = filter_parameter_rows,
};
static const struct vr_row filterref_rows[] = {
    VR_A_STR(struct vr_filterref, filter, "filter"),
    VR_LISTED(struct vr_filterref, parameters, "parameter", filter_parameter_elem),
    VR_END,
};
static const struct vr_xml_elem filterref_elem = {
    .name = "filterref", .size = sizeof(struct vr_filterref), .rows = filterref_rows,
};

/* ---- addresses of the guest and the host side -------------------------------------------------------------------- */
#define IP struct vr_net_ip
static const struct vr_row ip_rows[] = {
    VR_A_STR(IP, address, "address", .required = true, .missing = "missing required address in <ip>"),
    VR_A_STR(IP, family, "family"),
    VR_A_OUINT(IP, prefix, "prefix", .max = 128, .bad = "Invalid prefix value '%s' in <ip>"),
    VR_A_STR(IP, peer, "peer"),
    VR_END,
};
static bool ip_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    IP *ip = obj;
    if (!ip->family)
        ip->family = strchr(ip->address, ':') ? "ipv6" : "ipv4";
    return true;
}
const struct vr_xml_elem vr_net_ip_elem = { .name = "ip", .size = sizeof(IP), .rows = ip_rows, .after_parse =
    ip_after };

#define ROUTE struct vr_net_route
static const struct vr_row route_rows[] = {
    VR_A_STR(ROUTE, family, "family"),
    VR_A_STR(ROUTE, address, "address"),
    VR_A_STR(ROUTE, netmask, "netmask"),
    VR_A_OUINT(ROUTE, prefix, "prefix", .max = 128),
    VR_A_STR(ROUTE, gateway, "gateway"),
    VR_A_OUINT(ROUTE, metric, "metric"),
    VR_END,
};
const struct vr_xml_elem vr_net_route_elem = { .name = "route", .size = sizeof(ROUTE), .rows = route_rows };

static const struct vr_row range_rows[] = {
    VR_A_UINT(struct vr_port_forward_range, start, "start", .required = true, .max = 65535, .nonzero = true),
    VR_A_UINT(struct vr_port_forward_range, end, "end", .max = 65535, .nonzero = true),
    VR_A_UINT(struct vr_port_forward_range, to, "to", .max = 65535, .nonzero = true),
    VR_A_YESNO(struct vr_port_forward_range, exclude, "exclude"),
    VR_END,
};
static const struct vr_xml_elem range_elem = {
    .name = "range", .size = sizeof(struct vr_port_forward_range), .rows = range_rows,
};
static const struct vr_row forward_rows[] = {
    VR_A_STR(struct vr_port_forward, proto, "proto", .required = true),
    VR_A_STR(struct vr_port_forward, address, "address"),
    VR_A_STR(struct vr_port_forward, dev, "dev"),
    VR_LISTED(struct vr_port_forward, ranges, "range", range_elem),
    VR_END,
};
static const struct vr_xml_elem forward_elem = {
    .name = "portForward", .size = sizeof(struct vr_port_forward), .rows = forward_rows,
};

/* ---- <source>, by type ------------------------------------------------------------------------------------------- */
static bool live(const void *base, const struct vr_format *f)
{
    return !vr_inactive(f);
}
/* Which network it comes from stands in a live document before what it became (see interface_shown). */
static bool of_network(const void *base, const struct vr_format *f)
{
    return ((const NET *)base)->network != NULL;
}
static const struct vr_row network_source_rows[] = {
    VR_A_STR(NET, network, "network"),
    VR_A_STR(NET, portgroup, "portgroup"),
    VR_A_UUID(NET, portid, has_portid, "portid", .when = live, .not_inactive_parse = true),
    VR_A_STR(NET, bridge, "bridge", .when = live, .format_only = true),
    VR_LISTED(NET, host_ips, "ip", vr_net_ip_elem),
    VR_LISTED(NET, host_routes, "route", vr_net_route_elem),
    VR_END,
};
static const struct vr_row origin_rows[] = {
    VR_A_STR(NET, network, "network", .when = of_network, .format_only = true),
    VR_A_STR(NET, portgroup, "portgroup", .when = of_network, .format_only = true),
    VR_A_UUID(NET, portid, has_portid, "portid", .when = of_network, .format_only = true),
    VR_END,
};
static const struct vr_row ethernet_source_rows[] = {
    VR_A_STR(NET, dev, "dev"),
    VR_LISTED(NET, host_ips, "ip", vr_net_ip_elem),
    VR_LISTED(NET, host_routes, "route", vr_net_route_elem),
    VR_END,
};
static const struct vr_row bridge_source_rows[] = {
    VR_INLINE(origin_rows),
    VR_A_STR(NET, bridge, "bridge"),
    VR_LISTED(NET, host_ips, "ip", vr_net_ip_elem), /* to be refused by a sentence of its own */
    VR_LISTED(NET, host_routes, "route", vr_net_route_elem),
    VR_END,
};
static const struct vr_row internal_source_rows[] = { VR_A_STR(NET, internal_name, "name"), VR_END };
static const struct vr_row direct_source_rows[] = {
    VR_INLINE(origin_rows),
    VR_A_STR(NET, dev, "dev"),
    VR_A_ENUM(NET, mode, "mode", vr_macvtap_mode_names),
    VR_END,
};
static const struct vr_row vdpa_source_rows[] = { VR_A_STR(NET, dev, "dev"), VR_END };
static const struct vr_row user_source_rows[] = { VR_A_STR(NET, dev, "dev"), VR_END };
static const struct vr_row vhostuser_source_rows[] = {
    VR_A_STR(NET, vhost_type, "type"),
    VR_A_STR(NET, vhost_path, "path"),
    VR_A_STR(NET, vhost_mode, "mode"),
    VR_CHILD(NET, reconnect, "reconnect", vr_reconnect_elem),
    VR_END,
};
static const struct vr_row local_rows[] = {
    VR_A_STR(NET, local_address, "address"),
    VR_A_UINT(NET, local_port, "port"),
    VR_END,
};
static const struct vr_row socket_source_rows[] = {
    VR_A_STR(NET, address, "address"),
    VR_A_UINT(NET, port, "port", .zero = true, .bad = "Cannot parse <source> 'port' attribute with socket interface"),
    VR_GROUP("local", local_rows, VR_WHEN(NET, type, VR_BIT(VR_NET_UDP))),
    VR_END,
};
static const struct vr_row usb_address_rows[] = {
    VR_A_UINT(NET, source_usb_bus, "bus", .zero = true),
    VR_A_UINT(NET, source_usb_device, "device", .zero = true),
    VR_END,
};
static bool source_is_pci(const void *base, const struct vr_format *f)
{
    const NET *n = base;
    return n->source_addr_type && vr_streq(n->source_addr_type, "pci");
}
static bool source_is_usb(const void *base, const struct vr_format *f)
{
    const NET *n = base;
    return n->source_addr_type && vr_streq(n->source_addr_type, "usb");
}
static bool reads_pci(const void *base)
{
    return source_is_pci(base, NULL);
}
static bool reads_usb(const void *base)
{
    return source_is_usb(base, NULL);
}
static const struct vr_row pci_address_part[] = {
    VR_INLINE_PART(NET, source_pci, vr_pci_place_rows, .when = source_is_pci, .reads = reads_pci, .after =
                   vr_pci_address_check),
    VR_INLINE(usb_address_rows, .when = source_is_usb, .reads = reads_usb),
    VR_END,
};
static const struct vr_row hostdev_address_rows[] = {
    VR_A_STR(NET, source_addr_type, "type", .required = true, .type = "hostAddressType"),
    VR_INLINE(pci_address_part),
    VR_END,
};
static const struct vr_row hostdev_source_rows[] = {
    VR_INLINE(origin_rows),
    VR_GROUP("address", hostdev_address_rows),
    VR_END,
};
static const struct vr_row vds_source_rows[] = {
    VR_A_UUID(NET, vds.switchid, vds.has_switchid, "switchid"),
    VR_A_UINT(NET, vds.portid, "portid", .zero = true),
    VR_A_STR(NET, vds.portgroupid, "portgroupid"),
    VR_A_UINT(NET, vds.connectionid, "connectionid", .zero = true),
    VR_END,
};

/* ---- <actual>: only in status documents --------------------------------------------------------------------------- */
#define ACTUAL struct vr_net_actual
#define ACTUALLY(mask) VR_WHEN(ACTUAL, type, mask)
static bool actual_is_pci(const void *base, const struct vr_format *f)
{
    return ((const ACTUAL *)base)->pci_type != NULL;
}
static bool reads_actual_pci(const void *base)
{
    return actual_is_pci(base, NULL);
}
static const struct vr_row actual_address_rows[] = {
    VR_A_STR(ACTUAL, pci_type, "type", .words = VR_WORDS("pci")),
    VR_INLINE_PART(ACTUAL, pci, vr_pci_place_rows, .when = actual_is_pci, .reads = reads_actual_pci, .after =
                   vr_pci_address_check),
    VR_END,
};
static const struct vr_row actual_bridge_rows[] = {
    VR_A_STR(ACTUAL, bridge, "bridge"),
    VR_A_STR(ACTUAL, mac_table, "macTableManager"),
    VR_END,
};
static const struct vr_row actual_direct_rows[] = {
    VR_A_STR(ACTUAL, dev, "dev"),
    VR_A_ENUM(ACTUAL, mode, "mode", vr_macvtap_mode_names),
    VR_END,
};
static const struct vr_row actual_hostdev_rows[] = { VR_GROUP("address", actual_address_rows), VR_END };
static const struct vr_row actual_driver_rows[] = { VR_A_STR(ACTUAL, host_driver, "name"), VR_END };
static const struct vr_row actual_class_rows[] = { VR_A_UINT(ACTUAL, class_id, "id"), VR_END };
static const struct vr_row actual_port_rows[] = { VR_A_YESNO(ACTUAL, isolated, "isolated"), VR_END };
static const struct vr_row actual_rows[] = {
    VR_A_ENUM(ACTUAL, type, "type", vr_net_type_names),
    VR_A_YESNO(ACTUAL, managed, "managed", ACTUALLY(B(HOSTDEV))),
    VR_A_YESNO(ACTUAL, trust_guest_rx_filters, "trustGuestRxFilters"),
    VR_GROUP("driver", actual_driver_rows, ACTUALLY(B(HOSTDEV))),
    VR_GROUP("source", actual_bridge_rows, ACTUALLY(B(NETWORK) | B(BRIDGE))),
    VR_GROUP("source", actual_direct_rows, ACTUALLY(B(DIRECT))),
    VR_GROUP("source", actual_hostdev_rows, ACTUALLY(B(HOSTDEV))),
    VR_GROUP("class", actual_class_rows),
    VR_CHILD(ACTUAL, vlan, "vlan", vr_vlan_elem),
    VR_CHILD(ACTUAL, virtualport, "virtualport", vr_vport_interface_elem),
    VR_CHILD(ACTUAL, bandwidth, "bandwidth", vr_bandwidth_elem),
    VR_GROUP("port", actual_port_rows),
    VR_END,
};
static const struct vr_xml_elem actual_elem = { .name = "actual", .size = sizeof(ACTUAL), .rows = actual_rows };

enum vr_net_type vr_net_type_now(const NET *n)
{
    return n->actual ? n->actual->type : n->type;
}
const char *vr_net_bridge_now(const NET *n)
{
    return n->actual ? n->actual->bridge : n->bridge;
}
const char *vr_net_dev_now(const NET *n)
{
    return n->actual ? n->actual->dev : n->dev;
}
enum vr_macvtap_mode vr_net_mode_now(const NET *n)
{
    return n->actual ? n->actual->mode : n->mode;
}
const struct vr_vlan *vr_net_vlan_now(const NET *n)
{
    return n->actual ? n->actual->vlan : n->vlan;
}
const struct vr_vport *vr_net_vport_now(const NET *n)
{
    return n->actual ? n->actual->virtualport : n->virtualport;
}
const struct vr_bandwidth *vr_net_bandwidth_now(const NET *n)
{
    return n->actual ? n->actual->bandwidth : n->bandwidth;
}
bool vr_net_isolated_now(const NET *n)
{
    return (n->actual ? n->actual->isolated : n->isolated) == VR_TRI_YES;
}

/* A live document shows what a network resolved to as if the guest had been defined with it. */
static const void *interface_shown(const void *obj, const struct vr_format *f)
{
    const NET *n = obj;
    const ACTUAL *a = n->actual;
    if (!a || vr_inactive(f) || (f->flags & VR_FORM_STATUS))
        return n;
    NET *now = vr_arena_memdup(f->scratch, n, sizeof(*n));
    now->type = a->type;
    now->bridge = a->bridge;
    now->dev = a->dev;
    now->mode = a->mode;
    now->managed = a->managed;
    now->trust_guest_rx_filters = a->trust_guest_rx_filters;
    now->vlan = a->vlan;
    now->virtualport = a->virtualport;
    now->bandwidth = a->bandwidth;
    now->isolated = a->isolated;
    now->driver_name_text = a->host_driver;
    now->source_addr_type = a->pci_type;
    now->source_pci = a->pci;
    return now;
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */
static const struct vr_row mac_rows[] = {
    VR_ROW_AUX_("address", VR_K_CODEC, VR_AT_ATTR, offsetof(NET, has_mac), &vr_mac_codec, .bad =
            "unable to parse mac address '%s'"),
    VR_A_STR(NET, mac_type, "type"),
    VR_A_YESNO(NET, mac_check, "check"),
    VR_END,
};
static const struct vr_row script_rows[] = { VR_A_STR(NET, script, "path"), VR_END };
static const struct vr_row downscript_rows[] = { VR_A_STR(NET, downscript, "path"), VR_END };
/* Names of tap devices that were chosen for one run of the guest do not belong into its definition. */
static const char *const made_names[] = { "vnet", "macvtap", "macvlan", "veth" };
static bool is_made(const char *target)
{
    for (size_t i = 0; target && i < VR_COUNT(made_names); i++)
        if (vr_starts_with(target, made_names[i]))
            return true;
    return false;
}
static bool target_shown(const void *base, const struct vr_format *f)
{
    return !vr_inactive(f) || !is_made(((const NET *)base)->target);
}
static bool target_after(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    NET *n = base;
    if ((p->flags & VR_FORM_INACTIVE) && is_made(n->target))
        n->target = NULL;
    return true;
}
static const struct vr_row target_rows[] = {
    VR_A_STR(NET, target, "dev", .unless_empty = true, .when = target_shown),
    VR_A_YESNO(NET, target_managed, "managed"),
    VR_END,
};
static const struct vr_row guest_rows[] = {
    VR_A_STR(NET, guest_dev, "dev"),
    VR_A_STR(NET, guest_actual, "actual", .when = live),
    VR_END,
};
static const struct vr_row model_rows[] = { VR_A_STR(NET, model, "type", .unless_empty = true), VR_END };

#define OFF struct vr_net_offloads
static const struct vr_row host_offload_rows[] = {
    VR_A_ONOFF(OFF, csum, "csum"), VR_A_ONOFF(OFF, gso, "gso"), VR_A_ONOFF(OFF, tso4, "tso4"), VR_A_ONOFF(OFF, tso6,
        "tso6"),
    VR_A_ONOFF(OFF, ecn, "ecn"), VR_A_ONOFF(OFF, ufo, "ufo"), VR_A_ONOFF(OFF, mrg_rxbuf, "mrg_rxbuf"), VR_END,
};
static const struct vr_row guest_offload_rows[] = {
    VR_A_ONOFF(OFF, csum, "csum"), VR_A_ONOFF(OFF, tso4, "tso4"), VR_A_ONOFF(OFF, tso6, "tso6"), VR_A_ONOFF(OFF, ecn,
        "ecn"),
    VR_A_ONOFF(OFF, ufo, "ufo"), VR_END,
};
static const struct vr_xml_elem host_offload_elem = { .name = "host", .size = sizeof(OFF), .rows = host_offload_rows };
static const struct vr_xml_elem guest_offload_elem = { .name = "guest", .size = sizeof(OFF), .rows =
    guest_offload_rows };

static const struct vr_row driver_rows[] = {
    VR_A_ENUM(NET, driver, "name", vr_net_driver_names, .lenient = true),
    VR_A_ENUM(NET, txmode, "txmode", vr_tx_mode_names),
    VR_A_ONOFF(NET, ioeventfd, "ioeventfd"),
    VR_A_ONOFF(NET, event_idx, "event_idx"),
    VR_A_UINT(NET, queues, "queues"),
    VR_A_UINT(NET, rx_queue_size, "rx_queue_size"),
    VR_A_UINT(NET, tx_queue_size, "tx_queue_size"),
    VR_A_ONOFF(NET, rss, "rss"),
    VR_A_ONOFF(NET, rss_hash_report, "rss_hash_report"),
    VR_INLINE_PART(NET, virtio, vr_virtio_rows),
    VR_CHILD(NET, host_offloads, "host", host_offload_elem, .unless_empty = true),
    VR_CHILD(NET, guest_offloads, "guest", guest_offload_elem, .unless_empty = true),
    VR_END,
};
/* type hostdev: the host's driver for the device, before its source */
static const struct vr_row host_driver_rows[] = { VR_A_STR(NET, driver_name_text, "name"), VR_END };
static const struct vr_row backend_rows[] = {
    VR_A_STR(NET, backend_type, "type"),
    VR_A_STR(NET, backend_tap, "tap"),
    VR_A_STR(NET, backend_vhost, "vhost"),
    VR_A_STR(NET, logfile, "logFile"),
    VR_END,
};
static const struct vr_row sndbuf_rows[] = { VR_T_OU64(NET, sndbuf, "sndbuf"), VR_END };
static const struct vr_row link_rows[] = { VR_A_ENUM(NET, link, "state", vr_link_state_names), VR_END };
static const struct vr_row mtu_rows[] = { VR_A_UINT(NET, mtu, "size"), VR_END };
static const struct vr_row frames_rows[] = { VR_A_OUINT(NET, coalesce_rx_frames, "max"), VR_END };
static const struct vr_row rx_rows[] = { VR_GROUP("frames", frames_rows), VR_END };
static const struct vr_row coalesce_rows[] = { VR_GROUP("rx", rx_rows), VR_END };
static const struct vr_row port_rows[] = { VR_A_YESNO(NET, isolated, "isolated"), VR_END };
static const struct vr_row teaming_rows[] = {
    VR_A_STR(NET, teaming_type, "type", .required = true, .words = VR_WORDS("persistent", "transient"),
             .bad = "unknown teaming type '%s'", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_STR(NET, teaming_persistent, "persistent"),
    VR_END,
};

/* the driver's switches are virtio's */
static bool is_virtio(const void *base, const struct vr_format *f)
{
    const NET *n = base;
    return (n->model && vr_starts_with(n->model, "virtio")) || (f->flags & VR_FORM_STATUS);
}
static const struct vr_row interface_rows[] = {
    VR_A_ENUM(NET, type, "type", vr_net_type_names),
    VR_A_YESNO(NET, managed, "managed", .lenient = true, FOR(B(HOSTDEV) | B(NETWORK))),
    VR_A_YESNO(NET, trust_guest_rx_filters, "trustGuestRxFilters"),
    VR_GROUP("mac", mac_rows),
    VR_GROUP("driver", host_driver_rows, FOR(B(HOSTDEV))),
    VR_GROUP("source", network_source_rows, FOR(B(NETWORK))),
    VR_GROUP("source", ethernet_source_rows, FOR(B(ETHERNET))),
    VR_GROUP("source", bridge_source_rows, FOR(B(BRIDGE))),
    VR_GROUP("source", internal_source_rows, FOR(B(INTERNAL))),
    VR_GROUP("source", direct_source_rows, FOR(B(DIRECT))),
    VR_GROUP("source", vdpa_source_rows, FOR(B(VDPA))),
    VR_GROUP("source", user_source_rows, FOR(B(USER))),
    VR_GROUP("source", vhostuser_source_rows, FOR(B(VHOSTUSER))),
    VR_GROUP("source", socket_source_rows, FOR(B(SERVER) | B(CLIENT) | B(MCAST) | B(UDP))),
    VR_GROUP("source", hostdev_source_rows, FOR(B(HOSTDEV))),
    VR_GROUP("source", vds_source_rows, FOR(B(VDS))),
    VR_CHILD(NET, actual, "actual", actual_elem, .only = VR_FORM_STATUS, .not_inactive_parse = true),
    VR_CHILD(NET, vlan, "vlan", vr_vlan_elem),
    VR_CHILD(NET, virtualport, "virtualport", vr_vport_interface_elem),
    VR_CHILD(NET, bandwidth, "bandwidth", vr_bandwidth_elem),
    VR_GROUP("port", port_rows),
    VR_LISTED(NET, guest_ips, "ip", vr_net_ip_elem),
    VR_LISTED(NET, guest_routes, "route", vr_net_route_elem),
    VR_LISTED(NET, port_forwards, "portForward", forward_elem),
    VR_GROUP("script", script_rows),
    VR_GROUP("downscript", downscript_rows),
    VR_GROUP("target", target_rows, .after = target_after),
    VR_GROUP("guest", guest_rows),
    VR_GROUP("model", model_rows),
    VR_GROUP("driver", driver_rows, FOR(~B(HOSTDEV)), .when = is_virtio),
    VR_GROUP("backend", backend_rows),
    VR_CHILD(NET, filterref, "filterref", filterref_elem),
    VR_GROUP("tune", sndbuf_rows),
    VR_GROUP("link", link_rows),
    VR_GROUP("mtu", mtu_rows),
    VR_GROUP("coalesce", coalesce_rows),
    VR_GROUP("teaming", teaming_rows),
    VR_INFO(NET),
    VR_END,
};

static bool needs(struct vr_parse *p, const struct vr_xml_node *node, const NET *n, struct vr_error **err,
                  const char *attr)
{
    const char *type = vr_net_type_names[n->type];
    if (!vr_xml_child(node, "source"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("interface type='%s' requires a 'source' element"),
                             type);
    vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1, _("Missing required attribute '%s' in element 'source'"),
                    attr);
    return vr_xml_locate(err, vr_xml_child(node, "source"));
}

static bool source_said(struct vr_parse *p, const struct vr_xml_node *node, NET *n, struct vr_error **err)
{
    switch (n->type) {
    case VR_NET_NETWORK:
        return n->network || needs(p, node, n, err, "network");
    case VR_NET_BRIDGE:
        return n->bridge || needs(p, node, n, err, "bridge");
    case VR_NET_DIRECT:
        if (!n->dev)
            return needs(p, node, n, err, "dev");
        if (!n->mode)
            n->mode = VR_MACVTAP_VEPA;
        return true;
    case VR_NET_INTERNAL:
        return n->internal_name || needs(p, node, n, err, "name");
    case VR_NET_VDPA:
        return n->dev || needs(p, node, n, err, "dev");
    case VR_NET_HOSTDEV:
        return n->source_addr_type || vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing source address type"));
    case VR_NET_VHOSTUSER:
        if (!n->vhost_type || !vr_streq(n->vhost_type, "unix"))
            return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                                 _("Type='%s' unsupported for <interface type='vhostuser'>"),
                                 n->vhost_type ? n->vhost_type : "");
        if (!n->vhost_path)
            return needs(p, node, n, err, "path");
        if (!n->model || !vr_starts_with(n->model, "virtio"))
            return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR,
                                 _("Wrong or no <model> 'type' attribute specified with "
                                   "<interface type='vhostuser'/>. vhostuser requires the virtio-net* frontend"));
        if (!n->vhost_mode)
            return needs(p, node, n, err, "mode");
        if (!vr_streq(n->vhost_mode, "client") && !vr_streq(n->vhost_mode, "server"))
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                                 _("Wrong <source> 'mode' attribute specified with <interface type='vhostuser'/>"));
        return true;
    default: return true;
    }
}

/* Well-known models are written as hypervisors know them, however they came; others are kept. */
static const char *canonical_model(const char *model)
{
    static const char *const known[] = { "netfront", "rtl8139", "virtio", "e1000", "e1000e", "virtio-transitional",
        "virtio-non-transitional", "usb-net", "spapr-vlan", "lan9118", "smc91c111", "vlance", "vmxnet", "vmxnet2",
            "vmxnet3",
        "Am79C970A", "Am79C973", "82540EM", "82545EM", "82543GC" };
    for (size_t i = 0; model && i < VR_COUNT(known); i++)
        if (!strcasecmp(model, known[i]))
            return known[i];
    return model;
}

static bool interface_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    NET *n = obj;
    if (!n->type)
        n->type = VR_NET_USER;
    if (n->has_mac && (n->mac.b[0] & 1))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("expected unicast mac address, found multicast '%s'"),
                             vr_xml_get(vr_xml_child(node, "mac"), "address"));
    n->model = canonical_model(n->model);
    if (!source_said(p, node, n, err))
        return false;
    if (n->bandwidth && n->bandwidth->in && n->bandwidth->in->floor.set && n->type != VR_NET_NETWORK) {
        vr_error_report(err, VIR_FROM_NONE, VIR_ERR_CONFIG_UNSUPPORTED, -1, "%s",
                        _("floor attribute is not supported for this config"));
        return vr_xml_locate(err, vr_xml_child(node, "bandwidth"));
    }
    const struct vr_xml_node *backend = vr_xml_child(node, "backend");
    const struct vr_xml_node *driver = vr_xml_child(node, "driver");
    if (driver && n->type == VR_NET_HOSTDEV) { /* there it names the host's driver for the device */
        static const char *const host[] = { "kvm", "vfio", "xen", "default", NULL };
        const char *name = vr_xml_get(driver, "name");
        if (name && vr_name_index(host, name) < 0)
            return vr_parse_fail(p, driver, err, VIR_ERR_CONFIG_UNSUPPORTED,
                                 _("Unknown interface <driver name='%s'> has been specified"), name);
    } else if (driver && vr_xml_get(driver, "name") && !n->driver)
        return vr_parse_fail(p, driver, err, VIR_ERR_CONFIG_UNSUPPORTED,
                             _("Unknown interface <driver name='%s'> has been specified"),
                             vr_xml_get(driver, "name"));
    /* passt came to libvirt with 9.1; before, its word here was an error. */
    if (backend && n->backend_type && !vr_streq(n->backend_type, "default") && !vr_streq(n->backend_type, "passt"))
        return vr_parse_fail(p, backend, err, VIR_ERR_XML_ERROR,
                             _("Invalid value for attribute 'type' in element 'backend': '%s'."),
                             n->backend_type);
    if (n->model && strspn(n->model,
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != strlen(n->model))
        return vr_parse_fail(p, node, err, VIR_ERR_INVALID_ARG, _("Model name contains invalid characters"));
    if (n->teaming_type && vr_streq(n->teaming_type, "transient") && !n->teaming_persistent)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("teaming transient element requires a persistent attribute"));
    return true;
}

const struct vr_xml_elem vr_interface_elem = {
    .name = "interface", .size = sizeof(NET), .rows = interface_rows, .own_arena = true, .after_parse = interface_after,
    .shown = interface_shown,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.netport"
/* What hypervisor drivers ask of networks: driver/netport.h. */
#include "netops.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/log.h"
#include "driver.h"
#include "driver/netport.h"
#include "leases.h"
#include "net.h"
#include "ports.h"
#include "start.h"

static struct vr_net *named(const char *network, struct vr_error **err)
{
    struct vr_net *net = vr_net_by_name(vr_networks.list, network);
    if (!net)
        vr_fail(err, VIR_ERR_NO_NETWORK, _("no network with matching name '%s'"), network);
    return net;
}

static bool require_active(const struct vr_net *net, struct vr_error **err)
{
    return net->live || vr_fail(err, VIR_ERR_OPERATION_INVALID, _("network '%s' is not active"), net->name);
}

VR_SUSPENDS static bool allocate(const char *network, const struct vr_network_port *wanted, struct vr_network_port **out,
                                 struct vr_error **err)
{
    VR_AUTO_NET *net = named(network, err);
    VR_AUTO_HELD held = { 0 };
    if (!net || !vr_net_hold(net, &held, err))
        return false;
    if (!net->live && net->persistent) {
        vr_info("network '%s' is started for guest '%s'", net->name, wanted->owner_name ? wanted->owner_name : "");
        if (!vr_net_start_persistent(net, err))
            return vr_error_prefix(err, _("network '%s' could not be started: "), net->name);
    }
    if (!require_active(net, err))
        return false;
    VR_AUTO(vr_network_port) *port = vr_network_port_copy(wanted);
    if (!port->has_uuid)
        vr_uuid_generate(&port->uuid);
    port->has_uuid = true;
    if (!vr_ports_create(net, port, false, err))
        return false;
    *out = vr_network_port_copy(port);
    port = NULL; /* the network's */
    return true;
}

VR_SUSPENDS static bool reclaim(const char *network, const struct vr_network_port *known, struct vr_error **err)
{
    VR_AUTO_NET *net = named(network, err);
    VR_AUTO_HELD held = { 0 };
    if (!net || !vr_net_hold(net, &held, err) || !require_active(net, err))
        return false;
    if (vr_net_port(net, known->uuid.b))
        return true;
    VR_AUTO(vr_network_port) *port = vr_network_port_copy(known);
    if (!vr_ports_create(net, port, true, err))
        return false;
    port = NULL;
    return true;
}

static struct vr_network_port *lookup(const char *network, const struct vr_uuid *uuid, struct vr_error **err)
{
    VR_AUTO_NET *net = named(network, err);
    struct vr_network_port *port = net ? vr_net_port(net, uuid->b) : NULL;
    char text[VR_UUID_TEXT];
    if (net && !port)
        vr_fail(err, VIR_ERR_NO_NETWORK_PORT, _("Network port with UUID %s does not exist"), vr_uuid_format(uuid, text));
    return port ? vr_network_port_copy(port) : NULL;
}

VR_SUSPENDS static bool release(const char *network, const struct vr_uuid *uuid, struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_by_name(vr_networks.list, network);
    VR_AUTO_HELD held = { 0 };
    if (!net)
        return true;
    if (!vr_net_hold(net, &held, err))
        return false;
    struct vr_network_port *port = net->live ? vr_net_port(net, uuid->b) : NULL;
    return !port || vr_ports_delete(net, port, err);
}

VR_SUSPENDS static bool set_bandwidth(const char *network, const struct vr_uuid *uuid, const void *bandwidth,
                                      struct vr_error **err)
{
    VR_AUTO_NET *net = named(network, err);
    VR_AUTO_HELD held = { 0 };
    if (!net || !vr_net_hold(net, &held, err))
        return false;
    struct vr_network_port *port = vr_net_port(net, uuid->b);
    char text[VR_UUID_TEXT];
    if (!port)
        return vr_fail(err, VIR_ERR_NO_NETWORK_PORT, _("Network port with UUID %s does not exist"), vr_uuid_format(uuid, text));
    return vr_ports_set_bandwidth(net, port, bandwidth, err);
}

VR_SUSPENDS static bool leases(const char *network, const char *mac, struct vr_netport_lease **out, size_t *count,
                               struct vr_error **err)
{
    VR_AUTO_NET *net = named(network, err);
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_lease *found;
    size_t n;
    if (!net || !vr_leases_read(net, mac, arena, &found, &n, err))
        return false;
    struct vr_netport_lease *v = vr_alloc((n + 1) * sizeof(*v));
    for (size_t i = 0; i < n; i++) {
        v[i].ipv6 = found[i].ipv6;
        v[i].prefix = found[i].prefix;
        snprintf(v[i].address, sizeof(v[i].address), "%s", found[i].address);
    }
    *out = v;
    *count = n;
    return true;
}

static char *bridge(const char *network, struct vr_error **err)
{
    VR_AUTO_NET *net = named(network, err);
    if (!net || !require_active(net, err))
        return NULL;
    if (net->live->bridge)
        return vr_strdup(net->live->bridge);
    vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("network '%s' does not have a bridge name."), net->name);
    return NULL;
}

static char *address(const char *network, struct vr_error **err)
{
    VR_AUTO_NET *net = named(network, err);
    char text[VR_IP_TEXT];
    if (!net || !require_active(net, err))
        return NULL;
    if (net->live->ips.n)
        return vr_strdup(vr_ip_text(&net->live->ips.v[0]->address, text));
    vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("network '%s' has no IP address"), net->name);
    return NULL;
}

const struct vr_netport_ops vr_net_ops = {
    .allocate = allocate, .reclaim = reclaim, .lookup = lookup, .release = release, .set_bandwidth = set_bandwidth, .leases = leases,
    .bridge = bridge, .address = address,
};

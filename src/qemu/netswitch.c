/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "netswitch.h"
#include "deadlines.h"
#include "domain.h"
#include "driver/netport.h"
#include "host/bandwidth.h"
#include "host/midonet.h"
#include "host/ovs.h"
#include "nets.h"

static enum vr_vport_type kind_of(const struct vr_interface *net)
{
    enum vr_net_type type = vr_net_type_now(net);
    const struct vr_vport *port = vr_net_vport_now(net);
    return port && (type == VR_NET_NETWORK || type == VR_NET_BRIDGE) ? port->type : VR_VPORT_UNSET;
}

static bool is_ovs(const struct vr_interface *net)
{
    return kind_of(net) == VR_VPORT_OVS;
}

static bool is_midonet(const struct vr_interface *net)
{
    return kind_of(net) == VR_VPORT_MIDONET;
}

bool vr_net_is_switched(const struct vr_interface *net)
{
    return is_ovs(net) || is_midonet(net);
}

bool vr_net_is_macvtap(const struct vr_interface *net)
{
    return vr_net_type_now(net) == VR_NET_DIRECT;
}

static struct vr_ovs_port ovs_port(const struct vr_domain_def *def, const struct vr_interface *net)
{
    return (struct vr_ovs_port){ .bridge = vr_net_bridge_now(net), .name = net->target, .mac = net->mac.b,
                                 .vm_uuid = &def->uuid, .vport = vr_net_vport_now(net), .vlan = vr_net_vlan_now(net) };
}

VR_SUSPENDS bool vr_net_join_switch(const struct vr_domain_def *def, const struct vr_interface *net, struct vr_error **err)
{
    const struct vr_ovs_port port = ovs_port(def, net);
    if (is_ovs(net))
        return vr_ovs_add(&port, vr_after(VR_SPAN_LAUNCH), err);
    return !is_midonet(net) || vr_midonet_bind(net->target, &port.vport->interfaceid, vr_after(VR_SPAN_LAUNCH), err);
}

VR_SUSPENDS bool vr_net_leave_switch(const struct vr_interface *net, struct vr_error **err)
{
    if (is_ovs(net))
        return vr_ovs_remove(net->target, vr_net_bandwidth_now(net) != NULL, vr_after(VR_SPAN_CLEANUP), err);
    return !is_midonet(net) || vr_midonet_unbind(&vr_net_vport_now(net)->interfaceid, vr_after(VR_SPAN_CLEANUP), err);
}

VR_SUSPENDS bool vr_net_limit_device(const struct vr_domain_def *def, const struct vr_interface *net,
                                     const struct vr_bandwidth *limits, struct vr_error **err)
{
    const struct vr_ovs_port port = ovs_port(def, net);
    if (is_ovs(net))
        return vr_ovs_limit(&port, limits, vr_after(VR_SPAN_LAUNCH), err);
    enum vr_bandwidth_side_of side = vr_net_is_macvtap(net) ? VR_BANDWIDTH_MACVTAP : VR_BANDWIDTH_TAP;
    return vr_bandwidth_set(net->target, limits, side, false, vr_after(VR_SPAN_LAUNCH), err);
}

VR_SUSPENDS bool vr_net_set_limits(const struct vr_domain_def *def, struct vr_interface *net, const struct vr_bandwidth *limits,
                                   struct vr_error **err)
{
    const struct vr_netport_ops *ops = vr_netport();
    if (net->target && !vr_net_limit_device(def, net, limits, err))
        return false;
    return !net->actual || !net->has_portid || !ops || ops->set_bandwidth(net->network, &net->portid, limits, err);
}

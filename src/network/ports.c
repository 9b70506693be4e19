/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.ports"
#include "ports.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "driver.h"
#include "events.h"
#include "floor.h"
#include "macs.h"
#include "model/codec.h"
#include "model/netparts.h"
#include "schema/schema.h"
#include "status.h"

#define PORT struct vr_network_port

/* ---- devices of a pool --------------------------------------------------------------------------------------------- */

static bool same_pci(const struct vr_pci_address *a, const struct vr_pci_address *b)
{
    return a->domain == b->domain && a->bus == b->bus && a->slot == b->slot && a->function == b->function;
}

/* The counter of the device a port holds, or NULL. */
static unsigned *device_counter(struct vr_network_def *def, const PORT *port)
{
    struct vr_network_forward *f = &def->forward;
    for (size_t i = 0; port->plug == VR_PLUG_DIRECT && i < f->interfaces.n; i++)
        if (vr_streq(f->interfaces.v[i]->dev, port->dev))
            return &f->interfaces.v[i]->connections;
    for (size_t i = 0; port->plug == VR_PLUG_HOSTDEV && i < f->addresses.n; i++)
        if (same_pci(&f->addresses.v[i]->pci, &port->pci))
            return &f->addresses.v[i]->connections;
    return NULL;
}

static void count(struct vr_net *net, const PORT *port, int by)
{
    unsigned *counter = device_counter(net->live, port);
    if (counter && (by > 0 || *counter))
        *counter += (unsigned)by;
    if (by > 0 || net->live->connections)
        net->live->connections += (unsigned)by;
}

void vr_ports_recount(struct vr_net *net)
{
    size_t pos = 0;
    void *port;
    while (net->live && vr_map_each(net->ports, &pos, &port))
        count(net, port, 1);
}

void vr_ports_forget(struct vr_net *net)
{
    size_t pos = 0;
    void *value;
    while (vr_map_each(net->ports, &pos, &value)) {
        PORT *port = value;
        vr_map_remove(net->ports, port->uuid.b, 16);
        vr_network_port_free(port);
    }
}

VR_SUSPENDS void vr_ports_remove_files(struct vr_net *net)
{
    size_t pos = 0;
    void *value;
    VR_AUTO(vr_error) *err = NULL;
    while (vr_map_each(net->ports, &pos, &value))
        if (!vr_net_remove_port(net, &((PORT *)value)->uuid, NULL) && !vr_net_remove_port(net, &((PORT *)value)->uuid, &err))
            vr_warn("network '%s': %s", net->name, vr_error_text(err));
    vr_net_remove_port_dir(net);
    if (net->live->bridge)
        vr_macs_remove(net->live->bridge);
}

/* ---- what the interface, its port group and the network say together ------------------------------------------------ */

#define MISMATCH(fmt, a, b) vr_error_report(err, VIR_FROM_NET, VIR_ERR_XML_ERROR, -1, \
                                            _("attempt to merge virtualports with mismatched " fmt), a, b)
static bool merge_id(struct vr_ouint *to, const struct vr_ouint *from, const char *what, struct vr_error **err)
{
    if (from->set && to->set && from->v != to->v)
        return vr_error_report(err, VIR_FROM_NET, VIR_ERR_XML_ERROR, -1,
                               _("attempt to merge virtualports with mismatched %s (%d and %d)"), what, (int)to->v, (int)from->v);
    if (from->set)
        *to = *from;
    return true;
}

static bool merge_uuid(bool *has, struct vr_uuid *to, bool from_has, const struct vr_uuid *from, const char *what,
                       struct vr_error **err)
{
    char a[VR_UUID_TEXT], b[VR_UUID_TEXT];
    if (from_has && *has && !vr_uuid_equal(to, from))
        return vr_error_report(err, VIR_FROM_NET, VIR_ERR_XML_ERROR, -1,
                               _("attempt to merge virtualports with mismatched %s ('%s' and '%s')"), what,
                               vr_uuid_format(to, a), vr_uuid_format(from, b));
    if (from_has) {
        *has = true;
        *to = *from;
    }
    return true;
}

static bool merge_vport(PORT *port, const struct vr_vport *from, struct vr_error **err)
{
    if (!from)
        return true;
    struct vr_vport *to = port->virtualport;
    if (!to) {
        port->virtualport = vr_elem_copy(port->arena, &vr_vport_elem, from);
        return true;
    }
    if (from->type && to->type && from->type != to->type)
        return MISMATCH("types (%s and %s)", vr_vport_type_names[to->type], vr_vport_type_names[from->type]);
    if (!to->type)
        to->type = from->type;
    if (from->profileid && to->profileid && !vr_streq(from->profileid, to->profileid))
        return MISMATCH("profileids ('%s' and '%s')", to->profileid, from->profileid);
    if (from->profileid)
        to->profileid = vr_arena_strdup(port->arena, from->profileid);
    return merge_id(&to->managerid, &from->managerid, "managerids", err) &&
           merge_id(&to->typeid_, &from->typeid_, "typeids", err) &&
           merge_id(&to->typeidversion, &from->typeidversion, "typeidversions", err) &&
           merge_uuid(&to->has_instanceid, &to->instanceid, from->has_instanceid, &from->instanceid, "instanceids", err) &&
           merge_uuid(&to->has_interfaceid, &to->interfaceid, from->has_interfaceid, &from->interfaceid, "interfaceids", err);
}

static bool complete_vport(PORT *port, struct vr_error **err)
{
    struct vr_vport *v = port->virtualport;
    if (!v)
        return true;
    if (!v->type && (v->profileid || v->has_interfaceid)) /* only one kind has these two */
        v->type = VR_VPORT_OVS;
    if (v->type == VR_VPORT_OVS && !v->has_interfaceid) {
        v->has_interfaceid = true;
        vr_uuid_generate(&v->interfaceid);
    }
    if (v->type == VR_VPORT_QBG && !v->has_instanceid) {
        v->has_instanceid = true;
        vr_uuid_generate(&v->instanceid);
    }
    return vr_vport_check(v, err);
}

static bool merge(PORT *port, const struct vr_network_def *def, struct vr_error **err)
{
    const struct vr_portgroup *group = vr_network_portgroup(def, port->group);
    const struct vr_vlan *vlan = group && group->vlan ? group->vlan : def->vlan;
    if (!port->bandwidth && group && group->bandwidth)
        port->bandwidth = vr_elem_copy(port->arena, &vr_bandwidth_elem, group->bandwidth);
    if (!port->vlan && vlan)
        port->vlan = vr_elem_copy(port->arena, &vr_vlan_elem, vlan);
    if (!port->trust_guest_rx_filters)
        port->trust_guest_rx_filters = group && group->trust_guest_rx_filters ? group->trust_guest_rx_filters
                                                                              : def->trust_guest_rx_filters;
    if (!port->isolated)
        port->isolated = def->isolated;
    return merge_vport(port, group ? group->virtualport : NULL, err) && merge_vport(port, def->virtualport, err) &&
           complete_vport(port, err);
}

/* ---- plugging ------------------------------------------------------------------------------------------------------ */

static bool vport_unfit(const PORT *port, const struct vr_network_def *def, const char *how, struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("<virtualport type='%s'> not supported for network '%s' which uses %s"),
                   port->virtualport->type ? vr_vport_type_names[port->virtualport->type] : "none", def->name, how);
}

static bool none_free(const struct vr_network_def *def, struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR,
                   _("network '%s' requires exclusive access to interfaces, but none are available"), def->name);
}

static bool plug_direct(PORT *port, struct vr_network_def *def, struct vr_error **err)
{
    static const enum vr_macvtap_mode modes[VR_FORWARD_COUNT] = {
        [VR_FORWARD_BRIDGE] = VR_MACVTAP_BRIDGE, [VR_FORWARD_PRIVATE] = VR_MACVTAP_PRIVATE, [VR_FORWARD_VEPA] = VR_MACVTAP_VEPA,
        [VR_FORWARD_PASSTHROUGH] = VR_MACVTAP_PASSTHROUGH,
    };
    const struct vr_vport *v = port->virtualport;
    if (v && v->type && v->type != VR_VPORT_QBG && v->type != VR_VPORT_QBH)
        return vport_unfit(port, def, "a macvtap device", err);
    if (!def->forward.interfaces.n)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR,
                       _("network '%s' uses a direct mode, but has no forward dev and no interface pool"), def->name);
    bool alone = def->forward.mode == VR_FORWARD_PASSTHROUGH ||
                 (def->forward.mode == VR_FORWARD_PRIVATE && v && v->type == VR_VPORT_QBH);
    struct vr_forward_interface *best = NULL;
    for (size_t i = 0; i < def->forward.interfaces.n; i++) {
        struct vr_forward_interface *x = def->forward.interfaces.v[i];
        if (alone ? !x->connections && !best : !best || x->connections < best->connections)
            best = x;
    }
    if (!best)
        return none_free(def, err);
    port->plug = VR_PLUG_DIRECT;
    port->dev = vr_arena_strdup(port->arena, best->dev);
    port->mode = modes[def->forward.mode];
    return true;
}

static bool plug_hostdev(PORT *port, struct vr_network_def *def, struct vr_error **err)
{
    const struct vr_vport *v = port->virtualport;
    if (v && v->type && v->type != VR_VPORT_QBH)
        return vport_unfit(port, def, "an SR-IOV Virtual Function via PCI passthrough", err);
    for (size_t i = 0; i < def->forward.addresses.n; i++) {
        if (def->forward.addresses.v[i]->connections)
            continue;
        port->plug = VR_PLUG_HOSTDEV;
        port->pci = def->forward.addresses.v[i]->pci;
        port->managed = def->forward.managed;
        port->driver = vr_arena_strdup(port->arena, def->forward.driver);
        return true;
    }
    return none_free(def, err);
}

static bool plug(PORT *port, struct vr_network_def *def, struct vr_error **err)
{
    const struct vr_vport *v = port->virtualport;
    bool own = vr_network_makes_bridge(def);
    if (own && v)
        return vport_unfit(port, def, "IP forwarding", err);
    if (def->forward.mode == VR_FORWARD_HOSTDEV)
        return plug_hostdev(port, def, err);
    if (!own && !(def->forward.mode == VR_FORWARD_BRIDGE && def->bridge))
        return plug_direct(port, def, err);
    if (!own && v && v->type && v->type != VR_VPORT_OVS)
        return vport_unfit(port, def, "a bridge device", err);
    port->plug = own ? VR_PLUG_NETWORK : VR_PLUG_BRIDGE;
    port->bridge = vr_arena_strdup(port->arena, def->bridge);
    port->mac_table = def->mac_table;
    return true;
}

/* What a guest says it holds, after the network's own record of it was lost. */
static bool reclaim_check(const PORT *port, struct vr_network_def *def, struct vr_error **err)
{
    if (port->plug == VR_PLUG_UNSET)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("Port reclaim requested but plug type is none"));
    if (port->plug == VR_PLUG_NETWORK && !def->bridge)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unexpectedly got a network port without a network bridge"));
    const unsigned *counter = device_counter(def, port);
    if (port->plug == VR_PLUG_DIRECT && !counter)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("network '%s' doesn't have dev='%s' in use by domain"), def->name, port->dev);
    if (port->plug == VR_PLUG_HOSTDEV && !counter)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("network '%s' doesn't have PCI device %04x:%02x:%02x.%x in use by domain"),
                       def->name, port->pci.domain, port->pci.bus, port->pci.slot, port->pci.function);
    bool alone = port->plug == VR_PLUG_HOSTDEV || (port->plug == VR_PLUG_DIRECT && port->mode == VR_MACVTAP_PASSTHROUGH);
    if (alone && *counter && port->plug == VR_PLUG_DIRECT)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("network '%s' claims dev='%s' is already in use by a different port"),
                       def->name, port->dev);
    if (alone && *counter)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR,
                       _("network '%s' claims the PCI device at domain=%d bus=%d slot=%d function=%d is already in use by a "
                         "different network port"), def->name, (int)port->pci.domain, (int)port->pci.bus, (int)port->pci.slot,
                       (int)port->pci.function);
    return true;
}

static bool require_active(const struct vr_net *net, struct vr_error **err)
{
    return net->live || vr_fail(err, VIR_ERR_OPERATION_INVALID, _("network '%s' is not active"), net->name);
}

/* Everything a port holds, in reverse. Keeps the struct. */
VR_SUSPENDS static void unplug(struct vr_net *net, PORT *port)
{
    VR_AUTO(vr_error) *err = NULL;
    if (!vr_floor_unplug(net, port, &err))
        vr_warn("network '%s': %s", net->name, vr_error_text(err));
    count(net, port, -1);
    vr_map_remove(net->ports, port->uuid.b, 16);
}

VR_SUSPENDS bool vr_ports_create(struct vr_net *net, PORT *port, bool reclaim, struct vr_error **err)
{
    char text[VR_UUID_TEXT];
    if (!require_active(net, err))
        return false;
    if (vr_net_port(net, port->uuid.b))
        return vr_fail(err, VIR_ERR_NETWORK_PORT_EXIST, _("Network port with UUID %s already exists"),
                       vr_uuid_format(&port->uuid, text));
    if (!reclaim && port->plug != VR_PLUG_UNSET)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("Port reclaim not requested but plug type is not none"));
    if (reclaim ? !reclaim_check(port, net->live, err)
                : !merge(port, net->live, err) || !plug(port, net->live, err))
        return false;
    vr_map_put(net->ports, port->uuid.b, 16, port);
    count(net, port, 1);
    bool good = (reclaim || vr_floor_plug(net, port, err)) && vr_net_hook(net, "port-created", "begin", port, err) &&
                vr_net_save_port(net, port, err) && vr_macs_write(net, err) && (!port->bandwidth || vr_net_save_status(net, err));
    if (good)
        return true;
    vr_shield(vr_after(VR_NET_SPAN_CLEANUP)) {
        unplug(net, port);
        vr_net_remove_port(net, &port->uuid, NULL);
        vr_net_remove_port_dir(net);
        vr_macs_write(net, NULL);
    }
    return false;
}

VR_SUSPENDS bool vr_ports_delete(struct vr_net *net, PORT *port, struct vr_error **err)
{
    if (!require_active(net, err))
        return false;
    bool bandwidth = port->bandwidth != NULL, good = false;
    /* the record first: a port that is gone must not come back with the next daemon */
    vr_shield(vr_after(VR_NET_SPAN_CLEANUP))
        good = vr_net_remove_port(net, &port->uuid, err);
    if (!good)
        return false;
    VR_AUTO(vr_network_port) *gone = port;
    vr_shield(vr_after(VR_NET_SPAN_CLEANUP)) {
        unplug(net, port);
        vr_net_remove_port_dir(net);
        good = vr_macs_write(net, err) && (!bandwidth || vr_net_save_status(net, err));
        VR_AUTO(vr_error) *hook_err = NULL;
        if (!vr_net_hook(net, "port-deleted", "begin", gone, &hook_err))
            vr_warn("network '%s': %s", net->name, vr_error_text(hook_err));
    }
    return good;
}

VR_SUSPENDS bool vr_ports_set_bandwidth(struct vr_net *net, PORT *port, const struct vr_bandwidth *bandwidth, struct vr_error **err)
{
    if (!require_active(net, err))
        return false;
    struct vr_bandwidth *fresh = bandwidth ? vr_elem_copy(port->arena, &vr_bandwidth_elem, bandwidth) : NULL;
    struct vr_bandwidth *old = port->bandwidth;
    if (fresh)
        fresh->class_id = old ? old->class_id : 0;
    if (!vr_floor_change(net, port, fresh, err))
        return false;
    port->bandwidth = fresh;
    if (vr_net_save_port(net, port, err) && vr_net_save_status(net, err))
        return true;
    port->bandwidth = old;
    return false;
}

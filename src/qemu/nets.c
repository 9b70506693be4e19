/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.nets"
#include "nets.h"
#include "netswitch.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "deadlines.h"
#include "definition.h"
#include "domain.h"
#include "driver.h"
#include "driver/netport.h"
#include "host/bandwidth.h"
#include "host/bridge.h"
#include "host/tap.h"
#include "host/vf.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "model/netparts.h"
#include "model/network.h"
#include "monitor.h"
#include "process.h"
#include "schema/schema.h"
#include "startfds.h"

/* ---- ports of networks --------------------------------------------------------------------------------------------- */

/* What the interface asks of its network; texts and parts are borrowed from it. */
static struct vr_network_port *wanted_port(const struct vr_domain_def *def, const struct vr_interface *net)
{
    struct vr_network_port *port = vr_network_port_new();
    port->has_owner_uuid = true;
    port->owner_uuid = def->uuid;
    port->owner_name = def->name;
    port->group = net->portgroup;
    port->has_mac = net->has_mac;
    port->mac = net->mac;
    port->has_uuid = net->has_portid;
    port->uuid = net->portid;
    port->vlan = net->vlan;
    port->virtualport = net->virtualport;
    port->bandwidth = net->bandwidth;
    port->isolated = net->isolated;
    port->trust_guest_rx_filters = net->trust_guest_rx_filters;
    return port;
}

static struct vr_net_actual *actual_of(struct vr_arena *arena, const struct vr_network_port *port)
{
    static const enum vr_net_type types[] = { [VR_PLUG_NETWORK] = VR_NET_NETWORK, [VR_PLUG_BRIDGE] = VR_NET_BRIDGE,
                                              [VR_PLUG_DIRECT] = VR_NET_DIRECT, [VR_PLUG_HOSTDEV] = VR_NET_HOSTDEV };
    struct vr_net_actual *a = vr_arena_new_of(arena, struct vr_net_actual);
    a->type = port->plug < VR_COUNT(types) ? types[port->plug] : VR_NET_NETWORK;
    a->trust_guest_rx_filters = port->trust_guest_rx_filters;
    a->isolated = port->isolated;
    a->bridge = vr_arena_strdup(arena, port->bridge);
    a->mac_table = port->mac_table == VR_MAC_TABLE_LIBVIRT ? "libvirt" : NULL;
    a->dev = vr_arena_strdup(arena, port->dev);
    a->mode = port->mode;
    a->class_id = port->bandwidth ? port->bandwidth->class_id : 0;
    a->managed = port->managed;
    if (port->plug == VR_PLUG_HOSTDEV) {
        a->host_driver = vr_arena_strdup(arena, port->driver);
        a->pci_type = "pci";
        a->pci = port->pci;
    }
    if (port->vlan)
        a->vlan = vr_elem_copy(arena, &vr_vlan_elem, port->vlan);
    if (port->virtualport)
        a->virtualport = vr_elem_copy(arena, &vr_vport_interface_elem, port->virtualport);
    if (port->bandwidth)
        a->bandwidth = vr_elem_copy(arena, &vr_bandwidth_elem, port->bandwidth);
    return a;
}

/* What its connection cannot give, once it is known what that is: stock's sentences, then ours. */
static bool check_connection(const struct vr_interface *net, struct vr_error **err)
{
    enum vr_net_type type = vr_net_type_now(net);
    const struct vr_vport *port = vr_net_vport_now(net);
    const uint8_t *m = net->mac.b;
    bool bridged = type == VR_NET_NETWORK || type == VR_NET_BRIDGE;
    if (vr_net_vlan_now(net) && type != VR_NET_HOSTDEV && !(bridged && port && port->type == VR_VPORT_OVS) &&
        !(type == VR_NET_DIRECT && vr_net_mode_now(net) == VR_MACVTAP_PASSTHROUGH))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("interface %02x:%02x:%02x:%02x:%02x:%02x - vlan tag not supported for this connection type"), m[0], m[1],
                       m[2], m[3], m[4], m[5]);
    if (net->script && type != VR_NET_ETHERNET)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("scripts are not supported on interfaces of type %s"),
                       vr_net_type_names[type]);
    if (port && (port->type == VR_VPORT_QBG || port->type == VR_VPORT_QBH))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("a <virtualport> of type '%s' needs a switch protocol that is not supported: the guest is kept but "
                         "cannot be started"), vr_vport_type_names[port->type]);
    if (type == VR_NET_DIRECT && vr_net_vlan_now(net))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("a <vlan> of a passthrough interface is not supported yet: the guest is kept but cannot be started"));
    if (net->port_forwards.n && !vr_streq0(net->backend_type, "passt"))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("<portForward> needs <backend type='passt'/>: without it nothing would be forwarded"));
    return true;
}

VR_SUSPENDS bool vr_net_allocate_one(struct vr_domain *dom, struct vr_domain_def *def, struct vr_interface *net,
                                     struct vr_error **err)
{
    if (net->type != VR_NET_NETWORK || net->actual)
        return check_connection(net, err);
    const struct vr_netport_ops *ops = vr_netport_required(err);
    if (!ops)
        return false;
    VR_AUTO(vr_network_port) *wanted = wanted_port(def, net);
    VR_AUTO(vr_network_port) *port = NULL;
    if (!ops->allocate(net->network, wanted, &port, err))
        return false;
    net->has_portid = true;
    net->portid = port->uuid;
    net->actual = actual_of(net->arena, port);
    return check_connection(net, err);
}

/* A screen that listens on a network does so at the host's address there. */
static bool find_listen_addresses(struct vr_domain_def *def, struct vr_error **err)
{
    for (size_t i = 0; i < def->graphics.n; i++) {
        const struct vr_graphics *g = def->graphics.v[i];
        for (size_t k = 0; k < g->listens.n; k++) {
            struct vr_graphics_listen *l = g->listens.v[k];
            if (l->type != VR_LISTEN_NETWORK || !l->network)
                continue;
            const struct vr_netport_ops *ops = vr_netport_required(err);
            vr_autofree char *address = ops ? ops->address(l->network, err) : NULL;
            if (!address)
                return false;
            l->address = vr_arena_strdup(def->arena, address);
        }
    }
    return true;
}

VR_SUSPENDS bool vr_nets_allocate(struct vr_domain *dom, struct vr_error **err)
{
    if (!find_listen_addresses(dom->live, err))
        return false;
    for (size_t i = 0; i < dom->live->interfaces.n; i++)
        if (!vr_net_allocate_one(dom, dom->live, dom->live->interfaces.v[i], err))
            return false;
    return true;
}

/* ---- devices ------------------------------------------------------------------------------------------------------- */

static bool is_virtio(const struct vr_interface *net)
{
    return net->model && vr_starts_with(net->model, "virtio");
}

static bool wants_vhost(const struct vr_domain_def *def, const struct vr_interface *net)
{
    return def->type == VR_VIRT_KVM && is_virtio(net) && net->driver != VR_NET_DRIVER_QEMU;
}

/* A script gets the device's name as its argument and says by its exit status whether all is well. */
VR_SUSPENDS static bool run_script(const char *script, const char *device, struct vr_error **err)
{
    if (!script || !device)
        return true;
    const char *const argv[] = { script, device, NULL };
    const struct vr_child child = { .argv = argv, .deadline = vr_after(VR_SPAN_HOOK) };
    vr_autochild struct vr_child_result result = { 0 };
    return vr_child_run_ok(&child, &result, err);
}

VR_SUSPENDS static bool set_host_addresses(const struct vr_interface *net, struct vr_error **err)
{
    size_t ip_count = net->host_ips.n, route_count = net->host_routes.n;
    if (net->type != VR_NET_ETHERNET || (!ip_count && !route_count))
        return true;
    struct vr_ip_spec *ips = vr_alloc((ip_count + 1) * sizeof(*ips));
    struct vr_route_spec *routes = vr_alloc((route_count + 1) * sizeof(*routes));
    for (size_t i = 0; i < ip_count; i++) {
        const struct vr_net_ip *ip = net->host_ips.v[i];
        ips[i] = (struct vr_ip_spec){ ip->address, ip->prefix.set ? ip->prefix.v : strchr(ip->address, ':') ? 64 : 24, ip->peer };
    }
    for (size_t i = 0; i < route_count; i++) {
        const struct vr_net_route *r = net->host_routes.v[i];
        struct vr_ipaddr mask;
        int bits = r->netmask && vr_ip_parse(r->netmask, &mask) ? vr_ip_mask_prefix(&mask) : -1;
        bool v6 = r->address && strchr(r->address, ':');
        routes[i] = (struct vr_route_spec){ r->address, r->prefix.set ? r->prefix.v : bits >= 0 ? (unsigned)bits : v6 ? 128 : 32,
                                            r->gateway, r->metric.set ? r->metric.v : 0 };
    }
    bool ok = vr_link_addresses(net->target, ips, ip_count, routes, route_count, vr_after(VR_SPAN_LAUNCH), err);
    free(ips);
    free(routes);
    return ok;
}

static struct vr_tap_spec tap_spec(const struct vr_interface *net)
{
    static const enum vr_macvtap_kind kinds[] = { [VR_MACVTAP_VEPA] = VR_MACVTAP_KIND_VEPA,
                                                  [VR_MACVTAP_PRIVATE] = VR_MACVTAP_KIND_PRIVATE,
                                                  [VR_MACVTAP_BRIDGE] = VR_MACVTAP_KIND_BRIDGE,
                                                  [VR_MACVTAP_PASSTHROUGH] = VR_MACVTAP_KIND_PASSTHRU };
    struct vr_tap_spec spec = {
        .name = net->target,
        .tun = net->backend_tap,
        .queues = net->queues,
        .vnet_hdr = is_virtio(net),
        .isolated = vr_net_isolated_now(net),
        .mtu = net->mtu,
        .sndbuf = net->sndbuf.set ? net->sndbuf.v : 0,
        .existing = net->target_managed == VR_TRI_NO,
        .told_addresses = net->actual && net->actual->mac_table,
        .coalesce_frames = net->coalesce_rx_frames.set ? net->coalesce_rx_frames.v : 0,
    };
    memcpy(spec.mac, net->mac.b, sizeof(spec.mac));
    if (vr_net_is_macvtap(net)) {
        enum vr_macvtap_mode mode = vr_net_mode_now(net);
        spec.parent = vr_net_dev_now(net);
        spec.macvtap = mode < VR_COUNT(kinds) ? kinds[mode] : VR_MACVTAP_KIND_VEPA;
    } else if (net->type != VR_NET_ETHERNET && !vr_net_is_switched(net)) {
        spec.bridge = vr_net_bridge_now(net);
    }
    return spec;
}

VR_SUSPENDS static bool open_vhost(const struct vr_domain_def *def, const struct vr_interface *net, struct vr_start_fds *fds,
                                   struct vr_error **err)
{
    if (!wants_vhost(def, net))
        return true;
    unsigned queues = net->queues ? net->queues : 1;
    int *vhost = vr_alloc(queues * sizeof(*vhost));
    /* Without the kernel's help QEMU moves the packets itself, unless the document insists. */
    bool ok = vr_vhost_open(net->backend_vhost, vhost, queues, NULL);
    for (unsigned i = 0; ok && i < queues; i++)
        vr_start_fds_add(fds, VR_QEMU_FD_VHOST, net->info.alias, i, vhost[i]);
    free(vhost);
    return ok || net->driver != VR_NET_DRIVER_VHOST ||
           vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("vhost-net was requested for an interface, but is unavailable"));
}

/* What follows once the device is there: it has its name in net->target. */
VR_SUSPENDS static bool finish_device(const struct vr_domain_def *def, const struct vr_interface *net, struct vr_error **err)
{
    if (!vr_net_join_switch(def, net, err))
        return false;
    if (net->type == VR_NET_ETHERNET && (!set_host_addresses(net, err) || !run_script(net->script, net->target, err)))
        return false;
    const struct vr_bandwidth *limits = vr_net_bandwidth_now(net);
    return !limits || vr_net_limit_device(def, net, limits, err);
}

VR_SUSPENDS static bool open_device(struct vr_domain_def *def, struct vr_interface *net, struct vr_start_fds *fds,
                                    struct vr_error **err)
{
    struct vr_tap_spec spec = tap_spec(net);
    struct vr_tap tap = { 0 };
    if (!vr_tap_open(&spec, &tap, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    net->target = vr_arena_strdup(def->arena, tap.name);
    for (size_t i = 0; i < tap.fd_count; i++)
        vr_start_fds_add(fds, VR_QEMU_FD_TAP, net->info.alias, (unsigned)i, vr_take_fd(&tap.fds[i]));
    vr_tap_done(&tap);
    return finish_device(def, net, err) && open_vhost(def, net, fds, err);
}

static bool open_vdpa(const struct vr_interface *net, struct vr_start_fds *fds, struct vr_error **err)
{
    int fd = open(net->dev, O_RDWR | O_CLOEXEC); /* a character device of the kernel's: opening does not wait */
    if (fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to open '%s' for vdpa device"), net->dev);
    vr_start_fds_add(fds, VR_QEMU_FD_VDPA, net->info.alias, 0, fd);
    return true;
}

/* ---- virtual functions --------------------------------------------------------------------------------------------- */

struct vf_task {
    char pci[32];
    bool set;           /* else: given back */
    uint8_t mac[6];
    unsigned vlan;
    int e;
    bool no_vf;
};

static void vf_run(void *arg)
{
    struct vf_task *t = arg;
    char pf[VR_IFNAME];
    unsigned number;
    t->no_vf = vr_vf_find(t->pci, pf, &number) != 0;
    if (!t->no_vf)
        t->e = vr_vf_set(pf, number, t->set ? t->mac : NULL, t->set ? t->vlan : 0);
}

/* The card gives a guest's function its address and VLAN: the guest itself may be forbidden to. */
VR_SUSPENDS static bool configure_vf(const struct vr_interface *net, bool set, struct vr_error **err)
{
    const struct vr_pci_address *a = net->actual ? &net->actual->pci : &net->source_pci;
    const struct vr_vlan *vlan = vr_net_vlan_now(net);
    if (!net->actual && !vr_streq0(net->source_addr_type, "pci"))
        return true;
    if (set && vlan && (vlan->trunk == VR_TRI_YES || vlan->tags.n != 1))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("vlan trunking is not supported by SR-IOV network devices"));
    struct vf_task *t = vr_new(struct vf_task);
    snprintf(t->pci, sizeof(t->pci), "%04x:%02x:%02x.%x", a->domain, a->bus, a->slot, a->function);
    t->set = set;
    memcpy(t->mac, net->mac.b, 6);
    t->vlan = vlan && vlan->tags.n ? vlan->tags.v[0]->id : 0;
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "virtual function", vf_run, t, free, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    bool ok = true;
    if (t->no_vf && set)
        ok = vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                     _("Interface type hostdev is currently supported on SR-IOV Virtual Functions only"));
    else if (t->e)
        ok = vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, t->e, _("cannot configure virtual function %s"), t->pci);
    free(t);
    return ok;
}

static bool is_passt(const struct vr_interface *net)
{
    return net->type == VR_NET_USER && vr_streq0(net->backend_type, "passt");
}

VR_SUSPENDS bool vr_net_open_one(struct vr_domain *dom, struct vr_domain_def *def, struct vr_interface *net,
                                 struct vr_start_fds *fds, struct vr_error **err)
{
    switch (vr_net_type_now(net)) {
    case VR_NET_NETWORK:
    case VR_NET_BRIDGE:
    case VR_NET_ETHERNET:
    case VR_NET_DIRECT:
        return open_device(def, net, fds, err);
    case VR_NET_HOSTDEV:
        return configure_vf(net, true, err);
    case VR_NET_VDPA:
        return open_vdpa(net, fds, err);
    case VR_NET_USER:
        return !is_passt(net) || vr_passt_start(dom, def, net, err);
    default:
        return true;
    }
}

VR_SUSPENDS bool vr_nets_open(struct vr_domain *dom, struct vr_start_fds *fds, struct vr_error **err)
{
    for (size_t i = 0; i < dom->live->interfaces.n; i++)
        if (!vr_net_open_one(dom, dom->live, dom->live->interfaces.v[i], fds, err))
            return false;
    return true;
}

/* ---- the end ------------------------------------------------------------------------------------------------------- */

static void tell(const struct vr_domain *dom, struct vr_error **err)
{
    vr_warn("domain '%s': %s", dom->name, vr_error_text(*err));
    vr_error_free(vr_take(*err));
}

VR_SUSPENDS static void release_device(struct vr_domain *dom, const struct vr_interface *net)
{
    struct vr_error *err = NULL;
    if (net->type == VR_NET_ETHERNET && !run_script(net->downscript, net->target, &err))
        tell(dom, &err);
    if (!vr_net_leave_switch(net, &err))
        tell(dom, &err);
    const struct vr_bandwidth *limits = vr_net_bandwidth_now(net);
    if (limits && !vr_bandwidth_forget(net->target, vr_after(VR_SPAN_CLEANUP), &err))
        tell(dom, &err);
    if (vr_net_is_macvtap(net) && !vr_tap_delete(net->target, vr_after(VR_SPAN_CLEANUP), &err))
        tell(dom, &err);
}

VR_SUSPENDS void vr_net_release_one(struct vr_domain *dom, struct vr_interface *net)
{
    struct vr_error *err = NULL;
    if (net->target)
        release_device(dom, net);
    struct vr_error *vf_err = NULL;
    if (vr_net_type_now(net) == VR_NET_HOSTDEV && !configure_vf(net, false, &vf_err))
        tell(dom, &vf_err);
    if (is_passt(net) && net->info.alias)
        vr_passt_stop(dom->live->id, dom->name, net->info.alias);
    const struct vr_netport_ops *ops = vr_netport();
    if (!net->actual || !net->has_portid || !ops)
        return;
    if (!ops->release(net->network, &net->portid, &err))
        tell(dom, &err);
    net->actual = NULL;
    net->has_portid = false;
}

VR_SUSPENDS void vr_nets_release(struct vr_domain *dom)
{
    for (size_t i = 0; i < dom->live->interfaces.n; i++)
        vr_net_release_one(dom, dom->live->interfaces.v[i]);
}

/* ---- a guest of the last daemon ------------------------------------------------------------------------------------ */

void vr_nets_found(const struct vr_domain *dom)
{
    for (size_t i = 0; i < dom->live->interfaces.n; i++)
        if (dom->live->interfaces.v[i]->target)
            vr_tap_reserve(dom->live->interfaces.v[i]->target);
}

static struct vr_network_port *known_port(const struct vr_domain_def *def, const struct vr_interface *net)
{
    static const enum vr_plug plugs[] = { [VR_NET_NETWORK] = VR_PLUG_NETWORK, [VR_NET_BRIDGE] = VR_PLUG_BRIDGE,
                                          [VR_NET_DIRECT] = VR_PLUG_DIRECT, [VR_NET_HOSTDEV] = VR_PLUG_HOSTDEV };
    const struct vr_net_actual *a = net->actual;
    struct vr_network_port *port = wanted_port(def, net);
    port->plug = a->type < VR_COUNT(plugs) ? plugs[a->type] : VR_PLUG_UNSET;
    port->bridge = a->bridge;
    port->mac_table = a->mac_table ? VR_MAC_TABLE_LIBVIRT : VR_MAC_TABLE_UNSET;
    port->dev = a->dev;
    port->mode = a->mode;
    port->managed = a->managed;
    port->driver = a->host_driver;
    port->pci = a->pci;
    port->vlan = a->vlan;
    port->virtualport = a->virtualport;
    port->bandwidth = a->bandwidth;
    port->isolated = a->isolated;
    port->trust_guest_rx_filters = a->trust_guest_rx_filters;
    return port;
}

/* A bridge that was deleted and made anew has lost its ports; a tap lives on with its QEMU and only needs plugging in. */
VR_SUSPENDS static void plug_again(struct vr_domain *dom, const struct vr_interface *net)
{
    struct vr_error *err = NULL;
    enum vr_net_type type = vr_net_type_now(net);
    if (!net->target || (type != VR_NET_NETWORK && type != VR_NET_BRIDGE) || vr_net_is_switched(net))
        return;
    struct vr_tap_spec spec = tap_spec(net);
    if (!vr_tap_plug(net->target, &spec, vr_after(VR_SPAN_LAUNCH), &err))
        tell(dom, &err);
}

VR_SUSPENDS void vr_nets_reclaim(struct vr_domain *dom)
{
    const struct vr_netport_ops *ops = vr_netport();
    for (size_t i = 0; i < dom->live->interfaces.n; i++) {
        struct vr_interface *net = dom->live->interfaces.v[i];
        struct vr_error *err = NULL;
        if (net->actual && net->has_portid && ops) {
            VR_AUTO(vr_network_port) *known = known_port(dom->live, net);
            if (!ops->reclaim(net->network, known, &err))
                tell(dom, &err);
        }
        plug_again(dom, net);
    }
}

static bool is_on(const struct vr_domain *dom, const char *network)
{
    for (size_t i = 0; dom->run && dom->live && i < dom->live->interfaces.n; i++)
        if (vr_streq0(dom->live->interfaces.v[i]->network, network) && dom->live->interfaces.v[i]->target)
            return true;
    return false;
}

VR_SUSPENDS static void plug_main(void *arg)
{
    VR_AUTO_DOMAIN *dom = arg;
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_job) *job = vr_job_begin(dom, VR_JOB_MODIFY, "network started", vr_after(VR_SPAN_JOB), &err);
    if (!job)
        vr_warn("domain '%s': its network started anew and it is not plugged in: %s", dom->name, vr_error_text(err));
    else if (dom->run && dom->run->monitor)
        vr_nets_reclaim(dom);
}

VR_SUSPENDS void vr_nets_network_started(const char *network)
{
    VR_AUTO_DOMAINS all = vr_domain_list_all(vr_qemu.domains);
    for (size_t i = 0; i < all.n; i++)
        if (is_on(all.v[i], network) && !vr_fiber_start(vr_qemu.group, "plug in again", plug_main, vr_domain_ref(all.v[i]), NULL))
            vr_domain_unref(all.v[i]);
}

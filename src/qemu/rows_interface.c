/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.interface"
/* Network cards of guests: their addresses, limits, link state. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "definition.h"
#include "driver/netport.h"
#include "host/bridge.h"
#include "model/domain_xml.h"
#include "model/netparts.h"
#include "monitor.h"
#include "nets.h"
#include "rows.h"
#include "schema/schema.h"
#include "status.h"

static void mac_text(char out[18], const struct vr_mac *mac)
{
    snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac->b[0], mac->b[1], mac->b[2], mac->b[3], mac->b[4], mac->b[5]);
}

struct vr_interface *vr_rows_find_net(struct vr_domain_def *def, const char *device, struct vr_error **err)
{
    for (size_t i = 0; i < def->interfaces.n; i++) {
        struct vr_interface *net = def->interfaces.v[i];
        char mac[18];
        mac_text(mac, &net->mac);
        if ((net->target && vr_streq(net->target, device)) || strcasecmp(mac, device) == 0)
            return net;
    }
    vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_INVALID_ARG, -1, _("'%s' is not a known interface"), device);
    return NULL;
}

/* ---- addresses ----------------------------------------------------------------------------------------------------- */

struct found {
    struct vr_arena *arena;
    struct vr_domain_interface *v;
    uint32_t n;
};

static struct vr_domain_interface *add_interface(struct found *f, const struct vr_interface *net, uint32_t count)
{
    char mac[18];
    struct vr_domain_interface *out = &f->v[f->n++];
    mac_text(mac, &net->mac);
    out->name = vr_arena_strdup(f->arena, net->target ? net->target : "");
    out->hwaddr = vr_arena_strdup(f->arena, mac);
    out->addrs_count = count;
    out->addrs = vr_arena_alloc(f->arena, count * sizeof(*out->addrs));
    return out;
}

static void set_address(struct found *f, struct vr_domain_ip_addr *out, bool ipv6, const char *address, unsigned prefix)
{
    out->type = ipv6 ? VIR_IP_ADDR_TYPE_IPV6 : VIR_IP_ADDR_TYPE_IPV4;
    out->addr = vr_arena_strdup(f->arena, address);
    out->prefix = prefix;
}

/* The guest may stop while its network is asked: what is needed of it is taken before. */
VR_SUSPENDS static bool from_leases(struct vr_domain *dom, struct found *f, struct vr_error **err)
{
    const struct vr_netport_ops *ops = vr_netport();
    struct vr_domain_def *def = ops ? vr_definition_copy(dom->live) : NULL;
    bool ok = true;
    for (size_t i = 0; ok && def && i < def->interfaces.n && f->n < REMOTE_DOMAIN_INTERFACE_MAX; i++) {
        const struct vr_interface *net = def->interfaces.v[i];
        struct vr_netport_lease *leases = NULL;
        size_t n = 0;
        char mac[18];
        if (net->type != VR_NET_NETWORK)
            continue;
        mac_text(mac, &net->mac);
        ok = ops->leases(net->network, mac, &leases, &n, err);
        n = n > REMOTE_DOMAIN_IP_ADDR_MAX ? REMOTE_DOMAIN_IP_ADDR_MAX : n;
        struct vr_domain_interface *out = ok && n ? add_interface(f, net, (uint32_t)n) : NULL;
        for (size_t k = 0; out && k < n; k++)
            set_address(f, &out->addrs[k], leases[k].ipv6, leases[k].address, leases[k].prefix);
        free(leases);
    }
    vr_domain_def_free(def);
    return ok;
}

/* One entry each, as stock tells them. */
static bool from_neighbours(struct vr_domain *dom, struct found *f, struct vr_error **err)
{
    struct vr_neighbour *all = NULL;
    size_t n = 0;
    int e = vr_neighbours_read(&all, &n);
    if (e)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, "%s", _("cannot read the neighbour table"));
    for (size_t i = 0; i < dom->live->interfaces.n; i++) {
        const struct vr_interface *net = dom->live->interfaces.v[i];
        if (vr_net_type_now(net) == VR_NET_HOSTDEV)
            continue;
        for (size_t k = 0; k < n && f->n < REMOTE_DOMAIN_INTERFACE_MAX; k++) {
            if (memcmp(all[k].mac, net->mac.b, 6) != 0)
                continue;
            struct vr_domain_interface *out = add_interface(f, net, 1);
            set_address(f, &out->addrs[0], all[k].family == AF_INET6, all[k].address, 0);
        }
    }
    free(all);
    return true;
}

VR_SUSPENDS static bool interface_addresses(struct vr_call *call, const struct vr_domain_interface_addresses_args *in,
                                            struct vr_domain_interface_addresses_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_running(&in->dom, err);
    if (!dom)
        return false;
    struct found f = { .arena = call->arena };
    f.v = vr_arena_alloc(call->arena, REMOTE_DOMAIN_INTERFACE_MAX * sizeof(*f.v));
    bool ok;
    switch (in->source) {
    case VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE:
        ok = from_leases(dom, &f, err);
        break;
    case VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP:
        ok = from_neighbours(dom, &f, err);
        break;
    case VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT:
        return vr_rows_no_agent(dom, err);
    default:
        return vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, _("Unsupported IP address data source %u"), in->source);
    }
    out->ifaces = f.v;
    out->ifaces_count = f.n;
    return ok;
}

/* ---- limits -------------------------------------------------------------------------------------------------------- */

/* One row per parameter: where its value stands in the two sides. */
static const struct limit {
    const char *name;
    bool in;
    size_t offset;
} limits[] = {
    { VIR_DOMAIN_BANDWIDTH_IN_AVERAGE, true, offsetof(struct vr_bandwidth_side, average) },
    { VIR_DOMAIN_BANDWIDTH_IN_PEAK, true, offsetof(struct vr_bandwidth_side, peak) },
    { VIR_DOMAIN_BANDWIDTH_IN_BURST, true, offsetof(struct vr_bandwidth_side, burst) },
    { VIR_DOMAIN_BANDWIDTH_IN_FLOOR, true, offsetof(struct vr_bandwidth_side, floor) },
    { VIR_DOMAIN_BANDWIDTH_OUT_AVERAGE, false, offsetof(struct vr_bandwidth_side, average) },
    { VIR_DOMAIN_BANDWIDTH_OUT_PEAK, false, offsetof(struct vr_bandwidth_side, peak) },
    { VIR_DOMAIN_BANDWIDTH_OUT_BURST, false, offsetof(struct vr_bandwidth_side, burst) },
};

static struct vr_ou64 *limit_value(const struct vr_bandwidth *b, const struct limit *limit)
{
    struct vr_bandwidth_side *side = b ? limit->in ? b->in : b->out : NULL;
    return side ? (struct vr_ou64 *)(void *)((char *)side + limit->offset) : NULL;
}

static bool get_parameters(struct vr_call *call, const struct vr_domain_get_interface_parameters_args *in,
                           struct vr_domain_get_interface_parameters_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    struct vr_domain_def *def = dom ? vr_domain_affect_one(dom, in->flags & ~(unsigned)VIR_TYPED_PARAM_STRING_OKAY, err) : NULL;
    if (!def)
        return false;
    out->nparams = (int32_t)VR_COUNT(limits);
    const struct vr_interface *net = in->nparams ? vr_rows_find_net(def, in->device, err) : NULL;
    if (!in->nparams || !net)
        return !in->nparams;
    struct vr_params p = { .arena = call->arena };
    const struct vr_bandwidth *now = def == dom->live ? vr_net_bandwidth_now(net) : net->bandwidth;
    for (size_t i = 0; i < VR_COUNT(limits) && i < (size_t)in->nparams; i++) {
        const struct vr_ou64 *v = limit_value(now, &limits[i]);
        vr_params_uint(&p, v && v->set ? (uint32_t)v->v : 0, "%s", limits[i].name);
    }
    out->params = p.v;
    out->params_count = p.n;
    out->nparams = (int32_t)p.n;
    return true;
}

/* What is not named keeps its value; a side without average and floor goes. */
static struct vr_bandwidth *merged(struct vr_arena *arena, const struct vr_bandwidth *old,
                                   const struct vr_domain_set_interface_parameters_args *in)
{
    struct vr_bandwidth *b = old ? vr_elem_copy(arena, &vr_bandwidth_elem, old) : vr_arena_new_of(arena, struct vr_bandwidth);
    struct vr_bandwidth_side **sides[] = { &b->in, &b->out };
    bool named[2] = { false, false };
    for (size_t i = 0; i < VR_COUNT(limits); i++)
        named[!limits[i].in] |= vr_params_find(in->params, in->params_count, limits[i].name) != NULL;
    for (size_t s = 0; s < 2; s++)
        if (named[s]) /* a side is replaced as a whole, as stock does it */
            *sides[s] = vr_arena_new_of(arena, struct vr_bandwidth_side);
    for (size_t i = 0; i < VR_COUNT(limits); i++) {
        const struct vr_typed_param *p = vr_params_find(in->params, in->params_count, limits[i].name);
        if (p && p->value.ui)
            *limit_value(b, &limits[i]) = (struct vr_ou64){ true, p->value.ui };
    }
    for (size_t s = 0; s < 2; s++)
        if (*sides[s] && !(*sides[s])->average.set && !(*sides[s])->floor.set)
            *sides[s] = NULL;
    return b->in || b->out ? b : NULL;
}

static bool check_limits(const struct vr_interface *net, const struct vr_bandwidth *b, struct vr_error **err)
{
    if (b && b->in && b->in->floor.set && net->type != VR_NET_NETWORK)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("'floor' is only supported for interface type 'network' with "
                                                               "forward type 'nat', 'route', 'open' or none"));
    return true;
}

struct limits_edit {
    const struct vr_domain_set_interface_parameters_args *in;
};

VR_SUSPENDS static bool edit_limits(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config, void *arg,
                                    struct vr_error **err)
{
    const struct limits_edit *edit = arg;
    struct vr_interface *now = live ? vr_rows_find_net(live, edit->in->device, err) : NULL;
    if (live && !now)
        return false;
    /* In the configuration the same card goes by its address: a chosen device name is not in there. */
    char mac[18] = "";
    if (now)
        mac_text(mac, &now->mac);
    struct vr_interface *later = config ? vr_rows_find_net(config, now ? mac : edit->in->device, err) : NULL;
    if (config && !later)
        return false;
    struct vr_bandwidth *next = now ? merged(now->arena, vr_net_bandwidth_now(now), edit->in) : NULL;
    struct vr_bandwidth *next_config = later ? merged(later->arena, later->bandwidth, edit->in) : NULL;
    if ((now && !check_limits(now, next, err)) || (later && !check_limits(later, next_config, err)) ||
        (now && !vr_net_set_limits(live, now, next, err)))
        return false;
    if (now) {
        now->bandwidth = next;
        if (now->actual)
            now->actual->bandwidth = next;
    }
    if (later)
        later->bandwidth = next_config;
    return true;
}

VR_SUSPENDS static bool set_parameters(struct vr_call *call, const struct vr_domain_set_interface_parameters_args *in,
                                       struct vr_void *out, struct vr_error **err)
{
    struct vr_param_known known[VR_COUNT(limits) + 1] = { 0 };
    for (size_t i = 0; i < VR_COUNT(limits); i++)
        known[i] = (struct vr_param_known){ limits[i].name, VIR_TYPED_PARAM_UINT, false };
    if (!vr_params_check(in->params, in->params_count, known, err))
        return false;
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job(call, dom, VR_JOB_MODIFY, err) : NULL;
    struct limits_edit edit = { in };
    if (!job || !vr_rows_edit(dom, in->flags, edit_limits, &edit, err))
        return false;
    vr_rows_flush(dom);
    return true;
}

/* ---- one device anew ------------------------------------------------------------------------------------------------ */

VR_SUSPENDS static bool set_link(struct vr_domain *dom, const struct vr_interface *net, enum vr_link_state link,
                                 struct vr_error **err)
{
    struct vr_monitor *mon = vr_process_monitor(dom, err);
    if (!mon)
        return false;
    struct vr_json *args = vr_json_object();
    vr_json_add_str(args, "name", net->info.alias);
    vr_json_add_bool(args, "up", link != VR_LINK_DOWN);
    return vr_monitor_call(mon, VR_QMP_MODIFY, "set_link", args, NULL, vr_after(VR_SPAN_MODIFY), err);
}

/* The card that a client's document means: its address must fit, and its MAC when that is given. */
static struct vr_interface *same_card(struct vr_domain_def *def, const struct vr_interface *wanted, struct vr_error **err)
{
    char mac[18];
    mac_text(mac, &wanted->mac);
    if (wanted->has_mac)
        for (size_t i = 0; i < def->interfaces.n; i++)
            if (memcmp(def->interfaces.v[i]->mac.b, wanted->mac.b, 6) == 0)
                return def->interfaces.v[i];
    vr_fail(err, VIR_ERR_OPERATION_FAILED, _("no device matching MAC address %s found"), mac);
    return NULL;
}

/* What cannot be changed while the guest runs. */
static bool check_live_change(const struct vr_interface *old, const struct vr_interface *wanted, struct vr_error **err)
{
    if (wanted->type != old->type && wanted->type != vr_net_type_now(old))
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, _("unable to change config on '%s' network type"),
                       vr_net_type_names[wanted->type]);
    if (!vr_streq0(wanted->model, old->model))
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, _("cannot modify network device model from %s to %s"),
                       old->model ? old->model : "(default)", wanted->model ? wanted->model : "(default)");
    if (wanted->target && !vr_streq0(wanted->target, old->target))
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s", _("cannot modify network device tap name"));
    if (wanted->mtu && wanted->mtu != old->mtu)
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s", _("cannot modify MTU"));
    const char *was = old->type == VR_NET_NETWORK ? old->network : old->type == VR_NET_BRIDGE ? old->bridge : old->dev;
    const char *is = wanted->type == VR_NET_NETWORK ? wanted->network : wanted->type == VR_NET_BRIDGE ? wanted->bridge : wanted->dev;
    /* A live document shows the bridge of a network as the source's own: both spellings mean no change. */
    if (old->type == wanted->type ? !vr_streq0(was, is) : !vr_streq0(old->network, wanted->network))
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s",
                       _("a running interface cannot be plugged into another source yet; shut the guest down to change it"));
    return true;
}

VR_SUSPENDS static bool update_live(struct vr_domain *dom, struct vr_interface *old, const struct vr_interface *wanted,
                                    struct vr_error **err)
{
    if (!check_live_change(old, wanted, err))
        return false;
    bool was_up = old->link != VR_LINK_DOWN, is_up = wanted->link != VR_LINK_DOWN;
    if (was_up != is_up && !set_link(dom, old, wanted->link, err))
        return false;
    old->link = wanted->link;
    struct vr_bandwidth *next = wanted->bandwidth ? vr_elem_copy(old->arena, &vr_bandwidth_elem, wanted->bandwidth) : NULL;
    if (!next && !vr_net_bandwidth_now(old))
        return true;
    if (!vr_net_set_limits(dom->live, old, next, err))
        return false;
    old->bandwidth = next;
    if (old->actual)
        old->actual->bandwidth = next;
    return true;
}

struct device_edit {
    const char *xml;
};

VR_SUSPENDS static bool edit_device(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config, void *arg,
                                    struct vr_error **err)
{
    const struct device_edit *edit = arg;
    struct vr_device dev;
    struct vr_domain_def *defs[] = { config, live };
    for (size_t i = 0; i < VR_COUNT(defs); i++) {
        struct vr_domain_def *def = defs[i];
        if (!def)
            continue;
        if (!vr_device_parse(def->arena, def, edit->xml, strlen(edit->xml), VR_DOMAIN_INACTIVE, &dev, err))
            return false;
        if (dev.kind != VR_DEVICE_INTERFACE)
            return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, _("%s update of device '%s' is not supported"),
                           def == live ? "live" : "persistent", vr_device_kind_names[dev.kind]);
        struct vr_interface *wanted = dev.v, *old = same_card(def, wanted, err);
        if (!old)
            return false;
        if (def == live) {
            if (!update_live(dom, old, wanted, err))
                return false;
            continue;
        }
        if (!wanted->info.alias)
            wanted->info = old->info;
        for (size_t k = 0; k < def->interfaces.n; k++)
            if (def->interfaces.v[k] == old)
                def->interfaces.v[k] = wanted;
        if (!vr_domain_check(def, err))
            return false;
    }
    return true;
}

VR_SUSPENDS static bool update_device(struct vr_call *call, const struct vr_domain_update_device_flags_args *in,
                                      struct vr_void *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job(call, dom, VR_JOB_MODIFY, err) : NULL;
    struct device_edit edit = { in->xml };
    if (!job || !vr_rows_edit(dom, in->flags & ~(unsigned)VIR_DOMAIN_DEVICE_MODIFY_FORCE, edit_device, &edit, err))
        return false;
    vr_rows_flush(dom);
    return true;
}

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)

const struct vr_driver_row vr_rows_interface[] = {
    VR_ROW(domain_interface_addresses, interface_addresses, 0),
    VR_ROW(domain_get_interface_parameters, get_parameters, AFFECT | VIR_TYPED_PARAM_STRING_OKAY),
    VR_ROW(domain_set_interface_parameters, set_parameters, AFFECT),
    VR_ROW(domain_update_device_flags, update_device, AFFECT | VIR_DOMAIN_DEVICE_MODIFY_FORCE),
    { 0 },
};

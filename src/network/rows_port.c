/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
/* Ports as clients see them. */
#include <string.h>
#include "base/map.h"
#include "base/str.h"
#include "ports.h"
#include "rows.h"
#include "schema/form.h"

/* The port a call names, its network locked. */
VR_SUSPENDS static struct vr_network_port *port_named(const struct vr_nonnull_network *named, const unsigned char uuid[16],
                                                      struct vr_net **net, struct vr_net_held *held, struct vr_error **err)
{
    *net = vr_net_named(named, err);
    if (!*net || !vr_net_hold(*net, held, err))
        return NULL;
    struct vr_network_port *port = vr_net_port(*net, uuid);
    if (port)
        return port;
    struct vr_uuid id;
    char text[VR_UUID_TEXT];
    memcpy(id.b, uuid, sizeof(id.b));
    vr_fail(err, VIR_ERR_NO_NETWORK_PORT, _("Network port with UUID %s does not exist"), vr_uuid_format(&id, text));
    return NULL;
}

static void fill(struct vr_call *call, struct vr_nonnull_network_port *out, const struct vr_net *net,
                 const struct vr_network_port *port)
{
    vr_net_fill(call, &out->net, net);
    memcpy(out->uuid, port->uuid.b, sizeof(out->uuid));
}

static bool list_ports(struct vr_call *call, const struct vr_network_list_all_ports_args *in,
                       struct vr_network_list_all_ports_ret *out, struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->network, err);
    if (!net)
        return false;
    if (!net->live)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("network '%s' is not active"), net->name);
    if (in->need_results)
        out->ports = vr_arena_alloc(call->arena, (vr_net_port_count(net) + 1) * sizeof(*out->ports));
    size_t pos = 0;
    void *port;
    while (vr_map_each(net->ports, &pos, &port)) {
        if (!vr_visible(call->identity, "network_port", "getattr", net->name, net->uuid.b))
            continue;
        if (in->need_results)
            fill(call, &out->ports[out->ports_count++], net, port);
        out->ret++;
    }
    if (out->ports_count > REMOTE_NETWORK_PORT_LIST_MAX)
        return vr_fail(err, VIR_ERR_RPC, _("Too many network ports '%u' for limit '%d'"), out->ports_count,
                       REMOTE_NETWORK_PORT_LIST_MAX);
    return true;
}

VR_SUSPENDS static bool lookup(struct vr_call *call, const struct vr_network_port_lookup_by_uuid_args *in,
                               struct vr_network_port_lookup_by_uuid_ret *out, struct vr_error **err)
{
    VR_AUTO_NET *net = NULL;
    VR_AUTO_HELD held = { 0 };
    struct vr_network_port *port = port_named(&in->network, in->uuid, &net, &held, err);
    if (!port)
        return false;
    fill(call, &out->port, net, port);
    return true;
}

VR_SUSPENDS static bool create_port(struct vr_call *call, const struct vr_network_port_create_xml_args *in,
                                    struct vr_network_port_create_xml_ret *out, struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->network, err);
    VR_AUTO_HELD held = { 0 };
    if (!net || !vr_net_hold(net, &held, err))
        return false;
    if (!net->live)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("network '%s' is not active"), net->name);
    unsigned flags = in->flags & VIR_NETWORK_PORT_CREATE_VALIDATE ? VR_FORM_VALIDATE : 0;
    VR_AUTO(vr_network_port) *port = vr_network_port_parse(in->xml, strlen(in->xml), flags, err);
    if (!port || !vr_ports_create(net, port, in->flags & VIR_NETWORK_PORT_CREATE_RECLAIM, err))
        return false;
    fill(call, &out->port, net, vr_take(port));
    return true;
}

VR_SUSPENDS static bool delete_port(struct vr_call *call, const struct vr_network_port_delete_args *in, struct vr_void *out,
                                    struct vr_error **err)
{
    VR_AUTO_NET *net = NULL;
    VR_AUTO_HELD held = { 0 };
    struct vr_network_port *port = port_named(&in->port.net, in->port.uuid, &net, &held, err);
    return port && vr_ports_delete(net, port, err);
}

VR_SUSPENDS static bool get_xml(struct vr_call *call, const struct vr_network_port_get_xml_desc_args *in,
                                struct vr_network_port_get_xml_desc_ret *out, struct vr_error **err)
{
    VR_AUTO_NET *net = NULL;
    VR_AUTO_HELD held = { 0 };
    struct vr_network_port *port = port_named(&in->port.net, in->port.uuid, &net, &held, err);
    if (!port)
        return false;
    vr_autofree char *xml = vr_network_port_format(port, 0);
    out->xml = vr_arena_strdup(call->arena, xml);
    return true;
}

/* ---- parameters ---------------------------------------------------------------------------------------------------- */

static const struct known {
    const char *name;
    bool out;
    size_t offset;
} known[] = {
    { VIR_NETWORK_PORT_BANDWIDTH_IN_AVERAGE, false, offsetof(struct vr_bandwidth_side, average) },
    { VIR_NETWORK_PORT_BANDWIDTH_IN_PEAK, false, offsetof(struct vr_bandwidth_side, peak) },
    { VIR_NETWORK_PORT_BANDWIDTH_IN_FLOOR, false, offsetof(struct vr_bandwidth_side, floor) },
    { VIR_NETWORK_PORT_BANDWIDTH_IN_BURST, false, offsetof(struct vr_bandwidth_side, burst) },
    { VIR_NETWORK_PORT_BANDWIDTH_OUT_AVERAGE, true, offsetof(struct vr_bandwidth_side, average) },
    { VIR_NETWORK_PORT_BANDWIDTH_OUT_PEAK, true, offsetof(struct vr_bandwidth_side, peak) },
    { VIR_NETWORK_PORT_BANDWIDTH_OUT_BURST, true, offsetof(struct vr_bandwidth_side, burst) },
};

static struct vr_ou64 *field(const struct known *k, struct vr_bandwidth_side *side)
{
    return (struct vr_ou64 *)(void *)((char *)side + k->offset);
}

VR_SUSPENDS static bool get_params(struct vr_call *call, const struct vr_network_port_get_parameters_args *in,
                                   struct vr_network_port_get_parameters_ret *out, struct vr_error **err)
{
    VR_AUTO_NET *net = NULL;
    VR_AUTO_HELD held = { 0 };
    struct vr_network_port *port = port_named(&in->port.net, in->port.uuid, &net, &held, err);
    if (!port)
        return false;
    out->params = vr_arena_alloc(call->arena, VR_COUNT(known) * sizeof(*out->params));
    for (size_t i = 0; port->bandwidth && i < VR_COUNT(known); i++) {
        struct vr_bandwidth_side *side = known[i].out ? port->bandwidth->out : port->bandwidth->in;
        if (!side)
            continue;
        struct vr_typed_param *p = &out->params[out->params_count++];
        p->field = known[i].name;
        p->value.type = VIR_TYPED_PARAM_UINT;
        p->value.ui = (uint32_t)field(&known[i], side)->v;
    }
    out->nparams = (int32_t)out->params_count;
    if (in->nparams == 0)
        out->params_count = 0; /* only how many there are was asked */
    return true;
}

/* A side is there when it says an average (or, inbound, a floor). */
static bool take_params(const struct vr_network_port_set_parameters_args *in, struct vr_bandwidth *b, struct vr_error **err)
{
    for (uint32_t i = 0; i < in->params_count; i++) {
        const struct known *k = NULL;
        for (size_t n = 0; n < VR_COUNT(known) && !k; n++)
            if (vr_streq(known[n].name, in->params[i].field))
                k = &known[n];
        if (!k)
            return vr_fail(err, VIR_ERR_INVALID_ARG, _("parameter '%s' not supported"), in->params[i].field);
        if (in->params[i].value.type != VIR_TYPED_PARAM_UINT)
            return vr_fail(err, VIR_ERR_INVALID_ARG, _("invalid type '%s' for parameter '%s', expected 'uint'"), "other",
                           in->params[i].field);
        *field(k, k->out ? b->out : b->in) = (struct vr_ou64){ in->params[i].value.ui != 0, in->params[i].value.ui };
    }
    if (!b->in->average.set && !b->in->floor.set)
        b->in = NULL;
    if (!b->out->average.set)
        b->out = NULL;
    return true;
}

VR_SUSPENDS static bool set_params(struct vr_call *call, const struct vr_network_port_set_parameters_args *in,
                                   struct vr_void *out, struct vr_error **err)
{
    VR_AUTO_NET *net = NULL;
    VR_AUTO_HELD held = { 0 };
    struct vr_network_port *port = port_named(&in->port.net, in->port.uuid, &net, &held, err);
    if (!port)
        return false;
    struct vr_bandwidth_side sides[2] = { { .average = { 0 } } };
    struct vr_bandwidth b = { .in = &sides[0], .out = &sides[1] };
    return take_params(in, &b, err) && vr_ports_set_bandwidth(net, port, b.in || b.out ? &b : NULL, err);
}

const struct vr_driver_row vr_net_rows_port[] = {
    VR_ROW(network_list_all_ports, list_ports, 0),
    VR_ROW(network_port_lookup_by_uuid, lookup, 0),
    VR_ROW(network_port_create_xml, create_port, VIR_NETWORK_PORT_CREATE_RECLAIM | VIR_NETWORK_PORT_CREATE_VALIDATE),
    VR_ROW(network_port_delete, delete_port, 0),
    VR_ROW(network_port_get_xml_desc, get_xml, 0),
    VR_ROW(network_port_get_parameters, get_params, VIR_TYPED_PARAM_STRING_OKAY),
    VR_ROW(network_port_set_parameters, set_params, 0),
    { 0 },
};

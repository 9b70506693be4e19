/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
/* Which networks there are, and what they say of themselves. */
#include <string.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "leases.h"
#include "netcheck.h"
#include "rows.h"
#include "schema/form.h"

struct vr_net *vr_net_named(const struct vr_nonnull_network *named, struct vr_error **err)
{
    struct vr_net *net = vr_net_by_uuid(vr_networks.list, named->uuid);
    if (net)
        return net;
    struct vr_uuid uuid;
    char text[VR_UUID_TEXT];
    memcpy(uuid.b, named->uuid, sizeof(uuid.b));
    vr_fail(err, VIR_ERR_NO_NETWORK, _("no network with matching uuid '%s' (%s)"), vr_uuid_format(&uuid, text),
            named->name ? named->name : "");
    return NULL;
}

void vr_net_fill(struct vr_call *call, struct vr_nonnull_network *out, const struct vr_net *net)
{
    out->name = vr_arena_strdup(call->arena, net->name);
    memcpy(out->uuid, net->uuid.b, sizeof(out->uuid));
}

bool vr_net_visible(struct vr_call *call, const struct vr_net *net)
{
    return vr_visible(call->identity, "network", "getattr", net->name, net->uuid.b);
}

/* ---- lists --------------------------------------------------------------------------------------------------------- */

static uint32_t count(struct vr_call *call, bool active)
{
    uint32_t n = 0;
    size_t pos = 0;
    for (struct vr_net *net; (net = vr_net_list_each(vr_networks.list, false, &pos));)
        n += vr_net_active(net) == active && vr_net_visible(call, net);
    return n;
}

static uint32_t names(struct vr_call *call, bool active, int32_t most, const char ***out)
{
    uint32_t n = 0, room = most > 0 ? (uint32_t)most : 0;
    size_t pos = 0, have = vr_net_list_count(vr_networks.list);
    *out = vr_arena_alloc(call->arena, ((room < have ? room : have) + 1) * sizeof(**out));
    for (struct vr_net *net; n < room && (net = vr_net_list_each(vr_networks.list, false, &pos));)
        if (vr_net_active(net) == active && vr_net_visible(call, net))
            (*out)[n++] = vr_arena_strdup(call->arena, net->name);
    return n;
}

static bool num_of_networks(struct vr_call *call, const struct vr_void *in, struct vr_connect_num_of_networks_ret *out,
                            struct vr_error **err)
{
    out->num = (int32_t)count(call, true);
    return true;
}

static bool num_of_defined(struct vr_call *call, const struct vr_void *in, struct vr_connect_num_of_defined_networks_ret *out,
                           struct vr_error **err)
{
    out->num = (int32_t)count(call, false);
    return true;
}

static bool list_networks(struct vr_call *call, const struct vr_connect_list_networks_args *in,
                          struct vr_connect_list_networks_ret *out, struct vr_error **err)
{
    out->names_count = names(call, true, in->maxnames, &out->names);
    return true;
}

static bool list_defined(struct vr_call *call, const struct vr_connect_list_defined_networks_args *in,
                         struct vr_connect_list_defined_networks_ret *out, struct vr_error **err)
{
    out->names_count = names(call, false, in->maxnames, &out->names);
    return true;
}

#define FILTERS                                                                                    \
    (VIR_CONNECT_LIST_NETWORKS_INACTIVE | VIR_CONNECT_LIST_NETWORKS_ACTIVE | VIR_CONNECT_LIST_NETWORKS_PERSISTENT | \
     VIR_CONNECT_LIST_NETWORKS_TRANSIENT | VIR_CONNECT_LIST_NETWORKS_AUTOSTART | VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART)

/* A pair of opposite bits: none set means "do not care", like both. */
static bool passes(unsigned flags, unsigned yes, unsigned no, bool is)
{
    return !(flags & (yes | no)) || (flags & (is ? yes : no));
}

static bool list_all(struct vr_call *call, const struct vr_connect_list_all_networks_args *in,
                     struct vr_connect_list_all_networks_ret *out, struct vr_error **err)
{
    unsigned f = in->flags;
    if (in->need_results)
        out->nets = vr_arena_alloc(call->arena, (vr_net_list_count(vr_networks.list) + 1) * sizeof(*out->nets));
    size_t pos = 0;
    for (struct vr_net *net; (net = vr_net_list_each(vr_networks.list, false, &pos));) {
        if (!passes(f, VIR_CONNECT_LIST_NETWORKS_ACTIVE, VIR_CONNECT_LIST_NETWORKS_INACTIVE, vr_net_active(net)) ||
            !passes(f, VIR_CONNECT_LIST_NETWORKS_PERSISTENT, VIR_CONNECT_LIST_NETWORKS_TRANSIENT, net->persistent) ||
            !passes(f, VIR_CONNECT_LIST_NETWORKS_AUTOSTART, VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART, net->autostart) ||
            !vr_net_visible(call, net))
            continue;
        if (in->need_results)
            vr_net_fill(call, &out->nets[out->nets_count++], net);
        out->ret++;
    }
    if (out->nets_count > REMOTE_NETWORK_LIST_MAX)
        return vr_fail(err, VIR_ERR_RPC, _("Too many networks '%u' for limit '%d'"), out->nets_count, REMOTE_NETWORK_LIST_MAX);
    return true;
}

/* ---- lookups and questions ------------------------------------------------------------------------------------------ */

static bool lookup_by_name(struct vr_call *call, const struct vr_network_lookup_by_name_args *in,
                           struct vr_network_lookup_by_name_ret *out, struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_by_name(vr_networks.list, in->name);
    if (!net)
        return vr_fail(err, VIR_ERR_NO_NETWORK, _("no network with matching name '%s'"), in->name);
    vr_net_fill(call, &out->net, net);
    return true;
}

static bool lookup_by_uuid(struct vr_call *call, const struct vr_network_lookup_by_uuid_args *in,
                           struct vr_network_lookup_by_uuid_ret *out, struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_by_uuid(vr_networks.list, in->uuid);
    struct vr_uuid uuid;
    char text[VR_UUID_TEXT];
    memcpy(uuid.b, in->uuid, sizeof(uuid.b));
    if (!net)
        return vr_fail(err, VIR_ERR_NO_NETWORK, _("no network with matching uuid '%s'"), vr_uuid_format(&uuid, text));
    vr_net_fill(call, &out->net, net);
    return true;
}

static bool is_active(struct vr_call *call, const struct vr_network_is_active_args *in, struct vr_network_is_active_ret *out,
                      struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->net, err);
    if (!net)
        return false;
    out->active = vr_net_active(net);
    return true;
}

static bool is_persistent(struct vr_call *call, const struct vr_network_is_persistent_args *in,
                          struct vr_network_is_persistent_ret *out, struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->net, err);
    if (!net)
        return false;
    out->persistent = net->persistent;
    return true;
}

static bool get_xml(struct vr_call *call, const struct vr_network_get_xml_desc_args *in, struct vr_network_get_xml_desc_ret *out,
                    struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->net, err);
    if (!net)
        return false;
    bool inactive = in->flags & VIR_NETWORK_XML_INACTIVE;
    struct vr_network_def *def = inactive && net->persistent ? vr_net_config(net, err) : vr_net_current(net, err);
    if (!def)
        return false;
    vr_autofree char *xml = vr_network_def_format(def, inactive ? VR_FORM_INACTIVE : 0);
    out->xml = vr_arena_strdup(call->arena, xml);
    return true;
}

static bool get_bridge_name(struct vr_call *call, const struct vr_network_get_bridge_name_args *in,
                            struct vr_network_get_bridge_name_ret *out, struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->net, err);
    struct vr_network_def *def = net ? vr_net_current(net, err) : NULL;
    if (!def)
        return false;
    if (!def->bridge)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("network '%s' does not have a bridge name."), net->name);
    out->name = vr_arena_strdup(call->arena, def->bridge);
    return true;
}

static bool get_autostart(struct vr_call *call, const struct vr_network_get_autostart_args *in,
                          struct vr_network_get_autostart_ret *out, struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->net, err);
    if (!net)
        return false;
    out->autostart = net->autostart;
    return true;
}

/* ---- leases -------------------------------------------------------------------------------------------------------- */

VR_SUSPENDS static bool get_leases(struct vr_call *call, const struct vr_network_get_dhcp_leases_args *in,
                                   struct vr_network_get_dhcp_leases_ret *out, struct vr_error **err)
{
    struct vr_mac mac;
    if (in->mac && !vr_mac_parse(in->mac, &mac))
        return vr_fail(err, VIR_ERR_INVALID_MAC, "%s", in->mac);
    VR_AUTO_NET *net = vr_net_named(&in->net, err);
    struct vr_lease *leases;
    size_t n;
    const char *want = in->mac ? vr_mac_text(call->arena, &mac) : NULL;
    if (!net || !vr_leases_read(net, want, call->arena, &leases, &n, err))
        return false;
    if (n > REMOTE_NETWORK_DHCP_LEASES_MAX)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Number of leases is %d, which exceeds max limit: %d"), (int)n,
                       REMOTE_NETWORK_DHCP_LEASES_MAX);
    out->ret = (uint32_t)n;
    struct vr_network_def *def = vr_net_current(net, err);
    if (!def || !in->need_results)
        return def != NULL;
    out->leases = vr_arena_alloc(call->arena, (n + 1) * sizeof(*out->leases));
    for (size_t i = 0; i < n; i++)
        out->leases[out->leases_count++] = (struct vr_network_dhcp_lease){
            .iface = vr_arena_strdup(call->arena, def->bridge), .expirytime = leases[i].expiry,
            .type = leases[i].ipv6 ? VIR_IP_ADDR_TYPE_IPV6 : VIR_IP_ADDR_TYPE_IPV4, .mac = leases[i].mac, .iaid = leases[i].iaid,
            .ipaddr = leases[i].address, .prefix = leases[i].prefix, .hostname = leases[i].hostname,
            .clientid = leases[i].clientid,
        };
    return true;
}

/* ---- a look at the path -------------------------------------------------------------------------------------------- */

/* On a copy: it takes seconds, and the network is not to wait for it. */
VR_SUSPENDS static bool network_check(struct vr_call *call, const struct vr_vireo_network_check_args *in,
                                      struct vr_vireo_network_check_ret *out, struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->net, err);
    if (!net)
        return false;
    if (!net->live)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("network '%s' is not active"), net->name);
    if (!net->live->bridge || !vr_network_makes_bridge(net->live))
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED,
                       _("network '%s' uses what others made: there is no path of its own to check"), net->name);
    VR_AUTO(vr_network_def) *def = vr_network_def_copy(net->live);
    vr_autobuf struct vr_buf report = VR_BUF_INIT;
    bool good = false;
    if (!vr_netcheck_run(def, &report, &good, vr_after(VR_SEC(60)), err))
        return false;
    vr_buf_printf(&report, "result: %s\n", good ? "good" : "bad");
    out->report = vr_arena_strdup(call->arena, report.data);
    return true;
}

const struct vr_driver_row vr_net_rows_list[] = {
    VR_ROW(vireo_network_check, network_check, 0),
    VR_ROW(connect_num_of_networks, num_of_networks, 0),
    VR_ROW(connect_num_of_defined_networks, num_of_defined, 0),
    VR_ROW(connect_list_networks, list_networks, 0),
    VR_ROW(connect_list_defined_networks, list_defined, 0),
    VR_ROW(connect_list_all_networks, list_all, FILTERS),
    VR_ROW(network_lookup_by_name, lookup_by_name, 0),
    VR_ROW(network_lookup_by_uuid, lookup_by_uuid, 0),
    VR_ROW(network_is_active, is_active, 0),
    VR_ROW(network_is_persistent, is_persistent, 0),
    VR_ROW(network_get_xml_desc, get_xml, VIR_NETWORK_XML_INACTIVE),
    VR_ROW(network_get_bridge_name, get_bridge_name, 0),
    VR_ROW(network_get_autostart, get_autostart, 0),
    VR_ROW(network_get_dhcp_leases, get_leases, 0),
    { 0 },
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual networks: definitions with a switch. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include "network.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define NETWORK_FAIL(err, code, ...) vr_error_report((err), VIR_FROM_NETWORK, (code), -1, __VA_ARGS__)

static struct vr_test_network *find_name(const struct vr_test *test, const char *name)
{
    VR_TEST_EACH(vr_test_network, net, test->networks)
        if (vr_streq(net->def->name, name))
            return net;
    return NULL;
}

static struct vr_test_network *find_uuid(const struct vr_test *test, const unsigned char *uuid)
{
    VR_TEST_EACH(vr_test_network, net, test->networks)
        if (memcmp(net->def->uuid.b, uuid, 16) == 0)
            return net;
    return NULL;
}

struct vr_test_network *vr_test_network_by_name(const struct vr_test *test, const char *name, struct vr_error **err)
{
    struct vr_test_network *net = find_name(test, name);
    if (!net)
        vr_fail(err, VIR_ERR_NO_NETWORK, "no network with matching name '%s'", name);
    return net;
}

static struct vr_test_network *by_uuid(struct vr_call *call, const unsigned char *uuid, struct vr_error **err)
{
    char text[VR_UUID_TEXT];
    struct vr_test_network *net = find_uuid(vr_test_of(call), uuid);
    if (!net)
        vr_fail(err, VIR_ERR_NO_NETWORK, "no network with matching uuid '%s'",
                vr_uuid_format((const struct vr_uuid *)uuid, text));
    return net;
}

static struct vr_test_network *network_of(struct vr_call *call, const struct vr_nonnull_network *n, struct vr_error **err)
{
    return vr_test_network_by_name(vr_test_of(call), n->name, err);
}

static struct vr_nonnull_network name_of(struct vr_arena *arena, const struct vr_test_network *net)
{
    struct vr_nonnull_network n = { .name = vr_arena_strdup(arena, net->def->name) };
    memcpy(n.uuid, net->def->uuid.b, 16);
    return n;
}

static void tell(struct vr_test *test, const struct vr_network_def *def, int event)
{
    struct vr_event_object about = { .name = def->name, .uuid = def->uuid.b };
    struct vr_network_event_lifecycle_msg m = { .net = { .name = def->name }, .event = event };
    memcpy(m.net.uuid, def->uuid.b, 16);
    vr_test_event(test, VR_EVENTS_NETWORK, VIR_NETWORK_EVENT_ID_LIFECYCLE, &about, &m);
}

static void free_network(struct vr_test_network *net)
{
    vr_network_def_free(net->def);
    vr_network_def_free(net->new_def);
    free(net);
}

void vr_test_networks_free(struct vr_test *test)
{
    VR_TEST_EACH(vr_test_network, net, test->networks)
        free_network(net);
    vr_test_list_done(&test->networks);
}

/* ---- adding ------------------------------------------------------------------------------------------------------ */

/* Consumes @def. */
static struct vr_test_network *add(struct vr_test *test, struct vr_network_def *def, bool live, struct vr_error **err)
{
    char uuid[VR_UUID_TEXT];
    struct vr_test_network *net = find_uuid(test, def->uuid.b), *named = find_name(test, def->name);
    bool ok = true;
    if (net && !vr_streq(net->def->name, def->name))
        ok = NETWORK_FAIL(err, VIR_ERR_OPERATION_FAILED, "network '%s' is already defined with uuid %s", net->def->name,
                          vr_uuid_format(&def->uuid, uuid));
    else if (net && live && net->active)
        ok = NETWORK_FAIL(err, VIR_ERR_OPERATION_INVALID, "network is already active as '%s'", net->def->name);
    else if (!net && named)
        ok = NETWORK_FAIL(err, VIR_ERR_OPERATION_FAILED, "network '%s' already exists with uuid %s", def->name,
                          vr_uuid_format(&named->def->uuid, uuid));
    if (!ok) {
        vr_network_def_free(def);
        return NULL;
    }
    if (!net) {
        net = vr_new(struct vr_test_network);
        net->def = def;
        vr_test_list_add(&test->networks, net);
    } else if (net->active || (live && net->persistent)) {
        struct vr_network_def **place = net->active ? &net->new_def : &net->def;
        if (!net->active)
            net->new_def = vr_take(net->def);
        vr_network_def_free(*place);
        *place = def;
    } else {
        vr_network_def_free(net->def);
        net->def = def;
    }
    return net;
}

static void set_active(struct vr_test_network *net, bool active)
{
    if (active && net->persistent && !net->new_def)
        net->new_def = vr_network_def_copy(net->def);
    net->active = active;
    if (!active && net->new_def) {
        vr_network_def_free(net->def);
        net->def = vr_take(net->new_def);
    }
}

static struct vr_network_def *parse(const char *xml, size_t len, unsigned flags, struct vr_error **err)
{
    return vr_network_def_parse(xml, len, flags | VR_FORM_TEST, err);
}

bool vr_test_load_network(struct vr_test *test, const char *text, size_t len, struct vr_error **err)
{
    struct vr_network_def *def = parse(text, len, 0, err);
    struct vr_test_network *net = def ? add(test, def, false, err) : NULL;
    if (net) {
        net->persistent = true;
        set_active(net, true);
    }
    return net != NULL;
}

static bool define(struct vr_call *call, const char *xml, unsigned flags, struct vr_nonnull_network *out,
                   struct vr_error **err)
{
    struct vr_network_def *def = parse(xml, strlen(xml), flags & VIR_NETWORK_DEFINE_VALIDATE ? VR_FORM_VALIDATE : 0, err);
    struct vr_test_network *net = def ? add(vr_test_of(call), def, false, err) : NULL;
    if (!net)
        return false;
    net->persistent = true;
    tell(vr_test_of(call), net->def, VIR_NETWORK_EVENT_DEFINED);
    *out = name_of(call->arena, net);
    return true;
}

VR_FN(define_xml, network_define_xml_args, network_define_xml_ret)
{
    return define(call, in->xml, 0, &out->net, err);
}

VR_FN(define_xml_flags, network_define_xml_flags_args, network_define_xml_flags_ret)
{
    return define(call, in->xml, in->flags, &out->net, err);
}

static bool create(struct vr_call *call, const char *xml, unsigned flags, struct vr_nonnull_network *out,
                   struct vr_error **err)
{
    struct vr_network_def *def = parse(xml, strlen(xml), flags & VIR_NETWORK_CREATE_VALIDATE ? VR_FORM_VALIDATE : 0, err);
    struct vr_test_network *net = def ? add(vr_test_of(call), def, true, err) : NULL;
    if (!net)
        return false;
    set_active(net, true);
    tell(vr_test_of(call), net->def, VIR_NETWORK_EVENT_STARTED);
    *out = name_of(call->arena, net);
    return true;
}

VR_FN(create_xml, network_create_xml_args, network_create_xml_ret)
{
    return create(call, in->xml, 0, &out->net, err);
}

VR_FN(create_xml_flags, network_create_xml_flags_args, network_create_xml_flags_ret)
{
    return create(call, in->xml, in->flags, &out->net, err);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

VR_FN(start, network_create_args, void)
{
    struct vr_test_network *net = network_of(call, &in->net, err);
    if (!net)
        return false;
    if (net->active)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "Network '%s' is already running", net->def->name);
    set_active(net, true);
    tell(vr_test_of(call), net->def, VIR_NETWORK_EVENT_STARTED);
    return true;
}

VR_FN(destroy, network_destroy_args, void)
{
    struct vr_test_network *net = network_of(call, &in->net, err);
    if (!net)
        return false;
    set_active(net, false);
    tell(vr_test_of(call), net->def, VIR_NETWORK_EVENT_STOPPED);
    if (!net->persistent) {
        vr_test_list_remove(&vr_test_of(call)->networks, net);
        free_network(net);
    }
    return true;
}

VR_FN(undefine, network_undefine_args, void)
{
    struct vr_test_network *net = network_of(call, &in->net, err);
    if (!net)
        return false;
    if (net->active)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "Network '%s' is still running", net->def->name);
    tell(vr_test_of(call), net->def, VIR_NETWORK_EVENT_UNDEFINED);
    vr_test_list_remove(&vr_test_of(call)->networks, net);
    free_network(net);
    return true;
}

VR_FN(update, network_update_args, void)
{
    struct vr_test_network *net = network_of(call, &in->net, err);
    if (!net)
        return false;
    unsigned flags = in->flags & (VIR_NETWORK_UPDATE_AFFECT_LIVE | VIR_NETWORK_UPDATE_AFFECT_CONFIG);
    if (!flags)
        flags = net->active ? VIR_NETWORK_UPDATE_AFFECT_LIVE : VIR_NETWORK_UPDATE_AFFECT_CONFIG;
    if (flags & VIR_NETWORK_UPDATE_AFFECT_LIVE && !net->active)
        return NETWORK_FAIL(err, VIR_ERR_OPERATION_INVALID, "%s", "network is not running");
    if (flags & VIR_NETWORK_UPDATE_AFFECT_CONFIG && !net->persistent)
        return NETWORK_FAIL(err, VIR_ERR_OPERATION_INVALID, "%s", "cannot change persistent config of a transient network");
    struct vr_network_def **config = net->active && net->new_def ? &net->new_def : &net->def;
    VR_AUTO(vr_network_def) *live = flags & VIR_NETWORK_UPDATE_AFFECT_LIVE ? vr_network_def_copy(net->def) : NULL;
    VR_AUTO(vr_network_def) *kept = flags & VIR_NETWORK_UPDATE_AFFECT_CONFIG ? vr_network_def_copy(*config) : NULL;
    if ((kept && !vr_network_update(kept, in->command, in->section, in->parent_index, in->xml, err)) ||
        (live && !vr_network_update(live, in->command, in->section, in->parent_index, in->xml, err)))
        return false;
    if (kept) {
        vr_network_def_free(*config);
        *config = vr_take(kept);
    }
    if (live) {
        vr_network_def_free(net->def);
        net->def = vr_take(live);
    }
    return true;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

VR_FN(lookup_by_name, network_lookup_by_name_args, network_lookup_by_name_ret)
{
    struct vr_test_network *net = vr_test_network_by_name(vr_test_of(call), in->name, err);
    if (net)
        out->net = name_of(call->arena, net);
    return net != NULL;
}

VR_FN(lookup_by_uuid, network_lookup_by_uuid_args, network_lookup_by_uuid_ret)
{
    struct vr_test_network *net = by_uuid(call, in->uuid, err);
    if (net)
        out->net = name_of(call->arena, net);
    return net != NULL;
}

static uint32_t names(struct vr_call *call, bool active, int most, const char ***out)
{
    struct vr_test *test = vr_test_of(call);
    uint32_t n = 0;
    *out = vr_arena_alloc(call->arena, test->networks.n * sizeof(**out) + 1);
    VR_TEST_EACH(vr_test_network, net, test->networks)
        if (net->active == active && (most < 0 || n < (uint32_t)most))
            (*out)[n++] = vr_arena_strdup(call->arena, net->def->name);
    return n;
}

VR_FN(list_networks, connect_list_networks_args, connect_list_networks_ret)
{
    out->names_count = names(call, true, in->maxnames, &out->names);
    return true;
}

VR_FN(list_defined_networks, connect_list_defined_networks_args, connect_list_defined_networks_ret)
{
    out->names_count = names(call, false, in->maxnames, &out->names);
    return true;
}

VR_FN(num_of_networks, void, connect_num_of_networks_ret)
{
    const char **unused;
    out->num = (int)names(call, true, -1, &unused);
    return true;
}

VR_FN(num_of_defined_networks, void, connect_num_of_defined_networks_ret)
{
    const char **unused;
    out->num = (int)names(call, false, -1, &unused);
    return true;
}

VR_FN(list_all_networks, connect_list_all_networks_args, connect_list_all_networks_ret)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_nonnull_network *list = vr_arena_alloc(call->arena, test->networks.n * sizeof(*list) + 1);
    VR_TEST_EACH(vr_test_network, net, test->networks) {
        if (VR_TEST_FITS(in->flags, VIR_CONNECT_LIST_NETWORKS_ACTIVE, VIR_CONNECT_LIST_NETWORKS_INACTIVE, net->active) &&
            VR_TEST_FITS(in->flags, VIR_CONNECT_LIST_NETWORKS_PERSISTENT, VIR_CONNECT_LIST_NETWORKS_TRANSIENT,
                         net->persistent) &&
            VR_TEST_FITS(in->flags, VIR_CONNECT_LIST_NETWORKS_AUTOSTART, VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART,
                         net->autostart))
            list[out->ret++] = name_of(call->arena, net);
    }
    out->nets = list;
    out->nets_count = in->need_results ? out->ret : 0;
    return true;
}

VR_FN(get_xml, network_get_xml_desc_args, network_get_xml_desc_ret)
{
    struct vr_test_network *net = network_of(call, &in->net, err);
    if (!net)
        return false;
    vr_autofree char *text = vr_network_def_format(net->def, 0);
    out->xml = vr_arena_strdup(call->arena, text);
    return true;
}

VR_FN(get_bridge_name, network_get_bridge_name_args, network_get_bridge_name_ret)
{
    struct vr_test_network *net = network_of(call, &in->net, err);
    if (!net)
        return false;
    if (!net->def->bridge)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "network '%s' does not have a bridge name.", net->def->name);
    out->name = vr_arena_strdup(call->arena, net->def->bridge);
    return true;
}

VR_FN(get_autostart, network_get_autostart_args, network_get_autostart_ret)
{
    struct vr_test_network *net = network_of(call, &in->net, err);
    if (net)
        out->autostart = net->autostart;
    return net != NULL;
}

VR_FN(set_autostart, network_set_autostart_args, void)
{
    struct vr_test_network *net = network_of(call, &in->net, err);
    if (net)
        net->autostart = in->autostart != 0;
    return net != NULL;
}

VR_FN(is_active, network_is_active_args, network_is_active_ret)
{
    struct vr_test_network *net = by_uuid(call, in->net.uuid, err);
    if (net)
        out->active = net->active;
    return net != NULL;
}

VR_FN(is_persistent, network_is_persistent_args, network_is_persistent_ret)
{
    struct vr_test_network *net = by_uuid(call, in->net.uuid, err);
    if (net)
        out->persistent = net->persistent;
    return net != NULL;
}

/* ---- addresses of guests ----------------------------------------------------------------------------------------- */

/* Twenty addresses for each domain, from the first that the network gives out (or has) on. */
static bool address_in(struct vr_call *call, const struct vr_test_network *net, int id, size_t index,
                       struct vr_domain_ip_addr *out, struct vr_error **err)
{
    if (!net->def->ips.n)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "network '%s' has no addresses", net->def->name);
    const struct vr_network_ip *ip = net->def->ips.v[0];
    struct vr_ipaddr addr = ip->ranges.n ? ip->ranges.v[0]->start : ip->address;
    uint64_t carry = (uint64_t)(id - 1) * 20 + index + 1;
    for (unsigned at = vr_ip_bits(&addr) / 8; at-- > 0 && carry;) {
        carry += addr.b[at];
        addr.b[at] = (uint8_t)carry;
        carry >>= 8;
    }
    int length = vr_network_ip_prefix(ip);
    char text[VR_IP_TEXT];
    out->type = addr.family == VR_IP_V6 ? VIR_IP_ADDR_TYPE_IPV6 : VIR_IP_ADDR_TYPE_IPV4;
    out->prefix = length < 0 ? 0 : (unsigned)length;
    out->addr = vr_arena_strdup(call->arena, vr_ip_text(&addr, text));
    return true;
}

bool vr_test_guest_address(struct vr_call *call, const struct vr_test_domain *dom, size_t index,
                           struct vr_domain_ip_addr *out, struct vr_error **err)
{
    const struct vr_interface *nic = dom->def->interfaces.v[index];
    if (nic->type == VR_NET_NETWORK) {
        struct vr_test_network *net = vr_test_network_by_name(vr_test_of(call), nic->network ? nic->network : "", err);
        return net && address_in(call, net, dom->def->id, index, out, err);
    }
    out->type = VIR_IP_ADDR_TYPE_IPV4;
    out->prefix = 24;
    out->addr = vr_arena_printf(call->arena, "192.168.0.%zu", index + 1);
    return true;
}

const struct vr_driver_row vr_test_network_rows[] = {
    VR_ROW(network_define_xml, define_xml, 0),
    VR_ROW(network_define_xml_flags, define_xml_flags, VIR_NETWORK_DEFINE_VALIDATE),
    VR_ROW(network_create_xml, create_xml, 0),
    VR_ROW(network_create_xml_flags, create_xml_flags, VIR_NETWORK_CREATE_VALIDATE),
    VR_ROW(network_create, start, 0),
    VR_ROW(network_destroy, destroy, 0),
    VR_ROW(network_undefine, undefine, 0),
    VR_ROW(network_update, update, VIR_NETWORK_UPDATE_AFFECT_LIVE | VIR_NETWORK_UPDATE_AFFECT_CONFIG),
    VR_ROW(network_lookup_by_name, lookup_by_name, 0),
    VR_ROW(network_lookup_by_uuid, lookup_by_uuid, 0),
    VR_ROW(connect_list_networks, list_networks, 0),
    VR_ROW(connect_list_defined_networks, list_defined_networks, 0),
    VR_ROW(connect_num_of_networks, num_of_networks, 0),
    VR_ROW(connect_num_of_defined_networks, num_of_defined_networks, 0),
    VR_ROW(connect_list_all_networks, list_all_networks, 0x3f),
    VR_ROW(network_get_xml_desc, get_xml, 0),
    VR_ROW(network_get_bridge_name, get_bridge_name, 0),
    VR_ROW(network_get_autostart, get_autostart, 0),
    VR_ROW(network_set_autostart, set_autostart, 0),
    VR_ROW(network_is_active, is_active, 0),
    VR_ROW(network_is_persistent, is_persistent, 0),
    { 0 },
};

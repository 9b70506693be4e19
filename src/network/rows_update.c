/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.rows"
/* Changes of a network that is defined or runs: sections, metadata. */
#include <string.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "dhcpd.h"
#include "dnsmasq.h"
#include "events.h"
#include "rows.h"
#include "start.h"
#include "status.h"

#define AFFECT (VIR_NETWORK_UPDATE_AFFECT_LIVE | VIR_NETWORK_UPDATE_AFFECT_CONFIG)

/* Turns CURRENT into LIVE or CONFIG, and checks both against what the network is. */
static bool resolve(struct vr_net *net, unsigned *flags, struct vr_error **err)
{
    if (!(*flags & AFFECT))
        *flags |= net->live ? VIR_NETWORK_UPDATE_AFFECT_LIVE : VIR_NETWORK_UPDATE_AFFECT_CONFIG;
    if ((*flags & VIR_NETWORK_UPDATE_AFFECT_LIVE) && !net->live)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("network is not running"));
    if ((*flags & VIR_NETWORK_UPDATE_AFFECT_CONFIG) && !net->persistent)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("cannot change persistent config of a transient network"));
    return true;
}

/* Copies of what is affected; the network is locked. */
struct change {
    struct vr_network_def *live, *config;
};
static void change_done(struct change *c)
{
    vr_network_def_free(c->live);
    vr_network_def_free(c->config);
}
#define AUTO_CHANGE __attribute__((cleanup(change_done))) struct change

static bool copy_affected(struct vr_net *net, unsigned flags, struct change *c, struct vr_error **err)
{
    if (flags & VIR_NETWORK_UPDATE_AFFECT_LIVE)
        c->live = vr_network_def_copy(net->live);
    if (flags & VIR_NETWORK_UPDATE_AFFECT_CONFIG) {
        struct vr_network_def *config = vr_net_config(net, err);
        if (!config)
            return false;
        c->config = vr_network_def_copy(config);
    }
    return true;
}

/* ---- sections ------------------------------------------------------------------------------------------------------ */

/* What must happen on the host when a section of a running network changed. */
enum effect { NOTHING, READ_AGAIN, RESTART, RULES };
static enum effect effect_of(unsigned section, const struct vr_network_def *old, const struct vr_network_def *fresh)
{
    switch (section) {
    case VIR_NETWORK_SECTION_IP_DHCP_HOST:
        /* the first host and the last one decide whether there is DHCP at all */
        return vr_dnsmasq_serves_dhcp(old) == vr_dnsmasq_serves_dhcp(fresh) ? READ_AGAIN : RESTART;
    case VIR_NETWORK_SECTION_DNS_HOST: return READ_AGAIN;
    case VIR_NETWORK_SECTION_IP_DHCP_RANGE:
    case VIR_NETWORK_SECTION_DNS_TXT:
    case VIR_NETWORK_SECTION_DNS_SRV: return RESTART;
    case VIR_NETWORK_SECTION_FORWARD_INTERFACE: return RULES;
    default: return NOTHING;
    }
}

VR_SUSPENDS static bool bring_about(struct vr_net *net, enum effect effect, struct vr_error **err)
{
    if (effect == NOTHING || !vr_network_makes_bridge(net->live))
        return true;
    return effect == RULES ? vr_net_refresh_firewall(net, err) : vr_dhcpd_refresh(net, effect == RESTART, err);
}

/* The live definition is swapped first, since what reads it writes the host's files; back again when that fails. */
VR_SUSPENDS static bool apply_live(struct vr_net *net, struct change *c, unsigned section, struct vr_error **err)
{
    struct vr_network_def *old = net->live;
    enum effect effect = effect_of(section, old, c->live);
    net->live = c->live;
    if (bring_about(net, effect, err) && vr_net_save_status(net, err)) {
        c->live = old; /* freed with the change */
        return true;
    }
    net->live = old;
    VR_AUTO(vr_error) *back_err = NULL;
    if (!bring_about(net, effect, &back_err) || !vr_net_save_status(net, &back_err))
        vr_warn("network '%s' could not be put back to what it was: %s", net->name, vr_error_text(back_err));
    return false;
}

/* The configuration first: what is on disk can be taken back, and a network that lost its DHCP server is worse. */
VR_SUSPENDS static bool apply(struct vr_net *net, struct change *c, unsigned section, struct vr_error **err)
{
    if (c->config && !vr_net_save_config(net, c->config, err))
        return false;
    if (c->live && !apply_live(net, c, section, err)) {
        VR_AUTO(vr_error) *back_err = NULL;
        if (c->config && !vr_net_save_config(net, vr_net_config(net, NULL), &back_err))
            vr_warn("the definition of network '%s' could not be put back: %s", net->name, vr_error_text(back_err));
        return false;
    }
    if (c->config)
        vr_net_set_config(net, vr_take(c->config));
    return true;
}

VR_SUSPENDS static bool update(struct vr_call *call, const struct vr_network_update_args *in, struct vr_void *out,
                               struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->net, err);
    VR_AUTO_HELD held = { 0 };
    AUTO_CHANGE c = { 0 };
    unsigned flags = in->flags;
    if (!net || !vr_net_hold(net, &held, err) || !resolve(net, &flags, err) || !copy_affected(net, flags, &c, err))
        return false;
    if (c.config && !vr_network_update(c.config, in->command, in->section, in->parent_index, in->xml, err))
        return false;
    if (c.live && !vr_network_update(c.live, in->command, in->section, in->parent_index, in->xml, err))
        return false;
    bool ok = false;
    vr_shield(vr_after(VR_NET_SPAN_CLEANUP * 2))
        ok = apply(net, &c, in->section, err) && vr_net_hook(net, "updated", "begin", NULL, err);
    return ok;
}

/* ---- metadata ------------------------------------------------------------------------------------------------------ */

static bool get_metadata(struct vr_call *call, const struct vr_network_get_metadata_args *in,
                         struct vr_network_get_metadata_ret *out, struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->network, err);
    unsigned flags = in->flags;
    if (!net || !resolve(net, &flags, err))
        return false;
    struct vr_network_def *def = flags & VIR_NETWORK_UPDATE_AFFECT_LIVE ? net->live : vr_net_config(net, err);
    if (!def)
        return false;
    vr_autofree char *element = NULL;
    const char *text = NULL;
    switch (in->type) {
    case VIR_NETWORK_METADATA_DESCRIPTION: text = def->description; break;
    case VIR_NETWORK_METADATA_TITLE: text = def->title; break;
    case VIR_NETWORK_METADATA_ELEMENT:
        if (!in->uri)
            return vr_fail(err, VIR_ERR_INVALID_ARG, _("uri in %s must not be NULL"), "virNetworkGetMetadata");
        text = element = vr_network_metadata_get(def, in->uri);
        break;
    default: return vr_fail(err, VIR_ERR_INVALID_ARG, _("unknown metadata type"));
    }
    if (!text)
        return vr_fail(err, VIR_ERR_NO_NETWORK_METADATA, _("Requested metadata element is not present"));
    out->metadata = vr_arena_strdup(call->arena, text);
    return true;
}

static bool put_metadata(struct vr_network_def *def, const struct vr_network_set_metadata_args *in, struct vr_error **err)
{
    const char *text = in->metadata && *in->metadata ? in->metadata : NULL;
    if (in->type == VIR_NETWORK_METADATA_DESCRIPTION)
        def->description = vr_arena_strdup(def->arena, text);
    else if (in->type == VIR_NETWORK_METADATA_TITLE)
        def->title = vr_arena_strdup(def->arena, text);
    else
        return vr_network_metadata_set(def, in->key, in->uri, in->metadata, err);
    return true;
}

static bool metadata_args_check(const struct vr_network_set_metadata_args *in, struct vr_error **err)
{
    if (in->type < VIR_NETWORK_METADATA_DESCRIPTION || in->type > VIR_NETWORK_METADATA_ELEMENT)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("unknown metadata type"));
    if (in->type == VIR_NETWORK_METADATA_TITLE && in->metadata && strchr(in->metadata, '\n'))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("metadata title can't contain newlines"));
    if (in->type == VIR_NETWORK_METADATA_ELEMENT && !in->uri)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("uri in %s must not be NULL"), "virNetworkSetMetadata");
    if (in->type == VIR_NETWORK_METADATA_ELEMENT && in->metadata && !in->key)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("key in %s must not be NULL"), "virNetworkSetMetadata");
    return true;
}

VR_SUSPENDS static bool set_metadata(struct vr_call *call, const struct vr_network_set_metadata_args *in, struct vr_void *out,
                                     struct vr_error **err)
{
    VR_AUTO_NET *net = metadata_args_check(in, err) ? vr_net_named(&in->network, err) : NULL;
    VR_AUTO_HELD held = { 0 };
    AUTO_CHANGE c = { 0 };
    unsigned flags = in->flags;
    if (!net || !vr_net_hold(net, &held, err) || !resolve(net, &flags, err) || !copy_affected(net, flags, &c, err) ||
        (c.config && !put_metadata(c.config, in, err)) || (c.live && !put_metadata(c.live, in, err)))
        return false;
    bool ok = false;
    vr_shield(vr_after(VR_NET_SPAN_CLEANUP))
        ok = apply(net, &c, VIR_NETWORK_SECTION_NONE, err);
    if (ok)
        vr_net_emit_metadata(net, in->type, in->uri);
    return ok;
}

const struct vr_driver_row vr_net_rows_update[] = {
    VR_ROW(network_update, update, AFFECT),
    VR_ROW(network_get_metadata, get_metadata, AFFECT),
    VR_ROW(network_set_metadata, set_metadata, AFFECT),
    { 0 },
};

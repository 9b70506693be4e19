/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.rows"
/* Definitions come and go; networks start and stop. */
#include <string.h>
#include "base/log.h"
#include "dhcpd.h"
#include "events.h"
#include "rows.h"
#include "schema/form.h"
#include "start.h"
#include "status.h"

/* Long documents are rare; one of the largest size takes some hundred milliseconds. */
static struct vr_network_def *parse(const char *xml, unsigned flags, unsigned validate, struct vr_error **err)
{
    VR_AUTO(vr_network_def) *def = vr_network_def_parse(xml, strlen(xml), VR_FORM_INACTIVE | (flags & validate ? VR_FORM_VALIDATE : 0),
                                                        err);
    return def && vr_network_makes_sense(def, err) && vr_net_check_host(def, err) ? vr_take(def) : NULL;
}

/*
 * The network that `def` is about, locked: the one that exists, or a new one, still hidden. A reference; its bridge has a name
 * that nobody else has.
 */
VR_SUSPENDS static struct vr_net *claim(struct vr_network_def *def, struct vr_net_held *held, struct vr_error **err)
{
    for (;;) {
        struct vr_net *net = NULL;
        VR_AUTO(vr_error) *match_err = NULL;
        bool fits = vr_net_list_match(vr_networks.list, def->name, &def->uuid, &net, &match_err);
        /* names of bridges are asked for first, as stock asks */
        if (!vr_net_name_bridge(def, err) || (!fits && !vr_error_move(err, &match_err))) {
            vr_net_unref(net);
            return NULL;
        }
        if (!net)
            net = vr_net_list_add(vr_networks.list, def->name, &def->uuid);
        VR_AUTO(vr_error) *lock_err = NULL;
        if (vr_net_hold(net, held, &lock_err))
            return net;
        bool retry = net->removed; /* it was undefined while we waited */
        vr_net_unref(net);
        if (!retry) {
            vr_error_move(err, &lock_err);
            return NULL;
        }
    }
}

static void drop_hidden(struct vr_net *net)
{
    if (net && net->hidden)
        vr_net_list_remove(vr_networks.list, net);
}

/* A write that took too long may be made yet: what was there before is put behind it. */
VR_SUSPENDS static void take_back(struct vr_net *net)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_network_def *old = net->persistent ? vr_net_config(net, NULL) : NULL;
    bool good = true;
    if (old)
        good = vr_net_save_config(net, old, &err);
    else if (!net->persistent)
        good = vr_net_remove_config(net, &err);
    if (!good)
        vr_warn("the stored definition of network '%s' may not be what it was: %s", net->name, vr_error_text(err));
}

VR_SUSPENDS static bool define(struct vr_call *call, const char *xml, unsigned flags, struct vr_nonnull_network *out,
                               struct vr_error **err)
{
    struct vr_network_def *def = parse(xml, flags, VIR_NETWORK_DEFINE_VALIDATE, err);
    if (!def)
        return false;
    VR_AUTO_HELD held = { 0 };
    VR_AUTO_NET *net = claim(def, &held, err);
    bool ok = false;
    if (net)
        vr_shield(vr_after(VR_NET_SPAN_CLEANUP)) {
            ok = vr_net_save_config(net, def, err);
            if (!ok)
                take_back(net);
        }
    if (!ok) {
        drop_hidden(net);
        vr_network_def_free(def);
        return false;
    }
    vr_net_set_config(net, def);
    net->persistent = true;
    net->hidden = false;
    vr_net_emit_lifecycle(net, VIR_NETWORK_EVENT_DEFINED);
    vr_net_fill(call, out, net);
    return true;
}

VR_SUSPENDS static bool define_xml(struct vr_call *call, const struct vr_network_define_xml_args *in,
                                   struct vr_network_define_xml_ret *out, struct vr_error **err)
{
    return define(call, in->xml, 0, &out->net, err);
}

VR_SUSPENDS static bool define_xml_flags(struct vr_call *call, const struct vr_network_define_xml_flags_args *in,
                                         struct vr_network_define_xml_flags_ret *out, struct vr_error **err)
{
    return define(call, in->xml, in->flags, &out->net, err);
}

VR_SUSPENDS static bool undefine(struct vr_call *call, const struct vr_network_undefine_args *in, struct vr_void *out,
                                 struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->net, err);
    VR_AUTO_HELD held = { 0 };
    if (!net || !vr_net_hold(net, &held, err))
        return false;
    if (!net->persistent)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("can't undefine transient network"));
    struct vr_network_def *config = vr_net_config(net, NULL); /* a broken file may go as well */
    bool ok = false;
    vr_shield(vr_after(VR_NET_SPAN_CLEANUP)) {
        ok = vr_net_remove_config(net, err);
        if (ok && !net->live && config && config->bridge && vr_network_makes_bridge(config))
            vr_dhcpd_remove_leases(config->bridge);
    }
    if (!ok)
        return false;
    net->persistent = net->autostart = false;
    vr_net_set_config(net, NULL);
    vr_net_emit_lifecycle(net, VIR_NETWORK_EVENT_UNDEFINED);
    if (!net->live)
        vr_net_list_remove(vr_networks.list, net);
    return true;
}

/* ---- starting and stopping ----------------------------------------------------------------------------------------- */

VR_SUSPENDS static bool create_from(struct vr_call *call, const char *xml, unsigned flags, struct vr_nonnull_network *out,
                                    struct vr_error **err)
{
    struct vr_network_def *def = parse(xml, flags, VIR_NETWORK_CREATE_VALIDATE, err);
    if (!def)
        return false;
    VR_AUTO_HELD held = { 0 };
    VR_AUTO_NET *net = claim(def, &held, err);
    if (!net || net->live) {
        vr_network_def_free(def);
        return net && vr_fail(err, VIR_ERR_OPERATION_INVALID, _("network is already active as '%s'"), net->name);
    }
    if (!vr_net_start(net, def, err)) {
        drop_hidden(net);
        return false;
    }
    net->hidden = false;
    vr_net_fill(call, out, net);
    return true;
}

VR_SUSPENDS static bool create_xml(struct vr_call *call, const struct vr_network_create_xml_args *in,
                                   struct vr_network_create_xml_ret *out, struct vr_error **err)
{
    return create_from(call, in->xml, 0, &out->net, err);
}

VR_SUSPENDS static bool create_xml_flags(struct vr_call *call, const struct vr_network_create_xml_flags_args *in,
                                         struct vr_network_create_xml_flags_ret *out, struct vr_error **err)
{
    return create_from(call, in->xml, in->flags, &out->net, err);
}

VR_SUSPENDS static bool create(struct vr_call *call, const struct vr_network_create_args *in, struct vr_void *out,
                               struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->net, err);
    VR_AUTO_HELD held = { 0 };
    return net && vr_net_hold(net, &held, err) && vr_net_start_persistent(net, err);
}

VR_SUSPENDS static bool destroy(struct vr_call *call, const struct vr_network_destroy_args *in, struct vr_void *out,
                                struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->net, err);
    VR_AUTO_HELD held = { 0 };
    if (!net || !vr_net_hold(net, &held, err))
        return false;
    if (!net->live)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("network '%s' is not active"), net->name);
    vr_net_stop(net);
    if (!net->persistent)
        vr_net_list_remove(vr_networks.list, net);
    return true;
}

VR_SUSPENDS static bool set_autostart(struct vr_call *call, const struct vr_network_set_autostart_args *in, struct vr_void *out,
                                      struct vr_error **err)
{
    VR_AUTO_NET *net = vr_net_named(&in->net, err);
    VR_AUTO_HELD held = { 0 };
    if (!net || !vr_net_hold(net, &held, err))
        return false;
    if (!net->persistent)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("cannot set autostart for transient network"));
    bool ok = true;
    if (net->autostart != (in->autostart != 0))
        vr_shield(vr_after(VR_NET_SPAN_CLEANUP))
            ok = vr_net_set_autostart(net, in->autostart != 0, err);
    return ok;
}

const struct vr_driver_row vr_net_rows_define[] = {
    VR_ROW(network_define_xml, define_xml, 0),
    VR_ROW(network_define_xml_flags, define_xml_flags, VIR_NETWORK_DEFINE_VALIDATE),
    VR_ROW(network_undefine, undefine, 0),
    VR_ROW(network_create_xml, create_xml, 0),
    VR_ROW(network_create_xml_flags, create_xml_flags, VIR_NETWORK_CREATE_VALIDATE),
    VR_ROW(network_create, create, 0),
    VR_ROW(network_destroy, destroy, 0),
    VR_ROW(network_set_autostart, set_autostart, 0),
    { 0 },
};

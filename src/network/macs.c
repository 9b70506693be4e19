/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.macs"
#include "macs.h"

#include <string.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "driver.h"
#include "files.h"
#include "model/codec.h"

static struct vr_json *entry_of(struct vr_json *all, const char *domain)
{
    for (size_t i = 0; i < vr_json_len(all); i++)
        if (vr_streq0(vr_json_get_str(vr_json_at(all, i), "domain"), domain))
            return vr_json_get_array(vr_json_at(all, i), "macs");
    struct vr_json *entry = vr_json_add_str(vr_json_object(), "domain", domain), *macs = vr_json_array();
    vr_json_add(entry, "macs", macs);
    vr_json_append(all, entry);
    return macs;
}

static void add_mac(struct vr_json *macs, const char *mac)
{
    for (size_t i = 0; i < vr_json_len(macs); i++)
        if (vr_streq0(vr_json_as_str(vr_json_at(macs, i)), mac))
            return;
    vr_json_append(macs, vr_json_str(mac));
}

VR_SUSPENDS bool vr_macs_write(const struct vr_net *net, struct vr_error **err)
{
    if (!net->live || !net->live->bridge || !vr_network_makes_bridge(net->live))
        return true;
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    VR_AUTO(vr_json) *all = vr_json_array();
    size_t pos = 0;
    void *value;
    while (vr_map_each(net->ports, &pos, &value)) {
        const struct vr_network_port *port = value;
        if (port->owner_name && port->has_mac)
            add_mac(entry_of(all, port->owner_name), vr_mac_text(scratch, &port->mac));
    }
    vr_autofree char *name = vr_printf("%s.macs", net->live->bridge);
    vr_autofree char *text = vr_json_print_pretty(all), *whole = vr_printf("%s\n", text);
    return vr_net_file_write(name, vr_json_len(all) ? whole : "[\n\n]\n", err);
}

VR_SUSPENDS void vr_macs_remove(const char *bridge)
{
    vr_autofree char *name = vr_printf("%s.macs", bridge);
    VR_AUTO(vr_error) *err = NULL;
    if (!vr_net_file_write(name, NULL, NULL) && !vr_net_file_write(name, NULL, &err))
        vr_warn("'%s' is left: %s", name, vr_error_text(err));
}

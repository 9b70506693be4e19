/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.net"
#include "net.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "dhcpd.h"
#include "driver.h"
#include "schema/form.h"

struct vr_net *vr_net_ref(struct vr_net *net)
{
    net->refs++;
    return net;
}

static void free_ports(struct vr_net *net)
{
    size_t pos = 0;
    void *port;
    while (net->ports && vr_map_each(net->ports, &pos, &port))
        vr_network_port_free(port);
    vr_map_free(vr_take(net->ports));
}

void vr_net_unref(struct vr_net *net)
{
    if (!net || --net->refs)
        return;
    vr_net_set_config(net, NULL);
    vr_network_def_free(net->live);
    vr_dhcpd_forget(vr_take(net->dhcpd));
    free_ports(net);
    free(net->classes);
    free(net->status_extra);
    free(net->name);
    free(net);
}

VR_SUSPENDS bool vr_net_hold(struct vr_net *net, struct vr_net_held *held, struct vr_error **err)
{
    vr_net_ref(net);
    bool taken = vr_lock_take(&net->lock, vr_after(VR_NET_SPAN_LOCK), err);
    if (taken && !net->removed) {
        held->net = net;
        return true;
    }
    char text[VR_UUID_TEXT];
    if (!taken) {
        vr_error_prefix(err, _("network '%s': "), net->name);
    } else {
        vr_lock_release(&net->lock);
        vr_fail(err, VIR_ERR_NO_NETWORK, _("no network with matching uuid '%s' (%s)"), vr_uuid_format(&net->uuid, text), net->name);
    }
    vr_net_unref(net);
    return false;
}

void vr_net_release(struct vr_net_held *held)
{
    if (!held->net)
        return;
    vr_lock_release(&held->net->lock);
    vr_net_unref(vr_take(held->net));
}

/* ---- definitions -------------------------------------------------------------------------------------------------- */

void vr_net_set_config(struct vr_net *net, struct vr_network_def *def)
{
    if (def != net->config)
        vr_network_def_free(net->config);
    free(vr_take(net->config_text));
    vr_error_free(vr_take(net->config_error));
    net->config = def;
}

void vr_net_set_config_text(struct vr_net *net, const char *text)
{
    vr_net_set_config(net, NULL);
    net->config_text = vr_pack(text, strlen(text));
}

struct vr_network_def *vr_net_config(struct vr_net *net, struct vr_error **err)
{
    if (net->config)
        return net->config;
    if (!net->config_text && !net->config_error) {
        vr_fail(err, VIR_ERR_OPERATION_INVALID, _("network '%s' has no persistent definition"), net->name);
        return NULL;
    }
    if (net->config_text) {
        vr_autofree char *text = vr_unpack(net->config_text);
        net->config = vr_network_def_parse(text, strlen(text), VR_FORM_INACTIVE, &net->config_error);
        free(vr_take(net->config_text));
        if (net->config) { /* stock gives names to bridges when it loads definitions without */
            net->config->uuid = net->uuid;
            return net->config;
        }
        vr_logerr("the definition of network '%s' cannot be used: %s", net->name, vr_error_text(net->config_error));
    }
    struct vr_error *copy = vr_error_copy(net->config_error);
    vr_error_move(err, &copy);
    return NULL;
}

struct vr_network_def *vr_net_current(struct vr_net *net, struct vr_error **err)
{
    return net->live ? net->live : vr_net_config(net, err);
}

/* ---- ports and classes -------------------------------------------------------------------------------------------- */

struct vr_network_port *vr_net_port(const struct vr_net *net, const unsigned char uuid[16])
{
    return vr_map_get(net->ports, uuid, 16);
}

size_t vr_net_port_count(const struct vr_net *net)
{
    return vr_map_count(net->ports);
}

bool vr_net_class_taken(const struct vr_net *net, unsigned id)
{
    return id / 64 < net->class_words && (net->classes[id / 64] >> id % 64 & 1);
}

void vr_net_class_mark(struct vr_net *net, unsigned id, bool taken)
{
    if (!taken && id / 64 >= net->class_words)
        return; /* never was; the number may be a client's */
    if (id / 64 >= net->class_words) {
        size_t words = id / 64 + 1;
        net->classes = vr_realloc(net->classes, words, sizeof(*net->classes));
        memset(net->classes + net->class_words, 0, (words - net->class_words) * sizeof(*net->classes));
        net->class_words = words;
    }
    if (taken)
        net->classes[id / 64] |= 1ull << id % 64;
    else
        net->classes[id / 64] &= ~(1ull << id % 64);
}

/* ---- the list ----------------------------------------------------------------------------------------------------- */

struct vr_net_list {
    struct vr_map *by_uuid; /* holds the reference */
    struct vr_map *by_name;
};

struct vr_net_list *vr_net_list_new(void)
{
    struct vr_net_list *list = vr_new(struct vr_net_list);
    list->by_uuid = vr_map_new();
    list->by_name = vr_map_new();
    return list;
}

void vr_net_list_free(struct vr_net_list *list)
{
    if (!list)
        return;
    size_t pos = 0;
    void *value;
    while (vr_map_each(list->by_uuid, &pos, &value))
        vr_net_unref(value);
    vr_map_free(list->by_uuid);
    vr_map_free(list->by_name);
    free(list);
}

static struct vr_net *shown(struct vr_net *net)
{
    return net && !net->hidden ? vr_net_ref(net) : NULL;
}

struct vr_net *vr_net_by_uuid(struct vr_net_list *list, const unsigned char uuid[16])
{
    return shown(vr_map_get(list->by_uuid, uuid, 16));
}

struct vr_net *vr_net_by_name(struct vr_net_list *list, const char *name)
{
    return shown(vr_map_get_str(list->by_name, name));
}

bool vr_net_list_match(struct vr_net_list *list, const char *name, const struct vr_uuid *uuid, struct vr_net **found,
                       struct vr_error **err)
{
    char text[VR_UUID_TEXT];
    struct vr_net *same = vr_map_get(list->by_uuid, uuid->b, 16);
    if (same && strcmp(same->name, name) != 0)
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("network '%s' is already defined with uuid %s"), same->name,
                       vr_uuid_format(&same->uuid, text));
    struct vr_net *named = vr_map_get_str(list->by_name, name);
    if (named && !same)
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("network '%s' already exists with uuid %s"), name,
                       vr_uuid_format(&named->uuid, text));
    *found = same ? vr_net_ref(same) : NULL;
    return true;
}

struct vr_net *vr_net_list_add(struct vr_net_list *list, const char *name, const struct vr_uuid *uuid)
{
    struct vr_net *net = vr_new(struct vr_net);
    net->refs = 2; /* the list's and the caller's */
    net->uuid = *uuid;
    net->name = vr_strdup(name);
    net->hidden = true;
    net->ports = vr_map_new();
    vr_map_put(list->by_uuid, uuid->b, 16, net);
    vr_map_put_str(list->by_name, net->name, net);
    return net;
}

void vr_net_list_remove(struct vr_net_list *list, struct vr_net *net)
{
    if (net->removed)
        return;
    net->removed = true;
    vr_map_remove_str(list->by_name, net->name);
    vr_map_remove(list->by_uuid, net->uuid.b, 16);
    vr_net_unref(net);
}

size_t vr_net_list_count(const struct vr_net_list *list)
{
    return vr_map_count(list->by_uuid);
}

struct vr_net *vr_net_list_each(struct vr_net_list *list, bool all, size_t *pos)
{
    void *value;
    while (vr_map_each(list->by_uuid, pos, &value)) {
        struct vr_net *net = value;
        if (all || !net->hidden)
            return net;
    }
    return NULL;
}

struct vr_net_array vr_net_list_all(struct vr_net_list *list)
{
    struct vr_net_array all = { 0 };
    all.v = vr_alloc((vr_map_count(list->by_uuid) + 1) * sizeof(*all.v));
    size_t pos = 0;
    for (struct vr_net *net; (net = vr_net_list_each(list, false, &pos));)
        all.v[all.n++] = vr_net_ref(net);
    return all;
}

void vr_net_array_free(struct vr_net_array *all)
{
    for (size_t i = 0; i < all->n; i++)
        vr_net_unref(all->v[i]);
    free(all->v);
    *all = (struct vr_net_array){ 0 };
}

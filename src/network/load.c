/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.load"
/* What a new daemon finds on disk: what runs, what is defined. Definitions are scanned, not parsed, until they are used. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "driver.h"
#include "driver/stored.h"
#include "events.h"
#include "netdocs.h"
#include "ports.h"
#include "schema/xml.h"
#include "status.h"

/* ---- what runs ---------------------------------------------------------------------------------------------------- */

static void load_port(const char *path, const char *file_name, void *opaque)
{
    struct vr_net *net = opaque;
    VR_AUTO(vr_error) *err = NULL;
    size_t len = 0;
    vr_autofree char *text = vr_stored_read(path, &len, &err);
    struct vr_network_port *port = text ? vr_network_port_parse(text, len, VR_FORM_STATUS, &err) : NULL;
    if (!port) {
        vr_logerr("Failed to load port '%s' of network '%s': %s", file_name, net->name, vr_error_text(err));
        return;
    }
    vr_network_port_free(vr_map_put(net->ports, port->uuid.b, 16, port));
}

static void load_status(const char *path, const char *file_name, void *opaque)
{
    VR_AUTO(vr_error) *err = NULL;
    size_t len = 0;
    vr_autofree char *text = vr_stored_read(path, &len, &err);
    VR_AUTO_NET *net = text ? vr_net_status_load(text, len, &err) : NULL;
    if (!net) {
        vr_logerr("Failed to load status of network '%s' from '%s': %s", file_name, path, vr_error_text(err));
        return;
    }
    vr_autofree char *ports = vr_printf("%s/%s/ports", vr_networks.state_dir, net->name);
    VR_AUTO(vr_error) *port_err = NULL;
    vr_stored_tidy(ports);
    if (!vr_stored_each(ports, load_port, net, &port_err))
        vr_logerr("ports of network '%s' are not known: %s", net->name, vr_error_text(port_err));
    vr_ports_recount(net);
}

/* ---- definitions -------------------------------------------------------------------------------------------------- */

static bool find_identity(const char *text, size_t len, char **name, struct vr_uuid *uuid, struct vr_error **err)
{
    if (!vr_xml_identity(text, len, name, uuid, err))
        return false;
    if (*name)
        return true;
    VR_AUTO(vr_network_def) *def = vr_network_def_parse(text, len, VR_FORM_INACTIVE | VR_FORM_UNCHECKED, err);
    if (!def)
        return false;
    *name = vr_strdup(def->name);
    *uuid = def->uuid;
    return true;
}

static void load_config(const char *path, const char *file_name, void *opaque)
{
    VR_AUTO(vr_error) *err = NULL;
    size_t len = 0;
    vr_autofree char *name = NULL;
    vr_autofree char *text = vr_stored_read(path, &len, &err);
    struct vr_uuid uuid;
    VR_AUTO_NET *net = NULL;
    bool good = text && find_identity(text, len, &name, &uuid, &err);
    if (good && !vr_streq(name, file_name))
        good = vr_fail(&err, VIR_ERR_INTERNAL_ERROR, _("Network config filename '%s' does not match network name '%s'"), path,
                       name);
    if (!good || !vr_net_list_match(vr_networks.list, name, &uuid, &net, &err)) {
        vr_logerr("Failed to load config for network '%s': %s", file_name, vr_error_text(err));
        return;
    }
    if (!net)
        net = vr_net_list_add(vr_networks.list, name, &uuid);
    net->hidden = false;
    net->persistent = true;
    vr_net_set_config_text(net, text);
    /* What completion makes up must stay what it is: such a file is read now, and written when the daemon listens. */
    if (!strstr(text, "<mac ") || !strstr(text, "<uuid>")) {
        struct vr_network_def *def = vr_net_config(net, NULL);
        net->unsaved = def && (def->has_mac || !strstr(text, "<uuid>"));
    }
}

VR_SUSPENDS void vr_net_save_completed(void)
{
    VR_AUTO_NETS all = vr_net_list_all(vr_networks.list);
    for (size_t i = 0; i < all.n && !vr_networks.stopping; i++) {
        struct vr_net *net = all.v[i];
        VR_AUTO(vr_error) *err = NULL;
        VR_AUTO_HELD held = { 0 };
        if (!net->unsaved || !vr_net_hold(net, &held, &err))
            continue;
        struct vr_network_def *def = vr_net_config(net, NULL);
        if (def && net->unsaved && !vr_net_save_config(net, def, &err))
            vr_logerr("the completed definition of network '%s' could not be stored: %s", net->name, vr_error_text(err));
        net->unsaved = false;
    }
}

static void read_autostart(void)
{
    size_t pos = 0;
    for (struct vr_net *net; (net = vr_net_list_each(vr_networks.list, true, &pos));) {
        vr_autofree char *link = vr_printf("%s/%s.xml", vr_networks.autostart_dir, net->name);
        struct stat st;
        net->autostart = net->persistent && lstat(link, &st) == 0 && S_ISLNK(st.st_mode);
    }
}

bool vr_net_load_all(struct vr_error **err)
{
    vr_stored_tidy(vr_networks.state_dir);
    vr_stored_tidy(vr_networks.config_dir);
    if (!vr_stored_each(vr_networks.state_dir, load_status, NULL, err) ||
        !vr_stored_each(vr_networks.config_dir, load_config, NULL, err))
        return false;
    read_autostart();
    return true;
}

/* ---- once more, at SIGHUP ----------------------------------------------------------------------------------------- */

static bool same_definition(struct vr_net *net, const struct vr_network_def *def)
{
    struct vr_network_def *known = vr_net_config(net, NULL);
    vr_autofree char *a = known ? vr_network_def_format(known, VR_FORM_INACTIVE) : NULL;
    vr_autofree char *b = vr_network_def_format(def, VR_FORM_INACTIVE);
    return vr_streq0(a, b);
}

VR_SUSPENDS static bool take_over(const struct vr_stored_file *f, struct vr_error **err)
{
    vr_autofree char *name = NULL;
    struct vr_uuid uuid;
    VR_AUTO_NET *net = NULL;
    if (!find_identity(f->text, f->len, &name, &uuid, err) ||
        !vr_net_list_match(vr_networks.list, name, &uuid, &net, err))
        return false;
    if (!net || !net->persistent) {
        load_config(f->path, f->name, NULL);
        VR_AUTO_NET *fresh = vr_net_by_uuid(vr_networks.list, uuid.b);
        if (fresh && fresh->persistent)
            vr_net_emit_lifecycle(fresh, VIR_NETWORK_EVENT_DEFINED);
        return true;
    }
    struct vr_network_def *def = vr_network_def_parse(f->text, f->len, VR_FORM_INACTIVE, err);
    if (!def) /* a file that went bad does not replace a definition that was good */
        return false;
    VR_AUTO_HELD held = { 0 };
    if (!vr_net_hold(net, &held, err) || same_definition(net, def)) {
        vr_network_def_free(def);
        return held.net != NULL;
    }
    vr_net_set_config(net, def);
    vr_net_emit_lifecycle(net, VIR_NETWORK_EVENT_DEFINED);
    return true;
}

VR_SUSPENDS void vr_net_load_again(void)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_stored) *all = vr_stored_all(vr_networks.config_dir, vr_after(VR_SEC(60)), &err);
    if (!all) {
        vr_logerr("the definitions of networks were not read again: %s", vr_error_text(err));
        return;
    }
    for (size_t i = 0; i < all->n && !vr_networks.stopping; i++) {
        VR_AUTO(vr_error) *one = NULL;
        const struct vr_stored_file *f = &all->v[i];
        if (!f->text || !take_over(f, &one))
            vr_logerr("Failed to load config for network '%s': %s", f->name, vr_error_text(f->text ? one : f->err));
        if (i % 16 == 15)
            vr_yield();
    }
    read_autostart(); /* links; each is one lstat of a directory that is cached */
}

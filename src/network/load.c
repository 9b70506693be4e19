/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.load"
/* What a new daemon finds on disk: what runs, what is defined. Definitions are scanned, not parsed, until they are used. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "driver.h"
#include "events.h"
#include "netdocs.h"
#include "ports.h"
#include "schema/xml.h"
#include "status.h"

/* malloc'd content, NUL-terminated; NULL with the error for what is no regular file of a sane size. */
static char *read_document(const char *path, size_t *len, struct vr_error **err)
{
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot open '%s'"), path);
        return NULL;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > (off_t)VR_XML_MAX_BYTES) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("'%s' is no document"), path);
        return NULL;
    }
    char *text = vr_alloc((size_t)st.st_size + 1);
    size_t at = 0;
    for (ssize_t n; at < (size_t)st.st_size; at += (size_t)n) {
        n = read(fd, text + at, (size_t)st.st_size - at);
        if (n <= 0)
            break;
    }
    *len = at;
    return text;
}

typedef void (*document_fn)(const char *path, const char *name, void *opaque);

static bool each_document(const char *dir_path, document_fn fn, void *opaque, struct vr_error **err)
{
    DIR *dir = opendir(dir_path);
    if (!dir)
        return errno == ENOENT || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to open dir '%s'"), dir_path);
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.' || !vr_ends_with(e->d_name, ".xml"))
            continue;
        vr_autofree char *path = vr_printf("%s/%s", dir_path, e->d_name);
        vr_autofree char *name = vr_strndup(e->d_name, strlen(e->d_name) - 4);
        fn(path, name, opaque);
    }
    closedir(dir);
    return true;
}

/* ---- what runs ---------------------------------------------------------------------------------------------------- */

static void load_port(const char *path, const char *file_name, void *opaque)
{
    struct vr_net *net = opaque;
    VR_AUTO(vr_error) *err = NULL;
    size_t len = 0;
    vr_autofree char *text = read_document(path, &len, &err);
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
    vr_autofree char *text = read_document(path, &len, &err);
    VR_AUTO_NET *net = text ? vr_net_status_load(text, len, &err) : NULL;
    if (!net) {
        vr_logerr("Failed to load status of network '%s' from '%s': %s", file_name, path, vr_error_text(err));
        return;
    }
    vr_autofree char *ports = vr_printf("%s/%s/ports", vr_networks.state_dir, net->name);
    VR_AUTO(vr_error) *port_err = NULL;
    if (!each_document(ports, load_port, net, &port_err))
        vr_logerr("ports of network '%s' are not known: %s", net->name, vr_error_text(port_err));
    vr_ports_recount(net);
}

/* ---- definitions -------------------------------------------------------------------------------------------------- */

/* Name and uuid by the linear scan; only a text that hides them behind character references needs the parser. */
static bool find_identity(const char *text, size_t len, char **name, struct vr_uuid *uuid, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_xml_scan scan;
    if (!vr_xml_scan(arena, text, len, false, &scan, err))
        return false;
    if (scan.name && scan.uuid && !strchr(scan.name, '&') && vr_uuid_parse(scan.uuid, uuid)) {
        *name = vr_strdup(scan.name);
        return true;
    }
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
    vr_autofree char *text = read_document(path, &len, &err);
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
    if (!each_document(vr_networks.state_dir, load_status, NULL, err) ||
        !each_document(vr_networks.config_dir, load_config, NULL, err))
        return false;
    read_autostart();
    return true;
}

/* ---- once more, at SIGHUP ----------------------------------------------------------------------------------------- */

struct reading {
    char *dir;
    struct {
        char *path, *name, *text;
        size_t len;
    } *v;
    size_t n, cap;
    struct vr_error *err;
};

static void reading_free(void *arg)
{
    struct reading *r = arg;
    for (size_t i = 0; i < r->n; i++) {
        free(r->v[i].path);
        free(r->v[i].name);
        free(r->v[i].text);
    }
    free(r->v);
    free(r->dir);
    vr_error_free(r->err);
    free(r);
}

static void read_one(const char *path, const char *name, void *opaque)
{
    struct reading *r = opaque;
    VR_AUTO(vr_error) *err = NULL;
    size_t len = 0;
    char *text = read_document(path, &len, &err);
    if (!text)
        return; /* it is told at the next start; what is known stays */
    VR_GROW(r->v, r->n, r->cap);
    r->v[r->n].path = vr_strdup(path);
    r->v[r->n].name = vr_strdup(name);
    r->v[r->n].len = len;
    r->v[r->n++].text = text;
}

static void read_all(void *arg)
{
    struct reading *r = arg;
    each_document(r->dir, read_one, r, &r->err);
}

static bool same_definition(struct vr_net *net, const struct vr_network_def *def)
{
    struct vr_network_def *known = vr_net_config(net, NULL);
    vr_autofree char *a = known ? vr_network_def_format(known, VR_FORM_INACTIVE) : NULL;
    vr_autofree char *b = vr_network_def_format(def, VR_FORM_INACTIVE);
    return vr_streq0(a, b);
}

VR_SUSPENDS static bool take_over(const struct reading *r, size_t i, struct vr_error **err)
{
    vr_autofree char *name = NULL;
    struct vr_uuid uuid;
    VR_AUTO_NET *net = NULL;
    if (!find_identity(r->v[i].text, r->v[i].len, &name, &uuid, err) ||
        !vr_net_list_match(vr_networks.list, name, &uuid, &net, err))
        return false;
    if (!net || !net->persistent) {
        load_config(r->v[i].path, r->v[i].name, NULL);
        VR_AUTO_NET *fresh = vr_net_by_uuid(vr_networks.list, uuid.b);
        if (fresh && fresh->persistent)
            vr_net_emit_lifecycle(fresh, VIR_NETWORK_EVENT_DEFINED);
        return true;
    }
    struct vr_network_def *def = vr_network_def_parse(r->v[i].text, r->v[i].len, VR_FORM_INACTIVE, err);
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
    struct reading *r = vr_new(struct reading);
    r->dir = vr_strdup(vr_networks.config_dir);
    if (!vr_worker_run(VR_POOL_STORE, NULL, "reload networks", read_all, r, reading_free, vr_after(VR_SEC(60)), &err)) {
        vr_logerr("the definitions of networks were not read again: %s", vr_error_text(err));
        return;
    }
    for (size_t i = 0; i < r->n && !vr_networks.stopping; i++) {
        VR_AUTO(vr_error) *one = NULL;
        if (!take_over(r, i, &one))
            vr_logerr("Failed to load config for network '%s': %s", r->v[i].name, vr_error_text(one));
        if (i % 16 == 15)
            vr_yield();
    }
    reading_free(r);
    read_autostart(); /* links; each is one lstat of a directory that is cached */
}

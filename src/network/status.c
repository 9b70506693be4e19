/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.status"
#include "status.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "driver.h"
#include "driver/store.h"
#include "netdocs.h"
#include "schema/schema.h"

#define CLASSES_RESERVED 3 /* 0, the network's, and that of traffic nobody claimed */
#define CLASS_MAX 65535

/* ---- writing ------------------------------------------------------------------------------------------------------ */

VR_SUSPENDS static bool save(const char *dir, const struct vr_net *net, const char *xml, struct vr_error **err)
{
    vr_autofree char *command = vr_printf("net-edit"), *path = vr_printf("%s/%s.xml", dir, net->name);
    vr_autofree char *text = vr_store_document(command, net->name, xml);
    if (dir == vr_networks.state_dir)
        return vr_store_write_state(path, text, vr_after(VR_SPAN_STORE), err);
    return vr_store_write(path, text, vr_after(VR_SPAN_STORE), err);
}

VR_SUSPENDS bool vr_net_save_config(const struct vr_net *net, const struct vr_network_def *def, struct vr_error **err)
{
    vr_autofree char *xml = vr_network_def_format(def, VR_FORM_INACTIVE);
    return save(vr_networks.config_dir, net, xml, err);
}

static char *link_path(const struct vr_net *net)
{
    return vr_printf("%s/%s.xml", vr_networks.autostart_dir, net->name);
}

VR_SUSPENDS bool vr_net_remove_config(const struct vr_net *net, struct vr_error **err)
{
    vr_autofree char *path = vr_printf("%s/%s.xml", vr_networks.config_dir, net->name), *link = link_path(net);
    return vr_store_remove(link, vr_after(VR_SPAN_STORE), err) && vr_store_remove(path, vr_after(VR_SPAN_STORE), err);
}

VR_SUSPENDS bool vr_net_set_autostart(struct vr_net *net, bool on, struct vr_error **err)
{
    vr_autofree char *path = vr_printf("%s/%s.xml", vr_networks.config_dir, net->name), *link = link_path(net);
    bool ok = on ? vr_store_link(link, path, vr_after(VR_SPAN_STORE), err) : vr_store_remove(link, vr_after(VR_SPAN_STORE), err);
    if (ok)
        net->autostart = on;
    return ok;
}

static void format_classes(struct vr_buf *b, const struct vr_net *net)
{
    bool first = true;
    for (unsigned id = 0; id < net->class_words * 64 || id < CLASSES_RESERVED;) {
        if (id >= CLASSES_RESERVED && !vr_net_class_taken(net, id)) {
            id++;
            continue;
        }
        unsigned end = id;
        while (end + 1 < CLASSES_RESERVED || vr_net_class_taken(net, end + 1))
            end++;
        vr_buf_printf(b, end > id ? "%s%u-%u" : "%s%u", first ? "" : ",", id, end);
        first = false;
        id = end + 1;
    }
}

char *vr_net_status_text(const struct vr_net *net)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    struct vr_format f = { .out = &b, .scratch = scratch, .indent = 2 };
    vr_buf_str(&b, "<networkstatus>\n  <class_id bitmap='");
    format_classes(&b, net);
    vr_buf_printf(&b, "'/>\n  <floor sum='%llu'/>\n", (unsigned long long)net->floor_sum);
    if (net->status_extra)
        vr_buf_str(&b, net->status_extra);
    /* Counts of what is plugged in are made again from the ports. */
    f.flags = VR_FORM_INACTIVE;
    vr_document_format_into(&f, &vr_network_def_document, net->live);
    vr_buf_str(&b, "</networkstatus>\n");
    return vr_buf_take(&b);
}

VR_SUSPENDS bool vr_net_save_status(const struct vr_net *net, struct vr_error **err)
{
    if (!net->live) {
        vr_autofree char *path = vr_printf("%s/%s.xml", vr_networks.state_dir, net->name);
        return vr_store_remove(path, vr_after(VR_SPAN_STORE), err);
    }
    vr_autofree char *xml = vr_net_status_text(net);
    return save(vr_networks.state_dir, net, xml, err);
}

static char *port_path(const struct vr_net *net, const struct vr_uuid *port)
{
    char text[VR_UUID_TEXT];
    return vr_printf("%s/%s/ports/%s.xml", vr_networks.state_dir, net->name, vr_uuid_format(port, text));
}

VR_SUSPENDS bool vr_net_save_port(const struct vr_net *net, const struct vr_network_port *port, struct vr_error **err)
{
    char text[VR_UUID_TEXT];
    vr_autofree char *path = port_path(net, &port->uuid), *xml = vr_network_port_format(port, 0);
    vr_autofree char *command = vr_printf("net-port-edit %s", net->name);
    vr_autofree char *whole = vr_store_document(command, vr_uuid_format(&port->uuid, text), xml);
    return vr_store_write_state(path, whole, vr_after(VR_SPAN_STORE), err);
}

VR_SUSPENDS bool vr_net_remove_port(const struct vr_net *net, const struct vr_uuid *port, struct vr_error **err)
{
    vr_autofree char *path = port_path(net, port);
    return vr_store_remove(path, vr_after(VR_SPAN_STORE), err);
}

/* Files that a write or removal which failed left aside: the caller's lock keeps out whoever else would make one. */
static void remove_asides(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (vr_ends_with(e->d_name, VR_STORE_ASIDE))
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
}

void vr_net_remove_port_dir(const struct vr_net *net)
{
    vr_autofree char *dir = vr_printf("%s/%s", vr_networks.state_dir, net->name), *ports = vr_printf("%s/ports", dir);
    if (rmdir(ports) < 0 && errno == ENOTEMPTY)
        remove_asides(ports);
    rmdir(ports); /* below /run; either is not there, or has something in it, and then it stays */
    rmdir(dir);
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static void read_classes(struct vr_net *net, const char *text)
{
    for (const char *c = text; c && *c;) {
        char *end;
        unsigned long from = strtoul(c, &end, 10), to = from;
        if (end == c)
            return;
        if (*end == '-')
            to = strtoul(end + 1, &end, 10);
        for (unsigned long id = from; id <= to && id <= CLASS_MAX; id++)
            vr_net_class_mark(net, (unsigned)id, true);
        c = *end == ',' ? end + 1 : "";
    }
}

/* Elements that others wrote into the record stay in it. */
static void keep_others(struct vr_net *net, const struct vr_xml_node *root)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    for (const struct vr_xml_node *c = root->first; c; c = c->next) {
        if (c->kind != VR_XML_ELEMENT || vr_xml_is(c, "class_id", NULL) || vr_xml_is(c, "floor", NULL) ||
            vr_xml_is(c, "network", NULL))
            continue;
        vr_buf_str(&b, "  ");
        vr_xml_print(&b, c, 1);
        vr_buf_char(&b, '\n');
    }
    net->status_extra = b.len ? vr_buf_take(&b) : NULL;
}

struct vr_net *vr_net_status_load(const char *text, size_t len, struct vr_error **err)
{
    VR_AUTO(vr_arena) *tree = vr_arena_new();
    struct vr_xml_node *root = vr_xml_parse(tree, text, len, "(network_status)", VIR_FROM_NETWORK, err);
    if (!root)
        return NULL;
    const struct vr_xml_node *inner = vr_xml_is(root, "networkstatus", NULL) ? vr_xml_child(root, "network") : NULL;
    if (!inner) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Could not find any 'network' element in status file"));
        return NULL;
    }
    struct vr_network_def *def = vr_document_read(&vr_network_def_document, inner, VR_FORM_STATUS | VR_FORM_UNCHECKED, err);
    if (!def)
        return NULL;
    struct vr_net *net = NULL;
    if (!vr_net_list_match(vr_networks.list, def->name, &def->uuid, &net, err)) {
        vr_network_def_free(def);
        return NULL;
    }
    if (!net)
        net = vr_net_list_add(vr_networks.list, def->name, &def->uuid);
    def->connections = 0;
    for (size_t i = 0; i < def->forward.interfaces.n; i++)
        def->forward.interfaces.v[i]->connections = 0;
    for (size_t i = 0; i < def->forward.addresses.n; i++)
        def->forward.addresses.v[i]->connections = 0;
    vr_network_def_free(net->live);
    net->live = def;
    net->hidden = false;
    const struct vr_xml_node *classes = vr_xml_child(root, "class_id"), *floor = vr_xml_child(root, "floor");
    if (classes)
        read_classes(net, vr_xml_get(classes, "bitmap"));
    uint64_t sum;
    if (floor && vr_xml_get(floor, "sum") && vr_parse_u64(vr_xml_get(floor, "sum"), 10, UINT64_MAX, &sum))
        net->floor_sum = sum;
    keep_others(net, root);
    return net;
}

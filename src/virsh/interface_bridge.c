/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An interface of the host put under a bridge of its own, and taken from it again: a change of documents. */
#include "find.h"
#include "groups.h"
#include "virsh.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "schema/xmlread_query.h"

/* What belongs to the device and goes where it goes; addresses stay with the interface that is seen. */
static const char device_parts[] = "./mac|./bond|./vlan";

/** The document of what is configured; NULL, reported. */
static struct vr_query *configuration(struct vr_cmd *cmd, virInterfacePtr iface, const char *name, const char *what)
{
    vr_autofree char *xml = virInterfaceGetXMLDesc(iface, VIR_INTERFACE_XML_INACTIVE);
    struct vr_query *doc = xml ? vr_query_new(xml, what, NULL) : NULL;
    if (xml && !doc)
        vr_complain(cmd, _("Failed to parse configuration of %s"), name);
    return doc;
}

static void move_device_parts(struct vr_query *doc, struct vr_query_node *from, struct vr_query_node *to)
{
    vr_autofree struct vr_query_node **parts = NULL;
    long n = vr_query_nodes(doc, from, device_parts, &parts, NULL);
    for (long i = 0; i < n; i++)
        vr_query_move(parts[i], to);
}

/* Type and name of the interface that the document is about, compared with what the user named. */
static bool top_is(struct vr_cmd *cmd, struct vr_query *doc, const char *name, char **type)
{
    vr_autofree char *known = vr_query_text(doc, NULL, "string(./@name)");
    *type = vr_query_text(doc, NULL, "string(./@type)");
    if (!*type)
        return vr_complain(cmd, _("Existing device %s has no type"), name);
    if (!known || !vr_streq(known, name))
        return vr_complain(cmd, _("Interface name from config %s doesn't match given supplied name %s"), known ? known : "", name);
    return true;
}

static bool bridge_document(struct vr_cmd *cmd, struct vr_query *doc, const char *name, const char *bridge_name, int delay)
{
    struct vr_query_node *top = vr_query_root(doc);
    vr_autofree char *type = NULL;
    char number[16];
    if (!top_is(cmd, doc, name, &type))
        return false;
    if (vr_streq(type, "bridge"))
        return vr_complain(cmd, _("Existing device %s is already a bridge"), name);
    struct vr_query_node *bridge = vr_query_add(top, "bridge", NULL);
    vr_query_set(bridge, "stp", vr_opt_bool(cmd, "no-stp") ? "off" : "on");
    if (vr_opt_raw(cmd, "delay")) {
        snprintf(number, sizeof(number), "%d", delay);
        vr_query_set(bridge, "delay", number);
    }
    struct vr_query_node *inner = vr_query_add(bridge, "interface", NULL);
    vr_query_set(inner, "type", type);
    vr_query_set(inner, "name", name);
    move_device_parts(doc, top, inner);
    vr_query_set(top, "type", "bridge");
    vr_query_set(top, "name", bridge_name);
    return true;
}

static bool bridge_run(struct vr_cmd *cmd)
{
    const char *name = NULL, *bridge_name;
    int delay = 0;
    if (!vr_opt_string(cmd, "bridge", &bridge_name))
        return false;
    vr_auto(interface) virInterfacePtr iface = vr_interface(cmd, "interface", VR_BY_NAME | VR_BY_MAC, NULL);
    if (!iface || vr_opt_int(cmd, "delay", &delay) < 0)
        return false;
    name = virInterfaceGetName(iface);
    vr_auto(interface) virInterfacePtr there = virInterfaceLookupByName(vr_conn(cmd), bridge_name);
    if (there)
        return vr_complain(cmd, _("Network device %s already exists"), bridge_name);
    vr_forget_error(cmd);
    VR_AUTO(vr_query) *doc = configuration(cmd, iface, name, "(interface definition)");
    if (!doc || !bridge_document(cmd, doc, name, bridge_name, delay))
        return false;
    vr_autofree char *xml = vr_query_print(doc, vr_query_root(doc));
    vr_auto(interface) virInterfacePtr bridge = virInterfaceDefineXML(vr_conn(cmd), xml, 0);
    if (!bridge)
        return vr_complain(cmd, _("Failed to define new bridge interface %s"), bridge_name);
    vr_print_extra(cmd, _("Created bridge %s with attached device %s\n"), bridge_name, name);
    if (vr_opt_bool(cmd, "no-start"))
        return true;
    if (virInterfaceCreate(bridge, 0) < 0)
        return vr_complain(cmd, _("Failed to start bridge interface %s"), bridge_name);
    vr_print_extra(cmd, _("Bridge interface %s started\n"), bridge_name);
    return true;
}
const struct vr_command vr_cmd_iface_bridge = {
    "iface-bridge",
    (const struct vr_opt[]){
        { "interface", VR_OPT_DATA, .help = N_("an interface of the host"), .complete = vr_complete_iface },
        { "bridge", VR_OPT_DATA, .help = N_("the bridge's name") },
        { "no-stp", VR_OPT_BOOL, .help = N_("without spanning tree protocol") },
        { "delay", VR_OPT_INT, .help = N_("seconds until a port of it forwards") },
        { "no-start", VR_OPT_BOOL, .help = N_("define it only") },
        { 0 } },
    bridge_run, 0, N_("put an interface under a new bridge"),
    N_("Makes a bridge that has the addresses an interface had, with that interface as its first port."), NULL,
};

/* The one interface under the bridge. */
static struct vr_query_node *only_port(struct vr_cmd *cmd, struct vr_query *doc)
{
    vr_autofree struct vr_query_node **bridges = NULL, **ports = NULL;
    if (vr_query_nodes(doc, NULL, "./bridge", &bridges, NULL) < 1) {
        vr_complain(cmd, "%s", _("No bridge node in xml document"));
        return NULL;
    }
    long n = vr_query_nodes(doc, NULL, "./bridge/interface", &ports, NULL);
    if (n == 1)
        return ports[0];
    vr_complain(cmd, "%s", n > 1 ? _("Multiple interfaces attached to bridge") : _("No interface attached to bridge"));
    return NULL;
}

static bool unbridge_document(struct vr_cmd *cmd, struct vr_query *doc, const char *name, char **device)
{
    struct vr_query_node *top = vr_query_root(doc);
    vr_autofree char *type = NULL;
    if (!top_is(cmd, doc, name, &type))
        return false;
    if (!vr_streq(type, "bridge"))
        return vr_complain(cmd, _("Device %s is not a bridge"), name);
    struct vr_query_node *port = only_port(cmd, doc);
    if (!port)
        return false;
    vr_autofree char *port_name = vr_query_text(doc, port, "string(./@name)");
    vr_autofree char *port_type = vr_query_text(doc, port, "string(./@type)");
    if (!port_name)
        return vr_complain(cmd, _("Device attached to bridge %s has no name"), name);
    if (!port_type)
        return vr_complain(cmd, _("Attached device %s has no type"), port_name);
    vr_query_set(top, "type", port_type);
    vr_query_set(top, "name", port_name);
    move_device_parts(doc, port, top);
    vr_autofree struct vr_query_node **bridges = NULL;
    if (vr_query_nodes(doc, NULL, "./bridge", &bridges, NULL) > 0)
        vr_query_remove(bridges[0]);
    *device = vr_take(port_name);
    return true;
}

static bool unbridge_run(struct vr_cmd *cmd)
{
    const char *name = NULL;
    vr_autofree char *device = NULL;
    vr_auto(interface) virInterfacePtr bridge = vr_interface(cmd, "bridge", VR_BY_NAME | VR_BY_MAC, NULL);
    if (!bridge)
        return false;
    name = virInterfaceGetName(bridge);
    VR_AUTO(vr_query) *doc = configuration(cmd, bridge, name, "(bridge interface definition)");
    if (!doc || !unbridge_document(cmd, doc, name, &device))
        return false;
    vr_autofree char *xml = vr_query_print(doc, vr_query_root(doc));
    int active = virInterfaceIsActive(bridge);
    if (active != 0 && virInterfaceDestroy(bridge, 0) < 0)
        return vr_complain(cmd, _("Failed to destroy bridge interface %s"), name);
    if (virInterfaceUndefine(bridge) < 0)
        return vr_complain(cmd, _("Failed to undefine bridge interface %s"), name);
    vr_auto(interface) virInterfacePtr iface = virInterfaceDefineXML(vr_conn(cmd), xml, 0);
    if (!iface)
        return vr_complain(cmd, _("Failed to define new interface %s"), device);
    vr_print_extra(cmd, _("Device %s un-attached from bridge %s\n"), device, name);
    if (vr_opt_bool(cmd, "no-start"))
        return true;
    if (virInterfaceCreate(iface, 0) < 0)
        return vr_complain(cmd, _("Failed to start interface %s"), device);
    vr_print_extra(cmd, _("Interface %s started\n"), device);
    return true;
}
const struct vr_command vr_cmd_iface_unbridge = {
    "iface-unbridge",
    (const struct vr_opt[]){
        { "bridge", VR_OPT_DATA, .help = N_("the bridge's name"), .complete = vr_complete_iface },
        { "no-start", VR_OPT_BOOL, .help = N_("do not bring the interface up") },
        { 0 } },
    unbridge_run, 0, N_("take the one interface from a bridge and remove the bridge"), NULL, NULL,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of a network that change while it runs: sections of its document, ports; and its events. */
#include "document.h"
#include "event_kinds.h"
#include "find.h"
#include "groups.h"

#include <stdlib.h>
#include "base/alloc.h"
#include "base/str.h"

/* ---- net-update --------------------------------------------------------------------------------------------------- */

/* Indexes are virNetworkUpdateCommand and virNetworkUpdateSection. */
static const char *const update_commands[] = { "none", "modify", "delete", "add-last", "add-first", NULL };
static const char *const update_sections[] = {
    "none", "bridge", "domain", "ip", "ip-dhcp-host", "ip-dhcp-range", "forward", "forward-interface", "forward-pf", "portgroup",
    "dns-host", "dns-txt", "dns-srv", NULL,
};

static void complete_update_command(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, update_commands + 1);
    vr_complete_add(to, "add");
}

static void complete_update_section(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, update_sections + 1);
}

/* Where the network's state changes; --current is resolved as the daemon does it. */
static bool update_flags(struct vr_cmd *cmd, virNetworkPtr net, unsigned *flags)
{
    bool live = vr_opt_bool(cmd, "live"), config = vr_opt_bool(cmd, "config");
    *flags = (live ? VIR_NETWORK_UPDATE_AFFECT_LIVE : 0) | (config ? VIR_NETWORK_UPDATE_AFFECT_CONFIG : 0);
    if (*flags)
        return true;
    int active = virNetworkIsActive(net);
    if (active < 0)
        return false;
    *flags = active ? VIR_NETWORK_UPDATE_AFFECT_LIVE : VIR_NETWORK_UPDATE_AFFECT_CONFIG;
    return true;
}

static bool update_run(struct vr_cmd *cmd)
{
    const char *command_name, *section_name, *xml, *name = NULL;
    int parent = -1;
    unsigned flags;
    if (!vr_opt_exclusive(cmd, "current", "live") || !vr_opt_exclusive(cmd, "current", "config") ||
        !vr_opt_string(cmd, "command", &command_name))
        return false;
    vr_auto(network) virNetworkPtr net = vr_network(cmd, &name);
    if (!net)
        return false;
    int command = vr_streq(command_name, "add") ? VIR_NETWORK_UPDATE_COMMAND_ADD_LAST : vr_name_index(update_commands, command_name);
    if (command <= 0)
        return vr_complain(cmd, _("unrecognized command name '%s'"), command_name);
    if (!vr_opt_string(cmd, "section", &section_name))
        return false;
    int section = vr_name_index(update_sections, section_name);
    if (section <= 0)
        return vr_complain(cmd, _("unrecognized section name '%s'"), section_name);
    if (vr_opt_int(cmd, "parent-index", &parent) < 0 || !vr_opt_string(cmd, "xml", &xml))
        return false;
    vr_autofree char *text = *xml == '<' ? vr_strdup(xml) : vr_read_file(cmd, xml, VR_XML_FILE_MAX);
    if (!text || !update_flags(cmd, net, &flags))
        return false;
    if (virNetworkUpdate(net, (unsigned)command, (unsigned)section, parent, text, flags) < 0)
        return vr_complain(cmd, _("Failed to update network %s"), virNetworkGetName(net));
    bool live = flags & VIR_NETWORK_UPDATE_AFFECT_LIVE, config = flags & VIR_NETWORK_UPDATE_AFFECT_CONFIG;
    vr_print_extra(cmd, config && live ? _("Updated network %s persistent config and live state")
                        : config       ? _("Updated network %s persistent config")
                                       : _("Updated network %s live state"), virNetworkGetName(net));
    return true;
}
const struct vr_command vr_cmd_net_update = {
    "net-update",
    (const struct vr_opt[]){
        VR_OPT_NETWORK,
        { "command", VR_OPT_DATA, .help = N_("add-first, add-last (or add), delete, modify"), .complete = complete_update_command },
        { "section", VR_OPT_DATA, .help = N_("the kind of element, as ip-dhcp-host"), .complete = complete_update_section },
        { "xml", VR_OPT_DATA, .help = N_("the element itself, or a file it is in"), .complete = vr_complete_file },
        { "parent-index", VR_OPT_INT, .help = N_("which <ip> (from 0) the element is in") },
        { "config", VR_OPT_BOOL, .help = N_("change what the next start uses") },
        { "live", VR_OPT_BOOL, .help = N_("change the running network") },
        { "current", VR_OPT_BOOL, .help = N_("change whichever of both applies now") },
        { 0 } },
    update_run, 0, N_("change one element of a network"),
    N_("Adds, changes or deletes one element of a network's document, without stopping the network."), NULL,
};

/* ---- ports -------------------------------------------------------------------------------------------------------- */

static bool port_list_run(struct vr_cmd *cmd)
{
    bool uuid = vr_opt_bool(cmd, "uuid"), as_table = vr_opt_bool(cmd, "table");
    if (uuid && as_table)
        return vr_complain(cmd, "%s", _("Only one argument from --table and --uuid may be specified."));
    vr_auto(network) virNetworkPtr net = vr_network(cmd, NULL);
    virNetworkPortPtr *all;
    int n = net ? virNetworkListAllPorts(net, &all, 0) : -1;
    if (n < 0)
        return false;
    bool lines = uuid && !vr_json_wanted(cmd);
    struct vr_table *table = vr_table_new(cmd, _("UUID"), NULL);
    for (int i = 0; i < n; i++) {
        char text[VIR_UUID_STRING_BUFLEN] = "";
        virNetworkPortGetUUIDString(all[i], text);
        if (lines)
            vr_print(cmd, "%s\n", text);
        else
            vr_table_row(table, text);
        virNetworkPortFree(all[i]);
    }
    free(all);
    if (lines)
        vr_table_free(table);
    else
        vr_table_print(table);
    return true;
}
const struct vr_command vr_cmd_net_port_list = {
    "net-port-list",
    (const struct vr_opt[]){ VR_OPT_NETWORK_(vr_complete_network_active), { "uuid", VR_OPT_BOOL, .help = N_("print uuids alone") },
                             { "table", VR_OPT_BOOL, .help = N_("print a table, as without this") }, { 0 } },
    port_list_run, VR_CMD_JSON, N_("list the ports of a network"), NULL, NULL,
};

#define OPT_PORT { "port", VR_OPT_DATA, .help = N_("a port's uuid"), .complete = vr_complete_port }

static bool port_create_run(struct vr_cmd *cmd)
{
    const char *path;
    unsigned flags = vr_opt_bool(cmd, "validate") ? VIR_NETWORK_PORT_CREATE_VALIDATE : 0;
    if (!vr_opt_string(cmd, "file", &path))
        return false;
    vr_auto(network) virNetworkPtr net = vr_network(cmd, NULL);
    vr_autofree char *xml = net ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : NULL;
    if (!xml)
        return false;
    vr_auto(port) virNetworkPortPtr port = virNetworkPortCreateXML(net, xml, flags);
    if (!port)
        return vr_complain(cmd, _("Failed to create network from %s"), path);
    char text[VIR_UUID_STRING_BUFLEN] = "";
    virNetworkPortGetUUIDString(port, text);
    vr_print_extra(cmd, _("Network port %s created from %s\n"), text, path);
    return true;
}
const struct vr_command vr_cmd_net_port_create = {
    "net-port-create",
    (const struct vr_opt[]){ VR_OPT_NETWORK_(vr_complete_network_active), VR_OPT_FILE(N_("file with the port's document")),
                             VR_OPT_VALIDATE, { 0 } },
    port_create_run, 0, N_("make a port on a network"), NULL, NULL,
};

static bool port_dumpxml_run(struct vr_cmd *cmd)
{
    vr_auto(network) virNetworkPtr net = vr_network(cmd, NULL);
    vr_auto(port) virNetworkPortPtr port = net ? vr_network_port(cmd, net, NULL) : NULL;
    return port && vr_document_print(cmd, virNetworkPortGetXMLDesc(port, 0));
}
const struct vr_command vr_cmd_net_port_dumpxml = {
    "net-port-dumpxml",
    (const struct vr_opt[]){ VR_OPT_NETWORK_(vr_complete_network_active), OPT_PORT, VR_OPTS_DOCUMENT, { 0 } },
    port_dumpxml_run, VR_CMD_JSON, N_("print a port's document"), NULL, NULL,
};

static bool port_delete_run(struct vr_cmd *cmd)
{
    const char *name = NULL;
    vr_auto(network) virNetworkPtr net = vr_network(cmd, NULL);
    vr_auto(port) virNetworkPortPtr port = net ? vr_network_port(cmd, net, &name) : NULL;
    if (!port)
        return false;
    if (virNetworkPortDelete(port, 0) < 0)
        return vr_complain(cmd, _("Failed to delete network port %s"), name);
    vr_print_extra(cmd, _("Network port %s deleted\n"), name);
    return true;
}
const struct vr_command vr_cmd_net_port_delete = {
    "net-port-delete",
    (const struct vr_opt[]){ VR_OPT_NETWORK_(vr_complete_network_active), OPT_PORT, { 0 } },
    port_delete_run, 0, N_("remove a port from a network"), NULL, NULL,
};

/* ---- events ------------------------------------------------------------------------------------------------------- */

static const char *const event_kinds[] = { "lifecycle", NULL };

static void complete_event(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, event_kinds);
}

static void on_lifecycle(virConnectPtr conn, virNetworkPtr net, int event, int detail, void *opaque)
{
    static const char *const names[] = { N_("Defined"), N_("Undefined"), N_("Started"), N_("Stopped") };
    vr_event_line(opaque, _("event 'lifecycle' for network %s: %s"), virNetworkGetName(net),
                        event >= 0 && (size_t)event < VR_COUNT(names) ? names[event] : _("unknown"));
}

static bool event_run(struct vr_cmd *cmd)
{
    int kind = vr_event_kind(cmd, event_kinds);
    if (kind < 0)
        return kind == -2;
    vr_auto(network) virNetworkPtr net = NULL;
    if (vr_opt_raw(cmd, "network") && !(net = vr_network(cmd, NULL)))
        return false;
    struct vr_event_wait wait;
    if (!vr_event_wait_init(cmd, &wait))
        return false;
    bool ok = false;
    int id = virConnectNetworkEventRegisterAny(vr_conn(cmd), net, VIR_NETWORK_EVENT_ID_LIFECYCLE,
                                               VR_EVENT_CALLBACK_AS(virConnectNetworkEventGenericCallback, on_lifecycle), &wait, NULL);
    if (id >= 0) {
        ok = vr_event_wait_run(&wait);
        virConnectNetworkEventDeregisterAny(vr_conn(cmd), id);
    }
    vr_event_wait_done(&wait);
    return ok;
}
const struct vr_command vr_cmd_net_event = {
    "net-event",
    (const struct vr_opt[]){ { "network", VR_OPT_STRING, .help = N_("only events of this network"), .complete = vr_complete_network },
                             VR_OPTS_EVENT(complete_event), { 0 } },
    event_run, 0, N_("wait for events of networks"), NULL, NULL,
};

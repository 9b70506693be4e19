/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual networks: life, definition, lists, and who has which address. */
#include "document.h"
#include "find.h"
#include "groups.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include "base/alloc.h"
#include "base/str.h"

/* A command that finds its network, makes one call and says how it went. */
#define NETWORK_RUN(function, call, done, failed)                                                  \
    static bool function(struct vr_cmd *cmd)                                                       \
    {                                                                                              \
        const char *name = NULL;                                                                   \
        vr_auto(network) virNetworkPtr net = vr_network(cmd, &name);                               \
        if (!net)                                                                                  \
            return false;                                                                          \
        if (call(net) != 0)                                                                        \
            return vr_complain(cmd, failed, name);                                                 \
        vr_print_extra(cmd, done "\n", name);                                                      \
        return true;                                                                               \
    }
NETWORK_RUN(destroy_run, virNetworkDestroy, "Network %s destroyed", "Failed to destroy network %s")
NETWORK_RUN(start_run, virNetworkCreate, "Network %s started", "Failed to start network %s")
NETWORK_RUN(undefine_run, virNetworkUndefine, "Network %s has been undefined", "Failed to undefine network %s")

static const struct vr_opt active_opts[] = { VR_OPT_NETWORK_(vr_complete_network_active), { 0 } };
static const struct vr_opt inactive_opts[] = { VR_OPT_NETWORK_(vr_complete_network_inactive), { 0 } };
static const struct vr_opt network_opts[] = { VR_OPT_NETWORK, { 0 } };
static const struct vr_command cmd_destroy = {
    "net-destroy", active_opts, destroy_run, 0, N_("stop a network"), N_("Stops a network at once; guests on it lose it."), NULL,
};
static const struct vr_command cmd_start = { "net-start", inactive_opts, start_run, 0, N_("start a defined network"), NULL, NULL };
static const struct vr_command cmd_undefine = {
    "net-undefine", network_opts, undefine_run, 0, N_("remove a network's definition"),
    N_("Removes a network's definition. One that is active goes on until it is stopped."), NULL,
};

static bool autostart_run(struct vr_cmd *cmd)
{
    const char *name = NULL;
    bool on = !vr_opt_bool(cmd, "disable");
    vr_auto(network) virNetworkPtr net = vr_network(cmd, &name);
    if (!net)
        return false;
    if (virNetworkSetAutostart(net, on) < 0) {
        return on ? vr_complain(cmd, _("failed to mark network %s as autostarted"), name)
                  : vr_complain(cmd, _("failed to unmark network %s as autostarted"), name);
    }
    vr_print_extra(cmd, on ? _("Network %s marked as autostarted\n") : _("Network %s unmarked as autostarted\n"), name);
    return true;
}
static const struct vr_command cmd_autostart = {
    "net-autostart",
    (const struct vr_opt[]){ VR_OPT_NETWORK, { "disable", VR_OPT_BOOL, .help = N_("do not start it with the host") }, { 0 } },
    autostart_run, 0, N_("start a network with the host, or not"), NULL, NULL,
};

static bool from_file(struct vr_cmd *cmd, bool define)
{
    const char *path;
    bool validate = vr_opt_bool(cmd, "validate");
    vr_autofree char *xml = vr_opt_string(cmd, "file", &path) ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : NULL;
    if (!xml)
        return false;
    vr_auto(network) virNetworkPtr net = NULL;
    if (define)
        net = validate ? virNetworkDefineXMLFlags(vr_conn(cmd), xml, VIR_NETWORK_DEFINE_VALIDATE) : virNetworkDefineXML(vr_conn(cmd), xml);
    else
        net = validate ? virNetworkCreateXMLFlags(vr_conn(cmd), xml, VIR_NETWORK_CREATE_VALIDATE) : virNetworkCreateXML(vr_conn(cmd), xml);
    if (!net)
        return vr_complain(cmd, define ? _("Failed to define network from %s") : _("Failed to create network from %s"), path);
    vr_print_extra(cmd, define ? _("Network %s defined from %s\n") : _("Network %s created from %s\n"), virNetworkGetName(net), path);
    return true;
}

static bool define_run(struct vr_cmd *cmd)
{
    return from_file(cmd, true);
}

static bool create_run(struct vr_cmd *cmd)
{
    return from_file(cmd, false);
}

static const struct vr_opt file_opts[] = { VR_OPT_FILE(N_("file with the network's document")), VR_OPT_VALIDATE, { 0 } };
static const struct vr_command cmd_define = {
    "net-define", file_opts, define_run, 0, N_("define a network, or change its definition"), NULL, NULL,
};
static const struct vr_command cmd_create = {
    "net-create", file_opts, create_run, 0, N_("start a network without defining it"), NULL, NULL,
};

static bool dumpxml_run(struct vr_cmd *cmd)
{
    vr_auto(network) virNetworkPtr net = vr_network(cmd, NULL);
    return net && vr_document_print(cmd, virNetworkGetXMLDesc(net, vr_opt_bool(cmd, "inactive") ? VIR_NETWORK_XML_INACTIVE : 0));
}
static const struct vr_command cmd_dumpxml = {
    "net-dumpxml",
    (const struct vr_opt[]){ VR_OPT_NETWORK, { "inactive", VR_OPT_BOOL, .help = N_("what the next start uses") }, VR_OPTS_DOCUMENT,
                             { 0 } },
    dumpxml_run, VR_CMD_JSON, N_("print a network's document"), NULL, NULL,
};

struct edit {
    virNetworkPtr net;
    char *name; /* of the last one defined */
};

static char *edit_fetch(struct vr_cmd *cmd, void *opaque)
{
    virNetworkPtr net = ((struct edit *)opaque)->net;
    /* Of a transient network there is only what runs; and a driver may not know the flag. */
    char *xml = virNetworkIsPersistent(net) == 1 ? virNetworkGetXMLDesc(net, VIR_NETWORK_XML_INACTIVE) : NULL;
    if (!xml && (vr_last_code(cmd) == VIR_ERR_OK || vr_last_code(cmd) == VIR_ERR_INVALID_ARG)) {
        vr_forget_error(cmd);
        xml = virNetworkGetXMLDesc(net, 0);
    }
    return xml;
}

static bool edit_define(struct vr_cmd *cmd, const char *xml, void *opaque)
{
    struct edit *e = opaque;
    virNetworkPtr net = virNetworkDefineXML(vr_conn(cmd), xml);
    if (!net)
        return false;
    free(e->name);
    e->name = vr_strdup(virNetworkGetName(net));
    virNetworkFree(net);
    return true;
}

static bool edit_run(struct vr_cmd *cmd)
{
    vr_auto(network) virNetworkPtr net = vr_network(cmd, NULL);
    if (!net)
        return false;
    struct edit e = { net, NULL };
    struct vr_edit how = { .fetch = edit_fetch, .define = edit_define, .opaque = &e };
    int done = vr_edit_xml(cmd, &how);
    if (done == 0)
        vr_print(cmd, _("Network %s XML configuration not changed.\n"), virNetworkGetName(net));
    else if (done > 0)
        vr_print(cmd, _("Network %s XML configuration edited.\n"), e.name);
    free(e.name);
    return done >= 0;
}
static const struct vr_command cmd_edit = {
    "net-edit", network_opts, edit_run, 0, N_("edit a network's document"), N_("Opens a network's definition in $VISUAL or $EDITOR."), NULL,
};

static bool info_run(struct vr_cmd *cmd)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    int autostart;
    vr_auto(network) virNetworkPtr net = vr_network(cmd, NULL);
    if (!net)
        return false;
    struct vr_info *info = vr_info_new(cmd, "%-15s %s\n");
    vr_info_str(info, _("Name:"), "%s", virNetworkGetName(net));
    if (virNetworkGetUUIDString(net, uuid) == 0)
        vr_info_str(info, _("UUID:"), "%s", uuid);
    int active = virNetworkIsActive(net), persistent = virNetworkIsPersistent(net);
    if (active >= 0)
        vr_info_bool(info, _("Active:"), active, _("yes"), _("no"));
    if (persistent < 0)
        vr_info_str(info, _("Persistent:"), "%s", _("unknown"));
    else
        vr_info_bool(info, _("Persistent:"), persistent, _("yes"), _("no"));
    if (virNetworkGetAutostart(net, &autostart) < 0)
        vr_info_str(info, _("Autostart:"), "%s", _("no autostart"));
    else
        vr_info_bool(info, _("Autostart:"), autostart, _("yes"), _("no"));
    vr_autofree char *bridge = virNetworkGetBridgeName(net);
    if (bridge)
        vr_info_str(info, _("Bridge:"), "%s", bridge);
    vr_forget_error(cmd);
    vr_info_done(info);
    return true;
}
static const struct vr_command cmd_info = { "net-info", network_opts, info_run, VR_CMD_JSON, N_("show a network"), NULL, NULL };

VR_SORT_BY_NAME(by_name, virNetworkPtr, virNetworkGetName)

static const struct {
    const char *option;
    unsigned flag;
} filters[] = {
    { "persistent", VIR_CONNECT_LIST_NETWORKS_PERSISTENT },
    { "transient", VIR_CONNECT_LIST_NETWORKS_TRANSIENT },
    { "autostart", VIR_CONNECT_LIST_NETWORKS_AUTOSTART },
    { "no-autostart", VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART },
};

static bool list_table(struct vr_cmd *cmd, virNetworkPtr *all, int n)
{
    VR_AUTO(vr_table) *table = vr_table_new(cmd, _("Name"), _("State"), _("Autostart"), _("Persistent"), NULL);
    for (int i = 0; i < n; i++) {
        int autostart;
        const char *shown = _("no autostart");
        if (virNetworkGetAutostart(all[i], &autostart) == 0)
            shown = autostart ? _("yes") : _("no");
        vr_table_row(table, virNetworkGetName(all[i]), virNetworkIsActive(all[i]) == 1 ? _("active") : _("inactive"), shown,
                     virNetworkIsPersistent(all[i]) == 1 ? _("yes") : _("no"));
    }
    vr_table_print(vr_take(table));
    return true;
}

static bool list_run(struct vr_cmd *cmd)
{
    bool uuid = vr_opt_bool(cmd, "uuid"), name = vr_opt_bool(cmd, "name"), table = vr_opt_bool(cmd, "table"), ok = true;
    bool inactive = vr_opt_bool(cmd, "inactive"), all_of_them = vr_opt_bool(cmd, "all");
    unsigned flags = inactive || all_of_them ? VIR_CONNECT_LIST_NETWORKS_INACTIVE : VIR_CONNECT_LIST_NETWORKS_ACTIVE;
    if (all_of_them)
        flags |= VIR_CONNECT_LIST_NETWORKS_ACTIVE;
    for (size_t i = 0; i < VR_COUNT(filters); i++)
        flags |= vr_opt_bool(cmd, filters[i].option) ? filters[i].flag : 0;
    if (uuid + name + table > 1)
        return vr_complain(cmd, "%s", _("Only one argument from --table, --name and --uuid may be specified."));
    virNetworkPtr *all;
    int n = virConnectListAllNetworks(vr_conn(cmd), &all, flags);
    if (n < 0) {
        return inactive ? vr_list_failed(cmd, _("Failed to list networks"), virConnectNumOfDefinedNetworks,
                                         _("Failed to get the number of inactive networks"))
                        : vr_list_failed(cmd, _("Failed to list networks"), virConnectNumOfNetworks,
                                         _("Failed to get the number of active networks"));
    }
    vr_sort(all, (size_t)n, sizeof(*all), by_name);
    if ((!uuid && !name) || vr_json_wanted(cmd)) {
        ok = list_table(cmd, all, n);
    } else {
        for (int i = 0; i < n && ok; i++) {
            char text[VIR_UUID_STRING_BUFLEN];
            if (name)
                vr_print(cmd, "%s\n", virNetworkGetName(all[i]));
            else if (virNetworkGetUUIDString(all[i], text) == 0)
                vr_print(cmd, "%s\n", text);
            else
                ok = vr_complain(cmd, "%s", _("Failed to get network's UUID"));
        }
    }
    for (int i = 0; i < n; i++)
        virNetworkFree(all[i]);
    free(all);
    return ok;
}
static const struct vr_command cmd_list = {
    "net-list",
    (const struct vr_opt[]){
        { "inactive", VR_OPT_BOOL, .help = N_("networks that are not active") },
        { "all", VR_OPT_BOOL, .help = N_("active and other networks") },
        { "persistent", VR_OPT_BOOL, .help = N_("only networks with a stored definition") },
        { "transient", VR_OPT_BOOL, .help = N_("only networks without one") },
        { "autostart", VR_OPT_BOOL, .help = N_("only networks that start with the host") },
        { "no-autostart", VR_OPT_BOOL, .help = N_("only networks that do not") },
        { "uuid", VR_OPT_BOOL, .help = N_("print uuids") },
        { "name", VR_OPT_BOOL, .help = N_("print names") },
        { "table", VR_OPT_BOOL, .help = N_("print a table, as without any of these") },
        { 0 } },
    list_run, VR_CMD_JSON, N_("list networks"), NULL, NULL,
};

static bool name_run(struct vr_cmd *cmd)
{
    vr_auto(network) virNetworkPtr net = vr_network_by(cmd, VR_BY_UUID);
    if (!net)
        return false;
    vr_print(cmd, "%s\n", virNetworkGetName(net));
    return true;
}
static const struct vr_command cmd_name = {
    "net-name",
    (const struct vr_opt[]){ { "network", VR_OPT_DATA, .help = N_("a network's uuid"), .complete = vr_complete_network_uuid }, { 0 } },
    name_run, 0, N_("the name of a network by its uuid"), NULL, NULL,
};

static bool uuid_run(struct vr_cmd *cmd)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    vr_auto(network) virNetworkPtr net = vr_network_by(cmd, VR_BY_NAME);
    if (!net)
        return false;
    if (virNetworkGetUUIDString(net, uuid) < 0)
        return vr_complain(cmd, "%s", _("failed to get network UUID"));
    vr_print(cmd, "%s\n", uuid);
    return true;
}
static const struct vr_command cmd_uuid = {
    "net-uuid",
    (const struct vr_opt[]){ { "network", VR_OPT_DATA, .help = N_("a network's name"), .complete = vr_complete_network }, { 0 } },
    uuid_run, 0, N_("the uuid of a network by its name"), NULL, NULL,
};

/* ---- leases ------------------------------------------------------------------------------------------------------- */

static int by_mac(const void *a, const void *b)
{
    const virNetworkDHCPLease *x = *(virNetworkDHCPLeasePtr const *)a, *y = *(virNetworkDHCPLeasePtr const *)b;
    return strcasecmp(x->mac ? x->mac : "", y->mac ? y->mac : "");
}

static void lease_row(struct vr_table *table, const virNetworkDHCPLease *lease)
{
    time_t expires = (time_t)lease->expirytime;
    struct tm tm;
    char when[64] = "-";
    if (localtime_r(&expires, &tm))
        strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
    vr_autofree char *address = vr_printf("%s/%u", lease->ipaddr, lease->prefix);
    const char *protocol = lease->type == VIR_IP_ADDR_TYPE_IPV6 ? "ipv6" : lease->type == VIR_IP_ADDR_TYPE_IPV4 ? "ipv4" : "";
    const char *client = lease->clientid ? lease->clientid : lease->iaid;
    vr_table_row(table, when, lease->mac ? lease->mac : "-", protocol, address, lease->hostname ? lease->hostname : "-",
                 client ? client : "-");
}

static bool dhcp_leases_run(struct vr_cmd *cmd)
{
    const char *name = NULL, *mac;
    if (!vr_opt_string(cmd, "mac", &mac))
        return false;
    vr_auto(network) virNetworkPtr net = vr_network(cmd, &name);
    if (!net)
        return false;
    virNetworkDHCPLeasePtr *leases = NULL;
    int n = virNetworkGetDHCPLeases(net, mac, &leases, 0);
    if (n < 0)
        return vr_complain(cmd, _("Failed to get leases info for %s"), name);
    vr_sort(leases, (size_t)n, sizeof(*leases), by_mac);
    struct vr_table *table = vr_table_new(cmd, _("Expiry Time"), _("MAC address"), _("Protocol"), _("IP address"), _("Hostname"),
                                          _("Client ID or DUID"), NULL);
    for (int i = 0; i < n; i++) {
        lease_row(table, leases[i]);
        virNetworkDHCPLeaseFree(leases[i]);
    }
    free(leases);
    vr_table_print(table);
    return true;
}
static const struct vr_command cmd_dhcp_leases = {
    "net-dhcp-leases",
    (const struct vr_opt[]){ VR_OPT_NETWORK_(vr_complete_network_active), { "mac", VR_OPT_STRING, .help = N_("only this MAC address") },
                             { 0 } },
    dhcp_leases_run, VR_CMD_JSON, N_("show which addresses a network has given"), NULL, NULL,
};

const struct vr_command *const vr_network_commands[] = {
    &cmd_autostart, &cmd_create, &cmd_define, &cmd_destroy, &cmd_dhcp_leases, &cmd_dumpxml, &cmd_edit, &vr_cmd_net_event, &cmd_info,
    &cmd_list, &cmd_name, &cmd_start, &cmd_undefine, &vr_cmd_net_update, &cmd_uuid, &vr_cmd_net_port_list, &vr_cmd_net_port_create,
    &vr_cmd_net_port_dumpxml, &vr_cmd_net_port_delete, &vr_cmd_net_check, NULL,
};

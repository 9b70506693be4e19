/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces of the host. */
#include "document.h"
#include "find.h"
#include "groups.h"

#include <stdlib.h>
#include "base/alloc.h"

static const struct vr_opt interface_opts[] = { VR_OPT_INTERFACE, { 0 } };
#define ANY_WAY (VR_BY_NAME | VR_BY_MAC)

#define INTERFACE_RUN(function, call, done, failed)                                                \
    static bool function(struct vr_cmd *cmd)                                                       \
    {                                                                                              \
        const char *name = NULL;                                                                   \
        vr_auto(interface) virInterfacePtr iface = vr_interface(cmd, "interface", ANY_WAY, &name); \
        if (!iface)                                                                                \
            return false;                                                                          \
        if (call < 0)                                                                              \
            return vr_complain(cmd, failed, name);                                                 \
        vr_print_extra(cmd, done "\n", name);                                                      \
        return true;                                                                               \
    }
INTERFACE_RUN(undefine_run, virInterfaceUndefine(iface), "Interface %s undefined", "Failed to undefine interface %s")
INTERFACE_RUN(start_run, virInterfaceCreate(iface, 0), "Interface %s started", "Failed to start interface %s")
INTERFACE_RUN(destroy_run, virInterfaceDestroy(iface, 0), "Interface %s destroyed", "Failed to destroy interface %s")

static const struct vr_command cmd_undefine = {
    "iface-undefine", interface_opts, undefine_run, 0, N_("remove an interface from the host's configuration"), NULL, NULL,
};
static const struct vr_command cmd_start = {
    "iface-start", (const struct vr_opt[]){ VR_OPT_INTERFACE_(vr_complete_iface_inactive), { 0 } }, start_run, 0,
    N_("bring an interface up"), NULL, NULL,
};
static const struct vr_command cmd_destroy = {
    "iface-destroy", (const struct vr_opt[]){ VR_OPT_INTERFACE_(vr_complete_iface_active), { 0 } }, destroy_run, 0,
    N_("take an interface down"), NULL, NULL,
};

static bool define_run(struct vr_cmd *cmd)
{
    const char *path;
    unsigned flags = vr_opt_bool(cmd, "validate") ? VIR_INTERFACE_DEFINE_VALIDATE : 0;
    vr_autofree char *xml = vr_opt_string(cmd, "file", &path) ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : NULL;
    if (!xml)
        return false;
    vr_auto(interface) virInterfacePtr iface = virInterfaceDefineXML(vr_conn(cmd), xml, flags);
    if (!iface)
        return vr_complain(cmd, _("Failed to define interface from %s"), path);
    vr_print_extra(cmd, _("Interface %s defined from %s\n"), virInterfaceGetName(iface), path);
    return true;
}
static const struct vr_command cmd_define = {
    "iface-define", (const struct vr_opt[]){ VR_OPT_FILE(N_("file with the interface's document")), VR_OPT_VALIDATE, { 0 } }, define_run, 0,
    N_("define an interface of the host, or change its definition"), NULL, NULL,
};

static bool dumpxml_run(struct vr_cmd *cmd)
{
    unsigned flags = vr_opt_bool(cmd, "inactive") ? VIR_INTERFACE_XML_INACTIVE : 0;
    vr_auto(interface) virInterfacePtr iface = vr_interface(cmd, "interface", ANY_WAY, NULL);
    return iface && vr_document_print(cmd, virInterfaceGetXMLDesc(iface, flags));
}
static const struct vr_command cmd_dumpxml = {
    "iface-dumpxml",
    (const struct vr_opt[]){ VR_OPT_INTERFACE, { "inactive", VR_OPT_BOOL, .help = N_("what the configuration says, not what is") },
                             VR_OPTS_DOCUMENT, { 0 } },
    dumpxml_run, VR_CMD_JSON, N_("print an interface's document"), NULL, NULL,
};

struct edit {
    virInterfacePtr iface;
    char *name;
};

static char *edit_fetch(struct vr_cmd *cmd, void *opaque)
{
    return virInterfaceGetXMLDesc(((struct edit *)opaque)->iface, VIR_INTERFACE_XML_INACTIVE);
}

static bool edit_define(struct vr_cmd *cmd, const char *xml, void *opaque)
{
    struct edit *e = opaque;
    virInterfacePtr iface = virInterfaceDefineXML(vr_conn(cmd), xml, 0);
    if (!iface)
        return false;
    free(e->name);
    e->name = vr_strdup(virInterfaceGetName(iface));
    virInterfaceFree(iface);
    return true;
}

static bool edit_run(struct vr_cmd *cmd)
{
    vr_auto(interface) virInterfacePtr iface = vr_interface(cmd, "interface", ANY_WAY, NULL);
    if (!iface)
        return false;
    struct edit e = { iface, NULL };
    struct vr_edit how = { .fetch = edit_fetch, .define = edit_define, .opaque = &e };
    int done = vr_edit_xml(cmd, &how);
    if (done == 0)
        vr_print(cmd, _("Interface %s XML configuration not changed.\n"), virInterfaceGetName(iface));
    else if (done > 0)
        vr_print(cmd, _("Interface %s XML configuration edited.\n"), e.name);
    free(e.name);
    return done >= 0;
}
static const struct vr_command cmd_edit = {
    "iface-edit", interface_opts, edit_run, 0, N_("edit an interface's document"), NULL, NULL,
};

VR_SORT_BY_NAME(by_name, virInterfacePtr, virInterfaceGetName)

static bool list_run(struct vr_cmd *cmd)
{
    unsigned flags = VIR_CONNECT_LIST_INTERFACES_ACTIVE;
    if (vr_opt_bool(cmd, "inactive"))
        flags = VIR_CONNECT_LIST_INTERFACES_INACTIVE;
    if (vr_opt_bool(cmd, "all"))
        flags = VIR_CONNECT_LIST_INTERFACES_INACTIVE | VIR_CONNECT_LIST_INTERFACES_ACTIVE;
    virInterfacePtr *all;
    int n = virConnectListAllInterfaces(vr_conn(cmd), &all, flags);
    if (n < 0) {
        return flags & VIR_CONNECT_LIST_INTERFACES_ACTIVE
            ? vr_list_failed(cmd, _("Failed to list interfaces"), virConnectNumOfInterfaces, _("Failed to list active interfaces"))
            : vr_list_failed(cmd, _("Failed to list interfaces"), virConnectNumOfDefinedInterfaces, _("Failed to list inactive interfaces"));
    }
    vr_sort(all, (size_t)n, sizeof(*all), by_name);
    struct vr_table *table = vr_table_new(cmd, _("Name"), _("State"), _("MAC Address"), NULL);
    for (int i = 0; i < n; i++) {
        vr_table_row(table, virInterfaceGetName(all[i]), virInterfaceIsActive(all[i]) == 1 ? _("active") : _("inactive"),
                     virInterfaceGetMACString(all[i]));
        virInterfaceFree(all[i]);
    }
    free(all);
    vr_table_print(table);
    return true;
}
static const struct vr_command cmd_list = {
    "iface-list",
    (const struct vr_opt[]){ { "inactive", VR_OPT_BOOL, .help = N_("interfaces that are down") },
                             { "all", VR_OPT_BOOL, .help = N_("interfaces that are up or down") }, { 0 } },
    list_run, VR_CMD_JSON, N_("list the host's interfaces"), NULL, NULL,
};

static bool name_run(struct vr_cmd *cmd)
{
    vr_auto(interface) virInterfacePtr iface = vr_interface(cmd, "interface", VR_BY_MAC, NULL);
    if (!iface)
        return false;
    vr_print(cmd, "%s\n", virInterfaceGetName(iface));
    return true;
}
static const struct vr_command cmd_name = {
    "iface-name", (const struct vr_opt[]){ { "interface", VR_OPT_DATA, .help = N_("a MAC address") }, { 0 } }, name_run, 0,
    N_("the name of an interface by its MAC address"), NULL, NULL,
};

static bool mac_run(struct vr_cmd *cmd)
{
    vr_auto(interface) virInterfacePtr iface = vr_interface(cmd, "interface", VR_BY_NAME, NULL);
    if (!iface)
        return false;
    vr_print(cmd, "%s\n", virInterfaceGetMACString(iface));
    return true;
}
static const struct vr_command cmd_mac = {
    "iface-mac",
    (const struct vr_opt[]){ { "interface", VR_OPT_DATA, .help = N_("an interface's name"), .complete = vr_complete_iface }, { 0 } },
    mac_run, 0, N_("the MAC address of an interface by its name"), NULL, NULL,
};

/* ---- transactions ------------------------------------------------------------------------------------------------- */

#define CHANGE_RUN(function, call, done, failed)                                                   \
    static bool function(struct vr_cmd *cmd)                                                       \
    {                                                                                              \
        if (call(vr_conn(cmd), 0) < 0)                                                             \
            return vr_complain(cmd, "%s", failed);                                                 \
        vr_print_extra(cmd, "%s", done "\n");                                                      \
        return true;                                                                               \
    }
CHANGE_RUN(begin_run, virInterfaceChangeBegin, "Network config change transaction started",
           "Failed to begin network config change transaction")
CHANGE_RUN(commit_run, virInterfaceChangeCommit, "Network config change transaction committed",
           "Failed to commit network config change transaction")
CHANGE_RUN(rollback_run, virInterfaceChangeRollback, "Network config change transaction rolled back",
           "Failed to rollback network config change transaction")

static const struct vr_command cmd_begin = {
    "iface-begin", NULL, begin_run, 0, N_("keep the host's interfaces as they are now"),
    N_("Keeps the configuration of the host's interfaces; iface-rollback brings it back, iface-commit forgets it."), NULL,
};
static const struct vr_command cmd_commit = {
    "iface-commit", NULL, commit_run, 0, N_("accept what changed since iface-begin"), NULL, NULL,
};
static const struct vr_command cmd_rollback = {
    "iface-rollback", NULL, rollback_run, 0, N_("undo what changed since iface-begin"), NULL, NULL,
};

const struct vr_command *const vr_interface_commands[] = {
    &cmd_begin, &vr_cmd_iface_bridge, &cmd_commit, &cmd_define, &cmd_destroy, &cmd_dumpxml, &cmd_edit, &cmd_list, &cmd_mac, &cmd_name,
    &cmd_rollback, &cmd_start, &vr_cmd_iface_unbridge, &cmd_undefine, NULL,
};

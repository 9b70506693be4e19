/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network filters, and which interface has which. */
#include "document.h"
#include "find.h"
#include "groups.h"

#include <stdlib.h>
#include "base/alloc.h"

static const struct vr_opt filter_opts[] = { VR_OPT_NWFILTER, { 0 } };

static bool define_run(struct vr_cmd *cmd)
{
    const char *path;
    bool validate = vr_opt_bool(cmd, "validate");
    vr_autofree char *xml = vr_opt_string(cmd, "file", &path) ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : NULL;
    if (!xml)
        return false;
    vr_auto(nwfilter) virNWFilterPtr filter = validate ? virNWFilterDefineXMLFlags(vr_conn(cmd), xml, VIR_NWFILTER_DEFINE_VALIDATE)
                                                       : virNWFilterDefineXML(vr_conn(cmd), xml);
    if (!filter)
        return vr_complain(cmd, _("Failed to define network filter from %s"), path);
    vr_print_extra(cmd, _("Network filter %s defined from %s\n"), virNWFilterGetName(filter), path);
    return true;
}
static const struct vr_command cmd_define = {
    "nwfilter-define", (const struct vr_opt[]){ VR_OPT_FILE(N_("file with the filter's document")), VR_OPT_VALIDATE, { 0 } }, define_run, 0,
    N_("define a network filter, or change its definition"), NULL, NULL,
};

static bool undefine_run(struct vr_cmd *cmd)
{
    const char *name = NULL;
    vr_auto(nwfilter) virNWFilterPtr filter = vr_nwfilter(cmd, &name);
    if (!filter)
        return false;
    if (virNWFilterUndefine(filter) < 0)
        return vr_complain(cmd, _("Failed to undefine network filter %s"), name);
    vr_print_extra(cmd, _("Network filter %s undefined\n"), name);
    return true;
}
static const struct vr_command cmd_undefine = {
    "nwfilter-undefine", filter_opts, undefine_run, 0, N_("remove a network filter"), NULL, NULL,
};

static bool dumpxml_run(struct vr_cmd *cmd)
{
    vr_auto(nwfilter) virNWFilterPtr filter = vr_nwfilter(cmd, NULL);
    return filter && vr_document_print(cmd, virNWFilterGetXMLDesc(filter, 0));
}
static const struct vr_command cmd_dumpxml = {
    "nwfilter-dumpxml", (const struct vr_opt[]){ VR_OPT_NWFILTER, VR_OPTS_DOCUMENT, { 0 } }, dumpxml_run, VR_CMD_JSON,
    N_("print a network filter's document"), NULL, NULL,
};

VR_SORT_BY_NAME(by_name, virNWFilterPtr, virNWFilterGetName)

static bool list_run(struct vr_cmd *cmd)
{
    virNWFilterPtr *all;
    int n = virConnectListAllNWFilters(vr_conn(cmd), &all, 0);
    if (n < 0)
        return vr_list_failed(cmd, _("Failed to list network filters"), virConnectNumOfNWFilters, _("Failed to count network filters"));
    vr_sort(all, (size_t)n, sizeof(*all), by_name);
    struct vr_table *table = vr_table_new(cmd, _("UUID"), _("Name"), NULL);
    for (int i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN] = "";
        virNWFilterGetUUIDString(all[i], uuid);
        vr_table_row(table, uuid, virNWFilterGetName(all[i]));
        virNWFilterFree(all[i]);
    }
    free(all);
    vr_table_print(table);
    return true;
}
static const struct vr_command cmd_list = { "nwfilter-list", NULL, list_run, VR_CMD_JSON, N_("list network filters"), NULL, NULL };

struct edit {
    virNWFilterPtr filter;
    char *name;
};

static char *edit_fetch(struct vr_cmd *cmd, void *opaque)
{
    return virNWFilterGetXMLDesc(((struct edit *)opaque)->filter, 0);
}

static bool edit_define(struct vr_cmd *cmd, const char *xml, void *opaque)
{
    struct edit *e = opaque;
    virNWFilterPtr filter = virNWFilterDefineXML(vr_conn(cmd), xml);
    if (!filter)
        return false;
    free(e->name);
    e->name = vr_strdup(virNWFilterGetName(filter));
    virNWFilterFree(filter);
    return true;
}

static bool edit_run(struct vr_cmd *cmd)
{
    vr_auto(nwfilter) virNWFilterPtr filter = vr_nwfilter(cmd, NULL);
    if (!filter)
        return false;
    struct edit e = { filter, NULL };
    struct vr_edit how = { .fetch = edit_fetch, .define = edit_define, .opaque = &e };
    int done = vr_edit_xml(cmd, &how);
    if (done == 0)
        vr_print(cmd, _("Network filter %s XML configuration not changed.\n"), virNWFilterGetName(filter));
    else if (done > 0)
        vr_print(cmd, _("Network filter %s XML configuration edited.\n"), e.name);
    free(e.name);
    return done >= 0;
}
static const struct vr_command cmd_edit = {
    "nwfilter-edit", filter_opts, edit_run, 0, N_("edit a network filter's document"),
    N_("Opens a network filter in $VISUAL or $EDITOR. Running guests get the new rules at once."), NULL,
};

/* ---- bindings ----------------------------------------------------------------------------------------------------- */

static bool binding_create_run(struct vr_cmd *cmd)
{
    const char *path;
    unsigned flags = vr_opt_bool(cmd, "validate") ? VIR_NWFILTER_BINDING_CREATE_VALIDATE : 0;
    vr_autofree char *xml = vr_opt_string(cmd, "file", &path) ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : NULL;
    if (!xml)
        return false;
    vr_auto(binding) virNWFilterBindingPtr binding = virNWFilterBindingCreateXML(vr_conn(cmd), xml, flags);
    if (!binding)
        return vr_complain(cmd, _("Failed to create network filter from %s"), path);
    vr_print_extra(cmd, _("Network filter binding on %s created from %s\n"), virNWFilterBindingGetPortDev(binding), path);
    return true;
}
static const struct vr_command cmd_binding_create = {
    "nwfilter-binding-create", (const struct vr_opt[]){ VR_OPT_FILE(N_("file with the binding's document")), VR_OPT_VALIDATE, { 0 } },
    binding_create_run, 0, N_("have a filter work on an interface"), NULL, NULL,
};

static bool binding_delete_run(struct vr_cmd *cmd)
{
    const char *name = NULL;
    vr_auto(binding) virNWFilterBindingPtr binding = vr_binding(cmd, &name);
    if (!binding)
        return false;
    if (virNWFilterBindingDelete(binding) < 0)
        return vr_complain(cmd, _("Failed to delete network filter binding on %s"), name);
    vr_print_extra(cmd, _("Network filter binding on %s deleted\n"), name);
    return true;
}
static const struct vr_command cmd_binding_delete = {
    "nwfilter-binding-delete", (const struct vr_opt[]){ VR_OPT_BINDING, { 0 } }, binding_delete_run, 0,
    N_("take the filter from an interface"), NULL, NULL,
};

static bool binding_dumpxml_run(struct vr_cmd *cmd)
{
    vr_auto(binding) virNWFilterBindingPtr binding = vr_binding(cmd, NULL);
    return binding && vr_document_print(cmd, virNWFilterBindingGetXMLDesc(binding, 0));
}
static const struct vr_command cmd_binding_dumpxml = {
    "nwfilter-binding-dumpxml", (const struct vr_opt[]){ VR_OPT_BINDING, VR_OPTS_DOCUMENT, { 0 } }, binding_dumpxml_run, VR_CMD_JSON,
    N_("print a binding's document"), NULL, NULL,
};

VR_SORT_BY_NAME(by_device, virNWFilterBindingPtr, virNWFilterBindingGetPortDev)

static bool binding_list_run(struct vr_cmd *cmd)
{
    virNWFilterBindingPtr *all;
    int n = virConnectListAllNWFilterBindings(vr_conn(cmd), &all, 0);
    if (n < 0)
        return vr_complain(cmd, "%s", _("Failed to list network filter bindings"));
    vr_sort(all, (size_t)n, sizeof(*all), by_device);
    struct vr_table *table = vr_table_new(cmd, _("Port Dev"), _("Filter"), NULL);
    for (int i = 0; i < n; i++) {
        vr_table_row(table, virNWFilterBindingGetPortDev(all[i]), virNWFilterBindingGetFilterName(all[i]));
        virNWFilterBindingFree(all[i]);
    }
    free(all);
    vr_table_print(table);
    return true;
}
static const struct vr_command cmd_binding_list = {
    "nwfilter-binding-list", NULL, binding_list_run, VR_CMD_JSON, N_("list which interface has which filter"), NULL, NULL,
};

const struct vr_command *const vr_nwfilter_commands[] = {
    &cmd_define, &cmd_dumpxml, &cmd_edit, &cmd_list, &cmd_undefine, &cmd_binding_create, &cmd_binding_delete, &cmd_binding_dumpxml,
    &cmd_binding_list, NULL,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots of a guest: what there is, going back, deleting, editing. */
#include "snapshot.h"
#include "document.h"
#include "groups.h"

#include <stdlib.h>
#include "base/alloc.h"
#include "base/str.h"

virDomainSnapshotPtr vr_snapshot(struct vr_cmd *cmd, virDomainPtr dom, const char *option, bool current_allowed)
{
    const char *name;
    bool current = current_allowed && vr_opt_bool(cmd, "current");
    if (!vr_opt_string(cmd, option, &name))
        return NULL;
    if (current && name) {
        vr_complain(cmd, _("--%s and --current are mutually exclusive"), option);
        return NULL;
    }
    if (name)
        return virDomainSnapshotLookupByName(dom, name, 0);
    if (current)
        return virDomainSnapshotCurrent(dom, 0);
    vr_complain(cmd, _("--%s or --current is required"), option);
    return NULL;
}

bool vr_snapshot_parent(struct vr_cmd *cmd, virDomainSnapshotPtr snapshot, char **parent)
{
    *parent = NULL;
    vr_auto(snapshot) virDomainSnapshotPtr of = virDomainSnapshotGetParent(snapshot, 0);
    if (of) {
        *parent = vr_strdup(virDomainSnapshotGetName(of));
        return true;
    }
    if (vr_last_code(cmd) != VIR_ERR_NO_DOMAIN_SNAPSHOT)
        return vr_complain(cmd, "%s", _("unable to determine if snapshot has parent"));
    vr_forget_error(cmd);
    return true;
}

void vr_complete_snapshot(struct vr_cmd *cmd, struct vr_completion *to)
{
    const char *name = vr_opt_raw(cmd, "domain");
    vr_auto(domain) virDomainPtr dom = name ? vr_domain_text(cmd, name, VR_BY_ANY) : NULL;
    virDomainSnapshotPtr *all;
    int n = dom ? virDomainListAllSnapshots(dom, &all, 0) : -1;
    for (int i = 0; i < n; i++) {
        vr_complete_add(to, virDomainSnapshotGetName(all[i]));
        virDomainSnapshotFree(all[i]);
    }
    if (n >= 0)
        free(all);
}

/* ---- looking ------------------------------------------------------------------------------------------------------ */

static bool dumpxml_run(struct vr_cmd *cmd)
{
    const char *name;
    unsigned flags = vr_opt_bool(cmd, "security-info") ? VIR_DOMAIN_SNAPSHOT_XML_SECURE : 0;
    if (!vr_opt_string(cmd, "snapshotname", &name))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    vr_auto(snapshot) virDomainSnapshotPtr snapshot = dom ? virDomainSnapshotLookupByName(dom, name, 0) : NULL;
    return snapshot && vr_document_print(cmd, virDomainSnapshotGetXMLDesc(snapshot, flags));
}
static const struct vr_command cmd_dumpxml = {
    "snapshot-dumpxml",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        { "snapshotname", VR_OPT_DATA, .help = N_("a snapshot's name"), .complete = vr_complete_snapshot },
        { "security-info", VR_OPT_BOOL, .help = N_("with passwords") },
        VR_OPTS_DOCUMENT,
        { 0 } },
    dumpxml_run, VR_CMD_JSON, N_("print a snapshot's document"), NULL, NULL,
};

static bool is_external(const char *xml, const char *state)
{
    static const char where[] = "boolean(/domainsnapshot/memory[@snapshot='external'] | /domainsnapshot/disks/disk[@snapshot='external'])";
    if (vr_streq(state, "disk-snapshot"))
        return true;
    return vr_document_true(xml, where);
}

static bool info_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    vr_auto(snapshot) virDomainSnapshotPtr snapshot = dom ? vr_snapshot(cmd, dom, "snapshotname", true) : NULL;
    if (!snapshot)
        return false;
    vr_autofree char *xml = virDomainSnapshotGetXMLDesc(snapshot, 0);
    vr_autofree char *state = xml ? vr_document_string(xml, "string(/domainsnapshot/state)") : NULL;
    if (!state)
        return xml ? vr_complain(cmd, "%s", _("unexpected problem reading snapshot xml")) : false;
    VR_AUTO(vr_info) *info = vr_info_new(cmd, "%-15s %s\n");
    vr_info_str(info, _("Name:"), "%s", virDomainSnapshotGetName(snapshot));
    vr_info_str(info, _("Domain:"), "%s", virDomainGetName(dom));
    int current = virDomainSnapshotIsCurrent(snapshot, 0);
    if (current >= 0)
        vr_info_bool(info, _("Current:"), current, _("yes"), _("no"));
    vr_info_str(info, _("State:"), "%s", state);
    vr_info_str(info, _("Location:"), "%s", is_external(xml, state) ? _("external") : _("internal"));
    vr_autofree char *parent = NULL;
    if (!vr_snapshot_parent(cmd, snapshot, &parent))
        return false;
    vr_info_str(info, _("Parent:"), "%s", parent ? parent : "-");
    int children = virDomainSnapshotNumChildren(snapshot, 0);
    int descendants = children < 0 ? -1 : virDomainSnapshotNumChildren(snapshot, VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS);
    if (descendants >= 0) {
        vr_info_int(info, _("Children:"), children, NULL);
        vr_info_int(info, _("Descendants:"), descendants, NULL);
    }
    int metadata = virDomainSnapshotHasMetadata(snapshot, 0);
    if (metadata >= 0)
        vr_info_bool(info, _("Metadata:"), metadata, _("yes"), _("no"));
    vr_forget_error(cmd);
    vr_info_done(vr_take(info));
    return true;
}
static const struct vr_command cmd_info = {
    "snapshot-info",
    (const struct vr_opt[]){ VR_OPT_DOMAIN, VR_OPT_SNAPSHOT(N_("a snapshot's name")),
                             { "current", VR_OPT_BOOL, .help = N_("the current snapshot") }, { 0 } },
    info_run, VR_CMD_JSON, N_("show a snapshot"), NULL, NULL,
};

static bool parent_run(struct vr_cmd *cmd)
{
    vr_autofree char *parent = NULL;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    vr_auto(snapshot) virDomainSnapshotPtr snapshot = dom ? vr_snapshot(cmd, dom, "snapshotname", true) : NULL;
    if (!snapshot || !vr_snapshot_parent(cmd, snapshot, &parent))
        return false;
    if (!parent)
        return vr_complain(cmd, _("snapshot '%s' has no parent"), virDomainSnapshotGetName(snapshot));
    vr_print(cmd, "%s", parent);
    return true;
}
static const struct vr_command cmd_parent = {
    "snapshot-parent",
    (const struct vr_opt[]){ VR_OPT_DOMAIN, VR_OPT_SNAPSHOT(N_("a snapshot's name")),
                             { "current", VR_OPT_BOOL, .help = N_("the current snapshot") }, { 0 } },
    parent_run, 0, N_("print the name of the snapshot before one"), NULL, NULL,
};

/* ---- the current one ---------------------------------------------------------------------------------------------- */

static bool make_current(struct vr_cmd *cmd, virDomainPtr dom, const char *name)
{
    vr_auto(snapshot) virDomainSnapshotPtr old = virDomainSnapshotLookupByName(dom, name, 0);
    vr_autofree char *xml = old ? virDomainSnapshotGetXMLDesc(old, VIR_DOMAIN_SNAPSHOT_XML_SECURE) : NULL;
    if (!xml)
        return false;
    vr_auto(snapshot) virDomainSnapshotPtr now =
        virDomainSnapshotCreateXML(dom, xml, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT);
    if (!now)
        return false;
    vr_print_extra(cmd, _("Snapshot %s set as current"), name);
    return true;
}

static bool current_run(struct vr_cmd *cmd)
{
    const char *name;
    unsigned flags = vr_opt_bool(cmd, "security-info") ? VIR_DOMAIN_SNAPSHOT_XML_SECURE : 0;
    if (!vr_opt_exclusive(cmd, "name", "snapshotname"))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "snapshotname", &name))
        return false;
    if (name)
        return make_current(cmd, dom, name);
    int has = virDomainHasCurrentSnapshot(dom, 0);
    if (has < 0)
        return false;
    if (!has)
        return vr_complain(cmd, _("domain '%s' has no current snapshot"), vr_opt_raw(cmd, "domain"));
    vr_auto(snapshot) virDomainSnapshotPtr snapshot = virDomainSnapshotCurrent(dom, 0);
    if (!snapshot)
        return false;
    if (vr_opt_bool(cmd, "name")) {
        vr_print(cmd, "%s", virDomainSnapshotGetName(snapshot));
        return true;
    }
    vr_autofree char *xml = virDomainSnapshotGetXMLDesc(snapshot, flags);
    if (!xml)
        return false;
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, "xml", xml);
    else
        vr_print(cmd, "%s", xml);
    return true;
}
static const struct vr_command cmd_current = {
    "snapshot-current",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        { "name", VR_OPT_BOOL, .help = N_("its name, not its document") },
        { "security-info", VR_OPT_BOOL, .help = N_("with passwords") },
        VR_OPT_SNAPSHOT(N_("make this one the current one")),
        { 0 } },
    current_run, VR_CMD_JSON, N_("show or set the current snapshot"), NULL, NULL,
};

/* ---- changing ----------------------------------------------------------------------------------------------------- */

static bool delete_run(struct vr_cmd *cmd)
{
    bool only = vr_opt_bool(cmd, "children-only");
    unsigned flags = (vr_opt_bool(cmd, "children") ? VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN : 0) |
        (only ? VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY : 0) |
        (vr_opt_bool(cmd, "metadata") ? VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY : 0);
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    vr_auto(snapshot) virDomainSnapshotPtr snapshot = dom ? vr_snapshot(cmd, dom, "snapshotname", true) : NULL;
    if (!snapshot)
        return false;
    const char *name = virDomainSnapshotGetName(snapshot);
    if (virDomainSnapshotDelete(snapshot, flags) < 0)
        return vr_complain(cmd, _("Failed to delete snapshot %s"), name);
    vr_print_extra(cmd, only ? _("Domain snapshot %s children deleted\n") : _("Domain snapshot %s deleted\n"), name);
    return true;
}
static const struct vr_command cmd_delete = {
    "snapshot-delete",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        VR_OPT_SNAPSHOT(N_("a snapshot's name")),
        { "current", VR_OPT_BOOL, .help = N_("the current snapshot") },
        { "children", VR_OPT_BOOL, .help = N_("it and all that came after it") },
        { "children-only", VR_OPT_BOOL, .help = N_("all that came after it, not itself") },
        { "metadata", VR_OPT_BOOL, .help = N_("forget it only; what it keeps stays where it is") },
        { 0 } },
    delete_run, 0, N_("delete a snapshot"), NULL, NULL,
};

static bool revert_run(struct vr_cmd *cmd)
{
    unsigned flags = (vr_opt_bool(cmd, "running") ? VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING : 0) |
        (vr_opt_bool(cmd, "paused") ? VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED : 0) |
        (vr_opt_bool(cmd, "force") ? VIR_DOMAIN_SNAPSHOT_REVERT_FORCE : 0) |
        (vr_opt_bool(cmd, "reset-nvram") ? VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM : 0);
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    vr_auto(snapshot) virDomainSnapshotPtr snapshot = dom ? vr_snapshot(cmd, dom, "snapshotname", true) : NULL;
    if (!snapshot)
        return false;
    const char *name = virDomainSnapshotGetName(snapshot);
    if (virDomainRevertToSnapshot(snapshot, flags) < 0)
        return vr_complain(cmd, _("Failed to revert snapshot %s"), name);
    vr_print_extra(cmd, _("Domain snapshot %s reverted\n"), name);
    return true;
}
static const struct vr_command cmd_revert = {
    "snapshot-revert",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        VR_OPT_SNAPSHOT(N_("a snapshot's name")),
        { "current", VR_OPT_BOOL, .help = N_("the current snapshot") },
        { "running", VR_OPT_BOOL, .help = N_("the guest runs afterwards") },
        { "paused", VR_OPT_BOOL, .help = N_("the guest is paused afterwards") },
        { "force", VR_OPT_BOOL, .help = N_("also where the guest has to be started anew for it") },
        { "reset-nvram", VR_OPT_BOOL, .help = N_("with fresh firmware variables") },
        { 0 } },
    revert_run, 0, N_("put a guest back to a snapshot"),
    N_("Puts a guest's disks and, where it has that, its memory back to a snapshot. What changed since is lost."), NULL,
};

struct edit {
    virDomainPtr dom;
    virDomainSnapshotPtr snapshot;
    unsigned flags;
    virDomainSnapshotPtr made; /* by the last definition */
};

static char *edit_fetch(struct vr_cmd *cmd, void *opaque)
{
    return virDomainSnapshotGetXMLDesc(((struct edit *)opaque)->snapshot, VIR_DOMAIN_SNAPSHOT_XML_SECURE);
}

static bool edit_define(struct vr_cmd *cmd, const char *xml, void *opaque)
{
    struct edit *e = opaque;
    virDomainSnapshotPtr made = virDomainSnapshotCreateXML(e->dom, xml, e->flags);
    if (made) {
        if (e->made)
            virDomainSnapshotFree(e->made);
        e->made = made;
    }
    return made != NULL;
}

/* An edited name means a second snapshot: which of the two is to stay must have been said. */
static bool after_edit(struct vr_cmd *cmd, const struct edit *e)
{
    const char *old = virDomainSnapshotGetName(e->snapshot), *now = virDomainSnapshotGetName(e->made);
    if (vr_streq(old, now)) {
        vr_print(cmd, _("Snapshot %s edited.\n"), old);
        return true;
    }
    if (vr_opt_bool(cmd, "clone")) {
        vr_print(cmd, _("Snapshot %s cloned to %s.\n"), old, now);
        return true;
    }
    bool rename = vr_opt_bool(cmd, "rename");
    if (virDomainSnapshotDelete(rename ? e->snapshot : e->made, VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY) < 0) {
        vr_report_error(cmd);
        return vr_complain(cmd, _("Failed to clean up %s"), rename ? old : now);
    }
    return rename || vr_complain(cmd, _("Must use --rename or --clone to change %s to %s"), old, now);
}

static bool edit_run(struct vr_cmd *cmd)
{
    const char *name;
    struct edit e = { .flags = VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE };
    if (!vr_opt_exclusive(cmd, "rename", "clone") || !vr_opt_string(cmd, "snapshotname", &name))
        return false;
    bool current = vr_opt_bool(cmd, "current");
    if (name && current)
        e.flags |= VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    vr_auto(snapshot) virDomainSnapshotPtr snapshot = name ? virDomainSnapshotLookupByName(dom, name, 0)
                                                          : vr_snapshot(cmd, dom, "snapshotname", true);
    if (!snapshot)
        return false;
    e.dom = dom;
    e.snapshot = snapshot;
    if (!name && virDomainSnapshotIsCurrent(snapshot, 0) == 1)
        e.flags |= VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT;
    struct vr_edit how = { .fetch = edit_fetch, .define = edit_define, .opaque = &e };
    int done = vr_edit_xml(cmd, &how);
    bool ok = done >= 0;
    if (done == 0)
        vr_print(cmd, _("Snapshot %s XML configuration not changed.\n"), virDomainSnapshotGetName(snapshot));
    else if (done > 0)
        ok = after_edit(cmd, &e);
    if (e.made)
        virDomainSnapshotFree(e.made);
    return ok;
}
static const struct vr_command cmd_edit = {
    "snapshot-edit",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        VR_OPT_SNAPSHOT(N_("a snapshot's name")),
        { "current", VR_OPT_BOOL, .help = N_("the current snapshot; with a name: make that one current") },
        { "rename", VR_OPT_BOOL, .help = N_("an edited name is the snapshot's new name") },
        { "clone", VR_OPT_BOOL, .help = N_("an edited name is that of a second snapshot") },
        { 0 } },
    edit_run, 0, N_("edit a snapshot's document"), NULL, NULL,
};

const struct vr_command *const vr_snapshot_commands[] = {
    &vr_cmd_snapshot_create, &vr_cmd_snapshot_create_as, &cmd_current, &cmd_delete, &cmd_dumpxml, &cmd_edit, &cmd_info, &vr_cmd_snapshot_list,
    &cmd_parent, &cmd_revert, NULL,
};

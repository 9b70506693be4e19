/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots of a guest listed, as a table, as names or as a tree. */
#include "document.h"
#include "groups.h"
#include "moment.h"
#include "snapshot.h"
#include "tree.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"

static const struct {
    const char *option;
    unsigned flag;
} filters[] = {
    { "leaves", VIR_DOMAIN_SNAPSHOT_LIST_LEAVES },           { "no-leaves", VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES },
    { "metadata", VIR_DOMAIN_SNAPSHOT_LIST_METADATA },       { "no-metadata", VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA },
    { "inactive", VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE },       { "active", VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE },
    { "disk-only", VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY },     { "internal", VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL },
    { "external", VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL },       { "topological", VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL },
};

static int by_name(const void *a, const void *b)
{
    return strcasecmp(virDomainSnapshotGetName(*(virDomainSnapshotPtr const *)a), virDomainSnapshotGetName(*(virDomainSnapshotPtr const *)b));
}

struct list {
    virDomainSnapshotPtr *all;
    int n;
};

static void list_done(struct list *list)
{
    for (int i = 0; i < list->n; i++)
        virDomainSnapshotFree(list->all[i]);
    if (list->n >= 0)
        free(list->all);
}

static bool collect(struct vr_cmd *cmd, virDomainPtr dom, virDomainSnapshotPtr from, struct list *list)
{
    unsigned flags = 0;
    for (size_t i = 0; i < VR_COUNT(filters); i++)
        flags |= vr_opt_bool(cmd, filters[i].option) ? filters[i].flag : 0;
    if (from) {
        if (vr_opt_bool(cmd, "descendants"))
            flags |= VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS;
        list->n = virDomainSnapshotListAllChildren(from, &list->all, flags);
    } else {
        if (vr_opt_bool(cmd, "roots"))
            flags |= VIR_DOMAIN_SNAPSHOT_LIST_ROOTS;
        list->n = virDomainListAllSnapshots(dom, &list->all, flags);
    }
    if (list->n < 0)
        return vr_complain(cmd, "%s", _("failed to collect snapshot list"));
    if (!vr_opt_bool(cmd, "topological"))
        vr_sort(list->all, (size_t)list->n, sizeof(*list->all), by_name);
    return true;
}

/* The one that --from names is the root of its tree. */
static bool print_tree(struct vr_cmd *cmd, const struct list *list, virDomainSnapshotPtr from)
{
    size_t n = 0;
    VR_AUTO(vr_map) *index = vr_map_new();
    vr_autofree const char **names = vr_alloc(((size_t)list->n + 2) * sizeof(*names));
    vr_autofree int *parents = vr_alloc(((size_t)list->n + 2) * sizeof(*parents));
    if (from)
        names[n++] = virDomainSnapshotGetName(from);
    for (int i = 0; i < list->n; i++)
        names[n++] = virDomainSnapshotGetName(list->all[i]);
    for (size_t i = 0; i < n; i++)
        vr_map_put_str(index, names[i], &names[i]);
    for (size_t i = 0; i < n; i++) {
        vr_autofree char *parent = NULL;
        parents[i] = -1;
        if (from && i == 0)
            continue;
        if (!vr_snapshot_parent(cmd, list->all[from ? i - 1 : i], &parent))
            return false;
        const char **at = parent ? vr_map_get_str(index, parent) : NULL;
        parents[i] = at ? (int)(at - names) : -1;
    }
    struct vr_tree tree = { n, names, parents };
    vr_tree_print(cmd, &tree);
    return true;
}

static bool print_table(struct vr_cmd *cmd, const struct list *list, bool parents)
{
    VR_AUTO(vr_table) *table = parents ? vr_table_new(cmd, _("Name"), _("Creation Time"), _("State"), _("Parent"), NULL)
                                       : vr_table_new(cmd, _("Name"), _("Creation Time"), _("State"), NULL);
    for (int i = 0; i < list->n; i++) {
        vr_autofree char *xml = virDomainSnapshotGetXMLDesc(list->all[i], 0);
        vr_autofree char *state = xml ? vr_document_string(xml, "string(/domainsnapshot/state)") : NULL;
        vr_autofree char *parent = NULL;
        char when[64];
        if (!xml) { /* gone meanwhile is no failure */
            if (vr_last_code(cmd) != VIR_ERR_NO_DOMAIN_SNAPSHOT)
                return false;
            vr_forget_error(cmd);
            continue;
        }
        if (!vr_moment_time(xml, "string(/domainsnapshot/creationTime)", when, sizeof(when)))
            continue;
        if (parents)
            parent = vr_document_string(xml, "string(/domainsnapshot/parent/name)");
        vr_table_row(table, virDomainSnapshotGetName(list->all[i]), when, state, parent);
    }
    vr_table_print(vr_take(table));
    return true;
}

static bool exclusive(struct vr_cmd *cmd)
{
    static const char *const pairs[][2] = {
        { "tree", "name" }, { "parent", "roots" }, { "parent", "tree" }, { "roots", "tree" }, { "roots", "from" }, { "roots", "current" },
    };
    for (size_t i = 0; i < VR_COUNT(pairs); i++)
        if (!vr_opt_exclusive(cmd, pairs[i][0], pairs[i][1]))
            return false;
    return true;
}

static bool list_run(struct vr_cmd *cmd)
{
    bool tree = vr_opt_bool(cmd, "tree"), name = vr_opt_bool(cmd, "name");
    bool has_from = vr_opt_raw(cmd, "from") || vr_opt_bool(cmd, "current");
    if (!exclusive(cmd))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    vr_auto(snapshot) virDomainSnapshotPtr from = NULL;
    if (has_from && !(from = vr_snapshot(cmd, dom, "from", true)))
        return false;
    if (vr_opt_bool(cmd, "descendants") && !from)
        return vr_complain(cmd, "%s", _("--descendants requires either --from or --current"));
    __attribute__((cleanup(list_done))) struct list list = { NULL, -1 };
    if (!collect(cmd, dom, from, &list))
        return false;
    if (tree && !vr_json_wanted(cmd))
        return print_tree(cmd, &list, from);
    if (!name || vr_json_wanted(cmd))
        return print_table(cmd, &list, vr_opt_bool(cmd, "parent"));
    for (int i = 0; i < list.n; i++)
        vr_print(cmd, "%s\n", virDomainSnapshotGetName(list.all[i]));
    return true;
}
const struct vr_command vr_cmd_snapshot_list = {
    "snapshot-list",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        { "parent", VR_OPT_BOOL, .help = N_("show the snapshot before each") },
        { "roots", VR_OPT_BOOL, .help = N_("only those without one before") },
        { "leaves", VR_OPT_BOOL, .help = N_("only those without one after") },
        { "no-leaves", VR_OPT_BOOL, .help = N_("only those with one after") },
        { "metadata", VR_OPT_BOOL, .help = N_("only those that keep the guest from being undefined") },
        { "no-metadata", VR_OPT_BOOL, .help = N_("only those that do not") },
        { "inactive", VR_OPT_BOOL, .help = N_("only those made while the guest did not run") },
        { "active", VR_OPT_BOOL, .help = N_("only those made with the guest's memory") },
        { "disk-only", VR_OPT_BOOL, .help = N_("only those of disks alone") },
        { "internal", VR_OPT_BOOL, .help = N_("only those kept within the disk images") },
        { "external", VR_OPT_BOOL, .help = N_("only those kept in files of their own") },
        { "tree", VR_OPT_BOOL, .help = N_("draw which came after which") },
        { "from", VR_OPT_STRING, .help = N_("only those after this one"), .complete = vr_complete_snapshot },
        { "current", VR_OPT_BOOL, .help = N_("only those after the current one") },
        { "descendants", VR_OPT_BOOL, .help = N_("with --from or --current: at any distance") },
        { "name", VR_OPT_BOOL, .help = N_("print names") },
        { "topological", VR_OPT_BOOL, .help = N_("each behind the one it came after") },
        { 0 } },
    list_run, VR_CMD_JSON, N_("list the snapshots of a guest"), NULL, NULL,
};

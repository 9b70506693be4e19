/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checkpoints of a guest's disks, from which incremental backups count; and the backups. */
#include "document.h"
#include "groups.h"
#include "moment.h"
#include "tree.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"

static virDomainCheckpointPtr lookup(struct vr_cmd *cmd, virDomainPtr dom, const char *option)
{
    const char *name;
    if (!vr_opt_string(cmd, option, &name))
        return NULL;
    if (name)
        return virDomainCheckpointLookupByName(dom, name, 0);
    vr_complain(cmd, _("--%s is required"), option);
    return NULL;
}

/** The name of the parent in *out, NULL for none. malloc'd. */
static bool parent_of(struct vr_cmd *cmd, virDomainCheckpointPtr checkpoint, char **out)
{
    *out = NULL;
    vr_auto(checkpoint) virDomainCheckpointPtr parent = virDomainCheckpointGetParent(checkpoint, 0);
    if (parent) {
        *out = vr_strdup(virDomainCheckpointGetName(parent));
        return true;
    }
    if (vr_last_code(cmd) != VIR_ERR_NO_DOMAIN_CHECKPOINT)
        return vr_complain(cmd, "%s", _("unable to determine if checkpoint has parent"));
    vr_forget_error(cmd);
    return true;
}

static void complete_checkpoint(struct vr_cmd *cmd, struct vr_completion *to)
{
    const char *name = vr_opt_raw(cmd, "domain");
    vr_auto(domain) virDomainPtr dom = name ? vr_domain_text(cmd, name, VR_BY_ANY) : NULL;
    virDomainCheckpointPtr *all;
    int n = dom ? virDomainListAllCheckpoints(dom, &all, 0) : -1;
    for (int i = 0; i < n; i++) {
        vr_complete_add(to, virDomainCheckpointGetName(all[i]));
        virDomainCheckpointFree(all[i]);
    }
    if (n >= 0)
        free(all);
}
#define OPT_CHECKPOINT { "checkpointname", VR_OPT_STRING, .help = N_("a checkpoint's name"), .complete = complete_checkpoint }

/* ---- making ------------------------------------------------------------------------------------------------------- */

static bool make(struct vr_cmd *cmd, virDomainPtr dom, const char *xml, unsigned flags, const char *from)
{
    vr_auto(checkpoint) virDomainCheckpointPtr checkpoint = virDomainCheckpointCreateXML(dom, xml, flags);
    if (!checkpoint)
        return false;
    const char *name = virDomainCheckpointGetName(checkpoint);
    if (!name)
        return vr_complain(cmd, "%s", _("Could not get checkpoint name"));
    if (from)
        vr_print_extra(cmd, _("Domain checkpoint %s created from '%s'"), name, from);
    else
        vr_print_extra(cmd, _("Domain checkpoint %s created"), name);
    return true;
}

static bool create_run(struct vr_cmd *cmd)
{
    const char *path;
    unsigned flags = (vr_opt_bool(cmd, "redefine") ? VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE : 0) |
        (vr_opt_bool(cmd, "redefine-validate") ? VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE : 0) |
        (vr_opt_bool(cmd, "quiesce") ? VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE : 0);
    if (!vr_opt_requires(cmd, "redefine-validate", "redefine"))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "xmlfile", &path))
        return false;
    vr_autofree char *xml = path ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : vr_strdup("<domaincheckpoint/>");
    return xml && make(cmd, dom, xml, flags, path);
}
static const struct vr_command cmd_create = {
    "checkpoint-create",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        { "xmlfile", VR_OPT_STRING, .help = N_("file with the checkpoint's document"), .complete = vr_complete_file },
        { "redefine", VR_OPT_BOOL, .help = N_("record one that exists; nothing is made") },
        { "redefine-validate", VR_OPT_BOOL, .help = N_("with --redefine: see whether the disks have it") },
        { "quiesce", VR_OPT_BOOL, .help = N_("have the guest's agent freeze its file systems meanwhile") },
        { 0 } },
    create_run, 0, N_("make a checkpoint from a document"), NULL, NULL,
};

/* "disk[,checkpoint=type][,bitmap=name]" */
static bool disk(struct vr_cmd *cmd, struct vr_buf *to, const char *spec)
{
    const char *kind = NULL, *bitmap = NULL, *value;
    char **parts = vr_parts(spec);
    bool ok = *parts[0];
    for (char **p = parts + 1; ok && *p; p++) {
        if (!kind && (value = vr_part_value(*p, "checkpoint")))
            kind = value;
        else if (!bitmap && (value = vr_part_value(*p, "bitmap")))
            bitmap = value;
        else
            ok = false;
    }
    if (ok) {
        const struct { const char *name, *value; } attrs[] = { { "name", parts[0] }, { "checkpoint", kind }, { "bitmap", bitmap } };
        vr_buf_str(to, "    <disk");
        for (size_t i = 0; i < VR_COUNT(attrs); i++) {
            if (!attrs[i].value)
                continue;
            vr_buf_printf(to, " %s='", attrs[i].name);
            vr_document_escape(to, attrs[i].value);
            vr_buf_char(to, '\'');
        }
        vr_buf_str(to, "/>\n");
    } else {
        vr_complain(cmd, _("unable to parse diskspec: %s"), spec);
    }
    vr_parts_free(parts);
    return ok;
}

static bool create_as_run(struct vr_cmd *cmd)
{
    const char *name, *description, *spec;
    vr_autobuf struct vr_buf xml = VR_BUF_INIT;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "name", &name) || !vr_opt_string(cmd, "description", &description))
        return false;
    const struct { const char *tag, *text; } texts[] = { { "name", name }, { "description", description } };
    vr_buf_str(&xml, "<domaincheckpoint>\n");
    for (size_t i = 0; i < VR_COUNT(texts); i++) {
        if (!texts[i].text)
            continue;
        vr_buf_printf(&xml, "  <%s>", texts[i].tag);
        vr_document_escape(&xml, texts[i].text);
        vr_buf_printf(&xml, "</%s>\n", texts[i].tag);
    }
    for (size_t i = 0; (spec = vr_opt_argv(cmd, i)); i++) {
        if (i == 0)
            vr_buf_str(&xml, "  <disks>\n");
        if (!disk(cmd, &xml, spec))
            return false;
    }
    vr_buf_str(&xml, vr_opt_argv(cmd, 0) ? "  </disks>\n</domaincheckpoint>\n" : "</domaincheckpoint>\n");
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s\n", xml.data);
        return true;
    }
    return make(cmd, dom, xml.data, vr_opt_bool(cmd, "quiesce") ? VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE : 0, NULL);
}
static const struct vr_command cmd_create_as = {
    "checkpoint-create-as",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        { "name", VR_OPT_STRING, .help = N_("the checkpoint's name") },
        { "description", VR_OPT_STRING, .help = N_("a sentence about it") },
        { "print-xml", VR_OPT_BOOL, .help = N_("print the document and do nothing") },
        { "quiesce", VR_OPT_BOOL, .help = N_("have the guest's agent freeze its file systems meanwhile") },
        { "diskspec", VR_OPT_ARGV, .help = N_("a disk: disk[,checkpoint=type][,bitmap=name]") },
        { 0 } },
    create_as_run, 0, N_("make a checkpoint described by options"), NULL, NULL,
};

/* ---- looking ------------------------------------------------------------------------------------------------------ */

static bool dumpxml_run(struct vr_cmd *cmd)
{
    unsigned flags = (vr_opt_bool(cmd, "security-info") ? VIR_DOMAIN_CHECKPOINT_XML_SECURE : 0) |
        (vr_opt_bool(cmd, "no-domain") ? VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN : 0) |
        (vr_opt_bool(cmd, "size") ? VIR_DOMAIN_CHECKPOINT_XML_SIZE : 0);
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    vr_auto(checkpoint) virDomainCheckpointPtr checkpoint = dom ? lookup(cmd, dom, "checkpointname") : NULL;
    return checkpoint && vr_document_print(cmd, virDomainCheckpointGetXMLDesc(checkpoint, flags));
}
static const struct vr_command cmd_dumpxml = {
    "checkpoint-dumpxml",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        OPT_CHECKPOINT,
        { "security-info", VR_OPT_BOOL, .help = N_("with passwords") },
        { "no-domain", VR_OPT_BOOL, .help = N_("without the guest's document in it") },
        { "size", VR_OPT_BOOL, .help = N_("with how large a backup from there on would be") },
        VR_OPTS_DOCUMENT,
        { 0 } },
    dumpxml_run, VR_CMD_JSON, N_("print a checkpoint's document"), NULL, NULL,
};

static bool info_run(struct vr_cmd *cmd)
{
    vr_autofree char *parent = NULL;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    vr_auto(checkpoint) virDomainCheckpointPtr checkpoint = dom ? lookup(cmd, dom, "checkpointname") : NULL;
    if (!checkpoint)
        return false;
    VR_AUTO(vr_info) *info = vr_info_new(cmd, "%-15s %s\n");
    vr_info_str(info, _("Name:"), "%s", virDomainCheckpointGetName(checkpoint));
    vr_info_str(info, _("Domain:"), "%s", virDomainGetName(dom));
    if (!parent_of(cmd, checkpoint, &parent))
        return vr_complain(cmd, "%s", _("unexpected problem querying checkpoint state"));
    vr_info_str(info, _("Parent:"), "%s", parent ? parent : "-");
    int children = virDomainCheckpointListAllChildren(checkpoint, NULL, 0);
    int descendants = children < 0 ? -1
        : virDomainCheckpointListAllChildren(checkpoint, NULL, VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS);
    if (children >= 0 && descendants >= 0) {
        vr_info_int(info, _("Children:"), children, NULL);
        vr_info_int(info, _("Descendants:"), descendants, NULL);
    }
    vr_forget_error(cmd);
    vr_info_done(vr_take(info));
    return true;
}
static const struct vr_command cmd_info = {
    "checkpoint-info", (const struct vr_opt[]){ VR_OPT_DOMAIN, OPT_CHECKPOINT, { 0 } }, info_run, VR_CMD_JSON, N_("show a checkpoint"), NULL, NULL,
};

static bool parent_run(struct vr_cmd *cmd)
{
    vr_autofree char *parent = NULL;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    vr_auto(checkpoint) virDomainCheckpointPtr checkpoint = dom ? lookup(cmd, dom, "checkpointname") : NULL;
    if (!checkpoint || !parent_of(cmd, checkpoint, &parent))
        return false;
    if (!parent)
        return vr_complain(cmd, _("checkpoint '%s' has no parent"), virDomainCheckpointGetName(checkpoint));
    vr_print(cmd, "%s", parent);
    return true;
}
static const struct vr_command cmd_parent = {
    "checkpoint-parent", (const struct vr_opt[]){ VR_OPT_DOMAIN, OPT_CHECKPOINT, { 0 } }, parent_run, 0,
    N_("print the name of the checkpoint before one"), NULL, NULL,
};

/* ---- list --------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcasecmp(virDomainCheckpointGetName(*(virDomainCheckpointPtr const *)a),
                      virDomainCheckpointGetName(*(virDomainCheckpointPtr const *)b));
}

static bool print_tree(struct vr_cmd *cmd, virDomainCheckpointPtr *all, int count, virDomainCheckpointPtr from)
{
    size_t n = 0;
    VR_AUTO(vr_map) *index = vr_map_new();
    vr_autofree const char **names = vr_alloc(((size_t)count + 2) * sizeof(*names));
    vr_autofree int *parents = vr_alloc(((size_t)count + 2) * sizeof(*parents));
    if (from)
        names[n++] = virDomainCheckpointGetName(from);
    for (int i = 0; i < count; i++)
        names[n++] = virDomainCheckpointGetName(all[i]);
    for (size_t i = 0; i < n; i++)
        vr_map_put_str(index, names[i], &names[i]);
    for (size_t i = 0; i < n; i++) {
        vr_autofree char *parent = NULL;
        parents[i] = -1;
        if (from && i == 0)
            continue;
        if (!parent_of(cmd, all[from ? i - 1 : i], &parent))
            return false;
        const char **at = parent ? vr_map_get_str(index, parent) : NULL;
        parents[i] = at ? (int)(at - names) : -1;
    }
    struct vr_tree tree = { n, names, parents };
    vr_tree_print(cmd, &tree);
    return true;
}

static bool print_table(struct vr_cmd *cmd, virDomainCheckpointPtr *all, int n, bool parents)
{
    struct vr_table *table = parents ? vr_table_new(cmd, _("Name"), _("Creation Time"), _("Parent"), NULL)
                                     : vr_table_new(cmd, _("Name"), _("Creation Time"), NULL);
    for (int i = 0; i < n; i++) {
        vr_autofree char *xml = virDomainCheckpointGetXMLDesc(all[i], VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN);
        vr_autofree char *parent = xml && parents ? vr_document_string(xml, "string(/domaincheckpoint/parent/name)") : NULL;
        char when[64];
        if (xml && vr_moment_time(xml, "string(/domaincheckpoint/creationTime)", when, sizeof(when)))
            vr_table_row(table, virDomainCheckpointGetName(all[i]), when, parent);
    }
    vr_forget_error(cmd); /* one that is gone meanwhile is no failure */
    vr_table_print(table);
    return true;
}

static bool list_run(struct vr_cmd *cmd)
{
    static const char *const pairs[][2] = {
        { "tree", "name" }, { "parent", "roots" }, { "parent", "tree" }, { "roots", "tree" }, { "roots", "from" },
    };
    bool tree = vr_opt_bool(cmd, "tree"), name = vr_opt_bool(cmd, "name"), topological = vr_opt_bool(cmd, "topological"), ok = true;
    unsigned flags = (vr_opt_bool(cmd, "leaves") ? VIR_DOMAIN_CHECKPOINT_LIST_LEAVES : 0) |
        (vr_opt_bool(cmd, "no-leaves") ? VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES : 0) |
        (topological ? VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL : 0);
    for (size_t i = 0; i < VR_COUNT(pairs); i++)
        if (!vr_opt_exclusive(cmd, pairs[i][0], pairs[i][1]))
            return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    vr_auto(checkpoint) virDomainCheckpointPtr from = NULL;
    if (vr_opt_raw(cmd, "from") && !(from = lookup(cmd, dom, "from")))
        return false;
    if (vr_opt_bool(cmd, "descendants") && !from)
        return vr_complain(cmd, "%s", _("--descendants requires --from"));
    virDomainCheckpointPtr *all;
    int n = from ? virDomainCheckpointListAllChildren(from, &all, flags | (vr_opt_bool(cmd, "descendants")
                                                                               ? VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS : 0))
                 : virDomainListAllCheckpoints(dom, &all, flags | (vr_opt_bool(cmd, "roots") ? VIR_DOMAIN_CHECKPOINT_LIST_ROOTS : 0));
    if (n < 0)
        return vr_complain(cmd, "%s", _("unexpected problem querying checkpoints"));
    if (!topological)
        vr_sort(all, (size_t)n, sizeof(*all), by_name);
    if (tree && !vr_json_wanted(cmd))
        ok = print_tree(cmd, all, n, from);
    else if (!name || vr_json_wanted(cmd))
        ok = print_table(cmd, all, n, vr_opt_bool(cmd, "parent"));
    for (int i = 0; i < n; i++) {
        if (name && !vr_json_wanted(cmd))
            vr_print(cmd, "%s\n", virDomainCheckpointGetName(all[i]));
        virDomainCheckpointFree(all[i]);
    }
    free(all);
    return ok;
}
static const struct vr_command cmd_list = {
    "checkpoint-list",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        { "parent", VR_OPT_BOOL, .help = N_("show the checkpoint before each") },
        { "roots", VR_OPT_BOOL, .help = N_("only those without one before") },
        { "leaves", VR_OPT_BOOL, .help = N_("only those without one after") },
        { "no-leaves", VR_OPT_BOOL, .help = N_("only those with one after") },
        { "tree", VR_OPT_BOOL, .help = N_("draw which came after which") },
        { "from", VR_OPT_STRING, .help = N_("only those after this one"), .complete = complete_checkpoint },
        { "descendants", VR_OPT_BOOL, .help = N_("with --from: at any distance") },
        { "name", VR_OPT_BOOL, .help = N_("print names") },
        { "topological", VR_OPT_BOOL, .help = N_("each behind the one it came after") },
        { 0 } },
    list_run, VR_CMD_JSON, N_("list the checkpoints of a guest"), NULL, NULL,
};

/* ---- changing ----------------------------------------------------------------------------------------------------- */

static bool delete_run(struct vr_cmd *cmd)
{
    bool only = vr_opt_bool(cmd, "children-only");
    unsigned flags = (vr_opt_bool(cmd, "children") ? VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN : 0) |
        (only ? VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY : 0) |
        (vr_opt_bool(cmd, "metadata") ? VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY : 0);
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    vr_auto(checkpoint) virDomainCheckpointPtr checkpoint = dom ? lookup(cmd, dom, "checkpointname") : NULL;
    if (!checkpoint)
        return false;
    const char *name = virDomainCheckpointGetName(checkpoint);
    if (virDomainCheckpointDelete(checkpoint, flags) < 0)
        return vr_complain(cmd, _("Failed to delete checkpoint %s"), name);
    vr_print_extra(cmd, only ? _("Domain checkpoint %s children deleted\n") : _("Domain checkpoint %s deleted\n"), name);
    return true;
}
static const struct vr_command cmd_delete = {
    "checkpoint-delete",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        OPT_CHECKPOINT,
        { "children", VR_OPT_BOOL, .help = N_("it and all that came after it") },
        { "children-only", VR_OPT_BOOL, .help = N_("all that came after it, not itself") },
        { "metadata", VR_OPT_BOOL, .help = N_("forget it only; the disks keep what they have") },
        { 0 } },
    delete_run, 0, N_("delete a checkpoint"), NULL, NULL,
};

struct edit {
    virDomainPtr dom;
    virDomainCheckpointPtr checkpoint;
};

static char *edit_fetch(struct vr_cmd *cmd, void *opaque)
{
    return virDomainCheckpointGetXMLDesc(((struct edit *)opaque)->checkpoint, VIR_DOMAIN_CHECKPOINT_XML_SECURE);
}

static bool edit_define(struct vr_cmd *cmd, const char *xml, void *opaque)
{
    struct edit *e = opaque;
    const char *old = virDomainCheckpointGetName(e->checkpoint);
    vr_autofree char *now = vr_document_string(xml, "string(/domaincheckpoint/name)");
    if (now && !vr_streq(now, old))
        return vr_complain(cmd, _("Cannot rename checkpoint %s to %s"), old, now);
    vr_auto(checkpoint) virDomainCheckpointPtr made = virDomainCheckpointCreateXML(e->dom, xml, VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE);
    return made != NULL;
}

static bool edit_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    vr_auto(checkpoint) virDomainCheckpointPtr checkpoint = dom ? lookup(cmd, dom, "checkpointname") : NULL;
    if (!checkpoint)
        return false;
    struct edit e = { dom, checkpoint };
    struct vr_edit how = { .fetch = edit_fetch, .define = edit_define, .opaque = &e };
    int done = vr_edit_xml(cmd, &how);
    const char *name = virDomainCheckpointGetName(checkpoint);
    if (done == 0)
        vr_print(cmd, _("Checkpoint %s XML configuration not changed.\n"), name);
    else if (done > 0)
        vr_print(cmd, _("Checkpoint %s edited.\n"), name);
    return done >= 0;
}
static const struct vr_command cmd_edit = {
    "checkpoint-edit", (const struct vr_opt[]){ VR_OPT_DOMAIN, OPT_CHECKPOINT, { 0 } }, edit_run, 0, N_("edit a checkpoint's document"), NULL,
    NULL,
};

const struct vr_command *const vr_checkpoint_commands[] = {
    &cmd_create, &cmd_create_as, &cmd_delete, &cmd_dumpxml, &cmd_edit, &cmd_info, &cmd_list, &cmd_parent, NULL,
};

/* ---- backups ------------------------------------------------------------------------------------------------------ */

static bool begin_run(struct vr_cmd *cmd)
{
    const char *path, *checkpoint_path;
    unsigned flags = vr_opt_bool(cmd, "reuse-external") ? VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL : 0;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "backupxml", &path) || !vr_opt_string(cmd, "checkpointxml", &checkpoint_path))
        return false;
    vr_autofree char *xml = path ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : vr_strdup("<domainbackup/>");
    if (!xml)
        return false;
    vr_autofree char *checkpoint = checkpoint_path ? vr_read_file(cmd, checkpoint_path, VR_XML_FILE_MAX) : NULL;
    if (checkpoint_path && !checkpoint)
        return false;
    if (virDomainBackupBegin(dom, xml, checkpoint, flags) < 0)
        return false;
    vr_print(cmd, _("Backup started\n"));
    return true;
}
static const struct vr_command cmd_begin = {
    "backup-begin",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        { "backupxml", VR_OPT_STRING, .help = N_("file with the backup's document"), .complete = vr_complete_file },
        { "checkpointxml", VR_OPT_STRING, .help = N_("make a checkpoint with it: file with its document"), .complete = vr_complete_file },
        { "reuse-external", VR_OPT_BOOL, .help = N_("use files that are there already") },
        { 0 } },
    begin_run, 0, N_("start a backup of a running guest's disks"), NULL, NULL,
};

static bool backup_dumpxml_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    return dom && vr_document_print(cmd, virDomainBackupGetXMLDesc(dom, 0));
}
static const struct vr_command cmd_backup_dumpxml = {
    "backup-dumpxml", (const struct vr_opt[]){ VR_OPT_DOMAIN, VR_OPTS_DOCUMENT, { 0 } }, backup_dumpxml_run, VR_CMD_JSON,
    N_("print the document of the backup that goes on"), NULL, NULL,
};

const struct vr_command *const vr_backup_commands[] = { &cmd_begin, &cmd_backup_dumpxml, NULL };

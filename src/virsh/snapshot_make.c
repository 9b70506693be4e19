/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots: made from a document or from options. */
#include "document.h"
#include "groups.h"
#include "moment.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"

static const struct flag {
    const char *option;
    unsigned flag;
} flags_of_both[] = {
    { "no-metadata", VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA },
    { "halt", VIR_DOMAIN_SNAPSHOT_CREATE_HALT },
    { "disk-only", VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY },
    { "reuse-external", VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT },
    { "quiesce", VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE },
    { "atomic", VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC },
    { "live", VIR_DOMAIN_SNAPSHOT_CREATE_LIVE },
    { "validate", VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE },
};

#define OPTS_BOTH                                                                                  \
    { "no-metadata", VR_OPT_BOOL, .help = N_("make it, but do not keep a record of it") },          \
        { "halt", VR_OPT_BOOL, .help = N_("stop the guest afterwards") },                           \
        { "disk-only", VR_OPT_BOOL, .help = N_("the disks only, not the guest's memory") },         \
        { "reuse-external", VR_OPT_BOOL, .help = N_("use files that are there already") },          \
        { "quiesce", VR_OPT_BOOL, .help = N_("have the guest's agent freeze its file systems meanwhile") },             \
        { "atomic", VR_OPT_BOOL, .help = N_("all disks or none") },                                 \
        { "live", VR_OPT_BOOL, .help = N_("let the guest run meanwhile") }, VR_OPT_VALIDATE

static unsigned given_flags(struct vr_cmd *cmd)
{
    unsigned flags = 0;
    for (size_t i = 0; i < VR_COUNT(flags_of_both); i++)
        flags |= vr_opt_bool(cmd, flags_of_both[i].option) ? flags_of_both[i].flag : 0;
    return flags;
}

static bool make(struct vr_cmd *cmd, virDomainPtr dom, const char *xml, unsigned flags, const char *from)
{
    vr_auto(snapshot) virDomainSnapshotPtr snapshot = virDomainSnapshotCreateXML(dom, xml, flags);
    if (!snapshot)
        return false;
    const char *name = virDomainSnapshotGetName(snapshot);
    if (!name)
        return vr_complain(cmd, "%s", _("Could not get snapshot name"));
    if (from)
        vr_print_extra(cmd, _("Domain snapshot %s created from '%s'"), name, from);
    else
        vr_print_extra(cmd, _("Domain snapshot %s created"), name);
    return true;
}

static bool create_run(struct vr_cmd *cmd)
{
    const char *path;
    unsigned flags = given_flags(cmd) | (vr_opt_bool(cmd, "redefine") ? VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE : 0) |
        (vr_opt_bool(cmd, "current") ? VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT : 0);
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "xmlfile", &path))
        return false;
    vr_autofree char *xml = path ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : vr_strdup("<domainsnapshot/>");
    return xml && make(cmd, dom, xml, flags, path);
}
const struct vr_command vr_cmd_snapshot_create = {
    "snapshot-create",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        { "xmlfile", VR_OPT_STRING, .help = N_("file with the snapshot's document"), .complete = vr_complete_file },
        { "redefine", VR_OPT_BOOL, .help = N_("record one that exists; nothing is made") },
        { "current", VR_OPT_BOOL, .help = N_("with --redefine: it is the current one") },
        OPTS_BOTH,
        { 0 } },
    create_run, 0, N_("make a snapshot from a document"), NULL, NULL,
};

/* ---- from options ------------------------------------------------------------------------------------------------- */

static void attribute(struct vr_buf *to, const char *name, const char *value)
{
    vr_buf_printf(to, " %s='", name);
    vr_document_escape(to, value);
    vr_buf_char(to, '\'');
}

/* "[file=]name[,snapshot=type]" */
static bool memory(struct vr_cmd *cmd, struct vr_buf *to, const char *spec)
{
    const char *snapshot = NULL, *file = NULL, *value;
    char **parts = vr_parts(spec);
    bool ok = true;
    for (char **p = parts; *p && ok; p++) {
        if (!snapshot && (value = vr_part_value(*p, "snapshot")))
            snapshot = value;
        else if (!file && (value = vr_part_value(*p, "file")))
            file = value;
        else if (!file && !strchr(*p, '='))
            file = *p;
        else
            ok = false;
    }
    if (ok) {
        vr_buf_str(to, "  <memory");
        if (snapshot)
            attribute(to, "snapshot", snapshot);
        if (file)
            attribute(to, "file", file);
        vr_buf_str(to, "/>\n");
    } else {
        vr_complain(cmd, _("unable to parse memspec: %s"), spec);
    }
    vr_parts_free(parts);
    return ok;
}

struct disk {
    const char *name, *snapshot, *driver, *type, *file;
};

static bool disk_source(struct vr_cmd *cmd, struct vr_buf *to, const struct disk *d)
{
    bool block = d->type && vr_streq(d->type, "block");
    if (d->type && !block && !vr_streq(d->type, "file"))
        return vr_complain(cmd, _("Unknown storage type: '%s'"), d->type);
    if (!d->file && !d->driver) {
        vr_buf_str(to, "/>\n");
        return true;
    }
    vr_buf_str(to, ">\n");
    if (d->driver) {
        vr_buf_str(to, "      <driver");
        attribute(to, "type", d->driver);
        vr_buf_str(to, "/>\n");
    }
    if (d->file) {
        vr_buf_str(to, "      <source");
        attribute(to, block ? "dev" : "file", d->file);
        vr_buf_str(to, "/>\n");
    }
    vr_buf_str(to, "    </disk>\n");
    return true;
}

/* "disk[,snapshot=type][,driver=type][,stype=type][,file=name]" */
static bool disk(struct vr_cmd *cmd, struct vr_buf *to, const char *spec)
{
    char **parts = vr_parts(spec);
    struct disk d = { .name = parts[0] };
    const struct { const char *key; const char **value; } keys[] = {
        { "snapshot", &d.snapshot }, { "driver", &d.driver }, { "stype", &d.type }, { "file", &d.file },
    };
    bool ok = *d.name;
    for (char **p = parts + 1; *p && ok; p++) {
        ok = false;
        for (size_t i = 0; i < VR_COUNT(keys) && !ok; i++) {
            const char *value = *keys[i].value ? NULL : vr_part_value(*p, keys[i].key);
            if (value) {
                *keys[i].value = value;
                ok = true;
            }
        }
    }
    if (ok) {
        vr_buf_str(to, "    <disk");
        attribute(to, "name", d.name);
        if (d.snapshot)
            attribute(to, "snapshot", d.snapshot);
        if (d.type)
            attribute(to, "type", d.type);
        ok = disk_source(cmd, to, &d);
    }
    if (!ok)
        vr_complain(cmd, _("unable to parse diskspec: %s"), spec);
    vr_parts_free(parts);
    return ok;
}

static bool create_as_run(struct vr_cmd *cmd)
{
    const char *name, *description, *memspec, *spec;
    vr_autobuf struct vr_buf xml = VR_BUF_INIT;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "name", &name) || !vr_opt_string(cmd, "description", &description) ||
        !vr_opt_string(cmd, "memspec", &memspec))
        return false;
    vr_buf_str(&xml, "<domainsnapshot>\n");
    const struct { const char *tag, *text; } texts[] = { { "name", name }, { "description", description } };
    for (size_t i = 0; i < VR_COUNT(texts); i++) {
        if (!texts[i].text)
            continue;
        vr_buf_printf(&xml, "  <%s>", texts[i].tag);
        vr_document_escape(&xml, texts[i].text);
        vr_buf_printf(&xml, "</%s>\n", texts[i].tag);
    }
    if (memspec && !memory(cmd, &xml, memspec))
        return false;
    for (size_t i = 0; (spec = vr_opt_argv(cmd, i)); i++) {
        if (i == 0)
            vr_buf_str(&xml, "  <disks>\n");
        if (!disk(cmd, &xml, spec))
            return false;
    }
    vr_buf_str(&xml, vr_opt_argv(cmd, 0) ? "  </disks>\n</domainsnapshot>\n" : "</domainsnapshot>\n");
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s\n", xml.data);
        return true;
    }
    return make(cmd, dom, xml.data, given_flags(cmd), NULL);
}
const struct vr_command vr_cmd_snapshot_create_as = {
    "snapshot-create-as",
    (const struct vr_opt[]){
        VR_OPT_DOMAIN,
        { "name", VR_OPT_STRING, .help = N_("the snapshot's name") },
        { "description", VR_OPT_STRING, .help = N_("a sentence about it") },
        { "print-xml", VR_OPT_BOOL, .help = N_("print the document and do nothing") },
        OPTS_BOTH,
        { "memspec", VR_OPT_STRING, VR_KEYWORD, N_("the memory: [file=]name[,snapshot=type]") },
        { "diskspec", VR_OPT_ARGV, .help = N_("a disk: disk[,snapshot=type][,driver=type][,stype=type][,file=name]") },
        { 0 } },
    create_as_run, 0, N_("make a snapshot described by options"), NULL, NULL,
};

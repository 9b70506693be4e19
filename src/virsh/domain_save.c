/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's memory in a file: save, restore, managed save, dumps, and the definitions in such files. */
#include "virsh.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "watch.h"
#include "xml_output.h"

static unsigned running_flags(struct vr_cmd *cmd)
{
    unsigned flags = 0;
    flags |= vr_opt_bool(cmd, "running") ? VIR_DOMAIN_SAVE_RUNNING : 0;
    flags |= vr_opt_bool(cmd, "paused") ? VIR_DOMAIN_SAVE_PAUSED : 0;
    return flags;
}

/* The file that --xml names; NULL in *out when not given. */
static bool opt_xml(struct vr_cmd *cmd, char **out)
{
    const char *file;
    *out = NULL;
    if (!vr_opt_string(cmd, "xml", &file))
        return false;
    return !file || (*out = vr_read_file(cmd, file, VR_XML_FILE_MAX)) != NULL;
}

struct save {
    const char *to;
    char *xml;
    unsigned flags, format;
};

static bool save_call(struct vr_cmd *cmd, virDomainPtr dom, void *opaque)
{
    const struct save *s = opaque;
    if ((s->flags || s->xml ? virDomainSaveFlags(dom, s->to, s->xml, s->flags) : virDomainSave(dom, s->to)) < 0)
        return vr_complain(cmd, _("Failed to save domain '%s' to %s"), virDomainGetName(dom), s->to);
    return true;
}

static bool save_run(struct vr_cmd *cmd)
{
    struct save s = { .flags = running_flags(cmd) | (vr_opt_bool(cmd, "bypass-cache") ? VIR_DOMAIN_SAVE_BYPASS_CACHE : 0) };
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "file", &s.to) || !opt_xml(cmd, &s.xml))
        return false;
    vr_autofree char *xml = s.xml;
    const struct vr_watch watch = { _("Save"), save_call, &s, .verbose = vr_opt_bool(cmd, "verbose") };
    if (!vr_watch_run(cmd, dom, &watch))
        return false;
    vr_print_extra(cmd, _("\nDomain '%s' saved to %s\n"), virDomainGetName(dom), s.to);
    return true;
}
static const struct vr_opt save_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    VR_OPT_FILE(N_("where to save it")),
    { "bypass-cache", VR_OPT_BOOL, .help = N_("around the host's file cache") },
    { "xml", VR_OPT_STRING, .help = N_("a file with XML to use instead"), .complete = vr_complete_file },
    { "running", VR_OPT_BOOL, .help = N_("leave it running") },
    { "paused", VR_OPT_BOOL, .help = N_("leave it paused") },
    { "verbose", VR_OPT_BOOL, .help = N_("show how far it is") },
    { 0 },
};
const struct vr_command vr_cmd_save = {
    "save", save_opts, save_run, 0, N_("save a running guest to a file and stop it"), NULL, NULL,
};

static bool restore_run(struct vr_cmd *cmd)
{
    const char *from;
    vr_autofree char *xml = NULL;
    unsigned flags = running_flags(cmd);
    flags |= vr_opt_bool(cmd, "bypass-cache") ? VIR_DOMAIN_SAVE_BYPASS_CACHE : 0;
    flags |= vr_opt_bool(cmd, "reset-nvram") ? VIR_DOMAIN_SAVE_RESET_NVRAM : 0;
    if (!vr_opt_string(cmd, "file", &from) || !opt_xml(cmd, &xml))
        return false;
    if ((flags || xml ? virDomainRestoreFlags(vr_conn(cmd), from, xml, flags) : virDomainRestore(vr_conn(cmd), from)) < 0)
        return vr_complain(cmd, _("Failed to restore domain from %s"), from);
    vr_print_extra(cmd, _("Domain restored from %s\n"), from);
    return true;
}
static const struct vr_opt restore_opts[] = {
    VR_OPT_FILE(N_("the saved state")),
    { "bypass-cache", VR_OPT_BOOL, .help = N_("around the host's file cache") },
    { "xml", VR_OPT_STRING, .help = N_("a file with XML to use instead"), .complete = vr_complete_file },
    { "running", VR_OPT_BOOL, .help = N_("leave it running") },
    { "paused", VR_OPT_BOOL, .help = N_("leave it paused") },
    { "reset-nvram", VR_OPT_BOOL, .help = N_("begin with fresh firmware variables") },
    { 0 },
};
const struct vr_command vr_cmd_restore = {
    "restore", restore_opts, restore_run, 0, N_("start a guest from a file that save made"), NULL, NULL,
};

/* ---- dump ---------------------------------------------------------------------------------------------------------- */

static const char *const dump_formats[] = { "elf", "kdump-zlib", "kdump-lzo", "kdump-snappy", "win-dmp", NULL };

static void complete_dump_format(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, dump_formats);
}

static bool dump_call(struct vr_cmd *cmd, virDomainPtr dom, void *opaque)
{
    const struct save *s = opaque;
    int failed = s->format ? virDomainCoreDumpWithFormat(dom, s->to, s->format, s->flags) : virDomainCoreDump(dom, s->to, s->flags);
    return failed < 0 ? vr_complain(cmd, _("Failed to core dump domain '%s' to %s"), virDomainGetName(dom), s->to) : true;
}

static bool dump_run(struct vr_cmd *cmd)
{
    struct save s = { 0 };
    const char *format;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "file", &s.to) || !vr_opt_string(cmd, "format", &format))
        return false;
    bool memory_only = vr_opt_bool(cmd, "memory-only");
    s.flags |= vr_opt_bool(cmd, "live") ? VIR_DUMP_LIVE : 0;
    s.flags |= vr_opt_bool(cmd, "crash") ? VIR_DUMP_CRASH : 0;
    s.flags |= vr_opt_bool(cmd, "bypass-cache") ? VIR_DUMP_BYPASS_CACHE : 0;
    s.flags |= vr_opt_bool(cmd, "reset") ? VIR_DUMP_RESET : 0;
    s.flags |= memory_only ? VIR_DUMP_MEMORY_ONLY : 0;
    if (format && !memory_only)
        return vr_complain(cmd, "%s", _("--format only works with --memory-only"));
    int i = format ? vr_name_index(dump_formats, format) : 0; /* in the order of VIR_DOMAIN_CORE_DUMP_FORMAT_* behind RAW */
    if (i < 0)
        return vr_complain(cmd, _("format '%s' is not supported, expecting 'kdump-zlib', 'kdump-lzo', 'kdump-snappy', "
                                  "'win-dmp' or 'elf'"), format);
    static const unsigned numbers[] = { VIR_DOMAIN_CORE_DUMP_FORMAT_RAW, VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB,
        VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_LZO, VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_SNAPPY, VIR_DOMAIN_CORE_DUMP_FORMAT_WIN_DMP };
    s.format = numbers[i];
    const struct vr_watch watch = { _("Dump"), dump_call, &s, .verbose = vr_opt_bool(cmd, "verbose") };
    if (!vr_watch_run(cmd, dom, &watch))
        return false;
    vr_print_extra(cmd, _("\nDomain '%s' dumped to %s\n"), virDomainGetName(dom), s.to);
    return true;
}
static const struct vr_opt dump_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    VR_OPT_FILE(N_("where to put it")),
    { "live", VR_OPT_BOOL, .help = N_("without pausing it") },
    { "crash", VR_OPT_BOOL, .help = N_("end the guest afterwards") },
    { "bypass-cache", VR_OPT_BOOL, .help = N_("around the host's file cache") },
    { "reset", VR_OPT_BOOL, .help = N_("reset the guest afterwards") },
    { "verbose", VR_OPT_BOOL, .help = N_("show how far it is") },
    { "memory-only", VR_OPT_BOOL, .help = N_("only memory, in a form crash tools read") },
    { "format", VR_OPT_STRING,
      .help = N_("elf, kdump-zlib, kdump-lzo, kdump-snappy or win-dmp"), .complete = complete_dump_format },
    { 0 },
};
const struct vr_command vr_cmd_dump = {
    "dump", dump_opts, dump_run, 0, N_("write a guest's memory to a file for analysis"), NULL, NULL,
};

/* ---- managed save -------------------------------------------------------------------------------------------------- */

static bool managedsave_call(struct vr_cmd *cmd, virDomainPtr dom, void *opaque)
{
    const struct save *s = opaque;
    if (virDomainManagedSave(dom, s->flags) < 0)
        return vr_complain(cmd, _("Failed to save domain '%s' state"), virDomainGetName(dom));
    return true;
}

static bool managedsave_run(struct vr_cmd *cmd)
{
    struct save s = { .flags = running_flags(cmd) | (vr_opt_bool(cmd, "bypass-cache") ? VIR_DOMAIN_SAVE_BYPASS_CACHE : 0) };
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    const struct vr_watch watch = { _("Managedsave"), managedsave_call, &s, .verbose = vr_opt_bool(cmd, "verbose") };
    if (!vr_watch_run(cmd, dom, &watch))
        return false;
    vr_print_extra(cmd, _("\nDomain '%s' state saved by libvirt\n"), virDomainGetName(dom));
    return true;
}
static const struct vr_opt managedsave_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "bypass-cache", VR_OPT_BOOL, .help = N_("around the host's file cache") },
    { "running", VR_OPT_BOOL, .help = N_("leave it running") },
    { "paused", VR_OPT_BOOL, .help = N_("leave it paused") },
    { "verbose", VR_OPT_BOOL, .help = N_("show how far it is") },
    { 0 },
};
const struct vr_command vr_cmd_managedsave = {
    "managedsave", managedsave_opts, managedsave_run, 0, N_("save a running guest where its next start finds it"),
    NULL, NULL,
};

static bool managedsave_remove_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    const char *name = virDomainGetName(dom);
    int has = virDomainHasManagedSaveImage(dom, 0);
    if (has < 0)
        return vr_complain(cmd, "%s", _("Failed to check for domain managed save image"));
    if (!has) {
        vr_print_extra(cmd, _("Domain '%s' has no manage save image; removal skipped"), name);
        return true;
    }
    if (virDomainManagedSaveRemove(dom, 0) < 0)
        return vr_complain(cmd, _("Failed to remove managed save image for domain '%s'"), name);
    vr_print_extra(cmd, _("Removed managedsave image for domain '%s'"), name);
    return true;
}
static const struct vr_opt managedsave_remove_opts[] = {
    VR_OPT_DOMAIN,
    { 0 },
};
const struct vr_command vr_cmd_managedsave_remove = {
    "managedsave-remove", managedsave_remove_opts, managedsave_remove_run, 0, N_("drop a guest's managed save image"),
    NULL, NULL,
};

static bool managedsave_dumpxml_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    unsigned flags = vr_opt_bool(cmd, "security-info") ? VIR_DOMAIN_SAVE_IMAGE_XML_SECURE : 0;
    vr_autofree char *xml = virDomainManagedSaveGetXMLDesc(dom, flags);
    return xml && vr_print_xml(cmd, xml);
}
static const struct vr_opt managedsave_dumpxml_opts[] = {
    VR_OPT_DOMAIN,
    { "security-info", VR_OPT_BOOL, .help = N_("with passwords") },
    { "xpath", VR_OPT_STRING, .flags = VR_KEYWORD, .help = N_("only what this XPath expression selects") },
    { "wrap", VR_OPT_BOOL, .help = N_("inside one root element") },
    { 0 },
};
const struct vr_command vr_cmd_managedsave_dumpxml = {
    "managedsave-dumpxml", managedsave_dumpxml_opts, managedsave_dumpxml_run, VR_CMD_JSON, N_("print the definition in a managed save image"),
    NULL, NULL,
};

static bool managedsave_define_run(struct vr_cmd *cmd)
{
    vr_autofree char *xml = NULL;
    const char *file;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "xml", &file) || !(xml = vr_read_file(cmd, file, VR_XML_FILE_MAX)))
        return false;
    if (virDomainManagedSaveDefineXML(dom, xml, running_flags(cmd)) < 0)
        return vr_complain(cmd, _("Failed to update %s XML configuration"), virDomainGetName(dom));
    vr_print_extra(cmd, _("Managed save state file of domain '%s' updated.\n"), virDomainGetName(dom));
    return true;
}
static const struct vr_opt managedsave_define_opts[] = {
    VR_OPT_DOMAIN,
    { "xml", VR_OPT_DATA, .help = N_("a file with the XML"), .complete = vr_complete_file },
    { "running", VR_OPT_BOOL, .help = N_("leave it running") },
    { "paused", VR_OPT_BOOL, .help = N_("leave it paused") },
    { 0 },
};
const struct vr_command vr_cmd_managedsave_define = {
    "managedsave-define", managedsave_define_opts, managedsave_define_run, 0, N_("replace the definition in a managed save image"),
    NULL, NULL,
};

struct edited {
    virDomainPtr dom;
    const char *file;
    unsigned flags;
};

static char *fetch_managed(struct vr_cmd *cmd, void *opaque)
{
    const struct edited *e = opaque;
    return virDomainManagedSaveGetXMLDesc(e->dom, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE);
}
static bool define_managed(struct vr_cmd *cmd, const char *xml, void *opaque)
{
    const struct edited *e = opaque;
    return virDomainManagedSaveDefineXML(e->dom, xml, e->flags) == 0;
}

static bool managedsave_edit_run(struct vr_cmd *cmd)
{
    struct edited e = { .flags = running_flags(cmd) };
    if (!vr_opt_exclusive(cmd, "running", "paused"))
        return false;
    vr_auto(domain) virDomainPtr dom = e.dom = vr_domain(cmd);
    if (!dom)
        return false;
    int got = vr_edit_xml(cmd, &(struct vr_edit){ fetch_managed, define_managed, NULL, &e });
    if (got == 0)
        vr_print_extra(cmd, _("Managed save image of domain '%s' XML configuration not changed.\n"), virDomainGetName(dom));
    else if (got > 0)
        vr_print_extra(cmd, _("Managed save image of Domain '%s' XML configuration edited.\n"), virDomainGetName(dom));
    return got >= 0;
}
static const struct vr_opt managedsave_edit_opts[] = {
    VR_OPT_DOMAIN,
    { "running", VR_OPT_BOOL, .help = N_("leave it running") },
    { "paused", VR_OPT_BOOL, .help = N_("leave it paused") },
    { 0 },
};
const struct vr_command vr_cmd_managedsave_edit = {
    "managedsave-edit", managedsave_edit_opts, managedsave_edit_run, 0, N_("edit the definition in a managed save image"),
    NULL, NULL,
};

/* ---- files that save made ------------------------------------------------------------------------------------------ */

static bool save_image_dumpxml_run(struct vr_cmd *cmd)
{
    const char *file;
    if (!vr_opt_string(cmd, "file", &file))
        return false;
    unsigned flags = vr_opt_bool(cmd, "security-info") ? VIR_DOMAIN_SAVE_IMAGE_XML_SECURE : 0;
    vr_autofree char *xml = virDomainSaveImageGetXMLDesc(vr_conn(cmd), file, flags);
    return xml && vr_print_xml(cmd, xml);
}
static const struct vr_opt save_image_dumpxml_opts[] = {
    VR_OPT_FILE(N_("the saved state")),
    { "security-info", VR_OPT_BOOL, .help = N_("with passwords") },
    { "xpath", VR_OPT_STRING, .flags = VR_KEYWORD, .help = N_("only what this XPath expression selects") },
    { "wrap", VR_OPT_BOOL, .help = N_("inside one root element") },
    { 0 },
};
const struct vr_command vr_cmd_save_image_dumpxml = {
    "save-image-dumpxml", save_image_dumpxml_opts, save_image_dumpxml_run, VR_CMD_JSON, N_("print the definition in a saved state"),
    NULL, NULL,
};

static bool save_image_define_run(struct vr_cmd *cmd)
{
    vr_autofree char *xml = NULL;
    const char *file, *from;
    if (!vr_opt_string(cmd, "file", &file) || !vr_opt_string(cmd, "xml", &from) ||
        !(xml = vr_read_file(cmd, from, VR_XML_FILE_MAX)))
        return false;
    if (virDomainSaveImageDefineXML(vr_conn(cmd), file, xml, running_flags(cmd)) < 0)
        return vr_complain(cmd, _("Failed to update %s"), file);
    vr_print_extra(cmd, _("State file %s updated.\n"), file);
    return true;
}
static const struct vr_opt save_image_define_opts[] = {
    VR_OPT_FILE(N_("the saved state")),
    { "xml", VR_OPT_DATA, .help = N_("a file with the XML"), .complete = vr_complete_file },
    { "running", VR_OPT_BOOL, .help = N_("leave it running") },
    { "paused", VR_OPT_BOOL, .help = N_("leave it paused") },
    { 0 },
};
const struct vr_command vr_cmd_save_image_define = {
    "save-image-define", save_image_define_opts, save_image_define_run, 0, N_("replace the definition in a saved state"),
    NULL, NULL,
};

static char *fetch_saved(struct vr_cmd *cmd, void *opaque)
{
    const struct edited *e = opaque;
    return virDomainSaveImageGetXMLDesc(vr_conn(cmd), e->file, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE);
}
static bool define_saved(struct vr_cmd *cmd, const char *xml, void *opaque)
{
    const struct edited *e = opaque;
    return virDomainSaveImageDefineXML(vr_conn(cmd), e->file, xml, e->flags) == 0;
}

static bool save_image_edit_run(struct vr_cmd *cmd)
{
    struct edited e = { .flags = running_flags(cmd) };
    if (!vr_opt_exclusive(cmd, "running", "paused") || !vr_opt_string(cmd, "file", &e.file))
        return false;
    int got = vr_edit_xml(cmd, &(struct vr_edit){ fetch_saved, define_saved, NULL, &e });
    if (got == 0)
        vr_print_extra(cmd, _("Saved image %s XML configuration not changed.\n"), e.file);
    else if (got > 0)
        vr_print_extra(cmd, _("State file %s edited.\n"), e.file);
    return got >= 0;
}
static const struct vr_opt save_image_edit_opts[] = {
    VR_OPT_FILE(N_("the saved state")),
    { "running", VR_OPT_BOOL, .help = N_("leave it running") },
    { "paused", VR_OPT_BOOL, .help = N_("leave it paused") },
    { 0 },
};
const struct vr_command vr_cmd_save_image_edit = {
    "save-image-edit", save_image_edit_opts, save_image_edit_run, 0, N_("edit the definition in a saved state"),
    NULL, NULL,
};

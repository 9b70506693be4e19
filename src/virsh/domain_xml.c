/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definitions: print, edit, convert; title, description and metadata. */
#include "virsh.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "domain_devices.h"
#include "xml_output.h"

static bool dumpxml_run(struct vr_cmd *cmd)
{
    unsigned flags = 0;
    flags |= vr_opt_bool(cmd, "inactive") ? VIR_DOMAIN_XML_INACTIVE : 0;
    flags |= vr_opt_bool(cmd, "security-info") ? VIR_DOMAIN_XML_SECURE : 0;
    flags |= vr_opt_bool(cmd, "update-cpu") ? VIR_DOMAIN_XML_UPDATE_CPU : 0;
    flags |= vr_opt_bool(cmd, "migratable") ? VIR_DOMAIN_XML_MIGRATABLE : 0;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    vr_autofree char *xml = dom ? virDomainGetXMLDesc(dom, flags) : NULL;
    return xml && vr_print_xml(cmd, xml);
}
static const struct vr_opt dumpxml_opts[] = {
    VR_OPT_DOMAIN,
    { "inactive", VR_OPT_BOOL, .help = N_("what the next start uses") },
    { "security-info", VR_OPT_BOOL, .help = N_("with passwords") },
    { "update-cpu", VR_OPT_BOOL, .help = N_("with the CPU as this host would make it") },
    { "migratable", VR_OPT_BOOL, .help = N_("as another host would get it") },
    { "xpath", VR_OPT_STRING, .flags = VR_KEYWORD, .help = N_("only what this XPath expression selects") },
    { "wrap", VR_OPT_BOOL, .help = N_("inside one root element") },
    { 0 },
};
const struct vr_command vr_cmd_dumpxml = {
    "dumpxml", dumpxml_opts, dumpxml_run, VR_CMD_JSON, N_("print a guest's definition"),
    N_("Prints a guest's definition: the one in use while it runs, else the stored one."), NULL,
};

struct editing {
    virDomainPtr dom, changed;
    unsigned flags;
};

static char *fetch(struct vr_cmd *cmd, void *opaque)
{
    const struct editing *e = opaque;
    char *xml = virDomainGetXMLDesc(e->dom, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    if (!xml && vr_last_code(cmd) == VIR_ERR_INVALID_ARG) { /* an old server */
        vr_forget_error(cmd);
        xml = virDomainGetXMLDesc(e->dom, VIR_DOMAIN_XML_SECURE);
    }
    return xml;
}

static bool define(struct vr_cmd *cmd, const char *xml, void *opaque)
{
    struct editing *e = opaque;
    virDomainPtr dom = virDomainDefineXMLFlags(vr_conn(cmd), xml, e->flags);
    if (!dom)
        return false;
    if (e->changed)
        virDomainFree(e->changed);
    e->changed = dom;
    return true;
}

static void relax(void *opaque)
{
    struct editing *e = opaque;
    e->flags &= ~(unsigned)VIR_DOMAIN_DEFINE_VALIDATE;
}

static bool edit_run(struct vr_cmd *cmd)
{
    struct editing e = { .flags = vr_opt_bool(cmd, "skip-validate") ? 0 : VIR_DOMAIN_DEFINE_VALIDATE };
    vr_auto(domain) virDomainPtr dom = e.dom = vr_domain(cmd);
    if (!dom)
        return false;
    int got = vr_edit_xml(cmd, &(struct vr_edit){ fetch, define, relax, &e });
    vr_auto(domain) virDomainPtr changed = e.changed;
    if (got == 0)
        vr_print_extra(cmd, _("Domain '%s' XML configuration not changed.\n"), virDomainGetName(dom));
    else if (got > 0)
        vr_print_extra(cmd, _("Domain '%s' XML configuration edited.\n"), virDomainGetName(changed));
    return got >= 0;
}
static const struct vr_opt edit_opts[] = {
    VR_OPT_DOMAIN,
    { "skip-validate", VR_OPT_BOOL, .help = N_("do not check against the schema") },
    { 0 },
};
const struct vr_command vr_cmd_edit = {
    "edit", edit_opts, edit_run, 0, N_("edit a guest's definition"), NULL, NULL,
};

static bool domxml_from_native_run(struct vr_cmd *cmd)
{
    const char *format, *file;
    if (!vr_opt_string(cmd, "format", &format) || !vr_opt_string(cmd, "config", &file))
        return false;
    vr_autofree char *text = vr_read_file(cmd, file, 1024 * 1024);
    vr_autofree char *xml = text ? virConnectDomainXMLFromNative(vr_conn(cmd), format, text, 0) : NULL;
    if (xml)
        vr_print(cmd, "%s", xml);
    return xml != NULL;
}
static const struct vr_opt domxml_from_native_opts[] = {
    { "format", VR_OPT_DATA, .help = N_("format of the file: qemu-argv") },
    { "config", VR_OPT_DATA, .help = N_("the file") },
    { 0 },
};
const struct vr_command vr_cmd_domxml_from_native = {
    "domxml-from-native", domxml_from_native_opts, domxml_from_native_run, 0, N_("make a definition of a hypervisor's own configuration"),
    NULL, NULL,
};

static bool domxml_to_native_run(struct vr_cmd *cmd)
{
    const char *format, *domain, *file;
    if (!vr_opt_exclusive(cmd, "domain", "xml") || !vr_opt_string(cmd, "format", &format) ||
        !vr_opt_string(cmd, "domain", &domain) || !vr_opt_string(cmd, "xml", &file))
        return false;
    vr_autofree char *xml = NULL;
    if (domain) {
        vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
        xml = dom ? virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_MIGRATABLE) : NULL;
    } else if (file) {
        xml = vr_read_file(cmd, file, 1024 * 1024);
    } else {
        return vr_complain(cmd, "%s", _("need either domain or domain XML"));
    }
    if (!xml)
        return domain ? vr_complain(cmd, "%s", _("failed to retrieve XML")) : false;
    vr_autofree char *text = virConnectDomainXMLToNative(vr_conn(cmd), format, xml, 0);
    if (text)
        vr_print(cmd, "%s", text);
    return text != NULL;
}
static const struct vr_opt domxml_to_native_opts[] = {
    { "format", VR_OPT_DATA, .help = N_("wanted format: qemu-argv") },
    { "domain", VR_OPT_STRING, .flags = VR_KEYWORD,
      .help = N_("a guest: name, id or uuid"), .complete = vr_complete_domain },
    { "xml", VR_OPT_STRING, .help = N_("a file with the XML"), .complete = vr_complete_file },
    { 0 },
};
const struct vr_command vr_cmd_domxml_to_native = {
    "domxml-to-native", domxml_to_native_opts, domxml_to_native_run, 0, N_("make a hypervisor's own configuration of a definition"),
    NULL, NULL,
};

/* ---- title, description -------------------------------------------------------------------------------------------- */

/* The text, NULL when there is none. False, reported. */
static bool get_desc(struct vr_cmd *cmd, virDomainPtr dom, bool title, unsigned flags, char **out)
{
    *out = virDomainGetMetadata(dom, title ? VIR_DOMAIN_METADATA_TITLE : VIR_DOMAIN_METADATA_DESCRIPTION, NULL, flags);
    if (*out)
        return true;
    bool none = vr_last_code(cmd) == VIR_ERR_NO_DOMAIN_METADATA;
    vr_forget_error(cmd);
    if (none)
        return true;
    /* A server that cannot tell it alone. */
    VR_AUTO(vr_query) *doc = vr_domain_query(cmd, dom, flags == VIR_DOMAIN_AFFECT_CONFIG ? VIR_DOMAIN_XML_INACTIVE : 0);
    if (doc)
        *out = vr_query_text(doc, NULL, title ? "string(./title[1])" : "string(./description[1])");
    return doc != NULL;
}

/* Words given as the new text, joined; NULL for none. malloc'd. */
static char *joined_words(struct vr_cmd *cmd)
{
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    const char *word;
    size_t i = 0;
    for (; (word = vr_opt_argv(cmd, i)); i++)
        vr_buf_printf(&out, "%s%s", i ? " " : "", word);
    return i ? vr_buf_take(&out) : NULL;
}

static bool set_desc(struct vr_cmd *cmd, virDomainPtr dom, bool title, bool edit, char *words, unsigned flags)
{
    vr_autofree char *text = words;
    if (edit) {
        vr_autofree char *before = NULL;
        if (!text && !get_desc(cmd, dom, title, flags, &before))
            return false;
        const char *old = text ? text : before ? before : "";
        vr_autofree char *changed = vr_edit_text(cmd, old);
        if (!changed)
            return false;
        size_t len = strlen(changed);
        if (len && changed[len - 1] == '\n')
            changed[len - 1] = '\0';
        if (vr_streq(changed, old)) {
            vr_print_extra(cmd, "%s", title ? _("Domain title not changed\n") : _("Domain description not changed\n"));
            return true;
        }
        free(text);
        text = vr_take(changed);
    }
    int type = title ? VIR_DOMAIN_METADATA_TITLE : VIR_DOMAIN_METADATA_DESCRIPTION;
    if (virDomainSetMetadata(dom, type, text, NULL, NULL, flags) < 0)
        return vr_complain(cmd, "%s", title ? _("Failed to set new domain title") : _("Failed to set new domain description"));
    vr_print_extra(cmd, "%s", title ? _("Domain title updated successfully") : _("Domain description updated successfully"));
    return true;
}

static bool desc_run(struct vr_cmd *cmd)
{
    bool title = vr_opt_bool(cmd, "title"), edit = vr_opt_bool(cmd, "edit");
    unsigned flags;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    char *words = joined_words(cmd);
    if (edit || words)
        return set_desc(cmd, dom, title, edit, words, flags);
    vr_autofree char *text = NULL;
    if (!get_desc(cmd, dom, title, flags, &text))
        return false;
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, title ? "title" : "description", text);
    else if (text && *text)
        vr_print(cmd, "%s", text);
    else
        vr_print_extra(cmd, title ? _("No title for domain: %s") : _("No description for domain: %s"), virDomainGetName(dom));
    return true;
}
static const struct vr_opt desc_opts[] = {
    VR_OPT_DOMAIN,
    { "live", VR_OPT_BOOL, .help = N_("change the running guest") },
    { "config", VR_OPT_BOOL, .help = N_("change what the next start uses") },
    { "current", VR_OPT_BOOL, .help = N_("change whichever of both applies now") },
    { "title", VR_OPT_BOOL, .help = N_("the title, not the description") },
    { "edit", VR_OPT_BOOL, .help = N_("in an editor") },
    { "new-desc", VR_OPT_ARGV, .help = N_("the new text") },
    { 0 },
};
const struct vr_command vr_cmd_desc = {
    "desc", desc_opts, desc_run, VR_CMD_JSON, N_("show or set a guest's description or title"), NULL, NULL,
};

/* ---- metadata ------------------------------------------------------------------------------------------------------ */

struct metadata {
    virDomainPtr dom;
    const char *uri, *key;
    unsigned flags;
};

static char *fetch_metadata(struct vr_cmd *cmd, void *opaque)
{
    const struct metadata *m = opaque;
    char *text = virDomainGetMetadata(m->dom, VIR_DOMAIN_METADATA_ELEMENT, m->uri, m->flags);
    if (!text) {
        vr_forget_error(cmd);
        text = vr_strdup("\n");
    }
    return text;
}
static bool define_metadata(struct vr_cmd *cmd, const char *xml, void *opaque)
{
    const struct metadata *m = opaque;
    return virDomainSetMetadata(m->dom, VIR_DOMAIN_METADATA_ELEMENT, xml, m->key, m->uri, m->flags) == 0;
}

static bool metadata_run(struct vr_cmd *cmd)
{
    bool edit = vr_opt_bool(cmd, "edit"), drop = vr_opt_bool(cmd, "remove");
    struct metadata m = { 0 };
    const char *set;
    if (!vr_opt_affect(cmd, &m.flags) || !vr_opt_exclusive(cmd, "edit", "set") || !vr_opt_exclusive(cmd, "remove", "set") ||
        !vr_opt_exclusive(cmd, "remove", "edit"))
        return false;
    vr_auto(domain) virDomainPtr dom = m.dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "uri", &m.uri) || !vr_opt_string(cmd, "key", &m.key) || !vr_opt_string(cmd, "set", &set))
        return false;
    if ((set || edit) && !m.key)
        return vr_complain(cmd, "%s", _("namespace key is required when modifying metadata"));
    if (set || drop) {
        if (virDomainSetMetadata(dom, VIR_DOMAIN_METADATA_ELEMENT, drop ? NULL : set, m.key, m.uri, m.flags) < 0)
            return false;
        vr_print_extra(cmd, "%s\n", drop ? _("Metadata removed") : _("Metadata modified"));
        return true;
    }
    if (edit) {
        int got = vr_edit_xml(cmd, &(struct vr_edit){ fetch_metadata, define_metadata, NULL, &m });
        if (got >= 0)
            vr_print_extra(cmd, "%s\n", got ? _("Metadata modified") : _("Metadata not changed"));
        return got >= 0;
    }
    vr_autofree char *text = virDomainGetMetadata(dom, VIR_DOMAIN_METADATA_ELEMENT, m.uri, m.flags);
    if (!text)
        return false;
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, "metadata", text);
    else
        vr_print(cmd, "%s\n", text);
    return true;
}
static const struct vr_opt metadata_opts[] = {
    VR_OPT_DOMAIN,
    { "uri", VR_OPT_DATA, .help = N_("namespace of the element") },
    { "live", VR_OPT_BOOL, .help = N_("change the running guest") },
    { "config", VR_OPT_BOOL, .help = N_("change what the next start uses") },
    { "current", VR_OPT_BOOL, .help = N_("change whichever of both applies now") },
    { "edit", VR_OPT_BOOL, .help = N_("in an editor") },
    { "key", VR_OPT_STRING, .help = N_("its prefix") },
    { "set", VR_OPT_STRING, .help = N_("the new element") },
    { "remove", VR_OPT_BOOL, .help = N_("remove it") },
    { 0 },
};
const struct vr_command vr_cmd_metadata = {
    "metadata", metadata_opts, metadata_run, VR_CMD_JSON, N_("show or set an element of a guest's metadata"),
    NULL, NULL,
};

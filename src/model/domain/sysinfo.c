/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <sysinfo>: what SMBIOS and fw_cfg tell the guest. */
#define VR_ERROR_DOMAIN VIR_FROM_SYSINFO

#include "base/str.h"
#include "tables.h"

static const struct vr_row entry_rows[] = {
    VR_A_STR(struct vr_sysinfo_entry, name, "name", .required = true, .goes = VR_GOES_ARGV),
    VR_C_STR(struct vr_sysinfo_entry, value, .goes = VR_GOES_ARGV),
    VR_END,
};
static const struct vr_row fwcfg_rows[] = {
    VR_A_STR(struct vr_sysinfo_entry, name, "name", .required = true, .missing = "Firmware entry is missing 'name' attribute",
             .goes = VR_GOES_ARGV),
    VR_A_STR(struct vr_sysinfo_entry, file, "file", .goes = VR_GOES_ARGV),
    VR_C_STR(struct vr_sysinfo_entry, value, .goes = VR_GOES_ARGV),
    VR_END,
};
static const struct vr_row oem_rows[] = {
    VR_C_STR(struct vr_sysinfo_entry, value, .goes = VR_GOES_ARGV), VR_END,
};
static const struct vr_xml_elem entry_elem = { .name = "entry", .size = sizeof(struct vr_sysinfo_entry), .rows = entry_rows };
static const struct vr_xml_elem fwcfg_elem = { .name = "entry", .size = sizeof(struct vr_sysinfo_entry), .rows = fwcfg_rows };
static const struct vr_xml_elem oem_elem = { .name = "entry", .size = sizeof(struct vr_sysinfo_entry), .rows = oem_rows };

static const struct vr_row group_rows[] = {
    VR_LISTED(struct vr_sysinfo_group, entries, "entry", entry_elem), VR_END,
};
static const struct vr_row oem_group_rows[] = {
    VR_LISTED(struct vr_sysinfo_group, entries, "entry", oem_elem), VR_END,
};

/* Which names each part knows, in the order stock prints them; others are ignored. */
static const struct part {
    const char *element;
    const char *const *names;
} parts[] = {
    { "bios", (const char *const[]){ "vendor", "version", "date", "release", NULL } },
    { "system", (const char *const[]){ "manufacturer", "product", "version", "serial", "uuid", "sku", "family", NULL } },
    { "baseBoard", (const char *const[]){ "manufacturer", "product", "version", "serial", "asset", "location", NULL } },
    { "chassis", (const char *const[]){ "manufacturer", "version", "serial", "asset", "sku", NULL } },
};

/* The last entry of a name counts nothing: stock takes the first. */
static bool order_entries(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    (void)err;
    struct vr_sysinfo_group *g = obj, ordered = { 0 };
    for (size_t i = 0; i < VR_COUNT(parts); i++)
        for (const char *const *name = parts[i].names; vr_streq(parts[i].element, node->name) && *name; name++)
            for (size_t j = 0; j < g->entries.n; j++)
                if (vr_streq(g->entries.v[j]->name, *name)) {
                    VR_LIST_ADD(p->arena, &ordered.entries, g->entries.v[j]);
                    break;
                }
    *g = ordered;
    return true;
}

static const struct vr_xml_elem group_elem = {
    .name = "system", .size = sizeof(struct vr_sysinfo_group), .rows = group_rows, .after_parse = order_entries,
};
static const struct vr_xml_elem oem_group_elem = {
    .name = "oemStrings", .size = sizeof(struct vr_sysinfo_group), .rows = oem_group_rows,
};

static bool check_sysinfo(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    static const char *const types[] = { "smbios", "fwcfg", NULL };
    struct vr_sysinfo *s = obj;
    if (vr_name_index(types, s->type) < 0)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid value for attribute 'type' in element 'sysinfo': '%s'."), s->type);
    if (vr_streq(s->type, "smbios")) {
        s->fwcfg.n = 0;
        return true;
    }
    s->bios = s->system = s->chassis = s->oem_strings = NULL;
    s->base_boards.n = 0;
    for (size_t i = 0; i < s->fwcfg.n; i++) {
        const struct vr_sysinfo_entry *e = s->fwcfg.v[i];
        if (e->value && e->file)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Firmware entry cannot have both value and 'file' attribute"));
        if (!e->value && !e->file)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Firmware entry must have either value or 'file' attribute"));
    }
    return true;
}

static const struct vr_row sysinfo_rows[] = {
    VR_A_STR(struct vr_sysinfo, type, "type", .required = true),
    VR_CHILD(struct vr_sysinfo, bios, "bios", group_elem, .unless_empty = true),
    VR_CHILD(struct vr_sysinfo, system, "system", group_elem, .unless_empty = true),
    VR_LISTED(struct vr_sysinfo, base_boards, "baseBoard", group_elem),
    VR_CHILD(struct vr_sysinfo, chassis, "chassis", group_elem, .unless_empty = true),
    VR_CHILD(struct vr_sysinfo, oem_strings, "oemStrings", oem_group_elem, .unless_empty = true),
    VR_LISTED(struct vr_sysinfo, fwcfg, "entry", fwcfg_elem),
    VR_END,
};
const struct vr_xml_elem vr_sysinfo_elem = {
    .name = "sysinfo", .size = sizeof(struct vr_sysinfo), .rows = sysinfo_rows, .after_parse = check_sysinfo,
};

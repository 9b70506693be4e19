/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <os>, <bootloader>, <sysinfo> */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include <stdlib.h>
#include <string.h>
#include "base/str.h"

VR_ENUM_NAMES(vr_boot_device, VR_BOOT_DEVICES)
VR_ENUM_NAMES(vr_loader_type, VR_LOADER_TYPES)
VR_ENUM_NAMES(vr_firmware, VR_FIRMWARES)

#define OS struct vr_os
static const struct vr_row type_rows[] = {
    VR_A_STR(OS, arch, "arch", .unless_empty = true), VR_A_STR(OS, machine, "machine", .unless_empty = true),
        VR_C_STR(OS, type), VR_END,
};
static const struct vr_row feature_rows[] = {
    VR_A_YESNO(struct vr_firmware_feature, enabled, "enabled", .required = true),
    VR_A_STR(struct vr_firmware_feature, name, "name", .required = true),
    VR_END,
};
static bool feature_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    static const char *const names[] = { "enrolled-keys", "secure-boot", NULL };
    const struct vr_firmware_feature *f = obj;
    if (vr_name_index(names, f->name) >= 0)
        return true;
    vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1,
                    _("Invalid value for attribute 'name' in element 'feature': '%s'."), f->name);
    return vr_xml_locate(err, node);
}
static const struct vr_xml_elem feature_elem = {
    .name = "feature", .size = sizeof(struct vr_firmware_feature), .rows = feature_rows, .after_parse = feature_after,
};
static const struct vr_row firmware_rows[] = { VR_LISTED(OS, firmware_features, "feature", feature_elem), VR_END };
static const struct vr_row loader_rows[] = {
    VR_A_YESNO(OS, loader_readonly, "readonly"),
    VR_A_YESNO(OS, loader_secure, "secure"),
    VR_A_ENUM(OS, loader_type, "type", vr_loader_type_names),
    VR_A_YESNO(OS, loader_stateless, "stateless"),
    VR_A_ENUM(OS, loader_format, "format", vr_storage_format_names, .unset = VR_FORMAT_RAW),
    VR_C_STR(OS, loader),
    VR_END,
};

/* <nvram template=>/path</nvram>, or with type= and a <source> like a disk's. */
static bool nvram_parse(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    OS *os = base;
    const struct vr_xml_node *n = vr_xml_child(node, "nvram");
    if (!n)
        return true;
    os->nvram_template = vr_arena_strdup(p->arena, vr_xml_get(n, "template"));
    struct vr_storage_source *src = vr_arena_new_of(p->arena, struct vr_storage_source);
    const char *type = vr_xml_get(n, "type"), *format = vr_xml_get(n, "format");
    if (format) {
        int f = vr_name_index(vr_storage_format_names + 1, format);
        if (f < 0)
            return vr_parse_fail(p, n, err, VIR_ERR_XML_ERROR,
                                 _("Invalid value for attribute 'format' in element 'nvram': '%s'."), format);
        os->nvram_format = (enum vr_storage_format)(f + 1);
    }
    if (type) {
        int t = vr_name_index(vr_storage_type_names + 1, type);
        if (t < 0) {
            vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1,
                            _("Invalid value for attribute 'type' in element 'nvram': '%s'."), type);
            return vr_xml_locate(err, n);
        }
        src->type = (enum vr_storage_type)(t + 1);
        const struct vr_xml_node *s = vr_xml_child(n, "source");
        if (!s)
            return vr_parse_fail(p, n, err, VIR_ERR_XML_ERROR, _("Missing source element with nvram element"));
        os->nvram = src;
        os->nvram_typed = true;
        return vr_rows_parse(p, vr_source_rows, s, src, err) && vr_source_check(p, s, src, err);
    }
    const char *path = vr_xml_text(p->arena, n);
    if (!*path)
        return true;
    src->type = VR_STORAGE_FILE;
    src->path = vr_arena_strdup(p->arena, path);
    os->nvram = src;
    return true;
}

static void nvram_format(struct vr_format *f, const void *base)
{
    const OS *os = base;
    const struct vr_storage_source *src = os->nvram;
    if (!src && !os->nvram_template)
        return;
    vr_buf_spaces(f->out, (size_t)f->indent);
    vr_buf_str(f->out, "<nvram");
    vr_format_attr(f, "template", os->nvram_template);
    if (os->nvram_format > VR_FORMAT_RAW)
        vr_format_attr(f, "format", vr_storage_format_names[os->nvram_format]);
    if (src && (src->type != VR_STORAGE_FILE || os->nvram_typed)) {
        vr_format_attr(f, "type", vr_storage_type_names[src->type]);
        vr_buf_str(f->out, ">\n");
        f->indent += 2;
        vr_elem_format(f, &vr_source_body_elem, "source", src);
        f->indent -= 2;
        vr_format_line(f, "</nvram>");
        return;
    }
    if (!src || !src->path) {
        vr_buf_str(f->out, "/>\n");
        return;
    }
    vr_buf_char(f->out, '>');
    vr_xml_escape(f->out, src->path);
    vr_buf_str(f->out, "</nvram>\n");
}
static const struct vr_row nvram_inner_rows[] = {
    VR_A_STR(OS, nvram_template, "template"),
    VR_A_ENUM(OS, nvram_format, "format", vr_storage_format_names),
    VR_A_STR(OS, nvram_template, "type"),
    VR_CHILD(OS, nvram, "source", vr_source_body_elem),
    VR_C_STR(OS, nvram_template),
    VR_END,
};
static const struct vr_row nvram_names[] = { VR_GROUP("nvram", nvram_inner_rows), VR_END };
static const struct vr_custom_ops nvram_ops = { .rows = nvram_names, .parse = nvram_parse, .format = nvram_format };

static const struct vr_row table_rows[] = {
    VR_A_STR(struct vr_acpi_table, type, "type", .required = true), VR_C_STR(struct vr_acpi_table, path), VR_END,
};
static const struct vr_xml_elem table_elem = { .name = "table", .size = sizeof(struct vr_acpi_table), .rows =
    table_rows };
static const struct vr_row acpi_rows[] = { VR_LISTED(OS, acpi_tables, "table", table_elem), VR_END };
static const struct vr_row boot_rows[] = { VR_A_ENUM(struct vr_boot, dev, "dev", vr_boot_device_names, .required =
                                                     true), VR_END };
static const struct vr_xml_elem boot_elem = { .name = "boot", .size = sizeof(struct vr_boot), .rows = boot_rows };
static bool bootmenu_after(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    OS *os = base;
    const char *t = vr_xml_get(node, "timeout");
    uint64_t v;
    os->bootmenu_timeout = 0;
    if (t && os->bootmenu == VR_TRI_YES) {
        if (!vr_text_u64(t, 10, UINT32_MAX, &v)) {
            vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1,
                            _("Invalid value for attribute 'timeout' in element 'bootmenu': '%s'. Expected non-negative integer value"), t);
            return vr_xml_locate(err, node);
        }
        if (v > 65535)
            return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                                 _("invalid value for boot menu timeout, must be in range [0,65535]"));
        os->bootmenu_timeout = (unsigned)v;
    }
    return true;
}
static const struct vr_row bootmenu_rows[] = {
    VR_A_YESNO(OS, bootmenu, "enable"), VR_A_UINT(OS, bootmenu_timeout, "timeout", .lenient = true),
        VR_END,
};
static const struct vr_row bios_rows[] = {
    VR_A_YESNO(OS, bios_useserial, "useserial", .lenient = true),
    VR_A_OINT(OS, reboot_timeout, "rebootTimeout", .bad =
              "invalid value for rebootTimeout, must be in range [-1,65535]",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_END,
};
static const struct vr_row smbios_rows[] = { VR_A_STR(OS, smbios_mode, "mode"), VR_END };
static const struct vr_row initenv_rows[] = {
    VR_A_STR(struct vr_cookie, name, "name", .required = true, .missing = "No name supplied for <initenv> element"),
    VR_C_STR(struct vr_cookie, value), VR_END,
};
static const struct vr_xml_elem initenv_elem = { .name = "initenv", .size = sizeof(struct vr_cookie), .rows =
    initenv_rows };

const struct vr_row vr_os_rows[] = {
    VR_A_ENUM(OS, firmware, "firmware", vr_firmware_names, .bad = "unknown firmware value %s", .bad_code =
              VIR_ERR_XML_ERROR),
    VR_GROUP("type", type_rows),
    VR_GROUP("firmware", firmware_rows),
    VR_T_STR(OS, init, "init"),
    VR_STRS(OS, initargs, "initarg"),
    VR_LISTED(OS, initenv, "initenv", initenv_elem),
    VR_T_STR(OS, initdir, "initdir"),
    VR_T_STR(OS, inituser, "inituser"),
    VR_T_STR(OS, initgroup, "initgroup"),
    VR_GROUP("loader", loader_rows),
    VR_CUSTOM(nvram_ops),
    VR_T_STR(OS, kernel, "kernel"),
    VR_T_STR(OS, initrd, "initrd"),
    VR_T_STR(OS, cmdline, "cmdline"),
    VR_T_STR(OS, dtb, "dtb"),
    VR_T_STR(OS, shim, "shim"),
    VR_T_STR(OS, root, "root"),
    VR_GROUP("acpi", acpi_rows),
    VR_LISTED(OS, boot, "boot", boot_elem),
    VR_GROUP("bootmenu", bootmenu_rows, .after = bootmenu_after),
    VR_GROUP("bios", bios_rows),
    VR_GROUP("smbios", smbios_rows),
    VR_END,
};

/* These stand beside <os> but belong to the same struct. */
const struct vr_row vr_bootloader_rows[] = {
    VR_T_STR(OS, bootloader, "bootloader"),
    VR_T_STR(OS, bootloader_args, "bootloader_args"),
    VR_END,
};

/* ---- sysinfo ----------------------------------------------------------------------------------------------------- */
#define ENTRY struct vr_sysinfo_entry
static const struct vr_row entry_rows[] = {
    VR_A_STR(ENTRY, name, "name"), VR_A_STR(ENTRY, file, "file"), VR_C_STR(ENTRY, value), VR_END,
};
static const struct vr_xml_elem entry_elem = { .name = "entry", .size = sizeof(ENTRY), .rows = entry_rows };
static const struct vr_row group_rows[] = { VR_LISTED(struct vr_sysinfo_group, entries, "entry", entry_elem), VR_END };

/* Entries come in any order and are written in the table's; unknown names are dropped, as stock does. */
static void sort_entries(struct vr_arena *arena, struct vr_sysinfo_group *g, const char *const *order)
{
    struct vr_sysinfo_group sorted = { .entries = { NULL, 0 } };
    for (size_t k = 0; order[k]; k++)
        for (size_t i = 0; i < g->entries.n; i++)
            if (vr_streq0(g->entries.v[i]->name, order[k])) {
                VR_LIST_ADD(arena, &sorted.entries, g->entries.v[i]);
                break;
            }
    *g = sorted;
}
static const char *const bios_names[] = { "vendor", "version", "date", "release", NULL };
static const char *const system_names[] = { "manufacturer", "product", "version", "serial", "uuid", "sku", "family",
    NULL };
static const char *const board_names[] = { "manufacturer", "product", "version", "serial", "asset", "location", NULL };
static const char *const chassis_names[] = { "manufacturer", "version", "serial", "asset", "sku", NULL };
#define GROUP_ELEM(var, el, names_)                                                                \
    static bool var##_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err) \
    {                                                                                              \
        sort_entries(p->arena, obj, names_);                                                       \
        return true;                                                                               \
    }                                                                                              \
    static const struct vr_xml_elem var = { .name = el, .size = sizeof(struct vr_sysinfo_group), .rows = group_rows, .after_parse = var##_after }
GROUP_ELEM(bios_elem, "bios", bios_names);
GROUP_ELEM(system_elem, "system", system_names);
GROUP_ELEM(board_elem, "baseBoard", board_names);
GROUP_ELEM(chassis_elem, "chassis", chassis_names);
static const struct vr_xml_elem oem_elem = { .name = "oemStrings", .size = sizeof(struct vr_sysinfo_group), .rows =
    group_rows };

#define SYS struct vr_sysinfo
static const struct vr_row sysinfo_rows[] = {
    VR_A_STR(SYS, type, "type", .required = true),
    VR_CHILD(SYS, bios, "bios", bios_elem),
    VR_CHILD(SYS, system, "system", system_elem),
    VR_LISTED(SYS, base_boards, "baseBoard", board_elem),
    VR_CHILD(SYS, chassis, "chassis", chassis_elem),
    VR_CHILD(SYS, oem_strings, "oemStrings", oem_elem),
    VR_LISTED(SYS, fwcfg, "entry", entry_elem),
    VR_END,
};
static const char *entry_of(const struct vr_sysinfo_group *g, const char *name)
{
    for (size_t i = 0; g && i < g->entries.n; i++)
        if (vr_streq0(g->entries.v[i]->name, name))
            return g->entries.v[i]->value;
    return NULL;
}

/* "mm/dd/yyyy", of the years before 2000 also "mm/dd/yy" */
static bool date_good(const char *text)
{
    int part[3];
    for (int i = 0; i < 3; i++) {
        char *end;
        long v = strtol(text, &end, 10);
        if (end == text || v < 0 || v > 9999 || *end != (i < 2 ? '/' : 0))
            return false;
        part[i] = (int)v;
        text = end + 1;
    }
    return part[0] >= 1 && part[0] <= 12 && part[1] >= 1 && part[1] <= 31 && (part[2] < 100 || part[2] >= 1900);
}

/* The machine's number in its tables is the guest's own. */
static bool smbios_check(struct vr_parse *p, const struct vr_xml_node *node, const SYS *s, struct vr_error **err)
{
    const char *date = entry_of(s->bios, "date"), *text = entry_of(s->system, "uuid");
    struct vr_domain_def *d = p->root;
    struct vr_uuid uuid;
    if (date && !date_good(date))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL, _("Invalid BIOS 'date' format"));
    if (!text)
        return true;
    if (!vr_uuid_parse(text, &uuid))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL, _("malformed <sysinfo> uuid element"));
    if (d && p->domain == VIR_FROM_DOMAIN && vr_streq0(node->parent ? node->parent->name : NULL, "domain")) {
        if (d->uuid_set && memcmp(&d->uuid, &uuid, sizeof(uuid)))
            return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL, _("UUID mismatch between <uuid> and <sysinfo>"));
        d->uuid = uuid;
        d->uuid_set = true;
    }
    return true;
}

static bool sysinfo_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const SYS *s = obj;
    if (!vr_streq(s->type, "smbios") && !vr_streq(s->type, "fwcfg")) {
        vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1,
                        _("Invalid value for attribute 'type' in element 'sysinfo': '%s'."), s->type);
        return vr_xml_locate(err, node);
    }
    if (vr_streq(s->type, "smbios") && !smbios_check(p, node, s, err))
        return false;
    for (size_t i = 0; i < s->fwcfg.n; i++) {
        const ENTRY *e = s->fwcfg.v[i];
        if (!e->name)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Firmware entry is missing 'name' attribute"));
        if (!e->value && !e->file)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                                 _("Firmware entry must have either value or 'file' attribute"));
    }
    return true;
}
const struct vr_xml_elem vr_sysinfo_elem = { .name = "sysinfo", .size = sizeof(SYS), .rows = sysinfo_rows,
    .after_parse = sysinfo_after };

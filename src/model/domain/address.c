/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every device may carry: boot order, alias, option ROM, address. */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "tables.h"

#include <ctype.h>
#include <string.h>
#include "base/str.h"

static bool pci_said(const void *base, const struct vr_format *f)
{
    const struct vr_pci_address *a = base;
    return a->domain || a->bus || a->slot;
}

static const struct vr_row zpci_rows[] = {
    VR_A_OUINT(struct vr_pci_address, zpci_uid, "uid", .print = "0x%04x", .radix = VR_RADIX_ANY),
    VR_A_OUINT(struct vr_pci_address, zpci_fid, "fid", .print = "0x%08x", .radix = VR_RADIX_ANY),
    VR_END,
};

/* Half of a zPCI address is completed with zero, which the hypervisor replaces. */
static bool zpci_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    struct vr_pci_address *a = base;
    if (a->zpci_uid.set != a->zpci_fid.set)
        a->zpci_uid.set = a->zpci_fid.set = true;
    return true;
}

const struct vr_row vr_pci_address_rows[] = {
    VR_A_UINT(struct vr_pci_address, domain, "domain", .print = "0x%04x", .radix = VR_RADIX_ANY, .zero = true, .when =
              pci_said),
    VR_A_UINT(struct vr_pci_address, bus, "bus", .print = "0x%02x", .radix = VR_RADIX_ANY, .zero = true, .when =
              pci_said),
    VR_A_UINT(struct vr_pci_address, slot, "slot", .print = "0x%02x", .radix = VR_RADIX_ANY, .zero = true, .when =
              pci_said),
    VR_A_UINT(struct vr_pci_address, function, "function", .print = "0x%x", .radix = VR_RADIX_ANY, .zero = true, .when =
              pci_said),
    VR_A_ONOFF(struct vr_pci_address, multifunction, "multifunction", .when = pci_said),
    VR_GROUP("zpci", zpci_rows, .after = zpci_read),
    VR_END,
};

#define PLACE(m, n, form) VR_A_UINT(struct vr_pci_address, m, n, .print = form, .radix = VR_RADIX_ANY, .zero = true)
const struct vr_row vr_pci_place_rows[] = {
    PLACE(domain, "domain", "0x%04x"), PLACE(bus, "bus", "0x%02x"), PLACE(slot, "slot", "0x%02x"), PLACE(function,
        "function", "0x%x"),
    VR_A_ONOFF(struct vr_pci_address, multifunction, "multifunction"), VR_END,
};

bool vr_pci_address_check(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const struct vr_pci_address *a = base;
    if (a->domain > 0xffff)
        vr_fail(err, VIR_ERR_XML_ERROR, _("Invalid PCI address domain='0x%x', must be <= 0xFFFF"), a->domain);
    else if (a->bus > 0xff)
        vr_fail(err, VIR_ERR_XML_ERROR, _("Invalid PCI address bus='0x%x', must be <= 0xFF"), a->bus);
    else if (a->slot > 0x1f)
        vr_fail(err, VIR_ERR_XML_ERROR, _("Invalid PCI address slot='0x%x', must be <= 0x1F"), a->slot);
    else if (a->function > 7)
        vr_fail(err, VIR_ERR_XML_ERROR, _("Invalid PCI address function=0x%x, must be <= 7"), a->function);
    else
        return true;
    return vr_xml_locate(err, node);
}

#define INFO struct vr_device_info
#define IS(T) VR_WHEN(INFO, type, VR_BIT(VR_ADDRESS_##T))

static bool ccw_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    INFO *info = base;
    int have = !!vr_xml_get(node, "cssid") + !!vr_xml_get(node, "ssid") + !!vr_xml_get(node, "devno");
    if (have && have != 3)
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR,
                             _("Invalid partial specification for virtio ccw address"));
    info->ccw.assigned = have == 3;
    if (have && (info->ccw.cssid > 0xfe || info->ccw.ssid > 3 || info->ccw.devno > 0xffff))
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("Invalid virtio ccw address: %x.%x.%04x"),
                             info->ccw.cssid, info->ccw.ssid, info->ccw.devno);
    return true;
}

static bool usb_port_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const INFO *info = base;
    const char *port = info->usb.port;
    unsigned part = 0;
    if (!port)
        return true;
    for (const char *c = port; *c; c++) {
        if (*c == '.') {
            if (c == port || c[1] == 0 || ++part > 3)
                goto bad;
        } else if (!isdigit((unsigned char)*c)) {
            goto bad;
        }
    }
    return true;
bad:
    return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Cannot parse <address> 'port' attribute"));
}

/* Rows of each address type; the type itself selects. */
static const struct vr_row pci_rows[] = { VR_INLINE_PART(INFO, pci, vr_pci_address_rows, .after = vr_pci_address_check),
    VR_END };
static const struct vr_row drive_rows[] = {
    VR_A_UINT(INFO, drive.controller, "controller", .zero = true),
    VR_A_UINT(INFO, drive.bus, "bus", .zero = true),
    VR_A_UINT(INFO, drive.target, "target", .zero = true),
    VR_A_UINT(INFO, drive.unit, "unit", .zero = true),
    VR_END,
};
static const struct vr_row vioserial_rows[] = {
    VR_A_UINT(INFO, vioserial.controller, "controller", .zero = true),
    VR_A_UINT(INFO, vioserial.bus, "bus", .zero = true),
    VR_A_UINT(INFO, vioserial.port, "port", .zero = true),
    VR_END,
};
static const struct vr_row ccid_rows[] = {
    VR_A_UINT(INFO, ccid.controller, "controller", .zero = true),
    VR_A_UINT(INFO, ccid.slot, "slot", .zero = true),
    VR_END,
};
static const struct vr_row usb_rows[] = {
    VR_A_UINT(INFO, usb.bus, "bus", .zero = true),
    VR_A_STR(INFO, usb.port, "port"),
    VR_END,
};
static const struct vr_row spaprvio_rows[] = {
    VR_A_OU64(INFO, spaprvio.reg, "reg", .print = "0x%08x", .radix = VR_RADIX_ANY),
    VR_END,
};
static const struct vr_row ccw_rows[] = {
    VR_A_UINT(INFO, ccw.cssid, "cssid", .print = "0x%x", .radix = VR_RADIX_ANY, .zero = true),
    VR_A_UINT(INFO, ccw.ssid, "ssid", .print = "0x%x", .radix = VR_RADIX_ANY, .zero = true),
    VR_A_UINT(INFO, ccw.devno, "devno", .print = "0x%04x", .radix = VR_RADIX_ANY, .zero = true),
    VR_END,
};
static const struct vr_row isa_rows[] = {
    VR_A_UINT(INFO, isa.iobase, "iobase", .print = "0x%x", .radix = 16),
    VR_A_UINT(INFO, isa.irq, "irq", .print = "0x%x", .radix = 16),
    VR_END,
};
static const struct vr_row dimm_rows[] = {
    VR_A_UINT(INFO, dimm.slot, "slot", .zero = true),
    VR_A_OU64(INFO, dimm.base, "base", .print = "0x%x", .radix = 16),
    VR_END,
};

static const struct vr_row no_rows[] = { VR_END };
static bool s390_refused(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("virtio-s390 bus doesn't have an address"));
}

static const struct vr_row address_rows[] = {
    VR_A_ENUM(INFO, type, "type", vr_address_type_names, .required = true, .bad = "unknown address type '%s'",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED, .missing = "No type specified for device address",
              .missing_code = VIR_ERR_INTERNAL_ERROR),
    VR_INLINE(pci_rows, IS(PCI)),
    VR_INLINE(drive_rows, IS(DRIVE)),
    VR_INLINE(vioserial_rows, IS(VIRTIO_SERIAL)),
    VR_INLINE(ccid_rows, IS(CCID)),
    VR_INLINE(usb_rows, IS(USB), .after = usb_port_read),
    VR_INLINE(spaprvio_rows, IS(SPAPR_VIO)),
    VR_INLINE(ccw_rows, IS(CCW), .after = ccw_read),
    VR_INLINE(isa_rows, IS(ISA)),
    VR_INLINE(no_rows, IS(VIRTIO_S390), .after = s390_refused),
    VR_INLINE(dimm_rows, IS(DIMM)),
    VR_END,
};

static bool loadparm_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    INFO *info = base;
    if (!info->loadparm)
        return true;
    size_t len = strlen(info->loadparm);
    char *upper = vr_arena_strdup(p->arena, info->loadparm);
    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    info->loadparm = upper;
    if (len < 1 || len > 8)
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR,
                             _("loadparm value '%s' must be between 1 and 8 characters"),
                             info->loadparm);
    for (char *c = upper; *c; c++) {
        if (!isalnum((unsigned char)*c) && *c != '.' && *c != ' ')
            return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR,
                                 _("invalid loadparm value '%s', expecting chars in set of [a-zA-Z0-9.] and blank spaces"),
                                 info->loadparm);
    }
    return true;
}

static const struct vr_row boot_rows[] = {
    VR_A_UINT(INFO, boot_order, "order", .required = true, .nonzero = true),
    VR_A_STR(INFO, loadparm, "loadparm"),
    VR_END,
};

static bool user_alias(const char *alias)
{
    return alias && vr_starts_with(alias, "ua-");
}

static bool alias_shown(const void *base, const struct vr_format *f)
{
    return !vr_inactive(f) || user_alias(((const INFO *)base)->alias);
}

/* A definition keeps only aliases that users chose; the others are made anew at each start. */
static bool alias_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    INFO *info = base;
    if ((p->flags & VR_FORM_INACTIVE) && !user_alias(info->alias))
        info->alias = NULL;
    return true;
}

static const struct vr_row alias_rows[] = { VR_A_STR(INFO, alias, "name"), VR_END };
static const struct vr_row master_rows[] = { VR_A_OUINT(INFO, master_startport, "startport"), VR_END };
static const struct vr_row rom_rows[] = {
    VR_A_YESNO(INFO, rom_enabled, "enabled"),
    VR_A_ONOFF(INFO, rom_bar, "bar"),
    VR_A_STR(INFO, rom_file, "file"),
    VR_END,
};
static const struct vr_row acpi_rows[] = { VR_A_OUINT(INFO, acpi_index, "index"), VR_END };

const struct vr_row vr_info_rows[] = {
    VR_GROUP("boot", boot_rows, .after = loadparm_read),
    VR_GROUP("alias", alias_rows, .when = alias_shown, .after = alias_read),
    VR_GROUP("master", master_rows),
    VR_GROUP("rom", rom_rows),
    VR_GROUP("acpi", acpi_rows),
    VR_GROUP("address", address_rows),
    VR_END,
};

const struct vr_row vr_virtio_rows[] = {
    VR_A_ONOFF(struct vr_virtio_options, iommu, "iommu"),
    VR_A_ONOFF(struct vr_virtio_options, ats, "ats"),
    VR_A_ONOFF(struct vr_virtio_options, packed, "packed"),
    VR_A_ONOFF(struct vr_virtio_options, page_per_vq, "page_per_vq"),
    VR_END,
};

/* ---- <seclabel>: of the domain, and of one source ---------------------------------------------------------------- */
#define LABEL struct vr_seclabel
static bool label_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    LABEL *l = obj;
    if (!l->type)
        l->type = "dynamic";
    if (!l->relabel)
        l->relabel = vr_streq(l->type, "dynamic") ? VR_TRI_YES : VR_TRI_NO;
    if (vr_streq(l->type, "dynamic") && l->relabel == VR_TRI_NO)
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                             _("dynamic label type must use resource relabeling"));
    if (vr_streq(l->type, "none") && l->relabel == VR_TRI_YES)
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED,
                             _("resource relabeling is not compatible with 'none' label type"));
    if (vr_streq(l->type, "static") && !l->label)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("security label is missing"));
    if ((p->flags & VR_FORM_INACTIVE) && vr_streq(l->type, "dynamic"))
        l->label = NULL;
    if (p->flags & VR_FORM_INACTIVE)
        l->imagelabel = NULL;
    if (vr_streq(l->type, "none"))
        l->label = l->imagelabel = l->baselabel = NULL;
    return true;
}

static bool label_skipped(const void *obj, const struct vr_format *f)
{
    const LABEL *l = obj;
    return !l->type && !l->model;
}

static bool static_or_live(const void *base, const struct vr_format *f)
{
    const LABEL *l = base;
    return l->label && (!vr_inactive(f) || !l->type || !vr_streq(l->type, "dynamic"));
}

static bool not_none(const void *base, const struct vr_format *f)
{
    const LABEL *l = base;
    return !l->type || !vr_streq(l->type, "none");
}

static bool live(const void *base, const struct vr_format *f)
{
    return !vr_inactive(f);
}

static const struct vr_row seclabel_rows[] = {
    VR_A_STR(LABEL, type, "type", .words = VR_WORDS("none", "dynamic", "static")),
    VR_A_STR(LABEL, model, "model"),
    VR_A_YESNO(LABEL, relabel, "relabel", .when = not_none),
    VR_T_STR(LABEL, label, "label", .when = static_or_live, .unless_empty = true),
    VR_T_STR(LABEL, imagelabel, "imagelabel", .when = live, .unless_empty = true),
    VR_T_STR(LABEL, baselabel, "baselabel", .unless_empty = true),
    VR_END,
};
const struct vr_xml_elem vr_seclabel_elem = {
    .name = "seclabel", .size = sizeof(LABEL), .rows = seclabel_rows, .after_parse = label_check, .skip_format =
        label_skipped,
};

static const struct vr_row source_label_rows[] = {
    VR_A_STR(LABEL, model, "model"),
    VR_A_YESNO(LABEL, labelskip, "labelskip", .when = live),
    VR_A_YESNO(LABEL, relabel, "relabel"),
    VR_T_STR(LABEL, label, "label", .unless_empty = true),
    VR_END,
};

static bool source_label_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    LABEL *l = obj;
    if (!l->relabel && !l->labelskip)
        l->relabel = VR_TRI_YES;
    if (l->label && l->relabel != VR_TRI_YES)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Cannot specify a label if relabelling is turned off. model=%s"),
                                 l->model ? l->model : "");
    return true;
}

const struct vr_xml_elem vr_seclabel_source_elem = {
    .name = "seclabel", .size = sizeof(LABEL), .rows = source_label_rows, .after_parse = source_label_check,
};

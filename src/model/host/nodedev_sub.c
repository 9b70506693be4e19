/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <capability> inside a capability of a node device. */
#define VR_ERROR_DOMAIN VIR_FROM_NODEDEV
#include "nodedev.h"

#include "base/str.h"
#include "model/domain/tables.h"

VR_ENUM_NAMES(vr_nodedev_subtype, VR_NODEDEV_SUBTYPES)

#define SUB struct vr_nodedev_sub
#define B(T) VR_BIT(VR_NODEDEV_SUB_##T)
#define OF(mask) VR_WHEN(SUB, type, mask)
#define INTERNAL .bad_code = VIR_ERR_INTERNAL_ERROR, .missing_code = VIR_ERR_INTERNAL_ERROR

#define TYPE struct vr_mdev_type
static const struct vr_row mdev_type_rows[] = {
    VR_A_STR(TYPE, id, "id", .required = true, .missing = "missing 'id' attribute for mediated device's <type> element"),
    VR_T_STR(TYPE, name, "name", .unless_empty = true),
    VR_T_STR(TYPE, api, "deviceAPI", .unless_empty = true),
    VR_T_OUINT(TYPE, instances, "availableInstances", .lenient = true),
    VR_END,
};
static bool mdev_type_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const TYPE *t = obj;
    if (!t->api)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing device API for mediated device type '%s'"),
                             t->id);
    return t->instances.set ||
           vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                         _("missing number of available instances for mediated device type '%s'"), t->id);
}
static const struct vr_xml_elem mdev_type_elem = { .name = "type", .size = sizeof(TYPE), .rows = mdev_type_rows,
                                                   .after_parse = mdev_type_check };

#define FIELD struct vr_vpd_field
static const struct vr_row field_rows[] = { VR_A_STR(FIELD, index, "index"), VR_C_STR(FIELD, value), VR_END };
static const struct vr_xml_elem vendor_field_elem = { .name = "vendor_field", .size = sizeof(FIELD), .rows =
    field_rows };
static const struct vr_xml_elem system_field_elem = { .name = "system_field", .size = sizeof(FIELD), .rows =
    field_rows };
#define FIELDS struct vr_vpd_fields
static const struct vr_row fields_rows[] = {
    VR_A_STR(FIELDS, access, "access", .words = VR_WORDS("readonly", "readwrite"),
             .bad = "Unsupported VPD field access type specified %s"),
    VR_T_STR(FIELDS, change_level, "change_level"), VR_T_STR(FIELDS, manufacture_id, "manufacture_id"),
    VR_T_STR(FIELDS, part_number, "part_number"), VR_T_STR(FIELDS, serial_number, "serial_number"),
    VR_T_STR(FIELDS, asset_tag, "asset_tag"),
    VR_LISTED(FIELDS, vendor_fields, "vendor_field", vendor_field_elem),
    VR_LISTED(FIELDS, system_fields, "system_field", system_field_elem),
    VR_END,
};
static const struct vr_xml_elem fields_elem = { .name = "fields", .size = sizeof(FIELDS), .rows = fields_rows };

static bool counted(const void *base, const struct vr_format *f)
{
    return ((const SUB *)base)->block_size != 0;
}
static const struct vr_row sub_rows[] = {
    VR_A_ENUM(SUB, type, "type", vr_nodedev_subtype_names, .lenient = true),
    VR_A_UINT(SUB, max_count, "maxCount", OF(B(VIRT_FUNCTIONS)), .bad = "Malformed 'maxCount' parameter"),
    VR_LISTED(SUB, addresses, "address", vr_nodedev_place_elem, OF(B(PHYS_FUNCTION) | B(VIRT_FUNCTIONS))),
    VR_LISTED(SUB, mdev_types, "type", mdev_type_elem, OF(B(MDEV_TYPES))),
    VR_T_STR(SUB, vpd_name, "name", OF(B(VPD)), .required = true, .missing =
             "Could not read a device name from the <name> element"),
    VR_LISTED(SUB, vpd_fields, "fields", fields_elem, OF(B(VPD))),
    VR_T_STR(SUB, rport, "rport", OF(B(FC_REMOTE_PORT)), .required = true, INTERNAL, .missing =
             "missing rport name for '%N'"),
    VR_T_STR(SUB, wwnn, "wwnn", OF(B(FC_HOST))),
    VR_T_STR(SUB, wwpn, "wwpn", OF(B(FC_HOST))),
    VR_T_STR(SUB, wwpn, "wwpn", OF(B(FC_REMOTE_PORT)), .required = true, INTERNAL, .missing =
             "missing wwpn identifier for '%N'"),
    VR_T_STR(SUB, fabric_wwn, "fabric_wwn", OF(B(FC_HOST)), .unless_empty = true),
    VR_T_OUINT(SUB, max_vports, "max_vports", OF(B(VPORT_OPS)), .lenient = true),
    VR_T_OUINT(SUB, vports, "vports", OF(B(VPORT_OPS)), .lenient = true),
    VR_T_OUINT(SUB, media_available, "media_available", OF(B(REMOVABLE)), .lenient = true),
    VR_T_OU64(SUB, media_size, "media_size", OF(B(REMOVABLE)), .required = true, INTERNAL, .missing =
              "no removable media size supplied for '%N'", .bad = "invalid removable media size supplied for '%N'"),
    VR_T_STR(SUB, media_label, "media_label", OF(B(REMOVABLE)), .unless_empty = true),
    VR_T_U64(SUB, block_size, "logical_block_size", OF(B(REMOVABLE)), .when = counted, .lenient = true),
    VR_T_U64(SUB, blocks, "num_blocks", OF(B(REMOVABLE)), .lenient = true),
    VR_END,
};

static bool sub_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    SUB *s = obj;
    const char *more = p->flags & VR_NODEDEV_CREATE ? ", and auto-generation failed" : "";
    if (s->type == VR_NODEDEV_SUB_FC_HOST && (!s->wwnn || !s->wwpn))
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, "no %s supplied for '%s'%s",
                             s->wwnn ? "WWPN" : "WWNN", p->about, more);
    if (s->type == VR_NODEDEV_SUB_PHYS_FUNCTION && !s->addresses.n)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Missing address in 'phys_function' capability"));
    return true;
}
static bool is_hotplug(const void *obj, const struct vr_format *f)
{
    const SUB *s = obj;
    return !s->type || s->type == VR_NODEDEV_SUB_HOTPLUGGABLE;
}
static bool is_other(const void *obj, const struct vr_format *f)
{
    return ((const SUB *)obj)->type != VR_NODEDEV_SUB_HOTPLUGGABLE;
}
const struct vr_xml_elem vr_nodedev_sub_elem = { .name = "capability", .size = sizeof(SUB), .rows = sub_rows,
                                                 .after_parse = sub_after, .skip_format = is_hotplug };
/* One list, written in two places. */
const struct vr_xml_elem vr_nodedev_hotplug_elem = { .name = "capability", .size = sizeof(SUB), .rows = sub_rows,
                                                     .skip_format = is_other };

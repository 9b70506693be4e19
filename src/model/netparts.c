/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <virtualport>, <bandwidth>, <vlan>: their errors are the same wherever they stand, without a domain as stock's are. */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "model/netparts.h"

#include <string.h>
#include "base/str.h"

VR_ENUM_NAMES(vr_vport_type, VR_VPORT_TYPES)

/* ---- <virtualport> ----------------------------------------------------------------------------------------------- */
#define PORT struct vr_vport
#define PROFILE_MAX 39 /* what 802.1Qbh has room for */

/* A number beyond its field is another error than text that is none: both come from the hook. */
#define NUMBER(m, n) VR_A_OUINT(PORT, m, n, .radix = VR_RADIX_ANY, .bad = "cannot parse value of " n " parameter", .bad_domain = \
                                VR_DOMAIN(VIR_FROM_NONE))
#define ID(m, flag, n) VR_A_UUID(PORT, m, flag, n, .bad = "cannot parse " n " parameter as a uuid", .bad_domain = \
                                 VR_DOMAIN(VIR_FROM_NONE))
static const struct vr_row parameter_rows[] = {
    NUMBER(managerid, "managerid"),
    NUMBER(typeid_, "typeid"),
    NUMBER(typeidversion, "typeidversion"),
    ID(instanceid, has_instanceid, "instanceid"),
    ID(interfaceid, has_interfaceid, "interfaceid"),
    VR_A_STR(PORT, profileid, "profileid"),
    VR_END,
};
static const struct vr_row vport_rows[] = {
    VR_A_ENUM(PORT, type, "type", vr_vport_type_names, .bad = "unknown virtualport type %s", .bad_code =
              VIR_ERR_CONFIG_UNSUPPORTED, .bad_domain = VR_DOMAIN(VIR_FROM_NONE)),
    VR_GROUP("parameters", parameter_rows),
    VR_END,
};

bool vr_vport_check(const PORT *v, struct vr_error **err)
{
    const bool qbg = v->type == VR_VPORT_QBG;
    const struct { bool said, fits; const char *name; } all[] = {
        { v->managerid.set, qbg, "managerid" },
        { v->typeid_.set, qbg, "typeid" },
        { v->typeidversion.set, qbg, "typeidversion" },
        { v->has_instanceid, qbg, "instanceid" },
        { v->profileid != NULL, v->type == VR_VPORT_QBH || v->type == VR_VPORT_OVS, "profileid" },
        { v->has_interfaceid, v->type == VR_VPORT_OVS || v->type == VR_VPORT_MIDONET, "interfaceid" },
    };
    for (size_t i = 0; v->type && i < VR_COUNT(all); i++)
        if (all[i].said && !all[i].fits)
            return vr_error_report(err, VIR_FROM_NET, VIR_ERR_XML_ERROR, -1,
                                   _("extra %s unsupported in <virtualport type='%s'>"), all[i].name,
                                   vr_vport_type_names[v->type]);
    return true;
}

static bool vport_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const PORT *v = obj;
    const struct { const struct vr_ouint *v; unsigned max; const char *name; } numbers[] = {
        { &v->managerid, 255, "managerid" }, { &v->typeid_, 0xffffff, "typeid" },
        { &v->typeidversion, 255, "typeidversion" },
    };
    bool good = true;
    for (size_t i = 0; good && i < VR_COUNT(numbers); i++)
        if (numbers[i].v->set && numbers[i].v->v > numbers[i].max)
            good = vr_fail(err, VIR_ERR_XML_ERROR, _("value of %s out of range"), numbers[i].name);
    if (good && v->profileid && strlen(v->profileid) > PROFILE_MAX)
        good = vr_fail(err, VIR_ERR_XML_ERROR, _("profileid parameter too long"));
    return (good && vr_vport_check(v, err)) || vr_xml_locate(err, node);
}

static bool vport_typed(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    if (!((const PORT *)obj)->type) {
        vr_fail(err, VIR_ERR_XML_ERROR, _("missing required virtualport type"));
        return vr_xml_locate(err, node);
    }
    return vport_after(p, node, obj, err);
}

static bool vport_of_interface(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    PORT *v = obj;
    if (v->type == VR_VPORT_OVS && !v->has_interfaceid) { /* Open vSwitch knows a port by this id: it must last */
        v->has_interfaceid = true;
        vr_uuid_generate(&v->interfaceid);
    }
    if (v->type == VR_VPORT_QBG && !v->has_instanceid && v->managerid.set) {
        v->has_instanceid = true;
        vr_uuid_generate(&v->instanceid);
    }
    return vport_after(p, node, obj, err);
}

#define VPORT(hook) { .name = "virtualport", .size = sizeof(PORT), .rows = vport_rows, .after_parse = (hook) }
const struct vr_xml_elem vr_vport_elem = VPORT(vport_after);
const struct vr_xml_elem vr_vport_typed_elem = VPORT(vport_typed);
const struct vr_xml_elem vr_vport_interface_elem = VPORT(vport_of_interface);

/* ---- <bandwidth> ------------------------------------------------------------------------------------------------- */
#define SIDE struct vr_bandwidth_side
#define WIDTH struct vr_bandwidth
#define RATE(m) VR_A_OU64(SIDE, m, #m, .bad = "could not convert bandwidth " #m " value '%s'", .bad_code = \
                          VIR_ERR_CONFIG_UNSUPPORTED, .bad_domain = VR_DOMAIN(VIR_FROM_NONE))
static const struct vr_row side_rows[] = { RATE(average), RATE(peak), RATE(floor), RATE(burst), VR_END };

static bool fail_at(struct vr_error **err, const struct vr_xml_node *node, int code, const char *text)
{
    vr_fail(err, code, "%s", text);
    return vr_xml_locate(err, node);
}

/* As stock checks each side: what there is needs the average it goes with, or a floor. */
static bool side_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const SIDE *s = obj;
    if (!s->average.set && !s->floor.set)
        return fail_at(err, node, VIR_ERR_XML_DETAIL, _("Missing mandatory average or floor attributes"));
    if ((s->peak.set || s->burst.set) && !s->average.set)
        return fail_at(err, node, VIR_ERR_XML_DETAIL, _("'peak' and 'burst' require 'average' attribute"));
    return true;
}
static const struct vr_xml_elem side_elem = {
    .name = "inbound", .size = sizeof(SIDE), .rows = side_rows, .after_parse = side_after,
};

static bool class_shown(const void *base, const struct vr_format *f)
{
    return !(f->flags & VR_FORM_INACTIVE);
}
const struct vr_row vr_bandwidth_side_rows[] = {
    VR_CHILD(WIDTH, in, "inbound", side_elem),
    VR_CHILD(WIDTH, out, "outbound", side_elem),
    VR_END,
};
static const struct vr_row bandwidth_rows[] = {
    VR_A_UINT(WIDTH, class_id, "classID", .when = class_shown, .not_inactive_parse = true),
    VR_INLINE(vr_bandwidth_side_rows),
    VR_END,
};

static bool bandwidth_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const WIDTH *b = obj;
    if (b->out && b->out->floor.set)
        return fail_at(err, node, VIR_ERR_CONFIG_UNSUPPORTED, _("'floor' attribute allowed only in <inbound> element"));
    return true;
}

static bool bandwidth_plain(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const WIDTH *b = obj;
    if (vr_xml_get(node, "classID"))
        return fail_at(err, node, VIR_ERR_XML_DETAIL,
                       _("classID attribute not supported on <bandwidth> in this usage context"));
    if (b->in && b->in->floor.set)
        return fail_at(err, node, VIR_ERR_CONFIG_UNSUPPORTED, _("floor attribute is not supported for this config"));
    return bandwidth_after(p, node, obj, err);
}

static bool bandwidth_skipped(const void *obj, const struct vr_format *f)
{
    const WIDTH *b = obj;
    return !b->in && !b->out;
}
#define BANDWIDTH(hook)                                                                            \
    { .name = "bandwidth", .size = sizeof(WIDTH), .rows = bandwidth_rows, .after_parse = (hook), .skip_format = bandwidth_skipped }
const struct vr_xml_elem vr_bandwidth_elem = BANDWIDTH(bandwidth_after);
const struct vr_xml_elem vr_bandwidth_plain_elem = BANDWIDTH(bandwidth_plain);

/* ---- <vlan> ------------------------------------------------------------------------------------------------------ */
static const struct vr_row tag_rows[] = {
    VR_A_UINT(struct vr_vlan_tag, id, "id", .required = true, .zero = true, .radix = VR_RADIX_ANY),
    VR_A_STR(struct vr_vlan_tag, native_mode, "nativeMode", .words = ((const char *const[]){ "tagged", "untagged", NULL })),
    VR_END,
};
static bool tag_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const struct vr_vlan_tag *t = obj;
    if (t->id <= 4095)
        return true;
    vr_fail(err, VIR_ERR_XML_ERROR, _("vlan tag id %u too large (maximum 4095)"), t->id);
    return vr_xml_locate(err, node);
}
static const struct vr_xml_elem tag_elem = {
    .name = "tag", .size = sizeof(struct vr_vlan_tag), .rows = tag_rows, .after_parse = tag_after,
};
static const struct vr_row vlan_rows[] = {
    VR_A_YESNO(struct vr_vlan, trunk, "trunk", .unset = VR_TRI_NO, .bad =
               "invalid \"trunk='%s'\" in <vlan> - must be yes or no", .bad_domain = VR_DOMAIN(VIR_FROM_NONE)),
    VR_LISTED(struct vr_vlan, tags, "tag", tag_elem),
    VR_END,
};
static bool vlan_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    struct vr_vlan *v = obj;
    size_t native = 0;
    for (size_t i = 0; i < v->tags.n; i++)
        native += v->tags.v[i]->native_mode != NULL;
    if (!v->tags.n)
        vr_fail(err, VIR_ERR_XML_ERROR,
                _("missing tag id - each <vlan> must have at least one <tag id='n'/> subelement"));
    else if (native > 1)
        vr_fail(err, VIR_ERR_XML_ERROR, _("duplicate native vlan setting"));
    else if (v->trunk == VR_TRI_NO && v->tags.n > 1)
        vr_fail(err, VIR_ERR_XML_ERROR,
                _("invalid \"trunk='%s'\" in <vlan> - trunk='yes' is required for more than one vlan tag"), "no");
    else if (v->trunk == VR_TRI_NO && v->tags.v[0]->native_mode)
        vr_fail(err, VIR_ERR_XML_ERROR,
                _("invalid configuration in <vlan> - \"trunk='no'\" is not allowed with a native vlan id"));
    else {
        if (v->tags.n > 1)
            v->trunk = VR_TRI_YES;
        return true;
    }
    return vr_xml_locate(err, node);
}
const struct vr_xml_elem vr_vlan_elem = {
    .name = "vlan", .size = sizeof(struct vr_vlan), .rows = vlan_rows, .after_parse = vlan_after,
};

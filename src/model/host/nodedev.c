/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <device> */
#define VR_ERROR_DOMAIN VIR_FROM_NODEDEV
#include "nodedev.h"

#include <stdlib.h>
#include "base/alloc.h"
#include "base/str.h"

VR_ENUM_NAMES(vr_devnode_type, VR_DEVNODE_TYPES)

#define D struct vr_nodedev_def
static const struct vr_row devnode_rows[] = {
    VR_A_ENUM(struct vr_devnode, type, "type", vr_devnode_type_names, .required = true),
    VR_C_STR(struct vr_devnode, path),
    VR_END,
};
static const struct vr_xml_elem devnode_elem = { .name = "devnode", .size = sizeof(struct vr_devnode), .rows =
    devnode_rows };
static const struct vr_row driver_rows[] = { VR_T_STR(D, driver, "name", .unless_empty = true), VR_END };
static const struct vr_row parent_rows[] = {
    VR_A_STR(D, parent_wwnn, "wwnn", .read_only = true, .type = "wwn"),
    VR_A_STR(D, parent_wwpn, "wwpn", .read_only = true, .type = "wwn"),
    VR_A_STR(D, parent_fabric_wwn, "fabric_wwn", .read_only = true, .type = "wwn"),
    VR_C_STR(D, parent, .unless_empty = true),
    VR_END,
};
static const struct vr_row device_rows[] = {
    VR_T_STR(D, name, "name"),
    VR_T_STR(D, path, "path", .unless_empty = true),
    VR_LISTED(D, devnodes, "devnode", devnode_elem),
    VR_GROUP("parent", parent_rows),
    VR_GROUP("driver", driver_rows),
    VR_LISTED(D, caps, "capability", vr_nodedev_cap_elem),
    VR_END,
};

static bool device_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const struct vr_xml_node *name = vr_xml_child(node, "name");
    p->about = p->flags & VR_NODEDEV_CREATE ? "new device" : name ? vr_xml_text(p->arena, name) : "";
    if (!vr_xml_child(node, "capability"))
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("no device capabilities for '%s'"), p->about);
    return (p->flags & VR_NODEDEV_CREATE) || *p->about ||
           vr_fail_bare(err, VIR_ERR_NO_NAME) || vr_xml_locate(err, node);
}

static int devnode_order(const void *a, const void *b)
{
    const struct vr_devnode *const *x = a, *const *y = b;
    return (int)(*x)->type - (int)(*y)->type;
}

/* Of two halves of a parent's name the other must be there. */
static bool parent_check(struct vr_parse *p, const struct vr_xml_node *node, const D *d, struct vr_error **err)
{
    if (d->parent_wwnn && !d->parent_wwpn)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("when providing parent wwnn='%s', the wwpn must also be provided"), d->parent_wwnn);
    if (!d->parent_wwnn && d->parent_wwpn)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("when providing parent wwpn='%s', the wwnn must also be provided"), d->parent_wwpn);
    return true;
}

static bool device_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    D *d = obj;
    if (p->flags & VR_NODEDEV_CREATE)
        d->name = vr_arena_strdup(p->arena, "new device");
    if (d->devnodes.n)
        vr_sort(d->devnodes.v, d->devnodes.n, sizeof(d->devnodes.v[0]), devnode_order);
    return parent_check(p, node, d, err);
}
static const struct vr_xml_elem device_elem = { .name = "device", .size = sizeof(D), .rows = device_rows,
                                                .before_parse = device_before, .after_parse = device_after };

/* Stock's numbers of two kinds that it lists but does not read. */
static bool device_check(const void *def, unsigned flags, struct vr_error **err)
{
    const D *d = def;
    for (size_t i = 0; i < d->caps.n; i++) {
        enum vr_nodedev_type t = d->caps.v[i]->type;
        if (t == VR_NODEDEV_SCSI_GENERIC || t == VR_NODEDEV_VDPA)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("unknown capability type '%d' for '%s'"),
                           t == VR_NODEDEV_VDPA ? 17 : 11, d->name);
    }
    return true;
}

const struct vr_document vr_nodedev_def_document = {
    .family = "nodedev", .schema = "nodedev", .title = "Node device", .what = "(node_device_definition)",
    .domain = VIR_FROM_NODEDEV, .elem = &device_elem, .check = device_check,
};

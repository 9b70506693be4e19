/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <domaincheckpoint> */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN_CHECKPOINT
#include "tables.h"

VR_ENUM_NAMES(vr_checkpoint_type, VR_CHECKPOINT_TYPES)

#define D struct vr_checkpoint_def
#define DISK struct vr_checkpoint_disk

static const struct vr_row disk_rows[] = {
    VR_A_STR(DISK, name, "name", .required = true, .type = "diskName"),
    VR_A_ENUM(DISK, type, "checkpoint", vr_checkpoint_type_names),
    VR_A_STR(DISK, bitmap, "bitmap", .unless_empty = true),
    VR_A_OU64(DISK, size, "size", .format_only = true),
    VR_END,
};
static bool disk_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    DISK *d = obj;
    if (!d->type)
        d->type = VR_CHECKPOINT_BITMAP;
    if (d->type == VR_CHECKPOINT_NO && d->bitmap)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("bitmap name '%s' requires a checkpoint of the disk"), d->bitmap);
    return true;
}
static const struct vr_xml_elem disk_elem = { .name = "disk", .size = sizeof(DISK), .rows = disk_rows,
                                              .after_parse = disk_check };

static const struct vr_row parent_rows[] = { VR_T_STR(D, parent, "name", .unless_empty = true, .type =
                                                      "checkpointName"), VR_END };
static const struct vr_row checkpoint_rows[] = {
    VR_T_STR(D, name, "name", .unless_empty = true, .type = "checkpointName"),
    VR_T_STR(D, description, "description", .unless_empty = true),
    VR_GROUP("parent", parent_rows),
    VR_T_OU64(D, created, "creationTime", .lenient = true),
    VR_LISTED(D, disks, "disk", disk_elem, .wrap = "disks"),
    VR_CHILD(D, domain, "domain", vr_inner_domain_elem),
    VR_END,
};

static bool checkpoint_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    return !(p->flags & VR_MOMENT_REDEFINE) || vr_moment_redefined(p, node, "checkpoint", err);
}

static bool checkpoint_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    D *d = obj;
    if (!(p->flags & VR_MOMENT_REDEFINE)) {
        d->parent = NULL;
        d->domain = NULL;
        vr_moment_request(p, &d->name, &d->created);
    }
    return true;
}
static const struct vr_xml_elem checkpoint_elem = {
    .name = "domaincheckpoint", .size = sizeof(D), .rows = checkpoint_rows, .before_parse = checkpoint_before,
    .after_parse = checkpoint_after,
};

const struct vr_document vr_checkpoint_def_document = {
    .family = "checkpoint", .schema = "domaincheckpoint", .title = "Domain checkpoint", .what = "(domain_checkpoint)",
    .domain = VIR_FROM_DOMAIN_CHECKPOINT, .elem = &checkpoint_elem, .always_strict = true,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <domainsnapshot> */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN_SNAPSHOT
#include "tables.h"

#include <string.h>
#include "base/str.h"

VR_ENUM_NAMES(vr_snapshot_state, VR_SNAPSHOT_STATES)
VR_ENUM_NAMES(vr_snapshot_location, VR_SNAPSHOT_LOCATIONS)

#define D struct vr_snapshot_def
#define DISK struct vr_snapshot_disk

/* ---- disks ------------------------------------------------------------------------------------------------------- */
static bool image_said(const void *base, const struct vr_format *f)
{
    const struct vr_storage_source *s = ((const DISK *)base)->src;
    return s && (s->path || s->name || s->format);
}
static bool source_said(const void *base, const struct vr_format *f)
{
    const struct vr_storage_source *s = ((const DISK *)base)->src;
    return s && (s->path || s->name);
}
static const struct vr_row max_size_rows[] = {
    VR_T_OSIZE(struct vr_storage_source, metadata_cache_max, "max_size", .scale = 1, .default_unit = 1, .show_unit =
               "bytes"),
    VR_END,
};
static const struct vr_row driver_image_rows[] = {
    VR_A_ENUM(struct vr_storage_source, format, "type", vr_storage_format_names, .bad =
              "unknown disk snapshot driver '%s'", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_GROUP("metadata_cache", max_size_rows),
    VR_END,
};
static const struct vr_xml_elem driver_image_elem = { .name = "source", .size = sizeof(struct vr_storage_source),
                                                      .rows = driver_image_rows };
static const struct vr_row driver_rows[] = { VR_INLINE_PTR(DISK, src, driver_image_elem), VR_END };
static const struct vr_xml_elem image_elem = { .name = "source", .size = sizeof(struct vr_storage_source),
                                               .rows = vr_source_rows };
static const struct vr_row disk_rows[] = {
    VR_A_STR(DISK, name, "name", .required = true, .missing = "missing name from disk snapshot element",
             .missing_code = VIR_ERR_INTERNAL_ERROR, .type = "diskName"),
    VR_A_ENUM(DISK, location, "snapshot", vr_snapshot_location_names),
    VR_INLINE_PTR(DISK, src, vr_source_type_elem, .when = image_said),
    VR_GROUP("driver", driver_rows),
    VR_CHILD(DISK, src, "source", image_elem, .when = source_said),
    VR_END,
};

static bool disk_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    DISK *d = obj;
    d->src = vr_arena_new_of(p->arena, struct vr_storage_source);
    d->src->type = VR_STORAGE_FILE;
    return true;
}

static bool disk_check(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    DISK *d = obj;
    const char *path = d->src->path;
    static const uint64_t known = VR_BIT(VR_STORAGE_FILE) | VR_BIT(VR_STORAGE_BLOCK) | VR_BIT(VR_STORAGE_NETWORK);
    if (!(known >> d->src->type & 1))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("unsupported disk snapshot type '%s'"),
                             vr_storage_type_names[d->src->type]);
    d->src->startup_policy = NULL; /* and labels of what is not a file say nothing here */
    if (d->src->type == VR_STORAGE_NETWORK)
        d->src->seclabels.n = 0;
    if (!d->location && (path || d->src->name || d->src->format))
        d->location = VR_SNAPSHOT_EXTERNAL;
    if (path && *path != '/')
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("disk snapshot image path '%s' must be absolute"),
                             path);
    return true;
}
static const struct vr_xml_elem disk_elem = { .name = "disk", .size = sizeof(DISK), .rows = disk_rows,
                                              .before_parse = disk_before, .after_parse = disk_check };

/* ---- the snapshot ------------------------------------------------------------------------------------------------ */
static const struct vr_row parent_rows[] = { VR_T_STR(D, parent, "name", .unless_empty = true), VR_END };
static const struct vr_row memory_rows[] = {
    VR_A_ENUM(D, memory, "snapshot", vr_snapshot_location_names),
    VR_A_STR(D, memory_file, "file", .type = "absFilePath"),
    VR_END,
};
static const struct vr_row cookie_rows[] = {
    VR_CHILD(D, cookie.cpu, "cpu", vr_cpu_elem),
    VR_PRESENT(D, cookie.slirp_helper, "slirpHelper"),
    VR_END,
};
static const struct vr_row snapshot_rows[] = {
    VR_T_STR(D, name, "name", .unless_empty = true),
    VR_T_STR(D, description, "description", .unless_empty = true),
    VR_T_ENUM(D, state, "state", vr_snapshot_state_names, .lenient = true),
    VR_GROUP("parent", parent_rows),
    VR_T_OU64(D, created, "creationTime", .lenient = true),
    VR_GROUP("memory", memory_rows),
    VR_LISTED(D, disks, "disk", disk_elem, .wrap = "disks"),
    VR_CHILD(D, domain, "domain", vr_inner_domain_elem),
    VR_CHILD(D, inactive, "inactiveDomain", vr_inner_domain_elem),
    VR_GROUP("cookie", cookie_rows),
    VR_T_OUINT(D, active, "active", .max = 1, .zero = true, .only = VR_FORM_STATUS, .lenient = true),
    VR_END,
};

static bool offline(const D *d)
{
    return d->state == VR_SNAPSHOT_STATE_SHUTOFF || d->state == VR_SNAPSHOT_STATE_DISK_SNAPSHOT;
}

static bool redefined(struct vr_parse *p, const struct vr_xml_node *node, struct vr_error **err)
{
    if (!vr_moment_redefined(p, node, "snapshot", err))
        return false;
    const struct vr_xml_node *state = vr_xml_child(node, "state");
    const char *text = state ? vr_xml_text(p->arena, state) : "";
    if (!*text) /* a test driver, and files of old daemons, had none for guests that were off */
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing state from existing snapshot"));
    if (vr_name_index(vr_snapshot_state_names + 1, text) < 0)
        return vr_parse_fail(p, state, err, VIR_ERR_CONFIG_UNSUPPORTED, _("Invalid state '%s' in domain snapshot XML"),
                             text);
    return true;
}

static bool snapshot_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    return !(p->flags & VR_MOMENT_REDEFINE) || redefined(p, node, err);
}

static bool memory_check(struct vr_parse *p, const struct vr_xml_node *node, D *d, struct vr_error **err)
{
    bool redefine = p->flags & VR_MOMENT_REDEFINE;
    if (d->memory_file && !d->memory)
        d->memory = VR_SNAPSHOT_EXTERNAL;
    if (d->memory_file && d->memory != VR_SNAPSHOT_EXTERNAL)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("memory filename '%s' requires external snapshot"),
                             d->memory_file);
    if (d->memory == VR_SNAPSHOT_EXTERNAL && !d->memory_file)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("external memory snapshots require a filename"));
    if (!d->memory && redefine)
        d->memory = offline(d) ? VR_SNAPSHOT_NO : VR_SNAPSHOT_INTERNAL;
    if (redefine && offline(d) && d->memory > VR_SNAPSHOT_NO)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("memory state cannot be saved with offline or disk-only snapshot"));
    if (d->memory_file && *d->memory_file != '/')
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("memory snapshot file path (%s) must be absolute"),
                             d->memory_file);
    return true;
}

static bool snapshot_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    D *d = obj;
    const struct vr_xml_node *memory = vr_xml_child(node, "memory");
    if (!(p->flags & VR_MOMENT_REDEFINE)) {
        d->state = VR_SNAPSHOT_STATE_UNSET;
        d->parent = NULL;
        d->domain = d->inactive = NULL;
        vr_moment_request(p, &d->name, &d->created);
    }
    return memory_check(p, memory ? memory : node, d, err);
}

static const struct vr_xml_elem snapshot_elem = { .name = "domainsnapshot", .size = sizeof(D), .rows = snapshot_rows,
                                                  .before_parse = snapshot_before, .after_parse = snapshot_after };

static bool snapshot_check(const void *def, unsigned flags, struct vr_error **err)
{
    if ((flags & VR_MOMENT_REDEFINE) && !(flags & VR_FORM_STATUS) && !((const D *)def)->domain)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("missing domain in snapshot"));
    return true;
}

const struct vr_document vr_snapshot_def_document = {
    .family = "snapshot", .schema = "domainsnapshot", .title = "Domain snapshot", .what = "(domain_snapshot)",
    .domain = VIR_FROM_DOMAIN_SNAPSHOT, .elem = &snapshot_elem, .check = snapshot_check,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <volume> */
#define VR_ERROR_DOMAIN VIR_FROM_STORAGE
#include "model/volume.h"

#include <string.h>
#include "base/str.h"
#include "tables.h"
#include "model/domain/tables.h"

VR_ENUM_NAMES(vr_volume_type, VR_VOLUME_TYPES)

#define D struct vr_volume_def
#define EXTENT struct vr_volume_extent
static const struct vr_row extent_rows[] = {
    VR_A_U64(EXTENT, start, "start", .zero = true), VR_A_U64(EXTENT, end, "end", .zero = true), VR_END,
};
static const struct vr_xml_elem extent_elem = { .name = "extent", .size = sizeof(EXTENT), .rows = extent_rows };
static const struct vr_row device_rows[] = {
    VR_A_STR(struct vr_volume_device, path, "path"),
    VR_LISTED(struct vr_volume_device, extents, "extent", extent_elem),
    VR_END,
};
static const struct vr_xml_elem device_elem = { .name = "device", .size = sizeof(struct vr_volume_device),
                                                .rows = device_rows };
static const struct vr_row source_rows[] = {
    VR_LISTED(D, devices, "device", device_elem, .format_only = true),
    VR_END,
};

static const struct vr_row lazy_row[] = { VR_END };
static const struct vr_row features_rows[] = {
    VR_GROUP("lazy_refcounts", lazy_row, .has = VR_HAS(D, lazy_refcounts)),
    VR_GROUP("extended_l2", lazy_row, .has = VR_HAS(D, extended_l2)),
    VR_END,
};
static bool features_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    static const char *const known[] = { "lazy_refcounts", "extended_l2", NULL };
    for (const struct vr_xml_node *c = node->first; c; c = c->next) {
        if (c->kind != VR_XML_ELEMENT || vr_name_index(known, c->name) >= 0)
            continue;
        const char *near = vr_name_nearest(known, c->name);
        vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("unsupported feature %s"), c->name);
        if (near)
            vr_error_suffix(err, _("; did you mean '%s'?"), near);
        return vr_xml_locate(err, c);
    }
    return true;
}

static const struct vr_row format_rows[] = { VR_A_STR(D, format, "type", .type = "volumeFormat"), VR_END };
static const struct vr_row target_rows[] = {
    VR_T_STR(D, path, "path"),
    VR_GROUP("format", format_rows),
    VR_PART(D, perms, "permissions", vr_permissions_rows),
    VR_PART(D, times, "timestamps", vr_timestamps_rows),
    VR_CHILD(D, encryption, "encryption", vr_encryption_elem, .never_short = true),
    VR_T_STR(D, compat, "compat", .unless_empty = true, .type = "compatLevel"),
    VR_PRESENT(D, nocow, "nocow", .read_only = true),
    VR_T_SIZE(D, cluster_bytes, "clusterSize", .scale = 1, .default_unit = 1, .show_unit = "B", .bad =
              "malformed capacity element"),
    VR_GROUP("features", features_rows, .has = VR_HAS(D, has_features), .after = features_read),
    VR_END,
};

#define BACK struct vr_volume_backing
static const struct vr_row backing_format_rows[] = { VR_A_STR(BACK, format, "type", .type = "volumeFormat"), VR_END };
static const struct vr_row backing_rows[] = {
    VR_T_STR(BACK, path, "path", .unless_empty = true),
    VR_GROUP("format", backing_format_rows),
    VR_PART(BACK, perms, "permissions", vr_permissions_rows),
    VR_PART(BACK, times, "timestamps", vr_timestamps_rows),
    VR_END,
};
static const struct vr_xml_elem backing_elem = { .name = "backingStore", .size = sizeof(BACK), .rows = backing_rows };

#define BYTES(m, ...) VR_T_OSIZE(D, m, #m, .scale = 1, .default_unit = 1, .show_unit = "bytes", .bad =    \
                                 "malformed capacity element", __VA_ARGS__)
static const struct vr_row volume_rows[] = {
    VR_A_ENUM(D, type, "type", vr_volume_type_names, .bad = "unknown volume type '%s'",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_T_STR(D, name, "name", .required = true, .missing = "missing volume name element", .type = "volName"),
    VR_T_STR(D, key, "key", .unless_empty = true),
    VR_GROUP("source", source_rows),
    BYTES(capacity,), BYTES(allocation,), BYTES(physical, .format_only = true),
    VR_GROUP("target", target_rows, .present_always = true, .never_short = true),
    VR_CHILD(D, backing, "backingStore", backing_elem),
    VR_END,
};

/* A format is one of the pool's; pools without formats ignore what is said. */
static bool format_check(struct vr_parse *p, const struct vr_xml_node *node, const char *const *formats,
                         const char **format, struct vr_error **err)
{
    if (!formats) {
        *format = NULL;
        return true;
    }
    if (!*format)
        *format = formats[0];
    if (vr_name_index(formats, *format) >= 0)
        return true;
    const char *near = vr_name_nearest(formats, *format);
    vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown volume format type %s"), *format);
    if (near)
        vr_error_suffix(err, _("; did you mean '%s'?"), near);
    return vr_xml_locate(err, node);
}

static bool compat_check(struct vr_parse *p, const struct vr_xml_node *node, D *d, struct vr_error **err)
{
    const char *c = d->compat;
    if (!c) {
        if (d->has_features)
            d->compat = "1.1";
        return true;
    }
    size_t digits = strspn(c, "0123456789");
    if (digits && c[digits] == '.' && c[digits + 1] && !c[digits + 1 + strspn(c + digits + 1, "0123456789")])
        return true;
    return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("forbidden characters in 'compat' attribute"));
}

static bool volume_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    D *d = obj;
    enum vr_pool_type pool = p->flags >> 24 ? (enum vr_pool_type)(p->flags >> 24) : VR_POOL_DIR;
    const char *const *formats = vr_pool_volume_formats(pool);
    const struct vr_xml_node *target = vr_xml_child(node, "target"), *below = vr_xml_child(node, "backingStore");
    if (!d->type)
        d->type = VR_VOLUME_FILE;
    if (d->backing && !d->backing->path)
        d->backing = NULL;
    bool may_lack = (p->flags & VR_VOLUME_NO_CAPACITY) || ((p->flags & VR_VOLUME_OPT_CAPACITY) && d->backing);
    if (!d->capacity.set && !may_lack)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing capacity element"));
    if (!d->capacity.set) /* whoever knows the original fills it in */
        d->capacity.v = 0;
    if (!d->allocation.set)
        d->allocation = (struct vr_ou64){ true, d->capacity.v };
    return format_check(p, target ? target : node, formats, &d->format, err) &&
           (!d->backing || format_check(p, below, formats, &d->backing->format, err)) &&
           compat_check(p, target ? target : node, d, err);
}

static const struct vr_xml_elem volume_elem = { .name = "volume", .size = sizeof(D), .rows = volume_rows,
                                                .after_parse = volume_after };

const struct vr_document vr_volume_def_document = {
    .family = "volume", .schema = "storagevol", .title = "Storage volume", .what = "(storage_volume_definition)",
    .domain = VIR_FROM_STORAGE, .elem = &volume_elem,
};

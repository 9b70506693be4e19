/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <disk> */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include <string.h>
#include "base/str.h"

VR_ENUM_NAMES(vr_disk_device, VR_DISK_DEVICES)
VR_ENUM_NAMES(vr_disk_bus, VR_DISK_BUSES)
VR_ENUM_NAMES(vr_disk_cache, VR_DISK_CACHES)
VR_ENUM_NAMES(vr_error_policy, VR_ERROR_POLICIES)
VR_ENUM_NAMES(vr_disk_io, VR_DISK_IOS)
VR_ENUM_NAMES(vr_discard, VR_DISCARDS)
VR_ENUM_NAMES(vr_detect_zeroes, VR_DETECT_ZEROES)
VR_ENUM_NAMES(vr_virtio_model, VR_DISK_MODELS)
VR_ENUM_NAMES(vr_geometry_trans, VR_GEOMETRY_TRANS)
VR_ENUM_NAMES(vr_tray, VR_TRAYS)
VR_ENUM_NAMES(vr_snapshot_mode, VR_SNAPSHOT_MODES)

#define DISK struct vr_disk

static bool snapshot_shown(const void *base, const struct vr_format *f)
{
    const DISK *d = base;
    return d->snapshot && !(d->snapshot == VR_SNAPSHOT_MODE_NO && d->readonly);
}

static const struct vr_row disk_max_size_rows[] = {
    VR_T_OSIZE(struct vr_storage_source, metadata_cache_max, "max_size", .scale = 1, .default_unit = 1, .show_unit =
               "bytes"),
    VR_END,
};
static const struct vr_row disk_cache_rows[] = { VR_GROUP("metadata_cache", disk_max_size_rows), VR_END };
static const struct vr_xml_elem disk_cache_elem = {
    .name = "source", .size = sizeof(struct vr_storage_source), .rows = disk_cache_rows,
};

static const struct vr_row driver_rows[] = {
    VR_A_STR(DISK, driver_name, "name"),
    VR_INLINE_PTR(DISK, src, vr_source_format_elem),
    VR_A_ENUM(DISK, cache, "cache", vr_disk_cache_names),
    VR_A_ENUM(DISK, error_policy, "error_policy", vr_error_policy_names),
    VR_A_ENUM(DISK, rerror_policy, "rerror_policy", vr_error_policy_names),
    VR_A_ENUM(DISK, io, "io", vr_disk_io_names),
    VR_A_ONOFF(DISK, ioeventfd, "ioeventfd"),
    VR_A_ONOFF(DISK, event_idx, "event_idx"),
    VR_A_ONOFF(DISK, copy_on_read, "copy_on_read"),
    VR_A_ENUM(DISK, discard, "discard", vr_discard_names),
    VR_A_OUINT(DISK, iothread, "iothread", .nonzero = true),
    VR_A_ENUM(DISK, detect_zeroes, "detect_zeroes", vr_detect_zeroes_names),
    VR_A_ONOFF(DISK, discard_no_unref, "discard_no_unref"),
    VR_A_UINT(DISK, queues, "queues"),
    VR_A_UINT(DISK, queue_size, "queue_size"),
    VR_INLINE_PART(DISK, virtio, vr_virtio_rows),
    VR_INLINE_PTR(DISK, src, disk_cache_elem),
    VR_END,
};

static const struct vr_row geometry_rows[] = {
    VR_A_UINT(DISK, geometry.cyls, "cyls", .bad = "invalid geometry settings (cyls)", .bad_code =
              VIR_ERR_INTERNAL_ERROR),
    VR_A_UINT(DISK, geometry.heads, "heads", .bad = "invalid geometry settings (heads)", .bad_code =
              VIR_ERR_INTERNAL_ERROR),
    VR_A_UINT(DISK, geometry.secs, "secs", .bad = "invalid geometry settings (secs)", .bad_code =
              VIR_ERR_INTERNAL_ERROR),
    VR_A_ENUM(DISK, geometry.trans, "trans", vr_geometry_trans_names, .bad = "invalid translation value '%s'",
              .bad_code = VIR_ERR_XML_ERROR),
    VR_END,
};
static const struct vr_row blockio_rows[] = {
    VR_A_UINT(DISK, blockio.logical, "logical_block_size"),
    VR_A_UINT(DISK, blockio.physical, "physical_block_size"),
    VR_A_UINT(DISK, blockio.discard_granularity, "discard_granularity"),
    VR_END,
};
static const struct vr_row target_rows[] = {
    VR_A_STR(DISK, target, "dev"),
    VR_A_ENUM(DISK, bus, "bus", vr_disk_bus_names),
    VR_A_ENUM(DISK, tray, "tray", vr_tray_names, .unset = VR_TRAY_CLOSED),
    VR_A_ONOFF(DISK, removable, "removable"),
    VR_A_OUINT(DISK, rotation_rate, "rotation_rate", .nonzero = true, .max = 65534),
    VR_END,
};

#define TUNE struct vr_iotune
#define T(m) VR_T_U64(TUNE, m, #m)
static const struct vr_row iotune_rows[] = {
    T(total_bytes_sec), T(read_bytes_sec), T(write_bytes_sec), T(total_iops_sec), T(read_iops_sec), T(write_iops_sec),
    T(total_bytes_sec_max), T(read_bytes_sec_max), T(write_bytes_sec_max), T(total_iops_sec_max), T(read_iops_sec_max),
    T(write_iops_sec_max), T(size_iops_sec),
    VR_T_STR(TUNE, group_name, "group_name"),
    T(total_bytes_sec_max_length), T(read_bytes_sec_max_length), T(write_bytes_sec_max_length),
    T(total_iops_sec_max_length), T(read_iops_sec_max_length), T(write_iops_sec_max_length),
    VR_END,
};
#undef T

static const struct vr_row transient_rows[] = { VR_A_YESNO(DISK, transient_share_backing, "shareBacking"), VR_END };

/* <transient/> is presence with an attribute; the member is a tri-state. */
static bool transient_parse(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    DISK *d = base;
    const struct vr_xml_node *t = vr_xml_child(node, "transient");
    if (!t)
        return true;
    d->transient = VR_TRI_YES;
    return vr_rows_parse(p, transient_rows, t, base, err);
}

static void transient_format(struct vr_format *f, const void *base)
{
    const DISK *d = base;
    if (d->transient != VR_TRI_YES)
        return;
    vr_buf_spaces(f->out, (size_t)f->indent);
    vr_buf_str(f->out, "<transient");
    vr_rows_format_attrs(f, transient_rows, base);
    vr_buf_str(f->out, "/>\n");
}
static const struct vr_row transient_names[] = { VR_GROUP("transient", transient_rows), VR_END };
static const struct vr_custom_ops transient_ops = { .rows = transient_names, .parse = transient_parse, .format =
    transient_format };

#define MIRROR struct vr_mirror
static bool mirror_is_file(const void *base, const struct vr_format *f)
{
    return ((const struct vr_storage_source *)base)->type == VR_STORAGE_FILE;
}
/* Old readers look for file= and format= on the element itself. */
static const struct vr_row mirror_source_rows[] = {
    VR_A_ENUM(struct vr_storage_source, type, "type", vr_storage_type_names),
    VR_A_STR(struct vr_storage_source, path, "file", .format_only = true, .when = mirror_is_file),
    VR_A_ENUM(struct vr_storage_source, format, "format", vr_storage_format_names, .format_only = true, .when =
              mirror_is_file),
    VR_END,
};
static const struct vr_xml_elem mirror_source_elem = {
    .name = "source", .size = sizeof(struct vr_storage_source), .rows = mirror_source_rows,
};
static const struct vr_row mirror_format_rows[] = { VR_INLINE_PTR(MIRROR, source, vr_source_format_elem), VR_END };
static const struct vr_row mirror_rows[] = {
    VR_INLINE_PTR(MIRROR, source, mirror_source_elem),
    VR_A_STR(MIRROR, job, "job"),
    VR_A_STR(MIRROR, ready, "ready"),
    VR_GROUP("format", mirror_format_rows),
    VR_CHILD(MIRROR, source, "source", vr_source_body_elem),
    VR_END,
};
static const struct vr_xml_elem mirror_elem = { .name = "mirror", .size = sizeof(MIRROR), .rows = mirror_rows };

static const struct vr_row iotune_part[] = { VR_PART(DISK, iotune, "iotune", iotune_rows), VR_END };
static const struct vr_row backing_part[] = {
    VR_CHILD(struct vr_storage_source, backing, "backingStore", vr_backing_elem), VR_END,
};
static const struct vr_xml_elem disk_backing_elem = {
    .name = "source", .size = sizeof(struct vr_storage_source), .rows = backing_part,
};
static bool source_shown(const void *base, const struct vr_format *f)
{
    const struct vr_storage_source *s = ((const DISK *)base)->src;
    return s && (s->path || s->type == VR_STORAGE_NETWORK || s->type == VR_STORAGE_VOLUME ||
                 s->type == VR_STORAGE_NVME ||
                 s->type == VR_STORAGE_VHOST_USER || s->startup_policy || s->seclabels.n);
}

static const struct vr_row qom_rows[] = { VR_A_STR(DISK, qom_name, "name"), VR_END };
static const struct vr_row disk_private_rows[] = { VR_GROUP("qom", qom_rows), VR_END };

static const struct vr_row disk_rows[] = {
    VR_INLINE_PTR(DISK, src, vr_source_type_elem),
    VR_A_ENUM(DISK, device, "device", vr_disk_device_names),
    VR_A_ENUM(DISK, model, "model", vr_virtio_model_names),
    VR_A_YESNO(DISK, rawio, "rawio"),
    VR_A_STR(DISK, sgio, "sgio", .words = VR_WORDS("filtered", "unfiltered")),
    VR_A_ENUM(DISK, snapshot, "snapshot", vr_snapshot_mode_names, .when = snapshot_shown),
    VR_GROUP("driver", driver_rows),
    VR_CHILD(DISK, auth, "auth", vr_auth_elem),
    VR_CHILD(DISK, src, "source", vr_source_body_elem, .when = source_shown, .unless_empty = true),
    VR_INLINE_PTR(DISK, src, disk_backing_elem),
    VR_CHILD(DISK, mirror, "mirror", mirror_elem, .never = VR_FORM_INACTIVE, .not_inactive_parse = true),
    VR_GROUP("geometry", geometry_rows),
    VR_GROUP("blockio", blockio_rows),
    VR_GROUP("target", target_rows),
    VR_INLINE(iotune_part),
    VR_PRESENT(DISK, readonly, "readonly"),
    VR_PRESENT(DISK, shareable, "shareable"),
    VR_CUSTOM(transient_ops),
    VR_T_STR(DISK, serial, "serial"),
    VR_T_STR(DISK, wwn, "wwn"),
    VR_T_STR(DISK, vendor, "vendor"),
    VR_T_STR(DISK, product, "product"),
    VR_CHILD(DISK, encryption, "encryption", vr_encryption_elem, .never_short = true),
    VR_INFO(DISK),
    VR_GROUP("privateData", disk_private_rows, .only = VR_FORM_STATUS),
    VR_END,
};

/* "sda" with a bus that was not said: the prefix tells. */
static enum vr_disk_bus bus_of_target(const char *target)
{
    static const struct { const char *prefix; enum vr_disk_bus bus; } known[] = {
        { "hd", VR_DISK_BUS_IDE }, { "sd", VR_DISK_BUS_SCSI }, { "vd", VR_DISK_BUS_VIRTIO }, { "fd", VR_DISK_BUS_FDC },
        { "xvd", VR_DISK_BUS_XEN }, { "ubd", VR_DISK_BUS_UML },
    };
    for (size_t i = 0; i < VR_COUNT(known); i++)
        if (vr_starts_with(target, known[i].prefix))
            return known[i].bus;
    return VR_DISK_BUS_IDE;
}

static bool wwn_good(const char *wwn)
{
    if (vr_starts_with(wwn, "0x"))
        wwn += 2;
    return strlen(wwn) == 16 && strspn(wwn, "0123456789abcdefABCDEF") == 16;
}

static bool texts_check(struct vr_parse *p, const struct vr_xml_node *node, DISK *d, struct vr_error **err)
{
    if (d->vendor && strlen(d->vendor) > 8)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("disk vendor is more than 8 characters"));
    if (d->product && strlen(d->product) > 16)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("disk product is more than 16 characters"));
    for (const char *c = d->vendor; c && *c; c++)
        if (*c < 0x20 || *c > 0x7e)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("disk vendor is not printable string"));
    for (const char *c = d->product; c && *c; c++)
        if (*c < 0x20 || *c > 0x7e)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("disk product is not printable string"));
    if (d->wwn && (!wwn_good(d->wwn)))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("malformed wwn: %s"), d->wwn);
    return true;
}

/* The type selects what <source> says, so its default must be there before. */
static bool disk_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    DISK *d = obj;
    d->src = vr_arena_new_of(p->arena, struct vr_storage_source);
    d->src->type = VR_STORAGE_FILE;
    return true;
}

static bool target_check(struct vr_parse *p, const struct vr_xml_node *node, const DISK *d, struct vr_error **err)
{
    static const char *const all[] = { "fd", "hd", "sd", "vd", "xvd", "ubd" };
    bool known = false;
    for (size_t i = 0; i < VR_COUNT(all); i++)
        known |= vr_starts_with(d->target, all[i]);
    if (!known && d->info.type == VR_ADDRESS_UNSET)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Unknown disk name '%s' and no address specified"),
                             d->target);
    if (d->device == VR_DISK_CDROM)
        return true;
    static const char *const hard[] = { "hd", "sd", "vd", "xvd", "ubd" };
    if (d->device == VR_DISK_FLOPPY)
        return vr_starts_with(d->target, "fd") ||
               vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("Invalid floppy device name: %s"), d->target);
    for (size_t i = 0; i < VR_COUNT(hard); i++)
        if (vr_starts_with(d->target, hard[i]))
            return true;
    return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("Invalid harddisk device name: %s"), d->target);
}

static bool source_empty(const struct vr_storage_source *s)
{
    switch (s->type) {
    case VR_STORAGE_NETWORK: return !s->protocol;
    case VR_STORAGE_VOLUME: return !s->pool;
    case VR_STORAGE_NVME: return false;
    case VR_STORAGE_VHOST_USER: return false;
    default: return !s->path;
    }
}

static bool disk_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    DISK *d = obj;
    if (!d->src->type)
        d->src->type = VR_STORAGE_FILE;
    if ((d->src->type == VR_STORAGE_VOLUME || d->src->type == VR_STORAGE_BLOCK || d->src->type == VR_STORAGE_DIR) &&
        source_empty(d->src))
        d->src->type = VR_STORAGE_FILE; /* an empty drive */
    if (!d->device)
        d->device = VR_DISK_DISK;
    if (!vr_source_auth_check(p, node, d->src, d->auth, err))
        return false;
    d->src->readonly = d->readonly;
    if (!d->target && d->src->type != VR_STORAGE_UNSET) {
        /* stock's code for this has a fixed sentence of its own */
        vr_error_report(err, p->domain, VIR_ERR_NO_TARGET, -1, d->src->path || d->src->name ? "%s" : NULL,
                        d->src->path ? d->src->path : d->src->name);
        return vr_xml_locate(err, node);
    }
    if (source_empty(d->src) && d->device == VR_DISK_DISK) {
        vr_error_report(err, p->domain, VIR_ERR_NO_SOURCE, -1, "%s", d->target);
        return vr_xml_locate(err, node);
    }
    if (!target_check(p, node, d, err))
        return false;
    if (d->device == VR_DISK_CDROM)
        d->readonly = d->src->readonly = true;
    if (!d->bus && d->device == VR_DISK_FLOPPY)
        d->bus = VR_DISK_BUS_FDC;
    if (!d->bus)
        d->bus = d->model == VR_VIRTIO_MODEL_UNSET ? bus_of_target(d->target) : VR_DISK_BUS_VIRTIO;
    if (d->device == VR_DISK_CDROM || d->device == VR_DISK_FLOPPY) {
        if (!vr_xml_child(node, "target") || !d->tray)
            d->tray = VR_TRAY_CLOSED;
    } else if (d->tray) {
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("tray is only valid for cdrom and floppy"));
    }
    if (d->removable && d->bus != VR_DISK_BUS_USB && d->bus != VR_DISK_BUS_SCSI)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("removable is only valid for usb or scsi disks"));
    if (d->snapshot == VR_SNAPSHOT_MODE_UNSET && (d->readonly || d->src->type == VR_STORAGE_VHOST_USER))
        d->snapshot = VR_SNAPSHOT_MODE_NO;
    return texts_check(p, node, d, err);
}

const struct vr_xml_elem vr_disk_elem = {
    .name = "disk", .size = sizeof(DISK), .rows = disk_rows, .own_arena = true, .before_parse = disk_before,
        .after_parse = disk_after,
};

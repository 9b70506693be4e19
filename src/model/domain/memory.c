/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <memory> devices and <filesystem> */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include "base/str.h"

VR_ENUM_NAMES(vr_memory_model, VR_MEMORY_MODELS)
VR_ENUM_NAMES(vr_fs_type, VR_FS_TYPES)
VR_ENUM_NAMES(vr_fs_driver, VR_FS_DRIVERS)
VR_ENUM_NAMES(vr_fs_access, VR_FS_ACCESSES)

#define MEM struct vr_memory
static bool live(const void *base, const struct vr_format *f)
{
    return !vr_inactive(f);
}
static const struct vr_row memory_source_rows[] = {
    VR_T_CPUSET(MEM, nodes, "nodemask"),
    VR_T_SIZE(MEM, pagesize_kib, "pagesize"),
    VR_T_STR(MEM, path, "path"),
    VR_T_SIZE(MEM, alignsize_kib, "alignsize"),
    VR_PRESENT(MEM, pmem, "pmem"),
    VR_END,
};
static const struct vr_row label_rows[] = { VR_T_SIZE(MEM, label_kib, "size"), VR_END };
static const struct vr_row memory_target_rows[] = {
    VR_T_SIZE(MEM, size_kib, "size", .required = true, .missing = "missing element or attribute './size'"),
    VR_ROW_("node", VR_K_OUINT, VR_AT_TEXT, VR_MEMBER_SIZED(MEM, node, 8), .bad =
            "invalid or missing value of memory device node"),
    VR_GROUP("label", label_rows),
    VR_T_SIZE(MEM, block_kib, "block"),
    VR_T_SIZE(MEM, requested_kib, "requested", .zero = true, VR_WHEN(MEM, model, VR_BIT(VR_MEMORY_VIRTIO_MEM))),
    VR_T_SIZE(MEM, current_kib, "current", .zero = true, VR_WHEN(MEM, model, VR_BIT(VR_MEMORY_VIRTIO_MEM)), .when =
              live, .not_inactive_parse = true),
    VR_PRESENT(MEM, readonly, "readonly"),
    VR_END,
};
static const struct vr_row memory_rows[] = {
    VR_A_ENUM(MEM, model, "model", vr_memory_model_names, .required = true),
    VR_A_ENUM(MEM, access, "access", vr_mem_access_names),
    VR_A_YESNO(MEM, discard, "discard"),
    VR_T_UUID(MEM, uuid, has_uuid, "uuid", .bad = "malformed uuid element"),
    VR_GROUP("source", memory_source_rows),
    VR_GROUP("target", memory_target_rows, .required = true, .missing = "missing <target> element for <memory> device"),
    VR_INFO(MEM),
    VR_END,
};
static bool memory_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    MEM *m = obj;
    if (m->model == VR_MEMORY_NVDIMM || m->model == VR_MEMORY_VIRTIO_PMEM) {
        if (!m->path)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_DETAIL, m->model == VR_MEMORY_NVDIMM ?
                                 _("path is required for model 'nvdimm'") : _("path is required for model 'virtio-pmem'"));
    }
    if (m->model == VR_MEMORY_NVDIMM && m->label_kib && m->label_kib < 128)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("nvdimm label must be at least 128KiB"));
    return true;
}
const struct vr_xml_elem vr_memory_elem = {
    .name = "memory", .size = sizeof(MEM), .rows = memory_rows, .own_arena = true, .after_parse = memory_after,
};

/* ---- filesystem -------------------------------------------------------------------------------------------------- */
#define FS struct vr_filesystem
#define IS(T) VR_WHEN(FS, type, VR_BIT(VR_FS_##T))
static const struct vr_row fs_driver_rows[] = {
    VR_A_ENUM(FS, driver, "type", vr_fs_driver_names, .bad = "unknown fs driver type '%s'", .bad_code =
              VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_ENUM(FS, format, "format", vr_storage_format_names, .bad = "unknown driver format value '%s'", .bad_code =
              VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_STR(FS, wrpolicy, "wrpolicy", .words = VR_WORDS("default", "immediate")),
    VR_A_UINT(FS, queue_size, "queue"),
    VR_INLINE_PART(FS, virtio, vr_virtio_rows),
    VR_END,
};
static const struct vr_row cache_rows[] = { VR_A_STR(FS, cache_mode, "mode", .words = VR_WORDS("none", "always")),
    VR_END };
static const struct vr_row sandbox_rows[] = { VR_A_STR(FS, sandbox, "mode", .words = VR_WORDS("namespace", "chroot")),
    VR_END };
static const struct vr_row lock_rows[] = { VR_A_ONOFF(FS, posix_lock, "posix"), VR_A_ONOFF(FS, flock, "flock"),
    VR_END };
static const struct vr_row pool_rows[] = { VR_A_OUINT(FS, thread_pool_size, "size"), VR_END };
static const struct vr_row binary_rows[] = {
    VR_A_STR(FS, binary, "path"),
    VR_A_ONOFF(FS, xattr, "xattr"),
    VR_GROUP("cache", cache_rows),
    VR_GROUP("sandbox", sandbox_rows),
    VR_GROUP("lock", lock_rows),
    VR_GROUP("thread_pool", pool_rows),
    VR_END,
};
static const struct vr_row fs_source_rows[] = {
    VR_A_STR(FS, source_dir, "dir", VR_WHEN(FS, type, VR_BIT(VR_FS_MOUNT) | VR_BIT(VR_FS_BIND))),
    VR_A_STR(FS, source_socket, "socket", IS(MOUNT)),
    VR_A_STR(FS, source_dev, "dev", IS(BLOCK)),
    VR_A_STR(FS, source_file, "file", IS(FILE)),
    VR_A_STR(FS, source_name, "name", IS(TEMPLATE)),
    VR_A_SIZE(FS, source_usage_kib, "usage", IS(RAM), .attr = "units"),
    VR_A_STR(FS, source_pool, "pool", IS(VOLUME)),
    VR_A_STR(FS, source_volume, "volume", IS(VOLUME)),
    VR_END,
};
static const struct vr_row fs_target_rows[] = { VR_A_STR(FS, target_dir, "dir"), VR_END };
static bool access_shown(const void *base, const struct vr_format *f)
{
    return ((const FS *)base)->accessmode != 0;
}
static const struct vr_row fs_rows[] = {
    VR_A_ENUM(FS, type, "type", vr_fs_type_names, .bad = "unknown filesystem type '%s'", .bad_code =
              VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_ENUM(FS, accessmode, "accessmode", vr_fs_access_names, .when = access_shown),
    VR_A_STR(FS, fmode, "fmode"),
    VR_A_STR(FS, dmode, "dmode"),
    VR_A_ENUM(FS, model, "model", vr_virtio_model_names),
    VR_A_STR(FS, multidevs, "multidevs", .words = VR_WORDS("default", "remap", "forbid", "warn")),
    VR_GROUP("driver", fs_driver_rows),
    VR_GROUP("binary", binary_rows),
    VR_GROUP("source", fs_source_rows),
    VR_GROUP("target", fs_target_rows),
    VR_PRESENT(FS, readonly, "readonly"),
    VR_INFO(FS),
    VR_T_OSIZE(FS, space_hard_limit, "space_hard_limit", .scale = 1, .default_unit = 1, .show_unit = "bytes"),
    VR_T_OSIZE(FS, space_soft_limit, "space_soft_limit", .scale = 1, .default_unit = 1, .show_unit = "bytes"),
    VR_END,
};
/* The type selects what <source> says, so its default must be there before. */
static bool fs_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    ((FS *)obj)->type = VR_FS_MOUNT;
    return true;
}

/* Modes are octal, written with a leading zero. */
static bool mode_read(struct vr_parse *p, const struct vr_xml_node *node, const char *name, const char **mode,
                      struct vr_error **err)
{
    uint64_t v;
    if (!*mode)
        return true;
    if (!vr_text_u64(*mode, 8, 0777, &v))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("invalid %s: '%s'"), name, *mode);
    *mode = vr_arena_printf(p->arena, "%04o", (unsigned)v);
    return true;
}

static bool fs_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    FS *f = obj;
    if (!mode_read(p, node, "fmode", &f->fmode, err) || !mode_read(p, node, "dmode", &f->dmode, err))
        return false;
    if (!f->accessmode)
        f->accessmode = f->driver == VR_FS_DRIVER_VIRTIOFS ? VR_FS_ACCESS_UNSET : VR_FS_ACCESS_PASSTHROUGH;
    bool source = f->source_dir || f->source_dev || f->source_file || f->source_name || f->source_socket ||
        f->source_usage_kib ||
                  (f->source_pool && f->source_volume);
    if (!source && f->type != VR_FS_RAM) {
        vr_error_report(err, p->domain, VIR_ERR_NO_SOURCE, -1, f->target_dir ? "%s" : NULL, f->target_dir);
        return vr_xml_locate(err, node);
    }
    if (!f->target_dir && !f->source_socket)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing mount target for filesystem"));
    if (f->type == VR_FS_RAM && !f->source_usage_kib)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing 'usage' attribute for RAM filesystem"));
    return true;
}
const struct vr_xml_elem vr_filesystem_elem = {
    .name = "filesystem", .size = sizeof(FS), .rows = fs_rows, .own_arena = true, .before_parse = fs_before,
        .after_parse = fs_after,
};

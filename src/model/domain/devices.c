/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The smaller devices: input, video, balloon, random numbers, watchdog, panic, hub, shared memory, IOMMU, vsock ... */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include <stdlib.h>
#include <string.h>
#include "base/str.h"

VR_ENUM_NAMES(vr_input_type, VR_INPUT_TYPES)
VR_ENUM_NAMES(vr_input_bus, VR_INPUT_BUSES)
VR_ENUM_NAMES(vr_grab_toggle, VR_GRAB_TOGGLES)
VR_ENUM_NAMES(vr_video_type, VR_VIDEO_TYPES)
VR_ENUM_NAMES(vr_vgaconf, VR_VGACONFS)
VR_ENUM_NAMES(vr_memballoon_model, VR_MEMBALLOON_MODELS)
VR_ENUM_NAMES(vr_rng_backend, VR_RNG_BACKENDS)
VR_ENUM_NAMES(vr_watchdog_model, VR_WATCHDOG_MODELS)
VR_ENUM_NAMES(vr_watchdog_action, VR_WATCHDOG_ACTIONS)
VR_ENUM_NAMES(vr_panic_model, VR_PANIC_MODELS)
VR_ENUM_NAMES(vr_smartcard_mode, VR_SMARTCARD_MODES)
VR_ENUM_NAMES(vr_iommu_model, VR_IOMMU_MODELS)

#define ELEM(var, el, S, r, ...)                                                                   \
    const struct vr_xml_elem var = { .name = el, .size = sizeof(S), .rows = r, .own_arena = true, __VA_ARGS__ }
#define HOOK(fn)                                                                                   \
    static bool fn(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)

/* ---- input ------------------------------------------------------------------------------------------------------- */
#define INPUT struct vr_input
static const struct vr_row evdev_rows[] = {
    VR_A_STR(INPUT, evdev, "dev"), VR_A_STR(INPUT, grab, "grab"),
    VR_A_ENUM(INPUT, grab_toggle, "grabToggle", vr_grab_toggle_names), VR_A_ONOFF(INPUT, repeat, "repeat"), VR_END,
};
static const struct vr_row passthrough_rows[] = { VR_A_STR(INPUT, evdev, "evdev"), VR_END };
static bool bus_shown(const void *base, const struct vr_format *f)
{
    const INPUT *i = base;
    return i->type != VR_INPUT_EVDEV && i->bus != VR_INPUT_BUS_NONE;
}
static const struct vr_row input_rows[] = {
    VR_A_ENUM(INPUT, type, "type", vr_input_type_names, .required = true, .missing = "missing input device type",
              .missing_code = VIR_ERR_INTERNAL_ERROR, .bad = "unknown input device type '%s'", .bad_code =
                  VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_ENUM(INPUT, bus, "bus", vr_input_bus_names, .bad = "unknown input bus type '%s'", .bad_code =
              VIR_ERR_CONFIG_UNSUPPORTED,
              .when = bus_shown),
    VR_A_ENUM(INPUT, model, "model", vr_virtio_model_names, .bad = "unknown input model '%s'", .bad_code =
              VIR_ERR_CONFIG_UNSUPPORTED),
    VR_DRIVER_VIRTIO(INPUT),
    VR_GROUP("source", evdev_rows, VR_WHEN(INPUT, type, VR_BIT(VR_INPUT_EVDEV))),
    VR_GROUP("source", passthrough_rows, VR_WHEN(INPUT, type, VR_BIT(VR_INPUT_PASSTHROUGH))),
    VR_INFO(INPUT),
    VR_END,
};
HOOK(input_after)
{
    INPUT *i = obj;
    if (i->type == VR_INPUT_EVDEV || i->type == VR_INPUT_PASSTHROUGH) {
        if (!i->evdev)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, i->type == VR_INPUT_EVDEV ?
                                 _("Missing evdev path for input device") : _("Missing evdev path for input device passthrough"));
    }
    if (i->type == VR_INPUT_EVDEV && !i->bus)
        i->bus = VR_INPUT_BUS_NONE;
    else if (!i->bus && i->type == VR_INPUT_PASSTHROUGH)
        i->bus = VR_INPUT_BUS_VIRTIO;
    if (i->info.type == VR_ADDRESS_USB && i->bus == VR_INPUT_BUS_PS2)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid address for a USB device"));
    return true;
}
ELEM(vr_input_elem, "input", INPUT, input_rows, .after_parse = input_after);

/* ---- video ------------------------------------------------------------------------------------------------------- */
#define VIDEO struct vr_video
static const struct vr_row acceleration_rows[] = {
    VR_A_YESNO(VIDEO, accel2d, "accel2d"), VR_A_YESNO(VIDEO, accel3d, "accel3d"), VR_A_STR(VIDEO, rendernode,
        "rendernode"), VR_END,
};
static const struct vr_row resolution_rows[] = {
    VR_A_UINT(VIDEO, res_x, "x", .required = true, .nonzero = true), VR_A_UINT(VIDEO, res_y, "y", .required = true,
        .nonzero = true), VR_END,
};
static const struct vr_row video_model_rows[] = {
    VR_A_ENUM(VIDEO, type, "type", vr_video_type_names, .unset = VR_VIDEO_DEFAULT, .bad = "unknown video model '%s'",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_UINT(VIDEO, ram, "ram", .unless_empty = true, .bad = "cannot parse video ram '%s'"),
    VR_A_UINT(VIDEO, vram, "vram", .unless_empty = true, .bad = "cannot parse video vram '%s'"),
    VR_A_UINT(VIDEO, vram64, "vram64", .unless_empty = true, .bad = "cannot parse video vram64 '%s'"),
    VR_A_UINT(VIDEO, vgamem, "vgamem", .unless_empty = true, .bad = "cannot parse video vgamem '%s'"),
    VR_A_UINT(VIDEO, heads, "heads", .unless_empty = true, .bad = "cannot parse video heads '%s'",
              .bad_code = VIR_ERR_INTERNAL_ERROR),
    VR_A_YESNO(VIDEO, primary, "primary", .unset = VR_TRI_NO, .lenient = true),
    VR_A_ONOFF(VIDEO, blob, "blob"),
    VR_GROUP("acceleration", acceleration_rows),
    VR_GROUP("resolution", resolution_rows),
    VR_END,
};
static const struct vr_row video_driver_rows[] = {
    VR_INLINE_PART(VIDEO, virtio, vr_virtio_rows), VR_A_STR(VIDEO, driver_name, "name", .words = VR_WORDS("default",
        "qemu", "vhostuser")),
    VR_A_ENUM(VIDEO, vgaconf, "vgaconf", vr_vgaconf_names), VR_END,
};
static const struct vr_row video_rows[] = {
    VR_GROUP("driver", video_driver_rows),
    VR_GROUP("model", video_model_rows),
    VR_INFO(VIDEO),
    VR_END,
};
HOOK(video_after)
{
    VIDEO *v = obj;
    if (!v->type)
        v->type = VR_VIDEO_DEFAULT;
    if (v->ram && v->type != VR_VIDEO_QXL)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("ram attribute only supported for type of qxl"));
    if (v->vram64 && v->type != VR_VIDEO_QXL)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("vram64 attribute only supported for type of qxl"));
    if (v->vgamem && v->type != VR_VIDEO_QXL)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("vgamem attribute only supported for type of qxl"));
    return true;
}
HOOK(video_before)
{
    ((VIDEO *)obj)->heads = 1;
    return true;
}
ELEM(vr_video_elem, "video", VIDEO, video_rows, .before_parse = video_before, .after_parse = video_after);

/* ---- memballoon -------------------------------------------------------------------------------------------------- */
#define BALLOON struct vr_memballoon
static const struct vr_row stats_rows[] = {
    VR_A_UINT(BALLOON, period, "period", .bad = "invalid statistics collection period", .bad_code = VIR_ERR_XML_ERROR),
        VR_END,
};
static const struct vr_row memballoon_rows[] = {
    VR_A_ENUM(BALLOON, model, "model", vr_memballoon_model_names, .required = true),
    VR_A_ONOFF(BALLOON, autodeflate, "autodeflate"),
    VR_A_ONOFF(BALLOON, free_page_reporting, "freePageReporting"),
    VR_GROUP("stats", stats_rows),
    VR_INFO(BALLOON),
    VR_DRIVER_VIRTIO(BALLOON),
    VR_END,
};
HOOK(memballoon_after)
{
    BALLOON *b = obj;
    if (b->model == VR_MEMBALLOON_NONE) /* a place for nothing */
        memset(&b->info, 0, sizeof(b->info));
    return true;
}
ELEM(vr_memballoon_elem, "memballoon", BALLOON, memballoon_rows, .after_parse = memballoon_after);

/* ---- rng --------------------------------------------------------------------------------------------------------- */
#define RNG struct vr_rng
static const struct vr_row rate_rows[] = {
    VR_A_UINT(RNG, rate_bytes, "bytes", .required = true, .bad = "invalid RNG rate bytes value", .missing =
              "missing RNG rate bytes value"),
    VR_A_UINT(RNG, rate_period_ms, "period", .bad = "invalid RNG rate period value"),
    VR_END,
};
static const struct vr_row backend_rows[] = {
    VR_A_ENUM(RNG, backend, "model", vr_rng_backend_names, .required = true, .bad = "unknown RNG backend model '%s'",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED, .missing = "missing RNG device backend model"),
    VR_C_STR(RNG, file, VR_WHEN(RNG, backend, VR_BIT(VR_RNG_RANDOM))),
    VR_INLINE_PTR(RNG, chardev, vr_chr_source_elem, VR_WHEN(RNG, backend, VR_BIT(VR_RNG_EGD))),
    VR_END,
};
static const struct vr_row rng_rows[] = {
    VR_A_ENUM(RNG, model, "model", vr_virtio_model_names, .required = true, .bad = "unknown RNG model '%s'",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED, .missing = "missing RNG device model"),
    VR_GROUP("rate", rate_rows),
    VR_GROUP("backend", backend_rows),
    VR_DRIVER_VIRTIO(RNG),
    VR_INFO(RNG),
    VR_END,
};
HOOK(rng_after)
{
    RNG *r = obj;
    if (vr_xml_count(node, "backend") != 1)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("only one RNG backend is supported"));
    const struct vr_xml_node *b = vr_xml_child(node, "backend");
    if (r->backend == VR_RNG_RANDOM && !r->file)
        r->file = "/dev/random";
    if (r->backend == VR_RNG_EGD) {
        if (!vr_xml_get(b, "type"))
            return vr_parse_fail(p, b, err, VIR_ERR_XML_ERROR, _("missing EGD backend type"));
        if (!vr_chr_source_check(p, b, r->chardev, err))
            return false;
    }
    return true;
}
ELEM(vr_rng_elem, "rng", RNG, rng_rows, .after_parse = rng_after);

/* ---- watchdog, panic, hub ---------------------------------------------------------------------------------------- */
#define DOG struct vr_watchdog
static const struct vr_row watchdog_rows[] = {
    VR_A_ENUM(DOG, model, "model", vr_watchdog_model_names, .required = true, .missing =
              "watchdog must contain model name",
              .missing_code = VIR_ERR_INTERNAL_ERROR, .bad = "unknown watchdog model '%s'", .bad_code =
                  VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_ENUM(DOG, action, "action", vr_watchdog_action_names, .bad = "unknown watchdog action '%s'", .bad_code =
              VIR_ERR_CONFIG_UNSUPPORTED),
    VR_INFO(DOG),
    VR_END,
};
HOOK(watchdog_after)
{
    DOG *d = obj;
    if (!d->action)
        d->action = VR_WATCHDOG_ACTION_RESET;
    return true;
}
ELEM(vr_watchdog_elem, "watchdog", DOG, watchdog_rows, .after_parse = watchdog_after);

static const struct vr_row panic_rows[] = {
    VR_A_ENUM(struct vr_panic, model, "model", vr_panic_model_names, .bad = "unknown panic model '%s'", .bad_code =
              VIR_ERR_CONFIG_UNSUPPORTED), VR_INFO(struct vr_panic), VR_END,
};
ELEM(vr_panic_elem, "panic", struct vr_panic, panic_rows, .after_parse = NULL);

static const struct vr_row hub_rows[] = {
    VR_A_STR(struct vr_hub, type, "type", .required = true), VR_INFO(struct vr_hub), VR_END,
};
HOOK(hub_after)
{
    const struct vr_hub *h = obj;
    if (!vr_streq(h->type, "usb"))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown hub device type '%s'"), h->type);
    return true;
}
ELEM(vr_hub_elem, "hub", struct vr_hub, hub_rows, .after_parse = hub_after);

/* ---- smartcard --------------------------------------------------------------------------------------------------- */
#define CARD struct vr_smartcard
#define MODE(T) VR_WHEN(CARD, mode, VR_BIT(VR_SMARTCARD_##T))
static const struct vr_row smartcard_rows[] = {
    VR_A_ENUM(CARD, mode, "mode", vr_smartcard_mode_names, .required = true),
    VR_STRS(CARD, certificates, "certificate", MODE(HOST_CERTIFICATES)),
    VR_T_STR(CARD, database, "database", MODE(HOST_CERTIFICATES)),
    VR_INLINE_PTR(CARD, chardev, vr_chr_source_elem, MODE(PASSTHROUGH)),
    VR_INFO(CARD),
    VR_END,
};
HOOK(smartcard_after)
{
    CARD *c = obj;
    if (c->mode == VR_SMARTCARD_HOST_CERTIFICATES && c->certificates.n != 3)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("host-certificates mode needs exactly three certificates"));
    if (c->mode == VR_SMARTCARD_HOST_CERTIFICATES && c->database && *c->database != '/')
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("expecting absolute path: %s"), c->database);
    if (c->mode == VR_SMARTCARD_PASSTHROUGH) {
        if (!vr_xml_get(node, "type"))
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                                 _("passthrough mode requires a character device type attribute"));
        return vr_chr_source_check(p, node, c->chardev, err);
    }
    return true;
}
ELEM(vr_smartcard_elem, "smartcard", CARD, smartcard_rows, .after_parse = smartcard_after);

/* ---- redirected USB ---------------------------------------------------------------------------------------------- */
static const struct vr_row redirdev_rows[] = {
    VR_A_STR(struct vr_redirdev, bus, "bus"),
    VR_INLINE_PART(struct vr_redirdev, src, vr_chr_source_rows),
    VR_INFO(struct vr_redirdev),
    VR_END,
};
HOOK(redirdev_after)
{
    struct vr_redirdev *r = obj;
    if (r->bus && !vr_streq(r->bus, "usb"))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown redirdev bus '%s'"), r->bus);
    r->bus = "usb";
    if (!vr_xml_get(node, "type"))
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("missing type in redirdev"));
    if (r->src.type == VR_CHR_SPICEVMC)
        return true;
    return vr_chr_source_check(p, node, &r->src, err);
}
ELEM(vr_redirdev_elem, "redirdev", struct vr_redirdev, redirdev_rows, .after_parse = redirdev_after);

#define FILTER struct vr_redir_filter
static const struct vr_row redir_filter_rows[] = {
    VR_A_OINT(FILTER, usb_class, "class", .radix = VR_RADIX_ANY, .print = "0x%02X", .unset = -1),
    VR_A_OINT(FILTER, vendor, "vendor", .radix = VR_RADIX_ANY, .print = "0x%04X", .unset = -1),
    VR_A_OINT(FILTER, product, "product", .radix = VR_RADIX_ANY, .print = "0x%04X", .unset = -1),
    VR_A_STR(FILTER, version_text, "version"),
    VR_A_YESNO(FILTER, allow, "allow", .required = true),
    VR_END,
};
HOOK(redir_filter_after)
{
    FILTER *r = obj;
    if (r->version_text && vr_streq(r->version_text, "-1"))
        r->version_text = NULL;
    if (!r->version_text)
        return true;
    char *end;
    unsigned long major = strtoul(r->version_text, &end, 10), minor = 0;
    if (end == r->version_text || *end != '.' || major > 99)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Incorrect USB version format %s"), r->version_text);
    const char *digits = end + 1;
    minor = strtoul(digits, &end, 10);
    if (end == digits || *end || minor > 99)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Cannot parse USB version %s"), r->version_text);
    r->version = (struct vr_oint){ true, (int)((major / 10 << 12) | (major % 10 << 8) | (minor / 10 << 4) |
                                               minor % 10) };
    r->version_text = vr_arena_printf(p->arena, "%lu.%02lu", major, minor);
    return true;
}
const struct vr_xml_elem vr_redir_filter_elem = {
    .name = "usbdev", .size = sizeof(FILTER), .rows = redir_filter_rows, .after_parse = redir_filter_after,
};

/* ---- shmem ------------------------------------------------------------------------------------------------------- */
#define SHMEM struct vr_shmem
static const struct vr_row shmem_model_rows[] = { VR_A_STR(SHMEM, model, "type"), VR_END };
static const struct vr_row server_rows[] = { VR_A_STR(SHMEM, server_path, "path"), VR_END };
static const struct vr_row msi_rows[] = {
    VR_A_UINT(SHMEM, vectors, "vectors"), VR_A_ONOFF(SHMEM, ioeventfd, "ioeventfd"), VR_END,
};
/* bytes inside, whole mebibytes in the document */
static const struct vr_row shmem_size_rows[] = { VR_T_SIZE(SHMEM, size_bytes, "size", .scale = 1, .default_unit = 1),
    VR_END };
static bool shmem_size_parse(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    return vr_rows_parse(p, shmem_size_rows, node, base, err);
}
static void shmem_size_format(struct vr_format *f, const void *base)
{
    const SHMEM *s = base;
    if (s->size_bytes)
        vr_format_line(f, "<size unit='M'>%llu</size>", (unsigned long long)(s->size_bytes >> 20));
}
static const struct vr_custom_ops shmem_size_ops = { .rows = shmem_size_rows, .parse = shmem_size_parse, .format =
    shmem_size_format };
static const struct vr_row shmem_rows[] = {
    VR_A_STR(SHMEM, name, "name", .required = true),
    VR_A_STR(SHMEM, role, "role"),
    VR_GROUP("model", shmem_model_rows),
    VR_CUSTOM(shmem_size_ops),
    VR_GROUP("server", server_rows, .has = VR_HAS(SHMEM, has_server)),
    VR_GROUP("msi", msi_rows, .has = VR_HAS(SHMEM, has_msi)),
    VR_INFO(SHMEM),
    VR_END,
};
HOOK(shmem_after)
{
    SHMEM *s = obj;
    static const char *const models[] = { "ivshmem", "ivshmem-plain", "ivshmem-doorbell", NULL };
    if (s->model && vr_name_index(models, s->model) < 0)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("Invalid value for attribute 'type' in element 'model': '%s'."), s->model);
    if (strchr(s->name, '/'))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("shmem name cannot include '/' character"));
    if (!s->model)
        s->model = "ivshmem";
    return true;
}
ELEM(vr_shmem_elem, "shmem", SHMEM, shmem_rows, .after_parse = shmem_after);

/* ---- iommu, vsock, crypto, nvram --------------------------------------------------------------------------------- */
#define IOMMU struct vr_iommu
static const struct vr_row iommu_driver_rows[] = {
    VR_A_ONOFF(IOMMU, intremap, "intremap"), VR_A_ONOFF(IOMMU, caching_mode, "caching_mode"), VR_A_ONOFF(IOMMU, eim,
        "eim"),
    VR_A_ONOFF(IOMMU, iotlb, "iotlb"), VR_A_UINT(IOMMU, aw_bits, "aw_bits"), VR_END,
};
static const struct vr_row iommu_rows[] = {
    VR_A_ENUM(IOMMU, model, "model", vr_iommu_model_names, .required = true),
    VR_GROUP("driver", iommu_driver_rows),
    VR_INFO(IOMMU),
    VR_END,
};
ELEM(vr_iommu_elem, "iommu", IOMMU, iommu_rows, .after_parse = NULL);

#define VSOCK struct vr_vsock
static bool cid_shown(const void *base, const struct vr_format *f)
{
    return ((const VSOCK *)base)->cid != 0;
}
static const struct vr_row cid_rows[] = {
    VR_A_YESNO(VSOCK, cid_auto, "auto"), VR_A_UINT(VSOCK, cid, "address", .when = cid_shown, .nonzero = true), VR_END,
};
static const struct vr_row vsock_rows[] = {
    VR_A_ENUM(VSOCK, model, "model", vr_virtio_model_names),
    VR_GROUP("cid", cid_rows),
    VR_INFO(VSOCK),
    VR_DRIVER_VIRTIO(VSOCK),
    VR_END,
};
HOOK(vsock_after)
{
    VSOCK *v = obj;
    if (vr_xml_child(node, "cid") && !v->cid && v->cid_auto != VR_TRI_YES && v->cid_auto != VR_TRI_NO)
        v->cid_auto = VR_TRI_UNSET;
    if ((p->flags & VR_FORM_INACTIVE) && v->cid_auto == VR_TRI_YES)
        v->cid = 0;
    return true;
}
ELEM(vr_vsock_elem, "vsock", VSOCK, vsock_rows, .after_parse = vsock_after);

#define CRYPTO struct vr_crypto
static const struct vr_row crypto_backend_rows[] = {
    VR_A_STR(CRYPTO, backend, "model", .required = true), VR_A_UINT(CRYPTO, queues, "queues"), VR_END,
};
static const struct vr_row crypto_rows[] = {
    VR_A_STR(CRYPTO, model, "model", .required = true),
    VR_A_STR(CRYPTO, type, "type", .required = true),
    VR_GROUP("backend", crypto_backend_rows),
    VR_DRIVER_VIRTIO(CRYPTO),
    VR_INFO(CRYPTO),
    VR_END,
};
ELEM(vr_crypto_elem, "crypto", CRYPTO, crypto_rows, .after_parse = NULL);

static const struct vr_row nvram_rows[] = { VR_INFO(struct vr_nvram_device), VR_END };
ELEM(vr_nvram_device_elem, "nvram", struct vr_nvram_device, nvram_rows, .after_parse = NULL);

/* ---- lease ------------------------------------------------------------------------------------------------------- */
#define LEASE struct vr_lease
static const struct vr_row lease_target_rows[] = {
    VR_A_STR(LEASE, path, "path", .required = true, .missing = "Missing target path attribute for lease"),
    VR_A_U64(LEASE, offset, "offset", .bad = "Malformed lease target offset %s"),
    VR_END,
};
static const struct vr_row lease_rows[] = {
    VR_T_STR(LEASE, lockspace, "lockspace"),
    VR_T_STR(LEASE, key, "key", .required = true, .missing = "Missing 'key' element for lease"),
    VR_GROUP("target", lease_target_rows, .required = true, .missing = "Missing 'target' element for lease"),
    VR_END,
};
const struct vr_xml_elem vr_lease_elem = { .name = "lease", .size = sizeof(LEASE), .rows = lease_rows };

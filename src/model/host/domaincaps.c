/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <domainCapabilities> and <storagepoolCapabilities> */
#define VR_ERROR_DOMAIN VIR_FROM_CAPABILITIES
#include "caps.h"

#include "model/domain/tables.h"

#define ENUM struct vr_caps_enum
static const struct vr_row enum_rows[] = { VR_A_STR(ENUM, name, "name", .required = true), VR_STRS(ENUM, values, "value"),
                                           VR_END };
const struct vr_xml_elem vr_caps_enum_elem = { .name = "enum", .size = sizeof(ENUM), .rows = enum_rows };

/* ---- domain capabilities ----------------------------------------------------------------------------------------- */
#define D struct vr_domaincaps_def
#define PART struct vr_caps_part
static const struct vr_row part_rows[] = {
    VR_A_YESNO(PART, supported, "supported", .required = true), VR_STRS(PART, values, "value"),
    VR_LISTED(PART, enums, "enum", vr_caps_enum_elem), VR_END,
};
static const struct vr_xml_elem part_elem = { .name = "disk", .size = sizeof(PART), .rows = part_rows };
#define HAS(m, n, ...) VR_CHILD(D, m, n, part_elem, __VA_ARGS__)

/* <os> is a part with the loader inside */
static const struct vr_row os_rows[] = {
    VR_INLINE_PTR(D, os, part_elem), VR_CHILD(D, loader, "loader", part_elem), VR_END,
};
static bool os_said(const void *base, const struct vr_format *f)
{
    return ((const D *)base)->os != NULL;
}

#define MODEL struct vr_caps_model
static const struct vr_row model_rows[] = {
    VR_A_STR(MODEL, usable, "usable", .words = VR_WORDS("yes", "no", "unknown")),
    VR_A_YESNO(MODEL, deprecated, "deprecated"),
    VR_A_STR(MODEL, vendor, "vendor"),
    VR_A_STR(MODEL, fallback, "fallback", .words = VR_WORDS("allow", "forbid")),
    VR_A_STR(MODEL, vendor_id, "vendor_id"), VR_C_STR(MODEL, name), VR_END,
};
static const struct vr_xml_elem model_elem = { .name = "model", .size = sizeof(MODEL), .rows = model_rows };
static const struct vr_row feature_rows[] = {
    VR_A_ENUM(struct vr_cpu_feature, policy, "policy", vr_cpu_policy_names), VR_A_STR(struct vr_cpu_feature, name, "name",
        .required = true),
    VR_END,
};
static const struct vr_xml_elem feature_elem = { .name = "feature", .size = sizeof(struct vr_cpu_feature), .rows =
    feature_rows };
#define MODE struct vr_caps_mode
static const struct vr_row mode_rows[] = {
    VR_A_STR(MODE, name, "name", .required = true), VR_A_YESNO(MODE, supported, "supported", .required = true),
    VR_LISTED(MODE, enums, "enum", vr_caps_enum_elem), VR_LISTED(MODE, models, "model", model_elem),
    VR_T_STR(MODE, vendor, "vendor"), VR_LISTED(MODE, features, "feature", feature_elem), VR_END,
};
static const struct vr_xml_elem mode_elem = { .name = "mode", .size = sizeof(MODE), .rows = mode_rows };
static const struct vr_row cpu_rows[] = { VR_LISTED(D, modes, "mode", mode_elem), VR_END };

static const struct vr_row devices_rows[] = {
    HAS(disk, "disk",), HAS(graphics, "graphics",), HAS(video, "video",), HAS(hostdev, "hostdev",), HAS(rng, "rng",),
    HAS(filesystem, "filesystem",), HAS(tpm, "tpm",), HAS(redirdev, "redirdev",), HAS(channel, "channel",),
    HAS(crypto, "crypto", .since = "9.0"), HAS(interface, "interface", .since = "10.1"),
    HAS(panic, "panic", .since = "10.5"), HAS(console, "console", .since = "10.9"),
    VR_END,
};
#define SEV struct vr_caps_sev
static const struct vr_row sev_rows[] = {
    VR_A_YESNO(SEV, supported, "supported", .required = true), VR_T_OUINT(SEV, cbitpos, "cbitpos"),
    VR_T_OUINT(SEV, reduced_phys_bits, "reducedPhysBits"), VR_T_OUINT(SEV, max_guests, "maxGuests"),
    VR_T_OUINT(SEV, max_es_guests, "maxESGuests"), VR_END,
};
static const struct vr_xml_elem sev_elem = { .name = "sev", .size = sizeof(SEV), .rows = sev_rows };
#define SECTION struct vr_caps_sgx_section
static const struct vr_row section_rows[] = {
    VR_A_UINT(SECTION, node, "node", .zero = true), VR_A_SIZE(SECTION, size_kib, "size", .zero = true), VR_END,
};
static const struct vr_xml_elem section_elem = { .name = "section", .size = sizeof(SECTION), .rows = section_rows };
#define SGX struct vr_caps_sgx
static const struct vr_row sgx_rows[] = {
    VR_A_YESNO(SGX, supported, "supported", .required = true), VR_T_STR(SGX, flc, "flc", .words = VR_WORDS("yes", "no")),
    VR_T_STR(SGX, sgx1, "sgx1", .words = VR_WORDS("yes", "no")), VR_T_STR(SGX, sgx2, "sgx2", .words = VR_WORDS("yes",
        "no")),
    VR_T_OSIZE(SGX, size_kib, "section_size"), VR_LISTED(SGX, sections, "section", section_elem, .wrap = "sections"),
    VR_END,
};
static const struct vr_xml_elem sgx_elem = { .name = "sgx", .size = sizeof(SGX), .rows = sgx_rows };
static const struct vr_row features_rows[] = {
    HAS(gic, "gic",), HAS(vmcoreinfo, "vmcoreinfo",), HAS(genid, "genid",),
    HAS(backing_store_input, "backingStoreInput",), HAS(backup, "backup",),
    HAS(async_teardown, "async-teardown", .since = "9.6"), HAS(s390_pv, "s390-pv",), HAS(ps2, "ps2", .since = "10.7"),
    VR_CHILD(D, sev, "sev", sev_elem), VR_CHILD(D, sgx, "sgx", sgx_elem), HAS(hyperv, "hyperv",),
    VR_END,
};
static const struct vr_row vcpu_rows[] = { VR_A_UINT(D, max_vcpus, "max"), VR_END };
static const struct vr_row domaincaps_rows[] = {
    VR_T_STR(D, path, "path"), VR_T_STR(D, domain, "domain"), VR_T_STR(D, machine, "machine"), VR_T_STR(D, arch, "arch"),
    VR_GROUP("vcpu", vcpu_rows), HAS(iothreads, "iothreads",),
    VR_GROUP("os", os_rows, .when = os_said),
    VR_GROUP("cpu", cpu_rows),
    HAS(memory_backing, "memoryBacking",),
    VR_GROUP("devices", devices_rows),
    VR_GROUP("features", features_rows),
    VR_END,
};
static const struct vr_xml_elem domaincaps_elem = { .name = "domainCapabilities", .size = sizeof(D), .rows =
    domaincaps_rows };

const struct vr_document vr_domaincaps_def_document = {
    .family = "domaincaps", .schema = "domaincaps", .title = "Domain capabilities", .what = "(domain_capabilities)",
    .domain = VIR_FROM_CAPABILITIES, .elem = &domaincaps_elem, .output_only = true,
};

/* ---- storage pool capabilities ----------------------------------------------------------------------------------- */
#define OPTIONS struct vr_caps_options
static const struct vr_row format_rows[] = { VR_A_STR(OPTIONS, default_format, "type"), VR_END };
static const struct vr_xml_elem open_enum_elem = { .name = "enum", .size = sizeof(ENUM), .rows = enum_rows,
                                                   .never_short = true };
static const struct vr_row options_rows[] = {
    VR_GROUP("defaultFormat", format_rows), VR_LISTED(OPTIONS, enums, "enum", open_enum_elem), VR_END,
};
static const struct vr_xml_elem options_elem = { .name = "poolOptions", .size = sizeof(OPTIONS), .rows = options_rows };
#define POOL struct vr_caps_pool
static const struct vr_row pool_rows[] = {
    VR_A_STR(POOL, type, "type", .required = true), VR_A_YESNO(POOL, supported, "supported", .required = true),
    VR_CHILD(POOL, pool, "poolOptions", options_elem), VR_CHILD(POOL, volume, "volOptions", options_elem), VR_END,
};
static const struct vr_xml_elem pool_elem = { .name = "pool", .size = sizeof(POOL), .rows = pool_rows, .never_short =
    true };
static const struct vr_row poolcaps_rows[] = { VR_LISTED(struct vr_poolcaps_def, pools, "pool", pool_elem), VR_END };
static const struct vr_xml_elem poolcaps_elem = {
    .name = "storagepoolCapabilities", .size = sizeof(struct vr_poolcaps_def), .rows = poolcaps_rows,
};

const struct vr_document vr_poolcaps_def_document = {
    .family = "poolcaps", .schema = "storagepoolcaps", .title = "Storage pool capabilities",
    .what = "(storage_pool_capabilities)", .domain = VIR_FROM_CAPABILITIES, .elem = &poolcaps_elem, .output_only = true,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <cpu> and the guest's NUMA cells */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "tables.h"

#include <string.h>
#include "base/str.h"

VR_ENUM_NAMES(vr_cpu_mode, VR_CPU_MODES)
VR_ENUM_NAMES(vr_cpu_match, VR_CPU_MATCHES)
VR_ENUM_NAMES(vr_cpu_check, VR_CPU_CHECKS)
VR_ENUM_NAMES(vr_cpu_fallback, VR_CPU_FALLBACKS)
VR_ENUM_NAMES(vr_cpu_policy, VR_CPU_POLICIES)
VR_ENUM_NAMES(vr_cpu_cache_mode, VR_CPU_CACHE_MODES)
VR_ENUM_NAMES(vr_mem_access, VR_MEM_ACCESSES)

#define CPU struct vr_cpu
static bool mode_shown(const void *base, const struct vr_format *f)
{
    const CPU *c = base;
    return c->mode != VR_CPU_MODE_CUSTOM || c->model;
}
static bool match_shown(const void *base, const struct vr_format *f)
{
    return ((const CPU *)base)->model != NULL;
}
static bool model_said(const void *base, const struct vr_format *f)
{
    const CPU *c = base;
    return c->model || (c->mode == VR_CPU_MODE_HOST_MODEL && (c->fallback == VR_CPU_FALLBACK_FORBID || c->vendor_id));
}
static bool fallback_said(const void *base, const struct vr_format *f)
{
    const CPU *c = base;
    return c->model || c->fallback == VR_CPU_FALLBACK_FORBID;
}
static const struct vr_row model_rows[] = {
    VR_A_ENUM(CPU, fallback, "fallback", vr_cpu_fallback_names, .unless_empty = true, .when = fallback_said, .bad =
              "Invalid fallback attribute", .bad_domain = VR_DOMAIN(VIR_FROM_CPU), .bad_code =
                  VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_STR(CPU, vendor_id, "vendor_id"),
    VR_C_STR(CPU, model),
    VR_END,
};
static const struct vr_row topology_rows[] = {
    VR_A_UINT(CPU, topology.sockets, "sockets", .required = true, .nonzero = true),
    VR_A_UINT(CPU, topology.dies, "dies", .nonzero = true),
    VR_A_UINT(CPU, topology.cores, "cores", .required = true, .nonzero = true),
    VR_A_UINT(CPU, topology.threads, "threads", .required = true, .nonzero = true),
    VR_END,
};
static bool topology_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    CPU *c = base;
    if (!c->topology.dies)
        c->topology.dies = 1;
    return true;
}
static const struct vr_row cache_rows[] = {
    VR_A_OINT(CPU, cache.level, "level", .bad = "invalid CPU cache level, must be in range [1,3]", .bad_domain =
              VR_DOMAIN(VIR_FROM_CPU), .bad_code = VIR_ERR_XML_ERROR, .max = 3),
    VR_A_ENUM(CPU, cache.mode, "mode", vr_cpu_cache_mode_names, .required = true, .bad =
              "missing or invalid CPU cache mode", .missing = "missing or invalid CPU cache mode"),
    VR_END,
};
static const struct vr_row physaddr_rows[] = {
    VR_A_STR(CPU, maxphysaddr.mode, "mode", .required = true),
    VR_A_OINT(CPU, maxphysaddr.bits, "bits", .unset = -1),
    VR_END,
};
#define FEATURE struct vr_cpu_feature
static const struct vr_row feature_rows[] = {
    VR_A_ENUM(FEATURE, policy, "policy", vr_cpu_policy_names, .bad = "Invalid CPU feature policy", .bad_domain =
              VR_DOMAIN(VIR_FROM_CPU), .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_STR(FEATURE, name, "name", .required = true, .missing = "Invalid CPU feature name"),
    VR_END,
};
static const struct vr_xml_elem feature_elem = { .name = "feature", .size = sizeof(FEATURE), .rows = feature_rows };

/* ---- NUMA -------------------------------------------------------------------------------------------------------- */
#define CELL struct vr_numa_cell
static const struct vr_row sibling_rows[] = {
    VR_A_UINT(struct vr_numa_distance, id, "id", .zero = true, .required = true),
    VR_A_UINT(struct vr_numa_distance, value, "value", .required = true),
    VR_END,
};
const struct vr_xml_elem vr_numa_sibling_elem = { .name = "sibling", .size = sizeof(struct vr_numa_distance), .rows =
    sibling_rows };
#define CACHE struct vr_numa_cache
static const struct vr_row cache_size_rows[] = { VR_A_SIZE(CACHE, size_kib, "value"), VR_END };
static const struct vr_row cache_line_rows[] = { VR_A_SIZE(CACHE, line_bytes, "value", .scale = 1, .default_unit = 1,
                                                           .show_unit = "B"), VR_END };
static const struct vr_row numa_cache_rows[] = {
    VR_A_UINT(CACHE, level, "level", .required = true),
    VR_A_STR(CACHE, associativity, "associativity", .required = true, .words = VR_WORDS("none", "direct", "full")),
    VR_A_STR(CACHE, policy, "policy", .required = true, .words = VR_WORDS("none", "writeback", "writethrough")),
    VR_GROUP("size", cache_size_rows),
    VR_GROUP("line", cache_line_rows),
    VR_END,
};
const struct vr_xml_elem vr_numa_cache_elem = { .name = "cache", .size = sizeof(CACHE), .rows = numa_cache_rows };
static const struct vr_row cell_rows[] = {
    VR_A_OUINT(CELL, id, "id"),
    VR_A_CPUSET(CELL, cpus, "cpus"),
    VR_A_SIZE(CELL, memory_kib, "memory", .zero = true),
    VR_A_ENUM(CELL, mem_access, "memAccess", vr_mem_access_names),
    VR_A_YESNO(CELL, discard, "discard"),
    VR_LISTED(CELL, distances, "sibling", vr_numa_sibling_elem, .wrap = "distances"),
    VR_LISTED(CELL, caches, "cache", vr_numa_cache_elem),
    VR_END,
};
static bool cell_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    CELL *c = obj;
    if (c->cpus && !vr_cpuset_count(c->cpus))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("NUMA cell %d has no vCPUs assigned"),
                             c->id.set ? (int)c->id.v : 0);
    if (!vr_xml_get(node, "memory"))
        return vr_fail(err, VIR_ERR_XML_ERROR, _("missing element or attribute '%s'"), "./@memory") ||
            vr_xml_locate(err, node);
    return true;
}
static const struct vr_xml_elem cell_elem = { .name = "cell", .size = sizeof(CELL), .rows = cell_rows, .after_parse =
    cell_after };

#define LINK struct vr_numa_interconnect
static const struct vr_row latency_rows[] = {
    VR_A_UINT(LINK, initiator, "initiator", .zero = true, .required = true),
    VR_A_UINT(LINK, target, "target", .zero = true, .required = true),
    VR_A_OUINT(LINK, cache, "cache"),
    VR_A_STR(LINK, type, "type", .required = true),
    VR_A_U64(LINK, value, "value", .zero = true, .required = true),
    VR_END,
};
static const struct vr_row bandwidth_rows[] = {
    VR_A_UINT(LINK, initiator, "initiator", .zero = true, .required = true),
    VR_A_UINT(LINK, target, "target", .zero = true, .required = true),
    VR_A_OUINT(LINK, cache, "cache"),
    VR_A_STR(LINK, type, "type", .required = true),
    VR_A_SIZE(LINK, value, "value", .zero = true, .required = true),
    VR_END,
};
static bool is_bandwidth(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    ((LINK *)obj)->bandwidth = true;
    return true;
}
static bool skip_bandwidth(const void *obj, const struct vr_format *f)
{
    return ((const LINK *)obj)->bandwidth;
}
static bool skip_latency(const void *obj, const struct vr_format *f)
{
    return !((const LINK *)obj)->bandwidth;
}
/* One list, two elements: each prints its own kind. */
const struct vr_xml_elem vr_numa_latency_elem = { .name = "latency", .size = sizeof(LINK), .rows = latency_rows,
    .skip_format = skip_bandwidth };
const struct vr_xml_elem vr_numa_bandwidth_elem = {
    .name = "bandwidth", .size = sizeof(LINK), .rows = bandwidth_rows, .skip_format = skip_latency, .after_parse =
        is_bandwidth,
};
static const struct vr_row interconnect_rows[] = {
    VR_LISTED(CPU, interconnects, "latency", vr_numa_latency_elem),
    VR_LISTED(CPU, interconnects, "bandwidth", vr_numa_bandwidth_elem),
    VR_END,
};
static const struct vr_row numa_rows[] = {
    VR_LISTED(CPU, cells, "cell", cell_elem),
    VR_GROUP("interconnects", interconnect_rows),
    VR_END,
};

static const struct vr_row cpu_rows[] = {
    VR_A_ENUM(CPU, mode, "mode", vr_cpu_mode_names, .when = mode_shown, .bad = "Invalid mode attribute '%s'",
              .bad_domain = VR_DOMAIN(VIR_FROM_CPU), .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_ENUM(CPU, match, "match", vr_cpu_match_names, .when = match_shown),
    VR_A_ENUM(CPU, check, "check", vr_cpu_check_names),
    VR_A_ONOFF(CPU, migratable, "migratable"),
    VR_GROUP("model", model_rows, .when = model_said),
    VR_T_STR(CPU, vendor, "vendor", .unless_empty = true),
    VR_GROUP("topology", topology_rows, .after = topology_read),
    VR_GROUP("cache", cache_rows, .has = VR_HAS(CPU, cache.set)),
    VR_GROUP("maxphysaddr", physaddr_rows),
    VR_LISTED(CPU, features, "feature", feature_elem),
    VR_GROUP("numa", numa_rows),
    VR_END,
};

static bool cpu_fail(struct vr_parse *p, const struct vr_xml_node *node, struct vr_error **err, int code,
                     const char *text)
{
    vr_error_report(err, VIR_FROM_CPU, code, -1, "%s", text);
    return vr_xml_locate(err, node);
}

static bool features_check(struct vr_parse *p, const struct vr_xml_node *node, CPU *c, struct vr_error **err)
{
    for (size_t i = 0; i < c->features.n; i++) {
        FEATURE *f = c->features.v[i];
        if (!f->policy)
            f->policy = VR_CPU_POLICY_REQUIRE;
        for (size_t k = 0; k < i; k++)
            if (vr_streq(c->features.v[k]->name, f->name)) {
                vr_error_report(err, VIR_FROM_CPU, VIR_ERR_XML_ERROR, -1,
                                _("CPU feature '%s' specified more than once"), f->name);
                return vr_xml_locate(err, node);
            }
    }
    return true;
}

static bool cpu_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    CPU *c = obj;
    const struct vr_xml_node *model = vr_xml_child(node, "model");
    bool said_match = c->match != 0;
    if (!c->mode)
        c->mode = (model && c->model) || said_match ? VR_CPU_MODE_CUSTOM : VR_CPU_MODE_CUSTOM;
    if (c->mode == VR_CPU_MODE_CUSTOM && !said_match && c->model)
        c->match = VR_CPU_MATCH_EXACT;
    if (c->mode != VR_CPU_MODE_CUSTOM && c->mode != VR_CPU_MODE_HOST_MODEL)
        c->fallback = VR_CPU_FALLBACK_UNSET;
    if (c->mode == VR_CPU_MODE_CUSTOM || c->mode == VR_CPU_MODE_HOST_MODEL) {
        if (!c->fallback && (c->model || c->mode == VR_CPU_MODE_HOST_MODEL))
            c->fallback = c->mode == VR_CPU_MODE_HOST_MODEL &&
                !c->model ? VR_CPU_FALLBACK_UNSET : VR_CPU_FALLBACK_ALLOW;
    }
    if (c->mode == VR_CPU_MODE_HOST_MODEL && (p->flags & VR_FORM_INACTIVE)) {
        if (c->model) /* the host's model is looked up anew at each start */
            c->model = NULL;
    }
    if (c->migratable && c->mode != VR_CPU_MODE_HOST_PASSTHROUGH && c->mode != VR_CPU_MODE_MAXIMUM)
        return cpu_fail(p, node, err, VIR_ERR_XML_ERROR,
                        _("Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU mode"));
    if (model && vr_xml_get(model, "vendor_id")) {
        const char *id = vr_xml_get(model, "vendor_id");
        if (strlen(id) != 12)
            return cpu_fail(p, model, err, VIR_ERR_XML_ERROR, _("vendor_id must be exactly 12 characters long"));
        if (strchr(id, ','))
            return cpu_fail(p, model, err, VIR_ERR_XML_ERROR, _("vendor id is invalid"));
    }
    if (c->cache.set && c->cache.level.set && (c->cache.level.v < 1 || c->cache.level.v > 3))
        return cpu_fail(p, node, err, VIR_ERR_XML_ERROR, _("invalid CPU cache level, must be in range [1,3]"));
    if (c->maxphysaddr.mode && !vr_streq(c->maxphysaddr.mode, "emulate") && !vr_streq(c->maxphysaddr.mode,
        "passthrough")) {
        vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1,
                        _("Invalid value for attribute 'mode' in element 'maxphysaddr': '%s'."), c->maxphysaddr.mode);
        return vr_xml_locate(err, node);
    }
    if (c->features.n && !c->model && c->mode == VR_CPU_MODE_CUSTOM)
        return cpu_fail(p, node, err, VIR_ERR_XML_ERROR, _("Non-empty feature list specified without CPU model"));
    if (c->vendor && !c->model && c->mode == VR_CPU_MODE_CUSTOM)
        return cpu_fail(p, node, err, VIR_ERR_XML_ERROR, _("CPU vendor specified without CPU model"));
    return features_check(p, node, c, err);
}
const struct vr_xml_elem vr_cpu_elem = { .name = "cpu", .size = sizeof(CPU), .rows = cpu_rows, .after_parse =
    cpu_after };

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <capabilities> */
#define VR_ERROR_DOMAIN VIR_FROM_CAPABILITIES
#include "caps.h"

#include "model/codec.h"
#include "model/domain/tables.h"

#define HOST struct vr_caps_host
#define REQ .required = true

/* ---- topology ---------------------------------------------------------------------------------------------------- */
#define PAGES struct vr_caps_pages
static const struct vr_row pages_rows[] = {
    VR_A_STR(PAGES, unit, "unit", .type = "unit"), VR_A_U64(PAGES, size, "size", .zero = true, REQ),
    VR_ROW_(NULL, VR_K_U64, VR_AT_CONTENT, VR_MEMBER(PAGES, count, uint64_t), .zero = true), VR_END,
};
static const struct vr_xml_elem pages_elem = { .name = "pages", .size = sizeof(PAGES), .rows = pages_rows };
#define CPU struct vr_caps_cpu
static const struct vr_row cpu_rows[] = {
    VR_A_UINT(CPU, id, "id", .zero = true, REQ), VR_A_OUINT(CPU, socket, "socket_id"), VR_A_OUINT(CPU, die, "die_id"),
    VR_A_OUINT(CPU, core, "core_id"), VR_A_CPUSET(CPU, siblings, "siblings"), VR_END,
};
static const struct vr_xml_elem cpu_elem = { .name = "cpu", .size = sizeof(CPU), .rows = cpu_rows };
#define CELL struct vr_caps_cell
static const struct vr_row cpus_rows[] = {
    VR_A_UINT(CELL, n_cpus, "num", .zero = true, REQ), VR_LISTED(CELL, cpus, "cpu", cpu_elem), VR_END,
};
static const struct vr_row cell_rows[] = {
    VR_A_UINT(CELL, id, "id", .zero = true, REQ),
    VR_T_SIZE(CELL, memory_kib, "memory"),
    VR_LISTED(CELL, pages, "pages", pages_elem),
    VR_LISTED(CELL, distances, "sibling", vr_numa_sibling_elem, .wrap = "distances"),
    VR_LISTED(CELL, caches, "cache", vr_numa_cache_elem),
    VR_GROUP("cpus", cpus_rows, .has = VR_HAS(CELL, has_cpus), .if_has = true, .never_short = true),
    VR_END,
};
static const struct vr_xml_elem cell_elem = { .name = "cell", .size = sizeof(CELL), .rows = cell_rows, .never_short =
    true };
static const struct vr_row cells_rows[] = {
    VR_A_UINT(HOST, n_cells, "num", .zero = true, REQ), VR_LISTED(HOST, cells, "cell", cell_elem), VR_END,
};
static const struct vr_row interconnect_rows[] = {
    VR_LISTED(HOST, interconnects, "latency", vr_numa_latency_elem),
    VR_LISTED(HOST, interconnects, "bandwidth", vr_numa_bandwidth_elem),
    VR_END,
};
static const struct vr_row topology_rows[] = {
    VR_GROUP("cells", cells_rows, .never_short = true), VR_GROUP("interconnects", interconnect_rows), VR_END,
};

/* ---- caches and memory bandwidth --------------------------------------------------------------------------------- */
#define CONTROL struct vr_caps_control
static const struct vr_row control_rows[] = {
    VR_A_U64(CONTROL, granularity, "granularity", .zero = true, REQ), VR_A_OU64(CONTROL, min, "min"), VR_A_STR(CONTROL, unit, "unit"),
    VR_A_STR(CONTROL, type, "type", .words = VR_WORDS("both", "code", "data")),
    VR_A_UINT(CONTROL, max_allocs, "maxAllocs", .zero = true, REQ), VR_END,
};
static const struct vr_xml_elem control_elem = { .name = "control", .size = sizeof(CONTROL), .rows = control_rows };
#define BANK struct vr_caps_bank
static const struct vr_row bank_rows[] = {
    VR_A_UINT(BANK, id, "id", .zero = true, REQ), VR_A_UINT(BANK, level, "level", .zero = true, REQ),
    VR_A_STR(BANK, type, "type", .words = VR_WORDS("both", "code", "data")), VR_A_U64(BANK, size, "size", .zero = true, REQ),
    VR_A_STR(BANK, unit, "unit", .type = "unit"), VR_A_CPUSET(BANK, cpus, "cpus"),
    VR_LISTED(BANK, controls, "control", control_elem),
    VR_END,
};
static const struct vr_xml_elem bank_elem = { .name = "bank", .size = sizeof(BANK), .rows = bank_rows };
static const struct vr_row named_rows[] = { VR_A_STR(struct vr_caps_text, name, "name", REQ), VR_END };
static const struct vr_xml_elem named_elem = { .name = "feature", .size = sizeof(struct vr_caps_text), .rows =
    named_rows };
#define MONITOR struct vr_caps_monitor
static const struct vr_row monitor_rows[] = {
    VR_A_OUINT(MONITOR, level, "level"), VR_A_OUINT(MONITOR, reuse_threshold, "reuseThreshold"),
    VR_A_UINT(MONITOR, max_monitors, "maxMonitors", .zero = true, REQ),
    VR_LISTED(MONITOR, features, "feature", named_elem),
    VR_END,
};
static const struct vr_xml_elem monitor_elem = { .name = "monitor", .size = sizeof(MONITOR), .rows = monitor_rows };
static const struct vr_row cache_rows[] = {
    VR_LISTED(HOST, banks, "bank", bank_elem), VR_CHILD(HOST, cache_monitor, "monitor", monitor_elem), VR_END,
};
#define NODE struct vr_caps_bandwidth_node
static const struct vr_row node_rows[] = {
    VR_A_UINT(NODE, id, "id", .zero = true, REQ), VR_A_CPUSET(NODE, cpus, "cpus"),
    VR_LISTED(NODE, controls, "control", control_elem), VR_END,
};
static const struct vr_xml_elem node_elem = { .name = "node", .size = sizeof(NODE), .rows = node_rows };
static const struct vr_row bandwidth_rows[] = {
    VR_LISTED(HOST, bandwidth_nodes, "node", node_elem), VR_CHILD(HOST, bandwidth_monitor, "monitor", monitor_elem),
    VR_END,
};

/* ---- the rest of the host ---------------------------------------------------------------------------------------- */
static const struct vr_row power_rows[] = {
    VR_PRESENT(HOST, power.mem, "suspend_mem"), VR_PRESENT(HOST, power.disk, "suspend_disk"),
    VR_PRESENT(HOST, power.hybrid, "suspend_hybrid"), VR_END,
};
static const struct vr_row iommu_rows[] = { VR_A_YESNO(HOST, iommu, "support"), VR_END };
static const struct vr_row transports_rows[] = { VR_STRS(HOST, uri_transports, "uri_transport"), VR_END };
static const struct vr_row migration_rows[] = {
    VR_PRESENT(HOST, live, "live"), VR_GROUP("uri_transports", transports_rows), VR_END,
};
#define LABEL struct vr_caps_baselabel
static const struct vr_row baselabel_rows[] = { VR_A_STR(LABEL, type, "type", REQ), VR_C_STR(LABEL, text), VR_END };
static const struct vr_xml_elem baselabel_elem = { .name = "baselabel", .size = sizeof(LABEL), .rows = baselabel_rows };
#define SEC struct vr_caps_secmodel
static const struct vr_row secmodel_rows[] = {
    VR_T_STR(SEC, model, "model", REQ), VR_T_STR(SEC, doi, "doi", .keep_empty = true),
    VR_LISTED(SEC, baselabels, "baselabel", baselabel_elem), VR_END,
};
static const struct vr_xml_elem secmodel_elem = { .name = "secmodel", .size = sizeof(SEC), .rows = secmodel_rows };
static const struct vr_row host_rows[] = {
    VR_T_UUID(HOST, uuid, has_uuid, "uuid"),
    VR_CHILD(HOST, cpu, "cpu", vr_host_cpu_elem),
    VR_GROUP("power_management", power_rows, .has = VR_HAS(HOST, power.set)),
    VR_GROUP("iommu", iommu_rows),
    VR_GROUP("migration_features", migration_rows, .has = VR_HAS(HOST, migration)),
    VR_GROUP("topology", topology_rows, .has = VR_HAS(HOST, has_topology), .if_has = true),
    VR_GROUP("cache", cache_rows),
    VR_GROUP("memory_bandwidth", bandwidth_rows),
    VR_LISTED(HOST, secmodels, "secmodel", secmodel_elem),
    VR_END,
};

/* ---- guests ------------------------------------------------------------------------------------------------------ */
#define MACHINE struct vr_caps_machine
static const struct vr_row machine_rows[] = {
    VR_A_STR(MACHINE, canonical, "canonical"), VR_A_UINT(MACHINE, max_cpus, "maxCpus"),
    VR_A_YESNO(MACHINE, deprecated, "deprecated"), VR_C_STR(MACHINE, name), VR_END,
};
static const struct vr_xml_elem machine_elem = { .name = "machine", .size = sizeof(MACHINE), .rows = machine_rows };
#define DOMAIN struct vr_caps_domain
static const struct vr_row domain_rows[] = {
    VR_A_STR(DOMAIN, type, "type", REQ), VR_T_STR(DOMAIN, emulator, "emulator"), VR_T_STR(DOMAIN, loader, "loader"),
    VR_LISTED(DOMAIN, machines, "machine", machine_elem), VR_END,
};
static const struct vr_xml_elem domain_elem = { .name = "domain", .size = sizeof(DOMAIN), .rows = domain_rows };
#define TOGGLE struct vr_caps_toggle
static const struct vr_row toggle_rows[] = {
    VR_A_STR(TOGGLE, initially, "default", REQ, .words = VR_WORDS("on", "off")),
    VR_A_YESNO(TOGGLE, toggle, "toggle", REQ), VR_END,
};
static const struct vr_xml_elem toggle_elem = { .name = "acpi", .size = sizeof(TOGGLE), .rows = toggle_rows };
#define G struct vr_caps_guest
static const struct vr_row arch_rows[] = {
    VR_A_STR(G, arch, "name", REQ), VR_T_UINT(G, word_bits, "wordsize", .zero = true, REQ), VR_T_STR(G, emulator, "emulator"),
    VR_T_STR(G, loader, "loader"), VR_LISTED(G, machines, "machine", machine_elem),
    VR_LISTED(G, domains, "domain", domain_elem), VR_END,
};
static const struct vr_row features_rows[] = {
    VR_PRESENT(G, pae, "pae"), VR_PRESENT(G, nonpae, "nonpae"), VR_PRESENT(G, ia64_be, "ia64_be"),
    VR_CHILD(G, acpi, "acpi", toggle_elem), VR_CHILD(G, apic, "apic", toggle_elem),
    VR_PRESENT(G, cpuselection, "cpuselection"), VR_PRESENT(G, deviceboot, "deviceboot"),
    VR_CHILD(G, disksnapshot, "disksnapshot", toggle_elem), VR_CHILD(G, hap, "hap", toggle_elem),
    VR_PRESENT(G, external_snapshot, "externalSnapshot", .since = "9.10"),
    VR_END,
};
static const struct vr_row guest_rows[] = {
    VR_T_STR(G, os_type, "os_type", REQ), VR_GROUP("arch", arch_rows, REQ),
    VR_GROUP("features", features_rows, .has = VR_HAS(G, has_features)), VR_END,
};
static const struct vr_xml_elem guest_elem = { .name = "guest", .size = sizeof(G), .rows = guest_rows };

#define D struct vr_capabilities_def
static const struct vr_row capabilities_rows[] = {
    VR_PART(D, host, "host", host_rows, .present_always = true, .never_short = true, .airy = true),
    VR_LISTED(D, guests, "guest", guest_elem, .airy = true),
    VR_END,
};
static const struct vr_xml_elem capabilities_elem = { .name = "capabilities", .size = sizeof(D), .rows =
    capabilities_rows, .airy = true };

const struct vr_document vr_capabilities_def_document = {
    .family = "capabilities", .schema = "capability", .title = "Capabilities", .what = "(capabilities)",
    .domain = VIR_FROM_CAPABILITIES, .elem = &capabilities_elem, .output_only = true,
};

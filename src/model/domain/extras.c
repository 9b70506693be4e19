/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of <domain> outside <devices> that are a list or a few values each. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include "base/str.h"

/* ---- <vcpus>, <iothreadids>, <idmap> ----------------------------------------------------------------------------- */

static const struct vr_row vcpu_rows[] = {
    VR_A_UINT(struct vr_vcpu, id, "id", .required = true, .zero = true, .missing = "missing vcpu id or invalid value", .goes = VR_GOES_ARGV),
    VR_A_YESNO(struct vr_vcpu, enabled, "enabled", .required = true, .goes = VR_GOES_ARGV),
    VR_A_YESNO(struct vr_vcpu, hotpluggable, "hotpluggable", .goes = VR_GOES_ARGV),
    VR_A_UINT(struct vr_vcpu, order, "order", .nonzero = true, .goes = VR_GOES_QMP),
    VR_END,
};
const struct vr_xml_elem vr_vcpu_elem = { .name = "vcpu", .size = sizeof(struct vr_vcpu), .rows = vcpu_rows };

static const struct vr_row iothread_rows[] = {
    VR_A_UINT(struct vr_iothread, id, "id", .required = true, .nonzero = true, .goes = VR_GOES_ARGV),
    VR_A_OINT(struct vr_iothread, thread_pool_min, "thread_pool_min", .goes = VR_GOES_ARGV),
    VR_A_OINT(struct vr_iothread, thread_pool_max, "thread_pool_max", .goes = VR_GOES_ARGV),
    VR_END,
};
const struct vr_xml_elem vr_iothread_elem = { .name = "iothread", .size = sizeof(struct vr_iothread), .rows = iothread_rows };

/* Containers only: QEMU guests cannot have one, so it is kept and goes nowhere. */
static const struct vr_row idmap_rows[] = {
    VR_A_UINT(struct vr_idmap, start, "start", .required = true, .zero = true, .goes = VR_GOES_DOCUMENT),
    VR_A_UINT(struct vr_idmap, target, "target", .required = true, .zero = true, .goes = VR_GOES_DOCUMENT),
    VR_A_UINT(struct vr_idmap, count, "count", .required = true, .zero = true, .goes = VR_GOES_DOCUMENT),
    VR_END,
};
const struct vr_xml_elem vr_idmap_elem = { .name = "uid", .size = sizeof(struct vr_idmap), .rows = idmap_rows };

/* ---- <perf> ------------------------------------------------------------------------------------------------------ */

static const struct vr_row perf_event_rows[] = {
    VR_A_STR(struct vr_perf_event, name, "name", .required = true, .missing = "missing name for event", .goes = VR_GOES_NOTYET),
    VR_A_YESNO(struct vr_perf_event, enabled, "enabled", .required = true, .missing = "missing state of event", .goes = VR_GOES_NOTYET),
    VR_END,
};
static bool check_perf_event(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    static const char *const names[] = {
        "cmt", "mbmt", "mbml", "cpu_cycles", "instructions", "cache_references", "cache_misses", "branch_instructions",
        "branch_misses", "bus_cycles", "stalled_cycles_frontend", "stalled_cycles_backend", "ref_cpu_cycles", "cpu_clock",
        "task_clock", "page_faults", "context_switches", "cpu_migrations", "page_faults_min", "page_faults_maj",
        "alignment_faults", "emulation_faults", NULL,
    };
    const struct vr_perf_event *e = obj;
    return vr_name_index(names, e->name) >= 0 ||
           vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("Unsupported perf event '%s'"), e->name);
}
const struct vr_xml_elem vr_perf_event_elem = {
    .name = "event", .size = sizeof(struct vr_perf_event), .rows = perf_event_rows, .after_parse = check_perf_event,
};

/* ---- <launchSecurity>: kept, and a guest that has it does not start ---------------------------------------------- */

#define SEC struct vr_launch_security
static const struct vr_row launch_security_rows[] = {
    VR_A_STR(SEC, type, "type", .required = true, .goes = VR_GOES_NOTYET),
    VR_A_YESNO(SEC, kernel_hashes, "kernelHashes", .goes = VR_GOES_NOTYET),
    VR_T_OUINT(SEC, cbitpos, "cbitpos", .bad = "Failed to get launch security cbitpos", .goes = VR_GOES_NOTYET),
    VR_T_OUINT(SEC, reduced_phys_bits, "reducedPhysBits", .goes = VR_GOES_NOTYET),
    VR_T_UINT(SEC, policy, "policy", .radix = 16, .print = "0x%04x", .goes = VR_GOES_NOTYET),
    VR_T_STR(SEC, dh_cert, "dhCert", .goes = VR_GOES_NOTYET),
    VR_T_STR(SEC, session, "session", .goes = VR_GOES_NOTYET),
    VR_END,
};
static bool check_launch_security(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    static const char *const types[] = { "sev", "s390-pv", NULL };
    const SEC *s = obj;
    if (vr_name_index(types, s->type) < 0)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid value for attribute 'type' in element 'launchSecurity': '%s'."),
                             s->type);
    if (vr_streq(s->type, "sev") && !vr_xml_child(node, "policy"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("failed to get launch security policy"));
    return true;
}
const struct vr_xml_elem vr_launch_security_elem = {
    .name = "launchSecurity", .size = sizeof(SEC), .rows = launch_security_rows, .after_parse = check_launch_security,
};

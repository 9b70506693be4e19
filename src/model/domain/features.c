/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <features> and <clock> */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include <stdlib.h>
#include <string.h>
#include "base/str.h"

VR_ENUM_NAMES(vr_clock_offset, VR_CLOCK_OFFSETS)
VR_ENUM_NAMES(vr_timer_name, VR_TIMER_NAMES)
VR_ENUM_NAMES(vr_tick_policy, VR_TICK_POLICIES)

#define F struct vr_domain_features
#define FEAT struct vr_feature

static bool on_unless_said(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    FEAT *f = base;
    if (!f->state)
        f->state = VR_TRI_ON;
    return true;
}
static bool state_needed(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const FEAT *f = base;
    if (f->state)
        return true;
    const char *where = node->parent ? node->parent->name : "";
    if (vr_streq(where, "hyperv"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("missing 'state' attribute for HyperV Enlightenment feature '%s'"), node->name);
    if (vr_streq(where, "kvm"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing 'state' attribute for KVM feature '%s'"),
                             node->name);
    vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1, _("Missing required attribute 'state' in element '%s'"),
                    node->name);
    return vr_xml_locate(err, node);
}
static const struct vr_row state_rows[] = { VR_A_ONOFF(FEAT, state, "state"), VR_END };
/* <x state='on|off'/>: absent = not said; without state= it is on, or an error */
#define STATE(S, m, n) VR_PART(S, m, n, state_rows, .has = VR_HAS(S, m.present), .after = on_unless_said)
#define SWITCH(S, m, n) VR_PART(S, m, n, state_rows, .has = VR_HAS(S, m.present), .after = state_needed)

/* ---- hyperv ------------------------------------------------------------------------------------------------------ */
#define HV struct vr_hyperv
#define HV_IS(m) VR_ROW_AUX_(NULL, VR_K_INLINE, VR_AT_ATTR, offsetof(HV, m), state_rows, .after = state_needed)
static bool stimer_direct_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const HV *h = base;
    if (h->spinlocks.state == VR_TRI_ON && h->spinlock_retries && h->spinlock_retries < 0xfff)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("HyperV spinlock retry count must be at least 4095"));
    if (h->spinlocks.state == VR_TRI_ON && vr_streq(node->name, "spinlocks") && !h->spinlock_retries)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing HyperV spinlock retry count"));
    return true;
}
static bool retries_shown(const void *base, const struct vr_format *f)
{
    return ((const HV *)base)->spinlocks.state == VR_TRI_ON;
}
static const struct vr_row spinlock_rows[] = {
    HV_IS(spinlocks), VR_A_UINT(HV, spinlock_retries, "retries", .when = retries_shown), VR_END,
};
static const struct vr_row direct_rows[] = { VR_A_ONOFF(HV, stimer_direct, "state", .required = true), VR_END };
static const struct vr_row stimer_rows[] = { HV_IS(stimer), VR_GROUP("direct", direct_rows), VR_END };
static bool vendor_shown(const void *base, const struct vr_format *f)
{
    return ((const HV *)base)->vendor_id.state == VR_TRI_ON;
}
static bool vendor_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const HV *h = base;
    if (h->vendor_id.state != VR_TRI_ON)
        return true;
    if (!h->vendor_id_value)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("missing 'value' attribute for HyperV feature 'vendor_id'"));
    if (strlen(h->vendor_id_value) > 12)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("HyperV vendor_id value must not be more than %d characters."), 12);
    if (strchr(h->vendor_id_value, ','))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("HyperV vendor_id value is invalid"));
    return true;
}
static const struct vr_row vendor_rows[] = { HV_IS(vendor_id), VR_A_STR(HV, vendor_id_value, "value", .when =
    vendor_shown), VR_END };
#define HV_GROUP(n, r, m, ...) VR_GROUP(n, r, .has = VR_HAS(HV, m.present), __VA_ARGS__)
static const struct vr_row hyperv_rows[] = {
    VR_A_STR(HV, mode, "mode"),
    SWITCH(HV, relaxed, "relaxed"), SWITCH(HV, vapic, "vapic"),
    HV_GROUP("spinlocks", spinlock_rows, spinlocks, .after = stimer_direct_read),
    SWITCH(HV, vpindex, "vpindex"), SWITCH(HV, runtime, "runtime"), SWITCH(HV, synic, "synic"),
    HV_GROUP("stimer", stimer_rows, stimer),
    SWITCH(HV, reset, "reset"),
    HV_GROUP("vendor_id", vendor_rows, vendor_id, .after = vendor_read),
    SWITCH(HV, frequencies, "frequencies"), SWITCH(HV, reenlightenment, "reenlightenment"), SWITCH(HV, tlbflush,
        "tlbflush"),
    SWITCH(HV, ipi, "ipi"), SWITCH(HV, evmcs, "evmcs"), SWITCH(HV, avic, "avic"),
    VR_END,
};
static bool hyperv_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    static const char *const modes[] = { "none", "custom", "passthrough", NULL };
    HV *h = base;
    if (h->mode && vr_name_index(modes, h->mode) < 0) {
        vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1,
                        _("Invalid value for attribute 'mode' in element 'hyperv': '%s'."), h->mode);
        return vr_xml_locate(err, node);
    }
    if (!h->mode)
        h->mode = "custom";
    if (vr_streq(h->mode, "none"))
        *h = (HV){ .present = false };
    return true;
}

/* ---- kvm, xen ---------------------------------------------------------------------------------------------------- */
static const struct vr_row ring_rows[] = {
    VR_ROW_AUX_(NULL, VR_K_INLINE, VR_AT_ATTR, offsetof(F, kvm.dirty_ring), state_rows, .after = state_needed),
    VR_A_UINT(F, kvm.dirty_ring_size, "size"),
    VR_END,
};
static bool ring_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const F *f = base;
    unsigned n = f->kvm.dirty_ring_size;
    if (f->kvm.dirty_ring.state == VR_TRI_ON && (n < 1024 || n > 65536 || (n & (n - 1))))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("dirty ring must be power of 2 and ranges [1024, 65536]"));
    return true;
}
static const struct vr_row kvm_rows[] = {
    SWITCH(F, kvm.hidden, "hidden"), SWITCH(F, kvm.hint_dedicated, "hint-dedicated"),
    SWITCH(F, kvm.poll_control, "poll-control"), SWITCH(F, kvm.pv_ipi, "pv-ipi"),
    VR_GROUP("dirty-ring", ring_rows, .has = VR_HAS(F, kvm.dirty_ring.present), .after = ring_read),
    VR_END,
};
static const struct vr_row passthrough_rows[] = {
    VR_ROW_AUX_(NULL, VR_K_INLINE, VR_AT_ATTR, offsetof(F, xen.passthrough), state_rows, .after = state_needed),
    VR_A_STR(F, xen.passthrough_mode, "mode", .words = VR_WORDS("sync_pt", "share_pt")),
    VR_END,
};
static const struct vr_row xen_rows[] = {
    SWITCH(F, xen.e820_host, "e820_host"),
    VR_GROUP("passthrough", passthrough_rows, .has = VR_HAS(F, xen.passthrough.present)),
    VR_END,
};

/* ---- the others -------------------------------------------------------------------------------------------------- */
static const struct vr_row apic_rows[] = { VR_A_ONOFF(F, apic_eoi, "eoi"), VR_END };
static const struct vr_row gic_rows[] = { VR_A_STR(F, gic_version, "version", .words = VR_WORDS("host", "2", "3")),
    VR_END };
static const struct vr_row ioapic_rows[] = { VR_A_STR(F, ioapic, "driver", .required = true, .words = VR_WORDS("qemu",
    "kvm")), VR_END };
static const struct vr_row hpt_rows[] = {
    VR_A_STR(F, hpt.resizing, "resizing", .words = VR_WORDS("enabled", "disabled", "required")), VR_T_SIZE(F,
        hpt.maxpagesize_kib, "maxpagesize", .bad = "Unable to parse HPT maxpagesize setting", .bad_code =
            VIR_ERR_CONFIG_UNSUPPORTED), VR_END,
};
static const struct vr_row msrs_rows[] = { VR_A_STR(F, msrs.unknown, "unknown", .required = true, .words =
                                                    VR_WORDS("ignore", "fault")), VR_END };
static const struct vr_row cfpc_rows[] = { VR_A_STR(F, cfpc, "value", .required = true, .words = VR_WORDS("broken",
    "workaround", "fixed")), VR_END };
static const struct vr_row sbbc_rows[] = { VR_A_STR(F, sbbc, "value", .required = true, .words = VR_WORDS("broken",
    "workaround", "fixed")), VR_END };
static const struct vr_row ibs_rows[] = { VR_A_STR(F, ibs, "value", .required = true, .words = VR_WORDS("broken",
    "workaround", "fixed-ibs", "fixed-ccd", "fixed-na")), VR_END };
static const struct vr_row tcg_rows[] = { VR_T_OSIZE(F, tcg_tb_cache_kib, "tb-cache"), VR_END };
static const struct vr_row async_rows[] = { VR_A_YESNO(FEAT, state, "enabled", .required = true), VR_END };

/* The size is written in the largest unit that divides it. */
static const struct vr_row tseg_rows[] = { VR_T_OSIZE(F, smm_tseg_kib, "tseg", .default_unit = 1048576), VR_END };
static bool smm_parse(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    F *f = base;
    const struct vr_xml_node *n = vr_xml_child(node, "smm");
    if (!n)
        return true;
    f->smm.present = true;
    if (!vr_rows_parse(p, state_rows, n, &f->smm, err) || !on_unless_said(p, n, &f->smm, err))
        return false;
    if (f->smm.state != VR_TRI_ON)
        return true;
    return vr_rows_parse(p, tseg_rows, n, f, err);
}
static void smm_format(struct vr_format *f, const void *base)
{
    const F *d = base;
    if (!d->smm.present)
        return;
    vr_buf_spaces(f->out, (size_t)f->indent);
    vr_buf_str(f->out, "<smm");
    vr_rows_format_attrs(f, state_rows, &d->smm);
    if (!d->smm_tseg_kib.set) {
        vr_buf_str(f->out, "/>\n");
        return;
    }
    static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
    uint64_t v = d->smm_tseg_kib.v;
    size_t u = 0;
    while (v && v % 1024 == 0 && u + 1 < VR_COUNT(units)) {
        v /= 1024;
        u++;
    }
    vr_buf_str(f->out, ">\n");
    f->indent += 2;
    vr_format_line(f, "<tseg unit='%s'>%llu</tseg>", v ? units[u] : "B", (unsigned long long)v);
    f->indent -= 2;
    vr_format_line(f, "</smm>");
}
static const struct vr_row smm_inner[] = {
    VR_ROW_AUX_(NULL, VR_K_INLINE, VR_AT_ATTR, offsetof(F, smm), state_rows), VR_INLINE(tseg_rows), VR_END,
};
static const struct vr_row smm_names[] = { VR_GROUP("smm", smm_inner), VR_END };
static const struct vr_custom_ops smm_ops = { .rows = smm_names, .parse = smm_parse, .format = smm_format };

/* <capabilities policy='default'><mknod state='on'/>...: any element name is a capability */
static bool caps_parse(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    F *f = base;
    const struct vr_xml_node *n = vr_xml_child(node, "capabilities");
    if (!n)
        return true;
    f->capabilities_policy = vr_arena_strdup(p->arena, vr_xml_get(n, "policy") ? vr_xml_get(n, "policy") : "default");
    for (const struct vr_xml_node *c = n->first; c; c = c->next) {
        if (c->kind != VR_XML_ELEMENT)
            continue;
        struct vr_cookie *cap = vr_arena_new_of(p->arena, struct vr_cookie);
        cap->name = vr_arena_strdup(p->arena, c->name);
        cap->value = vr_arena_strdup(p->arena, vr_xml_get(c, "state") ? vr_xml_get(c, "state") : "on");
        VR_LIST_ADD(p->arena, &f->capabilities, cap);
    }
    return true;
}
static void caps_format(struct vr_format *f, const void *base)
{
    const F *d = base;
    if (!d->capabilities_policy || (vr_streq(d->capabilities_policy, "default") && !d->capabilities.n))
        return;
    vr_format_line(f, d->capabilities.n ? "<capabilities policy='%s'>" : "<capabilities policy='%s'/>",
                   d->capabilities_policy);
    for (size_t i = 0; i < d->capabilities.n; i++) {
        f->indent += 2;
        vr_format_line(f, "<%s state='%s'/>", d->capabilities.v[i]->name, d->capabilities.v[i]->value);
        f->indent -= 2;
    }
    if (d->capabilities.n)
        vr_format_line(f, "</capabilities>");
}
static const struct vr_row caps_inner[] = {
    VR_A_STR(F, capabilities_policy, "policy"), VR_LISTED(F, capabilities, "capability", vr_cookie_elem), VR_END,
};
static const struct vr_row caps_names[] = { VR_RAW(F, capabilities_policy, "capabilities"), VR_INLINE(caps_inner),
    VR_END };
static const struct vr_custom_ops caps_ops = { .rows = caps_names, .parse = caps_parse, .format = caps_format };

const struct vr_row vr_features_rows[] = {
    VR_PRESENT(F, acpi, "acpi"),
    VR_GROUP("apic", apic_rows, .has = VR_HAS(F, apic.present)),
    VR_PRESENT(F, pae, "pae"),
    STATE(F, hap, "hap"),
    VR_PRESENT(F, viridian, "viridian"),
    VR_PRESENT(F, privnet, "privnet"),
    VR_PART(F, hyperv, "hyperv", hyperv_rows, .has = VR_HAS(F, hyperv.present), .after = hyperv_read),
    VR_GROUP("kvm", kvm_rows, .has = VR_HAS(F, kvm.present)),
    STATE(F, pvspinlock, "pvspinlock"),
    VR_CUSTOM(caps_ops),
    STATE(F, pmu, "pmu"),
    STATE(F, vmport, "vmport"),
    VR_GROUP("gic", gic_rows, .has = VR_HAS(F, gic)),
    VR_CUSTOM(smm_ops),
    VR_GROUP("ioapic", ioapic_rows),
    VR_GROUP("hpt", hpt_rows, .has = VR_HAS(F, hpt.present)),
    STATE(F, vmcoreinfo, "vmcoreinfo"),
    SWITCH(F, htm, "htm"),
    SWITCH(F, nested_hv, "nested-hv"),
    VR_GROUP("msrs", msrs_rows, .has = VR_HAS(F, msrs.present)),
    SWITCH(F, ccf_assist, "ccf-assist"),
    VR_GROUP("xen", xen_rows, .has = VR_HAS(F, xen.present)),
    VR_GROUP("cfpc", cfpc_rows),
    VR_GROUP("sbbc", sbbc_rows),
    VR_GROUP("ibs", ibs_rows),
    VR_GROUP("tcg", tcg_rows, .has = VR_HAS(F, tcg.present)),
    VR_PART(F, async_teardown, "async-teardown", async_rows, .has = VR_HAS(F, async_teardown.present)),
    VR_END,
};

/* ---- clock ------------------------------------------------------------------------------------------------------- */
#define C struct vr_clock
#define T struct vr_clock_timer
static const struct vr_row catchup_rows[] = {
    VR_A_U64(T, catchup.threshold, "threshold", .bad = "invalid catchup threshold"),
    VR_A_U64(T, catchup.slew, "slew", .bad = "invalid catchup slew"),
    VR_A_U64(T, catchup.limit, "limit", .bad = "invalid catchup limit"),
    VR_END,
};
static const struct vr_row timer_rows[] = {
    VR_A_ENUM(T, name, "name", vr_timer_name_names, .required = true),
    VR_A_YESNO(T, present, "present"),
    VR_A_ENUM(T, tickpolicy, "tickpolicy", vr_tick_policy_names),
    VR_A_STR(T, track, "track"),
    VR_A_U64(T, frequency, "frequency"),
    VR_A_STR(T, mode, "mode"),
    VR_GROUP("catchup", catchup_rows),
    VR_END,
};
static bool timer_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    static const char *const tracks[] = { "boot", "guest", "wall", "realtime", NULL };
    static const char *const modes[] = { "auto", "native", "emulate", "paravirt", "smpsafe", NULL };
    const T *t = obj;
    const char *bad = t->track && vr_name_index(tracks, t->track) < 0 ? "track" : t->mode && vr_name_index(modes,
        t->mode) < 0 ? "mode" : NULL;
    if (bad) {
        vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1,
                        _("Invalid value for attribute '%s' in element 'timer': '%s'."), bad, vr_xml_get(node, bad));
        return vr_xml_locate(err, node);
    }
    return true;
}
static const struct vr_xml_elem timer_elem = { .name = "timer", .size = sizeof(T), .rows = timer_rows, .after_parse =
    timer_after };

#define AT(mask) VR_WHEN(C, offset, mask)
#define O(X) VR_BIT(VR_CLOCK_##X)
const struct vr_row vr_clock_rows[] = {
    VR_A_ENUM(C, offset, "offset", vr_clock_offset_names, .unless_empty = true, .bad = "unknown clock offset '%s'",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_STR(C, adjustment, "adjustment", .unless_empty = true, AT(1u | O(UTC) | O(LOCALTIME) | O(VARIABLE))),
    VR_A_STR(C, basis, "basis", AT(O(VARIABLE))),
    VR_A_STR(C, timezone, "timezone", .unless_empty = true, AT(O(TIMEZONE))),
    VR_A_OU64(C, start, "start", .lenient = true, AT(O(ABSOLUTE))),
    VR_LISTED(C, timers, "timer", timer_elem),
    VR_END,
};

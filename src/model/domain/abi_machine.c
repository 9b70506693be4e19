/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is it the same machine? Identity, memory, processors, features, clock and firmware tables. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include <string.h>
#include "abi.h"
#include "base/str.h"
#include "tables.h"

#define D struct vr_domain_def
#define UNSUPPORTED VIR_ERR_CONFIG_UNSUPPORTED

static bool differ(struct vr_error **err, const char *label, const char *was, const char *now)
{
    return vr_abi_differs(err, VIR_FROM_DOMAIN, label, was ? was : "(null)", now ? now : "(null)", false);
}

bool vr_abi_identity(const D *a, const D *b, struct vr_error **err)
{
    char was[VR_UUID_TEXT], now[VR_UUID_TEXT];
    if (a->has_genid != b->has_genid)
        return vr_fail(err, UNSUPPORTED, _("Target domain requested genid does not match source"));
    if (a->has_genid && memcmp(&a->genid, &b->genid, sizeof(a->genid)))
        return differ(err, "domain genid", vr_uuid_format(&a->genid, was), vr_uuid_format(&b->genid, now));
    if (a->type != b->type)
        return differ(err, "domain virt type", vr_virt_type_names[a->type], vr_virt_type_names[b->type]);
    if (memcmp(&a->uuid, &b->uuid, sizeof(a->uuid)))
        return differ(err, "domain uuid", vr_uuid_format(&a->uuid, was), vr_uuid_format(&b->uuid, now));
    return vr_streq0(a->name, b->name) ||
           vr_abi_differs(err, VIR_FROM_DOMAIN, "domain name", a->name, b->name, true);
}

/* Without the share of devices that were plugged in. */
static uint64_t initial_kib(const D *d)
{
    uint64_t kib = d->memory_kib;
    for (size_t i = 0; i < d->memories.n; i++)
        kib -= d->memories.v[i]->size_kib < kib ? d->memories.v[i]->size_kib : kib;
    return kib;
}

static bool cells_check(const struct vr_cpu *a, const struct vr_cpu *b, struct vr_error **err)
{
    size_t x = a ? a->cells.n : 0, y = b ? b->cells.n : 0;
    if (x != y)
        return vr_fail(err, UNSUPPORTED, _("Target NUMA node count '%zu' doesn't match source '%zu'"), y, x);
    for (size_t i = 0; i < x; i++) {
        const struct vr_numa_cell *p = a->cells.v[i], *q = b->cells.v[i];
        if (p->memory_kib != q->memory_kib)
            return vr_fail(err, UNSUPPORTED, _("Size of target NUMA node %zu (%llu) doesn't match source (%llu)"), i,
                           (unsigned long long)q->memory_kib, (unsigned long long)p->memory_kib);
        if (!vr_cpuset_equal(p->cpus, q->cpus))
            return vr_fail(err, UNSUPPORTED, _("Processor mask of target NUMA node %zu doesn't match source"), i);
    }
    return true;
}

bool vr_abi_memory(const D *a, const D *b, struct vr_error **err)
{
    if (initial_kib(a) != initial_kib(b))
        return vr_fail(err, UNSUPPORTED, _("Target domain max memory %llu does not match source %llu"),
                       (unsigned long long)initial_kib(b), (unsigned long long)initial_kib(a));
    if (a->current_memory_kib != b->current_memory_kib)
        return vr_fail(err, UNSUPPORTED, _("Target domain current memory %llu does not match source %llu"),
                       (unsigned long long)b->current_memory_kib, (unsigned long long)a->current_memory_kib);
    if (!cells_check(a->cpu, b->cpu, err))
        return false;
    if (a->memory_slots != b->memory_slots)
        return vr_fail(err, UNSUPPORTED, _("Target domain memory slots count '%u' doesn't match source '%u'"),
                       b->memory_slots, a->memory_slots);
    if (a->max_memory_kib != b->max_memory_kib)
        return vr_fail(err, UNSUPPORTED, _("Target maximum memory size '%llu' doesn't match source '%llu'"),
                       (unsigned long long)b->max_memory_kib, (unsigned long long)a->max_memory_kib);
    return true;
}

static bool vcpu_on(const D *d, unsigned id)
{
    for (size_t i = 0; i < d->vcpu_list.n; i++)
        if (d->vcpu_list.v[i]->id == id)
            return d->vcpu_list.v[i]->enabled == VR_TRI_YES;
    return id < (d->current_vcpus.set ? d->current_vcpus.v : d->vcpus);
}

bool vr_abi_vcpus(const D *a, const D *b, struct vr_error **err)
{
    if (a->vcpus != b->vcpus)
        return vr_fail(err, UNSUPPORTED, _("Target domain vCPU max %u does not match source %u"), b->vcpus, a->vcpus);
    for (unsigned i = 0; i < a->vcpus; i++)
        if (vcpu_on(a, i) != vcpu_on(b, i))
            return vr_fail(err, UNSUPPORTED, _("State of vCPU '%u' differs between source and destination definitions"),
                           i);
    return true;
}

bool vr_abi_machine(const D *a, const D *b, struct vr_error **err)
{
    if (!vr_streq0(a->os.type, b->os.type))
        return differ(err, "domain OS type", a->os.type, b->os.type);
    if (!vr_streq0(a->os.arch, b->os.arch))
        return differ(err, "domain architecture", a->os.arch, b->os.arch);
    if (!vr_streq0(a->os.machine, b->os.machine))
        return differ(err, "domain machine type", a->os.machine, b->os.machine);
    if (!vr_streq0(a->os.smbios_mode, b->os.smbios_mode))
        return differ(err, "domain SMBIOS mode", a->os.smbios_mode ? a->os.smbios_mode : "none",
                      b->os.smbios_mode ? b->os.smbios_mode : "none");
    return true;
}

/* ---- features ------------------------------------------------------------------------------------------------------- */
#define F struct vr_domain_features
static const char *const switches[] = { "default", "on", "off" };

static const char *state(const struct vr_feature *f)
{
    return switches[f->state ? f->state : f->present ? VR_TRI_ON : VR_TRI_UNSET];
}

static const char *bare(bool present)
{
    return present ? "on" : "default";
}

static bool feature(struct vr_error **err, const char *name, const char *was, const char *now)
{
    return vr_streq(was, now) ||
           vr_fail(err, UNSUPPORTED, _("State of feature '%s' differs: source: '%s', destination: '%s'"), name, was, now);
}

/* How the features that are more than a switch are told. */
static const char *told(struct vr_arena *arena, const char *name, const F *f)
{
    if (vr_streq(name, "apic"))
        return f->apic.present ? vr_arena_printf(arena, "on,eoi=%s", switches[f->apic_eoi]) : "default,eoi=default";
    if (vr_streq(name, "gic"))
        return f->gic ? vr_arena_printf(arena, "on,version=%s", f->gic_version ? f->gic_version : "none")
                      : "default,version=none";
    if (vr_streq(name, "hpt"))
        return vr_arena_printf(arena, "%s,resizing=%s,maxpagesize=%llu", bare(f->hpt.present),
                               f->hpt.resizing ? f->hpt.resizing : "none",
                               (unsigned long long)f->hpt.maxpagesize_kib * 1024);
    if (vr_streq(name, "ioapic"))
        return vr_arena_printf(arena, "driver=%s", f->ioapic ? f->ioapic : "none");
    if (vr_streq(name, "capabilities"))
        return vr_arena_printf(arena, "policy=%s", f->capabilities_policy ? f->capabilities_policy : "default");
    if (vr_streq(name, "hyperv"))
        return !f->hyperv.present ? "default" : f->hyperv.mode && vr_streq(f->hyperv.mode, "passthrough") ? "off" : "on";
    const char *value = vr_streq(name, "cfpc") ? f->cfpc : vr_streq(name, "sbbc") ? f->sbbc : f->ibs;
    return vr_arena_printf(arena, "value=%s", value ? value : "none");
}

static bool hyperv_check(const struct vr_hyperv *a, const struct vr_hyperv *b, struct vr_error **err)
{
#define HV(m, n) { n, offsetof(struct vr_hyperv, m) }
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
        HV(relaxed, "relaxed"), HV(vapic, "vapic"), HV(spinlocks, "spinlocks"), HV(vpindex, "vpindex"),
        HV(runtime, "runtime"), HV(synic, "synic"), HV(stimer, "stimer"), HV(reset, "reset"),
        HV(vendor_id, "vendor_id"), HV(frequencies, "frequencies"), HV(reenlightenment, "reenlightenment"),
        HV(tlbflush, "tlbflush"), HV(ipi, "ipi"), HV(evmcs, "evmcs"), HV(avic, "avic"),
    };
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        const char *was = state((const void *)((const char *)a + rows[i].offset));
        const char *now = state((const void *)((const char *)b + rows[i].offset));
        if (!vr_streq(was, now))
            return vr_fail(err, UNSUPPORTED,
                           _("State of HyperV enlightenment feature '%s' differs: source: '%s', destination: '%s'"),
                           rows[i].name, was, now);
    }
    if (a->spinlock_retries != b->spinlock_retries)
        return vr_fail(err, UNSUPPORTED, _("HyperV spinlock retry count differs: source: '%u', destination: '%u'"),
                       a->spinlock_retries, b->spinlock_retries);
    if (!vr_streq0(a->vendor_id_value, b->vendor_id_value))
        return vr_fail(err, UNSUPPORTED, _("HyperV vendor_id differs: source: '%s', destination: '%s'"),
                       a->vendor_id_value ? a->vendor_id_value : "", b->vendor_id_value ? b->vendor_id_value : "");
    if (a->stimer_direct != b->stimer_direct)
        return vr_fail(err, UNSUPPORTED,
                       _("State of HyperV stimer direct feature differs: source: '%s', destination: '%s'"),
                       switches[a->stimer_direct], switches[b->stimer_direct]);
    return true;
}

static bool kvm_check(const F *a, const F *b, struct vr_error **err)
{
#define KVM(m, n) { n, offsetof(F, kvm.m) }
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = { KVM(hidden, "hidden"), KVM(hint_dedicated, "hint-dedicated"), KVM(poll_control, "poll-control"),
                 KVM(pv_ipi, "pv-ipi"), KVM(dirty_ring, "dirty-ring") };
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        const char *was = state((const void *)((const char *)a + rows[i].offset));
        const char *now = state((const void *)((const char *)b + rows[i].offset));
        if (!vr_streq(was, now))
            return vr_fail(err, UNSUPPORTED, _("State of KVM feature '%s' differs: source: '%s', destination: '%s'"),
                           rows[i].name, was, now);
    }
    return true;
}

/* A size in the largest unit that keeps it above nothing, as its document shows it. */
static const char *size_text(struct vr_arena *arena, uint64_t kib)
{
    bool mib = kib >= 1024;
    return vr_arena_printf(arena, "%llu %s", (unsigned long long)(mib ? kib / 1024 : kib), mib ? "MiB" : "KiB");
}

bool vr_abi_features(const D *x, const D *y, struct vr_error **err)
{
    const F *a = &x->features, *b = &y->features;
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    static const char *const spoken[] = { "apic", "hyperv", "gic", "ioapic", "hpt", "capabilities", "cfpc", "sbbc", "ibs" };
#define SWITCH(m, n) feature(err, n, state(&a->m), state(&b->m))
    bool good = feature(err, "acpi", bare(a->acpi), bare(b->acpi)) && feature(err, "pae", bare(a->pae), bare(b->pae)) &&
                SWITCH(hap, "hap") && feature(err, "viridian", bare(a->viridian), bare(b->viridian)) &&
                feature(err, "privnet", bare(a->privnet), bare(b->privnet)) &&
                feature(err, "kvm", bare(a->kvm.present), bare(b->kvm.present)) && SWITCH(pvspinlock, "pvspinlock") &&
                feature(err, "xen", bare(a->xen.present), bare(b->xen.present)) && SWITCH(pmu, "pmu") &&
                SWITCH(vmport, "vmport") && SWITCH(smm, "smm") && SWITCH(vmcoreinfo, "vmcoreinfo") && SWITCH(htm, "htm") &&
                SWITCH(nested_hv, "nested-hv") && SWITCH(ccf_assist, "ccf-assist");
    for (size_t i = 0; i < VR_COUNT(spoken) && good; i++)
        good = feature(err, spoken[i], told(arena, spoken[i], a), told(arena, spoken[i], b));
    if (!good)
        return false;
    if (a->hyperv.present && !hyperv_check(&a->hyperv, &b->hyperv, err))
        return false;
    if (a->kvm.present && !kvm_check(a, b, err))
        return false;
    if (a->smm.state == VR_TRI_ON && a->smm_tseg_kib.v != b->smm_tseg_kib.v)
        return vr_fail(err, UNSUPPORTED, _("Size of SMM TSEG size differs: source: '%s', destination: '%s'"),
                       size_text(arena, a->smm_tseg_kib.v), size_text(arena, b->smm_tseg_kib.v));
    return true;
}

/* ---- clock, CPU, SMBIOS ----------------------------------------------------------------------------------------------- */
bool vr_abi_timers(const D *x, const D *y, struct vr_error **err)
{
    if (x->clock.timers.n != y->clock.timers.n)
        return vr_fail(err, UNSUPPORTED, _("Target domain timers do not match source"));
    for (size_t i = 0; i < x->clock.timers.n; i++) {
        const struct vr_clock_timer *a = x->clock.timers.v[i], *b = y->clock.timers.v[i];
        static const char *const presence[] = { "default", "yes", "no" };
        if (a->name != b->name)
            return differ(err, "timer", vr_timer_name_names[a->name], vr_timer_name_names[b->name]);
        if (a->present != b->present)
            return vr_abi_differs(err, VIR_FROM_DOMAIN, "timer presence", presence[a->present], presence[b->present], true);
        if (a->name != VR_TIMER_TSC)
            continue;
        if (a->frequency != b->frequency)
            return vr_fail(err, UNSUPPORTED, _("Target TSC frequency %llu does not match source %llu"),
                           (unsigned long long)b->frequency, (unsigned long long)a->frequency);
        if (!vr_streq0(a->mode, b->mode))
            return differ(err, "TSC mode", a->mode, b->mode);
    }
    return true;
}

#define CPU struct vr_cpu
static bool cpu_differs(struct vr_error **err, const char *label, const char *was, const char *now)
{
    return vr_abi_differs(err, VIR_FROM_CPU, label, was ? was : "<null>", now ? now : "<null>", false);
}

bool vr_abi_cpu(const CPU *a, const CPU *b, struct vr_error **err)
{
    if (!a && !b)
        return true;
    if (!a || !b)
        return vr_error_report(err, VIR_FROM_CPU, UNSUPPORTED, -1, _("Target CPU does not match source"));
    if (a->mode != b->mode)
        return cpu_differs(err, "CPU mode", vr_cpu_mode_names[a->mode], vr_cpu_mode_names[b->mode]);
    if (!vr_streq0(a->model, b->model))
        return cpu_differs(err, "CPU model", a->model, b->model);
    if (!vr_streq0(a->vendor, b->vendor))
        return cpu_differs(err, "CPU vendor", a->vendor, b->vendor);
    if (!vr_streq0(a->vendor_id, b->vendor_id))
        return cpu_differs(err, "CPU vendor id", a->vendor_id, b->vendor_id);
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    const struct { const char *label; unsigned was, now; } counts[] = {
        { "CPU sockets", a->topology.sockets, b->topology.sockets }, { "CPU dies", a->topology.dies, b->topology.dies },
        { "CPU cores", a->topology.cores, b->topology.cores },
        { "CPU threads", a->topology.threads, b->topology.threads },
        { "CPU feature count", (unsigned)a->features.n, (unsigned)b->features.n },
    };
    for (size_t i = 0; i < VR_COUNT(counts); i++)
        if (counts[i].was != counts[i].now)
            return cpu_differs(err, counts[i].label, vr_arena_printf(arena, "%u", counts[i].was),
                               vr_arena_printf(arena, "%u", counts[i].now));
    for (size_t i = 0; i < a->features.n; i++) {
        const struct vr_cpu_feature *p = a->features.v[i], *q = b->features.v[i];
        if (!vr_streq(p->name, q->name))
            return cpu_differs(err, "CPU feature", p->name, q->name);
        if (p->policy != q->policy)
            return cpu_differs(err, "CPU feature policy", vr_cpu_policy_names[p->policy], vr_cpu_policy_names[q->policy]);
    }
    if (a->cache.set != b->cache.set || a->cache.level.v != b->cache.level.v || a->cache.mode != b->cache.mode)
        return vr_error_report(err, VIR_FROM_CPU, UNSUPPORTED, -1, _("Target CPU cache does not match source"));
    if (!vr_streq0(a->maxphysaddr.mode, b->maxphysaddr.mode) || a->maxphysaddr.bits.v != b->maxphysaddr.bits.v)
        return vr_error_report(err, VIR_FROM_CPU, UNSUPPORTED, -1, _("Target CPU maxphysaddr does not match source"));
    return true;
}

static const char *entry(const struct vr_sysinfo_group *g, const char *name)
{
    for (size_t i = 0; g && i < g->entries.n; i++)
        if (vr_streq0(g->entries.v[i]->name, name))
            return g->entries.v[i]->value;
    return NULL;
}

/* Names as documents write them, and as the sentences call them. */
struct naming {
    const char *entry, *called;
};
static bool group_check(const char *title, const struct naming *names, size_t n, const struct vr_sysinfo_group *a,
                        const struct vr_sysinfo_group *b, struct vr_error **err)
{
    if (!a != !b)
        return vr_error_report(err, VIR_FROM_SYSINFO, UNSUPPORTED, -1, _("Target sysinfo does not match source"));
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    for (size_t i = 0; i < n; i++) {
        const char *was = entry(a, names[i].entry), *now = entry(b, names[i].entry);
        if (!vr_streq0(was, now))
            return vr_abi_differs(err, VIR_FROM_SYSINFO,
                                  vr_arena_printf(arena, "sysinfo %s %s", title, names[i].called), was ? was : "<null>",
                                  now ? now : "<null>", false);
    }
    return true;
}

static const struct vr_sysinfo *smbios(const D *d)
{
    for (size_t i = 0; i < d->sysinfos.n; i++)
        if (vr_streq0(d->sysinfos.v[i]->type, "smbios"))
            return d->sysinfos.v[i];
    return NULL;
}

bool vr_abi_sysinfo(const D *x, const D *y, struct vr_error **err)
{
    static const struct naming bios[] = { { "vendor", "vendor" }, { "version", "version" }, { "date", "date" },
                                          { "release", "release" } };
    static const struct naming machine[] = { { "manufacturer", "vendor" }, { "product", "product" },
                                             { "version", "version" }, { "serial", "serial" }, { "uuid", "uuid" },
                                             { "sku", "sku" }, { "family", "family" } };
    const struct vr_sysinfo *a = smbios(x), *b = smbios(y);
    if (!a && !b)
        return true;
    if (!a || !b)
        return vr_error_report(err, VIR_FROM_SYSINFO, UNSUPPORTED, -1, _("Target sysinfo does not match source"));
    return group_check("BIOS", bios, VR_COUNT(bios), a->bios, b->bios, err) &&
           group_check("system", machine, VR_COUNT(machine), a->system, b->system, err);
}

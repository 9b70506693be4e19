/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* -cpu and -smp. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/alloc.h"
#include "qemu/command/build.h"

/* Where documents and QEMU spell a feature differently. */
static const char *const spelling[][2] = {
    { "cmp_legacy", "cmp-legacy" },   { "ds_cpl", "ds-cpl" },       { "fxsr_opt", "fxsr-opt" },
    { "kvm_pv_eoi", "kvm-pv-eoi" },   { "kvm_pv_unhalt", "kvm-pv-unhalt" }, { "lahf_lm", "lahf-lm" },
    { "nodeid_msr", "nodeid-msr" },   { "pclmuldq", "pclmulqdq" },  { "perfctr_core", "perfctr-core" },
    { "perfctr_nb", "perfctr-nb" },   { "tsc_adjust", "tsc-adjust" },
};

const char *vr_qemu_cpu_feature(const char *name)
{
    static const char *const gone[] = { "osxsave", "ospke", "pconfig", NULL };
    if (vr_name_index(gone, name) >= 0)
        return NULL;
    for (size_t i = 0; i < VR_COUNT(spelling); i++)
        if (vr_streq(spelling[i][0], name))
            return spelling[i][1];
    return name;
}

static bool add_features(struct build *b, struct vr_buf *text)
{
    const struct vr_cpu *cpu = b->def->cpu;
    for (size_t i = 0; i < cpu->features.n; i++) {
        const struct vr_cpu_feature *f = cpu->features.v[i];
        const char *name = vr_qemu_cpu_feature(f->name);
        if (!name)
            continue;
        switch (f->policy) {
        case VR_CPU_POLICY_UNSET:
        case VR_CPU_POLICY_FORCE:
        case VR_CPU_POLICY_REQUIRE:
            vr_buf_printf(text, ",%s=on", name);
            break;
        case VR_CPU_POLICY_DISABLE:
        case VR_CPU_POLICY_FORBID:
            vr_buf_printf(text, ",%s=off", name);
            break;
        case VR_CPU_POLICY_OPTIONAL: /* where check='none' asks nobody what the host has, it is wanted */
            vr_buf_printf(text, ",%s=on", name);
            break;
        default:
            break;
        }
    }
    return true;
}

static bool add_model(struct build *b, struct vr_buf *text)
{
    const struct vr_cpu *cpu = b->def->cpu;
    const char *arch = b->def->os.arch;
    switch (cpu->mode) {
    case VR_CPU_MODE_HOST_PASSTHROUGH:
        if (b->def->type != VR_VIRT_KVM)
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("CPU mode '%s' for %s %s domain on %s host is not supported by hypervisor"),
                           "host-passthrough", arch, vr_virt_type_names[b->def->type], b->run->caps->arch);
        vr_buf_str(text, "host");
        break;
    case VR_CPU_MODE_MAXIMUM:
        vr_buf_str(text, "max");
        break;
    case VR_CPU_MODE_HOST_MODEL:
        return not_yet(b->err, "<cpu mode='host-model'>");
    default:
        if (!cpu->model)
            return false;
        vr_buf_str(text, cpu->model);
        break;
    }
    if (cpu->mode == VR_CPU_MODE_HOST_PASSTHROUGH && cpu->migratable != VR_TRI_UNSET &&
        vr_streq(b->run->caps->arch, "x86_64"))
        vr_buf_printf(text, ",migratable=%s", cpu->migratable == VR_TRI_YES ? "on" : "off");
    if (cpu->vendor_id) {
        vr_buf_str(text, ",vendor=");
        buf_escaped(text, cpu->vendor_id);
    }
    return add_features(b, text);
}

static void flag(struct vr_buf *text, const struct vr_feature *f, const char *name)
{
    if (f->state == VR_TRI_ON)
        vr_buf_printf(text, ",%s=on", name);
}

static void hyperv(const struct vr_hyperv *h, struct vr_buf *text)
{
    if (!h->present)
        return;
    if (h->mode && vr_streq(h->mode, "passthrough")) {
        vr_buf_str(text, ",hv-passthrough=on");
        return;
    }
    flag(text, &h->relaxed, "hv-relaxed");
    flag(text, &h->vapic, "hv-vapic");
    if (h->spinlocks.state == VR_TRI_ON)
        vr_buf_printf(text, ",hv-spinlocks=0x%x", h->spinlock_retries);
    flag(text, &h->vpindex, "hv-vpindex");
    flag(text, &h->runtime, "hv-runtime");
    flag(text, &h->synic, "hv-synic");
    flag(text, &h->stimer, "hv-stimer");
    if (h->stimer.state == VR_TRI_ON && h->stimer_direct == VR_TRI_ON)
        vr_buf_str(text, ",hv-stimer-direct=on");
    flag(text, &h->reset, "hv-reset");
    if (h->vendor_id.state == VR_TRI_ON && h->vendor_id_value) {
        vr_buf_str(text, ",hv-vendor-id=");
        buf_escaped(text, h->vendor_id_value);
    }
    flag(text, &h->frequencies, "hv-frequencies");
    flag(text, &h->reenlightenment, "hv-reenlightenment");
    flag(text, &h->tlbflush, "hv-tlbflush");
    flag(text, &h->ipi, "hv-ipi");
    flag(text, &h->evmcs, "hv-evmcs");
    flag(text, &h->avic, "hv-avic");
}

static void timers(const struct build *b, struct vr_buf *text)
{
    const struct vr_clock *c = &b->def->clock;
    for (size_t i = 0; i < c->timers.n; i++) {
        const struct vr_clock_timer *t = c->timers.v[i];
        if (t->name == VR_TIMER_KVMCLOCK && t->present != VR_TRI_UNSET)
            vr_buf_printf(text, ",kvmclock=%s", t->present == VR_TRI_YES ? "on" : "off");
        else if (t->name == VR_TIMER_HYPERVCLOCK && t->present == VR_TRI_YES)
            vr_buf_str(text, ",hv-time=on");
        else if (t->name == VR_TIMER_TSC && t->frequency)
            vr_buf_printf(text, ",tsc-frequency=%llu", (unsigned long long)t->frequency);
    }
}

static void cache_and_size(const struct vr_cpu *cpu, struct vr_buf *text)
{
    if (cpu->cache.set) {
        bool host = cpu->mode == VR_CPU_MODE_HOST_PASSTHROUGH || cpu->mode == VR_CPU_MODE_MAXIMUM;
        if (cpu->cache.mode == VR_CPU_CACHE_EMULATE)
            vr_buf_str(text, ",l3-cache=on");
        if (cpu->cache.mode == VR_CPU_CACHE_PASSTHROUGH)
            vr_buf_str(text, ",host-cache-info=on");
        else if (host) /* only such a CPU would pass the host's on */
            vr_buf_str(text, ",host-cache-info=off");
        if (cpu->cache.mode != VR_CPU_CACHE_EMULATE)
            vr_buf_str(text, ",l3-cache=off");
    }
    if (cpu->maxphysaddr.mode && vr_streq(cpu->maxphysaddr.mode, "passthrough"))
        vr_buf_str(text, ",host-phys-bits=on");
    else if (cpu->maxphysaddr.mode && cpu->maxphysaddr.bits.set)
        vr_buf_printf(text, ",phys-bits=%d", cpu->maxphysaddr.bits.v);
}

bool build_cpu(struct build *b)
{
    const struct vr_domain_def *def = b->def;
    const struct vr_domain_features *f = &def->features;
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    if (!def->cpu)
        return vr_fail(b->err, VIR_ERR_INTERNAL_ERROR, "%s", _("the definition has no CPU"));
    if (!add_model(b, &text))
        return vr_fail(b->err, VIR_ERR_INTERNAL_ERROR, "%s", _("the definition has no CPU model"));
    timers(b, &text);
    if (f->apic_eoi != VR_TRI_UNSET)
        vr_buf_printf(&text, ",kvm-pv-eoi=%s", f->apic_eoi == VR_TRI_ON ? "on" : "off");
    if (f->pvspinlock.state != VR_TRI_UNSET)
        vr_buf_printf(&text, ",kvm-pv-unhalt=%s", f->pvspinlock.state == VR_TRI_ON ? "on" : "off");
    hyperv(&f->hyperv, &text);
    for (size_t i = 0; i < def->panics.n; i++)
        if (def->panics.v[i]->model == VR_PANIC_HYPERV)
            vr_buf_str(&text, ",hv-crash");
    if (f->kvm.present) {
        if (f->kvm.hidden.state == VR_TRI_ON)
            vr_buf_str(&text, ",kvm=off");
        if (f->kvm.hint_dedicated.state == VR_TRI_ON)
            vr_buf_str(&text, ",kvm-hint-dedicated=on");
        if (f->kvm.poll_control.state == VR_TRI_ON)
            vr_buf_str(&text, ",kvm-poll-control=on");
        if (f->kvm.pv_ipi.state != VR_TRI_UNSET) /* the host's CPU has it unless told otherwise */
            vr_buf_printf(&text, ",kvm-pv-ipi=%s", f->kvm.pv_ipi.state == VR_TRI_ON ? "on" : "off");
    }
    if (f->pmu.state != VR_TRI_UNSET)
        vr_buf_printf(&text, ",pmu=%s", f->pmu.state == VR_TRI_ON ? "on" : "off");
    cache_and_size(def->cpu, &text);
    cmd_opt_buf(b, "-cpu", &text);
    return true;
}

bool build_smp(struct build *b)
{
    const struct vr_domain_def *def = b->def;
    const struct vr_cpu *cpu = def->cpu;
    unsigned now = def->current_vcpus.set ? def->current_vcpus.v : def->vcpus;
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    cmd_opt(b, "-overcommit", def->memory_backing.locked ? "mem-lock=on" : "mem-lock=off");
    if (def->vcpu_list.n) {
        now = 0; /* those that can be unplugged are added over the monitor, in their order */
        for (size_t i = 0; i < def->vcpu_list.n; i++)
            now += def->vcpu_list.v[i]->enabled == VR_TRI_YES && def->vcpu_list.v[i]->hotpluggable != VR_TRI_YES;
        if (!now)
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("vcpu0 can't be hotpluggable"));
    }
    vr_buf_printf(&text, "%u", now);
    if (now != def->vcpus)
        vr_buf_printf(&text, ",maxcpus=%u", def->vcpus);
    if (cpu && cpu->topology.sockets) {
        vr_buf_printf(&text, ",sockets=%u,dies=%u,cores=%u,threads=%u", cpu->topology.sockets,
                      cpu->topology.dies ? cpu->topology.dies : 1, cpu->topology.cores, cpu->topology.threads);
    } else {
        vr_buf_printf(&text, ",sockets=%u,cores=1,threads=1", def->vcpus);
    }
    cmd_opt_buf(b, "-smp", &text);
    return true;
}

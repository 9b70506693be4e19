/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CPU of a guest that starts (modes become models) and of one that runs (what QEMU really gave it). */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <stdlib.h>
#include "base/buf.h"
#include "base/str.h"
#include "qemu/caps/cpu_choose.h"
#include "qemu/complete/complete.h"

static struct vr_cpu_feature *mentioned(const struct vr_cpu *cpu, const char *name)
{
    int wanted = vr_cpu_feature_find(name);
    for (size_t i = 0; i < cpu->features.n; i++) {
        const char *have = cpu->features.v[i]->name;
        if (vr_streq(have, name) || (wanted >= 0 && vr_cpu_feature_find(have) == wanted))
            return cpu->features.v[i];
    }
    return NULL;
}

static void add(struct vr_domain_def *def, const char *name, enum vr_cpu_policy policy)
{
    struct vr_cpu_feature *f = vr_arena_new_of(def->arena, struct vr_cpu_feature);
    f->name = vr_arena_strdup(def->arena, name);
    f->policy = policy;
    VR_LIST_ADD(def->arena, &def->cpu->features, f);
}

static bool expand_host_model(struct vr_domain_def *def, const struct vr_qemu_accel_caps *accel,
                              const struct vr_qemu_caps *caps, struct vr_error **err)
{
    struct vr_cpu_choice choice;
    struct vr_cpu *cpu = def->cpu;
    if (!vr_cpu_choose(accel, true, &choice))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("CPU mode '%s' for %s %s domain on %s host is not supported by hypervisor"), "host-model",
                       def->os.arch, vr_virt_type_names[def->type], caps->arch);
    struct vr_cpu own = *cpu; /* the document's wishes come after what the host has, and win */
    cpu->features.v = NULL;
    cpu->features.n = 0;
    cpu->mode = VR_CPU_MODE_CUSTOM;
    cpu->match = VR_CPU_MATCH_EXACT;
    cpu->fallback = VR_CPU_FALLBACK_FORBID;
    cpu->model = vr_cpu_models[choice.model].name;
    cpu->vendor = choice.vendor;
    for (int on = 1; on >= 0; on--)
        for (size_t i = 0; i < vr_cpu_feature_count(); i++)
            if (vr_cpu_set_has(on ? &choice.require : &choice.disable, i))
                add(def, vr_cpu_feature_name(i), on ? VR_CPU_POLICY_REQUIRE : VR_CPU_POLICY_DISABLE);
    for (size_t i = 0; i < own.features.n; i++) {
        struct vr_cpu_feature *f = mentioned(cpu, own.features.v[i]->name);
        enum vr_cpu_policy policy = own.features.v[i]->policy ? own.features.v[i]->policy : VR_CPU_POLICY_REQUIRE;
        if (policy == VR_CPU_POLICY_OPTIONAL)
            continue;
        if (f)
            f->policy = policy;
        else
            add(def, own.features.v[i]->name, policy);
    }
    return true;
}

static bool wants(enum vr_cpu_policy policy)
{
    return policy == VR_CPU_POLICY_UNSET || policy == VR_CPU_POLICY_FORCE || policy == VR_CPU_POLICY_REQUIRE;
}

/* What the document promises the guest: its model's features and those it names. */
static struct vr_cpu_set promised(const struct vr_cpu *cpu, size_t model)
{
    struct vr_cpu_set set = *vr_cpu_model_features(model);
    for (size_t i = 0; i < cpu->features.n; i++) {
        int f = vr_cpu_feature_find(cpu->features.v[i]->name);
        if (f >= 0 && cpu->features.v[i]->policy != VR_CPU_POLICY_OPTIONAL)
            vr_cpu_set_put(&set, f, wants(cpu->features.v[i]->policy));
    }
    return set;
}

/* Adds "a,b": what `have` has that `other` has not. Returns whether there is anything. */
static bool beyond(struct vr_buf *out, const struct vr_cpu_set *have, const struct vr_cpu_set *other)
{
    size_t before = out->len;
    for (size_t i = 0; i < vr_cpu_feature_count(); i++)
        if (vr_cpu_set_has(have, i) && !vr_cpu_set_has(other, i))
            vr_buf_printf(out, "%s%s", out->len > before ? "," : "", vr_cpu_feature_name(i));
    return out->len > before;
}

/* check='partial': the host must be able to give what is promised. */
static bool host_can(const struct vr_cpu *cpu, size_t model, const struct vr_qemu_accel_caps *accel,
                     struct vr_error **err)
{
    struct vr_cpu_set host = { { 0 } }, set = promised(cpu, model);
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    if (!accel->host_features || !accel->host_features[0])
        return true; /* an emulator that does not tell: QEMU itself will refuse */
    for (size_t i = 0; accel->host_features[i]; i++) {
        int f = vr_cpu_feature_find(accel->host_features[i]);
        if (f >= 0)
            vr_cpu_set_put(&host, f, true);
    }
    for (size_t i = 0; i < cpu->features.n; i++) {
        int f = vr_cpu_feature_find(cpu->features.v[i]->name);
        if (f >= 0 && cpu->features.v[i]->policy == VR_CPU_POLICY_FORCE)
            vr_cpu_set_put(&set, f, false); /* whether the host has it or not */
    }
    return !beyond(&text, &set, &host) ||
           vr_error_report(err, VIR_FROM_CPU, VIR_ERR_CPU_INCOMPATIBLE, -1, _("Host CPU does not provide required features: %s"), text.data);
}

/* Features that QEMU no longer knows: the guest had nothing from them, and they would only be errors. */
static void drop_gone(struct vr_cpu *cpu)
{
    static const char *const gone[] = { "osxsave", "ospke", "pconfig", NULL };
    for (size_t i = cpu->features.n; i-- > 0;)
        if (vr_name_index(gone, cpu->features.v[i]->name) >= 0)
            VR_LIST_REMOVE(&cpu->features, i);
}

bool vr_qemu_cpu_expand(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    struct vr_cpu *cpu = def->cpu;
    const struct vr_qemu_accel_caps *accel = def->type == VR_VIRT_KVM ? &caps->kvm : &caps->tcg;
    if (!cpu || !vr_qemu_is_x86(def))
        return true;
    drop_gone(cpu);
    if (cpu->mode == VR_CPU_MODE_HOST_MODEL && !expand_host_model(def, accel, caps, err))
        return false;
    int m = cpu->model ? vr_cpu_model_find(cpu->model) : -1;
    if ((cpu->mode != VR_CPU_MODE_UNSET && cpu->mode != VR_CPU_MODE_CUSTOM) || m < 0)
        return true;
    if (cpu->check == VR_CPU_CHECK_PARTIAL && !host_can(cpu, m, accel, err))
        return false;
    cpu->fallback = VR_CPU_FALLBACK_FORBID; /* a running guest's CPU is what it is */
    /* What the model's name once promised is said to be off, so that no emulator version puts it back. */
    for (size_t i = 0; i < vr_cpu_feature_count(); i++)
        if (vr_cpu_model_removed(m, i) && !mentioned(cpu, vr_cpu_feature_name(i)))
            add(def, vr_cpu_feature_name(i), VR_CPU_POLICY_DISABLE);
    return true;
}

/* check='full': the guest has exactly what is promised, or it does not run. */
static bool exactly(const struct vr_cpu *cpu, size_t model, const struct vr_cpu_set *on, struct vr_error **err)
{
    struct vr_cpu_set set = promised(cpu, model);
    vr_autobuf struct vr_buf extra = VR_BUF_INIT, missing = VR_BUF_INIT;
    bool more = beyond(&extra, on, &set), less = beyond(&missing, &set, on);
    if (!more && !less)
        return true;
    return vr_error_report(err, VIR_FROM_CPU, VIR_ERR_OPERATION_FAILED, -1, _("guest CPU doesn't match specification: %s%s%s%s%s"),
                   more ? "extra features: " : "", more ? extra.data : "", more && less ? ", " : "",
                   less ? "missing features: " : "", less ? missing.data : "");
}

bool vr_qemu_cpu_live(struct vr_domain_def *def, const struct vr_json *props, const struct vr_json *unavailable,
                      struct vr_error **err)
{
    struct vr_cpu *cpu = def->cpu;
    int m = cpu && cpu->model ? vr_cpu_model_find(cpu->model) : -1;
    if (m < 0 || !props || !vr_json_len(props) || (cpu->mode != VR_CPU_MODE_UNSET && cpu->mode != VR_CPU_MODE_CUSTOM))
        return true;
    struct vr_cpu_set on = { { 0 } };
    size_t pos = 0;
    const char *key;
    struct vr_json *value;
    while (vr_json_each(props, &pos, &key, &value)) {
        bool yes;
        int f = vr_json_as_bool(value, &yes) && yes ? vr_cpu_feature_find(key) : -1;
        if (f >= 0)
            vr_cpu_set_put(&on, f, true);
    }
    for (size_t i = 0; i < vr_json_len(unavailable); i++) {
        const char *name = vr_json_as_str(vr_json_at(unavailable, i));
        int f = name ? vr_cpu_feature_find(name) : -1;
        if (f >= 0)
            vr_cpu_set_put(&on, f, false);
    }
    if (cpu->check == VR_CPU_CHECK_FULL && !exactly(cpu, m, &on, err))
        return false;
    const struct vr_cpu_set *model = vr_cpu_model_features(m);
    for (size_t i = 0; i < vr_cpu_feature_count(); i++) {
        struct vr_cpu_feature *f = mentioned(cpu, vr_cpu_feature_name(i));
        bool has = vr_cpu_set_has(&on, i);
        if (f)
            f->policy = has ? VR_CPU_POLICY_REQUIRE : VR_CPU_POLICY_DISABLE;
        else if (has != vr_cpu_set_has(model, i))
            add(def, vr_cpu_feature_name(i), has ? VR_CPU_POLICY_REQUIRE : VR_CPU_POLICY_DISABLE);
    }
    cpu->match = VR_CPU_MATCH_EXACT;
    cpu->check = VR_CPU_CHECK_FULL;
    return true;
}

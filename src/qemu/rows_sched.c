/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* Shares of processor time (schedinfo): the guest's, its emulator's, its processors' and its I/O threads'. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "host/cgroup.h"
#include "hostside.h"
#include "rows.h"

#define PERIOD_MIN 1000
#define PERIOD_MAX 1000000
#define QUOTA_MIN 1000
#define QUOTA_MAX INT64_C(17592186044415) /* what fits the kernel's nanoseconds */
#define PERIOD_USUAL 100000

enum part { SHARES, PERIOD, QUOTA };

/* In the order in which they are told. `thread`: of its groups; NULL: the guest's own. */
static const struct tunable {
    const char *name, *thread;
    enum part part;
    size_t offset;
} tunables[] = {
    { VIR_DOMAIN_SCHEDULER_CPU_SHARES, NULL, SHARES, offsetof(struct vr_cputune, shares) },
    { VIR_DOMAIN_SCHEDULER_VCPU_PERIOD, "vcpu0", PERIOD, offsetof(struct vr_cputune, period) },
    { VIR_DOMAIN_SCHEDULER_VCPU_QUOTA, "vcpu0", QUOTA, offsetof(struct vr_cputune, quota) },
    { VIR_DOMAIN_SCHEDULER_EMULATOR_PERIOD, "emulator", PERIOD, offsetof(struct vr_cputune, emulator_period) },
    { VIR_DOMAIN_SCHEDULER_EMULATOR_QUOTA, "emulator", QUOTA, offsetof(struct vr_cputune, emulator_quota) },
    { VIR_DOMAIN_SCHEDULER_GLOBAL_PERIOD, NULL, PERIOD, offsetof(struct vr_cputune, global_period) },
    { VIR_DOMAIN_SCHEDULER_GLOBAL_QUOTA, NULL, QUOTA, offsetof(struct vr_cputune, global_quota) },
    { VIR_DOMAIN_SCHEDULER_IOTHREAD_PERIOD, "iothread1", PERIOD, offsetof(struct vr_cputune, iothread_period) },
    { VIR_DOMAIN_SCHEDULER_IOTHREAD_QUOTA, "iothread1", QUOTA, offsetof(struct vr_cputune, iothread_quota) },
};
static bool need_controller(const struct vr_domain *dom, struct vr_error **err)
{
    const struct vr_cgroup *group = vr_hostside_cgroup(dom);
    return (group && vr_cgroup_host_has(group->host, VR_CGROUP_CPU)) ||
           vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("cgroup CPU controller is not mounted"));
}

/* ---- telling ------------------------------------------------------------------------------------------------------ */

static bool scheduler_type(struct vr_call *call, const struct vr_domain_get_scheduler_type_args *in,
                           struct vr_domain_get_scheduler_type_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom || (vr_domain_is_active(dom) && !need_controller(dom, err)))
        return false;
    out->type = vr_arena_strdup(call->arena, "posix");
    out->nparams = VR_COUNT(tunables);
    return true;
}

/* A limit that nobody set is the kernel's own, also where no group was made for it. */
static int64_t live_value(const struct vr_cgroup *group, const struct tunable *t)
{
    static const enum vr_cgroup_key keys[] = { VR_CG_CPU_SHARES, VR_CG_CPU_PERIOD_US, VR_CG_CPU_QUOTA_US };
    int64_t value;
    if (vr_cgroup_get(group, keys[t->part], t->thread, &value, NULL))
        return value;
    return t->part == PERIOD ? PERIOD_USUAL : t->part == QUOTA ? -1 : 1024;
}

static int64_t stored_value(const struct vr_cputune *c, const struct tunable *t)
{
    if (!c)
        return 0;
    const void *at = (const char *)c + t->offset;
    const struct vr_quota *quota = at;
    const struct vr_ou64 *number = at;
    if (t->part == QUOTA)
        return quota->set ? quota->v : 0;
    return number->set ? (int64_t)number->v : 0;
}

static bool get(struct vr_call *call, const struct vr_nonnull_domain *named, unsigned flags, int32_t room, struct vr_params *p,
                struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(named, err);
    const struct vr_domain_def *def = dom ? vr_domain_affect_one(dom, flags, err) : NULL;
    if (!def)
        return false;
    bool live = def == dom->live;
    if (live && !need_controller(dom, err))
        return false;
    for (size_t i = 0; i < VR_COUNT(tunables) && (int64_t)i < room; i++) {
        const struct tunable *t = &tunables[i];
        int64_t value = live ? live_value(vr_hostside_cgroup(dom), t) : stored_value(def->cputune, t);
        if (t->part == QUOTA)
            vr_params_llong(p, value, "%s", t->name);
        else
            vr_params_ullong(p, (uint64_t)value, "%s", t->name);
    }
    return true;
}

static bool get_parameters(struct vr_call *call, const struct vr_domain_get_scheduler_parameters_args *in,
                           struct vr_domain_get_scheduler_parameters_ret *out, struct vr_error **err)
{
    struct vr_params p = { .arena = call->arena };
    if (!get(call, &in->dom, 0, in->nparams, &p, err))
        return false;
    out->params = p.v;
    out->params_count = p.n;
    return true;
}

static bool get_parameters_flags(struct vr_call *call, const struct vr_domain_get_scheduler_parameters_flags_args *in,
                                 struct vr_domain_get_scheduler_parameters_flags_ret *out, struct vr_error **err)
{
    struct vr_params p = { .arena = call->arena };
    if (!get(call, &in->dom, in->flags & ~(unsigned)VIR_TYPED_PARAM_STRING_OKAY, in->nparams, &p, err))
        return false;
    out->params = p.v;
    out->params_count = p.n;
    return true;
}

/* ---- changing ----------------------------------------------------------------------------------------------------- */

static const struct tunable *tunable_of(const char *name)
{
    for (size_t i = 0; i < VR_COUNT(tunables); i++)
        if (vr_streq(tunables[i].name, name))
            return &tunables[i];
    return NULL;
}

static bool within(const struct tunable *t, int64_t value, struct vr_error **err)
{
    static const int64_t least[] = { 0, PERIOD_MIN, QUOTA_MIN }, most[] = { INT64_MAX, PERIOD_MAX, QUOTA_MAX };
    if (t->part == SHARES || value == 0 || (t->part == QUOTA && value < 0))
        return true; /* shares: the kernel has the last word; the others: back to what it is without */
    return (value >= least[t->part] && value <= most[t->part]) ||
           vr_fail(err, VIR_ERR_INVALID_ARG, _("value of '%s' is out of range [%" PRId64 ", %" PRId64 "]"), t->name,
                   least[t->part], most[t->part]);
}

struct changes {
    const struct vr_typed_param *params;
    uint32_t count;
};

static int64_t value_of(const struct vr_typed_param *p)
{
    if (p->value.type == VIR_TYPED_PARAM_LLONG)
        return p->value.l;
    return p->value.ul > INT64_MAX ? INT64_MAX : (int64_t)p->value.ul;
}

static void store(struct vr_domain_def *def, const struct changes *c)
{
    if (!def)
        return;
    if (!def->cputune)
        def->cputune = vr_arena_new_of(def->arena, struct vr_cputune);
    for (uint32_t i = 0; i < c->count; i++) {
        const struct tunable *t = tunable_of(c->params[i].field);
        char *at = (char *)def->cputune + t->offset;
        int64_t value = value_of(&c->params[i]);
        if (t->part == QUOTA)
            *(struct vr_quota *)(void *)at = (struct vr_quota){ value != 0, value };
        else
            *(struct vr_ou64 *)(void *)at = (struct vr_ou64){ .set = value != 0, .v = (uint64_t)value };
    }
}

static bool edit(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config, void *arg, struct vr_error **err)
{
    store(live, arg);
    store(config, arg);
    return true;
}

/* The new definition is in its place; the groups follow. */
VR_SUSPENDS static bool apply(struct vr_domain *dom, void *arg, struct vr_error **err)
{
    static const enum vr_cgroup_key keys[] = { VR_CG_CPU_SHARES, VR_CG_CPU_PERIOD_US, VR_CG_CPU_QUOTA_US };
    const struct changes *c = arg;
    const struct vr_cgroup *group = vr_hostside_cgroup(dom);
    bool threads = false;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct tunable *t = tunable_of(c->params[i].field);
        bool of_threads = t->thread && !vr_streq(t->thread, "emulator");
        int64_t value = stored_value(dom->live->cputune, t);
        if (of_threads) {
            threads = true;
            continue;
        }
        if (value == 0)
            value = t->part == QUOTA ? -1 : t->part == PERIOD ? PERIOD_USUAL : 1024;
        struct vr_cgroup_setting setting = { keys[t->part], t->thread, value, NULL, NULL };
        if (!vr_cgroup_apply(group, &setting, vr_after(VR_SPAN_MODIFY), err))
            return false;
    }
    return !threads || vr_hostside_threads(dom, err);
}

VR_SUSPENDS static bool set(struct vr_call *call, const struct vr_nonnull_domain *named, const struct vr_typed_param *params,
                            uint32_t count, unsigned flags, struct vr_error **err)
{
    struct vr_param_known known[VR_COUNT(tunables) + 1] = { { 0 } };
    for (size_t i = 0; i < VR_COUNT(tunables); i++)
        known[i] = (struct vr_param_known){ tunables[i].name,
                                            tunables[i].part == QUOTA ? VIR_TYPED_PARAM_LLONG : VIR_TYPED_PARAM_ULLONG, false };
    if (!vr_params_check(params, count, known, err))
        return false;
    VR_AUTO_DOMAIN *dom = vr_rows_domain(named, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job(call, dom, VR_JOB_MODIFY, err) : NULL;
    struct vr_affect affect;
    if (!job || !vr_domain_affect(dom, flags, &affect, err) || (affect.live && !need_controller(dom, err)))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!within(tunable_of(params[i].field), value_of(&params[i]), err))
            return false;
    struct changes changes = { params, count };
    return vr_rows_edit_applied(dom, flags, edit, apply, &changes, err);
}

VR_SUSPENDS static bool set_parameters(struct vr_call *call, const struct vr_domain_set_scheduler_parameters_args *in,
                                       struct vr_void *out, struct vr_error **err)
{
    return set(call, &in->dom, in->params, in->params_count, 0, err);
}

VR_SUSPENDS static bool set_parameters_flags(struct vr_call *call, const struct vr_domain_set_scheduler_parameters_flags_args *in,
                                             struct vr_void *out, struct vr_error **err)
{
    return set(call, &in->dom, in->params, in->params_count, in->flags, err);
}

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)
const struct vr_driver_row vr_rows_sched[] = {
    VR_ROW(domain_get_scheduler_type, scheduler_type, 0),
    VR_ROW(domain_get_scheduler_parameters, get_parameters, 0),
    VR_ROW(domain_get_scheduler_parameters_flags, get_parameters_flags, AFFECT | VIR_TYPED_PARAM_STRING_OKAY),
    VR_ROW(domain_set_scheduler_parameters, set_parameters, 0),
    VR_ROW(domain_set_scheduler_parameters_flags, set_parameters_flags, AFFECT),
    { 0 },
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* Which processors of the host a guest's virtual processors, emulator and I/O threads may run on; and what happens to a guest
 * that powers off, reboots or crashes. */
#include <string.h>
#include "base/alloc.h"
#include "base/json.h"
#include "hostside.h"
#include "monitor.h"
#include "placement.h"
#include "rows.h"
#include "stats.h"

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)

enum what { VCPU, EMULATOR, IOTHREAD };
struct pin {
    enum what what;
    unsigned id;
    const uint8_t *map;
    uint32_t len;
};

static struct vr_cpuset *set_from_map(struct vr_arena *arena, const uint8_t *map, uint32_t len)
{
    size_t words = ((size_t)len * 8 + 63) / 64;
    struct vr_cpuset *set = vr_arena_alloc(arena, sizeof(*set) + words * sizeof(set->bits[0]));
    set->words = words;
    for (uint32_t i = 0; i < len; i++)
        set->bits[i / 8] |= (uint64_t)map[i] << (i % 8 * 8);
    return set;
}

static struct vr_iothread *iothread_of(const struct vr_domain_def *def, unsigned id)
{
    for (size_t i = 0; i < def->iothread_list.n; i++)
        if (def->iothread_list.v[i]->id == id)
            return def->iothread_list.v[i];
    return NULL;
}

static bool may_pin(const struct vr_domain_def *def, bool live, const struct pin *pin, struct vr_error **err)
{
    if (!def)
        return true;
    if (pin->what == VCPU && pin->id >= def->vcpus)
        return vr_fail(err, VIR_ERR_INVALID_ARG, live ? _("vcpu %d is out of range of live cpu count %d")
                                                      : _("vcpu %d is out of range of persistent cpu count %d"),
                       (int)pin->id, (int)(live ? def->vcpus : vr_vcpus_online(def)));
    if (pin->what == VCPU && live && !vr_vcpu_online(def, pin->id))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("setting cpu pinning on inactive vcpu %d"), (int)pin->id);
    if (pin->what == IOTHREAD && !iothread_of(def, pin->id))
        return vr_fail(err, VIR_ERR_INVALID_ARG, live ? _("iothread %d not found") : _("iothreadid %d not found"), (int)pin->id);
    return true;
}

static void store(struct vr_domain_def *def, const struct pin *pin)
{
    if (!def)
        return;
    if (!def->cputune)
        def->cputune = vr_arena_new_of(def->arena, struct vr_cputune);
    struct vr_cputune *c = def->cputune;
    struct vr_cpuset *cpus = set_from_map(def->arena, pin->map, pin->len);
    if (pin->what == EMULATOR) {
        c->emulatorpin = cpus;
        return;
    }
    if (pin->what == IOTHREAD)
        iothread_of(def, pin->id)->implied = false; /* one that is spoken of has to be listed */
    struct vr_vcpu_pin *own = NULL, **v = pin->what == VCPU ? c->vcpupins.v : c->iothreadpins.v;
    size_t n = pin->what == VCPU ? c->vcpupins.n : c->iothreadpins.n;
    for (size_t i = 0; i < n; i++)
        if (v[i]->id == pin->id)
            own = v[i];
    if (own) {
        own->cpus = cpus;
        return;
    }
    own = vr_arena_new_of(def->arena, struct vr_vcpu_pin);
    own->id = pin->id;
    own->cpus = cpus;
    if (pin->what == VCPU)
        VR_LIST_ADD(def->arena, &c->vcpupins, own);
    else
        VR_LIST_ADD(def->arena, &c->iothreadpins, own);
}

static bool edit_pin(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config, void *arg,
                     struct vr_error **err)
{
    const struct pin *pin = arg;
    if (!may_pin(live, true, pin, err) || !may_pin(config, false, pin, err))
        return false;
    store(live, pin);
    store(config, pin);
    return true;
}

VR_SUSPENDS static bool apply_pin(struct vr_domain *dom, void *arg, struct vr_error **err)
{
    const struct pin *pin = arg;
    /* The others are put where they were: a thread that was never pinned must not follow the emulator. */
    return (pin->what != EMULATOR || vr_placement_process(dom, err)) && vr_hostside_threads(dom, err);
}

VR_SUSPENDS static bool set_pin(struct vr_call *call, const struct vr_nonnull_domain *named, struct pin pin, unsigned flags,
                                struct vr_error **err)
{
    bool any = false;
    for (uint32_t i = 0; i < pin.len; i++)
        any = any || pin.map[i];
    VR_AUTO_DOMAIN *dom = vr_rows_domain(named, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job(call, dom, VR_JOB_MODIFY, err) : NULL;
    if (!job)
        return false;
    if (!any)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", pin.what == VCPU ? _("Empty cpu list for pinning")
                                                       : pin.what == EMULATOR ? _("Empty cpu list for pinning")
                                                                              : _("Empty iothread cpumap list for pinning"));
    return vr_rows_edit_applied(dom, flags, edit_pin, apply_pin, &pin, err);
}

VR_SUSPENDS static bool pin_vcpu(struct vr_call *call, const struct vr_domain_pin_vcpu_args *in, struct vr_void *out,
                                 struct vr_error **err)
{
    return set_pin(call, &in->dom, (struct pin){ VCPU, in->vcpu, in->cpumap, in->cpumap_len }, VIR_DOMAIN_AFFECT_LIVE, err);
}

VR_SUSPENDS static bool pin_vcpu_flags(struct vr_call *call, const struct vr_domain_pin_vcpu_flags_args *in,
                                       struct vr_void *out, struct vr_error **err)
{
    return set_pin(call, &in->dom, (struct pin){ VCPU, in->vcpu, in->cpumap, in->cpumap_len }, in->flags, err);
}

VR_SUSPENDS static bool pin_emulator(struct vr_call *call, const struct vr_domain_pin_emulator_args *in, struct vr_void *out,
                                     struct vr_error **err)
{
    return set_pin(call, &in->dom, (struct pin){ EMULATOR, 0, in->cpumap, in->cpumap_len }, in->flags, err);
}

VR_SUSPENDS static bool pin_iothread(struct vr_call *call, const struct vr_domain_pin_iothread_args *in, struct vr_void *out,
                                     struct vr_error **err)
{
    return set_pin(call, &in->dom, (struct pin){ IOTHREAD, in->iothreads_id, in->cpumap, in->cpumap_len }, in->flags, err);
}

/* ---- what follows an end ------------------------------------------------------------------------------------------ */

struct lifecycle {
    unsigned type, action;
};

/* In the order of the constants. */
static enum vr_lifecycle_action action_of(unsigned action)
{
    static const enum vr_lifecycle_action actions[] = { VR_ACTION_DESTROY, VR_ACTION_RESTART, VR_ACTION_RENAME_RESTART,
                                                        VR_ACTION_PRESERVE, VR_ACTION_COREDUMP_DESTROY, VR_ACTION_COREDUMP_RESTART };
    return actions[action];
}

static bool change_action(struct vr_domain_def *def, const struct lifecycle *l, struct vr_error **err)
{
    if (!def)
        return true;
    enum vr_lifecycle_action *const places[] = { &def->on_poweroff, &def->on_reboot, &def->on_crash };
    *places[l->type] = action_of(l->action);
    if (l->type != VIR_DOMAIN_LIFECYCLE_CRASH && def->on_reboot == VR_ACTION_DESTROY && def->on_poweroff == VR_ACTION_RESTART)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("qemu driver doesn't support 'onReboot' set to 'destroy and 'onPoweroff' set to 'reboot'"));
    return true;
}

static bool edit_action(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config, void *arg,
                        struct vr_error **err)
{
    return change_action(live, arg, err) && change_action(config, arg, err);
}

/* The other events come to us, and we act; QEMU itself must know only what a reboot is to be. */
VR_SUSPENDS static bool apply_action(struct vr_domain *dom, void *arg, struct vr_error **err)
{
    const struct lifecycle *l = arg;
    if (l->type != VIR_DOMAIN_LIFECYCLE_REBOOT)
        return true;
    struct vr_monitor *mon = vr_process_monitor(dom, err);
    if (!mon)
        return false;
    struct vr_json *args = vr_json_object();
    vr_json_add_str(args, "reboot", dom->live->on_reboot == VR_ACTION_DESTROY ? "shutdown" : "reset");
    return vr_monitor_call(mon, VR_QMP_MODIFY, "set-action", args, NULL, vr_after(VR_SPAN_MODIFY), err);
}

VR_SUSPENDS static bool set_lifecycle_action(struct vr_call *call, const struct vr_domain_set_lifecycle_action_args *in,
                                             struct vr_void *out, struct vr_error **err)
{
    static const char *const events[] = { "poweroff", "reboot", "crash" };
    struct lifecycle l = { in->type, in->action };
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    if (l.type > VIR_DOMAIN_LIFECYCLE_CRASH || l.action > VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_RESTART)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("no lifecycle event %u or action %u"), l.type, l.action);
    if (l.type != VIR_DOMAIN_LIFECYCLE_CRASH && l.action >= VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_DESTROY)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Lifecycle event '%s' doesn't support '%s' action"), events[l.type],
                       vr_lifecycle_action_names[action_of(l.action)]);
    if (l.action == VIR_DOMAIN_LIFECYCLE_ACTION_RESTART_RENAME)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("qemu driver doesn't support the 'rename-restart' action for 'on_reboot'/'on_poweroff'/'on_crash'"));
    if (l.type != VIR_DOMAIN_LIFECYCLE_CRASH && l.action == VIR_DOMAIN_LIFECYCLE_ACTION_PRESERVE)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("qemu driver doesn't support the 'preserve' action for 'on_reboot'/'on_poweroff'"));
    VR_AUTO(vr_job) *job = vr_rows_job(call, dom, VR_JOB_MODIFY, err);
    return job && vr_rows_edit_applied(dom, in->flags, edit_action, apply_action, &l, err);
}

const struct vr_driver_row vr_rows_pin[] = {
    VR_ROW(domain_pin_vcpu, pin_vcpu, 0),
    VR_ROW(domain_pin_vcpu_flags, pin_vcpu_flags, AFFECT),
    VR_ROW(domain_pin_emulator, pin_emulator, AFFECT),
    VR_ROW(domain_pin_iothread, pin_iothread, AFFECT),
    VR_ROW(domain_set_lifecycle_action, set_lifecycle_action, AFFECT),
    { 0 },
};

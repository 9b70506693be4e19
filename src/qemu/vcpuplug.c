/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "vcpuplug.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "deadlines.h"
#include "domain.h"
#include "model/domain.h"
#include "monitor.h"
#include "process.h"

#define SLOTS_MAX 4096

/* A place for a CPU on the board, as query-hotpluggable-cpus tells of it. */
struct slot {
    const struct vr_json *entry;
    uint64_t place[4]; /* socket, die, core, thread: CPUs are numbered in this order */
};

static int by_place(const void *a, const void *b)
{
    const struct slot *x = a, *y = b;
    for (size_t i = 0; i < VR_COUNT(x->place); i++)
        if (x->place[i] != y->place[i])
            return x->place[i] < y->place[i] ? -1 : 1;
    return 0;
}

static int by_order(const void *a, const void *b)
{
    const struct vr_vcpu *x = *(struct vr_vcpu *const *)a, *y = *(struct vr_vcpu *const *)b;
    return x->order != y->order ? (x->order < y->order ? -1 : 1) : x->id < y->id ? -1 : x->id > y->id;
}

static size_t slots_of(const struct vr_json *list, struct slot *slots)
{
    static const char *const names[] = { "socket-id", "die-id", "core-id", "thread-id" };
    size_t n = 0;
    for (size_t i = 0; i < vr_json_len(list) && n < SLOTS_MAX; i++) {
        struct slot *s = &slots[n++];
        *s = (struct slot){ .entry = vr_json_at(list, i) };
        for (size_t k = 0; k < VR_COUNT(names); k++)
            vr_json_get_uint(vr_json_get_object(s->entry, "props"), names[k], &s->place[k]);
    }
    vr_sort(slots, n, sizeof(*slots), by_place);
    return n;
}

VR_SUSPENDS static bool plug(struct vr_domain *dom, const struct slot *slot, unsigned id, struct vr_error **err)
{
    const char *type = vr_json_get_str(slot->entry, "type"), *key;
    struct vr_json *value;
    size_t pos = 0;
    if (!type)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("QEMU does not say what kind its virtual CPUs are"));
    struct vr_json *args = vr_json_object();
    vr_json_add_str(args, "driver", type);
    vr_json_add_strf(args, "id", "vcpu%u", id);
    while (vr_json_each(vr_json_get_object(slot->entry, "props"), &pos, &key, &value))
        vr_json_add(args, key, vr_json_copy(value));
    return vr_monitor_call(dom->run->monitor, VR_QMP_MODIFY, "device_add", args, NULL, vr_after(VR_SPAN_MODIFY), err);
}

VR_SUSPENDS bool vr_vcpus_plug(struct vr_domain *dom, struct vr_error **err)
{
    const struct vr_domain_def *def = dom->live;
    size_t n = 0;
    struct vr_vcpu **wanted = vr_alloc((def->vcpu_list.n + 1) * sizeof(*wanted));
    for (size_t i = 0; i < def->vcpu_list.n; i++)
        if (def->vcpu_list.v[i]->enabled == VR_TRI_YES && def->vcpu_list.v[i]->hotpluggable == VR_TRI_YES)
            wanted[n++] = def->vcpu_list.v[i];
    vr_sort(wanted, n, sizeof(*wanted), by_order);
    VR_AUTO(vr_json) *list = NULL;
    bool ok = !n || vr_monitor_call(dom->run->monitor, VR_QMP_QUERY, "query-hotpluggable-cpus", NULL, &list,
                                    vr_after(VR_SPAN_QUERY), err);
    struct slot *slots = n && ok ? vr_alloc(SLOTS_MAX * sizeof(*slots)) : NULL;
    size_t count = slots ? slots_of(list, slots) : 0;
    for (size_t i = 0; ok && i < n; i++) {
        ok = wanted[i]->id < count || vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("vcpu '%u' can't be hotplugged"), wanted[i]->id);
        ok = ok && plug(dom, &slots[wanted[i]->id], wanted[i]->id, err);
    }
    free(slots);
    free(wanted);
    return ok;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Completion of memory, processors, NUMA cells and what tunes them. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "model/domain_xml.h"
#include "tables.h"

#define D struct vr_domain_def

/* ---- memory and processors --------------------------------------------------------------------------------------- */

bool vr_domain_complete_memory(D *d, unsigned flags, struct vr_error **err)
{
    uint64_t cells = 0, devices = 0;
    for (size_t i = 0; d->cpu && i < d->cpu->cells.n; i++)
        cells += d->cpu->cells.v[i]->memory_kib;
    for (size_t i = 0; i < d->memories.n; i++)
        devices += d->memories.v[i]->size_kib;
    /* The cells decide, except in the record of a guest that runs with what it was given. */
    if (cells && (!d->memory_kib || ((flags & VR_DOMAIN_INACTIVE) && !(flags & VR_DOMAIN_TEST))))
        d->memory_kib = cells + devices;
    else if (devices > d->memory_kib)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("Total size of memory devices exceeds the total memory size"));
    if (d->memory_kib <= devices)
        return vr_fail(err, VIR_ERR_XML_ERROR,
                       _("Memory size must be specified via <memory> or in the <numa> configuration"));
    if (!d->current_memory_kib || d->current_memory_kib > d->memory_kib)
        d->current_memory_kib = d->memory_kib;
    if (d->max_memory_kib && d->max_memory_kib < d->memory_kib)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("maximum memory size must be equal or greater than the actual memory size"));
    return true;
}

bool vr_domain_complete_vcpus(D *d, struct vr_error **err)
{
    if (d->vcpus > VR_CPUSET_MAX)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("maximum vcpus count must be an integer"));
    if (d->current_vcpus.set && d->current_vcpus.v > d->vcpus)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("maximum vCPU count must not be less than current vCPU count"));
    if (d->current_vcpus.set && d->current_vcpus.v == d->vcpus)
        d->current_vcpus.set = false;
    if (d->cpuset && !vr_cpuset_count(d->cpuset))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Invalid value of 'cpuset': %s"), "");
    bool automatic = d->numatune && d->numatune->has_memory && d->numatune->placement == VR_PLACEMENT_AUTO;
    bool pinned = d->cpuset || (d->cputune && (d->cputune->vcpupins.n || d->cputune->emulatorpin ||
                                               d->cputune->iothreadpins.n));
    if (automatic && !pinned)
        d->vcpu_placement = VR_PLACEMENT_AUTO;
    if (!d->vcpu_placement)
        d->vcpu_placement = VR_PLACEMENT_STATIC;
    if (d->vcpu_placement == VR_PLACEMENT_AUTO) {
        d->cpuset = NULL;
        if (!d->numatune) {
            d->numatune = vr_arena_new_of(d->arena, struct vr_numatune);
        }
        if (!d->numatune->has_memory) {
            d->numatune->has_memory = true;
            d->numatune->mode = "strict";
            d->numatune->placement = VR_PLACEMENT_AUTO;
        }
    }
    if (d->numatune && d->numatune->has_memory && !d->numatune->placement)
        d->numatune->placement = d->numatune->nodeset ? VR_PLACEMENT_STATIC :
                                 d->vcpu_placement == VR_PLACEMENT_AUTO ? VR_PLACEMENT_AUTO : VR_PLACEMENT_STATIC;
    return true;
}

void vr_domain_complete_iothreads(D *d)
{
    if (d->iothreads < d->iothread_list.n)
        d->iothreads = (unsigned)d->iothread_list.n;
    for (unsigned id = 1; d->iothread_list.n < d->iothreads; id++) {
        bool used = false;
        for (size_t i = 0; i < d->iothread_list.n; i++)
            used |= d->iothread_list.v[i]->id == id;
        if (used)
            continue;
        struct vr_iothread *t = vr_arena_new_of(d->arena, struct vr_iothread);
        t->id = id;
        t->implied = true;
        VR_LIST_ADD(d->arena, &d->iothread_list, t);
    }
}

static int cell_order(const void *a, const void *b)
{
    const struct vr_numa_cell *x = *(struct vr_numa_cell *const *)a, *y = *(struct vr_numa_cell *const *)b;
    return x->id.v < y->id.v ? -1 : x->id.v > y->id.v;
}

static unsigned distance(const struct vr_numa_cell *from, unsigned to)
{
    for (size_t i = 0; i < from->distances.n; i++)
        if (from->distances.v[i]->id == to)
            return from->distances.v[i]->value;
    return 0;
}

/* A distance said in one direction holds in the other; to itself it is 10. */
static bool complete_distances(D *d, struct vr_cpu *c, struct vr_error **err)
{
    bool any = false;
    for (size_t i = 0; i < c->cells.n; i++) {
        struct vr_numa_cell *cell = c->cells.v[i];
        any |= cell->distances.n > 0;
        for (size_t k = 0; k < cell->distances.n; k++) {
            const struct vr_numa_distance *s = cell->distances.v[k];
            if (s->id >= c->cells.n)
                return vr_fail(err, VIR_ERR_XML_ERROR,
                               _("'sibling_id %d' does not refer to a valid cell within NUMA 'cell id %d'"),
                               (int)s->id, (int)i);
            if (s->value < 10 || s->value > 255 || (s->id == i) != (s->value == 10))
                return vr_fail(err, VIR_ERR_XML_ERROR,
                               _("'value %d' is invalid for 'sibling id %d' under NUMA 'cell id %d'"),
                               (int)s->value, (int)s->id, (int)i);
        }
    }
    if (!any || c->cells.n > 256)
        return true;
    struct vr_ptr_list rows[256] = { { NULL, 0 } };
    for (unsigned i = 0; i < c->cells.n; i++) {
        for (unsigned k = 0; k < c->cells.n; k++) {
            unsigned v = distance(c->cells.v[i], k);
            if (!v)
                v = i == k ? 10 : distance(c->cells.v[k], i);
            if (!v)
                continue;
            struct vr_numa_distance *s = vr_arena_new_of(d->arena, struct vr_numa_distance);
            *s = (struct vr_numa_distance){ k, v };
            vr_ptr_list_add(d->arena, &rows[i], s);
        }
    }
    for (size_t i = 0; i < c->cells.n; i++)
        memcpy(&c->cells.v[i]->distances, &rows[i], sizeof(rows[i]));
    return true;
}

bool vr_domain_complete_numa(D *d, struct vr_error **err)
{
    struct vr_cpu *c = d->cpu;
    for (size_t i = 0; c && i < c->cells.n; i++)
        if (!c->cells.v[i]->id.set)
            c->cells.v[i]->id = (struct vr_ouint){ true, (unsigned)i };
    if (!c || !c->cells.n)
        return true;
    vr_sort(c->cells.v, c->cells.n, sizeof(c->cells.v[0]), cell_order);
    for (size_t i = 0; i < c->cells.n; i++) {
        if (c->cells.v[i]->id.v >= c->cells.n)
            return vr_fail(err, VIR_ERR_XML_ERROR,
                           _("Exactly one 'cell' element per guest NUMA cell allowed, non-contiguous ranges or ranges not starting from 0 are not allowed"));
        if (c->cells.v[i]->id.v != i)
            return vr_fail(err, VIR_ERR_XML_ERROR, _("Duplicate NUMA cell info for cell id '%u'"), c->cells.v[i]->id.v);
    }
    return complete_distances(d, c, err);
}

/* ---- cputune ----------------------------------------------------------------------------------------------------- */

/* Schedulers belong to single threads: a set is taken apart, so that a later change of one finds it. */
static void split_sched(D *d, struct vr_ptr_list *list)
{
    struct vr_ptr_list parts = { NULL, 0 };
    for (unsigned id = 0; id < VR_CPUSET_MAX; id++) {
        bool more = false;
        for (size_t i = 0; i < list->n; i++) {
            const struct vr_sched *s = list->v[i];
            if (vr_cpuset_next(s->ids, id) >= 0)
                more = true;
            if (!vr_cpuset_has(s->ids, id))
                continue;
            struct vr_sched *one = vr_arena_memdup(d->arena, s, sizeof(*s));
            vr_cpuset_parse(d->arena, vr_arena_printf(d->arena, "%u", id), &one->ids);
            vr_ptr_list_add(d->arena, &parts, one);
        }
        if (!more)
            break;
    }
    *list = parts;
}

static void cut_set(struct vr_cpuset *set, unsigned count)
{
    for (size_t i = 0; set && i < set->words; i++) {
        unsigned first = (unsigned)i * 64;
        if (first >= count)
            set->bits[i] = 0;
        else if (count - first < 64)
            set->bits[i] &= (1ull << (count - first)) - 1;
    }
}

static void name_group(D *d, const char **id, const struct vr_cpuset *vcpus)
{
    if (!*id)
        *id = vr_arena_printf(d->arena, "vcpus_%s", vr_cpuset_format(d->arena, vcpus));
}

/* Allocations for processors the guest does not have are no allocations. */
void vr_domain_complete_cputune(D *d)
{
    struct vr_cputune *c = d->cputune;
    if (!c)
        return;
    split_sched(d, (struct vr_ptr_list *)(void *)&c->vcpusched);
    split_sched(d, (struct vr_ptr_list *)(void *)&c->iothreadsched);
    for (size_t i = 0; i < c->cachetunes.n; i++) {
        cut_set(c->cachetunes.v[i]->vcpus, d->vcpus);
        if (!vr_cpuset_count(c->cachetunes.v[i]->vcpus))
            VR_LIST_REMOVE(&c->cachetunes, i--);
        else
            name_group(d, &c->cachetunes.v[i]->id, c->cachetunes.v[i]->vcpus);
    }
    for (size_t i = 0; i < c->memorytunes.n; i++) {
        cut_set(c->memorytunes.v[i]->vcpus, d->vcpus);
        if (!vr_cpuset_count(c->memorytunes.v[i]->vcpus))
            VR_LIST_REMOVE(&c->memorytunes, i--);
        else
            name_group(d, &c->memorytunes.v[i]->id, c->memorytunes.v[i]->vcpus);
    }
}

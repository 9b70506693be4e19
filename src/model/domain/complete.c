/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Completion: everything a definition gets that no hypervisor needs to be asked for. Each step is a function named after
 * what it fills in; their order is the order in which one may rest on another.
 */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/str.h"
#include "model/domain_xml.h"
#include "tables.h"

#define D struct vr_domain_def

/* ---- memory and processors --------------------------------------------------------------------------------------- */

static bool complete_memory(D *d, unsigned flags, struct vr_error **err)
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
        return vr_fail(err, VIR_ERR_XML_ERROR, _("Memory size must be specified via <memory> or in the <numa> configuration"));
    if (!d->current_memory_kib || d->current_memory_kib > d->memory_kib)
        d->current_memory_kib = d->memory_kib;
    if (d->max_memory_kib && d->max_memory_kib < d->memory_kib)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("maximum memory size must be equal or greater than the actual memory size"));
    return true;
}

static bool complete_vcpus(D *d, struct vr_error **err)
{
    if (d->vcpus > VR_CPUSET_MAX)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("maximum vcpus count must be an integer"));
    if (d->current_vcpus.set && d->current_vcpus.v > d->vcpus)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("maximum vCPU count must not be less than current vCPU count"));
    if (d->current_vcpus.set && d->current_vcpus.v == d->vcpus)
        d->current_vcpus.set = false;
    if (d->cpuset && !vr_cpuset_count(d->cpuset))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Invalid value of 'cpuset': %s"), "");
    bool automatic = d->numatune && d->numatune->has_memory && d->numatune->placement == VR_PLACEMENT_AUTO;
    bool pinned = d->cpuset || (d->cputune && (d->cputune->vcpupins.n || d->cputune->emulatorpin || d->cputune->iothreadpins.n));
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

static void complete_iothreads(D *d)
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
                return vr_fail(err, VIR_ERR_XML_ERROR, _("'sibling_id %d' does not refer to a valid cell within NUMA 'cell id %d'"),
                               (int)s->id, (int)i);
            if (s->value < 10 || s->value > 255 || (s->id == i) != (s->value == 10))
                return vr_fail(err, VIR_ERR_XML_ERROR, _("'value %d' is invalid for 'sibling id %d' under NUMA 'cell id %d'"),
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

static bool complete_numa(D *d, struct vr_error **err)
{
    struct vr_cpu *c = d->cpu;
    for (size_t i = 0; c && i < c->cells.n; i++)
        if (!c->cells.v[i]->id.set)
            c->cells.v[i]->id = (struct vr_ouint){ true, (unsigned)i };
    if (!c || !c->cells.n)
        return true;
    qsort(c->cells.v, c->cells.n, sizeof(c->cells.v[0]), cell_order);
    for (size_t i = 0; i < c->cells.n; i++) {
        if (c->cells.v[i]->id.v >= c->cells.n)
            return vr_fail(err, VIR_ERR_XML_ERROR, _("Exactly one 'cell' element per guest NUMA cell allowed, non-contiguous ranges or ranges not starting from 0 are not allowed"));
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

/* Allocations for processors the guest does not have are no allocations. */
static void complete_cputune(D *d)
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
    }
    for (size_t i = 0; i < c->memorytunes.n; i++) {
        cut_set(c->memorytunes.v[i]->vcpus, d->vcpus);
        if (!vr_cpuset_count(c->memorytunes.v[i]->vcpus))
            VR_LIST_REMOVE(&c->memorytunes, i--);
    }
}

/* ---- os, clock, life cycle --------------------------------------------------------------------------------------- */

static bool any_boot_order(D *def, const char *kind, void *device, struct vr_device_info *info, void *opaque)
{
    return info->boot_order == 0;
}

static void complete_os(D *d, unsigned flags)
{
    if (!d->os.type)
        d->os.type = "xen";
    if (!d->os.arch && (flags & VR_DOMAIN_TEST))
        d->os.arch = "i686";
    bool per_device = !vr_domain_each_info(d, any_boot_order, NULL);
    if (!d->os.boot.n && !per_device && vr_streq(d->os.type, "hvm")) {
        struct vr_boot *b = vr_arena_new_of(d->arena, struct vr_boot);
        b->dev = VR_BOOT_HD;
        VR_LIST_ADD(d->arena, &d->os.boot, b);
    }
    if (d->os.loader && !d->os.loader_type)
        d->os.loader_type = VR_LOADER_ROM;
    if (d->os.nvram && !d->os.nvram->format)
        d->os.nvram->format = VR_FORMAT_RAW;
}

static bool complete_clock(D *d, struct vr_error **err)
{
    struct vr_clock *c = &d->clock;
    if (!c->offset)
        c->offset = VR_CLOCK_UTC;
    if ((c->offset == VR_CLOCK_UTC || c->offset == VR_CLOCK_LOCALTIME) && c->adjustment && !vr_streq(c->adjustment, "reset")) {
        c->basis = c->offset == VR_CLOCK_UTC ? "utc" : "localtime";
        c->offset = VR_CLOCK_VARIABLE;
    }
    if (c->offset == VR_CLOCK_VARIABLE) {
        int64_t v = 0;
        if (c->adjustment && !vr_text_i64(c->adjustment, 10, INT64_MIN, INT64_MAX, &v))
            return vr_fail(err, VIR_ERR_XML_ERROR, _("invalid number in 'adjustment' attribute of clock element"));
        c->adjustment = vr_arena_printf(d->arena, "%lld", (long long)v);
        if (!c->basis)
            c->basis = "utc";
        else if (!vr_streq(c->basis, "utc") && !vr_streq(c->basis, "localtime"))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown clock basis '%s'"), c->basis);
    }
    if (c->offset == VR_CLOCK_TIMEZONE && !c->timezone)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("missing 'timezone' attribute for clock with offset='timezone'"));
    return true;
}

static void complete_actions(D *d)
{
    if (!d->on_poweroff)
        d->on_poweroff = VR_ACTION_DESTROY;
    if (!d->on_reboot)
        d->on_reboot = VR_ACTION_RESTART;
    if (!d->on_crash)
        d->on_crash = VR_ACTION_DESTROY;
}

/* ---- disks ------------------------------------------------------------------------------------------------------- */

/* "sdaa3" is 26; -1 for a name without a known prefix. */
static int target_index(const char *name)
{
    static const char *const prefixes[] = { "xvd", "ubd", "fd", "hd", "vd", "sd" };
    for (size_t i = 0; name && i < VR_COUNT(prefixes); i++) {
        if (!vr_starts_with(name, prefixes[i]))
            continue;
        const char *p = name + strlen(prefixes[i]);
        int index = 0;
        if (*p < 'a' || *p > 'z')
            return -1;
        for (int k = 0; *p >= 'a' && *p <= 'z'; k++, p++) {
            if (index > 1000000)
                return -1;
            index = (index + (k > 0)) * 26 + (*p - 'a');
        }
        if (strspn(p, "0123456789") != strlen(p) || (p[0] == '0' && p[1]))
            return -1;
        return index;
    }
    return -1;
}

static bool drive_used(const D *d, enum vr_disk_bus bus, const struct vr_device_info *want, const void *self)
{
    for (size_t i = 0; i < d->disks.n; i++) {
        const struct vr_disk *o = d->disks.v[i];
        if (o == self || o->bus != bus || o->info.type != VR_ADDRESS_DRIVE)
            continue;
        if (!memcmp(&o->info.drive, &want->drive, sizeof(want->drive)))
            return true;
    }
    for (size_t i = 0; bus == VR_DISK_BUS_SCSI && i < d->hostdevs.n; i++) {
        const struct vr_hostdev *h = d->hostdevs.v[i];
        if (h != self && h->type == VR_HOSTDEV_SCSI && h->info.type == VR_ADDRESS_DRIVE &&
            !memcmp(&h->info.drive, &want->drive, sizeof(want->drive)))
            return true;
    }
    return false;
}

static bool disk_address(const D *d, struct vr_disk *k, unsigned flags, struct vr_error **err)
{
    if (k->info.type != VR_ADDRESS_UNSET)
        return true;
    int index = target_index(k->target);
    if (index < 0)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("Unknown disk name '%s' and no address specified"), k->target);
    unsigned n = (unsigned)index, wide = flags & VR_DOMAIN_TEST ? 7 : 15;
    struct vr_device_info *info = &k->info;
    switch (k->bus) {
    case VR_DISK_BUS_SCSI:
        info->drive.controller = n / wide;
        info->drive.unit = n % wide;
        if (wide == 15 && info->drive.unit >= 7) /* 7 is the controller itself */
            info->drive.unit++;
        info->type = VR_ADDRESS_DRIVE;
        /* A host device may sit there already: it cannot move, the disk can. */
        while (drive_used(d, k->bus, info, k)) {
            if (++info->drive.unit == 7)
                info->drive.unit++;
            if (info->drive.unit >= wide + (wide == 15)) {
                info->drive.unit = 0;
                info->drive.controller++;
            }
        }
        return true;
    case VR_DISK_BUS_IDE:
        info->drive.controller = n / 4;
        info->drive.bus = n % 4 / 2;
        info->drive.unit = n % 2;
        break;
    case VR_DISK_BUS_SATA:
        info->drive.controller = n / 6;
        info->drive.unit = n % 6;
        break;
    case VR_DISK_BUS_FDC:
        info->drive.controller = n / 2;
        info->drive.unit = n % 2;
        break;
    default: return true;
    }
    info->type = VR_ADDRESS_DRIVE;
    return true;
}

static void sort_disks(D *d)
{
    VR_LIST(struct vr_disk) all = { d->disks.v, d->disks.n };
    d->disks.v = NULL;
    d->disks.n = 0;
    for (size_t i = 0; i < all.n; i++)
        vr_domain_add_device(d, &(struct vr_device){ VR_DEVICE_DISK, all.v[i] });
}

/* ---- controllers ------------------------------------------------------------------------------------------------- */

static bool have_controller(const D *d, enum vr_controller_type type, int index)
{
    for (size_t i = 0; i < d->controllers.n; i++)
        if (d->controllers.v[i]->type == type && d->controllers.v[i]->index.v == index && d->controllers.v[i]->index.set)
            return true;
    return false;
}

static void want_controller(D *d, enum vr_controller_type type, int index)
{
    if (have_controller(d, type, index))
        return;
    struct vr_arena *own = vr_arena_child(d->arena);
    struct vr_controller *c = vr_arena_new_of(own, struct vr_controller);
    c->arena = own;
    c->type = type;
    c->index = (struct vr_oint){ true, index };
    for (size_t i = d->controllers.n; type == VR_CONTROLLER_SCSI && i-- > 0 && !c->model;)
        if (d->controllers.v[i]->type == type)
            c->model = d->controllers.v[i]->model; /* one more of the kind that is there */
    c->implied = true;
    VR_LIST_ADD(d->arena, &d->controllers, c); /* at the end, as stock does, until the document is read again */
}

#define MAX_IMPLIED 1024 /* an address may name any controller number: do not make millions of them */

static bool want_controllers(D *d, enum vr_controller_type type, int64_t top, struct vr_error **err)
{
    if (top >= MAX_IMPLIED)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("address names controller %lld of type '%s', which is not defined"), (long long)top,
                       vr_controller_type_names[type]);
    for (int i = 0; i <= top; i++)
        want_controller(d, type, i);
    return true;
}

static bool is_ich9(const struct vr_controller *c)
{
    return c->type == VR_CONTROLLER_USB && (c->model == VR_CMODEL_ICH9_UHCI1 || c->model == VR_CMODEL_ICH9_UHCI2 ||
                                            c->model == VR_CMODEL_ICH9_UHCI3 || c->model == VR_CMODEL_ICH9_EHCI1);
}

/* The controllers of one ICH9 set share a number: the last set that still lacks this model, or -1. */
static int open_ich9_set(const D *d, const struct vr_controller *fresh, size_t before)
{
    for (size_t i = before; i-- > 0;) {
        const struct vr_controller *c = d->controllers.v[i];
        if (c->type != VR_CONTROLLER_USB)
            continue;
        if (!is_ich9(c) || !c->index.set)
            return -1;
        for (size_t k = 0; k < d->controllers.n; k++) {
            const struct vr_controller *o = d->controllers.v[k];
            if (o->type == VR_CONTROLLER_USB && o->index.set && o->index.v == c->index.v && o->model == fresh->model)
                return -1;
        }
        return c->index.v;
    }
    return -1;
}

static void number_controllers(D *d)
{
    for (size_t i = 0; i < d->controllers.n; i++) {
        struct vr_controller *c = d->controllers.v[i];
        if (c->index.set)
            continue;
        int index = is_ich9(c) ? open_ich9_set(d, c, i) : -1;
        if (index >= 0) {
            c->index = (struct vr_oint){ true, index };
            continue;
        }
        index = 0;
        while (have_controller(d, c->type, index))
            index++;
        c->index = (struct vr_oint){ true, index };
    }
}

static void sort_controllers(D *d)
{
    VR_LIST(struct vr_controller) all = { d->controllers.v, d->controllers.n };
    d->controllers.v = NULL;
    d->controllers.n = 0;
    for (size_t i = 0; i < all.n; i++)
        vr_domain_add_device(d, &(struct vr_device){ VR_DEVICE_CONTROLLER, all.v[i] });
}

static bool controllers_of_disks(D *d, enum vr_controller_type type, enum vr_disk_bus bus, struct vr_error **err)
{
    int64_t top = -1;
    for (size_t i = 0; i < d->disks.n; i++) {
        const struct vr_disk *k = d->disks.v[i];
        if (k->bus == bus && k->info.type == VR_ADDRESS_DRIVE && (int64_t)k->info.drive.controller > top)
            top = k->info.drive.controller;
    }
    return want_controllers(d, type, top, err);
}

static bool controllers_of_ports(D *d, struct vr_error **err)
{
    const struct { struct vr_chr **v; size_t n; } lists[] = { { d->channels.v, d->channels.n }, { d->consoles.v, d->consoles.n } };
    for (size_t l = 0; l < VR_COUNT(lists); l++) {
        for (size_t i = 0; i < lists[l].n; i++) {
            const struct vr_chr *c = lists[l].v[i];
            bool virtio = c->kind == VR_CHR_KIND_CHANNEL ? c->channel_target == VR_CHANNEL_VIRTIO : c->console_target == VR_CONSOLE_VIRTIO;
            if (!virtio)
                continue;
            unsigned index = c->info.type == VR_ADDRESS_VIRTIO_SERIAL ? c->info.vioserial.controller : 0;
            if (index >= MAX_IMPLIED)
                return want_controllers(d, VR_CONTROLLER_VIRTIO_SERIAL, index, err);
            want_controller(d, VR_CONTROLLER_VIRTIO_SERIAL, (int)index);
        }
    }
    return true;
}

static bool smartcard_addresses(D *d, struct vr_error **err)
{
    for (size_t i = 0; i < d->smartcards.n; i++) {
        struct vr_device_info *info = &d->smartcards.v[i]->info;
        if (info->type == VR_ADDRESS_UNSET) {
            unsigned slot = 0;
            for (size_t k = 0; k < d->smartcards.n; k++) {
                const struct vr_device_info *o = &d->smartcards.v[k]->info;
                if (o->type == VR_ADDRESS_CCID && o->ccid.controller == 0 && o->ccid.slot == slot) {
                    slot++;
                    k = (size_t)-1;
                }
            }
            info->type = VR_ADDRESS_CCID;
            info->ccid.controller = 0;
            info->ccid.slot = slot;
        }
        if (info->type == VR_ADDRESS_CCID) {
            if (info->ccid.controller >= MAX_IMPLIED)
                return want_controllers(d, VR_CONTROLLER_CCID, info->ccid.controller, err);
            want_controller(d, VR_CONTROLLER_CCID, (int)info->ccid.controller);
        }
    }
    return true;
}

static bool scsi_hostdevs(D *d, unsigned flags, struct vr_error **err)
{
    int64_t top = -1;
    const unsigned wide = 7; /* host devices keep to narrow buses whatever the controller can */
    for (size_t i = 0; i < d->hostdevs.n; i++) {
        struct vr_hostdev *h = d->hostdevs.v[i];
        if (h->type != VR_HOSTDEV_SCSI || h->mode != VR_HOSTDEV_MODE_SUBSYS)
            continue;
        if (h->info.type == VR_ADDRESS_UNSET) {
            h->info.type = VR_ADDRESS_DRIVE;
            while (drive_used(d, VR_DISK_BUS_SCSI, &h->info, h)) {
                if (++h->info.drive.unit == 7)
                    h->info.drive.unit++;
                if (h->info.drive.unit >= wide) {
                    h->info.drive.unit = 0;
                    h->info.drive.controller++;
                }
            }
        }
        if (h->info.type == VR_ADDRESS_DRIVE && (int64_t)h->info.drive.controller > top)
            top = h->info.drive.controller;
    }
    return want_controllers(d, VR_CONTROLLER_SCSI, top, err);
}

static bool complete_controllers(D *d, unsigned flags, struct vr_error **err)
{
    return controllers_of_disks(d, VR_CONTROLLER_SCSI, VR_DISK_BUS_SCSI, err) &&
           controllers_of_disks(d, VR_CONTROLLER_FDC, VR_DISK_BUS_FDC, err) &&
           controllers_of_disks(d, VR_CONTROLLER_IDE, VR_DISK_BUS_IDE, err) &&
           controllers_of_disks(d, VR_CONTROLLER_SATA, VR_DISK_BUS_SATA, err) && controllers_of_ports(d, err) &&
           smartcard_addresses(d, err) && scsi_hostdevs(d, flags, err);
}

/* ---- character devices ------------------------------------------------------------------------------------------- */

static void number_ports(struct vr_chr **v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i]->port.set)
            continue;
        int top = -1;
        for (size_t k = 0; k < n; k++)
            if (v[k]->port.set && v[k]->port.v > top)
                top = v[k]->port.v;
        v[i]->port = (struct vr_oint){ true, top + 1 };
    }
}

static struct vr_chr *chr_like(D *d, const struct vr_xml_elem *elem, const struct vr_chr *from, enum vr_chr_kind kind)
{
    struct vr_chr *c = vr_elem_copy(d->arena, elem, from);
    c->kind = kind;
    return c;
}

/* The first console of a full machine is its first serial port seen a second time. */
static bool complete_consoles(D *d, struct vr_error **err)
{
    bool hvm = vr_streq(d->os.type, "hvm");
    for (size_t i = 0; i < d->consoles.n; i++) {
        struct vr_chr *c = d->consoles.v[i];
        if (!c->console_target)
            c->console_target = vr_streq(d->os.type, "hvm") ? VR_CONSOLE_SERIAL : vr_streq(d->os.type, "uml") ? VR_CONSOLE_UML :
                                d->type == VR_VIRT_LXC ? VR_CONSOLE_LXC : VR_CONSOLE_XEN;
        if (hvm && i > 0 && c->console_target == VR_CONSOLE_SERIAL)
            return vr_fail(err, VIR_ERR_XML_ERROR, _("Only the first console can be a serial port"));
    }
    if (hvm && d->consoles.n && d->consoles.v[0]->console_target == VR_CONSOLE_SERIAL) {
        if (!d->serials.n) {
            struct vr_chr *s = chr_like(d, &vr_serial_elem, d->consoles.v[0], VR_CHR_KIND_SERIAL);
            s->console_target = VR_CONSOLE_UNSET;
            VR_LIST_ADD(d->arena, &d->serials, s);
            s->port = (struct vr_oint){ true, 0 };
        }
        struct vr_chr *c = chr_like(d, &vr_console_elem, d->serials.v[0], VR_CHR_KIND_CONSOLE);
        c->console_target = VR_CONSOLE_SERIAL;
        c->serial_target = VR_SERIAL_UNSET;
        c->serial_model = VR_SERIAL_MODEL_UNSET;
        d->consoles.v[0] = c;
    } else if (hvm && !d->consoles.n && d->serials.n) {
        const struct vr_chr *s = d->serials.v[0];
        if (s->serial_target == VR_SERIAL_USB || s->serial_target == VR_SERIAL_PCI || s->serial_target == VR_SERIAL_ISA_DEBUG)
            return true;
        struct vr_chr *c = chr_like(d, &vr_console_elem, s, VR_CHR_KIND_CONSOLE);
        c->console_target = VR_CONSOLE_SERIAL;
        c->serial_target = VR_SERIAL_UNSET;
        c->serial_model = VR_SERIAL_MODEL_UNSET;
        VR_LIST_ADD(d->arena, &d->consoles, c);
    }
    return true;
}

/* ---- network cards ----------------------------------------------------------------------------------------------- */

static void complete_interface(struct vr_interface *n)
{
    if (!n->has_mac) {
        unsigned char tail[3] = { 0 };
        if (getrandom(tail, sizeof(tail), 0) != (ssize_t)sizeof(tail))
            abort();
        n->mac = (struct vr_mac){ { 0x52, 0x54, 0x00, tail[0], tail[1], tail[2] } };
        n->has_mac = true;
    }
}

/* ---- input, video, sound ----------------------------------------------------------------------------------------- */

static bool is_x86(const D *d)
{
    return !d->os.arch || vr_streq(d->os.arch, "i686") || vr_streq(d->os.arch, "x86_64");
}

static enum vr_input_bus ps2_bus(const D *d)
{
    return vr_streq(d->os.type, "hvm") ? VR_INPUT_BUS_PS2 : d->type == VR_VIRT_VZ ? VR_INPUT_BUS_PARALLELS : VR_INPUT_BUS_XEN;
}

static void complete_input(const D *d, struct vr_input *i)
{
    if (i->bus)
        return;
    bool plain = i->type == VR_INPUT_MOUSE || i->type == VR_INPUT_KEYBOARD;
    if (vr_streq(d->os.type, "hvm"))
        i->bus = plain && is_x86(d) ? VR_INPUT_BUS_PS2 : VR_INPUT_BUS_USB;
    else
        i->bus = d->type == VR_VIRT_VZ ? VR_INPUT_BUS_PARALLELS : VR_INPUT_BUS_XEN;
}

static void want_input(D *d, enum vr_input_type type, enum vr_input_bus bus)
{
    for (size_t i = 0; i < d->inputs.n; i++)
        if (d->inputs.v[i]->type == type && d->inputs.v[i]->bus == bus)
            return;
    struct vr_arena *own = vr_arena_child(d->arena);
    struct vr_input *input = vr_arena_new_of(own, struct vr_input);
    input->arena = own;
    input->type = type;
    input->bus = bus;
    VR_LIST_ADD(d->arena, &d->inputs, input);
}

static void complete_inputs(D *d, unsigned flags)
{
    for (size_t i = 0; i < d->inputs.n; i++)
        complete_input(d, d->inputs.v[i]);
    if (d->graphics.n && is_x86(d) && !(flags & VR_DOMAIN_TEST)) {
        want_input(d, VR_INPUT_MOUSE, ps2_bus(d));
        want_input(d, VR_INPUT_KEYBOARD, ps2_bus(d));
    }
}

static unsigned power_of_two(unsigned v)
{
    unsigned p = 1;
    while (p < v && p < 1u << 31)
        p <<= 1;
    return v ? p : 0;
}

static void complete_video(const D *d, struct vr_video *v, unsigned flags)
{
    if (v->type == VR_VIDEO_DEFAULT && (d->type == VR_VIRT_TEST || (flags & VR_DOMAIN_TEST)))
        v->type = d->os.arch && vr_starts_with(d->os.arch, "ppc64") ? VR_VIDEO_VGA : VR_VIDEO_CIRRUS;
    if (v->type == VR_VIDEO_QXL && !v->ram)
        v->ram = 64 * 1024;
    if (v->type == VR_VIDEO_QXL && !v->vram)
        v->vram = 64 * 1024;
    if (!v->vram) {
        switch (v->type) {
        case VR_VIDEO_VGA:
        case VR_VIDEO_CIRRUS:
        case VR_VIDEO_VMVGA:
        case VR_VIDEO_BOCHS:
            v->vram = d->type == VR_VIRT_VBOX ? 8 * 1024 : d->type == VR_VIRT_VMWARE ? 4 * 1024 : 16 * 1024;
            break;
        case VR_VIDEO_XEN: v->vram = 4 * 1024; break;
        default: break;
        }
    }
    if (v->type == VR_VIDEO_QXL) { /* the device wants powers of two */
        v->ram = power_of_two(v->ram);
        v->vram = power_of_two(v->vram);
        v->vgamem = power_of_two(v->vgamem);
        v->vram64 = power_of_two(v->vram64);
    }
    if (!v->heads && v->type != VR_VIDEO_DEFAULT && v->type != VR_VIDEO_NONE)
        v->heads = 1;
}

static bool complete_videos(D *d, unsigned flags, struct vr_error **err)
{
    if (!d->videos.n && d->graphics.n) { /* what is shown needs a card */
        struct vr_arena *own = vr_arena_child(d->arena);
        struct vr_video *v = vr_arena_new_of(own, struct vr_video);
        v->arena = own;
        v->type = VR_VIDEO_DEFAULT;
        VR_LIST_ADD(d->arena, &d->videos, v);
    }
    size_t primary = d->videos.n;
    for (size_t i = 0; i < d->videos.n; i++)
        if (d->videos.v[i]->primary == VR_TRI_YES) {
            if (primary != d->videos.n)
                return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Only one primary video device is supported"));
            primary = i;
        }
    if (primary == d->videos.n)
        primary = 0;
    if (d->videos.n && primary) {
        struct vr_video *first = d->videos.v[primary];
        VR_LIST_REMOVE(&d->videos, primary);
        VR_LIST_INSERT(d->arena, &d->videos, 0, first);
    }
    for (size_t i = 0; i < d->videos.n; i++) {
        d->videos.v[i]->primary = i == 0 && d->videos.v[i]->type != VR_VIDEO_NONE ? VR_TRI_YES : VR_TRI_UNSET;
        complete_video(d, d->videos.v[i], flags);
    }
    return true;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static bool complete_disks(D *d, unsigned flags, struct vr_error **err)
{
    for (size_t i = 0; i < d->disks.n; i++)
        if (!disk_address(d, d->disks.v[i], flags, err))
            return false;
    sort_disks(d);
    return true;
}

bool vr_domain_complete(D *d, unsigned flags, struct vr_error **err)
{
    if (!d->uuid_set) {
        vr_uuid_generate(&d->uuid);
        d->uuid_set = true;
    }
    if (!complete_numa(d, err))
        return false;
    complete_cputune(d);
    complete_os(d, flags);
    complete_actions(d);
    complete_iothreads(d);
    if (!complete_vcpus(d, err) || !complete_memory(d, flags, err) || !complete_clock(d, err))
        return false;
    sort_controllers(d);
    number_controllers(d);
    for (size_t i = 0; i < d->interfaces.n; i++) {
        complete_interface(d->interfaces.v[i]);
        if (!d->interfaces.v[i]->target && (flags & VR_DOMAIN_TEST))
            d->interfaces.v[i]->target = vr_arena_printf(d->interfaces.v[i]->arena, "testnet%zu", i);
    }
    number_ports(d->serials.v, d->serials.n);
    number_ports(d->parallels.v, d->parallels.n);
    for (size_t i = 0; i < d->consoles.n; i++) /* a console's port is its place, whatever was said */
        d->consoles.v[i]->port = (struct vr_oint){ true, (int)i };
    if (!complete_consoles(d, err))
        return false;
    complete_inputs(d, flags);
    return complete_videos(d, flags, err) && complete_disks(d, flags, err) && complete_controllers(d, flags, err);
}

bool vr_device_complete(const D *def, struct vr_device *dev, unsigned flags, struct vr_error **err)
{
    switch (dev->kind) {
    case VR_DEVICE_DISK: return disk_address(def, dev->v, flags, err);
    case VR_DEVICE_INTERFACE: complete_interface(dev->v); return true;
    case VR_DEVICE_INPUT: complete_input(def, dev->v); return true;
    case VR_DEVICE_VIDEO: complete_video(def, dev->v, flags); return true;
    case VR_DEVICE_CONTROLLER: {
        struct vr_controller *c = dev->v;
        for (int i = 0; !c->index.set; i++)
            if (!have_controller(def, c->type, i))
                c->index = (struct vr_oint){ true, i };
        return true;
    }
    default: return true;
    }
}

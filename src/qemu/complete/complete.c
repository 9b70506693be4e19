/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "qemu/complete/complete.h"
#include "qemu/complete/parts.h"

bool vr_qemu_complete(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    return vr_complete_machine(def, caps, err) && vr_complete_cpu(def, caps, err) &&
           vr_complete_default_devices(def, caps, err) && vr_complete_implicit_devices(def, caps, err) &&
           vr_complete_controllers(def, err) && vr_complete_each_device(def, caps, err) &&
           vr_complete_ccid(def, err) && vr_complete_virtio_serial(def, err) && vr_complete_pci(def, caps, err) &&
           vr_complete_usb(def, err) && vr_complete_memory_slots(def, err);
}

static bool round_mib(uint64_t *kib, struct vr_error **err)
{
    if (*kib > UINT64_MAX - 1023)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("initial memory size overflowed after alignment"));
    *kib = (*kib + 1023) / 1024 * 1024;
    return true;
}

uint64_t vr_qemu_total_memory(const struct vr_domain_def *def)
{
    uint64_t total = def->memory_kib;
    for (size_t i = 0; i < def->memories.n; i++)
        if (def->memories.v[i]->size_kib < UINT64_MAX - total)
            total += def->memories.v[i]->size_kib;
    return total;
}

bool vr_qemu_round_memory(struct vr_domain_def *def, struct vr_error **err)
{
    uint64_t initial = def->memory_kib;
    for (size_t i = 0; i < def->memories.n; i++) {
        struct vr_memory *m = def->memories.v[i];
        if (!round_mib(&m->size_kib, err))
            return false;
        m->size_kib = (m->size_kib + 2047) / 2048 * 2048; /* modules come in whole large pages */
    }
    if (def->cpu && def->cpu->cells.n) {
        uint64_t sum = 0;
        for (size_t i = 0; i < def->cpu->cells.n; i++) {
            struct vr_numa_cell *cell = def->cpu->cells.v[i];
            if (!round_mib(&cell->memory_kib, err) || cell->memory_kib > (UINT64_C(9007199254740991)))
                return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                               _("memory size of NUMA node '%zu' overflowed after alignment"), i);
            sum += cell->memory_kib;
        }
        initial = sum;
    }
    if (!round_mib(&initial, err))
        return false;
    def->memory_kib = initial;
    if (def->max_memory_kib)
        return round_mib(&def->max_memory_kib, err);
    return true;
}

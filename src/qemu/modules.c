/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "modules.h"
#include "base/json.h"
#include "base/str.h"
#include "deadlines.h"
#include "domain.h"
#include "model/domain.h"
#include "monitor.h"
#include "process.h"

static void take_place(struct vr_domain_def *def, const struct vr_json *data)
{
    const char *id = vr_json_get_str(data, "id");
    uint64_t slot, base;
    for (size_t i = 0; id && i < def->memories.n; i++) {
        struct vr_memory *m = def->memories.v[i];
        if (!m->info.alias || !vr_streq(m->info.alias, id) || m->info.type != VR_ADDRESS_DIMM)
            continue;
        if (vr_json_get_uint(data, "slot", &slot) && slot <= 65535)
            m->info.dimm.slot = (unsigned)slot;
        if (vr_json_get_uint(data, "addr", &base))
            m->info.dimm.base = (struct vr_ou64){ true, base };
    }
}

VR_SUSPENDS bool vr_modules_refresh(struct vr_domain *dom, struct vr_error **err)
{
    VR_AUTO(vr_json) *list = NULL;
    if (!dom->live->memories.n)
        return true;
    if (!vr_monitor_call(dom->run->monitor, VR_QMP_QUERY, "query-memory-devices", NULL, &list, vr_after(VR_SPAN_QUERY), err))
        return false;
    for (size_t i = 0; i < vr_json_len(list); i++)
        take_place(dom->live, vr_json_get_object(vr_json_at(list, i), "data"));
    return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "hooks.h"

#include <stdlib.h>
#include "deadlines.h"
#include "driver/hook.h"
#include "model/domain_xml.h"

VR_SUSPENDS bool vr_qemu_hook(struct vr_domain *dom, const char *operation, const char *sub, struct vr_error **err)
{
    if (!vr_hook_present("qemu") || !dom->live)
        return true;
    /* A copy: the guest's definition may change while a script runs. */
    vr_autofree char *xml = vr_domain_format(dom->live, 0);
    const struct vr_hook hook = {
        .driver = "qemu", .object = dom->name, .operation = operation, .sub = sub, .extra = "-", .input = xml,
        .deadline = vr_after(VR_SPAN_HOOK),
    };
    return vr_hook_call(&hook, NULL, err);
}

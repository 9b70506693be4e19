/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include "base/alloc.h"
#include "driver/call.h"

bool vr_fail_flags(struct vr_error **err, int domain, uint64_t strange, const char *function)
{
    if (!err || *err)
        return false;
    vr_error_report(err, domain, VIR_ERR_INVALID_ARG, -1, _("unsupported flags (0x%lx) in function %s"),
                    (unsigned long)strange, function);
    struct vr_error *e = *err;
    free(e->message);
    e->message = vr_take(e->str2);
    free(e->str1);
    e->str1 = vr_strdup(function);
    e->str2 = vr_strdup("flags");
    e->int1 = e->int2 = 0;
    return false;
}

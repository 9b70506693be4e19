/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bandwidth.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"

bool vr_rate_parse(struct vr_cmd *cmd, const char *text, struct vr_rate *out)
{
    static const char *const fields[] = { "average", "peak", "burst", "floor" };
    unsigned long long values[VR_COUNT(fields)] = { 0 };
    vr_autofree char *copy = vr_strdup(text);
    size_t i = 0;
    for (char *rest = copy, *word; (word = strsep(&rest, ",")); i++) {
        uint64_t v = 0;
        if (i >= VR_COUNT(fields))
            return vr_complain(cmd, _("Rate string '%s' has too many fields"), text);
        if (*word && !vr_parse_u64(word, 10, UINT64_MAX, &v))
            return vr_complain(cmd, _("field '%s' is malformed"), fields[i]);
        values[i] = v;
    }
    *out = (struct vr_rate){ values[0], values[1], values[2], values[3] };
    return true;
}

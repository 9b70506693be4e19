/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts that several documents hold. */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "model/text.h"

#include <string.h>

const char *vr_path_sanitize(struct vr_arena *arena, const char *path)
{
    char *out = vr_arena_strdup(arena, path), *to = out;
    const char *from = path;
    size_t lead = strspn(path, "/");
    if (lead == 2 && path[2]) { /* POSIX leaves exactly two at the front to the system */
        *to++ = '/';
        from++;
    }
    for (; *from; from++) {
        if (*from == '/' && to > out && to[-1] == '/' && from[-1] == '/' && !(lead == 2 && from == path + 1))
            continue;
        *to++ = *from;
    }
    while (to > out + 1 && to[-1] == '/')
        to--;
    *to = 0;
    return out;
}

bool vr_wwn_check(const char *text, struct vr_error **err)
{
    const char *digits = strncmp(text, "0x", 2) ? text : text + 2;
    if (strspn(digits, "0123456789abcdefABCDEF") == 16 && !digits[16])
        return true;
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Malformed wwn: %s"), text);
}

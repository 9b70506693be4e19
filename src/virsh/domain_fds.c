/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain_fds.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"

bool vr_opt_fds(struct vr_cmd *cmd, int **fds, size_t *n)
{
    const char *list = vr_opt_raw(cmd, "pass-fds");
    *fds = NULL;
    *n = 0;
    if (!list)
        return true;
    if (!*list) {
        *fds = vr_alloc(sizeof(**fds)); /* an empty list is one */
        return true;
    }
    vr_autofree char *copy = vr_strdup(list);
    vr_autofree int *out = NULL;
    size_t cap = 0;
    for (char *rest = copy, *word; (word = strsep(&rest, ","));) {
        int64_t fd;
        VR_GROW(out, *n, cap);
        if (!vr_parse_i64(word, 10, 0, INT_MAX, &fd))
            return vr_complain(cmd, _("Unable to parse FD number '%s'"), word);
        out[(*n)++] = (int)fd;
    }
    *fds = vr_take(out);
    return true;
}

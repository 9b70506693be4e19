/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "event_kinds.h"

#include "base/str.h"

int vr_event_kind(struct vr_cmd *cmd, const char *const *names)
{
    const char *name;
    if (vr_opt_bool(cmd, "list")) {
        for (; *names; names++)
            vr_print(cmd, "%s\n", *names);
        return -2;
    }
    if (!vr_opt_string(cmd, "event", &name))
        return -1;
    if (!name) {
        vr_complain(cmd, "%s", _("either --list or --event <type> is required"));
        return -1;
    }
    int kind = vr_name_index(names, name);
    if (kind < 0)
        vr_complain(cmd, _("unknown event type %s"), name);
    return kind;
}

void vr_event_line(struct vr_event_wait *wait, const char *fmt, ...)
{
    vr_autobuf struct vr_buf line = VR_BUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    vr_buf_vprintf(&line, fmt, ap);
    va_end(ap);
    vr_buf_char(&line, '\n');
    vr_event_came(wait, line.data);
}

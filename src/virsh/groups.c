/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which commands stand in which group, in the order help shows them. */
#include "virsh.h"

extern const struct vr_command vr_cmd_list;
const struct vr_command *const vr_monitor_commands[] = { &vr_cmd_list, NULL };
const struct vr_command *const vr_domain_commands[] = { NULL };
const struct vr_command *const vr_event_commands[] = { NULL };

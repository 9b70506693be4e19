/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "virsh.h"

/* virsh's hooks of struct vr_program. */
bool vr_virsh_connect(struct vr_shell *sh);
void vr_virsh_disconnect(struct vr_shell *sh);
bool vr_virsh_alive(struct vr_shell *sh);
/** Ends the thread of events, after the connection. */
void vr_events_end(void);

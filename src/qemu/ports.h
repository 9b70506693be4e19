/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* TCP ports of graphics: chosen from qemu.conf's ranges, each given to one guest at a time. */
#include <stdbool.h>
#include "base/error.h"

struct vr_domain_def;

/** Chooses the automatic ports of a guest that is about to start. On failure none stays reserved. */
bool vr_ports_reserve(struct vr_domain_def *live, struct vr_error **err);
/** Marks the ports of a guest that was found running. */
void vr_ports_note(struct vr_domain_def *live);
/** Gives them back. Twice is harmless. */
void vr_ports_release(struct vr_domain_def *live);

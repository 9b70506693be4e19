/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Ports of MidoNet, a virtual network whose agent finds a tap by its name: its program mm-ctl says which port it is. */
#include <stdbool.h>
#include "base/clock.h"
#include "base/error.h"

struct vr_uuid;

/** Binds a link to the virtual port of that id. INTERNAL_ERROR, with what to install. */
VR_SUSPENDS bool vr_midonet_bind(const char *name, const struct vr_uuid *port, vr_time deadline, struct vr_error **err);
VR_SUSPENDS bool vr_midonet_unbind(const struct vr_uuid *port, vr_time deadline, struct vr_error **err);

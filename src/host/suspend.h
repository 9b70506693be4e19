/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The host goes to sleep, by what systemd-logind says it can, and is woken by its clock. */
#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

/**
 * vr_host_can_suspend - whether the host can sleep in this way
 * @target: enum virNodeSuspendTarget
 *
 * ARGUMENT_UNSUPPORTED when it cannot, or when no logind is there to say so.
 */
VR_SUSPENDS bool vr_host_can_suspend(unsigned target, struct vr_error **err);
/** Sets the clock's alarm, `seconds` from now. */
VR_SUSPENDS bool vr_host_wake_after(uint64_t seconds, struct vr_error **err);
/** Puts the host to sleep; returns after it woke, or with what systemd said. */
VR_SUSPENDS bool vr_host_suspend(unsigned target, struct vr_error **err);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Capabilities of emulators, kept in memory while the file stays what it was. Each emulator is probed once, by the first who asks. */
#include "base/clock.h"
#include "base/error.h"

struct vr_qemu_caps;

/** Returns a reference, or NULL with the probe's error (which is not remembered). */
VR_SUSPENDS struct vr_qemu_caps *vr_emulator_caps(const char *path, vr_time deadline, struct vr_error **err);
/** Drops what is remembered. */
void vr_emulators_done(void);

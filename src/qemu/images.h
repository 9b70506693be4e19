/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What must be read from or made on storage before a guest can start: chains of images, firmware, its variables. */
#include <stdbool.h>
#include <sys/types.h>
#include "base/error.h"

struct vr_domain_def;

/** Follows every disk's image to its end, on storage workers, and notes what was found in the live definition. */
VR_SUSPENDS bool vr_images_detect(struct vr_domain_def *live, struct vr_error **err);
/** Firmware that the host offers; owned by the caller. */
VR_SUSPENDS struct vr_firmware_list *vr_images_firmware_list(struct vr_error **err);
/**
 * Replaces <os firmware=> by the loader it stands for, and makes the file of variables from its template when there is
 * none yet, owned by uid:gid when `owned`.
 */
VR_SUSPENDS bool vr_images_firmware(struct vr_domain_def *live, uid_t uid, gid_t gid, bool owned, struct vr_error **err);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What a new daemon finds on disk. Both block, and run before anything listens. */
#include <stdbool.h>
#include "base/error.h"

/** Status documents of guests that ran under the last daemon. One that is broken is logged and left alone. */
bool vr_load_statuses(struct vr_error **err);
/** Definitions, autostart links, and what is stored beside (save images, snapshots): scanned, not parsed. */
bool vr_load_configs(struct vr_error **err);
/** Gives files that are called otherwise than what they define their right names. After the start. */
VR_SUSPENDS void vr_load_put_right(void);
/**
 * Reads the definitions again, at SIGHUP: new ones appear, changed ones take the places of the old (with events), those
 * whose file went stay until they are undefined, as stock has it. A file that does not parse changes nothing.
 */
VR_SUSPENDS void vr_load_again(void);

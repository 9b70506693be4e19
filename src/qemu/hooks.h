/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The administrator's scripts for guests, called at the points of a guest's life where stock calls them. */
#include <stdbool.h>
#include "domain.h"

/**
 * vr_qemu_hook - run the scripts with the running definition on standard input
 * @operation: "prepare", "start", "started", "reconnect", "stopped", "release"
 * @sub:       "begin" or "end"
 *
 * True at once without scripts. False with HOOK_SCRIPT_FAILED when one failed, which ends a start; where nothing can be
 * ended any more the caller passes on.
 */
VR_SUSPENDS bool vr_qemu_hook(struct vr_domain *dom, const char *operation, const char *sub, struct vr_error **err);

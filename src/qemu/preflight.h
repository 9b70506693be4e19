/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Before QEMU runs: can its user reach what the document names? After it ended: who was in its way? */
#include "base/error.h"
#include "loop/loop.h"

struct vr_domain;

/**
 * vr_preflight - the way to every file QEMU will open by its path
 *
 * Images with all that is below them, kernel, initrd, device tree, firmware and its variables, tables, fw_cfg files, memory
 * files, folders. The first directory its user may not pass ends the start, told with owner, mode and what mends it. Files
 * themselves are given to that user, or not, by the owners' rules.
 */
VR_SUSPENDS bool vr_preflight(struct vr_domain *dom, struct vr_error **err);
/** Adds to the error of a start that QEMU ended: who holds a locked image, who listens on a taken port. */
VR_SUSPENDS void vr_preflight_explain(struct vr_domain *dom, struct vr_error **err);

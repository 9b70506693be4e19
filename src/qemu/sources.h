/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What sources of disks name elsewhere (pools, descriptors, users), and images that may be missing. */
#include "base/error.h"
#include "loop/loop.h"

struct vr_domain;
struct vr_domain_def;

/**
 * Pools, descriptor groups and names of users become what QEMU is told, or the error stock gives where there is none.
 * @dom: whose definition it is; NULL: nobody's yet
 */
VR_SUSPENDS bool vr_sources_translate(struct vr_domain *dom, struct vr_domain_def *def, struct vr_error **err);
/**
 * startupPolicy: removable media whose image is missing start empty, other disks are left out, when the document allows it
 *
 * Before images are opened. Tells of each by a DISK_CHANGE event.
 */
VR_SUSPENDS bool vr_sources_drop_missing(struct vr_domain *dom, struct vr_error **err);

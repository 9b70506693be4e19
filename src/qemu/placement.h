/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Where a guest's threads run: affinity, scheduler, control groups. */
#include "base/error.h"
#include "loop/loop.h"

struct vr_cgroup;
struct vr_domain;

/**
 * vr_placement_process - the whole process before it becomes QEMU: threads inherit it
 *
 * <emulatorpin>, else <vcpu cpuset=>. SYSTEM_ERROR "cannot set CPU affinity on process N" when the host has no such CPU.
 */
bool vr_placement_process(struct vr_domain *dom, struct vr_error **err);
/** Each virtual CPU and I/O thread once QEMU has told which they are; @cgroup NULL: the guest is in none. */
VR_SUSPENDS bool vr_placement_threads(struct vr_domain *dom, const struct vr_cgroup *cgroup, struct vr_error **err);

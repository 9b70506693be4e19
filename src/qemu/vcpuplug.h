/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "base/error.h"
#include "loop/loop.h"

struct vr_domain;

/**
 * vr_vcpus_plug - before a guest runs: the virtual CPUs that <vcpus> lets be unplugged again
 *
 * Those that are enabled are added in their order; QEMU started with the others alone.
 */
VR_SUSPENDS bool vr_vcpus_plug(struct vr_domain *dom, struct vr_error **err);

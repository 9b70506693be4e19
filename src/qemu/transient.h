/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * <transient/> disks: what the guest writes goes into an image of its own above the disk's, PATH.TRANSIENT-NAME, which is
 * removed at the guest's end. One that shares its base with other guests stands on it from the start; else the base is the
 * guest's until QEMU has put the upper image above it.
 */
#include "base/error.h"
#include "loop/loop.h"

struct vr_domain;

/** Makes the upper images, before the command line is built; those of shared bases join their chains. @next: node numbers. */
VR_SUSPENDS bool vr_transient_prepare(struct vr_domain *dom, unsigned *next, struct vr_error **err);
/** Puts the others above their bases, once QEMU is there and before the guest runs. */
VR_SUSPENDS bool vr_transient_raise(struct vr_domain *dom, struct vr_error **err);
/** Removes them; failures are logged. */
VR_SUSPENDS void vr_transient_remove(struct vr_domain *dom);

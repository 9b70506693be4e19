/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "base/error.h"
#include "loop/loop.h"

struct vr_domain;

/** Where QEMU has put memory modules whose place the document leaves open: into the live definition. */
VR_SUSPENDS bool vr_modules_refresh(struct vr_domain *dom, struct vr_error **err);

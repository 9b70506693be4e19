/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What a definition takes for granted of the host and the host may not have. */
#include "base/error.h"
#include "loop/loop.h"

struct vr_domain_def;

/**
 * vr_hostcheck - NUMA nodes, advice on placement, render nodes
 * @start: a start, else the document is only shown
 *
 * Fills rendernode of screens that take the first there is. Stock's codes and sentences.
 */
VR_SUSPENDS bool vr_hostcheck(struct vr_domain_def *def, bool start, struct vr_error **err);

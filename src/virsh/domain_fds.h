/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "virsh.h"

/** The descriptors that --pass-fds lists: "3,4". *fds malloc'd; none when not given. False, reported. */
bool vr_opt_fds(struct vr_cmd *cmd, int **fds, size_t *n);

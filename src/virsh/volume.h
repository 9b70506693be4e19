/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "virsh.h"

/** "10G" in bytes; without a suffix bytes. False, reported as a malformed size. */
bool vr_volume_size(struct vr_cmd *cmd, const char *text, unsigned long long *out);

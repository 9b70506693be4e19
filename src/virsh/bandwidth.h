/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "virsh.h"

struct vr_rate {
    unsigned long long average, peak, burst, floor; /* KiB/s, burst in KiB; 0: not given */
};
/** "average[,peak[,burst[,floor]]]", parts may be empty. False, reported. */
bool vr_rate_parse(struct vr_cmd *cmd, const char *text, struct vr_rate *out);

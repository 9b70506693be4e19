/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <permissions> and <timestamps> of pools' targets and volumes. */
#include <time.h>
#include "model/common.h"

struct vr_permissions {
    struct vr_ouint mode;         /* 0..0777 */
    struct vr_ouint owner, group; /* not set: "-1", whoever makes the file */
    const char *label;
};

struct vr_timestamp {
    bool set;
    struct timespec at;
};
struct vr_timestamps {
    struct vr_timestamp atime, mtime, ctime, btime;
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What pools and volumes share. */
#include "model/document.h"
#include "schema/schema.h"
#include "model/permissions.h"

extern const struct vr_row vr_permissions_rows[]; /* mode, owner, group, label */
extern const struct vr_row vr_timestamps_rows[];  /* atime, mtime, ctime, btime: written only */

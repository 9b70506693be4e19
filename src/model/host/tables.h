/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Tables that documents about the host share. */
#include "model/document.h"
#include "schema/schema.h"

extern const struct vr_row vr_host_link_rows[]; /* <link speed= state=> over struct vr_host_link */

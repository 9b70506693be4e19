/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the driver's rows share. */
#include <stdbool.h>
#include "api/api.h"
#include "api/rows.h"
#include "driver.h"
#include "driver/call.h"
#include "net.h"

extern const struct vr_driver_row vr_net_rows_list[], vr_net_rows_define[], vr_net_rows_update[], vr_net_rows_port[];

/** The network a call names: a reference, or NULL with NO_NETWORK. */
struct vr_net *vr_net_named(const struct vr_nonnull_network *named, struct vr_error **err);
/** Fills a result; the name is copied to the call's arena. */
void vr_net_fill(struct vr_call *call, struct vr_nonnull_network *out, const struct vr_net *net);
bool vr_net_visible(struct vr_call *call, const struct vr_net *net);

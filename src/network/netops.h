/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "driver/netport.h"

/** The network driver's side of driver/netport.h. */
extern const struct vr_netport_ops vr_net_ops;

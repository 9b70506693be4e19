/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Switches that are not the kernel's bridge, as <virtualport> names them, and limits, which each keeps in its own way. */
#include <stdbool.h>
#include "base/error.h"
#include "model/interface.h"

struct vr_domain_def;

/** Is it on a switch of its own kind (Open vSwitch, MidoNet) while it runs? The kernel's bridges then know nothing of it. */
bool vr_net_is_switched(const struct vr_interface *net);
bool vr_net_is_macvtap(const struct vr_interface *net);
/** Plugs the device net->target in; one that is on no such switch is left as it is. */
VR_SUSPENDS bool vr_net_join_switch(const struct vr_domain_def *def, const struct vr_interface *net, struct vr_error **err);
VR_SUSPENDS bool vr_net_leave_switch(const struct vr_interface *net, struct vr_error **err);
/** Limits of the device alone; NULL takes them away. */
VR_SUSPENDS bool vr_net_limit_device(const struct vr_domain_def *def, const struct vr_interface *net,
                                     const struct vr_bandwidth *limits, struct vr_error **err);

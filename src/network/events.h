/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "net.h"

/** event: enum virNetworkEventLifecycleType */
void vr_net_emit_lifecycle(const struct vr_net *net, int event);
void vr_net_emit_metadata(const struct vr_net *net, int type, const char *uri);
/** Scripts of "network": @operation "start", "started", "stopped", "updated", "port-created", "port-deleted"; @port may be NULL. */
VR_SUSPENDS bool vr_net_hook(struct vr_net *net, const char *operation, const char *sub, const struct vr_network_port *port,
                             struct vr_error **err);

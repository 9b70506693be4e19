/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* DNSMASQ_DIR/BRIDGE.macs: which guest has which MAC addresses on a bridge, for the libvirt_guest NSS module. */
#include <stdbool.h>
#include "base/cleanup.h"
#include "base/error.h"
#include "net.h"

/** Writes it from the network's ports; a network without a bridge of its own has none. */
VR_SUSPENDS bool vr_macs_write(const struct vr_net *net, struct vr_error **err);
VR_SUSPENDS void vr_macs_remove(const char *bridge);

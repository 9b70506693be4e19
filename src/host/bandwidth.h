/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <bandwidth> of guests' interfaces and of networks, put on links: host/tc.h by way of workers, with stock's sentences. */
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/error.h"

struct vr_bandwidth;

enum vr_bandwidth_side_of {
    VR_BANDWIDTH_TAP,       /* what the guest receives is what the host sends: taps, and bridges of networks */
    VR_BANDWIDTH_MACVTAP    /* the host sees the guest's own direction */
};

/**
 * vr_bandwidth_set - limit a link, or with NULL (or empty) limits take them away
 * @classes: a network's bridge: guests can have floors (vr_bandwidth_plug)
 *
 * Replaces what was there. SYSTEM_ERROR; on failure the link has no limit.
 */
VR_SUSPENDS bool vr_bandwidth_set(const char *link, const struct vr_bandwidth *limits, enum vr_bandwidth_side_of side,
                                  bool classes, vr_time deadline, struct vr_error **err);
/** What a limited link leaves behind when it is gone: see bandwidth.c. One that left nothing is fine. */
VR_SUSPENDS bool vr_bandwidth_forget(const char *link, vr_time deadline, struct vr_error **err);
/**
 * vr_bandwidth_plug - a guest's floor on its network's bridge
 * @class_id: 3 and up, unique on the bridge
 * @network:  the network's own limits, whose inbound average the floors share
 * @floors:   kilobytes per second of all guests, this one's included: the rest is for those without a floor
 */
VR_SUSPENDS bool vr_bandwidth_plug(const char *bridge, unsigned class_id, const uint8_t mac[6], uint64_t floor,
                                   const struct vr_bandwidth *network, uint64_t floors, vr_time deadline,
                                   struct vr_error **err);
/** @floors: of the guests that stay. */
VR_SUSPENDS bool vr_bandwidth_unplug(const char *bridge, unsigned class_id, const struct vr_bandwidth *network,
                                     uint64_t floors, vr_time deadline, struct vr_error **err);

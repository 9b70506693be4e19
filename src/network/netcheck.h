/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Why a guest does not get out: a packet is sent as a guest would, and followed through the host's rules. */
#include <stdbool.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"

struct vr_network_def;

/**
 * vr_netcheck_run - look at an active network's path
 * @report: receives lines of text, one finding each
 * @good:   nothing was found that keeps guests from what the network promises
 *
 * Makes a tap on the bridge for the time of the test (some seconds where the bridge speaks STP), sends one packet to the
 * outside with a short life and one to the host's DNS and DHCP ports each, with a source address that no guest has, and
 * removes all of it again. Fails only when the test itself could not be made.
 */
VR_SUSPENDS bool vr_netcheck_run(const struct vr_network_def *def, struct vr_buf *report, bool *good, vr_time deadline,
                                 struct vr_error **err);

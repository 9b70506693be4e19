/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Bandwidth of one link: what the host sends through it is shaped (hierarchical token bucket), what comes in from it is
 * dropped above its rate (policer). All by rtnetlink; for workers. Each returns 0 or an errno.
 *
 * A bridge has classes: 1:1 is the network's, 1:2 takes what nobody claimed, and each guest with a guaranteed rate
 * (floor) has one of its own, 1:3 and up, which a filter on its MAC address finds.
 */
#include <stdbool.h>
#include <stdint.h>

/** Rates in kilobytes (1000) per second as documents have them, burst in KiB; 0: not said. */
struct vr_tc_rate {
    uint64_t average, peak, burst, floor;
};

/** What the host sends through a link; with `classes` guests can be given floors. Replaces what was there. */
int vr_tc_shape(const char *link, const struct vr_tc_rate *rate, bool classes);
/**
 * What comes in from a link. Kernels without a policer get the same limit from a packet filter of family netdev: ENOTSUP
 * says that, and vr_tc_police_fallback is to be used.
 */
int vr_tc_police(const char *link, const struct vr_tc_rate *rate);
/** Takes both away; a link without is fine. */
int vr_tc_clear(const char *link);

/** A guest's class on a bridge that was shaped with classes; the network's own rate bounds it. */
int vr_tc_class_add(const char *bridge, unsigned id, const uint8_t mac[6], const struct vr_tc_rate *network,
                    uint64_t floor);
int vr_tc_class_delete(const char *bridge, unsigned id);
/** Rate of a class; `ceil` 0: the rate itself. */
int vr_tc_class_rate(const char *bridge, unsigned id, uint64_t rate, uint64_t ceil);
#define VR_TC_CLASS_UNCLAIMED 2
#define VR_TC_CLASS_FIRST 3

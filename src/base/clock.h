/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stdint.h>

/** Monotonic, absolute, in nanoseconds. Deadlines are of this type; there is no "never". */
typedef int64_t vr_time;

#define VR_MS(n) ((vr_time)(n) * 1000000)
#define VR_SEC(n) ((vr_time)(n) * 1000000000)

/** The monotonic clock now. */
vr_time vr_now(void);
/** Tests: moves vr_now() ahead by `span` for the rest of the process's life. */
void vr_clock_skip(vr_time span);
/** Wall clock, nanoseconds since 1970: for log lines and documents, never for deadlines. */
vr_time vr_wall_now(void);

static inline vr_time vr_after(vr_time span)
{
    return vr_now() + span;
}
static inline vr_time vr_sooner(vr_time a, vr_time b)
{
    return a < b ? a : b;
}

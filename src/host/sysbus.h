/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Calls over the system bus, asynchronously: for the files of this room that speak to one service each (*bus.c). */
#include <systemd/sd-bus.h>
#include "base/clock.h"
#include "base/error.h"

enum vr_sysbus { VR_SYSBUS_DONE, VR_SYSBUS_ABSENT, VR_SYSBUS_FAILED };

/** The bus, connected now if it was not; NULL: there is none. Connecting does not wait: the greeting goes with the first call. */
sd_bus *vr_sysbus_open(void);
/**
 * vr_sysbus_call - send and wait
 * @message: consumed
 * @note:    what is waited for, shown in dumps
 * @reply:   receives a reference when not NULL and all is well
 *
 * ABSENT: nobody answers to that name; err is not set. FAILED: err says what the service said, after @service.
 */
VR_SUSPENDS enum vr_sysbus vr_sysbus_call(sd_bus_message *message, const char *service, const char *note, sd_bus_message **reply,
                                          vr_time deadline, struct vr_error **err);
void vr_sysbus_done(void);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The one place where a guest's state changes. */
#include <stdbool.h>
#include "base/clock.h"
#include "base/error.h"

struct vr_domain;

/** No lifecycle event goes with this change. */
#define VR_NO_EVENT (-1)

/**
 * vr_state_set - a guest entered a state
 * @state, @reason: enum virDomainState and its reasons
 * @event, @detail: the lifecycle event that tells of it, or VR_NO_EVENT
 *
 * Does what hangs on a state, in stock's order: record, status document, event. Never suspends: the document
 * is written by a fiber of the guest; a call that must not return before it is on disk uses vr_status_flush.
 */
void vr_state_set(struct vr_domain *dom, int state, int reason, int event, int detail);

/** "running", "paused" ...: as in status documents. */
const char *vr_state_name(int state);
const char *vr_state_reason_name(int state, int reason);
bool vr_state_parse(const char *state, const char *reason, int *state_out, int *reason_out);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The thread's last error, as the public API promises it: each call resets it, a failure sets it, a handler is told. */
#include "api/public.h"
#include "base/error.h"

/** Forgets the calling thread's last error: the first thing each public call does. */
void vr_last_reset(void);
/** Makes *err (consumed, NULL allowed) the thread's and the connection's last error and calls the handler there is. */
void vr_last_report(virConnectPtr conn, struct vr_error **err);
/** Sets the last error without calling a handler. */
void vr_last_set(const struct vr_error *err);
/** The thread's last error as a value, for code that fails because a callback failed. NULL when there is none. */
struct vr_error *vr_last_copy(void);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the environment says about logging: LIBVIRT_DEBUG, LIBVIRT_LOG_FILTERS, LIBVIRT_LOG_OUTPUTS. */
#include <stdbool.h>
#include "base/error.h"
#include "handle.h"

/**
 * vr_client_start - read the environment, once for the process
 *
 * What every function does first that needs no object: opening, initializing. False with the error, each time, when a
 * variable cannot be understood: silence would look like logging.
 */
bool vr_client_start(struct vr_error **err);
/** An error goes to the log where the environment names outputs; else it is the application's to show. */
void vr_client_log_error(const char *function, const struct vr_error *err);
/** "conn=..." or "dom=..., (VM: name=..., uuid=...)": the line that begins a call. @object of @kind, NULL: @conn alone. */
void vr_client_log_call(const char *function, virConnectPtr conn, const struct vr_handle *object);

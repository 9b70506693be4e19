/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Libraries opened when first needed: linked, they would cost every program their start. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

/**
 * vr_late_load - open a shared library and find functions in it
 * @names: what to look for
 * @to:    a struct of function pointers in the same order
 * @loaded: set once that is done; later calls cost one read
 *
 * Never closed again. Reports VIR_ERR_CONFIG_UNSUPPORTED naming what is missing. Any thread may call it.
 */
bool vr_late_load(const char *library, const char *const *names, size_t count, void *to, atomic_bool *loaded,
                  struct vr_error **err);

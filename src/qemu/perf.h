/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <perf>: counters of the kernel about a guest's process. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"

struct vr_domain_def;
struct vr_perf;

/** Names of all events, as documents have them; NULL at the end. */
extern const char *const vr_perf_names[];
/** Opens what the definition enables; *out NULL when that is nothing. Stock's codes when the kernel has no such counter. */
bool vr_perf_open(const struct vr_domain_def *def, pid_t pid, struct vr_perf **out, struct vr_error **err);
/** False: that event is not counted. NULL has none. */
bool vr_perf_read(const struct vr_perf *perf, const char *name, uint64_t *value);
void vr_perf_free(struct vr_perf *perf);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "virsh.h"

/** Names of VIR_KEYCODE_SET_*, NULL-terminated. */
extern const char *const vr_codesets[];
/** The i-th name of a set, NULL behind the last; sets without names have none. */
const char *vr_key_name(unsigned codeset, size_t i);
/** -1 for a name that the set has not. */
int vr_key_code(unsigned codeset, const char *name);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What snapshots and checkpoints of a guest have in common: a name, a time, a parent, disks described by options. */
#include "virsh.h"

/** "a,b=c,,d": the parts between commas, where two commas are one. malloc'd, NULL-terminated; freed with vr_parts_free. */
char **vr_parts(const char *text);
void vr_parts_free(char **parts);
/** The value when @part is "key=value", else NULL. */
const char *vr_part_value(const char *part, const char *key);

/** "2026-11-25 16:53:24 +0000" of an element's text in seconds; false when there is none. */
bool vr_moment_time(const char *xml, const char *xpath, char *out, size_t size);

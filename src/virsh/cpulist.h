/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Sets of host CPUs: "0-3,^2" as bitmaps and back. */
#include "virsh.h"

/** CPUs of the host, those that are offline included; -1 with libvirt's error. */
int vr_host_cpus(struct vr_cmd *cmd);
/** "0-3,5"; "" for none. CPUs from @max_cpu on are not there. malloc'd. */
char *vr_cpulist_text(const unsigned char *map, int map_len, int max_cpu);
/** A list as a bitmap of @max_cpu CPUs; "r" is all. NULL, reported. malloc'd. */
unsigned char *vr_cpulist_parse(struct vr_cmd *cmd, const char *list, int max_cpu, int *map_len);

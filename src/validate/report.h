/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * One line per check of virt-host-validate: what is looked at, then PASS, or WARN or FAIL with what helps. The verdict is
 * in colour on a terminal. Nothing is printed after vr_report_quiet(); the result counts all the same.
 */
#include <stdbool.h>
#include "base/cleanup.h"

/** What a missing piece means: guests cannot run (FAIL), or run worse or with less (WARN). */
enum vr_report_level { VR_REPORT_FAIL, VR_REPORT_WARN };

void vr_report_quiet(void);
/** "  QEMU: Checking for ...  : "; one of the two below ends the line. */
void vr_report_check(const char *hypervisor, const char *fmt, ...) VR_PRINTF(2, 3);
void vr_report_pass(void);
/** True when the host is still fit: false for VR_REPORT_FAIL. */
bool vr_report_miss(enum vr_report_level level, const char *fmt, ...) VR_PRINTF(2, 3);

/** The two kinds of check that every hypervisor has: a file exists; a link of /proc/self/ns exists. False: not fit. */
bool vr_report_device(const char *hypervisor, const char *path, enum vr_report_level level, const char *hint);
bool vr_report_namespace(const char *hypervisor, const char *name, enum vr_report_level level, const char *hint);
/** Each controller of a NULL-terminated list. Says on stderr when the host has no control groups at all. */
bool vr_report_cgroups(const char *hypervisor, const char *const *controllers, enum vr_report_level level);

/** All checks of one kind of guest; false when it cannot run here. */
bool vr_host_qemu(void);
bool vr_host_lxc(void);

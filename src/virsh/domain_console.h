/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "virsh.h"

/** The terminal becomes a guest's console until the escape character is typed or the console ends. Reported. */
bool vr_console_run(struct vr_cmd *cmd, virDomainPtr dom, const char *device, unsigned flags);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The daemon as a function, so that tests can run it with drivers of their own. */
#include "driver/call.h"

/** Runs libvirtd until it is told to end; returns the exit status of the process. @drivers: NULL-terminated. */
int vr_daemon_main(int argc, char **argv, const struct vr_driver *const *drivers);

/** Exit statuses, as scripts know them. */
enum {
    VR_EXIT_FAILURE = 1,
    VR_EXIT_RUN_DIR = 2,
    VR_EXIT_INIT = 3,
    VR_EXIT_SIGNALS = 4,
    VR_EXIT_NETWORK = 6,
    VR_EXIT_CONFIG = 7,
    VR_EXIT_DRIVER = 11,
};

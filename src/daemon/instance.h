/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* This process's daemon: what main.c sets up and the rest may ask. */
#include <stdbool.h>
#include "base/paths.h"
#include "settings.h"
#include "server.h"

struct vr_instance {
    const char *program;          /* "libvirtd" */
    bool privileged;              /* runs as root */
    bool session;                 /* serves one user */
    struct vr_dirs dirs;
    struct vr_settings settings;
    struct vr_server server;
    struct vr_server admin;       /* for the administrator, on a socket of its own */
};
extern struct vr_instance vr_daemon;

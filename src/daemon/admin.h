/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * The admin program: what `virt-admin` asks of a daemon. It is served by a server of its own ("admin") on its own
 * socket, whose service must be owner_only.
 */
#include "driver/call.h"
#include "server.h"

struct vr_admin {
    struct vr_server *const *servers; /* all of this process, NULL-terminated, in the order they are listed */
    /** Ends the daemon when it was idle for so many seconds; 0: never. NULL: cannot be set. */
    void (*set_timeout)(unsigned seconds);
    /** Begins an orderly end; guests keep running. NULL: cannot be asked for. */
    void (*shutdown)(void);
};
/** Before the admin server accepts anybody. @admin is borrowed. */
void vr_admin_set_up(const struct vr_admin *admin);

/** For vr_server_init of the admin server. */
extern const struct vr_driver_row vr_admin_rows[];
extern const struct vr_api_program *const vr_admin_programs[];

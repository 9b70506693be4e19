/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Small files in dnsmasq's directory that are made anew at each start: replaced as a whole, not synced. */
#include <stdbool.h>
#include <sys/types.h>
#include "base/cleanup.h"
#include "base/error.h"

/** Writes (or, with @text NULL, removes) a file of that directory, readable by all, on a worker. */
VR_SUSPENDS bool vr_net_file_write(const char *name, const char *text, struct vr_error **err);

/** Several in one hop. */
struct vr_net_files {
    struct {
        char *path, *text; /* changed owner; text NULL: remove */
        mode_t mode;
    } v[5];
    size_t n;
    struct vr_error *err;
};
void vr_net_files_add(struct vr_net_files *files, char *path, char *text, mode_t mode);
/** `files` (malloc'd) changes owner. */
VR_SUSPENDS bool vr_net_files_run(struct vr_net_files *files, struct vr_error **err);

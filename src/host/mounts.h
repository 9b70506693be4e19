/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/** The mount point that holds `path` by name (links are not followed, no file system is asked): malloc'd. */
char *vr_mount_of(const char *path);

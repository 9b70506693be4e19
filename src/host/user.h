/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Users and groups of qemu.conf and of labels. Everything here may ask name services: for start-up and workers only. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/error.h"

/** "name", "+number", or a number that is no user's name. INTERNAL_ERROR "Failed to parse user 'x'" else. */
bool vr_user_parse(const char *text, uid_t *out, struct vr_error **err);
bool vr_group_parse(const char *text, gid_t *out, struct vr_error **err);
/** All groups of a user, its primary one and `gid` among them; malloc'd. A user without an entry has only `gid`. */
bool vr_user_groups(uid_t uid, gid_t gid, gid_t **groups, size_t *count, struct vr_error **err);
/** "user:group", "+uid:+gid", "user": a DAC label. The group is the user's when it is left out. */
bool vr_label_parse(const char *label, uid_t *uid, gid_t *gid, struct vr_error **err);

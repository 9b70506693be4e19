/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Owners of what a guest uses. Before QEMU starts, its files are given to QEMU's user; at the end they go back to whom
 * they were. The earlier owner is remembered in extended attributes of the file, in stock's form, with a count of
 * guests that use it, so that either daemon can put back what the other took:
 *     trusted.libvirt.security.dac            "+UID:+GID" before the first guest
 *     trusted.libvirt.security.ref_dac        guests that use it
 *     trusted.libvirt.security.timestamp_dac  when the host was booted; an entry of an earlier boot is void
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/clock.h"
#include "base/error.h"

struct vr_dac_item {
    char *path;
    uid_t uid;
    gid_t gid;
    bool remember;      /* by extended attributes */
    bool restore;       /* at the end: not for files that several guests share, whose last user nobody knows */
};
struct vr_dac_list {
    struct vr_dac_item *v;
    size_t n, cap;
};
/** Adds a copy; a path that is there already is not added twice. */
void vr_dac_add(struct vr_dac_list *list, const char *path, uid_t uid, gid_t gid, bool remember, bool restore);
void vr_dac_list_done(struct vr_dac_list *list);

struct vr_domain_def;
struct vr_disk;
struct vr_storage_source;
/** What of the host a guest is to own. */
struct vr_dac_user {
    uid_t uid;          /* qemu.conf: user and group, or the guest's own <seclabel type='static'> */
    gid_t gid;
    bool remember;      /* qemu.conf: remember_owner */
};
/** Every path of a definition; nothing when its label says relabel='no'. A label that holds names asks name services. */
bool vr_dac_of_domain(const struct vr_domain_def *def, const struct vr_dac_user *user, struct vr_dac_list *out,
                      struct vr_error **err);
/** The chain of one disk, for hot-plug. */
bool vr_dac_of_disk(const struct vr_disk *disk, const struct vr_dac_user *user, struct vr_dac_list *out,
                    struct vr_error **err);

/**
 * vr_dac_set - give all of them to their users, or none
 *
 * Each on a storage worker of its mount. What a file system cannot do (no owners, no attributes, read-only) is not an
 * error: QEMU finds out whether it can open the file. On failure what was done is undone, also past the deadline.
 * SYSTEM_ERROR with stock's sentences; OPERATION_INVALID when another guest uses the file as another user.
 */
VR_SUSPENDS bool vr_dac_set(const struct vr_dac_list *list, vr_time deadline, struct vr_error **err);
/** Gives each back; the first error is returned after all were tried. A path that is gone is fine. */
VR_SUSPENDS bool vr_dac_restore(const struct vr_dac_list *list, vr_time deadline, struct vr_error **err);

/** The two for one path, blocking: for workers and tests. */
bool vr_dac_set_one(const struct vr_dac_item *item, struct vr_error **err);
bool vr_dac_restore_one(const struct vr_dac_item *item, struct vr_error **err);

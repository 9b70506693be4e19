/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The secrets a guest's disks and host devices need, as its QEMU takes them. */
#include "base/error.h"
#include "loop/loop.h"
#include "qemu/command/command.h"

/** Encrypted secrets of one start or hot-plug; owns its texts. */
struct vr_guest_secrets {
    struct vr_qemu_secrets list; /* for struct vr_qemu_run */
    struct vr_arena *arena;
};

/**
 * vr_secrets_resolve - look up what the sources of a definition name
 * @lib_dir: the guest's private directory, whose master key encrypts them; NULL: a key that nobody has, to show them
 *
 * Block nodes have their names by then. NO_SECRET "no secret with matching uuid '...'" in stock's words.
 */
VR_SUSPENDS bool vr_secrets_resolve(const struct vr_domain_def *def, const char *lib_dir, struct vr_guest_secrets *out,
                                    struct vr_error **err);
/** Only whether each is there: before anything is done for a start. Block nodes need no names yet. */
VR_SUSPENDS bool vr_secrets_check(const struct vr_domain_def *def, struct vr_error **err);
/** The same for one disk. */
VR_SUSPENDS bool vr_secrets_of_disk(const struct vr_disk *disk, const char *lib_dir, struct vr_guest_secrets *out,
                                    struct vr_error **err);
void vr_secrets_done(struct vr_guest_secrets *secrets);

/** The value of one secret by uuid; malloc'd, wiped and freed by the caller with vr_secret_wipe. */
VR_SUSPENDS void *vr_secret_value(const struct vr_uuid *uuid, size_t *len, struct vr_error **err);
void vr_secret_wipe(void *value, size_t len);

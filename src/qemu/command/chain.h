/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What an image file says is below it. Reading images blocks, for minutes on a dead network mount: vr_image_chain_probe
 * works on copies and belongs on a storage worker; vr_image_chain_apply puts its result into the definition.
 */
#include <stdbool.h>
#include "base/arena.h"
#include "base/error.h"
#include "model/disk.h"
#include "model/domain.h"

struct vr_image_layer {
    const char *path;
    enum vr_storage_type type;     /* file or block */
    enum vr_storage_format format;
};
struct vr_image_chain {
    struct vr_arena *arena;
    VR_LIST(struct vr_image_layer) layers; /* below the image, nearest first */
};

/**
 * vr_image_chain_probe - follow an image down to the one that stands on nothing
 * @path, @format: the image; only qcow2, qcow and qed have images below them
 *
 * Blocks; no loop, no shared state. Owned by the caller. Reports SYSTEM_ERROR "Cannot access storage file ...", or
 * OPERATION_FAILED when an image does not say which format the one below has and it is not plainly raw.
 */
struct vr_image_chain *vr_image_chain_probe(const char *path, enum vr_storage_format format, struct vr_error **err);
void vr_image_chain_free(struct vr_image_chain *chain);
VR_DEFINE_AUTO(vr_image_chain)

/** Where probing has to begin in a disk's chain: its last layer that is a local file, or NULL when the end is known. */
struct vr_storage_source *vr_image_chain_open_end(struct vr_disk *disk);
/** Appends what was found below `end`, and the end mark. Text is copied into the definition's arena. */
void vr_image_chain_apply(struct vr_domain_def *def, struct vr_storage_source *end, const struct vr_image_chain *chain);

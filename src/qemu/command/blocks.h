/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Between block.c and disk.c. */
#include "qemu/command/build.h"

/** No medium: a CD-ROM or floppy drive that stands empty. */
bool vr_qemu_disk_empty(const struct vr_disk *disk);
bool cmd_chain(struct build *b, const struct vr_disk *disk, const struct vr_storage_source *src, unsigned depth);
/** The storage node of a network source; protocol.c. */
bool vr_qemu_protocol_node(struct vr_json *props, const struct vr_storage_source *s, const struct vr_storage_auth *auth,
                           struct vr_error **err);
void vr_qemu_nvme_node(struct vr_json *props, const struct vr_storage_source *s);
/** Name of the node that cuts a slice out of a file, for formats that cannot; malloc'd, NULL: none is needed. */
char *vr_qemu_slice_name(const struct vr_storage_source *s);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Between block.c and disk.c. */
#include "qemu/command/build.h"

/** No medium: a CD-ROM or floppy drive that stands empty. */
bool vr_qemu_disk_empty(const struct vr_disk *disk);
bool cmd_chain(struct build *b, const struct vr_disk *disk, const struct vr_storage_source *src, unsigned depth);

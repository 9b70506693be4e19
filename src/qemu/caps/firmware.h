/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Firmware images that the host offers, from the descriptors that firmware packages install. Loading reads files and
 * blocks: it belongs on a worker; the list is plain data afterwards.
 */
#include <stdbool.h>
#include "base/arena.h"
#include "base/error.h"

struct vr_firmware_target {
    const char *arch;               /* as documents write it: "x86_64", "i686" */
    const char *const *machines;    /* patterns, "pc-q35-*"; NULL-terminated */
};
struct vr_firmware_image {
    const char *descriptor;
    bool uefi, bios, flash;         /* interface types; flash: mapped as flash, else as a plain memory image */
    const char *executable, *executable_format, *vars, *vars_format; /* vars NULL: it keeps no variables */
    struct vr_firmware_target *targets;
    size_t n_targets;
    bool secure_boot, enrolled_keys, requires_smm, acpi_s3, acpi_s4;
};
struct vr_firmware_list {
    struct vr_arena *arena;
    struct vr_firmware_image *v;
    size_t n;
};

/**
 * vr_firmware_load - all descriptors of the host in their order of preference
 * @dirs: directories, weakest first, NULL-terminated; NULL: /usr/share/qemu/firmware and /etc/qemu/firmware. A file of
 *        the same name in a later one replaces the earlier; an empty file hides it.
 *
 * Blocks. A descriptor that cannot be read is left out and named in the log. Owned by the caller.
 */
struct vr_firmware_list *vr_firmware_load(const char *const *dirs);
void vr_firmware_list_free(struct vr_firmware_list *list);
VR_DEFINE_AUTO(vr_firmware_list)

/** Whether this firmware is made for an architecture and a machine of documents. */
bool vr_firmware_fits(const struct vr_firmware_image *fw, const char *arch, const char *machine);

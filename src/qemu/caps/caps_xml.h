/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The parts of the capabilities documents that the emulators decide. */
#include "base/buf.h"
#include "qemu/caps/caps.h"
#include "qemu/caps/firmware.h"

/**
 * Adds the <guest> elements of the capabilities document, one per architecture, in the order of `caps`.
 * The text follows </host>: each element is preceded by nothing and followed by an empty line, as stock writes it.
 */
void vr_qemu_caps_guests_xml(struct vr_buf *out, struct vr_qemu_caps *const *caps, size_t n);

struct vr_qemu_domcaps_query {
    const char *arch, *machine, *virt_type; /* NULL: the emulator's own, the default machine, the best accelerator */
    const struct vr_firmware_list *firmware; /* what the host offers; NULL: nothing */
};
/**
 * The domain capabilities document, malloc'd. INVALID_ARG for an architecture, machine or virtualisation type that the
 * emulator does not have, with stock's sentence.
 */
char *vr_qemu_domcaps_xml(const struct vr_qemu_caps *caps, const struct vr_qemu_domcaps_query *query,
                          struct vr_error **err);

/** Vendor of a CPU model that documents may name ("Intel", "AMD", ..., "unknown"); NULL: not a documented model. */
const char *vr_qemu_cpu_vendor(const char *model);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * From a document to a definition the driver can use, and back: the passes of model/ (parse, complete, check) and of
 * qemu/complete in their order, in one place.
 */
#include <stdbool.h>
#include "base/clock.h"
#include "base/error.h"
#include "model/domain_xml.h"

struct vr_qemu_caps;

/**
 * vr_definition_new - a client's document, complete as stock completes it
 * @validate: also check it strictly (VIR_DOMAIN_DEFINE_VALIDATE)
 * @caps:     receives a reference to the emulator's capabilities when not NULL
 *
 * Probes the emulator when it was not yet. Errors are stock's.
 */
VR_SUSPENDS struct vr_domain_def *vr_definition_new(const char *xml, bool validate, struct vr_qemu_caps **caps,
                                                    vr_time deadline, struct vr_error **err);
/** A stored document: parsed and completed without asking an emulator. Never suspends. */
struct vr_domain_def *vr_definition_load(const char *text, struct vr_error **err);
/** A copy of a stored definition, completed for its emulator: what a start runs. */
VR_SUSPENDS struct vr_domain_def *vr_definition_for_run(const struct vr_domain_def *config, struct vr_qemu_caps **caps,
                                                        vr_time deadline, struct vr_error **err);

/** The path (or name) by which calls and events know a disk's image, NULL for an empty drive. */
const char *vr_disk_path(const struct vr_disk *disk);
/** A disk by target ("vda") or by image path; NULL when there is none. */
struct vr_disk *vr_disk_find(struct vr_domain_def *def, const char *path);

/** A deep copy that owns its memory. */
struct vr_domain_def *vr_definition_copy(const struct vr_domain_def *def);

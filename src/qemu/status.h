/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * The status document of a running guest, /run/libvirt/qemu/NAME.xml, in stock's form: what a new daemon needs to find
 * the guest again. It is rewritten after each change and removed when the guest stops.
 */
#include <stdbool.h>
#include "base/clock.h"
#include "base/error.h"

struct vr_domain;

/** Something in the document changed: it is written soon, by a fiber of the guest. Never suspends. */
void vr_status_changed(struct vr_domain *dom);
/** Waits until every change so far is on disk. */
VR_SUSPENDS bool vr_status_flush(struct vr_domain *dom, vr_time deadline, struct vr_error **err);
/** Removes the document. The guest's status fiber must have ended (its group is closed). */
VR_SUSPENDS bool vr_status_remove(struct vr_domain *dom, vr_time deadline, struct vr_error **err);
/** The document as text, malloc'd. */
char *vr_status_format(struct vr_domain *dom, struct vr_error **err);
/**
 * Reads a document: fills state, reason, id, taint and a new `run` of a guest, whose live definition is set. The guest is
 * added to the list, or found there by name and uuid. Returns a reference, or NULL with the error. Never suspends.
 */
struct vr_domain *vr_status_load(const char *text, size_t len, struct vr_error **err);
char *vr_status_path(const struct vr_domain *dom);

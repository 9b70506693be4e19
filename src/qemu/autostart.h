/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Guests that start with the host: a link to the definition in the autostart directory, NAME.xml for each boot and
 * NAME.xml.once for the next one alone.
 */
#include <stdbool.h>
#include "base/error.h"

struct vr_domain;

/** Reads the links, for all guests that are known. Blocks shortly: at the daemon's start. */
void vr_autostart_read(void);
/** Starts all that are marked, on fibers of their own, once per boot of the host. */
VR_SUSPENDS void vr_autostart_all(void);
/** Removes the links of a guest whose definition is gone. Under its job. */
VR_SUSPENDS bool vr_autostart_forget(struct vr_domain *dom, struct vr_error **err);
/**
 * The file of a guest gets another name: new links before, the old ones removed after, since a link counts for the guest
 * whose file it names. Under its job.
 */
VR_SUSPENDS bool vr_autostart_link(struct vr_domain *dom, struct vr_error **err);
VR_SUSPENDS bool vr_autostart_unlink(struct vr_domain *dom, const char *name, struct vr_error **err);

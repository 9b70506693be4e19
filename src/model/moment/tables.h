/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What snapshots, checkpoints and backups share. */
#include "model/domain/tables.h"
#include "model/moment.h"

/** Rules of a moment told again, in the order stock finds them; @noun is "snapshot" or "checkpoint". */
bool vr_moment_redefined(struct vr_parse *p, const struct vr_xml_node *node, const char *noun, struct vr_error **err);
/** A request without a name is called after its time. */
void vr_moment_request(struct vr_parse *p, const char **name, struct vr_ou64 *created);
/** The disk of a guest by target or by the path of its source. */
const struct vr_disk *vr_moment_disk(const struct vr_domain_def *domain, const char *name);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Tables of network filters. */
#include "model/nwfilter.h"
#include "schema/schema.h"

extern const struct vr_row vr_nwfilter_rule_rows[];
extern const struct vr_row *const vr_nwfilter_match_rows[VR_NWFILTER_PROTO_COUNT];

/**
 * vr_nwfilter_value - the one way a value of this datatype is written
 * @type: "nwMac" and so on, as rows say
 *
 * NULL when @text is no such value. Variables are values of most types.
 */
const char *vr_nwfilter_value(struct vr_arena *arena, const char *type, const char *text);
bool vr_nwfilter_rule_check(struct vr_parse *p, const struct vr_xml_node *node, struct vr_nwfilter_rule *rule,
                            struct vr_error **err);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Numbers of the API as stock's words, and small facts of a guest that several commands print. */
#include "virsh.h"

/** enum virDomainState; "no state" for one that is unknown. */
const char *vr_domain_state_word(int state);
const char *vr_domain_reason_word(int state, int reason);
/** The title, "" when there is none; malloc'd. False, reported, when it cannot be asked. */
bool vr_domain_title(struct vr_cmd *cmd, virDomainPtr dom, char **out);
/** The index's word of a table, or @other. */
const char *vr_word(const char *const *words, size_t n, int index, const char *other);

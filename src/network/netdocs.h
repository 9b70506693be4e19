/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Between status.c, which knows the forms, and load.c, which walks the directories. */
#include "net.h"

/** The record of an active network as text; malloc'd. */
char *vr_net_status_text(const struct vr_net *net);
/** Puts the network of a record into the list, active; a reference, NULL on failure. */
struct vr_net *vr_net_status_load(const char *text, size_t len, struct vr_error **err);

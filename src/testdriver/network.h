/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Virtual networks of the mock. */
#include "internal.h"
#include "model/network.h"

struct vr_test_network {
    struct vr_network_def *def;     /* what runs, or the definition of one that does not */
    struct vr_network_def *new_def; /* what its next start uses, while that is another */
    bool active, persistent, autostart;
};

/** NULL with NO_NETWORK when there is none. */
struct vr_test_network *vr_test_network_by_name(const struct vr_test *test, const char *name, struct vr_error **err);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Things with parents, drawn as a tree: devices, snapshots, checkpoints. */
#include "virsh.h"

struct vr_tree {
    size_t n;
    const char *const *names;
    const int *parents; /* index, -1: a root */
};
void vr_tree_print(struct vr_cmd *cmd, const struct vr_tree *tree);

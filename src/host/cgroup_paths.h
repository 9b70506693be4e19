/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Inside the cgroup files: where a controller's files of a guest are. */
#include "cgroup.h"

/** Directory of a controller's group (of a thread group where the controller has those); malloc'd, or NULL. */
char *vr_cgroup_dir(const struct vr_cgroup *group, enum vr_cgroup_controller controller, const char *sub);
bool vr_cgroup_is_v2(const struct vr_cgroup *group, enum vr_cgroup_controller controller);

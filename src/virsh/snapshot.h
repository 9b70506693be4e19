/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "virsh.h"

/**
 * The snapshot that @option names or, when @current_allowed, that --current means. NULL, reported or with the library's error.
 */
virDomainSnapshotPtr vr_snapshot(struct vr_cmd *cmd, virDomainPtr dom, const char *option, bool current_allowed);
/** The name of a snapshot's parent in *parent, NULL when it has none; false, reported, when it cannot be told. malloc'd. */
bool vr_snapshot_parent(struct vr_cmd *cmd, virDomainSnapshotPtr snapshot, char **parent);

vr_completer vr_complete_snapshot;
#define VR_OPT_SNAPSHOT(text) { "snapshotname", VR_OPT_STRING, .help = (text), .complete = vr_complete_snapshot }

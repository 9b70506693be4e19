/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What a running guest has of the host beside its files: its process, owners of its images, network devices, control groups. */
#include <stdbool.h>
#include "base/error.h"

struct vr_cgroup;
struct vr_domain;
struct vr_qemu_command;
struct vr_start_fds;
struct vr_domain_def;
struct vr_hostside;
struct vr_perf;

/** Refuses a guest whose document asks for protection that nobody here would give it. */
bool vr_hostside_check(const struct vr_domain_def *def, struct vr_error **err);

/** Fills uid and gid of the run: qemu.conf's, or those of the document's own label. */
VR_SUSPENDS bool vr_hostside_user(struct vr_domain *dom, struct vr_error **err);
/** Takes devices of the host, before addresses of theirs are needed. What was taken is given back by vr_hostside_release. */
VR_SUSPENDS bool vr_hostside_devices(struct vr_domain *dom, struct vr_error **err);
/** Starts the programs beside QEMU that it connects to, once the guest's directories are there. */
VR_SUSPENDS bool vr_hostside_helpers(struct vr_domain *dom, struct vr_error **err);
/** Adds to a failed start's error what a helper that ended has said. */
VR_SUSPENDS void vr_hostside_explain(struct vr_domain *dom, struct vr_error **err);
/** Labels the guest's images and starts its QEMU with stdout and stderr on `log_fd`; fills pid and pidfd of the run. */
VR_SUSPENDS bool vr_hostside_launch(struct vr_domain *dom, struct vr_qemu_command *command, struct vr_start_fds *fds,
                                    int log_fd, struct vr_error **err);
/** Puts the guest's threads where its definition wants them, once QEMU has told which they are. */
VR_SUSPENDS bool vr_hostside_threads(struct vr_domain *dom, struct vr_error **err);
/** Counters that its document enables, for statistics; NULL: none. */
const struct vr_perf *vr_hostside_perf(const struct vr_domain *dom);
/** The control groups a running guest is in, or NULL. Valid while its job is held. */
const struct vr_cgroup *vr_hostside_cgroup(const struct vr_domain *dom);
/** Gives back everything that the two took; failures are logged. Twice is harmless. */
VR_SUSPENDS void vr_hostside_release(struct vr_domain *dom);
/**
 * Takes note of what a guest of the last daemon holds of the host, so that it is given back. @alive: its process runs;
 * else it ended while nobody looked.
 */
VR_SUSPENDS void vr_hostside_found(struct vr_domain *dom, bool alive);
/** Forgets without giving back: the guest runs on. NULL is allowed. */
void vr_hostside_free(struct vr_hostside *host);

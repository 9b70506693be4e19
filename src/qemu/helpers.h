/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Which programs beside QEMU a guest needs, and their life with it. */
#include "base/error.h"
#include "loop/loop.h"

struct vr_domain;
struct vr_domain_def;
struct vr_helpers;

/**
 * vr_helpers_start - before the command line is built: what QEMU will connect to
 *
 * Its live definition learns sockets and programs (tpm socket_path, filesystem binary, the bus's address). On failure what
 * was started is in *out still; the caller stops it.
 */
VR_SUSPENDS bool vr_helpers_start(struct vr_domain *dom, struct vr_helpers **out, struct vr_error **err);
/** After a restart of the daemon: by pid files. */
VR_SUSPENDS struct vr_helpers *vr_helpers_find(struct vr_domain *dom);
/** After QEMU has ended. A transient guest's TPM loses its state, unless its document keeps that. */
VR_SUSPENDS void vr_helpers_stop(struct vr_domain *dom, struct vr_helpers *helpers);
void vr_helpers_forget(struct vr_helpers *helpers);
/** Adds to an error of QEMU's start what a helper that ended said. */
VR_SUSPENDS void vr_helpers_explain(struct vr_helpers *helpers, struct vr_error **err);

/** Whether the definition has a TPM with a state of its own on this host, and removing that (undefine). */
bool vr_tpm_has_state(const struct vr_domain_def *def);
VR_SUSPENDS void vr_tpm_remove_state(const struct vr_domain_def *def);

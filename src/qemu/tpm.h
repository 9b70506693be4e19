/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The TPM emulator of a guest, swtpm: its state below /var/lib/libvirt/swtpm/UUID, made once, and its process. */
#include "base/error.h"
#include "helper.h"

struct vr_domain;
struct vr_domain_def;
struct vr_tpm;

/** State made where there is none, emulator started, socket_path set. NULL on failure. */
VR_SUSPENDS struct vr_helper *vr_tpm_start(struct vr_domain *dom, struct vr_tpm *tpm, struct vr_error **err);
/** The emulator an earlier daemon started for the guest, or NULL. */
VR_SUSPENDS struct vr_helper *vr_tpm_find(struct vr_domain *dom);
/** After the emulator's end: a transient guest's state goes, unless the document keeps it. */
VR_SUSPENDS void vr_tpm_stopped(struct vr_domain *dom, const struct vr_tpm *tpm);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <secret>: what a secret is for; its value is never in the document. */
#include "model/common.h"
#include "model/document.h"

#define VR_SECRET_USAGES(X, P)                                                                     \
    X(P, NONE, "none") X(P, VOLUME, "volume") X(P, CEPH, "ceph") X(P, ISCSI, "iscsi") X(P, TLS, "tls") X(P, VTPM, "vtpm")
VR_ENUM(vr_secret_usage, VR_SECRET_USAGE, VR_SECRET_USAGES);

struct vr_secret_def {
    struct vr_arena *arena;
    enum vr_tri ephemeral, is_private; /* said or completed to "no" */
    bool has_uuid;
    struct vr_uuid uuid;
    const char *description;
    enum vr_secret_usage usage; /* NONE when there is none; VIR_SECRET_USAGE_TYPE_* is usage - 1 */
    const char *usage_id;       /* path, name or target by usage; NULL for NONE */
};
VR_DOCUMENT(vr_secret_def);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* SASL, the client's side, by libsasl2 opened when a server asks for it. */
#include "credentials.h"
#include "remote.h"

struct vr_sasl_question {
    const char *host;      /* as the URI names the server; part of what is authenticated */
    const char *mechanism; /* the one to use; NULL: whichever both have */
    const char *authfile;  /* of the URI */
    virConnectAuthPtr auth;
};

/**
 * vr_sasl_authenticate - prove who we are; afterwards the connection is protected as was negotiated
 *
 * Calls the application's callback. Reports VIR_ERR_AUTH_FAILED.
 */
bool vr_sasl_authenticate(struct vr_remote *r, const struct vr_sasl_question *q, struct vr_error **err);

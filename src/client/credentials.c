/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_AUTH
#include "credentials.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"

bool vr_credential_offered(virConnectAuthPtr auth, int type)
{
    for (unsigned i = 0; auth && auth->cb && i < auth->ncredtype; i++)
        if (auth->credtype[i] == type)
            return true;
    return false;
}

void vr_credential_wipe(virConnectCredentialPtr cred)
{
    if (cred->result)
        explicit_bzero(cred->result, strlen(cred->result));
    free(cred->result);
    cred->result = NULL;
    cred->resultlen = 0;
}

char *vr_credential_ask(virConnectAuthPtr auth, int type, int or_type, const char *prompt, const char *challenge,
                        struct vr_error **err)
{
    if (!auth || !auth->cb) {
        vr_fail(err, VIR_ERR_AUTH_FAILED, "%s", "Missing authentication callback");
        return NULL;
    }
    int use = vr_credential_offered(auth, type) ? type : or_type;
    if (!vr_credential_offered(auth, use)) {
        vr_fail(err, VIR_ERR_AUTH_FAILED, "%s", type == VIR_CRED_PASSPHRASE
                ? "Missing VIR_CRED_PASSPHRASE or VIR_CRED_NOECHOPROMPT credential type"
                : "Missing VIR_CRED_AUTHNAME credential type");
        return NULL;
    }
    virConnectCredential cred = { .type = use, .prompt = prompt, .challenge = challenge };
    if (auth->cb(&cred, 1, auth->cbdata) >= 0 && cred.result)
        return cred.result;
    vr_credential_wipe(&cred);
    vr_fail(err, VIR_ERR_AUTH_FAILED, "%s", type == VIR_CRED_PASSPHRASE ? "Password request failed"
                                                                         : "Username request failed");
    return NULL;
}

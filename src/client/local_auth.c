/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Users of a test document, who log in before its connection opens. */
#define VR_ERROR_DOMAIN VIR_FROM_AUTH
#include "local_auth.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"

static bool can(const struct _virConnectAuth *auth, int type)
{
    for (unsigned i = 0; i < auth->ncredtype; i++)
        if (auth->credtype[i] == type)
            return true;
    return false;
}

/* One answer, malloc'd. NULL when the application gave none. */
static char *ask(virConnectAuthPtr auth, int type, const char *prompt)
{
    virConnectCredential cred = { .type = type, .prompt = prompt, .challenge = "localhost" };
    if (!auth->cb || auth->cb(&cred, 1, auth->cbdata) < 0 || !cred.result)
        return NULL;
    return cred.result;
}

static void forget(char **secret)
{
    if (*secret)
        explicit_bzero(*secret, strlen(*secret));
    free(*secret);
}

bool vr_local_authenticate(const struct vr_test *test, virConnectAuthPtr auth, struct vr_error **err)
{
    if (!vr_test_has_users(test))
        return true;
    if (!auth)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "Missing authentication credentials");
    if (!can(auth, VIR_CRED_AUTHNAME))
        return vr_fail(err, VIR_ERR_AUTH_FAILED, "%s", "Missing VIR_CRED_AUTHNAME credential type");
    vr_autofree char *user = ask(auth, VIR_CRED_AUTHNAME, "Enter username for localhost");
    if (!user)
        return vr_fail(err, VIR_ERR_AUTH_FAILED, "%s", "Username request failed");
    if (vr_test_login(test, user, NULL))
        return true;
    int type = can(auth, VIR_CRED_PASSPHRASE) ? VIR_CRED_PASSPHRASE : VIR_CRED_NOECHOPROMPT;
    if (!can(auth, type))
        return vr_fail(err, VIR_ERR_AUTH_FAILED, "%s",
                       "Missing VIR_CRED_PASSPHRASE or VIR_CRED_NOECHOPROMPT credential type");
    vr_autofree char *prompt = vr_printf("Enter %s's password for localhost", user);
    __attribute__((cleanup(forget))) char *password = ask(auth, type, prompt);
    if (!password)
        return vr_fail(err, VIR_ERR_AUTH_FAILED, "%s", "Password request failed");
    if (vr_test_login(test, user, password))
        return true;
    return vr_error_report(err, VIR_FROM_TEST, VIR_ERR_AUTH_FAILED, -1, "%s",
                           "authentication failed, see test XML for the correct username/password");
}

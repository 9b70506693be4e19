/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Names and passwords: from auth.conf, else from whoever the application's callback can ask. */
#include "api/public.h"
#include "base/arena.h"
#include "base/error.h"

/** The application's callback takes questions of this kind. @auth NULL: it takes none. */
bool vr_credential_offered(virConnectAuthPtr auth, int type);
/** Frees an answer after overwriting it. */
void vr_credential_wipe(virConnectCredentialPtr cred);
/**
 * vr_credential_ask - one question
 * @type, @or_type: the kind of question, and the other kind that would do
 * @challenge:      what stands beside the prompt, a host name for example
 *
 * Blocks as long as a person thinks. The malloc'd answer, or NULL with VIR_ERR_AUTH_FAILED.
 */
char *vr_credential_ask(virConnectAuthPtr auth, int type, int or_type, const char *prompt, const char *challenge,
                        struct vr_error **err);

struct vr_auth_conf;
/**
 * vr_auth_conf_load - the file the URI, LIBVIRT_AUTH_FILE, the user's or the system's configuration has
 * @authfile: of the URI; NULL: none
 *
 * Borrowed from the arena. *out is NULL when there is no such file; one that URI or environment name must be there.
 */
bool vr_auth_conf_load(struct vr_arena *arena, const char *authfile, struct vr_auth_conf **out, struct vr_error **err);
/** The same from text: for tests and fuzzers. @path stands in errors. */
struct vr_auth_conf *vr_auth_conf_parse(struct vr_arena *arena, const char *path, const char *text, size_t len,
                                        struct vr_error **err);
/**
 * vr_auth_conf_lookup - what the file says for [auth-SERVICE-HOST], else [auth-SERVICE-default]
 * @name: "authname", "password", ...
 *
 * *out is NULL when it says nothing. Reports VIR_ERR_CONF_SYNTAX for sections that do not fit together.
 */
bool vr_auth_conf_lookup(struct vr_arena *arena, const struct vr_auth_conf *conf, const char *service, const char *host,
                         const char *name, const char **out, struct vr_error **err);

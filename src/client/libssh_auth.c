/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_LIBSSH
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "credentials.h"
#include "libssh_internal.h"

/* ---- who they are ------------------------------------------------------------------------------------------------ */

static char *fingerprint(ssh_session s, const char **type)
{
    ssh_key key = NULL;
    unsigned char *hash = NULL;
    size_t len = 0;
    char *text = NULL;
    *type = "unknown";
    if (vr_libssh.get_server_publickey(s, &key) != SSH_OK)
        return NULL;
    *type = vr_libssh.key_type_to_char(vr_libssh.key_type(key));
    if (vr_libssh.get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &len) == 0) {
        char *hex = vr_libssh.get_hexa(hash, len);
        text = vr_strdup(hex);
        vr_libssh.string_free_char(hex);
        vr_libssh.clean_pubkey_hash(&hash);
    }
    vr_libssh.key_free(key);
    return text;
}

/* Asks whoever the application can ask; the answer is y or n. */
static bool ask_about(const struct vr_libssh_who *who, const char *hash, const char *type, struct vr_error **err)
{
    if (!who->auth || !who->auth->cb)
        return vr_fail(err, VIR_ERR_LIBSSH, "%s",
                       "No user interaction callback provided: Can't verify the session host key");
    if (!vr_credential_offered(who->auth, VIR_CRED_ECHOPROMPT))
        return vr_fail(err, VIR_ERR_LIBSSH, "%s", "no suitable callback for host key verification");
    vr_autofree char *prompt = vr_printf("Accept SSH host key with hash '%s' for host '%s:%d' (%s/%s)?", hash, who->host,
                                         who->port, "y", "n");
    virConnectCredential cred = { .type = VIR_CRED_ECHOPROMPT, .prompt = prompt };
    bool ok = who->auth->cb(&cred, 1, who->auth->cbdata) >= 0 && cred.result;
    if (!ok)
        vr_fail(err, VIR_ERR_LIBSSH, "%s", "failed to retrieve decision to accept host key");
    else if (strcasecmp(cred.result, "y") != 0)
        ok = vr_fail(err, VIR_ERR_LIBSSH, "SSH host key for '%s' (%s) was not accepted", who->host, hash);
    vr_credential_wipe(&cred);
    (void)type;
    return ok;
}

static bool remember(ssh_session s, const struct vr_libssh_who *who, struct vr_error **err)
{
    return vr_libssh.session_update_known_hosts(s) == SSH_OK ||
           vr_fail(err, VIR_ERR_LIBSSH, "failed to write known_host file '%s': %s",
                   who->p->known_hosts ? who->p->known_hosts : "known_hosts", vr_libssh.get_error(s));
}

bool vr_libssh_check_host(ssh_session s, const struct vr_libssh_who *who, struct vr_error **err)
{
    const char *how = who->p->known_hosts_verify ? who->p->known_hosts_verify : who->p->no_verify ? "ignore" : "normal";
    if (vr_streq(how, "ignore"))
        return true;
    const char *type;
    vr_autofree char *hash = fingerprint(s, &type);
    if (!hash)
        return vr_fail(err, VIR_ERR_LIBSSH, "%s", "failed to calculate ssh host key hash");
    switch (vr_libssh.session_is_known_server(s)) {
    case SSH_KNOWN_HOSTS_OK:
        return true;
    case SSH_KNOWN_HOSTS_CHANGED:
    case SSH_KNOWN_HOSTS_OTHER:
        return vr_fail(err, VIR_ERR_AUTH_FAILED, "!!! SSH HOST KEY VERIFICATION FAILED !!!: Identity of host '%s:%d' differs "
                       "from stored identity. Please verify the new host key '%s' to avoid possible man in the middle "
                       "attack. The key is stored in '%s'.", who->host, who->port, hash,
                       who->p->known_hosts ? who->p->known_hosts : "known_hosts");
    case SSH_KNOWN_HOSTS_NOT_FOUND:
    case SSH_KNOWN_HOSTS_UNKNOWN:
        return (vr_streq(how, "auto") || ask_about(who, hash, type, err)) && remember(s, who, err);
    default:
        return vr_fail(err, VIR_ERR_LIBSSH, "failed to validate SSH host key: %s", vr_libssh.get_error(s));
    }
}

/* ---- who we are -------------------------------------------------------------------------------------------------- */

static int by_agent(ssh_session s, const struct vr_libssh_who *who, struct vr_arena *arena, struct vr_error **err)
{
    int rc = vr_libssh.userauth_agent(s, NULL);
    if (rc == SSH_AUTH_ERROR)
        vr_fail(err, VIR_ERR_AUTH_FAILED, "failed to authenticate using agent: %s", vr_libssh.get_error(s));
    return rc;
}

static int ask_passphrase(const char *prompt, char *buf, size_t len, int echo, int verify, void *opaque)
{
    const struct vr_libssh_who *who = opaque;
    vr_autofree char *whole = vr_printf("Passphrase for key '%s'", who->p->keyfile ? who->p->keyfile : prompt);
    VR_AUTO(vr_error) *err = NULL;
    vr_autofree char *answer = vr_credential_ask(who->auth, VIR_CRED_PASSPHRASE, VIR_CRED_NOECHOPROMPT, whole, who->host,
                                                 &err);
    if (!answer || strlen(answer) >= len)
        return -1;
    strcpy(buf, answer);
    explicit_bzero(answer, strlen(answer));
    return 0;
}

static const char *default_key(struct vr_arena *arena)
{
    static const char *const names[] = { "identity", "id_dsa", "id_ecdsa", "id_ed25519", "id_rsa", NULL };
    const char *home = getenv("HOME");
    for (const char *const *n = names; home && *n; n++) {
        const char *path = vr_arena_printf(arena, "%s/.ssh/%s", home, *n);
        if (access(path, R_OK) == 0)
            return path;
    }
    return NULL;
}

static int by_key(ssh_session s, const struct vr_libssh_who *who, struct vr_arena *arena, struct vr_error **err)
{
    const char *path = who->p->keyfile ? who->p->keyfile : default_key(arena);
    ssh_key key = NULL;
    if (!path) {
        vr_fail(err, VIR_ERR_LIBSSH, "%s", "Key file path must be provided for private key authentication");
        return SSH_AUTH_DENIED;
    }
    int rc = vr_libssh.pki_import_privkey_file(path, NULL, who->auth ? ask_passphrase : NULL, (void *)who, &key);
    if (rc != SSH_OK) {
        if (rc == SSH_EOF)
            vr_fail(err, VIR_ERR_AUTH_FAILED, "error while reading private key '%s'", path);
        else
            vr_fail(err, VIR_ERR_AUTH_FAILED, "error while opening private key '%s', wrong passphrase?", path);
        return SSH_AUTH_DENIED;
    }
    rc = vr_libssh.userauth_publickey(s, NULL, key);
    vr_libssh.key_free(key);
    return rc;
}

static int by_password(ssh_session s, const struct vr_libssh_who *who, struct vr_arena *arena, struct vr_error **err)
{
    vr_autofree char *prompt = vr_printf("Enter %s's password for %s", who->user ? who->user : "user", who->host);
    vr_autofree char *answer = vr_credential_ask(who->auth, VIR_CRED_PASSPHRASE, VIR_CRED_NOECHOPROMPT, prompt, who->host,
                                                 err);
    if (!answer)
        return SSH_AUTH_DENIED;
    int rc = vr_libssh.userauth_password(s, NULL, answer);
    explicit_bzero(answer, strlen(answer));
    return rc;
}

static int by_questions(ssh_session s, const struct vr_libssh_who *who, struct vr_arena *arena, struct vr_error **err)
{
    int rc = vr_libssh.userauth_kbdint(s, NULL, NULL);
    for (int rounds = 0; rc == SSH_AUTH_INFO && rounds < 16; rounds++) {
        int count = vr_libssh.userauth_kbdint_getnprompts(s);
        for (int i = 0; i < count && i < 16; i++) {
            char echo = 0;
            const char *prompt = vr_libssh.userauth_kbdint_getprompt(s, (unsigned)i, &echo);
            vr_autofree char *text = vr_strndup(prompt, strcspn(prompt, ":"));
            vr_autofree char *answer = vr_credential_ask(who->auth, echo ? VIR_CRED_ECHOPROMPT : VIR_CRED_PASSPHRASE,
                                                         echo ? VIR_CRED_ECHOPROMPT : VIR_CRED_NOECHOPROMPT, text,
                                                         who->host, err);
            if (!answer)
                return SSH_AUTH_DENIED;
            int set = vr_libssh.userauth_kbdint_setanswer(s, (unsigned)i, answer);
            explicit_bzero(answer, strlen(answer));
            if (set < 0)
                return SSH_AUTH_ERROR;
        }
        rc = vr_libssh.userauth_kbdint(s, NULL, NULL);
    }
    return rc;
}

static const struct way {
    const char *name;
    int method; /* what the server must offer */
    int (*run)(ssh_session s, const struct vr_libssh_who *who, struct vr_arena *arena, struct vr_error **err);
} ways[] = {
    { "agent", SSH_AUTH_METHOD_PUBLICKEY, by_agent },
    { "privkey", SSH_AUTH_METHOD_PUBLICKEY, by_key },
    { "password", SSH_AUTH_METHOD_PASSWORD, by_password },
    { "keyboard-interactive", SSH_AUTH_METHOD_INTERACTIVE, by_questions },
};

static const struct way *find_way(const char *name, size_t len)
{
    for (size_t i = 0; i < VR_COUNT(ways); i++)
        if (strlen(ways[i].name) == len && strncasecmp(ways[i].name, name, len) == 0)
            return &ways[i];
    return NULL;
}

bool vr_libssh_params(const struct vr_remote_params *p, struct vr_error **err)
{
    static const char *const verify[] = { "normal", "auto", "ignore", NULL };
    const char *how = p->known_hosts_verify;
    if (how && vr_name_index(verify, how) < 0)
        return vr_error_report(err, VIR_FROM_RPC, VIR_ERR_INVALID_ARG, -1, "Invalid host key verification method: '%s'",
                               how);
    for (const char *at = p->sshauth; at && *at;) {
        size_t len = strcspn(at, ",");
        if (!find_way(at, len))
            return vr_error_report(err, VIR_FROM_RPC, VIR_ERR_INVALID_ARG, -1, "Invalid authentication method: '%.*s'",
                                   (int)len, at);
        at += len + (at[len] == ',');
    }
    return true;
}

bool vr_libssh_login(struct vr_arena *arena, ssh_session s, const struct vr_libssh_who *who, struct vr_error **err)
{
    const char *list = who->p->sshauth;
    if (!list)
        list = who->p->keyfile || default_key(arena) ? "agent,privkey,password,keyboard-interactive"
                                                     : "agent,password,keyboard-interactive";
    int rc = vr_libssh.userauth_none(s, NULL);
    if (rc == SSH_AUTH_SUCCESS)
        return true;
    if (rc == SSH_AUTH_ERROR)
        return vr_fail(err, VIR_ERR_AUTH_FAILED, "Failed to authenticate as 'none': %s", vr_libssh.get_error(s));
    int offered = vr_libssh.userauth_list(s, NULL), used = 0;
    struct vr_error *why = NULL;
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, ",");
        const struct way *way = find_way(at, len);
        at += len + (at[len] == ',');
        if (!way || !(offered & way->method))
            continue;
        used++;
        rc = way->run(s, who, arena, &why);
        if (rc == SSH_AUTH_SUCCESS) {
            vr_error_free(why);
            return true;
        }
    }
    if (used == 1 && why)
        vr_error_move(err, &why);
    else
        vr_fail(err, VIR_ERR_LIBSSH, "failed to authenticate: %s", vr_libssh.get_error(s));
    vr_error_free(why);
    return false;
}

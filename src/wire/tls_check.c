/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether certificates are good: our own before they are used, the peer's after a handshake. */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/alloc.h"
#include "tls_internal.h"

#define FILE_MAX (1024 * 1024)
#define CA_MAX 64
#define CHAIN_MAX 32

/* ---- our own ----------------------------------------------------------------------------------------------------- */

static bool load_file(const char *path, char **out, size_t *len, struct vr_error **err)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "Failed to open file '%s'", path);
    char *data = vr_try_alloc(FILE_MAX + 1);
    *len = data ? fread(data, 1, FILE_MAX + 1, f) : 0;
    fclose(f);
    if (!data || *len > FILE_MAX) {
        free(data);
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "File '%s' is too large", path);
    }
    *out = data;
    return true;
}

static bool dates(gnutls_x509_crt_t cert, const char *path, bool is_ca, struct vr_error **err)
{
    time_t now = time(NULL);
    const char *what = is_ca ? "CA" : "client";
    if (vr_gnutls.x509_crt_get_expiration_time(cert) < now)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "The %s certificate %s has expired", what, path);
    if (vr_gnutls.x509_crt_get_activation_time(cert) > now)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "The %s certificate %s is not yet active", what, path);
    return true;
}

static bool constraints(gnutls_x509_crt_t cert, const char *path, bool is_ca, struct vr_error **err)
{
    int rc = vr_gnutls.x509_crt_get_basic_constraints(cert, NULL, NULL, NULL);
    if (rc > 0)
        return is_ca || vr_fail(err, VIR_ERR_SYSTEM_ERROR,
                                "The certificate %s basic constraints show a CA, but we need one for a client", path);
    if (rc == 0)
        return !is_ca || vr_fail(err, VIR_ERR_SYSTEM_ERROR, "The certificate %s basic constraints do not show a CA",
                                 path);
    if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        return !is_ca || vr_fail(err, VIR_ERR_SYSTEM_ERROR,
                                 "The certificate %s is missing basic constraints for a CA", path);
    return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Unable to query certificate %s basic constraints %s", path,
                   vr_gnutls.strerror(rc));
}

/* A use that is not allowed matters only when the certificate calls its list binding. */
static bool key_usage(gnutls_x509_crt_t cert, const char *path, bool is_ca, struct vr_error **err)
{
    unsigned usage = 0, critical = 0;
    int rc = vr_gnutls.x509_crt_get_key_usage(cert, &usage, &critical);
    if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        return true;
    if (rc < 0)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Unable to query certificate %s key usage %s", path,
                       vr_gnutls.strerror(rc));
    if (!critical)
        return true;
    if (is_ca)
        return usage & GNUTLS_KEY_KEY_CERT_SIGN ||
               vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Certificate %s usage does not permit certificate signing", path);
    if (!(usage & GNUTLS_KEY_DIGITAL_SIGNATURE))
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Certificate %s usage does not permit digital signature", path);
    return usage & GNUTLS_KEY_KEY_ENCIPHERMENT ||
           vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Certificate %s usage does not permit key encipherment", path);
}

static bool key_purpose(gnutls_x509_crt_t cert, const char *path, struct vr_error **err)
{
    bool allowed = false, binding = false, any = false;
    for (unsigned i = 0; i < 64; i++) {
        char oid[128];
        size_t size = sizeof(oid);
        unsigned critical = 0;
        int rc = vr_gnutls.x509_crt_get_key_purpose_oid(cert, i, oid, &size, &critical);
        if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            break;
        if (rc < 0)
            return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Unable to query certificate %s key purpose %s", path,
                           vr_gnutls.strerror(rc));
        any = true;
        binding |= critical != 0;
        allowed |= strcmp(oid, GNUTLS_KP_TLS_WWW_CLIENT) == 0 || strcmp(oid, GNUTLS_KP_ANY) == 0;
    }
    return !any || allowed || !binding ||
           vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Certificate %s purpose does not allow use for with a TLS client", path);
}

static bool good(gnutls_x509_crt_t cert, const char *path, bool is_ca, struct vr_error **err)
{
    return dates(cert, path, is_ca, err) && constraints(cert, path, is_ca, err) &&
           key_usage(cert, path, is_ca, err) && (is_ca || key_purpose(cert, path, err));
}

static const char *status_text(unsigned status)
{
    if (status & GNUTLS_CERT_REVOKED)
        return "The certificate has been revoked.";
    if (status & GNUTLS_CERT_INSECURE_ALGORITHM)
        return "The certificate uses an insecure algorithm";
    if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
        return "The certificate hasn't got a known issuer.";
    if (status & GNUTLS_CERT_INVALID)
        return "The certificate is not trusted.";
    return "Invalid certificate";
}

static bool signed_by(gnutls_x509_crt_t cert, const char *cert_path, gnutls_x509_crt_t *cas, unsigned ca_count,
                      const char *ca_path, struct vr_error **err)
{
    unsigned status = 0;
    if (vr_gnutls.x509_crt_list_verify(&cert, 1, cas, (int)ca_count, NULL, 0, 0, &status) < 0)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Unable to verify client certificate %s against CA certificate %s",
                       cert_path, ca_path);
    return !status || vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Our own certificate %s failed validation against %s: %s",
                              cert_path, ca_path, status_text(status));
}

static bool load_cas(const char *path, gnutls_x509_crt_t *cas, unsigned *count, struct vr_error **err)
{
    vr_autofree char *data = NULL;
    size_t len;
    if (!load_file(path, &data, &len, err))
        return false;
    gnutls_datum_t datum = { .data = (unsigned char *)data, .size = (unsigned)len };
    *count = CA_MAX;
    if (vr_gnutls.x509_crt_list_import(cas, count, &datum, GNUTLS_X509_FMT_PEM, 0) >= 0)
        return true;
    *count = 0;
    return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Unable to import CA certificate list %s", path);
}

static bool load_own(const char *path, gnutls_x509_crt_t cert, struct vr_error **err)
{
    vr_autofree char *data = NULL;
    size_t len;
    if (!load_file(path, &data, &len, err))
        return false;
    gnutls_datum_t datum = { .data = (unsigned char *)data, .size = (unsigned)len };
    return vr_gnutls.x509_crt_import(cert, &datum, GNUTLS_X509_FMT_PEM) >= 0 ||
           vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Unable to import client certificate %s", path);
}

bool vr_tls_sane(const struct vr_tls_files *files, struct vr_error **err)
{
    gnutls_x509_crt_t cas[CA_MAX], own = NULL;
    unsigned ca_count = 0;
    bool ok = true;
    if (files->cert)
        ok = vr_gnutls.x509_crt_init(&own) >= 0 && load_own(files->cert, own, err);
    ok = ok && load_cas(files->ca, cas, &ca_count, err);
    ok = ok && (!own || good(own, files->cert, false, err));
    for (unsigned i = 0; ok && i < ca_count; i++)
        ok = good(cas[i], files->ca, true, err);
    ok = ok && (!own || signed_by(own, files->cert, cas, ca_count, files->ca, err));
    for (unsigned i = 0; i < ca_count; i++)
        vr_gnutls.x509_crt_deinit(cas[i]);
    if (own)
        vr_gnutls.x509_crt_deinit(own);
    return ok;
}

/* ---- the peer's -------------------------------------------------------------------------------------------------- */

static bool peer_certificate(const gnutls_datum_t *der, bool first, const char *hostname, struct vr_error **err)
{
    gnutls_x509_crt_t cert;
    if (vr_gnutls.x509_crt_init(&cert) < 0)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "%s", "Unable to initialize certificate");
    bool ok = vr_gnutls.x509_crt_import(cert, der, GNUTLS_X509_FMT_DER) >= 0 ||
              vr_fail(err, VIR_ERR_SYSTEM_ERROR, "%s", "Unable to load certificate");
    ok = ok && dates(cert, "[session]", !first, err);
    if (ok && first && hostname && !vr_gnutls.x509_crt_check_hostname(cert, hostname)) {
        char name[1024];
        size_t size = sizeof(name);
        if (vr_gnutls.x509_crt_get_dn(cert, name, &size) < 0)
            strcpy(name, "[session]");
        ok = vr_fail(err, VIR_ERR_RPC, "Certificate %s owner does not match the hostname %s", "[session]", hostname);
        vr_error_suffix(err, " (it names %s)", name);
    }
    vr_gnutls.x509_crt_deinit(cert);
    return ok;
}

static bool peer_is_good(gnutls_session_t session, const char *hostname, struct vr_error **err)
{
    unsigned status = 0;
    int rc = vr_gnutls.certificate_verify_peers2(session, &status);
    if (rc < 0)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Unable to verify TLS peer: %s", vr_gnutls.strerror(rc));
    if (status)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Certificate failed validation: %s", status_text(status));
    if (vr_gnutls.certificate_type_get(session) != GNUTLS_CRT_X509)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "%s", "Only x509 certificates are supported");
    unsigned count = 0;
    const gnutls_datum_t *chain = vr_gnutls.certificate_get_peers(session, &count);
    if (!chain || !count || count > CHAIN_MAX)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "%s", "The certificate has no peers");
    for (unsigned i = 0; i < count; i++)
        if (!peer_certificate(&chain[i], i == 0, hostname, err))
            return false;
    return true;
}

bool vr_tls_check_peer(gnutls_session_t session, const char *hostname, bool verify, struct vr_error **err)
{
    struct vr_error *why = NULL;
    if (!verify || peer_is_good(session, hostname, &why))
        return true;
    vr_fail(err, VIR_ERR_AUTH_FAILED, "Failed to verify peer's certificate: %s", why->message);
    vr_error_free(why);
    return false;
}

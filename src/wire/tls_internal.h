/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Between tls.c (sessions) and tls_check.c (certificates): GnuTLS's functions as they were found at run time. */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdatomic.h>
#include "tls.h"

/* Every function used: a member of struct vr_gnutls, named without its prefix. */
#define VR_GNUTLS_FUNCTIONS(X) \
    X(strerror) X(certificate_allocate_credentials) X(certificate_free_credentials)                                \
    X(certificate_set_x509_trust_file) X(certificate_set_x509_crl_file) X(certificate_set_x509_key_file)           \
    X(init) X(deinit) X(priority_set_direct) X(credentials_set) X(transport_set_ptr)                               \
    X(transport_set_push_function) X(transport_set_pull_function) X(transport_set_errno) X(handshake)              \
    X(record_send) X(record_recv) X(cipher_get) X(cipher_get_key_size) X(certificate_verify_peers2)                \
    X(certificate_type_get) X(certificate_get_peers) X(x509_crt_init) X(x509_crt_deinit) X(x509_crt_import)        \
    X(x509_crt_list_import) X(x509_crt_list_verify) X(x509_crt_check_hostname) X(x509_crt_get_expiration_time)     \
    X(x509_crt_get_activation_time) X(x509_crt_get_basic_constraints) X(x509_crt_get_key_usage)                    \
    X(x509_crt_get_key_purpose_oid) X(x509_crt_get_dn)

struct vr_gnutls {
#define MEMBER(name) __typeof__(gnutls_##name) *name;
    VR_GNUTLS_FUNCTIONS(MEMBER)
#undef MEMBER
};
extern struct vr_gnutls vr_gnutls;

struct vr_tls_context {
    atomic_int refs;
    gnutls_certificate_credentials_t credentials;
    char *priority;
    bool verify, own;
};

bool vr_tls_load(struct vr_error **err);
/** Our own certificates are what a peer will accept: dates, constraints, usage, signed by the CA. */
bool vr_tls_sane(const struct vr_tls_files *files, struct vr_error **err);
/** The peer of a finished handshake is trusted and is the one meant. */
bool vr_tls_check_peer(gnutls_session_t session, const char *hostname, bool verify, struct vr_error **err);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * TLS as a byte filter (filter.h), the client's side. GnuTLS is opened when the first context is made: linking it would
 * cost every program that never asks for TLS most of its start.
 */
#include <stdbool.h>
#include "filter.h"

struct vr_tls_context;

/** Where the certificates are; NULL: that one is not there. A client needs `ca` only. */
struct vr_tls_files {
    const char *ca, *crl, *cert, *key;
};

struct vr_tls_options {
    const char *priority; /* GnuTLS's priority string; NULL: its NORMAL */
    bool sanity;          /* look at our own certificates before using them */
    bool verify;          /* refuse a peer whose certificate is not good */
};

/**
 * vr_tls_context_new - load certificates
 *
 * Reads files: blocks. Reports VIR_ERR_SYSTEM_ERROR for what cannot be loaded or would not be accepted by a peer, naming
 * the file.
 */
struct vr_tls_context *vr_tls_context_new(const struct vr_tls_files *files, const struct vr_tls_options *options,
                                          struct vr_error **err);
/** It has a certificate of our own to show. */
bool vr_tls_context_has_own(const struct vr_tls_context *context);
/** Filters made from it keep it. */
void vr_tls_context_unref(struct vr_tls_context *context);

/**
 * vr_tls_filter_new - a client's session; the handshake runs as bytes pass
 * @hostname: whom the peer's certificate must name; NULL: whoever it is
 */
struct vr_filter *vr_tls_filter_new(struct vr_tls_context *context, const char *hostname, struct vr_error **err);
/** Bits of the session's cipher key; 0 before the handshake is done. */
int vr_tls_key_bits(const struct vr_filter *filter);

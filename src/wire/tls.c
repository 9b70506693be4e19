/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#include "tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "late.h"
#include "tls_internal.h"

/* A peer that sends more than this of its handshake before it is done is not one. */
#define HANDSHAKE_MAX (256u * 1024)

/* ---- the library, late ------------------------------------------------------------------------------------------- */

struct vr_gnutls vr_gnutls;

bool vr_tls_load(struct vr_error **err)
{
    static const char *const names[] = {
#define NAME(name) "gnutls_" #name,
        VR_GNUTLS_FUNCTIONS(NAME)
#undef NAME
    };
    static atomic_bool loaded;
    return vr_late_load("libgnutls.so.30", names, VR_COUNT(names), &vr_gnutls, &loaded, err);
}

/* ---- credentials ------------------------------------------------------------------------------------------------- */

static bool set_files(struct vr_tls_context *c, const struct vr_tls_files *f, struct vr_error **err)
{
    int rc = vr_gnutls.certificate_set_x509_trust_file(c->credentials, f->ca, GNUTLS_X509_FMT_PEM);
    if (rc < 0)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Unable to set x509 CA certificate: %s: %s", f->ca,
                       vr_gnutls.strerror(rc));
    rc = f->crl ? vr_gnutls.certificate_set_x509_crl_file(c->credentials, f->crl, GNUTLS_X509_FMT_PEM) : 0;
    if (rc < 0)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Unable to set x509 certificate revocation list: %s: %s", f->crl,
                       vr_gnutls.strerror(rc));
    rc = f->cert && f->key ? vr_gnutls.certificate_set_x509_key_file(c->credentials, f->cert, f->key,
                                                                    GNUTLS_X509_FMT_PEM) : 0;
    if (rc < 0)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Unable to set x509 key and certificate: %s, %s: %s", f->key,
                       f->cert, vr_gnutls.strerror(rc));
    return true;
}

struct vr_tls_context *vr_tls_context_new(const struct vr_tls_files *files, const struct vr_tls_options *options,
                                          struct vr_error **err)
{
    if (!vr_tls_load(err))
        return NULL;
    struct vr_tls_context *c = vr_new(struct vr_tls_context);
    c->refs = 1;
    c->verify = options->verify;
    c->own = files->cert && files->key;
    c->priority = vr_strdup(options->priority ? options->priority : "NORMAL");
    int rc = vr_gnutls.certificate_allocate_credentials(&c->credentials);
    if (rc < 0)
        vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Unable to allocate x509 credentials: %s", vr_gnutls.strerror(rc));
    else if ((!options->sanity || vr_tls_sane(files, err)) && set_files(c, files, err))
        return c;
    vr_tls_context_unref(c);
    return NULL;
}

bool vr_tls_context_has_own(const struct vr_tls_context *c)
{
    return c->own;
}

void vr_tls_context_unref(struct vr_tls_context *c)
{
    if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    if (c->credentials)
        vr_gnutls.certificate_free_credentials(c->credentials);
    free(c->priority);
    free(c);
}

/* ---- a session --------------------------------------------------------------------------------------------------- */

struct tls {
    struct vr_filter base;
    struct vr_tls_context *context;
    gnutls_session_t session;
    char *hostname;
    struct vr_buf pushed; /* what GnuTLS wants sent */
    size_t handshake_bytes;
    bool done;
};

static ssize_t pull(gnutls_transport_ptr_t opaque, void *data, size_t len)
{
    struct tls *t = opaque;
    struct vr_buf *in = &t->base.received;
    if (!in->len) {
        vr_gnutls.transport_set_errno(t->session, EAGAIN);
        return -1;
    }
    if (len > in->len)
        len = in->len;
    memcpy(data, in->data, len);
    vr_buf_consume(in, len);
    return (ssize_t)len;
}

static ssize_t push(gnutls_transport_ptr_t opaque, const void *data, size_t len)
{
    struct tls *t = opaque;
    vr_buf_add(&t->pushed, data, len);
    return (ssize_t)len;
}

static bool handshake(struct tls *t, struct vr_error **err)
{
    if (t->done)
        return true;
    int rc;
    do
        rc = vr_gnutls.handshake(t->session);
    while (rc == GNUTLS_E_INTERRUPTED || rc == GNUTLS_E_WARNING_ALERT_RECEIVED);
    if (rc == GNUTLS_E_AGAIN)
        return t->handshake_bytes <= HANDSHAKE_MAX ||
               vr_fail(err, VIR_ERR_SYSTEM_ERROR, "%s", "TLS handshake failed: the peer's part is too long");
    if (rc != GNUTLS_E_SUCCESS)
        return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "TLS handshake failed %s", vr_gnutls.strerror(rc));
    if (!vr_tls_check_peer(t->session, t->hostname, t->context->verify, err))
        return false;
    t->done = true;
    return true;
}

static bool decode(struct vr_filter *f, struct vr_buf *in, struct vr_buf *out, struct vr_error **err)
{
    struct tls *t = (struct tls *)f;
    if (!t->done) {
        size_t before = in->len;
        bool ok = handshake(t, err);
        t->handshake_bytes += before - in->len;
        if (!ok)
            return false;
    }
    while (t->done) {
        void *room = vr_buf_room(out, 16384);
        ssize_t n = vr_gnutls.record_recv(t->session, room, 16384);
        if (n > 0)
            vr_buf_added(out, (size_t)n);
        else if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_REHANDSHAKE)
            break; /* a new handshake may be refused by not answering it */
        else if (n == 0)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, EIO, "%s", "End of file while reading data");
        else if (n != GNUTLS_E_INTERRUPTED && n != GNUTLS_E_WARNING_ALERT_RECEIVED)
            return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Cannot recv data: %s", vr_gnutls.strerror((int)n));
    }
    return true;
}

static bool encode(struct vr_filter *f, struct vr_buf *in, struct vr_buf *out, struct vr_error **err)
{
    struct tls *t = (struct tls *)f;
    bool ok = handshake(t, err);
    while (ok && t->done && in->len) {
        ssize_t n = vr_gnutls.record_send(t->session, in->data, in->len);
        if (n > 0)
            vr_buf_consume(in, (size_t)n);
        else if (n != GNUTLS_E_INTERRUPTED && n != GNUTLS_E_AGAIN)
            ok = vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Cannot write data: %s", vr_gnutls.strerror((int)n));
    }
    if (t->pushed.len) { /* an alert too, when it failed */
        vr_buf_add(out, t->pushed.data, t->pushed.len);
        vr_buf_consume(&t->pushed, t->pushed.len);
    }
    return ok;
}

static bool ready(const struct vr_filter *f)
{
    return ((const struct tls *)f)->done;
}

static void tls_free(struct vr_filter *f)
{
    struct tls *t = (struct tls *)f;
    if (t->session)
        vr_gnutls.deinit(t->session);
    vr_tls_context_unref(t->context);
    vr_buf_done(&t->pushed);
    free(t->hostname);
    free(t);
}

static const struct vr_filter_ops ops = {
    .name = "tls", .decode = decode, .encode = encode, .ready = ready, .free = tls_free,
};

struct vr_filter *vr_tls_filter_new(struct vr_tls_context *c, const char *hostname, struct vr_error **err)
{
    struct tls *t = vr_new(struct tls);
    t->base.ops = &ops;
    atomic_fetch_add(&c->refs, 1);
    t->context = c;
    t->hostname = vr_strdup(hostname);
    int rc = vr_gnutls.init(&t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    if (rc != 0) {
        vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Failed to initialize TLS session: %s", vr_gnutls.strerror(rc));
        goto fail;
    }
    rc = vr_gnutls.priority_set_direct(t->session, c->priority, NULL);
    if (rc != 0) {
        vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Failed to set TLS session priority to %s: %s", c->priority,
                vr_gnutls.strerror(rc));
        goto fail;
    }
    rc = vr_gnutls.credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, c->credentials);
    if (rc != 0) {
        vr_fail(err, VIR_ERR_SYSTEM_ERROR, "Failed set TLS x509 credentials: %s", vr_gnutls.strerror(rc));
        goto fail;
    }
    vr_gnutls.transport_set_ptr(t->session, t);
    vr_gnutls.transport_set_push_function(t->session, push);
    vr_gnutls.transport_set_pull_function(t->session, pull);
    return &t->base;
fail:
    tls_free(&t->base);
    return NULL;
}

int vr_tls_key_bits(const struct vr_filter *f)
{
    const struct tls *t = (const struct tls *)f;
    return t->done ? (int)vr_gnutls.cipher_get_key_size(vr_gnutls.cipher_get(t->session)) * 8 : 0;
}

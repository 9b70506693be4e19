/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/paths.h"
#include "transport.h"
#include "wire/tls.h"

/* A server that accepts and then says nothing is not one. */
#define HANDSHAKE_MAX VR_SEC(60)

static const char *system_file(struct vr_arena *arena, const char *path)
{
    vr_autofree char *whole = vr_path("%s", path);
    return vr_arena_strdup(arena, whole);
}

static bool there(const char *path)
{
    return access(path, F_OK) == 0;
}

static const char *if_there(const char *path)
{
    return there(path) ? path : NULL;
}

static void find_files(struct vr_arena *arena, const char *pkipath, struct vr_tls_files *f)
{
    const char *home = getenv("HOME");
    const char *dir = pkipath;
    *f = (struct vr_tls_files){ 0 };
    if (!dir && geteuid() != 0 && home)
        dir = vr_arena_printf(arena, "%s/.pki/libvirt", home);
    if (dir) {
        f->ca = vr_arena_printf(arena, "%s/cacert.pem", dir);
        f->crl = vr_arena_printf(arena, "%s/cacrl.pem", dir);
        f->cert = vr_arena_printf(arena, "%s/clientcert.pem", dir);
        f->key = vr_arena_printf(arena, "%s/clientkey.pem", dir);
    }
    if (dir && !pkipath) { /* a user's own files come first, each for itself; key and certificate belong together */
        f->ca = if_there(f->ca);
        f->crl = if_there(f->crl);
        f->cert = if_there(f->cert);
        f->key = if_there(f->key);
    }
    if (!f->ca)
        f->ca = system_file(arena, "/etc/pki/CA/cacert.pem");
    if (!f->crl)
        f->crl = system_file(arena, "/etc/pki/CA/cacrl.pem");
    if (!f->cert && !f->key) {
        f->cert = system_file(arena, "/etc/pki/libvirt/clientcert.pem");
        f->key = system_file(arena, "/etc/pki/libvirt/private/clientkey.pem");
    }
}

static bool certificates(struct vr_arena *arena, const char *pkipath, struct vr_tls_files *f, struct vr_error **err)
{
    find_files(arena, pkipath, f);
    if (!there(f->ca))
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "Cannot read %s '%s'", "CA certificate", f->ca);
    f->crl = if_there(f->crl);
    /* A server that wants none needs none; half a pair is none. */
    bool pair = f->cert && f->key && there(f->cert) && there(f->key);
    f->cert = pair ? f->cert : NULL;
    f->key = pair ? f->key : NULL;
    return true;
}

/* ---- the handshake ----------------------------------------------------------------------------------------------- */

static bool wait_for(int fd, short events, vr_time deadline, struct vr_error **err)
{
    for (;;) {
        struct pollfd p = { .fd = fd, .events = events };
        vr_time left = deadline - vr_now();
        int n = left > 0 ? poll(&p, 1, (int)(left / VR_MS(1)) + 1) : 0;
        if (n > 0)
            return true;
        if (n == 0)
            return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "%s", "TLS handshake failed: the server does not answer");
        if (errno != EINTR)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", "poll on socket failed");
    }
}

static bool send_all(int fd, struct vr_buf *wire, vr_time deadline, struct vr_error **err)
{
    while (wire->len) {
        ssize_t n = send(fd, wire->data, wire->len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            vr_buf_consume(wire, (size_t)n);
        else if (errno != EAGAIN && errno != EINTR)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", "Cannot write data");
        else if (!wait_for(fd, POLLOUT, deadline, err))
            return false;
    }
    return true;
}

static bool not_taken(struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_RPC, "%s", "server verification (of our certificate or IP address) failed");
}

/* Until the session stands and the server sent the one byte that says it likes us. */
static bool handshake(struct vr_transport *how, struct vr_error **err)
{
    vr_autobuf struct vr_buf wire = VR_BUF_INIT;
    vr_autobuf struct vr_buf plain = VR_BUF_INIT;
    vr_time deadline = vr_after(HANDSHAKE_MAX);
    char data[4096];
    for (;;) {
        bool was_ready = vr_filters_ready(&how->filters);
        bool ok = vr_filters_send(&how->filters, NULL, 0, &wire, err);
        if (!send_all(how->fd, &wire, deadline, ok ? err : NULL) || !ok)
            return false;
        if (plain.len)
            return (plain.len == 1 && plain.data[0] == 1) || not_taken(err);
        if (!wait_for(how->fd, POLLIN, deadline, err))
            return false;
        ssize_t n = recv(how->fd, data, sizeof(data), MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n <= 0 && was_ready)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, n < 0 ? errno : EIO, "%s",
                                 "Unable to read TLS confirmation");
        if (n <= 0)
            return vr_fail(err, VIR_ERR_SYSTEM_ERROR, "TLS handshake failed %s", n < 0 ? strerror(errno)
                                : "The TLS connection was non-properly terminated.");
        struct vr_error *why = NULL;
        if (!vr_filters_received(&how->filters, data, (size_t)n, &plain, &why)) {
            vr_filters_send(&how->filters, NULL, 0, &wire, NULL); /* the alert that says why */
            send_all(how->fd, &wire, deadline, NULL);
            return vr_error_move(err, &why);
        }
    }
}

struct vr_tls_context *vr_transport_tls_context(struct vr_arena *arena, const struct vr_remote_params *p,
                                                struct vr_error **err)
{
    struct vr_tls_files files;
    struct vr_tls_options options = { .priority = p->tls_priority, .sanity = !p->no_sanity, .verify = !p->no_verify };
    return certificates(arena, p->pkipath, &files, err) ? vr_tls_context_new(&files, &options, err) : NULL;
}

bool vr_transport_tls(struct vr_transport *how, struct vr_tls_context *context, const char *host, struct vr_error **err)
{
    struct vr_filter *f = vr_tls_filter_new(context, host, err);
    if (!f)
        return false;
    vr_filters_push(&how->filters, f);
    if (!handshake(how, err))
        return false;
    how->secure = how->encrypted = true;
    how->tls_bits = vr_tls_key_bits(f);
    return true;
}

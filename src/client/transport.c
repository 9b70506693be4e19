/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_REMOTE
#include "transport.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "libssh.h"
#include "ssh.h"
#include "unix_socket.h"
#include "wire/tls.h"

#define TCP_PORT 16509
#define TLS_PORT 16514
#define SSH_PORT 22

static int connect_tcp(const struct vr_uri *uri, int default_port, struct vr_error **err)
{
    const char *host = uri->host ? uri->host : "localhost";
    char port[16];
    snprintf(port, sizeof(port), "%d", uri->port ? uri->port : default_port);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *found = NULL;
    int rc = getaddrinfo(host, port, &hints, &found);
    if (rc == EAI_NONAME || rc == EAI_ADDRFAMILY) { /* AI_ADDRCONFIG hides ::1 where only loopback has IPv6 */
        hints.ai_flags = 0;
        rc = getaddrinfo(host, port, &hints, &found);
    }
    if (rc != 0) {
        vr_error_report(err, VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, -1, "Unable to resolve address '%s' service '%s': %s",
                        host, port, gai_strerror(rc));
        return -1;
    }
    int fd = -1, why = 0;
    for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
            why = fd < 0 ? errno : 0;
            continue;
        }
        why = errno;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    if (fd < 0) {
        vr_error_report(err, VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, why, "unable to connect to server at '%s:%s'", host,
                        port);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    return fd;
}

static bool connect_tls(struct vr_arena *arena, const struct vr_uri *uri, const struct vr_remote_params *p,
                        struct vr_transport *t, struct vr_error **err)
{
    struct vr_tls_context *context = vr_transport_tls_context(arena, p, err);
    if (!context)
        return false;
    t->fd = connect_tcp(uri, TLS_PORT, err);
    bool ok = t->fd >= 0 && vr_transport_tls(t, context, uri->host ? uri->host : "localhost", err);
    if (!ok && t->fd >= 0 && !vr_tls_context_has_own(context)) /* the commonest cause */
        vr_error_suffix(err, "%s", " (this side has no client certificate to show; the server may want one)");
    vr_tls_context_unref(context);
    return ok;
}

/* ---- through a shell --------------------------------------------------------------------------------------------- */

/* What is to happen at the other end. NULL with an error. */
static const char *remote_command(struct vr_arena *arena, const struct vr_uri *uri, const struct vr_remote_params *p,
                                  bool readonly, struct vr_error **err)
{
    struct vr_remote_params use = *p;
    struct vr_socket_choice there;
    bool session = vr_socket_session(uri);
    if (!vr_socket_choose(arena, uri, p, readonly, &there, err))
        return NULL;
    if (p->socket)
        use.proxy = VR_PROXY_NETCAT;
    else if (session && !p->proxy_said)
        use.proxy = VR_PROXY_NATIVE; /* netcat cannot know where a user's socket is, nor start a daemon */
    else if (p->netcat && use.proxy == VR_PROXY_AUTO)
        use.proxy = VR_PROXY_NETCAT;
    if (use.proxy == VR_PROXY_NATIVE && p->netcat) {
        vr_error_report(err, VIR_FROM_RPC, VIR_ERR_INVALID_ARG, -1, "%s", "netcat path not valid with native proxy mode");
        return NULL;
    }
    return vr_ssh_remote_command(arena, &use, vr_uri_for_server(arena, uri), there.path, readonly);
}

static bool connect_ssh(struct vr_arena *arena, const struct vr_uri *uri, const struct vr_remote_params *p,
                        unsigned flags, struct vr_child *child, struct vr_error **err)
{
    const char *command = remote_command(arena, uri, p, flags & VIR_CONNECT_RO, err);
    return command && vr_child_start(vr_ssh_argv(arena, p, uri, command), vr_ssh_environment, child, err);
}

static bool connect_libssh(struct vr_arena *arena, const struct vr_uri *uri, const struct vr_remote_params *p,
                           virConnectAuthPtr auth, unsigned flags, struct vr_child *child, struct vr_error **err)
{
    const char *command = remote_command(arena, uri, p, flags & VIR_CONNECT_RO, err);
    int sock = command && vr_libssh_params(p, err) ? connect_tcp(uri, SSH_PORT, err) : -1;
    return sock >= 0 && vr_libssh_connect(arena, p, uri, sock, auth, command, child, err);
}

static bool connect_ext(const struct vr_remote_params *p, struct vr_child *child, struct vr_error **err)
{
    if (!p->command)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "remote_open: for 'ext' transport, command is required");
    return vr_child_start((const char *const[]){ p->command, NULL }, vr_ssh_environment, child, err);
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

struct vr_transport vr_transport_of_unix(int fd)
{
    return (struct vr_transport){ .fd = fd, .unix_socket = true, .secure = true, .child = { .fd = -1, .complaints = -1 } };
}

void vr_transport_done(struct vr_transport *how)
{
    vr_filters_done(&how->filters);
    if (how->fd >= 0)
        close(how->fd);
    how->fd = -1;
    vr_child_end(&how->child);
}

static int connect_unix(struct vr_arena *arena, const struct vr_uri *uri, const struct vr_remote_params *p,
                        unsigned flags, struct vr_error **err)
{
    struct vr_socket_choice choice;
    if (uri && uri->host) {
        vr_fail(err, VIR_ERR_INVALID_ARG, "using unix socket and remote server '%s' is not supported.", uri->host);
        return -1;
    }
    return vr_socket_choose(arena, uri, p, flags & VIR_CONNECT_RO, &choice, err)
               ? vr_socket_connect(arena, &choice, err) : -1;
}

bool vr_transport_connect(struct vr_arena *arena, const struct vr_uri *uri, const struct vr_remote_params *p,
                          virConnectAuthPtr auth, unsigned flags, struct vr_transport *how, struct vr_error **err)
{
    struct vr_transport t = { .fd = -1, .child = { .fd = -1, .complaints = -1 } };
    bool ok = true;
    switch (p->transport) {
    case VR_TRANSPORT_UNIX:
        t.fd = connect_unix(arena, uri, p, flags, err);
        t.unix_socket = t.secure = true;
        break;
    case VR_TRANSPORT_TCP:
        t.fd = connect_tcp(uri, TCP_PORT, err);
        break;
    case VR_TRANSPORT_TLS:
        ok = connect_tls(arena, uri, p, &t, err);
        break;
    case VR_TRANSPORT_SSH:
        ok = connect_ssh(arena, uri, p, flags, &t.child, err);
        break;
    case VR_TRANSPORT_LIBSSH:
        ok = connect_libssh(arena, uri, p, auth, flags, &t.child, err);
        break;
    case VR_TRANSPORT_EXT:
        ok = connect_ext(p, &t.child, err);
        break;
    case VR_TRANSPORT_LIBSSH2:
        ok = vr_error_report(err, VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, ENOSYS, "%s",
                             "libssh2 transport support was not enabled");
        break;
    }
    if (t.child.fd >= 0) {
        t.fd = t.child.fd;
        t.secure = true;
    }
    if (ok && t.fd >= 0) {
        *how = t;
        return true;
    }
    vr_transport_done(&t);
    return false;
}

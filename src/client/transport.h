/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* From a URI to a connection that carries packets: a socket, the filters over it, the program behind it. */
#include "api/public.h"
#include "child.h"
#include "params.h"
#include "wire/filter.h"

struct vr_transport {
    int fd;
    bool unix_socket;   /* descriptors can travel */
    bool secure;        /* nobody on the way can read it: a UNIX socket, a program's, or TLS */
    bool encrypted;
    int tls_bits;       /* strength of TLS, 0 without */
    struct vr_filters filters; /* TLS, its handshake done; empty otherwise */
    struct vr_child child;     /* its fd is the one above */
};

/**
 * vr_transport_connect - connect to the daemon a URI means
 * @uri:   NULL when the application said none: the local daemon
 * @p:     what vr_remote_params made of it
 * @auth:  asked by transports that log in somewhere; NULL: nobody can be asked
 * @flags: VIR_CONNECT_RO picks the read-only socket
 *
 * Blocks. Reports what was tried.
 */
bool vr_transport_connect(struct vr_arena *arena, const struct vr_uri *uri, const struct vr_remote_params *p,
                          virConnectAuthPtr auth, unsigned flags, struct vr_transport *how, struct vr_error **err);
/** A plain UNIX socket as a transport; takes over the descriptor. */
struct vr_transport vr_transport_of_unix(int fd);
/** Closes and ends what is left of it. */
void vr_transport_done(struct vr_transport *how);

struct vr_tls_context;
/* In tls_connect.c. Certificates are looked at before anybody is connected to. */
struct vr_tls_context *vr_transport_tls_context(struct vr_arena *arena, const struct vr_remote_params *p,
                                                struct vr_error **err);
/** TLS over a connected socket: handshake, and the server's word that it takes us. */
bool vr_transport_tls(struct vr_transport *how, struct vr_tls_context *context, const char *host, struct vr_error **err);

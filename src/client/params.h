/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The parameters of a URI that steer this library, and the transport it names. */
#include <stdbool.h>
#include "uri.h"

enum vr_transport_kind {
    VR_TRANSPORT_UNIX, VR_TRANSPORT_TLS, VR_TRANSPORT_SSH, VR_TRANSPORT_EXT, VR_TRANSPORT_TCP, VR_TRANSPORT_LIBSSH,
    VR_TRANSPORT_LIBSSH2,
};
extern const char *const vr_transport_names[];

enum vr_socket_mode { VR_MODE_AUTO, VR_MODE_LEGACY, VR_MODE_DIRECT };
enum vr_proxy { VR_PROXY_AUTO, VR_PROXY_NETCAT, VR_PROXY_NATIVE };

/* NULL and false where the URI does not say. Everything is borrowed from the URI. */
struct vr_remote_params {
    enum vr_transport_kind transport;
    const char *command, *socket, *auth, *sshauth, *netcat, *keyfile, *pkipath, *known_hosts, *known_hosts_verify;
    const char *tls_priority, *authfile;
    enum vr_socket_mode mode;
    enum vr_proxy proxy;
    bool proxy_said;
    bool no_sanity, no_verify, no_tty;
};

/** @uri NULL: the local daemon. Reports VIR_ERR_INVALID_ARG for what cannot be understood. */
bool vr_remote_params(const struct vr_uri *uri, struct vr_remote_params *out, struct vr_error **err);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_REMOTE
#include "params.h"

#include <limits.h>
#include <stddef.h>
#include <strings.h>
#include "base/cleanup.h"
#include "base/str.h"

const char *const vr_transport_names[] = { "unix", "tls", "ssh", "ext", "tcp", "libssh", "libssh2", NULL };
static const char *const mode_names[] = { "auto", "legacy", "direct", NULL };
static const char *const proxy_names[] = { "auto", "netcat", "native", NULL };

static const struct {
    const char *name;
    size_t offset;
} texts[] = {
#define TEXT(name) { #name, offsetof(struct vr_remote_params, name) }
    TEXT(command), TEXT(socket), TEXT(auth), TEXT(sshauth), TEXT(netcat), TEXT(keyfile), TEXT(pkipath),
    TEXT(known_hosts), TEXT(known_hosts_verify), TEXT(tls_priority), TEXT(authfile),
#undef TEXT
}, flags[] = {
#define FLAG(name) { #name, offsetof(struct vr_remote_params, name) }
    FLAG(no_sanity), FLAG(no_verify), FLAG(no_tty),
#undef FLAG
};

static bool transport(const struct vr_uri *uri, struct vr_remote_params *p, struct vr_error **err)
{
    p->transport = uri && uri->host ? VR_TRANSPORT_TLS : VR_TRANSPORT_UNIX;
    if (!uri || !uri->transport)
        return true;
    int found = 0;
    while (vr_transport_names[found] && strcasecmp(vr_transport_names[found], uri->transport) != 0)
        found++;
    if (!vr_transport_names[found])
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "remote_open: transport in URL not recognised (should be "
                       "tls|unix|ssh|ext|tcp|libssh2|libssh)");
    p->transport = (enum vr_transport_kind)found;
    return true;
}

static bool one_flag(const struct vr_uri *uri, const char *name, bool *to, struct vr_error **err)
{
    const char *text = vr_uri_param(uri, name);
    int64_t number = 0;
    if (text && !vr_parse_i64(text, 10, INT_MIN, INT_MAX, &number))
        return vr_fail(err, VIR_ERR_INVALID_ARG, "Failed to parse value of URI component %s", name);
    *to = number != 0;
    return true;
}

bool vr_remote_params(const struct vr_uri *uri, struct vr_remote_params *out, struct vr_error **err)
{
    struct vr_remote_params p = { 0 };
    if (!transport(uri, &p, err))
        return false;
    for (size_t i = 0; uri && i < VR_COUNT(texts); i++)
        *(const char **)((char *)&p + texts[i].offset) = vr_uri_param(uri, texts[i].name);
    for (size_t i = 0; uri && i < VR_COUNT(flags); i++)
        if (!one_flag(uri, flags[i].name, (bool *)((char *)&p + flags[i].offset), err))
            return false;
    const char *mode = uri ? vr_uri_param(uri, "mode") : NULL;
    if (mode) {
        int found = vr_name_index(mode_names, mode);
        if (found < 0)
            return vr_fail(err, VIR_ERR_INVALID_ARG, "Unknown remote mode '%s'", mode);
        p.mode = (enum vr_socket_mode)found;
    }
    const char *proxy = uri ? vr_uri_param(uri, "proxy") : NULL;
    if (proxy) {
        int found = vr_name_index(proxy_names, proxy);
        if (found < 0) /* stock's spelling */
            return vr_fail(err, VIR_ERR_INVALID_ARG, "Unnkown proxy type '%s'", proxy);
        p.proxy = (enum vr_proxy)found;
        p.proxy_said = true;
    }
    *out = p;
    return true;
}

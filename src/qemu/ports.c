/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "ports.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "conf.h"
#include "driver.h"
#include "model/domain.h"

static uint64_t taken[65536 / 64];

static bool is_taken(int port)
{
    return taken[port / 64] >> (port % 64) & 1;
}
static void mark(int port, bool on)
{
    if (port <= 0 || port > 65535)
        return;
    if (on)
        taken[port / 64] |= 1ull << (port % 64);
    else
        taken[port / 64] &= ~(1ull << (port % 64));
}

/* Another program may hold the port: binding it for a moment tells, on both families since QEMU may use either. */
static bool is_free(int port)
{
    for (int v6 = 0; v6 < 2; v6++) {
        struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
        vr_autoclose int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int one = 1;
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        if (v6)
            setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
        if (bind(fd, v6 ? (struct sockaddr *)&in6 : (struct sockaddr *)&in4, v6 ? sizeof(in6) : sizeof(in4)) < 0 &&
            errno == EADDRINUSE)
            return false;
    }
    return true;
}

static bool choose(int64_t from, int64_t to, const char *what, struct vr_oint *out, struct vr_error **err)
{
    for (int64_t port = from; port <= to; port++) {
        if (is_taken((int)port) || !is_free((int)port))
            continue;
        mark((int)port, true);
        *out = (struct vr_oint){ true, (int)port };
        return true;
    }
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unable to find an unused port in range '%s' (%d-%d)"), what, (int)from,
                   (int)to);
}

static bool has_listener(const struct vr_graphics *g)
{
    for (size_t i = 0; i < g->listens.n; i++)
        if (g->listens.v[i]->type == VR_LISTEN_ADDRESS || g->listens.v[i]->type == VR_LISTEN_NETWORK)
            return true;
    return g->listens.n == 0;
}

static bool reserve_one(struct vr_graphics *g, struct vr_error **err)
{
    if ((g->type != VR_GRAPHICS_VNC && g->type != VR_GRAPHICS_SPICE) || !has_listener(g))
        return true;
    bool automatic = g->autoport == VR_TRI_YES || (g->type == VR_GRAPHICS_VNC && (!g->port.set || g->port.v == -1));
    if (automatic || g->port.v == -1) {
        if (!choose(vr_qemu.conf->remote_display_port_min, vr_qemu.conf->remote_display_port_max, "display", &g->port, err))
            return false;
        g->port_reserved = true;
    } else if (g->port.set && g->port.v > 0) {
        mark(g->port.v, true);
        g->port_reserved = true;
    }
    if (g->websocket.set && g->websocket.v == -1) {
        if (!choose(vr_qemu.conf->remote_websocket_port_min, vr_qemu.conf->remote_websocket_port_max, "webSocket",
                    &g->websocket, err))
            return false;
        g->websocket_reserved = true;
    }
    return true;
}

bool vr_ports_reserve(struct vr_domain_def *live, struct vr_error **err)
{
    for (size_t i = 0; i < live->graphics.n; i++) {
        if (!reserve_one(live->graphics.v[i], err)) {
            vr_ports_release(live);
            return false;
        }
    }
    return true;
}

void vr_ports_note(struct vr_domain_def *live)
{
    for (size_t i = 0; i < live->graphics.n; i++) {
        struct vr_graphics *g = live->graphics.v[i];
        if (g->port.set && g->port.v > 0) {
            mark(g->port.v, true);
            g->port_reserved = true;
        }
        if (g->websocket.set && g->websocket.v > 0) {
            mark(g->websocket.v, true);
            g->websocket_reserved = true;
        }
    }
}

void vr_ports_release(struct vr_domain_def *live)
{
    for (size_t i = 0; i < live->graphics.n; i++) {
        struct vr_graphics *g = live->graphics.v[i];
        if (g->port_reserved)
            mark(g->port.v, false);
        if (g->websocket_reserved)
            mark(g->websocket.v, false);
        g->port_reserved = g->websocket_reserved = false;
    }
}

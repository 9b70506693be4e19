/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a live definition says beyond the document: where sockets are, which address a screen listens on, the clock. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <time.h>
#include "qemu/command/build.h"

static void channel(struct vr_domain_def *def, struct vr_chr *c, const struct vr_qemu_run *run)
{
    if (c->channel_target != VR_CHANNEL_VIRTIO || c->src.type != VR_CHR_UNIX || c->src.path)
        return;
    c->src.path = vr_qemu_channel_path(def->arena, run, c);
    c->src.mode = VR_CHR_SOURCE_BIND;
}

/* TLS on TCP is a setting of the daemon's that documents may override; without it they say so. */
static void tcp(struct vr_chr_source *src)
{
    if (src && src->type == VR_CHR_TCP && src->tls == VR_TRI_UNSET)
        src->tls = VR_TRI_NO;
}

static void screen(struct vr_domain_def *def, struct vr_graphics *g, const char *name, const char *address,
                   const struct vr_qemu_run *run)
{
    if (g->type == VR_GRAPHICS_VNC && g->socket_attr && !g->listens.n) {
        struct vr_graphics_listen *l = vr_arena_new_of(def->arena, struct vr_graphics_listen);
        l->type = VR_LISTEN_SOCKET;
        l->socket = g->socket_attr;
        VR_LIST_ADD(def->arena, &g->listens, l);
    } else if (!g->listens.n) {
        struct vr_graphics_listen *l = vr_arena_new_of(def->arena, struct vr_graphics_listen);
        l->type = VR_LISTEN_ADDRESS;
        l->address = g->listen_attr;
        VR_LIST_ADD(def->arena, &g->listens, l);
    }
    struct vr_graphics_listen *l = g->listens.v[0];
    if (l->type == VR_LISTEN_ADDRESS && !l->address) {
        l->address = vr_arena_strdup(def->arena, address ? address : "127.0.0.1");
        l->from_config = 1;
    }
    if (l->type == VR_LISTEN_ADDRESS && !g->listen_attr)
        g->listen_attr = l->address;
    if (l->type == VR_LISTEN_SOCKET && !l->socket) {
        l->socket = vr_arena_printf(def->arena, "%s/%s.sock", run->private_dir, name);
        l->auto_socket = true;
        if (g->type == VR_GRAPHICS_VNC)
            g->socket_attr = l->socket;
    }
}

/* An offset from local time is one from UTC once the guest runs: the zone's next change must not move its clock. */
static void clock_basis(struct vr_domain_def *def)
{
    struct vr_clock *c = &def->clock;
    int64_t shift = 0;
    time_t now = time(NULL);
    struct tm tm;
    if (c->offset != VR_CLOCK_VARIABLE || !vr_streq0(c->basis, "localtime"))
        return;
    if (c->adjustment && !vr_parse_i64(c->adjustment, 10, INT32_MIN, INT32_MAX, &shift))
        return; /* "reset", or an error that the command line reports */
    localtime_r(&now, &tm);
    c->adjustment = vr_arena_printf(def->arena, "%lld", (long long)(shift + tm.tm_gmtoff));
    c->basis = "utc";
}

void vr_qemu_prepare_live(struct vr_domain_def *def, const struct vr_qemu_run *run)
{
    for (size_t i = 0; i < def->channels.n; i++)
        channel(def, def->channels.v[i], run);
    for (size_t i = 0; i < def->serials.n; i++)
        tcp(&def->serials.v[i]->src);
    for (size_t i = 0; i < def->parallels.n; i++)
        tcp(&def->parallels.v[i]->src);
    for (size_t i = 0; i < def->consoles.n; i++)
        tcp(&def->consoles.v[i]->src);
    for (size_t i = 0; i < def->channels.n; i++)
        tcp(&def->channels.v[i]->src);
    for (size_t i = 0; i < def->redirdevs.n; i++)
        tcp(&def->redirdevs.v[i]->src);
    for (size_t i = 0; i < def->smartcards.n; i++)
        tcp(def->smartcards.v[i]->chardev);
    for (size_t i = 0; i < def->rngs.n; i++)
        tcp(def->rngs.v[i]->chardev);
    for (size_t i = 0; i < def->graphics.n; i++) {
        struct vr_graphics *g = def->graphics.v[i];
        if (g->type == VR_GRAPHICS_VNC)
            screen(def, g, "vnc", run->vnc_listen, run);
        else if (g->type == VR_GRAPHICS_SPICE)
            screen(def, g, "spice", run->spice_listen, run);
    }
    clock_basis(def);
}

void vr_qemu_native_ports(struct vr_domain_def *def)
{
    int next = 5900;
    for (size_t i = 0; i < def->graphics.n; i++) {
        struct vr_graphics *g = def->graphics.v[i];
        bool free_port = (g->port.set && g->port.v == -1) || g->autoport == VR_TRI_YES ||
                         (g->type == VR_GRAPHICS_VNC && !g->port.set);
        if ((g->type == VR_GRAPHICS_VNC || g->type == VR_GRAPHICS_SPICE) && free_port)
            g->port = (struct vr_oint){ true, g->type == VR_GRAPHICS_SPICE && next == 5900 ? ++next : next++ };
        if (g->websocket.set && g->websocket.v == -1)
            g->websocket.v = 5700;
    }
}

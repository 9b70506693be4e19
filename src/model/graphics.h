/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "model/common.h"

#define VR_GRAPHICS_TYPES(X, P)                                                                    \
    X(P, SDL, "sdl") X(P, VNC, "vnc") X(P, RDP, "rdp") X(P, DESKTOP, "desktop") X(P, SPICE, "spice") \
    X(P, EGL_HEADLESS, "egl-headless") X(P, DBUS, "dbus")
VR_ENUM(vr_graphics_type, VR_GRAPHICS, VR_GRAPHICS_TYPES);

#define VR_LISTEN_TYPES(X, P) X(P, ADDRESS, "address") X(P, NETWORK, "network") X(P, SOCKET, "socket") X(P, NONE, "none")
VR_ENUM(vr_listen_type, VR_LISTEN, VR_LISTEN_TYPES);

struct vr_graphics_listen {
    enum vr_listen_type type;
    const char *address, *network, *socket;
    unsigned from_config; /* live: address came from qemu.conf */
    bool auto_socket;    /* live: socket path was generated */
};

struct vr_spice_channel {
    const char *name, *mode;
};

struct vr_graphics {
    struct vr_arena *arena;
    enum vr_graphics_type type;
    VR_LIST(struct vr_graphics_listen) listens;
    const char *listen_attr;        /* listen= of the element itself */
    const char *socket_attr;        /* socket= of the element itself */
    struct vr_oint port;            /* -1: automatic */
    enum vr_tri autoport;
    struct vr_oint tls_port, websocket;
    const char *keymap, *share_policy, *passwd, *passwd_valid_to, *connected, *username;
    enum vr_tri power_control;
    /* spice */
    const char *default_mode;
    VR_LIST(struct vr_spice_channel) channels;
    const char *image_compression, *jpeg_compression, *zlib_compression, *streaming_mode, *mouse_mode;
    enum vr_tri playback, clipboard_copypaste, filetransfer, gl;
    const char *rendernode;
    /* sdl, desktop */
    const char *display, *xauth;
    enum vr_tri fullscreen, multi_user, replace_user;
    /* dbus */
    enum vr_tri p2p;
    const char *dbus_address;
    unsigned audio_id;
    /* run time */
    bool port_reserved, tls_port_reserved, websocket_reserved;
};

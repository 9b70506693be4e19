/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Character devices: the host side (source) and the guest side (serial, parallel, console, channel). */
#include "model/storage_source.h"

#define VR_CHR_TYPES(X, P)                                                                         \
    X(P, NULL, "null") X(P, VC, "vc") X(P, PTY, "pty") X(P, DEV, "dev") X(P, FILE, "file")         \
    X(P, PIPE, "pipe") X(P, STDIO, "stdio") X(P, UDP, "udp") X(P, TCP, "tcp") X(P, UNIX, "unix")   \
    X(P, SPICEVMC, "spicevmc") X(P, SPICEPORT, "spiceport") X(P, NMDM, "nmdm")                     \
    X(P, QEMU_VDAGENT, "qemu-vdagent") X(P, DBUS, "dbus")
VR_ENUM(vr_chr_type, VR_CHR, VR_CHR_TYPES);

#define VR_CHR_PROTOCOLS(X, P) X(P, RAW, "raw") X(P, TELNET, "telnet") X(P, TELNETS, "telnets") X(P, TLS, "tls")
VR_ENUM(vr_chr_protocol, VR_CHR_PROTO, VR_CHR_PROTOCOLS);

#define VR_CHR_MODES(X, P) X(P, CLIENT, "client") X(P, SERVER, "server")
VR_ENUM(vr_chr_mode, VR_CHR_MODE, VR_CHR_MODES);
/* <source mode=> is "connect"/"bind" in documents */
#define VR_CHR_SOURCE_MODES(X, P) X(P, CONNECT, "connect") X(P, BIND, "bind")
VR_ENUM(vr_chr_source_mode, VR_CHR_SOURCE, VR_CHR_SOURCE_MODES);

struct vr_chr_source {
    enum vr_chr_type type;
    const char *path;           /* pty (live), dev, file, pipe, unix */
    enum vr_tri append;
    const char *slave;          /* nmdm */
    const char *master;
    /* tcp, unix, udp */
    enum vr_chr_source_mode mode;
    const char *host, *service; /* tcp; udp: connect side */
    const char *bind_host, *bind_service; /* udp */
    enum vr_chr_protocol protocol;
    enum vr_tri tls;
    struct vr_reconnect *reconnect;
    const char *channel;        /* spiceport, dbus */
    enum vr_tri clipboard;      /* qemu-vdagent: <clipboard copypaste=> */
    const char *mouse_mode;     /* qemu-vdagent */
    const char *log_file;
    enum vr_tri log_append;
    VR_LIST(struct vr_seclabel) seclabels;
    /* run time */
    int fd_set;                 /* > 0: descriptor passed to QEMU */
};

#define VR_CHR_KINDS(X, P) X(P, PARALLEL, "parallel") X(P, SERIAL, "serial") X(P, CONSOLE, "console") X(P, CHANNEL, "channel")
VR_ENUM(vr_chr_kind, VR_CHR_KIND, VR_CHR_KINDS);

#define VR_SERIAL_TARGETS(X, P)                                                                    \
    X(P, ISA, "isa-serial") X(P, USB, "usb-serial") X(P, PCI, "pci-serial") X(P, SPAPR_VIO, "spapr-vio-serial") \
    X(P, SYSTEM, "system-serial") X(P, SCLP, "sclp-serial") X(P, ISA_DEBUG, "isa-debug")
VR_ENUM(vr_serial_target, VR_SERIAL, VR_SERIAL_TARGETS);

#define VR_SERIAL_MODELS(X, P)                                                                     \
    X(P, ISA, "isa-serial") X(P, USB, "usb-serial") X(P, PCI, "pci-serial") X(P, SPAPR_VTY, "spapr-vty") \
    X(P, PL011, "pl011") X(P, SCLPCONSOLE, "sclpconsole") X(P, SCLPLMCONSOLE, "sclplmconsole")      \
    X(P, UART_16550A, "16550a") X(P, ISA_DEBUGCON, "isa-debugcon")
VR_ENUM(vr_serial_model, VR_SERIAL_MODEL, VR_SERIAL_MODELS);

#define VR_CONSOLE_TARGETS(X, P)                                                                   \
    X(P, SERIAL, "serial") X(P, XEN, "xen") X(P, UML, "uml") X(P, VIRTIO, "virtio") X(P, LXC, "lxc") \
    X(P, OPENVZ, "openvz") X(P, SCLP, "sclp") X(P, SCLPLM, "sclplm")
VR_ENUM(vr_console_target, VR_CONSOLE, VR_CONSOLE_TARGETS);

#define VR_CHANNEL_TARGETS(X, P) X(P, GUESTFWD, "guestfwd") X(P, VIRTIO, "virtio") X(P, XEN, "xen")
VR_ENUM(vr_channel_target, VR_CHANNEL, VR_CHANNEL_TARGETS);

#define VR_CHANNEL_STATES(X, P) X(P, CONNECTED, "connected") X(P, DISCONNECTED, "disconnected")
VR_ENUM(vr_channel_state, VR_CHANNEL_STATE, VR_CHANNEL_STATES);

struct vr_chr {
    struct vr_arena *arena;
    enum vr_chr_kind kind;
    struct vr_chr_source src;
    /* target, by kind */
    enum vr_serial_target serial_target;
    enum vr_serial_model serial_model;
    enum vr_console_target console_target;
    enum vr_channel_target channel_target;
    struct vr_oint port;            /* <target port=> */
    const char *name;               /* channel virtio: "org.qemu.guest_agent.0" */
    enum vr_channel_state state;    /* live */
    const char *address, *service;  /* guestfwd: <target address= port=> */
    struct vr_device_info info;
};

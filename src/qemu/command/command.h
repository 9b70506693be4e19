/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * A completed definition as QEMU's command line. Sections stand in a table in stock's order; each device is built by
 * one function that turns its struct into JSON properties, which hot-plug uses too. Pure: no file is opened, no process
 * made. What a definition asks for and this room cannot do fails the build naming it; nothing is left out silently.
 */
#include <stdbool.h>
#include "model/domain.h"
#include "qemu/caps/caps.h"

/** Descriptors that QEMU inherits. The caller answers with the number it will have in QEMU's process. */
enum vr_qemu_fd {
    VR_QEMU_FD_MONITOR,     /* listening unix socket of the monitor */
    VR_QEMU_FD_CHARDEV,     /* listening unix socket of a character device with mode='bind'; by its alias */
    VR_QEMU_FD_CHARDEV_LOG, /* file of a character device or its log, behind -add-fd; by its alias */
    VR_QEMU_FD_DISK,        /* of a group that a client gave for an image, behind -add-fd; by the name of its storage node */
    VR_QEMU_FD_TAP,         /* tap device of an interface, one per queue; by its alias */
    VR_QEMU_FD_VHOST,       /* /dev/vhost-net of an interface, one per queue */
    VR_QEMU_FD_VSOCK,       /* /dev/vhost-vsock */
    VR_QEMU_FD_VDPA,        /* /dev/vhost-vdpa-N */
    VR_QEMU_FD_VHOST_SCSI,  /* /dev/vhost-scsi of a host device; by its alias */
    VR_QEMU_FD_TPM,         /* a TPM of the host: the device, then its cancel file */
};

/** A secret as QEMU takes it: encrypted with the guest's master key; all text is base64. */
struct vr_qemu_secret {
    const char *object; /* the object's id: "libvirt-1-format-encryption-secret0" */
    const char *data, *iv;
};
struct vr_qemu_secrets {
    const struct vr_qemu_secret *v;
    size_t n;
};

/** Where things are for this start. All text is borrowed for the call. */
struct vr_qemu_run {
    const struct vr_qemu_caps *caps;
    const char *private_dir;   /* /var/lib/libvirt/qemu/domain-1-NAME */
    const char *memory_dir;    /* /var/lib/libvirt/qemu/ram/1-NAME */
    const char *hugepage_dir;  /* directory for this guest on the default hugetlbfs mount; NULL: none mounted */
    const char *channel_dir;   /* sockets of channels that have no path of their own */
    const char *tls_dir;       /* /etc/pki/qemu */
    const char *vnc_tls_dir, *spice_tls_dir; /* NULL: TLS is off in qemu.conf */
    const char *vnc_listen, *spice_listen;   /* addresses of qemu.conf, "127.0.0.1" */
    bool native;               /* for domxml-to-native: paths in place of descriptors */
    const struct vr_qemu_secrets *secrets; /* that could be had; NULL: none */
    bool no_sandbox;           /* qemu.conf: seccomp_sandbox = 0 */
    const char *incoming;      /* "defer" for a restore or migration, else NULL */
    /** The number a descriptor has in QEMU, or -1: there is none (then the path form is used, or it is an error). */
    int (*fd_of)(void *opaque, enum vr_qemu_fd kind, const char *alias, unsigned nth);
    void *opaque;
};

/**
 * vr_qemu_prepare_live - completes a definition that is about to start by what only a run has
 * @run: private_dir, channel_dir, vnc_listen and spice_listen are read
 *
 * Socket paths, listen addresses, the clock's basis. After aliases, before ports are chosen and sockets opened.
 */
void vr_qemu_prepare_live(struct vr_domain_def *def, const struct vr_qemu_run *run);
/** QEMU's spelling of a CPU feature of documents; NULL: QEMU no longer knows it, and nobody misses it. */
const char *vr_qemu_cpu_feature(const char *name);

struct vr_qemu_command {
    struct vr_arena *arena;
    VR_LIST(const char) args; /* args.v[0] is the emulator */
    VR_LIST(const char) env;  /* "NAME=value" */
};
void vr_qemu_command_free(struct vr_qemu_command *cmd);
VR_DEFINE_AUTO(vr_qemu_command)

/**
 * vr_qemu_command_build - the whole command line
 * @def: completed, with aliases, rounded memory, prepared block nodes (vr_qemu_prepare_blocks) and graphics ports
 *
 * Owned by the caller. CONFIG_UNSUPPORTED names what cannot be built.
 */
struct vr_qemu_command *vr_qemu_command_build(const struct vr_domain_def *def, const struct vr_qemu_run *run,
                                              struct vr_error **err);
/** argv as NULL-terminated array, borrowed from the command. */
char **vr_qemu_command_argv(struct vr_qemu_command *cmd);
char **vr_qemu_command_envp(struct vr_qemu_command *cmd);

/**
 * vr_qemu_native_prepare - a definition made ready to be only shown (domxml-to-native)
 *
 * Interfaces become taps that some script would have made, as stock shows them; addresses follow. Before aliases.
 */
bool vr_qemu_native_prepare(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err);
/** Gives graphics with automatic ports the first ones there are: nobody listens, so none is reserved. */
void vr_qemu_native_ports(struct vr_domain_def *def);

/* ---- block graph (block.c) ----------------------------------------------------------------------------------------
 */

/**
 * Names the nodes of every disk's chain (libvirt-1-storage, libvirt-1-format, ...), last disk first as stock counts.
 * @next: the next number, 1 at a start; kept in the status document.
 */
void vr_qemu_prepare_blocks(struct vr_domain_def *def, unsigned *next);
/** Names the chain of one more disk. */
void vr_qemu_prepare_disk(struct vr_domain_def *def, struct vr_disk *disk, unsigned *next);

/** What opens an image, wherever the document says it; NULL: nothing has to. */
const struct vr_encryption *vr_qemu_encryption_of(const struct vr_disk *disk, const struct vr_storage_source *s);
const struct vr_storage_auth *vr_qemu_auth_of(const struct vr_disk *disk, const struct vr_storage_source *s);
/** The nth object (object-add) that must exist before a source's nodes: secrets, TLS, a reservation helper; NULL: no more. */
struct vr_json *vr_qemu_block_object(const struct vr_storage_source *s, const struct vr_qemu_run *run, unsigned nth);
/** The secret of run->secrets of that name, as an object; NULL: there is none. */
struct vr_json *vr_qemu_secret_object(const struct vr_qemu_run *run, const char *id);
/** A node between the two of a source: a part of a file; NULL: none is needed. */
struct vr_json *vr_qemu_block_slice(const struct vr_storage_source *s);
/** One node of a chain as blockdev-add takes it. `storage`: the protocol layer, else the format layer. */
struct vr_json *vr_qemu_block_node(const struct vr_disk *disk, const struct vr_storage_source *src, bool storage,
                                   struct vr_error **err);

/* ---- devices: properties as device_add takes them; the caller owns them ---------------------------------------------
 */

struct vr_json *vr_qemu_disk_device(const struct vr_domain_def *def, const struct vr_disk *disk, unsigned bootindex,
                                    struct vr_error **err);
/** Arguments of block_set_io_throttle that give a disk of a started guest its <iotune>; NULL: it has none. */
struct vr_json *vr_qemu_disk_throttle(const struct vr_disk *disk);
struct vr_json *vr_qemu_net_device(const struct vr_domain_def *def, const struct vr_interface *net, unsigned bootindex,
                                   struct vr_error **err);
struct vr_json *vr_qemu_controller_device(const struct vr_domain_def *def, const struct vr_controller *c,
                                          struct vr_error **err);

/** Whether a disk of the guest wants our reservation helper: it listens at pr-helper0.sock of private_dir. */
bool vr_qemu_needs_pr_helper(const struct vr_domain_def *def);
/** Whether RAM of this guest is files below vr_qemu_run.memory_dir: it must exist then. */
bool vr_qemu_needs_memory_dir(const struct vr_domain_def *def);

/** The path of the socket of a channel that names none; arena-owned. */
const char *vr_qemu_channel_path(struct vr_arena *arena, const struct vr_qemu_run *run, const struct vr_chr *channel);

/** "domain-1-name": the part of private directories that stands for a guest; long names are cut as stock cuts them. */
char *vr_qemu_short_name(const struct vr_domain_def *def);

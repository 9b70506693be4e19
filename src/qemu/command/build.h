/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Shared by the files of this room: the command under construction and how words are added to it. */
#include "base/buf.h"
#include "base/str.h"
#include "qemu/command/command.h"
#include "qemu/complete/complete.h"

struct build {
    const struct vr_domain_def *def;
    const struct vr_qemu_run *run;
    struct vr_qemu_command *cmd;
    unsigned fd_sets; /* next number of -add-fd */
    struct vr_error **err;
};

/** One word, copied. */
void cmd_arg(struct build *b, const char *text);
void cmd_argf(struct build *b, const char *fmt, ...) VR_PRINTF(2, 3);
/** "-option" and a value. */
void cmd_opt(struct build *b, const char *option, const char *value);
/** "-option" and a buffer's text; the buffer is emptied. */
void cmd_opt_buf(struct build *b, const char *option, struct vr_buf *value);
/** "-option" and JSON; `props` is consumed. False when props is NULL (the error is set already). */
bool cmd_json(struct build *b, const char *option, struct vr_json *props);
/** "-device" and JSON, with the document's overrides for that alias; consumed. */
bool cmd_device(struct build *b, struct vr_json *props);
/** The same after "bus" and "addr" of the device's address were added; consumed. */
bool cmd_placed_device(struct build *b, struct vr_json *props, const struct vr_device_info *info);
/** Text with each comma doubled, as options of QEMU want it. */
void buf_escaped(struct vr_buf *b, const char *text);

/** CONFIG_UNSUPPORTED "... is not supported yet": for what a document may say and this build cannot do. */
bool not_yet(struct vr_error **err, const char *what);

/** Adds "bus" and "addr" (or port) as the device's address says; false when the address does not fit. */
bool add_address(struct vr_json *props, const struct vr_domain_def *def, const struct vr_device_info *info,
                 struct vr_error **err);
/** Starts the properties of a virtio device: driver name by model and bus, then the virtio options. */
struct vr_json *virtio_device(const char *base, const struct vr_domain_def *def, const struct vr_device_info *info,
                              enum vr_virtio_model model, const struct vr_virtio_options *options);
void add_tri(struct vr_json *props, const char *key, enum vr_tri v);         /* true/false, absent when unset */
void add_tri_onoff(struct vr_json *props, const char *key, enum vr_tri v);   /* "on"/"off" */
void add_uint_if(struct vr_json *props, const char *key, uint64_t v);        /* absent when 0 */
void add_boot(struct vr_json *props, const struct vr_device_info *info, unsigned bootindex);
void add_rom(struct vr_json *props, const struct vr_device_info *info);

/** -chardev for one source; `id` is "charserial0". */
bool cmd_chardev(struct build *b, const struct vr_chr_source *src, const char *alias, struct vr_error **err);
/** -object memory-backend-... properties. @cell: guest NUMA cell or -1. */
struct vr_json *memory_backend(struct build *b, const char *id, uint64_t size_kib, int cell,
                               const struct vr_memory *device, struct vr_error **err);
/** Position of a kind of device in <boot dev=>, from 1; 0: not there. */
unsigned boot_position(const struct vr_domain_def *def, enum vr_boot_device dev);

/* sections; each returns false with b->err set */
typedef bool section_fn(struct build *b);
section_fn build_name, build_compat, build_stopped, build_master_key, build_pr_helper, build_pflash, build_machine,
    build_accel, build_tseg, build_cpu, build_loader,
    build_memory, build_smp, build_iothreads, build_numa, build_uuid, build_smbios, build_genid, build_defaults,
    build_monitor, build_clock, build_pm, build_boot, build_iommu, build_globals, build_controllers,
    build_memory_devices, build_hubs, build_disks, build_filesystems, build_nets, build_smartcards, build_serials,
    build_parallels, build_channels, build_consoles, build_tpms, build_inputs, build_audio, build_graphics,
    build_videos, build_sounds, build_watchdogs, build_redirdevs, build_hostdevs, build_incoming, build_memballoon,
    build_rngs, build_vmcoreinfo, build_sandbox, build_shmems, build_panics, build_vsock, build_cryptos, build_extra,
    build_message;

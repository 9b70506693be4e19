/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The QEMU driver's one state. Made at daemon start; read by every file of this room. */
#include <stdbool.h>
#include "driver/call.h"
#include "base/paths.h"

struct vr_cgroup_host;
struct vr_domain_list;
struct vr_qemu_conf;
struct vr_group;

struct vr_qemu {
    bool privileged, session;
    bool stopping;              /* the daemon exits: no guest is started any more */
    const char *program;
    const struct vr_dirs *dirs;
    struct vr_qemu_conf *conf;
    struct vr_domain_list *domains;
    struct vr_cgroup_host *cgroups; /* NULL: not privileged, no groups for guests */
    struct vr_group *group;     /* background fibers of the driver */
    int last_id;                /* ids of running guests count up and are not used twice in a daemon's life */
    /* malloc'd directories, root applied */
    char *config_dir;           /* /etc/libvirt/qemu */
    char *autostart_dir;        /* /etc/libvirt/qemu/autostart */
    char *state_dir;            /* /run/libvirt/qemu */
    char *lib_dir;              /* /var/lib/libvirt/qemu */
    char *channel_dir;          /* /var/lib/libvirt/qemu/channel/target */
    char *save_dir;             /* /var/lib/libvirt/qemu/save */
    char *log_dir;              /* /var/log/libvirt/qemu */
    char *cache_dir;            /* /var/cache/libvirt/qemu */
};

extern struct vr_qemu vr_qemu;
extern const struct vr_driver vr_qemu_driver;

/** Directories of the driver for an instance; also used by tests. */
void vr_qemu_dirs_init(struct vr_qemu *q, const struct vr_dirs *dirs, bool session);

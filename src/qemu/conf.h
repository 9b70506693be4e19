/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What /etc/libvirt/qemu.conf says, with the defaults of a stock build on Debian. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"

struct vr_qemu_conf {
    /* by the file; texts and lists are malloc'd, lists end with NULL */
    char *user, *group;
    bool dynamic_ownership, remember_owner;
    int64_t seccomp_sandbox;        /* -1: where QEMU can; 0: off; 1: required */
    char **namespaces;              /* NULL: not said */
    char **cgroup_controllers;      /* NULL: all there are */
    char **cgroup_device_acl;       /* NULL: the default list */
    char **security_driver;
    bool security_default_confined, security_require_confined;
    char *vnc_listen, *spice_listen, *vnc_password, *spice_password;
    bool vnc_auto_unix_socket, spice_auto_unix_socket;
    int64_t remote_display_port_min, remote_display_port_max;
    int64_t remote_websocket_port_min, remote_websocket_port_max;
    int64_t max_processes, max_files, max_threads_per_process;
    char *max_core;                 /* bytes as text, "unlimited", or NULL */
    bool dump_guest_core;
    char *stdio_handler;
    char *default_tls_x509_cert_dir;
    char *memory_backing_dir;
    char *pr_helper, *dbus_daemon;  /* NULL: where packages put them */
    char *swtpm_user, *swtpm_group;
    int64_t max_queued;
    bool set_process_name;
    char *unused_text;              /* where keys without effect put their values */
    char **unused_list;
    int64_t unused_int;
    bool unused_bool;

    /* worked out */
    bool user_known;                /* uid and gid are those of `user` and `group` */
    uid_t uid;
    gid_t gid;
    gid_t *groups;                  /* supplementary */
    size_t group_count;
    bool swtpm_user_known;          /* swtpm_uid and swtpm_gid are those of swtpm_user and swtpm_group */
    uid_t swtpm_uid;
    gid_t swtpm_gid;
    bool mount_namespace;           /* QEMU gets a /dev of its own */
};

/**
 * vr_qemu_conf_load - read qemu.conf
 *
 * A missing file is the defaults. A key that asks for a protection which is not built fails naming its line: a start must
 * not degrade it. Blocks (file, NSS): at daemon start only.
 */
struct vr_qemu_conf *vr_qemu_conf_load(const char *path, bool privileged, struct vr_error **err);
void vr_qemu_conf_free(struct vr_qemu_conf *conf);
/** Fails naming the user or group that does not exist, if so: before a guest is started. */
bool vr_qemu_conf_require_user(const struct vr_qemu_conf *conf, struct vr_error **err);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Between the files of virt-admin. */
#include <libvirt/libvirt-admin.h>
#include "shell/shell.h"

extern const struct vr_command *const vr_admin_self[], *const vr_admin_monitor[], *const vr_admin_manage[];

#define VR_ADMIN_CONN(cmd) ((virAdmConnectPtr)(cmd)->sh->conn)
#define VR_ADMIN_OPT_SERVER(text) { "server", VR_OPT_DATA, .help = (text), .complete = vr_admin_complete_server }

vr_completer vr_admin_complete_server, vr_admin_complete_client;

/** The server that --server names; NULL, the library's error kept. */
virAdmServerPtr vr_admin_server(struct vr_cmd *cmd);
/** __attribute__((cleanup)) of the objects. */
void vr_admin_server_done(virAdmServerPtr *srv);
void vr_admin_client_done(virAdmClientPtr *client);
#define VR_ADMIN_SERVER __attribute__((cleanup(vr_admin_server_done))) virAdmServerPtr
#define VR_ADMIN_CLIENT __attribute__((cleanup(vr_admin_client_done))) virAdmClientPtr

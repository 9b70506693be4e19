/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Stored documents of networks and their ports: definitions, what runs, what is plugged in. Paths and forms are stock's. */
#include <stdbool.h>
#include "base/cleanup.h"
#include "base/error.h"
#include "net.h"

/** Writes the definition durably to its file. */
VR_SUSPENDS bool vr_net_save_config(const struct vr_net *net, const struct vr_network_def *def, struct vr_error **err);
/** Removes definition and autostart link. */
VR_SUSPENDS bool vr_net_remove_config(const struct vr_net *net, struct vr_error **err);
VR_SUSPENDS bool vr_net_set_autostart(struct vr_net *net, bool on, struct vr_error **err);
/** Writes the record of an active network, or removes it when it is not. */
VR_SUSPENDS bool vr_net_save_status(const struct vr_net *net, struct vr_error **err);
VR_SUSPENDS bool vr_net_save_port(const struct vr_net *net, const struct vr_network_port *port, struct vr_error **err);
VR_SUSPENDS bool vr_net_remove_port(const struct vr_net *net, const struct vr_uuid *port, struct vr_error **err);
/** Removes the directory of a network that has no ports. */
void vr_net_remove_port_dir(const struct vr_net *net);

/** Before anything listens: statuses with their ports, then definitions and autostart links. Block. */
bool vr_net_load_all(struct vr_error **err);
/** Stores what completion added to definitions that were read. */
VR_SUSPENDS void vr_net_save_completed(void);
/** SIGHUP: definitions that are new or changed; the rest stays. */
VR_SUSPENDS void vr_net_load_again(void);

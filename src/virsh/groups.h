/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The groups of commands that are not about one domain, and rows of theirs that stand in a file of their own. */
#include "shell/shell.h"

extern const struct vr_command *const vr_host_commands[], *const vr_interface_commands[], *const vr_nwfilter_commands[],
    *const vr_network_commands[], *const vr_nodedev_commands[], *const vr_secret_commands[], *const vr_pool_commands[],
    *const vr_volume_commands[], *const vr_snapshot_commands[], *const vr_checkpoint_commands[], *const vr_backup_commands[];

extern const struct vr_command vr_cmd_net_check, vr_cmd_net_event, vr_cmd_net_update, vr_cmd_net_port_create, vr_cmd_net_port_delete,
    vr_cmd_net_port_dumpxml, vr_cmd_net_port_list;
extern const struct vr_command vr_cmd_pool_create, vr_cmd_pool_create_as, vr_cmd_pool_define, vr_cmd_pool_define_as, vr_cmd_pool_list,
    vr_cmd_pool_event, vr_cmd_find_sources, vr_cmd_find_sources_as;
const char *vr_pool_state_word(int state);
extern const struct vr_command vr_cmd_vol_create, vr_cmd_vol_create_as, vr_cmd_vol_create_from, vr_cmd_vol_clone, vr_cmd_vol_upload,
    vr_cmd_vol_download;
extern const struct vr_command vr_cmd_iface_bridge, vr_cmd_iface_unbridge;
extern const struct vr_command vr_cmd_nodedev_list, vr_cmd_nodedev_event;
extern const struct vr_command vr_cmd_freecell, vr_cmd_freepages, vr_cmd_allocpages, vr_cmd_nodecpustats, vr_cmd_nodememstats,
    vr_cmd_node_memory_tune, vr_cmd_cpu_baseline, vr_cmd_cpu_compare, vr_cmd_cpu_models, vr_cmd_hypervisor_cpu_baseline,
    vr_cmd_hypervisor_cpu_compare;
extern const struct vr_command vr_cmd_snapshot_create, vr_cmd_snapshot_create_as, vr_cmd_snapshot_list;

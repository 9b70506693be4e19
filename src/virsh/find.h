/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Objects other than domains by what a user calls them. Each finder reads its option and is NULL, reported, when there is no
 * such object. *name, where asked for, is the text the user gave.
 */
#include "virsh.h"

virNetworkPtr vr_network(struct vr_cmd *cmd, const char **name);
virNetworkPtr vr_network_by(struct vr_cmd *cmd, unsigned by);
/** The port of a network by the option "port", a uuid. */
virNetworkPortPtr vr_network_port(struct vr_cmd *cmd, virNetworkPtr net, const char **name);
virStoragePoolPtr vr_pool(struct vr_cmd *cmd, const char *option, const char **name);
virStoragePoolPtr vr_pool_by(struct vr_cmd *cmd, unsigned by);
virSecretPtr vr_secret(struct vr_cmd *cmd, const char **name);
virNWFilterPtr vr_nwfilter(struct vr_cmd *cmd, const char **name);
virNWFilterBindingPtr vr_binding(struct vr_cmd *cmd, const char **name);
virNodeDevicePtr vr_nodedev(struct vr_cmd *cmd, const char **name);
enum { VR_BY_MAC = 8 };
virInterfacePtr vr_interface(struct vr_cmd *cmd, const char *option, unsigned by, const char **name);
/**
 * A volume by the option @option: name within the pool that the option @pool_option names, else key or path of any pool.
 * @by: VR_BY_NAME, VR_BY_UUID for the key, VR_BY_ID for the path
 */
virStorageVolPtr vr_volume_by(struct vr_cmd *cmd, const char *option, const char *pool_option, unsigned by, const char **name);
virStorageVolPtr vr_volume(struct vr_cmd *cmd, const char **name);

vr_completer vr_complete_network, vr_complete_network_active, vr_complete_network_inactive, vr_complete_network_uuid,
    vr_complete_port, vr_complete_pool, vr_complete_pool_active, vr_complete_pool_inactive, vr_complete_volume, vr_complete_secret,
    vr_complete_nwfilter, vr_complete_binding, vr_complete_nodedev, vr_complete_nodedev_inactive, vr_complete_iface,
    vr_complete_iface_active, vr_complete_iface_inactive;

#define VR_OPT_NETWORK_(completer) { "network", VR_OPT_DATA, .help = N_("a network: name or uuid"), .complete = (completer) }
#define VR_OPT_NETWORK VR_OPT_NETWORK_(vr_complete_network)
#define VR_OPT_POOL_(completer) { "pool", VR_OPT_DATA, .help = N_("a storage pool: name or uuid"), .complete = (completer) }
#define VR_OPT_POOL VR_OPT_POOL_(vr_complete_pool)
#define VR_OPT_POOL_MAYBE { "pool", VR_OPT_STRING, .help = N_("the pool the volume is in: name or uuid"), .complete = vr_complete_pool }
#define VR_OPT_VOLUME { "vol", VR_OPT_DATA, .help = N_("a volume: name, key or path"), .complete = vr_complete_volume }
#define VR_OPT_SECRET { "secret", VR_OPT_DATA, .help = N_("a secret's uuid"), .complete = vr_complete_secret }
#define VR_OPT_NWFILTER { "nwfilter", VR_OPT_DATA, .help = N_("a network filter: name or uuid"), .complete = vr_complete_nwfilter }
#define VR_OPT_BINDING { "binding", VR_OPT_DATA, .help = N_("the guest interface's device on the host"), .complete = vr_complete_binding }
#define VR_OPT_NODEDEV_(completer)                                                                 \
    { "device", VR_OPT_DATA, .help = N_("a device: name, or wwnn,wwpn of a vHBA"), .complete = (completer) }
#define VR_OPT_NODEDEV VR_OPT_NODEDEV_(vr_complete_nodedev)
#define VR_OPT_INTERFACE_(completer)                                                               \
    { "interface", VR_OPT_DATA, .help = N_("an interface of the host: name or MAC address"), .complete = (completer) }
#define VR_OPT_INTERFACE VR_OPT_INTERFACE_(vr_complete_iface)

/**
 * A list failed: false, reported. A driver that has none of this kind is asked once more by its oldest call (@count, NULL for
 * none), as stock does, so that the error names that.
 */
bool vr_list_failed(struct vr_cmd *cmd, const char *text, int (*count)(virConnectPtr), const char *count_text);
/** qsort over pointers to objects whose name is got by @name: letters first, then case. */
#define VR_SORT_BY_NAME(function, type, name)                                                      \
    static int function(const void *a, const void *b)                                              \
    {                                                                                              \
        const char *x = name(*(const type *)a), *y = name(*(const type *)b);                       \
        return vr_name_order(x, y);                                                                \
    }
int vr_name_order(const char *a, const char *b);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the daemon's own procedures share. */
#include "api/rows.h"
#include "client.h"

/** Feature numbers of connect_supports_feature that mean something to the daemon; the rest is the driver's. */
enum {
    VR_FEATURE_REMOTE = 2,
    VR_FEATURE_FD_PASSING = 8,
    VR_FEATURE_TYPED_PARAM_STRING = 9,
    VR_FEATURE_KEEPALIVE = 10,
    VR_FEATURE_EVENT_CALLBACK = 14,
    VR_FEATURE_CLOSE_CALLBACK = 15,
    VR_FEATURE_NETWORK_UPDATE_ORDER = 16,
};

/** The client is somebody else from now on; owns the reference. */
void vr_client_set_identity(struct vr_client *client, struct vr_identity *identity);

vr_fn_connect_domain_event_register vr_sub_domain_register;
vr_fn_connect_domain_event_deregister vr_sub_domain_deregister;
vr_fn_connect_domain_event_register_any vr_sub_domain_register_any;
vr_fn_connect_domain_event_deregister_any vr_sub_domain_deregister_any;
vr_fn_connect_domain_event_callback_register_any vr_sub_domain_callback_register_any;
vr_fn_connect_domain_event_callback_deregister_any vr_sub_domain_callback_deregister_any;
vr_fn_connect_network_event_register_any vr_sub_network_register_any;
vr_fn_connect_network_event_deregister_any vr_sub_network_deregister_any;
vr_fn_connect_storage_pool_event_register_any vr_sub_pool_register_any;
vr_fn_connect_storage_pool_event_deregister_any vr_sub_pool_deregister_any;
vr_fn_connect_node_device_event_register_any vr_sub_nodedev_register_any;
vr_fn_connect_node_device_event_deregister_any vr_sub_nodedev_deregister_any;
vr_fn_connect_secret_event_register_any vr_sub_secret_register_any;
vr_fn_connect_secret_event_deregister_any vr_sub_secret_deregister_any;
vr_fn_qemu_connect_domain_monitor_event_register vr_sub_monitor_register;
vr_fn_qemu_connect_domain_monitor_event_deregister vr_sub_monitor_deregister;

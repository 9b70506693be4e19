/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#include "netport.h"

static const struct vr_netport_ops *current;
VR_SUSPENDS static void (*started_listener)(const char *network);

const struct vr_netport_ops *vr_netport(void)
{
    return current;
}

const struct vr_netport_ops *vr_netport_required(struct vr_error **err)
{
    if (!current)
        vr_fail(err, VIR_ERR_NO_SUPPORT, _("this daemon has no virtual networks"));
    return current;
}

void vr_netport_set(const struct vr_netport_ops *ops)
{
    current = ops;
}

void vr_netport_on_started(VR_SUSPENDS void (*network_started)(const char *network))
{
    started_listener = network_started;
}

VR_SUSPENDS void vr_netport_started(const char *network)
{
    if (started_listener)
        started_listener(network);
}

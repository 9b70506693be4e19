/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#include "events.h"

#include <string.h>
#include "api/api.h"
#include "driver/event.h"

static struct vr_nonnull_network who(const struct vr_net *net)
{
    struct vr_nonnull_network n = { .name = net->name };
    memcpy(n.uuid, net->uuid.b, sizeof(n.uuid));
    return n;
}

static void emit(const struct vr_net *net, int event_id, const void *message)
{
    struct vr_event_object object = { net->name, net->uuid.b, 0 };
    vr_event_emit(VR_EVENTS_NETWORK, event_id, &object, message);
}

void vr_net_emit_lifecycle(const struct vr_net *net, int event)
{
    struct vr_network_event_lifecycle_msg m = { 0, who(net), event, 0 };
    emit(net, VIR_NETWORK_EVENT_ID_LIFECYCLE, &m);
}

void vr_net_emit_metadata(const struct vr_net *net, int type, const char *uri)
{
    struct vr_network_event_callback_metadata_change_msg m = { 0, who(net), type, uri };
    emit(net, VIR_NETWORK_EVENT_ID_METADATA_CHANGE, &m);
}

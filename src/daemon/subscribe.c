/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#define VR_LOG_SOURCE "daemon.subscribe"
/* The calls by which clients ask for events, and the events' way to them. */
#include "base/log.h"
#include "builtin.h"

#define LEGACY_EVENT_IDS 16 /* later ids have the modern form only */

void vr_client_deliver(struct vr_subscriber *subscriber, const struct vr_api_call *event, const void *message)
{
    struct vr_client *c = (struct vr_client *)((char *)subscriber - offsetof(struct vr_client, subscriber));
    VR_AUTO(vr_error) *err = NULL;
    struct vr_buf out = VR_BUF_INIT;
    if (c->dead)
        return;
    if (vr_message_event(&out, event, message, &err)) {
        vr_client_send(c, &out, &(struct vr_send){ .is_event = true });
        return;
    }
    vr_logerr("event %s cannot be sent: %s", event->name, vr_error_text(err));
    vr_buf_done(&out);
}

static struct vr_subscriber *subscriber_of(struct vr_call *call)
{
    return &vr_client_of(call->conn)->subscriber;
}

static bool known_id(int event_id, int limit, const char *what, struct vr_error **err)
{
    if (event_id >= 0 && event_id < limit)
        return true;
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("unsupported %sevent ID %d"), what, event_id);
}

static bool deregister(struct vr_call *call, enum vr_event_class event_class, int callback_id, const char *what,
                       struct vr_error **err)
{
    if (vr_unsubscribe(subscriber_of(call), event_class, callback_id))
        return true;
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("%s event callback %d not registered"), what, callback_id);
}

/* ---- domains, as clients have asked since the beginning ---- */

static bool register_legacy(struct vr_call *call, int event_id, struct vr_error **err)
{
    int callback_id;
    return vr_subscribe(subscriber_of(call), VR_EVENTS_DOMAIN, event_id, NULL, true, &callback_id, err);
}

static bool deregister_legacy(struct vr_call *call, int event_id, struct vr_error **err)
{
    if (vr_unsubscribe_legacy(subscriber_of(call), VR_EVENTS_DOMAIN, event_id))
        return true;
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("domain event %d not registered"), event_id);
}

bool vr_sub_domain_register(struct vr_call *call, const struct vr_void *in,
                            struct vr_connect_domain_event_register_ret *out, struct vr_error **err)
{
    out->cb_registered = 1;
    return register_legacy(call, VIR_DOMAIN_EVENT_ID_LIFECYCLE, err);
}

bool vr_sub_domain_deregister(struct vr_call *call, const struct vr_void *in,
                              struct vr_connect_domain_event_deregister_ret *out, struct vr_error **err)
{
    out->cb_registered = 0;
    return deregister_legacy(call, VIR_DOMAIN_EVENT_ID_LIFECYCLE, err);
}

bool vr_sub_domain_register_any(struct vr_call *call, const struct vr_connect_domain_event_register_any_args *in,
                                struct vr_void *out, struct vr_error **err)
{
    return known_id(in->event_id, LEGACY_EVENT_IDS, "", err) && register_legacy(call, in->event_id, err);
}

bool vr_sub_domain_deregister_any(struct vr_call *call, const struct vr_connect_domain_event_deregister_any_args *in,
                                  struct vr_void *out, struct vr_error **err)
{
    return known_id(in->event_id, LEGACY_EVENT_IDS, "", err) && deregister_legacy(call, in->event_id, err);
}

/* ---- domains, with a number per registration ---- */

bool vr_sub_domain_callback_register_any(struct vr_call *call,
                                         const struct vr_connect_domain_event_callback_register_any_args *in,
                                         struct vr_connect_domain_event_callback_register_any_ret *out,
                                         struct vr_error **err)
{
    struct vr_event_filter filter = { .uuid = in->dom ? in->dom->uuid : NULL };
    return known_id(in->event_id, VIR_DOMAIN_EVENT_ID_LAST, "", err) &&
           vr_subscribe(subscriber_of(call), VR_EVENTS_DOMAIN, in->event_id, &filter, false, &out->callback_id, err);
}

bool vr_sub_domain_callback_deregister_any(struct vr_call *call,
                                           const struct vr_connect_domain_event_callback_deregister_any_args *in,
                                           struct vr_void *out, struct vr_error **err)
{
    return deregister(call, VR_EVENTS_DOMAIN, in->callback_id, "domain", err);
}

/* ---- the other objects: only where somebody makes such events ---- */

static bool have_driver(struct vr_call *call, enum vr_driver_kind kind, int domain, struct vr_error **err)
{
    if (vr_server_driver(vr_client_of(call->conn)->server, kind))
        return true;
    return vr_error_report(err, domain, VIR_ERR_NO_SUPPORT, -1, "%s", call->api->function);
}

bool vr_sub_network_register_any(struct vr_call *call, const struct vr_connect_network_event_register_any_args *in,
                                 struct vr_connect_network_event_register_any_ret *out, struct vr_error **err)
{
    struct vr_event_filter filter = { .uuid = in->net ? in->net->uuid : NULL };
    return known_id(in->event_id, VIR_NETWORK_EVENT_ID_LAST, "network ", err) &&
           have_driver(call, VR_DRIVER_NETWORK, VIR_FROM_NETWORK, err) &&
           vr_subscribe(subscriber_of(call), VR_EVENTS_NETWORK, in->event_id, &filter, false, &out->callback_id, err);
}

bool vr_sub_network_deregister_any(struct vr_call *call, const struct vr_connect_network_event_deregister_any_args *in,
                                   struct vr_void *out, struct vr_error **err)
{
    return deregister(call, VR_EVENTS_NETWORK, in->callback_id, "network", err);
}

bool vr_sub_pool_register_any(struct vr_call *call, const struct vr_connect_storage_pool_event_register_any_args *in,
                              struct vr_connect_storage_pool_event_register_any_ret *out, struct vr_error **err)
{
    struct vr_event_filter filter = { .uuid = in->pool ? in->pool->uuid : NULL };
    return known_id(in->event_id, VIR_STORAGE_POOL_EVENT_ID_LAST, "storage pool ", err) &&
           have_driver(call, VR_DRIVER_STORAGE, VIR_FROM_STORAGE, err) &&
           vr_subscribe(subscriber_of(call), VR_EVENTS_STORAGE_POOL, in->event_id, &filter, false, &out->callback_id,
                        err);
}

bool vr_sub_pool_deregister_any(struct vr_call *call,
                                const struct vr_connect_storage_pool_event_deregister_any_args *in,
                                struct vr_void *out, struct vr_error **err)
{
    return deregister(call, VR_EVENTS_STORAGE_POOL, in->callback_id, "storage pool", err);
}

bool vr_sub_nodedev_register_any(struct vr_call *call,
                                 const struct vr_connect_node_device_event_register_any_args *in,
                                 struct vr_connect_node_device_event_register_any_ret *out, struct vr_error **err)
{
    struct vr_event_filter filter = { .name = in->dev ? in->dev->name : NULL };
    return known_id(in->event_id, VIR_NODE_DEVICE_EVENT_ID_LAST, "node device ", err) &&
           have_driver(call, VR_DRIVER_NODEDEV, VIR_FROM_NODEDEV, err) &&
           vr_subscribe(subscriber_of(call), VR_EVENTS_NODE_DEVICE, in->event_id, &filter, false, &out->callback_id,
                        err);
}

bool vr_sub_nodedev_deregister_any(struct vr_call *call,
                                   const struct vr_connect_node_device_event_deregister_any_args *in,
                                   struct vr_void *out, struct vr_error **err)
{
    return deregister(call, VR_EVENTS_NODE_DEVICE, in->callback_id, "node device", err);
}

bool vr_sub_secret_register_any(struct vr_call *call, const struct vr_connect_secret_event_register_any_args *in,
                                struct vr_connect_secret_event_register_any_ret *out, struct vr_error **err)
{
    struct vr_event_filter filter = { .uuid = in->secret ? in->secret->uuid : NULL };
    return known_id(in->event_id, VIR_SECRET_EVENT_ID_LAST, "secret ", err) &&
           have_driver(call, VR_DRIVER_SECRET, VIR_FROM_SECRET, err) &&
           vr_subscribe(subscriber_of(call), VR_EVENTS_SECRET, in->event_id, &filter, false, &out->callback_id, err);
}

bool vr_sub_secret_deregister_any(struct vr_call *call, const struct vr_connect_secret_event_deregister_any_args *in,
                                  struct vr_void *out, struct vr_error **err)
{
    return deregister(call, VR_EVENTS_SECRET, in->callback_id, "secret", err);
}

/* ---- QEMU's own events, by name ---- */

bool vr_sub_monitor_register(struct vr_call *call,
                             const struct vr_qemu_connect_domain_monitor_event_register_args *in,
                             struct vr_qemu_connect_domain_monitor_event_register_ret *out, struct vr_error **err)
{
    const uint32_t known = VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX |
                           VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE;
    if (in->flags & ~known)
        return vr_fail_flags(err, VIR_FROM_NONE, in->flags & ~known, "virDomainQemuMonitorEventStateRegisterID");
    struct vr_event_filter filter = {
        .uuid = in->dom ? in->dom->uuid : NULL,
        .monitor_event = in->event,
        .regex = (in->flags & VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX) && in->event,
        .nocase = (in->flags & VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE) != 0,
    };
    return vr_subscribe(subscriber_of(call), VR_EVENTS_QEMU_MONITOR, 0, &filter, false, &out->callback_id, err);
}

bool vr_sub_monitor_deregister(struct vr_call *call,
                               const struct vr_qemu_connect_domain_monitor_event_deregister_args *in,
                               struct vr_void *out, struct vr_error **err)
{
    return deregister(call, VR_EVENTS_QEMU_MONITOR, in->callback_id, "qemu monitor", err);
}

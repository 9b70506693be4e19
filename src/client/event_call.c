/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From an event's message to the arguments of the application's function: one case per event. */
#include "call.h"
#include "events.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"

/* The message of the event NAME; older ones have their fields one level deeper. */
#define MSG(name) const struct vr_##name##_msg *m = event->msg
#define OLD(name)                                                                                                      \
    const struct vr_domain_event_callback_##name##_msg *outer = event->msg;                                            \
    const struct vr_domain_event_##name##_msg *m = &outer->msg
#define CALL(type, ...) ((type)s->cb)(conn, __VA_ARGS__, s->opaque)
#define DOMAIN virDomainPtr dom = vr_get_domain(conn, &m->dom, NULL)

/* Functions take char * where they change nothing. */
static char *text(const char *t)
{
    return (char *)t;
}

static void graphics(virConnectPtr conn, const struct vr_subscription *s, const struct vr_event *event)
{
    OLD(graphics);
    DOMAIN;
    virDomainEventGraphicsAddress local = { m->local.family, text(m->local.node), text(m->local.service) };
    virDomainEventGraphicsAddress remote = { m->remote.family, text(m->remote.node), text(m->remote.service) };
    virDomainEventGraphicsSubjectIdentity who[REMOTE_DOMAIN_EVENT_GRAPHICS_IDENTITY_MAX];
    for (uint32_t i = 0; i < m->subject_count; i++)
        who[i] = (virDomainEventGraphicsSubjectIdentity){ text(m->subject[i].type), text(m->subject[i].name) };
    virDomainEventGraphicsSubject subject = { (int)m->subject_count, who };
    CALL(virConnectDomainEventGraphicsCallback, dom, m->phase, &local, &remote, m->auth_scheme, &subject);
    virDomainFree(dom);
}

static void with_params(virConnectPtr conn, const struct vr_subscription *s, const struct vr_nonnull_domain *d,
                        const struct vr_typed_param *wire, uint32_t count)
{
    virDomainPtr dom = vr_get_domain(conn, d, NULL);
    virTypedParameterPtr params = vr_get_params(wire, count);
    /* both events have a function of this shape */
    CALL(virConnectDomainEventTunableCallback, dom, params, (int)count);
    virTypedParamsFree(params, (int)count);
    virDomainFree(dom);
}

#define CASE_OLD(id, name, type, ...)                                                                                  \
    case VIR_DOMAIN_EVENT_ID_##id: {                                                                                   \
        OLD(name);                                                                                                     \
        DOMAIN;                                                                                                        \
        CALL(type, dom, __VA_ARGS__);                                                                                  \
        virDomainFree(dom);                                                                                            \
        break;                                                                                                         \
    }
#define CASE(id, name, type, ...)                                                                                      \
    case VIR_DOMAIN_EVENT_ID_##id: {                                                                                   \
        MSG(name);                                                                                                     \
        DOMAIN;                                                                                                        \
        CALL(type, dom, __VA_ARGS__);                                                                                  \
        virDomainFree(dom);                                                                                            \
        break;                                                                                                         \
    }
#define CASE_PLAIN(id, name)                                                                                           \
    case VIR_DOMAIN_EVENT_ID_##id: {                                                                                   \
        OLD(name);                                                                                                     \
        DOMAIN;                                                                                                        \
        ((virConnectDomainEventGenericCallback)s->cb)(conn, dom, s->opaque);                                           \
        virDomainFree(dom);                                                                                            \
        break;                                                                                                         \
    }

static void domain_event(virConnectPtr conn, const struct vr_subscription *s, const struct vr_event *event)
{
    switch (s->event_id) {
    CASE_OLD(LIFECYCLE, lifecycle, virConnectDomainEventCallback, m->event, m->detail)
    CASE_PLAIN(REBOOT, reboot)
    CASE_OLD(RTC_CHANGE, rtc_change, virConnectDomainEventRTCChangeCallback, m->offset)
    CASE_OLD(WATCHDOG, watchdog, virConnectDomainEventWatchdogCallback, m->action)
    CASE_OLD(IO_ERROR, io_error, virConnectDomainEventIOErrorCallback, m->src_path, m->dev_alias, m->action)
    case VIR_DOMAIN_EVENT_ID_GRAPHICS:
        graphics(conn, s, event);
        break;
    CASE_OLD(IO_ERROR_REASON, io_error_reason, virConnectDomainEventIOErrorReasonCallback, m->src_path, m->dev_alias,
             m->action, m->reason)
    CASE_PLAIN(CONTROL_ERROR, control_error)
    CASE_OLD(BLOCK_JOB, block_job, virConnectDomainEventBlockJobCallback, m->path, m->type, m->status)
    CASE_OLD(DISK_CHANGE, disk_change, virConnectDomainEventDiskChangeCallback, m->old_src_path, m->new_src_path,
             m->dev_alias, m->reason)
    CASE_OLD(TRAY_CHANGE, tray_change, virConnectDomainEventTrayChangeCallback, m->dev_alias, m->reason)
    CASE_OLD(PMWAKEUP, pmwakeup, virConnectDomainEventPMWakeupCallback, outer->reason)
    CASE_OLD(PMSUSPEND, pmsuspend, virConnectDomainEventPMSuspendCallback, outer->reason)
    CASE_OLD(BALLOON_CHANGE, balloon_change, virConnectDomainEventBalloonChangeCallback, m->actual)
    CASE_OLD(PMSUSPEND_DISK, pmsuspend_disk, virConnectDomainEventPMSuspendDiskCallback, outer->reason)
    CASE_OLD(DEVICE_REMOVED, device_removed, virConnectDomainEventDeviceRemovedCallback, m->dev_alias)
    CASE(BLOCK_JOB_2, domain_event_block_job_2, virConnectDomainEventBlockJobCallback, m->dst, m->type, m->status)
    case VIR_DOMAIN_EVENT_ID_TUNABLE: {
        MSG(domain_event_callback_tunable);
        with_params(conn, s, &m->dom, m->params, m->params_count);
        break;
    }
    CASE(AGENT_LIFECYCLE, domain_event_callback_agent_lifecycle, virConnectDomainEventAgentLifecycleCallback, m->state,
         m->reason)
    CASE(DEVICE_ADDED, domain_event_callback_device_added, virConnectDomainEventDeviceAddedCallback, m->dev_alias)
    CASE(MIGRATION_ITERATION, domain_event_callback_migration_iteration,
         virConnectDomainEventMigrationIterationCallback, m->iteration)
    case VIR_DOMAIN_EVENT_ID_JOB_COMPLETED: {
        MSG(domain_event_callback_job_completed);
        with_params(conn, s, &m->dom, m->params, m->params_count);
        break;
    }
    CASE(DEVICE_REMOVAL_FAILED, domain_event_callback_device_removal_failed,
         virConnectDomainEventDeviceRemovalFailedCallback, m->dev_alias)
    CASE(METADATA_CHANGE, domain_event_callback_metadata_change, virConnectDomainEventMetadataChangeCallback, m->type,
         m->nsuri)
    CASE(BLOCK_THRESHOLD, domain_event_block_threshold, virConnectDomainEventBlockThresholdCallback, m->dev, m->path,
         m->threshold, m->excess)
    CASE(MEMORY_FAILURE, domain_event_memory_failure, virConnectDomainEventMemoryFailureCallback, m->recipient,
         m->action, m->flags)
    CASE(MEMORY_DEVICE_SIZE_CHANGE, domain_event_memory_device_size_change,
         virConnectDomainEventMemoryDeviceSizeChangeCallback, m->alias, m->size)
    CASE(NIC_MAC_CHANGE, domain_event_nic_mac_change, virConnectDomainEventNICMACChangeCallback, m->alias, m->old_mac,
         m->new_mac)
    default:
        break;
    }
}

static void network_event(virConnectPtr conn, const struct vr_subscription *s, const struct vr_event *event)
{
    if (s->event_id == VIR_NETWORK_EVENT_ID_LIFECYCLE) {
        MSG(network_event_lifecycle);
        virNetworkPtr net = vr_get_network(conn, &m->net, NULL);
        CALL(virConnectNetworkEventLifecycleCallback, net, m->event, m->detail);
        virNetworkFree(net);
    } else {
        MSG(network_event_callback_metadata_change);
        virNetworkPtr net = vr_get_network(conn, &m->net, NULL);
        CALL(virConnectNetworkEventMetadataChangeCallback, net, m->type, m->nsuri);
        virNetworkFree(net);
    }
}

static void pool_event(virConnectPtr conn, const struct vr_subscription *s, const struct vr_event *event)
{
    if (s->event_id == VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE) {
        MSG(storage_pool_event_lifecycle);
        virStoragePoolPtr pool = vr_get_storage_pool(conn, &m->pool, NULL);
        CALL(virConnectStoragePoolEventLifecycleCallback, pool, m->event, m->detail);
        virStoragePoolFree(pool);
    } else {
        MSG(storage_pool_event_refresh);
        virStoragePoolPtr pool = vr_get_storage_pool(conn, &m->pool, NULL);
        ((virConnectStoragePoolEventGenericCallback)s->cb)(conn, pool, s->opaque);
        virStoragePoolFree(pool);
    }
}

static void node_device_event(virConnectPtr conn, const struct vr_subscription *s, const struct vr_event *event)
{
    if (s->event_id == VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE) {
        MSG(node_device_event_lifecycle);
        virNodeDevicePtr dev = vr_get_node_device(conn, &m->dev, NULL);
        CALL(virConnectNodeDeviceEventLifecycleCallback, dev, m->event, m->detail);
        virNodeDeviceFree(dev);
    } else {
        MSG(node_device_event_update);
        virNodeDevicePtr dev = vr_get_node_device(conn, &m->dev, NULL);
        ((virConnectNodeDeviceEventGenericCallback)s->cb)(conn, dev, s->opaque);
        virNodeDeviceFree(dev);
    }
}

static void secret_event(virConnectPtr conn, const struct vr_subscription *s, const struct vr_event *event)
{
    if (s->event_id == VIR_SECRET_EVENT_ID_LIFECYCLE) {
        MSG(secret_event_lifecycle);
        virSecretPtr secret = vr_get_secret(conn, &m->secret, NULL);
        CALL(virConnectSecretEventLifecycleCallback, secret, m->event, m->detail);
        virSecretFree(secret);
    } else {
        MSG(secret_event_value_changed);
        virSecretPtr secret = vr_get_secret(conn, &m->secret, NULL);
        ((virConnectSecretEventGenericCallback)s->cb)(conn, secret, s->opaque);
        virSecretFree(secret);
    }
}

static void monitor_event(virConnectPtr conn, const struct vr_subscription *s, const struct vr_event *event)
{
    MSG(qemu_domain_monitor_event);
    DOMAIN;
    CALL(virConnectDomainQemuMonitorEventCallback, dom, m->event, m->seconds, m->micros, m->details);
    virDomainFree(dom);
}

void vr_event_call(virConnectPtr conn, const struct vr_subscription *s, const struct vr_event *event)
{
    if (event->call == &vr_api_qemu_domain_monitor_event)
        monitor_event(conn, s, event);
    else if (s->object == VR_OBJECT_DOMAIN)
        domain_event(conn, s, event);
    else if (s->object == VR_OBJECT_NETWORK)
        network_event(conn, s, event);
    else if (s->object == VR_OBJECT_STORAGE_POOL)
        pool_event(conn, s, event);
    else if (s->object == VR_OBJECT_NODE_DEVICE)
        node_device_event(conn, s, event);
    else if (s->object == VR_OBJECT_SECRET)
        secret_event(conn, s, event);
}

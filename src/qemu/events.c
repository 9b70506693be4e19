/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "events.h"
#include <string.h>
#include "api/api.h"
#include "domain.h"
#include "driver/event.h"

static struct vr_nonnull_domain who(const struct vr_domain *dom)
{
    struct vr_nonnull_domain d = { .name = dom->name, .id = dom->id };
    memcpy(d.uuid, dom->uuid.b, sizeof(d.uuid));
    return d;
}

static void emit(struct vr_domain *dom, int event_id, const void *message)
{
    struct vr_event_object object = { dom->name, dom->uuid.b, dom->id };
    vr_event_emit(VR_EVENTS_DOMAIN, event_id, &object, message);
}

void vr_emit_lifecycle(struct vr_domain *dom, int event, int detail)
{
    struct vr_domain_event_callback_lifecycle_msg m = { 0, { who(dom), event, detail } };
    emit(dom, VIR_DOMAIN_EVENT_ID_LIFECYCLE, &m);
}

void vr_emit_reboot(struct vr_domain *dom)
{
    struct vr_domain_event_callback_reboot_msg m = { 0, { who(dom) } };
    emit(dom, VIR_DOMAIN_EVENT_ID_REBOOT, &m);
}

void vr_emit_rtc_change(struct vr_domain *dom, int64_t offset)
{
    struct vr_domain_event_callback_rtc_change_msg m = { 0, { who(dom), offset } };
    emit(dom, VIR_DOMAIN_EVENT_ID_RTC_CHANGE, &m);
}

void vr_emit_watchdog(struct vr_domain *dom, int action)
{
    struct vr_domain_event_callback_watchdog_msg m = { 0, { who(dom), action } };
    emit(dom, VIR_DOMAIN_EVENT_ID_WATCHDOG, &m);
}

void vr_emit_io_error(struct vr_domain *dom, const char *path, const char *alias, int action, const char *reason)
{
    struct vr_domain_event_callback_io_error_msg m = { 0, { who(dom), path, alias, action } };
    emit(dom, VIR_DOMAIN_EVENT_ID_IO_ERROR, &m);
    struct vr_domain_event_callback_io_error_reason_msg r = { 0, { who(dom), path, alias, action, reason } };
    emit(dom, VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, &r);
}

void vr_emit_graphics(struct vr_domain *dom, int phase, const struct vr_emit_graphics_end *local,
                      const struct vr_emit_graphics_end *remote, const char *auth, const char *x509, const char *sasl)
{
    struct vr_domain_event_graphics_identity subject[2];
    uint32_t count = 0;
    if (x509)
        subject[count++] = (struct vr_domain_event_graphics_identity){ "x509dname", x509 };
    if (sasl)
        subject[count++] = (struct vr_domain_event_graphics_identity){ "saslUsername", sasl };
    struct vr_domain_event_callback_graphics_msg m = {
        .msg = { .dom = who(dom), .phase = phase, .local = { local->family, local->node, local->service },
                 .remote = { remote->family, remote->node, remote->service }, .auth_scheme = auth,
                 .subject_count = count, .subject = subject },
    };
    emit(dom, VIR_DOMAIN_EVENT_ID_GRAPHICS, &m);
}

void vr_emit_tray_change(struct vr_domain *dom, const char *alias, int reason)
{
    struct vr_domain_event_callback_tray_change_msg m = { 0, { who(dom), alias, reason } };
    emit(dom, VIR_DOMAIN_EVENT_ID_TRAY_CHANGE, &m);
}

void vr_emit_disk_change(struct vr_domain *dom, const char *old_path, const char *new_path, const char *alias, int reason)
{
    struct vr_domain_event_callback_disk_change_msg m = { 0, { who(dom), old_path, new_path, alias ? alias : "", reason } };
    emit(dom, VIR_DOMAIN_EVENT_ID_DISK_CHANGE, &m);
}

void vr_emit_pm_wakeup(struct vr_domain *dom)
{
    struct vr_domain_event_callback_pmwakeup_msg m = { 0, 0, { who(dom) } };
    emit(dom, VIR_DOMAIN_EVENT_ID_PMWAKEUP, &m);
}

void vr_emit_pm_suspend(struct vr_domain *dom)
{
    struct vr_domain_event_callback_pmsuspend_msg m = { 0, 0, { who(dom) } };
    emit(dom, VIR_DOMAIN_EVENT_ID_PMSUSPEND, &m);
}

void vr_emit_pm_suspend_disk(struct vr_domain *dom)
{
    struct vr_domain_event_callback_pmsuspend_disk_msg m = { 0, 0, { who(dom) } };
    emit(dom, VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK, &m);
}

void vr_emit_balloon_change(struct vr_domain *dom, uint64_t actual_kib)
{
    struct vr_domain_event_callback_balloon_change_msg m = { 0, { who(dom), actual_kib } };
    emit(dom, VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, &m);
}

void vr_emit_control_error(struct vr_domain *dom)
{
    struct vr_domain_event_callback_control_error_msg m = { 0, { who(dom) } };
    emit(dom, VIR_DOMAIN_EVENT_ID_CONTROL_ERROR, &m);
}

void vr_emit_device_removed(struct vr_domain *dom, const char *alias)
{
    struct vr_domain_event_callback_device_removed_msg m = { 0, { who(dom), alias } };
    emit(dom, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, &m);
}

void vr_emit_device_removal_failed(struct vr_domain *dom, const char *alias)
{
    struct vr_domain_event_callback_device_removal_failed_msg m = { 0, who(dom), alias };
    emit(dom, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, &m);
}

void vr_emit_agent_lifecycle(struct vr_domain *dom, int state, int reason)
{
    struct vr_domain_event_callback_agent_lifecycle_msg m = { 0, who(dom), state, reason };
    emit(dom, VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, &m);
}

void vr_emit_metadata_change(struct vr_domain *dom, int type, const char *ns_uri)
{
    struct vr_domain_event_callback_metadata_change_msg m = { 0, who(dom), type, ns_uri };
    emit(dom, VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, &m);
}

void vr_emit_block_threshold(struct vr_domain *dom, const char *dev, const char *path, uint64_t threshold, uint64_t excess)
{
    struct vr_domain_event_block_threshold_msg m = { 0, who(dom), dev, path, threshold, excess };
    emit(dom, VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD, &m);
}

void vr_emit_memory_failure(struct vr_domain *dom, int recipient, int action, unsigned flags)
{
    struct vr_domain_event_memory_failure_msg m = { 0, who(dom), recipient, action, flags };
    emit(dom, VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE, &m);
}

void vr_emit_memory_device_size_change(struct vr_domain *dom, const char *alias, uint64_t size)
{
    struct vr_domain_event_memory_device_size_change_msg m = { 0, who(dom), alias, size };
    emit(dom, VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE, &m);
}

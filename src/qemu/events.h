/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Events about guests, handed to the hub. None of these suspends or fails. */
#include <stdint.h>

struct vr_domain;

void vr_emit_lifecycle(struct vr_domain *dom, int event, int detail);
void vr_emit_reboot(struct vr_domain *dom);
void vr_emit_rtc_change(struct vr_domain *dom, int64_t offset);
void vr_emit_watchdog(struct vr_domain *dom, int action);
void vr_emit_io_error(struct vr_domain *dom, const char *path, const char *alias, int action, const char *reason);
struct vr_emit_graphics_end {
    int family;
    const char *node, *service;
};
void vr_emit_graphics(struct vr_domain *dom, int phase, const struct vr_emit_graphics_end *local,
                      const struct vr_emit_graphics_end *remote, const char *auth, const char *x509, const char *sasl);
void vr_emit_tray_change(struct vr_domain *dom, const char *alias, int reason);
void vr_emit_disk_change(struct vr_domain *dom, const char *old_path, const char *new_path, const char *alias, int reason);
void vr_emit_pm_wakeup(struct vr_domain *dom);
void vr_emit_pm_suspend(struct vr_domain *dom);
void vr_emit_pm_suspend_disk(struct vr_domain *dom);
void vr_emit_balloon_change(struct vr_domain *dom, uint64_t actual_kib);
void vr_emit_control_error(struct vr_domain *dom);
void vr_emit_device_removed(struct vr_domain *dom, const char *alias);
void vr_emit_device_removal_failed(struct vr_domain *dom, const char *alias);
void vr_emit_agent_lifecycle(struct vr_domain *dom, int state, int reason);
void vr_emit_metadata_change(struct vr_domain *dom, int type, const char *ns_uri);
void vr_emit_block_threshold(struct vr_domain *dom, const char *dev, const char *path, uint64_t threshold, uint64_t excess);
void vr_emit_memory_failure(struct vr_domain *dom, int recipient, int action, unsigned flags);
void vr_emit_memory_device_size_change(struct vr_domain *dom, const char *alias, uint64_t size);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Events. A driver emits one modern message struct of api/ (the one that starts with callbackID); the hub fills in each
 * subscriber's callback id, encodes the legacy form for clients that registered that way, applies the object filter and
 * vr_visible, and queues. Emitting never suspends and never fails; order of emission is order of delivery per client.
 */
#include <stddef.h>
#include <stdint.h>

/** Which object an event is about, for filters and visibility. */
struct vr_event_object {
    const char *name;
    const unsigned char *uuid;  /* NULL for objects without one */
    int id;                     /* domains */
};

enum vr_event_class {
    VR_EVENTS_DOMAIN,
    VR_EVENTS_NETWORK,
    VR_EVENTS_STORAGE_POOL,
    VR_EVENTS_NODE_DEVICE,
    VR_EVENTS_SECRET,
    VR_EVENTS_QEMU_MONITOR,
    VR_EVENTS_CLASSES
};

/**
 * vr_event_emit - deliver an event to every subscriber
 * @event_id: e.g. VIR_DOMAIN_EVENT_ID_LIFECYCLE; selects the procedure through the generated table
 * @message:  the modern message struct (struct vr_domain_event_callback_lifecycle_msg), callback id 0; borrowed
 */
void vr_event_emit(enum vr_event_class event_class, int event_id, const struct vr_event_object *object, const void *message);
/** The qemu program's monitor event; matched by event name per subscriber. */
void vr_event_emit_monitor(const struct vr_event_object *object, const char *event, long long seconds,
                           unsigned int micros, const char *details);
/** True when anybody subscribed to this id: lets a driver skip costly messages. */
int vr_event_wanted(enum vr_event_class event_class, int event_id);

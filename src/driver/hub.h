/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * The subscribers' side of the event hub; drivers need event.h only. One subscriber per client; each of its
 * registrations is one event id with an optional object, and has a number that is told to the client.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "api/api.h"
#include "base/error.h"
#include "driver/call.h"
#include "driver/event.h"

struct vr_subscriber {
    const struct vr_identity *identity; /* borrowed */
    /**
     * Takes one event: `message` is of type event->msg and borrowed. Must neither suspend nor call the hub; a client
     * whose queue is full is only marked for closing here.
     */
    void (*deliver)(struct vr_subscriber *subscriber, const struct vr_api_call *event, const void *message);
};

struct vr_event_filter {
    const unsigned char *uuid;  /* only this object; NULL: all */
    const char *name;           /* with it, for objects that have no uuid (node devices) */
    const char *monitor_event;  /* VR_EVENTS_QEMU_MONITOR: this event, NULL: all */
    bool regex, nocase;         /* how monitor_event is compared */
};

/**
 * vr_subscribe - ask for events
 * @legacy: in the form without callback id
 * @callback_id: receives the registration's number, unique within the class
 *
 * Reports INVALID_ARG when the subscriber has one with the same id, form and filter, or the pattern is no good.
 */
bool vr_subscribe(struct vr_subscriber *subscriber, enum vr_event_class event_class, int event_id,
                  const struct vr_event_filter *filter, bool legacy, int *callback_id, struct vr_error **err);
/** False when the subscriber has no such registration. */
bool vr_unsubscribe(struct vr_subscriber *subscriber, enum vr_event_class event_class, int callback_id);
/** The legacy registration of an event id. */
bool vr_unsubscribe_legacy(struct vr_subscriber *subscriber, enum vr_event_class event_class, int event_id);
/** The client went away. */
void vr_unsubscribe_all(struct vr_subscriber *subscriber);
/** How many registrations there are of one subscriber. */
size_t vr_subscriptions(const struct vr_subscriber *subscriber);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Callbacks an application registered, and the events that wait for them. What comes from the server is queued by
 * whichever thread read it and delivered by the application's event loop, in order, with no lock held.
 */
#include <stdbool.h>
#include <stddef.h>
#include "api/api.h"
#include "api/public.h"
#include "base/arena.h"
#include "base/error.h"

struct vr_subscriptions;

struct vr_event {
    struct vr_event *next;
    const struct vr_api_call *call;
    struct vr_arena *arena;
    void *msg; /* of call->msg; modern forms begin with the callback id */
};

struct vr_subscription {
    int id;              /* the application's */
    int remote_id;       /* the server's; shared by equal subscriptions */
    enum vr_api_object object;
    int event_id;        /* -1: monitor events of QEMU */
    bool legacy;         /* virConnectDomainEventRegister: found again by its function */
    char *filter;        /* text that names the object and pattern wanted; NULL: all */
    void (*cb)(void);
    void *opaque;
    virFreeCallback ff;
    int busy;            /* callbacks running now */
    bool removed;
};

/** From the reading thread, with the connection's lock held. True when an event waits now. */
bool vr_connect_event(virConnectPtr conn, const struct vr_api_call *event, const void *payload, size_t len);
/** From the event loop: calls everyone who is to know. */
void vr_connect_deliver(virConnectPtr conn);
/** The connection ended: the close callback, once. @conn: a reference, given up here. */
void vr_connect_closed(virConnectPtr conn, int reason);
void vr_subscriptions_free(struct vr_subscriptions *subs);

/** Calls one subscription's function with one event. */
void vr_event_call(virConnectPtr conn, const struct vr_subscription *s, const struct vr_event *event);

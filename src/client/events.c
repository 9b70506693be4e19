/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "events.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/uuid.h"
#include "call.h"
#include "remote_internal.h"
#include "wire/xdr.h"
#include "src/client/entry_rules.h"

struct vr_subscriptions {
    pthread_mutex_t changing; /* held across the calls that register and deregister; before delivery looks */
    pthread_mutex_t lock;     /* of what follows; never held while calling out */
    struct vr_subscription **list;
    size_t count, cap;
    int next_id;
    struct vr_event *first, **last;
    size_t queued;
};

/* Events nobody collects: an application that registered and then stopped running its loop. */
#define QUEUE_MAX 100000

static struct vr_subscriptions *of(virConnectPtr conn)
{
    pthread_mutex_lock(&conn->lock);
    if (!conn->subscriptions) {
        struct vr_subscriptions *subs = vr_new(struct vr_subscriptions);
        pthread_mutex_init(&subs->changing, NULL);
        pthread_mutex_init(&subs->lock, NULL);
        subs->last = &subs->first;
        conn->subscriptions = subs;
    }
    pthread_mutex_unlock(&conn->lock);
    return conn->subscriptions;
}

static void free_subscription(struct vr_subscription *s)
{
    if (s->ff)
        s->ff(s->opaque);
    free(s->filter);
    free(s);
}

static void free_event(struct vr_event *event)
{
    vr_arena_free(event->arena);
    free(event);
}

void vr_subscriptions_free(struct vr_subscriptions *subs)
{
    if (!subs)
        return;
    while (subs->first) {
        struct vr_event *event = subs->first;
        subs->first = event->next;
        free_event(event);
    }
    for (size_t i = 0; i < subs->count; i++)
        free_subscription(subs->list[i]);
    free(subs->list);
    pthread_mutex_destroy(&subs->changing);
    pthread_mutex_destroy(&subs->lock);
    free(subs);
}

/* ---- arrival and delivery ---------------------------------------------------------------------------------------- */

static void told_closed(virConnectPtr conn, int reason)
{
    pthread_mutex_lock(&conn->lock);
    virConnectCloseFunc cb = conn->close_cb;
    void *opaque = conn->close_opaque;
    virFreeCallback ff = conn->close_free;
    conn->close_cb = NULL; /* once */
    conn->close_free = NULL;
    pthread_mutex_unlock(&conn->lock);
    if (cb)
        cb(conn, reason, opaque);
    if (ff)
        ff(opaque);
    if (cb)
        vr_connect_unref(conn); /* the callback's; the caller has one of its own */
}

void vr_connect_closed(virConnectPtr conn, int reason)
{
    told_closed(conn, reason);
    vr_connect_unref(conn);
}

bool vr_connect_event(virConnectPtr conn, const struct vr_api_call *call, const void *payload, size_t len)
{
    struct vr_subscriptions *subs = conn->subscriptions;
    if (!subs && call != &vr_api_connect_event_connection_closed)
        return false;
    if (!subs)
        subs = of(conn);
    struct vr_event *event = vr_new(struct vr_event);
    event->call = call;
    event->arena = vr_arena_new();
    event->msg = vr_arena_alloc(event->arena, call->msg->size);
    if (call->legacy || !vr_xdr_decode(call->msg, payload, len, event->arena, event->msg, NULL)) {
        free_event(event);
        return false;
    }
    pthread_mutex_lock(&subs->lock);
    bool room = subs->queued < QUEUE_MAX;
    if (room) {
        *subs->last = event;
        subs->last = &event->next;
        subs->queued++;
    }
    pthread_mutex_unlock(&subs->lock);
    if (!room)
        free_event(event);
    return room;
}

static struct vr_event *take_event(struct vr_subscriptions *subs)
{
    pthread_mutex_lock(&subs->lock);
    struct vr_event *event = subs->first;
    if (event) {
        subs->first = event->next;
        if (!subs->first)
            subs->last = &subs->first;
        subs->queued--;
    }
    pthread_mutex_unlock(&subs->lock);
    return event;
}

static bool wants(const struct vr_subscription *s, const struct vr_event *event)
{
    bool monitor = event->call == &vr_api_qemu_domain_monitor_event;
    return !s->removed && s->remote_id == *(const int32_t *)event->msg &&
           (monitor ? s->event_id < 0 : s->event_id == event->call->event_id && s->object == event->call->object);
}

/* With the lock held, released around the call. A list that grew keeps its order; nothing leaves it while busy. */
static void deliver_one(virConnectPtr conn, struct vr_subscriptions *subs, const struct vr_event *event)
{
    for (size_t i = 0; i < subs->count; i++) {
        struct vr_subscription *s = subs->list[i];
        if (!wants(s, event))
            continue;
        s->busy++;
        pthread_mutex_unlock(&subs->lock);
        vr_event_call(conn, s, event);
        pthread_mutex_lock(&subs->lock);
        s->busy--;
    }
}

/* Takes one that was removed and is not running out of the list. */
static struct vr_subscription *take_removed(struct vr_subscriptions *subs)
{
    for (size_t i = 0; i < subs->count; i++) {
        struct vr_subscription *s = subs->list[i];
        if (s->removed && !s->busy) {
            memmove(&subs->list[i], &subs->list[i + 1], (--subs->count - i) * sizeof(s));
            return s;
        }
    }
    return NULL;
}

/* Only where no delivery is under way can the list shrink: a delivery counts positions. */
static bool delivering(const struct vr_subscriptions *subs)
{
    for (size_t i = 0; i < subs->count; i++)
        if (subs->list[i]->busy)
            return true;
    return false;
}

static void sweep(struct vr_subscriptions *subs)
{
    struct vr_subscription *s;
    do {
        pthread_mutex_lock(&subs->lock);
        s = delivering(subs) ? NULL : take_removed(subs);
        pthread_mutex_unlock(&subs->lock);
        if (s)
            free_subscription(s);
    } while (s);
}

void vr_connect_deliver(virConnectPtr conn)
{
    struct vr_subscriptions *subs = of(conn);
    struct vr_event *event;
    while ((event = take_event(subs)) != NULL) {
        if (event->call == &vr_api_connect_event_connection_closed) {
            told_closed(conn, *(const int32_t *)event->msg);
        } else {
            /* A registration whose reply is being taken in becomes visible first. */
            pthread_mutex_lock(&subs->changing);
            pthread_mutex_unlock(&subs->changing);
            pthread_mutex_lock(&subs->lock);
            deliver_one(conn, subs, event);
            pthread_mutex_unlock(&subs->lock);
        }
        free_event(event);
    }
    sweep(subs);
}

/* ---- registering ------------------------------------------------------------------------------------------------- */

static struct vr_subscription *find_equal(struct vr_subscriptions *subs, const struct vr_subscription *like)
{
    for (size_t i = 0; i < subs->count; i++) {
        struct vr_subscription *s = subs->list[i];
        bool same_filter = s->filter && like->filter ? strcmp(s->filter, like->filter) == 0 : s->filter == like->filter;
        if (!s->removed && s != like && s->object == like->object && s->event_id == like->event_id && same_filter)
            return s;
    }
    return NULL;
}

/* What the server is asked; returns its id for it. */
static bool ask(struct vr_client_call *c, const struct vr_subscription *s, const void *object, const char *pattern,
                unsigned flags, int *id)
{
#define ASK(name, type, put, member)                                                                                   \
    struct vr_##type o = { 0 };                                                                                        \
    if (object)                                                                                                        \
        o = put(object);                                                                                               \
    struct vr_##name##_args in = { .event_id = s->event_id, .member = object ? &o : NULL };                            \
    struct vr_##name##_ret out;                                                                                        \
    bool ok = vr_send(c, &vr_api_##name, &in, &out);                                                                   \
    if (ok)                                                                                                            \
        *id = out.callback_id;                                                                                         \
    return ok
    if (s->event_id < 0) {
        struct vr_nonnull_domain d = { 0 };
        if (object)
            d = vr_put_domain(object);
        struct vr_qemu_connect_domain_monitor_event_register_args in = { .dom = object ? &d : NULL, .event = pattern,
                                                                         .flags = flags };
        struct vr_qemu_connect_domain_monitor_event_register_ret out;
        bool ok = vr_send(c, &vr_api_qemu_connect_domain_monitor_event_register, &in, &out);
        if (ok)
            *id = out.callback_id;
        return ok;
    }
    switch (s->object) {
    case VR_OBJECT_DOMAIN: {
        ASK(connect_domain_event_callback_register_any, nonnull_domain, vr_put_domain, dom);
    }
    case VR_OBJECT_NETWORK: {
        ASK(connect_network_event_register_any, nonnull_network, vr_put_network, net);
    }
    case VR_OBJECT_STORAGE_POOL: {
        ASK(connect_storage_pool_event_register_any, nonnull_storage_pool, vr_put_storage_pool, pool);
    }
    case VR_OBJECT_NODE_DEVICE: {
        ASK(connect_node_device_event_register_any, nonnull_node_device, vr_put_node_device, dev);
    }
    default: {
        ASK(connect_secret_event_register_any, nonnull_secret, vr_put_secret, secret);
    }
    }
}

static bool tell_end(struct vr_client_call *c, const struct vr_subscription *s)
{
    /* Each of these calls takes the one id. */
    struct vr_connect_network_event_deregister_any_args in = { .callback_id = s->remote_id };
    struct vr_void nothing;
    static const struct vr_api_call *const calls[] = {
        [VR_OBJECT_DOMAIN] = &vr_api_connect_domain_event_callback_deregister_any,
        [VR_OBJECT_NETWORK] = &vr_api_connect_network_event_deregister_any,
        [VR_OBJECT_STORAGE_POOL] = &vr_api_connect_storage_pool_event_deregister_any,
        [VR_OBJECT_NODE_DEVICE] = &vr_api_connect_node_device_event_deregister_any,
        [VR_OBJECT_SECRET] = &vr_api_connect_secret_event_deregister_any,
    };
    bool monitor = s->event_id < 0;
    return vr_send(c, monitor ? &vr_api_qemu_connect_domain_monitor_event_deregister : calls[s->object], &in, &nothing);
}

static char *filter_text(const void *object, const char *pattern, unsigned flags)
{
    const struct vr_handle *h = object;
    if (!h && !pattern)
        return NULL;
    char uuid[VR_UUID_TEXT] = "";
    if (h)
        vr_uuid_format((const struct vr_uuid *)h->uuid, uuid);
    return vr_printf("%s|%s|%s|%u", uuid, h && h->name ? h->name : "", pattern ? pattern : "", flags);
}

/* The new subscription's id, or -1. Owns nothing of the caller's on failure. */
static int subscribe(struct vr_client_call *c, struct vr_subscription what, const void *object, const char *pattern,
                     unsigned flags)
{
    bool monitor = what.event_id < 0;
    if (!vr_remote_feature(c->conn->remote, VR_FEATURE_EVENT_IDS) ||
        (vr_remote_local(c->conn->remote) && (monitor || what.object == VR_OBJECT_SECRET))) {
        vr_unsupported(c);
        return -1;
    }
    struct vr_subscriptions *subs = of(c->conn);
    if (!vr_remote_need_events(c->conn->remote)) {
        vr_error_report(&c->err, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, -1, "%s",
                        "could not initialize domain event timer");
        return -1;
    }
    what.filter = filter_text(object, pattern, flags);
    pthread_mutex_lock(&subs->changing);
    pthread_mutex_lock(&subs->lock);
    struct vr_subscription *equal = find_equal(subs, &what);
    if (equal)
        what.remote_id = equal->remote_id;
    pthread_mutex_unlock(&subs->lock);
    int id = -1;
    if (equal || ask(c, &what, object, pattern, flags, &what.remote_id)) {
        struct vr_subscription *s = vr_memdup(&what, sizeof(what));
        pthread_mutex_lock(&subs->lock);
        id = s->id = subs->next_id++;
        VR_GROW(subs->list, subs->count, subs->cap);
        subs->list[subs->count++] = s;
        pthread_mutex_unlock(&subs->lock);
    } else {
        free(what.filter);
    }
    pthread_mutex_unlock(&subs->changing);
    return id;
}

static struct vr_subscription *find(struct vr_subscriptions *subs, enum vr_api_object object, int id, bool monitor,
                                    virConnectDomainEventCallback legacy)
{
    for (size_t i = 0; i < subs->count; i++) {
        struct vr_subscription *s = subs->list[i];
        if (s->removed || s->object != object || (s->event_id < 0) != monitor)
            continue;
        if (legacy ? s->legacy && (virConnectDomainEventCallback)s->cb == legacy : s->id == id)
            return s;
    }
    return NULL;
}

static bool unsubscribe(struct vr_client_call *c, enum vr_api_object object, int id, bool monitor,
                        virConnectDomainEventCallback legacy)
{
    if (object == VR_OBJECT_SECRET && vr_remote_local(c->conn->remote))
        return vr_unsupported(c);
    struct vr_subscriptions *subs = of(c->conn);
    pthread_mutex_lock(&subs->changing);
    pthread_mutex_lock(&subs->lock);
    struct vr_subscription *s = find(subs, object, id, monitor, legacy);
    struct vr_subscription copy = { 0 };
    bool last = false;
    if (s) {
        s->removed = true;
        last = find_equal(subs, s) == NULL;
        copy = *s;
    }
    pthread_mutex_unlock(&subs->lock);
    bool ok = s != NULL;
    if (!s)
        vr_error_report(&c->err, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, -1,
                        vr_remote_local(c->conn->remote) ? "could not find event callback %d for deletion"
                                                         : "event callback id %d not registered", id);
    else if (last)
        ok = tell_end(c, &copy);
    pthread_mutex_unlock(&subs->changing);
    sweep(subs);
    return ok;
}

/* ---- the public calls -------------------------------------------------------------------------------------------- */

static bool right_event(struct vr_client_call *c, int id, int last)
{
    if (id < 0)
        return vr_bad_arg(c, "eventID", "eventID in %s must be zero or greater", c->function);
    if (id >= last)
        return vr_bad_arg(c, "eventID", "eventID in %s must be less than %d", c->function, last);
    return true;
}

#define REGISTER(type, which, kind, from, last)                                                                       \
    VR_CALL(c, from);                                                                                                  \
    int id = -1;                                                                                                       \
    if (vr_begin_connect(&c, conn) && vr_arg(&c, cb, "cb") && right_event(&c, eventID, last) &&                        \
        (!which || vr_arg_handle(&c, kind, which)))                                                                  \
        id = subscribe(&c, (struct vr_subscription){ .object = type, .event_id = eventID,                              \
                                                     .cb = (void (*)(void))cb,                                         \
                                                     .opaque = opaque, .ff = freecb }, which, NULL, 0);               \
    vr_end(&c, id >= 0);                                                                                               \
    return id

#define DEREGISTER(type, from, rules)                                                                                  \
    VR_CALL(c, from);                                                                                                  \
    bool ok = vr_begin_connect(&c, conn) && rules && unsubscribe(&c, type, callbackID, false, NULL);                   \
    return vr_end(&c, ok) ? 0 : -1

int virConnectDomainEventRegisterAny(virConnectPtr conn, virDomainPtr dom, int eventID,
                                     virConnectDomainEventGenericCallback cb, void *opaque, virFreeCallback freecb)
{
    REGISTER(VR_OBJECT_DOMAIN, dom, VR_HANDLE_DOMAIN, VIR_FROM_DOMAIN, VIR_DOMAIN_EVENT_ID_LAST);
}

int virConnectDomainEventDeregisterAny(virConnectPtr conn, int callbackID)
{
    DEREGISTER(VR_OBJECT_DOMAIN, VIR_FROM_DOMAIN, VR_RULES_virConnectDomainEventDeregisterAny);
}

int virConnectNetworkEventRegisterAny(virConnectPtr conn, virNetworkPtr net, int eventID,
                                      virConnectNetworkEventGenericCallback cb, void *opaque, virFreeCallback freecb)
{
    REGISTER(VR_OBJECT_NETWORK, net, VR_HANDLE_NETWORK, VIR_FROM_NETWORK, VIR_NETWORK_EVENT_ID_LAST);
}

int virConnectNetworkEventDeregisterAny(virConnectPtr conn, int callbackID)
{
    DEREGISTER(VR_OBJECT_NETWORK, VIR_FROM_NETWORK, VR_RULES_virConnectNetworkEventDeregisterAny);
}

int virConnectStoragePoolEventRegisterAny(virConnectPtr conn, virStoragePoolPtr pool, int eventID,
                                          virConnectStoragePoolEventGenericCallback cb, void *opaque,
                                          virFreeCallback freecb)
{
    REGISTER(VR_OBJECT_STORAGE_POOL, pool, VR_HANDLE_POOL, VIR_FROM_STORAGE, VIR_STORAGE_POOL_EVENT_ID_LAST);
}

int virConnectStoragePoolEventDeregisterAny(virConnectPtr conn, int callbackID)
{
    DEREGISTER(VR_OBJECT_STORAGE_POOL, VIR_FROM_STORAGE, VR_RULES_virConnectStoragePoolEventDeregisterAny);
}

int virConnectNodeDeviceEventRegisterAny(virConnectPtr conn, virNodeDevicePtr dev, int eventID,
                                         virConnectNodeDeviceEventGenericCallback cb, void *opaque,
                                         virFreeCallback freecb)
{
    REGISTER(VR_OBJECT_NODE_DEVICE, dev, VR_HANDLE_NODEDEV, VIR_FROM_NODEDEV, VIR_NODE_DEVICE_EVENT_ID_LAST);
}

int virConnectNodeDeviceEventDeregisterAny(virConnectPtr conn, int callbackID)
{
    DEREGISTER(VR_OBJECT_NODE_DEVICE, VIR_FROM_NODEDEV, VR_RULES_virConnectNodeDeviceEventDeregisterAny);
}

int virConnectSecretEventRegisterAny(virConnectPtr conn, virSecretPtr secret, int eventID,
                                     virConnectSecretEventGenericCallback cb, void *opaque, virFreeCallback freecb)
{
    REGISTER(VR_OBJECT_SECRET, secret, VR_HANDLE_SECRET, VIR_FROM_SECRET, VIR_SECRET_EVENT_ID_LAST);
}

int virConnectSecretEventDeregisterAny(virConnectPtr conn, int callbackID)
{
    DEREGISTER(VR_OBJECT_SECRET, VIR_FROM_SECRET, VR_RULES_virConnectSecretEventDeregisterAny);
}

int virConnectDomainEventRegister(virConnectPtr conn, virConnectDomainEventCallback cb, void *opaque,
                                  virFreeCallback freecb)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    int id = -1;
    if (vr_begin_connect(&c, conn) && vr_arg(&c, cb, "cb"))
        id = subscribe(&c, (struct vr_subscription){ .object = VR_OBJECT_DOMAIN, .cb = (void (*)(void))cb,
                                                     .event_id = VIR_DOMAIN_EVENT_ID_LIFECYCLE, .opaque = opaque,
                                                     .ff = freecb, .legacy = true }, NULL, NULL, 0);
    return vr_end(&c, id >= 0) ? 0 : -1;
}

int virConnectDomainEventDeregister(virConnectPtr conn, virConnectDomainEventCallback cb)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    bool ok = vr_begin_connect(&c, conn) && vr_arg(&c, cb, "cb") &&
              unsubscribe(&c, VR_OBJECT_DOMAIN, -1, false, cb);
    return vr_end(&c, ok) ? 0 : -1;
}

int vr_virConnectDomainQemuMonitorEventRegister(virConnectPtr conn, virDomainPtr dom, const char *event,
                                                virConnectDomainQemuMonitorEventCallback cb, void *opaque,
                                                virFreeCallback freecb, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_NONE);
    int id = -1;
    if (vr_begin_connect(&c, conn) && vr_arg(&c, cb, "cb") && (!dom || vr_arg_handle(&c, VR_HANDLE_DOMAIN, dom)))
        id = subscribe(&c, (struct vr_subscription){ .object = VR_OBJECT_DOMAIN, .event_id = -1,
                                                     .cb = (void (*)(void))cb, .opaque = opaque, .ff = freecb },
                       dom, event, flags);
    vr_end(&c, id >= 0);
    return id;
}

int vr_virConnectDomainQemuMonitorEventDeregister(virConnectPtr conn, int callbackID)
{
    VR_CALL(c, VIR_FROM_NONE);
    bool ok = vr_begin_connect(&c, conn) && VR_RULES_virConnectDomainQemuMonitorEventDeregister &&
              unsubscribe(&c, VR_OBJECT_DOMAIN, callbackID, true, NULL);
    return vr_end(&c, ok) ? 0 : -1;
}

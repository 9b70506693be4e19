/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#define VR_LOG_SOURCE "driver.event"
#include "driver/event.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "base/uuid.h"
#include "hub.h"

#define EVENT_IDS 32         /* ids of a class are below this */
#define SUBSCRIPTIONS_MAX 4096 /* of one client: more than ids and any sensible number of objects */
#define PATTERN_MAX 256
#define MESSAGE_MAX 512      /* bytes of the largest event struct, without what it points to */

struct registration {
    struct registration *next;
    struct vr_subscriber *subscriber;
    int callback_id;
    bool legacy;
    bool has_uuid;
    bool is_regex;
    bool nocase;
    struct vr_uuid uuid;
    char *name;
    char *monitor_event;
    regex_t regex;
};

/* In order of registration, which is the order of delivery. Monitor events have the one id 0. */
static struct registration *heads[VR_EVENTS_CLASSES][EVENT_IDS];
static int next_callback_id[VR_EVENTS_CLASSES];

static const struct class_facts {
    uint8_t object;          /* enum vr_api_object */
    const char *access;
    uint8_t numbers;         /* class whose numbers it uses */
} classes[VR_EVENTS_CLASSES] = {
    [VR_EVENTS_DOMAIN] = { VR_OBJECT_DOMAIN, "domain", VR_EVENTS_DOMAIN },
    [VR_EVENTS_NETWORK] = { VR_OBJECT_NETWORK, "network", VR_EVENTS_NETWORK },
    [VR_EVENTS_STORAGE_POOL] = { VR_OBJECT_STORAGE_POOL, "storage_pool", VR_EVENTS_STORAGE_POOL },
    [VR_EVENTS_NODE_DEVICE] = { VR_OBJECT_NODE_DEVICE, "node_device", VR_EVENTS_NODE_DEVICE },
    [VR_EVENTS_SECRET] = { VR_OBJECT_SECRET, "secret", VR_EVENTS_SECRET },
    [VR_EVENTS_QEMU_MONITOR] = { VR_OBJECT_DOMAIN, "domain", VR_EVENTS_DOMAIN },
};

static void free_registration(struct registration *r)
{
    if (r->is_regex)
        regfree(&r->regex);
    free(r->name);
    free(r->monitor_event);
    free(r);
}

static bool same(const struct registration *r, const struct vr_subscriber *subscriber,
                 const struct vr_event_filter *filter)
{
    return r->subscriber == subscriber && r->has_uuid == (filter->uuid != NULL) &&
           (!r->has_uuid || memcmp(r->uuid.b, filter->uuid, 16) == 0) && vr_streq0(r->name, filter->name) &&
           vr_streq0(r->monitor_event, filter->monitor_event) && r->is_regex == filter->regex &&
           r->nocase == filter->nocase;
}

static bool compile_pattern(struct registration *r, const struct vr_event_filter *filter, struct vr_error **err)
{
    /* Repeat counts multiply inside the compiler: a short pattern could take all memory. */
    if (strlen(filter->monitor_event) > PATTERN_MAX || strchr(filter->monitor_event, '{'))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("failed to compile regex '%.*s': too long or with repeat counts"),
                       PATTERN_MAX, filter->monitor_event);
    int rc = regcomp(&r->regex, filter->monitor_event,
                     REG_EXTENDED | REG_NOSUB | (filter->nocase ? REG_ICASE : 0));
    if (rc) {
        char why[128];
        regerror(rc, &r->regex, why, sizeof(why));
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("failed to compile regex '%s': %s"), filter->monitor_event, why);
    }
    r->is_regex = true;
    return true;
}

bool vr_subscribe(struct vr_subscriber *subscriber, enum vr_event_class event_class, int event_id,
                  const struct vr_event_filter *filter, bool legacy, int *callback_id, struct vr_error **err)
{
    static const struct vr_event_filter none;
    if (!filter)
        filter = &none;
    if (event_id < 0 || event_id >= EVENT_IDS)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("unsupported event ID %d"), event_id);
    struct registration **at = &heads[event_class][event_id];
    for (; *at; at = &(*at)->next)
        if (same(*at, subscriber, filter))
            return vr_fail(err, VIR_ERR_INVALID_ARG, _("event callback already tracked"));
    if (vr_subscriptions(subscriber) >= SUBSCRIPTIONS_MAX)
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("too many event callbacks, at most %d"), SUBSCRIPTIONS_MAX);
    struct registration *r = vr_new(struct registration);
    if (filter->regex && filter->monitor_event && !compile_pattern(r, filter, err)) {
        free(r);
        return false;
    }
    r->subscriber = subscriber;
    r->legacy = legacy;
    r->nocase = filter->nocase;
    r->name = vr_strdup(filter->name);
    r->monitor_event = vr_strdup(filter->monitor_event);
    r->has_uuid = filter->uuid != NULL;
    if (r->has_uuid)
        memcpy(r->uuid.b, filter->uuid, 16);
    int *next = &next_callback_id[classes[event_class].numbers];
    r->callback_id = *next;
    *next = *next == INT32_MAX ? 0 : *next + 1;
    *at = r;
    *callback_id = r->callback_id;
    return true;
}

/* Removes the registrations of a subscriber that fit; -1 fits any number. */
static size_t remove_from(struct registration **at, const struct vr_subscriber *subscriber, int callback_id,
                          bool legacy_only)
{
    size_t removed = 0;
    while (*at) {
        struct registration *r = *at;
        if (r->subscriber == subscriber && (callback_id < 0 || r->callback_id == callback_id) &&
            (!legacy_only || r->legacy)) {
            *at = r->next;
            free_registration(r);
            removed++;
        } else {
            at = &r->next;
        }
    }
    return removed;
}

bool vr_unsubscribe(struct vr_subscriber *subscriber, enum vr_event_class event_class, int callback_id)
{
    size_t removed = 0;
    for (int id = 0; callback_id >= 0 && id < EVENT_IDS; id++)
        removed += remove_from(&heads[event_class][id], subscriber, callback_id, false);
    return removed > 0;
}

bool vr_unsubscribe_legacy(struct vr_subscriber *subscriber, enum vr_event_class event_class, int event_id)
{
    return event_id >= 0 && event_id < EVENT_IDS &&
           remove_from(&heads[event_class][event_id], subscriber, -1, true) > 0;
}

void vr_unsubscribe_all(struct vr_subscriber *subscriber)
{
    for (int c = 0; c < VR_EVENTS_CLASSES; c++)
        for (int id = 0; id < EVENT_IDS; id++)
            remove_from(&heads[c][id], subscriber, -1, false);
}

size_t vr_subscriptions(const struct vr_subscriber *subscriber)
{
    size_t count = 0;
    for (int c = 0; c < VR_EVENTS_CLASSES; c++)
        for (int id = 0; id < EVENT_IDS; id++)
            for (const struct registration *r = heads[c][id]; r; r = r->next)
                count += r->subscriber == subscriber;
    return count;
}

int vr_event_wanted(enum vr_event_class event_class, int event_id)
{
    return event_id >= 0 && event_id < EVENT_IDS && heads[event_class][event_id] != NULL;
}

static bool fits_object(const struct registration *r, enum vr_event_class event_class,
                        const struct vr_event_object *object)
{
    if (r->has_uuid && (!object->uuid || memcmp(r->uuid.b, object->uuid, 16) != 0))
        return false;
    if (r->name && !vr_streq0(r->name, object->name))
        return false;
    return vr_visible(r->subscriber->identity, classes[event_class].access, "getattr", object->name, object->uuid);
}

static const struct vr_api_call *event_of(enum vr_event_class event_class, int event_id)
{
    static const struct vr_api_call *known[VR_EVENTS_CLASSES][EVENT_IDS];
    if (event_id < 0 || event_id >= EVENT_IDS)
        return NULL;
    const struct vr_api_call **slot = &known[event_class][event_id];
    if (!*slot)
        *slot = vr_api_event_find((enum vr_api_object)classes[event_class].object, event_id);
    return *slot;
}

void vr_event_emit(enum vr_event_class event_class, int event_id, const struct vr_event_object *object,
                   const void *message)
{
    const struct vr_api_call *event = event_of(event_class, event_id);
    if (!event || event->msg->size > MESSAGE_MAX) {
        vr_logerr("event %d of class %d cannot be told: this is a bug", event_id, (int)event_class);
        return;
    }
    for (const struct registration *r = heads[event_class][event_id]; r; r = r->next) {
        if (!fits_object(r, event_class, object))
            continue;
        if (r->legacy) {
            if (event->twin)
                r->subscriber->deliver(r->subscriber, event->twin, (const char *)message + event->legacy_offset);
            continue;
        }
        /* The callback id is the first field of each modern message. */
        _Alignas(16) char copy[MESSAGE_MAX];
        int32_t callback_id = r->callback_id;
        memcpy(copy, message, event->msg->size);
        memcpy(copy, &callback_id, sizeof(callback_id));
        r->subscriber->deliver(r->subscriber, event, copy);
    }
}

static bool fits_monitor_event(const struct registration *r, const char *event)
{
    if (!r->monitor_event)
        return true;
    if (r->is_regex)
        return regexec(&r->regex, event, 0, NULL, 0) == 0;
    return (r->nocase ? strcasecmp(r->monitor_event, event) : strcmp(r->monitor_event, event)) == 0;
}

void vr_event_emit_monitor(const struct vr_event_object *object, const char *event, long long seconds,
                           unsigned int micros, const char *details)
{
    struct vr_qemu_domain_monitor_event_msg message = {
        .dom = { .name = object->name, .id = object->id }, .event = event, .seconds = seconds, .micros = micros,
        .details = details,
    };
    if (object->uuid)
        memcpy(message.dom.uuid, object->uuid, 16);
    for (const struct registration *r = heads[VR_EVENTS_QEMU_MONITOR][0]; r; r = r->next) {
        if (!fits_object(r, VR_EVENTS_QEMU_MONITOR, object) || !fits_monitor_event(r, event))
            continue;
        message.callback_id = r->callback_id;
        r->subscriber->deliver(r->subscriber, &vr_api_qemu_domain_monitor_event, &message);
    }
}

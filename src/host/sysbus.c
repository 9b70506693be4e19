/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_SYSTEMD
#define VR_LOG_SOURCE "host.bus"
#include "sysbus.h"
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "loop/loop.h"

static sd_bus *bus;

/* One call on its way. The fiber that waits owns it; the callback only fills it. */
struct pending {
    bool done;
    struct vr_cond cond;
    char *error_name, *error_text;
    sd_bus_message *reply;
};

void vr_sysbus_done(void)
{
    if (bus) {
        sd_bus_detach_event(bus);
        bus = sd_bus_close_unref(bus);
    }
}

/* Connecting does not wait: the greeting goes with the first call. */
sd_bus *vr_sysbus_open(void)
{
    if (bus && sd_bus_is_open(bus) > 0)
        return bus;
    vr_sysbus_done();
    int r = sd_bus_open_system(&bus);
    if (r >= 0)
        r = sd_bus_attach_event(bus, vr_loop_event(), 0);
    if (r < 0) {
        vr_debug("no system bus: %s", strerror(-r));
        bus = sd_bus_unref(bus);
    }
    return bus;
}

static int on_reply(sd_bus_message *reply, void *opaque, sd_bus_error *unused)
{
    struct pending *p = opaque;
    const sd_bus_error *e = sd_bus_message_get_error(reply);
    if (e) {
        p->error_name = vr_strdup(e->name);
        p->error_text = vr_strdup(e->message ? e->message : e->name);
    }
    if (!e)
        p->reply = sd_bus_message_ref(reply);
    p->done = true;
    vr_cond_broadcast(&p->cond);
    return 1;
}

static bool is_absent(const char *name)
{
    static const char *const names[] = {
        "org.freedesktop.DBus.Error.ServiceUnknown",    "org.freedesktop.DBus.Error.NameHasNoOwner",
        "org.freedesktop.DBus.Error.FileNotFound",      "org.freedesktop.DBus.Error.NoServer",
        "org.freedesktop.DBus.Error.Spawn.ServiceNotFound", "org.freedesktop.DBus.Error.Disconnected",
        "org.freedesktop.systemd1.NoSuchUnit",          "org.freedesktop.systemd1.UnitMasked", NULL,
    };
    return vr_name_index(names, name) >= 0;
}

VR_SUSPENDS enum vr_sysbus vr_sysbus_call(sd_bus_message *message, const char *service, const char *note, sd_bus_message **reply,
                                          vr_time deadline, struct vr_error **err)
{
    struct pending p = { 0 };
    sd_bus_slot *slot = NULL;
    vr_time left = deadline - vr_now();
    int r = sd_bus_call_async(bus, &slot, message, on_reply, &p, left > 0 ? (uint64_t)(left / 1000) : 1);
    sd_bus_message_unref(message);
    if (r < 0) {
        sd_bus_slot_unref(slot);
        vr_debug("call over the system bus: %s", strerror(-r));
        return VR_SYSBUS_ABSENT;
    }
    bool waited = true;
    vr_fiber_note(note);
    while (!p.done && waited)
        waited = vr_cond_wait(&p.cond, deadline, err);
    vr_fiber_note(NULL);
    sd_bus_slot_unref(slot); /* from here on nobody writes to p */
    enum vr_sysbus result = !p.done ? VR_SYSBUS_FAILED : VR_SYSBUS_DONE;
    if (p.done && p.error_name) {
        result = is_absent(p.error_name) ? VR_SYSBUS_ABSENT : VR_SYSBUS_FAILED;
        if (result == VR_SYSBUS_FAILED)
            vr_fail(err, VIR_ERR_DBUS_SERVICE, _("%s: %s"), service, p.error_text);
    }
    if (reply && p.reply)
        *reply = sd_bus_message_ref(p.reply);
    sd_bus_message_unref(p.reply);
    free(p.error_name);
    free(p.error_text);
    return result;
}

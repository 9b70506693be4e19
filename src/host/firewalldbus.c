/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_FIREWALLD
#define VR_LOG_SOURCE "host.firewalld"
#include "firewalldbus.h"
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/str.h"
#include "loop/loop.h"
#include "sysbus.h"

#define SERVICE "org.fedoraproject.FirewallD1"
#define OBJECT "/org/fedoraproject/FirewallD1"
#define ZONE_INTERFACE "org.fedoraproject.FirewallD1.zone"
#define NOTE "waiting for firewalld"

VR_SUSPENDS bool vr_firewalld_runs(vr_time deadline)
{
    sd_bus_message *m = NULL, *reply = NULL;
    sd_bus *bus = vr_sysbus_open();
    int owned = 0;
    if (!bus)
        return false;
    /* Asked of the bus itself: a call to firewalld would start it. */
    int r = sd_bus_message_new_method_call(bus, &m, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                           "NameHasOwner");
    if (r >= 0)
        r = sd_bus_message_append(m, "s", SERVICE);
    if (r < 0) {
        sd_bus_message_unref(m);
        return false;
    }
    VR_AUTO(vr_error) *err = NULL;
    if (vr_sysbus_call(m, "org.freedesktop.DBus", NOTE, &reply, deadline, &err) != VR_SYSBUS_DONE)
        return false;
    r = sd_bus_message_read(reply, "b", &owned);
    sd_bus_message_unref(reply);
    return r >= 0 && owned;
}

static sd_bus_message *zone_call(const char *method)
{
    sd_bus_message *m = NULL;
    sd_bus *bus = vr_sysbus_open();
    return bus && sd_bus_message_new_method_call(bus, &m, SERVICE, OBJECT, ZONE_INTERFACE, method) >= 0 ? m : NULL;
}

VR_SUSPENDS bool vr_firewalld_has_zone(const char *zone, vr_time deadline)
{
    sd_bus_message *m = zone_call("getZones"), *reply = NULL;
    VR_AUTO(vr_error) *err = NULL;
    bool found = false;
    if (!m || vr_sysbus_call(m, SERVICE, NOTE, &reply, deadline, &err) != VR_SYSBUS_DONE)
        return false;
    const char *name;
    if (sd_bus_message_enter_container(reply, 'a', "s") >= 0)
        while (sd_bus_message_read(reply, "s", &name) > 0)
            found |= vr_streq(name, zone);
    sd_bus_message_unref(reply);
    return found;
}

VR_SUSPENDS static bool zone_of(const char *method, const char *zone, const char *interface, vr_time deadline,
                                struct vr_error **err)
{
    sd_bus_message *m = zone_call(method);
    if (!m || sd_bus_message_append(m, "ss", zone, interface) < 0) {
        sd_bus_message_unref(m);
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("cannot ask firewalld about '%s'"), interface);
    }
    enum vr_sysbus result = vr_sysbus_call(m, SERVICE, NOTE, NULL, deadline, err);
    if (result == VR_SYSBUS_ABSENT)
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("firewalld ended while it was asked"));
    return result == VR_SYSBUS_DONE;
}

VR_SUSPENDS bool vr_firewalld_set_zone(const char *interface, const char *zone, vr_time deadline, struct vr_error **err)
{
    return zone_of("changeZoneOfInterface", zone, interface, deadline, err);
}

VR_SUSPENDS void vr_firewalld_unset_zone(const char *interface, vr_time deadline)
{
    VR_AUTO(vr_error) *err = NULL;
    if (!zone_of("removeInterface", "", interface, deadline, &err))
        vr_debug("zone of '%s': %s", interface, vr_error_text(err));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_SYSTEMD
#define VR_LOG_SOURCE "host.machined"
#include "machinebus.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "loop/loop.h"

#define SERVICE "org.freedesktop.machine1"
#define OBJECT "/org/freedesktop/machine1"
#define INTERFACE "org.freedesktop.machine1.Manager"

static sd_bus *bus;

/* One call on its way. The fiber that waits owns it; the callback only fills it. */
struct pending {
    bool done;
    struct vr_cond cond;
    char *error_name, *error_text;
};

void vr_machined_done(void)
{
    if (bus) {
        sd_bus_detach_event(bus);
        bus = sd_bus_close_unref(bus);
    }
}

/* Connecting does not wait: the greeting goes with the first call. */
static bool open_bus(void)
{
    if (bus && sd_bus_is_open(bus) > 0)
        return true;
    vr_machined_done();
    int r = sd_bus_open_system(&bus);
    if (r >= 0)
        r = sd_bus_attach_event(bus, vr_loop_event(), 0);
    if (r < 0) {
        vr_debug("no system bus: %s", strerror(-r));
        bus = sd_bus_unref(bus);
        return false;
    }
    return true;
}

static int on_reply(sd_bus_message *reply, void *opaque, sd_bus_error *unused)
{
    struct pending *p = opaque;
    const sd_bus_error *e = sd_bus_message_get_error(reply);
    if (e) {
        p->error_name = vr_strdup(e->name);
        p->error_text = vr_strdup(e->message ? e->message : e->name);
    }
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

/* Sends and waits. `message` is consumed. */
VR_SUSPENDS static enum vr_machined call(sd_bus_message *message, vr_time deadline, struct vr_error **err)
{
    struct pending p = { 0 };
    sd_bus_slot *slot = NULL;
    vr_time left = deadline - vr_now();
    int r = sd_bus_call_async(bus, &slot, message, on_reply, &p, left > 0 ? (uint64_t)(left / 1000) : 1);
    sd_bus_message_unref(message);
    if (r < 0) {
        sd_bus_slot_unref(slot);
        vr_debug("call over the system bus: %s", strerror(-r));
        return VR_MACHINED_ABSENT;
    }
    bool waited = true;
    vr_fiber_note("waiting for systemd-machined");
    while (!p.done && waited)
        waited = vr_cond_wait(&p.cond, deadline, err);
    vr_fiber_note(NULL);
    sd_bus_slot_unref(slot); /* from here on nobody writes to p */
    enum vr_machined result = !p.done ? VR_MACHINED_FAILED : VR_MACHINED_DONE;
    if (p.done && p.error_name) {
        result = is_absent(p.error_name) ? VR_MACHINED_ABSENT : VR_MACHINED_FAILED;
        if (result == VR_MACHINED_FAILED)
            vr_fail(err, VIR_ERR_DBUS_SERVICE, _("%s: %s"), SERVICE, p.error_text);
    }
    free(p.error_name);
    free(p.error_text);
    return result;
}

/* '-' parts the levels of a slice, so one in a name is written otherwise. */
char *vr_slice_name(const char *partition)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    for (const char *c = partition + (partition[0] == '/'); *c; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_' ||
                     *c == ':' || (*c == '.' && b.len);
        if (*c == '/')
            vr_buf_char(&b, '-');
        else if (plain)
            vr_buf_char(&b, *c);
        else
            vr_buf_printf(&b, "\\x%02x", (unsigned char)*c);
    }
    vr_buf_str(&b, ".slice");
    return vr_buf_take(&b);
}

static int fill(sd_bus_message *m, const struct vr_machine *machine)
{
    vr_autofree char *slice = vr_slice_name(machine->partition ? machine->partition : "/machine");
    int r = sd_bus_message_append(m, "s", machine->name);
    if (r >= 0)
        r = sd_bus_message_append_array(m, 'y', machine->uuid.b, sizeof(machine->uuid.b));
    if (r >= 0)
        r = sd_bus_message_append(m, "ssus", "libvirt-qemu", "vm", (uint32_t)machine->leader, "");
    if (r >= 0)
        r = sd_bus_message_append_array(m, 'i', machine->interfaces, machine->interface_count * sizeof(int));
    if (r >= 0)
        r = sd_bus_message_append(m, "a(sv)", 3, "Slice", "s", slice, "After", "as", 1, "libvirtd.service", "Before",
                                  "as", 1, "virt-guest-shutdown.target");
    return r;
}

VR_SUSPENDS enum vr_machined vr_machined_create(const struct vr_machine *machine, vr_time deadline,
                                                struct vr_error **err)
{
    sd_bus_message *m = NULL;
    if (!open_bus())
        return VR_MACHINED_ABSENT;
    int r = sd_bus_message_new_method_call(bus, &m, SERVICE, OBJECT, INTERFACE, "CreateMachineWithNetwork");
    if (r >= 0)
        r = fill(m, machine);
    if (r < 0) {
        sd_bus_message_unref(m);
        vr_fail_errno(err, VIR_ERR_INTERNAL_ERROR, -r, _("cannot ask for machine '%s'"), machine->name);
        return VR_MACHINED_FAILED;
    }
    return call(m, deadline, err);
}

VR_SUSPENDS void vr_machined_terminate(const char *name, vr_time deadline)
{
    sd_bus_message *m = NULL;
    VR_AUTO(vr_error) *err = NULL;
    if (!open_bus())
        return;
    int r = sd_bus_message_new_method_call(bus, &m, SERVICE, OBJECT, INTERFACE, "TerminateMachine");
    if (r >= 0)
        r = sd_bus_message_append(m, "s", name);
    if (r < 0)
        sd_bus_message_unref(m);
    else if (call(m, deadline, &err) == VR_MACHINED_FAILED)
        vr_debug("machine '%s': %s", name, vr_error_text(err)); /* its scope ended with its last process */
}

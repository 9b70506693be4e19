/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_SYSTEMD
#define VR_LOG_SOURCE "host.machined"
#include "machinebus.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "loop/loop.h"
#include "sysbus.h"

#define SERVICE "org.freedesktop.machine1"
#define OBJECT "/org/freedesktop/machine1"
#define INTERFACE "org.freedesktop.machine1.Manager"

/* The two say the same of a call. */
VR_SUSPENDS static enum vr_machined call(sd_bus_message *message, vr_time deadline, struct vr_error **err)
{
    switch (vr_sysbus_call(message, SERVICE, "waiting for systemd-machined", NULL, deadline, err)) {
    case VR_SYSBUS_DONE: return VR_MACHINED_DONE;
    case VR_SYSBUS_ABSENT: return VR_MACHINED_ABSENT;
    default: return VR_MACHINED_FAILED;
    }
}

void vr_machined_done(void)
{
    vr_sysbus_done();
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
    sd_bus *bus = vr_sysbus_open();
    if (!bus)
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
    sd_bus *bus = vr_sysbus_open();
    if (!bus)
        return;
    int r = sd_bus_message_new_method_call(bus, &m, SERVICE, OBJECT, INTERFACE, "TerminateMachine");
    if (r >= 0)
        r = sd_bus_message_append(m, "s", name);
    if (r < 0)
        sd_bus_message_unref(m);
    else if (call(m, deadline, &err) == VR_MACHINED_FAILED)
        vr_debug("machine '%s': %s", name, vr_error_text(err)); /* its scope ended with its last process */
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "ovs.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/uuid.h"
#include "loop/child.h"
#include "model/interface.h"

#define MAX_ARGS 64
#define MAX_TAGS 4096

struct args {
    struct vr_arena *arena;
    const char *v[MAX_ARGS];
    size_t n;
};

static void add(struct args *a, const char *text)
{
    if (a->n + 1 < MAX_ARGS)
        a->v[a->n++] = text;
}

static void add_id(struct args *a, const char *interface, const char *key, const char *value)
{
    add(a, "--");
    add(a, "set");
    add(a, "Interface");
    add(a, interface);
    add(a, vr_arena_printf(a->arena, "external-ids:%s=\"%s\"", key, value));
}

/* A trunk carries its tags; with a native one untagged frames (or frames tagged so) belong to that. */
static void add_vlan(struct args *a, const struct vr_vlan *vlan)
{
    const struct vr_vlan_tag *native = NULL;
    vr_autobuf struct vr_buf trunk = VR_BUF_INIT;
    for (size_t i = 0; i < vlan->tags.n && i < MAX_TAGS; i++) {
        const struct vr_vlan_tag *t = vlan->tags.v[i];
        native = t->native_mode ? t : native;
        vr_buf_printf(&trunk, "%s%u", trunk.len ? "," : "trunk=", t->id);
    }
    if (native) {
        add(a, vr_arena_printf(a->arena, "vlan_mode=native-%s", native->native_mode));
        add(a, vr_arena_printf(a->arena, "tag=%u", native->id));
    }
    if (vlan->trunk == VR_TRI_YES)
        add(a, vr_arena_strdup(a->arena, trunk.data));
    else if (!native && vlan->tags.n)
        add(a, vr_arena_printf(a->arena, "tag=%u", vlan->tags.v[0]->id));
}

VR_SUSPENDS static bool run(struct args *a, vr_time deadline, struct vr_error **err)
{
    static const char *const places[] = { "/usr/bin/ovs-vsctl", "/usr/local/bin/ovs-vsctl", "/bin/ovs-vsctl" };
    for (size_t i = 0; i < VR_COUNT(places); i++) {
        if (access(places[i], X_OK) != 0)
            continue;
        a->v[0] = places[i];
        const struct vr_child child = { .argv = a->v, .deadline = deadline };
        vr_autochild struct vr_child_result result = { 0 };
        return vr_child_run_ok(&child, &result, err);
    }
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s",
                   _("Open vSwitch's program ovs-vsctl is not installed (package openvswitch-switch)"));
}

VR_SUSPENDS bool vr_ovs_add(const struct vr_ovs_port *port, vr_time deadline, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct args a = { .arena = arena };
    char text[VR_UUID_TEXT];
    const uint8_t *m = port->mac;
    add(&a, NULL);
    add(&a, "--timeout=5");
    add(&a, "--");
    add(&a, "--if-exists");
    add(&a, "del-port");
    add(&a, port->name);
    add(&a, "--");
    add(&a, "add-port");
    add(&a, port->bridge);
    add(&a, port->name);
    if (port->vlan)
        add_vlan(&a, port->vlan);
    add_id(&a, port->name, "attached-mac", vr_arena_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
                                                           m[5]));
    add_id(&a, port->name, "iface-id", vr_arena_strdup(arena, vr_uuid_format(&port->vport->interfaceid, text)));
    add_id(&a, port->name, "vm-id", vr_arena_strdup(arena, vr_uuid_format(port->vm_uuid, text)));
    if (port->vport->profileid)
        add_id(&a, port->name, "port-profile", port->vport->profileid);
    add(&a, "--");
    add(&a, "set");
    add(&a, "Interface");
    add(&a, port->name);
    add(&a, "external-ids:iface-status=active");
    VR_AUTO(vr_error) *cause = NULL;
    return run(&a, deadline, &cause) || vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unable to add port %s to OVS bridge %s: %s"),
                                                port->name, port->bridge, vr_error_text(cause));
}

VR_SUSPENDS bool vr_ovs_remove(const char *name, vr_time deadline, struct vr_error **err)
{
    struct args a = { .n = 0 };
    add(&a, NULL);
    add(&a, "--timeout=5");
    add(&a, "--");
    add(&a, "--if-exists");
    add(&a, "del-port");
    add(&a, name);
    VR_AUTO(vr_error) *cause = NULL;
    return run(&a, deadline, &cause) ||
           vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unable to delete port %s from OVS: %s"), name, vr_error_text(cause));
}

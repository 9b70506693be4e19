/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "ovs.h"
#include <inttypes.h>
#include <stdarg.h>
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

#define MAX_ARGS 96
#define MAX_TAGS 4096
#define MAX_ROWS 4 /* of one port and table: more than one is left over already */

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

static void add_words(struct args *a, const char *first, ...) __attribute__((sentinel));
static void add_words(struct args *a, const char *first, ...)
{
    va_list ap;
    va_start(ap, first);
    for (const char *word = first; word; word = va_arg(ap, const char *))
        add(a, word);
    va_end(ap);
}

/* The program's place comes first, when it is run. */
static void begin(struct args *a, struct vr_arena *arena)
{
    *a = (struct args){ .arena = arena };
    add_words(a, "", "--timeout=5", NULL);
}

/* As the program reads strings: in quotes, with backslashes before what would end them. */
static const char *quoted(struct vr_arena *arena, const char *text)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    vr_buf_char(&b, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            vr_buf_char(&b, '\\');
        vr_buf_char(&b, *text);
    }
    vr_buf_char(&b, '"');
    return vr_arena_strdup(arena, b.data);
}

static void add_id(struct args *a, const char *interface, const char *key, const char *value)
{
    add_words(a, "--", "set", "Interface", interface, NULL);
    add(a, vr_arena_printf(a->arena, "external-ids:%s=%s", key, quoted(a->arena, value)));
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

/* What the program said, without the command that people cannot have typed. */
static const char *complaint(const struct vr_child_result *result)
{
    if (!result->err.len)
        return "it ended without a word";
    char *text = result->err.data;
    text[strcspn(text, "\n")] = '\0';
    const char *colon = strstr(text, ": ");
    return vr_starts_with(text, "ovs-vsctl") && colon ? colon + 2 : text;
}

static const char *detail(const struct vr_error *cause)
{
    return cause && cause->str2 ? cause->str2 : vr_error_text(cause);
}

VR_SUSPENDS static bool run(struct args *a, vr_time deadline, struct vr_buf *out, struct vr_error **err)
{
    static const char *const places[] = { "/usr/bin/ovs-vsctl", "/usr/local/bin/ovs-vsctl", "/bin/ovs-vsctl" };
    for (size_t i = 0; i < VR_COUNT(places); i++) {
        if (access(places[i], X_OK) != 0)
            continue;
        a->v[0] = places[i];
        const struct vr_child child = { .argv = a->v, .deadline = deadline };
        vr_autochild struct vr_child_result result = { 0 };
        if (!vr_child_run(&child, &result, err))
            return false;
        if (result.exit.status)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "ovs-vsctl: %s", complaint(&result));
        if (out)
            vr_buf_add(out, result.out.data, result.out.len);
        return true;
    }
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s",
                   _("Open vSwitch's program ovs-vsctl is not installed (package openvswitch-switch)"));
}

/* ---- ports --------------------------------------------------------------------------------------------------------- */

/* One that an earlier guest of that name left goes in the same transaction: its tags and names would stay. */
VR_SUSPENDS bool vr_ovs_add(const struct vr_ovs_port *port, vr_time deadline, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct args a;
    char text[VR_UUID_TEXT];
    const uint8_t *m = port->mac;
    begin(&a, arena);
    add_words(&a, "--", "--if-exists", "del-port", port->name, "--", "add-port", port->bridge, port->name, NULL);
    if (port->vlan)
        add_vlan(&a, port->vlan);
    add_id(&a, port->name, "attached-mac", vr_arena_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
                                                           m[5]));
    add_id(&a, port->name, "iface-id", vr_arena_strdup(arena, vr_uuid_format(&port->vport->interfaceid, text)));
    add_id(&a, port->name, "vm-id", vr_arena_strdup(arena, vr_uuid_format(port->vm_uuid, text)));
    if (port->vport->profileid) {
        add_id(&a, port->name, "port-profile", port->vport->profileid);
        add_id(&a, port->name, "ifname", port->name);
    }
    add_words(&a, "--", "set", "Interface", port->name, "external-ids:iface-status=active", NULL);
    VR_AUTO(vr_error) *cause = NULL;
    return run(&a, deadline, NULL, &cause) ||
           vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unable to add port %s to OVS bridge %s: %s"), port->name, port->bridge,
                   detail(cause));
}

/* ---- limits -------------------------------------------------------------------------------------------------------- */

/*
 * The switch takes away what others put on its ports, so it must do the limiting: what a guest receives is a queue of a
 * QoS row, what it sends is policed. Rows have stock's marks, and are found by them.
 */
static const char *const tables[] = { "qos", "queue" };

static const char *mark(struct vr_arena *arena, const char *name)
{
    return vr_arena_printf(arena, "external-ids:ifname=%s", quoted(arena, name));
}

/* Appends commands that remove the port's rows, of this guest and of earlier ones whose device had the name. */
VR_SUSPENDS static bool add_removal(struct args *a, const char *name, vr_time deadline, struct vr_error **err)
{
    for (size_t i = 0; i < VR_COUNT(tables); i++) {
        struct args find;
        vr_autobuf struct vr_buf out = VR_BUF_INIT;
        begin(&find, a->arena);
        add_words(&find, "--no-heading", "--columns=_uuid", "find", tables[i], mark(a->arena, name), NULL);
        if (!run(&find, deadline, &out, err))
            return false;
        char *save = NULL;
        size_t n = 0;
        for (char *id = out.len ? strtok_r(out.data, " \n", &save) : NULL; id && n < MAX_ROWS; id = strtok_r(NULL, " \n", &save), n++)
            add_words(a, "--", "--if-exists", "destroy", tables[i], vr_arena_strdup(a->arena, id), NULL);
    }
    return true;
}

static void add_rate(struct args *a, const struct vr_bandwidth_side *in)
{
    add(a, vr_arena_printf(a->arena, "other_config:min-rate=%" PRIu64, (uint64_t)in->average.v * 8000));
    if (in->burst.v)
        add(a, vr_arena_printf(a->arena, "other_config:burst=%" PRIu64, (uint64_t)in->burst.v * 1024 * 8));
    /* The least rate alone would be no limit: what the link can do would be the most. */
    uint64_t most = in->peak.v ? in->peak.v : in->average.v;
    add(a, vr_arena_printf(a->arena, "other_config:max-rate=%" PRIu64, most * 8000));
}

static void add_queue(struct args *a, const struct vr_ovs_port *port, const struct vr_bandwidth_side *in)
{
    char text[VR_UUID_TEXT];
    const char *vm = vr_arena_printf(a->arena, "external-ids:vm-id=%s",
                                     quoted(a->arena, vr_uuid_format(port->vm_uuid, text)));
    const char *ifname = mark(a->arena, port->name);
    add_words(a, "--", "set", "port", port->name, "qos=@qos1", vm, ifname, NULL);
    add_words(a, "--", "--id=@qos1", "create", "qos", "type=linux-htb", NULL);
    add_rate(a, in);
    add_words(a, "queues:0=@queue0", vm, ifname, "--", "--id=@queue0", "create", "queue", NULL);
    add_rate(a, in);
    add_words(a, vm, ifname, NULL);
}

VR_SUSPENDS bool vr_ovs_limit(const struct vr_ovs_port *port, const struct vr_bandwidth *limits, vr_time deadline,
                              struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    VR_AUTO(vr_error) *cause = NULL;
    struct args a;
    const struct vr_bandwidth_side *in = limits ? limits->in : NULL, *out = limits ? limits->out : NULL;
    begin(&a, arena);
    add_words(&a, "--", "clear", "port", port->name, "qos", NULL);
    if (!add_removal(&a, port->name, deadline, &cause))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unable to destroy qos on port %s: %s"), port->name, detail(cause));
    if (in && in->average.v)
        add_queue(&a, port, in);
    add_words(&a, "--", "set", "Interface", port->name, NULL);
    add(&a, vr_arena_printf(arena, "ingress_policing_rate=%" PRIu64, out ? (uint64_t)out->average.v * 8 : 0));
    add(&a, vr_arena_printf(arena, "ingress_policing_burst=%" PRIu64, out ? (uint64_t)out->burst.v * 8 : 0));
    return run(&a, deadline, NULL, &cause) ||
           vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unable to set qos configuration on port %s: %s"), port->name, detail(cause));
}

/* The port first: rows that something refers to cannot be deleted, not even together with it. */
VR_SUSPENDS bool vr_ovs_remove(const char *name, bool limited, vr_time deadline, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    VR_AUTO(vr_error) *cause = NULL;
    struct args a, rows;
    begin(&a, arena);
    begin(&rows, arena);
    add_words(&a, "--", "--if-exists", "del-port", name, NULL);
    bool good = run(&a, deadline, NULL, &cause);
    if (good && limited)
        good = add_removal(&rows, name, deadline, &cause) && (rows.n == 2 || run(&rows, deadline, NULL, &cause));
    return good || vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unable to delete port %s from OVS: %s"), name, detail(cause));
}

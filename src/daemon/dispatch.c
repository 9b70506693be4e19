/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#define VR_LOG_SOURCE "daemon.dispatch"
/*
 * From packet to driver function and back. Order of the questions as clients know it: program, message kind, status,
 * procedure, authenticated, decodes, open, read-only, access, driver, flags.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "api/rows.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "client.h"
#include "wire/xdr.h"

struct task {
    struct vr_client *client;
    const struct vr_driver_row *row;
    struct vr_message_header asked;
    struct vr_call call;
    int fds[VIR_NET_MESSAGE_NUM_FDS_MAX];
    struct vr_client_stream *stream;
    struct vr_identity *identity; /* the client may take another while the call runs */
    void *args, *ret;
};

/* ---- errors ---- */

/* The domain of errors that stock's public layer makes for a procedure. */
static int layer_domain(const struct vr_api_call *api)
{
    static const int domains[] = {
        [VR_OBJECT_DOMAIN] = VIR_FROM_DOMAIN,
        [VR_OBJECT_SNAPSHOT] = VIR_FROM_DOMAIN_SNAPSHOT,
        [VR_OBJECT_CHECKPOINT] = VIR_FROM_DOMAIN_CHECKPOINT,
        [VR_OBJECT_NETWORK] = VIR_FROM_NETWORK,
        [VR_OBJECT_NETWORK_PORT] = VIR_FROM_NETWORK,
        [VR_OBJECT_INTERFACE] = VIR_FROM_INTERFACE,
        [VR_OBJECT_STORAGE_POOL] = VIR_FROM_STORAGE,
        [VR_OBJECT_STORAGE_VOL] = VIR_FROM_STORAGE,
        [VR_OBJECT_NODE_DEVICE] = VIR_FROM_NODEDEV,
        [VR_OBJECT_SECRET] = VIR_FROM_SECRET,
        [VR_OBJECT_NWFILTER] = VIR_FROM_NWFILTER,
        [VR_OBJECT_NWFILTER_BINDING] = VIR_FROM_NWFILTER,
    };
    if (!vr_streq(api->program->name, "remote"))
        return VIR_FROM_NONE;
    if (api->object < VR_COUNT(domains) && domains[api->object])
        return domains[api->object];
    /* Connection and node calls that stock keeps in the same file as those of guests. */
    const char *f = api->function ? api->function : "";
    return strstr(f, "Domain") || strstr(f, "HypervisorCPU") || strstr(f, "SEVInfo") ? VIR_FROM_DOMAIN : VIR_FROM_NONE;
}

static const char *function_of(const struct vr_api_call *api)
{
    return api->function ? api->function : api->name;
}

/* Stock names the driver's function: qemuDomainCreateWithFlags for virDomainCreateWithFlags. */
static bool refuse_flags(const struct vr_driver *driver, const struct vr_api_call *api, uint64_t flags,
                         struct vr_error **err)
{
    char name[96];
    const char *function = function_of(api);
    char lower[24];
    size_t n = 0;
    for (; driver->name[n] && n < sizeof(lower) - 1; n++)
        lower[n] = (char)(driver->name[n] | 0x20);
    lower[n] = 0;
    function += vr_starts_with(function, "vir") ? 3 : 0;
    if (strncasecmp(function, lower, n) == 0) /* networkGetXMLDesc for virNetworkGetXMLDesc */
        function += n;
    snprintf(name, sizeof(name), "%s%s", lower, function);
    return vr_fail_flags(err, driver->feature_error_domain, flags, name);
}

static bool expected_failure(int code)
{
    return code == VIR_ERR_NO_DOMAIN || code == VIR_ERR_NO_NETWORK || code == VIR_ERR_NO_NETWORK_PORT || code == VIR_ERR_NO_STORAGE_POOL ||
           code == VIR_ERR_NO_STORAGE_VOL || code == VIR_ERR_NO_NODE_DEVICE || code == VIR_ERR_NO_INTERFACE ||
           code == VIR_ERR_NO_NWFILTER || code == VIR_ERR_NO_NWFILTER_BINDING || code == VIR_ERR_NO_SECRET ||
           code == VIR_ERR_NO_DOMAIN_SNAPSHOT || code == VIR_ERR_NO_DOMAIN_CHECKPOINT || code == VIR_ERR_NO_SUPPORT ||
           code == VIR_ERR_NO_SERVER || code == VIR_ERR_NO_CLIENT || code == VIR_ERR_OPERATION_DENIED;
}

void vr_reply_error(struct vr_client *c, const struct vr_message_header *asked, const struct vr_api_call *api,
                    struct vr_error *err)
{
    const char *name = api ? function_of(api) : "call";
    if (err && expected_failure(err->code))
        vr_debug("%s: %s", name, err->message);
    else
        vr_logerr("%s: %s", name, vr_error_text(err));
    struct vr_buf out = VR_BUF_INIT;
    vr_message_error_reply(&out, asked, err);
    vr_error_free(err);
    vr_client_send(c, &out, &(struct vr_send){ .answers_call = true });
}

/* ---- a call that passed all questions ---- */

static void free_task(struct task *t)
{
    for (size_t i = 0; i < t->call.fd_count; i++)
        if (t->fds[i] >= 0)
            close(t->fds[i]);
    vr_identity_unref(t->identity);
    vr_arena_free(t->call.arena); /* the task itself is in it */
}

static void reply(struct task *t, struct vr_error **err)
{
    struct vr_client *c = t->client;
    struct vr_buf out = VR_BUF_INIT;
    struct vr_stream *stream = t->stream ? vr_client_stream_end(t->stream) : NULL;
    if (t->stream && (!stream || !vr_stream_attached(stream))) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("%s opened no stream"), function_of(t->row->api));
        return;
    }
    /* Descriptors go to clients that can take them only. */
    if (!c->is_unix && t->call.fd_out_count) {
        vr_fail(err, VIR_ERR_NO_SUPPORT, _("descriptors cannot be passed over this connection"));
        return;
    }
    if (!vr_message_reply(&out, &t->asked, t->row->api->ret, t->ret, t->call.fd_out_count, err)) {
        vr_buf_done(&out);
        return;
    }
    struct vr_send how = { .fds = t->call.fds_out, .fd_count = t->call.fd_out_count, .answers_call = true };
    t->call.fd_out_count = 0;
    vr_client_send(c, &out, &how);
    if (stream)
        vr_stream_start(stream, NULL);
}

static VR_SUSPENDS void run(struct task *t)
{
    struct vr_error *err = NULL;
    struct vr_client *c = t->client;
    if (t->row->fn(&t->call, t->args, t->ret, &err) && !c->dead) {
        vr_error_free(err); /* of something that was tried and did not matter */
        err = NULL;
        reply(t, &err);
    } else if (!err) {
        vr_error_report(&err, VIR_FROM_RPC, VIR_ERR_INTERNAL_ERROR, -1, _("%s failed and did not say why"),
                        function_of(t->row->api));
    }
    for (size_t i = 0; i < t->call.fd_out_count; i++)
        close(t->call.fds_out[i]);
    if (err) {
        if (t->stream && vr_client_stream_end(t->stream))
            vr_stream_discard(vr_client_stream_end(t->stream));
        vr_reply_error(c, &t->asked, t->row->api, err);
    }
    free_task(t);
}

VR_SUSPENDS static void run_fiber(void *arg)
{
    run(arg);
}

/* ---- the questions ---- */

static bool before_open(const struct vr_api_call *api)
{
    return !api->needs_auth || api == &vr_api_connect_open || api == &vr_api_connect_close ||
           api == &vr_api_connect_supports_feature || api->object == VR_OBJECT_ADMIN;
}

static bool check_open(const struct vr_client *c, const struct vr_api_call *api, struct vr_error **err)
{
    if (c->opened || before_open(api))
        return true;
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR,
                   api->driver == VR_API_DRIVER_HYPERVISOR || api->driver == VR_API_DRIVER_NONE
                       ? _("hypervisor connection not open") : _("connection not open"));
}

static bool check_readonly(const struct vr_client *c, const struct vr_api_call *api, const void *args,
                           struct vr_error **err)
{
    if (!c->conn.readonly || !vr_condition_holds(&api->readonly_refused, args))
        return true;
    int domain = layer_domain(api);
    if (api->readonly_refused.when == VR_WHEN_HAS && strstr(function_of(api), "XMLDesc"))
        return vr_error_report(err, domain, VIR_ERR_OPERATION_DENIED, -1, _("%s with secure flag"), function_of(api));
    return vr_error_report(err, domain, VIR_ERR_OPERATION_DENIED, -1, _("read only access prevents %s"),
                           function_of(api));
}

static bool check_access(const struct vr_client *c, const struct vr_api_call *api, const void *args,
                         struct vr_error **err)
{
    for (uint8_t i = 0; i < api->access_count; i++) {
        const struct vr_access *a = &api->access[i];
        if (vr_condition_holds(&a->condition, args) &&
            !vr_visible(c->identity, a->object, a->permission, NULL, NULL))
            return vr_error_report(err, VIR_FROM_ACCESS, VIR_ERR_ACCESS_DENIED, -1, _("'%s' denied access"),
                                   a->permission);
    }
    return true;
}

/* Who answers; NULL with NO_SUPPORT when nobody does. */
static const struct vr_driver_row *find_row(const struct vr_client *c, const struct vr_api_call *api, const void *args,
                                            struct vr_error **err)
{
    const struct vr_driver_row *builtin = vr_server_builtin(c->server, api);
    if (builtin)
        return builtin;
    enum vr_driver_kind kind = vr_api_driver_kind(api);
    const struct vr_driver_entry *entry =
        kind == VR_DRIVER_HYPERVISOR ? c->hypervisor : vr_server_driver(c->server, kind);
    const struct vr_driver_row *row = vr_driver_entry_row(entry, api);
    if (!row) {
        vr_error_report(err, layer_domain(api), VIR_ERR_NO_SUPPORT, -1, "%s", function_of(api));
        return NULL;
    }
    uint64_t strange = vr_api_flags(api, args) & ~(uint64_t)row->flags;
    if (strange) {
        refuse_flags(entry->driver, api, strange, err);
        return NULL;
    }
    return row;
}

static struct task *make_task(struct vr_client *c, const struct vr_api_call *api, struct vr_packet *packet,
                              struct vr_error **err)
{
    struct vr_arena *arena = vr_arena_new();
    struct task *t = vr_arena_new_of(arena, struct task);
    t->client = c;
    t->asked = packet->header;
    t->args = vr_arena_alloc(arena, api->args->size);
    t->ret = vr_arena_alloc(arena, api->ret->size);
    t->call = (struct vr_call){
        .conn = &c->conn, .identity = c->identity, .api = api, .arena = arena, .received = c->heard,
        .readonly = c->conn.readonly, .serial = packet->header.serial, .fds = t->fds,
    };
    if (!vr_xdr_decode(api->args, packet->payload, packet->payload_len, arena, t->args, err)) {
        vr_arena_free(arena);
        return NULL;
    }
    t->identity = vr_identity_ref(c->identity);
    t->call.flags = (uint32_t)vr_api_flags(api, t->args);
    t->call.fd_count = packet->fd_count;
    for (size_t i = 0; i < packet->fd_count; i++)
        t->fds[i] = vr_take_fd(&packet->fds[i]);
    return t;
}

/* Answers of the daemon itself come at once, but for those that ask the system's name services. */
static bool answers_at_once(const struct vr_client *c, const struct vr_driver_row *row)
{
    return row == vr_server_builtin(c->server, row->api) && row->api != &vr_api_connect_get_hostname;
}

static VR_SUSPENDS void handle_call(struct vr_client *c, const struct vr_api_call *api, struct vr_packet *packet,
                        struct vr_error **err)
{
    struct task *t = make_task(c, api, packet, err);
    if (!t)
        return;
    bool ok = check_open(c, api, err) && check_readonly(c, api, t->args, err) && check_access(c, api, t->args, err);
    t->row = ok ? find_row(c, api, t->args, err) : NULL;
    if (!t->row) {
        free_task(t);
        return;
    }
    if (api->stream != VR_API_STREAM_NONE) {
        t->stream = vr_client_stream_new(c, &t->asked, api, (t->call.flags & api->sparse_flag) != 0);
        t->call.stream = vr_client_stream_end(t->stream);
    }
    if (answers_at_once(c, t->row)) {
        run(t);
        return;
    }
    bool query = api->readonly_refused.when != VR_WHEN_ALWAYS;
    if (!vr_fiber_start(query ? c->conn.group : c->changes, function_of(api), run_fiber, t, err)) {
        if (t->stream)
            vr_stream_discard(t->call.stream);
        free_task(t);
    }
}

static const struct vr_api_program *find_program(const struct vr_client *c, const struct vr_message_header *h)
{
    for (const struct vr_api_program *const *p = c->server->programs; *p; p++)
        if ((*p)->number == h->prog && (*p)->version == h->vers)
            return *p;
    return NULL;
}

static VR_SUSPENDS void handle_request(struct vr_client *c, const struct vr_api_program *program, struct vr_packet *packet)
{
    const struct vr_message_header *h = &packet->header;
    struct vr_error *err = NULL;
    const struct vr_api_call *api = NULL;
    c->requests++;
    if (h->status != VIR_NET_OK) {
        vr_fail(&err, VIR_ERR_RPC, _("Unexpected message status %d"), (int)h->status);
    } else if (h->proc <= 0 || !(api = vr_api_call_find(program, (uint32_t)h->proc)) || api->type != VR_API_CALL) {
        vr_fail(&err, VIR_ERR_RPC, _("unknown procedure: %d"), (int)h->proc);
    } else if (!c->authenticated && api->needs_auth) {
        vr_fail(&err, VIR_ERR_RPC, _("authentication required"));
    } else {
        handle_call(c, api, packet, &err);
    }
    if (err)
        vr_reply_error(c, h, api, err);
}

static void handle_keepalive(struct vr_client *c, const struct vr_message_header *h)
{
    if (h->type != VIR_NET_MESSAGE || h->proc != VR_PROC_KEEPALIVE_PING)
        return;
    struct vr_buf pong = VR_BUF_INIT;
    vr_message_keepalive(&pong, VR_PROC_KEEPALIVE_PONG);
    vr_client_send(c, &pong, NULL);
}

VR_SUSPENDS void vr_dispatch(struct vr_client *c, struct vr_packet *packet)
{
    const struct vr_message_header *h = &packet->header;
    if (h->prog == vr_keepalive_program.number) {
        handle_keepalive(c, h);
        return;
    }
    const struct vr_api_program *program = find_program(c, h);
    switch (h->type) {
    case VIR_NET_CALL:
    case VIR_NET_CALL_WITH_FDS:
        break;
    case VIR_NET_STREAM:
    case VIR_NET_STREAM_HOLE:
        if (program)
            vr_client_stream_packet(c, packet);
        return;
    default:
        vr_logerr(_("Unexpected message type %u"), (unsigned)h->type);
        return;
    }
    if (program) {
        handle_request(c, program, packet);
        return;
    }
    struct vr_error *err = NULL;
    c->requests++;
    vr_fail(&err, VIR_ERR_RPC, _("Cannot find program %d version %d"), (int)h->prog, (int)h->vers);
    vr_reply_error(c, h, NULL, err);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_ADMIN
#define VR_LOG_SOURCE "daemon.admin"
#include "admin.h"

#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "api/rows.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/log_settings.h"
#include "base/str.h"
#include "client.h"
#include "config.h"

#define TRANSPORT_UNIX 0
#define TRANSPORT_TCP 1
#define NAME_TIME VR_SEC(5)    /* for the system's name services */
#define LOG_FILE_TIME VR_SEC(30)

static const struct vr_admin *admin;

void vr_admin_set_up(const struct vr_admin *set_up)
{
    admin = set_up;
}

/* ---- flags, servers, clients ---- */

/* First question of each procedure. Stock names its own functions in this text, so they are given here. */
static bool flags_ok(uint32_t flags, uint32_t understood, const char *function, struct vr_error **err)
{
    return !(flags & ~understood) || vr_fail_flags(err, VR_ERROR_DOMAIN, flags & ~understood, function);
}

static struct vr_server *server_named(const char *name)
{
    for (struct vr_server *const *s = admin->servers; *s; s++)
        if (vr_streq((*s)->name, name))
            return *s;
    return NULL;
}

static struct vr_server *find_server(const char *name, struct vr_error **err)
{
    struct vr_server *s = server_named(name);
    if (!s)
        vr_error_report(err, VIR_FROM_RPC, VIR_ERR_NO_SERVER, -1, _("No server named '%s'"), name);
    return s;
}

/* Calls with typed parameters have another sentence for the same thing. */
static struct vr_server *find_server_for_params(const char *name, struct vr_error **err)
{
    struct vr_server *s = server_named(name);
    if (!s)
        vr_fail(err, VIR_ERR_NO_SERVER, _("no server with matching name '%s' found"), name);
    return s;
}

static struct vr_client *client_numbered(const struct vr_server *s, uint64_t id)
{
    for (struct vr_client *c = s->first; c; c = c->next)
        if (c->conn.id == id)
            return c;
    return NULL;
}

static struct vr_client *find_client(const char *server, uint64_t id, struct vr_error **err)
{
    struct vr_server *s = find_server(server, err);
    struct vr_client *c = s ? client_numbered(s, id) : NULL;
    if (s && !c)
        vr_error_report(err, VIR_FROM_RPC, VIR_ERR_NO_CLIENT, -1, _("No client with matching ID '%llu'"),
                        (unsigned long long)id);
    return c;
}

/* ---- typed parameters ---- */

struct params {
    struct vr_arena *arena;
    struct vr_typed_param *items;
    uint32_t count;
};

static struct vr_typed_param *add(struct params *p, const char *name, int32_t type)
{
    p->items[p->count] = (struct vr_typed_param){ .field = name, .value = { .type = type } };
    return &p->items[p->count++];
}

static void add_uint(struct params *p, const char *name, size_t value)
{
    add(p, name, VIR_TYPED_PARAM_UINT)->value.ui = (uint32_t)value;
}

static void add_text(struct params *p, const char *name, const char *text)
{
    if (text)
        add(p, name, VIR_TYPED_PARAM_STRING)->value.s = vr_arena_strdup(p->arena, text);
}

static struct params params_for(struct vr_call *call, size_t most)
{
    return (struct params){ call->arena, vr_arena_alloc(call->arena, most * sizeof(struct vr_typed_param)), 0 };
}

/* Every one must be among `names` (NULL-terminated), unsigned, and given once. */
static bool check_params(const struct vr_typed_param *items, uint32_t count, const char *const *names,
                         struct vr_error **err)
{
    static const char *const types[] = { "unknown", "int", "uint", "llong", "ullong", "double", "boolean", "string" };
    for (uint32_t i = 0; i < count; i++) {
        if (vr_name_index(names, items[i].field) < 0)
            return vr_error_report(err, VIR_FROM_NONE, VIR_ERR_ARGUMENT_UNSUPPORTED, -1,
                                   _("parameter '%s' not supported"), items[i].field);
        if (items[i].value.type != VIR_TYPED_PARAM_UINT)
            return vr_error_report(err, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, -1,
                                   _("invalid type '%s' for parameter '%s', expected '%s'"),
                                   types[items[i].value.type], items[i].field, "uint");
        for (uint32_t k = 0; k < i; k++)
            if (vr_streq(items[k].field, items[i].field))
                return vr_error_report(err, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, -1,
                                       _("parameter '%s' occurs multiple times"), items[i].field);
    }
    return true;
}

/* ---- the connection ---- */

static bool connect_open(struct vr_call *call, const struct vr_admin_connect_open_args *in, struct vr_void *out,
                         struct vr_error **err)
{
    if (!flags_ok(in->flags, 0, "adminDispatchConnectOpen", err))
        return false;
    vr_client_of(call->conn)->opened = true;
    return true;
}

static bool connect_close(struct vr_call *call, const struct vr_void *in, struct vr_void *out, struct vr_error **err)
{
    vr_client_of(call->conn)->close_when_sent = true;
    return true;
}

static bool get_lib_version(struct vr_call *call, const struct vr_void *in,
                            struct vr_admin_connect_get_lib_version_ret *out, struct vr_error **err)
{
    out->lib_ver = VR_API_LEVEL;
    return true;
}

/* ---- servers ---- */

static bool list_servers(struct vr_call *call, const struct vr_admin_connect_list_servers_args *in,
                         struct vr_admin_connect_list_servers_ret *out, struct vr_error **err)
{
    if (!flags_ok(in->flags, 0, "adminConnectListServers", err))
        return false;
    while (admin->servers[out->ret])
        out->ret++;
    if (!in->need_results)
        return true;
    out->servers = vr_arena_alloc(call->arena, out->ret * sizeof(*out->servers));
    for (; out->servers_count < out->ret; out->servers_count++)
        out->servers[out->servers_count].name = admin->servers[out->servers_count]->name;
    return true;
}

static bool lookup_server(struct vr_call *call, const struct vr_admin_connect_lookup_server_args *in,
                          struct vr_admin_connect_lookup_server_ret *out, struct vr_error **err)
{
    /* Stock looks at no flags here; clients of ours send none either. */
    struct vr_server *s = flags_ok(in->flags, 0, "adminConnectLookupServer", err) ? find_server(in->name, err) : NULL;
    if (!s)
        return false;
    out->srv.name = s->name;
    return true;
}

/* Calls of a server that are being served now. */
static size_t calls_under_way(const struct vr_server *s)
{
    size_t count = 0;
    for (const struct vr_client *c = s->first; c; c = c->next)
        count += vr_group_count(c->conn.group) + vr_group_count(c->changes);
    return count;
}

/*
 * There is no pool of workers here: each call has a fiber at once, so none is free, none waits, and the most there can
 * be is what the clients may have under way together.
 */
static bool get_threadpool(struct vr_call *call, const struct vr_admin_server_get_threadpool_parameters_args *in,
                           struct vr_admin_server_get_threadpool_parameters_ret *out, struct vr_error **err)
{
    if (!flags_ok(in->flags, 0, "adminServerGetThreadPoolParameters", err))
        return false;
    const struct vr_server *s = find_server(in->srv.name, err);
    if (!s)
        return false;
    uint64_t most = (uint64_t)s->limits.max_clients * s->limits.max_client_requests;
    struct params p = params_for(call, 6);
    add_uint(&p, VIR_THREADPOOL_WORKERS_MIN, 0);
    add_uint(&p, VIR_THREADPOOL_WORKERS_MAX, most > UINT32_MAX ? UINT32_MAX : most);
    add_uint(&p, VIR_THREADPOOL_WORKERS_CURRENT, calls_under_way(s));
    add_uint(&p, VIR_THREADPOOL_WORKERS_FREE, 0);
    add_uint(&p, VIR_THREADPOOL_WORKERS_PRIORITY, 0);
    add_uint(&p, VIR_THREADPOOL_JOB_QUEUE_DEPTH, 0);
    out->params = p.items;
    out->params_count = p.count;
    return true;
}

static bool set_threadpool(struct vr_call *call, const struct vr_admin_server_set_threadpool_parameters_args *in,
                           struct vr_void *out, struct vr_error **err)
{
    static const char *const names[] = { VIR_THREADPOOL_WORKERS_MIN, VIR_THREADPOOL_WORKERS_MAX,
                                         VIR_THREADPOOL_WORKERS_PRIORITY, NULL };
    if (!flags_ok(in->flags, 0, "adminServerSetThreadPoolParameters", err) ||
        !find_server_for_params(in->srv.name, err) || !check_params(in->params, in->params_count, names, err))
        return false;
    if (!in->params_count)
        return true;
    return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED,
                   _("%s cannot be set: calls are not served by a pool of workers, each has its own fiber"),
                   in->params[0].field);
}

static bool get_limits(struct vr_call *call, const struct vr_admin_server_get_client_limits_args *in,
                       struct vr_admin_server_get_client_limits_ret *out, struct vr_error **err)
{
    if (!flags_ok(in->flags, 0, "adminServerGetClientLimits", err))
        return false;
    const struct vr_server *s = find_server(in->srv.name, err);
    if (!s)
        return false;
    struct params p = params_for(call, 4);
    add_uint(&p, VIR_SERVER_CLIENTS_MAX, s->limits.max_clients);
    add_uint(&p, VIR_SERVER_CLIENTS_CURRENT, s->client_count);
    add_uint(&p, VIR_SERVER_CLIENTS_UNAUTH_MAX, s->limits.max_anonymous);
    add_uint(&p, VIR_SERVER_CLIENTS_UNAUTH_CURRENT, s->anonymous_count);
    out->params = p.items;
    out->params_count = p.count;
    return true;
}

static bool set_limits(struct vr_call *call, const struct vr_admin_server_set_client_limits_args *in,
                       struct vr_void *out, struct vr_error **err)
{
    static const char *const names[] = { VIR_SERVER_CLIENTS_MAX, VIR_SERVER_CLIENTS_UNAUTH_MAX, NULL };
    if (!flags_ok(in->flags, 0, "adminServerSetClientLimits", err))
        return false;
    struct vr_server *s = find_server_for_params(in->srv.name, err);
    if (!s || !check_params(in->params, in->params_count, names, err))
        return false;
    struct vr_limits limits = s->limits;
    for (uint32_t i = 0; i < in->params_count; i++) {
        if (vr_streq(in->params[i].field, VIR_SERVER_CLIENTS_MAX))
            limits.max_clients = in->params[i].value.ui;
        else
            limits.max_anonymous = in->params[i].value.ui;
    }
    if (limits.max_anonymous > limits.max_clients)
        return vr_error_report(err, VIR_FROM_RPC, VIR_ERR_INVALID_ARG, -1,
                               _("The overall maximum number of clients waiting for authentication must not be less "
                                 "than the overall maximum number of clients"));
    s->limits = limits;
    vr_cond_broadcast(&s->room); /* listeners that had stopped look again */
    return true;
}

static bool update_tls(struct vr_call *call, const struct vr_admin_server_update_tls_files_args *in,
                       struct vr_void *out, struct vr_error **err)
{
    if (!flags_ok(in->flags, 0, "adminServerUpdateTlsFiles", err) || !find_server(in->srv.name, err))
        return false;
    return vr_error_report(err, VIR_FROM_RPC, VIR_ERR_INTERNAL_ERROR, -1,
                           _("no tls service found, unable to update tls files"));
}

/* ---- clients ---- */

static void describe(struct vr_admin_nonnull_client *out, const struct vr_server *s, const struct vr_client *c)
{
    out->srv.name = s->name;
    out->id = c->conn.id;
    out->timestamp = c->connected / VR_SEC(1);
    out->transport = c->is_unix ? TRANSPORT_UNIX : TRANSPORT_TCP;
}

static bool list_clients(struct vr_call *call, const struct vr_admin_server_list_clients_args *in,
                         struct vr_admin_server_list_clients_ret *out, struct vr_error **err)
{
    if (!flags_ok(in->flags, 0, "adminServerListClients", err))
        return false;
    const struct vr_server *s = find_server(in->srv.name, err);
    if (!s)
        return false;
    size_t count = s->client_count < ADMIN_CLIENT_LIST_MAX ? s->client_count : ADMIN_CLIENT_LIST_MAX;
    out->ret = (uint32_t)count;
    if (!in->need_results)
        return true;
    out->clients = vr_arena_alloc(call->arena, (count + 1) * sizeof(*out->clients));
    for (const struct vr_client *c = s->first; c && out->clients_count < count; c = c->next)
        describe(&out->clients[out->clients_count++], s, c);
    return true;
}

static bool lookup_client(struct vr_call *call, const struct vr_admin_server_lookup_client_args *in,
                          struct vr_admin_server_lookup_client_ret *out, struct vr_error **err)
{
    if (!flags_ok(in->flags, 0, "adminServerLookupClient", err))
        return false;
    const struct vr_client *c = find_client(in->srv.name, in->id, err);
    if (!c)
        return false;
    describe(&out->clnt, c->server, c);
    return true;
}

static bool close_client(struct vr_call *call, const struct vr_admin_client_close_args *in, struct vr_void *out,
                         struct vr_error **err)
{
    if (!flags_ok(in->flags, 0, "adminClientClose", err))
        return false;
    struct vr_client *c = find_client(in->clnt.srv.name, in->clnt.id, err);
    if (!c)
        return false;
    vr_info("client %llu of server %s is disconnected by the administrator", (unsigned long long)c->conn.id,
            c->server->name);
    if (c == vr_client_of(call->conn))
        c->close_when_sent = true; /* it closes itself: the answer goes out first */
    else
        vr_client_close(c, "the administrator closed it");
    return true;
}

/* Names of a user and a group. Name services may ask the network, so this runs on a worker. */
struct names {
    uid_t uid;
    gid_t gid;
    char *user, *group;
};

static void free_names(void *arg)
{
    struct names *n = arg;
    free(n->user);
    free(n->group);
    free(n);
}

static void find_names(void *arg)
{
    struct names *n = arg;
    size_t size = 16384;
    vr_autofree char *space = vr_alloc(size);
    struct passwd pw, *user = NULL;
    struct group gr, *group = NULL;
    if (getpwuid_r(n->uid, &pw, space, size, &user) == 0 && user)
        n->user = vr_strdup(user->pw_name);
    if (getgrgid_r(n->gid, &gr, space, size, &group) == 0 && group)
        n->group = vr_strdup(group->gr_name);
}

static VR_SUSPENDS void add_user(struct params *p, const struct vr_identity *id)
{
    struct names *n = vr_new(struct names);
    n->uid = id->uid;
    n->gid = id->gid;
    VR_AUTO(vr_error) *ignored = NULL; /* no name is better than no answer */
    bool named = vr_worker_run(VR_POOL_CPU, NULL, "user names", find_names, n, free_names, vr_after(NAME_TIME),
                               &ignored);
    add(p, VIR_CLIENT_INFO_UNIX_USER_ID, VIR_TYPED_PARAM_INT)->value.i = (int32_t)id->uid;
    add_text(p, VIR_CLIENT_INFO_UNIX_USER_NAME, named ? n->user : NULL);
    add(p, VIR_CLIENT_INFO_UNIX_GROUP_ID, VIR_TYPED_PARAM_INT)->value.i = (int32_t)id->gid;
    add_text(p, VIR_CLIENT_INFO_UNIX_GROUP_NAME, named ? n->group : NULL);
    add(p, VIR_CLIENT_INFO_UNIX_PROCESS_ID, VIR_TYPED_PARAM_INT)->value.i = id->pid;
    if (named)
        free_names(n); /* else the worker still has it */
}

static void add_address(struct params *p, int fd)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof(peer);
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0 ||
        getnameinfo((struct sockaddr *)&peer, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    vr_autofree char *text = vr_printf(strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
    add_text(p, VIR_CLIENT_INFO_SOCKET_ADDR, text);
}

static VR_SUSPENDS bool get_info(struct vr_call *call, const struct vr_admin_client_get_info_args *in,
                                 struct vr_admin_client_get_info_ret *out, struct vr_error **err)
{
    if (!flags_ok(in->flags, 0, "adminClientGetInfo", err))
        return false;
    const struct vr_server *s = find_server_for_params(in->clnt.srv.name, err);
    const struct vr_client *c = s ? client_numbered(s, in->clnt.id) : NULL;
    if (s && !c)
        return vr_fail(err, VIR_ERR_NO_CLIENT, _("no client with matching id '%llu' found"),
                       (unsigned long long)in->clnt.id);
    if (!c)
        return false;
    struct params p = params_for(call, 10);
    add(&p, VIR_CLIENT_INFO_READONLY, VIR_TYPED_PARAM_BOOLEAN)->value.b = c->conn.readonly;
    if (!c->is_unix)
        add_address(&p, c->fd);
    struct vr_identity *id = vr_identity_ref(c->identity);
    add_text(&p, VIR_CLIENT_INFO_SASL_USER_NAME, id->sasl_user);
    add_text(&p, VIR_CLIENT_INFO_X509_DISTINGUISHED_NAME, id->x509_dname);
    if (id->local)
        add_user(&p, id); /* waits: the client may be gone afterwards */
    add_text(&p, VIR_CLIENT_INFO_SELINUX_CONTEXT, id->selinux);
    vr_identity_unref(id);
    out->params = p.items;
    out->params_count = p.count;
    return true;
}

/* ---- the daemon ---- */

static bool get_outputs(struct vr_call *call, const struct vr_admin_connect_get_logging_outputs_args *in,
                        struct vr_admin_connect_get_logging_outputs_ret *out, struct vr_error **err)
{
    if (!flags_ok(in->flags, 0, "adminConnectGetLoggingOutputs", err))
        return false;
    size_t count;
    vr_autofree char *text = vr_log_get_outputs(&count);
    out->outputs = vr_arena_strdup(call->arena, text);
    out->noutputs = (uint32_t)count;
    return true;
}

static bool get_filters(struct vr_call *call, const struct vr_admin_connect_get_logging_filters_args *in,
                        struct vr_admin_connect_get_logging_filters_ret *out, struct vr_error **err)
{
    if (!flags_ok(in->flags, 0, "adminConnectGetLoggingFilters", err))
        return false;
    size_t count;
    vr_autofree char *text = vr_log_get_filters(&count);
    out->filters = count ? vr_arena_strdup(call->arena, text) : NULL;
    out->nfilters = (uint32_t)count;
    return true;
}

/* Opening a log file may block. */
struct outputs {
    char *text;
    bool ok;
    struct vr_error *err;
};

static void free_outputs(void *arg)
{
    struct outputs *o = arg;
    free(o->text);
    vr_error_free(o->err);
    free(o);
}

static void apply_outputs(void *arg)
{
    struct outputs *o = arg;
    o->ok = vr_log_set_outputs(o->text, &o->err);
}

static VR_SUSPENDS bool set_outputs(struct vr_call *call, const struct vr_admin_connect_set_logging_outputs_args *in,
                                    struct vr_void *out, struct vr_error **err)
{
    if (!flags_ok(in->flags, 0, "adminConnectSetLoggingOutputs", err))
        return false;
    struct outputs *o = vr_new(struct outputs);
    o->text = vr_strdup(in->outputs);
    if (!vr_worker_run(VR_POOL_STORE, NULL, "log outputs", apply_outputs, o, free_outputs, vr_after(LOG_FILE_TIME),
                       err))
        return false;
    bool ok = o->ok;
    if (!ok)
        vr_error_move(err, &o->err);
    free_outputs(o);
    return ok;
}

static bool set_filters(struct vr_call *call, const struct vr_admin_connect_set_logging_filters_args *in,
                        struct vr_void *out, struct vr_error **err)
{
    return flags_ok(in->flags, 0, "adminConnectSetLoggingFilters", err) && vr_log_set_filters(in->filters, err);
}

static bool set_timeout(struct vr_call *call, const struct vr_admin_connect_set_daemon_timeout_args *in,
                        struct vr_void *out, struct vr_error **err)
{
    if (!flags_ok(in->flags, 0, "adminConnectSetDaemonTimeout", err))
        return false;
    if (!admin->set_timeout)
        return vr_fail(err, VIR_ERR_NO_SUPPORT, "%s", "virAdmConnectSetDaemonTimeout");
    admin->set_timeout(in->timeout);
    return true;
}

static bool daemon_shutdown(struct vr_call *call, const struct vr_admin_connect_daemon_shutdown_args *in,
                            struct vr_void *out, struct vr_error **err)
{
    if (!flags_ok(in->flags, VIR_DAEMON_SHUTDOWN_PRESERVE, "adminConnectDaemonShutdown", err))
        return false;
    /* To end the guests or save them first is not built, and without being asked they are left as they are. */
    if (in->flags & VIR_DAEMON_SHUTDOWN_PRESERVE)
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, _("preserving guests on shutdown is not supported"));
    if (!admin->shutdown)
        return vr_fail(err, VIR_ERR_NO_SUPPORT, "%s", "virAdmConnectDaemonShutdown");
    vr_info("the administrator asked the daemon to end");
    admin->shutdown();
    return true;
}

#define CHECKED UINT32_MAX /* each function looks at its flags itself, in stock's words */
const struct vr_driver_row vr_admin_rows[] = {
    VR_ROW(admin_connect_open, connect_open, CHECKED),
    VR_ROW(admin_connect_close, connect_close, CHECKED),
    VR_ROW(admin_connect_get_lib_version, get_lib_version, CHECKED),
    VR_ROW(admin_connect_list_servers, list_servers, CHECKED),
    VR_ROW(admin_connect_lookup_server, lookup_server, CHECKED),
    VR_ROW(admin_server_get_threadpool_parameters, get_threadpool, CHECKED),
    VR_ROW(admin_server_set_threadpool_parameters, set_threadpool, CHECKED),
    VR_ROW(admin_server_list_clients, list_clients, CHECKED),
    VR_ROW(admin_server_lookup_client, lookup_client, CHECKED),
    VR_ROW(admin_client_get_info, get_info, CHECKED),
    VR_ROW(admin_client_close, close_client, CHECKED),
    VR_ROW(admin_server_get_client_limits, get_limits, CHECKED),
    VR_ROW(admin_server_set_client_limits, set_limits, CHECKED),
    VR_ROW(admin_connect_get_logging_outputs, get_outputs, CHECKED),
    VR_ROW(admin_connect_get_logging_filters, get_filters, CHECKED),
    VR_ROW(admin_connect_set_logging_outputs, set_outputs, CHECKED),
    VR_ROW(admin_connect_set_logging_filters, set_filters, CHECKED),
    VR_ROW(admin_server_update_tls_files, update_tls, CHECKED),
    VR_ROW(admin_connect_set_daemon_timeout, set_timeout, CHECKED),
    VR_ROW(admin_connect_daemon_shutdown, daemon_shutdown, CHECKED),
    { 0 }
};

const struct vr_api_program *const vr_admin_programs[] = { &vr_admin_program, NULL };

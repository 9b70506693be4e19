/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that show servers, their clients and limits. */
#include "virtadmin.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/alloc.h"

void vr_admin_server_done(virAdmServerPtr *srv)
{
    if (*srv)
        virAdmServerFree(*srv);
}

void vr_admin_client_done(virAdmClientPtr *client)
{
    if (*client)
        virAdmClientFree(*client);
}

virAdmServerPtr vr_admin_server(struct vr_cmd *cmd)
{
    const char *name;
    return vr_opt_string(cmd, "server", &name) ? virAdmConnectLookupServer(VR_ADMIN_CONN(cmd), name, 0) : NULL;
}

void vr_admin_complete_server(struct vr_cmd *cmd, struct vr_completion *to)
{
    virAdmServerPtr *all;
    int n = virAdmConnectListServers(VR_ADMIN_CONN(cmd), &all, 0);
    for (int i = 0; i < n; i++) {
        vr_complete_add(to, virAdmServerGetName(all[i]));
        virAdmServerFree(all[i]);
    }
    if (n >= 0)
        free(all);
}

void vr_admin_complete_client(struct vr_cmd *cmd, struct vr_completion *to)
{
    const char *name = vr_opt_raw(cmd, "server");
    VR_ADMIN_SERVER srv = name ? virAdmConnectLookupServer(VR_ADMIN_CONN(cmd), name, 0) : NULL;
    virAdmClientPtr *all;
    int n = srv ? virAdmServerListClients(srv, &all, 0) : -1;
    for (int i = 0; i < n; i++) {
        vr_autofree char *id = vr_printf("%llu", virAdmClientGetID(all[i]));
        vr_complete_add(to, id);
        virAdmClientFree(all[i]);
    }
    if (n >= 0)
        free(all);
}

static bool server_list_run(struct vr_cmd *cmd)
{
    virAdmServerPtr *all;
    int n = virAdmConnectListServers(VR_ADMIN_CONN(cmd), &all, 0);
    if (n < 0) {
        char *uri = virAdmConnectGetURI(VR_ADMIN_CONN(cmd));
        vr_complain(cmd, _("failed to obtain list of available servers from %s"), uri ? uri : "");
        free(uri);
        return false;
    }
    struct vr_table *table = vr_table_new(cmd, "#Id", _("Name"), NULL);
    for (int i = 0; i < n; i++) {
        vr_autofree char *number = vr_printf("%d", i);
        vr_table_row(table, number, virAdmServerGetName(all[i]));
        virAdmServerFree(all[i]);
    }
    free(all);
    vr_table_print(table);
    return true;
}
static const struct vr_command cmd_server_list = {
    "server-list", NULL, server_list_run, VR_CMD_JSON, N_("list a daemon's servers"), NULL, NULL,
};
static const struct vr_command cmd_srv_list = { "srv-list", .alias_of = &cmd_server_list };

/* All parameters, one a line. */
static bool print_params(struct vr_cmd *cmd, const char *fmt, virTypedParameterPtr params, int n)
{
    struct vr_info *info = vr_info_new(cmd, fmt);
    for (int i = 0; i < n; i++)
        vr_info_uint(info, params[i].field, params[i].value.ui, NULL);
    vr_info_done(info);
    virTypedParamsFree(params, n);
    return true;
}

static bool threadpool_info_run(struct vr_cmd *cmd)
{
    virTypedParameterPtr params = NULL;
    int n = 0;
    VR_ADMIN_SERVER srv = vr_admin_server(cmd);
    if (!srv)
        return false;
    if (virAdmServerGetThreadPoolParameters(srv, &params, &n, 0) < 0)
        return vr_complain(cmd, "%s", _("Unable to get server workerpool parameters"));
    return print_params(cmd, "%-15s: %s\n", params, n);
}
static const struct vr_command cmd_server_threadpool_info = {
    "server-threadpool-info",
    (const struct vr_opt[]){ VR_ADMIN_OPT_SERVER(N_("a server's name, as server-list shows it")), { 0 } },
    threadpool_info_run, VR_CMD_JSON, N_("show a server's worker threads"), NULL, NULL,
};
static const struct vr_command cmd_srv_threadpool_info = { "srv-threadpool-info", .alias_of = &cmd_server_threadpool_info };

static bool clients_info_run(struct vr_cmd *cmd)
{
    virTypedParameterPtr params = NULL;
    int n = 0;
    VR_ADMIN_SERVER srv = vr_admin_server(cmd);
    if (!srv)
        return false;
    if (virAdmServerGetClientLimits(srv, &params, &n, 0) < 0)
        return vr_complain(cmd, "%s", _("Unable to retrieve client limits from server's configuration"));
    return print_params(cmd, "%-20s: %s\n", params, n);
}
static const struct vr_command cmd_server_clients_info = {
    "server-clients-info",
    (const struct vr_opt[]){ VR_ADMIN_OPT_SERVER(N_("a server's name, as server-list shows it")), { 0 } },
    clients_info_run, VR_CMD_JSON, N_("show how many clients a server has and may have"), NULL, NULL,
};
static const struct vr_command cmd_srv_clients_info = { "srv-clients-info", .alias_of = &cmd_server_clients_info };

static const char *transport_name(int transport)
{
    static const char *const names[] = {
        [VIR_CLIENT_TRANS_UNIX] = "unix", [VIR_CLIENT_TRANS_TCP] = "tcp", [VIR_CLIENT_TRANS_TLS] = "tls",
    };
    return transport >= 0 && (size_t)transport < VR_COUNT(names) ? names[transport] : _("unknown");
}

/** Local time with its distance from UTC; false, reported by the library, when there is none. */
static bool since(virAdmClientPtr client, char *text, size_t size)
{
    long long stamp = virAdmClientGetTimestamp(client);
    time_t t = (time_t)stamp;
    struct tm tm;
    return stamp >= 0 && localtime_r(&t, &tm) && strftime(text, size, "%Y-%m-%d %H:%M:%S%z", &tm) > 0;
}

static bool client_list_run(struct vr_cmd *cmd)
{
    VR_ADMIN_SERVER srv = vr_admin_server(cmd);
    if (!srv)
        return false;
    virAdmClientPtr *all;
    int n = virAdmServerListClients(srv, &all, 0);
    if (n < 0)
        return vr_complain(cmd, _("failed to obtain list of connected clients from server '%s'"), virAdmServerGetName(srv));
    struct vr_table *table = vr_table_new(cmd, "#Id", _("Transport"), _("Connected since"), NULL);
    bool ok = true;
    for (int i = 0; i < n; i++) {
        char text[64];
        vr_autofree char *id = vr_printf("%llu", virAdmClientGetID(all[i]));
        if (ok && (ok = since(all[i], text, sizeof(text))))
            vr_table_row(table, id, transport_name(virAdmClientGetTransport(all[i])), text);
        virAdmClientFree(all[i]);
    }
    free(all);
    if (ok)
        vr_table_print(table);
    else
        vr_table_free(table);
    return ok;
}
static const struct vr_command cmd_client_list = {
    "client-list",
    (const struct vr_opt[]){ VR_ADMIN_OPT_SERVER(N_("the server whose clients are listed")), { 0 } },
    client_list_run, VR_CMD_JSON, N_("list a server's clients"), NULL, NULL,
};
static const struct vr_command cmd_srv_clients_list = { "srv-clients-list", .alias_of = &cmd_client_list };

static void info_param(struct vr_info *info, const virTypedParameter *p)
{
    switch (p->type) {
    case VIR_TYPED_PARAM_INT:
        vr_info_int(info, p->field, p->value.i, NULL);
        break;
    case VIR_TYPED_PARAM_UINT:
        vr_info_uint(info, p->field, p->value.ui, NULL);
        break;
    case VIR_TYPED_PARAM_LLONG:
        vr_info_int(info, p->field, p->value.l, NULL);
        break;
    case VIR_TYPED_PARAM_ULLONG:
        vr_info_uint(info, p->field, p->value.ul, NULL);
        break;
    case VIR_TYPED_PARAM_BOOLEAN:
        vr_info_bool(info, p->field, p->value.b, _("yes"), _("no"));
        break;
    case VIR_TYPED_PARAM_STRING:
        vr_info_str(info, p->field, "%s", p->value.s);
        break;
    default:
        break; /* no server sends another kind */
    }
}

static bool client_info_run(struct vr_cmd *cmd)
{
    unsigned long long id = 0;
    virTypedParameterPtr params = NULL;
    int n = 0;
    char text[64];
    if (vr_opt_ull(cmd, "client", &id) < 0)
        return false;
    VR_ADMIN_SERVER srv = vr_admin_server(cmd);
    VR_ADMIN_CLIENT client = srv ? virAdmServerLookupClient(srv, id, 0) : NULL;
    if (!client)
        return false;
    if (virAdmClientGetInfo(client, &params, &n, 0) < 0) {
        return vr_complain(cmd, _("failed to retrieve client identity information for client '%llu' connected to server '%s'"),
                           id, virAdmServerGetName(srv));
    }
    bool ok = since(client, text, sizeof(text));
    if (ok) {
        struct vr_info *info = vr_info_new(cmd, "%-15s: %s\n");
        vr_info_uint(info, "id", id, NULL);
        vr_info_str(info, "connection_time", "%s", text);
        vr_info_str(info, "transport", "%s", transport_name(virAdmClientGetTransport(client)));
        for (int i = 0; i < n; i++)
            info_param(info, &params[i]);
        vr_info_done(info);
    }
    virTypedParamsFree(params, n);
    return ok;
}
static const struct vr_command cmd_client_info = {
    "client-info",
    (const struct vr_opt[]){
        VR_ADMIN_OPT_SERVER(N_("the server the client is connected to")),
        { "client", VR_OPT_DATA, .help = N_("the client's number, as client-list shows it"), .complete = vr_admin_complete_client },
        { 0 } },
    client_info_run, VR_CMD_JSON, N_("show who a client is"), NULL, NULL,
};

const struct vr_command *const vr_admin_monitor[] = {
    &cmd_server_list, &cmd_server_threadpool_info, &cmd_client_list, &cmd_client_info, &cmd_server_clients_info,
    &cmd_srv_list, &cmd_srv_threadpool_info, &cmd_srv_clients_list, &cmd_srv_clients_info, NULL,
};

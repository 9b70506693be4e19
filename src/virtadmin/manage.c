/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that change servers, their clients and the daemon. */
#include "virtadmin.h"

#include <stdlib.h>

/* An option that becomes a parameter of a server. */
struct setting {
    const char *option, *param;
};

/** Takes what was given of @settings; -1, reported, for a value that is no number; else how many were given. */
static int take_settings(struct vr_cmd *cmd, const struct setting *settings, virTypedParameterPtr *params, int *n, int *max)
{
    for (; settings->option; settings++) {
        unsigned value = 0;
        int got = vr_opt_uint(cmd, settings->option, &value);
        if (got < 0) {
            vr_complain(cmd, _("Unable to parse integer parameter '%s'"), settings->option);
            return -1;
        }
        if (got > 0 && virTypedParamsAddUInt(params, n, max, settings->param, value) < 0)
            return -1;
    }
    return *n;
}

/** Whether the parameter @small is at most @large, where both are given. */
static bool in_order(virTypedParameterPtr params, int n, const char *small, const char *large)
{
    unsigned a, b;
    return virTypedParamsGetUInt(params, n, small, &a) != 1 || virTypedParamsGetUInt(params, n, large, &b) != 1 || a <= b;
}

static bool threadpool_set_run(struct vr_cmd *cmd)
{
    static const struct setting settings[] = {
        { "max-workers", VIR_THREADPOOL_WORKERS_MAX },
        { "min-workers", VIR_THREADPOOL_WORKERS_MIN },
        { "priority-workers", VIR_THREADPOOL_WORKERS_PRIORITY },
        { 0 },
    };
    virTypedParameterPtr params = NULL;
    int n = 0, max = 0;
    bool ok = false;
    const char *name;
    VR_ADMIN_SERVER srv = NULL;
    if (!vr_opt_string(cmd, "server", &name))
        return false;
    if (take_settings(cmd, settings, &params, &n, &max) < 0)
        goto out;
    if (!n)
        vr_complain(cmd, "%s", _("At least one of options --min-workers, --max-workers, --priority-workers is mandatory "));
    else if (!in_order(params, n, VIR_THREADPOOL_WORKERS_MIN, VIR_THREADPOOL_WORKERS_MAX))
        vr_complain(cmd, "%s", _("--min-workers must be less than or equal to --max-workers"));
    else if ((srv = vr_admin_server(cmd)) && !(ok = virAdmServerSetThreadPoolParameters(srv, params, n, 0) == 0))
        vr_complain(cmd, "%s", _("Unable to change server workerpool parameters"));
out:
    virTypedParamsFree(params, n);
    return ok;
}
static const struct vr_command cmd_server_threadpool_set = {
    "server-threadpool-set",
    (const struct vr_opt[]){
        VR_ADMIN_OPT_SERVER(N_("the server to change")),
        { "min-workers", VR_OPT_INT, .help = N_("fewest worker threads") },
        { "max-workers", VR_OPT_INT, .help = N_("most worker threads") },
        { "priority-workers", VR_OPT_INT, .help = N_("threads kept for calls that never wait long") },
        { 0 } },
    threadpool_set_run, 0, N_("set a server's worker threads"), NULL, NULL,
};
static const struct vr_command cmd_srv_threadpool_set = { "srv-threadpool-set", .alias_of = &cmd_server_threadpool_set };

static bool clients_set_run(struct vr_cmd *cmd)
{
    static const struct setting settings[] = {
        { "max-clients", VIR_SERVER_CLIENTS_MAX },
        { "max-unauth-clients", VIR_SERVER_CLIENTS_UNAUTH_MAX },
        { 0 },
    };
    virTypedParameterPtr params = NULL;
    int n = 0, max = 0;
    bool ok = false;
    const char *name;
    VR_ADMIN_SERVER srv = NULL;
    if (!vr_opt_string(cmd, "server", &name))
        return false;
    if (take_settings(cmd, settings, &params, &n, &max) < 0)
        goto out;
    if (!n)
        vr_complain(cmd, "%s", _("At least one of options --max-clients, --max-unauth-clients is mandatory"));
    else if (!in_order(params, n, VIR_SERVER_CLIENTS_UNAUTH_MAX, VIR_SERVER_CLIENTS_MAX))
        vr_complain(cmd, "%s", _("--max-unauth-clients must be less than or equal to --max-clients"));
    else if ((srv = vr_admin_server(cmd)) && !(ok = virAdmServerSetClientLimits(srv, params, n, 0) == 0))
        vr_complain(cmd, "%s", _("Unable to change server's client-related configuration limits"));
out:
    virTypedParamsFree(params, n);
    return ok;
}
static const struct vr_command cmd_server_clients_set = {
    "server-clients-set",
    (const struct vr_opt[]){
        VR_ADMIN_OPT_SERVER(N_("the server to change")),
        { "max-clients", VR_OPT_INT, .help = N_("most clients at once") },
        { "max-unauth-clients", VR_OPT_INT, .help = N_("most clients at once that have not authenticated yet") },
        { 0 } },
    clients_set_run, 0, N_("set how many clients a server may have"), NULL, NULL,
};
static const struct vr_command cmd_srv_clients_set = { "srv-clients-set", .alias_of = &cmd_server_clients_set };

static bool client_disconnect_run(struct vr_cmd *cmd)
{
    unsigned long long id = 0;
    if (vr_opt_ull(cmd, "client", &id) < 0)
        return false;
    VR_ADMIN_SERVER srv = vr_admin_server(cmd);
    VR_ADMIN_CLIENT client = srv ? virAdmServerLookupClient(srv, id, 0) : NULL;
    if (!client)
        return false;
    if (virAdmClientClose(client, 0) < 0)
        return vr_complain(cmd, _("Failed to disconnect client '%llu' from server %s"), id, virAdmServerGetName(srv));
    vr_print(cmd, _("Client '%llu' disconnected"), id);
    return true;
}
static const struct vr_command cmd_client_disconnect = {
    "client-disconnect",
    (const struct vr_opt[]){
        VR_ADMIN_OPT_SERVER(N_("the server the client is connected to")),
        { "client", VR_OPT_INT, VR_REQUIRED, N_("the client's number, as client-list shows it"),
          .complete = vr_admin_complete_client },
        { 0 } },
    client_disconnect_run, 0, N_("end a client's connection"), N_("Ends a client's connection, whatever it is doing."), NULL,
};

static bool update_tls_run(struct vr_cmd *cmd)
{
    VR_ADMIN_SERVER srv = vr_admin_server(cmd);
    if (!srv)
        return false;
    if (virAdmServerUpdateTlsFiles(srv, 0) < 0)
        return vr_complain(cmd, "%s", _("Unable to update server's tls related files."));
    vr_print(cmd, "%s\n", _("update tls related files succeed"));
    return true;
}
static const struct vr_command cmd_server_update_tls = {
    "server-update-tls",
    (const struct vr_opt[]){ VR_ADMIN_OPT_SERVER(N_("the server that reads its files again")), { 0 } },
    update_tls_run, 0, N_("have a server read its TLS certificates and keys again"), NULL, NULL,
};
static const struct vr_command cmd_srv_update_tls = { "srv-update-tls", .alias_of = &cmd_server_update_tls };

/* The two commands about logging differ in names only. */
struct logging {
    const char *option;
    int (*get)(virAdmConnectPtr, char **, unsigned);
    int (*set)(virAdmConnectPtr, const char *, unsigned);
};

static bool logging_run(struct vr_cmd *cmd, const struct logging *what, const char *label, const char *failed_get)
{
    const char *text = vr_opt_raw(cmd, what->option);
    if (text) {
        if (what->set(VR_ADMIN_CONN(cmd), text, 0) < 0)
            return vr_complain(cmd, "%s", _("Unable to change daemon logging settings"));
        return true;
    }
    char *now;
    if (what->get(VR_ADMIN_CONN(cmd), &now, 0) < 0)
        return vr_complain(cmd, "%s", failed_get);
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, what->option, now);
    else
        vr_print(cmd, " %-15s%s\n", label, now ? now : "");
    free(now);
    return true;
}

static bool log_filters_run(struct vr_cmd *cmd)
{
    static const struct logging filters = { "filters", virAdmConnectGetLoggingFilters, virAdmConnectSetLoggingFilters };
    return logging_run(cmd, &filters, _("Logging filters: "), _("Unable to get daemon logging filters information"));
}
static const struct vr_command cmd_daemon_log_filters = {
    "daemon-log-filters",
    (const struct vr_opt[]){ { "filters", VR_OPT_STRING, VR_EMPTY_OK, N_("the new filters, as \"1:qemu 3:rpc\"; \"\" for none") },
                             { 0 } },
    log_filters_run, VR_CMD_JSON, N_("show or set what the daemon logs"),
    N_("Shows which sources the daemon logs at which level; with an argument sets it until the daemon ends."), NULL,
};

static bool log_outputs_run(struct vr_cmd *cmd)
{
    static const struct logging outputs = { "outputs", virAdmConnectGetLoggingOutputs, virAdmConnectSetLoggingOutputs };
    return logging_run(cmd, &outputs, _("Logging outputs: "), _("Unable to get daemon logging outputs information"));
}
static const struct vr_command cmd_daemon_log_outputs = {
    "daemon-log-outputs",
    (const struct vr_opt[]){ { "outputs", VR_OPT_STRING, VR_EMPTY_OK,
                               N_("the new outputs, as \"1:file:/tmp/log 3:stderr\"; \"\" for the default") },
                             { 0 } },
    log_outputs_run, VR_CMD_JSON, N_("show or set where the daemon logs"),
    N_("Shows where the daemon's log goes; with an argument sets it until the daemon ends."), NULL,
};

static bool timeout_run(struct vr_cmd *cmd)
{
    unsigned timeout = 0;
    if (vr_opt_uint(cmd, "timeout", &timeout) < 0)
        return false;
    return virAdmConnectSetDaemonTimeout(VR_ADMIN_CONN(cmd), timeout, 0) == 0;
}
static const struct vr_command cmd_daemon_timeout = {
    "daemon-timeout",
    (const struct vr_opt[]){ { "timeout", VR_OPT_INT, VR_REQUIRED | VR_KEYWORD,
                               N_("seconds without a client or guest after which the daemon ends; 0: never") },
                             { 0 } },
    timeout_run, 0, N_("set when the daemon ends by itself"), NULL, NULL,
};

const struct vr_command *const vr_admin_manage[] = {
    &cmd_server_threadpool_set, &cmd_client_disconnect, &cmd_server_clients_set, &cmd_server_update_tls,
    &cmd_daemon_log_filters, &cmd_daemon_log_outputs, &cmd_daemon_timeout,
    &cmd_srv_threadpool_set, &cmd_srv_clients_set, &cmd_srv_update_tls, NULL,
};

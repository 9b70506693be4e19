/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-admin: the connection to a daemon's admin socket, and the commands about virt-admin itself. */
#include "virtadmin.h"

#include <stdlib.h>
#include "base/alloc.h"

static void say_disconnected(virAdmConnectPtr conn, int reason, void *opaque)
{
    struct vr_shell *sh = opaque;
    sh->lost = true;
    if (reason == VIR_CONNECT_CLOSE_REASON_CLIENT)
        return; /* we closed it ourselves */
    char *uri = virAdmConnectGetURI(conn);
    switch (reason) {
    case VIR_CONNECT_CLOSE_REASON_EOF:
        vr_shell_error(sh, _("Disconnected from %s due to end of file"), uri ? uri : "");
        break;
    case VIR_CONNECT_CLOSE_REASON_KEEPALIVE:
        vr_shell_error(sh, _("Disconnected from %s due to keepalive timeout"), uri ? uri : "");
        break;
    default:
        vr_shell_error(sh, _("Disconnected from %s due to I/O error"), uri ? uri : "");
    }
    free(uri);
}

static bool admin_open(struct vr_shell *sh)
{
    static bool opened_before;
    virAdmConnectPtr conn = virAdmConnectOpen(sh->uri, 0);
    if (!conn) {
        return vr_shell_error(sh, "%s", opened_before ? _("Failed to reconnect to the admin server")
                                                      : _("Failed to connect to the admin server"));
    }
    if (virAdmConnectRegisterCloseCallback(conn, say_disconnected, sh, NULL) < 0)
        vr_shell_error(sh, "%s", _("Unable to register disconnect callback"));
    if (opened_before && sh->interactive)
        vr_shell_error(sh, "%s", _("Reconnected to the admin server"));
    opened_before = true;
    sh->conn = conn;
    return true;
}

static void admin_close(struct vr_shell *sh)
{
    virAdmConnectPtr conn = vr_take(sh->conn);
    virAdmConnectUnregisterCloseCallback(conn, say_disconnected);
    int rc = virAdmConnectClose(conn);
    if (rc < 0)
        vr_shell_error(sh, "%s", _("Failed to disconnect from the admin server"));
    else if (rc > 0)
        vr_shell_error(sh, "%s", _("One or more references were leaked after disconnect from the hypervisor"));
}

static bool admin_alive(struct vr_shell *sh)
{
    return virAdmConnectIsAlive(sh->conn) == 1;
}

static const char *admin_prompt(const struct vr_shell *sh)
{
    return "virt-admin # ";
}

/* ---- commands ----------------------------------------------------------------------------------------------------- */

static bool uri_run(struct vr_cmd *cmd)
{
    char *uri = virAdmConnectGetURI(VR_ADMIN_CONN(cmd));
    if (!uri)
        return vr_complain(cmd, "%s", _("failed to get URI"));
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, "uri", uri);
    else
        vr_print(cmd, "%s\n", uri);
    free(uri);
    return true;
}
static const struct vr_command cmd_uri = {
    "uri", NULL, uri_run, VR_CMD_JSON, N_("print where virt-admin is connected"), NULL, NULL,
};

static void version_line(struct vr_info *info, const char *what, const char *before, unsigned long long version)
{
    vr_info_line(info, "%s%llu.%llu.%llu\n", what, version / 1000000, version / 1000 % 1000, version % 1000);
    vr_autofree char *text = NULL;
    if (asprintf(&text, "%llu.%llu.%llu", version / 1000000, version / 1000 % 1000, version % 1000) < 0)
        abort();
    vr_info_json(info, before, text);
}

static bool version_run(struct vr_cmd *cmd)
{
    unsigned long long library, daemon;
    if (virAdmGetVersion(&library) < 0)
        return vr_complain(cmd, "%s", _("failed to get the library version"));
    VR_AUTO(vr_info) *info = vr_info_new(cmd, "%s%s\n");
    version_line(info, _("Compiled against library: libvirt "), "compiled", LIBVIR_VERSION_NUMBER);
    version_line(info, _("Using library: libvirt "), "library", library);
    if (virAdmConnectGetLibVersion(VR_ADMIN_CONN(cmd), &daemon) < 0)
        return vr_complain(cmd, "%s", _("failed to get the daemon version"));
    version_line(info, _("Running against daemon: "), "daemon", daemon);
    vr_info_done(vr_take(info));
    return true;
}
static const struct vr_command cmd_version = {
    "version", NULL, version_run, VR_CMD_JSON, N_("print versions of the library and the daemon"), NULL, NULL,
};

static bool connect_run(struct vr_cmd *cmd)
{
    struct vr_shell *sh = cmd->sh;
    const char *name = vr_opt_raw(cmd, "name");
    if (sh->conn)
        admin_close(sh);
    if (name) {
        free(sh->uri);
        sh->uri = vr_strdup(name);
    }
    sh->lost = false;
    virAdmConnectPtr conn = virAdmConnectOpen(sh->uri, 0);
    if (!conn)
        return vr_complain(cmd, "%s", _("Failed to connect to the admin server"));
    sh->conn = conn;
    if (virAdmConnectRegisterCloseCallback(conn, say_disconnected, sh, NULL) < 0)
        vr_shell_error(sh, "%s", _("Unable to register disconnect callback"));
    vr_print(cmd, "%s\n", _("Connected to the admin server"));
    return true;
}
static const struct vr_command cmd_connect = {
    "connect",
    (const struct vr_opt[]){ { "name", VR_OPT_STRING, VR_EMPTY_OK, N_("URI of a daemon's admin socket") }, { 0 } },
    connect_run, VR_CMD_OFFLINE, N_("connect to a daemon's admin socket"),
    N_("Connects to a daemon's admin socket, by default to that of libvirtd."), NULL,
};

const struct vr_command *const vr_admin_self[] = {
    &vr_cmd_cd, &vr_cmd_echo, &vr_cmd_exit, &vr_cmd_help, &vr_cmd_pwd, &vr_cmd_quit, &cmd_uri, &cmd_version, &cmd_connect,
    &vr_cmd_self_test, &vr_cmd_complete, NULL,
};

static const struct vr_group groups[] = {
    { "Virt-admin itself", "virt-admin", vr_admin_self },
    { "Monitoring commands", "monitor", vr_admin_monitor },
    { "Management commands", "management", vr_admin_manage },
    { 0 },
};

static const char *const features[] = {
    "See web site at https://libvirt.org/", "", "Compiled with support for: Daemon Debug Readline", NULL,
};

static const struct vr_program program = {
    .name = "virt-admin",
    .title = "Virt-admin command line tool of libvirt",
    .env_prefix = "VIRT_ADMIN",
    .welcome = N_("Welcome to virt-admin, the administrating virtualization interactive terminal.\n\n"
                  "Type:  'help' for help with commands\n       'quit' to quit\n\n"),
    .features = features,
    .groups = groups,
    .global_options = "cdhlqvV",
    .connect = admin_open,
    .disconnect = admin_close,
    .alive = admin_alive,
    .prompt = admin_prompt,
    .unconnected = N_("no valid connection"),
};

int main(int argc, char **argv)
{
    if (virAdmInitialize() < 0) {
        fprintf(stderr, "%s\n", _("error: Failed to initialize libvirt"));
        return EXIT_FAILURE;
    }
    return vr_shell_main(&program, argc, argv);
}

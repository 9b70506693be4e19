/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection, and the thread that works on its events. */
#include "connection.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/alloc.h"

virConnectPtr vr_conn(const struct vr_cmd *cmd)
{
    return cmd->sh->conn;
}

/* ---- events ------------------------------------------------------------------------------------------------------- */

/* Most commands are over before a keepalive message is due: they are not to share their replies with a second thread. */
static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool started, now, end;
    int timer;
} loop = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .timer = -1 };

static void wake(int timer, void *opaque)
{
    virEventUpdateTimeout(timer, -1);
}

static void *events_main(void *opaque)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_mutex_lock(&loop.lock);
    while (!loop.now && !loop.end) {
        if (pthread_cond_timedwait(&loop.changed, &loop.lock, &until) == ETIMEDOUT)
            break;
    }
    while (!loop.end) {
        pthread_mutex_unlock(&loop.lock);
        int failed = virEventRunDefaultImpl();
        pthread_mutex_lock(&loop.lock);
        if (failed < 0)
            break;
    }
    pthread_mutex_unlock(&loop.lock);
    return NULL;
}

static bool events_start(struct vr_shell *sh)
{
    if (loop.started)
        return true;
    if (virEventRegisterDefaultImpl() < 0)
        return false;
    loop.timer = virEventAddTimeout(-1, wake, NULL, NULL);
    int failed = pthread_create(&loop.thread, NULL, events_main, NULL);
    if (failed)
        return vr_shell_error(sh, _("cannot start a thread for events: %s"), strerror(failed));
    loop.started = true;
    return true;
}

void vr_events_now(void)
{
    pthread_mutex_lock(&loop.lock);
    loop.now = true;
    pthread_cond_signal(&loop.changed);
    pthread_mutex_unlock(&loop.lock);
}

void vr_events_end(void)
{
    if (!loop.started)
        return;
    pthread_mutex_lock(&loop.lock);
    loop.end = true;
    pthread_cond_signal(&loop.changed);
    pthread_mutex_unlock(&loop.lock);
    virEventUpdateTimeout(loop.timer, 0);
    pthread_join(loop.thread, NULL);
    virEventRemoveTimeout(loop.timer);
    loop.started = loop.end = loop.now = false; /* the next connection starts it again */
}

/* ---- opening and closing ------------------------------------------------------------------------------------------ */

/* Only a person at a prompt is told at once; a command says it with its own failure. */
static void on_close(virConnectPtr conn, int reason, void *opaque)
{
    struct vr_shell *sh = opaque;
    vr_autofree char *uri = virConnectGetURI(conn);
    const char *where = uri ? uri : "", *text = NULL;
    sh->lost = true;
    if (reason == VIR_CONNECT_CLOSE_REASON_ERROR)
        text = _("Disconnected from %s due to I/O error");
    else if (reason == VIR_CONNECT_CLOSE_REASON_EOF)
        text = _("Disconnected from %s due to end of file");
    else if (reason == VIR_CONNECT_CLOSE_REASON_KEEPALIVE)
        text = _("Disconnected from %s due to keepalive timeout");
    if (!text)
        return;
    const char *part = strstr(text, "%s");
    vr_shell_error(sh, "%.*s%s%s", (int)(part - text), text, where, part + 2);
}

static bool keepalive_on(struct vr_shell *sh, virConnectPtr conn)
{
    if (sh->keepalive_interval <= 0 ||
        virConnectSetKeepAlive(conn, sh->keepalive_interval, (unsigned)sh->keepalive_count) == 0)
        return true;
    if (sh->keepalive_asked)
        return vr_shell_error(sh, "%s", _("Cannot setup keepalive on connection as requested, disconnecting"));
    vr_shell_debug(sh, VR_SH_INFO, "%s", _("Failed to setup keepalive on connection\n"));
    return true;
}

bool vr_virsh_connect(struct vr_shell *sh)
{
    if (!events_start(sh))
        return false;
    virConnectPtr conn = virConnectOpenAuth(sh->uri, virConnectAuthPtrDefault, sh->readonly ? VIR_CONNECT_RO : 0);
    if (!conn)
        return vr_shell_error(sh, "%s", _("failed to connect to the hypervisor"));
    if (!keepalive_on(sh, conn)) {
        virConnectClose(conn);
        return false;
    }
    if (sh->interactive) {
        vr_events_now();
        virConnectRegisterCloseCallback(conn, on_close, sh, NULL);
    }
    vr_shell_error_reset(sh);
    sh->conn = conn;
    return true;
}

void vr_virsh_disconnect(struct vr_shell *sh)
{
    virConnectPtr conn = vr_take(sh->conn);
    if (!conn)
        return;
    if (sh->interactive)
        virConnectUnregisterCloseCallback(conn, on_close);
    vr_events_end(); /* a callback that is being called holds the connection */
    int left = virConnectClose(conn);
    if (left < 0)
        vr_shell_error(sh, "%s", _("Failed to disconnect from the hypervisor"));
    else if (left > 0)
        vr_shell_error(sh, "%s", _("One or more references were leaked after disconnect from the hypervisor"));
}

bool vr_virsh_alive(struct vr_shell *sh)
{
    return virConnectIsAlive(sh->conn) == 1;
}

static bool connect_run(struct vr_cmd *cmd)
{
    struct vr_shell *sh = cmd->sh;
    const char *name;
    if (!vr_opt_string(cmd, "name", &name))
        return false;
    vr_virsh_disconnect(sh);
    vr_autofree char *uri = vr_strdup(sh->uri);
    bool readonly = sh->readonly;
    if (name) {
        free(sh->uri);
        sh->uri = vr_strdup(name);
    }
    sh->readonly = vr_opt_bool(cmd, "readonly");
    sh->lost = false;
    if (vr_virsh_connect(sh))
        return true;
    free(sh->uri); /* the next command goes back to where we were */
    sh->uri = vr_take(uri);
    sh->readonly = readonly;
    return false;
}
static const struct vr_command connect_command = {
    "connect",
    (const struct vr_opt[]){
        { "name", VR_OPT_STRING, VR_EMPTY_OK, N_("URI of the hypervisor; the default one when left out") },
        { "readonly", VR_OPT_BOOL, .help = N_("without the right to change anything") },
        { 0 } },
    connect_run, VR_CMD_OFFLINE, N_("connect to a hypervisor"),
    N_("Closes the connection and opens another. virsh does this by itself when it starts."), NULL,
};
const struct vr_command *const vr_shell_commands[] = {
    &vr_cmd_cd, &vr_cmd_echo, &vr_cmd_exit, &vr_cmd_help, &vr_cmd_pwd, &vr_cmd_quit, &connect_command, &vr_cmd_self_test,
    &vr_cmd_complete, NULL,
};

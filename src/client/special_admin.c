/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The admin library's connections, and the calls of the QEMU and LXC libraries that carry descriptors. */
#define VR_ERROR_DOMAIN VIR_FROM_ADMIN
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/paths.h"
#include "base/str.h"
#include "call.h"
#include "client_conf.h"
#include "logging.h"
#include "remote_internal.h"
#include "transport.h"
#include "src/client/entry_rules.h"
#include "unix_socket.h"
#include "uri.h"

int vr_virAdmInitialize(void)
{
    return virInitialize();
}

int vr_virAdmGetVersion(unsigned long long *libVer)
{
    vr_last_reset();
    if (!libVer)
        return -1;
    *libVer = LIBVIR_VERSION_NUMBER;
    return 0;
}

/* libvirtd:///system -> .../libvirt-admin-sock; virtqemud:///system -> .../virtqemud-admin-sock. */
static const char *socket_of(struct vr_arena *arena, const struct vr_uri *uri, struct vr_error **err)
{
    /* Every daemon of a stock host that has an admin socket. */
    static const char *const daemons[] = {
        "libvirtd", "virtbhyved", "virtchd", "virtinterfaced", "virtlockd", "virtlogd", "virtlxcd", "virtnetworkd", "virtnodedevd",
        "virtnwfilterd", "virtproxyd", "virtqemud", "virtsecretd", "virtstoraged", "virtvboxd", "virtvzd", "virtxend", NULL,
    };
    const char *given = vr_uri_param(uri, "socket");
    for (size_t i = 0; i < uri->param_count; i++) {
        if (!vr_streq(uri->params[i].name, "socket")) {
            vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "Unknown URI parameter '%s'", uri->params[i].name);
            return NULL;
        }
    }
    if (uri->transport || vr_name_index(daemons, uri->driver) < 0) {
        vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "Unsupported URI scheme '%s%s%s'", uri->driver, uri->transport ? "+" : "",
                uri->transport ? uri->transport : "");
        return NULL;
    }
    bool session = vr_streq(uri->path, "/session");
    if (!session && !vr_streq(uri->path, "/system")) {
        vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "Invalid URI path '%s', try '/system'", uri->path);
        return NULL;
    }
    if (given)
        return given;
    const char *name = vr_streq(uri->driver, "libvirtd") ? "libvirt" : uri->driver;
    if (session)
        return vr_arena_printf(arena, "%s/%s-admin-sock", vr_socket_user_dir(arena), name);
    vr_autofree char *path = vr_path("/run/libvirt/%s-admin-sock", name);
    return vr_arena_strdup(arena, path);
}

static virConnectPtr open_admin(const char *name, unsigned flags, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_uri uri;
    if (!vr_client_conf_admin_uri(arena, &name, !(flags & VIR_CONNECT_NO_ALIASES), err))
        return NULL;
    if (!name)
        name = geteuid() ? "libvirtd:///session" : "libvirtd:///system";
    if (!strchr(name, ':')) {
        vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", "No URI scheme specified");
        return NULL;
    }
    const char *path = vr_uri_parse(arena, name, &uri, err) ? socket_of(arena, &uri, err) : NULL;
    int fd = path ? vr_socket_connect_path(path, err) : -1;
    if (fd < 0)
        return NULL;
    virConnectPtr conn = vr_connect_new(VR_ADMIN_MAGIC);
    conn->uri = vr_strdup(name);
    struct vr_transport how = vr_transport_of_unix(fd);
    conn->remote = vr_remote_new(&how, conn);
    struct vr_admin_connect_open_args in = { .flags = flags };
    if (vr_remote_call(conn->remote, &vr_api_admin_connect_open, &in, arena, NULL, NULL, err)) {
        vr_remote_opened(conn->remote);
        vr_remote_watch(conn->remote);
        return conn;
    }
    vr_connect_unref(conn);
    return NULL;
}

virAdmConnectPtr vr_virAdmConnectOpen(const char *name, unsigned int flags)
{
    struct vr_error *err = NULL;
    vr_last_reset();
    virConnectPtr conn = vr_client_start(&err) ? open_admin(name, flags, &err) : NULL;
    if (!conn)
        vr_last_report(NULL, &err);
    return (virAdmConnectPtr)conn;
}

int vr_virAdmConnectClose(virAdmConnectPtr conn)
{
    VR_CALL(c, VIR_FROM_ADMIN);
    if (!conn)
        return 0; /* as stock's */
    bool ok = vr_begin_admin(&c, conn);
    c.conn = NULL;
    if (!vr_end(&c, ok))
        return -1;
    return vr_connect_unref(&conn->c) ? 0 : 1;
}

int vr_virAdmConnectRef(virAdmConnectPtr conn)
{
    VR_CALL(c, VIR_FROM_ADMIN);
    bool ok = vr_begin_admin(&c, conn);
    if (ok)
        vr_connect_ref(&conn->c);
    return vr_end(&c, ok) ? 0 : -1;
}

char *vr_virAdmConnectGetURI(virAdmConnectPtr conn)
{
    VR_CALL(c, VIR_FROM_ADMIN);
    bool ok = vr_begin_admin(&c, conn);
    char *uri = ok ? vr_strdup(conn->c.uri) : NULL;
    vr_end(&c, ok);
    return uri;
}

int vr_virAdmConnectIsAlive(virAdmConnectPtr conn)
{
    VR_CALL(c, VIR_FROM_ADMIN);
    bool ok = vr_begin_admin(&c, conn);
    int alive = ok ? vr_remote_alive(conn->c.remote) : -1;
    vr_end(&c, ok);
    return alive;
}

int vr_virAdmConnectRegisterCloseCallback(virAdmConnectPtr conn, virAdmConnectCloseFunc cb, void *opaque,
                                          virFreeCallback freecb)
{
    VR_CALL(c, VIR_FROM_ADMIN);
    bool ok = vr_begin_admin(&c, conn) && vr_arg(&c, cb, "cb");
    if (ok) {
        pthread_mutex_lock(&conn->c.lock);
        if (conn->c.close_cb) {
            ok = vr_fail(&c.err, VIR_ERR_OPERATION_INVALID, "%s", "A close callback is already registered");
        } else {
            /* the pointer is the same, only its type differs */
            conn->c.close_cb = (virConnectCloseFunc)(void (*)(void))cb;
            conn->c.close_opaque = opaque;
            conn->c.close_free = freecb;
            vr_connect_ref(&conn->c);
        }
        pthread_mutex_unlock(&conn->c.lock);
    }
    return vr_end(&c, ok) ? 0 : -1;
}

int vr_virAdmConnectUnregisterCloseCallback(virAdmConnectPtr conn, virAdmConnectCloseFunc cb)
{
    VR_CALL(c, VIR_FROM_ADMIN);
    bool ok = vr_begin_admin(&c, conn) && vr_arg(&c, cb, "cb");
    virFreeCallback ff = NULL;
    void *opaque = NULL;
    if (ok) {
        pthread_mutex_lock(&conn->c.lock);
        if (conn->c.close_cb != (virConnectCloseFunc)(void (*)(void))cb) {
            ok = vr_fail(&c.err, VIR_ERR_OPERATION_INVALID, "%s", "A different callback was requested");
        } else {
            ff = conn->c.close_free;
            opaque = conn->c.close_opaque;
            conn->c.close_cb = NULL;
            conn->c.close_free = NULL;
        }
        pthread_mutex_unlock(&conn->c.lock);
    }
    if (ff)
        ff(opaque);
    vr_end(&c, ok);
    if (ok)
        vr_connect_unref(&conn->c);
    return ok ? 0 : -1;
}

/* Both log settings come with the number of entries in them. */
int vr_virAdmConnectGetLoggingOutputs(virAdmConnectPtr conn, char **outputs, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_ADMIN);
    struct vr_admin_connect_get_logging_outputs_args in = { .flags = flags };
    struct vr_admin_connect_get_logging_outputs_ret out;
    bool ok = vr_begin_admin(&c, conn) && vr_send(&c, &vr_api_admin_connect_get_logging_outputs, &in, &out);
    if (ok && outputs)
        *outputs = vr_strdup(out.outputs);
    return vr_end(&c, ok) ? (int)out.noutputs : -1;
}

int vr_virAdmConnectGetLoggingFilters(virAdmConnectPtr conn, char **filters, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_ADMIN);
    struct vr_admin_connect_get_logging_filters_args in = { .flags = flags };
    struct vr_admin_connect_get_logging_filters_ret out;
    bool ok = vr_begin_admin(&c, conn) && vr_send(&c, &vr_api_admin_connect_get_logging_filters, &in, &out);
    if (ok && filters)
        *filters = vr_strdup(out.filters);
    return vr_end(&c, ok) ? (int)out.nfilters : -1;
}

/* ---- QEMU and LXC ------------------------------------------------------------------------------------------------ */

static int *keep_fds(const int *fds, size_t count)
{
    return count ? vr_memdup(fds, count * sizeof(*fds)) : NULL;
}

int vr_virDomainQemuMonitorCommandWithFiles(virDomainPtr domain, const char *cmd, unsigned int ninfiles, int *infiles,
                                            unsigned int *noutfiles, int **outfiles, char **result, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_QEMU);
    struct vr_qemu_domain_monitor_command_with_files_args in = { .cmd = cmd, .flags = flags };
    struct vr_qemu_domain_monitor_command_with_files_ret out;
    int fds[VIR_NET_MESSAGE_NUM_FDS_MAX];
    struct vr_extras extras = { .send_fds = infiles, .send_count = ninfiles, .got_fds = outfiles ? fds : NULL };
    bool ok = vr_begin(&c, VR_HANDLE_DOMAIN, domain) && VR_RULES_virDomainQemuMonitorCommandWithFiles &&
              vr_arg(&c, cmd, "cmd") && vr_arg(&c, result, "result") &&
              vr_arg_there(&c, infiles || !ninfiles, "infiles") &&
              vr_arg_there(&c, (noutfiles != NULL) == (outfiles != NULL), "noutfiles");
    if (ok) {
        in.dom = vr_put_domain(domain);
        ok = vr_send_with(&c, &vr_api_qemu_domain_monitor_command_with_files, &in, &out, &extras);
    }
    if (ok) {
        *result = vr_strdup(out.result);
        if (outfiles) {
            *outfiles = keep_fds(fds, extras.got_count);
            *noutfiles = (unsigned)extras.got_count;
        }
    }
    return vr_end(&c, ok) ? 0 : -1;
}

int vr_virDomainLxcOpenNamespace(virDomainPtr domain, int **fdlist, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_lxc_domain_open_namespace_args in = { .flags = flags };
    struct vr_void out;
    int fds[VIR_NET_MESSAGE_NUM_FDS_MAX];
    struct vr_extras extras = { .got_fds = fds };
    bool ok = vr_begin(&c, VR_HANDLE_DOMAIN, domain) && VR_RULES_virDomainLxcOpenNamespace &&
              vr_arg(&c, fdlist, "fdlist");
    if (ok) {
        in.dom = vr_put_domain(domain);
        ok = vr_send_with(&c, &vr_api_lxc_domain_open_namespace, &in, &out, &extras);
    }
    if (ok)
        *fdlist = keep_fds(fds, extras.got_count);
    return vr_end(&c, ok) ? (int)extras.got_count : -1;
}

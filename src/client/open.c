/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening and closing connections. */
#define VR_ERROR_DOMAIN VIR_FROM_REMOTE
#define VR_LOG_SOURCE "libvirt"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/str.h"
#include "call.h"
#include "client_conf.h"
#include "eventloop.h"
#include "logging.h"
#include "local.h"
#include "events.h"
#include "params.h"
#include "remote_internal.h"
#include "sasl.h"
#include "transport.h"
#include "uri.h"

/* ---- authentication ---------------------------------------------------------------------------------------------- */

struct opening {
    const struct vr_uri *uri; /* NULL: the application gave none */
    struct vr_remote_params params;
    virConnectAuthPtr auth;
    unsigned flags;
};

static bool insisted(const char *want, int32_t type, struct vr_error **err)
{
    if (!want)
        return true;
    bool sasl = vr_streq(want, "sasl") || vr_starts_with(want, "sasl.");
    if (!sasl && !vr_streq(want, "polkit"))
        return vr_fail(err, VIR_ERR_AUTH_FAILED, "unknown authentication type %s", want);
    if (type != (sasl ? REMOTE_AUTH_SASL : REMOTE_AUTH_POLKIT))
        return vr_fail(err, VIR_ERR_AUTH_FAILED, "requested authentication type %s rejected", want);
    return true;
}

static bool by_sasl(struct vr_remote *r, const struct opening *o, struct vr_error **err)
{
    const char *want = o->params.auth;
    struct vr_sasl_question q = { .host = o->uri && o->uri->host ? o->uri->host : "localhost",
                                  .mechanism = want && vr_starts_with(want, "sasl.") ? want + strlen("sasl.") : NULL,
                                  .authfile = o->params.authfile, .auth = o->auth };
    return vr_sasl_authenticate(r, &q, err);
}

static bool authenticate(struct vr_remote *r, const struct opening *o, struct vr_arena *arena, struct vr_error **err)
{
    struct vr_void nothing = { 0 };
    struct vr_auth_list_ret list;
    if (!vr_remote_call(r, &vr_api_auth_list, &nothing, arena, &list, NULL, err))
        return false;
    int32_t type = list.types_count ? list.types[0] : REMOTE_AUTH_NONE;
    if (!insisted(o->params.auth, type, err))
        return false;
    struct vr_auth_polkit_ret polkit;
    switch (type) {
    case REMOTE_AUTH_NONE:
        return true;
    case REMOTE_AUTH_POLKIT: /* the server asks about us elsewhere; who may answer has to run already */
        return vr_remote_call(r, &vr_api_auth_polkit, &nothing, arena, &polkit, NULL, err);
    case REMOTE_AUTH_SASL:
        return by_sasl(r, o, err);
    default:
        return vr_fail(err, VIR_ERR_AUTH_FAILED, "unsupported authentication type %d", type);
    }
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static bool session_begin(virConnectPtr conn, const struct opening *o, struct vr_arena *arena, struct vr_error **err)
{
    struct vr_remote *r = conn->remote;
    const struct vr_uri *uri = o->uri;
    if (!authenticate(r, o, arena, err))
        return false;
    vr_remote_watch(r);
    if (vr_eventloop_there())
        vr_remote_feature(r, VR_FEATURE_KEEPALIVE); /* before opening: it also starts the server's pings */
    struct vr_connect_open_args open = { .name = uri ? vr_uri_for_server(arena, uri) : "", /* the server chooses */
                                         .flags = o->flags & VIR_CONNECT_RO };
    if (!vr_remote_call(r, &vr_api_connect_open, &open, arena, NULL, NULL, err))
        return false;
    vr_remote_opened(r);
    if (uri)
        return true;
    struct vr_void nothing = { 0 };
    struct vr_connect_get_uri_ret answer;
    if (!vr_remote_call(r, &vr_api_connect_get_uri, &nothing, arena, &answer, NULL, err))
        return false;
    conn->uri = vr_strdup(answer.uri);
    return true;
}

static bool only_local(const struct vr_uri *uri, struct vr_error **err)
{
    static const char *const inside[] = { "esx", "gsx", "vpx", "hyperv", "vmwareplayer", "vmwarews",
                                          "vmwarefusion", "openvz", NULL };
    if (uri->transport || uri->host || vr_name_index(inside, uri->driver) < 0)
        return true;
    return vr_error_report(err, VIR_FROM_NONE, VIR_ERR_CONFIG_UNSUPPORTED, -1,
                           "the driver '%s' runs inside the library and is not built into this one; %s+unix:/// asks a "
                           "daemon for it", uri->driver, uri->driver);
}

static virConnectPtr open_local(const struct vr_uri *uri, unsigned flags, virConnectAuthPtr auth, struct vr_error **err)
{
    virConnectPtr conn = vr_connect_new(VR_CONNECT_MAGIC);
    conn->readonly = flags & VIR_CONNECT_RO;
    conn->uri = vr_strdup(uri->text);
    conn->remote = vr_remote_new_local(conn);
    struct vr_local *local = vr_local_open(uri, flags, auth, conn->remote, conn, err);
    vr_remote_set_local(conn->remote, local);
    if (local)
        return conn;
    vr_connect_unref(conn);
    return NULL;
}

static virConnectPtr open_connection(const char *name, unsigned flags, virConnectAuthPtr auth, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_uri uri;
    if (name && !*name)
        name = NULL;
    if (!vr_client_conf_uri(arena, &name, !(flags & VIR_CONNECT_NO_ALIASES), err))
        return NULL;
    if (name && !strchr(name, ':')) {
        vr_error_report(err, VIR_FROM_NONE, VIR_ERR_NO_CONNECT, -1, "URI '%s' does not include a driver name", name);
        return NULL;
    }
    if (name && (!vr_uri_parse(arena, name, &uri, err) || !only_local(&uri, err)))
        return NULL;
    if (name && vr_local_wants(&uri))
        return open_local(&uri, flags, auth, err);
    struct opening o = { .uri = name ? &uri : NULL, .auth = auth, .flags = flags };
    struct vr_transport how;
    if (!vr_remote_params(o.uri, &o.params, err) ||
        !vr_transport_connect(arena, o.uri, &o.params, auth, flags, &how, err))
        return NULL;
    virConnectPtr conn = vr_connect_new(VR_CONNECT_MAGIC);
    conn->readonly = flags & VIR_CONNECT_RO;
    conn->uri = vr_strdup(name);
    conn->remote = vr_remote_new(&how, conn);
    if (session_begin(conn, &o, arena, err))
        return conn;
    vr_connect_unref(conn);
    return NULL;
}

static virConnectPtr open_reporting(const char *name, unsigned flags, virConnectAuthPtr auth)
{
    struct vr_error *err = NULL;
    vr_last_reset();
    if (vr_client_start(&err) && VR_LOG_DEBUG >= vr_log_floor)
        vr_log_write(VR_LOG_DEBUG, VR_LOG_SOURCE, "virConnectOpen", __LINE__, "name=%s, flags=0x%x",
                     name ? name : "<null>", flags);
    virConnectPtr conn = err ? NULL : open_connection(name, flags, auth, &err);
    if (!conn) {
        vr_client_log_error("virConnectOpen", err);
        vr_last_report(NULL, &err);
    }
    return conn;
}

virConnectPtr virConnectOpen(const char *name)
{
    return open_reporting(name, 0, NULL);
}

virConnectPtr virConnectOpenReadOnly(const char *name)
{
    return open_reporting(name, VIR_CONNECT_RO, NULL);
}

virConnectPtr virConnectOpenAuth(const char *name, virConnectAuthPtr auth, unsigned int flags)
{
    return open_reporting(name, flags, auth);
}

int virConnectClose(virConnectPtr conn)
{
    VR_CALL(c, VIR_FROM_NONE);
    bool ok = vr_begin_connect(&c, conn);
    c.conn = ok ? NULL : c.conn;
    if (!vr_end(&c, ok))
        return -1;
    return vr_connect_unref(conn) ? 0 : 1;
}

int virConnectRef(virConnectPtr conn)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    bool ok = vr_begin_connect(&c, conn);
    if (ok)
        vr_connect_ref(conn);
    return vr_end(&c, ok) ? 0 : -1;
}

int virInitialize(void)
{
    struct vr_error *err = NULL;
    if (vr_client_start(&err))
        return 0;
    vr_last_report(NULL, &err);
    return -1;
}

int virGetVersion(unsigned long *libVer, const char *type, unsigned long *typeVer)
{
    vr_last_reset();
    if (!libVer) {
        struct vr_error *err = NULL;
        vr_error_report(&err, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, -1, "%s in %s must not be NULL", "libVer", __func__);
        vr_last_report(NULL, &err);
        return -1;
    }
    *libVer = LIBVIR_VERSION_NUMBER;
    if (typeVer)
        *typeVer = LIBVIR_VERSION_NUMBER;
    return 0;
}

/* ---- what a connection is ---------------------------------------------------------------------------------------- */

char *virConnectGetURI(virConnectPtr conn)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    bool ok = vr_begin_connect(&c, conn);
    char *uri = ok ? vr_strdup(conn->uri) : NULL;
    vr_end(&c, ok);
    return uri;
}

const char *virConnectGetType(virConnectPtr conn)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    const char *type = NULL;
    struct vr_void nothing = { 0 };
    struct vr_connect_get_type_ret out;
    if (vr_begin_connect(&c, conn) && vr_send(&c, &vr_api_connect_get_type, &nothing, &out)) {
        pthread_mutex_lock(&conn->lock);
        if (!conn->type)
            conn->type = vr_strdup(out.type);
        type = conn->type;
        pthread_mutex_unlock(&conn->lock);
    }
    vr_end(&c, type != NULL);
    return type;
}

int virConnectIsAlive(virConnectPtr conn)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    bool ok = vr_begin_connect(&c, conn);
    int alive = ok ? vr_remote_alive(conn->remote) : -1;
    vr_end(&c, ok);
    return alive;
}

int virConnectIsSecure(virConnectPtr conn)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_void nothing = { 0 };
    struct vr_connect_is_secure_ret out;
    bool ok = vr_begin_connect(&c, conn) && vr_send(&c, &vr_api_connect_is_secure, &nothing, &out);
    bool transport = ok && vr_remote_is_secure(conn->remote); /* both halves of the way */
    return vr_end(&c, ok) ? transport && out.secure : -1;
}

int virConnectIsEncrypted(virConnectPtr conn)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_void nothing = { 0 };
    struct vr_connect_is_secure_ret out;
    bool ok = vr_begin_connect(&c, conn) && vr_send(&c, &vr_api_connect_is_secure, &nothing, &out);
    bool transport = ok && vr_remote_is_encrypted(conn->remote);
    return vr_end(&c, ok) ? transport && out.secure : -1;
}

int virConnectSetKeepAlive(virConnectPtr conn, int interval, unsigned int count)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    int result = -1;
    if (vr_begin_connect(&c, conn) && (!vr_remote_local(conn->remote) || vr_unsupported(&c)))
        result = vr_remote_keepalive(conn->remote, interval, count, &c.err);
    vr_end(&c, result >= 0);
    return result;
}

/* ---- being told of the end --------------------------------------------------------------------------------------- */

/* A driver in this process has no connection to lose: the last callback given is kept, and let go with the connection. */
static void keep_local_callback(virConnectPtr conn, virConnectCloseFunc cb, void *opaque, virFreeCallback freecb)
{
    pthread_mutex_lock(&conn->lock);
    virFreeCallback ff = conn->close_free;
    void *old = conn->close_opaque;
    conn->close_cb = cb;
    conn->close_opaque = opaque;
    conn->close_free = freecb;
    pthread_mutex_unlock(&conn->lock);
    if (ff)
        ff(old);
}

int virConnectRegisterCloseCallback(virConnectPtr conn, virConnectCloseFunc cb, void *opaque, virFreeCallback freecb)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    bool ok = vr_begin_connect(&c, conn) && vr_arg(&c, cb, "cb");
    if (ok && vr_remote_local(conn->remote)) {
        keep_local_callback(conn, cb, opaque, freecb);
        vr_end(&c, true);
        return 0;
    }
    if (ok) {
        pthread_mutex_lock(&conn->lock);
        if (conn->close_cb) {
            ok = vr_error_report(&c.err, VIR_FROM_REMOTE, VIR_ERR_OPERATION_INVALID, -1, "%s",
                                 "A close callback is already registered");
        } else {
            conn->close_cb = cb;
            conn->close_opaque = opaque;
            conn->close_free = freecb;
            vr_connect_ref(conn); /* until it was called or taken back, as stock's */
        }
        pthread_mutex_unlock(&conn->lock);
    }
    if (ok && !conn->close_asked && vr_remote_feature(conn->remote, VR_FEATURE_CLOSE_CALLBACK)) {
        struct vr_void nothing = { 0 };
        conn->close_asked = vr_remote_need_events(conn->remote) &&
                            vr_remote_call(conn->remote, &vr_api_connect_register_close_callback, &nothing, c.arena,
                                           NULL, NULL, NULL);
    }
    return vr_end(&c, ok) ? 0 : -1;
}

int virConnectUnregisterCloseCallback(virConnectPtr conn, virConnectCloseFunc cb)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    bool ok = vr_begin_connect(&c, conn) && vr_arg(&c, cb, "cb");
    virFreeCallback ff = NULL;
    void *opaque = NULL;
    if (ok && vr_remote_local(conn->remote)) {
        keep_local_callback(conn, NULL, NULL, NULL);
        vr_end(&c, true);
        return 0;
    }
    if (ok) {
        pthread_mutex_lock(&conn->lock);
        if (conn->close_cb != cb) {
            ok = vr_error_report(&c.err, VIR_FROM_REMOTE, VIR_ERR_OPERATION_INVALID, -1, "%s",
                                 "A different callback was requested");
        } else {
            ff = conn->close_free;
            opaque = conn->close_opaque;
            conn->close_cb = NULL;
            conn->close_free = NULL;
        }
        pthread_mutex_unlock(&conn->lock);
    }
    if (ok && conn->close_asked) {
        struct vr_void nothing = { 0 };
        conn->close_asked = false;
        vr_remote_call(conn->remote, &vr_api_connect_unregister_close_callback, &nothing, c.arena, NULL, NULL, NULL);
    }
    if (ff)
        ff(opaque);
    vr_end(&c, ok);
    if (ok)
        vr_connect_unref(conn);
    return ok ? 0 : -1;
}

/* ---- asking a person --------------------------------------------------------------------------------------------- */

static int ask_terminal(virConnectCredentialPtr cred, unsigned int count, void *data)
{
    for (unsigned i = 0; i < count; i++) {
        bool hidden = cred[i].type == VIR_CRED_PASSPHRASE || cred[i].type == VIR_CRED_NOECHOPROMPT;
        char line[1024];
        if (hidden) {
            vr_autofree char *prompt = vr_printf("%s:", cred[i].prompt);
            const char *answer = getpass(prompt);
            if (!answer)
                return -1;
            cred[i].result = vr_strdup(answer);
        } else if (cred[i].type != VIR_CRED_EXTERNAL) {
            printf("%s:", cred[i].prompt);
            fflush(stdout);
            if (!fgets(line, sizeof(line), stdin))
                return -1;
            line[strcspn(line, "\n")] = '\0';
            cred[i].result = vr_strdup(line[0] || !cred[i].defresult ? line : cred[i].defresult);
        } else {
            return -1;
        }
        cred[i].resultlen = (unsigned)strlen(cred[i].result);
    }
    return 0;
}

static int ask_types[] = { VIR_CRED_AUTHNAME, VIR_CRED_ECHOPROMPT, VIR_CRED_REALM, VIR_CRED_PASSPHRASE,
                           VIR_CRED_NOECHOPROMPT };
static virConnectAuth ask = { .credtype = ask_types, .ncredtype = VR_COUNT(ask_types), .cb = ask_terminal };
virConnectAuthPtr virConnectAuthPtrDefault = &ask;

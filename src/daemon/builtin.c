/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#define VR_LOG_SOURCE "daemon.builtin"
/* Procedures the daemon answers itself, whatever the driver: opening, features, authentication, who and where it is. */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "api/rows.h"
#include "base/alloc.h"
#include "base/str.h"
#include "builtin.h"
#include "config.h"
#include "driver/identity.h"
#include "instance.h"

/* ---- opening and closing ---- */

struct uri {
    char *scheme, *host, *path;
    const char *rest; /* query and fragment, in the text that was parsed */
};

static void uri_done(struct uri *uri)
{
    free(uri->scheme);
    free(uri->host);
    free(uri->path);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* %41 stands for A; one that is no text (%00) or no number stays as it is, and then is no path of ours. */
static char *decode_path(const char *text, size_t len)
{
    char *path = vr_alloc(len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        int high = text[i] == '%' && i + 2 < len ? hex_digit(text[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        bool encoded = low >= 0 && high * 16 + low != 0;
        path[n++] = encoded ? (char)(high * 16 + low) : text[i];
        i += encoded ? 2 : 0;
    }
    return path;
}

/* scheme:[//host]path[?query][#fragment]; the rest of what a URI can be does not matter here. */
static bool parse_uri(const char *text, struct uri *uri, struct vr_error **err)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    if (!n || text[n] != ':' || strpbrk(text, " \t\r\n\"<>")) {
        vr_error_report(err, VIR_FROM_URI, VIR_ERR_INTERNAL_ERROR, -1, _("Unable to parse URI %s"), text);
        return false;
    }
    uri->scheme = vr_strndup(text, n);
    const char *at = text + n + 1;
    if (at[0] == '/' && at[1] == '/') {
        size_t host = strcspn(at + 2, "/?#");
        uri->host = vr_strndup(at + 2, host);
        at += 2 + host;
    }
    size_t path = strcspn(at, "?#");
    uri->path = decode_path(at, path);
    uri->rest = at + path;
    return true;
}

static bool open_driver(struct vr_client *c, const struct vr_driver_entry *entry, const char *path,
                        struct vr_error **err)
{
    /* Before the driver looks: it may attach close hooks or refuse by identity and mode. */
    c->conn.driver = entry->driver;
    if (entry->driver->open && !entry->driver->open(&c->conn, path, err)) {
        c->conn.driver = NULL;
        return false;
    }
    c->hypervisor = entry;
    c->opened = true;
    return true;
}

static bool connect_open(struct vr_call *call, const struct vr_connect_open_args *in, struct vr_void *out,
                         struct vr_error **err)
{
    struct vr_client *c = vr_client_of(call->conn);
    if (c->opened)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("connection already open"));
    bool was_readonly = c->conn.readonly;
    const struct vr_driver_entry *entry;
    __attribute__((cleanup(uri_done))) struct uri uri = { 0 };
    vr_autofree char *text = NULL;
    if (!in->name || !in->name[0]) {
        /* The client leaves the choice to us. */
        entry = vr_server_hypervisor(c->server, NULL);
        if (!entry)
            return vr_error_report(err, VIR_FROM_NONE, VIR_ERR_NO_CONNECT, -1, NULL);
        uri.path = vr_strdup(vr_daemon.session ? "/session" : "/system");
        text = vr_printf("%s://%s", entry->driver->schemes[0], uri.path);
    } else {
        if (!parse_uri(in->name, &uri, err))
            return false;
        text = vr_printf("%s://%s%s", uri.scheme, uri.path, uri.rest);
        entry = uri.host && uri.host[0] ? NULL : vr_server_hypervisor(c->server, uri.scheme);
        if (!entry)
            return vr_error_report(err, VIR_FROM_NONE, VIR_ERR_NO_CONNECT, -1, "%s", in->name);
    }
    c->conn.readonly = was_readonly || (in->flags & 1);
    free(c->conn.uri);
    c->conn.uri = vr_take(text);
    if (open_driver(c, entry, uri.path, err))
        return true;
    c->conn.readonly = was_readonly;
    return false;
}

static bool connect_close(struct vr_call *call, const struct vr_void *in, struct vr_void *out, struct vr_error **err)
{
    vr_client_of(call->conn)->close_when_sent = true;
    return true;
}

static bool connect_get_type(struct vr_call *call, const struct vr_void *in, struct vr_connect_get_type_ret *out,
                             struct vr_error **err)
{
    out->type = call->conn->driver->name;
    return true;
}

static bool connect_get_uri(struct vr_call *call, const struct vr_void *in, struct vr_connect_get_uri_ret *out,
                            struct vr_error **err)
{
    out->uri = call->conn->uri;
    return true;
}

static bool connect_get_lib_version(struct vr_call *call, const struct vr_void *in,
                                    struct vr_connect_get_lib_version_ret *out, struct vr_error **err)
{
    out->lib_ver = VR_API_LEVEL;
    return true;
}

/* A local driver has nothing between itself and the hypervisor that could be listened to. */
static bool connect_is_secure(struct vr_call *call, const struct vr_void *in, struct vr_connect_is_secure_ret *out,
                              struct vr_error **err)
{
    out->secure = 1;
    return true;
}

/* ---- features ---- */

static bool connect_supports_feature(struct vr_call *call, const struct vr_connect_supports_feature_args *in,
                                     struct vr_connect_supports_feature_ret *out, struct vr_error **err)
{
    struct vr_client *c = vr_client_of(call->conn);
    if (in->feature == VR_FEATURE_KEEPALIVE) {
        /* Asked before the connection is open; from now on the client may ping, and so may we. */
        vr_client_start_keepalive(c);
        out->supported = 1;
        return true;
    }
    if (!c->opened)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("hypervisor connection not open"));
    switch (in->feature) {
    case VR_FEATURE_FD_PASSING:
    case VR_FEATURE_TYPED_PARAM_STRING:
    case VR_FEATURE_EVENT_CALLBACK:
    case VR_FEATURE_CLOSE_CALLBACK:
    case VR_FEATURE_NETWORK_UPDATE_ORDER:
        out->supported = 1;
        return true;
    case VR_FEATURE_REMOTE:
        out->supported = 0; /* the client's library says this of itself */
        return true;
    default:
        break;
    }
    /* What the hypervisor driver can do, migration mostly, only it knows. */
    const struct vr_driver_row *row = vr_driver_entry_row(c->hypervisor, call->api);
    out->supported = 0;
    return !row || row->fn(call, in, out, err);
}

/* ---- authentication ---- */

static bool auth_list(struct vr_call *call, const struct vr_void *in, struct vr_auth_list_ret *out,
                      struct vr_error **err)
{
    out->types_count = 1;
    out->types = vr_arena_alloc(call->arena, sizeof(*out->types));
    out->types[0] = REMOTE_AUTH_NONE;
    return true;
}

static bool auth_refused(struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_AUTH_FAILED, _("authentication failed"));
}

static bool auth_sasl_init(struct vr_call *call, const struct vr_void *in, struct vr_auth_sasl_init_ret *out,
                           struct vr_error **err)
{
    return auth_refused(err);
}

static bool auth_sasl_start(struct vr_call *call, const struct vr_auth_sasl_start_args *in,
                            struct vr_auth_sasl_start_ret *out, struct vr_error **err)
{
    return auth_refused(err);
}

static bool auth_sasl_step(struct vr_call *call, const struct vr_auth_sasl_step_args *in,
                           struct vr_auth_sasl_step_ret *out, struct vr_error **err)
{
    return auth_refused(err);
}

static bool auth_polkit(struct vr_call *call, const struct vr_void *in, struct vr_auth_polkit_ret *out,
                        struct vr_error **err)
{
    return auth_refused(err);
}

/* ---- identity of a caller behind the caller ---- */

static bool param_number(const struct vr_typed_param *p, uint64_t *out, struct vr_error **err)
{
    if (p->value.type == VIR_TYPED_PARAM_ULLONG)
        *out = p->value.ul;
    else if (p->value.type == VIR_TYPED_PARAM_LLONG && p->value.l >= 0)
        *out = (uint64_t)p->value.l;
    else
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("invalid type for parameter '%s'"), p->field);
    return true;
}

static bool apply_identity(struct vr_identity *id, const struct vr_typed_param *p, struct vr_error **err)
{
    uint64_t number = 0;
    const struct { const char *name; char **at; } texts[] = {
        { VIR_CONNECT_IDENTITY_SASL_USER_NAME, &id->sasl_user },
        { VIR_CONNECT_IDENTITY_X509_DISTINGUISHED_NAME, &id->x509_dname },
        { VIR_CONNECT_IDENTITY_SELINUX_CONTEXT, &id->selinux },
    };
    for (size_t i = 0; i < VR_COUNT(texts); i++) {
        if (!vr_streq(p->field, texts[i].name))
            continue;
        if (p->value.type != VIR_TYPED_PARAM_STRING)
            return vr_fail(err, VIR_ERR_INVALID_ARG, _("invalid type for parameter '%s'"), p->field);
        free(*texts[i].at);
        *texts[i].at = vr_strdup(p->value.s);
        return true;
    }
    /* The names go with the numbers, which are what counts here. */
    if (vr_streq(p->field, VIR_CONNECT_IDENTITY_USER_NAME) || vr_streq(p->field, VIR_CONNECT_IDENTITY_GROUP_NAME))
        return true;
    if (vr_streq(p->field, VIR_CONNECT_IDENTITY_UNIX_USER_ID) && param_number(p, &number, err))
        id->uid = (uid_t)number;
    else if (vr_streq(p->field, VIR_CONNECT_IDENTITY_UNIX_GROUP_ID) && param_number(p, &number, err))
        id->gid = (gid_t)number;
    else if (vr_streq(p->field, VIR_CONNECT_IDENTITY_PROCESS_ID) && param_number(p, &number, err))
        id->pid = (pid_t)number;
    else if (vr_streq(p->field, VIR_CONNECT_IDENTITY_PROCESS_TIME) && param_number(p, &number, err))
        id->pid_start = number;
    else
        return vr_error_report(err, VIR_FROM_NONE, VIR_ERR_ARGUMENT_UNSUPPORTED, -1, _("parameter '%s' not supported"),
                               p->field);
    return true;
}

static bool connect_set_identity(struct vr_call *call, const struct vr_connect_set_identity_args *in,
                                 struct vr_void *out, struct vr_error **err)
{
    struct vr_client *c = vr_client_of(call->conn);
    if (in->flags)
        return vr_fail_flags(err, VIR_FROM_NONE, in->flags, "virConnectSetIdentity");
    if (!in->params_count)
        return true;
    /* Saying "I am somebody else" is for another daemon of the same user. */
    if (!c->identity->local || (c->identity->uid != geteuid() && c->identity->uid != 0))
        return vr_error_report(err, VIR_FROM_ACCESS, VIR_ERR_ACCESS_DENIED, -1, _("'write' denied access"));
    struct vr_identity *id = vr_identity_copy(c->identity);
    for (uint32_t i = 0; i < in->params_count; i++)
        if (!apply_identity(id, &in->params[i], err)) {
            vr_identity_unref(id);
            return false;
        }
    /* Calls under way keep a pointer to the old one: it lives as long as the connection. */
    free(id->groups);
    id->groups = NULL;
    id->group_count = 0;
    vr_client_set_identity(c, id);
    return true;
}

/* ---- host name ---- */

struct host_name {
    char name[256];
    char *canonical;
};

static void free_host_name(void *arg)
{
    struct host_name *h = arg;
    free(h->canonical);
    free(h);
}

/* Worker: name services may ask the network. */
static void resolve_host_name(void *arg)
{
    struct host_name *h = arg;
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_flags = AI_CANONNAME };
    struct addrinfo *found = NULL;
    if (getaddrinfo(h->name, NULL, &hints, &found) == 0 && found && found->ai_canonname &&
        !vr_starts_with(found->ai_canonname, "localhost"))
        h->canonical = strdup(found->ai_canonname);
    if (found)
        freeaddrinfo(found);
}

static VR_SUSPENDS bool connect_get_hostname(struct vr_call *call, const struct vr_void *in,
                                             struct vr_connect_get_hostname_ret *out, struct vr_error **err)
{
    /* The full name of a host name, kept while the host name stays the same. */
    static struct { char *host, *full; vr_time until; } known;
    char name[256];
    if (gethostname(name, sizeof(name) - 1) != 0)
        return vr_fail_errno(err, VIR_ERR_INTERNAL_ERROR, errno, _("failed to determine host name"));
    name[sizeof(name) - 1] = 0;
    if (strchr(name, '.') || vr_starts_with(name, "localhost")) {
        out->hostname = vr_arena_strdup(call->arena, name);
        return true;
    }
    if (!known.host || !vr_streq(known.host, name) || vr_now() > known.until) {
        struct host_name *h = vr_new(struct host_name);
        memcpy(h->name, name, sizeof(name));
        char *full = NULL;
        if (vr_worker_run(VR_POOL_CPU, NULL, "host name", resolve_host_name, h, free_host_name, vr_after(VR_SEC(5)),
                          NULL)) {
            full = vr_strdup(h->canonical);
            free_host_name(h);
        }
        free(known.host);
        free(known.full);
        known.host = vr_strdup(name);
        known.full = full ? full : vr_strdup(name);
        known.until = vr_after(VR_SEC(60));
    }
    out->hostname = vr_arena_strdup(call->arena, known.full);
    return true;
}

/* ---- close callback ---- */

/*
 * Clients ask to be told when the connection between daemon and hypervisor ends. Our drivers are in this process: theirs
 * ends with the client's own, which the client sees by itself. So there is never anything to tell.
 */
static bool close_callback(struct vr_call *call, const struct vr_void *in, struct vr_void *out, struct vr_error **err)
{
    return true;
}

#define ANY_FLAGS UINT32_MAX
const struct vr_driver_row vr_builtin_rows[] = {
    VR_ROW(connect_open, connect_open, ANY_FLAGS), /* a transport's flags: only the first bit is ours */
    VR_ROW(connect_close, connect_close, 0),
    VR_ROW(connect_get_type, connect_get_type, 0),
    VR_ROW(connect_get_uri, connect_get_uri, 0),
    VR_ROW(connect_get_lib_version, connect_get_lib_version, 0),
    VR_ROW(connect_get_hostname, connect_get_hostname, 0),
    VR_ROW(connect_is_secure, connect_is_secure, 0),
    VR_ROW(connect_supports_feature, connect_supports_feature, 0),
    VR_ROW(connect_set_identity, connect_set_identity, ANY_FLAGS),
    VR_ROW(connect_register_close_callback, close_callback, 0),
    VR_ROW(connect_unregister_close_callback, close_callback, 0),
    VR_ROW(auth_list, auth_list, 0),
    VR_ROW(auth_sasl_init, auth_sasl_init, 0),
    VR_ROW(auth_sasl_start, auth_sasl_start, 0),
    VR_ROW(auth_sasl_step, auth_sasl_step, 0),
    VR_ROW(auth_polkit, auth_polkit, 0),
    VR_ROW(connect_domain_event_register, vr_sub_domain_register, 0),
    VR_ROW(connect_domain_event_deregister, vr_sub_domain_deregister, 0),
    VR_ROW(connect_domain_event_register_any, vr_sub_domain_register_any, 0),
    VR_ROW(connect_domain_event_deregister_any, vr_sub_domain_deregister_any, 0),
    VR_ROW(connect_domain_event_callback_register_any, vr_sub_domain_callback_register_any, 0),
    VR_ROW(connect_domain_event_callback_deregister_any, vr_sub_domain_callback_deregister_any, 0),
    VR_ROW(connect_network_event_register_any, vr_sub_network_register_any, 0),
    VR_ROW(connect_network_event_deregister_any, vr_sub_network_deregister_any, 0),
    VR_ROW(connect_storage_pool_event_register_any, vr_sub_pool_register_any, 0),
    VR_ROW(connect_storage_pool_event_deregister_any, vr_sub_pool_deregister_any, 0),
    VR_ROW(connect_node_device_event_register_any, vr_sub_nodedev_register_any, 0),
    VR_ROW(connect_node_device_event_deregister_any, vr_sub_nodedev_deregister_any, 0),
    VR_ROW(connect_secret_event_register_any, vr_sub_secret_register_any, 0),
    VR_ROW(connect_secret_event_deregister_any, vr_sub_secret_deregister_any, 0),
    VR_ROW(qemu_connect_domain_monitor_event_register, vr_sub_monitor_register, ANY_FLAGS),
    VR_ROW(qemu_connect_domain_monitor_event_deregister, vr_sub_monitor_deregister, 0),
    { 0 }
};

const struct vr_api_program *const vr_server_programs[] = {
    &vr_remote_program, &vr_qemu_program, &vr_lxc_program, &vr_vireo_program, NULL,
};

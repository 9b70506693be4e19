/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_CONF
/* The keys of libvirtd.conf. */
#include "settings.h"

#include <stddef.h>
#include "base/alloc.h"
#include "base/str.h"
#include "base/uuid.h"

static const char *const auth_names[] = { "none", "sasl", "polkit", NULL };
static const char *const ip_auth_names[] = { "none", "sasl", NULL };
static const char *const none_only[] = { "none", NULL };
static const char *const access_names[] = { "none", "polkit", NULL };
static const char *const uuid_sources[] = { "smbios", "machine-id", NULL };
static const char *const no_audit_duty[] = { "0", "1", NULL };

#define KEY(key, kind, what, ...)                                                                  \
    { .name = #key, .type = VR_CONF_##kind, .effect = VR_CONF_##what, .offset = offsetof(struct vr_settings, key),    \
      ##__VA_ARGS__ }
#define COUNT_KEY(key, what, least) KEY(key, INT, what, .min = (least), .max = INT32_MAX)

const struct vr_conf_key vr_settings_keys[] = {
    KEY(listen_tls, BOOL, WORKS, .line_offset = offsetof(struct vr_settings, listen_tls_line)),
    KEY(listen_tcp, BOOL, WORKS, .line_offset = offsetof(struct vr_settings, listen_tcp_line)),
    KEY(tls_port, STRING, WITHOUT_EFFECT),
    KEY(tcp_port, STRING, WORKS),
    KEY(listen_addr, STRING, WORKS),
    KEY(unix_sock_group, STRING, WORKS),
    KEY(unix_sock_ro_perms, STRING, WORKS),
    KEY(unix_sock_rw_perms, STRING, WORKS),
    KEY(unix_sock_admin_perms, STRING, WORKS),
    KEY(unix_sock_dir, STRING, WORKS),
    KEY(auth_unix_ro, STRING, PROTECTS, .values = auth_names, .harmless = none_only),
    KEY(auth_unix_rw, STRING, PROTECTS, .values = auth_names, .harmless = none_only,
        .line_offset = offsetof(struct vr_settings, auth_unix_rw_line)),
    KEY(auth_tcp, STRING, PROTECTS, .values = ip_auth_names, .harmless = none_only),
    KEY(auth_tls, STRING, PROTECTS, .values = ip_auth_names, .harmless = none_only),
    KEY(tcp_min_ssf, INT, WITHOUT_EFFECT, .min = 56, .max = INT32_MAX),
    KEY(key_file, STRING, WITHOUT_EFFECT),
    KEY(cert_file, STRING, WITHOUT_EFFECT),
    KEY(ca_file, STRING, WITHOUT_EFFECT),
    KEY(crl_file, STRING, WITHOUT_EFFECT),
    KEY(tls_no_verify_certificate, BOOL, WITHOUT_EFFECT),
    KEY(tls_no_sanity_certificate, BOOL, WITHOUT_EFFECT),
    /* These two name who is let in: without TLS and SASL nobody is asked for a name, so they must not be believed in. */
    KEY(tls_allowed_dn_list, LIST, PROTECTS),
    KEY(tls_priority, STRING, WITHOUT_EFFECT),
    KEY(sasl_allowed_username_list, LIST, PROTECTS),
    KEY(access_drivers, LIST, PROTECTS, .values = access_names, .harmless = none_only),
    COUNT_KEY(min_workers, WITHOUT_EFFECT, 0),
    COUNT_KEY(max_workers, WITHOUT_EFFECT, 1),
    COUNT_KEY(prio_workers, WITHOUT_EFFECT, 0),
    COUNT_KEY(max_clients, WORKS, 1),
    COUNT_KEY(max_queued_clients, WORKS, 0),
    COUNT_KEY(max_anonymous_clients, WORKS, 0),
    COUNT_KEY(max_client_requests, WORKS, 1),
    COUNT_KEY(admin_min_workers, WITHOUT_EFFECT, 0),
    COUNT_KEY(admin_max_workers, WITHOUT_EFFECT, 1),
    COUNT_KEY(admin_max_clients, WORKS, 1),
    COUNT_KEY(admin_max_queued_clients, WORKS, 0),
    COUNT_KEY(admin_max_client_requests, WORKS, 1),
    KEY(log_level, INT, WORKS, .min = 0, .max = 4),
    KEY(log_filters, STRING, WORKS),
    KEY(log_outputs, STRING, WORKS),
    KEY(audit_level, INT, PROTECTS, .min = 0, .max = 2, .harmless = no_audit_duty),
    KEY(audit_logging, BOOL, WITHOUT_EFFECT),
    KEY(keepalive_interval, INT, WORKS, .min = -1, .max = 86400),
    COUNT_KEY(keepalive_count, WORKS, 0),
    KEY(keepalive_required, BOOL, OBSOLETE),
    KEY(admin_keepalive_interval, INT, WORKS, .min = -1, .max = 86400),
    COUNT_KEY(admin_keepalive_count, WORKS, 0),
    KEY(admin_keepalive_required, BOOL, OBSOLETE),
    KEY(host_uuid, STRING, WORKS, .line_offset = offsetof(struct vr_settings, host_uuid_line)),
    KEY(host_uuid_source, STRING, WORKS, .values = uuid_sources),
    COUNT_KEY(ovs_timeout, WITHOUT_EFFECT, 1),
    { 0 }
};

void vr_settings_init(struct vr_settings *s, bool privileged)
{
    *s = (struct vr_settings){
        .listen_tls = true, .max_clients = 5000, .max_queued_clients = 1000, .max_anonymous_clients = 20,
        .max_client_requests = 5, .admin_max_clients = 5000, .admin_max_queued_clients = 20,
        .admin_max_client_requests = 5, .min_workers = 5, .max_workers = 20, .prio_workers = 5,
        .admin_min_workers = 5, .admin_max_workers = 20, .log_level = 3, .keepalive_interval = 5,
        .keepalive_count = 5, .admin_keepalive_interval = 5, .admin_keepalive_count = 5, .tcp_min_ssf = 56,
        .audit_level = 1, .ovs_timeout = 5,
    };
    s->tls_port = vr_strdup("16514");
    s->tcp_port = vr_strdup("16509");
    s->unix_sock_ro_perms = vr_strdup("0777");
    s->unix_sock_rw_perms = vr_strdup("0700");
    s->unix_sock_admin_perms = vr_strdup("0700");
    s->auth_unix_ro = vr_strdup("none");
    s->auth_unix_rw = vr_strdup("none");
    s->host_uuid_source = vr_strdup("smbios");
}

void vr_settings_done(struct vr_settings *s)
{
    vr_conf_release(vr_settings_keys, s);
}

bool vr_settings_mode(const char *text, const char *key, unsigned *mode, struct vr_error **err)
{
    uint64_t value;
    if (!vr_parse_u64(text, 8, 07777, &value))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Failed to parse mode '%s' of %s"), text, key);
    *mode = (unsigned)value;
    return true;
}

static bool check_modes(const struct vr_settings *s, struct vr_error **err)
{
    unsigned mode;
    return vr_settings_mode(s->unix_sock_ro_perms, "unix_sock_ro_perms", &mode, err) &&
           vr_settings_mode(s->unix_sock_rw_perms, "unix_sock_rw_perms", &mode, err) &&
           vr_settings_mode(s->unix_sock_admin_perms, "unix_sock_admin_perms", &mode, err);
}

/* With --listen stock serves TLS unless told not to, and asks TCP clients for SASL unless told not to. */
static bool check_listen(const struct vr_settings *s, const char *path, struct vr_error **err)
{
    if (s->listen_tls)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("%s:%d: listen_tls: TLS is not built; set listen_tls = 0 to listen without it"), path,
                       s->listen_tls_line);
    if (s->listen_tcp && !s->auth_tcp)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("%s:%d: listen_tcp: clients would have to authenticate by SASL, which is not built; "
                         "set auth_tcp = \"none\" to let everybody in"), path, s->listen_tcp_line);
    return true;
}

bool vr_settings_load(struct vr_settings *s, const char *path, bool missing_ok, bool listen, struct vr_error **err)
{
    VR_AUTO(vr_conf) *conf = vr_conf_load(path, missing_ok, err);
    if (!conf || !vr_conf_apply(conf, vr_settings_keys, s, err) || !check_modes(s, err))
        return false;
    struct vr_uuid uuid;
    if (s->host_uuid && (!vr_uuid_parse(s->host_uuid, &uuid) || vr_uuid_is_zero(&uuid)))
        return vr_fail(err, VIR_ERR_CONF_SYNTAX, _("%s:%d: host_uuid: '%s' is no UUID"), conf->path, s->host_uuid_line,
                       s->host_uuid);
    return !listen || check_listen(s, conf->path, err);
}

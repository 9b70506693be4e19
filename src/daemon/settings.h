/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* libvirtd.conf as a struct. Defaults are those of a stock build without polkit, SASL and TLS. */
#include <stdbool.h>
#include <stdint.h>
#include "driver/conf.h"

struct vr_settings {
    bool listen_tls, listen_tcp;
    int listen_tls_line, listen_tcp_line;
    char *tls_port, *tcp_port, *listen_addr;
    char *unix_sock_group, *unix_sock_ro_perms, *unix_sock_rw_perms, *unix_sock_admin_perms, *unix_sock_dir;
    char *auth_unix_ro, *auth_unix_rw, *auth_tcp, *auth_tls;
    int auth_unix_rw_line; /* 0: nobody said so, it is the default */
    char **access_drivers;
    int64_t max_clients, max_queued_clients, max_anonymous_clients, max_client_requests;
    int64_t admin_max_clients, admin_max_queued_clients, admin_max_client_requests;
    int64_t min_workers, max_workers, prio_workers, admin_min_workers, admin_max_workers;
    int64_t log_level;
    char *log_filters, *log_outputs;
    int64_t keepalive_interval, keepalive_count, admin_keepalive_interval, admin_keepalive_count;
    char *host_uuid, *host_uuid_source;
    int host_uuid_line;
    /* Accepted, and of no use without what they belong to. */
    int64_t tcp_min_ssf, audit_level, ovs_timeout;
    bool audit_logging, keepalive_required, admin_keepalive_required;
    bool tls_no_verify_certificate, tls_no_sanity_certificate;
    char *key_file, *cert_file, *ca_file, *crl_file, *tls_priority;
    char **tls_allowed_dn_list, **sasl_allowed_username_list;
};

extern const struct vr_conf_key vr_settings_keys[];

void vr_settings_init(struct vr_settings *settings, bool privileged);
/**
 * vr_settings_load - read a file into settings that are initialised
 * @listen: TCP was asked for on the command line, so what it needs is checked
 *
 * Blocks in the kernel. Reports what vr_conf_apply does, and what the keys together cannot be.
 */
bool vr_settings_load(struct vr_settings *settings, const char *path, bool missing_ok, bool listen,
                      struct vr_error **err);
void vr_settings_done(struct vr_settings *settings);
/** Octal text as a mode. */
bool vr_settings_mode(const char *text, const char *key, unsigned *mode, struct vr_error **err);

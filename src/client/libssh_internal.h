/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Between libssh.c (the connection) and libssh_auth.c (who we are, who they are). */
#include <libssh/libssh.h>
#include "libssh.h"

#define VR_LIBSSH_FUNCTIONS(X) \
    X(new) X(free) X(disconnect) X(options_set) X(connect) X(get_error) X(get_fd) X(get_poll_flags) X(blocking_flush) \
    X(set_blocking) X(session_is_known_server) X(session_update_known_hosts) X(get_server_publickey)                 \
    X(get_publickey_hash) X(get_hexa) X(clean_pubkey_hash) X(string_free_char) X(key_free) X(key_type)               \
    X(key_type_to_char) X(userauth_none) X(userauth_list) X(userauth_agent) X(userauth_password)                     \
    X(userauth_publickey) X(userauth_kbdint) X(userauth_kbdint_getnprompts) X(userauth_kbdint_getprompt)             \
    X(userauth_kbdint_setanswer) X(pki_import_privkey_file) X(channel_new) X(channel_open_session)                   \
    X(channel_request_exec) X(channel_read_nonblocking) X(channel_write) X(channel_send_eof) X(channel_is_eof)       \
    X(channel_is_closed) X(channel_window_size) X(channel_free) X(channel_close) X(channel_get_exit_status)

struct vr_libssh {
#define MEMBER(name) __typeof__(ssh_##name) *name;
    VR_LIBSSH_FUNCTIONS(MEMBER)
#undef MEMBER
};
extern struct vr_libssh vr_libssh;

struct vr_libssh_who {
    const struct vr_remote_params *p;
    const char *host, *user;
    int port;
    virConnectAuthPtr auth;
};

/** The host is the one it was before, or somebody who may said that it is all right. */
bool vr_libssh_check_host(ssh_session s, const struct vr_libssh_who *who, struct vr_error **err);
/** By the ways `sshauth` names, in that order. */
bool vr_libssh_login(struct vr_arena *arena, ssh_session s, const struct vr_libssh_who *who, struct vr_error **err);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ssh.h"

#include "base/buf.h"
#include "base/str.h"

const char *const vr_ssh_environment[] = { "KRB5CCNAME", "SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE",
                                           "OPENSSL_CONF", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", NULL };

/* One word for a POSIX shell, always quoted: what is in it comes from a URI. */
static void quoted(struct vr_buf *b, const char *word)
{
    vr_buf_char(b, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            vr_buf_str(b, "'\\''");
        else
            vr_buf_char(b, *word);
    }
    vr_buf_char(b, '\'');
}

/* Some netcats need -q0 to end with their input; those say that -q wants an argument. */
static void netcat(struct vr_buf *b, const char *program, const char *socket_path)
{
    vr_buf_str(b, "n=");
    quoted(b, program);
    vr_buf_str(b, "; q=; \"$n\" -q 2>&1 </dev/null | grep -q 'requires an argument' && q=-q0; exec \"$n\" $q -U ");
    quoted(b, socket_path);
}

static void helper(struct vr_buf *b, const char *server_uri, bool readonly)
{
    vr_buf_printf(b, "exec virt-ssh-helper %s", readonly ? "-r " : "");
    quoted(b, server_uri);
}

const char *vr_ssh_remote_command(struct vr_arena *arena, const struct vr_remote_params *p, const char *server_uri,
                                  const char *socket_path, bool readonly)
{
    vr_autobuf struct vr_buf script = VR_BUF_INIT;
    vr_autobuf struct vr_buf whole = VR_BUF_INIT;
    const char *nc = p->netcat ? p->netcat : "nc";
    if (p->proxy == VR_PROXY_NATIVE) {
        helper(&script, server_uri, readonly);
    } else if (p->proxy == VR_PROXY_NETCAT) {
        netcat(&script, nc, socket_path);
    } else {
        vr_buf_str(&script, "command -v virt-ssh-helper >/dev/null 2>&1 && ");
        helper(&script, server_uri, readonly);
        vr_buf_str(&script, "; ");
        netcat(&script, nc, socket_path);
    }
    /* The login shell there may be any: it only has to start a POSIX one. */
    vr_buf_str(&whole, "sh -c ");
    quoted(&whole, script.data);
    return vr_arena_strdup(arena, whole.data);
}

const char *const *vr_ssh_argv(struct vr_arena *arena, const struct vr_remote_params *p, const struct vr_uri *uri,
                               const char *remote_command)
{
    const char **argv = vr_arena_alloc(arena, 24 * sizeof(*argv));
    size_t n = 0;
    argv[n++] = p->command ? p->command : "ssh";
    if (uri->port) {
        argv[n++] = "-p";
        argv[n++] = vr_arena_printf(arena, "%d", uri->port);
    }
    if (uri->user) {
        argv[n++] = "-l";
        argv[n++] = uri->user;
    }
    if (p->keyfile) {
        argv[n++] = "-i";
        argv[n++] = p->keyfile;
    }
    argv[n++] = "-T";
    argv[n++] = "-e";
    argv[n++] = "none";
    if (p->no_tty) {
        argv[n++] = "-o";
        argv[n++] = "BatchMode=yes";
    }
    if (p->no_verify) {
        argv[n++] = "-o";
        argv[n++] = "StrictHostKeyChecking=no";
    }
    argv[n++] = "--";
    argv[n++] = uri->host ? uri->host : "localhost";
    argv[n++] = remote_command;
    return argv;
}

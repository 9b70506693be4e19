/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs an emulator that has no machine and asks it what it can do. Blocking, for a worker thread. The emulator is a
 * stranger's program: its output is bounded, it has a deadline, and it is always reaped.
 */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "qemu/caps/probe.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"

#define MAX_REPLY (16 * 1024 * 1024)
#define MAX_STDERR 16384

struct probe {
    const char *path;
    pid_t pid;
    int qmp, log;
    vr_time deadline;
    struct vr_buf in, errors;
    unsigned next_id;
};

static void read_log(struct probe *p)
{
    char chunk[4096];
    ssize_t n;
    while ((n = read(p->log, chunk, sizeof(chunk))) > 0)
        if (p->errors.len < MAX_STDERR)
            vr_buf_add(&p->errors, chunk, n);
}

static bool probe_failed(struct probe *p, struct vr_error **err, const char *what)
{
    read_log(p);
    const char *text = p->errors.data ? p->errors.data : "";
    while (p->errors.len && p->errors.data[p->errors.len - 1] == '\n')
        p->errors.data[--p->errors.len] = '\0';
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Failed to probe QEMU binary with QMP: %s"), *text ? text : what);
}

/* One line of QMP; NULL and an error when the emulator dies, floods or stays silent. */
static struct vr_json *read_line(struct probe *p, struct vr_error **err)
{
    for (;;) {
        char *end = p->in.len ? memchr(p->in.data, '\n', p->in.len) : NULL;
        if (end) {
            size_t len = end - p->in.data;
            struct vr_json *v = vr_json_parse(p->in.data, len, err);
            vr_buf_consume(&p->in, len + 1);
            return v;
        }
        if (p->in.len > MAX_REPLY)
            return probe_failed(p, err, "the reply is too long"), NULL;
        vr_time left = p->deadline - vr_now();
        if (left <= 0)
            return vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, _("'%s' did not answer while its capabilities were probed"),
                           p->path), NULL;
        struct pollfd fds[2] = { { .fd = p->qmp, .events = POLLIN }, { .fd = p->log, .events = POLLIN } };
        int ready = poll(fds, 2, left / 1000000 + 1 > 1000 ? 1000 : (int)(left / 1000000) + 1);
        if (ready < 0 && errno != EINTR)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot wait for '%s'"), p->path), NULL;
        if (ready <= 0)
            continue;
        if (fds[1].revents)
            read_log(p);
        if (!fds[0].revents)
            continue;
        void *room = vr_buf_room(&p->in, 65536);
        ssize_t n = recv(p->qmp, room, 65536, MSG_DONTWAIT);
        if (n > 0)
            vr_buf_added(&p->in, n);
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return probe_failed(p, err, "the emulator ended"), NULL;
    }
}

static bool send_all(struct probe *p, const char *text, struct vr_error **err)
{
    size_t len = strlen(text);
    while (len) {
        ssize_t n = send(p->qmp, text, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return probe_failed(p, err, "the emulator ended");
        text += n;
        len -= n;
    }
    return true;
}

/* Asks; *out receives the "return" value, or NULL when QEMU answered with an error (a question it does not know). */
static bool ask(struct probe *p, const char *command, struct vr_json *arguments, struct vr_json **out,
                struct vr_error **err)
{
    unsigned id = ++p->next_id;
    VR_AUTO(vr_json) *request = vr_json_object();
    vr_json_add_str(request, "execute", command);
    if (arguments)
        vr_json_add(request, "arguments", arguments);
    vr_json_add_uint(request, "id", id);
    vr_autofree char *text = vr_json_print(request);
    if (!send_all(p, text, err) || !send_all(p, "\n", err))
        return false;
    *out = NULL;
    for (;;) {
        VR_AUTO(vr_json) *reply = read_line(p, err);
        uint64_t got = 0;
        if (!reply)
            return vr_error_prefix(err, "%s: ", command);
        if (!vr_json_get_uint(reply, "id", &got) || got != id)
            continue; /* the greeting, or an event */
        struct vr_json *value = vr_json_get(reply, "return");
        if (value)
            *out = vr_json_ref(value);
        return true;
    }
}

static int spawn_plain(struct probe *p, const struct vr_probe_program *what)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, what->log_fd, 2);
    posix_spawn_file_actions_adddup2(&actions, what->qmp_fd, 3); /* when it is 3 this clears close-on-exec */
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    int rc = posix_spawn(&p->pid, p->path, &actions, &attr, what->argv, what->env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    if (rc != 0)
        p->pid = -1;
    return rc;
}

static bool start(struct probe *p, const char *accel, struct vr_error **err)
{
    int pair[2], logs[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", _("cannot make a socket pair"));
    if (pipe2(logs, O_CLOEXEC | O_NONBLOCK) < 0) {
        int saved = errno;
        close(pair[0]);
        close(pair[1]);
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, saved, "%s", _("cannot make a pipe"));
    }
    vr_autofree char *machine = vr_printf("none,accel=%s", accel);
    char *argv[] = { (char *)p->path, "-S", "-no-user-config", "-nodefaults", "-nographic", "-machine", machine,
                     "-chardev", "socket,id=probe,fd=3,server=off", "-mon", "chardev=probe,mode=control", NULL };
    char *env[] = { "LC_ALL=C", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "HOME=/", NULL };
    const struct vr_probe_program what = { argv, env, pair[1], logs[1] };
    int rc = 0;
    bool ok = vr_probe_has_user() ? vr_probe_start_as_user(&what, &p->pid, p->deadline, err)
                                  : (rc = spawn_plain(p, &what)) == 0;
    close(pair[1]);
    close(logs[1]);
    p->qmp = pair[0];
    p->log = logs[0];
    if (rc != 0)
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, rc, _("Cannot check QEMU binary %s"), p->path);
    return ok;
}

static void finish(struct probe *p)
{
    if (p->pid > 0) {
        kill(p->pid, SIGKILL);
        while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (p->qmp >= 0)
        close(p->qmp);
    if (p->log >= 0)
        close(p->log);
    vr_buf_done(&p->in);
    vr_buf_done(&p->errors);
}

static const char *const questions[] = {
    "query-version", "query-target", "query-kvm", "query-commands", "query-machines", "query-cpu-definitions",
    "query-tpm-models", "query-tpm-types", "query-command-line-options", "query-migrate-capabilities",
    "qom-list-types", NULL,
};

/* Everything one run is asked; both objects are filled. */
static bool converse(struct probe *p, bool kvm, struct vr_json *replies, struct vr_json *properties,
                     struct vr_error **err)
{
    struct vr_json *value = NULL;
    if (!ask(p, "qmp_capabilities", NULL, &value, err))
        return false;
    vr_json_free(value);
    for (size_t i = 0; questions[i]; i++) {
        if (!ask(p, questions[i], NULL, &value, err))
            return false;
        if (value)
            vr_json_add(replies, questions[i], value);
    }
    struct vr_json *model = vr_json_object();
    vr_json_add_str(model, "name", kvm ? "host" : "max");
    if (kvm) /* everything the host has; what must not migrate is taken out where it matters */
        vr_json_add(model, "props", vr_json_add_bool(vr_json_object(), "migratable", false));
    struct vr_json *arguments = vr_json_object();
    vr_json_add_str(arguments, "type", "full");
    vr_json_add(arguments, "model", model);
    if (!ask(p, "query-cpu-model-expansion", arguments, &value, err))
        return false;
    if (value)
        vr_json_add(replies, "query-cpu-model-expansion", value);
    for (size_t i = 0; i < VR_QEMU_FEATURE_COUNT; i++) {
        const struct vr_qemu_feature_row *row = &vr_qemu_feature_rows[i];
        if (row->how != VR_QEMU_BY_PROPERTY || vr_json_get(properties, row->object))
            continue;
        if (!ask(p, "device-list-properties", vr_json_add_str(vr_json_object(), "typename", row->object), &value, err))
            return false;
        vr_json_add(properties, row->object, value ? value : vr_json_array());
    }
    return true;
}

static bool run(const char *path, const char *accel, bool *kvm_on, struct vr_json *replies, struct vr_json *properties,
                vr_time deadline, struct vr_error **err)
{
    struct probe p = { .path = path, .pid = -1, .qmp = -1, .log = -1, .deadline = deadline };
    bool ok = start(&p, accel, err) && converse(&p, vr_starts_with(accel, "kvm"), replies, properties, err);
    finish(&p);
    if (ok && kvm_on) {
        *kvm_on = false;
        vr_json_get_bool(vr_json_get_object(replies, "query-kvm"), "enabled", kvm_on);
    }
    return ok;
}

struct vr_json *vr_qemu_caps_probe(const char *path, vr_time deadline, struct vr_error **err)
{
    VR_AUTO(vr_json) *tcg_replies = vr_json_object();
    VR_AUTO(vr_json) *tcg_properties = vr_json_object();
    VR_AUTO(vr_json) *kvm_replies = vr_json_object();
    VR_AUTO(vr_json) *kvm_properties = vr_json_object();
    struct vr_qemu_replies tcg = { tcg_replies, tcg_properties }, kvm = { kvm_replies, kvm_properties };
    bool kvm_on = false;
    if (!run(path, "tcg", NULL, tcg_replies, tcg_properties, deadline, err))
        return NULL;
    /* Without a usable /dev/kvm the second run would only fail. */
    if (access("/dev/kvm", R_OK | W_OK) == 0) {
        VR_AUTO(vr_error) *ignored = NULL; /* KVM may be there and refuse: then the guest types are TCG's only */
        if (!run(path, "kvm", &kvm_on, kvm_replies, kvm_properties, deadline, &ignored))
            kvm_on = false;
    }
    return vr_qemu_caps_reduce(&tcg, kvm_on ? &kvm : NULL, err);
}

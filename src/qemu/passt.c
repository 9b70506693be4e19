/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.passt"
/*
 * passt: user mode networking by a process of its own, which QEMU talks to over a socket. It goes into the background once
 * it listens, and ends with its guest (--one-off), whether or not a daemon is there to see it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "conf.h"
#include "deadlines.h"
#include "domain.h"
#include "driver.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "nets.h"

#define MAX_ARGS 512
#define NAME_SHOWN 20 /* of the guest's name: sockets have short paths */

struct args {
    struct vr_arena *arena;
    const char *v[MAX_ARGS];
    size_t n;
};

static void add(struct args *a, const char *text)
{
    if (a->n + 1 < MAX_ARGS)
        a->v[a->n++] = text;
}

static void add_two(struct args *a, const char *option, const char *value)
{
    add(a, option);
    add(a, value);
}

static char *file_of(int id, const char *name, const char *alias, const char *suffix)
{
    vr_autofree char *dir = vr_printf("%s/passt", vr_qemu.state_dir);
    return vr_printf("%s/%d-%.*s-%s%s", dir, id, NAME_SHOWN, name, alias, suffix);
}

char *vr_passt_socket(int id, const char *name, const char *alias)
{
    return file_of(id, name, alias, ".socket");
}

/* "ADDRESS%DEV/22:2022,1000-1050,~1020" */
static char *ports_of(const struct vr_port_forward *f)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    if (f->address)
        vr_buf_str(&b, f->address);
    if (f->dev)
        vr_buf_printf(&b, "%%%s", f->dev);
    if (f->address || f->dev)
        vr_buf_char(&b, f->ranges.n ? '/' : 0);
    if (!f->ranges.n && b.len)
        b.len = strlen(b.data);
    for (size_t i = 0; i < f->ranges.n; i++) {
        const struct vr_port_forward_range *r = f->ranges.v[i];
        vr_buf_printf(&b, "%s%s%u", i ? "," : "", r->exclude == VR_TRI_YES ? "~" : "", r->start);
        if (r->end)
            vr_buf_printf(&b, "-%u", r->end);
        if (!r->to)
            continue;
        vr_buf_printf(&b, ":%u", r->to);
        if (r->end)
            vr_buf_printf(&b, "-%u", r->to + r->end - r->start);
    }
    if (!b.len)
        vr_buf_str(&b, "all");
    return vr_buf_take(&b);
}

static void add_forwards(struct args *a, const struct vr_interface *net)
{
    for (size_t i = 0; i < net->port_forwards.n; i++) {
        const struct vr_port_forward *f = net->port_forwards.v[i];
        vr_autofree char *ports = ports_of(f);
        add_two(a, vr_streq0(f->proto, "udp") ? "--udp-ports" : "--tcp-ports", vr_arena_strdup(a->arena, ports));
    }
}

static void add_addresses(struct args *a, const struct vr_interface *net)
{
    for (size_t i = 0; i < net->guest_ips.n; i++) {
        const struct vr_net_ip *ip = net->guest_ips.v[i];
        add_two(a, "--address", ip->address);
        if (ip->prefix.set && !strchr(ip->address, ':'))
            add_two(a, "--netmask", vr_arena_printf(a->arena, "%u", ip->prefix.v));
    }
}

struct dir_task {
    char *path;
    uid_t uid;
    gid_t gid;
    bool owned;
    int e;
};

static void dir_task_free(void *arg)
{
    struct dir_task *t = arg;
    free(t->path);
    free(t);
}

static void make_dir(void *arg)
{
    struct dir_task *t = arg;
    t->e = mkdir(t->path, 0750) < 0 && errno != EEXIST ? errno : 0;
    vr_autoclose int fd = open(t->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (!t->e && (fd < 0 || (t->owned && fchown(fd, t->uid, t->gid) < 0)))
        t->e = errno;
}

VR_SUSPENDS static bool prepare_dir(struct vr_error **err)
{
    struct dir_task *t = vr_new(struct dir_task);
    t->path = vr_printf("%s/passt", vr_qemu.state_dir);
    t->uid = vr_qemu.conf->uid;
    t->gid = vr_qemu.conf->gid;
    t->owned = vr_qemu.privileged;
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "passt directory", make_dir, t, dir_task_free, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    bool ok = !t->e || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, t->e, _("cannot create directory %s"), t->path);
    dir_task_free(t);
    return ok;
}

static void fill(struct args *a, const struct vr_domain_def *def, const char *name, const struct vr_interface *net)
{
    vr_autofree char *socket = vr_passt_socket(def->id, name, net->info.alias);
    vr_autofree char *pid = file_of(def->id, name, net->info.alias, "-passt.pid");
    add(a, "--one-off");
    add_two(a, "--socket", vr_arena_strdup(a->arena, socket));
    /* No --mac-addr: that is the address of passt's own end, and must not be the guest's. */
    add_two(a, "--pid", vr_arena_strdup(a->arena, pid));
    if (net->mtu)
        add_two(a, "--mtu", vr_arena_printf(a->arena, "%u", net->mtu));
    if (net->dev)
        add_two(a, "--interface", net->dev);
    if (net->logfile)
        add_two(a, "--log-file", net->logfile);
    if (vr_qemu.privileged)
        add_two(a, "--runas", vr_arena_printf(a->arena, "%u:%u", (unsigned)vr_qemu.conf->uid, (unsigned)vr_qemu.conf->gid));
    add_addresses(a, net);
    add_forwards(a, net);
}

VR_SUSPENDS bool vr_passt_start(const struct vr_domain *dom, const struct vr_domain_def *def, struct vr_interface *net,
                                struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct args a = { .arena = arena };
    add(&a, "/usr/bin/passt");
    if (access(a.v[0], X_OK) != 0)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("an interface with <backend type='passt'/> needs the program passt, which is not installed "
                         "(package passt)"));
    if (!prepare_dir(err))
        return false;
    fill(&a, def, dom->name, net);
    vr_autofree char *socket = vr_passt_socket(def->id, dom->name, net->info.alias);
    net->passt_socket = vr_arena_strdup(net->arena, socket);
    const struct vr_child child = { .argv = a.v, .deadline = vr_after(VR_SPAN_LAUNCH) };
    vr_autochild struct vr_child_result result = { 0 };
    vr_passt_stop(def->id, dom->name, net->info.alias); /* files of an earlier one of that name */
    VR_AUTO(vr_error) *cause = NULL;
    return vr_child_run_ok(&child, &result, &cause) ||
           vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Could not start 'passt': %s"), vr_error_text(cause));
}

/* Only a process that still is a passt of this socket is ended. */
static bool is_passt(pid_t pid, const char *socket)
{
    vr_autofree char *path = vr_printf("/proc/%d/cmdline", (int)pid);
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[4096];
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));
    return n > 0 && memmem(text, (size_t)n, "passt", 5) && memmem(text, (size_t)n, socket, strlen(socket));
}

struct stop_task {
    char *socket, *pid_file;
};

static void stop_task_free(void *arg)
{
    struct stop_task *t = arg;
    free(t->socket);
    free(t->pid_file);
    free(t);
}

static void stop_task(void *arg)
{
    struct stop_task *t = arg;
    char text[32];
    uint64_t pid = 0;
    vr_autoclose int fd = open(t->pid_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n > 0) {
        text[n] = '\0';
        text[strcspn(text, "\n ")] = '\0';
        if (vr_parse_u64(text, 10, INT32_MAX, &pid) && pid > 1 && is_passt((pid_t)pid, t->socket))
            kill((pid_t)pid, SIGTERM);
    }
    unlink(t->pid_file);
    unlink(t->socket);
}

VR_SUSPENDS void vr_passt_stop(int id, const char *name, const char *alias)
{
    struct stop_task *t = vr_new(struct stop_task);
    t->socket = vr_passt_socket(id, name, alias);
    t->pid_file = file_of(id, name, alias, "-passt.pid");
    if (vr_worker_run(VR_POOL_LAUNCH, NULL, "end passt", stop_task, t, stop_task_free, vr_after(VR_SPAN_CLEANUP), NULL))
        stop_task_free(t);
}

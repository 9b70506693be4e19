/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.helper"
#include "helpers.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "conf.h"
#include "deadlines.h"
#include "domain.h"
#include "driver.h"
#include "helper.h"
#include "process.h"
#include "qemu/command/command.h"
#include "tpm.h"
#include "unixsock.h"

#define SMALL_MAX 64 /* TPMs, folders and busses of one guest */

struct vr_helpers {
    struct vr_helper *v[SMALL_MAX];
    size_t n;
};

static bool keep(struct vr_helpers *all, struct vr_helper *one)
{
    if (one)
        all->v[all->n++] = one;
    return one != NULL;
}

static bool room(const struct vr_helpers *all, struct vr_error **err)
{
    return all->n < SMALL_MAX ||
           vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("a guest cannot have more than %d helper programs"), SMALL_MAX);
}

/* "/run/libvirt/qemu/1-NAME-fs0-fs.pid" */
static char *run_file(struct vr_domain *dom, const char *sub, const char *suffix)
{
    vr_autofree char *name = vr_qemu_short_name(dom->live);
    return vr_printf("%s/%s%s-%s", vr_qemu.state_dir, sub, name, suffix);
}

/* ---- shared folders ----------------------------------------------------------------------------------------------- */

struct binary_search {
    char *binary;
};

static void binary_free(void *arg)
{
    struct binary_search *s = arg;
    free(s->binary);
    free(s);
}

static void binary_task(void *arg)
{
    ((struct binary_search *)arg)->binary = vr_helper_described("fs");
}

VR_SUSPENDS static bool find_binary(struct vr_domain_def *def, struct vr_filesystem *fs, struct vr_error **err)
{
    if (fs->binary)
        return true;
    struct binary_search *s = vr_new(struct binary_search);
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "find virtiofsd", binary_task, s, binary_free, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    fs->binary = vr_arena_strdup(def->arena, s->binary);
    binary_free(s);
    return fs->binary || vr_fail(err, VIR_ERR_OPERATION_FAILED, "%s", _("Unable to find a satisfying virtiofsd"));
}

static void add_option(struct vr_buf *b, const char *name, enum vr_tri v)
{
    if (v)
        vr_buf_printf(b, ",%s%s", v == VR_TRI_ON ? "" : "no_", name);
}

static void folder_options(struct vr_buf *b, const struct vr_filesystem *fs)
{
    vr_buf_str(b, "source=");
    for (const char *c = fs->source_dir; *c; c++) {
        if (*c == ',')
            vr_buf_char(b, ',');
        vr_buf_char(b, *c);
    }
    if (fs->cache_mode)
        vr_buf_printf(b, ",cache=%s", fs->cache_mode);
    if (fs->sandbox)
        vr_buf_printf(b, ",sandbox=%s", fs->sandbox);
    add_option(b, "xattr", fs->xattr);
    add_option(b, "flock", fs->flock);
    add_option(b, "posix_lock", fs->posix_lock);
}

static bool is_served(const struct vr_filesystem *fs)
{
    return fs->driver == VR_FS_DRIVER_VIRTIOFS && !fs->source_socket;
}

VR_SUSPENDS static bool start_folder(struct vr_domain *dom, struct vr_helpers *all, struct vr_filesystem *fs,
                                     struct vr_error **err)
{
    struct vr_guest_run *run = dom->run;
    if (!room(all, err) || !find_binary(dom->live, fs, err))
        return false;
    if (access(fs->source_dir, F_OK) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("the virtiofs export directory '%s' does not exist"),
                             fs->source_dir);
    vr_autofree char *suffix = vr_printf("%s-fs.pid", fs->info.alias);
    vr_autofree char *pid = run_file(dom, "", suffix);
    vr_autofree char *log = vr_printf("%s/%s-%s-virtiofsd.log", vr_qemu.log_dir, dom->name, fs->info.alias);
    vr_autofree char *socket = vr_printf("%s/%s-fs.sock", run->lib_dir, fs->info.alias);
    vr_autoclose int fd = vr_helper_listen(socket, 0775, vr_qemu.privileged, run->uid, run->gid, err);
    if (fd < 0)
        return false;
    vr_autobuf struct vr_buf options = VR_BUF_INIT;
    folder_options(&options, fs);
    char threads[40] = "";
    if (fs->thread_pool_size.set)
        snprintf(threads, sizeof(threads), "--thread-pool-size=%u", fs->thread_pool_size.v);
    char *const argv[] = { (char *)(uintptr_t)fs->binary, (char[]){ "--fd=3" }, (char[]){ "-o" }, options.data,
                           *threads ? threads : NULL, NULL };
    const struct vr_launch_fd passed = { fd, 3 };
    const struct vr_helper_spec spec = { .run = dom->run, .what = "virtiofsd", .token = options.data, .guest_log = run->log_path,
                                         .log_path = log, .pid_path = pid, .argv = argv, .fds = &passed, .fd_count = 1 };
    return keep(all, vr_helper_start(&spec, err));
}

/* ---- SCSI reservations -------------------------------------------------------------------------------------------- */

#define PR_HELPER "/usr/bin/qemu-pr-helper"

/* It makes its socket by itself and tells nobody when: connecting tells. */
VR_SUSPENDS static bool wait_listening(const char *path, struct vr_error **err)
{
    vr_time end = vr_after(VR_SEC(10)), pause = VR_MS(1);
    for (;;) {
        int fd = vr_unix_connect(path, NULL);
        if (fd >= 0) {
            close(fd);
            return true;
        }
        if (vr_now() > end)
            return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("the SCSI reservation helper does not listen at '%s'"), path);
        if (!vr_sleep_until(vr_after(pause), err))
            return false;
        pause = pause < VR_MS(50) ? pause * 2 : pause;
    }
}

static const char *pr_program(void)
{
    return vr_qemu.conf->pr_helper ? vr_qemu.conf->pr_helper : PR_HELPER;
}

VR_SUSPENDS static bool start_reservations(struct vr_domain *dom, struct vr_helpers *all, struct vr_error **err)
{
    struct vr_guest_run *run = dom->run;
    if (!vr_qemu_needs_pr_helper(dom->live))
        return true;
    if (!room(all, err))
        return false;
    if (access(pr_program(), X_OK) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("'%s' is not a suitable pr helper"), pr_program());
    vr_autofree char *pid = vr_printf("%s/pr-helper0.pid", run->lib_dir);
    vr_autofree char *socket = vr_printf("%s/pr-helper0.sock", run->lib_dir);
    char *const argv[] = { (char *)(uintptr_t)pr_program(), (char[]){ "-k" }, socket, NULL };
    const struct vr_helper_spec spec = { .run = dom->run, .what = "qemu-pr-helper", .token = socket, .guest_log = run->log_path,
                                         .pid_path = pid, .argv = argv };
    if (!keep(all, vr_helper_start(&spec, err)) || !wait_listening(socket, err))
        return false;
    return !vr_qemu.privileged || vr_unix_give(socket, run->uid, run->gid, err);
}

/* ---- a bus of the guest's own ------------------------------------------------------------------------------------- */

#define DBUS_DAEMON "/usr/bin/dbus-daemon"

static const char *bus_program(void)
{
    return vr_qemu.conf->dbus_daemon ? vr_qemu.conf->dbus_daemon : DBUS_DAEMON;
}

static bool wants_bus(const struct vr_graphics *g)
{
    return g->type == VR_GRAPHICS_DBUS && g->p2p != VR_TRI_YES && !g->dbus_address;
}

/* Only who may become QEMU's user, or is root, gets on. */
static char *bus_config(const char *socket)
{
    return vr_printf("<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN'\n"
                     "  'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>\n"
                     "<busconfig>\n  <type>org.libvirt.qemu</type>\n  <listen>unix:path=%s</listen>\n"
                     "  <auth>EXTERNAL</auth>\n  <policy context='default'>\n    <allow send_destination='*'/>\n"
                     "    <allow receive_sender='*'/>\n    <allow own='*'/>\n  </policy>\n</busconfig>\n", socket);
}

VR_SUSPENDS static bool start_bus(struct vr_domain *dom, struct vr_helpers *all, struct vr_graphics *g, struct vr_error **err)
{
    struct vr_guest_run *run = dom->run;
    if (!room(all, err))
        return false;
    if (access(bus_program(), X_OK) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("'%s' is not a suitable dbus-daemon"), bus_program());
    vr_autofree char *dir = vr_printf("%s/dbus", vr_qemu.state_dir);
    vr_autofree char *socket = run_file(dom, "dbus/", "dbus.sock"), *config = run_file(dom, "dbus/", "dbus.conf");
    vr_autofree char *pid = run_file(dom, "dbus/", "dbus.pid");
    const struct vr_helper_dir dirs[] = { { dir, 0770, vr_qemu.privileged, run->uid, run->gid } };
    vr_autofree char *text = bus_config(socket);
    vr_autofree char *option = vr_printf("--config-file=%s", config);
    if (!vr_helper_dirs(dirs, 1, NULL, err) || !vr_helper_write(config, text, 0644, err))
        return false;
    char *const argv[] = { (char *)(uintptr_t)bus_program(), option, (char[]){ "--nofork" }, (char[]){ "--nopidfile" }, NULL };
    const struct vr_helper_spec spec = { .run = dom->run, .what = "dbus-daemon", .token = config, .guest_log = dom->run->log_path,
                                         .pid_path = pid, .argv = argv, .set_ids = vr_qemu.privileged, .uid = run->uid,
                                         .gid = run->gid };
    if (!keep(all, vr_helper_start(&spec, err)) || !wait_listening(socket, err))
        return false;
    g->dbus_address = vr_arena_printf(dom->live->arena, "unix:path=%s", vr_path_shown(socket));
    return true;
}

/* ---- all of them -------------------------------------------------------------------------------------------------- */

VR_SUSPENDS bool vr_helpers_start(struct vr_domain *dom, struct vr_helpers **out, struct vr_error **err)
{
    struct vr_helpers *all = *out = vr_new(struct vr_helpers);
    struct vr_domain_def *def = dom->live;
    for (size_t i = 0; i < def->tpms.n; i++)
        if (def->tpms.v[i]->backend == VR_TPM_BACKEND_EMULATOR &&
            (!room(all, err) || !keep(all, vr_tpm_start(dom, def->tpms.v[i], err))))
            return false;
    for (size_t i = 0; i < def->filesystems.n; i++)
        if (is_served(def->filesystems.v[i]) && !start_folder(dom, all, def->filesystems.v[i], err))
            return false;
    for (size_t i = 0; i < def->graphics.n; i++)
        if (wants_bus(def->graphics.v[i]) && !start_bus(dom, all, def->graphics.v[i], err))
            return false;
    return start_reservations(dom, all, err);
}

VR_SUSPENDS struct vr_helpers *vr_helpers_find(struct vr_domain *dom)
{
    struct vr_helpers *all = vr_new(struct vr_helpers);
    const struct vr_domain_def *def = dom->live;
    for (size_t i = 0; i < def->tpms.n && all->n < SMALL_MAX; i++)
        if (def->tpms.v[i]->backend == VR_TPM_BACKEND_EMULATOR)
            keep(all, vr_tpm_find(dom));
    for (size_t i = 0; i < def->filesystems.n && all->n < SMALL_MAX; i++) {
        const struct vr_filesystem *fs = def->filesystems.v[i];
        if (!is_served(fs) || !fs->binary || !fs->source_dir || !fs->info.alias)
            continue;
        vr_autofree char *suffix = vr_printf("%s-fs.pid", fs->info.alias);
        vr_autofree char *pid = run_file(dom, "", suffix);
        vr_autobuf struct vr_buf options = VR_BUF_INIT;
        folder_options(&options, fs);
        keep(all, vr_helper_find(dom->run, "virtiofsd", options.data, fs->binary, pid));
    }
    if (vr_qemu_needs_pr_helper(def) && all->n < SMALL_MAX) {
        vr_autofree char *pid = vr_printf("%s/pr-helper0.pid", dom->run->lib_dir);
        vr_autofree char *socket = vr_printf("%s/pr-helper0.sock", dom->run->lib_dir);
        keep(all, vr_helper_find(dom->run, "qemu-pr-helper", socket, pr_program(), pid));
    }
    vr_autofree char *config = run_file(dom, "dbus/", "dbus.conf"), *pid = run_file(dom, "dbus/", "dbus.pid");
    for (size_t i = 0; i < def->graphics.n && all->n < SMALL_MAX; i++)
        if (def->graphics.v[i]->type == VR_GRAPHICS_DBUS && keep(all, vr_helper_find(dom->run, "dbus-daemon", config, bus_program(), pid)))
            break;
    return all;
}

VR_SUSPENDS void vr_helpers_stop(struct vr_domain *dom, struct vr_helpers *all)
{
    if (!all)
        return;
    for (size_t i = 0; i < all->n; i++)
        vr_helper_stop(all->v[i]);
    const struct vr_domain_def *def = dom->live;
    for (size_t i = 0; i < def->tpms.n; i++)
        if (def->tpms.v[i]->backend == VR_TPM_BACKEND_EMULATOR)
            vr_tpm_stopped(dom, def->tpms.v[i]);
    for (size_t i = 0; i < def->graphics.n; i++)
        if (def->graphics.v[i]->type == VR_GRAPHICS_DBUS && def->graphics.v[i]->p2p != VR_TRI_YES) {
            vr_autofree char *config = run_file(dom, "dbus/", "dbus.conf"), *socket = run_file(dom, "dbus/", "dbus.sock");
            vr_helper_remove(config);
            vr_helper_remove(socket);
            break;
        }
    free(all);
}

void vr_helpers_forget(struct vr_helpers *all)
{
    for (size_t i = 0; all && i < all->n; i++)
        vr_helper_forget(all->v[i]);
    free(all);
}

VR_SUSPENDS void vr_helpers_explain(struct vr_helpers *all, struct vr_error **err)
{
    for (size_t i = 0; all && i < all->n; i++) {
        vr_autofree char *text = vr_helper_obituary(all->v[i]);
        if (text)
            vr_error_suffix(err, "; %s", text);
    }
}

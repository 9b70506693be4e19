/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.dhcpd"
#include "dhcpd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/str.h"
#include "dnsmasq.h"
#include "driver.h"
#include "files.h"
#include "loop/child.h"
#include "net.h"

/* One that ends by itself is started again, at once the first time, later and later when it keeps ending. */
#define STEADY VR_SEC(60)       /* one that lived so long begins anew */
#define PAUSE_FIRST VR_MS(500)
#define PAUSE_MAX VR_SEC(60)
#define TERM_WAIT VR_SEC(5)
#define CMDLINE_MAX 8192
#define NO_RESOURCE 5           /* dnsmasq's exit status for it */

struct vr_dhcpd {
    struct vr_net *net;         /* whose; not a reference: the network owns this */
    pid_t pid;
    int pidfd;
    struct vr_watch *watch;
    vr_time started;
    unsigned deaths;            /* in a row */
};

/* ---- paths -------------------------------------------------------------------------------------------------------- */

static char *file_of(const struct vr_net *net, const char *suffix)
{
    return vr_printf("%s/%s.%s", vr_networks.dnsmasq_dir, net->name, suffix);
}
static char *pid_path(const struct vr_net *net)
{
    return vr_printf("%s/%s.pid", vr_networks.state_dir, net->name);
}

/* A path as a value in dnsmasq's configuration: there, quotes, backslashes and " #" have a meaning. */
static char *conf_value(const char *path)
{
    if (!strpbrk(path, "\"\\# \t"))
        return vr_strdup(path);
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    vr_buf_char(&b, '"');
    for (const char *c = path; *c; c++) {
        if (*c == '"' || *c == '\\')
            vr_buf_char(&b, '\\');
        vr_buf_char(&b, *c);
    }
    vr_buf_char(&b, '"');
    return vr_buf_take(&b);
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

VR_SUSPENDS static bool write_files(const struct vr_net *net, struct vr_error **err)
{
    vr_autofree char *hosts = file_of(net, "hostsfile"), *addn = file_of(net, "addnhosts"), *pid = pid_path(net);
    vr_autofree char *hosts_value = conf_value(hosts), *addn_value = conf_value(addn), *pid_value = conf_value(pid);
    const struct vr_dnsmasq_paths paths = { .pid_file = pid_value, .hosts_file = hosts_value, .addn_hosts = addn_value };
    VR_AUTO_DNSMASQ_FILES files = { 0 };
    if (!vr_dnsmasq_write(net->live, &paths, &files, err))
        return false;
    struct vr_net_files *t = vr_new(struct vr_net_files);
    vr_net_files_add(t, file_of(net, "conf"), vr_take(files.conf), 0600);
    /* read again by dnsmasq after it became nobody */
    vr_net_files_add(t, vr_take(hosts), vr_take(files.hosts), 0644);
    vr_net_files_add(t, vr_take(addn), vr_take(files.addn_hosts), 0644);
    return vr_net_files_run(t, err);
}

VR_SUSPENDS static bool try_remove_files(const struct vr_net *net, struct vr_error **err)
{
    struct vr_net_files *t = vr_new(struct vr_net_files);
    vr_net_files_add(t, file_of(net, "conf"), NULL, 0);
    vr_net_files_add(t, file_of(net, "hostsfile"), NULL, 0);
    vr_net_files_add(t, file_of(net, "addnhosts"), NULL, 0);
    vr_net_files_add(t, pid_path(net), NULL, 0);
    return vr_net_files_run(t, err);
}

VR_SUSPENDS static void remove_files(const struct vr_net *net)
{
    VR_AUTO(vr_error) *err = NULL;
    if (!try_remove_files(net, NULL) && !try_remove_files(net, &err))
        vr_warn("files of network '%s' are left in '%s': %s", net->name, vr_networks.dnsmasq_dir, vr_error_text(err));
}

VR_SUSPENDS static bool try_remove_leases(const char *bridge, struct vr_error **err)
{
    struct vr_net_files *t = vr_new(struct vr_net_files);
    vr_net_files_add(t, vr_printf("%s/%s.status", vr_networks.dnsmasq_dir, bridge), NULL, 0);
    vr_net_files_add(t, vr_printf("%s/%s.status.lock", vr_networks.dnsmasq_dir, bridge), NULL, 0);
    vr_net_files_add(t, vr_printf("%s/%s.macs", vr_networks.dnsmasq_dir, bridge), NULL, 0);
    return vr_net_files_run(t, err);
}

VR_SUSPENDS void vr_dhcpd_remove_leases(const char *bridge)
{
    VR_AUTO(vr_error) *err = NULL;
    if (!try_remove_leases(bridge, NULL) && !try_remove_leases(bridge, &err))
        vr_warn("leases of bridge '%s' are left behind: %s", bridge, vr_error_text(err));
}

/* ---- the process -------------------------------------------------------------------------------------------------- */

void vr_dhcpd_forget(struct vr_dhcpd *d)
{
    if (!d)
        return;
    vr_watch_free(d->watch);
    if (d->pidfd >= 0)
        close(d->pidfd);
    free(d);
}

pid_t vr_dhcpd_pid(const struct vr_net *net)
{
    return net->dhcpd ? net->dhcpd->pid : 0;
}

static void ended(void *opaque);

/* The file lies below /run. 0: there is none. */
static pid_t read_pid(const struct vr_net *net)
{
    vr_autofree char *path = pid_path(net);
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char text[32] = "";
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n <= 0)
        return 0;
    text[strcspn(text, "\n")] = 0;
    int64_t pid;
    return vr_parse_i64(text, 10, 2, INT32_MAX, &pid) ? (pid_t)pid : 0;
}

static struct vr_dhcpd *watch_process(struct vr_net *net, pid_t pid, struct vr_error **err)
{
    struct vr_dhcpd *d = vr_new(struct vr_dhcpd);
    d->net = net;
    d->pid = pid;
    d->started = vr_now();
    d->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (d->pidfd < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("dnsmasq of network '%s' ended at once, pid %d"), net->name, (int)pid);
        vr_dhcpd_forget(d);
        return NULL;
    }
    return d;
}

static bool notify_end(struct vr_dhcpd *d, struct vr_error **err)
{
    d->watch = vr_watch_new(d->pidfd, err);
    return d->watch && vr_watch_notify(d->watch, EPOLLIN, ended, d, err);
}

static const char *find_dnsmasq(void)
{
    static const char *const places[] = { "/usr/sbin/dnsmasq", "/usr/local/sbin/dnsmasq", "/usr/bin/dnsmasq", "/sbin/dnsmasq" };
    for (size_t i = 0; i < VR_COUNT(places); i++)
        if (access(places[i], X_OK) == 0)
            return places[i];
    return NULL;
}

/* It forks, writes its pid when it is ready, and its first process ends: with 0, or with a message. */
VR_SUSPENDS static bool launch(struct vr_net *net, struct vr_error **err)
{
    const char *program = find_dnsmasq();
    if (!program) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unable to find 'dnsmasq' binary in $PATH"));
        return vr_error_suffix(err, _("; it comes with package dnsmasq-base"));
    }
    vr_autofree char *conf_path = file_of(net, "conf"), *helper = vr_helper_path("libvirt_leaseshelper");
    vr_autofree char *conf = vr_printf("--conf-file=%s", conf_path), *script = vr_printf("--dhcp-script=%s", helper);
    vr_autofree char *bridge = vr_printf("VIR_BRIDGE_NAME=%s", net->live->bridge), *root = vr_printf("VIREO_ROOT=%s", vr_root());
    const char *const argv[] = { program, conf, "--leasefile-ro", script, NULL };
    const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C", bridge, *vr_root() ? root : NULL, NULL };
    const struct vr_child child = { .argv = argv, .env = env, .deadline = vr_after(VR_NET_SPAN_STEP) };
    vr_autochild struct vr_child_result result = { 0 };
    vr_autofree char *pid = pid_path(net);
    unlink(pid); /* below /run; what it says is of another run */
    if (!vr_child_run_ok(&child, &result, err)) {
        if (result.exit.known && result.exit.status == NO_RESOURCE) /* which it tells the system's log only */
            vr_error_suffix(err, _("; it lacked a resource, often one more inotify instance: see "
                                   "fs.inotify.max_user_instances"));
        return false;
    }
    pid_t found = read_pid(net);
    if (!found) /* it was written, or the program would not have ended well */
        found = read_pid(net);
    if (!found)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("dnsmasq of network '%s' wrote no pid to '%s'"), net->name, pid);
    struct vr_dhcpd *d = watch_process(net, found, err);
    if (d && !notify_end(d, err)) {
        syscall(SYS_pidfd_send_signal, d->pidfd, SIGTERM, NULL, 0); /* it must not run unwatched */
        vr_dhcpd_forget(vr_take(d));
    }
    net->dhcpd = d;
    return d != NULL;
}

VR_SUSPENDS bool vr_dhcpd_start(struct vr_net *net, struct vr_error **err)
{
    if (!vr_dnsmasq_wanted(net->live))
        return true;
    if (write_files(net, err) && launch(net, err))
        return true;
    vr_shield(vr_after(VR_NET_SPAN_STEP * 2))
        vr_dhcpd_stop(net);
    return false;
}

/* A process that is not a child of ours is gone when its pidfd says so. */
VR_SUSPENDS static bool gone_within(struct vr_dhcpd *d, vr_time span)
{
    struct vr_exit how;
    VR_AUTO(vr_error) *err = NULL;
    return vr_pidfd_wait(d->pidfd, &how, vr_after(span), &err);
}

VR_SUSPENDS static void end_process(struct vr_dhcpd *d)
{
    vr_watch_free(vr_take(d->watch));
    vr_shield(vr_after(2 * TERM_WAIT + VR_SEC(1))) {
        syscall(SYS_pidfd_send_signal, d->pidfd, SIGTERM, NULL, 0);
        if (!gone_within(d, TERM_WAIT)) {
            vr_warn("dnsmasq of network '%s' (pid %d) does not end, it is killed", d->net->name, (int)d->pid);
            syscall(SYS_pidfd_send_signal, d->pidfd, SIGKILL, NULL, 0);
            gone_within(d, TERM_WAIT);
        }
    }
    vr_dhcpd_forget(d);
}

VR_SUSPENDS void vr_dhcpd_stop(struct vr_net *net)
{
    /* one that was started and then lost from sight is still known by its pid file */
    if (net->dhcpd || vr_dhcpd_adopt(net))
        end_process(vr_take(net->dhcpd));
    remove_files(net);
}

VR_SUSPENDS bool vr_dhcpd_refresh(struct vr_net *net, bool restart, struct vr_error **err)
{
    if (!net->dhcpd && vr_dnsmasq_wanted(net->live))
        return vr_dhcpd_start(net, err);
    if (!vr_dnsmasq_wanted(net->live)) {
        if (net->dhcpd)
            vr_dhcpd_stop(net);
        return true;
    }
    if (!write_files(net, err))
        return false;
    if (restart) {
        end_process(vr_take(net->dhcpd));
        return launch(net, err);
    }
    if (syscall(SYS_pidfd_send_signal, net->dhcpd->pidfd, SIGHUP, NULL, 0) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to make dnsmasq (PID: %d) reload config files."),
                             (int)net->dhcpd->pid);
    return true;
}

/* ---- one that ended by itself ------------------------------------------------------------------------------------- */

VR_SUSPENDS static void revive(void *arg)
{
    VR_AUTO_NET *net = arg;
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO_HELD held = { 0 };
    if (vr_networks.stopping || !vr_net_hold(net, &held, &err) || !net->live || !net->dhcpd)
        return;
    struct vr_exit how;
    if (!vr_pidfd_wait(net->dhcpd->pidfd, &how, vr_after(VR_MS(100)), NULL))
        return; /* another one was started meanwhile */
    struct vr_dhcpd *dead = vr_take(net->dhcpd);
    unsigned deaths = vr_now() - dead->started > STEADY ? 1 : dead->deaths + 1;
    vr_warn("dnsmasq of network '%s' (pid %d) ended by itself; it is started again", net->name, (int)dead->pid);
    vr_dhcpd_forget(dead);
    if (deaths > 1) {
        vr_time pause = PAUSE_FIRST << (deaths < 8 ? deaths - 2 : 6);
        vr_net_release(&held);
        if (!vr_sleep_until(vr_after(vr_sooner(pause, PAUSE_MAX)), &err) || !vr_net_hold(net, &held, &err) || !net->live ||
            net->dhcpd)
            return;
    }
    if (!write_files(net, &err) || !launch(net, &err))
        vr_logerr("dnsmasq of network '%s' could not be started again: guests get no addresses and names there; "
                  "'virsh net-destroy' and 'net-start' try it anew: %s", net->name, vr_error_text(err));
    else
        net->dhcpd->deaths = deaths;
}

/* On the loop, outside fibers. */
static void ended(void *opaque)
{
    struct vr_dhcpd *d = opaque;
    VR_AUTO(vr_error) *err = NULL;
    if (vr_networks.stopping)
        return;
    if (!vr_fiber_start(vr_networks.group, "dnsmasq ended", revive, vr_net_ref(d->net), &err)) {
        vr_logerr("dnsmasq of network '%s' ended and is not started again: %s", d->net->name, vr_error_text(err));
        vr_net_unref(d->net);
    }
}

/* ---- after a restart of the daemon -------------------------------------------------------------------------------- */

/* Is this process the dnsmasq of that network? Its command line names the file. */
static bool is_ours(const struct vr_net *net, pid_t pid)
{
    vr_autofree char *path = vr_printf("/proc/%d/cmdline", (int)pid), *conf = file_of(net, "conf");
    vr_autofree char *want = vr_printf("--conf-file=%s", conf);
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    vr_autofree char *text = vr_alloc(CMDLINE_MAX + 1);
    ssize_t n = fd < 0 ? -1 : read(fd, text, CMDLINE_MAX);
    for (ssize_t at = 0; at < n; at += (ssize_t)strlen(text + at) + 1)
        if (vr_streq(text + at, want))
            return true;
    return false;
}

bool vr_dhcpd_adopt(struct vr_net *net)
{
    pid_t pid = read_pid(net);
    VR_AUTO(vr_error) *err = NULL;
    if (!pid)
        return false;
    /* First the descriptor, then the question: a number that is used again meanwhile cannot be taken for ours. */
    struct vr_dhcpd *d = watch_process(net, pid, &err);
    if (!d || !is_ours(net, pid) || syscall(SYS_pidfd_send_signal, d->pidfd, 0, NULL, 0) < 0 || !notify_end(d, &err)) {
        vr_dhcpd_forget(d);
        return false;
    }
    net->dhcpd = d;
    return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#define VR_LOG_SOURCE "host.tap"
#include "tap.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "bridge.h"
#include "loop/loop.h"

#define RESERVED_FIRST_BYTE 0xfe
#define OTHER_FIRST_BYTE 0xfa
#define NAME_TRIES 10000
/* The node of a macvtap device comes from devtmpfs or udev, soon after the device. */
#define NODE_WAIT_MS 2000

/* The last number given out for each kind of name: numbers are not used again soon, as stock does it. */
static atomic_int last_vnet = -1, last_macvtap = -1;

static bool digits_after(const char *name, const char *prefix, int *number)
{
    uint64_t v;
    if (!vr_starts_with(name, prefix) || !vr_parse_u64(name + strlen(prefix), 10, INT32_MAX - 1, &v))
        return false;
    *number = (int)v;
    return true;
}

void vr_tap_reserve(const char *name)
{
    int number;
    atomic_int *last = digits_after(name, "vnet", &number) ? &last_vnet
                       : digits_after(name, "macvtap", &number) ? &last_macvtap : NULL;
    int now = last ? atomic_load(last) : 0;
    while (last && number > now && !atomic_compare_exchange_weak(last, &now, number))
        ;
}

/* A name that no device has at this moment. */
static bool next_name(const char *prefix, char name[VR_IFNAME])
{
    atomic_int *last = vr_streq(prefix, "vnet") ? &last_vnet : vr_streq(prefix, "macvtap") ? &last_macvtap : NULL;
    struct vr_link link;
    for (int tries = 0; tries < NAME_TRIES; tries++) {
        int number = last ? atomic_fetch_add(last, 1) + 1 : tries;
        if (snprintf(name, VR_IFNAME, "%s%d", prefix, number) >= VR_IFNAME)
            return false;
        if (vr_link_get(name, 0, &link) == ENODEV)
            return true;
    }
    return false;
}

/* ---- the work, on a worker ---------------------------------------------------------------------------------- */

struct tap_task {
    struct vr_tap_spec spec; /* with texts of its own */
    struct vr_tap tap;
    bool ok, delete_only, plug_only;
    struct vr_error *err;
};

static bool fail(struct tap_task *t, int errnum, const char *what, const char *name)
{
    return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, errnum, "%s '%s'", what, name);
}

static void close_all(struct vr_tap *tap)
{
    for (size_t i = 0; i < tap->fd_count; i++)
        if (tap->fds[i] >= 0)
            close(tap->fds[i]);
    free(tap->fds);
    tap->fds = NULL;
    tap->fd_count = 0;
}

void vr_tap_done(struct vr_tap *tap)
{
    close_all(tap);
}

static bool open_queue(struct tap_task *t, struct ifreq *ifr, int *out)
{
    const char *path = t->spec.tun ? t->spec.tun : "/dev/net/tun";
    vr_autoclose int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to open %s, is tun module loaded?"), path);
    if (ioctl(fd, TUNSETIFF, ifr) < 0)
        return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to create tap device %s"), ifr->ifr_name);
    int sndbuf = t->spec.sndbuf > INT32_MAX ? INT32_MAX : (int)t->spec.sndbuf;
    if (sndbuf && ioctl(fd, TUNSETSNDBUF, &sndbuf) < 0)
        return fail(t, errno, "cannot set the send buffer of", ifr->ifr_name);
    *out = vr_take_fd(&fd);
    return true;
}

static bool open_queues(struct tap_task *t)
{
    size_t count = t->spec.queues > 1 ? t->spec.queues : 1;
    struct ifreq ifr = { 0 };
    ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (t->spec.vnet_hdr)
        ifr.ifr_flags |= IFF_VNET_HDR;
    if (count > 1)
        ifr.ifr_flags |= IFF_MULTI_QUEUE;
    memcpy(ifr.ifr_name, t->tap.name, VR_IFNAME);
    t->tap.fds = vr_alloc(count * sizeof(int));
    for (; t->tap.fd_count < count; t->tap.fd_count++)
        if (!open_queue(t, &ifr, &t->tap.fds[t->tap.fd_count]))
            return false;
    return true;
}

/* A bridge takes over the smallest MTU of its ports: a new port must not lower it. */
static bool set_mtu(struct tap_task *t)
{
    struct vr_link bridge;
    unsigned mtu = t->spec.mtu;
    if (!mtu && t->spec.bridge) {
        int e = vr_link_get(t->spec.bridge, 0, &bridge);
        if (e)
            return fail(t, e, "Cannot get interface MTU on", t->spec.bridge);
        mtu = bridge.mtu;
    }
    int e = mtu ? vr_link_set_mtu(t->tap.name, mtu) : 0;
    return !e || fail(t, e, "Cannot set interface MTU on", t->tap.name);
}

static bool plug(struct tap_task *t)
{
    char *name = t->tap.name;
    int e = t->spec.bridge ? vr_link_set_master(name, t->spec.bridge) : 0;
    if (e)
        return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, e, _("Unable to add bridge %s port %s"), t->spec.bridge,
                             name);
    if (!t->spec.bridge)
        return true;
    if (t->spec.isolated && (e = vr_link_set_isolated(name, true)))
        return fail(t, e, "Unable to isolate bridge port", name);
    if (!t->spec.told_addresses)
        return true;
    e = vr_port_set_learning(name, false);
    e = e ? e : vr_port_set_unicast_flood(name, false);
    e = e ? e : vr_fdb_add(name, t->spec.mac);
    return !e || fail(t, e, "Unable to manage the address table of bridge port", name);
}

static bool coalesce(struct tap_task *t)
{
    struct ethtool_coalesce how = { .cmd = ETHTOOL_GCOALESCE };
    struct ifreq ifr = { .ifr_data = (void *)&how };
    if (!t->spec.coalesce_frames)
        return true;
    vr_autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memcpy(ifr.ifr_name, t->tap.name, VR_IFNAME);
    if (fd < 0 || ioctl(fd, SIOCETHTOOL, &ifr) < 0)
        return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, errno, _("Cannot get coalesce info on '%s'"), t->tap.name);
    how.cmd = ETHTOOL_SCOALESCE;
    how.rx_max_coalesced_frames = t->spec.coalesce_frames;
    return ioctl(fd, SIOCETHTOOL, &ifr) == 0 ||
           vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, errno, _("Cannot set coalesce info on '%s'"), t->tap.name);
}

static bool configure(struct tap_task *t)
{
    uint8_t mac[6];
    char *name = t->tap.name;
    memcpy(mac, t->spec.mac, 6);
    /*
     * The largest first byte: a bridge takes the lowest address of its ports as its own, and must not change when a
     * guest comes or goes. It must not be the guest's own address either.
     */
    mac[0] = mac[0] == RESERVED_FIRST_BYTE ? OTHER_FIRST_BYTE : RESERVED_FIRST_BYTE;
    int e = vr_link_set_mac(name, mac);
    if (e)
        return fail(t, e, "Cannot set interface MAC on", name);
    if (!set_mtu(t))
        return false;
    e = vr_link_set_noqueue(name);
    if (e) /* it works with one, too */
        vr_debug("queueing discipline of '%s': %s", name, strerror(e));
    if (!plug(t) || !coalesce(t))
        return false;
    if (!t->spec.down && (e = vr_link_set_up(name, true)))
        return fail(t, e, "Cannot set interface flags on", name);
    return true;
}

/* An error other than a device that exists; a name with %d is filled in. */
static bool choose_name(struct tap_task *t, const char *prefix)
{
    const char *name = t->spec.name ? t->spec.name : "";
    const char *percent = strstr(name, "%d");
    char stem[VR_IFNAME];
    if (*name && !percent) {
        if (strlen(name) >= VR_IFNAME)
            return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, ERANGE, _("Network interface name '%s' is too long"), name);
        snprintf(t->tap.name, VR_IFNAME, "%s", name);
        return true;
    }
    if (percent && percent[2] != '\0')
        return vr_fail(&t->err, VIR_ERR_INTERNAL_ERROR, _("interface name '%s' is not usable"), name);
    snprintf(stem, sizeof(stem), "%.*s", percent ? (int)(percent - name) : VR_IFNAME - 1, percent ? name : prefix);
    return next_name(stem, t->tap.name) ||
           vr_fail(&t->err, VIR_ERR_INTERNAL_ERROR, _("no unused %s names available"), stem);
}

static bool make_tap(struct tap_task *t)
{
    struct vr_link link;
    if (!choose_name(t, "vnet"))
        return false;
    int there = vr_link_get(t->tap.name, 0, &link);
    if (t->spec.existing && there)
        return vr_fail(&t->err, VIR_ERR_INTERNAL_ERROR, "%s",
                       _("target managed='no' but specified dev doesn't exist"));
    if (!t->spec.existing && there == 0)
        return fail(t, EEXIST, "Unable to create tap device", t->tap.name);
    return open_queues(t) && (t->spec.existing || configure(t));
}

/* ---- macvtap ------------------------------------------------------------------------------------------------ */

static int open_node(const char *node)
{
    for (int waited = 0;; waited += 10) {
        int fd = open(node, O_RDWR | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0 || (errno != ENOENT && errno != EACCES) || waited >= NODE_WAIT_MS)
            return fd;
        usleep(10000); /* on a worker; the node is made by another program */
    }
}

static bool open_macvtap(struct tap_task *t)
{
    struct vr_link link;
    size_t count = t->spec.queues > 1 ? t->spec.queues : 1;
    int e = vr_link_get(t->tap.name, 0, &link);
    if (e)
        return fail(t, e, "cannot find macvtap device", t->tap.name);
    vr_autofree char *node = vr_printf("/dev/tap%u", link.index);
    struct ifreq ifr = { 0 };
    ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (t->spec.vnet_hdr)
        ifr.ifr_flags |= IFF_VNET_HDR;
    if (count > 1)
        ifr.ifr_flags |= IFF_MULTI_QUEUE;
    t->tap.fds = vr_alloc(count * sizeof(int));
    while (t->tap.fd_count < count) {
        int fd = open_node(node);
        if (fd < 0)
            return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot open macvtap tap device %s"), node);
        t->tap.fds[t->tap.fd_count++] = fd;
        if (ioctl(fd, TUNSETIFF, &ifr) < 0)
            return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot set flags on macvtap tap"));
    }
    return true;
}

static bool make_macvtap(struct tap_task *t)
{
    static const uint32_t modes[] = { MACVLAN_MODE_VEPA, MACVLAN_MODE_PRIVATE, MACVLAN_MODE_BRIDGE,
                                      MACVLAN_MODE_PASSTHRU };
    if (!choose_name(t, "macvtap"))
        return false;
    struct vr_link parent;
    int e = vr_link_get(t->spec.parent, 0, &parent);
    if (e)
        return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, e, _("Unable to get index for interface %s"), t->spec.parent);
    e = vr_link_new_macvtap(t->tap.name, t->spec.parent, modes[t->spec.macvtap], t->spec.mac);
    if (e)
        return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, e,
                             _("error creating macvtap interface %s@%s (%02x:%02x:%02x:%02x:%02x:%02x)"), t->tap.name,
                             t->spec.parent, t->spec.mac[0], t->spec.mac[1], t->spec.mac[2], t->spec.mac[3],
                             t->spec.mac[4], t->spec.mac[5]);
    t->tap.macvtap = true;
    if (!t->spec.down && (e = vr_link_set_up(t->tap.name, true)))
        return fail(t, e, "Cannot set interface flags on", t->tap.name);
    e = t->spec.mtu ? vr_link_set_mtu(t->tap.name, t->spec.mtu) : 0;
    if (e)
        return fail(t, e, "Cannot set interface MTU on", t->tap.name);
    return open_macvtap(t);
}

static void task_free(void *arg)
{
    struct tap_task *t = arg;
    if (t->tap.macvtap)
        vr_link_delete(t->tap.name);
    close_all(&t->tap);
    free((char *)t->spec.name);
    free((char *)t->spec.bridge);
    free((char *)t->spec.tun);
    free((char *)t->spec.parent);
    vr_error_free(t->err);
    free(t);
}

static void task_run(void *arg)
{
    struct tap_task *t = arg;
    if (t->delete_only) {
        int e = vr_link_delete(t->spec.name);
        t->ok = !e || e == ENODEV || fail(t, e, "Unable to delete interface", t->spec.name);
        return;
    }
    if (t->plug_only) {
        struct vr_link link, bridge;
        int e = vr_link_get(t->tap.name, 0, &link);
        e = e ? e : vr_link_get(t->spec.bridge, 0, &bridge);
        t->ok = e ? fail(t, e, "Unable to plug in", t->tap.name) : link.master == bridge.index || plug(t);
        return;
    }
    t->ok = t->spec.parent ? make_macvtap(t) : make_tap(t);
    if (t->ok)
        return;
    if (t->tap.macvtap)
        vr_link_delete(t->tap.name);
    t->tap.macvtap = false;
    close_all(&t->tap);
}

/* Runs the task; it stays the caller's when true. */
VR_SUSPENDS static bool run(struct tap_task *t, vr_time deadline, struct vr_error **err)
{
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "tap", task_run, t, task_free, deadline, err))
        return false;
    if (t->ok)
        return true;
    vr_error_move(err, &t->err);
    task_free(t);
    return false;
}

VR_SUSPENDS bool vr_tap_open(const struct vr_tap_spec *spec, struct vr_tap *out, vr_time deadline,
                             struct vr_error **err)
{
    if (spec->queues > VR_TAP_MAX_QUEUES)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("a network device may have %d queues at most, not %u"),
                       VR_TAP_MAX_QUEUES, spec->queues);
    struct tap_task *t = vr_new(struct tap_task);
    t->spec = *spec;
    t->spec.name = vr_strdup(spec->name);
    t->spec.bridge = vr_strdup(spec->bridge);
    t->spec.tun = vr_strdup(spec->tun);
    t->spec.parent = vr_strdup(spec->parent);
    if (!run(t, deadline, err))
        return false;
    *out = t->tap;
    t->tap = (struct vr_tap){ 0 };
    task_free(t);
    return true;
}

VR_SUSPENDS bool vr_tap_plug(const char *name, const struct vr_tap_spec *spec, vr_time deadline, struct vr_error **err)
{
    if (!spec->bridge || strlen(name) >= VR_IFNAME)
        return true;
    struct tap_task *t = vr_new(struct tap_task);
    t->plug_only = true;
    t->spec.bridge = vr_strdup(spec->bridge);
    t->spec.isolated = spec->isolated;
    t->spec.told_addresses = spec->told_addresses;
    memcpy(t->spec.mac, spec->mac, sizeof(t->spec.mac));
    snprintf(t->tap.name, VR_IFNAME, "%s", name);
    if (!run(t, deadline, err))
        return false;
    task_free(t);
    return true;
}

VR_SUSPENDS bool vr_tap_delete(const char *name, vr_time deadline, struct vr_error **err)
{
    struct tap_task *t = vr_new(struct tap_task);
    t->delete_only = true;
    t->spec.name = vr_strdup(name);
    if (!run(t, deadline, err))
        return false;
    task_free(t);
    return true;
}

bool vr_vhost_open(const char *path, int *fds, size_t count, struct vr_error **err)
{
    path = path ? path : "/dev/vhost-net";
    for (size_t i = 0; i < count; i++) {
        fds[i] = open(path, O_RDWR | O_CLOEXEC);
        if (fds[i] >= 0)
            continue;
        int errnum = errno;
        while (i--) {
            close(fds[i]);
            fds[i] = -1;
        }
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errnum, _("unable to open '%s'"), path);
    }
    return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "host.bridge"
#include "bridge.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "loop/loop.h"
#include "nlmsg.h"
#include "sysfile.h"

/* How long an IPv6 address may be examined for a double before it counts: dnsmasq cannot bind to it before. */
#define DAD_WAIT_MS 5000
#define DAD_STEP_MS 20
/* A bridge's timers count in hundredths of a second; the kernel takes 2 to 30 seconds with STP, anything without. */
#define MS_PER_TICK 10

/* ---- copies for the worker ----------------------------------------------------------------------------------------- */

struct task {
    struct vr_bridge_spec spec;
    struct vr_ip_spec *ips;
    struct vr_route_spec *routes;
    char *name;
    bool remove, addresses_only, ok;
    struct vr_error *err;
};

static struct task *task_new(const char *name, const struct vr_ip_spec *ips, size_t ip_count,
                             const struct vr_route_spec *routes, size_t route_count)
{
    struct task *t = vr_new(struct task);
    t->name = vr_strdup(name);
    t->ips = vr_alloc((ip_count + 1) * sizeof(*t->ips));
    t->routes = vr_alloc((route_count + 1) * sizeof(*t->routes));
    for (size_t i = 0; i < ip_count; i++)
        t->ips[i] = (struct vr_ip_spec){ vr_strdup(ips[i].address), ips[i].prefix, vr_strdup(ips[i].peer) };
    for (size_t i = 0; i < route_count; i++)
        t->routes[i] = (struct vr_route_spec){ vr_strdup(routes[i].address), routes[i].prefix, vr_strdup(routes[i].gateway),
                                               routes[i].metric };
    t->spec.name = t->name;
    t->spec.addresses = t->ips;
    t->spec.address_count = ip_count;
    t->spec.routes = t->routes;
    t->spec.route_count = route_count;
    return t;
}

static void task_free(void *arg)
{
    struct task *t = arg;
    for (size_t i = 0; i < t->spec.address_count; i++) {
        free((char *)t->ips[i].address);
        free((char *)t->ips[i].peer);
    }
    for (size_t i = 0; i < t->spec.route_count; i++) {
        free((char *)t->routes[i].address);
        free((char *)t->routes[i].gateway);
    }
    free(t->ips);
    free(t->routes);
    free(t->name);
    vr_error_free(t->err);
    free(t);
}

static bool fail(struct task *t, int errnum, const char *what)
{
    return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, errnum, "%s %s", what, t->name);
}

/* ---- steps --------------------------------------------------------------------------------------------------------- */

/* One message: the bridge is there with these settings, or not at all. A bridge that is there already keeps its own. */
static int make_bridge(const struct vr_bridge_spec *spec)
{
    struct vr_link link;
    struct vr_nl m;
    if (spec->existing && vr_link_get(spec->name, 0, &link) == 0)
        return vr_streq(link.kind, "bridge") ? 0 : EEXIST;
    struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
    vr_nl_init(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
    if (!vr_nl_name(&m, IFLA_IFNAME, spec->name))
        return EINVAL;
    if (spec->has_mac)
        vr_nl_attr(&m, IFLA_ADDRESS, spec->mac, 6);
    struct rtattr *kind = vr_nl_attr(&m, IFLA_LINKINFO, NULL, 0);
    vr_nl_str(&m, IFLA_INFO_KIND, "bridge");
    struct rtattr *data = vr_nl_attr(&m, IFLA_INFO_DATA, NULL, 0);
    vr_nl_u32(&m, IFLA_BR_FORWARD_DELAY, spec->delay_ms / MS_PER_TICK);
    vr_nl_u32(&m, IFLA_BR_STP_STATE, spec->stp);
    vr_nl_end(&m, data);
    vr_nl_end(&m, kind);
    int e = vr_nl_talk(&m, NETLINK_ROUTE, NULL, 0, NULL);
    /* Apart from the making: only a change tells the kernel that the MTU is not to follow the ports'. */
    return e || !spec->mtu ? e : vr_link_set_mtu(spec->name, spec->mtu);
}

static int filter_vlans(const char *name)
{
    struct vr_link link;
    struct vr_nl m;
    int e = vr_link_get(name, 0, &link);
    if (e)
        return e;
    struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = (int)link.index };
    vr_nl_init(&m, RTM_NEWLINK, 0, &info, sizeof(info));
    struct rtattr *kind = vr_nl_attr(&m, IFLA_LINKINFO, NULL, 0);
    vr_nl_str(&m, IFLA_INFO_KIND, "bridge");
    struct rtattr *data = vr_nl_attr(&m, IFLA_INFO_DATA, NULL, 0);
    vr_nl_u8(&m, IFLA_BR_VLAN_FILTERING, 1);
    vr_nl_end(&m, data);
    vr_nl_end(&m, kind);
    return vr_nl_talk(&m, NETLINK_ROUTE, NULL, 0, NULL);
}

/* Kernels without IPv6 have no such file. */
static bool set_sysctl(struct task *t, const char *key, const char *value)
{
    int e = vr_sys_write(value, "/proc/sys/net/ipv6/conf/%s/%s", t->name, key);
    return !e || e == ENOENT ||
           vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, e, _("cannot write to %s"), key);
}

/* A virtual network gives out router advertisements, it does not listen to its guests'. */
static bool quiet_ipv6(struct task *t)
{
    return set_sysctl(t, "disable_ipv6", t->spec.no_ipv6 ? "1" : "0") && set_sysctl(t, "accept_ra", "0") &&
           set_sysctl(t, "autoconf", "0");
}

static bool enable_forwarding(struct task *t)
{
    static const char path6[] = "/proc/sys/net/ipv6/conf/all/forwarding";
    vr_autofree char *now4 = vr_sys_read("/proc/sys/net/ipv4/ip_forward");
    int e = !t->spec.forward4 || vr_streq0(now4, "1") ? 0 : vr_sys_write("1\n", "/proc/sys/net/ipv4/ip_forward");
    vr_autofree char *now6 = vr_sys_read(path6);
    if (!e && t->spec.forward6 && !vr_streq0(now6, "1"))
        e = vr_sys_write("1\n", path6);
    return !e || vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, e, "%s", _("failed to enable IP forwarding"));
}

struct dad {
    unsigned index, tentative, failed;
};

static void see_address(const struct nlmsghdr *h, void *opaque)
{
    struct dad *dad = opaque;
    const struct ifaddrmsg *a = NLMSG_DATA(h);
    if (h->nlmsg_type != RTM_NEWADDR || h->nlmsg_len < NLMSG_LENGTH(sizeof(*a)) || a->ifa_index != dad->index ||
        a->ifa_family != AF_INET6)
        return;
    dad->failed += (a->ifa_flags & IFA_F_DADFAILED) != 0;
    dad->tentative += (a->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == IFA_F_TENTATIVE;
}

/*
 * A bridge without ports has no carrier, and then the kernel does not begin to look for doubles; nobody is there who could
 * have the address. So it waits only while the carrier is there.
 */
static bool wait_for_dad(struct task *t)
{
    struct vr_link link;
    for (int waited = 0; waited < DAD_WAIT_MS; waited += DAD_STEP_MS) {
        if (vr_link_get(t->name, 0, &link) || !(link.flags & IFF_RUNNING))
            return true;
        struct dad dad = { .index = link.index };
        struct vr_nl m;
        struct ifaddrmsg any = { .ifa_family = AF_INET6 };
        vr_nl_init(&m, RTM_GETADDR, 0, &any, sizeof(any));
        if (vr_nl_dump(&m, NETLINK_ROUTE, see_address, &dad))
            return true;
        if (dad.failed)
            return vr_fail(&t->err, VIR_ERR_INTERNAL_ERROR, _("Duplicate IPv6 address detected on %s"), t->name);
        if (!dad.tentative)
            return true;
        usleep(DAD_STEP_MS * 1000); /* on a worker; the kernel has no event for its own steps */
    }
    return true;
}

static bool add_addresses(struct task *t)
{
    for (size_t i = 0; i < t->spec.address_count; i++) {
        int e = vr_address_add(t->name, &t->spec.addresses[i]);
        if (e && e != EEXIST)
            return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, e, _("Failed to add IP address %s/%u to %s"),
                                 t->spec.addresses[i].address, t->spec.addresses[i].prefix, t->name);
    }
    return true;
}

static bool add_routes(struct task *t)
{
    for (size_t i = 0; i < t->spec.route_count; i++) {
        const struct vr_route_spec *r = &t->spec.routes[i];
        int e = vr_route_add(t->name, r);
        if (e && e != EEXIST)
            return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, e, _("Failed to add route %s/%u via %s to %s"),
                                 r->address ? r->address : "default", r->prefix, r->gateway ? r->gateway : "", t->name);
    }
    return true;
}

static bool up(struct task *t)
{
    int e = make_bridge(&t->spec);
    if (e)
        return vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, e, _("error creating bridge interface %s"), t->name);
    e = t->spec.vlan_filtering ? filter_vlans(t->name) : 0;
    if (e) { /* a kernel without it says EOPNOTSUPP; people know the older interface's word for that */
        vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, e == EOPNOTSUPP ? EINVAL : e,
                      _("Unable to set bridge %s %s via ioctl"), t->name, "vlan_filtering");
    } else if (quiet_ipv6(t) && add_addresses(t)) {
        e = vr_link_set_up(t->name, true);
        if (e)
            fail(t, e, _("Cannot set interface flags on"));
        else if (add_routes(t) && enable_forwarding(t) && wait_for_dad(t))
            return true;
    }
    if (!t->spec.existing)
        vr_link_delete(t->name);
    return false;
}

static bool down(struct task *t)
{
    int e = vr_link_delete(t->name);
    return !e || e == ENODEV ||
           vr_fail_errno(&t->err, VIR_ERR_SYSTEM_ERROR, e, _("Unable to delete bridge %s"), t->name);
}

static void task_run(void *arg)
{
    struct task *t = arg;
    if (t->remove)
        t->ok = down(t);
    else if (t->addresses_only)
        t->ok = add_addresses(t) && add_routes(t);
    else
        t->ok = up(t);
}

/* The task belongs to it. */
VR_SUSPENDS static bool run(struct task *t, vr_time deadline, struct vr_error **err)
{
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "bridge", task_run, t, task_free, deadline, err))
        return false;
    bool ok = t->ok || vr_error_move(err, &t->err);
    task_free(t);
    return ok;
}

VR_SUSPENDS bool vr_bridge_up(const struct vr_bridge_spec *spec, vr_time deadline, struct vr_error **err)
{
    struct task *t = task_new(spec->name, spec->addresses, spec->address_count, spec->routes, spec->route_count);
    struct vr_bridge_spec copy = *spec;
    copy.name = t->spec.name;
    copy.addresses = t->spec.addresses;
    copy.routes = t->spec.routes;
    t->spec = copy;
    return run(t, deadline, err);
}

VR_SUSPENDS bool vr_bridge_down(const char *name, vr_time deadline, struct vr_error **err)
{
    struct task *t = task_new(name, NULL, 0, NULL, 0);
    t->remove = true;
    return run(t, deadline, err);
}

VR_SUSPENDS bool vr_link_addresses(const char *name, const struct vr_ip_spec *addresses, size_t address_count,
                                   const struct vr_route_spec *routes, size_t route_count, vr_time deadline,
                                   struct vr_error **err)
{
    struct task *t = task_new(name, addresses, address_count, routes, route_count);
    t->addresses_only = true;
    return run(t, deadline, err);
}

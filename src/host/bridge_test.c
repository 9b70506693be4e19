/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <errno.h>
#include <linux/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>
#include "bridge.h"
#include "loop/loop.h"

static struct vr_error *error;
static bool ok, ok2;
static struct vr_ip_spec ips[2] = { { "192.168.122.1", 24, NULL }, { "fd00:1::1", 64, NULL } };
static struct vr_route_spec routes[1] = { { "10.9.0.0", 16, "192.168.122.7", 5 } };
static struct vr_bridge_spec spec = { .name = "virbr7", .has_mac = true, .mac = { 0x52, 0x54, 0, 9, 9, 9 }, .stp = true,
                                      .forward4 = true, .addresses = ips, .address_count = 1, .no_ipv6 = true };

/* Namespaces of its own, with a /proc/sys and /sys that belong to them. */
static bool setup(void)
{
    if (geteuid() != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("sysfs", "/sys", "sysfs", 0, NULL) < 0) {
        printf("skipped: needs root and namespaces\n");
        return false;
    }
    return true;
}

static void (*body)(void);
static void run_body(void *arg)
{
    body();
    vr_loop_quit(0);
}
static void in_loop(void (*fn)(void))
{
    VR_AUTO(vr_error) *err = NULL;
    body = fn;
    EXPECT_OK(vr_loop_init(&err), err);
    EXPECT_OK(vr_fiber_start(NULL, "main", run_body, NULL, &err), err);
    vr_loop_run();
    vr_loop_done();
}
static void go_up(void)
{
    ok = vr_bridge_up(&spec, vr_after(VR_SEC(20)), &error);
}
static void go_up_twice(void)
{
    go_up();
    ok2 = vr_bridge_up(&spec, vr_after(VR_SEC(20)), &error);
}
static void go_down(void)
{
    ok = vr_bridge_down(spec.name, vr_after(VR_SEC(20)), &error);
}

VR_TEST(a_bridge_has_all_its_document_says)
{
    struct vr_link link;
    if (!setup())
        return;
    spec.mtu = 1400;
    spec.routes = routes;
    spec.route_count = 1;
    in_loop(go_up);
    EXPECT_OK(ok, error);
    EXPECT_EQ(vr_link_get("virbr7", 0, &link), 0);
    EXPECT_STR(link.kind, "bridge");
    EXPECT_EQ(link.mtu, 1400);
    EXPECT(memcmp(link.mac, spec.mac, 6) == 0);
    EXPECT(link.flags & IFF_UP);
    EXPECT(vr_link_has_address("virbr7", "192.168.122.1"));
    EXPECT_FALSE(vr_link_has_address("virbr7", "192.168.122.2"));
    EXPECT_EQ(system("ip -4 addr show virbr7 | grep -q 'inet 192.168.122.1/24 brd 192.168.122.255'"), 0);
    EXPECT_EQ(system("ip route | grep -q '10.9.0.0/16 via 192.168.122.7 dev virbr7 .*metric 5'"), 0);
    EXPECT_EQ(system("ip -d link show virbr7 | grep -q 'stp_state 1'"), 0);
    EXPECT_EQ(system("grep -q 1 /proc/sys/net/ipv4/ip_forward && grep -q 1 /proc/sys/net/ipv6/conf/virbr7/disable_ipv6"), 0);
    EXPECT_EQ(system("grep -q 0 /proc/sys/net/ipv6/conf/virbr7/accept_ra"), 0);
    size_t n;
    char **names = vr_bridge_list(&n);
    EXPECT_EQ(n, 1);
    EXPECT_STR(names[0], "virbr7");
    vr_names_free(names, n);
    /* The MTU stays when a port comes and goes. */
    EXPECT_EQ(system("ip tuntap add dev t0 mode tap && ip link set t0 mtu 1300 master virbr7 && ip link del t0"), 0);
    EXPECT_EQ(vr_link_get("virbr7", 0, &link), 0);
    EXPECT_EQ(link.mtu, 1400);
    in_loop(go_down);
    EXPECT_OK(ok, error);
    EXPECT_EQ(vr_link_get("virbr7", 0, &link), ENODEV);
    in_loop(go_down);
    EXPECT_OK(ok, error);
}

VR_TEST(what_fails_leaves_nothing)
{
    struct vr_link link;
    if (!setup())
        return;
    ips[0].address = "192.168.122.300";
    in_loop(go_up);
    EXPECT_FALSE(ok);
    EXPECT_STR_HAS(error->message, "192.168.122.300/24 to virbr7");
    EXPECT_EQ(vr_link_get("virbr7", 0, &link), ENODEV);
}

VR_TEST(a_bridge_that_exists_is_refused_or_repaired)
{
    if (!setup())
        return;
    in_loop(go_up_twice);
    EXPECT(ok);
    EXPECT_FALSE(ok2);
    EXPECT_STR_HAS(error->message, "error creating bridge interface virbr7: File exists");
    vr_error_free(error);
    error = NULL;
    EXPECT_EQ(system("ip addr flush dev virbr7; ip link set virbr7 down"), 0);
    spec.existing = true;
    in_loop(go_up);
    EXPECT_OK(ok, error);
    EXPECT(vr_link_has_address("virbr7", "192.168.122.1"));
}

VR_TEST(ipv6_addresses_are_usable_at_once)
{
    if (!setup())
        return;
    spec.address_count = 2;
    spec.no_ipv6 = false;
    spec.forward6 = true;
    in_loop(go_up);
    EXPECT_OK(ok, error);
    EXPECT(vr_link_has_address("virbr7", "fd00:1::1"));
    EXPECT_EQ(system("grep -q 1 /proc/sys/net/ipv6/conf/all/forwarding"), 0);
}

VR_TEST(a_network_the_host_reaches_already_is_found)
{
    char name[VR_IFNAME];
    if (!setup())
        return;
    EXPECT_EQ(system("ip link add eth9 type bridge && ip addr add 192.168.0.5/16 dev eth9 && ip link set eth9 up && "
                     "ip route add default via 192.168.0.1"), 0);
    EXPECT(vr_route_overlap("192.168.122.0", 24, NULL, name));
    EXPECT_STR(name, "eth9");
    EXPECT(vr_route_overlap("192.0.0.0", 8, NULL, name));
    EXPECT_FALSE(vr_route_overlap("192.168.122.0", 24, "eth9", name));
    EXPECT_FALSE(vr_route_overlap("10.0.0.0", 24, NULL, name));
    EXPECT_FALSE(vr_route_overlap("fe80::", 64, NULL, name));
    EXPECT_FALSE(vr_route_overlap("nonsense", 64, NULL, name));
}

VR_TEST(ports_learn_or_are_told)
{
    const uint8_t mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
    if (!setup())
        return;
    EXPECT_EQ(system("ip link add br0 type bridge && ip tuntap add dev t0 mode tap && ip link set t0 master br0"), 0);
    EXPECT_EQ(vr_port_set_learning("t0", false), 0);
    EXPECT_EQ(vr_port_set_unicast_flood("t0", false), 0);
    EXPECT_EQ(system("ip -d link show t0 | grep -q 'learning off flood off'"), 0);
    EXPECT_EQ(vr_fdb_add("t0", mac), 0);
    EXPECT_EQ(vr_fdb_add("t0", mac), 0);
    EXPECT_EQ(system("bridge fdb show dev t0 | grep -q '52:54:00:01:02:03.*master br0'"), 0);
    EXPECT_EQ(vr_fdb_delete("t0", mac), 0);
    EXPECT_EQ(vr_fdb_delete("t0", mac), ENOENT);
}

VR_TEST(neighbours_are_read)
{
    struct vr_neighbour *v;
    size_t n;
    if (!setup())
        return;
    EXPECT_EQ(system("ip link add br0 type bridge && ip link set br0 up && ip addr add 10.1.1.1/24 dev br0 && "
                     "ip neigh add 10.1.1.5 lladdr 52:54:00:01:02:03 dev br0"), 0);
    EXPECT_EQ(vr_neighbours_read(&v, &n), 0);
    bool found = false;
    for (size_t i = 0; i < n; i++)
        found |= strcmp(v[i].address, "10.1.1.5") == 0 && v[i].mac[5] == 3;
    EXPECT(found);
    free(v);
}

VR_TESTS("bridge", a_bridge_has_all_its_document_says, what_fails_leaves_nothing, a_bridge_that_exists_is_refused_or_repaired,
         ipv6_addresses_are_usable_at_once, a_network_the_host_reaches_already_is_found, ports_learn_or_are_told,
         neighbours_are_read)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <errno.h>
#include <linux/if.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>
#include "loop/loop.h"
#include "tap.h"

static struct vr_error *error;
static struct vr_tap_spec spec = { .mac = { 0x52, 0x54, 0, 1, 2, 3 } };
static struct vr_tap tap, second;
static bool ok, ok_second;

/* A network namespace of its own with the bridge "br0" of MTU 1400; false: not possible here. */
static bool setup(void)
{
    if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0 || access("/dev/net/tun", R_OK | W_OK) < 0) {
        printf("skipped: needs root, a network namespace and /dev/net/tun\n");
        return false;
    }
    EXPECT_EQ(vr_link_new_bridge("br0"), 0);
    EXPECT_EQ(vr_link_set_mtu("br0", 1400), 0);
    EXPECT_EQ(vr_link_set_up("br0", true), 0);
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
static void open_one(void)
{
    ok = vr_tap_open(&spec, &tap, vr_after(VR_SEC(20)), &error);
}
static void plug_one(void)
{
    ok = vr_tap_plug(tap.name, &spec, vr_after(VR_SEC(20)), &error);
}
static void open_two(void)
{
    open_one();
    ok_second = vr_tap_open(&spec, &second, vr_after(VR_SEC(20)), &error);
}

VR_TEST(a_tap_joins_its_bridge_and_goes_with_its_descriptor)
{
    struct vr_link link, bridge;
    if (!setup())
        return;
    spec.bridge = "br0";
    spec.vnet_hdr = true;
    in_loop(open_one);
    EXPECT_OK(ok, error);
    EXPECT_STR(tap.name, "vnet0");
    EXPECT_EQ(tap.fd_count, 1);
    EXPECT_EQ(vr_link_get("vnet0", 0, &link), 0);
    EXPECT_EQ(vr_link_get("br0", 0, &bridge), 0);
    EXPECT_STR(link.kind, "tun");
    EXPECT_STR(bridge.kind, "bridge");
    EXPECT_EQ(link.master, bridge.index);
    EXPECT_EQ(link.mtu, 1400);
    EXPECT_EQ(bridge.mtu, 1400);
    EXPECT_EQ(link.flags & IFF_UP, IFF_UP);
    EXPECT_EQ(system("tc qdisc show dev vnet0 | grep -q noqueue"), 0);
    const uint8_t mac[6] = { 0xfe, 0x54, 0, 1, 2, 3 };
    EXPECT(memcmp(link.mac, mac, 6) == 0);
    vr_tap_done(&tap);
    EXPECT_EQ(vr_link_get("vnet0", 0, &link), ENODEV);
}

VR_TEST(names_count_on_and_leave_out_what_is_there)
{
    if (!setup())
        return;
    EXPECT_EQ(vr_link_new_bridge("vnet3"), 0);
    vr_tap_reserve("vnet2");
    vr_tap_reserve("vnet1");
    vr_tap_reserve("eth77");
    in_loop(open_two);
    EXPECT(ok && ok_second);
    EXPECT_STR(tap.name, "vnet4");
    EXPECT_STR(second.name, "vnet5");
    vr_tap_done(&tap);
    vr_tap_done(&second);
}

VR_TEST(a_given_name_is_taken_and_only_once)
{
    if (!setup())
        return;
    spec.name = "mytap";
    in_loop(open_two);
    EXPECT_OK(ok, error);
    EXPECT_STR(tap.name, "mytap");
    EXPECT_FALSE(ok_second);
    EXPECT_STR_HAS(error->message, "'mytap': File exists");
    vr_tap_done(&tap);
}

VR_TEST(a_card_may_have_many_queues)
{
    if (!setup())
        return;
    spec.queues = 4;
    spec.name = "multi%d";
    in_loop(open_one);
    EXPECT_OK(ok, error);
    EXPECT_STR(tap.name, "multi0");
    EXPECT_EQ(tap.fd_count, 4);
    vr_tap_done(&tap);
    spec.queues = 1000;
    in_loop(open_one);
    EXPECT_FALSE(ok);
    EXPECT_STR_HAS(error->message, "256 queues at most");
}

VR_TEST(a_bridge_that_is_not_there_is_named_and_leaves_no_tap)
{
    struct vr_link link;
    if (!setup())
        return;
    spec.bridge = "br9";
    in_loop(open_one);
    EXPECT_FALSE(ok);
    EXPECT_STR_HAS(error->message, "Cannot get interface MTU on 'br9': No such device");
    EXPECT_EQ(vr_link_get("vnet0", 0, &link), ENODEV);
}

VR_TEST(the_tap_of_a_guest_with_the_hosts_first_byte_has_another)
{
    struct vr_link link;
    if (!setup())
        return;
    spec.mac[0] = 0xfe;
    in_loop(open_one);
    EXPECT_OK(ok, error);
    EXPECT_EQ(vr_link_get(tap.name, 0, &link), 0);
    EXPECT_EQ(link.mac[0], 0xfa);
    vr_tap_done(&tap);
}

VR_TEST(a_tap_of_the_user_is_left_as_it_is)
{
    struct vr_link link;
    if (!setup())
        return;
    spec.name = "own";
    spec.existing = true;
    in_loop(open_one);
    EXPECT_FALSE(ok);
    EXPECT_STR_HAS(error->message, "target managed='no' but specified dev doesn't exist");
    EXPECT_EQ(system("ip tuntap add dev own mode tap"), 0);
    in_loop(open_one);
    EXPECT_OK(ok, error);
    EXPECT_EQ(vr_link_get("own", 0, &link), 0);
    EXPECT_EQ(link.master, 0);
    EXPECT(link.mac[0] != 0xfe || link.mac[5] != 3);
    vr_tap_done(&tap);
    EXPECT_EQ(vr_link_get("own", 0, &link), 0);
}

static void open_then_delete(void)
{
    open_one();
    ok_second = ok && vr_tap_delete(tap.name, vr_after(VR_SEC(20)), &error) &&
                vr_tap_delete(tap.name, vr_after(VR_SEC(20)), &error);
}

VR_TEST(a_macvtap_has_the_guests_address_or_leaves_nothing)
{
    struct vr_link link;
    if (!setup())
        return;
    spec.parent = "br0";
    spec.macvtap = VR_MACVTAP_KIND_BRIDGE;
    in_loop(open_then_delete);
    if (!ok && !strstr(vr_error_text(error), "cannot open macvtap tap device")) {
        /* A kernel without the module. */
        EXPECT_STR_HAS(error->message, "error creating macvtap interface macvtap0@br0");
        printf("skipped: %s\n", error->message);
        return;
    }
    /* Outside the first network namespace devtmpfs may have no node: then the device must be gone again. */
    EXPECT(!ok || ok_second);
    EXPECT_EQ(vr_link_get("macvtap0", 0, &link), ENODEV);
    vr_tap_done(&tap);
}

VR_TEST(links_change_and_go)
{
    struct vr_link link;
    const uint8_t mac[6] = { 2, 3, 4, 5, 6, 7 };
    if (!setup())
        return;
    EXPECT_EQ(vr_link_new_bridge("br1"), 0);
    EXPECT_EQ(vr_link_new_bridge("br1"), EEXIST);
    EXPECT_EQ(vr_link_set_mac("br1", mac), 0);
    EXPECT_EQ(vr_link_get("br1", 0, &link), 0);
    EXPECT(link.has_mac && memcmp(link.mac, mac, 6) == 0);
    EXPECT_EQ(vr_link_get(NULL, link.index, &link), 0);
    EXPECT_STR(link.name, "br1");
    EXPECT_EQ(vr_link_set_master("br1", "br0"), ELOOP);
    EXPECT_EQ(vr_link_delete("br1"), 0);
    EXPECT_EQ(vr_link_delete("br1"), ENODEV);
    EXPECT_EQ(vr_link_get("a_name_that_is_too_long", 0, &link), ENODEV);
    EXPECT_EQ(vr_link_get("", 0, &link), ENODEV);
}

VR_TEST(an_isolated_port_is_one)
{
    if (!setup())
        return;
    spec.bridge = "br0";
    spec.isolated = true;
    in_loop(open_one);
    EXPECT_OK(ok, error);
    EXPECT_EQ(system("ip -d link show vnet0 | grep -q 'isolated on'"), 0);
    vr_tap_done(&tap);
}

#define MANY 1000
static struct vr_tap many[MANY];
static void open_many(void)
{
    ok = true;
    for (int i = 0; ok && i < MANY; i++) {
        spec.bridge = i < MANY / 2 ? "br0" : "br2"; /* a bridge of the kernel's has 1,024 ports at most */
        ok = vr_tap_open(&spec, &many[i], vr_after(VR_SEC(60)), &error);
    }
}

VR_TEST(a_thousand_taps_are_made_and_go)
{
    struct vr_link link;
    if (!setup())
        return;
    EXPECT_EQ(vr_link_new_bridge("br2"), 0);
    vr_time began = vr_now();
    in_loop(open_many);
    printf("%d taps in %.0f ms\n", MANY, (double)(vr_now() - began) / 1e6);
    EXPECT_OK(ok, error);
    EXPECT_EQ(vr_link_get("vnet999", 0, &link), 0);
    for (int i = 0; i < MANY; i++)
        vr_tap_done(&many[i]);
    EXPECT_EQ(vr_link_get("vnet999", 0, &link), ENODEV);
    EXPECT_EQ(system("test $(ls /sys/class/net 2>/dev/null | grep -c vnet) = 0 || ip -br link | grep -qv vnet"), 0);
}

VR_TEST(a_tap_whose_bridge_was_made_anew_is_plugged_in_again)
{
    struct vr_link link, bridge;
    if (!setup())
        return;
    spec.bridge = "br0";
    spec.isolated = true;
    in_loop(open_one);
    EXPECT_OK(ok, error);
    EXPECT_EQ(system("ip link del br0 && ip link add br0 type bridge"), 0);
    in_loop(plug_one);
    EXPECT_OK(ok, error);
    EXPECT_EQ(vr_link_get("vnet0", 0, &link), 0);
    EXPECT_EQ(vr_link_get("br0", 0, &bridge), 0);
    EXPECT_EQ(link.master, bridge.index);
    EXPECT_EQ(system("ip -d link show vnet0 | grep -q 'isolated on'"), 0);
    vr_tap_done(&tap);
}

VR_TESTS("tap", a_thousand_taps_are_made_and_go, a_tap_whose_bridge_was_made_anew_is_plugged_in_again,
         a_tap_joins_its_bridge_and_goes_with_its_descriptor, names_count_on_and_leave_out_what_is_there,
         a_given_name_is_taken_and_only_once, a_card_may_have_many_queues,
         a_bridge_that_is_not_there_is_named_and_leaves_no_tap, the_tap_of_a_guest_with_the_hosts_first_byte_has_another,
         a_tap_of_the_user_is_left_as_it_is, a_macvtap_has_the_guests_address_or_leaves_nothing, links_change_and_go,
         an_isolated_port_is_one)

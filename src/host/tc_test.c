/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "netlink.h"
#include "tc.h"

static bool setup(void)
{
    if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0 || vr_link_new_bridge("br0") || vr_link_set_up("br0", true)) {
        printf("skipped: needs root and a network namespace\n");
        return false;
    }
    return true;
}
static bool shows(const char *what, const char *pattern)
{
    char command[400];
    snprintf(command, sizeof(command), "tc %s | grep -q '%s' || { tc %s; false; }", what, pattern, what);
    return system(command) == 0;
}

VR_TEST(what_is_sent_has_its_rate_peak_and_burst)
{
    const struct vr_tc_rate rate = { .average = 1000, .peak = 5000, .burst = 1024 }, faster = { .average = 10000000 };
    if (!setup())
        return;
    EXPECT_EQ(vr_tc_shape("br0", &rate, false), 0);
    EXPECT(shows("qdisc show dev br0", "htb 1: root .*default 0x1"));
    EXPECT(shows("class show dev br0", "class htb 1:1 root .*rate 8Mbit ceil 40Mbit burst 1Mb"));
    /* 80 gigabits do not fit into 32 bits of bytes */
    EXPECT_EQ(vr_tc_shape("br0", &faster, false), 0);
    EXPECT(shows("class show dev br0", "rate 80Gbit ceil 80Gbit"));
    EXPECT_EQ(vr_tc_clear("br0"), 0);
    EXPECT_FALSE(system("tc qdisc show dev br0 | grep -q htb") == 0);
    EXPECT_EQ(vr_tc_clear("br0"), 0);
    EXPECT_EQ(vr_tc_shape("br9", &rate, false), ENODEV);
}

VR_TEST(a_guest_with_a_floor_has_a_class_found_by_its_address)
{
    const struct vr_tc_rate rate = { .average = 10000, .peak = 20000 };
    const uint8_t mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
    if (!setup())
        return;
    EXPECT_EQ(vr_tc_shape("br0", &rate, true), 0);
    EXPECT_EQ(vr_tc_class_add("br0", 3, mac, &rate, 1000), 0);
    EXPECT_EQ(vr_tc_class_rate("br0", VR_TC_CLASS_UNCLAIMED, 9000, 20000), 0);
    EXPECT(shows("class show dev br0", "class htb 1:2 parent 1:1 .*rate 72Mbit ceil 160Mbit"));
    EXPECT(shows("class show dev br0", "class htb 1:3 parent 1:1 .*rate 8Mbit ceil 160Mbit"));
    EXPECT(shows("filter show dev br0", "flowid 1:3"));
    EXPECT(shows("filter show dev br0", "match 00010203/ffffffff at -12"));
    EXPECT_EQ(vr_tc_class_delete("br0", 3), 0);
    EXPECT_FALSE(system("tc class show dev br0 | grep -q 1:3") == 0);
    EXPECT_FALSE(system("tc filter show dev br0 | grep -q 1:3") == 0);
    EXPECT_EQ(vr_tc_class_delete("br0", 3), 0);
    EXPECT_EQ(vr_tc_class_add("br0", 2, mac, &rate, 1000), ERANGE);
}

VR_TEST(what_comes_in_is_policed_or_said_to_be_impossible)
{
    const struct vr_tc_rate rate = { .average = 1000 };
    if (!setup())
        return;
    int e = vr_tc_police("br0", &rate);
    EXPECT(e == 0 || e == ENOTSUP);
    if (e == 0)
        EXPECT(shows("filter show dev br0 parent ffff:", "rate 8Mbit burst 1000Kb"));
    else
        EXPECT_FALSE(system("tc qdisc show dev br0 | grep -q ingress") == 0);
    EXPECT_EQ(vr_tc_clear("br0"), 0);
}

VR_TESTS("tc", what_is_sent_has_its_rate_peak_and_burst, a_guest_with_a_floor_has_a_class_found_by_its_address,
         what_comes_in_is_policed_or_said_to_be_impossible)

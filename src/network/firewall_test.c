/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "firewall.h"
#include "host/nft.h"
#include "loop/loop.h"

static struct vr_error *error;
static bool ok;
static const struct vr_firewall_subnet lan[] = { { false, "192.168.122.0", 24 }, { true, "fd00:1::", 64 } };
static const struct vr_firewall_net nat = { .name = "default", .bridge = "virbr0", .mode = VR_FIREWALL_NAT, .subnets = lan,
                                            .subnet_count = 2 };
static const struct vr_firewall_subnet lab[] = { { false, "10.5.0.0", 16 } };
static const struct vr_firewall_net isolated = { .name = "lab", .bridge = "virbr1", .subnets = lab, .subnet_count = 1 };

static bool setup(void)
{
    if (geteuid() != 0 || access("/usr/sbin/nft", X_OK) < 0 || unshare(CLONE_NEWNET) < 0) {
        printf("skipped: needs root, a network namespace and nft\n");
        return false;
    }
    return true;
}

static void (*body)(void);
static void run_body(void *arg)
{
    body();
    vr_fwwatch_stop();
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
static vr_time soon(void)
{
    return vr_after(VR_SEC(20));
}
static bool sh(const char *command)
{
    return system(command) == 0;
}

static void put_two(void)
{
    ok = vr_firewall_put(&nat, soon(), &error) && vr_firewall_put(&isolated, soon(), &error) &&
         vr_firewall_put(&nat, soon(), &error);
}

static void put_and_remove(void)
{
    put_two();
    ok = ok && sh("nft list chain inet vireo_network nat_virbr0 | grep -q 'masquerade to :1024-65535'") &&
         vr_firewall_remove("virbr0", soon(), &error) && sh("! nft list table inet vireo_network | grep -q virbr0") &&
         sh("nft list table inet vireo_network | grep -q virbr1") && vr_firewall_remove("virbr1", soon(), &error) &&
         vr_firewall_remove("virbr1", soon(), &error) && sh("test -z \"$(nft list ruleset)\"");
}

VR_TEST(rules_come_and_go_without_a_trace)
{
    if (!setup())
        return;
    in_loop(put_and_remove);
    EXPECT_OK(ok, error);
}

static bool same, repaired;
static void compare(void)
{
    put_two();
    ok = ok && vr_firewall_check(&same, soon(), &error) && sh("nft delete element inet vireo_network guest_in { virbr1 }") &&
         vr_firewall_check(&repaired, soon(), &error) && sh("nft get element inet vireo_network guest_in { virbr1 }");
}

VR_TEST(only_a_changed_table_is_written_again)
{
    if (!setup())
        return;
    in_loop(compare);
    EXPECT_OK(ok, error);
    EXPECT_FALSE(same);
    EXPECT(repaired);
}

static unsigned back;
static vr_time slowest;
static void flushes(void)
{
    ok = vr_fwwatch_start(&error);
    put_two();
    for (unsigned i = 0; ok && i < 100; i++) {
        ok = sh(i % 3 == 0   ? "nft flush ruleset"
                : i % 3 == 1 ? "nft delete table inet vireo_network"
                             : "nft flush chain inet vireo_network out_virbr0");
        vr_time began = vr_now();
        unsigned before = vr_fwwatch_repairs();
        while (vr_fwwatch_repairs() == before && vr_now() - began < VR_SEC(3))
            vr_sleep_until(vr_after(VR_MS(2)), NULL);
        vr_time took = vr_now() - began;
        slowest = took > slowest ? took : slowest;
        back += took < VR_SEC(1) && sh("nft list chain inet vireo_network out_virbr0 | grep -q reject");
    }
}

VR_TEST(flushed_rules_are_back_within_a_second_a_hundred_times)
{
    if (!setup())
        return;
    in_loop(flushes);
    EXPECT_OK(ok, error);
    printf("slowest of 100: %.0f ms\n", (double)slowest / 1e6);
    EXPECT_EQ(back, 100);
}

static void docker(void)
{
    ok = sh("nft add table ip filter; nft 'add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }';"
            "nft add chain ip filter DOCKER-USER; nft add rule ip filter FORWARD jump DOCKER-USER;"
            "nft add rule ip filter DOCKER-USER counter return");
    put_two();
    ok = ok && sh("nft list chain ip filter DOCKER-USER | grep -q 'iifname \"virbr0\" accept comment \"vireo:virbr0\"'") &&
         sh("nft list chain ip filter DOCKER-USER | grep -q 'iifname \"virbr1\" oifname \"virbr1\" accept'") &&
         sh("! nft list chain ip filter FORWARD | grep -q vireo") &&
         /* Docker starts anew: its chains are emptied. */
         sh("nft flush chain ip filter DOCKER-USER") && vr_firewall_check(&repaired, soon(), &error) &&
         sh("nft list chain ip filter DOCKER-USER | grep -q 'oifname \"virbr0\" accept'") &&
         vr_firewall_remove("virbr0", soon(), &error) && vr_firewall_remove("virbr1", soon(), &error) &&
         sh("! nft list ruleset | grep -q vireo");
}

VR_TEST(dockers_chain_lets_guests_pass_until_the_network_ends)
{
    if (!setup())
        return;
    in_loop(docker);
    EXPECT_OK(ok, error);
    EXPECT_FALSE(repaired);
}

static bool named;
static void obstacles(void)
{
    struct vr_firewall_obstacle *v = NULL;
    size_t n = 0;
    put_two();
    ok = ok && sh("nft add table inet mine; nft 'add chain inet mine fw { type filter hook forward priority 10; policy drop; }'") &&
         vr_firewall_obstacles(&v, &n);
    named = n == 1 && strcmp(v[0].table, "mine") == 0 && strcmp(v[0].chain, "fw") == 0 && strcmp(v[0].family, "inet") == 0 &&
            !v[0].passed;
    free(v);
}

VR_TEST(others_that_drop_are_named)
{
    if (!setup())
        return;
    in_loop(obstacles);
    EXPECT_OK(ok, error);
    EXPECT(named);
}

static void bad_names(void)
{
    static const char *const bad[] = { "virbr*", "a\"b", "a;b", "a b", "", "longer_than_fifteen" };
    ok = true;
    for (size_t i = 0; i < VR_COUNT(bad); i++) {
        struct vr_firewall_net net = nat;
        net.bridge = bad[i];
        VR_AUTO(vr_error) *err = NULL;
        ok = ok && !vr_firewall_put(&net, soon(), &err) && err->code == VIR_ERR_CONFIG_UNSUPPORTED;
    }
    ok = ok && sh("test -z \"$(nft list ruleset)\"") && vr_firewall_count() == 0;
}

VR_TEST(a_name_that_is_more_than_a_name_is_refused)
{
    if (!setup())
        return;
    in_loop(bad_names);
    EXPECT(ok);
}

static void refused(void)
{
    struct vr_firewall_net net = nat;
    struct vr_firewall_subnet s = { false, "not an address", 24 };
    put_two();
    net.subnets = &s;
    net.subnet_count = 1;
    ok = ok && !vr_firewall_put(&net, soon(), &error) && vr_firewall_check(&repaired, soon(), NULL) && !repaired &&
         sh("nft list chain inet vireo_network nat_virbr0 | grep -q 192.168.122.0/24");
}

VR_TEST(a_change_that_fails_leaves_the_rules_as_they_were)
{
    if (!setup())
        return;
    in_loop(refused);
    EXPECT(ok);
    EXPECT_STR_HAS(error->message, "Failed to apply firewall rules");
}

VR_TESTS("firewall", rules_come_and_go_without_a_trace, only_a_changed_table_is_written_again,
         flushed_rules_are_back_within_a_second_a_hundred_times, dockers_chain_lets_guests_pass_until_the_network_ends,
         others_that_drop_are_named, a_name_that_is_more_than_a_name_is_refused,
         a_change_that_fails_leaves_the_rules_as_they_were)

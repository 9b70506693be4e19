/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/test_dir.h"
#include "sysfile.h"
#include "vf.h"

static void sh(const char *fmt, const char *dir)
{
    vr_autofree char *command = vr_printf("cd '%s' && %s", dir, fmt);
    EXPECT_EQ(system(command), 0);
}

VR_TEST(a_virtual_function_is_found_at_its_card)
{
    char pattern[] = "/tmp/vf-XXXXXX", *dir = vr_test_dir(pattern);
    char pf[VR_IFNAME];
    unsigned number = 99;
    sh("mkdir -p sys/bus/pci/devices/0000:03:00.0/net/enp3s0 sys/bus/pci/devices/0000:03:10.0 sys/bus/pci/devices/0000:03:10.2 "
       "sys/bus/pci/devices/0000:04:00.0 && cd sys/bus/pci/devices && echo 2 > 0000:03:00.0/sriov_numvfs && "
       "ln -s ../0000:03:10.0 0000:03:00.0/virtfn0 && ln -s ../0000:03:10.2 0000:03:00.0/virtfn1 && "
       "ln -s ../0000:03:00.0 0000:03:10.0/physfn && ln -s ../0000:03:00.0 0000:03:10.2/physfn", dir);
    vr_sys_set_root(dir);
    EXPECT_EQ(vr_vf_find("0000:03:10.2", pf, &number), 0);
    EXPECT_STR(pf, "enp3s0");
    EXPECT_EQ(number, 1);
    EXPECT_EQ(vr_vf_find("0000:04:00.0", pf, &number), ENODEV);
    EXPECT_EQ(vr_vf_find("0000:09:00.0", pf, &number), ENODEV);
    vr_sys_set_root(NULL);
}

VR_TEST(a_card_without_virtual_functions_says_so)
{
    const uint8_t mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
    if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
        return;
    EXPECT_EQ(vr_link_new_bridge("br0"), 0);
    int e = vr_vf_set("br0", 0, mac, 42);
    EXPECT(e == EOPNOTSUPP || e == EINVAL || e == ENODEV);
    EXPECT_EQ(vr_vf_set("none0", 0, mac, 42), ENODEV);
}

VR_TESTS("vf", a_virtual_function_is_found_at_its_card, a_card_without_virtual_functions_says_so)

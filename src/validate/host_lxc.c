/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <stdio.h>
#include <sys/utsname.h>
#include "base/cleanup.h"

/* The first kernel with all namespaces a container needs. */
static bool kernel_is_new_enough(void)
{
    struct utsname u;
    unsigned major = 0, minor = 0, micro = 0;
    vr_report_check("LXC", "for Linux >= %d.%d.%d", 2, 6, 26);
    if (uname(&u) != 0 || sscanf(u.release, "%u.%u.%u", &major, &minor, &micro) < 2 ||
        major < 2 || (major == 2 && (minor < 6 || (minor == 6 && micro < 26))))
        return vr_report_miss(VR_REPORT_FAIL, "%s", "Upgrade to a kernel supporting namespaces");
    vr_report_pass();
    return true;
}

bool vr_host_lxc(void)
{
    static const struct { const char *name; enum vr_report_level level; const char *hint; } namespaces[] = {
        { "ipc", VR_REPORT_FAIL, "IPC namespace support is required" },
        { "mnt", VR_REPORT_FAIL, "Mount namespace support is required" },
        { "pid", VR_REPORT_FAIL, "PID namespace support is required" },
        { "uts", VR_REPORT_FAIL, "UTS namespace support is required" },
        { "net", VR_REPORT_WARN, "Network namespace support is recommended" },
        { "user", VR_REPORT_WARN, "User namespace support is recommended" },
    };
    static const char *const controllers[] = { "cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", NULL };
    bool fit = kernel_is_new_enough();
    for (size_t i = 0; i < VR_COUNT(namespaces); i++)
        fit &= vr_report_namespace("LXC", namespaces[i].name, namespaces[i].level, namespaces[i].hint);
    fit &= vr_report_cgroups("LXC", controllers, VR_REPORT_FAIL);
    fit &= vr_report_device("LXC", "/sys/fs/fuse/connections", VR_REPORT_FAIL,
                            "Load the 'fuse' module to enable /proc/ overrides");
    return fit;
}

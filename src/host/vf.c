/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vf.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "nlmsg.h"
#include "sysfile.h"

#define MAX_VFS 65536

/* Its link's name is the one entry of physfn/net; cards with several ports have several: the first stands for all. */
static bool first_link(const char *directory, char name[VR_IFNAME])
{
    DIR *dir = opendir(directory);
    bool found = false;
    for (struct dirent *e; dir && !found && (e = readdir(dir));)
        if (e->d_name[0] != '.' && strlen(e->d_name) < VR_IFNAME) {
            snprintf(name, VR_IFNAME, "%.*s", VR_IFNAME - 1, e->d_name);
            found = true;
        }
    if (dir)
        closedir(dir);
    return found;
}

static bool is_number(const char *pf_dir, unsigned number, const char *pci)
{
    char target[PATH_MAX];
    vr_autofree char *link = vr_printf("%s/virtfn%u", pf_dir, number);
    ssize_t n = readlink(link, target, sizeof(target) - 1);
    if (n <= 0)
        return false;
    target[n] = '\0';
    const char *slash = strrchr(target, '/');
    return vr_streq(slash ? slash + 1 : target, pci);
}

int vr_vf_find(const char *pci, char pf[VR_IFNAME], unsigned *number)
{
    vr_autofree char *pf_dir = vr_sys_path("/sys/bus/pci/devices/%s/physfn", pci);
    vr_autofree char *net = vr_printf("%s/net", pf_dir);
    uint64_t count = 0;
    if (access(pf_dir, F_OK) < 0 || !first_link(net, pf) ||
        !vr_sys_read_u64(&count, "/sys/bus/pci/devices/%s/physfn/sriov_numvfs", pci))
        return ENODEV;
    for (unsigned i = 0; i < count && i < MAX_VFS; i++)
        if (is_number(pf_dir, i, pci)) {
            *number = i;
            return 0;
        }
    return ENODEV;
}

int vr_vf_set(const char *pf, unsigned number, const uint8_t *mac, unsigned vlan)
{
    struct vr_link link;
    struct vr_nl m;
    int e = vr_link_get(pf, 0, &link);
    if (e)
        return e;
    struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = (int)link.index };
    struct ifla_vf_mac address = { .vf = number };
    struct ifla_vf_vlan tag = { .vf = number, .vlan = vlan };
    if (mac)
        memcpy(address.mac, mac, 6);
    vr_nl_init(&m, RTM_SETLINK, 0, &info, sizeof(info));
    struct rtattr *list = vr_nl_attr(&m, IFLA_VFINFO_LIST, NULL, 0), *one = vr_nl_attr(&m, IFLA_VF_INFO, NULL, 0);
    vr_nl_attr(&m, IFLA_VF_MAC, &address, sizeof(address));
    vr_nl_attr(&m, IFLA_VF_VLAN, &tag, sizeof(tag));
    vr_nl_end(&m, one);
    vr_nl_end(&m, list);
    return vr_nl_talk(&m, NETLINK_ROUTE, NULL, 0, NULL);
}

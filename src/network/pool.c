/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.pool"
/* Pools of physical devices: virtual functions of a network card, by its name. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "start.h"

#define VFS_MAX 1024

static char *pci_path(const struct vr_pci_address *a)
{
    return vr_printf("/sys/bus/pci/devices/%04x:%02x:%02x.%x", a->domain, a->bus, a->slot, a->function);
}

/* A device is a virtual function when it has a physical one. */
bool vr_net_check_host(const struct vr_network_def *def, struct vr_error **err)
{
    for (size_t i = 0; i < def->forward.addresses.n; i++) {
        vr_autofree char *path = pci_path(&def->forward.addresses.v[i]->pci);
        vr_autofree char *physfn = vr_printf("%s/physfn", path);
        if (access(physfn, F_OK) < 0)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("device '%s' in network '%s' is not an SR-IOV Virtual Function"), path,
                           def->name);
    }
    return true;
}

/* The network device of a PCI device; malloc'd, NULL when it has none. */
static char *netdev_of(const char *pci)
{
    vr_autofree char *path = vr_printf("%s/net", pci);
    DIR *dir = opendir(path);
    char *name = NULL;
    for (struct dirent *e; dir && !name && (e = readdir(dir));)
        if (e->d_name[0] != '.')
            name = vr_strdup(e->d_name);
    if (dir)
        closedir(dir);
    return name;
}

static bool parse_pci(const char *text, struct vr_pci_address *out)
{
    *out = (struct vr_pci_address){ 0 };
    return sscanf(text, "%4x:%2x:%2x.%1x", &out->domain, &out->bus, &out->slot, &out->function) == 4;
}

static void add_vf(struct vr_network_def *def, const char *pci)
{
    struct vr_network_forward *f = &def->forward;
    if (f->mode == VR_FORWARD_HOSTDEV) {
        struct vr_forward_address *a = vr_arena_new_of(def->arena, struct vr_forward_address);
        const char *slash = strrchr(pci, '/');
        a->type = "pci";
        if (parse_pci(slash ? slash + 1 : pci, &a->pci))
            VR_LIST_ADD(def->arena, &f->addresses, a);
        return;
    }
    vr_autofree char *dev = netdev_of(pci);
    if (!dev) {
        vr_info("network '%s': '%s' is not in the pool, since no network driver has it", def->name, pci);
        return;
    }
    struct vr_forward_interface *i = vr_arena_new_of(def->arena, struct vr_forward_interface);
    i->dev = vr_arena_strdup(def->arena, dev);
    VR_LIST_ADD(def->arena, &f->interfaces, i);
}

bool vr_net_fill_pool(struct vr_network_def *def, struct vr_error **err)
{
    struct vr_network_forward *f = &def->forward;
    if (!f->pfs.n || f->interfaces.n || f->addresses.n)
        return true;
    const char *pf = f->pfs.v[0]->dev;
    if (strchr(pf, '/') || vr_streq(pf, ".") || vr_streq(pf, ".."))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Could not get Virtual functions on %s"), pf);
    for (unsigned n = 0; n < VFS_MAX; n++) {
        vr_autofree char *link = vr_printf("/sys/class/net/%s/device/virtfn%u", pf, n);
        char real[PATH_MAX];
        if (!realpath(link, real))
            break;
        add_vf(def, real);
    }
    if (!f->interfaces.n && !f->addresses.n)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("No usable Vf's present on SRIOV PF %s"), pf);
    return true;
}

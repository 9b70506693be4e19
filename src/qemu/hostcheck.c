/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "hostcheck.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "deadlines.h"
#include "driver/netport.h"
#include "helper.h"
#include "host/sysfile.h"
#include "model/domain.h"

#define DRI "/dev/dri"
#define NODES_MAX 65536

/* Work for a worker: nodes that must be there, and a render node to be found. */
struct look {
    unsigned *nodes;
    size_t n, cap;
    bool want_render, want_gpu;
    char *render;
    struct vr_error *err;
};

static void look_free(void *arg)
{
    struct look *look = arg;
    free(look->nodes);
    free(look->render);
    vr_error_free(look->err);
    free(look);
}

static void find_render(struct look *look)
{
    DIR *dir = opendir(DRI);
    if (!dir) {
        vr_fail_errno(&look->err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot open directory '%s'"), DRI);
        return;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        if (!vr_starts_with(e->d_name, "renderD"))
            continue;
        char *path = vr_printf("%s/%s", DRI, e->d_name);
        if (!look->render || strcmp(path, look->render) < 0) { /* the first by name */
            free(look->render);
            look->render = path;
        } else {
            free(path);
        }
    }
    closedir(dir);
    if (!look->render)
        vr_fail(&look->err, VIR_ERR_INTERNAL_ERROR, "%s", _("no DRM render nodes available"));
}

static void look_task(void *arg)
{
    struct look *look = arg;
    for (size_t i = 0; i < look->n; i++) {
        /* A kernel without NUMA has node 0 in all but name. */
        if (vr_sys_exists("/sys/devices/system/node/node%u", look->nodes[i]) ||
            (look->nodes[i] == 0 && !vr_sys_exists("/sys/devices/system/node")))
            continue;
        vr_fail(&look->err, VIR_ERR_CONFIG_UNSUPPORTED, _("NUMA node %u is unavailable"), look->nodes[i]);
        return;
    }
    vr_autofree char *gpu = look->want_gpu ? vr_helper_described("gpu") : NULL;
    if (look->want_gpu && !gpu)
        vr_error_report(&look->err, VIR_FROM_QEMU, VIR_ERR_OPERATION_FAILED, -1, "%s",
                        _("Unable to find a satisfying vhost-user-gpu"));
    if (!look->err && (look->want_render || gpu))
        find_render(look);
    if (!look->err && gpu)
        vr_fail(&look->err, VIR_ERR_CONFIG_UNSUPPORTED, _("'%s' is not started by this build: <driver name='vhostuser'/> of a "
                "video device cannot be used"), gpu);
}

static void want_nodes(struct look *look, const struct vr_cpuset *set)
{
    for (int node = set ? vr_cpuset_next(set, 0) : -1; node >= 0 && node < NODES_MAX;
         node = vr_cpuset_next(set, (unsigned)node + 1)) {
        VR_GROW(look->nodes, look->n, look->cap);
        look->nodes[look->n++] = (unsigned)node;
    }
}

static bool needs_render(const struct vr_graphics *g)
{
    return !g->rendernode && (g->type == VR_GRAPHICS_EGL_HEADLESS ||
                              (g->gl == VR_TRI_YES && (g->type == VR_GRAPHICS_SPICE || g->type == VR_GRAPHICS_DBUS)));
}

/* A screen that listens on a virtual network does so at the network's own address. */
static bool listen_on_networks(struct vr_domain_def *def, struct vr_error **err)
{
    for (size_t i = 0; i < def->graphics.n; i++) {
        const struct vr_graphics *g = def->graphics.v[i];
        for (size_t k = 0; k < g->listens.n; k++) {
            struct vr_graphics_listen *l = g->listens.v[k];
            if (l->type != VR_LISTEN_NETWORK || l->address || !l->network)
                continue;
            const struct vr_netport_ops *networks = vr_netport_required(err);
            vr_autofree char *address = networks ? networks->address(l->network, err) : NULL;
            if (!address)
                return false;
            l->address = vr_arena_strdup(def->arena, address);
        }
    }
    return true;
}

VR_SUSPENDS bool vr_hostcheck(struct vr_domain_def *def, bool start, struct vr_error **err)
{
    if (!listen_on_networks(def, err))
        return false;
    const struct vr_numatune *tune = def->numatune;
    /* numad's advice is needed and nobody asks it: as on a host where it is not installed. */
    if (def->vcpu_placement == VR_PLACEMENT_AUTO || (tune && tune->placement == VR_PLACEMENT_AUTO)) {
        if (start)
            return vr_fail(err, VIR_ERR_OPERATION_FAILED, "%s", _("Failed to query numad for the advisory nodeset"));
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_INTERNAL_ERROR, -1, "%s",
                               _("Advice from numad is needed in case of automatic numa placement"));
    }
    if (def->type != VR_VIRT_KVM && def->features.pvspinlock.state == VR_TRI_ON && start)
        return vr_error_report(err, VIR_FROM_QEMU, VIR_ERR_CONFIG_UNSUPPORTED, -1, "%s",
                               _("host doesn't support paravirtual spinlocks"));
    struct look *look = vr_new(struct look);
    if (tune && tune->has_memory)
        want_nodes(look, tune->nodeset);
    for (size_t i = 0; tune && i < tune->nodes.n; i++)
        want_nodes(look, tune->nodes.v[i]->nodeset);
    for (size_t i = 0; i < def->graphics.n; i++)
        look->want_render |= needs_render(def->graphics.v[i]);
    for (size_t i = 0; i < def->videos.n; i++)
        look->want_gpu |= def->videos.v[i]->driver_name && vr_streq(def->videos.v[i]->driver_name, "vhostuser");
    if (!look->n && !look->want_render && !look->want_gpu) {
        look_free(look);
        return true;
    }
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "look at the host", look_task, look, look_free, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    bool ok = !look->err;
    vr_error_move(err, &look->err);
    for (size_t i = 0; ok && i < def->graphics.n; i++)
        if (needs_render(def->graphics.v[i]))
            def->graphics.v[i]->rendernode = vr_arena_strdup(def->arena, look->render);
    look_free(look);
    return ok;
}

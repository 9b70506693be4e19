/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.emulators"
#include "emulators.h"
#include <stdlib.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "driver.h"
#include "loop/loop.h"
#include "qemu/caps/caps.h"

/* A file that was looked at so recently is not looked at again: one start asks several times. */
#define FRESH_FOR VR_SEC(1)

struct emulator {
    struct vr_qemu_caps *caps;
    vr_time checked;
    bool busy;              /* a fiber checks or probes it */
    struct vr_cond cond;
};

static struct vr_map *emulators; /* by path */

struct load {
    char *path, *cache_dir;
    struct vr_qemu_caps *old; /* only for the check: its count belongs to the loop, which holds it until the task ends */
    vr_time deadline;
    struct vr_qemu_caps *caps;
    bool fresh;
    struct vr_error *err;
};

static void load_task(void *arg)
{
    struct load *l = arg;
    if (l->old && vr_qemu_caps_fresh(l->old))
        l->fresh = true;
    else
        l->caps = vr_qemu_caps_load(l->path, l->cache_dir, l->deadline, &l->err);
}

static void load_free(void *arg)
{
    struct load *l = arg;
    vr_qemu_caps_unref(l->caps);
    vr_error_free(l->err);
    free(l->path);
    free(l->cache_dir);
    free(l);
}

VR_SUSPENDS static bool refresh(const char *path, struct emulator *e, vr_time deadline, struct vr_error **err)
{
    struct load *l = vr_new(struct load);
    l->path = vr_strdup(path);
    l->cache_dir = vr_strdup(vr_qemu.cache_dir);
    l->deadline = deadline;
    l->old = e->caps; /* not freed while e->busy; an abandoned task leaks it on purpose below */
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "probe emulator", load_task, l, load_free, deadline, err)) {
        e->caps = NULL; /* the abandoned task may still look at it */
        return false;
    }
    bool ok = l->fresh || l->caps;
    if (l->caps) {
        vr_qemu_caps_unref(e->caps);
        e->caps = vr_take(l->caps);
    } else if (!ok) {
        vr_error_move(err, &l->err);
    }
    load_free(l);
    return ok;
}

VR_SUSPENDS struct vr_qemu_caps *vr_emulator_caps(const char *path, vr_time deadline, struct vr_error **err)
{
    if (!emulators)
        emulators = vr_map_new();
    struct emulator *e = vr_map_get_str(emulators, path);
    if (!e) {
        e = vr_new(struct emulator);
        vr_map_put_str(emulators, path, e);
    }
    while (e->busy)
        if (!vr_cond_wait(&e->cond, deadline, err))
            return NULL;
    if (e->caps && vr_now() - e->checked < FRESH_FOR)
        return vr_qemu_caps_ref(e->caps);
    e->busy = true;
    bool ok = refresh(path, e, deadline, err);
    e->busy = false;
    vr_cond_broadcast(&e->cond);
    if (!ok)
        return NULL;
    e->checked = vr_now();
    return vr_qemu_caps_ref(e->caps);
}

void vr_emulators_done(void)
{
    size_t pos = 0;
    void *value;
    while (emulators && vr_map_each(emulators, &pos, &value)) {
        struct emulator *e = value;
        vr_qemu_caps_unref(e->caps);
        free(e);
    }
    vr_map_free(emulators);
    emulators = NULL;
}

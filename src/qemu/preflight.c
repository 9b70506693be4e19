/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "preflight.h"
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "conf.h"
#include "deadlines.h"
#include "domain.h"
#include "driver.h"
#include "host/mounts.h"
#include "host/whohas.h"
#include "model/domain.h"
#include "process.h"

/* ---- the way there ------------------------------------------------------------------------------------------------ */

struct way {
    char *path, *mount;
    const char *what; /* of the list below */
};
struct ways {
    struct way *v;
    size_t n, cap;
    size_t from, to;        /* what a worker's turn looks at: one mount */
    struct vr_opener who;
    gid_t *groups;
    char *why;
    size_t at;
};

static void ways_free(void *arg)
{
    struct ways *w = arg;
    for (size_t i = 0; i < w->n; i++) {
        free(w->v[i].path);
        free(w->v[i].mount);
    }
    free(w->v);
    free(w->groups);
    free(w->why);
    free(w);
}

static void add(struct ways *w, const char *what, const char *path)
{
    if (!path || *path != '/')
        return;
    VR_GROW(w->v, w->n, w->cap);
    w->v[w->n++] = (struct way){ vr_strdup(path), vr_mount_of(path), what };
}

static void collect(struct ways *w, const struct vr_domain_def *def)
{
    const struct vr_os *os = &def->os;
    for (size_t i = 0; i < def->disks.n; i++)
        for (const struct vr_storage_source *s = def->disks.v[i]->src; s && s->type != VR_STORAGE_UNSET; s = s->backing)
            /* of a descriptor group: opened by who gave it */
            if (!s->fdgroup && (s->type == VR_STORAGE_FILE || s->type == VR_STORAGE_BLOCK || s->type == VR_STORAGE_DIR))
                add(w, s == def->disks.v[i]->src ? _("image") : _("backing image"), s->path);
    add(w, _("kernel"), os->kernel);
    add(w, _("initrd"), os->initrd);
    add(w, _("device tree"), os->dtb);
    add(w, _("firmware"), os->loader);
    if (os->nvram && os->nvram->type == VR_STORAGE_FILE)
        add(w, _("file of firmware variables"), os->nvram->path);
    for (size_t i = 0; i < os->acpi_tables.n; i++)
        add(w, _("ACPI table"), os->acpi_tables.v[i]->path);
    for (size_t i = 0; i < def->sysinfos.n; i++)
        for (size_t k = 0; k < def->sysinfos.v[i]->fwcfg.n; k++)
            add(w, _("fw_cfg file"), def->sysinfos.v[i]->fwcfg.v[k]->file);
    for (size_t i = 0; i < def->memories.n; i++)
        add(w, _("memory file"), def->memories.v[i]->path);
    for (size_t i = 0; i < def->filesystems.n; i++)
        if (def->filesystems.v[i]->driver != VR_FS_DRIVER_VIRTIOFS) /* its own daemon opens that one */
            add(w, _("folder"), def->filesystems.v[i]->source_dir);
}

static int by_mount(const void *a, const void *b)
{
    const struct way *x = a, *y = b;
    return strcmp(x->mount, y->mount);
}

static void way_task(void *arg)
{
    struct ways *w = arg;
    for (size_t i = w->from; i < w->to && !w->why; i++) {
        w->why = vr_why_not_reachable(w->v[i].path, &w->who);
        w->at = i;
    }
}

VR_SUSPENDS bool vr_preflight(struct vr_domain *dom, struct vr_error **err)
{
    const struct vr_guest_run *run = dom->run;
    const struct vr_qemu_conf *conf = vr_qemu.conf;
    if (!vr_qemu.privileged || run->uid == 0)
        return true; /* the rest opens as we do */
    struct ways *w = vr_new(struct ways);
    collect(w, dom->live);
    vr_sort(w->v, w->n, sizeof(*w->v), by_mount);
    bool usual = run->uid == conf->uid && run->gid == conf->gid;
    w->groups = vr_memdup(usual ? conf->groups : &run->gid, (usual ? conf->group_count : 1) * sizeof(gid_t));
    w->who = (struct vr_opener){ run->uid, run->gid, w->groups, usual ? conf->group_count : 1 };
    while (w->from < w->n && !w->why) {
        for (w->to = w->from + 1; w->to < w->n && vr_streq(w->v[w->to].mount, w->v[w->from].mount); w->to++)
            ;
        vr_autofree char *mount = vr_strdup(w->v[w->from].mount);
        if (!vr_worker_run(VR_POOL_STORAGE, mount, "look at the way to files", way_task, w, ways_free, vr_after(VR_SPAN_LAUNCH),
                           err))
            return false;
        w->from = w->to;
    }
    bool ok = !w->why || vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("QEMU cannot open the %s '%s': %s"), w->v[w->at].what,
                                 w->v[w->at].path, w->why);
    ways_free(w);
    return ok;
}

/* ---- who was in its way ------------------------------------------------------------------------------------------- */

struct holder {
    char *path;             /* a file, or */
    unsigned port;
    char *who;
};

static void holder_free(void *arg)
{
    struct holder *h = arg;
    free(h->path);
    free(h->who);
    free(h);
}

static void holder_task(void *arg)
{
    struct holder *h = arg;
    h->who = h->path ? vr_who_has_file(h->path, 0) : vr_who_listens(h->port);
}

/* malloc'd; NULL: nobody is seen. */
VR_SUSPENDS static char *holder_of(const char *path, unsigned port)
{
    struct holder *h = vr_new(struct holder);
    h->path = vr_strdup(path);
    h->port = port;
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "look for a holder", holder_task, h, holder_free, vr_after(VR_SEC(5)), NULL))
        return NULL;
    char *who = vr_take(h->who);
    holder_free(h);
    return who;
}

static bool uses(const struct vr_domain_def *def, const char *path)
{
    for (size_t i = 0; i < def->disks.n; i++)
        for (const struct vr_storage_source *s = def->disks.v[i]->src; s && s->type != VR_STORAGE_UNSET; s = s->backing)
            if (vr_streq0(s->path, path))
                return true;
    return false;
}

/* "... Failed to get "write" lock\nIs another process using the image [/x.img]?" */
VR_SUSPENDS static void explain_lock(struct vr_domain *dom, struct vr_error **err)
{
    static const char before[] = "Is another process using the image [";
    const char *at = strstr((*err)->message, before), *end = at ? strchr(at + sizeof(before) - 1, ']') : NULL;
    if (!end)
        return;
    vr_autofree char *path = vr_strndup(at + sizeof(before) - 1, (size_t)(end - at) - (sizeof(before) - 1));
    VR_AUTO_DOMAINS all = vr_domain_list_all(vr_qemu.domains);
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i] != dom && all.v[i]->live && uses(all.v[i]->live, path)) {
            vr_error_suffix(err, _("; domain '%s' is using '%s'"), all.v[i]->name, path);
            return;
        }
    vr_autofree char *who = holder_of(path, 0);
    if (who)
        vr_error_suffix(err, _("; %s is using '%s'"), who, path);
}

VR_SUSPENDS static void explain_port(struct vr_domain *dom, struct vr_error **err)
{
    unsigned ports[64];
    size_t n = 0;
    const struct vr_domain_def *def = dom->live;
    for (size_t i = 0; i < def->graphics.n && n < 60; i++) {
        const struct vr_oint *all[] = { &def->graphics.v[i]->port, &def->graphics.v[i]->tls_port, &def->graphics.v[i]->websocket };
        for (size_t k = 0; k < VR_COUNT(all); k++)
            if (all[k]->set && all[k]->v > 0)
                ports[n++] = (unsigned)all[k]->v;
    }
    for (size_t i = 0; i < def->serials.n && n < 63; i++) {
        const struct vr_chr_source *s = &def->serials.v[i]->src;
        uint64_t port;
        if (s->type == VR_CHR_TCP && s->mode == VR_CHR_SOURCE_BIND && s->service && vr_parse_u64(s->service, 10, 65535, &port))
            ports[n++] = (unsigned)port;
    }
    for (size_t i = 0; i < n; i++) {
        vr_autofree char *who = holder_of(NULL, ports[i]);
        if (who)
            vr_error_suffix(err, _("; %s listens on port %u"), who, ports[i]);
    }
}

VR_SUSPENDS void vr_preflight_explain(struct vr_domain *dom, struct vr_error **err)
{
    if (!err || !*err)
        return;
    if (strstr((*err)->message, "Is another process using the image ["))
        explain_lock(dom, err);
    if (strstr((*err)->message, "Address already in use"))
        explain_port(dom, err);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.autostart"
#include "autostart.h"
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "rows.h"
#include "driver/store.h"

static const char *const suffixes[] = { "", ".once" };

static bool *mark(struct vr_domain *dom, bool once)
{
    return once ? &dom->autostart_once : &dom->autostart;
}
static char *link_path(const char *name, bool once)
{
    return vr_printf("%s/%s.xml%s", vr_qemu.autostart_dir, name, suffixes[once]);
}

/* The guest whose definition is stored under that name; a reference. */
static struct vr_domain *stored_under(const char *name)
{
    struct vr_domain *dom = vr_domain_by_name(vr_qemu.domains, name);
    if (dom && !dom->stored_as)
        return dom;
    vr_domain_unref(dom);
    size_t pos = 0;
    while ((dom = vr_domain_list_each(vr_qemu.domains, &pos)))
        if (dom->stored_as && vr_streq(dom->stored_as, name))
            return vr_domain_ref(dom);
    return NULL;
}

void vr_autostart_read(void)
{
    DIR *dir = opendir(vr_qemu.autostart_dir);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        bool once = vr_ends_with(e->d_name, ".xml.once");
        if (e->d_name[0] == '.' || (!once && !vr_ends_with(e->d_name, ".xml")))
            continue;
        vr_autofree char *name = vr_strndup(e->d_name, strlen(e->d_name) - (once ? strlen(".xml.once") : strlen(".xml")));
        vr_autofree char *link = link_path(name, once);
        VR_AUTO_DOMAIN *dom = stored_under(name);
        char target[1];
        if (readlink(link, target, sizeof(target)) <= 0)
            continue;
        if (dom)
            *mark(dom, once) = true;
        else if (access(link, F_OK) < 0 && errno == ENOENT)
            unlink(link); /* left by a crash: a guest that is defined by this name later is another one */
    }
    if (dir)
        closedir(dir);
}

VR_SUSPENDS static bool change(struct vr_domain *dom, bool once, bool wanted, struct vr_error **err)
{
    bool ok = false;
    vr_autofree char *link = link_path(vr_domain_file(dom), once);
    vr_autofree char *path = vr_printf("%s/%s.xml", vr_qemu.config_dir, vr_domain_file(dom));
    if (*mark(dom, once) == wanted)
        return true;
    vr_shield(vr_after(VR_SPAN_STORE))
        ok = wanted ? vr_store_link(link, path, vr_after(VR_SPAN_STORE), err)
                    : vr_store_remove(link, vr_after(VR_SPAN_STORE), err);
    if (ok)
        *mark(dom, once) = wanted;
    return ok;
}

VR_SUSPENDS bool vr_autostart_forget(struct vr_domain *dom, struct vr_error **err)
{
    return change(dom, false, false, err) && change(dom, true, false, err);
}

VR_SUSPENDS bool vr_autostart_link(struct vr_domain *dom, struct vr_error **err)
{
    vr_autofree char *path = vr_printf("%s/%s.xml", vr_qemu.config_dir, dom->name);
    for (int once = 0; once < 2; once++) {
        vr_autofree char *link = link_path(dom->name, once);
        if (*mark(dom, once) && !vr_store_link(link, path, vr_after(VR_SPAN_STORE), err))
            return false;
    }
    return true;
}

VR_SUSPENDS bool vr_autostart_unlink(struct vr_domain *dom, const char *name, struct vr_error **err)
{
    for (int once = 0; once < 2; once++) {
        vr_autofree char *link = link_path(name, once);
        if (*mark(dom, once) && !vr_store_remove(link, vr_after(VR_SPAN_STORE), err))
            return false;
    }
    return true;
}

/* ---- at the daemon's start ---------------------------------------------------------------------------------------- */

VR_SUSPENDS static void start_one(void *arg)
{
    VR_AUTO_DOMAIN *dom = arg;
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_job) *job = vr_job_begin(dom, VR_JOB_MODIFY, "virStateInitialize", vr_after(VR_SPAN_JOB), &err);
    if (!job || dom->removed || !(dom->autostart || dom->autostart_once))
        return;
    /* The mark for this boot goes first: a guest that brings the host down must not do so again. */
    if (!change(dom, true, false, &err) || (!vr_domain_is_active(dom) && !vr_rows_start(dom, 0, NULL, &err)))
        vr_logerr("Failed to autostart VM '%s': %s", dom->name, vr_error_text(err));
}

VR_SUSPENDS void vr_autostart_all(void)
{
    /* Once per boot: the mark lives where a boot clears it. */
    vr_autofree char *done = vr_printf("%s/autostarted", vr_qemu.state_dir);
    if (access(done, F_OK) == 0) /* below /run */
        return;
    VR_AUTO(vr_error) *err = NULL;
    if (!vr_store_write(done, "", vr_after(VR_SPAN_STORE), &err)) {
        vr_logerr("no guest is started automatically: %s", vr_error_text(err));
        return;
    }
    VR_AUTO_DOMAINS all = vr_domain_list_all(vr_qemu.domains);
    for (size_t i = 0; i < all.n; i++) {
        if (!all.v[i]->autostart && !all.v[i]->autostart_once)
            continue;
        VR_AUTO(vr_error) *start_err = NULL;
        if (!vr_fiber_start(vr_qemu.group, "autostart", start_one, vr_domain_ref(all.v[i]), &start_err)) {
            vr_logerr("Failed to autostart VM '%s': %s", all.v[i]->name, vr_error_text(start_err));
            vr_domain_unref(all.v[i]);
        }
    }
}

/* ---- calls -------------------------------------------------------------------------------------------------------- */

static bool get(const struct vr_nonnull_domain *named, bool once, int32_t *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(named, err);
    if (dom)
        *out = *mark(dom, once);
    return dom != NULL;
}

VR_SUSPENDS static bool set(struct vr_call *call, const struct vr_nonnull_domain *named, bool once, bool wanted,
                            struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(named, err);
    if (!dom)
        return false;
    if (!dom->persistent)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("cannot set autostart for transient domain"));
    VR_AUTO(vr_job) *job = vr_rows_job(call, dom, VR_JOB_MODIFY, err);
    if (job && !dom->persistent) /* no longer */
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("cannot set autostart for transient domain"));
    return job && change(dom, once, wanted, err);
}

static bool get_autostart(struct vr_call *call, const struct vr_domain_get_autostart_args *in,
                          struct vr_domain_get_autostart_ret *out, struct vr_error **err)
{
    return get(&in->dom, false, &out->autostart, err);
}

static bool get_autostart_once(struct vr_call *call, const struct vr_domain_get_autostart_once_args *in,
                               struct vr_domain_get_autostart_once_ret *out, struct vr_error **err)
{
    return get(&in->dom, true, &out->autostart, err);
}

VR_SUSPENDS static bool set_autostart(struct vr_call *call, const struct vr_domain_set_autostart_args *in,
                                      struct vr_void *out, struct vr_error **err)
{
    return set(call, &in->dom, false, in->autostart != 0, err);
}

VR_SUSPENDS static bool set_autostart_once(struct vr_call *call, const struct vr_domain_set_autostart_once_args *in,
                                           struct vr_void *out, struct vr_error **err)
{
    return set(call, &in->dom, true, in->autostart != 0, err);
}

const struct vr_driver_row vr_rows_autostart[] = {
    VR_ROW(domain_get_autostart, get_autostart, 0),
    VR_ROW(domain_set_autostart, set_autostart, 0),
    VR_ROW(domain_get_autostart_once, get_autostart_once, 0),
    VR_ROW(domain_set_autostart_once, set_autostart_once, 0),
    { 0 },
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.load"
#include "load.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "autostart.h"
#include "definition.h"
#include "domain.h"
#include "driver/stored.h"
#include "deadlines.h"
#include "driver.h"
#include "events.h"
#include "loop/loop.h"
#include "job.h"
#include "schema/xml.h"
#include "status.h"

/* ---- definitions -------------------------------------------------------------------------------------------------- */

static bool find_identity(const char *text, size_t len, char **name, struct vr_uuid *uuid, struct vr_error **err)
{
    if (!vr_xml_identity(text, len, name, uuid, err))
        return false;
    if (*name)
        return true;
    VR_AUTO(vr_domain_def) *def = vr_definition_load(text, err);
    if (!def)
        return false;
    *name = vr_strdup(def->name);
    *uuid = def->uuid;
    return true;
}

static void load_config(const char *path, const char *file_name, void *opaque)
{
    VR_AUTO(vr_error) *err = NULL;
    size_t len = 0;
    vr_autofree char *name = NULL;
    vr_autofree char *text = vr_stored_read(path, &len, &err);
    struct vr_uuid uuid;
    VR_AUTO_DOMAIN *dom = NULL;
    if (!text || !find_identity(text, len, &name, &uuid, &err) ||
        !vr_domain_list_match(vr_qemu.domains, name, &uuid, &dom, &err)) {
        vr_logerr("Failed to load config for domain '%s': %s", file_name, vr_error_text(err));
        return;
    }
    bool misplaced = !vr_streq(name, file_name);
    if (dom && dom->persistent && misplaced) {
        vr_warn("'%s' also defines domain '%s': it is left alone", path, name);
        return;
    }
    if (!dom && !(dom = vr_domain_list_add(vr_qemu.domains, name, &uuid, &err))) {
        vr_logerr("Failed to load config for domain '%s': %s", file_name, vr_error_text(err));
        return;
    }
    dom->hidden = false;
    dom->persistent = true;
    /* Kept as it is until somebody asks: 10,000 guests must not be parsed to list them. */
    vr_domain_set_config_text(dom, vr_take(text));
    free(vr_take(dom->stored_as));
    if (misplaced) {
        vr_warn("'%s' defines domain '%s'", path, name);
        dom->stored_as = vr_strdup(file_name);
    }
}

/* A rename that a crash cut off, or a file copied by hand: without this, an undefine would leave the file to come back. */
VR_SUSPENDS static bool put_right(struct vr_domain *dom, struct vr_error **err)
{
    vr_autofree char *from = vr_printf("%s/%s.xml", vr_qemu.config_dir, dom->stored_as);
    vr_autofree char *to = vr_printf("%s/%s.xml", vr_qemu.config_dir, dom->name);
    VR_AUTO(vr_job) *job = vr_job_begin(dom, VR_JOB_MODIFY, "virStateInitialize", vr_after(VR_SPAN_JOB), err);
    if (!job)
        return false;
    if (!dom->stored_as || dom->removed)
        return true;
    if (!vr_autostart_link(dom, err) || !vr_store_rename(from, to, vr_after(VR_SPAN_STORE), err) ||
        !vr_autostart_unlink(dom, dom->stored_as, err))
        return false;
    vr_warn("'%s' is '%s' now, after the domain it defines", from, to);
    free(vr_take(dom->stored_as));
    return true;
}

VR_SUSPENDS void vr_load_put_right(void)
{
    VR_AUTO_DOMAINS all = vr_domain_list_all(vr_qemu.domains);
    for (size_t i = 0; i < all.n; i++) {
        VR_AUTO(vr_error) *err = NULL;
        if (all.v[i]->stored_as && !put_right(all.v[i], &err))
            vr_logerr("the file of domain '%s' keeps its wrong name '%s.xml': %s", all.v[i]->name, all.v[i]->stored_as,
                      vr_error_text(err));
    }
}

/* ---- what is stored beside ---------------------------------------------------------------------------------------- */

static void note_save_images(void)
{
    DIR *dir = opendir(vr_qemu.save_dir);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (!vr_ends_with(e->d_name, ".save"))
            continue;
        vr_autofree char *name = vr_strndup(e->d_name, strlen(e->d_name) - 5);
        VR_AUTO_DOMAIN *dom = vr_domain_by_name(vr_qemu.domains, name);
        if (dom)
            dom->managed_save = true;
    }
    if (dir)
        closedir(dir);
}

static unsigned count_documents(const char *path)
{
    unsigned n = 0;
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));)
        n += vr_ends_with(e->d_name, ".xml");
    if (dir)
        closedir(dir);
    return n;
}

static void note_descriptions(const char *kind, size_t offset)
{
    vr_autofree char *path = vr_printf("%s/%s", vr_qemu.lib_dir, kind);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        VR_AUTO_DOMAIN *dom = vr_domain_by_name(vr_qemu.domains, e->d_name);
        vr_autofree char *sub = vr_printf("%s/%s", path, e->d_name);
        if (dom)
            *(unsigned *)(void *)((char *)dom + offset) = count_documents(sub);
    }
    if (dir)
        closedir(dir);
}

bool vr_load_configs(struct vr_error **err)
{
    vr_stored_tidy(vr_qemu.config_dir);
    if (!vr_stored_each(vr_qemu.config_dir, load_config, NULL, err))
        return false;
    vr_autostart_read();
    note_save_images();
    note_descriptions("snapshot", offsetof(struct vr_domain, snapshots));
    note_descriptions("checkpoint", offsetof(struct vr_domain, checkpoints));
    return true;
}

/* ---- running guests ----------------------------------------------------------------------------------------------- */

static void load_status(const char *path, const char *file_name, void *opaque)
{
    VR_AUTO(vr_error) *err = NULL;
    size_t len = 0;
    vr_autofree char *text = vr_stored_read(path, &len, &err);
    VR_AUTO_DOMAIN *dom = text ? vr_status_load(text, len, &err) : NULL;
    if (!dom)
        /* The guest may well run: what cannot be read must not be thrown away. */
        vr_logerr("Failed to load status of domain '%s' from '%s': %s", file_name, path, vr_error_text(err));
}

bool vr_load_statuses(struct vr_error **err)
{
    vr_stored_tidy(vr_qemu.state_dir);
    return vr_stored_each(vr_qemu.state_dir, load_status, NULL, err);
}

/* ---- definitions, once more --------------------------------------------------------------------------------------- */

/* The comment above a stored document is not part of it. */
static const char *body(const char *text)
{
    const char *start = strstr(text, "<domain");
    return start ? start : text;
}

VR_SUSPENDS static bool take_over(const struct vr_stored_file *f, struct vr_error **err)
{
    vr_autofree char *name = NULL;
    struct vr_uuid uuid;
    VR_AUTO_DOMAIN *dom = NULL;
    if (!find_identity(f->text, f->len, &name, &uuid, err) ||
        !vr_domain_list_match(vr_qemu.domains, name, &uuid, &dom, err))
        return false;
    if (!dom) {
        load_config(f->path, f->name, NULL);
        dom = vr_domain_by_uuid(vr_qemu.domains, uuid.b);
        if (dom)
            vr_emit_lifecycle(dom, VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_ADDED);
        return true;
    }
    vr_autofree char *known = vr_domain_config_text(dom);
    if (known && vr_streq(body(known), body(f->text)))
        return true;
    struct vr_domain_def *def = vr_definition_load(f->text, err); /* a file that went bad does not replace one that was good */
    if (!def)
        return false;
    VR_AUTO(vr_job) *job = vr_job_begin(dom, VR_JOB_MODIFY, "virStateReload", vr_after(VR_SPAN_JOB), err);
    if (!job || dom->removed) {
        vr_domain_def_free(def);
        return job != NULL;
    }
    bool had = dom->persistent;
    vr_domain_set_config(dom, def);
    dom->persistent = true;
    dom->hidden = false;
    vr_emit_lifecycle(dom, VIR_DOMAIN_EVENT_DEFINED, had ? VIR_DOMAIN_EVENT_DEFINED_UPDATED : VIR_DOMAIN_EVENT_DEFINED_ADDED);
    return true;
}

VR_SUSPENDS void vr_load_again(void)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_stored) *all = vr_stored_all(vr_qemu.config_dir, vr_after(VR_SPAN_MODIFY), &err);
    if (!all) {
        vr_logerr("the definitions were not read again: %s", vr_error_text(err));
        return;
    }
    for (size_t i = 0; i < all->n && !vr_qemu.stopping; i++) {
        VR_AUTO(vr_error) *one = NULL;
        const struct vr_stored_file *f = &all->v[i];
        if (!f->text || !take_over(f, &one))
            vr_logerr("Failed to load config for domain '%s': %s", f->name, vr_error_text(f->text ? one : f->err));
        if (i % 16 == 15)
            vr_yield();
    }
    vr_autostart_read();
}

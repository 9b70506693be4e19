/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* Configurations come and go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "autostart.h"
#include "definition.h"
#include "events.h"
#include "qemu/caps/caps.h"
#include "helpers.h"
#include "rows.h"
#include "rundir.h"
#include "state.h"
#include "status.h"
#include "driver/store.h"

static char *config_path(const struct vr_domain *dom)
{
    return vr_printf("%s/%s.xml", vr_qemu.config_dir, vr_domain_file(dom));
}

/* ---- define ------------------------------------------------------------------------------------------------------- */

/* Stores `def` as the configuration of a guest whose job is held; consumed on success. */
VR_SUSPENDS static bool define_into(struct vr_domain *dom, struct vr_domain_def **def, struct vr_error **err)
{
    bool had = dom->persistent;
    if (!vr_rows_save_config(dom, *def, err))
        return false;
    vr_domain_set_config(dom, vr_take(*def));
    dom->persistent = true;
    dom->hidden = false;
    if (vr_domain_is_active(dom))
        vr_status_changed(dom);
    vr_emit_lifecycle(dom, VIR_DOMAIN_EVENT_DEFINED, had ? VIR_DOMAIN_EVENT_DEFINED_UPDATED : VIR_DOMAIN_EVENT_DEFINED_ADDED);
    return true;
}

/*
 * The guest that `def` is about, with a job held: the one that exists, or a new one, still hidden. Returns a reference.
 */
VR_SUSPENDS static struct vr_domain *claim(struct vr_call *call, const struct vr_domain_def *def, struct vr_job **job,
                                           struct vr_error **err)
{
    for (;;) {
        struct vr_domain *dom = NULL;
        if (!vr_domain_list_match(vr_qemu.domains, def->name, &def->uuid, &dom, err))
            return NULL;
        bool is_new = !dom;
        if (is_new && !(dom = vr_domain_list_add(vr_qemu.domains, def->name, &def->uuid, err)))
            return NULL;
        *job = vr_job_begin(dom, VR_JOB_MODIFY, call->api->function, vr_after(VR_SPAN_JOB), err);
        if (*job && !dom->removed && vr_streq(dom->name, def->name))
            return dom;
        bool retry = *job != NULL; /* it was undefined or renamed while we waited */
        vr_job_free(vr_take(*job));
        vr_domain_unref(dom);
        if (!retry)
            return NULL;
    }
}

VR_SUSPENDS static bool define(struct vr_call *call, const char *xml, unsigned flags, struct vr_nonnull_domain *out,
                               struct vr_error **err)
{
    struct vr_domain_def *def = vr_definition_new(xml, flags & VIR_DOMAIN_DEFINE_VALIDATE, NULL, vr_after(VR_SPAN_LAUNCH), err);
    if (!def)
        return false;
    VR_AUTO(vr_job) *job = NULL;
    VR_AUTO_DOMAIN *dom = claim(call, def, &job, err);
    bool ok = dom && define_into(dom, &def, err);
    if (ok)
        vr_rows_fill(call, out, dom);
    else if (dom && dom->hidden)
        vr_domain_list_remove(vr_qemu.domains, dom);
    vr_domain_def_free(def);
    return ok;
}

VR_SUSPENDS static bool define_xml(struct vr_call *call, const struct vr_domain_define_xml_args *in,
                                   struct vr_domain_define_xml_ret *out, struct vr_error **err)
{
    return define(call, in->xml, 0, &out->dom, err);
}

VR_SUSPENDS static bool define_xml_flags(struct vr_call *call, const struct vr_domain_define_xml_flags_args *in,
                                         struct vr_domain_define_xml_flags_ret *out, struct vr_error **err)
{
    return define(call, in->xml, in->flags, &out->dom, err);
}

/* ---- undefine ----------------------------------------------------------------------------------------------------- */

/* What an undefine removes beside the definition; worked off on a storage worker, since it may lie on any mount. */
struct leftovers {
    char *paths[4];
    size_t n;
    char *failed;
    int errnum;
};

static void leftovers_free(void *arg)
{
    struct leftovers *l = arg;
    for (size_t i = 0; i < l->n; i++)
        free(l->paths[i]);
    free(l->failed);
    free(l);
}

static void leftovers_task(void *arg)
{
    struct leftovers *l = arg;
    for (size_t i = 0; i < l->n && !l->failed; i++) {
        if (!vr_remove_tree(l->paths[i])) {
            l->errnum = errno;
            l->failed = vr_strdup(l->paths[i]);
        }
    }
}

VR_SUSPENDS static bool remove_leftovers(struct leftovers *l, struct vr_error **err)
{
    if (!l->n) {
        leftovers_free(l);
        return true;
    }
    if (!vr_worker_run(VR_POOL_STORAGE, NULL, "undefine", leftovers_task, l, leftovers_free, vr_after(VR_SPAN_STORE), err))
        return false;
    bool ok = !l->failed;
    if (!ok)
        vr_fail(err, VIR_ERR_OPERATION_FAILED, _("failed to remove '%s': %s"), l->failed, strerror(l->errnum));
    leftovers_free(l);
    return ok;
}

/* May it go, and what goes with it? Stock's order of questions. */
static bool collect_leftovers(struct vr_domain *dom, unsigned flags, struct leftovers *l, struct vr_error **err)
{
    if (!vr_domain_is_active(dom) && dom->snapshots) {
        if (!(flags & VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA))
            return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("cannot delete inactive domain with %d snapshots"),
                           (int)dom->snapshots);
        l->paths[l->n++] = vr_printf("%s/snapshot/%s", vr_qemu.lib_dir, dom->name);
    }
    if (!vr_domain_is_active(dom) && dom->checkpoints) {
        if (!(flags & VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA))
            return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("cannot delete inactive domain with %d checkpoints"),
                           (int)dom->checkpoints);
        l->paths[l->n++] = vr_printf("%s/checkpoint/%s", vr_qemu.lib_dir, dom->name);
    }
    if (dom->managed_save) {
        if (!(flags & VIR_DOMAIN_UNDEFINE_MANAGED_SAVE))
            return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s",
                           _("Refusing to undefine while domain managed save image exists"));
        l->paths[l->n++] = vr_printf("%s/%s.save", vr_qemu.save_dir, dom->name);
    }
    const struct vr_domain_def *def = dom->config; /* not parsed: nobody said anything about nvram yet, see below */
    const struct vr_storage_source *nvram = def ? def->os.nvram : NULL;
    /* With firmware='efi' the definition names no file: the start made one of the guest's name. */
    vr_autofree char *path = nvram && nvram->path                              ? vr_strdup(nvram->path)
                             : def && def->os.firmware == VR_FIRMWARE_EFI ? vr_printf("%s/nvram/%s_VARS.fd", vr_qemu.lib_dir, dom->name)
                                                                               : NULL;
    if (path && access(path, F_OK) == 0) {
        if (flags & VIR_DOMAIN_UNDEFINE_NVRAM)
            l->paths[l->n++] = vr_take(path);
        else if (!(flags & VIR_DOMAIN_UNDEFINE_KEEP_NVRAM))
            return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("cannot undefine domain with nvram"));
    }
    return true;
}

VR_SUSPENDS static bool undefine(struct vr_call *call, const struct vr_nonnull_domain *named, unsigned flags,
                                 struct vr_error **err)
{
    if ((flags & VIR_DOMAIN_UNDEFINE_NVRAM) && (flags & VIR_DOMAIN_UNDEFINE_KEEP_NVRAM))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("cannot both keep and delete nvram"));
    if ((flags & VIR_DOMAIN_UNDEFINE_TPM) && (flags & VIR_DOMAIN_UNDEFINE_KEEP_TPM))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("cannot both keep and delete TPM"));
    VR_AUTO_DOMAIN *dom = vr_rows_domain(named, err);
    if (!dom)
        return false;
    VR_AUTO(vr_job) *job = vr_rows_job(call, dom, VR_JOB_MODIFY, err);
    if (!job)
        return false;
    if (!dom->persistent)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("cannot undefine transient domain"));
    vr_domain_config(dom, NULL); /* a broken file may go as well */
    struct leftovers *l = vr_new(struct leftovers);
    if (!collect_leftovers(dom, flags, l, err)) {
        leftovers_free(l);
        return false;
    }
    bool ok = false;
    vr_shield(vr_after(VR_SPAN_STORE * 3)) {
        vr_autofree char *path = config_path(dom);
        ok = remove_leftovers(l, err) && vr_store_remove(path, vr_after(VR_SPAN_STORE), err);
        /* The guest is gone with its definition. A link that stays is removed by the next start. */
        VR_AUTO(vr_error) *link_err = NULL;
        if (ok && !vr_autostart_forget(dom, &link_err))
            vr_warn("domain '%s': %s", dom->name, vr_error_text(link_err));
    }
    if (!ok)
        return false;
    dom->managed_save = false;
    if (dom->config && !(flags & VIR_DOMAIN_UNDEFINE_KEEP_TPM) && !vr_domain_is_active(dom) && vr_tpm_has_state(dom->config))
        vr_tpm_remove_state(dom->config);
    if (!vr_domain_is_active(dom))
        dom->snapshots = dom->checkpoints = 0;
    dom->persistent = false;
    vr_emit_lifecycle(dom, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_REMOVED);
    vr_domain_set_config(dom, NULL);
    if (vr_domain_is_active(dom))
        vr_status_changed(dom);
    else
        vr_domain_list_remove(vr_qemu.domains, dom);
    return true;
}

VR_SUSPENDS static bool domain_undefine(struct vr_call *call, const struct vr_domain_undefine_args *in, struct vr_void *out,
                                        struct vr_error **err)
{
    return undefine(call, &in->dom, 0, err);
}

VR_SUSPENDS static bool domain_undefine_flags(struct vr_call *call, const struct vr_domain_undefine_flags_args *in,
                                              struct vr_void *out, struct vr_error **err)
{
    return undefine(call, &in->dom, in->flags, err);
}

/* ---- create ------------------------------------------------------------------------------------------------------- */

static unsigned start_flags(unsigned flags)
{
    return (flags & VIR_DOMAIN_START_PAUSED ? VR_START_PAUSED : 0) |
           (flags & VIR_DOMAIN_START_AUTODESTROY ? VR_START_AUTODESTROY : 0);
}

/* Started first, then suspended: the order in which stock tells it of a guest that starts paused. */
static void tell_started(struct vr_domain *dom, unsigned flags)
{
    vr_emit_lifecycle(dom, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
    if ((flags & VIR_DOMAIN_START_PAUSED) && dom->state == VIR_DOMAIN_PAUSED)
        vr_emit_lifecycle(dom, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
}

VR_SUSPENDS static bool create_xml(struct vr_call *call, const struct vr_domain_create_xml_args *in,
                                   struct vr_domain_create_xml_ret *out, struct vr_error **err)
{
    struct vr_domain_def *def = vr_definition_new(in->xml_desc, in->flags & VIR_DOMAIN_START_VALIDATE, NULL,
                                                  vr_after(VR_SPAN_LAUNCH), err);
    if (!def)
        return false;
    VR_AUTO(vr_job) *job = NULL;
    VR_AUTO_DOMAIN *dom = claim(call, def, &job, err);
    if (dom && vr_domain_is_active(dom)) {
        vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_INVALID, -1, _("domain '%s' is already active"), dom->name);
        vr_domain_def_free(def);
        return false;
    }
    if (!dom) {
        vr_domain_def_free(def);
        return false;
    }
    dom->hidden = false;
    if (!vr_process_start(dom, def, start_flags(in->flags), call->conn, err)) {
        if (!dom->persistent)
            vr_domain_list_remove(vr_qemu.domains, dom);
        return false;
    }
    tell_started(dom, in->flags);
    vr_rows_fill(call, &out->dom, dom);
    return true;
}

/* Starts a persistent guest whose job is held; also what autostart does. */
VR_SUSPENDS bool vr_rows_start(struct vr_domain *dom, unsigned flags, struct vr_conn *conn, struct vr_error **err)
{
    if (vr_domain_is_active(dom))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("domain is already running"));
    struct vr_domain_def *config = vr_domain_config(dom, err);
    if (!config)
        return false;
    if (dom->managed_save) {
        if (!(flags & VIR_DOMAIN_START_FORCE_BOOT))
            return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED,
                           _("domain '%s' has a managed save image, and restoring is not supported yet; start it with "
                             "--force-boot to discard the image"), dom->name);
        vr_autofree char *image = vr_printf("%s/%s.save", vr_qemu.save_dir, dom->name);
        if (!vr_store_remove(image, vr_after(VR_SPAN_STORE), err))
            return false;
        dom->managed_save = false;
    }
    if (!vr_process_start(dom, vr_definition_copy(config), start_flags(flags), conn, err))
        return false;
    tell_started(dom, flags);
    return true;
}

VR_SUSPENDS static bool create(struct vr_call *call, const struct vr_nonnull_domain *named, unsigned flags,
                               struct vr_nonnull_domain *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(named, err);
    if (!dom)
        return false;
    VR_AUTO(vr_job) *job = vr_rows_job(call, dom, VR_JOB_MODIFY, err);
    if (!job || !vr_rows_start(dom, flags, call->conn, err))
        return false;
    if (out)
        vr_rows_fill(call, out, dom);
    return true;
}

VR_SUSPENDS static bool domain_create(struct vr_call *call, const struct vr_domain_create_args *in, struct vr_void *out,
                                      struct vr_error **err)
{
    return create(call, &in->dom, 0, NULL, err);
}

VR_SUSPENDS static bool domain_create_with_flags(struct vr_call *call, const struct vr_domain_create_with_flags_args *in,
                                                 struct vr_domain_create_with_flags_ret *out, struct vr_error **err)
{
    return create(call, &in->dom, in->flags, &out->dom, err);
}

/* ---- rename ------------------------------------------------------------------------------------------------------- */

/*
 * The guest has its new name in the moment in which the old file says so; all that follows only moves that file and its
 * links, and is finished by the next start if it is cut off.
 */
VR_SUSPENDS static bool rename_files(struct vr_domain *dom, const char *old_name, const struct vr_domain_def *def,
                                     struct vr_error **err)
{
    vr_autofree char *xml = vr_domain_format(def, VR_DOMAIN_INACTIVE | VR_DOMAIN_SECURE);
    vr_autofree char *document = vr_store_document("edit", dom->name, xml);
    vr_autofree char *old_path = vr_printf("%s/%s.xml", vr_qemu.config_dir, old_name);
    vr_autofree char *path = config_path(dom);
    if (!vr_store_write(old_path, document, vr_after(VR_SPAN_STORE), err))
        return false;
    VR_AUTO(vr_error) *later = NULL;
    if (!vr_autostart_link(dom, &later) || !vr_store_rename(old_path, path, vr_after(VR_SPAN_STORE), &later)) {
        dom->stored_as = vr_strdup(old_name);
        vr_logerr("the file of domain '%s' keeps its old name '%s' until the next start: %s", dom->name, old_path,
                  vr_error_text(later));
    } else if (!vr_autostart_unlink(dom, old_name, &later)) {
        vr_logerr("domain '%s': %s", dom->name, vr_error_text(later));
    }
    return true;
}

VR_SUSPENDS static bool domain_rename(struct vr_call *call, const struct vr_domain_rename_args *in,
                                      struct vr_domain_rename_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    VR_AUTO(vr_job) *job = vr_rows_job(call, dom, VR_JOB_MODIFY, err);
    if (!job)
        return false;
    if (!dom->persistent)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("cannot rename a transient domain"));
    if (vr_domain_is_active(dom))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("cannot rename active domain"));
    if (dom->managed_save)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("domain with a managed saved state can't be renamed"));
    if (dom->snapshots)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("cannot rename domain with snapshots"));
    if (dom->checkpoints)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("cannot rename domain with checkpoints"));
    const char *name = in->new_name ? in->new_name : "";
    if (!*name)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", _("new name cannot be empty"));
    if (strchr(name, '/') || vr_streq(name, ".") || vr_streq(name, "..") || strchr(name, '\n'))
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_XML_ERROR, -1, _("name %s cannot contain '%c'"), name,
                               strchr(name, '\n') ? '\n' : '/');
    struct vr_domain_def *config = vr_domain_config(dom, err);
    if (!config)
        return false;
    struct vr_domain_def *def = vr_definition_copy(config);
    def->name = vr_arena_strdup(def->arena, name);
    vr_autofree char *old_name = vr_strdup(dom->name);
    if (!vr_domain_list_rename(vr_qemu.domains, dom, name, err)) {
        vr_domain_def_free(def);
        return false;
    }
    bool ok = false;
    vr_shield(vr_after(VR_SPAN_STORE * 4))
        ok = rename_files(dom, old_name, def, err);
    if (!ok) {
        vr_domain_list_rename(vr_qemu.domains, dom, old_name, NULL);
        vr_domain_def_free(def);
        return false;
    }
    vr_domain_set_config(dom, def);
    /* The first event speaks of the guest under its old name. */
    char *new_name = dom->name;
    dom->name = old_name;
    vr_emit_lifecycle(dom, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_RENAMED);
    dom->name = new_name;
    vr_emit_lifecycle(dom, VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_RENAMED);
    out->retcode = 0;
    return true;
}

#define UNDEFINE_FLAGS                                                                             \
    (VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA | VIR_DOMAIN_UNDEFINE_NVRAM | \
     VIR_DOMAIN_UNDEFINE_KEEP_NVRAM | VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_TPM | \
     VIR_DOMAIN_UNDEFINE_KEEP_TPM)
/* BYPASS_CACHE is about restoring a managed save image, which is refused; it has nothing else to act on. */
#define START_FLAGS                                                                                \
    (VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_AUTODESTROY | VIR_DOMAIN_START_BYPASS_CACHE | VIR_DOMAIN_START_FORCE_BOOT)

const struct vr_driver_row vr_rows_define[] = {
    VR_ROW(domain_define_xml, define_xml, 0),
    VR_ROW(domain_define_xml_flags, define_xml_flags, VIR_DOMAIN_DEFINE_VALIDATE),
    VR_ROW(domain_undefine, domain_undefine, 0),
    VR_ROW(domain_undefine_flags, domain_undefine_flags, UNDEFINE_FLAGS),
    VR_ROW(domain_create_xml, create_xml, VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_AUTODESTROY | VIR_DOMAIN_START_VALIDATE),
    VR_ROW(domain_create, domain_create, 0),
    VR_ROW(domain_create_with_flags, domain_create_with_flags, START_FLAGS),
    VR_ROW(domain_rename, domain_rename, 0),
    { 0 },
};

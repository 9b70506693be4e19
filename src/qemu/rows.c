/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
#include "rows.h"
#include <string.h>
#include "base/alloc.h"
#include "base/log.h"
#include "definition.h"
#include "status.h"
#include "driver/store.h"

struct vr_domain *vr_rows_domain(const struct vr_nonnull_domain *named, struct vr_error **err)
{
    struct vr_domain *dom = vr_domain_by_uuid(vr_qemu.domains, named->uuid);
    if (dom)
        return dom;
    struct vr_uuid uuid;
    char text[VR_UUID_TEXT];
    memcpy(uuid.b, named->uuid, sizeof(uuid.b));
    vr_fail(err, VIR_ERR_NO_DOMAIN, _("no domain with matching uuid '%s' (%s)"), vr_uuid_format(&uuid, text), named->name);
    return NULL;
}

struct vr_domain *vr_rows_running(const struct vr_nonnull_domain *named, struct vr_error **err)
{
    struct vr_domain *dom = vr_rows_domain(named, err);
    if (dom && !vr_domain_require_active(dom, err)) {
        vr_domain_unref(dom);
        return NULL;
    }
    return dom;
}

VR_SUSPENDS struct vr_job *vr_rows_job(struct vr_call *call, struct vr_domain *dom, enum vr_job_kind kind,
                                       struct vr_error **err)
{
    struct vr_job *job = vr_job_begin(dom, kind, call->api->function ? call->api->function : call->api->name,
                                      vr_after(VR_SPAN_JOB), err);
    if (job && dom->removed) { /* undefined or ended while we waited */
        char text[VR_UUID_TEXT];
        vr_fail(err, VIR_ERR_NO_DOMAIN, _("no domain with matching uuid '%s' (%s)"), vr_uuid_format(&dom->uuid, text),
                dom->name);
        vr_job_free(job);
        return NULL;
    }
    return job;
}

VR_SUSPENDS struct vr_job *vr_rows_job_running(struct vr_call *call, struct vr_domain *dom, enum vr_job_kind kind,
                                               struct vr_error **err)
{
    if (!vr_domain_require_active(dom, err))
        return NULL;
    struct vr_job *job = vr_rows_job(call, dom, kind, err);
    if (job && !vr_domain_require_active(dom, err)) {
        vr_job_free(job);
        return NULL;
    }
    return job;
}

void vr_rows_fill(struct vr_call *call, struct vr_nonnull_domain *out, const struct vr_domain *dom)
{
    out->name = vr_arena_strdup(call->arena, dom->name);
    memcpy(out->uuid, dom->uuid.b, sizeof(out->uuid));
    out->id = dom->id;
}

bool vr_rows_visible(struct vr_call *call, const struct vr_domain *dom)
{
    return vr_visible(call->identity, "domain", "getattr", dom->name, dom->uuid.b);
}

VR_SUSPENDS void vr_rows_flush(struct vr_domain *dom)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_shield(vr_after(VR_SPAN_STORE))
        if (!vr_status_flush(dom, vr_after(VR_SPAN_STORE), &err))
            vr_warn("domain '%s': %s", dom->name, vr_error_text(err));
}

VR_SUSPENDS bool vr_rows_save_config(struct vr_domain *dom, const struct vr_domain_def *def, struct vr_error **err)
{
    vr_autofree char *xml = vr_domain_format(def, VR_DOMAIN_INACTIVE | VR_DOMAIN_SECURE);
    vr_autofree char *document = vr_store_document("edit", dom->name, xml);
    vr_autofree char *path = vr_printf("%s/%s.xml", vr_qemu.config_dir, vr_domain_file(dom));
    bool ok = false;
    vr_shield(vr_after(VR_SPAN_STORE)) /* a client that leaves must not leave memory and disk apart */
        ok = vr_store_write(path, document, vr_after(VR_SPAN_STORE), err);
    return ok;
}

VR_SUSPENDS bool vr_rows_edit(struct vr_domain *dom, unsigned flags,
                              VR_SUSPENDS bool (*edit_fn)(struct vr_domain *dom, struct vr_domain_def *live,
                                                          struct vr_domain_def *config, void *arg,
                                                          struct vr_error **err),
                              void *arg, struct vr_error **err)
{
    struct vr_affect affect;
    if (!vr_domain_affect(dom, flags, &affect, err))
        return false;
    struct vr_domain_def *live = affect.live ? vr_definition_copy(affect.live) : NULL;
    struct vr_domain_def *config = affect.config ? vr_definition_copy(affect.config) : NULL;
    bool ok = edit_fn(dom, live, config, arg, err) && (!config || vr_rows_save_config(dom, config, err));
    if (ok && live) {
        vr_domain_def_free(dom->live);
        dom->live = vr_take(live);
        vr_status_changed(dom);
    }
    if (ok && config)
        vr_domain_set_config(dom, vr_take(config));
    vr_domain_def_free(live);
    vr_domain_def_free(config);
    return ok;
}

VR_SUSPENDS bool vr_rows_edit_applied(struct vr_domain *dom, unsigned flags,
                                      bool (*fn)(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config,
                                                 void *arg, struct vr_error **err),
                                      VR_SUSPENDS bool (*apply)(struct vr_domain *dom, void *arg, struct vr_error **err),
                                      void *arg, struct vr_error **err)
{
    struct vr_affect affect;
    if (!vr_domain_affect(dom, flags, &affect, err))
        return false;
    struct vr_domain_def *live = affect.live ? vr_definition_copy(affect.live) : NULL;
    struct vr_domain_def *config = affect.config ? vr_definition_copy(affect.config) : NULL;
    if (!fn(dom, live, config, arg, err)) {
        vr_domain_def_free(live);
        vr_domain_def_free(config);
        return false;
    }
    struct vr_domain_def *before = dom->live;
    uint64_t serial = dom->run ? dom->run->serial : 0;
    if (live)
        dom->live = live;
    bool ok = (!live || apply(dom, arg, err)) && (!config || vr_rows_save_config(dom, config, err));
    /* Under the job only an end of the guest can have changed what is live. */
    if (live && !vr_process_same_run(dom, serial)) {
        vr_domain_def_free(before); /* the new one went with the guest */
        vr_domain_def_free(config);
        return vr_domain_require_active(dom, err);
    }
    if (ok && config)
        vr_domain_set_config(dom, vr_take(config));
    if (live && ok) {
        vr_domain_def_free(before);
        vr_status_changed(dom);
    } else if (live) {
        dom->live = before;
        vr_shield(vr_after(VR_SPAN_MODIFY))
            apply(dom, arg, NULL);
        vr_domain_def_free(live);
    }
    vr_domain_def_free(config);
    return ok;
}

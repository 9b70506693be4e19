/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#define VR_LOG_SOURCE "qemu.rows"
/* Title, description, and elements of other programs below <metadata>. */
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "definition.h"
#include "events.h"
#include "rows.h"

static bool get_metadata(struct vr_call *call, const struct vr_domain_get_metadata_args *in,
                         struct vr_domain_get_metadata_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    struct vr_domain_def *def = dom ? vr_domain_affect_one(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    const char *text = NULL;
    vr_autofree char *element = NULL;
    if (in->type == VIR_DOMAIN_METADATA_DESCRIPTION) {
        text = def->description;
    } else if (in->type == VIR_DOMAIN_METADATA_TITLE) {
        text = def->title;
    } else if (in->type == VIR_DOMAIN_METADATA_ELEMENT) {
        if (!in->uri)
            return vr_fail(err, VIR_ERR_INVALID_ARG, _("uri in %s must not be NULL"), "virDomainGetMetadata");
        text = element = vr_domain_metadata_get(def, in->uri);
    } else {
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", _("unknown metadata type"));
    }
    if (!text)
        return vr_fail(err, VIR_ERR_NO_DOMAIN_METADATA, "%s", _("Requested metadata element is not present"));
    out->metadata = vr_arena_strdup(call->arena, text);
    return true;
}

/* ---- setting ------------------------------------------------------------------------------------------------------ */

static bool edit_metadata(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config, void *arg,
                          struct vr_error **err)
{
    const struct vr_domain_set_metadata_args *in = arg;
    struct vr_domain_def *both[] = { live, config };
    const char *text = in->metadata && *in->metadata ? in->metadata : NULL;
    for (size_t i = 0; i < VR_COUNT(both); i++) {
        struct vr_domain_def *def = both[i];
        if (!def)
            continue;
        if (in->type == VIR_DOMAIN_METADATA_DESCRIPTION)
            def->description = vr_arena_strdup(def->arena, text);
        else if (in->type == VIR_DOMAIN_METADATA_TITLE)
            def->title = vr_arena_strdup(def->arena, text);
        else if (!vr_domain_metadata_set(def, in->key, in->uri, in->metadata, err))
            return false;
    }
    return true;
}

VR_SUSPENDS static bool set_metadata(struct vr_call *call, const struct vr_domain_set_metadata_args *in, struct vr_void *out,
                                     struct vr_error **err)
{
    if (in->type < VIR_DOMAIN_METADATA_DESCRIPTION || in->type > VIR_DOMAIN_METADATA_ELEMENT)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", _("unknown metadata type"));
    if (in->type == VIR_DOMAIN_METADATA_TITLE && in->metadata && strchr(in->metadata, '\n'))
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", _("metadata title can't contain newlines"));
    if (in->type == VIR_DOMAIN_METADATA_ELEMENT && !in->uri)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("uri in %s must not be NULL"), "virDomainSetMetadata");
    if (in->type == VIR_DOMAIN_METADATA_ELEMENT && in->metadata && !in->key)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("key in %s must not be NULL"), "virDomainSetMetadata");
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job(call, dom, VR_JOB_MODIFY, err) : NULL;
    if (!job || !vr_rows_edit(dom, in->flags, edit_metadata, (void *)(uintptr_t)in, err))
        return false;
    if (vr_domain_is_active(dom))
        vr_rows_flush(dom);
    vr_emit_metadata_change(dom, in->type, in->uri);
    return true;
}

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)

const struct vr_driver_row vr_rows_metadata[] = {
    VR_ROW(domain_get_metadata, get_metadata, AFFECT),
    VR_ROW(domain_set_metadata, set_metadata, AFFECT),
    { 0 },
};

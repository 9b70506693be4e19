/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors about which definition a call means are the domain document's, as stock reports them. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#define VR_LOG_SOURCE "qemu.domain"
#include "domain.h"
#include <stdlib.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "definition.h"
#include "fdgroups.h"
#include "process.h"

const char *const vr_taint_names[] = {
#define X(id, name) name,
    VR_TAINTS(X)
#undef X
    NULL,
};

const char *const vr_taint_sentences[] = {
    "custom configuration parameters specified",
    "custom monitor control commands issued",
    "running with undesirable elevated privileges",
    "network configuration using opaque shell scripts",
    "potentially unsafe disk format probing",
    "managing externally launched configuration",
    "potentially unsafe use of host CPU passthrough",
    "configuration potentially modified by hook script",
    "use of host cdrom passthrough",
    "custom device tree blob used",
    "custom guest agent control commands issued",
    "hypervisor feature autodetection override",
    "use of deprecated configuration settings",
    "custom device configuration",
};
_Static_assert(VR_COUNT(vr_taint_sentences) == VR_TAINT_COUNT, "a sentence for each taint");

struct vr_domain *vr_domain_ref(struct vr_domain *dom)
{
    dom->refs++;
    return dom;
}

void vr_domain_unref(struct vr_domain *dom)
{
    if (!dom || --dom->refs)
        return;
    vr_fdgroups_free(dom);
    vr_domain_set_config(dom, NULL);
    vr_domain_def_free(dom->live);
    free(dom->stored_as);
    free(dom->name);
    free(dom);
}

bool vr_domain_require_active(const struct vr_domain *dom, struct vr_error **err)
{
    if (vr_domain_is_active(dom))
        return true;
    return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("domain is not running"));
}

struct vr_domain_def *vr_domain_current(struct vr_domain *dom, struct vr_error **err)
{
    return dom->live ? dom->live : vr_domain_config(dom, err);
}

/* Turns CURRENT into LIVE or CONFIG, and checks both against what the guest is. */
static bool resolve_affect(struct vr_domain *dom, unsigned *flags, struct vr_error **err)
{
    bool active = vr_domain_is_active(dom);
    if (!(*flags & (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)))
        *flags |= active ? VIR_DOMAIN_AFFECT_LIVE : VIR_DOMAIN_AFFECT_CONFIG;
    if ((*flags & VIR_DOMAIN_AFFECT_LIVE) && !active)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("domain is not running"));
    if ((*flags & VIR_DOMAIN_AFFECT_CONFIG) && !dom->persistent)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("transient domains do not have any persistent config"));
    return true;
}

bool vr_domain_affect(struct vr_domain *dom, unsigned flags, struct vr_affect *out, struct vr_error **err)
{
    if (!resolve_affect(dom, &flags, err))
        return false;
    struct vr_affect found = { 0 };
    if (flags & VIR_DOMAIN_AFFECT_LIVE)
        found.live = dom->live;
    if ((flags & VIR_DOMAIN_AFFECT_CONFIG) && !(found.config = vr_domain_config(dom, err)))
        return false;
    *out = found;
    return true;
}

struct vr_domain_def *vr_domain_affect_one(struct vr_domain *dom, unsigned flags, struct vr_error **err)
{
    if ((flags & VIR_DOMAIN_AFFECT_LIVE) && (flags & VIR_DOMAIN_AFFECT_CONFIG)) {
        vr_fail(err, VIR_ERR_INVALID_ARG, "%s",
                _("Flags 'VIR_DOMAIN_AFFECT_LIVE' and 'VIR_DOMAIN_AFFECT_CONFIG' are mutually exclusive"));
        return NULL;
    }
    if (!resolve_affect(dom, &flags, err))
        return NULL;
    return flags & VIR_DOMAIN_AFFECT_LIVE ? dom->live : vr_domain_config(dom, err);
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

struct vr_domain_list {
    struct vr_map *by_uuid; /* holds the reference */
    struct vr_map *by_name;
    struct vr_map *by_id;
};

struct vr_domain_list *vr_domain_list_new(void)
{
    struct vr_domain_list *list = vr_new(struct vr_domain_list);
    list->by_uuid = vr_map_new();
    list->by_name = vr_map_new();
    list->by_id = vr_map_new();
    return list;
}

void vr_domain_list_free(struct vr_domain_list *list)
{
    if (!list)
        return;
    size_t pos = 0;
    void *value;
    while (vr_map_each(list->by_uuid, &pos, &value))
        vr_domain_unref(value);
    vr_map_free(list->by_uuid);
    vr_map_free(list->by_name);
    vr_map_free(list->by_id);
    free(list);
}

static struct vr_domain *shown(struct vr_domain *dom)
{
    return dom && !dom->hidden ? vr_domain_ref(dom) : NULL;
}

struct vr_domain *vr_domain_by_uuid(struct vr_domain_list *list, const unsigned char uuid[16])
{
    return shown(vr_map_get(list->by_uuid, uuid, 16));
}

struct vr_domain *vr_domain_by_name(struct vr_domain_list *list, const char *name)
{
    return shown(vr_map_get_str(list->by_name, name));
}

struct vr_domain *vr_domain_by_id(struct vr_domain_list *list, int id)
{
    return id < 0 ? NULL : shown(vr_map_get(list->by_id, &id, sizeof(id)));
}

bool vr_domain_list_match(struct vr_domain_list *list, const char *name, const struct vr_uuid *uuid,
                          struct vr_domain **found, struct vr_error **err)
{
    char text[VR_UUID_TEXT];
    struct vr_domain *same = vr_map_get(list->by_uuid, uuid->b, 16);
    if (same && strcmp(same->name, name) != 0)
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("domain '%s' is already defined with uuid %s"), same->name,
                       vr_uuid_format(&same->uuid, text));
    struct vr_domain *named = vr_map_get_str(list->by_name, name);
    if (named && !same)
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("domain '%s' already exists with uuid %s"), name,
                       vr_uuid_format(&named->uuid, text));
    *found = same ? vr_domain_ref(same) : NULL;
    return true;
}

struct vr_domain *vr_domain_list_add(struct vr_domain_list *list, const char *name, const struct vr_uuid *uuid,
                                     struct vr_error **err)
{
    struct vr_domain *found = NULL;
    if (!vr_domain_list_match(list, name, uuid, &found, err))
        return NULL;
    if (found) {
        char text[VR_UUID_TEXT];
        vr_fail(err, VIR_ERR_OPERATION_FAILED, _("domain '%s' already exists with uuid %s"), name, vr_uuid_format(uuid, text));
        vr_domain_unref(found);
        return NULL;
    }
    struct vr_domain *dom = vr_new(struct vr_domain);
    dom->refs = 2; /* the list's and the caller's */
    dom->id = -1;
    dom->uuid = *uuid;
    dom->name = vr_strdup(name);
    dom->hidden = true;
    dom->state = VIR_DOMAIN_SHUTOFF;
    dom->reason = VIR_DOMAIN_SHUTOFF_UNKNOWN;
    vr_map_put(list->by_uuid, uuid->b, 16, dom);
    vr_map_put_str(list->by_name, dom->name, dom);
    return dom;
}

void vr_domain_list_remove(struct vr_domain_list *list, struct vr_domain *dom)
{
    if (dom->removed)
        return;
    dom->removed = true;
    vr_domain_list_set_id(list, dom, -1);
    vr_map_remove_str(list->by_name, dom->name);
    vr_map_remove(list->by_uuid, dom->uuid.b, 16);
    vr_domain_unref(dom);
}

bool vr_domain_list_rename(struct vr_domain_list *list, struct vr_domain *dom, const char *name, struct vr_error **err)
{
    if (vr_map_get_str(list->by_name, name))
        return vr_error_report(err, VIR_FROM_QEMU, VIR_ERR_OPERATION_INVALID, -1,
                               _("domain with name '%s' already exists"), name);
    vr_map_remove_str(list->by_name, dom->name);
    free(dom->name);
    dom->name = vr_strdup(name);
    vr_map_put_str(list->by_name, dom->name, dom);
    return true;
}

void vr_domain_list_set_id(struct vr_domain_list *list, struct vr_domain *dom, int id)
{
    if (dom->id != -1)
        vr_map_remove(list->by_id, &dom->id, sizeof(dom->id));
    dom->id = id;
    if (id != -1)
        vr_map_put(list->by_id, &id, sizeof(id), dom);
}

size_t vr_domain_list_active(const struct vr_domain_list *list)
{
    return vr_map_count(list->by_id);
}

size_t vr_domain_list_count(const struct vr_domain_list *list)
{
    return vr_map_count(list->by_uuid);
}

struct vr_domain_array vr_domain_list_all(struct vr_domain_list *list)
{
    struct vr_domain_array all = { 0 };
    all.v = vr_alloc((vr_map_count(list->by_uuid) + 1) * sizeof(*all.v));
    size_t pos = 0;
    for (struct vr_domain *dom; (dom = vr_domain_list_each(list, &pos));)
        all.v[all.n++] = vr_domain_ref(dom);
    return all;
}

void vr_domain_array_free(struct vr_domain_array *all)
{
    for (size_t i = 0; i < all->n; i++)
        vr_domain_unref(all->v[i]);
    free(all->v);
    *all = (struct vr_domain_array){ 0 };
}

struct vr_domain *vr_domain_list_each(struct vr_domain_list *list, size_t *pos)
{
    void *value;
    while (vr_map_each(list->by_uuid, pos, &value)) {
        struct vr_domain *dom = value;
        if (!dom->hidden)
            return dom;
    }
    return NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains of the mock: finding, adding, starting, stopping. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <stdlib.h>
#include "internal.h"

struct vr_test_domain *vr_test_domain_by_uuid(const struct vr_test *test, const unsigned char *uuid)
{
    VR_TEST_EACH(vr_test_domain, dom, test->domains)
        if (memcmp(dom->def->uuid.b, uuid, 16) == 0)
            return dom;
    return NULL;
}

struct vr_test_domain *vr_test_domain_by_name(const struct vr_test *test, const char *name)
{
    VR_TEST_EACH(vr_test_domain, dom, test->domains)
        if (vr_streq(dom->def->name, name))
            return dom;
    return NULL;
}

struct vr_test_domain *vr_test_domain_of(struct vr_call *call, const struct vr_nonnull_domain *d, struct vr_error **err)
{
    struct vr_test_domain *dom = vr_test_domain_by_uuid(vr_test_of(call), d->uuid);
    if (!dom) {
        char uuid[VR_UUID_TEXT];
        vr_fail(err, VIR_ERR_NO_DOMAIN, "no domain with matching uuid '%s' (%s)",
                vr_uuid_format((const struct vr_uuid *)d->uuid, uuid), d->name);
    }
    return dom;
}

bool vr_test_need_running(const struct vr_test_domain *dom, struct vr_error **err)
{
    return vr_test_active(dom) || vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_INVALID, -1, "%s",
                                                  "domain is not running");
}

struct vr_test_domain *vr_test_domain_running(struct vr_call *call, const struct vr_nonnull_domain *d, struct vr_error **err)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, d, err);
    return dom && vr_test_need_running(dom, err) ? dom : NULL;
}

struct vr_nonnull_domain vr_test_domain_name(struct vr_arena *arena, const struct vr_test_domain *dom)
{
    struct vr_nonnull_domain d = { .name = vr_arena_strdup(arena, dom->def->name), .id = dom->def->id };
    memcpy(d.uuid, dom->def->uuid.b, 16);
    return d;
}

struct vr_domain_def *vr_test_domain_parse(const char *xml, size_t len, unsigned flags, struct vr_error **err)
{
    return vr_domain_parse(xml, len, flags | VR_DOMAIN_INACTIVE | VR_DOMAIN_TEST, err);
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

/* An object of the same uuid may be replaced; one of the same name with another uuid is in the way. */
static bool may_add(struct vr_test *test, const struct vr_domain_def *def, bool live, struct vr_test_domain **same,
                    struct vr_error **err)
{
    char uuid[VR_UUID_TEXT];
    *same = vr_test_domain_by_uuid(test, def->uuid.b);
    struct vr_test_domain *named = vr_test_domain_by_name(test, def->name);
    if (*same && !vr_streq((*same)->def->name, def->name))
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_FAILED, -1,
                               "domain '%s' is already defined with uuid %s", (*same)->def->name,
                               vr_uuid_format(&def->uuid, uuid));
    if (*same && live && vr_test_active(*same))
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_INVALID, -1, "domain '%s' is already active",
                               (*same)->def->name);
    if (!*same && named)
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_FAILED, -1,
                               "domain '%s' already exists with uuid %s", def->name,
                               vr_uuid_format(&named->def->uuid, uuid));
    return true;
}

struct vr_test_domain *vr_test_domain_add(struct vr_test *test, struct vr_domain_def *def, bool live, bool persistent,
                                          struct vr_error **err)
{
    struct vr_test_domain *dom;
    if (!may_add(test, def, live, &dom, err)) {
        vr_domain_free(def);
        return NULL;
    }
    def->id = -1;
    if (!dom) {
        dom = vr_new(struct vr_test_domain);
        dom->state = VIR_DOMAIN_SHUTOFF;
        dom->def = def;
        vr_test_list_add(&test->domains, dom);
    } else if (vr_test_active(dom)) {
        vr_domain_free(dom->new_def);
        dom->new_def = def;
    } else if (live && dom->persistent) {
        /* Runs as given now; what it was defined as is its next start's. */
        vr_domain_free(dom->new_def);
        dom->new_def = dom->def;
        dom->def = def;
    } else {
        vr_domain_free(dom->def);
        dom->def = def;
    }
    dom->persistent |= persistent;
    return dom;
}

void vr_test_domain_free(struct vr_test_domain *dom)
{
    vr_test_moments_free(dom);
    vr_domain_free(dom->def);
    vr_domain_free(dom->new_def);
    free(dom);
}

void vr_test_domain_remove(struct vr_test *test, struct vr_test_domain *dom)
{
    vr_test_list_remove(&test->domains, dom);
    vr_test_domain_free(dom);
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

/* The definition as its file would tell it after a restart: read anew, its controllers stand in order. */
static struct vr_domain_def *read_anew(const struct vr_domain_def *def)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_autofree char *xml = vr_domain_format(def, VR_DOMAIN_INACTIVE | VR_DOMAIN_SECURE);
    struct vr_domain_def *anew = vr_test_domain_parse(xml, strlen(xml), 0, &err);
    return anew ? anew : vr_domain_copy(def);
}

void vr_test_domain_start(struct vr_test *test, struct vr_test_domain *dom, int reason)
{
    if (dom->persistent && !dom->new_def)
        dom->new_def = read_anew(dom->def);
    dom->def->id = test->next_domain_id++;
    dom->guest_seconds = 627319920;
    dom->guest_nanoseconds = 0;
    dom->state = VIR_DOMAIN_RUNNING;
    dom->reason = reason;
}

void vr_test_domain_stop(struct vr_test_domain *dom, int reason)
{
    if (dom->new_def) {
        vr_domain_free(dom->def);
        dom->def = vr_take(dom->new_def);
        dom->def->id = -1;
    } /* a transient one keeps its id for the event that says it is gone */
    dom->state = VIR_DOMAIN_SHUTOFF;
    dom->reason = reason;
    dom->autodestroy = NULL;
    dom->frozen = 0;
}

void vr_test_domain_settle(struct vr_test *test, struct vr_test_domain *dom)
{
    if (!dom->persistent && dom->state == VIR_DOMAIN_SHUTOFF)
        vr_test_domain_remove(test, dom);
}

void vr_test_domain_event(struct vr_test *test, const struct vr_test_domain *dom, int event, int detail)
{
    struct vr_event_object about = { .name = dom->def->name, .uuid = dom->def->uuid.b, .id = dom->def->id };
    struct vr_domain_event_callback_lifecycle_msg m = {
        .msg = { .dom = { .name = dom->def->name, .id = dom->def->id }, .event = event, .detail = detail },
    };
    memcpy(m.msg.dom.uuid, dom->def->uuid.b, 16);
    vr_test_event(test, VR_EVENTS_DOMAIN, VIR_DOMAIN_EVENT_ID_LIFECYCLE, &about, &m);
}

/* ---- live and config --------------------------------------------------------------------------------------------- */

static bool resolve(const struct vr_test_domain *dom, unsigned *flags, struct vr_error **err)
{
    bool active = vr_test_active(dom);
    unsigned affect = *flags & (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG);
    if (!affect)
        affect = active ? VIR_DOMAIN_AFFECT_LIVE : VIR_DOMAIN_AFFECT_CONFIG;
    if (!active && affect & VIR_DOMAIN_AFFECT_LIVE)
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_INVALID, -1, "%s", "domain is not running");
    if (affect & VIR_DOMAIN_AFFECT_CONFIG && !dom->persistent)
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_INVALID, -1, "%s",
                               "transient domains do not have any persistent config");
    *flags = affect;
    return true;
}

bool vr_test_defs(struct vr_test_domain *dom, unsigned flags, struct vr_domain_def **live,
                  struct vr_domain_def **config, struct vr_error **err)
{
    if (!resolve(dom, &flags, err))
        return false;
    bool active = vr_test_active(dom);
    *live = flags & VIR_DOMAIN_AFFECT_LIVE ? dom->def : NULL;
    *config = flags & VIR_DOMAIN_AFFECT_CONFIG ? (active && dom->new_def ? dom->new_def : dom->def) : NULL;
    return true;
}

struct vr_domain_def *vr_test_one_def(struct vr_test_domain *dom, unsigned flags, struct vr_error **err)
{
    struct vr_domain_def *live, *config;
    if (flags & VIR_DOMAIN_AFFECT_LIVE && flags & VIR_DOMAIN_AFFECT_CONFIG) {
        vr_test_bad_arg(err, "virDomainObjGetOneDefState", "flags",
                        "Flags 'VIR_DOMAIN_AFFECT_LIVE' and 'VIR_DOMAIN_AFFECT_CONFIG' are mutually exclusive");
        return NULL;
    }
    return vr_test_defs(dom, flags, &live, &config, err) ? live ? live : config : NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definitions: making, changing, forgetting them. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <stdlib.h>
#include "internal.h"

static bool define(struct vr_call *call, const char *xml, unsigned flags, struct vr_nonnull_domain *out,
                   struct vr_error **err)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_domain_def *def = vr_test_domain_parse(xml, strlen(xml), flags & VIR_DOMAIN_DEFINE_VALIDATE ?
                                                     VR_DOMAIN_VALIDATE : 0, err);
    if (!def)
        return false;
    struct vr_test_domain *old = vr_test_domain_by_uuid(test, def->uuid.b);
    bool updated = old && old->persistent;
    struct vr_test_domain *dom = vr_test_domain_add(test, def, false, true, err);
    if (!dom)
        return false;
    vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_DEFINED,
                         updated ? VIR_DOMAIN_EVENT_DEFINED_UPDATED : VIR_DOMAIN_EVENT_DEFINED_ADDED);
    *out = vr_test_domain_name(call->arena, dom);
    return true;
}

VR_FN(define_xml, domain_define_xml_args, domain_define_xml_ret)
{
    return define(call, in->xml, 0, &out->dom, err);
}

VR_FN(define_xml_flags, domain_define_xml_flags_args, domain_define_xml_flags_ret)
{
    return define(call, in->xml, in->flags, &out->dom, err);
}

static bool create(struct vr_call *call, const char *xml, unsigned flags, struct vr_nonnull_domain *out,
                   struct vr_error **err)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_domain_def *def = vr_test_domain_parse(xml, strlen(xml), flags & VIR_DOMAIN_START_VALIDATE ?
                                                     VR_DOMAIN_VALIDATE : 0, err);
    struct vr_test_domain *dom = def ? vr_test_domain_add(test, def, true, false, err) : NULL;
    if (!dom)
        return false;
    vr_test_domain_start(test, dom, VIR_DOMAIN_RUNNING_BOOTED);
    vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
    *out = vr_test_domain_name(call->arena, dom);
    return true;
}

VR_FN(create_xml, domain_create_xml_args, domain_create_xml_ret)
{
    return create(call, in->xml_desc, in->flags, &out->dom, err);
}

VR_FN(create_xml_with_files, domain_create_xml_with_files_args, domain_create_xml_with_files_ret)
{
    return create(call, in->xml_desc, in->flags, &out->dom, err);
}

static bool undefine(struct vr_call *call, const struct vr_nonnull_domain *d, unsigned flags, struct vr_error **err)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_test_domain *dom = vr_test_domain_of(call, d, err);
    if (!dom)
        return false;
    if (dom->saved && !(flags & VIR_DOMAIN_UNDEFINE_MANAGED_SAVE))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s",
                       "Refusing to undefine while domain managed save image exists");
    size_t snapshots = vr_test_snapshot_count(dom);
    if (snapshots && !vr_test_active(dom) && !(flags & VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "cannot delete inactive domain with %zu snapshots", snapshots);
    dom->saved = false;
    vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_REMOVED);
    dom->persistent = false;
    vr_test_domain_settle(test, dom);
    return true;
}

VR_FN(undefine_plain, domain_undefine_args, void)
{
    return undefine(call, &in->dom, 0, err);
}

VR_FN(undefine_flags, domain_undefine_flags_args, void)
{
    return undefine(call, &in->dom, in->flags, err);
}

VR_FN(rename_domain, domain_rename_args, domain_rename_ret)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    if (vr_test_active(dom))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", "cannot rename active domain");
    if (!dom->persistent)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", "cannot rename a transient domain");
    if (!in->new_name)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "a domain must have a name");
    if (strchr(in->new_name, '/'))
        return vr_fail(err, VIR_ERR_XML_ERROR, "name %s cannot contain '/'", in->new_name);
    if (vr_streq(dom->def->name, in->new_name))
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_INVALID, -1, "%s",
                               "Can't rename domain to itself");
    if (vr_test_domain_by_name(test, in->new_name))
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_INVALID, -1,
                               "domain with name '%s' already exists", in->new_name);
    vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_RENAMED);
    dom->def->name = vr_arena_strdup(dom->def->arena, in->new_name);
    vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_RENAMED);
    return true;
}

VR_FN(get_autostart, domain_get_autostart_args, domain_get_autostart_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (dom)
        out->autostart = dom->autostart;
    return dom != NULL;
}

VR_FN(set_autostart, domain_set_autostart_args, void)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (dom)
        dom->autostart = in->autostart != 0;
    return dom != NULL;
}

static const enum vr_lifecycle_action actions[VIR_DOMAIN_LIFECYCLE_ACTION_LAST] = {
    [VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY] = VR_ACTION_DESTROY,
    [VIR_DOMAIN_LIFECYCLE_ACTION_RESTART] = VR_ACTION_RESTART,
    [VIR_DOMAIN_LIFECYCLE_ACTION_RESTART_RENAME] = VR_ACTION_RENAME_RESTART,
    [VIR_DOMAIN_LIFECYCLE_ACTION_PRESERVE] = VR_ACTION_PRESERVE,
    [VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_DESTROY] = VR_ACTION_COREDUMP_DESTROY,
    [VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_RESTART] = VR_ACTION_COREDUMP_RESTART,
};

static void set_action(struct vr_domain_def *def, unsigned type, unsigned action)
{
    enum vr_lifecycle_action *places[] = { &def->on_poweroff, &def->on_reboot, &def->on_crash };
    *places[type] = actions[action];
}

VR_FN(set_lifecycle_action, domain_set_lifecycle_action_args, void)
{
    struct vr_domain_def *live, *config;
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (in->type >= VIR_DOMAIN_LIFECYCLE_LAST)
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_INVALID_ARG, -1, "invalid lifecycle type '%u'", in->type);
    if (in->action >= VIR_DOMAIN_LIFECYCLE_ACTION_LAST)
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_INVALID_ARG, -1, "invalid lifecycle action '%u'",
                               in->action);
    static const char *const events[] = { "poweroff", "reboot", "crash" };
    enum vr_lifecycle_action action = actions[in->action];
    if ((action == VR_ACTION_COREDUMP_DESTROY || action == VR_ACTION_COREDUMP_RESTART) &&
        in->type != VIR_DOMAIN_LIFECYCLE_CRASH)
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_CONFIG_UNSUPPORTED, -1,
                               "Lifecycle event '%s' doesn't support '%s' action", events[in->type],
                               vr_lifecycle_action_names[action]);
    if (!dom || !vr_test_defs(dom, in->flags, &live, &config, err))
        return false;
    if (live)
        set_action(live, in->type, in->action);
    if (config)
        set_action(config, in->type, in->action);
    return true;
}

const struct vr_driver_row vr_test_define_rows[] = {
    VR_ROW(domain_define_xml, define_xml, 0),
    VR_ROW(domain_define_xml_flags, define_xml_flags, VIR_DOMAIN_DEFINE_VALIDATE),
    VR_ROW(domain_create_xml, create_xml, VIR_DOMAIN_START_VALIDATE),
    VR_ROW(domain_create_xml_with_files, create_xml_with_files, VIR_DOMAIN_START_VALIDATE),
    VR_ROW(domain_undefine, undefine_plain, 0),
    VR_ROW(domain_undefine_flags, undefine_flags, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
           VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA),
    VR_ROW(domain_rename, rename_domain, 0),
    VR_ROW(domain_get_autostart, get_autostart, 0),
    VR_ROW(domain_set_autostart, set_autostart, 0),
    VR_ROW(domain_set_lifecycle_action, set_lifecycle_action, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG),
    { 0 },
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces of the host, and changes to them that can be taken back. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <stdlib.h>
#include <strings.h>
#include "internal.h"
#include "model/host_interface.h"

struct vr_test_interface {
    struct vr_host_interface_def *def;
    bool active;
};

static void free_interface(struct vr_test_interface *i)
{
    vr_host_interface_def_free(i->def);
    free(i);
}

static void free_list(struct vr_test_list *list)
{
    VR_TEST_EACH(vr_test_interface, i, *list)
        free_interface(i);
    vr_test_list_done(list);
}

static void forget_backup(struct vr_test *test)
{
    if (test->interface_backup)
        free_list(test->interface_backup);
    free(vr_take(test->interface_backup));
}

void vr_test_interfaces_free(struct vr_test *test)
{
    free_list(&test->interfaces);
    forget_backup(test);
}

static struct vr_test_interface *find(const struct vr_test *test, const char *name)
{
    VR_TEST_EACH(vr_test_interface, i, test->interfaces)
        if (vr_streq(i->def->name, name))
            return i;
    return NULL;
}

static struct vr_test_interface *by_name(struct vr_call *call, const char *name, struct vr_error **err)
{
    struct vr_test_interface *i = find(vr_test_of(call), name);
    if (!i)
        vr_fail(err, VIR_ERR_NO_INTERFACE, "no interface with matching name '%s'", name);
    return i;
}

static struct vr_nonnull_interface name_of(struct vr_arena *arena, const struct vr_test_interface *i)
{
    return (struct vr_nonnull_interface){ .name = vr_arena_strdup(arena, i->def->name),
                                          .mac = vr_arena_strdup(arena, i->def->mac ? i->def->mac : "") };
}

static struct vr_test_interface *define(struct vr_test *test, const char *xml, size_t len, unsigned flags,
                                        struct vr_error **err)
{
    struct vr_host_interface_def *def = vr_host_interface_def_parse(xml, len, flags | VR_FORM_TEST, err);
    if (!def)
        return NULL;
    struct vr_test_interface *i = find(test, def->name);
    if (!i) {
        i = vr_new(struct vr_test_interface);
        vr_test_list_add(&test->interfaces, i);
    }
    vr_host_interface_def_free(i->def);
    i->def = def;
    return i;
}

bool vr_test_load_interface(struct vr_test *test, const char *text, size_t len, struct vr_error **err)
{
    struct vr_test_interface *i = define(test, text, len, 0, err);
    if (i)
        i->active = true;
    return i != NULL;
}

VR_FN(define_xml, interface_define_xml_args, interface_define_xml_ret)
{
    struct vr_test_interface *i = define(vr_test_of(call), in->xml, strlen(in->xml),
                                         in->flags & VIR_INTERFACE_DEFINE_VALIDATE ? VR_FORM_VALIDATE : 0, err);
    if (i)
        out->iface = name_of(call->arena, i);
    return i != NULL;
}

VR_FN(undefine, interface_undefine_args, void)
{
    struct vr_test_interface *i = by_name(call, in->iface.name, err);
    if (!i)
        return false;
    vr_test_list_remove(&vr_test_of(call)->interfaces, i);
    free_interface(i);
    return true;
}

static bool switch_to(struct vr_call *call, const char *name, bool active, struct vr_error **err)
{
    struct vr_test_interface *i = by_name(call, name, err);
    if (!i)
        return false;
    if (i->active == active)
        return vr_fail_bare(err, VIR_ERR_OPERATION_INVALID);
    i->active = active;
    return true;
}

VR_FN(create, interface_create_args, void)
{
    return switch_to(call, in->iface.name, true, err);
}

VR_FN(destroy, interface_destroy_args, void)
{
    return switch_to(call, in->iface.name, false, err);
}

/* ---- changes ----------------------------------------------------------------------------------------------------- */

VR_FN(change_begin, interface_change_begin_args, void)
{
    struct vr_test *test = vr_test_of(call);
    if (test->interface_backup)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", "there is another transaction running.");
    test->interface_backup = vr_new(struct vr_test_list);
    VR_TEST_EACH(vr_test_interface, i, test->interfaces) {
        struct vr_test_interface *copy = vr_new(struct vr_test_interface); /* definitions come back, not what runs */
        copy->def = vr_host_interface_def_copy(i->def);
        vr_test_list_add(test->interface_backup, copy);
    }
    return true;
}

VR_FN(change_commit, interface_change_commit_args, void)
{
    struct vr_test *test = vr_test_of(call);
    if (!test->interface_backup)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", "no transaction running, nothing to be committed.");
    forget_backup(test);
    return true;
}

VR_FN(change_rollback, interface_change_rollback_args, void)
{
    struct vr_test *test = vr_test_of(call);
    if (!test->interface_backup)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", "no transaction running, nothing to rollback.");
    free_list(&test->interfaces);
    test->interfaces = *test->interface_backup;
    free(vr_take(test->interface_backup));
    return true;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

VR_FN(lookup_by_name, interface_lookup_by_name_args, interface_lookup_by_name_ret)
{
    struct vr_test_interface *i = by_name(call, in->name, err);
    if (i)
        out->iface = name_of(call->arena, i);
    return i != NULL;
}

VR_FN(lookup_by_mac, interface_lookup_by_mac_string_args, interface_lookup_by_mac_string_ret)
{
    const struct vr_test_interface *found = NULL;
    size_t n = 0;
    VR_TEST_EACH(vr_test_interface, i, vr_test_of(call)->interfaces) {
        if (i->def->mac && strcasecmp(i->def->mac, in->mac) == 0) {
            found = i;
            n++;
        }
    }
    if (n == 0)
        return vr_fail(err, VIR_ERR_NO_INTERFACE, "no interface with matching mac '%s'", in->mac);
    if (n > 1)
        return vr_fail_bare(err, VIR_ERR_MULTIPLE_INTERFACES);
    out->iface = name_of(call->arena, found);
    return true;
}

static uint32_t names(struct vr_call *call, bool active, int most, const char ***out)
{
    struct vr_test *test = vr_test_of(call);
    uint32_t n = 0;
    *out = vr_arena_alloc(call->arena, test->interfaces.n * sizeof(**out) + 1);
    VR_TEST_EACH(vr_test_interface, i, test->interfaces)
        if (i->active == active && (most < 0 || n < (uint32_t)most))
            (*out)[n++] = vr_arena_strdup(call->arena, i->def->name);
    return n;
}

VR_FN(num_of_interfaces, void, connect_num_of_interfaces_ret)
{
    const char **unused;
    out->num = (int)names(call, true, -1, &unused);
    return true;
}

VR_FN(num_of_defined_interfaces, void, connect_num_of_defined_interfaces_ret)
{
    const char **unused;
    out->num = (int)names(call, false, -1, &unused);
    return true;
}

VR_FN(list_interfaces, connect_list_interfaces_args, connect_list_interfaces_ret)
{
    out->names_count = names(call, true, in->maxnames, &out->names);
    return true;
}

VR_FN(list_defined_interfaces, connect_list_defined_interfaces_args, connect_list_defined_interfaces_ret)
{
    out->names_count = names(call, false, in->maxnames, &out->names);
    return true;
}

VR_FN(list_all_interfaces, connect_list_all_interfaces_args, connect_list_all_interfaces_ret)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_nonnull_interface *list = vr_arena_alloc(call->arena, test->interfaces.n * sizeof(*list) + 1);
    VR_TEST_EACH(vr_test_interface, i, test->interfaces)
        if (VR_TEST_FITS(in->flags, VIR_CONNECT_LIST_INTERFACES_ACTIVE, VIR_CONNECT_LIST_INTERFACES_INACTIVE, i->active))
            list[out->ret++] = name_of(call->arena, i);
    out->ifaces = list;
    out->ifaces_count = in->need_results ? out->ret : 0;
    return true;
}

VR_FN(get_xml, interface_get_xml_desc_args, interface_get_xml_desc_ret)
{
    struct vr_test_interface *i = by_name(call, in->iface.name, err);
    if (!i)
        return false;
    vr_autofree char *text = vr_host_interface_def_format(i->def, 0);
    out->xml = vr_arena_strdup(call->arena, text);
    return true;
}

VR_FN(is_active, interface_is_active_args, interface_is_active_ret)
{
    struct vr_test_interface *i = by_name(call, in->iface.name, err);
    if (i)
        out->active = i->active;
    return i != NULL;
}

const struct vr_driver_row vr_test_interface_rows[] = {
    VR_ROW(interface_define_xml, define_xml, VIR_INTERFACE_DEFINE_VALIDATE),
    VR_ROW(interface_undefine, undefine, 0),
    VR_ROW(interface_create, create, 0),
    VR_ROW(interface_destroy, destroy, 0),
    VR_ROW(interface_change_begin, change_begin, 0),
    VR_ROW(interface_change_commit, change_commit, 0),
    VR_ROW(interface_change_rollback, change_rollback, 0),
    VR_ROW(interface_lookup_by_name, lookup_by_name, 0),
    VR_ROW(interface_lookup_by_mac_string, lookup_by_mac, 0),
    VR_ROW(connect_num_of_interfaces, num_of_interfaces, 0),
    VR_ROW(connect_num_of_defined_interfaces, num_of_defined_interfaces, 0),
    VR_ROW(connect_list_interfaces, list_interfaces, 0),
    VR_ROW(connect_list_defined_interfaces, list_defined_interfaces, 0),
    VR_ROW(connect_list_all_interfaces, list_all_interfaces, VIR_CONNECT_LIST_INTERFACES_ACTIVE |
           VIR_CONNECT_LIST_INTERFACES_INACTIVE),
    VR_ROW(interface_get_xml_desc, get_xml, 0),
    VR_ROW(interface_is_active, is_active, 0),
    { 0 },
};

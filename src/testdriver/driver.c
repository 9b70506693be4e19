/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "internal.h"

/* ---- lists ------------------------------------------------------------------------------------------------------- */

void vr_test_list_add(struct vr_test_list *list, void *item)
{
    VR_GROW(list->v, list->n, list->cap);
    list->v[list->n++] = item;
}

void vr_test_list_remove(struct vr_test_list *list, const void *item)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->v[i] == item) {
            memmove(&list->v[i], &list->v[i + 1], (--list->n - i) * sizeof(list->v[0]));
            return;
        }
    }
}

void vr_test_list_done(struct vr_test_list *list)
{
    free(list->v);
    *list = (struct vr_test_list){ 0 };
}

/* ---- a host ------------------------------------------------------------------------------------------------------ */

struct vr_test *vr_test_new(const char *path, struct vr_error **err)
{
    struct vr_test *test = vr_new(struct vr_test);
    test->next_domain_id = 1;
    size_t len = strlen(vr_test_default);
    vr_autofree char *text = path ? vr_test_read_file(path, &len) : NULL;
    bool ok = path && !text ? vr_fail(err, VIR_ERR_XML_ERROR, "failed to parse xml document '%s'", path)
                            : vr_test_load(test, text ? text : vr_test_default, len, path, err);
    if (ok)
        return test;
    vr_test_free(test);
    return NULL;
}

void vr_test_free(struct vr_test *test)
{
    if (!test)
        return;
    VR_TEST_EACH(vr_test_domain, dom, test->domains)
        vr_test_domain_free(dom);
    vr_test_list_done(&test->domains);
    vr_test_networks_free(test);
    vr_test_interfaces_free(test);
    vr_test_pools_free(test);
    vr_test_devices_free(test);
    VR_TEST_EACH(vr_test_user, user, test->users) {
        free(user->name);
        free(user->password);
        free(user);
    }
    vr_test_list_done(&test->users);
    vr_test_list_done(&test->ends);
    free(test);
}

bool vr_test_has_users(const struct vr_test *test)
{
    return test->users.n > 0;
}

bool vr_test_login(const struct vr_test *test, const char *name, const char *password)
{
    VR_TEST_EACH(vr_test_user, user, test->users)
        if (vr_streq(user->name, name))
            return user->password ? password && vr_streq(user->password, password) : true;
    return false;
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

struct vr_test_conn *vr_test_attach(struct vr_test *test, const char *uri, bool readonly,
                                    const struct vr_identity *identity, vr_test_emit *emit, void *opaque)
{
    struct vr_test_conn *end = vr_new(struct vr_test_conn);
    end->test = test;
    end->conn.uri = vr_strdup(uri);
    end->conn.readonly = readonly;
    end->conn.identity = identity;
    end->emit = emit;
    end->opaque = opaque;
    vr_test_list_add(&test->ends, end);
    return end;
}

void vr_test_detach(struct vr_test_conn *end)
{
    struct vr_test *test = end->test;
    vr_test_list_remove(&test->ends, end);
    for (size_t i = test->domains.n; i-- > 0;) {
        struct vr_test_domain *dom = test->domains.v[i];
        if (dom->autodestroy != &end->conn || !vr_test_active(dom))
            continue;
        vr_test_domain_stop(dom, VIR_DOMAIN_SHUTOFF_DESTROYED);
        vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
        vr_test_domain_settle(test, dom);
    }
    free(end->conn.uri);
    free(end);
}

struct vr_conn *vr_test_conn_of(struct vr_test_conn *end)
{
    return &end->conn;
}

void vr_test_event(struct vr_test *test, enum vr_event_class event_class, int event_id,
                   const struct vr_event_object *object, const void *message)
{
    VR_TEST_EACH(vr_test_conn, end, test->ends)
        end->emit(end->opaque, event_class, event_id, object, message);
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

static const struct vr_driver_row *const tables[] = {
    vr_test_connect_rows, vr_test_domain_rows, vr_test_define_rows, vr_test_info_rows, vr_test_life_rows,
    vr_test_vcpu_rows, vr_test_tune_rows, vr_test_iotune_rows, vr_test_guest_rows, vr_test_stats_rows,
    vr_test_save_rows, vr_test_network_rows, vr_test_interface_rows, vr_test_pool_rows, vr_test_volume_rows,
    vr_test_nodedev_rows, vr_test_snapshot_rows, vr_test_checkpoint_rows,
};

const struct vr_driver_row *vr_test_row(const struct vr_api_call *api)
{
    for (size_t i = 0; i < VR_COUNT(tables); i++)
        for (const struct vr_driver_row *row = tables[i]; row->api; row++)
            if (row->api == api)
                return row;
    return NULL;
}

/* Functions whose name in the errors of stock's mock is not "test" and the public name's end. */
static const struct {
    const struct vr_api_call *api;
    const char *name;
} odd_names[] = {
    { &vr_api_domain_create_with_files, "testDomainCreateWithFlags" },
    { &vr_api_domain_create_xml_with_files, "testDomainCreateXML" },
};

static bool refuse_flags(const struct vr_api_call *api, uint64_t strange, struct vr_error **err)
{
    char name[96];
    snprintf(name, sizeof(name), "test%s", api->function + strlen("vir"));
    for (size_t i = 0; i < VR_COUNT(odd_names); i++)
        if (odd_names[i].api == api)
            snprintf(name, sizeof(name), "%s", odd_names[i].name);
    return vr_fail_flags(err, VIR_FROM_TEST, strange, name);
}

bool vr_test_call(struct vr_call *call, const void *in, void *out, struct vr_error **err)
{
    const struct vr_driver_row *row = vr_test_row(call->api);
    uint64_t strange = vr_api_flags(call->api, in) & ~(uint64_t)row->flags;
    if (strange)
        return refuse_flags(call->api, strange, err);
    return row->fn(call, in, out, err);
}

/* ---- parameters -------------------------------------------------------------------------------------------------- */

static struct vr_typed_param *param(struct vr_test_params *p, const char *name, int type)
{
    if (p->n == p->cap) {
        uint32_t cap = p->cap ? p->cap * 2 : 16;
        struct vr_typed_param *v = vr_arena_alloc(p->arena, cap * sizeof(*v));
        if (p->n)
            memcpy(v, p->v, p->n * sizeof(*v));
        p->v = v;
        p->cap = cap;
    }
    struct vr_typed_param *to = &p->v[p->n++];
    to->field = vr_arena_strdup(p->arena, name);
    to->value.type = type;
    return to;
}

void vr_test_param_int(struct vr_test_params *p, const char *name, int value)
{
    param(p, name, VIR_TYPED_PARAM_INT)->value.i = value;
}

void vr_test_param_uint(struct vr_test_params *p, const char *name, unsigned value)
{
    param(p, name, VIR_TYPED_PARAM_UINT)->value.ui = value;
}

void vr_test_param_llong(struct vr_test_params *p, const char *name, long long value)
{
    param(p, name, VIR_TYPED_PARAM_LLONG)->value.l = value;
}

void vr_test_param_ullong(struct vr_test_params *p, const char *name, unsigned long long value)
{
    param(p, name, VIR_TYPED_PARAM_ULLONG)->value.ul = value;
}

void vr_test_param_bool(struct vr_test_params *p, const char *name, bool value)
{
    param(p, name, VIR_TYPED_PARAM_BOOLEAN)->value.b = value;
}

void vr_test_param_string(struct vr_test_params *p, const char *name, const char *value)
{
    param(p, name, VIR_TYPED_PARAM_STRING)->value.s = vr_arena_strdup(p->arena, value);
}

bool vr_test_params_known(const struct vr_typed_param *params, uint32_t count, const struct vr_test_param *known,
                          struct vr_error **err)
{
    static const char *const types[] = { "unknown", "int", "uint", "llong", "ullong", "double", "boolean", "string" };
    for (uint32_t i = 0; i < count; i++) {
        const struct vr_test_param *k = known;
        while (k->name && !vr_streq(k->name, params[i].field))
            k++;
        if (!k->name)
            return vr_error_report(err, VIR_FROM_NONE, VIR_ERR_ARGUMENT_UNSUPPORTED, -1, "parameter '%s' not supported",
                                   params[i].field);
        int type = params[i].value.type;
        if (type != k->type)
            return vr_error_report(err, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, -1,
                                   "invalid type '%s' for parameter '%s', expected '%s'",
                                   types[type > 0 && type < (int)VR_COUNT(types) ? type : 0], k->name, types[k->type]);
        for (uint32_t j = 0; j < i && !k->many; j++)
            if (vr_streq(params[j].field, k->name))
                return vr_error_report(err, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, -1,
                                       "parameter '%s' occurs multiple times", k->name);
    }
    return true;
}

bool vr_test_bad_arg(struct vr_error **err, const char *function, const char *argument, const char *text)
{
    if (!err || *err)
        return false;
    *err = vr_new(struct vr_error);
    **err = (struct vr_error){ .code = VIR_ERR_INVALID_ARG, .domain = VIR_FROM_DOMAIN, .level = VIR_ERR_ERROR,
                               .message = vr_strdup(text), .str1 = vr_strdup(function), .str2 = vr_strdup(argument) };
    return false;
}

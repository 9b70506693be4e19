/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "call.h"

#include <stdlib.h>
#include <string.h>
#include "arguments.h"
#include "base/alloc.h"
#include "local.h"
#include "base/log.h"
#include "logging.h"
#include "remote_internal.h"
#include "stream.h"

#define FAIL(c, code, ...) vr_error_report(&(c)->err, (c)->domain, (code), -1, __VA_ARGS__)

static bool ready(struct vr_client_call *c, const struct vr_handle *object)
{
    if (VR_LOG_DEBUG >= vr_log_floor)
        vr_client_log_call(c->function, c->conn, object);
    if (!c->arena)
        c->arena = vr_arena_new();
    return true;
}

bool vr_begin_connect(struct vr_client_call *c, virConnectPtr conn)
{
    vr_last_reset();
    if (!vr_connect_check(conn, VR_CONNECT_MAGIC, c->domain, c->function, &c->err))
        return false;
    c->conn = conn;
    return ready(c, NULL);
}

bool vr_begin_admin(struct vr_client_call *c, virAdmConnectPtr conn)
{
    vr_last_reset();
    if (!vr_connect_check(conn, VR_ADMIN_MAGIC, c->domain, c->function, &c->err))
        return false;
    c->conn = &conn->c;
    return ready(c, NULL);
}

bool vr_begin(struct vr_client_call *c, enum vr_handle_kind kind, const void *object)
{
    vr_last_reset();
    if (!vr_handle_check(object, kind, c->function, &c->err))
        return false;
    c->conn = ((const struct vr_handle *)object)->conn;
    return ready(c, object);
}

bool vr_arg_handle(struct vr_client_call *c, enum vr_handle_kind kind, const void *object)
{
    if (!vr_handle_check(object, kind, c->function, &c->err))
        return false;
    return ((const struct vr_handle *)object)->conn == c->conn ||
           vr_bad_arg(c, "object", "the objects of %s must be of one connection", c->function);
}

bool vr_bad_arg(struct vr_client_call *c, const char *name, const char *fmt, ...)
{
    if (c->err)
        return false;
    va_list ap;
    va_start(ap, fmt);
    c->err = vr_new(struct vr_error);
    *c->err = (struct vr_error){ .code = VIR_ERR_INVALID_ARG, .domain = c->domain, .level = VIR_ERR_ERROR,
                                 .message = vr_vprintf(fmt, ap), .str1 = vr_strdup(c->function),
                                 .str2 = vr_strdup(name) };
    va_end(ap);
    return false;
}

bool vr_arg_there(struct vr_client_call *c, bool there, const char *name)
{
    return there || vr_bad_arg(c, name, "%s in %s must not be NULL", name, c->function);
}

bool vr_within(struct vr_client_call *c, long long given, long long most, const char *name)
{
    return (given >= 0 && given <= most) ||
           vr_bad_arg(c, name, "%s in %s must be between 0 and %lld", name, c->function, most);
}

bool vr_flags(struct vr_client_call *c, unsigned long flags, unsigned long known)
{
    return !(flags & ~known) || FAIL(c, VIR_ERR_INVALID_ARG, "unsupported flags (0x%lx) in function %s", flags & ~known,
                                     c->function);
}

bool vr_exclusive(struct vr_client_call *c, unsigned long flags, unsigned long a, const char *a_name, unsigned long b,
                  const char *b_name)
{
    return !(flags & a && flags & b) || vr_bad_arg(c, "ctl", "Flags '%s' and '%s' are mutually exclusive", a_name, b_name);
}

bool vr_requires(struct vr_client_call *c, unsigned long flags, unsigned long needed, const char *needed_name,
                 unsigned long by, const char *by_name)
{
    return !(flags & by) || flags & needed ||
           vr_bad_arg(c, "ctl", "Flag '%s' is required by flag '%s'", needed_name, by_name);
}

bool vr_below_kib(struct vr_client_call *c, unsigned long kib)
{
    return kib < UINT64_MAX / 1024 || FAIL(c, VIR_ERR_OVERFLOW, "input too large: %lu", kib);
}

bool vr_unsupported(struct vr_client_call *c)
{
    return FAIL(c, VIR_ERR_NO_SUPPORT, "%s", c->function);
}

bool vr_send_with(struct vr_client_call *c, const struct vr_api_call *call, const void *args, void *ret,
                  struct vr_extras *extras)
{
    if (c->conn->readonly && vr_condition_holds(&call->readonly_refused, args))
        return FAIL(c, VIR_ERR_OPERATION_DENIED, "read only access prevents %s", c->function);
    if (!vr_arguments(c, call, args))
        return false;
    args = vr_arguments_absolute(c, call, args);
    memset(ret, 0, call->ret->size);
    if (vr_remote_local(c->conn->remote) && !vr_local_has(call))
        return vr_unsupported(c);
    return vr_remote_call(c->conn->remote, call, args, c->arena, ret, extras, &c->err);
}

bool vr_send(struct vr_client_call *c, const struct vr_api_call *call, const void *args, void *ret)
{
    return vr_send_with(c, call, args, ret, NULL);
}

bool vr_send_stream(struct vr_client_call *c, const struct vr_api_call *call, const void *args, void *ret,
                    virStreamPtr st)
{
    if (!vr_handle_check(st, VR_HANDLE_STREAM, c->function, &c->err))
        return false;
    if (st->h.conn != c->conn)
        return vr_bad_arg(c, "stream", "stream in %s must match connection of the object", c->function);
    if (st->end.open)
        return FAIL(c, VIR_ERR_OPERATION_INVALID, "%s", "stream is already in use");
    vr_remote_stream_drop(c->conn->remote, &st->end); /* what its earlier use left */
    struct vr_extras extras = { .stream = &st->end };
    return vr_send_with(c, call, args, ret, &extras);
}

bool vr_end(struct vr_client_call *c, bool ok)
{
    if (!ok) {
        vr_client_log_error(c->function, c->err);
        vr_last_report(c->conn, &c->err);
    }
    vr_error_free(c->err);
    vr_arena_free(c->arena);
    return ok;
}

unsigned vr_strings_okay(struct vr_client_call *c)
{
    return vr_remote_feature(c->conn->remote, VR_FEATURE_TYPED_STRINGS) ? VIR_TYPED_PARAM_STRING_OKAY : 0;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

bool vr_put_params(struct vr_client_call *c, virTypedParameterPtr params, int count, struct vr_typed_param **out,
                   uint32_t *out_count)
{
    if (count < 0)
        return vr_bad_arg(c, "nparams", "nparams in %s must be zero or greater", c->function);
    if (count > 0 && !vr_arg(c, params, "params"))
        return false;
    struct vr_typed_param *to = vr_arena_alloc(c->arena, (size_t)count * sizeof(*to) + 1);
    for (int i = 0; i < count; i++) {
        to[i].field = vr_arena_strndup(c->arena, params[i].field,
                                       strnlen(params[i].field, VIR_TYPED_PARAM_FIELD_LENGTH));
        to[i].value.type = params[i].type;
        switch (params[i].type) {
        case VIR_TYPED_PARAM_INT:
            to[i].value.i = params[i].value.i;
            break;
        case VIR_TYPED_PARAM_UINT:
            to[i].value.ui = params[i].value.ui;
            break;
        case VIR_TYPED_PARAM_LLONG:
            to[i].value.l = params[i].value.l;
            break;
        case VIR_TYPED_PARAM_ULLONG:
            to[i].value.ul = params[i].value.ul;
            break;
        case VIR_TYPED_PARAM_DOUBLE:
            to[i].value.d = params[i].value.d;
            break;
        case VIR_TYPED_PARAM_BOOLEAN:
            to[i].value.b = params[i].value.b;
            break;
        case VIR_TYPED_PARAM_STRING:
            if (!params[i].value.s)
                return FAIL(c, VIR_ERR_INVALID_ARG, "NULL string parameter '%s'", to[i].field);
            to[i].value.s = params[i].value.s;
            break;
        default:
            return FAIL(c, VIR_ERR_RPC, "unknown parameter type: %d", params[i].type);
        }
    }
    *out = to;
    *out_count = (uint32_t)count;
    return true;
}

static void get_param(const struct vr_typed_param *from, virTypedParameterPtr to)
{
    memset(to, 0, sizeof(*to));
    size_t len = strnlen(from->field, VIR_TYPED_PARAM_FIELD_LENGTH - 1);
    memcpy(to->field, from->field, len);
    to->type = from->value.type;
    switch (from->value.type) {
    case VIR_TYPED_PARAM_INT:
        to->value.i = from->value.i;
        break;
    case VIR_TYPED_PARAM_UINT:
        to->value.ui = from->value.ui;
        break;
    case VIR_TYPED_PARAM_LLONG:
        to->value.l = from->value.l;
        break;
    case VIR_TYPED_PARAM_ULLONG:
        to->value.ul = from->value.ul;
        break;
    case VIR_TYPED_PARAM_DOUBLE:
        to->value.d = from->value.d;
        break;
    case VIR_TYPED_PARAM_BOOLEAN:
        to->value.b = from->value.b != 0;
        break;
    default:
        to->value.s = vr_strdup(from->value.s);
    }
}

virTypedParameterPtr vr_get_params(const struct vr_typed_param *params, uint32_t count)
{
    virTypedParameterPtr to = count ? vr_realloc(NULL, count, sizeof(*to)) : NULL;
    for (uint32_t i = 0; i < count; i++)
        get_param(&params[i], &to[i]);
    return to;
}

bool vr_fill_params(struct vr_client_call *c, const struct vr_typed_param *params, uint32_t count,
                    virTypedParameterPtr to, int room)
{
    if (room < 0 || count > (uint32_t)room)
        return FAIL(c, VIR_ERR_RPC, "too many parameters '%u' for limit '%d'", count, room);
    for (uint32_t i = 0; i < count; i++)
        get_param(&params[i], &to[i]);
    return true;
}

bool vr_fill_names(struct vr_client_call *c, const char **names, uint32_t count, char **to, int room)
{
    if (room < 0 || count > (uint32_t)room)
        return FAIL(c, VIR_ERR_RPC, "too many names '%u' for limit '%d'", count, room);
    for (uint32_t i = 0; i < count; i++)
        to[i] = vr_strdup(names[i]);
    return true;
}

void *vr_list_new(uint32_t count)
{
    return vr_alloc(((size_t)count + 1) * sizeof(void *));
}

char **vr_copy_names(const char **names, uint32_t count)
{
    char **to = vr_list_new(count);
    for (uint32_t i = 0; i < count; i++)
        to[i] = vr_strdup(names[i]);
    return to;
}

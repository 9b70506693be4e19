/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
/* Typed parameters, as results and as arguments. */
#include <string.h>
#include "base/str.h"
#include "rows.h"

static struct vr_typed_value *param_add(struct vr_params *p, int type, const char *name, va_list ap)
{
    if (p->n == p->cap) {
        uint32_t cap = p->cap ? p->cap * 2 : 32;
        struct vr_typed_param *v = vr_arena_alloc(p->arena, cap * sizeof(*v));
        if (p->n)
            memcpy(v, p->v, p->n * sizeof(*v));
        p->v = v;
        p->cap = cap;
    }
    struct vr_typed_param *param = &p->v[p->n++];
    /* Most names are constants: those need no copy. */
    param->field = strchr(name, '%') ? vr_arena_vprintf(p->arena, name, ap) : name;
    param->value.type = type;
    return &param->value;
}

#define DEFINE_PARAM(suffix, ctype, constant, member)                                              \
    void vr_params_##suffix(struct vr_params *p, ctype v, const char *name, ...)                   \
    {                                                                                              \
        va_list ap;                                                                                \
        va_start(ap, name);                                                                        \
        param_add(p, constant, name, ap)->member = v;                                              \
        va_end(ap);                                                                                \
    }
DEFINE_PARAM(int, int32_t, VIR_TYPED_PARAM_INT, i)
DEFINE_PARAM(uint, uint32_t, VIR_TYPED_PARAM_UINT, ui)
DEFINE_PARAM(llong, int64_t, VIR_TYPED_PARAM_LLONG, l)
DEFINE_PARAM(ullong, uint64_t, VIR_TYPED_PARAM_ULLONG, ul)
DEFINE_PARAM(bool, bool, VIR_TYPED_PARAM_BOOLEAN, b)

void vr_params_str(struct vr_params *p, const char *v, const char *name, ...)
{
    va_list ap;
    va_start(ap, name);
    param_add(p, VIR_TYPED_PARAM_STRING, name, ap)->s = vr_arena_strdup(p->arena, v);
    va_end(ap);
}

/* ---- arguments ----------------------------------------------------------------------------------------------------- */

static const char *type_name(int type)
{
    static const char *const names[] = { "unknown", "int", "uint", "llong", "ullong", "double", "boolean", "string" };
    return names[type > 0 && type < (int)VR_COUNT(names) ? type : 0];
}

static const struct vr_param_known *known_param(const struct vr_param_known *known, const char *name)
{
    for (; known->name; known++)
        if (vr_streq(known->name, name))
            return known;
    return NULL;
}

bool vr_params_check(const struct vr_typed_param *params, uint32_t count, const struct vr_param_known *known,
                     struct vr_error **err)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct vr_typed_param *p = &params[i];
        const struct vr_param_known *k = known_param(known, p->field);
        if (!k)
            return vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, _("parameter '%s' not supported"), p->field);
        if (k->type != p->value.type)
            return vr_fail(err, VIR_ERR_INVALID_ARG, _("invalid type '%s' for parameter '%s', expected '%s'"),
                           type_name(p->value.type), p->field, type_name(k->type));
        for (uint32_t j = 0; j < i; j++)
            if (!k->repeats && vr_streq(params[j].field, p->field))
                return vr_fail(err, VIR_ERR_INVALID_ARG, _("parameter '%s' occurs multiple times"), p->field);
    }
    return true;
}

const struct vr_typed_param *vr_params_find(const struct vr_typed_param *params, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (vr_streq(params[i].field, name))
            return &params[i];
    return NULL;
}

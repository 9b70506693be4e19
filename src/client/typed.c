/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of typed parameters in the application's memory. */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "call.h"

#define PARAMS_MAX (1024 * 1024)

/* What the fixed texts call the types, by number. */
static const char *const type_names[] = {
    "unknown", "int", "unsigned int", "long long", "unsigned long long", "double", "boolean", "string",
};

static const char *type_name(int type)
{
    return type_names[type > 0 && (size_t)type < VR_COUNT(type_names) ? type : 0];
}

static int fail(struct vr_error **err)
{
    vr_last_report(NULL, err);
    return -1;
}

static bool there(const void *pointer, const char *name, const char *function, struct vr_error **err)
{
    return pointer || vr_fail(err, VIR_ERR_INVALID_ARG, "%s in %s must not be NULL", name, function);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

virTypedParameterPtr virTypedParamsGet(virTypedParameterPtr params, int nparams, const char *name)
{
    vr_last_reset();
    if (!params || !name)
        return NULL;
    for (int i = 0; i < nparams; i++)
        if (strncmp(params[i].field, name, VIR_TYPED_PARAM_FIELD_LENGTH) == 0)
            return &params[i];
    return NULL;
}

/* 1 and *out, 0 when there is none, -1 when it is of another type. */
static int get(virTypedParameterPtr params, int nparams, const char *name, int type, const void *value,
               const char *function, virTypedParameterPtr *out)
{
    struct vr_error *err = NULL;
    vr_last_reset();
    if (!there(name, "name", function, &err))
        return fail(&err);
    virTypedParameterPtr p = params ? virTypedParamsGet(params, nparams, name) : NULL;
    if (!p)
        return 0;
    if (p->type != type) {
        vr_fail(&err, VIR_ERR_INVALID_ARG, "Invalid type '%s' requested for parameter '%s', actual type is '%s'",
                type_name(type), name, type_name(p->type));
        return fail(&err);
    }
    *out = p;
    return value != NULL ? 1 : 2; /* 2: it is there, and nobody wants it */
}

#define GETTER(Name, c_type, TYPE, member)                                                                             \
    int virTypedParamsGet##Name(virTypedParameterPtr params, int nparams, const char *name, c_type value)              \
    {                                                                                                                  \
        virTypedParameterPtr p;                                                                                        \
        int found = get(params, nparams, name, VIR_TYPED_PARAM_##TYPE, value, __func__, &p);                           \
        if (found == 1)                                                                                                \
            *value = p->value.member;                                                                                  \
        return found > 0 ? 1 : found;                                                                                  \
    }

GETTER(Int, int *, INT, i)
GETTER(UInt, unsigned int *, UINT, ui)
GETTER(LLong, long long *, LLONG, l)
GETTER(ULLong, unsigned long long *, ULLONG, ul)
GETTER(Double, double *, DOUBLE, d)
GETTER(Boolean, int *, BOOLEAN, b)
GETTER(String, const char **, STRING, s)

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static virTypedParameterPtr add(virTypedParameterPtr *params, int *nparams, int *maxparams, const char *name, int type,
                                const char *function, struct vr_error **err)
{
    if (!there(params, "params", function, err) || !there(nparams, "nparams", function, err) ||
        !there(maxparams, "maxparams", function, err) || !there(name, "name", function, err))
        return NULL;
    if (strlen(name) >= VIR_TYPED_PARAM_FIELD_LENGTH) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, "Field name '%s' too long", name);
        return NULL;
    }
    if (*nparams < 0 || *nparams >= PARAMS_MAX) {
        vr_fail(err, VIR_ERR_INVALID_ARG, "nparams in %s is out of range", function);
        return NULL;
    }
    if (*nparams >= *maxparams) {
        int cap = *nparams * 2 + 8;
        *params = vr_realloc(*params, (size_t)cap, sizeof(**params));
        *maxparams = cap;
    }
    virTypedParameterPtr p = &(*params)[*nparams];
    memset(p, 0, sizeof(*p));
    strcpy(p->field, name);
    p->type = type;
    return p;
}

#define ADDER(Name, c_type, TYPE, member, convert)                                                                     \
    int virTypedParamsAdd##Name(virTypedParameterPtr *params, int *nparams, int *maxparams, const char *name,          \
                                c_type value)                                                                          \
    {                                                                                                                  \
        struct vr_error *err = NULL;                                                                                   \
        vr_last_reset();                                                                                               \
        virTypedParameterPtr p = add(params, nparams, maxparams, name, VIR_TYPED_PARAM_##TYPE, __func__, &err);        \
        if (!p)                                                                                                        \
            return fail(&err);                                                                                         \
        p->value.member = convert(value);                                                                              \
        ++*nparams;                                                                                                    \
        return 0;                                                                                                      \
    }

ADDER(Int, int, INT, i, )
ADDER(UInt, unsigned int, UINT, ui, )
ADDER(LLong, long long, LLONG, l, )
ADDER(ULLong, unsigned long long, ULLONG, ul, )
ADDER(Double, double, DOUBLE, d, )
ADDER(Boolean, int, BOOLEAN, b, !!)
ADDER(String, const char *, STRING, s, vr_strdup)

int virTypedParamsAddStringList(virTypedParameterPtr *params, int *nparams, int *maxparams, const char *name,
                                const char **values)
{
    vr_last_reset();
    for (size_t i = 0; values && values[i]; i++)
        if (virTypedParamsAddString(params, nparams, maxparams, name, values[i]) < 0)
            return -1;
    return 0;
}

static bool from_text(virTypedParameterPtr p, const char *value, struct vr_error **err)
{
    int64_t i = 0;
    uint64_t u = 0;
    bool ok = true;
    switch (p->type) {
    case VIR_TYPED_PARAM_INT:
        ok = vr_parse_i64(value, 10, INT32_MIN, INT32_MAX, &i);
        p->value.i = (int)i;
        break;
    case VIR_TYPED_PARAM_UINT:
        ok = vr_parse_u64(value, 10, UINT32_MAX, &u);
        p->value.ui = (unsigned)u;
        break;
    case VIR_TYPED_PARAM_LLONG:
        ok = vr_parse_i64(value, 10, INT64_MIN, INT64_MAX, &i);
        p->value.l = i;
        break;
    case VIR_TYPED_PARAM_ULLONG:
        ok = vr_parse_u64(value, 10, UINT64_MAX, &u);
        p->value.ul = u;
        break;
    case VIR_TYPED_PARAM_DOUBLE:
        ok = vr_parse_double(value, &p->value.d);
        break;
    case VIR_TYPED_PARAM_BOOLEAN:
        if (!vr_streq(value, "0") && !vr_streq(value, "1"))
            return vr_fail(err, VIR_ERR_INVALID_ARG, "Invalid boolean value for field '%s'", p->field);
        p->value.b = value[0] == '1';
        break;
    case VIR_TYPED_PARAM_STRING:
        p->value.s = vr_strdup(value);
        break;
    default:
        return vr_fail(err, VIR_ERR_INVALID_ARG, "unexpected type %d for field %s", p->type, p->field);
    }
    return ok || vr_fail(err, VIR_ERR_INVALID_ARG, "Invalid value for field '%s': expected %s", p->field,
                         p->type == VIR_TYPED_PARAM_UINT ? "unsigned int" : type_name(p->type));
}

int virTypedParamsAddFromString(virTypedParameterPtr *params, int *nparams, int *maxparams, const char *name, int type,
                                const char *value)
{
    struct vr_error *err = NULL;
    vr_last_reset();
    virTypedParameterPtr p = add(params, nparams, maxparams, name, type, __func__, &err);
    if (!p || !there(value, "value", __func__, &err) || !from_text(p, value, &err))
        return fail(&err);
    ++*nparams;
    return 0;
}

void virTypedParamsClear(virTypedParameterPtr params, int nparams)
{
    for (int i = 0; params && i < nparams; i++) {
        if (params[i].type == VIR_TYPED_PARAM_STRING) {
            free(params[i].value.s);
            params[i].value.s = NULL;
        }
    }
}

void virTypedParamsFree(virTypedParameterPtr params, int nparams)
{
    virTypedParamsClear(params, nparams);
    free(params);
}

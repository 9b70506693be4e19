/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "typed.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"

struct vr_typed *vr_typed_new(void)
{
    return vr_new(struct vr_typed);
}

void vr_typed_free(struct vr_typed *list)
{
    if (!list)
        return;
    virTypedParamsFree(list->params, list->n);
    free(list);
}

void vr_typed_room(struct vr_typed *list, int n)
{
    virTypedParamsFree(list->params, list->n);
    list->params = vr_alloc(((size_t)n + 1) * sizeof(*list->params));
    list->n = list->room = n;
}

const virTypedParameter *vr_typed_find(const struct vr_typed *list, const char *field)
{
    for (int i = 0; i < list->n; i++) {
        if (vr_streq(list->params[i].field, field))
            return &list->params[i];
    }
    return NULL;
}

char *vr_typed_text(const virTypedParameter *p)
{
    switch (p->type) {
    case VIR_TYPED_PARAM_INT: return vr_printf("%d", p->value.i);
    case VIR_TYPED_PARAM_UINT: return vr_printf("%u", p->value.ui);
    case VIR_TYPED_PARAM_LLONG: return vr_printf("%lld", p->value.l);
    case VIR_TYPED_PARAM_ULLONG: return vr_printf("%llu", p->value.ul);
    case VIR_TYPED_PARAM_DOUBLE: return vr_printf("%f", p->value.d);
    case VIR_TYPED_PARAM_BOOLEAN: return vr_strdup(p->value.b ? _("yes") : _("no"));
    case VIR_TYPED_PARAM_STRING: return vr_strdup(p->value.s ? p->value.s : "");
    default: return vr_printf(_("unimplemented parameter type %d"), p->type);
    }
}

void vr_typed_info(struct vr_info *info, const virTypedParameter *p)
{
    vr_autofree char *text = vr_typed_text(p);
    switch (p->type) {
    case VIR_TYPED_PARAM_INT: vr_info_int(info, p->field, p->value.i, NULL); break;
    case VIR_TYPED_PARAM_UINT: vr_info_uint(info, p->field, p->value.ui, NULL); break;
    case VIR_TYPED_PARAM_LLONG: vr_info_int(info, p->field, p->value.l, NULL); break;
    case VIR_TYPED_PARAM_ULLONG: vr_info_uint(info, p->field, p->value.ul, NULL); break;
    case VIR_TYPED_PARAM_BOOLEAN: vr_info_bool(info, p->field, p->value.b, _("yes"), _("no")); break;
    default: vr_info_str(info, p->field, "%s", text);
    }
}

static virTypedParameterPtr next(struct vr_typed *list, const char *field, int type)
{
    if (list->n >= list->room) {
        list->room = list->room ? list->room * 2 : 8;
        list->params = vr_realloc(list->params, (size_t)list->room, sizeof(*list->params));
    }
    virTypedParameterPtr p = &list->params[list->n++];
    memset(p, 0, sizeof(*p));
    snprintf(p->field, sizeof(p->field), "%s", field);
    p->type = type;
    return p;
}

void vr_typed_int(struct vr_typed *list, const char *field, int v)
{
    next(list, field, VIR_TYPED_PARAM_INT)->value.i = v;
}
void vr_typed_uint(struct vr_typed *list, const char *field, unsigned v)
{
    next(list, field, VIR_TYPED_PARAM_UINT)->value.ui = v;
}
void vr_typed_ull(struct vr_typed *list, const char *field, unsigned long long v)
{
    next(list, field, VIR_TYPED_PARAM_ULLONG)->value.ul = v;
}
void vr_typed_bool(struct vr_typed *list, const char *field, bool v)
{
    next(list, field, VIR_TYPED_PARAM_BOOLEAN)->value.b = v;
}
void vr_typed_str(struct vr_typed *list, const char *field, const char *v)
{
    next(list, field, VIR_TYPED_PARAM_STRING)->value.s = vr_strdup(v);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Lists of typed parameters, and their values as text. */
#include "virsh.h"

struct vr_typed {
    virTypedParameterPtr params;
    int n, room;
};
struct vr_typed *vr_typed_new(void);
void vr_typed_free(struct vr_typed *list);
VR_DEFINE_AUTO(vr_typed)
/** Room for @n parameters that a call fills in; sets n. */
void vr_typed_room(struct vr_typed *list, int n);
const virTypedParameter *vr_typed_find(const struct vr_typed *list, const char *field);

/** malloc'd: numbers in decimal, "yes"/"no", text. */
char *vr_typed_text(const virTypedParameter *param);
/** As a member of @info. */
void vr_typed_info(struct vr_info *info, const virTypedParameter *param);

void vr_typed_int(struct vr_typed *list, const char *field, int v);
void vr_typed_uint(struct vr_typed *list, const char *field, unsigned v);
void vr_typed_ull(struct vr_typed *list, const char *field, unsigned long long v);
void vr_typed_bool(struct vr_typed *list, const char *field, bool v);
void vr_typed_str(struct vr_typed *list, const char *field, const char *v);

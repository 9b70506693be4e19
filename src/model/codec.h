/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Values of the model that rows can hold besides plain ones. */
#include "model/common.h"
#include "schema/schema.h"

/** struct vr_cpuset *, "0-3,^2". */
extern const struct vr_codec_ops vr_cpuset_codec;
/** `bool has_mac; struct vr_mac mac;` in this order: the row names has_mac. */
extern const struct vr_codec_ops vr_mac_codec;

#define VR_A_CPUSET(S, m, n, ...)                                                                  \
    VR_ROW_AUX_(n, VR_K_CODEC, VR_AT_ATTR, VR_MEMBER(S, m, struct vr_cpuset *), &vr_cpuset_codec,   \
            .bad = "Failed to parse bitmap '%s'", .bad_code = VIR_ERR_INVALID_ARG, .bad_domain = VR_DOMAIN(VIR_FROM_NONE), __VA_ARGS__)
#define VR_T_CPUSET(S, m, n, ...)                                                                  \
    VR_ROW_AUX_(n, VR_K_CODEC, VR_AT_TEXT, VR_MEMBER(S, m, struct vr_cpuset *), &vr_cpuset_codec,   \
            .bad = "Failed to parse bitmap '%s'", .bad_code = VIR_ERR_INVALID_ARG, .bad_domain = VR_DOMAIN(VIR_FROM_NONE), __VA_ARGS__)
#define VR_C_CPUSET(S, m, ...)                                                                     \
    VR_ROW_AUX_(NULL, VR_K_CODEC, VR_AT_CONTENT, VR_MEMBER(S, m, struct vr_cpuset *), &vr_cpuset_codec, \
            .bad = "Failed to parse bitmap '%s'", .bad_code = VIR_ERR_INVALID_ARG, .bad_domain = VR_DOMAIN(VIR_FROM_NONE), __VA_ARGS__)

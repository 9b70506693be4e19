/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The parts of vr_domain_abi_check: devices in abi.c, everything else in abi_machine.c. */
#include "model/codec.h"
#include "model/domain.h"

enum vr_abi_kind { VR_ABI_END, VR_ABI_TEXT, VR_ABI_WORD, VR_ABI_SWITCH, VR_ABI_TRI_NUMBER, VR_ABI_NUMBER, VR_ABI_BIG, VR_ABI_OPTIONAL };
/** A member the guest can see: "Target LABEL NEW does not match source OLD". */
struct vr_abi_member {
    const char *label;
    enum vr_abi_kind kind;
    size_t offset;
    const char *const *names; /* WORD */
    const char *unset;        /* how absence is called */
    int absent;               /* OPTIONAL: the number of absence */
    bool quoted;
};
#define ABI_(S, m, l, k, ...) { .label = (l), .kind = (k), .offset = offsetof(S, m), __VA_ARGS__ }
#define ABI_TEXT(S, m, l, ...) ABI_(S, m, l, VR_ABI_TEXT, __VA_ARGS__)
#define ABI_WORD(S, m, l, n, ...) ABI_(S, m, l, VR_ABI_WORD, .names = (n), __VA_ARGS__)
#define ABI_SWITCH(S, m, l, ...) ABI_(S, m, l, VR_ABI_SWITCH, __VA_ARGS__)
#define ABI_TRI_NUMBER(S, m, l) ABI_(S, m, l, VR_ABI_TRI_NUMBER)
#define ABI_NUMBER(S, m, l, ...) ABI_(S, m, l, VR_ABI_NUMBER, __VA_ARGS__)
#define ABI_BIG(S, m, l, ...) ABI_(S, m, l, VR_ABI_BIG, __VA_ARGS__)
#define ABI_OPTIONAL(S, m, l, n) ABI_(S, m, l, VR_ABI_OPTIONAL, .absent = (n))
#define ABI_LAST { .kind = VR_ABI_END }

bool vr_abi_differs(struct vr_error **err, int domain, const char *label, const char *was, const char *now, bool quoted);
bool vr_abi_members(const struct vr_abi_member *members, const void *a, const void *b, struct vr_error **err);

bool vr_abi_identity(const struct vr_domain_def *a, const struct vr_domain_def *b, struct vr_error **err);
bool vr_abi_memory(const struct vr_domain_def *a, const struct vr_domain_def *b, struct vr_error **err);
bool vr_abi_vcpus(const struct vr_domain_def *a, const struct vr_domain_def *b, struct vr_error **err);
bool vr_abi_machine(const struct vr_domain_def *a, const struct vr_domain_def *b, struct vr_error **err);
bool vr_abi_features(const struct vr_domain_def *a, const struct vr_domain_def *b, struct vr_error **err);
bool vr_abi_timers(const struct vr_domain_def *a, const struct vr_domain_def *b, struct vr_error **err);
bool vr_abi_cpu(const struct vr_cpu *a, const struct vr_cpu *b, struct vr_error **err);
bool vr_abi_sysinfo(const struct vr_domain_def *a, const struct vr_domain_def *b, struct vr_error **err);

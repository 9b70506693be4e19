/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Which bit of which CPUID register is which feature of documents. */
#include <stdint.h>

enum vr_cpuid_register { VR_EAX, VR_EBX, VR_ECX, VR_EDX };
struct vr_cpuid_row {
    uint32_t leaf, subleaf;
    enum vr_cpuid_register reg;
    const char *names; /* of bits 0, 1, ...; "." has none */
};
extern const struct vr_cpuid_row vr_cpuid_rows[];
extern const unsigned vr_cpuid_row_count;

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Source: the processors' manuals for the bits; the interface for the names and their order. */
#include "cpu_x86.h"

const struct vr_cpuid_row vr_cpuid_rows[] = {
    { 0x1, 0, VR_EDX,
      "fpu vme de pse tsc msr pae mce cx8 apic . sep mtrr pge mca cmov pat pse36 pn clflush . ds acpi mmx fxsr sse sse2 "
      "ss ht tm ia64 pbe" },
    { 0x1, 0, VR_ECX,
      "pni pclmuldq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid . fma cx16 xtpr pdcm . pcid dca sse4.1 sse4.2 x2apic "
      "movbe popcnt tsc-deadline aes xsave osxsave avx f16c rdrand hypervisor" },
    { 0x6, 0, VR_EAX, ". . arat" },
    { 0x7, 0, VR_EBX,
      "fsgsbase tsc_adjust sgx bmi1 hle avx2 . smep bmi2 erms invpcid rtm cmt . mpx . avx512f avx512dq rdseed adx smap "
      "avx512ifma pcommit clflushopt clwb intel-pt avx512pf avx512er avx512cd sha-ni avx512bw avx512vl" },
    { 0x7, 0, VR_ECX,
      ". avx512vbmi umip pku ospke waitpkg avx512vbmi2 . gfni vaes vpclmulqdq avx512vnni avx512bitalg . avx512-vpopcntdq . "
      "la57 . . . . . rdpid . bus-lock-detect cldemote . movdiri movdir64b . sgxlc pks" },
    { 0x7, 0, VR_EDX,
      ". . avx512-4vnniw avx512-4fmaps fsrm . . . avx512-vp2intersect . md-clear . . . serialize . tsx-ldtrk . pconfig "
      "arch-lbr . . amx-bf16 avx512-fp16 amx-tile amx-int8 spec-ctrl stibp . arch-capabilities core-capability ssbd" },
    { 0x7, 1, VR_EAX, ". . . . avx-vnni avx512-bf16" },
    { 0xd, 1, VR_EAX, "xsaveopt xsavec xgetbv1 xsaves xfd" },
    { 0xf, 1, VR_EDX, ". mbm_total mbm_local" },
    { 0x12, 0, VR_EAX, "sgx1 sgx2" },
    { 0x14, 0, VR_ECX, ". . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . intel-pt-lip" },
    { 0x80000001, 0, VR_EDX,
      ". . . . . . . . . . . syscall . . . . . . . . nx . mmxext . . fxsr_opt pdpe1gb rdtscp . lm 3dnowext 3dnow" },
    { 0x80000001, 0, VR_ECX,
      "lahf_lm cmp_legacy svm extapic cr8legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt . lwp fma4 tce "
      ". nodeid_msr . tbm topoext perfctr_core perfctr_nb" },
    { 0x80000007, 0, VR_EDX, ". . . . . . . . invtsc" },
    { 0x80000008, 0, VR_EBX,
      "clzero . xsaveerptr . . . . . . wbnoinvd . . ibpb . ibrs amd-stibp . . . . . . . . amd-ssbd virt-ssbd "
      "amd-no-ssb" },
    { 0x8000000a, 0, VR_EDX,
      "npt lbrv svm-lock nrip-save tsc-scale vmcb-clean flushbyasid decodeassists . . pause-filter . pfthreshold avic . "
      "v-vmsave-vmload vgif . . . . . . . . . . . svme-addr-chk" },
};
const unsigned vr_cpuid_row_count = sizeof(vr_cpuid_rows) / sizeof(vr_cpuid_rows[0]);

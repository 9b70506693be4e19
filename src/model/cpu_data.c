/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * x86 CPU models and features that documents may name. Facts of the interface: names, in the order in which documents
 * list features; which features a model has; which processors it stands for. A model is told by what it has more (+)
 * and less (-) than one before it.
 */
#include "model/cpu_map.h"

/* "!" before a name: not migratable */
const char vr_cpu_features[] =
    "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 pn clflush ds acpi mmx fxsr sse sse2 "
    "ss ht tm ia64 pbe pni pclmuldq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid fma cx16 xtpr pdcm pcid dca "
    "sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave osxsave avx f16c rdrand hypervisor arat fsgsbase "
    "tsc_adjust sgx bmi1 hle avx2 smep bmi2 erms invpcid rtm cmt mpx avx512f avx512dq rdseed adx smap avx512ifma "
    "pcommit clflushopt clwb intel-pt avx512pf avx512er avx512cd sha-ni avx512bw avx512vl avx512vbmi umip pku "
    "ospke waitpkg avx512vbmi2 gfni vaes vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq la57 rdpid "
    "bus-lock-detect cldemote movdiri movdir64b sgxlc pks avx512-4vnniw avx512-4fmaps fsrm avx512-vp2intersect "
    "md-clear serialize tsx-ldtrk pconfig arch-lbr amx-bf16 avx512-fp16 amx-tile amx-int8 spec-ctrl stibp "
    "arch-capabilities core-capability ssbd avx-vnni avx512-bf16 xsaveopt xsavec xgetbv1 !xsaves xfd mbm_total "
    "mbm_local sgx1 sgx2 sgx-exinfo sgx-debug sgx-mode64 sgx-provisionkey sgx-tokenkey sgx-kss intel-pt-lip "
    "syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm 3dnowext 3dnow lahf_lm cmp_legacy svm extapic cr8legacy abm "
    "sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt lwp fma4 tce cvt16 nodeid_msr tbm topoext "
    "perfctr_core perfctr_nb !invtsc clzero xsaveerptr wbnoinvd ibpb ibrs amd-stibp amd-ssbd virt-ssbd amd-no-ssb "
    "npt lbrv svm-lock nrip-save tsc-scale vmcb-clean flushbyasid decodeassists pause-filter pfthreshold avic "
    "v-vmsave-vmload vgif svme-addr-chk rdctl-no ibrs-all rsba skip-l1dfl-vmentry ssb-no mds-no pschange-mc-no "
    "tsx-ctrl taa-no split-lock-detect";

/* families and models of processors: "family.model" */
const struct vr_cpu_model_row vr_cpu_models[] = {
    { "486", NULL, NULL, true, true, "",
      "+fpu +vme +pse" },
    { "pentium", "486", NULL, true, true, "",
      "+de +tsc +msr +mce +cx8 +mmx" },
    { "pentium2", "pentium", NULL, true, true, "",
      "+pae +sep +mtrr +pge +mca +cmov +pat +pse36 +fxsr" },
    { "pentium3", "pentium2", NULL, true, true, "",
      "+sse" },
    { "pentiumpro", "pentium3", NULL, true, true, "",
      "+apic +sse2 -vme -mtrr -mca -pse36" },
    { "coreduo", "pentium3", "Intel", true, true, "",
      "+apic +clflush +sse2 +pni +monitor +nx -pse36" },
    { "n270", "coreduo", "Intel", true, true, "",
      "+ssse3" },
    { "core2duo", "n270", "Intel", true, true, "",
      "+pse36 +syscall +lm" },
    { "qemu32", "pentiumpro", NULL, true, true, "",
      "+pni" },
    { "kvm32", "coreduo", NULL, true, true, "",
      "+pse36 -vme -monitor -nx" },
    { "cpu64-rhel5", "core2duo", NULL, false, false, "",
      "-vme -monitor -ssse3" },
    { "cpu64-rhel6", "cpu64-rhel5", NULL, false, false, "",
      "+cx16 +lahf_lm" },
    { "qemu64", "cpu64-rhel5", NULL, true, true, "",
      "+cx16 +svm" },
    { "kvm64", "cpu64-rhel5", NULL, true, true, "",
      "+cx16" },
    { "Conroe", "cpu64-rhel5", "Intel", true, true, "6.15 6.22",
      "+ssse3 +lahf_lm" },
    { "Penryn", "cpu64-rhel6", "Intel", true, true, "6.23 6.29",
      "+ssse3 +sse4.1" },
    { "Nehalem", "Penryn", "Intel", true, true, "6.26 6.30 6.31 6.46",
      "+sse4.2 +popcnt" },
    { "Nehalem-IBRS", "Nehalem", "Intel", true, true, "6.26 6.30 6.31 6.46",
      "+spec-ctrl" },
    { "Westmere", "Nehalem", "Intel", true, true, "6.44 6.47 6.37",
      "+aes" },
    { "Westmere-IBRS", "Nehalem-IBRS", "Intel", true, true, "6.44",
      "+aes" },
    { "SandyBridge", "Westmere", "Intel", true, true, "6.42 6.45",
      "+pclmuldq +x2apic +tsc-deadline +xsave +avx +rdtscp" },
    { "SandyBridge-IBRS", "SandyBridge", "Intel", true, true, "6.42 6.45",
      "+spec-ctrl" },
    { "IvyBridge", "SandyBridge", "Intel", true, true, "6.58 6.62",
      "+vme +f16c +rdrand +fsgsbase +smep +erms" },
    { "IvyBridge-IBRS", "IvyBridge", "Intel", true, true, "6.58 6.62",
      "+spec-ctrl" },
    { "Haswell-noTSX", "SandyBridge", "Intel", true, true, "6.60 6.63 6.69 6.70",
      "+fma +pcid +movbe +fsgsbase +bmi1 +avx2 +smep +bmi2 +erms +invpcid" },
    { "Haswell-noTSX-IBRS", "Haswell-noTSX", "Intel", true, true, "6.60 6.63 6.69 6.70",
      "+spec-ctrl" },
    { "Haswell", "Haswell-noTSX", "Intel", true, true, "6.60 6.63 6.69 6.70",
      "+hle +rtm" },
    { "Haswell-IBRS", "Haswell", "Intel", true, true, "6.60 6.63 6.69 6.70",
      "+spec-ctrl" },
    { "Broadwell-noTSX", "Haswell-noTSX", "Intel", true, true, "6.61 6.71 6.79 6.86",
      "+rdseed +adx +smap +3dnowprefetch" },
    { "Broadwell-noTSX-IBRS", "Broadwell-noTSX", "Intel", true, true, "6.61 6.71 6.79 6.86",
      "+spec-ctrl" },
    { "Broadwell", "Broadwell-noTSX", "Intel", true, true, "6.61 6.71 6.79 6.86",
      "+hle +rtm" },
    { "Broadwell-IBRS", "Broadwell", "Intel", true, true, "6.61 6.71 6.79 6.86",
      "+spec-ctrl" },
    { "Skylake-Client", "Broadwell", "Intel", true, true, "6.94 6.78 6.142 6.158",
      "+vme +f16c +rdrand +arat +mpx +xsaveopt +xsavec +xgetbv1 +abm" },
    { "Skylake-Client-IBRS", "Skylake-Client", "Intel", true, true, "6.94 6.78 6.142 6.158",
      "+spec-ctrl" },
    { "Skylake-Client-noTSX-IBRS", "Skylake-Client-IBRS", "Intel", false, false, "6.94 6.78 6.142 6.158",
      "-hle -rtm" },
    { "Skylake-Server", "Skylake-Client", "Intel", true, true, "6.85",
      "+avx512f +avx512dq +clwb +avx512cd +avx512bw +avx512vl +pdpe1gb" },
    { "Skylake-Server-IBRS", "Skylake-Server", "Intel", true, true, "6.85",
      "+spec-ctrl" },
    { "Skylake-Server-noTSX-IBRS", "Skylake-Server-IBRS", "Intel", false, false, "6.85",
      "-hle -rtm" },
    { "Cascadelake-Server", "Skylake-Server-IBRS", "Intel", true, true, "6.85",
      "+clflushopt +avx512vnni +ssbd" },
    { "Cascadelake-Server-noTSX", "Cascadelake-Server", "Intel", false, false, "6.85",
      "-hle -rtm" },
    { "Icelake-Client", "Skylake-Client-IBRS", "Intel", true, true, "6.126",
      "+avx512vbmi +umip +pku +avx512vbmi2 +gfni +vaes +vpclmulqdq +avx512vnni +avx512bitalg +avx512-vpopcntdq "
      "+ssbd +wbnoinvd ~intel-pt" },
    { "Icelake-Client-noTSX", "Icelake-Client", "Intel", false, false, "6.126",
      "-hle -rtm ~intel-pt" },
    { "Icelake-Server", "Icelake-Client", "Intel", true, true, "6.106",
      "+avx512f +avx512dq +clflushopt +clwb +avx512cd +avx512bw +avx512vl +la57 +pdpe1gb ~intel-pt" },
    { "Icelake-Server-noTSX", "Icelake-Server", "Intel", false, false, "6.106",
      "-hle -rtm ~intel-pt" },
    { "Cooperlake", "Cascadelake-Server", "Intel", true, true, "6.85",
      "+pku +stibp +arch-capabilities +avx512-bf16 +rdctl-no +ibrs-all +skip-l1dfl-vmentry +mds-no "
      "+pschange-mc-no +taa-no -mpx" },
    { "Snowridge", "IvyBridge-IBRS", "Intel", true, true, "6.134",
      "+movbe +arat +rdseed +smap +clflushopt +clwb +sha-ni +umip +gfni +cldemote +movdiri +movdir64b "
      "+arch-capabilities +core-capability +ssbd +xsaveopt +xsavec +xgetbv1 +pdpe1gb +3dnowprefetch "
      "+split-lock-detect -avx -f16c" },
    { "athlon", "pentium3", "AMD", true, true, "",
      "+apic +sse2 +mmxext +3dnowext +3dnow -mca" },
    { "phenom", "cpu64-rhel5", "AMD", true, true, "",
      "+monitor +mmxext +fxsr_opt +3dnowext +3dnow +svm" },
    { "Opteron_G1", "cpu64-rhel5", "AMD", true, true, "15.6",
      "" },
    { "Opteron_G2", "cpu64-rhel6", "AMD", true, true, "15.6",
      "+rdtscp +svm" },
    { "Opteron_G3", "Opteron_G2", "AMD", true, true, "15.6",
      "+popcnt +abm +sse4a +misalignsse ~monitor" },
    { "Opteron_G4", "SandyBridge", "AMD", true, true, "21.1",
      "+pdpe1gb +svm +abm +sse4a +misalignsse +3dnowprefetch +xop +fma4 -x2apic -tsc-deadline" },
    { "Opteron_G5", "Opteron_G4", "AMD", true, true, "21.2",
      "+fma +f16c +tbm" },
    { "EPYC", "Skylake-Client-noTSX-IBRS", "AMD", true, true, "23.1",
      "+clflushopt +sha-ni +mmxext +fxsr_opt +pdpe1gb +svm +cr8legacy +sse4a +misalignsse +osvw -pcid -x2apic "
      "-tsc-deadline -erms -invpcid -mpx -spec-ctrl ~monitor" },
    { "EPYC-IBPB", "EPYC", "AMD", true, true, "23.1",
      "+ibpb ~monitor" },
    { "EPYC-Rome", "EPYC-IBPB", "AMD", true, true, "23.49",
      "+clwb +umip +rdpid +perfctr_core +clzero +xsaveerptr +wbnoinvd +amd-stibp +npt +nrip-save" },
    { "EPYC-Milan", "EPYC-Rome", "AMD", true, true, "25.1",
      "+pcid +erms +invpcid +pku +fsrm +xsaves +ibrs +amd-ssbd +svme-addr-chk" },
    { "Dhyana", "EPYC-IBPB", "Hygon", true, true, "24.0",
      "-pclmuldq -aes -sha-ni ~monitor" },
    { NULL, NULL, NULL, false, false, NULL, NULL },
};

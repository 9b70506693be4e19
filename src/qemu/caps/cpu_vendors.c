/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which vendor made the processors that a CPU model stands for: what <vendor> and domain capabilities say. */
#include "base/cleanup.h"
#include "base/str.h"
#include "qemu/caps/caps_xml.h"

static const struct {
    const char *vendor, *models; /* models between blanks */
} vendors[] = {
    { "AMD",
      " EPYC EPYC-IBPB EPYC-Milan EPYC-Rome Opteron_G1 Opteron_G2 Opteron_G3 Opteron_G4 Opteron_G5 athlon "
      "phenom " },
    { "Hygon",
      " Dhyana " },
    { "Intel",
      " Broadwell Broadwell-IBRS Broadwell-noTSX Broadwell-noTSX-IBRS Cascadelake-Server "
      "Cascadelake-Server-noTSX Conroe Cooperlake Haswell Haswell-IBRS Haswell-noTSX Haswell-noTSX-IBRS "
      "Icelake-Client Icelake-Client-noTSX Icelake-Server Icelake-Server-noTSX IvyBridge IvyBridge-IBRS "
      "Nehalem Nehalem-IBRS Penryn SandyBridge SandyBridge-IBRS Skylake-Client Skylake-Client-IBRS "
      "Skylake-Client-noTSX-IBRS Skylake-Server Skylake-Server-IBRS Skylake-Server-noTSX-IBRS Snowridge "
      "Westmere Westmere-IBRS core2duo coreduo n270 " },
    { "unknown",
      " 486 cpu64-rhel5 cpu64-rhel6 kvm32 kvm64 pentium pentium2 pentium3 pentiumpro qemu32 qemu64 " },
};

const char *vr_qemu_cpu_vendor(const char *model)
{
    size_t len = strlen(model);
    if (!len)
        return NULL;
    for (size_t i = 0; i < VR_COUNT(vendors); i++)
        for (const char *at = vendors[i].models; (at = strstr(at, model)); at++)
            if (at[-1] == ' ' && at[len] == ' ')
                return vendors[i].vendor;
    return NULL;
}

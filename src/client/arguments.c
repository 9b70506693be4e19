/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "arguments.h"

#include <string.h>

/* Rules of one call each; the ones that many calls have stand in api/public. */
bool vr_arguments(struct vr_client_call *c, const struct vr_api_call *call, const void *args)
{
    if (call == &vr_api_node_get_cpu_stats) {
        const struct vr_node_get_cpu_stats_args *in = args;
        return in->cpu_num >= -1 || vr_bad_arg(c, "cpuNum", "cpuNum in %s only accepts -1 as a negative value",
                                               c->function);
    }
    if (call == &vr_api_domain_send_key) {
        const struct vr_domain_send_key_args *in = args;
        return in->codeset < VIR_KEYCODE_SET_LAST || vr_bad_arg(c, "codeset", "Unsupported codeset '%d'",
                                                                (int)in->codeset);
    }
    if (call == &vr_api_domain_set_metadata) {
        const struct vr_domain_set_metadata_args *in = args;
        return in->type != VIR_DOMAIN_METADATA_TITLE || !in->metadata || !strchr(in->metadata, '\n') ||
               vr_bad_arg(c, "metadata", "metadata title can't contain newlines");
    }
    if (call == &vr_api_domain_core_dump_with_format) {
        const struct vr_domain_core_dump_with_format_args *in = args;
        return in->dumpformat < VIR_DOMAIN_CORE_DUMP_FORMAT_LAST ||
               vr_bad_arg(c, "flags", "dumpformat '%d' is not supported", (int)in->dumpformat);
    }
    return true;
}

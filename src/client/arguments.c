/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "arguments.h"

#include <string.h>
#include <unistd.h>

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
        if (in->type == VIR_DOMAIN_METADATA_ELEMENT && !vr_arg(c, in->uri, "uri"))
            return false;
        if (in->type == VIR_DOMAIN_METADATA_ELEMENT && in->metadata && !vr_arg(c, in->key, "key"))
            return false;
        return in->type != VIR_DOMAIN_METADATA_TITLE || !in->metadata || !strchr(in->metadata, '\n') ||
               vr_bad_arg(c, "metadata", "metadata title can't contain newlines");
    }
    if (call == &vr_api_domain_get_metadata) {
        const struct vr_domain_get_metadata_args *in = args;
        return in->type != VIR_DOMAIN_METADATA_ELEMENT || vr_arg(c, in->uri, "uri");
    }
    if (call == &vr_api_domain_core_dump_with_format) {
        const struct vr_domain_core_dump_with_format_args *in = args;
        return in->dumpformat < VIR_DOMAIN_CORE_DUMP_FORMAT_LAST ||
               vr_bad_arg(c, "flags", "dumpformat '%d' is not supported", (int)in->dumpformat);
    }
    return true;
}

/* Calls that name a file of this host: whoever answers has another working directory. */
static const struct {
    const struct vr_api_call *call;
    size_t offset;
} files[] = {
    { &vr_api_domain_save, offsetof(struct vr_domain_save_args, to) },
    { &vr_api_domain_save_flags, offsetof(struct vr_domain_save_flags_args, to) },
    { &vr_api_domain_restore, offsetof(struct vr_domain_restore_args, from) },
    { &vr_api_domain_restore_flags, offsetof(struct vr_domain_restore_flags_args, from) },
    { &vr_api_domain_save_image_get_xml_desc, offsetof(struct vr_domain_save_image_get_xml_desc_args, file) },
    { &vr_api_domain_save_image_define_xml, offsetof(struct vr_domain_save_image_define_xml_args, file) },
    { &vr_api_domain_core_dump, offsetof(struct vr_domain_core_dump_args, to) },
    { &vr_api_domain_core_dump_with_format, offsetof(struct vr_domain_core_dump_with_format_args, to) },
};

const void *vr_arguments_absolute(struct vr_client_call *c, const struct vr_api_call *call, const void *args)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const char *path;
        char here[4096];
        if (files[i].call != call)
            continue;
        memcpy(&path, (const char *)args + files[i].offset, sizeof(path));
        if (!path || *path == '/' || !getcwd(here, sizeof(here)))
            return args;
        char *changed = vr_arena_memdup(c->arena, args, call->args->size);
        path = *path ? vr_arena_printf(c->arena, "%s/%s", here, path) : vr_arena_strdup(c->arena, here);
        memcpy(changed + files[i].offset, &path, sizeof(path));
        return changed;
    }
    return args;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "arguments.h"

#include <string.h>

enum rule_kind { NOT_ZERO, NOT_NEGATIVE, POSITIVE, NOT_EMPTY, EXCLUSIVE, REQUIRES };

struct rule {
    const struct vr_api_call *call;
    enum rule_kind kind;
    uint16_t offset;
    uint8_t width;
    const char *name; /* of the argument, as applications know it */
    uint32_t a, b;    /* flags */
    const char *a_name, *b_name;
};

#define ARG(k, proc, member, text)                                                                                     \
    { .call = &vr_api_##proc, .kind = (k), .offset = offsetof(struct vr_##proc##_args, member),                        \
      .width = sizeof(((struct vr_##proc##_args *)0)->member), .name = (text) }
#define FLAGS(k, proc, first, second)                                                                                  \
    { .call = &vr_api_##proc, .kind = (k), .offset = offsetof(struct vr_##proc##_args, flags), .width = 4,             \
      .a = (first), .b = (second), .a_name = #first, .b_name = #second }
#define ONE_DEF(proc) FLAGS(EXCLUSIVE, proc, VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_AFFECT_CONFIG)
#define ONE_STATE(proc) FLAGS(EXCLUSIVE, proc, VIR_DOMAIN_SAVE_RUNNING, VIR_DOMAIN_SAVE_PAUSED)
#define SOME_PARAMS(proc) ARG(POSITIVE, proc, params_count, "nparams")
#define ONE_DUMP(proc)                                                                                                 \
    FLAGS(EXCLUSIVE, proc, VIR_DUMP_CRASH, VIR_DUMP_LIVE), FLAGS(EXCLUSIVE, proc, VIR_DUMP_CRASH, VIR_DUMP_RESET),     \
    FLAGS(EXCLUSIVE, proc, VIR_DUMP_LIVE, VIR_DUMP_RESET)

static const struct rule rules[] = {
    ARG(NOT_NEGATIVE, domain_lookup_by_id, id, "id"),
    ARG(NOT_ZERO, domain_set_max_memory, memory, "memory"),
    ARG(NOT_ZERO, domain_set_memory, memory, "memory"),
    ARG(NOT_ZERO, domain_set_memory_flags, memory, "memory"),
    ARG(NOT_NEGATIVE, domain_set_memory_stats_period, period, "period"),
    ARG(NOT_ZERO, domain_set_vcpus, nvcpus, "nvcpus"),
    FLAGS(REQUIRES, domain_set_vcpus_flags, VIR_DOMAIN_VCPU_MAXIMUM, VIR_DOMAIN_AFFECT_CONFIG),
    FLAGS(EXCLUSIVE, domain_set_vcpus_flags, VIR_DOMAIN_VCPU_GUEST, VIR_DOMAIN_AFFECT_CONFIG),
    FLAGS(EXCLUSIVE, domain_set_vcpus_flags, VIR_DOMAIN_VCPU_GUEST, VIR_DOMAIN_VCPU_HOTPLUGGABLE),
    ARG(NOT_ZERO, domain_set_vcpus_flags, nvcpus, "nvcpus"),
    ONE_DEF(domain_get_vcpus_flags), ONE_DEF(domain_get_vcpu_pin_info), ONE_DEF(domain_get_emulator_pin_info),
    ONE_DEF(domain_get_iothread_info), ONE_DEF(domain_get_memory_parameters), ONE_DEF(domain_get_blkio_parameters),
    ONE_DEF(domain_get_block_io_tune), ONE_DEF(domain_get_scheduler_parameters_flags),
    ONE_DEF(domain_get_metadata),
    FLAGS(EXCLUSIVE, domain_memory_peek, VIR_MEMORY_VIRTUAL, VIR_MEMORY_PHYSICAL),
    ARG(NOT_EMPTY, domain_rename, new_name, "new_name"),
    ONE_STATE(domain_save_flags), ONE_STATE(domain_restore_flags), ONE_STATE(domain_save_image_define_xml),
    ONE_STATE(domain_managed_save), ONE_STATE(domain_managed_save_define_xml),
    ONE_DUMP(domain_core_dump), ONE_DUMP(domain_core_dump_with_format),
    SOME_PARAMS(domain_set_memory_parameters), SOME_PARAMS(domain_set_numa_parameters),
    SOME_PARAMS(domain_set_blkio_parameters), SOME_PARAMS(domain_set_interface_parameters),
    SOME_PARAMS(domain_set_scheduler_parameters), SOME_PARAMS(domain_set_scheduler_parameters_flags),
    SOME_PARAMS(domain_set_block_io_tune), SOME_PARAMS(domain_set_perf_events), SOME_PARAMS(domain_set_iothread_params),
    FLAGS(EXCLUSIVE, domain_revert_to_snapshot, VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING, VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED),
    FLAGS(EXCLUSIVE, domain_snapshot_delete, VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN,
          VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY),
    FLAGS(REQUIRES, domain_snapshot_create_xml, VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT,
          VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE),
    FLAGS(EXCLUSIVE, domain_snapshot_create_xml, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
          VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA),
    FLAGS(EXCLUSIVE, domain_snapshot_create_xml, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
          VIR_DOMAIN_SNAPSHOT_CREATE_HALT),
    FLAGS(EXCLUSIVE, storage_pool_create, VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE,
          VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE),
    FLAGS(EXCLUSIVE, storage_pool_build, VIR_STORAGE_POOL_BUILD_OVERWRITE, VIR_STORAGE_POOL_BUILD_NO_OVERWRITE),
};

static int64_t number(const struct rule *r, const void *args)
{
    const char *at = (const char *)args + r->offset;
    int32_t narrow;
    int64_t wide;
    if (r->width == 8)
        memcpy(&wide, at, 8);
    else
        memcpy(&narrow, at, 4);
    return r->width == 8 ? wide : narrow;
}

static bool holds(struct vr_client_call *c, const struct rule *r, const void *args)
{
    int64_t n = number(r, args);
    const char *text;
    switch (r->kind) {
    case NOT_ZERO:
        return n != 0 || vr_bad_arg(c, r->name, "%s in %s must not be zero", r->name, c->function);
    case NOT_NEGATIVE:
        return n >= 0 || vr_bad_arg(c, r->name, "%s in %s must be zero or greater", r->name, c->function);
    case POSITIVE:
        return n > 0 || vr_bad_arg(c, r->name, "%s in %s must be greater than zero", r->name, c->function);
    case NOT_EMPTY:
        memcpy(&text, (const char *)args + r->offset, sizeof(text));
        return !text || *text || vr_bad_arg(c, r->name, "string %s in %s must not be empty", r->name, c->function);
    case EXCLUSIVE:
        return !(n & r->a && n & r->b) ||
               vr_bad_arg(c, "ctl", "Flags '%s' and '%s' are mutually exclusive", r->a_name, r->b_name);
    case REQUIRES:
        return !(n & r->a) || n & r->b ||
               vr_bad_arg(c, "ctl", "Flag '%s' is required by flag '%s'", r->b_name, r->a_name);
    }
    return true;
}

/* Rules of one call each. */
static bool special(struct vr_client_call *c, const struct vr_api_call *call, const void *args)
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

bool vr_arguments(struct vr_client_call *c, const struct vr_api_call *call, const void *args)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].call == call && !holds(c, &rules[i], args))
            return false;
    return special(c, call, args);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resources of a guest: memory, shares, limits, NUMA, performance counters. */
#include "virsh.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "domain_devices.h"
#include "typed.h"

/* The three calls that a set of parameters has. */
static bool print_params(struct vr_cmd *cmd, const struct vr_typed *params)
{
    struct vr_info *info = vr_info_new(cmd, "%-15s: %s\n");
    for (int i = 0; i < params->n; i++)
        vr_typed_info(info, &params->params[i]);
    vr_info_done(info);
    return true;
}

/* ---- memory -------------------------------------------------------------------------------------------------------- */

static bool plain_affect(struct vr_cmd *cmd)
{
    return !vr_opt_bool(cmd, "config") && !vr_opt_bool(cmd, "live") && !vr_opt_bool(cmd, "current");
}

static bool opt_kib(struct vr_cmd *cmd, unsigned long *kib)
{
    unsigned long long bytes;
    if (vr_opt_scaled(cmd, "size", &bytes, 1024, ULLONG_MAX) < 0)
        return false;
    *kib = (unsigned long)(bytes / 1024 + (bytes % 1024 != 0));
    return true;
}

static bool setmem_run(struct vr_cmd *cmd)
{
    unsigned flags;
    unsigned long kib;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !opt_kib(cmd, &kib))
        return false;
    return (plain_affect(cmd) ? virDomainSetMemory(dom, kib) : virDomainSetMemoryFlags(dom, kib, flags)) == 0;
}
static const struct vr_opt setmem_opts[] = {
    VR_OPT_DOMAIN,
    { "kilobytes", VR_OPT_ALIAS, .alias_of = "size" },
    { "size", VR_OPT_INT, .flags = VR_REQUIRED, .help = N_("new amount, in KiB without a unit") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_setmem = {
    "setmem", setmem_opts, setmem_run, 0, N_("change how much memory a guest uses now"), NULL, NULL,
};

static bool setmaxmem_run(struct vr_cmd *cmd)
{
    unsigned flags;
    unsigned long kib;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !opt_kib(cmd, &kib))
        return false;
    int failed = plain_affect(cmd) ? virDomainSetMaxMemory(dom, kib)
                                   : virDomainSetMemoryFlags(dom, kib, flags | VIR_DOMAIN_MEM_MAXIMUM);
    return failed ? vr_complain(cmd, "%s", _("Unable to change MaxMemorySize")) : true;
}
static const struct vr_opt setmaxmem_opts[] = {
    VR_OPT_DOMAIN,
    { "kilobytes", VR_OPT_ALIAS, .alias_of = "size" },
    { "size", VR_OPT_INT, .flags = VR_REQUIRED, .help = N_("new maximum, in KiB without a unit") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_setmaxmem = {
    "setmaxmem", setmaxmem_opts, setmaxmem_run, 0, N_("change how much memory a guest may use"), NULL, NULL,
};

/* KiB of an option with or without a suffix; a negative number is "no limit". -1 reported, 0 not given. */
static int opt_limit(struct vr_cmd *cmd, const char *name, unsigned long long *out)
{
    const char *text = vr_opt_raw(cmd, name);
    if (!text)
        return 0;
    if (text[0] == '-' && text[1] >= '0' && text[1] <= '9') {
        *out = VIR_DOMAIN_MEMORY_PARAM_UNLIMITED;
        return 1;
    }
    int got = vr_scale(cmd, text, out, 1024, LLONG_MAX);
    if (got > 0)
        *out /= 1024;
    if (got < 0)
        vr_complain(cmd, _("Unable to parse integer parameter %s"), name);
    return got;
}

static bool memtune_run(struct vr_cmd *cmd)
{
    static const struct { const char *option, *field; } rows[] = {
        { "hard-limit", VIR_DOMAIN_MEMORY_HARD_LIMIT },
        { "soft-limit", VIR_DOMAIN_MEMORY_SOFT_LIMIT },
        { "swap-hard-limit", VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT },
        { "min-guarantee", VIR_DOMAIN_MEMORY_MIN_GUARANTEE },
    };
    unsigned flags;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    VR_AUTO(vr_typed) *params = vr_typed_new();
    if (!dom)
        return false;
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        unsigned long long kib;
        int got = opt_limit(cmd, rows[i].option, &kib);
        if (got < 0)
            return false;
        if (got)
            vr_typed_ull(params, rows[i].field, kib);
    }
    if (params->n)
        return virDomainSetMemoryParameters(dom, params->params, params->n, flags) == 0 ? true
            : vr_complain(cmd, "%s", _("Unable to change memory parameters"));
    int n = 0;
    if (virDomainGetMemoryParameters(dom, NULL, &n, flags) < 0)
        return vr_complain(cmd, "%s", _("Unable to get number of memory parameters"));
    vr_typed_room(params, n);
    if (n && virDomainGetMemoryParameters(dom, params->params, &params->n, flags) < 0)
        return vr_complain(cmd, "%s", _("Unable to get memory parameters"));
    struct vr_info *info = vr_info_new(cmd, "%-15s: %s\n");
    for (int i = 0; i < params->n; i++) {
        const virTypedParameter *p = &params->params[i];
        if (p->type == VIR_TYPED_PARAM_ULLONG && p->value.ul == VIR_DOMAIN_MEMORY_PARAM_UNLIMITED)
            vr_info_str(info, p->field, "%s", _("unlimited"));
        else
            vr_typed_info(info, p);
    }
    vr_info_done(info);
    return true;
}
static const struct vr_opt memtune_opts[] = {
    VR_OPT_DOMAIN,
    { "hard-limit", VR_OPT_INT, .help = N_("most memory, KiB") },
    { "soft-limit", VR_OPT_INT, .help = N_("memory under pressure, KiB") },
    { "swap-hard-limit", VR_OPT_INT, .help = N_("most memory and swap, KiB") },
    { "min-guarantee", VR_OPT_INT, .help = N_("guaranteed memory, KiB") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_memtune = {
    "memtune", memtune_opts, memtune_run, VR_CMD_JSON, N_("show or set the limits of a guest's memory"), NULL, NULL,
};

/* ---- disks --------------------------------------------------------------------------------------------------------- */

static bool blkiotune_run(struct vr_cmd *cmd)
{
    static const struct { const char *option, *field; } rows[] = {
        { "device-weights", VIR_DOMAIN_BLKIO_DEVICE_WEIGHT },
        { "device-read-iops-sec", VIR_DOMAIN_BLKIO_DEVICE_READ_IOPS },
        { "device-write-iops-sec", VIR_DOMAIN_BLKIO_DEVICE_WRITE_IOPS },
        { "device-read-bytes-sec", VIR_DOMAIN_BLKIO_DEVICE_READ_BPS },
        { "device-write-bytes-sec", VIR_DOMAIN_BLKIO_DEVICE_WRITE_BPS },
    };
    unsigned flags;
    int weight = 0;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    VR_AUTO(vr_typed) *params = vr_typed_new();
    if (!dom)
        return false;
    int got = vr_opt_int(cmd, "weight", &weight);
    if (got < 0)
        return false;
    if (got) {
        if (weight <= 0)
            return vr_complain(cmd, _("Invalid value of %d for I/O weight"), weight);
        vr_typed_uint(params, VIR_DOMAIN_BLKIO_WEIGHT, (unsigned)weight);
    }
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        const char *text;
        if (!vr_opt_string(cmd, rows[i].option, &text))
            return vr_complain(cmd, "%s", _("Unable to parse string parameter"));
        if (text)
            vr_typed_str(params, rows[i].field, text);
    }
    if (params->n)
        return virDomainSetBlkioParameters(dom, params->params, params->n, flags) == 0 ? true
            : vr_complain(cmd, "%s", _("Unable to change blkio parameters"));
    int n = 0;
    if (virDomainGetBlkioParameters(dom, NULL, &n, flags) < 0)
        return vr_complain(cmd, "%s", _("Unable to get number of blkio parameters"));
    vr_typed_room(params, n);
    if (n && virDomainGetBlkioParameters(dom, params->params, &params->n, flags) < 0)
        return vr_complain(cmd, "%s", _("Unable to get blkio parameters"));
    return print_params(cmd, params);
}
static const struct vr_opt blkiotune_opts[] = {
    VR_OPT_DOMAIN,
    { "weight", VR_OPT_INT, .help = N_("weight of the guest") },
    { "device-weights", VR_OPT_STRING, .help = N_("weights per device: /dev/x,weight[,/dev/y,weight]...") },
    { "device-read-iops-sec", VR_OPT_STRING, .help = N_("reads a second per device: /dev/x,limit,...") },
    { "device-write-iops-sec", VR_OPT_STRING, .help = N_("writes a second per device: /dev/x,limit,...") },
    { "device-read-bytes-sec", VR_OPT_STRING, .help = N_("bytes read a second per device: /dev/x,limit,...") },
    { "device-write-bytes-sec", VR_OPT_STRING, .help = N_("bytes written a second per device: /dev/x,limit,...") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_blkiotune = {
    "blkiotune", blkiotune_opts, blkiotune_run, VR_CMD_JSON, N_("show or set a guest's share of disk traffic"),
    NULL, NULL,
};

static bool blkdeviotune_run(struct vr_cmd *cmd)
{
    static const struct { const char *option, *field; bool scaled; } rows[] = {
        { "total-bytes-sec", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC, true },
        { "read-bytes-sec", VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC, true },
        { "write-bytes-sec", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC, true },
        { "total-bytes-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX, true },
        { "read-bytes-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX, true },
        { "write-bytes-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX, true },
        { "total-iops-sec", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC },
        { "read-iops-sec", VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC },
        { "write-iops-sec", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC },
        { "total-iops-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX },
        { "read-iops-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX },
        { "write-iops-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX },
        { "size-iops-sec", VIR_DOMAIN_BLOCK_IOTUNE_SIZE_IOPS_SEC },
        { "total-bytes-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX_LENGTH },
        { "read-bytes-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX_LENGTH },
        { "write-bytes-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX_LENGTH },
        { "total-iops-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX_LENGTH },
        { "read-iops-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX_LENGTH },
        { "write-iops-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX_LENGTH },
    };
    unsigned flags;
    const char *disk, *group;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    VR_AUTO(vr_typed) *params = vr_typed_new();
    if (!dom || !vr_opt_string(cmd, "device", &disk))
        return false;
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        unsigned long long v;
        int got = rows[i].scaled ? vr_opt_scaled(cmd, rows[i].option, &v, 1, ULLONG_MAX) : vr_opt_ull(cmd, rows[i].option, &v);
        if (got < 0)
            return vr_complain(cmd, "%s", _("Unable to parse integer parameter"));
        if (got)
            vr_typed_ull(params, rows[i].field, v);
    }
    if (!vr_opt_string(cmd, "group-name", &group))
        return vr_complain(cmd, "%s", _("Unable to parse group-name parameter"));
    if (group)
        vr_typed_str(params, VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME, group);
    if (params->n)
        return virDomainSetBlockIoTune(dom, disk, params->params, params->n, flags) == 0 ? true
            : vr_complain(cmd, "%s", _("Unable to change block I/O throttle"));
    int n = 0;
    if (virDomainGetBlockIoTune(dom, NULL, NULL, &n, flags) < 0)
        return vr_complain(cmd, "%s", _("Unable to get number of block I/O throttle parameters"));
    vr_typed_room(params, n);
    if (n && virDomainGetBlockIoTune(dom, disk, params->params, &params->n, flags) < 0)
        return vr_complain(cmd, "%s", _("Unable to get block I/O throttle parameters"));
    return print_params(cmd, params);
}
static const struct vr_opt blkdeviotune_opts[] = {
    VR_OPT_DOMAIN,
    { "device", VR_OPT_DATA, .help = N_("a disk: its target or source"), .complete = vr_complete_disk },
    { "total_bytes_sec", VR_OPT_ALIAS, .alias_of = "total-bytes-sec" },
    { "total-bytes-sec", VR_OPT_INT, .help = N_("bytes a second, in all") },
    { "read_bytes_sec", VR_OPT_ALIAS, .alias_of = "read-bytes-sec" },
    { "read-bytes-sec", VR_OPT_INT, .help = N_("bytes a second, read") },
    { "write_bytes_sec", VR_OPT_ALIAS, .alias_of = "write-bytes-sec" },
    { "write-bytes-sec", VR_OPT_INT, .help = N_("bytes a second, written") },
    { "total_iops_sec", VR_OPT_ALIAS, .alias_of = "total-iops-sec" },
    { "total-iops-sec", VR_OPT_INT, .help = N_("operations a second, in all") },
    { "read_iops_sec", VR_OPT_ALIAS, .alias_of = "read-iops-sec" },
    { "read-iops-sec", VR_OPT_INT, .help = N_("operations a second, read") },
    { "write_iops_sec", VR_OPT_ALIAS, .alias_of = "write-iops-sec" },
    { "write-iops-sec", VR_OPT_INT, .help = N_("operations a second, written") },
    { "total_bytes_sec_max", VR_OPT_ALIAS, .alias_of = "total-bytes-sec-max" },
    { "total-bytes-sec-max", VR_OPT_INT, .help = N_("the same in a burst") },
    { "read_bytes_sec_max", VR_OPT_ALIAS, .alias_of = "read-bytes-sec-max" },
    { "read-bytes-sec-max", VR_OPT_INT, .help = N_("the same in a burst") },
    { "write_bytes_sec_max", VR_OPT_ALIAS, .alias_of = "write-bytes-sec-max" },
    { "write-bytes-sec-max", VR_OPT_INT, .help = N_("the same in a burst") },
    { "total_iops_sec_max", VR_OPT_ALIAS, .alias_of = "total-iops-sec-max" },
    { "total-iops-sec-max", VR_OPT_INT, .help = N_("the same in a burst") },
    { "read_iops_sec_max", VR_OPT_ALIAS, .alias_of = "read-iops-sec-max" },
    { "read-iops-sec-max", VR_OPT_INT, .help = N_("the same in a burst") },
    { "write_iops_sec_max", VR_OPT_ALIAS, .alias_of = "write-iops-sec-max" },
    { "write-iops-sec-max", VR_OPT_INT, .help = N_("the same in a burst") },
    { "size_iops_sec", VR_OPT_ALIAS, .alias_of = "size-iops-sec" },
    { "size-iops-sec", VR_OPT_INT, .help = N_("size of an operation that counts as one") },
    { "group_name", VR_OPT_ALIAS, .alias_of = "group-name" },
    { "group-name", VR_OPT_STRING, .help = N_("disks with the same name share their limits") },
    { "total_bytes_sec_max_length", VR_OPT_ALIAS, .alias_of = "total-bytes-sec-max-length" },
    { "total-bytes-sec-max-length", VR_OPT_INT, .help = N_("how many seconds a burst lasts") },
    { "read_bytes_sec_max_length", VR_OPT_ALIAS, .alias_of = "read-bytes-sec-max-length" },
    { "read-bytes-sec-max-length", VR_OPT_INT, .help = N_("how many seconds a burst lasts") },
    { "write_bytes_sec_max_length", VR_OPT_ALIAS, .alias_of = "write-bytes-sec-max-length" },
    { "write-bytes-sec-max-length", VR_OPT_INT, .help = N_("how many seconds a burst lasts") },
    { "total_iops_sec_max_length", VR_OPT_ALIAS, .alias_of = "total-iops-sec-max-length" },
    { "total-iops-sec-max-length", VR_OPT_INT, .help = N_("how many seconds a burst lasts") },
    { "read_iops_sec_max_length", VR_OPT_ALIAS, .alias_of = "read-iops-sec-max-length" },
    { "read-iops-sec-max-length", VR_OPT_INT, .help = N_("how many seconds a burst lasts") },
    { "write_iops_sec_max_length", VR_OPT_ALIAS, .alias_of = "write-iops-sec-max-length" },
    { "write-iops-sec-max-length", VR_OPT_INT, .help = N_("how many seconds a burst lasts") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_blkdeviotune = {
    "blkdeviotune", blkdeviotune_opts, blkdeviotune_run, VR_CMD_JSON, N_("show or set the limits of a guest's disk"),
    NULL, NULL,
};

/* ---- CPU share, NUMA, counters ------------------------------------------------------------------------------------- */

/* "name=value" among the parameters the scheduler has. False, reported. */
static bool set_param(struct vr_cmd *cmd, struct vr_typed *set, const struct vr_typed *known, const char *name, const char *value,
                      bool *found)
{
    const virTypedParameter *p = vr_typed_find(known, name);
    *found = p != NULL;
    if (!p)
        return true;
    uint64_t u = 0;
    int64_t i = 0;
    bool ok = p->type == VIR_TYPED_PARAM_UINT ? vr_parse_u64(value, 10, UINT_MAX, &u)
        : p->type == VIR_TYPED_PARAM_ULLONG ? vr_parse_u64(value, 10, UINT64_MAX, &u)
        : p->type == VIR_TYPED_PARAM_INT ? vr_parse_i64(value, 10, INT_MIN, INT_MAX, &i)
        : p->type == VIR_TYPED_PARAM_LLONG ? vr_parse_i64(value, 10, INT64_MIN, INT64_MAX, &i) : true;
    if (!ok)
        return vr_complain(cmd, _("invalid argument: Invalid value for field '%s': expected %s"), name,
                           p->type == VIR_TYPED_PARAM_UINT ? "unsigned int" : p->type == VIR_TYPED_PARAM_INT ? "int"
                           : p->type == VIR_TYPED_PARAM_LLONG ? "long long" : "unsigned long long");
    virTypedParameter copy = *p;
    if (p->type == VIR_TYPED_PARAM_UINT)
        copy.value.ui = (unsigned)u;
    else if (p->type == VIR_TYPED_PARAM_ULLONG)
        copy.value.ul = u;
    else if (p->type == VIR_TYPED_PARAM_INT)
        copy.value.i = (int)i;
    else if (p->type == VIR_TYPED_PARAM_LLONG)
        copy.value.l = i;
    vr_typed_int(set, name, 0);
    set->params[set->n - 1].type = copy.type;
    set->params[set->n - 1].value = copy.value;
    return true;
}

/* @flags -1: by the older call. */
static bool scheduler_params(virDomainPtr dom, struct vr_typed *params, int flags)
{
    return (flags < 0 ? virDomainGetSchedulerParameters(dom, params->params, &params->n)
                      : virDomainGetSchedulerParametersFlags(dom, params->params, &params->n, (unsigned)flags)) == 0;
}

static bool schedinfo_options(struct vr_cmd *cmd, struct vr_typed *set, const struct vr_typed *known)
{
    bool found;
    const char *word;
    for (size_t i = 0; i < 2; i++) {
        const char *name = i ? "cap" : "weight", *value = vr_opt_raw(cmd, name);
        if (value && !set_param(cmd, set, known, name, value, &found))
            return false;
        if (value && !found)
            return vr_complain(cmd, _("invalid scheduler option: %s"), name);
    }
    for (size_t i = 0; (word = vr_opt_argv(cmd, i)); i++) {
        const char *eq = strchr(word, '=');
        if (!eq || eq == word)
            return vr_complain(cmd, "%s", _("Invalid syntax for --set, expecting name=value"));
        vr_autofree char *name = vr_strndup(word, (size_t)(eq - word));
        if (!set_param(cmd, set, known, name, eq + 1, &found))
            return false;
        if (!found)
            return vr_complain(cmd, _("invalid scheduler option: %s"), name);
    }
    return true;
}

static bool schedinfo_run(struct vr_cmd *cmd)
{
    unsigned flags;
    int n = 0;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    int query = flags == (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG) ? 0 : (int)flags; /* both can only be set */
    if (!flags && !vr_opt_bool(cmd, "current"))
        query = -1;
    VR_AUTO(vr_info) *info = vr_info_new(cmd, "%-15s: %s\n");
    vr_autofree char *type = virDomainGetSchedulerType(dom, &n);
    if (!type || n < 0) {
        if (!vr_json_wanted(cmd))
            vr_print(cmd, "%-15s: %s\n", _("Scheduler"), _("Unknown"));
        return false;
    }
    vr_info_str(info, _("Scheduler"), "%s", type);
    VR_AUTO(vr_typed) *params = vr_typed_new();
    VR_AUTO(vr_typed) *set = vr_typed_new();
    if (n) {
        vr_typed_room(params, n);
        if (!scheduler_params(dom, params, query))
            return false;
        if (!schedinfo_options(cmd, set, params))
            return false;
        if (set->n) {
            if ((flags ? virDomainSetSchedulerParametersFlags(dom, set->params, set->n, flags)
                       : virDomainSetSchedulerParameters(dom, set->params, set->n)) < 0)
                return false;
            params->n = n;
            if (!scheduler_params(dom, params, query))
                return false;
        }
        if (vr_opt_bool(cmd, "live") && vr_opt_bool(cmd, "config"))
            return vr_complain(cmd, "%s", _("cannot query both live and config at once"));
        for (int i = 0; i < params->n; i++)
            vr_typed_info(info, &params->params[i]);
    }
    vr_info_done(vr_take(info));
    return true;
}
static const struct vr_opt schedinfo_opts[] = {
    VR_OPT_DOMAIN,
    { "weight", VR_OPT_INT, .flags = VR_KEYWORD, .help = N_("weight (Xen)") },
    { "cap", VR_OPT_INT, .flags = VR_KEYWORD, .help = N_("most CPU (Xen)") },
    { "current", VR_OPT_BOOL, .help = N_("whichever applies now") },
    { "config", VR_OPT_BOOL, .help = N_("what the next start uses") },
    { "live", VR_OPT_BOOL, .help = N_("the running guest") },
    { "set", VR_OPT_ARGV, .help = N_("parameter=value") },
    { 0 },
};
const struct vr_command vr_cmd_schedinfo = {
    "schedinfo", schedinfo_opts, schedinfo_run, VR_CMD_JSON, N_("show or set a guest's share of CPU time"), NULL, NULL,
};

static const char *const numa_modes[] = { "strict", "preferred", "interleave", "restrictive", NULL };

static void complete_numa_mode(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, numa_modes);
}

static bool numatune_run(struct vr_cmd *cmd)
{
    unsigned flags;
    const char *nodes, *mode;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    VR_AUTO(vr_typed) *params = vr_typed_new();
    if (!dom || !vr_opt_string(cmd, "nodeset", &nodes) || !vr_opt_string(cmd, "mode", &mode))
        return false;
    if (nodes)
        vr_typed_str(params, VIR_DOMAIN_NUMA_NODESET, nodes);
    if (mode) {
        int64_t number = 0;
        int m = vr_name_index(numa_modes, mode); /* in the order of VIR_DOMAIN_NUMATUNE_MEM_* */
        if (m < 0 && vr_parse_i64(mode, 10, 0, INT_MAX, &number))
            m = (int)number;
        if (m < 0)
            return vr_complain(cmd, _("Invalid mode: %s"), mode);
        vr_typed_int(params, VIR_DOMAIN_NUMA_MODE, m);
    }
    if (params->n)
        return virDomainSetNumaParameters(dom, params->params, params->n, flags) == 0 ? true
            : vr_complain(cmd, "%s", _("Unable to change numa parameters"));
    int n = 0;
    if (virDomainGetNumaParameters(dom, NULL, &n, flags) < 0)
        return vr_complain(cmd, "%s", _("Unable to get number of memory parameters"));
    vr_typed_room(params, n);
    if (n && virDomainGetNumaParameters(dom, params->params, &params->n, flags) < 0)
        return vr_complain(cmd, "%s", _("Unable to get numa parameters"));
    struct vr_info *info = vr_info_new(cmd, "%-15s: %s\n");
    for (int i = 0; i < params->n; i++) {
        const virTypedParameter *p = &params->params[i];
        bool is_mode = p->type == VIR_TYPED_PARAM_INT && vr_streq(p->field, VIR_DOMAIN_NUMA_MODE);
        if (is_mode && p->value.i >= 0 && (size_t)p->value.i + 1 < VR_COUNT(numa_modes))
            vr_info_str(info, p->field, "%s", numa_modes[p->value.i]);
        else
            vr_typed_info(info, p);
    }
    vr_info_done(info);
    return true;
}
static const struct vr_opt numatune_opts[] = {
    VR_OPT_DOMAIN,
    { "mode", VR_OPT_STRING,
      .help = N_("strict, preferred, interleave or restrictive"), .complete = complete_numa_mode },
    { "nodeset", VR_OPT_STRING, .help = N_("host NUMA nodes") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_numatune = {
    "numatune", numatune_opts, numatune_run, VR_CMD_JSON, N_("show or set where a guest's memory lies"), NULL, NULL,
};

static const char *const perf_events[] = { "cmt", "mbmt", "mbml", "cpu_cycles", "instructions", "cache_references",
    "cache_misses", "branch_instructions", "branch_misses", "bus_cycles", "stalled_cycles_frontend", "stalled_cycles_backend",
    "ref_cpu_cycles", "cpu_clock", "task_clock", "page_faults", "context_switches", "cpu_migrations", "page_faults_min",
    "page_faults_maj", "alignment_faults", "emulation_faults", NULL };

static void complete_perf(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_list(cmd, to, perf_events);
}

static bool perf_run(struct vr_cmd *cmd)
{
    unsigned flags;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    VR_AUTO(vr_typed) *params = vr_typed_new();
    if (!dom)
        return false;
    for (int on = 1; on >= 0; on--) {
        const char *list;
        if (!vr_opt_string(cmd, on ? "enable" : "disable", &list))
            return false;
        vr_autofree char *copy = vr_strdup(list);
        for (char *rest = copy, *word; rest && (word = strsep(&rest, ","));)
            vr_typed_bool(params, word, on);
    }
    if (params->n && virDomainSetPerfEvents(dom, params->params, params->n, flags) < 0)
        return vr_complain(cmd, "%s", _("Unable to enable/disable perf events"));
    if (!params->n && virDomainGetPerfEvents(dom, &params->params, &params->n, flags) < 0)
        return vr_complain(cmd, "%s", _("Unable to get perf events"));
    struct vr_info *info = vr_info_new(cmd, "%-15s: %s\n");
    for (int i = 0; i < params->n; i++) {
        const virTypedParameter *p = &params->params[i];
        if (p->type == VIR_TYPED_PARAM_BOOLEAN)
            vr_info_bool(info, p->field, p->value.b, _("enabled"), _("disabled"));
    }
    vr_info_done(info);
    return true;
}
static const struct vr_opt perf_opts[] = {
    VR_OPT_DOMAIN,
    { "enable", VR_OPT_STRING, .help = N_("counters to turn on"), .complete = complete_perf },
    { "disable", VR_OPT_STRING, .help = N_("counters to turn off"), .complete = complete_perf },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_perf = {
    "perf", perf_opts, perf_run, VR_CMD_JSON, N_("show or set the performance counters of a guest"), NULL, NULL,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest's disks are and did: domblklist, domblkinfo, domblkstat, domblkerror. */
#include "virsh.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "domain_devices.h"
#include "typed.h"

static bool domblkinfo_one(struct vr_cmd *cmd, const virDomainBlockInfo *info, bool human)
{
    static const char *const labels[] = { N_("Capacity:"), N_("Allocation:"), N_("Physical:") };
    const unsigned long long values[] = { info->capacity, info->allocation, info->physical };
    struct vr_info *out = vr_info_new(cmd, "%-15s %s\n");
    for (size_t i = 0; i < VR_COUNT(labels); i++) {
        if (human)
            vr_info_size(out, labels[i], "%-.3lf %s", values[i]);
        else
            vr_info_uint(out, labels[i], values[i], NULL);
    }
    vr_info_done(out);
    return true;
}

static char *size_text(unsigned long long size, bool human)
{
    const char *unit;
    if (!human)
        return vr_printf("%llu", size);
    double v = vr_pretty_size(size, &unit);
    return vr_printf("%-.3lf %s", v, unit);
}

static bool domblkinfo_all(struct vr_cmd *cmd, virDomainPtr dom, bool human)
{
    VR_AUTO(vr_disks) *disks = vr_disks_of(cmd, dom, 0);
    if (!disks)
        return false;
    human = human && !vr_json_wanted(cmd);
    VR_AUTO(vr_table) *table = vr_table_new(cmd, _("Target"), human ? _("Capacity") : _("#Capacity"),
                                            human ? _("Allocation") : _("#Allocation"), human ? _("Physical") : _("#Physical"), NULL);
    int active = virDomainIsActive(dom);
    if (active < 0)
        return false;
    for (size_t i = 0; i < disks->n; i++) {
        const struct vr_disk_row *d = &disks->rows[i];
        virDomainBlockInfo info;
        bool known = false;
        if (d->has_source || (d->protocol && active)) {
            known = virDomainGetBlockInfo(dom, d->target, &info, 0) == 0;
            if (!known) {
                int code = vr_last_code(cmd);
                /* A network disk tells nothing while the guest does not run; a medium may be gone. */
                if (!(d->protocol && !active && code == VIR_ERR_OPERATION_INVALID) && code != VIR_ERR_INTERNAL_ERROR &&
                    code != VIR_ERR_OPERATION_INVALID)
                    return false;
                vr_forget_error(cmd);
            }
        }
        vr_autofree char *capacity = known ? size_text(info.capacity, human) : vr_strdup("-");
        vr_autofree char *allocation = known ? size_text(info.allocation, human) : vr_strdup("-");
        vr_autofree char *physical = known ? size_text(info.physical, human) : vr_strdup("-");
        vr_table_row(table, d->target, capacity, allocation, physical);
    }
    vr_table_print(vr_take(table));
    return true;
}

static bool domblkinfo_run(struct vr_cmd *cmd)
{
    bool all = vr_opt_bool(cmd, "all"), human = vr_opt_bool(cmd, "human");
    const char *device;
    if (!vr_opt_exclusive(cmd, "all", "device"))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "device", &device))
        return false;
    if (!all && !device)
        return vr_complain(cmd, "%s", _("command 'domblkinfo' requires <device> option"));
    if (all)
        return domblkinfo_all(cmd, dom, human);
    virDomainBlockInfo info;
    return virDomainGetBlockInfo(dom, device, &info, 0) == 0 && domblkinfo_one(cmd, &info, human);
}
static const struct vr_opt domblkinfo_opts[] = {
    VR_OPT_DOMAIN,
    { "device", VR_OPT_STRING, .help = N_("a disk: its target or source"), .complete = vr_complete_disk },
    { "human", VR_OPT_BOOL, .help = N_("in words") },
    { "all", VR_OPT_BOOL, .help = N_("all disks") },
    { 0 },
};
const struct vr_command vr_cmd_domblkinfo = {
    "domblkinfo", domblkinfo_opts, domblkinfo_run, VR_CMD_JSON, N_("tell the sizes of a guest's disk"), NULL, NULL,
};

static bool domblklist_run(struct vr_cmd *cmd)
{
    bool details = vr_opt_bool(cmd, "details");
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    VR_AUTO(vr_disks) *disks = vr_disks_of(cmd, dom, vr_opt_bool(cmd, "inactive") ? VIR_DOMAIN_XML_INACTIVE : 0);
    if (!disks)
        return false;
    struct vr_table *table = details ? vr_table_new(cmd, _("Type"), _("Device"), _("Target"), _("Source"), NULL)
                                     : vr_table_new(cmd, _("Target"), _("Source"), NULL);
    for (size_t i = 0; i < disks->n; i++) {
        const struct vr_disk_row *d = &disks->rows[i];
        const char *source = d->source ? d->source : "-";
        if (details)
            vr_table_row(table, d->type, d->device, d->target, source);
        else
            vr_table_row(table, d->target, source);
    }
    vr_table_print(table);
    return true;
}
static const struct vr_opt domblklist_opts[] = {
    VR_OPT_DOMAIN,
    { "inactive", VR_OPT_BOOL, .help = N_("what the next start uses") },
    { "details", VR_OPT_BOOL, .help = N_("with type and device") },
    { 0 },
};
const struct vr_command vr_cmd_domblklist = {
    "domblklist", domblklist_opts, domblklist_run, VR_CMD_JSON, N_("list a guest's disks"), NULL, NULL,
};

/* ---- domblkstat ---------------------------------------------------------------------------------------------------- */

/* Counters in the order they are shown; the typed parameter's name, the plain word, the sentence. */
static const struct {
    const char *field, *word, *sentence;
} counters[] = {
    { VIR_DOMAIN_BLOCK_STATS_READ_REQ, "rd_req", N_("number of read operations:") },
    { VIR_DOMAIN_BLOCK_STATS_READ_BYTES, "rd_bytes", N_("number of bytes read:") },
    { VIR_DOMAIN_BLOCK_STATS_WRITE_REQ, "wr_req", N_("number of write operations:") },
    { VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES, "wr_bytes", N_("number of bytes written:") },
    { VIR_DOMAIN_BLOCK_STATS_ERRS, "errs", N_("error count:") },
    { VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ, "flush_operations", N_("number of flush operations:") },
    { VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES, "rd_total_times", N_("total duration of reads (ns):") },
    { VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES, "wr_total_times", N_("total duration of writes (ns):") },
    { VIR_DOMAIN_BLOCK_STATS_FLUSH_TOTAL_TIMES, "flush_total_times", N_("total duration of flushes (ns):") },
};

static void print_counter(struct vr_cmd *cmd, struct vr_info *json, const char *device, size_t i, const char *value, bool human)
{
    if (vr_json_wanted(cmd))
        vr_info_int(json, counters[i].field, strtoll(value, NULL, 10), NULL);
    else if (human)
        vr_print(cmd, " %-31s %s\n", _(counters[i].sentence), value);
    else
        vr_print(cmd, "%s %s %s\n", device, counters[i].word, value);
}

static bool plain_counters(struct vr_cmd *cmd, virDomainPtr dom, const char *device, struct vr_info *json, bool human)
{
    virDomainBlockStatsStruct s;
    if (virDomainBlockStats(dom, device, &s, sizeof(s)) < 0)
        return vr_complain(cmd, _("Failed to get block stats %s %s"), virDomainGetName(dom), device);
    if (human)
        vr_print(cmd, _("Device: %s\n"), device);
    const long long values[] = { s.rd_req, s.rd_bytes, s.wr_req, s.wr_bytes, s.errs };
    for (size_t i = 0; i < VR_COUNT(values); i++) {
        if (values[i] < 0)
            continue;
        if (vr_json_wanted(cmd))
            vr_info_int(json, counters[i].word, values[i], NULL);
        else if (human)
            vr_print(cmd, " %-31s %lld\n", _(counters[i].sentence), values[i]);
        else
            vr_print(cmd, "%s %s %lld\n", device, counters[i].word, values[i]);
    }
    return true;
}

static bool domblkstat_run(struct vr_cmd *cmd)
{
    bool human = vr_opt_bool(cmd, "human") && !vr_json_wanted(cmd);
    const char *device;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "device", &device))
        return false;
    if (!device)
        device = "";
    VR_AUTO(vr_info) *json = vr_info_new(cmd, "");
    vr_info_json(json, "device", device);
    VR_AUTO(vr_typed) *params = vr_typed_new();
    int n = 0;
    bool known = virDomainBlockStatsFlags(dom, device, NULL, &n, 0) == 0;
    if (!known && vr_last_code(cmd) != VIR_ERR_NO_SUPPORT)
        return false;
    if (known && n > 0) {
        vr_typed_room(params, n);
        if (virDomainBlockStatsFlags(dom, device, params->params, &params->n, 0) < 0)
            return vr_complain(cmd, _("Failed to get block stats for domain '%s' device '%s'"), virDomainGetName(dom), device);
    } else {
        vr_forget_error(cmd);
        if (!plain_counters(cmd, dom, device, json, human))
            return false;
    }
    if (params->n) {
        if (human)
            vr_print(cmd, _("Device: %s\n"), device);
        for (size_t i = 0; i < VR_COUNT(counters); i++) {
            const virTypedParameter *p = vr_typed_find(params, counters[i].field);
            vr_autofree char *value = p ? vr_typed_text(p) : NULL;
            if (p)
                print_counter(cmd, json, device, i, value, human);
        }
        for (int i = 0; i < params->n; i++) { /* what a newer server has */
            const virTypedParameter *p = &params->params[i];
            bool shown = false;
            for (size_t k = 0; k < VR_COUNT(counters); k++)
                shown |= vr_streq(counters[k].field, p->field);
            vr_autofree char *value = vr_typed_text(p);
            if (!shown && vr_json_wanted(cmd))
                vr_info_str(json, p->field, "%s", value);
            else if (!shown)
                vr_print(cmd, "%s %s %s\n", device, p->field, value);
        }
    }
    vr_info_done(vr_take(json));
    return true;
}
static const struct vr_opt domblkstat_opts[] = {
    VR_OPT_DOMAIN,
    { "device", VR_OPT_STRING, .flags = VR_EMPTY_OK,
      .help = N_("a disk: its target or source"), .complete = vr_complete_disk },
    { "human", VR_OPT_BOOL, .help = N_("in words") },
    { 0 },
};
const struct vr_command vr_cmd_domblkstat = {
    "domblkstat", domblkstat_opts, domblkstat_run, VR_CMD_JSON, N_("tell what a guest's disk did"),
    N_("Counters of a disk; of all disks together when none is named."), NULL,
};

static const char *const disk_errors[] = { "no error", "unspecified error", "no space" };

static bool domblkerror_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    int n = dom ? virDomainGetDiskErrors(dom, NULL, 0, 0) : -1;
    if (n < 0)
        return false;
    vr_autofree virDomainDiskError *errors = vr_alloc(((size_t)n + 1) * sizeof(*errors));
    n = n ? virDomainGetDiskErrors(dom, errors, (unsigned)n, 0) : 0;
    if (n < 0)
        return false;
    struct vr_info *info = vr_info_new(cmd, "%s: %s\n");
    if (n == 0)
        vr_info_line(info, "%s", _("No errors found\n"));
    for (int i = 0; i < n; i++) {
        int e = errors[i].error;
        vr_info_str(info, errors[i].disk, "%s", e >= 0 && (size_t)e < VR_COUNT(disk_errors) ? disk_errors[e] : _("unknown error"));
        free(errors[i].disk);
    }
    vr_info_done(info);
    return true;
}
static const struct vr_opt domblkerror_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { 0 },
};
const struct vr_command vr_cmd_domblkerror = {
    "domblkerror", domblkerror_opts, domblkerror_run, VR_CMD_JSON, N_("tell which disks of a guest have errors"),
    NULL, NULL,
};

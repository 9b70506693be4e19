/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* jobs: who waits for what. A call of our own, which another library or another daemon does not know. */
#include "virsh.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"

static const char *text_of(const struct vr_json *row, const char *member)
{
    const char *text = vr_json_get_str(row, member);
    return text ? text : "";
}

static bool print_rows(struct vr_cmd *cmd, const char *report, const char *only)
{
    VR_AUTO(vr_json) *rows = vr_json_parse(report, strlen(report), NULL);
    if (vr_json_type_of(rows) != VR_JSON_ARRAY)
        return vr_complain(cmd, "%s", _("the daemon's list of jobs cannot be read"));
    struct vr_table *table = vr_table_new(cmd, _("Domain"), _("State"), _("Call"), _("Lock"), _("Kind"), _("#Seconds"), NULL);
    for (size_t i = 0; i < vr_json_len(rows); i++) {
        const struct vr_json *row = vr_json_at(rows, i);
        int64_t ms = 0;
        if (only && !vr_streq(text_of(row, "domain"), only))
            continue;
        vr_json_get_int(row, "milliseconds", &ms);
        vr_autofree char *seconds = vr_json_wanted(cmd) ? vr_printf("%lld", (long long)ms / 1000)
                                                         : vr_printf("%.1f", (double)ms / 1000.0);
        vr_table_row(table, text_of(row, "domain"), text_of(row, "state"), text_of(row, "call"), text_of(row, "lock"),
                     text_of(row, "kind"), seconds);
    }
    vr_table_print(table);
    return true;
}

static bool jobs_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = NULL;
    if (vr_opt_raw(cmd, "domain") && !(dom = vr_domain(cmd)))
        return false;
    /* By name at run time: on a library without it virsh still starts. */
    char *(*jobs)(virConnectPtr conn, unsigned int flags) = (char *(*)(virConnectPtr, unsigned))dlsym(RTLD_DEFAULT,
                                                                                                     "virVireoConnectJobs");
    if (!jobs)
        return vr_complain(cmd, "%s", _("this library cannot tell of jobs: it is not vireo's"));
    vr_autofree char *report = jobs(vr_conn(cmd), 0);
    if (!report) {
        bool unknown = vr_last_code(cmd) == VIR_ERR_RPC || vr_last_code(cmd) == VIR_ERR_NO_SUPPORT;
        if (unknown) {
            vr_forget_error(cmd);
            return vr_complain(cmd, "%s", _("this daemon or driver cannot tell of jobs: it is not vireo's"));
        }
        return vr_complain(cmd, "%s", _("Failed to list jobs"));
    }
    return print_rows(cmd, report, dom ? virDomainGetName(dom) : NULL);
}

static const struct vr_opt jobs_opts[] = {
    { "domain", VR_OPT_STRING, .help = N_("only of this guest"), .complete = vr_complete_domain },
    { 0 },
};
const struct vr_command vr_cmd_jobs = {
    "jobs", jobs_opts, jobs_run, VR_CMD_JSON, N_("tell who waits for what on guests"),
    N_("Lists the calls that hold a guest's locks and those that wait for them, and for how long."), NULL,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Launch security, dirty rate, descriptors given to a guest's storage. */
#include "virsh.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "domain_fds.h"
#include "typed.h"

static bool domlaunchsecinfo_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    virTypedParameterPtr params = NULL;
    int n = 0;
    if (!dom)
        return false;
    if (virDomainGetLaunchSecurityInfo(dom, &params, &n, 0) < 0)
        return vr_complain(cmd, "%s", _("Unable to get launch security parameters"));
    struct vr_info *info = vr_info_new(cmd, "%-15s: %s\n");
    for (int i = 0; i < n; i++)
        vr_typed_info(info, &params[i]);
    vr_info_done(info);
    virTypedParamsFree(params, n);
    return true;
}
static const struct vr_opt domlaunchsecinfo_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { 0 },
};
const struct vr_command vr_cmd_domlaunchsecinfo = {
    "domlaunchsecinfo", domlaunchsecinfo_opts, domlaunchsecinfo_run, VR_CMD_JSON, N_("tell how a guest's launch was secured"),
    NULL, NULL,
};

static bool domsetlaunchsecstate_run(struct vr_cmd *cmd)
{
    const char *header_file, *secret_file;
    unsigned long long address;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    VR_AUTO(vr_typed) *params = vr_typed_new();
    if (!dom || !vr_opt_string(cmd, "secrethdr", &header_file) || !vr_opt_string(cmd, "secret", &secret_file))
        return false;
    if (!header_file || !secret_file)
        return vr_complain(cmd, "%s", _("Both secret and the secret header are required"));
    vr_autofree char *header = vr_read_file(cmd, header_file, 64 * 1024);
    vr_autofree char *secret = header ? vr_read_file(cmd, secret_file, 64 * 1024) : NULL;
    if (!secret)
        return false;
    vr_typed_str(params, VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_HEADER, header);
    vr_typed_str(params, VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET, secret);
    int got = vr_opt_ull(cmd, "set-address", &address);
    if (got < 0)
        return false;
    if (got)
        vr_typed_ull(params, VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_SET_ADDRESS, address);
    if (virDomainSetLaunchSecurityState(dom, params->params, params->n, 0) < 0)
        return vr_complain(cmd, "%s", _("Unable to set launch security state"));
    return true;
}
static const struct vr_opt domsetlaunchsecstate_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "secrethdr", VR_OPT_STRING, .flags = VR_KEYWORD, .help = N_("file with the secret's header") },
    { "secret", VR_OPT_STRING, .flags = VR_KEYWORD, .help = N_("file with the secret") },
    { "set-address", VR_OPT_INT, .help = N_("address to put the secret at") },
    { 0 },
};
const struct vr_command vr_cmd_domsetlaunchsecstate = {
    "domsetlaunchsecstate", domsetlaunchsecstate_opts, domsetlaunchsecstate_run, 0, N_("give a guest that starts its launch secret"),
    NULL, NULL,
};

static const char *const rate_modes[] = { "page-sampling", "dirty-bitmap", "dirty-ring", NULL };

static void complete_rate_mode(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, rate_modes);
}

static bool domdirtyrate_calc_run(struct vr_cmd *cmd)
{
    int seconds = 1;
    const char *mode;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || vr_opt_int(cmd, "seconds", &seconds) < 0 || !vr_opt_string(cmd, "mode", &mode))
        return false;
    int m = mode ? vr_name_index(rate_modes, mode) : 0;
    if (m < 0)
        return vr_complain(cmd, _("Unknown calculation mode '%s'"), mode);
    static const unsigned flags[] = { VIR_DOMAIN_DIRTYRATE_MODE_PAGE_SAMPLING, VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP,
                                      VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING };
    if (virDomainStartDirtyRateCalc(dom, seconds, flags[m]) < 0)
        return false;
    vr_print_extra(cmd, "%s", _("Start to calculate domain's memory dirty rate successfully.\n"));
    return true;
}
static const struct vr_opt domdirtyrate_calc_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "seconds", VR_OPT_INT, .help = N_("how long to look, 1 to 60") },
    { "mode", VR_OPT_STRING, .help = N_("page-sampling, dirty-bitmap or dirty-ring"), .complete = complete_rate_mode },
    { 0 },
};
const struct vr_command vr_cmd_domdirtyrate_calc = {
    "domdirtyrate-calc", domdirtyrate_calc_opts, domdirtyrate_calc_run, 0, N_("measure how fast a guest changes its memory"),
    N_("Starts a measurement; domstats --dirtyrate tells the result."), NULL,
};

static bool dom_fd_associate_run(struct vr_cmd *cmd)
{
    const char *name;
    vr_autofree int *fds = NULL;
    size_t n;
    unsigned flags = (vr_opt_bool(cmd, "seclabel-writable") ? VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_WRITABLE : 0) |
        (vr_opt_bool(cmd, "seclabel-restore") ? VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_RESTORE : 0);
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "name", &name) || !vr_opt_fds(cmd, &fds, &n))
        return false;
    return virDomainFDAssociate(dom, name, (unsigned)n, fds, flags) == 0;
}
static const struct vr_opt dom_fd_associate_opts[] = {
    VR_OPT_DOMAIN,
    { "name", VR_OPT_DATA, .help = N_("name of the group") },
    { "pass-fds", VR_OPT_DATA, .help = N_("descriptors to hand over: N,M,...") },
    { "seclabel-writable", VR_OPT_BOOL, .help = N_("label them writable") },
    { "seclabel-restore", VR_OPT_BOOL, .help = N_("restore labels afterwards") },
    { 0 },
};
const struct vr_command vr_cmd_dom_fd_associate = {
    "dom-fd-associate", dom_fd_associate_opts, dom_fd_associate_run, 0, N_("give a guest descriptors that its storage may use"),
    NULL, NULL,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the agent inside a guest does and tells. */
#include "virsh.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "typed.h"

/* The words of an ARGV option; malloc'd array of borrowed texts. */
static const char **words_of(struct vr_cmd *cmd, unsigned *n)
{
    const char **out = NULL, *word;
    size_t cap = 0;
    *n = 0;
    while ((word = vr_opt_argv(cmd, *n))) {
        VR_GROW(out, *n, cap);
        out[(*n)++] = word;
    }
    return out;
}

static bool domfsfreeze_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    unsigned n;
    vr_autofree const char **points = words_of(cmd, &n);
    int done = virDomainFSFreeze(dom, points, n, 0);
    if (done < 0)
        return vr_complain(cmd, "%s", _("Unable to freeze filesystems"));
    vr_print_extra(cmd, _("Froze %d filesystem(s)\n"), done);
    return true;
}
static const struct vr_opt domfsfreeze_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "mountpoint", VR_OPT_ARGV, .help = N_("only these mount points") },
    { 0 },
};
const struct vr_command vr_cmd_domfsfreeze = {
    "domfsfreeze", domfsfreeze_opts, domfsfreeze_run, 0, N_("freeze a guest's file systems"), NULL, NULL,
};

static bool domfsthaw_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    unsigned n;
    vr_autofree const char **points = words_of(cmd, &n);
    int done = virDomainFSThaw(dom, points, n, 0);
    if (done < 0)
        return vr_complain(cmd, "%s", _("Unable to thaw filesystems"));
    vr_print_extra(cmd, _("Thawed %d filesystem(s)\n"), done);
    return true;
}
static const struct vr_opt domfsthaw_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "mountpoint", VR_OPT_ARGV, .help = N_("only these mount points") },
    { 0 },
};
const struct vr_command vr_cmd_domfsthaw = {
    "domfsthaw", domfsthaw_opts, domfsthaw_run, 0, N_("let a guest's file systems go on"), NULL, NULL,
};

static bool domfstrim_run(struct vr_cmd *cmd)
{
    unsigned long long minimum = 0;
    const char *point;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || vr_opt_ull(cmd, "minimum", &minimum) < 0 || !vr_opt_string(cmd, "mountpoint", &point))
        return false;
    if (virDomainFSTrim(dom, point, minimum, 0) < 0)
        return vr_complain(cmd, "%s", _("Unable to invoke fstrim"));
    return true;
}
static const struct vr_opt domfstrim_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "minimum", VR_OPT_INT, .help = N_("ignore free ranges shorter than so many bytes") },
    { "mountpoint", VR_OPT_STRING, .help = N_("only these mount points") },
    { 0 },
};
const struct vr_command vr_cmd_domfstrim = {
    "domfstrim", domfstrim_opts, domfstrim_run, 0, N_("give back what a guest's file systems do not use"), NULL, NULL,
};

static bool domfsinfo_run(struct vr_cmd *cmd)
{
    virDomainFSInfoPtr *all = NULL;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    int n = virDomainGetFSInfo(dom, &all, 0);
    if (n < 0)
        return vr_complain(cmd, "%s", _("Unable to get filesystem information"));
    if (n == 0 && !vr_json_wanted(cmd)) {
        vr_print_extra(cmd, "%s", _("No filesystems are mounted in the domain"));
        free(all);
        return true;
    }
    struct vr_table *table = vr_table_new(cmd, _("Mountpoint"), _("Name"), _("Type"), _("Target"), NULL);
    for (int i = 0; i < n; i++) {
        vr_autobuf struct vr_buf targets = VR_BUF_INIT;
        for (size_t k = 0; k < all[i]->ndevAlias; k++)
            vr_buf_printf(&targets, "%s%s", k ? "," : "", all[i]->devAlias[k]);
        vr_table_row(table, all[i]->mountpoint, all[i]->name, all[i]->fstype, targets.data);
        virDomainFSInfoFree(all[i]);
    }
    free(all);
    vr_table_print(table);
    return true;
}
static const struct vr_opt domfsinfo_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { 0 },
};
const struct vr_command vr_cmd_domfsinfo = {
    "domfsinfo", domfsinfo_opts, domfsinfo_run, VR_CMD_JSON, N_("list a guest's mounted file systems"), NULL, NULL,
};

static bool guestinfo_run(struct vr_cmd *cmd)
{
    static const struct { const char *option; unsigned flag; } rows[] = {
        { "user", VIR_DOMAIN_GUEST_INFO_USERS }, { "os", VIR_DOMAIN_GUEST_INFO_OS },
        { "timezone", VIR_DOMAIN_GUEST_INFO_TIMEZONE }, { "hostname", VIR_DOMAIN_GUEST_INFO_HOSTNAME },
        { "filesystem", VIR_DOMAIN_GUEST_INFO_FILESYSTEM }, { "disk", VIR_DOMAIN_GUEST_INFO_DISKS },
        { "interface", VIR_DOMAIN_GUEST_INFO_INTERFACES },
    };
    unsigned types = 0;
    for (size_t i = 0; i < VR_COUNT(rows); i++)
        types |= vr_opt_bool(cmd, rows[i].option) ? rows[i].flag : 0;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    virTypedParameterPtr params = NULL;
    int n = 0;
    if (!dom || virDomainGetGuestInfo(dom, types, &params, &n, 0) < 0)
        return false;
    struct vr_info *info = vr_info_new(cmd, "%-20s: %s\n");
    for (int i = 0; i < n; i++)
        vr_typed_info(info, &params[i]);
    vr_info_done(info);
    virTypedParamsFree(params, n);
    return true;
}
static const struct vr_opt guestinfo_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "user", VR_OPT_BOOL, .help = N_("who is logged in") },
    { "os", VR_OPT_BOOL, .help = N_("the operating system") },
    { "timezone", VR_OPT_BOOL, .help = N_("the time zone") },
    { "hostname", VR_OPT_BOOL, .help = N_("the host name") },
    { "filesystem", VR_OPT_BOOL, .help = N_("file systems") },
    { "disk", VR_OPT_BOOL, .help = N_("disks") },
    { "interface", VR_OPT_BOOL, .help = N_("network interfaces") },
    { 0 },
};
const struct vr_command vr_cmd_guestinfo = {
    "guestinfo", guestinfo_opts, guestinfo_run, VR_CMD_JSON, N_("tell what a guest's agent knows"),
    N_("Asks the agent; the options choose groups."), NULL,
};

static const char *const host_sources[] = { "lease", "agent", NULL };

static void complete_host_source(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, host_sources);
}

static bool domhostname_run(struct vr_cmd *cmd)
{
    const char *source;
    unsigned flags = 0;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "source", &source))
        return false;
    if (source) {
        int i = vr_name_index(host_sources, source);
        if (i < 0)
            return vr_complain(cmd, _("Unknown data source '%s'"), source);
        flags = i ? VIR_DOMAIN_GET_HOSTNAME_AGENT : VIR_DOMAIN_GET_HOSTNAME_LEASE;
    }
    vr_autofree char *name = virDomainGetHostname(dom, flags);
    if (!name)
        return vr_complain(cmd, "%s", _("failed to get hostname"));
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, "hostname", name);
    else
        vr_print(cmd, "%s\n", name);
    return true;
}
static const struct vr_opt domhostname_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "source", VR_OPT_STRING, .help = N_("lease or agent"), .complete = complete_host_source },
    { 0 },
};
const struct vr_command vr_cmd_domhostname = {
    "domhostname", domhostname_opts, domhostname_run, VR_CMD_JSON, N_("tell a guest's host name"), NULL, NULL,
};

/* ---- users --------------------------------------------------------------------------------------------------------- */

static bool get_user_sshkeys_run(struct vr_cmd *cmd)
{
    const char *user;
    char **keys = NULL;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "user", &user))
        return false;
    int n = virDomainAuthorizedSSHKeysGet(dom, user, &keys, 0);
    if (n < 0)
        return false;
    struct vr_info *json = vr_info_new(cmd, "");
    for (int i = 0; i < n; i++) {
        if (vr_json_wanted(cmd)) {
            vr_info_down(json, "keys");
            vr_info_json(json, "key", keys[i]);
            vr_info_up(json);
        } else {
            vr_print(cmd, "%s", keys[i]);
            vr_print(cmd, "\n");
        }
        free(keys[i]);
    }
    free(keys);
    vr_info_done(json);
    return true;
}
static const struct vr_opt get_user_sshkeys_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "user", VR_OPT_DATA, .help = N_("a user inside the guest") },
    { 0 },
};
const struct vr_command vr_cmd_get_user_sshkeys = {
    "get-user-sshkeys", get_user_sshkeys_opts, get_user_sshkeys_run, VR_CMD_JSON, N_("list the keys that a user of the guest accepts"),
    NULL, NULL,
};

static bool set_user_sshkeys_run(struct vr_cmd *cmd)
{
    bool reset = vr_opt_bool(cmd, "reset"), drop = vr_opt_bool(cmd, "remove");
    const char *user, *file;
    if (!vr_opt_exclusive(cmd, "reset", "remove"))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "user", &user) || !vr_opt_string(cmd, "file", &file))
        return false;
    unsigned flags = drop ? VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE : reset ? 0 : VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND;
    if (!file && !reset)
        return vr_complain(cmd, "%s", _("Option --file is required"));
    vr_autofree char *text = NULL;
    vr_autofree const char **keys = NULL;
    size_t n = 0, cap = 0;
    if (file) {
        text = vr_read_file(cmd, file, 1024 * 1024);
        if (!text)
            return false;
        for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
            if (!*line)
                continue;
            VR_GROW(keys, n, cap);
            keys[n++] = line;
        }
        if (!n)
            return vr_complain(cmd, _("File %s contains no keys"), file);
    }
    return virDomainAuthorizedSSHKeysSet(dom, user, keys, (unsigned)n, flags) == 0;
}
static const struct vr_opt set_user_sshkeys_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "user", VR_OPT_DATA, .help = N_("a user inside the guest") },
    { "file", VR_OPT_STRING, .help = N_("a file with keys, one a line"), .complete = vr_complete_file },
    { "reset", VR_OPT_BOOL, .help = N_("remove all others first") },
    { "remove", VR_OPT_BOOL, .help = N_("remove the keys") },
    { 0 },
};
const struct vr_command vr_cmd_set_user_sshkeys = {
    "set-user-sshkeys", set_user_sshkeys_opts, set_user_sshkeys_run, 0, N_("add or remove keys that a user of the guest accepts"),
    NULL, NULL,
};

static bool set_user_password_run(struct vr_cmd *cmd)
{
    const char *user, *password;
    unsigned flags = vr_opt_bool(cmd, "encrypted") ? VIR_DOMAIN_PASSWORD_ENCRYPTED : 0;
    if (!vr_opt_string(cmd, "user", &user) || !vr_opt_string(cmd, "password", &password))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || virDomainSetUserPassword(dom, user, password, flags) < 0)
        return false;
    vr_print_extra(cmd, _("Password set successfully for %s in %s"), user, virDomainGetName(dom));
    return true;
}
static const struct vr_opt set_user_password_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "user", VR_OPT_DATA, .help = N_("a user inside the guest") },
    { "password", VR_OPT_DATA, .help = N_("the password") },
    { "encrypted", VR_OPT_BOOL, .help = N_("it is encrypted already") },
    { 0 },
};
const struct vr_command vr_cmd_set_user_password = {
    "set-user-password", set_user_password_opts, set_user_password_run, 0, N_("set the password of a user of the guest"),
    NULL, NULL,
};

static bool guest_agent_timeout_run(struct vr_cmd *cmd)
{
    int timeout = VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    return dom && vr_opt_int(cmd, "timeout", &timeout) >= 0 && virDomainAgentSetResponseTimeout(dom, timeout, 0) == 0;
}
static const struct vr_opt guest_agent_timeout_opts[] = {
    VR_OPT_DOMAIN,
    { "timeout", VR_OPT_INT, .flags = VR_KEYWORD, .help = N_("give up after so many seconds") },
    { 0 },
};
const struct vr_command vr_cmd_guest_agent_timeout = {
    "guest-agent-timeout", guest_agent_timeout_opts, guest_agent_timeout_run, 0, N_("set how long to wait for a guest's agent"),
    NULL, NULL,
};

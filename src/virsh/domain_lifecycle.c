/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's definition and life: define, start, stop. */
#include "virsh.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "domain_console.h"
#include "domain_fds.h"

static bool autostart_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    const char *name = virDomainGetName(dom);
    bool on = !vr_opt_bool(cmd, "disable");
    if (virDomainSetAutostart(dom, on) < 0)
        return on ? vr_complain(cmd, _("Failed to mark domain '%s' as autostarted"), name)
                  : vr_complain(cmd, _("Failed to unmark domain '%s' as autostarted"), name);
    vr_print_extra(cmd, on ? _("Domain '%s' marked as autostarted\n") : _("Domain '%s' unmarked as autostarted\n"), name);
    return true;
}
static const struct vr_opt autostart_opts[] = {
    VR_OPT_DOMAIN,
    { "disable", VR_OPT_BOOL, .help = N_("do not start it with the host") },
    { 0 },
};
const struct vr_command vr_cmd_autostart = {
    "autostart", autostart_opts, autostart_run, 0, N_("start a guest with the host, or not"), NULL, NULL,
};

static bool define_run(struct vr_cmd *cmd)
{
    const char *file;
    unsigned flags = vr_opt_bool(cmd, "validate") ? VIR_DOMAIN_DEFINE_VALIDATE : 0;
    if (!vr_opt_string(cmd, "file", &file))
        return false;
    vr_autofree char *xml = vr_read_file(cmd, file, VR_XML_FILE_MAX);
    if (!xml)
        return false;
    vr_auto(domain) virDomainPtr dom = flags ? virDomainDefineXMLFlags(vr_conn(cmd), xml, flags) : virDomainDefineXML(vr_conn(cmd), xml);
    if (!dom)
        return vr_complain(cmd, _("Failed to define domain from %s"), file);
    vr_print_extra(cmd, _("Domain '%s' defined from %s\n"), virDomainGetName(dom), file);
    return true;
}
static const struct vr_opt define_opts[] = {
    VR_OPT_FILE(N_("a file with the XML")),
    { "validate", VR_OPT_BOOL, .help = N_("check against the schema") },
    { 0 },
};
const struct vr_command vr_cmd_define = {
    "define", define_opts, define_run, 0, N_("keep a guest's definition, without starting it"), NULL, NULL,
};

static bool create_run(struct vr_cmd *cmd)
{
    const char *file;
    bool console = vr_opt_bool(cmd, "console");
    unsigned flags = 0;
    vr_autofree int *fds = NULL;
    size_t n_fds;
    if (!vr_opt_string(cmd, "file", &file))
        return false;
    vr_autofree char *xml = vr_read_file(cmd, file, VR_XML_FILE_MAX);
    if (!xml || !vr_opt_fds(cmd, &fds, &n_fds))
        return false;
    flags |= vr_opt_bool(cmd, "paused") ? VIR_DOMAIN_START_PAUSED : 0;
    flags |= vr_opt_bool(cmd, "autodestroy") ? VIR_DOMAIN_START_AUTODESTROY : 0;
    flags |= vr_opt_bool(cmd, "validate") ? VIR_DOMAIN_START_VALIDATE : 0;
    flags |= vr_opt_bool(cmd, "reset-nvram") ? VIR_DOMAIN_START_RESET_NVRAM : 0;
    vr_auto(domain) virDomainPtr dom = n_fds ? virDomainCreateXMLWithFiles(vr_conn(cmd), xml, (unsigned)n_fds, fds, flags)
                                             : virDomainCreateXML(vr_conn(cmd), xml, flags);
    if (!dom)
        return vr_complain(cmd, _("Failed to create domain from %s"), file);
    vr_print_extra(cmd, _("Domain '%s' created from %s\n"), virDomainGetName(dom), file);
    return console ? vr_console_run(cmd, dom, NULL, 0) : true;
}
static const struct vr_opt create_opts[] = {
    VR_OPT_FILE(N_("a file with the XML")),
    { "console", VR_OPT_BOOL, .help = N_("connect to its console") },
    { "paused", VR_OPT_BOOL, .help = N_("leave it paused") },
    { "autodestroy", VR_OPT_BOOL, .help = N_("destroy it when this connection ends") },
    { "pass-fds", VR_OPT_STRING, .help = N_("descriptors to hand over: N,M,...") },
    { "validate", VR_OPT_BOOL, .help = N_("check against the schema") },
    { "reset-nvram", VR_OPT_BOOL, .help = N_("begin with fresh firmware variables") },
    { 0 },
};
const struct vr_command vr_cmd_create = {
    "create", create_opts, create_run, 0, N_("start a guest from a file, without keeping its definition"), NULL, NULL,
};

static int start_call(struct vr_cmd *cmd, virDomainPtr dom, int *fds, size_t n_fds, unsigned flags)
{
    if (n_fds)
        return virDomainCreateWithFiles(dom, (unsigned)n_fds, fds, flags);
    return flags ? virDomainCreateWithFlags(dom, flags) : virDomainCreate(dom);
}

static bool start_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain_by(cmd, "domain", VR_BY_NAME | VR_BY_UUID);
    if (!dom)
        return false;
    if (virDomainGetID(dom) != (unsigned)-1)
        return vr_complain(cmd, "%s", _("Domain is already active"));
    vr_autofree int *fds = NULL;
    size_t n_fds;
    if (!vr_opt_fds(cmd, &fds, &n_fds))
        return false;
    unsigned flags = 0;
    flags |= vr_opt_bool(cmd, "paused") ? VIR_DOMAIN_START_PAUSED : 0;
    flags |= vr_opt_bool(cmd, "autodestroy") ? VIR_DOMAIN_START_AUTODESTROY : 0;
    flags |= vr_opt_bool(cmd, "bypass-cache") ? VIR_DOMAIN_START_BYPASS_CACHE : 0;
    flags |= vr_opt_bool(cmd, "force-boot") ? VIR_DOMAIN_START_FORCE_BOOT : 0;
    flags |= vr_opt_bool(cmd, "reset-nvram") ? VIR_DOMAIN_START_RESET_NVRAM : 0;
    if (start_call(cmd, dom, fds, n_fds, flags) < 0)
        return vr_complain(cmd, _("Failed to start domain '%s'"), virDomainGetName(dom));
    vr_print_extra(cmd, _("Domain '%s' started\n"), virDomainGetName(dom));
    return vr_opt_bool(cmd, "console") ? vr_console_run(cmd, dom, NULL, 0) : true;
}
static const struct vr_opt start_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_inactive),
    { "console", VR_OPT_BOOL, .help = N_("connect to its console") },
    { "paused", VR_OPT_BOOL, .help = N_("leave it paused") },
    { "autodestroy", VR_OPT_BOOL, .help = N_("destroy it when this connection ends") },
    { "bypass-cache", VR_OPT_BOOL, .help = N_("around the host's file cache") },
    { "force-boot", VR_OPT_BOOL, .help = N_("forget a managed save image") },
    { "pass-fds", VR_OPT_STRING, .help = N_("descriptors to hand over: N,M,...") },
    { "reset-nvram", VR_OPT_BOOL, .help = N_("begin with fresh firmware variables") },
    { 0 },
};
const struct vr_command vr_cmd_start = {
    "start", start_opts, start_run, 0, N_("start a guest that is defined"),
    N_("Starts a guest, from its managed save image when it has one."), NULL,
};

static bool destroy_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    const char *name = virDomainGetName(dom);
    unsigned flags = 0;
    flags |= vr_opt_bool(cmd, "graceful") ? VIR_DOMAIN_DESTROY_GRACEFUL : 0;
    flags |= vr_opt_bool(cmd, "remove-logs") ? VIR_DOMAIN_DESTROY_REMOVE_LOGS : 0;
    if ((flags ? virDomainDestroyFlags(dom, flags) : virDomainDestroy(dom)) < 0)
        return vr_complain(cmd, _("Failed to destroy domain '%s'"), name);
    vr_print_extra(cmd, _("Domain '%s' destroyed\n"), name);
    return true;
}
static const struct vr_opt destroy_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "graceful", VR_OPT_BOOL, .help = N_("fail rather than kill") },
    { "remove-logs", VR_OPT_BOOL, .help = N_("remove its log files") },
    { 0 },
};
const struct vr_command vr_cmd_destroy = {
    "destroy", destroy_opts, destroy_run, 0, N_("stop a guest at once"),
    N_("Stops a guest as if its power was cut. Its definition stays."), NULL,
};

/* ---- asking the guest ---------------------------------------------------------------------------------------------- */

static const char *const shutdown_modes[] = { "acpi", "agent", "initctl", "signal", "paravirt", NULL };

static void complete_shutdown_mode(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_list(cmd, to, shutdown_modes);
}

/* "acpi,agent" as flags; both calls have the same numbers. False for a word that is none. */
static bool modes_of(struct vr_cmd *cmd, const char *text, unsigned *flags, const char *unknown)
{
    vr_autofree char *copy = vr_strdup(text);
    for (char *rest = copy, *word; (word = strsep(&rest, ","));) {
        int i = vr_name_index(shutdown_modes, word);
        if (i < 0)
            return vr_complain(cmd, unknown[0] == 's'
                ? _("Unknown mode %s value, expecting 'acpi', 'agent', 'initctl', 'signal', or 'paravirt'")
                : _("Unknown mode %s value, expecting 'acpi', 'agent', 'initctl', 'signal' or 'paravirt'"), word);
        *flags |= 1u << i;
    }
    return true;
}

static bool shutdown_run(struct vr_cmd *cmd)
{
    const char *mode;
    unsigned flags = 0;
    if (!vr_opt_string(cmd, "mode", &mode) || (mode && !modes_of(cmd, mode, &flags, "shutdown")))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    const char *name = virDomainGetName(dom);
    if ((flags ? virDomainShutdownFlags(dom, flags) : virDomainShutdown(dom)) < 0)
        return vr_complain(cmd, _("Failed to shutdown domain '%s'"), name);
    vr_print_extra(cmd, _("Domain '%s' is being shutdown\n"), name);
    return true;
}
static const struct vr_opt shutdown_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "mode", VR_OPT_STRING,
      .help = N_("how: acpi, agent, initctl, signal or paravirt"), .complete = complete_shutdown_mode },
    { 0 },
};
const struct vr_command vr_cmd_shutdown = {
    "shutdown", shutdown_opts, shutdown_run, 0, N_("ask a guest to shut down"), NULL, NULL,
};

static bool reboot_run(struct vr_cmd *cmd)
{
    const char *mode;
    unsigned flags = 0;
    if (!vr_opt_string(cmd, "mode", &mode) || (mode && !modes_of(cmd, mode, &flags, "reboot")))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    const char *name = virDomainGetName(dom);
    if (virDomainReboot(dom, flags) < 0)
        return vr_complain(cmd, _("Failed to reboot domain '%s'"), name);
    vr_print_extra(cmd, _("Domain '%s' is being rebooted\n"), name);
    return true;
}
static const struct vr_opt reboot_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "mode", VR_OPT_STRING,
      .help = N_("how: acpi, agent, initctl, signal or paravirt"), .complete = complete_shutdown_mode },
    { 0 },
};
const struct vr_command vr_cmd_reboot = {
    "reboot", reboot_opts, reboot_run, 0, N_("ask a guest to restart"), NULL, NULL,
};

/* ---- calls without anything to say but yes and no ------------------------------------------------------------------ */

static bool simple(struct vr_cmd *cmd, int (*call)(virDomainPtr dom), const char *failed, const char *done)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    vr_autofree char *name = vr_strdup(virDomainGetName(dom));
    const char *at = strstr(failed, "%s");
    if (call(dom) < 0)
        return vr_complain(cmd, "%.*s%s%s", (int)(at - failed), failed, name, at + 2);
    at = strstr(done, "%s");
    vr_print_extra(cmd, "%.*s%s%s", (int)(at - done), done, name, at + 2);
    return true;
}

static bool suspend_run(struct vr_cmd *cmd)
{
    return simple(cmd, virDomainSuspend, _("Failed to suspend domain '%s'"), _("Domain '%s' suspended\n"));
}
static const struct vr_opt suspend_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_running),
    { 0 },
};
const struct vr_command vr_cmd_suspend = {
    "suspend", suspend_opts, suspend_run, 0, N_("pause a guest"), NULL, NULL,
};

static bool resume_run(struct vr_cmd *cmd)
{
    return simple(cmd, virDomainResume, _("Failed to resume domain '%s'"), _("Domain '%s' resumed\n"));
}
static const struct vr_opt resume_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_paused),
    { 0 },
};
const struct vr_command vr_cmd_resume = {
    "resume", resume_opts, resume_run, 0, N_("let a paused guest go on"), NULL, NULL,
};

static int reset_call(virDomainPtr dom)
{
    return virDomainReset(dom, 0);
}
static bool reset_run(struct vr_cmd *cmd)
{
    return simple(cmd, reset_call, _("Failed to reset domain '%s'"), _("Domain '%s' was reset\n"));
}
static const struct vr_opt reset_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { 0 },
};
const struct vr_command vr_cmd_reset = {
    "reset", reset_opts, reset_run, 0, N_("reset a guest's machine, as its button would"), NULL, NULL,
};

static int wakeup_call(virDomainPtr dom)
{
    return virDomainPMWakeup(dom, 0);
}
static bool dompmwakeup_run(struct vr_cmd *cmd)
{
    return simple(cmd, wakeup_call, _("Domain '%s' could not be woken up"), _("Domain '%s' successfully woken up\n"));
}
static const struct vr_opt dompmwakeup_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { 0 },
};
const struct vr_command vr_cmd_dompmwakeup = {
    "dompmwakeup", dompmwakeup_opts, dompmwakeup_run, 0, N_("wake up a guest that sleeps"), NULL, NULL,
};

static bool inject_nmi_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    return dom && virDomainInjectNMI(dom, 0) == 0;
}
static const struct vr_opt inject_nmi_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { 0 },
};
const struct vr_command vr_cmd_inject_nmi = {
    "inject-nmi", inject_nmi_opts, inject_nmi_run, 0, N_("give a guest a non-maskable interrupt"), NULL, NULL,
};

static const char *const pm_targets[] = { "mem", "disk", "hybrid", NULL };

static void complete_pm_target(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, pm_targets);
}

static bool dompmsuspend_run(struct vr_cmd *cmd)
{
    const char *target;
    unsigned long long duration = 0;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    const char *name = virDomainGetName(dom);
    if (vr_opt_ull(cmd, "duration", &duration) < 0 || !vr_opt_string(cmd, "target", &target))
        return false;
    int i = vr_name_index(pm_targets, target); /* in the order of VIR_NODE_SUSPEND_TARGET_* */
    if (i < 0)
        return vr_complain(cmd, "%s", _("Invalid target"));
    if (virDomainPMSuspendForDuration(dom, (unsigned)i, duration, 0) < 0)
        return vr_complain(cmd, _("Domain '%s' could not be suspended"), name);
    vr_print_extra(cmd, _("Domain '%s' successfully suspended"), name);
    return true;
}
static const struct vr_opt dompmsuspend_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "target", VR_OPT_DATA, .help = N_("mem, disk or hybrid"), .complete = complete_pm_target },
    { "duration", VR_OPT_INT, .flags = VR_KEYWORD, .help = N_("seconds to sleep; 0 for ever") },
    { 0 },
};
const struct vr_command vr_cmd_dompmsuspend = {
    "dompmsuspend", dompmsuspend_opts, dompmsuspend_run, 0, N_("let a guest sleep"), NULL, NULL,
};

static const char *const lifecycle_types[] = { "poweroff", "reboot", "crash", NULL };
static const char *const lifecycle_actions[] = { "destroy", "restart", "rename-restart", "preserve", "coredump-destroy",
                                                 "coredump-restart", NULL };

static void complete_lifecycle_type(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, lifecycle_types);
}
static void complete_lifecycle_action(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, lifecycle_actions);
}

static bool set_lifecycle_action_run(struct vr_cmd *cmd)
{
    unsigned flags;
    const char *type, *action;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "type", &type) || !vr_opt_string(cmd, "action", &action))
        return false;
    int t = vr_name_index(lifecycle_types, type), a = vr_name_index(lifecycle_actions, action);
    if (t < 0)
        return vr_complain(cmd, _("Invalid lifecycle type '%s'."), type);
    if (a < 0)
        return vr_complain(cmd, _("Invalid lifecycle action '%s'."), action);
    if (virDomainSetLifecycleAction(dom, (unsigned)t, (unsigned)a, flags) < 0)
        return vr_complain(cmd, "%s", _("Unable to change lifecycle action."));
    return true;
}
static const struct vr_opt set_lifecycle_action_opts[] = {
    VR_OPT_DOMAIN,
    { "type", VR_OPT_DATA, .help = N_("poweroff, reboot or crash"), .complete = complete_lifecycle_type },
    { "action", VR_OPT_DATA, .help = N_("what to do then"), .complete = complete_lifecycle_action },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_set_lifecycle_action = {
    "set-lifecycle-action", set_lifecycle_action_opts, set_lifecycle_action_run, 0, N_("set what happens when a guest ends, restarts or crashes"),
    NULL, NULL,
};

/* ---- names --------------------------------------------------------------------------------------------------------- */

static bool domid_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain_by(cmd, "domain", VR_BY_NAME | VR_BY_UUID);
    if (!dom)
        return false;
    unsigned id = virDomainGetID(dom);
    vr_autofree char *text = id == (unsigned)-1 ? vr_strdup("-") : vr_printf("%u", id);
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, "id", text);
    else
        vr_print(cmd, "%s\n", text);
    return true;
}
static const struct vr_opt domid_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { 0 },
};
const struct vr_command vr_cmd_domid = {
    "domid", domid_opts, domid_run, VR_CMD_JSON, N_("tell a guest's id"), NULL, NULL,
};

static bool domname_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain_by(cmd, "domain", VR_BY_ID | VR_BY_UUID);
    if (!dom)
        return false;
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, "name", virDomainGetName(dom));
    else
        vr_print(cmd, "%s\n", virDomainGetName(dom));
    return true;
}
static const struct vr_opt domname_opts[] = {
    VR_OPT_DOMAIN,
    { 0 },
};
const struct vr_command vr_cmd_domname = {
    "domname", domname_opts, domname_run, VR_CMD_JSON, N_("tell a guest's name"), NULL, NULL,
};

static bool domuuid_run(struct vr_cmd *cmd)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    vr_auto(domain) virDomainPtr dom = vr_domain_by(cmd, "domain", VR_BY_NAME | VR_BY_ID);
    if (!dom)
        return false;
    if (virDomainGetUUIDString(dom, uuid) < 0)
        return vr_complain(cmd, "%s", _("failed to get domain UUID"));
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, "uuid", uuid);
    else
        vr_print(cmd, "%s\n", uuid);
    return true;
}
static const struct vr_opt domuuid_opts[] = {
    VR_OPT_DOMAIN,
    { 0 },
};
const struct vr_command vr_cmd_domuuid = {
    "domuuid", domuuid_opts, domuuid_run, VR_CMD_JSON, N_("tell a guest's uuid"), NULL, NULL,
};

static bool domrename_run(struct vr_cmd *cmd)
{
    const char *name;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "new-name", &name) || virDomainRename(dom, name, 0) < 0)
        return false;
    vr_print_extra(cmd, "Domain successfully renamed\n");
    return true;
}
static const struct vr_opt domrename_opts[] = {
    VR_OPT_DOMAIN,
    { "new-name", VR_OPT_DATA, .help = N_("the new name") },
    { 0 },
};
const struct vr_command vr_cmd_domrename = {
    "domrename", domrename_opts, domrename_run, 0, N_("rename a guest that does not run"), NULL, NULL,
};

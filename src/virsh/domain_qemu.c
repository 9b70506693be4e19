/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What only QEMU or LXC has. Their libraries, libvirt-qemu.so.0 and libvirt-lxc.so.0, are opened when one of these commands
 * runs: no other command is to pay for them.
 */
#include "virsh.h"

#include <dlfcn.h>
#include <libvirt/libvirt-lxc.h>
#include <libvirt/libvirt-qemu.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "domain_fds.h"
#include "event_wait.h"

static void *function_of(struct vr_cmd *cmd, const char *library, const char *name)
{
    void *handle = dlopen(library, RTLD_NOW); /* stays open: a second call finds it */
    void *function = handle ? dlsym(handle, name) : NULL;
    if (!function)
        vr_complain(cmd, _("%s cannot be used: %s"), library, dlerror());
    return function;
}
#define QEMU(cmd, name) ((__typeof__(&name))function_of(cmd, "libvirt-qemu.so.0", #name))
#define LXC(cmd, name) ((__typeof__(&name))function_of(cmd, "libvirt-lxc.so.0", #name))

/* All words from the @first on, with blanks between. malloc'd. */
static char *joined(struct vr_cmd *cmd, size_t first)
{
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    const char *word;
    for (size_t i = first; (word = vr_opt_argv(cmd, i)); i++)
        vr_buf_printf(&out, "%s%s", i > first ? " " : "", word);
    return vr_buf_take(&out);
}

/* "name a b" as {"execute":"name","arguments":{a,b}}; a JSON object stays what it is. malloc'd; NULL reported. */
static char *wrapped_qmp(struct vr_cmd *cmd)
{
    vr_autofree char *whole = joined(cmd, 0);
    const char *name = vr_opt_argv(cmd, 0);
    if (*whole == '{')
        return vr_take(whole);
    VR_AUTO(vr_json) *object = vr_json_object();
    vr_json_add_str(object, "execute", name);
    vr_autobuf struct vr_buf members = VR_BUF_INIT;
    const char *word;
    for (size_t i = 1; (word = vr_opt_argv(cmd, i)); i++)
        vr_buf_printf(&members, "%s%s", i > 1 ? "," : "", word);
    if (members.len) {
        vr_autofree char *text = *members.data == '{' ? vr_strdup(members.data) : vr_printf("{%s}", members.data);
        VR_AUTO(vr_error) *err = NULL;
        struct vr_json *arguments = vr_json_parse(text, strlen(text), &err);
        if (!arguments) {
            vr_late_error(cmd, "%s", vr_error_text(err));
            vr_complain(cmd, _("failed to wrap arguments '%s' into a QMP command wrapper"), members.data);
            return NULL;
        }
        vr_json_add(object, "arguments", arguments);
    }
    return vr_json_print(object);
}

static bool qemu_monitor_command_run(struct vr_cmd *cmd)
{
    bool hmp = vr_opt_bool(cmd, "hmp"), pretty = vr_opt_bool(cmd, "pretty"), value = vr_opt_bool(cmd, "return-value");
    if (!vr_opt_exclusive(cmd, "hmp", "pretty") || !vr_opt_exclusive(cmd, "hmp", "return-value"))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    vr_autofree int *fds = NULL;
    size_t n_fds;
    if (!dom || !vr_opt_fds(cmd, &fds, &n_fds))
        return false;
    vr_autofree char *text = hmp ? joined(cmd, 0) : wrapped_qmp(cmd);
    if (!text)
        return false;
    char *raw = NULL;
    int failed;
    unsigned flags = hmp ? VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP : VIR_DOMAIN_QEMU_MONITOR_COMMAND_DEFAULT;
    if (n_fds) {
        __typeof__(&virDomainQemuMonitorCommandWithFiles) call = QEMU(cmd, virDomainQemuMonitorCommandWithFiles);
        failed = call ? call(dom, text, (unsigned)n_fds, fds, NULL, NULL, &raw, flags) : -1;
    } else {
        __typeof__(&virDomainQemuMonitorCommand) call = QEMU(cmd, virDomainQemuMonitorCommand);
        failed = call ? call(dom, text, &raw, flags) : -1;
    }
    vr_autofree char *reply = raw;
    if (failed < 0)
        return false;
    if (!pretty && !value) {
        vr_print(cmd, "%s\n", reply);
        return true;
    }
    VR_AUTO(vr_json) *answer = vr_json_parse(reply, strlen(reply), NULL);
    if (!answer)
        return vr_complain(cmd, "%s", _("failed to parse JSON returned by qemu"));
    const struct vr_json *shown = answer;
    if (value && !(shown = vr_json_get(answer, "return")))
        return vr_complain(cmd, "%s", _("'return' member missing"));
    vr_autofree char *out = pretty ? vr_json_print_pretty(shown) : vr_json_print(shown);
    vr_print(cmd, pretty ? "%s\n" : "%s", out);
    return true;
}
static const struct vr_opt qemu_monitor_command_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "hmp", VR_OPT_BOOL, .help = N_("a command for people") },
    { "pretty", VR_OPT_BOOL, .help = N_("indented") },
    { "return-value", VR_OPT_BOOL, .help = N_("only what stands under \"return\"") },
    { "pass-fds", VR_OPT_STRING, .flags = VR_KEYWORD, .help = N_("descriptors to hand over: N,M,...") },
    { "cmd", VR_OPT_ARGV, .flags = VR_REQUIRED, .help = N_("the command") },
    { 0 },
};
const struct vr_command vr_cmd_qemu_monitor_command = {
    "qemu-monitor-command", qemu_monitor_command_opts, qemu_monitor_command_run, 0, N_("give a command to QEMU's monitor"),
    NULL, NULL,
};

static bool qemu_agent_command_run(struct vr_cmd *cmd)
{
    int timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    vr_autofree char *text = joined(cmd, 0);
    int ways = vr_opt_int(cmd, "timeout", &timeout);
    if (ways < 0)
        return false;
    if (ways && timeout < 1)
        return vr_complain(cmd, "%s", _("timeout must be positive"));
    if (vr_opt_bool(cmd, "async")) {
        timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_NOWAIT;
        ways++;
    }
    if (vr_opt_bool(cmd, "block")) {
        timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_BLOCK;
        ways++;
    }
    if (ways > 1)
        return vr_complain(cmd, "%s", _("timeout, async and block options are exclusive"));
    __typeof__(&virDomainQemuAgentCommand) call = QEMU(cmd, virDomainQemuAgentCommand);
    vr_autofree char *reply = call ? call(dom, text, timeout, 0) : NULL;
    if (!reply)
        return false;
    if (vr_opt_bool(cmd, "pretty")) {
        VR_AUTO(vr_json) *answer = vr_json_parse(reply, strlen(reply), NULL);
        vr_autofree char *out = answer ? vr_json_print_pretty(answer) : NULL;
        vr_print(cmd, "%s\n", out ? out : reply);
    } else {
        vr_print(cmd, "%s\n", reply);
    }
    return true;
}
static const struct vr_opt qemu_agent_command_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "timeout", VR_OPT_INT, .flags = VR_KEYWORD, .help = N_("give up after so many seconds") },
    { "async", VR_OPT_BOOL, .help = N_("do not wait until a cancelled job has ended") },
    { "block", VR_OPT_BOOL, .help = N_("wait for ever") },
    { "pretty", VR_OPT_BOOL, .help = N_("indented") },
    { "cmd", VR_OPT_ARGV, .flags = VR_REQUIRED, .help = N_("the command") },
    { 0 },
};
const struct vr_command vr_cmd_qemu_agent_command = {
    "qemu-agent-command", qemu_agent_command_opts, qemu_agent_command_run, 0, N_("give a command to a guest's agent"),
    NULL, NULL,
};

static bool qemu_attach_run(struct vr_cmd *cmd)
{
    unsigned pid = 0;
    if (vr_opt_uint(cmd, "pid", &pid) < 0)
        return false;
    __typeof__(&virDomainQemuAttach) call = QEMU(cmd, virDomainQemuAttach);
    vr_auto(domain) virDomainPtr dom = call ? call(vr_conn(cmd), pid, 0) : NULL;
    if (!dom)
        return vr_complain(cmd, _("Failed to attach to pid %u"), pid);
    vr_print_extra(cmd, _("Domain '%s' attached to pid %u\n"), virDomainGetName(dom), pid);
    return true;
}
static const struct vr_opt qemu_attach_opts[] = {
    { "pid", VR_OPT_DATA, .help = N_("process of a QEMU") },
    { 0 },
};
const struct vr_command vr_cmd_qemu_attach = {
    "qemu-attach", qemu_attach_opts, qemu_attach_run, 0, N_("take over a QEMU that somebody else started"), NULL, NULL,
};

/* ---- monitor events ------------------------------------------------------------------------------------------------ */

struct monitor_wait {
    struct vr_event_wait wait;
    bool pretty;
};

static void on_monitor_event(virConnectPtr conn, virDomainPtr dom, const char *event, long long seconds, unsigned micros,
                             const char *details, void *opaque)
{
    struct monitor_wait *w = opaque;
    vr_autofree char *pretty = NULL;
    if (w->pretty && details) {
        VR_AUTO(vr_json) *v = vr_json_parse(details, strlen(details), NULL);
        pretty = v ? vr_json_print_pretty(v) : NULL;
    }
    const char *what = pretty ? pretty : details ? details : "";
    vr_autofree char *text = w->wait.timestamp
        ? vr_printf(_("event %s for domain '%s': %s\n"), event, virDomainGetName(dom), what)
        : vr_printf(_("event %s at %lld.%06u for domain '%s': %s\n"), event, seconds, micros, virDomainGetName(dom), what);
    vr_event_came(&w->wait, text);
}

static bool qemu_monitor_event_run(struct vr_cmd *cmd)
{
    struct monitor_wait w = { .pretty = vr_opt_bool(cmd, "pretty") };
    const char *event;
    unsigned flags = (vr_opt_bool(cmd, "regex") ? VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX : 0) |
        (vr_opt_bool(cmd, "no-case") ? VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE : 0);
    vr_auto(domain) virDomainPtr dom = NULL;
    if (!vr_opt_string(cmd, "event", &event) || (vr_opt_raw(cmd, "domain") && !(dom = vr_domain(cmd))))
        return false;
    __typeof__(&virConnectDomainQemuMonitorEventRegister) add = QEMU(cmd, virConnectDomainQemuMonitorEventRegister);
    __typeof__(&virConnectDomainQemuMonitorEventDeregister) drop =
        add ? QEMU(cmd, virConnectDomainQemuMonitorEventDeregister) : NULL;
    if (!drop || !vr_event_wait_init(cmd, &w.wait))
        return false;
    int id = add(vr_conn(cmd), dom, event, on_monitor_event, &w, NULL, flags);
    bool ok = id >= 0 && vr_event_wait_run(&w.wait);
    if (id >= 0)
        drop(vr_conn(cmd), id);
    vr_event_wait_done(&w.wait);
    return ok;
}
static const struct vr_opt qemu_monitor_event_opts[] = {
    { "domain", VR_OPT_STRING, .help = N_("only of this guest"), .complete = vr_complete_domain },
    { "event", VR_OPT_STRING, .help = N_("the event") },
    { "pretty", VR_OPT_BOOL, .help = N_("indented") },
    { "loop", VR_OPT_BOOL, .help = N_("until interrupted or timed out") },
    { "timeout", VR_OPT_INT, .help = N_("give up after so many seconds") },
    { "regex", VR_OPT_BOOL, .help = N_("event is a pattern") },
    { "no-case", VR_OPT_BOOL, .help = N_("any case") },
    { "timestamp", VR_OPT_BOOL, .help = N_("with the time") },
    { 0 },
};
const struct vr_command vr_cmd_qemu_monitor_event = {
    "qemu-monitor-event", qemu_monitor_event_opts, qemu_monitor_event_run, 0, N_("wait for events of QEMU's monitor"),
    NULL, NULL,
};

/* ---- LXC ----------------------------------------------------------------------------------------------------------- */

/* In the container: nothing here returns. */
static void enter_and_run(struct vr_cmd *cmd, int *fds, int n, __typeof__(&virDomainLxcEnterNamespace) enter)
{
    size_t words = 0;
    while (vr_opt_argv(cmd, words))
        words++;
    char **argv = vr_alloc((words + 1) * sizeof(*argv));
    for (size_t i = 0; i < words; i++)
        argv[i] = vr_strdup(vr_opt_argv(cmd, i));
    if (enter(NULL, (unsigned)n, fds, NULL, NULL, 0) < 0)
        _exit(255);
    pid_t pid = fork(); /* a process namespace is entered by children only */
    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(255);
    }
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        _exit(255);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 255);
}

static bool lxc_enter_namespace_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    __typeof__(&virDomainLxcOpenNamespace) open = LXC(cmd, virDomainLxcOpenNamespace);
    __typeof__(&virDomainLxcEnterNamespace) enter = open ? LXC(cmd, virDomainLxcEnterNamespace) : NULL;
    __typeof__(&virDomainLxcEnterSecurityLabel) label = enter ? LXC(cmd, virDomainLxcEnterSecurityLabel) : NULL;
    if (!label)
        return false;
    vr_autofree int *fds = NULL;
    int n = open(dom, &fds, 0);
    if (n < 0)
        return false;
    virSecurityModel model;
    virSecurityLabel *seclabel = vr_alloc(sizeof(*seclabel));
    bool labelled = !vr_opt_bool(cmd, "noseclabel");
    bool ok = !labelled || (virNodeGetSecurityModel(vr_conn(cmd), &model) == 0 && virDomainGetSecurityLabel(dom, seclabel) == 0);
    fflush(stdout);
    pid_t pid = ok ? fork() : -1;
    if (pid == 0) {
        if (labelled && model.model[0] && label(&model, seclabel, NULL, 0) < 0)
            _exit(255);
        enter_and_run(cmd, fds, n, enter);
    }
    free(seclabel);
    for (int i = 0; i < n; i++)
        close(fds[i]);
    int status = 0;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
static const struct vr_opt lxc_enter_namespace_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "noseclabel", VR_OPT_BOOL, .help = N_("without changing the security label") },
    { "cmd", VR_OPT_ARGV, .flags = VR_REQUIRED, .help = N_("the command") },
    { 0 },
};
const struct vr_command vr_cmd_lxc_enter_namespace = {
    "lxc-enter-namespace", lxc_enter_namespace_opts, lxc_enter_namespace_run, 0, N_("run a program inside a container"),
    NULL, NULL,
};

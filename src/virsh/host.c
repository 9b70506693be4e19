/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host and the hypervisor: who they are and what they can do. */
#include "document.h"
#include "groups.h"
#include "virsh.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"

/* A command whose whole answer is one text; NULL was reported. */
static bool answer(struct vr_cmd *cmd, const char *member, char *text, const char *end)
{
    vr_autofree char *mine = text;
    if (!mine)
        return false;
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, member, mine);
    else
        vr_print(cmd, "%s%s", mine, end);
    return true;
}

static bool hostname_run(struct vr_cmd *cmd)
{
    char *name = virConnectGetHostname(vr_conn(cmd));
    return name ? answer(cmd, "hostname", name, "\n") : vr_complain(cmd, "%s", _("failed to get hostname"));
}
static const struct vr_command cmd_hostname = {
    "hostname", NULL, hostname_run, VR_CMD_JSON, N_("print the host's name"), NULL, NULL,
};

static bool uri_run(struct vr_cmd *cmd)
{
    char *uri = virConnectGetURI(vr_conn(cmd));
    return uri ? answer(cmd, "uri", uri, "\n") : vr_complain(cmd, "%s", _("failed to get URI"));
}
static const struct vr_command cmd_uri = {
    "uri", NULL, uri_run, VR_CMD_JSON, N_("print what virsh is connected to"), NULL, NULL,
};

static bool capabilities_run(struct vr_cmd *cmd)
{
    char *xml = virConnectGetCapabilities(vr_conn(cmd));
    return xml ? answer(cmd, "xml", xml, "\n") : vr_complain(cmd, "%s", _("failed to get capabilities"));
}
static const struct vr_command cmd_capabilities = {
    "capabilities", NULL, capabilities_run, VR_CMD_JSON, N_("print what the host and the driver can do"), NULL, NULL,
};

static void complete_arch(struct vr_cmd *cmd, struct vr_completion *to)
{
    static const char *const archs[] = {
        "aarch64", "alpha", "armv7l", "i686", "loongarch64", "mips64el", "ppc64", "ppc64le", "riscv64", "s390x", "sparc64", "x86_64", NULL,
    };
    vr_complete_names(to, archs);
}

static bool domcapabilities_run(struct vr_cmd *cmd)
{
    const char *type, *emulator, *arch, *machine;
    if (!vr_opt_string(cmd, "virttype", &type) || !vr_opt_string(cmd, "emulatorbin", &emulator) || !vr_opt_string(cmd, "arch", &arch) ||
        !vr_opt_string(cmd, "machine", &machine))
        return false;
    char *xml = virConnectGetDomainCapabilities(vr_conn(cmd), emulator, arch, machine, type, 0);
    return xml ? answer(cmd, "xml", xml, "\n") : vr_complain(cmd, "%s", _("failed to get emulator capabilities"));
}
static const struct vr_command cmd_domcapabilities = {
    "domcapabilities",
    (const struct vr_opt[]){
        { "virttype", VR_OPT_STRING, .help = N_("kind of guest, as kvm or qemu") },
        { "emulatorbin", VR_OPT_STRING, .help = N_("path of the emulator"), .complete = vr_complete_file },
        { "arch", VR_OPT_STRING, .help = N_("architecture of the guest"), .complete = complete_arch },
        { "machine", VR_OPT_STRING, .help = N_("machine type of the guest") },
        { 0 } },
    domcapabilities_run, VR_CMD_JSON, N_("print what guests of a kind may have"), NULL, NULL,
};

static bool sysinfo_run(struct vr_cmd *cmd)
{
    char *xml = virConnectGetSysinfo(vr_conn(cmd), 0);
    return xml ? answer(cmd, "xml", xml, "") : vr_complain(cmd, "%s", _("failed to get sysinfo"));
}
static const struct vr_command cmd_sysinfo = {
    "sysinfo", NULL, sysinfo_run, VR_CMD_JSON, N_("print what the host's firmware tells of it"), NULL, NULL,
};

static void version_line(struct vr_info *info, const char *label, const char *member, unsigned long version)
{
    vr_autofree char *text = vr_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);
    vr_info_line(info, "%s%s\n", label, text);
    vr_info_json(info, member, text);
}

static bool version_run(struct vr_cmd *cmd)
{
    unsigned long library, api, hypervisor, daemon;
    const char *type = virConnectGetType(vr_conn(cmd));
    if (!type)
        return vr_complain(cmd, "%s", _("failed to get hypervisor type"));
    VR_AUTO(vr_info) *info = vr_info_new(cmd, "%s%s\n");
    version_line(info, _("Compiled against library: libvirt "), "compiled", LIBVIR_VERSION_NUMBER);
    if (virGetVersion(&library, type, &api) < 0)
        return vr_complain(cmd, "%s", _("failed to get the library version"));
    version_line(info, _("Using library: libvirt "), "library", library);
    vr_autofree char *api_label = vr_printf(_("Using API: %s "), type);
    version_line(info, api_label, "api", api);
    if (virConnectGetVersion(vr_conn(cmd), &hypervisor) < 0) {
        if (vr_last_code(cmd) != VIR_ERR_NO_SUPPORT)
            return vr_complain(cmd, "%s", _("failed to get the hypervisor version"));
        hypervisor = 0;
        vr_forget_error(cmd);
    }
    vr_autofree char *running_label = vr_printf(_("Running hypervisor: %s "), type);
    if (hypervisor)
        version_line(info, running_label, "hypervisor", hypervisor);
    else
        vr_info_line(info, _("Cannot extract running %s hypervisor version\n"), type);
    vr_info_json(info, "type", type);
    if (vr_opt_bool(cmd, "daemon")) {
        if (virConnectGetLibVersion(vr_conn(cmd), &daemon) < 0)
            return vr_complain(cmd, "%s", _("failed to get the daemon version"));
        version_line(info, _("Running against daemon: "), "daemon", daemon);
    }
    vr_info_done(vr_take(info));
    return true;
}
static const struct vr_command cmd_version = {
    "version", (const struct vr_opt[]){ { "daemon", VR_OPT_BOOL, .help = N_("the daemon's too") }, { 0 } }, version_run, VR_CMD_JSON,
    N_("print versions of library and hypervisor"), NULL, NULL,
};

static bool maxvcpus_run(struct vr_cmd *cmd)
{
    const char *type;
    if (!vr_opt_string(cmd, "type", &type))
        return false;
    long max = -1;
    /* What guests of the type may have is known better than what the connection may. */
    vr_autofree char *xml = virConnectGetDomainCapabilities(vr_conn(cmd), NULL, NULL, NULL, type, 0);
    vr_autofree char *text = xml ? vr_document_string(xml, "string(./vcpu[1]/@max)") : NULL;
    if (text && *text)
        max = strtol(text, NULL, 10);
    else
        vr_forget_error(cmd);
    if (max < 0 && (max = virConnectGetMaxVcpus(vr_conn(cmd), type)) < 0)
        return false;
    vr_forget_error(cmd);
    vr_autofree char *shown = vr_printf("%ld", max);
    return answer(cmd, "max_vcpus", vr_take(shown), "\n");
}
static const struct vr_command cmd_maxvcpus = {
    "maxvcpus", (const struct vr_opt[]){ { "type", VR_OPT_STRING, .help = N_("kind of guest, as kvm or qemu") }, { 0 } }, maxvcpus_run,
    VR_CMD_JSON, N_("print how many vcpus a guest may have"), NULL, NULL,
};

static bool nodeinfo_run(struct vr_cmd *cmd)
{
    virNodeInfo node;
    if (virNodeGetInfo(vr_conn(cmd), &node) < 0)
        return vr_complain(cmd, "%s", _("failed to get node information"));
    struct vr_info *info = vr_info_new(cmd, "%-20s %s\n");
    vr_info_str(info, _("CPU model:"), "%s", node.model);
    vr_info_uint(info, _("CPU(s):"), node.cpus, NULL);
    if (node.mhz)
        vr_info_uint(info, _("CPU frequency:"), node.mhz, _("MHz"));
    vr_info_uint(info, _("CPU socket(s):"), node.sockets, NULL);
    vr_info_uint(info, _("Core(s) per socket:"), node.cores, NULL);
    vr_info_uint(info, _("Thread(s) per core:"), node.threads, NULL);
    vr_info_uint(info, _("NUMA cell(s):"), node.nodes, NULL);
    vr_info_uint(info, _("Memory size:"), node.memory, _("KiB"));
    vr_info_done(info);
    return true;
}
static const struct vr_command cmd_nodeinfo = {
    "nodeinfo", NULL, nodeinfo_run, VR_CMD_JSON, N_("show the host's processors and memory"), NULL, NULL,
};

static char *pretty_map(const unsigned char *map, int n)
{
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    for (int i = 0; i < n; i++) {
        if (!VIR_CPU_USED(map, i))
            continue;
        int last = i;
        while (last + 1 < n && VIR_CPU_USED(map, last + 1))
            last++;
        vr_buf_printf(&out, "%s%d", out.len ? "," : "", i);
        if (last > i)
            vr_buf_printf(&out, "-%d", last);
        i = last;
    }
    return vr_buf_take(&out);
}

static bool nodecpumap_run(struct vr_cmd *cmd)
{
    unsigned char *map = NULL;
    unsigned online;
    int present = virNodeGetCPUMap(vr_conn(cmd), &map, &online, 0);
    if (present < 0)
        return vr_complain(cmd, "%s", _("Unable to get cpu map"));
    vr_autofree char *shown = NULL;
    if (vr_opt_bool(cmd, "pretty")) {
        shown = pretty_map(map, present);
    } else {
        shown = vr_alloc((size_t)present + 1);
        for (int i = 0; i < present; i++)
            shown[i] = VIR_CPU_USED(map, i) ? 'y' : '-';
    }
    free(map);
    struct vr_info *info = vr_info_new(cmd, "%-15s %s\n");
    vr_info_int(info, _("CPUs present:"), present, NULL);
    vr_info_uint(info, _("CPUs online:"), online, NULL);
    vr_info_str(info, _("CPU map:"), "%s", shown);
    vr_info_done(info);
    return true;
}
static const struct vr_command cmd_nodecpumap = {
    "nodecpumap", (const struct vr_opt[]){ { "pretty", VR_OPT_BOOL, .help = N_("the map as ranges") }, { 0 } }, nodecpumap_run, VR_CMD_JSON,
    N_("show which processors are online"), NULL, NULL,
};

static bool nodesevinfo_run(struct vr_cmd *cmd)
{
    virTypedParameterPtr params = NULL;
    int n = 0;
    if (virNodeGetSEVInfo(vr_conn(cmd), &params, &n, 0) != 0)
        return vr_complain(cmd, "%s", _("Unable to get host SEV information"));
    struct vr_info *info = vr_info_new(cmd, "%-18s: %s\n");
    for (int i = 0; i < n; i++) {
        if (params[i].type == VIR_TYPED_PARAM_STRING)
            vr_info_str(info, params[i].field, "%s", params[i].value.s);
        else if (params[i].type == VIR_TYPED_PARAM_UINT)
            vr_info_uint(info, params[i].field, params[i].value.ui, NULL);
        else if (params[i].type == VIR_TYPED_PARAM_ULLONG)
            vr_info_uint(info, params[i].field, params[i].value.ul, NULL);
        else if (params[i].type == VIR_TYPED_PARAM_INT)
            vr_info_int(info, params[i].field, params[i].value.i, NULL);
    }
    vr_info_done(info);
    virTypedParamsFree(params, n);
    return true;
}
static const struct vr_command cmd_nodesevinfo = {
    "nodesevinfo", NULL, nodesevinfo_run, VR_CMD_JSON, N_("show what guests with encrypted memory need to know"), NULL, NULL,
};

static const char *const suspend_targets[] = { "mem", "disk", "hybrid", NULL }; /* virNodeSuspendTarget */

static void complete_target(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, suspend_targets);
}

static bool nodesuspend_run(struct vr_cmd *cmd)
{
    const char *target;
    long long duration = 0;
    if (!vr_opt_string(cmd, "target", &target) || vr_opt_ll(cmd, "duration", &duration) < 0)
        return false;
    int which = vr_name_index(suspend_targets, target);
    if (which < 0)
        return vr_complain(cmd, "%s", _("Invalid target"));
    if (duration < 0)
        return vr_complain(cmd, "%s", _("Invalid duration"));
    if (virNodeSuspendForDuration(vr_conn(cmd), (unsigned)which, (unsigned long long)duration, 0) < 0)
        return vr_complain(cmd, "%s", _("The host was not suspended"));
    return true;
}
static const struct vr_command cmd_nodesuspend = {
    "nodesuspend",
    (const struct vr_opt[]){
        { "target", VR_OPT_DATA, .help = N_("mem, disk or hybrid"), .complete = complete_target },
        { "duration", VR_OPT_INT, VR_REQUIRED, N_("seconds until the host wakes again, at least 60") },
        { 0 } },
    nodesuspend_run, 0, N_("put the host to sleep for a while"), NULL, NULL,
};

const struct vr_command *const vr_host_commands[] = {
    &vr_cmd_allocpages, &cmd_capabilities, &vr_cmd_cpu_baseline, &vr_cmd_cpu_compare, &vr_cmd_cpu_models, &cmd_domcapabilities,
    &vr_cmd_freecell, &vr_cmd_freepages, &cmd_hostname, &vr_cmd_hypervisor_cpu_baseline, &vr_cmd_hypervisor_cpu_compare, &cmd_maxvcpus,
    &vr_cmd_node_memory_tune, &cmd_nodecpumap, &vr_cmd_nodecpustats, &cmd_nodeinfo, &vr_cmd_nodememstats, &cmd_nodesevinfo,
    &cmd_nodesuspend, &cmd_sysinfo, &cmd_uri, &cmd_version, NULL,
};

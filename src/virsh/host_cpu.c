/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU models: which there are, which one several hosts share, whether one runs here. */
#include "document.h"
#include "groups.h"
#include "virsh.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"

static bool models_run(struct vr_cmd *cmd)
{
    const char *arch;
    char **models = NULL;
    if (!vr_opt_string(cmd, "arch", &arch))
        return false;
    int n = virConnectGetCPUModelNames(vr_conn(cmd), arch, &models, 0);
    if (n < 0)
        return vr_complain(cmd, "%s", _("failed to get CPU model names"));
    if (vr_json_wanted(cmd)) {
        struct vr_table *table = vr_table_new(cmd, "Name", NULL);
        for (int i = 0; i < n; i++)
            vr_table_row(table, models[i]);
        vr_table_print(table);
    } else if (n == 0) {
        vr_print(cmd, "%s\n", _("all CPU models are accepted"));
    }
    for (int i = 0; i < n; i++) {
        if (!vr_json_wanted(cmd))
            vr_print(cmd, "%s\n", models[i]);
        free(models[i]);
    }
    free(models);
    return true;
}
const struct vr_command vr_cmd_cpu_models = {
    "cpu-models", (const struct vr_opt[]){ { "arch", VR_OPT_DATA, .help = N_("an architecture, as x86_64") }, { 0 } }, models_run, VR_CMD_JSON,
    N_("list the CPU models there are"), NULL, NULL,
};

/* "<mode name='host-model' ...>X</mode>" of domain capabilities as "<cpu>X</cpu>"; taken. */
static char *mode_as_cpu(char *node)
{
    char *inside = strchr(node, '>');
    size_t length = strlen(node), end = strlen("</mode>");
    if (!vr_starts_with(node, "<mode") || !inside || inside[-1] == '/' || length < end)
        return node;
    inside++;
    char *cpu = vr_printf("<cpu>%.*s</cpu>", (int)(node + length - end - inside), inside);
    free(node);
    return cpu;
}

/**
 * The CPUs of a file: alone, of domains, of capabilities of hosts or of domains, any number behind each other. NULL, reported,
 * when there are none. NULL-terminated.
 */
static char **cpus_of_file(struct vr_cmd *cmd, const char *path)
{
    static const char where[] = "/container/cpu|/container/domain/cpu|/container/capabilities/host/cpu|"
                                "/container/domainCapabilities/cpu/mode[@name='host-model' and @supported='yes']";
    vr_autofree char *text = vr_read_file(cmd, path, VR_XML_FILE_MAX);
    if (!text)
        return NULL;
    /* Declarations cannot stand inside an element. */
    for (char *p = text; (p = strstr(p, "<?xml"));) {
        char *end = strstr(p, "?>");
        if (!end)
            break;
        memset(p, ' ', (size_t)(end + 2 - p));
    }
    vr_autofree char *all = vr_printf("<container>%s</container>", text);
    char **found = vr_document_nodes(cmd, all, path, where);
    if (found && !*found) {
        vr_document_nodes_free(found);
        found = NULL;
        vr_complain(cmd, _("File '%s' does not contain any <cpu> element or valid domain XML, host capabilities XML, or domain "
                           "capabilities XML"), path);
    }
    for (char **f = found; f && *f; f++)
        *f = mode_as_cpu(*f);
    return found;
}

static unsigned count(char **list)
{
    unsigned n = 0;
    while (list[n])
        n++;
    return n;
}

static bool print_cpu(struct vr_cmd *cmd, char *xml)
{
    vr_autofree char *mine = xml;
    if (!mine)
        return false;
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, "xml", mine);
    else
        vr_print(cmd, "%s", mine);
    return true;
}

static unsigned baseline_flags(struct vr_cmd *cmd)
{
    return (vr_opt_bool(cmd, "features") ? VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES : 0) |
        (vr_opt_bool(cmd, "migratable") ? VIR_CONNECT_BASELINE_CPU_MIGRATABLE : 0);
}

#define OPTS_BASELINE                                                                              \
    { "features", VR_OPT_BOOL, .help = N_("name the features that the model stands for too") },     \
        { "migratable", VR_OPT_BOOL, .help = N_("leave out features that keep a guest from migrating") }

static bool baseline_run(struct vr_cmd *cmd)
{
    const char *path;
    char **cpus = vr_opt_string(cmd, "file", &path) ? cpus_of_file(cmd, path) : NULL;
    if (!cpus)
        return false;
    char *xml = virConnectBaselineCPU(vr_conn(cmd), (const char **)cpus, count(cpus), baseline_flags(cmd));
    vr_document_nodes_free(cpus);
    return print_cpu(cmd, xml);
}
const struct vr_command vr_cmd_cpu_baseline = {
    "cpu-baseline", (const struct vr_opt[]){ VR_OPT_FILE(N_("file with the CPUs")), OPTS_BASELINE, { 0 } }, baseline_run, VR_CMD_JSON,
    N_("find the CPU that several hosts can give"), NULL, NULL,
};

static unsigned compare_flags(struct vr_cmd *cmd)
{
    return (vr_opt_bool(cmd, "error") ? VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE : 0) |
        (vr_opt_bool(cmd, "validate") ? VIR_CONNECT_COMPARE_CPU_VALIDATE_XML : 0);
}

/* Prints what the comparison found; @texts by virCPUCompareResult, incompatible first. */
static bool compared(struct vr_cmd *cmd, int result, const char *path, const char *incompatible, const char *identical,
                     const char *superset_before, const char *failed)
{
    if (vr_json_wanted(cmd) && result >= VIR_CPU_COMPARE_INCOMPATIBLE)
        vr_json_value(cmd, "result", result == VIR_CPU_COMPARE_INCOMPATIBLE ? "incompatible"
                                         : result == VIR_CPU_COMPARE_IDENTICAL ? "identical" : "superset");
    else if (result == VIR_CPU_COMPARE_INCOMPATIBLE)
        vr_print(cmd, "%s %s %s\n", _("CPU described in"), path, incompatible);
    else if (result == VIR_CPU_COMPARE_IDENTICAL)
        vr_print(cmd, "%s %s %s\n", _("CPU described in"), path, identical);
    else if (result == VIR_CPU_COMPARE_SUPERSET)
        vr_print(cmd, "%s %s\n", superset_before, path);
    else
        return vr_complain(cmd, "%s %s", failed, path);
    return result != VIR_CPU_COMPARE_INCOMPATIBLE;
}

#define OPTS_COMPARE                                                                               \
    { "error", VR_OPT_BOOL, .help = N_("say why, where they do not fit") }, VR_OPT_VALIDATE

static bool compare_run(struct vr_cmd *cmd)
{
    const char *path;
    char **cpus = vr_opt_string(cmd, "file", &path) ? cpus_of_file(cmd, path) : NULL;
    if (!cpus)
        return false;
    int result = virConnectCompareCPU(vr_conn(cmd), cpus[0], compare_flags(cmd));
    vr_document_nodes_free(cpus);
    return compared(cmd, result, path, _("is incompatible with host CPU"), _("is identical to host CPU"),
                    _("Host CPU is a superset of CPU described in"), _("Failed to compare host CPU with"));
}
const struct vr_command vr_cmd_cpu_compare = {
    "cpu-compare", (const struct vr_opt[]){ VR_OPT_FILE(N_("file with the CPU")), OPTS_COMPARE, { 0 } }, compare_run, VR_CMD_JSON,
    N_("tell whether a CPU runs on this host"), NULL, NULL,
};

/* ---- as a hypervisor gives them ----------------------------------------------------------------------------------- */

#define OPTS_HYPERVISOR                                                                            \
    { "virttype", VR_OPT_STRING, .help = N_("kind of guest, as kvm or qemu") },                     \
        { "emulator", VR_OPT_STRING, .help = N_("path of the emulator"), .complete = vr_complete_file },                \
        { "arch", VR_OPT_STRING, .help = N_("architecture of the guest") },                         \
        { "machine", VR_OPT_STRING, .help = N_("machine type of the guest") }

struct hypervisor {
    const char *type, *emulator, *arch, *machine;
};

static bool hypervisor_of(struct vr_cmd *cmd, struct hypervisor *h)
{
    return vr_opt_string(cmd, "virttype", &h->type) && vr_opt_string(cmd, "emulator", &h->emulator) &&
        vr_opt_string(cmd, "arch", &h->arch) && vr_opt_string(cmd, "machine", &h->machine);
}

static bool hypervisor_baseline_run(struct vr_cmd *cmd)
{
    struct hypervisor h;
    const char *path, *model;
    if (!vr_opt_exclusive(cmd, "file", "model") || !vr_opt_string(cmd, "file", &path) || !hypervisor_of(cmd, &h) ||
        !vr_opt_string(cmd, "model", &model))
        return false;
    if (!path && !model)
        return vr_complain(cmd, _("Either --%s or --%s must be provided"), "file", "model");
    char **cpus;
    if (model) {
        vr_autobuf struct vr_buf cpu = VR_BUF_INIT;
        vr_buf_str(&cpu, "<cpu><model>");
        vr_document_escape(&cpu, model);
        vr_buf_str(&cpu, "</model></cpu>");
        cpus = vr_alloc(2 * sizeof(*cpus));
        cpus[0] = vr_buf_take(&cpu);
    } else {
        cpus = cpus_of_file(cmd, path);
    }
    if (!cpus)
        return false;
    char *xml = virConnectBaselineHypervisorCPU(vr_conn(cmd), h.emulator, h.arch, h.machine, h.type, (const char **)cpus, count(cpus),
                                                baseline_flags(cmd));
    vr_document_nodes_free(cpus);
    return print_cpu(cmd, xml);
}
const struct vr_command vr_cmd_hypervisor_cpu_baseline = {
    "hypervisor-cpu-baseline",
    (const struct vr_opt[]){
        { "file", VR_OPT_STRING, .help = N_("file with the CPUs"), .complete = vr_complete_file },
        OPTS_HYPERVISOR,
        OPTS_BASELINE,
        { "model", VR_OPT_STRING, .help = N_("a model's name in place of a file") },
        { 0 } },
    hypervisor_baseline_run, VR_CMD_JSON, N_("find the CPU that a hypervisor can give on several hosts"), NULL, NULL,
};

static bool hypervisor_compare_run(struct vr_cmd *cmd)
{
    struct hypervisor h;
    const char *path;
    char **cpus = vr_opt_string(cmd, "file", &path) && hypervisor_of(cmd, &h) ? cpus_of_file(cmd, path) : NULL;
    if (!cpus)
        return false;
    int result = virConnectCompareHypervisorCPU(vr_conn(cmd), h.emulator, h.arch, h.machine, h.type, cpus[0], compare_flags(cmd));
    vr_document_nodes_free(cpus);
    return compared(cmd, result, path, _("is incompatible with the CPU provided by hypervisor on the host"),
                    _("is identical to the CPU provided by hypervisor on the host"),
                    _("The CPU provided by hypervisor on the host is a superset of CPU described in"),
                    _("Failed to compare hypervisor CPU with"));
}
const struct vr_command vr_cmd_hypervisor_cpu_compare = {
    "hypervisor-cpu-compare",
    (const struct vr_opt[]){ VR_OPT_FILE(N_("file with the CPU")), OPTS_HYPERVISOR, OPTS_COMPARE, { 0 } },
    hypervisor_compare_run, VR_CMD_JSON, N_("tell whether a hypervisor can give a CPU on this host"), NULL, NULL,
};

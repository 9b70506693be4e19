/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host as a connection sees it. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "base/buf.h"
#include "internal.h"
#include "model/cpu_map.h"

VR_FN(get_type, void, connect_get_type_ret)
{
    out->type = "TEST";
    return true;
}

VR_FN(get_version, void, connect_get_version_ret)
{
    out->hv_ver = 2;
    return true;
}

VR_FN(get_lib_version, void, connect_get_lib_version_ret)
{
    out->lib_ver = LIBVIR_VERSION_NUMBER;
    return true;
}

VR_FN(get_hostname, void, connect_get_hostname_ret)
{
    char name[256] = "";
    if (gethostname(name, sizeof(name) - 1) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", "failed to determine host name");
    out->hostname = vr_arena_strdup(call->arena, name);
    return true;
}

VR_FN(get_uri, void, connect_get_uri_ret)
{
    out->uri = vr_arena_strdup(call->arena, call->conn->uri);
    return true;
}

VR_FN(is_secure, void, connect_is_secure_ret)
{
    out->secure = 1;
    return true;
}

VR_FN(get_max_vcpus, connect_get_max_vcpus_args, connect_get_max_vcpus_ret)
{
    out->max_vcpus = VR_TEST_VCPUS_MAX;
    return true;
}

VR_FN(get_sysinfo, connect_get_sysinfo_args, connect_get_sysinfo_ret)
{
    out->sysinfo = "<sysinfo type='smbios'>\n"
                   "  <bios>\n"
                   "    <entry name='vendor'>LENOVO</entry>\n"
                   "    <entry name='version'>G4ETA1WW (2.61 )</entry>\n"
                   "    <entry name='date'>05/07/2014</entry>\n"
                   "    <entry name='release'>2.61</entry>\n"
                   "  </bios>\n"
                   "</sysinfo>\n";
    return true;
}

/* ---- capabilities ------------------------------------------------------------------------------------------------ */

static void format_cell(struct vr_buf *b, const struct vr_test_cell *cell, unsigned number)
{
    vr_buf_printf(b, "        <cell id='%u'>\n          <memory unit='KiB'>%llu</memory>\n", number,
                  (unsigned long long)cell->memory_kib);
    for (unsigned i = 0; i < cell->page_count; i++)
        vr_buf_printf(b, "          <pages unit='KiB' size='%u'>%llu</pages>\n", cell->pages[i].size_kib,
                      (unsigned long long)cell->pages[i].count);
    vr_buf_printf(b, "          <cpus num='%u'>\n", cell->cpus);
    for (unsigned i = 0; i < cell->cpus; i++)
        vr_buf_printf(b, "            <cpu id='%u' socket_id='%u' die_id='0' core_id='%u' siblings='%u'/>\n",
                      number * cell->cpus + i, number, i, number * cell->cpus + i);
    vr_buf_str(b, "          </cpus>\n        </cell>\n");
}

static void format_guest(struct vr_buf *b, const char *type)
{
    vr_buf_printf(b, "  <guest>\n    <os_type>%s</os_type>\n    <arch name='i686'>\n      <wordsize>32</wordsize>\n"
                  "      <emulator>/usr/bin/test-hv</emulator>\n      <domain type='test'/>\n    </arch>\n"
                  "    <features>\n      <pae/>\n      <nonpae/>\n    </features>\n  </guest>\n\n", type);
}

VR_FN(get_capabilities, void, connect_get_capabilities_ret)
{
    static const unsigned sizes[] = { 4, 8, 2048, 1048576 };
    const struct vr_test_node *n = &vr_test_of(call)->node;
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    vr_buf_str(&b, "<capabilities>\n\n  <host>\n    <cpu>\n      <arch>i686</arch>\n"
                   "      <features>\n        <pae/>\n        <nonpae/>\n      </features>\n");
    for (size_t i = 0; i < VR_COUNT(sizes); i++)
        vr_buf_printf(&b, "      <pages unit='KiB' size='%u'/>\n", sizes[i]);
    vr_buf_printf(&b, "    </cpu>\n    <power_management/>\n    <iommu support='no'/>\n"
                      "    <topology>\n      <cells num='%u'>\n", n->cell_count);
    for (unsigned i = 0; i < n->cell_count; i++)
        format_cell(&b, &n->cells[i], i);
    vr_buf_str(&b, "      </cells>\n    </topology>\n    <secmodel>\n      <model>testSecurity</model>\n"
                   "      <doi></doi>\n    </secmodel>\n  </host>\n\n");
    format_guest(&b, "hvm");
    format_guest(&b, "xen");
    vr_buf_str(&b, "</capabilities>\n");
    out->capabilities = vr_arena_strdup(call->arena, b.data);
    return true;
}

/* ---- the node ---------------------------------------------------------------------------------------------------- */

VR_FN(node_get_info, void, node_get_info_ret)
{
    const struct vr_test_node *n = &vr_test_of(call)->node;
    memcpy(out->model, n->model, sizeof(out->model));
    out->memory = n->memory_kib;
    out->cpus = (int)n->cpus;
    out->mhz = (int)n->mhz;
    out->nodes = (int)n->nodes;
    out->sockets = (int)n->sockets;
    out->cores = (int)n->cores;
    out->threads = (int)n->threads;
    return true;
}

VR_FN(get_cells_free_memory, node_get_cells_free_memory_args, node_get_cells_free_memory_ret)
{
    const struct vr_test_node *n = &vr_test_of(call)->node;
    if (in->start_cell < 0 || (unsigned)in->start_cell >= n->cell_count)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "Range exceeds available cells");
    uint64_t *cells = vr_arena_alloc(call->arena, n->cell_count * sizeof(*cells));
    for (unsigned i = (unsigned)in->start_cell; i < n->cell_count && out->cells_count < (uint32_t)in->maxcells; i++)
        cells[out->cells_count++] = n->cells[i].free_kib;
    out->cells = cells;
    return true;
}

VR_FN(get_free_memory, void, node_get_free_memory_ret)
{
    const struct vr_test_node *n = &vr_test_of(call)->node;
    for (unsigned i = 0; i < n->cell_count; i++)
        out->free_mem += n->cells[i].free_kib;
    out->free_mem /= 2;
    return true;
}

VR_FN(get_free_pages, node_get_free_pages_args, node_get_free_pages_ret)
{
    uint64_t *counts = vr_arena_alloc(call->arena, (size_t)in->cell_count * in->pages_count * sizeof(*counts) + 1);
    uint64_t next = 6;
    for (uint32_t i = 0; i < in->cell_count * in->pages_count; i++)
        counts[i] = next = next * 2 + 7;
    out->counts = counts;
    out->counts_count = in->cell_count * in->pages_count;
    return true;
}

VR_FN(get_cpu_stats, node_get_cpu_stats_args, node_get_cpu_stats_ret)
{
    static const struct vr_node_get_cpu_stats stats[] = {
        { "user", 9797400000 }, { "kernel", 34678723400000 }, { "idle", 87264900000 }, { "iowait", 763600000 },
    };
    out->nparams = VR_COUNT(stats);
    if (in->nparams == 0)
        return true;
    if (in->nparams != VR_COUNT(stats))
        return vr_fail(err, VIR_ERR_INVALID_ARG, "Invalid stats count %d", in->nparams);
    out->params = vr_arena_memdup(call->arena, stats, sizeof(stats));
    out->params_count = VR_COUNT(stats);
    return true;
}

VR_FN(get_cpu_map, node_get_cpu_map_args, node_get_cpu_map_ret)
{
    static const uint8_t map = 0x15;
    if (in->need_map) {
        out->cpumap = vr_arena_memdup(call->arena, &map, 1);
        out->cpumap_len = 1;
    }
    out->online = 3;
    out->ret = 8;
    return true;
}

static void chars(struct vr_arena *arena, const char *text, char **to, uint32_t *count)
{
    *count = (uint32_t)strlen(text) + 1;
    *to = vr_arena_memdup(arena, text, *count);
}

VR_FN(get_security_model, void, node_get_security_model_ret)
{
    chars(call->arena, "testSecurity", &out->model, &out->model_count);
    chars(call->arena, "", &out->doi, &out->doi_count);
    return true;
}

/* ---- CPU models -------------------------------------------------------------------------------------------------- */

VR_FN(cpu_model_names, connect_get_cpu_model_names_args, connect_get_cpu_model_names_ret)
{
    const char *const *names;
    switch (vr_cpu_names(in->arch, &names)) {
    case VR_CPU_NAMES_UNKNOWN:
        return vr_fail(err, VIR_ERR_INVALID_ARG, "cannot find architecture %s", in->arch);
    case VR_CPU_NAMES_NONE:
        return vr_error_report(err, VIR_FROM_CPU, VIR_ERR_NO_SUPPORT, -1,
                               "'%s' architecture is not supported by CPU driver", in->arch);
    case VR_CPU_NAMES_KNOWN:
        break;
    }
    while (names[out->ret])
        out->ret++;
    if (in->need_results) {
        out->models = vr_arena_memdup(call->arena, names, ((size_t)out->ret + 1) * sizeof(*names));
        out->models_count = (uint32_t)out->ret;
    }
    return true;
}

const struct vr_driver_row vr_test_connect_rows[] = {
    VR_ROW(connect_get_type, get_type, 0),
    VR_ROW(connect_get_version, get_version, 0),
    VR_ROW(connect_get_lib_version, get_lib_version, 0),
    VR_ROW(connect_get_hostname, get_hostname, 0),
    VR_ROW(connect_get_uri, get_uri, 0),
    VR_ROW(connect_is_secure, is_secure, 0),
    VR_ROW(connect_get_max_vcpus, get_max_vcpus, 0),
    VR_ROW(connect_get_sysinfo, get_sysinfo, 0),
    VR_ROW(connect_get_capabilities, get_capabilities, 0),
    VR_ROW(connect_get_cpu_model_names, cpu_model_names, 0),
    VR_ROW(node_get_info, node_get_info, 0),
    VR_ROW(node_get_cells_free_memory, get_cells_free_memory, 0),
    VR_ROW(node_get_free_pages, get_free_pages, 0),
    VR_ROW(node_get_free_memory, get_free_memory, 0),
    VR_ROW(node_get_cpu_stats, get_cpu_stats, 0),
    VR_ROW(node_get_cpu_map, get_cpu_map, 0),
    VR_ROW(node_get_security_model, get_security_model, 0),
    { 0 },
};

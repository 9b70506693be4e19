/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* About the machine. */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "conf.h"
#include "emulators.h"
#include "host/node.h"
#include "qemu/caps/cpu_choose.h"
#include "qemu/caps/caps.h"
#include "qemu/caps/caps_xml.h"
#include "rows.h"

static bool node_get_info(struct vr_call *call, const struct vr_void *in, struct vr_node_get_info_ret *out,
                          struct vr_error **err)
{
    struct vr_node_info info;
    if (!vr_node_info_read(&info, err))
        return false;
    memcpy(out->model, info.model, sizeof(out->model));
    out->memory = info.memory_kib;
    out->cpus = (int32_t)info.cpus;
    out->mhz = (int32_t)info.mhz;
    out->nodes = (int32_t)info.nodes;
    out->sockets = (int32_t)info.sockets;
    out->cores = (int32_t)info.cores;
    out->threads = (int32_t)info.threads;
    return true;
}

static bool node_get_free_memory(struct vr_call *call, const struct vr_void *in, struct vr_node_get_free_memory_ret *out,
                                 struct vr_error **err)
{
    return vr_node_free_memory(&out->free_mem, err);
}

static bool node_get_cells_free_memory(struct vr_call *call, const struct vr_node_get_cells_free_memory_args *in,
                                       struct vr_node_get_cells_free_memory_ret *out, struct vr_error **err)
{
    if (in->maxcells < 0 || in->maxcells > REMOTE_NODE_MAX_CELLS)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("maxCells > REMOTE_NODE_MAX_CELLS"));
    size_t count = 0;
    out->cells = vr_arena_alloc(call->arena, ((size_t)in->maxcells + 1) * sizeof(*out->cells));
    if (!vr_node_cells_free(in->start_cell, in->maxcells, out->cells, &count, err))
        return false;
    out->cells_count = (uint32_t)count;
    return true;
}

/* The two statistics calls: asked with no room they only say how many values there are. */
static bool node_get_cpu_stats(struct vr_call *call, const struct vr_node_get_cpu_stats_args *in,
                               struct vr_node_get_cpu_stats_ret *out, struct vr_error **err)
{
    struct vr_node_value values[VR_NODE_VALUES];
    size_t count = 0;
    if (!vr_node_cpu_stats(in->cpu_num, values, &count, err))
        return false;
    out->nparams = (int32_t)count;
    if (in->nparams <= 0)
        return true;
    out->params = vr_arena_alloc(call->arena, count * sizeof(*out->params));
    for (size_t i = 0; i < count && i < (size_t)in->nparams; i++)
        out->params[out->params_count++] = (struct vr_node_get_cpu_stats){ values[i].field, values[i].value };
    return true;
}

static bool node_get_memory_stats(struct vr_call *call, const struct vr_node_get_memory_stats_args *in,
                                  struct vr_node_get_memory_stats_ret *out, struct vr_error **err)
{
    struct vr_node_value values[VR_NODE_VALUES];
    size_t count = 0;
    if (!vr_node_memory_stats(in->cell_num, values, &count, err))
        return false;
    out->nparams = (int32_t)count;
    if (in->nparams <= 0)
        return true;
    out->params = vr_arena_alloc(call->arena, count * sizeof(*out->params));
    for (size_t i = 0; i < count && i < (size_t)in->nparams; i++)
        out->params[out->params_count++] = (struct vr_node_get_memory_stats){ values[i].field, values[i].value };
    return true;
}

static bool node_get_cpu_map(struct vr_call *call, const struct vr_node_get_cpu_map_args *in,
                             struct vr_node_get_cpu_map_ret *out, struct vr_error **err)
{
    unsigned char *map = NULL;
    size_t length = 0;
    unsigned present = 0, online = 0;
    if (!vr_node_cpu_map(&map, &length, &present, &online, err))
        return false;
    if (in->need_map) {
        out->cpumap = vr_arena_memdup(call->arena, map, length);
        out->cpumap_len = (uint32_t)length;
    }
    free(map);
    out->online = in->need_online ? online : 0;
    out->ret = (int32_t)present;
    return true;
}

static bool node_get_free_pages(struct vr_call *call, const struct vr_node_get_free_pages_args *in,
                                struct vr_node_get_free_pages_ret *out, struct vr_error **err)
{
    if ((uint64_t)in->pages_count * in->cell_count > REMOTE_NODE_MAX_CELLS)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("the result won't fit into REMOTE_NODE_MAX_CELLS"));
    size_t written = 0;
    out->counts = vr_arena_alloc(call->arena, ((size_t)in->pages_count * in->cell_count + 1) * sizeof(*out->counts));
    if (!vr_node_free_pages(in->pages, in->pages_count, in->start_cell, in->cell_count, out->counts, &written, err))
        return false;
    out->counts_count = (uint32_t)written;
    return true;
}

static bool node_get_memory_parameters(struct vr_call *call, const struct vr_node_get_memory_parameters_args *in,
                                       struct vr_node_get_memory_parameters_ret *out, struct vr_error **err)
{
    struct vr_node_ksm ksm[VR_NODE_KSM_MAX];
    size_t count = 0;
    vr_node_ksm_read(ksm, &count);
    out->nparams = (int32_t)count;
    if (in->nparams <= 0)
        return true;
    struct vr_params p = { .arena = call->arena };
    for (size_t i = 0; i < count && i < (size_t)in->nparams; i++) {
        if (ksm[i].wide)
            vr_params_ullong(&p, ksm[i].value, "%s", ksm[i].field);
        else
            vr_params_uint(&p, (uint32_t)ksm[i].value, "%s", ksm[i].field);
    }
    out->params = p.v;
    out->params_count = p.n;
    return true;
}

/* The text and its terminating byte, as the wire wants both. */
static bool node_get_security_model(struct vr_call *call, const struct vr_void *in,
                                    struct vr_node_get_security_model_ret *out, struct vr_error **err)
{
    out->model = vr_arena_strdup(call->arena, "none");
    out->model_count = sizeof("none");
    out->doi = vr_arena_strdup(call->arena, "0");
    out->doi_count = sizeof("0");
    return true;
}

struct sysinfo_task {
    struct vr_buf text;
    bool ok;
    struct vr_error *err;
};

static void sysinfo_run(void *arg)
{
    struct sysinfo_task *t = arg;
    t->ok = vr_host_sysinfo(&t->text, &t->err);
}

static void sysinfo_free(void *arg)
{
    struct sysinfo_task *t = arg;
    vr_buf_done(&t->text);
    vr_error_free(t->err);
    free(t);
}

VR_SUSPENDS static bool get_sysinfo(struct vr_call *call, const struct vr_connect_get_sysinfo_args *in,
                                    struct vr_connect_get_sysinfo_ret *out, struct vr_error **err)
{
    struct sysinfo_task *t = vr_new(struct sysinfo_task);
    if (!vr_worker_run(VR_POOL_CPU, NULL, "sysinfo", sysinfo_run, t, sysinfo_free, vr_after(VR_SPAN_QUERY), err))
        return false;
    bool ok = t->ok || vr_error_move(err, &t->err);
    if (ok)
        out->sysinfo = vr_arena_strdup(call->arena, t->text.data);
    sysinfo_free(t);
    return ok;
}

/* ---- the capabilities document ------------------------------------------------------------------------------------ */

struct host_part {
    struct vr_host_xml_extra extra;
    const char *beyond[VR_CPU_FEATURES_MAX + 1]; /* what the processor has beyond its model's name */
    struct vr_buf text;
    struct vr_error *err;
};

static void host_part_task(void *arg)
{
    struct host_part *h = arg;
    const struct vr_host_cpu *cpu = vr_host_cpu();
    struct vr_cpu_choice choice;
    if (vr_cpu_choose_host(cpu->features, cpu->feature_count, cpu->vendor, cpu->family, cpu->model, &choice)) {
        size_t n = 0;
        for (size_t i = 0; i < vr_cpu_feature_count(); i++)
            if (vr_cpu_set_has(&choice.require, i))
                h->beyond[n++] = vr_cpu_feature_name(i);
        h->extra.cpu_model = vr_cpu_models[choice.model].name;
        h->extra.cpu_features = h->beyond;
    }
    vr_host_xml(&h->text, &h->extra, &h->err);
}

static void host_part_free(void *arg)
{
    struct host_part *h = arg;
    vr_buf_done(&h->text);
    vr_error_free(h->err);
    free(h);
}

VR_SUSPENDS static bool make_capabilities(struct vr_buf *out, struct vr_error **err)
{
    static const char *const arches[] = { "i686", "x86_64" };
    struct host_part *host = vr_new(struct host_part);
    host->extra.dac = vr_qemu.privileged && vr_qemu.conf->user_known;
    host->extra.uid = vr_qemu.conf->uid;
    host->extra.gid = vr_qemu.conf->gid;
    if (!vr_worker_run(VR_POOL_CPU, NULL, "host capabilities", host_part_task, host, host_part_free,
                       vr_after(VR_SPAN_QUERY * 2), err))
        return false;
    bool ok = !host->err;
    vr_error_move(err, &host->err);
    if (ok) {
        struct vr_qemu_caps *caps[VR_COUNT(arches)];
        size_t n = 0;
        for (size_t i = 0; i < VR_COUNT(arches); i++) {
            vr_autofree char *path = vr_qemu_default_emulator(arches[i]);
            struct vr_qemu_caps *one = path ? vr_emulator_caps(path, vr_after(VR_SPAN_LAUNCH), NULL) : NULL;
            if (one)
                caps[n++] = one;
        }
        vr_buf_str(out, "<capabilities>\n\n");
        vr_buf_add(out, host->text.data, host->text.len);
        vr_qemu_caps_guests_xml(out, caps, n);
        vr_buf_str(out, "</capabilities>\n");
        while (n)
            vr_qemu_caps_unref(caps[--n]);
    }
    host_part_free(host);
    return ok;
}

/*
 * Reading the whole machine takes milliseconds, and clients ask for this document again and again: it is kept for a while.
 * What may change meanwhile are huge page pools and processors switched on or off.
 */
#define CAPABILITIES_FRESH_FOR VR_SEC(10)

VR_SUSPENDS static bool get_capabilities(struct vr_call *call, const struct vr_void *in,
                                         struct vr_connect_get_capabilities_ret *out, struct vr_error **err)
{
    static char *kept;
    static vr_time made;
    if (!kept || vr_now() - made > CAPABILITIES_FRESH_FOR) {
        vr_autobuf struct vr_buf b = VR_BUF_INIT;
        if (!make_capabilities(&b, err))
            return false;
        free(kept);
        kept = vr_buf_take(&b);
        made = vr_now();
    }
    out->capabilities = vr_arena_strdup(call->arena, kept);
    return true;
}

/* ---- CPU models --------------------------------------------------------------------------------------------------- */

static bool cpu_model_names(struct vr_call *call, const struct vr_connect_get_cpu_model_names_args *in,
                            struct vr_connect_get_cpu_model_names_ret *out, struct vr_error **err)
{
    if (!vr_streq(in->arch, "x86_64") && !vr_streq(in->arch, "i686"))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("cannot find architecture %s"), in->arch);
    size_t count = 0;
    while (vr_cpu_models[count].name)
        count++;
    if (in->need_results) {
        out->models = vr_arena_alloc(call->arena, (count + 1) * sizeof(*out->models));
        for (size_t i = 0; i < count; i++)
            out->models[out->models_count++] = vr_cpu_models[i].name;
    }
    out->ret = (int32_t)count;
    return true;
}

const struct vr_driver_row vr_rows_node[] = {
    VR_ROW(node_get_info, node_get_info, 0),
    VR_ROW(node_get_free_memory, node_get_free_memory, 0),
    VR_ROW(node_get_cells_free_memory, node_get_cells_free_memory, 0),
    VR_ROW(node_get_cpu_stats, node_get_cpu_stats, 0),
    VR_ROW(node_get_memory_stats, node_get_memory_stats, 0),
    VR_ROW(node_get_cpu_map, node_get_cpu_map, 0),
    VR_ROW(node_get_free_pages, node_get_free_pages, 0),
    VR_ROW(node_get_memory_parameters, node_get_memory_parameters, VIR_TYPED_PARAM_STRING_OKAY),
    VR_ROW(node_get_security_model, node_get_security_model, 0),
    VR_ROW(connect_get_sysinfo, get_sysinfo, 0),
    VR_ROW(connect_get_capabilities, get_capabilities, 0),
    VR_ROW(connect_get_cpu_model_names, cpu_model_names, 0),
    { 0 },
};

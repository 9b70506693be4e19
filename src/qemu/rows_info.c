/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* What is known of a guest without asking its QEMU. */
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "definition.h"
#include "migratable.h"
#include "monitor.h"
#include "procstat.h"
#include "rows.h"
#include "stats.h"

static bool get_info(struct vr_call *call, const struct vr_domain_get_info_args *in, struct vr_domain_get_info_ret *out,
                     struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    struct vr_domain_def *def = dom ? vr_domain_current(dom, err) : NULL;
    if (!def)
        return false;
    unsigned vcpus = vr_vcpus_online(def);
    out->state = (uint8_t)dom->state;
    out->max_mem = def->memory_kib;
    out->memory = dom->run && !vr_has_balloon(def) ? def->memory_kib : def->current_memory_kib;
    out->nr_virt_cpu = vcpus > UINT16_MAX ? UINT16_MAX : (uint16_t)vcpus;
    struct vr_procstat s;
    if (dom->run && vr_procstat_read(dom->run->pid, 0, &s))
        out->cpu_time = s.user_ns + s.system_ns;
    return true;
}

static bool get_state(struct vr_call *call, const struct vr_domain_get_state_args *in, struct vr_domain_get_state_ret *out,
                      struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    out->state = dom->state;
    out->reason = dom->reason;
    return true;
}

static bool get_max_memory(struct vr_call *call, const struct vr_domain_get_max_memory_args *in,
                           struct vr_domain_get_max_memory_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    struct vr_domain_def *def = dom ? vr_domain_current(dom, err) : NULL;
    if (!def)
        return false;
    out->memory = def->memory_kib;
    return true;
}

static bool get_os_type(struct vr_call *call, const struct vr_domain_get_os_type_args *in,
                        struct vr_domain_get_os_type_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    struct vr_domain_def *def = dom ? vr_domain_current(dom, err) : NULL;
    if (!def)
        return false;
    out->type = vr_arena_strdup(call->arena, def->os.type ? def->os.type : "hvm");
    return true;
}

static bool is_active(struct vr_call *call, const struct vr_domain_is_active_args *in, struct vr_domain_is_active_ret *out,
                      struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    out->active = vr_domain_is_active(dom);
    return true;
}

static bool is_persistent(struct vr_call *call, const struct vr_domain_is_persistent_args *in,
                          struct vr_domain_is_persistent_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    out->persistent = dom->persistent;
    return true;
}

static bool is_updated(struct vr_call *call, const struct vr_domain_is_updated_args *in,
                       struct vr_domain_is_updated_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    out->updated = dom->updated;
    return true;
}

static bool get_xml_desc(struct vr_call *call, const struct vr_domain_get_xml_desc_args *in,
                         struct vr_domain_get_xml_desc_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    struct vr_domain_def *def = NULL;
    bool inactive = in->flags & (VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_MIGRATABLE);
    if ((in->flags & VIR_DOMAIN_XML_INACTIVE) && dom->persistent)
        def = vr_domain_config(dom, err);
    else
        def = vr_domain_current(dom, err);
    if (!def)
        return false;
    unsigned form = (inactive || !dom->live ? VR_DOMAIN_INACTIVE : 0) |
                    /* What a migration needs includes passwords; who may not see those was refused both flags. */
                    (in->flags & (VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_MIGRATABLE) ? VR_DOMAIN_SECURE : 0) |
                    (in->flags & VIR_DOMAIN_XML_MIGRATABLE ? VR_DOMAIN_MIGRATABLE : 0);
    VR_AUTO(vr_domain_def) *moved = NULL;
    if (in->flags & VIR_DOMAIN_XML_MIGRATABLE)
        def = moved = vr_qemu_migratable(def, dom->persistent ? vr_domain_config(dom, NULL) : NULL,
                                         dom->run ? dom->run->channel_dir : NULL);
    vr_autofree char *xml = vr_domain_format(def, form);
    out->xml = vr_arena_strdup(call->arena, xml);
    return true;
}

static bool get_messages(struct vr_call *call, const struct vr_domain_get_messages_args *in,
                         struct vr_domain_get_messages_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    out->msgs = vr_arena_alloc(call->arena, VR_TAINT_COUNT * sizeof(*out->msgs));
    if (in->flags && !(in->flags & VIR_DOMAIN_MESSAGE_TAINTING))
        return true;
    for (int i = 0; i < VR_TAINT_COUNT; i++)
        if (dom->taint & (1u << i))
            out->msgs[out->msgs_count++] = vr_arena_printf(call->arena, "tainted: %s", vr_taint_sentences[i]);
    return true;
}

static bool get_control_info(struct vr_call *call, const struct vr_domain_get_control_info_args *in,
                             struct vr_domain_get_control_info_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_running(&in->dom, err);
    if (!dom)
        return false;
    const struct vr_monitor *mon = dom->run ? dom->run->monitor : NULL;
    vr_time since = 0;
    out->state = VIR_DOMAIN_CONTROL_OK;
    if (!vr_monitor_alive(mon) && !(dom->run && dom->run->starting)) {
        out->state = VIR_DOMAIN_CONTROL_ERROR;
        out->details = VIR_DOMAIN_CONTROL_ERROR_REASON_MONITOR;
    } else if (mon && vr_monitor_current(mon, &since)) {
        out->state = VIR_DOMAIN_CONTROL_OCCUPIED;
        out->state_time = (uint64_t)((vr_now() - since) / VR_MS(1));
    } else if (dom->jobs.active) {
        out->state = VIR_DOMAIN_CONTROL_JOB;
        out->state_time = (uint64_t)((vr_now() - dom->jobs.active->since) / VR_MS(1));
    }
    return true;
}

static bool get_job_info(struct vr_call *call, const struct vr_domain_get_job_info_args *in,
                         struct vr_domain_get_job_info_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_running(&in->dom, err);
    if (!dom)
        return false;
    out->type = VIR_DOMAIN_JOB_NONE; /* no long operation is built yet that could be under way */
    return true;
}

static bool get_job_stats(struct vr_call *call, const struct vr_domain_get_job_stats_args *in,
                          struct vr_domain_get_job_stats_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    if (!(in->flags & VIR_DOMAIN_JOB_STATS_COMPLETED) && !vr_domain_require_active(dom, err))
        return false;
    out->type = VIR_DOMAIN_JOB_NONE;
    return true;
}

static bool has_managed_save_image(struct vr_call *call, const struct vr_domain_has_managed_save_image_args *in,
                                   struct vr_domain_has_managed_save_image_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    out->result = dom->managed_save;
    return true;
}

/* A label and its length as the wire wants them: with the terminating byte. */
static void fill_label(struct vr_call *call, struct vr_domain_get_security_label_ret *out, const char *label)
{
    out->label = vr_arena_strdup(call->arena, label);
    out->label_count = (uint32_t)strlen(label) + 1;
}

static bool get_security_label(struct vr_call *call, const struct vr_domain_get_security_label_args *in,
                               struct vr_domain_get_security_label_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    fill_label(call, out, ""); /* the first security model is "none", which labels nothing */
    return true;
}

static bool get_security_label_list(struct vr_call *call, const struct vr_domain_get_security_label_list_args *in,
                                    struct vr_domain_get_security_label_list_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    if (!dom->live)
        return true;
    out->labels = vr_arena_alloc(call->arena, (dom->live->seclabels.n + 1) * sizeof(*out->labels));
    fill_label(call, &out->labels[out->labels_count++], "");
    for (size_t i = 0; i < dom->live->seclabels.n; i++)
        if (dom->live->seclabels.v[i]->label)
            fill_label(call, &out->labels[out->labels_count++], dom->live->seclabels.v[i]->label);
    out->ret = (int32_t)out->labels_count;
    return true;
}

#define XML_FLAGS                                                                                  \
    (VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_UPDATE_CPU | VIR_DOMAIN_XML_MIGRATABLE)

const struct vr_driver_row vr_rows_info[] = {
    VR_ROW(domain_get_info, get_info, 0),
    VR_ROW(domain_get_state, get_state, 0),
    VR_ROW(domain_get_max_memory, get_max_memory, 0),
    VR_ROW(domain_get_os_type, get_os_type, 0),
    VR_ROW(domain_is_active, is_active, 0),
    VR_ROW(domain_is_persistent, is_persistent, 0),
    VR_ROW(domain_is_updated, is_updated, 0),
    VR_ROW(domain_get_xml_desc, get_xml_desc, XML_FLAGS),
    VR_ROW(domain_get_messages, get_messages, VIR_DOMAIN_MESSAGE_DEPRECATION | VIR_DOMAIN_MESSAGE_TAINTING),
    VR_ROW(domain_get_control_info, get_control_info, 0),
    VR_ROW(domain_get_job_info, get_job_info, 0),
    VR_ROW(domain_get_job_stats, get_job_stats, VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED),
    VR_ROW(domain_has_managed_save_image, has_managed_save_image, 0),
    VR_ROW(domain_get_security_label, get_security_label, 0),
    VR_ROW(domain_get_security_label_list, get_security_label_list, 0),
    { 0 },
};

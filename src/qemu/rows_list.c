/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
/* Which guests there are. */
#include <string.h>
#include "rows.h"

static bool list_domains(struct vr_call *call, const struct vr_connect_list_domains_args *in,
                         struct vr_connect_list_domains_ret *out, struct vr_error **err)
{
    size_t most = in->maxids > 0 ? (size_t)in->maxids : 0, have = vr_domain_list_active(vr_qemu.domains);
    out->ids = vr_arena_alloc(call->arena, ((most < have ? most : have) + 1) * sizeof(*out->ids));
    size_t pos = 0;
    for (struct vr_domain *dom; out->ids_count < most && (dom = vr_domain_list_each(vr_qemu.domains, &pos));)
        if (vr_domain_is_active(dom) && vr_rows_visible(call, dom))
            out->ids[out->ids_count++] = dom->id;
    return true;
}

static int count(struct vr_call *call, bool active)
{
    int n = 0;
    size_t pos = 0;
    for (struct vr_domain *dom; (dom = vr_domain_list_each(vr_qemu.domains, &pos));)
        if (vr_domain_is_active(dom) == active && vr_rows_visible(call, dom))
            n++;
    return n;
}

static bool num_of_domains(struct vr_call *call, const struct vr_void *in, struct vr_connect_num_of_domains_ret *out,
                           struct vr_error **err)
{
    out->num = count(call, true);
    return true;
}

static bool num_of_defined_domains(struct vr_call *call, const struct vr_void *in,
                                   struct vr_connect_num_of_defined_domains_ret *out, struct vr_error **err)
{
    out->num = count(call, false);
    return true;
}

static bool list_defined_domains(struct vr_call *call, const struct vr_connect_list_defined_domains_args *in,
                                 struct vr_connect_list_defined_domains_ret *out, struct vr_error **err)
{
    size_t most = in->maxnames > 0 ? (size_t)in->maxnames : 0, have = vr_domain_list_count(vr_qemu.domains);
    out->names = vr_arena_alloc(call->arena, ((most < have ? most : have) + 1) * sizeof(*out->names));
    size_t pos = 0;
    for (struct vr_domain *dom; out->names_count < most && (dom = vr_domain_list_each(vr_qemu.domains, &pos));)
        if (!vr_domain_is_active(dom) && vr_rows_visible(call, dom))
            out->names[out->names_count++] = vr_arena_strdup(call->arena, dom->name);
    return true;
}

/* ---- the filters of virConnectListAllDomains ---------------------------------------------------------------------- */

#define FILTER_ACTIVE (VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_INACTIVE)
#define FILTER_PERSISTENT (VIR_CONNECT_LIST_DOMAINS_PERSISTENT | VIR_CONNECT_LIST_DOMAINS_TRANSIENT)
#define FILTER_STATE                                                                               \
    (VIR_CONNECT_LIST_DOMAINS_RUNNING | VIR_CONNECT_LIST_DOMAINS_PAUSED | VIR_CONNECT_LIST_DOMAINS_SHUTOFF | \
     VIR_CONNECT_LIST_DOMAINS_OTHER)
#define FILTER_MANAGEDSAVE (VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE | VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE)
#define FILTER_AUTOSTART (VIR_CONNECT_LIST_DOMAINS_AUTOSTART | VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART)
#define FILTER_SNAPSHOT (VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT | VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT)
#define FILTER_CHECKPOINT (VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT | VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT)
#define FILTER_ALL                                                                                 \
    (FILTER_ACTIVE | FILTER_PERSISTENT | FILTER_STATE | FILTER_MANAGEDSAVE | FILTER_AUTOSTART | FILTER_SNAPSHOT | \
     FILTER_CHECKPOINT)

/* A pair of opposite bits: none set means "do not care", like both. */
static bool passes(unsigned flags, unsigned pair, bool is, unsigned yes)
{
    unsigned wanted = flags & pair;
    return !wanted || (is ? (wanted & yes) : (wanted & ~yes));
}

static unsigned state_bit(const struct vr_domain *dom)
{
    switch (dom->state) {
    case VIR_DOMAIN_RUNNING: return VIR_CONNECT_LIST_DOMAINS_RUNNING;
    case VIR_DOMAIN_PAUSED: return VIR_CONNECT_LIST_DOMAINS_PAUSED;
    case VIR_DOMAIN_SHUTOFF: return VIR_CONNECT_LIST_DOMAINS_SHUTOFF;
    default: return VIR_CONNECT_LIST_DOMAINS_OTHER;
    }
}

bool vr_rows_list_filter(const struct vr_domain *dom, unsigned flags)
{
    return passes(flags, FILTER_ACTIVE, vr_domain_is_active(dom), VIR_CONNECT_LIST_DOMAINS_ACTIVE) &&
           passes(flags, FILTER_PERSISTENT, dom->persistent, VIR_CONNECT_LIST_DOMAINS_PERSISTENT) &&
           (!(flags & FILTER_STATE) || (flags & FILTER_STATE & state_bit(dom))) &&
           passes(flags, FILTER_MANAGEDSAVE, dom->managed_save, VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE) &&
           passes(flags, FILTER_AUTOSTART, dom->autostart, VIR_CONNECT_LIST_DOMAINS_AUTOSTART) &&
           passes(flags, FILTER_SNAPSHOT, dom->snapshots > 0, VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT) &&
           passes(flags, FILTER_CHECKPOINT, dom->checkpoints > 0, VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT);
}

static bool list_all_domains(struct vr_call *call, const struct vr_connect_list_all_domains_args *in,
                             struct vr_connect_list_all_domains_ret *out, struct vr_error **err)
{
    if (in->need_results)
        out->domains = vr_arena_alloc(call->arena, (vr_domain_list_count(vr_qemu.domains) + 1) * sizeof(*out->domains));
    size_t pos = 0;
    for (struct vr_domain *dom; (dom = vr_domain_list_each(vr_qemu.domains, &pos));) {
        if (!vr_rows_list_filter(dom, in->flags) || !vr_rows_visible(call, dom))
            continue;
        if (in->need_results)
            vr_rows_fill(call, &out->domains[out->domains_count++], dom);
        out->ret++;
    }
    if (out->domains_count > REMOTE_DOMAIN_LIST_MAX)
        return vr_fail(err, VIR_ERR_RPC, _("Too many domains '%u' for limit '%d'"), out->domains_count,
                       REMOTE_DOMAIN_LIST_MAX);
    return true;
}

/* ---- lookups ------------------------------------------------------------------------------------------------------ */

static bool lookup_by_id(struct vr_call *call, const struct vr_domain_lookup_by_id_args *in,
                         struct vr_domain_lookup_by_id_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_domain_by_id(vr_qemu.domains, in->id);
    if (!dom)
        return vr_fail(err, VIR_ERR_NO_DOMAIN, _("no domain with matching id %d"), in->id);
    vr_rows_fill(call, &out->dom, dom);
    return true;
}

static bool lookup_by_name(struct vr_call *call, const struct vr_domain_lookup_by_name_args *in,
                           struct vr_domain_lookup_by_name_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_domain_by_name(vr_qemu.domains, in->name);
    if (!dom)
        return vr_fail(err, VIR_ERR_NO_DOMAIN, _("no domain with matching name '%s'"), in->name);
    vr_rows_fill(call, &out->dom, dom);
    return true;
}

static bool lookup_by_uuid(struct vr_call *call, const struct vr_domain_lookup_by_uuid_args *in,
                           struct vr_domain_lookup_by_uuid_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_domain_by_uuid(vr_qemu.domains, in->uuid);
    if (!dom) {
        struct vr_uuid uuid;
        char text[VR_UUID_TEXT];
        memcpy(uuid.b, in->uuid, sizeof(uuid.b));
        return vr_fail(err, VIR_ERR_NO_DOMAIN, _("no domain with matching uuid '%s'"), vr_uuid_format(&uuid, text));
    }
    vr_rows_fill(call, &out->dom, dom);
    return true;
}

const struct vr_driver_row vr_rows_list[] = {
    VR_ROW(connect_list_domains, list_domains, 0),
    VR_ROW(connect_num_of_domains, num_of_domains, 0),
    VR_ROW(connect_list_defined_domains, list_defined_domains, 0),
    VR_ROW(connect_num_of_defined_domains, num_of_defined_domains, 0),
    VR_ROW(connect_list_all_domains, list_all_domains, FILTER_ALL),
    VR_ROW(domain_lookup_by_id, lookup_by_id, 0),
    VR_ROW(domain_lookup_by_name, lookup_by_name, 0),
    VR_ROW(domain_lookup_by_uuid, lookup_by_uuid, 0),
    { 0 },
};

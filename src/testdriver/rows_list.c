/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which domains there are. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include "internal.h"

VR_FN(lookup_by_id, domain_lookup_by_id_args, domain_lookup_by_id_ret)
{
    VR_TEST_EACH(vr_test_domain, dom, vr_test_of(call)->domains) {
        if (vr_test_active(dom) && dom->def->id == in->id) {
            out->dom = vr_test_domain_name(call->arena, dom);
            return true;
        }
    }
    return vr_fail_bare(err, VIR_ERR_NO_DOMAIN);
}

VR_FN(lookup_by_name, domain_lookup_by_name_args, domain_lookup_by_name_ret)
{
    struct vr_test_domain *dom = vr_test_domain_by_name(vr_test_of(call), in->name);
    if (!dom)
        return vr_fail_bare(err, VIR_ERR_NO_DOMAIN);
    out->dom = vr_test_domain_name(call->arena, dom);
    return true;
}

VR_FN(lookup_by_uuid, domain_lookup_by_uuid_args, domain_lookup_by_uuid_ret)
{
    struct vr_test_domain *dom = vr_test_domain_by_uuid(vr_test_of(call), in->uuid);
    if (!dom)
        return vr_fail_bare(err, VIR_ERR_NO_DOMAIN);
    out->dom = vr_test_domain_name(call->arena, dom);
    return true;
}

VR_FN(list_domains, connect_list_domains_args, connect_list_domains_ret)
{
    struct vr_test *test = vr_test_of(call);
    int32_t *ids = vr_arena_alloc(call->arena, test->domains.n * sizeof(*ids) + 1);
    VR_TEST_EACH(vr_test_domain, dom, test->domains)
        if (vr_test_active(dom) && out->ids_count < (uint32_t)in->maxids)
            ids[out->ids_count++] = dom->def->id;
    out->ids = ids;
    return true;
}

VR_FN(num_of_domains, void, connect_num_of_domains_ret)
{
    VR_TEST_EACH(vr_test_domain, dom, vr_test_of(call)->domains)
        out->num += vr_test_active(dom);
    return true;
}

VR_FN(list_defined_domains, connect_list_defined_domains_args, connect_list_defined_domains_ret)
{
    struct vr_test *test = vr_test_of(call);
    const char **names = vr_arena_alloc(call->arena, test->domains.n * sizeof(*names) + 1);
    VR_TEST_EACH(vr_test_domain, dom, test->domains)
        if (!vr_test_active(dom) && out->names_count < (uint32_t)in->maxnames)
            names[out->names_count++] = vr_arena_strdup(call->arena, dom->def->name);
    out->names = names;
    return true;
}

VR_FN(num_of_defined_domains, void, connect_num_of_defined_domains_ret)
{
    VR_TEST_EACH(vr_test_domain, dom, vr_test_of(call)->domains)
        out->num += !vr_test_active(dom);
    return true;
}

bool vr_test_domain_fits(const struct vr_test_domain *dom, unsigned flags)
{
    unsigned state = dom->state == VIR_DOMAIN_RUNNING   ? VIR_CONNECT_LIST_DOMAINS_RUNNING
                     : dom->state == VIR_DOMAIN_PAUSED  ? VIR_CONNECT_LIST_DOMAINS_PAUSED
                     : dom->state == VIR_DOMAIN_SHUTOFF ? VIR_CONNECT_LIST_DOMAINS_SHUTOFF
                                                        : VIR_CONNECT_LIST_DOMAINS_OTHER;
    unsigned states = VIR_CONNECT_LIST_DOMAINS_RUNNING | VIR_CONNECT_LIST_DOMAINS_PAUSED |
                      VIR_CONNECT_LIST_DOMAINS_SHUTOFF | VIR_CONNECT_LIST_DOMAINS_OTHER;
    return VR_TEST_FITS(flags, VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_CONNECT_LIST_DOMAINS_INACTIVE, vr_test_active(dom)) &&
           VR_TEST_FITS(flags, VIR_CONNECT_LIST_DOMAINS_PERSISTENT, VIR_CONNECT_LIST_DOMAINS_TRANSIENT, dom->persistent) &&
           (!(flags & states) || flags & state) &&
           VR_TEST_FITS(flags, VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE, VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE, dom->saved) &&
           VR_TEST_FITS(flags, VIR_CONNECT_LIST_DOMAINS_AUTOSTART, VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART, dom->autostart) &&
           VR_TEST_FITS(flags, VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT,
                 vr_test_snapshot_count(dom)) &&
           VR_TEST_FITS(flags, VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT, VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT,
                 vr_test_checkpoint_count(dom));
}

VR_FN(list_all_domains, connect_list_all_domains_args, connect_list_all_domains_ret)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_nonnull_domain *list = vr_arena_alloc(call->arena, test->domains.n * sizeof(*list) + 1);
    VR_TEST_EACH(vr_test_domain, dom, test->domains)
        if (vr_test_domain_fits(dom, call->flags))
            list[out->ret++] = vr_test_domain_name(call->arena, dom);
    out->domains = list;
    out->domains_count = in->need_results ? out->ret : 0;
    return true;
}

/* ---- what they are ----------------------------------------------------------------------------------------------- */

VR_FN(is_active, domain_is_active_args, domain_is_active_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (dom)
        out->active = vr_test_active(dom);
    return dom != NULL;
}

VR_FN(is_persistent, domain_is_persistent_args, domain_is_persistent_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (dom)
        out->persistent = dom->persistent;
    return dom != NULL;
}

VR_FN(is_updated, domain_is_updated_args, domain_is_updated_ret)
{
    return vr_test_domain_of(call, &in->dom, err) != NULL; /* its documents are never changed by hand */
}

VR_FN(get_os_type, domain_get_os_type_args, domain_get_os_type_ret)
{
    out->type = "linux";
    return true;
}

VR_FN(get_xml_desc, domain_get_xml_desc_args, domain_get_xml_desc_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    const struct vr_domain_def *def = call->flags & VIR_DOMAIN_XML_INACTIVE && dom->new_def ? dom->new_def : dom->def;
    vr_autofree char *text = vr_domain_format(def, call->flags & (VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE |
                                                                  VIR_DOMAIN_XML_MIGRATABLE));
    out->xml = vr_arena_strdup(call->arena, text);
    return true;
}

const struct vr_driver_row vr_test_domain_rows[] = {
    VR_ROW(domain_lookup_by_id, lookup_by_id, 0),
    VR_ROW(domain_lookup_by_name, lookup_by_name, 0),
    VR_ROW(domain_lookup_by_uuid, lookup_by_uuid, 0),
    VR_ROW(connect_list_domains, list_domains, 0),
    VR_ROW(connect_num_of_domains, num_of_domains, 0),
    VR_ROW(connect_list_defined_domains, list_defined_domains, 0),
    VR_ROW(connect_num_of_defined_domains, num_of_defined_domains, 0),
    VR_ROW(connect_list_all_domains, list_all_domains, VR_TEST_LIST_FLAGS),
    VR_ROW(domain_is_active, is_active, 0),
    VR_ROW(domain_is_persistent, is_persistent, 0),
    VR_ROW(domain_is_updated, is_updated, 0),
    VR_ROW(domain_get_os_type, get_os_type, 0),
    VR_ROW(domain_get_xml_desc, get_xml_desc, VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_MIGRATABLE),
    { 0 },
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <stdlib.h>
#include "moment.h"

static struct vr_test_forest *forest_of(struct vr_test_domain *dom)
{
    if (!dom->checkpoints)
        dom->checkpoints = vr_new(struct vr_test_forest);
    return dom->checkpoints;
}

static struct vr_nonnull_domain_checkpoint name_of(struct vr_arena *arena, const struct vr_test_domain *dom,
                                                   const struct vr_test_moment *m)
{
    return (struct vr_nonnull_domain_checkpoint){ .name = vr_arena_strdup(arena, vr_test_moment_name(m)),
                                                  .dom = vr_test_domain_name(arena, dom) };
}

static struct vr_test_moment *find(struct vr_test_domain *dom, const char *name, struct vr_error **err)
{
    struct vr_test_moment *m = vr_test_moment_find(forest_of(dom), name);
    if (!m)
        vr_fail(err, VIR_ERR_NO_DOMAIN_CHECKPOINT, "no domain checkpoint with matching name '%s'", name);
    return m;
}

static struct vr_test_moment *checkpoint_of(struct vr_call *call, const struct vr_nonnull_domain_checkpoint *k,
                                            struct vr_test_domain **dom, struct vr_error **err)
{
    *dom = vr_test_domain_of(call, &k->dom, err);
    return *dom ? find(*dom, k->name, err) : NULL;
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

static bool add_new(struct vr_test_domain *dom, struct vr_test_moment *m, struct vr_error **err)
{
    struct vr_test_forest *f = forest_of(dom);
    struct vr_checkpoint_def *def = m->checkpoint;
    if (vr_test_moment_find(f, def->name))
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_FAILED, -1, "domain moment %s already exists",
                               def->name);
    if (!vr_checkpoint_align_disks(def, dom->def, err))
        return false;
    def->domain = m->domain = vr_domain_copy(dom->def);
    m->domain->id = -1;
    vr_test_moment_set_parent(m, f->current);
    vr_test_list_add(&f->list, m);
    f->current = m;
    return true;
}

static bool add_redefined(struct vr_test_domain *dom, struct vr_test_moment *m, struct vr_error **err)
{
    struct vr_test_forest *f = forest_of(dom);
    struct vr_checkpoint_def *def = m->checkpoint;
    struct vr_test_moment *known = vr_test_moment_find(f, def->name);
    char uuid[VR_UUID_TEXT];
    if (!vr_test_moment_place(f, m, known, err))
        return false;
    if (!def->domain)
        return vr_error_report(err, VIR_FROM_DOMAIN_CHECKPOINT, VIR_ERR_INVALID_ARG, -1,
                               "checkpoint %s must contain a domain definition", def->name);
    if (!vr_uuid_equal(&def->domain->uuid, &dom->def->uuid))
        return vr_error_report(err, VIR_FROM_DOMAIN_CHECKPOINT, VIR_ERR_INVALID_ARG, -1,
                               "definition for checkpoint %s must use uuid %s", def->name,
                               vr_uuid_format(&dom->def->uuid, uuid));
    if (!vr_checkpoint_align_disks(def, def->domain, err))
        return false;
    if (known)
        vr_test_moment_replace(f, known, m);
    else
        vr_test_list_add(&f->list, m);
    if (!f->current)
        f->current = m;
    return true;
}

VR_FN(create_xml, domain_checkpoint_create_xml_args, domain_checkpoint_create_xml_ret)
{
    bool redefine = in->flags & VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE;
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    if (vr_test_snapshot_count(dom))
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s", "cannot create checkpoint while snapshot exists");
    if (!vr_test_active(dom))
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s", "cannot create checkpoint for inactive domain");
    struct vr_checkpoint_def *def = vr_checkpoint_def_parse(
        in->xml_desc, strlen(in->xml_desc), VR_FORM_TEST | VR_FORM_INACTIVE | (redefine ? VR_MOMENT_REDEFINE : 0), err);
    if (!def)
        return false;
    struct vr_test_moment *m = vr_new(struct vr_test_moment);
    m->checkpoint = def;
    if (!(redefine ? add_redefined(dom, m, err) : add_new(dom, m, err))) {
        vr_test_moment_free(m);
        return false;
    }
    out->checkpoint = name_of(call->arena, dom, m);
    return true;
}

VR_FN(delete_checkpoint, domain_checkpoint_delete_args, void)
{
    struct vr_test_domain *dom;
    struct vr_test_moment *m = checkpoint_of(call, &in->checkpoint, &dom, err);
    if (!m)
        return false;
    bool only = in->flags & VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY;
    vr_test_moment_delete(dom->checkpoints, m, only || in->flags & VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN, !only);
    return true;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

#define LIST_FLAGS (VIR_DOMAIN_CHECKPOINT_LIST_ROOTS | VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL |                        \
                    VIR_DOMAIN_CHECKPOINT_LIST_LEAVES | VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES)

static struct vr_nonnull_domain_checkpoint *gather(struct vr_call *call, struct vr_test_domain *dom,
                                                   const struct vr_test_moment *above, unsigned flags, uint32_t *count)
{
    const struct vr_test_forest *f = forest_of(dom);
    struct vr_test_moment **all = vr_test_moment_ordered(call->arena, f);
    struct vr_nonnull_domain_checkpoint *to = vr_arena_alloc(call->arena, f->list.n * sizeof(*to) + 1);
    bool deep = above ? flags & VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS : !(flags & VIR_DOMAIN_CHECKPOINT_LIST_ROOTS);
    *count = 0;
    for (size_t i = 0; i < f->list.n; i++)
        if ((deep ? !above || vr_test_moment_below(all[i], above) : all[i]->parent == above) &&
            VR_TEST_FITS(flags, VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES, VIR_DOMAIN_CHECKPOINT_LIST_LEAVES,
                         vr_test_moment_has_children(f, all[i])))
            to[(*count)++] = name_of(call->arena, dom, all[i]);
    return to;
}

VR_FN(list_all, domain_list_all_checkpoints_args, domain_list_all_checkpoints_ret)
{
    uint32_t n;
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    out->checkpoints = gather(call, dom, NULL, in->flags, &n);
    out->ret = (int)n;
    out->checkpoints_count = in->need_results ? n : 0;
    return true;
}

VR_FN(list_all_children, domain_checkpoint_list_all_children_args, domain_checkpoint_list_all_children_ret)
{
    uint32_t n;
    struct vr_test_domain *dom;
    struct vr_test_moment *m = checkpoint_of(call, &in->checkpoint, &dom, err);
    if (!m)
        return false;
    out->checkpoints = gather(call, dom, m, in->flags, &n);
    out->ret = (int)n;
    out->checkpoints_count = in->need_results ? n : 0;
    return true;
}

VR_FN(lookup_by_name, domain_checkpoint_lookup_by_name_args, domain_checkpoint_lookup_by_name_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    struct vr_test_moment *m = dom ? find(dom, in->name, err) : NULL;
    if (m)
        out->checkpoint = name_of(call->arena, dom, m);
    return m != NULL;
}

VR_FN(get_parent, domain_checkpoint_get_parent_args, domain_checkpoint_get_parent_ret)
{
    struct vr_test_domain *dom;
    struct vr_test_moment *m = checkpoint_of(call, &in->checkpoint, &dom, err);
    if (!m)
        return false;
    if (!m->parent)
        return vr_fail(err, VIR_ERR_NO_DOMAIN_CHECKPOINT, "checkpoint '%s' does not have a parent", m->checkpoint->name);
    out->parent = name_of(call->arena, dom, m->parent);
    return true;
}

VR_FN(get_xml, domain_checkpoint_get_xml_desc_args, domain_checkpoint_get_xml_desc_ret)
{
    struct vr_test_domain *dom;
    struct vr_test_moment *m = checkpoint_of(call, &in->checkpoint, &dom, err);
    if (!m)
        return false;
    struct vr_checkpoint_def shown = *m->checkpoint;
    if (in->flags & VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN)
        shown.domain = NULL;
    vr_autofree char *text = vr_checkpoint_def_format(&shown, VR_FORM_INACTIVE | (in->flags & VR_FORM_SECURE));
    out->xml = vr_arena_strdup(call->arena, text);
    return true;
}

const struct vr_driver_row vr_test_checkpoint_rows[] = {
    VR_ROW(domain_checkpoint_create_xml, create_xml, VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE |
           VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE | VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE),
    VR_ROW(domain_checkpoint_delete, delete_checkpoint, VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN |
           VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY | VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY),
    VR_ROW(domain_list_all_checkpoints, list_all, LIST_FLAGS),
    VR_ROW(domain_checkpoint_list_all_children, list_all_children, LIST_FLAGS),
    VR_ROW(domain_checkpoint_lookup_by_name, lookup_by_name, 0),
    VR_ROW(domain_checkpoint_get_parent, get_parent, 0),
    VR_ROW(domain_checkpoint_get_xml_desc, get_xml, VIR_DOMAIN_CHECKPOINT_XML_SECURE |
           VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN | VIR_DOMAIN_CHECKPOINT_XML_SIZE),
    { 0 },
};

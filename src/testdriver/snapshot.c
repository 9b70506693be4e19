/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <stdlib.h>
#include <sys/stat.h>
#include "moment.h"
#include "schema/xml.h"

#define NAMESPACE "http://libvirt.org/schemas/domain/test/1.0"
#define SNAPSHOT_FAIL(err, code, ...) vr_error_report((err), VIR_FROM_DOMAIN_SNAPSHOT, (code), -1, __VA_ARGS__)

void vr_test_moments_free(struct vr_test_domain *dom)
{
    vr_test_forest_free(dom->snapshots);
    vr_test_forest_free(dom->checkpoints);
}

static struct vr_test_forest *forest_of(struct vr_test_domain *dom)
{
    if (!dom->snapshots)
        dom->snapshots = vr_new(struct vr_test_forest);
    return dom->snapshots;
}

size_t vr_test_snapshot_count(const struct vr_test_domain *dom)
{
    return dom->snapshots ? dom->snapshots->list.n : 0;
}

size_t vr_test_checkpoint_count(const struct vr_test_domain *dom)
{
    return dom->checkpoints ? dom->checkpoints->list.n : 0;
}

static const struct vr_domain_def *guest_of(const struct vr_test_moment *m)
{
    return m->domain ? m->domain : m->snapshot->domain;
}

/* ---- the host's document ----------------------------------------------------------------------------------------- */

static bool load_one(struct vr_test_domain *dom, const struct vr_xml_node *node, const char *path, struct vr_error **err)
{
    const unsigned flags = VR_MOMENT_REDEFINE | VR_FORM_STATUS | VR_FORM_TEST;
    struct vr_test_forest *f = forest_of(dom);
    struct vr_snapshot_def *def;
    if (vr_xml_get(node, "file")) {
        size_t len = 0;
        vr_autofree char *text = vr_test_object_text(node, path, &len, err);
        def = text ? vr_snapshot_def_parse(text, len, flags, err) : NULL;
    } else {
        struct vr_xml_node plain = *node; /* the mock's namespace is the host document's, not the snapshot's */
        plain.ns = NULL;
        def = vr_document_read(&vr_snapshot_def_document, &plain, flags, err);
    }
    if (!def)
        return false;
    struct vr_test_moment *m = vr_new(struct vr_test_moment);
    m->snapshot = def;
    if (vr_test_moment_find(f, def->name)) {
        vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_FAILED, -1, "domain moment %s already exists", def->name);
        vr_test_moment_free(m);
        return false;
    }
    vr_test_list_add(&f->list, m);
    bool active = def->active.set && def->active.v;
    if (active && f->current)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", "more than one snapshot claims to be active");
    if (active)
        f->current = m;
    return true;
}

bool vr_test_load_snapshots(struct vr_test *test, struct vr_test_domain *dom, struct vr_arena *arena,
                            const struct vr_xml_node *domain, const char *path, struct vr_error **err)
{
    for (const struct vr_xml_node *n = domain->first; n; n = n->next)
        if (n->kind == VR_XML_ELEMENT && vr_streq0(n->ns, NAMESPACE) && vr_streq(n->name, "domainsnapshot") &&
            !load_one(dom, n, path, err))
            return false;
    struct vr_test_forest *f = forest_of(dom);
    VR_TEST_EACH(vr_test_moment, m, f->list) {
        m->parent = m->snapshot->parent ? vr_test_moment_find(f, m->snapshot->parent) : NULL;
        if (m->snapshot->parent && (!m->parent || m->parent == m))
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "Snapshots have inconsistent relations for domain %s",
                           dom->def->name);
    }
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    struct vr_test_moment **all = vr_test_moment_ordered(scratch, f);
    return !f->list.n || all[f->list.n - 1] || /* a ring hangs on no root */
           vr_fail(err, VIR_ERR_INTERNAL_ERROR, "Snapshots have inconsistent relations for domain %s", dom->def->name);
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

/* New images are named after the present ones, which must be files for that. */
static bool can_name_images(const struct vr_domain_def *domain, const struct vr_snapshot_def *def, struct vr_error **err)
{
    for (size_t i = 0; i < domain->disks.n; i++) {
        const struct vr_disk *disk = domain->disks.v[i];
        const struct vr_snapshot_disk *asked = NULL;
        for (size_t k = 0; k < def->disks.n && !asked; k++)
            if (vr_streq0(def->disks.v[k]->name, disk->target))
                asked = def->disks.v[k];
        struct stat sb;
        if (asked && (asked->location == VR_SNAPSHOT_NO || asked->location == VR_SNAPSHOT_MANUAL || asked->src->path))
            continue;
        if (disk->src && disk->src->path && (stat(disk->src->path, &sb) < 0 || !S_ISREG(sb.st_mode)))
            return SNAPSHOT_FAIL(err, VIR_ERR_CONFIG_UNSUPPORTED, "source for disk '%s' is not a regular file; "
                                 "refusing to generate external snapshot name", disk->target);
    }
    return true;
}

static bool align_new(struct vr_test_domain *dom, struct vr_snapshot_def *def, struct vr_error **err)
{
    bool external = def->memory == VR_SNAPSHOT_EXTERNAL;
    def->state = (enum vr_snapshot_state)(dom->state + VR_SNAPSHOT_STATE_NOSTATE);
    if (external && !can_name_images(dom->def, def, err))
        return false;
    if (!external)
        def->memory = dom->state == VIR_DOMAIN_SHUTOFF ? VR_SNAPSHOT_NO : VR_SNAPSHOT_INTERNAL;
    return vr_snapshot_align_disks(def, dom->def, external ? VR_SNAPSHOT_EXTERNAL : VR_SNAPSHOT_INTERNAL, !external, err);
}

static bool offline(const struct vr_snapshot_def *def)
{
    return def->state == VR_SNAPSHOT_STATE_SHUTOFF;
}

/* A snapshot told again: it may not become another kind of snapshot, or another guest's. */
static bool check_redefined(struct vr_test_domain *dom, struct vr_test_moment *m, struct vr_test_moment *known,
                            struct vr_error **err)
{
    struct vr_snapshot_def *def = m->snapshot;
    char uuid[VR_UUID_TEXT];
    if (!vr_test_moment_place(forest_of(dom), m, known, err))
        return false;
    if (def->domain && !vr_uuid_equal(&def->domain->uuid, &dom->def->uuid))
        return SNAPSHOT_FAIL(err, VIR_ERR_INVALID_ARG, "definition for snapshot %s must use uuid %s", def->name,
                             vr_uuid_format(&dom->def->uuid, uuid));
    if (known) {
        const struct vr_snapshot_def *old = known->snapshot;
        if (offline(old) != offline(def))
            return SNAPSHOT_FAIL(err, VIR_ERR_INVALID_ARG,
                                 "cannot change between online and offline snapshot state in snapshot %s", def->name);
        if ((old->state == VR_SNAPSHOT_STATE_DISK_SNAPSHOT) != (def->state == VR_SNAPSHOT_STATE_DISK_SNAPSHOT))
            return SNAPSHOT_FAIL(err, VIR_ERR_INVALID_ARG,
                                 "cannot change between disk only and full system in snapshot %s", def->name);
    }
    return vr_snapshot_align_redefined(def, def->domain ? def->domain : dom->def, err);
}

static void halt(struct vr_test *test, struct vr_test_domain *dom)
{
    if (!vr_test_active(dom))
        return;
    vr_test_domain_stop(dom, VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT);
    dom->def->id = -1; /* transient ones stay too */
    vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT);
}

static struct vr_test_moment *add_new(struct vr_test_domain *dom, struct vr_snapshot_def *def, struct vr_error **err)
{
    struct vr_test_forest *f = forest_of(dom);
    if (!align_new(dom, def, err))
        return NULL;
    if (vr_test_moment_find(f, def->name)) {
        vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_FAILED, -1, "domain moment %s already exists", def->name);
        return NULL;
    }
    struct vr_test_moment *m = vr_new(struct vr_test_moment);
    m->snapshot = def;
    def->domain = m->domain = vr_domain_copy(dom->def);
    m->domain->id = -1;
    vr_test_moment_set_parent(m, f->current);
    vr_test_list_add(&f->list, m);
    return m;
}

static struct vr_test_moment *add_redefined(struct vr_test_domain *dom, struct vr_snapshot_def *def, struct vr_error **err)
{
    struct vr_test_forest *f = forest_of(dom);
    struct vr_test_moment *m = vr_new(struct vr_test_moment), *known = vr_test_moment_find(f, def->name);
    m->snapshot = def;
    if (!check_redefined(dom, m, known, err)) {
        m->snapshot = NULL; /* the caller's still */
        vr_test_moment_free(m);
        return NULL;
    }
    if (known)
        vr_test_moment_replace(f, known, m);
    else
        vr_test_list_add(&f->list, m);
    return m;
}

static struct vr_nonnull_domain_snapshot name_of(struct vr_arena *arena, const struct vr_test_domain *dom,
                                                 const struct vr_test_moment *m)
{
    return (struct vr_nonnull_domain_snapshot){ .name = vr_arena_strdup(arena, vr_test_moment_name(m)),
                                                .dom = vr_test_domain_name(arena, dom) };
}

VR_FN(create_xml, domain_snapshot_create_xml_args, domain_snapshot_create_xml_ret)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    bool redefine = in->flags & VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE;
    if (!dom)
        return false;
    if (vr_test_checkpoint_count(dom))
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s", "cannot create snapshot while checkpoint exists");
    if (!dom->persistent && in->flags & VIR_DOMAIN_SNAPSHOT_CREATE_HALT)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", "cannot halt after transient domain snapshot");
    struct vr_snapshot_def *def = vr_snapshot_def_parse(
        in->xml_desc, strlen(in->xml_desc),
        VR_FORM_TEST | VR_FORM_INACTIVE | (redefine ? VR_MOMENT_REDEFINE : 0) |
            (in->flags & VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE ? VR_FORM_VALIDATE : 0), err);
    if (!def)
        return false;
    struct vr_test_moment *m = redefine ? add_redefined(dom, def, err) : add_new(dom, def, err);
    if (!m) {
        vr_snapshot_def_free(def);
        return false;
    }
    if (in->flags & VIR_DOMAIN_SNAPSHOT_CREATE_HALT && !redefine)
        halt(test, dom);
    if (!redefine || in->flags & VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT)
        dom->snapshots->current = m;
    out->snap = name_of(call->arena, dom, m);
    return true;
}

/* ---- going back -------------------------------------------------------------------------------------------------- */

static struct vr_test_moment *find(struct vr_test_domain *dom, const char *name, struct vr_error **err)
{
    struct vr_test_moment *m = vr_test_moment_find(forest_of(dom), name);
    if (!m)
        vr_fail(err, VIR_ERR_NO_DOMAIN_SNAPSHOT, "no domain snapshot with matching name '%s'", name);
    return m;
}

static struct vr_test_moment *snapshot_of(struct vr_call *call, const struct vr_nonnull_domain_snapshot *s,
                                          struct vr_test_domain **dom, struct vr_error **err)
{
    *dom = vr_test_domain_of(call, &s->dom, err);
    return *dom ? find(*dom, s->name, err) : NULL;
}

VR_FN(revert, domain_revert_to_snapshot_args, void)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_test_domain *dom;
    struct vr_test_moment *m = snapshot_of(call, &in->snap, &dom, err);
    if (!m)
        return false;
    bool runs = m->snapshot->state == VR_SNAPSHOT_STATE_RUNNING || m->snapshot->state == VR_SNAPSHOT_STATE_PAUSED;
    bool wanted = in->flags & (VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING | VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED);
    if (!dom->persistent && !runs && !wanted)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s",
                       "transient domain needs to request run or pause to revert to inactive snapshot");
    if (!guest_of(m))
        return vr_fail(err, VIR_ERR_SNAPSHOT_REVERT_RISKY, "snapshot '%s' lacks domain '%s' rollback info",
                       m->snapshot->name, dom->def->name);
    dom->snapshots->current = m;
    halt(test, dom);
    vr_domain_free(vr_take(dom->new_def));
    vr_domain_free(dom->def);
    dom->def = vr_domain_copy(guest_of(m));
    dom->def->id = -1;
    if (!runs && !wanted)
        return true;
    vr_test_domain_start(test, dom, VIR_DOMAIN_RUNNING_FROM_SNAPSHOT);
    vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT);
    bool pause = in->flags & VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED ||
                 (m->snapshot->state == VR_SNAPSHOT_STATE_PAUSED && !(in->flags & VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING));
    if (pause) {
        dom->state = VIR_DOMAIN_PAUSED;
        dom->reason = VIR_DOMAIN_PAUSED_FROM_SNAPSHOT;
        vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT);
    }
    return true;
}

VR_FN(delete_snapshot, domain_snapshot_delete_args, void)
{
    struct vr_test_domain *dom;
    struct vr_test_moment *m = snapshot_of(call, &in->snap, &dom, err);
    if (!m)
        return false;
    bool only = in->flags & VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY;
    vr_test_moment_delete(dom->snapshots, m, only || in->flags & VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN, !only);
    return true;
}

/* ---- listing ----------------------------------------------------------------------------------------------------- */

#define LIST_FLAGS 0x7ffu

static bool fits(const struct vr_test_forest *f, const struct vr_test_moment *m, unsigned flags)
{
    const struct vr_snapshot_def *def = m->snapshot;
    unsigned states = VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE | VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE | VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY;
    unsigned state = def->state == VR_SNAPSHOT_STATE_SHUTOFF         ? VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE
                     : def->state == VR_SNAPSHOT_STATE_DISK_SNAPSHOT ? VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY
                                                                     : VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE;
    return VR_TEST_FITS(flags, VIR_DOMAIN_SNAPSHOT_LIST_METADATA, VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA, true) &&
           VR_TEST_FITS(flags, VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES, VIR_DOMAIN_SNAPSHOT_LIST_LEAVES,
                        vr_test_moment_has_children(f, m)) &&
           (!(flags & states) || flags & state) &&
           VR_TEST_FITS(flags, VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL, VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL,
                        vr_snapshot_is_external(def));
}

/* Those of a domain (@above NULL; bit 0 of the flags: roots only) or below one (bit 0: all of them, not just children). */
static uint32_t gather(struct vr_call *call, const struct vr_test_domain *dom, const struct vr_test_moment *above,
                       unsigned flags, struct vr_test_moment ***out)
{
    static const struct vr_test_forest none;
    const struct vr_test_forest *f = dom->snapshots ? dom->snapshots : &none;
    struct vr_test_moment **all = vr_test_moment_ordered(call->arena, f);
    uint32_t n = 0;
    bool deep = above ? flags & VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS : !(flags & VIR_DOMAIN_SNAPSHOT_LIST_ROOTS);
    for (size_t i = 0; i < f->list.n; i++)
        if ((deep ? !above || vr_test_moment_below(all[i], above) : all[i]->parent == above) && fits(f, all[i], flags))
            all[n++] = all[i];
    *out = all;
    return n;
}

static const char **names_of(struct vr_arena *arena, struct vr_test_moment **list, uint32_t n)
{
    const char **names = vr_arena_alloc(arena, n * sizeof(*names) + 1);
    for (uint32_t i = 0; i < n; i++)
        names[i] = vr_arena_strdup(arena, vr_test_moment_name(list[i]));
    return names;
}

static struct vr_nonnull_domain_snapshot *handles_of(struct vr_call *call, const struct vr_test_domain *dom,
                                                     struct vr_test_moment **list, uint32_t n)
{
    struct vr_nonnull_domain_snapshot *to = vr_arena_alloc(call->arena, n * sizeof(*to) + 1);
    for (uint32_t i = 0; i < n; i++)
        to[i] = name_of(call->arena, dom, list[i]);
    return to;
}

VR_FN(num, domain_snapshot_num_args, domain_snapshot_num_ret)
{
    struct vr_test_moment **list;
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (dom)
        out->num = (int)gather(call, dom, NULL, in->flags, &list);
    return dom != NULL;
}

VR_FN(list_names, domain_snapshot_list_names_args, domain_snapshot_list_names_ret)
{
    struct vr_test_moment **list;
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    uint32_t n = gather(call, dom, NULL, in->flags, &list);
    out->names_count = n < (uint32_t)in->maxnames ? n : (uint32_t)in->maxnames;
    out->names = names_of(call->arena, list, out->names_count);
    return true;
}

VR_FN(list_all, domain_list_all_snapshots_args, domain_list_all_snapshots_ret)
{
    struct vr_test_moment **list;
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    uint32_t n = gather(call, dom, NULL, in->flags, &list);
    out->ret = (int)n;
    out->snapshots_count = in->need_results ? n : 0;
    out->snapshots = handles_of(call, dom, list, out->snapshots_count);
    return true;
}

VR_FN(num_children, domain_snapshot_num_children_args, domain_snapshot_num_children_ret)
{
    struct vr_test_domain *dom;
    struct vr_test_moment **list, *m = snapshot_of(call, &in->snap, &dom, err);
    if (m)
        out->num = (int)gather(call, dom, m, in->flags, &list);
    return m != NULL;
}

VR_FN(list_children_names, domain_snapshot_list_children_names_args, domain_snapshot_list_children_names_ret)
{
    struct vr_test_domain *dom;
    struct vr_test_moment **list, *m = snapshot_of(call, &in->snap, &dom, err);
    if (!m)
        return false;
    uint32_t n = gather(call, dom, m, in->flags, &list);
    out->names_count = n < (uint32_t)in->maxnames ? n : (uint32_t)in->maxnames;
    out->names = names_of(call->arena, list, out->names_count);
    return true;
}

VR_FN(list_all_children, domain_snapshot_list_all_children_args, domain_snapshot_list_all_children_ret)
{
    struct vr_test_domain *dom;
    struct vr_test_moment **list, *m = snapshot_of(call, &in->snapshot, &dom, err);
    if (!m)
        return false;
    uint32_t n = gather(call, dom, m, in->flags, &list);
    out->ret = (int)n;
    out->snapshots_count = in->need_results ? n : 0;
    out->snapshots = handles_of(call, dom, list, out->snapshots_count);
    return true;
}

/* ---- one --------------------------------------------------------------------------------------------------------- */

VR_FN(lookup_by_name, domain_snapshot_lookup_by_name_args, domain_snapshot_lookup_by_name_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    struct vr_test_moment *m = dom ? find(dom, in->name, err) : NULL;
    if (m)
        out->snap = name_of(call->arena, dom, m);
    return m != NULL;
}

VR_FN(has_current, domain_has_current_snapshot_args, domain_has_current_snapshot_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (dom)
        out->result = forest_of(dom)->current != NULL;
    return dom != NULL;
}

VR_FN(current, domain_snapshot_current_args, domain_snapshot_current_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    if (!forest_of(dom)->current)
        return vr_fail(err, VIR_ERR_NO_DOMAIN_SNAPSHOT, "%s", "the domain does not have a current snapshot");
    out->snap = name_of(call->arena, dom, dom->snapshots->current);
    return true;
}

VR_FN(get_parent, domain_snapshot_get_parent_args, domain_snapshot_get_parent_ret)
{
    struct vr_test_domain *dom;
    struct vr_test_moment *m = snapshot_of(call, &in->snap, &dom, err);
    if (!m)
        return false;
    if (!m->parent)
        return vr_fail(err, VIR_ERR_NO_DOMAIN_SNAPSHOT, "snapshot '%s' does not have a parent", m->snapshot->name);
    out->snap = name_of(call->arena, dom, m->parent);
    return true;
}

VR_FN(is_current, domain_snapshot_is_current_args, domain_snapshot_is_current_ret)
{
    struct vr_test_domain *dom;
    struct vr_test_moment *m = snapshot_of(call, &in->snap, &dom, err);
    if (m)
        out->current = dom->snapshots->current == m;
    return m != NULL;
}

VR_FN(has_metadata, domain_snapshot_has_metadata_args, domain_snapshot_has_metadata_ret)
{
    struct vr_test_domain *dom;
    struct vr_test_moment *m = snapshot_of(call, &in->snap, &dom, err);
    if (m)
        out->metadata = 1;
    return m != NULL;
}

VR_FN(get_xml, domain_snapshot_get_xml_desc_args, domain_snapshot_get_xml_desc_ret)
{
    struct vr_test_domain *dom;
    struct vr_test_moment *m = snapshot_of(call, &in->snap, &dom, err);
    if (!m)
        return false;
    vr_autofree char *text = vr_snapshot_def_format(m->snapshot, VR_FORM_INACTIVE | (in->flags & VR_FORM_SECURE));
    out->xml = vr_arena_strdup(call->arena, text);
    return true;
}

const struct vr_driver_row vr_test_snapshot_rows[] = {
    VR_ROW(domain_snapshot_create_xml, create_xml, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE |
           VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT | VIR_DOMAIN_SNAPSHOT_CREATE_HALT | VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE |
           VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC | VIR_DOMAIN_SNAPSHOT_CREATE_LIVE | VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE),
    VR_ROW(domain_revert_to_snapshot, revert, VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING | VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED |
           VIR_DOMAIN_SNAPSHOT_REVERT_FORCE),
    VR_ROW(domain_snapshot_delete, delete_snapshot, VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN |
           VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY),
    VR_ROW(domain_snapshot_num, num, LIST_FLAGS),
    VR_ROW(domain_snapshot_list_names, list_names, LIST_FLAGS),
    VR_ROW(domain_list_all_snapshots, list_all, LIST_FLAGS),
    VR_ROW(domain_snapshot_num_children, num_children, LIST_FLAGS),
    VR_ROW(domain_snapshot_list_children_names, list_children_names, LIST_FLAGS),
    VR_ROW(domain_snapshot_list_all_children, list_all_children, LIST_FLAGS),
    VR_ROW(domain_snapshot_lookup_by_name, lookup_by_name, 0),
    VR_ROW(domain_has_current_snapshot, has_current, 0),
    VR_ROW(domain_snapshot_current, current, 0),
    VR_ROW(domain_snapshot_get_parent, get_parent, 0),
    VR_ROW(domain_snapshot_is_current, is_current, 0),
    VR_ROW(domain_snapshot_has_metadata, has_metadata, 0),
    VR_ROW(domain_snapshot_get_xml_desc, get_xml, VIR_DOMAIN_SNAPSHOT_XML_SECURE),
    { 0 },
};

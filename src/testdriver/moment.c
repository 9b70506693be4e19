/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "moment.h"

#include <stdlib.h>

const char *vr_test_moment_name(const struct vr_test_moment *m)
{
    return m->snapshot ? m->snapshot->name : m->checkpoint->name;
}

static const char *parent_name(const struct vr_test_moment *m)
{
    return m->snapshot ? m->snapshot->parent : m->checkpoint->parent;
}

struct vr_test_moment *vr_test_moment_find(const struct vr_test_forest *f, const char *name)
{
    VR_TEST_EACH(vr_test_moment, m, f->list)
        if (vr_streq(vr_test_moment_name(m), name))
            return m;
    return NULL;
}

bool vr_test_moment_has_children(const struct vr_test_forest *f, const struct vr_test_moment *m)
{
    VR_TEST_EACH(vr_test_moment, other, f->list)
        if (other->parent == m)
            return true;
    return false;
}

bool vr_test_moment_below(const struct vr_test_moment *m, const struct vr_test_moment *above)
{
    const struct vr_test_moment *at = m->parent;
    while (at && at != above)
        at = at->parent;
    return at == above;
}

struct vr_test_moment **vr_test_moment_ordered(struct vr_arena *arena, const struct vr_test_forest *f)
{
    struct vr_test_moment **all = vr_arena_alloc(arena, f->list.n * sizeof(*all) + 1);
    size_t n = 0;
    VR_TEST_EACH(vr_test_moment, m, f->list)
        if (!m->parent)
            all[n++] = m;
    for (size_t i = 0; i < n; i++)
        VR_TEST_EACH(vr_test_moment, m, f->list)
            if (m->parent == all[i])
                all[n++] = m;
    return all;
}

void vr_test_moment_set_parent(struct vr_test_moment *m, struct vr_test_moment *parent)
{
    struct vr_arena *arena = m->snapshot ? m->snapshot->arena : m->checkpoint->arena;
    const char **name = m->snapshot ? &m->snapshot->parent : &m->checkpoint->parent;
    m->parent = parent;
    *name = parent ? vr_arena_strdup(arena, vr_test_moment_name(parent)) : NULL;
}

bool vr_test_moment_place(const struct vr_test_forest *f, struct vr_test_moment *m, const struct vr_test_moment *known,
                          struct vr_error **err)
{
    const char *name = vr_test_moment_name(m), *above = parent_name(m);
    if (!above)
        return true;
    if (vr_streq(name, above))
        return vr_fail(err, VIR_ERR_INVALID_ARG, "cannot set moment %s as its own parent", name);
    struct vr_test_moment *parent = vr_test_moment_find(f, above);
    if (!parent)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "parent %s for moment %s not found", above, name);
    if (known && vr_test_moment_below(parent, known))
        return vr_fail(err, VIR_ERR_INVALID_ARG, "parent %s would create cycle to %s", above, name);
    m->parent = parent;
    return true;
}

void vr_test_moment_replace(struct vr_test_forest *f, struct vr_test_moment *known, struct vr_test_moment *m)
{
    for (size_t i = 0; i < f->list.n; i++) {
        struct vr_test_moment *other = f->list.v[i];
        if (other->parent == known)
            other->parent = m;
        if (other == known)
            f->list.v[i] = m;
    }
    if (f->current == known)
        f->current = m;
    vr_test_moment_free(known);
}

static void drop(struct vr_test_forest *f, struct vr_test_moment *m)
{
    vr_test_list_remove(&f->list, m);
    vr_test_moment_free(m);
}

void vr_test_moment_delete(struct vr_test_forest *f, struct vr_test_moment *m, bool children, bool itself)
{
    if (children && f->current && vr_test_moment_below(f->current, m))
        f->current = itself ? NULL : m;
    for (size_t i = f->list.n; children && i-- > 0;) {
        /* Leaves first: what is below a moment that went is found no more. */
        struct vr_test_moment *other = f->list.v[i];
        if (!vr_test_moment_below(other, m) || vr_test_moment_has_children(f, other))
            continue;
        drop(f, other);
        i = f->list.n;
    }
    if (!itself)
        return;
    VR_TEST_EACH(vr_test_moment, other, f->list)
        if (other->parent == m)
            vr_test_moment_set_parent(other, m->parent);
    if (f->current == m)
        f->current = m->parent;
    drop(f, m);
}

void vr_test_moment_free(struct vr_test_moment *m)
{
    if (!m)
        return;
    vr_snapshot_def_free(m->snapshot);
    vr_checkpoint_def_free(m->checkpoint);
    vr_domain_free(m->domain);
    free(m);
}

void vr_test_forest_free(struct vr_test_forest *f)
{
    if (!f)
        return;
    VR_TEST_EACH(vr_test_moment, m, f->list)
        vr_test_moment_free(m);
    vr_test_list_done(&f->list);
    free(f);
}

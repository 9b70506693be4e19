/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Snapshots and checkpoints of a domain: two forests of the same kind. */
#include "internal.h"
#include "model/moment.h"

struct vr_test_moment {
    struct vr_snapshot_def *snapshot;     /* one of these two */
    struct vr_checkpoint_def *checkpoint;
    struct vr_domain_def *domain;         /* the guest then, when it was copied; NULL when the document holds it */
    struct vr_test_moment *parent;
};

struct vr_test_forest {
    struct vr_test_list list; /* of struct vr_test_moment */
    struct vr_test_moment *current;
};

const char *vr_test_moment_name(const struct vr_test_moment *m);
struct vr_test_moment *vr_test_moment_find(const struct vr_test_forest *f, const char *name);
/** Has someone as its parent. */
bool vr_test_moment_has_children(const struct vr_test_forest *f, const struct vr_test_moment *m);
/** Is @m somewhere below @above (NULL: everything is)? */
bool vr_test_moment_below(const struct vr_test_moment *m, const struct vr_test_moment *above);
/** All moments, parents before their children; an array in @arena of f->list.n entries. */
struct vr_test_moment **vr_test_moment_ordered(struct vr_arena *arena, const struct vr_test_forest *f);
/** Hangs it under @parent, whose name its document then tells. */
void vr_test_moment_set_parent(struct vr_test_moment *m, struct vr_test_moment *parent);
/**
 * vr_test_moment_place - a moment that is told again goes to its parent, which must exist and not lie below it
 * @known: the one of that name there is already, or NULL
 */
bool vr_test_moment_place(const struct vr_test_forest *f, struct vr_test_moment *m, const struct vr_test_moment *known,
                          struct vr_error **err);
/** Puts @m where @known was: children, current. */
void vr_test_moment_replace(struct vr_test_forest *f, struct vr_test_moment *known, struct vr_test_moment *m);
/** Deletes it, or what is below, or both; its children go to its parent when they stay. */
void vr_test_moment_delete(struct vr_test_forest *f, struct vr_test_moment *m, bool children, bool itself);
void vr_test_moment_free(struct vr_test_moment *m);
void vr_test_forest_free(struct vr_test_forest *f);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#define VR_LOG_SOURCE "loop.group"
/* Groups of fibers: cancel all, wait for all. */
#include <stdlib.h>
#include "base/alloc.h"
#include "base/log.h"
#include "internal.h"

struct vr_group *vr_group_new(const char *name)
{
    struct vr_group *group = vr_new(struct vr_group);
    group->name = vr_strdup(name);
    return group;
}

void vr_group_free(struct vr_group *group)
{
    if (!group)
        return;
    vr_require(!group->count, "group '%s' is freed with %zu fibers in it", group->name, group->count);
    free(group->name);
    free(group);
}

void vr_group_add(struct vr_group *group, struct vr_fiber *fiber)
{
    fiber->group = group;
    fiber->group_prev = group->last;
    if (group->last)
        group->last->group_next = fiber;
    else
        group->first = fiber;
    group->last = fiber;
    group->count++;
    fiber->cancelled = group->cancelled;
}

void vr_group_remove(struct vr_fiber *fiber)
{
    struct vr_group *group = fiber->group;
    if (fiber->group_prev)
        fiber->group_prev->group_next = fiber->group_next;
    else
        group->first = fiber->group_next;
    if (fiber->group_next)
        fiber->group_next->group_prev = fiber->group_prev;
    else
        group->last = fiber->group_prev;
    if (--group->count == 0)
        vr_cond_broadcast(&group->empty);
}

void vr_group_cancel(struct vr_group *group)
{
    if (!group)
        group = vr_loop.root;
    group->cancelled = true;
    for (struct vr_fiber *fiber = group->first; fiber; fiber = fiber->group_next)
        vr_fiber_cancel(fiber);
}

size_t vr_group_count(const struct vr_group *group)
{
    return group->count;
}

VR_SUSPENDS void vr_group_close(struct vr_group *group)
{
    static const char what[] = "the fibers of a group to end";
    vr_group_cancel(group);
    while (group->count) {
        struct vr_fiber *self = vr_loop.current;
        vr_require(self && self->group != group, "group '%s' is closed from %s", group->name,
                   self ? "inside" : "outside a fiber");
        struct vr_waiter waiter;
        vr_cond_queue(&group->empty, &waiter);
        /* What belongs to the group may be freed next, so there is no giving up; whoever holds it up is named. */
        if (vr_park_deaf(what, vr_after(VR_SEC(30))) != VR_WAKE_EVENT) {
            vr_autofree char *text = vr_fiber_describe(group->first, vr_now());
            vr_warn("closing '%s' waits for %zu fibers; the first: %s", group->name, group->count, text);
        }
    }
}

VR_SUSPENDS bool vr_group_join(struct vr_group *group, vr_time deadline, struct vr_error **err)
{
    static const char what[] = "the fibers of a group to end";
    if (!vr_wait_enter(what, err))
        return false;
    while (group->count) {
        vr_require(vr_loop.current->group != group, "group '%s' is joined from inside", group->name);
        struct vr_waiter waiter;
        vr_cond_queue(&group->empty, &waiter);
        if (!vr_wake_result(vr_park(what, deadline), what, err))
            return false;
    }
    return true;
}

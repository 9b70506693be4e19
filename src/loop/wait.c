/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
/* The one way to suspend, and what is built on it alone: sleeping, conditions, the FIFO lock, cancel and shields. */
#include "fault.h"
#include "internal.h"

/* ---- park and wake ---- */

bool vr_wait_enter(const char *what, struct vr_error **err)
{
    struct vr_fiber *self = vr_loop.current;
    vr_require(self, "waits for %s outside a fiber", what);
    vr_require(!vr_loop.atomic_depth, "fiber '%s' waits for %s inside an atomic section", self->name, what);
    if (vr_fault_hit(self, what, err))
        return false;
    return !vr_cancelled() || vr_wake_result(VR_WAKE_CANCEL, what, err);
}

static VR_SUSPENDS enum vr_wake park(const char *what, vr_time deadline)
{
    struct vr_fiber *self = vr_loop.current;
    vr_require(!vr_loop.atomic_depth, "fiber '%s' suspends inside an atomic section", self->name);
    self->wait_what = what;
    self->wait_since = vr_loop.now;
    self->state = VR_FIBER_PARKED;
    vr_heap_set(&self->timer, deadline);
    vr_switch_out();
    self->wait_what = NULL;
    self->wait_fd = -1;
    self->wait_owner = NULL;
    return self->wake;
}

/* A wait that ends before it begins leaves no trace of the fiber in the queue it had entered. */
static enum vr_wake not_parked(enum vr_wake why)
{
    struct vr_fiber *self = vr_loop.current;
    if (self->waiter)
        vr_waiter_unlink(self->waiter);
    self->wait_fd = -1;
    self->wait_owner = NULL;
    return why;
}

VR_SUSPENDS enum vr_wake vr_park(const char *what, vr_time deadline)
{
    struct vr_fiber *self = vr_loop.current;
    if (vr_cancelled())
        return not_parked(VR_WAKE_CANCEL);
    if (self->shields)
        deadline = vr_sooner(deadline, self->shield_deadline);
    if (deadline <= vr_loop.now)
        return not_parked(VR_WAKE_TIMEOUT);
    return park(what, deadline);
}

VR_SUSPENDS enum vr_wake vr_park_deaf(const char *what, vr_time deadline)
{
    /* A shield of its own keeps cancel out; its deadline replaces that of the shields around it. */
    struct vr_fiber *self = vr_loop.current;
    self->shields++;
    enum vr_wake why = park(what, deadline);
    self->shields--;
    return why;
}

bool vr_wake(struct vr_fiber *fiber, enum vr_wake why)
{
    if (fiber->state != VR_FIBER_PARKED)
        return false;
    vr_heap_clear(&fiber->timer);
    if (fiber->waiter)
        vr_waiter_unlink(fiber->waiter);
    fiber->wake = why;
    vr_ready_push(fiber);
    return true;
}

bool vr_wake_result(enum vr_wake why, const char *what, struct vr_error **err)
{
    if (why == VR_WAKE_EVENT)
        return true;
    const char *note = vr_loop.current ? vr_loop.current->note : NULL;
    switch (why) {
    case VR_WAKE_TIMEOUT:
        return note ? vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, "%s", note)
                    : vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, _("waiting for %s"), what);
    case VR_WAKE_ABORT:
        return vr_fail(err, VIR_ERR_OPERATION_ABORTED, _("closed while waiting for %s"), what);
    default:
        return note ? vr_fail(err, VIR_ERR_OPERATION_ABORTED, _("cancelled while %s"), note)
                    : vr_fail(err, VIR_ERR_OPERATION_ABORTED, _("cancelled while waiting for %s"), what);
    }
}

/* ---- sleeping ---- */

VR_SUSPENDS bool vr_sleep_until(vr_time when, struct vr_error **err)
{
    static const char what[] = "time to pass";
    if (!vr_wait_enter(what, err))
        return false;
    enum vr_wake why = vr_park(what, when);
    /* Only a shield ends the sleep early with a timeout. */
    if (why == VR_WAKE_TIMEOUT && when <= vr_loop.now)
        return true;
    return vr_wake_result(why, what, err);
}

VR_SUSPENDS void vr_yield(void)
{
    struct vr_fiber *self = vr_loop.current;
    vr_require(self, "outside a fiber");
    vr_require(!vr_loop.atomic_depth, "fiber '%s' yields inside an atomic section", self->name);
    vr_ready_push(self);
    vr_switch_out();
}

/* ---- conditions ---- */

void vr_cond_queue(struct vr_cond *cond, struct vr_waiter *waiter)
{
    waiter->cond = cond;
    waiter->fiber = vr_loop.current;
    waiter->prev = cond->last;
    waiter->next = NULL;
    if (cond->last)
        cond->last->next = waiter;
    else
        cond->first = waiter;
    cond->last = waiter;
    waiter->fiber->waiter = waiter;
}

void vr_waiter_unlink(struct vr_waiter *waiter)
{
    struct vr_cond *cond = waiter->cond;
    if (waiter->prev)
        waiter->prev->next = waiter->next;
    else
        cond->first = waiter->next;
    if (waiter->next)
        waiter->next->prev = waiter->prev;
    else
        cond->last = waiter->prev;
    waiter->cond = NULL;
    waiter->fiber->waiter = NULL;
}

VR_SUSPENDS bool vr_cond_wait(struct vr_cond *cond, vr_time deadline, struct vr_error **err)
{
    static const char what[] = "a condition";
    if (!vr_wait_enter(what, err))
        return false;
    struct vr_waiter waiter;
    vr_cond_queue(cond, &waiter);
    return vr_wake_result(vr_park(what, deadline), what, err);
}

void vr_cond_signal(struct vr_cond *cond)
{
    if (cond->first)
        vr_wake(cond->first->fiber, VR_WAKE_EVENT); /* takes it out of the queue */
}

void vr_cond_broadcast(struct vr_cond *cond)
{
    while (cond->first)
        vr_wake(cond->first->fiber, VR_WAKE_EVENT);
}

bool vr_cond_has_waiters(const struct vr_cond *cond)
{
    return cond->first != NULL;
}

/* ---- lock ---- */

VR_SUSPENDS bool vr_lock_take(struct vr_lock *lock, vr_time deadline, struct vr_error **err)
{
    static const char what[] = "a lock";
    struct vr_fiber *self = vr_loop.current;
    if (!vr_wait_enter(what, err))
        return false;
    if (lock->owner == self)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("fiber '%s' takes a lock that it holds"), self->name);
    if (lock->owner) {
        struct vr_waiter waiter;
        vr_cond_queue(&lock->queue, &waiter);
        self->wait_owner = lock->owner;
        enum vr_wake why = vr_park(what, deadline);
        /* Whoever released the lock has made this fiber its owner. */
        if (why == VR_WAKE_TIMEOUT && !self->note)
            return vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, _("waiting for a lock held by '%s' for %.1f s"),
                           lock->owner ? lock->owner->name : "?", (double)(vr_now() - lock->since) / 1e9);
        return vr_wake_result(why, what, err);
    }
    lock->owner = self;
    lock->since = vr_loop.now;
    self->locks++;
    return true;
}

void vr_lock_release(struct vr_lock *lock)
{
    struct vr_fiber *self = vr_loop.current;
    vr_require(self && lock->owner == self, "lock released by '%s', held by '%s'", self ? self->name : "the loop",
               lock->owner ? lock->owner->name : "nobody");
    self->locks--;
    lock->owner = NULL;
    if (!lock->queue.first)
        return;
    /* Handed over, not offered: nobody can slip in between, so the order is that of arrival. */
    struct vr_fiber *next = lock->queue.first->fiber;
    vr_wake(next, VR_WAKE_EVENT);
    lock->owner = next;
    lock->since = vr_loop.now;
    next->locks++;
    for (struct vr_waiter *w = lock->queue.first; w; w = w->next)
        w->fiber->wait_owner = next;
}

/* ---- cancel and shields ---- */

void vr_fiber_cancel(struct vr_fiber *fiber)
{
    fiber->cancelled = true;
    if (!fiber->shields)
        vr_wake(fiber, VR_WAKE_CANCEL);
}

bool vr_cancelled(void)
{
    const struct vr_fiber *self = vr_loop.current;
    return self && self->cancelled && !self->shields;
}

struct vr_shield vr_shield_begin(vr_time deadline)
{
    struct vr_fiber *self = vr_loop.current;
    struct vr_shield shield = { .active = true };
    if (self) {
        shield.outer_deadline = self->shield_deadline;
        self->shield_deadline = self->shields ? vr_sooner(deadline, self->shield_deadline) : deadline;
        self->shields++;
    }
    return shield;
}

void vr_shield_end(struct vr_shield *shield)
{
    struct vr_fiber *self = vr_loop.current;
    if (self) {
        vr_require(self->shields > 0, "fiber '%s' leaves a shield it is not in", self->name);
        self->shields--;
        self->shield_deadline = shield->outer_deadline;
    }
    shield->active = false;
}

/* ---- atomic sections ---- */

int vr_atomic_begin(void)
{
    return ++vr_loop.atomic_depth;
}

void vr_atomic_end(int *token)
{
    vr_require(vr_loop.atomic_depth == *token, "atomic sections end out of order");
    vr_loop.atomic_depth--;
}

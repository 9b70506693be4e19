/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.job"
#include "job.h"
#include <stdlib.h>
#include "base/alloc.h"
#include "base/log.h"
#include "domain.h"

/* Beyond so many waiters on one guest the next is refused: a stuck guest must not fill the daemon with parked fibers. */
#define WAITERS_MAX 1000

struct vr_job_waiter {
    struct vr_job_waiter *next;
    enum vr_job_kind kind;
    const char *owner;
    vr_time since;
    struct vr_job *granted;
    struct vr_cond cond;
};

static const char *const kind_names[] = { "none", "query", "modify", "destroy", "async", "agent" };

const char *vr_job_kind_name(enum vr_job_kind kind)
{
    return kind_names[kind];
}

static struct vr_job **slot_of(struct vr_domain *dom, enum vr_job_kind kind)
{
    return kind == VR_JOB_AGENT ? &dom->jobs.agent : &dom->jobs.active;
}

static bool may_begin(struct vr_domain *dom, enum vr_job_kind kind)
{
    if (*slot_of(dom, kind))
        return false;
    return dom->jobs.async == VR_JOB_NONE || kind == VR_JOB_DESTROY || kind == VR_JOB_AGENT ||
           (dom->jobs.async_allows & (1u << kind));
}

static struct vr_job *grant(struct vr_domain *dom, enum vr_job_kind kind, const char *owner)
{
    struct vr_job *job = vr_new(struct vr_job);
    job->dom = vr_domain_ref(dom);
    job->kind = kind;
    job->owner = owner;
    job->since = vr_now();
    *slot_of(dom, kind) = job;
    return job;
}

/* Hands free slots to the first waiters that fit: FIFO per slot, and a waiter held back by an async job lets others by. */
static void serve(struct vr_domain *dom)
{
    for (struct vr_job_waiter **at = &dom->jobs.first; *at;) {
        struct vr_job_waiter *w = *at;
        if (!may_begin(dom, w->kind)) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        dom->jobs.waiting--;
        w->granted = grant(dom, w->kind, w->owner);
        vr_cond_signal(&w->cond);
    }
}

static bool queued_before(struct vr_domain *dom, enum vr_job_kind kind)
{
    for (struct vr_job_waiter *w = dom->jobs.first; w; w = w->next)
        if (slot_of(dom, w->kind) == slot_of(dom, kind))
            return true;
    return false;
}

struct vr_job *vr_job_try(struct vr_domain *dom, enum vr_job_kind kind, const char *owner)
{
    return may_begin(dom, kind) && !queued_before(dom, kind) ? grant(dom, kind, owner) : NULL;
}

void vr_jobs_each(const struct vr_domain *dom, vr_jobs_fn *fn, void *opaque)
{
    const struct vr_jobs *jobs = &dom->jobs;
    if (jobs->async != VR_JOB_NONE)
        fn(opaque, "async", true, jobs->async_operation ? jobs->async_operation : "", VR_JOB_ASYNC, jobs->async_since);
    if (jobs->active)
        fn(opaque, "monitor", true, jobs->active->owner, jobs->active->kind, jobs->active->since);
    if (jobs->agent)
        fn(opaque, "agent", true, jobs->agent->owner, jobs->agent->kind, jobs->agent->since);
    for (const struct vr_job_waiter *w = jobs->first; w; w = w->next)
        fn(opaque, w->kind == VR_JOB_AGENT ? "agent" : "monitor", false, w->owner, w->kind, w->since);
}

static void report_busy(struct vr_domain *dom, enum vr_job_kind kind, struct vr_error **err)
{
    const struct vr_job *holder = *slot_of(dom, kind);
    vr_time now = vr_now();
    if (!holder) {
        vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, _("cannot acquire state change lock (held by monitor=%s)"),
                dom->jobs.async_operation ? dom->jobs.async_operation : "async job");
        vr_error_suffix(err, _("; it runs since %lld s"), (long long)((now - dom->jobs.async_since) / VR_SEC(1)));
        return;
    }
    vr_fail(err, VIR_ERR_OPERATION_TIMEOUT,
            kind == VR_JOB_AGENT ? _("cannot acquire state change lock (held by agent=%s)")
                                 : _("cannot acquire state change lock (held by monitor=%s)"), holder->owner);
    vr_error_suffix(err, _("; domain '%s' is busy with it since %lld s"), dom->name,
                    (long long)((now - holder->since) / VR_SEC(1)));
}

VR_SUSPENDS struct vr_job *vr_job_begin(struct vr_domain *dom, enum vr_job_kind kind, const char *owner,
                                        vr_time deadline, struct vr_error **err)
{
    struct vr_job *job = vr_job_try(dom, kind, owner);
    if (job)
        return job;
    if (dom->jobs.waiting >= WAITERS_MAX) {
        vr_fail(err, VIR_ERR_OPERATION_FAILED, _("cannot acquire state change lock due to max_queued limit"));
        return NULL;
    }
    struct vr_job_waiter w = { .kind = kind, .owner = owner, .since = vr_now() };
    struct vr_job_waiter **tail = &dom->jobs.first;
    while (*tail)
        tail = &(*tail)->next;
    *tail = &w;
    dom->jobs.waiting++;
    struct vr_domain *held = vr_domain_ref(dom);
    VR_AUTO(vr_error) *wait_err = NULL;
    vr_fiber_note("job");
    while (!w.granted && !wait_err)
        vr_cond_wait(&w.cond, deadline, &wait_err);
    vr_fiber_note(NULL);
    if (!w.granted) {
        for (struct vr_job_waiter **at = &dom->jobs.first; *at; at = &(*at)->next) {
            if (*at == &w) {
                *at = w.next;
                dom->jobs.waiting--;
                break;
            }
        }
        if (wait_err->code == VIR_ERR_OPERATION_TIMEOUT)
            report_busy(dom, kind, err);
        else
            vr_error_move(err, &wait_err);
    }
    vr_domain_unref(held);
    return w.granted;
}

void vr_job_free(struct vr_job *job)
{
    if (!job)
        return;
    struct vr_domain *dom = job->dom;
    *slot_of(dom, job->kind) = NULL;
    serve(dom);
    free(job);
    vr_domain_unref(dom);
}

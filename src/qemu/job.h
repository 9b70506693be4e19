/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Jobs: what a fiber must hold while it looks at or changes a guest across waits. One of query, modify or destroy runs at a
 * time per guest, in the order in which they were asked for. Agent jobs queue apart, so that a silent guest agent never
 * blocks the monitor. An async job (dump, save, migration) is a mark beside that lock: while it is set, only the kinds it
 * allows may begin.
 */
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/error.h"
#include "loop/loop.h"

struct vr_domain;
struct vr_call;

enum vr_job_kind {
    VR_JOB_NONE,
    VR_JOB_QUERY,   /* asks the guest, changes nothing */
    VR_JOB_MODIFY,
    VR_JOB_DESTROY, /* as modify, and allowed beside every async job */
    VR_JOB_ASYNC,
    VR_JOB_AGENT,
};
const char *vr_job_kind_name(enum vr_job_kind kind);

struct vr_job_waiter;

/** The jobs of one guest; zero-initialised, part of struct vr_domain. */
struct vr_jobs {
    struct vr_job *active;          /* query, modify or destroy */
    struct vr_job *agent;
    struct vr_job_waiter *first;    /* FIFO of those who wait for `active` or `agent` */
    enum vr_job_kind async;         /* VR_JOB_ASYNC while one runs */
    const char *async_operation;
    uint32_t async_allows;          /* bits 1 << enum vr_job_kind */
    vr_time async_since;
    size_t waiting;
};

/** One job held. Made by vr_job_begin. */
struct vr_job {
    struct vr_domain *dom;          /* a reference is held */
    enum vr_job_kind kind;
    const char *owner;              /* the procedure's name; borrowed from a constant */
    vr_time since;
};

/**
 * vr_job_begin - wait for a job on a guest
 * @owner:    constant text naming the call, as stock does ("virDomainSuspend"); shown to those who wait for it
 * @deadline: absolute; vr_after(VR_SPAN_JOB) for calls
 *
 * Holds a reference to @dom until the end. OPERATION_TIMEOUT "cannot acquire state change lock" past the deadline,
 * OPERATION_ABORTED when cancelled. What was known of the guest before the call may have changed.
 */
VR_SUSPENDS struct vr_job *vr_job_begin(struct vr_domain *dom, enum vr_job_kind kind, const char *owner,
                                        vr_time deadline, struct vr_error **err);
/** The same without waiting: NULL and no error when the guest is busy. */
struct vr_job *vr_job_try(struct vr_domain *dom, enum vr_job_kind kind, const char *owner);
/** Ends the job and wakes the next in line. NULL is allowed. */
void vr_job_free(struct vr_job *job);
VR_DEFINE_AUTO(vr_job)

/** A job that is held, or one that is waited for, since @since. @lock: "monitor", "agent" or "async". */
typedef void vr_jobs_fn(void *opaque, const char *lock, bool held, const char *owner, enum vr_job_kind kind, vr_time since);
/** Who holds the guest's jobs, then who waits, in the order in which they will be served. */
void vr_jobs_each(const struct vr_domain *dom, vr_jobs_fn *fn, void *opaque);

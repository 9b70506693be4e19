/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"
/* Jobs: order, kinds, deadlines, cancel. */
#include <stdio.h>
#include "base/alloc.h"
#include "base/str.h"
#include "domain.h"
#include "job.h"
#include "loop/loop.h"

/* The jobs need no more of a guest than its counter and name. */
struct vr_domain *vr_domain_ref(struct vr_domain *dom)
{
    dom->refs++;
    return dom;
}
void vr_domain_unref(struct vr_domain *dom)
{
    if (dom)
        dom->refs--;
}

static char name[] = "tiny";
static struct vr_domain guest = { .refs = 1, .name = name };
static char trace[512];
static struct vr_error *errs[8];

static void note(const char *text)
{
    strncat(trace, text, sizeof(trace) - strlen(trace) - 1);
}

struct taker {
    const char *text;
    enum vr_job_kind kind;
    vr_time hold, wait;
    int slot;
};

static void taker_main(void *arg)
{
    const struct taker *t = arg;
    VR_AUTO(vr_job) *job = vr_job_begin(&guest, t->kind, t->text, vr_after(t->wait), &errs[t->slot]);
    if (!job)
        return;
    note(t->text);
    if (t->hold)
        vr_sleep_until(vr_after(t->hold), NULL);
    note(".");
}

static void run_takers(struct taker *takers, size_t n, struct vr_group *g)
{
    for (size_t i = 0; i < n; i++) {
        vr_fiber_start(g, takers[i].text, taker_main, &takers[i], NULL);
        vr_yield();
    }
}

struct body {
    void (*fn)(void);
};
static void body_main(void *arg)
{
    ((struct body *)arg)->fn();
    vr_loop_quit(0);
}
static void run(void (*fn)(void))
{
    VR_AUTO(vr_error) *err = NULL;
    struct body body = { fn };
    EXPECT_OK(vr_loop_init(&err), err);
    vr_loop_test_clock(true);
    EXPECT_OK(vr_fiber_start(NULL, "test", body_main, &body, &err), err);
    EXPECT_EQ(vr_loop_run(), 0);
    EXPECT_EQ(vr_fiber_count(), 0);
    vr_loop_done();
    EXPECT_EQ(guest.refs, 1);
    EXPECT(!guest.jobs.active && !guest.jobs.agent && !guest.jobs.first);
    EXPECT_EQ(guest.jobs.waiting, 0);
}

static void in_turn(void)
{
    static struct taker takers[] = {
        { "a", VR_JOB_MODIFY, VR_MS(10), VR_SEC(30), 0 }, { "b", VR_JOB_QUERY, VR_MS(10), VR_SEC(30), 1 },
        { "c", VR_JOB_MODIFY, VR_MS(10), VR_SEC(30), 2 }, { "d", VR_JOB_DESTROY, VR_MS(10), VR_SEC(30), 3 },
    };
    struct vr_group *g = vr_group_new("takers");
    run_takers(takers, VR_COUNT(takers), g);
    vr_group_join(g, vr_after(VR_SEC(60)), NULL);
    vr_group_free(g);
}

VR_TEST(jobs_are_given_in_the_order_they_were_asked_for)
{
    run(in_turn);
    EXPECT_STR(trace, "a.b.c.d.");
}

static void agent_beside(void)
{
    static struct taker takers[] = {
        { "agent ", VR_JOB_AGENT, VR_SEC(60), VR_SEC(30), 0 }, { "query ", VR_JOB_QUERY, 0, VR_SEC(30), 1 },
        { "second agent ", VR_JOB_AGENT, 0, VR_SEC(30), 2 },
    };
    struct vr_group *g = vr_group_new("takers");
    run_takers(takers, VR_COUNT(takers), g);
    vr_group_join(g, vr_after(VR_SEC(90)), NULL);
    vr_group_free(g);
}

VR_TEST(a_silent_agent_does_not_hold_up_the_monitor)
{
    run(agent_beside);
    EXPECT_STR(trace, "agent query ..");
    EXPECT_EQ(errs[2]->code, VIR_ERR_OPERATION_TIMEOUT);
    EXPECT_STR_HAS(errs[2]->message, "held by agent=agent ");
}

static void too_long(void)
{
    static struct taker takers[] = {
        { "virDomainSuspend", VR_JOB_MODIFY, VR_SEC(100), VR_SEC(30), 0 },
        { "b", VR_JOB_MODIFY, 0, VR_SEC(30), 1 },
        { "c", VR_JOB_MODIFY, 0, VR_SEC(200), 2 },
    };
    struct vr_group *g = vr_group_new("takers");
    run_takers(takers, VR_COUNT(takers), g);
    vr_group_join(g, vr_after(VR_SEC(300)), NULL);
    vr_group_free(g);
}

VR_TEST(waiting_past_the_deadline_names_the_holder_and_lets_the_next_go_on)
{
    run(too_long);
    EXPECT_EQ(errs[1]->code, VIR_ERR_OPERATION_TIMEOUT);
    EXPECT(vr_starts_with(errs[1]->message,
                          "Timed out during operation: cannot acquire state change lock (held by monitor=virDomainSuspend)"));
    EXPECT_STR_HAS(errs[1]->message, "since 30 s");
    EXPECT_STR(trace, "virDomainSuspend.c.");
}

static void cancelled(void)
{
    static struct taker takers[] = {
        { "a", VR_JOB_MODIFY, VR_SEC(10), VR_SEC(30), 0 }, { "b", VR_JOB_MODIFY, 0, VR_SEC(30), 1 },
    };
    struct vr_group *holders = vr_group_new("holder"), *waiters = vr_group_new("waiter");
    run_takers(takers, 1, holders);
    run_takers(takers + 1, 1, waiters);
    vr_group_close(waiters);
    vr_group_join(holders, vr_after(VR_SEC(60)), NULL);
    vr_group_free(holders);
    vr_group_free(waiters);
}

VR_TEST(a_cancelled_waiter_leaves_the_queue)
{
    run(cancelled);
    EXPECT_EQ(errs[1]->code, VIR_ERR_OPERATION_ABORTED);
    EXPECT_STR(trace, "a.");
}

static void try_it(void)
{
    struct vr_job *first = vr_job_try(&guest, VR_JOB_QUERY, "first");
    struct vr_job *second = vr_job_try(&guest, VR_JOB_QUERY, "second");
    note(first ? "1" : "0");
    note(second ? "1" : "0");
    vr_job_free(first);
    guest.jobs.async = VR_JOB_ASYNC;
    guest.jobs.async_operation = "virDomainSave";
    guest.jobs.async_allows = 1u << VR_JOB_QUERY;
    struct vr_job *query = vr_job_try(&guest, VR_JOB_QUERY, "query");
    note(query ? "1" : "0");
    vr_job_free(query);
    struct vr_job *modify = vr_job_begin(&guest, VR_JOB_MODIFY, "modify", vr_after(VR_SEC(1)), &errs[0]);
    note(modify ? "1" : "0");
    struct vr_job *destroy = vr_job_try(&guest, VR_JOB_DESTROY, "destroy");
    note(destroy ? "1" : "0");
    vr_job_free(destroy);
    guest.jobs.async = VR_JOB_NONE;
}

VR_TEST(an_async_job_lets_in_only_what_it_allows_and_destroy)
{
    run(try_it);
    EXPECT_STR(trace, "10101");
    EXPECT_STR_HAS(errs[0]->message, "held by monitor=virDomainSave");
}

VR_TESTS("qemu_job", jobs_are_given_in_the_order_they_were_asked_for, a_silent_agent_does_not_hold_up_the_monitor,
         waiting_past_the_deadline_names_the_holder_and_lets_the_next_go_on, a_cancelled_waiter_leaves_the_queue,
         an_async_job_lets_in_only_what_it_allows_and_destroy)

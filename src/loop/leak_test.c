/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that only a parked fiber holds is no leak, and lost memory is one. A program of its own, built with
 * AddressSanitizer only: the leak check looks at the whole process, and test frameworks lose a little themselves.
 */
#include <sanitizer/lsan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/alloc.h"
#include "loop.h"

static struct vr_cond holding;
static int parked_leaks;

static void hold_memory(void *arg)
{
    char *volatile held = vr_strdup("only this stack knows");
    vr_cond_wait(&holding, vr_after(VR_SEC(100)), NULL);
    free(held);
}

static __attribute__((noinline)) void lose_memory(void)
{
    char *volatile lost = vr_alloc(12345);
    lost = NULL;
    (void)lost;
}

static void park_and_check(void *arg)
{
    struct vr_group *group = vr_group_new("holders");
    for (int i = 0; i < 50; i++)
        vr_fiber_start(group, "holder", hold_memory, NULL, NULL);
    vr_yield();
    parked_leaks = __lsan_do_recoverable_leak_check();
    vr_group_close(group);
    vr_group_free(group);
    vr_loop_quit(0);
}

int main(void)
{
    if (!vr_loop_init(NULL) || !vr_fiber_start(NULL, "main", park_and_check, NULL, NULL))
        return 1;
    vr_loop_run();
    vr_loop_done();
    if (parked_leaks) {
        fprintf(stderr, "memory held by parked fibers was taken for a leak\n");
        return 1;
    }
    lose_memory();
    if (!__lsan_do_recoverable_leak_check()) {
        fprintf(stderr, "lost memory was not found, so the check above means nothing\n");
        return 1;
    }
    _exit(0); /* without the check at exit, which would report the loss above again */
}

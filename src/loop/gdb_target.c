/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program with three parked fibers that ends by abort(), for gdb_test.py to look at. */
#include <stdlib.h>
#include "loop.h"

static struct vr_lock door;
static struct vr_cond bell;

VR_SUSPENDS static __attribute__((noinline)) void wait_at_the_bell(int visitor)
{
    vr_fiber_note("waiting for somebody to open");
    vr_cond_wait(&bell, vr_after(VR_SEC(100)), NULL);
    __asm__ volatile("" : : "r"(visitor));
}

static void keeper(void *arg)
{
    vr_lock_take(&door, vr_after(VR_SEC(100)), NULL);
    wait_at_the_bell(4711);
}

static void guest(void *arg)
{
    vr_lock_take(&door, vr_after(VR_SEC(100)), NULL);
}

static void crash(void *arg)
{
    vr_sleep_until(vr_after(VR_MS(10)), NULL);
    abort();
}

int main(void)
{
    if (!vr_loop_init(NULL))
        return 1;
    struct vr_group *house = vr_group_new("house");
    vr_fiber_start(house, "keeper", keeper, NULL, NULL);
    vr_fiber_start(house, "guest", guest, NULL, NULL);
    vr_fiber_start(NULL, "crash", crash, NULL, NULL);
    return vr_loop_run();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What /proc tells of a guest's process and threads. Only files that a sick process cannot block (FIBERS rule 9). */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct vr_procstat {
    uint64_t user_ns, system_ns;
    int cpu;            /* on which it ran last */
    uint64_t rss_kib;
    char state;         /* 'R', 'S', 'T', ... */
    uint64_t start_ticks; /* field 22: tells a process from a later one of the same pid */
};
/** Of the process, or with tid != 0 of one of its threads. False when it is gone. */
bool vr_procstat_read(pid_t pid, pid_t tid, struct vr_procstat *out);
/** Time a thread spent runnable but not running, ns. */
bool vr_procstat_delay(pid_t pid, pid_t tid, uint64_t *delay_ns);
/** Time a thread waited as the scheduler counts it, ns; 0 where the kernel does not count. */
bool vr_procstat_wait(pid_t pid, pid_t tid, uint64_t *wait_ns);

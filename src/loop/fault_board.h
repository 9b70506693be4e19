/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * How a test outside the process asks for faults: a file that it, the daemon and the system-call shim (tests/fault) map.
 * The daemon looks at the one named by VIREO_FAULT, in builds with test hooks, and never with changed privileges.
 */
#include <stdint.h>

#define VR_FAULT_MAGIC 0x54465256u
#define VR_FAULT_NAME 64

enum vr_fault_ask {
    VR_ASK_NOTHING,
    VR_ASK_COUNT,   /* count what is in scope */
    VR_ASK_FAIL,    /* a system call: fails with `number`; a wait: ends as if its deadline had passed */
    VR_ASK_CANCEL,  /* a wait: its fiber is cancelled, as when the client leaves */
    VR_ASK_KILL,    /* the process `number` gets SIGKILL, and all goes on */
    VR_ASK_DIE,     /* the daemon gets SIGKILL */
};

struct vr_fault_side {
    uint32_t ask;           /* enum vr_fault_ask */
    uint32_t at;            /* 1: the next one in scope */
    uint32_t seen;          /* since `ask` was set */
    int32_t number;
    char scope[VR_FAULT_NAME]; /* waits: of fibers whose name begins so; calls: unused */
    char hit[VR_FAULT_NAME];   /* what number `at` was */
};
struct vr_fault_board {
    uint32_t magic;
    uint32_t record;        /* the shim writes what changes files to FILE.log */
    struct vr_fault_side waits, calls;
};

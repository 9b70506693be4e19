/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Commands that wait for events: with --loop until ^C or the timeout, else until the first one. Reads the options "loop",
 * "timeout" and "timestamp" of the command. Callbacks come on the thread of events and hand their text to vr_event_came.
 */
#include <pthread.h>
#include "virsh.h"

struct vr_event_wait {
    struct vr_cmd *cmd;
    bool loop, timestamp;
    int timeout_ms;
    int wake[2];
    pthread_mutex_t lock;
    int count; /* guarded */
};
/** False, reported. Interruptions are caught from here to _done. */
bool vr_event_wait_init(struct vr_cmd *cmd, struct vr_event_wait *wait);
/** Any thread: prints an event; the second and further ones are not printed without --loop. */
void vr_event_came(struct vr_event_wait *wait, const char *text);
/** Waits; prints why it ended and how many came. */
bool vr_event_wait_run(struct vr_event_wait *wait);
void vr_event_wait_done(struct vr_event_wait *wait);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Log lines are written by a thread of their own: a pipe that nobody empties or a disk that hangs holds up no guest. What does
 * not fit into the queue is lost, counted, and told when there is room again.
 */

/** From now on. Before it, and when no thread can be had, lines are written at once. */
void vr_logqueue_start(void);
/** Writes what is queued, for a second or two at most, and goes back to writing at once. */
void vr_logqueue_stop(void);

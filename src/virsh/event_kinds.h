/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Commands that wait for events of one kind of object: --list, --event, and the waiting of event_wait.h. */
#include "event_wait.h"

/* The rows of such a command; @completer knows the names of the events. */
#define VR_OPTS_EVENT(completer)                                                                   \
    { "event", VR_OPT_STRING, .help = N_("the kind of event to wait for"), .complete = (completer) },                   \
        { "loop", VR_OPT_BOOL, .help = N_("go on after the first event, until the timeout or an interrupt") },          \
        { "timeout", VR_OPT_INT, .help = N_("seconds to wait at most") },                                               \
        { "list", VR_OPT_BOOL, .help = N_("print the kinds of events there are") },                                     \
        { "timestamp", VR_OPT_BOOL, .help = N_("print when each event came") }

/** A callback of an event's own type as the generic one that registering takes. */
#define VR_EVENT_CALLBACK_AS(generic, function) ((generic)(void (*)(void))(function))

/** The index of --event's value in the NULL-terminated names; -1, reported; -2 when --list was given and answered. */
int vr_event_kind(struct vr_cmd *cmd, const char *const *names);
/** From a callback: prints one event; the text ends without a newline. */
void vr_event_line(struct vr_event_wait *wait, const char *fmt, ...) VR_PRINTF(2, 3);

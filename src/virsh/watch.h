/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Long calls about a guest: made on a thread of their own, so that this one can show how far the guest's job is, end it when
 * the user presses ^C, and act at a timeout.
 */
#include "virsh.h"

struct vr_watch {
    const char *label; /* "Save" */
    bool (*call)(struct vr_cmd *cmd, virDomainPtr dom, void *opaque); /* on the other thread; may complain */
    void *opaque;
    bool verbose;      /* progress on stdout and without a terminal */
    int timeout_ms;    /* 0: none */
    void (*on_timeout)(struct vr_cmd *cmd, virDomainPtr dom, void *opaque);
    void (*on_tick)(struct vr_cmd *cmd, virDomainPtr dom, void *opaque); /* each half second; NULL for none */
};
/** What the call returned. */
bool vr_watch_run(struct vr_cmd *cmd, virDomainPtr dom, const struct vr_watch *watch);

/** "\rLabel: [ 42 %]" on stderr, or stdout. */
void vr_progress(FILE *to, const char *label, unsigned long long remaining, unsigned long long total);

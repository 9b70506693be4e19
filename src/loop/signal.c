/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
/* Signals arrive as events, so that their functions may do what any loop code may. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include "base/alloc.h"
#include "internal.h"

struct on_signal {
    void (*fn)(int signum, void *opaque);
    void *opaque;
    sd_event_source *source;
    struct on_signal *next;
};
static struct on_signal *all;

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *si, void *opaque)
{
    struct on_signal *on = opaque;
    on->fn((int)si->ssi_signo, on->opaque);
    return 0;
}

bool vr_loop_on_signal(int signum, void (*fn)(int signum, void *opaque), void *opaque, struct vr_error **err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signum);
    int r = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (r != 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, r, _("cannot block signal %d"), signum);
    struct on_signal *on = vr_new(struct on_signal);
    on->fn = fn;
    on->opaque = opaque;
    r = sd_event_add_signal(vr_loop.event, &on->source, signum, on_signal, on);
    if (r < 0) {
        free(on);
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, -r, _("cannot watch signal %d"), signum);
    }
    on->next = all;
    all = on;
    return true;
}

void vr_signals_done(void)
{
    while (all) {
        struct on_signal *on = all;
        all = on->next;
        sd_event_source_unref(on->source);
        free(on);
    }
}

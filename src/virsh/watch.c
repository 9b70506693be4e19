/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"

struct running {
    struct vr_cmd *cmd;
    virDomainPtr dom;
    const struct vr_watch *watch;
    int done[2];
    bool ok;
};

static void *run(void *opaque)
{
    struct running *r = opaque;
    r->ok = r->watch->call(r->cmd, r->dom, r->watch->opaque);
    close(r->done[1]); /* the other end is then at its end */
    return NULL;
}

void vr_progress(FILE *to, const char *label, unsigned long long remaining, unsigned long long total)
{
    int percent = 0;
    if (total) {
        percent = 100 - (int)((double)remaining * 100.0 / (double)total);
        if (percent >= 100) /* only the end is 100 */
            percent = 99;
        if (percent < 0)
            percent = 0;
    } else if (!remaining) {
        percent = 100;
    }
    fprintf(to, "\r%s: [%3d %%]", label, percent);
    fflush(to);
}

/* Errors of these questions are nobody's: the call's own matters. */
static bool job_of(virDomainPtr dom, virDomainJobInfo *info)
{
    return virDomainGetJobInfo(dom, info) == 0 && info->type > VIR_DOMAIN_JOB_NONE;
}

static bool watch_loop(struct running *r, FILE *progress)
{
    const struct vr_watch *w = r->watch;
    vr_time start = vr_now();
    bool shown = false, timed_out = false, aborted = false;
    for (;;) {
        struct pollfd fd = { .fd = r->done[0], .events = POLLIN };
        int n = poll(&fd, 1, 500);
        if (n > 0 || (n < 0 && errno != EINTR))
            break;
        if (vr_interrupted() && !aborted) {
            aborted = true;
            virDomainAbortJob(r->dom);
            continue;
        }
        if (w->timeout_ms && !timed_out && vr_now() - start > VR_MS(w->timeout_ms)) {
            timed_out = true;
            if (w->on_timeout)
                w->on_timeout(r->cmd, r->dom, w->opaque);
        }
        virDomainJobInfo info;
        if (progress && job_of(r->dom, &info)) {
            vr_progress(progress, w->label, info.dataRemaining, info.dataTotal);
            shown = true;
        }
        if (w->on_tick)
            w->on_tick(r->cmd, r->dom, w->opaque);
    }
    return shown;
}

bool vr_watch_run(struct vr_cmd *cmd, virDomainPtr dom, const struct vr_watch *watch)
{
    struct running r = { .cmd = cmd, .dom = dom, .watch = watch };
    if (pipe2(r.done, O_CLOEXEC) < 0)
        return vr_complain(cmd, "%s: %s", _("cannot start the call"), strerror(errno));
    bool on_terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && !cmd->sh->quiet;
    FILE *progress = watch->verbose ? stdout : on_terminal ? stderr : NULL;
    vr_events_now();
    vr_catch_int_begin();
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, run, &r);
    if (failed) {
        close(r.done[1]);
        vr_complain(cmd, "%s: %s", _("cannot start the call"), strerror(failed));
    } else {
        bool shown = watch_loop(&r, progress);
        pthread_join(thread, NULL);
        if (watch->verbose && r.ok) {
            vr_progress(stdout, watch->label, 0, 0);
            putchar('\n');
        } else if (shown) {
            fputs(progress == stderr ? "\r\033[K" : "\n", progress);
        }
        fflush(progress ? progress : stdout);
    }
    vr_catch_int_end();
    close(r.done[0]);
    return r.ok;
}

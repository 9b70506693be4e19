/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "event_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"

bool vr_event_wait_init(struct vr_cmd *cmd, struct vr_event_wait *wait)
{
    memset(wait, 0, sizeof(*wait));
    wait->cmd = cmd;
    wait->loop = vr_opt_bool(cmd, "loop");
    wait->timestamp = vr_opt_bool(cmd, "timestamp");
    if (vr_opt_timeout_ms(cmd, "timeout", &wait->timeout_ms) < 0)
        return false;
    if (pipe2(wait->wake, O_CLOEXEC | O_NONBLOCK) < 0)
        return vr_complain(cmd, _("cannot wait for events: %s"), strerror(errno));
    pthread_mutex_init(&wait->lock, NULL);
    vr_catch_int_begin();
    vr_events_now();
    return true;
}

void vr_event_came(struct vr_event_wait *wait, const char *text)
{
    pthread_mutex_lock(&wait->lock);
    if (wait->count == 0 || wait->loop) {
        char stamp[64] = "";
        if (wait->timestamp)
            vr_stamp(stamp, sizeof(stamp));
        vr_print(wait->cmd, "%s%s%s", stamp, wait->timestamp ? ": " : "", text);
        fflush(stdout);
        wait->count++;
    }
    pthread_mutex_unlock(&wait->lock);
    if (!wait->loop) {
        ssize_t n = write(wait->wake[1], "x", 1); /* full: it is awake already */
        (void)n;
    }
}

bool vr_event_wait_run(struct vr_event_wait *wait)
{
    vr_time end = wait->timeout_ms ? vr_after(VR_MS(wait->timeout_ms)) : 0;
    bool ok = true;
    for (;;) {
        int left = 500;
        if (end) {
            vr_time span = (end - vr_now()) / 1000000;
            left = span < 0 ? 0 : span < 500 ? (int)span + 1 : 500;
        }
        struct pollfd fd = { .fd = wait->wake[0], .events = POLLIN };
        int n = poll(&fd, 1, left);
        if (vr_interrupted()) {
            vr_print_extra(wait->cmd, "%s", _("event loop interrupted\n"));
            break;
        }
        if (n > 0)
            break;
        if (end && vr_now() >= end) {
            vr_print_extra(wait->cmd, "%s", _("event loop timed out\n"));
            break;
        }
        if (virConnectIsAlive(vr_conn(wait->cmd)) != 1) {
            ok = vr_complain(wait->cmd, "%s", _("the connection to the hypervisor is lost"));
            break;
        }
    }
    pthread_mutex_lock(&wait->lock);
    vr_print(wait->cmd, _("events received: %d\n"), wait->count);
    bool none = wait->count == 0;
    pthread_mutex_unlock(&wait->lock);
    return ok && !none;
}

void vr_event_wait_done(struct vr_event_wait *wait)
{
    vr_catch_int_end();
    if (virConnectIsAlive(vr_conn(wait->cmd)) != 1) /* that it is lost was said */
        vr_forget_error(wait->cmd);
    close(wait->wake[0]);
    close(wait->wake[1]);
}

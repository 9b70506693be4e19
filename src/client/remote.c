/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#define VR_LOG_SOURCE "rpc.netclient"
#include "remote_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "events.h"
#include "eventloop.h"
#include "local.h"

/* Stream data nobody takes: above this the event loop stops reading until somebody does. */
#define STREAM_BACKLOG (32u * 1024 * 1024)

struct vr_remote *vr_remote_new(const struct vr_transport *how, virConnectPtr conn)
{
    struct vr_remote *r = vr_new(struct vr_remote);
    r->refs = 1;
    r->how = *how;
    r->fd = how->fd;
    r->conn = conn;
    r->watch = r->timer = r->ping_timer = -1;
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fcntl(r->fd, F_SETFL, fcntl(r->fd, F_GETFL) | O_NONBLOCK);
    pthread_mutex_init(&r->lock, NULL);
    vr_packet_reader_init(&r->reader, how->unix_socket);
    return r;
}

struct vr_remote *vr_remote_new_local(virConnectPtr conn)
{
    struct vr_remote *r = vr_new(struct vr_remote);
    r->refs = 1;
    r->fd = r->wake = -1;
    r->how = vr_transport_of_unix(-1); /* nobody listens in here either */
    r->conn = conn;
    r->watch = r->timer = r->ping_timer = -1;
    pthread_mutex_init(&r->lock, NULL);
    vr_packet_reader_init(&r->reader, false);
    return r;
}

void vr_remote_set_local(struct vr_remote *r, struct vr_local *local)
{
    r->local = local;
}

struct vr_local *vr_remote_local(const struct vr_remote *r)
{
    return r->local;
}

void vr_remote_unref(struct vr_remote *r)
{
    if (atomic_fetch_sub(&r->refs, 1) != 1)
        return;
    vr_packet_reader_done(&r->reader);
    vr_buf_done(&r->out);
    vr_buf_done(&r->wire);
    vr_filters_done(&r->how.filters);
    vr_error_free(r->dead);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static void unref_cb(void *opaque)
{
    vr_remote_unref(opaque);
}

/* ---- leaving the lock -------------------------------------------------------------------------------------------- */

/*
 * What must be told to the application's code is told after the lock was released: timers of its event loop, and its
 * close callback.
 */
void vr_remote_leave(struct vr_remote *r)
{
    bool events = r->events_came;
    virConnectPtr closed = r->dead && !r->close_told && !r->closing && !r->reading ? vr_connect_try_ref(r->conn) : NULL;
    int reason = r->close_reason, timer = r->timer;
    int due[16];
    size_t due_count = 0;
    for (struct vr_stream_end *s = r->streams; s && due_count < VR_COUNT(due); s = s->next) {
        if (s->news && s->timer >= 0)
            due[due_count++] = s->timer;
        s->news = false;
    }
    r->events_came = false;
    r->close_told |= closed != NULL;
    int watch = -1, want = 0;
    if (r->watch >= 0 && r->dead) {
        watch = r->watch;
        r->watch = -1;
        want = -1;
    } else if (r->watch >= 0) {
        want = VIR_EVENT_HANDLE_READABLE;
        if (r->backlog > STREAM_BACKLOG)
            want = 0;
        if (vr_remote_unsent(r))
            want |= VIR_EVENT_HANDLE_WRITABLE;
        if (want != r->watching) {
            watch = r->watch;
            r->watching = want;
        }
    }
    pthread_mutex_unlock(&r->lock);
    if (watch >= 0 && want < 0)
        virEventRemoveHandle(watch);
    else if (watch >= 0)
        virEventUpdateHandle(watch, want);
    for (size_t i = 0; i < due_count; i++)
        virEventUpdateTimeout(due[i], 0);
    if (events && timer >= 0)
        virEventUpdateTimeout(timer, 0);
    if (closed)
        vr_connect_closed(closed, reason);
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

void vr_remote_dies(struct vr_remote *r, int reason, struct vr_error **err)
{
    if (!r->dead) {
        r->dead = *err;
        *err = NULL;
        r->close_reason = reason;
        for (struct vr_waiter *w = r->waiters; w; w = w->next) {
            if (w->done)
                continue;
            w->error = vr_error_copy(r->dead);
            w->done = true;
            pthread_cond_signal(&w->cond);
        }
        for (struct vr_stream_end *s = r->streams; s; s = s->next) {
            if (!s->error)
                s->error = vr_error_copy(r->dead);
            s->news = true;
        }
    }
    vr_error_free(*err);
    *err = NULL;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* Filters get whole packets as soon as they are written; descriptors never travel beside a filter's bytes. */
static bool wrap(struct vr_remote *r)
{
    struct vr_error *err = NULL;
    if (vr_filters_empty(&r->how.filters) || !r->out.len)
        return true;
    bool ok = vr_filters_send(&r->how.filters, r->out.data, r->out.len, &r->wire, &err);
    vr_buf_consume(&r->out, r->out.len);
    if (!ok)
        vr_remote_dies(r, VIR_CONNECT_CLOSE_REASON_ERROR, &err);
    return ok;
}

/* A descriptor goes beside one byte of its own after its message. */
static ssize_t send_some(struct vr_remote *r)
{
    if (r->wire.len)
        return send(r->fd, r->wire.data, r->wire.len, MSG_NOSIGNAL);
    size_t len = r->out.len;
    if (r->fd_count) {
        if (r->fds[0].at == 0) {
            char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
            struct iovec iov = { .iov_base = r->out.data, .iov_len = 1 };
            struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
                                .msg_controllen = sizeof(control) };
            struct cmsghdr *c = CMSG_FIRSTHDR(&m);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(c), &r->fds[0].fd, sizeof(int));
            ssize_t n = sendmsg(r->fd, &m, MSG_NOSIGNAL);
            if (n == 1) {
                close(r->fds[0].fd);
                memmove(r->fds, r->fds + 1, --r->fd_count * sizeof(r->fds[0]));
            }
            return n;
        }
        len = r->fds[0].at;
    }
    return send(r->fd, r->out.data, len, MSG_NOSIGNAL);
}

void vr_remote_flush(struct vr_remote *r)
{
    while (!r->dead && wrap(r) && vr_remote_unsent(r)) {
        bool wire = r->wire.len > 0;
        ssize_t n = send_some(r);
        if (n > 0) {
            vr_buf_consume(wire ? &r->wire : &r->out, (size_t)n);
            for (size_t i = 0; i < r->fd_count; i++)
                r->fds[i].at -= (size_t)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        } else if (errno == EPIPE && r->how.child.complaints >= 0) {
            break; /* the program is gone: reading tells what it said */
        } else if (errno != EINTR) {
            struct vr_error *err = NULL;
            vr_fail_errno(&err, VIR_ERR_SYSTEM_ERROR, errno, "%s", "Cannot write data");
            vr_remote_dies(r, VIR_CONNECT_CLOSE_REASON_ERROR, &err);
        }
    }
    if (vr_remote_unsent(r))
        return;
    for (struct vr_waiter *w = r->waiters; w; w = w->next) {
        if (w->kind == VR_WAIT_SENT && !w->done) {
            w->done = true;
            pthread_cond_signal(&w->cond);
        }
    }
    if (r->out.cap > 256 * 1024)
        vr_buf_done(&r->out);
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

/* One poll and what it brought. The lock is held before and after, not meanwhile. */
static void read_once(struct vr_remote *r)
{
    struct pollfd fds[2] = {
        { .fd = r->fd, .events = (short)(POLLIN | (vr_remote_unsent(r) ? POLLOUT : 0)) },
        { .fd = r->wake, .events = POLLIN },
    };
    r->in_poll = true;
    vr_remote_leave(r);
    int n = poll(fds, 2, -1);
    int failed = n < 0 ? errno : 0;
    pthread_mutex_lock(&r->lock);
    r->in_poll = false;
    if (failed && failed != EINTR) {
        struct vr_error *err = NULL;
        vr_fail_errno(&err, VIR_ERR_SYSTEM_ERROR, failed, "%s", "poll on socket failed");
        vr_remote_dies(r, VIR_CONNECT_CLOSE_REASON_ERROR, &err);
        return;
    }
    if (fds[1].revents)
        (void)!read(r->wake, &(uint64_t){ 0 }, sizeof(uint64_t));
    if (n > 0 && fds[0].revents & (POLLOUT | POLLERR))
        vr_remote_flush(r);
    if (n > 0 && fds[0].revents & ~POLLOUT)
        vr_remote_receive(r);
}

/* Somebody who still waits becomes the next reader. */
static void hand_on(struct vr_remote *r)
{
    for (struct vr_waiter *w = r->waiters; w; w = w->next) {
        if (!w->done) {
            pthread_cond_signal(&w->cond);
            return;
        }
    }
}

void vr_remote_wake(struct vr_remote *r)
{
    if (r->in_poll)
        (void)!write(r->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
}

void vr_remote_wait(struct vr_remote *r, struct vr_waiter *w)
{
    pthread_cond_init(&w->cond, NULL);
    struct vr_waiter **at = &r->waiters;
    while (*at)
        at = &(*at)->next;
    *at = w;
    w->next = NULL;
    vr_remote_flush(r);
    if (vr_remote_unsent(r))
        vr_remote_wake(r); /* the reader must wait for room too */
    while (!w->done && !r->dead) {
        if (r->reading) {
            pthread_cond_wait(&w->cond, &r->lock);
            continue;
        }
        r->reading = true;
        while (!w->done && !r->dead)
            read_once(r);
        r->reading = false;
    }
    for (at = &r->waiters; *at != w; at = &(*at)->next)
        continue;
    *at = w->next;
    if (!w->done)
        w->error = vr_error_copy(r->dead);
    pthread_cond_destroy(&w->cond);
    if (!r->reading)
        hand_on(r);
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

static bool queue_fds(struct vr_remote *r, const struct vr_extras *extras, struct vr_error **err)
{
    for (size_t i = 0; i < extras->send_count; i++) {
        int fd = fcntl(extras->send_fds[i], F_DUPFD_CLOEXEC, 0);
        if (fd < 0)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "Unable to duplicate FD %d", extras->send_fds[i]);
        r->fds[r->fd_count++] = (struct vr_queued_fd){ .fd = fd, .at = r->out.len };
        vr_buf_char(&r->out, 0);
    }
    return true;
}

static bool gone(struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", "client socket is closed");
}

static bool may_send_fds(struct vr_remote *r, size_t count, struct vr_error **err)
{
    if (!r->how.unix_socket || !vr_filters_empty(&r->how.filters))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s",
                       "file descriptor passing is not supported on this connection");
    if (count > VIR_NET_MESSAGE_NUM_FDS_MAX || r->fd_count + count > VR_COUNT(r->fds))
        return vr_fail(err, VIR_ERR_RPC, "Too many FDs to send %d, expected %d maximum", (int)count,
                       VIR_NET_MESSAGE_NUM_FDS_MAX);
    return true;
}

static void open_stream(struct vr_remote *r, struct vr_stream_end *s, const struct vr_api_call *call, uint32_t serial,
                        const void *args)
{
    s->asked = (struct vr_message_header){ .prog = call->program->number, .vers = call->program->version,
                                           .proc = (int32_t)call->number, .serial = serial };
    s->sparse = call->sparse_flag && (vr_api_flags(call, args) & call->sparse_flag);
    s->at_end = s->finished = false;
    s->open = s->used = true;
    s->next = r->streams;
    r->streams = s;
}

/* What a server means that does not know a call: clients fall back on this code. */
static void unknown_procedure(struct vr_error *e)
{
    if (e->code == VIR_ERR_RPC && e->level == VIR_ERR_ERROR && e->message &&
        (e->domain == VIR_FROM_REMOTE || e->domain == VIR_FROM_RPC) &&
        strncmp(e->message, "unknown procedure", strlen("unknown procedure")) == 0)
        e->code = VIR_ERR_NO_SUPPORT;
}

bool vr_remote_call(struct vr_remote *r, const struct vr_api_call *call, const void *args, struct vr_arena *arena,
                    void *ret, struct vr_extras *extras, struct vr_error **err)
{
    static struct vr_extras nothing;
    if (r->local)
        return vr_local_call(r->local, call, args, arena, ret, extras, err);
    if (!extras)
        extras = &nothing;
    pthread_mutex_lock(&r->lock);
    struct vr_waiter w = { .kind = VR_WAIT_REPLY, .call = call, .serial = r->serial, .arena = arena, .ret = ret,
                           .extras = extras };
    bool ok = r->dead ? gone(err) : !extras->send_count || may_send_fds(r, extras->send_count, err);
    size_t begin = r->out.len, fds = r->fd_count;
    ok = ok && vr_message_call(&r->out, call, w.serial, args, extras->send_count, err);
    if (ok && !queue_fds(r, extras, err)) { /* half a call must not get out */
        ok = false;
        r->out.len = begin;
        while (r->fd_count > fds)
            close(r->fds[--r->fd_count].fd);
    }
    if (ok) {
        vr_debug("RPC_CLIENT_MSG_TX_QUEUE: client=%p len=%zu prog=%u vers=%u proc=%u type=%u status=%u serial=%u",
                 (void *)r, r->out.len, call->program->number, call->program->version, call->number,
                 extras->send_count ? VIR_NET_CALL_WITH_FDS : VIR_NET_CALL, VIR_NET_OK, r->serial);
        r->serial++;
        if (extras->stream)
            open_stream(r, extras->stream, call, w.serial, args);
        vr_remote_wait(r, &w);
        if (w.error) {
            unknown_procedure(w.error);
            ok = vr_error_move(err, &w.error);
        }
    }
    vr_remote_leave(r);
    if (!ok && extras->stream)
        vr_remote_stream_drop(r, extras->stream);
    return ok;
}

bool vr_remote_alive(struct vr_remote *r)
{
    pthread_mutex_lock(&r->lock);
    bool alive = !r->dead;
    vr_remote_leave(r);
    return alive;
}

bool vr_remote_feature(struct vr_remote *r, int feature)
{
    if (r->local)
        return vr_local_feature(feature);
    if (feature < 0 || feature > 63)
        return false;
    pthread_mutex_lock(&r->lock);
    bool known = r->features_known >> feature & 1, yes = r->features >> feature & 1;
    vr_remote_leave(r);
    if (known)
        return yes;
    struct vr_connect_supports_feature_args in = { .feature = feature };
    struct vr_connect_supports_feature_ret out = { 0 };
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    yes = vr_remote_call(r, &vr_api_connect_supports_feature, &in, arena, &out, NULL, NULL) && out.supported > 0;
    pthread_mutex_lock(&r->lock);
    r->features_known |= 1ull << feature;
    if (yes)
        r->features |= 1ull << feature;
    vr_remote_leave(r);
    return yes;
}

/* ---- the event loop ---------------------------------------------------------------------------------------------- */

static void watched(int watch, int fd, int events, void *opaque)
{
    struct vr_remote *r = opaque;
    pthread_mutex_lock(&r->lock);
    if (!r->reading && !r->dead) {
        r->reading = true;
        if (events & VIR_EVENT_HANDLE_WRITABLE)
            vr_remote_flush(r);
        if (events & ~VIR_EVENT_HANDLE_WRITABLE)
            vr_remote_receive(r);
        r->reading = false;
        hand_on(r);
    }
    vr_remote_leave(r);
}

void vr_remote_watch(struct vr_remote *r)
{
    atomic_fetch_add(&r->refs, 1);
    int watch = vr_eventloop_there() ? virEventAddHandle(r->fd, VIR_EVENT_HANDLE_READABLE, watched, r, unref_cb) : -1;
    if (watch < 0) {
        vr_remote_unref(r);
        return;
    }
    pthread_mutex_lock(&r->lock);
    r->watch = watch;
    r->watching = VIR_EVENT_HANDLE_READABLE;
    vr_remote_leave(r);
}

static void deliver(int timer, void *opaque)
{
    struct vr_remote *r = opaque;
    virEventUpdateTimeout(timer, -1);
    pthread_mutex_lock(&r->lock);
    virConnectPtr conn = r->closing ? NULL : vr_connect_try_ref(r->conn);
    vr_remote_leave(r);
    if (!conn)
        return;
    vr_connect_deliver(conn);
    vr_connect_unref(conn);
}

bool vr_remote_need_events(struct vr_remote *r)
{
    pthread_mutex_lock(&r->lock);
    bool there = r->timer >= 0;
    vr_remote_leave(r);
    if (there)
        return true;
    if (!vr_eventloop_there())
        return false;
    atomic_fetch_add(&r->refs, 1);
    int timer = virEventAddTimeout(-1, deliver, r, unref_cb);
    if (timer < 0) {
        vr_remote_unref(r);
        return false;
    }
    pthread_mutex_lock(&r->lock);
    r->timer = timer;
    vr_remote_leave(r);
    return true;
}

/* ---- keepalive --------------------------------------------------------------------------------------------------- */

static void ping(int timer, void *opaque)
{
    struct vr_remote *r = opaque;
    pthread_mutex_lock(&r->lock);
    vr_time idle = vr_now() - r->heard;
    if (!r->dead && idle >= VR_SEC(r->ping_interval_s)) {
        if (r->pings_left == 0) {
            struct vr_error *err = NULL;
            vr_fail(&err, VIR_ERR_INTERNAL_ERROR, "%s", "connection closed due to keepalive timeout");
            vr_remote_dies(r, VIR_CONNECT_CLOSE_REASON_KEEPALIVE, &err);
            vr_remote_wake(r);
        } else {
            r->pings_left--;
            vr_message_keepalive(&r->out, VR_PROC_KEEPALIVE_PING);
            vr_remote_flush(r);
        }
    }
    vr_remote_leave(r);
}

int vr_remote_keepalive(struct vr_remote *r, int interval_s, unsigned count, struct vr_error **err)
{
    if (!vr_eventloop_there()) {
        vr_error_report(err, VIR_FROM_REMOTE, VIR_ERR_INTERNAL_ERROR, -1, "%s",
                "the caller doesn't support keepalive protocol; perhaps it's missing event loop implementation");
        return -1;
    }
    if (!vr_remote_feature(r, VR_FEATURE_KEEPALIVE))
        return 1;
    pthread_mutex_lock(&r->lock);
    int old = r->ping_timer;
    r->ping_timer = -1;
    r->ping_interval_s = interval_s;
    r->ping_count = r->pings_left = count;
    r->heard = vr_now();
    vr_remote_leave(r);
    if (old >= 0)
        virEventRemoveTimeout(old);
    if (interval_s <= 0)
        return 0;
    atomic_fetch_add(&r->refs, 1);
    int ms = interval_s > 2000000 ? 2000000000 : interval_s * 1000;
    int timer = virEventAddTimeout(ms, ping, r, unref_cb);
    if (timer < 0) {
        vr_remote_unref(r);
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", "failed to start keepalive");
        return -1;
    }
    pthread_mutex_lock(&r->lock);
    r->ping_timer = timer;
    vr_remote_leave(r);
    return 0;
}

/* ---- closing ----------------------------------------------------------------------------------------------------- */

void vr_remote_close(struct vr_remote *r, bool admin)
{
    pthread_mutex_lock(&r->lock);
    bool alive = !r->dead && r->opened;
    r->closing = true;
    vr_remote_leave(r);
    if (alive) {
        struct vr_void nothing = { 0 };
        VR_AUTO(vr_arena) *arena = vr_arena_new();
        vr_remote_call(r, admin ? &vr_api_admin_connect_close : &vr_api_connect_close, &nothing, arena, NULL, NULL,
                       NULL);
    }
    pthread_mutex_lock(&r->lock);
    int watch = r->watch, timer = r->timer, ping_timer = r->ping_timer;
    r->watch = r->timer = r->ping_timer = -1;
    struct vr_error *err = NULL;
    gone(&err);
    vr_remote_dies(r, VIR_CONNECT_CLOSE_REASON_CLIENT, &err);
    for (size_t i = 0; i < r->fd_count; i++)
        close(r->fds[i].fd);
    r->fd_count = 0;
    r->conn = NULL;
    vr_remote_leave(r);
    if (watch >= 0)
        virEventRemoveHandle(watch); /* before the descriptor's number can be somebody else's */
    if (r->fd >= 0) {
        close(r->fd);
        close(r->wake);
        vr_child_end(&r->how.child);
    }
    vr_local_close(r->local);
    if (timer >= 0)
        virEventRemoveTimeout(timer);
    if (ping_timer >= 0)
        virEventRemoveTimeout(ping_timer);
    vr_remote_unref(r);
}

void vr_remote_opened(struct vr_remote *r)
{
    pthread_mutex_lock(&r->lock);
    r->opened = true;
    vr_remote_leave(r);
}

bool vr_remote_protect(struct vr_remote *r, struct vr_filter *filter, struct vr_error **err)
{
    pthread_mutex_lock(&r->lock);
    vr_filters_push(&r->how.filters, filter);
    r->how.secure = r->how.encrypted = true;
    bool ok = r->reader.in.len <= r->reader.start ||
              vr_fail(err, VIR_ERR_RPC, "%s", "the server sent data before the connection was protected");
    vr_remote_leave(r);
    return ok;
}

bool vr_remote_is_secure(const struct vr_remote *r)
{
    return r->how.secure;
}

bool vr_remote_is_encrypted(const struct vr_remote *r)
{
    return r->how.encrypted;
}

int vr_remote_tls_bits(const struct vr_remote *r)
{
    return r->how.tls_bits;
}
